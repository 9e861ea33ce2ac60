/* SPDX-License-Identifier: ISC */
/*
 * Frames put together from their parts, for the tests of the packet decoder.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "observe/packet.h"

#define LINK_ETHERNET 1
#define TCP	      6
#define UDP	      17

/* A frame under construction. */
struct bytes {
	uint8_t b[4096];
	size_t n;
};

static inline void put(struct bytes *f, const void *p, size_t n)
{
	assert_true(f->n + n <= sizeof(f->b));
	memcpy(f->b + f->n, p, n);
	f->n += n;
}

static inline void put_be(struct bytes *f, uint64_t v, unsigned n)
{
	for (unsigned i = n; i-- > 0;) {
		uint8_t b = (uint8_t)(v >> (8 * i));

		put(f, &b, 1);
	}
}

static inline void put_zero(struct bytes *f, size_t n)
{
	while (n--)
		put_be(f, 0, 1);
}

static inline void ethernet(struct bytes *f, uint16_t type)
{
	put_be(f, 0x020000000001, 6);
	put_be(f, 0x020000000002, 6);
	put_be(f, type, 2);
}

/* @frag: flags and offset as on the wire; @len: what follows the header. */
static inline void ipv4(struct bytes *f, uint8_t proto, uint16_t frag, size_t len)
{
	put_be(f, 0x4500, 2);
	put_be(f, 20 + len, 2);
	put_be(f, 0x1234, 2);
	put_be(f, frag, 2);
	put_be(f, 63, 1);
	put_be(f, proto, 1);
	put_be(f, 0, 2);
	put_be(f, 0xc0000201, 4); /* 192.0.2.1 */
	put_be(f, 0xc6336402, 4); /* 198.51.100.2 */
}

static inline void ipv6(struct bytes *f, uint8_t next, size_t len)
{
	put_be(f, 0x6ab00000, 4);
	put_be(f, len, 2);
	put_be(f, next, 1);
	put_be(f, 7, 1);
	put_be(f, 0x20010db800000000, 8);
	put_be(f, 1, 8);
	put_be(f, 0x20010db800000000, 8);
	put_be(f, 2, 8);
}

static inline void tcp(struct bytes *f, uint8_t flags, const char *payload)
{
	put_be(f, 40000, 2);
	put_be(f, 443, 2);
	put_zero(f, 8);
	put_be(f, 0x50, 1);
	put_be(f, flags, 1);
	put_be(f, 8192, 2);
	put_zero(f, 4);
	put(f, payload, strlen(payload));
}

static inline void udp(struct bytes *f, uint16_t sport, uint16_t dport, size_t len)
{
	put_be(f, sport, 2);
	put_be(f, dport, 2);
	put_be(f, 8 + len, 2);
	put_be(f, 0, 2);
}

static inline struct packet decoded_as(unsigned unwrap, uint32_t linktype, const struct bytes *f)
{
	/* An exact copy on the heap, so that a read behind the end is found by the sanitizer. */
	_cleanup_free_ uint8_t *copy = malloc(f->n ? f->n : 1);
	struct packet p;

	memcpy(copy, f->b, f->n);
	assert_int_equal(packet_decode_inner(&p, unwrap, linktype, copy, f->n, f->n), 0);
	p.payload = p.l4 = NULL; /* borrowed from the copy */
	return p;
}

static inline struct packet decoded(uint32_t linktype, const struct bytes *f)
{
	return decoded_as(0, linktype, f);
}

static inline void assert_refused(uint32_t linktype, const struct bytes *f, enum refusal why)
{
	struct packet p;

	assert_int_equal(packet_decode(&p, linktype, f->b, f->n, f->n), (int)why + 1);
}

static inline void assert_inner(const struct packet *p, bool v6)
{
	char text[IP_TEXT_MAX];

	assert_string_equal(ip_format(&p->flow.src, text), v6 ? "2001:db8::1" : "192.0.2.1");
	assert_string_equal(ip_format(&p->flow.dst, text), v6 ? "2001:db8::2" : "198.51.100.2");
}

static inline void inner_syn(struct bytes *f)
{
	ipv4(f, TCP, 0, 20);
	tcp(f, TH_SYN, "");
}
