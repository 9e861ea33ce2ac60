/* SPDX-License-Identifier: ISC */
/*
 * The records inside sFlow samples that tell something about the packet, and the interface
 * counters.
 */
#include "observe/sflow.h"

#include "base/cleanup.h"

#define HEADER_ETHERNET 1
#define HEADER_IPV4	11
#define HEADER_IPV6	12

struct record_reader {
	uint32_t format;
	void (*read)(struct export_pass *p, struct cursor *c, struct sflow_packet *to);
};

/* Routing may be told before the header, which brings none of its own. */
static void keep_routing(const struct flow_side *told, struct flow_side *s)
{
	s->next_hop = told->next_hop;
	s->src_mask = told->src_mask;
	s->dst_mask = told->dst_mask;
	s->src_as = told->src_as;
	s->dst_as = told->dst_as;
}

static int header_record(struct sflow_packet *to, unsigned unwrap, uint32_t protocol,
			 const uint8_t *data, size_t len, size_t wire_len)
{
	uint8_t noted;

	if (protocol == HEADER_ETHERNET)
		return packet_record(to->to.flow, to->to.side, unwrap, LINKTYPE_ETHERNET, data, len,
				     wire_len, &noted);
	if (protocol == HEADER_IPV4 || protocol == HEADER_IPV6)
		return packet_record(to->to.flow, to->to.side, unwrap, LINKTYPE_RAW, data, len,
				     wire_len, &noted);
	return REFUSED_UNSUPPORTED + 1;
}

static int routed_record(struct sflow_packet *to, unsigned unwrap, uint32_t protocol,
			 const uint8_t *data, size_t len, size_t wire_len)
{
	struct flow_side told = *to->to.side;
	int why = header_record(to, unwrap, protocol, data, len, wire_len);

	if (!why)
		keep_routing(&told, to->to.side);
	return why;
}

static void read_header(struct export_pass *p, struct cursor *c, struct sflow_packet *to)
{
	uint32_t protocol = cursor_be32(c), frame_len = cursor_be32(c);
	uint32_t stripped = cursor_be32(c), len = cursor_be32(c);
	const uint8_t *data = cursor_take(c, len);
	uint32_t wire_len = frame_len > stripped ? frame_len - stripped : frame_len;
	unsigned unwrap = exporters_unwrap(p->x->exporters);
	int why;

	if (!data)
		return;
	to->frame_len = frame_len;
	why = to->routed ? routed_record(to, unwrap, protocol, data, len, wire_len)
			 : header_record(to, unwrap, protocol, data, len, wire_len);
	if (why) /* A sampled ARP is no fault of the agent: counted, not refused. */
		refuse(&p->e->refused, (enum refusal)(why - 1), len);
	else
		to->known = to->from_header = true;
}

static void read_ethernet(struct export_pass *p, struct cursor *c, struct sflow_packet *to)
{
	uint32_t frame_len = cursor_be32(c);

	cursor_skip(c, 8 + 8 + 4); /* two addresses padded to eight bytes, and the type */
	if (!to->frame_len)
		to->frame_len = frame_len;
}

/* The agent's own reading of an IP header; only used where the header itself is not there. */
static void read_ip(struct cursor *c, struct sflow_packet *to, size_t address_len)
{
	struct flow f = {0};
	struct flow_side s = {0};
	const uint8_t *src, *dst;

	f.bytes = cursor_be32(c);
	f.proto = (uint8_t)cursor_be32(c);
	src = cursor_take(c, address_len);
	dst = cursor_take(c, address_len);
	f.sport = (uint16_t)cursor_be32(c);
	f.dport = (uint16_t)cursor_be32(c);
	f.tcp_flags = (uint8_t)cursor_be32(c);
	s.tos = (uint8_t)cursor_be32(c);
	if (!cursor_ok(c) || to->from_header || !src || !dst)
		return;
	f.src = address_len == 4 ? ip_from_v4_bytes(src) : ip_from_v6_bytes(src);
	f.dst = address_len == 4 ? ip_from_v4_bytes(dst) : ip_from_v6_bytes(dst);
	if (f.proto == PROTO_ICMP || f.proto == PROTO_ICMP6) {
		s.icmp_type = (uint8_t)f.sport; /* sFlow puts type and code into the two ports */
		s.icmp_code = (uint8_t)f.dport;
		f.sport = f.dport = 0;
	}
	keep_routing(to->to.side, &s);
	*to->to.flow = f;
	*to->to.side = s;
	to->known = true;
}

