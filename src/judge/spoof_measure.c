/* SPDX-License-Identifier: ISC */
/*
 * From a sample of senders to figures. All shares are over senders, not packets, so that one loud
 * sender cannot speak for the others.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "detect/answers.h"
#include "detect/facts.h"
#include "detect/heard.h"
#include "detect/hot.h"
#include "detect/sources.h"
#include "judge/spoof_inside.h"
#include "observe/exporter.h"
#include "place/place.h"

#define PLACED_MAX     1024 /* senders that are looked up in tables of places */
#define PROBES	       512  /* addresses by which the tables' extent is measured */
#define OFTEN_LEAST    3
#define EVEN_LEAST     4
#define COVERED	       4 /* of the attack's records this part at least must be the groups' */
#define NEWS_TIMES     3 /* so many times the records before it is measured anew */
#define STRANGER_TIMES 20
#define STRANGERS_MOST 0.05 /* of the packets */
#define TTL_PLAUSIBLE  40   /* hops */
#define AGAIN_LEAST    3
#define AS_PREFIX      "AS"

/* Senders that are measured together, with what is needed to look them up. */
struct crowd {
	const struct facts_source *s[FACTS_SOURCES];
	unsigned n;
	unsigned level;
};

struct world {
	const struct finding *f;
	const struct places *places;
	const struct conf *conf;
	struct exporters *exporters;
};

static int by_u16(const void *a, const void *b)
{
	return *(const uint16_t *)a - *(const uint16_t *)b;
}

static uint32_t commonest(uint16_t *list, unsigned n)
{
	uint32_t most = 0, run = 0;

	qsort(list, n, sizeof(*list), by_u16);
	for (unsigned i = 0; i < n; i++) {
		run = i && list[i] == list[i - 1] ? run + 1 : 1;
		most = run > most ? run : most;
	}
	return most;
}

static unsigned octet(const struct facts_source *s, unsigned i)
{
	return s->ip.b[12 + i];
}

/* ---- addresses ---- */

/* Private use and shared by carriers (RFC 1918, 6598, 4193), or for benchmarks (RFC 2544). */
static bool is_private(const struct ip *ip)
{
	uint32_t a = ip_v4(ip);

	if (!ip_is_v4(ip))
		return (ip->b[0] & 0xfe) == 0xfc;
	return a >> 24 == 10 || a >> 20 == 0xac1 || a >> 16 == 0xc0a8 ||
	       a >> 22 == 0x64400000 >> 22 || a >> 17 == 0xc6120000 >> 17;
}

/* Never the source of a packet that came from another network (RFC 6890, 1112). */
static bool is_bogon(const struct ip *ip)
{
	uint32_t a = ip_v4(ip);

	if (!ip_is_v4(ip))
		return (ip->b[0] & 0xe0) != 0x20 && !is_private(ip);
	return a >> 24 == 0 || a >> 24 == 127 || a >> 16 == 0xa9fe || a >> 28 >= 14 ||
	       a >> 8 == 0xc00000 || a >> 8 == 0xc00002 || a >> 8 == 0xc63364 || a >> 8 == 0xcb0071;
}

static bool is_public_8(unsigned i)
{
	return i >= 1 && i <= 223 && i != 10 && i != 127;
}

static void measure_space(struct spoof_figures *o, const struct crowd *c, const struct conf *conf)
{
	uint32_t in[256] = {0}, n = 0, bins = 0;
	double each, sum = 0;

	for (unsigned i = 0; i < c->n; i++) {
		const struct ip *ip = &c->s[i]->ip;

		/* What the operator calls its own is somebody's, whatever the registries say. */
		if (!conf_is_own(conf, ip)) {
			o->bogon += is_bogon(ip);
			o->private += is_private(ip);
		}
		if (!ip_is_v4(ip))
			continue;
		o->v4++;
		o->edge_octets += octet(c->s[i], 3) == 0 || octet(c->s[i], 3) == 255;
		if (is_public_8(octet(c->s[i], 0)) && !is_bogon(ip) && !is_private(ip))
			in[octet(c->s[i], 0)]++;
	}
	for (unsigned i = 0; i < 256; i++) {
		n += in[i];
		bins += is_public_8(i);
	}
	each = (double)n / bins;
	for (unsigned i = 0; i < 256 && n; i++)
		sum += is_public_8(i) ? (in[i] - each) * (in[i] - each) / each : 0;
	o->chi8 = sum / (bins - 1);
}

