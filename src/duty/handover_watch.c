/* SPDX-License-Identifier: ISC */
/* Handover: what does not page, what is announced, where we are blind, what is looked at more. */
#include <stdlib.h>
#include <string.h>

#include "duty/handover_inside.h"
#include "duty/heightened.h"
#include "duty/words.h"

#define SUPPRESSIONS_SHOWN 4
#define MAINTENANCE_SHOWN  4
#define FAULTS_SHOWN	   5
#define WATCHES_SHOWN	   3
#define NAMES_SHOWN	   3

void handover_suppressions(handover in, struct sheet *s)
{
	sheet_head(s, "SUPPRESSIONS", "呼び出しの抑止");
	if (!in->desk_known) {
		handover_no_desk(s);
		return;
	}
	for (unsigned i = 0; i < in->n_suppressions && i < sheet_cap(s, SUPPRESSIONS_SHOWN); i++) {
		const struct suppression *x = &in->suppressions[i];
		_cleanup_text_ struct text t = TEXT_NULL;
		uint16_t port = 0;
		enum vector v;

		text_printf(&t, "%s ", x->id);
		text_add(&t,
			 x->object[0] ? x->object : handover_pick(in, "every object", "全対象"));
		text_add(&t, handover_pick(in, ", ", "、"));
		if (x->vector[0] && vector_parse(x->vector, &v, &port) == 0)
			page_vector(v, port, in->ja, &t);
		else
			text_add(&t, handover_pick(in, "all vectors", "全種別"));
		text_add(&t, handover_pick(in, "; until ", "、"));
		words_time(in->zone, x->until_us, in->now_us, &t);
		text_add(&t, handover_pick(in, "", " まで"));
		if (x->actor[0])
			text_printf(&t, handover_pick(in, "; by %s", "、設定者 %s"), x->actor);
		if (x->reason[0])
			text_printf(&t, handover_pick(in, ": %s", "、理由: %s"), x->reason);
		sheet_item(s, 2, NULL, text_str(&t));
	}
	handover_more(in, in->n_suppressions, sheet_cap(s, SUPPRESSIONS_SHOWN), s);
	if (!in->n_suppressions)
		sheet_say(s, "None.", "なし。");
}

static void add_times(handover in, int64_t from_us, int64_t until_us, struct text *out)
{
	words_time(in->zone, from_us, in->now_us, out);
	text_add(out, handover_pick(in, " to ", " から "));
	words_time(in->zone, until_us, in->now_us, out);
	text_add(out, handover_pick(in, "", " まで"));
}

static void add_touched(handover in, conf_name *names, size_t n, bool *any, struct text *out)
{
	for (size_t i = 0; i < n && i < NAMES_SHOWN; i++) {
		text_add(out, *any ? handover_pick(in, ", ", "、")
				   : handover_pick(in, "; touches ", "、対象: "));
		text_add(out, names[i]);
		*any = true;
	}
	if (n > NAMES_SHOWN)
		text_printf(out, handover_pick(in, " and %zu more", "ほか %zu"), n - NAMES_SHOWN);
}

static bool is_near(handover in, int64_t from_us, int64_t until_us)
{
	return until_us > in->now_us && from_us < in->now_us + HANDOVER_AHEAD_US;
}

/* Announced work, or a known test of an object. */
struct soon {
	int64_t from_us, until_us;
	const struct conf_maintenance *work; /* NULL: a test */
	const struct conf_object *object;
	const char *note;
};

static int sooner(const void *a, const void *b)
{
	const struct soon *x = a, *y = b;

	if (x->from_us != y->from_us)
		return x->from_us < y->from_us ? -1 : 1;
	return x->until_us < y->until_us ? -1 : x->until_us > y->until_us;
}

/* @list: NULL only counts. */
static unsigned find_soon(handover in, struct soon *list)
{
	unsigned n = 0;

	for (size_t i = 0; i < in->conf->n_maintenance; i++) {
		const struct conf_maintenance *m = &in->conf->maintenance[i];

		if (!is_near(in, m->from_us, m->until_us))
			continue;
		if (list)
			list[n] = (struct soon){m->from_us, m->until_us, m, NULL, m->note};
		n++;
	}
	for (size_t i = 0; i < in->conf->n_objects; i++) {
		const struct conf_object *o = &in->conf->objects[i];

		for (size_t k = 0; k < o->n_tests; k++) {
			const struct conf_known_test *x = &o->tests[k];

			if (!is_near(in, x->from_us, x->until_us))
				continue;
			if (list)
				list[n] = (struct soon){x->from_us, x->until_us, NULL, o, x->note};
			n++;
		}
	}
	return n;
}

static void say_soon(handover in, const struct soon *x, struct sheet *s)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	bool any = false;

	if (x->from_us <= in->now_us)
		text_add(&t, handover_pick(in, "NOW, ", "実施中、"));
	add_times(in, x->from_us, x->until_us, &t);
	if (x->object)
		text_printf(&t, handover_pick(in, ": test on %s", "、%s の試験"), x->object->name);
	if (x->note[0])
		text_printf(&t, handover_pick(in, x->object ? ", %s" : ": %s", "、%s"), x->note);
	if (x->work) {
		add_touched(in, x->work->objects, x->work->n_objects, &any, &t);
		add_touched(in, x->work->exporters, x->work->n_exporters, &any, &t);
		add_touched(in, x->work->links, x->work->n_links, &any, &t);
		if (!any)
			text_add(&t, handover_pick(in, "; the whole network", "、網全体"));
	}
	sheet_item(s, 2, NULL, text_str(&t));
}

