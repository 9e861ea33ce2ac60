/* SPDX-License-Identifier: ISC */
/* What `tune` looks at: the kept minutes of one object, and its incidents in that time. */
#pragma once

#include "cli/said_desk.h"
#include "duty/tune.h"

#define TUNE_INCIDENTS_MAX 100000 /* of one object */

struct tune_period {
	int64_t from_us, until_us; /* whole minutes */
	unsigned n;		   /* minutes */
	uint8_t *seen;		   /* 1: seen whole, n of them */
};

/* One object's. */
struct tune_minutes {
	uint8_t *code[ROLL_TRACKS]; /* of the period's n */
	uint64_t floor[ROLL_TRACKS];
	uint32_t sampling;
	struct tune_incident *incidents;
	unsigned n_incidents, room;
	unsigned left_out; /* incidents beyond TUNE_INCIDENTS_MAX */
};

/**
 * tune_period() - the last @days up to the last minute that was seen; .n 0 where none was.
 * Return: 0, an answer of the store, or -ENOMEM; tune_period_deinit() in all cases.
 */
int tune_period(struct store *store, unsigned days, struct tune_period *out);
void tune_period_deinit(struct tune_period *p);

/** tune_seen() - the minutes of [@from_us, @until_us), whole ones, of which it is known that they
 * were seen whole. *any: is that kept of any minute at all? Return: as tune_period(). */
int tune_seen(struct store *store, int64_t from_us, int64_t until_us, struct tune_period *out,
	      bool *any);

/** tune_minutes() - of @o. Return: as tune_period(); tune_minutes_deinit() in all cases. */
int tune_minutes(const struct said_desk *x, const struct conf_object *o,
		 const struct tune_period *p, struct tune_minutes *out);
void tune_minutes_deinit(struct tune_minutes *m);

/** tune_input_of() - what tune_judge() is asked about a track of it; borrows from all of them. */
struct tune_input tune_input_of(const struct conf_object *o, const struct tune_period *p,
				const struct tune_minutes *m, unsigned track);