static int by_address(const void *a, const void *b)
{
	const struct ip *x = &(*(const struct facts_source *const *)a)->ip;
	const struct ip *y = &(*(const struct facts_source *const *)b)->ip;
	unsigned at = x->u[0] == y->u[0];
	uint64_t i = __builtin_bswap64(x->u[at]), k = __builtin_bswap64(y->u[at]);

	return (i > k) - (i < k);
}

static bool same_prefix(const struct facts_source *a, const struct facts_source *b, unsigned len)
{
	struct ip x = ip_mask(&a->ip, len), y = ip_mask(&b->ip, len);

	return ip_is_v4(&a->ip) == ip_is_v4(&b->ip) && ip_equal(&x, &y);
}

/* In order of address: pairs of senders in one prefix. */
static uint32_t count_pairs(const struct crowd *c, unsigned v4, unsigned v6)
{
	uint32_t pairs = 0, run = 0;

	for (unsigned i = 1; i < c->n; i++) {
		unsigned len = ip_is_v4(&c->s[i]->ip) ? PREFIX_V4_BASE + v4 : v6;

		run = same_prefix(c->s[i - 1], c->s[i], len) ? run + 1 : 0;
		pairs += run;
	}
	return pairs;
}

/*
 * What is drawn by a die, from a subnet or from a list, comes as evenly as Poisson: of the packets
 * of two of them, neither without one, (a - b)^2 / (a + b) is on average (1 - s 2^(1-s)) / (1 -
 * 2^(1-s)) with s = a + b (binomial, its ends left out). Neighbours, as their rates may be alike.
 */
static void measure_even(struct spoof_figures *o, const struct crowd *c)
{
	double sum = 0, expected = 0;

	for (unsigned i = 1; i < c->n; i++) {
		double x = c->s[i - 1]->packets, y = c->s[i]->packets, s = x + y, end;

		if (s < EVEN_LEAST)
			continue;
		end = exp2(1 - s);
		o->even_n++;
		sum += (x - y) * (x - y) / s;
		expected += (1 - s * end) / (1 - end);
	}
	o->uneven = o->even_n ? sum / expected : 0;
}

/* ---- links ---- */

/*
 * Over how many links they come, and whether neighbours in one /16 (IPv6 /32) come over the same:
 * where packets enter is a matter of who sends them, whatever address they bear.
 */
static void measure_links(struct spoof_figures *o, const struct crowd *c)
{
	uint16_t link[FACTS_SOURCES];
	double squares = 0;

	for (unsigned i = 0; i < c->n && o->link_n < FACTS_SOURCES; i++) {
		const struct facts_source *s = c->s[i];

		if (s->link == LINK_UNKNOWN)
			continue;
		link[o->link_n++] = s->link;
		o->link_again += s->records >= AGAIN_LEAST;
		o->link_several += s->records >= AGAIN_LEAST && s->other_link != LINK_UNKNOWN;
	}
	o->link_top = commonest(link, o->link_n);
	for (unsigned i = 0, run = 1; i < o->link_n; i++, run++) {
		if (i + 1 < o->link_n && link[i + 1] == link[i])
			continue;
		squares += (double)run * run;
		run = 0;
	}
	o->link_chance = o->link_n ? squares / o->link_n / o->link_n : 1;
	for (unsigned i = 1; i < c->n; i++) {
		const struct facts_source *a = c->s[i - 1], *b = c->s[i];
		unsigned len = ip_is_v4(&a->ip) ? PREFIX_V4_BASE + 16 : 32;

		if (a->link == LINK_UNKNOWN || b->link == LINK_UNKNOWN || !same_prefix(a, b, len))
			continue;
		o->link_pairs++;
		o->link_alike += a->link == b->link;
	}
}

