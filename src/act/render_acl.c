/* SPDX-License-Identifier: ISC */
/*
 * Access lists of the routers that speak like Cisco's. A line says one value or range of each
 * field, so a rule with several becomes a line for each combination; what is not denied is
 * permitted by the list's last line.
 *
 * Fragments: a line that denies and asks for the transport header passes over later fragments; one
 * without that takes them too, and one with the word "fragments" takes only them. So a rule that
 * must spare later fragments and asks for no port needs a line before it that permits them.
 * `established` is never used: it means ACK or RST, which is no flag of any rule.
 */
#include "act/render_inside.h"

#include <inttypes.h>
#include <string.h>

#include "observe/flow.h"

static const enum rule_field one_by_one[] = {RULE_PROTOCOL, RULE_ICMP_TYPE, RULE_ICMP_CODE,
					     RULE_DSCP};
static const char *const flag_name[] = {"fin", "syn", "rst", "psh", "ack", "urg"};

/* One combination: of each field a range, or a single value. */
struct line {
	struct rule_range pick[RULE_FIELDS];
};

struct list {
	const struct acl_dialect *d;
	const struct render_view *v;
	struct text *out;
	unsigned number;
};

static bool is_one_by_one(enum rule_field f)
{
	for (size_t i = 0; i < ARRAY_LEN(one_by_one); i++)
		if (one_by_one[i] == f)
			return true;
	return false;
}

/* A condition that every value fulfils needs no words, but for ports: they must be there. */
static bool is_said(const struct render_view *v, enum rule_field f)
{
	if (f == RULE_FRAGMENT)
		return false;
	if (f == RULE_PROTOCOL || f == RULE_LENGTH || f == RULE_DSCP)
		return !render_is_all(v, f);
	return v->on[f].n > 0;
}

static unsigned choices(const struct render_view *v, enum rule_field f)
{
	if (!is_said(v, f))
		return 1;
	return is_one_by_one(f) ? render_values(&v->on[f]) : v->on[f].n;
}

static struct line pick_line(const struct render_view *v, unsigned at)
{
	struct line l = {0};

	for (enum rule_field f = 0; f < RULE_FIELDS; f++) {
		unsigned n = choices(v, f), i = at % n;

		at /= n;
		if (!is_said(v, f))
			continue;
		if (is_one_by_one(f))
			l.pick[f].from = l.pick[f].to = render_value(&v->on[f], i);
		else
			l.pick[f] = v->on[f].range[i];
	}
	return l;
}

static void add_protocol(const struct list *a, const struct line *l)
{
	uint16_t protocol = l->pick[RULE_PROTOCOL].from;

	if (!is_said(a->v, RULE_PROTOCOL))
		text_add(a->out, a->v->v4 ? a->d->any4 : a->d->any6);
	else if (protocol == PROTO_TCP)
		text_add(a->out, "tcp");
	else if (protocol == PROTO_UDP)
		text_add(a->out, "udp");
	else if (protocol == PROTO_ICMP && a->v->v4)
		text_add(a->out, "icmp");
	else if (protocol == PROTO_ICMP6 && !a->v->v4)
		text_add(a->out, a->d->icmp6);
	else if (protocol == 132)
		text_add(a->out, "sctp");
	else
		text_printf(a->out, "%u", protocol);
}

static void add_address(const struct list *a, const struct prefix *p)
{
	char buf[PREFIX_TEXT_MAX], mask[IP_TEXT_MAX];
	struct ip low;

	if (!p || prefix_family_len(p) == 0) {
		text_add(a->out, " any");
	} else if (p->len == 128) {
		text_printf(a->out, " host %s", ip_format(&p->addr, buf));
	} else if (a->v->v4 && a->d->wildcard) {
		low = ip_from_v4(UINT32_MAX >> prefix_family_len(p));
		text_printf(a->out, " %s %s", ip_format(&p->addr, buf), ip_format(&low, mask));
	} else {
		text_printf(a->out, " %s", prefix_format(p, buf));
	}
}

