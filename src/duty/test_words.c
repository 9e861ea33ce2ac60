/* SPDX-License-Identifier: ISC */
/*
 * Golden lines of pages in both languages. Also proves that no page is longer than 140 characters
 * however long the names are, that the figure and the command are never cut, that nothing of an
 * incident's sources or bystanders by address gets into text or JSON, and what the JSON holds.
 */
#include "duty/test_duty_kit.h"

#include <math.h>

/* 64 bytes with its NUL: 21 characters of three bytes. */
#define LONG_NAME "東京都大手町第三データセンター基幹系顧客向"
#define LONG_LINK "国際海底ケーブル環太平洋第二系トランジット"

#define TAIL_EN ". noroshi brief n0123456789ab"
#define EN	", since 21:00 JST" TAIL_EN
#define JA	"、21:00 JSTから。 noroshi brief n0123456789ab"

struct page_case {
	const char *what;
	unsigned object; /* of the kit */
	struct severity_reason reason;
	unsigned level;
	enum page_why why;
	void (*change)(struct incident *inc);
	const char *en, *ja;
};

static void capacity(struct incident *inc)
{
	inc->class = CLASS_CAPACITY;
	inc->f.peak_bps = UINT64_C(1234000000);
}

static void two_vectors(struct incident *inc)
{
	inc->f.n_vectors = 3;
	inc->f.vectors[1] = inc->f.vectors[2] = inc->f.vectors[0];
	inc->f.vectors[0].vector = VECTOR_AMPLIFICATION;
	inc->f.vectors[0].port = 53;
	inc->f.vectors[1].vector = VECTOR_UDP_FLOOD;
}

static void port_of_nobody(struct incident *inc)
{
	inc->f.vectors[0].vector = VECTOR_AMPLIFICATION;
	inc->f.vectors[0].port = 4500;
}

static void unsampled(struct incident *inc)
{
	inc->f.sampling_known = false;
}

static void prefix(struct incident *inc)
{
	assert_int_equal(prefix_parse("198.51.100.0/25", false, &inc->f.target), 0);
	inc->f.level = LEVEL_PREFIX;
}

static void a_link(struct incident *inc)
{
	capacity(inc);
	inc->f.level = LEVEL_LINK;
	snprintf(inc->target_link.exporter, sizeof(inc->target_link.exporter), "border-1");
	inc->target_link.input = 1;
}

static void network(struct incident *inc)
{
	inc->f.level = LEVEL_NETWORK;
}

static void outgoing(struct incident *inc)
{
	inc->f.direction = DIRECTION_OUT;
	assert_int_equal(prefix_parse("203.0.113.9", false, &inc->f.target), 0);
}

static void scan(struct incident *inc)
{
	inc->f.kind = FINDING_SCAN;
}

static void nothing_known(struct incident *inc)
{
	inc->f.peak_bps = inc->f.peak_pps = 0;
	inc->f.n_vectors = 0;
}

static void drill(struct incident *inc)
{
	inc->drill = true;
}

static void long_name(struct incident *inc)
{
	snprintf(inc->object, sizeof(inc->object), "%s", LONG_NAME);
}

static void v6(struct incident *inc)
{
	assert_int_equal(
		prefix_parse("2001:db8:1111:2222:3333:4444:5555:6660/124", false, &inc->f.target),
		0);
	inc->f.level = LEVEL_PREFIX;
}

