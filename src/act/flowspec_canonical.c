/* SPDX-License-Identifier: ISC */
/*
 * One form for all FlowSpecs that match the same packets, as far as it can be said simply. Numbers
 * become the set of values that they let through, which has one form; bitmasks are brought together
 * group by group (what has to be set, what clear, what else), which finds what is alike in
 * practice.
 */
#include <stdlib.h>
#include <string.h>

#include "act/flowspec_inside.h"

/* Numbers */

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* The values from which on the list may say something else than before, in order, once each. */
static unsigned turns_of(const struct flowspec *f, unsigned type, uint32_t max, uint32_t *out)
{
	unsigned n = 0, kept = 0;

	out[n++] = 0;
	for (unsigned i = 0; i < f->list[type].n; i++) {
		uint32_t value = f->pair[f->list[type].first + i].value;

		if (value <= max)
			out[n++] = value;
		if (value < max)
			out[n++] = value + 1;
	}
	qsort(out, n, sizeof(out[0]), by_value);
	for (unsigned i = 0; i < n; i++)
		if (i == 0 || out[i] != out[kept - 1])
			out[kept++] = out[i];
	return kept;
}

unsigned flowspec_ranges(const struct flowspec *f, unsigned type, struct flowspec_range *out,
			 unsigned room)
{
	uint32_t turn[2 * FLOWSPEC_PAIRS_MAX + 1], max = flowspec_type_max(type, f->family);
	unsigned turns, n = 0;
	bool before = false;

	if (type >= FLOWSPEC_TYPES || !max || f->list[type].n > FLOWSPEC_PAIRS_MAX)
		return 0;
	turns = turns_of(f, type, max, turn);
	for (unsigned i = 0; i < turns; i++) {
		bool holds = flowspec_holds(f, type, turn[i]);
		uint32_t last = i + 1 < turns ? turn[i + 1] - 1 : max;

		if (holds && before && n <= room)
			out[n - 1].to = last;
		else if (holds && !before && n++ < room)
			out[n - 1] = (struct flowspec_range){turn[i], last};
		before = holds;
	}
	return n;
}

static unsigned cost_of(const struct flowspec_range *r, uint32_t max)
{
	return r->from == r->to || r->from == 0 || r->to == max ? 1 : 2;
}

static bool put_range(struct flowspec *f, unsigned type, const struct flowspec_range *r,
		      uint32_t max)
{
	if (r->from == r->to)
		return flowspec_put(f, type, false, FLOWSPEC_EQ, r->from);
	if (r->from == 0 && r->to == max)
		return flowspec_put(f, type, false, FLOWSPEC_LT | FLOWSPEC_GT | FLOWSPEC_EQ, 0);
	if (r->from == 0)
		return flowspec_put(f, type, false, FLOWSPEC_LT | FLOWSPEC_EQ, r->to);
	return flowspec_put(f, type, false, FLOWSPEC_GT | FLOWSPEC_EQ, r->from) &&
	       (r->to == max || flowspec_put(f, type, true, FLOWSPEC_LT | FLOWSPEC_EQ, r->to));
}

/* From the first to the last of @n ranges, without the one value between each two. */
static bool put_holed(struct flowspec *f, unsigned type, const struct flowspec_range *r, unsigned n,
		      uint32_t max)
{
	struct flowspec_range all = {r[0].from, r[n - 1].to};
	bool full = all.from == 0 && all.to == max;

	if (!full && !put_range(f, type, &all, max))
		return false;
	for (unsigned i = 0; i + 1 < n; i++)
		if (!flowspec_put(f, type, !full || i, FLOWSPEC_LT | FLOWSPEC_GT, r[i].to + 1))
			return false;
	return true;
}

/* How many of the ranges at @r are parted by one value only, and whether it is shorter to say the
 * holes than the ranges. */
static unsigned run_of(const struct flowspec_range *r, unsigned n, uint32_t max, bool *holed)
{
	struct flowspec_range all = {r[0].from, r[0].to};
	unsigned run = 1, apart = cost_of(&r[0], max), together;

	while (run < n && r[run].from - r[run - 1].to == 2) {
		apart += cost_of(&r[run], max);
		all.to = r[run++].to;
	}
	together = (all.from == 0 && all.to == max ? 0 : cost_of(&all, max)) + run - 1;
	*holed = run > 1 && together < apart;
	return run;
}

static bool put_numbers(struct flowspec *to, const struct flowspec *from, unsigned type)
{
	struct flowspec_range range[2 * FLOWSPEC_PAIRS_MAX + 1];
	uint32_t max = flowspec_type_max(type, from->family);
	unsigned n = flowspec_ranges(from, type, range, ARRAY_LEN(range));
	bool holed;

	if (n == 0) /* no value meets it */
		return flowspec_put(to, type, false, 0, 0);
	for (unsigned i = 0, run; i < n; i += run) {
		run = run_of(&range[i], n - i, max, &holed);
		if (holed && !put_holed(to, type, &range[i], run, max))
			return false;
		for (unsigned k = 0; !holed && k < run; k++)
			if (!put_range(to, type, &range[i + k], max))
				return false;
	}
	return true;
}

