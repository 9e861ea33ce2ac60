/* SPDX-License-Identifier: ISC */
/*
 * Good datagrams of each format: what the hostile ones are made from. Written field by field and
 * without the decoders' headers, so that both cannot be wrong together.
 */
#include <string.h>

#include "base/clock.h"
#include "hostile.h"

#define UPTIME_MS    1000000u
#define FIRST_ID     300
#define RECORDS_MOST 20

uint64_t hostile_random(struct hostile_maker *m)
{
	uint64_t z = m->random += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

uint32_t hostile_below(struct hostile_maker *m, uint32_t n)
{
	return (uint32_t)(hostile_random(m) % n);
}

void hostile_put(struct hostile_datagram *d, uint64_t v, unsigned len)
{
	if (len > sizeof(d->b) - d->n)
		return;
	for (; len > 8; len--)
		d->b[d->n++] = 0;
	for (; len; len--)
		d->b[d->n++] = (uint8_t)(v >> 8 * (len - 1));
}

size_t hostile_set_open(struct hostile_datagram *d, uint32_t id)
{
	hostile_puts(d, 2, id, 0);
	return d->n - 4;
}

static void put_length(struct hostile_datagram *d, size_t at, size_t len)
{
	d->b[at] = (uint8_t)(len >> 8);
	d->b[at + 1] = (uint8_t)len;
}

void hostile_set_close(struct hostile_datagram *d, size_t at)
{
	put_length(d, at + 2, d->n - at);
}

void hostile_header(struct hostile_maker *m, struct hostile_datagram *d, bool ipfix,
		    uint32_t domain)
{
	uint32_t now_s = (uint32_t)(d->recv_us / US_PER_S);

	hostile_puts(d, 2, ipfix ? 10 : 9, ipfix ? 0 : 1);
	if (!ipfix)
		hostile_put(d, UPTIME_MS + (uint32_t)(m->i & 0xffffff), 4);
	hostile_puts(d, 4, now_s, m->sequence[ipfix ? HOSTILE_IPFIX : HOSTILE_V9], domain);
	m->sequence[HOSTILE_V9] += !ipfix;
}

void hostile_finish(struct hostile_datagram *d, bool ipfix)
{
	if (ipfix)
		put_length(d, 2, d->n);
}

struct field {
	uint16_t id, len;
};

/* Addresses, counters, ports and times as routers send them; the last two are not plain. */
static const struct field shape_usual[] = {{8, 4},  {12, 4}, {7, 2},  {11, 2}, {4, 1},	{6, 1},
					   {1, 4},  {2, 4},  {22, 4}, {21, 4}, {10, 2}, {14, 2},
					   {15, 4}, {5, 1},  {9, 1},  {13, 1}};
static const struct field shape_wide[] = {{8, 4},  {12, 4}, {1, 8},  {2, 8},  {152, 8}, {153, 8},
					  {4, 1},  {7, 2},  {11, 2}, {10, 4}, {14, 4},	{16, 4},
					  {17, 4}, {61, 1}, {89, 1}, {48, 2}};
static const struct field shape_six[] = {{27, 16}, {28, 16}, {62, 16}, {1, 8},	{2, 8},
					 {150, 4}, {151, 4}, {4, 1},   {7, 2},	{11, 2},
					 {139, 2}, {29, 1},  {30, 1},  {54, 4}, {58, 2}};
static const struct field shape_sampled[] = {{8, 4}, {12, 4}, {1, 4},  {2, 4},	{154, 8}, {155, 8},
					     {4, 1}, {32, 2}, {34, 4}, {52, 1}, {88, 2}};
static const struct field shape_both[] = {{8, 4},  {12, 4}, {27, 16}, {28, 16}, {85, 8},
					  {86, 8}, {4, 1},  {7, 2},   {11, 2},	{136, 1}};
static const struct field shape_bare[] = {{12, 4}, {1, 4}, {4, 1}};

static const struct shape {
	const struct field *fields;
	unsigned n;
} shapes[HOSTILE_SHAPES] = {
#define SHAPE(s)                                                                                   \
	{                                                                                          \
		s, sizeof(s) / sizeof(s[0])                                                        \
	}
	SHAPE(shape_usual),   SHAPE(shape_wide), SHAPE(shape_six),
	SHAPE(shape_sampled), SHAPE(shape_both), SHAPE(shape_bare),
#undef SHAPE
};

static void put_templates(struct hostile_datagram *d, bool ipfix)
{
	size_t set = hostile_set_open(d, ipfix ? 2 : 0);

	for (unsigned i = 0; i < HOSTILE_SHAPES; i++) {
		hostile_puts(d, 2, FIRST_ID + i, shapes[i].n);
		for (unsigned k = 0; k < shapes[i].n; k++)
			hostile_puts(d, 2, shapes[i].fields[k].id, shapes[i].fields[k].len);
	}
	hostile_set_close(d, set);
}

/* Our own hosts are few, those who send to them are many. */
static uint32_t own_host(struct hostile_maker *m)
{
	return 0x0a000000u | hostile_below(m, 4096);
}

static void put_address(struct hostile_maker *m, struct hostile_datagram *d, bool own, unsigned len)
{
	if (len == 16)
		hostile_puts(d, 4, 0x20010db8, own ? 1 : 2, 0);
	hostile_put(d, own ? own_host(m) : (uint32_t)hostile_random(m), 4);
}

static void put_value(struct hostile_maker *m, struct hostile_datagram *d, const struct field *f)
{
	static const uint8_t protos[] = {1, 6, 6, 6, 17, 17, 17, 58};
	uint64_t now_ms = (uint64_t)(d->recv_us / US_PER_MS), ago_ms = hostile_below(m, 20000);

	switch (f->id) {
	case 8:
	case 12:
	case 27:
	case 28:
		put_address(m, d, f->id == 12 || f->id == 28, f->len);
		break;
	case 4:
		hostile_put(d, protos[hostile_below(m, sizeof(protos))], f->len);
		break;
	case 1:
	case 85:
		hostile_put(d, 40 + hostile_below(m, 100000), f->len);
		break;
	case 2:
	case 86:
		hostile_put(d, 1 + hostile_below(m, 100), f->len);
		break;
	case 10:
	case 14:
		hostile_put(d, 1 + hostile_below(m, 40), f->len);
		break;
	case 21:
	case 22:
		hostile_put(d, UPTIME_MS - ago_ms, f->len);
		break;
	case 150:
	case 151:
		hostile_put(d, (now_ms - ago_ms) / 1000, f->len);
		break;
	case 152:
	case 153:
		hostile_put(d, now_ms - ago_ms, f->len);
		break;
	case 154:
	case 155: /* NTP's era began in 1900 */
		hostile_put(d, (now_ms / 1000 + 2208988800u) << 32, f->len);
		break;
	case 34:
		hostile_put(d, 100, f->len);
		break;
	default:
		hostile_put(d, hostile_below(m, 256), f->len);
	}
}

static void put_records(struct hostile_maker *m, struct hostile_datagram *d, uint32_t n)
{
	unsigned which = hostile_below(m, HOSTILE_SHAPES);
	size_t set = hostile_set_open(d, FIRST_ID + which);

	for (; n; n--)
		for (unsigned i = 0; i < shapes[which].n; i++)
			put_value(m, d, &shapes[which].fields[i]);
	hostile_set_close(d, set);
}

/* An option that tells sampler 1's factor: scope "system", then id and interval. */
static void put_option(struct hostile_datagram *d, bool ipfix)
{
	size_t set = hostile_set_open(d, ipfix ? 3 : 1);

	if (ipfix)
		hostile_puts(d, 2, 400, 3, 1, 149, 4, 48, 2, 34, 4);
	else
		hostile_puts(d, 2, 400, 4, 8, 1, 4, 48, 2, 34, 4);
	hostile_set_close(d, set);
	set = hostile_set_open(d, 400);
	hostile_put(d, 0, 4);
	hostile_put(d, 1, 2);
	hostile_put(d, 100, 4);
	hostile_set_close(d, set);
}

static void good_sets(struct hostile_maker *m, struct hostile_datagram *d, bool ipfix)
{
	enum hostile_format format = ipfix ? HOSTILE_IPFIX : HOSTILE_V9;
	uint32_t n = 1 + hostile_below(m, RECORDS_MOST), records = n;

	hostile_header(m, d, ipfix, 7);
	if (!m->told[format] || hostile_below(m, 20) == 0) {
		put_templates(d, ipfix);
		put_option(d, ipfix);
		records += 1;
	}
	m->told[format] = true;
	put_records(m, d, n);
	if (ipfix)
		m->sequence[format] += records;
	hostile_finish(d, ipfix);
}

static void good_v5(struct hostile_maker *m, struct hostile_datagram *d)
{
	uint32_t n = 1 + hostile_below(m, 30), now_s = (uint32_t)(d->recv_us / US_PER_S);
	uint32_t uptime_ms = UPTIME_MS + (uint32_t)(m->i & 0xffffff);

	hostile_puts(d, 2, 5, n);
	hostile_puts(d, 4, uptime_ms, now_s, 500, m->sequence[HOSTILE_V5]);
	hostile_puts(d, 2, 0x0102, 0x4064);
	m->sequence[HOSTILE_V5] += n;
	for (; n; n--) {
		hostile_puts(d, 4, (uint32_t)hostile_random(m), own_host(m), 0x0a000001);
		hostile_puts(d, 2, 1 + hostile_below(m, 40), 1 + hostile_below(m, 40));
		hostile_puts(d, 4, 1 + hostile_below(m, 100), 40 + hostile_below(m, 100000));
		hostile_puts(d, 4, uptime_ms - hostile_below(m, 20000), uptime_ms);
		hostile_puts(d, 2, hostile_below(m, 65536), 80);
		hostile_puts(d, 1, 0, 18, hostile_below(m, 4) ? 6 : 17, 0);
		hostile_puts(d, 2, 64500, 64501);
		hostile_puts(d, 1, 24, 16);
		hostile_put(d, 0, 2);
	}
}

/* A sampled frame: Ethernet, IPv4, TCP's SYN. */
static void put_frame(struct hostile_maker *m, struct hostile_datagram *d)
{
	/* format, length; Ethernet, bytes on the wire, stripped, bytes here */
	hostile_puts(d, 4, 1, 72, 1, 58, 4, 54);
	hostile_put(d, 0, 12);
	hostile_puts(d, 2, 0x0800, 0x4500, 40, hostile_below(m, 65536), 0, 0x4006, 0);
	hostile_puts(d, 4, (uint32_t)hostile_random(m), own_host(m));
	hostile_puts(d, 2, hostile_below(m, 65536), 80);
	hostile_puts(d, 4, (uint32_t)hostile_random(m), 0);
	hostile_puts(d, 2, 0x5002, 8192, 0, 0, 0); /* the last is padding */
}

static void good_sflow(struct hostile_maker *m, struct hostile_datagram *d)
{
	uint32_t n = 1 + hostile_below(m, 7), sequence = m->sequence[HOSTILE_SFLOW]++;

	hostile_puts(d, 4, 5, 1, 0xc0000201, 0, sequence, (uint32_t)m->i, n);
	for (uint32_t i = 0; i < n; i++) {
		/* format, length, sequence, source, rate, pool, drops, in, out, records */
		hostile_puts(d, 4, 1, 112, sequence * 7 + i, 1 + i, 512, 0, 0, 1 + i, 8, 1);
		put_frame(m, d);
	}
}

void hostile_good(struct hostile_maker *m, struct hostile_datagram *d, enum hostile_format format)
{
	switch (format) {
	case HOSTILE_V5:
		good_v5(m, d);
		break;
	case HOSTILE_SFLOW:
		good_sflow(m, d);
		break;
	default:
		good_sets(m, d, format == HOSTILE_IPFIX);
	}
}
