/* SPDX-License-Identifier: ISC */
/*
 * Proves what is kept of ordinary days: the rates that hosts of protected objects reached, near
 * enough, in their minutes, the same at any number of threads; nothing of others, nothing of what
 * answers explain, and unknown where nobody looked.
 */
#include <stdlib.h>

#include "detect/rolls.h"
#include "detect/test_detect_kit.h"

#define MINUTE_US (60 * US_PER_S)
#define HOUR_US	  (60 * MINUTE_US)
#define START	  (T0 - T0 % HOUR_US + 10 * MINUTE_US) /* ten past */
#define ROWS	  64

struct rows {
	struct roll_row row[ROWS];
	unsigned n;
};

static int on_row(void *userdata, const struct roll_row *row)
{
	struct rows *all = userdata;
	unsigned i = 0;

	while (i < all->n &&
	       (all->row[i].hour_us != row->hour_us || all->row[i].track != row->track ||
		strcmp(all->row[i].object, row->object) != 0))
		i++;
	assert_true(i < ROWS);
	if (i == all->n) {
		all->row[all->n++] = *row;
		return 0;
	}
	roll_merge(&all->row[i], row);
	return 0;
}

static const struct roll_row *find(const struct rows *all, int64_t hour_us, const char *object,
				   unsigned track)
{
	for (unsigned i = 0; i < all->n; i++)
		if (all->row[i].hour_us == hour_us && all->row[i].track == track &&
		    strcmp(all->row[i].object, object) == 0)
			return &all->row[i];
	return NULL;
}

static const char yaml[] = "protected:\n"
			   "  - name: shop\n"
			   "    prefixes: 198.51.100.0/24\n"
			   "  - name: other\n"
			   "    prefixes: 203.0.113.0/24\n";

static void start(struct bench *b, struct rows *rows, unsigned threads, bool capture)
{
	_cleanup_text_ struct text errors = TEXT_NULL;
	struct roll_sink sink = {.row = on_row, .userdata = rows};

	*rows = (struct rows){.n = 0};
	bench_start_with(b, conf_load_text("t", yaml, sizeof(yaml) - 1, &errors), threads, capture);
	detect_set_rolls(b->detect, &sink);
}

static struct flow udp(uint32_t src, uint32_t dst, uint16_t sport, uint16_t dport)
{
	struct flow f = tcp(src, dst, sport, dport, 0);

	f.proto = PROTO_UDP;
	f.bytes = 1000;
	return f;
}

/* So that the clock goes on: a packet each 200 ms to somebody unprotected. */
static void idle(struct bench *b, int64_t from_us, int64_t until_us)
{
	for (int64_t us = from_us; us < until_us; us += 200 * US_PER_MS)
		put(b, udp(0x0a000001, 0x0a000002, 53, 53), 1, true, us, us, us);
}

static void test_scale(void **state)
{
	uint8_t before = 0;

	assert_int_equal(roll_code(0, 0), 0);
	for (uint64_t n = 1; n < UINT64_C(3000000000); n += 1 + n / 97) {
		uint8_t code = roll_code(VECTOR_SYN_FLOOD, n);

		assert_true(code >= before);
		before = code;
		assert_true(n <= roll_most(VECTOR_SYN_FLOOD, code));
		assert_true(n >= roll_least(VECTOR_SYN_FLOOD, code));
		if (n >= 100)
			assert_true((double)roll_most(0, code) < 1.1 * (double)roll_least(0, code));
		code = roll_code(ROLL_ANY_BITS, 1000 * n - 7);
		assert_true(1000 * n - 7 <= roll_most(ROLL_ANY_BITS, code));
		assert_true(1000 * n - 7 >= roll_least(ROLL_ANY_BITS, code));
	}
	assert_int_equal(roll_code(0, UINT64_MAX), UINT8_MAX);
	for (unsigned t = 0; t <= ROLL_SEEN; t++) {
		unsigned back;

		assert_int_equal(roll_track_parse(roll_track_name(t), &back), 0);
		assert_int_equal(back, t);
	}
}

