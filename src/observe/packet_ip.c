/* SPDX-License-Identifier: ISC */
/*
 * IPv4 (RFC 791) and IPv6 (RFC 8200). A header becomes the record as soon as its fixed part is
 * whole; where lengths contradict each other the wire's own length counts, and the doubt is noted.
 */
#include "observe/packet_walk.h"

#define IPV4_HEADER 20
#define IPV6_HEADER 40
#define IP_LONGEST  65535

enum { EXT_NONE, EXT_UNITS8, EXT_FRAGMENT, EXT_AUTH };

/* How the length of an extension header is told; shared by no two families but for AH. */
static const uint8_t extension[256] = {
	[0] = EXT_UNITS8,  [43] = EXT_UNITS8,  [44] = EXT_FRAGMENT, [51] = EXT_AUTH,
	[60] = EXT_UNITS8, [135] = EXT_UNITS8, [139] = EXT_UNITS8,  [140] = EXT_UNITS8,
};

static void malformed(struct walk *w)
{
	w->p->side.flags |= FLOW_MALFORMED;
}

/* An inner packet replaces what was said about the one that carries it. */
static struct packet *begin(struct walk *w)
{
	struct packet *p = w->p;

	/* In pieces that compilers clear with a few wide stores; as a whole it costs a loop. */
	memset(&p->flow, 0, sizeof(p->flow));
	memset(&p->side, 0, sizeof(p->side));
	memset(&p->payload, 0, sizeof(*p) - offsetof(struct packet, payload));
	p->flow.packets = 1;
	p->side.sampling = 1;
	p->side.vlan = w->vlan;
	p->side.flags = FLOW_IS_PACKET | FLOW_HAS_TTL;
	w->noted = 0;
	w->have_ip = true;
	return p;
}

/*
 * The length that counts: the header's, unless it is 0 (offload, jumbogram) or contradicts the
 * wire. Ethernet's padding is the other way round and normal: the header is shorter than the wire.
 */
static size_t settle_length(struct walk *w, size_t told, size_t header, size_t wire)
{
	if (told >= header && (told <= wire || w->mirror_cut))
		return told;
	if (told) {
		walk_note(w, REFUSED_BAD_IP);
		if (told < header)
			malformed(w);
	}
	return wire;
}

/* Nothing behind the packet's own end belongs to it. @at: where it begins. */
static void narrow(struct walk *w, const uint8_t *at, size_t length)
{
	size_t have = (size_t)(w->c.end - at);

	w->wire_end = (size_t)(at - w->start) + length;
	if (length < have && at + length >= w->c.p)
		w->c.end = at + length;
}

static void check_options(struct walk *w, const uint8_t *opt, size_t n)
{
	size_t i = 0;

	while (i < n && opt[i] != 0) {
		if (opt[i] == 1) {
			i++;
			continue;
		}
		if (i + 1 >= n || opt[i + 1] < 2 || opt[i + 1] > n - i) {
			malformed(w);
			return;
		}
		i += opt[i + 1];
	}
}

static void set_fragment(struct walk *w, uint16_t offset, bool more, uint32_t id)
{
	struct packet *p = w->p;
	size_t payload = walk_wire(w);

	p->fragment_id = id;
	p->more_fragments = more;
	p->side.fragment = offset;
	p->side.flags |= FLOW_FRAGMENT;
	if (offset)
		p->side.flags |= FLOW_LATER_FRAGMENT;
	if ((size_t)offset * 8 + payload > IP_LONGEST ||
	    (offset == 1 && p->flow.proto == PROTO_TCP))
		malformed(w);
}

/* What is left between here and the packet's end is layer 4, or a piece of it. */
static enum step payload(struct walk *w)
{
	struct packet *p = w->p;

	p->l4 = w->c.p;
	p->l4_len = cursor_left(&w->c);
	p->l4_wire = walk_wire(w);
	w->strict = false;
	if (p->side.flags & FLOW_LATER_FRAGMENT)
		return STEP_DONE;
	return packet_l4(w);
}

/* Return: false when the header is not whole here: cut, or behind the packet's end. */
static bool extension_whole(struct walk *w, const uint8_t *h, size_t wire, size_t need)
{
	if (h)
		return true;
	if (wire >= need)
		walk_note(w, REFUSED_CAPTURE_CUT);
	else
		malformed(w);
	return false;
}

/* RFC 6946: a fragment header of a packet in one piece makes no fragment. */
static void fragment_header(struct walk *w, const uint8_t *h)
{
	uint16_t bits = peek_be16(h + 2);

	w->p->flow.proto = h[0];
	if (bits & ~6)
		set_fragment(w, bits >> 3, bits & 1, (uint32_t)be_uint(h + 4, 4));
}

