/* SPDX-License-Identifier: ISC */
/*
 * Proves when a measure may be lifted for a moment: each thing that is missing refuses by itself,
 * what would come must fit into the line's free half, and the first full second above it ends it.
 */
#include "act/test_measure_kit.h"

#include "act/measure_probe.h"

#define S(n) ((n)*US_PER_S)

static const struct probe_world good = {
	.order = true,
	.standing = true,
	.can = true,
	.inside = true,
	.left_us = S(600),
	.stood_us = S(600),
	.since_us = INT64_MAX,
	.after_us = S(600),
	.every_us = S(900),
	.capacity_bps = 20e6,
};

static void test_may(void **state)
{
	struct probe_world w = good;

	assert_int_equal(probe_may(&w), PROBE_GOOD);
#define BROKEN(field, value, expected)                                                             \
	do {                                                                                       \
		w = good;                                                                          \
		w.field = (value);                                                                 \
		assert_int_equal(probe_may(&w), expected);                                         \
	} while (0)
	BROKEN(order, false, PROBE_NO_ORDER);
	BROKEN(lapsed, true, PROBE_LAPSED);
	BROKEN(frozen, true, PROBE_FROZEN);
	BROKEN(standing, false, PROBE_NOT_STANDING);
	BROKEN(left_us, S(60) - 1, PROBE_ENDS_SOON);
	BROKEN(left_us, S(60), PROBE_GOOD);
	BROKEN(proposed, true, PROBE_PROPOSED);
	BROKEN(stood_us, S(600) - 1, PROBE_TOO_SOON);
	BROKEN(since_us, S(900) - 1, PROBE_TOO_SOON);
	BROKEN(since_us, S(900), PROBE_GOOD);
	BROKEN(since_us, -S(3600), PROBE_TOO_SOON); /* a clock that went back */
	BROKEN(busy, true, PROBE_BUSY);
	BROKEN(can, false, PROBE_CANNOT);
	BROKEN(inside, false, PROBE_NO_INSIDE);
	BROKEN(capacity_bps, 0, PROBE_NO_CAPACITY);
	/* Nothing is known: what is told first is that nobody ordered it. */
	memset(&w, 0, sizeof(w));
	assert_int_equal(probe_may(&w), PROBE_NO_ORDER);
}

static void test_words(void **state)
{
	for (unsigned a = PROBE_NO_ORDER; a < PROBE_ANSWERS; a++)
		for (int ja = 0; ja < 2; ja++)
			assert_true(strlen(probe_answer_words((enum probe_answer)a, ja)) > 3);
	assert_string_equal(probe_answer_words(PROBE_GOOD, false), "");
	assert_string_equal(probe_answer_name(PROBE_TOO_MUCH), "too_much");
}

static struct probe_second second(double attack_bps, double attack_pps, double line_bps)
{
	return (struct probe_second){attack_bps, attack_pps, line_bps};
}

static void weighed(struct probe *p, double capacity_bps, double share_bps, double load_bps)
{
	struct probe_second s = second(share_bps, share_bps / 4000, load_bps), less = s;

	less.attack_bps /= 2;
	less.line_bps /= 2;
	probe_init(p, capacity_bps, 1000);
	assert_false(probe_weigh(p, &less));
	assert_false(probe_weigh(p, &s)); /* the most of them counts */
	assert_false(probe_fits(p));	  /* two are not enough */
	assert_true(probe_weigh(p, &less));
}

/* Capacity, what would come, the load: does it fit? */
static void test_fits(void **state)
{
	static const struct {
		double capacity, share, load, free;
		bool fits;
	} rows[] = {
		{20e6, 10e6, 0, 10e6, true}, {20e6, 10e6 + 1, 0, 10e6, false},
		{20e6, 6e6, 4e6, 6e6, true}, {20e6, 6.1e6, 4e6, 6e6, false},
		{20e6, 0, 10e6, 0, false},   {20e6, 1, 12e6, 0, false},
		{20e6, 0, 9e6, 1e6, true},   {0, 0, 0, 0, false},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct probe p;

		weighed(&p, rows[i].capacity, rows[i].share, rows[i].load);
		if (probe_free_bps(&p) != rows[i].free || probe_fits(&p) != rows[i].fits)
			fail_msg("row %zu: %f, %d", i, probe_free_bps(&p), probe_fits(&p));
	}
}

