/* SPDX-License-Identifier: ISC */
/* Requests about measures that are there: approve, withdraw, freeze; and how it stands. */
#include <errno.h>
#include <string.h>

#include "base/zone.h"
#include "router/act_inside.h"
#include "router/request.h"

/* By its id or the beginning of one. Return: CHECK_GOOD, or CHECK_USAGE with x->t. */
int act_find_measure(struct act_asking *x, const char *id, struct act_measure **out)
{
	size_t len = strlen(id);
	unsigned hits = 0;

	*out = NULL;
	for (size_t i = 0; len && i < x->a->n; i++) {
		struct act_measure *am = x->a->list[i];

		if (strncmp(am->m.id, id, len) != 0)
			continue;
		*out = am;
		hits++;
		if (am->m.id[len] == '\0')
			return CHECK_GOOD;
	}
	if (hits == 1)
		return CHECK_GOOD;
	if (!hits && len && act_is_forged(x->a, id))
		return check_refuse(
			&x->t, CHECK_LAW, "forged_measure",
			"that row is forged: noroshi did not write it, and it is never "
			"acted on; see noroshi audit verify",
			"その行は偽造です。noroshi "
			"が書き込んだものではなく、実行されません。noroshi audit verify で"
			"確認してください");
	return hits ? check_refuse(&x->t, CHECK_USAGE, "ambiguous", "more than one begins so",
				   "その文字で始まるものが複数あります")
		    : check_refuse(&x->t, CHECK_USAGE, "no_measure",
				   "there is no such measure, or it is over",
				   "その措置はないか、既に終わっています");
}

/* What a signature approves is a plan; it could be shown again for anything else. */
int act_need_peer(struct act_asking *x)
{
	if (!*request_word(x->request, "signature"))
		return act_need_person(x, "", 0);
	return check_refuse(&x->t, CHECK_LAW, "no_approver",
			    "an approver is missing: a signature approves a plan and nothing else",
			    "承認者がいません。署名で承認できるのは計画だけです");
}

int act_store_failed(struct act_asking *x, int r, const char *subject)
{
	if (r == -ENOMEM)
		return r;
	check_refuse(&x->t, 0, "store", desk_db_answer(r, "en"), desk_db_answer(r, "ja"));
	return act_answer(x, CHECK_ROUTER, subject, NULL);
}

int act_need_thawed(struct act_asking *x)
{
	bool frozen = true;
	int r = desk_act_is_frozen(x->a->desk, &frozen);

	if (r == 0 && !frozen)
		return CHECK_GOOD;
	return check_refuse(
		&x->t, CHECK_GUARD, "frozen",
		"measures are frozen: nothing new begins and nothing is taken away before "
		"its end, until `noroshi act thaw`",
		"措置は凍結中です。`noroshi act thaw` まで、新たな開始も期限前の取り下げも"
		"できません");
}

/* ---- approve ---- */

int act_approve_refused(struct act_asking *x, enum approve_answer answer)
{
	static const struct {
		const char *en, *ja;
	} words[] = {
		[APPROVE_GOOD] = {"", ""},
		[APPROVE_MORE] = {"another approver is still missing", "承認者がまだ足りません"},
		[APPROVE_SAME_PERSON] = {"the same person has approved it already: a second one is "
					 "wanted",
					 "同じ人が既に承認しています。別の人の承認が必要です"},
		[APPROVE_CHANGED] = {"the approval is of another plan: what was approved is void",
				     "別の計画への承認です。承認は無効です"},
		[APPROVE_LATE] = {"it is too late to approve it", "承認するには遅すぎます"},
		[APPROVE_NOBODY] = {"an approver is missing", "承認者がいません"},
	};

	return check_refuse(&x->t, CHECK_LAW,
			    answer == APPROVE_MORE ? "second_approver"
						   : approve_answer_name(answer),
			    words[answer].en, words[answer].ja);
}

static int approve(struct act_asking *x, struct act_measure *am)
{
	const char *hash = request_word(x->request, "hash");
	enum approve_answer answer = APPROVE_NOBODY;
	bool waits = am->m.stage == MEASURE_PLANNED;
	int r = act_approve(x->a, am, x->person->name, x->how, *hash ? hash : am->m.hash, &answer);

	if (r)
		return act_store_failed(x, r, am->m.id);
	if (answer != APPROVE_GOOD)
		return act_answer(x, act_approve_refused(x, answer), am->m.id, NULL);
	if (!waits) /* a countersign: it stands already */
		return act_answer(x, CHECK_GOOD, am->m.id,
				  json_pack("{ss}", "stage", measure_stage_name(am->m.stage)));
	am->client = x->c->id;
	am->client_us = clock_mono_us() + ACT_ANSWER_US;
	x->c->waits = true;
	return act_sync(x->a);
}

