/* SPDX-License-Identifier: ISC */
/*
 * Proves each piece of evidence on facts made by hand (with what it speaks for and when it keeps
 * silent), the verdict on whole pictures with each piece withheld in turn, the rules that bound it,
 * the way of the facts through the JSON, the default deny of single sources, and the figures of a
 * sample of senders.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <math.h>

#include "base/hash.h"
#include "detect/answers.h"
#include "detect/facts.h"
#include "detect/sources.h"
#include "judge/spoof_inside.h"
#include "judge/test_findings.h"
#include "observe/exporter.h"

static struct incident *attack(enum vector v)
{
	struct incident *inc = incident_new();

	assert_non_null(inc);
	finding_make(&inc->f, 1, "198.51.100.1", T0);
	finding_vector(&inc->f, v, 0, true, 100000, 60);
	return inc;
}

/* A random forged flood as it is seen: every source once, few TTLs, nothing uneven. */
static void make_random(struct spoof_figures *f)
{
	*f = (struct spoof_figures){.n = 3000,
				    .packets = 3003,
				    .once = 2997,
				    .scale_log2 = 5,
				    .v4 = 3000,
				    .chi8 = 1.1,
				    .edge_octets = 22,
				    .pairs24 = 0,
				    .pairs16 = 90,
				    .ttl_n = 3000,
				    .ttl_values = 3,
				    .ttl_bits = 1.5,
				    .ttl_pairs = 70,
				    .ttl_alike = 26,
				    .ttl_chance = 0.36,
				    .link_n = 3000,
				    .link_top = 1500,
				    .link_pairs = 70,
				    .link_alike = 28,
				    .link_chance = 0.4,
				    .heads_n = 3000,
				    .window_top = 3000,
				    .length_top = 3000};
}

/* @n bots, each with some thirty packets, under their own addresses. */
static void make_bots(struct spoof_figures *f, uint32_t n)
{
	*f = (struct spoof_figures){.n = n,
				    .packets = 30 * (uint64_t)n,
				    .once = n / 300,
				    .scale_log2 = 0,
				    .v4 = n,
				    .chi8 = 1 + 0.6 * n / 221,
				    .edge_octets = n / 900,
				    .pairs24 = n / 6,
				    .even_n = n / 10,
				    .uneven = 9,
				    .pairs16 = (uint32_t)(n * (double)n / 2 / 54000 * 12),
				    .ttl_n = n,
				    .ttl_values = 40,
				    .ttl_bits = 4.4,
				    .ttl_again = n - n / 50,
				    .ttl_paths = n - n / 50 + n / 60,
				    .ttl_pairs = n / 4,
				    .ttl_alike = n / 8,
				    .ttl_chance = 0.06,
				    .link_n = n,
				    .link_top = n / 2,
				    .link_pairs = n / 4,
				    .link_alike = n / 4 - n / 50,
				    .link_chance = 0.4,
				    .link_again = n - n / 50,
				    .link_several = n / 200,
				    .heads_n = n,
				    .window_top = n / 2,
				    .length_top = n / 2};
}

static double odds_of(const char *test, const struct spoof_facts *a)
{
	int i = spoof_test_find(test);
	struct spoof_view v = {a, &a->part[PART_ALL], &a->part[PART_GOOD]};
	double ll[WAYS], figure, real, forged;
	uint32_t n;

	assert_true(i >= 0);
	if (!spoof_tests[i].look(&v, &figure, &n, ll))
		return NAN;
	real = exp(ll[WAY_CROWD] - ll[WAY_RANDOM]);
	forged = 1;
	return log(forged / real);
}