/* Seconds of a probe on a line of 20 Mbit/s that carries 4: its free half is 6. */
static void test_seconds(void **state)
{
	static const struct {
		const char *what;
		double bps[PROBE_S], line[PROBE_S];
		enum probe_end end;
		unsigned after;
	} rows[] = {
		{"nothing", {0}, {4e6, 4e6, 4e6, 4e6, 4e6}, PROBE_NOTHING, 5},
		{"a little", {40e3, 0, 40e3}, {4e6}, PROBE_NOTHING, 5}, /* 10 pps: 1 % */
		{"it goes on", {44e3, 0, 0, 0, 0}, {4e6}, PROBE_SEEN, 5},
		{"it fits",
		 {6e6, 6e6, 6e6, 6e6, 6e6},
		 {10e6, 10e6, 10e6, 10e6, 10e6},
		 PROBE_SEEN,
		 5},
		{"at once", {6.1e6}, {9e6}, PROBE_ABORTED, 1},
		{"later", {1e6, 1e6, 6.1e6}, {4e6}, PROBE_ABORTED, 3},
		{"in the last", {0, 0, 0, 0, 9e9}, {4e6}, PROBE_ABORTED, 5},
		{"others fill the line", {1e6, 1e6}, {4e6, 10.1e6}, PROBE_ABORTED, 2},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		enum probe_end end = PROBE_NONE;
		struct probe p;

		weighed(&p, 20e6, 5e6, 4e6);
		for (unsigned s = 0; end == PROBE_NONE && s < PROBE_S; s++) {
			struct probe_second one =
				second(rows[i].bps[s], rows[i].bps[s] / 4000, rows[i].line[s]);

			end = probe_see(&p, &one);
		}
		if (end != rows[i].end || p.seconds != rows[i].after)
			fail_msg("%s: %s after %u", rows[i].what, probe_end_name(end), p.seconds);
	}
}

/* Where no peak is known only nothing is nothing. */
static void test_no_peak(void **state)
{
	struct probe_second one = second(4000, 1, 0);
	struct probe p;

	probe_init(&p, 20e6, 0);
	for (unsigned s = 1; s < PROBE_S; s++)
		assert_int_equal(probe_see(&p, &one), PROBE_NONE);
	assert_int_equal(probe_see(&p, &one), PROBE_SEEN);
}

static void test_wire(void **state)
{
	/* 1,000 packets of 40 bytes in half a second take 84 bytes each with preamble and gap, less
	 * what pads them. */
	assert_float_equal(probe_of_wire(40000, 1000, PROBE_WIRE, S(1) / 2), 78 * 8 * 2000.0, 1);
	assert_float_equal(probe_of_wire(0, 0, PROBE_WIRE, S(1)), 0, 0);
	assert_float_equal(probe_of_wire(1, 1, PROBE_WIRE, 0), 0, 0);
}

static void test_said(void **state)
{
	struct probe_second much = second(7e6, 1750, 11e6);
	_cleanup_text_ struct text t = TEXT_NULL;
	struct probe p;

	weighed(&p, 20e6, 5e6, 4e6);
	probe_say_begin(&p, "shop by night", false, &t);
	assert_string_equal(text_str(&t),
			    "lifted for at most 5 s, as the standing order shop by night has it: "
			    "5.00 Mbit/s would come, the free half of the line is 6.00 Mbit/s of "
			    "20.0 Mbit/s");
	text_clear(&t);
	assert_int_equal(probe_see(&p, &much), PROBE_ABORTED);
	probe_say_end(&p, PROBE_ABORTED, "", false, &t);
	assert_string_equal(text_str(&t),
			    "aborted after 1 s without it: up to 7.00 Mbit/s in a second, and the "
			    "line's free half is 6.00 Mbit/s; it stands again");
	text_clear(&t);
	probe_say_end(&p, PROBE_STOPPED, "凍結された", true, &t);
	assert_string_equal(text_str(&t), "外して 1 秒で停止: 凍結された。再び適用された");
	for (int ja = 0; ja < 2; ja++)
		for (int e = PROBE_NOTHING; e < PROBE_ENDS; e++) {
			text_clear(&t);
			probe_say_end(&p, (enum probe_end)e, "x", ja, &t);
			assert_true(t.len > 30);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_may),	cmocka_unit_test(test_words),
		cmocka_unit_test(test_fits),	cmocka_unit_test(test_seconds),
		cmocka_unit_test(test_no_peak), cmocka_unit_test(test_wire),
		cmocka_unit_test(test_said),
	};

	return cmocka_run_group_tests_name("act measure probe", tests, NULL, NULL);
}
