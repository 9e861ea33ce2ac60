/* SPDX-License-Identifier: ISC */
/*
 * Reading by rows, as the configuration is read. Days are those of the calendar's zone; an event
 * that comes yearly is moved to the years that are asked about, by the date and not by 365 days.
 */
#include "desk/calendar.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "conf/sheet.h"

#define DAY_US	  (86400 * US_PER_S)
#define TAG_ZONE  ((enum conf_tag)(TAG_COUNT + 1))
#define TAG_UNTIL ((enum conf_tag)(TAG_COUNT + 2))
#define TAG_ID	  ((enum conf_tag)(TAG_COUNT + 3))

struct calendar_text {
	char country[3];
	char zone[16];
	struct event *events;
	size_t n;
};

/* clang-format off: a row stays a row. */
#define FIELD(st, f) .offset = offsetof(struct st, f), .size = sizeof(((struct st *)NULL)->f)
#define MAP(w, rows) .what = (w), .keys = (rows), .n_keys = ARRAY_LEN(rows)

static const char *const kind_words[] = {"summit", "election", "anniversary", "release",
					 "sports", "other",    NULL};
static const char *const yes_words[] = {"no", "yes", "false", "true", NULL};

static const struct conf_key name_keys[] = {
	{.name = "en", .type = TYPE_NAME, .flags = KEY_REQUIRED, FIELD(event, name_en)},
	{.name = "ja", .type = TYPE_NAME, FIELD(event, name_ja)},
};
static const struct conf_map name_map = {MAP("a name", name_keys), .short_form = true};

static const struct conf_key event_keys[] = {
	{.name = "id", .type = TYPE_NAME, .flags = KEY_REQUIRED, FIELD(event, id), .tag = TAG_ID},
	{.name = "kind",
	 .type = TYPE_WORD,
	 .flags = KEY_REQUIRED,
	 FIELD(event, kind),
	 .words = kind_words},
	{.name = "from", .type = TYPE_DATE, .flags = KEY_REQUIRED, FIELD(event, from_us)},
	{.name = "until", .type = TYPE_DATE, FIELD(event, until_us), .tag = TAG_UNTIL},
	{.name = "ahead", .type = TYPE_DURATION, FIELD(event, ahead_s), .max = 31536000},
	{.name = "yearly", .type = TYPE_WORD, FIELD(event, yearly), .words = yes_words},
	{.name = "name", .type = TYPE_MAP, .flags = KEY_REQUIRED, .map = &name_map},
	{.name = "source", .type = TYPE_TEXT, FIELD(event, source)},
};
static const struct conf_map event_map = {MAP("an event", event_keys)};
static const struct conf_list event_list = {
	.item = {.name = "", .type = TYPE_MAP, .size = sizeof(struct event), .map = &event_map},
	.max = EVENTS_MAX,
	.count = offsetof(struct calendar_text, n),
};
static const struct conf_key calendar_keys[] = {
	{.name = "country", .type = TYPE_COUNTRY, FIELD(calendar_text, country)},
	{.name = "zone",
	 .type = TYPE_TEXT,
	 FIELD(calendar_text, zone),
	 .dflt = "+00:00",
	 .tag = TAG_ZONE},
	{.name = "events", .type = TYPE_LIST, FIELD(calendar_text, events), .list = &event_list},
};
static const struct conf_map calendar_map = {MAP("a calendar", calendar_keys)};
/* clang-format on */

const char *event_kind_name(enum event_kind k)
{
	return kind_words[k];
}

const char *event_kind_word(enum event_kind k, const char *language)
{
	static const char *const ja[EVENT_KINDS] = {"首脳会議", "選挙",	  "記念日",
						    "公開日",	"競技会", "その他"};

	return strcmp(language, "ja") == 0 ? ja[k] : kind_words[k];
}

struct calendar *calendar_new(void)
{
	return calloc(1, sizeof(struct calendar));
}

struct calendar *calendar_free(struct calendar *c)
{
	if (c)
		free(c->events);
	free(c);
	return NULL;
}

/* "+09:00" in microseconds east of UTC. */
static bool zone_of(const char *s, int64_t *us)
{
	int h, m, n = 0;

	if ((s[0] != '+' && s[0] != '-') || strlen(s) != 6 ||
	    sscanf(s + 1, "%2d:%2d%n", &h, &m, &n) != 2 || n != 5 || h > 14 || m > 59)
		return false;
	*us = (h * 3600 + m * 60) * US_PER_S * (s[0] == '-' ? -1 : 1);
	return true;
}

/* From dates in UTC to the first and last moment by the zone. */
static void finish_event(struct event *e, const struct calendar_text *t, int64_t zone_us)
{
	if (!e->until_us)
		e->until_us = e->from_us;
	e->from_us -= zone_us;
	e->until_us += DAY_US - 1 - zone_us;
	e->yearly &= 1;
	memcpy(e->country, t->country, sizeof(e->country));
	if (!*e->name_ja)
		memcpy(e->name_ja, e->name_en, sizeof(e->name_ja));
}

static bool id_taken(const struct calendar *c, const struct calendar_text *t, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (strcmp(t->events[j].id, t->events[i].id) == 0)
			return true;
	return calendar_find(c, t->events[i].id) != NULL;
}

