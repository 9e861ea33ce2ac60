/* SPDX-License-Identifier: ISC */
/* What `tune` looks at: the kept minutes of one object, and its incidents in that time. */
#pragma once

#include "cli/said_desk.h"
#include "duty/tune.h"
#include "duty/tune_period.h"

#define TUNE_INCIDENTS_MAX 100000 /* of one object */

/* One object's. */
struct tune_minutes {
	uint8_t *code[ROLL_TRACKS]; /* of the period's n */
	uint64_t floor[ROLL_TRACKS];
	uint32_t sampling;
	struct tune_incident *incidents;
	unsigned n_incidents, room;
	unsigned left_out; /* incidents beyond TUNE_INCIDENTS_MAX */
};

/** tune_minutes() - of @o. Return: as tune_period(); tune_minutes_deinit() in all cases. */
int tune_minutes(const struct said_desk *x, const struct conf_object *o,
		 const struct tune_period *p, struct tune_minutes *out);
void tune_minutes_deinit(struct tune_minutes *m);

/** tune_input_of() - what tune_judge() is asked about a track of it; borrows from all of them. */
struct tune_input tune_input_of(const struct conf_object *o, const struct tune_period *p,
				const struct tune_minutes *m, unsigned track);
