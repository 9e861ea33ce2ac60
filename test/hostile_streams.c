/* SPDX-License-Identifier: ISC */
/*
 * The hostile streams. A new one is a function and a line in the table at the end.
 */
#include <string.h>

#include "base/clock.h"
#include "hostile.h"

#define PAYLOAD	       1400 /* what a datagram of Ethernet's size carries */
#define FIELDS_ROOM    330  /* elements of a template in one datagram */
#define OPTION_RECORDS 120

static void put_random(struct hostile_maker *m, struct hostile_datagram *d, uint32_t n)
{
	for (; n; n--)
		hostile_put(d, hostile_random(m), 1);
}

static void make_random(struct hostile_maker *m, struct hostile_datagram *d)
{
	put_random(m, d, hostile_below(m, PAYLOAD));
}

/* The head of a format, and noise behind it. */
static void lookalike(struct hostile_maker *m, struct hostile_datagram *d,
		      enum hostile_format format)
{
	uint32_t now_s = (uint32_t)(d->recv_us / US_PER_S), few = 1 + hostile_below(m, 8);

	switch (format) {
	case HOSTILE_V5:
		hostile_puts(d, 2, 5, few);
		hostile_puts(d, 4, 1000000, now_s, 0, 0, 0);
		break;
	case HOSTILE_V9:
		hostile_puts(d, 2, 9, few);
		hostile_puts(d, 4, 1000000, now_s, 0, 7);
		hostile_puts(d, 2, hostile_below(m, 2) ? 0 : 300, hostile_below(m, 600));
		break;
	case HOSTILE_IPFIX:
		hostile_puts(d, 2, 10, hostile_below(m, PAYLOAD));
		hostile_puts(d, 4, now_s, 0, 7);
		hostile_puts(d, 2, hostile_below(m, 2) ? 2 : 300, hostile_below(m, 600));
		break;
	default:
		hostile_puts(d, 4, 5, 1, 0xc0000201, 0, 0, 0, few);
		hostile_puts(d, 4, 1 + hostile_below(m, 5), hostile_below(m, 600));
	}
	put_random(m, d, hostile_below(m, PAYLOAD - 40));
}

/* Good ones that end early. */
static void make_early(struct hostile_maker *m, struct hostile_datagram *d)
{
	hostile_good(m, d, hostile_below(m, HOSTILE_FORMATS));
	d->n = hostile_below(m, (uint32_t)d->n);
}

/* Values that lengths and counts break on, at any even place. */
static void set_edge(struct hostile_maker *m, struct hostile_datagram *d)
{
	static const uint16_t edges[] = {0,   1,   2,	3,	4,	5,	7,     8,
					 255, 256, 300, 0x7fff, 0x8000, 0xfffe, 0xffff};
	size_t at = hostile_below(m, (uint32_t)d->n / 2 + 1) * 2ul;
	uint16_t v = edges[hostile_below(m, sizeof(edges) / sizeof(edges[0]))];

	if (at + 2 > d->n)
		return;
	d->b[at] = (uint8_t)(v >> 8);
	d->b[at + 1] = (uint8_t)v;
}

/* A piece of it once more, elsewhere. */
static void repeat_piece(struct hostile_maker *m, struct hostile_datagram *d)
{
	uint32_t n = (uint32_t)d->n, from = hostile_below(m, n), to = hostile_below(m, n);
	uint32_t len = hostile_below(m, n - (from > to ? from : to));

	memmove(d->b + to, d->b + from, len);
}

static void mutate(struct hostile_maker *m, struct hostile_datagram *d)
{
	for (uint32_t times = 1 + hostile_below(m, 6); times && d->n > 8; times--)
		switch (hostile_below(m, 6)) {
		case 0:
			d->b[hostile_below(m, (uint32_t)d->n)] ^=
				(uint8_t)(1u << hostile_below(m, 8));
			break;
		case 1:
			d->b[hostile_below(m, (uint32_t)d->n)] = (uint8_t)hostile_random(m);
			break;
		case 2:
		case 3:
			set_edge(m, d);
			break;
		case 4:
			repeat_piece(m, d);
			break;
		default:
			if (hostile_below(m, 4) == 0)
				d->n = hostile_below(m, (uint32_t)d->n);
		}
}

