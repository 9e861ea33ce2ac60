/* SPDX-License-Identifier: ISC */
/*
 * Proves that the shipped law files are read, whole, and that nobody's review lets nothing start;
 * that each refusal is given for exactly what is missing and names it in both languages; what
 * counts as a text, and which purposes are turned away while those about an attack are not; which
 * file counts for which country; and that mistakes are named with their line and column.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "act/law.h"
#include "act/plan.h"
#include "base/clock.h"

#define NOW (INT64_C(1218196800) * US_PER_S)
#define MIN (60 * US_PER_S)
#define DAY (1440 * MIN)

static struct law *load(const char *country)
{
	_cleanup_text_ struct text why = TEXT_NULL;
	struct law *l = NULL;

	if (law_load(LEGAL_DIR, country, &l, &why) || why.len)
		fail_msg("%s: %s", country, text_str(&why));
	return l;
}

static struct law *signed_law(const char *country)
{
	struct law *l = load(country);

	snprintf(l->reviewed_by, sizeof(l->reviewed_by), "A. Lawyer");
	l->reviewed_us = NOW - DAY;
	return l;
}

/* ---- the shipped files ---- */

static bool has_japanese(const char *s)
{
	for (; *s; s++)
		if ((*s & 0xf0) == 0xe0)
			return true;
	return false;
}

static void test_shipped(void **state)
{
	static const char *const countries[] = {"JP", "EU", "ZZ"};

	assert_int_equal(law_n_files, ARRAY_LEN(countries));
	for (unsigned i = 0; i < ARRAY_LEN(countries); i++) {
		_cleanup_law_ struct law *l = load(countries[i]);
		_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;
		bool asks = false, drops = false;

		assert_string_equal(l->country, countries[i]);
		assert_false(law_is_reviewed(l, NOW));
		assert_string_equal(l->reviewed_by, LAW_REVIEW_NOBODY);
		for (unsigned b = 0; b < l->n_bases; b++) {
			assert_true(l->basis[b].allows && l->basis[b].data &&
				    l->basis[b].longest_s);
			assert_false(l->basis[b].data & DATA_CONTENT);
			assert_true(l->basis[b].n_conditions > 0 && *l->basis[b].source);
			assert_true(has_japanese(l->basis[b].name_ja));
			assert_true(has_japanese(l->basis[b].source_ja));
			assert_false(has_japanese(l->basis[b].source));
			/* What nobody has filled in says who has to. */
			if (strstr(l->basis[b].source, "to be filled in"))
				assert_true(strstr(l->basis[b].source, "by counsel") &&
					    strstr(l->basis[b].source_ja, "弁護士が記入"));
			for (unsigned c = 0; c < l->basis[b].n_conditions; c++)
				assert_true(has_japanese(l->basis[b].condition_ja[c]));
			asks |= l->basis[b].allows >> PLAN_ASK & 1;
			drops |= l->basis[b].allows >> PLAN_FLOWSPEC & 1;
		}
		assert_true(asks && drops);
		law_print(l, false, &en);
		law_print(l, true, &ja);
		assert_non_null(strstr(text_str(&en), "reviewed by: nobody yet"));
		assert_non_null(strstr(text_str(&ja), "まだ誰も確認していない"));
	}
}

static void test_japan(void **state)
{
	_cleanup_law_ struct law *l = load("JP");
	const struct law_basis *consent = law_find(l, "consent"),
			       *business = law_find(l, "business");
	const struct law_basis *defence = law_find(l, "self_defence");
	const struct law_basis *emergency = law_find(l, "emergency");

	assert_true(consent && business && defence && emergency);
	assert_null(law_find(l, "busines"));
	assert_true(consent->needs_consent && !business->needs_consent);
	assert_true(consent->allows >> PLAN_RTBH & 1);
	/* A blackhole takes the owner offline: not by the carrier's business alone. */
	assert_false(business->allows >> PLAN_RTBH & 1);
	assert_true(business->allows >> PLAN_FLOWSPEC & 1);
	assert_true(emergency->allows >> PLAN_RTBH & 1);
	assert_true(consent->automatic && business->automatic);
	/* Whether danger is present is for somebody to judge at the time. */
	assert_false(defence->automatic || emergency->automatic);
	assert_string_equal(business->name_ja, "正当業務行為");
}

