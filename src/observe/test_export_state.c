/* SPDX-License-Identifier: ISC */
/*
 * What the export decoders learn and keep: sampling, sequence numbers, clocks; and the bounds of
 * it.
 */
#include <stdlib.h>

#include "observe/export_state.h"
#include "observe/test_export_kit.h"

#define SRC 0x0a000001u
#define DST 0xc6336401u

static struct bytes d;

/* An options datagram of v9: template 300 with @scope and three options, and one record of it. */
static void v9_options(uint32_t domain, uint16_t scope, uint16_t scope_len, uint64_t scope_value,
		       uint16_t id_element, uint64_t id, uint16_t rate_element, uint64_t rate)
{
	size_t set;

	v9_open(&d, 1000, KIT_TIME_S, 1, domain);
	set = set_open(&d, 1);
	PUT(&d, 2, 300, 4, 8, scope, scope_len, id_element, 2, rate_element, 4);
	set_close(&d, set);
	set = set_open(&d, 300);
	put(&d, scope_value, scope_len);
	put(&d, id, 2);
	put(&d, rate, 4);
	set_close(&d, set);
}

/* A data datagram of v9 in @domain: one record from @ifindex that names @sampler. */
static void v9_data(uint32_t domain, uint16_t sampler_element, uint32_t ifindex, uint8_t sampler)
{
	size_t set;

	v9_open(&d, 2000, KIT_TIME_S + 1, 2, domain);
	set = set_open(&d, 0);
	PUT(&d, 2, 256, 6, 8, 4, 12, 4, 1, 4, 2, 4, 10, 4, sampler_element, 1);
	set_close(&d, set);
	set = set_open(&d, 256);
	PUT(&d, 4, SRC, DST, 100, 1, ifindex);
	put(&d, sampler, 1);
	set_close(&d, set);
}

static const struct flow_side *last(const struct kit *k)
{
	assert_true(k->n > 0);
	return &k->side[k->n - 1];
}

static void expect_factor(struct kit *k, uint32_t factor)
{
	assert_int_equal(kit_send(k, &d), 0);
	assert_int_equal(last(k)->sampling, factor ? factor : 1);
	assert_int_equal(last(k)->flags & FLOW_SAMPLING_KNOWN, factor ? FLOW_SAMPLING_KNOWN : 0);
}

#define SAMPLER 48
#define NOTHING 210 /* paddingOctets */

static void test_sampler_by_id(void **state)
{
	struct kit *k = kit_new();

	v9_data(1, SAMPLER, 1, 5);
	expect_factor(k, 0);
	v9_options(1, 1, 4, 0, SAMPLER, 5, 50, 2000);
	kit_send(k, &d);
	v9_data(1, SAMPLER, 1, 5);
	expect_factor(k, 2000);
	assert_int_equal(last(k)->sampler, 5);
	v9_data(1, SAMPLER, 1, 6); /* a sampler that nobody told of */
	expect_factor(k, 0);
	v9_data(1, NOTHING, 1, 0); /* names none: the domain's only one */
	expect_factor(k, 2000);
	assert_int_equal(last(k)->sampler, 0);
	v9_options(1, 1, 4, 0, SAMPLER, 6, 50, 30);
	kit_send(k, &d);
	v9_data(1, NOTHING, 1, 0); /* of two it is not known which */
	expect_factor(k, 0);
	v9_data(1, SAMPLER, 1, 6);
	expect_factor(k, 30);
	kit_free(k);
}

