/* SPDX-License-Identifier: ISC */
/*
 * Each single allocation of making rules fails in turn: that is passed up, nothing is lost of it,
 * and without the failure the rules are the same as before.
 */
#include "act/test_act_kit.h"
#include "base/test_refuse.h"

#include <errno.h>

static void begin(struct kit *k, bool copies, unsigned good)
{
	kit_begin(k);
	kit_visits(k, good);
	for (unsigned i = 0; i < 300; i++) {
		struct evidence_record e = kit_packet(k, 17, 123, (uint16_t)(1024 + i), 468, 0);

		if (copies && i % 2)
			e = kit_packet(k, 6, 0, 443, 60, TH_SYN);
		kit_put(k, SAMPLE_ATTACK, e);
	}
}

static void check(bool copies, unsigned good)
{
	struct derived whole, d;
	struct kit k;
	long n = 0;
	int r;

	begin(&k, copies, good);
	assert_int_equal(derive_rules(k.inc, &k.conf, &whole), 0);
	do {
		allocations = 0;
		fail_at = n++;
		counting = true;
		r = derive_rules(k.inc, &k.conf, &d);
		counting = false;
		assert_true(r == 0 || r == -ENOMEM);
	} while (r);
	assert_true(n > 8);
	assert_memory_equal(&d, &whole, sizeof(d));
	kit_end(&k);
}

static void test_separable(void **state)
{
	check(false, 400);
}

static void test_part(void **state)
{
	check(true, 400);
}

static void test_unknown(void **state)
{
	check(false, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_separable),
		cmocka_unit_test(test_part),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
