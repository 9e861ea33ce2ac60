/* SPDX-License-Identifier: ISC */
/* What the one on duty is told: incidents, faults, marks, and what people do about them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "duty/duty_inside.h"

static void set_name(char to[ALARM_NAME_MAX], const char *name)
{
	size_t n = strlen(name);

	/* Whole characters. */
	if (n >= ALARM_NAME_MAX)
		for (n = ALARM_NAME_MAX - 1; n > 0 && ((unsigned char)name[n] & 0xc0) == 0x80; n--)
			;
	memset(to, 0, ALARM_NAME_MAX);
	memcpy(to, name, n);
}

static struct entry *find_incident(const struct duty *d, const char *incident)
{
	char id[ALARM_ID_MAX];

	return duty_find(d, alarm_id(ALARM_INCIDENT, incident, id));
}

/* ---- incidents ---- */

/* Without what a page never needs: header records and the course. */
static int keep_incident(struct entry *e, const struct incident *inc)
{
	struct incident *copy;
	struct incident lean = *inc;

	lean.series = NULL;
	lean.f.series = NULL;
	lean.f.n_series = 0;
	lean.f.path = NULL;
	copy = incident_copy(&lean, false);
	if (!copy)
		return -ENOMEM;
	incident_free(e->incident);
	e->incident = copy;
	if (strcmp(e->a.object, inc->object) != 0)
		set_name(e->a.object, inc->object);
	return 0;
}

/* Judged once more for the record, and nobody is paged for what is over. */
static void close_incident(struct duty *d, struct entry *e)
{
	struct mute m;

	duty_judge(d, e);
	duty_mute(d, e, &m);
	if (e->a.state == ALARM_HELD && (m.kind != MUTE_NOT || e->a.mute != MUTE_STORM))
		duty_set_mute(e, &m);
	duty_end(d, e);
}

/* @storm: what stood for it before, or NULL. */
static int settle_with(struct duty *d, struct entry *e, struct entry *storm)
{
	int r = duty_settle(d, e);

	return r || !storm ? r : storm_settle(d, storm);
}

/* Where it came to a link or left one, the others there are judged again. */
static int settle_neighbours(struct duty *d, struct entry *e, char (*before)[SEVERITY_LINK_MAX],
			     unsigned n_before)
{
	int r;

	d->links_known = false;
	r = duty_links_settle(d, before, n_before, e);
	return r ? r : duty_links_settle(d, e->link, e->n_links, e);
}

static int tell_incident(struct duty *d, struct entry *e, const struct incident *inc)
{
	char before[LINKS_OF][SEVERITY_LINK_MAX], object[ALARM_NAME_MAX];
	bool was_ended = e->a.state == ALARM_ENDED, closed = inc->f.state == FINDING_CLOSED, moved;
	struct entry *storm = storm_of(d, e);
	unsigned n_before = e->n_links;
	int r = 0;

	if (was_ended && closed)
		return 0;
	memcpy(before, e->link, sizeof(before));
	memcpy(object, e->a.object, sizeof(object));
	if (was_ended)
		duty_reopen(d, e);
	r = keep_incident(e, inc);
	if (r)
		return r;
	if (closed) {
		close_incident(d, e);
		moved = duty_links_fill(e);
	} else {
		moved = duty_links_fill(e);
		moved |= strcmp(object, e->a.object) != 0;
		if (moved)
			d->links_known = false;
		r = duty_settle(d, e);
	}
	if (!r && moved)
		r = settle_neighbours(d, e, before, n_before);
	return r || !storm ? r : storm_settle(d, storm);
}

int duty_incident(struct duty *d, const struct incident *inc, int64_t now_us)
{
	struct entry *e = find_incident(d, inc->id);
	int r = 0;

	d->now_us = now_us;
	if (!e) {
		/* Of a past that we have forgotten. */
		if (inc->f.state == FINDING_CLOSED && inc->f.last_us < now_us - FORGET_US)
			return 0;
		r = duty_add(d, ALARM_INCIDENT, inc->id, inc->f.first_us, &e);
	}
	return r || !e ? r : tell_incident(d, e, inc);
}

/* ---- faults ---- */

/* The alarm of a fault that goes on, or ended a moment ago; NULL none. */
static struct entry *find_fault(const struct duty *d, const struct fault *f)
{
	struct entry *found = NULL;

