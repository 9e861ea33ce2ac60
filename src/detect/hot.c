/* SPDX-License-Identifier: ISC */
/*
 * Counting one record for one followed destination. Everything here is lazy: a ring, a map or a
 * table is made when the first thing to put into it comes, so that most followed hosts stay small.
 */
#include "detect/hot.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "detect/attack.h"

#define NEAR		  8    /* a share of the threshold from which the costlier maps are kept */
#define FORGED_SOURCES	  1000 /* so many senders ... */
#define FORGED_EACH	  1.5  /* ... of hardly more than one packet each */
#define ICMP_ECHO_REPLY	  0
#define ICMP6_ECHO_REPLY  129
#define CANDIDATE_AT	  64
#define BASELINE_SECONDS  120
#define BASELINE_LAG_BINS 12

struct hot *hot_new(const struct prefix *key, enum level level, const struct thresholds *th,
		    uint32_t times)
{
	struct hot *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->key.addr =
		key->addr; /* by members: the padding stays zero, keys are compared as bytes */
	h->key.len = key->len;
	h->level = level;
	h->th = th;
	h->times = times;
	h->meters.newest = INT64_MIN;
	h->dirty_first = INT64_MAX;
	h->dirty_last = INT64_MIN;
	h->suspect_us = TIME_NONE;
	h->last_us = h->last_recv_us = h->first_recv_us = TIME_NONE;
	h->baseline_bin = INT64_MIN;
	for (unsigned i = 0; i < GROUP_COUNT; i++)
		h->sources[i] = SOURCES_NULL;
	for (unsigned i = 0; i < UNIT_COUNT; i++)
		h->units[i] = SOURCES_NULL;
	h->hosts = SOURCES_NULL;
	for (unsigned v = 0; v < VECTOR_COUNT; v++)
		h->start_us[v] = h->seen_us[v] = h->shown_us[v] = TIME_NONE;
	return h;
}

static void free_suspicion(struct hot *h)
{
	for (unsigned i = 0; i < GROUP_COUNT; i++)
		sources_deinit(&h->sources[i]);
	for (unsigned i = 0; i < UNIT_COUNT; i++)
		sources_deinit(&h->units[i]);
	sources_deinit(&h->hosts);
	free(h->evidence);
	h->evidence = NULL;
	h->n_evidence = 0;
}

struct hot *hot_free(struct hot *h)
{
	if (!h)
		return NULL;
	free_suspicion(h);
	meters_deinit(&h->meters);
	free(h->handshake);
	free(h->dports);
	free(h->http);
	free(h);
	return NULL;
}

void hot_reset_suspicion(struct hot *h, int64_t us)
{
	free_suspicion(h);
	free(h->dports);
	h->dports = NULL;
	h->tally = (struct tally){0};
	h->n_links = h->n_exporters = 0;
	h->sampling_min = h->sampling_max = 0;
	h->sampling_unknown = false;
	for (unsigned i = 0; i < PORT_SLOTS; i++) {
		h->port[i].packets = h->port[i].bytes = 0;
		memset(h->port[i].sources, 0, sizeof(h->port[i].sources));
	}
	h->suspect_us = us;
}

uint64_t hot_memory(const struct hot *h)
{
	uint64_t n = sizeof(*h) + h->meters.memory + h->hosts.memory;

	for (unsigned i = 0; i < GROUP_COUNT; i++)
		n += h->sources[i].memory;
	for (unsigned i = 0; i < UNIT_COUNT; i++)
		n += h->units[i].memory;
	n += h->handshake ? sizeof(*h->handshake) : 0;
	n += h->dports ? sizeof(*h->dports) : 0;
	n += h->http ? sizeof(*h->http) : 0;
	return n + (h->evidence ? EVIDENCE_MAX * sizeof(*h->evidence) : 0);
}

uint64_t hot_threshold(const struct hot *h, enum vector v, uint16_t port)
{
	uint64_t t = thresholds_pps(h->th, v, port);

	return t >= RATE_NEVER / h->times ? RATE_NEVER : t * h->times;
}

