/* SPDX-License-Identifier: ISC */
/*
 * Link layers: from the link type of a capture to an EtherType, and from there through VLAN tags,
 * PPPoE, MPLS and LLC to IP. A link type is one row of `links`.
 */
#include "observe/packet_walk.h"

#define ETHERTYPE_ETHERNET   0x6558 /* transparent Ethernet bridging, RFC 1701 */
#define ETHERTYPE_LENGTH_MAX 1500   /* IEEE 802.3: up to here it is a length, LLC follows */
#define MPLS_LABELS_MAX	     16

static enum step next_ethertype(struct walk *w, uint16_t type)
{
	w->ethertype = type;
	return STEP_ETHERTYPE;
}

enum step step_ethernet(struct walk *w)
{
	size_t wire = walk_wire(w);
	const uint8_t *h = cursor_take(&w->c, 14);

	if (!h)
		return walk_short(w, wire, 14, REFUSED_NOT_IP);
	w->ethertype = peek_be16(h + 12);
	if (w->ethertype == ETHERTYPE_IPV4)
		return step_ipv4(w);
	return step_ethertype(w);
}

/* Skip @n bytes of a header that says nothing we need, then go on with @next. */
static enum step skip_to(struct walk *w, size_t n, enum step next)
{
	size_t wire = walk_wire(w);

	return cursor_skip(&w->c, n) ? next : walk_short(w, wire, n, REFUSED_NOT_IP);
}

/* A header of @n bytes whose last two are an EtherType. */
static enum step skip_to_ethertype(struct walk *w, size_t n)
{
	size_t wire = walk_wire(w);
	const uint8_t *h = cursor_take(&w->c, n);

	return h ? next_ethertype(w, peek_be16(h + n - 2)) : walk_short(w, wire, n, REFUSED_NOT_IP);
}

/* The outermost tag is the one that routers export; inner ones are passed. */
static enum step vlan_tag(struct walk *w)
{
	size_t wire = walk_wire(w);
	const uint8_t *h = cursor_take(&w->c, 4);

	if (!h)
		return walk_short(w, wire, 4, REFUSED_NOT_IP);
	if (!w->vlan && !w->have_ip)
		w->vlan = peek_be16(h) & 0xfff;
	return next_ethertype(w, peek_be16(h + 2));
}

/* RFC 2516 section 4: version and type 1, code 0 in the session stage. */
static enum step pppoe(struct walk *w)
{
	size_t wire = walk_wire(w);
	const uint8_t *h = cursor_take(&w->c, 6);

	if (!h)
		return walk_short(w, wire, 6, REFUSED_NOT_IP);
	return h[0] == 0x11 && h[1] == 0 ? STEP_PPP : walk_refuse(REFUSED_NOT_IP);
}

enum step step_ethertype(struct walk *w)
{
	switch (w->ethertype) {
	case ETHERTYPE_IPV4:
		return STEP_IPV4;
	case ETHERTYPE_IPV6:
		return STEP_IPV6;
	case ETHERTYPE_VLAN:
	case 0x88a8: /* IEEE 802.1ad */
	case 0x9100:
	case 0x9200:
	case 0x9300:
		return vlan_tag(w);
	case 0x8847:
	case 0x8848:
		return STEP_MPLS;
	case 0x8864:
		return pppoe(w);
	case 0x880b: /* PPP in GRE, RFC 2637 */
		return STEP_PPP;
	case ETHERTYPE_ETHERNET:
		return STEP_ETHERNET;
	case 0x88e7: /* IEEE 802.1ah: the I-TAG stands before a whole inner frame */
		return skip_to(w, 4, STEP_ETHERNET);
	case 0x8903: /* FabricPath: a tag before a whole inner frame */
		return skip_to(w, 2, STEP_ETHERNET);
	case 0x894f:
		return STEP_NSH;
	case 0x8926: /* VNTAG */
		return skip_to_ethertype(w, 6);
	case 0x893f: /* IEEE 802.1BR E-TAG */
	case 0x8909: /* Cisco metadata */
		return skip_to_ethertype(w, 8);
	default:
		return w->ethertype <= ETHERTYPE_LENGTH_MAX ? STEP_LLC
							    : walk_refuse(REFUSED_NOT_IP);
	}
}