static void test_sampling_other_domain(void **state)
{
	struct kit *k = kit_new();

	v9_options(0, 1, 4, 0, SAMPLER, 5, 50, 100);
	kit_send(k, &d);
	v9_data(77, SAMPLER, 1, 5);
	expect_factor(k, 100);
	v9_options(77, 1, 4, 0, SAMPLER, 5, 50, 200); /* its own word counts more */
	kit_send(k, &d);
	v9_data(77, SAMPLER, 1, 5);
	expect_factor(k, 200);
	v9_data(78, SAMPLER, 1, 5); /* domain 0 is not overruled */
	expect_factor(k, 100);
	kit_free(k);

	k = kit_new();
	v9_options(1, 1, 4, 0, SAMPLER, 5, 50, 100);
	kit_send(k, &d);
	v9_options(2, 1, 4, 0, SAMPLER, 5, 50, 200);
	kit_send(k, &d);
	v9_data(3, SAMPLER, 1, 5); /* two other domains disagree */
	expect_factor(k, 0);
	kit_free(k);
}

static void test_sampling_scopes(void **state)
{
	struct kit *k = kit_new();

	v9_options(1, 1, 4, 0, NOTHING, 0, 34, 10); /* scope system */
	kit_send(k, &d);
	v9_data(1, NOTHING, 3, 0);
	expect_factor(k, 10);
	v9_options(1, 2, 4, 4, NOTHING, 0, 34, 40); /* scope interface 4 */
	kit_send(k, &d);
	v9_data(1, NOTHING, 3, 0);
	expect_factor(k, 10);
	v9_data(1, NOTHING, 4, 0);
	expect_factor(k, 40);
	v9_options(1, 5, 2, 256, NOTHING, 0, 34, 60); /* scope template 256 */
	kit_send(k, &d);
	v9_data(1, NOTHING, 3, 0);
	expect_factor(k, 60);
	v9_data(1, NOTHING, 4, 0);
	expect_factor(k, 40);
	kit_free(k);
}

static struct record numbers(const uint64_t (*set)[2], size_t n)
{
	struct record r = {0};

	for (size_t i = 0; i < n; i++) {
		r.present[set[i][0] >> 6] |= UINT64_C(1) << (set[i][0] & 63);
		r.number[set[i][0]] = set[i][1];
	}
	return r;
}

#define FACTOR(expected, ...)                                                                      \
	do {                                                                                       \
		static const uint64_t pairs_[][2] = {__VA_ARGS__};                                 \
		struct record r_ = numbers(pairs_, sizeof(pairs_) / sizeof(pairs_[0]));            \
		assert_int_equal(record_factor(&r_), (expected));                                  \
	} while (0)

static void test_factor(void **state)
{
	FACTOR(1000, {SLOT_PACKET_INTERVAL, 1}, {SLOT_PACKET_SPACE, 999});
	FACTOR(1, {SLOT_PACKET_INTERVAL, 1}, {SLOT_PACKET_SPACE, 0});
	FACTOR(3, {SLOT_PACKET_INTERVAL, 2}, {SLOT_PACKET_SPACE, 3});
	FACTOR(512, {SLOT_PACKET_INTERVAL, 512});
	FACTOR(64, {SLOT_SAMPLING_SIZE, 1}, {SLOT_SAMPLING_POPULATION, 64});
	FACTOR(128, {SLOT_SAMPLING_PROBABILITY, 128});
	FACTOR(50, {SLOT_SAMPLING_INTERVAL, 0}, {SLOT_SAMPLER_RANDOM, 50});
	FACTOR(0, {SLOT_SAMPLING_INTERVAL, 0});
	FACTOR(UINT32_MAX, {SLOT_PACKET_INTERVAL, 1}, {SLOT_PACKET_SPACE, UINT32_MAX});
}

/* More than the configuration could say is no sampling rate: unknown and counted, in options as in
 * records. */
