/* SPDX-License-Identifier: ISC */
/*
 * Proves when lifting is proposed and when not: rows of what was seen, one after the other, against
 * what must be said of each; and that no restart, reset or pause makes an end of what is none.
 */
#include "act/test_measure_kit.h"

#include <errno.h>

#include "act/measure_lift.h"

#define S(n)	 ((n)*US_PER_S)
#define AFTER_S	 600
#define BEGAN_US S(100000)

/* Ten seconds each, as the role looks; dropped packets are those since the look before. */
struct row {
	unsigned times;
	int64_t dropped;       /* -1: no counter */
	double before_bps;     /* -1: not seen */
	enum lift_state state; /* after the last of them */
};

struct run {
	struct lift l;
	struct lift_look k;
	struct lift_view v;
};

static void run_init(struct run *r)
{
	memset(r, 0, sizeof(*r));
	lift_init(&r->l, 0);
	r->k = (struct lift_look){.mono_us = BEGAN_US, .stands_us = BEGAN_US, .before_bps = -1};
}

static void look(struct run *r, int64_t dropped, double before_bps)
{
	r->k.mono_us += S(10);
	if (dropped < 0)
		r->k.dropped_packets = -1;
	else
		r->k.dropped_packets =
			(r->k.dropped_packets < 0 ? 0 : r->k.dropped_packets) + dropped;
	r->k.before_bps = before_bps;
	r->v = lift_see(&r->l, &r->k, AFTER_S);
}

static void play(struct run *r, const struct row *rows, size_t n, const char *what)
{
	for (size_t i = 0; i < n; i++) {
		for (unsigned t = 0; t < rows[i].times; t++)
			look(r, rows[i].dropped, rows[i].before_bps);
		if (r->v.state != rows[i].state)
			fail_msg("%s, row %zu: %s, not %s", what, i, lift_state_name(r->v.state),
				 lift_state_name(rows[i].state));
	}
}
#define PLAY(r, what, ...)                                                                         \
	play(r, (const struct row[]){__VA_ARGS__}, ARRAY_LEN(((const struct row[]){__VA_ARGS__})), \
	     what)

static bool says(struct run *r, bool ja, const char *words)
{
	_cleanup_text_ struct text out = TEXT_NULL;

	lift_say(&r->l, &r->v, ja, &out);
	if (strstr(text_str(&out), words))
		return true;
	print_error("\"%s\" does not stand in \"%s\"\n", words, text_str(&out));
	return false;
}

/* ---- the counter ---- */

static void test_drops_end(void **state)
{
	struct run r;

	run_init(&r);
	PLAY(&r, "from its begin", {1, 0, -1, LIFT_NEW}, {30, 10000, -1, LIFT_GOES_ON},
	     {1, 0, -1, LIFT_QUIET}, {59, 0, -1, LIFT_QUIET});
	assert_true(says(&r, false, "nothing was dropped for 9 min"));
	assert_true(says(&r, false, "quiet for 10 min is needed"));
	look(&r, 0, -1);
	assert_int_equal(r.v.state, LIFT_OVER);
	assert_true(says(&r, false, "nothing was dropped for 10 min"));
	assert_true(says(&r, true, "10 分 破棄なし"));
}

/* An attack that never came to the counter at all: what it does not drop, it need not stand for. */
static void test_nothing_ever(void **state)
{
	struct run r;

	run_init(&r);
	PLAY(&r, "nothing", {1, 0, -1, LIFT_NEW}, {60, 0, -1, LIFT_QUIET}, {1, 0, -1, LIFT_OVER});
}

/* A little goes on: clients whom the rule hits, noise. 1 % begins the quiet, 5 % ends it. */
static void test_hysteresis(void **state)
{
	struct run r;

	run_init(&r);
	PLAY(&r, "noise", {1, 0, -1, LIFT_NEW}, {3, 10000, -1, LIFT_GOES_ON},
	     {1, 101, -1, LIFT_GOES_ON}, {100, 400, -1, LIFT_GOES_ON}, /* never under 1 % */
	     {1, 100, -1, LIFT_QUIET}, {20, 450, -1, LIFT_QUIET}, {39, 30, -1, LIFT_QUIET},
	     {1, 500, -1, LIFT_OVER});
	assert_true(says(&r, false, "at most 50 pps were dropped for 10 min, 5 % of the peak"));
	assert_true(says(&r, true, "破棄は最大 50 pps"));
	PLAY(&r, "above 5 %", {1, 510, -1, LIFT_GOES_ON}, {2, 101, -1, LIFT_GOES_ON});
	assert_true(says(&r, false, "the attack goes on: 10 pps are dropped"));
	assert_true(says(&r, true, "攻撃は続いている"));
}

/* After a restart nothing is known of the peak: only nothing is nothing, or what the incident says.
 */
