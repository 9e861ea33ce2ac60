/* SPDX-License-Identifier: ISC */
/*
 * Conditions on what packets look like: TCP flags as bits under masks, and lengths as ranges, which
 * are widened into the gap before the nearest good length.
 */
#include <stdlib.h>
#include <string.h>

#include "act/derive_values.h"

#define STRAY	    0.003 /* share of good packets whose lengths do not cut a range */
#define FLAG_TERMS  6
#define MARGIN_MOST 16	  /* octets; few values far apart are no spread */
#define TERM_LOSS   0.002 /* share of good packets that a term of a list may hit */

/* ---- TCP flags ---- */

struct term {
	uint16_t bits, mask;
	double attack, good, score;
};

static struct term weigh_term(uint16_t bits, uint16_t mask, const double *attack,
			      const double *good)
{
	struct term t = {.bits = bits, .mask = mask};

	for (unsigned f = 0; f <= FLAG_BITS; f++) {
		if ((f & mask) != bits)
			continue;
		t.attack += attack[f];
		t.good += good[f];
	}
	t.score = t.attack - 2 * t.good - 0.001 * __builtin_popcount(mask);
	return t;
}

static bool is_term(uint16_t bits, uint16_t mask)
{
	return mask && (bits & ~mask) == 0 && (__builtin_popcount(mask) <= 3 || mask == FLAG_BITS);
}

static void put_best_terms(const double *attack, const double *good, struct field_choices *out)
{
	struct term best[FLAG_TERMS];
	unsigned n = 0;

	for (uint16_t mask = 1; mask <= FLAG_BITS; mask++)
		for (uint16_t bits = 0; bits <= FLAG_BITS; bits++) {
			struct term t;
			unsigned at = n;

			if (!is_term(bits, mask))
				continue;
			t = weigh_term(bits, mask, attack, good);
			if (t.attack < SINGLE_LEAST)
				continue;
			while (at > 0 && best[at - 1].score < t.score)
				at--;
			if (at == FLAG_TERMS)
				continue;
			n += n < FLAG_TERMS;
			memmove(&best[at + 1], &best[at], (n - at - 1) * sizeof(best[0]));
			best[at] = t;
		}
	for (unsigned i = 0; i < n; i++) {
		struct rule_condition *c = choice_begin(out, RULE_TCP_FLAGS);

		choice_put(c, best[i].bits, best[i].mask);
		choice_finish(out, c);
	}
}

/* Terms one after the other, each with the most that those before have left: for random flags. */
static void put_terms_together(double *attack, double *good, struct field_choices *out)
{
	struct rule_condition *c = choice_begin(out, RULE_TCP_FLAGS);

	while (c->n < RULE_RANGES_MAX) {
		struct term best = {.attack = VALUE_LEAST, .score = -1e9};

		for (uint16_t mask = 1; mask <= FLAG_BITS; mask++)
			for (uint16_t bits = 0; bits <= FLAG_BITS; bits++) {
				struct term t;

				if (!is_term(bits, mask))
					continue;
				t = weigh_term(bits, mask, attack, good);
				if (t.good <= TERM_LOSS && t.attack > VALUE_LEAST &&
				    t.score > best.score)
					best = t;
			}
		if (!best.mask)
			break;
		choice_put(c, best.bits, best.mask);
		for (unsigned f = 0; f <= FLAG_BITS; f++)
			if ((f & best.mask) == best.bits)
				attack[f] = good[f] = 0;
	}
	choice_finish(out, c);
}

void choose_flags(const struct ground *g, struct values *v, struct field_choices *out)
{
	double attack[FLAG_BITS + 1], good[FLAG_BITS + 1];
	struct rule_condition *c;
	uint16_t heaviest = 0;

	values_collect(g, RULE_TCP_FLAGS, v);
	for (unsigned f = 0; f <= FLAG_BITS; f++) {
		attack[f] = v->all_attack > 0 ? g->histogram->attack[f] / v->all_attack : 0;
		good[f] = v->all_good > 0 ? g->histogram->good[f] / v->all_good : 0;
		heaviest = attack[f] > attack[heaviest] ? (uint16_t)f : heaviest;
	}
	values_forget(g, v);
	c = choice_begin(out, RULE_TCP_FLAGS);
	choice_put(c, heaviest, FLAG_BITS);
	choice_finish(out, c);
	put_best_terms(attack, good, out);
	put_terms_together(attack, good, out);
}

