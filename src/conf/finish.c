/* SPDX-License-Identifier: ISC */
/*
 * An object's thresholds stand complete in the object, so that detectors look once. What the object
 * does not say comes from the general ones; but where it says "amplification", that is its word on
 * every port, and the general thresholds of single ports do not come along.
 *
 * The additions of the command line live here too: they change general and merged values alike.
 */
#include "conf/finish.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "conf/mistake.h"
#include "conf/schema.h"
#include "conf/suggest.h"
#include "conf/value.h"

typedef __typeof__(((struct thresholds *)NULL)->reflector[0]) reflector;

#define REFLECTORS_MAX ARRAY_LEN(((struct thresholds *)NULL)->reflector)

static int compare_ports(const void *a, const void *b)
{
	return (int)((const reflector *)a)->port - (int)((const reflector *)b)->port;
}

/* By port, without those that were named but not given. */
static void tidy_reflectors(struct thresholds *t)
{
	unsigned n = 0;

	for (unsigned i = 0; i < t->n_reflectors; i++)
		if (t->reflector[i].pps != RATE_INHERIT)
			t->reflector[n++] = t->reflector[i];
	memset(&t->reflector[n], 0, (t->n_reflectors - n) * sizeof(reflector));
	t->n_reflectors = n;
	qsort(t->reflector, n, sizeof(reflector), compare_ports);
}

static bool has_reflector(const struct thresholds *t, uint16_t port)
{
	for (unsigned i = 0; i < t->n_reflectors; i++)
		if (t->reflector[i].port == port)
			return true;
	return false;
}

/* Where both together are more than fit, the object's own ports stay and low general ones follow.
 */
static void inherit_reflectors(struct thresholds *t, const struct thresholds *from)
{
	for (unsigned i = 0; i < from->n_reflectors && t->n_reflectors < REFLECTORS_MAX; i++)
		if (!has_reflector(t, from->reflector[i].port))
			t->reflector[t->n_reflectors++] = from->reflector[i];
	qsort(t->reflector, t->n_reflectors, sizeof(reflector), compare_ports);
}

static void inherit(struct thresholds *t, const struct thresholds *from)
{
	tidy_reflectors(t);
	if (t->pps[VECTOR_AMPLIFICATION] == RATE_INHERIT)
		inherit_reflectors(t, from);
	for (int v = 0; v < VECTOR_COUNT; v++)
		if (t->pps[v] == RATE_INHERIT)
			t->pps[v] = from->pps[v];
	if (t->any_pps == RATE_INHERIT)
		t->any_pps = from->any_pps;
	if (t->any_bps == RATE_INHERIT)
		t->any_bps = from->any_bps;
	if (t->prefix24_times == 0)
		t->prefix24_times = from->prefix24_times;
	if (t->prefix20_times == 0)
		t->prefix20_times = from->prefix20_times;
	t->network_pps = from->network_pps;
	t->link_percent = from->link_percent;
}

static int fill_set(struct prefix_set **set, const void *first, size_t n, size_t step)
{
	*set = prefix_set_new();
	if (!*set)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct prefix *p = (const void *)((const uint8_t *)first + i * step);

		if (prefix_set_add(*set, p, (uint32_t)i))
			return -ENOMEM;
	}
	return 0;
}

/*
 * What is said of a link by its name counts for its interfaces. A contracted capacity is that of
 * all of them together, so it becomes the speed of an interface only where there is one.
 */
static void inherit_link(struct conf *c, const struct conf_link *l)
{
	struct conf_interface *only = NULL;
	unsigned n = 0;

	for (size_t i = 0; i < c->n_interfaces; i++) {
		struct conf_interface *f = &c->interfaces[i];

		if (strcmp(f->link, l->name) != 0)
			continue;
		if (!f->peer[0])
			memcpy(f->peer, l->peer, sizeof(f->peer));
		f->contracted_bps = l->capacity_bps;
		only = f;
		n++;
	}
	if (n == 1 && l->capacity_bps &&
	    (!only->capacity_bps || only->capacity_bps > l->capacity_bps))
		only->capacity_bps = l->capacity_bps;
}

