/* SPDX-License-Identifier: ISC */
/* Proves that values with units are read exactly or refused, and that what is written reads back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conf/conf.h"
#include "conf/mistake.h"
#include "conf/units.h"

typedef int parse_fn(const char *text, uint64_t *value);
typedef void add_fn(struct text *t, uint64_t value);

struct good {
	const char *text;
	uint64_t value;
};

static void expect_good(parse_fn *parse, const struct good *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t v = 77;

		if (parse(rows[i].text, &v))
			fail_msg("\"%s\" was refused", rows[i].text);
		if (v != rows[i].value)
			fail_msg("\"%s\" gave %llu", rows[i].text, (unsigned long long)v);
	}
}

static void expect_bad(parse_fn *parse, const char *const *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t v = 77;

		if (parse(rows[i], &v) >= 0)
			fail_msg("\"%s\" gave %llu", rows[i], (unsigned long long)v);
		assert_int_equal(v, 77);
	}
}

static void test_pps(void **state)
{
	static const struct good good[] = {
		{"2500", 2500},	       {"2500pps", 2500},     {"2.5kpps", 2500},
		{"2.5 k", 2500},       {"1Mpps", 1000000},    {"0", 0},
		{"10 kp/s", 10000},    {"0.001k", 1},	      {"7 packets/s", 7},
		{"1.50000000k", 1500}, {"2Gpps", 2000000000},
	};
	static const char *const bad[] = {"",
					  "k",
					  "-1",
					  "+1",
					  "1.5",
					  "1..5k",
					  ".5k",
					  "5.k",
					  "1e3",
					  "0.0001k",
					  "1 k ",
					  " 1",
					  "1bps",
					  "1Gbps",
					  "0x10",
					  "1,000",
					  "never",
					  "1kk",
					  "18446744073709551616",
					  "99999999999999999999k",
					  "0.0000000001G"};

	expect_good(conf_parse_pps, good, ARRAY_LEN(good));
	expect_bad(conf_parse_pps, bad, ARRAY_LEN(bad));
}

static void test_bps(void **state)
{
	static const struct good good[] = {
		{"1Gbps", 1000000000},
		{"1.5Gbps", 1500000000},
		{"100 Mbit/s", 100000000},
		{"64kbps", 64000},
		{"5", 5},
		{"1T", 1000000000000},
		{"2.048 Mb/s", 2048000},
		{"9600 bits/s", 9600},
	};
	static const char *const bad[] = {"1GB", "1Bps", "1GBps", "1.5", "1pps", "1 Mbits", "fast"};

	expect_good(conf_parse_bps, good, ARRAY_LEN(good));
	expect_bad(conf_parse_bps, bad, ARRAY_LEN(bad));
}

static void test_duration(void **state)
{
	static const struct good good[] = {
		{"90", 90},	 {"10s", 10},	     {"5m", 300},    {"5 min", 300},
		{"2h", 7200},	 {"30d", 2592000},   {"1w", 604800}, {"10y", 315360000},
		{"1h30m", 5400}, {"1d 12h", 129600}, {"1.5h", 5400}, {"0s", 0},
	};
	static const char *const bad[] = {"",	     "s",    "5x",  "5m5", "5 5m",
					  "-5s",     "1.5s", "5mm", "m5",  "999999999999999999y",
					  "5minutes"};

	expect_good(conf_parse_duration, good, ARRAY_LEN(good));
	expect_bad(conf_parse_duration, bad, ARRAY_LEN(bad));
}

static void test_bytes(void **state)
{
	static const struct good good[] = {
		{"200MB", 200000000}, {"1GiB", 1073741824}, {"512", 512},    {"1.5KiB", 1536},
		{"2 kB", 2000},	      {"16 bytes", 16},	    {"1M", 1000000},
	};
	static const char *const bad[] = {"1Mb", "1Mbps", "1.5B", "1 MiBs", "0.3KiB"};

	expect_good(conf_parse_bytes, good, ARRAY_LEN(good));
	expect_bad(conf_parse_bytes, bad, ARRAY_LEN(bad));
}

static void test_count_and_percent(void **state)
{
	static const struct good counts[] = {{"0", 0}, {"4096", 4096}};
	static const struct good percents[] = {{"80", 80}, {"80%", 80}, {"80 %", 80}};
	static const char *const bad_counts[] = {"", "1.0", "1k", "-1", "1 "};
	static const char *const bad_percents[] = {"", "%", "80.5%", "80%%", "80 percent"};

	expect_good(units_parse_count, counts, ARRAY_LEN(counts));
	expect_good(units_parse_percent, percents, ARRAY_LEN(percents));
	for (size_t i = 0; i < ARRAY_LEN(bad_counts); i++)
		assert_true(units_parse_count(bad_counts[i], &(uint64_t){0}) < 0);
	for (size_t i = 0; i < ARRAY_LEN(bad_percents); i++)
		assert_true(units_parse_percent(bad_percents[i], &(uint64_t){0}) < 0);
}

static void test_hour(void **state)
{
	static const struct good good[] = {{"00:00", 0},    {"00:01", 1},    {"08:30", 510},
					   {"18:00", 1080}, {"23:59", 1439}, {"24:00", 1440}};
	static const char *const bad[] = {"",	   "24:01", "24:60",  "25:00",	"00:60",    "7:00",
					  "07:0",  "0700",  "18:00 ", " 18:00", "18:00:00", "18.00",
					  "-1:00", "+1:00", "18:0x",  "18",	"18:",	    ":30",
					  "6pm",   "never", "99:99"};

	expect_good(units_parse_hour, good, ARRAY_LEN(good));
	expect_bad(units_parse_hour, bad, ARRAY_LEN(bad));
}

/* Whatever the number, what is written must give the number back. */
static void round_trip(parse_fn *parse, add_fn *add, uint64_t v)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	uint64_t back;

	add(&t, v);
	if (parse(text_str(&t), &back) || back != v)
		fail_msg("%llu was written as \"%s\"", (unsigned long long)v, text_str(&t));
}

