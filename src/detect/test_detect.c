/* SPDX-License-Identifier: ISC */
/*
 * Proves the engine on traffic built here: what crosses is found in time and once, what is ordinary
 * is not, clocks that jump do no harm, and threads do not change a figure.
 */
#include "detect/test_detect_kit.h"

static void test_syn_flood(void **state)
{
	struct bench b;

	bench_start(&b, 1, true);
	flood(&b, VICTIM, 5000, 10, T0);
	bench_end(&b);
	assert_int_equal(b.n, 1);
	assert_int_equal(b.last[0].state, FINDING_CLOSED);
	assert_int_equal(b.last[0].level, LEVEL_HOST);
	assert_int_equal(b.last[0].vectors[0].vector, VECTOR_SYN_FLOOD);
	assert_int_equal(b.last[0].packets, 50000);
	assert_int_equal(b.last[0].peak_pps, 5000);
	assert_int_equal(b.last[0].peak_syn_per_s, 5000);
	assert_true(b.last[0].first_us == T0);
	assert_true(b.last[0].noroshi_delay_us < 1000000);
	assert_int_equal(b.last[0].pulses, 1);
	assert_int_equal(b.last[0].n_series, 10);
	bench_free(&b);
}

static void test_below_threshold(void **state)
{
	struct bench b;

	bench_start(&b, 1, true);
	flood(&b, VICTIM, 2400, 20, T0);
	bench_end(&b);
	assert_int_equal(b.n, 0);
	bench_free(&b);
}

static void test_just_over(void **state)
{
	struct bench b;

	bench_start(&b, 1, true);
	flood(&b, VICTIM, 3125, 6, T0 + 330000);
	bench_end(&b);
	assert_int_equal(b.n, 1);
	assert_true(b.last[0].noroshi_delay_us < 3000000);
	bench_free(&b);
}

/* Bursts of two seconds, fifteen apart, are one attack of four pulses. */
static void test_pulses(void **state)
{
	struct bench b;

	bench_start(&b, 1, true);
	for (int i = 0; i < 4; i++)
		flood(&b, VICTIM, 5000, 2, T0 + i * 15 * US_PER_S);
	flood(&b, VICTIM + 0x10000, 10, 100, T0 + 48 * US_PER_S);
	bench_end(&b);
	assert_int_equal(b.n, 1);
	assert_int_equal(b.last[0].pulses, 4);
	bench_free(&b);
}

/* A burst after more than a minute of quiet is another attack. */
static void test_two_attacks(void **state)
{
	struct bench b;

	bench_start(&b, 1, true);
	flood(&b, VICTIM, 5000, 2, T0);
	flood(&b, VICTIM + 0x10000, 10, 98, T0 + 2 * US_PER_S);
	flood(&b, VICTIM, 5000, 2, T0 + 100 * US_PER_S);
	bench_end(&b);
	assert_int_equal(b.n, 2);
	assert_int_equal(b.last[0].state, FINDING_CLOSED);
	assert_true(b.last[0].last_us < T0 + 3 * US_PER_S);
	bench_free(&b);
}

/* A host whose own threshold is higher is not told as its prefix instead. */
static void test_one_host_is_no_carpet(void **state)
{
	static const char yaml[] = "protected:\n"
				   "  - name: test server\n"
				   "    prefixes: 198.51.100.1/32\n"
				   "    thresholds: {syn_flood: 50000, any: 1Mpps}\n";
	_cleanup_text_ struct text why = TEXT_NULL;
	struct conf *conf = conf_load_text("test.yaml", yaml, strlen(yaml), &why);
	struct bench b;

	bench_start_with(&b, conf, 1, true);
	flood(&b, VICTIM, 12000, 5, T0);
	bench_end(&b);
	assert_int_equal(b.n, 0);
	bench_free(&b);
	/* Six that share the same rate are a carpet. */
	bench_start(&b, 1, true);
	for (unsigned i = 0; i < 60000; i++) {
		int64_t us = T0 + i * 83;

		put(&b, tcp(FORGED(i), VICTIM + i % 6, 2000, 80, TH_SYN), 1, true, us, us, us);
	}
	bench_end(&b);
	assert_int_equal(b.n, 1);
	assert_int_equal(b.last[0].level, LEVEL_PREFIX);
	bench_free(&b);
}