static int fill_object_set(struct conf *c)
{
	c->object_set = prefix_set_new();
	if (!c->object_set)
		return -ENOMEM;
	for (size_t i = 0; i < c->n_objects; i++)
		for (size_t j = 0; j < c->objects[i].n_prefixes; j++)
			if (prefix_set_add(c->object_set, &c->objects[i].prefixes[j], (uint32_t)i))
				return -ENOMEM;
	return 0;
}

static uint32_t days_of(const struct conf_shift *s)
{
	static const uint32_t word[] = {
		[CONF_MON] = 1,	 [CONF_TUE] = 2,       [CONF_WED] = 4,
		[CONF_THU] = 8,	 [CONF_FRI] = 16,      [CONF_SAT] = 32,
		[CONF_SUN] = 64, [CONF_WEEKDAYS] = 31, [CONF_WEEKEND] = 96,
	};
	uint32_t days = 0;

	for (size_t i = 0; i < s->n_day_words; i++)
		days |= word[s->day_words[i]];
	return s->n_day_words ? days : DAYS_ALL;
}

/* Whom only kinds of one router can be asked of need not say which; a twin without one takes all.
 */
static uint32_t takes_of(const struct conf_neighbor *n)
{
	uint32_t takes = 0;

	for (size_t i = 0; i < n->n_take_words; i++)
		takes |= UINT32_C(1) << n->take_words[i];
	if (takes || n->kind == ROUTER_EXABGP)
		return takes;
	return n->kind == ROUTER_NFTABLES ? TAKES_NFTABLES
					  : TAKES_RTBH | TAKES_FLOWSPEC | TAKES_NFTABLES |
						    TAKES_COMMUNITY | TAKES_DIVERSION;
}

static void finish_act(struct conf_act *a)
{
	if (!a->override.dated_us)
		a->override.dated_us = TIME_NONE;
	for (size_t i = 0; i < a->n_neighbors; i++)
		a->neighbors[i].takes = takes_of(&a->neighbors[i]);
}

_Static_assert(offsetof(struct conf_own, prefix) == 0, "fill_set() reads the prefix first");
_Static_assert(offsetof(struct conf_shared, prefix) == 0, "fill_set() reads the prefix first");

int finish_conf(struct conf *c)
{
	tidy_reflectors(&c->thresholds);
	for (size_t i = 0; i < c->n_objects; i++)
		inherit(&c->objects[i].thresholds, &c->thresholds);
	for (size_t i = 0; i < c->n_links; i++)
		inherit_link(c, &c->links[i]);
	for (size_t i = 0; i < c->duty.n_shifts; i++)
		c->duty.shifts[i].days = days_of(&c->duty.shifts[i]);
	finish_act(&c->act);
	if (fill_set(&c->own_set, c->own, c->n_own, sizeof(c->own[0])) ||
	    fill_set(&c->darknet_set, c->darknets, c->n_darknets, sizeof(c->darknets[0])) ||
	    fill_set(&c->shared_set, c->shared, c->n_shared, sizeof(c->shared[0])) ||
	    fill_set(&c->never_set, c->never_touch, c->n_never_touch, sizeof(c->never_touch[0])))
		return -ENOMEM;
	return fill_object_set(c);
}

/* Additions of the command line. */

int conf_override_own(struct conf *c, const char *text, struct text *errors)
{
	const struct conf_key row = {
		.name = "", .type = TYPE_PREFIX, .size = sizeof(struct prefix)};
	_cleanup_text_ struct text why = TEXT_NULL;
	struct prefix p;
	struct conf_own *own;

	if (value_read(&row, text, &p, &why)) {
		text_printf(errors, "%s\n", text_str(&why));
		return -EINVAL;
	}
	for (size_t i = 0; i < c->n_own; i++)
		if (prefix_equal(&c->own[i].prefix, &p))
			return 0;
	own = realloc(c->own, (c->n_own + 1) * sizeof(*own));
	if (!own)
		return -ENOMEM;
	c->own = own;
	memset(&own[c->n_own], 0, sizeof(*own));
	own[c->n_own].prefix.addr = p.addr;
	own[c->n_own].prefix.len = p.len;
	if (prefix_set_add(c->own_set, &p, (uint32_t)c->n_own))
		return -ENOMEM;
	c->n_own++;
	return 0;
}

