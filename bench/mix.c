/* SPDX-License-Identifier: ISC */
/*
 * Who talks to whom. Background: a table of sixteen equally likely services between inside hosts
 * (10.0.0.0 on, 2001:db8::/32) and outside ones (scattered over 128.0.0.0/2, 2400::/12), half of
 * the choices even, half leaning to few hosts. Ranks are scattered over the addresses, as busy
 * hosts do not sit side by side. Two floods go to two inside hosts.
 */
#include <string.h>

#include "base/hash.h"
#include "traffic.h"

#define SCATTER                                                                                    \
	UINT64_C(2654435761) /* a prime over SPREAD_MAX: coprime to every smaller number           \
			      */
#define INSIDE_V4   0x0a000000u
#define SPREAD_V4   0x40000000u
#define SPREAD_10_8 (UINT64_C(1) << 24)
#define SYN_TARGET  0x0a000150u /* 10.0.1.80 */
#define UDP_TARGET  0x0a000235u /* 10.0.2.53 */
#define ATTACKED    0xc6336450u /* 198.51.100.80: of no spread and no background */
#define UDP_SENDERS 500
#define TCP	    6
#define UDP	    17
#define ICMP	    1
#define SYN	    0x02
#define ACK	    0x10

static const struct service {
	uint8_t proto, flags;
	uint16_t port; /* 0: any */
	uint16_t packets_max, packet_bytes;
} services[16] = {
	{TCP, 0x1b, 443, 24, 700}, {TCP, 0x1b, 443, 12, 400},  {TCP, 0x1b, 443, 8, 1200},
	{TCP, 0x18, 443, 30, 900}, {TCP, 0x10, 443, 20, 1400}, {TCP, 0x1b, 443, 10, 200},
	{TCP, 0x1b, 80, 12, 600},  {TCP, 0x18, 80, 8, 1000},   {TCP, 0x1b, 25, 14, 500},
	{TCP, 0x1b, 0, 10, 300},   {TCP, 0x12, 0, 2, 60},      {TCP, 0x14, 0, 2, 40},
	{UDP, 0, 443, 20, 1100},   {UDP, 0, 53, 1, 90},	       {UDP, 0, 0, 6, 400},
	{ICMP, 0, 0, 2, 84},
};

/* Of a single TCP packet: mostly data and its acknowledgements. */
static const uint8_t packet_flags[16] = {ACK,  ACK,  ACK,  ACK,	 ACK,  ACK, 0x18, 0x18,
					 0x18, 0x18, 0x18, 0x18, 0x11, SYN, 0x12, ACK};

static uint64_t draw(struct mix *m)
{
	m->state += HASH_K2;
	return hash_fold(m->state, m->state ^ HASH_K1);
}

static uint32_t below(uint32_t of, uint32_t n)
{
	return (uint32_t)((uint64_t)of * n >> 32);
}

static uint32_t pick(struct mix *m, uint32_t n)
{
	uint64_t r = draw(m), of = r >> 32;

	if (r & 1)
		of = of * of >> 32;
	return (uint32_t)(below((uint32_t)of, n) * SCATTER % n);
}

static void inside(uint8_t *b, uint32_t host, bool v6)
{
	if (!v6) {
		put32(b, INSIDE_V4 + host);
		return;
	}
	b = put32(put32(b, 0x20010db8), host >> 8); /* 256 hosts to a /64 */
	put64(b, 1 + (host & 0xff));
}

static void outside(uint8_t *b, uint32_t host, bool v6)
{
	uint64_t h = hash_u64(host, 1);

	if (!v6) {
		put32(b, 0x80000000u | (uint32_t)(h & 0x3fffffff));
		return;
	}
	b = put64(b, UINT64_C(0x2400000000000000) | (h & 0x000fffffffff0000));
	put64(b, h);
}

void mix_source(struct mix *m, uint8_t *b)
{
	put32(b, 0x01000000u + below((uint32_t)(draw(m) >> 32), 0xdf000000u)); /* below 224/8 */
}

