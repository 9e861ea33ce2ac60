/* SPDX-License-Identifier: ISC */
/*
 * Proves each kind from records made by hand, what takes it away (no evidence, a forged verdict,
 * too few, a list's gaps), that shared addresses forbid filters and make counts lower bounds, and
 * that kinds come back from their JSON.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>

#include "judge/incident.h"
#include "judge/kind.h"
#include "judge/proxies.h"
#include "judge/test_findings.h"
#include "place/place.h"

#define TARGET "192.0.2.1"

static const char yaml[] =
	"country: JP\n"
	"own: [192.0.2.0/24, 198.18.0.0/16]\n"
	"exporters: [{name: edge, address: 192.0.2.250}]\n"
	"interfaces:\n"
	"  - {exporter: edge, ifindex: 1, link: abroad, country: US, side: outside}\n"
	"  - {exporter: edge, ifindex: 2, link: home, country: JP, side: outside}\n"
	"  - {exporter: edge, ifindex: 3, link: core, side: inside}\n"
	"shared: [{prefix: 60.1.0.0/16, kind: cgn}, {prefix: 60.2.0.0/16, kind: cdn}]\n"
	"never_touch: [60.9.0.0/16]\n";

struct world {
	struct conf *conf;
	struct places *places;
	struct proxies *proxies;
	struct incident *inc;
	unsigned room;
	uint16_t abroad, home;
};

static struct places *map(void)
{
	static const char *const blocks[][2] = {{"60.0.0.0/8", "JP"},
						{"61.0.0.0/8", "US"},
						{"62.0.0.0/8", "DE"},
						{"63.0.0.0/8", "AP"},
						{"198.18.0.0/16", "JP"}};
	struct prefix routed;
	_cleanup_place_builder_ struct place_builder *b = place_builder_new();
	struct places *out = NULL;

	assert_int_equal(place_builder_source(b, "test", T0), 0);
	for (size_t i = 0; i < ARRAY_LEN(blocks); i++) {
		struct prefix p;

		assert_int_equal(prefix_parse(blocks[i][0], false, &p), 0);
		assert_int_equal(
			place_builder_registry(b, &p, "test", blocks[i][1], PLACE_ALLOCATED), 0);
	}
	assert_int_equal(place_builder_source(b, "routes", TIME_NONE), 0);
	assert_int_equal(prefix_parse("61.0.0.0/9", false, &routed), 0);
	assert_int_equal(place_builder_route(b, &routed, 64501, 64500), 0);
	assert_int_equal(place_builder_done(b, &out), 0);
	return out;
}

static struct world begin(enum vector v, uint16_t port)
{
	_cleanup_text_ struct text errors = TEXT_NULL;
	struct world w = {.inc = incident_new(), .places = map(), .proxies = proxies_new()};
	static const char list[] = "# date: 2008-08-01\n60.7.0.0/24\n";

	w.conf = conf_load_text("test", yaml, sizeof(yaml) - 1, &errors);
	assert_string_equal(text_str(&errors), "");
	assert_non_null(w.conf);
	assert_int_equal(proxies_read(w.proxies, list, sizeof(list) - 1, TIME_NONE), 0);
	finding_make(&w.inc->f, 1, TARGET, T0);
	w.inc->f.n_exporters = 1;
	w.inc->exporters = calloc(FINDING_EXPORTERS_MAX, sizeof(*w.inc->exporters));
	w.inc->exporters[0] = strdup("edge");
	finding_vector(&w.inc->f, v, port, true, 10000, 60);
	w.abroad = incident_place(w.inc, "edge", 1);
	w.home = incident_place(w.inc, "edge", 2);
	w.inc->evidence[SAMPLE_ATTACK].record =
		calloc(EVIDENCE_MAX, sizeof(struct evidence_record));
	return w;
}

static void end(struct world *w)
{
	conf_unref(w->conf);
	places_unref(w->places);
	proxies_unref(w->proxies);
	incident_free(w->inc);
}

/* One packet of @source to the target, to be changed further by the caller. */
static struct evidence_record *put(struct world *w, const char *source, unsigned nth)
{
	struct header_sample *s = &w->inc->evidence[SAMPLE_ATTACK];
	struct evidence_record *e = &s->record[s->n++];

