/* SPDX-License-Identifier: ISC */
/*
 * Proves which measure is spoken of, when one is said to hold an attack, what that does to the
 * severity and to pages, and the line of each standing in both languages.
 */
#include "duty/test_duty_kit.h"

#include "duty/measures.h"

static struct duty_measure made(const char *id, enum duty_standing standing, int64_t until_us)
{
	struct duty_measure m = {.incident = "n000000000001",
				 .standing = standing,
				 .begun_us = T0,
				 .until_us = until_us,
				 .ended_us = standing == STANDING_OVER ? until_us : TIME_NONE,
				 .sign_by_us = TIME_NONE,
				 .before_bps = -1,
				 .after_bps = -1};

	snprintf(m.id, sizeof(m.id), "%s", id);
	return m;
}

static void test_holds(void **state)
{
	static const struct {
		double before, after;
		bool measured;
		int holds;
	} rows[] = {{1e9, 0, true, 1},	   {1e9, 1e8, true, 1},	 {1e9, 1.1e8, true, 0},
		    {1e9, 4.9e8, true, 0}, {1e9, 5e8, true, -1}, {1e9, 2e9, true, -1},
		    {0, 0, true, 0},	   {-1, 0, true, 0},	 {1e9, -1, true, 0},
		    {1e9, 0, false, 0}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct duty_measure m = made("m1", STANDING_IN_FORCE, T0 + MIN);

		m.measured = rows[i].measured;
		m.before_bps = rows[i].before;
		m.after_bps = rows[i].after;
		assert_int_equal(duty_measure_holds(&m), rows[i].holds);
	}
}

static void test_which(void **state)
{
	struct duty_measure m[] = {
		made("over-1", STANDING_OVER, T0 + 9 * MIN),
		made("over-2", STANDING_OVER, T0 + 8 * MIN),
		made("ends", STANDING_ENDS, T0 + 99 * MIN),
		made("waits", STANDING_WAITS, T0 + MIN),
		made("begins", STANDING_BEGINS, T0 + MIN),
		made("long", STANDING_IN_FORCE, T0 + 5 * MIN),
		made("short", STANDING_IN_FORCE, T0 + 4 * MIN),
		made("other", STANDING_IN_FORCE, T0 + 50 * MIN),
	};
	static const struct {
		unsigned n, standing;
		const char *id;
	} rows[] = {{1, 0, "over-1"}, {2, 0, "over-1"}, {3, 1, "ends"}, {4, 1, "waits"},
		    {5, 1, "begins"}, {6, 2, "long"},	{7, 3, "long"}, {8, 3, "long"}};
	unsigned standing;

	snprintf(m[7].incident, sizeof(m[7].incident), "n000000000002");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct duty_measures all = {.list = m, .n = rows[i].n};
		const struct duty_measure *got = duty_measure_of(&all, "n000000000001", &standing);

		assert_string_equal(got->id, rows[i].id);
		assert_int_equal(standing, rows[i].standing);
	}
	assert_null(duty_measure_of(NULL, "n000000000001", &standing));
	assert_int_equal(standing, 0);
}

static void line_is(const struct duty_measure *m, const char *en, const char *ja)
{
	for (int i = 0; i < 2; i++) {
		_cleanup_text_ struct text t = TEXT_NULL;

		duty_measure_say(m, "Asia/Tokyo", T0, i, &t);
		assert_string_equal(text_str(&t), i ? ja : en);
	}
}

static void test_lines(void **state)
{
	struct duty_measure m = made("m1", STANDING_IN_FORCE, T0 + 28 * MIN + 59 * S);

	snprintf(m.point, sizeof(m.point), "border");
	line_is(&m,
		"blackhole at border, until 21:28 JST, 28 min left; its effect is not measured yet",
		"ブラックホール（border）、21:28 JST まで（残り 28 分）、効果は未測定");
	m.measured = true;
	line_is(&m,
		"blackhole at border, until 21:28 JST, 28 min left; its effect is not measurable",
		"ブラックホール（border）、21:28 JST まで（残り 28 分）、効果は測定できない");
	m.before_bps = 1e9;
	m.after_bps = 0;
	m.until_us = T0 + 40 * S;
	m.means = MEANS_FILTER;
	m.point[0] = '\0';
	line_is(&m,
		"filter, until 21:00 JST, 40 s left; it holds the attack (1.00 Gbit/s before it, "
		"nothing behind it)",
		"フィルタ、21:00 JST まで（残り 40 秒）、攻撃を止めている（手前 1.00 "
		"Gbit/s、通過後なし）");
	m.after_bps = 3e8;
	m.until_us = T0;
	m.lift = true;
	line_is(&m,
		"filter, until 21:00 JST, which is over; a part of the attack passes (1.00 Gbit/s "
		"before it, 300 Mbit/s behind it); lifting it is proposed",
		"フィルタ、21:00 JST まで（期限到来）、攻撃の一部が通っている（手前 1.00 Gbit/s、"
		"通過後 300 Mbit/s）、解除の提案あり");
	m.standing = STANDING_ENDS;
	line_is(&m, "filter; the router has not confirmed its end yet", "フィルタ、撤去の確認待ち");
}

