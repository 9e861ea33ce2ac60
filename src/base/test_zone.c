/* SPDX-License-Identifier: ISC */
/*
 * Proves that local time in named zones is right to the second over changes of the clock, in both
 * directions, that it is what the C library says at some ten thousand moments, that the program's
 * own zone is as before, and that nothing but a zone of the database is taken for one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/hash.h"
#include "base/zone.h"

static int64_t moment(const char *rfc3339)
{
	int64_t us;

	if (time_parse(rfc3339, &us))
		fail_msg("%s is no time", rfc3339);
	return us;
}

/* "2026-03-08 02:30", with any tm_isdst. */
static struct tm local(const char *text, int isdst)
{
	struct tm tm = {.tm_isdst = isdst};

	assert_non_null(strptime(text, "%Y-%m-%d %H:%M", &tm));
	tm.tm_isdst = isdst;
	return tm;
}

static void test_format(void **state)
{
	static const struct {
		const char *zone, *at, *text;
	} rows[] = {
		{"Asia/Tokyo", "2026-11-25T18:12:59.999999Z", "2026-11-26 03:12 JST"},
		{"Asia/Kolkata", "2026-11-25T18:30:00Z", "2026-11-26 00:00 IST"},
		{"UTC", "2026-11-25T18:12:00Z", "2026-11-25 18:12 UTC"},
		{"America/Sao_Paulo", "2026-11-25T18:12:00Z", "2026-11-25 15:12 -03"},
		{"Asia/Kathmandu", "2026-11-25T18:15:00Z", "2026-11-26 00:00 +0545"},
		{"Asia/Tokyo", "1969-12-31T23:59:59Z", "1970-01-01 08:59 JST"},
		/* Both changes of 2026, the last second before and the first one. */
		{"America/New_York", "2026-03-08T06:59:59Z", "2026-03-08 01:59 EST"},
		{"America/New_York", "2026-03-08T07:00:00Z", "2026-03-08 03:00 EDT"},
		{"America/New_York", "2026-11-01T05:59:59Z", "2026-11-01 01:59 EDT"},
		{"America/New_York", "2026-11-01T06:00:00Z", "2026-11-01 01:00 EST"},
		{"Europe/Tallinn", "2026-03-29T00:59:59Z", "2026-03-29 02:59 EET"},
		{"Europe/Tallinn", "2026-03-29T01:00:00Z", "2026-03-29 04:00 EEST"},
		{"Europe/Tallinn", "2026-10-25T00:59:59Z", "2026-10-25 03:59 EEST"},
		{"Europe/Tallinn", "2026-10-25T01:00:00Z", "2026-10-25 03:00 EET"},
		{"Europe/Tallinn", "2099-07-01T00:00:00Z", "2099-07-01 03:00 EEST"},
	};
	char buf[TIME_TEXT_MAX];

	for (int round = 0; round < 2; round++) /* as learnt, and as known */
		for (size_t i = 0; i < ARRAY_LEN(rows); i++)
			assert_string_equal(
				zone_format(rows[i].zone, moment(rows[i].at), true, buf),
				rows[i].text);
	assert_string_equal(zone_format("Asia/Tokyo", moment("2026-11-25T18:12:00Z"), false, buf),
			    "03:12 JST");
}

