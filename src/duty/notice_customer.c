/* SPDX-License-Identifier: ISC */
#include "duty/notice_customer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "duty/brief_words.h"
#include "duty/handover_sheet.h"
#include "duty/notice_inside.h"

#define MINUTE_US   (60 * US_PER_S)
#define ROUND_US    (5 * MINUTE_US)
#define FULL_FROM   0.8	 /* of the access line: no room is promised from here on */
#define FORGED_FROM 0.95 /* confidence from which it is said that senders are forged */

static bool contact_ja(const struct conf_contact *c, const struct conf *conf)
{
	return words_ja(c->language[0] ? c->language : conf->language);
}

unsigned customer_notice_languages(const struct conf_object *object, const struct conf *conf,
				   bool ja[NOTICE_LANGUAGES_MAX])
{
	unsigned n = 0;

	for (size_t i = 0; i < object->n_contacts && n < NOTICE_LANGUAGES_MAX; i++) {
		bool it = contact_ja(&object->contacts[i], conf);

		if (!n || ja[0] != it)
			ja[n++] = it;
	}
	if (!n)
		ja[n++] = words_ja(conf->language);
	return n;
}

int64_t customer_notice_next_us(unsigned severity, int64_t now_us)
{
	int64_t wait_us = (severity == 1 ? 15 : severity == 2 ? 30 : 60) * MINUTE_US;

	return (now_us + wait_us + ROUND_US - 1) / ROUND_US * ROUND_US;
}

/* Is the attack on more than what is theirs? */
static bool is_one_of_several(notice_input in)
{
	return strcmp(in->incident->object, in->object->name) != 0;
}

/* "shop (198.51.100.7)": the name that the customer knows, and what of theirs is hit. */
static void add_object(notice_input in, struct text *out)
{
	const struct incident *inc = in->incident;
	char target[INCIDENT_TARGET_MAX];

	text_add(out, in->object->name);
	/* A prefix that is not theirs alone holds the addresses of others. */
	if (inc->f.level <= LEVEL_PREFIX && !is_one_of_several(in))
		text_printf(out, notice_pick(in, " (%s)", "（%s）"), incident_target(inc, target));
}

static void subject(notice_input in, struct text *out)
{
	if (in->incident->drill)
		text_add(out, notice_pick(in, "DRILL: ", "【訓練】"));
	if (in->closing)
		text_printf(
			out,
			notice_pick(in, "The attack on %s is over", "%s への攻撃の終息について"),
			in->object->name);
	else
		text_printf(out, notice_pick(in, "%s is under attack", "%s への攻撃について"),
			    in->object->name);
}

uint64_t customer_notice_subject(const struct customer_notice *in, struct text *out)
{
	struct guard guard = guard_about(GUARD_CUSTOMER, in->conf, in->incident);
	_cleanup_text_ struct text raw = TEXT_NULL;

	subject(in, &raw);
	guard_text(&guard, text_str(&raw), in->ja, out);
	return guard.withheld;
}

static void say_to(notice_input in, struct text *out)
{
	bool first = true;

	for (size_t i = 0; i < in->object->n_contacts; i++) {
		const struct conf_contact *c = &in->object->contacts[i];

		if (!c->name[0] || contact_ja(c, in->conf) != in->ja)
			continue;
		text_add(out,
			 first ? notice_pick(in, "To: ", "宛先: ") : notice_pick(in, "; ", "、"));
		text_add(out, c->name);
		first = false;
	}
}

static void say_time(notice_input in, struct text *out)
{
	text_add(out, notice_pick(in, "As of: ", "時点: "));
	words_day_time(in->zone, in->now_us, out);
}

static void say_marks(notice_input in, struct text *out)
{
	if (in->incident->drill)
		text_add(out, notice_pick(in, "DRILL: this is not a real attack.",
					  "これは訓練であり、実際の攻撃ではありません。"));
	else if (in->incident->known_test)
		text_add(out, notice_pick(in, "This falls into the test that you announced.",
					  "事前にお届けいただいた試験の時間内です。"));
}

