/* SPDX-License-Identifier: ISC */
/*
 * The plan as JSON, a stable interface: doc/act.md has each key. What is not known is null. Rules
 * stand as values, and beside them in the words of those who carry them out; these are made anew
 * from the values each time, so they can never say something else.
 */
#include <math.h>
#include <string.h>

#include "act/plan_inside.h"
#include "act/render.h"
#include "base/clock.h"
#include "judge/json_fields.h"

static bool set(json_t *to, const char *key, json_t *value_take)
{
	return json_object_set_new(to, key, value_take) == 0;
}

static json_t *two(const char *en, const char *ja)
{
	return json_pack("{s:o, s:o}", "en", json_text(en), "ja", json_text(ja));
}

static json_t *name(const char *s)
{
	return *s ? json_text(s) : json_null();
}

/* Whole bits per second; < 0 is not known. */
static json_t *bps(double value)
{
	return value >= 0 && value < 9e18 ? json_integer((json_int_t)llround(value)) : json_null();
}

/* Underscores, as keys are used with dots. */
static const char *const render_keys[RENDER_KINDS] = {
	[RENDER_EXABGP] = "exabgp", [RENDER_NFT] = "nft",     [RENDER_IOS_XE] = "ios_xe",
	[RENDER_IOS_XR] = "ios_xr", [RENDER_JUNOS] = "junos", [RENDER_ARISTA] = "eos"};

static json_t *capacity(double value)
{
	return value > 0 ? bps(value) : json_null();
}

static json_t *share(double value)
{
	return value >= 0 ? json_real(value) : json_null();
}

static json_t *figures_json(const struct plan_option *o)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "line",
			 name(o->line), "before_bps", bps(o->before_bps), "after_bps",
			 bps(o->after_bps), "capacity_bps", capacity(o->capacity_bps), "upstream",
			 name(o->upstream), "upstream_bps", bps(o->upstream_bps),
			 "upstream_capacity_bps", capacity(o->upstream_capacity_bps), "reach",
			 share(o->reach), "covers", share(o->covers), "covers_low",
			 share(o->covers_low), "covers_high", share(o->covers_high));
}

/* ---- rules ---- */

/* All rules in the words of @kind, a line's end between them; null where it cannot say one. */
static json_t *rendered(const struct plan_option *o, enum render_kind kind)
{
	_cleanup_text_ struct text all = TEXT_NULL;

	return plan_render(o, kind, false, &all) == 0 && all.len ? json_text(text_str(&all))
								 : json_null();
}

/* Why not, by the word of each that cannot. */
static json_t *cannot_json(const struct plan_option *o, bool ja)
{
	json_t *all = json_object();

	for (unsigned i = 0; i < RENDER_KINDS; i++) {
		_cleanup_text_ struct text why = TEXT_NULL;

		if (i >= RENDER_IOS_XE && o->kind != PLAN_ACL)
			continue;
		if (plan_render(o, (enum render_kind)i, ja, &why) &&
		    !set(all, render_keys[i], json_text(text_str(&why))))
			text_note_lost();
	}
	return all;
}

static json_t *words_of_rules(const struct plan_option *o)
{
	_cleanup_text_ struct text all = TEXT_NULL;

	for (unsigned i = 0; i < o->n_rules; i++) {
		text_add(&all, i ? "\n" : "");
		rule_text(&o->rule[i], &all);
	}
	return all.len ? json_text(text_str(&all)) : json_null();
}

/* The next hop is the neighbour's matter, and stands in what is told to it. */
static json_t *route(const struct plan_option *o)
{
	_cleanup_text_ struct text t = TEXT_NULL;

	if (!plan_is_offline(o))
		return json_null();
	render_rtbh(&o->target, "self", o->community, false, &t);
	return json_text(text_str(&t));
}

/* Access lists only where somebody is to type them in: they are long. */
static json_t *lists_json(const struct plan_option *o)
{
	if (o->kind != PLAN_ACL)
		return json_object();
	return json_pack("{s:o, s:o, s:o, s:o}", "ios_xe", rendered(o, RENDER_IOS_XE), "ios_xr",
			 rendered(o, RENDER_IOS_XR), "junos", rendered(o, RENDER_JUNOS), "eos",
			 rendered(o, RENDER_ARISTA));
}

