/* SPDX-License-Identifier: ISC */
/*
 * The search: rule by rule, each the conjunction that covers most of what those before have left,
 * found by a beam over conditions and bounded in cost. Whether a condition holds is asked of
 * rule_matches() once for each packet and kept, so that a draft means what its rule will mean.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "act/derive_inside.h"
#include "base/cleanup.h"

#define BEAM	  10
#define DEPTH	  4
#define KNOWN_MAX 512 /* different conditions of a search */
#define GOOD_BUDGET                                                                                \
	0.005 /* of the good packets all rules together may hit: half of what is promised */
#define OPEN_BUDGET  0.005 /* the same of what opens connections */
#define GAIN_LEAST   0.003 /* share of the attack, for a rule to be worth it */
#define LEFT_MOST    0.001 /* share of the attack that may stay uncovered without another rule */
#define SAME	     0.002 /* shares of the attack that make no difference */
#define COST_LEAST   0.5   /* of a condition */
#define COST_MORE    0.7   /* of any but the protocol, at least */
#define NARROW_LEAST 0.985 /* of a kind's packets, for a value to be shared by the kind */

struct known {
	struct rule_condition c;
	struct packet_set attack, good;
};

struct search {
	const struct weighed *attack, *good;
	struct prefix target;
	struct packet_set left, hit; /* attack not covered yet; good hit already */
	double left_weight, hit_weight, hit_opens;
	struct histogram *histogram;
	struct known *known;
	unsigned n_known;
	struct draft *beam, *next, *best, *trial; /* BEAM, BEAM, 1, 1 */
	unsigned with;				  /* enum search_with */
};

static void search_deinit(struct search *s)
{
	free(s->histogram);
	free(s->known);
	free(s->beam);
}
#define _cleanup_search_ _cleanup_(search_deinit)

static int search_init(struct search *s, const struct weighed *attack, const struct weighed *good,
		       const struct prefix *target)
{
	*s = (struct search){.attack = attack, .good = good, .target = *target};
	s->histogram = calloc(1, sizeof(*s->histogram));
	s->known = calloc(KNOWN_MAX, sizeof(*s->known));
	s->beam = calloc(2 * BEAM + 2, sizeof(*s->beam));
	if (!s->histogram || !s->known || !s->beam)
		return -ENOMEM;
	s->next = s->beam + BEAM;
	s->best = s->next + BEAM;
	s->trial = s->best + 1;
	for (unsigned i = 0; i < attack->n; i++)
		set_put(&s->left, i);
	s->left_weight = attack->total;
	return 0;
}

static void match_all(const struct rule *r, const struct weighed *w, struct packet_set *out)
{
	for (unsigned i = 0; i < w->n; i++)
		if (packet_is_hit(&w->p[i], r, 1))
			set_put(out, i);
}

/* Which packets a condition holds for; NULL where no more can be remembered. */
static const struct known *known_of(struct search *s, const struct rule_condition *c)
{
	struct rule r = {.destination = s->target, .n_conditions = 1};
	struct known *k;

	for (unsigned i = 0; i < s->n_known; i++)
		if (memcmp(&s->known[i].c, c, sizeof(*c)) == 0)
			return &s->known[i];
	if (s->n_known == KNOWN_MAX)
		return NULL;
	k = &s->known[s->n_known++];
	k->c = r.condition[0] = *c;
	match_all(&r, s->attack, &k->attack);
	match_all(&r, s->good, &k->good);
	return k;
}

static void weigh_draft(const struct search *s, struct draft *d)
{
	d->covers = d->hits = d->opens = 0;
	for (unsigned word = 0; word * 64 < s->attack->n; word++)
		for (uint64_t b = d->attack.bit[word] & s->left.bit[word]; b; b &= b - 1)
			d->covers += s->attack->p[word * 64 + (unsigned)__builtin_ctzll(b)].weight;
	for (unsigned word = 0; word * 64 < s->good->n; word++)
		for (uint64_t b = d->good.bit[word] & ~s->hit.bit[word]; b; b &= b - 1) {
			const struct packet_weighed *p =
				&s->good->p[word * 64 + (unsigned)__builtin_ctzll(b)];

			d->hits += p->weight;
			d->opens += p->opens;
		}
}

/* @d with one more condition. Return: false where it cannot be tried. */
static bool extend(struct search *s, const struct draft *d, const struct rule_condition *c,
		   struct draft *out)
{
	const struct known *k = d->n < DRAFT_CONDITIONS ? known_of(s, c) : NULL;
	unsigned at = d->n;

