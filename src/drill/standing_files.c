/* SPDX-License-Identifier: ISC */
/*
 * The standing world as an operator gets it: a routing table in MRT (TABLE_DUMP_V2, RFC 6396
 * section 4.3) from a collector with one session for each outside link, and the delegated
 * statistics of all registries in one file (the exchange format, extended). IPv6 has a few wide
 * blocks only, those in which the drill's v6 hosts live.
 */
#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "drill/engine.h"
#include "drill/put.h"

#define MRT_TABLE_DUMP_V2 13
#define PEER_INDEX_TABLE  1
#define RIB_IPV4_UNICAST  2
#define RIB_IPV6_UNICAST  4
#define MRT_HEAD	  12
#define RECORD_MAX	  512
#define MIDDLE_AS	  4210000000u /* of each path the second, a few hundred of them */
#define V6_BLOCKS	  16	      /* 2a00::/16 to 2a0f::/16 */

static const char *const peer_addresses[STANDING_NEIGHBOURS] = {"192.0.2.65", "192.0.2.66",
								"192.0.2.67"};

static void to_block(const struct standing_block *s, struct drill_block *b)
{
	*b = (struct drill_block){
		.prefix = {ip_from_v4(s->first), (uint8_t)(PREFIX_V4_BASE + s->len)},
		.registry = standing_registry_name(s->registry),
		.country = s->status == BLOCK_ALLOCATED ? standing_country_name(s->country) : "",
		.status = s->status == BLOCK_ALLOCATED	 ? DRILL_ALLOCATED
			  : s->status == BLOCK_AVAILABLE ? DRILL_AVAILABLE
							 : DRILL_RESERVED,
		.routed = s->routed,
		.asn = s->routed ? s->asn : 0};
	for (unsigned i = 0; s->routed && i < STANDING_NEIGHBOURS; i++) {
		unsigned link = (s->link + i) % STANDING_NEIGHBOURS;

		if (s->told_links >> link & 1)
			b->neighbours[b->n_neighbours++] = world_link_as(link);
	}
}

static void to_v6_block(unsigned i, struct drill_block *b)
{
	struct ip first = {.b = {0x2a, (uint8_t)i}};

	*b = (struct drill_block){.prefix = {first, 16},
				  .registry = "ripencc",
				  .country = "NL",
				  .routed = true,
				  .asn = 4200900000u + i,
				  .n_neighbours = STANDING_NEIGHBOURS};
	for (unsigned l = 0; l < STANDING_NEIGHBOURS; l++)
		b->neighbours[l] = world_link_as(l);
}

int drill_places(const struct drill *d, int (*each)(void *userdata, const struct drill_block *b),
		 void *userdata)
{
	const struct standing_block *s;
	struct drill_block b;
	int r = 0;

	if (!d->standing)
		return -ENOENT;
	for (size_t i = 0; r == 0 && (s = standing_block_at(d->standing, i)) != NULL; i++) {
		to_block(s, &b);
		r = each(userdata, &b);
	}
	for (unsigned i = 0; r == 0 && i < V6_BLOCKS; i++) {
		to_v6_block(i, &b);
		r = each(userdata, &b);
	}
	return r;
}

struct mrt {
	FILE *out;
	uint32_t at_s, seq;
	uint8_t record[RECORD_MAX];
};

static int put_record(struct mrt *m, uint16_t subtype, const uint8_t *end)
{
	uint8_t *o = put_be32(m->record, m->at_s);

	o = put_be16(put_be16(o, MRT_TABLE_DUMP_V2), subtype);
	put_be32(o, (uint32_t)(end - m->record - MRT_HEAD));
	return fwrite(m->record, 1, (size_t)(end - m->record), m->out) == (size_t)(end - m->record)
		       ? 0
		       : -(errno ? errno : EIO);
}

static int put_peers(struct mrt *m)
{
	static const char view[] = "drill";
	uint8_t *o = put_be32(m->record + MRT_HEAD, 0xc0000264); /* collector 192.0.2.100 */
	struct ip ip;

	o = put_bytes(put_be16(o, sizeof(view) - 1), view, sizeof(view) - 1);
	o = put_be16(o, STANDING_NEIGHBOURS);
	for (unsigned i = 0; i < STANDING_NEIGHBOURS; i++) {
		ip_parse(peer_addresses[i], &ip);
		o = put_u8(o, 2); /* IPv4 address, AS of four bytes */
		o = put_bytes(put_bytes(o, &ip.b[12], 4), &ip.b[12], 4);
		o = put_be32(o, world_link_as(i));
	}
	return put_record(m, PEER_INDEX_TABLE, o);
}

