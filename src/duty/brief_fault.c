/* SPDX-License-Identifier: ISC */
/* A brief about our own sight, or about a storm of alarms. */
#include <string.h>

#include "duty/brief_inside.h"

/* clang-format off: a row stays a row. */
static const struct {
	const char *means_en, *means_ja;
	const char *next_en, *next_ja;
} rows[FAULT_KINDS] = {
	[FAULT_WATCH_GONE] = {"What is open may be over, what begins is not seen.",
			      "継続中の検知の現況も、新たな攻撃も分からない。",
			      "Next: start the watch.", "次: 監視を起動する。"},
	[FAULT_STARVED] = {"Attacks are seen late.", "攻撃の検知が遅れる。",
			   "Next: find out what takes its time.", "次: 遅れの原因を調べる。"},
	[FAULT_EXPORTER_SILENT] = {"What passes there alone is not seen.",
				   "そこだけを通る通信は見えない。",
				   "Next: look at its export and at the way to it.",
				   "次: エクスポート設定と経路を確認する。"},
	[FAULT_EXPORTER_LOSS] = {"Its figures are too small.", "そこの数値は実際より小さい。",
				 "Next: look at the way to it.", "次: 経路を確認する。"},
	[FAULT_TEMPLATE_MISSING] = {"What passes there is not seen until it comes.",
				    "届くまで、そこの通信は見えない。",
				    "Next: make it send its template.",
				    "次: テンプレートを送信させる。"},
	[FAULT_EXPORTER_CLOCK] = {"Times from there are corrected, not exact.",
				  "そこの時刻は補正値で、正確ではない。", "Next: set its clock.",
				  "次: 時計を合わせる。"},
	[FAULT_OWN_CLOCK] = {"All times may be wrong.", "全ての時刻が誤っている可能性がある。",
			     "Next: set our clock.", "次: 自身の時計を合わせる。"},
	[FAULT_KERNEL_DROPS] = {"Figures are too small.", "数値は実際より小さい。",
				"Next: give the receiver more room.", "次: 受信バッファを増やす。"},
	[FAULT_QUEUE_LATE] = {"What is seen is stored and told late.", "記録と通知が遅れる。",
			      "Next: find out what takes its time.", "次: 遅れの原因を調べる。"},
	[FAULT_STORE_FAILING] = {"What happens now is lost if the program ends.",
				 "今の記録は、停止すれば失われる。", "Next: look at the disk.",
				 "次: ディスクを確認する。"},
	[FAULT_DISK_FULL] = {"What happens now is lost if the program ends.",
			     "今の記録は、停止すれば失われる。", "Next: make room on the disk.",
			     "次: ディスクの空きを作る。"},
	[FAULT_CHANNEL] = {"Who is meant may not know of an alarm.",
			   "当人が警報を知らない可能性がある。", "Next: reach them by another way.",
			   "次: 別の手段で連絡する。"},
};
/* clang-format on */

void brief_fault(const char *ref, bool ja, struct text *out)
{
	struct fault f;

	if (fault_from_ref(ref, &f) == 0)
		fault_say(&f, ja, out);
	else
		text_add(out, ja ? "監視に支障がある" : "something hinders our sight");
}

/* Its kind; false where the alarm's reference is none that is known here. */
static bool kind_of(const struct brief_input *in, struct fault *f)
{
	if (in->fault)
		*f = *in->fault;
	else if (!in->alarm || fault_from_ref(in->alarm->ref, f) < 0)
		return false;
	return f->kind < FAULT_KINDS;
}

/* A sentence begins with a capital, but for our own name. */
static void capital(struct text *t)
{
	if (t->len && strncmp(t->s, "noroshi", 7) != 0 && t->s[0] >= 'a' && t->s[0] <= 'z')
		t->s[0] = (char)(t->s[0] - 'a' + 'A');
}

void brief_say_fault(const struct brief_input *in, struct text *out)
{
	bool over =
		(in->alarm && in->alarm->state == ALARM_ENDED) || (in->fault && in->fault->over);
	int64_t since = in->fault ? in->fault->since_us : TIME_NONE;
	struct fault f;

	if (!words_time_known(since) && in->alarm)
		since = in->alarm->opened_us;
	if (kind_of(in, &f))
		fault_say(&f, in->ja, out);
	else
		brief_fault("", in->ja, out);
	if (!in->ja)
		capital(out);
	if (words_time_known(since)) {
		text_add(out, in_words(in, ", since ", "（"));
		words_time(in->zone, since, in->now_us, out);
		text_add(out, in_words(in, "", " から）"));
	}
	text_add(out,
		 over ? in_words(in, "; it is over.", "。復旧済み。") : in_words(in, ".", "。"));
}

void brief_say_fault_means(const struct brief_input *in, struct text *out)
{
	struct fault f;

	if (kind_of(in, &f))
		text_add(out, in->ja ? rows[f.kind].means_ja : rows[f.kind].means_en);
}

void brief_say_fault_next(const struct brief_input *in, struct text *out)
{
	struct fault f;

	if (in->alarm && in->alarm->state == ALARM_ENDED)
		text_add(out, in_words(in, "Next: nothing is left to do.", "次: 残作業なし。"));
	else if (in->alarm && in->alarm->state == ALARM_PAGED)
		text_add(out,
			 in_words(in, "Next: somebody must take it.", "次: 誰かが引き受ける。"));
	else if (kind_of(in, &f))
		text_add(out, in->ja ? rows[f.kind].next_ja : rows[f.kind].next_en);
}

void brief_say_storm(const struct brief_input *in, struct text *out)
{
	const struct alarm *a = in->alarm;

	if (a->members > 1)
		text_printf(out,
			    in_words(in, "A storm: this alarm stands for %u",
				     "警報の多発: %u 件をまとめたもの"),
			    a->members);
	else
		text_add(out, in_words(in, "A storm: this alarm stands for several",
				       "警報の多発: 複数件をまとめたもの"));
	if (words_time_known(a->opened_us)) {
		text_add(out, in_words(in, ", since ", "（"));
		words_time(in->zone, a->opened_us, in->now_us, out);
		text_add(out, in_words(in, "", " から）"));
	}
	text_add(out, in_words(in, ".", "。"));
}

void brief_say_storm_next(const struct brief_input *in, struct text *out)
{
	if (in->alarm->state == ALARM_PAGED)
		text_add(out,
			 in_words(in, "Next: somebody must take it; noroshi handover lists them.",
				  "次: 誰かが引き受ける。内訳は noroshi handover で確認。"));
	else
		text_add(out, in_words(in, "Next: noroshi handover lists them.",
				       "次: 内訳は noroshi handover で確認。"));
}
