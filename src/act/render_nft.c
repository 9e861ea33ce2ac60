/* SPDX-License-Identifier: ISC */
/*
 * Rules of nftables. `th` is used for ports, for it asks for no protocol of its own. `meta length`
 * is the length of the IP packet at prerouting, in both families. Sets that nftables cannot hold as
 * intervals (flags, DSCP) have their values one by one.
 *
 * A later fragment has no transport header, but where one, two or four bytes of it are asked for,
 * the kernel (seen up to 6.18) takes them from whatever lies in that place; so each rule first asks
 * for what a later fragment cannot fulfil. In IPv4 that is the offset; in IPv6 three bytes, at
 * which the kernel does look whether there is such a header.
 *
 * IPv6 shows fragments in an extension header, of which absence and value cannot be asked in one
 * rule: such a rule becomes several, which is good for a discard and wrong for a limit.
 */
#include "act/render_inside.h"

#include <math.h>

#include "base/ip.h"

#define LIMIT_MAX_BYTES 18e9 /* the kernel counts nanoseconds times bytes in 64 bits */
#define TERMS_MAX	4
#define IPV4_MF		0x2000u
#define IPV4_OFFSET	0x1fffu
#define IPV4_DF		0x4000u
#define IPV4_EVIL	0x8000u /* reserved: it decides nothing */

#define HAS_HEADER6 " @th,0,24 >= 0x0"

/* What is said of fragments in each rule; "" nothing. */
struct terms {
	const char *s[TERMS_MAX];
	unsigned n;
};

static void add_range(const struct rule_range *r, const char *fmt, struct text *out)
{
	text_printf(out, fmt, r->from);
	if (r->to != r->from) {
		text_add(out, "-");
		text_printf(out, fmt, r->to);
	}
}

/* "53", "1024-2047" or "{ 53, 1024-2047 }". */
static void add_ranges(const struct rule_range *r, unsigned n, const char *fmt, struct text *out)
{
	text_add(out, n > 1 ? " { " : " ");
	for (unsigned i = 0; i < n; i++) {
		text_add(out, i ? ", " : "");
		add_range(&r[i], fmt, out);
	}
	text_add(out, n > 1 ? " }" : "");
}

static void add_numbers(const struct render_view *v, enum rule_field f, const char *word,
			struct text *out)
{
	if (!v->on[f].n)
		return;
	text_printf(out, " %s", word);
	add_ranges(v->on[f].range, v->on[f].n, "%u", out);
}

static void add_flag_names(unsigned bits, struct text *out)
{
	static const char *const name[8] = {"fin", "syn", "rst", "psh", "ack", "urg", "ecn", "cwr"};
	const char *join = "";

	for (unsigned i = 0; i < 8; i++)
		if (bits & (1u << i)) {
			text_printf(out, "%s%s", join, name[i]);
			join = " | ";
		}
	text_add(out, bits ? "" : "0x0");
}

static bool flags_match(const struct rule_condition *c, unsigned flags)
{
	for (unsigned i = 0; i < c->n; i++)
		if ((flags & c->range[i].to) == c->range[i].from)
			return true;
	return false;
}

/* All that match, one by one. A set of one would be taken as "any of these bits" by nft. */
static void add_flag_values(const struct rule_condition *c, struct text *out)
{
	unsigned n = 0;

	for (unsigned flags = 0; flags < 256; flags++)
		n += flags_match(c, flags);
	text_add(out, n == 1 ? " tcp flags == " : " tcp flags { ");
	for (unsigned flags = 0, said = 0; flags < 256; flags++)
		if (flags_match(c, flags))
			text_printf(out, "%s0x%02x", said++ ? ", " : "", flags);
	text_add(out, n == 1 ? "" : " }");
}

static void add_flags(const struct rule_condition *c, struct text *out)
{
	const char *open = "", *close = "";

	if (!c->n)
		return;
	if (c->n > 1) {
		add_flag_values(c, out);
		return;
	}
	if (__builtin_popcount(c->range[0].from) > 1) {
		open = "(";
		close = ")";
	}
	text_add(out, " tcp flags & (");
	add_flag_names(c->range[0].to, out);
	text_printf(out, ") == %s", open);
	add_flag_names(c->range[0].from, out);
	text_add(out, close);
}

static void add_dscp(const struct render_view *v, struct text *out)
{
	const struct rule_condition *c = &v->on[RULE_DSCP];
	unsigned n = render_values(c);

	if (render_is_all(v, RULE_DSCP))
		return;
	text_printf(out, " %s dscp%s", v->v4 ? "ip" : "ip6", n > 1 ? " { " : " ");
	for (unsigned i = 0; i < n; i++)
		text_printf(out, "%s0x%02x", i ? ", " : "", render_value(c, i));
	text_add(out, n > 1 ? " }" : "");
}

/* What the sixteen bits of flags and offset are, where no simpler word says it. */
static void add_frag_off(const struct render_view *v, struct text *out)
{
	static const struct {
		uint8_t piece;
		uint16_t from, to;
	} part[] = {{PIECE_WHOLE, 0, 0},
		    {PIECE_LAST, 1, IPV4_OFFSET},
		    {PIECE_FIRST, IPV4_MF, IPV4_MF},
		    {PIECE_MIDDLE, IPV4_MF + 1, IPV4_MF | IPV4_OFFSET}};
	struct rule_range range[16];
	unsigned n = 0;

	for (unsigned top = 0; top <= (IPV4_EVIL | IPV4_DF); top += IPV4_DF)
		for (unsigned i = 0; i < ARRAY_LEN(part); i++) {
			struct rule_range r = {(uint16_t)(top | part[i].from),
					       (uint16_t)(top | part[i].to)};

			if (!((top & IPV4_DF ? v->pieces_df : v->pieces) & part[i].piece))
				continue;
			if (n && range[n - 1].to + 1u == r.from)
				range[n - 1].to = r.to;
			else
				range[n++] = r;
		}
	text_add(out, " ip frag-off");
	add_ranges(range, n, "0x%04x", out);
}