/* ---- what the tables of places say ---- */

/* The share of the public address space that a uniform generator would hit in the tables. */
static void measure_tables(struct spoof_figures *o, const struct places *places)
{
	unsigned n = 0, routed = 0, allocated = 0;
	struct place p;

	for (uint32_t i = 0; n < PROBES && i < 4 * PROBES; i++) {
		struct ip ip = ip_from_v4(i * UINT32_C(2654435761) + 12345);

		if (is_bogon(&ip) || is_private(&ip))
			continue;
		place_lookup(places, &ip, &p);
		routed += p.routed == PLACE_YES;
		allocated += p.status == PLACE_ALLOCATED;
		n++;
	}
	o->routed_space = (double)routed / n;
	o->allocated_space = (double)allocated / n;
}

static uint32_t peer_as(struct exporters *t, uint16_t link)
{
	struct link *l = link != LINK_UNKNOWN ? exporters_get_link(t, link) : NULL;
	const char *peer = l && l->conf ? l->conf->peer : "";

	if (strncmp(peer, AS_PREFIX, strlen(AS_PREFIX)) != 0)
		return 0;
	return (uint32_t)strtoul(peer + strlen(AS_PREFIX), NULL, 10);
}

static bool is_neighbour(const struct place *p, uint32_t as)
{
	for (unsigned i = 0; i < p->n_neighbours; i++)
		if (p->neighbours[i] == as)
			return true;
	return false;
}

/* A sender's neighbours held against the link of the sender before: what chance would give. */
static void measure_bgp(struct spoof_figures *o, const struct world *w, const struct place *p,
			const struct facts_source *s, uint32_t *before_as, double *chance)
{
	uint32_t as = peer_as(w->exporters, s->link);

	if (!as || !p->n_neighbours)
		return;
	if (*before_as)
		*chance += is_neighbour(p, *before_as);
	*before_as = as;
	o->bgp_n++;
	o->bgp_match += is_neighbour(p, as);
}

static void measure_places(struct spoof_figures *o, const struct crowd *c, const struct world *w)
{
	unsigned step = c->n / PLACED_MAX + 1;
	uint32_t as = 0;
	double chance = 0;

	measure_tables(o, w->places);
	for (unsigned i = 0; i < c->n; i += step) {
		const struct facts_source *s = c->s[i];
		struct place p;

		if (is_bogon(&s->ip) || is_private(&s->ip))
			continue;
		place_lookup(w->places, &s->ip, &p);
		o->placed++;
		o->unrouted += p.routed == PLACE_NO;
		o->unallocated += p.status == PLACE_AVAILABLE || p.status == PLACE_RESERVED;
		measure_bgp(o, w, &p, s, &as, &chance);
	}
	o->bgp_chance = o->bgp_n > 1 ? chance / (o->bgp_n - 1) : 1;
}

/* ---- TTL ---- */

/* Hops from the least usual first value that it can come from (RFC 1700: 64; others 32, 128, 255).
 */
static bool is_odd_ttl(uint8_t ttl)
{
	unsigned from = ttl <= 64 ? 64 : ttl <= 128 ? 128 : 255;

	return from - ttl > TTL_PLAUSIBLE && !(ttl <= 32 && ttl > 0);
}

static void measure_ttl(struct spoof_figures *o, const struct crowd *c)
{
	uint32_t in[256] = {0}, first = 0, second = 0;
	double chance = 0;

	for (unsigned i = 0; i < c->n; i++) {
		const struct facts_source *s = c->s[i];

		if (!(s->flags & FACTS_HAS_TTL))
			continue;
		o->ttl_n++;
		in[s->ttl]++;
		o->ttl_odd += is_odd_ttl(s->ttl);
		o->ttl_again += s->records >= AGAIN_LEAST;
		if (s->records >= AGAIN_LEAST)
			o->ttl_paths += (uint32_t)__builtin_popcount(s->ttls);
	}
	for (unsigned i = 0; i < 256 && o->ttl_n; i++) {
		double p = (double)in[i] / o->ttl_n;

		o->ttl_values += in[i] > 0;
		o->ttl_bits -= p > 0 ? p * log2(p) : 0;
		chance += p * p;
		second = in[i] > first ? first : in[i] > second ? in[i] : second;
		first = in[i] > first ? in[i] : first;
	}
	o->ttl_top2 = first + second;
	o->ttl_chance = chance;
}

