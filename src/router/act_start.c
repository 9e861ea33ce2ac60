/* SPDX-License-Identifier: ISC */
/*
 * From a request to a measure: the incident and the plan are made anew from the store, everything
 * is checked, and only then something is written. What was written is done by act_sync.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "router/act_inside.h"
#include "router/request.h"

/* ---- what is known ---- */

void act_case_deinit(struct act_case *c)
{
	incident_free(c->incident);
	plan_free(c->plan);
	if (c->is_world)
		world_deinit(&c->world);
	*c = (struct act_case){.incident = NULL};
}

int act_case_load(struct act *a, const char *incident, struct act_case *c)
{
	int64_t now_us = clock_real_us();
	struct plan_input in;
	int r;

	*c = (struct act_case){.incident = NULL};
	act_open_watch(a);
	r = a->watch ? store_get(a->watch, incident, &c->incident) : STORE_MISSING;
	if (r)
		return r;
	r = store_evidence(a->watch, c->incident);
	if (r && r != STORE_NOT_FOUND)
		return r;
	c->is_world = true;
	r = world_load(a->conf, a->watch, a->desk, c->incident, now_us, &c->world);
	if (r)
		return r;
	for (size_t i = 0; i < a->n; i++)
		if (world_count(&c->world, &a->list[i]->m, now_us))
			return -ENOMEM;
	in = (struct plan_input){.incident = c->incident,
				 .conf = a->conf,
				 .law = a->law,
				 .world = &c->world.w,
				 .now_us = now_us};
	return plan_make(&in, &c->plan);
}

/* ---- a new measure ---- */

static int fill(struct act *a, const struct act_case *c, const struct plan_option *o,
		const struct law_words *w, struct measure *m)
{
	measure_clear(m);
	if (w->consent && *w->consent)
		text_cut(m->consent, sizeof(m->consent), w->consent);
	else
		check_consent(a->conf, c->incident, o, m->consent);
	measure_id(m->id);
	snprintf(m->plan, sizeof(m->plan), "%s", c->plan->id);
	snprintf(m->hash, sizeof(m->hash), "%s", c->plan->hash);
	snprintf(m->incident, sizeof(m->incident), "%s", c->incident->id);
	snprintf(m->object, sizeof(m->object), "%s", c->incident->object);
	m->option = *o;
	snprintf(m->basis, sizeof(m->basis), "%s", w->basis);
	snprintf(m->purpose, sizeof(m->purpose), "%s", w->purpose);
	snprintf(m->necessity, sizeof(m->necessity), "%s", w->necessity);
	snprintf(m->weaker, sizeof(m->weaker), "%s", w->weaker);
	check_override(a->conf, a->law, clock_real_us(), m->override);
	m->data = w->data;
	m->severity = c->world.w.severity;
	m->until_us = w->until_us;
	m->drill = c->world.w.drill;
	m->drill_routers = m->drill && c->world.w.drill_routers;
	if (m->drill_routers)
		log_warn("drill-routers", "measure=%s neighbor=\"%s\" by=" MEASURE_DRILL_ROUTERS,
			 m->id, o->point);
	return 0;
}

static int begin(struct act *a, const struct act_case *c, struct act_measure *am, const char *actor)
{
	int r = act_write_plan(a, c->plan, actor, false);

	return r ? r : act_write(a, am, NULL, "start", actor, am->m.purpose);
}

int act_begin(struct act *a, const struct act_case *c, const struct plan_option *o,
	      const struct law_words *w, const char *standing, bool break_glass, const char *actor,
	      struct act_measure **out)
{
	struct measure *m = calloc(1, sizeof(*m));
	int64_t now_us = clock_real_us();
	uint64_t approve_s = a->conf->act.approve_s ? a->conf->act.approve_s : MEASURE_APPROVE_S;
	int r = m ? fill(a, c, o, w, m) : -ENOMEM;

	if (r == 0) {
		snprintf(m->standing, sizeof(m->standing), "%s", standing);
		m->break_glass = break_glass;
		m->approvals_wanted =
			break_glass || conf_act_two(a->conf, plan_kind_name(o->kind)) ? 2 : 1;
		m->stage = MEASURE_PLANNED;
		m->planned_us = now_us;
		m->approve_by_us = now_us + (int64_t)approve_s * US_PER_S;
		*out = act_add(a, m);
		r = *out ? begin(a, c, *out, actor) : -ENOMEM;
	}
	/* What could not be written is none. */
	if (r && *out)
		(*out)->m.stage = MEASURE_GONE;
	free(m);
	return r;
}

