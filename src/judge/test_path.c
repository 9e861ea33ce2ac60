/* SPDX-License-Identifier: ISC */
/*
 * Proves that moves are told from the course of an attack and nothing else is: not noise, pulses or
 * two routers that see the same; that shares and their intervals are right; and that the JSON gives
 * back what it was made of.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "judge/incident.h"
#include "judge/path.h"

#define T0   (1218000000 * US_PER_S)
#define ROOM 2048

static struct incident *new_incident(enum dedup_rule dedup, uint32_t sampling)
{
	struct incident *inc = incident_new();

	assert_non_null(inc);
	snprintf(inc->id, sizeof(inc->id), "n0123456789ab");
	inc->f.first_us = T0;
	inc->f.last_us = T0 + 60 * US_PER_S;
	inc->f.dedup = dedup;
	inc->f.sampling_min = inc->f.sampling_max = sampling;
	inc->f.sampling_known = true;
	inc->series = calloc(ROOM, sizeof(*inc->series));
	inc->path = calloc(1, sizeof(*inc->path));
	assert_true(inc->series && inc->path);
	inc->f.series = inc->series;
	return inc;
}

static void add(struct incident *inc, const char *exporter, uint32_t input, unsigned second,
		uint64_t packets)
{
	assert_true(inc->f.n_series < ROOM);
	if (packets)
		inc->series[inc->f.n_series++] =
			(struct series_point){.start_us = T0 + second * US_PER_S,
					      .step_s = 1,
					      .link = incident_place(inc, exporter, input),
					      .packets = packets,
					      .bytes = packets * 40};
}

static void judge(struct incident *inc)
{
	assert_int_equal(incident_path_moves(inc), 0);
}

/* A number that looks like chance, below @n. */
static unsigned chance(unsigned *seed, unsigned n)
{
	*seed = *seed * 1103515245 + 12345;
	return (*seed >> 16) % n;
}

static struct path_row row(const char *exporter, uint32_t input, uint64_t packets, uint32_t factor)
{
	struct path_row r = {.counted = true,
			     .packets = packets,
			     .bytes = packets * 100,
			     .sampled = packets / factor,
			     .factor = factor,
			     .load_most_us = TIME_NONE,
			     .near_first_us = TIME_NONE,
			     .near_last_us = TIME_NONE};

	snprintf(r.at.exporter, sizeof(r.at.exporter), "%s", exporter);
	r.at.input = input;
	return r;
}

static void test_abrupt(void **state)
{
	_cleanup_incident_ struct incident *inc = new_incident(DEDUP_NONE, 1);

	for (unsigned s = 0; s < 30; s++)
		add(inc, "r1", s < 12 ? 1 : 2, s, 8000);
	judge(inc);
	assert_int_equal(inc->path->n_moves, 1);
	assert_true(inc->path->move[0].at_us == T0 + 12 * US_PER_S);
	assert_int_equal(inc->path->move[0].from.input, 1);
	assert_int_equal(inc->path->move[0].to.input, 2);
	assert_true(inc->path->move[0].from_before > 0.99 && inc->path->move[0].from_after < 0.01);
}

static void test_there_and_back(void **state)
{
	_cleanup_incident_ struct incident *inc = new_incident(DEDUP_ENTRY, 1);

	for (unsigned s = 0; s < 40; s++)
		add(inc, s / 10 == 1 ? "r2" : "r1", s / 10 == 1 ? 7 : 1, s, 5000);
	judge(inc);
	assert_int_equal(inc->path->n_moves, 2);
	assert_string_equal(inc->path->move[0].to.exporter, "r2");
	assert_true(inc->path->move[1].at_us == T0 + 20 * US_PER_S);
	assert_string_equal(inc->path->move[1].to.exporter, "r1");
}

static void test_gradual(void **state)
{
	_cleanup_incident_ struct incident *inc = new_incident(DEDUP_NONE, 1);

	for (unsigned s = 0; s < 40; s++) {
		uint64_t moved = s < 10 ? 0 : s < 30 ? (s - 10) * 300 : 6000;

		add(inc, "r1", 1, s, 6000 - moved);
		add(inc, "r1", 2, s, moved);
	}
	judge(inc);
	assert_int_equal(inc->path->n_moves, 1);
	assert_true(llabs(inc->path->move[0].at_us - T0 - 20 * US_PER_S) <= 3 * US_PER_S);
}

static void test_pulses(void **state)
{
	_cleanup_incident_ struct incident *inc = new_incident(DEDUP_NONE, 1);

	/* In the pauses a little comes by the other link only. */
	for (unsigned s = 0; s < 60; s++) {
		add(inc, "r1", 1, s, s % 10 < 2 ? 6000 : 0);
		add(inc, "r1", 2, s, 3);
	}
	judge(inc);
	assert_int_equal(inc->path->n_moves, 0);
}

