/* SPDX-License-Identifier: ISC */
#include "drill/assault.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "drill/engine.h"
#include "drill/tool.h"

#define IDS	      4096 /* IP-ID counters; senders beyond share them */
#define SHARED_IN_ROW 32   /* addresses of a carrier's NAT that lie side by side */
#define OWNER_PERCENT 35   /* of live owners so many reset; others drop what they did not ask for */
#define OPEN_PORT     41   /* in a scan every so many-th port is open */
#define TCP_LEAST     40   /* IPv4 and TCP without options */

/* The order of enum assault_kind. */
static const struct {
	uint8_t proto, flags;
	uint16_t len, len_more; /* layer 3 bytes before the tool's options */
} shapes[ASSAULT_KINDS] = {
	[ASSAULT_SYN] = {IPPROTO_OF_TCP, SYN, TCP_LEAST, 0},
	[ASSAULT_ACK] = {IPPROTO_OF_TCP, ACK, TCP_LEAST, 0},
	[ASSAULT_UDP] = {IPPROTO_OF_UDP, 0, 540, 900},
	[ASSAULT_SYNACK] = {IPPROTO_OF_TCP, SYN | ACK, TCP_LEAST + 4, 0},
	[ASSAULT_AMPLIFIED] = {IPPROTO_OF_UDP, 0, 468, 0},
	[ASSAULT_SCAN] = {IPPROTO_OF_TCP, SYN, TCP_LEAST, 0},
};

struct assault {
	const struct assault_row *row;
	struct rng rng;
	int64_t due_ns, until_ns, gap_ns;
	int64_t second_ns; /* in which answers are counted */
	uint32_t answered;
	uint64_t sent, salt;
	struct ip target;
	uint16_t ids[IDS];
};

/* What this packet's sender is. */
struct from {
	struct ip host;
	struct standing_sight sight;
	struct tool_sender tool;
};

struct assault *assaults_new(size_t n)
{
	return calloc(n ? n : 1, sizeof(struct assault));
}

/* A packet that comes later, once. */
static int64_t later_fire(struct drill *d, struct node *n, int *error)
{
	struct packet p;

	memcpy(&p, n->state, sizeof(p));
	*error = drill_emit(d, n->at_ns, &p);
	return TIME_NONE;
}

_Static_assert(sizeof(struct packet) <= NODE_STATE, "a packet lives in its node");

static void emit_later(struct drill *d, int64_t at_ns, const struct packet *p)
{
	struct node *n = schedule_add(d->schedule, at_ns, later_fire);

	if (n)
		memcpy(n->state, p, sizeof(*p));
	else
		d->figures.refused++;
}

static uint32_t choose_number(struct assault *a)
{
	uint32_t n = a->row->senders;
	uint64_t u = rng_next(&a->rng) >> 32;

	if (a->row->skewed) /* density falls with the root of the number */
		return (uint32_t)((u * u >> 32) * n >> 32);
	return (uint32_t)(a->sent % n);
}

/* Many lines behind few public addresses: those lie side by side, a few dozen of each carrier. */
static struct ip shared_address(const struct drill *d, const struct assault *a, uint32_t number)
{
	uint32_t nth = number % a->row->addresses;
	struct ip first = standing_host(d->standing, CROWD_BOTS, a->salt, nth / SHARED_IN_ROW);

	return ip_from_v4((ip_v4(&first) & ~(uint32_t)(SHARED_IN_ROW - 1)) + nth % SHARED_IN_ROW);
}