static void say_times_closed(notice_input in, struct text *out)
{
	const struct finding *f = &in->incident->f;

	text_add(out, notice_pick(in, "The attack on ", ""));
	add_object(in, out);
	text_add(out, in->ja ? words_space(text_str(out)) : "");
	text_add(out, notice_pick(in, " is over.", "への攻撃は終息しました。"));
	if (!words_time_known(f->first_us) || !words_time_known(f->last_us))
		return;
	text_add(out, notice_pick(in, " It went on ", "攻撃は "));
	words_span(in->zone, f->first_us, f->last_us, 0, in->ja, out);
	text_add(out, notice_pick(in, ".", "続きました。"));
}

static void say_times(notice_input in, struct text *out)
{
	static const char *const states[][2] = {
		[FINDING_OPEN] = {" It goes on.", "現在も続いています。"},
		[FINDING_QUIET] =
			{" At present nothing is seen of it, but we do not call it over yet.",
			 "現在は見えていませんが、終息とは判断していません。"},
		[FINDING_CLOSED] = {" It has ended.", "現在は終わっています。"},
		[FINDING_LOST_SIGHT] =
			{" At present we cannot see it; it may go on.",
			 "現在は当方から見えない状態であり、続いている可能性があります。"},
	};
	const struct finding *f = &in->incident->f;
	bool scan = f->kind == FINDING_SCAN;

	if (words_time_known(f->first_us) && in->ja) {
		words_day_time(in->zone, f->first_us, out);
		text_add(out, " から、");
	}
	add_object(in, out);
	if (in->ja) {
		text_add(out, words_space(text_str(out)));
		text_add(out,
			 scan ? "が走査（スキャン）を受けています。" : "が攻撃を受けています。");
	} else if (words_time_known(f->first_us)) {
		text_printf(out, " has been %s since ", scan ? "scanned" : "under attack");
		words_day_time(in->zone, f->first_us, out);
		text_add(out, ".");
	} else {
		text_printf(out, " is %s.", scan ? "being scanned" : "under attack");
	}
	text_add(out, states[f->state][in->ja]);
}

static void say_what(notice_input in, struct text *out)
{
	_cleanup_text_ struct text what = TEXT_NULL, peak = TEXT_NULL, names = TEXT_NULL;
	double line = words_line(in->incident);

	if (in->incident->f.kind == FINDING_SCAN)
		text_add(out,
			 in->closing
				 ? notice_pick(in,
					       "What it was: somebody looked for open services.",
					       "内容: 開いているサービスを探す通信でした。")
				 : notice_pick(in, "What it is: somebody looks for open services.",
					       "内容: 開いているサービスを探す通信です。"));
	else if (words_plain(in->incident, in->ja, &what) &&
		 words_vectors(in->incident, 3, in->ja, &names))
		text_printf(
			out,
			in->closing
				? notice_pick(in, "What it was: %s (%s).", "内容: %s（%s）でした。")
				: notice_pick(in, "What it is: %s (%s).", "内容: %s（%s）です。"),
			text_str(&what), text_str(&names));
	if (!words_figures(in->incident, in->ja, &peak))
		return;
	text_printf(
		out,
		is_one_of_several(in)
			? notice_pick(in,
				      "%sOver all addresses that are hit, yours among them, we "
				      "measured %s at its peak",
				      "%s攻撃を受けている全アドレス（お客様を含む）の合計で最大 "
				      "%s")
			: notice_pick(in, "%sAt its peak we measured %s", "%s最大で %s"),
		out->len && !in->ja ? " " : "", text_str(&peak));
	if (line > 0) {
		text_add(out, notice_pick(in, ", which is ", "（ご契約回線の "));
		words_share(line, in->ja, out);
		text_add(out, notice_pick(in, " of your access line", "）"));
	}
	text_add(out, in->ja ? words_space(text_str(out)) : "");
	text_add(out, notice_pick(in, ".", "を観測しました。"));
}

static bool link_is_near(const struct incident *inc)
{
	const struct incident_path *path = inc->path;

	for (unsigned i = 0; path && i < path->n_rows && i < PATH_LINKS_MAX; i++)
		if (path_near(&path->row[i]))
			return true;
	return false;
}