static void test_no_sampling_rate(void **state)
{
	struct kit *k = kit_new();

	v9_options(1, 1, 4, 0, NOTHING, 0, 34, SAMPLING_MOST);
	assert_int_equal(kit_send(k, &d), 0);
	v9_data(1, NOTHING, 1, 0);
	expect_factor(k, SAMPLING_MOST);
	v9_options(1, 1, 4, 0, NOTHING, 0, 34, SAMPLING_MOST + 1);
	assert_int_equal(kit_send(k, &d), 1);
	assert_int_equal(kit_refused(k, REFUSED_BAD_SAMPLING), 1);
	v9_data(1, NOTHING, 1, 0);
	expect_factor(k, 0);
	assert_false(kit_exporter(k)->sampling_known);
	assert_int_equal(kit_exporter(k)->sampling_max, SAMPLING_MOST);
	assert_int_equal(exporters_set_sampling(k->exporters, 1, 1, 9, UINT32_MAX, 0), 0);
	assert_false(exporters_sampling_told(k->exporters, 1, 1, 9));
	kit_free(k);

	for (int walk = 0; walk < 2; walk++) { /* records in their place, and over the slots */
		size_t set;

		k = kit_new();
		if (walk)
			k->exports->place = NULL;
		v9_open(&d, 2000, KIT_TIME_S + 1, 2, 1);
		set = set_open(&d, 0);
		PUT(&d, 2, 256, 7, 8, 4, 12, 4, 1, 4, 2, 4, 22, 4, 21, 4, 34, 4);
		set_close(&d, set);
		set = set_open(&d, 256);
		PUT(&d, 4, SRC, DST, 100, 1, 1000, 1500, 64);
		PUT(&d, 4, SRC, DST, 100, 1, 1000, 1500, UINT32_MAX);
		set_close(&d, set);
		assert_int_equal(kit_send(k, &d), 1);
		assert_int_equal(k->n, 2);
		assert_int_equal(k->side[0].sampling, 64);
		assert_int_equal(k->side[1].sampling, 1);
		assert_false(k->side[1].flags & FLOW_SAMPLING_KNOWN);
		assert_int_equal(kit_refused(k, REFUSED_BAD_SAMPLING), 1);
		kit_free(k);
	}
}

/* IPFIX options with a scope; probability as a float that is sent in four bytes. */
static void test_ipfix_options(void **state)
{
	struct kit *k = kit_new();
	size_t set;

	ipfix_open(&d, 0, 9);
	set = set_open(&d, 3);
	PUT(&d, 2, 257, 4, 1, 149, 4, 311, 4, 36, 2, 37, 2);
	set_close(&d, set);
	set = set_open(&d, 257);
	PUT(&d, 4, 9, 0x3c000000); /* 1/128 */
	PUT(&d, 2, 60, 15);
	set_close(&d, set);
	set = set_open(&d, 2);
	PUT(&d, 2, 400, 4, 8, 4, 12, 4, 1, 4, 2, 4);
	set_close(&d, set);
	set = set_open(&d, 400);
	PUT(&d, 4, SRC, DST, 40, 1);
	set_close(&d, set);
	ipfix_close(&d);
	expect_factor(k, 128);
	assert_int_equal(kit_exporter(k)->active_timeout_s, 60);
	assert_int_equal(kit_exporter(k)->inactive_timeout_s, 15);
	assert_int_equal(kit_exporter(k)->sampling_max, 128);
	assert_true(kit_exporter(k)->sampling_known);
	kit_free(k);
}

/* Options that name interfaces: by the name, else the description; hostile bytes become harmless.
 */
static void test_interface_names(void **state)
{
	struct kit *k = kit_new();
	size_t set;

	ipfix_open(&d, 0, 9);
	set = set_open(&d, 3);
	PUT(&d, 2, 257, 3, 1, 10, 4, 82, 8, 83, 8);
	set_close(&d, set);
	set = set_open(&d, 257);
	PUT(&d, 4, 7);
	PUT(&d, 1, 't', 'e', '-', '0', 0, 'x', 'x', 'x', 'u', 'p', 0, 0, 0, 0, 0, 0);
	PUT(&d, 4, 8);
	PUT(&d, 1, 0, 0, 0, 0, 0, 0, 0, 0, 'u', 'p', 0x1b, 0xff, 'k', ' ', ' ', ' ');
	PUT(&d, 4, 0);
	PUT(&d, 1, 'n', 'o', 0, 0, 0, 0, 0, 0, 'n', 'o', 0, 0, 0, 0, 0, 0);
	set_close(&d, set);
	ipfix_close(&d);
	assert_int_equal(kit_send(k, &d), 0);
	assert_string_equal(
		exporters_get_link(k->exporters, exporters_link(k->exporters, 1, 7))->name, "te-0");
	assert_string_equal(
		exporters_get_link(k->exporters, exporters_link(k->exporters, 1, 8))->name,
		"up??k");
	assert_string_equal(exporters_get_link(k->exporters, LINK_UNKNOWN)->name, "");
	kit_free(k);
}

