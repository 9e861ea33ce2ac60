/* SPDX-License-Identifier: ISC */
/*
 * Attacks that are made to last, and what the truth says of telling them apart: held against frames
 * that are counted here the plain way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/clock.h"
#include "drill/drill.h"

#define LEAD_S 60
#define HOLD_S 100

struct count {
	struct drill *d;
	int64_t start_us, first_us, last_us;
	uint64_t attack, ordinary, echo, before, late; /* before: ordinary ones before the attack */
};

static int on_frame(void *userdata, int64_t time_us, const uint8_t *bytes, size_t len,
		    size_t wirelen)
{
	struct count *c = userdata;
	int whose = drill_packet_attack(c->d);

	c->ordinary += whose == -1;
	c->echo += whose == -2;
	c->before += whose == -1 && c->first_us == 0;
	if (whose < 0)
		return 0;
	c->attack++;
	if (!c->first_us)
		c->first_us = time_us;
	c->last_us = time_us;
	c->late += time_us >= c->first_us + 30 * US_PER_S;
	return 0;
}

static json_t *run(const char *name, const struct drill_options *o, struct count *c)
{
	struct drill_sink sink = {.frame = on_frame, .userdata = c};
	json_t *truth;
	char *text;

	*c = (struct count){.d = drill_new(name, 5, o)};
	assert_non_null(c->d);
	assert_int_equal(drill_run(c->d, &sink), 0);
	assert_int_equal(drill_packet_attack(c->d), -1);
	text = drill_truth_json(c->d);
	truth = json_loads(text, 0, NULL);
	assert_non_null(truth);
	free(text);
	drill_free(c->d);
	return truth;
}

static json_t *attack(json_t *truth, size_t i)
{
	json_t *a = json_array_get(json_object_get(truth, "attacks"), i);

	assert_non_null(a);
	return a;
}

static void test_lasts(void **state)
{
	struct drill_options o = {.lead_s = LEAD_S, .hold_s = HOLD_S};
	struct count c;
	json_t *truth = run("amp-ntp", &o, &c);
	int64_t start;

	assert_int_equal(time_parse(json_string_value(json_object_get(truth, "start")), &start), 0);
	assert_true(c.first_us - start >= LEAD_S * US_PER_S &&
		    c.first_us - start < (LEAD_S + 1) * US_PER_S);
	assert_true(c.last_us - c.first_us > (HOLD_S - 1) * US_PER_S &&
		    c.last_us - c.first_us < (HOLD_S + 1) * US_PER_S);
	/* 20 s of its own at 8,000, then 2,000 a second. */
	assert_in_range(c.attack, 160000 + 79 * 2000, 160000 + 81 * 2000);
	assert_true(c.before > 1000 && c.late > 100000);
	assert_int_equal(json_integer_value(json_object_get(attack(truth, 0), "packets")),
			 c.attack);
	json_decref(truth);
}

/* Senders, ports and tools stay what they were; bursts stay bursts. */
static void test_stays_what_it_is(void **state)
{
	struct drill_options o = {.hold_s = HOLD_S};
	struct count c;
	json_t *truth = run("pulses", &o, &c);

	assert_int_equal(json_integer_value(json_object_get(attack(truth, 0), "pulses")), 7);
	json_decref(truth);
	truth = run("syn-real", &o, &c);
	assert_int_equal(json_integer_value(json_object_get(
				 json_object_get(attack(truth, 0), "sources"), "count")),
			 600);
	json_decref(truth);
	truth = run("bots-1k", &o, &c);
	assert_true(json_integer_value(json_object_get(json_object_get(attack(truth, 0), "sources"),
						       "count")) <= 1000);
	json_decref(truth);
}

static void expect(const char *name, size_t nth, int separable)
{
	struct drill_options o = {.lead_s = LEAD_S, .hold_s = 40};
	struct count c;
	json_t *truth = run(name, &o, &c), *said = json_object_get(attack(truth, nth), "separable");
	const char *why = json_string_value(json_object_get(attack(truth, nth), "separable_why"));

	if (separable < 0 ? !json_is_null(said) : json_boolean_value(said) != separable)
		fail_msg("%s: %s", name, why);
	assert_true(why && *why);
	json_decref(truth);
}

static void test_separable(void **state)
{
	expect("amp-ntp", 0, 1);
	expect("malformed", 0, 1);
	expect("udp-flood", 0, 1);
	expect("rule-amp-many", 0, 1);
	expect("syn-spoofed", 0, 0);
	expect("rule-syn-copies", 0, 0);
	expect("rule-get-tls", 0, 0);
	expect("rule-ports-change", 0, 0);
	expect("dns-query-flood", 0, 0);
	expect("compound", 0, 0);
	expect("rule-flags", 0, 0);
	expect("rule-flags", 1, 1);
	expect("bots-abroad", 0, -1); /* nobody else sends there */
}

/* Answers to an attack that come back are neither it nor ordinary traffic. */
static void test_echo(void **state)
{
	struct drill_options o = {.no_background = true};
	struct count c;

	json_decref(run("spoof-routed", &o, &c));
	assert_true(c.echo > 0);
	json_decref(run("amp-ntp", &o, &c));
	assert_int_equal(c.echo, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lasts),
		cmocka_unit_test(test_stays_what_it_is),
		cmocka_unit_test(test_separable),
		cmocka_unit_test(test_echo),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
