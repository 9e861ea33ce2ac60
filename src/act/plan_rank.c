/* SPDX-License-Identifier: ISC */
/*
 * Which option to think of first: what helps most; of these what costs clients least; of these what
 * may be done; of these the one nearest to the target. "Do nothing" is the answer only where there
 * is nothing to be done. doc/act.md has the table.
 */
#include <string.h>

#include "act/plan_inside.h"

#define COST_STEPS 20 /* a share of clients is compared in steps of 5 % */

struct score {
	unsigned helps, cost, refused, step, number; /* least first */
};

/* Refused for what will not change while it lasts: whose the prefix is, how long it is, who says
 * so. Freezes, drills, budgets and the end of the attack are of the moment. */
static bool is_barred(const struct plan_option *o)
{
	static const bool of_the_moment[GUARD_RULES] = {
		[GUARD_BUDGET] = true, [GUARD_RATE] = true,  [GUARD_FROZEN] = true,
		[GUARD_DRILL] = true,  [GUARD_ENDED] = true, [GUARD_FALSE] = true,
	};

	for (unsigned i = 0; i < o->guard.n; i++)
		if (!of_the_moment[o->guard.rule[i]])
			return true;
	return false;
}

static unsigned helps_weight(const struct planning *g, const struct plan_option *o)
{
	static const unsigned by[] = {
		[HELPS_YES] = 0, [HELPS_PARTLY] = 1, [HELPS_UNKNOWN] = 2, [HELPS_NO] = 5};

	if (o->kind == PLAN_NONE)
		return 4; /* better than what does not help */
	if (is_barred(o) && o->helps != HELPS_NO)
		return 3;
	/* It relieves the line, but for its target it does the attacker's work. */
	if (plan_is_offline(o) && o->helps <= HELPS_YES && o->helps != HELPS_NO)
		return by[plan_harms_others(g) ? HELPS_PARTLY : HELPS_UNKNOWN];
	return by[o->helps];
}

unsigned plan_burden(const struct plan_option *o)
{
	if (o->kind == PLAN_NONE)
		return 90;
	if (o->kind == PLAN_ASK)
		return 60; /* time, and no right to an answer */
	if (plan_is_offline(o))
		return o->collateral.known ? 70 + (unsigned)(COST_STEPS * o->collateral.share) : 95;
	if (o->kind == PLAN_DIVERSION)
		return 30;
	if (plan_is_limit(o))
		return 40;
	return o->collateral.known ? (unsigned)(COST_STEPS * o->collateral.high) : 45;
}

static struct score weigh(const struct planning *g, const struct plan_option *o)
{
	return (struct score){helps_weight(g, o), plan_burden(o), !o->allowed, o->step, o->number};
}

