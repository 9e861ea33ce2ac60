/* SPDX-License-Identifier: ISC */
/*
 * What the first payload bytes look like. A hint for detectors, decided from at most 13 bytes which
 * are then forgotten; a protocol is named only where its header says so, never by port alone.
 */
#include "observe/packet_walk.h"

#define DNS_HEADER 12

static const struct {
	const char *start;
	uint8_t len, app;
} http_starts[] = {
	{"GET ", 4, APP_HTTP_REQUEST},		{"POST ", 5, APP_HTTP_REQUEST},
	{"HEAD ", 5, APP_HTTP_REQUEST},		{"PUT ", 4, APP_HTTP_REQUEST},
	{"HTTP/1.", 7, APP_HTTP_RESPONSE},	{"DELETE ", 7, APP_HTTP_REQUEST},
	{"OPTIONS ", 8, APP_HTTP_REQUEST},	{"CONNECT ", 8, APP_HTTP_REQUEST},
	{"PATCH ", 6, APP_HTTP_REQUEST},	{"TRACE ", 6, APP_HTTP_REQUEST},
	{"PRI * HTTP/2", 12, APP_HTTP_REQUEST},
};

/* RFC 1035 section 4.1.1: a known opcode, a clear Z bit, and counts that such a message can have.
 */
static uint8_t dns_app(const uint8_t *d, size_t n)
{
	uint16_t questions, answers;
	bool response;

	if (n < DNS_HEADER)
		return APP_UNKNOWN;
	response = d[2] & 0x80;
	questions = peek_be16(d + 4);
	answers = peek_be16(d + 6);
	if (((d[2] >> 3) & 15) > 6 || (d[3] & 0x40) || questions > 64)
		return APP_UNKNOWN;
	if (response)
		return answers <= 4096 ? APP_DNS_RESPONSE : APP_UNKNOWN;
	return questions >= 1 && (d[3] & 15) == 0 ? APP_DNS_QUERY : APP_UNKNOWN;
}

static bool is_dns_port(uint16_t port)
{
	return port == 53 || port == 5353;
}

/*
 * RFC 9000 section 17.2 and RFC 9369 section 3.2: version 2 numbers its packet types anew. The
 * drafts (0xff0000xx) number as version 1 does.
 */
static uint8_t quic_app(const uint8_t *d, size_t n, bool quic_port)
{
	uint32_t version;
	unsigned type;

	if (n < 7 || !(d[0] & 0x40))
		return APP_UNKNOWN;
	if (!(d[0] & 0x80))
		return quic_port ? APP_QUIC_OTHER : APP_UNKNOWN;
	version = (uint32_t)be_uint(d + 1, 4);
	type = d[0] >> 4 & 3;
	if ((version == 1 || version >> 8 == 0xff0000) && type == 0)
		return APP_QUIC_INITIAL;
	if (version == 0x6b3343cf && type == 1)
		return APP_QUIC_INITIAL;
	return quic_port ? APP_QUIC_OTHER : APP_UNKNOWN;
}

static uint8_t tcp_app(const uint8_t *d, size_t n)
{
	if (d[0] == 0x16) /* RFC 8446 section 5.1: handshake record, version 3.x, client_hello */
		return n >= 6 && d[1] == 3 && d[2] <= 4 && d[5] == 1 ? APP_TLS_HELLO : APP_UNKNOWN;
	if (d[0] < 'C' || d[0] > 'T')
		return APP_UNKNOWN;
	for (size_t i = 0; i < sizeof(http_starts) / sizeof(http_starts[0]); i++)
		if (n >= http_starts[i].len && !memcmp(d, http_starts[i].start, http_starts[i].len))
			return http_starts[i].app;
	return APP_UNKNOWN;
}

uint8_t packet_app_of(uint8_t proto, uint16_t sport, uint16_t dport, const uint8_t *d, size_t n)
{
	bool dns = is_dns_port(sport) || is_dns_port(dport);

	if (proto == PROTO_UDP)
		return dns ? dns_app(d, n) : quic_app(d, n, sport == 443 || dport == 443);
	/* Over TCP a DNS message follows its length (RFC 1035 section 4.2.2). */
	if (dns)
		return n > 2 ? dns_app(d + 2, n - 2) : APP_UNKNOWN;
	return tcp_app(d, n);
}

void packet_app(struct packet *p)
{
	if (p->payload_len)
		p->side.app = packet_app_of(p->flow.proto, p->flow.sport, p->flow.dport, p->payload,
					    p->payload_len);
}
