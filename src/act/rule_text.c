/* SPDX-License-Identifier: ISC */
/*
 * Rules in the words of RFC 8955. Ranges are written as FlowSpec operators: a reader who knows one
 * knows the other.
 */
#include <string.h>

#include "act/rule.h"

static const char *const field_names[RULE_FIELDS] = {
	[RULE_PROTOCOL] = "protocol",
	[RULE_SOURCE_PORT] = "source-port",
	[RULE_DESTINATION_PORT] = "destination-port",
	[RULE_ICMP_TYPE] = "icmp-type",
	[RULE_ICMP_CODE] = "icmp-code",
	[RULE_TCP_FLAGS] = "tcp-flags",
	[RULE_LENGTH] = "packet-length",
	[RULE_DSCP] = "dscp",
	[RULE_FRAGMENT] = "fragment",
};

static const char *const action_names[] = {
	[RULE_DISCARD] = "discard",
	[RULE_LIMIT] = "rate-limit",
	[RULE_REDIRECT] = "redirect",
};

const char *rule_field_name(enum rule_field field)
{
	return (unsigned)field < RULE_FIELDS ? field_names[field] : "unknown";
}

const char *rule_action_name(enum rule_action action)
{
	return (unsigned)action < ARRAY_LEN(action_names) ? action_names[action] : "unknown";
}

static const char *bit_name(enum rule_field field, unsigned bit)
{
	static const char *const flags[] = {"fin", "syn", "rst", "push",
					    "ack", "urg", "ece", "cwr"};
	static const char *const fragments[] = {"dont-fragment", "is-fragment", "first-fragment",
						"last-fragment"};

	if (field == RULE_FRAGMENT)
		return bit < ARRAY_LEN(fragments) ? fragments[bit] : NULL;
	return bit < ARRAY_LEN(flags) ? flags[bit] : NULL;
}

static void add_bit(enum rule_field field, unsigned bit, struct text *out)
{
	const char *name = bit_name(field, bit);

	if (name)
		text_add(out, name);
	else
		text_printf(out, "0x%x", 1u << bit);
}

/* "=syn&!=ack": the bits that are to be set together, then each that is not to be. */
static void bits_text(enum rule_field field, const struct rule_range *r, struct text *out)
{
	bool any = false;

	for (unsigned bit = 0; bit < 16; bit++) {
		if (!(r->from & 1u << bit))
			continue;
		text_add(out, any ? "+" : "=");
		add_bit(field, bit, out);
		any = true;
	}
	for (unsigned bit = 0; bit < 16; bit++) {
		if (!((r->to & ~r->from) & 1u << bit))
			continue;
		text_add(out, any ? "&!=" : "!=");
		add_bit(field, bit, out);
		any = true;
	}
	if (!any)
		text_add(out, "any");
}

void rule_range_text(enum rule_field field, const struct rule_range *r, struct text *out)
{
	if (field == RULE_TCP_FLAGS || field == RULE_FRAGMENT)
		bits_text(field, r, out);
	else if (r->from == r->to)
		text_printf(out, "=%u", r->from);
	else
		text_printf(out, ">=%u&<=%u", r->from, r->to);
}

/* Always with its length: "192.0.2.1/32". */
static void prefix_text(const struct prefix *p, struct text *out)
{
	char address[IP_TEXT_MAX];

	text_printf(out, "%s/%u", ip_format(&p->addr, address), prefix_family_len(p));
}

static void condition_text(const struct rule_condition *c, struct text *out)
{
	text_printf(out, " %s ", rule_field_name(c->field));
	if (c->n > 1)
		text_add(out, "[ ");
	for (unsigned i = 0; i < c->n; i++) {
		text_add(out, i ? " " : "");
		rule_range_text(c->field, &c->range[i], out);
	}
	if (c->n > 1)
		text_add(out, " ]");
}

void rule_text(const struct rule *r, struct text *out)
{
	text_add(out, "destination ");
	prefix_text(&r->destination, out);
	if (r->has_source) {
		text_add(out, " source ");
		prefix_text(&r->source, out);
	}
	for (unsigned i = 0; i < r->n_conditions; i++)
		condition_text(&r->condition[i], out);
	text_printf(out, " then %s", rule_action_name(r->action));
	if (r->action == RULE_LIMIT) {
		text_add(out, " ");
		text_rate(out, r->limit_bps, "bit/s");
	} else if (r->action == RULE_REDIRECT) {
		text_printf(out, " %s", r->redirect);
	}
}
