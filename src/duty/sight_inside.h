/* SPDX-License-Identifier: ISC */
/* Between the parts of sight.c: what one look shows. Private to the room. */
#pragma once

#include "base/map.h"
#include "duty/sight.h"

#define WINDOW_COUNTS  4
#define WINDOW_SAMPLES 13
#define WINDOW_US      INT64_C(60000000)
#define WINDOW_STEP_US INT64_C(5000000)
#define WINDOW_MAX     16384

/* Counters of a minute, sampled every five seconds. */
struct window {
	int64_t at_us[WINDOW_SAMPLES];
	uint64_t n[WINDOW_SAMPLES][WINDOW_COUNTS];
	unsigned used, next;
};

/**
 * window_step() - by how much the counters grew within the last minute, at @mono_us. The first of
 * them goes back only with a new counter: then all begin anew.
 * Return: over how long, 0 when nothing can be told yet.
 */
int64_t window_step(struct window *w, int64_t mono_us, const uint64_t now[WINDOW_COUNTS],
		    uint64_t grew[WINDOW_COUNTS]);

/* Conditions that hold at this look. */

struct founds {
	struct fault *list;
	size_t n, room;
	bool failed; /* out of memory */
};

void found_add(struct founds *all, enum fault_kind kind, const char *subject, double figure,
	       int64_t since_us);

/* What a look shows beyond its faults. */
struct shown {
	bool watch;	    /* its status is of now, so that what it does not show is good */
	bool all_exporters; /* none was left out for want of room */
	bool disk;	    /* known how full it is */
	int64_t age_us;	    /* of the status, TIME_NONE none */
};

/** sight_read() - the conditions of a status that is of now. Return: 0 or -ENOMEM. */
int sight_read(struct map *windows, const struct sight_look *look, const struct conf_sight *conf,
	       struct founds *out);