static json_t *rules_json(const struct plan_option *o)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < o->n_rules; i++) {
		if (json_array_append_new(all, rule_json(&o->rule[i]))) {
			json_decref(all);
			return NULL;
		}
	}
	return all;
}

static json_t *rule_words(const struct plan_option *o)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "rules", rules_json(o),
			 "flowspec", words_of_rules(o), "exabgp", rendered(o, RENDER_EXABGP),
			 "rtbh", route(o), "nft", rendered(o, RENDER_NFT), "acl", lists_json(o),
			 "cannot", cannot_json(o, false), "cannot_ja", cannot_json(o, true));
}

/* ---- the rest ---- */

static json_t *bases_json(const struct plan_option *o)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < o->n_basis; i++)
		if (json_array_append_new(all, json_text(o->basis[i])))
			text_note_lost();
	return all;
}

static json_t *needs_json(const struct plan_option *o)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < o->n_needs; i++)
		if (json_array_append_new(all, json_pack("{s:o, s:o, s:o}", "whom",
							 name(o->need[i].whom), "en",
							 json_text(o->need[i].en), "ja",
							 json_text(o->need[i].ja))))
			text_note_lost();
	return all;
}

static json_t *target_json(const struct plan_option *o)
{
	char target[PREFIX_TEXT_MAX];

	return o->target.len ? json_string(prefix_format(&o->target, target)) : json_null();
}

static json_t *weaker_json(const struct plan_option *o)
{
	if (!o->weaker_en[0])
		return json_null();
	return json_pack("{s:o, s:o, s:o}", "en", json_text(o->weaker_en), "ja",
			 json_text(o->weaker_ja), "option",
			 o->milder ? json_integer(o->milder) : json_null());
}

json_t *plan_option_json(const struct plan_option *o)
{
	json_t *j = json_object();

	if (set(j, "option", json_integer(o->number)) && set(j, "rank", json_integer(o->rank)) &&
	    set(j, "step", json_string(plan_step_name(o->step))) &&
	    set(j, "kind", json_string(plan_kind_name(o->kind))) &&
	    set(j, "point", name(o->point)) && set(j, "target", target_json(o)) &&
	    set(j, "community", name(o->community)) &&
	    set(j, "helps", json_string(plan_helps_name(o->helps))) &&
	    set(j, "helps_why", two(o->helps_en, o->helps_ja)) &&
	    set(j, "figures", figures_json(o)) && set(j, "says", two(o->says_en, o->says_ja)) &&
	    set(j, "rule", rule_words(o)) &&
	    set(j, "collateral", collateral_json(&o->collateral)) &&
	    set(j, "basis", bases_json(o)) && set(j, "allowed", json_boolean(o->allowed)) &&
	    set(j, "why_not", o->why_not_en[0] ? two(o->why_not_en, o->why_not_ja) : json_null()) &&
	    set(j, "weaker", weaker_json(o)) && set(j, "guards", guard_verdict_json(&o->guard)) &&
	    set(j, "needs", needs_json(o)))
		return j;
	json_decref(j);
	return NULL;
}

static json_t *options_json(const struct plan *p)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < p->n_options; i++) {
		if (json_array_append_new(all, plan_option_json(&p->option[i]))) {
			json_decref(all);
			return NULL;
		}
	}
	return all;
}

json_t *plan_json(const struct plan *p)
{
	json_t *j = json_object();
	json_t *first = p->recommended ? json_integer(p->recommended) : json_null();

	if (set(j, "plan", json_text(p->id)) && set(j, "incident", json_text(p->incident)) &&
	    set(j, "revision", json_integer(p->revision)) && set(j, "hash", json_text(p->hash)) &&
	    set(j, "made", json_time(p->made_us)) && set(j, "drill", json_boolean(p->drill)) &&
	    set(j, "since", json_time(p->since_us)) && set(j, "target", json_text(p->target)) &&
	    set(j, "attack", two(p->attack_en, p->attack_ja)) &&
	    set(j, "separable",
		json_pack("{s:b, s:o}", "yes", p->separable, "why",
			  two(p->separable_en, p->separable_ja))) &&
	    set(j, "recommended",
		json_pack("{s:o, s:o, s:o}", "option", first, "en", json_text(p->recommend_en),
			  "ja", json_text(p->recommend_ja))) &&
	    set(j, "options", options_json(p)))
		return j;
	json_decref(j);
	return NULL;
}
