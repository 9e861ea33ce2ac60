/* SPDX-License-Identifier: ISC */
/*
 * Tunnels whose header says what they carry: GRE with ERSPAN and PPTP inside, EtherIP, NSH, VXLAN
 * and its generic extension, Geneve, GRE in UDP, Teredo. What UDP carries is told by port alone, so
 * it is a guess until an IP packet proves it: `strict` makes the IP steps refuse lengths that
 * disagree, and the outer datagram stays the record.
 */
#include "observe/packet_walk.h"

#define GRE_CHECKSUM 0x8000
#define GRE_ROUTING  0x4000
#define GRE_KEY	     0x2000
#define GRE_SEQUENCE 0x1000
#define GRE_ACK	     0x0080

#define GRE_ERSPAN  0x88be
#define GRE_ERSPAN3 0x22eb
#define GRE_WCCP    0x883e
#define GRE_PPP	    0x880b

/* RFC 2784 and 2890; version 1 is PPTP's (RFC 2637 section 4.1), which always has a key. */
static size_t gre_options(uint16_t flags)
{
	size_t n = 0;

	if (flags & GRE_CHECKSUM)
		n += 4;
	if (flags & GRE_KEY)
		n += 4;
	if (flags & GRE_SEQUENCE)
		n += 4;
	if ((flags & 7) == 1 && flags & GRE_ACK)
		n += 4;
	return n;
}

/* WCCP puts four bytes before the packet, told from IP by the version nibble. */
static enum step gre_wccp(struct walk *w)
{
	if (cursor_left(&w->c) && w->c.p[0] >> 4 != 4)
		cursor_skip(&w->c, 4);
	return STEP_IPV4;
}

static bool gre_is_mirror(uint16_t type)
{
	return type == GRE_ERSPAN || type == GRE_ERSPAN3;
}

enum step step_gre(struct walk *w)
{
	size_t wire = walk_wire(w), options;
	uint16_t flags = cursor_be16(&w->c), type = cursor_be16(&w->c);

	options = gre_options(flags);
	if (!cursor_ok(&w->c) || !cursor_skip(&w->c, options))
		return walk_short(w, wire, 4 + options, REFUSED_NOT_IP);
	if (flags & GRE_ROUTING || (flags & 7) > 1 || ((flags & 7) == 1 && type != GRE_PPP))
		return walk_refuse(REFUSED_NOT_IP);
	if (!(w->unwrap & (gre_is_mirror(type) ? UNWRAP(ERSPAN) : UNWRAP(GRE))))
		return STEP_DONE;
	switch (type) {
	case GRE_ERSPAN: /* type I has neither sequence number nor header */
		return flags & GRE_SEQUENCE ? STEP_ERSPAN2 : STEP_ETHERNET;
	case GRE_ERSPAN3:
		return STEP_ERSPAN3;
	case GRE_WCCP:
		return gre_wccp(w);
	default:
		w->ethertype = type;
		return type > 1500 ? STEP_ETHERTYPE : walk_refuse(REFUSED_NOT_IP);
	}
}

/* Version 1 of the header; the T bit says that the mirror cut the frame. */
enum step step_erspan2(struct walk *w)
{
	size_t wire = walk_wire(w);
	const uint8_t *h = cursor_take(&w->c, 8);

	if (!h)
		return walk_short(w, wire, 8, REFUSED_NOT_IP);
	w->mirror_cut = h[2] & 4;
	return h[0] >> 4 == 1 ? STEP_ETHERNET : walk_refuse(REFUSED_NOT_IP);
}

/* Version 2; the frame type says Ethernet (0) or IP (2), the O bit adds a platform header. */
enum step step_erspan3(struct walk *w)
{
	size_t wire = walk_wire(w);
	const uint8_t *h = cursor_take(&w->c, 12);
	unsigned frame_type;

	if (!h)
		return walk_short(w, wire, 12, REFUSED_NOT_IP);
	if (h[0] >> 4 != 2)
		return walk_refuse(REFUSED_NOT_IP);
	if (h[11] & 1 && !cursor_skip(&w->c, 8))
		return walk_short(w, wire, 20, REFUSED_NOT_IP);
	w->mirror_cut = h[2] & 4;
	frame_type = h[10] >> 2 & 0x1f;
	return frame_type == 0	 ? STEP_ETHERNET
	       : frame_type == 2 ? STEP_IP
				 : walk_refuse(REFUSED_NOT_IP);
}

