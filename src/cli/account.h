/* SPDX-License-Identifier: ISC */
/*
 * What became of the datagrams of each exporter. Each that was handed to the decoders ends in
 * exactly one of three: decoded whole, waiting (some of it came before its template, the rest was
 * good), or refused in part or whole, by its first reason. So, for each exporter and minute,
 * delivered = decoded + waiting + refused.
 */
#pragma once

#include <stdint.h>

#include "observe/export.h"
#include "observe/exporter.h"

struct fates {
	uint64_t delivered, decoded, waiting, refused;
};

struct account {
	struct fates total, minute_began, last_minute;
	uint64_t refused[REFUSAL_COUNT]; /* datagrams, by reason; sums up to total.refused */
};

struct accounts {
	int64_t minute_us; /* start of the minute that is being counted; TIME_NONE none */
	int64_t last_us;   /* start of the last whole one; TIME_NONE none */
	struct account of[EXPORTER_MAX + 1];
};

/** accounts_new() - all zero. Owned (free()); NULL without memory. */
struct accounts *accounts_new(void);

/**
 * accounts_decode() - exports_datagram(), booked.
 * @index: the sender's among the exporters, or EXPORTER_UNKNOWN. Return: as exports_datagram().
 */
int accounts_decode(struct accounts *a, struct exports *x, uint16_t index,
		    const struct datagram *d);

/** accounts_tick() - at least once a second: close the minute when it is over. */
void accounts_tick(struct accounts *a, int64_t now_us);
