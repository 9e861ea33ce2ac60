/* SPDX-License-Identifier: ISC */
/* What a measure would cost: shares with intervals, what is unknown, who is named. */
#include "act/test_act_kit.h"

#include <errno.h>
#include <math.h>

#include "act/derive_inside.h"

static struct rule udp_rule(void)
{
	struct rule r = {.destination = {ip_from_v4(TARGET), 128}};

	assert_true(rule_add(&r, RULE_PROTOCOL, 17, 17));
	return r;
}

static void put_many(struct kit *k, unsigned n, uint8_t proto, uint16_t port, uint32_t sampling)
{
	while (n--) {
		struct evidence_record e =
			kit_packet(k, proto, 0, port, 100, proto == 6 ? TH_ACK : 0);

		e.side.sampling = sampling;
		kit_put(k, SAMPLE_GOOD, e);
	}
}

static void test_interval(void **state)
{
	double low, high;

	/* Computed by hand from Wilson's formula. */
	share_interval(0, 300, &low, &high);
	assert_true(low == 0 && fabs(high - 0.012643) < 1e-5);
	share_interval(0.5, 300, &low, &high);
	assert_true(fabs(low - 0.443780) < 1e-5 && fabs(high - 0.556220) < 1e-5);
	share_interval(1, 50, &low, &high);
	assert_true(high == 1 && fabs(low - 0.928652) < 1e-5);
}

static void test_shares(void **state)
{
	struct rule r = udp_rule();
	struct collateral c;
	struct kit k;

	kit_begin(&k);
	put_many(&k, 400, 6, 80, 1);
	put_many(&k, 100, 17, 53, 1);
	collateral_of(&r, 1, &r.destination, k.inc, &k.conf, &c);
	assert_true(c.known);
	assert_int_equal(c.n, 500);
	assert_true(fabs(c.share - 0.2) < 1e-12 && c.low < 0.2 && c.low > 0.16 && c.high > 0.2 &&
		    c.high < 0.24);
	/* No rule: a blackhole, and everything to the target is lost. */
	collateral_of(NULL, 0, &r.destination, k.inc, &k.conf, &c);
	assert_true(c.share == 1);
	kit_end(&k);
}

/* Those that stand for more count for more, and say less than as many of one weight. */
static void test_weights(void **state)
{
	struct rule r = udp_rule();
	struct collateral even, uneven;
	struct kit k;

	kit_begin(&k);
	put_many(&k, 400, 6, 80, 1);
	put_many(&k, 100, 17, 53, 1);
	collateral_of(&r, 1, &r.destination, k.inc, &k.conf, &even);
	for (unsigned i = 0; i < 500; i++)
		k.inc->evidence[SAMPLE_GOOD].record[i].side.sampling = i % 10 ? 1 : 100;
	collateral_of(&r, 1, &r.destination, k.inc, &k.conf, &uneven);
	assert_true(fabs(uneven.share - 0.2) < 1e-12);
	assert_true(uneven.high - uneven.low > 2 * (even.high - even.low));
	kit_end(&k);
}

static void test_unknown(void **state)
{
	struct rule r = udp_rule();
	struct collateral c;
	json_t *o;
	struct kit k;

	kit_begin(&k);
	put_many(&k, COLLATERAL_LEAST - 1, 6, 80, 1);
	collateral_of(&r, 1, &r.destination, k.inc, &k.conf, &c);
	assert_false(c.known);
	o = collateral_json(&c);
	assert_true(json_is_null(json_object_get(o, "share")));
	assert_int_equal(json_integer_value(json_object_get(o, "n")), COLLATERAL_LEAST - 1);
	json_decref(o);
	put_many(&k, 1, 6, 80, 1);
	collateral_of(&r, 1, &r.destination, k.inc, &k.conf, &c);
	assert_true(c.known);
	kit_end(&k);
}