static void add_range(const struct list *a, const struct line *l, enum rule_field f,
		      const char *word)
{
	const struct rule_range *r = &l->pick[f];

	if (!is_said(a->v, f))
		return;
	text_add(a->out, word);
	if (r->from == r->to)
		text_printf(a->out, " eq %u", r->from);
	else
		text_printf(a->out, " range %u %u", r->from, r->to);
}

/* All of a mask at once, "match-all +syn -ack". */
static void add_signed_flags(const struct list *a, const struct rule_range *r)
{
	text_add(a->out, " match-all");
	for (int set = 1; set >= 0; set--)
		for (unsigned i = 0; i < ARRAY_LEN(flag_name); i++)
			if ((r->to >> i & 1) && set == (r->from >> i & 1))
				text_printf(a->out, " %c%s", set ? '+' : '-', flag_name[i]);
}

static bool has_signed_flags(const struct list *a)
{
	return a->v->v4 ? a->d->signed4 : a->d->signed6;
}

/* @flag: of a list without signs the one flag of this line, as its number; -1 none. */
static void add_flags(const struct list *a, const struct line *l, int flag)
{
	if (!is_said(a->v, RULE_TCP_FLAGS))
		return;
	if (has_signed_flags(a))
		add_signed_flags(a, &l->pick[RULE_TCP_FLAGS]);
	else if (flag >= 0)
		text_printf(a->out, " %s", flag_name[flag]);
}

static void add_tail(const struct list *a, const struct line *l, bool fragments)
{
	if (is_said(a->v, RULE_ICMP_TYPE))
		text_printf(a->out, " %u", l->pick[RULE_ICMP_TYPE].from);
	if (is_said(a->v, RULE_ICMP_CODE))
		text_printf(a->out, " %u", l->pick[RULE_ICMP_CODE].from);
	if (fragments && a->d->fragments_first)
		text_add(a->out, " fragments");
	if (is_said(a->v, RULE_DSCP))
		text_printf(a->out, " dscp %u", l->pick[RULE_DSCP].from);
	if (fragments && !a->d->fragments_first)
		text_add(a->out, " fragments");
	add_range(a, l, RULE_LENGTH, " packet-length");
	text_add(a->out, "\n");
}

static void begin_line(struct list *a, const char *action)
{
	a->number += 10;
	if (a->d->numbered)
		text_printf(a->out, " %u %s ", a->number, action);
	else
		text_printf(a->out, " %s ", action);
}

static void add_line(struct list *a, const struct line *l, const char *action, int flag,
		     bool fragments)
{
	const struct rule *r = a->v->rule;

	begin_line(a, action);
	add_protocol(a, l);
	add_address(a, r->has_source ? &r->source : NULL);
	add_range(a, l, RULE_SOURCE_PORT, "");
	add_address(a, &r->destination);
	add_range(a, l, RULE_DESTINATION_PORT, "");
	add_flags(a, l, flag);
	add_tail(a, l, fragments);
}

static void add_lines(struct list *a, unsigned n, const char *action, int flag, bool fragments)
{
	for (unsigned i = 0; i < n; i++) {
		struct line l = pick_line(a->v, i);

		add_line(a, &l, action, flag, fragments);
	}
}

/*
 * A flag that must not be set, where a line can only ask for one that is: whoever has it is let
 * pass before the others are dropped.
 */
static void add_exceptions(struct list *a, unsigned n)
{
	const struct rule_range *r = &a->v->on[RULE_TCP_FLAGS].range[0];

	if (!a->v->on[RULE_TCP_FLAGS].n || has_signed_flags(a))
		return;
	for (unsigned i = 0; i < ARRAY_LEN(flag_name); i++)
		if ((r->to & ~r->from) >> i & 1)
			add_lines(a, n, "permit", (int)i, false);
}

