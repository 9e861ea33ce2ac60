/* SPDX-License-Identifier: ISC */
/*
 * Where a measure may reach. Looked at are the prefix that an option is for and the destination of
 * each of its rules: either may be what a router is told.
 */
#include <string.h>

#include "act/guard_inside.h"
#include "judge/spoof.h"

static bool is_route(enum plan_kind kind)
{
	return kind == PLAN_RTBH || kind == PLAN_COMMUNITY || kind == PLAN_DIVERSION;
}

static bool has_rules(enum plan_kind kind)
{
	return kind == PLAN_FLOWSPEC || kind == PLAN_NFTABLES || kind == PLAN_ACL;
}

/* The @i-th destination: the option's own, then those of its rules; NULL behind the last. */
static const struct prefix *destination(const struct guard_look *k, unsigned i)
{
	if (i == 0)
		return &k->o->target;
	return i <= k->o->n_rules ? &k->o->rule[i - 1].destination : NULL;
}

static void say_prefix(struct guard_look *k, const struct prefix *p)
{
	char buf[PREFIX_TEXT_MAX];

	snprintf(k->what, sizeof(k->what), "%s", prefix_format(p, buf));
}

static void say_prefix_of(struct guard_look *k, const struct prefix *p, const char *kind)
{
	char buf[PREFIX_TEXT_MAX];

	snprintf(k->what, sizeof(k->what), "%s (%.32s)", prefix_format(p, buf), kind);
}

static bool overlap(const struct prefix *a, const struct prefix *b)
{
	return prefix_covers(a, b) || prefix_covers(b, a);
}

bool guard_no_destination(struct guard_look *k)
{
	const struct prefix *p;

	if (has_rules(k->o->kind) && k->o->n_rules == 0)
		return true;
	for (unsigned i = 0; (p = destination(k, i)); i++)
		if (p->len == 0)
			return true;
	return false;
}

/* All, or half, of a family. */
bool guard_default(struct guard_look *k)
{
	const struct prefix *p;

	for (unsigned i = 0; (p = destination(k, i)); i++)
		if (prefix_family_len(p) <= 1) {
			say_prefix(k, p);
			return true;
		}
	return false;
}

static bool is_own(const struct conf *conf, const struct prefix *p)
{
	for (size_t i = 0; i < conf->n_own; i++)
		if (prefix_covers(&conf->own[i].prefix, p))
			return true;
	return false;
}

bool guard_foreign(struct guard_look *k)
{
	const struct prefix *p;

	for (unsigned i = 0; (p = destination(k, i)); i++)
		if (!is_own(k->conf, p)) {
			say_prefix(k, p);
			return true;
		}
	return false;
}

bool guard_short(struct guard_look *k)
{
	const struct conf_act *a = &k->conf->act;
	unsigned least4 = a->shortest4 ? a->shortest4 : GUARD_V4_SHORTEST;
	unsigned least6 = a->shortest6 ? a->shortest6 : GUARD_V6_SHORTEST;
	const struct prefix *p;

	for (unsigned i = 0; (p = destination(k, i)); i++) {
		unsigned least = ip_is_v4(&p->addr) && p->len >= PREFIX_V4_BASE ? least4 : least6;
		char buf[PREFIX_TEXT_MAX];

		if (prefix_family_len(p) < least) {
			snprintf(k->what, sizeof(k->what), "%s < /%u", prefix_format(p, buf),
				 least);
			return true;
		}
	}
	return false;
}

/* ---- never ---- */

static bool never_of(struct guard_look *k, const struct prefix *p)
{
	const struct conf *c = k->conf;

	for (size_t i = 0; i < c->act.n_never; i++)
		for (size_t j = 0; j < c->act.never[i].n_prefixes; j++)
			if (overlap(&c->act.never[i].prefixes[j], p)) {
				say_prefix_of(k, &c->act.never[i].prefixes[j],
					      c->act.never[i].kind);
				return true;
			}
	for (size_t i = 0; i < c->n_never_touch; i++)
		if (overlap(&c->never_touch[i], p)) {
			say_prefix_of(k, &c->never_touch[i], "never_touch");
			return true;
		}
	return false;
}

static bool router_at(struct guard_look *k, const struct prefix *p, const struct ip *ip,
		      const char *name)
{
	if (ip_is_zero(ip) || !prefix_contains(p, ip))
		return false;
	snprintf(k->what, sizeof(k->what), "%s (router)", name);
	return true;
}

/* Nobody needs to list these: a route that takes a router's own address away takes the router away.
 */
static bool never_router(struct guard_look *k, const struct prefix *p)
{
	const struct conf *c = k->conf;

	for (size_t i = 0; i < c->n_exporters; i++)
		if (router_at(k, p, &c->exporters[i].addr, c->exporters[i].name))
			return true;
	for (size_t i = 0; i < c->act.n_neighbors; i++) {
		const struct conf_neighbor *n = &c->act.neighbors[i];

		if (router_at(k, p, &n->address, n->name) ||
		    router_at(k, p, &n->local_address, n->name) ||
		    router_at(k, p, &n->next_hop, n->name) ||
		    router_at(k, p, &n->next_hop6, n->name))
			return true;
	}
	return false;
}

bool guard_never(struct guard_look *k)
{
	const struct prefix *p;

	for (unsigned i = 0; (p = destination(k, i)); i++)
		if (never_of(k, p) || (is_route(k->o->kind) && never_router(k, p)))
			return true;
	for (unsigned i = 0; i < k->o->n_rules; i++)
		if (k->o->rule[i].has_source && never_of(k, &k->o->rule[i].source))
			return true;
	return false;
}

bool guard_beyond(struct guard_look *k)
{
	for (unsigned i = 0; i < k->o->n_rules; i++)
		if (!prefix_covers(&k->o->target, &k->o->rule[i].destination)) {
			say_prefix(k, &k->o->rule[i].destination);
			return true;
		}
	return false;
}

/* ---- sources ---- */

/* Behind such an address stand many who have done nothing. */
bool guard_shared(struct guard_look *k)
{
	static const char *const kinds[] = {"cgn", "map_e", "cdn", "resolver", "other"};
	const struct conf *c = k->conf;

	for (unsigned i = 0; i < k->o->n_rules; i++)
		for (size_t j = 0; k->o->rule[i].has_source && j < c->n_shared; j++)
			if (overlap(&c->shared[j].prefix, &k->o->rule[i].source)) {
				say_prefix_of(k, &c->shared[j].prefix, kinds[c->shared[j].kind]);
				return true;
			}
	return false;
}

/* Shown is only a single address: a prefix holds others of which nothing is shown. */
static bool is_shown(const struct incident *inc, const struct prefix *source)
{
	return source->len == 128 && source_shown_real(inc, &source->addr) != REAL_UNKNOWN;
}

/* The address itself is not told: who reads this does not know it to be true. */
bool guard_source(struct guard_look *k)
{
	for (unsigned i = 0; i < k->o->n_rules; i++)
		if (k->o->rule[i].has_source && !is_shown(k->inc, &k->o->rule[i].source)) {
			snprintf(k->what, sizeof(k->what), "%u", i + 1);
			return true;
		}
	return false;
}
