/* SPDX-License-Identifier: ISC */
/*
 * sFlow v5: a datagram of samples, a sample of records; everything stands in words of four bytes
 * (XDR) and unknown structures are passed over by their length. A datagram tells no wall clock, so
 * the receive clock is the time of its samples. Discard notifications are shown but make no flow:
 * the interface's own sampling sees the same packets, and each packet counts once.
 */
#include "observe/sflow.h"

#include <errno.h>
#include <string.h>

#define ADDRESS_V4	  1
#define ADDRESS_V6	  2
#define SAMPLE_HEADER	  8
#define PORT_FORMAT_SHIFT 30
#define PORT_VALUE_MASK	  0x3fffffffu
#define PORT_DISCARDED	  1
#define UPTIME_GRAIN_US	  (INT64_C(1) << 60) /* no clock to compare with: only going back is seen */
#define GAP_SAMPLES	  1000000

struct port {
	uint32_t format, value;
};

struct sample {
	uint32_t sequence, rate, drops, n_records;
	uint64_t source;
	struct port in, out;
};

static struct port port_compact(uint32_t v)
{
	return (struct port){.format = v >> PORT_FORMAT_SHIFT, .value = v & PORT_VALUE_MASK};
}

static uint64_t source_read(const uint8_t **h, bool expanded)
{
	uint64_t class_or_both = be32_at(*h), index = be32_at(*h + 4);

	*h += expanded ? 8 : 4;
	return expanded ? class_or_both << 32 | index
			: (class_or_both >> 24) << 32 | (class_or_both & 0xffffff);
}

static struct port port_read(const uint8_t **h, bool expanded)
{
	struct port compact = port_compact(be32_at(*h));
	struct port port = {.format = be32_at(*h), .value = be32_at(*h + 4)};

	*h += expanded ? 8 : 4;
	return expanded ? port : compact;
}

#define FLOW_HEAD	      32 /* of a discard notification too */
#define FLOW_HEAD_EXPANDED    44
#define COUNTER_HEAD	      12
#define COUNTER_HEAD_EXPANDED 16

/* Return: false, and the cursor failed, when the head is not whole. */
static bool flow_head(struct cursor *c, uint32_t format, struct sample *s)
{
	bool expanded = format == SFLOW_FLOW_EXPANDED;
	const uint8_t *h = cursor_take(c, expanded ? FLOW_HEAD_EXPANDED : FLOW_HEAD);

	if (!h)
		return false;
	s->sequence = be32_at(h);
	h += 4;
	s->source = source_read(&h, format != SFLOW_FLOW);
	s->rate = 0;
	if (format != SFLOW_DISCARD) {
		s->rate = be32_at(h);
		h += 8; /* rate and pool */
	}
	s->drops = be32_at(h);
	h += 4;
	s->in = port_read(&h, expanded);
	s->out = port_read(&h, expanded);
	if (format == SFLOW_DISCARD)
		h += 4; /* reason */
	s->n_records = be32_at(h);
	return true;
}

static uint16_t link_of(struct export_pass *p, struct port port)
{
	/* All ones is the agent itself; formats other than 0 name no interface. */
	if (port.format || port.value == PORT_VALUE_MASK)
		return LINK_UNKNOWN;
	return pass_link(p, port.value);
}

/* The records made so far are charged to their exporter. */
static void settle(struct export_pass *p)
{
	charge_pay(&p->charge, p->e);
	p->charge = (struct charge){0};
}

/* The next place in the batch, empty. Return: 0, or the sink's negative error. */
static int place_next(struct export_pass *p, struct sflow_packet *to)
{
	int r;

	/* Whoever gets the batch may look at the exporter. */
	if (p->x->writer->batch->n == FLOW_BATCH_MAX)
		settle(p);
	r = flow_writer_next(p->x->writer, p->recv_us, &to->to);
	if (r < 0)
		return r;
	*to->to.flow = (struct flow){0};
	*to->to.side = (struct flow_side){0};
	return 0;
}

