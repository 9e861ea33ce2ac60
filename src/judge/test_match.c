/* SPDX-License-Identifier: ISC */
/* Proves each fit of target, time, vector and link by an example, the order of proposals, and that
 * nothing is certain while anything else might have been meant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "judge/match.h"

#define T0	  (INT64_C(1218196800) * US_PER_S) /* 2008-08-08T12:00:00Z */
#define MINUTE_US (60 * US_PER_S)
#define HOME	  540
#define HOUR_US	  (60 * MINUTE_US)

static void make_candidate(struct match_candidate *c, const char *id, const char *target,
			   int64_t first_us, enum vector v)
{
	*c = (struct match_candidate){.id = id,
				      .first_us = first_us,
				      .last_us = first_us + 20 * MINUTE_US,
				      .n_targets = 1,
				      .n_vectors = 1,
				      .n_links = 1,
				      .link = {"transit-a"},
				      .n_names = 1,
				      .name = {"site-05"}};
	assert_int_equal(prefix_parse(target, true, &c->target[0]), 0);
	c->vector[0].vector = v;
}

static void make_notice(struct notice *n, const char *target, int64_t from_us)
{
	*n = (struct notice){.from_us = from_us,
			     .until_us = from_us + 10 * MINUTE_US,
			     .received_us = T0 + 3 * 86400 * US_PER_S,
			     .n_vectors = 1};
	if (target) {
		n->n_targets = 1;
		notice_target_set(&n->target[0], target);
	}
	notice_vector_set(&n->vector[0], "SYN flood");
}

static void test_targets(void **state)
{
	static const struct {
		const char *told, *ours;
		enum match_target want;
	} rows[] = {
		{"198.18.10.5", "198.18.10.5", MATCH_TARGET_SAME},
		{"198.18.10.0/24", "198.18.10.0/24", MATCH_TARGET_SAME},
		{"198.18.10.0/24", "198.18.10.5", MATCH_TARGET_INSIDE},
		{"198.18.10.5", "198.18.10.0/24", MATCH_TARGET_INSIDE},
		{"198.18.10.6", "198.18.10.5", MATCH_TARGET_TYPED},
		{"198.81.10.5", "198.18.10.5", MATCH_TARGET_TYPED},
		{"198.18.105", "198.18.10.5", MATCH_TARGET_TYPED},
		{"1998.18.10.5", "198.18.10.5", MATCH_TARGET_TYPED},
		{"198.18.11.0/24", "198.18.10.5", MATCH_TARGET_TYPED},
		{"198.18.10.77", "198.18.10.5", MATCH_TARGET_BESIDE},
		{"198.18.77.5", "198.18.10.5", MATCH_TARGET_OTHER},
		{"203.0.113.5", "198.18.10.5", MATCH_TARGET_OTHER},
		{"site-05", "198.18.10.5", MATCH_TARGET_NAME},
		{"Site 05", "198.18.10.5", MATCH_TARGET_NAME},
		{"www.site-05.example", "198.18.10.5", MATCH_TARGET_NAME},
		{"site-06", "198.18.10.5", MATCH_TARGET_OTHER},
		{"2001:db8::1", "2001:db8::1", MATCH_TARGET_SAME},
		{"2001:db8::2", "2001:db8::1", MATCH_TARGET_TYPED},
		{"2001:db8::ff:2", "2001:db8::1", MATCH_TARGET_BESIDE},
		{"2001:db8::1", "198.18.10.5", MATCH_TARGET_OTHER},
		{NULL, "198.18.10.5", MATCH_TARGET_NOT_TOLD},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct match_candidate c;
		struct notice n;
		struct match m;

		make_candidate(&c, "n1", rows[i].ours, T0, VECTOR_SYN_FLOOD);
		make_notice(&n, rows[i].told, T0);
		m = match_one(&n, &c, HOME);
		if (m.target != rows[i].want)
			fail_msg("%s against %s: %s", rows[i].told ? rows[i].told : "-",
				 rows[i].ours, match_target_name(m.target));
	}
}

