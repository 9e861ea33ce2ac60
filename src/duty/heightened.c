/* SPDX-License-Identifier: ISC */
#include "duty/heightened.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* By the date, as a yearly event moves; 29 February becomes 1 March. */
static int64_t move_years(int64_t us, int years)
{
	int64_t s = time_floor_s(us), rest = us - s * US_PER_S;
	time_t t = s;
	struct tm tm;

	gmtime_r(&t, &tm);
	tm.tm_year += years;
	return (int64_t)timegm(&tm) * US_PER_S + rest;
}

static int year_of(int64_t us)
{
	time_t t = time_floor_s(us);
	struct tm tm;

	gmtime_r(&t, &tm);
	return tm.tm_year;
}

static void own_time(const struct conf_heightened *h, struct heightened_time *out)
{
	out->begins_us = h->from_us;
	out->from_us = h->from_us - (int64_t)h->ahead_s * US_PER_S;
	out->until_us = h->until_us;
}

static void event_time(const struct conf_heightened *h, const struct event *e, int years,
		       struct heightened_time *out)
{
	uint64_t ahead_s = h->ahead_s ? h->ahead_s : e->ahead_s;

	out->begins_us = move_years(e->from_us, years);
	out->from_us = out->begins_us - (int64_t)ahead_s * US_PER_S;
	out->until_us = move_years(e->until_us, years) + 1;
	snprintf(out->event, sizeof(out->event), "%s", e->name_en);
	snprintf(out->event_ja, sizeof(out->event_ja), "%s", e->name_ja);
}

/* The times around @at_us: the last one that has begun, and the first that has not. */
static bool around(const struct conf_heightened *h, const struct calendar *c, int64_t at_us,
		   struct heightened_time *begun, struct heightened_time *next)
{
	const struct event *e = h->event[0] ? calendar_find(c, h->event) : NULL;
	int from = 0, to = 0;

	*begun = *next = (struct heightened_time){.from_us = TIME_NONE};
	if (h->event[0] && !e)
		return false;
	if (e && e->yearly) {
		from = year_of(at_us) - year_of(e->from_us) - 1;
		to = from + 3;
		from = from < 0 ? 0 : from;
		to = to < 0 ? 0 : to;
	}
	for (int y = from; y <= to; y++) {
		struct heightened_time t = {.from_us = TIME_NONE};

		if (e)
			event_time(h, e, y, &t);
		else
			own_time(h, &t);
		if (t.from_us <= at_us)
			*begun = t;
		else if (next->from_us == TIME_NONE)
			*next = t;
	}
	return true;
}

bool heightened_time(const struct conf_heightened *h, const struct calendar *c, int64_t at_us,
		     struct heightened_time *out)
{
	struct heightened_time begun, next;

	if (!around(h, c, at_us, &begun, &next))
		return false;
	if (begun.from_us != TIME_NONE &&
	    (heightened_holds(&begun, at_us) || next.from_us == TIME_NONE))
		*out = begun;
	else
		*out = next;
	return true;
}

bool heightened_last(const struct conf_heightened *h, const struct calendar *c, int64_t at_us,
		     struct heightened_time *out)
{
	struct heightened_time next;

	return around(h, c, at_us, out, &next) && out->from_us != TIME_NONE;
}

static bool holds_service(const struct conf_object *o, const struct conf_service *s)
{
	for (size_t i = 0; i < o->n_prefixes; i++)
		for (size_t k = 0; k < s->n_addresses; k++)
			if (prefix_covers(&o->prefixes[i], &s->addresses[k]) ||
			    prefix_covers(&s->addresses[k], &o->prefixes[i]))
				return true;
	return false;
}

bool heightened_covers(const struct conf_heightened *h, const struct conf *conf, const char *object)
{
	const struct conf_object *o;

	if (!object || !object[0])
		return false;
	if (!h->n_objects && !h->n_services)
		return true;
	if (conf_is_named(h->objects, h->n_objects, object))
		return true;
	o = conf_object_named(conf, object);
	for (size_t i = 0; o && i < conf->n_services; i++)
		if (conf_is_named(h->services, h->n_services, conf->services[i].name) &&
		    holds_service(o, &conf->services[i]))
			return true;
	return false;
}

/* Also where no protected object holds the service. */
static bool hits_service(const struct conf_heightened *h, const struct conf *conf,
			 const struct incident *inc)
{
	if (inc->f.level != LEVEL_HOST && inc->f.level != LEVEL_PREFIX)
		return false;
	for (size_t i = 0; i < conf->n_services; i++) {
		const struct conf_service *s = &conf->services[i];

		if (!conf_is_named(h->services, h->n_services, s->name))
			continue;
		for (size_t k = 0; k < s->n_addresses; k++)
			if (prefix_covers(&s->addresses[k], &inc->f.target) ||
			    prefix_covers(&inc->f.target, &s->addresses[k]))
				return true;
	}
	return false;
}

bool heightened_covers_incident(const struct conf_heightened *h, const struct conf *conf,
				const struct incident *inc)
{
	const struct incident_path *path = inc->path;

	if (heightened_covers(h, conf, inc->object) || hits_service(h, conf, inc))
		return true;
	/* Nothing named is everything, and what fills a link or the network is part of that. */
	if (!h->n_objects && !h->n_services && inc->f.level >= LEVEL_LINK)
		return true;
	for (unsigned i = 0; i < inc->f.n_children && i < FINDING_CHILDREN_MAX; i++) {
		const struct conf_object *o = conf_object(conf, &inc->f.children[i]);

		if (o && heightened_covers(h, conf, o->name))
			return true;
	}
	for (unsigned i = 0; path && i < path->n_services && i < PATH_SERVICES_MAX; i++)
		if (conf_is_named(h->services, h->n_services, path->service[i].name))
			return true;
	return false;
}

static const struct conf_heightened *best(const struct conf *conf, const struct calendar *c,
					  const char *object, const struct incident *inc,
					  int64_t now_us)
{
	const struct conf_heightened *found = NULL;

	for (size_t i = 0; i < conf->n_heightened; i++) {
		const struct conf_heightened *h = &conf->heightened[i];
		struct heightened_time t;

		if (found && h->page_from <= found->page_from)
			continue;
		if (!heightened_time(h, c, now_us, &t) || !heightened_holds(&t, now_us))
			continue;
		if (inc ? heightened_covers_incident(h, conf, inc)
			: heightened_covers(h, conf, object))
			found = h;
	}
	return found;
}

const struct conf_heightened *heightened_at(const struct conf *conf, const struct calendar *c,
					    const char *object, int64_t now_us)
{
	return best(conf, c, object, NULL, now_us);
}

const struct conf_heightened *heightened_for(const struct conf *conf, const struct calendar *c,
					     const struct incident *inc, int64_t now_us)
{
	return best(conf, c, NULL, inc, now_us);
}

const struct conf_heightened *heightened_find(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->n_heightened; i++)
		if (strcmp(conf->heightened[i].name, name) == 0)
			return &conf->heightened[i];
	return NULL;
}
