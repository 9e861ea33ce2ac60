/* SPDX-License-Identifier: ISC */
/* Proves rules: how conditions come together, what may be written, what matches, text and JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "act/rule.h"

static struct rule rule_for(const char *destination)
{
	struct rule r = {.action = RULE_DISCARD};

	assert_int_equal(prefix_parse(destination, false, &r.destination), 0);
	return r;
}

static void says(const struct rule *r, const char *want)
{
	_cleanup_text_ struct text t = TEXT_NULL;

	rule_text(r, &t);
	assert_string_equal(text_str(&t), want);
}

static void test_add(void **state)
{
	struct rule r = rule_for("192.0.2.1");

	assert_true(rule_add(&r, RULE_SOURCE_PORT, 53, 53));
	assert_true(rule_add(&r, RULE_PROTOCOL, 17, 17));
	assert_true(rule_add(&r, RULE_SOURCE_PORT, 123, 123));
	assert_true(rule_add(&r, RULE_SOURCE_PORT, 54, 60));
	assert_true(rule_add(&r, RULE_SOURCE_PORT, 1, 10));
	says(&r,
	     "destination 192.0.2.1/32 protocol =17 source-port [ >=1&<=10 >=53&<=60 =123 ] then "
	     "discard");
	assert_true(rule_add(&r, RULE_SOURCE_PORT, 11, 52));
	says(&r,
	     "destination 192.0.2.1/32 protocol =17 source-port [ >=1&<=60 =123 ] then discard");
	assert_true(rule_add(&r, RULE_SOURCE_PORT, 0, 65535));
	assert_int_equal(r.condition[1].n, 1);
	assert_null(rule_check(&r));
}

static void test_add_refuses(void **state)
{
	struct rule r = rule_for("192.0.2.1");

	assert_false(rule_add(&r, RULE_SOURCE_PORT, 2, 1));
	assert_false(rule_add(&r, RULE_PROTOCOL, 256, 300));
	assert_false(rule_add(&r, RULE_DSCP, 64, 64));
	assert_false(rule_add(&r, RULE_TCP_FLAGS, 2, 16));     /* a bit that the mask leaves out */
	assert_false(rule_add(&r, RULE_TCP_FLAGS, 0, 0x1000)); /* no flag */
	assert_false(rule_add(&r, RULE_FRAGMENT, 16, 16));
	assert_false(rule_add(&r, RULE_FIELDS, 0, 0));
	assert_int_equal(r.n_conditions, 0);
	assert_true(rule_add(&r, RULE_PROTOCOL, 250, 300));
	assert_int_equal(r.condition[0].range[0].to, 255);
	for (unsigned i = 0; i < RULE_RANGES_MAX; i++)
		assert_true(rule_add(&r, RULE_SOURCE_PORT, (uint16_t)(2 * i), (uint16_t)(2 * i)));
	assert_false(rule_add(&r, RULE_SOURCE_PORT, 1000, 1000));
	assert_true(rule_add(&r, RULE_SOURCE_PORT, 1, 1)); /* joins two, which makes room */
	assert_true(rule_add(&r, RULE_SOURCE_PORT, 1000, 1000));
}

static void test_all_fields(void **state)
{
	struct rule r = rule_for("192.0.2.1");
	unsigned added = 0;

	for (unsigned f = RULE_FIELDS; f-- > 0;)
		added += rule_add(&r, (enum rule_field)f, 1, 1);
	assert_int_equal(added, RULE_CONDITIONS_MAX);
	for (unsigned i = 1; i < r.n_conditions; i++)
		assert_true(r.condition[i - 1].field < r.condition[i].field);
}

