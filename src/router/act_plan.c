/* SPDX-License-Identifier: ISC */
/*
 * Plans that people read. Each is kept with a line of the log, so that a measure is begun by what
 * somebody read and not by the number that another option has meanwhile.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/zone.h"
#include "judge/json_fields.h"
#include "router/act_inside.h"
#include "router/request.h"

static int take(struct kept_plan *k, const struct desk_plan_row *row)
{
	_cleanup_plan_ struct plan *p = NULL;
	const struct plan_option *o;
	json_t *body;
	int r = json_parse(row->body, &body);

	if (r)
		return r;
	if (plan_from_json(body, &p) == 0) {
		k->hits++;
		k->holds = plan_holds(p);
		k->made_us = row->made_us;
		snprintf(k->incident, sizeof(k->incident), "%s", p->incident);
		snprintf(k->hash, sizeof(k->hash), "%s", p->hash);
		o = plan_option_find(p, k->number);
		k->has_option = o != NULL;
		if (o)
			k->option = *o;
	}
	json_decref(body);
	return 0;
}

/* ---- by its id ---- */

static int on_plan(void *userdata, const struct desk_plan_row *row)
{
	return take(userdata, row);
}

int act_find_plan(struct act_asking *x, const char *id, struct kept_plan *k)
{
	const char *hash = request_word(x->request, "hash");
	int64_t age_us, most_us;
	int r = desk_act_plan_get(x->a->desk, id, on_plan, k);

	if (r == DESK_FORGED || (k->hits && !k->holds))
		return check_refuse(&x->t, CHECK_LAW, "forged_plan",
				    "that plan is not as it was written",
				    "その計画は書き込まれた時のものではありません");
	if (!k->hits || (*hash && strcmp(hash, k->hash) != 0))
		return check_refuse(
			&x->t, CHECK_USAGE, "no_plan",
			"there is no plan of that id: noroshi plan keeps what it prints "
			"where it can, and says so where it cannot",
			"その ID の計画はありません。noroshi plan "
			"は出力した計画を保存し、保存できない時はその旨を表示します");
	age_us = x->now_us - k->made_us;
	most_us = (int64_t)(x->a->conf->act.approve_s ? x->a->conf->act.approve_s
						      : MEASURE_APPROVE_S) *
		  US_PER_S;
	if (age_us > most_us)
		return check_refuse(&x->t, CHECK_LAW, "old_plan",
				    "that plan is too old to be approved: read it again",
				    "その計画は古すぎます。計画を読み直してください");
	return CHECK_GOOD;
}

/* ---- what was read last ---- */

struct newest {
	const char *incident;
	struct kept_plan k;
};

/* By the time, which is under the MAC; the order of rows is not. */
static int on_newest(void *userdata, const struct desk_plan_row *row)
{
	struct newest *n = userdata;

	if (strcmp(row->incident, n->incident) != 0 || (n->k.hits && row->made_us <= n->k.made_us))
		return 0;
	return take(&n->k, row);
}

static bool drops(const struct plan_option *o)
{
	for (unsigned i = 0; i < o->n_rules; i++)
		if (o->rule[i].action == RULE_DISCARD)
			return true;
	return false;
}

/* The same thing at the same place; which rules it takes may have been refined meanwhile. */
static bool is_as_read(const struct kept_plan *k, const struct plan_option *o)
{
	return k->has_option && k->option.kind == o->kind && k->option.step == o->step &&
	       strcmp(k->option.point, o->point) == 0 &&
	       prefix_equal(&k->option.target, &o->target) && drops(&k->option) == drops(o);
}

static void say_option(const struct plan_option *o, struct text *out)
{
	char target[PREFIX_TEXT_MAX];

	text_printf(out, "%s%s%s %s", plan_kind_name(o->kind), o->n_rules ? " " : "",
		    o->n_rules ? rule_action_name(o->rule[0].action) : "",
		    prefix_format(&o->target, target));
	if (*o->point)
		text_printf(out, " @ %s", o->point);
}

