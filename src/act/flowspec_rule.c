/* SPDX-License-Identifier: ISC */
/*
 * From a rule to a FlowSpec and back. Both mean the same packets, or the answer is that it cannot
 * be said: a rule that is nearly the same would drop what nobody approved.
 */
#include <string.h>

#include "act/flowspec_inside.h"

static const enum flowspec_type types[RULE_FIELDS] = {
	[RULE_PROTOCOL] = FLOWSPEC_PROTOCOL,
	[RULE_SOURCE_PORT] = FLOWSPEC_SOURCE_PORT,
	[RULE_DESTINATION_PORT] = FLOWSPEC_DESTINATION_PORT,
	[RULE_ICMP_TYPE] = FLOWSPEC_ICMP_TYPE,
	[RULE_ICMP_CODE] = FLOWSPEC_ICMP_CODE,
	[RULE_TCP_FLAGS] = FLOWSPEC_TCP_FLAGS,
	[RULE_LENGTH] = FLOWSPEC_LENGTH,
	[RULE_DSCP] = FLOWSPEC_DSCP,
	[RULE_FRAGMENT] = FLOWSPEC_FRAGMENT,
};

static struct flowspec_prefix from_prefix(const struct prefix *p)
{
	return (struct flowspec_prefix){.addr = p->addr, .len = (uint8_t)prefix_family_len(p)};
}

/* (field & to) == from: all bits of @from set, each of the others in @to clear. */
static bool put_bits(struct flowspec *f, unsigned type, const struct rule_range *r)
{
	bool and = false;

	if (r->from || !r->to) {
		if (!flowspec_put(f, type, false, FLOWSPEC_MATCH, r->from))
			return false;
		and = true;
	}
	for (unsigned bit = 1; bit <= r->to; bit <<= 1) {
		if (!((r->to & ~r->from) & bit))
			continue;
		if (!flowspec_put(f, type, and, FLOWSPEC_MATCH | FLOWSPEC_NOT, bit))
			return false;
		and = true;
	}
	return true;
}

static bool put_numbers(struct flowspec *f, unsigned type, const struct rule_range *r)
{
	if (r->from == r->to)
		return flowspec_put(f, type, false, FLOWSPEC_EQ, r->from);
	return flowspec_put(f, type, false, FLOWSPEC_GT | FLOWSPEC_EQ, r->from) &&
	       flowspec_put(f, type, true, FLOWSPEC_LT | FLOWSPEC_EQ, r->to);
}

static const struct rule_condition *find(const struct rule *r, unsigned type)
{
	for (unsigned i = 0; i < r->n_conditions; i++)
		if (types[r->condition[i].field] == type)
			return &r->condition[i];
	return NULL;
}

enum flowspec_reason flowspec_from_rule(const struct rule *r, struct flowspec *out)
{
	memset(out, 0, sizeof(*out));
	if (rule_check(r))
		return FLOWSPEC_NO_RULE;
	out->family = ip_is_v4(&r->destination.addr) ? 4 : 6;
	out->has = 1u << FLOWSPEC_DESTINATION;
	out->destination = from_prefix(&r->destination);
	if (r->has_source) {
		out->has |= 1u << FLOWSPEC_SOURCE;
		out->source = from_prefix(&r->source);
	}
	for (unsigned type = FLOWSPEC_PROTOCOL; type < FLOWSPEC_TYPES; type++) {
		const struct rule_condition *c = find(r, type);

		for (unsigned i = 0; c && i < c->n; i++)
			if (!(flowspec_is_bitmask(type) ? put_bits(out, type, &c->range[i])
							: put_numbers(out, type, &c->range[i])))
				return FLOWSPEC_TOO_LONG;
	}
	flowspec_canonical(out);
	return flowspec_check(out);
}

/* And back */

/* The bits of one AND group as {bits, mask} ranges, all of which together say it. */
struct wishes {
	struct rule_range range[RULE_RANGES_MAX];
	unsigned n;
};

/* Each range so far with one more bit wanted, set or clear; one that cannot hold is dropped. */
static bool want_bit(const struct wishes *before, unsigned bit, bool set, struct wishes *out)
{
	for (unsigned i = 0; i < before->n; i++) {
		struct rule_range r = before->range[i];

		if ((r.to & bit) && !!(r.from & bit) != set)
			continue;
		if (out->n == RULE_RANGES_MAX)
			return false;
		r.to |= (uint16_t)bit;
		r.from |= (uint16_t)(set ? bit : 0);
		out->range[out->n++] = r;
	}
	return true;
}

/* All of the bits (each in turn), or any of them (one after the other, side by side). */
static bool want(struct wishes *w, const struct flowspec_pair *p)
{
	bool match = p->how & FLOWSPEC_MATCH, set = !(p->how & FLOWSPEC_NOT);
	bool all = match == set; /* all set, or none set */
	struct wishes out = {0}, next;

	if (all)
		out = *w;
	for (unsigned bit = 1; bit <= p->value; bit <<= 1) {
		if (!(p->value & bit))
			continue;
		if (all) {
			next = (struct wishes){0};
			if (!want_bit(&out, bit, set, &next))
				return false;
			out = next;
		} else if (!want_bit(w, bit, set, &out)) {
			return false;
		}
	}
	*w = out;
	return true;
}

