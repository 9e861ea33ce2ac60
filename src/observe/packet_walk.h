/* SPDX-License-Identifier: ISC */
/*
 * Inside the packet decoder: a walk from header to header. Each step reads one header and names the
 * next step, so that nesting is a loop with a limit and never a recursion. Private to packet*.c.
 */
#pragma once

#include "base/cursor.h"
#include "observe/packet.h"

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd
#define ETHERTYPE_VLAN 0x8100

#define PORT_TEREDO	 3544
#define PORT_VXLAN	 4789
#define PORT_VXLAN_GPE	 4790
#define PORT_VXLAN_LINUX 8472
#define PORT_GRE	 4754 /* RFC 8086 */
#define PORT_GENEVE	 6081

enum step {
	STEP_ETHERNET,
	STEP_ETHERTYPE, /* walk.ethertype says what follows */
	STEP_IP,	/* IPv4 or IPv6 by the version nibble */
	STEP_IPV4,
	STEP_IPV6,
	STEP_MPLS,
	STEP_PPP,
	STEP_LLC,
	STEP_GRE,
	STEP_ERSPAN2,
	STEP_ERSPAN3,
	STEP_ETHERIP,
	STEP_NSH,
	STEP_VXLAN,
	STEP_GENEVE,
	STEP_TEREDO,
	STEP_COUNT,
	STEP_DONE,    /* the record is complete */
	STEP_REFUSED, /* + enum refusal */
};

struct walk {
	struct packet *p;
	struct cursor c;      /* captured bytes from the header of the current step on */
	const uint8_t *start; /* of the frame */
	size_t wire_end;      /* where the current packet ends on the wire, from start */
	unsigned unwrap;      /* tunnels that are followed, bits UNWRAP() */
	uint16_t ethertype, vlan;
	uint8_t layers;	 /* steps done */
	uint8_t noted;	 /* enum refusal + 1 */
	bool have_ip;	 /* p holds an IP packet; a refusal further in leaves it standing */
	bool strict;	 /* what follows is a guess: an IP header must agree with its lengths */
	bool mirror_cut; /* a mirror cut the frame: its IP length is the truth, not the wire */
};

/** walk_wire() - bytes that the wire had from the current position on. */
static inline size_t walk_wire(const struct walk *w)
{
	size_t at = (size_t)(w->c.p - w->start);

	return w->wire_end > at ? w->wire_end - at : 0;
}

/** walk_short() - why a header of @need bytes is not there: cut by the capture, or never sent. */
static inline enum step walk_short(const struct walk *w, size_t wire, size_t need, enum refusal why)
{
	return (enum step)(STEP_REFUSED + (wire >= need ? REFUSED_CAPTURE_CUT : why));
}

static inline enum step walk_refuse(enum refusal why)
{
	return (enum step)(STEP_REFUSED + why);
}

static inline void walk_note(struct walk *w, enum refusal why)
{
	w->noted = (uint8_t)(why + 1);
}

static inline uint16_t peek_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

/** step_link() - the first step of a frame of @linktype (packet_link.c). */
enum step step_link(struct walk *w, uint32_t linktype);

/** packet_l4() - ports, flags and payload of an unfragmented packet or a first fragment. */
enum step packet_l4(struct walk *w);

/** packet_app_of() - what @n > 0 bytes of payload look like; reads at most a few of them. */
uint8_t packet_app_of(uint8_t proto, uint16_t sport, uint16_t dport, const uint8_t *d, size_t n);

/** packet_app() - the same for a packet, into side.app. */
void packet_app(struct packet *p);

/** packet_flags_usual() - a combination that an honest stack sends, without looking closer. */
static inline bool packet_flags_usual(uint8_t flags)
{
	if (flags & TH_SYN)
		return !(flags & (TH_FIN | TH_RST));
	return flags & TH_ACK || ((flags & 0x3f) && !(flags & TH_FIN));
}

/** packet_is_tunnel() - may a datagram between these UDP ports carry another packet? */
static inline bool packet_is_tunnel(uint16_t sport, uint16_t dport)
{
	switch (dport) {
	case PORT_TEREDO:
	case PORT_VXLAN:
	case PORT_VXLAN_GPE:
	case PORT_VXLAN_LINUX:
	case PORT_GENEVE:
	case PORT_GRE:
		return true;
	default:
		return sport == PORT_TEREDO;
	}
}

enum step step_ethernet(struct walk *w);
enum step step_ethertype(struct walk *w);
enum step step_ip(struct walk *w);
enum step step_ipv4(struct walk *w);
enum step step_ipv6(struct walk *w);
enum step step_mpls(struct walk *w);
enum step step_ppp(struct walk *w);
enum step step_llc(struct walk *w);
enum step step_gre(struct walk *w);
enum step step_erspan2(struct walk *w);
enum step step_erspan3(struct walk *w);
enum step step_etherip(struct walk *w);
enum step step_nsh(struct walk *w);
enum step step_vxlan(struct walk *w);
enum step step_geneve(struct walk *w);
enum step step_teredo(struct walk *w);
