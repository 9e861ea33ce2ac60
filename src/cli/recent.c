/* SPDX-License-Identifier: ISC */
#include "cli/recent.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define MINUTE_US  (60 * US_PER_S)
#define LOST_LEAST 100 /* fewer of a minute say nothing */

/* Minutes lie in a ring; all exporters' begin at once. */
struct recents {
	int64_t minute; /* number of the minute that has begun; TIME_NONE none */
	struct {
		struct recent_minute total; /* when the minute began */
		struct recent_minute minute[RECENT_MINUTES];
	} of[EXPORTER_MAX + 1];
};

struct recents *recents_new(void)
{
	struct recents *r = calloc(1, sizeof(*r));

	if (r)
		r->minute = TIME_NONE;
	return r;
}

static struct recent_minute total_of(const struct exporter *e)
{
	return (struct recent_minute){.datagrams = e->datagrams,
				      .records = e->records,
				      .lost_datagrams = e->lost_datagrams,
				      .lost_records = e->lost_records,
				      .restarts = e->restarts,
				      .epochs = e->clock_epochs,
				      .doubted = (int64_t)e->doubted};
}

/* What was lost comes late at times: then it is less than it was. */
static uint64_t since(uint64_t now, uint64_t then)
{
	return now > then ? now - then : 0;
}

static struct recent_minute minute_of(const struct recent_minute *now,
				      const struct recent_minute *then)
{
	return (struct recent_minute){.datagrams = since(now->datagrams, then->datagrams),
				      .records = since(now->records, then->records),
				      .lost_datagrams =
					      since(now->lost_datagrams, then->lost_datagrams),
				      .lost_records = since(now->lost_records, then->lost_records),
				      .restarts = since(now->restarts, then->restarts),
				      .epochs = since(now->epochs, then->epochs),
				      .doubted = now->doubted - then->doubted};
}

/* A restart explains a doubt of the minutes before: it goes where it was, else it would outlive
 * that and hide the next one. */
static void make_good(struct recent_minute *list, int64_t minute)
{
	int64_t *debt = &list[minute % RECENT_MINUTES].doubted;

	for (int64_t m = 1; m < RECENT_MINUTES && *debt < 0; m++) {
		int64_t *at = &list[(minute + RECENT_MINUTES - m) % RECENT_MINUTES].doubted;
		int64_t n = *at < -*debt ? *at : -*debt;

		*at -= n;
		*debt += n;
	}
	*debt = *debt > 0 ? *debt : 0;
}

static void close_minute(struct recents *r, unsigned index, const struct exporter *e,
			 int64_t passed)
{
	struct recent_minute now = total_of(e), *list = r->of[index].minute;

	if (!now.datagrams)
		return; /* nothing to turn, and no page of memory to touch */
	list[r->minute % RECENT_MINUTES] = minute_of(&now, &r->of[index].total);
	r->of[index].total = now;
	make_good(list, r->minute);
	/* Nobody looked at the minutes between, so nothing happened in them. */
	for (int64_t m = 1; m < passed && m <= RECENT_MINUTES; m++)
		list[(r->minute + m) % RECENT_MINUTES] = (struct recent_minute){.datagrams = 0};
}

void recents_tick(struct recents *r, struct exporters *exporters, int64_t now_us)
{
	int64_t minute = now_us / MINUTE_US;

	if (minute == r->minute)
		return;
	for (unsigned i = 1; i < exporters_count(exporters) && r->minute != TIME_NONE; i++)
		close_minute(r, i, exporters_get(exporters, (uint16_t)i),
			     minute > r->minute ? minute - r->minute : 1);
	r->minute = minute;
}

static double lost_share(uint64_t lost, uint64_t came)
{
	return lost < LOST_LEAST ? 0 : (double)lost / (double)(lost + came);
}

static void add(struct recent *to, const struct recent_minute *m)
{
	/* One unit is what its format counts, and of the other nothing is known. */
	double shares[] = {to->lost_most, lost_share(m->lost_datagrams, m->datagrams),
			   lost_share(m->lost_records, m->records)};

	for (unsigned i = 1; i < ARRAY_LEN(shares); i++)
		to->lost_most = shares[i] > to->lost_most ? shares[i] : to->lost_most;
	to->sum.datagrams += m->datagrams;
	to->sum.records += m->records;
	to->sum.lost_datagrams += m->lost_datagrams;
	to->sum.lost_records += m->lost_records;
	to->sum.restarts += m->restarts;
	to->sum.epochs += m->epochs;
	to->sum.doubted += m->doubted;
}

void recents_of(const struct recents *r, unsigned index, const struct exporter *e,
		struct recent *out)
{
	struct recent_minute now = total_of(e), begun;

	memset(out, 0, sizeof(*out));
	if (index > EXPORTER_MAX)
		return;
	begun = minute_of(&now, &r->of[index].total);
	add(out, &begun);
	for (unsigned i = 0; i < RECENT_MINUTES; i++)
		add(out, &r->of[index].minute[i]);
	if (out->sum.doubted < 0)
		out->sum.doubted = 0;
}