/* What each says of a random forgery against a crowd. */
static void test_every_piece_speaks_for_its_side(void **state)
{
	struct spoof_facts forged = {.both_ways = true, .synacks = 100, .private_counts = true};
	struct spoof_facts real = forged;

	make_random(&forged.part[PART_ALL]);
	make_bots(&real.part[PART_ALL], 2000);
	forged.part[PART_ALL].bogon = 400;
	forged.part[PART_ALL].private = 13;
	for (struct spoof_facts *a = &forged;; a = &real) {
		struct spoof_figures *f = &a->part[PART_ALL];
		bool is_real = a == &real;

		f->placed = 1000;
		f->routed_space = f->allocated_space = 0.7;
		f->unrouted = f->unallocated = is_real ? 3 : 290;
		f->heard_n = f->heard_ttl_n = 100;
		f->heard_chance = f->heard_ttl_chance = 0.3;
		f->heard_match = f->heard_ttl_match = is_real ? 97 : 31;
		f->bgp_n = 200;
		f->bgp_chance = 0.3;
		f->bgp_match = is_real ? 170 : 60;
		f->ids_n = 4000;
		f->ids_next = is_real ? 0 : 3900;
		f->established = is_real ? f->n : 0;
		f->established_packets = is_real ? f->packets : 0;
		if (is_real)
			break;
	}
	for (unsigned t = 0; t < n_spoof_tests; t++) {
		const char *name = spoof_tests[t].name;

		if (strcmp(name, "near24") == 0 || strcmp(name, "even") == 0 ||
		    strcmp(name, "reset") == 0 || strcmp(name, "ttl_odd") == 0 ||
		    strcmp(name, "backscatter") == 0 || strcmp(name, "own_source") == 0 ||
		    strcmp(name, "ttl_source") == 0 || strcmp(name, "ingress_source") == 0)
			continue; /* of other ways, below */
		if (!(odds_of(name, &forged) > 0.1) || !(odds_of(name, &real) < -0.05))
			fail_msg("%s: %g %g", name, odds_of(name, &forged), odds_of(name, &real));
	}
}

static void test_pieces_of_other_ways(void **state)
{
	struct spoof_facts a = {.part = {[PART_ALL] = {.n = 200, .v4 = 200, .packets = 9000}}};
	struct spoof_figures *f = &a.part[PART_ALL];
	struct spoof_view v = {&a, f, &a.part[PART_GOOD]};
	double ll[WAYS], figure;
	uint32_t n;

	f->pairs24 = 200 * 199 / 2;
	f->pairs16 = 20000;
	f->even_n = 150;
	f->uneven = 1;
	assert_true(spoof_tests[spoof_test_find("even")].look(&v, &figure, &n, ll));
	assert_true(ll[WAY_LOCAL] > ll[WAY_CROWD] + 0.5);
	assert_true(spoof_tests[spoof_test_find("near24")].look(&v, &figure, &n, ll));
	assert_true(ll[WAY_LOCAL] > ll[WAY_CROWD] + 3);
	assert_true(figure > 199 && n == 200);
	assert_true(spoof_tests[spoof_test_find("near16")].look(&v, &figure, &n, ll));
	assert_true(ll[WAY_LOCAL] > ll[WAY_RANDOM] + 3);
	a.local = true; /* own customers are neighbours */
	assert_false(spoof_tests[spoof_test_find("near24")].look(&v, &figure, &n, ll));
	f->ttl_n = f->ttl_again = 200;
	f->ttl_paths = 2000;
	assert_true(spoof_tests[spoof_test_find("ttl_source")].look(&v, &figure, &n, ll));
	assert_true(ll[WAY_REPLAYED] > ll[WAY_CROWD] + 4 && ll[WAY_REPLAYED] > ll[WAY_SHARED] + 2);
	f->ttl_odd = 90;
	assert_true(odds_of("ttl_odd", &a) > 2);
	f->ttl_odd = 0;
	assert_true(fabs(odds_of("ttl_odd", &a)) < 0.3);
	assert_true(isnan(odds_of("backscatter", &a)));
	a.to_darknet = 40;
	assert_true(odds_of("backscatter", &a) > 5);
	a.local = false;
	f->own = 20;
	assert_true(odds_of("own_source", &a) > 5);
}

