/* SPDX-License-Identifier: ISC */
/* Proves the parts of detection alone: statistics, meters, cells, sources, handshakes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "base/cleanup.h"
#include "base/hash.h"
#include "detect/cells.h"
#include "detect/detect.h"
#include "detect/handshake.h"
#include "detect/meter.h"
#include "detect/sources_fast.h"
#include "detect/stat.h"

/* P(X <= k) of a Poisson of mean @m, summed term by term: independent of the code under test. */
static double poisson_cdf(int k, double m)
{
	double term = exp(-m), sum = term;

	for (int i = 1; i <= k; i++) {
		term *= m / i;
		sum += term;
	}
	return sum;
}

static void test_poisson_bounds(void **state)
{
	for (int k = 4; k < 200; k += 7) {
		double lo = poisson_lower(k, Z_99), hi = poisson_upper(k, Z_95);

		/* Seeing k or more at the lower bound has 1 %, k or fewer at the upper 5 %. */
		assert_true(fabs(1 - poisson_cdf(k - 1, lo) - 0.01) < 0.001);
		assert_true(fabs(poisson_cdf(k, hi) - 0.05) < 0.002);
	}
	assert_true(poisson_lower(0, Z_99) == 0);
	assert_true(fabs(normal_z(0.01) - Z_99) < 0.001);
}

static double binomial_tail(int k, int n, double p)
{
	double sum = 0;

	for (int i = k; i <= n; i++)
		sum += exp(lgamma(n + 1) - lgamma(i + 1) - lgamma(n - i + 1) + i * log(p) +
			   (n - i) * log(1 - p));
	return sum;
}

/* Never less than the chance itself, and within a factor of twenty of it. */
static void test_share_chance(void **state)
{
	for (int n = 1; n < 120; n += 7)
		for (int k = n / 4 + 1; k < n; k += 3) {
			double is = binomial_tail(k, n, 0.2), told = share_chance(k, n, 0.2);

			assert_true(told >= is && told < 20 * is);
		}
	assert_true(fabs(share_chance(8, 8, 0.2) - pow(0.2, 8)) < 1e-12);
	assert_true(share_chance(2, 10, 0.2) == 1);
	assert_true(share_chance(0, 0, 0.2) == 1);
}

static void test_blind_spot(void **state)
{
	struct blind_spot one = blind_spot(2500, 1, 1, 0.95), s1, s10, s60;

	assert_true(one.pps == 2500);
	s1 = blind_spot(2500, 1000, 1, 0.95);
	s10 = blind_spot(2500, 1000, 10, 0.95);
	s60 = blind_spot(2500, 1000, 60, 0.95);
	assert_true(s1.pps > s10.pps && s10.pps > s60.pps && s60.pps > 2500);
	/* 8 sampled packets lift the lower bound over 2.5; P(X >= 8) = 95 % needs a mean of 13.1.
	 */
	assert_true(s1.pps > 12000 && s1.pps < 15000);
}

static void add(struct meters *m, struct view *v, unsigned meter, int64_t first_us, int64_t last_us,
		uint64_t packets)
{
	struct amount amount = {.meter = (uint8_t)meter, .n = packets};
	struct span whole = span_of(first_us, last_us), s;

	assert_true(meters_clip(m, &whole, &s));
	assert_int_equal(meters_add(m, v, &s, &amount, 1), 0);
}

