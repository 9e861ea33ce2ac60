/* SPDX-License-Identifier: ISC */
/*
 * Samples as packets with weights. A record of a packet is itself; a flow of TCP is taken apart, so
 * that what opens a connection is not hidden among its other flags.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "act/derive_inside.h"
#include "base/cleanup.h"
#include "base/map.h"

#define SYN_OCTETS     60 /* of the SYN in a flow; nobody has told it */
#define OPENINGS_LEAST 10 /* SYN of a sample, for their lengths to be those of clients */
#define IPV4_OCTETS    20 /* of headers */
#define TCP_OCTETS     20
#define UDP_OCTETS     8
#define IPV6_MORE      20   /* octets that its header has more */
#define CLEAN_MOST     0.02 /* so much of an attack's sample may be ordinary packets */
#define CLEAN_RECORDS  30   /* of one kind in the good sample, to expect anything */
#define CLEAN_MASS     0.5  /* the commonest cells that hold so much of a kind's good packets */
#define PORT_ANY       0xffff
#define PORT_HIGH      32768 /* from here on ports are those of clients */

static bool is_opening(uint8_t flags)
{
	return (flags & (TH_SYN | TH_ACK | TH_RST | TH_FIN)) == TH_SYN;
}

/* A whole connection in one record: what is behind the SYN acknowledges. */
static bool is_connection(const struct flow *f)
{
	return f->proto == PROTO_TCP && f->packets > 1 && (f->tcp_flags & TH_SYN) &&
	       (f->tcp_flags & TH_ACK);
}

/* IPv4 and TCP with the options of an old stack, Windows, Linux, Apple. */
static const uint16_t usual_openings[] = {44, 52, 60, 64};

void openings_of(const struct header_sample *s, struct openings *out)
{
	bool v6 = s->record && s->n && !ip_is_v4(&s->record[0].flow.dst);

	out->n = 0;
	for (unsigned i = 0; s->record && i < s->n && out->n < OPENING_LENGTHS; i++) {
		const struct flow *f = &s->record[i].flow;

		if (f->proto == PROTO_TCP && is_opening(f->tcp_flags) && f->packets == 1 &&
		    f->bytes <= UINT16_MAX)
			out->octets[out->n++] = (uint16_t)f->bytes;
	}
	if (out->n >= OPENINGS_LEAST)
		return;
	out->n = 0;
	for (size_t i = 0; i < ARRAY_LEN(usual_openings); i++)
		out->octets[out->n++] = (uint16_t)(usual_openings[i] + (v6 ? IPV6_MORE : 0));
}

/* A client's packet: the lower port is the service's. */
static bool asks(const struct flow *f)
{
	return f->proto == PROTO_TCP && f->dport < f->sport;
}

static void set_length(struct packet_weighed *p, uint64_t packets, uint64_t octets)
{
	p->e.flow.packets = packets;
	p->e.flow.bytes = octets;
}

static void make_opening(struct packet_weighed *p, uint16_t octets)
{
	set_length(p, 1, octets);
	p->e.flow.tcp_flags = TH_SYN;
	p->shortest = p->longest = octets;
	p->firm = true;
}

/* The connection of a packet was opened some time, by a packet that the sample has not. */
static unsigned add_opening(const struct openings *o, unsigned nth,
			    const struct packet_weighed *whole, struct packet_weighed *out,
			    unsigned n)
{
	const struct flow *f = &whole->e.flow;

	if (!o || !asks(f) || whole->opens > 0 || (f->tcp_flags & (TH_SYN | TH_RST)))
		return n;
	out[n] = *whole;
	out[n].weight = 0;
	out[n].opens = whole->weight;
	make_opening(&out[n], o->octets[nth % o->n]);
	return n + 1;
}

static uint16_t octets16(uint64_t n)
{
	return n < UINT16_MAX ? (uint16_t)n : UINT16_MAX;
}

