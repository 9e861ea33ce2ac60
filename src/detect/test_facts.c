/* SPDX-License-Identifier: ISC */
/*
 * Proves that the sample of senders is bounded, the same for any order of coming, and counts who is
 * in it from his first packet on; that only the target's own word shows a connection; that the
 * ingress of a prefix is learnt of connections in both directions and of nothing else; and that the
 * engine hands all of it on, alike for any number of threads.
 */
#include "detect/answers.h"
#include "detect/facts.h"
#include "detect/heard.h"
#include "detect/sources.h"
#include "detect/test_detect_kit.h"

#define CONNECTS 0x09090909u /* acknowledges what it was answered */
#define PRETENDS 0x0909090au /* so it seems, but the target refuses it */
#define VISITS	 0x0909090bu /* has one connection, and others forge its address */

static void add(struct facts *f, uint32_t src, uint16_t sport, uint8_t ttl)
{
	struct flow flow = tcp(src, VICTIM, sport, 80, TH_SYN);
	struct flow_side side = {.flags = FLOW_IS_PACKET | FLOW_HAS_TTL, .ttl = ttl};

	flow.in_link = (uint16_t)(1 + src % 3);
	facts_add(f, &flow, &side, source_hash(&flow.src), T0, T0);
}

static uint32_t scattered(uint32_t i)
{
	return 0x0b000000u + i * 2654435761u % 0x70000000u;
}

static void test_few_are_all_kept(void **state)
{
	struct facts *f = facts_new();
	struct ip ip = ip_from_v4(scattered(7));
	const struct facts_source *s;

	for (unsigned round = 0; round < 3; round++)
		for (uint32_t i = 0; i < 1000; i++)
			add(f, scattered(i), (uint16_t)(1000 * round), (uint8_t)(50 + round));
	assert_int_equal(f->n, 1000);
	assert_int_equal(f->level, 0);
	s = facts_find(f, &ip, source_hash(&ip));
	assert_non_null(s);
	assert_int_equal(s->packets, 3);
	assert_int_equal(s->ttl, 50);
	assert_int_equal(__builtin_popcount(s->ttls), 3);
	assert_int_equal(s->other_link, LINK_UNKNOWN);
	assert_true(s->flags & FACTS_BARE_SYN);
	facts_free(f);
}

static void test_many_are_sampled_alike_in_any_order(void **state)
{
	struct facts *up = facts_new(), *down = facts_new();
	unsigned n = 8000;

	for (uint32_t i = 0; i < n; i++)
		add(up, scattered(i), 1, 60);
	for (uint32_t i = n; i-- > 0;)
		add(down, scattered(i), 1, 60);
	assert_true(up->n <= FACTS_SOURCES && up->n > FACTS_SOURCES / 4);
	assert_int_equal(up->n, down->n);
	assert_int_equal(up->level, down->level);
	for (unsigned i = 0; i < up->n; i++)
		assert_non_null(facts_find(down, &up->source[i].ip, up->source[i].hash));
	/* The estimate of the whole from the sample is that of 8,000, within five standard errors.
	 */
	assert_in_range((uint64_t)up->n << up->level, 7200, 8800);
	facts_free(up);
	facts_free(down);
}

static void test_a_long_flood_is_thinned_and_bounded(void **state)
{
	struct facts *f = facts_new();

	for (uint32_t i = 0; i < 200000; i++)
		add(f, scattered(i % 500), 1, 60);
	assert_int_equal(f->n, 500);
	assert_int_equal(f->seen, 200000);
	assert_in_range(f->counted, FACTS_WHOLE + (180000 >> FACTS_THIN_LOG2), FACTS_WHOLE + 14000);
	/* Not every sixteenth: senders that take turns would fall through. */
	for (unsigned i = 0; i < f->n; i++)
		assert_true(f->source[i].packets > FACTS_WHOLE / 500 + 2);
	for (uint32_t i = 0; i < 2000000; i++)
		add(f, scattered(i), 1, 60);
	assert_true(facts_memory(f) < 400000);
	facts_free(f);
}

