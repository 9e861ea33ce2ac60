/* SPDX-License-Identifier: ISC */
/*
 * Counting one record for one followed destination: hot_in() for what it is sent, hot_out() for
 * what it sends itself. Most records belong to nothing near a threshold: they change a few rows of
 * the ring and the notes of their vectors. Senders, ports and headers are only kept of vectors that
 * come near one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "detect/hot_inside.h"

static enum byte_group byte_group_of(const struct flow *f)
{
	if (f->proto == PROTO_TCP)
		return is_syn(f) ? BYTES_SYN : BYTES_TCP;
	return f->proto == PROTO_UDP ? BYTES_UDP : BYTES_OTHER;
}

/* What concerns this record alone, beside its run. */
static int count_some(struct hot *h, const struct hot_record *r, const struct amount *list,
		      unsigned n)
{
	struct view *v = meters_view(&h->meters, r->f->exporter, LINK_UNKNOWN, r->entry);
	struct span s;

	return v && meters_clip(&h->meters, &r->span, &s) ? meters_add(&h->meters, v, &s, list, n)
							  : 0;
}

/* A completed handshake in captured packets: the SYN was seen before. */
static int count_handshake(struct hot *h, struct hot_record *r)
{
	struct amount list[2] = {{VECTOR_CONN_FLOOD, 1}, {METER_DATA, 1}};
	const struct flow *f = r->f;
	bool done, data = false;

	if (!h->handshake) {
		if (!is_near(h, VECTOR_SYN_FLOOD))
			return 0;
		h->handshake = calloc(1, sizeof(*h->handshake));
		if (!h->handshake)
			return -ENOMEM;
	}
	record_hash(r);
	if (is_syn(f)) {
		handshake_syn(h->handshake, r->tuple, r->last_us);
		return 0;
	}
	if ((f->tcp_flags & (TH_ACK | TH_SYN | TH_RST)) != TH_ACK)
		return 0;
	done = handshake_ack(h->handshake, r->tuple, r->last_us);
	if (done)
		track_taken(h, r);
	if (r->s->flags & FLOW_HAS_PAYLOAD)
		data = handshake_data(h->handshake, r->tuple, r->last_us);
	if (done && h->noted)
		hot_note_connection(h, r);
	h->note[VECTOR_CONN_FLOOD].running += done;
	h->gained += done ? h->inverse[VECTOR_CONN_FLOOD] : 0;
	return done || data ? count_some(h, r, done ? list : list + 1, done + data) : 0;
}

static int count_in_view(struct meters *m, const struct run *r, uint16_t link, const struct span *s)
{
	struct view *v = meters_view(m, r->exporter, link, r->entry);

	if (!v)
		return 0;
	if (r->weight > v->weight)
		v->weight = capped_u32(r->weight);
	return meters_add(m, v, s, r->amount, r->n_amounts);
}

static int count_meters(struct hot *h, struct run *r)
{
	struct span s;
	int e;

	if (!meters_clip(&h->meters, &r->span, &s)) {
		h->late += r->records;
		return 0;
	}
	if (s.first < h->dirty_first)
		h->dirty_first = s.first;
	if (s.last > h->dirty_last)
		h->dirty_last = s.last;
	r->amount[r->n_amounts++] = (struct amount){METER_BYTES + r->byte_group, r->bytes};
	if (h->sampling_max > 1)
		r->amount[r->n_amounts++] = (struct amount){METER_SAMPLED, r->sampled};
	e = count_in_view(&h->meters, r, LINK_UNKNOWN, &s);
	return e == 0 && h->by_link ? count_in_view(h->by_link, r, r->link, &s) : e;
}

/*
 * For its prefixes: counting each packet of a flood three times took two fifths of its cost. UDP
 * they count themselves, for each may come from another reflector's port.
 */
static void pass(struct hot *h, const struct run *r)
{
	if (h->n_passed == PASSED_MAX)
		h->late += r->records;
	else
		h->passed[h->n_passed++] = *r;
}