/* Of a flow's packets one may be as long as the shortest of all others leave it room. */
static void bound_lengths(struct packet_weighed *p)
{
	const struct flow *f = &p->e.flow;
	uint64_t least = (ip_is_v4(&f->dst) ? IPV4_OCTETS : IPV4_OCTETS + IPV6_MORE) +
			 (f->proto == PROTO_TCP ? TCP_OCTETS : UDP_OCTETS);
	uint64_t others = f->packets > 1 ? (f->packets - 1) * least : 0;

	p->longest = octets16(f->bytes > others ? f->bytes - others : f->bytes);
	p->shortest = p->firm || p->longest < least ? p->longest : (uint16_t)least;
}

/* @n of the packets of @rest, which have these flags; the mean length is that of all. */
static void add_part(const struct packet_weighed *rest, double factor, uint64_t n, uint8_t flags,
		     struct packet_weighed *out)
{
	const struct flow *f = &rest->e.flow;
	uint64_t mean = f->bytes / f->packets;

	*out = *rest;
	out->e.flow.tcp_flags = flags;
	set_length(out, n, n * mean);
	out->weight = (double)n * factor;
}

/*
 * Of a client's packets one ends the connection, some carry data and as many only acknowledge: a
 * rule that wants one flag without another hits these and not the flags of all together.
 */
static unsigned split_good(const struct packet_weighed *rest, double factor,
			   struct packet_weighed *out)
{
	const struct flow *f = &rest->e.flow;
	uint8_t plain = (uint8_t)(f->tcp_flags & ~(TH_FIN | TH_RST | TH_PSH));
	uint8_t end = f->tcp_flags & TH_FIN ? TH_FIN : f->tcp_flags & TH_RST;
	uint64_t left = f->packets, data;
	unsigned n = 0;

	if (end) {
		add_part(rest, factor, 1, plain | end, &out[n++]);
		left--;
	}
	data = f->tcp_flags & TH_PSH ? left - left / 2 : 0;
	if (data)
		add_part(rest, factor, data, plain | TH_PSH, &out[n++]);
	if (left > data)
		add_part(rest, factor, left - data, plain, &out[n++]);
	return n;
}

/* A SYN, whose length nobody told, and the rest. */
static void take_opening(struct packet_weighed *rest, double factor, const struct openings *o,
			 unsigned nth, struct packet_weighed *out)
{
	struct flow *f = &rest->e.flow;

	*out = *rest;
	make_opening(out, o ? o->octets[nth % o->n] : SYN_OCTETS);
	out->e.flow.tcp_flags = asks(f) ? TH_SYN : TH_SYN | TH_ACK;
	out->weight = factor;
	out->opens = asks(f) ? factor : 0;
	out->firm = false;
	set_length(rest, f->packets - 1, f->bytes > SYN_OCTETS ? f->bytes - SYN_OCTETS : f->bytes);
	f->tcp_flags = (uint8_t)(f->tcp_flags & ~TH_SYN);
	rest->weight = (double)f->packets * factor;
	bound_lengths(rest);
}

unsigned weigh_record(const struct evidence_record *e, const struct openings *o, unsigned nth,
		      struct packet_weighed *out)
{
	const struct flow *f = &e->flow;
	double factor = flow_weight(&e->side), packets = f->packets ? f->packets : 1;
	bool open = f->proto == PROTO_TCP && is_opening(f->tcp_flags);
	struct packet_weighed whole = {.e = *e,
				       .weight = packets * factor,
				       .opens = open ? packets * factor : 0,
				       .firm = f->packets <= 1,
				       .bounded = o},
			      rest;
	unsigned n = 0;

	bound_lengths(&whole);
	rest = whole;
	if (is_connection(f))
		take_opening(&rest, factor, o, nth, &out[n++]);
	if (o && f->proto == PROTO_TCP && f->packets > 1 && (f->tcp_flags & TH_ACK))
		n += split_good(&rest, factor, &out[n]);
	else
		out[n++] = rest;
	return is_connection(f) ? n : add_opening(o, nth, &whole, out, n);
}

