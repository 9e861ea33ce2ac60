/* SPDX-License-Identifier: ISC */
/*
 * Floods: packets at a rate, from sources taken in turn, against a host or the hosts of a prefix in
 * turn. The pace is exact (each packet has its due time and comes up to 0.4 of a gap later), so a
 * row that says 1.25 times a threshold is 1.25 times in every second.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "drill/engine.h"

enum port_rule { PORT_NONE, PORT_ANY, PORT_GIVEN, PORT_NEXT, PORT_FIXED, PORT_CLIENT };
enum answer { ANSWER_NONE, ANSWER_SYNACK, ANSWER_RST, ANSWER_ECHO, ANSWER_DNS };

struct flood_shape {
	uint8_t proto, flags, icmp_type, payload;
	uint8_t sport, dport; /* enum port_rule */
	uint16_t port;	      /* where a rule says GIVEN */
	uint16_t len_min, len_max;
	uint8_t answer;
	bool any_flags;	    /* of TCP, drawn anew for each packet */
	bool fragments;	    /* nothing but later fragments */
	uint16_t whole_min; /* UDP datagrams of this and up to 1000 bytes more, sent in fragments */
};

static const struct flood_shape shapes[FLOOD_KINDS] = {
	[FLOOD_SYN] = {.proto = IPPROTO_OF_TCP,
		       .flags = SYN,
		       .sport = PORT_ANY,
		       .dport = PORT_GIVEN,
		       .port = 80,
		       .len_min = 44,
		       .len_max = 44,
		       .answer = ANSWER_SYNACK},
	[FLOOD_SYNACK] = {.proto = IPPROTO_OF_TCP,
			  .flags = SYN | ACK,
			  .sport = PORT_GIVEN,
			  .dport = PORT_ANY,
			  .port = 443,
			  .len_min = 44,
			  .len_max = 44,
			  .answer = ANSWER_RST},
	[FLOOD_RST] = {.proto = IPPROTO_OF_TCP,
		       .flags = RST,
		       .sport = PORT_ANY,
		       .dport = PORT_GIVEN,
		       .port = 80,
		       .len_min = 40,
		       .len_max = 40},
	[FLOOD_ACK] = {.proto = IPPROTO_OF_TCP,
		       .flags = ACK,
		       .sport = PORT_ANY,
		       .dport = PORT_GIVEN,
		       .port = 80,
		       .len_min = 40,
		       .len_max = 40,
		       .answer = ANSWER_RST},
	[FLOOD_UDP] = {.proto = IPPROTO_OF_UDP,
		       .sport = PORT_ANY,
		       .dport = PORT_ANY,
		       .len_min = 600,
		       .len_max = 1400},
	[FLOOD_ICMP] = {.proto = IPPROTO_OF_ICMP,
			.icmp_type = 8,
			.len_min = 1028,
			.len_max = 1028,
			.answer = ANSWER_ECHO},
	[FLOOD_FRAGMENTS] = {.proto = IPPROTO_OF_UDP,
			     .len_min = 1500,
			     .len_max = 1500,
			     .fragments = true},
	[FLOOD_DNS_ANSWERS] = {.proto = IPPROTO_OF_UDP,
			       .payload = PAYLOAD_DNS_ANSWER,
			       .sport = PORT_GIVEN,
			       .dport = PORT_ANY,
			       .port = 53,
			       .whole_min = 3000},
	[FLOOD_NTP] = {.proto = IPPROTO_OF_UDP,
		       .payload = PAYLOAD_NTP_MONLIST,
		       .sport = PORT_GIVEN,
		       .dport = PORT_ANY,
		       .port = 123,
		       .len_min = 468,
		       .len_max = 468},
	[FLOOD_MEMCACHED] = {.proto = IPPROTO_OF_UDP,
			     .payload = PAYLOAD_MEMCACHED,
			     .sport = PORT_GIVEN,
			     .dport = PORT_ANY,
			     .port = 11211,
			     .len_min = 1428,
			     .len_max = 1428},
	[FLOOD_REFLECTED] = {.proto = IPPROTO_OF_UDP,
			     .sport = PORT_GIVEN,
			     .dport = PORT_ANY,
			     .port = 50123,
			     .len_min = 700,
			     .len_max = 1100},
	[FLOOD_DNS_QUERIES] = {.proto = IPPROTO_OF_UDP,
			       .payload = PAYLOAD_DNS_QUERY,
			       .sport = PORT_ANY,
			       .dport = PORT_GIVEN,
			       .port = 53,
			       .len_min = 66,
			       .len_max = 66,
			       .answer = ANSWER_DNS},
	[FLOOD_QUIC] = {.proto = IPPROTO_OF_UDP,
			.payload = PAYLOAD_QUIC_INITIAL,
			.sport = PORT_ANY,
			.dport = PORT_GIVEN,
			.port = 443,
			.len_min = 1228,
			.len_max = 1228},
	[FLOOD_GRE] = {.proto = IPPROTO_OF_GRE, .len_min = 1300, .len_max = 1400},
	[FLOOD_MALFORMED] = {.proto = IPPROTO_OF_TCP,
			     .flags = SYN | FIN,
			     .sport = PORT_ANY,
			     .dport = PORT_GIVEN,
			     .port = 80,
			     .len_min = 40,
			     .len_max = 40},
	[FLOOD_SCAN] = {.proto = IPPROTO_OF_TCP,
			.flags = SYN,
			.sport = PORT_FIXED,
			.dport = PORT_NEXT,
			.len_min = 44,
			.len_max = 44,
			.answer = ANSWER_RST},
	[FLOOD_SYN_COPIES] = {.proto = IPPROTO_OF_TCP,
			      .flags = SYN,
			      .sport = PORT_CLIENT,
			      .dport = PORT_GIVEN,
			      .port = 443,
			      .len_min = 44,
			      .len_max = 44,
			      .answer = ANSWER_SYNACK},
	[FLOOD_DNS_ONE_PORT] = {.proto = IPPROTO_OF_UDP,
				.payload = PAYLOAD_DNS_QUERY,
				.sport = PORT_FIXED,
				.dport = PORT_GIVEN,
				.port = 53,
				.len_min = 66,
				.len_max = 66},
	[FLOOD_ANY_FLAGS] = {.proto = IPPROTO_OF_TCP,
			     .any_flags = true,
			     .sport = PORT_ANY,
			     .dport = PORT_GIVEN,
			     .port = 443,
			     .len_min = 40,
			     .len_max = 40},
};

