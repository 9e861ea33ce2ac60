/* SPDX-License-Identifier: ISC */
/*
 * Proves who else saw an attack: a router behind the border bears it out when it surely told of a
 * real share of the attack's own packets, and of more than what is usual there; one that told of
 * little, of others, or of clients does not; and what it told of changes no figure of the attack.
 */
#include "detect/test_detect_kit.h"

static const char world[] = "own: [198.51.100.0/24]\n"
			    "exporters:\n"
			    "  - {name: border, address: 127.0.0.1}\n"
			    "  - {name: core, address: 127.0.0.2}\n"
			    "  - {name: access, address: 127.0.0.3}\n"
			    "interfaces:\n"
			    "  - {exporter: border, ifindex: 1, link: transit, side: outside}\n"
			    "  - {exporter: border, ifindex: 10, link: inner, side: inside}\n"
			    "  - {exporter: core, ifindex: 20, link: up, side: inside}\n"
			    "  - {exporter: access, ifindex: 30, link: up, side: inside}\n";

enum router { BORDER, CORE, ACCESS, ROUTERS };

static const uint32_t ifindex[ROUTERS] = {1, 20, 30};

struct net {
	struct bench b;
	uint16_t router[ROUTERS];
};

static void net_start_in(struct net *n, const char *text, unsigned threads)
{
	_cleanup_text_ struct text why = TEXT_NULL;
	struct conf *conf = conf_load_text("test.yaml", text, strlen(text), &why);

	if (!conf || why.len)
		fail_msg("%s", text_str(&why));
	bench_start_with(&n->b, conf, threads, false);
	for (unsigned i = 0; i < ROUTERS; i++) {
		struct ip from = ip_from_v4(0x7f000001 + i);

		n->router[i] = exporters_find(n->b.exporters, &from, false);
		assert_int_not_equal(n->router[i], EXPORTER_UNKNOWN);
	}
}

static void net_start(struct net *n, unsigned threads)
{
	net_start_in(n, world, threads);
}

static void net_end(struct net *n)
{
	bench_end(&n->b);
	assert_int_equal(n->b.n, 1);
	assert_int_equal(n->b.last[0].dedup, DEDUP_ENTRY);
	assert_int_equal(n->b.last[0].n_exporters, 1);
	assert_int_equal(n->b.last[0].exporters[0], n->router[BORDER]);
}

/* Of what a router tells. */
struct course {
	enum router router;
	unsigned pps, packets; /* packets of each record, 1 where nothing is said */
	double from_s, until_s;
	uint8_t flags;
	uint16_t sport; /* UDP from that port */
	uint32_t sampling;
	unsigned hosts; /* in turn; 1 where nothing is said */
};

static void tell_one(struct net *n, const struct course *c, unsigned i, int64_t us)
{
	uint32_t dst = VICTIM + (c->hosts ? i % c->hosts : 0);
	struct flow f = tcp(FORGED(i), dst, (uint16_t)(1024 + i % 60000), 80, c->flags);

	if (c->sport) {
		f.proto = PROTO_UDP;
		f.sport = c->sport;
		f.src = ip_from_v4(0x0b000000u + i % 200);
		f.tcp_flags = 0;
	}
	f.packets = c->packets ? c->packets : 1;
	f.bytes = 40 * f.packets;
	f.in_link = exporters_link(n->b.exporters, n->router[c->router], ifindex[c->router]);
	assert_int_not_equal(f.in_link, LINK_UNKNOWN);
	n->b.exporter = n->router[c->router];
	put(&n->b, f, c->sampling ? c->sampling : 1, true, us, us, us);
}

/* All in the order of time, those that stand first first. */
static void tell(struct net *n, const struct course *list, unsigned n_list)
{
	unsigned told[8] = {0};

	for (;;) {
		int64_t soonest = INT64_MAX;
		unsigned at = 0;

		for (unsigned k = 0; k < n_list; k++) {
			const struct course *c = &list[k];
			double each = (double)(c->packets ? c->packets : 1) *
				      (c->sampling ? c->sampling : 1) / c->pps;
			double s = c->from_s + told[k] * each;
			int64_t us = T0 + (int64_t)(s * 1e6);

			if (s >= c->until_s || us >= soonest)
				continue;
			soonest = us;
			at = k;
		}
		if (soonest == INT64_MAX)
			return;
		tell_one(n, &list[at], told[at]++, soonest);
	}
}