	assert_true(s->n <= EVIDENCE_MAX);
	assert_int_equal(ip_parse(source, &e->flow.src), 0);
	e->flow.src.b[14] = (uint8_t)(e->flow.src.b[14] + nth / 256);
	e->flow.src.b[15] = (uint8_t)(e->flow.src.b[15] + nth % 256);
	assert_int_equal(ip_parse(TARGET, &e->flow.dst), 0);
	e->flow.packets = 1;
	e->flow.bytes = 60;
	e->flow.proto = PROTO_TCP;
	e->flow.tcp_flags = TH_SYN;
	e->flow.sport = 40000;
	e->flow.dport = 80;
	e->side.sampling = 1;
	e->side.flags = FLOW_SAMPLING_KNOWN;
	w->inc->f.packets = s->n;
	return e;
}

/* @rounds SYN of each of @n addresses. */
static void syns(struct world *w, const char *from, unsigned n, unsigned rounds, uint16_t link)
{
	for (unsigned r = 0; r < rounds; r++)
		for (unsigned i = 0; i < n; i++)
			put(w, from, i)->flow.in_link = link;
}

static struct source_kinds judge(struct world *w, enum kind_forged forged)
{
	struct kinds_input in = {.inc = w->inc,
				 .conf = w->conf,
				 .places = w->places,
				 .proxies = w->proxies,
				 .forged = forged};
	struct source_kinds k;

	assert_int_equal(kinds_judge(&in, &k), 0);
	return k;
}

static void assert_part(const struct source_kinds *k, unsigned i, enum source_kind kind,
			unsigned basis, double share)
{
	assert_true(i < k->n);
	assert_int_equal(k->part[i].kind, kind);
	assert_int_equal(k->part[i].basis & basis, basis);
	assert_true(k->part[i].share > share - 0.005 && k->part[i].share < share + 0.005);
}

static void test_bots_need_real_addresses(void **state)
{
	struct world w = begin(VECTOR_SYN_FLOOD, 0);
	struct source_kinds k;

	/* 2,000 addresses of several countries, each once: any generator makes those. */
	syns(&w, "61.0.0.1", 1000, 1, 0);
	syns(&w, "62.0.0.1", 1000, 1, 0);
	k = judge(&w, FORGED_UNKNOWN);
	assert_part(&k, 0, KIND_UNKNOWN, BASIS_UNSHOWN, 1);
	assert_true(k.foreign < 0.001);
	k = judge(&w, FORGED_NO);
	assert_part(&k, 0, KIND_BOTS, BASIS_VERDICT, 1);
	assert_true(k.foreign > 0.999 && !k.unsure);
	/* The same addresses again: no generator of random ones does that. */
	syns(&w, "61.0.0.1", 300, 2, 0);
	k = judge(&w, FORGED_UNKNOWN);
	assert_part(&k, 0, KIND_BOTS, BASIS_REPEATS, 1);
	assert_true(k.unsure);
	k = judge(&w, FORGED_YES);
	assert_part(&k, 0, KIND_UNKNOWN, BASIS_FORGED, 1);
	assert_true(k.foreign < 0.001 && k.domestic < 0.001);
	end(&w);
}

/* What two exporters show of one packet is no second packet. */
static void test_two_exporters_repeat_nothing(void **state)
{
	struct world w = begin(VECTOR_SYN_FLOOD, 0);
	uint16_t other = incident_place(w.inc, "core", 1);
	struct source_kinds k;

	syns(&w, "61.0.0.1", 500, 1, 0);
	syns(&w, "62.0.0.1", 500, 1, 0);
	for (unsigned i = 0; i < 900; i++) {
		struct evidence_record *e = put(&w, i < 500 ? "61.0.0.1" : "62.0.0.1", i % 500);

		e->flow.exporter = other;
	}
	k = judge(&w, FORGED_UNKNOWN);
	assert_part(&k, 0, KIND_UNKNOWN, BASIS_UNSHOWN, 1);
	end(&w);
}

static void test_one_country_is_no_chance(void **state)
{
	struct world w = begin(VECTOR_SYN_FLOOD, 0);
	struct source_kinds k;

	syns(&w, "60.0.0.1", 15, 1, 0);
	k = judge(&w, FORGED_UNKNOWN);
	assert_part(&k, 0, KIND_UNKNOWN, BASIS_UNSHOWN, 1);
	syns(&w, "60.0.1.1", 1, 1, 0);
	k = judge(&w, FORGED_UNKNOWN);
	assert_part(&k, 0, KIND_BOTS, BASIS_COUNTRY, 1);
	assert_int_equal(k.part[0].count, 16);
	assert_true(k.domestic > 0.999);
	end(&w);
}