/* Neighbours in one /16 (IPv6 /32) lie mostly behind the same hops. */
static void measure_ttl_pairs(struct spoof_figures *o, const struct crowd *c)
{
	for (unsigned i = 1; i < c->n; i++) {
		const struct facts_source *a = c->s[i - 1], *b = c->s[i];
		unsigned len = ip_is_v4(&a->ip) ? PREFIX_V4_BASE + 16 : 32;

		if (!(a->flags & b->flags & FACTS_HAS_TTL) || !same_prefix(a, b, len))
			continue;
		o->ttl_pairs++;
		o->ttl_alike += a->ttl == b->ttl;
	}
}

/* ---- headers ---- */

static void measure_headers(struct spoof_figures *o, const struct crowd *c)
{
	uint16_t window[FACTS_SOURCES], length[FACTS_SOURCES];

	for (unsigned i = 0; i < c->n && o->heads_n < FACTS_SOURCES; i++) {
		const struct facts_source *s = c->s[i];

		if (!(s->flags & FACTS_IS_PACKET))
			continue;
		window[o->heads_n] = s->window;
		length[o->heads_n++] = s->length;
		o->bare_syn += (s->flags & FACTS_BARE_SYN) != 0;
	}
	o->window_top = commonest(window, o->heads_n);
	o->length_top = commonest(length, o->heads_n);
}

/* ---- what the last day says of their prefixes ---- */

/* Where the same router shows the prefix on other links only, and the sender on this one. */
static bool knows_exporter(const struct world *w, const struct heard_prefix *p, uint16_t link)
{
	struct link *l = exporters_get_link(w->exporters, link), *k;

	for (unsigned i = 0; l && i < HEARD_LINKS; i++) {
		k = p->link[i] != LINK_UNKNOWN ? exporters_get_link(w->exporters, p->link[i])
					       : NULL;
		if (k && k->exporter == l->exporter)
			return true;
	}
	return false;
}

/* Each sender also against what is heard of the one before: what chance would give. */
static void measure_heard(struct spoof_figures *o, const struct crowd *c, const struct world *w)
{
	struct heard_prefix p, before = {0};
	double chance = 0, ttl_chance = 0;

	for (unsigned i = 0; i < c->n; i++) {
		const struct facts_source *s = c->s[i];
		bool has_ttl = s->flags & FACTS_HAS_TTL;

		if (!heard_find(w->f->facts.heard, &s->ip, w->f->updated_us, &p) ||
		    !knows_exporter(w, &p, s->link))
			continue;
		chance += o->heard_n ? heard_over_link(&before, s->link) : 0;
		o->heard_match += heard_over_link(&p, s->link);
		o->heard_n++;
		if (has_ttl && p.hops_min != NO_HOPS) {
			ttl_chance += o->heard_ttl_n ? heard_ttl_fits(&before, s->ttl) : 0;
			o->heard_ttl_match += heard_ttl_fits(&p, s->ttl);
			o->heard_ttl_n++;
		}
		before = p;
	}
	o->heard_chance = o->heard_n > 1 ? chance / (o->heard_n - 1) : 1;
	o->heard_ttl_chance = o->heard_ttl_n > 1 ? ttl_chance / (o->heard_ttl_n - 1) : 1;
}

/* ---- answers and witnesses ---- */

/*
 * Of its packets those of connections themselves; that its address has some shows nothing of the
 * others, unless all came with the connection's own TTL: so does a scanner that connects where a
 * port is open. For the attack as a whole an acknowledged SYN-ACK that was not refused will do.
 */
