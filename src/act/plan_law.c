/* SPDX-License-Identifier: ISC */
/*
 * May an option be done: what the guard rails refuse, which bases of the law could carry it, and
 * what a blackhole needs besides. All reasons are given, not only the first.
 */
#include <string.h>

#include "act/owners.h"
#include "act/plan_inside.h"
#include "duty/brief_words.h"

const struct conf_measure *plan_agreed(const struct conf *conf, const struct conf_object *object,
				       const struct plan_option *o)
{
	return owners_alone(conf, object, o) ? owners_measure(object, o) : NULL;
}

const struct conf_measure *plan_consent(const struct planning *g, const struct plan_option *o)
{
	return plan_agreed(g->conf, g->object, o);
}

bool plan_all_agreed(const struct planning *g, const struct plan_option *o)
{
	struct owners w;
	char refs[CONF_TEXT_MAX];
	uint64_t max_s;

	owners_of(g->conf, g->object, o, &w);
	return owners_agreement(&w, refs, sizeof(refs), &max_s);
}

const struct plan_link *plan_full_link(const struct planning *g)
{
	for (unsigned i = 0; i < g->n_links; i++)
		if (g->link[i].full)
			return &g->link[i];
	return NULL;
}

/* A full link counts where nobody looked whether others lose on it. */
bool plan_harms_others(const struct planning *g)
{
	const struct incident_path *path = g->inc->path;

	if (path && path->n_lost)
		return true;
	for (unsigned i = 0; path && i < path->n_services; i++)
		if (path->service[i].risk == RISK_LOST)
			return true;
	return !(path && path->loss_confidence > 0) && plan_full_link(g);
}

struct reasons {
	struct text en, ja;
};

static void deinit(struct reasons *r)
{
	text_deinit(&r->en);
	text_deinit(&r->ja);
}

static void add(struct reasons *r, const char *en, const char *ja)
{
	text_printf(&r->en, "%s%s", r->en.len ? " " : "", en);
	text_add(&r->ja, ja);
}

static void guards(struct planning *g, struct plan_option *o, struct reasons *r)
{
	static const struct guard_world nothing;

	guard_check(o, g->inc, g->conf, g->in->world ? g->in->world : &nothing, &o->guard);
	for (unsigned i = 0; i < o->guard.n; i++) {
		_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;

		guard_say(&o->guard, i, false, &en);
		guard_say(&o->guard, i, true, &ja);
		add(r, text_str(&en), text_str(&ja));
	}
}

static void bases(struct planning *g, struct plan_option *o, struct reasons *r)
{
	const struct law *law = g->in->law;
	_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;

	if (!law && o->kind == PLAN_ASK)
		return;
	if (!law) {
		add(r, "No law file could be read, so nothing may be started.",
		    "法令ファイルを読めないため、何も開始できない。");
		return;
	}
	for (unsigned i = 0; i < law->n_bases && o->n_basis < LAW_BASES_MAX; i++)
		if (law->basis[i].allows & 1u << o->kind)
			strcpy(o->basis[o->n_basis++], law->basis[i].id);
	/* Who is asked is not filtered; what he is told is looked at when he is told it. */
	if (o->kind == PLAN_ASK)
		return;
	text_printf(&en, "No basis in the law file of %s carries this kind of measure.",
		    law->country);
	text_printf(&ja, "%s の法令ファイルに、この種の措置の根拠はない。", law->country);
	if (!o->n_basis)
		add(r, text_str(&en), text_str(&ja));
	if (law_is_reviewed(law, g->in->now_us) || conf_act_override(g->conf))
		return;
	text_clear(&en);
	text_clear(&ja);
	text_printf(&en, "Nobody has reviewed the law file of %s yet: only plans are made.",
		    law->country);
	text_printf(&ja, "%s の法令ファイルは未審査のため、計画だけを作る。", law->country);
	add(r, text_str(&en), text_str(&ja));
}

void plan_permit(struct planning *g, struct plan_option *o)
{
	__attribute__((__cleanup__(deinit))) struct reasons r = {TEXT_NULL, TEXT_NULL};

	if (o->kind != PLAN_NONE) {
		guards(g, o, &r);
		bases(g, o, &r);
	}
	if (plan_is_offline(o) && !plan_consent(g, o) && !plan_all_agreed(g, o) &&
	    !plan_harms_others(g))
		add(&r,
		    "A blackhole wants the owner's consent by its reference, or the figure that "
		    "shows "
		    "harm to others; there is neither.",
		    "ブラックホールには所有者の同意の参照、または他者への被害を示す数値が必要だが、"
		    "どちらもない。");
	o->allowed = r.en.len == 0;
	plan_keep(g, &r.en, false, o->why_not_en, sizeof(o->why_not_en));
	plan_keep(g, &r.ja, true, o->why_not_ja, sizeof(o->why_not_ja));
}
