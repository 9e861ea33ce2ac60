/* SPDX-License-Identifier: ISC */
/*
 * From evidence to verdict: each piece says how likely it is under seven ways in which addresses
 * come about; of pieces that look at the same thing the one that tells most counts, the others are
 * independent given the way (naive Bayes). Forged is the sum over the forged ways. A mixture is
 * looked for where the senders fall apart into two kinds.
 */
#include "judge/spoof.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "detect/hot.h"
#include "judge/spoof_inside.h"

#define DECIDED	       0.8  /* from here on it is a verdict */
#define OFTEN_REAL     0.2  /* at most so likely forged must the other part be */
#define OTHERS	       1.5  /* log odds of real for those that come again beside forged ones */
#define FEW_SOURCES    3    /* constant ones, of which random forging is all that can be excluded */
#define FEW_MOST       0.8  /* then the most that can be said */
#define REFLECTED      -5.0 /* log odds of forged that a reflection's name brings with it */
#define EXCESS	       1.5  /* log odds of forged for senders that belong to no crowd */
#define SAYS_LEAST     0.4  /* what tells less than that of all ways says nothing */
#define CONNECTED      0.97 /* made of completed connections */
#define CONFIDENCE_MAX 0.999

/*
 * What is known before anything is measured: even odds, and among them what is seen most. Forged
 * floods are mostly random ones (Moore et al. 2006); the rest is what we choose.
 */
static const double prior[WAYS] = {
	[WAY_CROWD] = 0.31,    [WAY_SHARED] = 0.15,   [WAY_RANDOM] = 0.20, [WAY_LOCAL] = 0.11,
	[WAY_CONSTANT] = 0.05, [WAY_REPLAYED] = 0.10, [WAY_MIXED] = 0.08,
};

/* What one part's evidence came to. */
struct finding_of_part {
	double ll[SPOOF_GROUPS][WAYS]; /* of the test that counts */
	int chosen[SPOOF_GROUPS];      /* index of its evidence, -1 none */
	double spread[SPOOF_GROUPS];
	double log_odds, p; /* of "forged", if they are all alike */
	double mixed;	    /* probability of a mixture */
};

static void cap(double ll[WAYS], double most)
{
	double best = ll[0];

	for (unsigned w = 1; w < WAYS; w++)
		best = ll[w] > best ? ll[w] : best;
	for (unsigned w = 0; w < WAYS; w++)
		ll[w] = ll[w] - best < -most ? -most : ll[w] - best;
}

static double least_of(const double ll[WAYS])
{
	double least = 0;

	for (unsigned w = 0; w < WAYS; w++)
		least = ll[w] < least ? ll[w] : least;
	return least;
}

/* Log odds of "forged", without the group @but (-1: with all). */
static double log_odds(const struct finding_of_part *p, int but, double *mixed)
{
	double real = 0, forged = 0, sum[WAYS], most = -INFINITY;

	for (unsigned w = 0; w < WAYS; w++) {
		sum[w] = log(prior[w]);
		for (int g = 0; g < SPOOF_GROUPS; g++)
			sum[w] += g != but && p->chosen[g] >= 0 ? p->ll[g][w] : 0;
		most = sum[w] > most ? sum[w] : most;
	}
	for (unsigned w = 0; w < WAY_MIXED; w++)
		*(w < WAY_FORGED ? &real : &forged) += exp(sum[w] - most);
	*mixed = exp(sum[WAY_MIXED] - most);
	*mixed /= *mixed + real + forged;
	return log(forged) - log(real);
}

static double from_log_odds(double x)
{
	return 1 / (1 + exp(-x));
}

/* Return: its index, or -1 where there is no room, and then it does not count. */
static int put_evidence(struct spoofing *s, unsigned test, unsigned part, double figure, uint32_t n)
{
	if (s->n_evidence == SPOOF_EVIDENCE_MAX)
		return -1;
	s->evidence[s->n_evidence] =
		(struct spoof_evidence){.test = (uint8_t)test,
					.part = (uint8_t)part,
					.figure = spoof_round(figure, SPOOF_FIGURE_DIGITS),
					.n = n};
	return (int)s->n_evidence++;
}

static void weigh_part(const struct spoof_facts *facts, unsigned part, uint32_t without,
		       struct spoofing *s, struct finding_of_part *p)
{
	struct spoof_view v = {facts, &facts->part[part], &facts->part[PART_GOOD]};
	double mixed;