/* Handshakes that complete explain their SYNs, however many there are. */
static void test_flash_crowd(void **state)
{
	struct bench b;
	int64_t rtt = 80000;

	bench_start(&b, 1, true);
	for (unsigned i = 0; i < 40000; i++) {
		int64_t us = T0 + i * 125, at;
		unsigned k = i - (unsigned)(rtt / 125);

		put(&b, tcp(FORGED(i), VICTIM, 2000, 80, TH_SYN), 1, true, us, us, us);
		if (i < rtt / 125)
			continue;
		at = us + 50;
		put(&b, tcp(FORGED(k), VICTIM, 2000, 80, TH_ACK), 1, true, at, at, at);
	}
	bench_end(&b);
	for (unsigned i = 0; i < b.n; i++)
		assert_int_not_equal(b.last[i].vectors[0].vector, VECTOR_SYN_FLOOD);
	bench_free(&b);
}

/* Resets that answer a flooder are no attack on him. */
static void test_answers(void **state)
{
	struct bench b;

	bench_start(&b, 1, true);
	for (unsigned i = 0; i < 40000; i++) {
		int64_t us = T0 + i * 100;

		put(&b, tcp(0x0a000005, VICTIM, (uint16_t)i, 80, TH_SYN), 1, true, us, us, us);
		put(&b, tcp(VICTIM, 0x0a000005, 80, (uint16_t)i, TH_RST | TH_ACK), 1, true, us + 10,
		    us + 10, us + 10);
	}
	bench_end(&b);
	assert_int_equal(b.n, 1);
	assert_int_equal(ip_v4(&b.last[0].target.addr), VICTIM);
	bench_free(&b);
}

/* Flows of a minute that end together are no burst. */
static void test_long_flows(void **state)
{
	struct bench b;

	bench_start(&b, 1, false);
	for (unsigned i = 0; i < 2000; i++) {
		struct flow f = tcp(FORGED(i), VICTIM, 2000, 443, TH_ACK);

		f.packets = 240;
		f.bytes = 240 * 1400;
		put(&b, f, 1, false, T0, T0 + 60 * US_PER_S - 1, T0 + 61 * US_PER_S + i * 100);
	}
	bench_end(&b);
	assert_int_equal(b.n, 0);
	bench_free(&b);
}

/* The same packets twice as fast are an attack, found when their records come. */
static void test_long_flows_over(void **state)
{
	struct bench b;

	bench_start(&b, 1, false);
	for (unsigned i = 0; i < 4000; i++) {
		struct flow f = tcp(FORGED(i), VICTIM, 2000, 443, TH_ACK);

		f.packets = 600;
		f.bytes = 600 * 60;
		put(&b, f, 1, false, T0, T0 + 60 * US_PER_S - 1, T0 + 61 * US_PER_S + i * 100);
	}
	bench_end(&b);
	assert_int_equal(b.n, 1);
	assert_int_equal(b.last[0].peak_pps, 40000);
	assert_true(b.last[0].noroshi_delay_us < 1500000);
	bench_free(&b);
}

static void test_carpet(void **state)
{
	struct bench b;

	bench_start(&b, 1, true);
	for (unsigned i = 0; i < 100000; i++) {
		int64_t us = T0 + i * 50;
		uint32_t dst = (VICTIM & ~0xffu) + i % 256;

		put(&b, tcp(FORGED(i), dst, 2000, 80, TH_SYN), 1, true, us, us, us);
	}
	bench_end(&b);
	assert_int_equal(b.n, 1);
	assert_int_equal(b.last[0].level, LEVEL_PREFIX);
	assert_int_equal(b.last[0].target.len, 120);
	assert_int_equal(b.last[0].hosts_hit, 256);
	bench_free(&b);
}

