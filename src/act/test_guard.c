/* SPDX-License-Identifier: ISC */
/*
 * Proves each guard: an option that nothing refuses is broken in one way at a time, and exactly the
 * rule that is meant refuses it, naming what is concerned; that every refusal is a whole sentence
 * in both languages without a source's address; which kinds of options a rule looks at; that an
 * attack which was made up by datagrams leads to nothing; and that a verdict comes back from its
 * JSON.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "act/guard.h"
#include "act/plan.h"

static const char yaml[] =
	"own: [198.51.100.0/22, 203.0.113.0/24, '2001:db8::/32']\n"
	"exporters: [{name: border-1, address: 198.51.100.1}, {name: border-2, address: "
	"192.0.2.2}]\n"
	"shared: [{prefix: 100.64.0.0/10, kind: cgn}]\n"
	"never_touch: [198.51.100.53, '2001:db8:53::/48']\n"
	"capture: [eth1]\n"
	"protected:\n"
	"  - {name: shop, customer: Example Trading, prefixes: 198.51.103.0/26, measures: [{kind: "
	"blackhole, consent: contract 7, max: 2h}]}\n"
	"  - {name: clinic, customer: Example Hospital, prefixes: [198.51.103.128/25, "
	"198.51.102.64/28]}\n"
	"  - {name: desk, prefixes: 198.51.102.80/28}\n"
	"act:\n"
	"  neighbors:\n"
	"    - {name: edge, kind: exabgp, point: own_border, takes: [rtbh, flowspec], address: "
	"203.0.113.250, local_address: 203.0.113.251, local_as: 64500, peer_as: 64501, next_hop6: "
	"'2001:db8:ffff::1', max_rules: 4, max_changes: 5}\n"
	"    - {name: local, kind: exabgp, point: own_border, takes: flowspec, address: 127.0.0.2, "
	"local_address: 127.0.0.1, local_as: 64500, peer_as: 64501}\n"
	"    - {name: box, kind: nftables, point: host}\n"
	"    - {name: paper, kind: dry_run, point: transit}\n"
	"  never:\n"
	"    - {kind: resolver, prefixes: 198.51.101.53}\n"
	"    - {kind: bank, prefixes: 198.51.102.0/30}\n";

/* A FlowSpec rule on `edge` for a host under attack that two routers see; nothing is wrong with it.
 */
struct bench {
	struct conf *conf;
	struct incident *inc;
	struct plan_option o;
	struct guard_exporter exporter[3];
	struct guard_neighbor neighbor[4];
	struct guard_world w;
	struct guard_verdict v;
};

static struct prefix prefix(const char *text)
{
	struct prefix p;

	if (prefix_parse(text, false, &p))
		fail_msg("%s", text);
	return p;
}

static void aim(struct bench *b, const char *target)
{
	b->o.target = prefix(target);
	for (unsigned i = 0; i < b->o.n_rules; i++)
		b->o.rule[i].destination = b->o.target;
}

static void source(struct bench *b, const char *text)
{
	b->o.rule[1].source = prefix(text);
	b->o.rule[1].has_source = true;
}

static void told(struct bench *b, unsigned i, const char *name, double share)
{
	snprintf(b->inc->told_by[i].exporter, sizeof(b->inc->told_by[i].exporter), "%s", name);
	b->inc->told_by[i].share = share;
	b->inc->f.n_told_by = i + 1 > b->inc->f.n_told_by ? i + 1 : b->inc->f.n_told_by;
}

static void open_bench(struct bench *b)
{
	_cleanup_text_ struct text errors = TEXT_NULL;

	memset(b, 0, sizeof(*b));
	b->conf = conf_load_text("f", yaml, strlen(yaml), &errors);
	if (!b->conf || errors.len)
		fail_msg("%s", text_str(&errors));
	b->inc = incident_new();
	b->inc->exporters = calloc(4, sizeof(char *));
	b->inc->exporters[0] = strdup("border-1");
	b->inc->exporters[1] = strdup("border-2");
	b->inc->f.n_exporters = 2;
	b->inc->f.dedup = DEDUP_MAX;
	told(b, 0, "border-1", 1);
	told(b, 1, "border-2", 0.9);
	b->inc->f.sampling_known = true;
	b->inc->f.sources.n_top = 2;
	b->inc->f.sources.top[0].addr = prefix("192.0.2.77").addr;
	b->inc->f.sources.top[0].established = true;
	b->inc->f.sources.top[1].addr = prefix("192.0.2.78").addr;
	b->o.kind = PLAN_FLOWSPEC;
	b->o.n_rules = 2;
	strcpy(b->o.point, "edge");
	aim(b, "198.51.100.80");
	b->exporter[0] = (struct guard_exporter){.name = "border-1", .listed = true};
	b->exporter[1] = (struct guard_exporter){.name = "border-2", .listed = true};
	b->neighbor[0] = (struct guard_neighbor){"edge", 2, 3};
	b->neighbor[1] = (struct guard_neighbor){"box", 0, 0};
	b->w = (struct guard_world){.exporters = b->exporter,
				    .n_exporters = 2,
				    .neighbors = b->neighbor,
				    .n_neighbors = 2};
}

