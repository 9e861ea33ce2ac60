/* SPDX-License-Identifier: ISC */
/*
 * Commands of ExaBGP 4.2's API. Its expressions are those of RFC 8955 section 4.2.1: what stands
 * between spaces is "or", what "&" joins is "and". A flag that must be set is "=syn" and one that
 * must not be "!=ack", each by itself: "!" of several at once would mean "not all of them".
 */
#include "act/render_inside.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NO_EXPORT	"65535:65281" /* RFC 1997 */
#define LIMIT_MAX_BYTES 1e12	      /* above it ExaBGP says something smaller than it was told */

struct bit_name {
	uint16_t bit;
	const char *name;
};

static const struct bit_name flags[] = {{1, "fin"},  {2, "syn"},  {4, "rst"},  {8, "push"},
					{16, "ack"}, {32, "urg"}, {64, "ece"}, {128, "cwr"}};
static const struct bit_name fragments[] = {{FRAGMENT_DONT, "dont-fragment"},
					    {FRAGMENT_IS, "is-fragment"},
					    {FRAGMENT_FIRST, "first-fragment"},
					    {FRAGMENT_LAST, "last-fragment"}};

static void add_number(const struct rule_range *r, uint16_t max, struct text *out)
{
	if (r->from == r->to)
		text_printf(out, "=%u", r->from);
	else if (r->to == max)
		text_printf(out, ">=%u", r->from);
	else if (r->from == 0)
		text_printf(out, "<=%u", r->to);
	else
		text_printf(out, ">=%u&<=%u", r->from, r->to);
}

static void add_bits(const struct rule_range *r, const struct bit_name *names, size_t n,
		     struct text *out)
{
	const char *join = "";

	for (int set = 1; set >= 0; set--)
		for (size_t i = 0; i < n; i++)
			if ((r->to & names[i].bit) && set == !!(r->from & names[i].bit)) {
				text_printf(out, "%s%s%s", join, set ? "=" : "!=", names[i].name);
				join = "&";
			}
}

static void add_condition(const struct rule_condition *c, const char *word, struct text *out)
{
	bool brackets = c->n > 1 || c->field == RULE_TCP_FLAGS || c->field == RULE_FRAGMENT;

	text_printf(out, " %s%s", word, brackets ? " [" : "");
	for (unsigned i = 0; i < c->n; i++) {
		text_add(out, " ");
		if (c->field == RULE_TCP_FLAGS)
			add_bits(&c->range[i], flags, ARRAY_LEN(flags), out);
		else if (c->field == RULE_FRAGMENT)
			add_bits(&c->range[i], fragments, ARRAY_LEN(fragments), out);
		else
			add_number(&c->range[i], render_max(c->field), out);
	}
	text_add(out, brackets ? " ];" : ";");
}

/* Its parser wants a length for every prefix, and for IPv6 the offset of RFC 8956 section 3.1. */
static void add_prefix(const char *word, const struct prefix *p, bool v4, struct text *out)
{
	char buf[IP_TEXT_MAX];

	text_printf(out, " %s %s/%u%s;", word, ip_format(&p->addr, buf), prefix_family_len(p),
		    v4 ? "" : "/0");
}

static void add_match(const struct render_view *v, struct text *out)
{
	/* RFC 8956: what IPv4 calls protocol and DSCP are other words in IPv6, in the same place.
	 */
	const char *const words[RULE_FIELDS] = {
		[RULE_PROTOCOL] = v->v4 ? "protocol" : "next-header",
		[RULE_SOURCE_PORT] = "source-port",
		[RULE_DESTINATION_PORT] = "destination-port",
		[RULE_ICMP_TYPE] = "icmp-type",
		[RULE_ICMP_CODE] = "icmp-code",
		[RULE_TCP_FLAGS] = "tcp-flags",
		[RULE_LENGTH] = "packet-length",
		[RULE_DSCP] = v->v4 ? "dscp" : "traffic-class",
		[RULE_FRAGMENT] = "fragment",
	};

	add_prefix("destination", &v->rule->destination, v->v4, out);
	if (v->rule->has_source && v->rule->source.len)
		add_prefix("source", &v->rule->source, v->v4, out);
	for (enum rule_field f = 0; f < RULE_FIELDS; f++)
		if (v->on[f].n)
			add_condition(&v->on[f], words[f], out);
}