static uint32_t completed(const struct facts_source *s)
{
	uint32_t n = s->connected > s->taken ? s->connected : s->taken;

	if (s->flags & FACTS_TALKED && s->flags & FACTS_HAS_TTL && __builtin_popcount(s->ttls) == 1)
		return s->packets;
	return n < s->packets ? n : s->packets;
}

static bool is_established(const struct facts_source *s)
{
	return completed(s) > s->packets / 2;
}

static bool came_from_outside(const struct world *w, uint16_t link)
{
	struct link *l = link != LINK_UNKNOWN ? exporters_get_link(w->exporters, link) : NULL;

	return l && l->side == SIDE_OUTSIDE;
}

static void measure_answers(struct spoof_figures *o, const struct crowd *c, const struct world *w)
{
	for (unsigned i = 0; i < c->n; i++) {
		const struct facts_source *s = c->s[i];

		o->answered += (s->flags & FACTS_ANSWERED) != 0;
		o->resets += (s->flags & FACTS_RESET) != 0;
		o->established += is_established(s);
		o->established_packets += completed(s);
		o->darknet +=
			w->conf->n_darknets && prefix_set_find(w->conf->darknet_set, &s->ip, NULL);
		o->own += came_from_outside(w, s->link) && conf_is_own(w->conf, &s->ip);
	}
}

/* ---- all of a part ---- */

/* As they are kept: what is judged now is judged so again from the store. */
static void round_figures(struct spoof_figures *o)
{
	double *const list[] = {&o->uneven,	     &o->link_chance,  &o->routed_space,
				&o->allocated_space, &o->chi8,	       &o->ttl_bits,
				&o->ttl_chance,	     &o->heard_chance, &o->bgp_chance,
				&o->heard_ttl_chance};

	for (unsigned i = 0; i < ARRAY_LEN(list); i++)
		*list[i] = spoof_round(*list[i], SPOOF_FIGURE_DIGITS);
}

static void measure_part(struct spoof_figures *o, struct crowd *c, const struct world *w)
{
	*o = (struct spoof_figures){.n = c->n, .scale_log2 = c->level, .routed_space = 0};
	qsort(c->s, c->n, sizeof(*c->s), by_address);
	for (unsigned i = 0; i < c->n; i++) {
		o->hosts += !i || !ip_equal(&c->s[i]->ip, &c->s[i - 1]->ip);
		o->packets += c->s[i]->packets;
		o->once += c->s[i]->packets <= 1;
		o->twice += c->s[i]->packets == 2;
		o->thrice += c->s[i]->packets == 3;
	}
	measure_space(o, c, w->conf);
	o->pairs24 = count_pairs(c, 24, 64);
	measure_even(o, c);
	o->pairs16 = count_pairs(c, 16, 48);
	measure_ttl(o, c);
	measure_ttl_pairs(o, c);
	measure_headers(o, c);
	measure_links(o, c);
	if (w->places)
		measure_places(o, c, w);
	if (w->f->facts.heard)
		measure_heard(o, c, w);
	measure_answers(o, c, w);
	round_figures(o);
}

/* The groups @of the attack (bits of their index) as one sample: the coarser one's share of all. */
static void gather(struct crowd *c, const struct finding *f, unsigned of,
		   bool (*wanted)(const struct facts_source *))
{
	const struct finding_facts *from = &f->facts;

	c->n = c->level = 0;
	for (unsigned g = 0; g < from->n; g++)
		if (of >> g & 1 && from->group[g]->level > c->level)
			c->level = from->group[g]->level;
	for (unsigned g = 0; g < from->n; g++) {
		for (unsigned i = 0; of >> g & 1 && i < from->group[g]->n; i++) {
			const struct facts_source *s = &from->group[g]->source[i];

			if (c->level && s->hash >> (64 - c->level))
				continue;
			if (c->n < FACTS_SOURCES && (!wanted || wanted(s)))
				c->s[c->n++] = s;
		}
	}
}

/*
 * Where few carry the attack, others of the same group (visitors) are more than they. Who sends a
 * twentieth of what those do who carry it is none of them, as long as all such send little.
 */
