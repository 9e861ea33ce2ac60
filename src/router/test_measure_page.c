/* SPDX-License-Identifier: ISC */
/* In every case the measure, its end and the whole command are within a page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "duty/alarm.h"
#include "router/measure_page.h"

#define ID "m0123456789ab"

static void some_measure(struct measure *m, const char *target, bool effect)
{
	measure_clear(m);
	strcpy(m->id, ID);
	m->stage = MEASURE_VERIFIED;
	m->option.kind = PLAN_NFTABLES;
	m->until_us = INT64_C(1800000000) * US_PER_S;
	if (prefix_parse(target, false, &m->option.target))
		abort();
	if (effect)
		m->effect = (struct measure_effect){.at_us = m->until_us,
						    .before_bps = 123.4e9,
						    .after_bps = 56.7e6,
						    .dropped_packets = 123456789012345,
						    .dropped_bytes = 1};
}

static void whole(const struct measure *m, bool drill, bool ja, struct text *out)
{
	_cleanup_text_ struct text words = TEXT_NULL;

	measure_page_words(m, ja ? "30 分後に終了" : "ends in 30 min", "renew",
			   "America/Argentina/Buenos_Aires", drill, ja, &words);
	measure_page_head(m->id, drill, out);
	text_add(out, text_str(&words));
}

static void test_within_a_page(void **state)
{
	static const char *const targets[] = {"198.51.100.7/32",
					      "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff/128",
					      "2001:db8:aaaa:bbbb:cccc:dddd:eeee:fff0/124"};
	_cleanup_text_ struct text out = TEXT_NULL;
	struct measure m;

	for (unsigned k = 0; k < 24; k++) {
		some_measure(&m, targets[k / 8], k & 1);
		text_clear(&out);
		whole(&m, k & 2, k & 4, &out);
		printf("%3zu %s\n", measure_page_chars(text_str(&out)), text_str(&out));
		assert_true(measure_page_chars(text_str(&out)) <= PAGE_CHARS_MAX);
		assert_non_null(strstr(text_str(&out), k & 4 ? "30 分後" : "30 min"));
		assert_non_null(strstr(text_str(&out), "noroshi act renew " ID));
	}
}

static void test_words(void **state)
{
	_cleanup_text_ struct text out = TEXT_NULL;
	struct measure m;

	some_measure(&m, "198.51.100.7/32", true);
	m.effect.dropped_packets = -1;
	whole(&m, false, false, &out);
	assert_string_equal(text_str(&out),
			    ID ": ends in 30 min (05:00 -03): noroshi act renew " ID
			       " . 123 Gbit/s before, 56.7 Mbit/s after, nftables 198.51.100.7");
	text_clear(&out);
	whole(&m, true, true, &out);
	assert_string_equal(text_str(&out),
			    "DRILL / 訓練 " ID ": 30 分後に終了 (05:00 -03): noroshi act renew " ID
			    " 。手前 123 Gbit/s、後 56.7 Mbit/s、nftables 198.51.100.7");
	/* What has no room is left out. */
	some_measure(&m, "2001:db8:aaaa:bbbb:cccc:dddd:eeee:fff0/124", true);
	text_clear(&out);
	whole(&m, true, false, &out);
	assert_string_equal(text_str(&out),
			    "DRILL / 訓練 " ID ": ends in 30 min (05:00 -03): noroshi act renew " ID
			    " . 123 Gbit/s before, 56.7 Mbit/s after");
}

static void test_without_command(void **state)
{
	_cleanup_text_ struct text out = TEXT_NULL;
	struct measure m;

	some_measure(&m, "198.51.100.7/32", false);
	measure_page_words(&m, "its end is reached while the attack goes on", NULL, "UTC", false,
			   false, &out);
	assert_string_equal(text_str(&out),
			    "its end is reached while the attack goes on (08:00 UTC). effect not "
			    "measurable, nftables 198.51.100.7");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_within_a_page),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_without_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
