/* SPDX-License-Identifier: ISC */
/* What is said of lifting a measure: only what an open eye has seen, with its figures. */
#include "act/measure_lift.h"
#include "base/clock.h"
#include "duty/brief_words.h"

static const char *of(bool ja, const char *en, const char *japanese)
{
	return ja ? japanese : en;
}

static const char *const unseen_en[] = {
	[BLIND_NONE] = "not measurable",
	[BLIND_NO_EYE] = "not measurable: its router tells no counter, and the side before its "
			 "point is not seen; lift it only by hand or by a probe",
	[BLIND_UNPROVEN] = "not measurable: since it stands nothing of the attack was seen before "
			   "its point, which may be its own doing; lift it only by hand or by a "
			   "probe",
	[BLIND_BEHIND] = "not measurable: another measure stands before it and holds the attack; "
			 "look at that one first",
};
static const char *const unseen_ja[] = {
	[BLIND_NONE] = "測定できない",
	[BLIND_NO_EYE] = "測定できない: ルーターに計数がなく、適用点の手前も見えない。解除は人の"
			 "判断か試験解除による",
	[BLIND_UNPROVEN] = "測定できない: 適用後、手前で攻撃が一度も見えず、措置自体のためかも"
			   "しれない。解除は人の判断か試験解除による",
	[BLIND_BEHIND] = "測定できない: 手前の別の措置が攻撃を止めている。先にそちらを確認",
};

static void join(struct text *out, bool ja)
{
	if (out->len)
		text_add(out, of(ja, "; ", "、"));
}

static void share_of_peak(double share, bool ja, struct text *out)
{
	text_add(out, of(ja, "", "ピークの "));
	words_share(share, ja, out);
	text_add(out, of(ja, " of the peak", ""));
}

/* ---- it goes on ---- */

static void say_loud(const struct lift *l, bool ja, struct text *out)
{
	_cleanup_text_ struct text t = TEXT_NULL;

	if (l->drops.open && !l->drops.calm) {
		text_add(&t, of(ja, "", "破棄 "));
		text_rate(&t, l->drops.now, "pps");
		text_add(&t, of(ja, " are dropped", ""));
	}
	if (l->before.open && !l->before.calm) {
		join(&t, ja);
		text_add(&t, of(ja, "before its point it has ", "手前で "));
		text_rate(&t, l->before.now, "bit/s");
	}
	text_printf(out, of(ja, "the attack goes on: %s", "攻撃は続いている: %s"), text_str(&t));
}

/* ---- it is quiet ---- */

static void say_drops(const struct lift_eye *e, const char *time, bool ja, struct text *out)
{
	if (e->most <= 0) {
		text_printf(out, of(ja, "nothing was dropped for %s", "%s 破棄なし"), time);
		return;
	}
	text_printf(out, of(ja, "at most ", "%s 破棄は最大 "), time);
	text_rate(out, e->most, "pps");
	text_printf(out, of(ja, " were dropped for %s, ", " ("), time);
	share_of_peak(e->most / e->of, ja, out);
	text_add(out, of(ja, "", ")"));
}

static void say_before(const struct lift_eye *e, const char *time, bool ja, struct text *out)
{
	if (e->most <= 0) {
		text_printf(out,
			    of(ja, "before its point nothing of the attack was seen for %s",
			       "手前では %s 攻撃なし"),
			    time);
		return;
	}
	text_printf(out, of(ja, "before its point the attack had ", "手前の攻撃は %s "), time);
	share_of_peak(e->most / e->of, ja, out);
	text_printf(out, of(ja, " or less for %s", " 以下"), time);
}

/* An eye that opened late speaks for its own time only. */
static void add_time(const struct lift *l, const struct lift_eye *e, int64_t quiet_us, bool ja,
		     struct text *out)
{
	int64_t own_us = l->last_us - e->calm_us;

	words_duration(own_us < quiet_us ? own_us : quiet_us, ja, out);
}

static void say_quiet(const struct lift *l, int64_t quiet_us, bool ja, struct text *out)
{
	_cleanup_text_ struct text t = TEXT_NULL, drops = TEXT_NULL, before = TEXT_NULL;

	if (l->drops.open) {
		add_time(l, &l->drops, quiet_us, ja, &drops);
		say_drops(&l->drops, text_str(&drops), ja, &t);
	}
	if (l->before.open) {
		join(&t, ja);
		add_time(l, &l->before, quiet_us, ja, &before);
		say_before(&l->before, text_str(&before), ja, &t);
	}
	text_add(out, text_str(&t));
}

static void say_needed(const struct lift_view *v, bool ja, struct text *out)
{
	text_add(out, of(ja, "; quiet for ", "。"));
	words_duration(v->needed_us, ja, out);
	text_add(out, of(ja, " is needed", " の静穏が要る"));
}

void lift_say(const struct lift *l, const struct lift_view *v, bool ja, struct text *out)
{
	switch (v->state) {
	case LIFT_NEW:
		text_add(out, of(ja, "too early to tell", "まだ判断できない"));
		break;
	case LIFT_UNSEEN:
		text_add(out, of(ja, unseen_en[v->blind], unseen_ja[v->blind]));
		break;
	case LIFT_GOES_ON:
		say_loud(l, ja, out);
		break;
	case LIFT_QUIET:
		say_quiet(l, v->quiet_us, ja, out);
		say_needed(v, ja, out);
		break;
	default:
		say_quiet(l, v->quiet_us, ja, out);
	}
}