/* IEEE 802.2 with SNAP (RFC 1042), or IP straight in LLC. */
enum step step_llc(struct walk *w)
{
	size_t wire = walk_wire(w);
	const uint8_t *h = cursor_take(&w->c, 3);

	if (!h)
		return walk_short(w, wire, 3, REFUSED_NOT_IP);
	if (h[0] == 0x06 && h[1] == 0x06 && h[2] == 0x03)
		return STEP_IPV4;
	if (h[0] != 0xaa || h[1] != 0xaa || h[2] != 0x03)
		return walk_refuse(REFUSED_NOT_IP);
	return skip_to_ethertype(w, 5);
}

/* RFC 1661 section 2 with RFC 1662's address and control left in or out; one-byte protocols. */
enum step step_ppp(struct walk *w)
{
	size_t wire = walk_wire(w);
	uint16_t proto;

	if (cursor_left(&w->c) >= 2 && w->c.p[0] == 0xff && w->c.p[1] == 0x03)
		cursor_skip(&w->c, 2);
	if (cursor_left(&w->c) >= 1 && w->c.p[0] & 1)
		proto = cursor_u8(&w->c);
	else
		proto = cursor_be16(&w->c);
	if (!cursor_ok(&w->c))
		return walk_short(w, wire, 2, REFUSED_NOT_IP);
	switch (proto) {
	case 0x0021:
		return STEP_IPV4;
	case 0x0057:
		return STEP_IPV6;
	case 0x0281:
	case 0x0283:
		return STEP_MPLS;
	default:
		return walk_refuse(REFUSED_NOT_IP);
	}
}

static bool ethertype_known(const uint8_t *frame, size_t n)
{
	uint16_t type = n >= 14 ? peek_be16(frame + 12) : 0;

	return type == ETHERTYPE_IPV4 || type == ETHERTYPE_IPV6 || type == ETHERTYPE_VLAN ||
	       type == 0x88a8 || type == 0x0806 || type == 0x8847 || type == 0x8864;
}

/* Does the nibble begin an IP packet whose length the frame can hold? */
static bool looks_ip(const struct walk *w)
{
	const uint8_t *p = w->c.p;
	size_t n = cursor_left(&w->c), wire = walk_wire(w);

	if (n < 6)
		return n && (p[0] >> 4 == 4 || p[0] >> 4 == 6);
	if (p[0] >> 4 == 4)
		return (p[0] & 15) >= 5 && peek_be16(p + 2) >= 20 && peek_be16(p + 2) <= wire;
	return p[0] >> 4 == 6 && (size_t)peek_be16(p + 4) + 40 <= wire;
}

/*
 * Nothing in the stack says what it carries (RFC 3032 section 2.2): IP by its nibble where the
 * lengths agree, else an Ethernet pseudowire with a control word (RFC 4448 section 4.6) or without.
 */
static enum step mpls_payload(struct walk *w)
{
	const uint8_t *p = w->c.p;
	size_t n = cursor_left(&w->c);

	if (looks_ip(w)) {
		w->strict = true;
		return STEP_IP;
	}
	if (n < 14)
		return walk_short(w, walk_wire(w), 14, REFUSED_NOT_IP);
	if (p[0] >> 4 == 0 && (ethertype_known(p + 4, n - 4) || !ethertype_known(p, n)))
		return skip_to(w, 4, STEP_ETHERNET);
	return STEP_ETHERNET;
}

enum step step_mpls(struct walk *w)
{
	for (unsigned i = 0; i < MPLS_LABELS_MAX; i++) {
		size_t wire = walk_wire(w);
		const uint8_t *h = cursor_take(&w->c, 4);

		if (!h)
			return walk_short(w, wire, 4, REFUSED_NOT_IP);
		if (h[2] & 1)
			return mpls_payload(w);
	}
	return walk_refuse(REFUSED_TOO_DEEP);
}

/* BSD loopback: an address family in the byte order of whoever captured. */
static enum step link_null(struct walk *w)
{
	size_t wire = walk_wire(w);
	uint32_t family = cursor_be32(&w->c);

