/* SPDX-License-Identifier: ISC */
/* The blind spot of a link: no figure promises what the link cannot carry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "duty/blind.h"

/* What is told of a link of so much capacity at 1:1,000. Owned. */
static json_t *within_of(json_int_t capacity_bps)
{
	struct conf *conf = conf_default();
	json_t *inputs = json_pack(
		"{s:b, s:i, s:[{s:[s], s:{s:i, s:b, s:b}, s:b, s:b, s:b, s:i, s:i}], s:o, "
		"s:[{s:s, s:i, s:s, s:I}]}",
		"thinned", 0, "records_per_s", 0, "ways", "exporters", "r1", "sampling", "factor",
		1000, "known", 1, "mixed", 0, "flows", 1, "contents", 0, "silent", 0,
		"export_delay_s", 60, "export_delay_short_s", 15, "thresholds",
		thresholds_json(&conf->thresholds), "links", "exporter", "r1", "input", 1, "link",
		"transit", "capacity_bps", capacity_bps);
	json_t *all = blind_figures_json(inputs, NULL, BLIND_ALL), *within;

	within = json_incref(json_object_get(
		json_array_get(json_object_get(json_array_get(all, 0), "links"), 0), "within"));
	json_decref(all);
	json_decref(inputs);
	conf_unref(conf);
	return within;
}

static void test_no_more_than_it_carries(void **state)
{
	static const json_int_t capacity[] = {100000000, 1000000000, 10000000000, 100000000000};
	unsigned never = 0, told = 0;

	for (size_t i = 0; i < ARRAY_LEN(capacity); i++) {
		json_t *within = within_of(capacity[i]), *one;
		size_t k;

		assert_int_equal(json_array_size(within), 3);
		json_array_foreach(within, k, one)
		{
			const json_t *bps = json_object_get(one, "bps");
			const char *why = json_string_value(json_object_get(one, "why_never"));

			assert_non_null(bps);
			if (json_is_null(bps)) {
				assert_true(json_is_null(json_object_get(one, "pps")));
				assert_string_equal(why, "beyond_capacity");
				never++;
				continue;
			}
			assert_null(why);
			assert_true(json_integer_value(bps) <= capacity[i]);
			told++;
		}
		json_decref(within);
	}
	assert_true(never >= 1);
	assert_true(told >= 6);
}

/* The very link of 1 Gbit/s: never within a second, and seen within a minute. */
static void test_gigabit_at_1000(void **state)
{
	json_t *within = within_of(1000000000);

	assert_true(json_is_null(json_object_get(json_array_get(within, 0), "bps")));
	assert_true(json_is_integer(json_object_get(json_array_get(within, 2), "bps")));
	json_decref(within);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_more_than_it_carries),
		cmocka_unit_test(test_gigabit_at_1000),
	};

	return cmocka_run_group_tests_name("blind spot of links", tests, NULL, NULL);
}