static void run_day(struct bench *b, struct rows *rows, unsigned threads)
{
	start(b, rows, threads, true);
	idle(b, START, START + 2 * MINUTE_US);
	flood(b, VICTIM, 1000, 5, START + 2 * MINUTE_US + 20 * US_PER_S);
	idle(b, START + 2 * MINUTE_US + 26 * US_PER_S, START + 4 * MINUTE_US);
	flood(b, VICTIM + 0x10000, 2000, 5, START + 4 * MINUTE_US); /* protected by nobody */
	idle(b, START + 4 * MINUTE_US + 6 * US_PER_S, START + 6 * MINUTE_US);
	flood(b, VICTIM + 7, 6000, 8, START + 6 * MINUTE_US); /* an attack */
	idle(b, START + 6 * MINUTE_US + 9 * US_PER_S, START + 56 * MINUTE_US);
	/* A slow host: never busy. */
	for (unsigned i = 0; i < 100; i++)
		put(b, udp(0x0a000001, VICTIM + 9, 4000, 4000), 1, true,
		    START + 56 * MINUTE_US + i * 100 * US_PER_MS,
		    START + 56 * MINUTE_US + i * 100 * US_PER_MS,
		    START + 56 * MINUTE_US + i * 100 * US_PER_MS);
	idle(b, START + 57 * MINUTE_US, START + 60 * MINUTE_US);
	bench_end(b);
}

static void assert_about(const struct roll_row *row, unsigned minute, uint64_t rate)
{
	assert_non_null(row);
	assert_true(roll_most(row->track, row->minute[minute]) >= rate);
	assert_true((double)roll_least(row->track, row->minute[minute]) <= 1.01 * (double)rate);
}

static void test_minutes(void **state)
{
	int64_t hour = START - 10 * MINUTE_US;
	const struct roll_row *syn, *any, *seen;
	struct rows rows;
	struct bench b;

	run_day(&b, &rows, 1);
	assert_int_equal(b.n, 1); /* 6,000 SYN/s is an attack, 1,000 is none */
	syn = find(&rows, hour, "shop", VECTOR_SYN_FLOOD);
	assert_about(syn, 12, 1000);
	assert_about(syn, 16, 6000);
	assert_int_equal(syn->minute[11], 0);
	assert_int_equal(syn->minute[14], 0);
	assert_int_equal(syn->floor, 313);
	assert_int_equal(syn->sampling, 1);
	any = find(&rows, hour + HOUR_US, "shop", ROLL_ANY);
	assert_about(any, 6, 10);
	assert_about(find(&rows, hour + HOUR_US, "shop", ROLL_ANY_BITS), 6, 80000);
	assert_null(find(&rows, hour + HOUR_US, "shop", VECTOR_SYN_FLOOD));
	assert_null(find(&rows, hour, "other", ROLL_ANY));
	seen = find(&rows, hour, "", ROLL_SEEN);
	assert_non_null(seen);
	assert_int_equal(seen->minute[9], 0); /* nobody looked yet */
	assert_int_equal(seen->minute[10], 1);
	assert_int_equal(seen->minute[59], 1);
	seen = find(&rows, hour + HOUR_US, "", ROLL_SEEN);
	assert_int_equal(seen->minute[8], 1);
	assert_int_equal(seen->minute[9], 0); /* not over at the end */
	bench_free(&b);
}

static void test_threads(void **state)
{
	struct rows one, many;
	struct bench b;

	run_day(&b, &one, 1);
	bench_free(&b);
	run_day(&b, &many, 4);
	bench_free(&b);
	assert_int_equal(one.n, many.n);
	assert_memory_equal(one.row, many.row, one.n * sizeof(one.row[0]));
}

