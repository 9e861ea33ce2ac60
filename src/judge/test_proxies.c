/* SPDX-License-Identifier: ISC */
/*
 * Proves the forms of a proxy list: what is an entry, what is refused for which reason, which date
 * counts, and that a list speaks only of its time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "judge/proxies.h"

#define DAY_US (INT64_C(86400) * US_PER_S)
#define AT_US  (INT64_C(1218153600) * US_PER_S) /* 2008-08-08 */

static struct proxies *read_list(const char *text, int64_t dated_us)
{
	struct proxies *p = proxies_new();

	assert_non_null(p);
	assert_int_equal(proxies_read(p, text, strlen(text), dated_us), 0);
	return p;
}

static bool has(const struct proxies *p, const char *address, int64_t at_us)
{
	struct ip ip;

	assert_int_equal(ip_parse(address, &ip), 0);
	return proxies_find(p, &ip, at_us, NULL);
}

static int64_t date_of(const struct proxies *p, const char *address)
{
	int64_t us = 0;
	struct ip ip;

	assert_int_equal(ip_parse(address, &ip), 0);
	proxies_find(p, &ip, AT_US, &us);
	return us;
}

static void test_forms_of_an_entry(void **state)
{
	static const char text[] = "192.0.2.1\n"
				   "192.0.2.16/28\n"
				   "192.0.2.2:3128\n"
				   "http://192.0.2.3:8080/path\n"
				   "[2001:db8::1]:1080\n"
				   "2001:db8::2\n"
				   "  192.0.2.4 \t JP anonymous\r\n"
				   "Tokyo,192.0.2.5,8080\n"
				   "\"192.0.2.6\";\"elite\"\n"
				   "192.0.2.7";
	static const char *const in[] = {"192.0.2.1",  "192.0.2.2",   "192.0.2.3",  "192.0.2.4",
					 "192.0.2.5",  "192.0.2.6",   "192.0.2.7",  "192.0.2.16",
					 "192.0.2.31", "2001:db8::1", "2001:db8::2"};
	_cleanup_proxies_ struct proxies *p = read_list(text, TIME_NONE);

	for (size_t i = 0; i < ARRAY_LEN(in); i++)
		assert_true(has(p, in[i], AT_US));
	assert_false(has(p, "192.0.2.8", AT_US));
	assert_false(has(p, "192.0.2.32", AT_US));
	assert_int_equal(proxies_count(p), 10);
	for (unsigned r = 0; r < PROXIES_REFUSALS; r++)
		assert_int_equal(proxies_refused(p, (enum proxies_refusal)r), 0);
}

static void test_refused_by_reason(void **state)
{
	_cleanup_text_ struct text list = TEXT_NULL;
	_cleanup_proxies_ struct proxies *p = proxies_new();

	text_add(&list, "# a comment\n; another\n// one more\n\n   \nnothing here\n10.0.0.0/8\n"
			"2001:db8::/31\n1.2.3\n192.0.2.1");
	text_add_n(&list, "\0", 1);
	text_add(&list, "9\n");
	for (unsigned i = 0; i < 5000; i++)
		text_add(&list, "x");
	text_add(&list, "\n");
	assert_int_equal(proxies_read(p, list.s, list.len, TIME_NONE), 0);
	assert_int_equal(proxies_count(p), 0);
	assert_int_equal(proxies_refused(p, PROXIES_NO_ADDRESS), 3);
	assert_int_equal(proxies_refused(p, PROXIES_TOO_WIDE), 2);
	assert_int_equal(proxies_refused(p, PROXIES_LONG), 1);
	assert_string_equal(proxies_refusal_name(PROXIES_TOO_WIDE), "too_wide");
}

