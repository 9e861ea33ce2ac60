/* SPDX-License-Identifier: ISC */
/*
 * Proves what is said of sampled packets: a flood shows in few of them, a crowd does not become one
 * by chance or by the order in which routers tell of it.
 */
#include <stdlib.h>

#include "detect/test_detect_kit.h"
#include "detect/usual.h"

/* 1:1000: 20 samples a second show an attack of 20,000 SYN/s, one or two show nothing. */
static void test_sampled(void **state)
{
	struct bench b;

	bench_start(&b, 1, false);
	for (unsigned i = 0; i < 100; i++) {
		int64_t us = T0 + i * 50000;

		put(&b, tcp(FORGED(i), VICTIM, 2000, 80, TH_SYN), 1000, true, us, us, us);
	}
	for (unsigned i = 0; i < 10; i++) {
		int64_t us = T0 + i * 500000;

		put(&b, tcp(FORGED(i), VICTIM + 0x10000, 2000, 80, TH_SYN), 1000, true, us, us, us);
	}
	bench_end(&b);
	assert_int_equal(b.n, 1);
	assert_int_equal(ip_v4(&b.last[0].target.addr), VICTIM);
	assert_int_equal(b.last[0].sources.syn[UNIT_ADDRESS].ge_1000, 0);
	assert_true(b.last[0].blind_pps > 2500);
	bench_free(&b);
}

/* Of 70,000 packets a 1:1000 exporter shows 70, and of 60 senders about 40: still NTP. */
static void test_few_samples_of_reflectors(void **state)
{
	struct bench b;

	bench_start(&b, 1, true);
	for (unsigned i = 0; i < 70; i++) {
		int64_t us = T0 + i * 150000;
		struct flow f =
			tcp(0x0b000000u + (uint32_t)(hash_u64(i, 1) % 60), VICTIM, 123, 4000, 0);

		f.proto = PROTO_UDP;
		f.bytes = 468;
		put(&b, f, 1000, true, us, us, us);
	}
	bench_end(&b);
	assert_int_equal(b.n, 1);
	assert_int_equal(b.last[0].vectors[0].vector, VECTOR_AMPLIFICATION);
	assert_true(b.last[0].sources.count < 50);
	bench_free(&b);
}

/* @syn requests and @others of connections in one second, each told of once, 1 in 1,000. */
static unsigned told_of_sampled(unsigned syn, unsigned others)
{
	struct bench b;
	unsigned n = syn + others;

	bench_start(&b, 1, true);
	for (unsigned i = 0; i < n; i++) {
		int64_t us = T0 + i * US_PER_S / n;
		uint8_t flags = i * syn / n < (i + 1) * syn / n ? TH_SYN : TH_ACK;

		put(&b, tcp(FORGED(i), VICTIM, 2000, 80, flags), 1000, true, us, us, us);
	}
	bench_end(&b);
	bench_free(&b);
	return b.n;
}

/* Ten of seventeen packets are requests by chance, of clients who send one in five; eight of eight
 * are not. */
static void test_few_samples_of_a_crowd(void **state)
{
	assert_int_equal(told_of_sampled(8, 0), 1);
	assert_int_equal(told_of_sampled(10, 7), 0);
	assert_int_equal(told_of_sampled(40, 10), 1);
}

/* Of a crowd's sampled flows a router tells the FIN at once and all else after 15 seconds: the FINs
 * alone are no usual level. */
static void test_learns_what_is_told_whole(void **state)
{
	struct prefix key = {.addr = ip_from_v4(VICTIM), .len = 128};
	struct usual *u = usual_new(&key);

	assert_non_null(u);
	for (int64_t second = 1000; second < 1040; second++) {
		usual_turn(u, second);
		usual_late(u);
		usual_add(u, METER_TCP, second < 1015 ? 100 : 400);
	}
	assert_in_range(u->seconds, 16, 20);
	assert_true(u->rate[METER_TCP] == 400);
	free(u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sampled),
		cmocka_unit_test(test_few_samples_of_reflectors),
		cmocka_unit_test(test_few_samples_of_a_crowd),
		cmocka_unit_test(test_learns_what_is_told_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