static void test_meters_spread(void **state)
{
	struct meters m = METERS_NULL;
	struct span s, old = span_of(0, 10 * BIN_US);
	struct view *v;

	meters_advance(&m, 1000);
	v = meters_view(&m, 1, 0, false);
	add(&m, v, METER_PACKETS, 700 * BIN_US, 940 * BIN_US - 1, 6000);
	assert_int_equal(meters_sum(&m, METER_PACKETS, 800, 4), 100);
	assert_int_equal(meters_sum(&m, METER_PACKETS, 1000, RING_BINS), 6000);
	assert_int_equal(meters_sum(&m, METER_PACKETS, 1000, 4), 0);
	/* A flow that begins and ends inside bins keeps its rate in between. */
	add(&m, v, METER_DATA, 950 * BIN_US + BIN_US / 2, 960 * BIN_US + BIN_US / 2 - 1, 1000);
	assert_int_equal(meters_sum(&m, METER_DATA, 954, 4), 400);
	assert_int_equal(meters_sum(&m, METER_DATA, 950, 1), 50);
	assert_int_equal(meters_sum(&m, METER_DATA, 970, 40), 1000);
	/* Half of a flow lies before the ring: only the part inside counts. */
	s = span_of((490 - 511 - 98) * BIN_US, 588 * BIN_US);
	assert_true(meters_clip(&m, &s, &s));
	assert_int_equal(s.first, ring_oldest(&m));
	meters_advance(&m, 1000 + RING_BINS - 1);
	assert_int_equal(meters_sum(&m, METER_PACKETS, 1511, RING_BINS), 0);
	assert_false(meters_clip(&m, &old, &s));
	meters_deinit(&m);
}

/* Any flows in any order, also while the ring moves on: each bin as if counted one by one. */
static void test_meters_any(void **state)
{
	static double bins[3000];
	struct meters m = METERS_NULL;
	struct view *v = NULL;
	struct sheet sheet = {0};

	for (unsigned i = 0; i < 4000; i++) {
		int64_t newest = 600 + i / 4, length = (int64_t)(hash_u64(i, 1) % 300);
		int64_t first = newest - length - (int64_t)(hash_u64(i, 2) % 180);
		uint64_t packets = hash_u64(i, 3) % 5000;

		meters_advance(&m, newest);
		v = meters_view(&m, 1, 0, false);
		add(&m, v, i % 3 ? METER_PACKETS : METER_DATA, first * BIN_US,
		    (first + length) * BIN_US + BIN_US - 1, packets);
		for (int64_t b = first; i % 3 && b <= first + length; b++)
			bins[b] += (double)packets / (double)(length + 1);
	}
	for (unsigned opened = 0; opened < 3; opened++) {
		if (opened)
			sheet_open(&sheet, &m, opened == 1 ? 0 : m.newest - 100);
		for (int64_t end = ring_oldest(&m) + 40; end <= m.newest; end++) {
			double sum = 0;

			for (int64_t b = end - 39; b <= end; b++)
				sum += bins[b];
			assert_true(fabs((double)meters_sum(&m, METER_PACKETS, end, 40) - sum) <
				    20);
		}
		sheet_close(&m);
	}
	sheet_deinit(&sheet);
	meters_deinit(&m);
}

static void test_meters_views(void **state)
{
	struct meters m = METERS_NULL;
	static const struct {
		uint16_t exporter, link;
		uint64_t packets;
	} seen[] = {{1, 1, 100}, {1, 2, 50}, {2, 3, 140}};

	meters_advance(&m, 10);
	for (unsigned i = 0; i < ARRAY_LEN(seen); i++)
		add(&m, meters_view(&m, seen[i].exporter, seen[i].link, false), METER_PACKETS,
		    10 * BIN_US, 10 * BIN_US, seen[i].packets);
	/* Two links of one exporter add up, two exporters do not. */
	assert_int_equal(meters_sum(&m, METER_PACKETS, 10, 1), 150);
	add(&m, meters_view(&m, 3, 4, true), METER_PACKETS, 10 * BIN_US, 10 * BIN_US, 7);
	assert_int_equal(meters_sum(&m, METER_PACKETS, 10, 1), 157);
	meters_deinit(&m);
}

