/* SPDX-License-Identifier: ISC */
/*
 * The first bytes of payloads, believable to a dissector: one writer per kind. A writer fills at
 * most 256 bytes and the rest of the packet is zero, so lengths inside are made to cover the rest.
 */
#include "drill/packet.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hash.h"
#include "drill/put.h"

#define HEAD_MAX     256
#define HTTP_OK_HEAD 82 /* bytes of the response's own head */

/* What is left of the whole datagram (fragments to come included) behind its 8-byte UDP header. */
static size_t whole_payload(const struct packet *p, size_t len)
{
	return p->whole_len ? p->whole_len - 8u : len;
}

static size_t put_text(uint8_t *o, const char *s)
{
	size_t n = strlen(s);

	memcpy(o, s, n);
	return n;
}

static size_t head_http_get(const struct packet *p, size_t len, uint8_t *o)
{
	char line[HEAD_MAX];
	size_t want = len < HEAD_MAX ? len : HEAD_MAX;
	int n = snprintf(
		line, sizeof(line),
		"GET /page/%u HTTP/1.1\r\nHost: www.example.net\r\nAccept: */*\r\nX-Fill: ",
		(unsigned)(p->cookie % 1000));

	/* The request must end where the packet ends: one header is filled up to there. */
	if (want < (size_t)n + 4)
		return 0;
	memcpy(o, line, (size_t)n);
	memset(o + n, 'x', want - (size_t)n - 4);
	memcpy(o + want - 4, "\r\n\r\n", 4);
	return want;
}

static size_t head_http_ok(const struct packet *p, size_t len, uint8_t *o)
{
	char line[HEAD_MAX];
	int n = snprintf(line, sizeof(line),
			 "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
			 "Content-Length: %-5zu\r\n\r\n",
			 len - HTTP_OK_HEAD);

	memcpy(o, line, (size_t)n);
	return (size_t)n;
}

static size_t head_tls_hello(const struct packet *p, size_t len, uint8_t *o)
{
	uint8_t *s = o;
	size_t body = len - 9;

	o = put_be16(put_u8(o, 22), 0x0301);
	o = put_be16(o, (uint16_t)(len - 5));
	o = put_be16(put_u8(put_u8(o, 1), 0), (uint16_t)body);
	o = put_be16(o, 0x0303);
	for (int i = 0; i < 4; i++)
		o = put_be64(o, hash_u64(p->cookie, (uint64_t)i));
	o = put_u8(o, 0); /* no session id */
	o = put_be16(put_be16(put_be16(o, 4), 0x1301), 0xc02f);
	o = put_u8(put_u8(o, 1), 0); /* null compression */
	o = put_be16(o, (uint16_t)(body - 2 - 32 - 1 - 6 - 2 - 2));
	o = put_be16(o, 21); /* padding extension (RFC 7685) to the end */
	o = put_be16(o, (uint16_t)(body - 2 - 32 - 1 - 6 - 2 - 2 - 4));
	return (size_t)(o - s);
}

static size_t head_tls_data(const struct packet *p, size_t len, uint8_t *o)
{
	put_be16(put_be16(put_u8(o, 23), 0x0303), (uint16_t)(len - 5));
	return 5;
}

static size_t head_smtp_banner(const struct packet *p, size_t len, uint8_t *o)
{
	return put_text(o, "220 mx.example.net ESMTP\r\n");
}

static size_t head_smtp_helo(const struct packet *p, size_t len, uint8_t *o)
{
	return put_text(o, "EHLO mail.example.com\r\n");
}

/* A question of 4 + 2 labels: "qNNNNNNN.example.net", 37 bytes in all with the header. */
static uint8_t *put_question(const struct packet *p, uint8_t *o, uint16_t flags, uint16_t answers,
			     uint16_t type)
{
	char label[9];

	snprintf(label, sizeof(label), "q%07u", (unsigned)(p->cookie % 10000000));
	o = put_be16(put_be16(o, (uint16_t)(p->cookie >> 7)), flags);
	o = put_be64(o, (uint64_t)1 << 48 | (uint64_t)answers << 32);
	o = put_bytes(put_u8(o, 8), label, 8);
	o = put_bytes(put_u8(o, 7), "example", 7);
	o = put_bytes(put_u8(o, 3), "net", 3);
	return put_be16(put_be16(put_u8(o, 0), type), 1);
}

static size_t head_dns_query(const struct packet *p, size_t len, uint8_t *o)
{
	return (size_t)(put_question(p, o, 0x0100, 0, 1) - o);
}

