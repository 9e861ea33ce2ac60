/* SPDX-License-Identifier: ISC */
/*
 * First each source that says itself what it is: own, listed, reflecting. What is left is judged as
 * one crowd: is there one host in it, are its addresses real, are they enough for bots? Whatever is
 * not shown stays unknown, and a forged source is nothing but unknown.
 */
#include "judge/kind.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "judge/incident.h"
#include "judge/kind_sample.h"
#include "judge/scope.h"

#define SHARE_LEAST  0.01 /* a part below it is not told by itself */
#define SHARED_LEAST 0.005
#define SINGLE_SHARE 0.9
#define BOTS_LEAST   10	    /* fewer hosts may be anything */
#define ANSWER_BYTES 100    /* mean of a reflector's packets where not so many answer that it is */
			    /* an amplification by itself: questions are smaller */
#define REFLECTED_LEAST 0.1 /* of the packets: what is smaller the verdict did not judge */
#define COUNTRY_SOURCES 16  /* 0.4 to the 16th: the largest country by chance, under 1e-6 */
#define COUNTRY_SHARE	0.95
#define LISTED_SHARE	0.2 /* from here the list's gaps explain the rest as well as bots do */
#define REPEATS_LEAST	5
#define REPEATS_SHARE	20 /* one in so many */
#define REFLECTOR_SEEN                                                                             \
	1000	     /* packets from which not one repeated reflector is a sign of forging         \
		      */
#define TTL_SPREAD 3 /* distances of one host differ by no more than routes do */
#define COUNTRIES  (26 * 26)

/* The sources that do not say themselves what they are, as one. */
struct crowd {
	unsigned n, listed; /* sources; listed ones stand beside them */
	unsigned n_seen;    /* those that the main exporter shows, with so many packets: */
	uint64_t seen, packets, went_on;
	uint128_t squares; /* sum of the squares of each source's packets */
	struct sample_source *top;
	unsigned in_country[COUNTRIES], most_in_country;
};

static void name_source(struct sample_source *s, enum source_kind kind, unsigned basis)
{
	s->kind = kind;
	s->basis = (uint16_t)(basis | (s->went_on ? BASIS_HANDSHAKE : 0));
}

/*
 * That a flood is forged says nothing of a smaller part beside it: the verdict judges groups of
 * packets that make a tenth and more.
 */
static bool is_beside(const struct incident *inc, const struct sample_source *s)
{
	uint64_t all = 0, reflected = 0;

	for (unsigned i = 0; i < inc->f.n_vectors; i++) {
		const struct finding_vector *v = &inc->f.vectors[i];

		all += v->packets;
		if (v->vector == VECTOR_AMPLIFICATION || v->vector == VECTOR_SYNACK_REFLECTION)
			reflected += v->packets;
	}
	return (s->amplified || s->unasked) && (double)reflected < REFLECTED_LEAST * (double)all;
}

/* The verdict on the packets that it sent; of several groups they must be of one mind. */
static enum kind_forged forged_of(const struct kinds_input *in, const struct sample_source *s)
{
	enum kind_forged forged = FORGED_UNKNOWN;
	bool any = false;

	for (unsigned g = 0; g < KIND_GROUPS; g++) {
		if (!(s->groups >> g & 1))
			continue;
		if (any && in->forged_in[g] != forged)
			return FORGED_UNKNOWN;
		forged = in->forged_in[g];
		any = true;
	}
	return forged != FORGED_UNKNOWN ? forged : in->forged;
}

static void name_certain(const struct kinds_input *in, struct sample_source *s)
{
	const struct finding *f = &in->inc->f;
	bool leaves = f->direction == DIRECTION_OUT || f->direction == DIRECTION_INSIDE;

	if (s->own && f->own_known && (leaves || s->inside))
		name_source(s, KIND_CUSTOMERS, BASIS_OWN);
	else if (s->own && f->own_known)
		name_source(s, KIND_UNKNOWN, BASIS_OWN_OUTSIDE);
	else if (forged_of(in, s) == FORGED_YES && !s->went_on && !is_beside(in->inc, s))
		return;
	else if (s->listed)
		name_source(s, KIND_PROXIES, BASIS_LIST);
	else if (s->unasked * 2 > s->packets)
		name_source(s, KIND_REFLECTORS, BASIS_UNASKED);
	else if (s->answers && (s->answers + s->fragments) * 2 > s->packets &&
		 (s->amplified || s->bytes / s->packets >= ANSWER_BYTES))
		name_source(s, KIND_REFLECTORS, BASIS_ANSWERS);
}