static void test_cells_evict(void **state)
{
	struct cell_pool pool;
	struct cells t;
	struct ip heavy = ip_from_v4(0x0a000001), key;
	struct cell *c;
	bool fresh;

	assert_int_equal(cell_pool_init(&pool, 100), 0);
	assert_int_equal(cells_init(&t, &pool, 64 * 1024), 0);
	c = cells_get(&t, &heavy, &fresh);
	assert_true(fresh);
	c->packets = 100000;
	cells_heat(&t, c, c->packets);
	for (uint32_t i = 0; i < 20000; i++) {
		key = ip_from_v4(0xc0000000 + i * 7919);
		c = cells_get(&t, &key, &fresh);
		cells_heat(&t, c, 1);
		/* A heavy host is heard of now and then among the crowd. */
		if (i % 200 == 0)
			cells_heat(&t, cells_get(&t, &heavy, &fresh), 100000);
	}
	assert_true(t.evicted > 10000);
	assert_true(cells_memory(&t) <= 64 * 1024);
	c = cells_find(&t, &heavy);
	assert_non_null(c);
	assert_int_equal(c->packets, 100000);
	cells_deinit(&t);
	cell_pool_deinit(&pool);
}

static void test_cells_growth(void **state)
{
	struct cell_pool pool;
	struct cells t;
	bool fresh;

	assert_int_equal(cell_pool_init(&pool, (64 << 20) / CELL_SET_BYTES), 0);
	assert_int_equal(cells_init(&t, &pool, 64 << 20), 0);
	for (uint32_t i = 0; i < 200000; i++) {
		struct ip key = ip_from_v4(i * 2654435761u);

		cells_get(&t, &key, &fresh)->packets = i + 1;
	}
	for (uint32_t i = 0; i < 200000; i++) {
		struct ip key = ip_from_v4(i * 2654435761u);
		struct cell *c = cells_find(&t, &key);

		assert_non_null(c);
		assert_int_equal(c->packets, i + 1);
	}
	print_message("200,000 hosts: %zu bytes each\n",
		      (cells_memory(&t) + cells_directory(&t)) / t.used);
	assert_int_equal(t.used, 200000);
	assert_int_equal(t.evicted, 0);
	assert_true((cells_memory(&t) + cells_directory(&t)) / t.used <= 110);
	cells_deinit(&t);
	cell_pool_deinit(&pool);
}

/* Who chooses addresses of one set has them given up, and the directory does not grow for him. */
static void test_cells_chosen(void **state)
{
	struct cell_pool pool;
	struct cells t;
	unsigned found = 0;
	bool fresh;

	assert_int_equal(cell_pool_init(&pool, 10000), 0);
	assert_int_equal(cells_init(&t, &pool, 10000 * CELL_SET_BYTES), 0);
	for (uint32_t i = 0; found < 200; i++) {
		struct ip key = ip_from_v4(i);

		if (cells_hash(&key) >> 48 != 0x1234)
			continue;
		cells_get(&t, &key, &fresh);
		found++;
	}
	assert_int_equal(t.evicted, 200 - CELL_WAYS);
	assert_true(t.sets < 20);
	assert_true(cells_directory(&t) < 4096);
	cells_deinit(&t);
	cell_pool_deinit(&pool);
}

/* Half of them by the short way, which must be the same. */
static int add_sent(struct sources *s, const struct ip *key, struct sent n)
{
	uint64_t hash = source_hash(key);

	return hash & 1 ? sources_add_fast(s, key, hash, &n) : sources_add(s, key, hash, &n);
}

static void test_sources_exact(void **state)
{
	struct sources s = SOURCES_NULL;
	struct source_classes c;
	bool exact;

	for (uint32_t i = 0; i < 300; i++) {
		struct ip key = ip_from_v4(0x0b000000 + i);
		uint32_t per_s = i < 100 ? 100 : i < 200 ? 500 : 1000;

		for (int64_t second = 0; second < 5; second++)
			assert_int_equal(add_sent(&s, &key, (struct sent){second, per_s, 1, per_s}),
					 0);
	}
	assert_int_equal(sources_count(&s, &exact), 300);
	assert_true(exact);
	c = sources_classes(&s);
	assert_int_equal(c.le_100, 100);
	assert_int_equal(c.gt_100_lt_1000, 100);
	assert_int_equal(c.ge_1000, 100);
	assert_int_equal(c.unresolved, 0);
	sources_deinit(&s);
}