static void test_round_trip(void **state)
{
	uint64_t v = 0;

	for (unsigned minute = 0; minute <= 1440; minute++)
		round_trip(units_parse_hour, units_add_hour, minute);
	for (unsigned i = 0; i < 4000; i++) {
		round_trip(conf_parse_pps, units_add_pps, v);
		round_trip(conf_parse_bps, units_add_bps, v);
		round_trip(conf_parse_duration, units_add_duration, v);
		round_trip(conf_parse_bytes, units_add_bytes, v);
		v = i < 2000 ? v + 1 + i % 7 * 997 : v * 2862933555777941757u % (UINT64_C(1) << 50);
		if (i % 3 == 0)
			v -= v % 1000;
		if (i % 11 == 0)
			v -= v % 3600;
	}
}

static void test_written_short(void **state)
{
	_cleanup_text_ struct text t = TEXT_NULL;

	units_add_bps(&t, 1500000000);
	text_add(&t, " ");
	units_add_duration(&t, 5400);
	text_add(&t, " ");
	units_add_duration(&t, 0);
	text_add(&t, " ");
	units_add_bytes(&t, 1073741824);
	assert_string_equal(text_str(&t), "1500Mbps 90m 0s 1GiB");
}

static void test_quote(void **state)
{
	char q[QUOTE_MAX];

	assert_string_equal(quote("plain", q), "\"plain\"");
	assert_string_equal(quote("a\x1b[2J\x7f", q), "\"a\\x1b[2J\\x7f\"");
	assert_string_equal(quote("\xe7\x8b\xbc", q), "\"\xe7\x8b\xbc\"");
	assert_string_equal(quote("\xe2\x80\xae"
				  "b",
				  q),
			    "\"\\xe2\\x80\\xae"
			    "b\"");
	assert_string_equal(quote("\xc2\x9b", q), "\"\\xc2\\x9b\"");
	/* 16 characters of 3 bytes are 48 bytes; the 17th is cut off as a whole. */
	assert_string_equal(quote("\xe7\x8b\xbc\xe7\x8b\xbc\xe7\x8b\xbc\xe7\x8b\xbc\xe7\x8b\xbc"
				  "\xe7\x8b\xbc\xe7\x8b\xbc\xe7\x8b\xbc\xe7\x8b\xbc\xe7\x8b\xbc"
				  "\xe7\x8b\xbc\xe7\x8b\xbc\xe7\x8b\xbc\xe7\x8b\xbc\xe7\x8b\xbcx"
				  "\xe7\x8b\xbc",
				  q),
			    "\"\xe7\x8b\xbc\xe7\x8b\xbc\xe7\x8b\xbc\xe7\x8b\xbc\xe7\x8b\xbc"
			    "\xe7\x8b\xbc\xe7\x8b\xbc\xe7\x8b\xbc\xe7\x8b\xbc\xe7\x8b\xbc"
			    "\xe7\x8b\xbc\xe7\x8b\xbc\xe7\x8b\xbc\xe7\x8b\xbc\xe7\x8b\xbcx...\"");
	/* Every byte escaped: the longest that can come out. */
	assert_true(strlen(quote("\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01"
				 "\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01"
				 "\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01"
				 "\x01",
				 q)) < QUOTE_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pps),
		cmocka_unit_test(test_bps),
		cmocka_unit_test(test_duration),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_count_and_percent),
		cmocka_unit_test(test_hour),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_written_short),
		cmocka_unit_test(test_quote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
