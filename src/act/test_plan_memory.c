/* SPDX-License-Identifier: ISC */
/*
 * Each single allocation of making a plan fails in turn: that is passed up and nothing is lost of
 * it, or the plan is the same as before. A plan that misses a sentence is never handed out.
 */
#include "act/test_plan_kit.h"
#include "base/test_refuse.h"

static void check(struct incident *inc, const char *points)
{
	struct conf *conf = kit_conf_of(KIT_CONSENT, points);
	struct guard_world world = {.exporters = kit_exporters,
				    .n_exporters = ARRAY_LEN(kit_exporters)};
	struct law *law = kit_law();
	struct plan_input in = {
		.incident = inc, .conf = conf, .law = law, .world = &world, .now_us = NOW_US};
	struct plan *whole = kit_plan(inc, conf, law), *p;
	long n = 0, refused = 0;
	int r;

	do {
		p = NULL;
		allocations = 0;
		fail_at = n++;
		counting = true;
		r = plan_make(&in, &p);
		counting = false;
		assert_true(r == 0 || r == -ENOMEM);
		assert_true((r == 0) == (p != NULL));
		if (p)
			assert_string_equal(p->hash, whole->hash);
		refused += r != 0;
		plan_free(p);
	} while (allocations > fail_at);
	assert_true(refused > 100);
	plan_free(whole);
	incident_free(inc);
	conf_unref(conf);
	law_free(law);
}

static void test_host(void **state)
{
	check(kit_reflected(), KIT_POINTS);
}

static void test_carpet(void **state)
{
	check(kit_carpet(), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_carpet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