/* Who forges within his subnet is its only origin; a botnet of one region is none of that. */
static void test_a_region_is_no_forged_subnet(void **state)
{
	struct spoof_facts a = {.part = {[PART_ALL] = {.n = 600, .v4 = 600, .packets = 180000}}};
	struct spoof_figures *f = &a.part[PART_ALL];
	struct spoof_view v = {&a, f, &a.part[PART_GOOD]};
	const struct spoof_test *origin = &spoof_tests[spoof_test_find("ttl_origin")];
	double ll[WAYS], figure;
	uint32_t n;

	f->pairs16 = 600 * 599 / 2;
	assert_true(spoof_tests[spoof_test_find("near16")].look(&v, &figure, &n, ll));
	assert_true(ll[WAY_LOCAL] < ll[WAY_CROWD] + 2);
	f->ttl_n = f->ttl_again = f->ttl_paths = 600;
	f->ttl_pairs = 550;
	f->ttl_chance = 0.03;
	f->ttl_alike = 20;
	assert_true(origin->look(&v, &figure, &n, ll));
	assert_true(ll[WAY_LOCAL] < ll[WAY_CROWD] - 1);
	f->ttl_alike = 545;
	assert_true(origin->look(&v, &figure, &n, ll));
	assert_true(ll[WAY_LOCAL] > ll[WAY_CROWD] + 1);
	assert_true(ll[WAY_LOCAL] > ll[WAY_REPLAYED] + 3);
}

/* Several senders under one address come by as many links. */
static void test_an_address_by_several_links(void **state)
{
	struct spoof_facts a = {.part = {[PART_ALL] = {.n = 2, .v4 = 2, .packets = 9000}}};
	struct spoof_figures *f = &a.part[PART_ALL];
	struct spoof_view v = {&a, f, &a.part[PART_GOOD]};
	double ll[WAYS];

	f->link_n = f->link_again = 2;
	f->link_chance = 0.5;
	assert_true(isnan(odds_of("ingress_source", &a))); /* so few by one link each: nothing */
	f->link_several = 2;
	assert_true(odds_of("ingress_source", &a) > 1);
	assert_true(spoof_tests[spoof_test_find("ingress_source")].look(&v, &(double){0},
									&(uint32_t){0}, ll));
	assert_true(ll[WAY_CONSTANT] > ll[WAY_SHARED] + 1.5);
	a.part[PART_GOOD] = *f; /* as ordinary traffic does here */
	a.part[PART_GOOD].n = a.part[PART_GOOD].link_again = 100;
	a.part[PART_GOOD].link_several = 100;
	assert_true(spoof_tests[spoof_test_find("ingress_source")].look(&v, &(double){0},
									&(uint32_t){0}, ll));
	assert_true(ll[WAY_CONSTANT] < ll[WAY_SHARED]);
}

static void test_no_data_no_word(void **state)
{
	static const char *const silent[] = {
		"bogon",       "unrouted",	"unallocated", "uniform",	 "last_octet",
		"near24",      "near16",	"birthday",    "per_source",	 "ttl_spread",
		"ttl_odd",     "ttl_source",	"ttl_heard",   "ttl_origin",	 "headers",
		"ip_id",       "ingress_heard", "ingress_bgp", "handshake",	 "reset",
		"backscatter", "own_source",	"even",	       "ingress_origin", "ingress_source",
	};
	struct spoof_facts a = {.part = {[PART_ALL] = {.n = 3, .v4 = 3, .packets = 3, .once = 3}}};

	for (unsigned i = 0; i < ARRAY_LEN(silent); i++)
		assert_true(isnan(odds_of(silent[i], &a)));
	/* A table that knows a tenth of the world is none to call an address unrouted by. */
	a.part[PART_ALL].placed = 1000;
	a.part[PART_ALL].unrouted = 900;
	a.part[PART_ALL].routed_space = 0.1;
	assert_true(isnan(odds_of("unrouted", &a)));
}