struct flood {
	const struct flood_row *row;
	const struct flood_shape *shape;
	struct rng rng;
	int64_t from_ns, until_ns, due_ns;
	uint64_t sent, salt, seed;
	struct prefix target;
	uint32_t n_targets;
	uint16_t port;
	bool outbound, v6;
	uint16_t ids[1024]; /* next IP-ID by source */
};

struct flood *floods_new(size_t n)
{
	return calloc(n ? n : 1, sizeof(struct flood));
}

static int64_t gap_at(const struct flood *f)
{
	const struct flood_row *row = f->row;
	int64_t rate = row->pps;

	if (row->pps_to)
		rate += ((int64_t)row->pps_to - row->pps) * ((f->due_ns - f->from_ns) / 1000) /
			((f->until_ns - f->from_ns) / 1000);
	return NS_PER_S / (rate > 0 ? rate : 1);
}

/* The next due time; bursts leave out what falls between them. */
static int64_t advance(struct flood *f)
{
	int64_t gap = gap_at(f), at;

	f->due_ns += gap;
	if (f->row->every_ms) {
		int64_t every = f->row->every_ms * NS_PER_MS,
			phase = (f->due_ns - f->from_ns) % every;

		if (phase >= f->row->on_ms * NS_PER_MS)
			f->due_ns += every - phase;
	}
	at = f->due_ns + rng_below(&f->rng, (uint32_t)(gap * 2 / 5));
	return f->due_ns < f->until_ns ? at : TIME_NONE;
}