double hot_weight(const struct hot *h, int64_t end, unsigned n)
{
	double weight;

	if (h->sampling_max <= 1)
		return 1;
	weight = meters_weight(&h->meters, end, n);
	return weight >= 1 ? weight : h->sampling_max;
}

static unsigned family_of(uint8_t proto)
{
	switch (proto) {
	case PROTO_TCP:
		return FAMILY_TCP;
	case PROTO_UDP:
		return FAMILY_UDP;
	case PROTO_ICMP:
	case PROTO_ICMP6:
		return FAMILY_ICMP;
	default:
		return FAMILY_OTHER;
	}
}

static bool is_syn(const struct flow *f)
{
	return f->proto == PROTO_TCP && (f->tcp_flags & (TH_SYN | TH_ACK | TH_RST)) == TH_SYN;
}

static enum byte_group byte_group_of(const struct flow *f)
{
	if (f->proto == PROTO_TCP)
		return is_syn(f) ? BYTES_SYN : BYTES_TCP;
	return f->proto == PROTO_UDP ? BYTES_UDP : BYTES_OTHER;
}

enum source_group hot_group(enum vector v)
{
	switch (v) {
	case VECTOR_SYN_FLOOD:
		return GROUP_SYN;
	case VECTOR_UDP_FLOOD:
	case VECTOR_AMPLIFICATION:
	case VECTOR_DNS_QUERY_FLOOD:
	case VECTOR_QUIC_FLOOD:
	case VECTOR_FRAGMENT_FLOOD:
		return GROUP_UDP;
	case VECTOR_ICMP_FLOOD:
	case VECTOR_PROTO_FLOOD:
		return GROUP_OTHER;
	default:
		return GROUP_TCP;
	}
}

static enum source_group source_group_of(const struct flow *f)
{
	if (f->proto == PROTO_TCP)
		return is_syn(f) ? GROUP_SYN : GROUP_TCP;
	return f->proto == PROTO_UDP ? GROUP_UDP : GROUP_OTHER;
}

/* Seconds that a record's packets are spread over, at least 1. */
static uint32_t seconds_of(const struct hot_record *r)
{
	int64_t s = (r->last_us - r->first_us) / US_PER_S;

	return s < 1 ? 1 : s > UINT32_MAX ? UINT32_MAX : (uint32_t)s;
}

static uint64_t weighted(uint64_t n, uint64_t weight)
{
	uint64_t out;

	return __builtin_mul_overflow(n, weight, &out) ? UINT64_MAX >> UNIT_SHIFT : out;
}

static void note_vector(struct hot *h, const struct hot_record *r, enum vector v, uint64_t packets)
{
	uint64_t all = r->f->packets ? weighted(r->f->packets, r->weight) : 1;

	h->tally.packets[v] += packets;
	h->tally.bytes[v] += packets >= all ? weighted(r->f->bytes, r->weight)
					    : (uint64_t)((double)r->f->bytes * (double)r->weight *
							 ((double)packets / (double)all));
	h->running[v] += packets / seconds_of(r) + (packets % seconds_of(r) != 0);
	h->arriving[v] += packets;
	h->last_vectors |= 1u << v;
	if (h->shown_us[v] == TIME_NONE)
		h->shown_us[v] = r->recv_us;
	/* A run begins after two seconds without the vector: its start is known to the microsecond.
	 */
	if (h->seen_us[v] == TIME_NONE || r->first_us > h->seen_us[v] + 2 * US_PER_S)
		h->start_us[v] = r->first_us;
	else if (r->first_us < h->start_us[v])
		h->start_us[v] = r->first_us;
	if (h->seen_us[v] == TIME_NONE || r->last_us > h->seen_us[v])
		h->seen_us[v] = r->last_us;
}

static int count_meter(struct hot *h, struct view *v, const struct span *s, unsigned meter,
		       uint64_t packets)
{
	return s && v && packets ? meters_add(&h->meters, v, meter, s, packets) : 0;
}