static void test_time(void **state)
{
	static const struct {
		const char *zone, *local;
		int isdst;
		const char *at;
	} rows[] = {
		{"Asia/Tokyo", "2026-11-26 03:12", -1, "2026-11-25T18:12:00Z"},
		{"Asia/Tokyo", "2026-11-26 03:12", 0, "2026-11-25T18:12:00Z"},
		{"Asia/Kolkata", "2026-11-26 00:00", -1, "2026-11-25T18:30:00Z"},
		{"America/New_York", "2026-07-01 12:00", -1, "2026-07-01T16:00:00Z"},
		{"America/New_York", "2026-07-01 12:00", 0, "2026-07-01T16:00:00Z"},
		/* The day of a change, on both sides of it. */
		{"America/New_York", "2026-03-08 00:30", -1, "2026-03-08T05:30:00Z"},
		{"America/New_York", "2026-03-08 01:59", -1, "2026-03-08T06:59:00Z"},
		{"America/New_York", "2026-03-08 03:00", -1, "2026-03-08T07:00:00Z"},
		{"America/New_York", "2026-03-08 12:00", -1, "2026-03-08T16:00:00Z"},
		{"America/New_York", "2026-11-01 00:30", -1, "2026-11-01T04:30:00Z"},
		{"America/New_York", "2026-11-01 02:00", -1, "2026-11-01T07:00:00Z"},
		{"America/New_York", "2026-11-01 12:00", -1, "2026-11-01T17:00:00Z"},
		/* What is not: moved on by the hour that is skipped. */
		{"America/New_York", "2026-03-08 02:00", -1, "2026-03-08T07:00:00Z"},
		{"America/New_York", "2026-03-08 02:30", -1, "2026-03-08T07:30:00Z"},
		{"Europe/Tallinn", "2026-03-29 03:30", -1, "2026-03-29T01:30:00Z"},
		/* What is twice. */
		{"America/New_York", "2026-11-01 01:00", -1, "2026-11-01T05:00:00Z"},
		{"America/New_York", "2026-11-01 01:30", -1, "2026-11-01T05:30:00Z"},
		{"America/New_York", "2026-11-01 01:30", 1, "2026-11-01T05:30:00Z"},
		{"America/New_York", "2026-11-01 01:30", 0, "2026-11-01T06:30:00Z"},
		{"Europe/Tallinn", "2026-10-25 03:30", -1, "2026-10-25T00:30:00Z"},
		{"Europe/Tallinn", "2026-10-25 03:30", 1, "2026-10-25T00:30:00Z"},
		{"Europe/Tallinn", "2026-10-25 03:30", 0, "2026-10-25T01:30:00Z"},
		/* Twice without summer time: the first, whatever tm_isdst says (Pyongyang). */
		{"Asia/Pyongyang", "2015-08-14 23:45", 0, "2015-08-14T14:45:00Z"},
		{"Asia/Pyongyang", "2015-08-14 23:45", 1, "2015-08-14T14:45:00Z"},
		/* Midnight that is not (Cairo), half an hour's change (Lord Howe). */
		{"Africa/Cairo", "2026-04-24 00:00", -1, "2026-04-23T22:00:00Z"},
		{"Australia/Lord_Howe", "2026-10-04 02:10", -1, "2026-10-03T15:40:00Z"},
		{"Australia/Lord_Howe", "2026-04-05 01:45", -1, "2026-04-04T14:45:00Z"},
	};

	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
			struct tm tm = local(rows[i].local, rows[i].isdst);
			char buf[TIME_TEXT_MAX];

			if (zone_time(rows[i].zone, &tm) != moment(rows[i].at))
				fail_msg("%s %s, isdst %d: %s", rows[i].zone, rows[i].local,
					 rows[i].isdst,
					 time_format_utc(zone_time(rows[i].zone, &tm), buf));
		}
	}
}

/* Fields out of their range, as mktime(3) takes them. */
static void test_normalised(void **state)
{
	struct tm tm = {.tm_year = 126, .tm_mon = 11, .tm_mday = 32, .tm_isdst = -1};

	assert_int_equal(zone_time("Asia/Tokyo", &tm), moment("2026-12-31T15:00:00Z"));
	tm = (struct tm){.tm_year = 126, .tm_mon = 2, .tm_mday = 7, .tm_min = 1440, .tm_isdst = -1};
	assert_int_equal(zone_time("America/New_York", &tm), moment("2026-03-08T05:00:00Z"));
	tm = (struct tm){.tm_year = 126, .tm_mon = 2, .tm_mday = 0, .tm_hour = 25, .tm_isdst = -1};
	assert_int_equal(zone_time("UTC", &tm), moment("2026-03-01T01:00:00Z"));
}