static void add_sums(struct weighed *w, const struct packet_weighed *p)
{
	w->total += p->weight;
	w->squares += p->weight * p->weight;
	w->opens += p->opens;
}

int weigh(const struct header_sample *s, const struct prefix *to, bool good, struct weighed *out)
{
	unsigned n = s->record ? s->n : 0;
	struct openings openings;

	*out = (struct weighed){.n = 0};
	n = n < EVIDENCE_MAX ? n : EVIDENCE_MAX;
	if (!n)
		return 0;
	out->p = calloc((size_t)n * WEIGH_SPLIT_MAX, sizeof(*out->p));
	if (!out->p)
		return -ENOMEM;
	openings_of(s, &openings);
	for (unsigned i = 0; i < n; i++) {
		unsigned more;

		if (!prefix_contains(to, &s->record[i].flow.dst))
			continue;
		more = weigh_record(&s->record[i], good ? &openings : NULL, i, &out->p[out->n]);
		out->records++;
		for (; more; more--)
			add_sums(out, &out->p[out->n++]);
	}
	return 0;
}

void weighed_deinit(struct weighed *w)
{
	free(w->p);
	*w = (struct weighed){.n = 0};
}

double weighed_effective(const struct weighed *w)
{
	double n = w->squares > 0 ? w->total * w->total / w->squares : 0;

	return n < w->records ? n : w->records;
}

double set_weight(const struct packet_set *s, const struct weighed *w)
{
	double sum = 0;

	for (unsigned word = 0; word * 64 < w->n; word++)
		for (uint64_t bits = s->bit[word]; bits; bits &= bits - 1)
			sum += w->p[word * 64 + (unsigned)__builtin_ctzll(bits)].weight;
	return sum;
}

/* ---- what of the attack's sample is ordinary traffic ---- */

/* A kind is what a vector is made of; a cell is one look of its packets. */
struct kind_key {
	uint8_t proto, flags, fragment, type;
};

struct cell_key {
	struct kind_key kind;
	uint16_t dport, octets;
};

struct cell {
	double attack, good;
	unsigned n_good;
	double keep; /* of the attack's weight in it */
};

struct kind_sums {
	double good, attack, ratio, mass, taken;
	unsigned n_good;
};

static struct cell_key cell_of(const struct evidence_record *e)
{
	const struct flow *f = &e->flow;
	uint64_t octets = f->packets ? f->bytes / f->packets : f->bytes;
	struct cell_key k;

	memset(&k, 0, sizeof(k));
	k.kind.proto = f->proto;
	k.kind.flags = f->proto == PROTO_TCP ? f->tcp_flags & 0x3f : 0;
	k.kind.fragment =
		(e->side.flags & FLOW_LATER_FRAGMENT) ? 2 : (e->side.flags & FLOW_FRAGMENT) != 0;
	k.kind.type = e->side.icmp_type;
	k.dport = f->dport >= PORT_HIGH ? PORT_ANY : f->dport;
	k.octets = (uint16_t)(octets > UINT16_MAX ? UINT16_MAX : octets);
	return k;
}

static int count_cells(struct map *cells, const struct weighed *w, bool good)
{
	for (unsigned i = 0; i < w->n; i++) {
		struct cell_key k = cell_of(&w->p[i].e);
		struct cell *c = map_put(cells, &k, NULL);

		if (!c)
			return -ENOMEM;
		*(good ? &c->good : &c->attack) += w->p[i].weight;
		c->n_good += good && w->p[i].weight > 0;
		c->keep = 1;
	}
	return 0;
}

