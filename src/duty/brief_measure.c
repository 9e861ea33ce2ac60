/* SPDX-License-Identifier: ISC */
/* What stands against an attack, and what is to be done because of it. */
#include "duty/brief_inside.h"

static const struct duty_measure *spoken_of(const struct brief_input *in, unsigned *standing)
{
	const struct duty_measure *m = duty_measure_of(in->measures, in->incident->id, standing);

	/* One that nobody approved, or that was taken back before, has done nothing. */
	return m && m->standing == STANDING_OVER && !m->failed && !words_time_known(m->begun_us)
		       ? NULL
		       : m;
}

/* "blackhole at transit-a", "transit-a のブラックホール" */
static void add_name(const struct brief_input *in, const struct duty_measure *m, struct text *out)
{
	const char *means = duty_measure_means(m->means, in->ja);

	if (!m->point[0])
		text_add(out, means);
	else if (in->ja)
		text_printf(out, "%s%sの%s", m->point, words_space(m->point), means);
	else
		text_printf(out, "%s at %s", means, m->point);
}

static void say_in_force(const struct brief_input *in, const struct duty_measure *m, unsigned n,
			 struct text *out)
{
	int holds = duty_measure_holds(m);

	if (n > 1)
		text_printf(out,
			    in_words(in, "%u measures are in force, the longest a ",
				     "措置を %u 件実施中（最長は "),
			    n);
	else
		text_add(out, in_words(in, "A ", ""));
	add_name(in, m, out);
	if (n > 1)
		text_add(out, in_words(in, "", "）"));
	else
		text_add(out, in_words(in, " is in force", "を実施中"));
	if (words_time_known(m->until_us)) {
		text_add(out, in_words(in, " until ", "、"));
		words_time(in->zone, m->until_us, in->now_us, out);
		text_add(out, in_words(in, "", " まで"));
	}
	if (holds)
		text_add(out, holds > 0
				      ? in_words(in, "; it holds the attack", "、攻撃を止めている")
				      : in_words(in, "; it does not hold the attack",
						 "、攻撃を止めていない"));
	text_add(out, in_words(in, ".", "。"));
}

static void say_over(const struct brief_input *in, const struct duty_measure *m, struct text *out)
{
	text_add(out, in_words(in, "A ", ""));
	add_name(in, m, out);
	if (m->failed) {
		text_add(out, in_words(in, " failed.", "は失敗した。"));
		return;
	}
	text_add(out, in_words(in, " ended", "は"));
	if (words_time_known(m->ended_us)) {
		text_add(out, in_words(in, " at ", " "));
		words_time(in->zone, m->ended_us, in->now_us, out);
		text_add(out, in_words(in, "", " に"));
	}
	text_add(out, in_words(in, ".", "終了した。"));
}

void brief_say_measure(const struct brief_input *in, struct text *out)
{
	unsigned n = 0;
	const struct duty_measure *m = in->measures ? spoken_of(in, &n) : NULL;

	if (!in->measures) {
		text_add(out, in_words(in, "Whether measures stand is not known.",
				       "措置の有無は不明。"));
		return;
	}
	if (!m) {
		text_add(out,
			 in_words(in, "noroshi has taken no measure.", "noroshi の措置なし。"));
		return;
	}
	if (m->standing == STANDING_IN_FORCE) {
		say_in_force(in, m, n, out);
		return;
	}
	if (m->standing == STANDING_OVER) {
		say_over(in, m, out);
		return;
	}
	text_add(out, in_words(in, "A ", ""));
	add_name(in, m, out);
	text_add(out, m->standing == STANDING_WAITS
			      ? in_words(in, " waits for approval.", "は承認待ち。")
		      : m->standing == STANDING_BEGINS
			      ? in_words(in, " is approved and not confirmed by the router yet.",
					 "は承認済み、ルーターの応答待ち。")
			      : in_words(in, " is ended and not confirmed by the router yet.",
					 "は終了、撤去の確認待ち。"));
}

static bool next_in_force(const struct brief_input *in, const struct duty_measure *m,
			  struct text *out)
{
	if (words_time_known(m->sign_by_us)) {
		text_add(out, in_words(in, "Next: a second person must approve it by ",
				       "次: もう 1 人の承認が必要（期限 "));
		words_time(in->zone, m->sign_by_us, in->now_us, out);
		text_add(out, in_words(in, ".", "）。"));
	} else if (in->incident->f.state == FINDING_CLOSED || m->lift) {
		text_add(out, in_words(in, "Next: decide on lifting the measure.",
				       "次: 措置の解除を判断する。"));
	} else if (duty_measure_holds(m) < 0) {
		text_add(out, in_words(in, "Next: decide on another measure.",
				       "次: 別の措置を判断する。"));
	} else if (words_time_known(m->until_us)) {
		text_add(out, in_words(in, "Next: renew or end the measure before ",
				       "次: 措置の更新または終了を判断する（期限 "));
		words_time(in->zone, m->until_us, in->now_us, out);
		text_add(out, in_words(in, ".", "）。"));
	}
	return out->len > 0;
}

bool brief_say_measure_next(const struct brief_input *in, struct text *out)
{
	const struct duty_measure *m = in->measures ? spoken_of(in, NULL) : NULL;

	if (m && m->standing == STANDING_IN_FORCE)
		return next_in_force(in, m, out);
	if (!m || m->standing == STANDING_OVER || m->standing == STANDING_ENDS ||
	    in->incident->f.state == FINDING_CLOSED)
		return false;
	text_add(out, m->standing == STANDING_WAITS
			      ? in_words(in, "Next: approve or refuse the measure.",
					 "次: 措置の承認または却下。")
			      : in_words(in, "Next: see whether the router confirms the measure.",
					 "次: ルーターの応答を確認する。"));
	return true;
}