/*
 * A large answer comes in fragments, of which only the first has the port. Where the senders of
 * fragments are seen to be reflectors too, more than chance could make them, they all are.
 */
static void name_fragments(struct source_sample *all)
{
	struct sample_source *s;
	unsigned fragments = 0, both = 0;
	uint16_t port = 0;

	for (size_t at = 0; (s = sample_next(all, &at));) {
		fragments += s->fragments > 0;
		if (s->fragments && s->kind == KIND_REFLECTORS && s->port) {
			both++;
			port = s->port;
		}
	}
	if (both < 3 || both * 20 < fragments)
		return;
	for (size_t at = 0; (s = sample_next(all, &at));) {
		if (s->kind != KIND_UNKNOWN || s->fragments * 2 <= s->packets)
			continue;
		s->port = port;
		name_source(s, KIND_REFLECTORS, BASIS_ANSWERS);
	}
}

/* A reflector answers again and again; a thousand different ones and none twice are invented. */
static void doubt_reflectors(struct source_sample *all)
{
	struct sample_source *s;
	uint64_t seen = 0;
	unsigned n = 0;

	for (size_t at = 0; (s = sample_next(all, &at));) {
		if (s->kind != KIND_REFLECTORS)
			continue;
		seen += s->seen;
		n += s->seen > 0;
	}
	if (seen < REFLECTOR_SEEN || seen - n >= 3)
		return;
	for (size_t at = 0; (s = sample_next(all, &at));)
		if (s->kind == KIND_REFLECTORS)
			name_source(s, KIND_UNKNOWN, BASIS_UNSHOWN);
}

static void count_country(struct crowd *c, const struct sample_source *s)
{
	unsigned a = (unsigned)(s->country[0] - 'A'), b = (unsigned)(s->country[1] - 'A'), *n;

	if (a >= 26 || b >= 26 || scope_is_region(s->country))
		return;
	n = &c->in_country[a * 26 + b];
	++*n;
	c->most_in_country = *n > c->most_in_country ? *n : c->most_in_country;
}

static void gather(const struct source_sample *all, struct crowd *c)
{
	struct sample_source *s;

	for (size_t at = 0; (s = sample_next(all, &at));) {
		c->listed += s->kind == KIND_PROXIES;
		if (s->kind != KIND_UNKNOWN || s->basis)
			continue;
		c->n++;
		c->packets += s->packets;
		c->squares += (uint128_t)s->packets * s->packets;
		c->seen += s->seen;
		c->n_seen += s->seen > 0;
		c->went_on += s->went_on ? s->packets : 0;
		if (!c->top || s->packets > c->top->packets)
			c->top = s;
		count_country(c, s);
	}
}

/* The same addresses come again: by chance two of random ones would be equal never. */
static bool repeats(const struct crowd *c)
{
	uint64_t again = c->seen - c->n_seen;

	return again >= REPEATS_LEAST && again * REPEATS_SHARE >= c->seen;
}

static bool has_vector(const struct incident *inc, enum vector v)
{
	for (unsigned i = 0; i < inc->f.n_vectors; i++)
		if (inc->f.vectors[i].vector == v && inc->f.vectors[i].over)
			return true;
	return false;
}

/* Connections that the target answered and the sources went on with. */
static bool completed(const struct incident *inc, const struct crowd *c)
{
	const struct finding *f = &inc->f;

	if (has_vector(inc, VECTOR_CONN_FLOOD) || c->went_on * 2 >= c->packets)
		return true;
	if (has_vector(inc, VECTOR_HTTP_FLOOD))
		return f->answered_packets * 10 >= f->packets;
	return has_vector(inc, VECTOR_SYN_FLOOD) && f->handshakes_visible &&
	       f->handshakes_begun >= BOTS_LEAST && f->handshakes_done * 2 >= f->handshakes_begun;
}