/* Each format good, changed in a few places, and with nothing but its head. */
#define OF_FORMAT(name, format)                                                                    \
	static void make_##name(struct hostile_maker *m, struct hostile_datagram *d)               \
	{                                                                                          \
		hostile_good(m, d, (format));                                                      \
	}                                                                                          \
	static void mutate_##name(struct hostile_maker *m, struct hostile_datagram *d)             \
	{                                                                                          \
		hostile_good(m, d, (format));                                                      \
		mutate(m, d);                                                                      \
	}                                                                                          \
	static void lookalike_##name(struct hostile_maker *m, struct hostile_datagram *d)          \
	{                                                                                          \
		lookalike(m, d, (format));                                                         \
	}
OF_FORMAT(v5, HOSTILE_V5)
OF_FORMAT(v9, HOSTILE_V9)
OF_FORMAT(ipfix, HOSTILE_IPFIX)
OF_FORMAT(sflow, HOSTILE_SFLOW)

static bool open_message(struct hostile_maker *m, struct hostile_datagram *d, uint32_t domain)
{
	bool ipfix = m->i & 1;

	hostile_header(m, d, ipfix, domain);
	return ipfix;
}

/* Every id there is, one element each: many of the smallest. */
static void make_template_ids(struct hostile_maker *m, struct hostile_datagram *d)
{
	bool ipfix = open_message(m, d, hostile_below(m, 512));
	size_t set = hostile_set_open(d, ipfix ? 2 : 0);

	while (d->n + 8 <= PAYLOAD)
		hostile_puts(d, 2, 256 + hostile_below(m, 65280), 1, 1 + hostile_below(m, 400), 4);
	hostile_set_close(d, set);
	hostile_finish(d, ipfix);
}

/* A domain that is full of them is told of more: each asks whether an old one can give way. */
static void make_template_full(struct hostile_maker *m, struct hostile_datagram *d)
{
	bool ipfix = open_message(m, d, 7);
	size_t set = hostile_set_open(d, ipfix ? 2 : 0);

	while (d->n + 8 <= PAYLOAD)
		hostile_puts(d, 2, 256 + hostile_below(m, 65280), 1, 1 + hostile_below(m, 400), 4);
	hostile_set_close(d, set);
	hostile_finish(d, ipfix);
}

/* As many elements as fit, up to more than are taken; now and then in a datagram of 64 KB. */
static void make_template_fields(struct hostile_maker *m, struct hostile_datagram *d)
{
	bool ipfix = open_message(m, d, hostile_below(m, 4));
	uint32_t n = hostile_below(m, 50) ? FIELDS_ROOM : 900 + hostile_below(m, 15000);
	size_t set = hostile_set_open(d, ipfix ? 2 : 0);

	hostile_puts(d, 2, 256 + hostile_below(m, 65280), n);
	for (; n; n--)
		hostile_puts(d, 2, 1 + hostile_below(m, 400), 1 + hostile_below(m, 8));
	hostile_set_close(d, set);
	hostile_finish(d, ipfix);
}

static void make_template_domains(struct hostile_maker *m, struct hostile_datagram *d)
{
	bool ipfix = open_message(m, d, (uint32_t)hostile_random(m));
	size_t set = hostile_set_open(d, ipfix ? 2 : 0);

	hostile_puts(d, 2, 300, 3, 8, 4, 12, 4, 1, 4);
	hostile_set_close(d, set);
	set = hostile_set_open(d, 300);
	hostile_puts(d, 4, (uint32_t)hostile_random(m), 0x0a000001, 100);
	hostile_set_close(d, set);
	hostile_finish(d, ipfix);
}

/* One id told anew with each record, never the same, and data between. */
static void make_template_refresh(struct hostile_maker *m, struct hostile_datagram *d)
{
	bool ipfix = open_message(m, d, 7);

	while (d->n + 200 <= PAYLOAD) {
		uint32_t n = 1 + hostile_below(m, 16), len = 0;
		size_t set = hostile_set_open(d, ipfix ? 2 : 0);

		hostile_puts(d, 2, 300, n);
		for (; n; n--) {
			uint32_t one = 1 + hostile_below(m, 8);

			hostile_puts(d, 2, 1 + hostile_below(m, 300), one);
			len += one;
		}
		hostile_set_close(d, set);
		set = hostile_set_open(d, 300);
		put_random(m, d, len);
		hostile_set_close(d, set);
	}
	hostile_finish(d, ipfix);
}

