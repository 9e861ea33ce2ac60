/* SPDX-License-Identifier: ISC */
/* What a customer is told of what was done, by whatever room takes measures; no point of ours by
 * its name. */
#include "duty/notice_inside.h"

/* What was done to the traffic, to be read behind "since 02:31 JST" or a span. */
static const char *const done[DUTY_MEANS][2] = {
	[MEANS_BLACKHOLE] =
		{"all traffic to the target of the attack is dropped in our network, so nobody "
		 "can reach it",
		 "攻撃対象宛の通信を当方の網内ですべて破棄しており、どこからも"
		 "接続できません"},
	[MEANS_COMMUNITY] =
		{"all traffic to the target of the attack is dropped by our transit provider, "
		 "so it cannot be reached from there",
		 "攻撃対象宛の通信を上流の事業者ですべて破棄しており、その先か"
		 "らは接続できません"},
	[MEANS_FILTER] = {"traffic that looks like the attack is dropped",
			  "攻撃と同じ特徴の通信を破棄しています"},
	[MEANS_LIMIT] = {"traffic that looks like the attack is limited",
			 "攻撃と同じ特徴の通信量を制限しています"},
	[MEANS_DIVERSION] =
		{"traffic to the target of the attack is led through a scrubbing service",
		 "攻撃対象宛の通信を洗浄装置に迂回させています"},
};
static const char *const was_done[DUTY_MEANS][2] = {
	[MEANS_BLACKHOLE] =
		{"all traffic to the target of the attack was dropped in our network, so nobody "
		 "could reach it",
		 "攻撃対象宛の通信を当方の網内ですべて破棄し、その間はどこから"
		 "も接続できませんでした"},
	[MEANS_COMMUNITY] =
		{"all traffic to the target of the attack was dropped by our transit provider, "
		 "so it could not be reached from there",
		 "攻撃対象宛の通信を上流の事業者ですべて破棄し、その間はその先"
		 "から接続できませんでした"},
	[MEANS_FILTER] = {"traffic that looked like the attack was dropped",
			  "攻撃と同じ特徴の通信を破棄しました"},
	[MEANS_LIMIT] = {"traffic that looked like the attack was limited",
			 "攻撃と同じ特徴の通信量を制限しました"},
	[MEANS_DIVERSION] =
		{"traffic to the target of the attack was led through a scrubbing service",
		 "攻撃対象宛の通信を洗浄装置に迂回させました"},
};

static const struct duty_measure *measure_of(notice_input in, unsigned *standing)
{
	return duty_measure_of(in->measures, in->incident->id, standing);
}

static void say_in_force(notice_input in, const struct duty_measure *m, unsigned n,
			 struct text *out)
{
	text_add(out, in->closing ? notice_pick(in, "What we did: ", "当方の対応: ")
				  : notice_pick(in, "What we do: ", "当方の対応: "));
	if (words_time_known(m->begun_us)) {
		text_add(out, notice_pick(in, "since ", ""));
		words_time(in->zone, m->begun_us, in->now_us, out);
		text_add(out, notice_pick(in, " ", " から、"));
	}
	text_add(out, done[m->means][in->ja]);
	text_add(out, notice_pick(in, ".", "。"));
	if (m->standing == STANDING_ENDS)
		text_add(out,
			 notice_pick(in, " This is being ended.", "現在、解除の手続き中です。"));
	else if (words_time_known(m->until_us)) {
		text_add(out, notice_pick(in, " This ends at ", "この措置は、延長しない限り "));
		words_time(in->zone, m->until_us, in->now_us, out);
		text_add(out, notice_pick(in, " at the latest, unless we extend it.",
					  " までに終了します。"));
	}
	if (n > 1)
		text_add(out, notice_pick(in, " Other measures are in force as well.",
					  "ほかの措置も行っています。"));
}

static void say_over(notice_input in, const struct duty_measure *m, struct text *out)
{
	text_add(out, in->closing ? notice_pick(in, "What we did: ", "当方の対応: ")
				  : notice_pick(in, "What we do: we are watching. Earlier, ",
						"当方の対応: 監視を続けています。これまでに、"));
	if (words_time_known(m->begun_us) && words_time_known(m->ended_us)) {
		words_span(in->zone, m->begun_us, m->ended_us, in->now_us, in->ja, out);
		text_add(out, notice_pick(in, " ", "、"));
	}
	text_add(out, was_done[m->means][in->ja]);
	text_add(out, notice_pick(in, ".", "。"));
}

static void say_nothing_done(notice_input in, bool prepared, struct text *out)
{
	text_add(out,
		 in->closing
			 ? notice_pick(
				   in, "What we did: we watched it; no measure was taken.",
				   "当方の対応: 監視を続けました。遮断などの措置は行っていません。")
		 : prepared
			 ? notice_pick(in,
				       "What we do: we are watching; a measure is being prepared.",
				       "当方の対応: 監視を続けており、措置を準備しています。")
			 : notice_pick(in,
				       "What we do: we are watching; no measure has been taken.",
				       "当方の対応: "
				       "監視を続けています。遮断などの措置は行っていません。"));
}

/* What others do is not known here. */
void notice_say_done(notice_input in, struct text *out)
{
	unsigned n = 0;
	const struct duty_measure *m = measure_of(in, &n);

	if (!in->measures)
		text_add(
			out,
			notice_pick(in,
				    "What we do: we are watching; whether a measure is in force we "
				    "cannot say at present.",
				    "当方の対応: "
				    "監視を続けています。措置の有無は現在確認できません。"));
	else if (m && duty_measure_stands(m))
		say_in_force(in, m, n, out);
	else if (m && m->standing == STANDING_OVER && words_time_known(m->begun_us))
		say_over(in, m, out);
	else
		say_nothing_done(in, m && m->standing != STANDING_OVER, out);
}

bool notice_is_offline(notice_input in)
{
	const struct duty_measure *m = measure_of(in, NULL);

	return m && duty_measure_stands(m) &&
	       (m->means == MEANS_BLACKHOLE || m->means == MEANS_COMMUNITY);
}
