/* SPDX-License-Identifier: ISC */
/*
 * Proves what each step of the ladder does to the lines before and behind it, whom it spares, which
 * options there are for which incident, and that what is not known stays unknown.
 */
#include "act/test_plan_kit.h"

#define G 1e9

struct scene {
	struct conf *conf;
	struct law *law;
	struct incident *inc;
	struct plan *p;
};

static void scene_make(struct scene *s, struct incident *inc, const char *points)
{
	s->conf = kit_conf_of(KIT_CONSENT, points);
	s->law = kit_law();
	s->inc = inc;
	s->p = kit_plan(inc, s->conf, s->law);
}

static void scene_again(struct scene *s)
{
	plan_free(s->p);
	s->p = kit_plan(s->inc, s->conf, s->law);
}

static void scene_end(struct scene *s)
{
	plan_free(s->p);
	incident_free(s->inc);
	conf_unref(s->conf);
	law_free(s->law);
}

static void assert_near(double got, double want)
{
	if (fabs(got - want) > 0.02 * fabs(want) + 1)
		fail_msg("%g, not %g", got, want);
}

/* 12 Gbit/s at a line of one; 9 of it over a full link of ten from abroad, 3 over one of a hundred.
 */
static void test_steps(void **state)
{
	const struct plan_option *o;
	struct scene s;

	scene_make(&s, kit_reflected(), KIT_POINTS);
	assert_true(s.p->separable);
	o = kit_option(s.p, STEP_NOTHING, PLAN_NONE);
	assert_int_equal(o->helps, HELPS_NO);
	assert_near(o->before_bps, 12 * G);
	assert_near(o->capacity_bps, G);
	assert_non_null(strstr(o->helps_en, "stays full"));

	/* The packets do not even reach the host: its line is full. */
	o = kit_option(s.p, STEP_HOST, PLAN_NFTABLES);
	assert_int_equal(o->helps, HELPS_NO);
	assert_non_null(strstr(o->helps_en, "The access line before it is full already"));

	/* The access line is relieved; the link from abroad before the border is not. */
	o = kit_option(s.p, STEP_BORDER, PLAN_FLOWSPEC);
	assert_int_equal(o->helps, HELPS_PARTLY);
	assert_string_equal(o->line, "shop");
	assert_true(o->after_bps < 0.1 * G);
	assert_string_equal(o->upstream, "transit-a");
	assert_near(o->upstream_capacity_bps, 10 * G);
	assert_non_null(strstr(o->helps_en, "transit-a before this point stays full"));

	/* Three quarters of it: the rest still fills the line three times. */
	o = kit_option(s.p, STEP_FOREIGN_BORDER, PLAN_FLOWSPEC);
	assert_int_equal(o->helps, HELPS_PARTLY);
	assert_near(o->reach, 0.75);
	assert_near(o->after_bps, 3 * G);
	assert_non_null(strstr(o->says_en, "Domestic users keep access"));

	/* At the peer's end of the link it is the link that is relieved. */
	o = kit_option(s.p, STEP_PEERING, PLAN_FLOWSPEC);
	assert_string_equal(o->line, "exchange");
	assert_near(o->before_bps, 3 * G);
	assert_near(o->capacity_bps, 100 * G);

	o = kit_option(s.p, STEP_TRANSIT, PLAN_COMMUNITY);
	assert_string_equal(o->line, "transit-a");
	assert_near(o->before_bps, 9 * G);
	assert_near(o->after_bps, 0);
	assert_string_equal(o->community, "64510:666");

	o = kit_option(s.p, STEP_SCRUBBER, PLAN_DIVERSION);
	assert_int_equal(o->rule[0].action, RULE_REDIRECT);
	assert_string_equal(o->rule[0].redirect, "64500:66");
	assert_non_null(strstr(o->helps_en, "The scrubber takes 20.0 Gbit/s."));
	scene_end(&s);
}

