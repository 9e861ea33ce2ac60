/* SPDX-License-Identifier: ISC */
/*
 * The people of the week and their hours. In February Tokyo is nine hours ahead of UTC and Berlin
 * one, all week, so the hours are reckoned in UTC here and written in their zones below.
 */
#include "drill/week.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/clock.h"

#define HOUR_MS	     UINT64_C(3600000)
#define DAY_H	     24
#define TOKYO_H	     9
#define BERLIN_H     1
#define SHIFT_PEOPLE 2

static const struct {
	const char *name, *language, *zone;
} people[] = {
	{"sato", "ja", "Asia/Tokyo"},	  {"suzuki", "ja", "Asia/Tokyo"},
	{"kimura", "ja", "Asia/Tokyo"},	  {"weber", "en", "Europe/Berlin"},
	{"braun", "en", "Europe/Berlin"}, {"tanaka", "ja", "Asia/Tokyo"},
	{"meier", "en", "Europe/Berlin"},
};

enum { WEEKDAYS = 31, WEEKEND = 96, EVERY_DAY = 127 }; /* bit 0: Monday */

/* clang-format off: a row stays a row. The first that holds a moment counts. */
static const struct {
	const char *people[SHIFT_PEOPLE];
	unsigned days; /* on which it begins, there */
	const char *day_words, *zone;
	int ahead_h; /* of UTC, there */
	unsigned from_h, until_h;
} shifts[] = {
	{{"sato", "suzuki"}, WEEKDAYS, "weekdays", "Asia/Tokyo", TOKYO_H, 9, 18},
	{{"weber", "braun"}, WEEKDAYS, "weekdays", "Europe/Berlin", BERLIN_H, 10, 22},
	{{"suzuki", "kimura"}, EVERY_DAY, NULL, "Asia/Tokyo", TOKYO_H, 22, 9},
	{{"kimura", "weber"}, WEEKEND, "weekend", "Asia/Tokyo", TOKYO_H, 0, 24},
};
/* clang-format on */

static const char *const escalation[] = {"tanaka", "meier"};

struct week *week_new(void)
{
	return calloc(1, sizeof(struct week));
}

struct week *week_free(struct week *w)
{
	if (w)
		free(w->things);
	free(w);
	return NULL;
}

bool week_add(struct week *w, const struct week_thing *t)
{
	if (w->n_things == w->room) {
		size_t room = w->room ? 2 * w->room : 64;
		struct week_thing *things = realloc(w->things, room * sizeof(*things));

		if (!things)
			return false;
		w->things = things;
		w->room = room;
	}
	w->things[w->n_things++] = *t;
	return true;
}

/* The week begins on a Monday, 00:00 UTC. */
static bool on_shift(size_t s, uint64_t at_ms)
{
	int64_t local_ms = (int64_t)at_ms + shifts[s].ahead_h * (int64_t)HOUR_MS;
	unsigned hour = (unsigned)(local_ms / (int64_t)HOUR_MS % DAY_H);
	unsigned day = (unsigned)(local_ms / ((int64_t)HOUR_MS * DAY_H) % WEEK_DAYS);
	bool over_night = shifts[s].until_h <= shifts[s].from_h;

	if (over_night && hour < shifts[s].until_h)
		day = (day + WEEK_DAYS - 1) % WEEK_DAYS; /* it began the day before */
	else if (hour < shifts[s].from_h || (!over_night && hour >= shifts[s].until_h))
		return false;
	return shifts[s].days >> day & 1;
}

unsigned week_called(uint64_t at_ms, const char *out[WEEK_CALLED])
{
	unsigned n = 0;

	for (size_t s = 0; s < ARRAY_LEN(shifts) && !n; s++)
		for (unsigned i = 0; on_shift(s, at_ms) && i < SHIFT_PEOPLE; i++)
			out[n++] = shifts[s].people[i];
	for (size_t i = 0; i < ARRAY_LEN(escalation); i++)
		out[n++] = escalation[i];
	return n;
}

const char *week_contract(unsigned site)
{
	return site <= 8 ? "critical" : site <= 16 ? "standard" : "basic";
}

bool week_site_bursts(unsigned site)
{
	return site == 6;
}

static void people_yaml(struct text *out)
{
	text_add(out, "  people:\n");
	for (size_t i = 0; i < ARRAY_LEN(people); i++)
		text_printf(out,
			    "    - name: %s\n      language: %s\n      zone: %s\n"
			    "      mail: %s@noc.example\n      phone: \"+00-0-%04zu\"\n",
			    people[i].name, people[i].language, people[i].zone, people[i].name,
			    i + 1);
}

static void shifts_yaml(struct text *out)
{
	text_add(out, "  shifts:\n");
	for (size_t i = 0; i < ARRAY_LEN(shifts); i++) {
		text_printf(out, "    - people: [%s, %s]\n", shifts[i].people[0],
			    shifts[i].people[1]);
		if (shifts[i].day_words)
			text_printf(out, "      days: [%s]\n", shifts[i].day_words);
		text_printf(out,
			    "      from: \"%02u:00\"\n      until: \"%02u:00\"\n      zone: %s\n",
			    shifts[i].from_h, shifts[i].until_h, shifts[i].zone);
	}
	text_printf(out, "  escalation: [%s, %s]\n", escalation[0], escalation[1]);
}

void week_yaml(const struct week *w, int64_t base_us, struct text *out)
{
	char from[TIME_TEXT_MAX], until[TIME_TEXT_MAX];

	text_add(out, "duty:\n  zone: Asia/Tokyo\n");
	people_yaml(out);
	shifts_yaml(out);
	text_printf(out,
		    "  acknowledge: %us\n  page_from: 2\n  burst: %us\n  fold: %us\n  storm: %u\n"
		    "  storm_time: %us\n  program: /usr/local/bin/pager\n",
		    WEEK_ACK_S, WEEK_BURST_S, WEEK_FOLD_S, WEEK_STORM, WEEK_STORM_S);
	text_add(out, "  mail:\n    server: smtp://127.0.0.1:25\n    from: noroshi@noc.example\n");
	text_printf(out, "  sight:\n    silent: %us\n    loss: 1\n", WEEK_SILENT_S);
	text_printf(out,
		    "maintenance:\n  - note: load test of the shop\n    from: %s\n    until: %s\n"
		    "    objects: [site-%02u]\n",
		    time_format_utc(base_us + (int64_t)w->work_from_ms * US_PER_MS, from),
		    time_format_utc(base_us + (int64_t)w->work_until_ms * US_PER_MS, until),
		    WEEK_WORK_SITE);
}
