/* SPDX-License-Identifier: ISC */
/*
 * The ladder: for each point that is configured, each kind of measure that it takes; an access list
 * that anybody can put in by hand; and what has to be asked of others. "Do nothing" is always
 * first.
 */
#include <stdio.h>
#include <string.h>

#include "act/plan_inside.h"

#define KEPT_FOR_OTHERS 7 /* options that own points leave room for */
#define VECTORS_LIMITED 3 /* where nothing separates, the limit is on these */
#define PARTS_MAX	2 /* routes for the object's own prefixes, beside that for the whole */

struct plan_option *plan_add(struct planning *g, enum plan_step step, enum plan_kind kind,
			     const char *point)
{
	struct plan_option *o;

	if (g->plan->n_options == PLAN_OPTIONS_MAX)
		return NULL;
	o = &g->plan->option[g->plan->n_options++];
	memset(o, 0, sizeof(*o));
	o->step = step;
	o->kind = kind;
	snprintf(o->point, sizeof(o->point), "%s", point);
	if (g->about != CASE_NO_DESTINATION)
		o->target = g->inc->f.target;
	o->before_bps = o->after_bps = o->upstream_bps = -1;
	o->reach = o->covers = o->covers_low = o->covers_high = -1;
	return o;
}

/* ---- rules ---- */

/* The packets of a vector as one rule; no more than what its name says. */
static bool rule_of_vector(const struct finding_vector *v, const struct prefix *target,
			   struct rule *out)
{
	static const struct {
		uint8_t protocol; /* 0: not to be told so */
		uint16_t dport;
		bool of_source;	    /* the vector's own port is a source port */
		uint16_t is, among; /* TCP flags */
		bool fragments;
	} of[VECTOR_COUNT] = {
		[VECTOR_SYN_FLOOD] = {PROTO_TCP, .is = TH_SYN, .among = TH_SYN | TH_ACK},
		[VECTOR_SYNACK_REFLECTION] = {PROTO_TCP, .is = TH_SYN | TH_ACK,
					      .among = TH_SYN | TH_ACK},
		[VECTOR_RST_FLOOD] = {PROTO_TCP, .is = TH_RST, .among = TH_RST},
		[VECTOR_ACK_FLOOD] = {PROTO_TCP, .is = TH_ACK, .among = TH_SYN | TH_ACK},
		[VECTOR_CONN_FLOOD] = {PROTO_TCP, .is = TH_SYN, .among = TH_SYN | TH_ACK},
		[VECTOR_HTTP_FLOOD] = {PROTO_TCP},
		[VECTOR_UDP_FLOOD] = {PROTO_UDP},
		[VECTOR_AMPLIFICATION] = {PROTO_UDP, .of_source = true},
		[VECTOR_DNS_QUERY_FLOOD] = {PROTO_UDP, .dport = 53},
		[VECTOR_QUIC_FLOOD] = {PROTO_UDP, .dport = 443},
		[VECTOR_ICMP_FLOOD] = {PROTO_ICMP},
		[VECTOR_FRAGMENT_FLOOD] = {.fragments = true},
	};
	bool v4 = ip_is_v4(&target->addr);
	uint8_t protocol = of[v->vector].protocol;

	memset(out, 0, sizeof(*out));
	out->destination = *target;
	if (protocol == PROTO_ICMP && !v4)
		protocol = PROTO_ICMP6;
	if (protocol && !rule_add(out, RULE_PROTOCOL, protocol, protocol))
		return false;
	if (of[v->vector].of_source && v->port)
		rule_add(out, RULE_SOURCE_PORT, v->port, v->port);
	if (of[v->vector].dport)
		rule_add(out, RULE_DESTINATION_PORT, of[v->vector].dport, of[v->vector].dport);
	if (of[v->vector].among)
		rule_add(out, RULE_TCP_FLAGS, of[v->vector].is, of[v->vector].among);
	if (of[v->vector].fragments)
		rule_add(out, RULE_FRAGMENT, FRAGMENT_IS, FRAGMENT_IS);
	return true;
}