static void choose_source(struct flood *f, struct packet *p)
{
	const struct flood_row *row = f->row;

	if (row->sources == SOURCES_SPOOFED) {
		p->src = pick_outside(f->salt, f->sent, f->v6);
		p->ttl = (uint8_t)(110 + f->sent % 4); /* few real senders behind them */
		p->link = pick_link(&p->src, row->links);
		return;
	}
	uint64_t i = f->sent % row->sources;

	if (row->where)
		p->src = where_pick(row->where, f->salt, f->seed, i);
	else
		p->src = f->outbound ? pick_inside(f->salt, i, f->v6)
				     : pick_outside(f->salt, i, f->v6);
	p->ttl = pick_ttl(&p->src);
	p->link = pick_link(f->outbound ? &f->target.addr : &p->src, row->links);
}

static void choose_target(struct flood *f, struct packet *p)
{
	p->dst = f->target.addr;
	if (f->n_targets > 1) {
		/* All hosts in turn, in a scattered order; the factor is odd and no divisor. */
		uint32_t nth = (uint32_t)(f->sent * 40503u % f->n_targets);

		p->dst.w[3] |= __builtin_bswap32(f->v6 ? nth + 1 : nth);
	}
}

static uint16_t choose_port(struct flood *f, const struct packet *p, enum port_rule rule,
			    uint64_t salt)
{
	switch (rule) {
	case PORT_GIVEN:
		return f->port;
	case PORT_NEXT:
		return (uint16_t)(1 + f->sent % 65000);
	case PORT_FIXED:
		return (uint16_t)(41000 + f->row->salt % 1000);
	case PORT_CLIENT:
		return (uint16_t)(32768 + rng_below(&f->rng, 28000));
	case PORT_ANY:
		if (f->row->steady)
			return (uint16_t)(49152 + hash_u128(p->src.u, salt) % 16000);
		return (uint16_t)(49152 + rng_below(&f->rng, 16000));
	default:
		return 0;
	}
}

static int emit_answer(struct drill *d, struct flood *f, int64_t at_ns, const struct packet *q)
{
	struct packet p = *q;

	p.src = q->dst;
	p.dst = q->src;
	p.sport = q->dport;
	p.dport = q->sport;
	p.outbound = !q->outbound;
	p.attack = -1;
	p.ttl = 63;
	p.seq = 0;
	p.ack = q->seq + 1;
	p.window = 0;
	switch (f->shape->answer) {
	case ANSWER_SYNACK:
		p.flags = SYN | ACK;
		p.seq = (uint32_t)(q->cookie >> 3);
		p.window = 29200;
		break;
	case ANSWER_RST:
		p.flags = q->flags & ACK ? RST : RST | ACK;
		p.ip_len = 40;
		break;
	case ANSWER_ECHO:
		p.icmp_type = f->v6 ? 129 : 0;
		p.seq = q->seq;
		break;
	case ANSWER_DNS:
		p.payload = PAYLOAD_DNS_ANSWER;
		p.ip_len = 28 + 54;
		break;
	default:
		return 0;
	}
	return drill_emit(d, at_ns, &p);
}

/* A datagram larger than a frame: 1480 bytes of it per packet. */
static int emit_fragmented(struct drill *d, struct flood *f, int64_t at_ns, struct packet *p)
{
	uint16_t whole = (uint16_t)(f->shape->whole_min + rng_below(&f->rng, 1000)), done = 0;
	int r = 0;

	p->whole_len = whole;
	while (done < whole && r == 0) {
		uint16_t here = whole - done > 1480 ? 1480 : (uint16_t)(whole - done);

		p->fragment = done / 8;
		p->more_fragments = done + here < whole;
		p->ip_len = (uint16_t)(20 + here);
		p->slot = (uint8_t)(f->row->slot + (done ? 1 : 0));
		r = drill_emit(d, at_ns, p);
		done = (uint16_t)(done + here);
	}
	return r;
}

