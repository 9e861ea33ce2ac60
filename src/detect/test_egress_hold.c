/* SPDX-License-Identifier: ISC */
/*
 * What an exporter tells of on its way out is the same as what it told of on its way in, whichever
 * comes first; where it never tells of ingress, its egress is all there is.
 */
#include "detect/egress_hold.h"

#include "test_detect_kit.h"

#define SOURCES 100
#define SECONDS 5

static void put_flow(struct bench *b, unsigned i, int64_t us, int64_t recv_us, bool egress)
{
	struct flow f = tcp(0x0b000000u + i, VICTIM, 2000, 80, TH_SYN);
	struct flow_side s = {.sampling = 1, .flags = FLOW_SAMPLING_KNOWN};

	f.packets = 60;
	f.bytes = 2400;
	f.exporter = b->exporter;
	s.flags |= egress ? FLOW_EGRESS : 0;
	assert_int_equal(flow_writer_put(&b->writer, &f, &s, us, us + 990000, recv_us), 0);
}

/* Every second all sources, once for each letter: e on their way out, i on their way in. */
static void told(struct bench *b, const char *order, unsigned cut)
{
	unsigned n = 0;

	for (int64_t second = 0; second < SECONDS; second++)
		for (const char *way = order; *way; way++)
			for (unsigned i = 0; i < SOURCES; i++) {
				int64_t us = T0 + second * US_PER_S;

				put_flow(b, i, us, us + US_PER_S + (way - order) * 200000 + i * 100,
					 *way == 'e');
				if (cut && ++n % cut == 0)
					assert_int_equal(flow_writer_flush(&b->writer), 0);
			}
}

static void expect(struct bench *b, const char *order, uint64_t dropped)
{
	struct detect_stats st;

	bench_end(b);
	detect_stats(b->detect, &st);
	assert_int_equal(b->n, 1);
	assert_int_equal(b->last[0].packets, 60 * SOURCES * SECONDS);
	assert_int_equal(b->last[0].peak_pps, 60 * SOURCES);
	assert_int_equal(b->last[0].sources.top[0].syn_best, 60);
	assert_int_equal(b->last[0].sources.syn[UNIT_ADDRESS].le_100, SOURCES);
	assert_int_equal(st.records, strlen(order) * SOURCES * SECONDS);
	assert_int_equal(st.dedup_dropped, dropped);
	bench_free(b);
}

static void test_each_packet_once(void **state)
{
	static const char *const orders[] = {"i", "ie", "ei", "e"};
	static const unsigned cuts[] = {0, 1, 30, 999};

	for (unsigned k = 0; k < sizeof(cuts) / sizeof(*cuts); k++)
		for (unsigned i = 0; i < sizeof(orders) / sizeof(*orders); i++) {
			struct bench b;

			bench_start(&b, 1, false);
			if (k % 2)
				detect_set_live(b.detect);
			told(&b, orders[i], cuts[k]);
			expect(&b, orders[i], orders[i][1] ? SOURCES * SECONDS : 0);
		}
}

/* More than may wait, and a file that ends before they were due. */
static void test_bounded(void **state)
{
	struct detect_stats st;
	struct bench b;

	bench_start(&b, 1, false);
	for (unsigned i = 0; i < 3 * RECORD_HELD_MAX; i++)
		put_flow(&b, i, T0, T0 + US_PER_S + i * 100, true);
	bench_end(&b);
	detect_stats(b.detect, &st);
	assert_int_equal(st.records, 3 * RECORD_HELD_MAX);
	assert_int_equal(st.dedup_dropped, 0);
	assert_int_equal(b.n, 1);
	assert_int_equal(b.last[0].packets, 3 * RECORD_HELD_MAX * 60);
	assert_int_equal(b.last[0].sources.count, 3 * RECORD_HELD_MAX);
	bench_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_packet_once),
		cmocka_unit_test(test_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