#define WORD_ALL      "all"
#define WORD_ANY      "any"
#define WORD_ANY_BITS "any_bits"

static void set_all(struct thresholds *t, uint64_t pps)
{
	for (int v = 0; v < VECTOR_COUNT; v++)
		t->pps[v] = pps;
	t->any_pps = pps;
	t->n_reflectors = 0;
	memset(t->reflector, 0, sizeof(t->reflector));
}

static int set_reflector(struct thresholds *t, uint16_t port, uint64_t pps)
{
	unsigned i = 0;

	while (i < t->n_reflectors && t->reflector[i].port != port)
		i++;
	if (i >= REFLECTORS_MAX)
		return -ENOSPC;
	if (i == t->n_reflectors)
		t->n_reflectors++;
	t->reflector[i].port = port;
	t->reflector[i].pps = pps;
	qsort(t->reflector, t->n_reflectors, sizeof(reflector), compare_ports);
	return 0;
}

struct override {
	bool all, any, bits;
	enum vector vector;
	uint16_t port;
	uint64_t rate;
};

static int apply(struct thresholds *t, const struct override *o)
{
	if (o->all) {
		set_all(t, o->rate);
	} else if (o->any) {
		*(o->bits ? &t->any_bps : &t->any_pps) = o->rate;
	} else if (o->port) {
		return set_reflector(t, o->port, o->rate);
	} else {
		t->pps[o->vector] = o->rate;
		if (o->vector == VECTOR_AMPLIFICATION)
			t->n_reflectors = 0;
	}
	return 0;
}

/* "any" takes packets or bits; the unit tells which. */
static bool is_bits(const char *rate)
{
	uint64_t v;

	return conf_parse_pps(rate, &v) != 0 && conf_parse_bps(rate, &v) == 0;
}

static int parse_what(const char *word, const char *rate, struct override *o, struct text *errors)
{
	char q[QUOTE_MAX];

	o->all = strcmp(word, WORD_ALL) == 0;
	o->bits = strcmp(word, WORD_ANY_BITS) == 0;
	o->any = o->bits || strcmp(word, WORD_ANY) == 0;
	if (o->any && is_bits(rate))
		o->bits = true;
	if (o->all || o->any || vector_parse(word, &o->vector, &o->port) == 0)
		return 0;
	text_printf(errors, "%s is not a vector", quote(word, q));
	suggest_vector(word, errors);
	text_add(errors, "\n");
	return -EINVAL;
}

static int parse_override(const char *text, struct override *o, struct text *errors)
{
	struct conf_key row = {.name = "",
			       .flags = KEY_NEVER,
			       .size = 8,
			       .min = 1,
			       .max = UINT64_C(1000000000000000)};
	const char *equals = strchr(text, '=');
	_cleanup_text_ struct text word = TEXT_NULL, why = TEXT_NULL;
	char q[QUOTE_MAX];

	if (!equals || equals == text || !equals[1]) {
		text_printf(errors, "%s is not VECTOR=RATE\n", quote(text, q));
		return -EINVAL;
	}
	text_add_n(&word, text, (size_t)(equals - text));
	if (parse_what(text_str(&word), equals + 1, o, errors))
		return -EINVAL;
	row.type = o->bits ? TYPE_BPS : TYPE_PPS;
	if (value_read(&row, equals + 1, &o->rate, &why) == 0)
		return 0;
	text_printf(errors, "%s: %s\n", text_str(&word), text_str(&why));
	return -EINVAL;
}

int conf_override_threshold(struct conf *c, const char *text, struct text *errors)
{
	struct override o = {.port = 0};
	int rc = parse_override(text, &o, errors);

	if (rc)
		return rc;
	rc = apply(&c->thresholds, &o);
	for (size_t i = 0; !rc && i < c->n_objects; i++)
		rc = apply(&c->objects[i].thresholds, &o);
	if (rc == -ENOSPC) {
		text_printf(errors, "no more than %zu ports may have their own threshold\n",
			    REFLECTORS_MAX);
		return -EINVAL;
	}
	return rc;
}