static int flush_run(struct hot *h)
{
	struct run *r = &h->run;

	if (!r->open)
		return 0;
	r->open = false;
	if (h->attack && h->level == LEVEL_HOST && r->byte_group != BYTES_UDP)
		pass(h, r);
	hot_note_times(h, r);
	hot_note_sampling(h, r);
	hot_note_rates(h, r);
	if (h->noted) {
		hot_note_tally(h, r);
		track_link(h, r);
	}
	return count_meters(h, r);
}

int hot_flush(struct hot *h)
{
	int e = flush_run(h);

	return e == 0 ? units_settle(h) : e;
}

static void run_fill(struct run *r, const struct hot_record *from)
{
	bool one_bin = from->span.first == from->span.last;

	r->open = true;
	r->entry = from->entry;
	r->own_source = from->own_source;
	r->known = from->s->flags & FLOW_SAMPLING_KNOWN;
	r->packet = from->s->flags & FLOW_IS_PACKET;
	r->syn = is_syn(from->f);
	r->byte_group = byte_group_of(from->f);
	r->exporter = from->f->exporter;
	r->link = from->f->in_link;
	r->like = one_bin ? from->like : 0;
	r->seconds = from->seconds;
	r->n_amounts = from->n_amounts;
	r->weight = from->weight;
	r->span = from->span;
	r->last_bin = from->last_bin;
	r->recv_bin = from->recv_bin;
	r->first_us = from->first_us;
	r->last_us = from->last_us;
	r->recv_first_us = r->recv_last_us = from->recv_us;
	r->records = 1;
	r->packets = from->packets;
	r->bytes = from->bytes;
	r->sampled = from->f->packets;
	memcpy(r->amount, from->amount, from->n_amounts * sizeof(from->amount[0]));
}

static bool run_takes(const struct run *r, const struct hot_record *from)
{
	return r->open && r->like && r->like == from->like && r->weight == from->weight &&
	       r->span.first == from->span.first && r->span.last == from->span.last &&
	       r->recv_bin == from->recv_bin &&
	       (r->kept || (r->packets < r->room_packets && r->bytes < r->room_bytes));
}

static void run_add(struct run *r, const struct hot_record *from)
{
	r->first_us = from->first_us < r->first_us ? from->first_us : r->first_us;
	r->last_us = from->last_us > r->last_us ? from->last_us : r->last_us;
	r->recv_last_us = from->recv_us;
	r->records++;
	r->packets += from->packets;
	r->bytes += from->bytes;
	r->sampled += from->f->packets;
	for (unsigned i = 0; i < r->n_amounts; i++)
		r->amount[i].n += from->amount[i].n;
}

static int keep_evidence(struct hot *h, const struct hot_record *r)
{
	int e = h->level == LEVEL_HOST && h->run.heard ? track_dport(h, r) : 0;

	return e < 0 || h->lean ? e : hot_evidence(h, r);
}

static unsigned groups_of(const struct hot_record *r)
{
	unsigned group = 1u << source_group_of(r->f);

	return record_holds_syn(r->f, r->s) ? group | 1u << GROUP_SYN : group;
}

int hot_want(struct hot *h, unsigned groups)
{
	h->wanted |= (uint8_t)(groups & ~h->tracked);
	return h->wanted && !h->by_link ? hot_split(h) : 0;
}

/*
 * Who sends it, and its header: only while something of it is near. What was not kept before is
 * asked of the shard (h->wanted), which looks back; this very record is among what it finds.
 */
static int keep(struct hot *h, struct hot_record *r)
{
	unsigned groups = groups_of(r);
	int e = 0;

	if (h->run.kept && (groups & ~h->tracked)) {
		/* Counted before the notes begin, so that the look back notes it once. */
		e = h->noted ? 0 : flush_run(h);
		if (e == 0)
			e = hot_want(h, groups);
		if (e < 0)
			return e;
	}
	if (groups & h->tracked)
		e = track_sources(h, r, groups & h->tracked, h->run.heard);
	return e < 0 || !h->run.kept ? e : keep_evidence(h, r);
}