static void test_restart(void **state)
{
	struct run r;

	run_init(&r);
	PLAY(&r, "noise", {1, 5000000, -1, LIFT_NEW}, {100, 10, -1, LIFT_GOES_ON});
	run_init(&r);
	r.k.expected_pps = 100;
	PLAY(&r, "noise, as the incident has its peak", {1, 5000000, -1, LIFT_NEW},
	     {60, 10, -1, LIFT_QUIET}, {1, 10, -1, LIFT_OVER});
	/* The quiet time itself begins anew. */
	lift_init(&r.l, 0);
	look(&r, 0, -1);
	assert_int_equal(r.v.state, LIFT_NEW);
	PLAY(&r, "again", {60, 0, -1, LIFT_QUIET}, {1, 0, -1, LIFT_OVER});
}

static void test_reset(void **state)
{
	struct run r;

	run_init(&r);
	PLAY(&r, "quiet", {1, 100000, -1, LIFT_NEW}, {55, 0, -1, LIFT_QUIET});
	r.k.dropped_packets = 7; /* made anew */
	PLAY(&r, "reset", {1, 0, -1, LIFT_NEW}, {60, 0, -1, LIFT_QUIET}, {1, 0, -1, LIFT_OVER});
}

static void test_router_lost(void **state)
{
	struct run r;

	run_init(&r);
	PLAY(&r, "quiet", {1, 0, -1, LIFT_NEW}, {50, 0, -1, LIFT_QUIET});
	r.k.stands_us = 0;
	PLAY(&r, "away", {3, 0, -1, LIFT_NEW});
	r.k.stands_us = r.k.mono_us + S(5);
	PLAY(&r, "back", {1, 0, -1, LIFT_NEW}, {59, 0, -1, LIFT_QUIET});
	/* Away and back between two looks. */
	r.k.stands_us = r.k.mono_us + S(5);
	PLAY(&r, "unseen", {1, 0, -1, LIFT_NEW}, {60, 0, -1, LIFT_QUIET}, {1, 0, -1, LIFT_OVER});
}

/* Nobody looked for a while: what passed meanwhile is not known. */
static void test_late_look(void **state)
{
	struct run r;

	run_init(&r);
	PLAY(&r, "quiet", {1, 0, -1, LIFT_NEW}, {55, 0, -1, LIFT_QUIET});
	r.k.mono_us += S(3600);
	PLAY(&r, "late", {1, 0, -1, LIFT_NEW}, {60, 0, -1, LIFT_QUIET}, {1, 0, -1, LIFT_OVER});
}

/* ---- pauses ---- */

static void test_pulses(void **state)
{
	struct run r;

	run_init(&r);
	PLAY(&r, "one long pause", {1, 0, -1, LIFT_NEW}, {3, 10000, -1, LIFT_GOES_ON},
	     {51, 0, -1, LIFT_QUIET}, {1, 10000, -1, LIFT_GOES_ON});
	assert_true(r.l.pause_us == S(510));
	/* It must be quiet for twice as long as that, not for ten minutes. */
	PLAY(&r, "the next", {1, 0, -1, LIFT_QUIET}, {101, 0, -1, LIFT_QUIET},
	     {1, 0, -1, LIFT_OVER});
	assert_true(r.v.needed_us == S(1020));
	/* And it comes back all the same: twice that. */
	PLAY(&r, "again", {1, 10000, -1, LIFT_GOES_ON}, {206, 0, -1, LIFT_QUIET},
	     {1, 0, -1, LIFT_OVER});
	assert_true(r.v.needed_us == 2 * S(1030));
}

/* What the incident paused before the measure stood, and what the store kept over a restart. */
static void test_known_pause(void **state)
{
	struct run r;

	run_init(&r);
	r.k.pause_us = S(400);
	PLAY(&r, "of the incident", {1, 0, -1, LIFT_NEW}, {80, 0, -1, LIFT_QUIET},
	     {1, 0, -1, LIFT_OVER});
	run_init(&r);
	lift_init(&r.l, S(400));
	PLAY(&r, "of the store", {1, 0, -1, LIFT_NEW}, {80, 0, -1, LIFT_QUIET},
	     {1, 0, -1, LIFT_OVER});
}

