/* SPDX-License-Identifier: ISC */
/*
 * NetFlow v9 (RFC 3954) and IPFIX (RFC 7011): the same three templates in each, IPv4, IPv4 with
 * counters of 64 bits, IPv6. They differ in header, times and the ids of the template set. A
 * datagram has one data set for each template that has records in it; records are collected apart
 * and put together at the end.
 */
#include <string.h>

#include "traffic.h"

#define SET_HEADER	4
#define FIRST_ID	256
#define V9_HEADER	20
#define IPFIX_HEADER	16
#define V9_TEMPLATES	0
#define IPFIX_TEMPLATES 2
#define FIELDS_MAX	20
#define PART_V4		0
#define PART_WIDE	1
#define PART_V6		2

struct field {
	uint16_t id, len;
};

/* Addresses first, then counters, then times: put_record() writes in this order. */
#define REST                                                                                       \
	{10, 4}, {14, 4}, {7, 2}, {11, 2}, {6, 1}, {4, 1}, {5, 1}, {9, 1}, {13, 1}, {16, 4},       \
	{                                                                                          \
		17, 4                                                                              \
	}
#define REST_LEN 25

static const struct dialect {
	uint16_t header, template_set;
	uint8_t time_len; /* of first and of last */
	struct field fields[PARTS][FIELDS_MAX];
} v9 = {V9_HEADER,
	V9_TEMPLATES,
	4,
	{{{8, 4}, {12, 4}, {2, 4}, {1, 4}, {22, 4}, {21, 4}, REST},
	 {{8, 4}, {12, 4}, {2, 8}, {1, 8}, {22, 4}, {21, 4}, REST},
	 {{27, 16}, {28, 16}, {2, 4}, {1, 4}, {22, 4}, {21, 4}, REST}}},
  ipfix = {IPFIX_HEADER,
	   IPFIX_TEMPLATES,
	   8,
	   {{{8, 4}, {12, 4}, {2, 4}, {1, 4}, {152, 8}, {153, 8}, REST},
	    {{8, 4}, {12, 4}, {2, 8}, {1, 8}, {152, 8}, {153, 8}, REST},
	    {{27, 16}, {28, 16}, {2, 4}, {1, 4}, {152, 8}, {153, 8}, REST}}};

static unsigned address_len(unsigned part)
{
	return part == PART_V6 ? 16 : 4;
}

static unsigned counter_len(unsigned part)
{
	return part == PART_WIDE ? 8 : 4;
}

static unsigned record_len(const struct dialect *x, unsigned part)
{
	return 2 * (address_len(part) + counter_len(part) + x->time_len) + REST_LEN;
}

static uint8_t *put_templates(uint8_t *p, const struct dialect *x)
{
	uint8_t *set = p;

	p += SET_HEADER;
	for (unsigned i = 0; i < PARTS; i++) {
		const struct field *f = x->fields[i];
		uint8_t *head = p;

		p += 4;
		for (; f->len; f++)
			p = put16(put16(p, f->id), f->len);
		put16(put16(head, FIRST_ID + i), (unsigned)(p - head - 4) / 4);
	}
	put16(put16(set, x->template_set), (unsigned)(p - set));
	return p;
}

static void begin(struct builder *b, const struct dialect *x, bool templates)
{
	struct datagram *d = &b->d;

	d->len = x->header;
	if (templates)
		d->len = (uint16_t)(put_templates(d->b + x->header, x) - d->b);
	d->templates = templates;
	d->records = 0;
	d->packets = 0;
	for (unsigned i = 0; i < PARTS; i++)
		b->part[i].len = b->part[i].records = 0;
}

/* Of the datagram as it would be: each set has its header and is padded to four bytes. */
static unsigned whole_len(const struct builder *b, unsigned with_part, unsigned more)
{
	unsigned len = b->d.len;

	for (unsigned i = 0; i < PARTS; i++) {
		unsigned n = b->part[i].len + (i == with_part ? more : 0);

		len += n ? SET_HEADER + ((n + 3) & ~3u) : 0;
	}
	return len;
}

static uint8_t *put_record(uint8_t *p, const struct seen *f, const struct dialect *x, unsigned part)
{
	unsigned alen = address_len(part);

	p = put_bytes(put_bytes(p, f->src, alen), f->dst, alen);
	p = part == PART_WIDE ? put64(put64(p, f->packets), f->bytes)
			      : put32(put32(p, f->packets), f->bytes);
	memset(p, 0, 2u * x->time_len);
	p = put32(put32(p + 2 * x->time_len, f->in), f->out);
	p = put16(put16(p, f->sport), f->dport);
	p = put8(put8(put8(p, f->flags), f->proto), 0);
	p = put8(put8(p, f->v6 ? 32 : 16), f->v6 ? 48 : 24);
	return put32(put32(p, 64500), 64501); /* AS numbers, for documentation (RFC 5398) */
}

