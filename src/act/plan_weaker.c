/* SPDX-License-Identifier: ISC */
/*
 * Why nothing weaker would do: each option that takes less from clients, with what it would do. It
 * is a comparison and no verdict; whoever starts a measure signs it, and may say more.
 */
#include <string.h>

#include "act/plan_inside.h"

#define NAMED_MOST 4 /* beside "do nothing"; the strongest of the weaker ones */

/* Waiting and asking touch nobody's traffic, whatever they cost in time. */
static unsigned intrusion(const struct plan_option *o)
{
	return o->kind == PLAN_NONE ? 0 : o->kind == PLAN_ASK ? 1 : 2 + plan_burden(o);
}

static void say_one(const struct plan_option *o, bool ja, struct text *out)
{
	static const char *const does[][2] = {
		[HELPS_NO] = {"does not help", "効果がない"},
		[HELPS_PARTLY] = {"helps only partly", "効果は一部にとどまる"},
		[HELPS_YES] = {"helps as well", "同様に効果がある"},
		[HELPS_UNKNOWN] = {"may or may not help: that is not known", "効果が不明"},
	};

	plan_space(out, ja);
	text_printf(out, of_two(ja, "Option %u (", "案 %u（"), o->number);
	plan_say_what(o, ja, out);
	text_printf(out, of_two(ja, ") %s%s.", "）は%s%s。"), does[o->helps][ja],
		    o->allowed ? "" : of_two(ja, "; it is not allowed", "。許可もされない"));
}

/* The strongest that is weaker than @than and than what was said already; NULL none. */
static const struct plan_option *next_weaker(const struct plan *p, const struct plan_option *than,
					     const struct plan_option *said)
{
	const struct plan_option *found = NULL;

	for (unsigned i = 0; i < p->n_options; i++) {
		const struct plan_option *o = &p->option[i];

		if (o->kind == PLAN_NONE || intrusion(o) >= intrusion(than))
			continue;
		if (said && (intrusion(o) > intrusion(said) ||
			     (intrusion(o) == intrusion(said) && o->number <= said->number)))
			continue;
		if (!found || intrusion(o) > intrusion(found))
			found = o;
	}
	return found;
}

static void say_all(const struct plan *p, const struct plan_option *than, bool ja, struct text *out)
{
	const struct plan_option *o = NULL;

	say_one(&p->option[0], ja, out);
	for (unsigned n = 0; n < NAMED_MOST; n++) {
		o = next_weaker(p, than, o);
		if (!o)
			return;
		say_one(o, ja, out);
	}
}

/* Share of the attack that it takes away; < 0 unknown. */
static double takes_away(const struct plan_option *o)
{
	if (plan_is_limit(o))
		return o->before_bps > 0 && o->after_bps >= 0 ? 1 - o->after_bps / o->before_bps
							      : -1;
	return o->reach < 0 || o->covers < 0 ? -1 : o->reach * o->covers;
}

/* Of two that help partly the figures decide; where there are none nobody can say that it does
 * less. */
static bool helps_as_much(const struct plan_option *o, const struct plan_option *than)
{
	static const unsigned much[] = {
		[HELPS_NO] = 0, [HELPS_UNKNOWN] = 1, [HELPS_PARTLY] = 2, [HELPS_YES] = 3};
	double mine = takes_away(o), other = takes_away(than);

	if (o->helps != HELPS_YES && o->helps != HELPS_PARTLY)
		return false;
	if (o->helps != HELPS_PARTLY || than->helps != HELPS_PARTLY || mine < 0 || other < 0)
		return much[o->helps] >= much[than->helps];
	return mine >= other - WORTH_SAYING;
}

/* The one to think of first of those that take less and help as much. */
static unsigned milder(const struct plan *p, const struct plan_option *than)
{
	const struct plan_option *found = NULL;

	for (unsigned i = 0; i < p->n_options; i++) {
		const struct plan_option *o = &p->option[i];

		if (o->kind == PLAN_NONE || !o->allowed || intrusion(o) >= intrusion(than) ||
		    !helps_as_much(o, than))
			continue;
		if (!found || o->rank < found->rank)
			found = o;
	}
	return found ? found->number : 0;
}

void plan_weaker(struct planning *g)
{
	for (unsigned i = 0; i < g->plan->n_options; i++) {
		struct plan_option *o = &g->plan->option[i];
		_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;

		if (o->kind == PLAN_NONE || o->kind == PLAN_ASK)
			continue;
		say_all(g->plan, o, false, &en);
		say_all(g->plan, o, true, &ja);
		plan_keep(g, &en, false, o->weaker_en, sizeof(o->weaker_en));
		plan_keep(g, &ja, true, o->weaker_ja, sizeof(o->weaker_ja));
		o->milder = milder(g->plan, o);
	}
}