static void say_works(notice_input in, struct text *out)
{
	const struct incident *inc = in->incident;
	double line = words_line(inc);

	text_add(out, notice_pick(in, "What still works: ", "ご利用への影響: "));
	if (notice_is_offline(in))
		text_add(out,
			 notice_pick(
				 in,
				 "the target of the attack cannot be reached while its traffic is "
				 "dropped; your other addresses are not touched by that.",
				 "破棄を続けている間、攻撃対象は利用できません。ほかのアド"
				 "レスはこの措置の影響を受けません。"));
	else if (inc->f.state == FINDING_LOST_SIGHT)
		text_add(out, notice_pick(in, "not known to us, as we cannot see it at present.",
					  "現在見えないため、当方では分かりません。"));
	else if (link_is_near(inc))
		text_add(out,
			 notice_pick(
				 in,
				 "a line on the way to you was nearly full, so expect losses for "
				 "all that uses it.",
				 "お客様に至る経路の回線が満杯に近いため、通信全般に損失が見込ま"
				 "れます。"));
	else if (line >= FULL_FROM)
		text_add(
			out,
			notice_pick(in,
				    "your access line was full or nearly so at the peak, so expect "
				    "losses for all that uses it.",
				    "最大時にご契約回線が満杯またはそれに近い状態のため、通信全般に"
				    "損失が見込まれます。"));
	else if (line > 0 && inc->f.sampling_known)
		text_add(
			out,
			notice_pick(in,
				    "your access line had room at the peak. Whether your servers "
				    "answer, we cannot see.",
				    "最大時もご契約回線には余裕がありました。サーバが応答しているか"
				    "は当方からは分かりません。"));
	else
		text_add(out,
			 notice_pick(in, "not known to us. Please tell us what you see.",
				     "当方では分かりません。お客様側の状況をお知らせください。"));
	if (inc->path && inc->path->n_lost)
		text_add(out, notice_pick(in, " Other customers are affected as well.",
					  "ほかのお客様にも影響が出ています。"));
}

static void say_unknown(notice_input in, struct text *out)
{
	const struct incident *inc = in->incident;
	bool forged =
		inc->spoofing.confidence >= FORGED_FROM && inc->spoofing.verdict == SPOOF_SPOOFED;

	text_add(out, notice_pick(in, "What is not known: who is behind it",
				  "不明な点: 行為者は分かっていません"));
	if (!inc->f.sampling_known)
		text_add(out, notice_pick(in, ", and how much larger it is than what we measured",
					  "。実際の規模は観測値より大きい可能性があります"));
	text_add(out, notice_pick(in, ".", "。"));
	if (forged)
		text_add(out,
			 notice_pick(in, " The sender addresses are forged and tell nothing of it.",
				     "送信元アドレスは詐称されており、手がかりになりません。"));
	if (inc->n_gaps)
		text_add(out, notice_pick(in, " For a part of the time we did not watch.",
					  "監視できていなかった時間があります。"));
}

static void say_evidence(notice_input in, struct text *out)
{
	const struct incident *inc = in->incident;

	if (inc->erased_us != TIME_NONE) {
		text_add(out,
			 notice_pick(in, "Evidence: it was kept until ", "証拠: 保存期限が過ぎ、"));
		words_day_time(in->zone, inc->erased_us, out);
		text_add(out, notice_pick(in, " and is erased.", " に消去しました。"));
	} else if (inc->evidence[SAMPLE_ATTACK].n && words_time_known(inc->erase_by_us)) {
		text_add(out,
			 notice_pick(
				 in,
				 "Evidence: header records of it, without content, are kept until ",
				 "証拠: 通信内容を含まないヘッダの記録を "));
		words_day_time(in->zone, inc->erase_by_us, out);
		text_add(out,
			 notice_pick(
				 in, ". Tell us before then if you need them.",
				 " まで保存しています。必要な場合はそれまでにお知らせください。"));
	} else {
		text_add(out, notice_pick(in, "Evidence: no header records of it are kept.",
					  "証拠: ヘッダの記録は保存していません。"));
	}
}

