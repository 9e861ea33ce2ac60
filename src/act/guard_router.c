/* SPDX-License-Identifier: ISC */
/* Whom a measure would be told to, and what stands there already. */
#include <string.h>

#include "act/guard_inside.h"

#define RULES_DEFAULT	10
#define CHANGES_DEFAULT 60

static const struct conf_neighbor *neighbor(const struct guard_look *k)
{
	return *k->o->point ? conf_act_neighbor(k->conf, k->o->point) : NULL;
}

bool guard_frozen(struct guard_look *k)
{
	return k->w->frozen;
}

static bool is_loopback(const struct ip *ip)
{
	static const struct ip six = {.b = {[15] = 1}};

	return ip_is_v4(ip) ? ip_v4(ip) >> 24 == 127 : ip_equal(ip, &six);
}

/* The kernel of this machine is as real as a router, unless a test says that it is not. */
bool guard_drill(struct guard_look *k)
{
	const struct conf_neighbor *n = neighbor(k);

	if ((!k->w->drill && !k->inc->drill) || k->w->drill_routers || !n)
		return false;
	if (n->kind == ROUTER_NULL || n->kind == ROUTER_DRY_RUN)
		return false;
	if (n->kind == ROUTER_EXABGP && is_loopback(&n->address))
		return false;
	snprintf(k->what, sizeof(k->what), "%s", n->name);
	return true;
}

bool guard_point(struct guard_look *k)
{
	static const uint32_t takes[PLAN_KINDS] = {
		[PLAN_RTBH] = TAKES_RTBH,	    [PLAN_FLOWSPEC] = TAKES_FLOWSPEC,
		[PLAN_NFTABLES] = TAKES_NFTABLES,   [PLAN_COMMUNITY] = TAKES_COMMUNITY,
		[PLAN_DIVERSION] = TAKES_DIVERSION,
	};
	const struct conf_neighbor *n = neighbor(k);

	if (!*k->o->point || (n && (n->takes & takes[k->o->kind])))
		return false;
	snprintf(k->what, sizeof(k->what), "%s", k->o->point);
	return true;
}

static const struct guard_neighbor *in_force(const struct guard_look *k)
{
	for (unsigned i = 0; i < k->w->n_neighbors; i++)
		if (strcmp(k->w->neighbors[i].name, k->o->point) == 0)
			return &k->w->neighbors[i];
	return NULL;
}

/* What the option would add: a route, or its rules. */
static unsigned adds(const struct guard_look *k)
{
	return k->o->n_rules > 1 ? k->o->n_rules : 1;
}

static bool over(struct guard_look *k, unsigned now, unsigned most)
{
	if (now + adds(k) <= most)
		return false;
	snprintf(k->what, sizeof(k->what), "%s (%u + %u > %u)", k->o->point, now, adds(k), most);
	return true;
}

bool guard_budget(struct guard_look *k)
{
	const struct guard_neighbor *at = in_force(k);
	const struct conf_neighbor *n = neighbor(k);

	return n && over(k, at ? at->rules : 0, n->max_rules ? n->max_rules : RULES_DEFAULT);
}

bool guard_rate(struct guard_look *k)
{
	const struct guard_neighbor *at = in_force(k);
	const struct conf_neighbor *n = neighbor(k);

	return n &&
	       over(k, at ? at->changes : 0, n->max_changes ? n->max_changes : CHANGES_DEFAULT);
}