/* Questions that the host answers are no rate of anything. */
static void test_answered(void **state)
{
	int64_t hour = START - 10 * MINUTE_US;
	const struct roll_row *row;
	struct rows rows;
	struct bench b;

	start(&b, &rows, 1, true);
	for (unsigned i = 0; i < 90 * 2000; i++) {
		int64_t us = START + (int64_t)i * 500;

		put(&b, udp(0x0a000001 + i % 50, VICTIM, 4000, 443), 1, true, us, us, us);
		put(&b, udp(VICTIM, 0x0a000001 + i % 50, 443, 4000), 1, true, us + 20, us + 20,
		    us + 20);
	}
	idle(&b, START + 90 * US_PER_S, START + 120 * US_PER_S);
	bench_end(&b);
	row = find(&rows, hour, "shop", VECTOR_UDP_FLOOD);
	for (unsigned m = 0; row && m < ROLL_MINUTES; m++)
		assert_true(roll_most(VECTOR_UDP_FLOOD, row->minute[m]) <= row->floor);
	bench_free(&b);
}

/* What an exporter does not tell of is unknown, also while others talk. */
static void test_silence(void **state)
{
	int64_t hour = START - 10 * MINUTE_US;
	struct ip second = ip_from_v4(0x7f000002);
	const struct roll_row *seen;
	struct rows rows;
	struct bench b;
	uint16_t other;

	start(&b, &rows, 1, false);
	other = exporters_find(b.exporters, &second, true);
	for (int64_t us = START; us < START + 6 * MINUTE_US; us += 500 * US_PER_MS) {
		uint16_t first = b.exporter;

		put(&b, udp(0x0a000001, 0x0a000002, 53, 53), 1, true, us, us, us);
		if (us >= START + 2 * MINUTE_US - US_PER_S && us < START + 4 * MINUTE_US)
			continue;
		b.exporter = other;
		put(&b, udp(0x0a000001, 0x0a000003, 53, 53), 1, true, us, us, us);
		b.exporter = first;
	}
	/* All stand still for three minutes: seen by nobody. */
	for (int64_t us = START + 9 * MINUTE_US; us < START + 11 * MINUTE_US; us += 500 * US_PER_MS)
		put(&b, udp(0x0a000001, 0x0a000002, 53, 53), 1, true, us, us, us);
	bench_end(&b);
	seen = find(&rows, hour, "", ROLL_SEEN);
	assert_non_null(seen);
	for (unsigned m = 10; m < 16; m++)
		assert_int_equal(seen->minute[m], m != 12 && m != 13);
	for (unsigned m = 16; m < 19; m++)
		assert_int_equal(seen->minute[m], 0);
	bench_free(&b);
}

/* Sampled 1 in 1,000, five packets a second are for sure no 5,000. */
static void test_sampled(void **state)
{
	int64_t hour = START - 10 * MINUTE_US;
	const struct roll_row *row;
	struct rows rows;
	struct bench b;
	uint64_t most;

	start(&b, &rows, 1, true);
	for (unsigned i = 0; i < 120 * 5; i++) {
		int64_t us =
			START + (int64_t)i * 200 * US_PER_MS + (int64_t)(hash_u64(i, 1) % 150000);

		put(&b, tcp(FORGED(i), VICTIM, 2000, 80, TH_RST), 1000, true, us, us, us);
	}
	idle(&b, START + 121 * US_PER_S, START + 200 * US_PER_S);
	bench_end(&b);
	row = find(&rows, hour, "shop", VECTOR_RST_FLOOD);
	assert_non_null(row);
	most = roll_most(VECTOR_RST_FLOOD, row->minute[11]);
	assert_in_range(most, 3000, 5000);
	assert_int_equal(row->sampling, 1000);
	bench_free(&b);
}

/* A host that is always busy with traffic that nothing answers: its bits, and all of it. */
static void test_busy(void **state)
{
	int64_t hour = START - 10 * MINUTE_US;
	struct rows rows;
	struct bench b;

	start(&b, &rows, 1, true);
	for (unsigned i = 0; i < 300 * 4000; i++) {
		struct flow f = udp(0x0a000001 + i % 50, VICTIM, 4000, 4000);
		int64_t us = START + (int64_t)i * 250;

		f.bytes = 5000; /* 160 Mbit/s, a sixth of the threshold */
		put(&b, f, 1, true, us, us, us);
	}
	bench_end(&b);
	assert_int_equal(b.n, 0);
	for (unsigned m = 10; m < 14; m++) {
		assert_about(find(&rows, hour, "shop", VECTOR_UDP_FLOOD), m, 4000);
		assert_about(find(&rows, hour, "shop", ROLL_ANY), m, 4000);
		assert_about(find(&rows, hour, "shop", ROLL_ANY_BITS), m, 160000000);
	}
	bench_free(&b);
}