static void test_override(void **state)
{
	struct conf_exporter ce = {.name = "edge", .sampling = 7, .clock_trusted = true};
	struct conf_interface ci = {
		.exporter = "edge", .ifindex = 4, .capacity_bps = 1000, .side = SIDE_OUTSIDE};
	struct conf conf = {
		.exporters = &ce, .n_exporters = 1, .interfaces = &ci, .n_interfaces = 1};
	struct ip stranger = ip_from_v4(0xcb007101);
	struct kit *k;
	uint16_t link;

	ce.addr = ip_from_v4(0xc0000201);
	k = kit_new_for(&conf, false);
	v9_options(1, 1, 4, 0, SAMPLER, 5, 50, 2000);
	kit_send(k, &d);
	v9_data(1, SAMPLER, 4, 5);
	expect_factor(k, 7);
	assert_string_equal(kit_exporter(k)->name, "edge");
	link = k->flow[0].in_link;
	assert_ptr_equal(exporters_get_link(k->exporters, link)->conf, &ci);
	assert_int_equal(exporters_get_link(k->exporters, link)->speed_bps, 1000);
	assert_int_equal(exporters_get_link(k->exporters, link)->side, SIDE_OUTSIDE);
	/* Not on the allow-list: counted with nobody, and nothing is kept of it. */
	k->from = stranger;
	assert_int_equal(kit_send(k, &d), 1);
	assert_int_equal(exporters_find(k->exporters, &stranger, false), EXPORTER_UNKNOWN);
	assert_int_equal(exporters_get(k->exporters, 0)->refused.count[REFUSED_UNKNOWN_EXPORTER],
			 1);
	assert_int_equal(exporters_count(k->exporters), 2);
	kit_free(k);
}