static void run(struct net *n, const struct course *list, unsigned n_list)
{
	net_start(n, 1);
	tell(n, list, n_list);
	net_end(n);
}

static void expect(const struct net *n, enum router router, double low, double high)
{
	const struct finding *f = &n->b.last[0];

	assert_int_equal(f->n_seen_by, 1);
	assert_int_equal(f->seen_by[0].exporter, n->router[router]);
	if (f->seen_by[0].share < low || f->seen_by[0].share > high)
		fail_msg("a share of %g", f->seen_by[0].share);
}

#define RUN(n, ...)                                                                                \
	do {                                                                                       \
		const struct course list[] = {__VA_ARGS__};                                        \
		run(n, list, ARRAY_LEN(list));                                                     \
	} while (0)

/* The attack as the border has it: 50,000 SYNs in ten seconds. */
#define ATTACK                                                                                     \
	{                                                                                          \
		BORDER, 5000, .until_s = 10, .flags = TH_SYN                                       \
	}

static void test_two_see_all(void **state)
{
	struct net n;

	RUN(&n, ATTACK, {CORE, 5000, .until_s = 10, .flags = TH_SYN});
	assert_int_equal(n.b.last[0].packets, 50000);
	assert_int_equal(n.b.last[0].peak_pps, 5000);
	assert_int_equal(n.b.last[0].records, 50000);
	/* Of what came before it opened, the last 4,096 records of both are looked back at. */
	expect(&n, CORE, 0.95, 1);
	bench_free(&n.b);
}

/* The same figures of the attack, with a witness and without. */
static void test_nobody_else(void **state)
{
	struct net n;

	RUN(&n, ATTACK);
	assert_int_equal(n.b.last[0].packets, 50000);
	assert_int_equal(n.b.last[0].n_seen_by, 0);
	bench_free(&n.b);
}

/* How much of it each of those tells whose packets count; sides are not known. */
static void test_told_by(void **state)
{
	const struct course list[] = {
		ATTACK,
		{CORE, 2000, .until_s = 10, .flags = TH_SYN},
		/* A client of the target on its way: none of the attack's packets. */
		{ACCESS, 2000, .until_s = 10, .flags = TH_ACK},
		{ACCESS, 1, .until_s = 10, .flags = TH_SYN},
	};
	const struct finding *f;
	struct net n;

	net_start_in(&n,
		     "own: [198.51.100.0/24]\n"
		     "exporters: [{name: border, address: 127.0.0.1}, {name: core, address: "
		     "127.0.0.2}, {name: access, address: 127.0.0.3}]\n",
		     1);
	tell(&n, list, ARRAY_LEN(list));
	bench_end(&n.b);
	assert_int_equal(n.b.n, 1);
	f = &n.b.last[0];
	assert_int_equal(f->dedup, DEDUP_MAX);
	assert_int_equal(f->n_exporters, 3);
	assert_int_equal(f->n_seen_by, 0);
	assert_int_equal(f->n_told_by, 3);
	assert_int_equal(f->told_by[0].exporter, n.router[BORDER]);
	assert_true(f->told_by[0].share > 0.99 && f->told_by[0].share <= 1);
	assert_int_equal(f->told_by[1].exporter, n.router[CORE]);
	assert_true(f->told_by[1].share > 0.38 && f->told_by[1].share <= 0.41);
	assert_int_equal(f->told_by[2].exporter, n.router[ACCESS]);
	assert_true(f->told_by[2].share < 0.01);
	bench_free(&n.b);
}

/* Where packets count on entry the border alone has told of what counts. */
static void test_told_by_the_border(void **state)
{
	struct net n;

	RUN(&n, ATTACK, {CORE, 5000, .until_s = 10, .flags = TH_SYN});
	assert_int_equal(n.b.last[0].n_told_by, 1);
	assert_int_equal(n.b.last[0].told_by[0].packets, n.b.last[0].packets);
	assert_true(n.b.last[0].told_by[0].share == 1);
	bench_free(&n.b);
}