	if (!cursor_ok(&w->c))
		return walk_short(w, wire, 4, REFUSED_NOT_IP);
	if (family & 0xffff0000)
		family = __builtin_bswap32(family);
	switch (family) {
	case 2:
		return STEP_IPV4;
	case 10: /* Linux */
	case 24: /* NetBSD, OpenBSD */
	case 28: /* FreeBSD */
	case 30: /* Darwin */
		return STEP_IPV6;
	default:
		return walk_refuse(REFUSED_NOT_IP);
	}
}

/*
 * Linux cooked. Protocols below 1536 are Linux's own names: 0x0060 (loop) carries a whole Ethernet
 * frame, 0x0004 is LLC. ARPHRD 824 is netlink, which is no network at all.
 */
static enum step cooked(struct walk *w, uint16_t arphrd, uint16_t protocol)
{
	if (arphrd == 824)
		return walk_refuse(REFUSED_NOT_IP);
	if (protocol == 0x0060)
		return STEP_ETHERNET;
	if (protocol == 0x0004)
		return STEP_LLC;
	return protocol > ETHERTYPE_LENGTH_MAX ? next_ethertype(w, protocol)
					       : walk_refuse(REFUSED_NOT_IP);
}

static enum step link_sll(struct walk *w)
{
	size_t wire = walk_wire(w);
	const uint8_t *h = cursor_take(&w->c, 16);

	return h ? cooked(w, peek_be16(h + 2), peek_be16(h + 14))
		 : walk_short(w, wire, 16, REFUSED_NOT_IP);
}

static enum step link_sll2(struct walk *w)
{
	size_t wire = walk_wire(w);
	const uint8_t *h = cursor_take(&w->c, 20);

	return h ? cooked(w, peek_be16(h + 8), peek_be16(h))
		 : walk_short(w, wire, 20, REFUSED_NOT_IP);
}

/* Cisco HDLC: address 0x0f or 0x8f, control 0, then an EtherType; a PPP link may carry it too. */
static enum step link_hdlc(struct walk *w)
{
	if (cursor_left(&w->c) >= 2 && (w->c.p[0] == 0x0f || w->c.p[0] == 0x8f))
		return skip_to_ethertype(w, 4);
	return STEP_PPP;
}

static enum step link_ppp_direction(struct walk *w)
{
	return skip_to(w, 1, STEP_PPP);
}

static enum step link_fddi(struct walk *w)
{
	return skip_to(w, 13, STEP_LLC);
}

static enum step link_token_ring(struct walk *w)
{
	const uint8_t *p = w->c.p;
	size_t n = 14;

	if (cursor_left(&w->c) >= 16 && p[8] & 0x80) /* source routing */
		n += p[14] & 0x1f;
	return skip_to(w, n, STEP_LLC);
}

static enum step link_ip1394(struct walk *w)
{
	return skip_to_ethertype(w, 18);
}

/* RFC 2427: Q.922 address, control 0x03, then an NLPID; 0xcc is IPv4, 0x8e IPv6, 0x80 SNAP. */
static enum step link_frame_relay(struct walk *w)
{
	size_t wire = walk_wire(w), address = 0;
	uint8_t nlpid;

	while (address++ < 4 && cursor_left(&w->c) && !(cursor_u8(&w->c) & 1))
		;
	if (cursor_left(&w->c) >= 2 && w->c.p[0] == 0x08 && w->c.p[1] == 0x00)
		return skip_to(w, 2, STEP_IPV4); /* Cisco's own encapsulation: an EtherType */
	cursor_u8(&w->c);
	nlpid = cursor_u8(&w->c);
	if (nlpid == 0) /* padding before the NLPID */
		nlpid = cursor_u8(&w->c);
	if (!cursor_ok(&w->c))
		return walk_short(w, wire, 4, REFUSED_NOT_IP);
	if (nlpid == 0x80)
		return skip_to_ethertype(w, 5);
	return nlpid == 0xcc ? STEP_IPV4 : nlpid == 0x8e ? STEP_IPV6 : walk_refuse(REFUSED_NOT_IP);
}

