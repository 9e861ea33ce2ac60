/* SPDX-License-Identifier: ISC */
/*
 * Proves each rule of severity at its edges and without its data, that size alone makes no 1, how
 * measures and contracts move what came out, that every reason is a whole sentence in both
 * languages, and that the JSON gives back what it was made of and refuses what it was not.
 */
#include "duty/test_duty_kit.h"

#include <errno.h>
#include <math.h>

struct bench {
	struct conf *conf;
	struct incident *inc;
	struct severity_input in;
	struct severity out;
};

/* An attack on the object of that number (kit), nothing special about it: a 3. */
static void open_bench(struct bench *b, unsigned object)
{
	memset(b, 0, sizeof(*b));
	b->conf = kit_conf(kit_yaml);
	b->inc = kit_incident("n1", object, T0, T0 + 60 * S);
	b->inc->f.n_links = 0;
	kit_times(b->inc, 1);
	b->inc->path = calloc(1, sizeof(*b->inc->path));
	b->in.incident = b->inc;
	b->in.conf = b->conf;
	b->in.now_us = T0 + 60 * S;
}

static void close_bench(struct bench *b)
{
	incident_free(b->inc);
	conf_unref(b->conf);
}

static unsigned judge(struct bench *b)
{
	struct severity again;

	memset(&again, 0xff, sizeof(again));
	severity_judge(&b->in, &b->out);
	severity_judge(&b->in, &again);
	assert_memory_equal(&again, &b->out, sizeof(again));
	assert_true(b->out.level >= 1 && b->out.level <= 4);
	assert_true(b->out.n_reasons >= 1);
	for (unsigned i = 1; i < b->out.n_reasons && b->out.reason[i].rule != RULE_MEASURE &&
			     b->out.reason[i].rule != RULE_CONTRACT;
	     i++)
		assert_true(b->out.reason[i - 1].level <= b->out.reason[i].level);
	return b->out.level;
}

static const struct severity_reason *reason(const struct bench *b, enum severity_rule rule)
{
	for (unsigned i = 0; i < b->out.n_reasons; i++)
		if (b->out.reason[i].rule == rule)
			return &b->out.reason[i];
	return NULL;
}

static void assert_near(double got, double want)
{
	if (fabs(got - want) > 1e-6)
		fail_msg("%f is not %f", got, want);
}

static struct path_row *add_row(struct bench *b, double share, uint64_t capacity, uint64_t load)
{
	struct path_row *r = &b->inc->path->row[b->inc->path->n_rows++];

	*r = (struct path_row){.at = {"border-1", "transit-a", 1},
			       .counted = true,
			       .share = share,
			       .byte_share = share,
			       .bytes = 1000,
			       .capacity_bps = capacity,
			       .load_bps = load,
			       .load_most_us = TIME_NONE,
			       .near_first_us = TIME_NONE,
			       .near_last_us = TIME_NONE};
	return r;
}

static void test_target(void **state)
{
	struct bench b;

	open_bench(&b, 6);
	assert_int_equal(judge(&b), 3);
	assert_int_equal(b.out.n_reasons, 1);
	assert_int_equal(b.out.reason[0].rule, RULE_PROTECTED);
	assert_near(b.out.reason[0].figure, TARGET_PROTECTED);
	close_bench(&b);
	open_bench(&b, 9);
	kit_times(b.inc, 1000); /* how large it is matters to nobody */
	b.inc->line_bps = 1;
	b.inc->f.handshakes_visible = true;
	b.inc->f.handshakes_begun = 1000;
	b.inc->f.last_us = T0 + 7200 * S;
	b.inc->f.state = FINDING_LOST_SIGHT;
	assert_int_equal(judge(&b), 4);
	assert_int_equal(b.out.n_reasons, 1);
	b.inc->f.level = LEVEL_LINK;
	b.inc->f.state = FINDING_OPEN;
	b.inc->f.last_us = T0 + 60 * S;
	assert_int_equal(judge(&b), 3);
	assert_near(b.out.reason[0].figure, TARGET_SHARED);
	close_bench(&b);
	open_bench(&b, 2);
	b.inc->f.kind = FINDING_SCAN;
	b.inc->f.hosts_hit = 5000;
	b.inc->path->n_lost = 9;
	b.in.measure = MEASURE_FAILS;
	assert_int_equal(judge(&b), 4);
	assert_int_equal(b.out.n_reasons, 1);
	assert_near(b.out.reason[0].figure, TARGET_SCAN);
	close_bench(&b);
}

