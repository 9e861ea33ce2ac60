/* SPDX-License-Identifier: ISC */
/*
 * Traffic filtering actions from and to extended communities.
 */
#include <arpa/inet.h>
#include <math.h>
#include <string.h>

#include "act/flowspec_actions.h"
#include "base/cursor.h"

#define COPY_BIT     1u
#define SAMPLE_BIT   2u /* bits 46 and 47 of traffic-action (RFC 8955 section 7.3) */
#define TERMINAL_BIT 1u

/* By kind: the two octets that an extended community begins with. */
static const struct {
	uint16_t type;
	uint8_t octets;
	const char *name;
} kinds[ACTION_KINDS] = {
	[ACTION_OTHER] = {0, 0, "other"},
	[ACTION_RATE_BYTES] = {0x8006, FLOWSPEC_COMMUNITY, "traffic-rate-bytes"},
	[ACTION_RATE_PACKETS] = {0x800c, FLOWSPEC_COMMUNITY, "traffic-rate-packets"},
	[ACTION_TRAFFIC] = {0x8007, FLOWSPEC_COMMUNITY, "traffic-action"},
	[ACTION_REDIRECT_AS2] = {0x8008, FLOWSPEC_COMMUNITY, "rt-redirect"},
	[ACTION_REDIRECT_IPV4] = {0x8108, FLOWSPEC_COMMUNITY, "rt-redirect-ipv4"},
	[ACTION_REDIRECT_AS4] = {0x8208, FLOWSPEC_COMMUNITY, "rt-redirect-as4"},
	[ACTION_REDIRECT_IPV6] = {0x000d, FLOWSPEC_COMMUNITY_IPV6, "rt-redirect-ipv6"},
	[ACTION_MARKING] = {0x8009, FLOWSPEC_COMMUNITY, "traffic-marking"},
	[ACTION_NEXT_HOP] = {0x0800, FLOWSPEC_COMMUNITY, "redirect-to-next-hop"},
	[ACTION_TO_IPV4] = {0x010c, FLOWSPEC_COMMUNITY, "redirect-to-ipv4"},
	[ACTION_TO_IPV6] = {0x000c, FLOWSPEC_COMMUNITY_IPV6, "redirect-to-ipv6"},
};

const char *flowspec_action_name(enum flowspec_action_kind k)
{
	return (unsigned)k < ACTION_KINDS ? kinds[k].name : kinds[ACTION_OTHER].name;
}

static enum flowspec_action_kind kind_of(uint16_t type, size_t octets)
{
	for (unsigned k = ACTION_OTHER + 1; k < ACTION_KINDS; k++)
		if (kinds[k].type == type && kinds[k].octets == octets)
			return (enum flowspec_action_kind)k;
	return ACTION_OTHER;
}

/* IEEE 754, four octets. Return: false for what is no number, or without end. */
static bool read_rate(uint32_t bits, float *out)
{
	memcpy(out, &bits, sizeof(*out));
	if (!isfinite(*out))
		return false;
	if (*out < 0 || *out == 0)
		*out = 0; /* a negative one discards, and there is no negative zero */
	return true;
}