static void choose_sender(struct drill *d, struct assault *a, struct from *f)
{
	const struct assault_row *row = a->row;
	uint32_t number = choose_number(a);
	bool shares = row->addresses && row->forging == FORGE_NOT;
	uint64_t h;

	f->host = shares ? shared_address(d, a, number)
			 : standing_host(d->standing, (enum crowd_kind)row->crowd, a->salt, number);
	f->sight = standing_sight(d->standing, &f->host);
	f->tool = (struct tool_sender){.number = number,
				       .hops = f->sight.hops,
				       .stack = f->sight.stack,
				       .sent = a->sent,
				       .ids = &a->ids[number % IDS],
				       .assault_salt = a->salt};
	if (!shares)
		return;
	h = rng_hash(a->salt ^ 0xc6, number); /* other machines, one NAT, home routers before it */
	f->tool.stack = (uint8_t)(h % 8 < 5   ? STACK_LINUX
				  : h % 8 < 7 ? STACK_WINDOWS
					      : STACK_APPLE);
	f->tool.hops = (uint8_t)(f->sight.hops + 1 + (h >> 8) % 2);
}

static struct ip forge(struct drill *d, struct assault *a, const struct from *f)
{
	const struct assault_row *row = a->row;
	uint64_t chance = rng_next(&a->rng);
	uint32_t addr = (uint32_t)(chance >> 32), own = ip_v4(&f->host);

	switch (row->forging) {
	case FORGE_ANY:
		return ip_from_v4(addr ? addr : 1);
	case FORGE_PUBLIC:
		while (standing_special(addr))
			addr = (uint32_t)(rng_next(&a->rng) >> 32);
		return ip_from_v4(addr);
	case FORGE_ROUTED:
		return ip_from_v4(standing_routed_address(d->standing, chance));
	case FORGE_SUBNET:
		return ip_from_v4(row->subnet_len == 16 ? (own & 0xffff0000u) | addr >> 16
							: (own & 0xffffff00u) | addr >> 24);
	case FORGE_CONSTANT:
		return standing_host(d->standing, CROWD_SERVERS, a->salt ^ 0xc0,
				     addr % row->addresses);
	case FORGE_REPLAY:
		return standing_host(d->standing, CROWD_CLIENTS, hash_u64(row->salt, d->seed),
				     addr % row->addresses);
	default:
		return f->host;
	}
}

/* The headers of real visitors are kept, all but what the way changes. */
static void replay_headers(struct drill *d, struct assault *a, struct packet *p)
{
	struct standing_sight sight = standing_sight(d->standing, &p->src);

	p->sport = (uint16_t)rng_between(&a->rng, 32768, 60767);
	p->ip_id = (uint16_t)rng_next(&a->rng);
	if (p->proto != IPPROTO_OF_TCP)
		return;
	p->ip_len = TCP_LEAST;
	p->bare_syn = p->flags != SYN;
	p->options = p->flags == SYN ? stack_options((enum stack)sight.stack) : 0;
	p->window = stack_window((enum stack)sight.stack);
	p->ip_len = (uint16_t)(p->ip_len + p->options);
}

static void fill(struct drill *d, struct assault *a, const struct from *f, struct packet *p)
{
	const struct assault_row *row = a->row;
	uint64_t chance = rng_next(&a->rng);
	uint16_t len = row->len ? row->len : shapes[row->kind].len;
	uint16_t more = row->len ? row->len_more : shapes[row->kind].len_more;

	*p = (struct packet){.dst = a->target,
			     .proto = shapes[row->kind].proto,
			     .flags = shapes[row->kind].flags,
			     .ip_len = (uint16_t)(len + (more ? rng_below(&a->rng, more) : 0)),
			     .cookie = chance,
			     .seq = (uint32_t)chance,
			     .ack = shapes[row->kind].flags & ACK ? (uint32_t)(chance >> 20) : 0,
			     .dport = row->port,
			     .link = f->sight.link,
			     .attack = row->attack,
			     .slot = row->slot,
			     .forged = row->forging != FORGE_NOT,
			     .sender = ip_v4(&f->host)};
	p->src = forge(d, a, f);
	tool_write((enum tool_kind)row->tool, &f->tool, &a->rng, p);
	if (row->forging == FORGE_REPLAY)
		replay_headers(d, a, p);
	if (row->kind == ASSAULT_SCAN)
		p->dport = (uint16_t)(1 + a->sent * 7919 % 65000);
	if (row->kind == ASSAULT_UDP && !row->port)
		p->dport = (uint16_t)rng_between(&a->rng, 1024, 65000);
	if (row->kind != ASSAULT_SYNACK && row->kind != ASSAULT_AMPLIFIED)
		return;
	p->sport = row->port; /* a service answers */
	p->dport = (uint16_t)rng_between(&a->rng, 1024, 65000);
	p->bare_syn = false;
	p->payload = row->port == 123	  ? PAYLOAD_NTP_MONLIST
		     : row->port == 53	  ? PAYLOAD_DNS_ANSWER
		     : row->port == 11211 ? PAYLOAD_MEMCACHED
					  : PAYLOAD_ZERO;
	if (row->port == 11211)
		p->seq = (uint32_t)(a->sent / 128 % 700);
}