static void test_json(void **state)
{
	_cleanup_law_ struct law *l = load("JP"), *s = signed_law("EU");
	json_t *json = law_json(l), *review;

	review = json_object_get(json, "review");
	assert_true(json_is_false(json_object_get(review, "done")));
	assert_true(json_is_null(json_object_get(review, "date")));
	assert_int_equal(json_array_size(json_object_get(json, "bases")), 4);
	json_decref(json);
	json = law_json(s);
	review = json_object_get(json, "review");
	assert_string_equal(json_string_value(json_object_get(review, "date")), "2008-08-07");
	json_decref(json);
}

/* ---- refusals ---- */

#define GOOD_WORDS                                                                                 \
	{                                                                                          \
		.basis = "consent", .purpose = "protect the shop from the flood",                  \
		.necessity = "its access line has been full for ten minutes",                      \
		.weaker = "a filter would spare clients, but the line is full before it",          \
		.consent = "contract 2026-0042", .until_us = NOW + 30 * MIN, .data = DATA_HEADER,  \
	}

/* The refusal of @w; also that it is said, in both languages, without a hole. */
static enum law_refusal refuse(const struct law *l, const struct law_words *w, unsigned kind,
			       bool override, uint64_t spent_s)
{
	enum law_refusal r = law_check(l, w, kind, override, spent_s, NOW);
	_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;

	law_refusal_say(r, w, false, &en);
	law_refusal_say(r, w, true, &ja);
	assert_true(en.len > 10 && has_japanese(text_str(&ja)));
	assert_null(strstr(text_str(&en), "%"));
	assert_null(strstr(text_str(&en), "  "));
	assert_null(strstr(text_str(&en), "()"));
	assert_non_null(law_refusal_name(r));
	return r;
}

#define EXPECT(refusal, change)                                                                    \
	do {                                                                                       \
		struct law_words w = GOOD_WORDS;                                                   \
		change;                                                                            \
		assert_string_equal(law_refusal_name(refuse(l, &w, PLAN_RTBH, false, 0)),          \
				    law_refusal_name(refusal));                                    \
	} while (0)

static void test_refusals(void **state)
{
	_cleanup_law_ struct law *l = signed_law("JP");

	EXPECT(LAW_GOOD, (void)0);
	EXPECT(LAW_NO_BASIS, w.basis = NULL);
	EXPECT(LAW_NO_BASIS, w.basis = "");
	EXPECT(LAW_UNKNOWN_BASIS, w.basis = "consnet");
	EXPECT(LAW_NOT_ALLOWED, w.basis = "business");
	EXPECT(LAW_NO_PURPOSE, w.purpose = NULL);
	EXPECT(LAW_NO_PURPOSE, w.purpose = "attack");
	EXPECT(LAW_NO_NECESSITY, w.necessity = "");
	EXPECT(LAW_NO_NECESSITY, w.necessity = "necessary");
	EXPECT(LAW_NO_WEAKER, w.weaker = "none");
	EXPECT(LAW_NO_WEAKER, w.weaker = "xxx xxx xxx");
	EXPECT(LAW_NO_CONSENT, w.consent = NULL);
	EXPECT(LAW_NO_CONSENT, w.consent = " - ");
	EXPECT(LAW_NO_END, w.until_us = TIME_NONE);
	EXPECT(LAW_PAST_END, w.until_us = NOW);
	EXPECT(LAW_PAST_END, w.until_us = NOW - 1);
	EXPECT(LAW_GOOD, w.until_us = NOW + 7 * DAY);
	EXPECT(LAW_LONG, w.until_us = NOW + 7 * DAY + 1);
	EXPECT(LAW_LONG, w.until_us = INT64_MAX);
	EXPECT(LAW_GOOD, w.agreed_s = 1800);
	EXPECT(LAW_LONG, w.agreed_s = 1799);
	EXPECT(LAW_DATA, w.data = DATA_HEADER | DATA_CONTENT);
	EXPECT(LAW_DATA, w.data = DATA_LIST);
	EXPECT(LAW_PURPOSE_BARRED, w.purpose = "limit ordinary P2P traffic at night");
	EXPECT(LAW_PURPOSE_BARRED, w.necessity = "the phishing page harms the bank's customers");
}

