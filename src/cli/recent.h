/* SPDX-License-Identifier: ISC */
/*
 * How each exporter did in the last minutes: what it told, what of it did not fit, what got lost.
 * An exporter is believed or not by this (router/world.c); totals since the start would hold three
 * restarts of months against a router, and months of good datagrams would hide a forgery.
 */
#pragma once

#include <stdint.h>

#include "observe/exporter.h"

#define RECENT_MINUTES 10 /* whole ones; the one that has begun comes on top */

struct recent_minute {
	uint64_t datagrams, records, lost_datagrams, lost_records, restarts, epochs;
	int64_t doubted; /* below 0 where a restart made good a doubt of the minute before */
};

struct recents;

/** recents_new() - nothing seen yet. Owned (free()); NULL without memory. */
struct recents *recents_new(void);

/** recents_tick() - at least once a second: begin a minute when one is over. @now_us: receive
 * clock.
 */
void recents_tick(struct recents *r, struct exporters *exporters, int64_t now_us);

struct recent {
	struct recent_minute sum; /* doubted is never below 0 */
	double lost_most; /* largest share that got lost of a minute, 0 where that was under 100 */
};

/** recents_of() - of exporter @index, whose totals now are @e's. */
void recents_of(const struct recents *r, unsigned index, const struct exporter *e,
		struct recent *out);
