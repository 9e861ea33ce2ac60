/* SPDX-License-Identifier: ISC */
/*
 * A plan read back. It may have been written by anybody, so each value is looked at; whether it is
 * still what was approved is told by plan_holds().
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "act/plan_inside.h"
#include "judge/json_fields.h"

static int two(const json_t *from, const char *key, char *en, size_t en_room, char *ja,
	       size_t ja_room)
{
	const json_t *o = json_object_get(from, key);

	if (!o || json_is_null(o))
		return 0;
	if (!json_is_object(o) || json_get_text(o, "en", en, en_room))
		return -EINVAL;
	return json_get_text(o, "ja", ja, ja_room);
}

#define TWO(from, key, to, field)                                                                  \
	two((from), (key), (to)->field##_en, sizeof((to)->field##_en), (to)->field##_ja,           \
	    sizeof((to)->field##_ja))

static int number(const json_t *from, const char *key, uint32_t most, unsigned *out)
{
	const json_t *v = json_object_get(from, key);
	json_int_t n = json_integer_value(v);

	if (!json_is_integer(v) || n < 0 || n > (json_int_t)most)
		return -EINVAL;
	*out = (unsigned)n;
	return 0;
}

/* Null leaves what stands for unknown. */
static int figure(const json_t *from, const char *key, double most, double *out)
{
	const json_t *v = json_object_get(from, key);
	double n = json_number_value(v);

	if (!v || json_is_null(v))
		return 0;
	if (!json_is_number(v) || !(n >= 0 && n <= most))
		return -EINVAL;
	*out = n;
	return 0;
}

static int figures(const json_t *from, struct plan_option *o)
{
	const struct {
		const char *key;
		double most, *to;
	} rows[] = {
		{"before_bps", 9e18, &o->before_bps},
		{"after_bps", 9e18, &o->after_bps},
		{"capacity_bps", 9e18, &o->capacity_bps},
		{"upstream_bps", 9e18, &o->upstream_bps},
		{"upstream_capacity_bps", 9e18, &o->upstream_capacity_bps},
		{"reach", 1, &o->reach},
		{"covers", 1, &o->covers},
		{"covers_low", 1, &o->covers_low},
		{"covers_high", 1, &o->covers_high},
	};

	if (!json_is_object(from))
		return -EINVAL;
	o->before_bps = o->after_bps = o->upstream_bps = -1;
	o->reach = o->covers = o->covers_low = o->covers_high = -1;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (figure(from, rows[i].key, rows[i].most, rows[i].to))
			return -EINVAL;
	if (json_get_text(from, "line", o->line, sizeof(o->line)))
		return -EINVAL;
	return json_get_text(from, "upstream", o->upstream, sizeof(o->upstream));
}

static int helps_parse(const json_t *v, enum plan_helps *out)
{
	const char *s = json_string_value(v);

	for (unsigned i = 0; s && i <= HELPS_UNKNOWN; i++) {
		if (strcmp(s, plan_helps_name((enum plan_helps)i)) == 0) {
			*out = (enum plan_helps)i;
			return 0;
		}
	}
	return -EINVAL;
}

static int names(const json_t *from, struct plan_option *o)
{
	const char *step = json_string_value(json_object_get(from, "step"));
	const char *kind = json_string_value(json_object_get(from, "kind"));
	const json_t *target = json_object_get(from, "target");

	if (!step || !kind || plan_step_parse(step, &o->step) || plan_kind_parse(kind, &o->kind) ||
	    helps_parse(json_object_get(from, "helps"), &o->helps) ||
	    json_get_text(from, "point", o->point, sizeof(o->point)) ||
	    json_get_text(from, "community", o->community, sizeof(o->community)))
		return -EINVAL;
	if (json_is_null(target))
		return 0;
	return json_is_string(target) ? prefix_parse(json_string_value(target), false, &o->target)
				      : -EINVAL;
}

static int rules(const json_t *from, struct plan_option *o)
{
	const json_t *list = json_object_get(from, "rules"), *v;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) > PLAN_RULES_MAX)
		return -EINVAL;
	json_array_foreach(list, i, v)
	{
		if (rule_from_json(v, &o->rule[o->n_rules++]))
			return -EINVAL;
	}
	return 0;
}

