/* SPDX-License-Identifier: ISC */
/* Which minutes of a time were seen whole, as the roll-ups of the store keep it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"

struct tune_period {
	int64_t from_us, until_us; /* whole minutes */
	unsigned n;		   /* minutes */
	uint8_t *seen;		   /* 1: seen whole, n of them */
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

/** tune_put_minutes() - the minutes of @row that lie in @p, each once, into @to of its n. */
void tune_put_minutes(const struct tune_period *p, const struct roll_row *row, uint8_t *to);
