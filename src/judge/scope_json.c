/* SPDX-License-Identifier: ISC */
/*
 * The scope as JSON: the five keys of the interface first, then what stands beside them.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "judge/json_fields.h"
#include "judge/scope.h"

static json_t *pattern_json(unsigned pattern)
{
	return pattern ? json_integer(pattern) : json_null();
}

static json_t *texts_json(const char *en, const char *ja)
{
	return json_pack("{s:o, s:o}", "en", json_text(en), "ja", json_text(ja));
}

static json_t *share_json(double share)
{
	return json_real(round(share * 1e4) / 1e4);
}

json_t *scope_to_json(const struct scope *s)
{
	return json_pack(
		"{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:b, s:b, s:b, s:o, s:o}", "target",
		scope_side_name(s->target), "traffic", scope_side_name(s->traffic), "actor",
		scope_side_name(s->actor), "pattern", pattern_json(s->pattern), "unknown",
		texts_json(s->unknown, s->unknown_ja), "possible", pattern_json(s->possible),
		"reason", texts_json(s->reason, s->reason_ja), "target_country",
		s->target_country[0] ? json_text(s->target_country) : json_null(), "hosted_abroad",
		s->hosted_abroad, "by_link", s->by_link, "contradicted", s->contradicted,
		"domestic", share_json(s->domestic), "foreign", share_json(s->foreign));
}

static int get_side(const json_t *o, const char *key, enum scope_side *out)
{
	const json_t *v = json_object_get(o, key);

	*out = SCOPE_UNKNOWN;
	if (!v)
		return 0;
	return json_is_string(v) ? scope_side_parse(json_string_value(v), out) : -EINVAL;
}

static int get_pattern(const json_t *o, const char *key, unsigned *out)
{
	const json_t *v = json_object_get(o, key);

	if (!v || json_is_null(v))
		return 0;
	if (!json_is_integer(v) || json_integer_value(v) < 1 || json_integer_value(v) > 4)
		return -EINVAL;
	*out = (unsigned)json_integer_value(v);
	return 0;
}

int scope_from_json(const json_t *json, struct scope *out)
{
	const json_t *unknown = json_object_get(json, "unknown");
	const json_t *reason = json_object_get(json, "reason");

	*out = (struct scope){.target = SCOPE_UNKNOWN};
	if (get_side(json, "target", &out->target) || get_side(json, "traffic", &out->traffic) ||
	    get_side(json, "actor", &out->actor) || get_pattern(json, "pattern", &out->pattern) ||
	    get_pattern(json, "possible", &out->possible) ||
	    json_get_text(unknown, "en", out->unknown, sizeof(out->unknown)) ||
	    json_get_text(unknown, "ja", out->unknown_ja, sizeof(out->unknown_ja)) ||
	    json_get_text(reason, "en", out->reason, sizeof(out->reason)) ||
	    json_get_text(reason, "ja", out->reason_ja, sizeof(out->reason_ja)) ||
	    json_get_text(json, "target_country", out->target_country,
			  sizeof(out->target_country)) ||
	    json_get_share(json, "domestic", &out->domestic) ||
	    json_get_share(json, "foreign", &out->foreign))
		return -EINVAL;
	out->hosted_abroad = json_is_true(json_object_get(json, "hosted_abroad"));
	out->by_link = json_is_true(json_object_get(json, "by_link"));
	out->contradicted = json_is_true(json_object_get(json, "contradicted"));
	return 0;
}
