/* SPDX-License-Identifier: ISC */
/* The one on duty: its tables, its life, and what it hands out. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "duty/duty_inside.h"

struct duty *duty_new(struct conf *conf, const struct calendar *calendar)
{
	struct duty *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->conf = conf_ref(conf);
	d->calendar = calendar;
	d->now_us = TIME_NONE;
	d->by_id = map_new(ALARM_ID_MAX, sizeof(struct entry *), 0);
	d->marks = map_new(INCIDENT_ID_MAX, 1, MARKS_MAX);
	d->pairs = map_new(SEVERITY_LINK_MAX + ALARM_NAME_MAX, 1, 0);
	d->on_link = map_new(SEVERITY_LINK_MAX, sizeof(unsigned), 0);
	if (!d->by_id || !d->marks || !d->pairs || !d->on_link)
		return duty_free(d);
	return d;
}

static void free_pages(struct page **pages, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		page_deinit(pages[i]);
		free(pages[i]);
	}
	free(pages);
}

static void free_entry(struct entry *e)
{
	incident_free(e->incident);
	free(e);
}

struct duty *duty_free(struct duty *d)
{
	if (!d)
		return NULL;
	for (size_t i = 0; i < d->n; i++)
		free_entry(d->entry[i]);
	free(d->entry);
	free(d->changed);
	free_pages(d->pages, d->n_pages);
	free_pages(d->handed, d->n_handed);
	map_free(d->by_id);
	map_free(d->marks);
	map_free(d->pairs);
	map_free(d->on_link);
	free(d->suppressions);
	free(d->measures);
	free(d->watch);
	conf_unref(d->conf);
	free(d);
	return NULL;
}

static void wake_all(struct duty *d)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->entry[i]->a.state != ALARM_ENDED)
			d->entry[i]->wake_us = WAKE_NOW;
}

void duty_reconf(struct duty *d, struct conf *conf, const struct calendar *calendar)
{
	struct conf *before = d->conf;

	d->conf = conf_ref(conf);
	conf_unref(before);
	d->calendar = calendar;
	free(d->watch);
	d->watch = NULL;
	wake_all(d);
}

void duty_drill(struct duty *d, bool drill)
{
	d->drill = drill;
}

int duty_suppressions(struct duty *d, const struct suppression *list, unsigned n)
{
	struct suppression *copy = NULL;

	if (n > SUPPRESSIONS_MAX) {
		d->turned_away += n - SUPPRESSIONS_MAX;
		n = SUPPRESSIONS_MAX;
	}
	if (n) {
		copy = malloc(n * sizeof(*copy));
		if (!copy)
			return -ENOMEM;
		memcpy(copy, list, n * sizeof(*copy));
	}
	free(d->suppressions);
	d->suppressions = copy;
	d->n_suppressions = n;
	wake_all(d);
	return 0;
}

int duty_measures(struct duty *d, const struct duty_measures *all)
{
	struct duty_measure *copy = NULL;
	size_t size = all->n * sizeof(*copy);

	if (all->n == d->n_measures && (!size || memcmp(d->measures, all->list, size) == 0))
		return 0;
	if (size) {
		copy = malloc(size);
		if (!copy)
			return -ENOMEM;
		memcpy(copy, all->list, size);
	}
	free(d->measures);
	d->measures = copy;
	d->n_measures = all->n;
	wake_all(d);
	return 0;
}

/* ---- entries ---- */

static void key_of(char key[ALARM_ID_MAX], const char *id)
{
	memset(key, 0, ALARM_ID_MAX);
	memcpy(key, id, strnlen(id, ALARM_ID_MAX - 1));
}

struct entry *duty_find(const struct duty *d, const char *id)
{
	char key[ALARM_ID_MAX];
	struct entry **e;

	if (strnlen(id, ALARM_ID_MAX) >= ALARM_ID_MAX)
		return NULL;
	key_of(key, id);
	e = map_get(d->by_id, key);
	return e ? *e : NULL;
}

static int by_opening(const struct entry *a, const struct entry *b)
{
	if (a->a.opened_us != b->a.opened_us)
		return a->a.opened_us < b->a.opened_us ? -1 : 1;
	return strcmp(a->a.id, b->a.id);
}

