/* SPDX-License-Identifier: ISC */
/*
 * Who sends to a followed destination and how: reflector ports by slots and a majority vote,
 * destination ports of a second exactly, senders of HTTP requests by linear counting, sources and
 * their wider units, ingress links. Each map is made when the first thing to put into it comes.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "detect/hot_inside.h"
#include "detect/sources_fast.h"
#include "detect/witness.h"

#define REFLECTORS_LEAST 50 /* senders from one port before it is called amplification */
#define CANDIDATE_AT	 64 /* votes from which an unknown port is followed like a reflector's */

unsigned port_sources(const struct port_slot *p)
{
	unsigned ones = 0;

	for (unsigned i = 0; i < PORT_MAP_BITS / 64; i++)
		ones += (unsigned)__builtin_popcountll(p->sources[i]);
	if (ones == PORT_MAP_BITS)
		return 10 * PORT_MAP_BITS;
	return (unsigned)(-(double)PORT_MAP_BITS *
				  log((double)(PORT_MAP_BITS - ones) / PORT_MAP_BITS) +
			  0.5);
}

bool port_reflects(const struct hot *h, unsigned slot)
{
	const struct port_slot *p = &h->port[slot];
	double seen = port_sources(p), sampled;

	if (!p->used || h->sampling_max <= 1)
		return p->used && seen >= REFLECTORS_LEAST;
	/* Of N even senders, k draws show N (1 - exp(-k / N)). */
	sampled = (double)p->packets / h->sampling_max;
	return seen >= REFLECTORS_LEAST * (1 - exp(-sampled / REFLECTORS_LEAST));
}

static struct port_slot *find_slot(struct hot *h, uint16_t port)
{
	for (unsigned i = 0; i < PORT_SLOTS; i++)
		if (h->port[i].used && h->port[i].port == port)
			return &h->port[i];
	return NULL;
}

/* A free slot, else the one with least traffic in the last 10 s, when that is less than @beat. */
static struct port_slot *claim_slot(struct hot *h, uint16_t port, uint64_t beat)
{
	uint64_t least = UINT64_MAX;
	unsigned at = 0;

	for (unsigned i = 0; i < PORT_SLOTS; i++) {
		uint64_t n;

		if (h->port[i].pinned)
			continue;
		n = h->port[i].used ? meters_sum(&h->meters, METER_PORT + i, h->meters.newest,
						 10 * BINS_PER_S) +
					      1
				    : 0;
		if (n < least) {
			least = n;
			at = i;
		}
	}
	if (least > beat || least == UINT64_MAX)
		return NULL;
	meters_clear(&h->meters, METER_PORT + at);
	if (h->by_link)
		meters_clear(h->by_link, METER_PORT + at);
	if (h->attack && h->attack->witnesses)
		meters_clear(&h->attack->witnesses->meters, METER_PORT + at);
	h->port[at] = (struct port_slot){
		.port = port, .known = reflector_name(port) != NULL, .used = true};
	return &h->port[at];
}

/* Boyer-Moore majority vote: finds the one port that makes up most of the UDP, whatever it is. */
static uint64_t vote(struct hot *h, uint16_t port, uint64_t packets)
{
	if (h->candidate_port == port) {
		h->candidate_lead += (int64_t)packets;
		h->candidate_packets += packets;
	} else {
		h->candidate_lead -= (int64_t)packets;
		if (h->candidate_lead < 0) {
			h->candidate_port = port;
			h->candidate_lead = (int64_t)packets;
			h->candidate_packets = packets;
		}
	}
	if (h->candidate_lead > (int64_t)1 << 32)
		h->candidate_lead /= 2;
	return h->candidate_port == port ? h->candidate_packets : 0;
}

/* A first fragment of no known service counts as a fragment alone. */
static bool has_port(const struct hot_record *r)
{
	const struct flow *f = r->f;

	if ((r->s->flags & FLOW_LATER_FRAGMENT) || f->sport == 0)
		return false;
	return !(r->s->flags & FLOW_FRAGMENT) || reflector_name(f->sport);
}

int track_port_meter(struct hot *h, const struct hot_record *r)
{
	const struct port_slot *p = NULL;

	if (r->f->proto == PROTO_UDP && has_port(r))
		p = find_slot(h, r->f->sport);
	return p ? METER_PORT + (int)(p - h->port) : -1;
}

