/* SPDX-License-Identifier: ISC */
/*
 * Proves who is on call at a moment: over midnight, over changes of the clock, in several zones,
 * within bounds; that the first shift wins, that the escalation stands behind it, and that nothing
 * changes before the moment that is given for it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "duty/roster.h"

#define MINUTE_US (60 * US_PER_S)

static void drop_conf(struct conf **c)
{
	conf_unref(*c);
}

#define _cleanup_conf_ _cleanup_(drop_conf)

#define PEOPLE                                                                                     \
	"duty:\n"                                                                                  \
	"  program: /bin/sh\n"                                                                     \
	"  people: [{name: a}, {name: b}, {name: c}, {name: d, zone: Asia/Kolkata, language: "     \
	"ja}]\n"

/* Gaps are meant here, so warnings are passed over. */
static struct conf *load(const char *yaml)
{
	_cleanup_text_ struct text errors = TEXT_NULL;
	struct conf *c = conf_load_text("f", yaml, strlen(yaml), &errors);

	if (!c)
		fail_msg("of:\n%s\ncame:\n%s", yaml, text_str(&errors));
	return c;
}

static int64_t moment(const char *rfc3339)
{
	int64_t us;

	if (time_parse(rfc3339, &us))
		fail_msg("%s is no time", rfc3339);
	return us;
}

static const char *names(const struct roster *r, struct text *out)
{
	text_clear(out);
	for (unsigned i = 0; i < r->n; i++)
		text_printf(out, "%s%s", i ? " " : "", r->person[i]->name);
	return text_str(out);
}

struct row {
	const char *at, *people, *until; /* until NULL: never */
};

static void expect(const struct conf *c, const struct row *rows, size_t n)
{
	_cleanup_text_ struct text have = TEXT_NULL;
	char buf[TIME_TEXT_MAX];
	struct roster r;

	for (size_t i = 0; i < n; i++) {
		int64_t until = rows[i].until ? moment(rows[i].until) : TIME_NONE;

		roster_at(c, NULL, moment(rows[i].at), &r);
		if (strcmp(names(&r, &have), rows[i].people) != 0)
			fail_msg("at %s: %s", rows[i].at, text_str(&have));
		if (r.until_us != until)
			fail_msg("at %s: until %s", rows[i].at,
				 r.until_us == TIME_NONE ? "never"
							 : time_format_utc(r.until_us, buf));
		assert_null(r.heightened);
	}
}

#define EXPECT(c, rows) expect(c, rows, ARRAY_LEN(rows))

/* 2026-11-27 is a Friday. */
static void test_over_midnight(void **state)
{
	static const struct row rows[] = {
		{"2026-11-27T17:59:59.999999+09:00", "", "2026-11-27T18:00:00+09:00"},
		{"2026-11-27T18:00:00+09:00", "a b", "2026-11-28T09:00:00+09:00"},
		{"2026-11-28T00:00:00+09:00", "a b", "2026-11-28T09:00:00+09:00"},
		{"2026-11-28T08:59:59.999999+09:00", "a b", "2026-11-28T09:00:00+09:00"},
		/* Saturday and Sunday evening begin nothing. */
		{"2026-11-28T09:00:00+09:00", "", "2026-11-30T18:00:00+09:00"},
		{"2026-11-29T20:00:00+09:00", "", "2026-11-30T18:00:00+09:00"},
		{"2026-11-30T08:00:00+09:00", "", "2026-11-30T18:00:00+09:00"},
		{"2026-11-30T18:00:00+09:00", "a b", "2026-12-01T09:00:00+09:00"},
	};
	_cleanup_conf_ struct conf *c = load(
		PEOPLE "  zone: Asia/Tokyo\n  shifts:\n"
		       "    - {people: [a, b], days: weekdays, from: '18:00', until: '09:00'}\n");

	EXPECT(c, rows);
}

