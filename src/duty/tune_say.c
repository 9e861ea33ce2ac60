/* SPDX-License-Identifier: ISC */
/* A tuning in words: the figures of the verdict, in the order in which somebody asks for them. */
#include <stdio.h>

#include "base/clock.h"
#include "base/zone.h"
#include "duty/tune.h"

struct saying {
	const struct tune_result *r;
	const char *zone;
	bool ja;
	struct text *out;
};

static const char *unit_of(const struct saying *s)
{
	return s->r->in->track == ROLL_ANY_BITS ? "bit/s" : "pps";
}

static void rate(const struct saying *s, uint64_t n)
{
	text_rate(s->out, (double)n, unit_of(s));
}

static void moment(const struct saying *s, int64_t us)
{
	char buf[TIME_TEXT_MAX];

	text_add(s->out, zone_format(s->zone, us, true, buf));
}

static void say_ordinary(const struct saying *s)
{
	const struct tune_result *r = s->r;

	if (r->most_us == TIME_NONE) {
		text_add(s->out, s->ja ? "平常時は " : "Ordinary minutes stay under ");
		rate(s, r->in->course.floor);
		text_add(s->out, s->ja ? " 未満です。" : ".");
		return;
	}
	text_add(s->out, s->ja ? "平常時の最大は " : "Ordinary minutes reach ");
	rate(s, r->most);
	text_add(s->out, " (");
	moment(s, r->most_us);
	text_add(s->out, s->ja ? ") です。" : ").");
}

/* What the openings were, largest concern first. */
static void say_kinds(const struct saying *s, const struct tune_opens *o)
{
	static const char *const words[TUNE_KINDS][2] = {
		[TUNE_NOTHING] = {"for no incident", "該当する検知なし"},
		[TUNE_FALSE] = {"for incidents marked false", "誤検知とされたもの"},
		[TUNE_SCAN] = {"for scans", "スキャン"},
		[TUNE_MAINTENANCE] = {"in maintenance", "作業中"},
		[TUNE_TEST] = {"in known tests", "予告された試験中"},
		[TUNE_REAL] = {"for real attacks", "実際の攻撃"},
	};
	const char *comma = "";

	if (!o->n)
		return;
	text_add(s->out, s->ja ? " (" : " (");
	for (unsigned k = TUNE_KINDS; k-- > 0;) {
		if (!o->of[k])
			continue;
		if (s->ja)
			text_printf(s->out, "%s%s %u 回", comma, words[k][1], o->of[k]);
		else
			text_printf(s->out, "%s%u %s", comma, o->of[k], words[k][0]);
		comma = s->ja ? "、" : ", ";
	}
	if (o->brief)
		text_printf(s->out, s->ja ? "%s10 秒未満 %u 回" : "%s%u shorter than 10 s", comma,
			    o->brief);
	text_add(s->out, ")");
}

static void say_opens(const struct saying *s, uint64_t threshold, const struct tune_opens *o)
{
	text_add(s->out, s->ja ? "" : " ");
	rate(s, threshold);
	if (s->ja)
		text_printf(s->out, " なら検知は %u 回", o->n);
	else if (o->n == 1)
		text_add(s->out, " would have opened once");
	else if (o->n)
		text_printf(s->out, " would have opened %u times", o->n);
	else
		text_add(s->out, " would never have opened");
	say_kinds(s, o);
	if (s->ja)
		text_add(s->out, "です");
	if (o->first_real[0] && o->of[TUNE_REAL] == 1)
		text_printf(s->out, s->ja ? "。実際の攻撃は %s です" : ": %s was real",
			    o->first_real);
	text_add(s->out, s->ja ? "。" : ".");
}