/* ---- what it does to whoever is on duty ---- */

static enum measure_state state_of(struct duty_measure *m, unsigned n, bool *told)
{
	struct duty_measures all = {.list = m, .n = n};

	return duty_measure_state(&all, "n000000000001", told);
}

static void test_state(void **state)
{
	struct duty_measure m[2] = {made("m1", STANDING_OVER, T0),
				    made("m2", STANDING_IN_FORCE, T0 + MIN)};
	bool told;

	assert_int_equal(state_of(m, 0, &told), MEASURE_NONE);
	m[0].failed = true;
	assert_int_equal(state_of(m, 1, &told), MEASURE_FAILS);
	assert_true(told);
	assert_int_equal(state_of(m, 2, &told), MEASURE_NONE); /* another one stands since */
	assert_false(told);
	m[1].measured = true;
	m[1].before_bps = 1e9;
	m[1].after_bps = 1e6;
	assert_int_equal(state_of(m, 2, &told), MEASURE_WORKS);
	m[1].after_bps = 9e8;
	assert_int_equal(state_of(m, 2, &told), MEASURE_FAILS);
	assert_false(told);
	m[1].standing = STANDING_ENDS; /* what it did last says nothing of what it does */
	assert_int_equal(state_of(m, 2, &told), MEASURE_NONE);
}

/* A 2 that bob has; nothing in the log. */
static void open_acknowledged(struct kit *k, struct incident *inc)
{
	kit_open(k);
	kit_times(inc, 12);
	kit_tell(k, inc);
	assert_int_equal(duty_acknowledge(k->d, inc->id, "bob", k->now_us), 0);
	kit_take(k);
	text_clear(&k->log);
}

/* The severity moves by a step; whoever was paged because it failed is not paged twice. */
static void test_severity(void **state)
{
	struct kit k;
	struct duty_measure m = made("m1", STANDING_IN_FORCE, T0 + 60 * MIN);
	struct duty_measures all = {.list = &m, .n = 1};
	_cleanup_incident_ struct incident *inc = kit_incident("n000000000001", 1, T0, T0 + 60 * S);

	open_acknowledged(&k, inc);
	assert_int_equal(duty_severity(k.d, kit_alarm(&k, inc->id)->id)->level, 2);
	m.measured = true;
	m.before_bps = 1e9;
	m.after_bps = 0;
	assert_int_equal(duty_measures(k.d, &all), 0);
	kit_until(&k, T0 + 5 * MIN);
	assert_int_equal(duty_severity(k.d, kit_alarm(&k, inc->id)->id)->level, 3);
	assert_int_equal(kit_alarm(&k, inc->id)->severity, 2); /* the worst that it was */
	kit_logged(&k, "");
	m.failed = true;
	m.standing = STANDING_OVER;
	assert_int_equal(duty_measures(k.d, &all), 0);
	kit_until(&k, T0 + 6 * MIN);
	assert_int_equal(duty_severity(k.d, kit_alarm(&k, inc->id)->id)->level, 1);
	kit_logged(&k, "");
	kit_close(&k);
}

/* One that does not hold the attack is news that nobody else tells. */
static void test_does_not_hold(void **state)
{
	struct kit k;
	struct duty_measure m = made("m1", STANDING_IN_FORCE, T0 + 60 * MIN);
	struct duty_measures all = {.list = &m, .n = 1};
	_cleanup_incident_ struct incident *inc = kit_incident("n000000000001", 1, T0, T0 + 60 * S);

	open_acknowledged(&k, inc);
	m.measured = true;
	m.before_bps = 1e9;
	m.after_bps = 9e8;
	assert_int_equal(duty_measures(k.d, &all), 0);
	kit_until(&k, T0 + 5 * MIN);
	kit_logged(&k, "+0 worse bob mail n000000000001\n");
	assert_int_equal(duty_measures(k.d, &all), 0); /* told the same again: nothing */
	kit_until(&k, T0 + 10 * MIN);
	kit_logged(&k, "");
	kit_close(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_holds),	 cmocka_unit_test(test_which),
		cmocka_unit_test(test_lines),	 cmocka_unit_test(test_state),
		cmocka_unit_test(test_severity), cmocka_unit_test(test_does_not_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