static void test_columns_of_a_heading(void **state)
{
	static const char text[] = "seen_by,IP,first,Last_Seen\n"
				   "198.51.100.1,192.0.2.1,2007-01-01,2008-08-01\n"
				   "198.51.100.1,192.0.2.2,2007-01-01,2008-08-02T12:00:00Z\n"
				   "198.51.100.1,,2007-01-01,2008-08-02\n";
	_cleanup_proxies_ struct proxies *p = read_list(text, TIME_NONE);

	assert_int_equal(proxies_count(p), 2);
	assert_false(has(p, "198.51.100.1", AT_US));
	assert_int_equal(date_of(p, "192.0.2.1"), AT_US - 7 * DAY_US);
	assert_int_equal(date_of(p, "192.0.2.2"), AT_US - 11 * DAY_US / 2);
	assert_int_equal(proxies_refused(p, PROXIES_NO_ADDRESS), 1);
}

static void test_the_date_that_counts(void **state)
{
	static const char text[] = "192.0.2.1\n"
				   "192.0.2.2 2008-08-03\n"
				   "# Date: 2008-08-04\n"
				   "192.0.2.3\n"
				   "192.0.2.4 2008-08-05 10:00:00\n"
				   "192.0.2.2 2008-08-01\n"
				   "192.0.2.3 2008-08-07\n";
	_cleanup_proxies_ struct proxies *p = read_list(text, AT_US - 90 * DAY_US);

	assert_int_equal(date_of(p, "192.0.2.1"), AT_US - 90 * DAY_US);
	assert_int_equal(date_of(p, "192.0.2.2"), AT_US - 5 * DAY_US);
	assert_int_equal(date_of(p, "192.0.2.3"), AT_US - 1 * DAY_US);
	assert_int_equal(date_of(p, "192.0.2.4"), AT_US - 3 * DAY_US);
}

static void test_a_list_speaks_of_its_time(void **state)
{
	_cleanup_proxies_ struct proxies *dated = read_list("192.0.2.1\n", AT_US);
	_cleanup_proxies_ struct proxies *undated = read_list("192.0.2.1\n", TIME_NONE);

	assert_true(has(dated, "192.0.2.1", AT_US + 180 * DAY_US));
	assert_false(has(dated, "192.0.2.1", AT_US + 181 * DAY_US));
	assert_true(has(dated, "192.0.2.1", AT_US - 180 * DAY_US));
	assert_false(has(dated, "192.0.2.1", AT_US - 181 * DAY_US));
	assert_true(has(undated, "192.0.2.1", AT_US + 4000 * DAY_US));
	assert_false(has(NULL, "192.0.2.1", AT_US));
}

static void test_lists_of_a_configuration(void **state)
{
	_cleanup_text_ struct text yaml = TEXT_NULL, errors = TEXT_NULL, why = TEXT_NULL;
	_cleanup_proxies_ struct proxies *p = NULL;
	char path[] = "proxies-XXXXXX";
	int fd = mkstemp(path);
	struct conf *conf;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "192.0.2.1\n", 10), 10);
	close(fd);
	text_printf(&yaml, "proxy_lists: [{file: %s, dated: 2008-08-01T00:00:00Z}, no-such-file]\n",
		    path);
	conf = conf_load_text("test", yaml.s, yaml.len, &errors);
	assert_string_equal(text_str(&errors), "");
	assert_non_null(conf);
	assert_int_equal(conf->n_proxy_lists, 2);
	assert_int_equal(proxies_load(conf, &p, &why), 0);
	unlink(path);
	assert_string_equal(text_str(&why), "no-such-file: No such file or directory\n");
	assert_int_equal(date_of(p, "192.0.2.1"), AT_US - 7 * DAY_US);
	conf_unref(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms_of_an_entry),
		cmocka_unit_test(test_refused_by_reason),
		cmocka_unit_test(test_columns_of_a_heading),
		cmocka_unit_test(test_the_date_that_counts),
		cmocka_unit_test(test_a_list_speaks_of_its_time),
		cmocka_unit_test(test_lists_of_a_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
