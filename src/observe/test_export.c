/* SPDX-License-Identifier: ISC */
/*
 * Records of NetFlow v5, v9, IPFIX and sFlow become the flows that they tell of.
 */
#include "base/cleanup.h"
#include "observe/export_state.h"
#include "observe/test_export_kit.h"

#define SRC 0x0a000001u
#define DST 0xc6336401u

static struct bytes d;

static void v5_record(uint32_t first, uint32_t last, uint16_t dport, uint8_t proto)
{
	PUT(&d, 4, SRC, DST, 0x0a0000fe);
	PUT(&d, 2, 3, 4);
	PUT(&d, 4, 7, 700, first, last);
	PUT(&d, 2, 1234, dport);
	PUT(&d, 1, 0, 0x12, proto, 0x20);
	PUT(&d, 2, 64500, 64501);
	PUT(&d, 1, 24, 16);
	PUT(&d, 2, 0);
}

static void v5_open(uint16_t count, uint32_t uptime, uint32_t sequence, uint16_t sampling)
{
	d.n = 0;
	PUT(&d, 2, 5, count);
	PUT(&d, 4, uptime, KIT_TIME_S, 500000000, sequence);
	PUT(&d, 1, 1, 2);
	PUT(&d, 2, sampling);
}

static void test_v5(void **state)
{
	struct kit *k = kit_new();

	v5_open(1, 100000, 0, 0x4000 | 100);
	v5_record(90000, 99000, 53, 17);
	assert_int_equal(kit_send(k, &d), 0);
	assert_int_equal(k->n, 1);
	assert_int_equal(ip_v4(&k->flow[0].src), SRC);
	assert_int_equal(ip_v4(&k->flow[0].dst), DST);
	assert_int_equal(ip_v4(&k->side[0].next_hop), 0x0a0000fe);
	assert_int_equal(k->flow[0].packets, 7);
	assert_int_equal(k->flow[0].bytes, 700);
	assert_int_equal(k->flow[0].dport, 53);
	assert_int_equal(k->flow[0].tcp_flags, 0x12);
	assert_int_equal(k->side[0].tos, 0x20);
	assert_int_equal(k->side[0].src_as, 64500);
	assert_int_equal(k->side[0].dst_mask, 16);
	assert_int_equal(k->side[0].domain, 0x0102);
	assert_int_equal(k->side[0].sampling, 100);
	assert_true(k->side[0].flags & FLOW_SAMPLING_KNOWN);
	assert_int_equal(exporters_get_link(k->exporters, k->flow[0].in_link)->ifindex, 3);
	assert_int_equal(exporters_get_link(k->exporters, k->flow[0].out_link)->ifindex, 4);
	assert_int_equal(k->first_us[0], KIT_TIME_S * US_PER_S + 500000 - 10 * US_PER_S);
	assert_int_equal(k->last_us[0], KIT_TIME_S * US_PER_S + 500000 - US_PER_S);
	kit_free(k);
}

static void test_v5_oddities(void **state)
{
	struct kit *k = kit_new();

	/* Interval 0 is unknown; a mode without interval too; an uptime before the wrap is past. */
	v5_open(1, 1000, 0, 0x4000);
	v5_record(0xffffff00u, 500, 0x0803, PROTO_ICMP);
	assert_int_equal(kit_send(k, &d), 0);
	assert_false(k->side[0].flags & FLOW_SAMPLING_KNOWN);
	assert_int_equal(k->side[0].sampling, 1);
	assert_int_equal(k->first_us[0], KIT_TIME_S * US_PER_S + 500000 - 1256 * US_PER_MS);
	assert_int_equal(k->side[0].icmp_type, 8);
	assert_int_equal(k->side[0].icmp_code, 3);
	assert_int_equal(k->flow[0].dport, 0);
	assert_false(kit_exporter(k)->sampling_known);
	/* The count says more than there is: what is there counts, the lie is counted. */
	v5_open(3, 2000, 1, 0);
	v5_record(0, 0, 1, 6);
	put(&d, 0, 20);
	assert_int_equal(kit_send(k, &d), 1);
	assert_int_equal(k->n, 2);
	assert_int_equal(kit_refused(k, REFUSED_BAD_COUNT), 1);
	v5_open(1, 3000, 2, 0);
	v5_record(0, 0, 1, 6);
	put(&d, 1, 4);
	assert_int_equal(kit_send(k, &d), 1);
	assert_int_equal(kit_refused(k, REFUSED_TRAILING), 1);
	assert_int_equal(kit_send_n(k, d.b, 23), 1);
	assert_int_equal(kit_refused(k, REFUSED_TRUNCATED), 1);
	kit_free(k);
}

