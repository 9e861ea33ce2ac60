/* SPDX-License-Identifier: ISC */
/*
 * A shift is the times between two moments, one pair for each day on which it begins. Moments, not
 * hours of the clock, are compared: so a shift ends when the next one begins, also in the night in
 * which an hour is skipped or comes twice.
 */
#include "duty/roster.h"

#include <string.h>

#include "base/zone.h"

#define DAY_MIN	   1440
#define DAYS_AHEAD 8 /* a shift of one day a week begins within these */

struct turn {
	int64_t from_us, until_us;
};

static const char *shift_zone(const struct conf *c, const struct conf_shift *s)
{
	return *s->zone ? s->zone : c->duty.zone;
}

/* The local day of @us, moved on by @days: its date at midnight, and its bit among the days. */
static struct tm local_day(const char *zone, int64_t us, int days, uint32_t *bit)
{
	struct tm tm;

	zone_local(zone, us, &tm);
	*bit = DAY_MONDAY << (tm.tm_wday + days + 13) % 7; /* Sunday is 0 there, 6 here */
	return (struct tm){.tm_year = tm.tm_year,
			   .tm_mon = tm.tm_mon,
			   .tm_mday = tm.tm_mday + days,
			   .tm_isdst = -1};
}

static int64_t minute_of(const char *zone, const struct tm *day, uint32_t minute)
{
	struct tm tm = *day;

	tm.tm_hour = (int)(minute / 60);
	tm.tm_min = (int)(minute % 60);
	return zone_time(zone, &tm);
}

/* The turn that begins @days after the day of @us, within the time in which the shift counts. */
static bool turn_of_day(const struct conf *c, const struct conf_shift *s, int64_t us, int days,
			struct turn *out)
{
	bool next_day = s->until_min <= s->from_min;
	const char *zone = shift_zone(c, s);
	uint32_t bit;
	struct tm day = local_day(zone, us, days, &bit);

	if (!(s->days & bit))
		return false;
	out->from_us = minute_of(zone, &day, s->from_min);
	out->until_us = minute_of(zone, &day, s->until_min + (next_day ? DAY_MIN : 0));
	if (s->from_us && out->from_us < s->from_us)
		out->from_us = s->from_us;
	if (s->until_us && out->until_us > s->until_us)
		out->until_us = s->until_us;
	return out->from_us < out->until_us;
}

/* No turn is longer than from one day into the next. */
static bool holds(const struct conf *c, const struct conf_shift *s, int64_t now_us,
		  struct turn *out)
{
	for (int days = -1; days <= 0; days++)
		if (turn_of_day(c, s, now_us, days, out) && now_us >= out->from_us &&
		    now_us < out->until_us)
			return true;
	return false;
}

/* The begin of the first turn behind @now_us; TIME_NONE where none comes. */
static int64_t next_begin(const struct conf *c, const struct conf_shift *s, int64_t now_us)
{
	int64_t since_us = s->from_us > now_us ? s->from_us : now_us;
	struct turn t;

	for (int days = -1; days <= DAYS_AHEAD; days++)
		if (turn_of_day(c, s, since_us, days, &t) && t.from_us > now_us)
			return t.from_us;
	return TIME_NONE;
}

static void earlier(int64_t *us, int64_t than_us)
{
	if (*us == TIME_NONE || (than_us != TIME_NONE && than_us < *us))
		*us = than_us;
}

static void add_people(const struct conf *c, conf_name *names, size_t n, struct roster *out)
{
	for (size_t i = 0; i < n && out->n < ROSTER_MAX; i++) {
		const struct conf_person *p = roster_person(c, names[i]);
		unsigned j = 0;

		while (j < out->n && out->person[j] != p)
			j++;
		if (p && j == out->n)
			out->person[out->n++] = p;
	}
}

/* Up to the end of the first shift that holds @now_us, or the begin of one that goes before it. */
static void add_shift(const struct conf *c, int64_t now_us, struct roster *out)
{
	for (size_t i = 0; i < c->duty.n_shifts; i++) {
		const struct conf_shift *s = &c->duty.shifts[i];
		struct turn t;

		if (holds(c, s, now_us, &t)) {
			add_people(c, s->people, s->n_people, out);
			earlier(&out->until_us, t.until_us);
			return;
		}
		earlier(&out->until_us, next_begin(c, s, now_us));
	}
}

void roster_at(const struct conf *c, const struct conf_heightened *heightened, int64_t now_us,
	       struct roster *out)
{
	*out = (struct roster){.until_us = TIME_NONE};
	if (heightened && heightened->n_people) {
		out->heightened = heightened;
		add_people(c, heightened->people, heightened->n_people, out);
		if (heightened->until_us > now_us)
			out->until_us = heightened->until_us;
	} else {
		add_shift(c, now_us, out);
	}
	add_people(c, c->duty.escalation, c->duty.n_escalation, out);
}

const struct conf_person *roster_person(const struct conf *c, const char *name)
{
	for (size_t i = 0; i < c->duty.n_people; i++)
		if (strcmp(c->duty.people[i].name, name) == 0)
			return &c->duty.people[i];
	return NULL;
}

const char *roster_zone(const struct conf *c, const struct conf_person *p)
{
	return p && *p->zone ? p->zone : c->duty.zone;
}

const char *roster_language(const struct conf *c, const struct conf_person *p)
{
	return p && *p->language ? p->language : c->language;
}