/* While it waited a standing order, or somebody else, may have begun the same. */
static int need_first(struct act_asking *x, const struct measure *m)
{
	if (!act_is_started(x->a, "", &m->option, m->incident, false))
		return CHECK_GOOD;
	return check_refuse(&x->t, CHECK_GUARD, "already",
			    "the same measure was started for this incident already",
			    "この事案に対する同じ措置は既に開始されています");
}

int act_do_approve(struct act_asking *x)
{
	struct act_measure *am = NULL;
	int r = act_find_measure(x, request_word(x->request, "measure"), &am);

	if (r == CHECK_GOOD && measure_renewal_waits(&am->m))
		return act_approve_renewal(x, am);
	r = r ? r : act_need_person(x, am->m.hash, am->m.option.number);
	if (r == CHECK_GOOD && am->m.stage == MEASURE_PLANNED) {
		r = act_need_thawed(x);
		r = r ? r : act_recheck(x->a, &am->m, x->person->name, &x->t);
		r = r ? r : need_first(x, &am->m);
	}
	if (r)
		return act_answer(x, r, am ? am->m.id : request_word(x->request, "measure"), NULL);
	return approve(x, am);
}

/* ---- withdraw ---- */

struct of_case {
	struct act_asking *x;
	unsigned ended, standing;
	int answer;
	const char *why;
};

static bool may_end(const struct measure *m)
{
	return m->stage == MEASURE_PLANNED || measure_is_in_force(m);
}

static int end_one(struct of_case *w, struct act_measure *am)
{
	int r = may_end(&am->m) ? act_end(w->x->a, am, w->x->actor, w->why) : DESK_CONFLICT;

	w->ended += r == 0;
	if (r && r != DESK_CONFLICT && !w->answer)
		w->answer = r;
	return 0;
}

static int on_entry(void *userdata, const struct desk_row *row)
{
	struct of_case *w = userdata;
	struct act *a = w->x->a;

	if (strcmp(row->kind, "incident") != 0)
		return 0;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->list[i]->m.incident, row->ref) == 0)
			end_one(w, a->list[i]);
	return 0;
}

struct naming {
	char id[DESK_ID_MAX];
	unsigned hits;
};

static int on_case(void *userdata, const struct desk_case_row *row)
{
	struct naming *n = userdata;

	n->hits++;
	snprintf(n->id, sizeof(n->id), "%s", *row->merged_into ? row->merged_into : row->id);
	return 0;
}

static int end_case(struct of_case *w, const char *id)
{
	struct naming n = {.hits = 0};
	int r = *id ? desk_db_cases(w->x->a->desk, id, on_case, &n) : 0;

	if (r == 0 && n.hits != 1)
		return check_refuse(&w->x->t, CHECK_USAGE, "no_case",
				    "no case has that id, or more than one begins so",
				    "その ID の案件がないか、その文字で始まるものが複数あります");
	w->answer = r ? r : desk_db_entries(w->x->a->desk, n.id, on_entry, w);
	return CHECK_GOOD;
}

/* Somebody who ends all types how many that are, as they stand now. */
static int end_all(struct of_case *w)
{
	struct act *a = w->x->a;
	json_int_t typed = json_integer_value(json_object_get(w->x->request, "all"));

	if (typed != (json_int_t)w->standing) {
		check_refuse(&w->x->t, 0, "count", "", "");
		text_printf(&w->x->t.en, "%u measures stand, not %lld: say --all %u", w->standing,
			    (long long)typed, w->standing);
		text_printf(&w->x->t.ja,
			    "措置は %lld 件ではなく %u 件です。--all %u と指定してください",
			    (long long)typed, w->standing, w->standing);
		return CHECK_USAGE;
	}
	for (size_t i = 0; i < a->n; i++)
		end_one(w, a->list[i]);
	return CHECK_GOOD;
}

/* By the name that its router has now; one that no router has is that under which it began. */
static bool is_of_neighbor(struct act *a, const struct measure *m, const char *name)
{
	const struct conf_neighbor *n =
		conf_act_neighbor(a->conf, name) ? act_home_neighbor(a, m) : NULL;

	return strcmp(n ? n->name : m->option.point, name) == 0;
}

static bool knows_neighbor(const struct act *a, const char *name)
{
	bool knows = conf_act_neighbor(a->conf, name);

	for (size_t i = 0; i < a->n && !knows; i++)
		knows = may_end(&a->list[i]->m) && strcmp(a->list[i]->m.option.point, name) == 0;
	return knows;
}