/* ---- verdicts ---- */

static void judge(struct incident *inc, uint32_t without)
{
	spoof_judge(inc, without);
	assert_true(inc->spoofing.confidence >= 0.5 && inc->spoofing.confidence <= 1);
}

static void test_random_forgery_with_each_piece_withheld(void **state)
{
	_cleanup_incident_ struct incident *inc = attack(VECTOR_SYN_FLOOD);

	make_random(&inc->facts.part[PART_ALL]);
	judge(inc, 0);
	assert_int_equal(inc->spoofing.verdict, SPOOF_SPOOFED);
	assert_true(inc->spoofing.confidence >= 0.95);
	for (unsigned t = 0; t < n_spoof_tests; t++) {
		judge(inc, UINT32_C(1) << t);
		if (inc->spoofing.verdict != SPOOF_SPOOFED)
			fail_msg("without %s: %s %g", spoof_test_name(t),
				 spoof_verdict_name(inc->spoofing.verdict),
				 inc->spoofing.confidence);
		for (unsigned i = 0; i < inc->spoofing.n_evidence; i++)
			assert_int_not_equal(inc->spoofing.evidence[i].test, t);
	}
}

static void test_bots_are_never_surely_forged(void **state)
{
	for (uint32_t n = 1000; n <= 4000; n += 1000) {
		_cleanup_incident_ struct incident *inc = attack(VECTOR_SYN_FLOOD);

		make_bots(&inc->facts.part[PART_ALL], n);
		judge(inc, 0);
		assert_int_equal(inc->spoofing.verdict, SPOOF_NOT);
		for (unsigned t = 0; t < n_spoof_tests; t++) {
			judge(inc, UINT32_C(1) << t);
			assert_false(inc->spoofing.verdict == SPOOF_SPOOFED &&
				     inc->spoofing.confidence > 0.9);
		}
	}
}

static void test_one_source_is_bounded(void **state)
{
	_cleanup_incident_ struct incident *inc = attack(VECTOR_SYN_FLOOD);
	_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;
	struct spoof_figures *f = &inc->facts.part[PART_ALL];

	*f = (struct spoof_figures){.n = 1, .v4 = 1, .private = 1, .packets = 18000};
	judge(inc, 0);
	assert_int_not_equal(inc->spoofing.verdict, SPOOF_SPOOFED);
	assert_true(inc->spoofing.confidence <= 0.8);
	assert_int_equal(inc->spoofing.rule, SPOOF_ONE_SOURCE);
	spoof_words(inc, false, &en);
	assert_non_null(strstr(text_str(&en), "third party"));
	spoof_words(inc, true, &ja);
	assert_non_null(strstr(text_str(&ja), "第三者"));
	/* The same one, and the target has a connection with it. */
	inc->facts.both_ways = true;
	inc->facts.connected = 900;
	f->established = 1;
	f->established_packets = f->packets;
	judge(inc, 0);
	assert_int_equal(inc->spoofing.verdict, SPOOF_NOT);
	assert_true(inc->spoofing.confidence > 0.95);
}

static void test_reflectors_are_real(void **state)
{
	_cleanup_incident_ struct incident *inc = attack(VECTOR_AMPLIFICATION);
	_cleanup_text_ struct text en = TEXT_NULL;

	judge(inc, 0); /* without a fact the vector says it */
	assert_int_equal(inc->spoofing.verdict, SPOOF_NOT);
	make_bots(&inc->facts.part[PART_ALL], 2000);
	judge(inc, 0);
	assert_int_equal(inc->spoofing.verdict, SPOOF_NOT);
	assert_int_equal(inc->spoofing.rule, SPOOF_BY_REFLECTION);
	spoof_words(inc, false, &en);
	assert_non_null(strstr(text_str(&en), "reflectors"));
}