static void say_next(notice_input in, struct text *out)
{
	text_add(out, notice_pick(in, "Next update: ", "次回のご連絡: "));
	words_time(in->zone, customer_notice_next_us(in->severity, in->now_us), in->now_us, out);
	text_add(out, notice_pick(in, ", earlier if it changes.",
				  "。変化があればそれより前にご連絡します。"));
}

static void say_desk(notice_input in, struct text *out)
{
	const char *contact = in->conf->duty.contact;

	if (contact[0])
		text_printf(out, notice_pick(in, "Questions: %s.", "お問い合わせ: %s。"), contact);
	else
		text_add(out,
			 notice_pick(in, "Questions: your usual contact at our operations desk.",
				     "お問い合わせ: 通常の運用窓口へお願いします。"));
	text_printf(
		out,
		notice_pick(in, " Please give the reference %s.", "受付番号 %s をお伝えください。"),
		in->incident->id);
}

typedef void (*sayer)(notice_input in, struct text *out);

static const struct {
	sayer say;
	bool opening, closing;
} paragraphs[] = {
	{say_marks, true, true},   {say_times, true, false},	  {say_times_closed, false, true},
	{say_what, true, true},	   {notice_say_done, true, true}, {say_works, true, false},
	{say_unknown, true, true}, {say_evidence, false, true},	  {say_next, true, false},
	{say_desk, true, true},
};

uint64_t customer_notice_text(const struct customer_notice *in, struct text *out)
{
	struct sheet s = {.out = out,
			  .conf = in->conf,
			  .ja = in->ja,
			  .reader = GUARD_CUSTOMER,
			  .flush = true};
	_cleanup_text_ struct text head = TEXT_NULL, to = TEXT_NULL, as_of = TEXT_NULL;

	text_add(&head, notice_pick(in, "Subject: ", "件名: "));
	subject(in, &head);
	sheet_item(&s, 0, in->incident, text_str(&head));
	say_to(in, &to);
	if (to.len)
		sheet_item(&s, 0, in->incident, text_str(&to));
	say_time(in, &as_of);
	sheet_item(&s, 0, in->incident, text_str(&as_of));
	for (size_t i = 0; i < ARRAY_LEN(paragraphs); i++) {
		_cleanup_text_ struct text t = TEXT_NULL;

		if (in->closing ? !paragraphs[i].closing : !paragraphs[i].opening)
			continue;
		paragraphs[i].say(in, &t);
		if (!t.len)
			continue;
		text_add(out, "\n");
		sheet_item(&s, 0, in->incident, text_str(&t));
	}
	return s.withheld;
}

static json_t *to_json(notice_input in)
{
	json_t *all = json_array();

	for (size_t i = 0; all && i < in->object->n_contacts; i++) {
		const struct conf_contact *c = &in->object->contacts[i];

		if (contact_ja(c, in->conf) == in->ja)
			json_array_append_new(all, json_pack("{s:s, s:s, s:s}", "name", c->name,
							     "mail", c->mail, "phone", c->phone));
	}
	return all;
}

json_t *customer_notice_json(const struct customer_notice *in)
{
	_cleanup_text_ struct text about = TEXT_NULL, text = TEXT_NULL;
	uint64_t withheld;
	char at[TIME_TEXT_MAX], next[TIME_TEXT_MAX], id[64];

	customer_notice_subject(in, &about);
	withheld = customer_notice_text(in, &text);
	snprintf(id, sizeof(id), "%s-%s-%08" PRIx32, in->incident->id, in->ja ? "ja" : "en",
		 (uint32_t)(hash_name(text_str(&text)) >> 32));
	return json_pack(
		"{s:s, s:s, s:s, s:b, s:s, s:s, s:o, s:s, s:s, s:o, s:o, s:I}", "kind", "notice",
		"id", id, "incident", in->incident->id, "closing", in->closing, "language",
		in->ja ? "ja" : "en", "subject", text_str(&about), "to", to_json(in), "text",
		text_str(&text), "at", time_format_utc(in->now_us, at), "next_update",
		in->closing ? json_null()
			    : json_string(time_format_utc(
				      customer_notice_next_us(in->severity, in->now_us), next)),
		"severity", in->severity ? json_integer((json_int_t)in->severity) : json_null(),
		"withheld", (json_int_t)withheld);
}
