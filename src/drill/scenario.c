/* SPDX-License-Identifier: ISC */
/* The list of lists, and how rows become a plan. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "drill/assault.h"
#include "drill/plan.h"
#include "drill/week.h"

static const struct {
	const struct scenario *rows;
	const size_t *n;
} families[] = {
	{scenarios_ordinary, &n_scenarios_ordinary}, {scenarios_tcp, &n_scenarios_tcp},
	{scenarios_udp, &n_scenarios_udp},	     {scenarios_shape, &n_scenarios_shape},
	{scenarios_path, &n_scenarios_path},	     {scenarios_wide, &n_scenarios_wide},
	{scenarios_delay, &n_scenarios_delay},	     {scenarios_quarter, &n_scenarios_quarter},
	{scenarios_whose, &n_scenarios_whose},	     {scenarios_spoof, &n_scenarios_spoof},
	{scenarios_bots, &n_scenarios_bots},	     {scenarios_week, &n_scenarios_week},
	{scenarios_rule, &n_scenarios_rule},
};

const struct scenario *scenario_at(size_t i)
{
	for (size_t f = 0; f < ARRAY_LEN(families); f++) {
		if (i < *families[f].n)
			return &families[f].rows[i];
		i -= *families[f].n;
	}
	return NULL;
}

const struct scenario *scenario_find(const char *name)
{
	const struct scenario *s;

	for (size_t i = 0; (s = scenario_at(i)) != NULL; i++)
		if (strcmp(s->name, name) == 0)
			return s;
	return NULL;
}

/* @rows with room for one more and @row in it, doubling at powers of two; NULL without memory. */
static void *append(struct plan *p, void *rows, size_t *n, const void *row, size_t size)
{
	if ((*n & (*n - 1)) == 0) {
		void *grown = realloc(rows, (*n ? *n * 2 : 1) * size);

		if (!grown) {
			p->failed = true;
			return rows;
		}
		rows = grown;
	}
	memcpy((char *)rows + (*n)++ * size, row, size);
	return rows;
}

size_t plan_add_attack(struct plan *p, const struct attack_row *row)
{
	p->attacks = append(p, p->attacks, &p->n_attacks, row, sizeof(*row));
	return p->n_attacks - 1;
}

void plan_add_flood(struct plan *p, const struct flood_row *row)
{
	p->floods = append(p, p->floods, &p->n_floods, row, sizeof(*row));
}

void plan_add_load(struct plan *p, const struct load_row *row)
{
	p->loads = append(p, p->loads, &p->n_loads, row, sizeof(*row));
}

void plan_add_assault(struct plan *p, const struct assault_row *row)
{
	p->assaults = append(p, p->assaults, &p->n_assaults, row, sizeof(*row));
}

void plan_add_mute(struct plan *p, const struct mute_row *row)
{
	p->mutes = append(p, p->mutes, &p->n_mutes, row, sizeof(*row));
}

int plan_rows(struct plan *p, const struct scenario *s, uint64_t seed, bool bare)
{
	*p = (struct plan){.innocents = s->innocents,
			   .n_innocents = s->n_innocents,
			   .mute = s->mute,
			   .congestion = s->congestion};
	for (size_t i = 0; i < s->n_attacks; i++)
		plan_add_attack(p, &s->attacks[i]);
	for (size_t i = 0; i < s->n_floods; i++)
		plan_add_flood(p, &s->floods[i]);
	for (size_t i = 0; i < s->n_loads; i++)
		plan_add_load(p, &s->loads[i]);
	if (s->build)
		s->build(p, seed, bare);
	else if (!s->quiet && !bare)
		plan_add_background(p, 0, s->seconds * UINT64_C(1000), 100);
	return p->failed ? -ENOMEM : 0;
}

void plan_deinit(struct plan *p)
{
	free(p->attacks);
	free(p->floods);
	free(p->loads);
	free(p->assaults);
	free(p->mutes);
	week_free(p->week);
	*p = (struct plan){0};
}