static void close_bench(struct bench *b)
{
	b->inc->f.n_exporters = 2; /* as many names as there are to free */
	incident_free(b->inc);
	conf_unref(b->conf);
}

static bool refused_by(const struct guard_verdict *v, enum guard_rule r)
{
	for (unsigned i = 0; i < v->n; i++)
		if (v->rule[i] == r)
			return true;
	return false;
}

static bool has_japanese(const char *s)
{
	for (; *s; s++)
		if ((*s & 0xf0) == 0xe0)
			return true;
	return false;
}

/* What any verdict must hold; the sentences of @b's. */
static void check_words(const struct bench *b)
{
	for (unsigned i = 0; i < b->v.n; i++) {
		_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;

		guard_say(&b->v, i, false, &en);
		guard_say(&b->v, i, true, &ja);
		assert_true(en.len > 20 && en.s[en.len - 1] == '.');
		assert_true(has_japanese(text_str(&ja)));
		assert_null(strstr(text_str(&en), "%"));
		assert_null(strstr(text_str(&en), "  "));
		assert_null(strstr(text_str(&en), "192.0.2.7")); /* a source */
		assert_null(strstr(text_str(&ja), "192.0.2.7"));
		if (*b->v.what[i])
			assert_true(strstr(text_str(&en), b->v.what[i]) &&
				    strstr(text_str(&ja), b->v.what[i]));
	}
}

static void look(struct bench *b)
{
	struct guard_verdict again;

	guard_check(&b->o, b->inc, b->conf, &b->w, &b->v);
	guard_check(&b->o, b->inc, b->conf, &b->w, &again);
	assert_memory_equal(&again, &b->v, sizeof(again));
	check_words(b);
}

/* Is it refused by @rule alone, about @what? */
static void expect_at(struct bench *b, enum guard_rule rule, const char *what, const char *line)
{
	look(b);
	if (b->v.n != 1 || b->v.rule[0] != rule || strcmp(b->v.what[0], what) != 0)
		fail_msg("%s: %u refusals, %s about \"%s\", not %s about \"%s\"", line, b->v.n,
			 b->v.n ? guard_rule_name(b->v.rule[0]) : "none", b->v.what[0],
			 guard_rule_name(rule), what);
}

static void expect_good_at(struct bench *b, const char *line)
{
	look(b);
	if (b->v.n)
		fail_msg("%s: refused: %s about \"%s\"", line, guard_rule_name(b->v.rule[0]),
			 b->v.what[0]);
}

#define LINE2(n) "line " #n
#define LINE(n)	 LINE2(n)
#define REFUSED(rule, about, ...)                                                                  \
	do {                                                                                       \
		struct bench b;                                                                    \
		open_bench(&b);                                                                    \
		__VA_ARGS__;                                                                       \
		expect_at(&b, rule, about, LINE(__LINE__));                                        \
		close_bench(&b);                                                                   \
	} while (0)
#define GOOD(...)                                                                                  \
	do {                                                                                       \
		struct bench b;                                                                    \
		open_bench(&b);                                                                    \
		__VA_ARGS__;                                                                       \
		expect_good_at(&b, LINE(__LINE__));                                                \
		close_bench(&b);                                                                   \
	} while (0)

static void test_prefixes(void **state)
{
	GOOD((void)0);
	GOOD(aim(&b, "203.0.113.0/24"));
	GOOD(aim(&b, "2001:db8:1::/48"));
	REFUSED(GUARD_FOREIGN, "192.0.2.1", aim(&b, "192.0.2.1"));
	REFUSED(GUARD_FOREIGN, "2001:db9::/48", aim(&b, "2001:db9::/48"));
	REFUSED(GUARD_SHORT, "2001:db8:8::/47 < /48", aim(&b, "2001:db8:8::/47"));
	/* A rule is looked at as the option is; one that is for something else is found. */
	REFUSED(GUARD_BEYOND, "203.0.113.9", b.o.rule[1].destination = prefix("203.0.113.9"));
	/* 198.51.100.0/22 is own and has both lists in it: all of that is told. */
	struct bench b;

	open_bench(&b);
	aim(&b, "198.51.100.0/22");
	look(&b);
	assert_true(b.v.n == 2 && b.v.rule[0] == GUARD_NEVER && b.v.rule[1] == GUARD_SHORT);
	aim(&b, "128.0.0.0/1");
	look(&b);
	assert_true(refused_by(&b.v, GUARD_DEFAULT) && refused_by(&b.v, GUARD_FOREIGN) &&
		    refused_by(&b.v, GUARD_SHORT) && refused_by(&b.v, GUARD_NEVER));
	assert_int_equal(b.v.rule[0], GUARD_DEFAULT);
	aim(&b, "0.0.0.0/0");
	look(&b);
	assert_true(refused_by(&b.v, GUARD_DEFAULT));
	aim(&b, "::/0");
	look(&b);
	assert_true(refused_by(&b.v, GUARD_DEFAULT) && refused_by(&b.v, GUARD_NO_DESTINATION));
	close_bench(&b);
}