static void test_bits(void **state)
{
	struct rule r = rule_for("192.0.2.1");

	assert_true(rule_add(&r, RULE_PROTOCOL, PROTO_TCP, PROTO_TCP));
	assert_true(rule_add(&r, RULE_TCP_FLAGS, TH_SYN, TH_SYN | TH_ACK));
	assert_true(
		rule_add(&r, RULE_TCP_FLAGS, TH_SYN, TH_SYN | TH_ACK | TH_RST)); /* said already */
	says(&r, "destination 192.0.2.1/32 protocol =6 tcp-flags =syn&!=ack then discard");
	assert_true(rule_add(&r, RULE_TCP_FLAGS, TH_RST | 0x200, TH_RST | 0x200));
	says(&r, "destination 192.0.2.1/32 protocol =6 tcp-flags [ =syn&!=ack =rst+0x200 ] then "
		 "discard");
	assert_true(rule_add(&r, RULE_TCP_FLAGS, 0, 0)); /* any: nothing else matters */
	says(&r, "destination 192.0.2.1/32 protocol =6 tcp-flags any then discard");
}

static void test_text(void **state)
{
	struct rule r = rule_for("2001:db8::/48");

	r.has_source = true;
	assert_int_equal(prefix_parse("2001:db8:1::/48", false, &r.source), 0);
	assert_true(rule_add(&r, RULE_FRAGMENT, FRAGMENT_IS, FRAGMENT_IS));
	assert_true(rule_add(&r, RULE_LENGTH, 1000, 1500));
	r.action = RULE_LIMIT;
	r.limit_bps = 1e6;
	says(&r, "destination 2001:db8::/48 source 2001:db8:1::/48 packet-length >=1000&<=1500 "
		 "fragment =is-fragment then rate-limit 1.00 Mbit/s");
	r.action = RULE_REDIRECT;
	strcpy(r.redirect, "64500:666");
	r.n_conditions = 0;
	r.has_source = false;
	says(&r, "destination 2001:db8::/48 then redirect 64500:666");
}

/* What may be written: each thing broken once. */
static void test_check(void **state)
{
	struct rule good = rule_for("192.0.2.0/24"), r;

	assert_null(rule_check(&good));
	r = good;
	r.destination = (struct prefix){0};
	assert_string_equal(rule_check(&r), "no destination");
	assert_int_equal(prefix_parse("0.0.0.0/0", false, &r.destination), 0);
	assert_string_equal(rule_check(&r), "no destination");
	r.destination = good.destination;
	r.destination.addr = ip_from_v4(0xc0000201);
	assert_string_equal(rule_check(&r), "host bits in the destination");
	r = good;
	r.has_source = true;
	assert_int_equal(prefix_parse("2001:db8::/48", false, &r.source), 0);
	assert_string_equal(rule_check(&r), "a source of the other family");
	r = good;
	rule_add(&r, RULE_DESTINATION_PORT, 80, 80);
	assert_string_equal(rule_check(&r), "ports without TCP or UDP");
	rule_add(&r, RULE_PROTOCOL, 1, 1);
	assert_string_equal(rule_check(&r), "ports without TCP or UDP");
	r = good;
	rule_add(&r, RULE_PROTOCOL, 6, 6);
	rule_add(&r, RULE_PROTOCOL, 17, 17);
	rule_add(&r, RULE_DESTINATION_PORT, 80, 80);
	assert_null(rule_check(&r));
	rule_add(&r, RULE_TCP_FLAGS, 2, 2);
	assert_string_equal(rule_check(&r), "TCP flags without TCP");
	r = good;
	rule_add(&r, RULE_PROTOCOL, PROTO_ICMP6, PROTO_ICMP6);
	rule_add(&r, RULE_ICMP_TYPE, 128, 128);
	assert_string_equal(rule_check(&r), "an ICMP type or code without ICMP");
	r = good;
	rule_add(&r, RULE_LENGTH, 1, 2);
	r.condition[0].n = 0;
	assert_string_equal(rule_check(&r), "a field without ranges, or with too many");
	r.condition[0].n = 1;
	r.condition[0].range[0] = (struct rule_range){2, 1};
	assert_string_equal(rule_check(&r), "a range that is empty");
	r.condition[0] = (struct rule_condition){.field = RULE_DSCP, .n = 1, .range = {{1, 99}}};
	assert_string_equal(rule_check(&r), "a value that its field cannot have");
	r.condition[0] = (struct rule_condition){.field = RULE_FRAGMENT, .n = 1, .range = {{1, 2}}};
	assert_string_equal(rule_check(&r), "bits that its mask leaves out");
	r.condition[1] = r.condition[0] =
		(struct rule_condition){.field = RULE_DSCP, .n = 1, .range = {{1, 9}}};
	r.n_conditions = 2;
	assert_string_equal(rule_check(&r), "a field twice, or out of order");
	r = rule_for("2001:db8::1");
	rule_add(&r, RULE_FRAGMENT, FRAGMENT_DONT, FRAGMENT_DONT);
	assert_string_equal(rule_check(&r), "do-not-fragment in IPv6");
	r = good;
	r.action = RULE_LIMIT;
	assert_string_equal(rule_check(&r), "a limit that is not above zero");
	r.action = RULE_REDIRECT;
	assert_string_equal(rule_check(&r), "a redirect that is no route target");
	r.action = (enum rule_action)9;
	assert_string_equal(rule_check(&r), "an unknown action");
}