/* Template 256: the usual fields, with octets of @octets_len bytes. */
static void v9_template(uint16_t octets_len)
{
	size_t set = set_open(&d, 0);

	PUT(&d, 2, 256, 9, 8, 4, 12, 4, 7, 2, 11, 2, 4, 1, 1, octets_len, 2, 4, 22, 4, 21, 4);
	set_close(&d, set);
}

static void v9_record(uint64_t octets, unsigned octets_len, uint32_t packets, uint32_t first,
		      uint32_t last)
{
	PUT(&d, 4, SRC, DST);
	PUT(&d, 2, 1000, 80);
	PUT(&d, 1, 6);
	put(&d, octets, octets_len);
	PUT(&d, 4, packets, first, last);
}

static void test_v9_template_life(void **state)
{
	struct kit *k = kit_new();
	size_t set;

	v9_open(&d, 60000, KIT_TIME_S, 1, 7);
	set = set_open(&d, 256);
	v9_record(1, 4, 1, 0, 0);
	set_close(&d, set);
	assert_int_equal(kit_send(k, &d), 1);
	assert_int_equal(kit_refused(k, REFUSED_NO_TEMPLATE), 1);

	v9_open(&d, 60000, KIT_TIME_S, 2, 7);
	v9_template(8);
	set = set_open(&d, 256);
	v9_record(UINT64_C(0x123456789a), 8, 3, 50000, 59000);
	v9_record(2, 8, 4, 50000, 59000);
	PUT(&d, 1, 0, 0); /* padding */
	set_close(&d, set);
	assert_int_equal(kit_send(k, &d), 0);
	assert_int_equal(k->n, 2);
	assert_int_equal(k->flow[0].bytes, 0x123456789a);
	assert_int_equal(k->flow[1].packets, 4);
	assert_int_equal(k->last_us[0] - k->first_us[0], 9 * US_PER_S);

	/* The same id with another length takes effect at once. */
	v9_open(&d, 61000, KIT_TIME_S + 1, 3, 7);
	v9_template(2);
	set = set_open(&d, 256);
	v9_record(77, 2, 5, 0, 0);
	set_close(&d, set);
	assert_int_equal(kit_send(k, &d), 0);
	assert_int_equal(k->n, 3);
	assert_int_equal(k->flow[2].bytes, 77);

	/* Another source id has templates of its own. */
	v9_open(&d, 61000, KIT_TIME_S + 1, 1, 8);
	set = set_open(&d, 256);
	v9_record(77, 2, 5, 0, 0);
	set_close(&d, set);
	assert_int_equal(kit_send(k, &d), 1);
	assert_int_equal(k->n, 3);
	kit_free(k);
}

/* Two uptimes of 0 are fields that nobody filled: the record is of the time of its export. */
static void test_uptimes_of_zero(void **state)
{
	for (int walk = 0; walk < 2; walk++) { /* records in their place, and over the slots */
		struct kit *k = kit_new();
		size_t set;

		if (walk)
			k->exports->place = NULL;
		v9_open(&d, 60000, KIT_TIME_S, 1, 7);
		v9_template(4);
		set = set_open(&d, 256);
		v9_record(1, 4, 1, 0, 0);
		v9_record(1, 4, 1, 0, 59000);
		set_close(&d, set);
		assert_int_equal(kit_send(k, &d), 0);
		v5_open(1, 60000, 0, 0);
		v5_record(0, 0, 53, 17);
		assert_int_equal(kit_send(k, &d), 0);
		assert_int_equal(k->n, 3);
		assert_true(k->first_us[0] == KIT_TIME_S * US_PER_S);
		assert_true(k->last_us[0] == KIT_TIME_S * US_PER_S);
		assert_true(k->side[0].flags & FLOW_NO_TIMES);
		assert_true(k->last_us[1] - k->first_us[1] == 59 * US_PER_S);
		assert_true(k->first_us[2] == KIT_TIME_S * US_PER_S + 500000);
		assert_true(k->last_us[2] == k->first_us[2]);
		assert_true(k->side[2].flags & FLOW_NO_TIMES);
		kit_free(k);
	}
}