static void test_a_few_hosts_are_no_bots(void **state)
{
	struct world w = begin(VECTOR_UDP_FLOOD, 0);
	struct source_kinds k;

	for (unsigned i = 0; i < 900; i++)
		put(&w, "61.0.0.1", i % 9)->flow.proto = PROTO_UDP;
	k = judge(&w, FORGED_UNKNOWN);
	assert_part(&k, 0, KIND_UNKNOWN, BASIS_FEW, 1);
	assert_true(k.foreign > 0.999);
	/* Nor are they by a hundred others that send next to nothing. */
	for (unsigned i = 0; i < 40; i++)
		put(&w, "62.0.0.1", i)->flow.proto = PROTO_UDP;
	k = judge(&w, FORGED_UNKNOWN);
	assert_part(&k, 0, KIND_UNKNOWN, BASIS_FEW, 1);
	for (unsigned i = 0; i < 900; i++)
		put(&w, "62.0.0.1", i % 100)->flow.proto = PROTO_UDP;
	k = judge(&w, FORGED_UNKNOWN);
	assert_part(&k, 0, KIND_BOTS, BASIS_REPEATS, 1);
	end(&w);
}

static void test_handshakes_show_bots(void **state)
{
	struct world w = begin(VECTOR_SYN_FLOOD, 0);
	_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;
	struct source_kinds k;

	syns(&w, "61.0.0.1", 20, 1, 0);
	for (unsigned i = 0; i < 20; i++)
		put(&w, "61.0.0.1", i)->flow.tcp_flags = TH_ACK;
	syns(&w, "62.0.0.1", 10, 1, 0);
	k = judge(&w, FORGED_UNKNOWN);
	assert_part(&k, 0, KIND_BOTS, BASIS_HANDSHAKE, 1);
	/* Partly forged: only those who completed one are anything. */
	k = judge(&w, FORGED_PARTLY);
	assert_part(&k, 0, KIND_BOTS, BASIS_HANDSHAKE, 2.0 / 3);
	assert_part(&k, 1, KIND_UNKNOWN, BASIS_FORGED, 1.0 / 3);
	/* Of those it is not said that they are forged. */
	source_kind_reason(&k, &k.part[1], false, &en);
	source_kind_reason(&k, &k.part[1], true, &ja);
	assert_non_null(strstr(text_str(&en), "a part is forged, and these are not shown to be"));
	assert_non_null(strstr(text_str(&ja), "一部が詐称されており"));
	text_clear(&en);
	k = judge(&w, FORGED_YES);
	source_kind_reason(&k, &k.part[1], false, &en);
	assert_non_null(strstr(text_str(&en), "the verdict is that these addresses are forged"));
	end(&w);
}

/* Twenty clients have a connection each, while a flood is forged in their names. */
static void test_a_connection_shows_no_flood_beside_it(void **state)
{
	struct world w = begin(VECTOR_SYN_FLOOD, 0);
	struct source_kinds k;

	for (unsigned i = 0; i < 20; i++) {
		struct evidence_record *e = put(&w, "61.0.0.1", i);

		e->flow.sport = 50000;
		e->side.ttl = 116;
		e->side.flags |= FLOW_HAS_TTL;
		e = put(&w, "61.0.0.1", i);
		e->flow.sport = 50000;
		e->flow.tcp_flags = TH_ACK;
		e->side.ttl = 116;
		e->side.flags |= FLOW_HAS_TTL;
		for (unsigned n = 0; n < 9; n++) {
			e = put(&w, "61.0.0.1", i);
			e->side.ttl = 50;
			e->side.flags |= FLOW_HAS_TTL;
		}
	}
	k = judge(&w, FORGED_PARTLY);
	assert_part(&k, 0, KIND_UNKNOWN, BASIS_FORGED, 1);
	assert_false(k.part[0].basis & BASIS_HANDSHAKE);
	for (unsigned i = 0; i < w.inc->evidence[SAMPLE_ATTACK].n; i++)
		w.inc->evidence[SAMPLE_ATTACK].record[i].side.ttl = 116;
	k = judge(&w, FORGED_PARTLY);
	assert_part(&k, 0, KIND_BOTS, BASIS_HANDSHAKE, 1);
	end(&w);
}