/* clang-format off: a row stays a row. */
static const struct page_case cases[] = {
	{"line",
	 1,
	 {RULE_LINE, 2, 0.834, "", false},
	 2,
	 PAGE_NEW,
	 capacity,
	 "SEV2 shop: SYN flood, 83 % of its line" EN,
	 "重大度2 shop: SYNフラッド、回線の83 %" JA},
	{"line, at least",
	 1,
	 {RULE_LINE, 2, 1.2, "", true},
	 2,
	 PAGE_NEW,
	 two_vectors,
	 "SEV2 shop: DNS amplification +2, at least 120 % of its line" EN,
	 "重大度2 shop: DNSリフレクション攻撃ほか2種、回線の120 %以上" JA},
	{"full link",
	 1,
	 {RULE_LINK, 1, 0.97, "transit-a", false},
	 1,
	 PAGE_WORSE,
	 NULL,
	 "WORSE SEV1 shop: SYN flood, link transit-a 97 % full" EN,
	 "悪化 重大度1 shop: SYNフラッド、リンクtransit-aの使用率97 %" JA},
	{"full link, no name",
	 1,
	 {RULE_LINK, 1, 0.97, "", false},
	 1,
	 PAGE_NEW,
	 NULL,
	 "SEV1 shop: SYN flood, its link 97 % full" EN,
	 "重大度1 shop: SYNフラッド、リンク使用率97 %" JA},
	{"part of a link",
	 6,
	 {RULE_LINK, 2, 0.55, "transit-a", true},
	 2,
	 PAGE_NEW,
	 NULL,
	 "SEV2 site6: SYN flood, at least 55 % of link transit-a" EN,
	 "重大度2 site6: SYNフラッド、リンクtransit-aの55 %以上" JA},
	{"part of some link",
	 6,
	 {RULE_LINK, 3, 0.25, "", false},
	 3,
	 PAGE_NEW,
	 NULL,
	 "SEV3 site6: SYN flood, 25 % of its link" EN,
	 "重大度3 site6: SYNフラッド、リンクの25 %" JA},
	{"one bystander",
	 6,
	 {RULE_BYSTANDERS, 2, 1, "", false},
	 2,
	 PAGE_NEW,
	 NULL,
	 "SEV2 site6: SYN flood, 1 other loses traffic" EN,
	 "重大度2 site6: SYNフラッド、ほか1対象で通信損失" JA},
	{"bystanders",
	 9,
	 {RULE_BYSTANDERS, 1, 4, "", false},
	 1,
	 PAGE_NEW,
	 prefix,
	 "SEV1 198.51.100.0/25: SYN flood, 4 others lose traffic" EN,
	 "重大度1 198.51.100.0/25: SYNフラッド、ほか4対象で通信損失" JA},
	{"a service",
	 6,
	 {RULE_BYSTANDERS, 1, 1, "phone", false},
	 1,
	 PAGE_NEW,
	 NULL,
	 "SEV1 site6: SYN flood, 1 service loses traffic: phone" EN,
	 "重大度1 site6: SYNフラッド、サービス1件で通信損失 (phone)" JA},
	{"services",
	 6,
	 {RULE_BYSTANDERS, 1, 3, "phone", false},
	 1,
	 PAGE_NEW,
	 NULL,
	 "SEV1 site6: SYN flood, 3 services lose traffic: phone" EN,
	 "重大度1 site6: SYNフラッド、サービス3件で通信損失 (phoneほか)" JA},
	{"hosts",
	 9,
	 {RULE_SPREAD, 2, 23, "", true},
	 2,
	 PAGE_NEW,
	 prefix,
	 "SEV2 198.51.100.0/25: SYN flood, at least 23 hosts hit" EN,
	 "重大度2 198.51.100.0/25: SYNフラッド、攻撃先23ホスト以上" JA},
	{"objects",
	 6,
	 {RULE_SPREAD, 2, 5, "transit-a", false},
	 2,
	 PAGE_NEW,
	 NULL,
	 "SEV2 site6: SYN flood, 5 objects hit over link transit-a" EN,
	 "重大度2 site6: SYNフラッド、リンクtransit-a経由で5対象に攻撃" JA},
	{"threshold",
	 6,
	 {RULE_OVER, 2, 12.4, "", false},
	 2,
	 PAGE_NEW,
	 port_of_nobody,
	 "SEV2 site6: port 4500 amplification, 12 times its threshold" EN,
	 "重大度2 site6: ポート4500のリフレクション攻撃、しきい値の12倍" JA},
	{"threshold, at least",
	 6,
	 {RULE_OVER, 3, 3.21, "", true},
	 3,
	 PAGE_NEW,
	 NULL,
	 "SEV3 site6: SYN flood, at least 3.2 times its threshold" EN,
	 "重大度3 site6: SYNフラッド、しきい値の3.2倍以上" JA},
	{"connections",
	 6,
	 {RULE_SERVER, 2, 0.034, "", false},
	 2,
	 PAGE_NEW,
	 NULL,
	 "SEV2 site6: SYN flood, 3.4 % of connections completed" EN,
	 "重大度2 site6: SYNフラッド、接続確立率3.4 %" JA},
	{"long",
	 6,
	 {RULE_DURATION, 2, 4500, "", false},
	 2,
	 PAGE_ESCALATED,
	 NULL,
	 "NO ANSWER SEV2 site6: SYN flood, for 75 min" EN,
	 "応答なし 重大度2 site6: SYNフラッド、継続75 分" JA},
	{"outgoing",
	 0,
	 {RULE_OUTGOING, 3, 120000, "", false},
	 3,
	 PAGE_NEW,
	 outgoing,
	 "SEV3 203.0.113.9: SYN flood, our hosts send 120 kpps" EN,
	 "重大度3 203.0.113.9: SYNフラッド、自網から120 kpps送信" JA},
	{"lost sight",
	 6,
	 {RULE_LOST_SIGHT, 2, 45, "", false},
	 2,
	 PAGE_NEW,
	 NULL,
	 "SEV2 site6: SYN flood, not seen for 45 s" EN,
	 "重大度2 site6: SYNフラッド、45 秒前から観測不能" JA},
	{"only its peak",
	 6,
	 {RULE_PROTECTED, 3, 1, "site6", false},
	 3,
	 PAGE_NEW,
	 NULL,
	 "SEV3 site6: SYN flood, peak 6.00 kpps" EN,
	 "重大度3 site6: SYNフラッド、ピーク6.00 kpps" JA},
	{"peak, at least",
	 9,
	 {RULE_PROTECTED, 4, 0, "", false},
	 4,
	 PAGE_NEW,
	 unsampled,
	 "SEV4 198.51.100.9: SYN flood, peak at least 6.00 kpps" EN,
	 "重大度4 198.51.100.9: SYNフラッド、ピーク6.00 kpps以上" JA},
	{"a scan",
	 6,
	 {RULE_PROTECTED, 4, 3, "", false},
	 4,
	 PAGE_NEW,
	 scan,
	 "SEV4 site6: scan, peak 6.00 kpps" EN,
	 "重大度4 site6: スキャン、ピーク6.00 kpps" JA},
	{"a link",
	 0,
	 {RULE_PROTECTED, 3, 2, "", false},
	 3,
	 PAGE_NEW,
	 a_link,
	 "SEV3 link transit-a: SYN flood, peak 1.23 Gbit/s" EN,
	 "重大度3 リンクtransit-a: SYNフラッド、ピーク1.23 Gbit/s" JA},
	{"the network",
	 0,
	 {RULE_PROTECTED, 3, 2, "", false},
	 3,
	 PAGE_SNOOZE_OVER,
	 network,
	 "STILL ON SEV3 the network: SYN flood, peak 6.00 kpps" EN,
	 "継続中 重大度3 ネットワーク全体: SYNフラッド、ピーク6.00 kpps" JA},
	{"nothing known",
	 6,
	 {RULE_PROTECTED, 3, 1, "", false},
	 3,
	 PAGE_NEW,
	 nothing_known,
	 "SEV3 site6" EN,
	 "重大度3 site6" JA},
	{"a drill",
	 1,
	 {RULE_LINE, 2, 0.834, "", false},
	 2,
	 PAGE_ESCALATED,
	 drill,
	 "DRILL NO ANSWER SEV2 shop: SYN flood, 83 % of its line" EN,
	 "訓練 応答なし 重大度2 shop: SYNフラッド、回線の83 %" JA},
	{"long names",
	 1,
	 {RULE_LINK, 1, 0.97, LONG_LINK, false},
	 1,
	 PAGE_SNOOZE_OVER,
	 long_name,
	 "STILL ON SEV1 東京都大手町第三データセンター基幹系顧客向: SYN flood, link "
	 "国際海底ケーブル環太平洋第二系トランジット "
	 "97 % full" EN,
	 "継続中 重大度1 東京都大手町第三データセンター基幹系顧客向: "
	 "SYNフラッド、リンク国際海底ケーブル環太平洋第二系トランジットの使用率97 %" JA},
	{"a long prefix",
	 0,
	 {RULE_SPREAD, 2, 5000, LONG_LINK, false},
	 2,
	 PAGE_ESCALATED,
	 v6,
	 "NO ANSWER SEV2 2001:db8:1111:2222:3333:4444:5555:6660/124: SYN flood, 5000 objects "
	 "hit over link 国際海底ケーブル環太平洋第…" TAIL_EN,
	 "応答なし 重大度2 2001:db8:1111:2222:3333:4444:5555:6660/124: "
	 "SYNフラッド、リンク国際海底ケーブル環太平洋第二系トランジット経由で5000対象に攻撃" JA},
};
/* clang-format on */