static void test_v9_zero_length_field(void **state)
{
	struct kit *k = kit_new();
	size_t set;

	v9_open(&d, 1000, KIT_TIME_S, 1, 0);
	set = set_open(&d, 0);
	PUT(&d, 2, 300, 5, 8, 4, 83, 0, 12, 4, 1, 4, 2, 4);
	set_close(&d, set);
	set = set_open(&d, 300);
	PUT(&d, 4, SRC, DST, 64, 1);
	set_close(&d, set);
	assert_int_equal(kit_send(k, &d), 0);
	assert_int_equal(k->n, 1);
	assert_int_equal(k->flow[0].bytes, 64);
	assert_true(k->side[0].flags & FLOW_NO_TIMES);
	assert_int_equal(k->first_us[0], KIT_TIME_S * US_PER_S);
	kit_free(k);
}

/* One record of template 400, made of the given (id, length, value) triples. */
static void ipfix_one(struct kit *k, const uint64_t (*f)[3], size_t n)
{
	size_t set;

	ipfix_open(&d, 0, 0);
	set = set_open(&d, 2);
	PUT(&d, 2, 400, n);
	for (size_t i = 0; i < n; i++) {
		bool own = f[i][0] >> 16;

		PUT(&d, 2, (f[i][0] & 0x7fff) | (own ? 0x8000 : 0), f[i][1]);
		if (own)
			put(&d, f[i][0] >> 16, 4);
	}
	set_close(&d, set);
	set = set_open(&d, 400);
	for (size_t i = 0; i < n; i++) {
		if (f[i][1] == 16)
			put(&d, UINT64_C(0x20010db800000000), 8);
		put(&d, f[i][2], f[i][1] == 16 ? 8 : (unsigned)f[i][1]);
	}
	set_close(&d, set);
	ipfix_close(&d);
	assert_int_equal(kit_send(k, &d), 0);
}

#define ONE(k, ...)                                                                                \
	do {                                                                                       \
		static const uint64_t triples_[][3] = {__VA_ARGS__};                               \
		ipfix_one((k), triples_, sizeof(triples_) / sizeof(triples_[0]));                  \
	} while (0)
#define ENDS                                                                                       \
	{8, 4, SRC},                                                                               \
	{                                                                                          \
		12, 4, DST                                                                         \
	}
#define COUNTS                                                                                     \
	{1, 8, 1000},                                                                              \
	{                                                                                          \
		2, 8, 10                                                                           \
	}
#define PEN(pen, id) ((uint64_t)(pen) << 16 | (id))

static void test_ipfix_times(void **state)
{
	static const int64_t at = INT64_C(1499999990) * US_PER_S;
	struct kit *k = kit_new();

	ONE(k, ENDS, COUNTS, {150, 4, 1499999990}, {151, 4, 1499999995});
	ONE(k, ENDS, COUNTS, {152, 8, UINT64_C(1499999990123)}, {153, 8, UINT64_C(1499999990456)});
	ONE(k, ENDS, COUNTS, {154, 8, (UINT64_C(1499999990) + 2208988800) << 32 | 0x80000000},
	    {155, 8, (UINT64_C(1499999991) + 2208988800) << 32});
	ONE(k, ENDS, COUNTS, {158, 4, 5000000}, {159, 4, 1000000});
	ONE(k, ENDS, COUNTS, {153, 8, UINT64_C(1499999990000)}, {161, 4, 4000});
	ONE(k, ENDS, COUNTS, {160, 8, UINT64_C(1499999000000)}, {22, 4, 990000}, {21, 4, 991000});
	ONE(k, ENDS, COUNTS, {22, 4, 5000}, {21, 4, 8000}); /* since when is not known */
	ONE(k, ENDS, COUNTS, {323, 8, UINT64_C(1499999990000)});
	assert_int_equal(k->n, 8);
	assert_int_equal(k->first_us[0], at);
	assert_int_equal(k->last_us[0], at + 5 * US_PER_S);
	assert_int_equal(k->first_us[1], at + 123000);
	assert_int_equal(k->last_us[1], at + 456000);
	assert_int_equal(k->first_us[2], at + 500000);
	assert_int_equal(k->last_us[2], at + US_PER_S);
	assert_int_equal(k->first_us[3], at + 5 * US_PER_S);
	assert_int_equal(k->last_us[3], at + 9 * US_PER_S);
	assert_int_equal(k->first_us[4], at - 4 * US_PER_S);
	assert_int_equal(k->first_us[5], at);
	assert_int_equal(k->last_us[5], at + US_PER_S);
	assert_int_equal(k->last_us[6], at + 10 * US_PER_S);
	assert_int_equal(k->first_us[6], at + 7 * US_PER_S);
	assert_int_equal(k->first_us[7], at);
	assert_int_equal(k->last_us[7], at);
	kit_free(k);
}

