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

#define SYN_OCTETS     60   /* of the SYN in a flow; nobody has told it */
#define OPENINGS_LEAST 10   /* SYN of a sample, for their lengths to be those of clients */
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

static void make_opening(struct packet_weighed *p, uint16_t octets)
{
	p->e.flow.packets = 1;
	p->e.flow.bytes = octets;
	p->e.flow.tcp_flags = TH_SYN;
	p->firm = true;
}

/* The connection of a packet was opened some time, by a packet that the sample has not. */
static unsigned add_opening(const struct openings *o, unsigned nth, struct packet_weighed *out,
			    unsigned n)
{
	const struct flow *f = &out[0].e.flow;

	if (!o || !asks(f) || out[0].opens > 0 || (f->tcp_flags & (TH_SYN | TH_RST)))
		return n;
	out[n] = out[0];
	out[n].weight = 0;
	out[n].opens = out[0].weight;
	make_opening(&out[n], o->octets[nth % o->n]);
	return n + 1;
}

unsigned weigh_record(const struct evidence_record *e, const struct openings *o, unsigned nth,
		      struct packet_weighed *out)
{
	const struct flow *f = &e->flow;
	double factor = flow_weight(&e->side), packets = f->packets ? f->packets : 1;
	bool open = f->proto == PROTO_TCP && is_opening(f->tcp_flags);
	struct flow *rest;

	out[0] = (struct packet_weighed){.e = *e,
					 .weight = packets * factor,
					 .opens = open ? packets * factor : 0,
					 .firm = f->packets <= 1};
	if (!is_connection(f))
		return add_opening(o, nth, out, 1);
	out[1] = out[0];
	make_opening(&out[0], o ? o->octets[nth % o->n] : SYN_OCTETS);
	out[0].e.flow.tcp_flags = asks(f) ? TH_SYN : TH_SYN | TH_ACK;
	out[0].weight = factor;
	out[0].opens = asks(f) ? factor : 0;
	out[0].firm = false;
	rest = &out[1].e.flow;
	rest->packets--;
	rest->bytes = f->bytes > SYN_OCTETS ? f->bytes - SYN_OCTETS : f->bytes;
	rest->tcp_flags = (uint8_t)(rest->tcp_flags & ~TH_SYN);
	out[1].weight = rest->packets * factor;
	out[1].opens = 0;
	return 2;
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