static void test_listed_proxies_and_the_gaps_of_lists(void **state)
{
	struct world w = begin(VECTOR_CONN_FLOOD, 0);
	struct source_kinds k;

	syns(&w, "60.7.0.1", 90, 2, 0);
	syns(&w, "60.8.0.1", 10, 2, 0);
	k = judge(&w, FORGED_UNKNOWN);
	assert_part(&k, 0, KIND_PROXIES, BASIS_LIST, 0.9);
	assert_part(&k, 1, KIND_UNKNOWN, BASIS_LISTED, 0.1);
	assert_true(k.part[0].listed_us == T0 - INT64_C(7) * 86400 * US_PER_S - 43200 * US_PER_S);
	syns(&w, "60.8.1.1", 200, 10, 0);
	k = judge(&w, FORGED_UNKNOWN);
	assert_int_equal(k.part[0].kind, KIND_UNKNOWN);
	syns(&w, "60.8.2.1", 200, 2, 0);
	k = judge(&w, FORGED_UNKNOWN);
	assert_int_equal(k.part[0].kind, KIND_BOTS);
	assert_int_equal(k.part[1].kind, KIND_PROXIES);
	end(&w);
}

static void answers(struct world *w, unsigned n, unsigned rounds, uint16_t bytes)
{
	for (unsigned i = 0; i < n * rounds; i++) {
		struct evidence_record *e = put(w, "61.0.0.1", i % n);

		e->flow.proto = PROTO_UDP;
		e->flow.tcp_flags = 0;
		e->flow.sport = 123;
		e->flow.dport = 40000;
		e->flow.bytes = bytes;
	}
}

static void test_reflectors_by_port_and_size(void **state)
{
	struct world w = begin(VECTOR_AMPLIFICATION, 123);
	struct source_kinds k;

	answers(&w, 200, 3, 468);
	k = judge(&w, FORGED_UNKNOWN);
	assert_part(&k, 0, KIND_REFLECTORS, BASIS_ANSWERS, 1);
	assert_string_equal(k.part[0].protocol, "ntp");
	assert_int_equal(k.part[0].mean_bytes, 468);
	k = judge(&w, FORGED_YES);
	assert_part(&k, 0, KIND_UNKNOWN, BASIS_FORGED, 1);
	end(&w);

	w = begin(VECTOR_AMPLIFICATION, 123); /* as an amplification small ones are answers too */
	answers(&w, 200, 3, 76);
	k = judge(&w, FORGED_UNKNOWN);
	assert_part(&k, 0, KIND_REFLECTORS, BASIS_ANSWERS, 1);
	/* Where there are too few for that, questions are no answers. */
	w.inc->f.vectors[0].over = false;
	k = judge(&w, FORGED_UNKNOWN);
	assert_int_equal(k.part[0].kind, KIND_BOTS);
	end(&w);

	w = begin(VECTOR_AMPLIFICATION, 50123);
	answers(&w, 200, 3, 468);
	for (unsigned i = 0; i < w.inc->evidence[SAMPLE_ATTACK].n; i++)
		w.inc->evidence[SAMPLE_ATTACK].record[i].flow.sport = 50123;
	k = judge(&w, FORGED_UNKNOWN);
	assert_string_equal(k.part[0].protocol, "port50123");
	end(&w);
}

/* That reflectors are real shows nothing of others beside them. */
static void test_a_reflection_shows_no_bots(void **state)
{
	struct world w = begin(VECTOR_AMPLIFICATION, 123);
	struct kinds_input in = {.inc = w.inc,
				 .conf = w.conf,
				 .places = w.places,
				 .proxies = w.proxies,
				 .forged = FORGED_NO,
				 .reflected = true};
	struct source_kinds k;

	finding_vector(&w.inc->f, VECTOR_UDP_FLOOD, 0, true, 8000, 600);
	answers(&w, 200, 3, 468);
	for (unsigned i = 0; i < 200; i++) {
		struct evidence_record *e = put(&w, "63.0.0.1", i);

		e->flow.proto = PROTO_UDP;
		e->flow.sport = (uint16_t)(20000 + i);
	}
	assert_int_equal(kinds_judge(&in, &k), 0);
	assert_part(&k, 0, KIND_REFLECTORS, BASIS_ANSWERS, 0.75);
	assert_part(&k, 1, KIND_UNKNOWN, BASIS_UNSHOWN, 0.25);
	in.reflected = false;
	assert_int_equal(kinds_judge(&in, &k), 0);
	assert_part(&k, 1, KIND_BOTS, BASIS_VERDICT, 0.25);
	end(&w);
}

