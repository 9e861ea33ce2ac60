/* SPDX-License-Identifier: ISC */
/*
 * Standing orders: the only way in which anything begins without a person. An order names an
 * object, a kind of measure and a basis; all that is asked of a person's start is asked here too,
 * and the basis must allow it. Three automatic starts within ten minutes end it until a person says
 * so.
 */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "router/act_inside.h"

#define DAY_US	      (86400 * US_PER_S)
#define FREEZE_US     (600 * US_PER_S)
#define FREEZE_STARTS 3
#define JUDGE_US      US_PER_S /* between two looks at the same incident, unless it is new */
#define JUDGES_A_LOOK 16

/* ---- how many already ---- */

static void count(struct act *a, const char *order, int64_t at_us)
{
	unsigned kept = 0;
	int64_t day_us = clock_real_us() - DAY_US;

	for (unsigned i = 0; i < a->n_autos; i++)
		if (a->autos[i].at_us > day_us)
			a->autos[kept++] = a->autos[i];
	a->n_autos = kept;
	if (at_us <= day_us || a->n_autos == ACT_AUTOS_MAX)
		return;
	snprintf(a->autos[a->n_autos].order, sizeof(a->autos[0].order), "%s", order);
	a->autos[a->n_autos++].at_us = at_us;
}

void act_count_auto(struct act *a, const struct measure *m)
{
	if (*m->standing && m->planned_us != TIME_NONE)
		count(a, m->standing, m->planned_us);
}

static unsigned started_since(const struct act *a, const char *order, int64_t since_us)
{
	unsigned n = 0;

	for (unsigned i = 0; i < a->n_autos; i++)
		n += a->autos[i].at_us > since_us &&
		     (!order || strcmp(a->autos[i].order, order) == 0);
	return n;
}

/* ---- may it ---- */

void act_order_actor(const struct conf_standing *s, char *buf)
{
	static const char head[] = "standing:";

	strcpy(buf, head);
	text_cut(buf + sizeof(head) - 1, MEASURE_NAME_MAX - sizeof(head) + 1, s->name);
}

/* Said once for each incident, order and reason. */
static void say_once(struct act *a, const char *incident, const struct conf_standing *s,
		     const struct refusal_text *t)
{
	char key[ACT_TOLD_KEY] = "", actor[MEASURE_NAME_MAX];
	bool created = false;
	json_t *o;

	snprintf(key, sizeof(key), "%s %.32s %.32s", incident, s->name, t->word);
	if (map_count(a->told_refusals) >= 4000)
		map_clear(a->told_refusals);
	if (!map_put(a->told_refusals, key, &created) || !created)
		return;
	act_order_actor(s, actor);
	o = json_pack("{ssss}", "do", "standing", "order", s->name);
	act_write_refusal(a, incident, actor, t, o);
	json_decref(o);
}

static int order_holds(struct act *a, const struct conf_standing *s, int64_t now_us,
		       struct refusal_text *t)
{
	const char *lapsed = conf_act_lapsed(a->conf, s, now_us);
	const struct law_basis *basis = a->law ? law_find(a->law, s->basis) : NULL;
	struct desk_freeze_row frozen = {.frozen = true};

	if (lapsed)
		return check_refuse(t, CHECK_LAW, "order_lapsed", lapsed,
				    conf_act_lapsed_ja(a->conf, s, now_us));
	if (desk_act_frozen_by(a->desk, FREEZE_AUTOMATIC, &frozen) || frozen.frozen)
		return check_refuse(t, CHECK_GUARD, "automation_frozen",
				    "automatic starts are frozen until `noroshi act thaw`",
				    "自動開始は `noroshi act thaw` まで凍結中");
	if (s->per_day && started_since(a, s->name, now_us - DAY_US) >= s->per_day)
		return check_refuse(t, CHECK_GUARD, "per_day",
				    "the order has started as many as it may in a day",
				    "この事前指示の 1 日の開始数の上限に達した");
	if (basis && !basis->automatic)
		return check_refuse(t, CHECK_LAW, "not_automatic",
				    "its basis lets nothing begin without a person",
				    "この根拠では人によらない開始はできない");
	return CHECK_GOOD;
}

static bool has_measure(const struct act *a, const char *incident, const char *order)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct measure *m = &a->list[i]->m;

		if (strcmp(m->incident, incident) == 0 && strcmp(m->standing, order) == 0 &&
		    m->stage != MEASURE_GONE)
			return true;
	}
	return false;
}