static void test_a_mixture_is_partly(void **state)
{
	_cleanup_incident_ struct incident *inc = attack(VECTOR_SYN_FLOOD);
	struct spoof_facts *a = &inc->facts;

	make_random(&a->part[PART_ONCE]);
	make_bots(&a->part[PART_OFTEN], 100);
	a->part[PART_OFTEN].scale_log2 = 5;
	a->part[PART_OFTEN].once = 0;
	make_random(&a->part[PART_ALL]);
	a->part[PART_ALL].n += a->part[PART_OFTEN].n;
	a->part[PART_ALL].packets += a->part[PART_OFTEN].packets;
	a->part[PART_ALL].twice = 3;
	judge(inc, 0);
	assert_int_equal(inc->spoofing.verdict, SPOOF_PARTLY);
	assert_true(fabs(inc->spoofing.forged_share - 0.5) < 0.05);
}

/* A forged flood and reflectors at once: neither may speak for the other. */
static void test_groups_are_judged_each_by_itself(void **state)
{
	_cleanup_incident_ struct incident *inc = attack(VECTOR_SYN_FLOOD), *back = NULL;
	_cleanup_text_ struct text said = TEXT_NULL;
	struct spoofing *s = &inc->spoofing;
	char *text, *again;

	snprintf(inc->id, sizeof(inc->id), "n0123456789ab");
	finding_vector(&inc->f, VECTOR_AMPLIFICATION, 123, true, 50000, 468);
	inc->facts.both_ways = true;
	make_random(&inc->facts.part[PART_SYN]);
	make_bots(&inc->facts.part[PART_UDP], 200);
	inc->facts.part[PART_ALL] = inc->facts.part[PART_SYN];
	inc->facts.part[PART_SYN].seen = 100000;
	inc->facts.part[PART_UDP].seen = 300000;
	spoof_judge(inc, 0);
	assert_int_equal(s->verdict, SPOOF_PARTLY);
	assert_int_equal(s->rule, SPOOF_BY_EVIDENCE);
	assert_true(s->confidence >= 0.9);
	assert_true(s->forged_share > 0.24 && s->forged_share < 0.27);
	assert_int_equal(s->n_groups, 2);
	assert_int_equal(s->group[0].verdict, SPOOF_SPOOFED);
	assert_int_equal(s->group[1].verdict, SPOOF_NOT);
	assert_true(!s->group[0].reflected && s->group[1].reflected);
	spoof_words(inc, false, &said);
	assert_non_null(strstr(text_str(&said), "SYN (25 %) forged, UDP (75 %) real (reflectors)"));
	text = incident_dump(inc);
	assert_non_null(text);
	assert_int_equal(incident_load(text, strlen(text), &back), 0);
	again = incident_dump(back);
	assert_string_equal(text, again);
	free(text);
	free(again);
	/* Both real, and both forged. */
	make_bots(&inc->facts.part[PART_SYN], 3000);
	inc->facts.part[PART_SYN].seen = 100000;
	spoof_judge(inc, 0);
	assert_int_equal(s->verdict, SPOOF_NOT);
	assert_int_equal(s->rule, SPOOF_BY_EVIDENCE);
	make_random(&inc->facts.part[PART_SYN]);
	make_random(&inc->facts.part[PART_UDP]);
	spoof_judge(inc, 0);
	assert_int_equal(s->verdict, SPOOF_SPOOFED);
}

static void test_nothing_known(void **state)
{
	_cleanup_incident_ struct incident *inc = attack(VECTOR_UDP_FLOOD);

	judge(inc, 0);
	assert_int_equal(inc->spoofing.verdict, SPOOF_UNKNOWN);
	assert_int_equal(inc->spoofing.rule, SPOOF_NO_FACTS);
}