static bool read_bits(const struct flowspec *f, unsigned type, enum rule_field field,
		      struct rule *out)
{
	const struct flowspec_pair *p = &f->pair[f->list[type].first];
	unsigned n = f->list[type].n;

	for (unsigned i = 0; i < n;) {
		struct wishes w = {.n = 1};

		do
			if (!want(&w, &p[i]))
				return false;
		while (++i < n && p[i].and);
		for (unsigned k = 0; k < w.n; k++)
			if (!rule_add(out, field, w.range[k].from, w.range[k].to))
				return false;
	}
	return true;
}

static bool read_numbers(const struct flowspec *f, unsigned type, enum rule_field field,
			 struct rule *out)
{
	struct flowspec_range range[RULE_RANGES_MAX];
	unsigned n = flowspec_ranges(f, type, range, RULE_RANGES_MAX);

	if (n == 0 || n > RULE_RANGES_MAX)
		return false;
	for (unsigned i = 0; i < n; i++)
		if (!rule_add(out, field, (uint16_t)range[i].from, (uint16_t)range[i].to))
			return false;
	return true;
}

/* May packets of @protocol meet the components that only some protocols have (RFC 8955 section
 * 4.2.2.4 and those behind it)? */
static bool may_meet(const struct flowspec *f, unsigned protocol)
{
	const uint16_t ports = 1u << FLOWSPEC_DESTINATION_PORT | 1u << FLOWSPEC_SOURCE_PORT;
	const uint16_t icmp = 1u << FLOWSPEC_ICMP_TYPE | 1u << FLOWSPEC_ICMP_CODE;

	if ((f->has & ports) && protocol != PROTO_TCP && protocol != PROTO_UDP)
		return false;
	if ((f->has & 1u << FLOWSPEC_TCP_FLAGS) && protocol != PROTO_TCP)
		return false;
	if ((f->has & icmp) && protocol != (f->family == 4 ? PROTO_ICMP : PROTO_ICMP6))
		return false;
	return !(f->has & 1u << FLOWSPEC_PROTOCOL) ||
	       flowspec_holds(f, FLOWSPEC_PROTOCOL, protocol);
}

/* What other components imply of the protocol a rule says aloud. */
static bool read_protocol(const struct flowspec *f, struct rule *out)
{
	const uint16_t all =
		0xffff & ~(1u << FLOWSPEC_DESTINATION | 1u << FLOWSPEC_SOURCE |
			   1u << FLOWSPEC_LENGTH | 1u << FLOWSPEC_DSCP | 1u << FLOWSPEC_FRAGMENT);

	if (!(f->has & all))
		return true;
	for (unsigned protocol = 0; protocol <= 255; protocol++)
		if (may_meet(f, protocol) &&
		    !rule_add(out, RULE_PROTOCOL, (uint16_t)protocol, (uint16_t)protocol))
			return false;
	return out->n_conditions > 0; /* else no packet could meet it */
}

static bool read_field(const struct flowspec *f, enum rule_field field, struct rule *out)
{
	unsigned type = types[field], before = out->n_conditions;

	if (field == RULE_PROTOCOL)
		return read_protocol(f, out);
	if (!(f->has & 1u << type))
		return true;
	if (!(flowspec_is_bitmask(type) ? read_bits(f, type, field, out)
					: read_numbers(f, type, field, out)))
		return false;
	return out->n_conditions > before; /* else no packet could meet it */
}

static struct prefix to_prefix(const struct flowspec_prefix *p, unsigned family)
{
	return (struct prefix){.addr = p->addr,
			       .len = (uint8_t)(p->len + (family == 4 ? PREFIX_V4_BASE : 0))};
}

/* An IPv6 prefix that looks like an IPv4 one means something else in a rule. */
static bool is_plain(const struct flowspec *f, const struct flowspec_prefix *p)
{
	return p->offset == 0 && (f->family == 4 || !ip_is_v4(&p->addr));
}

enum flowspec_reason flowspec_to_rule(const struct flowspec *f, struct rule *out)
{
	const uint16_t cannot = 1u << FLOWSPEC_PORT | 1u << FLOWSPEC_LABEL;

	*out = (struct rule){.action = RULE_DISCARD};
	if (flowspec_check(f) != FLOWSPEC_GOOD || f->vpn || (f->has & cannot) ||
	    !(f->has & 1u << FLOWSPEC_DESTINATION) || !is_plain(f, &f->destination))
		return FLOWSPEC_NO_RULE;
	out->destination = to_prefix(&f->destination, f->family);
	if ((f->has & 1u << FLOWSPEC_SOURCE) && f->source.len) {
		if (!is_plain(f, &f->source))
			return FLOWSPEC_NO_RULE;
		out->has_source = true;
		out->source = to_prefix(&f->source, f->family);
	}
	for (unsigned i = 0; i < RULE_FIELDS; i++)
		if (!read_field(f, (enum rule_field)i, out))
			return FLOWSPEC_NO_RULE;
	return rule_check(out) ? FLOWSPEC_NO_RULE : FLOWSPEC_GOOD;
}
