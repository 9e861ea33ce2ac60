/* SPDX-License-Identifier: ISC */
/*
 * Renewals: a measure that stands gets a new end. All that is asked of a start is asked again, of
 * the law, the configuration and the marks as they are now; and where two persons are wanted, the
 * second one is wanted too. Until then the old end stays in force.
 */
#include <errno.h>
#include <string.h>

#include "router/act_inside.h"
#include "router/request.h"

/* What is asked for: by whoever asks now, or by the one whose renewal waits. */
struct renewal {
	const char *necessity;
	int64_t until_us;
	uint64_t longest_s; /* of the basis */
};

static int renew_refused(struct act_asking *x, enum renew_answer answer)
{
	static const struct {
		const char *en, *ja;
	} words[RENEW_ANSWERS] = {
		[RENEW_NOT_STANDING] = {"it is not in force", "効力がありません"},
		[RENEW_NOT_SIGNED] = {"the second approver is still missing",
				      "2 人目の承認がまだありません"},
		[RENEW_NO_NECESSITY] = {"the necessity is missing: say why it is still necessary",
					"必要性がありません。なお必要な理由を示してください"},
		[RENEW_SAME_NECESSITY] =
			{"the necessity is the line that stands there already: say what "
			 "makes it necessary now",
			 "必要性が前と同じ文です。今なお必要な理由を示してください"},
		[RENEW_PAST] = {"the end is missing or past", "期限がないか、過ぎています"},
		[RENEW_LONG] = {"that is longer in all than the basis allows",
				"通算で根拠の許す長さを超えます"},
	};

	return check_refuse(&x->t, CHECK_LAW, renew_answer_name(answer), words[answer].en,
			    words[answer].ja);
}

/* As things stand now. Return: CHECK_GOOD, another with x->t, or -ENOMEM. */
static int check_now(struct act_asking *x, const struct measure *m, const struct renewal *w)
{
	_cleanup_act_case_ struct act_case c = {.incident = NULL};
	struct law_words words = {.basis = m->basis,
				  .purpose = m->purpose,
				  .necessity = w->necessity,
				  .weaker = m->weaker,
				  .consent = m->consent,
				  .until_us = w->until_us,
				  .data = m->data};
	char log_why[ACT_LOG_WHY_MAX];
	struct check k = {.conf = x->a->conf,
			  .law = x->a->law,
			  .law_why = text_str(&x->a->law_why),
			  .log_why = act_log_why(x->a, log_why),
			  .words = &words,
			  .approver = x->person->name,
			  .now_us = x->now_us};
	char agreed[CONF_TEXT_MAX];
	int r = act_load_case(x, m->incident, &c);

	if (r)
		return CHECK_ROUTER;
	words.agreed_s = check_consent(x->a->conf, c.incident, &m->option, agreed);
	k.incident = c.incident;
	k.plan = c.plan;
	k.world = &c.world.w;
	k.spent_s = act_spent_s(x->a, m->basis, &m->option.target, x->now_us);
	return check_renewal(&k, &m->option, &x->t);
}

/* What mends itself by typing comes first; that it stands at all before anything. */
static int check_all(struct act_asking *x, const struct act_measure *am, struct renewal *w)
{
	const struct law_basis *basis = x->a->law ? law_find(x->a->law, am->m.basis) : NULL;
	struct measure after = am->m;
	enum renew_answer answer;

	if (!basis)
		return check_refuse(&x->t, CHECK_LAW, "unknown_basis",
				    "the law file has its basis no more",
				    "法令ファイルにその根拠がもうありません");
	w->longest_s = basis->longest_s;
	answer = measure_renew(&after, w->necessity, w->until_us, 0, x->now_us);
	if (answer == RENEW_GOOD && !law_says_something(w->necessity))
		answer = RENEW_NO_NECESSITY;
	return answer == RENEW_GOOD ? check_now(x, &am->m, w) : renew_refused(x, answer);
}

static bool needs_two(const struct act *a, const struct measure *m)
{
	return m->approvals_wanted > 1 || conf_act_two(a->conf, plan_kind_name(m->option.kind));
}

/* Written as @word; @before where that fails. */
static int write_as(struct act_asking *x, struct act_measure *am, const struct measure *before,
		    const char *word, const char *words)
{
	int r = act_write(x->a, am, measure_stage_name(before->stage), word, x->actor, words);

	if (r)
		am->m = *before;
	return r;
}