/* Small answers carry an address; large ones a DNSKEY that fills the datagram (RFC 4034). */
static size_t head_dns_answer(const struct packet *p, size_t len, uint8_t *o)
{
	size_t whole = whole_payload(p, len);
	bool large = whole > 200;
	uint8_t *s = o;

	o = put_question(p, o, 0x8180, 1, large ? 48 : 1);
	o = put_be16(put_be16(put_be16(o, 0xc00c), large ? 48 : 1), 1);
	o = put_be32(o, 300);
	if (!large)
		return (size_t)(put_be32(put_be16(o, 4), 0xc6336407) - s);
	o = put_be16(o, (uint16_t)(whole - (size_t)(o - s) - 2));
	o = put_u8(put_u8(put_be16(o, 256), 3), 8);
	return (size_t)(o - s);
}

/* Mode 7, MON_GETLIST_1, as many items of 72 bytes as fit. */
static size_t head_ntp_monlist(const struct packet *p, size_t len, uint8_t *o)
{
	o = put_u8(put_u8(put_u8(put_u8(o, 0xd7), 0), 3), 42);
	put_be16(put_be16(o, (uint16_t)((len - 8) / 72)), 72);
	return 8;
}

static size_t head_memcached(const struct packet *p, size_t len, uint8_t *o)
{
	/* A request id below 0x4000: what begins with 0x80 is taken for the binary protocol. */
	put_be16(put_be16(put_be16(put_be16(o, p->cookie & 0x3fff), (uint16_t)p->seq), 800), 0);
	return 8 + (p->seq ? 0 : put_text(o + 8, "VALUE a 0 1048576\r\n"));
}

static size_t head_quic_initial(const struct packet *p, size_t len, uint8_t *o)
{
	uint8_t *s = o;

	o = put_be32(put_u8(o, 0xc3), 1);
	o = put_be64(put_u8(o, 8), hash_u64(p->cookie, 7));
	o = put_u8(put_u8(o, 0), 0); /* no source connection id, no token */
	o = put_be16(o, (uint16_t)(0x4000 | (len - 18)));
	o = put_be64(put_be64(o, hash_u64(p->cookie, 8)), hash_u64(p->cookie, 9));
	return (size_t)(o - s);
}

static size_t head_quic_data(const struct packet *p, size_t len, uint8_t *o)
{
	put_be64(put_u8(o, 0x43), hash_u64(p->cookie, 10));
	return 9;
}

static size_t head_bittorrent(const struct packet *p, size_t len, uint8_t *o)
{
	uint8_t *s = o;

	o = put_bytes(put_u8(o, 19), "BitTorrent protocol", 19);
	o = put_be64(o, 0);
	for (int i = 0; i < 5; i++)
		o = put_be64(o, hash_u64(p->cookie, (uint64_t)i));
	return (size_t)(o - s);
}

static size_t head_piece(const struct packet *p, size_t len, uint8_t *o)
{
	put_be32(
		put_be32(put_u8(put_be32(o, (uint32_t)(len - 4)), 7), (uint32_t)(p->cookie & 1023)),
		0);
	return 13;
}

static size_t head_dht(const struct packet *p, size_t len, uint8_t *o)
{
	return put_text(o, "d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe");
}

static size_t head_esp(const struct packet *p, size_t len, uint8_t *o)
{
	put_be32(put_be32(o, (uint32_t)(p->cookie | 0x1000)), p->seq);
	return 8;
}

static const struct {
	size_t least; /* payload bytes the head needs to make sense */
	size_t (*write)(const struct packet *p, size_t len, uint8_t *o);
} heads[PAYLOAD_COUNT] = {
	[PAYLOAD_HTTP_GET] = {90, head_http_get},
	[PAYLOAD_HTTP_OK] = {90, head_http_ok},
	[PAYLOAD_TLS_HELLO] = {80, head_tls_hello},
	[PAYLOAD_TLS_DATA] = {6, head_tls_data},
	[PAYLOAD_SMTP_BANNER] = {26, head_smtp_banner},
	[PAYLOAD_SMTP_HELO] = {23, head_smtp_helo},
	[PAYLOAD_DNS_QUERY] = {38, head_dns_query},
	[PAYLOAD_DNS_ANSWER] = {54, head_dns_answer},
	[PAYLOAD_NTP_MONLIST] = {80, head_ntp_monlist},
	[PAYLOAD_MEMCACHED] = {40, head_memcached},
	[PAYLOAD_QUIC_INITIAL] = {60, head_quic_initial},
	[PAYLOAD_QUIC_DATA] = {20, head_quic_data},
	[PAYLOAD_BITTORRENT] = {68, head_bittorrent},
	[PAYLOAD_PIECE] = {20, head_piece},
	[PAYLOAD_DHT] = {56, head_dht},
	[PAYLOAD_ESP] = {8, head_esp},
};

size_t payload_head(const struct packet *p, size_t len, uint8_t *out)
{
	if (p->payload >= PAYLOAD_COUNT || !heads[p->payload].write ||
	    len < heads[p->payload].least)
		return 0;
	return heads[p->payload].write(p, len, out);
}