static void test_line(void **state)
{
	static const struct {
		uint64_t peak, line;
		unsigned level;
	} rows[] = {
		{299999999, 1000000000, 3}, {300000000, 1000000000, 3},	 {799999999, 1000000000, 3},
		{800000000, 1000000000, 2}, {5000000000, 1000000000, 2}, /* no 1 by size */
		{5000000000, 0, 3},	    {0, 1000000000, 3},
	};
	struct bench b;

	open_bench(&b, 6);
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		b.inc->f.peak_bps = rows[i].peak;
		b.inc->line_bps = rows[i].line;
		assert_int_equal(judge(&b), rows[i].level);
		assert_int_equal(reason(&b, RULE_LINE) != NULL, i >= 1 && i <= 4);
	}
	b.inc->f.peak_bps = 830000000;
	b.inc->line_bps = 1000000000;
	b.inc->f.sampling_known = false;
	judge(&b);
	assert_near(b.out.reason[0].figure, 0.83);
	assert_int_equal(b.out.reason[0].rule, RULE_LINE);
	assert_true(b.out.reason[0].at_least);
	close_bench(&b);
}

static void test_link_share(void **state)
{
	struct bench b;
	struct path_row *r;

	open_bench(&b, 6);
	b.inc->f.peak_bps = 1000000000;
	r = add_row(&b, 1, UINT64_C(5000000001), 0);
	assert_int_equal(judge(&b), 3);
	assert_null(reason(&b, RULE_LINK));
	r->capacity_bps = UINT64_C(5000000000);
	judge(&b);
	assert_int_equal(reason(&b, RULE_LINK)->level, 3);
	assert_near(reason(&b, RULE_LINK)->figure, 0.2);
	assert_string_equal(reason(&b, RULE_LINK)->name, "transit-a");
	r->capacity_bps = UINT64_C(2000000000);
	assert_int_equal(judge(&b), 2);
	r->byte_share = 0.9;
	assert_int_equal(judge(&b), 3);
	r->capacity_bps = 0; /* unknown */
	judge(&b);
	assert_null(reason(&b, RULE_LINK));
	close_bench(&b);
}

static void test_link_near(void **state)
{
	struct bench b;
	struct path_row *r;

	open_bench(&b, 9); /* whoever it is for, others suffer */
	b.inc->f.peak_bps = UINT64_C(1900000000);
	r = add_row(&b, 1, UINT64_C(10000000000), UINT64_C(9700000000));
	assert_int_equal(judge(&b), 4); /* 19 % of the load, and not said to be near */
	r->near_first_us = r->near_last_us = T0;
	assert_int_equal(judge(&b), 4); /* the attack is not what fills it */
	b.inc->f.peak_bps = UINT64_C(1940000000);
	assert_int_equal(judge(&b), 1);
	assert_near(b.out.reason[0].figure, 0.97);
	assert_int_equal(b.out.reason[0].level, 1);
	r->load_bps = 0;
	r->load_most_bps = UINT64_C(9600000000);
	assert_int_equal(judge(&b), 1);
	assert_near(b.out.reason[0].figure, 0.96);
	r->load_most_bps = 0; /* without a load nothing is known of it */
	assert_int_equal(judge(&b), 4);
	close_bench(&b);
}

static void test_link_without_way(void **state)
{
	struct bench b;

	open_bench(&b, 6);
	b.inc->path = (free(b.inc->path), NULL);
	b.inc->f.peak_bps = UINT64_C(4000000000);
	b.inc->f.n_links = 1;
	b.inc->links[0].capacity_bps = UINT64_C(10000000000);
	judge(&b);
	assert_int_equal(reason(&b, RULE_LINK)->level, 3);
	b.inc->f.link_peak_bps = UINT64_C(8000000000); /* link_percent: 80 */
	assert_int_equal(judge(&b), 1);
	b.inc->f.link_peak_bps--;
	assert_int_equal(judge(&b), 3);
	close_bench(&b);
}