/* Two million forged sources must not hide five heavy ones, nor make any other look heavy. */
static void test_sources_flooded(void **state)
{
	struct sources s = SOURCES_NULL;
	struct source_classes c;
	uint32_t x = 12345;
	double count;
	bool exact;

	for (int64_t second = 0; second < 4; second++) {
		for (uint32_t i = 0; i < 500000; i++) {
			struct ip key;

			x = x * 1664525 + 1013904223;
			key = ip_from_v4(x);
			assert_int_equal(add_sent(&s, &key, (struct sent){second, 1, 1, 1}), 0);
			if (i % 400 == 0)
				for (uint32_t k = 0; k < 5; k++) {
					key = ip_from_v4(0x0b000000 + k);
					add_sent(&s, &key, (struct sent){second, 1, 1, 1});
				}
		}
	}
	c = sources_classes(&s);
	assert_int_equal(c.ge_1000, 5);
	assert_int_equal(c.gt_100_lt_1000, 0);
	count = (double)sources_count(&s, &exact);
	assert_false(exact);
	assert_true(fabs(count / 2e6 - 1) < 0.02);
	sources_deinit(&s);
}

/* At 1:1000 a source of 50 SYN/s is now and then sampled twice in a second: that proves nothing. */
static void test_sources_sampled(void **state)
{
	struct sources s = SOURCES_NULL;
	struct source_classes c;

	for (uint32_t i = 0; i < 1000; i++) {
		struct ip key = ip_from_v4(0x0b000000 + i);

		add_sent(&s, &key, (struct sent){i % 60, 1 + i % 3, 1000, 1000 * (1 + i % 3)});
	}
	c = sources_classes(&s);
	assert_int_equal(c.ge_1000, 0);
	assert_int_equal(c.unresolved, 1000);
	sources_deinit(&s);
}

/* Counts of one sampling factor are never multiplied by another: not within a second, not in the
 * sketch. */
static void test_sources_of_two_factors(void **state)
{
	struct sources s = SOURCES_NULL;
	const struct source *top[1];
	struct source_classes c;

	for (int64_t second = 0; second < 5; second++)
		for (uint32_t i = 0; i < 100; i++) {
			struct ip key = ip_from_v4(0x0b000000 + i);

			add_sent(&s, &key, (struct sent){second, 60, 1, 60});
			if (i < 5)
				add_sent(&s, &key, (struct sent){second, 1, 1000, 1000});
			/* One sees each, one a hundredth, and both say about 5,000. */
			if (i >= 95)
				add_sent(&s, &key, (struct sent){second, 2500, 1, 2500});
			if (i >= 95)
				add_sent(&s, &key, (struct sent){second, 25, 100, 2500});
		}
	c = sources_classes(&s);
	assert_int_equal(c.le_100, 90);
	assert_int_equal(c.unresolved, 5);
	assert_int_equal(c.ge_1000, 5);
	assert_int_equal(sources_top(&s, top, 1), 1);
	assert_int_equal(source_best(top[0]), 5060);
	sources_deinit(&s);
}

static void test_sketch_of_two_factors(void **state)
{
	struct sources s = SOURCES_NULL;
	struct source_classes c;

	/* 63 of each second by one, one by the other: never 64 of one kind. */
	for (uint32_t i = 0; i < SOURCES_EXACT + 1000; i++) {
		struct ip key = ip_from_v4(0x0b000000 + i * 2654435761u % 0x01000000);

		for (unsigned k = 0; k < PROMOTE_AT - 1; k++)
			add_sent(&s, &key, (struct sent){1, 1, 1, 1, .salt = sent_salt(1, 0)});
		for (unsigned k = 0; k < 2; k++)
			add_sent(&s, &key,
				 (struct sent){1, 1, 1000, 1000, .salt = sent_salt(1000, 0)});
	}
	c = sources_classes(&s);
	assert_int_equal(c.ge_1000, 0);
	assert_int_equal(s.refused, 0);
	sources_deinit(&s);
}

