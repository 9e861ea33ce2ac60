/* SPDX-License-Identifier: ISC */
/*
 * Proves the packet decoder header by header: frames are put together here from their parts, so each
 * expectation follows from the bytes written a line above it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "observe/packet.h"

#define LINK_ETHERNET 1
#define TCP 6
#define UDP 17

/* A frame under construction. */
struct bytes {
	uint8_t b[4096];
	size_t n;
};

static void put(struct bytes *f, const void *p, size_t n)
{
	assert_true(f->n + n <= sizeof(f->b));
	memcpy(f->b + f->n, p, n);
	f->n += n;
}

static void put_be(struct bytes *f, uint64_t v, unsigned n)
{
	for (unsigned i = n; i-- > 0;) {
		uint8_t b = (uint8_t)(v >> (8 * i));

		put(f, &b, 1);
	}
}

static void put_zero(struct bytes *f, size_t n)
{
	while (n--)
		put_be(f, 0, 1);
}

static void ethernet(struct bytes *f, uint16_t type)
{
	put_be(f, 0x020000000001, 6);
	put_be(f, 0x020000000002, 6);
	put_be(f, type, 2);
}

/* @frag: flags and offset as on the wire; @len: what follows the header. */
static void ipv4(struct bytes *f, uint8_t proto, uint16_t frag, size_t len)
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

static void ipv6(struct bytes *f, uint8_t next, size_t len)
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

static void tcp(struct bytes *f, uint8_t flags, const char *payload)
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

static void udp(struct bytes *f, uint16_t sport, uint16_t dport, size_t len)
{
	put_be(f, sport, 2);
	put_be(f, dport, 2);
	put_be(f, 8 + len, 2);
	put_be(f, 0, 2);
}

static struct packet decoded(uint32_t linktype, const struct bytes *f)
{
	/* An exact copy on the heap, so that a read behind the end is found by the sanitizer. */
	_cleanup_free_ uint8_t *copy = malloc(f->n ? f->n : 1);
	struct packet p;

	memcpy(copy, f->b, f->n);
	assert_int_equal(packet_decode(&p, linktype, copy, f->n, f->n), 0);
	p.payload = p.l4 = NULL; /* borrowed from the copy */
	return p;
}

static void assert_refused(uint32_t linktype, const struct bytes *f, enum refusal why)
{
	struct packet p;

	assert_int_equal(packet_decode(&p, linktype, f->b, f->n, f->n), (int)why + 1);
}

static void assert_inner(const struct packet *p, bool v6)
{
	char text[IP_TEXT_MAX];

	assert_string_equal(ip_format(&p->flow.src, text), v6 ? "2001:db8::1" : "192.0.2.1");
	assert_string_equal(ip_format(&p->flow.dst, text), v6 ? "2001:db8::2" : "198.51.100.2");
}

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

static void inner_syn(struct bytes *f)
{
	ipv4(f, TCP, 0, 20);
	tcp(f, TH_SYN, "");
}

static void outer_udp(struct bytes *f, uint16_t dport, size_t len)
{
	ethernet(f, 0x86dd);
	ipv6(f, UDP, 8 + len);
	udp(f, 55555, dport, len);
}

static void outer_gre(struct bytes *f, uint16_t flags, uint16_t type, size_t len)
{
	ethernet(f, 0x86dd);
	ipv6(f, 47, 4 + len);
	put_be(f, flags, 2);
	put_be(f, type, 2);
}

/* Builders of one frame each that carries inner_syn(). */
static void make_plain(struct bytes *f)
{
	ethernet(f, 0x0800);
}

static void make_qinq(struct bytes *f)
{
	ethernet(f, 0x88a8);
	put_be(f, 0x2064, 2); /* VLAN 100 */
	put_be(f, 0x8100, 2);
	put_be(f, 0x00c8, 2);
	put_be(f, 0x0800, 2);
}

static void make_mpls(struct bytes *f)
{
	ethernet(f, 0x8847);
	put_be(f, 0x00010040, 4);
	put_be(f, 0x00020140, 4);
}

static void make_mpls_pseudowire(struct bytes *f)
{
	make_mpls(f);
	put_zero(f, 4); /* control word */
	ethernet(f, 0x0800);
}

static void make_mpls_pseudowire_bare(struct bytes *f)
{
	make_mpls(f);
	ethernet(f, 0x0800);
}

static void make_pppoe(struct bytes *f)
{
	ethernet(f, 0x8864);
	put_be(f, 0x11000001, 4);
	put_be(f, 42, 2);
	put_be(f, 0x0021, 2);
}

static void make_snap(struct bytes *f)
{
	ethernet(f, 48);
	put_be(f, 0xaaaa03000000, 6);
	put_be(f, 0x0800, 2);
}

