/* SPDX-License-Identifier: ISC */
/*
 * What has to be asked of others, as no point of ours reaches it: the customer at the host, the
 * peer of each link that carries much of the attack, or whoever hands it over where that is not
 * known. Who is asked how, and what becomes of it, is a request's own matter.
 */
#include <stdio.h>
#include <string.h>

#include "act/plan_inside.h"
#include "duty/brief_words.h"

#define LINKS_ASKED	3
#define CUSTOMERS_ASKED 3
#define SHARE_ASKED	0.1 /* of the attack, for a link */

static bool has_host_point(const struct planning *g)
{
	for (size_t i = 0; i < g->conf->act.n_neighbors; i++)
		if (g->conf->act.neighbors[i].point == POINT_HOST)
			return true;
	return false;
}

/* Does a point at somebody else's router, that is ours to tell, stand for the link? One that only
 * blackholes does not: a filter is still to be asked for. */
static bool is_reached(const struct planning *g, const struct plan_link *l)
{
	for (size_t i = 0; i < g->conf->act.n_neighbors; i++) {
		const struct conf_neighbor *n = &g->conf->act.neighbors[i];

		if ((n->point != POINT_PEERING && n->point != POINT_TRANSIT) ||
		    !(n->takes & TAKES_FLOWSPEC))
			continue;
		if (!n->n_links || conf_is_named(n->links, n->n_links, l->name))
			return true;
	}
	return false;
}

static struct plan_option *add_request(struct planning *g, enum plan_step step)
{
	struct plan_option *o = plan_add(g, step, PLAN_ASK, "");

	if (o)
		o->helps = HELPS_UNKNOWN;
	return o;
}

/* ---- the customer ---- */

static const char *customer_of_target(const struct planning *g)
{
	uint32_t own;

	if (g->object)
		return g->object->customer[0] ? g->object->customer : g->object->name;
	if (g->conf->own_set && g->inc->f.level <= LEVEL_PREFIX &&
	    prefix_set_find(g->conf->own_set, &g->inc->f.target.addr, &own))
		return g->conf->own[own].customer;
	return "";
}

static void need_contact(const struct planning *g, struct text *en, struct text *ja)
{
	const struct conf_object *o = g->object;

	if (!o || !o->n_contacts || !o->contacts[0].name[0])
		return;
	text_printf(en, " Contact: %s.", o->contacts[0].name);
	text_printf(ja, "連絡先は %s。", o->contacts[0].name);
}

static void ask_owner(struct planning *g)
{
	const char *whom = customer_of_target(g);
	_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;
	struct plan_reach r = {.all = true, .share = 1};
	struct plan_option *o;

	if (!whom[0] || has_host_point(g))
		return;
	o = add_request(g, STEP_HOST);
	if (!o)
		return;
	text_printf(&en, "Ask %s to harden or filter at the host: no point of ours reaches it.",
		    whom);
	text_printf(&ja, "%s%sへ、ホストでの防御またはフィルタを依頼する。当方の手段は届かない。",
		    whom, words_space(whom));
	need_contact(g, &en, &ja);
	plan_need(g, o, whom, &en, &ja);
	plan_figures(g, o, &r);
	/* What they can do there is theirs to say. */
	if (o->helps != HELPS_NO)
		o->helps = plan_is_full(o->upstream_bps, o->upstream_capacity_bps) ? HELPS_NO
										   : HELPS_UNKNOWN;
	plan_say_option(g, o, &r);
}

/* ---- own customers who attack ---- */

struct attackers {
	const char *name[CUSTOMERS_ASKED];
	double packets[CUSTOMERS_ASKED];
	unsigned n;
};

static void count_attacker(struct attackers *a, const char *name, double packets)
{
	for (unsigned i = 0; i < a->n; i++) {
		if (strcmp(a->name[i], name) == 0) {
			a->packets[i] += packets;
			return;
		}
	}
	if (a->n < CUSTOMERS_ASKED) {
		a->name[a->n] = name;
		a->packets[a->n++] = packets;
	}
}

/* Customers by whose prefixes the packets left; their addresses are named nowhere. */
static void find_attackers(const struct planning *g, struct attackers *a)
{
	const struct header_sample *s = &g->inc->evidence[SAMPLE_ATTACK];
	uint32_t own;

	for (unsigned i = 0; s->record && i < s->n && g->conf->own_set; i++) {
		const struct flow *f = &s->record[i].flow;

		if (prefix_set_find(g->conf->own_set, &f->src, &own) &&
		    g->conf->own[own].customer[0])
			count_attacker(a, g->conf->own[own].customer, f->packets);
	}
}