/* A web server seen 1 in 100: its requests are believed for the packets behind them. */
static void test_believed(void **state)
{
	int64_t hour = START - 10 * MINUTE_US;
	const struct roll_row *row;
	struct rows rows;
	struct bench b;

	start(&b, &rows, 1, true);
	for (unsigned i = 0; i < 300 * 200; i++) {
		int64_t us = START + (int64_t)i * 5000;

		put(&b, tcp(FORGED(i), VICTIM, 2000, 80, i % 8 ? TH_ACK : TH_SYN), 100, true, us,
		    us, us);
	}
	bench_end(&b);
	row = find(&rows, hour, "shop", VECTOR_SYN_FLOOD); /* 2,500 a second were asked */
	for (unsigned m = 10; row && m < 14; m++)
		assert_true(roll_most(VECTOR_SYN_FLOOD, row->minute[m]) < 1000);
	bench_free(&b);
}

/* Between two floods nothing at all arrives for minutes: the first is noted all the same. */
static void test_gap(void **state)
{
	int64_t hour = START - 10 * MINUTE_US;
	struct rows rows;
	struct bench b;

	start(&b, &rows, 1, true);
	idle(&b, START, START + 10 * US_PER_S);
	flood(&b, VICTIM, 1000, 5, START + 10 * US_PER_S);
	flood(&b, VICTIM, 2000, 5, START + 4 * MINUTE_US);
	idle(&b, START + 4 * MINUTE_US + 6 * US_PER_S, START + 7 * MINUTE_US);
	bench_end(&b);
	assert_about(find(&rows, hour, "shop", VECTOR_SYN_FLOOD), 10, 1000);
	assert_about(find(&rows, hour, "shop", VECTOR_SYN_FLOOD), 14, 2000);
	bench_free(&b);
}

/* A reload with other objects: what was noted goes to the old name. */
static void test_reconf(void **state)
{
	static const char after[] = "protected:\n  - name: new\n    prefixes: 198.51.100.0/24\n";
	int64_t hour = START - 10 * MINUTE_US;
	_cleanup_text_ struct text errors = TEXT_NULL;
	struct conf *conf;
	struct rows rows;
	struct bench b;

	start(&b, &rows, 1, true);
	idle(&b, START, START + MINUTE_US);
	flood(&b, VICTIM, 1000, 5, START + MINUTE_US);
	assert_int_equal(flow_writer_flush(&b.writer), 0);
	conf = conf_load_text("t", after, sizeof(after) - 1, &errors);
	assert_non_null(conf);
	assert_int_equal(detect_reconf(b.detect, conf), 0);
	flood(&b, VICTIM, 1500, 5, START + 2 * MINUTE_US);
	idle(&b, START + 2 * MINUTE_US + 6 * US_PER_S, START + 5 * MINUTE_US);
	bench_end(&b);
	assert_about(find(&rows, hour, "shop", VECTOR_SYN_FLOOD), 11, 1000);
	assert_int_equal(find(&rows, hour, "shop", VECTOR_SYN_FLOOD)->minute[12], 0);
	assert_about(find(&rows, hour, "new", VECTOR_SYN_FLOOD), 12, 1500);
	bench_free(&b);
	conf_unref(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scale),	cmocka_unit_test(test_minutes),
		cmocka_unit_test(test_threads), cmocka_unit_test(test_answered),
		cmocka_unit_test(test_silence), cmocka_unit_test(test_sampled),
		cmocka_unit_test(test_busy),	cmocka_unit_test(test_believed),
		cmocka_unit_test(test_gap),	cmocka_unit_test(test_reconf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
