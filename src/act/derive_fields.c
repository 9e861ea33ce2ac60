/* SPDX-License-Identifier: ISC */
/*
 * Conditions that a draft of a rule could get next: made of what most of its attack packets share,
 * or of what its good packets never have. A source port counts only where it says which service
 * sends: what a sender may choose, it may choose anew at any time, and no filter that rests on it
 * lasts.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "act/derive_values.h"
#include "base/vector.h"

#define SPREAD_MOST   0.5 /* a port with more of the packets is where they are meant to go */
#define SERVICE_PORTS 1024
#define HANDFUL	      5.0
#define CHOSEN_LEAST  0.05 /* of the attack come from a port that a sender chose */

bool field_port_lasts(uint16_t port)
{
	return port && (port < SERVICE_PORTS || reflector_name(port));
}

const struct rule_condition *draft_find(const struct draft *d, enum rule_field f)
{
	for (unsigned i = 0; i < d->n; i++)
		if (d->condition[i].field == f)
			return &d->condition[i];
	return NULL;
}

/* The one protocol that a draft lets through, or 0. */
static uint8_t only_protocol(const struct draft *d)
{
	const struct rule_condition *c = draft_find(d, RULE_PROTOCOL);

	return c && c->n == 1 && c->range[0].from == c->range[0].to ? (uint8_t)c->range[0].from : 0;
}

/* As rule_matches() has it; it decides, this only says what to try. */
static bool value_of(enum rule_field field, const struct packet_weighed *p, uint16_t *value)
{
	const struct flow *f = &p->e.flow;
	const struct flow_side *s = &p->e.side;
	bool head = !(s->flags & FLOW_LATER_FRAGMENT);
	bool ports = head && (f->proto == PROTO_TCP || f->proto == PROTO_UDP);
	uint64_t octets = f->packets ? (f->bytes + f->packets / 2) / f->packets : f->bytes;

	switch (field) {
	case RULE_PROTOCOL:
		*value = f->proto;
		return true;
	case RULE_SOURCE_PORT:
		*value = f->sport;
		return ports;
	case RULE_DESTINATION_PORT:
		*value = f->dport;
		return ports;
	case RULE_ICMP_TYPE:
		*value = s->icmp_type;
		return head && (f->proto == PROTO_ICMP || f->proto == PROTO_ICMP6);
	case RULE_TCP_FLAGS:
		*value = f->tcp_flags & FLAG_BITS;
		return head && f->proto == PROTO_TCP;
	case RULE_LENGTH:
		*value = (uint16_t)(octets > UINT16_MAX ? UINT16_MAX : octets);
		return octets > 0;
	case RULE_DSCP:
		*value = s->tos >> 2;
		return true;
	case RULE_FRAGMENT:
		*value = !head ? FRAGMENT_IS : (s->flags & FLOW_FRAGMENT) ? FRAGMENT_FIRST : 0;
		return true;
	default:
		return false;
	}
}

static int by_value(const void *a, const void *b)
{
	return *(const uint16_t *)a - *(const uint16_t *)b;
}

static void collect_one(enum rule_field field, const struct weighed *w, const struct packet_set *in,
			const struct packet_set *also, double *histogram, uint16_t *list,
			unsigned *n, double *all, double *soft)
{
	for (unsigned i = 0; i < w->n; i++) {
		uint16_t value;

		if (!set_has(in, i) || (also && !set_has(also, i)) || w->p[i].weight <= 0)
			continue;
		*all += w->p[i].weight;
		*soft += w->p[i].firm ? 0 : w->p[i].weight;
		if (!value_of(field, &w->p[i], &value))
			continue;
		if (histogram[value] == 0)
			list[(*n)++] = value;
		histogram[value] += w->p[i].weight;
	}
	qsort(list, *n, sizeof(*list), by_value);
}

void values_collect(const struct ground *g, enum rule_field field, struct values *v)
{
	struct histogram *h = g->histogram;

	v->n_attack = v->n_good = 0;
	v->all_attack = v->all_good = v->soft = 0;
	collect_one(field, g->attack, &g->draft->attack, g->left, h->attack, v->attack,
		    &v->n_attack, &v->all_attack, &v->soft);
	collect_one(field, g->good, &g->draft->good, NULL, h->good, v->good, &v->n_good,
		    &v->all_good, &v->soft);
}

void values_forget(const struct ground *g, const struct values *v)
{
	for (unsigned i = 0; i < v->n_attack; i++)
		g->histogram->attack[v->attack[i]] = 0;
	for (unsigned i = 0; i < v->n_good; i++)
		g->histogram->good[v->good[i]] = 0;
}

