/* SPDX-License-Identifier: ISC */
/*
 * The truth is what was sent: counts and classes are made again from the frames of a run, without
 * the code that makes the truth; the quarter has its 272; every scenario keeps to 300,000 records.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/clock.h"
#include "base/map.h"
#include "drill/drill.h"

#define RECORDS_MAX 300000

/* Frames to one address, counted the plain way. */
struct count {
	uint32_t target;
	uint8_t proto; /* 0 any */
	bool syn_only;
	uint64_t packets, bytes, now, peak;
	int64_t second, first_us, last_us;
	struct map *per_source; /* (source, second) -> SYN */
};

static int on_frame(void *userdata, int64_t time_us, const uint8_t *b, size_t len, size_t wirelen)
{
	struct count *c = userdata;
	const uint8_t *ip = b + 14;
	struct {
		uint32_t src, second;
	} key;
	uint32_t dst;

	if (b[12] != 0x08 || b[13] != 0)
		return 0;
	dst = (uint32_t)ip[16] << 24 | (uint32_t)ip[17] << 16 | (uint32_t)ip[18] << 8 | ip[19];
	if (dst != c->target || (c->proto && ip[9] != c->proto))
		return 0;
	/* No visitor's SYN: those ask for MSS from an ordinary window, the flood's too; tell by
	 * rate. */
	if (c->syn_only && ip[20 + 13] != 2)
		return 0;
	c->packets++;
	c->bytes += (uint64_t)ip[2] << 8 | ip[3];
	if (c->first_us == 0)
		c->first_us = time_us;
	c->last_us = time_us;
	if (time_us / US_PER_S != c->second)
		c->now = 0;
	c->second = time_us / US_PER_S;
	if (++c->now > c->peak)
		c->peak = c->now;
	memcpy(&key.src, ip + 12, 4);
	key.second = (uint32_t)c->second;
	++*(uint32_t *)map_put(c->per_source, &key, NULL);
	return 0;
}

static json_t *run(const char *name, uint64_t seed, const struct drill_options *o, struct count *c)
{
	struct drill *d = drill_new(name, seed, o);
	struct drill_sink sink = {.frame = c ? on_frame : NULL, .userdata = c};
	char *text;
	json_t *truth;

	assert_non_null(d);
	assert_int_equal(drill_run(d, &sink), 0);
	text = drill_truth_json(d);
	truth = json_loads(text, 0, NULL);
	assert_non_null(truth);
	free(text);
	drill_free(d);
	return truth;
}

static json_t *attack(json_t *truth, size_t i)
{
	json_t *a = json_array_get(json_object_get(truth, "attacks"), i);

	assert_non_null(a);
	return a;
}

static json_int_t integer(json_t *o, const char *a, const char *b)
{
	json_t *v = json_object_get(o, a);

	v = b ? json_object_get(v, b) : v;
	assert_true(json_is_integer(v));
	return json_integer_value(v);
}

