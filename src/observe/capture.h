/* SPDX-License-Identifier: ISC */
/*
 * Live capture on an interface through libpcap (TPACKET_V3 on Linux): the first CAPTURE_SNAPLEN
 * bytes of each frame, decoded as captured files are. Watched by its file descriptor; each turn is
 * bounded. On loopback only arriving frames are taken, else each would count twice.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "observe/exporter.h"
#include "observe/flow.h"

#define CAPTURE_SNAPLEN	     256
#define CAPTURE_TIMEOUT_MS   100	/* a block of frames is handed over at the latest then */
#define CAPTURE_BUFFER_BYTES (64 << 20) /* of the kernel's ring; halved until it is granted */

struct capture;

struct capture_config {
	const char *interface;
	const char *filter;	     /* pcap filter; NULL or "" for all */
	struct exporters *exporters; /* borrowed; refusals are counted with the exporter */
	uint16_t exporter, link;     /* what the records carry */
	struct flow_writer *writer;  /* borrowed; the caller flushes it after its turns */
};

struct capture_stats {
	uint64_t frames, records;
	uint64_t kernel_drops; /* no room in the ring, by the kernel's own count */
	uint64_t device_drops; /* by the interface, where the driver tells */
	uint32_t buffer_bytes;
};

/**
 * capture_open() - begin to capture.
 * Return: 0 and an owned capture; 1 when the interface or the filter is wrong, or rights are
 * missing
 * (@why says so in plain words); -ENOMEM.
 */
int capture_open(struct capture **cp, const struct capture_config *config, struct text *why);
struct capture *capture_free(struct capture *c);

/** capture_fd() - to be watched for EPOLLIN; stays the capture's. */
int capture_fd(const struct capture *c);

/**
 * capture_dispatch() - take at most @max frames that are waiting.
 * Return: 0; 1 when there may be more; the sink's negative error; -ENETDOWN when the interface went
 * away (see capture_error()).
 */
int capture_dispatch(struct capture *c, int max);

/** capture_stats() - figures since the opening. */
void capture_stats(struct capture *c, struct capture_stats *out);

/** capture_error() - libpcap's last words, borrowed. */
const char *capture_error(const struct capture *c);