/* A filter at the host does nothing for a link that is full before it, and waiting neither. */
static void test_host_behind_full_link(void **state)
{
	const struct plan_option *o;
	struct scene s;

	scene_make(&s, kit_reflected(), KIT_POINTS);
	s.inc->line_bps = UINT64_C(100000000000);
	scene_again(&s);
	o = kit_option(s.p, STEP_HOST, PLAN_NFTABLES);
	assert_int_equal(o->helps, HELPS_PARTLY);
	assert_string_equal(o->upstream, "transit-a");
	assert_near(o->upstream_capacity_bps, 10 * G);
	assert_non_null(
		strstr(o->helps_en, "Link transit-a before this point stays full (9.70 Gbit/s"));
	o = kit_option(s.p, STEP_CUSTOMER_EDGE, PLAN_FLOWSPEC);
	assert_int_equal(o->helps, HELPS_PARTLY);
	o = &s.p->option[0];
	assert_non_null(strstr(o->helps_en, "Link transit-a before it stays full (9.70 Gbit/s of"));
	assert_non_null(strstr(o->helps_ja, "手前のリンク transit-a は満杯のまま"));
	assert_null(strstr(o->helps_en, "exchange"));
	/* With room on the links nothing is said of them, and the host does. */
	s.inc->path->row[0].load_bps = s.inc->path->row[0].load_most_bps = 0;
	s.inc->path->row[0].near_first_us = TIME_NONE;
	s.inc->path->row[0].capacity_bps = UINT64_C(100000000000);
	scene_again(&s);
	o = kit_option(s.p, STEP_HOST, PLAN_NFTABLES);
	assert_int_equal(o->helps, HELPS_YES);
	assert_string_equal(o->upstream, "shop");
	assert_null(strstr(s.p->option[0].helps_en, "Link"));
	/* Of a line that nobody knows it is not known either, whatever the link. */
	s.inc->line_bps = 0;
	s.conf->objects[0].line_bps = 0;
	s.inc->path->row[0].capacity_bps = UINT64_C(10000000000);
	s.inc->path->row[0].load_bps = UINT64_C(9700000000);
	scene_again(&s);
	o = kit_option(s.p, STEP_HOST, PLAN_NFTABLES);
	assert_int_equal(o->helps, HELPS_UNKNOWN);
	assert_string_equal(o->upstream, "transit-a");
	scene_end(&s);
}

/* Blackholing at the borders towards abroad takes only those clients who come from there. */
static void test_spared(void **state)
{
	const struct plan_option *all, *abroad;
	struct scene s;

	scene_make(&s, kit_reflected(), KIT_POINTS);
	all = kit_option(s.p, STEP_BORDER, PLAN_RTBH);
	abroad = kit_option(s.p, STEP_FOREIGN_BORDER, PLAN_RTBH);
	assert_true(all->collateral.known && abroad->collateral.known);
	assert_near(100 * all->collateral.share, 100);
	assert_near(100 * abroad->collateral.share, 100 / 3.0);
	assert_true(abroad->collateral.low < abroad->collateral.share &&
		    abroad->collateral.share < abroad->collateral.high);
	assert_non_null(strstr(abroad->says_en, "domestic users keep access"));
	assert_null(strstr(all->says_en, "domestic"));
	/* Under 300 records nothing is known, and that is no 0 %. */
	s.inc->evidence[SAMPLE_GOOD].n = 299;
	scene_again(&s);
	all = kit_option(s.p, STEP_BORDER, PLAN_RTBH);
	assert_false(all->collateral.known);
	scene_end(&s);
}

/* Country of a link decides, where a neighbour names none; without countries nothing is known. */
static void test_foreign_by_country(void **state)
{
	static const char point[] = "act:\n  neighbors:\n  - {name: abroad, kind: dry_run, "
				    "point: foreign_border, takes: [rtbh]}\n";
	const struct plan_option *o;
	struct scene s;

	scene_make(&s, kit_reflected(), point);
	o = kit_option(s.p, STEP_FOREIGN_BORDER, PLAN_RTBH);
	assert_near(o->reach, 0.75);
	s.conf->n_countries = 0;
	scene_again(&s);
	o = kit_option(s.p, STEP_FOREIGN_BORDER, PLAN_RTBH);
	assert_true(o->reach < 0);
	assert_int_equal(o->helps, HELPS_UNKNOWN);
	assert_non_null(strstr(o->helps_en, "is not known"));
	scene_end(&s);
}

/* Without a point of ours there is an access list, also one for the borders towards abroad. */
static void test_lists(void **state)
{
	const struct plan_option *o;
	struct scene s;

	scene_make(&s, kit_reflected(), "");
	assert_non_null(kit_option(s.p, STEP_BORDER, PLAN_ACL));
	o = kit_option(s.p, STEP_FOREIGN_BORDER, PLAN_ACL);
	assert_non_null(o);
	assert_near(o->reach, 0.75);
	assert_null(kit_option(s.p, STEP_BORDER, PLAN_FLOWSPEC));
	/* The customer, and the other side of both links, have to be asked. */
	assert_non_null(kit_option(s.p, STEP_HOST, PLAN_ASK));
	o = kit_option(s.p, STEP_UPSTREAM, PLAN_ASK);
	assert_string_equal(o->need[0].whom, "AS64510");
	assert_string_equal(o[1].need[0].whom, "AS64520");
	assert_true(o->allowed);
	assert_true(o->after_bps < 0); /* nobody knows what they do */
	scene_end(&s);
}

