/* SPDX-License-Identifier: ISC */
#include "router/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "act/owners.h"
#include "base/clock.h"

void refusal_deinit(struct refusal_text *t)
{
	text_deinit(&t->en);
	text_deinit(&t->ja);
}

int check_refuse(struct refusal_text *t, int answer, const char *word, const char *en,
		 const char *ja)
{
	t->word = word;
	text_clear(&t->en);
	text_clear(&t->ja);
	text_add(&t->en, en);
	text_add(&t->ja, ja);
	return answer;
}

/* ---- parts ---- */

uint32_t check_data(const struct plan_option *o)
{
	return DATA_VOLUME | (o->n_rules ? DATA_HEADER : 0);
}

bool check_same(const struct plan_option *a, const struct plan_option *b)
{
	if (a->step != b->step || a->kind != b->kind || strcmp(a->point, b->point) != 0 ||
	    !prefix_equal(&a->target, &b->target) || a->n_rules != b->n_rules ||
	    strcmp(a->community, b->community) != 0)
		return false;
	for (unsigned i = 0; i < a->n_rules; i++)
		if (!rule_near(&a->rule[i], &b->rule[i]))
			return false;
	return true;
}

void check_keep(struct plan_option *o, const struct plan_option *approved)
{
	for (unsigned i = 0; i < o->n_rules && i < approved->n_rules; i++)
		o->rule[i].limit_bps = approved->rule[i].limit_bps;
}

char *check_override(const struct conf *conf, const struct law *law, int64_t now_us, char *buf)
{
	char at[TIME_TEXT_MAX];

	*buf = '\0';
	if (!law || law_is_reviewed(law, now_us) || !conf_act_override(conf))
		return buf;
	time_format_utc(conf->act.override.dated_us, at);
	snprintf(buf, CONF_TEXT_MAX, "%.63s, %.10s: %.160s", conf->act.override.by, at,
		 conf->act.override.note);
	return buf;
}

const struct conf_measure *check_agreed(const struct conf *conf, const struct incident *inc,
					const struct plan_option *o)
{
	return plan_agreed(conf, conf_object_named(conf, inc->object), o);
}

uint64_t check_consent(const struct conf *conf, const struct incident *inc,
		       const struct plan_option *o, char *buf)
{
	const struct conf_measure *m = check_agreed(conf, inc, o);
	struct owners w;
	uint64_t max_s = 0;

	*buf = '\0';
	if (m) {
		text_cut(buf, CONF_TEXT_MAX, m->consent);
		return m->max_s;
	}
	if (o->kind != PLAN_RTBH && o->kind != PLAN_COMMUNITY && o->kind != PLAN_DIVERSION)
		return 0;
	owners_of(conf, conf_object_named(conf, inc->object), o, &w);
	owners_agreement(&w, buf, CONF_TEXT_MAX, &max_s);
	return max_s;
}

bool check_alone(const struct conf *conf, const char *object, const struct plan_option *o)
{
	return owners_alone(conf, conf_object_named(conf, object), o);
}

static bool is_started(enum plan_kind k)
{
	return k == PLAN_RTBH || k == PLAN_FLOWSPEC || k == PLAN_NFTABLES || k == PLAN_COMMUNITY ||
	       k == PLAN_DIVERSION;
}

static int check_kind(const struct check *c, const struct plan_option *o, struct refusal_text *t)
{
	if (!o) {
		check_refuse(t, 0, "no_option", "", "");
		text_printf(&t->en, "the plan has no option %u; it has 1 to %u", c->option,
			    c->plan->n_options);
		text_printf(&t->ja, "計画に選択肢 %u はありません (1 から %u)", c->option,
			    c->plan->n_options);
		return CHECK_USAGE;
	}
	if (is_started(o->kind))
		return CHECK_GOOD;
	check_refuse(t, 0, "not_ours", "", "");
	text_printf(&t->en, "option %u (%s) is nothing that is started here", o->number,
		    plan_kind_name(o->kind));
	text_printf(&t->ja, "選択肢 %u (%s) はここで開始できるものではありません", o->number,
		    plan_kind_name(o->kind));
	return CHECK_USAGE;
}

static int law_refused(enum law_refusal r, const struct law_words *w, struct refusal_text *t)
{
	check_refuse(t, 0, law_refusal_name(r), "", "");
	law_refusal_say(r, w, false, &t->en);
	law_refusal_say(r, w, true, &t->ja);
	return CHECK_LAW;
}

static int check_law(const struct check *c, const struct plan_option *o, struct refusal_text *t)
{
	enum law_refusal r = law_check(c->law, c->words, o->kind, conf_act_override(c->conf),
				       c->spent_s, c->now_us);

	if (r == LAW_GOOD)
		return CHECK_GOOD;
	law_refused(r, c->words, t);
	if (r == LAW_NONE && c->law_why && *c->law_why)
		text_printf(&t->en, " (%s)", c->law_why);
	return CHECK_LAW;
}

/* Which one it is that would do, as far as the plan can tell. */
static void name_milder(const struct check *c, const struct plan_option *o, struct refusal_text *t)
{
	const struct plan_option *m = plan_option_find(c->plan, o->milder);

	if (!m)
		return;
	text_printf(&t->en,
		    " By the plan's figures option %u (%s, %s) takes less and helps as much: say "
		    "why it would not do.",
		    m->number, plan_kind_name(m->kind), plan_step_name(m->step));
	text_printf(&t->ja,
		    "計画の数値では案 %u (%s、%s) "
		    "の方が影響が小さく、同等以上の効果があります。それでは足りない理由を示してくだ"
		    "さい。",
		    m->number, plan_kind_name(m->kind), plan_step_name(m->step));
}