static void test_ipfix_counters(void **state)
{
	struct kit *k = kit_new();

	ONE(k, ENDS, {85, 8, 5000}, {86, 8, 50});			/* totals alone */
	ONE(k, ENDS, {1, 8, 0}, {2, 8, 0}, {85, 8, 5000}, {86, 8, 50}); /* nothing new */
	ONE(k, ENDS, {1, 4, 0}, {2, 4, 0}, {23, 4, 32}, {24, 4, 1});	/* counted on egress */
	ONE(k, ENDS, {231, 4, 400}, {232, 4, 600});			/* ASA, both ways */
	ONE(k, ENDS, {1, 8, 1}, {2, 8, UINT64_C(0x200000000)});		/* saturates */
	ONE(k, ENDS, {233, 1, 3});					/* denied: one packet */
	ONE(k, ENDS, {233, 1, 1});					/* created: no flow */
	ONE(k, ENDS, {1, 3, 0x010203}, {2, 1, 9});			/* reduced size */
	assert_int_equal(k->n, 8);
	assert_int_equal(k->flow[0].bytes, 5000);
	assert_int_equal(k->flow[0].packets, 50);
	assert_int_equal(k->flow[1].bytes, 0);
	assert_int_equal(k->flow[2].bytes, 32);
	assert_int_equal(k->flow[2].packets, 1);
	assert_int_equal(k->flow[3].bytes, 400);
	assert_int_equal(k->flow[4].bytes, 600);
	assert_true(k->side[4].flags & FLOW_REVERSE);
	assert_int_equal(k->flow[5].packets, UINT32_MAX);
	assert_int_equal(k->flow[6].packets, 1);
	assert_true(k->side[6].flags & FLOW_DROPPED);
	assert_int_equal(k->flow[7].bytes, 0x010203);
	kit_free(k);
}

static void test_ipfix_headers(void **state)
{
	struct kit *k = kit_new();

	ONE(k, ENDS, COUNTS, {4, 1, 6}, {6, 4, 0xffffff02}, {89, 4, 0x80}, {61, 1, 1}, {52, 1, 33},
	    {54, 4, 0x1234}, {186, 2, 512}, {243, 2, 300}, {62, 16, 7});
	ONE(k, ENDS, COUNTS, {4, 1, 1}, {32, 2, 0x0301}, {7, 2, 5}, {11, 2, 6});
	ONE(k, {27, 16, 1}, {28, 16, 2}, COUNTS, {4, 1, 17}, {7, 2, 53}, {88, 2, 10},
	    {197, 1, 0x20});
	/* Of a tunnel the inner packet counts: it is named last. */
	ONE(k, {27, 16, 1}, {28, 16, 2}, {4, 1, 4}, {7, 2, 0}, {4, 1, 17}, {7, 2, 99}, ENDS,
	    COUNTS);
	/* An IPv6 pair of zeros is only there because the template has it. */
	ONE(k, ENDS, {27, 8, 0}, {28, 8, 0}, COUNTS);
	assert_int_equal(k->n, 5);
	assert_int_equal(k->flow[0].tcp_flags, 2);
	assert_true(k->side[0].flags & FLOW_DROPPED);
	assert_true(k->side[0].flags & FLOW_EGRESS);
	assert_int_equal(k->side[0].ttl, 33);
	assert_int_equal(k->side[0].ip_id, 0x1234);
	assert_int_equal(k->side[0].tcp_window, 512);
	assert_int_equal(k->side[0].vlan, 300);
	assert_int_equal(k->side[0].next_hop.b[15], 7);
	assert_int_equal(k->side[1].icmp_type, 3);
	assert_int_equal(k->side[1].icmp_code, 1);
	assert_int_equal(k->flow[1].sport, 0);
	assert_false(ip_is_v4(&k->flow[2].src));
	assert_int_equal(k->flow[2].sport, 0);
	assert_int_equal(k->side[2].fragment, 10);
	assert_true(k->side[2].flags & FLOW_LATER_FRAGMENT);
	assert_int_equal(ip_v4(&k->flow[3].src), SRC);
	assert_int_equal(k->flow[3].proto, 17);
	assert_int_equal(k->flow[3].sport, 99);
	assert_int_equal(ip_v4(&k->flow[4].src), SRC);
	kit_free(k);
}