/* Forged SYN, and UDP of real bots; then a forged flood with a few reflectors beside it. */
static void test_each_group_by_its_own_verdict(void **state)
{
	struct world w = begin(VECTOR_SYN_FLOOD, 0);
	struct kinds_input in = {.inc = w.inc,
				 .conf = w.conf,
				 .places = w.places,
				 .proxies = w.proxies,
				 .forged = FORGED_PARTLY,
				 .forged_in = {[KIND_SYN] = FORGED_YES, [KIND_UDP] = FORGED_NO}};
	struct source_kinds k;

	finding_vector(&w.inc->f, VECTOR_UDP_FLOOD, 0, true, 8000, 600);
	syns(&w, "61.0.0.1", 300, 1, 0);
	for (unsigned i = 0; i < 100; i++)
		put(&w, "63.0.0.1", i)->flow.proto = PROTO_UDP;
	assert_int_equal(kinds_judge(&in, &k), 0);
	assert_part(&k, 0, KIND_UNKNOWN, BASIS_FORGED, 0.75);
	assert_part(&k, 1, KIND_BOTS, BASIS_VERDICT, 0.25);
	end(&w);

	w = begin(VECTOR_SYN_FLOOD, 0);
	finding_vector(&w.inc->f, VECTOR_AMPLIFICATION, 123, true, 500, 468);
	syns(&w, "62.0.0.1", 900, 1, 0);
	answers(&w, 30, 3, 468);
	k = judge(&w, FORGED_YES);
	assert_part(&k, 1, KIND_REFLECTORS, BASIS_ANSWERS, 90.0 / 990);
	end(&w);
}

static void test_invented_reflectors_never_come_twice(void **state)
{
	struct world w = begin(VECTOR_AMPLIFICATION, 123);
	struct source_kinds k;

	answers(&w, 1000, 1, 468);
	k = judge(&w, FORGED_UNKNOWN);
	assert_part(&k, 0, KIND_UNKNOWN, BASIS_UNSHOWN, 1);
	end(&w);
}

static void test_fragments_of_answers(void **state)
{
	struct world w = begin(VECTOR_AMPLIFICATION, 123);
	struct source_kinds k;

	finding_vector(&w.inc->f, VECTOR_FRAGMENT_FLOOD, 0, true, 8000, 1400);
	answers(&w, 50, 1, 1400);
	for (unsigned i = 0; i < 100; i++) {
		struct evidence_record *e = put(&w, "61.0.0.1", i);

		e->flow.proto = PROTO_UDP;
		e->flow.sport = e->flow.dport = 0;
		e->flow.bytes = 1400;
		e->side.flags |= FLOW_FRAGMENT | FLOW_LATER_FRAGMENT;
	}
	k = judge(&w, FORGED_UNKNOWN);
	assert_part(&k, 0, KIND_REFLECTORS, BASIS_ANSWERS, 1);
	assert_int_equal(k.part[0].count, 100);
	end(&w);
}

static void test_synack_reflection(void **state)
{
	struct world w = begin(VECTOR_SYNACK_REFLECTION, 0);
	struct source_kinds k;

	for (unsigned i = 0; i < 300; i++) {
		struct evidence_record *e = put(&w, "61.0.0.1", i);

		e->flow.tcp_flags = TH_SYN | TH_ACK;
		e->flow.sport = 443;
		e->flow.dport = 40000;
	}
	k = judge(&w, FORGED_UNKNOWN);
	assert_part(&k, 0, KIND_REFLECTORS, BASIS_UNASKED, 1);
	assert_string_equal(k.part[0].protocol, "tcp");
	end(&w);
}

/* Errors that routers and hosts send because of requests forged as ours; pings are no answers. */
static void test_icmp_answers(void **state)
{
	struct world w = begin(VECTOR_ICMP_FLOOD, 0);
	struct source_kinds k;

	for (unsigned i = 0; i < 300; i++) {
		struct evidence_record *e = put(&w, "61.0.0.1", i % 100);

		e->flow.proto = PROTO_ICMP;
		e->flow.tcp_flags = 0;
		e->side.icmp_type = i % 100 < 60 ? 3 : 8;
	}
	k = judge(&w, FORGED_UNKNOWN);
	assert_part(&k, 0, KIND_REFLECTORS, BASIS_UNASKED, 0.6);
	assert_string_equal(k.part[0].protocol, "icmp");
	assert_part(&k, 1, KIND_BOTS, BASIS_REPEATS, 0.4);
	end(&w);
}