static int end_neighbor(struct of_case *w, const char *name)
{
	struct act *a = w->x->a;

	if (!knows_neighbor(a, name))
		return check_refuse(&w->x->t, CHECK_USAGE, "no_neighbor",
				    "no neighbour of act.neighbors has that name, and no measure "
				    "began under it",
				    "その名前の隣接は act.neighbors "
				    "になく、その名前で始まった措置もありません");
	for (size_t i = 0; i < a->n; i++)
		if (is_of_neighbor(a, &a->list[i]->m, name))
			end_one(w, a->list[i]);
	return CHECK_GOOD;
}

static int end_measure(struct of_case *w, const char *id)
{
	struct act_measure *am = NULL;
	int r = act_find_measure(w->x, id, &am);

	if (r)
		return r;
	if (!may_end(&am->m))
		return check_refuse(&w->x->t, CHECK_USAGE, "over", "it has ended already",
				    "既に終わっています");
	return end_one(w, am);
}

int act_do_withdraw(struct act_asking *x)
{
	struct of_case w = {.x = x, .why = request_word(x->request, "why")};
	const char *measure = request_word(x->request, "measure");
	const char *neighbor = request_word(x->request, "neighbor");
	const char *id = request_word(x->request, "case");
	const char *subject = *measure ? measure : *neighbor ? neighbor : *id ? id : "all";
	int r = act_need_peer(x);

	for (size_t i = 0; i < x->a->n; i++)
		w.standing += may_end(&x->a->list[i]->m);
	r = r ? r : act_need_thawed(x);
	if (r == CHECK_GOOD)
		r = *measure	? end_measure(&w, measure)
		    : *neighbor ? end_neighbor(&w, neighbor)
		    : *id	? end_case(&w, id)
				: end_all(&w);
	if (r)
		return act_answer(x, r, subject, NULL);
	if (w.answer)
		return act_store_failed(x, w.answer, subject);
	r = act_answer(x, CHECK_GOOD, subject, json_pack("{si}", "count", (int)w.ended));
	return r ? r : act_sync(x->a);
}

/* ---- freeze and thaw ---- */

int act_do_freeze(struct act_asking *x)
{
	bool freeze = strcmp(request_word(x->request, "do"), "freeze") == 0;
	bool automatic = request_says(x->request, "automatic");
	int r = act_need_peer(x);

	if (r)
		return act_answer(x, r, "freeze", NULL);
	r = automatic ? 0
		      : desk_act_freeze(x->a->desk, freeze, x->actor,
					request_word(x->request, "why"), x->now_us);
	/* Who lets everything go again lets automation go again, too. */
	if (r == 0 && (automatic || !freeze))
		r = desk_act_freeze_of(x->a->desk, FREEZE_AUTOMATIC, freeze, x->actor,
				       request_word(x->request, "why"), x->now_us);
	if (r)
		return act_store_failed(x, r, "freeze");
	if (freeze)
		act_probe_stop(x->a, "measures were frozen", "凍結された");
	act_hook_said(x->a, freeze ? "frozen" : "thawed", freeze ? "freeze" : "thaw",
		      automatic ? "automatic" : "all", request_word(x->request, "why"));
	r = act_answer(x, CHECK_GOOD, "freeze", NULL);
	return r ? r : act_sync(x->a);
}

/* ---- how it stands ---- */

/* Why the configuration of the file is not the one that is used; null: it is. */
static json_t *not_reloaded(const struct act *a)
{
	const char *en = text_str(&a->not_reloaded), *ja = text_str(&a->not_reloaded_ja);

	return *en ? json_pack("{ss ss%}", "en", en, "ja", *ja ? ja : en,
			       strcspn(*ja ? ja : en, "\n"))
		   : json_null();
}

int act_do_status(struct act_asking *x)
{
	json_t *list = json_array();

	for (size_t i = 0; i < x->a->n_routers; i++) {
		const struct act_router *ar = &x->a->routers[i];
		const struct conf_neighbor *n = &x->a->conf->act.neighbors[i];
		int has = 0;

		for (size_t k = 0; k < x->a->n; k++)
			has += x->a->list[k]->in_router && act_home(x->a, &x->a->list[k]->m) == ar;
		if (json_array_append_new(list, json_pack("{ss sb si}", "name", n->name, "up",
							  ar->r && ar->r->is_up, "has", has)))
			text_note_lost();
	}
	return act_answer(x, CHECK_GOOD, "",
			  json_pack("{sosossso}", "neighbors", list, "lifts",
				    act_lift_status(x->a, request_word(x->request, "about")),
				    "probing", x->a->probe.measure, "not_reloaded",
				    not_reloaded(x->a)));
}