/* What is missing is named before what would be refused anyway. */
static void test_order(void **state)
{
	_cleanup_law_ struct law *l = load("JP");

	EXPECT(LAW_UNREVIEWED, (void)0);
	EXPECT(LAW_NO_BASIS, w.basis = NULL);
	EXPECT(LAW_NO_PURPOSE, w.purpose = NULL; w.until_us = TIME_NONE);
	EXPECT(LAW_NO_END, w.until_us = TIME_NONE);
	l = law_free(l);
	EXPECT(LAW_NO_BASIS, w.basis = NULL);
	EXPECT(LAW_NONE, (void)0);
}

static void test_review(void **state)
{
	static const char *const nobody[] = {"Nobody yet", "nobody",	 "TBD", "tbd.", "(TBD)",
					     "ToDo",	   "to be done", "N/A", "None", "Unknown",
					     "NAME",	   "-",		 "",	"未定", "未確認",
					     "未",	   "（未定）"};
	static const char *const somebody[] = {"A. Lawyer",    "Nonet Example", "Toda Example",
					       "Tobe Example", "未来 太郎",	"Nana Example"};
	_cleanup_text_ struct text said = TEXT_NULL;
	struct law_words w = GOOD_WORDS;
	_cleanup_law_ struct law *l = load("ZZ");

	assert_int_equal(refuse(l, &w, PLAN_RTBH, false, 0), LAW_UNREVIEWED);
	assert_int_equal(refuse(l, &w, PLAN_RTBH, true, 0), LAW_GOOD);
	/* An override is about the review and about nothing else. */
	w.purpose = "";
	assert_int_equal(refuse(l, &w, PLAN_RTBH, true, 0), LAW_NO_PURPOSE);
	strcpy(l->reviewed_by, "A. Lawyer");
	assert_false(law_is_reviewed(l, NOW)); /* without a day */
	l->reviewed_us = NOW;
	assert_true(law_is_reviewed(l, NOW));
	assert_int_equal(refuse(l, &w, PLAN_RTBH, false, 0), LAW_NO_PURPOSE);
	/* What is to come has not happened. */
	l->reviewed_us = NOW + 1;
	assert_false(law_is_reviewed(l, NOW));
	assert_true(law_is_reviewed(l, NOW + 1));
	w = (struct law_words)GOOD_WORDS;
	assert_int_equal(refuse(l, &w, PLAN_RTBH, false, 0), LAW_UNREVIEWED);
	text_clear(&said);
	law_review_say(l, NOW, false, &said);
	assert_non_null(strstr(text_str(&said), "nobody yet (its date, "));
	l->reviewed_us = NOW;
	assert_int_equal(refuse(l, &w, PLAN_RTBH, false, 0), LAW_GOOD);
	for (size_t i = 0; i < ARRAY_LEN(nobody); i++) {
		snprintf(l->reviewed_by, sizeof(l->reviewed_by), "%s", nobody[i]);
		if (law_is_reviewed(l, NOW))
			fail_msg("%s is somebody", nobody[i]);
	}
	text_clear(&said);
	strcpy(l->reviewed_by, "TBD");
	law_review_say(l, NOW, true, &said);
	assert_non_null(strstr(text_str(&said), "「TBD」は人の名前ではない"));
	for (size_t i = 0; i < ARRAY_LEN(somebody); i++) {
		snprintf(l->reviewed_by, sizeof(l->reviewed_by), "%s", somebody[i]);
		if (!law_is_reviewed(l, NOW))
			fail_msg("%s is nobody", somebody[i]);
	}
	assert_false(law_is_reviewed(NULL, NOW));
}

/* Renewals add up: what stood already counts. */
static void test_spent(void **state)
{
	_cleanup_law_ struct law *l = signed_law("JP");
	struct law_words w = GOOD_WORDS;

	w.basis = "emergency"; /* 6 hours */
	assert_int_equal(refuse(l, &w, PLAN_RTBH, false, 6 * 3600 - 1800), LAW_GOOD);
	assert_int_equal(refuse(l, &w, PLAN_RTBH, false, 6 * 3600 - 1799), LAW_LONG);
	assert_int_equal(refuse(l, &w, PLAN_RTBH, false, UINT64_MAX), LAW_LONG);
	w.agreed_s = 3600;
	assert_int_equal(refuse(l, &w, PLAN_RTBH, false, 1800), LAW_GOOD);
	assert_int_equal(refuse(l, &w, PLAN_RTBH, false, 1801), LAW_LONG);
	l->basis[3].longest_s = 0;
	w.agreed_s = 0;
	assert_int_equal(refuse(l, &w, PLAN_RTBH, false, UINT64_MAX), LAW_GOOD);
	assert_int_equal(refuse(l, &w, 32, false, 0), LAW_NOT_ALLOWED);
}

