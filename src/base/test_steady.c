/* SPDX-License-Identifier: ISC */
/*
 * Proves where a stamp of the kernel comes to lie on the receive clock: as it is while nobody
 * stepped the wall clock, by what held before the step when it is older than it, and never in the
 * future. Steps themselves are proven by test/test_sight.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/steady.h"

#define NOW  (INT64_C(1790000000) * US_PER_S)
#define HOUR (3600 * US_PER_S)
#define MS   US_PER_MS

static struct steady_look at(int64_t ahead_us, int64_t before_us)
{
	return (struct steady_look){.begun = true,
				    .now_us = NOW,
				    .real_us = NOW + ahead_us,
				    .ahead_us = ahead_us,
				    .before_us = before_us};
}

/* @age_us old, of the time in which the wall clock was @ahead_us ahead. */
static void expect(const struct steady_look *l, int64_t ahead_us, int64_t age_us)
{
	assert_true(steady_of(l, NOW + ahead_us - age_us) == NOW - age_us);
}

static void test_not_stepped(void **state)
{
	struct steady_look l = at(0, 0);

	expect(&l, 0, 0);
	expect(&l, 0, 5 * MS);
	expect(&l, 0, 600 * US_PER_S); /* lay in the socket while we were stopped */
	expect(&l, 0, -MS);	       /* came between the look and the stamp */
}

static void test_stepped(void **state)
{
	static const int64_t steps[] = {9 * HOUR,	-9 * HOUR,	 30 * US_PER_S,
					-30 * US_PER_S, 365 * 24 * HOUR, -365 * 24 * HOUR};

	for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct steady_look l = at(steps[i], 0);

		expect(&l, steps[i], 20 * MS); /* of after the step */
		expect(&l, 0, 20 * MS);	       /* of before it */
		l = at(0, steps[i]);	       /* and stepped back */
		expect(&l, 0, 20 * MS);
		expect(&l, steps[i], 20 * MS);
	}
}

/* Of neither time: taken for now. */
static void test_future(void **state)
{
	struct steady_look l = at(0, 0);

	assert_true(steady_of(&l, NOW + HOUR) == NOW);
	l = at(-9 * HOUR, -9 * HOUR);
	assert_true(steady_of(&l, NOW + HOUR) == NOW);
}

/* Who did not begin it has the wall clock, unchanged. */
static void test_not_begun(void **state)
{
	struct steady_look l;
	int64_t before_us = clock_real_us(), us = steady_us();

	assert_true(us >= before_us && us <= clock_real_us());
	steady_look(&l);
	assert_false(l.begun);
	assert_true(steady_of(&l, 12345) == 12345);
	assert_true(steady_wall(12345) == 12345);
}

static void test_begun(void **state)
{
	struct steady_stats s;
	struct steady_look l;
	int64_t before_us;

	steady_begin();
	before_us = clock_real_us();
	assert_true(steady_us() - before_us < US_PER_S && before_us - steady_us() < US_PER_S);
	for (unsigned i = 0; i < 1000; i++)
		steady_look(&l);
	assert_true(l.begun && l.ahead_us == 0 && l.real_us == l.now_us);
	steady_stats(&s);
	assert_int_equal(s.steps, 0);
	assert_true(s.ahead_us == 0 && s.step_mono_us == TIME_NONE);
	assert_true(steady_follow() == 0);
	steady_stats(&s);
	assert_int_equal(s.followed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_not_stepped), cmocka_unit_test(test_stepped),
		cmocka_unit_test(test_future),	    cmocka_unit_test(test_not_begun),
		cmocka_unit_test(test_begun),
	};

	return cmocka_run_group_tests_name("steady", tests, NULL, NULL);
}