static void make_ipip(struct bytes *f)
{
	ethernet(f, 0x86dd);
	ipv6(f, 4, 40);
}

static void make_gre(struct bytes *f)
{
	outer_gre(f, 0xb000, 0x0800, 12 + 40); /* checksum, key, sequence */
	put_zero(f, 12);
}

static void make_gre_ethernet(struct bytes *f)
{
	outer_gre(f, 0, 0x6558, 14 + 40);
	ethernet(f, 0x0800);
}

static void make_gre_pptp(struct bytes *f)
{
	outer_gre(f, 0x3081, 0x880b, 12 + 4 + 40);
	put_zero(f, 12);
	put_be(f, 0xff030021, 4);
}

static void make_erspan1(struct bytes *f)
{
	outer_gre(f, 0, 0x88be, 14 + 40);
	ethernet(f, 0x0800);
}

static void make_erspan2(struct bytes *f)
{
	outer_gre(f, 0x1000, 0x88be, 12 + 14 + 40);
	put_zero(f, 4);
	put_be(f, 0x1000000000000000, 8);
	ethernet(f, 0x0800);
}

static void make_erspan3(struct bytes *f)
{
	outer_gre(f, 0x1000, 0x22eb, 4 + 20 + 14 + 40);
	put_zero(f, 4);
	put_be(f, 0x2000000000000000, 8);
	put_be(f, 1, 4); /* a platform header follows */
	put_zero(f, 8);
	ethernet(f, 0x0800);
}

static void make_vxlan(struct bytes *f)
{
	outer_udp(f, 4789, 8 + 14 + 40);
	put_be(f, 0x0800000000001000, 8);
	ethernet(f, 0x0800);
}

static void make_geneve(struct bytes *f)
{
	outer_udp(f, 6081, 8 + 8 + 14 + 40);
	put_be(f, 0x0200655800000100, 8); /* two words of options */
	put_zero(f, 8);
	ethernet(f, 0x0800);
}

static const struct {
	const char *name;
	void (*make)(struct bytes *f);
	uint16_t vlan;
} carriers[] = {
	{"plain", make_plain, 0},     {"qinq", make_qinq, 100},
	{"mpls", make_mpls, 0},	      {"mpls pseudowire", make_mpls_pseudowire, 0},
	{"pppoe", make_pppoe, 0},     {"mpls pseudowire without word", make_mpls_pseudowire_bare, 0},
	{"snap", make_snap, 0},	      {"ip in ip", make_ipip, 0},
	{"gre", make_gre, 0},	      {"gre ethernet", make_gre_ethernet, 0},
	{"pptp", make_gre_pptp, 0},   {"erspan I", make_erspan1, 0},
	{"erspan II", make_erspan2, 0}, {"erspan III", make_erspan3, 0},
	{"vxlan", make_vxlan, 0},     {"geneve", make_geneve, 0},
};

/* Whatever carries it, the same inner packet comes out. */
static void test_carriers(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(carriers); i++) {
		struct bytes f = {.n = 0};
		struct packet p;

		carriers[i].make(&f);
		inner_syn(&f);
		p = decoded(LINK_ETHERNET, &f);
		if (p.flow.proto != TCP)
			fail_msg("%s: protocol %u", carriers[i].name, p.flow.proto);
		assert_inner(&p, false);
		assert_int_equal(p.flow.bytes, 40);
		assert_int_equal(p.flow.tcp_flags, TH_SYN);
		assert_int_equal(p.side.ttl, 63);
		assert_int_equal(p.side.vlan, carriers[i].vlan);
		assert_int_equal(p.side.flags & FLOW_MALFORMED, 0);
	}
}

/* Each carrier cut at every byte: never a read behind the end, and a record once IP is whole. */
static void test_carriers_cut(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(carriers); i++) {
		struct bytes f = {.n = 0};
		struct packet p;

		carriers[i].make(&f);
		inner_syn(&f);
		for (size_t cut = 0; cut < f.n; cut++) {
			_cleanup_free_ uint8_t *copy = malloc(cut ? cut : 1);
			int r;

			memcpy(copy, f.b, cut);
			r = packet_decode(&p, LINK_ETHERNET, copy, cut, f.n);
			if (r == 0)
				assert_true(p.noted == REFUSED_CAPTURE_CUT + 1 ||
					    p.flow.proto != TCP);
			else
				assert_int_equal(r, REFUSED_CAPTURE_CUT + 1);
			if (cut + 20 >= f.n)
				assert_int_equal(r, 0);
			packet_decode(&p, LINK_ETHERNET, copy, cut, cut);
		}
	}
}