/* Return: false when nothing behind this header can be read. */
static bool extension_header(struct walk *w, uint8_t kind)
{
	size_t wire = walk_wire(w), len = 8;
	const uint8_t *h;

	if (kind != EXT_FRAGMENT && cursor_left(&w->c) >= 2)
		len = kind == EXT_AUTH ? ((size_t)w->c.p[1] + 2) * 4 : ((size_t)w->c.p[1] + 1) * 8;
	h = cursor_take(&w->c, len);
	if (!extension_whole(w, h, wire, len))
		return false;
	if (kind == EXT_FRAGMENT)
		fragment_header(w, h);
	else
		w->p->flow.proto = h[0];
	return true;
}

static enum step extensions(struct walk *w)
{
	struct packet *p = w->p;
	uint8_t kind;

	for (unsigned i = 0; (kind = extension[p->flow.proto]) != EXT_NONE; i++) {
		if (i == PACKET_EXTENSIONS_MAX) {
			malformed(w);
			walk_note(w, REFUSED_TOO_DEEP);
			return STEP_DONE;
		}
		if (p->side.flags & FLOW_LATER_FRAGMENT)
			break;
		if (!extension_header(w, kind))
			return STEP_DONE;
	}
	return payload(w);
}

/* A guess (tunnel by port, MPLS by nibble) must not take random bytes for a packet. */
static bool guess_fails(const struct walk *w, size_t told, size_t header, size_t wire)
{
	return w->strict && (told < header || (told > wire && !w->mirror_cut));
}

static void ipv4_fields(struct packet *p, const uint8_t *h)
{
	p->flow.src = ip_from_v4_bytes(h + 12);
	p->flow.dst = ip_from_v4_bytes(h + 16);
	p->flow.proto = h[9];
	p->side.tos = h[1];
	p->side.ip_id = peek_be16(h + 4);
	p->side.ttl = h[8];
	p->side.flags |= FLOW_HAS_IP_ID;
}

/* Authentication headers (RFC 4302) also stand in IPv4; the rest of the table does not. */
static enum step ipv4_payload(struct walk *w)
{
	struct packet *p = w->p;

	if (p->flow.proto == 51 && !(p->side.flags & FLOW_LATER_FRAGMENT) &&
	    !extension_header(w, EXT_AUTH))
		return STEP_DONE;
	return payload(w);
}

static bool ipv4_options(struct walk *w, size_t n)
{
	size_t wire = walk_wire(w);
	const uint8_t *opt = cursor_take(&w->c, n);

	if (!extension_whole(w, opt, wire, n))
		return false;
	check_options(w, opt, n);
	return true;
}

enum step step_ipv4(struct walk *w)
{
	size_t wire = walk_wire(w), header, total;
	const uint8_t *h = cursor_take(&w->c, IPV4_HEADER);
	uint16_t fragment;
	struct packet *p;

	if (!h)
		return walk_short(w, wire, IPV4_HEADER, REFUSED_BAD_IP);
	header = (size_t)(h[0] & 15) * 4;
	total = peek_be16(h + 2);
	if (h[0] >> 4 != 4 || header < IPV4_HEADER || guess_fails(w, total, header, wire))
		return walk_refuse(REFUSED_BAD_IP);
	p = begin(w);
	ipv4_fields(p, h);
	p->flow.bytes = settle_length(w, total, header, wire);
	narrow(w, h, p->flow.bytes);
	if (!p->side.ttl)
		malformed(w);
	if (header > IPV4_HEADER && !ipv4_options(w, header - IPV4_HEADER))
		return STEP_DONE;
	fragment = peek_be16(h + 6);
	if (fragment & 0x3fff)
		set_fragment(w, fragment & 0x1fff, fragment & 0x2000, p->side.ip_id);
	return ipv4_payload(w);
}

enum step step_ipv6(struct walk *w)
{
	size_t wire = walk_wire(w), told;
	const uint8_t *h = cursor_take(&w->c, IPV6_HEADER);
	struct packet *p;

	if (!h)
		return walk_short(w, wire, IPV6_HEADER, REFUSED_BAD_IP);
	told = peek_be16(h + 4);
	if (h[0] >> 4 != 6 || guess_fails(w, told + IPV6_HEADER, IPV6_HEADER, wire))
		return walk_refuse(REFUSED_BAD_IP);
	/* Payload length 0 is honest only without payload, with a jumbo option, or under offload.
	 */
	told = told || h[6] == 59 ? told + IPV6_HEADER : 0;
	p = begin(w);
	p->flow.src = ip_from_v6_bytes(h + 8);
	p->flow.dst = ip_from_v6_bytes(h + 24);
	p->flow.proto = h[6];
	p->side.tos = (uint8_t)(h[0] << 4 | h[1] >> 4);
	p->side.ttl = h[7];
	p->flow.bytes = settle_length(w, told, IPV6_HEADER, wire);
	narrow(w, h, p->flow.bytes);
	if (!p->side.ttl)
		malformed(w);
	return extensions(w);
}

enum step step_ip(struct walk *w)
{
	if (!cursor_left(&w->c))
		return walk_short(w, walk_wire(w), 1, REFUSED_NOT_IP);
	switch (w->c.p[0] >> 4) {
	case 4:
		return step_ipv4(w);
	case 6:
		return step_ipv6(w);
	default:
		return walk_refuse(REFUSED_NOT_IP);
	}
}