static const char *word(json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

/* Sources by their best second, from the (source, second) counts. */
static void classify(const struct count *c, uint64_t class[3], uint64_t *sources)
{
	struct map *best = map_new(4, 4, 1000000);
	const void *key;
	void *value;
	size_t at = 0;

	while (map_next(c->per_source, &at, &key, &value)) {
		uint32_t *b = map_put(best, key, NULL), n = *(uint32_t *)value;

		if (n > *b)
			*b = n;
	}
	*sources = map_count(best);
	class[0] = class[1] = class[2] = 0;
	for (at = 0; map_next(best, &at, NULL, &value);) {
		uint32_t n = *(uint32_t *)value;

		class[n <= 100 ? 0 : n < 1000 ? 1 : 2]++;
	}
	map_free(best);
}

static void check_syn(const char *name, uint64_t low, uint64_t middle, uint64_t high)
{
	struct drill_options o = {.no_background = true};
	struct count c = {.target = 0xc6120a01,
			  .syn_only = true,
			  .proto = 6,
			  .per_source = map_new(8, 4, 3000000)};
	json_t *truth = run(name, 11, &o, &c), *a = attack(truth, 0);
	json_t *sources = json_object_get(a, "sources");
	uint64_t class[3], n;
	char first[TIME_TEXT_MAX], last[TIME_TEXT_MAX];

	classify(&c, class, &n);
	assert_int_equal(integer(a, "packets", NULL), c.packets);
	assert_int_equal(integer(a, "bytes", NULL), c.bytes);
	assert_int_equal(integer(a, "peak", "pps"), c.peak);
	assert_int_equal(integer(a, "peak", "syn_per_s"), c.peak);
	assert_int_equal(integer(sources, "count", NULL), n);
	assert_int_equal(integer(sources, "syn_classes", "le_100"), class[0]);
	assert_int_equal(integer(sources, "syn_classes", "gt_100_lt_1000"), class[1]);
	assert_int_equal(integer(sources, "syn_classes", "ge_1000"), class[2]);
	assert_string_equal(word(a, "first"), time_format_utc(c.first_us, first));
	assert_string_equal(word(a, "last"), time_format_utc(c.last_us, last));
	if (low)
		assert_int_equal(class[0], low);
	assert_int_equal(class[1], middle);
	assert_int_equal(class[2], high);
	json_decref(truth);
	map_free(c.per_source);
}

static void test_syn_classes(void **state)
{
	check_syn("syn-classes-small", 1000, 0, 0);
	check_syn("syn-one-each", 37000, 0, 0);
	check_syn("syn-mixed-classes", 200, 10, 3);
	check_syn("syn-spoofed", 0, 0, 0);
	check_syn("slow-ramp", 0, 0, 0);
}

static void test_compound_parts(void **state)
{
	struct drill_options o = {.no_background = true};
	json_t *truth = run("compound", 2, &o, NULL), *a = attack(truth, 0);
	json_t *parts = json_object_get(a, "parts");

	assert_string_equal(word(a, "class"), "compound");
	assert_int_equal(json_array_size(parts), 2);
	assert_string_equal(word(json_array_get(parts, 0), "vector"), "syn_flood");
	assert_string_equal(word(json_array_get(parts, 1), "vector"), "udp_flood");
	/* 10 s of 7,000 and 7 s of 22,000, whose gap of 45,454.5 ns is cut to whole ones. */
	assert_int_equal(integer(json_array_get(parts, 0), "packets", NULL), 70000);
	assert_in_range(integer(json_array_get(parts, 1), "packets", NULL), 154000, 154002);
	assert_int_equal(integer(a, "packets", NULL),
			 integer(json_array_get(parts, 0), "packets", NULL) +
				 integer(json_array_get(parts, 1), "packets", NULL));
	json_decref(truth);
}

static void test_pulses_and_crossing(void **state)
{
	json_t *truth = run("pulses", 2, NULL, NULL), *a = attack(truth, 0);
	int64_t first, crossed;

	assert_int_equal(integer(a, "pulses", NULL), 5);
	json_decref(truth);
	truth = run("slow-ramp", 2, NULL, NULL);
	a = attack(truth, 0);
	assert_int_equal(time_parse(word(a, "first"), &first), 0);
	assert_int_equal(time_parse(word(a, "crossed"), &crossed), 0);
	/* 2,500 of 7,500 is reached after a third of 56 s; the window of a second lags by half. */
	assert_in_range(crossed - first, 18 * US_PER_S, 20 * US_PER_S);
	json_decref(truth);
}

static void test_links_share(void **state)
{
	struct drill_options o = {
		.exporters = 2, .view = DRILL_SPLIT, .format = DRILL_V9, .sampling = 100};
	json_t *truth = run("link-move", 2, &o, NULL),
	       *links = json_object_get(attack(truth, 0), "links");

	assert_int_equal(json_array_size(links), 2);
	assert_string_equal(word(json_array_get(links, 0), "exporter"), "192.0.2.1");
	assert_int_equal(integer(json_array_get(links, 0), "input", NULL), 1);
	assert_string_equal(word(json_array_get(links, 1), "exporter"), "192.0.2.2");
	assert_int_equal(integer(json_array_get(links, 1), "input", NULL), 2);
	json_decref(truth);
	truth = run("link-move", 2, NULL, NULL);
	links = json_object_get(attack(truth, 0), "links");
	assert_true(fabs(json_real_value(json_object_get(json_array_get(links, 0), "share")) -
			 0.5) < 0.001);
	json_decref(truth);
}

static void test_visible_by_format(void **state)
{
	struct drill_options o = {.max_records = 100000};
	json_t *truth = run("get-flood", 1, &o, NULL),
	       *v = json_object_get(attack(truth, 0), "visible");

	assert_true(json_is_true(json_object_get(v, "packets")));
	assert_true(json_is_true(json_object_get(v, "sflow")));
	assert_true(json_is_false(json_object_get(v, "v5")));
	assert_true(json_is_false(json_object_get(v, "v9")));
	assert_true(json_is_false(json_object_get(v, "ipfix")));
	json_decref(truth);
	truth = run("carpet-v6", 1, &o, NULL);
	v = json_object_get(attack(truth, 0), "visible");
	assert_true(json_is_false(json_object_get(v, "v5")));
	assert_true(json_is_true(json_object_get(v, "v9")));
	assert_string_equal(word(attack(truth, 0), "level"), "prefix");
	json_decref(truth);
}

static void test_delay_scenarios_are_exact(void **state)
{
	static const struct {
		const char *name;
		double times;
	} rows[] = {{"twice-threshold", 2.0}, {"quarter-over", 1.25}};

	for (size_t r = 0; r < 2; r++) {
		json_t *truth = run(rows[r].name, 9, NULL, NULL),
		       *list = json_object_get(truth, "attacks"), *a;
		size_t i;

		assert_int_equal(json_array_size(list), 8);
		json_array_foreach(list, i, a)
		{
			json_t *part = json_array_get(json_object_get(a, "parts"), 0);
			double threshold = (double)integer(part, "threshold_pps", NULL);
			double mean = json_number_value(json_object_get(a, "mean_pps"));

			assert_true(fabs(mean / threshold - rows[r].times) < 0.001);
			assert_true(fabs((double)integer(a, "peak", "pps") / threshold -
					 rows[r].times) < 0.001);
		}
		json_decref(truth);
	}
}

/* Under a sanitizer each scenario is written in one format, for in all of them it takes minutes. */
#ifdef __SANITIZE_ADDRESS__
#define FEW true
#else
#define FEW false
#endif

/* Each vector that a scenario names is there, well above its threshold; and no run is too long. */
static void test_every_scenario(void **state)
{
	const char *name, *help;
	uint32_t seconds;

	for (size_t i = 0; drill_scenario(i, &name, &help, &seconds); i++) {
		json_t *truth, *a, *part;
		size_t j, k;

		if (strcmp(name, "2008q3") == 0 || strcmp(name, "busy-week") == 0 ||
		    drill_scenario_group(i) != DRILL_ORDINARY)
			continue;
		for (int f = 0; f < DRILL_FORMATS; f++) {
			if (FEW && (i + (size_t)f) % DRILL_FORMATS)
				continue;
			struct drill_options o = {.format = (enum drill_format)f};
			struct drill_sink sink = {0};
			struct drill *d = drill_new(name, 13, &o);
			const struct drill_figures *g = drill_figures(d);

			assert_int_equal(drill_run(d, &sink), 0);
			if ((f ? g->records : g->packets) > RECORDS_MAX)
				fail_msg("%s %s: too many records", name,
					 drill_format_name(o.format));
			drill_free(d);
		}
		truth = run(name, 13, NULL, NULL);
		json_array_foreach(json_object_get(truth, "attacks"), j, a)
		{
			json_array_foreach(json_object_get(a, "parts"), k, part)
			{
				double times = (double)integer(part, "peak_pps", NULL) /
					       (double)integer(part, "threshold_pps", NULL);

				if (times < (strcmp(name, "quarter-over") == 0 ? 1.249 : 1.99))
					fail_msg("%s %s: %.2f times", name, word(part, "vector"),
						 times);
				assert_true(json_is_string(json_object_get(part, "crossed")));
			}
		}
		json_decref(truth);
	}
}

static void test_quarter(void **state)
{
	struct drill_options o = {
		.format = DRILL_IPFIX}; /* unsampled: the most records it can have */
	struct drill *d = drill_new("2008q3", 1, &o);
	struct drill_sink sink = {0};
	uint64_t server = 0, capacity = 0, compound = 0, large = 0;
	int64_t last_us = 0;
	json_t *truth, *a;
	size_t i;
	char *text;

	assert_int_equal(drill_run(d, &sink), 0);
	assert_true(drill_figures(d)->records < RECORDS_MAX);
	text = drill_truth_json(d);
	truth = json_loads(text, 0, NULL);
	json_array_foreach(json_object_get(truth, "attacks"), i, a)
	{
		int64_t first;

		server += strcmp(word(a, "class"), "server") == 0;
		capacity += strcmp(word(a, "class"), "capacity") == 0;
		compound += strcmp(word(a, "class"), "compound") == 0;
		large += integer(a, "peak", "bps") > 2000000000;
		assert_int_equal(time_parse(word(a, "first"), &first), 0);
		assert_true(i == 0 ||
			    first - last_us > 600 * US_PER_S); /* no two can be taken for one */
		assert_int_equal(time_parse(word(a, "last"), &last_us), 0);
	}
	assert_int_equal(server, 209);
	assert_int_equal(capacity, 27);
	assert_int_equal(compound, 36);
	assert_int_equal(large, 1);
	assert_string_equal(word(truth, "start"), "2008-06-01T00:00:00.000000Z");
	assert_true(last_us < INT64_C(1220227200) * US_PER_S); /* 2008-09-01 */
	json_decref(truth);
	free(text);
	drill_free(d);
}

static void test_early_end_is_said(void **state)
{
	struct drill_options o = {.max_records = 1000};
	json_t *truth = run("syn-spoofed", 1, &o, NULL);

	assert_true(json_is_true(json_object_get(truth, "cut")));
	assert_int_equal(json_array_size(json_object_get(truth, "attacks")), 0);
	json_decref(truth);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_syn_classes),
		cmocka_unit_test(test_compound_parts),
		cmocka_unit_test(test_pulses_and_crossing),
		cmocka_unit_test(test_links_share),
		cmocka_unit_test(test_visible_by_format),
		cmocka_unit_test(test_delay_scenarios_are_exact),
		cmocka_unit_test(test_every_scenario),
		cmocka_unit_test(test_quarter),
		cmocka_unit_test(test_early_end_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