static int grow(struct duty *d)
{
	size_t room = d->room ? d->room * 2 : 64;
	const struct alarm **changed;
	struct entry **entry;

	if (d->n < d->room)
		return 0;
	entry = realloc(d->entry, room * sizeof(struct entry *));
	if (!entry)
		return -ENOMEM;
	d->entry = entry;
	changed = realloc(d->changed, room * sizeof(const struct alarm *));
	if (!changed)
		return -ENOMEM;
	d->changed = changed;
	d->room = room;
	return 0;
}

static void forget(struct duty *d, size_t i)
{
	struct entry *e = d->entry[i];
	char key[ALARM_ID_MAX], incident[INCIDENT_ID_MAX] = "";

	key_of(key, e->a.id);
	map_remove(d->by_id, key);
	if (e->a.kind == ALARM_INCIDENT) {
		memcpy(incident, e->a.ref, strnlen(e->a.ref, sizeof(incident) - 1));
		map_remove(d->marks, incident);
	}
	free_entry(e);
	d->n--;
	memmove(d->entry + i, d->entry + i + 1, (d->n - i) * sizeof(struct entry *));
}

static bool is_changed(const struct entry *e)
{
	return memcmp(&e->a, &e->given, sizeof(e->a)) != 0;
}

/* Room for one more; the longest ended gives way. */
static bool has_room(struct duty *d)
{
	size_t oldest = d->n;

	if (d->n < (size_t)d->conf->limits.incidents_open + OTHER_ALARMS_MAX)
		return true;
	for (size_t i = 0; i < d->n; i++) {
		const struct entry *e = d->entry[i];

		if (e->a.state == ALARM_ENDED && !is_changed(e) &&
		    (oldest == d->n || e->a.ended_us < d->entry[oldest]->a.ended_us))
			oldest = i;
	}
	if (oldest == d->n)
		return false;
	forget(d, oldest);
	return true;
}

static int insert(struct duty *d, struct entry *e)
{
	char key[ALARM_ID_MAX];
	struct entry **slot;
	size_t at;

	if (grow(d))
		return -ENOMEM;
	key_of(key, e->a.id);
	slot = map_put(d->by_id, key, NULL);
	if (!slot)
		return -ENOMEM;
	*slot = e;
	for (at = d->n; at > 0 && by_opening(d->entry[at - 1], e) > 0; at--)
		;
	memmove(d->entry + at + 1, d->entry + at, (d->n - at) * sizeof(struct entry *));
	d->entry[at] = e;
	d->n++;
	return 0;
}

int duty_add(struct duty *d, enum alarm_kind kind, const char *ref, int64_t opened_us,
	     struct entry **out)
{
	_cleanup_free_ struct entry *e = NULL;
	int r;

	*out = NULL;
	if (!has_room(d)) {
		d->turned_away++;
		return 0;
	}
	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	alarm_clear(&e->a);
	e->a.kind = kind;
	memcpy(e->a.ref, ref, strnlen(ref, sizeof(e->a.ref) - 1));
	alarm_id(kind, e->a.ref, e->a.id);
	e->a.state = ALARM_HELD;
	e->a.severity = 4;
	e->a.opened_us = opened_us;
	e->a.seen_us = d->now_us;
	e->wake_us = WAKE_NEVER;
	r = insert(d, e);
	if (r)
		return r;
	*out = take_ptr(e);
	return 0;
}

int duty_resume(struct duty *d, const struct alarm *a, const struct severity *s)
{
	char incident[INCIDENT_ID_MAX] = "";
	_cleanup_free_ struct entry *e = NULL;
	struct fault fault;
	int r;

	if (duty_find(d, a->id))
		return 0;
	if ((a->kind == ALARM_FAULT && fault_from_ref(a->ref, &fault)) || !has_room(d)) {
		d->turned_away++;
		return 0;
	}
	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	memcpy(&e->a, a, sizeof(e->a));
	memcpy(&e->given, &e->a, sizeof(e->a));
	if (s)
		e->severity = *s;
	if (a->kind == ALARM_FAULT)
		e->fault = fault;
	if (a->kind == ALARM_INCIDENT && a->mute == MUTE_FALSE) {
		memcpy(incident, a->ref, strnlen(a->ref, sizeof(incident) - 1));
		if (!map_put(d->marks, incident, NULL))
			d->turned_away++;
	}
	e->wake_us = WAKE_NOW;
	if (a->state == ALARM_ENDED && a->ended_us != TIME_NONE)
		e->wake_us = a->ended_us + FORGET_US;
	r = insert(d, e);
	if (r)
		return r;
	take_ptr(e);
	return 0;
}