static void test_own(void **state)
{
	struct bench b;

	/* Even where a default route is called own. */
	open_bench(&b);
	b.conf->own[0].prefix = prefix("0.0.0.0/0");
	b.conf->act.shortest4 = 8;
	aim(&b, "0.0.0.0/0");
	look(&b);
	assert_true(refused_by(&b.v, GUARD_DEFAULT) && refused_by(&b.v, GUARD_SHORT));
	aim(&b, "8.0.0.0/8");
	expect_good_at(&b, "shortest4");
	aim(&b, "8.0.0.0/7");
	expect_at(&b, GUARD_SHORT, "8.0.0.0/7 < /8", "shortest4");
	/* Without a word in the file the shipped lengths count. */
	b.conf->act.shortest4 = 0;
	aim(&b, "8.0.0.0/23");
	expect_at(&b, GUARD_SHORT, "8.0.0.0/23 < /24", "default");
	close_bench(&b);
}

static void test_no_destination(void **state)
{
	REFUSED(GUARD_NO_DESTINATION, "", b.o.n_rules = 0);
	GOOD(b.o.kind = PLAN_RTBH; b.o.n_rules = 0);
	struct bench b;

	open_bench(&b);
	memset(&b.o.rule[0].destination, 0, sizeof(struct prefix));
	look(&b);
	assert_true(refused_by(&b.v, GUARD_NO_DESTINATION) && refused_by(&b.v, GUARD_BEYOND));
	close_bench(&b);
}

static void test_never(void **state)
{
	REFUSED(GUARD_NEVER, "198.51.100.53 (never_touch)", aim(&b, "198.51.100.53"));
	REFUSED(GUARD_NEVER, "198.51.100.53 (never_touch)", aim(&b, "198.51.100.0/24"));
	REFUSED(GUARD_NEVER, "198.51.101.53 (resolver)", aim(&b, "198.51.101.0/24"));
	REFUSED(GUARD_NEVER, "198.51.102.0/30 (bank)", aim(&b, "198.51.102.3"));
	REFUSED(GUARD_NEVER, "2001:db8:53::/48 (never_touch)", aim(&b, "2001:db8:53::1"));
	GOOD(aim(&b, "198.51.102.4"));
	/* A route that takes a router's address away takes the router away; a rule of ports does
	 * not. */
	REFUSED(GUARD_NEVER, "border-1 (router)", b.o.kind = PLAN_RTBH; b.o.n_rules = 0;
		aim(&b, "198.51.100.1"));
	REFUSED(GUARD_NEVER, "edge (router)", b.o.kind = PLAN_RTBH; b.o.n_rules = 0;
		aim(&b, "203.0.113.0/24"));
	REFUSED(GUARD_NEVER, "edge (router)", b.o.kind = PLAN_RTBH; b.o.n_rules = 0;
		aim(&b, "2001:db8:ffff::/48"));
	GOOD(aim(&b, "198.51.100.1"));
	/* As a source too, and then the shown one does not help. */
	REFUSED(GUARD_NEVER, "198.51.102.0/30 (bank)",
		b.inc->f.sources.top[0].addr = prefix("198.51.102.1").addr;
		source(&b, "198.51.102.1"));
}

static void test_sources(void **state)
{
	GOOD(source(&b, "192.0.2.77"));
	GOOD(source(&b, "192.0.2.78"); b.inc->f.sources.top[1].expected = true);
	REFUSED(GUARD_SOURCE, "2", source(&b, "192.0.2.78"));
	REFUSED(GUARD_SOURCE, "2", source(&b, "192.0.2.79"));
	/* Of a prefix only one address is shown. */
	REFUSED(GUARD_SOURCE, "2", b.inc->f.sources.top[0].addr = prefix("192.0.2.76").addr;
		source(&b, "192.0.2.76/31"));
	REFUSED(GUARD_SOURCE, "2", source(&b, "192.0.2.76/31"));
	REFUSED(GUARD_SHARED, "100.64.0.0/10 (cgn)",
		b.inc->f.sources.top[0].addr = prefix("100.64.1.1").addr;
		source(&b, "100.64.1.1"));
	REFUSED(GUARD_SOURCE, "2", b.o.kind = PLAN_ASK; source(&b, "192.0.2.78"));
	/* A target that many share: they are told in the plan, not refused here. */
	GOOD(b.conf->shared[0].prefix = prefix("198.51.100.80/29"));
	GOOD(b.conf->shared[0].prefix = prefix("198.51.100.80/29"); b.o.kind = PLAN_RTBH;
	     b.o.n_rules = 0);
}

