/* SPDX-License-Identifier: ISC */
/*
 * Rules from evidence: that they hold for packets which were not in it, that clients are spared,
 * and that what cannot be told apart is said to be so.
 */
#include "act/test_act_kit.h"

#include "act/derive_inside.h"
#include "base/text.h"

typedef struct evidence_record (*maker)(struct kit *k);

static void put(struct kit *k, maker make, unsigned n)
{
	while (n--)
		kit_put(k, SAMPLE_ATTACK, make(k));
}

/* What holds whatever comes out. */
static void expect_sound(const struct kit *k, const struct derived *d)
{
	assert_true(d->n <= DERIVED_RULES_MAX && d->n_limit <= DERIVED_RULES_MAX);
	for (unsigned i = 0; i < d->n + d->n_limit; i++) {
		const struct rule *r = i < d->n ? &d->rule[i] : &d->limit[i - d->n];
		const char *wrong = rule_check(r);

		if (wrong)
			fail_msg("a rule with %s", wrong);
		assert_false(r->has_source);
		assert_true(r->n_conditions > 0);
		assert_true(prefix_equal(&r->destination, &k->inc->f.target));
	}
	assert_true(d->covers >= 0 && d->covers_low <= d->covers && d->covers <= d->covers_high);
	assert_true(!d->separable || (d->n && d->covers >= 0.99 && d->collateral.known));
	assert_true(*d->why_en && *d->why_ja);
	assert_true(text_is_utf8(d->why_ja, strlen(d->why_ja)));
	assert_null(strstr(d->why_en, "  "));
	assert_null(strstr(d->why_en, "nan"));
	assert_null(strstr(d->why_en, " 0 %"));
	assert_null(strstr(d->why_ja, " 0 %"));
	assert_null(strstr(d->why_en, "()"));
}

static void derive(struct kit *k, struct derived *d)
{
	assert_int_equal(derive_rules(k->inc, &k->conf, d), 0);
	expect_sound(k, d);
}

static unsigned conditions(const struct derived *d)
{
	unsigned n = 0;

	for (unsigned i = 0; i < d->n; i++)
		n += d->rule[i].n_conditions;
	return n;
}

static struct evidence_record visit80(struct kit *k)
{
	return kit_visit(k, kit_below(k, 2) ? 80 : 443);
}

static struct evidence_record monlist(struct kit *k)
{
	return kit_packet(k, 17, 123, (uint16_t)(1024 + kit_below(k, 60000)), 468, 0);
}

static struct evidence_record copied_syn(struct kit *k)
{
	static const uint8_t options[] = {20, 20, 12, 24, 4};

	return kit_packet(k, 6, 0, kit_below(k, 2) ? 80 : 443,
			  (uint16_t)(40 + options[kit_below(k, 5)]), TH_SYN);
}

static struct evidence_record bare_syn(struct kit *k)
{
	return kit_packet(k, 6, (uint16_t)(1024 + kit_below(k, 64000)), 80, 40, TH_SYN);
}

static struct evidence_record question(struct kit *k)
{
	return kit_packet(k, 17, 0, 53, 66, 0);
}

static struct evidence_record question_one_port(struct kit *k)
{
	return kit_packet(k, 17, 40404, 53, 66, 0);
}

static struct evidence_record ping(struct kit *k)
{
	struct evidence_record e = kit_packet(k, 1, 1, 0, 1028, 0);

	e.flow.sport = 0;
	e.side.icmp_type = 8;
	return e;
}

static struct evidence_record udp_any(struct kit *k)
{
	return kit_packet(k, 17, (uint16_t)(1024 + kit_below(k, 60000)),
			  (uint16_t)(1024 + kit_below(k, 60000)),
			  (uint16_t)(600 + kit_below(k, 800)), 0);
}

/* DNS answers in three pieces, SSDP, CLDAP. */
static struct evidence_record amplified(struct kit *k)
{
	static const uint16_t ports[] = {53, 1900, 389};
	unsigned which = kit_below(k, 5);
	struct evidence_record e =
		kit_packet(k, 17, ports[which % 3], (uint16_t)(1024 + kit_below(k, 60000)),
			   which == 0 ? 1500 : (uint16_t)(700 + kit_below(k, 400)), 0);

	if (which == 0)
		e.side.flags |= FLOW_FRAGMENT;
	if (which < 3)
		return e;
	e.side.flags |= FLOW_FRAGMENT | FLOW_LATER_FRAGMENT;
	e.side.fragment = 185;
	e.flow.sport = e.flow.dport = 0;
	return e;
}