int track_port_of(struct hot *h, const struct hot_record *r)
{
	struct amount amount = {.n = r->packets};
	const struct flow *f = r->f;
	uint64_t packets = r->packets;
	struct port_slot *p;
	struct view *v;
	struct span s;
	uint64_t voted, bit;
	int e;

	if (!has_port(r))
		return 0;
	voted = vote(h, f->sport, packets);
	p = find_slot(h, f->sport);
	if (!p && (reflector_name(f->sport) || voted >= CANDIDATE_AT)) {
		p = claim_slot(h, f->sport, voted);
		/* What the vote counted before the slot was there belongs to it. */
		if (p && voted > packets)
			packets = voted;
	}
	if (!p)
		return 0;
	if (hot_hears(h, f->exporter, r->entry)) {
		p->packets += packets;
		p->bytes += r->bytes;
	}
	bit = hash_u128(f->src.u, HASH_K0) % PORT_MAP_BITS;
	p->sources[bit / 64] |= UINT64_C(1) << (bit % 64);
	amount.meter = (uint8_t)(METER_PORT + (p - h->port));
	amount.n = packets;
	v = meters_view(&h->meters, f->exporter, LINK_UNKNOWN, r->entry);
	if (!v || !packets || !meters_clip(&h->meters, &r->span, &s))
		return 0;
	e = meters_add(&h->meters, v, &s, &amount, 1);
	v = h->by_link ? meters_view(h->by_link, f->exporter, f->in_link, r->entry) : NULL;
	return e == 0 && v ? meters_add(h->by_link, v, &s, &amount, 1) : e;
}

int track_dport(struct hot *h, const struct hot_record *r)
{
	struct dport_map *m = h->dports;
	/* Samples are too few for single seconds: their ports count over the whole suspicion. */
	int64_t second = h->sampling_max > 1 ? 0 : time_floor_s(r->last_us);
	uint64_t bit = UINT64_C(1) << (r->f->dport % 64);

	if (!m) {
		m = h->dports = calloc(1, sizeof(*m));
		if (!m)
			return -ENOMEM;
	}
	if (second != m->second) {
		memset(m->map, 0, sizeof(m->map));
		m->second = second;
		m->distinct = m->packets = 0;
	}
	m->packets += r->f->packets;
	m->distinct += !(m->map[r->f->dport / 64] & bit);
	m->map[r->f->dport / 64] |= bit;
	if (m->distinct > m->best_distinct) {
		m->best_distinct = m->distinct;
		m->best_packets = m->packets;
	}
	return 0;
}

int track_http(struct hot *h, const struct hot_record *r)
{
	int64_t second = time_floor_s(r->last_us);
	struct http_map *m = h->http;
	uint64_t bit = hash_u128(r->f->src.u, HASH_K1) % HTTP_MAP_BITS;

	if (!m) {
		m = h->http = calloc(1, sizeof(*m));
		if (!m)
			return -ENOMEM;
		m->second = second;
	}
	if (second != m->second) {
		unsigned ones = 0;

		for (unsigned i = 0; i < HTTP_MAP_BITS / 64; i++)
			ones += (unsigned)__builtin_popcountll(m->map[i]);
		ones = ones >= HTTP_MAP_BITS ? HTTP_MAP_BITS - 1 : ones;
		m->best_per_source =
			m->requests /
			fmax(1, -(double)HTTP_MAP_BITS * log(1 - (double)ones / HTTP_MAP_BITS));
		memset(m->map, 0, sizeof(m->map));
		m->requests = 0;
		m->second = second;
	}
	m->requests++;
	m->map[bit / 64] |= UINT64_C(1) << (bit % 64);
	return 0;
}

/* Rounded up. */
static uint32_t each_second(uint32_t packets, uint32_t seconds)
{
	return seconds == 1 ? packets : packets / seconds + (packets % seconds != 0);
}

static void fill_sent(struct hot_record *r)
{
	uint16_t exporter = r->entry ? 0 : r->f->exporter;

	r->sent = (struct sent){.second = time_floor_s(r->last_us),
				.each = each_second(r->f->packets, r->seconds),
				.weight = capped_u32(r->weight),
				.packets = r->packets,
				.counted = r->packets,
				.salt = sent_salt(r->weight, exporter),
				.who = sent_who(exporter, true)};
}