static bool may_answer(struct assault *a, int64_t at_ns)
{
	if (at_ns - a->second_ns >= NS_PER_S / 10) {
		a->second_ns = at_ns;
		a->answered = 0;
	}
	return a->answered++ < (a->row->answers_pps + 9) / 10;
}

/* An address that nobody announces goes by the first link, special ones nowhere. */
static bool towards(const struct drill *d, const struct packet *q, struct packet *p)
{
	struct prefix darknet;

	p->src = q->dst;
	p->dst = q->src;
	p->sport = q->dport;
	p->dport = q->sport;
	p->outbound = true;
	p->forged = false;
	p->sender = 0;
	p->attack = -1;
	p->ttl = 63;
	p->payload = PAYLOAD_ZERO;
	p->options = 0;
	p->bare_syn = false;
	p->link = standing_sight(d->standing, &p->dst).link;
	if (prefix_parse(STANDING_DARKNET, false, &darknet) == 0 &&
	    prefix_contains(&darknet, &p->dst))
		p->internal = true;
	return !standing_special(ip_v4(&p->dst));
}

/* Does the one who got @answer reset it, when it is the owner of @q's source or its sender? */
static bool resets(struct drill *d, struct assault *a, const struct packet *q, const struct from *f)
{
	uint64_t h;

	if (!q->forged)
		return rng_hash(a->salt ^ 0x257, f->tool.number) % 100 < a->row->rst_percent;
	h = rng_hash(a->salt ^ 0x0e7, ip_v4(&q->src));
	return h % 100 < OWNER_PERCENT && standing_alive(d->standing, ip_v4(&q->src));
}

static void reset_later(struct drill *d, struct assault *a, int64_t at_ns, const struct packet *q,
			const struct from *f, uint32_t ack)
{
	struct standing_sight sight = standing_sight(d->standing, &q->src);
	int64_t way_us = 4000 + 2500 * sight.hops + rng_below(&a->rng, 15000);
	struct packet p = {.src = q->src,
			   .dst = q->dst,
			   .sport = q->sport,
			   .dport = q->dport,
			   .proto = IPPROTO_OF_TCP,
			   .flags = RST,
			   .ip_len = TCP_LEAST,
			   .seq = ack,
			   .link = sight.link,
			   .ttl = sight.ttl,
			   .echo = true,
			   .attack = -1};

	if (!q->forged) /* behind a NAT its own hops and stack */
		p.ttl = (uint8_t)(stack_ttl((enum stack)f->tool.stack) - f->tool.hops);
	emit_later(d, at_ns + way_us * NS_PER_US, &p);
}

/* The sender got the answer: it acknowledges and hangs up. */
static void complete_later(struct drill *d, struct assault *a, int64_t at_ns,
			   const struct packet *q, const struct from *f, uint32_t ack)
{
	int64_t way_us = 4000 + 2500 * f->sight.hops + rng_below(&a->rng, 8000);
	struct packet p = *q;

	p.flags = ACK;
	p.options = 0;
	p.bare_syn = true;
	p.ip_len = TCP_LEAST;
	p.seq = q->seq + 1;
	p.ack = ack;
	p.ip_id++;
	emit_later(d, at_ns + way_us * NS_PER_US, &p);
	p.flags = RST | ACK;
	p.ip_id++;
	emit_later(d, at_ns + (way_us + 30000) * NS_PER_US, &p);
}

