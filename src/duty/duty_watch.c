/* SPDX-License-Identifier: ISC */
/*
 * Heightened watches: when each holds, by its own times or by the days of an event (which may come
 * yearly), and what it covers. The times are kept until the next of them passes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "duty/duty_inside.h"

#define YEAR_US (366 * 86400 * US_PER_S)

/* The event's days now or next, begun so long before. */
static struct span span_of_event(const struct conf_heightened *h, const struct event *e,
				 int64_t now_us)
{
	struct event copy = *e, day;
	struct calendar one = {.events = &copy, .n = 1};
	size_t at = 0;

	if (h->ahead_s)
		copy.ahead_s = h->ahead_s;
	if (!calendar_next(&one, now_us, now_us, &at, &day)) {
		at = 0;
		if (!calendar_next(&one, now_us, now_us + YEAR_US, &at, &day))
			return (struct span){INT64_MAX, INT64_MIN};
	}
	return (struct span){day.from_us - (int64_t)day.ahead_s * US_PER_S, day.until_us + 1};
}

static struct span span_of(const struct duty *d, const struct conf_heightened *h)
{
	const struct event *e = h->event[0] ? calendar_find(d->calendar, h->event) : NULL;

	if (e)
		return span_of_event(h, e, d->now_us);
	if (h->event[0] || !h->until_us)
		return (struct span){INT64_MAX, INT64_MIN};
	return (struct span){h->from_us - (int64_t)h->ahead_s * US_PER_S, h->until_us};
}

/* The next moment at which a watch begins or ends. */
static int64_t next_change(const struct duty *d)
{
	int64_t next_us = WAKE_NEVER;

	for (size_t i = 0; i < d->conf->n_heightened; i++) {
		if (d->span[i].from_us > d->now_us && d->span[i].until_us != INT64_MIN)
			next_us = earlier(next_us, d->span[i].from_us);
		if (d->span[i].until_us > d->now_us)
			next_us = earlier(next_us, d->span[i].until_us);
	}
	return next_us;
}

int duty_watches_know(struct duty *d)
{
	size_t n = d->conf->n_heightened;

	if (!n || (d->span && d->now_us < d->span_check_us && d->now_us >= d->span_known_us))
		return 0;
	if (!d->span) {
		d->span = calloc(n, sizeof(*d->span));
		if (!d->span)
			return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++)
		d->span[i] = span_of(d, &d->conf->heightened[i]);
	d->span_check_us = next_change(d);
	d->span_known_us = d->now_us;
	return 0;
}

static bool is_service(const struct conf_heightened *h, const char *name)
{
	for (size_t i = 0; i < h->n_services; i++)
		if (strcmp(h->services[i], name) == 0)
			return true;
	return false;
}

/* A service is looked at when it is the target, or when an attack on another uses its links. */
static bool touches_service(const struct conf *c, const struct conf_heightened *h,
			    const struct incident *inc)
{
	for (unsigned i = 0; inc->path && i < inc->path->n_services; i++)
		if (is_service(h, inc->path->service[i].name))
			return true;
	if (inc->f.level != LEVEL_HOST && inc->f.level != LEVEL_PREFIX)
		return false;
	for (size_t i = 0; i < c->n_services; i++) {
		const struct conf_service *s = &c->services[i];

		for (size_t k = 0; is_service(h, s->name) && k < s->n_addresses; k++)
			if (prefix_covers(&s->addresses[k], &inc->f.target) ||
			    prefix_covers(&inc->f.target, &s->addresses[k]))
				return true;
	}
	return false;
}

static bool is_object(const struct conf_heightened *h, const char *name)
{
	for (size_t i = 0; name[0] && i < h->n_objects; i++)
		if (strcmp(h->objects[i], name) == 0)
			return true;
	return false;
}

static bool is_looked_at(const struct conf *c, const struct conf_heightened *h,
			 const struct entry *e)
{
	bool all = !h->n_objects && !h->n_services;

	if (e->a.kind != ALARM_INCIDENT)
		return all;
	if (all)
		return e->a.object[0] || (e->incident && e->incident->f.level >= LEVEL_LINK);
	if (is_object(h, e->a.object))
		return true;
	for (unsigned i = 0; e->incident && i < e->incident->f.n_children; i++) {
		const struct conf_object *o = conf_object(c, &e->incident->f.children[i]);

		if (o && is_object(h, o->name))
			return true;
	}
	return e->incident && touches_service(c, h, e->incident);
}

const struct conf_heightened *duty_watch_of(struct duty *d, const struct entry *e,
					    int64_t *change_us)
{
	const struct conf_heightened *found = NULL;

	if (!d->span)
		return NULL;
	*change_us = earlier(*change_us, d->span_check_us);
	for (size_t i = 0; i < d->conf->n_heightened; i++) {
		const struct conf_heightened *h = &d->conf->heightened[i];

		if (d->now_us >= d->span[i].from_us && d->now_us < d->span[i].until_us &&
		    (!found || h->page_from > found->page_from) && is_looked_at(d->conf, h, e))
			found = h;
	}
	return found;
}
