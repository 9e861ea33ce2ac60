/* SPDX-License-Identifier: ISC */
/*
 * What all targets need of a rule before they put it into their own words: whether it may be
 * written at all, and which packets it means, with ranges merged and fragments decided.
 */
#include "act/render_inside.h"

#include <string.h>

#include "observe/flow.h"

#define NAME_MAX_LEN 64

static const uint16_t largest[RULE_FIELDS] = {
	[RULE_PROTOCOL] = 255,	[RULE_SOURCE_PORT] = 65535, [RULE_DESTINATION_PORT] = 65535,
	[RULE_ICMP_TYPE] = 255, [RULE_ICMP_CODE] = 255,	    [RULE_TCP_FLAGS] = 255,
	[RULE_LENGTH] = 65535,	[RULE_DSCP] = 63,	    [RULE_FRAGMENT] = 15,
};

uint16_t render_max(enum rule_field f)
{
	return largest[f];
}

static bool is_bits(enum rule_field f)
{
	return f == RULE_TCP_FLAGS || f == RULE_FRAGMENT;
}

bool render_is_all(const struct render_view *v, enum rule_field f)
{
	const struct rule_condition *c = &v->on[f];

	return !c->n || (c->n == 1 && c->range[0].from == 0 && c->range[0].to == largest[f]);
}

unsigned render_values(const struct rule_condition *c)
{
	unsigned n = 0;

	for (unsigned i = 0; i < c->n; i++)
		n += (unsigned)c->range[i].to - c->range[i].from + 1;
	return n;
}

uint16_t render_value(const struct rule_condition *c, unsigned at)
{
	for (unsigned i = 0; i < c->n; i++) {
		unsigned n = (unsigned)c->range[i].to - c->range[i].from + 1;

		if (at < n)
			return (uint16_t)(c->range[i].from + at);
		at -= n;
	}
	return 0;
}

/* Puts a range into its place among those in order, without merging. */
static void insert(struct rule_condition *c, struct rule_range r)
{
	unsigned at = c->n++;

	for (; at > 0 && c->range[at - 1].from > r.from; at--)
		c->range[at] = c->range[at - 1];
	c->range[at] = r;
}

static void merge(struct rule_condition *c)
{
	unsigned n = 0;

	for (unsigned i = 0; i < c->n; i++) {
		struct rule_range *last = n ? &c->range[n - 1] : NULL;

		if (last && c->range[i].from <= (unsigned)last->to + 1) {
			if (c->range[i].to > last->to)
				last->to = c->range[i].to;
		} else {
			c->range[n++] = c->range[i];
		}
	}
	c->n = n;
}

static void view_numbers(const struct rule_condition *c, struct rule_condition *out)
{
	for (unsigned i = 0; i < c->n && i < RULE_RANGES_MAX; i++) {
		struct rule_range r = c->range[i];

		if (r.to > largest[c->field])
			r.to = largest[c->field];
		if (r.from <= r.to)
			insert(out, r);
	}
	merge(out);
}

/* A mask that asks for nothing, and bits that no target has a name for, are not written. */
static enum render_refusal view_bits(const struct rule_condition *c, struct rule_condition *out)
{
	for (unsigned i = 0; i < c->n && i < RULE_RANGES_MAX; i++) {
		const struct rule_range *r = &c->range[i];

		if (!r->to)
			return REFUSED_MASK;
		if (r->to > largest[c->field])
			return REFUSED_FLAGS;
		if (!(r->from & ~r->to))
			out->range[out->n++] = *r;
	}
	return REFUSED_NOT;
}

/* RFC 8955 section 4.2.2.12, for each part that a packet can be. */
static unsigned bits_of(enum render_piece piece, bool df)
{
	unsigned bits = df ? FRAGMENT_DONT : 0;

	switch (piece) {
	case PIECE_FIRST:
		return bits | FRAGMENT_FIRST;
	case PIECE_MIDDLE:
		return bits | FRAGMENT_IS;
	case PIECE_LAST:
		return bits | FRAGMENT_IS | FRAGMENT_LAST;
	default:
		return bits;
	}
}

static uint8_t pieces_of(const struct rule_condition *c, bool df)
{
	uint8_t pieces = 0;

	if (!c->n)
		return PIECES_ALL;
	for (unsigned piece = PIECE_WHOLE; piece <= PIECE_LAST; piece <<= 1)
		for (unsigned i = 0; i < c->n; i++)
			if ((bits_of(piece, df) & c->range[i].to) == c->range[i].from)
				pieces |= (uint8_t)piece;
	return pieces;
}

/* Do all the protocols of the rule have what it asks of the transport header? */
static bool protocols_are(const struct render_view *v, const uint8_t *of, unsigned n)
{
	const struct rule_condition *c = &v->on[RULE_PROTOCOL];
	unsigned values = render_values(c);

	for (unsigned i = 0; i < values; i++)
		if (!memchr(of, render_value(c, i), n))
			return false;
	return values > 0;
}