/* ORIGIN, AS_PATH and NEXT_HOP; v6 has the abridged MP_REACH_NLRI of RFC 6396 section 4.3.4. */
static uint8_t *put_attributes(uint8_t *o, const struct drill_block *b, uint32_t neighbour,
			       unsigned peer)
{
	bool direct = (b->asn ^ neighbour) % 3 == 0;
	uint8_t n = direct ? 2 : 3;
	struct ip hop;

	o = put_u8(put_u8(put_u8(put_u8(o, 0x40), 1), 1), 0);
	o = put_u8(put_u8(put_u8(o, 0x40), 2), (uint8_t)(2 + 4 * n));
	o = put_be32(put_u8(put_u8(o, 2), n), neighbour);
	if (!direct)
		o = put_be32(o, MIDDLE_AS + b->asn % 307);
	o = put_be32(o, b->asn);
	if (!ip_is_v4(&b->prefix.addr)) {
		ip_parse("2001:db8:ffff::1", &hop);
		return put_bytes(put_u8(put_u8(put_u8(put_u8(o, 0x80), 14), 17), 16), hop.b, 16);
	}
	ip_parse(peer_addresses[peer], &hop);
	return put_bytes(put_u8(put_u8(put_u8(o, 0x40), 3), 4), &hop.b[12], 4);
}

static int put_route(void *userdata, const struct drill_block *b)
{
	struct mrt *m = userdata;
	bool v4 = ip_is_v4(&b->prefix.addr);
	unsigned len = prefix_family_len(&b->prefix);
	uint8_t *o = put_be32(m->record + MRT_HEAD, m->seq);

	if (!b->routed)
		return 0;
	m->seq++;
	o = put_bytes(put_u8(o, (uint8_t)len), b->prefix.addr.b + (v4 ? 12 : 0), (len + 7) / 8);
	o = put_be16(o, (uint16_t)b->n_neighbours);
	for (unsigned i = 0; i < b->n_neighbours; i++) {
		unsigned peer = b->neighbours[i] - world_link_as(0);
		uint8_t *head = put_be32(put_be16(o, (uint16_t)peer), m->at_s - 86400);

		o = put_attributes(head + 2, b, b->neighbours[i], peer);
		put_be16(head, (uint16_t)(o - head - 2));
	}
	return put_record(m, v4 ? RIB_IPV4_UNICAST : RIB_IPV6_UNICAST, o);
}

int drill_mrt(const struct drill *d, FILE *out)
{
	struct mrt m = {.out = out, .at_s = (uint32_t)(d->options.base_us / US_PER_S - 3600)};
	int r = d->standing ? put_peers(&m) : -ENOENT;

	return r ? r : drill_places(d, put_route, &m);
}

struct delegated {
	FILE *out;
	char date[16];
	unsigned v4, v6;
};

static int count_block(void *userdata, const struct drill_block *b)
{
	struct delegated *x = userdata;

	if (ip_is_v4(&b->prefix.addr))
		x->v4++;
	else
		x->v6++;
	return 0;
}

/* An address for v4 is a number of addresses, for v6 a prefix length. */
static int put_block(void *userdata, const struct drill_block *b)
{
	static const char *const status[] = {"allocated", "available", "reserved"};
	struct delegated *x = userdata;
	bool v4 = ip_is_v4(&b->prefix.addr), given = b->status == DRILL_ALLOCATED;
	unsigned len = prefix_family_len(&b->prefix);
	char addr[IP_TEXT_MAX];
	int n = fprintf(x->out, "%s|%s|%s|%s|%u|%s|%s|%s\n", b->registry, b->country,
			v4 ? "ipv4" : "ipv6", ip_format(&b->prefix.addr, addr),
			v4 ? 1u << (32 - len) : len, given ? "20080101" : "", status[b->status],
			given ? "drill" : "");

	return n < 0 ? -EIO : 0;
}

int drill_delegated(const struct drill *d, FILE *out)
{
	struct delegated x = {.out = out};
	char day[TIME_TEXT_MAX];
	int r = drill_places(d, count_block, &x);

	if (r)
		return r;
	time_format_utc(d->options.base_us, day);
	snprintf(x.date, sizeof(x.date), "%.4s%.2s%.2s", day, day + 5, day + 8);
	if (fprintf(out,
		    "2|nro|%s|%u|19830101|%s|+0000\nnro|*|ipv4|*|%u|summary\n"
		    "nro|*|ipv6|*|%u|summary\n",
		    x.date, x.v4 + x.v6, x.date, x.v4, x.v6) < 0)
		return -EIO;
	return drill_places(d, put_block, &x);
}