static void test_target(void **state)
{
	static const char *const bad[] = {"",
					  ":",
					  "1",
					  "1:",
					  ":1",
					  "1:2:3",
					  "a:1",
					  "1:a",
					  "1 :2",
					  "65536:65536",
					  "4294967296:1",
					  "1:4294967296",
					  "1.2.3:4",
					  "1.2.3.4:65536",
					  "-1:1",
					  "0x1:1",
					  "2001:db8::1:7",
					  "::ffff:192.0.2.1:7"};
	struct rule_target t;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(rule_target_parse(bad[i], &t));
	assert_true(rule_target_parse("65535:4294967295", &t));
	assert_int_equal(t.number, UINT32_MAX);
	assert_true(rule_target_parse("4294967295:65535", &t));
	assert_int_equal(t.as, UINT32_MAX);
	assert_true(rule_target_parse("192.0.2.1:7", &t));
	assert_true(t.has_address);
	assert_int_equal(ip_v4(&t.address), 0xc0000201);
}

/* Matching: one rule, and records that differ from what it wants in one thing each. */

static struct evidence_record syn_record(void)
{
	struct evidence_record e = {
		.flow = {.src = ip_from_v4(0xc6336401),
			 .dst = ip_from_v4(0xc0000201),
			 .bytes = 40,
			 .packets = 1,
			 .sport = 40000,
			 .dport = 80,
			 .proto = PROTO_TCP,
			 .tcp_flags = TH_SYN},
		.side = {.tos = 0x28, .flags = FLOW_IS_PACKET},
	};

	return e;
}

/* A packet of unknown length may be hit where some length that it can have is. */
static void test_may_match(void **state)
{
	struct rule r = rule_for("192.0.2.0/24");
	struct evidence_record e = syn_record();

	rule_add(&r, RULE_LENGTH, 100, 200);
	rule_add(&r, RULE_LENGTH, 400, 500);
	assert_false(rule_matches(&r, &e));
	assert_true(rule_may_match(&r, &e, 40, 100));
	assert_true(rule_may_match(&r, &e, 300, 1500));
	assert_true(rule_may_match(&r, &e, 150, 160));
	assert_false(rule_may_match(&r, &e, 40, 99));
	assert_false(rule_may_match(&r, &e, 201, 399));
	assert_false(rule_may_match(&r, &e, 501, 65535));
	rule_add(&r, RULE_PROTOCOL, PROTO_UDP, PROTO_UDP);
	assert_false(rule_may_match(&r, &e, 40, 1500));
	e.flow.proto = PROTO_UDP;
	assert_true(rule_may_match(&r, &e, 40, 1500));
	e.flow.dst = ip_from_v4(0xc0000301);
	assert_false(rule_may_match(&r, &e, 40, 1500));
}

