/* SPDX-License-Identifier: ISC */
/*
 * Proves the class of every vector, when two kinds are a compound attack, which measurements may
 * move a kind, which vectors name an attack, and that the reasons say what was measured.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "judge/incident.h"
#include "judge/test_findings.h"

static struct incident *attack(void)
{
	struct incident *inc = incident_new();

	assert_non_null(inc);
	finding_make(&inc->f, 1, "192.0.2.1", T0);
	return inc;
}

static void test_kind_of_every_vector(void **state)
{
	static const enum incident_class want[VECTOR_COUNT] = {
		[VECTOR_SYN_FLOOD] = CLASS_SERVER,	 [VECTOR_SYNACK_REFLECTION] = CLASS_SERVER,
		[VECTOR_RST_FLOOD] = CLASS_SERVER,	 [VECTOR_ACK_FLOOD] = CLASS_SERVER,
		[VECTOR_CONN_FLOOD] = CLASS_SERVER,	 [VECTOR_UDP_FLOOD] = CLASS_CAPACITY,
		[VECTOR_ICMP_FLOOD] = CLASS_CAPACITY,	 [VECTOR_FRAGMENT_FLOOD] = CLASS_CAPACITY,
		[VECTOR_AMPLIFICATION] = CLASS_CAPACITY, [VECTOR_HTTP_FLOOD] = CLASS_SERVER,
		[VECTOR_PROTO_FLOOD] = CLASS_CAPACITY,	 [VECTOR_MALFORMED] = CLASS_SERVER,
		[VECTOR_DNS_QUERY_FLOOD] = CLASS_SERVER, [VECTOR_QUIC_FLOOD] = CLASS_SERVER,
	};

	for (int v = 0; v < VECTOR_COUNT; v++) {
		_cleanup_incident_ struct incident *inc = attack();
		char name[VECTOR_NAME_MAX];

		finding_vector(&inc->f, (enum vector)v, 0, true, 10000, 60);
		incident_judge_class(inc);
		assert_int_equal(inc->class, want[v]);
		assert_non_null(strstr(inc->class_reason, vector_name((enum vector)v, 0, name)));
		assert_non_null(strstr(inc->class_reason_ja, name));
	}
}

static enum incident_class two(enum vector a, bool a_over, enum vector b, bool b_over,
			       int64_t apart_us)
{
	_cleanup_incident_ struct incident *inc = attack();
	struct finding_vector *second;

	finding_vector(&inc->f, a, 0, a_over, 10000, 60);
	second = finding_vector(&inc->f, b, 53, b_over, 9000, 60);
	if (b_over) {
		second->over_first_us = inc->f.last_us + apart_us;
		second->over_last_us = second->over_first_us + US_PER_S;
	}
	incident_judge_class(inc);
	return inc->class;
}

static void test_compound_needs_both_over_within_60_s(void **state)
{
	int64_t near = 60 * US_PER_S, far = near + 1;

	assert_int_equal(two(VECTOR_SYN_FLOOD, true, VECTOR_UDP_FLOOD, true, 0), CLASS_COMPOUND);
	assert_int_equal(two(VECTOR_SYN_FLOOD, true, VECTOR_UDP_FLOOD, true, near), CLASS_COMPOUND);
	assert_int_equal(two(VECTOR_SYN_FLOOD, true, VECTOR_UDP_FLOOD, true, far), CLASS_SERVER);
	assert_int_equal(two(VECTOR_UDP_FLOOD, true, VECTOR_SYN_FLOOD, true, near), CLASS_COMPOUND);
	assert_int_equal(two(VECTOR_UDP_FLOOD, true, VECTOR_SYN_FLOOD, true, far), CLASS_CAPACITY);
	assert_int_equal(two(VECTOR_SYN_FLOOD, true, VECTOR_ICMP_FLOOD, false, 0), CLASS_SERVER);
	assert_int_equal(two(VECTOR_UDP_FLOOD, true, VECTOR_RST_FLOOD, false, 0), CLASS_CAPACITY);
}

static void test_one_family_is_never_compound(void **state)
{
	static const enum vector capacity[] = {VECTOR_UDP_FLOOD, VECTOR_ICMP_FLOOD,
					       VECTOR_FRAGMENT_FLOOD, VECTOR_AMPLIFICATION};

	for (size_t i = 0; i < ARRAY_LEN(capacity); i++)
		for (size_t k = 0; k < ARRAY_LEN(capacity); k++)
			assert_int_equal(two(capacity[i], true, capacity[k], true, 0),
					 CLASS_CAPACITY);
	assert_int_equal(two(VECTOR_SYN_FLOOD, true, VECTOR_HTTP_FLOOD, true, 0), CLASS_SERVER);
}

static void test_measurement_moves_undecided_kinds_only(void **state)
{
	static const struct {
		enum vector vector;
		uint64_t mean;
		uint64_t line_bps;
		enum incident_class want;
	} rows[] = {
		{VECTOR_ACK_FLOOD, 1400, 0, CLASS_CAPACITY},
		{VECTOR_ACK_FLOOD, 511, 0, CLASS_SERVER},
		{VECTOR_ACK_FLOOD, 60, 2000000, CLASS_CAPACITY}, /* 5,000 x 60 x 8 = 2.4 Mbit/s */
		{VECTOR_ACK_FLOOD, 60, 100000000, CLASS_SERVER},
		{VECTOR_MALFORMED, 900, 0, CLASS_CAPACITY},
		{VECTOR_PROTO_FLOOD, 60, 0, CLASS_CAPACITY},
		{VECTOR_PROTO_FLOOD, 60, 1000000000, CLASS_SERVER},
		{VECTOR_UDP_FLOOD, 60, 1000000000, CLASS_CAPACITY},
		{VECTOR_SYN_FLOOD, 1400, 1000000, CLASS_SERVER},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		_cleanup_incident_ struct incident *inc = attack();

		inc->line_bps = rows[i].line_bps;
		finding_vector(&inc->f, rows[i].vector, 0, true, 10000, rows[i].mean);
		inc->f.bytes = 10000 * rows[i].mean;
		incident_judge_class(inc);
		assert_int_equal(inc->class, rows[i].want);
	}
}

