/* SPDX-License-Identifier: ISC */
#include "act/owners.h"

#include <stdio.h>
#include <string.h>

#include "act/plan_inside.h"

/* Words of `measures` in the configuration that agree to a kind. */
static bool agrees(const struct conf_measure *m, const struct plan_option *o)
{
	static const char *const words[PLAN_KINDS][4] = {
		[PLAN_RTBH] = {"blackhole", "rtbh"},
		[PLAN_COMMUNITY] = {"blackhole", "community"},
		[PLAN_FLOWSPEC] = {"flowspec", "filter"},
		[PLAN_NFTABLES] = {"nftables", "filter"},
		[PLAN_ACL] = {"acl", "filter"},
		[PLAN_DIVERSION] = {"diversion", "scrubbing", "redirect"},
	};

	if (plan_is_limit(o) && strcmp(m->kind, "rate_limit") == 0)
		return true;
	for (unsigned i = 0; i < ARRAY_LEN(words[0]); i++)
		if (words[o->kind][i] && strcmp(words[o->kind][i], m->kind) == 0)
			return true;
	return false;
}

const struct conf_measure *owners_measure(const struct conf_object *object,
					  const struct plan_option *o)
{
	for (size_t i = 0; i < object->n_measures; i++)
		if (object->measures[i].consent[0] && agrees(&object->measures[i], o))
			return &object->measures[i];
	return NULL;
}

static bool holds(const struct conf_object *object, const struct prefix *p)
{
	for (size_t i = 0; i < object->n_prefixes; i++)
		if (prefix_covers(&object->prefixes[i], p))
			return true;
	return false;
}

/* ---- who ---- */

/* The narrowest own prefix around @p; NULL none. */
static const struct conf_own *own_around(const struct conf *conf, const struct prefix *p)
{
	const struct conf_own *found = NULL;

	for (size_t i = 0; i < conf->n_own; i++)
		if (prefix_covers(&conf->own[i].prefix, p) &&
		    (!found || conf->own[i].prefix.len > found->prefix.len))
			found = &conf->own[i];
	return found;
}

/* An object that names no customer belongs to whom its prefix is assigned, else it has only its own
 * name. */
static const char *name_of(const struct conf *conf, const struct conf_object *object,
			   const struct prefix *p)
{
	const struct conf_own *own = *object->customer ? NULL : own_around(conf, p);

	if (*object->customer)
		return object->customer;
	return own && *own->customer ? own->customer : object->name;
}

/* What an owner's objects agreed to for @part of his. */
static const struct conf_measure *agreed_for(const struct conf *conf, const char *name,
					     const struct prefix *part, const struct plan_option *o)
{
	for (size_t i = 0; i < conf->n_objects; i++) {
		const struct conf_object *object = &conf->objects[i];
		const struct conf_measure *m = owners_measure(object, o);

		for (size_t k = 0; m && k < object->n_prefixes; k++)
			if (prefix_covers(&object->prefixes[k], part) &&
			    strcmp(name_of(conf, object, &object->prefixes[k]), name) == 0)
				return m;
	}
	return NULL;
}

static bool is_shorter(const struct conf_measure *a, const struct conf_measure *b)
{
	return a->max_s && (!b->max_s || a->max_s < b->max_s);
}

static void add(struct owners *w, const struct conf *conf, const char *name,
		const struct prefix *part, const struct plan_option *o)
{
	const struct conf_measure *m = agreed_for(conf, name, part, o);
	struct owner *at = NULL;

	for (unsigned i = 0; i < w->n && !at; i++)
		if (strcmp(w->owner[i].name, name) == 0)
			at = &w->owner[i];
	if (!at && w->n == OWNERS_MAX) {
		w->more = true;
		return;
	}
	if (!at) {
		at = &w->owner[w->n++];
		*at = (struct owner){.name = name, .agreed = true};
	}
	at->agreed &= m != NULL;
	if (m && (!at->measure || is_shorter(m, at->measure)))
		at->measure = m;
}

static bool is_inside(const struct prefix *p, const struct prefix *target)
{
	return p->len > target->len && prefix_covers(target, p);
}

static bool is_object_prefix(const struct conf *conf, const struct prefix *p)
{
	for (size_t i = 0; i < conf->n_objects; i++)
		for (size_t k = 0; k < conf->objects[i].n_prefixes; k++)
			if (prefix_equal(&conf->objects[i].prefixes[k], p))
				return true;
	return false;
}

