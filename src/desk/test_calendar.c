/* SPDX-License-Identifier: ISC */
/* Proves that calendars are read with exact errors, that days are those of the zone, that what
 * comes yearly comes by its date, and that the built-in files hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "desk/calendar.h"

static int64_t at(const char *text)
{
	int64_t us = 0;

	assert_int_equal(time_parse(text, &us), 0);
	return us;
}

static bool falls_in(const struct calendar *c, const char *when, const char *id)
{
	struct event day;
	const struct event *e;

	for (size_t i = 0; (e = calendar_next(c, at(when), at(when), &i, &day)) != NULL;)
		if (strcmp(e->id, id) == 0)
			return true;
	return false;
}

static void test_built_in(void **state)
{
	_cleanup_calendar_ struct calendar *c = calendar_new();
	_cleanup_text_ struct text errors = TEXT_NULL;

	for (unsigned i = 0; i < calendar_n_files; i++)
		if (calendar_add_country(c, calendar_files[i].country, &errors))
			fail_msg("%s", text_str(&errors));
	assert_true(c->n > 10);
	assert_int_equal(calendar_add_country(c, "XX", &errors), 0); /* no file, no events */
	assert_non_null(calendar_find(c, "jp-g8-toyako-2008"));
	assert_null(calendar_find(c, "nothing"));
	for (size_t i = 0; i < c->n; i++)
		assert_true(*c->events[i].source);
}

static void test_days(void **state)
{
	static const char yaml[] =
		"country: JP\nzone: \"+09:00\"\nevents:\n"
		"  - {id: one, kind: summit, from: 2008-07-07, until: 2008-07-09, ahead: 1d, name: "
		"x}\n"
		"  - {id: yearly, kind: anniversary, from: 2001-08-15, yearly: yes, name: x}\n"
		"  - {id: leap, kind: other, from: 2004-02-29, yearly: yes, name: x}\n";
	_cleanup_calendar_ struct calendar *c = calendar_new();
	_cleanup_text_ struct text errors = TEXT_NULL;

	assert_int_equal(calendar_read(c, "f", yaml, strlen(yaml), &errors), 0);
	assert_true(falls_in(c, "2008-07-07T00:00:00+09:00", "one"));
	assert_true(falls_in(c, "2008-07-09T23:59:59+09:00", "one"));
	assert_false(falls_in(c, "2008-07-10T00:00:00+09:00", "one"));
	assert_true(falls_in(c, "2008-07-06T00:00:00+09:00", "one")); /* watched ahead */
	assert_false(falls_in(c, "2008-07-05T23:59:59+09:00", "one"));
	assert_false(falls_in(c, "2009-07-08T00:00:00+09:00", "one")); /* once */
	assert_true(falls_in(c, "2001-08-15T12:00:00+09:00", "yearly"));
	assert_true(falls_in(c, "2026-08-15T23:00:00+09:00", "yearly"));
	assert_false(falls_in(c, "2026-08-16T00:00:00+09:00", "yearly"));
	assert_false(falls_in(c, "2000-08-15T12:00:00+09:00", "yearly")); /* before the first */
	assert_true(falls_in(c, "2005-03-01T12:00:00+09:00", "leap"));
	assert_true(falls_in(c, "2008-02-29T12:00:00+09:00", "leap"));
}

/* The days of a yearly event that are meant are those of the year around. */
static void test_nearest(void **state)
{
	_cleanup_calendar_ struct calendar *c = calendar_new();
	_cleanup_text_ struct text errors = TEXT_NULL;
	static const struct {
		const char *from, *until, *want;
	} rows[] = {
		{"2026-01-10T00:00:00Z", "2026-01-11T00:00:00Z", "2025-08-14T15:00:00Z"},
		{"2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z", "2026-08-14T15:00:00Z"},
		{"2026-08-15T00:00:00Z", "2026-08-15T01:00:00Z", "2026-08-14T15:00:00Z"},
		{"1999-01-01T00:00:00Z", "1999-01-02T00:00:00Z", "2001-08-14T15:00:00Z"},
	};

	assert_int_equal(calendar_add_country(c, "JP", &errors), 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct event *e = calendar_find(c, "jp-end-of-war");
		int64_t from_us, until_us, want_us;
		struct event day;

		assert_non_null(e);
		assert_int_equal(time_parse(rows[i].from, &from_us), 0);
		assert_int_equal(time_parse(rows[i].until, &until_us), 0);
		assert_int_equal(time_parse(rows[i].want, &want_us), 0);
		calendar_nearest(e, from_us, until_us, &day);
		assert_int_equal(day.from_us, want_us);
		assert_int_equal(day.until_us - day.from_us, e->until_us - e->from_us);
	}
}

static void test_mistakes(void **state)
{
	static const struct {
		const char *yaml, *want;
	} rows[] = {
		{"events: [{id: a, kind: summit, from: 2008-07-09, until: 2008-07-07, name: x}]\n",
		 "f:1:57: until lies before from\n"},
		{"zone: JST\nevents: []\n", "f:1:7: zone: an offset such as +09:00 is wanted\n"},
		{"zone: \"+9:00\"\n", "f:1:7: zone"},
		{"events: [{id: a, kind: feast, from: 2008-07-09, name: x}]\n",
		 "f:1:24: kind: \"feast\" is not one of"},
		{"events: [{id: a, kind: summit, from: 2008-7-9, name: x}]\n",
		 "f:1:38: from: \"2008-7-9\" is not a date such as 2026-08-08\n"},
		{"events: [{id: a, kind: summit, from: 2008-07-09, name: x},\n"
		 "  {id: a, kind: summit, from: 2008-07-09, name: x}]\n",
		 "f:2:8: the id stands here twice"},
		{"events: [{kind: summit, from: 2008-07-09, name: x}]\n",
		 "an event needs the key \"id\"\n"},
		{"evnets: []\n",
		 "f:1:1: unknown key \"evnets\" in a calendar; did you mean \"events\"?"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		_cleanup_calendar_ struct calendar *c = calendar_new();
		_cleanup_text_ struct text errors = TEXT_NULL;

		assert_int_equal(calendar_read(c, "f", rows[i].yaml, strlen(rows[i].yaml), &errors),
				 -EINVAL);
		assert_int_equal(c->n, 0);
		if (!strstr(text_str(&errors), rows[i].want))
			fail_msg("%s: %s", rows[i].want, text_str(&errors));
	}
}

static void test_missing_file(void **state)
{
	_cleanup_calendar_ struct calendar *c = calendar_new();
	_cleanup_text_ struct text errors = TEXT_NULL;

	assert_int_equal(calendar_load(c, "/no/such/file", &errors), -ENOENT);
	assert_non_null(strstr(text_str(&errors), "/no/such/file: not read: "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_built_in),     cmocka_unit_test(test_days),
		cmocka_unit_test(test_nearest),	     cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_missing_file),
	};

	return cmocka_run_group_tests_name("calendar", tests, NULL, NULL);
}