static void route(struct bench *b, enum plan_kind kind, const char *object, const char *target)
{
	b->o.kind = kind;
	b->o.n_rules = 0;
	b->conf->act.neighbors[0].takes = UINT32_MAX;
	snprintf(b->inc->object, sizeof(b->inc->object), "%s", object);
	aim(b, target);
}

static void let_agree(struct bench *b, unsigned object, const char *kind)
{
	struct conf_measure *m = calloc(1, sizeof(*m));

	snprintf(m->consent, sizeof(m->consent), "contract 77");
	snprintf(m->kind, sizeof(m->kind), "%s", kind);
	b->conf->objects[object].measures = m;
	b->conf->objects[object].n_measures = 1;
}

static void let_lose(struct bench *b, const char *object)
{
	b->inc->path = calloc(1, sizeof(*b->inc->path));
	b->inc->path->n_lost = 1;
	b->inc->path->loss_confidence = 0.9;
	snprintf(b->inc->path->lost[0].object, sizeof(b->inc->path->lost[0].object), "%s", object);
}

/* What one customer agreed to takes no other off the net. */
static void test_others(void **state)
{
	static const char all[] = "198.51.103.0/24";

	GOOD(route(&b, PLAN_RTBH, "shop", "198.51.103.0/26"));
	GOOD(route(&b, PLAN_RTBH, "shop", "198.51.103.9"));
	REFUSED(GUARD_OTHERS, "Example Hospital", route(&b, PLAN_RTBH, "shop", all));
	REFUSED(GUARD_OTHERS, "Example Hospital", route(&b, PLAN_COMMUNITY, "shop", all));
	REFUSED(GUARD_OTHERS, "Example Hospital", route(&b, PLAN_DIVERSION, "shop", all));
	/* Nobody's object is hit: then both are others. */
	REFUSED(GUARD_OTHERS, "Example Trading, Example Hospital",
		route(&b, PLAN_DIVERSION, "", all));
	REFUSED(GUARD_OTHERS, "Example Hospital", route(&b, PLAN_RTBH, "", all));
	/* An object without a customer is somebody too. */
	REFUSED(GUARD_OTHERS, "desk", route(&b, PLAN_RTBH, "clinic", "198.51.102.64/27"));
	/* Of another kind they agreed to nothing. */
	REFUSED(GUARD_OTHERS, "Example Hospital", route(&b, PLAN_RTBH, "shop", all);
		let_agree(&b, 1, "flowspec"));
	GOOD(route(&b, PLAN_RTBH, "shop", all); let_agree(&b, 1, "blackhole"));
	/* A filter by what the packets are takes nobody along. */
	GOOD(aim(&b, all); strcpy(b.inc->object, "shop"));
	/* Harm to somebody outside is the greater one; of somebody inside it is none. */
	GOOD(route(&b, PLAN_RTBH, "shop", all); let_lose(&b, "desk"));
	REFUSED(GUARD_OTHERS, "Example Hospital", route(&b, PLAN_RTBH, "shop", all);
		strcpy(b.conf->objects[2].name, "gone"); let_lose(&b, "clinic");
		b.conf->objects[1].n_prefixes = 1);
	/* An own prefix that is assigned counts as an object does. */
	REFUSED(GUARD_OTHERS, "Example Bank", route(&b, PLAN_RTBH, "shop", "198.51.103.0/25");
		b.conf->own[1] = (struct conf_own){prefix("198.51.103.64/26"), "Example Bank"});
}

static void rename_exporter(struct bench *b, unsigned i, const char *name)
{
	free(b->inc->exporters[i]);
	b->inc->exporters[i] = strdup(name);
}

static void witness(struct bench *b, unsigned i, const char *name, double share)
{
	snprintf(b->inc->seen_by[i].exporter, sizeof(b->inc->seen_by[i].exporter), "%s", name);
	b->inc->seen_by[i].share = share;
	b->inc->f.n_seen_by = i + 1;
}