static enum render_refusal view_layer4(struct render_view *v)
{
	static const uint8_t with_ports[] = {PROTO_TCP, PROTO_UDP, 33, 132, 136};
	static const uint8_t tcp = PROTO_TCP;
	const uint8_t icmp = v->v4 ? PROTO_ICMP : PROTO_ICMP6;

	if ((v->on[RULE_SOURCE_PORT].n || v->on[RULE_DESTINATION_PORT].n) &&
	    !protocols_are(v, with_ports, sizeof(with_ports)))
		return REFUSED_PORTS;
	if ((v->on[RULE_ICMP_TYPE].n || v->on[RULE_ICMP_CODE].n) && !protocols_are(v, &icmp, 1))
		return REFUSED_ICMP;
	if (v->on[RULE_TCP_FLAGS].n && !protocols_are(v, &tcp, 1))
		return REFUSED_TCP;
	for (enum rule_field f = RULE_SOURCE_PORT; f <= RULE_TCP_FLAGS; f++)
		v->layer4 |= v->on[f].n > 0;
	return REFUSED_NOT;
}

static enum render_refusal view_addresses(const struct rule *r, struct render_view *v)
{
	v->v4 = ip_is_v4(&r->destination.addr) && r->destination.len >= PREFIX_V4_BASE;
	if (prefix_family_len(&r->destination) == 0)
		return REFUSED_DESTINATION;
	if (r->has_source && r->source.len &&
	    v->v4 != (ip_is_v4(&r->source.addr) && r->source.len >= PREFIX_V4_BASE))
		return REFUSED_FAMILIES;
	return REFUSED_NOT;
}

enum render_refusal render_view(const struct rule *r, struct render_view *out)
{
	enum render_refusal why;

	*out = (struct render_view){.rule = r};
	why = view_addresses(r, out);
	if (why)
		return why;
	for (unsigned i = 0; i < r->n_conditions && i < RULE_CONDITIONS_MAX; i++) {
		const struct rule_condition *c = &r->condition[i];

		if ((unsigned)c->field >= RULE_FIELDS || out->on[c->field].n)
			return REFUSED_FIELD;
		out->on[c->field].field = c->field;
		if (!is_bits(c->field))
			view_numbers(c, &out->on[c->field]);
		else
			why = view_bits(c, &out->on[c->field]);
		if (why)
			return why;
		if (!out->on[c->field].n)
			return REFUSED_NOTHING;
	}
	why = view_layer4(out);
	if (why)
		return why;
	out->pieces = pieces_of(&out->on[RULE_FRAGMENT], false);
	out->pieces_df = out->v4 ? pieces_of(&out->on[RULE_FRAGMENT], true) : out->pieces;
	if (out->layer4) {
		out->pieces &= PIECES_AT_0;
		out->pieces_df &= PIECES_AT_0;
	}
	return out->pieces | out->pieces_df ? REFUSED_NOT : REFUSED_NOTHING;
}

bool render_name_is_good(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n <= NAME_MAX_LEN &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-0123456789") ==
		       n &&
	       strchr("-0123456789", name[0]) == NULL;
}

const char *render_name(enum render_kind k)
{
	static const char *const name[RENDER_KINDS] = {"exabgp", "nft",	  "ios-xe",
						       "ios-xr", "junos", "eos"};

	return name[k];
}

static enum render_refusal render_list(enum render_kind k, const struct rule *r, const char *name,
				       struct text *out)
{
	static enum render_refusal (*const to[RENDER_KINDS])(const struct render_view *,
							     const char *, struct text *) = {
		[RENDER_IOS_XE] = render_ios_xe,
		[RENDER_IOS_XR] = render_ios_xr,
		[RENDER_JUNOS] = render_junos,
		[RENDER_ARISTA] = render_eos,
	};
	struct render_view v;
	enum render_refusal why;

	if (!render_name_is_good(name))
		return REFUSED_NAME;
	why = render_view(r, &v);
	return why ? why : to[k](&v, name, out);
}

enum render_refusal render_or_say(enum render_kind k, enum render_refusal why, const struct rule *r,
				  struct text *out)
{
	if (why) {
		text_clear(out);
		render_say(k, why, r, false, out);
	}
	return why;
}

enum render_refusal render_rule(enum render_kind k, const struct rule *r, const char *name,
				struct text *out)
{
	text_clear(out);
	if (rule_check(r))
		return render_or_say(k, REFUSED_RULE, r, out);
	switch (k) {
	case RENDER_EXABGP:
		return render_exabgp(r, false, out);
	case RENDER_NFT:
		return render_nft(r, NULL, NULL, render_name_is_good(name) ? name : NULL, out);
	default:
		return render_or_say(k, render_list(k, r, name, out), r, out);
	}
}