static void test_whole_days(void **state)
{
	static const struct row rows[] = {
		{"2026-11-27T23:59:59+09:00", "a", "2026-11-28T00:00:00+09:00"},
		{"2026-11-28T00:00:00+09:00", "b", "2026-11-29T00:00:00+09:00"},
		{"2026-11-29T00:00:00+09:00", "c", "2026-11-30T00:00:00+09:00"},
		{"2026-11-30T00:00:00+09:00", "a", "2026-12-01T00:00:00+09:00"},
	};
	_cleanup_conf_ struct conf *c = load(PEOPLE "  zone: Asia/Tokyo\n  shifts:\n"
						    "    - {people: a, days: weekdays}\n"
						    "    - {people: b, days: sat, until: '00:00'}\n"
						    "    - {people: c, days: sun}\n");

	EXPECT(c, rows);
}

/* In one week of New York there is no 02:30, in another it is 01:30 twice. */
static void test_clock_changes(void **state)
{
	static const struct row spring[] = {
		{"2026-03-08T03:00:00Z", "a", "2026-03-08T07:30:00Z"}, /* 22:00 EST */
		{"2026-03-08T06:59:59Z", "a", "2026-03-08T07:30:00Z"},
		{"2026-03-08T07:29:59Z", "a", "2026-03-08T07:30:00Z"}, /* 03:29 EDT */
		{"2026-03-08T07:30:00Z", "b", "2026-03-08T16:00:00Z"}, /* 12:00 EDT */
		{"2026-03-08T16:00:00Z", "a", "2026-03-09T06:30:00Z"},
	};
	static const struct row autumn[] = {
		{"2026-11-01T05:29:59Z", "a", "2026-11-01T05:30:00Z"}, /* 01:29 EDT */
		{"2026-11-01T05:30:00Z", "b", "2026-11-01T17:00:00Z"}, /* 12:00 EST */
		{"2026-11-01T06:15:00Z", "b", "2026-11-01T17:00:00Z"}, /* 01:15 EST */
		{"2026-11-01T06:30:00Z", "b", "2026-11-01T17:00:00Z"}, /* 01:30 EST */
		{"2026-11-01T17:00:00Z", "a", "2026-11-02T06:30:00Z"},
	};
	_cleanup_conf_ struct conf *c =
		load(PEOPLE "  zone: America/New_York\n  shifts:\n"
			    "    - {people: a, from: '12:00', until: '02:30'}\n"
			    "    - {people: b, from: '02:30', until: '12:00'}\n");
	_cleanup_conf_ struct conf *d =
		load(PEOPLE "  zone: America/New_York\n  shifts:\n"
			    "    - {people: a, from: '12:00', until: '01:30'}\n"
			    "    - {people: b, from: '01:30', until: '12:00'}\n");

	EXPECT(c, spring);
	EXPECT(d, autumn);
}

/* Tokyo by day, Tallinn by its own day, which moves by an hour; the desk's zone for the rest. */
static void test_zones(void **state)
{
	static const struct row rows[] = {
		{"2026-10-23T05:59:59Z", "d", "2026-10-23T06:00:00Z"},
		{"2026-10-23T06:00:00Z", "b", "2026-10-23T14:00:00Z"}, /* Tallinn 09:00 EEST */
		{"2026-10-23T14:00:00Z", "d", "2026-10-24T00:00:00Z"},
		{"2026-10-26T00:00:00Z", "a", "2026-10-26T07:00:00Z"}, /* Tokyo 09:00 */
		{"2026-10-26T06:59:59Z", "a", "2026-10-26T07:00:00Z"},
		{"2026-10-26T07:00:00Z", "b", "2026-10-26T15:00:00Z"}, /* Tallinn 09:00 EET */
	};
	_cleanup_conf_ struct conf *c = load(
		PEOPLE
		"  zone: UTC\n  shifts:\n"
		"    - {people: b, zone: Europe/Tallinn, days: weekdays, from: '09:00', until: "
		"'17:00'}\n"
		"    - {people: a, zone: Asia/Tokyo, days: mon, from: '09:00', until: "
		"'18:00'}\n"
		"    - {people: d}\n");

	EXPECT(c, rows);
	assert_string_equal(roster_zone(c, roster_person(c, "a")), "UTC");
	assert_string_equal(roster_zone(c, roster_person(c, "d")), "Asia/Kolkata");
	assert_string_equal(roster_zone(c, NULL), "UTC");
	assert_string_equal(roster_language(c, roster_person(c, "a")), "en");
	assert_string_equal(roster_language(c, roster_person(c, "d")), "ja");
	assert_string_equal(roster_language(c, NULL), "en");
	assert_null(roster_person(c, "e"));
	assert_null(roster_person(c, ""));
}

