/* SPDX-License-Identifier: ISC */
/*
 * Odd times of arrival in a file: an attack stays whole among them, and a clock that goes on
 * elsewhere is still one.
 */
#include "detect/odd_time.h"

#include "test_detect_kit.h"

#define PPS	20000
#define SECONDS 2
#define OTHER	0xc6336409u
#define HOUR_US (3600 * US_PER_S)
#define FAR_US	(INT64_C(4294967290) * US_PER_S) /* in 2106 */

static void put_at(struct bench *b, uint32_t src, uint32_t dst, uint8_t flags, int64_t us)
{
	put(b, tcp(src, dst, 2000, 80, flags), 1, true, us, us, us);
}

static void cut_batch(struct bench *b)
{
	assert_int_equal(flow_writer_flush(&b->writer), 0);
}

/*
 * A flood of 2 s. One frame in @each is another probe's, whose clock is off by @off_us. @cut:
 * records to a batch, 0 as many as it holds. Return: odd ones.
 */
static unsigned odd_flood(struct bench *b, unsigned each, int64_t off_us, unsigned cut)
{
	unsigned odd = 0;

	for (unsigned i = 0; i < SECONDS * PPS; i++) {
		int64_t us = T0 + (int64_t)i * US_PER_S / PPS;

		if (i % each == 1) {
			put_at(b, 0x0a000001, OTHER, TH_ACK, us + off_us);
			odd++;
		}
		put_at(b, FORGED(i), VICTIM, TH_SYN, us);
		if (cut && i % cut == 0)
			cut_batch(b);
	}
	return odd;
}

static void expect_whole(struct bench *b, unsigned odd)
{
	const struct finding *f = &b->last[0];
	struct detect_stats st;

	detect_stats(b->detect, &st);
	assert_int_equal(b->n, 1);
	assert_int_equal(f->packets, SECONDS * PPS);
	assert_int_equal(f->peak_pps, PPS);
	assert_int_equal(f->first_us, T0);
	assert_true(f->sources.count > 38000 && f->sources.count < 42000);
	assert_int_equal(st.epochs, 0);
	assert_int_equal(st.odd_times, odd);
	assert_int_equal(exporters_get(b->exporters, b->exporter)->odd_times, odd);
	/* They count, but not at their time. */
	assert_int_equal(st.packets, SECONDS * PPS + odd);
	assert_true(st.first_us == T0 && st.last_us < T0 + SECONDS * US_PER_S);
}

/* Behind by an hour (a probe without summer time), ahead by seconds or years, few and many. */
static void test_attack_stays_whole(void **state)
{
	static const int64_t off[] = {-HOUR_US,	   HOUR_US, 400 * US_PER_S, 100 * US_PER_S,
				      FAR_US - T0, -T0,	    -61 * US_PER_S, 11 * US_PER_S};
	static const unsigned each[] = {60000, 3000, 500, 2};
	struct bench b;

	for (unsigned i = 0; i < ARRAY_LEN(off); i++)
		for (unsigned k = 0; k < ARRAY_LEN(each); k++) {
			unsigned odd;

			bench_start(&b, 1, true);
			odd = odd_flood(&b, each[k], off[i], 0);
			bench_end(&b);
			expect_whole(&b, odd);
			bench_free(&b);
		}
}

/* However the sensor cuts its batches, and whoever carries the shards. */
static void test_odd_batches(void **state)
{
	static const unsigned cut[] = {1, 7, 300};
	struct bench b;

	for (unsigned i = 0; i < ARRAY_LEN(cut); i++) {
		unsigned odd;

		bench_start(&b, i + 1, true);
		odd = odd_flood(&b, 500, -HOUR_US, cut[i]);
		bench_end(&b);
		expect_whole(&b, odd);
		bench_free(&b);
	}
}

/* A burst of the other probe that fills no second is no clock. */
static void test_burst(void **state)
{
	struct detect_stats st;
	struct bench b;

	bench_start(&b, 1, true);
	flood(&b, VICTIM, PPS, 2, T0);
	for (unsigned i = 0; i < RECORD_HELD_MAX - 1; i++)
		put_at(&b, 0x0a000001, OTHER, TH_ACK, T0 - HOUR_US + i);
	flood(&b, VICTIM, PPS, 2, T0 + 2 * US_PER_S);
	bench_end(&b);
	detect_stats(b.detect, &st);
	assert_int_equal(b.n, 1);
	assert_int_equal(b.last[0].packets, 4 * PPS);
	assert_int_equal(st.odd_times, RECORD_HELD_MAX - 1);
	assert_int_equal(st.epochs, 0);
	bench_free(&b);
}

static void expect_epochs(struct bench *b, uint64_t epochs)
{
	struct detect_stats st;

	bench_end(b);
	detect_stats(b->detect, &st);
	assert_int_equal(st.odd_times, 0);
	assert_int_equal(st.epochs, epochs);
	bench_free(b);
}

/* Captures one after the other, small ones among them; a pause of hours; a clock set back. */
static void test_other_clock(void **state)
{
	struct bench b;

	bench_start(&b, 1, true);
	flood(&b, OTHER, 100, 3, T0);
	flood(&b, OTHER, 100, 1, T0 - 9 * HOUR_US);
	flood(&b, OTHER, 100, 0.5, T0 - 20 * HOUR_US);
	flood(&b, OTHER, 10, 1, T0 + 5 * HOUR_US);
	flood(&b, OTHER, 100, 2, T0 - HOUR_US);
	expect_epochs(&b, 4);

	/* Of a coarse clock: all at one time. */
	bench_start(&b, 1, true);
	flood(&b, OTHER, 100, 1, T0);
	for (unsigned i = 0; i < RECORD_HELD_MAX; i++)
		put_at(&b, FORGED(i), OTHER, TH_SYN, T0 - HOUR_US);
	flood(&b, OTHER, 100, 1, T0 - HOUR_US);
	expect_epochs(&b, 1);
}

/* A frame every ten minutes: the clock goes on with each, also where few come. */
static void test_sparse(void **state)
{
	static const unsigned frames[] = {2, 5, 8, 9, 40};
	struct bench b;

	for (unsigned i = 0; i < ARRAY_LEN(frames); i++) {
		bench_start(&b, 1, true);
		for (unsigned k = 0; k < frames[i]; k++)
			put_at(&b, FORGED(k), OTHER, TH_SYN, T0 + k * 600 * US_PER_S);
		expect_epochs(&b, frames[i] - 1);
	}
}

/* Flow records whose frame came at an odd time keep their own, which are right. */
static void test_flows_keep_their_time(void **state)
{
	struct bench b;

	bench_start(&b, 1, false);
	for (unsigned i = 0; i < 3000; i++) {
		int64_t us = T0 + i * 1000;
		struct flow f = tcp(FORGED(i), VICTIM, 2000, 80, TH_SYN);

		f.packets = 10;
		f.bytes = 400;
		put(&b, f, 1, false, us, us, us + (i % 100 == 50 ? HOUR_US : US_PER_S));
	}
	bench_end(&b);
	assert_int_equal(b.n, 1);
	assert_int_equal(b.last[0].packets, 30000);
	assert_int_equal(b.last[0].peak_pps, 10000);
	assert_int_equal(b.last[0].first_us, T0);
	bench_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attack_stays_whole),
		cmocka_unit_test(test_odd_batches),
		cmocka_unit_test(test_burst),
		cmocka_unit_test(test_other_clock),
		cmocka_unit_test(test_sparse),
		cmocka_unit_test(test_flows_keep_their_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