/* The C library as the second opinion: seeded moments of 60 years, and each change's neighbours. */
static void test_peer(void **state)
{
	static const char *const names[] = {
		"Asia/Tokyo",	 "America/New_York",	"Europe/Tallinn",    "Asia/Kolkata",
		"Europe/Dublin", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia",
		"Asia/Tehran",	 "America/St_Johns",	"Antarctica/Troll"};
	uint64_t seed = 20080708;
	unsigned twice = 0;

	for (unsigned i = 0; i < 10000; i++) {
		const char *zone = names[i % ARRAY_LEN(names)];
		time_t t;
		struct tm have, want;
		char name[32];

		seed = hash_u64(i, seed);
		t = (time_t)(seed % (60u * 365 * 86400));
		if (i % 3 == 0) /* in the hours around the changes of March */
			t = 1774659600 + (time_t)(seed % 7200) * 60 - 3600 * 24;
		setenv("TZ", zone, 1);
		tzset();
		assert_non_null(localtime_r(&t, &want));
		snprintf(name, sizeof(name), "%s", want.tm_zone);
		unsetenv("TZ");
		tzset();
		zone_local(zone, t * US_PER_S, &have);
		if (have.tm_sec != want.tm_sec || have.tm_min != want.tm_min ||
		    have.tm_hour != want.tm_hour || have.tm_mday != want.tm_mday ||
		    have.tm_mon != want.tm_mon || have.tm_year != want.tm_year ||
		    have.tm_wday != want.tm_wday || have.tm_yday != want.tm_yday ||
		    have.tm_isdst != want.tm_isdst || have.tm_gmtoff != want.tm_gmtoff ||
		    strcmp(have.tm_zone, name) != 0)
			fail_msg("%s at %lld", zone, (long long)t);
		/* And back: the same moment, or the first of two that look the same. */
		if (zone_time(zone, &have) != t * US_PER_S) {
			struct tm again;

			twice++;
			zone_local(zone, zone_time(zone, &have), &again);
			assert_int_equal(again.tm_hour, have.tm_hour);
			assert_int_equal(again.tm_min, have.tm_min);
			assert_true(zone_time(zone, &have) < t * US_PER_S);
		}
	}
	assert_true(twice < 20);
}

/* What is learnt on one side of a change says nothing of the other, whichever came first. */
static void test_edges(void **state)
{
	static const char *const order[2][2] = {{"2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z"},
						{"2026-10-25T00:59:59Z", "2026-10-25T01:00:00Z"}};
	static const char *const zones[] = {"Europe/Berlin", "Europe/Rome"};
	struct tm tm;

	for (unsigned i = 0; i < 2; i++) {
		for (unsigned first = 0; first < 2; first++) {
			for (unsigned n = 0; n < 2; n++) {
				unsigned side = first ^ n;

				zone_local(zones[first], moment(order[i][side]), &tm);
				assert_int_equal(tm.tm_gmtoff, (i ^ side ? 2 : 1) * 3600);
			}
		}
	}
}

/* More zones and more times than are kept: the same answers. */
static void test_many(void **state)
{
	char name[ZONE_NAME_MAX], buf[TIME_TEXT_MAX];

	for (int round = 0; round < 3; round++) {
		for (int h = -14; h <= 12; h++) {
			int64_t us = moment("2026-06-15T12:00:00Z") + h * 40 * 86400 * US_PER_S;
			struct tm tm;

			snprintf(name, sizeof(name), "Etc/GMT%+d", h);
			zone_local(name, us, &tm);
			assert_int_equal(tm.tm_gmtoff, -h * 3600);
			zone_local("Europe/Tallinn", us, &tm);
			assert_int_equal(tm.tm_gmtoff, (tm.tm_isdst ? 3 : 2) * 3600);
		}
		for (int i = 0; i < 12; i++) {
			static const char *const more[] = {
				"Asia/Seoul",	    "Asia/Manila",   "Asia/Dubai",
				"Asia/Singapore",   "Asia/Bangkok",  "Asia/Jakarta",
				"Europe/Berlin",    "Europe/London", "America/Chicago",
				"America/New_York", "Asia/Kolkata",  "Asia/Tokyo"};

			zone_format(more[i], moment("2026-01-15T12:00:00Z"), true, buf);
		}
		assert_string_equal(
			zone_format("Asia/Tokyo", moment("2026-11-25T18:12:00Z"), true, buf),
			"2026-11-26 03:12 JST");
	}
}

