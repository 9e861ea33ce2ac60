/* SPDX-License-Identifier: ISC */
/* Whom a measure would be told to, and what stands there already. */
#include <string.h>

#include "act/guard_inside.h"

#define RULES_DEFAULT	10
#define CHANGES_DEFAULT 60
#define DIFFERENT_MOST	1000

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

/* What an option tells: a route, or its rules. */
static unsigned tells(const struct plan_option *o)
{
	return o->n_rules > 1 ? o->n_rules : 1;
}

static bool same_route(const struct plan_option *a, const struct plan_option *b)
{
	return !a->n_rules && !b->n_rules && a->kind == b->kind &&
	       prefix_equal(&a->target, &b->target) && strcmp(a->community, b->community) == 0;
}

/* Is the @i-th of what @o tells told by @by too? A neighbour holds the same but once, and keeps it
 * while anybody wants it. */
static bool is_told_by(const struct plan_option *o, unsigned i, const struct plan_option *by)
{
	if (same_route(o, by))
		return true;
	for (unsigned r = 0; i < o->n_rules && r < by->n_rules; r++)
		if (rule_equal(&o->rule[i], &by->rule[r]))
			return true;
	return false;
}

/* Of what @o tells, how much none of the first @n there tells already. */
static unsigned adds(const struct plan_option *o, const struct guard_neighbor *at, unsigned n)
{
	unsigned new = 0;

	for (unsigned i = 0; i < tells(o); i++) {
		bool told = false;

		for (unsigned k = 0; at && k < n && !told; k++)
			told = is_told_by(o, i, at->standing[k]);
		new += !told;
	}
	return new;
}

/* What stands, each rule once. Of very many nobody waits for that: then all of them count. */
static unsigned different(const struct guard_neighbor *at)
{
	unsigned told = 0, new = 0;

	if (!at || at->n_standing > DIFFERENT_MOST)
		return at ? at->rules : 0;
	for (unsigned i = 0; i < at->n_standing; i++) {
		told += tells(at->standing[i]);
		new += adds(at->standing[i], at, i);
	}
	return at->rules - (told - new);
}

/* Whoever is refused hears what weighs less than that and could make room. */
static void name_lightest(struct guard_look *k, const struct guard_neighbor *at)
{
	struct weight mine = weight_of(k->o, k->w->severity, k->w->now_us);
	size_t n = strlen(k->what);

	if (at && *at->lightest && weight_compare(&at->least, &mine) < 0 && n &&
	    n + strlen(at->lightest) + 4 < sizeof(k->what))
		snprintf(k->what + n - 1, sizeof(k->what) - n + 1, "; %s)", at->lightest);
}

static bool over(struct guard_look *k, unsigned now, unsigned new, unsigned most)
{
	if (now + new <= most)
		return false;
	snprintf(k->what, sizeof(k->what), "%s (%u + %u > %u)", k->o->point, now, new, most);
	return true;
}

bool guard_budget(struct guard_look *k)
{
	const struct guard_neighbor *at = in_force(k);
	const struct conf_neighbor *n = neighbor(k);
	unsigned most = n && n->max_rules ? n->max_rules : RULES_DEFAULT;
	unsigned now = at ? at->rules : 0, new = tells(k->o);

	if (!n || now + new <= most)
		return false;
	new = adds(k->o, at, at ? at->n_standing : 0);
	if (!new || !over(k, different(at), new, most))
		return false;
	name_lightest(k, at);
	return true;
}

bool guard_rate(struct guard_look *k)
{
	const struct guard_neighbor *at = in_force(k);
	const struct conf_neighbor *n = neighbor(k);

	return n && over(k, at ? at->changes : 0, tells(k->o),
			 n->max_changes ? n->max_changes : CHANGES_DEFAULT);
}
