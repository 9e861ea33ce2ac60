/* SPDX-License-Identifier: ISC */
/*
 * Measures in memory and in desk.db. The store is written first, memory follows; a row whose MAC is
 * not ours is never taken in.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "judge/json_fields.h"
#include "router/act_inside.h"

struct act_measure *act_find(struct act *a, const char *id)
{
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->list[i]->m.id, id) == 0)
			return a->list[i];
	return NULL;
}

struct act_measure *act_add(struct act *a, const struct measure *m)
{
	size_t room = a->room ? a->room * 2 : 32;
	struct act_measure **grown, *am;

	if (a->n == ACT_MEASURES_MAX)
		return NULL;
	if (a->n == a->room) {
		grown = realloc(a->list, room * sizeof(*grown));
		if (!grown)
			return NULL;
		a->list = grown;
		a->room = room;
	}
	am = calloc(1, sizeof(*am));
	if (!am)
		return NULL;
	am->m = *m;
	lift_init(&am->lift, m->lift.pause_us);
	a->list[a->n++] = am;
	return am;
}

const char *act_log_why(struct act *a, char *buf)
{
	struct desk_verdict v = {.what = NULL};
	int r = desk_db_chain_holds(a->desk, &v);

	if (r) {
		snprintf(buf, ACT_LOG_WHY_MAX, "%s", desk_db_answer(r, "en"));
		return buf;
	}
	if (v.holds)
		return NULL;
	if (v.broken)
		snprintf(buf, ACT_LOG_WHY_MAX, "line %llu", (unsigned long long)v.broken);
	else
		snprintf(buf, ACT_LOG_WHY_MAX, "its end");
	return buf;
}

/* ---- reading ---- */

static int on_measure(void *userdata, const struct desk_measure_row *row, bool forged)
{
	struct act *a = userdata;
	_cleanup_free_ struct measure *m = calloc(1, sizeof(*m));
	int r = !m ? -ENOMEM : forged ? 0 : measure_from_text(row->body, m);

	if (r == -ENOMEM)
		return r;
	/* One that is forged is no measure: act_forged.c tells it. */
	if (!forged && r)
		log_error("measure-unread", "measure=%.20s", row->id);
	else if (!forged && strcmp(m->id, row->id) == 0 && !act_find(a, m->id) && !act_add(a, m))
		return -ENOMEM;
	return 0;
}

static int on_started(void *userdata, const struct desk_measure_row *row, bool forged)
{
	struct act *a = userdata;
	_cleanup_free_ struct measure *m = calloc(1, sizeof(*m));
	int r = !m ? -ENOMEM : forged ? -EINVAL : measure_from_text(row->body, m);

	if (r == 0) {
		act_count_auto(a, m);
		act_spend(a, m);
	}
	return r == -ENOMEM ? r : 0;
}

int act_load(struct act *a)
{
	int r = desk_act_measures(a->desk, "", true, on_measure, a);

	return r && r != DESK_FORGED ? r : desk_act_measures(a->desk, "", false, on_started, a);
}

/* ---- writing ---- */

static void print(const struct act *a, json_t *o, const char *event)
{
	if (!a->o->json || json_object_set_new(o, "event", json_string(event)))
		return;
	json_dumpf(o, a->o->json, JSON_COMPACT);
	fputc('\n', a->o->json);
	fflush(a->o->json);
}

/* What an act makes of a measure, as hooks name it; NULL nothing that they are told. */
static const char *event_of(const char *word, const struct measure *m)
{
	static const struct {
		const char *word, *event;
	} rows[] = {
		{"start", "planned"},	 {"applied", "applied"}, {"verified", "verified"},
		{"expire", "expired"},	 {"gone", "gone"},	 {"withdraw", "withdrawn"},
		{"lapse", "lapsed"},	 {"failed", "failed"},	 {"renew", "renewed"},
		{"approve", "approved"},
	};

	if (strcmp(word, "approve") == 0 && !measure_is_in_force(m))
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strcmp(rows[i].word, word) == 0)
			return rows[i].event;
	return NULL;
}