/* "ASN:NUMBER": six octets hold both, so a long AS number leaves sixteen bits (RFC 5668). */
static bool target_is_good(const char *target)
{
	char *colon, *end;
	unsigned long long asn, number;

	if (strspn(target, "0123456789:") != strlen(target) || *target == ':')
		return false;
	asn = strtoull(target, &colon, 10);
	if (*colon != ':' || colon[1] == '\0')
		return false;
	number = strtoull(colon + 1, &end, 10);
	return !*end && asn <= UINT32_MAX && number <= (asn > UINT16_MAX ? UINT16_MAX : UINT32_MAX);
}

/* RFC 8955 section 7.1: traffic-rate is in bytes. One that rounds to 0 would be a discard. */
static enum render_refusal add_then(const struct rule *r, struct text *out)
{
	double bytes = floor(r->limit_bps / 8);

	switch (r->action) {
	case RULE_DISCARD:
		text_add(out, " discard;");
		return REFUSED_NOT;
	case RULE_LIMIT:
		if (!(bytes >= 1) || bytes > LIMIT_MAX_BYTES)
			return REFUSED_EXABGP_RATE;
		text_printf(out, " rate-limit %.0f;", bytes);
		return REFUSED_NOT;
	case RULE_REDIRECT:
		if (!target_is_good(r->redirect))
			return REFUSED_TARGET;
		text_printf(out, " redirect %s;", r->redirect);
		return REFUSED_NOT;
	}
	return REFUSED_ACTION;
}

static bool wants_df(const struct rule_condition *c)
{
	for (unsigned i = 0; i < c->n; i++)
		if (c->range[i].to & FRAGMENT_DONT)
			return true;
	return false;
}

static enum render_refusal render(const struct rule *r, bool withdraw, struct text *out)
{
	struct render_view v;
	enum render_refusal why = render_view(r, &v);

	if (why)
		return why;
	if (!v.v4 && wants_df(&v.on[RULE_FRAGMENT]))
		return REFUSED_DF6;
	text_printf(out, "%s flow route { match {", withdraw ? "withdraw" : "announce");
	add_match(&v, out);
	text_add(out, " } then {");
	why = add_then(r, out);
	text_add(out, " community [ " NO_EXPORT " ]; } }");
	return why;
}

enum render_refusal render_exabgp(const struct rule *r, bool withdraw, struct text *out)
{
	text_clear(out);
	return render_or_say(RENDER_EXABGP, render(r, withdraw, out), r, out);
}

void render_rtbh(const struct prefix *target, const char *next_hop, const char *community,
		 bool withdraw, struct text *out)
{
	char buf[IP_TEXT_MAX];

	text_printf(out, "%s route %s/%u next-hop %s community [ %s%s ]",
		    withdraw ? "withdraw" : "announce", ip_format(&target->addr, buf),
		    prefix_family_len(target), next_hop, community,
		    strstr(community, NO_EXPORT) ? "" : " " NO_EXPORT);
}

bool render_next_hop(const struct conf_neighbor *n, bool v4, char *buf)
{
	const struct ip *hop = v4 ? &n->next_hop : &n->next_hop6;

	if (!ip_is_zero(hop))
		ip_format(hop, buf);
	else if (ip_is_zero(&n->address) || v4 == ip_is_v4(&n->address))
		strcpy(buf, "self"); /* RFC 4271 section 5.1.3: eBGP over one hop takes no other */
	else
		return false;
	return true;
}