static void test_one_packet_of_two_exporters_is_one(void **state)
{
	struct facts *f = facts_new();
	struct flow flow = tcp(scattered(1), VICTIM, 1, 80, TH_SYN);
	struct flow_side side = {.flags = FLOW_IS_PACKET};

	for (unsigned e = 1; e <= 2; e++) {
		flow.exporter = (uint16_t)e;
		facts_add(f, &flow, &side, source_hash(&flow.src), T0, T0);
	}
	assert_int_equal(f->source[0].packets, 1);
	facts_free(f);
}

static void test_only_the_target_shows_a_connection(void **state)
{
	static const struct {
		uint8_t flags;
		uint16_t side;
		enum answer want;
	} rows[] = {
		{TH_SYN, 0, ANSWER_NOT},
		{TH_SYN | TH_ACK, 0, ANSWER_SYNACK},
		{TH_ACK, 0, ANSWER_NOT}, /* also what an ACK out of the window gets */
		{TH_RST | TH_ACK, 0, ANSWER_RESET},
		{TH_RST | TH_ACK | TH_PSH | TH_SYN, 0, ANSWER_RESET},
		{TH_ACK, FLOW_HAS_PAYLOAD, ANSWER_ESTABLISHED},
		{TH_ACK | TH_PSH, 0, ANSWER_ESTABLISHED},
		{TH_SYN | TH_ACK | TH_FIN, 0, ANSWER_ESTABLISHED}, /* all flags of a flow */
	};

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		struct flow f = tcp(VICTIM, 1, 80, 1, rows[i].flags);
		struct flow_side s = {.flags = rows[i].side};

		assert_int_equal(answer_of(&f, &s), rows[i].want);
	}
}

/* ---- the ingress of prefixes ---- */

static uint16_t port_of_interest(uint32_t server_port)
{
	struct flow f = tcp(1, 2, 0, (uint16_t)server_port, TH_ACK | TH_PSH);

	f.in_link = 1;
	while (!heard_wants(&f))
		f.sport++;
	return f.sport;
}

static void hear(struct heard *h, uint32_t src, uint32_t dst, uint16_t sport, uint16_t dport,
		 uint16_t link, uint8_t flags)
{
	struct flow f = tcp(src, dst, sport, dport, flags);
	struct flow_side s = {.flags = FLOW_HAS_TTL, .ttl = 57};

	f.in_link = link;
	if (heard_wants(&f))
		heard_note(h, &f, &s, T0);
}

static bool knows(const struct heard *h, uint32_t ip, int64_t us, struct heard_prefix *p)
{
	struct ip of = ip_from_v4(ip);

	return heard_find(h, &of, us, p);
}

static void test_a_connection_tells_its_ingress(void **state)
{
	struct heard *h = heard_new();
	uint16_t port = port_of_interest(80);
	struct heard_prefix p;

	hear(h, scattered(1), VICTIM, port, 80, 3, TH_ACK | TH_PSH);
	assert_false(knows(h, scattered(1), T0, &p));
	hear(h, VICTIM, scattered(1), 80, port, 9, TH_ACK | TH_PSH);
	assert_true(knows(h, scattered(1) ^ 77, T0, &p)); /* of its /24 */
	assert_int_equal(p.link[0], 3);
	assert_int_equal(p.link[1], LINK_UNKNOWN);
	assert_int_equal(p.hops_min, 7);
	assert_true(knows(h, scattered(1), T0 + HEARD_S * US_PER_S, &p));
	assert_false(knows(h, scattered(1), T0 + (HEARD_S + 61) * US_PER_S, &p));
	heard_free(h);
}

static void test_what_is_forged_tells_nothing(void **state)
{
	struct heard *h = heard_new();
	uint16_t port = port_of_interest(80);
	struct heard_prefix p;

	/* An ACK flood, answered by RST; a SYN, answered by SYN-ACK; both ends by one side. */
	hear(h, scattered(1), VICTIM, port, 80, 3, TH_ACK | TH_PSH);
	hear(h, VICTIM, scattered(1), 80, port, 9, TH_RST | TH_ACK);
	hear(h, scattered(2), VICTIM, port, 80, 3, TH_SYN);
	hear(h, VICTIM, scattered(2), 80, port, 9, TH_SYN | TH_ACK);
	hear(h, scattered(3), VICTIM, port, 80, 3, TH_ACK | TH_PSH);
	hear(h, scattered(3), VICTIM, port, 80, 3, TH_ACK | TH_PSH);
	for (uint32_t i = 1; i <= 3; i++)
		assert_false(knows(h, scattered(i), T0, &p));
	heard_free(h);
}