static void test_noise(void **state)
{
	unsigned seed = 7;

	/* Three equal links, few sampled packets a second. */
	for (unsigned run = 0; run < 50; run++) {
		_cleanup_incident_ struct incident *inc = new_incident(DEDUP_NONE, 1000);

		for (unsigned s = 0; s < 60; s++) {
			uint64_t n[3] = {0};

			for (unsigned i = 0; i < 8; i++)
				n[chance(&seed, 3)] += 1000;
			for (unsigned k = 0; k < 3; k++)
				add(inc, "r1", k + 1, s, n[k]);
		}
		judge(inc);
		assert_int_equal(inc->path->n_moves, 0);
	}
}

static void test_sampled_move(void **state)
{
	unsigned seed = 3;

	for (unsigned run = 0; run < 50; run++) {
		_cleanup_incident_ struct incident *inc = new_incident(DEDUP_NONE, 1000);

		for (unsigned s = 0; s < 30; s++)
			add(inc, "r1", s < 15 ? 1 : 2, s, 1000 * (4 + chance(&seed, 9)));
		judge(inc);
		assert_int_equal(inc->path->n_moves, 1);
		assert_true(inc->path->move[0].at_us == T0 + 15 * US_PER_S);
	}
}

/* Two routers one behind the other, both unsampled and of unknown sides; counts differ a little. */
static void test_same_packets(void **state)
{
	_cleanup_incident_ struct incident *inc = new_incident(DEDUP_MAX, 1);

	for (unsigned s = 0; s < 30; s++) {
		add(inc, "border", s < 15 ? 1 : 2, s, 5000 + s % 3);
		add(inc, "core", 20, s, 5000 + (s + 1) % 3);
	}
	inc->path->row[0] = row("border", 1, 75000, 1);
	inc->path->row[1] = row("border", 2, 75000, 1);
	inc->path->row[2] = row("core", 20, 150000, 1);
	inc->path->row[2].counted = false;
	inc->path->n_rows = 3;
	judge(inc);
	assert_int_equal(inc->path->n_moves, 1);
	assert_string_equal(inc->path->move[0].from.exporter, "border");
	assert_int_equal(inc->path->move[0].to.input, 2);
}

static void test_beside_each_other(void **state)
{
	_cleanup_incident_ struct incident *inc = new_incident(DEDUP_MAX, 1);

	for (unsigned s = 0; s < 30; s++)
		add(inc, s < 15 ? "a" : "b", 1, s, 5000);
	judge(inc);
	assert_int_equal(inc->path->n_moves, 1);
	assert_string_equal(inc->path->move[0].to.exporter, "b");
}

static void test_wilson(void **state)
{
	double low, high;

	/* Newcombe 1998, table I: 81 of 263, 95 %. */
	path_wilson(81.0 / 263, 263, 1.959964, &low, &high);
	assert_true(fabs(low - 0.2553) < 1e-4 && fabs(high - 0.3662) < 1e-4);
	path_wilson(0, 20, 1.959964, &low, &high);
	assert_true(low == 0 && fabs(high - 0.1611) < 1e-4);
	path_wilson(0.5, 0, 1.96, &low, &high);
	assert_true(low == 0 && high == 1);
}

static void test_shares(void **state)
{
	_cleanup_incident_ struct incident *inc = new_incident(DEDUP_NONE, 1);
	struct incident_path *p = inc->path;

	p->row[0] = row("r1", 1, 1000, 1);
	p->row[1] = row("r1", 2, 3000, 1);
	p->row[2] = row("core", 20, 3900, 1);
	p->row[2].counted = false;
	p->n_rows = 3;
	incident_path_share(inc);
	assert_int_equal(p->row[0].at.input, 2);
	assert_true(fabs(p->row[0].share - 0.75) < 1e-12);
	assert_true(p->row[0].share_low == p->row[0].share &&
		    p->row[0].share_high == p->row[0].share);
	assert_true(p->row[2].share == 1 && !p->row[2].counted);
}

static void test_sampled_shares(void **state)
{
	_cleanup_incident_ struct incident *inc = new_incident(DEDUP_NONE, 1000);
	struct incident_path *p = inc->path;

	p->row[0] = row("r1", 1, 50000, 1000);
	p->row[1] = row("r1", 2, 50000, 1000);
	p->n_rows = 2;
	incident_path_share(inc);
	assert_true(p->row[0].share == 0.5);
	/* n = 100 at 99.9 %: half widths of 0.156. */
	assert_true(fabs(p->row[0].share_low - 0.3437) < 2e-3);
	assert_true(fabs(p->row[0].share_high - 0.6563) < 2e-3);
	/* Bytes of unknown scatter are known less well. */
	assert_true(p->row[0].byte_low < p->row[0].share_low);
}