static bool read_one(struct cursor *c, struct flowspec_action *a)
{
	switch (a->kind) {
	case ACTION_RATE_BYTES:
	case ACTION_RATE_PACKETS:
		a->as = cursor_be16(c);
		return read_rate(cursor_be32(c), &a->rate);
	case ACTION_TRAFFIC:
		cursor_skip(c, 5);
		a->number = cursor_u8(c);
		a->sample = a->number & SAMPLE_BIT;
		a->terminal = a->number & TERMINAL_BIT;
		a->number = 0;
		return true;
	case ACTION_REDIRECT_AS2:
		a->as = cursor_be16(c);
		a->number = cursor_be32(c);
		return true;
	case ACTION_REDIRECT_AS4:
		a->as = cursor_be32(c);
		a->number = cursor_be16(c);
		return true;
	case ACTION_REDIRECT_IPV4:
	case ACTION_TO_IPV4:
		a->address = ip_from_v4(cursor_be32(c));
		a->number = cursor_be16(c);
		break;
	case ACTION_REDIRECT_IPV6:
	case ACTION_TO_IPV6:
		a->address = ip_from_v6_bytes(cursor_take(c, 16));
		a->number = cursor_be16(c);
		break;
	case ACTION_MARKING:
		cursor_skip(c, 5);
		a->dscp = cursor_u8(c) & 0x3f;
		return true;
	case ACTION_NEXT_HOP:
		cursor_skip(c, 5);
		a->copy = cursor_u8(c) & COPY_BIT;
		return true;
	default:
		return true;
	}
	if (a->kind == ACTION_TO_IPV4 || a->kind == ACTION_TO_IPV6) {
		a->copy = a->number & COPY_BIT;
		a->number = 0;
	}
	return true;
}

enum flowspec_reason flowspec_actions_decode(const uint8_t *data, size_t n, size_t size,
					     struct flowspec_actions *out)
{
	struct cursor all = cursor_over(data, n);

	if ((size != FLOWSPEC_COMMUNITY && size != FLOWSPEC_COMMUNITY_IPV6) || n % size)
		return FLOWSPEC_BAD_COMMUNITIES;
	while (cursor_left(&all)) {
		struct flowspec_action *a = &out->action[out->n];
		struct cursor one = cursor_sub(&all, size);

		if (out->n == FLOWSPEC_ACTIONS_MAX)
			return FLOWSPEC_BAD_COMMUNITIES;
		*a = (struct flowspec_action){.octets = (uint8_t)size};
		memcpy(a->raw, one.p, size);
		a->kind = kind_of(cursor_be16(&one), size);
		if (!read_one(&one, a))
			return FLOWSPEC_BAD_RATE;
		out->n++;
	}
	return FLOWSPEC_GOOD;
}

/* To octets */

static uint8_t *put(uint8_t *p, uint64_t value, unsigned octets)
{
	while (octets--)
		*p++ = (uint8_t)(value >> 8 * octets);
	return p;
}

size_t flowspec_action_encode(const struct flowspec_action *a, uint8_t *out)
{
	uint8_t *p;
	uint32_t bits;

	if (a->kind == ACTION_OTHER || (unsigned)a->kind >= ACTION_KINDS) {
		if (a->octets != FLOWSPEC_COMMUNITY && a->octets != FLOWSPEC_COMMUNITY_IPV6)
			return 0;
		memcpy(out, a->raw, a->octets);
		return a->octets;
	}
	memset(out, 0, kinds[a->kind].octets);
	p = put(out, kinds[a->kind].type, 2);
	switch (a->kind) {
	case ACTION_RATE_BYTES:
	case ACTION_RATE_PACKETS:
		if (!isfinite(a->rate) || a->rate < 0)
			return 0;
		memcpy(&bits, &a->rate, sizeof(bits));
		put(put(p, a->as & 0xffff, 2), bits, 4);
		break;
	case ACTION_TRAFFIC:
		out[7] = (uint8_t)((a->sample ? SAMPLE_BIT : 0) | (a->terminal ? TERMINAL_BIT : 0));
		break;
	case ACTION_REDIRECT_AS2:
		put(put(p, a->as, 2), a->number, 4);
		break;
	case ACTION_REDIRECT_AS4:
		put(put(p, a->as, 4), a->number, 2);
		break;
	case ACTION_REDIRECT_IPV4:
		put(put(p, ip_v4(&a->address), 4), a->number, 2);
		break;
	case ACTION_TO_IPV4:
		put(put(p, ip_v4(&a->address), 4), a->copy ? COPY_BIT : 0, 2);
		break;
	case ACTION_REDIRECT_IPV6:
	case ACTION_TO_IPV6:
		memcpy(p, a->address.b, 16);
		put(p + 16,
		    a->kind == ACTION_REDIRECT_IPV6 ? a->number
		    : a->copy			    ? COPY_BIT
						    : 0,
		    2);
		break;
	case ACTION_MARKING:
		out[7] = a->dscp & 0x3f;
		break;
	default:
		out[7] = a->copy ? COPY_BIT : 0;
	}
	return kinds[a->kind].octets;
}

