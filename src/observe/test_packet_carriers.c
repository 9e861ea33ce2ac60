/* SPDX-License-Identifier: ISC */
/*
 * Proves the ways to an IP packet: link types, tags, labels and tunnels, each carrying the same
 * packet, whole and cut at every byte.
 */
#include "observe/test_packet_kit.h"

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
	unsigned tunnel; /* 0: a layer below IP, always passed */
	uint8_t proto;	 /* of the tunnel's own packet */
	uint16_t dport, bytes;
} carriers[] = {
	{"plain", make_plain, 0, 0, 0, 0, 0},
	{"qinq", make_qinq, 100, 0, 0, 0, 0},
	{"mpls", make_mpls, 0, 0, 0, 0, 0},
	{"mpls pseudowire", make_mpls_pseudowire, 0, 0, 0, 0, 0},
	{"pppoe", make_pppoe, 0, 0, 0, 0, 0},
	{"mpls pseudowire without word", make_mpls_pseudowire_bare, 0, 0, 0, 0, 0},
	{"snap", make_snap, 0, 0, 0, 0, 0},
	{"ip in ip", make_ipip, 0, UNWRAP(IPIP), 4, 0, 80},
	{"gre", make_gre, 0, UNWRAP(GRE), 47, 0, 96},
	{"gre ethernet", make_gre_ethernet, 0, UNWRAP(GRE), 47, 0, 98},
	{"pptp", make_gre_pptp, 0, UNWRAP(GRE), 47, 0, 100},
	{"erspan I", make_erspan1, 0, UNWRAP(ERSPAN), 47, 0, 98},
	{"erspan II", make_erspan2, 0, UNWRAP(ERSPAN), 47, 0, 110},
	{"erspan III", make_erspan3, 0, UNWRAP(ERSPAN), 47, 0, 122},
	{"vxlan", make_vxlan, 0, UNWRAP(VXLAN), UDP, 4789, 110},
	{"geneve", make_geneve, 0, UNWRAP(GENEVE), UDP, 6081, 118},
};

/* Whatever carries it, the same inner packet comes out. */
static void test_carriers(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(carriers); i++) {
		struct bytes f = {.n = 0};
		struct packet p;

		carriers[i].make(&f);
		inner_syn(&f);
		p = decoded_as(carriers[i].tunnel, LINK_ETHERNET, &f);
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

/* Where nobody says that a tunnel is to be followed, the packet that is sent is what counts. */
static void test_outermost_counts(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(carriers); i++) {
		struct bytes f = {.n = 0};
		struct packet p;

		carriers[i].make(&f);
		inner_syn(&f);
		for (int others = 0; others < 2; others++) {
			p = decoded_as(others ? UNWRAP_ALL & ~carriers[i].tunnel : 0, LINK_ETHERNET,
				       &f);
			assert_inner(&p, carriers[i].tunnel != 0);
			if (!carriers[i].tunnel)
				continue;
			if (p.flow.proto != carriers[i].proto)
				fail_msg("%s: protocol %u", carriers[i].name, p.flow.proto);
			assert_int_equal(p.flow.dport, carriers[i].dport);
			assert_int_equal(p.flow.bytes, carriers[i].bytes);
			assert_int_equal(p.side.ttl, 7);
			assert_int_equal(p.noted, 0);
			assert_int_equal(p.side.flags & FLOW_MALFORMED, 0);
		}
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
			r = packet_decode_inner(&p, UNWRAP_ALL, LINK_ETHERNET, copy, cut, f.n);
			if (r == 0)
				assert_true(p.noted == REFUSED_CAPTURE_CUT + 1 ||
					    p.flow.proto != TCP);
			else
				assert_int_equal(r, REFUSED_CAPTURE_CUT + 1);
			if (cut + 20 >= f.n)
				assert_int_equal(r, 0);
			packet_decode_inner(&p, UNWRAP_ALL, LINK_ETHERNET, copy, cut, cut);
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
		p = decoded_as(UNWRAP_ALL, LINK_ETHERNET, &f);
		assert_inner(&p, true);
		assert_int_equal(p.flow.dport, ports[i]);
		assert_int_equal(p.flow.bytes, 40 + 72);
	}
}

/* A tunnel's header before an IP header that is longer than the datagram: a guess that did not
 * hold. */
static void test_guess_fails(void **state)
{
	struct bytes f = {.n = 0};
	struct packet p;

	make_vxlan(&f);
	inner_syn(&f);
	assert_int_equal(decoded_as(UNWRAP_ALL, LINK_ETHERNET, &f).flow.proto, TCP);
	f.b[f.n - 40 + 2] = 4; /* total length 1,064 */
	p = decoded_as(UNWRAP_ALL, LINK_ETHERNET, &f);
	assert_inner(&p, true);
	assert_int_equal(p.flow.dport, 4789);
}

static void test_nested_too_deep(void **state)
{
	struct bytes f = {.n = 0}, tags = {.n = 0};
	struct packet p;

	for (unsigned i = 60; i-- > 0;)
		ipv4(&f, i ? 4 : TCP, 0, i * 20u);
	p = decoded_as(UNWRAP_ALL, 101, &f);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_carriers),     cmocka_unit_test(test_outermost_counts),
		cmocka_unit_test(test_carriers_cut), cmocka_unit_test(test_false_tunnels),
		cmocka_unit_test(test_guess_fails),  cmocka_unit_test(test_nested_too_deep),
		cmocka_unit_test(test_link_types),   cmocka_unit_test(test_cooked_ethernet),
	};

	return cmocka_run_group_tests_name("packet_carriers", tests, NULL, NULL);
}
