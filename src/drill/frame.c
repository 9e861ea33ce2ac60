/* SPDX-License-Identifier: ISC */
/*
 * From a packet to its bytes: Ethernet II, IPv4 or IPv6 (with a fragment header where needed), TCP,
 * UDP, ICMP, or a bare IP protocol. Checksums are those of the whole packet, also where the frame
 * is cut: everything behind the payload's head is zero and adds nothing.
 */
#include "drill/packet.h"

#include <string.h>

#include "drill/put.h"

#define ETH_LEN		 14
#define ETH_MIN		 60
#define IP4_LEN		 20
#define IP6_LEN		 40
#define IP6_FRAGMENT_LEN 8
#define TCP_LEN		 20
#define PAYLOAD_HEAD_MAX 256

static const uint8_t mac_router[6] = {0x02, 0x00, 0x5e, 0x00, 0x00, 0x01};
static const uint8_t mac_peer[6] = {0x02, 0x00, 0x5e, 0x00, 0x01, 0x00};

/* One's complement sum, not yet folded; @odd bytes count as if a zero followed (RFC 1071). */
static uint32_t sum_bytes(const uint8_t *p, size_t n)
{
	uint64_t sum = 0;

	for (; n >= 4; p += 4, n -= 4) {
		uint32_t v;

		memcpy(&v, p, 4);
		sum += v;
	}
	if (n) {
		uint32_t v = 0;

		memcpy(&v, p, n);
		sum += v;
	}
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint32_t)sum;
}

/* The sums above are in memory order; so the result is stored as it is. */
static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static uint32_t sum_pseudo(const struct packet *p, uint32_t l4_len)
{
	uint8_t tail[8];
	uint32_t sum;

	if (ip_is_v4(&p->src))
		sum = sum_bytes(&p->src.b[12], 4) + sum_bytes(&p->dst.b[12], 4);
	else
		sum = sum_bytes(p->src.b, 16) + sum_bytes(p->dst.b, 16);
	put_be32(put_be32(tail, l4_len), p->proto);
	return sum + sum_bytes(tail, 8);
}

static uint8_t *put_ethernet(const struct packet *p, uint8_t *o)
{
	o = put_bytes(o, p->outbound ? mac_peer : mac_router, 6);
	o = put_bytes(o, p->outbound ? mac_router : mac_peer, 5);
	o = put_u8(o, (uint8_t)(p->outbound ? mac_router[5] : p->link));
	return put_be16(o, ip_is_v4(&p->src) ? 0x0800 : 0x86dd);
}

static uint8_t *put_ipv4(const struct packet *p, uint8_t *o)
{
	uint8_t *start = o;
	uint16_t sum;

	o = put_u8(put_u8(o, 0x45), p->tos);
	o = put_be16(put_be16(o, p->ip_len), p->ip_id);
	o = put_be16(o, (uint16_t)(p->fragment | (p->more_fragments ? 0x2000 : 0)));
	o = put_be16(put_u8(put_u8(o, p->ttl), p->proto), 0);
	o = put_bytes(put_bytes(o, &p->src.b[12], 4), &p->dst.b[12], 4);
	sum = fold(sum_bytes(start, IP4_LEN));
	memcpy(start + 10, &sum, 2);
	return o;
}

static uint8_t *put_ipv6(const struct packet *p, uint8_t *o)
{
	bool cut = p->fragment || p->more_fragments;

	o = put_be32(o, 0x60000000u | (uint32_t)p->tos << 20);
	o = put_be16(o, (uint16_t)(p->ip_len - IP6_LEN));
	o = put_u8(put_u8(o, cut ? 44 : p->proto), p->ttl);
	o = put_bytes(put_bytes(o, p->src.b, 16), p->dst.b, 16);
	if (!cut)
		return o;
	o = put_u8(put_u8(o, p->proto), 0);
	o = put_be16(o, (uint16_t)(p->fragment << 3 | p->more_fragments));
	return put_be32(o, p->ip_id);
}

/* What the stacks put into a SYN: MSS alone; Windows 12 bytes, Linux 20, Apple 24. */
static uint8_t *put_options(const struct packet *p, uint8_t *o, unsigned n)
{
	static const uint8_t windows[] = {1, 3, 3, 8, 1, 1, 4, 2};
	static const uint8_t linux_head[] = {4, 2, 8, 10}, linux_tail[] = {0, 0, 0, 0, 1, 3, 3, 7};
	static const uint8_t apple_head[] = {1, 3, 3, 6, 1, 1, 8, 10};
	static const uint8_t apple_tail[] = {0, 0, 0, 0, 4, 2, 0, 0};

	if (n == 0)
		return o;
	o = put_be32(o, 0x020405b4); /* MSS 1460 */
	switch (n) {
	case 12:
		return put_bytes(o, windows, sizeof(windows));
	case 20:
		o = put_be32(put_bytes(o, linux_head, sizeof(linux_head)), p->seq >> 3);
		return put_bytes(o, linux_tail, sizeof(linux_tail));
	case 24:
		o = put_be32(put_bytes(o, apple_head, sizeof(apple_head)), p->seq >> 3);
		return put_bytes(o, apple_tail, sizeof(apple_tail));
	default:
		return o;
	}
}