static int set_flag(const struct render_view *v)
{
	const struct rule_condition *c = &v->on[RULE_TCP_FLAGS];

	return c->n && c->range[0].from ? __builtin_ctz(c->range[0].from) : -1;
}

static enum render_refusal check_flags(const struct list *a)
{
	const struct rule_condition *c = &a->v->on[RULE_TCP_FLAGS];

	for (unsigned i = 0; i < c->n; i++)
		if (c->range[i].to > 0x3f)
			return REFUSED_LIST_ECN;
	if (!c->n || has_signed_flags(a))
		return REFUSED_NOT;
	if (c->n > 1 || __builtin_popcount(c->range[0].from) > 1)
		return REFUSED_LIST_TCP;
	return REFUSED_NOT;
}

static enum render_refusal check_fragments(const struct list *a)
{
	const struct render_view *v = a->v;

	if (v->pieces != v->pieces_df)
		return REFUSED_LIST_DF;
	if (v->pieces != PIECES_ALL && v->pieces != PIECES_LATER && v->pieces != PIECES_AT_0)
		return REFUSED_LIST_FRAGMENTS;
	return REFUSED_NOT;
}

/* Lines with ports name their protocol, and know these by name only. */
static bool ports_are_said(const struct render_view *v)
{
	const struct rule_condition *c = &v->on[RULE_PROTOCOL];

	if (!v->on[RULE_SOURCE_PORT].n && !v->on[RULE_DESTINATION_PORT].n)
		return true;
	for (unsigned i = 0; i < render_values(c); i++)
		if (!memchr("\6\21\204", render_value(c, i), 3))
			return false;
	return true;
}

static enum render_refusal check_words(const struct list *a)
{
	const struct render_view *v = a->v;

	if (v->rule->action == RULE_LIMIT)
		return REFUSED_LIST_RATE;
	if (v->rule->action == RULE_REDIRECT)
		return REFUSED_LIST_REDIRECT;
	if (is_said(v, RULE_LENGTH) && !(v->v4 && a->d->length4))
		return v->v4 ? REFUSED_LIST_LENGTH4 : REFUSED_LIST_LENGTH6;
	if (!ports_are_said(v))
		return REFUSED_LIST_PORTS;
	if (is_said(v, RULE_ICMP_CODE) && !is_said(v, RULE_ICMP_TYPE))
		return REFUSED_LIST_ICMP;
	if (is_said(v, RULE_PROTOCOL) && v->on[RULE_PROTOCOL].range[0].from == 0)
		return REFUSED_LIST_PROTOCOL;
	return REFUSED_NOT;
}

/* The lines of one pass, and that the whole stays within what a person can read. */
static enum render_refusal count_lines(const struct list *a, unsigned *n)
{
	uint64_t total = 1;

	for (enum rule_field f = 0; f < RULE_FIELDS && total <= RENDER_LINES_MAX; f++)
		total *= choices(a->v, f);
	if (total > RENDER_LINES_MAX)
		return REFUSED_LIST_LINES;
	*n = (unsigned)total;
	return REFUSED_NOT;
}

enum render_refusal render_acl(const struct acl_dialect *d, const struct render_view *v,
			       const char *name, struct text *out)
{
	struct list a = {.d = d, .v = v, .out = out};
	bool later = v->pieces == PIECES_LATER;
	enum render_refusal why = check_words(&a);
	unsigned n = 0;

	why = why ? why : check_flags(&a);
	why = why ? why : check_fragments(&a);
	why = why ? why : count_lines(&a, &n);
	if (why)
		return why;
	text_printf(out, v->v4 ? d->open4 : d->open6, name);
	text_add(out, "\n");
	if (v->pieces == PIECES_AT_0 && !v->layer4)
		add_lines(&a, n, "permit", -1, true);
	add_exceptions(&a, n);
	add_lines(&a, n, "deny", set_flag(v), later);
	begin_line(&a, "permit");
	text_printf(out, "%s any any\n", v->v4 ? d->any4 : d->any6);
	return REFUSED_NOT;
}