static void test_matches(void **state)
{
	struct rule r = rule_for("192.0.2.0/24");
	struct evidence_record e = syn_record();

	assert_true(rule_matches(&r, &e));
	rule_add(&r, RULE_PROTOCOL, PROTO_TCP, PROTO_TCP);
	rule_add(&r, RULE_DESTINATION_PORT, 80, 80);
	rule_add(&r, RULE_DESTINATION_PORT, 443, 443);
	rule_add(&r, RULE_TCP_FLAGS, TH_SYN, TH_SYN | TH_ACK);
	rule_add(&r, RULE_LENGTH, 40, 60);
	rule_add(&r, RULE_DSCP, 10, 10);
	assert_true(rule_matches(&r, &e));
	e.flow.dst = ip_from_v4(0xc0000301);
	assert_false(rule_matches(&r, &e));
	e = syn_record();
	e.flow.dport = 443;
	assert_true(rule_matches(&r, &e));
	e.flow.dport = 81;
	assert_false(rule_matches(&r, &e));
	e = syn_record();
	e.flow.tcp_flags = TH_SYN | TH_ACK; /* an answer is no SYN */
	assert_false(rule_matches(&r, &e));
	e = syn_record();
	e.flow.proto = PROTO_UDP;
	assert_false(rule_matches(&r, &e));
	e = syn_record();
	e.side.tos = 0;
	assert_false(rule_matches(&r, &e));
	e = syn_record();
	e.flow.packets = 10;
	e.flow.bytes = 604; /* 60.4 on average */
	assert_true(rule_matches(&r, &e));
	e.flow.bytes = 606;
	assert_false(rule_matches(&r, &e));
	e.flow.bytes = 0; /* not known */
	assert_false(rule_matches(&r, &e));
}

/* A later fragment has no ports, flags or types: no condition on them holds, not even 0. */
static void test_fragments(void **state)
{
	struct rule r = rule_for("192.0.2.0/24");
	struct evidence_record e = syn_record();

	e.flow.sport = e.flow.dport = 0;
	e.side.flags = FLOW_FRAGMENT | FLOW_LATER_FRAGMENT;
	rule_add(&r, RULE_FRAGMENT, FRAGMENT_IS, FRAGMENT_IS);
	assert_true(rule_matches(&r, &e));
	rule_add(&r, RULE_SOURCE_PORT, 0, 0);
	assert_false(rule_matches(&r, &e));
	r.n_conditions = 0;
	rule_add(&r, RULE_FRAGMENT, FRAGMENT_LAST, FRAGMENT_LAST); /* nobody can say */
	assert_false(rule_matches(&r, &e));
	r.n_conditions = 0;
	rule_add(&r, RULE_FRAGMENT, 0, FRAGMENT_DONT);
	assert_false(rule_matches(&r, &e));
	r.n_conditions = 0;
	rule_add(&r, RULE_FRAGMENT, 0, FRAGMENT_IS | FRAGMENT_FIRST | FRAGMENT_LAST);
	assert_false(rule_matches(&r, &e));
	e.side.flags = 0;
	assert_true(rule_matches(&r, &e));
	e.side.flags = FLOW_FRAGMENT; /* the first */
	assert_false(rule_matches(&r, &e));
	r.n_conditions = 0;
	rule_add(&r, RULE_FRAGMENT, FRAGMENT_FIRST, FRAGMENT_FIRST);
	assert_true(rule_matches(&r, &e));
}

static void test_source_and_icmp(void **state)
{
	struct rule r = rule_for("192.0.2.0/24");
	struct evidence_record e = syn_record();

	r.has_source = true;
	assert_int_equal(prefix_parse("198.51.100.1", false, &r.source), 0);
	assert_true(rule_matches(&r, &e));
	e.flow.src = ip_from_v4(0xc6336402);
	assert_false(rule_matches(&r, &e));
	r.has_source = false;
	rule_add(&r, RULE_ICMP_TYPE, 0, 0);
	assert_false(rule_matches(&r, &e)); /* TCP has no type, which is no type 0 */
	e.flow.proto = PROTO_ICMP;
	assert_true(rule_matches(&r, &e));
	e.flow.proto = PROTO_ICMP6; /* in IPv4 that is something else */
	assert_false(rule_matches(&r, &e));
}