int act_approve(struct act *a, struct act_measure *am, const char *person, enum measure_how how,
		const char *hash, enum approve_answer *answer)
{
	struct measure before = am->m;
	struct measure_approval ap = {.how = how, .at_us = clock_real_us()};
	int r;

	snprintf(ap.person, sizeof(ap.person), "%s", person);
	snprintf(ap.hash, sizeof(ap.hash), "%s", hash);
	*answer = measure_approve(&am->m, &ap, ap.at_us);
	if (*answer != APPROVE_GOOD && *answer != APPROVE_MORE)
		return 0;
	r = act_write(a, am, measure_stage_name(before.stage), "approve", person,
		      measure_how_name(how));
	if (r)
		am->m = before;
	a->wake_us = 0;
	return r;
}

int act_recheck(struct act *a, const struct measure *m, const char *approver,
		struct refusal_text *t)
{
	_cleanup_act_case_ struct act_case c = {.incident = NULL};
	int r = act_case_load(a, m->incident, &c);
	struct law_words w = {.basis = m->basis,
			      .purpose = m->purpose,
			      .necessity = m->necessity,
			      .weaker = m->weaker,
			      .consent = m->consent,
			      .until_us = m->until_us,
			      .data = m->data};
	const struct plan_option *o = NULL;
	char log_why[ACT_LOG_WHY_MAX];
	struct check k = {.conf = a->conf,
			  .law = a->law,
			  .law_why = text_str(&a->law_why),
			  .log_why = act_log_why(a, log_why),
			  .words = &w,
			  .option = m->option.number,
			  .approver = approver,
			  .now_us = clock_real_us()};
	char consent[CONF_TEXT_MAX];

	if (r) {
		check_refuse(t, 0, "no_incident", r > 0 ? store_answer(r, "en") : strerror(-r),
			     r > 0 ? store_answer(r, "ja") : strerror(-r));
		return CHECK_ROUTER;
	}
	w.agreed_s = check_consent(a->conf, c.incident, &m->option, consent);
	k.incident = c.incident;
	k.plan = c.plan;
	k.world = &c.world.w;
	k.spent_s = act_spent_s(a, m->basis, &m->option.target, k.now_us);
	r = check_start(&k, &o, t);
	if (r == CHECK_GOOD && !check_same(o, &m->option))
		return check_refuse(
			t, CHECK_LAW, "changed_plan",
			"the plan has changed since it was made: what was approved is void, "
			"make a new one",
			"計画が作成時から変わったため、承認は無効です。計画を作り直してください");
	return r;
}

/* ---- the request ---- */

bool act_is_started(const struct act *a, const char *plan, const struct plan_option *o,
		    const char *incident, bool planned)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct measure *m = &a->list[i]->m;

		if (strcmp(m->incident, incident) != 0 || !check_same(&m->option, o))
			continue;
		if ((planned && m->stage == MEASURE_PLANNED) || measure_is_in_force(m) ||
		    (*plan && strcmp(m->plan, plan) == 0))
			return true;
	}
	return false;
}

/* Somebody writes it down for others to approve; nothing begins by that. */
static bool is_proposal(const struct act_asking *x)
{
	return request_says(x->request, "propose");
}

/* What the plan's comparison says, unless somebody says it himself; saying nothing is no answer.
 * Nor is a comparison by which something weaker does as well: that wants a reason of whoever starts
 * it. */
static void fill_weaker(const struct act_asking *x, const struct plan_option *o,
			struct law_words *w)
{
	if (json_object_get(x->request, "weaker") || o->milder)
		return;
	w->weaker = strcmp(request_word(x->request, "language"), "ja") == 0 ? o->weaker_ja
									    : o->weaker_en;
}

/* A number alone is easily that of another option by now; who says the kind is not taken by his
 * word for something else. */