/* Bitmasks */

/* One AND group: all of @set and none of @clear, and for each of its terms some of the bits set
 * (or, with @not_all, some of them clear). */
struct term {
	bool not_all;
	uint16_t bits;
};

struct group {
	uint16_t set, clear;
	uint16_t n;
	struct term *term; /* borrowed from the pool of all groups */
};

struct groups {
	struct group group[FLOWSPEC_PAIRS_MAX];
	struct term pool[FLOWSPEC_PAIRS_MAX];
	unsigned n, terms;
	uint16_t any, not_all; /* groups that want one bit set, or clear, and nothing else */
	bool always;
};

static bool is_one_bit(uint16_t bits)
{
	return bits && (bits & (bits - 1)) == 0;
}

/* Return: false where the group can never hold. */
static bool take_pair(struct groups *all, struct group *g, const struct flowspec_pair *p)
{
	bool match = p->how & FLOWSPEC_MATCH, negated = p->how & FLOWSPEC_NOT;
	uint16_t bits = (uint16_t)p->value;

	if (bits == 0)
		return match != negated; /* all of nothing is, any of nothing is not */
	if (match && !negated)
		g->set |= bits;
	else if (!match && negated)
		g->clear |= bits;
	else
		g->term[g->n++] = (struct term){.not_all = negated, .bits = bits};
	all->terms = (unsigned)(g->term - all->pool) + g->n;
	return true;
}

static int by_term(const void *a, const void *b)
{
	const struct term *x = a, *y = b;

	return x->not_all != y->not_all ? x->not_all - y->not_all
					: (x->bits > y->bits) - (x->bits < y->bits);
}

/* Does @a say at least as much as @b? */
static bool term_implies(const struct term *a, const struct term *b)
{
	return a->not_all == b->not_all && (a->bits & ~b->bits) == 0;
}

/* Terms in order, without those that another one makes needless. */
static void drop_terms(struct group *g)
{
	unsigned kept = 0;

	qsort(g->term, g->n, sizeof(g->term[0]), by_term);
	for (unsigned i = 0; i < g->n; i++) {
		bool needless = false;

		for (unsigned k = 0; !needless && k < kept; k++)
			needless = term_implies(&g->term[k], &g->term[i]);
		for (unsigned k = i + 1; !needless && k < g->n; k++)
			needless = term_implies(&g->term[k], &g->term[i]);
		if (!needless)
			g->term[kept++] = g->term[i];
	}
	g->n = (uint16_t)kept;
}

/* One round over the terms with what is set and clear known. Return: false, it never holds. */
static bool reduce_once(struct group *g, bool *changed)
{
	unsigned kept = 0;

	*changed = false;
	for (unsigned i = 0; i < g->n; i++) {
		struct term t = g->term[i];
		uint16_t fulfils = t.not_all ? g->clear : g->set;
		uint16_t hinders = t.not_all ? g->set : g->clear;

		if (t.bits & fulfils)
			continue;
		t.bits &= (uint16_t)~hinders;
		if (!t.bits)
			return false;
		if (!is_one_bit(t.bits)) {
			g->term[kept++] = t;
			continue;
		}
		*(t.not_all ? &g->clear : &g->set) |= t.bits;
		*changed = true;
	}
	g->n = (uint16_t)kept;
	return (g->set & g->clear) == 0;
}

static bool reduce(struct group *g)
{
	bool changed = true;

	while (changed)
		if (!reduce_once(g, &changed))
			return false;
	drop_terms(g);
	return true;
}

/* A group that is one wish about one bit, or about any of several, joins the others of its kind. */
static bool is_joined(struct groups *all, const struct group *g)
{
	if (!g->n && !g->set && !g->clear)
		all->always = true;
	else if (!g->n && !g->clear && is_one_bit(g->set))
		all->any |= g->set;
	else if (!g->n && !g->set && is_one_bit(g->clear))
		all->not_all |= g->clear;
	else if (g->n == 1 && !g->set && !g->clear && !g->term[0].not_all)
		all->any |= g->term[0].bits;
	else if (g->n == 1 && !g->set && !g->clear)
		all->not_all |= g->term[0].bits;
	else
		return false;
	return true;
}