static void test_scan(void **state)
{
	struct bench b;

	bench_start(&b, 1, true);
	for (unsigned i = 0; i < 20000; i++) {
		int64_t us = T0 + i * 200;

		put(&b, tcp(0x0a000005, VICTIM, 4000, (uint16_t)i, TH_SYN), 1, true, us, us, us);
	}
	bench_end(&b);
	assert_int_equal(b.n, 1);
	assert_int_equal(b.last[0].kind, FINDING_SCAN);
	bench_free(&b);
}

/* The course of an attack is kept when the rings forget it, in steps that add up to its packets. */
static void test_series_kept(void **state)
{
	struct bench b;

	bench_start(&b, 1, true);
	flood(&b, VICTIM, 5000, 10, T0);
	for (int i = 0; i < 5; i++)
		flood(&b, VICTIM + 0x10000, 10, 1, T0 + (110 + 200 * i) * US_PER_S);
	bench_end(&b);
	assert_int_equal(b.n, 1);
	assert_int_equal(b.series_packets, 50000);
	bench_free(&b);
}

/* Time stamps that jump by years and run back end what is open and harm nothing. */
static void test_jumps(void **state)
{
	static const int64_t at[] = {0, 400 * US_PER_S, -US_PER_S * 100,
				     INT64_C(31536000) * 9 * US_PER_S,
				     -INT64_C(31536000) * 20 * US_PER_S};
	struct detect_stats st;
	struct bench b;

	bench_start(&b, 1, true);
	for (unsigned i = 0; i < ARRAY_LEN(at); i++)
		flood(&b, VICTIM, 5000, 2, T0 + at[i]);
	bench_end(&b);
	assert_int_equal(b.n, ARRAY_LEN(at));
	detect_stats(b.detect, &st);
	assert_int_equal(st.epochs, ARRAY_LEN(at) - 1);
	bench_free(&b);
}

static void expect_same_path(struct finding *a, struct finding *b)
{
	assert_true(a->path->n_links > 0 && a->path->n_links == b->path->n_links);
	for (unsigned i = 0; i < a->path->n_links; i++) {
		assert_true(a->path->link[i].packets == b->path->link[i].packets);
		assert_true(a->path->link[i].load_most_bps == b->path->link[i].load_most_bps);
	}
	b->path = a->path;
}

static void run_mixed(struct bench *b, unsigned threads)
{
	bench_start(b, threads, true);
	for (unsigned i = 0; i < 200000; i++) {
		int64_t us = T0 + i * 25;
		uint32_t dst = VICTIM + (i % 7) * 0x10000;

		put(b, tcp(FORGED(i), dst, 2000, (uint16_t)(80 + i % 3), i % 5 ? TH_SYN : TH_ACK),
		    1, true, us, us, us);
	}
	bench_end(b);
}

static void test_threads(void **state)
{
	struct bench one, many;

	run_mixed(&one, 1);
	assert_true(one.n > 0);
	for (unsigned threads = 2; threads <= 4; threads++) {
		run_mixed(&many, threads);
		assert_int_equal(many.n, one.n);
		for (unsigned i = 0; i < one.n; i++) {
			memcpy(many.last[i].evidence, one.last[i].evidence,
			       sizeof(one.last[i].evidence));
			many.last[i].series = one.last[i].series;
			expect_same_path(&one.last[i], &many.last[i]);
			many.last[i].facts = one.last[i].facts;
			assert_memory_equal(&many.last[i], &one.last[i], sizeof(one.last[i]));
		}
		bench_free(&many);
	}
	bench_free(&one);
}

