/* SPDX-License-Identifier: ISC */
/*
 * The attacks that notices speak of. Those of a scenario come from its plan, so that they bear the
 * names of its truth and nothing needs to be sent. The ledger is a quarter of attacks without
 * traffic, made to be hard to tell apart: targets that are hit again within hours, neighbours that
 * are hit at the same time, attacks on whole prefixes.
 */
#include "drill/notices.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "drill/engine.h"

#define LEDGER_ATTACKS 300
#define LEDGER_DAYS    92
#define LEDGER_START   "2008-06-01T00:00:00Z"
#define MINUTE_US      (60 * US_PER_S)
#define HOUR_US	       (60 * MINUTE_US)
#define DAY_US	       (24 * HOUR_US)
#define SALT	       0x6e6f7469u

static void set_object(struct noticed_attack *a, const json_t *protected)
{
	struct prefix target, p;
	const json_t *o;
	size_t i;

	if (prefix_parse(a->target, true, &target))
		return;
	json_array_foreach(protected, i, o)
	{
		const char *name = json_string_value(json_object_get(o, "name"));

		if (prefix_parse(json_string_value(json_object_get(o, "prefix")), true, &p) == 0 &&
		    prefix_covers(&p, &target))
			snprintf(a->object, sizeof(a->object), "%s", name);
	}
}

static void add_links(struct noticed_attack *a, uint8_t mask)
{
	for (unsigned l = 0; l < LINKS; l++) {
		bool there = false;

		for (unsigned i = 0; i < a->n_links; i++)
			there |= a->link[i] == world_link_name(l);
		if (!there && (mask ? mask >> l & 1 : l == 0))
			a->link[a->n_links++] = world_link_name(l);
	}
}

static void widen(struct noticed_attack *a, int64_t from_us, int64_t until_us)
{
	if (from_us < a->first_us)
		a->first_us = from_us;
	if (until_us > a->last_us)
		a->last_us = until_us;
}

static void take_row(struct noticed_attack *a, const struct attack_row *row, size_t i)
{
	*a = (struct noticed_attack){.first_us = INT64_MAX, .last_us = INT64_MIN};
	snprintf(a->id, sizeof(a->id), "a%03zu", i + 1);
	snprintf(a->target, sizeof(a->target), "%s", row->target);
	for (unsigned v = 0; v < row->n_vectors && v < NOTICE_ATTACK_PARTS; v++) {
		a->part[v].vector = row->vector[v].vector;
		a->part[v].port = row->vector[v].port;
	}
	a->n_parts = row->n_vectors;
}

/* The rows of the plan that feed each attack say when and over which links it comes. */
static void take_times(const struct drill *d, struct noticed_attack *all)
{
	int64_t base_us = d->base_ns / NS_PER_US;

	for (size_t i = 0; i < d->plan.n_floods; i++) {
		const struct flood_row *f = &d->plan.floods[i];

		if (f->attack < 0)
			continue;
		widen(&all[f->attack], base_us + (int64_t)f->from_ms * US_PER_MS,
		      base_us + (int64_t)f->until_ms * US_PER_MS);
		add_links(&all[f->attack], f->links);
	}
	for (size_t i = 0; i < d->plan.n_loads; i++) {
		const struct load_row *l = &d->plan.loads[i];

		if (l->attack < 1)
			continue;
		widen(&all[l->attack - 1], base_us + (int64_t)l->from_ms * US_PER_MS,
		      base_us + (int64_t)l->until_ms * US_PER_MS);
		add_links(&all[l->attack - 1], l->links);
	}
}

static void find_span(struct noticed_attacks *a)
{
	a->from_us = INT64_MAX;
	a->until_us = INT64_MIN;
	for (unsigned i = 0; i < a->n; i++) {
		a->from_us = a->list[i].first_us < a->from_us ? a->list[i].first_us : a->from_us;
		a->until_us = a->list[i].last_us > a->until_us ? a->list[i].last_us : a->until_us;
	}
}