static void test_sequence(void **state)
{
	struct sequence s = {0};
	uint64_t lost = 0;

	assert_int_equal(sequence_step(&s, 4294967290u, 10, 1000, &lost), SEQUENCE_OK);
	assert_int_equal(sequence_step(&s, 4, 10, 1000, &lost), SEQUENCE_OK); /* it wrapped */
	assert_int_equal(sequence_step(&s, 34, 10, 1000, &lost), SEQUENCE_GAP);
	assert_int_equal(lost, 20);
	assert_int_equal(sequence_step(&s, 14, 10, 1000, &lost), SEQUENCE_LATE);
	assert_int_equal(lost, 10);
	assert_int_equal(sequence_step(&s, 44, 10, 1000, &lost), SEQUENCE_OK);
	/* One stray number changes nothing; the second in a row is a restart, and no loss. */
	assert_int_equal(sequence_step(&s, 900000, 10, 1000, &lost), SEQUENCE_DOUBT);
	assert_int_equal(sequence_step(&s, 54, 10, 1000, &lost), SEQUENCE_OK);
	assert_int_equal(sequence_step(&s, 900000, 10, 1000, &lost), SEQUENCE_DOUBT);
	assert_int_equal(sequence_step(&s, 900010, 10, 1000, &lost), SEQUENCE_RESET);
	assert_int_equal(sequence_step(&s, 900020, 10, 1000, &lost), SEQUENCE_OK);
	assert_int_equal(lost, 10);
	/* A restart of which a datagram is lost is one, too. */
	assert_int_equal(sequence_step(&s, 0, 10, 1000, &lost), SEQUENCE_DOUBT);
	assert_int_equal(sequence_step(&s, 20, 10, 1000, &lost), SEQUENCE_RESET);
	assert_true(s.explained);
	assert_int_equal(lost, 20);
	lost = 10;
	/* Repeated, or overtaken by more than the gap before it: of just before, and no doubt. */
	assert_int_equal(sequence_step(&s, 20, 10, 1000, &lost), SEQUENCE_STALE);
	assert_int_equal(sequence_step(&s, 30, 10, 1000, &lost), SEQUENCE_OK);
	assert_int_equal(sequence_step(&s, 41, 10, 1000, &lost), SEQUENCE_GAP);
	assert_int_equal(sequence_step(&s, 40, 1, 1000, &lost), SEQUENCE_LATE);
	assert_int_equal(lost, 10);
	/* The way was down for long, or somebody begins anywhere. */
	assert_int_equal(sequence_step(&s, 100061, 10, 1000, &lost), SEQUENCE_DOUBT);
	assert_int_equal(sequence_step(&s, 100071, 10, 1000, &lost), SEQUENCE_RESET);
	assert_true(s.explained);
	assert_int_equal(sequence_step(&s, 500000000, 10, 1000, &lost), SEQUENCE_DOUBT);
	assert_int_equal(sequence_step(&s, 500000010, 10, 1000, &lost), SEQUENCE_RESET);
	assert_false(s.explained);
	/* Lies cannot make a loss without bound. */
	for (uint32_t i = 0; i < 1000; i++)
		sequence_step(&s, i * 77777777u, 0, 1000, &lost);
	assert_true(lost <= 10 + 1000 * 1000);
}

static void send_v9_empty(struct kit *k, uint32_t uptime_ms, uint32_t seconds, uint32_t sequence)
{
	v9_open(&d, uptime_ms, seconds, sequence, 0);
	assert_int_equal(kit_send(k, &d), 0);
}

static void test_v9_loss_and_restart(void **state)
{
	struct kit *k = kit_new();

	send_v9_empty(k, 100000, KIT_TIME_S, 10);
	send_v9_empty(k, 101000, KIT_TIME_S + 1, 11);
	send_v9_empty(k, 102000, KIT_TIME_S + 2, 15);
	assert_int_equal(kit_exporter(k)->lost_datagrams, 3);
	assert_int_equal(kit_exporter(k)->restarts, 0);
	send_v9_empty(k, 500, KIT_TIME_S + 60, 0); /* the uptime went back */
	send_v9_empty(k, 1500, KIT_TIME_S + 61, 1);
	assert_int_equal(kit_exporter(k)->restarts, 1);
	assert_int_equal(kit_exporter(k)->lost_datagrams, 3);
	kit_free(k);
}

/* Who does not know the numbers is found out; what honest routers do is no doubt. */
static void test_doubted(void **state)
{
	struct kit *k = kit_new();
	const struct exporter *e;
	uint32_t up = 100000, s = KIT_TIME_S, lie = 12345;

	for (unsigned i = 0; i < 5; i++) /* every fifth got lost, two came in the wrong order */
		for (unsigned n = 0; n < 4; n++, up += 1000, s++)
			send_v9_empty(k, up, s, 5 * i + (n == 1 ? 2 : n == 2 ? 1 : n));
	e = kit_exporter(k);
	assert_int_equal(e->doubted, 0);
	assert_int_equal(e->restarts, 0);
	send_v9_empty(k, up, s, 23); /* repeated */
	assert_int_equal(e->doubted, 0);
	/* Any numbers, beside the router's own. */
	for (unsigned i = 0; i < 10; i++, up += 1000, s++) {
		lie = lie * 1664525 + 1013904223;
		send_v9_empty(k, up, s, lie);
		send_v9_empty(k, up, s, 24 + i);
	}
	assert_int_equal(e->doubted, 10);
	assert_int_equal(e->restarts, 0);
	/* Numbers that go on from each other: now the router's own do not fit. */
	for (unsigned i = 0; i < 10; i++, up += 1000, s++) {
		send_v9_empty(k, up, s, 500000000 + 2 * i);
		send_v9_empty(k, up, s, 500000001 + 2 * i);
		send_v9_empty(k, up, s, 34 + i);
	}
	assert_int_equal(e->doubted, 10 + 1 + 10);
	assert_int_equal(e->restarts, 1);
	kit_free(k);
}

