/* SPDX-License-Identifier: ISC */
/*
 * Proves the packet decoder header by header: frames are put together here from their parts, so
 * each expectation follows from the bytes written a line above it.
 */
#include "observe/test_packet_kit.h"

static void test_tcp(void **state)
{
	struct bytes f = {.n = 0};
	struct packet p;

	ethernet(&f, 0x0800);
	ipv4(&f, TCP, 0x4000, 20 + 5);
	tcp(&f, TH_PSH | TH_ACK, "hello");
	put_zero(&f, 1); /* Ethernet's padding is not payload */
	p = decoded(LINK_ETHERNET, &f);
	assert_inner(&p, false);
	assert_int_equal(p.flow.bytes, 45);
	assert_int_equal(p.flow.packets, 1);
	assert_int_equal(p.flow.proto, TCP);
	assert_int_equal(p.flow.sport, 40000);
	assert_int_equal(p.flow.dport, 443);
	assert_int_equal(p.flow.tcp_flags, TH_PSH | TH_ACK);
	assert_int_equal(p.side.tcp_window, 8192);
	assert_int_equal(p.side.ttl, 63);
	assert_int_equal(p.side.ip_id, 0x1234);
	assert_int_equal(p.payload_len, 5);
	assert_int_equal(p.side.flags, FLOW_IS_PACKET | FLOW_HAS_TTL | FLOW_HAS_IP_ID |
					       FLOW_HAS_WINDOW | FLOW_HAS_PAYLOAD);
	assert_int_equal(p.noted, 0);
}

static void test_ipv6_extensions(void **state)
{
	struct bytes f = {.n = 0};
	struct packet p;

	ethernet(&f, 0x86dd);
	ipv6(&f, 0, 8 + 8 + 12 + 20);
	put_be(&f, 60, 1); /* hop-by-hop, then destination options, then AH, then TCP */
	put_zero(&f, 7);
	put_be(&f, 51, 1);
	put_zero(&f, 7);
	put_be(&f, TCP, 1);
	put_be(&f, 1, 1);
	put_zero(&f, 10);
	tcp(&f, TH_SYN, "");
	p = decoded(LINK_ETHERNET, &f);
	assert_inner(&p, true);
	assert_int_equal(p.flow.proto, TCP);
	assert_int_equal(p.flow.dport, 443);
	assert_int_equal(p.flow.bytes, 40 + 48);
	assert_int_equal(p.side.tos, 0xab);
	assert_false(p.side.flags & FLOW_MALFORMED);
}

static void test_too_many_extensions(void **state)
{
	struct bytes f = {.n = 0};
	struct packet p;

	ipv6(&f, 60, 8 * 20);
	for (unsigned i = 0; i < 20; i++) {
		put_be(&f, 60, 1);
		put_zero(&f, 7);
	}
	p = decoded(101, &f);
	assert_true(p.side.flags & FLOW_MALFORMED);
	assert_int_equal(p.noted, REFUSED_TOO_DEEP + 1);
}

static void test_fragments(void **state)
{
	struct bytes first = {.n = 0}, later = {.n = 0}, v6 = {.n = 0}, atomic = {.n = 0};
	struct packet p;

	ipv4(&first, UDP, 0x2000, 16);
	udp(&first, 53, 5353, 2000);
	put_zero(&first, 8);
	p = decoded(228, &first);
	assert_int_equal(p.flow.sport, 53);
	assert_true(p.more_fragments);
	assert_int_equal(p.side.flags & (FLOW_FRAGMENT | FLOW_LATER_FRAGMENT | FLOW_MALFORMED),
			 FLOW_FRAGMENT);

	ipv4(&later, UDP, 0x0002, 16);
	put_zero(&later, 16);
	p = decoded(228, &later);
	assert_int_equal(p.flow.sport, 0);
	assert_int_equal(p.side.fragment, 2);
	assert_int_equal(p.side.flags & (FLOW_FRAGMENT | FLOW_LATER_FRAGMENT | FLOW_MALFORMED),
			 FLOW_FRAGMENT | FLOW_LATER_FRAGMENT);

	ipv6(&v6, 44, 8 + 8);
	put_be(&v6, UDP, 1);
	put_be(&v6, 0, 1);
	put_be(&v6, 185 << 3 | 1, 2);
	put_be(&v6, 0xcafe1234, 4);
	put_zero(&v6, 8);
	p = decoded(229, &v6);
	assert_int_equal(p.flow.proto, UDP);
	assert_int_equal(p.side.fragment, 185);
	assert_int_equal(p.fragment_id, 0xcafe1234);
	assert_true(p.side.flags & FLOW_LATER_FRAGMENT);

	ipv6(&atomic, 44, 8 + 8); /* RFC 6946: in one piece */
	put_be(&atomic, UDP, 1);
	put_zero(&atomic, 7);
	udp(&atomic, 1, 2, 0);
	p = decoded(229, &atomic);
	assert_false(p.side.flags & FLOW_FRAGMENT);
	assert_int_equal(p.flow.dport, 2);
}