static int renewed(struct act_asking *x, struct act_measure *am)
{
	json_t *more = json_pack("{ssss}", "stage", measure_stage_name(am->m.stage), "override",
				 am->m.override);
	int r;

	am->again_us = 0;
	act_facts(x->a, &am->m, more);
	r = act_answer(x, CHECK_GOOD, am->m.id, more);
	return r ? r : act_sync(x->a);
}

/* ---- by one person ---- */

static int renew(struct act_asking *x, struct act_measure *am, const struct renewal *w)
{
	struct measure before = am->m;
	enum renew_answer answer =
		measure_renew(&am->m, w->necessity, w->until_us, w->longest_s, x->now_us);
	int r;

	if (answer != RENEW_GOOD)
		return act_answer(x, renew_refused(x, answer), am->m.id, NULL);
	snprintf(am->m.renewed_by, sizeof(am->m.renewed_by), "%s", x->person->name);
	check_override(x->a->conf, x->a->law, x->now_us, am->m.override);
	r = write_as(x, am, &before, "renew", am->m.necessity);
	return r ? act_store_failed(x, r, am->m.id) : renewed(x, am);
}

/* ---- by two ---- */

static int ask(struct act_asking *x, struct act_measure *am, const struct renewal *w)
{
	struct measure before = am->m;
	enum renew_answer answer = measure_ask_renewal(&am->m, x->person->name, w->necessity,
						       w->until_us, w->longest_s, x->now_us);
	int r;

	if (answer != RENEW_GOOD)
		return act_answer(x, renew_refused(x, answer), am->m.id, NULL);
	r = write_as(x, am, &before, "renew_ask", am->m.renew_necessity);
	if (r)
		return act_store_failed(x, r, am->m.id);
	check_refuse(&x->t, 0, "second_approver",
		     "a second approver is missing: the new end waits for `noroshi act approve`, "
		     "and the old one stays in force until then",
		     "2 人目の承認者が必要です。新しい期限は `noroshi act approve` を待っており、"
		     "それまでは前の期限が有効です");
	return act_answer(x, CHECK_LAW, am->m.id,
			  json_pack("{sssIsI}", "stage", measure_stage_name(am->m.stage), "until",
				    (json_int_t)am->m.until_us, "asked_until",
				    (json_int_t)am->m.asked_until_us));
}

int act_do_renew(struct act_asking *x)
{
	struct renewal w = {.necessity = request_word(x->request, "necessity"),
			    .until_us = request_until(x->request)};
	struct act_measure *am = NULL;
	int r = act_find_measure(x, request_word(x->request, "measure"), &am);

	r = r ? r : act_need_peer(x);
	r = r ? r : act_need_thawed(x);
	r = r ? r : check_all(x, am, &w);
	if (r < 0)
		return r;
	if (r)
		return act_answer(x, r, am ? am->m.id : request_word(x->request, "measure"), NULL);
	return needs_two(x->a, &am->m) ? ask(x, am, &w) : renew(x, am, &w);
}

/* Who asked may be an approver no more. */
static int check_second(struct act_asking *x, const struct act_measure *am, struct renewal *w)
{
	const char *hash = request_word(x->request, "hash");
	int r = act_need_peer(x);

	r = r ? r : act_need_thawed(x);
	if (r)
		return r;
	if (*hash && strcmp(hash, am->m.hash) != 0)
		return act_approve_refused(x, APPROVE_CHANGED);
	if (strcmp(am->m.renew_asked_by, x->person->name) == 0)
		return act_approve_refused(x, APPROVE_SAME_PERSON);
	if (!conf_act_approver(x->a->conf, am->m.renew_asked_by))
		return act_approve_refused(x, APPROVE_NOBODY);
	return check_all(x, am, w);
}

int act_approve_renewal(struct act_asking *x, struct act_measure *am)
{
	struct renewal w = {.necessity = am->m.renew_necessity, .until_us = am->m.asked_until_us};
	struct measure before = am->m;
	enum renew_answer why = RENEW_GOOD;
	enum approve_answer answer;
	int r = check_second(x, am, &w);

	if (r < 0)
		return r;
	if (r)
		return act_answer(x, r, am->m.id, NULL);
	answer = measure_approve_renewal(&am->m, x->person->name, w.longest_s, x->now_us, &why);
	if (answer != APPROVE_GOOD)
		return act_answer(x,
				  answer == APPROVE_LATE ? renew_refused(x, why)
							 : act_approve_refused(x, answer),
				  am->m.id, NULL);
	check_override(x->a->conf, x->a->law, x->now_us, am->m.override);
	r = write_as(x, am, &before, "renew", am->m.necessity);
	return r ? act_store_failed(x, r, am->m.id) : renewed(x, am);
}
