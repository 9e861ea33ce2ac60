/* SPDX-License-Identifier: ISC */
/*
 * Firewall filters of Junos as `set` lines. In IPv4 the offset and flags of the header are asked
 * directly, for `is-fragment` means only the later fragments and ports are looked for in these too:
 * a term with something of the transport header always asks for offset 0. In IPv6 there is no word
 * for the offset; `payload-protocol` finds the protocol behind extension headers, which
 * `next-header` does not.
 */
#include "act/render_inside.h"

#include <math.h>
#include <stdio.h>

#define LIMIT_MIN_BPS 32000.0 /* of a policer's bandwidth-limit */
#define LIMIT_MAX_BPS 100e9
#define BURST_MIN     15000.0 /* ten large packets */
#define BURST_S	      0.005

struct filter {
	const struct render_view *v;
	const char *name;
	struct text *out;
	unsigned term;
};

/* What a term asks of offset and flags; "" nothing. */
struct fragment_term {
	const char *offset;
	char flags[48];
};

static void begin(const struct filter *f)
{
	text_printf(f->out, "set firewall family %s filter %s term ", f->v->v4 ? "inet" : "inet6",
		    f->name);
}

static void add_from(const struct filter *f, const char *word)
{
	begin(f);
	text_printf(f->out, "t%u from %s ", f->term, word);
}

static void add_then(const struct filter *f, const char *what)
{
	begin(f);
	text_printf(f->out, "t%u then %s\n", f->term, what);
}

static void add_then_name(const struct filter *f, const char *what)
{
	begin(f);
	text_printf(f->out, "t%u then %s %s\n", f->term, what, f->name);
}

static void add_prefix(const struct filter *f, const char *word, const struct prefix *p)
{
	char buf[IP_TEXT_MAX];

	add_from(f, word);
	text_printf(f->out, "%s/%u\n", ip_format(&p->addr, buf), prefix_family_len(p));
}

/* @ranges: the field takes "1-5"; else its values stand one by one. */
static void add_numbers(const struct filter *f, enum rule_field field, const char *word,
			bool ranges)
{
	const struct rule_condition *c = &f->v->on[field];
	unsigned n = ranges ? c->n : render_values(c);

	if (!c->n)
		return;
	add_from(f, word);
	text_add(f->out, n > 1 ? "[ " : "");
	for (unsigned i = 0; i < n; i++) {
		text_add(f->out, i ? " " : "");
		if (!ranges)
			text_printf(f->out, "%u", render_value(c, i));
		else if (c->range[i].from == c->range[i].to)
			text_printf(f->out, "%u", c->range[i].from);
		else
			text_printf(f->out, "%u-%u", c->range[i].from, c->range[i].to);
	}
	text_add(f->out, n > 1 ? " ]\n" : "\n");
}

static void add_mask(const struct rule_range *r, struct text *out)
{
	static const char *const name[] = {"fin", "syn", "rst", "push", "ack", "urgent"};
	const char *join = "";

	for (int set = 1; set >= 0; set--)
		for (unsigned i = 0; i < ARRAY_LEN(name); i++)
			if ((r->to >> i & 1) && set == (r->from >> i & 1)) {
				text_printf(out, "%s%s%s", join, set ? "" : "!", name[i]);
				join = " & ";
			}
}

static void add_flags(const struct filter *f)
{
	const struct rule_condition *c = &f->v->on[RULE_TCP_FLAGS];

	if (!c->n)
		return;
	add_from(f, "tcp-flags");
	text_add(f->out, "\"");
	for (unsigned i = 0; i < c->n; i++) {
		text_add(f->out, i ? " | " : "");
		text_add(f->out, c->n > 1 ? "(" : "");
		add_mask(&c->range[i], f->out);
		text_add(f->out, c->n > 1 ? ")" : "");
	}
	text_add(f->out, "\"\n");
}

static void add_fragments(const struct filter *f, const struct fragment_term *t)
{
	if (t->offset[0]) {
		add_from(f, "fragment-offset");
		text_printf(f->out, "%s\n", t->offset);
	}
	if (t->flags[0]) {
		add_from(f, "fragment-flags");
		text_printf(f->out, "\"%s\"\n", t->flags);
	}
}

