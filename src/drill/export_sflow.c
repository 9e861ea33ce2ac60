/* SPDX-License-Identifier: ISC */
/*
 * sFlow version 5 (sflow.org, "sFlow Version 5", 2004): each sampled packet travels with its first
 * 128 bytes, and now and then the counters of an interface. The second exporter uses the expanded
 * form.
 */
#include "drill/datagram.h"

#define HEADER_BYTES 128
#define FCS	     4

static void sflow_open(struct datagram_out *x, int64_t now_us)
{
	x->len = 28;
}

static void sflow_seal(struct datagram_out *x, int64_t now_us)
{
	uint8_t *o = put_be32(put_be32(x->b, 5), 1);

	o = put_bytes(o, &x->agent.b[12], 4);
	o = put_be32(put_be32(o, x->index), x->seq++);
	put_be32(put_be32(o, uptime_ms(x, now_us)), x->in_this + x->options_in_this);
}

static uint8_t *put_raw_header(uint8_t *o, const struct packet *p)
{
	uint8_t frame[FRAME_HEADERS_MAX];
	size_t wirelen, n = frame_build(p, frame, sizeof(frame), &wirelen);
	size_t keep = n < HEADER_BYTES ? n : HEADER_BYTES, padded = (keep + 3) & ~(size_t)3;

	o = put_be32(put_be32(o, 1), (uint32_t)(16 + padded));
	o = put_be32(put_be32(o, 1), (uint32_t)(wirelen + FCS));
	o = put_be32(put_be32(o, FCS), (uint32_t)keep);
	memset(o + keep, 0, padded - keep);
	put_bytes(o, frame, keep);
	return o + padded;
}

int sflow_sample(struct datagram_out *x, const struct packet *p, uint16_t in, uint16_t out,
		 uint32_t seq, uint32_t pool, int64_t now_us)
{
	bool expanded = x->index == 1;
	int r = datagram_room(x, 8 + 44 + 8 + 16 + HEADER_BYTES, now_us);
	uint8_t *start, *o;

	if (r)
		return r;
	start = datagram_end(x);
	o = put_be32(put_be32(start, expanded ? 3 : 1), 0);
	o = put_be32(o, seq);
	o = expanded ? put_be32(put_be32(o, 0), in) : put_be32(o, in);
	o = put_be32(put_be32(put_be32(o, x->sampling), pool), 0);
	if (expanded)
		o = put_be32(put_be32(put_be32(put_be32(o, 0), in), 0), out);
	else
		o = put_be32(put_be32(o, in), out);
	o = put_raw_header(put_be32(o, 1), p);
	put_be32(start + 4, (uint32_t)(o - start - 8));
	x->len = (size_t)(o - x->b);
	x->in_this++;
	x->records++;
	return 0;
}

/* The generic interface counters, format 1: those that the drill knows, the rest zero. */
int sflow_counters(struct datagram_out *x, const struct sflow_counters *c, uint32_t seq,
		   int64_t now_us)
{
	int r = datagram_room(x, 8 + 12 + 8 + 88, now_us);
	uint8_t *o;

	if (r)
		return r;
	o = put_be32(put_be32(datagram_end(x), 2), 12 + 8 + 88);
	o = put_be32(put_be32(put_be32(o, seq), c->ifindex), 1);
	o = put_be32(put_be32(o, 1), 88);
	o = put_be64(put_be32(put_be32(o, c->ifindex), 6), c->speed_bps);
	o = put_be32(put_be32(o, 1), 3); /* full duplex; up, up */
	o = put_be32(put_be64(o, c->in_bytes), c->in_packets);
	o = put_be64(put_be64(put_be32(o, 0), 0), 0);
	o = put_be32(put_be64(o, c->out_bytes), c->out_packets);
	o = put_be64(put_be64(o, 0), 0);
	put_be32(o, 0);
	x->len += 8 + 12 + 8 + 88;
	x->options_in_this++;
	return 0;
}

const struct format format_sflow = {.record_max = 204, .open = sflow_open, .seal = sflow_seal};