static bool is_near(const struct hot *h, enum vector v)
{
	uint64_t t = hot_threshold(h, v, 0);

	return t != RATE_NEVER && h->running[v] >= t / NEAR;
}

static int count_handshake(struct hot *h, struct view *v, const struct span *s,
			   const struct hot_record *r)
{
	const struct flow *f = r->f;
	bool packet = r->s->flags & FLOW_IS_PACKET, done = false, data = false;
	int e;

	if (packet && r->weight == 1) {
		if (!h->handshake && is_near(h, VECTOR_SYN_FLOOD)) {
			h->handshake = calloc(1, sizeof(*h->handshake));
			if (!h->handshake)
				return -ENOMEM;
		}
		if (h->handshake && is_syn(f))
			handshake_syn(h->handshake, f, r->last_us);
		else if (h->handshake && (f->tcp_flags & (TH_ACK | TH_SYN | TH_RST)) == TH_ACK) {
			done = handshake_ack(h->handshake, f, r->last_us);
			if (r->s->flags & FLOW_HAS_PAYLOAD)
				data = handshake_data(h->handshake, f, r->last_us);
		}
	} else if (r->weight == 1 && record_holds_syn(f, r->s) && (f->tcp_flags & TH_ACK)) {
		done = true;
		data = f->tcp_flags & TH_PSH;
	}
	if (done) {
		h->tally.done++;
		note_vector(h, r, VECTOR_CONN_FLOOD, 1);
		e = count_meter(h, v, s, METER_DONE, 1);
		if (e == 0)
			e = count_meter(h, v, s, VECTOR_CONN_FLOOD, 1);
		if (e < 0)
			return e;
	}
	return data ? count_meter(h, v, s, METER_DATA, 1) : 0;
}

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

static struct port_slot *find_slot(struct hot *h, uint16_t port)
{
	for (unsigned i = 0; i < PORT_SLOTS; i++)
		if (h->port[i].used && h->port[i].port == port)
			return &h->port[i];
	return NULL;
}