static int take_plan(struct drill *d, const json_t *protected, struct noticed_attacks *out)
{
	struct noticed_attack *all = calloc(d->plan.n_attacks + 1, sizeof(*all));

	if (!all)
		return -ENOMEM;
	for (size_t i = 0; i < d->plan.n_attacks; i++)
		take_row(&all[i], &d->plan.attacks[i], i);
	take_times(d, all);
	for (size_t i = 0; i < d->plan.n_attacks; i++) {
		if (all[i].last_us == INT64_MIN || d->plan.attacks[i].scan)
			continue;
		set_object(&all[i], protected);
		all[out->n++] = all[i];
	}
	out->list = all;
	return 0;
}

static int from_scenario(const char *name, uint64_t seed, const json_t *protected,
			 struct noticed_attacks *out)
{
	struct drill *d = drill_new(name, seed, &(struct drill_options){.no_background = true});
	int r = d ? take_plan(d, protected, out) : errno ? -errno : -ENOMEM;

	drill_free(d);
	return r;
}

static void draw_parts(struct noticed_attack *a, struct rng *r)
{
	static const struct {
		enum vector vector;
		uint16_t port;
	} usual[] = {
		{VECTOR_SYN_FLOOD, 0},	    {VECTOR_SYN_FLOOD, 0},
		{VECTOR_SYN_FLOOD, 0},	    {VECTOR_UDP_FLOOD, 0},
		{VECTOR_ICMP_FLOOD, 0},	    {VECTOR_ACK_FLOOD, 0},
		{VECTOR_AMPLIFICATION, 53}, {VECTOR_AMPLIFICATION, 123},
		{VECTOR_HTTP_FLOOD, 0},	    {VECTOR_AMPLIFICATION, 11211},
		{VECTOR_CONN_FLOOD, 0},	    {VECTOR_FRAGMENT_FLOOD, 0},
	};

	a->n_parts = 1 + (rng_below(r, 4) == 0);
	for (unsigned i = 0; i < a->n_parts; i++) {
		unsigned k = rng_below(r, ARRAY_LEN(usual));

		a->part[i].vector = usual[k].vector;
		a->part[i].port = usual[k].port;
	}
}

static void draw_target(struct noticed_attack *a, struct rng *r)
{
	static const char *const wide[] = {"2001:db8:10::1", "198.18.64.0/24", "198.18.128.0/20"};
	unsigned k = rng_below(r, 20);

	if (k < ARRAY_LEN(wide))
		snprintf(a->target, sizeof(a->target), "%s", wide[k]);
	else
		snprintf(a->target, sizeof(a->target), "198.18.10.%u", rng_between(r, 1, SITES));
}

/* One of the ledger: by itself, or made to be mistaken for the one before. */
static void draw_attack(struct noticed_attacks *out, unsigned i, int64_t base_us, struct rng *r)
{
	struct noticed_attack *a = &out->list[i];
	const struct noticed_attack *before = i ? &out->list[i - 1] : NULL;
	unsigned how = rng_below(r, 100);
	int64_t last_us;

	*a = (struct noticed_attack){.n_links = 0};
	snprintf(a->id, sizeof(a->id), "a%03u", i + 1);
	draw_target(a, r);
	draw_parts(a, r);
	a->first_us = base_us + (int64_t)rng_below(r, LEDGER_DAYS * 86400) * US_PER_S;
	last_us = a->first_us +
		  (int64_t)rng_between(r, 90, 3600) * US_PER_S * (rng_below(r, 6) == 0 ? 5 : 1);
	if (before && how < 15) { /* the same target again, within hours */
		memcpy(a->target, before->target, sizeof(a->target));
		a->first_us = before->last_us + (int64_t)rng_between(r, 20, 720) * MINUTE_US;
		last_us = a->first_us + (int64_t)rng_between(r, 90, 3600) * US_PER_S;
	} else if (before && how < 25) { /* a neighbour, at the same time, the same way */
		a->first_us = before->first_us + (int64_t)rng_below(r, 300) * US_PER_S;
		last_us = a->first_us + (int64_t)rng_between(r, 90, 3600) * US_PER_S;
		memcpy(a->part, before->part, sizeof(a->part));
		a->n_parts = before->n_parts;
	}
	a->last_us = last_us;
	add_links(a, (uint8_t)rng_between(r, 1, LINK_ALL));
}