static void test_equal(void **state)
{
	struct rule a = rule_for("192.0.2.0/24"), b = a;

	assert_true(rule_equal(&a, &b));
	b.limit_bps = 7; /* of no meaning to a discard */
	assert_true(rule_equal(&a, &b));
	rule_add(&a, RULE_PROTOCOL, 6, 7);
	assert_false(rule_equal(&a, &b));
	b.n_conditions = 1;
	b.condition[0] =
		(struct rule_condition){.field = RULE_PROTOCOL, .n = 2, .range = {{7, 7}, {6, 6}}};
	assert_true(rule_equal(&a, &b)); /* the same, only not put together */
	b.action = RULE_LIMIT;
	assert_false(rule_equal(&a, &b));
	a.action = RULE_LIMIT;
	assert_false(rule_equal(&a, &b));
	a.limit_bps = 7;
	assert_true(rule_equal(&a, &b));
	b.destination.len++;
	assert_false(rule_equal(&a, &b));
}

static bool may_all(const struct prefix *around, const void *userdata)
{
	return true;
}

/* Up to the length that the object has. */
static bool may_from(const struct prefix *around, const void *userdata)
{
	return prefix_family_len(around) >= *(const unsigned *)userdata;
}

static void test_covers(void **state)
{
	struct rule a = rule_for("192.0.2.0/24"), b = rule_for("192.0.2.7");

	assert_true(rule_covers(&a, &b) && rule_covers(&a, &a));
	assert_false(rule_covers(&b, &a));
	rule_add(&b, RULE_PROTOCOL, 17, 17);
	rule_add(&b, RULE_SOURCE_PORT, 53, 53);
	assert_true(rule_covers(&a, &b));
	rule_add(&a, RULE_PROTOCOL, 17, 17);
	assert_true(rule_covers(&a, &b));
	rule_add(&a, RULE_SOURCE_PORT, 0, 1023);
	assert_true(rule_covers(&a, &b));
	rule_add(&b, RULE_SOURCE_PORT, 11211, 11211);
	assert_false(rule_covers(&a, &b)); /* one of two */
	rule_add(&a, RULE_SOURCE_PORT, 11211, 11212);
	assert_true(rule_covers(&a, &b));
	rule_add(&a, RULE_LENGTH, 1000, 1500); /* which b does not ask for */
	assert_false(rule_covers(&a, &b));
	/* Bits: who asks for fewer of them takes more. */
	a = b = rule_for("192.0.2.0/24");
	rule_add(&a, RULE_TCP_FLAGS, TH_SYN, TH_SYN);
	rule_add(&b, RULE_TCP_FLAGS, TH_SYN, TH_SYN | TH_ACK);
	assert_true(rule_covers(&a, &b));
	assert_false(rule_covers(&b, &a));
	/* A source is a condition too. */
	b = a;
	b.has_source = true;
	b.source = rule_for("198.51.100.7").destination;
	assert_true(rule_covers(&a, &b));
	assert_false(rule_covers(&b, &a));
	/* Another action, another place to send it to, another rate. */
	a = b = rule_for("192.0.2.0/24");
	b.action = RULE_LIMIT;
	b.limit_bps = 1e6;
	assert_false(rule_covers(&a, &b) || rule_covers(&b, &a));
	a = b;
	a.destination.len--;
	assert_false(rule_covers(&a, &b));
	a.action = b.action = RULE_REDIRECT;
	strcpy(a.redirect, "64500:1");
	strcpy(b.redirect, "64500:2");
	assert_false(rule_covers(&a, &b));
}