static void test_course(void **state)
{
	_cleanup_incident_ struct incident *inc = incident_new();
	/* Seconds and packets of each step; the last ones are of a link, and after the measure. */
	static const struct series_point points[] = {
		{S(100), 1, 0, 1000, 0, 0},  {S(101), 1, 0, 900, 0, 0},
		{S(102), 1, 0, 10, 0, 0},    {S(110), 1, 0, 800, 0, 0},
		{S(160), 10, 0, 0, 0, 0},    {S(170), 10, 0, 9000, 0, 0},
		{S(500), 10, 0, 9000, 0, 0}, {S(120), 10, 1, 9000, 0, 0},
	};

	assert_non_null(inc);
	inc->series = calloc(ARRAY_LEN(points), sizeof(*inc->series));
	memcpy(inc->series, points, sizeof(points));
	inc->f.n_series = ARRAY_LEN(points);
	inc->f.peak_pps = 1000;
	assert_true(lift_longest_pause(inc, S(300)) == S(170 - 111));
	assert_true(lift_longest_pause(inc, S(115)) == S(110 - 102));
	assert_true(lift_longest_pause(inc, S(600)) == S(500 - 180));
	assert_true(lift_longest_pause(inc, S(50)) == 0);
	inc->f.n_series = 0;
	assert_true(lift_longest_pause(inc, S(300)) == 0);
}

/* ---- the side before the point ---- */

static void test_before(void **state)
{
	struct run r;

	run_init(&r);
	r.k.expected_bps = 1e9;
	PLAY(&r, "by the watch alone", {5, -1, 9e8, LIFT_NEW}, {20, -1, 9e8, LIFT_GOES_ON});
	assert_true(says(&r, false, "before its point it has 900 Mbit/s"));
	PLAY(&r, "it ends", {1, -1, 1e7, LIFT_QUIET}, {59, -1, 2e7, LIFT_QUIET},
	     {1, -1, 0, LIFT_OVER});
	assert_true(says(&r, false,
			 "before its point the attack had 2 % of the peak or less for "
			 "10 min"));
	assert_true(says(&r, true, "手前の攻撃は 10 分 ピークの 2 % 以下"));
}

/* Flows are told late: what is seen so far is of the time before it stood, and proves nothing. */
static void test_told_late(void **state)
{
	struct run r;

	run_init(&r);
	r.k.expected_bps = 1e9;
	r.k.late_us = S(70);
	PLAY(&r, "of before", {12, -1, 9e8, LIFT_NEW}, {5, -1, 0, LIFT_UNSEEN});
	assert_int_equal(r.v.blind, BLIND_UNPROVEN);
	run_init(&r);
	r.k.expected_bps = 1e9;
	r.k.late_us = S(70);
	PLAY(&r, "it goes on", {12, -1, 9e8, LIFT_NEW}, {1, -1, 9e8, LIFT_GOES_ON});
}

/* A router that counts behind its own filter sees nothing from the moment at which it stands. */
static void test_unproven(void **state)
{
	struct run r;

	run_init(&r);
	r.k.expected_bps = 1e9;
	PLAY(&r, "its own doing", {5, -1, 9e8, LIFT_NEW}, {1, -1, 0, LIFT_UNSEEN},
	     {200, -1, 1e6, LIFT_UNSEEN});
	assert_int_equal(r.v.blind, BLIND_UNPROVEN);
	assert_true(says(&r, false, "not measurable"));
	assert_true(says(&r, false, "only by hand or by a probe"));
}

static void test_no_eye(void **state)
{
	struct run r;

	run_init(&r);
	PLAY(&r, "a blackhole over BGP", {500, -1, -1, LIFT_UNSEEN});
	assert_int_equal(r.v.blind, BLIND_NO_EYE);
	assert_true(says(&r, false, "not measurable: its router tells no counter"));
	assert_true(says(&r, true, "測定できない"));
}

/* Both must be quiet; one that closes its eye says nothing more, and begins anew when it opens. */
static void test_both(void **state)
{
	struct run r;

	run_init(&r);
	r.k.expected_bps = 1e9;
	PLAY(&r, "both", {1, 0, 9e8, LIFT_NEW}, {10, 10000, 9e8, LIFT_GOES_ON},
	     {100, 0, 9e8, LIFT_GOES_ON}, {59, 0, 0, LIFT_QUIET}, {1, 0, 0, LIFT_OVER});
	/* Each says how long it was quiet itself. */
	assert_true(says(&r, false,
			 "nothing was dropped for 10 min; before its point nothing of "
			 "the attack was seen for 9 min"));
	PLAY(&r, "the watch is gone", {1, 0, -1, LIFT_OVER});
	assert_true(says(&r, false, "nothing was dropped for"));
	PLAY(&r, "it is back and sees it", {1, 0, 9e8, LIFT_GOES_ON}, {1, 0, -1, LIFT_QUIET},
	     {58, 0, -1, LIFT_QUIET}, {1, 0, -1, LIFT_OVER});
}

/* Where another one holds the attack further out, nothing that is seen here says anything. */
static void test_behind(void **state)
{
	struct run r;

	run_init(&r);
	r.k.behind = true;
	PLAY(&r, "held up", {200, 0, -1, LIFT_UNSEEN});
	assert_int_equal(r.v.blind, BLIND_BEHIND);
	assert_false(lift_probe_is_enough(&r.l, &r.v, 0));
	r.k.behind = false;
	PLAY(&r, "alone", {59, 0, -1, LIFT_QUIET}, {1, 0, -1, LIFT_OVER});
}