static int by_urgency(const void *a, const void *b)
{
	const struct entry *x = *(struct entry *const *)a, *y = *(struct entry *const *)b;

	if ((x->a.kind == ALARM_STORM) != (y->a.kind == ALARM_STORM))
		return x->a.kind == ALARM_STORM ? 1 : -1; /* after its members */
	if (x->a.severity != y->a.severity)
		return x->a.severity < y->a.severity ? -1 : 1;
	return by_opening(x, y);
}

struct entry **duty_list(const struct duty *d, bool (*want)(const struct entry *e, const void *arg),
			 const void *arg, size_t *n)
{
	struct entry **list;

	*n = 0;
	for (size_t i = 0; i < d->n; i++)
		*n += want(d->entry[i], arg);
	list = *n ? malloc(*n * sizeof(struct entry *)) : NULL;
	if (!list)
		return NULL;
	*n = 0;
	for (size_t i = 0; i < d->n; i++)
		if (want(d->entry[i], arg))
			list[(*n)++] = d->entry[i];
	qsort(list, *n, sizeof(struct entry *), by_urgency);
	return list;
}

/* ---- time ---- */

static bool is_due(const struct entry *e, const void *now_us)
{
	return e->a.state != ALARM_ENDED && e->wake_us <= *(const int64_t *)now_us;
}

/* What ended a day ago is known to nobody any more. */
static void forget_old(struct duty *d)
{
	for (size_t i = d->n; i-- > 0;) {
		const struct entry *e = d->entry[i];

		if (e->a.state == ALARM_ENDED && e->wake_us <= d->now_us && !is_changed(e))
			forget(d, i);
	}
}

int duty_clock(struct duty *d, int64_t now_us)
{
	_cleanup_free_ struct entry **due = NULL;
	size_t n;

	d->now_us = now_us;
	due = duty_list(d, is_due, &now_us, &n);
	if (!due && n)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		int r = duty_settle(d, due[i]);

		if (r)
			return r;
	}
	forget_old(d);
	return 0;
}

int64_t duty_next_us(const struct duty *d)
{
	int64_t next_us = WAKE_NEVER;

	for (size_t i = 0; i < d->n; i++)
		next_us = earlier(next_us, d->entry[i]->wake_us);
	if (next_us == WAKE_NOW)
		return d->now_us == TIME_NONE ? 0 : d->now_us;
	return next_us == WAKE_NEVER ? TIME_NONE : next_us;
}

/* ---- handing out ---- */

void duty_take(struct duty *d, struct duty_step *out)
{
	unsigned n = 0;

	free_pages(d->handed, d->n_handed);
	d->handed = d->pages;
	d->n_handed = d->n_pages;
	d->pages = NULL;
	d->n_pages = d->room_pages = 0;
	for (size_t i = 0; i < d->n; i++) {
		struct entry *e = d->entry[i];

		if (!is_changed(e))
			continue;
		memcpy(&e->given, &e->a, sizeof(e->a));
		d->changed[n++] = &e->given;
	}
	out->alarms = d->changed;
	out->n_alarms = n;
	out->pages = (const struct page *const *)d->handed;
	out->n_pages = d->n_handed;
}

const struct alarm *duty_alarm(const struct duty *d, const char *id)
{
	const struct entry *e = duty_find(d, id);
	char alarm[ALARM_ID_MAX];

	if (!e && strlen(id) < INCIDENT_ID_MAX)
		e = duty_find(d, alarm_id(ALARM_INCIDENT, id, alarm));
	return e ? &e->a : NULL;
}

const struct severity *duty_severity(const struct duty *d, const char *id)
{
	const struct entry *e = duty_find(d, id);

	return e && e->severity.n_reasons ? &e->severity : NULL;
}

uint64_t duty_turned_away(const struct duty *d)
{
	return d->turned_away;
}

int duty_each(const struct duty *d, int (*fn)(void *userdata, const struct alarm *a),
	      void *userdata)
{
	for (size_t i = 0; i < d->n; i++) {
		int r = fn(userdata, &d->entry[i]->a);

		if (r)
			return r;
	}
	return 0;
}