static void test_merge(void **state)
{
	static const char *const four[] = {"192.0.2.3", "192.0.2.0", "192.0.2.2", "192.0.2.1"};
	unsigned least = 31;
	struct rule r[5];

	for (unsigned i = 0; i < 4; i++) {
		r[i] = rule_for(four[i]);
		rule_add(&r[i], RULE_PROTOCOL, 17, 17);
	}
	assert_int_equal(rules_merge(r, 4, NULL, NULL), 4);
	assert_int_equal(rules_merge(r, 4, may_from, &least), 2);
	assert_int_equal(prefix_family_len(&r[0].destination), 31);
	assert_int_equal(rules_merge(r, 2, may_all, NULL), 1);
	r[4] = rule_for("192.0.2.0/30");
	assert_true(prefix_equal(&r[0].destination, &r[4].destination));
	assert_null(rule_check(&r[0]));
	/* What is no neighbour, or asks for something else, stays. */
	r[1] = rule_for("192.0.2.8/30");
	rule_add(&r[1], RULE_PROTOCOL, 17, 17);
	r[2] = rule_for("192.0.2.4/30");
	rule_add(&r[2], RULE_PROTOCOL, 6, 6);
	assert_int_equal(rules_merge(r, 3, may_all, NULL), 3);
	/* One that is in another goes, whichever stands first. */
	r[3] = rule_for("192.0.2.0/24");
	rule_add(&r[3], RULE_PROTOCOL, 17, 17);
	assert_int_equal(rules_merge(r, 4, NULL, NULL), 2);
	assert_int_equal(prefix_family_len(&r[0].destination), 24);
	/* Limits are each their own; two families are no halves. */
	r[0] = rule_for("192.0.2.0");
	r[1] = rule_for("192.0.2.1");
	r[0].action = r[1].action = RULE_LIMIT;
	r[0].limit_bps = r[1].limit_bps = 1e6;
	assert_int_equal(rules_merge(r, 2, may_all, NULL), 2);
	assert_int_equal(rules_merge(r, 0, may_all, NULL), 0);
}

/* A limit follows the attack: a little is nothing, and from one step to the next is a little. */
static void test_limits(void **state)
{
	static const struct {
		double bps, round;
	} rows[] = {
		{880059, 880000},
		{999999, 990000},
		{1000000, 1000000},
		{1049999, 1000000},
		{1050000, 1050000},
		{1999999, 1950000},
		{2099999, 2000000},
		{800000000, 800000000},
		{7, 7},
		{123456789e3, 120000e6},
		{0, 0},
	};
	struct rule a = rule_for("192.0.2.0/24"), b;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rule_limit_round(rows[i].bps) != rows[i].round)
			fail_msg("%f: %f", rows[i].bps, rule_limit_round(rows[i].bps));
	a.action = RULE_LIMIT;
	for (double bps = 1e3; bps < 1e12; bps *= 1.013) {
		a.limit_bps = rule_limit_round(bps);
		b = a;
		b.limit_bps = rule_limit_round(bps * 1.013);
		assert_true(rule_limit_round(a.limit_bps) == a.limit_bps);
		assert_true(a.limit_bps <= bps && a.limit_bps > 0.949 * bps);
		assert_true(rule_near(&a, &b) && rule_near(&b, &a));
		b.limit_bps = a.limit_bps * 1.06;
		assert_false(rule_near(&a, &b) || rule_near(&b, &a));
		assert_false(rule_equal(&a, &b));
	}
	/* All else stays exact. */
	b = a;
	b.destination.len++;
	assert_false(rule_near(&a, &b));
	b = a;
	b.action = RULE_DISCARD;
	assert_false(rule_near(&a, &b));
}

static struct rule full_rule(void)
{
	struct rule r = rule_for("2001:db8::1");

	r.has_source = true;
	assert_int_equal(prefix_parse("2001:db8:1::/48", false, &r.source), 0);
	rule_add(&r, RULE_PROTOCOL, PROTO_TCP, PROTO_TCP);
	rule_add(&r, RULE_SOURCE_PORT, 1024, 65535);
	rule_add(&r, RULE_SOURCE_PORT, 80, 80);
	rule_add(&r, RULE_TCP_FLAGS, TH_SYN, TH_SYN | TH_ACK);
	r.action = RULE_LIMIT;
	r.limit_bps = 123456789.25;
	return r;
}

