/* SPDX-License-Identifier: ISC */
/*
 * Rules: how conditions are put together, what they match, and which may be written at all.
 */
#include <string.h>

#include "act/rule.h"

/* What a field can be; protocols that have it, 0 any. */
static const struct {
	uint16_t max;
	bool bits; /* {from, to} are bits and their mask, not a range */
} fields[RULE_FIELDS] = {
	[RULE_PROTOCOL] = {255, false},
	[RULE_SOURCE_PORT] = {65535, false},
	[RULE_DESTINATION_PORT] = {65535, false},
	[RULE_ICMP_TYPE] = {255, false},
	[RULE_ICMP_CODE] = {255, false},
	[RULE_TCP_FLAGS] = {0xfff, true},
	[RULE_LENGTH] = {65535, false},
	[RULE_DSCP] = {63, false},
	[RULE_FRAGMENT] = {FRAGMENT_DONT | FRAGMENT_IS | FRAGMENT_FIRST | FRAGMENT_LAST, true},
};

/* The field's condition, made where it is missing; NULL: no room. */
static struct rule_condition *condition_of(struct rule *r, enum rule_field field)
{
	unsigned at = 0;

	while (at < r->n_conditions && r->condition[at].field < field)
		at++;
	if (at < r->n_conditions && r->condition[at].field == field)
		return &r->condition[at];
	if (r->n_conditions == RULE_CONDITIONS_MAX)
		return NULL;
	memmove(&r->condition[at + 1], &r->condition[at],
		(r->n_conditions - at) * sizeof(r->condition[0]));
	r->n_conditions++;
	r->condition[at] = (struct rule_condition){.field = field};
	return &r->condition[at];
}

static bool insert(struct rule_condition *c, unsigned at, struct rule_range range)
{
	if (c->n == RULE_RANGES_MAX)
		return false;
	memmove(&c->range[at + 1], &c->range[at], (c->n - at) * sizeof(c->range[0]));
	c->range[at] = range;
	c->n++;
	return true;
}

/* Ranges stand in order and never touch: one that touches others swallows them. */
static bool add_range(struct rule_condition *c, struct rule_range range)
{
	unsigned at = 0, last;

	while (at < c->n && (uint32_t)c->range[at].to + 1 < range.from)
		at++;
	for (last = at; last < c->n && c->range[last].from <= (uint32_t)range.to + 1; last++) {
		if (c->range[last].from < range.from)
			range.from = c->range[last].from;
		if (c->range[last].to > range.to)
			range.to = c->range[last].to;
	}
	if (last == at)
		return insert(c, at, range);
	c->range[at] = range;
	memmove(&c->range[at + 1], &c->range[last], (c->n - last) * sizeof(c->range[0]));
	c->n -= last - at - 1;
	return true;
}

/* One that asks for less than another makes the other needless. */
static bool says_it(const struct rule_range *a, const struct rule_range *b)
{
	return (a->to & ~b->to) == 0 && (b->from & a->to) == a->from;
}

static bool add_bits(struct rule_condition *c, struct rule_range range)
{
	unsigned n = 0, at = 0;

	for (unsigned i = 0; i < c->n; i++)
		if (says_it(&c->range[i], &range))
			return true;
	for (unsigned i = 0; i < c->n; i++)
		if (!says_it(&range, &c->range[i]))
			c->range[n++] = c->range[i];
	c->n = n;
	while (at < n && (c->range[at].from < range.from ||
			  (c->range[at].from == range.from && c->range[at].to < range.to)))
		at++;
	return insert(c, at, range);
}

bool rule_add(struct rule *r, enum rule_field field, uint16_t from, uint16_t to)
{
	struct rule_condition *c;
	bool new;

	if ((unsigned)field >= RULE_FIELDS)
		return false;
	if (fields[field].bits ? (from & ~to) || (to & ~fields[field].max)
			       : from > to || from > fields[field].max)
		return false;
	if (!fields[field].bits && to > fields[field].max)
		to = fields[field].max;
	c = condition_of(r, field);
	if (!c)
		return false;
	new = c->n == 0;
	if (fields[field].bits ? add_bits(c, (struct rule_range){from, to})
			       : add_range(c, (struct rule_range){from, to}))
		return true;
	if (new) /* never: an empty condition has room */
		r->n_conditions--;
	return false;
}

/* Matching */

static bool is_tcp_or_udp(const struct flow *f)
{
	return f->proto == PROTO_TCP || f->proto == PROTO_UDP;
}

/*
 * What a record tells of fragments: whether it is one, and whether a later one. The bits in @known
 * are certain; that of the header's "do not fragment", and whether a later one is the last, no
 * record tells.
 */