static void test_ipfix_biflow(void **state)
{
	struct kit *k = kit_new();

	ONE(k, ENDS, COUNTS, {7, 2, 4000}, {11, 2, 443}, {6, 1, 0x1b}, {10, 4, 1}, {14, 4, 2},
	    {PEN(29305, 1), 8, 9000}, {PEN(29305, 2), 8, 90}, {PEN(29305, 6), 1, 0x12},
	    {152, 8, UINT64_C(1499999990000)}, {153, 8, UINT64_C(1499999999000)},
	    {PEN(6871, 21), 4, 250});
	ONE(k, ENDS, COUNTS, {PEN(29305, 1), 8, 0}, {PEN(29305, 2), 8, 0});
	assert_int_equal(k->n, 3); /* the second was never answered */
	assert_int_equal(ip_v4(&k->flow[1].src), DST);
	assert_int_equal(ip_v4(&k->flow[1].dst), SRC);
	assert_int_equal(k->flow[1].sport, 443);
	assert_int_equal(k->flow[1].dport, 4000);
	assert_int_equal(k->flow[1].packets, 90);
	assert_int_equal(k->flow[1].bytes, 9000);
	assert_int_equal(k->flow[1].tcp_flags, 0x12);
	assert_int_equal(k->flow[1].in_link, k->flow[0].out_link);
	assert_true(k->side[1].flags & FLOW_REVERSE);
	assert_false(k->side[0].flags & FLOW_REVERSE);
	assert_int_equal(k->first_us[1] - k->first_us[0], 250000);
	kit_free(k);
}

static void test_ipfix_variable(void **state)
{
	struct kit *k = kit_new();
	size_t set;

	ipfix_open(&d, 0, 0);
	set = set_open(&d, 2);
	PUT(&d, 2, 500, 6, 8, 4, 96, 0xffff, 12, 4, 291, 0xffff, 1, 4, 2, 4);
	set_close(&d, set);
	set = set_open(&d, 500);
	put(&d, SRC, 4);
	PUT(&d, 1, 3, 'd', 'n', 's'); /* short form */
	put(&d, DST, 4);
	PUT(&d, 1, 255, 1, 4); /* long form: a list of 260 bytes, passed over */
	for (int i = 0; i < 260; i++)
		put(&d, 0xaa, 1);
	PUT(&d, 4, 111, 2);
	put(&d, SRC, 4);
	PUT(&d, 1, 0);
	put(&d, DST, 4);
	PUT(&d, 1, 0);
	PUT(&d, 4, 222, 3);
	PUT(&d, 1, 0, 0); /* padding */
	set_close(&d, set);
	ipfix_close(&d);
	assert_int_equal(kit_send(k, &d), 0);
	assert_int_equal(k->n, 2);
	assert_int_equal(k->flow[0].bytes, 111);
	assert_int_equal(k->flow[1].bytes, 222);
	kit_free(k);
}

static void test_ipfix_frame(void **state)
{
	struct kit *k = kit_new();
	size_t set;

	ipfix_open(&d, 0, 0);
	set = set_open(&d, 2);
	PUT(&d, 2, 384, 5, 312, 2, 315, 0xffff, 10, 4, 305, 4, 306, 4);
	set_close(&d, set);
	set = set_open(&d, 384);
	put(&d, 500, 2);
	put(&d, 14 + 20 + 8, 1);
	put(&d, 0, 6);
	put(&d, 0, 6);
	PUT(&d, 2, 0x0800, 0x4500, 486, 0x0042, 0x4000, 0x4011, 0);
	PUT(&d, 4, SRC, DST);
	PUT(&d, 2, 53, 4444, 466, 0);
	PUT(&d, 4, 9, 1, 999);
	set_close(&d, set);
	ipfix_close(&d);
	assert_int_equal(kit_send(k, &d), 0);
	assert_int_equal(k->n, 1);
	assert_int_equal(k->flow[0].sport, 53);
	assert_int_equal(k->flow[0].bytes, 486);
	assert_int_equal(k->flow[0].packets, 1);
	assert_int_equal(k->side[0].sampling, 1000);
	assert_true(k->side[0].flags & FLOW_IS_PACKET);
	assert_int_equal(exporters_get_link(k->exporters, k->flow[0].in_link)->ifindex, 9);
	kit_free(k);
}