/* An exception stands before the rule: it takes over in the middle of a shift, and gives back. */
static void test_bounds(void **state)
{
	static const struct row rows[] = {
		{"2026-11-01T00:00:00Z", "a", "2026-11-02T00:00:00Z"},
		{"2026-12-28T08:00:00Z", "a", "2026-12-28T09:30:00Z"},
		{"2026-12-28T09:29:59.999999Z", "a", "2026-12-28T09:30:00Z"},
		{"2026-12-28T09:30:00Z", "c", "2026-12-29T00:00:00Z"},
		{"2026-12-29T00:00:00Z", "c", "2026-12-30T00:00:00Z"},
		{"2027-01-03T00:00:00Z", "c", "2027-01-03T12:00:00Z"},
		{"2027-01-03T11:59:59.999999Z", "c", "2027-01-03T12:00:00Z"},
		{"2027-01-03T12:00:00Z", "a", "2027-01-04T00:00:00Z"},
		{"2028-01-01T00:00:00Z", "a", "2028-01-02T00:00:00Z"},
	};
	static const struct row alone[] = {
		{"2026-01-01T00:00:00Z", "", "2026-12-28T09:30:00Z"},
		{"2026-12-28T09:30:00Z", "c", "2026-12-29T00:00:00Z"},
		{"2027-01-03T12:00:00Z", "", NULL},
	};
	/* Only on Tuesdays, and the year ends on a Thursday: the first is of next year. */
	static const struct row later[] = {
		{"2026-12-01T00:00:00Z", "", "2027-01-05T10:00:00Z"},
		{"2027-01-05T10:00:00Z", "c", "2027-01-05T11:00:00Z"},
		{"2027-01-05T11:00:00Z", "", NULL},
	};
#define EXCEPTION "    - {people: c, since: 2026-12-28T09:30:00Z, to: 2027-01-03T12:00:00Z}\n"
	_cleanup_conf_ struct conf *c =
		load(PEOPLE "  zone: UTC\n  shifts:\n" EXCEPTION "    - {people: a}\n");
	_cleanup_conf_ struct conf *d = load(PEOPLE "  zone: UTC\n  shifts:\n" EXCEPTION);
	_cleanup_conf_ struct conf *e = load(
		PEOPLE "  zone: UTC\n  shifts:\n    - {people: c, days: tue, from: '10:00', until: "
		       "'12:00', since: 2026-12-31T00:00:00Z, to: 2027-01-05T11:00:00Z}\n");

	EXPECT(c, rows);
	EXPECT(d, alone);
	EXPECT(e, later);
}

/* What stands behind the shift that holds does not matter; what stands before it may take over. */
static void test_first_wins(void **state)
{
	static const struct row rows[] = {
		{"2026-11-27T00:00:00Z", "b", "2026-11-27T12:00:00Z"},
		{"2026-11-27T12:00:00Z", "a", "2026-11-27T13:00:00Z"},
		{"2026-11-27T13:00:00Z", "b", "2026-11-28T00:00:00Z"},
	};
	_cleanup_conf_ struct conf *c =
		load(PEOPLE "  zone: UTC\n  shifts:\n"
			    "    - {people: a, from: '12:00', until: '13:00'}\n"
			    "    - {people: b}\n"
			    "    - {people: c, from: '06:00', until: '18:00'}\n");

	EXPECT(c, rows);
}

static void test_escalation(void **state)
{
	static const struct row rows[] = {
		{"2026-11-27T08:00:00Z", "a b d c", "2026-11-27T12:00:00Z"},
		{"2026-11-27T12:00:00Z", "d b c", "2026-11-28T00:00:00Z"},
	};
	static const struct row only[] = {{"2026-11-27T08:00:00Z", "c a", NULL}};
	_cleanup_conf_ struct conf *c =
		load(PEOPLE "  zone: UTC\n  shifts:\n    - {people: [a, b, a], until: '12:00'}\n"
			    "  escalation: [d, b, c, d]\n");
	_cleanup_conf_ struct conf *d = load(PEOPLE "  escalation: [c, a]\n");

	EXPECT(c, rows);
	EXPECT(d, only);
}