void record_hash(struct hot_record *r)
{
	struct ip wide;

	if (r->hashed)
		return;
	wide = wide_key(&r->f->src);
	r->src_hash = source_hash(&r->f->src);
	r->wide_hash = source_hash(&wide);
	r->tuple = handshake_tuple(r->f, r->src_hash);
	fill_sent(r);
	r->hashed = true;
}

void hot_fetch(const struct hot *h, struct hot_record *r)
{
	enum source_group g = source_group_of(r->f);

	if (!(h->tracked >> g & 1))
		return;
	record_hash(r);
	if (h->handshake && g <= GROUP_TCP)
		handshake_fetch(h->handshake, r->tuple);
	sources_fetch(&h->sources[g], r->src_hash, r->sent.salt);
	if (g == GROUP_SYN)
		sources_fetch(&h->units[UNIT_24], r->wide_hash, r->sent.salt);
}

/* A record of a sender that is looked at: of which connection is it, and what came of that? */
static void track_talk(struct hot *h, const struct hot_record *r, enum source_group g,
		       struct facts_source *s)
{
	struct talk *t = answers_talk(h->answers, handshake_key(r->f, r->src_hash));

	talk_add(t, g == GROUP_SYN, r->f->packets);
	if (t->state & TALK_CONNECTED)
		s->connected = capped_u32((uint64_t)s->connected + r->f->packets);
	if (t->state & TALK_TAKEN)
		s->taken = capped_u32((uint64_t)s->taken + r->f->packets);
}

/* A verdict from a part of the sample would look like any other, so want of memory is passed up. */
static int track_facts(struct hot *h, const struct hot_record *r, enum source_group g)
{
	struct facts_source *s;

	if (!h->lean) {
		if (!h->facts[g])
			h->facts[g] = facts_new();
		if (!h->facts[g])
			return -ENOMEM;
		s = facts_add(h->facts[g], r->f, r->s, r->src_hash, r->first_us, r->last_us);
		if (h->facts[g]->failed)
			return -ENOMEM;
		if (s && h->answers && g <= GROUP_TCP)
			track_talk(h, r, g, s);
	}
	if (g == GROUP_TCP && (r->f->tcp_flags & TH_RST) && h->facts[GROUP_SYN])
		facts_mark(h->facts[GROUP_SYN], &r->f->src, r->src_hash, FACTS_RESET);
	return 0;
}

/* The question to an answer, as far as its connection goes. */
static struct flow asked_of(const struct flow *answer)
{
	return (struct flow){.src = answer->dst,
			     .dst = answer->src,
			     .sport = answer->dport,
			     .dport = answer->sport};
}

/* It came so far with that connection: its packets that wait, and those to come, count so. */
static void credit(struct hot *h, const struct flow *asked, uint64_t hash, enum talk_state state)
{
	struct talk *t = answers_talk(h->answers, handshake_key(asked, hash));

	if (t->state & state)
		return;
	t->state |= (uint8_t)state;
	for (unsigned g = GROUP_SYN; g <= GROUP_TCP; g++) {
		struct facts *f = h->facts[g];
		struct facts_source *s = f ? facts_find(f, &asked->src, hash) : NULL;
		uint32_t *n = !s ? NULL : state == TALK_TAKEN ? &s->taken : &s->connected;

		if (n)
			*n = capped_u32((uint64_t)*n + t->packets[g != GROUP_SYN]);
	}
}

/* A number that was refused was a guess; whoever guessed once is believed nothing more. */
static void take_back(struct hot *h, const struct flow *asked, uint64_t hash)
{
	answers_talk(h->answers, handshake_key(asked, hash))->state = 0;
	for (unsigned g = GROUP_SYN; g <= GROUP_TCP; g++) {
		struct facts *f = h->facts[g];
		struct facts_source *s = f ? facts_find(f, &asked->src, hash) : NULL;

		if (!s)
			continue;
		s->taken = 0;
		s->flags &= (uint8_t)~FACTS_TALKED;
	}
}

/* Its other packets may then be held against where this one came from. */
static void note_distance(struct hot *h, const struct hot_record *r)
{
	for (unsigned g = GROUP_SYN; g <= GROUP_TCP; g++) {
		struct facts *f = h->facts[g];
		struct facts_source *s = f ? facts_find(f, &r->f->src, r->src_hash) : NULL;

		if (!s || !(r->s->flags & FLOW_HAS_TTL))
			continue;
		s->ttls |= UINT32_C(1) << (r->s->ttl % 32);
		s->flags |= FACTS_TALKED;
	}
}

