/* SPDX-License-Identifier: ISC */
/*
 * Storms. When more first pages fall due in a short time than anybody could answer, the rest are
 * grouped: they keep their own alarms, held under a storm's, and the storm is paged for them, after
 * a moment in which it gathers, then at most every ten minutes, and only when it grew or got worse.
 * A storm that nothing new came to for so long takes no more; it is over when its last member is.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "duty/duty_inside.h"

static bool is_member(const struct entry *e, const struct entry *storm)
{
	return e->a.mute == MUTE_STORM && e->a.kind != ALARM_STORM &&
	       strcmp(e->a.mute_ref, storm->a.id) == 0;
}

static int64_t last_joined_us(const struct duty *d, const struct entry *storm)
{
	int64_t last_us = TIME_NONE;

	for (size_t i = 0; i < d->n; i++)
		if (is_member(d->entry[i], storm) && d->entry[i]->a.due_us > last_us)
			last_us = d->entry[i]->a.due_us;
	return last_us;
}

/* The storm that takes on what falls due now; NULL none. */
static struct entry *open_storm(const struct duty *d)
{
	for (size_t i = d->n; i-- > 0;) {
		struct entry *s = d->entry[i];
		int64_t last_us;

		if (s->a.kind != ALARM_STORM || s->a.state == ALARM_ENDED)
			continue;
		last_us = last_joined_us(d, s);
		if (last_us != TIME_NONE && d->now_us - last_us < STORM_US)
			return s;
	}
	return NULL;
}

bool storm_takes(const struct duty *d)
{
	int64_t within_us = (int64_t)d->conf->duty.storm_s * US_PER_S;
	unsigned paged = 0;

	if (open_storm(d))
		return true;
	for (size_t i = 0; i < d->n; i++) {
		const struct alarm *a = &d->entry[i]->a;

		paged += a->kind != ALARM_STORM && a->mute != MUTE_STORM &&
			 a->due_us != TIME_NONE && a->due_us <= d->now_us &&
			 d->now_us - a->due_us < within_us;
	}
	return paged >= d->conf->duty.storm_pages;
}

struct entry *storm_of(const struct duty *d, const struct entry *e)
{
	struct entry *s = e->a.mute == MUTE_STORM ? duty_find(d, e->a.mute_ref) : NULL;

	return s && s->a.state != ALARM_ENDED ? s : NULL;
}

/* @out: NULL where there is no room for one. */
static int begin(struct duty *d, const struct entry *first, struct entry **out)
{
	char ref[ALARM_REF_MAX] = "";
	int r;

	snprintf(ref, sizeof(ref), "%.15s@%" PRId64, first->a.id, time_floor_s(d->now_us));
	r = duty_add(d, ALARM_STORM, ref, d->now_us, out);
	if (r || !*out)
		return r;
	(*out)->a.severity = first->a.severity;
	(*out)->a.next_us = d->now_us + GATHER_US;
	return 0;
}

int storm_join(struct duty *d, struct entry *e, bool *joined)
{
	struct entry *s = open_storm(d);
	int r = s ? 0 : begin(d, e, &s);

	*joined = !r && s;
	if (!*joined)
		return r;
	e->a.state = ALARM_HELD;
	e->a.mute = MUTE_STORM;
	memset(e->a.mute_ref, 0, sizeof(e->a.mute_ref));
	memcpy(e->a.mute_ref, s->a.id, strnlen(s->a.id, sizeof(s->a.id)));
	e->a.next_us = TIME_NONE;
	e->a.due_us = d->now_us;
	s->a.members++;
	return storm_settle(d, s);
}

/* The worst of those that go on; 5 when none does. */
static unsigned worst(const struct duty *d, const struct entry *s)
{
	unsigned level = 5;

	for (size_t i = 0; i < d->n; i++) {
		const struct entry *e = d->entry[i];

		if (is_member(e, s) && e->a.state != ALARM_ENDED && e->a.severity < level)
			level = e->a.severity;
	}
	return level;
}