/* ---- texts ---- */

static void test_texts(void **state)
{
	static const char *const something[] = {
		"protect the shop",
		"Schutz vor Flut",
		"SYN flood at 2 Gbit/s fills the line",
		"защитить сервер магазина",
		"顧客の回線を攻撃から守るため",
		"DDoS攻撃から顧客を守るため",
		"サーバーへの大量通信の遮断",
		"대량 공격 으로부터 고객 보호",
		"  protect\tthe\nshop  ",
	};
	static const char *const nothing[] = {
		"",
		" ",
		"attack",
		"an attack",
		"attack attack attack",
		"Attack attack ATTACK",
		"Protect protect PROTECT",
		"a b c",
		"aaa aaaa aaaaa",
		"aaaaaaaaaaaaaaaaaa",
		"... --- ...",
		"1 2 3 4 5 6",
		"遮断",
		"攻撃を遮断する",
		"ああああああああああ",
		"、。、。、。、。、。",
		"ーーーーーーーーーー",
		"あいあいあいあいあい",
		"---------- ---------- ----------",
		"x y z",
		"\xff\xfe\xfd three words here",
		"protect the \xc0\xaf shop",
		"\u200b \u200b \u200b \u200b",
		"　　　　　　　　　　",
	};
	_cleanup_text_ struct text longest = TEXT_NULL;

	for (unsigned i = 0; i < ARRAY_LEN(something); i++)
		if (!law_says_something(something[i]))
			fail_msg("refused: %s", something[i]);
	for (unsigned i = 0; i < ARRAY_LEN(nothing); i++)
		if (law_says_something(nothing[i]))
			fail_msg("taken: %s", nothing[i]);
	assert_false(law_says_something(NULL));
	/* What could not be kept whole is not kept at all. */
	text_add(&longest, "protect the shop ");
	while (longest.len < LAW_WORDS_MAX - 1)
		text_add(&longest, "x");
	assert_true(law_says_something(text_str(&longest)));
	text_add(&longest, "x");
	assert_false(law_says_something(text_str(&longest)));
}

static void test_barred(void **state)
{
	static const char *const barred[] = {
		"limit ordinary P2P traffic",
		"Limit peer-to-peer so that others have room",
		"Ｐ２Ｐ traffic is to be throttled at night",
		"block BitTorrent",
		"Users of Winny fill the line",
		"P2P traffic of heavy users fills the line",
		"now limit P2P at the border",
		"Stop the flood. Then limit P2P as well.",
		"Stop the UDP flood against the shop; throttle file sharing too",
		"block the phishing page at the hoster",
		"the phishing site harms customers of the bank",
		"Phishing attack on customers of Example Bank",
		"take down a fake login page",
		"通常のP2P通信を制限して帯域を確保する",
		"Ｐ２Ｐ通信を規制する",
		"ファイル共有ソフトの利用を抑制する",
		"帯域が十分でないためP2Pを制限する",
		"フィッシングサイトへの通信を遮断し顧客を守る",
		"偽サイトへの接続を止める",
		"UDPフラッドを止める。P2P通信も制限する。",
		"P2P \u200bis limited",
		"P\u200b2P traffic is limited",
		"peer\u2010to\u2010peer is limited",
	};
	static const char *const meant[] = {
		"UDP flood against a P2P-unrelated server",
		"protect the shop from the flood",
		"amplification from BitTorrent DHT nodes fills the line",
		"attack packets that P2P clients send to the shop are dropped",
		"The tracker is under a UDP flood. It serves BitTorrent peers.",
		"stop the SYN flood; ordinary P2P is not limited",
		"stop it, P2P traffic untouched",
		"never limits P2P, only the flood's packets",
		"DDoS on the anti-phishing council's server",
		"SYN flood on the bank, nothing to do with phishing",
		"no phishing page is concerned here",
		"the upp2p-host is attacked",
		"the torrent of packets fills the line",
		"P2Pとは無関係なサーバへのUDPフラッドを止める",
		"P2P通信ではない大量のSYNを止める",
		"P2Pノードを踏み台にした増幅攻撃から守る",
		"フィッシング対策協議会のサーバを守る",
		"フィッシングとは無関係のSYNフラッドを止める",
		"通常のP2P通信は対象外とする",
		"通常のP2P通信には影響しない条件で攻撃を止める",
		"",
		"\xff\xfe P2P block",
	};

	for (unsigned i = 0; i < ARRAY_LEN(barred); i++)
		if (!law_purpose_barred(barred[i]))
			fail_msg("let through: %s", barred[i]);
	for (unsigned i = 0; i < ARRAY_LEN(meant); i++)
		if (law_purpose_barred(meant[i]))
			fail_msg("turned away: %s", meant[i]);
	assert_false(law_purpose_barred(NULL));
}