void track_taken(struct hot *h, const struct hot_record *r)
{
	if (!h->answers || !answers_move(h->answers, r->tuple, OFFER_MADE, OFFER_TAKEN))
		return;
	credit(h, r->f, r->src_hash, TALK_TAKEN);
	note_distance(h, r);
}

int track_answer(struct hot *h, const struct hot_record *r)
{
	enum answer a = answer_of(r->f, r->s);
	struct flow asked = asked_of(r->f);
	uint64_t hash;

	if (a == ANSWER_NOT)
		return 0;
	if (!h->answers)
		h->answers = calloc(1, sizeof(*h->answers));
	if (!h->answers)
		return -ENOMEM;
	/* A short connection has one FIN and little else, and must not be missed. */
	if (!answers_count(h->answers, a, r->f->packets) &&
	    (a != ANSWER_ESTABLISHED || !(r->f->tcp_flags & TH_FIN)))
		return 0;
	hash = source_hash(&asked.src);
	if (a == ANSWER_ESTABLISHED)
		credit(h, &asked, hash, TALK_CONNECTED);
	else if (a == ANSWER_SYNACK)
		answers_offer(h->answers, handshake_tuple(&asked, hash));
	else if (answers_move(h->answers, handshake_tuple(&asked, hash), OFFER_TAKEN, OFFER_NONE))
		take_back(h, &asked, hash);
	for (unsigned g = GROUP_SYN; a != ANSWER_ESTABLISHED && g <= GROUP_TCP; g++)
		if (h->facts[g])
			facts_mark(h->facts[g], &asked.src, hash, FACTS_ANSWERED);
	return 0;
}

/* The connection's one request counts among the requests too. */
static int track_request(struct hot *h, const struct hot_record *r, const struct sent *sent)
{
	struct sent n = *sent;

	n.second = time_floor_s(r->first_us);
	n.each = 1;
	n.packets = n.weight;
	n.counted = n.counted ? n.weight : 0;
	return sources_add_fast(&h->sources[GROUP_SYN], &r->f->src, r->src_hash, &n);
}

/* Of the same request, in the second of the connection's last packet. */
static int track_request_units(struct hot *h, const struct hot_record *r, const struct sent *sent)
{
	struct sent n = *sent;

	n.each = 1;
	n.packets = n.weight;
	n.counted = n.counted ? n.weight : 0;
	return track_units(h, r, &n);
}

static int track_sent(struct hot *h, struct hot_record *r, unsigned groups, const struct sent *n)
{
	const struct flow *f = r->f;
	enum source_group g = source_group_of(f);
	int e = 0;

	if (groups >> g & 1) {
		e = sources_add_fast(&h->sources[g], &f->src, r->src_hash, n);
		if (e == 0)
			e = track_facts(h, r, g);
	}
	if (h->level != LEVEL_HOST && e == 0)
		e = sources_add_fast(&h->hosts, &f->dst, source_hash(&f->dst), n);
	if (!(groups >> GROUP_SYN & 1) || e < 0)
		return e;
	if (g == GROUP_SYN)
		return track_units(h, r, n);
	e = track_request(h, r, n);
	return e < 0 ? e : track_request_units(h, r, n);
}

int track_sources(struct hot *h, struct hot_record *r, unsigned groups, bool heard)
{
	struct sent unheard;

	record_hash(r);
	if (heard)
		return track_sent(h, r, groups, &r->sent);
	unheard = r->sent;
	unheard.counted = 0;
	unheard.who &= (uint16_t)~1u;
	return track_sent(h, r, groups, &unheard);
}

void track_link(struct hot *h, const struct run *r)
{
	struct hot_link *l = NULL;
	unsigned i;

	for (i = 0; i < h->n_exporters && h->exporters[i] != r->exporter; i++)
		;
	if (i == h->n_exporters && i < FINDING_EXPORTERS_MAX)
		h->exporters[h->n_exporters++] = r->exporter;
	if (r->link == LINK_UNKNOWN)
		return;
	for (i = 0; i < h->n_links && !l; i++)
		if (h->links[i].link == r->link)
			l = &h->links[i];
	if (!l) {
		if (h->n_links == HOT_LINKS_MAX)
			return;
		l = &h->links[h->n_links++];
		*l = (struct hot_link){.link = r->link, .exporter = r->exporter};
	}
	l->packets += r->packets;
	l->bytes += r->bytes;
}
