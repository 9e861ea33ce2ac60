/* SPDX-License-Identifier: ISC */
/*
 * noroshi's own rooms as the trials of the blind spot see them: what goes in, what was found, and
 * what it prints about what it could not have found.
 */
#pragma once

#include "blind_feed.h"
#include "detect/detect.h"
#include "drill/packet.h"
#include "observe/export.h"

/* Targets lie in IPv4 space from here on, each with so much of it for itself. */
#define HOUSE_FIRST  0x14000000u
#define HOUSE_EACH   8192
#define HOUSE_WIDEST 4096

struct house {
	const struct feed *feed;
	struct conf *conf;
	struct exporters *exporters;
	struct exports *exports;
	struct detect *detect;
	struct flow_writer writer;
	struct flow_sink to_detect;
	uint16_t exporter; /* of plain packets */
	uint16_t link[FEED_TARGETS_MAX];
	bool found[FEED_TARGETS_MAX]; /* anything was told of it */
};

/** house_open() - by @f->yaml. Return: 0 or -1; house_close() in both cases. */
int house_open(struct house *h, const struct feed *f, struct text *why);
void house_close(struct house *h);

int house_datagram(struct house *h, const struct ip *from, int64_t recv_us, const uint8_t *bytes,
		   size_t len);

/** house_packet() - a sampled packet, as one's own capture of samples would show it. */
int house_packet(struct house *h, const struct packet *p, uint32_t sampling, unsigned target);
int house_clock(struct house *h, int64_t now_us);
int house_end(struct house *h);

/** house_printed() - as feed_printed(). */
uint64_t house_printed(struct house *h, const struct feed *f, double *confidence);