struct made {
	struct alarm alarm;
	struct severity severity;
	struct incident *inc;
	struct page_about about;
};

static void make(struct made *m, const struct page_case *c)
{
	memset(m, 0, sizeof(*m));
	m->inc = kit_incident("n0123456789ab", c->object, T0, T0 + 90 * S);
	if (c->change)
		c->change(m->inc);
	alarm_clear(&m->alarm);
	snprintf(m->alarm.ref, sizeof(m->alarm.ref), "%s", m->inc->id);
	alarm_id(ALARM_INCIDENT, m->inc->id, m->alarm.id);
	m->alarm.severity = c->level;
	m->alarm.opened_us = T0;
	snprintf(m->alarm.object, sizeof(m->alarm.object), "%s", m->inc->object);
	m->severity.level = c->level;
	m->severity.reason[0] = c->reason;
	m->severity.n_reasons = 1;
	m->about = (struct page_about){.alarm = &m->alarm,
				       .severity = &m->severity,
				       .incident = m->inc,
				       .drill = m->inc->drill};
}

static void say(const struct page_about *about, enum page_why why, bool ja, struct text *out)
{
	text_clear(out);
	page_words(about, why, ja, "Asia/Tokyo", T0 + 100 * S, out);
	assert_true(text_is_utf8(text_str(out), out->len));
	assert_true(page_characters(text_str(out)) <= PAGE_CHARS_MAX);
}