static void set16(struct bytes *f, size_t at, uint16_t v)
{
	f->b[at] = (uint8_t)(v >> 8);
	f->b[at + 1] = (uint8_t)v;
}

static void test_lengths(void **state)
{
	struct bytes f = {.n = 0};
	struct packet p;

	inner_syn(&f);
	set16(&f, 2, 0); /* offload: the wire's length counts, no doubt */
	p = decoded(228, &f);
	assert_int_equal(p.flow.bytes, 40);
	assert_int_equal(p.noted, 0);
	set16(&f, 2, 1500); /* more than the wire had */
	p = decoded(228, &f);
	assert_int_equal(p.flow.bytes, 40);
	assert_int_equal(p.noted, REFUSED_BAD_IP + 1);
	assert_int_equal(p.flow.dport, 443);
	set16(&f, 2, 10); /* less than its own header */
	p = decoded(228, &f);
	assert_int_equal(p.noted, REFUSED_BAD_IP + 1);
	assert_true(p.side.flags & FLOW_MALFORMED);
	f.b[0] = 0x44; /* a header of 16 bytes */
	assert_refused(228, &f, REFUSED_BAD_IP);
	f.b[0] = 0x55;
	assert_refused(228, &f, REFUSED_BAD_IP);
	assert_refused(101, &f, REFUSED_NOT_IP);
	/* A cut capture keeps the IP length: the wire had it. */
	set16(&f, 2, 40);
	f.b[0] = 0x45;
	assert_int_equal(packet_decode(&p, 228, f.b, 24, 40), 0);
	assert_int_equal(p.flow.bytes, 40);
	assert_int_equal(p.flow.sport, 40000);
	assert_int_equal(p.noted, REFUSED_CAPTURE_CUT + 1);
}

static bool syn_malformed(void (*change)(struct bytes *f))
{
	struct bytes f = {.n = 0};

	inner_syn(&f);
	change(&f);
	return decoded(228, &f).side.flags & FLOW_MALFORMED;
}

#define L4 20 /* where TCP begins in inner_syn() */

static void keep(struct bytes *f)
{
}

static void no_flags(struct bytes *f)
{
	f->b[L4 + 13] = 0;
}

static void syn_fin(struct bytes *f)
{
	f->b[L4 + 13] = TH_SYN | TH_FIN;
}

static void syn_rst(struct bytes *f)
{
	f->b[L4 + 13] = TH_SYN | TH_RST;
}

static void bare_fin(struct bytes *f)
{
	f->b[L4 + 13] = TH_FIN;
}

static void fin_ack(struct bytes *f)
{
	f->b[L4 + 13] = TH_FIN | TH_ACK;
}

static void short_offset(struct bytes *f)
{
	f->b[L4 + 12] = 0x40;
}

static void long_offset(struct bytes *f)
{
	f->b[L4 + 12] = 0x60;
}

static void port_zero(struct bytes *f)
{
	set16(f, L4 + 2, 0);
}

static void ttl_zero(struct bytes *f)
{
	f->b[8] = 0;
}

static void land(struct bytes *f)
{
	memcpy(f->b + 16, f->b + 12, 4);
	memcpy(f->b + L4 + 2, f->b + L4, 2);
}

static void own_other_port(struct bytes *f)
{
	memcpy(f->b + 16, f->b + 12, 4);
}

static void land_loopback(struct bytes *f)
{
	land(f);
	f->b[12] = f->b[16] = 127;
}

static void tiny_fragment(struct bytes *f)
{
	set16(f, 6, 1);
}

static void death_fragment(struct bytes *f)
{
	set16(f, 6, 0x1fff);
}

static void test_malformed_rules(void **state)
{
	static const struct {
		void (*change)(struct bytes *f);
		bool malformed;
	} rules[] = {
		{keep, false},	       {no_flags, true},       {syn_fin, true},
		{syn_rst, true},       {bare_fin, true},       {fin_ack, false},
		{short_offset, true},  {long_offset, true},    {port_zero, true},
		{ttl_zero, true},      {land, true},	       {land_loopback, false},
		{tiny_fragment, true}, {death_fragment, true}, {own_other_port, false},
	};

	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		if (syn_malformed(rules[i].change) != rules[i].malformed)
			fail_msg("rule %zu", i);
}

static void test_malformed_udp(void **state)
{
	static const struct {
		uint16_t sport, dport, len;
		bool malformed;
	} cases[] = {
		{5, 6, 12, false}, {0, 6, 12, false}, {5, 0, 12, true},
		{5, 6, 7, true},   {5, 6, 13, true},  {5, 6, 9, false},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct bytes f = {.n = 0};
		struct packet p;

		ipv4(&f, UDP, 0, 12);
		udp(&f, cases[i].sport, cases[i].dport, 0);
		set16(&f, f.n - 4, cases[i].len);
		put_zero(&f, 4);
		p = decoded(228, &f);
		assert_int_equal(!!(p.side.flags & FLOW_MALFORMED), cases[i].malformed);
	}
}