static int sum_kinds(struct map *kinds, const struct map *cells)
{
	const void *key;
	void *value;

	for (size_t at = 0; map_next(cells, &at, &key, &value);) {
		const struct cell *c = value;
		struct kind_sums *k = map_put(kinds, &((const struct cell_key *)key)->kind, NULL);

		if (!k)
			return -ENOMEM;
		k->good += c->good;
		k->attack += c->attack;
		k->n_good += c->n_good;
	}
	return 0;
}

struct ranked_cell {
	const struct cell_key *key;
	const struct cell *cell;
};

static int by_good(const void *a, const void *b)
{
	const struct ranked_cell *x = a, *y = b;

	if (x->cell->good != y->cell->good)
		return x->cell->good > y->cell->good ? -1 : 1;
	return memcmp(x->key, y->key, sizeof(*x->key));
}

/*
 * At most as much of the attack's sample is ordinary as its least share in any of the cells that
 * ordinary packets use most: what the attack adds can only lift it.
 */
static int find_ratios(struct map *kinds, const struct map *cells)
{
	_cleanup_free_ struct ranked_cell *order = calloc(map_count(cells) + 1, sizeof(*order));
	const void *key;
	void *value;
	size_t n = 0;

	if (!order)
		return -ENOMEM;
	for (size_t at = 0; map_next(cells, &at, &key, &value);)
		order[n++] = (struct ranked_cell){key, value};
	qsort(order, n, sizeof(*order), by_good);
	for (size_t i = 0; i < n && order[i].cell->good > 0; i++) {
		struct kind_sums *k = map_get(kinds, &order[i].key->kind);
		double ratio = order[i].cell->attack / order[i].cell->good;

		if (!k || k->n_good < CLEAN_RECORDS || k->mass >= CLEAN_MASS * k->good)
			continue;
		k->ratio = k->mass > 0 && k->ratio < ratio ? k->ratio : ratio;
		k->mass += order[i].cell->good;
	}
	return 0;
}

static void set_keeps(struct map *kinds, const struct map *cells, double total)
{
	const void *key;
	void *value;

	for (size_t at = 0; map_next(cells, &at, &key, &value);) {
		struct cell *c = value;
		struct kind_sums *k = map_get(kinds, &((const struct cell_key *)key)->kind);
		double ordinary = k ? k->ratio * c->good : 0;

		c->keep = c->attack > ordinary ? 1 - ordinary / c->attack : 0;
		if (k)
			k->taken += c->attack * (1 - c->keep);
	}
	for (size_t at = 0; map_next(cells, &at, &key, &value);) {
		const struct kind_sums *k = map_get(kinds, &((const struct cell_key *)key)->kind);

		/* So much is no stray traffic: the attack itself looks like that. */
		if (k && k->taken > CLEAN_MOST * total)
			((struct cell *)value)->keep = 1;
	}
}

static void apply_keeps(struct weighed *w, const struct map *cells)
{
	w->total = w->opens = w->squares = 0;
	for (unsigned i = 0; i < w->n; i++) {
		struct cell_key k = cell_of(&w->p[i].e);
		const struct cell *c = map_get(cells, &k);

		w->p[i].weight *= c ? c->keep : 1;
		w->p[i].opens *= c ? c->keep : 1;
		add_sums(w, &w->p[i]);
	}
}

int weigh_clean(struct weighed *attack, const struct weighed *good)
{
	struct map *cells = map_new(sizeof(struct cell_key), sizeof(struct cell), 0);
	struct map *kinds = map_new(sizeof(struct kind_key), sizeof(struct kind_sums), 0);
	int r = cells && kinds ? count_cells(cells, attack, false) : -ENOMEM;

	r = r == 0 ? count_cells(cells, good, true) : r;
	r = r == 0 ? sum_kinds(kinds, cells) : r;
	r = r == 0 ? find_ratios(kinds, cells) : r;
	if (r == 0) {
		set_keeps(kinds, cells, attack->total);
		apply_keeps(attack, cells);
	}
	map_free(cells);
	map_free(kinds);
	return r;
}