static bool is_better(const struct conf *conf, const struct conf_standing *s,
		      const struct plan_option *o, const struct plan_option *than)
{
	bool alone = check_alone(conf, s->object, o), other = check_alone(conf, s->object, than);

	if (alone != other)
		return alone;
	return o->allowed != than->allowed ? o->allowed : o->rank < than->rank;
}

/* Of its kind, of those that its object alone is meant by, the best ranked that is allowed; where
 * there is none the best that says why not. */
static const struct plan_option *option_for(const struct conf *conf, const struct plan *p,
					    const struct conf_standing *s)
{
	const struct plan_option *best = NULL;

	for (unsigned i = 0; i < p->n_options; i++) {
		const struct plan_option *o = &p->option[i];

		if (strcmp(plan_kind_name(o->kind), s->kind) != 0)
			continue;
		if (!best || is_better(conf, s, o, best))
			best = o;
	}
	return best;
}

static struct law_words words_of(const struct act *a, const struct conf_standing *s,
				 const struct act_case *c, const struct plan_option *o,
				 int64_t now_us)
{
	const struct conf_measure *agreed = check_agreed(a->conf, c->incident, o);

	return (struct law_words){.basis = s->basis,
				  .purpose = s->purpose,
				  .necessity = s->necessity,
				  .weaker = s->weaker,
				  .consent = agreed ? agreed->consent : "",
				  .until_us = now_us + (int64_t)s->longest_s * US_PER_S,
				  .data = check_data(o),
				  .agreed_s = agreed ? agreed->max_s : 0};
}

static int may_start(struct act *a, const struct conf_standing *s, const struct act_case *c,
		     const struct law_words *w, const struct plan_option **o,
		     struct refusal_text *t)
{
	char log_why[ACT_LOG_WHY_MAX];
	struct check k = {.conf = a->conf,
			  .law = a->law,
			  .law_why = text_str(&a->law_why),
			  .log_why = act_log_why(a, log_why),
			  .incident = c->incident,
			  .plan = c->plan,
			  .world = &c->world.w,
			  .option = (*o)->number,
			  .words = w,
			  .spent_s = act_spent_s(a, s->basis, &(*o)->target, clock_real_us()),
			  .approver = s->n_approvers ? s->approvers[0] : NULL,
			  .user = s->name,
			  .now_us = clock_real_us()};

	return check_start(&k, o, t);
}

/* ---- does it ---- */

static void freeze_if_many(struct act *a, int64_t now_us)
{
	if (started_since(a, NULL, now_us - FREEZE_US) < FREEZE_STARTS)
		return;
	if (desk_act_freeze_of(a->desk, FREEZE_AUTOMATIC, true, "noroshi",
			       "three automatic starts within ten minutes", now_us))
		log_error("unfrozen", "advice=\"automation could not be frozen\"");
	act_page(a, "automation", "frozen",
		 "three measures began automatically within 10 minutes: automatic starts are "
		 "frozen; "
		 "look, then noroshi act thaw",
		 "10 分間に 3 件の措置が自動開始された。自動開始を凍結。確認のうえ noroshi act "
		 "thaw");
}

static int start(struct act *a, const struct conf_standing *s, const struct act_case *c,
		 const struct plan_option *o, const struct law_words *w)
{
	enum approve_answer answer = APPROVE_MORE;
	struct act_measure *am = NULL;
	char actor[MEASURE_NAME_MAX];
	int r;

	act_order_actor(s, actor);
	r = act_begin(a, c, o, w, s->name, false, actor, &am);
	for (size_t i = 0; r == 0 && answer == APPROVE_MORE && i < s->n_approvers; i++)
		r = act_approve(a, am, s->approvers[i], HOW_STANDING, am->m.hash, &answer);
	if (r)
		return r == -ENOMEM ? r : 0;
	a->automatic++;
	count(a, s->name, am->m.planned_us);
	log_warn("automatic-start", "measure=%s order=\"%s\" incident=%s", am->m.id, s->name,
		 am->m.incident);
	act_page_measure(a, &am->m, "automatic", "it began automatically, by a standing order",
			 "事前指示により自動開始された");
	freeze_if_many(a, clock_real_us());
	return act_sync(a);
}