static void drop_strangers(struct crowd *c)
{
	double packets = 0, squares = 0, least, dropped = 0;
	unsigned kept = 0;

	for (unsigned i = 0; i < c->n; i++) {
		packets += c->s[i]->packets;
		squares += (double)c->s[i]->packets * c->s[i]->packets;
	}
	least = packets > 0 ? squares / packets / STRANGER_TIMES : 0;
	for (unsigned i = 0; i < c->n; i++)
		dropped += c->s[i]->packets < least ? c->s[i]->packets : 0;
	if (dropped > STRANGERS_MOST * packets)
		return;
	for (unsigned i = 0; i < c->n; i++)
		if (c->s[i]->packets >= least)
			c->s[kept++] = c->s[i];
	c->n = kept;
}

static bool is_once(const struct facts_source *s)
{
	return s->packets <= 1 && !is_established(s);
}

static bool is_often(const struct facts_source *s)
{
	return s->packets >= OFTEN_LEAST || is_established(s);
}

/* Two kinds of senders may be mixed where more are seen once than belong to those seen often. */
static void measure_halves(struct spoof_facts *o, struct crowd *c, const struct world *w,
			   unsigned of)
{
	if (ll_excess(&o->part[PART_ALL]) <= 0)
		return;
	gather(c, w->f, of, is_once);
	measure_part(&o->part[PART_ONCE], c, w);
	gather(c, w->f, of, is_often);
	measure_part(&o->part[PART_OFTEN], c, w);
}

static void measure_ids(struct spoof_figures *o, const struct finding *f, unsigned of)
{
	for (unsigned g = 0; g < f->facts.n; g++) {
		if (!(of >> g & 1))
			continue;
		o->ids_n += f->facts.group[g]->ids;
		o->ids_next += f->facts.group[g]->ids_next;
		o->ids_same += f->facts.group[g]->ids_same;
	}
}

/* The good sample's records as senders, by the same means. 0 or -ENOMEM. */
static int measure_good(struct spoof_facts *o, const struct incident *inc, struct crowd *c,
			const struct world *w)
{
	const struct header_sample *good = &inc->evidence[SAMPLE_GOOD];
	struct facts *f = good->record ? facts_new() : NULL;
	struct finding none = {.facts = {.n = 0}};
	struct world without = *w;
	int r;

	for (unsigned i = 0; f && i < good->n; i++) {
		const struct evidence_record *e = &good->record[i];

		if (!conf_is_own(w->conf, &e->flow.src))
			facts_add(f, &e->flow, &e->side, source_hash(&e->flow.src), e->first_us,
				  e->last_us);
	}
	if (f && f->n) {
		none.facts.group[0] = f;
		none.facts.n = 1;
		without.f = &none;
		gather(c, &none, 1, NULL);
		measure_part(&o->part[PART_GOOD], c, &without);
	}
	r = good->record && (!f || f->failed) ? -ENOMEM : 0;
	facts_free(f);
	return r;
}

/* Of a vector whose packets belong to no followed group others' would be measured. */
static bool covers(const struct finding *f)
{
	uint64_t seen = 0;

	for (unsigned g = 0; g < f->facts.n; g++)
		seen += f->facts.group[g]->seen;
	return seen >= f->records / COVERED;
}

/* ---- groups of packets ---- */

/* Connections and malformed packets are SYNs and others of the same senders. */
static bool is_joined(const struct finding *f)
{
	for (unsigned i = 0; i < f->n_vectors; i++)
		if (f->vectors[i].vector == VECTOR_CONN_FLOOD ||
		    f->vectors[i].vector == VECTOR_HTTP_FLOOD ||
		    f->vectors[i].vector == VECTOR_MALFORMED)
			return true;
	return false;
}

static enum spoof_part part_of_group(const struct finding *f, unsigned g)
{
	static const uint8_t part[GROUP_COUNT] = {[GROUP_SYN] = PART_SYN,
						  [GROUP_TCP] = PART_TCP,
						  [GROUP_UDP] = PART_UDP,
						  [GROUP_OTHER] = PART_OTHER};

	if (f->facts.which[g] == GROUP_SYN && is_joined(f))
		return PART_TCP;
	return (enum spoof_part)part[f->facts.which[g]];
}