static void test_bystanders(void **state)
{
	struct bench b;

	open_bench(&b, 9);
	b.inc->path->n_lost = 1;
	assert_int_equal(judge(&b), 2);
	b.inc->path->n_lost = 2;
	assert_int_equal(judge(&b), 2);
	assert_near(b.out.reason[0].figure, 2);
	b.inc->path->more_lost = 1;
	assert_int_equal(judge(&b), 1);
	b.inc->path->n_lost = b.inc->path->more_lost = 0;
	b.inc->path->n_services = 2;
	snprintf(b.inc->path->service[0].name, 64, "mail");
	snprintf(b.inc->path->service[1].name, 64, "phone");
	b.inc->path->service[0].risk = RISK_NEAR;
	b.inc->path->service[1].risk = RISK_SHARES;
	assert_int_equal(judge(&b), 4);
	b.inc->path->service[1].risk = RISK_LOST;
	assert_int_equal(judge(&b), 1);
	assert_string_equal(b.out.reason[0].name, "phone");
	assert_near(b.out.reason[0].figure, 1);
	/* A name that is an address is not told. */
	snprintf(b.inc->path->service[1].name, 64, "203.0.113.77");
	assert_int_equal(judge(&b), 1);
	assert_string_equal(b.out.reason[0].name, "");
	close_bench(&b);
}

static void test_spread(void **state)
{
	struct bench b;

	open_bench(&b, 9);
	b.inc->f.hosts_hit = 15;
	assert_int_equal(judge(&b), 4);
	b.inc->f.hosts_hit = 16;
	assert_int_equal(judge(&b), 2);
	assert_string_equal(b.out.reason[0].name, "");
	b.inc->f.hosts_hit = 1;
	b.in.objects_now = 3;
	assert_int_equal(judge(&b), 4); /* over no link that is known */
	add_row(&b, 1, 0, 0);
	assert_int_equal(judge(&b), 2);
	assert_string_equal(b.out.reason[0].name, "transit-a");
	assert_near(b.out.reason[0].figure, 3);
	b.in.objects_now = 2;
	assert_int_equal(judge(&b), 4);
	b.inc->f.hosts_hit = 500;
	b.inc->f.direction = DIRECTION_OUT; /* theirs, not ours */
	assert_int_equal(judge(&b), 3);
	assert_null(reason(&b, RULE_SPREAD));
	close_bench(&b);
}

/* A prefix that is nobody's, with hosts of objects 1 to @n of the kit among those that are hit. */
static void open_prefix(struct bench *b, unsigned n)
{
	open_bench(b, 9);
	b->inc->f.level = LEVEL_PREFIX;
	b->inc->f.hosts_hit = n;
	for (unsigned i = 0; i < n; i++) {
		char host[64];

		snprintf(host, sizeof(host), "198.51.100.%u", i + 1);
		assert_int_equal(ip_parse(host, &b->inc->f.children[b->inc->f.n_children++]), 0);
	}
}

static void test_prefix_of_several(void **state)
{
	static const struct {
		unsigned n, level;
		bool spread;
	} rows[] = {{0, 4, false}, {1, 3, false}, {2, 2, false}, {3, 1, true}};
	struct bench b;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		open_prefix(&b, rows[i].n);
		/* shop, then bank whose contract is critical, then blog whose is basic */
		assert_int_equal(judge(&b), rows[i].level);
		assert_int_equal(reason(&b, RULE_SPREAD) != NULL, rows[i].spread);
		assert_string_equal(reason(&b, RULE_PROTECTED)->name, rows[i].n ? "shop" : "");
		close_bench(&b);
	}
}

static void test_over(void **state)
{
	struct finding_vector *v;
	struct bench b;

	open_bench(&b, 6);
	v = &b.inc->f.vectors[0];
	v->peak_pps = 7499;
	judge(&b);
	assert_null(reason(&b, RULE_OVER));
	v->peak_pps = 7500;
	judge(&b);
	assert_int_equal(reason(&b, RULE_OVER)->level, 3);
	v->peak_pps = 25000;
	assert_int_equal(judge(&b), 2);
	assert_near(b.out.reason[0].figure, 10);
	v->over = false;
	assert_int_equal(judge(&b), 3);
	v->over = true;
	v->threshold_pps = 0;
	assert_int_equal(judge(&b), 3);
	v->threshold_pps = RATE_NEVER;
	assert_int_equal(judge(&b), 3);
	b.inc->f.n_vectors = 0;
	assert_int_equal(judge(&b), 3);
	close_bench(&b);
}

static void test_server(void **state)
{
	struct finding *f;
	struct bench b;

	open_bench(&b, 6);
	f = &b.inc->f;
	f->handshakes_visible = true;
	f->handshakes_begun = 99;
	assert_int_equal(judge(&b), 3);
	f->handshakes_begun = 100;
	f->handshakes_done = 10;
	assert_int_equal(judge(&b), 3);
	f->handshakes_done = 9;
	assert_int_equal(judge(&b), 2);
	assert_near(b.out.reason[0].figure, 0.09);
	f->handshakes_visible = false;
	assert_int_equal(judge(&b), 3);
	f->handshakes_visible = true;
	b.inc->class = CLASS_CAPACITY;
	assert_int_equal(judge(&b), 3);
	close_bench(&b);
}

