/* SPDX-License-Identifier: ISC */
/*
 * What becomes of a measure. All that counts is in it and in the time: a process that died at any
 * moment, and one that was never told of a router's answer, ask for the same again. What is past
 * its end, or not approved, is not wanted, whatever its stage says; a clock that goes back brings
 * nothing back that has ended.
 */
#include <stdio.h>
#include <string.h>

#include "act/measure_inside.h"

#define TELL_30_US (30 * 60 * US_PER_S)
#define TELL_10_US (10 * 60 * US_PER_S)

int64_t measure_approve_by_us(const struct measure *m)
{
	if (measure_has(m->approve_by_us))
		return m->approve_by_us;
	/* Whoever wrote the row said nothing: the shortest that may be meant. */
	if (measure_glass_is_open(m))
		return m->approval[0].at_us + BREAK_GLASS_S * US_PER_S;
	return measure_has(m->planned_us) ? m->planned_us + MEASURE_APPROVE_S * US_PER_S
					  : INT64_MAX;
}

int64_t measure_begun_us(const struct measure *m)
{
	int64_t approved_us = m->n_approvals ? m->approval[m->n_approvals - 1].at_us : TIME_NONE;

	return measure_has(m->applied_us)   ? m->applied_us
	       : measure_has(approved_us)   ? approved_us
	       : measure_has(m->planned_us) ? m->planned_us
					    : TIME_NONE;
}

static bool glass_ran_out(const struct measure *m, int64_t now_us)
{
	return measure_glass_is_open(m) && now_us >= measure_approve_by_us(m);
}

bool measure_is_wanted(const struct measure *m, int64_t now_us)
{
	return measure_is_in_force(m) && measure_is_approved(m) && measure_has(m->until_us) &&
	       now_us < m->until_us && !glass_ran_out(m, now_us);
}

/* May a router have been told of it? Only what is or was approved is ever told. */
static bool may_be_there(const struct measure *m)
{
	return measure_has(m->applied_us) || measure_is_approved(m);
}

bool measure_is_over(const struct measure *m)
{
	return m->stage == MEASURE_GONE || (m->stage == MEASURE_LAPSED && !may_be_there(m));
}

static void wake_at(int64_t us, int64_t now_us, int64_t *wake_us)
{
	if (us > now_us && us < *wake_us)
		*wake_us = us;
}

/* A page before the end, where it stood before that moment already. */
static bool is_due(const struct measure *m, bool told, int64_t ahead_us, int64_t now_us)
{
	int64_t at_us = m->until_us - ahead_us, from_us = m->applied_us;

	if (measure_has(m->renewed_us) && m->renewed_us > from_us)
		from_us = m->renewed_us;
	return !told && measure_has(m->applied_us) && from_us <= at_us && now_us >= at_us;
}

static enum measure_do next_in_force(const struct measure *m, int64_t now_us, bool in_router,
				     int64_t *wake_us)
{
	if (!measure_is_approved(m) || glass_ran_out(m, now_us))
		return DO_LAPSE;
	if (!measure_is_wanted(m, now_us))
		return DO_TAKE_AWAY;
	wake_at(m->until_us, now_us, wake_us);
	if (measure_glass_is_open(m))
		wake_at(measure_approve_by_us(m), now_us, wake_us);
	if (!m->told_30)
		wake_at(m->until_us - TELL_30_US, now_us, wake_us);
	if (!m->told_10)
		wake_at(m->until_us - TELL_10_US, now_us, wake_us);
	/* The pages first: a router that does not answer must not keep them back. */
	if (is_due(m, m->told_10, TELL_10_US, now_us))
		return DO_TELL_10;
	if (is_due(m, m->told_30 || m->told_10, TELL_30_US, now_us))
		return DO_TELL_30;
	if (!in_router || m->stage == MEASURE_APPROVED ||
	    (measure_has(m->told_until_us) && m->told_until_us != m->until_us))
		return DO_APPLY;
	return DO_NOTHING;
}

enum measure_do measure_next(const struct measure *m, int64_t now_us, bool in_router,
			     bool attack_goes_on, int64_t *wake_us)
{
	*wake_us = INT64_MAX;
	switch (m->stage) {
	case MEASURE_PLANNED:
		if (!measure_has(m->until_us) || now_us >= m->until_us ||
		    now_us >= measure_approve_by_us(m))
			return DO_LAPSE;
		wake_at(m->until_us, now_us, wake_us);
		wake_at(measure_approve_by_us(m), now_us, wake_us);
		return DO_NOTHING;
	case MEASURE_APPROVED:
	case MEASURE_APPLIED:
	case MEASURE_VERIFIED:
		return next_in_force(m, now_us, in_router, wake_us);
	case MEASURE_EXPIRED:
		return attack_goes_on && !m->told_ended ? DO_TELL_ENDED : DO_TAKE_AWAY;
	case MEASURE_LAPSED:
		return may_be_there(m) ? DO_TAKE_AWAY : DO_NOTHING;
	case MEASURE_WITHDRAWN:
	case MEASURE_FAILED:
		return DO_TAKE_AWAY;
	default:
		return DO_NOTHING;
	}
}