static void test_json_and_back(void **state)
{
	_cleanup_incident_ struct incident *inc = attack(VECTOR_SYN_FLOOD), *back = NULL;
	_cleanup_free_ char *one = NULL, *two = NULL;

	snprintf(inc->id, sizeof(inc->id), "n0123456789ab");
	make_random(&inc->facts.part[PART_ALL]);
	make_bots(&inc->facts.part[PART_GOOD], 300);
	inc->facts.to_darknet = 77;
	judge(inc, 1);
	one = incident_dump(inc);
	assert_int_equal(incident_load(one, strlen(one), &back), 0);
	two = incident_dump(back);
	assert_string_equal(one, two);
	assert_non_null(strstr(one, "\"spoofing\":{\"verdict\":\"spoofed\",\"confidence\":0.9"));
	assert_int_equal(back->facts.part[PART_ALL].n, 3000);
	assert_int_equal(back->facts.to_darknet, 77);
	assert_int_equal(back->spoofing.without, 1);
	/* What was stored is judged as what was measured. */
	judge(inc, 0);
	judge(back, 0);
	assert_true(inc->spoofing.confidence == back->spoofing.confidence);
}

static void test_damaged_facts_are_refused(void **state)
{
	_cleanup_incident_ struct incident *inc = attack(VECTOR_SYN_FLOOD);
	static const char *const wrong[][2] = {
		{"\"once\":2997", "\"once\":4000"},
		{"\"scale_log2\":5", "\"scale_log2\":900"},
		{"\"ttl_bits\":1.5", "\"ttl_bits\":\"x\""},
		{"\"verdict\":\"spoofed\"", "\"verdict\":\"maybe\""}};

	snprintf(inc->id, sizeof(inc->id), "n0123456789ab");
	make_random(&inc->facts.part[PART_ALL]);
	judge(inc, 0);
	for (unsigned i = 0; i < ARRAY_LEN(wrong); i++) {
		_cleanup_incident_ struct incident *back = NULL;
		_cleanup_free_ char *one = incident_dump(inc);
		_cleanup_text_ struct text changed = TEXT_NULL;
		char *at = strstr(one, wrong[i][0]);

		assert_non_null(at);
		text_add_n(&changed, one, (size_t)(at - one));
		text_add(&changed, wrong[i][1]);
		text_add(&changed, at + strlen(wrong[i][0]));
		assert_int_equal(incident_load(text_str(&changed), changed.len, &back), -EINVAL);
	}
}

static void test_no_source_is_real_by_the_verdict(void **state)
{
	_cleanup_incident_ struct incident *inc = attack(VECTOR_SYN_FLOOD);
	struct ip a = ip_from_v4(0x08080808), b = ip_from_v4(0x08080809),
		  c = ip_from_v4(0x0808080a), other = ip_from_v4(0x01010101);

	inc->f.sources.n_top = 3;
	inc->f.sources.top[0].addr = a;
	inc->f.sources.top[1].addr = b;
	inc->f.sources.top[1].established = true;
	inc->f.sources.top[2].addr = c;
	inc->f.sources.top[2].expected = true;
	for (unsigned v = 0; v < SPOOF_VERDICTS; v++) {
		inc->spoofing.verdict = (enum spoof_verdict)v;
		assert_int_equal(source_shown_real(inc, &a), REAL_UNKNOWN);
		assert_int_equal(source_shown_real(inc, &b), REAL_HANDSHAKE);
		assert_int_equal(source_shown_real(inc, &c), REAL_INGRESS);
		assert_int_equal(source_shown_real(inc, &other), REAL_UNKNOWN);
	}
}

/* ---- figures from senders ---- */

static void arrive(struct facts *f, uint32_t src, uint8_t ttl, uint16_t window)
{
	struct flow flow = {.src = ip_from_v4(src),
			    .bytes = 40,
			    .packets = 1,
			    .proto = PROTO_TCP,
			    .tcp_flags = TH_SYN};
	struct flow_side side = {.flags = FLOW_IS_PACKET | FLOW_HAS_TTL | FLOW_HAS_WINDOW,
				 .ttl = ttl,
				 .tcp_window = window};

	facts_add(f, &flow, &side, source_hash(&flow.src), T0, T0);
}