static bool has_rule(const struct plan_option *o, const struct rule *r)
{
	for (unsigned i = 0; i < o->n_rules; i++)
		if (rule_equal(&o->rule[i], r))
			return true;
	return false;
}

static void rules_of_vectors(const struct planning *g, struct plan_option *o)
{
	const struct finding *f = &g->inc->f;
	unsigned which[FINDING_VECTORS_MAX], n = incident_vectors(g->inc, which);
	double packets = 0, all = 0;

	for (unsigned i = 0; i < f->n_vectors; i++)
		all += (double)f->vectors[i].packets;
	for (unsigned i = 0; i < n && i < VECTORS_LIMITED; i++) {
		const struct finding_vector *v = &f->vectors[which[i]];
		struct rule r;

		if (!rule_of_vector(v, &o->target, &r))
			continue;
		packets += (double)v->packets;
		if (!has_rule(o, &r))
			o->rule[o->n_rules++] = r;
	}
	if (o->n_rules && all > 0)
		o->covers = o->covers_low = o->covers_high = packets / all;
}

struct merging {
	const struct planning *g;
	const struct plan_option *o;
};

/* Two rules may become one for the prefix around them where nobody else has an address in it. */
static bool is_one_objects(const struct prefix *around, const void *userdata)
{
	const struct merging *m = userdata;
	const struct conf_object *object = m->g->object;

	if (!prefix_covers(&m->o->target, around))
		return false;
	for (size_t i = 0; object && i < object->n_prefixes; i++)
		if (prefix_covers(&object->prefixes[i], around))
			return true;
	return false;
}

static void rules_that_drop(const struct planning *g, struct plan_option *o)
{
	const struct derived *d = g->derived;

	for (unsigned i = 0; i < d->n && i < PLAN_RULES_MAX; i++)
		o->rule[o->n_rules++] = d->rule[i];
	o->n_rules = rules_merge(o->rule, o->n_rules, is_one_objects, &(struct merging){g, o});
	o->covers = d->covers;
	o->covers_low = d->covers_low;
	o->covers_high = d->covers_high;
}

/* What hits nearly all of the attack, and others too; without evidence what its vectors say. */
static void rules_to_limit(const struct planning *g, struct plan_option *o)
{
	const struct derived *d = g->derived;

	for (unsigned i = 0; i < d->n_limit && i < PLAN_RULES_MAX; i++)
		o->rule[o->n_rules++] = d->limit[i];
	if (o->n_rules)
		o->covers = o->covers_low = o->covers_high = d->limit_covers;
	else
		rules_of_vectors(g, o);
}

/* Is there anything that may be dropped: rules that spare clients, be it so far, or of which nobody
 * can know whom they hit? Of those that are known to hit clients nothing is. */
static bool may_drop(const struct planning *g)
{
	return g->derived->n &&
	       (g->plan->separable || g->derived->so_far || !g->derived->collateral.known);
}

/* Return: false where there is no rule, or no rate that would make sense. */
static bool set_limit(const struct planning *g, struct plan_option *o,
		      const struct conf_neighbor *n)
{
	double limit = plan_limit(g, n);

	rules_to_limit(g, o);
	for (unsigned i = 0; i < o->n_rules; i++) {
		o->rule[i].action = RULE_LIMIT;
		/* Round, so that it does not change with each second of the attack. */
		o->rule[i].limit_bps = rule_limit_round(limit / o->n_rules);
	}
	return o->n_rules && limit > 0;
}

/* ---- options ---- */

static void finish(struct planning *g, struct plan_option *o, const struct plan_reach *r)
{
	plan_figures(g, o, r);
	plan_cost(g, o, r);
	plan_say_option(g, o, r);
}