static void add_fragments4(const struct render_view *v, struct text *out)
{
	static const struct {
		uint8_t pieces;
		const char *s;
	} known[] = {{PIECES_ALL, ""},
		     {PIECES_LATER, " ip frag-off & 0x1fff != 0x0"},
		     {PIECES_AT_0, " ip frag-off & 0x1fff == 0x0"},
		     {PIECES_ALL & ~PIECE_WHOLE, " ip frag-off & 0x3fff != 0x0"},
		     {PIECE_WHOLE, " ip frag-off & 0x3fff == 0x0"},
		     {PIECE_FIRST, " ip frag-off & 0x3fff == 0x2000"}};

	for (unsigned i = 0; i < ARRAY_LEN(known) && v->pieces == v->pieces_df; i++)
		if (v->pieces == known[i].pieces) {
			text_add(out, known[i].s);
			return;
		}
	add_frag_off(v, out);
}

/* A fragment header may say that the packet is whole (RFC 6946). */
static struct terms fragments6(const struct render_view *v)
{
	struct terms t = {.n = 0};
	uint8_t at_0 = v->pieces & PIECES_AT_0, later = v->pieces & PIECES_LATER;

	if (v->pieces == PIECES_ALL || (v->layer4 && at_0 == PIECES_AT_0)) {
		t.s[t.n++] = "";
		return t;
	}
	if (at_0 & PIECE_WHOLE)
		t.s[t.n++] = " exthdr frag missing";
	if (at_0)
		t.s[t.n++] = at_0 == PIECES_AT_0  ? " frag frag-off 0"
			     : at_0 & PIECE_WHOLE ? " frag frag-off 0 frag more-fragments 0"
						  : " frag frag-off 0 frag more-fragments 1";
	if (later)
		t.s[t.n++] = later == PIECES_LATER ? " frag frag-off != 0"
			     : later & PIECE_LAST  ? " frag frag-off != 0 frag more-fragments 0"
						   : " frag frag-off != 0 frag more-fragments 1";
	return t;
}

static void add_conditions(const struct render_view *v, const char *destination, struct text *out)
{
	const char *ip = v->v4 ? "ip" : "ip6";
	char buf[PREFIX_TEXT_MAX];

	text_printf(out, "%s daddr %s", ip,
		    destination ? destination : prefix_format(&v->rule->destination, buf));
	if (v->rule->has_source && prefix_family_len(&v->rule->source))
		text_printf(out, " %s saddr %s", ip, prefix_format(&v->rule->source, buf));
	if (!render_is_all(v, RULE_PROTOCOL))
		add_numbers(v, RULE_PROTOCOL, "meta l4proto", out);
	if (v->v4)
		add_fragments4(v, out);
	else if (v->layer4)
		text_add(out, HAS_HEADER6);
	add_numbers(v, RULE_SOURCE_PORT, "th sport", out);
	add_numbers(v, RULE_DESTINATION_PORT, "th dport", out);
	add_numbers(v, RULE_ICMP_TYPE, v->v4 ? "icmp type" : "icmpv6 type", out);
	add_numbers(v, RULE_ICMP_CODE, v->v4 ? "icmp code" : "icmpv6 code", out);
	add_flags(&v->on[RULE_TCP_FLAGS], out);
	if (!render_is_all(v, RULE_LENGTH))
		add_numbers(v, RULE_LENGTH, "meta length", out);
	add_dscp(v, out);
}

static enum render_refusal check_action(const struct rule *r, unsigned n_terms)
{
	double bytes = floor(r->limit_bps / 8);

	if (r->action == RULE_REDIRECT)
		return REFUSED_NFT_REDIRECT;
	if (r->action == RULE_LIMIT && (!(bytes >= 1) || bytes > LIMIT_MAX_BYTES))
		return REFUSED_NFT_RATE;
	if (r->action == RULE_LIMIT && n_terms > 1)
		return REFUSED_NFT_LIMITS;
	return REFUSED_NOT;
}

static enum render_refusal render(const struct rule *r, const char *destination,
				  const char *counter, const char *comment, bool drops,
				  struct text *out)
{
	struct render_view v;
	struct terms t = {.s = {""}, .n = 1};
	enum render_refusal why = render_view(r, &v);

	if (why)
		return why;
	if (!v.v4)
		t = fragments6(&v);
	why = check_action(r, t.n);
	for (unsigned i = 0; !why && i < t.n; i++) {
		add_conditions(&v, destination, out);
		text_add(out, t.s[i]);
		if (drops && r->action == RULE_LIMIT)
			text_printf(out, " limit rate over %.0f bytes/second",
				    floor(r->limit_bps / 8));
		text_add(out, " counter");
		if (counter)
			text_printf(out, " name \"%s\"", counter);
		text_add(out, drops ? " drop" : "");
		if (comment)
			text_printf(out, " comment \"%s\"", comment);
		text_add(out, "\n");
	}
	return why;
}

enum render_refusal render_nft(const struct rule *r, const char *destination, const char *counter,
			       const char *comment, struct text *out)
{
	enum render_refusal why;

	text_clear(out);
	why = render(r, destination, counter, comment, true, out);
	return render_or_say(RENDER_NFT, why, r, out);
}

enum render_refusal render_nft_count(const struct rule *r, const char *destination,
				     const char *counter, const char *comment, struct text *out)
{
	enum render_refusal why;

	text_clear(out);
	why = render(r, destination, counter, comment, false, out);
	return render_or_say(RENDER_NFT, why, r, out);
}
