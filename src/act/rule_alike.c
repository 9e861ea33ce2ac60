/* SPDX-License-Identifier: ISC */
/* Which rules do the same. */
#include <math.h>
#include <string.h>

#include "act/rule.h"

#define LIMIT_NEAR 0.05

/* Conditions as rule_add() makes them, whoever made these: in order, merged. */
static bool put_together(const struct rule *from, struct rule *to)
{
	to->n_conditions = 0;
	for (unsigned i = 0; i < from->n_conditions && i < RULE_CONDITIONS_MAX; i++) {
		const struct rule_condition *c = &from->condition[i];

		for (unsigned k = 0; k < c->n && k < RULE_RANGES_MAX; k++)
			if (!rule_add(to, c->field, c->range[k].from, c->range[k].to))
				return false;
	}
	return true;
}

static bool conditions_equal(const struct rule *a, const struct rule *b)
{
	if (a->n_conditions != b->n_conditions)
		return false;
	for (unsigned i = 0; i < a->n_conditions; i++) {
		const struct rule_condition *x = &a->condition[i], *y = &b->condition[i];

		if (x->field != y->field || x->n != y->n ||
		    memcmp(x->range, y->range, x->n * sizeof(x->range[0])) != 0)
			return false;
	}
	return true;
}

static bool same_packets(const struct rule *a, const struct rule *b)
{
	struct rule x, y;

	return put_together(a, &x) && put_together(b, &y) && conditions_equal(&x, &y);
}

/* All but the figure of a limit. */
static bool same_but_limit(const struct rule *a, const struct rule *b)
{

	if (!prefix_equal(&a->destination, &b->destination) || a->has_source != b->has_source ||
	    (a->has_source && !prefix_equal(&a->source, &b->source)) || a->action != b->action)
		return false;
	if (a->action == RULE_REDIRECT && strcmp(a->redirect, b->redirect) != 0)
		return false;
	return same_packets(a, b);
}

bool rule_equal(const struct rule *a, const struct rule *b)
{
	return same_but_limit(a, b) && (a->action != RULE_LIMIT || a->limit_bps == b->limit_bps);
}

/* ---- limits ---- */

double rule_limit_round(double bps)
{
	double scale, steps;

	if (!(bps > 0) || !isfinite(bps))
		return bps;
	scale = pow(10, floor(log10(bps)));
	steps = bps / scale < 2 ? 20 : 10;
	/* What is a step already must not fall to the next one by the last bit. */
	return floor(bps / scale * steps + 1e-6) * scale / steps;
}

bool rule_near(const struct rule *a, const struct rule *b)
{
	double most = a->limit_bps > b->limit_bps ? a->limit_bps : b->limit_bps;

	/* A step of the lowest is 5 % of the lower one; the last bit is nobody's matter. */
	return same_but_limit(a, b) &&
	       (a->action != RULE_LIMIT ||
		fabs(a->limit_bps - b->limit_bps) <= LIMIT_NEAR * most * (1 + 1e-9));
}