static uint8_t *put_tcp(const struct packet *p, uint8_t *o, uint8_t **sum_at)
{
	bool syn = p->flags & SYN && !(p->flags & FIN);
	unsigned options = !syn || p->bare_syn ? 0 : p->options ? p->options : 4;

	o = put_be16(put_be16(o, p->sport), p->dport);
	o = put_be32(put_be32(o, p->seq), p->ack);
	o = put_u8(put_u8(o, (uint8_t)((TCP_LEN + options) / 4 << 4)), p->flags);
	o = put_be16(o, p->window);
	*sum_at = o;
	o = put_be32(o, 0);
	return put_options(p, o, options);
}

static uint8_t *put_udp(const struct packet *p, uint8_t *o, uint16_t l4_len, uint8_t **sum_at)
{
	o = put_be16(put_be16(o, p->sport), p->dport);
	o = put_be16(o, l4_len);
	*sum_at = o;
	return put_be16(o, 0);
}

static uint8_t *put_icmp(const struct packet *p, uint8_t *o, uint8_t **sum_at)
{
	o = put_u8(put_u8(o, p->icmp_type), p->icmp_code);
	*sum_at = o;
	o = put_be16(o, 0);
	return put_be16(put_be16(o, (uint16_t)p->cookie), (uint16_t)p->seq);
}

static uint8_t *put_layer4(const struct packet *p, uint8_t *o, uint16_t l4_len, uint8_t **sum_at)
{
	*sum_at = NULL;
	switch (p->proto) {
	case IPPROTO_OF_TCP:
		return put_tcp(p, o, sum_at);
	case IPPROTO_OF_UDP:
		return put_udp(p, o, l4_len, sum_at);
	case IPPROTO_OF_ICMP:
	case IPPROTO_OF_ICMP6:
		return put_icmp(p, o, sum_at);
	default:
		return o;
	}
}

/* @start..@end is layer 4 with the payload's head, @sum_at its checksum field. */
static void put_checksum(const struct packet *p, const uint8_t *start, const uint8_t *end,
			 uint16_t l4_len, uint8_t *sum_at)
{
	uint32_t sum = sum_bytes(start, (size_t)(end - start));
	uint16_t value;

	if (p->proto != IPPROTO_OF_ICMP)
		sum += sum_pseudo(p, l4_len);
	value = fold(sum);
	if (value == 0 && p->proto == IPPROTO_OF_UDP)
		value = 0xffff; /* RFC 768: zero would mean "none" */
	memcpy(sum_at, &value, 2);
}

size_t frame_wirelen(const struct packet *p)
{
	size_t n = ETH_LEN + (size_t)p->ip_len;

	return n < ETH_MIN ? ETH_MIN : n;
}

size_t frame_build(const struct packet *p, uint8_t *out, size_t room, size_t *wirelen)
{
	uint8_t *o = put_ethernet(p, out), *l3 = o, *l4, *sum_at = NULL;
	size_t n, l4_here;
	uint16_t l4_len;

	o = ip_is_v4(&p->src) ? put_ipv4(p, o) : put_ipv6(p, o);
	l4 = o;
	l4_here = p->ip_len - (size_t)(l4 - l3);
	l4_len = p->whole_len ? p->whole_len : (uint16_t)l4_here;
	if (!packet_later_fragment(p)) {
		size_t payload;

		o = put_layer4(p, o, l4_len, &sum_at);
		payload = l4_here - (size_t)(o - l4);
		if (payload > 0 && p->payload != PAYLOAD_ZERO)
			o += payload_head(p, payload, o);
		if (sum_at)
			put_checksum(p, l4, o, l4_len, sum_at);
	}
	*wirelen = frame_wirelen(p);
	n = *wirelen < room ? *wirelen : room;
	if ((size_t)(o - out) < n)
		memset(o, 0, n - (size_t)(o - out));
	return n;
}

size_t frame_udp(const struct ip *src, const struct ip *dst, uint16_t sport, uint16_t dport,
		 uint16_t id, const uint8_t *data, size_t len, uint8_t *out)
{
	struct packet p = {.src = *src, .dst = *dst, .sport = sport, .dport = dport, .ip_id = id};
	uint8_t *o, *l4, *sum_at;
	uint16_t l4_len = (uint16_t)(len + 8);

	p.proto = IPPROTO_OF_UDP;
	p.ttl = 62;
	p.ip_len = (uint16_t)(l4_len + (ip_is_v4(src) ? IP4_LEN : IP6_LEN));
	o = put_ethernet(&p, out);
	l4 = ip_is_v4(src) ? put_ipv4(&p, o) : put_ipv6(&p, o);
	o = put_bytes(put_udp(&p, l4, l4_len, &sum_at), data, len);
	put_checksum(&p, l4, o, l4_len, sum_at);
	return (size_t)(o - out);
}