static void drop_last(struct planning *g)
{
	g->plan->n_options--;
}

static void set_route(struct plan_option *o, const char *community)
{
	snprintf(o->community, sizeof(o->community), "%s", community[0] ? community : "65535:666");
	o->covers = o->covers_low = o->covers_high = 1;
}

static void set_diversion(struct plan_option *o, const struct conf_neighbor *n)
{
	o->covers = o->covers_low = o->covers_high = 1;
	if (!n->redirect[0]) {
		snprintf(o->community, sizeof(o->community), "%s", n->community);
		return;
	}
	o->n_rules = 1;
	o->rule[0].destination = o->target;
	o->rule[0].action = RULE_REDIRECT;
	snprintf(o->rule[0].redirect, sizeof(o->rule[0].redirect), "%s", n->redirect);
}

/* One that drops, one that limits, or both where it is not known whom dropping would hit. */
static void add_filters(struct planning *g, enum plan_step step, enum plan_kind kind,
			const struct conf_neighbor *n)
{
	struct plan_reach r = plan_reach_of(g, step, n);
	struct plan_option *o;

	if (may_drop(g)) {
		o = plan_add(g, step, kind, n->name);
		rules_that_drop(g, o);
		finish(g, o, &r);
	}
	if (g->plan->separable)
		return;
	o = plan_add(g, step, kind, n->name);
	if (set_limit(g, o, n))
		finish(g, o, &r);
	else
		drop_last(g);
}

/* Of the attack's packets those that go to @part: of the evidence, else of the hosts that are
 * named.
 */
static void set_part(const struct planning *g, struct plan_option *o, const struct prefix *part)
{
	const struct header_sample *s = &g->inc->evidence[SAMPLE_ATTACK];
	const struct finding *f = &g->inc->f;
	double all = 0, in = 0;
	unsigned named = 0;

	for (unsigned i = 0; s->record && i < s->n; i++) {
		const struct flow *at = &s->record[i].flow;

		all += (double)at->packets;
		in += prefix_contains(part, &at->dst) ? (double)at->packets : 0;
	}
	for (unsigned i = 0; i < f->n_children; i++)
		named += prefix_contains(part, &f->children[i]);
	o->covers = o->covers_low = o->covers_high = -1;
	if (all > 0) {
		o->covers = in / all;
		share_interval(o->covers, s->n, &o->covers_low, &o->covers_high);
	} else if (named && named == f->hosts_hit) {
		o->covers = o->covers_low = o->covers_high = 1;
	}
}

/* @part: NULL all of the target. */
static void add_route(struct planning *g, enum plan_step step, enum plan_kind kind,
		      const struct conf_neighbor *n, const struct prefix *part)
{
	struct plan_reach r = plan_reach_of(g, step, n);
	struct plan_option *o;

	if (g->plan->n_options + KEPT_FOR_OTHERS >= PLAN_OPTIONS_MAX)
		return;
	o = plan_add(g, step, kind, n->name);
	if (part)
		o->target = *part;
	if (kind == PLAN_DIVERSION)
		set_diversion(o, n);
	else
		set_route(o, n->community);
	if (part)
		set_part(g, o, part);
	finish(g, o, &r);
}

/* Its owner may agree for these, whoever else is in the prefix that is attacked. */
static void add_parts(struct planning *g, enum plan_step step, enum plan_kind kind,
		      const struct conf_neighbor *n)
{
	const struct prefix *target = &g->inc->f.target;
	unsigned parts = 0;

	for (size_t i = 0; g->object && i < g->object->n_prefixes && parts < PARTS_MAX; i++) {
		const struct prefix *p = &g->object->prefixes[i];

		if (p->len <= target->len || !prefix_covers(target, p))
			continue;
		add_route(g, step, kind, n, p);
		parts++;
	}
}