static int changed(struct act_asking *x, const struct kept_plan *k, const struct plan_option *o)
{
	_cleanup_text_ struct text was = TEXT_NULL, is = TEXT_NULL;

	if (k->has_option)
		say_option(&k->option, &was);
	say_option(o, &is);
	check_refuse(&x->t, 0, "changed_plan", "", "");
	text_printf(&x->t.en,
		    "the plan has changed since it was read last: option %u was \"%s\" and is "
		    "\"%s\" now; read it again",
		    o->number, text_str(&was), text_str(&is));
	text_printf(&x->t.ja,
		    "最後に読まれた時から計画が変わりました。選択肢 %u は「%s」でしたが、現在は"
		    "「%s」です。計画を読み直してください",
		    o->number, text_str(&was), text_str(&is));
	return CHECK_LAW;
}

int act_as_read(struct act_asking *x, const struct plan *now, const struct plan_option *o)
{
	_cleanup_free_ struct newest *n = calloc(1, sizeof(*n));
	int r;

	if (!n)
		return -ENOMEM;
	n->incident = now->incident;
	n->k.number = o->number;
	r = desk_act_plans(x->a->desk, now->incident, on_newest, n);
	/* One that is not ours says nothing of what was read. */
	if (r && r != DESK_FORGED)
		return r == -ENOMEM
			       ? r
			       : check_refuse(&x->t, CHECK_ROUTER, "store", desk_db_answer(r, "en"),
					      desk_db_answer(r, "ja"));
	if (!n->k.hits || strcmp(n->k.hash, now->hash) == 0 || is_as_read(&n->k, o))
		return CHECK_GOOD;
	return changed(x, &n->k, o);
}

/* ---- the requests ---- */

int act_load_case(struct act_asking *x, const char *id, struct act_case *c)
{
	int r = act_case_load(x->a, id, c);

	if (r == 0)
		return CHECK_GOOD;
	check_refuse(&x->t, 0, "no_incident", r > 0 ? store_answer(r, "en") : strerror(-r),
		     r > 0 ? store_answer(r, "ja") : strerror(-r));
	return r == STORE_NOT_FOUND || r == STORE_AMBIGUOUS ? CHECK_USAGE : CHECK_ROUTER;
}

/* Somebody read a plan of that hash. What is kept is our own, where it has that hash. */
int act_do_plan(struct act_asking *x)
{
	const char *id = request_word(x->request, "incident");
	_cleanup_act_case_ struct act_case c = {.incident = NULL};
	int r = act_load_case(x, id, &c);

	if (r)
		return act_answer(x, r, id, NULL);
	if (strcmp(c.plan->hash, request_word(x->request, "hash")) != 0) {
		check_refuse(&x->t, 0, "other_plan", "it would be another plan by now",
			     "現在の計画はこれと異なります");
		return act_answer(x, CHECK_USAGE, id, json_pack("{ss}", "plan", c.plan->id));
	}
	r = act_write_plan(x->a, c.plan, x->actor, true);
	if (r == -ENOMEM)
		return r;
	if (r) {
		check_refuse(&x->t, 0, "store", desk_db_answer(r, "en"), desk_db_answer(r, "ja"));
		r = CHECK_ROUTER;
	}
	return act_answer(x, r, c.plan->id, NULL);
}

/* ---- what is begun, in words ---- */

bool act_takes_offline(const struct plan_option *o)
{
	return o->kind == PLAN_RTBH || o->kind == PLAN_COMMUNITY;
}

static void add_what(const struct act *a, const struct measure *m, bool ja, struct text *out)
{
	char at[TIME_TEXT_MAX];

	measure_what(m, ja, out);
	text_printf(out, ja ? "、%s まで" : ", until %s",
		    zone_format(a->conf->duty.zone, m->until_us, true, at));
	if (act_takes_offline(&m->option))
		text_printf(out, ja ? "。%s" : ". %s", ja ? m->option.says_ja : m->option.says_en);
}

void act_facts(const struct act *a, const struct measure *m, json_t *reply)
{
	_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;
	char target[PREFIX_TEXT_MAX];
	json_t *o;

	add_what(a, m, false, &en);
	add_what(a, m, true, &ja);
	o = json_pack("{ss ss ss sI sb s{ssss}}", "kind", plan_kind_name(m->option.kind), "target",
		      prefix_format(&m->option.target, target), "point", m->option.point, "until",
		      (json_int_t)m->until_us, "offline", act_takes_offline(&m->option), "what",
		      "en", text_str(&en), "ja", text_str(&ja));
	if (!reply || !o || json_object_update(reply, o))
		text_note_lost();
	json_decref(o);
}