static void test_times(void **state)
{
	static const struct {
		int64_t shift_us;
		enum match_time want;
		int minutes;
	} rows[] = {
		{0, MATCH_TIME_OVERLAPS, 0},
		{15 * MINUTE_US, MATCH_TIME_OVERLAPS, 0},
		{30 * MINUTE_US, MATCH_TIME_MINUTES, 0},
		{-20 * MINUTE_US, MATCH_TIME_MINUTES, 0},
		{60 * MINUTE_US, MATCH_TIME_HOUR, 0},
		{9 * HOUR_US, MATCH_TIME_HOME_ZONE, -540},
		{-9 * HOUR_US, MATCH_TIME_HOME_ZONE, 540},
		{-5 * HOUR_US, MATCH_TIME_ZONE, 300},
		{5 * HOUR_US + 30 * MINUTE_US, MATCH_TIME_ZONE, -330},
		{24 * HOUR_US, MATCH_TIME_DAY, 0},
		{-24 * HOUR_US, MATCH_TIME_DAY, 0},
		{-40 * HOUR_US, MATCH_TIME_OTHER, 0},
	};
	struct match_candidate c;
	struct notice n;

	make_candidate(&c, "n1", "198.18.10.5", T0, VECTOR_SYN_FLOOD);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct match m;

		make_notice(&n, "198.18.10.5", T0 + rows[i].shift_us);
		m = match_one(&n, &c, HOME);
		if (m.time != rows[i].want ||
		    (rows[i].minutes && m.zone_minutes != rows[i].minutes))
			fail_msg("%zu: %s %d", i, match_time_name(m.time), m.zone_minutes);
	}
	make_notice(&n, "198.18.10.5", T0 - 6 * HOUR_US);
	n.until_us = n.from_us + 24 * HOUR_US;
	assert_int_equal(match_one(&n, &c, HOME).time, MATCH_TIME_SAME_DAY);
	n.from_us = n.until_us = TIME_NONE;
	assert_int_equal(match_one(&n, &c, HOME).time, MATCH_TIME_WEEK);
	n.received_us = T0 + HOUR_US;
	assert_int_equal(match_one(&n, &c, HOME).time, MATCH_TIME_BEFORE);
}

/* An attack that began after the notice came is meant only by one that announced it. */
static void test_later(void **state)
{
	static const struct {
		int64_t came_us, told_us;
		enum match_time want;
	} rows[] = {
		{-HOUR_US, TIME_NONE, MATCH_TIME_LATER},
		{-HOUR_US, -2 * HOUR_US, MATCH_TIME_LATER},
		{-HOUR_US, -HOUR_US - 10 * MINUTE_US, MATCH_TIME_LATER},
		{-HOUR_US, 0, MATCH_TIME_OVERLAPS},
		{-72 * HOUR_US, 0, MATCH_TIME_OVERLAPS},
		{-72 * HOUR_US, -40 * MINUTE_US, MATCH_TIME_HOUR},
		{-4 * HOUR_US, -2 * HOUR_US, MATCH_TIME_HOURS},
		{-10 * HOUR_US, -9 * HOUR_US, MATCH_TIME_LATER},
		{-72 * HOUR_US, -24 * HOUR_US, MATCH_TIME_LATER},
	};
	struct match_candidate c;
	struct notice n;

	make_candidate(&c, "n1", "198.18.10.5", T0 + 7 * MINUTE_US, VECTOR_SYN_FLOOD);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		bool told = rows[i].told_us != TIME_NONE;

		make_notice(&n, "198.18.10.5", T0 + (told ? rows[i].told_us : 0));
		if (!told)
			n.from_us = n.until_us = TIME_NONE;
		n.received_us = T0 + rows[i].came_us;
		if (match_one(&n, &c, HOME).time != rows[i].want)
			fail_msg("%zu: %s", i, match_time_name(match_one(&n, &c, HOME).time));
	}
	make_notice(&n, "198.18.10.5", T0 - 12 * HOUR_US);
	n.until_us = n.from_us + 24 * HOUR_US;
	n.received_us = n.from_us - HOUR_US;
	assert_int_equal(match_one(&n, &c, HOME).time, MATCH_TIME_SAME_DAY);
}

static void test_vector_and_link(void **state)
{
	static const struct {
		const char *told;
		enum vector ours;
		enum match_vector want;
	} rows[] = {
		{"SYN flood", VECTOR_SYN_FLOOD, MATCH_VECTOR_SAME},
		{"HTTP GET flood", VECTOR_SYN_FLOOD, MATCH_VECTOR_FAMILY},
		{"UDP", VECTOR_SYN_FLOOD, MATCH_VECTOR_OTHER},
		{"DDoS", VECTOR_SYN_FLOOD, MATCH_VECTOR_NOT_TOLD},
		{"reflection", VECTOR_AMPLIFICATION, MATCH_VECTOR_SAME},
	};
	struct match_candidate c;
	struct notice n;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		make_candidate(&c, "n1", "198.18.10.5", T0, rows[i].ours);
		c.vector[0].port = 53;
		make_notice(&n, "198.18.10.5", T0);
		notice_vector_set(&n.vector[0], rows[i].told);
		assert_int_equal(match_one(&n, &c, HOME).vector, rows[i].want);
	}
	notice_vector_set(&n.vector[0], "NTP amp");
	assert_int_equal(match_one(&n, &c, HOME).vector, MATCH_VECTOR_FAMILY); /* 123 is not 53 */
	n.n_links = 1;
	strcpy(n.link[0].name, "Transit A");
	assert_int_equal(match_one(&n, &c, HOME).link, MATCH_LINK_SAME);
	strcpy(n.link[0].name, "peer-b");
	assert_int_equal(match_one(&n, &c, HOME).link, MATCH_LINK_OTHER);
}

/* Without a target or a link, time alone proposes nothing. */
static void test_time_alone_is_nothing(void **state)
{
	struct match_candidate c;
	struct notice n;
	struct match m;

	make_candidate(&c, "n1", "198.18.10.5", T0, VECTOR_SYN_FLOOD);
	make_notice(&n, NULL, T0);
	assert_int_equal(match_rank(&n, &c, 1, HOME, &m, 1), 0);
	n.n_links = 1;
	strcpy(n.link[0].name, "transit-a");
	assert_int_equal(match_rank(&n, &c, 1, HOME, &m, 1), 1);
	assert_false(m.certain);
}

