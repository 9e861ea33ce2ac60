/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <string.h>

#include "cli/flowspec_print.h"

static const char *const state_names[] = {"accepted", "normalised", "refused"};

static char *hex_of(const uint8_t *data, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	char *s = malloc(2 * n + 1);

	for (size_t i = 0; s && i < n; i++) {
		s[2 * i] = digits[data[i] >> 4];
		s[2 * i + 1] = digits[data[i] & 15];
	}
	if (s)
		s[2 * n] = '\0';
	return s;
}

/* Return: the NLRI in hexadecimal, NULL without memory (or where @f may not be written: never). */
static char *written(const struct flowspec *f, size_t *head)
{
	uint8_t octets[FLOWSPEC_NLRI_MAX];
	size_t n, length;

	if (flowspec_encode(f, octets, sizeof(octets), &n, &length) != FLOWSPEC_GOOD)
		return NULL;
	*head = 2 * length;
	return hex_of(octets, n);
}

void flowspec_answer_refuse(struct flowspec_answer *a, enum flowspec_reason why)
{
	a->state = FLOWSPEC_REFUSED;
	a->verdict = (struct flowspec_verdict){.refused = why};
}

/* The first thing wrong in order of the wire is what is told. */
static void refuse_first(struct flowspec_answer *a)
{
	struct flowspec_verdict *v = &a->verdict;

	a->state = FLOWSPEC_REFUSED;
	v->refused = v->first;
	v->at = v->first_at;
	v->component = v->first_component;
}

int flowspec_answer_make(const struct flowspec *spec, bool decoded, bool strict,
			 struct flowspec_answer *a)
{
	_cleanup_free_ struct flowspec *canonical = NULL;

	a->spec = spec;
	if (strict && a->verdict.ignored) {
		refuse_first(a);
		return 0;
	}
	if (!decoded) {
		a->state = FLOWSPEC_REFUSED;
		return 0;
	}
	a->state = a->verdict.ignored ? FLOWSPEC_NORMALISED : FLOWSPEC_ACCEPTED;
	canonical = malloc(sizeof(*canonical));
	if (!canonical)
		return -ENOMEM;
	*canonical = *spec;
	flowspec_canonical(canonical);
	a->clean = written(spec, &a->head);
	a->canonical = written(canonical, &a->canonical_head);
	return a->clean && a->canonical ? 0 : -ENOMEM;
}

void flowspec_answer_deinit(struct flowspec_answer *a)
{
	free(a->clean);
	free(a->canonical);
	a->clean = a->canonical = NULL;
}

/* In the form in which it came: with the length or without. */
static const char *clean_form(const struct flowspec_answer *a)
{
	return a->clean + (a->framed ? 0 : a->head);
}

static const char *canonical_form(const struct flowspec_answer *a)
{
	return a->canonical + (a->framed ? 0 : a->canonical_head);
}

void flowspec_answer_packets(const struct flowspec_answer *a, struct text *out)
{
	if (a->has_path)
		text_printf(out, "path %u ", a->path);
	flowspec_text(a->spec, out);
	if (a->then && a->then->n) {
		text_add(out, " then ");
		flowspec_actions_text(a->then, out);
	}
}

static void say_refusal(const struct cli *cli, const struct flowspec_answer *a, struct text *out)
{
	const struct flowspec_verdict *v = &a->verdict;
	const char *component = flowspec_type_name(v->component);

	text_printf(out, tr(cli, "refused because %s", "拒否 %s"),
		    flowspec_reason_name(v->refused));
	text_printf(out, tr(cli, " (octet %u", " (オクテット %u"), v->at);
	if (component)
		text_printf(out, ", %s", component);
	else if (v->component)
		text_printf(out, tr(cli, ", type %u", "、型 %u"), v->component);
	text_printf(out, "): %s\n", flowspec_reason_say(v->refused, cli->language == LANGUAGE_JA));
}

static void say_ignored(const struct flowspec_answer *a, struct text *out)
{
	const char *between = "";

	for (unsigned r = 0; r < FLOWSPEC_REASONS; r++) {
		if (!(a->verdict.ignored & 1u << r))
			continue;
		text_printf(out, "%s%s", between, flowspec_reason_name((enum flowspec_reason)r));
		between = ", ";
	}
}

