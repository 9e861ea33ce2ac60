/* SPDX-License-Identifier: ISC */
/* Handover: measures that stand or wait, each with the minutes it has left. */
#include <stdlib.h>
#include <string.h>

#include "duty/handover_inside.h"

#define SHOWN 8

static const struct handover_incident *incident_of(handover in, const char *id)
{
	for (unsigned i = 0; i < in->n_incidents; i++)
		if (strcmp(in->incidents[i].incident->id, id) == 0)
			return &in->incidents[i];
	return NULL;
}

static void say_measure(handover in, const struct duty_measure *m, struct sheet *s)
{
	const struct handover_incident *x = incident_of(in, m->incident);
	_cleanup_text_ struct text t = TEXT_NULL;

	text_printf(&t, "%s ", m->id);
	if (x)
		words_target(x->incident, in->conf, in->ja, &t);
	else
		text_add(&t, m->object[0] ? m->object : m->incident);
	text_add(&t, handover_pick(in, ": ", ": "));
	duty_measure_say(m, in->zone, in->now_us, in->ja, &t);
	if (m->standing == STANDING_IN_FORCE && x && x->incident->f.state == FINDING_CLOSED)
		text_add(&t, handover_pick(in, "; its incident is over", "、検知は終息済み"));
	sheet_item(s, 2, x ? x->incident : NULL, text_str(&t));
}

static void say_freeze(handover in, const struct handover_freeze *f, const char *en, const char *ja,
		       struct sheet *s)
{
	_cleanup_text_ struct text t = TEXT_NULL;

	if (!f->frozen)
		return;
	text_add(&t, handover_pick(in, en, ja));
	if (words_time_known(f->at_us)) {
		text_add(&t, handover_pick(in, " since ", "、"));
		words_time(in->zone, f->at_us, in->now_us, &t);
		text_add(&t, handover_pick(in, "", " から"));
	}
	if (f->who && f->who[0])
		text_printf(&t, handover_pick(in, ", by %s", "、%s による"), f->who);
	if (f->why && f->why[0])
		text_printf(&t, handover_pick(in, ": %s", "、理由: %s"), f->why);
	sheet_item(s, 2, NULL, text_str(&t));
}

static void say_forged(handover in, struct sheet *s)
{
	_cleanup_text_ struct text t = TEXT_NULL;

	if (!in->forged)
		return;
	text_printf(&t,
		    handover_pick(in,
				  "Left out, as noroshi did not write them like this: %u (see "
				  "noroshi audit verify).",
				  "noroshi が書いたものと異なるため除いた記録: %u 件（noroshi "
				  "audit verify で確認すること）。"),
		    in->forged);
	sheet_item(s, 2, NULL, text_str(&t));
}

/* What ends first comes first; what has no end last. */
static int by_end(const void *a, const void *b)
{
	const struct duty_measure *x = *(const struct duty_measure *const *)a;
	const struct duty_measure *y = *(const struct duty_measure *const *)b;
	bool known = words_time_known(x->until_us);

	if (known != words_time_known(y->until_us))
		return known ? -1 : 1;
	if (known && x->until_us != y->until_us)
		return x->until_us < y->until_us ? -1 : 1;
	return strcmp(x->id, y->id);
}

static unsigned say_list(handover in, struct sheet *s)
{
	const struct duty_measures *all = in->measures;
	_cleanup_free_ const struct duty_measure **list = calloc(all->n + 1, sizeof(*list));
	unsigned n = 0;

	if (!list) {
		text_note_lost();
		return 0;
	}
	for (unsigned i = 0; i < all->n; i++)
		if (all->list[i].standing != STANDING_OVER)
			list[n++] = &all->list[i];
	qsort(list, n, sizeof(*list), by_end);
	for (unsigned i = 0; i < n && i < sheet_cap(s, SHOWN); i++)
		say_measure(in, list[i], s);
	handover_more(in, n, sheet_cap(s, SHOWN), s);
	return n;
}

void handover_measures(handover in, struct sheet *s)
{
	unsigned n;

	sheet_head(s, "MEASURES IN FORCE", "実施中の措置");
	say_freeze(in, &in->freeze, "FROZEN (nothing new, nothing taken back but at its end)",
		   "凍結中（新規の実施なし、終了は期限到来のみ）", s);
	say_freeze(in, &in->freeze_automatic, "FROZEN for standing orders", "事前指示のみ凍結中",
		   s);
	if (!in->measures) {
		sheet_say(s, "Not known: the records of measures could not be read.",
			  "不明: 措置の記録を読めない。");
		return;
	}
	n = say_list(in, s);
	say_forged(in, s);
	if (!n)
		sheet_say(s, "None by noroshi.", "noroshi によるものはない。");
}