/* However the sensor cuts its batches (live they are small), the same is found. */
static void test_batches(void **state)
{
	struct bench whole, cut;

	for (unsigned each = 1; each < 700; each = each * 5 + 2) {
		bench_start(&whole, 1, true);
		bench_start(&cut, 1, true);
		for (unsigned i = 0; i < 12000; i++) {
			int64_t us = T0 + i * 100;
			struct flow f =
				tcp(FORGED(i), VICTIM + (i % 3) * 0x10000, 2000, 80, TH_SYN);

			put(&whole, f, 1, true, us, us, us);
			put(&cut, f, 1, true, us, us, us);
			if (i % each == 0)
				assert_int_equal(flow_writer_flush(&cut.writer), 0);
		}
		bench_end(&whole);
		bench_end(&cut);
		assert_int_equal(whole.n, 3);
		assert_int_equal(cut.n, whole.n);
		for (unsigned i = 0; i < whole.n; i++) {
			memcpy(cut.last[i].evidence, whole.last[i].evidence,
			       sizeof(whole.last[i].evidence));
			cut.last[i].series = whole.last[i].series;
			expect_same_path(&whole.last[i], &cut.last[i]);
			cut.last[i].facts = whole.last[i].facts;
			assert_memory_equal(&cut.last[i], &whole.last[i], sizeof(cut.last[i]));
		}
		bench_free(&whole);
		bench_free(&cut);
	}
}

/* Live, a silent exporter during an attack is lost sight, never an end. */
static void test_lost_sight(void **state)
{
	struct flow_sink flows;
	struct bench b;

	bench_start(&b, 1, false);
	flood(&b, VICTIM, 5000, 3, T0);
	assert_int_equal(flow_writer_flush(&b.writer), 0);
	flows = detect_sink(b.detect);
	for (int i = 0; i < 120; i++)
		assert_int_equal(flows.clock(flows.userdata, T0 + (3 + i) * US_PER_S), 0);
	assert_int_equal(b.n, 1);
	assert_int_equal(b.last[0].state, FINDING_LOST_SIGHT);
	flood(&b, VICTIM, 5000, 3, T0 + 123 * US_PER_S);
	bench_end(&b);
	assert_int_equal(b.n, 1);
	bench_free(&b);
}

/* Let the exporter tell of one ordinary packet to somebody else, and the clock go on by a second.
 */
static void quiet_second(struct bench *b, int64_t us)
{
	struct flow_sink flows = detect_sink(b->detect);

	put(b, tcp(0x0a000001, 0xc6336409, 2000, 443, TH_ACK), 1, false, us, us, us);
	assert_int_equal(flow_writer_flush(&b->writer), 0);
	for (unsigned i = 1; i <= 4; i++)
		assert_int_equal(flows.clock(flows.userdata, us + i * US_PER_S / 4), 0);
}

/*
 * As the exporter speaks again its time leaps, and what it leapt over nobody saw: the attack is not
 * over by it, but after a minute that was seen.
 */
static void test_sight_returns(void **state)
{
	struct flow_sink flows;
	struct bench b;
	int64_t back_us = T0 + 403 * US_PER_S;

	bench_start(&b, 1, false);
	detect_set_live(b.detect);
	flood(&b, VICTIM, 5000, 3, T0);
	assert_int_equal(flow_writer_flush(&b.writer), 0);
	flows = detect_sink(b.detect);
	for (int i = 0; i < 400; i++)
		assert_int_equal(flows.clock(flows.userdata, T0 + (3 + i) * US_PER_S), 0);
	assert_int_equal(b.last[0].state, FINDING_LOST_SIGHT);
	for (int i = 0; i < 45; i++) {
		quiet_second(&b, back_us + i * US_PER_S);
		assert_int_not_equal(b.last[0].state, FINDING_CLOSED);
	}
	/* It was there all the time. */
	flood(&b, VICTIM, 5000, 3, back_us + 45 * US_PER_S);
	quiet_second(&b, back_us + 48 * US_PER_S);
	assert_int_equal(b.last[0].state, FINDING_OPEN);
	for (int i = 49; i < 100; i++) {
		quiet_second(&b, back_us + i * US_PER_S);
		assert_int_not_equal(b.last[0].state, FINDING_CLOSED);
	}
	for (int i = 100; i < 120; i++)
		quiet_second(&b, back_us + i * US_PER_S);
	assert_int_equal(b.last[0].state, FINDING_CLOSED);
	assert_int_equal(b.n, 1);
	bench_end(&b);
	bench_free(&b);
}