/* The groups of each part, as bits, without those that are small beside the others. */
static unsigned main_groups(const struct finding *f, unsigned of[PART_COUNT])
{
	uint64_t packets[PART_COUNT] = {0}, all = 0;
	unsigned every = 0;

	memset(of, 0, PART_COUNT * sizeof(*of));
	for (unsigned g = 0; g < f->facts.n; g++) {
		enum spoof_part p = part_of_group(f, g);

		of[p] |= 1u << g;
		packets[p] += f->facts.group[g]->packets;
		all += f->facts.group[g]->packets;
	}
	for (unsigned p = 0; p < PART_COUNT; p++) {
		of[p] = (double)packets[p] >= PART_LEAST * (double)all ? of[p] : 0;
		every |= of[p];
	}
	return every;
}

static void measure_groups(struct spoof_figures *o, struct crowd *c, const struct world *w,
			   unsigned of)
{
	gather(c, w->f, of, NULL);
	drop_strangers(c);
	measure_part(o, c, w);
	measure_ids(o, w->f, of);
	for (unsigned g = 0; g < w->f->facts.n; g++)
		o->seen += of >> g & 1 ? w->f->facts.group[g]->packets : 0;
}

/*
 * Groups are sampled and thinned each for itself, so that the senders of several cannot be counted
 * together; and some may be forged, others not. Where there is one alone, its halves.
 */
static void measure_attack(struct spoof_facts *o, struct crowd *c, const struct world *w)
{
	unsigned of[PART_COUNT], every = main_groups(w->f, of);

	for (unsigned p = 0; p < PART_COUNT; p++)
		if (p != PART_GOOD)
			o->part[p] = (struct spoof_figures){.n = 0};
	measure_groups(&o->part[PART_ALL], c, w, every);
	for (unsigned p = PART_SYN; p < PART_COUNT; p++)
		if (of[p] && of[p] != every)
			measure_groups(&o->part[p], c, w, of[p]);
	if (!spoof_in_groups(o))
		measure_halves(o, c, w, every);
}

static bool has_news(const struct incident *inc, const struct finding *f)
{
	uint64_t before = inc->facts.records;

	return f->facts.n && (f->state == FINDING_CLOSED || f->records >= NEWS_TIMES * before + 1);
}

static void measure_target(struct spoof_facts *o, const struct finding *f)
{
	const struct ip *target = &f->target.addr;

	/* Where we stand is known to be public where the target is a public own address. */
	o->private_counts = f->own_known && f->direction == DIRECTION_IN && !is_bogon(target) &&
			    !is_private(target);
	o->sampled = f->sampling_max > 1;
	o->both_ways = f->facts.both_ways;
	o->local = f->direction == DIRECTION_OUT || f->direction == DIRECTION_INSIDE;
	o->synacks = f->facts.answers ? f->facts.answers->packets[ANSWER_SYNACK] : 0;
	o->refusals = f->facts.answers ? f->facts.answers->packets[ANSWER_RESET] : 0;
	o->connected = f->facts.answers ? f->facts.answers->packets[ANSWER_ESTABLISHED] : 0;
	o->begun = f->handshakes_visible ? f->handshakes_begun : 0;
	o->done = f->handshakes_visible ? f->handshakes_done : 0;
	o->to_darknet = f->facts.to_darknet;
	o->records = f->records;
}

int spoof_measure(struct incident *inc, const struct finding *f, const struct places *places,
		  const struct conf *conf, struct exporters *exporters)
{
	struct world w = {f, places, conf, exporters};
	struct crowd c; /* 32 KiB of the stack: what is measured does not depend on memory */
	bool measured = has_news(inc, f) && covers(f);
	int r = 0;

	if (measured) {
		measure_target(&inc->facts, f);
		measure_attack(&inc->facts, &c, &w);
		if (!inc->facts.part[PART_GOOD].n)
			r = measure_good(&inc->facts, inc, &c, &w);
	}
	spoof_show_real(inc, f);
	return r ? r : measured;
}