/* ---- which file ---- */

static void put(const char *dir, const char *name, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	_cleanup_fclose_ FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
}

static void drop(const char *dir, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	unlink(path);
}

#define LAW(country, more)                                                                         \
	"country: " country "\nname: {en: a, ja: b}\nreviewed: {by: nobody yet}\n" more            \
	"bases:\n  - {id: a, name: {en: a, ja: b}, allows: ask, longest: 1d, data: volume, "       \
	"source: s}\n"

static void expect_load(const char *dir, const char *country, int want, const char *law,
			const char *says)
{
	_cleanup_text_ struct text why = TEXT_NULL;
	_cleanup_law_ struct law *l = NULL;
	int r = law_load(dir, country, &l, &why);

	if (r != want || (l != NULL) != (want == 0))
		fail_msg("%s: %d, %s", country, r, text_str(&why));
	if (law)
		assert_string_equal(l->country, law);
	if (*says ? !strstr(text_str(&why), says) : why.len > 0)
		fail_msg("%s: %s", country, text_str(&why));
}

static void test_load(void **state)
{
	char dir[] = "/tmp/noroshi-law-XXXXXX";

	expect_load(LEGAL_DIR, "JP", 0, "JP", "");
	expect_load(LEGAL_DIR, "EU", 0, "EU", "");
	expect_load(LEGAL_DIR, "ZZ", 0, "ZZ", "");
	expect_load(LEGAL_DIR, "EE", 0, "EU", "no law file for EE: that of EU counts");
	expect_load(LEGAL_DIR, "US", 0, "ZZ", "no law file for US: the generic one counts");
	expect_load(LEGAL_DIR, "", 0, "ZZ", "the generic one counts");
	expect_load(LEGAL_DIR, "../JP", 0, "ZZ", "the generic one counts");
	expect_load(LEGAL_DIR, "jP", 0, "ZZ", "for this country: the generic one counts");
	expect_load(NULL, "JP", 0, "JP", ""); /* built in, or installed */
	expect_load("", "FR", 0, "EU", "that of EU counts");
	expect_load("/nonexistent", "JP", -ENOENT, NULL, "no law file for JP");

	assert_non_null(mkdtemp(dir));
	expect_load(dir, "JP", -ENOENT, NULL,
		    "no law file for JP, and no ZZ.yaml, in /tmp/noroshi");
	put(dir, "ZZ.yaml", LAW("ZZ", ""));
	expect_load(dir, "JP", 0, "ZZ", "the generic one counts"); /* a directory is taken alone */
	put(dir, "JP.yaml", LAW("EE", ""));
	expect_load(dir, "JP", -EINVAL, NULL, "JP.yaml: this is the law of EE, not of JP");
	put(dir, "JP.yaml", LAW("JP", "") "x: y\n");
	expect_load(dir, "JP", -EINVAL, NULL, "JP.yaml:6:1: unknown key \"x\" in a law");
	drop(dir, "JP.yaml");
	put(dir, "EU.yaml", LAW("EU", "members: [JP, NO]\n"));
	expect_load(dir, "JP", 0, "EU", "that of EU counts");
	expect_load(dir, "NO", 0, "EU", "that of EU counts");
	expect_load(dir, "FR", 0, "ZZ", "the generic one counts");
	put(dir, "EU.yaml", "");
	expect_load(dir, "JP", -EINVAL, NULL, "EU.yaml"); /* perhaps it was meant for JP */
	drop(dir, "EU.yaml");
	drop(dir, "ZZ.yaml");
	rmdir(dir);
}