static uint16_t fragment_of(const struct flow_side *s, uint16_t *known)
{
	*known = FRAGMENT_IS | FRAGMENT_FIRST;
	if (s->flags & FLOW_LATER_FRAGMENT)
		return FRAGMENT_IS;
	*known |= FRAGMENT_LAST;
	return s->flags & FLOW_FRAGMENT ? FRAGMENT_FIRST : 0;
}

/*
 * The field's value in a record. Return: false where the packet has no such field, or nobody can
 * say; then no condition on it holds (RFC 8955 section 4.2.2.4 says so of ports).
 */
static bool value_of(enum rule_field field, const struct evidence_record *e, uint16_t *value,
		     uint16_t *known)
{
	const struct flow *f = &e->flow;
	const struct flow_side *s = &e->side;
	bool later = s->flags & FLOW_LATER_FRAGMENT;
	bool icmp = f->proto == (ip_is_v4(&f->dst) ? PROTO_ICMP : PROTO_ICMP6);
	uint64_t mean;

	*known = 0xffff;
	switch (field) {
	case RULE_PROTOCOL:
		*value = f->proto;
		return true;
	case RULE_SOURCE_PORT:
		*value = f->sport;
		return is_tcp_or_udp(f) && !later;
	case RULE_DESTINATION_PORT:
		*value = f->dport;
		return is_tcp_or_udp(f) && !later;
	case RULE_ICMP_TYPE:
		*value = s->icmp_type;
		return icmp && !later;
	case RULE_ICMP_CODE:
		*value = s->icmp_code;
		return icmp && !later;
	case RULE_TCP_FLAGS:
		*value = f->tcp_flags;
		*known = 0xff; /* the four bits above are not kept */
		return f->proto == PROTO_TCP && !later;
	case RULE_LENGTH:
		mean = f->packets ? (f->bytes + f->packets / 2) / f->packets : 0;
		*value = (uint16_t)(mean > UINT16_MAX ? UINT16_MAX : mean);
		return mean > 0;
	case RULE_DSCP:
		*value = s->tos >> 2;
		return true;
	case RULE_FRAGMENT:
		*value = fragment_of(s, known);
		return true;
	default:
		return false;
	}
}

static bool range_holds(enum rule_field field, const struct rule_range *r, uint16_t value,
			uint16_t known)
{
	if (fields[field].bits)
		return (r->to & ~known) == 0 && (value & r->to) == r->from;
	return value >= r->from && value <= r->to;
}

static bool condition_holds(const struct rule_condition *c, const struct evidence_record *e)
{
	uint16_t value, known;

	if (!value_of(c->field, e, &value, &known))
		return false;
	for (unsigned i = 0; i < c->n; i++)
		if (range_holds(c->field, &c->range[i], value, known))
			return true;
	return false;
}

static bool length_may_hold(const struct rule_condition *c, const struct rule_range *lengths)
{
	for (unsigned i = 0; i < c->n; i++)
		if (c->range[i].from <= lengths->to && c->range[i].to >= lengths->from)
			return true;
	return false;
}

/* @lengths: that the packet may have; NULL: the record's mean. */
static bool matches(const struct rule *r, const struct evidence_record *e,
		    const struct rule_range *lengths)
{
	if (!prefix_contains(&r->destination, &e->flow.dst))
		return false;
	if (r->has_source && !prefix_contains(&r->source, &e->flow.src))
		return false;
	for (unsigned i = 0; i < r->n_conditions; i++) {
		const struct rule_condition *c = &r->condition[i];

		if (!(lengths && c->field == RULE_LENGTH ? length_may_hold(c, lengths)
							 : condition_holds(c, e)))
			return false;
	}
	return true;
}

bool rule_matches(const struct rule *r, const struct evidence_record *e)
{
	return matches(r, e, NULL);
}

bool rule_may_match(const struct rule *r, const struct evidence_record *e, uint16_t shortest,
		    uint16_t longest)
{
	return matches(r, e, &(struct rule_range){shortest, longest});
}

/* What may be written */

static bool is_v4(const struct prefix *p)
{
	return ip_is_v4(&p->addr) && p->len >= PREFIX_V4_BASE;
}

static const struct rule_condition *find(const struct rule *r, enum rule_field field)
{
	for (unsigned i = 0; i < r->n_conditions; i++)
		if (r->condition[i].field == field)
			return &r->condition[i];
	return NULL;
}