static void test_golden(void **state)
{
	bool show = getenv("DUTY_SHOW") != NULL;

	for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
		_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;
		struct made m;

		make(&m, &cases[i]);
		say(&m.about, cases[i].why, false, &en);
		say(&m.about, cases[i].why, true, &ja);
		if (show)
			print_message("%s\n%s\n%s\n", cases[i].what, text_str(&en), text_str(&ja));
		else if (strcmp(text_str(&en), cases[i].en) != 0 ||
			 strcmp(text_str(&ja), cases[i].ja) != 0)
			fail_msg("%s:\n%s\n%s", cases[i].what, text_str(&en), text_str(&ja));
		incident_free(m.inc);
	}
}

static void test_not_told_again(void **state)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	struct severity none = {.level = 0};
	struct made m;

	/* After a restart, before the incident is told: by what the store has of it. */
	make(&m, &cases[0]);
	m.about.incident = NULL;
	say(&m.about, PAGE_ESCALATED, false, &t);
	assert_string_equal(text_str(&t), "NO ANSWER SEV2 shop: 83 % of its line" EN);
	m.about.severity = &none;
	say(&m.about, PAGE_ESCALATED, false, &t);
	assert_string_equal(text_str(&t), "NO ANSWER SEV2 shop" EN);
	say(&m.about, PAGE_ESCALATED, true, &t);
	assert_string_equal(text_str(&t), "応答なし 重大度2 shop" JA);
	incident_free(m.inc);
}