static void test_certain_and_rivals(void **state)
{
	static const struct {
		const char *target; /* of the other candidate */
		int64_t at_us;
		bool certain;
	} rows[] = {
		{"198.18.10.5", 9 * HOUR_US, false},  /* the same, a wrong zone away */
		{"198.18.10.5", 24 * HOUR_US, false}, /* or a wrong day */
		{"198.18.10.5", 40 * HOUR_US, true},
		{"198.18.10.6", 0, false},	    /* one stroke, at the same time */
		{"198.18.10.6", 9 * HOUR_US, true}, /* that would be two mistakes */
		{"198.18.10.77", 0, false},	    /* a neighbour at the same time */
		{"198.18.10.77", 9 * HOUR_US, true},
		{"198.18.10.0/24", 0, false},
		{"203.0.113.9", 0, true},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct match_candidate c[2];
		struct match m[2];
		struct notice n;

		make_candidate(&c[0], "n1", "198.18.10.5", T0, VECTOR_SYN_FLOOD);
		make_candidate(&c[1], "n2", rows[i].target, T0 + rows[i].at_us, VECTOR_SYN_FLOOD);
		make_notice(&n, "198.18.10.5", T0 + 5 * MINUTE_US);
		assert_true(match_rank(&n, c, 2, HOME, m, 2) >= 1);
		assert_int_equal(m[0].candidate, 0);
		if (m[0].certain != rows[i].certain)
			fail_msg("%zu", i);
	}
}

static void test_what_is_not_certain(void **state)
{
	struct match_candidate c;
	struct notice n;
	struct match m;

	make_candidate(&c, "n1", "198.18.10.5", T0, VECTOR_SYN_FLOOD);
	make_notice(&n, "198.18.10.5", T0);
	assert_int_equal(match_rank(&n, &c, 1, HOME, &m, 1), 1);
	assert_true(m.certain);
	n.until_us = TIME_NONE; /* no end told */
	match_rank(&n, &c, 1, HOME, &m, 1);
	assert_false(m.certain);
	make_notice(&n, "198.18.10.5", T0 + 25 * MINUTE_US); /* minutes beside */
	match_rank(&n, &c, 1, HOME, &m, 1);
	assert_false(m.certain);
	make_notice(&n, "198.18.10.5", T0);
	notice_vector_set(&n.vector[0], "UDP");
	match_rank(&n, &c, 1, HOME, &m, 1);
	assert_false(m.certain);
	make_notice(&n, "site-05", T0);
	match_rank(&n, &c, 1, HOME, &m, 1);
	assert_false(m.certain);
	make_notice(&n, "198.18.10.5", T0);
	n.n_targets = 2; /* two targets may be two attacks */
	notice_target_set(&n.target[1], "198.18.20.1");
	match_rank(&n, &c, 1, HOME, &m, 1);
	assert_false(m.certain);
}

static void test_order(void **state)
{
	struct match_candidate c[4];
	struct match m[2];
	struct notice n;

	make_candidate(&c[0], "nb", "198.18.10.6", T0, VECTOR_SYN_FLOOD);
	make_candidate(&c[1], "nz", "198.18.10.5", T0, VECTOR_SYN_FLOOD);
	make_candidate(&c[2], "na", "198.18.10.5", T0, VECTOR_SYN_FLOOD);
	make_candidate(&c[3], "nc", "203.0.113.1", T0, VECTOR_SYN_FLOOD);
	make_notice(&n, "198.18.10.5", T0);
	assert_int_equal(match_rank(&n, c, 4, HOME, m, 2), 2);
	assert_int_equal(m[0].candidate, 2); /* equal ones by id */
	assert_int_equal(m[1].candidate, 1);
	assert_false(m[0].certain);
}

static void test_sentences(void **state)
{
	_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;
	struct match_candidate c;
	struct notice n;
	struct match m;

	make_candidate(&c, "n1", "198.18.10.5", T0, VECTOR_SYN_FLOOD);
	make_notice(&n, "198.18.10.5", T0 + 9 * HOUR_US);
	m = match_one(&n, &c, HOME);
	match_reason(&m, "en", &en);
	match_reason(&m, "ja", &ja);
	assert_string_equal(text_str(&en), "the same target, the times fit if local time and UTC "
					   "were confused (by -9:00), the same vector");
	assert_non_null(strstr(text_str(&ja), "対象が同じ、"));
	assert_string_equal(match_word(&m, "en"), "very likely");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_later),
		cmocka_unit_test(test_vector_and_link),
		cmocka_unit_test(test_time_alone_is_nothing),
		cmocka_unit_test(test_certain_and_rivals),
		cmocka_unit_test(test_what_is_not_certain),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_sentences),
	};

	return cmocka_run_group_tests_name("match", tests, NULL, NULL);
}