static void sflow_open(uint32_t sequence, uint32_t samples)
{
	d.n = 0;
	PUT(&d, 4, 5, 1, 0x0a0a0a0a, 3, sequence, 5000, samples);
}

static size_t sample_open(uint32_t format)
{
	PUT(&d, 4, format, 0);
	return d.n;
}

static void sample_close(size_t from)
{
	close_length(&d, from - 2, from);
}

static void test_sflow_flow(void **state)
{
	struct kit *k = kit_new();
	size_t s, r;

	sflow_open(1, 2);
	s = sample_open(1);
	PUT(&d, 4, 1, 7, 512, 512, 0, 7, 0x40000001, 2); /* output: discarded */
	r = sample_open(1002);
	PUT(&d, 4, 1, 0x0a0000fe, 24, 25);
	sample_close(r);
	r = sample_open(1);
	PUT(&d, 4, 1, 118, 4, 14 + 20 + 20);
	PUT(&d, 6, 0, 0);
	PUT(&d, 2, 0x0800, 0x4500, 100, 1, 0, 0x2006, 0);
	PUT(&d, 4, SRC, DST);
	PUT(&d, 2, 1, 80);
	PUT(&d, 4, 1, 0);
	PUT(&d, 2, 0x5002, 1024, 0, 0);
	put(&d, 0, 2);
	sample_close(r);
	sample_close(s);
	s = sample_open(3);
	PUT(&d, 4, 1, 0, 8, 256, 256, 0, 0, 8, 0, 9, 2);
	r = sample_open(4);
	PUT(&d, 4, 60, 17);
	PUT(&d, 8, UINT64_C(0x20010db800000000), 1, UINT64_C(0x20010db800000000), 2);
	PUT(&d, 4, 53, 54, 0, 0);
	sample_close(r);
	r = sample_open(4300 << 12 | 5); /* a vendor's, passed over */
	put(&d, 0, 12);
	sample_close(r);
	sample_close(s);
	assert_int_equal(kit_send(k, &d), 0);
	assert_int_equal(k->n, 2);
	assert_int_equal(k->flow[0].bytes, 100);
	assert_int_equal(k->flow[0].tcp_flags, 2);
	assert_int_equal(k->side[0].sampling, 512);
	assert_int_equal(k->side[0].ttl, 32);
	assert_int_equal(k->side[0].dst_mask, 25);
	assert_int_equal(ip_v4(&k->side[0].next_hop), 0x0a0000fe);
	assert_true(k->side[0].flags & FLOW_DROPPED);
	assert_int_equal(k->side[0].domain, 3);
	assert_int_equal(k->first_us[0], k->recv_us);
	assert_int_equal(k->flow[1].sport, 53);
	assert_int_equal(k->flow[1].bytes, 60);
	assert_int_equal(k->side[1].sampling, 256);
	assert_int_equal(exporters_get_link(k->exporters, k->flow[1].out_link)->ifindex, 9);
	kit_free(k);
}

/* A source says how many samples it had to drop since it began: what grows is told of it. */
static void test_sflow_drops(void **state)
{
	static const uint32_t drops[] = {4000, 4000, 4003, 4010, 7, 9, 12};
	static const uint64_t told[] = {0, 0, 3, 10, 10, 10, 13};
	struct kit *k = kit_new();

	for (uint32_t i = 0; i < ARRAY_LEN(drops); i++) {
		/* From the fifth on it has begun anew. */
		uint32_t number = i < 4 ? i + 1000 : i - 3;
		size_t s, r;

		sflow_open(i + 1, 1);
		s = sample_open(1);
		PUT(&d, 4, number, 7, 512, 512 * i, drops[i], 7, 8, 1);
		r = sample_open(3);
		PUT(&d, 4, 60, 17, SRC, DST, 53, 54, 0, 0);
		sample_close(r);
		sample_close(s);
		assert_int_equal(kit_send(k, &d), 0);
		assert_int_equal(kit_exporter(k)->dropped, told[i]);
	}
	kit_free(k);
}