int act_write(struct act *a, struct act_measure *am, const char *from, const char *word,
	      const char *actor, const char *words)
{
	const struct measure *m = (act_note_place(a, &am->m), &am->m);
	const char *event;
	json_t *o = measure_json(m);
	_cleanup_free_ char *body = json_line(o);
	struct desk_measure_row row = {.id = m->id,
				       .plan = m->plan,
				       .incident = m->incident,
				       .neighbor = m->option.point,
				       .stage = measure_stage_name(m->stage),
				       .until_us = m->until_us,
				       .changed_us = clock_real_us(),
				       .body = body,
				       .over = measure_is_over(m)};
	int r = body ? desk_act_change(a->desk, &row, from, word, actor, words ? words : "")
		     : -ENOMEM;

	if (r == 0)
		print(a, o, word);
	else
		log_error("measure-unwritten", "measure=%s act=%s reason=\"%s\"", m->id, word,
			  desk_db_answer(r, "en"));
	json_decref(o);
	event = event_of(word, m);
	if (r == 0 && event)
		act_hook(a, m, event);
	return r;
}

int act_write_plan(struct act *a, const struct plan *p, const char *actor, bool read)
{
	json_t *o = plan_json(p);
	_cleanup_free_ char *body = json_line(o);
	struct desk_plan_row row = {.id = p->id,
				    .incident = p->incident,
				    .hash = p->hash,
				    .made_us = p->made_us,
				    .body = body};

	json_decref(o);
	return !body  ? -ENOMEM
	       : read ? desk_act_plan_read(a->desk, &row, actor)
		      : desk_act_plan(a->desk, &row, actor);
}

void act_write_refusal(struct act *a, const char *subject, const char *actor,
		       const struct refusal_text *t, const json_t *request)
{
	_cleanup_free_ char *body = request ? json_line(request) : NULL;
	_cleanup_text_ struct text why = TEXT_NULL;
	int r;

	text_printf(&why, "%s: %s", t->word, text_str(&t->en));
	a->refusals++;
	r = desk_act_refusal(a->desk, subject, actor, text_str(&why), body, clock_real_us());
	if (r)
		log_error("refusal-unwritten", "subject=%.40s reason=\"%s\"", subject,
			  desk_db_answer(r, "en"));
	act_hook_said(a, "refused", subject, t->word, text_str(&t->en));
	log_info("refused", "subject=%.40s word=%s", subject, t->word);
}

/* ---- how long already ---- */

static void spent_key(const char *basis, const struct prefix *target, char *key)
{
	char text[PREFIX_TEXT_MAX];

	memset(key, 0, ACT_SPENT_KEY);
	snprintf(key, ACT_SPENT_KEY, "%.31s %s", basis, prefix_format(target, text));
}

static int64_t stood_us(const struct measure *m, int64_t now_us)
{
	int64_t end_us = m->gone_us != TIME_NONE ? m->gone_us : now_us;

	return m->applied_us != TIME_NONE && end_us > m->applied_us ? end_us - m->applied_us : 0;
}

void act_spend(struct act *a, const struct measure *m)
{
	char key[ACT_SPENT_KEY];
	int64_t *us;

	if (m->gone_us == TIME_NONE)
		return;
	spent_key(m->basis, &m->option.target, key);
	us = map_put(a->spent, key, NULL);
	if (us)
		*us += stood_us(m, m->gone_us);
	else
		log_warn("spent-full", "measure=%s", m->id);
}

uint64_t act_spent_s(const struct act *a, const char *basis, const struct prefix *target,
		     int64_t now_us)
{
	char key[ACT_SPENT_KEY];
	const int64_t *over_us;
	int64_t us = 0;

	spent_key(basis, target, key);
	over_us = map_get(a->spent, key);
	us = over_us ? *over_us : 0;
	for (size_t i = 0; i < a->n; i++) {
		const struct measure *m = &a->list[i]->m;

		if (m->gone_us == TIME_NONE && strcmp(m->basis, basis) == 0 &&
		    prefix_equal(&m->option.target, target))
			us += stood_us(m, now_us);
	}
	return (uint64_t)(us / US_PER_S);
}