static void test_own_customers_only_when_they_leave(void **state)
{
	struct world w = begin(VECTOR_SYN_FLOOD, 0);
	struct source_kinds k;

	syns(&w, "198.18.1.1", 20, 1, 0);
	k = judge(&w, FORGED_UNKNOWN); /* comes in from outside: our addresses do not */
	assert_part(&k, 0, KIND_UNKNOWN, BASIS_OWN_OUTSIDE, 1);
	assert_true(k.domestic < 0.001);
	syns(&w, "198.18.1.1", 10, 1, incident_place(w.inc, "edge", 3));
	k = judge(&w, FORGED_UNKNOWN); /* one in two of them was seen to come from inside */
	assert_part(&k, 0, KIND_CUSTOMERS, BASIS_OWN, 2.0 / 3);
	w.inc->f.direction = DIRECTION_OUT;
	k = judge(&w, FORGED_UNKNOWN);
	assert_part(&k, 0, KIND_CUSTOMERS, BASIS_OWN, 1);
	assert_true(k.domestic > 0.999 && !k.unsure);
	end(&w);
}

static void test_single_host_and_its_ways(void **state)
{
	struct world w = begin(VECTOR_SYN_FLOOD, 0);
	struct source_kinds k;

	syns(&w, "61.0.0.1", 1, 100, w.abroad);
	syns(&w, "62.0.0.1", 5, 1, w.abroad);
	k = judge(&w, FORGED_UNKNOWN);
	assert_part(&k, 0, KIND_SINGLE, BASIS_ONE, 100.0 / 105);
	assert_int_equal(k.part[0].count, 1);
	assert_false(k.part[0].count_at_least);
	k = judge(&w, FORGED_YES);
	assert_int_equal(k.part[0].kind, KIND_UNKNOWN);
	put(&w, "61.0.0.1", 0)->flow.in_link = w.home;
	k = judge(&w, FORGED_UNKNOWN);
	assert_part(&k, 0, KIND_UNKNOWN, BASIS_MANY_WAYS, 1);
	end(&w);

	w = begin(VECTOR_SYN_FLOOD, 0);
	for (unsigned i = 0; i < 100; i++) {
		struct evidence_record *e = put(&w, "61.0.0.1", 0);

		e->side.flags |= FLOW_HAS_TTL;
		e->side.ttl = (uint8_t)(50 + i % 20);
	}
	k = judge(&w, FORGED_UNKNOWN);
	assert_part(&k, 0, KIND_UNKNOWN, BASIS_MANY_WAYS, 1);
	end(&w);
}

static void test_shared_addresses_forbid_filters(void **state)
{
	struct world w = begin(VECTOR_SYN_FLOOD, 0);
	_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;
	struct source_kinds k;

	syns(&w, "60.0.0.1", 50, 2, 0);
	w.inc->f.sources.count_exact = true;
	k = judge(&w, FORGED_NO);
	assert_false(kinds_filter_forbidden(&k));
	assert_false(k.part[0].count_at_least);
	syns(&w, "60.1.0.1", 5, 2, 0);
	k = judge(&w, FORGED_NO);
	assert_true(kinds_filter_forbidden(&k));
	assert_true(k.part[0].shared && k.part[0].count_at_least);
	assert_int_equal(k.shared_kinds, 1u << SHARED_CGN);
	kinds_filter_reason(&k, false, &en);
	kinds_filter_reason(&k, true, &ja);
	assert_non_null(strstr(text_str(&en), "carrier-grade NAT"));
	assert_non_null(strstr(text_str(&ja), "CGN"));
	end(&w);

	w = begin(VECTOR_SYN_FLOOD, 0);
	syns(&w, "60.9.0.1", 50, 2, 0);
	k = judge(&w, FORGED_NO);
	assert_true(kinds_filter_forbidden(&k) && k.never_touch && !k.shared_kinds);
	end(&w);
}

/* 300 visitors beside 200 bots: who attacks is counted, and what is estimated says so. */
static void test_visitors_are_not_counted(void **state)
{
	struct world w = begin(VECTOR_SYN_FLOOD, 0);
	_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;
	struct source_kinds k;

	syns(&w, "61.0.0.1", 200, 3, 0);
	w.inc->f.packets = 100000;
	w.inc->f.records = w.inc->facts.records = 100000;
	w.inc->f.sources.count = 500;
	w.inc->f.sources.count_exact = true;
	w.inc->facts.part[PART_ALL].hosts = 50;
	w.inc->facts.part[PART_ALL].scale_log2 = 2;
	k = judge(&w, FORGED_NO);
	assert_part(&k, 0, KIND_BOTS, BASIS_VERDICT, 1);
	assert_int_equal(k.part[0].count, 200);
	assert_true(k.part[0].count_about && !k.part[0].count_at_least);
	kinds_said(&k, "en", &en);
	kinds_said(&k, "ja", &ja);
	assert_non_null(strstr(text_str(&en), ", about 200 addresses"));
	assert_non_null(strstr(text_str(&ja), "、約 200 アドレス"));
	w.inc->f.records = 200000; /* it grew since */
	k = judge(&w, FORGED_NO);
	assert_true(k.part[0].count_at_least);
	w.inc->facts.part[PART_ALL].hosts = 0;
	k = judge(&w, FORGED_NO);
	assert_int_equal(k.part[0].count, 500);
	assert_true(k.part[0].count_about);
	w.inc->f.packets = 600;
	k = judge(&w, FORGED_NO);
	assert_int_equal(k.part[0].count, 200);
	assert_true(!k.part[0].count_about && !k.part[0].count_at_least);
	end(&w);
}