static struct evidence_record any_flags(struct kit *k)
{
	return kit_packet(k, 6, (uint16_t)(1024 + kit_below(k, 60000)), 443, 40,
			  (uint8_t)(TH_URG | kit_below(k, 64)));
}

static struct evidence_record quic_visit(struct kit *k)
{
	static const uint16_t octets[] = {1228, 118, 68, 68};

	return kit_packet(k, 17, 0, 443, octets[kit_below(k, 4)], 0);
}

static struct evidence_record quic_spread(struct kit *k)
{
	return kit_packet(k, 17, (uint16_t)(1024 + kit_below(k, 60000)), 443,
			  (uint16_t)(300 + kit_below(k, 600)), 0);
}

static struct evidence_record request(struct kit *k)
{
	unsigned dice = kit_below(k, 1000);

	return dice < 7	   ? kit_packet(k, 6, 0, 80, 60, TH_SYN)
	       : dice < 14 ? kit_packet(k, 6, 0, 80, 40, TH_ACK)
			   : kit_packet(k, 6, 0, 80, 240, TH_PSH | TH_ACK);
}

static void good(struct kit *k, maker make, unsigned n)
{
	while (n--)
		kit_put(k, SAMPLE_GOOD, make(k));
}

static void test_amplification(void **state)
{
	struct derived d;
	struct kit k;

	kit_begin(&k);
	kit_visits(&k, 600);
	put(&k, monlist, 4000);
	derive(&k, &d);
	assert_true(d.separable);
	assert_int_equal(d.n, 1);
	assert_int_equal(conditions(&d), 1);
	assert_true(kit_hit(&k, &d, 5000, monlist) == 1);
	assert_true(kit_hit(&k, &d, 5000, visit80) == 0);
	kit_end(&k);
}

static void test_copies_are_not_separable(void **state)
{
	struct derived d;
	struct kit k;

	kit_begin(&k);
	kit_visits(&k, 600);
	put(&k, copied_syn, 4000);
	derive(&k, &d);
	assert_false(d.separable);
	assert_int_equal(d.n, 0);
	assert_true(d.n_limit > 0 && d.limit_covers > 0.98);
	assert_true(d.limit_collateral.known && d.limit_collateral.opens_share > 0.9);
	assert_non_null(strstr(d.why_en, "No rule tells the attack from clients"));
	assert_non_null(strstr(d.why_en, "TCP SYN"));
	kit_end(&k);
}

static void test_bare_syn(void **state)
{
	struct derived d;
	struct kit k;

	kit_begin(&k);
	kit_visits(&k, 600);
	put(&k, bare_syn, 4000);
	derive(&k, &d);
	assert_true(d.separable);
	assert_true(kit_hit(&k, &d, 5000, bare_syn) == 1);
	assert_true(kit_hit(&k, &d, 5000, visit80) == 0);
	assert_true(kit_hit(&k, &d, 5000, copied_syn) == 0);
	kit_end(&k);
}

static void test_several_vectors(void **state)
{
	struct derived d;
	struct kit k;

	kit_begin(&k);
	kit_visits(&k, 600);
	put(&k, udp_any, 2000);
	put(&k, ping, 1000);
	put(&k, bare_syn, 1000);
	derive(&k, &d);
	assert_true(d.separable);
	assert_true(d.n <= 3);
	assert_true(kit_hit(&k, &d, 5000, udp_any) == 1);
	assert_true(kit_hit(&k, &d, 5000, ping) == 1);
	assert_true(kit_hit(&k, &d, 5000, bare_syn) == 1);
	assert_true(kit_hit(&k, &d, 5000, visit80) == 0);
	kit_end(&k);
}

/* The rule for a part stands, and what stays is named. */
static void test_part(void **state)
{
	struct derived d;
	struct kit k;

	kit_begin(&k);
	kit_visits(&k, 600);
	put(&k, udp_any, 2000);
	put(&k, copied_syn, 2000);
	derive(&k, &d);
	assert_false(d.separable);
	assert_true(d.n > 0 && d.covers > 0.4 && d.covers < 0.6);
	assert_true(kit_hit(&k, &d, 5000, visit80) == 0);
	assert_non_null(strstr(d.why_en, "Only a part"));
	kit_end(&k);
}

/* A name server has clients in UDP: ports of answers, and fragments that have none. */
static void test_reflectors_and_fragments(void **state)
{
	struct derived d;
	struct kit k;

	kit_begin(&k);
	good(&k, question, 700);
	put(&k, amplified, 4000);
	derive(&k, &d);
	assert_true(d.separable);
	assert_true(d.n <= 2);
	assert_true(kit_hit(&k, &d, 5000, amplified) > 0.995);
	assert_true(kit_hit(&k, &d, 5000, question) == 0);
	kit_end(&k);
}