/* Templates told and withdrawn, one by one and all at once. */
static void make_withdraw(struct hostile_maker *m, struct hostile_datagram *d)
{
	size_t set;

	hostile_header(m, d, true, 7);
	set = hostile_set_open(d, 2);
	while (d->n + 8 <= PAYLOAD)
		switch (hostile_below(m, 4)) {
		case 0:
			hostile_puts(d, 2, 256 + hostile_below(m, 64), 0);
			break;
		case 1:
			hostile_puts(d, 2, 2, 0);
			break;
		default:
			hostile_puts(d, 2, 256 + hostile_below(m, 64), 1, 1, 4);
		}
	hostile_set_close(d, set);
	hostile_finish(d, true);
}

/* A thousand templates stand, and all options templates are withdrawn again and again. */
static void make_withdraw_all(struct hostile_maker *m, struct hostile_datagram *d)
{
	bool fill = m->i % 64 < 8;
	size_t set;

	hostile_header(m, d, true, 7);
	set = hostile_set_open(d, fill ? 2 : 3);
	while (d->n + 8 <= PAYLOAD)
		if (fill)
			hostile_puts(d, 2, 256 + hostile_below(m, 1000), 1, 1, 4);
		else
			hostile_puts(d, 2, 3, 0);
	hostile_set_close(d, set);
	hostile_finish(d, true);
}

/* Factors for every sampler, interface and template of many domains. */
static void make_options(struct hostile_maker *m, struct hostile_datagram *d)
{
	static const uint16_t scopes[] = {48, 10, 145, 302};
	uint16_t scope = scopes[hostile_below(m, 4)];
	bool ipfix = open_message(m, d, hostile_below(m, 300));
	size_t set = hostile_set_open(d, ipfix ? 3 : 1);

	if (ipfix)
		hostile_puts(d, 2, 400, 2, 1, scope, 4, 34, 4);
	else
		hostile_puts(d, 2, 400, 4, 8, 2, 4, scope, 4, 34, 4);
	hostile_set_close(d, set);
	set = hostile_set_open(d, 400);
	for (unsigned i = 0; i < OPTION_RECORDS; i++) {
		if (!ipfix)
			hostile_put(d, 0, 4);
		hostile_puts(d, 4, (uint32_t)hostile_random(m), (uint32_t)hostile_random(m));
	}
	hostile_set_close(d, set);
	hostile_finish(d, ipfix);
}

/* Sequence numbers that stand, jump, go back and wrap. */
static void make_sequence(struct hostile_maker *m, struct hostile_datagram *d)
{
	static const uint32_t lies[] = {0, 1, 0x7fffffff, 0x80000000, 0xffffff00, 0xffffffff};

	for (unsigned i = 0; i < HOSTILE_FORMATS; i++)
		if (hostile_below(m, 2))
			m->sequence[i] = hostile_below(m, 3) ? lies[hostile_below(m, 6)]
							     : (uint32_t)hostile_random(m);
	hostile_good(m, d, hostile_below(m, HOSTILE_FORMATS));
}

/*
 * Clocks: the header's seconds and uptime, and absolute times of records from 1970 to beyond the
 * year 9999, other ones in every datagram.
 */