static struct sent told(int64_t second, uint32_t each, uint16_t exporter, bool unheard)
{
	return (struct sent){second,
			     each,
			     1,
			     each,
			     .salt = sent_salt(1, exporter),
			     .who = sent_who(exporter, !unheard)};
}

/* A key counts by one exporter: by the one that counts, and where that never saw it by another. */
static void test_sources_of_two_exporters(void **state)
{
	struct ip both = ip_from_v4(0x0b000001), other = ip_from_v4(0x0b000002),
		  first = ip_from_v4(0x0b000003);
	struct sources s = SOURCES_NULL;
	const struct source *top[3];

	for (int64_t second = 0; second < 10; second++) {
		add_sent(&s, &both, told(second, 60, 1, second >= 8));
		add_sent(&s, &both, told(second, 60, 2, second < 8)); /* then this one counts */
		add_sent(&s, &other, told(second, 50, 2, second < 8));
		if (second == 0)
			add_sent(&s, &first, told(second, 500, 2, true));
		add_sent(&s, &first, told(second, 20, 1, second >= 8));
	}
	assert_int_equal(sources_top(&s, top, 3), 3);
	assert_true(ip_equal(&top[0]->key, &both) && ip_equal(&top[1]->key, &other));
	/* At the change one second may hold both: the one that ended, and all of the new. */
	assert_in_range(source_packets(top[0]), 600, 660);
	assert_int_equal(source_best(top[0]), 60);
	assert_int_equal(source_packets(top[1]), 500);
	assert_int_equal(source_best(top[1]), 50);
	assert_int_equal(source_packets(top[2]), 200);
	assert_int_equal(source_best(top[2]), 20);
	sources_deinit(&s);
}

static void test_handshake(void **state)
{
	struct handshake *h = calloc(1, sizeof(*h));
	struct flow f = {.src = ip_from_v4(1), .dst = ip_from_v4(2), .sport = 1000, .dport = 80};

	assert_false(handshake_ack(h, handshake_tuple(&f, 77), 1000));
	handshake_syn(h, handshake_tuple(&f, 77), 1000);
	assert_true(handshake_ack(h, handshake_tuple(&f, 77), 2000));
	assert_false(handshake_ack(h, handshake_tuple(&f, 77), 3000));
	assert_true(handshake_data(h, handshake_tuple(&f, 77), 3000));
	assert_false(handshake_data(h, handshake_tuple(&f, 77), 3000));
	f.sport++;
	assert_false(handshake_ack(h, handshake_tuple(&f, 77), 4000));
	handshake_syn(h, handshake_tuple(&f, 77), 4000);
	assert_false(handshake_ack(h, handshake_tuple(&f, 77), 20 * US_PER_S));
	free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_poisson_bounds),
		cmocka_unit_test(test_share_chance),
		cmocka_unit_test(test_blind_spot),
		cmocka_unit_test(test_meters_spread),
		cmocka_unit_test(test_meters_any),
		cmocka_unit_test(test_meters_views),
		cmocka_unit_test(test_cells_evict),
		cmocka_unit_test(test_cells_growth),
		cmocka_unit_test(test_cells_chosen),
		cmocka_unit_test(test_sources_exact),
		cmocka_unit_test(test_sources_flooded),
		cmocka_unit_test(test_sources_sampled),
		cmocka_unit_test(test_sources_of_two_factors),
		cmocka_unit_test(test_sketch_of_two_factors),
		cmocka_unit_test(test_sources_of_two_exporters),
		cmocka_unit_test(test_handshake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