static int check_said(struct act_asking *x, const struct plan_option *found)
{
	const char *kind = request_word(x->request, "kind");
	const char *is = found ? plan_kind_name(found->kind) : "";

	if (!*kind || !found || strcmp(kind, is) == 0)
		return CHECK_GOOD;
	check_refuse(&x->t, 0, "other_kind", "", "");
	text_printf(&x->t.en, "option %u is %s now, not %s: read the plan again", found->number, is,
		    kind);
	text_printf(&x->t.ja, "選択肢 %u は %s ではなく、現在は %s です。計画を読み直してください",
		    found->number, kind, is);
	return CHECK_LAW;
}

/* What was approved is what is done: a limit that is near it now stays as it was read. */
static void keep_approved(struct kept_plan *kept, const struct plan_option **o)
{
	struct plan_option now = **o;

	check_keep(&now, &kept->option);
	kept->option = now;
	*o = &kept->option;
}

static int check_all(struct act_asking *x, const struct act_case *c, struct kept_plan *kept,
		     struct law_words *w, const struct plan_option **o)
{
	struct act *a = x->a;
	char log_why[ACT_LOG_WHY_MAX];
	struct check k = {.conf = a->conf,
			  .law = a->law,
			  .law_why = text_str(&a->law_why),
			  .log_why = act_log_why(a, log_why),
			  .incident = c->incident,
			  .plan = c->plan,
			  .world = &c->world.w,
			  .option = kept->number,
			  .words = w,
			  .break_glass = request_says(x->request, "break_glass"),
			  .approver = x->person	       ? x->person->name
				      : is_proposal(x) ? x->user
						       : NULL,
			  .user = x->user,
			  .now_us = x->now_us};
	const struct plan_option *found = plan_option_find(c->plan, kept->number);
	int r;

	if (found) {
		w->agreed_s = check_consent(a->conf, c->incident, found, x->consent);
		w->data = check_data(found);
		fill_weaker(x, found, w);
		if (!*w->consent)
			w->consent = x->consent;
		k.spent_s = act_spent_s(a, w->basis, &found->target, x->now_us);
	}
	r = check_said(x, found);
	r = r ? r : check_start(&k, o, &x->t);
	if (r == CHECK_GOOD && !kept->hits)
		r = act_as_read(x, c->plan, *o);
	if (r == CHECK_GOOD && kept->hits && (!kept->has_option || !check_same(*o, &kept->option)))
		return check_refuse(
			&x->t, CHECK_LAW, "changed_plan",
			"the plan has changed since it was made: what was approved is void, "
			"make a new one",
			"計画が作成時から変わったため、承認は無効です。計画を作り直してください");
	if (r == CHECK_GOOD && kept->hits)
		keep_approved(kept, o);
	if (r == CHECK_GOOD &&
	    act_is_started(a, kept->hits ? c->plan->id : "", *o, c->incident->id, true))
		return check_refuse(&x->t, CHECK_GUARD, "already",
				    "the same measure was started for this incident already",
				    "この事案に対する同じ措置は既に開始されています");
	return r;
}

/* The plan's hash that the approver saw counts; of an incident it is the plan made just now. */
static int approve_first(struct act_asking *x, struct act_measure *am)
{
	enum approve_answer answer = APPROVE_NOBODY;
	enum measure_how how = am->m.break_glass ? HOW_BREAK_GLASS : x->how;
	int r = act_approve(x->a, am, x->person->name, how, am->m.hash, &answer);
	json_t *more = json_pack("{ssss}", "stage", measure_stage_name(am->m.stage), "override",
				 am->m.override);

	act_facts(x->a, &am->m, more);
	if (r) {
		check_refuse(&x->t, 0, "store", desk_db_answer(r, "en"), desk_db_answer(r, "ja"));
		return act_answer(x, CHECK_ROUTER, am->m.id, more);
	}
	if (answer == APPROVE_MORE) {
		check_refuse(&x->t, 0, "second_approver",
			     "a second approver is missing: it waits for `noroshi act approve`",
			     "2 人目の承認者が必要です。`noroshi act approve` を待っています");
		return act_answer(x, CHECK_LAW, am->m.id, more);
	}
	json_decref(more);
	if (answer != APPROVE_GOOD) {
		check_refuse(&x->t, 0, approve_answer_name(answer), "it could not be approved",
			     "承認できませんでした");
		return act_answer(x, CHECK_LAW, am->m.id, NULL);
	}
	am->client = x->c->id;
	am->client_us = clock_mono_us() + ACT_ANSWER_US;
	x->c->waits = true;
	return act_sync(x->a);
}