static void test_many_prefixes_stay_in_their_room(void **state)
{
	struct heard *h = heard_new();
	uint16_t port = port_of_interest(80);
	struct heard_prefix p;
	unsigned found = 0;

	for (uint32_t i = 0; i < 200000; i++) {
		hear(h, i << 8 | 1, VICTIM, port, 80, 3, TH_ACK | TH_PSH);
		hear(h, VICTIM, i << 8 | 1, 80, port, 9, TH_ACK | TH_PSH);
	}
	for (uint32_t i = 0; i < 200000; i++)
		found += knows(h, i << 8 | 1, T0, &p);
	assert_in_range(found, 50000, 65536);
	heard_free(h);
}

/* ---- through the engine ---- */

struct told {
	unsigned n, level, established, taken, forged, n_top;
	uint64_t packets, synacks;
	uint32_t visit, visitor; /* packets of VISITS: of its connection, all */
	bool both_ways;
};

static int on_facts(void *userdata, const struct finding *f)
{
	struct told *t = userdata;

	if (!f->facts.n)
		return 0;
	*t = (struct told){.n = f->facts.group[0]->n, .level = f->facts.group[0]->level};
	for (unsigned i = 0; i < t->n; i++) {
		const struct facts_source *s = &f->facts.group[0]->source[i];

		t->packets += s->packets;
		t->taken += ip_v4(&s->ip) == CONNECTS && s->taken > 0;
		t->forged += ip_v4(&s->ip) != CONNECTS && s->taken > 0;
		t->established += s->connected > 0;
		if (ip_v4(&s->ip) == VISITS) {
			t->visit = s->connected;
			t->visitor = s->packets;
		}
	}
	t->synacks = f->facts.answers ? f->facts.answers->packets[ANSWER_SYNACK] : 0;
	t->both_ways = f->facts.both_ways;
	t->n_top = f->sources.n_top;
	return 0;
}

static void hand_shake(struct bench *b, uint32_t src, uint16_t port, int64_t us, bool refused)
{
	put(b, tcp(src, VICTIM, port, 80, TH_SYN), 1, true, us, us, us);
	put(b, tcp(VICTIM, src, 80, port, TH_SYN | TH_ACK), 1, true, us, us, us);
	put(b, tcp(src, VICTIM, port, 80, TH_ACK), 1, true, us, us, us);
	if (refused)
		put(b, tcp(VICTIM, src, 80, port, TH_RST), 1, true, us, us, us);
}

static void begin(struct bench *b, struct told *told, struct finding_sink *sink, unsigned threads)
{
	struct flow_sink flows;

	*told = (struct told){0};
	*sink = (struct finding_sink){.finding = on_facts, .userdata = told};
	*b = (struct bench){.conf = conf_default()};
	b->exporters = exporters_new(b->conf);
	b->exporter = exporters_add_capture(b->exporters, "test");
	b->detect = detect_new(b->conf, b->exporters, threads, sink);
	flows = detect_sink(b->detect);
	assert_int_equal(flow_writer_init(&b->writer, &flows), 0);
}

static void run(struct told *told, unsigned threads, unsigned senders)
{
	struct finding_sink sink;
	struct bench b;

	begin(&b, told, &sink, threads);
	for (unsigned i = 0; i < 30000; i++) {
		int64_t us = T0 + (int64_t)i * 100;
		uint32_t src = i % 100 ? scattered(i % senders) : 0x08080808;

		put(&b, tcp(src, VICTIM, 4000, 80, TH_SYN), 1, true, us, us, us);
		if (i % 10 == 0)
			put(&b, tcp(VICTIM, src, 80, 4000, TH_SYN | TH_ACK), 1, true, us, us, us);
		if (i % 20 == 0) {
			hand_shake(&b, CONNECTS, (uint16_t)(1000 + i), us, false);
			hand_shake(&b, PRETENDS, (uint16_t)(1000 + i), us, true);
		}
		if (i % 100 == 0)
			put(&b, tcp(VICTIM, src, 80, 4000, TH_PSH | TH_ACK), 1, true, us, us, us);
	}
	bench_end(&b);
	bench_free(&b);
}