static void read_groups(const struct flowspec *f, unsigned type, struct groups *all)
{
	const struct flowspec_pair *p = &f->pair[f->list[type].first];
	unsigned n = f->list[type].n;

	all->n = all->terms = 0;
	all->any = all->not_all = 0;
	all->always = false;
	for (unsigned i = 0; i < n;) {
		struct group g = {.term = &all->pool[all->terms]};
		bool holds = true;

		do
			holds = take_pair(all, &g, &p[i]) && holds;
		while (++i < n && p[i].and);
		if (holds && reduce(&g) && !is_joined(all, &g))
			all->group[all->n++] = g;
	}
	if (all->any & all->not_all)
		all->always = true;
}

static int by_group(const void *a, const void *b)
{
	const struct group *x = a, *y = b;
	int d = x->set != y->set ? x->set - y->set : x->clear - y->clear;

	d = d ? d : (int)x->n - (int)y->n;
	for (unsigned i = 0; d == 0 && i < x->n; i++)
		d = by_term(&x->term[i], &y->term[i]);
	return d;
}

/* Is @g true only where @than is too? Seen where @than has no terms, or the same ones. */
static bool implies(const struct group *g, const struct group *than)
{
	if ((than->set & ~g->set) || (than->clear & ~g->clear))
		return false;
	if (than->n == 0)
		return true;
	if (than->n != g->n)
		return false;
	for (unsigned i = 0; i < g->n; i++)
		if (by_term(&g->term[i], &than->term[i]))
			return false;
	return true;
}

static void drop_implied(struct groups *all)
{
	unsigned kept = 0;

	qsort(all->group, all->n, sizeof(all->group[0]), by_group);
	for (unsigned i = 0; i < all->n; i++) {
		const struct group *g = &all->group[i];
		bool needless = (g->set & all->any) || (g->clear & all->not_all);

		for (unsigned k = 0; !needless && k < all->n; k++)
			needless = k != i && implies(g, &all->group[k]) &&
				   (k < i || !implies(&all->group[k], g));
		if (needless)
			all->group[i].n = UINT16_MAX; /* taken out below */
	}
	for (unsigned i = 0; i < all->n; i++)
		if (all->group[i].n != UINT16_MAX)
			all->group[kept++] = all->group[i];
	all->n = kept;
}

/* "=syn&!=ack": what is set in one pair, what is clear bit by bit: a bit alone is read alike by all
 * receivers, with "any" and "all" being the same. */
static bool put_group(struct flowspec *to, unsigned type, const struct group *g)
{
	bool and = false;

	if (g->set) {
		if (!flowspec_put(to, type, and, FLOWSPEC_MATCH, g->set))
			return false;
		and = true;
	}
	for (unsigned bit = 1; bit <= g->clear; bit <<= 1) {
		if (!(g->clear & bit))
			continue;
		if (!flowspec_put(to, type, and, FLOWSPEC_MATCH | FLOWSPEC_NOT, bit))
			return false;
		and = true;
	}
	for (unsigned i = 0; i < g->n; i++) {
		unsigned how = g->term[i].not_all ? FLOWSPEC_MATCH | FLOWSPEC_NOT : 0;

		if (!flowspec_put(to, type, and, how, g->term[i].bits))
			return false;
		and = true;
	}
	return true;
}

static bool put_bits(struct flowspec *to, const struct flowspec *from, unsigned type)
{
	struct groups all;
	bool none;

	read_groups(from, type, &all);
	if (all.always)
		return flowspec_put(to, type, false, FLOWSPEC_MATCH, 0);
	drop_implied(&all);
	none = !all.n && !all.any && !all.not_all;
	if (none || all.any) /* any of nothing: never */
		if (!flowspec_put(to, type, false, is_one_bit(all.any) ? FLOWSPEC_MATCH : 0,
				  all.any))
			return false;
	if (all.not_all &&
	    !flowspec_put(to, type, false, FLOWSPEC_MATCH | FLOWSPEC_NOT, all.not_all))
		return false;
	for (unsigned i = 0; i < all.n; i++)
		if (!put_group(to, type, &all.group[i]))
			return false;
	return true;
}

void flowspec_canonical(struct flowspec *f)
{
	struct flowspec to = {.family = f->family, .vpn = f->vpn, .rd = f->rd};
	uint8_t octets[FLOWSPEC_NLRI_MAX];
	size_t len;

	if (flowspec_check(f) != FLOWSPEC_GOOD)
		return;
	to.has = f->has & (1u << FLOWSPEC_DESTINATION | 1u << FLOWSPEC_SOURCE);
	to.destination = f->destination;
	to.source = f->source;
	for (unsigned type = FLOWSPEC_PROTOCOL; type < FLOWSPEC_TYPES; type++) {
		if (!(f->has & 1u << type))
			continue;
		if (!(flowspec_is_bitmask(type) ? put_bits(&to, f, type)
						: put_numbers(&to, f, type)))
			return;
	}
	/* One that would no longer fit is left as it is. */
	if (flowspec_encode(&to, octets, sizeof(octets), &len, NULL) == FLOWSPEC_GOOD)
		*f = to;
}