static void ask_attackers(struct planning *g)
{
	struct plan_option *o = add_request(g, STEP_HOST);
	struct plan_reach r = {.all = true, .share = 1};
	struct attackers a = {.n = 0};

	if (!o)
		return;
	find_attackers(g, &a);
	for (unsigned i = 0; i < a.n; i++) {
		_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;

		text_printf(&en, "Ask %s to stop it: packets leave from its prefixes.", a.name[i]);
		text_printf(&ja, "%s%sへ停止を依頼する。送信元は同社のプレフィックス。", a.name[i],
			    words_space(a.name[i]));
		plan_need(g, o, a.name[i], &en, &ja);
	}
	if (!a.n) {
		_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;

		text_add(&en, "Find out at the edge which customers send it, and ask them to stop: "
			      "the configuration names none for these prefixes.");
		text_add(&ja, "送信している顧客を収容ルーターで特定し、停止を依頼する。該当プレフィ"
			      "ックスの"
			      "顧客名は設定にない。");
		plan_need(g, o, "", &en, &ja);
	}
	plan_say_option(g, o, &r);
}

/* ---- peers and transits ---- */

static void ask_peer(struct planning *g, unsigned i)
{
	const struct plan_link *l = &g->link[i];
	const char *whom = l->peer[0] ? l->peer : l->name;
	struct plan_reach r = {.links = 1u << i, .share = l->share};
	struct plan_option *o = add_request(g, STEP_UPSTREAM);
	_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;

	if (!o)
		return;
	if (l->peer[0]) {
		text_printf(&en, "Ask %s, the other side of link %s, to filter before the link.",
			    l->peer, l->name);
		text_printf(&ja, "リンク %s の対向 %s%sへ、リンクの手前でのフィルタを依頼する。",
			    l->name, l->peer, words_space(l->peer));
	} else {
		text_printf(
			&en,
			"Ask whoever is at the other side of link %s to filter before the link: "
			"the configuration does not name them.",
			l->name);
		text_printf(&ja,
			    "リンク %s の対向事業者へ、リンクの手前でのフィルタを依頼する。"
			    "事業者名は設定にない。",
			    l->name);
	}
	plan_need(g, o, whom, &en, &ja);
	if (g->about != CASE_NO_DESTINATION) {
		o->covers = o->covers_low = o->covers_high = 1;
		plan_figures(g, o, &r);
		o->covers = o->covers_low = o->covers_high = -1;
		o->after_bps = -1; /* nobody can know what they will do */
	}
	o->helps = HELPS_UNKNOWN;
	plan_say_option(g, o, &r);
}

/* No link is known: whom to ask is the first question. */
static void ask_anybody(struct planning *g)
{
	struct plan_option *o = add_request(g, STEP_UPSTREAM);
	struct plan_reach r = {.all = true, .share = -1};
	_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;

	if (!o)
		return;
	text_add(&en, "Find out over which link it comes in (the counters of the border routers "
		      "tell), and ask the other side of that link to filter before it.");
	text_add(&ja, "どのリンクから流入しているかを境界ルーターのカウンタで調べ、その対向事業者へ"
		      "リンクの手前でのフィルタを依頼する。");
	plan_need(g, o, "", &en, &ja);
	plan_say_option(g, o, &r);
}

static void ask_peers(struct planning *g)
{
	unsigned asked = 0, worth = 0;

	for (unsigned i = 0; i < g->n_links; i++) {
		const struct plan_link *l = &g->link[i];

		worth += l->share >= SHARE_ASKED;
		if (asked == LINKS_ASKED || l->share < SHARE_ASKED || is_reached(g, l))
			continue;
		ask_peer(g, i);
		asked++;
	}
	if (!worth && !asked)
		ask_anybody(g);
}

void plan_ask(struct planning *g, enum plan_step step)
{
	bool inside =
		g->about == CASE_OUTGOING || (g->about == CASE_INCOMING && g->inc->f.own_known &&
					      g->inc->f.direction == DIRECTION_INSIDE);

	if (g->about == CASE_SCAN)
		return;
	if (step == STEP_HOST && g->about == CASE_INCOMING)
		ask_owner(g);
	if (step == STEP_HOST && inside)
		ask_attackers(g);
	if (step == STEP_UPSTREAM && !inside)
		ask_peers(g);
}