/* One target at one time is one attack: a later draw that falls into an earlier one gives way. */
static bool is_taken(const struct noticed_attacks *out, unsigned i)
{
	const struct noticed_attack *a = &out->list[i];

	for (unsigned k = 0; k < i; k++)
		if (strcmp(out->list[k].target, a->target) == 0 &&
		    a->first_us <= out->list[k].last_us + 5 * MINUTE_US &&
		    out->list[k].first_us <= a->last_us + 5 * MINUTE_US)
			return true;
	return false;
}

static int make_ledger(uint64_t seed, const json_t *protected, struct noticed_attacks *out)
{
	struct rng r = rng_derive(seed, SALT);
	int64_t base_us = 0;

	out->list = calloc(LEDGER_ATTACKS, sizeof(*out->list));
	if (!out->list || time_parse(LEDGER_START, &base_us))
		return -ENOMEM;
	for (out->n = 0; out->n < LEDGER_ATTACKS; out->n++) {
		do {
			draw_attack(out, out->n, base_us, &r);
		} while (is_taken(out, out->n));
		set_object(&out->list[out->n], protected);
	}
	return 0;
}

int noticed_attacks_make(const char *scenario, uint64_t seed, struct noticed_attacks *out)
{
	struct drill_options o = {.exporters = 1};
	struct world w;
	json_t *truth = json_object();
	int r;

	*out = (struct noticed_attacks){.n = 0};
	world_init(&w, 1, DRILL_SAME);
	r = truth ? world_json(&w, &o, truth) : -ENOMEM;
	if (!r && strcmp(scenario, NOTICE_LEDGER) == 0)
		r = make_ledger(seed, json_object_get(truth, "protected"), out);
	else if (!r)
		r = from_scenario(scenario, seed, json_object_get(truth, "protected"), out);
	json_decref(truth);
	if (r)
		noticed_attacks_deinit(out);
	else
		find_span(out);
	return r;
}

void noticed_attacks_deinit(struct noticed_attacks *a)
{
	free(a->list);
	*a = (struct noticed_attacks){.n = 0};
}

json_t *notice_attack_json(const struct noticed_attack *a)
{
	json_t *vectors = json_array(), *links = json_array();
	char first[TIME_TEXT_MAX], last[TIME_TEXT_MAX], name[VECTOR_NAME_MAX];

	for (unsigned i = 0; i < a->n_parts; i++)
		json_array_append_new(vectors, json_string(vector_name(a->part[i].vector,
								       a->part[i].port, name)));
	for (unsigned i = 0; i < a->n_links; i++)
		json_array_append_new(links, json_string(a->link[i]));
	return json_pack("{s{sssssssssssoso}}", "attack", "id", a->id, "target", a->target,
			 "object", a->object, "first", time_format_utc(a->first_us, first), "last",
			 time_format_utc(a->last_us, last), "vectors", vectors, "links", links);
}

static int print_line(FILE *out, json_t *o)
{
	int bad = !o || json_dumpf(o, out, JSON_COMPACT) || fputc('\n', out) == EOF;

	json_decref(o);
	return bad ? -EIO : 0;
}

int drill_notices(const char *scenario, uint64_t seed, unsigned count, bool attacks, FILE *out,
		  struct text *why)
{
	struct noticed_attacks a;
	struct rng r = rng_derive(seed, SALT + 1);
	int e = noticed_attacks_make(scenario, seed, &a);

	if (e) {
		text_printf(why, "%s: %s", scenario,
			    e == -ENOENT ? "there is no such scenario" : strerror(-e));
		return e;
	}
	for (unsigned i = 0; !e && attacks && i < a.n; i++)
		e = print_line(out, notice_attack_json(&a.list[i]));
	for (unsigned i = 0; !e && i < count; i++)
		e = print_line(out, notice_make(&a, &r));
	if (e)
		text_add(why, strerror(-e));
	noticed_attacks_deinit(&a);
	return e;
}