/* Does the protocol condition let through nothing but @a (and @b)? */
static bool only_protocols(const struct rule *r, uint8_t a, uint8_t b)
{
	const struct rule_condition *c = find(r, RULE_PROTOCOL);

	for (unsigned i = 0; c && i < c->n; i++)
		for (unsigned v = c->range[i].from; v <= c->range[i].to; v++)
			if (v != a && v != b)
				return false;
	return c && c->n;
}

enum wrong {
	WRONG_NOTHING,
	WRONG_TOO_LONG,
	WRONG_NO_DESTINATION,
	WRONG_DESTINATION_BITS,
	WRONG_SOURCE_BITS,
	WRONG_SOURCE_FAMILY,
	WRONG_MANY_CONDITIONS,
	WRONG_UNKNOWN_FIELD,
	WRONG_FIELD_ORDER,
	WRONG_RANGES,
	WRONG_MASKED_BITS,
	WRONG_NO_BITS,
	WRONG_EMPTY_RANGE,
	WRONG_NO_VALUE,
	WRONG_PORTS,
	WRONG_FLAGS,
	WRONG_ICMP,
	WRONG_DONT_FRAGMENT,
	WRONG_LIMIT,
	WRONG_REDIRECT,
	WRONG_ACTION,
};

static const struct {
	const char *en, *ja;
} wrongs[] = {
	[WRONG_NOTHING] = {NULL, NULL},
	[WRONG_TOO_LONG] = {"a prefix that is too long", "プレフィックスが長すぎる"},
	[WRONG_NO_DESTINATION] = {"no destination", "宛先がない"},
	[WRONG_DESTINATION_BITS] = {"host bits in the destination", "宛先にホスト部のビットがある"},
	[WRONG_SOURCE_BITS] = {"host bits in the source", "送信元にホスト部のビットがある"},
	[WRONG_SOURCE_FAMILY] = {"a source of the other family",
				 "送信元のアドレスファミリーが宛先と異なる"},
	[WRONG_MANY_CONDITIONS] = {"too many conditions", "条件が多すぎる"},
	[WRONG_UNKNOWN_FIELD] = {"an unknown field", "未知の項目がある"},
	[WRONG_FIELD_ORDER] = {"a field twice, or out of order", "項目が重複しているか、順序が逆"},
	[WRONG_RANGES] = {"a field without ranges, or with too many",
			  "範囲のない項目か、範囲の多すぎる項目がある"},
	[WRONG_MASKED_BITS] = {"bits that its mask leaves out", "マスクにないビットがある"},
	[WRONG_NO_BITS] = {"bits that do not exist", "存在しないビットがある"},
	[WRONG_EMPTY_RANGE] = {"a range that is empty", "空の範囲がある"},
	[WRONG_NO_VALUE] = {"a value that its field cannot have", "項目の取り得ない値がある"},
	[WRONG_PORTS] = {"ports without TCP or UDP", "TCP でも UDP でもないのにポートの条件がある"},
	[WRONG_FLAGS] = {"TCP flags without TCP", "TCP でないのに TCP フラグの条件がある"},
	[WRONG_ICMP] = {"an ICMP type or code without ICMP",
			"ICMP でないのに ICMP のタイプかコードの条件がある"},
	[WRONG_DONT_FRAGMENT] = {"do-not-fragment in IPv6",
				 "IPv6 にないフラグメント禁止の条件がある"},
	[WRONG_LIMIT] = {"a limit that is not above zero", "制限値が 0 より大きくない"},
	[WRONG_REDIRECT] = {"a redirect that is no route target", "転送先が経路ターゲットではない"},
	[WRONG_ACTION] = {"an unknown action", "未知の動作"},
};

static enum wrong check_range(enum rule_field field, const struct rule_range *range)
{
	if (fields[field].bits)
		return range->from & ~range->to		? WRONG_MASKED_BITS
		       : range->to & ~fields[field].max ? WRONG_NO_BITS
							: WRONG_NOTHING;
	return range->from > range->to	       ? WRONG_EMPTY_RANGE
	       : range->to > fields[field].max ? WRONG_NO_VALUE
					       : WRONG_NOTHING;
}

static enum wrong check_conditions(const struct rule *r)
{
	if (r->n_conditions > RULE_CONDITIONS_MAX)
		return WRONG_MANY_CONDITIONS;
	for (unsigned i = 0; i < r->n_conditions; i++) {
		const struct rule_condition *c = &r->condition[i];

		if ((unsigned)c->field >= RULE_FIELDS)
			return WRONG_UNKNOWN_FIELD;
		if (i && c->field <= r->condition[i - 1].field)
			return WRONG_FIELD_ORDER;
		if (c->n == 0 || c->n > RULE_RANGES_MAX)
			return WRONG_RANGES;
		for (unsigned k = 0; k < c->n; k++) {
			enum wrong wrong = check_range(c->field, &c->range[k]);

			if (wrong)
				return wrong;
		}
	}
	return WRONG_NOTHING;
}