static void test_figures_of_a_sample(void **state)
{
	_cleanup_incident_ struct incident *inc = attack(VECTOR_SYN_FLOOD);
	struct conf *conf = conf_default();
	struct exporters *exporters = exporters_new(conf);
	struct facts *facts = facts_new();
	struct answers *answers = calloc(1, sizeof(*answers));
	struct ip peer = ip_from_v4(0x01020300);
	struct facts_source *connected;
	struct spoof_figures *f = &inc->facts.part[PART_ALL];
	struct finding finding = inc->f;

	for (uint32_t i = 0; i < 100; i++)
		arrive(facts, 0x01020300 + i, (uint8_t)(i % 2 ? 60 : 120), 1024);
	for (uint32_t i = 0; i < 10; i++)
		arrive(facts, 0x0a000001 + i, 60, 1024);
	for (uint32_t i = 0; i < 5; i++)
		arrive(facts, 0xf0000001 + i, 60, 512);
	arrive(facts, 0x01020300, 90, 1024);
	arrive(facts, 0x01020300, 91, 1024);
	connected = facts_find(facts, &peer, source_hash(&peer));
	connected->connected = 3;
	finding.target.addr = ip_from_v4(0x05060708);
	finding.facts = (struct finding_facts){
		.group = {facts}, .n = 1, .answers = answers, .both_ways = true};
	finding.records = 5000; /* the attack is none of what these groups hold */
	spoof_measure(inc, &finding, NULL, conf, exporters);
	assert_int_equal(f->n, 0);
	finding.records = 117;
	spoof_measure(inc, &finding, NULL, conf, exporters);
	assert_int_equal(f->n, 115);
	assert_int_equal(f->packets, 117);
	assert_int_equal(f->once, 114);
	assert_int_equal(f->bogon, 5);
	assert_int_equal(f->private, 10);
	assert_true(inc->facts.private_counts);
	assert_int_equal(f->pairs24, 100 * 99 / 2 + 10 * 9 / 2 + 5 * 4 / 2);
	assert_int_equal(f->ttl_values, 2);
	assert_true(f->ttl_bits > 0.9 && f->ttl_bits < 1);
	assert_int_equal(f->ttl_again, 1);
	assert_int_equal(f->ttl_paths, 3);
	assert_int_equal(f->window_top, 110);
	assert_int_equal(f->bare_syn, 115);
	assert_int_equal(f->edge_octets, 1);
	assert_int_equal(f->established, 1);
	assert_int_equal(f->established_packets, 3);
	assert_int_equal(f->placed, 0);
	/* Among private ones private space says nothing. */
	inc->facts.records = 0;
	finding.target.addr = ip_from_v4(0xc0a80001);
	spoof_measure(inc, &finding, NULL, conf, exporters);
	assert_false(inc->facts.private_counts);
	facts_free(facts);
	free(answers);
	exporters_free(exporters);
	conf_unref(conf);
}

/*
 * Four addresses with a connection each: all of the first one's packets are of it, the second's are
 * mostly another's who forges it, the third's come from two distances, and the last one's all from
 * where its connection came, which speaks for the attack but shows nobody real.
 */
