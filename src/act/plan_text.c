/* SPDX-License-Identifier: ISC */
/*
 * The plan as a page of 78 columns: the dry run, and what the audit keeps. It is made of the plan
 * alone, so a plan read back says the same.
 */
#include <string.h>

#include "act/plan_inside.h"
#include "act/render.h"
#include "base/zone.h"
#include "duty/brief_words.h"
#include "duty/handover_sheet.h"

#define COLUMNS	   78
#define NAMES_SAID 6

struct sheet_of {
	struct text *out;
	bool ja;
};

/* A paragraph with a label before it; nothing where there is nothing to say. */
static void item(const struct sheet_of *p, const char *en, const char *ja, const char *text)
{
	_cleanup_text_ struct text line = TEXT_NULL;

	if (!text[0])
		return;
	text_add(&line, of_two(p->ja, en, ja));
	text_add(&line, text);
	sheet_wrap(p->out, COLUMNS, 3, 2, text_str(&line));
}

/* Left and right on one line where both have room, else on two. */
static void title(const struct sheet_of *p, const char *left, const char *right)
{
	size_t l = text_width(left), r = text_width(right);

	text_add(p->out, left);
	if (l + 2 + r > COLUMNS) {
		text_add(p->out, "\n");
		l = 0;
	}
	for (size_t i = l; i + r < COLUMNS; i++)
		text_add(p->out, " ");
	text_printf(p->out, "%s\n", right);
}

/* ---- what it costs ---- */

static void percent(double low, double share, double high, bool ja, struct text *out)
{
	if (share <= 0)
		text_printf(out, of_two(ja, "none (at most %.1f %%)", "0 %%（多くとも %.1f %%）"),
			    100 * high);
	else
		text_printf(out,
			    of_two(ja, "%.1f %% (%.1f to %.1f %%)", "%.1f %%（%.1f～%.1f %%）"),
			    100 * share, 100 * low, 100 * high);
}

static void names(const char list[][CONF_NAME_MAX], unsigned n, bool ja, struct text *out)
{
	const char *said[COLLATERAL_NAMES_MAX];

	for (unsigned i = 0; i < n; i++)
		said[i] = list[i];
	words_list(said, n, NAMES_SAID, ja, out);
}

static void say_cost(const struct collateral *c, bool ja, struct text *out)
{
	if (!c->known) {
		if (c->n)
			text_printf(out,
				    of_two(ja,
					   "not known: %u records of clients' traffic of the hour "
					   "before are kept, "
					   "%u are wanted",
					   "不明。直前 1 時間の通常通信の記録は %u 件で、%u "
					   "件以上が必要"),
				    c->n, COLLATERAL_LEAST);
		else
			text_add(out,
				 of_two(ja,
					"not known: no records of clients' traffic of the hour "
					"before are kept",
					"不明。直前 1 時間の通常通信の記録がない"));
	} else {
		text_add(out, of_two(ja, "", "直前 1 時間の通常パケットの "));
		percent(c->low, c->share, c->high, ja, out);
		text_printf(out,
			    of_two(ja, " of clients' packets of the hour before, n %u", "、n %u"),
			    c->n);
	}
	if (c->known && c->opens_n) {
		text_add(out, of_two(ja, "; of those that open connections ",
				     "。接続開始パケットでは "));
		percent(c->opens_low, c->opens_share, c->opens_high, ja, out);
		text_printf(out, of_two(ja, ", n %u", "、n %u"), c->opens_n);
	}
	text_add(out, of_two(ja, ".", "。"));
	if (!c->n_services)
		return;
	text_add(out, of_two(ja, " Services that it may hit: ", "影響し得るサービス: "));
	names(c->services, c->n_services, ja, out);
	text_add(out, of_two(ja, ".", "。"));
}

static bool has_cost(const struct plan_option *o)
{
	return o->kind != PLAN_NONE && o->kind != PLAN_ASK && o->kind != PLAN_DIVERSION;
}