	for (unsigned g = 0; g < SPOOF_GROUPS; g++) {
		p->chosen[g] = -1;
		p->spread[g] = 0;
	}
	for (unsigned t = 0; t < n_spoof_tests; t++) {
		unsigned g = spoof_tests[t].group;
		double ll[WAYS], figure;
		uint32_t n;
		int at;

		if (without >> t & 1 || !spoof_tests[t].look(&v, &figure, &n, ll))
			continue;
		cap(ll, spoof_tests[t].cap);
		if (least_of(ll) > -SAYS_LEAST)
			continue;
		at = put_evidence(s, t, part, figure, n);
		if (at < 0 || (p->chosen[g] >= 0 && least_of(ll) >= p->spread[g]))
			continue;
		memcpy(p->ll[g], ll, sizeof(ll));
		p->spread[g] = least_of(ll);
		p->chosen[g] = at;
	}
	p->log_odds = log_odds(p, -1, &p->mixed);
	p->p = from_log_odds(p->log_odds);
	for (int g = 0; g < SPOOF_GROUPS; g++)
		if (p->chosen[g] >= 0)
			s->evidence[p->chosen[g]].weight = spoof_round(
				p->log_odds - log_odds(p, g, &mixed), SPOOF_SHARE_DIGITS);
}

/* ---- what the vectors say ---- */

/* Which part of the facts the packets of a vector are in, where groups are judged by themselves. */
static enum spoof_part part_of_vector(const struct spoof_facts *a, enum vector v)
{
	enum source_group g = hot_group(v);

	if (g == GROUP_SYN && !a->part[PART_SYN].n)
		g = GROUP_TCP;
	return g == GROUP_SYN	? PART_SYN
	       : g == GROUP_TCP ? PART_TCP
	       : g == GROUP_UDP ? PART_UDP
				: PART_OTHER;
}

/*
 * Reflectors send a third of @part (PART_ALL: of it all) or more; fragments of their answers count
 * beside them.
 */
static bool is_reflected(const struct incident *inc, enum spoof_part part)
{
	unsigned order[FINDING_VECTORS_MAX], n = incident_vectors(inc, order);
	uint64_t all = 0, reflected = 0;

	for (unsigned i = 0; i < n; i++) {
		const struct finding_vector *v = &inc->f.vectors[order[i]];

		if (part != PART_ALL && part_of_vector(&inc->facts, v->vector) != part)
			continue;
		all += v->packets;
		if (v->vector == VECTOR_AMPLIFICATION || v->vector == VECTOR_SYNACK_REFLECTION)
			reflected += v->packets;
	}
	return reflected && 3 * reflected >= all;
}

/* Over its threshold, and no small part of a flood of requests. */
static bool is_made_of_connections(const struct incident *inc)
{
	uint64_t requests = 0, connections = 0;

	for (unsigned i = 0; i < inc->f.n_vectors; i++) {
		const struct finding_vector *v = &inc->f.vectors[i];

		if (v->over && v->vector == VECTOR_SYN_FLOOD)
			requests += v->packets;
		if (v->over && (v->vector == VECTOR_CONN_FLOOD || v->vector == VECTOR_HTTP_FLOOD))
			connections += v->packets;
	}
	return connections && 2 * connections >= requests;
}

/* A target that refuses what comes has no connection with who sends it. */
static bool is_connected(const struct incident *inc)
{
	const struct spoof_facts *a = &inc->facts;

	return is_made_of_connections(inc) && a->refusals <= (a->synacks + a->connected) / 5;
}

/* ---- the verdict ---- */

static double bounded(double confidence)
{
	return spoof_round(confidence < CONFIDENCE_MAX ? confidence : CONFIDENCE_MAX,
			   SPOOF_SHARE_DIGITS);
}

static void decide(struct spoofing *s, double p, double mixed)
{
	double forged = p * (1 - mixed), real = (1 - p) * (1 - mixed);

	s->verdict = forged >= DECIDED	? SPOOF_SPOOFED
		     : real >= DECIDED	? SPOOF_NOT
		     : mixed >= DECIDED ? SPOOF_PARTLY
					: SPOOF_UNKNOWN;
	s->confidence = bounded(fmax(mixed, fmax(forged, real)));
	s->forged_share = s->verdict == SPOOF_SPOOFED ? 1 : s->verdict == SPOOF_NOT ? 0 : -1;
}