	if (!k)
		return false;
	*out = *d;
	while (at > 0 && out->condition[at - 1].field > c->field) {
		out->condition[at] = out->condition[at - 1];
		at--;
	}
	out->condition[at] = *c;
	out->n++;
	for (unsigned i = 0; i < WEIGH_WORDS; i++) {
		out->attack.bit[i] &= k->attack.bit[i];
		out->good.bit[i] &= k->good.bit[i];
	}
	weigh_draft(s, out);
	return true;
}

static void whole_draft(const struct search *s, struct draft *d)
{
	*d = (struct draft){.n = 0};
	for (unsigned i = 0; i < s->attack->n; i++)
		set_put(&d->attack, i);
	for (unsigned i = 0; i < s->good->n; i++)
		set_put(&d->good, i);
	weigh_draft(s, d);
}

/* ICMP carries the errors that connections need (RFC 4890): never all of it. */
static bool takes_errors(const struct draft *d)
{
	const struct rule_condition *c = draft_find(d, RULE_PROTOCOL);
	bool icmp = false;

	for (unsigned i = 0; c && i < c->n; i++)
		icmp |= (c->range[i].from <= PROTO_ICMP && c->range[i].to >= PROTO_ICMP) ||
			(c->range[i].from <= PROTO_ICMP6 && c->range[i].to >= PROTO_ICMP6);
	return icmp && !draft_find(d, RULE_ICMP_TYPE) && !draft_find(d, RULE_FRAGMENT);
}

/* A length, or a mark, of whatever protocol: a sight that nobody should trust. */
static bool is_blind(const struct draft *d)
{
	return !draft_find(d, RULE_PROTOCOL) && !draft_find(d, RULE_FRAGMENT);
}

static bool is_spared(const struct search *s, const struct draft *d)
{
	return !takes_errors(d) && !is_blind(d) &&
	       s->hit_weight + d->hits <= GOOD_BUDGET * s->good->total &&
	       s->hit_opens + d->opens <= OPEN_BUDGET * s->good->opens;
}

/* What a sender changes least easily costs least. */
static double cost(const struct draft *d)
{
	static const double by_field[RULE_FIELDS] = {
		[RULE_PROTOCOL] = COST_LEAST,  [RULE_SOURCE_PORT] = 0.8,
		[RULE_DESTINATION_PORT] = 0.8, [RULE_ICMP_TYPE] = COST_MORE,
		[RULE_ICMP_CODE] = 0.9,	       [RULE_TCP_FLAGS] = COST_MORE,
		[RULE_LENGTH] = 1.5,	       [RULE_DSCP] = 3,
		[RULE_FRAGMENT] = COST_MORE};
	double sum = 0;

	for (unsigned i = 0; i < d->n; i++)
		sum += by_field[d->condition[i].field] + 0.01 * d->condition[i].n;
	return sum;
}

/* Most coverage first; where that is the same, what costs least, then fewest good packets. */
static bool is_better(const struct search *s, const struct draft *d, const struct draft *than)
{
	double same = SAME * s->attack->total;

	if (than->n == 0)
		return true;
	if (d->covers > than->covers + same || d->covers < than->covers - same)
		return d->covers > than->covers;
	if (cost(d) != cost(than))
		return cost(d) < cost(than);
	return d->hits != than->hits ? d->hits < than->hits : d->covers > than->covers;
}

static double promise(const struct search *s, const struct draft *d)
{
	double good = s->good->total > 0 ? d->hits / s->good->total : 0;
	double opens = s->good->opens > 0 ? d->opens / s->good->opens : 0;

	return d->covers / s->left_weight - 2 * good - opens;
}

static bool same_packets(const struct draft *a, const struct draft *b)
{
	return memcmp(&a->attack, &b->attack, sizeof(a->attack)) == 0 &&
	       memcmp(&a->good, &b->good, sizeof(a->good)) == 0;
}

static void into_beam(const struct search *s, struct draft *list, unsigned *n,
		      const struct draft *d)
{
	unsigned at = *n;

	for (unsigned i = 0; i < *n; i++)
		if (same_packets(&list[i], d))
			return;
	while (at > 0 && promise(s, &list[at - 1]) < promise(s, d))
		at--;
	if (at == BEAM)
		return;
	*n += *n < BEAM;
	memmove(&list[at + 1], &list[at], (*n - at - 1) * sizeof(*list));
	list[at] = *d;
}

static struct ground ground_of(const struct search *s, const struct draft *d)
{
	return (struct ground){.histogram = s->histogram,
			       .attack = s->attack,
			       .good = s->good,
			       .draft = d,
			       .left = &s->left,
			       .with = s->with};
}