/* A restart explains the number that did not fit, also where some of what comes after it is lost.
 */
static void test_restart_is_no_doubt(void **state)
{
	struct kit *k = kit_new();
	const struct exporter *e;

	for (uint32_t i = 0; i < 5; i++)
		send_v9_empty(k, 100000 + 1000 * i, KIT_TIME_S + i, 7000000 + i);
	e = kit_exporter(k);
	send_v9_empty(k, 105000, KIT_TIME_S + 5, 0);
	assert_int_equal(e->doubted, 1);
	send_v9_empty(k, 106000, KIT_TIME_S + 6, 3);
	assert_int_equal(e->doubted, 0);
	assert_int_equal(e->restarts, 1);
	assert_int_equal(e->lost_datagrams, 2);
	kit_free(k);
}

static void test_boot(void **state)
{
	struct boot b = {0};
	const int64_t boot_us = INT64_C(1400000000250) * US_PER_MS; /* unknown to the code */

	/* Headers cut the second; each narrows the boot time, none moves it back. */
	for (uint32_t uptime = 1000; uptime < 40000; uptime += 137) {
		int64_t now_us = boot_us + uptime * US_PER_MS;

		assert_false(boot_learn(&b, time_floor_s(now_us) * US_PER_S, US_PER_S, uptime));
		assert_true(b.least_us <= boot_us && boot_us < b.most_us);
	}
	assert_true(b.most_us - b.least_us < 20 * US_PER_MS);
	assert_true(boot_us - boot_time(&b, 0) < 20 * US_PER_MS);
	/* Over the wrap at 49.7 days the times go on. */
	b = (struct boot){0};
	assert_false(boot_learn(&b, 5000 * US_PER_S, US_PER_S, 4294967000u));
	assert_int_equal(boot_time(&b, 4294966000u), 4999 * US_PER_S);
	assert_false(boot_learn(&b, 5001 * US_PER_S, US_PER_S, 704));
	assert_int_equal(boot_time(&b, 704), 5001 * US_PER_S);
	assert_int_equal(boot_time(&b, 4294966000u), 4999 * US_PER_S);
	/* Overtaken datagrams are no restart, a new start is. */
	assert_false(boot_learn(&b, 5000 * US_PER_S, US_PER_S, 4294967000u));
	assert_false(boot_learn(&b, 5002 * US_PER_S, US_PER_S, 100704));
	assert_true(boot_learn(&b, 6000 * US_PER_S, US_PER_S, 10));
	assert_int_equal(boot_time(&b, 10), 6000 * US_PER_S);
	/* It ran for 50 s each time: only the other clock tells that none was overtaken. */
	for (int64_t now_s = 6050; now_s < 6600; now_s += 50) {
		assert_false(boot_learn(&b, (now_s - 1) * US_PER_S, US_PER_S, 49010));
		assert_false(boot_learn(&b, (now_s - 3) * US_PER_S, US_PER_S, 47010));
		assert_int_equal(boot_time(&b, 49010), (now_s - 1) * US_PER_S);
		assert_true(boot_learn(&b, now_s * US_PER_S, US_PER_S, 10));
		assert_int_equal(boot_time(&b, 10), now_s * US_PER_S);
	}
}