/*
 * Fewer senders than a botnet has: their effective number, 1 over the sum of squared shares
 * (Simpson 1949), so that two that send nearly all and a hundred visitors beside them are two.
 */
static bool is_few(const struct crowd *c)
{
	return c->n < BOTS_LEAST || (uint128_t)c->packets * c->packets < c->squares * BOTS_LEAST;
}

/* What shows the crowd's addresses to be real, or likely so; 0 nothing. */
static unsigned basis_of(const struct kinds_input *in, const struct crowd *c)
{
	unsigned basis = 0;

	bool shown = in->forged == FORGED_NO && !in->reflected;

	if (shown)
		basis |= BASIS_VERDICT;
	if (completed(in->inc, c))
		basis |= BASIS_HANDSHAKE;
	if (shown)
		return basis;
	if (repeats(c))
		basis |= BASIS_REPEATS;
	if (c->n >= COUNTRY_SOURCES && c->most_in_country >= COUNTRY_SHARE * c->n)
		basis |= BASIS_COUNTRY;
	return basis;
}

/* One host has one way to us and one distance, as far as that was seen. */
static bool has_many_ways(const struct incident *inc, const struct sample_source *s)
{
	return (s->links && inc->f.n_exporters == 1) || s->ttl_most - s->ttl_least > TTL_SPREAD;
}

static void name_single(const struct kinds_input *in, struct sample_source *s)
{
	if (in->forged == FORGED_YES && !s->went_on)
		name_source(s, KIND_UNKNOWN, BASIS_FORGED);
	else if (has_many_ways(in->inc, s))
		name_source(s, KIND_UNKNOWN, BASIS_MANY_WAYS);
	else
		name_source(s, KIND_SINGLE,
			    BASIS_ONE | (in->forged == FORGED_NO && !in->reflected ? BASIS_VERDICT
										   : 0));
}

/*
 * Where some or all sources are forged, each must show itself, unless the verdict has its group of
 * packets apart.
 */
static void name_each(const struct kinds_input *in, const struct source_sample *all)
{
	struct sample_source *s;
	unsigned n = 0;

	for (size_t at = 0; (s = sample_next(all, &at));)
		n += s->kind == KIND_UNKNOWN && !s->basis &&
		     (s->went_on || forged_of(in, s) == FORGED_NO);
	for (size_t at = 0; (s = sample_next(all, &at));) {
		bool real = forged_of(in, s) == FORGED_NO;

		if (s->kind != KIND_UNKNOWN || s->basis)
			continue;
		if (!s->went_on && !real)
			name_source(s, KIND_UNKNOWN, BASIS_FORGED);
		else if (n < BOTS_LEAST)
			name_source(s, KIND_UNKNOWN, BASIS_FEW);
		else
			name_source(s, KIND_BOTS, s->went_on ? BASIS_HANDSHAKE : BASIS_VERDICT);
	}
}

static void name_crowd(const struct kinds_input *in, const struct source_sample *all)
{
	struct crowd c = {.n = 0};
	enum source_kind kind = KIND_UNKNOWN;
	struct sample_source *s;
	unsigned basis;

	gather(all, &c);
	if (!c.n)
		return;
	if ((double)c.top->packets >= SINGLE_SHARE * (double)all->packets) {
		name_single(in, c.top);
		c = (struct crowd){.n = 0};
		gather(all, &c);
	}
	if (in->forged == FORGED_YES || in->forged == FORGED_PARTLY) {
		name_each(in, all);
		return;
	}
	basis = basis_of(in, &c);
	if (!basis)
		basis = BASIS_UNSHOWN;
	else if (is_few(&c))
		basis |= BASIS_FEW;
	else if (c.listed >= LISTED_SHARE * (c.listed + c.n))
		basis |= BASIS_LISTED;
	else
		kind = KIND_BOTS;
	for (size_t at = 0; (s = sample_next(all, &at));)
		if (s->kind == KIND_UNKNOWN && !s->basis)
			name_source(s, kind, basis);
}