static int bases(const json_t *list, struct plan_option *o)
{
	const json_t *v;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) > LAW_BASES_MAX)
		return -EINVAL;
	json_array_foreach(list, i, v)
	{
		if (!json_is_string(v) || json_string_length(v) >= LAW_ID_MAX)
			return -EINVAL;
		strcpy(o->basis[o->n_basis++], json_string_value(v));
	}
	return 0;
}

static int needs(const json_t *list, struct plan_option *o)
{
	const json_t *v;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) > PLAN_NEEDS_MAX)
		return -EINVAL;
	json_array_foreach(list, i, v)
	{
		struct plan_need *n = &o->need[o->n_needs++];

		if (!json_is_object(v) || json_get_text(v, "whom", n->whom, sizeof(n->whom)) ||
		    json_get_text(v, "en", n->en, sizeof(n->en)) ||
		    json_get_text(v, "ja", n->ja, sizeof(n->ja)))
			return -EINVAL;
	}
	return 0;
}

int plan_option_from_json(const json_t *from, struct plan_option *out)
{
	const json_t *allowed = json_object_get(from, "allowed");
	const json_t *milder = json_object_get(json_object_get(from, "weaker"), "option");

	memset(out, 0, sizeof(*out));
	if (!json_is_object(from) || number(from, "option", UINT16_MAX, &out->number) ||
	    number(from, "rank", UINT16_MAX, &out->rank) ||
	    (milder && !json_is_null(milder) &&
	     number(json_object_get(from, "weaker"), "option", UINT16_MAX, &out->milder)) ||
	    names(from, out) || figures(json_object_get(from, "figures"), out) ||
	    rules(json_object_get(from, "rule"), out) ||
	    collateral_from_json(json_object_get(from, "collateral"), &out->collateral) ||
	    bases(json_object_get(from, "basis"), out) || !json_is_boolean(allowed) ||
	    guard_verdict_from_json(json_object_get(from, "guards"), &out->guard) ||
	    needs(json_object_get(from, "needs"), out) || TWO(from, "helps_why", out, helps) ||
	    TWO(from, "says", out, says) || TWO(from, "why_not", out, why_not) ||
	    TWO(from, "weaker", out, weaker))
		return -EINVAL;
	out->allowed = json_is_true(allowed);
	return 0;
}

static int options(const json_t *list, struct plan *p)
{
	const json_t *v;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) > PLAN_OPTIONS_MAX)
		return -EINVAL;
	json_array_foreach(list, i, v)
	{
		if (plan_option_from_json(v, &p->option[p->n_options++]))
			return -EINVAL;
	}
	return 0;
}

static int head(const json_t *from, struct plan *p)
{
	const json_t *drill = json_object_get(from, "drill");
	unsigned revision;

	if (json_get_text(from, "plan", p->id, sizeof(p->id)) ||
	    json_get_text(from, "hash", p->hash, sizeof(p->hash)) ||
	    json_get_text(from, "incident", p->incident, sizeof(p->incident)) ||
	    json_get_text(from, "target", p->target, sizeof(p->target)) ||
	    number(from, "revision", UINT32_MAX, &revision) || !json_is_boolean(drill) ||
	    json_get_time(json_object_get(from, "made"), &p->made_us) ||
	    json_get_time(json_object_get(from, "since"), &p->since_us))
		return -EINVAL;
	p->revision = revision;
	p->drill = json_is_true(drill);
	return TWO(from, "attack", p, attack);
}

static int answers(const json_t *from, struct plan *p)
{
	const json_t *separable = json_object_get(from, "separable");
	const json_t *first = json_object_get(from, "recommended");

	p->separable = json_is_true(json_object_get(separable, "yes"));
	if (!json_is_boolean(json_object_get(separable, "yes")) ||
	    TWO(separable, "why", p, separable) || !json_is_object(first))
		return -EINVAL;
	if (!json_is_null(json_object_get(first, "option")) &&
	    number(first, "option", PLAN_OPTIONS_MAX, &p->recommended))
		return -EINVAL;
	return TWO(from, "recommended", p, recommend);
}

int plan_from_json(const json_t *from, struct plan **out)
{
	_cleanup_plan_ struct plan *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	if (!json_is_object(from) || head(from, p) || answers(from, p) ||
	    options(json_object_get(from, "options"), p))
		return -EINVAL;
	*out = take_ptr(p);
	return 0;
}