static void test_ipv4_options(void **state)
{
	static const struct {
		uint8_t option[4];
		bool malformed;
	} cases[] = {
		{{1, 1, 1, 0}, false},
		{{148, 4, 0, 0}, false},
		{{7, 0, 0, 0}, true},
		{{7, 9, 0, 0}, true},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct bytes f = {.n = 0};
		struct packet p;

		ipv4(&f, UDP, 0, 4 + 8);
		f.b[0] = 0x46;
		put(&f, cases[i].option, 4);
		udp(&f, 1000, 2000, 0);
		p = decoded(228, &f);
		assert_int_equal(p.flow.dport, 2000);
		assert_int_equal(!!(p.side.flags & FLOW_MALFORMED), cases[i].malformed);
	}
}

static void test_icmp_and_ports(void **state)
{
	static const uint8_t with_ports[] = {132, 33, 136};
	struct bytes f = {.n = 0};
	struct packet p;

	ipv6(&f, PROTO_ICMP6, 8);
	put_be(&f, 0x8103, 2);
	put_zero(&f, 6);
	p = decoded(229, &f);
	assert_int_equal(p.side.icmp_type, 0x81);
	assert_int_equal(p.side.icmp_code, 3);
	assert_int_equal(p.flow.sport, 0);
	for (size_t i = 0; i < ARRAY_LEN(with_ports); i++) {
		f.n = 0;
		ipv4(&f, with_ports[i], 0, 16);
		put_be(&f, 0x03e807d0, 4);
		put_zero(&f, 12);
		p = decoded(228, &f);
		assert_int_equal(p.flow.sport, 1000);
		assert_int_equal(p.flow.dport, 2000);
	}
}

static uint8_t app_of(uint8_t proto, uint16_t sport, uint16_t dport, const void *payload, size_t n)
{
	struct bytes f = {.n = 0};

	ipv4(&f, proto, 0, (proto == TCP ? 20u : 8u) + n);
	if (proto == TCP)
		tcp(&f, TH_ACK, "");
	else
		udp(&f, sport, dport, n);
	set16(&f, 20, sport);
	set16(&f, 22, dport);
	put(&f, payload, n);
	return decoded(228, &f).side.app;
}

static void test_app(void **state)
{
	static const uint8_t query[] = {0xab, 0xcd, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1};
	static const uint8_t answer[] = {0xab, 0xcd, 0x81, 0x80, 0, 1, 0, 2, 0, 0, 0, 0, 0};
	static const uint8_t hello[] = {0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc};
	static const uint8_t initial[] = {0xc3, 0, 0, 0, 1, 8, 1, 2, 3};
	static const uint8_t initial2[] = {0xd3, 0x6b, 0x33, 0x43, 0xcf, 8, 1, 2};
	static const uint8_t handshake[] = {0xe3, 0, 0, 0, 1, 8, 1, 2, 3};
	static const uint8_t shorter[] = {0x43, 9, 9, 9, 9, 9, 9, 9, 9};

	assert_int_equal(app_of(TCP, 5, 80, "GET / HTTP/1.1", 14), APP_HTTP_REQUEST);
	assert_int_equal(app_of(TCP, 5, 8080, "POST /a", 7), APP_HTTP_REQUEST);
	assert_int_equal(app_of(TCP, 80, 5, "HTTP/1.1 200", 12), APP_HTTP_RESPONSE);
	assert_int_equal(app_of(TCP, 5, 80, "GETTING", 7), APP_UNKNOWN);
	assert_int_equal(app_of(TCP, 5, 443, hello, sizeof(hello)), APP_TLS_HELLO);
	assert_int_equal(app_of(UDP, 5, 53, query, sizeof(query)), APP_DNS_QUERY);
	assert_int_equal(app_of(UDP, 53, 5, answer, sizeof(answer)), APP_DNS_RESPONSE);
	assert_int_equal(app_of(UDP, 5, 54, query, sizeof(query)), APP_UNKNOWN);
	assert_int_equal(app_of(UDP, 5, 443, initial, sizeof(initial)), APP_QUIC_INITIAL);
	assert_int_equal(app_of(UDP, 5, 443, initial2, sizeof(initial2)), APP_QUIC_INITIAL);
	assert_int_equal(app_of(UDP, 443, 5, handshake, sizeof(handshake)), APP_QUIC_OTHER);
	assert_int_equal(app_of(UDP, 443, 5, shorter, sizeof(shorter)), APP_QUIC_OTHER);
	assert_int_equal(app_of(UDP, 444, 5, shorter, sizeof(shorter)), APP_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tcp),
		cmocka_unit_test(test_ipv6_extensions),
		cmocka_unit_test(test_too_many_extensions),
		cmocka_unit_test(test_fragments),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_malformed_rules),
		cmocka_unit_test(test_malformed_udp),
		cmocka_unit_test(test_ipv4_options),
		cmocka_unit_test(test_icmp_and_ports),
		cmocka_unit_test(test_app),
	};

	return cmocka_run_group_tests_name("packet", tests, NULL, NULL);
}