static int compare(const struct score *a, const struct score *b)
{
	if (a->helps != b->helps)
		return a->helps < b->helps ? -1 : 1;
	if (a->cost != b->cost)
		return a->cost < b->cost ? -1 : 1;
	if (a->refused != b->refused)
		return a->refused < b->refused ? -1 : 1;
	if (a->step != b->step)
		return a->step < b->step ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

static const struct plan_option *ranked(const struct plan *p, unsigned rank)
{
	for (unsigned i = 0; i < p->n_options; i++)
		if (p->option[i].rank == rank)
			return &p->option[i];
	return NULL;
}

/* The attack is over, none, or nothing that a filter is for. */
static bool nothing_to_do(const struct planning *g)
{
	return g->about == CASE_SCAN || g->inc->f.state == FINDING_CLOSED || g->inc->known_test ||
	       (g->in->world && g->in->world->marked_false);
}

static void name_option(const struct plan_option *o, struct text *en, struct text *ja)
{
	text_printf(en, "option %u (", o->number);
	plan_say_what(o, false, en);
	text_add(en, ")");
	text_printf(ja, "案 %u（", o->number);
	plan_say_what(o, true, ja);
	text_add(ja, "）");
}

static void say_nothing(const struct planning *g, const struct plan_option *best, struct text *en,
			struct text *ja)
{
	static const struct {
		const char *en, *ja;
	} why[] = {
		{"Somebody marked it as no attack: do nothing.",
		 "攻撃ではないと記録済みのため、何もしない。"},
		{"It is a scan: there is nothing to filter. Who is scanned may be told.",
		 "スキャンのため、フィルタの対象はない。対象者への通知は可能。"},
		{"It is a test that was announced: do nothing.",
		 "事前に届け出のあった試験のため、何もしない。"},
		{"It is over: do nothing.", "終息済みのため、何もしない。"},
	};
	unsigned i = g->in->world && g->in->world->marked_false ? 0
		     : g->about == CASE_SCAN			? 1
		     : g->inc->known_test			? 2
								: 3;

	text_add(en, why[i].en);
	text_add(ja, why[i].ja);
	if (i != 3 || !best || best->kind == PLAN_NONE || best->helps == HELPS_NO)
		return;
	text_add(en, " Should it come again, think first of ");
	text_add(ja, "再発した場合、まず検討するのは");
	name_option(best, en, ja);
	text_add(en, ".");
	text_add(ja, "。");
}

/* The first of those that may be done; NULL none. */
static const struct plan_option *first_allowed(const struct plan *p)
{
	for (unsigned rank = 1; rank <= p->n_options; rank++) {
		const struct plan_option *o = ranked(p, rank);

		if (o && o->allowed && o->kind != PLAN_NONE)
			return o;
	}
	return NULL;
}

/* It drops, and nobody can say whom. */
static bool is_blind(const struct plan_option *o)
{
	return o->n_rules && o->rule[0].action == RULE_DISCARD && !o->collateral.known;
}

static void say_best(const struct planning *g, const struct plan_option *best, struct text *en,
		     struct text *ja)
{
	const struct plan_option *next = best->allowed ? NULL : first_allowed(g->plan);

	text_add(en, "Think first of ");
	text_add(ja, "まず検討するのは");
	name_option(best, en, ja);
	text_add(en,
		 best->helps == HELPS_UNKNOWN ? ", though it is not known whether it helps" : "");
	text_add(ja, best->helps == HELPS_UNKNOWN ? "。ただし効果は不明" : "");
	if (plan_is_limit(best)) {
		text_add(en, ": no rule tells the attack from clients, so it is slowed down");
		text_add(ja, "。攻撃と利用者を分ける条件がないため、帯域を制限する");
	}
	if (is_blind(best)) {
		text_add(en, ": what it costs clients is not known");
		text_add(ja, "。利用者への影響は不明");
	}
	if (plan_is_offline(best)) {
		text_add(en, ": nothing milder helps as much, and the target is lost by it");
		text_add(ja, "。これより軽い手段では効果が足りないが、対象は到達不能になる");
	}
	text_add(en, ".");
	text_add(ja, "。");
	if (best->allowed)
		return;
	text_add(en, " It is not allowed as things are");
	text_add(ja, "現状では許可されない");
	if (next && next != best) {
		text_add(en, "; what may be done now is ");
		text_add(ja, "。いま可能なのは");
		name_option(next, en, ja);
	}
	text_add(en, ".");
	text_add(ja, "。");
}

static void recommend(struct planning *g)
{
	const struct plan_option *best = ranked(g->plan, 1);
	_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;
	struct plan *p = g->plan;

	if (nothing_to_do(g)) {
		say_nothing(g, ranked(g->plan, 2), &en, &ja);
		p->recommended = 1;
	} else if (!best || best->kind == PLAN_NONE) {
		text_add(&en, "Nothing that is known here would help more than to wait.");
		text_add(&ja, "待つ以上に効果のある手段は見つからない。");
		p->recommended = 1;
	} else {
		say_best(g, best, &en, &ja);
		p->recommended = best->number;
	}
	plan_keep(g, &en, false, p->recommend_en, sizeof(p->recommend_en));
	plan_keep(g, &ja, true, p->recommend_ja, sizeof(p->recommend_ja));
}

/* How many stand before it. */
static unsigned rank_of(const struct planning *g, const struct plan_option *o)
{
	struct score mine = weigh(g, o);
	unsigned rank = 1;

	/* What is first where there is nothing to do pushes the others down by one. */
	if (nothing_to_do(g) && o->kind == PLAN_NONE)
		return 1;
	for (unsigned i = 0; i < g->plan->n_options; i++) {
		const struct plan_option *other = &g->plan->option[i];
		struct score w = weigh(g, other);
		bool first = nothing_to_do(g) && other->kind == PLAN_NONE;

		rank += other != o && (first || compare(&w, &mine) < 0);
	}
	return rank;
}

void plan_rank(struct planning *g)
{
	for (unsigned i = 0; i < g->plan->n_options; i++)
		g->plan->option[i].rank = rank_of(g, &g->plan->option[i]);
	recommend(g);
}
