/* SPDX-License-Identifier: ISC */
/*
 * The minutes of a week, each held by some shift or by none. Where all shifts are in one zone every
 * week is like any other; where they are in several, clocks are changed at different dates and a
 * gap may open for a part of the year, so the weeks of the coming year are gone through.
 *
 * Shifts that only count for a time are taken as if they always did: who writes one for each week
 * is not to be told that each leaves the other weeks open.
 */
#include <string.h>
#include <sys/single_threaded.h>

#include "base/zone.h"
#include "conf/check_inside.h"

#define DAY_MIN 1440
#define WEEKS	53
#define WEEK_US (7 * 86400 * US_PER_S)

static const char *shift_zone(const struct conf_duty *d, const struct conf_shift *s)
{
	return *s->zone ? s->zone : d->zone;
}

static void cover(bool *week, unsigned from, unsigned n)
{
	unsigned first = from + n > WEEK_MIN ? WEEK_MIN - from : n;

	memset(week + from, true, first);
	memset(week, true, n - first);
}

/* @ahead_min: how far the shift's clock is before that of the week. */
static void cover_shift(bool *week, const struct conf_shift *s, int ahead_min)
{
	unsigned n = s->until_min > s->from_min ? s->until_min - s->from_min
						: s->until_min + DAY_MIN - s->from_min;

	for (unsigned day = 0; day < 7; day++) {
		int from = (int)(day * DAY_MIN + s->from_min) - ahead_min;

		if (s->days & DAY_MONDAY << day)
			cover(week, (unsigned)(from + 2 * WEEK_MIN) % WEEK_MIN, n);
	}
}

static int ahead(const char *zone, const char *of, int64_t us)
{
	struct tm tm;
	long gmtoff;

	if (strcmp(zone, of) == 0)
		return 0;
	zone_local(zone, us, &tm);
	gmtoff = tm.tm_gmtoff;
	zone_local(of, us, &tm);
	return (int)(gmtoff - tm.tm_gmtoff) / 60;
}

static bool gap_at(const struct conf_duty *d, int64_t us, struct week_gap *out)
{
	bool week[WEEK_MIN] = {false};
	unsigned from = 0, until, back = 0;

	for (size_t i = 0; i < d->n_shifts; i++)
		cover_shift(week, &d->shifts[i],
			    ahead(shift_zone(d, &d->shifts[i]), out->zone, us));
	while (from < WEEK_MIN && week[from])
		from++;
	if (from == WEEK_MIN)
		return false;
	until = from;
	while (until < WEEK_MIN && !week[until])
		until++;
	while (from == 0 && back < WEEK_MIN && !week[WEEK_MIN - 1 - back])
		back++; /* it began before Monday */
	out->from_min = back ? WEEK_MIN - back : from;
	out->until_min = until;
	return true;
}

/* In how many zones: 0 where one of them is not known. */
static unsigned zones(const struct conf_duty *d, const char *first)
{
	unsigned n = zone_known(first);

	for (size_t i = 0; n && i < d->n_shifts; i++) {
		const char *zone = shift_zone(d, &d->shifts[i]);

		if (strcmp(zone, first) != 0)
			n = zone_known(zone) ? n + 1 : 0;
	}
	return n;
}

bool week_gap(const struct conf_duty *d, struct week_gap *out)
{
	int64_t now;
	unsigned n;

	*out = (struct week_gap){.zone = shift_zone(d, &d->shifts[0]), .seen_us = TIME_NONE};
	n = zones(d, out->zone);
	if (n == 1)
		return gap_at(d, 0, out);
	/* Conversion goes through the process's TZ, which is not for those with threads. */
	if (n == 0 || !__libc_single_threaded)
		return false;
	now = clock_real_us();
	for (unsigned w = 0; w < WEEKS; w++) {
		out->seen_us = now + w * WEEK_US;
		if (gap_at(d, out->seen_us, out))
			return true;
	}
	return false;
}
