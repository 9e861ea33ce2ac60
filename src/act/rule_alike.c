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

/* ---- cover ---- */

static bool is_bits(enum rule_field field)
{
	return field == RULE_TCP_FLAGS || field == RULE_FRAGMENT;
}

/* Put together, ranges do not touch: what lies in all of them lies in one. */
static bool holds_range(const struct rule_condition *c, const struct rule_range *r)
{
	for (unsigned i = 0; i < c->n; i++) {
		const struct rule_range *a = &c->range[i];

		if (is_bits(c->field) ? !(a->to & ~r->to) && (r->from & a->to) == a->from
				      : a->from <= r->from && r->to <= a->to)
			return true;
	}
	return false;
}

static bool holds_condition(const struct rule_condition *c, const struct rule *b)
{
	for (unsigned i = 0; i < b->n_conditions; i++) {
		const struct rule_condition *of = &b->condition[i];
		bool all = of->field == c->field;

		for (unsigned k = 0; all && k < of->n; k++)
			all = holds_range(c, &of->range[k]);
		if (all)
			return true;
	}
	return false;
}

bool rule_covers(const struct rule *a, const struct rule *b)
{
	struct rule x, y;

	if (a->action == RULE_LIMIT || b->action == RULE_LIMIT)
		return rule_equal(a, b);
	if (a->action != b->action ||
	    (a->action == RULE_REDIRECT && strcmp(a->redirect, b->redirect) != 0) ||
	    !prefix_covers(&a->destination, &b->destination) ||
	    (a->has_source && !(b->has_source && prefix_covers(&a->source, &b->source))))
		return false;
	if (!put_together(a, &x) || !put_together(b, &y))
		return false;
	for (unsigned i = 0; i < x.n_conditions; i++)
		if (!holds_condition(&x.condition[i], &y))
			return false;
	return true;
}

/* ---- merge ---- */

/* Two halves of one prefix: that one in @around. */
static bool are_halves(const struct prefix *a, const struct prefix *b, struct prefix *around)
{
	if (a->len != b->len || prefix_family_len(a) == 0 || prefix_equal(a, b) ||
	    ip_is_v4(&a->addr) != ip_is_v4(&b->addr))
		return false;
	*around = (struct prefix){ip_mask(&a->addr, a->len - 1), a->len - 1};
	return prefix_covers(around, b);
}

/* Does @a, perhaps made wider, do for both? */
static bool takes_in(struct rule *a, const struct rule *b,
		     bool (*may)(const struct prefix *around, const void *userdata),
		     const void *userdata)
{
	struct rule wide = *a, other = *b;

	if (rule_covers(a, b))
		return true;
	if (rule_covers(b, a)) {
		*a = *b;
		return true;
	}
	if (a->action == RULE_LIMIT || !may ||
	    !are_halves(&a->destination, &b->destination, &wide.destination))
		return false;
	other.destination = wide.destination;
	if (!rule_equal(&wide, &other) || !may(&wide.destination, userdata))
		return false;
	*a = wide;
	return true;
}

unsigned rules_merge(struct rule *rule, unsigned n,
		     bool (*may)(const struct prefix *around, const void *userdata),
		     const void *userdata)
{
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = i + 1; k < n; k++) {
			if (!takes_in(&rule[i], &rule[k], may, userdata))
				continue;
			memmove(&rule[k], &rule[k + 1], (n - k - 1) * sizeof(rule[0]));
			n--;
			/* What is wider now may take in one that it passed: all anew. */
			i = (unsigned)-1;
			break;
		}
	return n;
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
