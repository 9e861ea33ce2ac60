/* SPDX-License-Identifier: ISC */
/*
 * One frame to one record: link layers, IPv4 and IPv6 with extension headers, fragments, TCP, UDP,
 * ICMP. Used for captures, live capture and the raw headers of sFlow and of IPFIX data-link frames.
 *
 * The record is the outermost IP packet: where it goes is what it loads, whatever it carries, and a
 * flow exporter would have told the same. VLAN tags, MPLS, PPPoE and PPP below it are passed. A
 * tunnel is only followed where the caller says so (`unwrap`): else a flood could hide behind the
 * header of one, as addresses in it are made up as easily as any. What is inside then counts when
 * it holds an IP packet; otherwise (an encrypted or unknown inside, a fragment of the tunnel, a
 * guess that did not hold) the packet that carries it is the record. flow.bytes is the IP total
 * length, but never more than the wire had; where the header says 0 (segmentation offload,
 * jumbograms) it is the wire's.
 *
 * FLOW_MALFORMED: a header that no honest stack sends. The rules:
 *  - IP: total length shorter than the header (0 is offload, not malformed); TTL or hop limit 0; an
 *    IPv4 option with a length below 2 or behind the header; an extension header behind the packet,
 *    or more of them than PACKET_EXTENSIONS_MAX; a fragment that ends behind 65,535 bytes, a later
 *    TCP fragment at offset 1 (RFC 1858 section 3), a first fragment too short for its ports;
 *  - TCP (RFC 9293 section 3.1): no flag at all; SYN with FIN or RST; FIN without ACK; a data
 * offset below 5 or behind the packet; source or destination port 0;
 *  - UDP (RFC 768): length below 8 or behind the packet; destination port 0 (source 0 is allowed);
 *  - TCP or UDP from a port of an address to the same port of the same address (land), loopback
 * left out; a packet whose payload is too short for its transport header. Martian sources
 * (multicast, reserved) are no rule: spoofed floods would always be a second attack.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"
#include "observe/flow.h"
#include "observe/refusal.h"

#define PACKET_LAYERS_MAX     24 /* headers of links and tunnels that are followed */
#define PACKET_EXTENSIONS_MAX 8	 /* IPv6 extension headers that are followed */

#define LINKTYPE_ETHERNET 1
#define LINKTYPE_RAW	  101 /* IPv4 or IPv6 by its first four bits */

#define UNWRAP(tunnel) (1u << TUNNEL_##tunnel)
#define UNWRAP_ALL     ((1u << TUNNEL_COUNT) - 1)

struct packet {
	struct flow flow; /* addresses, ports, proto, flags, bytes (IP length), packets = 1 */
	struct flow_side
		side; /* TTL, IP-ID, window, fragment, ICMP, VLAN, app, flags; sampling = 1 */
	const uint8_t *payload; /* above layer 4, as far as captured; NULL when none */
	size_t payload_len;	/* captured */
	const uint8_t *l4;	/* from the layer 4 header on, or the bytes of a fragment */
	size_t l4_len;		/* captured */
	size_t l4_wire;		/* as the IP lengths say */
	uint32_t fragment_id;	/* IPv4 identification or the 32 bits of IPv6's fragment header */
	bool more_fragments;	/* MF was set */
	uint8_t noted;		/* 0, or enum refusal + 1: a record, yet with this doubt */
};

/**
 * packet_decode() - decode a captured frame.
 * @linktype: LINKTYPE_* number as in pcap files (link-layer header types, tcpdump.org).
 * @wirelen: length on the wire (below @caplen it counts as @caplen); @caplen: bytes present.
 * Return: 0, or enum refusal + 1 (a positive answer: why there is no record). @p borrows @data.
 */
int packet_decode(struct packet *p, uint32_t linktype, const uint8_t *data, size_t caplen,
		  size_t wirelen);

/** packet_decode_inner() - the same, but with the tunnels of @unwrap (bits UNWRAP()) followed. */
int packet_decode_inner(struct packet *p, unsigned unwrap, uint32_t linktype, const uint8_t *data,
			size_t caplen, size_t wirelen);

/**
 * packet_record() - only the record, made in its place: what packet_decode_inner() says, in
 * four to six tenths of the time for an ordinary packet. Both are written whole, or left alone when
 * there is no record. @noted: packet.noted. Return: as packet_decode().
 */
int packet_record(struct flow *f, struct flow_side *s, unsigned unwrap, uint32_t linktype,
		  const uint8_t *data, size_t caplen, size_t wirelen, uint8_t *noted);

/**
 * packet_plain() - the same for ordinary packets alone, for the tests of it.
 * Return: false when it is none; nothing was written then.
 */
bool packet_plain(struct flow *f, struct flow_side *s, unsigned unwrap, uint32_t linktype,
		  const uint8_t *data, size_t caplen, size_t wirelen);

/** packet_decode_ip() - packet_decode() for bytes that begin with an IPv4 or IPv6 header. */
int packet_decode_ip(struct packet *p, const uint8_t *data, size_t caplen, size_t wirelen);

/** packet_knows_linktype() - whether packet_decode() reads frames of @linktype at all. */
bool packet_knows_linktype(uint32_t linktype);