/* It is over within two seconds: most of it came before we knew, and is looked back at. */
static void test_looks_back(void **state)
{
	struct net n;

	RUN(&n, {BORDER, 3000, 10, .until_s = 2, .flags = TH_SYN},
	    {CORE, 3000, 10, .until_s = 1.2, .flags = TH_SYN});
	assert_int_equal(n.b.last[0].packets, 6000);
	expect(&n, CORE, 0.6, 0.6);
	assert_int_equal(n.b.last[0].seen_by[0].packets, 3600);
	bench_free(&n.b);
}

static void test_real_share(void **state)
{
	struct net n;

	RUN(&n, ATTACK, {CORE, 1500, .until_s = 10, .flags = TH_SYN});
	expect(&n, CORE, 0.29, 0.3);
	bench_free(&n.b);
	/* A fifth is too little, however long it goes on. */
	RUN(&n, {BORDER, 5000, .until_s = 30, .flags = TH_SYN},
	    {CORE, 1000, .until_s = 30, .flags = TH_SYN});
	assert_int_equal(n.b.last[0].n_seen_by, 0);
	bench_free(&n.b);
}

/* Who bore it out at first has, though a filter at the border keeps the rest from him. */
static void test_stays(void **state)
{
	struct net n;

	RUN(&n, {BORDER, 5000, .until_s = 60, .flags = TH_SYN},
	    {CORE, 5000, .until_s = 10, .flags = TH_SYN});
	expect(&n, CORE, 0.25, 0.27);
	bench_free(&n.b);
}

/* As many packets, but not the attack's. */
static void test_other_packets(void **state)
{
	struct net n;

	RUN(&n, ATTACK, {CORE, 5000, .until_s = 10, .flags = TH_ACK});
	assert_int_equal(n.b.last[0].n_seen_by, 0);
	bench_free(&n.b);
	RUN(&n, {BORDER, 5000, .until_s = 10, .sport = 11211},
	    {CORE, 5000, .until_s = 10, .sport = 123});
	assert_int_equal(n.b.last[0].vectors[0].port, 11211);
	assert_int_equal(n.b.last[0].n_seen_by, 0);
	bench_free(&n.b);
	RUN(&n, {BORDER, 5000, .until_s = 10, .sport = 11211},
	    {CORE, 5000, .until_s = 10, .sport = 11211});
	expect(&n, CORE, 0.95, 1);
	bench_free(&n.b);
}

/* To a neighbour in the same /24. */
static void test_other_target(void **state)
{
	struct net n;

	RUN(&n, ATTACK, {CORE, 2000, .until_s = 10, .flags = TH_SYN, .hosts = 2});
	assert_int_equal(n.b.last[0].n_seen_by, 0);
	bench_free(&n.b);
}

/* 500 of 50,000 packets show it surely; five, with a factor of 10,000, are chance. */
static void test_sampled(void **state)
{
	struct net n;

	RUN(&n, ATTACK, {CORE, 5000, .until_s = 10, .flags = TH_SYN, .sampling = 100});
	expect(&n, CORE, 0.95, 1.05);
	assert_int_equal(n.b.last[0].sampling_max, 1);
	bench_free(&n.b);
	RUN(&n, ATTACK, {CORE, 5000, .until_s = 10, .flags = TH_SYN, .sampling = 10000});
	assert_int_equal(n.b.last[0].n_seen_by, 0);
	bench_free(&n.b);
}

/*
 * An attack that is made up in the border's name, beside 2,000 SYN/s of clients that a router
 * behind sees too: these are a third of it all, and what is usual.
 */
static void test_clients_bear_nothing_out(void **state)
{
	struct net n;

	RUN(&n, {BORDER, 2000, 2, .until_s = 60, .flags = TH_SYN},
	    {CORE, 2000, 2, .until_s = 60, .flags = TH_SYN},
	    {BORDER, 4000, .from_s = 40, .until_s = 60, .flags = TH_SYN});
	assert_int_equal(n.b.last[0].n_seen_by, 0);
	bench_free(&n.b);
	/* The same attack, where it is none that was made up. */
	RUN(&n, {BORDER, 2000, 2, .until_s = 60, .flags = TH_SYN},
	    {CORE, 2000, 2, .until_s = 60, .flags = TH_SYN},
	    {BORDER, 8000, 4, .from_s = 40, .until_s = 60, .flags = TH_SYN},
	    {CORE, 8000, 4, .from_s = 40, .until_s = 60, .flags = TH_SYN});
	expect(&n, CORE, 0.95, 1);
	bench_free(&n.b);
}

