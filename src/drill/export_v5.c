/* SPDX-License-Identifier: ISC */
/* NetFlow v5: fixed records, 30 at most, IPv4 only. Sampling: two bits of mode, 14 of interval. */
#include "drill/datagram.h"

#define HEADER	    24
#define RECORD	    48
#define MAX_RECORDS 30

static void v5_open(struct datagram_out *x, int64_t now_us)
{
	x->len = HEADER;
}

static void v5_put(struct datagram_out *x, const struct cached_flow *f)
{
	uint16_t dport = f->key.dport;
	uint8_t *o = datagram_end(x);

	if (f->key.proto == IPPROTO_OF_ICMP)
		dport = (uint16_t)(f->key.icmp_type << 8 | f->key.icmp_code);
	o = put_bytes(o, &f->key.src.b[12], 4);
	o = put_bytes(o, &f->key.dst.b[12], 4);
	o = put_be32(o, 0);
	o = put_be16(put_be16(o, f->key.in), f->key.out);
	o = put_be32(put_be32(o, (uint32_t)f->packets), (uint32_t)f->bytes);
	o = put_be32(put_be32(o, uptime_ms(x, f->first_us)), uptime_ms(x, f->last_us));
	o = put_be16(put_be16(o, f->key.sport), dport);
	o = put_u8(put_u8(put_u8(put_u8(o, 0), f->flags), f->key.proto), f->key.tos);
	o = put_be16(put_be16(o, 0), 0);
	put_be32(o, 0);
	x->len += RECORD;
}

static void v5_seal(struct datagram_out *x, int64_t now_us)
{
	int64_t own = own_us(x, now_us);
	uint8_t *o = x->b;
	uint16_t mode = x->untold ? 0 : (uint16_t)(x->random ? 2 : 1);

	o = put_be16(put_be16(o, 5), (uint16_t)x->in_this);
	o = put_be32(o, uptime_ms(x, now_us));
	o = put_be32(o, (uint32_t)time_floor_s(own));
	o = put_be32(o, (uint32_t)(own % US_PER_S * 1000));
	o = put_be32(o, x->seq);
	o = put_u8(put_u8(o, 0), (uint8_t)x->index);
	put_be16(o, x->untold ? 0 : (uint16_t)(mode << 14 | (x->sampling & 0x3fff)));
	x->seq += x->in_this;
}

_Static_assert(HEADER + RECORD * (MAX_RECORDS - 1) < DATAGRAM_MAX, "up to 29 records fit");

const struct format format_v5 = {
	.record_max = RECORD, .open = v5_open, .put = v5_put, .seal = v5_seal};