/* What the head of the sample adds to the packet that its records told of. */
static void sample_flow(struct export_pass *p, const struct sample *s, struct sflow_packet *to)
{
	const struct export_trace *trace = p->x->trace;
	struct flow *f = to->to.flow;
	struct flow_side *side = to->to.side;

	f->packets = 1;
	f->in_link = link_of(p, s->in);
	f->out_link = link_of(p, s->out);
	f->exporter = p->header.exporter;
	side->domain = p->header.domain;
	side->flags |= FLOW_IS_PACKET;
	if (s->out.format == PORT_DISCARDED)
		side->flags |= FLOW_DROPPED;
	if (!side->vlan)
		side->vlan = (uint16_t)to->vlan;
	if (!f->bytes)
		f->bytes = to->frame_len;
	pass_sampling(p, side, pass_believe(p, s->rate));
	flow_writer_take(p->x->writer, &to->to);
	charge_flow(&p->charge, f, 0);
	charge_factor(&p->charge, side->sampling, side->flags & FLOW_SAMPLING_KNOWN);
	if (trace)
		trace->flow(trace->userdata, f, side, p->recv_us, p->recv_us);
}

/* Return: 0 with the source (NULL where it has no room), or -ENOMEM. */
static int source_of(struct domain *d, uint64_t source, struct sflow_source **out)
{
	struct source_memo *memo = &d->recent[(source ^ source >> 4) % SOURCES_RECENT];
	bool created = false;

	if (memo->state && memo->source == source) {
		*out = memo->state;
		return 0;
	}
	if (!d->sources)
		d->sources = map_new(sizeof(source), sizeof(**out), SOURCES_PER_DOMAIN);
	if (!d->sources)
		return -ENOMEM;
	*out = map_put(d->sources, &source, &created);
	if (created)
		memset(d->recent, 0, sizeof(d->recent));
	*memo = (struct source_memo){.source = source, .state = *out};
	return 0;
}

/* Each data source numbers its samples, and counts those that it had to drop. */
static int follow_source(struct export_pass *p, const struct sample *s)
{
	enum sequence_answer answer;
	struct sflow_source *of;
	bool first;
	int r = source_of(p->domain, s->source, &of);

	if (r || !of)
		return r;
	first = !of->sequence.seen;
	answer = sequence_step(&of->sequence, s->sequence, 1, GAP_SAMPLES, &p->e->lost_records);
	if (answer == SEQUENCE_LATE || answer == SEQUENCE_STALE || answer == SEQUENCE_DOUBT)
		return 0;
	if (!first && s->drops - of->drops <= GAP_SAMPLES)
		p->e->dropped += s->drops - of->drops;
	of->drops = s->drops;
	return 0;
}

/* Walk the records of a sample; each is passed by its own length. */
static void records_walk(struct export_pass *p, struct cursor *c, uint32_t n, bool counters,
			 struct sflow_packet *to)
{
	for (uint32_t i = 0; i < n; i++) {
		const uint8_t *h = cursor_take(c, SAMPLE_HEADER);
		uint32_t format = h ? be32_at(h) : 0, len = h ? be32_at(h + 4) : 0;
		struct cursor record = cursor_sub(c, len);
		bool whole;

		if (!cursor_ok(c)) {
			pass_refuse(p, REFUSED_TRUNCATED, SAMPLE_HEADER);
			return;
		}
		if (p->x->trace)
			sflow_trace_record(p, counters, format, record);
		whole = counters ? sflow_counter_record(p, format, record)
				 : sflow_flow_record(p, format, record, to);
		if (!whole)
			pass_refuse(p, REFUSED_BAD_LENGTH, len);
	}
	if (cursor_left(c))
		pass_refuse(p, REFUSED_TRAILING, cursor_left(c));
}

static int flow_sample(struct export_pass *p, uint32_t format, struct cursor *c)
{
	struct sflow_packet packet = {.known = false};
	struct sample s;
	int r;

	if (!flow_head(c, format, &s)) {
		pass_refuse(p, REFUSED_TRUNCATED, SAMPLE_HEADER);
		return 0;
	}
	r = format == SFLOW_DISCARD ? 0 : follow_source(p, &s);
	if (r == 0)
		r = place_next(p, &packet);
	if (r < 0)
		return r;
	records_walk(p, c, s.n_records, false, &packet);
	if (format != SFLOW_DISCARD && packet.known)
		sample_flow(p, &s, &packet);
	return 0;
}