static int answer_syn(struct drill *d, struct assault *a, int64_t at_ns, const struct packet *q,
		      const struct from *f)
{
	bool open = a->row->kind != ASSAULT_SCAN || q->dport % OPEN_PORT == 0;
	struct packet p = *q;
	int r;

	if (!towards(d, q, &p))
		return 0;
	p.flags = open ? SYN | ACK : RST | ACK;
	p.seq = open ? (uint32_t)(q->cookie >> 3) : 0;
	p.ack = q->seq + 1;
	p.window = open ? 29200 : 0;
	p.ip_len = (uint16_t)(TCP_LEAST + (open ? 4 : 0));
	p.ip_id = 0;
	r = drill_emit(d, at_ns, &p);
	if (r || !open || p.internal)
		return r;
	if (a->row->completes)
		complete_later(d, a, at_ns, q, f, p.seq + 1);
	else if (resets(d, a, q, f))
		reset_later(d, a, at_ns, q, f, q->seq + 1);
	return r;
}

/* To an ACK or SYN-ACK out of nowhere. */
static int answer_reset(struct drill *d, int64_t at_ns, const struct packet *q)
{
	struct packet p = *q;

	if (!towards(d, q, &p))
		return 0;
	p.flags = RST;
	p.seq = q->ack;
	p.ack = 0;
	p.window = 0;
	p.ip_len = TCP_LEAST;
	return drill_emit(d, at_ns, &p);
}

static int answer(struct drill *d, struct assault *a, int64_t at_ns, const struct packet *q,
		  const struct from *f)
{
	if (q->proto != IPPROTO_OF_TCP || !may_answer(a, at_ns))
		return 0;
	if (q->flags == SYN)
		return answer_syn(d, a, at_ns, q, f);
	return answer_reset(d, at_ns, q);
}

static int64_t assault_fire(struct drill *d, struct node *n, int *error)
{
	struct assault *a;
	struct packet p;
	struct from f;

	memcpy(&a, n->state, sizeof(a));
	choose_sender(d, a, &f);
	fill(d, a, &f, &p);
	*error = drill_emit(d, n->at_ns, &p);
	if (*error == 0)
		*error = answer(d, a, n->at_ns, &p, &f);
	a->sent++;
	a->due_ns += a->gap_ns;
	return a->due_ns < a->until_ns ? a->due_ns + rng_below(&a->rng, (uint32_t)(a->gap_ns / 2))
				       : TIME_NONE;
}

int assault_begin(struct drill *d, const struct assault_row *row, uint32_t index)
{
	struct assault *a = &d->assaults[index];
	struct node *n;

	if (!d->standing || row->senders == 0 || row->pps == 0 ||
	    ip_parse(d->plan.attacks[row->attack].target, &a->target))
		return -EINVAL;
	a->row = row;
	a->rng = rng_derive(d->seed, 0x40000 + index);
	a->salt = hash_u64(9000 + (row->origin ? row->origin - 1 : index), d->seed);
	a->gap_ns = NS_PER_S / row->pps;
	a->due_ns = d->base_ns + (int64_t)row->from_ms * NS_PER_MS;
	a->until_ns = d->base_ns + (int64_t)row->until_ms * NS_PER_MS;
	a->second_ns = a->due_ns;
	for (unsigned i = 0; i < IDS; i++)
		a->ids[i] = (uint16_t)rng_next(&a->rng);
	n = schedule_add(d->schedule, a->due_ns, assault_fire);
	if (!n)
		return -ENOMEM;
	memcpy(n->state, &a, sizeof(a));
	return 0;
}