static void test_evidence(void **state)
{
	REFUSED(GUARD_FALSE, "", b.w.marked_false = true);
	REFUSED(GUARD_ENDED, "", b.inc->f.state = FINDING_CLOSED);
	GOOD(b.inc->f.state = FINDING_QUIET);
	GOOD(b.inc->f.state = FINDING_LOST_SIGHT); /* a full line kills the exports first */
	REFUSED(GUARD_SAMPLING, "", b.inc->f.sampling_known = false);
	REFUSED(GUARD_SAMPLING, "border-1", b.inc->f.sampling_known = false;
		b.inc->f.n_exporters = 1; b.exporter[0].corroborated = true);
	REFUSED(GUARD_ONE_EXPORTER, "border-1", b.inc->f.n_exporters = 1);
	GOOD(b.inc->f.n_exporters = 1; b.exporter[0].corroborated = true);
	REFUSED(GUARD_ONE_EXPORTER, "", b.inc->f.n_exporters = 0);
	/* One that nobody told the world of is as the file has it: listed, and alone. */
	REFUSED(GUARD_ONE_EXPORTER, "border-1", b.inc->f.n_exporters = 1; b.w.n_exporters = 0);
	GOOD(b.w.n_exporters = 0);
	/* A second one that saw the same further inside, where the first one's packets count. */
	GOOD(b.inc->f.n_exporters = 1; witness(&b, 0, "border-2", 1));
	GOOD(b.inc->f.n_exporters = 1; witness(&b, 0, "border-2", 0.25));
	GOOD(b.inc->f.n_exporters = 1; b.w.n_exporters = 0; witness(&b, 0, "border-2", 0.25));
	REFUSED(GUARD_ONE_EXPORTER, "border-1", b.inc->f.n_exporters = 1;
		witness(&b, 0, "border-2", 0.2499));
	REFUSED(GUARD_ONE_EXPORTER, "border-1", b.inc->f.n_exporters = 1;
		witness(&b, 0, "border-2", 0.0 / 0.0));
	/* The same one twice is one. */
	REFUSED(GUARD_ONE_EXPORTER, "border-1", b.inc->f.n_exporters = 1;
		witness(&b, 0, "border-1", 1));
	REFUSED(GUARD_ONE_EXPORTER, "border-1", rename_exporter(&b, 1, "border-1"));
	/* Nobody counted it: there is nothing to bear out. */
	REFUSED(GUARD_ONE_EXPORTER, "border-2", b.inc->f.n_exporters = 0;
		witness(&b, 0, "border-1", 1); witness(&b, 1, "border-2", 1));
	/* Own packets need nobody's word. */
	GOOD(b.inc->f.n_exporters = 1; rename_exporter(&b, 0, "eth1"));
	GOOD(b.inc->f.n_exporters = 1; rename_exporter(&b, 0, "capture"));
	REFUSED(GUARD_ONE_EXPORTER, "capture", b.inc->f.n_exporters = 1;
		rename_exporter(&b, 0, "capture"); strcpy(b.conf->exporters[0].name, "capture"));
}

/* Whoever is on the way of the clients tells of a packet to the target. */
static void test_shares(void **state)
{
	GOOD(told(&b, 1, "border-2", 0.25));
	REFUSED(GUARD_ONE_EXPORTER, "border-1", told(&b, 1, "border-2", 0.2499));
	REFUSED(GUARD_ONE_EXPORTER, "border-1", told(&b, 1, "border-2", 0.0 / 0.0));
	REFUSED(GUARD_ONE_EXPORTER, "border-2", told(&b, 0, "border-1", 0.001));
	/* Nothing is known of their shares. */
	REFUSED(GUARD_ONE_EXPORTER, "border-1", b.inc->f.n_told_by = 0);
	/* What was seen on the way is a share, too; own packets need none. */
	GOOD(told(&b, 1, "border-2", 0.001); witness(&b, 0, "border-2", 0.5));
	GOOD(told(&b, 1, "border-2", 0.001); b.exporter[1].corroborated = true);
}

static void test_three_shares(void **state)
{
	struct bench b;

	/* Of those without known sides each may tell of the same clients' packets, */
	open_bench(&b);
	rename_exporter(&b, 2, "core");
	b.inc->f.n_exporters = 3;
	b.exporter[2] = (struct guard_exporter){.name = "core", .listed = true};
	b.w.n_exporters = 3;
	told(&b, 1, "border-2", 0.15);
	told(&b, 2, "core", 0.15);
	expect_at(&b, GUARD_ONE_EXPORTER, "border-1", "weak and weak");
	/* on entry they are other ones. */
	b.inc->f.dedup = DEDUP_ENTRY;
	expect_good_at(&b, "two parts make one");
	b.exporter[2].broken = true;
	look(&b);
	assert_true(b.v.n == 2 && b.v.rule[0] == GUARD_BROKEN);
	assert_string_equal(b.v.what[0], "core");
	assert_string_equal(b.v.what[1], "border-1");
	free(b.inc->exporters[2]);
	close_bench(&b);
}

/* Both broken, or one broken and the other alone: what was found, and that nothing is left. */
static void expect_two(struct bench *b, enum guard_rule first, const char *what,
		       const char *second_what)
{
	look(b);
	assert_int_equal(b->v.n, 2);
	assert_int_equal(b->v.rule[0], first);
	assert_string_equal(b->v.what[0], what);
	assert_int_equal(b->v.rule[1], GUARD_ONE_EXPORTER);
	assert_string_equal(b->v.what[1], second_what);
}