	for (size_t i = 0; i < d->n; i++) {
		struct entry *e = d->entry[i];

		if (e->a.kind != ALARM_FAULT || e->fault.kind != f->kind ||
		    strcmp(e->fault.subject, f->subject) != 0)
			continue;
		if (e->a.state != ALARM_ENDED)
			return e;
		/* One that "ended" ahead of now was told by another clock. */
		if ((d->now_us >= e->a.ended_us && d->now_us - e->a.ended_us < SAME_FAULT_US) ||
		    e->fault.since_us == f->since_us)
			found = e;
	}
	return found;
}

int duty_fault(struct duty *d, const struct fault *f, int64_t now_us)
{
	char ref[FAULT_REF_MAX];
	struct entry *e, *storm;
	int r;

	d->now_us = now_us;
	e = find_fault(d, f);
	storm = e ? storm_of(d, e) : NULL;
	if (f->over) {
		if (!e || e->a.state == ALARM_ENDED)
			return 0;
		duty_end(d, e);
		return storm ? storm_settle(d, storm) : 0;
	}
	if (!e)
		e = duty_find(d, alarm_id(ALARM_FAULT, fault_ref(f, ref), (char[ALARM_ID_MAX]){0}));
	if (!e) {
		r = duty_add(d, ALARM_FAULT, fault_ref(f, ref), f->since_us, &e);
		if (r || !e)
			return r;
		e->fault = *f;
	}
	if (e->a.state == ALARM_ENDED)
		duty_reopen(d, e);
	e->fault.figure = f->figure;
	return settle_with(d, e, storm);
}

/* ---- people ---- */

int duty_mark(struct duty *d, const char *incident, bool is_false, int64_t now_us)
{
	struct entry *e = find_incident(d, incident);
	char key[INCIDENT_ID_MAX] = "";

	d->now_us = now_us;
	memcpy(key, incident, strnlen(incident, sizeof(key) - 1));
	if (!is_false)
		map_remove(d->marks, key);
	else if (!map_get(d->marks, key) && map_count(d->marks) >= MARKS_MAX)
		d->turned_away++;
	else if (!map_put(d->marks, key, NULL))
		return -ENOMEM;
	if (!e || e->a.state == ALARM_ENDED)
		return 0;
	if (!is_false && e->a.mute == MUTE_FALSE) {
		duty_set_mute(e, &(struct mute){.kind = MUTE_NOT});
		if (e->a.owner[0])
			e->a.state = ALARM_ACKNOWLEDGED;
	}
	return duty_settle(d, e);
}

static int find_for_act(const struct duty *d, const char *id, struct entry **out)
{
	*out = duty_find(d, id);
	if (!*out)
		*out = find_incident(d, id);
	if (!*out)
		return DUTY_NO_ALARM;
	return (*out)->a.state == ALARM_ENDED ? DUTY_ENDED : 0;
}

int duty_acknowledge(struct duty *d, const char *id, const char *person, int64_t now_us)
{
	struct entry *e, *storm;
	int r = find_for_act(d, id, &e);

	d->now_us = now_us;
	if (r)
		return r;
	storm = storm_of(d, e);
	set_name(e->a.owner, person);
	e->a.asked = 0;
	e->a.next_us = e->a.snoozed_until_us = TIME_NONE;
	if (e->a.mute != MUTE_FALSE) {
		e->a.state = ALARM_ACKNOWLEDGED;
		duty_set_mute(e, &(struct mute){.kind = MUTE_NOT});
	}
	if (e->a.kind == ALARM_STORM)
		storm_acknowledge(d, e, person);
	return settle_with(d, e, storm);
}

int duty_unreached(struct duty *d, const char *alarm, unsigned step, int64_t now_us)
{
	struct entry *e = duty_find(d, alarm);
	struct roster people;

	d->now_us = now_us;
	if (!e || e->a.state != ALARM_PAGED || e->a.step != step)
		return 0;
	duty_people(d, e, &people);
	if (e->a.asked >= people.n)
		return 0; /* whoever is left was tried; time goes on as ever */
	e->wake_us = WAKE_NOW;
	return duty_ask_next(d, e);
}

int duty_snooze(struct duty *d, const char *id, const char *person, int64_t until_us,
		int64_t now_us)
{
	struct entry *e, *storm;
	int r = find_for_act(d, id, &e);

	d->now_us = now_us;
	if (r)
		return r;
	storm = storm_of(d, e);
	set_name(e->a.owner, person);
	e->a.asked = 0;
	e->a.next_us = TIME_NONE;
	if (e->a.mute != MUTE_FALSE) {
		e->a.state = ALARM_SNOOZED;
		e->a.snoozed_until_us = until_us;
		duty_set_mute(e, &(struct mute){.kind = MUTE_NOT});
	}
	return settle_with(d, e, storm);
}
