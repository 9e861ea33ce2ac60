/* SPDX-License-Identifier: ISC */
/*
 * Proves what a regulator is given and what lists show: golden in both languages for a measure that
 * went the whole way, a bare one, one that broke the glass, and one whose effect cannot be
 * measured; no line wider than 98 columns, no empty figure, and nothing that steers a terminal.
 */
#include "duty/test_brief_kit.h"

#include "act/test_measure_kit.h"

#define COLUMNS 98

static const struct law_basis basis = {
	.id = "emergency_evacuation",
	.name_en = "Emergency evacuation",
	.name_ja = "緊急避難",
	.source = "Penal Code, Article 37; guideline on cyber attacks and the secrecy of "
		  "communications, 5th edition",
	.source_ja = "刑法第37条。電気通信事業者におけるサイバー攻撃等への対処と通信の秘密に関する"
		     "ガイドライン第5版",
};

static const struct measure_line lines[] = {
	{12, NOW_US, "Sato", "start", "", "planned",
	 "the line of 10 Gbit/s is full, 14 others lose traffic"},
	{13, NOW_US + 5 * US_PER_S, "Sato", "approve", "planned", "planned", ""},
	{14, NOW_US + 31 * US_PER_S, "Tanaka", "approve", "planned", "approved", ""},
	{15, NOW_US + 31 * US_PER_S + 40000, "noroshi", "applied", "approved", "applied", ""},
	{19, NOW_US + MINUTES(112), "Tanaka", "renew", "applied", "applied",
	 "it goes on with 8 Gbit/s"},
	{23, NOW_US + MINUTES(170), "Lee", "withdraw", "applied", "withdrawn",
	 "the attack is over"},
	{24, NOW_US + MINUTES(170) + 90000, "noroshi", "gone", "withdrawn", "gone", ""},
};

static void full(struct measure *m)
{
	kit_measure(m);
	m->approvals_wanted = 2;
	strcpy(m->consent, "contract 7");
	strcpy(m->option.says_en, "The target is offline for everyone while it stands.");
	strcpy(m->option.says_ja, "適用中は誰からも接続できない。");
	strcpy(m->option.community, "65535:666");
	kit_approve(m, "Sato", HOW_PERSON, NOW_US + 5 * US_PER_S);
	kit_approve(m, "Tanaka", HOW_SIGNATURE, NOW_US + 31 * US_PER_S);
	measure_applied(m, m->until_us, NOW_US + 31 * US_PER_S + 40000);
	measure_ask_renewal(m, "Sato", "it goes on with 8 Gbit/s", NOW_US + MINUTES(180), 0,
			    NOW_US + MINUTES(111));
	measure_approve_renewal(m, "Tanaka", 0, NOW_US + MINUTES(112), NULL);
	measure_withdraw(m, "Lee", "the attack is over", NOW_US + MINUTES(170));
	measure_gone(m, NOW_US + MINUTES(170) + 90000);
	m->effect = (struct measure_effect){.at_us = NOW_US + MINUTES(100),
					    .before_bps = 9.25e9,
					    .after_bps = 0,
					    .dropped_packets = 123456789,
					    .dropped_bytes = -1};
}

static void print_both(const struct measure *m, const struct law_basis *b, unsigned n,
		       struct text *out)
{
	for (int ja = 0; ja < 2; ja++) {
		measure_print(m, b, lines, n, ZONE, ja, out);
		text_add(out, "----\n");
		measure_short(m, ZONE, ja, out);
		text_add(out, "====\n");
	}
}