static const struct mistake_row {
	const char *yaml, *expected;
} mistakes[] = {
	{"", "f:1:1: the file holds no law\n"},
	{"# nothing\n~\n", "f:1:1: the file holds no law\n"},
	{"{}\n", "f:1:1: a law needs the key \"country\"\nf:1:1: a law needs the key \"name\"\n"
		 "f:1:1: a law needs the key \"reviewed\"\nf:1:1: a law needs the key \"bases\"\n"},
	{"country: JP\nname: {en: a, ja: b}\nreviewed: {by: A. Lawyer}\nbases:\n"
	 "  - {id: a, name: {en: a, ja: b}, allows: ask, longest: 1d, data: volume, source: s}\n",
	 "f:3:16: a review needs its \"date\"\n"},
	{"country: JP\nname: {en: a, ja: b}\nreviewed: {by: nobody yet}\nbases:\n"
	 "  - {id: Big Id, name: {en: a, ja: b}, allows: [rtbhh], longest: 1d, data: volumes, "
	 "source: "
	 "s}\n",
	 "f:5:10: the id \"Big Id\" is not of small letters, digits, \"_\" and \"-\"\n"
	 "f:5:49: allows: \"rtbhh\" is not one of none, rtbh, flowspec, nftables, acl, community, "
	 "diversion, ask; did you mean \"rtbh\"?\n"
	 "f:5:76: data: \"volumes\" is not one of content, header, volume, list; did you mean "
	 "\"volume\"?\n"},
	{"country: JP\nname: {en: a, ja: b}\nreviewed: {by: nobody yet}\nbases:\n"
	 "  - {id: a, name: {en: a, ja: b}, allows: ask, data: volume, source: s}\n"
	 "  - {id: a, name: {en: a}, allows: [], longest: never, data: list, source: s, "
	 "conditions: "
	 "[{en: x}]}\n",
	 "f:5:5: a basis needs the key \"longest\"\n"
	 "f:6:10: the basis \"a\" is given twice\n"
	 "f:6:19: a name needs the key \"ja\"\n"
	 "f:6:36: allows: at least one item is needed\n"
	 "f:6:92: a condition needs the key \"ja\"\n"},
};

static void test_mistakes(void **state)
{
	for (unsigned i = 0; i < ARRAY_LEN(mistakes); i++) {
		_cleanup_text_ struct text errors = TEXT_NULL;
		_cleanup_law_ struct law *l = NULL;
		const char *yaml = mistakes[i].yaml;

		assert_int_equal(law_read("f", yaml, strlen(yaml), &l, &errors), -EINVAL);
		assert_null(l);
		if (strcmp(text_str(&errors), mistakes[i].expected) != 0)
			fail_msg("of:\n%s\ncame:\n%s\nnot:\n%s", yaml, text_str(&errors),
				 mistakes[i].expected);
	}
}

static void test_data(void **state)
{
	_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL, none = TEXT_NULL;
	uint32_t bit;

	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(law_data_parse(law_data_name((enum law_data)(1u << i)), &bit), 0);
		assert_int_equal(bit, 1u << i);
	}
	assert_int_equal(law_data_parse("headers", &bit), -EINVAL);
	law_data_add(DATA_HEADER | DATA_VOLUME, false, &en);
	law_data_add(DATA_HEADER | DATA_VOLUME, true, &ja);
	law_data_add(0, false, &none);
	assert_string_equal(text_str(&en), "header, volume");
	assert_string_equal(text_str(&ja), "ヘッダ、量");
	assert_string_equal(text_str(&none), "none");
	assert_string_equal(law_kind_name(PLAN_FLOWSPEC), "flowspec");
	assert_string_equal(law_kind_name(PLAN_KINDS), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shipped),	 cmocka_unit_test(test_japan),
		cmocka_unit_test(test_json),	 cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_order),	 cmocka_unit_test(test_review),
		cmocka_unit_test(test_spent),	 cmocka_unit_test(test_texts),
		cmocka_unit_test(test_barred),	 cmocka_unit_test(test_load),
		cmocka_unit_test(test_mistakes), cmocka_unit_test(test_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