struct rule_condition *choice_begin(struct field_choices *out, enum rule_field field)
{
	out->c[out->n] = (struct rule_condition){.field = field};
	return &out->c[out->n];
}

void choice_put(struct rule_condition *c, uint16_t from, uint16_t to)
{
	if (c->n < RULE_RANGES_MAX)
		c->range[c->n++] = (struct rule_range){from, to};
}

void choice_finish(struct field_choices *out, const struct rule_condition *c)
{
	if (out->n == FIELD_CHOICES_MAX || c->n == 0)
		return;
	for (unsigned i = 0; i < out->n; i++)
		if (memcmp(&out->c[i], c, sizeof(*c)) == 0)
			return;
	out->n++;
}

/* A value that goes on where the last range ends makes it longer. */
static void put_value(struct rule_condition *c, uint16_t value)
{
	struct rule_range *last = c->n ? &c->range[c->n - 1] : NULL;

	if (last && value && last->to == value - 1)
		last->to = value;
	else
		choice_put(c, value, value);
}

/*
 * Values that have more than a few packets, and @share of the attack's: each alone, and the
 * heaviest together. @may: which are allowed; NULL all.
 */
static void choose_values(const struct ground *g, enum rule_field field, const struct values *v,
			  bool (*may)(uint16_t), double share, struct field_choices *out)
{
	const double *weight = g->histogram->attack;
	double least = fmax(v->all_attack * VALUE_LEAST, share * g->attack->total);
	uint16_t heavy[RULE_RANGES_MAX];
	struct rule_condition *c;
	unsigned n = 0;

	for (unsigned i = 0; i < v->n_attack; i++) {
		uint16_t value = v->attack[i];
		unsigned at = n;

		if (weight[value] < least || (may && !may(value)))
			continue;
		while (at > 0 && weight[heavy[at - 1]] < weight[value])
			at--;
		if (at == RULE_RANGES_MAX)
			continue;
		n += n < RULE_RANGES_MAX;
		memmove(&heavy[at + 1], &heavy[at], (n - at - 1) * sizeof(heavy[0]));
		heavy[at] = value;
	}
	for (unsigned i = 0; i < n && i < 4 && weight[heavy[i]] >= v->all_attack * SINGLE_LEAST;
	     i++) {
		c = choice_begin(out, field);
		choice_put(c, heavy[i], heavy[i]);
		choice_finish(out, c);
	}
	qsort(heavy, n, sizeof(heavy[0]), by_value);
	c = choice_begin(out, field);
	for (unsigned i = 0; i < n; i++)
		put_value(c, heavy[i]);
	choice_finish(out, c);
}

/* The share that a handful of records has: what is rarer may be chance. */
static double few(const struct ground *g)
{
	return g->attack->records ? HANDFUL / g->attack->records : 1;
}

static void choose_protocols(const struct ground *g, struct values *v, struct field_choices *out)
{
	values_collect(g, RULE_PROTOCOL, v);
	choose_values(g, RULE_PROTOCOL, v, NULL, few(g), out);
	values_forget(g, v);
}

/* All types but the errors. */
static void put_no_errors(const struct ground *g, struct field_choices *out)
{
	struct rule_condition *c = choice_begin(out, RULE_ICMP_TYPE);

	if (only_protocol(g->draft) == PROTO_ICMP) {
		choice_put(c, 0, 2);
		choice_put(c, 4, 10);
		choice_put(c, 13, 255);
	} else {
		choice_put(c, 128, 255); /* RFC 4443 section 2.1: errors are those below */
	}
	choice_finish(out, c);
}

static void choose_icmp(const struct ground *g, struct values *v, struct field_choices *out)
{
	values_collect(g, RULE_ICMP_TYPE, v);
	choose_values(g, RULE_ICMP_TYPE, v, NULL, few(g), out);
	values_forget(g, v);
	put_no_errors(g, out);
}

static void choose_dscp(const struct ground *g, struct values *v, struct field_choices *out)
{
	values_collect(g, RULE_DSCP, v);
	if (v->n_attack && v->attack[v->n_attack - 1] > 0) /* what all have says nothing */
		choose_values(g, RULE_DSCP, v, NULL, few(g), out);
	values_forget(g, v);
}

