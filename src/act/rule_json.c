/* SPDX-License-Identifier: ISC */
/*
 * Rules as JSON and back. A range of numbers is {"from", "to"}; of bits {"value", "mask"}, since
 * there the two are no range.
 */
#include <errno.h>
#include <string.h>

#include "act/rule.h"

static bool is_bits(enum rule_field field)
{
	return field == RULE_TCP_FLAGS || field == RULE_FRAGMENT;
}

static json_t *range_json(enum rule_field field, const struct rule_range *r)
{
	return json_pack("{s:i, s:i}", is_bits(field) ? "value" : "from", r->from,
			 is_bits(field) ? "mask" : "to", r->to);
}

static json_t *condition_json(const struct rule_condition *c)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	json_t *ranges = json_array();
	int r = ranges ? 0 : -1;

	for (unsigned i = 0; i < c->n && r == 0; i++) {
		r = json_array_append_new(ranges, range_json(c->field, &c->range[i]));
		text_add(&t, i ? " " : "");
		rule_range_text(c->field, &c->range[i], &t);
	}
	if (r || !text_ok(&t)) {
		json_decref(ranges);
		return NULL;
	}
	return json_pack("{s:s, s:o, s:s}", "field", rule_field_name(c->field), "ranges", ranges,
			 "text", text_str(&t));
}

static json_t *conditions_json(const struct rule *r)
{
	json_t *list = json_array();

	for (unsigned i = 0; list && i < r->n_conditions; i++) {
		if (json_array_append_new(list, condition_json(&r->condition[i]))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *prefix_json(const struct prefix *p)
{
	char address[IP_TEXT_MAX];

	return json_sprintf("%s/%u", ip_format(&p->addr, address), prefix_family_len(p));
}

json_t *rule_json(const struct rule *r)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	json_t *out;
	int bad = 0;

	rule_text(r, &t);
	out = text_ok(&t) ? json_object() : NULL;
	if (!out)
		return NULL;
	bad |= json_object_set_new(out, "destination", prefix_json(&r->destination));
	bad |= json_object_set_new(out, "source",
				   r->has_source ? prefix_json(&r->source) : json_null());
	bad |= json_object_set_new(out, "conditions", conditions_json(r));
	bad |= json_object_set_new(out, "action", json_string(rule_action_name(r->action)));
	if (r->action == RULE_LIMIT)
		bad |= json_object_set_new(out, "limit_bps", json_real(r->limit_bps));
	if (r->action == RULE_REDIRECT)
		bad |= json_object_set_new(out, "redirect", json_string(r->redirect));
	bad |= json_object_set_new(out, "text", json_string(text_str(&t)));
	if (bad) {
		json_decref(out);
		return NULL;
	}
	return out;
}

/* And back. What does not stand there exactly so is refused: a rule is never guessed. */

static bool read_number(const json_t *from, const char *key, uint16_t *out)
{
	const json_t *n = json_object_get(from, key);
	json_int_t v = json_integer_value(n);

	if (!json_is_integer(n) || v < 0 || v > UINT16_MAX)
		return false;
	*out = (uint16_t)v;
	return true;
}

static bool read_prefix(const json_t *from, struct prefix *out)
{
	const char *s = json_string_value(from);

	return s && prefix_parse(s, false, out) == 0;
}

static bool read_field(const json_t *from, enum rule_field *out)
{
	const char *name = json_string_value(json_object_get(from, "field"));

	for (unsigned i = 0; name && i < RULE_FIELDS; i++) {
		if (strcmp(name, rule_field_name((enum rule_field)i)) == 0) {
			*out = (enum rule_field)i;
			return true;
		}
	}
	return false;
}

static bool read_condition(const json_t *from, struct rule *out)
{
	const json_t *ranges = json_object_get(from, "ranges");
	enum rule_field field;
	size_t n = json_array_size(ranges);

	if (!read_field(from, &field) || n == 0 || n > RULE_RANGES_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		const json_t *range = json_array_get(ranges, i);
		uint16_t a, b;

		if (!read_number(range, is_bits(field) ? "value" : "from", &a) ||
		    !read_number(range, is_bits(field) ? "mask" : "to", &b) ||
		    !rule_add(out, field, a, b))
			return false;
	}
	return true;
}

static bool read_action(const json_t *from, struct rule *out)
{
	const char *name = json_string_value(json_object_get(from, "action"));
	const char *redirect = json_string_value(json_object_get(from, "redirect"));
	const json_t *limit = json_object_get(from, "limit_bps");

	for (enum rule_action a = RULE_DISCARD; name && a <= RULE_REDIRECT; a++)
		if (strcmp(name, rule_action_name(a)) == 0) {
			out->action = a;
			if (a == RULE_LIMIT)
				out->limit_bps = json_number_value(limit);
			if (a == RULE_REDIRECT) {
				if (!redirect || strlen(redirect) >= sizeof(out->redirect))
					return false;
				strcpy(out->redirect, redirect);
			}
			return true;
		}
	return false;
}

int rule_from_json(const json_t *from, struct rule *out)
{
	const json_t *source = json_object_get(from, "source");
	const json_t *conditions = json_object_get(from, "conditions");
	size_t n = json_array_size(conditions);

	*out = (struct rule){0};
	if (!read_prefix(json_object_get(from, "destination"), &out->destination) ||
	    !json_is_array(conditions) || n > RULE_CONDITIONS_MAX)
		return -EINVAL;
	if (source && !json_is_null(source)) {
		out->has_source = read_prefix(source, &out->source);
		if (!out->has_source)
			return -EINVAL;
	}
	for (size_t i = 0; i < n; i++)
		if (!read_condition(json_array_get(conditions, i), out))
			return -EINVAL;
	return read_action(from, out) && !rule_check(out) ? 0 : -EINVAL;
}
