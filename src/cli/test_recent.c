/* SPDX-License-Identifier: ISC */
/* Proves that what an exporter did counts for ten minutes, in both units, and no longer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cli/recent.h"

struct bench {
	struct exporters *exporters;
	struct exporter *e;
	struct recents *recents;
	int64_t now_us;
	struct recent is;
};

static void start(struct bench *b)
{
	struct ip from = ip_from_v4(0xc6336407);

	*b = (struct bench){.exporters = exporters_new(NULL), .recents = recents_new()};
	assert_true(b->exporters && b->recents);
	b->e = exporters_get(b->exporters, exporters_find(b->exporters, &from, true));
	b->now_us = 6000000 * US_PER_S;
	recents_tick(b->recents, b->exporters, b->now_us);
}

static void end(struct bench *b)
{
	free(b->recents);
	exporters_free(b->exporters);
}

static void pass(struct bench *b, unsigned minutes)
{
	for (unsigned i = 0; i < minutes; i++) {
		b->now_us += 60 * US_PER_S;
		recents_tick(b->recents, b->exporters, b->now_us);
	}
}

static const struct recent *look(struct bench *b)
{
	recents_of(b->recents, 1, b->e, &b->is);
	return &b->is;
}

static void test_forgotten_after_ten_minutes(void **state)
{
	struct bench b;

	start(&b);
	b.e->datagrams = 100;
	b.e->doubted = 3;
	b.e->restarts = 2;
	assert_int_equal(look(&b)->sum.doubted, 3);
	pass(&b, RECENT_MINUTES);
	assert_int_equal(look(&b)->sum.doubted, 3);
	assert_int_equal(look(&b)->sum.restarts, 2);
	b.e->datagrams = 150;
	pass(&b, 1);
	assert_int_equal(look(&b)->sum.doubted, 0);
	assert_int_equal(look(&b)->sum.restarts, 0);
	assert_int_equal(look(&b)->sum.datagrams, 50);
	/* A leap of the clock passes all minutes between. */
	b.now_us += 3600 * US_PER_S;
	recents_tick(b.recents, b.exporters, b.now_us);
	assert_int_equal(look(&b)->sum.datagrams, 0);
	end(&b);
}

/* A restart in the next minute makes good the doubt of this one. */
static void test_made_good(void **state)
{
	struct bench b;

	start(&b);
	b.e->datagrams = 1;
	b.e->doubted = 1;
	pass(&b, 1);
	b.e->doubted = 0;
	assert_int_equal(look(&b)->sum.doubted, 0);
	pass(&b, RECENT_MINUTES); /* the doubt goes first, and leaves no debt */
	assert_int_equal(look(&b)->sum.doubted, 0);
	b.e->doubted = 1;
	assert_int_equal(look(&b)->sum.doubted, 1);
	end(&b);
}

/* One bad minute is not hidden by nine good ones, in either unit. */
static void test_lost(void **state)
{
	struct bench b;

	start(&b);
	b.e->datagrams = 1000;
	b.e->records = 30000;
	b.e->lost_datagrams = 30;
	b.e->lost_records = 900;
	assert_true(look(&b)->lost_most > 0.02 && b.is.lost_most < 0.04);
	pass(&b, 1);
	b.e->datagrams += 10;
	b.e->records += 250;
	b.e->lost_records += 750;
	pass(&b, 1);
	b.e->datagrams += 1000;
	b.e->records += 30000;
	assert_true(look(&b)->lost_most == 0.75);
	assert_int_equal(b.is.sum.lost_records, 1650);
	pass(&b, RECENT_MINUTES);
	b.e->datagrams += 20;
	b.e->lost_datagrams += 180;
	assert_true(look(&b)->lost_most == 0.9);
	end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forgotten_after_ten_minutes),
		cmocka_unit_test(test_made_good),
		cmocka_unit_test(test_lost),
	};

	return cmocka_run_group_tests_name("recent", tests, NULL, NULL);
}