void flowspec_answer_say(const struct cli *cli, const struct flowspec_answer *a, struct text *out)
{
	if (a->state == FLOWSPEC_REFUSED) {
		say_refusal(cli, a, out);
		return;
	}
	if (a->state == FLOWSPEC_NORMALISED) {
		text_printf(out, tr(cli, "normalised to %s because ", "正規化 %s "), clean_form(a));
		text_add(out, tr(cli, "", "("));
		say_ignored(a, out);
		text_add(out, tr(cli, ": ", "): "));
	} else {
		text_add(out, tr(cli, "accepted: ", "受理: "));
	}
	flowspec_answer_packets(a, out);
	text_add(out, "\n");
	if (strcmp(a->clean, a->canonical) != 0)
		text_printf(out, tr(cli, "  canonical form: %s\n", "  標準形: %s\n"),
			    canonical_form(a));
}

void flowspec_answer_doubt(const struct cli *cli, const struct flowspec_answer *a, struct text *out)
{
	if (a->ambiguous)
		text_add(out,
			 tr(cli,
			    "  ambiguous: read with a length, but it reads without one as "
			    "well; say --length\n",
			    "  曖昧: 長さ付きとして読んだが、長さなしとしても読める。--length で"
			    "指定できる\n"));
}

/* JSON */

static json_t *ignored_json(const struct flowspec_verdict *v)
{
	json_t *list = json_array();

	for (unsigned r = 0; list && r < FLOWSPEC_REASONS; r++) {
		if (!(v->ignored & 1u << r))
			continue;
		if (json_array_append_new(
			    list, json_string(flowspec_reason_name((enum flowspec_reason)r)))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *rule_or_null(const struct flowspec_answer *a)
{
	struct rule rule;

	if (flowspec_to_rule(a->spec, &rule) != FLOWSPEC_GOOD ||
	    (a->then && a->then->n && !flowspec_actions_to_rule(a->then, &rule)))
		return json_null();
	return rule_json(&rule);
}

static int refusal_json(const struct flowspec_verdict *v, json_t *o)
{
	int bad = json_object_set_new(o, "reason", json_string(flowspec_reason_name(v->refused)));

	bad |= json_object_set_new(o, "octet", json_integer(v->at));
	bad |= json_object_set_new(o, "component",
				   v->component ? json_integer(v->component) : json_null());
	bad |= json_object_set_new(o, "says_en",
				   json_string(flowspec_reason_say(v->refused, false)));
	bad |= json_object_set_new(o, "says_ja",
				   json_string(flowspec_reason_say(v->refused, true)));
	return bad;
}

static int accepted_json(const struct flowspec_answer *a, json_t *o)
{
	int bad = json_object_set_new(o, "reason", json_null());

	bad |= json_object_set_new(o, "ignored", ignored_json(&a->verdict));
	bad |= json_object_set_new(o, "nlri", json_string(a->clean));
	bad |= json_object_set_new(o, "value", json_string(a->clean + a->head));
	bad |= json_object_set_new(o, "canonical", json_string(a->canonical));
	bad |= json_object_set_new(o, "flowspec", flowspec_json(a->spec));
	bad |= json_object_set_new(o, "actions",
				   a->then ? flowspec_actions_json(a->then) : json_array());
	bad |= json_object_set_new(o, "rule", rule_or_null(a));
	return bad;
}

json_t *flowspec_answer_json(const struct flowspec_answer *a)
{
	_cleanup_free_ char *given = a->given ? hex_of(a->given, a->n_given) : NULL;
	json_t *o = json_pack("{s:s, s:s?, s:b, s:b, s:o}", "state", state_names[a->state], "given",
			      given, "framed", a->framed, "ambiguous", a->ambiguous, "path",
			      a->has_path ? json_integer(a->path) : json_null());

	if (!o)
		return NULL;
	if (a->state == FLOWSPEC_REFUSED ? refusal_json(&a->verdict, o) : accepted_json(a, o)) {
		json_decref(o);
		return NULL;
	}
	return o;
}