/* For people */

static const char *address_text(const struct flowspec_action *a, char *buf)
{
	if (a->kind == ACTION_REDIRECT_IPV6 || a->kind == ACTION_TO_IPV6)
		return inet_ntop(AF_INET6, a->address.b, buf, IP_TEXT_MAX);
	return ip_format(&a->address, buf);
}

/* A route target; a small AS number in the form of four octets is another one than in that of two.
 */
static void target_text(const struct flowspec_action *a, struct text *out)
{
	char address[IP_TEXT_MAX];

	if (a->kind == ACTION_REDIRECT_IPV6)
		text_printf(out, "[%s]:%u", address_text(a, address), a->number);
	else if (a->kind == ACTION_REDIRECT_IPV4)
		text_printf(out, "%s:%u", address_text(a, address), a->number);
	else if (a->kind == ACTION_REDIRECT_AS4 && a->as <= UINT16_MAX)
		text_printf(out, "0.%u:%u", a->as, a->number);
	else
		text_printf(out, "%u:%u", a->as, a->number);
}

static void raw_text(const struct flowspec_action *a, struct text *out)
{
	text_add(out, "0x");
	for (unsigned i = 0; i < a->octets && i < sizeof(a->raw); i++)
		text_printf(out, "%02x", a->raw[i]);
}

static void rate_text(const struct flowspec_action *a, struct text *out)
{
	double rate = (double)a->rate;

	text_printf(out, "rate-limit %.*f %s/s", rate == floor(rate) ? 0 : 3, rate,
		    a->kind == ACTION_RATE_BYTES ? "bytes" : "packets");
}

static void action_text(const struct flowspec_action *a, struct text *out)
{
	char address[IP_TEXT_MAX];

	switch (a->kind) {
	case ACTION_RATE_BYTES:
	case ACTION_RATE_PACKETS:
		if (a->rate == 0)
			text_add(out, "discard");
		else
			rate_text(a, out);
		break;
	case ACTION_TRAFFIC:
		text_printf(out, "action%s%s%s", a->sample ? " sample" : "",
			    a->terminal ? " terminal" : "",
			    a->sample || a->terminal ? "" : " none");
		break;
	case ACTION_MARKING:
		text_printf(out, "mark %u", a->dscp);
		break;
	case ACTION_NEXT_HOP:
		text_printf(out, "%s-to-next-hop", a->copy ? "copy" : "redirect");
		break;
	case ACTION_TO_IPV4:
	case ACTION_TO_IPV6:
		text_printf(out, "%s-to %s", a->copy ? "copy" : "redirect",
			    address_text(a, address));
		break;
	case ACTION_OTHER:
		text_add(out, "community ");
		raw_text(a, out);
		break;
	default:
		text_add(out, "redirect ");
		target_text(a, out);
	}
}

void flowspec_actions_text(const struct flowspec_actions *a, struct text *out)
{
	for (unsigned i = 0; i < a->n; i++) {
		text_add(out, i ? " " : "");
		action_text(&a->action[i], out);
	}
}

