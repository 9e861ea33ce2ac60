/* SPDX-License-Identifier: ISC */
/*
 * Most frames are Ethernet, at most one VLAN tag, an IP header without options, and a whole TCP,
 * UDP or ICMP header in which nothing is odd. These are read here in one go and straight into their
 * record. Whatever is odd, short, cut or nested is not touched: the walk of packet.c has it, stays
 * the reference, and test_plain.c holds this file against it. All lengths are checked before
 * anything is read: of the Ethernet header, of the fixed IP header, of the layer 4 header.
 */
#include "observe/packet_walk.h"

#define ETHERNET_HEADER 14
#define VLAN_TAG	4
#define IPV4_HEADER	20
#define IPV6_HEADER	40
#define TCP_HEADER	20
#define UDP_HEADER	8
#define ICMP_HEADER	8

/*
 * A packet between its IP header and its record. Numbers only, no struct ip: the compiler then
 * keeps it in registers, while addresses written here as halves and read back whole for the record
 * wait for the stores (44 % of the samples in plain_ip()).
 */
struct view {
	uint64_t src[2], dst[2]; /* struct ip */
	const uint8_t *l4;
	size_t l4_len, l4_wire; /* captured, and as the IP header says */
	uint64_t bytes;
	uint16_t sport, dport, ip_id, window, flags;
	uint8_t proto, tos, ttl, tcp_flags, icmp_type, icmp_code, app;
};

static void view_addresses(struct view *v, const struct ip *src, const struct ip *dst)
{
	v->src[0] = src->u[0];
	v->src[1] = src->u[1];
	v->dst[0] = dst->u[0];
	v->dst[1] = dst->u[1];
}

/* @have, @wire: bytes from the IP header on, captured and on the wire. */
static bool view_ipv4(struct view *v, const uint8_t *h, size_t have, size_t wire)
{
	struct ip src, dst;
	size_t total;

	if (have < IPV4_HEADER || h[0] != 0x45)
		return false;
	total = be16_at(h + 2);
	if (total < IPV4_HEADER || total > wire || (be16_at(h + 6) & 0x3fff) || !h[8])
		return false;
	src = ip_from_v4_bytes(h + 12);
	dst = ip_from_v4_bytes(h + 16);
	view_addresses(v, &src, &dst);
	v->bytes = total;
	v->proto = h[9];
	v->tos = h[1];
	v->ttl = h[8];
	v->ip_id = be16_at(h + 4);
	v->flags = FLOW_IS_PACKET | FLOW_HAS_TTL | FLOW_HAS_IP_ID;
	v->l4 = h + IPV4_HEADER;
	v->l4_len = (total < have ? total : have) - IPV4_HEADER;
	v->l4_wire = total - IPV4_HEADER;
	return true;
}

static bool view_ipv6(struct view *v, const uint8_t *h, size_t have, size_t wire)
{
	struct ip src, dst;
	size_t total;

	if (have < IPV6_HEADER || h[0] >> 4 != 6)
		return false;
	total = IPV6_HEADER + (size_t)be16_at(h + 4);
	if (total == IPV6_HEADER || total > wire || !h[7])
		return false;
	src = ip_from_v6_bytes(h + 8);
	dst = ip_from_v6_bytes(h + 24);
	view_addresses(v, &src, &dst);
	v->bytes = total;
	v->proto = h[6];
	v->tos = (uint8_t)(h[0] << 4 | h[1] >> 4);
	v->ttl = h[7];
	v->flags = FLOW_IS_PACKET | FLOW_HAS_TTL;
	v->l4 = h + IPV6_HEADER;
	v->l4_len = (total < have ? total : have) - IPV6_HEADER;
	v->l4_wire = total - IPV6_HEADER;
	return true;
}

/* What follows a header of @header bytes, of @wire that the wire had of both. */
static void view_payload(struct view *v, size_t header, size_t wire)
{
	size_t n = v->l4_len < wire ? v->l4_len : wire;

	if (wire <= header)
		return;
	v->flags |= FLOW_HAS_PAYLOAD;
	if (n > header)
		v->app = packet_app_of(v->proto, v->sport, v->dport, v->l4 + header, n - header);
}

static bool is_land(const struct view *v)
{
	return v->sport == v->dport && v->src[0] == v->dst[0] && v->src[1] == v->dst[1];
}

static bool view_tcp(struct view *v)
{
	const uint8_t *h = v->l4;
	size_t header;

	if (v->l4_len < TCP_HEADER)
		return false;
	header = (size_t)(h[12] >> 4) * 4;
	v->sport = be16_at(h);
	v->dport = be16_at(h + 2);
	if (header < TCP_HEADER || header > v->l4_wire || !packet_flags_usual(h[13]) || !v->sport ||
	    !v->dport || is_land(v))
		return false;
	v->tcp_flags = h[13];
	v->window = be16_at(h + 14);
	v->flags |= FLOW_HAS_WINDOW;
	view_payload(v, header, v->l4_wire);
	return true;
}