static void test_random_flags(void **state)
{
	struct derived d;
	struct kit k;

	kit_begin(&k);
	kit_visits(&k, 600);
	put(&k, any_flags, 4000);
	derive(&k, &d);
	assert_true(d.separable);
	assert_true(kit_hit(&k, &d, 5000, any_flags) > 0.99);
	assert_true(kit_hit(&k, &d, 5000, visit80) == 0);
	kit_end(&k);
}

/* Only the length tells; lengths that were not seen lie between. */
static void test_lengths_with_a_spread(void **state)
{
	struct derived d;
	struct kit k;

	kit_begin(&k);
	good(&k, quic_visit, 700);
	put(&k, quic_spread, 200);
	derive(&k, &d);
	assert_true(d.separable);
	assert_true(kit_hit(&k, &d, 20000, quic_spread) > 0.99);
	assert_true(kit_hit(&k, &d, 5000, quic_visit) == 0);
	kit_end(&k);
}

static void test_port_of_the_senders_choice(void **state)
{
	struct derived d;
	struct kit k;

	kit_begin(&k);
	good(&k, question, 700);
	put(&k, question_one_port, 4000);
	derive(&k, &d);
	assert_false(d.separable);
	assert_non_null(strstr(d.why_en, "40404"));
	assert_non_null(strstr(d.why_ja, "40404"));
	assert_true(d.n_limit > 0);
	kit_end(&k);
}

/* Ordinary packets in the attack's own sample do not make it less separable. */
static void test_stray_packets(void **state)
{
	struct derived d;
	struct kit k;

	kit_begin(&k);
	kit_visits(&k, 600);
	put(&k, request, 4000);
	derive(&k, &d);
	assert_true(d.separable);
	assert_true(kit_hit(&k, &d, 5000, visit80) == 0);
	assert_true(kit_hit(&k, &d, 5000, request) > 0.97);
	assert_int_equal(d.rule[0].condition[0].field, RULE_PROTOCOL);
	kit_end(&k);
}

static struct evidence_record syn80(struct kit *k)
{
	return kit_packet(k, 6, 0, 80, 60, TH_SYN);
}

/* No SYN to port 80 is in the good sample, yet packets of its clients are, and so somebody sent it.
 */
static void test_openings_are_implied(void **state)
{
	struct derived d;
	struct kit k;

	kit_begin(&k);
	for (unsigned i = 0; i < 600; i++)
		kit_put(&k, SAMPLE_GOOD,
			i % 20 ? kit_visit(&k, 443) : kit_packet(&k, 6, 0, 80, 40, TH_ACK));
	put(&k, syn80, 4000);
	derive(&k, &d);
	assert_false(d.separable);
	assert_int_equal(d.n, 0);
	/* Where nobody goes it is separable. */
	for (unsigned i = 0; i < 4000; i++)
		k.inc->evidence[SAMPLE_ATTACK].record[i].flow.dport = 8080;
	derive(&k, &d);
	assert_true(d.separable);
	kit_end(&k);
}

/* Errors of ICMP are never dropped with the rest. */
static void test_icmp_errors(void **state)
{
	struct evidence_record error;
	struct derived d;
	struct kit k;

	kit_begin(&k);
	kit_visits(&k, 600);
	put(&k, ping, 2000);
	put(&k, udp_any, 2000);
	derive(&k, &d);
	assert_true(d.separable);
	error = ping(&k);
	error.side.icmp_type = 3;
	for (unsigned i = 0; i < d.n; i++)
		assert_false(rule_matches(&d.rule[i], &error));
	kit_end(&k);
}

static void test_unknown_good(void **state)
{
	struct derived d;
	struct kit k;

	kit_begin(&k);
	put(&k, monlist, 4000);
	derive(&k, &d);
	assert_false(d.separable);
	assert_false(d.collateral.known);
	assert_true(d.n == 1 && d.covers == 1);
	/* All that it shares: protocol, port, length. */
	assert_true(d.rule[0].n_conditions >= 3);
	assert_non_null(strstr(d.why_en, "unknown"));
	assert_non_null(strstr(d.why_en, "NTP"));
	kit_visits(&k, 100);
	derive(&k, &d);
	assert_false(d.separable);
	assert_non_null(strstr(d.why_en, "Only 100 records"));
	kit_end(&k);
}