/* Live, a clock that leaps has leapt over time in which nobody looked, be it of exports or packets.
 */
static void stop_and_go(bool capture, int64_t stop_us)
{
	int64_t back_us = T0 + 3 * US_PER_S + stop_us;
	struct detect_stats st;
	struct bench b;

	bench_start(&b, 1, capture);
	detect_set_live(b.detect);
	flood(&b, VICTIM, 5000, 3, T0);
	assert_int_equal(flow_writer_flush(&b.writer), 0);
	/* What lay in the socket all the time comes after the first tick. */
	assert_int_equal(detect_sink(b.detect).clock(b.detect, back_us), 0);
	flood(&b, VICTIM, 5000, 0.5, T0 + 3 * US_PER_S);
	for (int i = 0; i < 45; i++) {
		quiet_second(&b, back_us + i * US_PER_S);
		assert_int_not_equal(b.last[0].state, FINDING_CLOSED);
	}
	for (int i = 45; i < 75; i++)
		quiet_second(&b, back_us + i * US_PER_S);
	assert_int_equal(b.last[0].state, FINDING_CLOSED);
	assert_int_equal(b.n, 1);
	detect_stats(b.detect, &st);
	assert_int_equal(st.epochs, 0);
	bench_end(&b);
	bench_free(&b);
}

static void test_stopped(void **state)
{
	static const int64_t stops[] = {40, 70, 290, 301, 3600, 90000};

	for (unsigned i = 0; i < ARRAY_LEN(stops); i++) {
		stop_and_go(false, stops[i] * US_PER_S);
		stop_and_go(true, stops[i] * US_PER_S);
	}
}

/* A captured day gives what it gave live; only where packets were captured a leap is quiet. */
static void file_with_gap(bool capture)
{
	int64_t back_us = T0 + 203 * US_PER_S;
	struct bench b;

	bench_start(&b, 1, capture);
	flood(&b, VICTIM, 5000, 3, T0);
	for (int i = 0; i < 45; i++) {
		quiet_second(&b, back_us + i * US_PER_S);
		assert_int_equal(b.last[0].state == FINDING_CLOSED, capture);
	}
	for (int i = 45; i < 75; i++)
		quiet_second(&b, back_us + i * US_PER_S);
	assert_int_equal(b.last[0].state, FINDING_CLOSED);
	assert_int_equal(b.n, 1);
	bench_end(&b);
	bench_free(&b);
}

static void test_file_with_gap(void **state)
{
	file_with_gap(false);
	file_with_gap(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_syn_flood),   cmocka_unit_test(test_below_threshold),
		cmocka_unit_test(test_just_over),   cmocka_unit_test(test_pulses),
		cmocka_unit_test(test_two_attacks), cmocka_unit_test(test_one_host_is_no_carpet),
		cmocka_unit_test(test_flash_crowd), cmocka_unit_test(test_answers),
		cmocka_unit_test(test_long_flows),  cmocka_unit_test(test_long_flows_over),
		cmocka_unit_test(test_carpet),	    cmocka_unit_test(test_scan),
		cmocka_unit_test(test_series_kept), cmocka_unit_test(test_jumps),
		cmocka_unit_test(test_threads),	    cmocka_unit_test(test_batches),
		cmocka_unit_test(test_lost_sight),  cmocka_unit_test(test_sight_returns),
		cmocka_unit_test(test_stopped),	    cmocka_unit_test(test_file_with_gap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