/* RFC 3378 section 3: version 3, then twelve zero bits. */
enum step step_etherip(struct walk *w)
{
	size_t wire = walk_wire(w);
	uint16_t version = cursor_be16(&w->c);

	if (!cursor_ok(&w->c))
		return walk_short(w, wire, 2, REFUSED_NOT_IP);
	return version == 0x3000 ? STEP_ETHERNET : walk_refuse(REFUSED_NOT_IP);
}

/* The next protocols that VXLAN's generic extension and NSH share. */
static enum step next_protocol(uint8_t number)
{
	static const uint8_t next[] = {[1] = STEP_IPV4, [2] = STEP_IPV6, [3] = STEP_ETHERNET};

	if (number < 1 || number > 3)
		return walk_refuse(REFUSED_NOT_IP);
	return (enum step)next[number];
}

/*
 * RFC 7348 section 5: the I flag set; the last byte is reserved and zero. The P flag of the generic
 * extension says that the fourth byte tells what is inside, else it is Ethernet.
 */
enum step step_vxlan(struct walk *w)
{
	size_t wire = walk_wire(w);
	const uint8_t *h = cursor_take(&w->c, 8);

	if (!h)
		return walk_short(w, wire, 8, REFUSED_NOT_IP);
	if (!(h[0] & 0x08) || h[7])
		return walk_refuse(REFUSED_NOT_IP);
	w->strict = true;
	return h[0] & 0x04 ? next_protocol(h[3]) : STEP_ETHERNET;
}

/* RFC 8300 section 2.2: the length counts words of 4 bytes, two of which are the fixed part. */
enum step step_nsh(struct walk *w)
{
	size_t wire = walk_wire(w), len;
	const uint8_t *h = cursor_take(&w->c, 8);

	if (!h)
		return walk_short(w, wire, 8, REFUSED_NOT_IP);
	len = (size_t)(h[1] & 0x3f) * 4;
	if (len < 8)
		return walk_refuse(REFUSED_NOT_IP);
	if (!cursor_skip(&w->c, len - 8))
		return walk_short(w, wire, len, REFUSED_NOT_IP);
	return next_protocol(h[3]);
}

/* RFC 8926 section 3.4: version 0, options in units of 4 bytes, then an EtherType's payload. */
enum step step_geneve(struct walk *w)
{
	size_t wire = walk_wire(w), options;
	const uint8_t *h = cursor_take(&w->c, 8);

	if (!h)
		return walk_short(w, wire, 8, REFUSED_NOT_IP);
	options = (size_t)(h[0] & 0x3f) * 4;
	if (h[0] >> 6 || h[7])
		return walk_refuse(REFUSED_NOT_IP);
	if (!cursor_skip(&w->c, options))
		return walk_short(w, wire, 8 + options, REFUSED_NOT_IP);
	w->strict = true;
	w->ethertype = peek_be16(h + 2);
	return w->ethertype > 1500 ? STEP_ETHERTYPE : walk_refuse(REFUSED_NOT_IP);
}

/*
 * RFC 4380 section 5.1.1: IPv6 in UDP, before it an authentication and an origin indication. Only
 * an IPv6 packet that fills the datagram to its last byte is believed.
 */
enum step step_teredo(struct walk *w)
{
	const uint8_t *p;

	if (cursor_left(&w->c) >= 4 && peek_be16(w->c.p) == 1)
		cursor_skip(&w->c, 13u + w->c.p[2] + w->c.p[3]);
	if (cursor_left(&w->c) >= 8 && peek_be16(w->c.p) == 0)
		cursor_skip(&w->c, 8);
	p = w->c.p;
	if (cursor_left(&w->c) < 40 || p[0] >> 4 != 6 || peek_be16(p + 4) + 40u != walk_wire(w))
		return walk_refuse(REFUSED_NOT_IP);
	w->strict = true;
	return STEP_IPV6;
}