static void protocol_of(const struct sample_source *s, char out[KIND_PROTOCOL_MAX])
{
	const char *name = s->port ? reflector_name(s->port) : s->icmp ? "icmp" : "tcp";

	if (s->kind != KIND_REFLECTORS)
		out[0] = '\0';
	else if (name)
		snprintf(out, KIND_PROTOCOL_MAX, "%s", name);
	else
		snprintf(out, KIND_PROTOCOL_MAX, "port%u", s->port);
}

/* The part that @s belongs to; what does not fit goes with the last, which is made unknown. */
static struct source_part *part_of(struct source_kinds *out, const struct sample_source *s)
{
	char protocol[KIND_PROTOCOL_MAX];
	struct source_part *p;

	protocol_of(s, protocol);
	for (unsigned i = 0; i < out->n; i++) {
		p = &out->part[i];
		if (p->kind == s->kind && strcmp(p->protocol, protocol) == 0)
			return p;
	}
	if (out->n == KINDS_MAX - 1) {
		p = &out->part[out->n - 1];
		p->kind = KIND_UNKNOWN;
		p->protocol[0] = '\0';
		return p;
	}
	p = &out->part[out->n++];
	*p = (struct source_part){.kind = s->kind, .listed_us = TIME_NONE};
	memcpy(p->protocol, protocol, sizeof(protocol));
	return p;
}

/* Sums of a part while it is made. */
struct sum {
	uint64_t packets, bytes;
	uint64_t shared, completed; /* packets of shared sources, of those with handshakes */
};

static void add_source(struct source_kinds *out, struct sum *sums, const struct sample_source *s)
{
	struct source_part *p = part_of(out, s);
	struct sum *sum = &sums[p - out->part];

	p->count++;
	p->basis |= s->basis;
	sum->packets += s->packets;
	sum->bytes += s->bytes;
	sum->shared += s->shared ? s->packets : 0;
	sum->completed += s->basis & BASIS_HANDSHAKE ? s->packets : 0;
	if (s->kind == KIND_PROXIES && s->listed_us > p->listed_us)
		p->listed_us = s->listed_us;
	if (s->shared)
		out->shared_kinds |= 1u << (s->shared - 1);
	out->never_touch |= s->never;
}

/* Small parts are noise of ordinary traffic: they go with the unknown. */
static void fold_small(struct source_kinds *out, struct sum *sums, uint64_t packets)
{
	struct source_part rest = {.kind = KIND_UNKNOWN, .listed_us = TIME_NONE};
	struct sum rest_sum = {.packets = 0};
	unsigned n = 0;

	for (unsigned i = 0; i < out->n; i++) {
		const struct source_part *p = &out->part[i];

		if (p->kind != KIND_UNKNOWN &&
		    (double)sums[i].packets >= SHARE_LEAST * (double)packets) {
			sums[n] = sums[i];
			out->part[n++] = *p;
			continue;
		}
		rest.count += p->count;
		rest.basis |= p->kind == KIND_UNKNOWN ? p->basis : 0;
		rest_sum.packets += sums[i].packets;
		rest_sum.bytes += sums[i].bytes;
		rest_sum.completed += sums[i].completed;
	}
	if (rest.count) {
		sums[n] = rest_sum;
		out->part[n++] = rest;
	}
	out->n = n;
}

/*
 * Who sends nearly all is counted among all the attack's senders, without the target's visitors:
 * the sample of facts has left those out, and holds as many of the others (doc/facts.md). Without
 * it everybody who sent to the target counts.
 */
static void count_whole(const struct incident *inc, const struct source_sample *all,
			struct source_part *p)
{
	const struct spoof_figures *f = &inc->facts.part[PART_ALL];
	const struct finding_sources *s = &inc->f.sources;
	uint64_t others = all->n - p->count, senders = (uint64_t)f->hosts << f->scale_log2;