/* A sample that stands for more packets than anybody samples by stands for itself, at least. */
static void test_sflow_no_rate(void **state)
{
	struct kit *k = kit_new();
	size_t s, r;

	sflow_open(1, 1);
	s = sample_open(1);
	PUT(&d, 4, 1, 7, UINT32_MAX, 512, 0, 7, 8, 1);
	r = sample_open(3);
	PUT(&d, 4, 60, 17, SRC, DST, 53, 54, 0, 0);
	sample_close(r);
	sample_close(s);
	assert_int_equal(kit_send(k, &d), 1);
	assert_int_equal(k->n, 1);
	assert_int_equal(k->side[0].sampling, 1);
	assert_false(k->side[0].flags & FLOW_SAMPLING_KNOWN);
	assert_int_equal(kit_refused(k, REFUSED_BAD_SAMPLING), 1);
	kit_free(k);
}

static void test_sflow_counters(void **state)
{
	struct kit *k = kit_new();
	size_t s, r;
	uint16_t link;

	sflow_open(1, 1);
	s = sample_open(2);
	PUT(&d, 4, 1, 7, 1);
	r = sample_open(1);
	PUT(&d, 4, 7, 6);
	put(&d, UINT64_C(40000000000), 8);
	put(&d, 0, 72);
	sample_close(r);
	sample_close(s);
	assert_int_equal(kit_send(k, &d), 0);
	link = exporters_link(k->exporters, 1, 7);
	assert_int_equal(exporters_get_link(k->exporters, link)->speed_bps, UINT64_C(40000000000));
	sflow_open(2, 2); /* one sample too few */
	s = sample_open(2);
	PUT(&d, 4, 1, 7, 0);
	sample_close(s);
	assert_int_equal(kit_send(k, &d), 1);
	assert_int_equal(kit_refused(k, REFUSED_TRUNCATED), 1);
	kit_free(k);
}

static void test_probe(void **state)
{
	struct kit *k = kit_new();
	size_t set;

	v5_open(1, 0, 0, 0);
	v5_record(0, 0, 0, 0);
	assert_int_equal(exports_probe(d.b, d.n), EXPORT_V5);
	assert_int_equal(exports_probe(d.b, d.n - 1), 0);
	v9_open(&d, 0, 0, 0, 0);
	v9_template(4);
	assert_int_equal(exports_probe(d.b, d.n), EXPORT_V9);
	assert_int_equal(exports_probe(d.b, d.n - 1), 0);
	ipfix_open(&d, 0, 0);
	set = set_open(&d, 700);
	put(&d, 0, 8);
	set_close(&d, set);
	ipfix_close(&d);
	assert_int_equal(exports_probe(d.b, d.n), EXPORT_IPFIX);
	d.n++;
	assert_int_equal(exports_probe(d.b, d.n), 0);
	sflow_open(0, 1);
	set = sample_open(9);
	put(&d, 0, 8);
	sample_close(set);
	assert_int_equal(exports_probe(d.b, d.n), EXPORT_SFLOW);
	assert_int_equal(exports_probe(d.b, d.n - 4), 0);
	assert_int_equal(exports_probe(d.b, 0), 0);
	kit_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_v5),
		cmocka_unit_test(test_v5_oddities),
		cmocka_unit_test(test_v9_template_life),
		cmocka_unit_test(test_v9_zero_length_field),
		cmocka_unit_test(test_uptimes_of_zero),
		cmocka_unit_test(test_ipfix_times),
		cmocka_unit_test(test_ipfix_counters),
		cmocka_unit_test(test_ipfix_headers),
		cmocka_unit_test(test_ipfix_biflow),
		cmocka_unit_test(test_ipfix_variable),
		cmocka_unit_test(test_ipfix_frame),
		cmocka_unit_test(test_sflow_flow),
		cmocka_unit_test(test_sflow_no_rate),
		cmocka_unit_test(test_sflow_drops),
		cmocka_unit_test(test_sflow_counters),
		cmocka_unit_test(test_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
