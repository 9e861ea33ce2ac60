/* SPDX-License-Identifier: ISC */
/*
 * A bar that shows how far a long reading is, how fast it goes and how long it will still take. It
 * stands on a terminal only, is drawn again at most five times a second, and is erased at the end.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/text.h"

#define PROGRESS_EVERY_US 200000 /* least time from one drawing to the next */
#define PROGRESS_WAIT_US  300000 /* what ends sooner shows no bar at all */
#define PROGRESS_NAME_MAX 128

struct progress {
	FILE *to; /* NULL: nothing is shown */
	char name[PROGRESS_NAME_MAX];
	int64_t begin_us, drawn_us; /* monotonic clock */
	uint64_t done, total, records, records_begin;
	bool drawn;
};

/** progress_init() - @to is borrowed; where it is NULL or no terminal, all below does nothing. */
void progress_init(struct progress *p, FILE *to);

/** progress_begin() - one input, called @name, begins. */
void progress_begin(struct progress *p, const char *name);

/**
 * progress_set() - how far it is.
 * @done, @total: bytes of the input; @total 0: not known.
 * @records: what was made of it; the rate counts those since progress_begin().
 */
void progress_set(struct progress *p, uint64_t done, uint64_t total, uint64_t records);

/** progress_end() - erase the bar. */
void progress_end(struct progress *p);

/** progress_step() - progress_set() at a given time of the monotonic clock. */
void progress_step(struct progress *p, int64_t now_us, uint64_t done, uint64_t total,
		   uint64_t records);

/** progress_line() - what is drawn at @now_us, at most @width columns, appended to @out. */
void progress_line(const struct progress *p, int64_t now_us, unsigned width, struct text *out);