/* All that can be put to one draft. */
static void try_draft(struct search *s, const struct draft *d, unsigned *n_next)
{
	struct ground g = ground_of(s, d);
	struct field_choices choices;

	fields_choose(&g, &choices);
	for (unsigned i = 0; i < choices.n; i++) {
		struct draft *t = s->trial;

		if (!extend(s, d, &choices.c[i], t) || t->covers < GAIN_LEAST * s->attack->total)
			continue;
		if (!is_spared(s, t))
			into_beam(s, s->next, n_next, t);
		else if (is_better(s, t, s->best))
			*s->best = *t;
	}
}

/* It covers all that is left, and with more conditions none could cost less. */
static bool is_settled(const struct search *s, unsigned depth)
{
	return s->best->n && s->best->covers >= s->left_weight - SAME * s->attack->total &&
	       cost(s->best) <= COST_LEAST + (depth + 1) * COST_MORE;
}

/* The best rule for what is left; s->best->n 0: there is none. */
static void find_one(struct search *s)
{
	unsigned n = 1;

	s->best->n = 0;
	whole_draft(s, &s->beam[0]);
	for (unsigned depth = 0; depth < DEPTH && n; depth++) {
		unsigned n_next = 0;

		for (unsigned i = 0; i < n; i++)
			try_draft(s, &s->beam[i], &n_next);
		if (is_settled(s, depth))
			break;
		memcpy(s->beam, s->next, n_next * sizeof(*s->beam));
		n = n_next;
	}
}

static void make_rule(const struct search *s, const struct draft *d, struct rule *out)
{
	*out = (struct rule){.destination = s->target, .action = RULE_DISCARD};
	for (unsigned i = 0; i < d->n; i++)
		for (unsigned k = 0; k < d->condition[i].n; k++)
			rule_add(out, d->condition[i].field, d->condition[i].range[k].from,
				 d->condition[i].range[k].to);
}

static void take(struct search *s, const struct draft *d)
{
	for (unsigned i = 0; i < WEIGH_WORDS; i++) {
		s->left.bit[i] &= ~d->attack.bit[i];
		s->hit.bit[i] |= d->good.bit[i];
	}
	s->left_weight = set_weight(&s->left, s->attack);
	s->hit_weight += d->hits;
	s->hit_opens += d->opens;
}

/* ---- what rules hit together ---- */

bool packet_is_hit(const struct packet_weighed *p, const struct rule *rule, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (p->bounded ? rule_may_match(&rule[i], &p->e, p->shortest, p->longest)
			       : rule_matches(&rule[i], &p->e))
			return true;
	return false;
}

static double cover_weight(const struct rule *rule, unsigned n, const struct weighed *w, bool opens)
{
	double sum = 0;

	for (unsigned i = 0; i < w->n; i++)
		if ((opens ? w->p[i].opens : w->p[i].weight) > 0 &&
		    packet_is_hit(&w->p[i], rule, n))
			sum += opens ? w->p[i].opens : w->p[i].weight;
	return sum;
}

double rules_cover(const struct rule *rule, unsigned n, const struct weighed *w, bool opens)
{
	double all = opens ? w->opens : w->total;

	return all > 0 ? cover_weight(rule, n, w, opens) / all : 0;
}

struct sums {
	double attack, good, opens;
};

static struct sums sums_of(const struct search *s, const struct rule *rule, unsigned n)
{
	return (struct sums){cover_weight(rule, n, s->attack, false),
			     cover_weight(rule, n, s->good, false),
			     cover_weight(rule, n, s->good, true)};
}

/* Both samples are as before, but for rounding. */
static bool no_worse(const struct sums *now, const struct sums *was)
{
	return now->attack >= was->attack * (1 - 1e-9) && now->good <= was->good * (1 + 1e-9) &&
	       now->opens <= was->opens * (1 + 1e-9);
}

/* A protocol says what the other conditions are about, and without a type ICMP's errors would go.
 */
static bool may_drop(const struct rule *r, unsigned at)
{
	enum rule_field f = r->condition[at].field;

	return r->n_conditions > 1 && f != RULE_PROTOCOL && f != RULE_ICMP_TYPE;
}

static void drop_condition(struct rule *r, unsigned at)
{
	memmove(&r->condition[at], &r->condition[at + 1],
		(r->n_conditions - at - 1) * sizeof(r->condition[0]));
	r->n_conditions--;
}

