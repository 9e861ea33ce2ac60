/* SPDX-License-Identifier: ISC */
/*
 * Proves what is said of sampled packets: a flood shows in few of them, a crowd does not become one
 * by chance or by the order in which routers tell of it.
 */
#include "detect/hot.h"
#include "detect/test_detect_kit.h"

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

/* Seconds that are learnt of twenty in which a flow a second ended. */
static unsigned learnt(uint32_t sampling)
{
	struct conf *conf = conf_default();
	struct prefix key = {.addr = ip_from_v4(VICTIM), .len = 128};
	struct hot *h = hot_new(&key, LEVEL_HOST, &conf->thresholds, 1);
	unsigned seconds;

	assert_non_null(h);
	for (unsigned i = 0; i < 20; i++) {
		struct flow f = tcp(FORGED(i), VICTIM, 2000, 80, TH_FIN | TH_ACK);
		struct flow_side side = {.sampling = sampling, .flags = FLOW_SAMPLING_KNOWN};
		int64_t us = T0 + i * US_PER_S;
		struct hot_record r = {.f = &f,
				       .s = &side,
				       .first_us = us,
				       .last_us = us,
				       .recv_us = us,
				       .spread_first_us = us,
				       .spread_last_us = us,
				       .weight = sampling};

		assert_int_equal(hot_in(h, &r), 0);
		hot_learn(h, h->meters.newest);
	}
	seconds = h->baseline_s;
	hot_free(h);
	conf_unref(conf);
	return seconds;
}

/* Of a crowd's sampled flows a router tells the FIN at once and all else after 15 seconds: the FINs
 * alone are no usual level. */
static void test_learns_what_is_told_whole(void **state)
{
	assert_in_range(learnt(1), 14, 17);
	assert_in_range(learnt(100), 1, 3);
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