static void fill_rest(struct incident_path *p)
{
	p->row[0] = row("r1", 1, 90000, 1000);
	p->row[1] = row("r2", 4, 10000, 1000);
	p->n_rows = 2;
	p->row[0].capacity_bps = 10000000;
	p->row[0].capacity_from = CAPACITY_EXPORTED;
	p->row[0].load_most_bps = 9000000;
	p->row[0].window_s = 10;
	p->row[0].near_first_us = T0;
	p->row[0].near_last_us = T0 + 10 * US_PER_S;
	snprintf(p->row[0].at.link, sizeof(p->row[0].at.link), "transit");
	snprintf(p->row[0].peer, sizeof(p->row[0].peer), "AS64496");
	p->move[0] = (struct path_move){.at_us = T0 + US_PER_S,
					.within_s = 1,
					.from = p->row[0].at,
					.to = p->row[1].at,
					.from_before = 1,
					.to_after = 0.75};
	p->n_moves = 1;
	p->lost[0] = (struct path_lost){.object = "shop",
					.at = p->row[0].at,
					.usual_pps = 100,
					.during_pps = 40,
					.lost = 0.6,
					.lost_low = 0.5,
					.lost_high = 0.7};
	p->n_lost = 1;
	p->untold[UNTOLD_SAMPLED] = 3;
	p->loss_confidence = 0.999;
	p->service[0] = (struct path_service){.name = "bank",
					      .country = "JP",
					      .link = "transit",
					      .share = 0.9,
					      .risk = RISK_NEAR};
	p->n_services = 1;
}

static void test_round_trip(void **state)
{
	_cleanup_incident_ struct incident *inc = new_incident(DEDUP_ENTRY, 1000);
	_cleanup_incident_ struct incident *copy = NULL, *back = NULL;
	_cleanup_free_ char *first = NULL, *second = NULL;

	fill_rest(inc->path);
	incident_path_share(inc);
	copy = incident_copy(inc, false);
	assert_non_null(copy);
	first = incident_dump(copy);
	assert_non_null(first);
	assert_int_equal(incident_load(first, strlen(first), &back), 0);
	second = incident_dump(back);
	assert_non_null(second);
	assert_string_equal(first, second);
	assert_int_equal(back->path->untold[UNTOLD_SAMPLED], 3);
	assert_int_equal(back->path->row[0].capacity_from, CAPACITY_EXPORTED);
	assert_non_null(strstr(first, "\"near_capacity\":true"));
	assert_non_null(strstr(first, "\"near_capacity\":null"));
}

/* After a restart: sums add up, moves are judged anew, who lost is known by the part before. */
static void test_continue(void **state)
{
	_cleanup_incident_ struct incident *before = new_incident(DEDUP_NONE, 1);
	_cleanup_incident_ struct incident *now = new_incident(DEDUP_NONE, 1);

	fill_rest(before->path);
	before->path->n_moves = 0;
	for (unsigned i = 0; i < 2; i++)
		before->path->row[i].factor = 1;
	now->path->row[0] = row("r2", 4, 90000, 1);
	now->path->row[1] = row("r3", 5, 10000, 1);
	now->path->n_rows = 2;
	for (unsigned s = 0; s < 20; s++)
		add(now, s < 10 ? "r1" : "r2", s < 10 ? 1 : 4, s, 9000);
	assert_int_equal(incident_path_continue(now, before), 0);
	assert_int_equal(now->path->n_rows, 3);
	assert_true(now->path->row[0].packets == 100000 && now->path->row[0].share == 0.5);
	assert_true(now->path->row[1].packets == 90000 && now->path->row[1].share == 0.45);
	assert_int_equal(now->path->n_moves, 1);
	assert_string_equal(now->path->move[0].from.link, "transit");
	assert_string_equal(now->path->lost[0].object, "shop");
	assert_int_equal(now->path->n_services, 1);
}

/* Damaged rows are refused and long lists cut, never written beyond their room. */
static void test_damaged(void **state)
{
	static const char *const bad[] = {
		"\"path\":[{\"share\":\"x\"}]",
		"\"path\":[{\"exporter\":5}]",
		"\"moves\":[{\"at\":null}]",
		"\"moves\":[{\"at\":\"2008-08-06T05:20:00Z\",\"from\":{\"input\":-1}}]",
		"\"services\":[{\"name\":\"x\",\"risk\":\"none\"}]",
		"\"bystanders_untold\":[{\"reason\":\"no_loss\",\"objects\":-1}]",
	};
	_cleanup_incident_ struct incident *inc = new_incident(DEDUP_NONE, 1);
	_cleanup_free_ char *good = incident_dump(inc);
	char text[16384];

	assert_non_null(good);
	for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
		struct incident *out = NULL;
		char *key = strndup(bad[i] + 1, strcspn(bad[i] + 1, "\""));
		json_t *o = json_loads(good, 0, NULL), *part;

		snprintf(text, sizeof(text), "{%s}", bad[i]);
		part = json_loads(text, 0, NULL);
		assert_true(o && part && key);
		json_object_set(o, key, json_object_get(part, key));
		assert_int_equal(incident_from_json(o, &out), -EINVAL);
		assert_null(out);
		json_decref(o);
		json_decref(part);
		free(key);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_abrupt),	       cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_gradual),	       cmocka_unit_test(test_pulses),
		cmocka_unit_test(test_noise),	       cmocka_unit_test(test_sampled_move),
		cmocka_unit_test(test_same_packets),   cmocka_unit_test(test_beside_each_other),
		cmocka_unit_test(test_wilson),	       cmocka_unit_test(test_shares),
		cmocka_unit_test(test_sampled_shares), cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_continue),       cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
