/* SPDX-License-Identifier: ISC */
/*
 * The effect of what stands, looked at each ten seconds: it is in the pages, and is written down
 * with the next change of the measure, so that the log does not fill with figures.
 */
#include <string.h>

#include "router/act_inside.h"
#include "router/effect.h"

#define EFFECT_US      (10 * US_PER_S)
#define EFFECTS_A_TURN 16

void act_effect_dropped(struct measure_effect *e, uint64_t packets, uint64_t bytes)
{
	e->dropped_packets = packets < INT64_MAX ? (int64_t)packets : INT64_MAX;
	e->dropped_bytes = bytes < INT64_MAX ? (int64_t)bytes : INT64_MAX;
}

/* Return: could its counter be read? */
static bool read_counter(struct act *a, struct act_measure *am)
{
	struct act_router *ar = act_router_of(a, am->m.option.point);
	uint64_t packets = 0, bytes = 0;

	if (!ar || ar->r->ops->counter(ar->r, &am->m, &packets, &bytes))
		return false;
	act_effect_dropped(&am->m.effect, packets, bytes);
	return true;
}

static void look(struct act *a, struct act_measure *am)
{
	const struct conf_neighbor *n = conf_act_neighbor(a->conf, am->m.option.point);
	struct measure_effect *e = &am->m.effect;
	_cleanup_incident_ struct incident *inc = NULL;
	bool counted = read_counter(a, am);

	e->at_us = clock_real_us();
	e->before_bps = e->after_bps = -1;
	if (n && a->watch && store_get(a->watch, am->m.incident, &inc) == 0)
		effect_sides(inc, a->conf, n, e->at_us, &e->before_bps, &e->after_bps);
	act_lift_look(a, am, inc, counted);
}

void act_effect_tick(struct act *a)
{
	unsigned looked = 0;
	int64_t mono_us = clock_mono_us();

	for (size_t i = 0; i < a->n && looked < EFFECTS_A_TURN; i++) {
		struct act_measure *am = a->list[i];

		if (!measure_is_in_force(&am->m) || !am->in_router || mono_us < am->effect_us ||
		    act_probe_holds(a, am))
			continue;
		am->effect_us = mono_us + EFFECT_US;
		look(a, am);
		looked++;
	}
}