static void test_reason_says_what_was_measured(void **state)
{
	_cleanup_incident_ struct incident *inc = attack();

	finding_vector(&inc->f, VECTOR_SYN_FLOOD, 0, true, 20000, 46);
	inc->line_bps = 100000000;
	inc->f.peak_bps = 25000000;
	inc->f.handshakes_visible = true;
	inc->f.handshakes_begun = 18778;
	inc->f.handshakes_done = 3;
	inc->f.sampling_known = false;
	incident_judge_class(inc);
	assert_non_null(strstr(inc->class_reason, "Server attack"));
	assert_non_null(strstr(inc->class_reason, "10.0 kpps"));
	assert_non_null(strstr(inc->class_reason, "threshold 2.50 kpps"));
	assert_non_null(strstr(inc->class_reason, "46 bytes a packet"));
	assert_non_null(strstr(inc->class_reason, "25.0 % of the 100 Mbit/s access line"));
	assert_non_null(strstr(inc->class_reason, "3 of 18778 handshakes"));
	assert_non_null(strstr(inc->class_reason, "at least"));
	assert_non_null(strstr(inc->class_reason_ja, "サーバに対する攻撃"));
	assert_non_null(strstr(inc->class_reason_ja, "25.0 %"));
	assert_non_null(strstr(inc->class_reason_ja, "18778 件中 3 件"));
	assert_non_null(strstr(inc->class_reason_ja, "少なくとも"));
}

static void test_scan_has_no_class(void **state)
{
	_cleanup_incident_ struct incident *inc = attack();

	inc->f.kind = FINDING_SCAN;
	inc->f.dports_best_second = 712;
	finding_vector(&inc->f, VECTOR_SYN_FLOOD, 0, true, 10000, 60);
	incident_judge_class(inc);
	assert_int_equal(inc->class, CLASS_NONE);
	assert_non_null(strstr(inc->class_reason, "712"));
}

static void test_nothing_over(void **state)
{
	_cleanup_incident_ struct incident *inc = attack();
	_cleanup_incident_ struct incident *link = attack();

	finding_vector(&inc->f, VECTOR_ACK_FLOOD, 0, false, 9000, 60);
	finding_vector(&inc->f, VECTOR_UDP_FLOOD, 0, false, 1000, 60);
	incident_judge_class(inc);
	assert_int_equal(inc->class, CLASS_SERVER);
	assert_non_null(strstr(inc->class_reason, "no vector alone passed"));

	link->f.level = LEVEL_LINK;
	finding_vector(&link->f, VECTOR_ACK_FLOOD, 0, false, 9000, 60);
	incident_judge_class(link);
	assert_int_equal(link->class, CLASS_CAPACITY);
}

static void test_vectors_that_name_the_attack(void **state)
{
	_cleanup_incident_ struct incident *inc = attack();
	unsigned order[FINDING_VECTORS_MAX];

	inc->f.packets = 10000;
	finding_vector(&inc->f, VECTOR_FRAGMENT_FLOOD, 0, false, 5000, 1400);
	finding_vector(&inc->f, VECTOR_AMPLIFICATION, 53, true, 3000, 1400);
	finding_vector(&inc->f, VECTOR_ACK_FLOOD, 0, false, 1001, 60);
	finding_vector(&inc->f, VECTOR_ICMP_FLOOD, 0, false, 999, 60);
	incident_judge_class(inc);
	assert_int_equal(inc->class, CLASS_CAPACITY);
	assert_int_equal(incident_vectors(inc, order), 2);
	assert_int_equal(order[0], 1); /* the one over its threshold */
	assert_int_equal(order[1], 0); /* half of the packets, same family */
}

static void test_long_reasons_are_cut_between_characters(void **state)
{
	_cleanup_incident_ struct incident *inc = attack();
	json_t *text;

	finding_vector(&inc->f, VECTOR_SYN_FLOOD, 0, true, 20000, 46);
	finding_vector(&inc->f, VECTOR_AMPLIFICATION, 4500, true, 20000, 1046);
	inc->line_bps = 100000000;
	inc->f.handshakes_visible = true;
	inc->f.handshakes_begun = inc->f.handshakes_done = UINT64_MAX;
	inc->f.sampling_known = false;
	incident_judge_class(inc);
	text = json_string(inc->class_reason_ja);
	assert_non_null(text); /* whole UTF-8 */
	json_decref(text);
	assert_true(strlen(inc->class_reason) < sizeof(inc->class_reason) - 1);
	assert_true(strlen(inc->class_reason_ja) < sizeof(inc->class_reason_ja) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kind_of_every_vector),
		cmocka_unit_test(test_compound_needs_both_over_within_60_s),
		cmocka_unit_test(test_one_family_is_never_compound),
		cmocka_unit_test(test_measurement_moves_undecided_kinds_only),
		cmocka_unit_test(test_reason_says_what_was_measured),
		cmocka_unit_test(test_scan_has_no_class),
		cmocka_unit_test(test_nothing_over),
		cmocka_unit_test(test_vectors_that_name_the_attack),
		cmocka_unit_test(test_long_reasons_are_cut_between_characters),
	};

	return cmocka_run_group_tests_name("class", tests, NULL, NULL);
}