static void end(struct measure *m, enum measure_stage stage, const char *by, const char *why,
		int64_t now_us)
{
	m->stage = stage;
	m->ended_us = now_us;
	text_cut(m->ended_by, sizeof(m->ended_by), by);
	text_cut(m->why, sizeof(m->why), why);
}

static bool tell(bool *told)
{
	bool changed = !*told;

	*told = true;
	return changed;
}

bool measure_did(struct measure *m, enum measure_do what, int64_t now_us)
{
	switch (what) {
	case DO_LAPSE:
		if (m->stage != MEASURE_PLANNED && !measure_is_in_force(m))
			return false;
		end(m, MEASURE_LAPSED, "", "", now_us);
		return true;
	case DO_TAKE_AWAY:
		if (!measure_is_in_force(m))
			return false;
		end(m, MEASURE_EXPIRED, "", "", now_us);
		return true;
	case DO_TELL_30:
		return tell(&m->told_30);
	case DO_TELL_10:
		m->told_30 = true;
		return tell(&m->told_10);
	case DO_TELL_ENDED:
		return tell(&m->told_ended);
	default:
		return false;
	}
}

bool measure_applied(struct measure *m, int64_t told_until_us, int64_t now_us)
{
	if (!measure_is_in_force(m))
		return false;
	if (m->stage == MEASURE_APPROVED)
		m->stage = MEASURE_APPLIED;
	if (!measure_has(m->applied_us))
		m->applied_us = now_us;
	m->told_until_us = told_until_us;
	return true;
}

bool measure_verified(struct measure *m)
{
	if (m->stage != MEASURE_APPLIED)
		return false;
	m->stage = MEASURE_VERIFIED;
	return true;
}

bool measure_failed(struct measure *m, const char *why, int64_t now_us)
{
	if (!measure_is_in_force(m))
		return false;
	end(m, MEASURE_FAILED, "", why, now_us);
	return true;
}

bool measure_withdraw(struct measure *m, const char *by, const char *why, int64_t now_us)
{
	if (m->stage != MEASURE_PLANNED && !measure_is_in_force(m))
		return false;
	end(m, MEASURE_WITHDRAWN, by, why, now_us);
	return true;
}

bool measure_propose_lift(struct measure *m, const char *en, const char *ja, int64_t now_us)
{
	struct measure_lift *l = &m->lift;

	if (!measure_is_in_force(m) || measure_has(l->proposed_us))
		return false;
	l->proposed_us = now_us;
	l->proposals++;
	snprintf(l->en, sizeof(l->en), "%s", en);
	snprintf(l->ja, sizeof(l->ja), "%s", ja);
	return true;
}

bool measure_void_lift(struct measure *m, int64_t pause_us)
{
	struct measure_lift *l = &m->lift;
	bool longer = pause_us > l->pause_us, was = measure_has(l->proposed_us);

	if (!longer && !was)
		return false;
	l->pause_us = longer ? pause_us : l->pause_us;
	l->proposed_us = TIME_NONE;
	memset(l->en, 0, sizeof(l->en));
	memset(l->ja, 0, sizeof(l->ja));
	return true;
}

bool measure_begin_probe(struct measure *m, int64_t until_us, int64_t now_us)
{
	struct measure_lift *l = &m->lift;

	if (!measure_is_in_force(m) || measure_has(l->probe_until_us))
		return false;
	l->probed_us = now_us;
	l->probe_until_us = until_us;
	l->probe_end = PROBE_NONE;
	l->probes++;
	return true;
}

bool measure_end_probe(struct measure *m, enum probe_end end)
{
	if (!measure_has(m->lift.probe_until_us))
		return false;
	m->lift.probe_until_us = TIME_NONE;
	m->lift.probe_end = end;
	return true;
}

bool measure_gone(struct measure *m, int64_t now_us)
{
	if (m->stage != MEASURE_EXPIRED && m->stage != MEASURE_WITHDRAWN &&
	    m->stage != MEASURE_LAPSED && m->stage != MEASURE_FAILED)
		return false;
	m->stage = MEASURE_GONE;
	m->gone_us = now_us;
	return true;
}
