/* SPDX-License-Identifier: ISC */
/* The formats without templates, NetFlow v5 and sFlow v5, and what all formats share. */
#include <string.h>

#include "traffic.h"

#define V5_HEADER    24
#define V5_RECORD    48
#define V5_MOST	     30
#define V5_TIMES     24 /* first and last, in a record */
#define V5_SOURCE    0
#define V5_TARGET    4
#define SFLOW_HEADER 28
#define SFLOW_COUNT  24 /* number of samples, in the header */
#define SFLOW_SAMPLE 40 /* tag, length and the eight words of a flow sample */
#define SFLOW_RAW    24 /* tag, length and four words before the packet's bytes */
#define IPV4_SOURCE  12
#define IPV4_TARGET  16

const struct format *const formats[] = {&format_v5, &format_v9, &format_ipfix, &format_sflow, NULL};

static struct touch *touched(struct datagram *d, const struct seen *f, uint16_t time_at)
{
	struct touch *t = &d->touch[d->records++];

	d->packets += f->packets;
	*t = (struct touch){.time_at = time_at, .lasted_ms = f->lasted_ms, .renew = f->renew};
	return t;
}

static void v5_begin(struct builder *b, bool templates)
{
	b->d.len = V5_HEADER;
	b->d.records = 0;
	b->d.packets = 0;
}

static bool v5_put(struct builder *b, const struct seen *f)
{
	struct datagram *d = &b->d;
	uint8_t *r = d->b + d->len, *p;
	struct touch *t;

	if (d->records == V5_MOST)
		return false;
	p = put_bytes(put_bytes(r, f->src, 4), f->dst, 4);
	p = put16(put16(put32(p, 0), f->in), f->out);
	p = put32(put32(p, f->packets), f->bytes);
	p = put16(put16(put64(p, 0), f->sport), f->dport);
	p = put8(put8(put8(put8(p, 0), f->flags), f->proto), 0);
	p = put16(put16(p, 64500), 64501); /* AS numbers, for documentation (RFC 5398) */
	put16(put8(put8(p, 16), 24), 0);
	t = touched(d, f, (uint16_t)(d->len + V5_TIMES));
	t->addr_at = (uint16_t)(d->len + (f->renew == RENEW_TARGET ? V5_TARGET : V5_SOURCE));
	d->len += V5_RECORD;
	return true;
}

static void v5_end(struct builder *b)
{
}

static void v5_stamp(struct exporter *e, struct datagram *d, int64_t now_us)
{
	uint32_t uptime_ms = (uint32_t)((now_us - e->boot_us) / 1000);
	uint8_t *p = put16(put16(d->b, 5), d->records);

	p = put32(put32(p, uptime_ms), (uint32_t)(now_us / 1000000));
	p = put32(put32(p, (uint32_t)(now_us % 1000000 * 1000)), e->sequence);
	put16(put16(p, 0), 0);
	e->sequence += d->records;
	for (unsigned i = 0; i < d->records; i++) {
		const struct touch *t = &d->touch[i];

		put32(put32(d->b + t->time_at, uptime_ms - t->lasted_ms), uptime_ms);
	}
}

static void sflow_begin(struct builder *b, bool templates)
{
	b->d.len = SFLOW_HEADER;
	b->d.records = 0;
	b->d.packets = 0;
}

static bool sflow_put(struct builder *b, const struct seen *f)
{
	struct datagram *d = &b->d;
	struct frame frame;
	unsigned padded;
	uint8_t *p = d->b + d->len;
	struct touch *t;

	frame_make(&frame, f);
	padded = (frame.len + 3u) & ~3u;
	if (d->len + SFLOW_SAMPLE + SFLOW_RAW + padded > DATAGRAM_MAX)
		return false;
	p = put32(put32(p, 1), SFLOW_SAMPLE - 8 + SFLOW_RAW + padded); /* flow sample */
	p = put32(put32(p, 0), f->in);				       /* sequence; source */
	p = put32(put32(put32(p, 1), 0), 0);			       /* rate; pool; drops */
	p = put32(put32(put32(p, f->in), f->out), 1);
	p = put32(put32(p, 1), SFLOW_RAW - 8 + padded); /* raw packet header */
	p = put32(put32(p, 1), frame.wire_len + 4u);	/* Ethernet; with its checksum */
	p = put32(put32(p, 4), frame.len);
	memset(put_bytes(p, frame.b, frame.len), 0, padded - frame.len);
	t = touched(d, f, (uint16_t)(d->len + 8));
	t->addr_at = (uint16_t)(p - d->b + frame.ip_at +
				(f->renew == RENEW_TARGET ? IPV4_TARGET : IPV4_SOURCE));
	d->len += SFLOW_SAMPLE + SFLOW_RAW + padded;
	return true;
}

static void sflow_end(struct builder *b)
{
}

static void sflow_stamp(struct exporter *e, struct datagram *d, int64_t now_us)
{
	uint8_t *p = put32(put32(put32(d->b, 5), 1), 0xc0000201); /* agent 192.0.2.1 */

	p = put32(put32(p, 0), e->sequence++);
	put32(put32(p, (uint32_t)((now_us - e->boot_us) / 1000)), d->records);
	for (unsigned i = 0; i < d->records; i++) {
		const struct touch *t = &d->touch[i];
		uint8_t *sample = d->b + t->time_at;

		uint32_t n = ++e->samples[sample[7] & 15]; /* by source: the interface */

		put32(sample, n);
		put32(sample + 12, n); /* the pool: 1 packet in 1 */
		if (t->renew)
			ip_checksum_set(d->b + t->addr_at -
					(t->renew == RENEW_TARGET ? IPV4_TARGET : IPV4_SOURCE));
	}
}

void build(const struct format *how, struct builder *b, struct seen *held,
	   void (*next)(struct mix *, struct seen *), struct mix *m)
{
	bool templates = b->since_templates == 0;

	b->since_templates = (b->since_templates + 1) % TEMPLATES_EVERY;
	how->begin(b, templates);
	if (!held->packets)
		next(m, held);
	while (how->put(b, held))
		next(m, held);
	how->end(b);
}

const struct format format_v5 = {.name = "v5",
				 .port = 2055,
				 .begin = v5_begin,
				 .put = v5_put,
				 .end = v5_end,
				 .stamp = v5_stamp};
const struct format format_sflow = {.name = "sflow",
				    .port = 6343,
				    .v6 = true,
				    .single = true,
				    .begin = sflow_begin,
				    .put = sflow_put,
				    .end = sflow_end,
				    .stamp = sflow_stamp};
