/* SPDX-License-Identifier: ISC */
#include "act/measure_lift.h"

#include <string.h>

#include "base/clock.h"

static const char *const state_names[LIFT_STATES] = {"new", "not_measurable", "goes_on", "quiet",
						     "over"};

const char *lift_state_name(enum lift_state s)
{
	return s < LIFT_STATES ? state_names[s] : "?";
}

void lift_init(struct lift *l, int64_t pause_us)
{
	*l = (struct lift){.packets = -1, .pause_us = pause_us > 0 ? pause_us : 0};
}

/* ---- the eyes ---- */

static void close_eye(struct lift_eye *e)
{
	e->open = e->calm = false;
}

/* What was quiet is forgotten; how large the attack was, and how it pauses, is not. */
static void begin_anew(struct lift *l, const struct lift_look *k)
{
	close_eye(&l->drops);
	close_eye(&l->before);
	l->packets = -1;
	l->stands_us = k->stands_us;
	l->loud_us = k->mono_us;
}

/* A rate between the two limits is what it was, so that one that wavers does not flicker. */
static void look_with(struct lift *l, struct lift_eye *e, double rate, double expected,
		      int64_t now_us)
{
	bool was = e->open && e->calm;
	double peak;

	e->peak = rate > e->peak ? rate : e->peak;
	peak = e->peak > expected ? e->peak : expected;
	e->calm = rate <= LIFT_CALM * peak || (was && rate <= LIFT_BACK * peak);
	if (e->calm && !was) {
		e->calm_us = now_us;
		e->most = 0;
	}
	if (was && !e->calm && now_us - e->calm_us > l->pause_us)
		l->pause_us = now_us - e->calm_us;
	e->most = rate > e->most ? rate : e->most;
	e->of = peak;
	e->now = rate;
	e->open = true;
}

static void look_at_drops(struct lift *l, const struct lift_look *k)
{
	int64_t passed_us = k->mono_us - l->last_us;

	if (k->dropped_packets < 0 || l->packets < 0 || k->dropped_packets < l->packets ||
	    passed_us <= 0)
		close_eye(&l->drops); /* no counter, or one that begins to be read */
	else
		look_with(l, &l->drops,
			  (double)(k->dropped_packets - l->packets) * US_PER_S / (double)passed_us,
			  k->expected_pps, k->mono_us);
	l->packets = k->dropped_packets;
}

static bool is_settled(const struct lift_look *k)
{
	return k->mono_us - k->stands_us >= LIFT_SETTLE_US + k->late_us;
}

static void look_before(struct lift *l, const struct lift_look *k)
{
	double peak = l->before.peak > k->expected_bps ? l->before.peak : k->expected_bps;

	if (k->before_bps < 0 || !is_settled(k)) {
		close_eye(&l->before);
		return;
	}
	l->proven |= k->before_bps > 0 && k->before_bps > LIFT_BACK * peak;
	if (l->proven)
		look_with(l, &l->before, k->before_bps, k->expected_bps, k->mono_us);
}

/* ---- what they say together ---- */

static bool is_loud(const struct lift_eye *e)
{
	return e->open && !e->calm;
}

static struct lift_view blind(const struct lift *l, const struct lift_look *k)
{
	bool waits = l->packets >= 0 || (k->before_bps >= 0 && !is_settled(k));

	return (struct lift_view){.state = waits ? LIFT_NEW : LIFT_UNSEEN,
				  .blind = waits		? BLIND_NONE
					   : k->before_bps >= 0 ? BLIND_UNPROVEN
								: BLIND_NO_EYE};
}

/* All that are open have been quiet, since the one that has been so for longest. */
static int64_t quiet_since(const struct lift *l)
{
	int64_t since_us = INT64_MAX;

	if (l->drops.open)
		since_us = l->drops.calm_us;
	if (l->before.open && l->before.calm_us < since_us)
		since_us = l->before.calm_us;
	return since_us > l->loud_us ? since_us : l->loud_us;
}

static struct lift_view judge(struct lift *l, const struct lift_look *k, uint64_t after_s)
{
	int64_t pause_us = l->pause_us > k->pause_us ? l->pause_us : k->pause_us;
	struct lift_view v = {.needed_us = (int64_t)after_s * US_PER_S};

	if (k->behind) {
		l->loud_us = k->mono_us; /* it is held up elsewhere: no quiet of its own */
		return (struct lift_view){.state = LIFT_UNSEEN, .blind = BLIND_BEHIND};
	}
	if (!l->drops.open && !l->before.open)
		return blind(l, k);
	if (is_loud(&l->drops) || is_loud(&l->before)) {
		l->loud_us = k->mono_us;
		v.state = LIFT_GOES_ON;
		return v;
	}
	if (2 * pause_us > v.needed_us)
		v.needed_us = 2 * pause_us;
	v.quiet_us = k->mono_us - quiet_since(l);
	v.state = v.quiet_us >= v.needed_us ? LIFT_OVER : LIFT_QUIET;
	return v;
}

struct lift_view lift_see(struct lift *l, const struct lift_look *k, uint64_t after_s)
{
	struct lift_view v;

	if (!k->stands_us || k->stands_us != l->stands_us || k->mono_us - l->last_us > LIFT_GAP_US)
		begin_anew(l, k);
	if (k->stands_us) {
		look_at_drops(l, k);
		look_before(l, k);
		v = judge(l, k, after_s);
	} else {
		v = (struct lift_view){.state = LIFT_NEW};
	}
	l->last_us = k->mono_us;
	return v;
}

bool lift_probe_is_enough(const struct lift *l, const struct lift_view *v, int64_t pause_us)
{
	int64_t longest_us = l->pause_us > pause_us ? l->pause_us : pause_us;

	return v->blind != BLIND_BEHIND && (longest_us <= 0 || v->quiet_us > longest_us);
}

/* ---- the course of the incident ---- */

int64_t lift_longest_pause(const struct incident *inc, int64_t until_us)
{
	int64_t longest_us = 0, end_us = TIME_NONE;
	double least_pps = LIFT_BACK * (double)inc->f.peak_pps;

	/* Those of the whole (link 0) stand first, in the order of time. */
	for (unsigned i = 0; i < inc->f.n_series && inc->series[i].link == 0; i++) {
		const struct series_point *p = &inc->series[i];

		if (p->start_us >= until_us)
			break;
		if (!p->step_s || (double)p->packets / p->step_s <= least_pps)
			continue;
		if (end_us != TIME_NONE && p->start_us - end_us > longest_us)
			longest_us = p->start_us - end_us;
		end_us = p->start_us + (int64_t)p->step_s * US_PER_S;
	}
	return longest_us;
}
