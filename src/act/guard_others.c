/* SPDX-License-Identifier: ISC */
/*
 * Who else is taken along. A route is for a prefix, and for all in it: what one customer agreed to
 * must not take his neighbour off the net. Where harm to others is shown it is the lesser one, and
 * the plan names whom it takes.
 */
#include <string.h>

#include "act/guard_inside.h"
#include "act/owners.h"

static bool overlaps_any(const struct prefix *list, size_t n, const struct prefix *with)
{
	for (size_t i = 0; i < n; i++)
		if (prefix_covers(&list[i], with) || prefix_covers(with, &list[i]))
			return true;
	return false;
}

/* Whoever is inside has no harm that the route would spare him. */
static bool object_suffers(const struct guard_look *k, const char *name)
{
	const struct conf_object *o = conf_object_named(k->conf, name);

	return o && !overlaps_any(o->prefixes, o->n_prefixes, &k->o->target);
}

static bool service_suffers(const struct guard_look *k, const char *name)
{
	for (size_t i = 0; i < k->conf->n_services; i++) {
		const struct conf_service *s = &k->conf->services[i];

		if (strcmp(s->name, name) == 0)
			return !overlaps_any(s->addresses, s->n_addresses, &k->o->target);
	}
	return false;
}

/* As plan_harms_others(), of those outside: a full link counts where nobody measured who loses. */
static bool is_lesser_harm(const struct guard_look *k)
{
	const struct incident_path *path = k->inc->path;

	for (unsigned i = 0; path && i < path->n_lost && i < PATH_BYSTANDERS_MAX; i++)
		if (object_suffers(k, path->lost[i].object))
			return true;
	for (unsigned i = 0; path && i < path->n_services && i < PATH_SERVICES_MAX; i++)
		if (path->service[i].risk == RISK_LOST && service_suffers(k, path->service[i].name))
			return true;
	if (!path || path->loss_confidence > 0)
		return false;
	for (unsigned i = 0; i < path->n_rows; i++)
		if (path->row[i].counted && path_near(&path->row[i]))
			return true;
	return false;
}

bool guard_others(struct guard_look *k)
{
	struct owners w;

	owners_of(k->conf, conf_object_named(k->conf, k->inc->object), k->o, &w);
	if (owners_others_agreed(&w) || is_lesser_harm(k))
		return false;
	owners_missing(&w, k->what, sizeof(k->what));
	return true;
}