static void test_date(void **state)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	struct made m;

	make(&m, &cases[0]);
	m.alarm.opened_us = T0 - 21 * 3600 * S - S; /* the day before in Tokyo */
	say(&m.about, PAGE_NEW, false, &t);
	assert_string_equal(text_str(&t), "SEV2 shop: SYN flood, 83 % of its line, since "
					  "2008-08-07 23:59 JST" TAIL_EN);
	text_clear(&t);
	page_words(&m.about, PAGE_NEW, false, "America/New_York", T0, &t);
	assert_string_equal(text_str(&t), "SEV2 shop: SYN flood, 83 % of its line, since "
					  "2008-08-07 10:59 EDT" TAIL_EN);
	incident_free(m.inc);
}

static void test_faults_and_storms(void **state)
{
	/* clang-format off */
	static const struct {
		struct fault f;
		const char *en, *ja;
	} faults[] = {
		{{FAULT_EXPORTER_SILENT, "border-1", 45, T0, false},
		 "SEV2 fault: no export from border-1 for 45 s, since 21:00 JST. noroshi brief w1",
		 "重大度2 監視障害: border-1から45 秒間エクスポートなし、21:00 JSTから。 noroshi brief w1"},
		{{FAULT_DISK_FULL, "", NAN, T0, false},
		 "SEV2 fault: the disk of the store is full, since 21:00 JST. noroshi brief w1",
		 "重大度2 監視障害: 記録庫のディスクが満杯、21:00 JSTから。 noroshi brief w1"},
		{{FAULT_TEMPLATE_MISSING, LONG_NAME, 400, T0, false},
		 "SEV2 fault: data of " LONG_NAME " wait for their template for 7 min, since 21:00 "
		 "JST. noroshi brief w1",
		 "重大度2 監視障害: " LONG_NAME "のデータがテンプレート待ち (7 分)、21:00 JSTから。 "
		 "noroshi brief w1"},
	};
	static const struct {
		struct page_storm s;
		const char *en, *ja;
	} storms[] = {
		{{12, 0, 9, 1, "transit-a"},
		 "DRILL SEV1 storm: 12 incidents, 9 objects, one link transit-a, since 21:00 JST. "
		 "noroshi brief w1",
		 "訓練 重大度1 多発: インシデント12件、対象9、リンク1本 (transit-a)、21:00 JSTから。 "
		 "noroshi brief w1"},
		{{1, 2, 1, 3, ""},
		 "DRILL SEV1 storm: 1 incident, 2 faults, 1 object, 3 links, since 21:00 JST. "
		 "noroshi brief w1",
		 "訓練 重大度1 多発: インシデント1件、監視障害2件、対象1、リンク3本、21:00 JSTから。 "
		 "noroshi brief w1"},
		{{0, 1, 0, 0, ""},
		 "DRILL SEV1 storm: 1 fault, since 21:00 JST. noroshi brief w1",
		 "訓練 重大度1 多発: 監視障害1件、21:00 JSTから。 noroshi brief w1"},
	};
	/* clang-format on */
	struct alarm a;
	struct page_about about = {.alarm = &a};
	_cleanup_text_ struct text t = TEXT_NULL;

	alarm_clear(&a);
	snprintf(a.id, sizeof(a.id), "w1");
	a.opened_us = T0;
	a.severity = 2;
	a.kind = ALARM_FAULT;
	for (unsigned i = 0; i < ARRAY_LEN(faults); i++) {
		about.fault = &faults[i].f;
		say(&about, PAGE_NEW, false, &t);
		assert_string_equal(text_str(&t), faults[i].en);
		say(&about, PAGE_NEW, true, &t);
		assert_string_equal(text_str(&t), faults[i].ja);
	}
	about.fault = NULL;
	about.drill = true;
	a.severity = 1;
	a.kind = ALARM_STORM;
	for (unsigned i = 0; i < ARRAY_LEN(storms); i++) {
		about.storm = &storms[i].s;
		say(&about, PAGE_NEW, false, &t);
		assert_string_equal(text_str(&t), storms[i].en);
		say(&about, PAGE_NEW, true, &t);
		assert_string_equal(text_str(&t), storms[i].ja);
	}
	text_clear(&t);
	page_test_words(true, true, "Asia/Tokyo", T0, &t);
	assert_string_equal(text_str(&t),
			    "訓練 試験 noroshiの呼び出し試験、21:00 JST。対応は不要。 "
			    "noroshi status");
}