/* A whole /24, and a third router: the one that told of more stands first. */
static void test_carpet_and_three(void **state)
{
	struct net n;
	const struct finding *f = &n.b.last[0];

	RUN(&n, {BORDER, 20000, 4, .until_s = 6, .flags = TH_SYN, .hosts = 200},
	    {ACCESS, 10000, 4, .until_s = 6, .flags = TH_SYN, .hosts = 200},
	    {CORE, 20000, 4, .until_s = 6, .flags = TH_SYN, .hosts = 200});
	assert_int_equal(f->level, LEVEL_PREFIX);
	assert_int_equal(f->n_seen_by, 2);
	assert_int_equal(f->seen_by[0].exporter, n.router[CORE]);
	assert_int_equal(f->seen_by[1].exporter, n.router[ACCESS]);
	bench_free(&n.b);
}

/* The border tells of the same packets once more, by an interface that leads inside. */
static void test_no_witness_of_itself(void **state)
{
	struct net n;
	uint16_t inner;

	net_start(&n, 1);
	inner = exporters_link(n.b.exporters, n.router[BORDER], 10);
	n.b.exporter = n.router[BORDER];
	for (unsigned i = 0; i < 50000; i++) {
		struct flow f = tcp(FORGED(i), VICTIM, 2000, 80, TH_SYN);
		int64_t us = T0 + i * 200;

		f.in_link = exporters_link(n.b.exporters, n.router[BORDER], 1);
		put(&n.b, f, 1, true, us, us, us);
		f.in_link = inner;
		put(&n.b, f, 1, true, us, us, us);
	}
	net_end(&n);
	assert_int_equal(n.b.last[0].n_seen_by, 0);
	bench_free(&n.b);
}

/* What bore out one attack says nothing of the next. */
static void test_next_attack(void **state)
{
	struct net n;

	net_start(&n, 1);
	tell(&n,
	     (struct course[]){{BORDER, 5000, .until_s = 5, .flags = TH_SYN},
			       {CORE, 5000, .until_s = 5, .flags = TH_SYN},
			       {BORDER, 10, .from_s = 5, .until_s = 100, .flags = TH_SYN},
			       {BORDER, 5000, .from_s = 100, .until_s = 105, .flags = TH_SYN}},
	     4);
	bench_end(&n.b);
	assert_int_equal(n.b.n, 2);
	assert_int_equal(n.b.last[0].n_seen_by, 1);
	assert_int_equal(n.b.last[1].n_seen_by, 0);
	bench_free(&n.b);
}

static void test_threads(void **state)
{
	static const struct course list[] = {
		{BORDER, 20000, 4, .until_s = 6, .flags = TH_SYN, .hosts = 200},
		{CORE, 19000, 4, .until_s = 6, .flags = TH_SYN, .hosts = 200}};
	struct finding_witness first = {0};

	for (unsigned threads = 1; threads <= 4; threads *= 2) {
		struct net n;

		net_start(&n, threads);
		tell(&n, list, ARRAY_LEN(list));
		net_end(&n);
		assert_int_equal(n.b.last[0].n_seen_by, 1);
		if (threads == 1)
			first = n.b.last[0].seen_by[0];
		assert_int_equal(n.b.last[0].seen_by[0].packets, first.packets);
		assert_true(n.b.last[0].seen_by[0].share == first.share);
		bench_free(&n.b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_see_all),
		cmocka_unit_test(test_nobody_else),
		cmocka_unit_test(test_told_by),
		cmocka_unit_test(test_told_by_the_border),
		cmocka_unit_test(test_looks_back),
		cmocka_unit_test(test_real_share),
		cmocka_unit_test(test_stays),
		cmocka_unit_test(test_other_packets),
		cmocka_unit_test(test_other_target),
		cmocka_unit_test(test_sampled),
		cmocka_unit_test(test_clients_bear_nothing_out),
		cmocka_unit_test(test_carpet_and_three),
		cmocka_unit_test(test_no_witness_of_itself),
		cmocka_unit_test(test_next_attack),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