static void is_readable(const char *text)
{
	_cleanup_free_ char *copy = strdup(text);
	char *save = NULL;

	assert_null(strstr(text, "(null)"));
	assert_null(strstr(text, "nan"));
	assert_null(strstr(text, "9223372036854775808"));
	for (char *l = strtok_r(copy, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		if (text_width(l) > COLUMNS && !strstr(l, "m0123456789ab  "))
			fail_msg("%zu columns: %s", text_width(l), l);
		for (const char *p = l; *p; p++)
			assert_true((unsigned char)*p >= 0x20);
		if (*l && l[strlen(l) - 1] == ' ')
			fail_msg("a space at the end: %s", l);
	}
}

static void golden_both(const char *name, const struct measure *m, const struct law_basis *b,
			unsigned n)
{
	_cleanup_text_ struct text out = TEXT_NULL;

	print_both(m, b, n, &out);
	is_readable(text_str(&out));
	golden_is(name, text_str(&out));
}

static void test_the_whole_way(void **state)
{
	struct measure m;

	full(&m);
	assert_int_equal(m.stage, MEASURE_GONE);
	golden_both("measure-whole", &m, &basis, ARRAY_LEN(lines));
}

/* Only what must be there; not approved, never applied, a law that is not known any more. */
static void test_bare(void **state)
{
	struct measure m;

	kit_measure(&m);
	m.object[0] = m.option.point[0] = '\0';
	m.data = 0;
	m.basis[0] = '\0';
	golden_both("measure-bare", &m, NULL, 0);
}

static void test_break_glass(void **state)
{
	struct measure m;

	kit_measure(&m);
	m.break_glass = m.drill = m.drill_routers = true;
	strcpy(m.override, "by Sato on 2026-11-01: counsel has the file until December");
	m.option.kind = PLAN_FLOWSPEC;
	m.option.n_rules = 1;
	m.option.rule[0].destination = m.option.target;
	m.option.rule[0].action = RULE_DISCARD;
	rule_add(&m.option.rule[0], RULE_PROTOCOL, 17, 17);
	rule_add(&m.option.rule[0], RULE_SOURCE_PORT, 53, 53);
	kit_approve(&m, "Sato", HOW_BREAK_GLASS, NOW_US);
	measure_applied(&m, m.until_us, NOW_US + US_PER_S);
	m.effect = (struct measure_effect){.at_us = NOW_US + MINUTES(2),
					   .before_bps = -1,
					   .after_bps = 2e6,
					   .dropped_packets = -1,
					   .dropped_bytes = -1};
	golden_both("measure-break-glass", &m, &basis, 2);
}

/* One rule, and what it says of the sides: behind, and before or what was dropped. */
static void test_effect(void **state)
{
	static const struct {
		double before, after;
		int64_t dropped;
		const char *en;
	} rows[] = {
		{-1, -1, -1, "not measurable: neither side of the point is seen; at"},
		{-1, -1, 7, "not measurable: neither side of the point is seen; 7 packets"},
		{9e6, -1, 7,
		 "not measurable: the side behind the point is not seen; attack before the point "
		 "9"},
		{9e6, -1, -1, "not measurable: the side behind the point is not seen"},
		{-1, 2e6, -1,
		 "not measurable: the side before the point is not seen; attack behind the point "
		 "2"},
		{-1, 0, 7, "attack behind the point 0 bit/s; 7 packets dropped (the side before"},
		{9e6, 0, -1, "attack before the point 9"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		_cleanup_text_ struct text out = TEXT_NULL;
		_cleanup_free_ char *flat = NULL;
		struct measure m;
		size_t n = 0;

		full(&m);
		m.effect = (struct measure_effect){.at_us = NOW_US,
						   .before_bps = rows[i].before,
						   .after_bps = rows[i].after,
						   .dropped_packets = rows[i].dropped,
						   .dropped_bytes = rows[i].dropped};
		measure_print(&m, &basis, NULL, 0, ZONE, false, &out);
		is_readable(text_str(&out));
		flat = strdup(text_str(&out)); /* unfolded */
		for (const char *p = text_str(&out); *p; p++)
			if ((*p != ' ' && *p != '\n') || (n && flat[n - 1] != ' '))
				flat[n++] = *p == '\n' ? ' ' : *p;
		flat[n] = '\0';
		if (!strstr(flat, rows[i].en))
			fail_msg("%zu: %s", i, flat);
		assert_int_equal(strstr(flat, "not measurable") == NULL,
				 effect_is_measurable(&m.effect));
		text_clear(&out);
		measure_print(&m, &basis, NULL, 0, ZONE, true, &out);
		is_readable(text_str(&out));
		assert_int_equal(strstr(text_str(&out), "測定できない") == NULL,
				 effect_is_measurable(&m.effect));
	}
}

static void test_standing_and_failed(void **state)
{
	struct measure m;

	kit_measure(&m);
	strcpy(m.standing, "shop by night");
	kit_approve(&m, "shop by night", HOW_STANDING, NOW_US);
	measure_failed(&m, "the router refused it: unknown key", NOW_US + US_PER_S);
	golden_both("measure-failed", &m, &basis, 1);
}

/* Lifting it is proposed, after a probe; and one that is lifted just now. */
static void test_lift(void **state)
{
	_cleanup_text_ struct text out = TEXT_NULL;
	struct measure m;

	full(&m);
	m.stage = MEASURE_VERIFIED;
	m.ended_us = m.gone_us = TIME_NONE;
	m.ended_by[0] = m.why[0] = '\0';
	measure_begin_probe(&m, NOW_US + MINUTES(90) + 5 * US_PER_S, NOW_US + MINUTES(90));
	measure_short(&m, ZONE, false, &out);
	measure_short(&m, ZONE, true, &out);
	assert_non_null(strstr(text_str(&out), "  lifted to see\n"));
	assert_non_null(strstr(text_str(&out), "  試験解除中\n"));
	measure_end_probe(&m, PROBE_NOTHING);
	measure_propose_lift(&m, "nothing was dropped for 10 min", "10 分 破棄なし",
			     NOW_US + MINUTES(91));
	golden_both("measure-lift", &m, &basis, 0);
}

/* What people wrote cannot move the cursor, break a line or grow without a fold. */
static void test_hostile_words(void **state)
{
	static const struct measure_line bad = {
		7, NOW_US, "ev\x1b[2Jil", "note", "", "", "a\nb\tc \xff\xfe \xe2\x80\xae turned"};
	_cleanup_text_ struct text out = TEXT_NULL;
	struct measure m;

	full(&m);
	strcpy(m.purpose, "one\ntwo\r\x1b[31mred\x07");
	memset(m.necessity, 'x', sizeof(m.necessity) - 1);
	for (size_t i = 0; i + 3 < sizeof(m.weaker); i += 3)
		memcpy(m.weaker + i, "長", 3);
	snprintf(m.approval[0].person, sizeof(m.approval[0].person), "S\nato");
	measure_print(&m, &basis, &bad, 1, ZONE, false, &out);
	measure_print(&m, &basis, &bad, 1, ZONE, true, &out);
	measure_short(&m, ZONE, false, &out);
	is_readable(text_str(&out));
	assert_non_null(strstr(text_str(&out), "one two [31mred"));
	assert_null(strstr(text_str(&out), "\xe2\x80\xae"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_whole_way), cmocka_unit_test(test_bare),
		cmocka_unit_test(test_break_glass),   cmocka_unit_test(test_standing_and_failed),
		cmocka_unit_test(test_lift),	      cmocka_unit_test(test_hostile_words),
		cmocka_unit_test(test_effect),
	};

	return cmocka_run_group_tests_name("act measure print", tests, NULL, NULL);
}