static void test_cut(void **state)
{
	static const struct {
		const char *name;
		unsigned most;
		const char *want;
	} rows[] = {
		{"shop", 4, "shop"},
		{"shops", 4, "sho…"},
		{"火災報知", 4, "火災報知"},
		{"火災報知機", 4, "火災報…"},
		{"abc", 1, "…"},
		{"", 3, ""},
		{"a\nb\tc\x7f", 9, "abc"},
		{"a\xff\xe7\x81z", 9, "az"},
		{"x\u202eevil\u2069", 9, "xevil"},
		{"\xed\xa0\x80k", 9, "k"},
	};

	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		_cleanup_text_ struct text t = TEXT_NULL;

		page_cut(rows[i].name, rows[i].most, &t);
		assert_string_equal(text_str(&t), rows[i].want);
	}
}

/* Names of every length, in every kind of sentence: never too long, figure and command whole. */
static void test_any_names(void **state)
{
	static const char *const letters[] = {"a", "é", "火", "🔥"};
	_cleanup_text_ struct text t = TEXT_NULL, name = TEXT_NULL;

	for (unsigned i = 0; i < ARRAY_LEN(cases) * 2 * 4; i++) {
		const struct page_case *c = &cases[i / 8];

		for (unsigned n = 0; n < 64; n += 7) {
			struct made m;

			make(&m, c);
			text_clear(&name);
			while (name.len + strlen(letters[i % 4]) <= (n < 63 ? n : 63))
				text_add(&name, letters[i % 4]);
			snprintf(m.alarm.object, sizeof(m.alarm.object), "%s", text_str(&name));
			if (m.severity.reason[0].name[0] && n)
				snprintf(m.severity.reason[0].name, 64, "%s", text_str(&name));
			m.about.drill = true;
			say(&m.about, PAGE_SNOOZE_OVER, i / 4 % 2, &t);
			if (!strstr(text_str(&t), "noroshi brief n0123456789ab"))
				fail_msg("%s: %s", c->what, text_str(&t));
			assert_true(strncmp(text_str(&t), i / 4 % 2 ? "訓練 " : "DRILL ", 6) == 0);
			if (c->reason.rule == RULE_LINK && c->reason.figure == 0.97)
				assert_non_null(strstr(text_str(&t), "97 %"));
			incident_free(m.inc);
		}
	}
}

static bool holds(const json_t *o, const char *word)
{
	char *text = json_dumps(o, JSON_ENCODE_ANY);
	bool found = strstr(text, word) != NULL;

	free(text);
	return found;
}