static int counter_sample(struct export_pass *p, uint32_t format, struct cursor *c)
{
	bool expanded = format == SFLOW_COUNTERS_EXPANDED;
	const uint8_t *h = cursor_take(c, expanded ? COUNTER_HEAD_EXPANDED : COUNTER_HEAD);

	/* The number of records stands last, behind sequence and source. */
	if (h)
		records_walk(p, c, be32_at(c->p - 4), true, NULL);
	else
		pass_refuse(p, REFUSED_TRUNCATED, SAMPLE_HEADER);
	return 0;
}

static int sample_decode(struct export_pass *p, uint32_t format, struct cursor c)
{
	static int (*const decoders[])(struct export_pass *, uint32_t, struct cursor *) = {
		[SFLOW_FLOW] = flow_sample,	     [SFLOW_COUNTERS] = counter_sample,
		[SFLOW_FLOW_EXPANDED] = flow_sample, [SFLOW_COUNTERS_EXPANDED] = counter_sample,
		[SFLOW_DISCARD] = flow_sample,
	};
	const struct export_trace *trace = p->x->trace;
	int r;

	if (trace)
		sflow_trace_sample(p, format, c);
	/* A format nobody here reads is shown as bytes and is no fault of the sender. */
	r = format && format < ARRAY_LEN(decoders) ? decoders[format](p, format, &c) : 0;
	if (trace)
		trace->end(trace->userdata);
	return r;
}

static bool address_read(struct cursor *c, struct ip *ip)
{
	uint32_t type = cursor_be32(c);
	const uint8_t *a = cursor_take(c, type == ADDRESS_V4 ? 4 : type == ADDRESS_V6 ? 16 : 0);

	*ip = (struct ip){.u = {0, 0}};
	if (a && type == ADDRESS_V4)
		*ip = ip_from_v4_bytes(a);
	else if (a && type == ADDRESS_V6)
		*ip = ip_from_v6_bytes(a);
	return cursor_ok(c) && type <= ADDRESS_V6;
}

static int samples_decode(struct export_pass *p, struct cursor *c)
{
	for (uint32_t i = 0; i < p->header.count; i++) {
		size_t left = cursor_left(c);
		const uint8_t *h = cursor_take(c, SAMPLE_HEADER);
		uint32_t format = h ? be32_at(h) : 0, len = h ? be32_at(h + 4) : 0;
		struct cursor sample = cursor_sub(c, len);
		int r;

		if (!cursor_ok(c)) {
			pass_refuse(p, REFUSED_TRUNCATED, left);
			return 0;
		}
		r = sample_decode(p, format, sample);
		if (r < 0)
			return r;
	}
	if (cursor_left(c))
		pass_refuse(p, REFUSED_TRAILING, cursor_left(c));
	return 0;
}

int sflow_decode(struct export_pass *p, struct cursor *c)
{
	struct export_header *h = &p->header;
	size_t len = cursor_left(c);
	struct ip agent;
	bool good;
	int r;

	cursor_skip(c, 4);
	good = address_read(c, &agent);
	h->domain = cursor_be32(c);
	h->sequence = cursor_be32(c);
	h->uptime_ms = cursor_be32(c);
	h->count = cursor_be32(c);
	h->has_uptime = true;
	if (!good || !cursor_ok(c)) {
		pass_refuse(p, cursor_ok(c) ? REFUSED_UNSUPPORTED : REFUSED_TRUNCATED, len);
		return 0;
	}
	r = pass_begin(p, &agent);
	if (r)
		return r < 0 ? r : 0;
	h->export_us = p->recv_us;
	if (boot_learn(&p->domain->boot, 0, UPTIME_GRAIN_US, h->uptime_ms))
		pass_restarted(p);
	pass_sequence(p, 1, false);
	r = samples_decode(p, c);
	settle(p);
	return r;
}

bool sflow_probe(const uint8_t *data, size_t len)
{
	struct cursor c = cursor_over(data, len);
	struct ip agent;
	uint32_t n;

	if (cursor_be32(&c) != 5 || !address_read(&c, &agent) || !cursor_skip(&c, 12))
		return false;
	n = cursor_be32(&c);
	for (uint32_t i = 0; i < n && cursor_ok(&c); i++) {
		cursor_skip(&c, 4);
		cursor_skip(&c, cursor_be32(&c));
	}
	return cursor_ok(&c) && cursor_left(&c) == 0;
}