static void make_clock(struct hostile_maker *m, struct hostile_datagram *d)
{
	static const uint32_t seconds[] = {0, 1, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
	static const uint64_t millis[] = {0,
					  1,
					  UINT64_C(4102444800000),   /* 2100 */
					  UINT64_C(253402300799999), /* the end of 9999 */
					  UINT64_C(253402300800000),
					  INT64_MAX / 1000,
					  INT64_MAX,
					  UINT64_MAX};
	bool ipfix = m->i & 1;
	size_t set;

	hostile_puts(d, 2, ipfix ? 10 : 9, ipfix ? 0 : 1);
	if (!ipfix)
		hostile_put(d, seconds[hostile_below(m, 6)], 4);
	hostile_puts(d, 4, seconds[hostile_below(m, 6)], (uint32_t)m->i, 7);
	set = hostile_set_open(d, ipfix ? 2 : 0);
	hostile_puts(d, 2, 300, 7, 8, 4, 12, 4, 1, 4, 152, 8, 153, 8, 22, 4, 160, 8);
	hostile_puts(d, 2, 301, 5, 8, 4, 12, 4, 1, 4, 154, 8, 155, 8);
	hostile_puts(d, 2, 302, 5, 8, 4, 12, 4, 1, 4, 22, 4, 21, 4);
	hostile_puts(d, 2, 303, 5, 8, 4, 12, 4, 1, 4, 150, 4, 161, 4);
	hostile_set_close(d, set);
	for (unsigned id = 300; id < 304; id++) {
		set = hostile_set_open(d, id);
		hostile_puts(d, 4, (uint32_t)hostile_random(m), 0x0a000001, 100);
		if (id < 302)
			hostile_puts(d, 8, millis[hostile_below(m, 8)],
				     millis[hostile_below(m, 8)]);
		else
			hostile_puts(d, 4, seconds[hostile_below(m, 6)],
				     seconds[hostile_below(m, 6)]);
		if (id == 300) {
			hostile_put(d, seconds[hostile_below(m, 6)], 4);
			hostile_put(d, millis[hostile_below(m, 8)], 8);
		}
		hostile_set_close(d, set);
	}
	hostile_finish(d, ipfix);
}

/* The receive clock itself jumps, as the frame times of a forged capture can. */
static void make_frame_clock(struct hostile_maker *m, struct hostile_datagram *d)
{
	static const int64_t clocks_us[] = {0,
					    US_PER_S,
					    INT64_C(0xffffffff) * US_PER_S,
					    INT64_C(253402300799) * US_PER_S,
					    -US_PER_S,
					    INT64_C(1) << 59,
					    -(INT64_C(1) << 59)};
	uint32_t which = hostile_below(m, 10);

	hostile_good(m, d, hostile_below(m, HOSTILE_FORMATS));
	if (which < sizeof(clocks_us) / sizeof(clocks_us[0]))
		d->recv_us = clocks_us[which] + hostile_below(m, 1000);
}

static void sampling_set(struct hostile_maker *m, struct hostile_datagram *d, bool ipfix)
{
	static const uint64_t lies[] = {0, 1, 0x7fffffff, 0xffffffff};
	/* 0, -0, 1, -1, 2, the least above 0, infinity, not a number. */
	static const uint64_t chances[] = {0,
					   UINT64_C(0x8000000000000000),
					   UINT64_C(0x3ff0000000000000),
					   UINT64_C(0xbff0000000000000),
					   UINT64_C(0x4000000000000000),
					   1,
					   UINT64_C(0x7ff0000000000000),
					   UINT64_C(0x7ff8000000000000)};
	size_t set = hostile_set_open(d, ipfix ? 3 : 1);

	if (ipfix)
		hostile_puts(d, 2, 400, 6, 1, 149, 4, 34, 4, 305, 4, 306, 4, 309, 4, 311, 8);
	else
		hostile_puts(d, 2, 400, 4, 20, 1, 4, 34, 4, 305, 4, 306, 4, 309, 4, 311, 8);
	hostile_set_close(d, set);
	set = hostile_set_open(d, 400);
	hostile_put(d, 0, 4);
	for (unsigned i = 0; i < 4; i++)
		hostile_put(d, lies[hostile_below(m, 4)], 4);
	hostile_put(d, chances[hostile_below(m, 8)], 8);
	hostile_set_close(d, set);
	set = hostile_set_open(d, ipfix ? 2 : 0);
	hostile_puts(d, 2, 300, 5, 8, 4, 12, 4, 1, 8, 2, 8, 34, 4);
	hostile_set_close(d, set);
	set = hostile_set_open(d, 300);
	hostile_puts(d, 4, (uint32_t)hostile_random(m), 0x0a000001);
	hostile_puts(d, 8, hostile_below(m, 2) ? UINT64_MAX : 40,
		     hostile_below(m, 2) ? UINT64_MAX : 1);
	hostile_put(d, lies[hostile_below(m, 4)], 4);
	hostile_set_close(d, set);
}

static void make_sampling(struct hostile_maker *m, struct hostile_datagram *d)
{
	static const uint16_t modes[] = {0, 1, 0x3fff, 0x4000, 0x7fff, 0xc000, 0xffff};
	static const uint32_t rates[] = {0, 1, 0x7fffffff, 0xffffffff};
	uint32_t rate = rates[hostile_below(m, 4)];
	uint16_t mode = modes[hostile_below(m, 7)];
	bool ipfix = m->i & 1;

	switch (hostile_below(m, 3)) {
	case 0:
		hostile_good(m, d, HOSTILE_V5);
		d->b[22] = (uint8_t)(mode >> 8);
		d->b[23] = (uint8_t)mode;
		break;
	case 1:
		hostile_good(m, d, HOSTILE_SFLOW); /* the first sample's rate */
		for (unsigned i = 0; i < 4; i++)
			d->b[44 + i] = (uint8_t)(rate >> 8 * (3 - i));
		break;
	default:
		hostile_header(m, d, ipfix, 7);
		sampling_set(m, d, ipfix);
		hostile_finish(d, ipfix);
	}
}

/* An interface, a data source and an agent that never were before. */
static void make_interfaces(struct hostile_maker *m, struct hostile_datagram *d)
{
	hostile_puts(d, 4, 5, 1, hostile_below(m, 1024), hostile_below(m, 4), (uint32_t)m->i, 1000,
		     36);
	for (unsigned i = 0; i < 36; i++)
		hostile_puts(d, 4, 1, 32, (uint32_t)m->i, hostile_below(m, 0x1000000), 512, 0, 0,
			     hostile_below(m, 0x40000000), hostile_below(m, 0x40000000), 0);
	hostile_puts(d, 4, 0); /* and one that is not whole */
}

/* A million addresses; one datagram in 16 is an honest router's. */
static void make_spoofed(struct hostile_maker *m, struct hostile_datagram *d)
{
	hostile_good(m, d, hostile_below(m, HOSTILE_FORMATS));
	if (hostile_below(m, 16))
		d->from = ip_from_v4(0x64000000u + hostile_below(m, 1000000));
}

/* As many exporters as are taken, and as many domains as each may have. */
static void make_spoofed_domains(struct hostile_maker *m, struct hostile_datagram *d)
{
	make_template_domains(m, d);
	d->from = ip_from_v4(0x64000000u + hostile_below(m, 4096));
}

const struct hostile_stream hostile_streams[] = {
	{"good-v5", "NetFlow v5 as it should be", make_v5, .mostly = true},
	{"good-v9", "NetFlow v9 as it should be", make_v9, .mostly = true},
	{"good-ipfix", "IPFIX as it should be", make_ipfix, .mostly = true},
	{"good-sflow", "sFlow as it should be", make_sflow, .mostly = true},
	{"random", "random bytes", make_random},
	{"lookalike-v5", "the head of NetFlow v5, and noise behind it", lookalike_v5},
	{"lookalike-v9", "the head of NetFlow v9, and noise behind it", lookalike_v9},
	{"lookalike-ipfix", "the head of IPFIX, and noise behind it", lookalike_ipfix},
	{"lookalike-sflow", "the head of sFlow, and noise behind it", lookalike_sflow},
	{"early", "good datagrams that end early", make_early},
	{"mutated-v5", "NetFlow v5, changed in a few places", mutate_v5},
	{"mutated-v9", "NetFlow v9, changed in a few places", mutate_v9},
	{"mutated-ipfix", "IPFIX, changed in a few places", mutate_ipfix},
	{"mutated-sflow", "sFlow, changed in a few places", mutate_sflow},
	{"template-ids", "templates of every id", make_template_ids},
	{"template-full", "more templates than one domain may have", make_template_full},
	{"template-fields", "templates of hundreds of elements", make_template_fields},
	{"template-domains", "a new domain in every datagram", make_template_domains},
	{"template-refresh", "one id that is told anew all the time", make_template_refresh},
	{"template-withdraw", "templates told and withdrawn", make_withdraw},
	{"withdraw-all", "all of them withdrawn, again and again", make_withdraw_all},
	{"options", "sampling factors for everything", make_options},
	{"sequence", "sequence numbers that lie", make_sequence},
	{"clock", "exporters' clocks from 1970 to 9999", make_clock},
	{"frame-clock", "receive times that jump by centuries", make_frame_clock, .open = true},
	{"sampling", "sampling of 0, of 2^32-1, of no number", make_sampling},
	{"interfaces", "interfaces, sources and agents without end", make_interfaces},
	{"spoofed", "a million addresses that are not on the list", make_spoofed},
	{"spoofed-open", "a million addresses where any is taken", make_spoofed, .open = true},
	/* 256 MB of domains and templates, and half as much for the maps they stand in. */
	{"spoofed-domains", "4,096 addresses, and domains without end", make_spoofed_domains,
	 .open = true, .most_kb = 448 << 10},
};
const size_t hostile_n_streams = sizeof(hostile_streams) / sizeof(hostile_streams[0]);