/* Somebody at a terminal who gave an incident and a number: what takes the target offline is said
 * to him before it begins. Whoever named the kind or the plan knows. */
static bool is_to_be_asked(const struct act_asking *x, const struct plan_option *o)
{
	return request_says(x->request, "unsure") && !*request_word(x->request, "plan") &&
	       !*request_word(x->request, "kind") && act_takes_offline(o);
}

static int ask_first(struct act_asking *x, const struct act_case *c, const struct plan_option *o,
		     const struct law_words *w)
{
	_cleanup_free_ struct measure *m = calloc(1, sizeof(*m));
	json_t *more = json_object();

	if (!m || fill(x->a, c, o, w, m)) {
		json_decref(more);
		return -ENOMEM;
	}
	act_facts(x->a, m, more);
	check_refuse(&x->t, 0, "confirm",
		     "it takes the target offline: say --kind, or the id of the plan that was read",
		     "対象が到達不能になります。--kind または読んだ計画の ID を指定してください");
	return act_answer(x, CHECK_USAGE, c->incident->id, more);
}

static int answer_proposal(struct act_asking *x, const struct act_measure *am)
{
	json_t *more =
		json_pack("{sssssssi}", "stage", measure_stage_name(am->m.stage), "override",
			  am->m.override, "hash", am->m.hash, "option", (int)am->m.option.number);

	act_facts(x->a, &am->m, more);
	return act_answer(x, CHECK_GOOD, am->m.id, more);
}

int act_do_start(struct act_asking *x)
{
	const char *plan = request_word(x->request, "plan"),
		   *id = request_word(x->request, "incident");
	struct law_words w = {.basis = request_word(x->request, "basis"),
			      .purpose = request_word(x->request, "purpose"),
			      .necessity = request_word(x->request, "necessity"),
			      .weaker = request_word(x->request, "weaker"),
			      .consent = request_word(x->request, "consent"),
			      .until_us = request_until(x->request)};
	_cleanup_free_ struct kept_plan *kept = calloc(1, sizeof(*kept));
	_cleanup_act_case_ struct act_case c = {.incident = NULL};
	const struct plan_option *o = NULL;
	struct act_measure *am = NULL;
	bool glass = request_says(x->request, "break_glass");
	int r = CHECK_GOOD;

	if (!kept)
		return -ENOMEM;
	kept->number = request_option(x->request);
	if (*plan)
		r = act_find_plan(x, plan, kept);
	r = r ? r : act_load_case(x, *plan ? kept->incident : id, &c);
	if (r == CHECK_GOOD) {
		/* Nobody but an approver may start, but what else is wrong is told first. */
		int who = act_need_person(x, *plan ? kept->hash : c.plan->hash, kept->number);

		if (who)
			x->person = NULL;
		r = check_all(x, &c, kept, &w, &o);
		/* A signature that does not hold has a better reason than a missing name. */
		if (who && r == CHECK_LAW && strcmp(x->t.word, "no_approver") == 0)
			act_need_person(x, *plan ? kept->hash : c.plan->hash, kept->number);
	}
	if (r < 0)
		return r;
	if (r)
		return act_answer(x, r, c.incident ? c.incident->id : *plan ? plan : id, NULL);
	if (x->a->offline) {
		check_refuse(&x->t, 0, "no_role",
			     "nothing refuses it, but no act role runs on this store: start "
			     "`noroshi act`",
			     "拒否される理由はありませんが、この記録庫で act "
			     "が動いていません。`noroshi act` を"
			     "起動してください");
		return act_answer(x, CHECK_ROUTER, c.incident->id, NULL);
	}
	if (is_to_be_asked(x, o))
		return ask_first(x, &c, o, &w);
	r = act_begin(x->a, &c, o, &w, "", glass, x->actor, &am);
	if (r == -ENOMEM)
		return r;
	if (r) {
		check_refuse(&x->t, 0, "store", desk_db_answer(r, "en"), desk_db_answer(r, "ja"));
		return act_answer(x, CHECK_ROUTER, c.incident->id, NULL);
	}
	return is_proposal(x) ? answer_proposal(x, am) : approve_first(x, am);
}