static enum wrong check_protocols(const struct rule *r)
{
	uint8_t icmp = is_v4(&r->destination) ? PROTO_ICMP : PROTO_ICMP6;

	if ((find(r, RULE_SOURCE_PORT) || find(r, RULE_DESTINATION_PORT)) &&
	    !only_protocols(r, PROTO_TCP, PROTO_UDP))
		return WRONG_PORTS;
	if (find(r, RULE_TCP_FLAGS) && !only_protocols(r, PROTO_TCP, PROTO_TCP))
		return WRONG_FLAGS;
	if ((find(r, RULE_ICMP_TYPE) || find(r, RULE_ICMP_CODE)) && !only_protocols(r, icmp, icmp))
		return WRONG_ICMP;
	return WRONG_NOTHING;
}

/* IPv6 has no bit that forbids fragments (RFC 8956 section 3.6). */
static enum wrong check_fragment(const struct rule *r)
{
	const struct rule_condition *c = find(r, RULE_FRAGMENT);

	for (unsigned i = 0; c && i < c->n; i++)
		if (!is_v4(&r->destination) && (c->range[i].to & FRAGMENT_DONT))
			return WRONG_DONT_FRAGMENT;
	return WRONG_NOTHING;
}

static enum wrong check_prefixes(const struct rule *r)
{
	struct ip masked = ip_mask(&r->destination.addr, r->destination.len);

	if (r->destination.len > 128 || r->source.len > 128)
		return WRONG_TOO_LONG;
	if (prefix_family_len(&r->destination) == 0)
		return WRONG_NO_DESTINATION;
	if (!ip_equal(&masked, &r->destination.addr))
		return WRONG_DESTINATION_BITS;
	if (!r->has_source)
		return WRONG_NOTHING;
	masked = ip_mask(&r->source.addr, r->source.len);
	if (!ip_equal(&masked, &r->source.addr))
		return WRONG_SOURCE_BITS;
	return is_v4(&r->source) != is_v4(&r->destination) ? WRONG_SOURCE_FAMILY : WRONG_NOTHING;
}

/* A decimal number up to @max, and nothing but digits; *@s is moved behind it. */
static bool take_number(const char **s, uint32_t max, uint32_t *out)
{
	uint64_t n = 0;
	const char *p = *s;

	for (; *p >= '0' && *p <= '9'; p++) {
		n = n * 10 + (uint64_t)(*p - '0');
		if (n > max)
			return false;
	}
	if (p == *s)
		return false;
	*out = (uint32_t)n;
	*s = p;
	return true;
}

bool rule_target_parse(const char *s, struct rule_target *out)
{
	const char *colon = strrchr(s, ':'), *number = colon ? colon + 1 : s;
	char head[IP_TEXT_MAX];
	uint32_t max = UINT16_MAX;

	*out = (struct rule_target){0};
	if (!colon || (size_t)(colon - s) >= sizeof(head))
		return false;
	memcpy(head, s, (size_t)(colon - s));
	head[colon - s] = '\0';
	out->has_address = !strchr(head, ':') && ip_parse(head, &out->address) == 0;
	if (!out->has_address) {
		if (!take_number(&s, UINT32_MAX, &out->as) || s != colon)
			return false;
		max = out->as > UINT16_MAX ? UINT16_MAX : UINT32_MAX;
	}
	return take_number(&number, max, &out->number) && !*number;
}

static enum wrong check_action(const struct rule *r)
{
	struct rule_target target;

	if (r->action == RULE_LIMIT)
		return r->limit_bps > 0 && r->limit_bps < 1e15 ? WRONG_NOTHING : WRONG_LIMIT;
	if (r->action == RULE_REDIRECT)
		return rule_target_parse(r->redirect, &target) ? WRONG_NOTHING : WRONG_REDIRECT;
	return r->action == RULE_DISCARD ? WRONG_NOTHING : WRONG_ACTION;
}

static enum wrong check(const struct rule *r)
{
	enum wrong wrong = check_prefixes(r);

	wrong = wrong ? wrong : check_conditions(r);
	wrong = wrong ? wrong : check_protocols(r);
	wrong = wrong ? wrong : check_fragment(r);
	return wrong ? wrong : check_action(r);
}

const char *rule_check(const struct rule *r)
{
	return wrongs[check(r)].en;
}

const char *rule_check_ja(const struct rule *r)
{
	return wrongs[check(r)].ja;
}
