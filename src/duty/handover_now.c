/* SPDX-License-Identifier: ISC */
/* Handover: who is on call, what is open and whose it is. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "duty/handover_inside.h"
#include "duty/roster.h"

#define INCIDENTS_SHOWN	 8
#define UNANSWERED_SHOWN 5
#define NAMES_SHOWN	 3

void handover_no_desk(struct sheet *s)
{
	sheet_say(s, "Not known: there are no records of the desk.", "不明（当直の記録がない）。");
}

static void add_people(handover in, const struct roster *r, struct text *out)
{
	text_add(out, r->person[0]->name);
	if (r->n < 2)
		return;
	text_add(out, handover_pick(in, ", then ", "、応答がなければ "));
	for (unsigned i = 1; i < r->n && i <= NAMES_SHOWN; i++)
		text_printf(out, "%s%s", i > 1 ? handover_pick(in, ", ", "、") : "",
			    r->person[i]->name);
	if (r->n > NAMES_SHOWN + 1)
		text_printf(out, handover_pick(in, " and %u more", "ほか %u 名"),
			    r->n - NAMES_SHOWN - 1);
}

void handover_no_conf(struct sheet *s)
{
	sheet_say(s, "Not known: no configuration is named (--conf).",
		  "不明（設定ファイルの指定がない、--conf）。");
}

void handover_on_call(handover in, struct sheet *s)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	struct roster now, next;

	roster_at(in->conf, NULL, in->now_us, &now);
	sheet_head(s, "ON CALL", "当直");
	if (in->courier_gone)
		sheet_say(s, "NO COURIER RUNS: nobody is paged.",
			  "courier が停止中: 誰も呼び出されない。");
	if (!in->conf_known) {
		handover_no_conf(s);
		return;
	}
	if (!now.n) {
		sheet_say(s, "Nobody is on call now.", "現在、当直者はいない。");
	} else {
		add_people(in, &now, &t);
		if (now.until_us != TIME_NONE) {
			text_add(&t, handover_pick(in, "; until ", "（"));
			words_time(in->zone, now.until_us, in->now_us, &t);
			text_add(&t, handover_pick(in, "", " まで）"));
		}
		text_add(&t, handover_pick(in, ".", "。"));
		sheet_item(s, 2, NULL, text_str(&t));
	}
	if (now.until_us == TIME_NONE)
		return;
	roster_at(in->conf, NULL, now.until_us, &next);
	text_clear(&t);
	text_add(&t, handover_pick(in, "Next: ", "次: "));
	if (next.n)
		add_people(in, &next, &t);
	else
		text_add(&t, handover_pick(in, "nobody", "なし"));
	text_add(&t, handover_pick(in, ".", "。"));
	sheet_item(s, 2, NULL, text_str(&t));
}

/* Worst first, those not judged last, then the oldest. */
static int worse(const void *a, const void *b)
{
	const struct handover_incident *x = *(const struct handover_incident *const *)a;
	const struct handover_incident *y = *(const struct handover_incident *const *)b;
	unsigned sx = x->severity ? x->severity : 9, sy = y->severity ? y->severity : 9;

	if (sx != sy)
		return sx < sy ? -1 : 1;
	if (x->incident->f.first_us != y->incident->f.first_us)
		return x->incident->f.first_us < y->incident->f.first_us ? -1 : 1;
	return strcmp(x->incident->id, y->incident->id);
}

static void add_owner(handover in, const struct alarm *a, struct text *out)
{
	text_printf(out, handover_pick(in, "owner %s", "担当 %s"), a->owner);
	if (a->state != ALARM_SNOOZED || !words_time_known(a->snoozed_until_us))
		return;
	text_add(out, handover_pick(in, ", silent until ", "、"));
	words_time(in->zone, a->snoozed_until_us, in->now_us, out);
	text_add(out, handover_pick(in, "", " まで呼び出し停止"));
}

void handover_owner(handover in, const struct alarm *a, struct text *out)
{
	if (!in->desk_known)
		text_add(out, handover_pick(in, "owner not known", "担当不明"));
	else if (a && a->owner[0])
		add_owner(in, a, out);
	else if (a && a->state == ALARM_HELD)
		text_printf(out, handover_pick(in, "nobody paged (%s)", "呼び出しなし（%s）"),
			    brief_mute(a->mute, in->ja));
	else
		text_add(out, handover_pick(in, "no owner", "担当なし"));
}