/* An attack that somebody made up by sending datagrams. */
static void test_invented(void **state)
{
	struct bench b;

	/* From an address that is on no list. */
	open_bench(&b);
	rename_exporter(&b, 0, "192.0.2.66");
	b.inc->f.n_exporters = 1;
	b.w.n_exporters = 0;
	expect_two(&b, GUARD_UNLISTED, "192.0.2.66", "");
	b.exporter[0] = (struct guard_exporter){.name = "192.0.2.66", .corroborated = true};
	b.w.n_exporters = 1;
	expect_two(&b, GUARD_UNLISTED, "192.0.2.66", "");
	/* From a listed one, whose sequence it could not continue. */
	rename_exporter(&b, 0, "border-1");
	b.exporter[0] = (struct guard_exporter){
		.name = "border-1", .listed = true, .broken = true, .corroborated = true};
	expect_two(&b, GUARD_BROKEN, "border-1", "");
	/* From one of two: what the other says does not stand alone. */
	b.inc->f.n_exporters = 2;
	b.w.n_exporters = 2;
	expect_two(&b, GUARD_BROKEN, "border-1", "border-2");
	b.exporter[1].corroborated = true;
	expect_good_at(&b, "borne out");
	close_bench(&b);
}

/* A witness that somebody made up, and an attack that sound ones only seem to bear out. */
static void test_invented_witness(void **state)
{
	struct bench b;

	open_bench(&b);
	b.inc->f.n_exporters = 1;
	witness(&b, 0, "192.0.2.66", 1);
	expect_two(&b, GUARD_UNLISTED, "192.0.2.66", "border-1");
	witness(&b, 0, "border-2", 1);
	b.exporter[1].broken = true;
	expect_two(&b, GUARD_BROKEN, "border-2", "border-1");
	/* A second one, which is sound, makes up for it. */
	b.exporter[2] = (struct guard_exporter){.name = "core", .listed = true};
	b.w.n_exporters = 3;
	witness(&b, 1, "core", 0.5);
	expect_good_at(&b, "a sound witness beside a broken one");
	/* What counts is forged: two that saw some of it do not make its figures true. */
	b.exporter[1].broken = false;
	b.exporter[0].broken = true;
	expect_two(&b, GUARD_BROKEN, "border-1", "core");
	b.exporter[2].corroborated = true;
	expect_two(&b, GUARD_BROKEN, "border-1", "core");
	b.exporter[0].broken = false;
	expect_good_at(&b, "three sound ones");
	close_bench(&b);
}

static void test_routers(void **state)
{
	REFUSED(GUARD_FROZEN, "", b.w.frozen = true);
	REFUSED(GUARD_DRILL, "edge", b.w.drill = true);
	REFUSED(GUARD_DRILL, "edge", b.inc->drill = true);
	GOOD(b.w.drill = true; b.w.drill_routers = true);
	GOOD(b.w.drill = true; strcpy(b.o.point, "local"));
	GOOD(b.w.drill = true; strcpy(b.o.point, "paper"));
	/* The kernel of this machine is real. */
	REFUSED(GUARD_DRILL, "box", b.w.drill = true; strcpy(b.o.point, "box");
		b.o.kind = PLAN_NFTABLES);
	GOOD(strcpy(b.o.point, "box"); b.o.kind = PLAN_NFTABLES);
	REFUSED(GUARD_POINT, "box", strcpy(b.o.point, "box"));
	REFUSED(GUARD_POINT, "gone", strcpy(b.o.point, "gone"));
	REFUSED(GUARD_POINT, "edge", b.o.kind = PLAN_DIVERSION);
	GOOD(*b.o.point = '\0'); /* a plan without any point of ours */
	/* edge holds 2 of 4 rules and has had 3 of 5 changes; the option adds 2. */
	REFUSED(GUARD_BUDGET, "edge (3 + 2 > 4)", b.neighbor[0].rules = 3);
	REFUSED(GUARD_RATE, "edge (4 + 2 > 5)", b.neighbor[0].changes = 4);
	GOOD(b.neighbor[0].rules = 3; b.o.n_rules = 1);
	REFUSED(GUARD_BUDGET, "edge (4 + 1 > 4)", b.neighbor[0].rules = 4; b.o.kind = PLAN_RTBH;
		b.o.n_rules = 0);
	/* Nothing in force is known there: nothing is. */
	GOOD(b.w.n_neighbors = 0);
	REFUSED(GUARD_BUDGET, "paper (9 + 2 > 10)", strcpy(b.o.point, "paper");
		strcpy(b.conf->act.neighbors[3].name, "paper");
		b.conf->act.neighbors[3].max_rules = 0;
		b.neighbor[0] = (struct guard_neighbor){"paper", 9, 0});
}

