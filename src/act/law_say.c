/* SPDX-License-Identifier: ISC */
/* A law, and why it lets a measure not start, in words for people. */
#include <string.h>

#include "act/law.h"
#include "act/plan.h"
#include "base/clock.h"

static const struct saying {
	const char *name, *en, *ja;
} sayings[LAW_REFUSALS] = {
	[LAW_GOOD] = {"good", "The law file lets it start.", "法令ファイルの上では開始できます。"},
	[LAW_NONE] =
		{"no_law",
		 "No law file could be read, so no basis is known and nothing may start. Put one "
		 "into the directory of \"legal\" in \"act\".",
		 "法令ファイルを読めないため、根拠が分からず何も開始できません。設定 act の legal "
		 "のディレクトリに置いてください。"},
	[LAW_UNREVIEWED] =
		{"unreviewed",
		 "The law file is reviewed by nobody yet, so only plans are made. Counsel signs it "
		 "(\"reviewed\"), or the configuration says who answers for going without "
		 "(\"override\" in \"act\").",
		 "法令ファイルは誰にも確認されていないため、計画だけを作ります。弁護士が reviewed "
		 "に署名するか、設定 act の override に責任者を記してください。"},
	[LAW_NO_BASIS] =
		{"no_basis",
		 "The basis is missing: which ground of the law file carries it (--basis).",
		 "法的根拠(basis)がありません。法令ファイルのどの根拠によるかを --basis "
		 "で示してください。"},
	[LAW_UNKNOWN_BASIS] = {"unknown_basis", "The law file has no basis %s (--basis).",
			       "法令ファイルに根拠 %s はありません(--basis)。"},
	[LAW_NOT_ALLOWED] =
		{"not_allowed",
		 "The basis %s does not carry this kind of measure: take another option, "
		 "or another basis.",
		 "根拠 %s ではこの種の措置を取れません。別の案か別の根拠を選んでください。"},
	[LAW_NO_PURPOSE] = {"no_purpose",
			    "The purpose is missing: what the measure is for, in at least three "
			    "different words "
			    "(--purpose).",
			    "目的(purpose)がありません。何のための措置かを 8 "
			    "文字以上で示してください(--purpose)。"},
	[LAW_NO_NECESSITY] = {"no_necessity",
			      "The necessity is missing: why it is needed now, in at least three "
			      "different words "
			      "(--necessity).",
			      "必要性(necessity)がありません。今なぜ必要かを 8 "
			      "文字以上で示してください(--necessity)。"},
	[LAW_NO_WEAKER] = {"no_weaker",
			   "What is weaker is missing: why nothing that hits less would do, in at "
			   "least three "
			   "different words (--weaker).",
			   "相当性(weaker)がありません。より弱い手段では足りない理由を 8 "
			   "文字以上で示してください"
			   "(--weaker)。"},
	[LAW_NO_CONSENT] =
		{"no_consent",
		 "The consent is missing: the basis %s needs the reference of the customer's "
		 "consent "
		 "(\"measures\" of the object, or --consent).",
		 "同意(consent)がありません。根拠 %s には利用者の同意の参照番号が要ります"
		 "(対象の measures か --consent)。"},
	[LAW_NO_END] = {"no_end", "The end is missing: no measure stands without one (--until).",
			"終了時刻(end)がありません。終わりのない措置は取れません(--until)。"},
	[LAW_PAST_END] = {"past_end", "The end, %s, has passed already (--until).",
			  "終了時刻 %s は既に過ぎています(--until)。"},
	[LAW_LONG] = {"too_long",
		      "The end, %s, is too late: the basis, or what the customer agreed to, ends "
		      "before it, earlier times counted (--until).",
		      "終了時刻 %s は遅すぎます。これまでの時間を含め、根拠又は利用者の同意の期限を"
		      "超えます(--until)。"},
	[LAW_DATA] = {"data", "The basis %s does not cover the data that the measure used (%s).",
		      "根拠 %s は措置に用いた情報の種類(%s)を含みません。"},
	[LAW_PURPOSE_BARRED] =
		{"purpose_barred",
		 "The purpose or the necessity speaks of ordinary peer-to-peer traffic or of a "
		 "phishing "
		 "page: no measure here limits the one or blocks the other. A page is taken down "
		 "by "
		 "asking whoever hosts it.",
		 "目的又は必要性が、通常の P2P "
		 "通信かフィッシングのページについて述べています。ここでは"
		 "そのような制限や遮断を行いません。ページの閉鎖はその収容元に依頼してください。"},
};

const char *law_refusal_name(enum law_refusal r)
{
	return sayings[r].name;
}

static void add_end(struct text *out, int64_t us)
{
	char buf[TIME_TEXT_MAX];

	text_printf(out, "%.16s UTC", time_format_utc(us, buf));
}

void law_refusal_say(enum law_refusal r, const struct law_words *w, bool ja, struct text *out)
{
	const char *say = ja ? sayings[r].ja : sayings[r].en;
	_cleanup_text_ struct text end = TEXT_NULL, data = TEXT_NULL;
	const char *basis = w && w->basis ? w->basis : "";

	switch (r) {
	case LAW_UNKNOWN_BASIS:
	case LAW_NOT_ALLOWED:
	case LAW_NO_CONSENT:
		text_printf(out, say, basis);
		break;
	case LAW_PAST_END:
	case LAW_LONG:
		add_end(&end, w ? w->until_us : 0);
		text_printf(out, say, text_str(&end));
		break;
	case LAW_DATA:
		law_data_add(w ? w->data : 0, ja, &data);
		text_printf(out, say, basis, text_str(&data));
		break;
	default:
		text_add(out, say);
	}
}

