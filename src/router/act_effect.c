/* SPDX-License-Identifier: ISC */
/*
 * The effect of what stands, looked at each ten seconds: it is in the pages and in the status of
 * the role. It is written down, read anew, with the end of the measure, with its other changes, and
 * by a line of its own ever more rarely (effect_is_due()), so that the log does not fill with
 * figures.
 */
#include <errno.h>
#include <string.h>

#include "router/act_inside.h"
#include "router/effect.h"

#define EFFECT_US      (10 * US_PER_S)
#define EFFECTS_A_TURN 16
#define FRESH_US       (15 * US_PER_S) /* how old the watch's status may be */

void act_effect_dropped(struct measure_effect *e, uint64_t packets, uint64_t bytes)
{
	e->at_us = clock_real_us();
	e->dropped_packets = packets < INT64_MAX ? (int64_t)packets : INT64_MAX;
	e->dropped_bytes = bytes < INT64_MAX ? (int64_t)bytes : INT64_MAX;
}

/* Return: could its counter be read? */
static bool read_counter(struct act *a, struct act_measure *am)
{
	struct act_router *ar = act_home(a, &am->m);
	uint64_t packets = 0, bytes = 0;

	if (!ar || ar->r->ops->counter(ar->r, &am->m, &packets, &bytes))
		return false;
	act_effect_dropped(&am->m.effect, packets, bytes);
	return true;
}

/* What one look finds. */
struct look {
	struct incident *inc; /* owned; NULL unread */
	json_t *status;	      /* owned; NULL: no watch runs */
	struct effect_watch watch;
	bool counted;
};

static void look_deinit(struct look *k)
{
	incident_free(k->inc);
	json_decref(k->status);
}
#define _cleanup_look_ _cleanup_(look_deinit)

/* The watch's status, where it is of now. */
static json_t *fresh_status(struct act *a, int64_t now_us, int64_t *at_us)
{
	_cleanup_text_ struct text json = TEXT_NULL;

	if (store_get_status(a->watch, &json, at_us) || *at_us < now_us - FRESH_US ||
	    *at_us > now_us + FRESH_US)
		return NULL;
	return json_loads(text_str(&json), 0, NULL);
}

/* What is behind the point counts only when it stood all the time that is looked at. */
static bool stood_since(const struct act_measure *am, int64_t from_us, int64_t now_us)
{
	return am->has_us && now_us - (clock_mono_us() - am->has_us) <= from_us;
}

static void read_effect(struct act *a, struct act_measure *am, struct look *k)
{
	const struct conf_neighbor *n = act_home_neighbor(a, &am->m);
	struct measure_effect *e = &am->m.effect;
	int64_t status_us = TIME_NONE;

	k->counted = read_counter(a, am);
	e->at_us = clock_real_us();
	e->before_bps = e->after_bps = -1;
	if (!n || !a->watch || store_get(a->watch, am->m.incident, &k->inc))
		return;
	k->status = fresh_status(a, e->at_us, &status_us);
	effect_watch(k->inc, a->conf, k->status, status_us, e->at_us, &k->watch);
	effect_sides(k->inc, a->conf, n, &k->watch, &e->before_bps, &e->after_bps);
	if (!stood_since(am, k->watch.from_us, e->at_us))
		e->after_bps = -1;
}

void act_effect_last(struct act *a, struct act_measure *am, const char *word)
{
	static const char *const ends[] = {"expire", "withdraw", "lapse"};

	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (strcmp(word, ends[i]) == 0 && am->in_router)
			read_counter(a, am);
	am->row_us = clock_real_us();
}

static void write_down(struct act *a, struct act_measure *am)
{
	const struct measure_effect *e = &am->m.effect;
	int64_t since_us = am->m.applied_us;
	bool known = e->before_bps >= 0 || e->after_bps >= 0 || e->dropped_packets >= 0;

	if (!am->row_us)
		am->row_us = since_us;
	if (!known || !effect_is_due(since_us, am->row_us, e->at_us))
		return;
	am->row_us = e->at_us;
	if (act_write(a, am, measure_stage_name(am->m.stage), "effect", "noroshi", "") == -ENOMEM)
		a->fatal = -ENOMEM;
}

void act_effect_tick(struct act *a)
{
	unsigned looked = 0;
	int64_t mono_us = clock_mono_us();

	for (size_t i = 0; i < a->n && looked < EFFECTS_A_TURN; i++) {
		struct act_measure *am = a->list[i];
		_cleanup_look_ struct look k = {.inc = NULL};

		if (!measure_is_in_force(&am->m) || !am->in_router || mono_us < am->effect_us ||
		    act_probe_holds(a, am))
			continue;
		am->effect_us = mono_us + EFFECT_US;
		read_effect(a, am, &k);
		act_lift_look(a, am, k.inc, &k.watch, k.counted);
		write_down(a, am);
		looked++;
	}
}
