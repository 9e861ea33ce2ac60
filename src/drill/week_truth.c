/* SPDX-License-Identifier: ISC */
/*
 * What the people on call should have been told, as JSON. Who is woken after whom follows from the
 * hours, the answers and the time after which silence is too long; times of what comes after the
 * first page are told from that page, as the moment when it is due is known to a minute only.
 */
#include "drill/week.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"

static const char *const kind_words[] = {"incident", "fault", "nothing"};
static const char *const act_words[] = {"", "acknowledge", "snooze", "sleep"};

static int64_t at_us(int64_t base_us, uint64_t ms)
{
	return base_us + (int64_t)ms * US_PER_MS;
}

static void set_time(json_t *o, const char *key, int64_t us)
{
	char text[TIME_TEXT_MAX];

	json_object_set_new(o, key, json_string(time_format_utc(us, text)));
}

/* The attack as it was counted, NULL where it never began. */
static json_t *find_attack(json_t *truth, int16_t attack, char id[16])
{
	json_t *row;
	size_t i;

	snprintf(id, 16, "a%03d", attack + 1);
	json_array_foreach(json_object_get(truth, "attacks"), i, row)
	{
		if (strcmp(json_string_value(json_object_get(row, "id")), id) == 0)
			return row;
	}
	return NULL;
}

/* When it is worth waking somebody: not before it has crossed its threshold. */
static int64_t due_us(const struct week_thing *t, int64_t base_us, json_t *attack)
{
	const char *crossed = json_string_value(json_object_get(attack, "crossed"));
	int64_t us = at_us(base_us, t->due_ms ? t->due_ms : t->from_ms);

	if (!t->due_ms && crossed)
		time_parse(crossed, &us);
	return us;
}

static json_t *page_json(const char *why, const char *person, uint32_t after_s, unsigned step)
{
	return json_pack("{s:s, s:s, s:i, s:i}", "why", why, "person", person, "after_s",
			 (int)after_s, "step", (int)step);
}

/*
 * The first page and all that follow it by silence or at the end of a snooze; with each what its
 * receiver does.
 */
static json_t *pages_json(const struct week_thing *t)
{
	const char *called[WEEK_CALLED];
	uint64_t due_ms = t->due_ms ? t->due_ms : t->from_ms;
	unsigned n = week_called(due_ms, called), person = 0, step = 1;
	json_t *list = json_array();
	const char *why = "new";
	uint32_t after_s = 0;

	for (unsigned i = 0; i < WEEK_ANSWERS && t->answer[i].act && person < n; i++) {
		const struct week_answer *a = &t->answer[i];
		json_t *page = page_json(why, called[person], after_s, step);

		json_object_set_new(page, "act", json_string(act_words[a->act]));
		if (a->act != ACT_SLEEP)
			json_object_set_new(page, "answer_s", json_integer(a->after_s));
		if (a->act == ACT_SNOOZE)
			json_object_set_new(page, "snooze_s", json_integer(a->snooze_s));
		json_array_append_new(list, page);
		if (a->act == ACT_SLEEP) {
			why = "escalated";
			after_s += WEEK_ACK_S;
			person++;
			step++;
		} else if (a->act == ACT_SNOOZE) {
			why = "snooze_over";
			after_s += a->after_s + a->snooze_s;
		}
	}
	return list;
}

static json_t *thing_json(const struct week_thing *t, size_t i, int64_t base_us, json_t *truth)
{
	char id[32], attack_id[16];
	json_t *attack = t->attack >= 0 ? find_attack(truth, t->attack, attack_id) : NULL;
	json_t *o;

	snprintf(id, sizeof(id), "t%02zu", i + 1);
	o = json_pack("{s:s, s:s, s:s, s:s, s:b}", "id", id, "kind", kind_words[t->kind], "what",
		      t->what, "target", t->target, "paged", t->why_not == NULL);
	if (!o)
		return NULL;
	json_object_set_new(o, "attack", attack ? json_string(attack_id) : json_null());
	if (t->fault) {
		json_object_set_new(o, "fault", json_string(t->fault));
		json_object_set_new(o, "subject", json_string(t->subject));
	}
	set_time(o, "from", at_us(base_us, t->from_ms));
	set_time(o, "until", at_us(base_us, t->until_ms));
	if (t->why_not) {
		json_object_set_new(o, "why_not", json_string(t->why_not));
		return o;
	}
	set_time(o, "due", due_us(t, base_us, attack));
	set_time(o, "latest", at_us(base_us, t->latest_ms));
	if (t->worse_ms)
		set_time(o, "worse", at_us(base_us, t->worse_ms));
	json_object_set_new(o, "grows", json_boolean(t->grows));
	json_object_set_new(o, "storm", json_boolean(t->storm));
	json_object_set_new(o, "out_of_sight", json_boolean(t->lost));
	json_object_set_new(o, "pages", pages_json(t));
	return o;
}

int week_json(const struct week *w, int64_t base_us, json_t *truth)
{
	json_t *things = json_array();
	json_t *duty = json_pack("{s:i, s:i, s:i, s:i, s:i, s:o}", "acknowledge_s", WEEK_ACK_S,
				 "burst_s", WEEK_BURST_S, "fold_s", WEEK_FOLD_S, "storm_pages",
				 WEEK_STORM, "storm_s", WEEK_STORM_S, "things", things);

	for (size_t i = 0; duty && i < w->n_things; i++) {
		json_t *thing = thing_json(&w->things[i], i, base_us, truth);

		if (!thing || json_array_append_new(things, thing)) {
			json_decref(duty);
			return -ENOMEM;
		}
	}
	return duty && json_object_set_new(truth, "duty", duty) == 0 ? 0 : -ENOMEM;
}