static void test_clock(void **state)
{
	struct exporters *t = exporters_new(NULL);
	struct ip addr = ip_from_v4(1);
	struct exporter *e = exporters_get(t, exporters_find(t, &addr, true));
	int64_t us = KIT_TIME_S * US_PER_S;

	/* Up to two seconds are delay and rounding. */
	assert_int_equal(exporter_clock(e, us, us + 1500000), 0);
	assert_int_equal(exporter_clock(e, us + US_PER_S, us + US_PER_S + 900000), 0);
	assert_int_equal(e->clock_offset_us, 900000);
	/* An exporter an hour behind: the least difference counts, later delay does not. */
	addr = ip_from_v4(2);
	e = exporters_get(t, exporters_find(t, &addr, true));
	assert_int_equal(exporter_clock(e, us - 3600 * US_PER_S, us), 3600 * US_PER_S);
	assert_int_equal(exporter_clock(e, us - 3600 * US_PER_S, us + 5 * US_PER_S),
			 3600 * US_PER_S);
	assert_true(e->clock_shifted);
	/* Its clock is set back by ten minutes: a new epoch, learnt at once. */
	assert_int_equal(exporter_clock(e, us - 4200 * US_PER_S, us + 6 * US_PER_S),
			 4206 * US_PER_S);
	assert_int_equal(e->clock_epochs, 1);
	/* Its clock drifts away: after two minutes the old least is forgotten. */
	for (int i = 0; i < 130; i++)
		exporter_clock(e, us - 4200 * US_PER_S + i * US_PER_S,
			       us + 6 * US_PER_S + i * US_PER_S + (i > 5 ? 30 * US_PER_S : 0));
	assert_int_equal(e->clock_offset_us, 4236 * US_PER_S);
	exporters_free(t);
}

/* One odd time counts for its own datagram and leaves the others alone; a clock that is set does
 * not. */
static void test_clock_odd(void **state)
{
	struct exporters *t = exporters_new(NULL);
	struct ip addr = ip_from_v4(1);
	struct exporter *e = exporters_get(t, exporters_find(t, &addr, true));
	int64_t us = KIT_TIME_S * US_PER_S, hour = 3600 * US_PER_S;

	for (int i = 0; i < 400; i++, us += US_PER_S) {
		assert_int_equal(exporter_clock(e, us, us), 0);
		if (i % 7 == 0) /* a frame an hour too early, an export time an hour too late */
			assert_int_equal(exporter_clock(e, us, us - hour), -hour);
		if (i % 11 == 0)
			assert_int_equal(exporter_clock(e, us + hour, us), -hour);
		assert_false(e->clock_shifted);
	}
	for (int i = 0; i < 20; i++, us += US_PER_S)
		assert_int_equal(exporter_clock(e, us + hour, us), -hour);
	assert_true(e->clock_shifted);
	assert_int_equal(e->clock_offset_us, -hour);
	/* The last odd one was the first of the eight in a row. */
	assert_int_equal(e->odd_datagrams, 58 + 37 + 6);
	exporters_free(t);
}

static void test_clock_shift_in_records(void **state)
{
	struct kit *k = kit_new();

	k->recv_us = (KIT_TIME_S + 500) * US_PER_S;
	v9_data(1, NOTHING, 1, 0);
	assert_int_equal(kit_send(k, &d), 0);
	assert_int_equal(k->first_us[0], (KIT_TIME_S + 500) * US_PER_S);
	kit_free(k);
}

static void v9_templates(uint16_t from, unsigned n, uint16_t fields)
{
	size_t set;

	v9_open(&d, 1000, KIT_TIME_S, 1, 0);
	set = set_open(&d, 0);
	for (unsigned i = 0; i < n; i++) {
		PUT(&d, 2, from + i, fields);
		for (unsigned f = 0; f < fields; f++)
			PUT(&d, 2, 1, 4);
	}
	set_close(&d, set);
}