/* A rule against SYN hits a flow of a whole connection, whatever else its flags say. */
static void test_flows_are_taken_apart(void **state)
{
	struct rule r = {.destination = {ip_from_v4(TARGET), 128}};
	struct packet_weighed p[WEIGH_SPLIT_MAX];
	struct evidence_record e;
	struct collateral c;
	struct kit k;

	kit_begin(&k);
	rule_add(&r, RULE_PROTOCOL, 6, 6);
	rule_add(&r, RULE_TCP_FLAGS, TH_SYN, TH_SYN | TH_ACK);
	e = kit_packet(&k, 6, 40000, 443, 0, TH_SYN | TH_ACK | TH_PSH | TH_FIN);
	e.flow.packets = 10;
	e.flow.bytes = 2000;
	assert_int_equal(weigh_record(&e, NULL, 0, p), 2);
	assert_true(p[0].opens == 1 && p[0].weight == 1 && p[1].weight == 9 && !p[1].firm);
	assert_int_equal(p[0].e.flow.tcp_flags, TH_SYN);
	assert_int_equal(p[1].e.flow.tcp_flags, TH_ACK | TH_PSH | TH_FIN);
	assert_false(rule_matches(&r, &e));
	for (unsigned i = 0; i < 400; i++)
		kit_put(&k, SAMPLE_GOOD, e);
	collateral_of(&r, 1, &r.destination, k.inc, &k.conf, &c);
	assert_true(fabs(c.share - 0.1) < 1e-12);
	assert_int_equal(c.opens_n, 400);
	assert_true(c.opens_share == 1);
	kit_end(&k);
}

static void test_names(void **state)
{
	struct rule r = udp_rule();
	struct prefix target = r.destination, wide = {ip_from_v4(TARGET & 0xffffff00u), 120},
		      far = {ip_from_v4(0xc6130000u), 120};
	struct conf_service services[3] = {
		{.name = "bank", .addresses = &target, .n_addresses = 1},
		{.name = "far", .addresses = &far, .n_addresses = 1},
		{.name = "bank", .addresses = &target, .n_addresses = 1}};
	struct conf_object objects[2] = {
		{.name = "site-01", .customer = "c-1", .prefixes = &target, .n_prefixes = 1},
		{.name = "net", .prefixes = &wide, .n_prefixes = 1}};
	struct collateral c;
	struct kit k;

	kit_begin(&k);
	k.conf.services = services;
	k.conf.n_services = 3;
	k.conf.objects = objects;
	k.conf.n_objects = 2;
	/* Seen often and never hit: it is spared. Customers are those of the destination. */
	put_many(&k, 400, 6, 80, 1);
	collateral_of(&r, 1, &target, k.inc, &k.conf, &c);
	assert_int_equal(c.n_services, 0);
	assert_int_equal(c.n_customers, 2);
	assert_string_equal(c.customers[0], "c-1");
	assert_string_equal(c.customers[1], "net");
	put_many(&k, 1, 17, 53, 1);
	collateral_of(&r, 1, &target, k.inc, &k.conf, &c);
	assert_int_equal(c.n_services, 1);
	assert_string_equal(c.services[0], "bank");
	/* Too seldom seen to know. */
	k.inc->evidence[SAMPLE_GOOD].n = 3;
	collateral_of(&r, 1, &target, k.inc, &k.conf, &c);
	assert_int_equal(c.n_services, 1);
	kit_end(&k);
}

static void test_json(void **state)
{
	struct rule r = udp_rule();
	struct prefix target = r.destination;
	struct conf_service service = {.name = "bank", .addresses = &target, .n_addresses = 1};
	struct collateral c, back;
	json_t *o, *twice;
	struct kit k;

	kit_begin(&k);
	k.conf.services = &service;
	k.conf.n_services = 1;
	kit_visits(&k, 500);
	put_many(&k, 20, 17, 53, 1);
	collateral_of(&r, 1, &target, k.inc, &k.conf, &c);
	o = collateral_json(&c);
	assert_non_null(o);
	assert_int_equal(collateral_from_json(o, &back), 0);
	twice = collateral_json(&back);
	assert_true(json_equal(o, twice));
	json_object_set_new(o, "n", json_integer(10)); /* known, of ten records: never */
	assert_int_equal(collateral_from_json(o, &back), -EINVAL);
	json_object_set_new(o, "n", json_integer(-1));
	assert_int_equal(collateral_from_json(o, &back), -EINVAL);
	json_object_set_new(o, "n", json_integer(520));
	json_object_set_new(o, "low", json_real(0.5)); /* above the share */
	assert_int_equal(collateral_from_json(o, &back), -EINVAL);
	json_decref(o);
	json_decref(twice);
	assert_int_equal(collateral_from_json(NULL, &back), -EINVAL);
	kit_end(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_interval),
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_weights),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_flows_are_taken_apart),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