static void test_duration(void **state)
{
	struct bench b;

	open_bench(&b, 6);
	b.inc->f.last_us = T0 + 3600 * S - 1;
	assert_int_equal(judge(&b), 3);
	b.inc->f.last_us = T0 + 3600 * S;
	assert_int_equal(judge(&b), 2);
	assert_int_equal(b.out.reason[0].rule, RULE_DURATION);
	assert_near(b.out.reason[0].figure, 3600);
	kit_times(b.inc, 10); /* what is a 2 stays one, and needs no such reason */
	assert_int_equal(judge(&b), 2);
	assert_null(reason(&b, RULE_DURATION));
	close_bench(&b);
}

static void test_outgoing(void **state)
{
	struct path_row *r;
	struct bench b;

	open_bench(&b, 9);
	b.inc->f.direction = DIRECTION_OUT;
	b.inc->f.peak_pps = 120000;
	assert_int_equal(judge(&b), 3);
	assert_int_equal(b.out.reason[0].rule, RULE_OUTGOING);
	assert_near(b.out.reason[0].figure, 120000);
	assert_null(reason(&b, RULE_PROTECTED));
	b.inc->f.peak_bps = UINT64_C(6000000000);
	r = add_row(&b, 1, UINT64_C(10000000000), UINT64_C(9700000000));
	assert_int_equal(judge(&b), 3);
	r->near_first_us = T0;
	assert_int_equal(judge(&b), 2);
	b.inc->f.own_known = false; /* then the direction means nothing */
	assert_null(reason(&b, RULE_LINK));
	assert_int_equal(judge(&b), 1);
	assert_null(reason(&b, RULE_OUTGOING));
	close_bench(&b);
}

static void test_lost_sight(void **state)
{
	struct bench b;

	open_bench(&b, 6);
	b.inc->f.state = FINDING_LOST_SIGHT;
	b.in.now_us = T0 + 105 * S;
	assert_int_equal(judge(&b), 2);
	assert_int_equal(b.out.reason[0].rule, RULE_LOST_SIGHT);
	assert_near(b.out.reason[0].figure, 45);
	b.in.now_us = T0; /* a clock that went back */
	judge(&b);
	assert_near(b.out.reason[0].figure, 0);
	close_bench(&b);
}

static void test_measure_and_contract(void **state)
{
	static const struct {
		unsigned object, times, lost; /* 2 bank critical, 3 blog basic, 6 standard */
		enum measure_state measure;
		unsigned level;
	} rows[] = {
		{6, 1, 0, MEASURE_WORKS, 4},  {6, 1, 0, MEASURE_FAILS, 2},
		{6, 12, 0, MEASURE_WORKS, 3}, {6, 12, 0, MEASURE_FAILS, 1},
		{6, 1, 3, MEASURE_FAILS, 1}, {6, 1, 3, MEASURE_WORKS, 2},
		{9, 1, 0, MEASURE_WORKS, 4},  {2, 1, 0, MEASURE_NONE, 2},
		{2, 12, 0, MEASURE_NONE, 1},  {2, 12, 0, MEASURE_WORKS, 2},
		{2, 1, 3, MEASURE_NONE, 1},   {3, 1, 0, MEASURE_NONE, 4},
		{3, 12, 0, MEASURE_NONE, 3}, /* others suffer: no contract makes that milder */
		{3, 12, 1, MEASURE_NONE, 2},  {3, 12, 3, MEASURE_NONE, 1},
		{3, 12, 3, MEASURE_WORKS, 2}, {3, 1, 0, MEASURE_WORKS, 4},
	};

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		struct bench b;

		open_bench(&b, rows[i].object);
		kit_times(b.inc, rows[i].times);
		b.inc->path->n_lost = rows[i].lost;
		b.in.measure = rows[i].measure;
		if (judge(&b) != rows[i].level)
			fail_msg("row %u: %u instead of %u", i, b.out.level, rows[i].level);
		assert_int_equal(reason(&b, RULE_MEASURE) != NULL, rows[i].measure != MEASURE_NONE);
		close_bench(&b);
	}
}

