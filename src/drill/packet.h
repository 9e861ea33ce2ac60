/* SPDX-License-Identifier: ISC */
/*
 * One packet of the drill before it is bytes: what a router needs to know of it, and what a frame
 * is made of. Payload is a named head followed by zero bytes, so a checksum over a large packet
 * costs no more than over its head.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"

#define IPPROTO_OF_ICMP	 1
#define IPPROTO_OF_TCP	 6
#define IPPROTO_OF_UDP	 17
#define IPPROTO_OF_GRE	 47
#define IPPROTO_OF_ESP	 50
#define IPPROTO_OF_ICMP6 58

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };

enum payload {
	PAYLOAD_ZERO,
	PAYLOAD_HTTP_GET,
	PAYLOAD_HTTP_OK,
	PAYLOAD_TLS_HELLO,
	PAYLOAD_TLS_DATA,
	PAYLOAD_SMTP_BANNER,
	PAYLOAD_SMTP_HELO,
	PAYLOAD_DNS_QUERY,
	PAYLOAD_DNS_ANSWER,
	PAYLOAD_NTP_MONLIST,
	PAYLOAD_MEMCACHED,
	PAYLOAD_QUIC_INITIAL,
	PAYLOAD_QUIC_DATA,
	PAYLOAD_BITTORRENT,
	PAYLOAD_PIECE,
	PAYLOAD_DHT,
	PAYLOAD_ESP,
	PAYLOAD_COUNT
};

/* What kind of host a source of an attack is; scenarios that do not ask say nothing. */
enum truth_kind {
	TRUTH_UNTOLD,
	TRUTH_FORGED,
	TRUTH_BOTS,
	TRUTH_PROXIES,
	TRUTH_REFLECTORS,
	TRUTH_CUSTOMERS,
	TRUTH_SINGLE,
	TRUTH_KINDS
};

struct packet {
	struct ip src, dst;
	int64_t time_us;
	uint64_t cookie; /* varies the payload head */
	uint32_t seq, ack;
	uint16_t sport, dport;
	uint16_t ip_len; /* layer 3 bytes of this packet */
	uint16_t
		whole_len; /* layer 4 bytes of the whole datagram, where this is a fragment of it */
	uint16_t ip_id, window;
	uint16_t fragment; /* offset in 8-byte units */
	bool more_fragments;
	uint8_t proto, flags, ttl, tos;
	uint8_t icmp_type, icmp_code;
	uint8_t payload; /* enum payload */
	uint8_t options; /* bytes of TCP options in a SYN that is not the ordinary one with MSS */
	bool bare_syn;	 /* a SYN without any option */
	bool outbound;	 /* from the own network to the outside */
	bool internal;	 /* never leaves it: in and out by the inside interface */
	bool forged;	 /* the source is not the sender */
	bool echo;	 /* comes back from what the target answered an attack */
	uint8_t link;	 /* outside link it passes, index in the world's links */
	int16_t attack;	 /* index of the attack it belongs to, -1 none */
	uint8_t slot;	 /* which of that attack's vectors */
	uint8_t kind;	 /* of its source, enum truth_kind */
	uint32_t sender; /* who really sent it (IPv4), 0: the source */
};

#define FRAME_ROOM	  65600
#define FRAME_HEADERS_MAX 512 /* a buffer for frame_build() has at least this */

/** packet_later_fragment() - no layer 4 header in it. */
static inline bool packet_later_fragment(const struct packet *p)
{
	return p->fragment > 0;
}

/**
 * frame_build() - the Ethernet frame of @p with right checksums (RFC 1071), padded to 60 bytes.
 * @room: bytes of @out, FRAME_HEADERS_MAX or more; the frame is cut there.
 * @wirelen: its whole length.
 * Return: bytes written.
 */
size_t frame_build(const struct packet *p, uint8_t *out, size_t room, size_t *wirelen);

/** frame_wirelen() - the length that frame_build() would tell, without building. */
size_t frame_wirelen(const struct packet *p);

/** payload_head() - bytes of the payload's head into @out (256 bytes), cut at @len of payload. */
size_t payload_head(const struct packet *p, size_t len, uint8_t *out);

/** frame_udp() - an Ethernet+IP+UDP frame around @data, for export datagrams; @out has 42 + len. */
size_t frame_udp(const struct ip *src, const struct ip *dst, uint16_t sport, uint16_t dport,
		 uint16_t id, const uint8_t *data, size_t len, uint8_t *out);