static void read_ipv4(struct export_pass *p, struct cursor *c, struct sflow_packet *to)
{
	read_ip(c, to, 4);
}

static void read_ipv6(struct export_pass *p, struct cursor *c, struct sflow_packet *to)
{
	read_ip(c, to, 16);
}

static void read_switch(struct export_pass *p, struct cursor *c, struct sflow_packet *to)
{
	to->vlan = cursor_be32(c);
	cursor_skip(c, 12);
	if (to->vlan > 4095)
		to->vlan = 0;
}

static void read_address(struct cursor *c, struct ip *ip)
{
	uint32_t type = cursor_be32(c);
	const uint8_t *a = NULL;

	*ip = (struct ip){.u = {0, 0}};
	if (type == 1 && (a = cursor_take(c, 4)))
		*ip = ip_from_v4_bytes(a);
	else if (type == 2 && (a = cursor_take(c, 16)))
		*ip = ip_from_v6_bytes(a);
	else if (type)
		c->failed = true;
}

static void read_router(struct export_pass *p, struct cursor *c, struct sflow_packet *to)
{
	struct ip next_hop;

	to->routed = true;
	read_address(c, &next_hop);
	if (!ip_is_zero(&next_hop))
		to->to.side->next_hop = next_hop;
	to->to.side->src_mask = (uint8_t)cursor_be32(c);
	to->to.side->dst_mask = (uint8_t)cursor_be32(c);
}

/* The last number of the path is the destination's; an empty path is the router's own system. */
static void read_gateway(struct export_pass *p, struct cursor *c, struct sflow_packet *to)
{
	struct ip next_hop;
	uint32_t own, src, last = 0, n_segments;

	read_address(c, &next_hop);
	own = cursor_be32(c);
	src = cursor_be32(c);
	cursor_skip(c, 4); /* source peer */
	n_segments = cursor_be32(c);
	for (uint32_t i = 0; i < n_segments && cursor_ok(c); i++) {
		uint32_t n;

		cursor_skip(c, 4); /* set or sequence */
		n = cursor_be32(c);
		for (uint32_t k = 0; k < n && cursor_ok(c); k++)
			last = cursor_be32(c);
	}
	if (!cursor_ok(c))
		return;
	to->routed = true;
	to->to.side->src_as = src ? src : own;
	to->to.side->dst_as = n_segments ? last : own;
	if (ip_is_zero(&to->to.side->next_hop))
		to->to.side->next_hop = next_hop;
}

/* Records that name the packet come first, since they replace what is there. */
static const struct record_reader readers[] = {
	{1, read_header},    {2, read_ethernet},  {3, read_ipv4},	{4, read_ipv6},
	{1001, read_switch}, {1002, read_router}, {1003, read_gateway},
};

bool sflow_flow_record(struct export_pass *p, uint32_t format, struct cursor c,
		       struct sflow_packet *to)
{
	for (size_t i = 0; i < ARRAY_LEN(readers); i++) {
		if (readers[i].format != format)
			continue;
		readers[i].read(p, &c, to);
		break;
	}
	return cursor_ok(&c);
}

#define COUNTERS_GENERIC 1 /* sFlow version 5, section 5.4: if_counters */

bool sflow_counter_record(struct export_pass *p, uint32_t format, struct cursor c)
{
	uint32_t ifindex;
	uint64_t speed_bps;
	struct link *l;
	uint16_t link;

	if (format != COUNTERS_GENERIC)
		return true;
	ifindex = cursor_be32(&c);
	cursor_skip(&c, 4);
	speed_bps = cursor_be64(&c);
	if (!cursor_ok(&c))
		return false;
	link = exporters_link(p->x->exporters, p->header.exporter, ifindex);
	l = exporters_get_link(p->x->exporters, link);
	if (link != LINK_UNKNOWN && speed_bps && !(l->conf && l->conf->capacity_bps))
		l->speed_bps = speed_bps;
	return true;
}