static bool view_udp(struct view *v, unsigned unwrap)
{
	const uint8_t *h = v->l4;
	size_t len;

	if (v->l4_len < UDP_HEADER)
		return false;
	len = be16_at(h + 4);
	v->sport = be16_at(h);
	v->dport = be16_at(h + 2);
	if (len < UDP_HEADER || len > v->l4_wire || !v->dport || is_land(v) ||
	    (unwrap && packet_is_tunnel(v->sport, v->dport)))
		return false;
	view_payload(v, UDP_HEADER, len);
	return true;
}

static bool view_icmp(struct view *v)
{
	if (v->l4_len < 4)
		return false;
	v->icmp_type = v->l4[0];
	v->icmp_code = v->l4[1];
	if (v->l4_wire > ICMP_HEADER)
		v->flags |= FLOW_HAS_PAYLOAD;
	return true;
}

static bool view_l4(struct view *v, unsigned unwrap)
{
	switch (v->proto) {
	case PROTO_TCP:
		return view_tcp(v);
	case PROTO_UDP:
		return view_udp(v, unwrap);
	case PROTO_ICMP:
	case PROTO_ICMP6:
		return view_icmp(v);
	default:
		return false;
	}
}

static void view_store(const struct view *v, uint16_t vlan, struct flow *f, struct flow_side *s)
{
	*f = (struct flow){.src.u = {v->src[0], v->src[1]},
			   .dst.u = {v->dst[0], v->dst[1]},
			   .bytes = v->bytes,
			   .packets = 1,
			   .sport = v->sport,
			   .dport = v->dport,
			   .proto = v->proto,
			   .tcp_flags = v->tcp_flags};
	*s = (struct flow_side){.sampling = 1,
				.flags = v->flags,
				.vlan = vlan,
				.tcp_window = v->window,
				.ip_id = v->ip_id,
				.ttl = v->ttl,
				.tos = v->tos,
				.icmp_type = v->icmp_type,
				.icmp_code = v->icmp_code,
				.app = v->app};
}

static bool plain_ip(struct flow *f, struct flow_side *s, unsigned unwrap, const uint8_t *h,
		     size_t have, size_t wire, uint16_t vlan)
{
	struct view v;

	/* Field by field: clearing all of it at once took a third of the time of this function. */
	v.sport = v.dport = v.ip_id = v.window = 0;
	v.tcp_flags = v.icmp_type = v.icmp_code = v.app = 0;
	if (!view_ipv4(&v, h, have, wire) && !view_ipv6(&v, h, have, wire))
		return false;
	if (!view_l4(&v, unwrap))
		return false;
	view_store(&v, vlan, f, s);
	return true;
}

static bool plain_ethernet(struct flow *f, struct flow_side *s, unsigned unwrap, const uint8_t *h,
			   size_t have, size_t wire)
{
	size_t at = ETHERNET_HEADER;
	uint16_t type, vlan = 0;

	if (have < ETHERNET_HEADER + VLAN_TAG)
		return false;
	type = be16_at(h + 12);
	if (type == ETHERTYPE_VLAN) {
		vlan = be16_at(h + 14) & 0xfff;
		type = be16_at(h + 16);
		at += VLAN_TAG;
	}
	if (type != ETHERTYPE_IPV4 && type != ETHERTYPE_IPV6)
		return false;
	/* The walk believes the type before the nibble; here both must agree. */
	if (have == at || h[at] >> 4 != (type == ETHERTYPE_IPV4 ? 4 : 6))
		return false;
	return plain_ip(f, s, unwrap, h + at, have - at, wire - at, vlan);
}

bool packet_plain(struct flow *f, struct flow_side *s, unsigned unwrap, uint32_t linktype,
		  const uint8_t *data, size_t caplen, size_t wirelen)
{
	size_t wire = wirelen > caplen ? wirelen : caplen;

	if (linktype == LINKTYPE_ETHERNET)
		return plain_ethernet(f, s, unwrap, data, caplen, wire);
	return linktype == LINKTYPE_RAW && plain_ip(f, s, unwrap, data, caplen, wire, 0);
}

int packet_record(struct flow *f, struct flow_side *s, unsigned unwrap, uint32_t linktype,
		  const uint8_t *data, size_t caplen, size_t wirelen, uint8_t *noted)
{
	struct packet p;
	int r;

	*noted = 0;
	if (packet_plain(f, s, unwrap, linktype, data, caplen, wirelen))
		return 0;
	r = packet_decode_inner(&p, unwrap, linktype, data, caplen, wirelen);
	if (r)
		return r;
	*f = p.flow;
	*s = p.side;
	*noted = p.noted;
	return 0;
}
