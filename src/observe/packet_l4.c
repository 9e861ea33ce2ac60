/* SPDX-License-Identifier: ISC */
/*
 * Layer 4: ports, TCP flags and window, ICMP type, and the protocols that carry another packet. The
 * cursor stands behind the IP headers and ends with the IP packet (or where the capture was cut).
 */
#include "observe/packet_walk.h"

#define TCP_HEADER  20
#define UDP_HEADER  8
#define SCTP_HEADER 12
#define DCCP_HEADER 12
#define ICMP_HEADER 8

static void malformed(struct walk *w)
{
	w->p->side.flags |= FLOW_MALFORMED;
}

/* Loopback talks to itself and means it. */
static bool is_loopback(const struct ip *ip)
{
	static const struct ip v6 = {.b = {[15] = 1}};

	return (ip_is_v4(ip) && ip->b[12] == 127) || ip_equal(ip, &v6);
}

static void check_land(struct walk *w)
{
	const struct flow *f = &w->p->flow;

	if (f->sport == f->dport && ip_equal(&f->src, &f->dst) && !is_loopback(&f->src))
		malformed(w);
}

/*
 * The transport header of @need bytes was not whole. Ports stand first in every such header and are
 * taken where they are there.
 */
static enum step short_header(struct walk *w, size_t need, bool ports)
{
	struct packet *p = w->p;
	bool cut = p->l4_wire >= need;

	if (ports && p->l4_len >= 4) {
		p->flow.sport = peek_be16(p->l4);
		p->flow.dport = peek_be16(p->l4 + 2);
	}
	if (cut)
		walk_note(w, REFUSED_CAPTURE_CUT);
	else
		malformed(w);
	return STEP_DONE;
}

static void set_ports(struct walk *w, const uint8_t *h)
{
	w->p->flow.sport = peek_be16(h);
	w->p->flow.dport = peek_be16(h + 2);
}

/* @header: its length; @wire: length of the header and what it carries, as told on the wire. */
static void set_payload(struct packet *p, size_t header, size_t wire)
{
	if (wire <= header)
		return;
	p->side.flags |= FLOW_HAS_PAYLOAD;
	if (p->l4_len <= header)
		return;
	p->payload = p->l4 + header;
	p->payload_len = p->l4_len - header;
	if (p->payload_len > wire - header)
		p->payload_len = wire - header;
}

static bool tcp_flags_absurd(uint8_t flags)
{
	if (!(flags & 0x3f))
		return true;
	if (flags & TH_SYN)
		return flags & (TH_FIN | TH_RST);
	return (flags & (TH_FIN | TH_ACK)) == TH_FIN;
}

static enum step l4_tcp(struct walk *w)
{
	struct packet *p = w->p;
	const uint8_t *h = cursor_take(&w->c, TCP_HEADER);
	size_t header;

	if (!h)
		return short_header(w, TCP_HEADER, true);
	set_ports(w, h);
	header = (size_t)(h[12] >> 4) * 4;
	p->flow.tcp_flags = h[13];
	p->side.tcp_window = peek_be16(h + 14);
	p->side.flags |= FLOW_HAS_WINDOW;
	if (header < TCP_HEADER || (header > p->l4_wire && !p->more_fragments) ||
	    tcp_flags_absurd(h[13]) || !p->flow.sport || !p->flow.dport)
		malformed(w);
	check_land(w);
	if (header >= TCP_HEADER) {
		set_payload(p, header, p->l4_wire);
		packet_app(p);
	}
	return STEP_DONE;
}

/* A packet inside a packet of @tunnel: a fragment of it cannot be followed. */
static enum step carried(const struct walk *w, unsigned tunnel, enum step next)
{
	return w->p->side.flags & FLOW_FRAGMENT || !(w->unwrap & tunnel) ? STEP_DONE : next;
}

/* A tunnel is followed only in whole datagrams, and believed only when an IP packet is in it. */
static enum step udp_tunnel(struct walk *w)
{
	const struct packet *p = w->p;

	switch (p->flow.dport) {
	case PORT_VXLAN:
	case PORT_VXLAN_GPE:
	case PORT_VXLAN_LINUX:
		return carried(w, UNWRAP(VXLAN), STEP_VXLAN);
	case PORT_GENEVE:
		return carried(w, UNWRAP(GENEVE), STEP_GENEVE);
	case PORT_GRE:
		w->strict = true;
		return carried(w, UNWRAP(GRE) | UNWRAP(ERSPAN), STEP_GRE);
	default:
		if (p->flow.dport != PORT_TEREDO && p->flow.sport != PORT_TEREDO)
			return STEP_DONE;
		return carried(w, UNWRAP(TEREDO), STEP_TEREDO);
	}
}

static enum step l4_udp(struct walk *w)
{
	struct packet *p = w->p;
	const uint8_t *h = cursor_take(&w->c, UDP_HEADER);
	size_t len;

	if (!h)
		return short_header(w, UDP_HEADER, true);
	set_ports(w, h);
	len = peek_be16(h + 4);
	if (len == 0 && p->l4_wire > UINT16_MAX) /* a jumbogram, RFC 2675 section 4 */
		len = p->l4_wire;
	if (len < UDP_HEADER || (len > p->l4_wire && !p->more_fragments) || !p->flow.dport)
		malformed(w);
	check_land(w);
	if (len < UDP_HEADER || len > p->l4_wire)
		len = p->l4_wire;
	set_payload(p, UDP_HEADER, len);
	packet_app(p);
	return udp_tunnel(w);
}

static enum step l4_icmp(struct walk *w)
{
	struct packet *p = w->p;
	const uint8_t *h = cursor_take(&w->c, 4);

	if (!h)
		return short_header(w, 4, false);
	p->side.icmp_type = h[0];
	p->side.icmp_code = h[1];
	set_payload(p, ICMP_HEADER, p->l4_wire);
	return STEP_DONE;
}

static enum step l4_ports(struct walk *w, size_t header)
{
	const uint8_t *h = cursor_take(&w->c, header);

	if (!h)
		return short_header(w, header, true);
	set_ports(w, h);
	set_payload(w->p, header, w->p->l4_wire);
	return STEP_DONE;
}

enum step packet_l4(struct walk *w)
{
	switch (w->p->flow.proto) {
	case PROTO_TCP:
		return l4_tcp(w);
	case PROTO_UDP:
		return l4_udp(w);
	case PROTO_ICMP:
	case PROTO_ICMP6:
		return l4_icmp(w);
	case 132: /* SCTP */
		return l4_ports(w, SCTP_HEADER);
	case 33: /* DCCP */
		return l4_ports(w, DCCP_HEADER);
	case 136: /* UDP-Lite */
		return l4_ports(w, UDP_HEADER);
	case 4:
		return carried(w, UNWRAP(IPIP), STEP_IPV4);
	case 41:
		return carried(w, UNWRAP(IPIP), STEP_IPV6);
	case 47:
		return carried(w, UNWRAP(GRE) | UNWRAP(ERSPAN), STEP_GRE);
	case 97:
		return carried(w, UNWRAP(ETHERIP), STEP_ETHERIP);
	case 137:
		return carried(w, UNWRAP(MPLS), STEP_MPLS);
	case 143: /* Ethernet in a segment routing header, RFC 8986 section 4.11 */
		return carried(w, UNWRAP(SRV6), STEP_ETHERNET);
	default:
		return STEP_DONE;
	}
}
