/* SPDX-License-Identifier: ISC */
/*
 * Proves what the truth of the busy week rests on before anything runs: who is called when, that
 * there are 40 attacks and a load test, and that with twenty seeds nobody's shift changes while a
 * thing may wake somebody, nor do two things come at once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "drill/drill.h"
#include "drill/week.h"

#define SEEDS	20
#define HOUR_MS UINT64_C(3600000)
#define MON	0
#define FRI	4
#define SAT	5
#define SUN	6

static uint64_t at(unsigned day, unsigned hour, unsigned minute)
{
	return (day * 24 + hour) * HOUR_MS + minute * UINT64_C(60000);
}

/* Of moments in UTC, reckoned by hand from the hours in Tokyo (9 ahead) and Berlin (1 ahead). */
static void test_who_is_called(void **state)
{
	static const struct {
		unsigned day, hour, minute;
		const char *first, *second;
	} known[] = {
		{MON, 0, 0, "sato", "suzuki"},	  {MON, 8, 59, "sato", "suzuki"},
		{MON, 9, 0, "weber", "braun"},	  {MON, 20, 59, "weber", "braun"},
		{MON, 21, 0, "suzuki", "kimura"}, {MON, 23, 59, "suzuki", "kimura"},
		{FRI, 16, 0, "weber", "braun"}, /* Saturday in Tokyo, Friday in Berlin */
		{FRI, 22, 0, "suzuki", "kimura"}, {SAT, 0, 0, "kimura", "weber"},
		{SAT, 12, 59, "kimura", "weber"}, {SAT, 13, 0, "suzuki", "kimura"},
		{SUN, 5, 0, "kimura", "weber"},	  {SUN, 23, 59, "suzuki", "kimura"},
	};
	const char *called[WEEK_CALLED];

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		unsigned n = week_called(at(known[i].day, known[i].hour, known[i].minute), called);

		assert_int_equal(n, 4);
		assert_string_equal(called[0], known[i].first);
		assert_string_equal(called[1], known[i].second);
		assert_string_equal(called[2], "tanaka");
		assert_string_equal(called[3], "meier");
	}
}

static json_t *truth_of(uint64_t seed, int64_t *base_us)
{
	struct drill *d = drill_new("busy-week", seed, NULL);
	_cleanup_free_ char *text = NULL;
	json_t *truth;

	assert_non_null(d);
	text = drill_truth_json(d);
	drill_free(d);
	assert_non_null(text);
	truth = json_loads(text, 0, NULL);
	assert_non_null(truth);
	assert_int_equal(time_parse(json_string_value(json_object_get(truth, "start")), base_us),
			 0);
	return truth;
}

static uint64_t ms_of(const json_t *thing, const char *key, int64_t base_us)
{
	int64_t us;

	assert_int_equal(time_parse(json_string_value(json_object_get(thing, key)), &us), 0);
	return (uint64_t)((us - base_us) / US_PER_MS);
}

static bool is_bursts(const json_t *thing)
{
	return strstr(json_string_value(json_object_get(thing, "what")), "300 bursts") != NULL;
}

/* From when it is due until the last of its pages may have been answered. */
static void check_shift(const json_t *thing, int64_t base_us)
{
	const json_t *pages = json_object_get(thing, "pages"), *page;
	const char *then[WEEK_CALLED], *now[WEEK_CALLED];
	uint64_t due = ms_of(thing, "due", base_us), last = ms_of(thing, "latest", base_us);
	size_t i;

	assert_true(json_array_size(pages) >= 1);
	json_array_foreach(pages, i, page)
	{
		uint64_t ms =
			ms_of(thing, "latest", base_us) +
			1000u * (uint64_t)(json_integer_value(json_object_get(page, "after_s")) +
					   json_integer_value(json_object_get(page, "answer_s")));

		last = ms > last ? ms : last;
	}
	week_called(due, then);
	week_called(last, now);
	assert_string_equal(then[0], now[0]);
	assert_string_equal(json_string_value(json_object_get(json_array_get(pages, 0), "person")),
			    then[0]);
}

static void check_week(uint64_t seed)
{
	bool taken[WEEK_DAYS * 24] = {false};
	unsigned incidents = 0, faults = 0, storms = 0;
	size_t i, hours = 0;
	int64_t base_us;
	json_t *truth = truth_of(seed, &base_us), *thing;

	json_array_foreach(json_object_get(json_object_get(truth, "duty"), "things"), i, thing)
	{
		const char *kind = json_string_value(json_object_get(thing, "kind"));
		uint64_t from = ms_of(thing, "from", base_us),
			 until = ms_of(thing, "until", base_us);

		assert_true(from < until && until < WEEK_S * UINT64_C(1000));
		incidents += strcmp(kind, "incident") == 0;
		faults += strcmp(kind, "fault") == 0;
		storms += json_is_true(json_object_get(thing, "storm"));
		if (json_is_true(json_object_get(thing, "paged")))
			check_shift(thing, base_us);
		if (is_bursts(thing)) {
			assert_true(until - from > 12 * HOUR_MS);
			continue;
		}
		assert_int_equal(from / HOUR_MS, until / HOUR_MS);
		hours += !taken[from / HOUR_MS];
		taken[from / HOUR_MS] = true;
		assert_false(taken[from / HOUR_MS + 1]); /* an hour between two */
	}
	assert_int_equal(incidents, 41);
	assert_int_equal(faults, 4);
	assert_int_equal(storms, 10);
	assert_int_equal(hours, 31);
	json_decref(truth);
}

static void test_no_shift_changes_and_hours_are_apart(void **state)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		check_week(seed);
}

static void test_seeds_differ_and_are_kept(void **state)
{
	int64_t base_us;
	json_t *one = truth_of(1, &base_us), *again = truth_of(1, &base_us),
	       *two = truth_of(2, &base_us);

	assert_true(json_equal(one, again));
	assert_false(json_equal(json_object_get(one, "duty"), json_object_get(two, "duty")));
	json_decref(one);
	json_decref(again);
	json_decref(two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_is_called),
		cmocka_unit_test(test_no_shift_changes_and_hours_are_apart),
		cmocka_unit_test(test_seeds_differ_and_are_kept),
	};

	return cmocka_run_group_tests_name("week", tests, NULL, NULL);
}