void mix_target(struct mix *m, uint8_t *b)
{
	uint32_t base = m->spread <= SPREAD_10_8 ? INSIDE_V4 : SPREAD_V4;

	put32(b, base + (uint32_t)(m->turn * SCATTER % m->spread));
	if (++m->turn >= m->spread)
		m->turn = 0;
}

static void talk(struct mix *m, struct seen *f, uint64_t r)
{
	const struct service *s = &services[r & 15];
	uint16_t port = s->port ? s->port : (uint16_t)(1024 + (r >> 4 & 0x7fff));
	uint16_t other = (uint16_t)(32768 + (r >> 20 & 0x7fff));
	bool to_server = r >> 40 & 1;

	f->proto = s->proto;
	f->flags = s->flags;
	f->sport = to_server ? other : port;
	f->dport = to_server ? port : other;
	f->packets = 1 + below((uint32_t)(r >> 32), s->packets_max);
	f->lasted_ms = f->packets > 1 ? (uint32_t)(r >> 48 & 0xfff) : 0;
	if (s->proto == ICMP) {
		f->sport = 0;
		f->dport = to_server ? 0x0800 : 0; /* as exporters write type and code */
	}
	if (m->single) {
		f->packets = 1;
		f->lasted_ms = 0;
		f->flags = s->proto == TCP ? packet_flags[r >> 52 & 15] : 0;
	}
	f->bytes = f->packets * s->packet_bytes;
}

static void background(struct mix *m, struct seen *f)
{
	uint64_t r = draw(m);
	bool inward = r & 1;

	f->v6 = m->v6 && (r >> 8 & 0x3ff) < 102;
	inside(inward ? f->dst : f->src, pick(m, m->hosts), f->v6);
	outside(inward ? f->src : f->dst, pick(m, m->sources), f->v6);
	f->in = (uint16_t)(inward ? 1 + (r >> 1 & 3) : 5 + (r >> 1 & 3));
	f->out = (uint16_t)(inward ? 5 + (r >> 3 & 3) : 1 + (r >> 3 & 3));
	talk(m, f, draw(m));
}

static void one_packet(struct seen *f, uint8_t proto, uint8_t flags, uint32_t bytes)
{
	f->proto = proto;
	f->flags = flags;
	f->packets = 1;
	f->bytes = bytes;
	f->lasted_ms = 0;
	f->v6 = 0;
	f->in = 1;
	f->out = 5;
}

static void syn(struct mix *m, struct seen *f, uint32_t target)
{
	one_packet(f, TCP, SYN, 40);
	mix_source(m, f->src);
	put32(f->dst, target);
	f->sport = (uint16_t)(1024 + (draw(m) >> 50));
	f->dport = 80;
	f->renew = RENEW_SOURCE;
}

static void udp(struct mix *m, struct seen *f)
{
	uint64_t r = draw(m);

	one_packet(f, UDP, 0, 528);
	put32(f->src, 0xb0000000u | below((uint32_t)(r >> 32), UDP_SENDERS) * 0x10001u);
	put32(f->dst, UDP_TARGET);
	f->in = 2;
	f->sport = (uint16_t)(1024 + (r & 0x7fff));
	f->dport = (uint16_t)(1024 + (r >> 16 & 0x7fff));
	if (!m->single) {
		f->packets = 4;
		f->bytes *= 4;
	}
}

static void spread(struct mix *m, struct seen *f)
{
	uint64_t r = draw(m);

	one_packet(f, TCP, ACK, 400);
	outside(f->src, below((uint32_t)(r >> 32), m->sources), false);
	mix_target(m, f->dst);
	f->sport = 443;
	f->dport = (uint16_t)(32768 + (r & 0x7fff));
	f->renew = RENEW_TARGET;
}

void mix_next(struct mix *m, struct seen *f)
{
	unsigned of = m->spread ? 0 : (unsigned)(draw(m) >> 32) % 100;

	f->renew = RENEW_NOTHING;
	if (m->spread)
		spread(m, f);
	else if (!m->quiet && of < (m->flood ? 95u : 9u))
		syn(m, f, SYN_TARGET);
	else if (!m->quiet && !m->flood && of < 13)
		udp(m, f);
	else
		background(m, f);
}

void mix_attack(struct mix *m, struct seen *f)
{
	syn(m, f, ATTACKED);
}