/* Netfilter log: family, version, resource, then TLVs in host order; type 9 is the packet. */
static enum step link_nflog(struct walk *w)
{
	size_t wire = walk_wire(w);

	if (!cursor_skip(&w->c, 4))
		return walk_short(w, wire, 4, REFUSED_NOT_IP);
	for (unsigned i = 0; i < 64; i++) {
		uint16_t len = cursor_le16(&w->c), type = cursor_le16(&w->c);

		if (len > 0xff && type > 0xff) { /* the capturing machine was big-endian */
			len = __builtin_bswap16(len);
			type = __builtin_bswap16(type);
		}
		if (!cursor_ok(&w->c) || len < 4)
			break;
		if (type == 9)
			return STEP_IP;
		if (!cursor_skip(&w->c, (size_t)((len + 3) & ~3) - 4))
			break;
	}
	return walk_refuse(REFUSED_NOT_IP);
}

/* IEEE 802.11: data frames in clear; two-address, four-address and QoS headers. */
static enum step link_80211(struct walk *w)
{
	size_t wire = walk_wire(w), header = 24;
	const uint8_t *p = w->c.p;

	if (cursor_left(&w->c) < 2)
		return walk_short(w, wire, 2, REFUSED_NOT_IP);
	if ((p[0] & 0x0f) != 0x08 || p[0] & 0x40 || p[1] & 0x40) /* not data, no data, encrypted */
		return walk_refuse(REFUSED_NOT_IP);
	if ((p[1] & 3) == 3)
		header += 6;
	if (p[0] & 0x80)
		header += p[1] & 0x80 ? 6 : 2;
	return skip_to(w, header, STEP_LLC);
}

static enum step link_radiotap(struct walk *w)
{
	size_t wire = walk_wire(w);
	const uint8_t *h = cursor_take(&w->c, 4);
	uint16_t len = h ? (uint16_t)(h[2] | h[3] << 8) : 0;

	if (!h || len < 4 || !cursor_skip(&w->c, len - 4u))
		return walk_short(w, wire, len > 4 ? len : 4, REFUSED_NOT_IP);
	return link_80211(w);
}

static enum step link_pppoe(struct walk *w)
{
	return pppoe(w);
}

static const struct {
	uint16_t linktype;
	uint8_t next; /* where no function is needed */
	enum step (*first)(struct walk *w);
} links[] = {
	{.linktype = 1, .next = STEP_ETHERNET},
	{.linktype = 0, .first = link_null},
	{.linktype = 6, .first = link_token_ring},
	{.linktype = 9, .first = link_hdlc},
	{.linktype = 10, .first = link_fddi},
	{.linktype = 12, .next = STEP_IP},
	{.linktype = 14, .next = STEP_IP},
	{.linktype = 50, .first = link_hdlc},
	{.linktype = 51, .first = link_pppoe},
	{.linktype = 100, .next = STEP_LLC},
	{.linktype = 101, .next = STEP_IP},
	{.linktype = 104, .first = link_hdlc},
	{.linktype = 105, .first = link_80211},
	{.linktype = 107, .first = link_frame_relay},
	{.linktype = 108, .first = link_null},
	{.linktype = 113, .first = link_sll},
	{.linktype = 127, .first = link_radiotap},
	{.linktype = 138, .first = link_ip1394},
	{.linktype = 204, .first = link_ppp_direction},
	{.linktype = 219, .next = STEP_MPLS},
	{.linktype = 228, .next = STEP_IPV4},
	{.linktype = 229, .next = STEP_IPV6},
	{.linktype = 239, .first = link_nflog},
	{.linktype = 276, .first = link_sll2},
};

#define N_LINKS (sizeof(links) / sizeof(links[0]))

bool packet_knows_linktype(uint32_t linktype)
{
	for (size_t i = 0; i < N_LINKS; i++)
		if (links[i].linktype == linktype)
			return true;
	return false;
}

enum step step_link(struct walk *w, uint32_t linktype)
{
	for (size_t i = 0; i < N_LINKS; i++)
		if (links[i].linktype == linktype)
			return links[i].first ? links[i].first(w) : (enum step)links[i].next;
	return walk_refuse(REFUSED_BAD_LINKTYPE);
}