static bool has_part(const struct spoof_facts *a, double *share)
{
	const struct spoof_figures *all = &a->part[PART_ALL], *once = &a->part[PART_ONCE];

	if (!once->n || !a->part[PART_OFTEN].n || !all->packets)
		return false;
	*share = ll_excess(all) / (double)all->packets;
	return *share >= PART_LEAST && *share <= 1 - PART_LEAST;
}

static uint32_t pool_tests(void)
{
	uint32_t bits = 0;

	for (unsigned t = 0; t < n_spoof_tests; t++)
		bits |= spoof_tests[t].group == GROUP_POOL ? UINT32_C(1) << t : 0;
	return bits;
}

/* Two kinds of senders: those seen once, and those that come again and again. */
static void judge_parts(struct incident *inc, uint32_t without)
{
	struct spoofing parts = {.n_evidence = 0}, rest = parts;
	struct finding_of_part once, often;
	double share;

	if (!has_part(&inc->facts, &share))
		return;
	/* That they came once is what they were chosen by. */
	weigh_part(&inc->facts, PART_ONCE, without | pool_tests(), &parts, &once);
	once.p = from_log_odds(once.log_odds + EXCESS);
	if (once.p < DECIDED)
		return;
	weigh_part(&inc->facts, PART_OFTEN, without, &rest, &often);
	often.p = from_log_odds(often.log_odds - OTHERS);
	if (often.p > OFTEN_REAL)
		return;
	parts.without = without;
	parts.verdict = SPOOF_PARTLY;
	parts.confidence = bounded(once.p < 1 - often.p ? once.p : 1 - often.p);
	parts.forged_share = spoof_round(share, SPOOF_SHARE_DIGITS);
	inc->spoofing = parts;
}

static bool has_facts(const struct spoof_facts *a)
{
	return a->part[PART_ALL].n > 0;
}

/* Few constant addresses: chance is excluded, a third party's address is not. */
static void bound_few(struct incident *inc)
{
	const struct spoof_figures *all = &inc->facts.part[PART_ALL];
	struct spoofing *s = &inc->spoofing;

	if (all->scale_log2 || all->n > FEW_SOURCES || all->established)
		return;
	/* A scanner may vary all of its header, and wants answers. */
	if (s->verdict == SPOOF_SPOOFED && inc->f.kind != FINDING_SCAN)
		return;
	s->rule = SPOOF_ONE_SOURCE;
	s->verdict = SPOOF_UNKNOWN;
	s->forged_share = -1;
	s->confidence = s->confidence > FEW_MOST ? FEW_MOST : s->confidence;
}

static void judge_all(struct incident *inc, uint32_t without)
{
	struct spoofing *s = &inc->spoofing;
	struct finding_of_part all;
	double odds;

	weigh_part(&inc->facts, PART_ALL, without, s, &all);
	odds = all.log_odds;
	if (is_reflected(inc, PART_ALL)) {
		s->rule = SPOOF_BY_REFLECTION;
		odds += REFLECTED;
		all.mixed = 0;
	} else if (is_connected(inc)) {
		s->rule = SPOOF_BY_CONNECTIONS;
		odds = -log(CONNECTED / (1 - CONNECTED));
		all.mixed = 0;
	}
	decide(s, from_log_odds(odds), all.mixed);
	if (s->verdict == SPOOF_SPOOFED)
		s->rule = SPOOF_BY_EVIDENCE;
	if (s->rule == SPOOF_BY_EVIDENCE)
		bound_few(inc);
}

/* ---- several groups of packets ---- */

/* What a group came to: probabilities of forged, real and mixed. */
struct group_judged {
	double forged, real, mixed;
};

static void judge_group(const struct incident *inc, enum spoof_part part, uint32_t without,
			struct spoofing *s, struct group_judged *out)
{
	const struct spoof_figures *f = &inc->facts.part[part];
	struct spoof_group_said *said = &s->group[s->n_groups++];
	struct finding_of_part p;
	double odds, sure;