/* ---- options ---- */

/* Are rules of @o told in the words of @k? */
static bool is_told_in(const struct plan_option *o, enum render_kind k)
{
	switch (k) {
	case RENDER_EXABGP:
		return o->kind == PLAN_FLOWSPEC || o->kind == PLAN_DIVERSION;
	case RENDER_NFT:
		return o->kind == PLAN_NFTABLES;
	default:
		return o->kind == PLAN_ACL;
	}
}

/* Who of those that are to be told cannot say the rules, and why. */
static void say_lists(const struct sheet_of *p, const struct plan_option *o)
{
	for (unsigned k = 0; k < RENDER_KINDS; k++) {
		_cleanup_text_ struct text why = TEXT_NULL, line = TEXT_NULL;

		if (!is_told_in(o, (enum render_kind)k) ||
		    !plan_render(o, (enum render_kind)k, p->ja, &why))
			continue;
		text_printf(&line, of_two(p->ja, "%s cannot say it: %s", "%s では書けない: %s"),
			    render_name((enum render_kind)k), text_str(&why));
		item(p, "", "", text_str(&line));
	}
}

static void say_rules(const struct sheet_of *p, const struct plan_option *o)
{
	_cleanup_text_ struct text route = TEXT_NULL;

	for (unsigned i = 0; i < o->n_rules; i++) {
		_cleanup_text_ struct text rule = TEXT_NULL;

		rule_text(&o->rule[i], &rule);
		item(p, "Rule: ", "規則: ", text_str(&rule));
	}
	say_lists(p, o);
	if (!plan_is_offline(o))
		return;
	render_rtbh(&o->target, "self", o->community, false, &route);
	item(p, "Route: ", "経路: ", text_str(&route));
}

static void say_needs(const struct sheet_of *p, const struct plan_option *o)
{
	for (unsigned i = 0; i < o->n_needs; i++)
		item(p, "Before it: ", "前提: ", p->ja ? o->need[i].ja : o->need[i].en);
}

static void say_allowed(const struct sheet_of *p, const struct plan_option *o)
{
	_cleanup_text_ struct text list = TEXT_NULL;
	const char *ids[LAW_BASES_MAX];

	for (unsigned i = 0; i < o->n_basis; i++)
		ids[i] = o->basis[i];
	if (words_list(ids, o->n_basis, LAW_BASES_MAX, p->ja, &list))
		text_add(&list, of_two(p->ja, ".", "。"));
	if (o->allowed && list.len)
		item(p, "Allowed; bases that could carry it: ", "許可される。根拠となり得るもの: ",
		     text_str(&list));
	else if (o->allowed)
		item(p, "", "", of_two(p->ja, "Allowed.", "許可される。"));
	else
		item(p, "Not allowed: ", "許可されない: ", p->ja ? o->why_not_ja : o->why_not_en);
	if (!o->allowed)
		item(p, "Bases that could carry it: ", "根拠となり得るもの: ", text_str(&list));
}

static bool same_cost(const struct collateral *a, const struct collateral *b)
{
	return a->known == b->known && a->n == b->n && a->n_services == b->n_services &&
	       (!a->known || (!(a->share < b->share) && !(a->share > b->share)));
}

/* The first option before @o with the same rules at the same cost; NULL none. */
static const struct plan_option *alike(const struct plan *plan, const struct plan_option *o)
{
	for (const struct plan_option *a = plan->option; a < o; a++) {
		unsigned same = 0;

		if (a->n_rules != o->n_rules || !o->n_rules || has_cost(a) != has_cost(o) ||
		    !same_cost(&a->collateral, &o->collateral))
			continue;
		for (unsigned i = 0; i < o->n_rules; i++)
			same += rule_equal(&a->rule[i], &o->rule[i]);
		if (same == o->n_rules)
			return a;
	}
	return NULL;
}