/* What claims to be a tunnel by its port, but holds no packet, stays a UDP datagram. */
static void test_false_tunnels(void **state)
{
	static const uint16_t ports[] = {4789, 4790, 8472, 6081, 3544, 4754};

	for (size_t i = 0; i < ARRAY_LEN(ports); i++) {
		struct bytes f = {.n = 0};
		struct packet p;

		outer_udp(&f, ports[i], 64);
		for (unsigned k = 0; k < 64; k++)
			put_be(&f, 0x45 + k * 7, 1);
		p = decoded(LINK_ETHERNET, &f);
		assert_inner(&p, true);
		assert_int_equal(p.flow.dport, ports[i]);
		assert_int_equal(p.flow.bytes, 40 + 72);
	}
}

static void test_nested_too_deep(void **state)
{
	struct bytes f = {.n = 0}, tags = {.n = 0};
	struct packet p;

	for (unsigned i = 60; i-- > 0;)
		ipv4(&f, i ? 4 : TCP, 0, i * 20u);
	p = decoded(101, &f);
	assert_int_equal(p.flow.proto, 4);
	assert_true(p.side.flags & FLOW_MALFORMED);
	assert_int_equal(p.noted, REFUSED_TOO_DEEP + 1);

	ethernet(&tags, 0x8100);
	for (unsigned i = 0; i < 60; i++)
		put_be(&tags, 0x00018100, 4);
	assert_refused(LINK_ETHERNET, &tags, REFUSED_TOO_DEEP);
}

/* Link types: the header of each before the same packet. */
static const struct {
	uint32_t linktype;
	uint8_t header[20], n;
} links[] = {
	{0, {0, 0, 0, 2}, 4},
	{0, {2, 0, 0, 0}, 4},
	{108, {0, 0, 0, 2}, 4},
	{9, {0xff, 0x03, 0x00, 0x21}, 4},
	{9, {0x00, 0x21}, 2},
	{9, {0x21}, 1},
	{50, {0xff, 0x03, 0x00, 0x21}, 4},
	{51, {0x11, 0, 0, 1, 0, 42, 0x00, 0x21}, 8},
	{104, {0x0f, 0x00, 0x08, 0x00}, 4},
	{107, {0x18, 0x41, 0x03, 0xcc}, 4},
	{113, {0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0x08, 0x00}, 16},
	{276, {0x08, 0x00, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6}, 20},
	{12, {0}, 0},
	{14, {0}, 0},
	{101, {0}, 0},
	{228, {0}, 0},
	{239, {2, 0, 0, 0, 8, 0, 1, 0, 0, 0, 0, 0, 44, 0, 9, 0}, 16},
};

static void test_link_types(void **state)
{
	struct bytes bad = {.n = 0};

	for (size_t i = 0; i < ARRAY_LEN(links); i++) {
		struct bytes f = {.n = 0};
		struct packet p;

		put(&f, links[i].header, links[i].n);
		inner_syn(&f);
		p = decoded(links[i].linktype, &f);
		assert_inner(&p, false);
		assert_int_equal(p.flow.tcp_flags, TH_SYN);
		assert_true(packet_knows_linktype(links[i].linktype));
	}
	inner_syn(&bad);
	assert_refused(147, &bad, REFUSED_BAD_LINKTYPE);
	assert_false(packet_knows_linktype(147));
}

/* The loop protocol of a cooked capture carries a whole Ethernet frame. */
static void test_cooked_ethernet(void **state)
{
	struct bytes f = {.n = 0};
	struct packet p;

	put_zero(&f, 14);
	put_be(&f, 0x0060, 2);
	ethernet(&f, 0x0800);
	inner_syn(&f);
	p = decoded(113, &f);
	assert_inner(&p, false);
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
		{keep, false},	      {no_flags, true},	     {syn_fin, true},	 {syn_rst, true},
		{bare_fin, true},     {fin_ack, false},	     {short_offset, true}, {long_offset, true},
		{port_zero, true},    {ttl_zero, true},	     {land, true},	 {land_loopback, false},
		{tiny_fragment, true}, {death_fragment, true},
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
		{5, 6, 12, false}, {0, 6, 12, false}, {5, 0, 12, true}, {5, 6, 7, true},
		{5, 6, 13, true},  {5, 6, 9, false},
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
		{{1, 1, 1, 0}, false}, {{148, 4, 0, 0}, false}, {{7, 0, 0, 0}, true}, {{7, 9, 0, 0}, true},
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
		cmocka_unit_test(test_carriers),
		cmocka_unit_test(test_carriers_cut),
		cmocka_unit_test(test_false_tunnels),
		cmocka_unit_test(test_nested_too_deep),
		cmocka_unit_test(test_link_types),
		cmocka_unit_test(test_cooked_ethernet),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_malformed_rules),
		cmocka_unit_test(test_malformed_udp),
		cmocka_unit_test(test_ipv4_options),
		cmocka_unit_test(test_icmp_and_ports),
		cmocka_unit_test(test_app),
	};

	return cmocka_run_group_tests_name("packet", tests, NULL, NULL);
}