static void fill(struct flood *f, struct packet *p)
{
	const struct flood_shape *shape = f->shape;
	uint64_t chance = rng_next(&f->rng);

	*p = (struct packet){.proto = shape->proto,
			     .flags = shape->flags,
			     .payload = shape->payload,
			     .icmp_type = shape->icmp_type,
			     .cookie = chance,
			     .seq = (uint32_t)chance,
			     .window = 64240,
			     .outbound = f->outbound,
			     .attack = f->row->attack,
			     .slot = f->row->slot,
			     .kind = f->row->truth};
	choose_source(f, p);
	choose_target(f, p);
	p->sport = choose_port(f, p, shape->sport, 1);
	p->dport = choose_port(f, p, shape->dport, 2);
	p->ip_id = f->row->sources ? f->ids[f->sent % f->row->sources % 1024]++
				   : (uint16_t)(chance >> 32);
	p->ip_len = f->row->len ? f->row->len
				: (uint16_t)rng_between(&f->rng, shape->len_min, shape->len_max);
	if (shape->any_flags) {
		p->flags = chance >> 20 & 0x3f;
		p->bare_syn = true;
	}
	if (shape->payload == PAYLOAD_MEMCACHED)
		p->seq = (uint32_t)(f->sent / 128 % 700);
	if (shape->fragments) {
		p->fragment = (uint16_t)(185 * (1 + chance % 40));
		p->more_fragments = chance & 64;
	}
	if (f->v6 && shape->proto == IPPROTO_OF_ICMP) {
		p->proto = IPPROTO_OF_ICMP6;
		p->icmp_type = 128;
	}
	if (f->v6)
		p->ip_len = (uint16_t)(p->ip_len + 20);
}

static int64_t flood_fire(struct drill *d, struct node *n, int *error)
{
	struct flood *f;
	struct packet p;

	memcpy(&f, n->state, sizeof(f));
	fill(f, &p);
	*error = f->shape->whole_min ? emit_fragmented(d, f, n->at_ns, &p)
				     : drill_emit(d, n->at_ns, &p);
	if (*error == 0 && f->row->answers && f->sent % f->row->answers == 0)
		*error = emit_answer(d, f, n->at_ns, &p);
	f->sent++;
	return advance(f);
}

int flood_begin(struct drill *d, const struct flood_row *row, uint32_t index)
{
	const struct attack_row *attack = &d->plan.attacks[row->attack];
	struct flood *f = &d->floods[index];
	struct node *n;

	*f = (struct flood){.row = row, .shape = &shapes[row->kind]};
	f->rng = rng_derive(d->seed, 0x10000 + index);
	f->salt = hash_u64(row->salt ? row->salt : 1000 + index, d->seed);
	f->seed = d->seed;
	if (prefix_parse(attack->target, false, &f->target))
		return -EINVAL;
	f->v6 = !ip_is_v4(&f->target.addr);
	f->n_targets = f->target.len >= 116 ? 1u << (128 - f->target.len) : 1000;
	f->port = row->port ? row->port : f->shape->port;
	f->outbound = attack->direction == DIRECTION_OUT;
	f->from_ns = f->due_ns = d->base_ns + (int64_t)row->from_ms * NS_PER_MS;
	f->until_ns = d->base_ns + (int64_t)row->until_ms * NS_PER_MS;
	f->due_ns += rng_below(&f->rng, (uint32_t)(NS_PER_S / (row->pps ? row->pps : 1)));
	n = schedule_add(d->schedule, f->due_ns, flood_fire);
	if (!n)
		return -ENOMEM;
	memcpy(n->state, &f, sizeof(f));
	return 0;
}