static void add_term(struct filter *f, const struct fragment_term *t)
{
	const struct render_view *v = f->v;
	const struct rule *r = v->rule;

	f->term++;
	add_prefix(f, "destination-address", &r->destination);
	if (r->has_source && prefix_family_len(&r->source))
		add_prefix(f, "source-address", &r->source);
	if (!render_is_all(v, RULE_PROTOCOL))
		add_numbers(f, RULE_PROTOCOL, v->v4 ? "protocol" : "payload-protocol", false);
	add_numbers(f, RULE_SOURCE_PORT, "source-port", true);
	add_numbers(f, RULE_DESTINATION_PORT, "destination-port", true);
	add_numbers(f, RULE_ICMP_TYPE, "icmp-type", true);
	add_numbers(f, RULE_ICMP_CODE, "icmp-code", true);
	add_flags(f);
	if (!render_is_all(v, RULE_LENGTH))
		add_numbers(f, RULE_LENGTH, "packet-length", true);
	if (!render_is_all(v, RULE_DSCP))
		add_numbers(f, RULE_DSCP, v->v4 ? "dscp" : "traffic-class", false);
	add_fragments(f, t);
	if (r->action == RULE_LIMIT)
		add_then_name(f, "policer");
	add_then_name(f, "count");
	add_then(f, r->action == RULE_LIMIT ? "accept" : "discard");
}

/* One half of the datagram's parts: those at offset 0, or the later ones. @more: the one of them
 * that has the more-fragments bit. @df: what is asked of the other bit, "" nothing. */
static void add_half(struct filter *f, uint8_t pieces, uint8_t half, uint8_t more, const char *df)
{
	struct fragment_term t = {.offset = half == PIECES_AT_0 ? "0" : "1-8191"};
	const char *mf = "";

	pieces &= half;
	if (!pieces)
		return;
	if (pieces != half)
		mf = pieces == more ? "more-fragments" : "!more-fragments";
	snprintf(t.flags, sizeof(t.flags), "%s%s%s", mf, *mf && *df ? " & " : "", df);
	add_term(f, &t);
}

static void add_pieces(struct filter *f, uint8_t pieces, const char *df)
{
	struct fragment_term all = {.offset = ""};

	if (pieces == PIECES_ALL) {
		snprintf(all.flags, sizeof(all.flags), "%s", df);
		add_term(f, &all);
		return;
	}
	add_half(f, pieces, PIECES_AT_0, PIECE_FIRST, df);
	add_half(f, pieces, PIECES_LATER, PIECE_MIDDLE, df);
}

static void add_terms(struct filter *f)
{
	const struct render_view *v = f->v;

	if (!v->v4) {
		add_pieces(f, PIECES_ALL, "");
	} else if (v->pieces == v->pieces_df) {
		add_pieces(f, v->pieces, "");
	} else {
		add_pieces(f, v->pieces, "!dont-fragment");
		add_pieces(f, v->pieces_df, "dont-fragment");
	}
}

/* filter-specific: one limit for all terms of the filter, as the rule has one. */
static void add_policer(const struct filter *f)
{
	double bps = f->v->rule->limit_bps, burst = bps / 8 * BURST_S;

	text_printf(f->out, "set firewall policer %s filter-specific\n", f->name);
	text_printf(f->out, "set firewall policer %s if-exceeding bandwidth-limit %.0f\n", f->name,
		    floor(bps));
	text_printf(f->out, "set firewall policer %s if-exceeding burst-size-limit %.0f\n", f->name,
		    ceil(fmax(burst, BURST_MIN)));
	text_printf(f->out, "set firewall policer %s then discard\n", f->name);
}

static enum render_refusal check(const struct render_view *v)
{
	const struct rule_condition *flags = &v->on[RULE_TCP_FLAGS];
	double bps = v->rule->limit_bps;

	if (v->rule->action == RULE_REDIRECT)
		return REFUSED_JUNOS_REDIRECT;
	if (v->rule->action == RULE_LIMIT && !(bps >= LIMIT_MIN_BPS && bps <= LIMIT_MAX_BPS))
		return REFUSED_JUNOS_RATE;
	for (unsigned i = 0; i < flags->n; i++)
		if (flags->range[i].to > 0x3f)
			return REFUSED_JUNOS_ECN;
	if (!v->v4 && v->pieces != (v->layer4 ? PIECES_AT_0 : PIECES_ALL))
		return REFUSED_JUNOS_FRAGMENTS;
	return REFUSED_NOT;
}

enum render_refusal render_junos(const struct render_view *v, const char *name, struct text *out)
{
	struct filter f = {.v = v, .name = name, .out = out};
	enum render_refusal why = check(v);

	if (why)
		return why;
	if (v->rule->action == RULE_LIMIT)
		add_policer(&f);
	add_terms(&f);
	begin(&f);
	text_add(out, "rest then accept\n");
	return REFUSED_NOT;
}
