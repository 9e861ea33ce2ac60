/* SPDX-License-Identifier: ISC */
/*
 * Two routers of unknown sides tell of the same packets: whatever is summed up of an attack (its
 * sources and their classes, vectors, connections, ports) is told once, by the one that counts.
 */
#include "test_detect_kit.h"

#define SECONDS 5

static void begin(struct bench *b, bool capture, uint16_t exporter[2])
{
	struct ip from = ip_from_v4(0x7f000002);

	bench_start(b, 1, capture);
	exporter[0] = b->exporter;
	exporter[1] = capture ? exporters_add_capture(b->exporters, "other")
			      : exporters_find(b->exporters, &from, true);
}

/* 100 sources of 60 SYN a second, flow by flow; the second router samples one in @sampling. */
static void told_by_both(struct bench *b, const uint16_t exporter[2], uint32_t sampling,
			 uint32_t packets)
{
	for (int64_t second = 0; second < SECONDS; second++)
		for (unsigned e = 0; e < 2; e++)
			for (unsigned i = 0; i < (e ? 6000 / (packets * sampling) : 100); i++) {
				int64_t us = T0 + second * US_PER_S;
				struct flow f = tcp(0x0b000000u + i, VICTIM, 2000, 80, TH_SYN);

				f.packets = e ? packets : 60;
				f.bytes = 40 * f.packets;
				b->exporter = exporter[e];
				put(b, f, e ? sampling : 1, false, us, us + 990000, us + US_PER_S);
			}
}

static void expect_once(const struct bench *b)
{
	const struct finding *f = &b->last[0];

	assert_int_equal(b->n, 1);
	assert_int_equal(f->dedup, DEDUP_MAX);
	assert_int_equal(f->packets, 6000 * SECONDS);
	assert_int_equal(f->vectors[0].packets, f->packets);
	assert_int_equal(f->vectors[0].bytes, f->bytes);
	assert_int_equal(f->peak_pps, 6000);
	assert_int_equal(f->sources.count, 100);
	assert_int_equal(f->sources.syn[UNIT_ADDRESS].le_100, 100);
	assert_int_equal(f->sources.syn[UNIT_24].ge_1000, 1);
	assert_int_equal(f->sources.top[0].packets, 60 * SECONDS);
	assert_int_equal(f->sources.top[0].syn_best, 60);
	assert_int_equal(f->handshakes_begun, 6000 * SECONDS);
}

static void test_both_see_all(void **state)
{
	uint16_t exporter[2];
	struct bench b;

	begin(&b, false, exporter);
	told_by_both(&b, exporter, 1, 60);
	bench_end(&b);
	expect_once(&b);
	bench_free(&b);
}

/* The one that samples is not believed, whoever speaks first. */
static void test_one_samples(void **state)
{
	for (unsigned order = 0; order < 2; order++) {
		uint16_t exporter[2], turned[2];
		struct bench b;

		begin(&b, false, exporter);
		turned[order] = exporter[0];
		turned[1 - order] = exporter[1];
		told_by_both(&b, turned, 1000, 1);
		bench_end(&b);
		expect_once(&b);
		bench_free(&b);
	}
}

/* Of packets: connections complete once, and a scan that two tell of is still one. */
static void test_packets_of_both(void **state)
{
	uint16_t exporter[2];
	struct bench b;

	begin(&b, true, exporter);
	for (unsigned i = 0; i < 20000; i++)
		for (unsigned e = 0; e < 2; e++) {
			int64_t us = T0 + i * 200;

			b.exporter = exporter[e];
			put(&b, tcp(0x0a000005, VICTIM, 4000, (uint16_t)i, TH_SYN), 1, true, us, us,
			    us);
		}
	bench_end(&b);
	assert_int_equal(b.n, 1);
	assert_int_equal(b.last[0].kind, FINDING_SCAN);
	assert_int_equal(b.last[0].packets, 20000);
	assert_int_equal(b.last[0].sources.top[0].packets, 20000);
	bench_free(&b);

	begin(&b, true, exporter);
	for (unsigned i = 0; i < 40000; i++)
		for (unsigned e = 0; e < 2; e++) {
			int64_t us = T0 + i * 100;

			b.exporter = exporter[e];
			put(&b, tcp(FORGED(i), VICTIM, 2000, 80, TH_SYN), 1, true, us, us, us);
			put(&b, tcp(FORGED(i), VICTIM, 2000, 80, TH_ACK), 1, true, us + 1, us + 1,
			    us + 1);
		}
	bench_end(&b);
	assert_int_equal(b.n, 1);
	assert_int_equal(b.last[0].vectors[0].vector, VECTOR_CONN_FLOOD);
	assert_int_equal(b.last[0].handshakes_begun, 40000);
	assert_in_range(b.last[0].handshakes_done, 37000, 40000);
	bench_free(&b);
}

/* Where each sees its own part of the senders, none of them is lost. */
static void test_each_sees_a_part(void **state)
{
	uint16_t exporter[2];
	struct bench b;

	begin(&b, false, exporter);
	for (int64_t second = 0; second < SECONDS; second++)
		for (unsigned i = 0; i < 180; i++) {
			int64_t us = T0 + second * US_PER_S;
			struct flow f = tcp(0x0b000000u + i, VICTIM, 2000, 80, TH_SYN);

			f.packets = 60;
			f.bytes = 2400;
			b.exporter = exporter[i >= 100];
			put(&b, f, 1, false, us, us + 990000, us + US_PER_S);
		}
	bench_end(&b);
	assert_int_equal(b.n, 1);
	assert_int_equal(b.last[0].packets, 6000 * SECONDS); /* the most that one saw */
	assert_int_equal(b.last[0].sources.count, 180);
	assert_int_equal(b.last[0].sources.syn[UNIT_ADDRESS].le_100, 180);
	bench_free(&b);
}

/* One exporter: flows that began before the attack are in neither figure. */
static void test_total_is_sum_of_vectors(void **state)
{
	struct bench b;

	bench_start(&b, 1, false);
	for (unsigned i = 0; i < 20000; i++) {
		int64_t us = T0 + 20 * US_PER_S + (int64_t)i * 500;

		put(&b, tcp(FORGED(i), VICTIM, 2000, 80, TH_SYN), 1000, false,
		    us - (i % 40 == 0 ? 15 * US_PER_S : 0), us, us + US_PER_S);
	}
	bench_end(&b);
	assert_int_equal(b.n, 1);
	assert_int_equal(b.last[0].n_vectors, 1);
	assert_int_equal(b.last[0].vectors[0].packets, b.last[0].packets);
	assert_int_equal(b.last[0].vectors[0].bytes, b.last[0].bytes);
	bench_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_see_all),
		cmocka_unit_test(test_one_samples),
		cmocka_unit_test(test_packets_of_both),
		cmocka_unit_test(test_each_sees_a_part),
		cmocka_unit_test(test_total_is_sum_of_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
