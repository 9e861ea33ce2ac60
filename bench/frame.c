/* SPDX-License-Identifier: ISC */
/*
 * A packet's first bytes, as a capture with a snap length of 128 or an sFlow agent keeps them. The
 * checksums above IP are left zero: nobody can check them on a packet that was cut.
 */
#include <string.h>

#include "traffic.h"

#define ETHERNET 14
#define IPV4	 20
#define IPV6	 40
#define TCP	 20
#define UDP	 8

void ip_checksum_set(uint8_t *ip)
{
	uint32_t sum = 0;

	put16(ip + 10, 0);
	for (unsigned i = 0; i < IPV4; i += 2)
		sum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	put16(ip + 10, (~(sum + (sum >> 16))) & 0xffff);
}

static uint8_t *ethernet(uint8_t *p, bool v6)
{
	static const uint8_t macs[12] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2};

	return put16(put_bytes(p, macs, 12), v6 ? 0x86dd : 0x0800);
}

static uint8_t *ipv4(uint8_t *p, const struct seen *f, unsigned len)
{
	uint8_t *ip = p;

	p = put16(put8(put8(p, 0x45), 0), len);
	p = put16(put16(p, f->sport ^ f->dport), 0x4000); /* don't fragment */
	p = put16(put8(put8(p, 57), f->proto), 0);
	p = put_bytes(put_bytes(p, f->src, 4), f->dst, 4);
	ip_checksum_set(ip);
	return p;
}

static uint8_t *ipv6(uint8_t *p, const struct seen *f, unsigned len)
{
	uint8_t proto = f->proto == 1 ? 58 : f->proto;

	p = put16(put32(p, 0x60000000), len - IPV6);
	p = put8(put8(p, proto), 57);
	return put_bytes(put_bytes(p, f->src, 16), f->dst, 16);
}

/* Numbers are functions of the ports: the bench asks nobody to follow a stream. */
static uint8_t *transport(uint8_t *p, const struct seen *f, unsigned len)
{
	if (f->proto == 6) {
		p = put16(put16(p, f->sport), f->dport);
		p = put32(put32(p, f->sport * 65537u), f->flags & 0x10 ? f->dport * 65537u : 0);
		return put32(put16(put8(put8(p, 0x50), f->flags), 64240), 0);
	}
	if (f->proto == 17) {
		p = put16(put16(p, f->sport), f->dport);
		return put16(put16(p, len), 0);
	}
	if (f->v6)
		return put32(put16(put8(put8(p, f->dport ? 128 : 129), 0), 0), 1);
	return put32(put16(put8(put8(p, f->dport >> 8), 0), 0), 1);
}

void frame_make(struct frame *o, const struct seen *f)
{
	unsigned head = f->v6 ? IPV6 : IPV4, top = f->proto == 6 ? TCP : UDP;
	unsigned len = f->packets ? f->bytes / f->packets : f->bytes;
	uint8_t *p;

	if (len < head + top)
		len = head + top;
	p = ethernet(o->b, f->v6);
	p = f->v6 ? ipv6(p, f, len) : ipv4(p, f, len);
	p = transport(p, f, len - head);
	o->ip_at = ETHERNET;
	o->wire_len = (uint16_t)(ETHERNET + len);
	if (o->wire_len < 60) /* Ethernet pads to 64 with its checksum */
		o->wire_len = 60;
	o->len = o->wire_len < FRAME_MAX ? o->wire_len : FRAME_MAX;
	memset(p, 0, (size_t)(o->b + o->len - p));
}