/* What the page that goes out now has told of. */
static void told(struct entry *s, unsigned level)
{
	s->a.told = s->a.members;
	if (level < s->a.severity)
		s->a.severity = level;
}

static int settle_gathering(struct duty *d, struct entry *s, unsigned level)
{
	struct roster people;

	if (d->now_us < s->a.next_us)
		return 0;
	duty_people(d, s, &people);
	if (!people.n) {
		duty_wait(d, s, &people);
		return 0;
	}
	told(s, level);
	return duty_ask(d, s, &people, people.person[0], PAGE_NEW);
}

/* When it may be told of again; it can have been acknowledged before it was told of at all. */
static int64_t again_us(const struct entry *s)
{
	return (s->a.paged_us == TIME_NONE ? s->a.opened_us : s->a.paged_us) + STORM_US;
}

static int settle_open(struct duty *d, struct entry *s, unsigned level)
{
	bool grew = s->a.members > s->a.told || level < s->a.severity;

	if (s->a.state == ALARM_PAGED && d->now_us >= s->a.next_us) {
		told(s, level);
		return duty_ask_next(d, s);
	}
	if (!grew || d->now_us < again_us(s))
		return 0;
	told(s, level);
	return duty_tell(d, s, s->a.state == ALARM_PAGED ? s->a.paged : s->a.owner, PAGE_WORSE);
}

static int64_t next_wake(const struct entry *s, unsigned level)
{
	bool grew = s->a.members > s->a.told || level < s->a.severity;
	int64_t us = earlier(wake_at(s->a.next_us), wake_at(s->a.snoozed_until_us));

	if (grew && (s->a.state == ALARM_PAGED || s->a.state == ALARM_ACKNOWLEDGED))
		us = earlier(us, again_us(s));
	return us;
}

int storm_settle(struct duty *d, struct entry *s)
{
	unsigned level = worst(d, s);
	int r = duty_prepare(d);

	if (r || s->a.state == ALARM_ENDED)
		return r;
	if (level > 4) {
		duty_end(d, s);
		return 0;
	}
	if (s->a.state == ALARM_HELD) {
		r = settle_gathering(d, s, level);
	} else if (s->a.state != ALARM_SNOOZED) {
		r = settle_open(d, s, level);
	} else if (d->now_us >= s->a.snoozed_until_us) {
		told(s, level);
		r = duty_ask_again(d, s);
	}
	s->wake_us = next_wake(s, level);
	return r;
}

void storm_acknowledge(struct duty *d, const struct entry *s, const char *person)
{
	for (size_t i = 0; i < d->n; i++) {
		struct entry *e = d->entry[i];

		if (!is_member(e, s) || e->a.state != ALARM_HELD)
			continue;
		e->a.state = ALARM_ACKNOWLEDGED;
		memset(e->a.owner, 0, sizeof(e->a.owner));
		snprintf(e->a.owner, sizeof(e->a.owner), "%s", person);
	}
}

static bool is_told_before(const struct duty *d, const struct entry *s, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (is_member(d->entry[i], s) &&
		    strcmp(d->entry[i]->a.object, d->entry[at]->a.object) == 0)
			return true;
	return false;
}

static bool is_link_before(const struct duty *d, const struct entry *s, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (is_member(d->entry[i], s) &&
		    strcmp(d->entry[i]->main_link, d->entry[at]->main_link) == 0)
			return true;
	return false;
}

void storm_sum(const struct duty *d, const struct entry *s, struct page_storm *out)
{
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < d->n; i++) {
		const struct entry *e = d->entry[i];

		if (!is_member(e, s))
			continue;
		out->incidents += e->a.kind == ALARM_INCIDENT;
		out->faults += e->a.kind == ALARM_FAULT;
		out->objects += e->a.object[0] && !is_told_before(d, s, i);
		if (e->main_link[0] && !is_link_before(d, s, i)) {
			out->links++;
			memcpy(out->link, e->main_link, sizeof(out->link));
		}
	}
	if (out->links != 1)
		memset(out->link, 0, sizeof(out->link));
}
