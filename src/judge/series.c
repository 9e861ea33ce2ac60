/* SPDX-License-Identifier: ISC */
/*
 * The course of an attack in time and the times nobody watched, both bounded whatever comes.
 */
#include <string.h>

#include "judge/fill.h"

#define FIRST_KEPT (INCIDENT_SERIES_MAX / 4) /* of a course too long: so many of its beginning */

static int by_link_and_start(const void *a, const void *b)
{
	const struct series_point *x = a, *y = b;

	if (x->link != y->link)
		return (int)x->link - (int)y->link;
	if (x->start_us != y->start_us)
		return x->start_us < y->start_us ? -1 : 1;
	return (x->step_s > y->step_s) - (x->step_s < y->step_s);
}

static unsigned sum_equal(struct series_point *s, unsigned n)
{
	unsigned to = 0;

	for (unsigned i = 0; i < n; i++) {
		if (to && by_link_and_start(&s[to - 1], &s[i]) == 0) {
			s[to - 1].packets += s[i].packets;
			s[to - 1].bytes += s[i].bytes;
			s[to - 1].syn += s[i].syn;
			continue;
		}
		s[to++] = s[i];
	}
	return to;
}

void incident_sort_series(struct incident *inc)
{
	unsigned n = inc->f.n_series;

	if (!n)
		return;
	qsort(inc->series, n, sizeof(*inc->series), by_link_and_start);
	n = sum_equal(inc->series, n);
	if (n > INCIDENT_SERIES_MAX) {
		unsigned rest = INCIDENT_SERIES_MAX - FIRST_KEPT, whole = 0;

		/* The whole (link 0) stands first and is what people look at: cut the links first.
		 */
		while (whole < n && inc->series[whole].link == 0)
			whole++;
		if (whole > INCIDENT_SERIES_MAX)
			memmove(inc->series + FIRST_KEPT, inc->series + whole - rest,
				rest * sizeof(*inc->series));
		n = INCIDENT_SERIES_MAX;
		inc->series_cut = true;
	}
	inc->f.n_series = n;
}

/* Join the two neighbours with the shortest watched time between them. */
static void join_nearest(struct incident *inc)
{
	unsigned best = 1;

	for (unsigned i = 2; i < inc->n_gaps; i++)
		if (inc->gaps[i].from_us - inc->gaps[i - 1].until_us <
		    inc->gaps[best].from_us - inc->gaps[best - 1].until_us)
			best = i;
	inc->gaps[best - 1].until_us = inc->gaps[best].until_us;
	memmove(&inc->gaps[best], &inc->gaps[best + 1],
		(inc->n_gaps - best - 1) * sizeof(inc->gaps[0]));
	inc->n_gaps--;
}

void incident_add_gap(struct incident *inc, int64_t from_us, int64_t until_us)
{
	struct incident_gap *last = inc->n_gaps ? &inc->gaps[inc->n_gaps - 1] : NULL;

	if (from_us == TIME_NONE || until_us <= from_us)
		return;
	if (last && from_us <= last->until_us) {
		last->until_us = last->until_us > until_us ? last->until_us : until_us;
		return;
	}
	if (inc->n_gaps == INCIDENT_GAPS_MAX)
		join_nearest(inc);
	inc->gaps[inc->n_gaps++] = (struct incident_gap){.from_us = from_us, .until_us = until_us};
}