void handover_maintenance(handover in, struct sheet *s)
{
	unsigned n = find_soon(in, NULL);
	_cleanup_free_ struct soon *list = calloc(n ? n : 1, sizeof(*list));

	sheet_head(s, "MAINTENANCE AND TESTS, NOW AND IN THE NEXT 12 H",
		   "作業と試験（現在から 12 時間）");
	if (!in->conf_known) {
		handover_no_conf(s);
		return;
	}
	if (!list) {
		text_note_lost();
		return;
	}
	find_soon(in, list);
	qsort(list, n, sizeof(*list), sooner);
	for (unsigned i = 0; i < n && i < sheet_cap(s, MAINTENANCE_SHOWN); i++)
		say_soon(in, &list[i], s);
	handover_more(in, n, sheet_cap(s, MAINTENANCE_SHOWN), s);
	if (!n)
		sheet_say(s, "None.", "なし。");
}

static unsigned say_fault_alarms(handover in, struct sheet *s)
{
	unsigned n = 0;

	for (unsigned i = 0; i < in->n_alarms; i++) {
		const struct alarm *a = &in->alarms[i];
		_cleanup_text_ struct text t = TEXT_NULL;

		if (a->kind != ALARM_FAULT || a->state == ALARM_ENDED ||
		    n++ >= sheet_cap(s, FAULTS_SHOWN))
			continue;
		handover_subject(in, a, NULL, &t);
		if (words_time_known(a->opened_us)) {
			text_add(&t, handover_pick(in, ", since ", "、"));
			words_time(in->zone, a->opened_us, in->now_us, &t);
			text_add(&t, handover_pick(in, "", " から"));
		}
		text_add(&t, handover_pick(in, "; ", "、"));
		handover_owner(in, a, &t);
		sheet_item(s, 2, NULL, text_str(&t));
	}
	return n;
}

static bool has_alarm(handover in, const struct fault *f)
{
	for (unsigned i = 0; i < in->n_alarms; i++) {
		struct fault known;

		if (in->alarms[i].kind == ALARM_FAULT &&
		    fault_from_ref(in->alarms[i].ref, &known) == 0 && known.kind == f->kind &&
		    strcmp(known.subject, f->subject) == 0)
			return true;
	}
	return false;
}

void handover_blind(handover in, struct sheet *s)
{
	unsigned n;

	sheet_head(s, "WHERE WE ARE BLIND", "見えていないところ");
	n = say_fault_alarms(in, s);
	for (unsigned i = 0; i < in->n_faults; i++) {
		_cleanup_text_ struct text t = TEXT_NULL;

		if (has_alarm(in, &in->faults[i]) || n++ >= sheet_cap(s, FAULTS_SHOWN))
			continue;
		fault_say(&in->faults[i], in->ja, &t);
		if (words_time_known(in->faults[i].since_us)) {
			text_add(&t, handover_pick(in, ", since ", "、"));
			words_time(in->zone, in->faults[i].since_us, in->now_us, &t);
			text_add(&t, handover_pick(in, "", " から"));
		}
		sheet_item(s, 2, NULL, text_str(&t));
	}
	handover_more(in, n, sheet_cap(s, FAULTS_SHOWN), s);
	if (!n && !in->desk_known && in->status_known)
		sheet_say(s, "The watch's status shows nothing; there are no records of the desk.",
			  "監視の状態に異常なし（当直の記録はない）。");
	else if (!n && !in->desk_known)
		handover_no_desk(s);
	else if (!n)
		sheet_say(s, "Nowhere that is known.", "分かっている限りなし。");
}

void handover_heightened(handover in, struct sheet *s)
{
	unsigned n = 0;

	sheet_head(s, "HEIGHTENED WATCHES", "警戒強化");
	if (!in->conf_known) {
		handover_no_conf(s);
		return;
	}
	for (size_t i = 0; i < in->conf->n_heightened; i++) {
		const struct conf_heightened *h = &in->conf->heightened[i];
		_cleanup_text_ struct text t = TEXT_NULL;
		struct heightened_time when;

		if (!heightened_time(h, in->calendar, in->now_us, &when) ||
		    !is_near(in, when.from_us, when.until_us) || n++ >= sheet_cap(s, WATCHES_SHOWN))
			continue;
		if (heightened_holds(&when, in->now_us))
			text_add(&t, handover_pick(in, "NOW, ", "実施中、"));
		text_printf(&t, "%s", h->name);
		text_add(&t, handover_pick(in, ", ", "、"));
		add_times(in, when.from_us, when.until_us, &t);
		text_printf(
			&t,
			handover_pick(in, "; pages up to severity %u", "、重大度 %u まで呼び出し"),
			h->page_from);
		if (h->n_people)
			text_printf(&t, handover_pick(in, "; first on call: %s", "、当直: %s"),
				    h->people[0]);
		sheet_item(s, 2, NULL, text_str(&t));
	}
	handover_more(in, n, sheet_cap(s, WATCHES_SHOWN), s);
	if (!n)
		sheet_say(s, "None now or in the next 12 h.", "現在から 12 時間はなし。");
}