/* A point of ours at the other side of a link needs no request. */
static void test_asked_only_where_needed(void **state)
{
	struct scene s;

	scene_make(&s, kit_reflected(), KIT_POINTS);
	assert_null(kit_option(s.p, STEP_HOST, PLAN_ASK));
	/* The point at the transit only blackholes, so a filter there is still to be asked for. */
	assert_string_equal(kit_option(s.p, STEP_UPSTREAM, PLAN_ASK)->need[0].whom, "AS64510");
	assert_int_equal(s.p->option[s.p->n_options - 2].step, STEP_SCRUBBER);
	s.conf->act.neighbors[5].takes |= TAKES_FLOWSPEC;
	scene_again(&s);
	assert_null(kit_option(s.p, STEP_UPSTREAM, PLAN_ASK));
	scene_end(&s);
}

static void test_unknown(void **state)
{
	const struct plan_option *o;
	struct scene s;

	/* No capacity anywhere. */
	scene_make(&s, kit_reflected(), KIT_POINTS);
	s.inc->line_bps = 0;
	s.conf->objects[0].line_bps = 0;
	for (unsigned i = 0; i < 2; i++) {
		s.inc->path->row[i].capacity_bps = 0;
		s.inc->path->row[i].near_first_us = TIME_NONE;
	}
	scene_again(&s);
	o = kit_option(s.p, STEP_BORDER, PLAN_FLOWSPEC);
	assert_int_equal(o->helps, HELPS_UNKNOWN);
	assert_non_null(strstr(o->helps_en, "How much that line carries is not known"));
	assert_non_null(strstr(s.p->option[0].helps_en, "neither is whether it is full"));
	/* No figure of the attack. */
	s.inc->f.peak_bps = 0;
	scene_again(&s);
	o = kit_option(s.p, STEP_BORDER, PLAN_FLOWSPEC);
	assert_true(o->before_bps < 0);
	assert_int_equal(o->helps, HELPS_UNKNOWN);
	assert_non_null(strstr(o->helps_en, "the attack has is not known"));
	scene_end(&s);
	/* "At least": what is left is not known. */
	scene_make(&s, kit_reflected(), KIT_POINTS);
	s.inc->f.sampling_known = false;
	s.inc->path->row[0].near_first_us = TIME_NONE;
	s.inc->path->row[0].load_bps = s.inc->path->row[0].load_most_bps = 0;
	s.inc->path->row[0].capacity_bps = UINT64_C(100000000000);
	scene_again(&s);
	o = kit_option(s.p, STEP_BORDER, PLAN_FLOWSPEC);
	assert_int_equal(o->helps, HELPS_UNKNOWN);
	assert_non_null(strstr(o->helps_en, "at least 12.0 Gbit/s"));
	scene_end(&s);
}

/* Without evidence the vectors say what to limit; the rate is what the line or the server bears. */
static void test_limits(void **state)
{
	const struct plan_option *o;
	struct scene s;

	scene_make(&s, kit_reflected(), KIT_POINTS);
	free(s.inc->evidence[SAMPLE_ATTACK].record);
	s.inc->evidence[SAMPLE_ATTACK].record = NULL;
	scene_again(&s);
	assert_false(s.p->separable);
	assert_true(s.p->separable_en[0] && s.p->separable_ja[0]);
	o = kit_option(s.p, STEP_BORDER, PLAN_FLOWSPEC);
	assert_int_equal(o->n_rules, 1);
	assert_int_equal(o->rule[0].action, RULE_LIMIT);
	assert_near(o->rule[0].limit_bps, 0.8 * G);
	assert_near(o->after_bps, 0.8 * G);
	assert_null(kit_option(s.p, STEP_BORDER, PLAN_ACL));
	scene_end(&s);
	/* A server: what its own threshold stands for, 2,500 packets of 46 octets. */
	scene_make(&s, kit_syn_flood(), KIT_POINTS);
	o = kit_option(s.p, STEP_BORDER, PLAN_FLOWSPEC);
	assert_int_equal(s.inc->class, CLASS_SERVER);
	assert_near(o->rule[0].limit_bps, 2500 * 46 * 8);
	assert_int_equal(o->rule[0].condition[o->rule[0].n_conditions - 1].field, RULE_TCP_FLAGS);
	scene_end(&s);
}