	p->count_about = true;
	if (!f->hosts) {
		p->count = s->count > others + p->count ? s->count - others : p->count;
		return;
	}
	p->count = senders > others ? senders - others : senders;
	/* Measured when the attack was smaller: more may have joined. */
	p->count_at_least |= inc->facts.records * 4 < inc->f.records * 3;
}

static void fill_part(const struct incident *inc, const struct source_sample *all,
		      struct source_part *p, const struct sum *sum)
{
	bool nearly_all;

	p->share = (double)sum->packets / (double)all->packets;
	p->mean_bytes = sum->packets ? sum->bytes / sum->packets : 0;
	p->shared = (double)sum->shared > SHARED_LEAST * (double)sum->packets;
	if (sum->completed * 2 < sum->packets)
		p->basis &= (uint16_t)~BASIS_HANDSHAKE; /* a few do not speak for all */
	nearly_all = p->share >= SINGLE_SHARE;
	p->count_at_least =
		p->shared || inc->f.sources.count_at_least || !(all->whole || nearly_all);
	if (p->kind == KIND_SINGLE)
		p->count_at_least = p->shared;
	else if (nearly_all && !all->whole)
		count_whole(inc, all, p);
}

static int compare_parts(const struct source_part *a, const struct source_part *b)
{
	if (a->share > b->share || a->share < b->share)
		return a->share < b->share ? 1 : -1;
	if (a->kind != b->kind)
		return (int)a->kind - (int)b->kind;
	return strcmp(a->protocol, b->protocol);
}

static void sort_parts(struct source_kinds *out)
{
	for (unsigned i = 1; i < out->n; i++) {
		for (unsigned k = i; k > 0; k--) {
			struct source_part swap = out->part[k];

			if (compare_parts(&out->part[k - 1], &out->part[k]) <= 0)
				break;
			out->part[k] = out->part[k - 1];
			out->part[k - 1] = swap;
		}
	}
}

static void fill_parts(const struct kinds_input *in, const struct source_sample *all,
		       struct source_kinds *out)
{
	struct sample_source *s;
	struct sum sums[KINDS_MAX] = {{.packets = 0}};

	for (size_t at = 0; (s = sample_next(all, &at));)
		add_source(out, sums, s);
	fold_small(out, sums, all->packets);
	for (unsigned i = 0; i < out->n; i++)
		fill_part(in->inc, all, &out->part[i], &sums[i]);
	sort_parts(out);
}

static void say_nothing(const struct kinds_input *in, struct source_kinds *out)
{
	out->n = 1;
	out->part[0] = (struct source_part){.kind = KIND_UNKNOWN,
					    .basis = BASIS_NO_RECORDS,
					    .share = 1,
					    .count = in->inc->f.sources.count,
					    .count_about = !in->inc->f.sources.count_exact,
					    .count_at_least = in->inc->f.sources.count_at_least,
					    .listed_us = TIME_NONE};
}

int kinds_judge(const struct kinds_input *in, struct source_kinds *out)
{
	_cleanup_(sample_deinit) struct source_sample all;
	struct sample_source *s;
	int r = sample_read(&all, in);

	*out = (struct source_kinds){.records = all.records, .forged = in->forged};
	if (r)
		return r;
	if (!all.packets) {
		say_nothing(in, out);
		return -ENODATA;
	}
	for (size_t at = 0; (s = sample_next(&all, &at));)
		name_certain(in, s);
	name_fragments(&all);
	doubt_reflectors(&all);
	name_crowd(in, &all);
	fill_parts(in, &all, out);
	kinds_sides(&all, out);
	return kinds_places(&all, out);
}

bool kinds_filter_forbidden(const struct source_kinds *k)
{
	return k->shared_kinds || k->never_touch;
}

double kinds_share(const struct source_kinds *k, enum source_kind kind)
{
	double share = 0;

	for (unsigned i = 0; i < k->n; i++)
		share += k->part[i].kind == kind ? k->part[i].share : 0;
	return share;
}
