/* SPDX-License-Identifier: ISC */
/* Handover: what changed. */
#include <inttypes.h>
#include <string.h>

#include "duty/handover_inside.h"

#define SHOWN 4 /* of each kind; the rest is counted */

/* Does this state of an incident belong to the kind of change? */
static bool opened(handover in, const struct handover_incident *x)
{
	int64_t at = x->incident->f.detected_us;

	return (words_time_known(at) ? at : x->incident->f.first_us) >= in->since_us;
}

static bool ended(handover in, const struct handover_incident *x)
{
	const struct finding *f = &x->incident->f;

	return f->state == FINDING_CLOSED &&
	       (f->last_us >= in->since_us || f->updated_us >= in->since_us);
}

static bool lost(handover in, const struct handover_incident *x)
{
	const struct finding *f = &x->incident->f;

	return f->state == FINDING_LOST_SIGHT && f->last_us >= in->since_us;
}

static const struct {
	bool (*is)(handover in, const struct handover_incident *x);
	const char *en, *ja;
} of_incidents[] = {
	{opened, "Opened", "発生"}, {ended, "Ended", "終息"}, {lost, "Lost sight of", "観測不能"}};

static const struct {
	const char *en, *ja;
} of_acts[HANDOVER_ACTS] = {
	[ACT_WORSE] = {"Got worse", "悪化"},
	[ACT_MARKED] = {"Marked as no attack", "攻撃ではないと記録"},
	[ACT_UNMARKED] = {"Mark taken back", "記録の取消"},
	[ACT_SUPPRESSED] = {"Suppressed", "抑止を設定"},
	[ACT_LIFTED] = {"Suppression lifted", "抑止を解除"},
	[ACT_BEGUN] = {"Measures begun", "措置を開始"},
	[ACT_ENDED] = {"Measures ended", "措置を終了"},
	[ACT_FAILED] = {"Measures failed", "措置に失敗"},
	[ACT_BLIND] = {"Were blind for a time", "一時的に見えなかった"},
};

/* A line is "Opened 12: shop (n01…), mail (n02…) and 10 more". */
struct line {
	struct text names;
	unsigned n;
};

static bool has_room(handover in, const struct sheet *s, struct line *l)
{
	if (l->n++ >= sheet_cap(s, SHOWN))
		return false;
	text_add(&l->names, l->n > 1 ? handover_pick(in, ", ", "、") : "");
	return true;
}

static void finish(handover in, const char *en, const char *ja, struct line *l, struct sheet *s)
{
	_cleanup_text_ struct text t = TEXT_NULL;

	text_printf(&t, handover_pick(in, "%s %u: %s", "%s %u 件: %s"), handover_pick(in, en, ja),
		    l->n, text_str(&l->names));
	if (l->n > sheet_cap(s, SHOWN))
		text_printf(&t, handover_pick(in, " and %u more", "ほか %u"),
			    l->n - sheet_cap(s, SHOWN));
	text_add(&t, handover_pick(in, ".", "。"));
	/* The names have passed the guard, each for its own incident. */
	sheet_item(s, 2, NULL, text_str(&t));
	text_deinit(&l->names);
}

static void add_guarded(handover in, const struct incident *inc, const char *name, struct sheet *s,
			struct text *out)
{
	/* A target without an object has no name but its address; here its id will do. */
	struct guard guard = guard_about(GUARD_HOUSE, in->conf, NULL);

	(void)inc;
	guard_text(&guard, name, in->ja, out);
	s->withheld += guard.withheld;
}

static unsigned say_incidents(handover in, struct sheet *s, size_t kind)
{
	struct line l = {0};

	for (unsigned i = 0; i < in->n_incidents; i++) {
		const struct incident *inc = in->incidents[i].incident;

		if (in->incidents[i].is_false || !of_incidents[kind].is(in, &in->incidents[i]) ||
		    !has_room(in, s, &l))
			continue;
		text_add(&l.names, inc->id);
		if (inc->object[0]) {
			text_add(&l.names, handover_pick(in, " (", "（"));
			add_guarded(in, inc, inc->object, s, &l.names);
			text_add(&l.names, handover_pick(in, ")", "）"));
		}
	}
	if (l.n)
		finish(in, of_incidents[kind].en, of_incidents[kind].ja, &l, s);
	return l.n;
}

static unsigned say_acts(handover in, struct sheet *s, enum handover_act act)
{
	struct line l = {0};

	for (unsigned i = 0; i < in->n_changes; i++) {
		const struct handover_change *c = &in->changes[i];

		if (c->act != act || c->at_us < in->since_us || !has_room(in, s, &l))
			continue;
		text_add(&l.names, c->subject);
		if (c->what && c->what[0])
			text_printf(&l.names, handover_pick(in, " %s", " %s"), c->what);
		if (c->who && c->who[0])
			text_printf(&l.names, handover_pick(in, " by %s", "（%s）"), c->who);
	}
	if (l.n)
		finish(in, of_acts[act].en, of_acts[act].ja, &l, s);
	return l.n;
}

void handover_changes(handover in, struct sheet *s)
{
	_cleanup_text_ struct text since = TEXT_NULL, en = TEXT_NULL, ja = TEXT_NULL;
	unsigned n = 0, acts = 0;

	words_time(in->zone, in->since_us, in->now_us, &since);
	text_printf(&en, "SINCE %s", text_str(&since));
	text_printf(&ja, "%s 以降の変化", text_str(&since));
	sheet_head(s, text_str(&en), text_str(&ja));
	for (size_t i = 0; i < ARRAY_LEN(of_incidents); i++)
		n += say_incidents(in, s, i);
	for (unsigned a = 0; a < HANDOVER_ACTS; a++)
		acts += say_acts(in, s, (enum handover_act)a);
	if (!in->watch_known)
		sheet_say(s, "Changes of incidents are not known.", "検知の変化は不明。");
	if (!in->desk_known)
		sheet_say(s, "What people did is not known: there are no records of the desk.",
			  "担当者の操作は不明（当直の記録がない）。");
	if (in->watch_known && !n && in->desk_known && !acts)
		sheet_say(s, "Nothing.", "なし。");
	else if (in->watch_known && !n)
		sheet_say(s, "No incident opened or ended.", "検知の発生と終息なし。");
}

void handover_held(handover in, struct sheet *s)
{
	_cleanup_text_ struct text t = TEXT_NULL;

	sheet_head(s, "HELD BACK SINCE THEN (KEPT AND COUNTED, NOBODY PAGED)",
		   "呼び出しを見合わせたもの（記録と集計は継続）");
	for (unsigned m = MUTE_NOT + 1; m < MUTE_KINDS; m++)
		if (in->held[m])
			text_printf(
				&t,
				handover_pick(in, "%s%" PRIu64 ": %s", "%s%" PRIu64 " 件（%s）"),
				t.len ? handover_pick(in, "; ", "、") : "", in->held[m],
				brief_mute((enum alarm_mute)m, in->ja));
	if (!in->desk_known) {
		sheet_say(s, "Not known: there are no records of the desk.",
			  "不明（当直の記録がない）。");
		return;
	}
	text_add(&t,
		 t.len ? handover_pick(in, ".", "。") : handover_pick(in, "Nothing.", "なし。"));
	sheet_item(s, 2, NULL, text_str(&t));
}