/* What no router could be told is refused before somebody approves it. */
static void test_unsayable(void **state)
{
	GOOD(b.o.kind = PLAN_RTBH; b.o.n_rules = 0); /* its own family: "self" */
	GOOD(b.o.kind = PLAN_RTBH; b.o.n_rules = 0; aim(&b, "2001:db8::1"));
	REFUSED(GUARD_UNSAYABLE, "edge, next_hop6", b.o.kind = PLAN_RTBH; b.o.n_rules = 0;
		aim(&b, "2001:db8::1"); b.conf->act.neighbors[0].next_hop6 = (struct ip){.u = {0}});
	REFUSED(GUARD_UNSAYABLE, "edge, next_hop", b.o.kind = PLAN_RTBH; b.o.n_rules = 0;
		b.conf->act.neighbors[0].address = prefix("2001:db8::9").addr);
	REFUSED(GUARD_UNSAYABLE, "edge, next_hop6", b.o.kind = PLAN_RTBH; b.o.n_rules = 0;
		aim(&b, "2001:db8::1"); b.conf->act.neighbors[0].next_hop6 = (struct ip){.u = {0}};
		b.conf->act.neighbors[0].kind = ROUTER_DRY_RUN);
	GOOD(b.o.kind = PLAN_RTBH; b.o.n_rules = 0; aim(&b, "2001:db8::1");
	     b.conf->act.neighbors[0].next_hop6 = (struct ip){.u = {0}};
	     b.conf->act.neighbors[0].kind = ROUTER_NULL);
	/* A rule needs no next hop, but a rate that ExaBGP can say, and a target of its form. */
	GOOD(b.conf->act.neighbors[0].next_hop6 = (struct ip){.u = {0}}; aim(&b, "2001:db8::1"));
	REFUSED(GUARD_UNSAYABLE, "edge, exabgp", b.o.rule[0].action = RULE_LIMIT;
		b.o.rule[0].limit_bps = 1e14);
	REFUSED(GUARD_UNSAYABLE, "edge, exabgp", b.o.rule[0].action = RULE_REDIRECT;
		strcpy(b.o.rule[0].redirect, "vrf-scrub"));
	REFUSED(GUARD_UNSAYABLE, "box, nft", strcpy(b.o.point, "box"); b.o.kind = PLAN_NFTABLES;
		b.o.rule[0].action = RULE_REDIRECT; strcpy(b.o.rule[0].redirect, "64500:666"));
}

/* Who is refused hears what weighs less; what stands there already takes no room. */
static void test_budget(void **state)
{
	struct plan_option one = {.kind = PLAN_FLOWSPEC, .n_rules = 1}, two = one, route;
	const struct plan_option *standing[] = {&one, &two};
	struct weight light = {4, 1e6, 5}, mine = {3, 1e6, 5}, unknown = {0, -1, 9};

	assert_true(weight_compare(&light, &mine) < 0 && weight_compare(&mine, &light) > 0);
	assert_true(weight_compare(&unknown, &light) < 0);
	assert_int_equal(weight_compare(&mine, &mine), 0);
	mine.severity = 4;
	mine.bps = 2e6;
	assert_true(weight_compare(&light, &mine) < 0);
	mine.bps = 1e6;
	mine.since_us = 6; /* the newer one */
	assert_true(weight_compare(&light, &mine) < 0);
	one.rule[0].destination = prefix("203.0.113.1");
	two.rule[0].destination = prefix("203.0.113.2");
#define STANDING(s, id)                                                                            \
	b.neighbor[0] = (struct guard_neighbor){"edge", 3, 0, standing, 2, id, {s, 1e6, 5}};       \
	b.w.severity = 2;                                                                          \
	b.o.before_bps = 5e6;                                                                      \
	b.o.after_bps = 0
	REFUSED(GUARD_BUDGET, "edge (3 + 2 > 4; m0123456789ab)", STANDING(3, "m0123456789ab"));
	REFUSED(GUARD_BUDGET, "edge (3 + 2 > 4; m0123456789ab)", STANDING(2, "m0123456789ab"));
	REFUSED(GUARD_BUDGET, "edge (3 + 2 > 4)", STANDING(1, "m0123456789ab"));
	REFUSED(GUARD_BUDGET, "edge (3 + 2 > 4)", STANDING(2, "m0123456789ab");
		b.o.before_bps = -1);
	/* One of its two stands there. */
	GOOD(STANDING(3, "m1"); b.o.rule[1].destination = one.rule[0].destination;
	     b.o.target = prefix("203.0.113.0/24");
	     b.o.rule[0].destination = prefix("203.0.113.9"));
	/* Both, of a neighbour that is full. */
	GOOD(STANDING(3, "m1"); b.neighbor[0].rules = 4; b.o.target = prefix("203.0.113.0/24");
	     b.o.rule[0] = one.rule[0]; b.o.rule[1] = two.rule[0]);
	/* Another action is another rule. */
	REFUSED(GUARD_BUDGET, "edge (4 + 1 > 4)", STANDING(1, "m1"); b.neighbor[0].rules = 4;
		b.o.n_rules = 1; b.o.target = one.rule[0].destination; b.o.rule[0] = one.rule[0];
		b.o.rule[0].action = RULE_LIMIT; b.o.rule[0].limit_bps = 1e6);
	/* The same twice is one. */
	GOOD(STANDING(3, "m1"); b.neighbor[0].rules = 4; two = one; b.o.n_rules = 1);
	route = (struct plan_option){.kind = PLAN_RTBH, .target = prefix("203.0.113.7")};
	standing[0] = &route;
	GOOD(STANDING(3, "m1"); b.neighbor[0].rules = 4; b.o.kind = PLAN_RTBH; b.o.n_rules = 0;
	     b.o.target = route.target);
	REFUSED(GUARD_BUDGET, "edge (4 + 1 > 4)", STANDING(1, "m1"); b.neighbor[0].rules = 4;
		b.o.kind = PLAN_RTBH; b.o.n_rules = 0; b.o.target = prefix("203.0.113.8"));
}

