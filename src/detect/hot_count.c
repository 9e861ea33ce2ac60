/* SPDX-License-Identifier: ISC */
/*
 * Counting one record for one followed destination: hot_in() for what it is sent, hot_out() for
 * what it sends itself.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "detect/hot_inside.h"

#define ICMP_ECHO_REPLY	 0
#define ICMP6_ECHO_REPLY 129

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

static enum byte_group byte_group_of(const struct flow *f)
{
	if (f->proto == PROTO_TCP)
		return is_syn(f) ? BYTES_SYN : BYTES_TCP;
	return f->proto == PROTO_UDP ? BYTES_UDP : BYTES_OTHER;
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
	e = h->level == LEVEL_HOST ? track_dport(h, r) : 0;
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
		e = track_port_of(h, v, s, r, packets);
	if (e == 0 && r->s->app == APP_HTTP_REQUEST && is_near(h, VECTOR_HTTP_FLOOD))
		e = track_http(h, r);
	if (e == 0)
		e = track_sources(h, r);
	track_link(h, r);
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