/* ---- lengths ---- */

struct run {
	uint16_t from, to;
	unsigned values;
	double weight;
};

/* How far a range may be wider than what was seen: by the mean step between its values, and never
 * more than half way to the nearest good length. */
static struct rule_range widen(const struct run *r, uint32_t before, uint32_t behind)
{
	uint32_t margin = r->values > 1 ? (uint32_t)(r->to - r->from) / r->values + 1 : 0;
	uint32_t low = (r->from - before) / 2, high = (behind - r->to) / 2;

	margin = margin < MARGIN_MOST ? margin : MARGIN_MOST;
	low = margin < low ? margin : low;
	high = margin < high ? margin : high;
	return (struct rule_range){(uint16_t)(r->from - low), (uint16_t)(r->to + high)};
}

/* The good lengths that cut ranges: all, or without the rarest, which together are STRAY. */
static unsigned cutting(const struct ground *g, const struct values *v, bool strays, uint16_t *cut)
{
	double least = 0, sum = 0;
	unsigned n = 0;

	while (strays) {
		double next = 1e300;

		for (unsigned i = 0; i < v->n_good; i++) {
			double w = g->histogram->good[v->good[i]];

			if (w > least && w < next)
				next = w;
		}
		for (unsigned i = 0; i < v->n_good; i++)
			sum += g->histogram->good[v->good[i]] == next ? next : 0;
		if (sum > STRAY * g->good->total || next >= 1e300)
			break;
		least = next;
	}
	for (unsigned i = 0; i < v->n_good; i++)
		if (g->histogram->good[v->good[i]] > least)
			cut[n++] = v->good[i];
	return n;
}

/* The lightest of a full list makes room for a heavier one. */
static void keep_run(struct run *runs, struct rule_range *ranges, unsigned *n, const struct run *r,
		     struct rule_range range)
{
	unsigned at = *n;

	if (*n == RULE_RANGES_MAX) {
		at = 0;
		for (unsigned i = 1; i < *n; i++)
			at = runs[i].weight < runs[at].weight ? i : at;
		if (runs[at].weight >= r->weight)
			return;
		memmove(&runs[at], &runs[at + 1], (*n - at - 1) * sizeof(*runs));
		memmove(&ranges[at], &ranges[at + 1], (*n - at - 1) * sizeof(*ranges));
		at = *n - 1;
	} else {
		(*n)++;
	}
	runs[at] = *r;
	ranges[at] = range;
}

static void put_lengths(const struct ground *g, const struct values *v, const uint16_t *cut,
			unsigned n_cut, struct field_choices *out)
{
	struct rule_condition *c = choice_begin(out, RULE_LENGTH);
	struct rule_range ranges[RULE_RANGES_MAX];
	struct run runs[RULE_RANGES_MAX];
	unsigned n = 0, k = 0;

	for (unsigned i = 0; i < v->n_attack;) {
		struct run r = {.from = v->attack[i]};
		uint32_t behind;

		while (k < n_cut && cut[k] < v->attack[i])
			k++;
		if (k < n_cut && cut[k] == v->attack[i]) {
			i++;
			continue;
		}
		behind = k < n_cut ? cut[k] : UINT16_MAX + 1u;
		for (; i < v->n_attack && v->attack[i] < behind; i++) {
			r.to = v->attack[i];
			r.values++;
			r.weight += g->histogram->attack[v->attack[i]];
		}
		keep_run(runs, ranges, &n, &r, widen(&r, k ? cut[k - 1] : 0, behind));
	}
	for (unsigned i = 0; i < n; i++)
		choice_put(c, ranges[i].from, ranges[i].to);
	choice_finish(out, c);
}

void choose_lengths(const struct ground *g, struct values *v, struct field_choices *out)
{
	uint16_t cut[VALUES_MAX];
	bool mean;

	values_collect(g, RULE_LENGTH, v);
	/* Means of flows say little of their packets, unless there is but one. */
	mean = v->soft > STRAY * (v->all_attack + v->all_good) && v->n_attack > 1;
	if (!mean && v->n_attack) {
		put_lengths(g, v, cut, cutting(g, v, false, cut), out);
		if (v->n_good)
			put_lengths(g, v, cut, cutting(g, v, true, cut), out);
		put_lengths(g, v, NULL, 0, out);
	}
	values_forget(g, v);
}