static void test_own(void **state)
{
	int64_t us = moment("2026-07-01T00:00:00Z");
	char buf[TIME_TEXT_MAX];
	struct tm tm = local("2026-07-01 09:00", -1);

	setenv("TZ", "Asia/Tokyo", 1);
	tzset();
	assert_string_equal(zone_format("", us, true, buf), "2026-07-01 09:00 JST");
	assert_int_equal(zone_time("", &tm), us);
	zone_format("America/Denver", us, true, buf); /* met for the first time */
	assert_string_equal(buf, "2026-06-30 18:00 MDT");
	assert_string_equal(getenv("TZ"), "Asia/Tokyo");
	assert_string_equal(time_format_local(us, buf), "2026-07-01 09:00:00 JST");
	setenv("TZ", "XYZ-3", 1);
	assert_string_equal(zone_format("", us, true, buf), "2026-07-01 03:00 XYZ");
	unsetenv("TZ");
	tzset();
	zone_format("America/Phoenix", us, true, buf);
	assert_string_equal(buf, "2026-06-30 17:00 MST");
	assert_null(getenv("TZ"));
}

static void test_known(void **state)
{
	static const char *const good[] = {"",	  "Asia/Tokyo", "America/Argentina/Buenos_Aires",
					   "UTC", "Etc/GMT+9",	"EST5EDT"};
	static const char *const bad[] = {"Asia/Tokio",
					  "asia/tokyo",
					  "JST",
					  "JST-9",
					  "XYZ-3",
					  ":Asia/Tokyo",
					  "+09:00",
					  "Asia",
					  "Asia/",
					  "/Asia/Tokyo",
					  "Asia//Tokyo",
					  "/usr/share/zoneinfo/Asia/Tokyo",
					  "../../etc/passwd",
					  "../zoneinfo/Asia/Tokyo",
					  "Asia/../Asia/Tokyo",
					  "./Asia/Tokyo",
					  "Asia/Tokyo ",
					  "Asia/Tokyo\n",
					  "zone.tab",
					  "tzdata.zi",
					  "right/Asia/Tokyo",
					  "posix/Asia/Tokyo",
					  "localtime",
					  "posixrules",
					  "A23456789/123456789/123456789/123456789/123456789/123"};
	char buf[TIME_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		if (!zone_known(good[i]))
			fail_msg("\"%s\" is not known", good[i]);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (zone_known(bad[i]))
			fail_msg("\"%s\" is known", bad[i]);
		assert_string_equal(zone_format(bad[i], moment("2026-07-01T00:00:00Z"), false, buf),
				    "00:00 UTC");
	}
}

static void test_nearest(void **state)
{
	static const struct {
		const char *name, *nearest;
	} rows[] = {
		{"Asia/Tokio", "Asia/Tokyo"},
		{"asia/tokyo", "Asia/Tokyo"},
		{"Europe/Talinn", "Europe/Tallinn"},
		{"America/New York", "America/New_York"},
		{"JST", NULL},
		{"somewhere else", NULL},
		{"A23456789/123456789/123456789/123456789/123456789/123456789/1234", NULL},
	};
	char buf[ZONE_NAME_MAX];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *have = zone_nearest(rows[i].name, buf);

		if (!rows[i].nearest)
			assert_null(have);
		else if (!have || strcmp(have, rows[i].nearest) != 0)
			fail_msg("%s: %s", rows[i].name, have ? have : "none");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_format),	   cmocka_unit_test(test_time),
		cmocka_unit_test(test_normalised), cmocka_unit_test(test_peer),
		cmocka_unit_test(test_edges),	   cmocka_unit_test(test_many),
		cmocka_unit_test(test_own),	   cmocka_unit_test(test_known),
		cmocka_unit_test(test_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
