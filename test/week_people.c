/* SPDX-License-Identifier: ISC */
#include "week_people.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

#define SLACK_US     (5 * US_PER_S)   /* between an attack and its incident */
#define AFTER_US     (120 * US_PER_S) /* a fault is noticed a while after it */
#define STORM_ANSWER 120	      /* seconds */

int people_open(struct people *p, json_t *things)
{
	*p = (struct people){.things = things, .answered = json_object(), .done = json_array()};
	return p->answered && p->done ? 0 : -ENOMEM;
}

void people_close(struct people *p)
{
	json_decref(p->answered);
	json_decref(p->done);
}

static int64_t time_at(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));
	int64_t us = TIME_NONE;

	if (text)
		time_parse(text, &us);
	return us;
}

static const char *word(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

/* The thing that was attacked there and then. */
static json_t *thing_of_incident(const struct people *p, const struct alarm *a, const char *target)
{
	json_t *t;
	size_t i;

	json_array_foreach(p->things, i, t)
	{
		if (strcmp(word(t, "target"), target) == 0 &&
		    strcmp(word(t, "kind"), "incident") == 0 &&
		    a->opened_us >= time_at(t, "from") - SLACK_US &&
		    a->opened_us <= time_at(t, "until") + SLACK_US)
			return t;
	}
	return NULL;
}

static json_t *thing_of_fault(const struct people *p, const struct alarm *a)
{
	json_t *t;
	size_t i;

	json_array_foreach(p->things, i, t)
	{
		char key[ALARM_REF_MAX];

		snprintf(key, sizeof(key), "%s/%s", word(t, "fault"), word(t, "subject"));
		if (strncmp(a->ref, key, strlen(key)) == 0 &&
		    a->opened_us >= time_at(t, "from") - AFTER_US &&
		    a->opened_us <= time_at(t, "until") + AFTER_US)
			return t;
	}
	return NULL;
}

static void plan(struct people *p, const struct page *page, int64_t after_s, int64_t snooze_s)
{
	struct people_act *a = &p->act[p->n_acts];

	if (p->n_acts == PEOPLE_ACTS_MAX)
		return; /* more pages than a week can bring: the comparison will say so */
	p->n_acts++;
	*a = (struct people_act){.at_us = page->at_us + after_s * US_PER_S,
				 .snooze_us = snooze_s * US_PER_S};
	snprintf(a->alarm, sizeof(a->alarm), "%s", page->alarm);
	snprintf(a->person, sizeof(a->person), "%s", page->person);
}

/* The second channel of a page is the same page. */
static bool is_news(struct people *p, const struct page *page, json_int_t *before)
{
	char key[PAGE_ID_MAX + 16];

	snprintf(key, sizeof(key), "%s %u", page->alarm, page->step);
	if (json_object_get(p->answered, key))
		return false;
	json_object_set_new(p->answered, key, json_true());
	*before = json_integer_value(json_object_get(p->answered, page->alarm));
	json_object_set_new(p->answered, page->alarm, json_integer(*before + 1));
	return true;
}

int people_get(struct people *p, const struct page *page, const struct alarm *alarm,
	       const char *target)
{
	const json_t *thing = NULL, *row;
	json_int_t before;

	if (page->why == PAGE_WORSE || !is_news(p, page, &before))
		return 0;
	if (alarm->kind == ALARM_STORM) {
		plan(p, page, STORM_ANSWER, 0);
		return 0;
	}
	if (alarm->kind == ALARM_FAULT)
		thing = thing_of_fault(p, alarm);
	else if (target)
		thing = thing_of_incident(p, alarm, target);
	row = json_array_get(json_object_get(thing, "pages"), (size_t)before);
	if (row && strcmp(word(row, "act"), "sleep") != 0)
		plan(p, page, json_integer_value(json_object_get(row, "answer_s")),
		     json_integer_value(json_object_get(row, "snooze_s")));
	return 0;
}

static int act(struct people *p, struct duty *d, const struct people_act *a, int64_t now_us)
{
	int r = a->snooze_us ? duty_snooze(d, a->alarm, a->person, now_us + a->snooze_us, now_us)
			     : duty_acknowledge(d, a->alarm, a->person, now_us);
	char at[TIME_TEXT_MAX];

	json_array_append_new(p->done, json_pack("{s:s, s:s, s:s, s:s, s:s}", "at",
						 time_format_utc(now_us, at), "act",
						 a->snooze_us ? "snooze" : "acknowledge", "alarm",
						 a->alarm, "person", a->person, "answer",
						 r == DUTY_NO_ALARM ? "no_alarm"
						 : r == DUTY_ENDED  ? "ended"
								    : "good"));
	return r < 0 ? r : 0;
}

int people_do(struct people *p, struct duty *d, int64_t now_us)
{
	for (unsigned i = 0; i < p->n_acts;) {
		struct people_act due = p->act[i];
		int r;

		if (due.at_us > now_us) {
			i++;
			continue;
		}
		p->act[i] = p->act[--p->n_acts];
		r = act(p, d, &due, now_us);
		if (r)
			return r;
	}
	return 0;
}