static void assert_place(const struct source_place *r, const char *country, uint32_t asn,
			 bool reflectors, double share, uint64_t sources)
{
	assert_string_equal(r->country, country);
	assert_int_equal(r->asn, asn);
	assert_int_equal(r->reflectors, reflectors);
	assert_true(r->share > share - 0.001 && r->share < share + 0.001);
	assert_int_equal(r->sources, sources);
}

/* Bots of two countries, one behind a known AS; of a region nobody knows the country. */
static void test_where_the_sources_are(void **state)
{
	struct world w = begin(VECTOR_SYN_FLOOD, 0);
	_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;
	_cleanup_incident_ struct incident *back = NULL;
	struct source_kinds k;
	char *one, *two;

	syns(&w, "61.0.0.1", 50, 2, 0);
	syns(&w, "62.0.0.1", 30, 1, 0);
	syns(&w, "63.0.0.1", 20, 1, 0);
	k = judge(&w, FORGED_NO);
	assert_int_equal(k.places.n, 3);
	assert_place(&k.places.row[0], "US", 0, false, 100.0 / 150, 50);
	assert_place(&k.places.row[1], "DE", 0, false, 30.0 / 150, 30);
	assert_place(&k.places.row[2], "US", 64501, false, 100.0 / 150, 50);
	assert_true(!k.places.row[0].at_least && k.places.real > 0.999);
	assert_true(k.places.no_country > 0.13 && k.places.no_country < 0.14);
	assert_string_equal(k.places.countries.name, "test");
	assert_int_equal(k.places.countries.dated_us, T0);
	assert_string_equal(k.places.origins.name, "routes");
	source_places_said(&k.places, "en", &en);
	source_places_said(&k.places, "ja", &ja);
	assert_non_null(
		strstr(text_str(&en), "countries: US 66.7 % (50), DE 20.0 % (30) (by test of"));
	assert_non_null(strstr(text_str(&en), "origin AS: AS64501 66.7 % (50) (by routes)"));
	assert_non_null(strstr(text_str(&en), "not known: of 13.3 % of the packets the country"));
	assert_non_null(strstr(text_str(&ja), "国: US 66.7 % (50 件)、DE"));
	snprintf(w.inc->id, sizeof(w.inc->id), "n0123456789ab");
	w.inc->kinds = k;
	one = incident_dump(w.inc);
	assert_int_equal(incident_load(one, strlen(one), &back), 0);
	two = incident_dump(back);
	assert_string_equal(one, two);
	free(one);
	free(two);
	/* Of forged addresses nothing is said, nor of such as are likely real. */
	k = judge(&w, FORGED_YES);
	assert_int_equal(k.places.n, 0);
	k = judge(&w, FORGED_UNKNOWN);
	assert_int_equal(k.part[0].kind, KIND_BOTS);
	assert_int_equal(k.places.n, 0);
	end(&w);
}

static void test_reflectors_are_placed_apart(void **state)
{
	struct world w = begin(VECTOR_AMPLIFICATION, 123);
	_cleanup_text_ struct text en = TEXT_NULL;
	struct source_kinds k;

	answers(&w, 200, 3, 468);
	for (unsigned i = 0; i < 600; i++)
		w.inc->evidence[SAMPLE_ATTACK].record[i].flow.src.b[12] = (uint8_t)(60 + i % 3);
	k = judge(&w, FORGED_NO);
	assert_int_equal(k.places.n, 4);
	assert_true(k.places.row[0].reflectors && k.places.row[3].reflectors);
	assert_int_equal(k.places.row[3].asn, 64501);
	source_places_said(&k.places, "en", &en);
	assert_non_null(strstr(text_str(&en), "reflectors, who are no attackers: "));
	end(&w);
}