static void choose_fragments(const struct ground *g, struct values *v, struct field_choices *out)
{
	const double *a = g->histogram->attack;
	double whole, later, first;
	struct rule_condition *c;

	values_collect(g, RULE_FRAGMENT, v);
	whole = a[0];
	later = a[FRAGMENT_IS];
	first = a[FRAGMENT_FIRST];
	values_forget(g, v);
	if (later + first > SINGLE_LEAST * v->all_attack) {
		c = choice_begin(out, RULE_FRAGMENT);
		choice_put(c, FRAGMENT_IS, FRAGMENT_IS);
		choice_finish(out, c);
		c = choice_begin(out, RULE_FRAGMENT);
		choice_put(c, FRAGMENT_IS, FRAGMENT_IS);
		choice_put(c, FRAGMENT_FIRST, FRAGMENT_FIRST);
		choice_finish(out, c);
	}
	if (whole > SINGLE_LEAST * v->all_attack && later + first > 0) {
		c = choice_begin(out, RULE_FRAGMENT);
		choice_put(c, 0, FRAGMENT_IS | FRAGMENT_FIRST);
		choice_finish(out, c);
	}
}

/* ---- ports ---- */

static bool any_value(uint16_t port)
{
	return port > 0;
}

/*
 * A reflector answers to ports that the attacker drew; where UDP goes to ports that are spread, any
 * source port is a service's.
 */
static bool goes_anywhere(const struct ground *g, struct values *v)
{
	double most = 0;

	if (only_protocol(g->draft) != PROTO_UDP)
		return false;
	values_collect(g, RULE_DESTINATION_PORT, v);
	for (unsigned i = 0; i < v->n_attack; i++)
		if (g->histogram->attack[v->attack[i]] > most)
			most = g->histogram->attack[v->attack[i]];
	values_forget(g, v);
	return most < SPREAD_MOST * v->all_attack;
}

static void choose_source_ports(const struct ground *g, struct values *v, struct field_choices *out)
{
	bool any = (g->with & WITH_ANY_PORT) || goes_anywhere(g, v);

	values_collect(g, RULE_SOURCE_PORT, v);
	choose_values(g, RULE_SOURCE_PORT, v, any ? any_value : field_port_lasts,
		      (g->with & WITH_ANY_PORT) ? CHOSEN_LEAST : few(g), out);
	values_forget(g, v);
}

/* All ports but those that good packets go to. */
static void put_other_ports(const struct values *v, struct field_choices *out)
{
	struct rule_condition *c = choice_begin(out, RULE_DESTINATION_PORT);
	uint32_t from = 0;

	if (v->n_good >= RULE_RANGES_MAX)
		return;
	for (unsigned i = 0; i < v->n_good; i++) {
		if (v->good[i] > from)
			choice_put(c, (uint16_t)from, (uint16_t)(v->good[i] - 1));
		from = v->good[i] + 1u;
	}
	if (from <= UINT16_MAX)
		choice_put(c, (uint16_t)from, UINT16_MAX);
	choice_finish(out, c);
}

static void choose_destination_ports(const struct ground *g, struct values *v,
				     struct field_choices *out)
{
	values_collect(g, RULE_DESTINATION_PORT, v);
	choose_values(g, RULE_DESTINATION_PORT, v, NULL, few(g), out);
	if (v->n_good)
		put_other_ports(v, out);
	values_forget(g, v);
}

void fields_choose(const struct ground *g, struct field_choices *out)
{
	uint8_t protocol = only_protocol(g->draft);
	struct values v;

	out->n = 0;
	if (!draft_find(g->draft, RULE_PROTOCOL))
		choose_protocols(g, &v, out);
	if (!draft_find(g->draft, RULE_FRAGMENT))
		choose_fragments(g, &v, out);
	if ((g->with & WITH_LENGTHS) && !draft_find(g->draft, RULE_LENGTH))
		choose_lengths(g, &v, out);
	if (!draft_find(g->draft, RULE_DSCP))
		choose_dscp(g, &v, out);
	if (protocol == PROTO_TCP && !draft_find(g->draft, RULE_TCP_FLAGS))
		choose_flags(g, &v, out);
	if ((protocol == PROTO_ICMP || protocol == PROTO_ICMP6) &&
	    !draft_find(g->draft, RULE_ICMP_TYPE))
		choose_icmp(g, &v, out);
	if (protocol != PROTO_TCP && protocol != PROTO_UDP)
		return;
	if (!draft_find(g->draft, RULE_SOURCE_PORT))
		choose_source_ports(g, &v, out);
	if (!draft_find(g->draft, RULE_DESTINATION_PORT))
		choose_destination_ports(g, &v, out);
}