static json_t *action_json(const struct flowspec_action *a)
{
	_cleanup_text_ struct text raw = TEXT_NULL, t = TEXT_NULL, target = TEXT_NULL;
	char address[IP_TEXT_MAX];
	json_t *o;
	int bad = 0;

	raw_text(a, &raw);
	action_text(a, &t);
	if (!text_ok(&raw) || !text_ok(&t))
		return NULL;
	o = json_pack("{s:s, s:s, s:s}", "kind", flowspec_action_name(a->kind), "community",
		      text_str(&raw), "text", text_str(&t));
	if (!o)
		return NULL;
	if (a->kind == ACTION_RATE_BYTES || a->kind == ACTION_RATE_PACKETS) {
		bad |= json_object_set_new(o, "rate", json_real((double)a->rate));
		bad |= json_object_set_new(o, "as", json_integer(a->as));
	} else if (a->kind == ACTION_TRAFFIC) {
		bad |= json_object_set_new(o, "sample", json_boolean(a->sample));
		bad |= json_object_set_new(o, "terminal", json_boolean(a->terminal));
	} else if (a->kind == ACTION_MARKING) {
		bad |= json_object_set_new(o, "dscp", json_integer(a->dscp));
	} else if (a->kind >= ACTION_REDIRECT_AS2 && a->kind <= ACTION_REDIRECT_IPV6) {
		target_text(a, &target);
		bad |= json_object_set_new(o, "target", json_string(text_str(&target)));
	} else if (a->kind != ACTION_OTHER) {
		bad |= json_object_set_new(o, "copy", json_boolean(a->copy));
		if (a->kind != ACTION_NEXT_HOP)
			bad |= json_object_set_new(o, "address",
						   json_string(address_text(a, address)));
	}
	if (bad) {
		json_decref(o);
		return NULL;
	}
	return o;
}

json_t *flowspec_actions_json(const struct flowspec_actions *a)
{
	json_t *list = json_array();

	for (unsigned i = 0; list && i < a->n; i++) {
		if (json_array_append_new(list, action_json(&a->action[i]))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* From a rule and to it */

static bool from_target(const char *s, struct flowspec_action *a)
{
	struct rule_target t;

	if (!rule_target_parse(s, &t))
		return false;
	a->kind = t.has_address	      ? ACTION_REDIRECT_IPV4
		  : t.as > UINT16_MAX ? ACTION_REDIRECT_AS4
				      : ACTION_REDIRECT_AS2;
	a->address = t.address;
	a->as = t.as;
	a->number = t.number;
	return true;
}

bool flowspec_actions_from_rule(const struct rule *r, struct flowspec_actions *out)
{
	struct flowspec_action *a = &out->action[0];

	*out = (struct flowspec_actions){.n = 1};
	a->kind = ACTION_RATE_BYTES;
	if (r->action == RULE_REDIRECT) {
		if (!from_target(r->redirect, a))
			return false;
	} else if (r->action == RULE_LIMIT) {
		a->rate = (float)(r->limit_bps / 8);
		if (!(a->rate > 0) || !isfinite(a->rate))
			return false;
	}
	a->octets = (uint8_t)flowspec_action_encode(a, a->raw);
	return a->octets > 0;
}

static bool to_rule(const struct flowspec_action *a, struct rule *out)
{
	_cleanup_text_ struct text target = TEXT_NULL;

	if (a->kind == ACTION_RATE_BYTES) {
		out->action = a->rate > 0 ? RULE_LIMIT : RULE_DISCARD;
		out->limit_bps = 8 * (double)a->rate;
		return true;
	}
	if (a->kind == ACTION_RATE_PACKETS && a->rate == 0) {
		out->action = RULE_DISCARD;
		return true;
	}
	if (a->kind != ACTION_REDIRECT_AS2 && a->kind != ACTION_REDIRECT_IPV4 &&
	    !(a->kind == ACTION_REDIRECT_AS4 && a->as > UINT16_MAX))
		return false;
	target_text(a, &target);
	if (!text_ok(&target) || target.len >= sizeof(out->redirect))
		return false;
	out->action = RULE_REDIRECT;
	memcpy(out->redirect, text_str(&target), target.len + 1);
	return true;
}

bool flowspec_actions_to_rule(const struct flowspec_actions *a, struct rule *out)
{
	const struct flowspec_action *what = NULL;

	for (unsigned i = 0; i < a->n; i++) {
		if (a->action[i].kind == ACTION_OTHER)
			continue;
		if (what)
			return false;
		what = &a->action[i];
	}
	return what && to_rule(what, out);
}