/* Everything wrong at once: all of it is told, and no kind of option is let through for it. */
static void break_all(struct bench *b)
{
	aim(b, "0.0.0.0/0");
	source(b, "100.64.0.1");
	b->w.drill = b->w.frozen = b->w.marked_false = true;
	b->inc->f.state = FINDING_CLOSED;
	b->inc->f.sampling_known = false;
	rename_exporter(b, 0, "192.0.2.66");
	b->exporter[1].broken = true;
	b->neighbor[0] = (struct guard_neighbor){"edge", 100, 100};
	b->conf->act.neighbors[0].takes = 0;
	b->o.rule[1].destination = prefix("::/0");
}

static void test_all(void **state)
{
	static const unsigned expected[PLAN_KINDS] = {
		[PLAN_NONE] = 0,
		[PLAN_RTBH] = GUARD_RULES,
		[PLAN_FLOWSPEC] = GUARD_RULES - 1, /* takes nobody along */
		[PLAN_NFTABLES] = GUARD_RULES - 1,
		[PLAN_COMMUNITY] = GUARD_RULES,
		[PLAN_DIVERSION] = GUARD_RULES,
		[PLAN_ACL] = GUARD_RULES - 7, /* a text for people: no router is told */
		[PLAN_ASK] = 3,		      /* false alarm, shared, unproven */
	};
	struct bench b;

	open_bench(&b);
	break_all(&b);
	for (unsigned kind = 0; kind < PLAN_KINDS; kind++) {
		b.o.kind = (enum plan_kind)kind;
		look(&b);
		if (b.v.n != expected[kind])
			fail_msg("kind %u: %u refusals, not %u", kind, b.v.n, expected[kind]);
	}
	close_bench(&b);
}

static void test_json(void **state)
{
	struct guard_verdict back;
	enum guard_rule rule;
	struct bench b;
	json_t *json, *one;

	open_bench(&b);
	json = guard_verdict_json(&b.v);
	assert_int_equal(json_array_size(json), 0);
	assert_int_equal(guard_verdict_from_json(json, &back), 0);
	assert_int_equal(back.n, 0);
	json_decref(json);
	break_all(&b);
	b.o.kind = PLAN_DIVERSION;
	look(&b);
	json = guard_verdict_json(&b.v);
	assert_int_equal(json_array_size(json), GUARD_RULES);
	assert_int_equal(guard_verdict_from_json(json, &back), 0);
	assert_memory_equal(&back, &b.v, sizeof(back));
	one = json_array_get(json, 0);
	assert_string_equal(json_string_value(json_object_get(one, "rule")), "false_alarm");
	json_object_set_new(one, "rule", json_string("no_such_rule"));
	assert_int_equal(guard_verdict_from_json(json, &back), -EINVAL);
	json_object_set_new(one, "rule", json_string("foreign"));
	json_object_set_new(one, "what", json_integer(5));
	assert_int_equal(guard_verdict_from_json(json, &back), -EINVAL);
	json_decref(json);
	json = json_string("x");
	assert_int_equal(guard_verdict_from_json(json, &back), -EINVAL);
	json_decref(json);
	for (unsigned r = 0; r < GUARD_RULES; r++) {
		assert_int_equal(guard_rule_parse(guard_rule_name((enum guard_rule)r), &rule), 0);
		assert_int_equal(rule, r);
	}
	assert_int_equal(guard_rule_parse("", &rule), -EINVAL);
	close_bench(&b);
}

/* A name is what a file or a datagram says; what is made of it is text. */
static void test_names(void **state)
{
	struct bench b;
	json_t *json;

	open_bench(&b);
	rename_exporter(&b, 0, "bad \xff\xfe name");
	rename_exporter(&b, 1, "bad \xff\xfe name");
	look(&b);
	assert_true(refused_by(&b.v, GUARD_UNLISTED));
	assert_string_equal(b.v.what[0], "bad ?? name");
	json = guard_verdict_json(&b.v);
	assert_non_null(json);
	json_decref(json);
	close_bench(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_no_destination),
		cmocka_unit_test(test_never),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_evidence),
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_three_shares),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_invented),
		cmocka_unit_test(test_invented_witness),
		cmocka_unit_test(test_routers),
		cmocka_unit_test(test_unsayable),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