/* Into the run that is open, or into a new one. */
static int count_run(struct hot *h, const struct hot_record *r)
{
	int e;

	if (run_takes(&h->run, r)) {
		run_add(&h->run, r);
		return 0;
	}
	e = flush_run(h);
	if (e == 0 && r->last_bin > h->meters.newest)
		e = hot_advance(h, r->last_bin);
	hot_turn_clock(h, r->recv_bin);
	run_fill(&h->run, r);
	h->run.heard = hot_hears(h, r->f->exporter, r->entry);
	hot_find_room(h, &h->run);
	return e;
}

int hot_pass(struct hot *h, const struct run *r)
{
	int e = flush_run(h);

	if (e == 0 && r->last_bin > h->meters.newest)
		e = hot_advance(h, r->last_bin);
	hot_turn_clock(h, r->recv_bin);
	h->run = *r;
	h->run.open = true;
	h->run.heard = hot_hears(h, r->exporter, r->entry);
	hot_find_room(h, &h->run);
	return e;
}

int hot_in(struct hot *h, struct hot_record *r)
{
	int e = count_run(h, r);

	if (e == 0 && r->f->proto == PROTO_UDP && (h->noted || reflector_name(r->f->sport)))
		e = track_port_of(h, r);
	/* What a narrower level reports is none of the wider one's. */
	if (e < 0 || (r->reported && h->level == LEVEL_PREFIX))
		return e;
	if (r->f->proto == PROTO_TCP && (r->s->flags & FLOW_IS_PACKET) && r->weight == 1)
		e = count_handshake(h, r);
	if (e == 0 && r->s->app == APP_HTTP_REQUEST && is_near(h, VECTOR_HTTP_FLOOD) &&
	    h->run.heard)
		e = track_http(h, r);
	return e < 0 ? e : keep(h, r);
}

int hot_look_back(struct hot *h, struct hot_record *r)
{
	unsigned groups = groups_of(r) & h->wanted;
	bool heard = hot_hears(h, r->f->exporter, r->entry);
	struct run old = {.open = false};
	int e = 0;

	if (!h->noted) {
		hot_turn_back(h, r->recv_bin);
		run_fill(&old, r);
		old.heard = heard;
		hot_note_tally(h, &old);
		track_link(h, &old);
		if (r->f->proto == PROTO_UDP && !reflector_name(r->f->sport))
			e = track_port_of(h, r);
	}
	return groups && e == 0 ? track_sources(h, r, groups, heard) : e;
}

void hot_keep(struct hot *h)
{
	h->noted = true;
	h->looking_back = false;
	h->tracked |= h->wanted;
	h->wanted = 0;
}

int hot_out(struct hot *h, const struct hot_record *r)
{
	struct amount list[2] = {{r->answers, r->packets}, {METER_OUT_SYN, r->packets}};
	const struct flow *f = r->f;
	struct span s;
	struct view *v;
	int e = 0;

	if (r->last_bin > h->meters.newest)
		e = hot_advance(h, r->last_bin);
	if (e < 0)
		return e;
	if (h->tracked & (1u << GROUP_SYN | 1u << GROUP_TCP) && f->proto == PROTO_TCP)
		e = track_answer(h, r);
	if (e < 0 || !meters_clip(&h->meters, &r->span, &s))
		return e;
	h->tally.answered += h->noted && hot_hears(h, f->exporter, r->entry) ? r->packets : 0;
	if (!r->answers)
		return 0;
	v = meters_view(&h->meters, f->exporter, LINK_UNKNOWN, r->entry);
	if (!v || !r->packets)
		return 0;
	return meters_add(&h->meters, v, &s, list, r->opens ? 2 : 1);
}