static void test_probe_is_enough(void **state)
{
	struct run r;

	run_init(&r);
	PLAY(&r, "quiet", {1, 0, -1, LIFT_NEW}, {3, 10000, -1, LIFT_GOES_ON});
	assert_true(lift_probe_is_enough(&r.l, &r.v, 0));
	assert_false(lift_probe_is_enough(&r.l, &r.v, S(1)));
	PLAY(&r, "quiet", {6, 0, -1, LIFT_QUIET});
	assert_true(lift_probe_is_enough(&r.l, &r.v, S(49)));
	assert_false(lift_probe_is_enough(&r.l, &r.v, S(50)));
}

/* ---- what the measure keeps ---- */

static void same_after_json(const struct measure *m)
{
	_cleanup_free_ char *one = measure_text(m), *two = NULL;
	struct measure back;

	assert_non_null(one);
	assert_int_equal(measure_from_text(one, &back), 0);
	two = measure_text(&back);
	assert_string_equal(one, two);
	assert_memory_equal(&back.lift, &m->lift, sizeof(m->lift));
}

static void test_kept(void **state)
{
	struct measure m;

	kit_measure(&m);
	same_after_json(&m);
	assert_false(measure_propose_lift(&m, "a", "b", NOW_US)); /* it does not stand */
	assert_false(measure_begin_probe(&m, NOW_US + S(5), NOW_US));
	assert_int_equal(kit_approve(&m, "Sato", HOW_PERSON, NOW_US), APPROVE_GOOD);
	measure_applied(&m, m.until_us, NOW_US);
	assert_true(measure_propose_lift(&m, "nothing was dropped", "破棄なし", NOW_US));
	assert_false(measure_propose_lift(&m, "again", "再度", NOW_US));
	same_after_json(&m);
	assert_true(measure_void_lift(&m, S(90)));
	assert_false(measure_void_lift(&m, S(80)));
	assert_true(measure_void_lift(&m, S(91)));
	assert_int_equal(m.lift.proposals, 1);
	assert_true(m.lift.pause_us == S(91));
	assert_true(measure_propose_lift(&m, "once more", "再度", NOW_US + S(300)));
	assert_true(measure_begin_probe(&m, NOW_US + S(5), NOW_US));
	assert_false(measure_begin_probe(&m, NOW_US + S(5), NOW_US));
	same_after_json(&m);
	/* It shall stand all the while. */
	assert_true(measure_is_wanted(&m, NOW_US + S(2)));
	assert_true(measure_end_probe(&m, PROBE_ABORTED));
	assert_false(measure_end_probe(&m, PROBE_SEEN));
	same_after_json(&m);
	assert_int_equal(m.lift.probe_end, PROBE_ABORTED);
}

/* A row from before there was such a thing, and what does not hold. */
static void test_old_rows(void **state)
{
	static const char *const bad[] = {"[]",
					  "7",
					  "{\"probe_end\":\"x\"}",
					  "{\"probe_end\":\"seen\",\"proposals\":-1}",
					  "{\"probe_end\":\"seen\",\"pause_s\":-1}",
					  "{\"probe_end\":\"seen\",\"en\":7}",
					  "{}",
					  "{\"probe_end\":\"seen\",\"proposed\":\"yesterday\"}"};
	struct measure m, back;
	json_t *o;

	kit_measure(&m);
	o = measure_json(&m);
	json_object_del(o, "lift");
	assert_int_equal(measure_from_json(o, &back), 0);
	assert_memory_equal(&back.lift, &m.lift, sizeof(m.lift));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		json_object_set_new(o, "lift", json_loads(bad[i], JSON_DECODE_ANY, NULL));
		if (measure_from_json(o, &back) != -EINVAL)
			fail_msg("taken: %s", bad[i]);
	}
	json_decref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_drops_end),
		cmocka_unit_test(test_nothing_ever),
		cmocka_unit_test(test_hysteresis),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_router_lost),
		cmocka_unit_test(test_late_look),
		cmocka_unit_test(test_pulses),
		cmocka_unit_test(test_known_pause),
		cmocka_unit_test(test_course),
		cmocka_unit_test(test_before),
		cmocka_unit_test(test_unproven),
		cmocka_unit_test(test_told_late),
		cmocka_unit_test(test_no_eye),
		cmocka_unit_test(test_both),
		cmocka_unit_test(test_behind),
		cmocka_unit_test(test_probe_is_enough),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_old_rows),
	};

	return cmocka_run_group_tests_name("act measure lift", tests, NULL, NULL);
}