static void clear_slot_rings(struct hot *h, unsigned slot)
{
	for (unsigned i = 0; i < h->meters.n_views; i++)
		if (h->meters.view[i].ring[METER_PORT + slot])
			memset(h->meters.view[i].ring[METER_PORT + slot], 0,
			       RING_BINS * sizeof(uint32_t));
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
	clear_slot_rings(h, at);
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

static int count_port(struct hot *h, struct view *v, const struct span *s,
		      const struct hot_record *r, uint64_t packets)
{
	const struct flow *f = r->f;
	struct port_slot *p;
	uint64_t voted, bit;

	if (f->proto != PROTO_UDP || (r->s->flags & FLOW_LATER_FRAGMENT) || f->sport == 0)
		return 0;
	/* A first fragment of no known service counts as a fragment alone. */
	if ((r->s->flags & FLOW_FRAGMENT) && !reflector_name(f->sport))
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
	p->packets += packets;
	p->bytes += weighted(f->bytes, r->weight);
	bit = hash_u128(f->src.u, HASH_K0) % PORT_MAP_BITS;
	p->sources[bit / 64] |= UINT64_C(1) << (bit % 64);
	return count_meter(h, v, s, METER_PORT + (unsigned)(p - h->port), packets);
}

static int count_dport(struct hot *h, const struct hot_record *r)
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

static int count_http(struct hot *h, const struct hot_record *r)
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

static struct ip unit_key(const struct hot_record *r, enum source_unit unit)
{
	bool v4 = ip_is_v4(&r->f->src);

	switch (unit) {
	case UNIT_24: /* IPv6: the /64 */
		return ip_mask(&r->f->src, v4 ? PREFIX_V4_BASE + 24 : 64);
	case UNIT_8: /* IPv6: the /32, what one registry holder has */
		return ip_mask(&r->f->src, v4 ? PREFIX_V4_BASE + 8 : 32);
	case UNIT_AS:
		return ip_from_v4(r->s->src_as);
	default:
		return ip_from_v4(r->f->in_link);
	}
}

static int count_sources(struct hot *h, const struct hot_record *r)
{
	const struct flow *f = r->f;
	enum source_group g = source_group_of(f);
	uint32_t each = f->packets / seconds_of(r) + (f->packets % seconds_of(r) != 0);
	uint32_t weight = r->weight > UINT32_MAX ? UINT32_MAX : (uint32_t)r->weight;
	uint64_t packets = weighted(f->packets, r->weight);
	int64_t second = time_floor_s(r->last_us);
	int e = sources_add(&h->sources[g], &f->src, second, each, weight, packets);

	if (g == GROUP_TCP && e == 0 && record_holds_syn(f, r->s)) {
		/* The connection's one request counts among the requests too. */
		e = sources_add(&h->sources[GROUP_SYN], &f->src, time_floor_s(r->first_us), 1,
				weight, weight);
		g = GROUP_SYN;
		each = 1;
		packets = weight;
	}
	if (h->level != LEVEL_HOST && e == 0)
		e = sources_add(&h->hosts, &f->dst, second, each, weight, packets);
	if (g != GROUP_SYN)
		return e;
	for (int unit = UNIT_24; unit < UNIT_COUNT && e == 0; unit++) {
		struct ip key = unit_key(r, (enum source_unit)unit);

		if (unit == UNIT_AS && !r->s->src_as)
			continue;
		if (unit == UNIT_LINK && f->in_link == LINK_UNKNOWN)
			continue;
		e = sources_add(&h->units[unit], &key, second, each, weight, packets);
	}
	return e;
}

static void count_link(struct hot *h, const struct hot_record *r)
{
	struct hot_link *l = NULL;
	unsigned i;

	for (i = 0; i < h->n_exporters && h->exporters[i] != r->f->exporter; i++)
		;
	if (i == h->n_exporters && i < FINDING_EXPORTERS_MAX)
		h->exporters[h->n_exporters++] = r->f->exporter;
	if (r->f->in_link == LINK_UNKNOWN)
		return;
	for (i = 0; i < h->n_links && !l; i++)
		if (h->links[i].link == r->f->in_link)
			l = &h->links[i];
	if (!l) {
		if (h->n_links == HOT_LINKS_MAX)
			return;
		l = &h->links[h->n_links++];
		*l = (struct hot_link){.link = r->f->in_link, .exporter = r->f->exporter};
	}
	l->packets += weighted(r->f->packets, r->weight);
	l->bytes += weighted(r->f->bytes, r->weight);
}

/* True when the record just counted is of a vector that comes at a quarter of its threshold. */
static bool wants_evidence(const struct hot *h)
{
	for (int v = 0; v < VECTOR_COUNT; v++) {
		uint64_t t = hot_threshold(h, (enum vector)v, 0);

		if (h->last_vectors >> v & 1 && t != RATE_NEVER && h->running[v] >= t / 4)
			return true;
	}
	return h->th->any_pps != RATE_NEVER && h->running[VECTOR_COUNT] >= h->th->any_pps / 4;
}

static int keep_evidence(struct hot *h, const struct hot_record *r)
{
	int e;

	if (!wants_evidence(h))
		return 0;
	e = h->level == LEVEL_HOST ? count_dport(h, r) : 0;
	if (e < 0 || h->n_evidence == EVIDENCE_MAX)
		return e;
	if (!h->evidence) {
		h->evidence = malloc(EVIDENCE_MAX * sizeof(*h->evidence));
		if (!h->evidence)
			return -ENOMEM;
	}
	h->evidence[h->n_evidence++] = (struct evidence_record){.first_us = r->first_us,
								.last_us = r->last_us,
								.recv_us = r->recv_us,
								.flow = *r->f,
								.side = *r->s};
	return 0;
}

/* A vector is quiet while fewer than 1/QUIET_SHARE of its threshold arrive in a quarter second. */
#define QUIET_SHARE 64

static void turn_slot(struct hot *h, const struct hot_record *r)
{
	int64_t slot = bin_of(r->recv_us);

	if (slot == h->current_slot)
		return;
	for (int v = 0; v < VECTOR_COUNT; v++) {
		uint64_t t = hot_threshold(h, (enum vector)v, 0);

		if (slot > h->current_slot + 1 || t == RATE_NEVER ||
		    h->arriving[v] * QUIET_SHARE < t)
			h->shown_us[v] = TIME_NONE;
		h->arriving[v] = 0;
	}
	h->current_slot = slot;
}

static void turn_second(struct hot *h, const struct hot_record *r)
{
	int64_t second = time_floor_s(r->recv_us);

	turn_slot(h, r);
	if (second == h->current_second)
		return;
	h->current_second = second;
	memset(h->running, 0, sizeof(h->running));
}

static void note_times(struct hot *h, const struct hot_record *r, const struct span *s)
{
	if (h->first_recv_us == TIME_NONE)
		h->first_recv_us = r->recv_us;
	h->last_recv_us = r->recv_us;
	if (h->last_us == TIME_NONE || r->last_us > h->last_us)
		h->last_us = r->last_us;
	if (h->suspect_us == TIME_NONE)
		h->suspect_us = r->first_us;
	if (s && s->first < h->dirty_first)
		h->dirty_first = s->first;
	if (s && s->last > h->dirty_last)
		h->dirty_last = s->last;
}

static void note_sampling(struct hot *h, const struct hot_record *r)
{
	uint32_t w = r->weight > UINT32_MAX ? UINT32_MAX : (uint32_t)r->weight;

	if (!(r->s->flags & FLOW_IS_PACKET))
		h->has_flows = true;
	if (!(r->s->flags & FLOW_SAMPLING_KNOWN))
		h->sampling_unknown = true;
	if (!h->sampling_min || w < h->sampling_min)
		h->sampling_min = w;
	if (w > h->sampling_max)
		h->sampling_max = w;
}

static int count_vectors(struct hot *h, struct view *v, const struct span *s,
			 const struct hot_record *r)
{
	unsigned family = family_of(r->f->proto);
	int e = 0;

	for (unsigned i = 0; i < VECTOR_COUNT && e == 0; i++) {
		const struct detector *d = detectors[i];
		uint64_t n;

		if (!d->count || !(d->families & family))
			continue;
		n = weighted(d->count(r->f, r->s), r->weight);
		if (!n)
			continue;
		note_vector(h, r, d->vector, n);
		e = count_meter(h, v, s, i, n);
	}
	return e;
}

static int count_totals(struct hot *h, struct view *v, const struct span *s,
			const struct hot_record *r, uint64_t packets)
{
	const struct flow *f = r->f;
	int e = count_meter(h, v, s, METER_PACKETS, packets);

	if (e == 0 && h->sampling_max > 1)
		e = count_meter(h, v, s, METER_SAMPLED, f->packets);
	if (e == 0 && f->proto == PROTO_TCP)
		e = count_meter(h, v, s, METER_TCP,
				weighted(detectors[VECTOR_ACK_FLOOD]->count(f, r->s), r->weight));
	if (e == 0 && s && v)
		e = meters_add_bytes(&h->meters, v, byte_group_of(f), s,
				     weighted(f->bytes, r->weight));
	return e;
}

int hot_in(struct hot *h, const struct hot_record *r)
{
	uint64_t packets = weighted(r->f->packets, r->weight);
	struct span span, *s = NULL;
	struct view *v;
	int e;

	turn_second(h, r);
	e = hot_advance(h, bin_of(r->last_us));
	if (e < 0)
		return e;
	if (meters_span(&h->meters, r->spread_first_us, r->spread_last_us, &span))
		s = &span;
	else
		h->late++;
	note_times(h, r, s);
	note_sampling(h, r);
	v = meters_view(&h->meters, r->f->exporter, r->f->in_link, r->entry);
	if (v && r->weight > v->weight)
		v->weight = r->weight > UINT32_MAX ? UINT32_MAX : (uint32_t)r->weight;
	h->last_vectors = 0;
	h->tally.records++;
	h->tally.all_packets += packets;
	h->tally.own_source += r->own_source ? packets : 0;
	h->tally.syn += is_syn(r->f) ? packets : 0;
	h->running[VECTOR_COUNT] += packets / seconds_of(r);
	e = count_totals(h, v, s, r, packets);
	if (e == 0)
		e = count_vectors(h, v, s, r);
	if (e == 0 && r->f->proto == PROTO_TCP)
		e = count_handshake(h, v, s, r);
	if (e == 0)
		e = count_port(h, v, s, r, packets);
	if (e == 0 && r->s->app == APP_HTTP_REQUEST && is_near(h, VECTOR_HTTP_FLOOD))
		e = count_http(h, r);
	if (e == 0)
		e = count_sources(h, r);
	count_link(h, r);
	return e < 0 ? e : keep_evidence(h, r);
}

int hot_out(struct hot *h, const struct hot_record *r)
{
	uint64_t packets = weighted(r->f->packets, r->weight);
	const struct flow *f = r->f;
	unsigned meter = METER_OUT_OTHER;
	struct span s;
	struct view *v;
	int e;

	e = hot_advance(h, bin_of(r->last_us));
	if (e < 0)
		return e;
	if (!meters_span(&h->meters, r->spread_first_us, r->spread_last_us, &s))
		return 0;
	h->tally.answered += packets;
	/* Replies to pings are no reason for more pings; without a type (0) it may be one. */
	if ((f->proto == PROTO_ICMP && r->s->icmp_type == ICMP_ECHO_REPLY) ||
	    (f->proto == PROTO_ICMP6 && r->s->icmp_type == ICMP6_ECHO_REPLY))
		return 0;
	/* Own answers come in over another interface; a view of their own keeps the rings apart. */
	v = meters_view(&h->meters, f->exporter, f->in_link, r->entry);
	if (!v)
		return 0;
	if (f->proto == PROTO_TCP) {
		if (f->tcp_flags & TH_RST)
			return 0;
		meter = METER_OUT_TCP;
		if (is_syn(f)) {
			e = meters_add(&h->meters, v, METER_OUT_SYN, &s, packets);
			if (e < 0)
				return e;
		}
	} else if (f->proto == PROTO_UDP) {
		meter = METER_OUT_UDP;
	}
	return meters_add(&h->meters, v, meter, &s, packets);
}

void hot_learn(struct hot *h, int64_t bin)
{
	int64_t to = bin - BASELINE_LAG_BINS;

	if (h->baseline_bin == INT64_MIN) {
		/* The first second is seen in part only. */
		h->baseline_bin = h->meters.newest + BINS_PER_S - h->meters.newest % BINS_PER_S;
		return;
	}
	if (to - h->baseline_bin > RING_BINS)
		h->baseline_bin = to - RING_BINS;
	for (; h->baseline_bin + BINS_PER_S <= to; h->baseline_bin += BINS_PER_S) {
		double a = h->baseline_s < BASELINE_SECONDS ? 1.0 / (h->baseline_s + 1)
							    : 1.0 / BASELINE_SECONDS;

		for (unsigned m = 0; m < METER_COUNT; m++) {
			double now = (double)meters_sum(
				&h->meters, m, h->baseline_bin + BINS_PER_S - 1, BINS_PER_S);

			h->baseline[m] += a * (now - h->baseline[m]);
		}
		h->baseline_s++;
	}
}

bool hot_forged_like(struct hot *h, enum source_group g, uint64_t packets)
{
	bool exact;

	if (h->sampling_max > 1)
		return false;
	if (h->forged_bin[g] != h->meters.newest) {
		uint64_t n = sources_count(&h->sources[g], &exact);

		h->forged_bin[g] = h->meters.newest;
		h->forged[g] = n >= FORGED_SOURCES && (double)packets < FORGED_EACH * (double)n;
	}
	return h->forged[g];
}