static void test_json(void **state)
{
	struct rule r = full_rule(), back;
	json_t *o = rule_json(&r);
	_cleanup_free_ char *s = json_dumps(o, JSON_COMPACT);

	assert_string_equal(
		s,
		"{\"destination\":\"2001:db8::1/128\",\"source\":\"2001:db8:1::/48\","
		"\"conditions\":[{\"field\":\"protocol\",\"ranges\":[{\"from\":6,\"to\":6}],"
		"\"text\":\"=6\"},{\"field\":\"source-port\",\"ranges\":[{\"from\":80,\"to\":80},"
		"{\"from\":1024,\"to\":65535}],\"text\":\"=80 >=1024&<=65535\"},"
		"{\"field\":\"tcp-flags\",\"ranges\":[{\"value\":2,\"mask\":18}],"
		"\"text\":\"=syn&!=ack\"}],\"action\":\"rate-limit\",\"limit_bps\":123456789.25,"
		"\"text\":\"destination 2001:db8::1/128 source 2001:db8:1::/48 protocol =6 "
		"source-port [ =80 >=1024&<=65535 ] tcp-flags =syn&!=ack then rate-limit 123 "
		"Mbit/s\"}");
	assert_int_equal(rule_from_json(o, &back), 0);
	assert_true(rule_equal(&r, &back));
	json_decref(o);
	r.action = RULE_REDIRECT;
	strcpy(r.redirect, "64500:666");
	o = rule_json(&r);
	assert_int_equal(rule_from_json(o, &back), 0);
	assert_true(rule_equal(&r, &back));
	json_decref(o);
}

/* Each thing of a good JSON made wrong once. */
static void test_json_refuses(void **state)
{
	static const char *const wrong[] = {
		"{\"destination\":\"192.0.2.1/24\"}",
		"{\"destination\":7}",
		"{\"source\":\"x\"}",
		"{\"source\":\"192.0.2.0/24\"}",
		"{\"conditions\":null}",
		"{\"conditions\":[7]}",
		"{\"conditions\":[{\"field\":\"colour\",\"ranges\":[{\"from\":1,\"to\":1}]}]}",
		"{\"conditions\":[{\"field\":\"protocol\",\"ranges\":[]}]}",
		"{\"conditions\":[{\"field\":\"protocol\",\"ranges\":[{\"from\":-1,\"to\":1}]}]}",
		"{\"conditions\":[{\"field\":\"protocol\",\"ranges\":[{\"from\":1,\"to\":70000}]}]"
		"}",
		"{\"conditions\":[{\"field\":\"protocol\",\"ranges\":[{\"from\":\"1\",\"to\":1}]}]"
		"}",
		"{\"conditions\":[{\"field\":\"protocol\",\"ranges\":[{\"value\":1,\"mask\":1}]}]}",
		"{\"conditions\":[{\"field\":\"source-port\",\"ranges\":[{\"from\":1,\"to\":1}]}]}",
		"{\"action\":\"accept\"}",
		"{\"action\":null}",
		"{\"action\":\"rate-limit\",\"limit_bps\":0}",
		"{\"action\":\"rate-limit\",\"limit_bps\":\"7\"}",
		"{\"action\":\"redirect\"}",
		"{\"action\":\"redirect\",\"redirect\":\"vrf\"}",
	};
	struct rule r = full_rule(), back;

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		json_t *o = rule_json(&r), *change = json_loads(wrong[i], 0, NULL);

		assert_non_null(change);
		assert_int_equal(rule_from_json(o, &back), 0);
		assert_int_equal(json_object_update(o, change), 0);
		assert_true(rule_from_json(o, &back) < 0);
		json_decref(change);
		json_decref(o);
	}
	assert_true(rule_from_json(NULL, &back) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_add_refuses),
		cmocka_unit_test(test_all_fields),
		cmocka_unit_test(test_bits),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_target),
		cmocka_unit_test(test_matches),
		cmocka_unit_test(test_may_match),
		cmocka_unit_test(test_fragments),
		cmocka_unit_test(test_source_and_icmp),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_covers),
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