static int hold_order(struct act *a, const struct conf_standing *s, const struct act_case *c)
{
	_cleanup_refusal_ struct refusal_text t = REFUSAL_NULL;
	const struct plan_option *o = option_for(a->conf, c->plan, s);
	int64_t now_us = clock_real_us();
	struct law_words w;
	int r = order_holds(a, s, now_us, &t);

	if (r == CHECK_GOOD && !o)
		r = check_refuse(&t, CHECK_GUARD, "no_option", "the plan has no option of its kind",
				 "計画にその種の選択肢がない");
	/* An order speaks for its own object, and for nobody else in the same prefix. */
	if (r == CHECK_GOOD && !check_alone(a->conf, s->object, o))
		r = check_refuse(
			&t, CHECK_GUARD, "beyond_object",
			"what is attacked is more than the object of the order, whose own "
			"prefixes do not cover what would be done: others have to agree",
			"攻撃対象がこの事前指示の対象より広く、措置が対象自身のプレフィックスに"
			"収まらない。ほかの所有者の同意が必要");
	if (r == CHECK_GOOD) {
		w = words_of(a, s, c, o, now_us);
		r = may_start(a, s, c, &w, &o, &t);
	}
	/* A person was faster. What only waits for an approval keeps nothing back: anybody may
	 * propose. */
	if (r == CHECK_GOOD && act_is_started(a, "", o, c->incident->id, false))
		r = check_refuse(&t, CHECK_GUARD, "already",
				 "the same measure stands for this incident already",
				 "この事案に対する同じ措置が既にある");
	if (r == CHECK_GOOD)
		return start(a, s, c, o, &w);
	say_once(a, c->incident->id, s, &t);
	return 0;
}

/* An incident against all orders that may be meant. */
static int judge(struct act *a, const char *id)
{
	_cleanup_act_case_ struct act_case c = {.incident = NULL};
	struct act_incident *known;
	bool meant = false;
	int r = 0;

	for (size_t i = 0; r == 0 && i < a->conf->act.n_standing; i++) {
		const struct conf_standing *s = &a->conf->act.standing[i];

		if (has_measure(a, id, s->name))
			continue;
		if (!c.incident) {
			r = act_case_load(a, id, &c);
			if (r)
				return r == -ENOMEM ? r : 0;
		}
		if (!*s->object || strcmp(s->object, c.incident->object) != 0)
			continue;
		meant = true;
		r = hold_order(a, s, &c);
	}
	/* Its object stays the same: it is not looked at again until the configuration is. */
	known = map_get(a->incidents, id);
	if (known && c.incident && !meant)
		known->unmeant = a->loads;
	return r;
}

/* ---- which incidents are open ---- */

struct looking {
	struct act *a;
	char due[JUDGES_A_LOOK][INCIDENT_ID_MAX];
	unsigned n;
};

static int on_change(void *userdata, const struct store_change *c)
{
	struct looking *l = userdata;
	char key[INCIDENT_ID_MAX] = "";
	struct act_incident *i;

	if (c->state == FINDING_CLOSED)
		return 0;
	memcpy(key, c->id, strnlen(c->id, sizeof(key) - 1));
	i = map_put(l->a->incidents, key, NULL);
	if (!i)
		return 0;
	i->revision = c->revision;
	i->seen = l->a->looks;
	if (i->judged != c->revision && i->unmeant != l->a->loads && l->n < JUDGES_A_LOOK &&
	    (!i->judged_us || clock_mono_us() >= i->judged_us + JUDGE_US)) {
		i->judged = c->revision;
		i->judged_us = clock_mono_us();
		memcpy(l->due[l->n++], key, sizeof(key));
	}
	return 0;
}

static void forget_closed(struct act *a)
{
	const void *key;
	void *value;
	char gone[64][INCIDENT_ID_MAX];
	unsigned n = 0;

	for (size_t at = 0; n < ARRAY_LEN(gone) && map_next(a->incidents, &at, &key, &value);)
		if (((struct act_incident *)value)->seen != a->looks)
			memcpy(gone[n++], key, INCIDENT_ID_MAX);
	for (unsigned i = 0; i < n; i++)
		map_remove(a->incidents, gone[i]);
}

int act_look(struct act *a)
{
	struct looking l = {.a = a};
	int r;

	a->looks++;
	/* Rows behind the last one: only what is not closed. */
	r = a->watch ? store_changes(a->watch, INT64_MAX, on_change, &l) : 0;
	if (r)
		return r == -ENOMEM ? r : 0; /* what was seen before still counts */
	forget_closed(a);
	for (unsigned i = 0; r == 0 && a->conf->act.n_standing && i < l.n; i++)
		r = judge(a, l.due[i]);
	return r;
}

double act_incident_pps(const struct act *a, const char *incident)
{
	_cleanup_incident_ struct incident *inc = NULL;

	if (!a->watch || store_get(a->watch, incident, &inc))
		return 0;
	return inc->f.peak_pps;
}