static bool put(struct builder *b, const struct dialect *x, const struct seen *f)
{
	/* A quarter of the IPv4 flows, by their ports, come with wide counters. */
	unsigned i = f->v6 ? PART_V6 : ((f->sport ^ f->dport) & 3) == 0 ? PART_WIDE : PART_V4;
	struct part *part = &b->part[i];
	unsigned len = record_len(x, i), target = f->renew == RENEW_TARGET;

	if (whole_len(b, i, len) > DATAGRAM_MAX || b->d.records == RECORDS_MAX)
		return false;
	put_record(part->b + part->len, f, x, i);
	part->touch[part->records++] = (struct touch){
		.time_at = (uint16_t)(part->len + 2 * (address_len(i) + counter_len(i))),
		.addr_at = (uint16_t)(part->len + (target ? address_len(i) : 0)),
		.lasted_ms = f->lasted_ms,
		.renew = f->renew,
	};
	part->len = (uint16_t)(part->len + len);
	b->d.records++;
	b->d.packets += f->packets;
	return true;
}

static void put_set(struct datagram *d, const struct part *part, unsigned id, unsigned first)
{
	unsigned len = (part->len + 3u) & ~3u, at = d->len + SET_HEADER;

	put16(put16(d->b + d->len, id), SET_HEADER + len);
	memcpy(d->b + at, part->b, part->len);
	memset(d->b + at + part->len, 0, len - part->len);
	for (unsigned i = 0; i < part->records; i++) {
		struct touch *t = &d->touch[first + i];

		*t = part->touch[i];
		t->time_at = (uint16_t)(t->time_at + at);
		t->addr_at = (uint16_t)(t->addr_at + at);
	}
	d->len = (uint16_t)(at + len);
}

static void end(struct builder *b)
{
	unsigned first = 0;

	for (unsigned i = 0; i < PARTS; i++) {
		if (b->part[i].len)
			put_set(&b->d, &b->part[i], FIRST_ID + i, first);
		first += b->part[i].records;
	}
}

static void v9_begin(struct builder *b, bool templates)
{
	begin(b, &v9, templates);
}

static bool v9_put(struct builder *b, const struct seen *f)
{
	return put(b, &v9, f);
}

static void v9_stamp(struct exporter *e, struct datagram *d, int64_t now_us)
{
	uint32_t uptime_ms = (uint32_t)((now_us - e->boot_us) / 1000);
	uint8_t *p = put16(put16(d->b, 9), d->records + (d->templates ? PARTS : 0));

	p = put32(put32(p, uptime_ms), (uint32_t)(now_us / 1000000));
	put32(put32(p, e->sequence++), 0);
	for (unsigned i = 0; i < d->records; i++) {
		const struct touch *t = &d->touch[i];

		put32(put32(d->b + t->time_at, uptime_ms - t->lasted_ms), uptime_ms);
	}
}

static void ipfix_begin(struct builder *b, bool templates)
{
	begin(b, &ipfix, templates);
}

static bool ipfix_put(struct builder *b, const struct seen *f)
{
	return put(b, &ipfix, f);
}

static void ipfix_stamp(struct exporter *e, struct datagram *d, int64_t now_us)
{
	uint64_t now_ms = (uint64_t)now_us / 1000;
	uint8_t *p = put16(put16(d->b, 10), d->len);

	p = put32(put32(p, (uint32_t)(now_us / 1000000)), e->sequence);
	put32(p, 0);
	e->sequence += d->records;
	for (unsigned i = 0; i < d->records; i++) {
		const struct touch *t = &d->touch[i];

		put64(put64(d->b + t->time_at, now_ms - t->lasted_ms), now_ms);
	}
}

const struct format format_v9 = {.name = "v9",
				 .port = 2055,
				 .v6 = true,
				 .begin = v9_begin,
				 .put = v9_put,
				 .end = end,
				 .stamp = v9_stamp};
const struct format format_ipfix = {.name = "ipfix",
				    .port = 4739,
				    .v6 = true,
				    .begin = ipfix_begin,
				    .put = ipfix_put,
				    .end = end,
				    .stamp = ipfix_stamp};