static void test_a_connection_speaks_for_its_own_packets(void **state)
{
	static const enum spoof_real want[] = {REAL_HANDSHAKE, REAL_UNKNOWN, REAL_UNKNOWN,
					       REAL_UNKNOWN};
	_cleanup_incident_ struct incident *inc = attack(VECTOR_SYN_FLOOD);
	struct conf *conf = conf_default();
	struct exporters *exporters = exporters_new(conf);
	struct facts *syn = facts_new(), *other = facts_new();
	struct spoof_figures *f = &inc->facts.part[PART_ALL];
	struct finding finding = inc->f;

	inc->f.sources.n_top = ARRAY_LEN(want);
	for (uint32_t i = 0; i < ARRAY_LEN(want); i++) {
		struct ip ip = inc->f.sources.top[i].addr = ip_from_v4(0x08080800 + i);

		for (unsigned n = 0; n < 300; n++)
			arrive(syn, 0x08080800 + i,
			       (i == 2 && n % 9 == 0) || (i == 1 && n == 7) ? 118 : 50, 1024);
		facts_find(syn, &ip, source_hash(&ip))->connected = i % 2 ? 1 : 290;
		facts_find(syn, &ip, source_hash(&ip))->flags |= FACTS_TALKED;
	}
	finding.facts = (struct finding_facts){.group = {syn}, .n = 1, .both_ways = true};
	finding.records = 1200;
	spoof_measure(inc, &finding, NULL, conf, exporters);
	for (unsigned i = 0; i < ARRAY_LEN(want); i++)
		assert_int_equal(source_shown_real(inc, &inc->f.sources.top[i].addr), want[i]);
	assert_int_equal(f->established, 3);
	assert_int_equal(f->established_packets, 300 + 1 + 290 + 300);
	/* The same address in another group of the attack, where it has none. */
	for (unsigned n = 0; n < 400; n++)
		arrive(other, 0x08080800, 50, 1024);
	finding.facts = (struct finding_facts){.group = {syn, other}, .n = 2, .both_ways = true};
	spoof_measure(inc, &finding, NULL, conf, exporters);
	assert_int_equal(source_shown_real(inc, &inc->f.sources.top[0].addr), REAL_UNKNOWN);
	facts_free(syn);
	facts_free(other);
	exporters_free(exporters);
	conf_unref(conf);
}

static void test_pool_is_estimated(void **state)
{
	struct spoof_figures f = {.n = 2000, .packets = 10000, .once = 80};

	/* Five packets each of Poisson senders: a share of 5 / (e^5 - 1) is seen once. */
	f.once = (uint32_t)(2000 * 5 / expm1(5));
	assert_true(fabs(ll_pool_size(&f) / 2000 - 1) < 0.1);
	/* 100,000 senders, 10,000 packets: one in ten that are seen has a second one. */
	f = (struct spoof_figures){.n = 9516, .packets = 10000, .once = 9048};
	assert_true(fabs(ll_pool_size(&f) / 100000 - 1) < 0.1);
	assert_true(ll_pool(&f, 4.5, 5.5) > ll_pool(&f, 6.25, 9.5) + 3);
	f = (struct spoof_figures){.n = 37623, .packets = 37841, .once = 37405};
	assert_true(ll_pool(&f, 6.25, 9.5) > ll_pool(&f, 1.5, 5.5) + 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_piece_speaks_for_its_side),
		cmocka_unit_test(test_pieces_of_other_ways),
		cmocka_unit_test(test_a_region_is_no_forged_subnet),
		cmocka_unit_test(test_an_address_by_several_links),
		cmocka_unit_test(test_no_data_no_word),
		cmocka_unit_test(test_random_forgery_with_each_piece_withheld),
		cmocka_unit_test(test_bots_are_never_surely_forged),
		cmocka_unit_test(test_one_source_is_bounded),
		cmocka_unit_test(test_reflectors_are_real),
		cmocka_unit_test(test_a_mixture_is_partly),
		cmocka_unit_test(test_groups_are_judged_each_by_itself),
		cmocka_unit_test(test_nothing_known),
		cmocka_unit_test(test_json_and_back),
		cmocka_unit_test(test_damaged_facts_are_refused),
		cmocka_unit_test(test_no_source_is_real_by_the_verdict),
		cmocka_unit_test(test_figures_of_a_sample),
		cmocka_unit_test(test_a_connection_speaks_for_its_own_packets),
		cmocka_unit_test(test_pool_is_estimated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