static void test_no_data(void **state)
{
	_cleanup_incident_ struct incident *inc = incident_new();
	struct severity_input in = {.incident = inc, .conf = conf_default(), .now_us = T0};
	struct severity out;

	severity_judge(&in, &out);
	assert_int_equal(out.level, 4);
	assert_int_equal(out.n_reasons, 1);
	conf_unref((struct conf *)in.conf);
}

/* One of each sentence there is. */
static const struct {
	struct severity_reason r;
	const char *en, *ja;
} said[] = {
	{{RULE_PROTECTED, 4, 0, "", false},
	 "the target is no protected object",
	 "保護対象ではない宛先への攻撃"},
	{{RULE_PROTECTED, 3, 1, "shop", false},
	 "a protected object is attacked",
	 "保護対象への攻撃"},
	{{RULE_PROTECTED, 3, 2, "", false},
	 "a link or the network as a whole is attacked",
	 "リンクまたはネットワーク全体への攻撃"},
	{{RULE_PROTECTED, 4, 3, "", false}, "a scan, not an attack", "攻撃ではなくスキャン"},
	{{RULE_LINE, 2, 0.834, "", false},
	 "the attack's peak is 83 % of the access line",
	 "攻撃のピークはアクセス回線の83 %"},
	{{RULE_LINE, 2, 1.4, "", true},
	 "the attack's peak is at least 140 % of the access line",
	 "攻撃のピークはアクセス回線の少なくとも140 %"},
	{{RULE_LINK, 1, 0.97, "transit-a", false},
	 "link transit-a is 97 % full, and the attack is a good part of it: others suffer",
	 "リンクtransit-aの使用率は97 %。攻撃がその相当部分を占め、他にも影響が及ぶ"},
	{{RULE_LINK, 1, 0.97, "", false},
	 "a link is 97 % full, and the attack is a good part of it: others suffer",
	 "リンクの使用率は97 %。攻撃がその相当部分を占め、他にも影響が及ぶ"},
	{{RULE_LINK, 2, 0.55, "transit-a", true},
	 "the attack takes at least 55 % of the capacity of link transit-a",
	 "攻撃がリンクtransit-aの容量の少なくとも55 %を占める"},
	{{RULE_LINK, 3, 0.25, "", false},
	 "the attack takes 25 % of a link's capacity",
	 "攻撃がリンク容量の25 %を占める"},
	{{RULE_BYSTANDERS, 2, 2, "", false},
	 "others that are not attacked lose traffic: 2",
	 "攻撃対象でないのに通信を失っているもの: 2"},
	{{RULE_BYSTANDERS, 1, 1, "phone", false},
	 "the service phone loses traffic though it is no target (services: 1)",
	 "サービスphoneが標的でないのに通信を失っている (サービス数: 1)"},
	{{RULE_SPREAD, 2, 23, "", true},
	 "hosts hit: at least 23",
	 "攻撃を受けているホスト: 少なくとも23"},
	{{RULE_SPREAD, 2, 5, "transit-a", false},
	 "protected objects under attack over link transit-a at the same time: 5",
	 "リンクtransit-a経由で同時に攻撃を受けている保護対象: 5"},
	{{RULE_OVER, 2, 12.4, "", false},
	 "12 times the object's own threshold",
	 "対象自身のしきい値の12倍"},
	{{RULE_SERVER, 2, 0.034, "", false},
	 "only 3.4 % of the connections that begin are completed",
	 "開始された接続のうち確立するのは3.4 %だけ"},
	{{RULE_DURATION, 2, 4500, "", false}, "it has lasted 75 min", "継続時間は75 分"},
	{{RULE_OUTGOING, 3, 120000, "", false},
	 "own hosts attack others with 120 kpps",
	 "自網のホストが外部を攻撃している (120 kpps)"},
	{{RULE_LOST_SIGHT, 2, 45, "", false},
	 "we do not see it any more, for 45 s: it may go on",
	 "45 秒前から観測できていない。続いている可能性がある"},
	{{RULE_MEASURE, 3, 1, "works", false}, "a measure holds it", "措置が効いている"},
	{{RULE_MEASURE, 1, 2, "failed", false}, "a measure failed", "措置が失敗した"},
	{{RULE_CONTRACT, 1, 1, "critical", false}, "the contract is critical", "契約区分: 重要"},
	{{RULE_CONTRACT, 4, 2, "basic", false}, "the contract is basic", "契約区分: 基本"},
};