	weigh_part(&inc->facts, part, without, s, &p);
	odds = p.log_odds;
	*said = (struct spoof_group_said){.part = (uint8_t)part};
	said->reflected = is_reflected(inc, part);
	if (said->reflected) {
		odds += REFLECTED;
		p.mixed = 0;
	} else if (part == PART_TCP && is_connected(inc)) {
		odds = -log(CONNECTED / (1 - CONNECTED));
		p.mixed = 0;
	} else if (!f->scale_log2 && f->n <= FEW_SOURCES && !f->established && odds < 0) {
		odds = 0; /* chance is excluded, a third party's address is not */
	}
	out->forged = from_log_odds(odds) * (1 - p.mixed);
	out->real = (1 - from_log_odds(odds)) * (1 - p.mixed);
	out->mixed = p.mixed;
	sure = fmax(p.mixed, fmax(out->forged, out->real));
	said->verdict = sure < DECIDED	      ? SPOOF_UNKNOWN
			: sure <= out->forged ? SPOOF_SPOOFED
			: sure <= out->real   ? SPOOF_NOT
					      : SPOOF_PARTLY;
	said->reflected &= said->verdict == SPOOF_NOT;
	said->confidence = bounded(sure);
}

/* Rules speak for the whole where they speak for each group. */
static enum spoof_rule rule_of_groups(const struct spoofing *s)
{
	for (unsigned i = 0; i < s->n_groups; i++)
		if (!s->group[i].reflected)
			return SPOOF_BY_EVIDENCE;
	return SPOOF_BY_REFLECTION;
}

/*
 * Each group by itself, taken as independent: all of it is forged where each of them is, and
 * nothing where none is; what is left is a mixture.
 */
static void judge_groups(struct incident *inc, uint32_t without)
{
	struct spoofing *s = &inc->spoofing;
	double forged = 1, real = 1, share = 0, all = 0, partly;

	for (unsigned p = PART_SYN; p < PART_COUNT; p++)
		all += (double)inc->facts.part[p].seen;
	for (unsigned p = PART_SYN; p < PART_COUNT; p++) {
		struct group_judged it;
		double part = all > 0 ? (double)inc->facts.part[p].seen / all : 0;

		if (!inc->facts.part[p].n)
			continue;
		judge_group(inc, (enum spoof_part)p, without, s, &it);
		s->group[s->n_groups - 1].share = spoof_round(part, SPOOF_SHARE_DIGITS);
		forged *= it.forged;
		real *= it.real;
		share += part * (it.forged + it.mixed / 2);
	}
	partly = 1 - forged - real;
	s->verdict = forged >= DECIDED	 ? SPOOF_SPOOFED
		     : real >= DECIDED	 ? SPOOF_NOT
		     : partly >= DECIDED ? SPOOF_PARTLY
					 : SPOOF_UNKNOWN;
	s->confidence = bounded(fmax(partly, fmax(forged, real)));
	s->forged_share = s->verdict == SPOOF_UNKNOWN  ? -1
			  : s->verdict == SPOOF_PARTLY ? spoof_round(share, SPOOF_SHARE_DIGITS)
			  : s->verdict == SPOOF_NOT    ? 0
						       : 1;
	s->rule = s->verdict == SPOOF_NOT ? rule_of_groups(s) : SPOOF_BY_EVIDENCE;
}

void spoof_judge(struct incident *inc, uint32_t without)
{
	struct spoofing *s = &inc->spoofing;

	*s = (struct spoofing){.without = without, .confidence = 0.5, .forged_share = -1};
	if (!has_facts(&inc->facts)) {
		s->rule = SPOOF_NO_FACTS;
		if (is_reflected(inc, PART_ALL))
			s->rule = SPOOF_BY_REFLECTION;
		else if (is_connected(inc))
			s->rule = SPOOF_BY_CONNECTIONS;
		if (s->rule != SPOOF_NO_FACTS)
			decide(s, 1 - CONNECTED, 0);
		return;
	}
	if (spoof_in_groups(&inc->facts)) {
		judge_groups(inc, without);
		return;
	}
	judge_all(inc, without);
	if (s->rule != SPOOF_BY_REFLECTION && s->rule != SPOOF_BY_CONNECTIONS)
		judge_parts(inc, without);
}

void spoof_continue(struct incident *now, const struct incident *before)
{
	if (before->facts.records > now->facts.records)
		now->facts = before->facts;
}

enum spoof_real source_shown_real(const struct incident *inc, const struct ip *ip)
{
	for (unsigned i = 0; i < inc->f.sources.n_top; i++) {
		if (!ip_equal(&inc->f.sources.top[i].addr, ip))
			continue;
		if (inc->f.sources.top[i].established)
			return REAL_HANDSHAKE;
		return inc->f.sources.top[i].expected ? REAL_INGRESS : REAL_UNKNOWN;
	}
	return REAL_UNKNOWN;
}