static const enum law_data classes[] = {DATA_CONTENT, DATA_HEADER, DATA_VOLUME, DATA_LIST};

void law_data_add(uint32_t data, bool ja, struct text *out)
{
	static const char *const words_ja[] = {"内容", "ヘッダ", "量", "通信を含まない一覧"};
	static const char *const words_en[] = {"content", "header", "volume",
					       "list without communication"};
	bool first = true;

	for (unsigned i = 0; i < ARRAY_LEN(classes); i++) {
		if (!(data & classes[i]))
			continue;
		text_printf(out, "%s%s",
			    first ? ""
			    : ja  ? "、"
				  : ", ",
			    ja ? words_ja[i] : words_en[i]);
		first = false;
	}
	if (first)
		text_add(out, ja ? "なし" : "none");
}

/* ---- the whole law ---- */

static void add_kinds(uint32_t allows, bool ja, struct text *out)
{
	bool first = true;

	for (unsigned k = 0; k < PLAN_KINDS; k++) {
		if (!(allows & UINT32_C(1) << k))
			continue;
		text_printf(out, "%s%s", first ? "" : ja ? "、" : ", ", law_kind_name(k));
		first = false;
	}
}

static void add_longest(uint64_t s, bool ja, struct text *out)
{
	if (!s)
		text_add(out, ja ? "期限なし" : "no limit");
	else if (s % 86400 == 0)
		text_printf(out, ja ? "%llu 日まで" : "%llu d at most",
			    (unsigned long long)s / 86400);
	else
		text_printf(out, ja ? "%llu 分まで" : "%llu min at most",
			    (unsigned long long)s / 60);
}

static void print_basis(const struct law_basis *b, bool ja, struct text *out)
{
	text_printf(out, "\n%s: %s\n  ", b->id, ja ? b->name_ja : b->name_en);
	text_add(out, ja ? "措置: " : "carries: ");
	add_kinds(b->allows, ja, out);
	text_add(out, ja ? "\n  期間: " : "\n  time: ");
	add_longest(b->longest_s, ja, out);
	text_add(out, ja ? "\n  情報: " : "\n  data: ");
	law_data_add(b->data, ja, out);
	text_add(out, ja ? "\n  同意: " : "\n  consent: ");
	text_add(out, b->needs_consent ? (ja ? "必要" : "needed") : (ja ? "不要" : "not needed"));
	text_add(out, ja ? "\n  自動: " : "\n  automatic: ");
	text_add(out, b->automatic ? (ja ? "事前指示により可" : "by a standing order")
				   : (ja ? "不可" : "no"));
	for (unsigned i = 0; i < b->n_conditions; i++)
		text_printf(out, "\n  - %s", ja ? b->condition_ja[i] : b->condition_en[i]);
	text_printf(out, ja ? "\n  出典: %s\n" : "\n  source: %s\n", ja ? b->source_ja : b->source);
}

void law_print(const struct law *l, bool ja, struct text *out)
{
	text_printf(out, "%s (%s), %s\n", ja ? l->name_ja : l->name_en, l->country, l->file);
	law_review_say(l, clock_real_us(), ja, out);
	text_add(out, "\n");
	for (unsigned i = 0; i < l->n_bases; i++)
		print_basis(&l->basis[i], ja, out);
}

static json_t *kinds_json(uint32_t allows)
{
	json_t *list = json_array();

	for (unsigned k = 0; k < PLAN_KINDS; k++)
		if (allows & UINT32_C(1) << k)
			json_array_append_new(list, json_string(law_kind_name(k)));
	return list;
}

static json_t *data_json(uint32_t data)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < ARRAY_LEN(classes); i++)
		if (data & classes[i])
			json_array_append_new(list, json_string(law_data_name(classes[i])));
	return list;
}

static json_t *basis_json(const struct law_basis *b)
{
	json_t *conditions = json_array();

	for (unsigned i = 0; i < b->n_conditions; i++)
		json_array_append_new(conditions, json_pack("{s:s,s:s}", "en", b->condition_en[i],
							    "ja", b->condition_ja[i]));
	return json_pack("{s:s,s:{s:s,s:s},s:o,s:b,s:b,s:o,s:o,s:o,s:{s:s,s:s}}", "id", b->id,
			 "name", "en", b->name_en, "ja", b->name_ja, "allows",
			 kinds_json(b->allows), "consent", b->needs_consent, "automatic",
			 b->automatic, "longest_s",
			 b->longest_s ? json_integer((json_int_t)b->longest_s) : json_null(),
			 "data", data_json(b->data), "conditions", conditions, "source", "en",
			 b->source, "ja", b->source_ja);
}

json_t *law_json(const struct law *l)
{
	json_t *bases = json_array(), *date = json_null();
	bool reviewed = law_is_reviewed(l, clock_real_us());
	char buf[TIME_TEXT_MAX];

	for (unsigned i = 0; i < l->n_bases; i++)
		json_array_append_new(bases, basis_json(&l->basis[i]));
	if (reviewed)
		date = json_stringn(time_format_utc(l->reviewed_us, buf), 10);
	return json_pack("{s:s,s:{s:s,s:s},s:s,s:{s:b,s:s,s:o},s:o}", "country", l->country, "name",
			 "en", l->name_en, "ja", l->name_ja, "file", l->file, "review", "done",
			 reviewed, "by", l->reviewed_by, "date", date, "bases", bases);
}