static void test_sentences(void **state)
{
	bool seen[SEVERITY_RULES] = {false};

	for (unsigned i = 0; i < ARRAY_LEN(said); i++) {
		_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;

		severity_say(&said[i].r, false, &en);
		severity_say(&said[i].r, true, &ja);
		assert_string_equal(text_str(&en), said[i].en);
		assert_string_equal(text_str(&ja), said[i].ja);
		seen[said[i].r.rule] = true;
	}
	for (unsigned i = 0; i < SEVERITY_RULES; i++)
		assert_true(seen[i]);
}

static void test_json(void **state)
{
	struct severity s = {.level = 2, .n_reasons = SEVERITY_REASONS_MAX}, back;
	json_t *o, *again;
	char *text;

	for (unsigned i = 0; i < SEVERITY_REASONS_MAX; i++)
		s.reason[i] = said[i].r;
	o = severity_json(&s);
	text = json_dumps(o, 0);
	again = json_loads(text, 0, NULL);
	assert_int_equal(severity_from_json(again, &back), 0);
	assert_int_equal(back.level, s.level);
	assert_int_equal(back.n_reasons, s.n_reasons);
	for (unsigned i = 0; i < s.n_reasons; i++) {
		assert_int_equal(back.reason[i].rule, s.reason[i].rule);
		assert_int_equal(back.reason[i].level, s.reason[i].level);
		assert_true(back.reason[i].figure == s.reason[i].figure);
		assert_string_equal(back.reason[i].name, s.reason[i].name);
		assert_int_equal(back.reason[i].at_least, s.reason[i].at_least);
	}
	free(text);
	json_decref(o);
	json_decref(again);
}

static void test_hostile_json(void **state)
{
	static const char *const bad[] = {
		"{}",
		"[]",
		"{\"level\": 2}",
		"{\"level\": 0, \"reasons\": []}",
		"{\"level\": 5, \"reasons\": []}",
		"{\"level\": \"2\", \"reasons\": []}",
		"{\"level\": 2, \"reasons\": {}}",
		"{\"level\": 2, \"reasons\": [3]}",
		"{\"level\": 2, \"reasons\": [{\"rule\": \"moon\", \"level\": 2, \"figure\": 1}]}",
		"{\"level\": 2, \"reasons\": [{\"rule\": \"line\", \"level\": 9, \"figure\": 1}]}",
		"{\"level\": 2, \"reasons\": [{\"rule\": \"line\", \"level\": 2}]}",
		"{\"level\": 2, \"reasons\": [{\"rule\": \"line\", \"level\": 2, \"figure\": "
		"1e300}]}",
		"{\"level\": 2, \"reasons\": [{\"rule\": \"line\", \"level\": 2, \"figure\": 1, "
		"\"name\": 7}]}",
		"{\"level\": 2, \"reasons\": [{\"rule\": \"line\", \"level\": 2, \"figure\": 1, "
		"\"name\": \"0123456789012345678901234567890123456789012345678901234567890123\"}]}",
		"{\"level\": 2, \"reasons\": [{\"rule\": \"line\", \"level\": 2, \"figure\": 1, "
		"\"at_least\": 1}]}",
	};
	_cleanup_text_ struct text many = TEXT_NULL;
	struct severity out;
	json_t *o;

	for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
		o = json_loads(bad[i], 0, NULL);
		assert_non_null(o);
		if (severity_from_json(o, &out) != -EINVAL)
			fail_msg("taken: %s", bad[i]);
		json_decref(o);
	}
	assert_int_equal(severity_from_json(NULL, &out), -EINVAL);
	text_add(&many, "{\"level\": 2, \"reasons\": [");
	for (unsigned i = 0; i <= SEVERITY_REASONS_MAX; i++)
		text_printf(&many, "%s{\"rule\": \"line\", \"level\": 2, \"figure\": 1}",
			    i ? "," : "");
	text_add(&many, "]}");
	o = json_loads(text_str(&many), 0, NULL);
	assert_int_equal(severity_from_json(o, &out), -EINVAL);
	json_decref(o);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_target),
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_link_share),
		cmocka_unit_test(test_link_near),
		cmocka_unit_test(test_link_without_way),
		cmocka_unit_test(test_bystanders),
		cmocka_unit_test(test_spread),
		cmocka_unit_test(test_prefix_of_several),
		cmocka_unit_test(test_over),
		cmocka_unit_test(test_server),
		cmocka_unit_test(test_duration),
		cmocka_unit_test(test_outgoing),
		cmocka_unit_test(test_lost_sight),
		cmocka_unit_test(test_measure_and_contract),
		cmocka_unit_test(test_no_data),
		cmocka_unit_test(test_sentences),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_hostile_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