/* Whatever changes nothing on both samples goes: conditions, then whole rules. */
static void minimise(const struct search *s, struct rule *rule, unsigned *n)
{
	struct sums was = sums_of(s, rule, *n), now;

	for (unsigned i = 0; i < *n; i++)
		for (unsigned c = rule[i].n_conditions; c-- > 0;) {
			struct rule whole = rule[i];

			if (!may_drop(&rule[i], c))
				continue;
			drop_condition(&rule[i], c);
			now = sums_of(s, rule, *n);
			if (rule_check(&rule[i]) || !no_worse(&now, &was))
				rule[i] = whole;
			else
				was = now;
		}
	for (unsigned i = *n; i-- > 0 && *n > 1;) {
		struct rule gone = rule[i];

		memmove(&rule[i], &rule[i + 1], (*n - i - 1) * sizeof(*rule));
		now = sums_of(s, rule, *n - 1);
		if (now.attack >= was.attack - LEFT_MOST * s->attack->total) {
			--*n;
			continue;
		}
		memmove(&rule[i + 1], &rule[i], (*n - i - 1) * sizeof(*rule));
		rule[i] = gone;
	}
}

int search_rules(const struct weighed *attack, const struct weighed *good,
		 const struct prefix *target, unsigned with, struct rule *out, unsigned *n)
{
	_cleanup_search_ struct search s;
	int r = search_init(&s, attack, good, target);

	*n = 0;
	if (r)
		return r;
	s.with = with;
	while (*n < DERIVED_RULES_MAX && s.left_weight > LEFT_MOST * attack->total) {
		find_one(&s);
		if (!s.best->n)
			break;
		make_rule(&s, s.best, &out[(*n)++]);
		take(&s, s.best);
	}
	minimise(&s, out, n);
	return 0;
}

/* ---- narrow rules ---- */

/* The less a condition lets through, the narrower: values of a range, or bits that it leaves open.
 */
static double width(const struct rule_condition *c)
{
	bool bits = c->field == RULE_TCP_FLAGS || c->field == RULE_FRAGMENT;
	double sum = 0;

	for (unsigned i = 0; i < c->n; i++)
		sum += bits ? 1 << (8 - __builtin_popcount(c->range[i].to))
			    : c->range[i].to - c->range[i].from + 1;
	return sum;
}

/* Of @field's conditions the narrowest that @least of the draft's packets have. */
static bool narrow_by(struct search *s, enum rule_field field, double least)
{
	struct ground g = ground_of(s, s->best);
	struct draft *chosen = &s->next[0];
	struct field_choices choices;
	double narrowest = 1e300;

	fields_choose(&g, &choices);
	for (unsigned i = 0; i < choices.n; i++) {
		if (choices.c[i].field != field || width(&choices.c[i]) >= narrowest ||
		    !extend(s, s->best, &choices.c[i], s->trial) ||
		    s->trial->covers < least * s->best->covers)
			continue;
		narrowest = width(&choices.c[i]);
		*chosen = *s->trial;
	}
	if (narrowest < 1e300)
		*s->best = *chosen;
	return narrowest < 1e300;
}

/* The one protocol that most of what is left has. */
static bool commonest_protocol(struct search *s)
{
	struct ground g = ground_of(s, s->best);
	struct draft *chosen = &s->next[0];
	struct field_choices choices;

	chosen->covers = 0;
	fields_choose(&g, &choices);
	for (unsigned i = 0; i < choices.n; i++)
		if (choices.c[i].field == RULE_PROTOCOL && width(&choices.c[i]) == 1 &&
		    extend(s, s->best, &choices.c[i], s->trial) &&
		    s->trial->covers > chosen->covers)
			*chosen = *s->trial;
	if (chosen->covers > 0)
		*s->best = *chosen;
	return chosen->covers > 0;
}

/* The commonest kind of what is left, by all that its packets share. */
static void narrow_one(struct search *s)
{
	static const enum rule_field shared[] = {RULE_TCP_FLAGS, RULE_ICMP_TYPE, RULE_SOURCE_PORT,
						 RULE_DESTINATION_PORT, RULE_LENGTH};

	whole_draft(s, s->best);
	if (!commonest_protocol(s))
		return;
	/* Later fragments have no ports: they are a kind of their own. */
	narrow_by(s, RULE_FRAGMENT, 0.5);
	for (size_t i = 0; i < ARRAY_LEN(shared); i++)
		narrow_by(s, shared[i], NARROW_LEAST);
}

int search_narrow(const struct weighed *attack, const struct prefix *target, struct rule *out,
		  unsigned *n)
{
	const struct weighed none = {.n = 0};
	_cleanup_search_ struct search s;
	int r = search_init(&s, attack, &none, target);

	*n = 0;
	if (r)
		return r;
	s.with = WITH_LENGTHS;
	while (*n < DERIVED_RULES_MAX && s.left_weight > LEFT_MOST * attack->total) {
		narrow_one(&s);
		if (!s.best->n || s.best->covers < GAIN_LEAST * attack->total)
			break;
		make_rule(&s, s.best, &out[(*n)++]);
		take(&s, s.best);
	}
	return 0;
}