/* The figure that matters: the line's share, else the peak. */
static void add_figure(handover in, const struct incident *inc, struct text *out)
{
	_cleanup_text_ struct text peak = TEXT_NULL;

	if (words_figures(inc, in->ja, &peak))
		text_printf(out, handover_pick(in, "; peak %s", "、最大 %s"), text_str(&peak));
	if (words_line(inc) > 0) {
		text_add(out, handover_pick(in, ", ", "、回線の "));
		words_share(words_line(inc), in->ja, out);
		text_add(out, handover_pick(in, " of its line", ""));
	}
}

static void add_case(handover in, const struct handover_incident *x, struct text *out)
{
	if (!*x->belongs.case_id)
		return;
	text_add(out, handover_pick(in, "; ", "、"));
	desk_belongs_say(&x->belongs, true, in->ja ? "ja" : "en", out);
}

static void say_incident(handover in, const struct handover_incident *x, struct sheet *s)
{
	static const char *const states[][2] = {
		[FINDING_OPEN] = {"", ""},
		[FINDING_QUIET] = {", quiet now", "、沈静"},
		[FINDING_CLOSED] = {"", ""},
		[FINDING_LOST_SIGHT] = {", lost sight of", "、観測不能"},
	};
	const struct incident *inc = x->incident;
	_cleanup_text_ struct text t = TEXT_NULL;

	if (x->severity)
		text_printf(&t, handover_pick(in, "S%u ", "重大度 %u "), x->severity);
	text_printf(&t, "%s ", inc->id);
	words_target(inc, in->conf, in->ja, &t);
	if (words_time_known(inc->f.first_us)) {
		text_add(&t, handover_pick(in, ", since ", "、"));
		words_time(in->zone, inc->f.first_us, in->now_us, &t);
		text_add(&t, handover_pick(in, "", " から"));
	}
	text_add(&t, states[inc->f.state][in->ja]);
	text_add(&t, handover_pick(in, "; ", "、"));
	handover_owner(in, x->alarm, &t);
	text_add(&t, handover_pick(in, "; ", "、"));
	if (inc->f.kind == FINDING_SCAN)
		text_add(&t, handover_pick(in, "scan", "スキャン"));
	else if (!words_vectors(inc, 2, in->ja, &t))
		text_add(&t, handover_pick(in, "attack", "攻撃"));
	add_figure(in, inc, &t);
	add_case(in, x, &t);
	sheet_item(s, 2, inc, text_str(&t));
}

void handover_incidents(handover in, struct sheet *s)
{
	_cleanup_free_ const struct handover_incident **open =
		calloc(in->n_incidents ? in->n_incidents : 1, sizeof(*open));
	unsigned n = 0;

	sheet_head(s, "OPEN INCIDENTS", "継続中の検知");
	if (!open) {
		text_note_lost();
		return;
	}
	for (unsigned i = 0; i < in->n_incidents; i++)
		if (handover_open(&in->incidents[i]))
			open[n++] = &in->incidents[i];
	qsort(open, n, sizeof(*open), worse);
	for (unsigned i = 0; i < n && i < sheet_cap(s, INCIDENTS_SHOWN); i++)
		say_incident(in, open[i], s);
	handover_more(in, n, sheet_cap(s, INCIDENTS_SHOWN), s);
	if (in->more_incidents)
		sheet_say(s, "There are more incidents than could be read.",
			  "読み切れない検知がある。");
	if (!in->watch_known)
		sheet_say(s, "Not known: the store of incidents could not be read.",
			  "不明: 検知の記録庫を読めない。");
	else if (!n)
		sheet_say(s, "None.", "なし。");
}

/* A later room fills this. Until it does there is nothing of the kind. */
void handover_requests(handover in, struct sheet *s)
{
	sheet_head(s, "REQUESTS WITHOUT AN ANSWER", "回答待ちの依頼");
	sheet_say(s, "None by noroshi, which sends no requests yet.",
		  "noroshi によるものはない（依頼機能は未実装）。");
}

static const struct incident *incident_of(handover in, const struct alarm *a)
{
	for (unsigned i = 0; a->kind == ALARM_INCIDENT && i < in->n_incidents; i++)
		if (strcmp(in->incidents[i].incident->id, a->ref) == 0)
			return in->incidents[i].incident;
	return NULL;
}

void handover_subject(handover in, const struct alarm *a, const struct incident *inc,
		      struct text *out)
{
	if (a->kind == ALARM_FAULT)
		brief_fault(a->ref, in->ja, out);
	else if (a->kind == ALARM_STORM && a->members > 1)
		text_printf(out, handover_pick(in, "storm of %u alarms", "警報の多発（%u 件）"),
			    a->members);
	else if (a->kind == ALARM_STORM)
		text_add(out, handover_pick(in, "storm of alarms", "警報の多発"));
	else if (inc)
		words_target(inc, in->conf, in->ja, out);
	else
		text_add(out, a->object);
}