static void test_template_bounds(void **state)
{
	struct kit *k = kit_new();

	v9_templates(256, TEMPLATES_PER_DOMAIN, 1);
	assert_int_equal(kit_send(k, &d), 0);
	v9_templates(256, TEMPLATES_PER_DOMAIN, 1); /* a refresh takes no room */
	assert_int_equal(kit_send(k, &d), 0);
	v9_templates(5000, 3, 1);
	assert_int_equal(kit_send(k, &d), 1);
	assert_int_equal(kit_refused(k, REFUSED_TEMPLATE_LIMIT), 3);
	/* Half an hour later the idle ones give way. */
	k->recv_us += TEMPLATE_IDLE_US + 1;
	assert_int_equal(kit_send(k, &d), 0);
	v9_templates(300, 1, TEMPLATE_FIELDS_MAX + 1);
	assert_int_equal(kit_send(k, &d), 1);
	assert_int_equal(kit_refused(k, REFUSED_TEMPLATE_LIMIT), 4);
	v9_templates(301, 1, TEMPLATE_FIELDS_MAX);
	assert_int_equal(kit_send(k, &d), 0);
	kit_free(k);
}

static void test_template_bytes(void **state)
{
	struct kit *k = kit_new();
	unsigned sent = 0;

	/* Large templates run into the exporter's account of bytes long before their number. */
	for (unsigned i = 0; i < TEMPLATES_PER_DOMAIN && !kit_refused(k, REFUSED_TEMPLATE_LIMIT);
	     i++) {
		v9_templates((uint16_t)(256 + i), 1, TEMPLATE_FIELDS_MAX);
		kit_send(k, &d);
		sent++;
	}
	assert_in_range(sent, 100, 1000);
	kit_free(k);
}

static void test_bad_templates(void **state)
{
	struct kit *k = kit_new();
	size_t set;

	v9_open(&d, 1000, KIT_TIME_S, 1, 0);
	set = set_open(&d, 0);
	PUT(&d, 2, 256, 2, 8, 0, 12, 0); /* records of no length */
	PUT(&d, 2, 100, 1, 8, 4);	 /* reserved id */
	PUT(&d, 2, 257, 1, 96, 0xffff);	 /* variable length is not v9 */
	PUT(&d, 2, 258, 1, 8, 4);
	set_close(&d, set);
	set = set_open(&d, 1);
	PUT(&d, 2, 300, 3, 4, 1, 4, 34, 4); /* scope length is no multiple of four */
	set_close(&d, set);
	set = set_open(&d, 258);
	put(&d, SRC, 4);
	set_close(&d, set);
	assert_int_equal(kit_send(k, &d), 1);
	assert_int_equal(kit_refused(k, REFUSED_BAD_TEMPLATE), 4);
	assert_int_equal(kit_refused(k, REFUSED_NO_TEMPLATE), 0);
	v9_open(&d, 1000, KIT_TIME_S, 2, 0);
	set = set_open(&d, 0);
	PUT(&d, 2, 260, 9, 8, 4);
	set_close(&d, set);
	assert_int_equal(kit_send(k, &d), 1);
	assert_int_equal(kit_refused(k, REFUSED_TRUNCATED), 1);
	kit_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sampler_by_id),
		cmocka_unit_test(test_sampling_other_domain),
		cmocka_unit_test(test_sampling_scopes),
		cmocka_unit_test(test_factor),
		cmocka_unit_test(test_no_sampling_rate),
		cmocka_unit_test(test_ipfix_options),
		cmocka_unit_test(test_interface_names),
		cmocka_unit_test(test_override),
		cmocka_unit_test(test_sequence),
		cmocka_unit_test(test_doubted),
		cmocka_unit_test(test_restart_is_no_doubt),
		cmocka_unit_test(test_v9_loss_and_restart),
		cmocka_unit_test(test_boot),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_clock_odd),
		cmocka_unit_test(test_clock_shift_in_records),
		cmocka_unit_test(test_template_bounds),
		cmocka_unit_test(test_template_bytes),
		cmocka_unit_test(test_bad_templates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