static void test_others(void **state)
{
	struct incident *inc = kit_incident("192.0.2.200", "", AGO_MIN(12));
	struct kit_packet p = {.source = "203.0.113.9",
			       .proto = PROTO_UDP,
			       .sport = 4444,
			       .dport = 9,
			       .length = 900};
	struct scene s;

	/* Outgoing: at the edge of the customer that sends, who is named; never by address. */
	finding_vector(&inc->f, VECTOR_UDP_FLOOD, 0, true, 900000, 900);
	kit_peak(inc, 800000000, 110000);
	inc->f.direction = DIRECTION_OUT;
	kit_records(inc, SAMPLE_ATTACK, 500, &p);
	kit_done(inc);
	scene_make(&s, inc, KIT_POINTS);
	for (unsigned i = 1; i < s.p->n_options; i++)
		assert_true(s.p->option[i].step <= STEP_CUSTOMER_EDGE);
	assert_string_equal(kit_option(s.p, STEP_HOST, PLAN_ASK)->need[0].whom, "Example Trading");
	assert_null(kit_option(s.p, STEP_BORDER, PLAN_RTBH));
	scene_end(&s);
	/* A scan: nothing but to know it. */
	inc = kit_incident("198.51.100.0/24", "", AGO_MIN(12));
	inc->f.kind = FINDING_SCAN;
	kit_done(inc);
	scene_make(&s, inc, KIT_POINTS);
	assert_int_equal(s.p->n_options, 1);
	assert_int_equal(s.p->recommended, 1);
	scene_end(&s);
	/* A link: no rule without a destination, its other side can be asked. */
	inc = kit_amplified();
	inc->f.level = LEVEL_LINK;
	inc->f.target = (struct prefix){.len = 0};
	snprintf(inc->target_link.exporter, sizeof(inc->target_link.exporter), "border-1");
	inc->target_link.input = 1;
	kit_done(inc);
	scene_make(&s, inc, "");
	assert_int_equal(s.p->n_options, 2);
	assert_int_equal(s.p->option[1].kind, PLAN_ASK);
	assert_string_equal(s.p->option[1].need[0].whom, "AS64510");
	assert_non_null(strstr(s.p->option[0].says_en, "mail"));
	scene_end(&s);
}

/* Half of it is like clients: rules for the other half are no reason to drop, nor a list to type
 * in. */
static void test_part(void **state)
{
	struct kit_packet p = {.proto = PROTO_TCP,
			       .flags = TH_ACK,
			       .dport = 443,
			       .length = 400,
			       .exporter = "border-2",
			       .input = 7};
	struct incident *inc = kit_reflected();
	struct scene s;

	kit_records(inc, SAMPLE_ATTACK, 2000, &p);
	scene_make(&s, inc, KIT_POINTS);
	assert_false(s.p->separable);
	assert_null(kit_option(s.p, STEP_BORDER, PLAN_ACL));
	for (unsigned i = 0; i < s.p->n_options; i++)
		for (unsigned r = 0; r < s.p->option[i].n_rules; r++)
			assert_int_not_equal(s.p->option[i].rule[r].action, RULE_DISCARD);
	assert_non_null(kit_option(s.p, STEP_BORDER, PLAN_FLOWSPEC));
	/* Without clients to hold it against, dropping is offered, and its cost is not known. */
	inc->evidence[SAMPLE_GOOD].n = 299;
	scene_again(&s);
	assert_non_null(kit_option(s.p, STEP_BORDER, PLAN_ACL));
	assert_false(kit_option(s.p, STEP_BORDER, PLAN_ACL)->collateral.known);
	scene_end(&s);
}

/* IPv6 has its own protocol number of control messages. */
static void test_v6(void **state)
{
	struct incident *inc = kit_incident("2001:db8:1::7", "shop", AGO_MIN(12));
	const struct plan_option *o;
	struct scene s;

	finding_vector(&inc->f, VECTOR_ICMP_FLOOD, 0, true, 900000, 900);
	kit_peak(inc, UINT64_C(8000000000), 1100000);
	inc->line_bps = 1000000000;
	kit_done(inc);
	scene_make(&s, inc, KIT_POINTS);
	o = kit_option(s.p, STEP_BORDER, PLAN_FLOWSPEC);
	assert_int_equal(o->rule[0].condition[0].range[0].from, PROTO_ICMP6);
	assert_null(rule_check(&o->rule[0]));
	scene_end(&s);
}

/* What stands in each option is a rule that may be written. */
static void test_rules_hold(void **state)
{
	struct incident *made[] = {kit_reflected(), kit_carpet(), kit_syn_flood(), kit_amplified()};

	for (unsigned i = 0; i < ARRAY_LEN(made); i++) {
		struct scene s;
		unsigned n = 0;

		scene_make(&s, made[i], KIT_POINTS);
		for (unsigned k = 0; k < s.p->n_options; k++)
			for (unsigned r = 0; r < s.p->option[k].n_rules; r++, n++)
				assert_null(rule_check(&s.p->option[k].rule[r]));
		assert_true(n > 0);
		scene_end(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps),	cmocka_unit_test(test_host_behind_full_link),
		cmocka_unit_test(test_spared),	cmocka_unit_test(test_foreign_by_country),
		cmocka_unit_test(test_lists),	cmocka_unit_test(test_asked_only_where_needed),
		cmocka_unit_test(test_unknown), cmocka_unit_test(test_limits),
		cmocka_unit_test(test_others),	cmocka_unit_test(test_part),
		cmocka_unit_test(test_v6),	cmocka_unit_test(test_rules_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