static void add_own(struct planning *g, enum plan_step step, enum plan_kind kind,
		    const struct conf_neighbor *n)
{

	if (g->plan->n_options + KEPT_FOR_OTHERS >= PLAN_OPTIONS_MAX)
		return;
	if (kind == PLAN_FLOWSPEC || kind == PLAN_NFTABLES) {
		add_filters(g, step, kind, n);
		return;
	}
	add_route(g, step, kind, n, NULL);
	add_parts(g, step, kind, n);
}

/* Of somebody else's address only what the own customers' edge sends is ours to stop. */
static bool is_for(const struct planning *g, enum plan_step step, enum plan_kind kind)
{
	if (g->about == CASE_INCOMING)
		return true;
	return (step == STEP_HOST || step == STEP_CUSTOMER_EDGE) &&
	       (kind == PLAN_FLOWSPEC || kind == PLAN_NFTABLES);
}

static void own_points(struct planning *g, enum plan_step step)
{
	static const struct {
		uint32_t takes;
		enum plan_kind kind;
	} kinds[] = {{TAKES_FLOWSPEC, PLAN_FLOWSPEC},
		     {TAKES_NFTABLES, PLAN_NFTABLES},
		     {TAKES_DIVERSION, PLAN_DIVERSION},
		     {TAKES_RTBH, PLAN_RTBH},
		     {TAKES_COMMUNITY, PLAN_COMMUNITY}};
	const struct conf_act *act = &g->conf->act;

	for (size_t i = 0; i < act->n_neighbors; i++) {
		const struct conf_neighbor *n = &act->neighbors[i];

		if ((enum plan_step)(n->point + STEP_HOST) != step)
			continue;
		for (unsigned k = 0; k < ARRAY_LEN(kinds); k++)
			if ((n->takes & kinds[k].takes) && is_for(g, step, kinds[k].kind))
				add_own(g, step, kinds[k].kind, n);
	}
}

static bool has_point(const struct planning *g, enum plan_step step)
{
	for (size_t i = 0; i < g->conf->act.n_neighbors; i++)
		if ((enum plan_step)(g->conf->act.neighbors[i].point + STEP_HOST) == step)
			return true;
	return false;
}

/* Where somebody types it in: at the border, at the edge of those who attack, and at the borders
 * towards abroad where a part of it comes from there and no point of ours stands for these. */
static bool wants_list(const struct planning *g, enum plan_step step)
{
	if (g->about == CASE_OUTGOING)
		return step == STEP_CUSTOMER_EDGE;
	return step == STEP_BORDER ||
	       (step == STEP_FOREIGN_BORDER && !has_point(g, step) && g->foreign >= WORTH_SAYING &&
		g->foreign <= 1 - WORTH_SAYING);
}

static void add_list(struct planning *g, enum plan_step step)
{
	struct plan_reach r = plan_reach_of(g, step, NULL);
	struct plan_option *o;

	if (!wants_list(g, step))
		return;
	/* None of the four kinds of access lists says a rate. */
	o = may_drop(g) ? plan_add(g, step, PLAN_ACL, "") : NULL;
	if (!o)
		return;
	rules_that_drop(g, o);
	finish(g, o, &r);
}

static void add_nothing(struct planning *g)
{
	struct plan_reach r = {.all = true, .share = 1};
	struct plan_option *o = plan_add(g, STEP_NOTHING, PLAN_NONE, "");

	if (g->about == CASE_INCOMING)
		plan_figures(g, o, &r);
	o->helps = HELPS_NO;
	plan_say_option(g, o, &r);
}

void plan_ladder(struct planning *g)
{
	bool filters = g->about == CASE_INCOMING || g->about == CASE_OUTGOING;

	add_nothing(g);
	for (unsigned step = STEP_HOST; step < STEP_COUNT; step++) {
		if (filters && step < STEP_UPSTREAM) {
			own_points(g, (enum plan_step)step);
			add_list(g, (enum plan_step)step);
		}
		plan_ask(g, (enum plan_step)step);
	}
}