static void add_around(struct owners *w, const struct conf *conf, const struct plan_option *o)
{
	const struct conf_own *own = own_around(conf, &o->target);
	const struct conf_object *object = NULL;
	const struct prefix *widest = NULL;

	for (size_t i = 0; i < conf->n_objects; i++)
		for (size_t k = 0; k < conf->objects[i].n_prefixes; k++) {
			const struct prefix *p = &conf->objects[i].prefixes[k];

			if (!prefix_covers(p, &o->target) || (widest && p->len <= widest->len))
				continue;
			widest = p;
			object = &conf->objects[i];
		}
	if (own && *own->customer && (!object || own->prefix.len > widest->len))
		add(w, conf, own->customer, &o->target, o);
	else if (object)
		add(w, conf, name_of(conf, object, widest), &o->target, o);
}

static void add_inside(struct owners *w, const struct conf *conf, const struct plan_option *o)
{
	for (size_t i = 0; i < conf->n_objects; i++) {
		const struct conf_object *object = &conf->objects[i];

		for (size_t k = 0; k < object->n_prefixes; k++)
			if (is_inside(&object->prefixes[k], &o->target))
				add(w, conf, name_of(conf, object, &object->prefixes[k]),
				    &object->prefixes[k], o);
	}
	for (size_t i = 0; i < conf->n_own; i++) {
		const struct conf_own *own = &conf->own[i];

		/* Of one prefix that is both the object knows more. */
		if (*own->customer && is_inside(&own->prefix, &o->target) &&
		    !is_object_prefix(conf, &own->prefix))
			add(w, conf, own->customer, &own->prefix, o);
	}
}

static void mark_object(struct owners *w, const struct conf *conf, const struct conf_object *object)
{
	for (size_t k = 0; k < object->n_prefixes; k++) {
		const char *name = name_of(conf, object, &object->prefixes[k]);

		for (unsigned i = 0; i < w->n; i++)
			w->owner[i].is_object |= strcmp(w->owner[i].name, name) == 0;
	}
}

void owners_of(const struct conf *conf, const struct conf_object *object,
	       const struct plan_option *o, struct owners *out)
{
	memset(out, 0, sizeof(*out));
	add_around(out, conf, o);
	/* Without an object it is about whoever holds the target whole. */
	if (!object && out->n)
		out->owner[0].is_object = true;
	add_inside(out, conf, o);
	if (object)
		mark_object(out, conf, object);
}

/* ---- did they ---- */

bool owners_agreement(const struct owners *w, char *refs, size_t room, uint64_t *max_s)
{
	_cleanup_text_ struct text all = TEXT_NULL;

	*refs = '\0';
	*max_s = 0;
	for (unsigned i = 0; i < w->n; i++)
		if (!w->owner[i].agreed)
			return false;
	if (!w->n || w->more)
		return false;
	for (unsigned i = 0; i < w->n; i++) {
		const struct conf_measure *m = w->owner[i].measure;

		text_printf(&all, "%s%s", i ? ", " : "", m->consent);
		if (m->max_s && (!*max_s || m->max_s < *max_s))
			*max_s = m->max_s;
	}
	text_cut(refs, room, text_str(&all));
	return true;
}

bool owners_others_agreed(const struct owners *w)
{
	for (unsigned i = 0; i < w->n; i++)
		if (!w->owner[i].is_object && !w->owner[i].agreed)
			return false;
	return !w->more;
}

unsigned owners_missing(const struct owners *w, char *buf, size_t room)
{
	unsigned n = 0;
	size_t at = 0;
	bool more = false;

	*buf = '\0';
	for (unsigned i = 0; i < w->n; i++) {
		const struct owner *o = &w->owner[i];
		size_t len = strlen(o->name);

		if (o->is_object || o->agreed)
			continue;
		if (n++ && at + len + 8 > room) {
			more = true;
			continue;
		}
		at += (size_t)snprintf(buf + at, room - at, "%s%s", at ? ", " : "", o->name);
	}
	if (at + 6 <= room && (more || w->more))
		snprintf(buf + at, room - at, "%s…", at ? ", " : "");
	return n + w->more;
}

bool owners_alone(const struct conf *conf, const struct conf_object *object,
		  const struct plan_option *o)
{
	struct owners w;

	if (!object || !holds(object, &o->target))
		return false;
	for (unsigned i = 0; i < o->n_rules; i++)
		if (!holds(object, &o->rule[i].destination))
			return false;
	/* A filter of what the evidence has spares the others; a route spares nobody. */
	if (!plan_is_route(o))
		return true;
	owners_of(conf, object, o, &w);
	return owners_others_agreed(&w);
}