static int check(void *base, const struct marks *marks, struct mistakes *mistakes, void *userdata)
{
	struct calendar_text *t = base;
	int64_t zone_us = 0;

	if (!zone_of(t->zone, &zone_us))
		mistake_add(mistakes, marks_place(marks, TAG_ZONE, 0),
			    "zone: an offset such as +09:00 is wanted");
	for (size_t i = 0; i < t->n; i++) {
		struct event *e = &t->events[i];

		if (e->until_us && e->until_us < e->from_us)
			mistake_add(mistakes, marks_place(marks, TAG_UNTIL, i),
				    "until lies before from");
		if (id_taken(userdata, t, i))
			mistake_add(mistakes, marks_place(marks, TAG_ID, i),
				    "the id stands here twice, or in another calendar");
		finish_event(e, t, zone_us);
	}
	return 0;
}

static int add_all(const void *base, void *userdata)
{
	const struct calendar_text *t = base;
	struct calendar *c = userdata;
	struct event *grown;

	if (!t->n)
		return 0;
	if (c->n + t->n > EVENTS_MAX)
		return -ENOSPC;
	grown = realloc(c->events, (c->n + t->n) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	c->events = grown;
	memcpy(c->events + c->n, t->events, t->n * sizeof(*grown));
	c->n += t->n;
	return 0;
}

int calendar_read(struct calendar *c, const char *name, const char *yaml, size_t n,
		  struct text *errors)
{
	static const struct sheet s = {&calendar_map, CALENDAR_BYTES_MAX, check, add_all};
	struct calendar_text t = {.n = 0};

	return sheet_read(&s, &t, c, name, yaml, n, errors);
}

int calendar_load(struct calendar *c, const char *path, struct text *errors)
{
	_cleanup_text_ struct text yaml = TEXT_NULL;
	int r = sheet_bytes(path, CALENDAR_BYTES_MAX, &yaml);

	if (r < 0) {
		text_printf(errors, "%s: not read: %s\n", path, strerror(-r));
		return r;
	}
	return calendar_read(c, path, text_str(&yaml), yaml.len, errors);
}

int calendar_add_country(struct calendar *c, const char *country, struct text *errors)
{
	char name[32];

	for (unsigned i = 0; i < calendar_n_files; i++) {
		if (strcmp(calendar_files[i].country, country) != 0)
			continue;
		snprintf(name, sizeof(name), "events/%s.yaml", country);
		return calendar_read(c, name, calendar_files[i].yaml,
				     strlen(calendar_files[i].yaml), errors);
	}
	return 0;
}

const struct event *calendar_find(const struct calendar *c, const char *id)
{
	for (size_t i = 0; c && i < c->n; i++)
		if (strcmp(c->events[i].id, id) == 0)
			return &c->events[i];
	return NULL;
}

/* @us moved by @years, the date kept; 29 February becomes 1 March. */
static int64_t move_years(int64_t us, int years)
{
	int64_t rest = us - time_floor_s(us) * US_PER_S;
	time_t s = time_floor_s(us);
	struct tm tm;

	gmtime_r(&s, &tm);
	tm.tm_year += years;
	return (int64_t)timegm(&tm) * US_PER_S + rest;
}

static int year_of(int64_t us)
{
	time_t s = time_floor_s(us);
	struct tm tm;

	gmtime_r(&s, &tm);
	return tm.tm_year;
}

/* The event in the year, at or after its first, in which it touches the span; false for none. */
static bool touches(const struct event *e, int64_t from_us, int64_t until_us, struct event *day)
{
	int first = e->yearly ? year_of(from_us) - year_of(e->from_us) - 1 : 0;
	int last = e->yearly ? year_of(until_us) - year_of(e->from_us) + 1 : 0;

	for (int y = first < 0 ? 0 : first; y <= last; y++) {
		*day = *e;
		day->from_us = move_years(e->from_us, y);
		day->until_us = move_years(e->until_us, y);
		if (day->from_us - (int64_t)day->ahead_s * US_PER_S <= until_us &&
		    day->until_us >= from_us)
			return true;
	}
	return false;
}

static int64_t apart_us(const struct event *e, int64_t from_us, int64_t until_us)
{
	if (e->from_us > until_us)
		return e->from_us - until_us;
	return e->until_us < from_us ? from_us - e->until_us : 0;
}

void calendar_nearest(const struct event *e, int64_t from_us, int64_t until_us, struct event *day)
{
	int first = e->yearly ? year_of(from_us) - year_of(e->from_us) - 1 : 0;
	int last = e->yearly ? year_of(until_us) - year_of(e->from_us) + 1 : 0;

	*day = *e;
	for (int y = first < 0 ? 0 : first; y <= last; y++) {
		struct event one = *e;

		one.from_us = move_years(e->from_us, y);
		one.until_us = move_years(e->until_us, y);
		if (apart_us(&one, from_us, until_us) < apart_us(day, from_us, until_us))
			*day = one;
	}
}

const struct event *calendar_next(const struct calendar *c, int64_t from_us, int64_t until_us,
				  size_t *at, struct event *day)
{
	while (c && *at < c->n) {
		const struct event *e = &c->events[(*at)++];

		if (touches(e, from_us, until_us, day))
			return day;
	}
	return NULL;
}