/* What somebody forgot to say comes before what the guards have against it, for it is mended by
 * typing. What the law has against it comes behind them. */
static int check_words(const struct check *c, const struct plan_option *o, struct refusal_text *t)
{
	static const bool is_word[LAW_REFUSALS] = {
		[LAW_NO_BASIS] = true,	   [LAW_UNKNOWN_BASIS] = true, [LAW_NO_PURPOSE] = true,
		[LAW_NO_NECESSITY] = true, [LAW_NO_WEAKER] = true,     [LAW_NO_END] = true,
		[LAW_PAST_END] = true,
	};
	enum law_refusal r = law_check(c->law, c->words, o->kind, true, c->spent_s, c->now_us);

	if (!is_word[r])
		return CHECK_GOOD;
	law_refused(r, c->words, t);
	if (r == LAW_NO_WEAKER)
		name_milder(c, o, t);
	return CHECK_LAW;
}

static int guards_refused(const struct guard_verdict *v, struct refusal_text *t)
{
	if (!v->n)
		return CHECK_GOOD;
	check_refuse(t, 0, guard_rule_name(v->rule[0]), "", "");
	for (unsigned i = 0; i < v->n; i++) {
		text_add(&t->en, i ? " " : "");
		guard_say(v, i, false, &t->en);
		guard_say(v, i, true, &t->ja);
	}
	return CHECK_GUARD;
}

static int check_guards(const struct check *c, const struct plan_option *o, struct refusal_text *t)
{
	struct guard_verdict v = {.n = 0};

	guard_check(o, c->incident, c->conf, c->world, &v);
	return guards_refused(&v, t);
}

static int check_guards_standing(const struct check *c, const struct plan_option *o,
				 struct refusal_text *t)
{
	struct guard_verdict all = {.n = 0}, v = {.n = 0};

	guard_check(o, c->incident, c->conf, c->world, &all);
	for (unsigned i = 0; i < all.n; i++) {
		if (all.rule[i] == GUARD_ENDED || all.rule[i] == GUARD_BUDGET ||
		    all.rule[i] == GUARD_RATE)
			continue;
		v.rule[v.n] = all.rule[i];
		memcpy(v.what[v.n++], all.what[i], sizeof(all.what[i]));
	}
	return guards_refused(&v, t);
}

static int check_glass(const struct check *c, const struct plan_option *o, struct refusal_text *t)
{
	if (!c->break_glass)
		return CHECK_GOOD;
	if (!conf_act_glass(c->conf, plan_kind_name(o->kind)))
		return check_refuse(
			t, CHECK_LAW, "no_break_glass",
			"break-glass is not configured for this kind of measure "
			"(act.break_glass)",
			"この種の措置には非常開始が設定されていません (act.break_glass)");
	if (!check_agreed(c->conf, c->incident, o))
		return check_refuse(
			t, CHECK_LAW, "not_agreed",
			"break-glass is only for a measure that the owner agreed to beforehand "
			"(measures of the protected object), and only for his own prefixes",
			"非常開始は、事前に合意した措置 (保護対象の measures) "
			"で、その所有者のプレフィックスに対するものに限られます");
	return CHECK_GOOD;
}

static int check_approver(const struct check *c, struct refusal_text *t)
{
	if (c->approver)
		return CHECK_GOOD;
	check_refuse(t, 0, "no_approver", "", "");
	text_printf(&t->en, "an approver is missing: %s is none (act.approvers)",
		    c->user ? c->user : "whoever asks");
	text_printf(&t->ja, "承認者がいません。%s は承認者ではありません (act.approvers)",
		    c->user ? c->user : "操作した人");
	return CHECK_LAW;
}

/* What only the plan weighs, such as a blackhole that nobody agreed to. A reference of consent that
 * is given now mends that. */
static int check_plan(const struct check *c, const struct plan_option *o, struct refusal_text *t)
{
	bool offline = o->kind == PLAN_RTBH || o->kind == PLAN_COMMUNITY;

	if (o->allowed || (offline && c->words->consent && *c->words->consent))
		return CHECK_GOOD;
	return check_refuse(t, CHECK_LAW, "not_allowed", o->why_not_en, o->why_not_ja);
}

/* What was done before cannot be proven, so nothing more is done. */
static int check_log(const struct check *c, struct refusal_text *t)
{
	if (!c->log_why)
		return CHECK_GOOD;
	t->word = "audit_broken";
	text_printf(&t->en,
		    "the audit log is not as it was written (%s), and nothing begins until that is "
		    "clear: see noroshi audit verify",
		    c->log_why);
	text_printf(&t->ja,
		    "監査記録が書き込まれた時のものではないため "
		    "(%s)、解明されるまで何も開始できません。"
		    "noroshi audit verify で確認してください",
		    c->log_why);
	return CHECK_LAW;
}

int check_start(const struct check *c, const struct plan_option **option, struct refusal_text *t)
{
	const struct plan_option *o = plan_option_find(c->plan, c->option);
	int r = check_kind(c, o, t);

	*option = o;
	r = r ? r : check_words(c, o, t);
	r = r ? r : check_guards(c, o, t);
	r = r ? r : check_law(c, o, t);
	r = r ? r : check_log(c, t);
	r = r ? r : check_plan(c, o, t);
	r = r ? r : check_approver(c, t);
	return r ? r : check_glass(c, o, t);
}

int check_renewal(const struct check *c, const struct plan_option *o, struct refusal_text *t)
{
	int r = check_words(c, o, t);

	r = r ? r : check_guards_standing(c, o, t);
	r = r ? r : check_law(c, o, t);
	r = r ? r : check_log(c, t);
	return r ? r : check_approver(c, t);
}
