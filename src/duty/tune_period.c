/* SPDX-License-Identifier: ISC */
#include "duty/tune_period.h"

#include <errno.h>
#include <stdlib.h>

#define MINUTE_US (60 * US_PER_S)
#define HOUR_US	  (3600 * US_PER_S)
#define DAY_US	  (24 * HOUR_US)

static int find_last(void *userdata, const struct roll_row *row)
{
	int64_t *last = userdata;

	for (unsigned m = 0; row->track == ROLL_SEEN && m < ROLL_MINUTES; m++)
		if (row->minute[m] && row->hour_us + (m + 1) * MINUTE_US > *last)
			*last = row->hour_us + (m + 1) * MINUTE_US;
	return 0;
}

void tune_put_minutes(const struct tune_period *p, const struct roll_row *row, uint8_t *to)
{
	for (unsigned m = 0; m < ROLL_MINUTES; m++) {
		int64_t at = (row->hour_us - p->from_us) / MINUTE_US + m;

		if (at >= 0 && at < p->n)
			to[at] = row->minute[m];
	}
}

static int put_seen(void *userdata, const struct roll_row *row)
{
	struct tune_period *p = userdata;

	if (row->track == ROLL_SEEN)
		tune_put_minutes(p, row, p->seen);
	return 0;
}

int tune_period(struct store *store, unsigned days, struct tune_period *out)
{
	int64_t last = INT64_MIN;
	int r;

	*out = (struct tune_period){.n = 0};
	r = store_rolls(store, "", INT64_MIN / 2, INT64_MAX / 2, find_last, &last);
	if (r || last == INT64_MIN)
		return r;
	out->until_us = last;
	out->from_us = last - days * DAY_US;
	out->n = days * 24 * 60;
	out->seen = calloc(out->n, 1);
	if (!out->seen)
		return -ENOMEM;
	return store_rolls(store, "", out->from_us - HOUR_US, out->until_us, put_seen, out);
}

int tune_seen(struct store *store, int64_t from_us, int64_t until_us, struct tune_period *out,
	      bool *any)
{
	int64_t last = INT64_MIN;
	int r = store_rolls(store, "", INT64_MIN / 2, INT64_MAX / 2, find_last, &last);

	*any = last != INT64_MIN;
	*out = (struct tune_period){.from_us = (from_us + MINUTE_US - 1) / MINUTE_US * MINUTE_US};
	if (r || !*any || until_us <= out->from_us)
		return r;
	out->n = (unsigned)((until_us - out->from_us) / MINUTE_US);
	out->until_us = out->from_us + out->n * MINUTE_US;
	out->seen = calloc(out->n + 1, 1);
	if (!out->seen)
		return -ENOMEM;
	return store_rolls(store, "", out->from_us - HOUR_US, out->until_us, put_seen, out);
}

void tune_period_deinit(struct tune_period *p)
{
	free(p->seen);
	p->seen = NULL;
}