static void say_unanswered(handover in, const struct alarm *a, struct sheet *s)
{
	const struct incident *inc = incident_of(in, a);
	_cleanup_text_ struct text t = TEXT_NULL, subject = TEXT_NULL;

	if (a->severity)
		text_printf(&t, handover_pick(in, "S%u ", "重大度 %u "), a->severity);
	text_add(&t, a->kind == ALARM_INCIDENT ? a->ref : a->id);
	handover_subject(in, a, inc, &subject);
	if (subject.len)
		text_printf(&t, " %s", text_str(&subject));
	if (a->state == ALARM_HELD) {
		text_printf(&t, handover_pick(in, "; %s", "、%s"), brief_mute(MUTE_NOT, in->ja));
	} else if (a->paged[0]) {
		text_printf(&t, handover_pick(in, "; %s was paged", "、%s を呼び出し"), a->paged);
		if (words_time_known(a->paged_us)) {
			text_add(&t, handover_pick(in, " at ", "（"));
			words_time(in->zone, a->paged_us, in->now_us, &t);
			text_add(&t, handover_pick(in, "", "）"));
		}
	}
	if (words_time_known(a->next_us) && !in->courier_gone) {
		text_add(&t, handover_pick(in, "; the next one at ", "、次の呼び出し "));
		words_time(in->zone, a->next_us, in->now_us, &t);
	}
	sheet_item(s, 2, inc, text_str(&t));
}

/* Worst first, then the oldest. */
static int worse_alarm(const void *a, const void *b)
{
	const struct alarm *x = *(const struct alarm *const *)a;
	const struct alarm *y = *(const struct alarm *const *)b;
	unsigned sx = x->severity ? x->severity : 9, sy = y->severity ? y->severity : 9;

	/* A storm stands for many, of which the others here may be some. */
	if ((x->kind == ALARM_STORM) != (y->kind == ALARM_STORM))
		return x->kind == ALARM_STORM ? -1 : 1;
	if (sx != sy)
		return sx < sy ? -1 : 1;
	if (x->opened_us != y->opened_us)
		return x->opened_us < y->opened_us ? -1 : 1;
	return strcmp(x->id, y->id);
}

/* Paged, or silent only because nobody is on call. */
static bool waits_for_somebody(const struct alarm *a)
{
	return a->state == ALARM_PAGED || (a->state == ALARM_HELD && a->mute == MUTE_NOT);
}

/* Bad enough to wake somebody, and nobody raised an alarm: no courier has seen it. */
static unsigned say_without_alarm(handover in, struct sheet *s)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	unsigned n = 0;

	for (unsigned i = 0; in->courier_gone && i < in->n_incidents; i++) {
		const struct handover_incident *x = &in->incidents[i];

		if (x->alarm || !handover_open(x) || !x->severity ||
		    x->severity > in->conf->duty.page_from)
			continue;
		if (n++ < sheet_cap(s, UNANSWERED_SHOWN))
			text_printf(&t, "%s%s", t.len ? handover_pick(in, ", ", "、") : "",
				    x->incident->id);
	}
	if (!n)
		return 0;
	text_add(&t, handover_pick(in, ": no alarm was raised.", ": 警報は上がっていない。"));
	sheet_item(s, 2, NULL, text_str(&t));
	handover_more(in, n, sheet_cap(s, UNANSWERED_SHOWN), s);
	return n;
}

void handover_unanswered(handover in, struct sheet *s)
{
	_cleanup_free_ const struct alarm **list =
		calloc(in->n_alarms ? in->n_alarms : 1, sizeof(*list));
	unsigned n = 0;

	sheet_head(s, "ALARMS THAT NOBODY HAS TAKEN", "未応答の警報");
	if (!in->desk_known) {
		handover_no_desk(s);
		return;
	}
	if (!list) {
		text_note_lost();
		return;
	}
	for (unsigned i = 0; i < in->n_alarms; i++)
		if (waits_for_somebody(&in->alarms[i]))
			list[n++] = &in->alarms[i];
	qsort(list, n, sizeof(*list), worse_alarm);
	for (unsigned i = 0; i < n && i < sheet_cap(s, UNANSWERED_SHOWN); i++)
		say_unanswered(in, list[i], s);
	handover_more(in, n, sheet_cap(s, UNANSWERED_SHOWN), s);
	n += say_without_alarm(in, s);
	if (!n)
		sheet_say(s, "None.", "なし。");
}