/* Sources and bystanders wherever an incident has room for them. */
static void test_no_address(void **state)
{
	static const char *const secret[] = {"203.0.113.66", "203.0.113.67", "203.0.113.68",
					     "203.0.113.69"};
	char *const lost = (char[]){"203.0.113.67"};

	for (unsigned i = 0; i < ARRAY_LEN(cases) * 2; i++) {
		_cleanup_text_ struct text t = TEXT_NULL;
		struct page p = {.id = "w1-1-1", .language = "en"};
		struct severity_input in = {.conf = conf_default(), .now_us = T0};
		struct made m;

		make(&m, &cases[i / 2]);
		m.inc->f.sources.n_top = 1;
		assert_int_equal(ip_parse(secret[0], &m.inc->f.sources.top[0].addr), 0);
		m.inc->f.sources.top[0].established = true;
		m.inc->f.n_children = 1;
		assert_int_equal(ip_parse(secret[3], &m.inc->f.children[0]), 0);
		m.inc->path = calloc(1, sizeof(*m.inc->path));
		m.inc->path->n_lost = 3;
		snprintf(m.inc->path->lost[0].object, PATH_NAME_MAX, "%s", lost);
		m.inc->path->n_services = 1;
		snprintf(m.inc->path->service[0].name, PATH_NAME_MAX, "%s", secret[2]);
		m.inc->path->service[0].risk = RISK_LOST;
		if (i % 2) {
			/* As it is judged, not as the table says. */
			in.incident = m.inc;
			severity_judge(&in, &m.severity);
		}
		say(&m.about, PAGE_NEW, false, &t);
		snprintf(p.text, sizeof(p.text), "%s", text_str(&t));
		p.json = page_data(&m.about, &p, "Asia/Tokyo");
		assert_non_null(p.json);
		for (unsigned k = 0; k < ARRAY_LEN(secret); k++) {
			assert_null(strstr(p.text, secret[k]));
			assert_false(holds(p.json, secret[k]));
		}
		page_deinit(&p);
		incident_free(m.inc);
		conf_unref((struct conf *)in.conf);
	}
}

static void test_json(void **state)
{
	static const char want[] =
		"{\"version\":1,\"id\":\"wf-2-1\",\"alarm\":\"wf\",\"why\":\"escalated\",\"step\":"
		"2,\"at\":\"2008-08-08T12:00:00.000000Z\",\"drill\":false,\"person\":\"bob\","
		"\"phone\":\"+81-3-5550-0100\",\"language\":\"en\",\"channel\":\"program\","
		"\"kind\":\"incident\",\"incident\":\"n0123456789ab\",\"severity\":{\"level\":2,"
		"\"reasons\":[{\"rule\":\"line\",\"level\":2,\"figure\":0.834,\"name\":\"\","
		"\"at_least\":false,\"en\":\"the attack's peak is 83 % of the access line\",\"ja\":"
		"\"攻撃のピークはアクセス回線の83 "
		"%\"}]},\"object\":\"shop\",\"owner\":null,\"since\":"
		"\"2008-08-08T12:00:00.000000Z\",\"since_local\":\"2008-08-08 21:00 JST\","
		"\"command\":\"noroshi brief n0123456789ab\",\"text\":\"x\",\"target\":"
		"\"198.51.100.1\",\"class\":\"capacity\",\"direction\":\"in\",\"state\":\"open\","
		"\"link\":\"transit-a\",\"vectors\":[\"syn_flood\"],\"figures\":{\"at_least\":"
		"false,\"peak_bps\":1234000000,\"peak_pps\":6000,\"packets\":null,\"bytes\":null,"
		"\"line_share\":1.234,\"hosts_hit\":1,\"pulses\":1,\"seconds\":90},\"last\":"
		"\"2008-08-08T12:01:30.000000Z\"}";
	struct page p = {.id = "wf-2-1",
			 .alarm = "wf",
			 .why = PAGE_ESCALATED,
			 .step = 2,
			 .person = "bob",
			 .phone = "+81-3-5550-0100",
			 .language = "en",
			 .text = "x",
			 .at_us = T0};
	struct made m;
	char *text;
	json_t *o;

	make(&m, &cases[0]);
	o = page_data(&m.about, &p, "Asia/Tokyo");
	text = json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(15));
	assert_string_equal(text, want);
	free(text);
	json_decref(o);
	incident_free(m.inc);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),	   cmocka_unit_test(test_not_told_again),
		cmocka_unit_test(test_date),	   cmocka_unit_test(test_faults_and_storms),
		cmocka_unit_test(test_cut),	   cmocka_unit_test(test_any_names),
		cmocka_unit_test(test_no_address), cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