static void say_missed(const struct saying *s, const struct tune_opens *o)
{
	if (!o->missed)
		return;
	if (s->ja)
		text_printf(s->out, "実際の攻撃 %u 件 (%s ほか) はこれに届きません。", o->missed,
			    o->first_missed);
	else
		text_printf(s->out, " %u real attack%s below it (%s%s).", o->missed,
			    o->missed == 1 ? " stays" : "s stay", o->first_missed,
			    o->missed == 1 ? "" : " ...");
}

/* Why a threshold that does no harm is lowered all the same. */
static void say_far(const struct saying *s)
{
	const struct tune_result *r = s->r;
	double times = r->most ? (double)r->in->threshold / (double)r->most : 0;

	if (r->verdict != TUNE_LOWER || r->now.missed)
		return;
	if (s->ja)
		text_printf(s->out, "平常時の最大の %.1f 倍で、その間の攻撃は見えません。", times);
	else
		text_printf(s->out,
			    " It is %.1f times what is ordinary, and attacks between stay "
			    "unseen.",
			    times);
}

static void say_blind(const struct saying *s)
{
	const struct tune_result *r = s->r;

	text_add(s->out,
		 s->ja ? "1 ホストへの攻撃は " : " An attack on one host is not seen under ");
	text_rate(s->out, r->blind, unit_of(s));
	if (r->in->course.sampling > 1)
		text_printf(s->out, s->ja ? " (サンプリング 1/%u、%.0f 秒)" : " (1 in %u, %.0f s)",
			    r->in->course.sampling, r->blind_seconds);
	text_add(s->out, s->ja ? " 未満なら見えません。" : ".");
}

static void say_too_little(const struct saying *s)
{
	const struct tune_result *r = s->r;

	if (r->seen >= TUNE_SEEN_LEAST && r->in->threshold <= r->in->course.floor) {
		text_add(s->out, s->ja ? "保存された記録では "
				       : "The minutes that are kept do not tell rates under ");
		rate(s, r->in->course.floor);
		text_add(s->out, s->ja ? " 未満の値が区別できません。" : " apart.");
	} else if (s->ja) {
		text_printf(
			s->out,
			"観測できたのは %u 分 (うち平常時 %u 分) だけです。%u 分 (平常時 %u 分) "
			"以上が必要です。",
			r->seen, r->ordinary, TUNE_SEEN_LEAST, TUNE_ORDINARY_LEAST);
	} else {
		text_printf(s->out,
			    "Only %u minutes were seen, %u of them ordinary; it takes %u and %u.",
			    r->seen, r->ordinary, TUNE_SEEN_LEAST, TUNE_ORDINARY_LEAST);
	}
}

static void say_conflict(const struct saying *s)
{
	const struct tune_result *r = s->r;

	say_ordinary(s);
	text_add(s->out, s->ja ? "一方、実際の攻撃 " : " But the real attack ");
	text_add(s->out, r->least_id);
	text_add(s->out, s->ja ? " は " : " was only ");
	rate(s, r->least_attack);
	text_add(s->out, s->ja ? " でした。平常時に触れず攻撃も逃さない値はないため、提案しません。"
			       : ". No threshold is well above the one and catches the other, so "
				 "none is proposed.");
	say_opens(s, r->in->threshold, &r->now);
}

void tune_say(const struct tune_result *r, const char *zone, bool ja, struct text *out)
{
	const struct saying s = {.r = r, .zone = zone, .ja = ja, .out = out};

	switch (r->verdict) {
	case TUNE_OFF:
		text_add(out, ja ? "このしきい値は設定で無効 (never) です。"
				 : "This threshold is switched off (never).");
		return;
	case TUNE_TOO_LITTLE:
		say_too_little(&s);
		return;
	case TUNE_CONFLICT:
		say_conflict(&s);
		return;
	default:
		break;
	}
	say_ordinary(&s);
	say_opens(&s, r->in->threshold, &r->now);
	say_missed(&s, &r->now);
	say_far(&s);
	if (r->proposed)
		say_opens(&s, r->proposed, &r->then);
	say_missed(&s, &r->then);
	say_blind(&s);
}