static void test_empty(void **state)
{
	static const struct row rows[] = {{"2026-11-27T08:00:00Z", "", NULL}};
	_cleanup_conf_ struct conf *c = conf_default(), *d = load(PEOPLE);

	EXPECT(c, rows);
	EXPECT(d, rows);
}

static void test_heightened(void **state)
{
	_cleanup_conf_ struct conf *c = load(
		"protected: [{name: shop, prefixes: 192.0.2.1}]\n" PEOPLE
		"  zone: UTC\n  shifts:\n    - {people: a, until: '12:00'}\n"
		"    - {people: b}\n"
		"  escalation: [c, a]\n"
		"heightened:\n"
		"  - {name: sale, from: 2026-11-27T00:00:00Z, until: 2026-11-29T00:00:00Z, "
		"people: [d, a]}\n"
		"  - {name: vote, event: e, people: b}\n"
		"  - {name: quiet, from: 2026-11-27T00:00:00Z, until: 2026-11-29T00:00:00Z}\n");
	static const struct {
		unsigned which;
		const char *people, *until;
		bool own;
	} rows[] = {
		{0, "d a c", "2026-11-29T00:00:00Z", true},
		{1, "b c a", NULL, true}, /* its days are in a calendar, which others know */
		{2, "a c", "2026-11-27T12:00:00Z", false},
	};
	_cleanup_text_ struct text have = TEXT_NULL;
	struct roster r;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct conf_heightened *h = &c->heightened[rows[i].which];

		roster_at(c, h, moment("2026-11-27T08:00:00Z"), &r);
		assert_string_equal(names(&r, &have), rows[i].people);
		assert_true(r.until_us == (rows[i].until ? moment(rows[i].until) : TIME_NONE));
		assert_ptr_equal(r.heightened, rows[i].own ? h : NULL);
	}
}

/*
 * Every seventh minute of eight weeks with four changes of clocks: until the moment that is given
 * the same people are on call, and from there on who is said there.
 */
static void test_nothing_before(void **state)
{
	_cleanup_conf_ struct conf *c =
		load(PEOPLE
		     "  zone: Europe/Tallinn\n  shifts:\n"
		     "    - {people: c, days: [wed, sun], from: '03:15', until: '03:45'}\n"
		     "    - {people: a, zone: America/New_York, days: weekdays, from: '01:30', "
		     "until: '09:00'}\n"
		     "    - {people: b, zone: Australia/Lord_Howe, from: '23:10', until: '07:20'}\n"
		     "    - {people: [b, c], from: '22:00', until: '03:30', since: "
		     "2026-03-10T12:34:56Z, to: 2026-04-10T01:02:03Z}\n"
		     "    - {people: d, days: weekend, from: '12:00', until: '12:00'}\n");
	_cleanup_text_ struct text first = TEXT_NULL, second = TEXT_NULL;
	int64_t begin = moment("2026-02-25T00:00:00Z"), end = moment("2026-04-22T00:00:00Z");
	struct roster held, r;
	unsigned changes = 0;

	roster_at(c, NULL, begin, &held);
	for (int64_t t = begin; t < end; t += 7 * MINUTE_US) {
		while (held.until_us <= t) {
			assert_true(held.until_us > begin);
			roster_at(c, NULL, held.until_us - 1, &r);
			assert_string_equal(names(&r, &first), names(&held, &second));
			roster_at(c, NULL, held.until_us, &held);
			changes++;
		}
		roster_at(c, NULL, t, &r);
		assert_true(r.until_us > t);
		assert_string_equal(names(&r, &first), names(&held, &second));
	}
	assert_true(changes > 150);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_over_midnight), cmocka_unit_test(test_whole_days),
		cmocka_unit_test(test_clock_changes), cmocka_unit_test(test_zones),
		cmocka_unit_test(test_bounds),	      cmocka_unit_test(test_first_wins),
		cmocka_unit_test(test_escalation),    cmocka_unit_test(test_empty),
		cmocka_unit_test(test_heightened),    cmocka_unit_test(test_nothing_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