static void say_cost_and_rules(const struct sheet_of *p, const struct plan *plan,
			       const struct plan_option *o)
{
	const struct plan_option *before = alike(plan, o);
	_cleanup_text_ struct text cost = TEXT_NULL;

	if (before) {
		text_printf(&cost,
			    of_two(p->ja, "Rules and cost as option %u.",
				   "規則と巻き添えは案 %u と同じ。"),
			    before->number);
		item(p, "", "", text_str(&cost));
		say_lists(p, o);
		return;
	}
	if (has_cost(o))
		say_cost(&o->collateral, p->ja, &cost);
	item(p, plan_is_limit(o) ? "In what it limits: " : "Cost: ",
	     plan_is_limit(o) ? "制限の対象: " : "巻き添え: ", text_str(&cost));
	say_rules(p, o);
}

static void say_option(const struct sheet_of *p, const struct plan *plan,
		       const struct plan_option *o)
{
	static const char *const helps[][2] = {
		[HELPS_NO] = {"no", "なし"},
		[HELPS_PARTLY] = {"partly", "一部"},
		[HELPS_YES] = {"yes", "あり"},
		[HELPS_UNKNOWN] = {"unknown", "不明"},
	};
	_cleanup_text_ struct text left = TEXT_NULL, right = TEXT_NULL;

	text_printf(&left, "%u  ", o->number);
	plan_say_what(o, p->ja, &left);
	text_printf(&right, of_two(p->ja, "helps: %s, rank %u", "効果: %s、順位 %u"),
		    helps[o->helps][p->ja], o->rank);
	text_add(p->out, "\n");
	title(p, text_str(&left), text_str(&right));
	item(p, "", "", p->ja ? o->helps_ja : o->helps_en);
	/* Where next to nothing passes the rest is nobody's matter. */
	if (o->helps == HELPS_NO && o->reach >= 0 && o->reach < WORTH_SAYING)
		return;
	item(p, "", "", p->ja ? o->says_ja : o->says_en);
	say_cost_and_rules(p, plan, o);
	say_needs(p, o);
	if (o->kind != PLAN_NONE)
		say_allowed(p, o);
}

/* ---- the page ---- */

static void say_head(const struct sheet_of *p, const struct plan *plan, const char *zone)
{
	_cleanup_text_ struct text left = TEXT_NULL, right = TEXT_NULL;
	char at[TIME_TEXT_MAX];

	if (plan->drill)
		text_add(p->out,
			 of_two(p->ja, "DRILL, not a real attack\n", "訓練。実際の攻撃ではない\n"));
	text_printf(&left, of_two(p->ja, "PLAN %s for incident %s", "対処計画 %s（検知 %s）"),
		    plan->id, plan->incident);
	if (plan->made_us != TIME_NONE)
		text_printf(&right, of_two(p->ja, "made %s", "%s 作成"),
			    zone_format(zone, plan->made_us, true, at));
	title(p, text_str(&left), text_str(&right));
	text_printf(p->out, "%s\n", plan->hash);
}

void plan_text(const struct plan *plan, const char *zone, bool ja, struct text *out)
{
	struct sheet_of p = {.out = out, .ja = ja};
	char since[TIME_TEXT_MAX];

	say_head(&p, plan, zone);
	item(&p, "", "", ja ? plan->attack_ja : plan->attack_en);
	if (plan->since_us != TIME_NONE)
		item(&p, "Since ", "開始 ", zone_format(zone, plan->since_us, true, since));
	item(&p, plan->separable ? "Attack and clients can be told apart: " : "Rules: ",
	     plan->separable ? "攻撃と利用者は区別できる: " : "規則: ",
	     ja ? plan->separable_ja : plan->separable_en);
	item(&p, "", "", ja ? plan->recommend_ja : plan->recommend_en);
	for (unsigned i = 0; i < plan->n_options; i++)
		say_option(&p, plan, &plan->option[i]);
}