static void test_little_evidence(void **state)
{
	struct derived d;
	struct kit k;

	kit_begin(&k);
	kit_visits(&k, 600);
	derive(&k, &d);
	assert_false(d.separable);
	assert_int_equal(d.n, 0);
	put(&k, monlist, 20);
	derive(&k, &d);
	assert_false(d.separable);
	assert_int_equal(d.n, 0);
	assert_non_null(strstr(d.why_en, "20 header records"));
	/* One target there must be. */
	put(&k, monlist, 2000);
	k.inc->f.level = LEVEL_NETWORK;
	derive(&k, &d);
	assert_int_equal(d.n, 0);
	kit_end(&k);
}

static void over_prefix(struct kit *k)
{
	for (unsigned s = 0; s < SAMPLE_COUNT; s++)
		for (unsigned i = 0; i < k->inc->evidence[s].n; i++)
			k->inc->evidence[s].record[i].flow.dst =
				ip_from_v4((TARGET & 0xffffff00u) + kit_below(k, 256));
	k->inc->f.level = LEVEL_PREFIX;
	k->inc->f.target = (struct prefix){ip_from_v4(TARGET & 0xffffff00u), 120};
}

static void test_carpet(void **state)
{
	struct derived d;
	struct kit k;

	kit_begin(&k);
	kit_visits(&k, 700);
	put(&k, monlist, 3000);
	over_prefix(&k);
	derive(&k, &d);
	assert_true(d.separable);
	assert_int_equal(d.rule[0].destination.len, 120);
	kit_end(&k);
}

static struct ip v6(struct kit *k, uint8_t net)
{
	struct ip ip = {.b = {0x20, 0x01, 0x0d, 0xb8, 0, net}};

	ip.w[3] = kit_below(k, UINT32_MAX);
	return ip;
}

static void test_v6(void **state)
{
	struct derived d;
	struct kit k;

	kit_begin(&k);
	kit_visits(&k, 700);
	put(&k, monlist, 2000);
	put(&k, ping, 2000);
	k.inc->f.target.addr = v6(&k, 1);
	for (unsigned s = 0; s < SAMPLE_COUNT; s++)
		for (unsigned i = 0; i < k.inc->evidence[s].n; i++) {
			struct evidence_record *e = &k.inc->evidence[s].record[i];

			e->flow.dst = k.inc->f.target.addr;
			e->flow.src = v6(&k, 2);
			e->flow.bytes += 20;
			e->flow.proto = e->flow.proto == 1 ? 58 : e->flow.proto;
			e->side.icmp_type = e->flow.proto == 58 ? 128 : 0;
		}
	derive(&k, &d);
	assert_true(d.separable);
	kit_end(&k);
}

/* Sampled one in a hundred: fewer records, and no promise from a handful. */
static void test_sampled(void **state)
{
	struct derived d;
	struct kit k;

	kit_begin(&k);
	kit_visits(&k, 600);
	put(&k, monlist, 60);
	for (unsigned i = 0; i < 60; i++)
		k.inc->evidence[SAMPLE_ATTACK].record[i].side.sampling = 100;
	derive(&k, &d);
	assert_true(d.n && d.covers == 1 && d.covers_low < 0.95);
	assert_false(d.separable);
	for (unsigned i = 0; i < 100; i++) {
		struct evidence_record e = monlist(&k);

		e.side.sampling = 100;
		kit_put(&k, SAMPLE_ATTACK, e);
	}
	derive(&k, &d);
	assert_true(d.separable);
	kit_end(&k);
}

/* Means of flows are no lengths. */
static void test_flows_have_no_lengths(void **state)
{
	struct derived d;
	struct kit k;

	kit_begin(&k);
	good(&k, quic_visit, 700);
	put(&k, quic_spread, 1000);
	for (unsigned i = 0; i < 1000; i++) {
		struct flow *f = &k.inc->evidence[SAMPLE_ATTACK].record[i].flow;

		f->packets = 40;
		f->bytes = 40 * (590 + f->bytes % 20);
	}
	derive(&k, &d);
	for (unsigned i = 0; i < d.n; i++)
		for (unsigned c = 0; c < d.rule[i].n_conditions; c++)
			assert_int_not_equal(d.rule[i].condition[c].field, RULE_LENGTH);
	kit_end(&k);
}

/* Clients' connections as flows tell of them: the flags of all packets and their mean length. */
static void put_connections(struct kit *k, unsigned n)
{
	while (n--) {
		struct evidence_record e =
			kit_packet(k, 6, 0, 443, 0, TH_SYN | TH_ACK | TH_PSH | TH_FIN);

		e.flow.packets = 8 + kit_below(k, 10);
		e.flow.bytes = e.flow.packets * 160;
		e.side.flags = FLOW_SAMPLING_KNOWN;
		kit_put(k, SAMPLE_GOOD, e);
	}
}

