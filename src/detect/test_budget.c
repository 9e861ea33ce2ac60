/* SPDX-License-Identifier: ISC */
/*
 * Proves that what is followed closely keeps to the memory it may take, that the calmest give way,
 * and that an attack among many that come near is found all the same.
 */
#include <stdlib.h>

#include "detect/test_detect_kit.h"

#define NEAR_TARGETS 400
#define NEAR_PPS     700 /* over a quarter of the threshold: their senders are kept */
#define SECONDS	     4
#define TARGET(i)    (0x0a000000u + (uint32_t)(i)*8192u) /* each in a /20 of its own */

/* Many destinations just below the threshold, and one above it from the second second on. */
static void crowd(struct bench *b)
{
	for (unsigned ms = 0; ms < SECONDS * 1000; ms++) {
		int64_t us = T0 + ms * US_PER_MS;

		for (unsigned i = 0; i < NEAR_TARGETS * NEAR_PPS / 1000; i++) {
			unsigned n = ms * (NEAR_TARGETS * NEAR_PPS / 1000) + i;

			put(b, tcp(FORGED(n), TARGET(n % NEAR_TARGETS), 2000, 80, TH_SYN), 1, true,
			    us, us, us);
		}
		for (unsigned i = 0; ms >= 1000 && i < 12; i++)
			put(b, tcp(FORGED(ms * 12 + i), VICTIM, 2000, 80, TH_SYN), 1, true, us, us,
			    us);
	}
}

static struct detect_stats seen_with(const char *yaml, unsigned *found)
{
	_cleanup_text_ struct text why = TEXT_NULL;
	struct conf *conf = conf_load_text("test.yaml", yaml, strlen(yaml), &why);
	struct detect_stats stats;
	struct bench b;

	bench_start_with(&b, conf, 1, true);
	crowd(&b);
	assert_int_equal(flow_writer_flush(&b.writer), 0);
	detect_stats(b.detect, &stats);
	bench_end(&b);
	*found = b.n;
	assert_true(b.n == 0 || ip_v4(&b.last[0].target.addr) == VICTIM);
	bench_free(&b);
	return stats;
}

static void test_keeps_to_its_memory(void **state)
{
	unsigned found;
	struct detect_stats much = seen_with("limits: {memory: 4GB}\n", &found);
	struct detect_stats little;

	assert_int_equal(found, 1);
	assert_int_equal(much.hot_given_up, 0);
	assert_true(much.memory_bytes > 60000000);
	little = seen_with("limits: {memory: 32MB}\n", &found);
	assert_int_equal(found, 1);
	assert_true(little.hot_given_up > 0);
	assert_true(little.memory_bytes < 40000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keeps_to_its_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