static void test_the_engine_hands_facts_on(void **state)
{
	struct told one, four;

	run(&one, 1, 30000);
	run(&four, 4, 30000);
	assert_memory_equal(&one, &four, sizeof(one));
	assert_true(one.n > 256 && one.n <= FACTS_SOURCES);
	assert_in_range((uint64_t)one.n << one.level, 26000, 34000);
	assert_true(one.both_ways);
	assert_true(one.synacks > 1000);
	assert_true(one.established <= 1);
}

static void test_who_uses_the_answers(void **state)
{
	struct told told;

	run(&told, 2, 500);
	assert_int_equal(told.level, 0);
	assert_int_equal(told.established, 1);
	assert_int_equal(told.taken, 1);
	assert_int_equal(told.forged, 0);
}

/* A connection shows itself alone to be real: nothing of the SYNs that others send in its name. */
static void test_a_visit_is_not_what_is_forged_in_its_name(void **state)
{
	struct finding_sink sink;
	struct told told;
	struct bench b;

	begin(&b, &told, &sink, 2);
	for (unsigned i = 0; i < 30000; i++) {
		int64_t us = T0 + (int64_t)i * 100;
		uint32_t src = i % 10 ? scattered(i % 50) : VISITS;

		put(&b, tcp(src, VICTIM, (uint16_t)(5000 + i), 80, TH_SYN), 1, true, us, us, us);
		if (i % 10000 != 5000)
			continue;
		/* Two connections, one of them long; answers of an earlier one change nothing. */
		put(&b, tcp(VICTIM, VISITS, 443, 4000, TH_PSH | TH_ACK), 1, true, us, us, us);
		put(&b, tcp(VISITS, VICTIM, 4001, 443, TH_SYN), 1, true, us, us, us);
		put(&b, tcp(VICTIM, VISITS, 443, 4001, TH_FIN | TH_ACK), 1, true, us, us, us);
	}
	bench_end(&b);
	bench_free(&b);
	assert_in_range(told.visitor, 200, 3003);
	assert_in_range(told.visit, 1, 3);
	assert_int_equal(told.established, 1);
}

static void test_visitors_are_no_top_beside_who_attacks(void **state)
{
	struct finding_sink sink;
	struct told told;
	struct bench b;

	begin(&b, &told, &sink, 1);
	for (unsigned i = 0; i < 30000; i++) {
		int64_t us = T0 + (int64_t)i * 100;
		uint32_t src = i % 1000 == 7 ? scattered(i % 3000) : 0x08080800u + i % 2;

		put(&b, tcp(src, VICTIM, (uint16_t)(5000 + i), 80, TH_SYN), 1, true, us, us, us);
	}
	bench_end(&b);
	bench_free(&b);
	assert_int_equal(told.n_top, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_few_are_all_kept),
		cmocka_unit_test(test_many_are_sampled_alike_in_any_order),
		cmocka_unit_test(test_a_long_flood_is_thinned_and_bounded),
		cmocka_unit_test(test_one_packet_of_two_exporters_is_one),
		cmocka_unit_test(test_only_the_target_shows_a_connection),
		cmocka_unit_test(test_a_connection_tells_its_ingress),
		cmocka_unit_test(test_what_is_forged_tells_nothing),
		cmocka_unit_test(test_many_prefixes_stay_in_their_room),
		cmocka_unit_test(test_the_engine_hands_facts_on),
		cmocka_unit_test(test_who_uses_the_answers),
		cmocka_unit_test(test_a_visit_is_not_what_is_forged_in_its_name),
		cmocka_unit_test(test_visitors_are_no_top_beside_who_attacks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