/* Each packet of a connection has flags and a length of its own. */
static void test_packets_of_flows(void **state)
{
	static const struct {
		uint8_t flags;
		bool apart;
	} cases[] = {
		{TH_ACK, false},	 {TH_ACK | TH_FIN, false}, {TH_ACK | TH_PSH, false},
		{TH_SYN | TH_FIN, true}, {TH_FIN, true},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct derived d;
		struct kit k;

		kit_begin(&k);
		put_connections(&k, 600);
		for (unsigned n = 0; n < 1000; n++)
			kit_put(&k, SAMPLE_ATTACK, kit_packet(&k, 6, 0, 443, 40, cases[i].flags));
		derive(&k, &d);
		assert_int_equal(d.separable, cases[i].apart);
		kit_end(&k);
	}
}

/* Until flows that go on have been told, nobody knows what else there is. */
static void test_flows_are_told_late(void **state)
{
	struct evidence_record *last;
	struct derived d;
	struct kit k;

	kit_begin(&k);
	kit_visits(&k, 600);
	put(&k, monlist, 1000);
	last = &k.inc->evidence[SAMPLE_ATTACK].record[999];
	k.inc->f.shown_us = 1;
	last->recv_us = 10 * US_PER_S;
	derive(&k, &d);
	assert_true(d.separable && !d.so_far); /* packets */
	k.inc->f.flows_s = 60;
	derive(&k, &d);
	assert_true(!d.separable && d.so_far && d.n && d.n_limit);
	assert_non_null(strstr(d.why_en, "span 9 s"));
	assert_non_null(strstr(d.why_en, "about 65 s"));
	assert_non_null(strstr(d.why_en, "Plan again in 56 s."));
	assert_non_null(strstr(d.why_ja, "56 秒後"));
	last->recv_us = 65 * US_PER_S;
	derive(&k, &d);
	assert_true(d.so_far);
	last->recv_us++;
	derive(&k, &d);
	assert_true(d.separable && !d.so_far);
	last->recv_us = 10 * US_PER_S;
	k.inc->f.state = FINDING_CLOSED;
	derive(&k, &d);
	assert_true(d.separable && !d.so_far);
	kit_end(&k);
}

/* Whatever is mixed, the rules are sound and what is said holds for the samples. */
static void test_mixtures(void **state)
{
	static const maker makers[] = {
		monlist,   copied_syn, bare_syn,   question,	question_one_port, ping,   udp_any,
		amplified, any_flags,  quic_visit, quic_spread, request,	   visit80};
	uint64_t dice = 77;
	unsigned said = 0;

	for (unsigned round = 0; round < 120; round++) {
		struct derived d;
		struct kit k;

		kit_begin(&k);
		k.dice = dice = dice * 6364136223846793005u + 1442695040888963407u;
		for (unsigned i = 0, n = 1 + kit_below(&k, 4); i < n; i++)
			put(&k, makers[kit_below(&k, ARRAY_LEN(makers))], 1 + kit_below(&k, 900));
		for (unsigned i = 0, n = kit_below(&k, 3); i < n; i++)
			good(&k, makers[kit_below(&k, ARRAY_LEN(makers))], kit_below(&k, 900));
		derive(&k, &d);
		said += d.separable;
		assert_true(!d.separable || d.collateral.share <= 0.01);
		kit_end(&k);
	}
	assert_true(said > 5 && said < 115);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_amplification),
		cmocka_unit_test(test_copies_are_not_separable),
		cmocka_unit_test(test_bare_syn),
		cmocka_unit_test(test_several_vectors),
		cmocka_unit_test(test_part),
		cmocka_unit_test(test_reflectors_and_fragments),
		cmocka_unit_test(test_random_flags),
		cmocka_unit_test(test_lengths_with_a_spread),
		cmocka_unit_test(test_port_of_the_senders_choice),
		cmocka_unit_test(test_stray_packets),
		cmocka_unit_test(test_openings_are_implied),
		cmocka_unit_test(test_icmp_errors),
		cmocka_unit_test(test_unknown_good),
		cmocka_unit_test(test_little_evidence),
		cmocka_unit_test(test_carpet),
		cmocka_unit_test(test_v6),
		cmocka_unit_test(test_sampled),
		cmocka_unit_test(test_flows_have_no_lengths),
		cmocka_unit_test(test_packets_of_flows),
		cmocka_unit_test(test_flows_are_told_late),
		cmocka_unit_test(test_mixtures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