static void test_forged_traffic_is_told_by_its_link(void **state)
{
	struct world w = begin(VECTOR_SYN_FLOOD, 0);
	struct source_kinds k;

	syns(&w, "60.0.0.1", 200, 3, w.abroad); /* domestic addresses, from abroad */
	k = judge(&w, FORGED_YES);
	assert_true(k.foreign > 0.999 && k.by_link > 0.999);
	k = judge(&w, FORGED_NO); /* real ones: then the link is a detour */
	assert_true(k.domestic > 0.999 && k.by_link < 0.001);
	k = judge(&w, FORGED_UNKNOWN); /* likely real, but the link says otherwise */
	assert_true(k.domestic < 0.001 && k.foreign < 0.001);
	end(&w);
}

static void test_without_records_it_says_nothing(void **state)
{
	struct world w = begin(VECTOR_SYN_FLOOD, 0);
	struct kinds_input in = {.inc = w.inc, .conf = w.conf};
	struct source_kinds k;

	assert_int_equal(kinds_judge(&in, &k), -ENODATA);
	assert_int_equal(k.n, 1);
	assert_part(&k, 0, KIND_UNKNOWN, BASIS_NO_RECORDS, 1);
	end(&w);
}

/* Ordinary traffic to the target is in the sample too. */
static void test_other_traffic_does_not_count(void **state)
{
	struct world w = begin(VECTOR_UDP_FLOOD, 0);
	struct source_kinds k;

	for (unsigned i = 0; i < 100; i++)
		put(&w, "61.0.0.1", i % 50)->flow.proto = PROTO_UDP;
	syns(&w, "60.0.0.1", 100, 5, 0);
	k = judge(&w, FORGED_UNKNOWN);
	assert_part(&k, 0, KIND_BOTS, BASIS_REPEATS, 1);
	assert_int_equal(k.part[0].count, 50);
	end(&w);
}

static void test_json_and_words(void **state)
{
	struct world w = begin(VECTOR_CONN_FLOOD, 0);
	_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;
	struct source_kinds k, back;
	json_t *o = json_object(), *again = json_object();

	syns(&w, "60.7.0.1", 90, 2, w.home);
	syns(&w, "60.1.0.1", 10, 2, w.home);
	k = judge(&w, FORGED_UNKNOWN);
	assert_int_equal(kinds_to_json(o, &k), 0);
	assert_int_equal(kinds_from_json(o, &back), 0);
	assert_int_equal(kinds_to_json(again, &back), 0);
	assert_true(json_equal(o, again));
	assert_int_equal(json_array_size(json_object_get(o, "source_kinds")), 2);
	kinds_said(&back, "en", &en);
	kinds_said(&back, "ja", &ja);
	assert_non_null(strstr(text_str(&en), "open proxies: 90.0 % of the packets"));
	assert_non_null(strstr(text_str(&en), "newest listing of 2008-08-01"));
	assert_non_null(strstr(text_str(&ja), "公開プロキシ: パケットの 90.0 %"));
	json_object_set_new(json_array_get(json_object_get(o, "source_kinds"), 0), "share",
			    json_real(1.5));
	assert_int_equal(kinds_from_json(o, &back), -EINVAL);
	json_decref(o);
	json_decref(again);
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bots_need_real_addresses),
		cmocka_unit_test(test_two_exporters_repeat_nothing),
		cmocka_unit_test(test_one_country_is_no_chance),
		cmocka_unit_test(test_a_few_hosts_are_no_bots),
		cmocka_unit_test(test_handshakes_show_bots),
		cmocka_unit_test(test_a_connection_shows_no_flood_beside_it),
		cmocka_unit_test(test_listed_proxies_and_the_gaps_of_lists),
		cmocka_unit_test(test_reflectors_by_port_and_size),
		cmocka_unit_test(test_a_reflection_shows_no_bots),
		cmocka_unit_test(test_each_group_by_its_own_verdict),
		cmocka_unit_test(test_invented_reflectors_never_come_twice),
		cmocka_unit_test(test_fragments_of_answers),
		cmocka_unit_test(test_synack_reflection),
		cmocka_unit_test(test_icmp_answers),
		cmocka_unit_test(test_own_customers_only_when_they_leave),
		cmocka_unit_test(test_single_host_and_its_ways),
		cmocka_unit_test(test_shared_addresses_forbid_filters),
		cmocka_unit_test(test_visitors_are_not_counted),
		cmocka_unit_test(test_where_the_sources_are),
		cmocka_unit_test(test_reflectors_are_placed_apart),
		cmocka_unit_test(test_forged_traffic_is_told_by_its_link),
		cmocka_unit_test(test_without_records_it_says_nothing),
		cmocka_unit_test(test_other_traffic_does_not_count),
		cmocka_unit_test(test_json_and_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
