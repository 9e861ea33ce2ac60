/* SPDX-License-Identifier: ISC */
#include "act/measure_duty.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "act/measure_inside.h"

static enum duty_means means_of(const struct plan_option *o)
{
	switch (o->kind) {
	case PLAN_RTBH:
		return MEANS_BLACKHOLE;
	case PLAN_COMMUNITY:
		return MEANS_COMMUNITY;
	case PLAN_DIVERSION:
		return MEANS_DIVERSION;
	default:
		break;
	}
	/* A filter that only limits says so; one that also drops is a filter. */
	for (unsigned i = 0; i < o->n_rules; i++)
		if (o->rule[i].action == RULE_DISCARD)
			return MEANS_FILTER;
	return !o->n_rules			    ? MEANS_FILTER
	       : o->rule[0].action == RULE_REDIRECT ? MEANS_DIVERSION
						    : MEANS_LIMIT;
}

static enum duty_standing standing_of(const struct measure *m)
{
	switch (m->stage) {
	case MEASURE_PLANNED:
		return STANDING_WAITS;
	case MEASURE_APPROVED:
		return measure_has(m->applied_us) ? STANDING_IN_FORCE : STANDING_BEGINS;
	case MEASURE_APPLIED:
	case MEASURE_VERIFIED:
		return STANDING_IN_FORCE;
	default:
		return measure_is_over(m)	    ? STANDING_OVER
		       : measure_has(m->applied_us) ? STANDING_ENDS
						    : STANDING_OVER;
	}
}

/* measure_failed() says why and by nobody; whoever withdraws has a name. */
static bool has_failed(const struct measure *m)
{
	return m->stage == MEASURE_FAILED ||
	       (m->stage == MEASURE_GONE && !m->ended_by[0] && m->why[0]);
}

static int64_t time_of(int64_t us)
{
	return measure_has(us) ? us : TIME_NONE;
}

void measure_for_duty(const struct measure *m, struct duty_measure *out)
{
	bool waits = m->stage == MEASURE_PLANNED || measure_glass_is_open(m);

	memset(out, 0, sizeof(*out));
	text_cut(out->id, sizeof(out->id), m->id);
	text_cut(out->incident, sizeof(out->incident), m->incident);
	text_cut(out->object, sizeof(out->object), m->object);
	text_cut(out->point, sizeof(out->point), m->option.point);
	text_cut(out->ended_by, sizeof(out->ended_by), m->ended_by);
	out->means = means_of(&m->option);
	out->standing = standing_of(m);
	out->begun_us = time_of(m->applied_us);
	out->until_us = time_of(m->until_us);
	out->ended_us = time_of(m->ended_us);
	out->sign_by_us = waits ? time_of(measure_approve_by_us(m)) : TIME_NONE;
	out->failed = has_failed(m);
	out->lift = measure_is_in_force(m) && measure_has(m->lift.proposed_us);
	out->measured = measure_has(m->effect.at_us);
	out->before_bps = m->effect.before_bps;
	out->after_bps = m->effect.after_bps;
}

/* ---- those of the store ---- */

void duty_measure_list_deinit(struct duty_measure_list *l)
{
	free(l->list);
	memset(l, 0, sizeof(*l));
}

struct reading {
	struct duty_measure_list *l;
	const char *incident; /* NULL: of all */
};

static int on_row(void *userdata, const struct desk_measure_row *row, bool forged)
{
	struct reading *x = userdata;
	struct duty_measure_list *l = x->l;
	_cleanup_free_ struct measure *m = NULL;
	int r;

	if (x->incident && strcmp(row->incident, x->incident) != 0)
		return 0;
	if (forged) {
		l->forged++;
		return 0;
	}
	if (l->n == l->room) {
		unsigned room = l->room ? 2 * l->room : 16;
		void *grown = realloc(l->list, room * sizeof(*l->list));

		if (!grown)
			return -ENOMEM;
		l->list = grown;
		l->room = room;
	}
	m = malloc(sizeof(*m));
	r = m ? measure_from_text(row->body, m) : -ENOMEM;
	if (r == -ENOMEM)
		return r;
	if (r)
		l->forged++;
	else
		measure_for_duty(m, &l->list[l->n++]);
	return 0;
}

int duty_measure_list_read(struct duty_measure_list *l, struct desk_db *desk, int64_t since_us)
{
	struct reading x = {.l = l};

	l->n = l->forged = 0;
	return desk_act_measures_since(desk, since_us, on_row, &x);
}

int duty_measure_list_of(struct duty_measure_list *l, struct desk_db *desk, const char *incident)
{
	struct reading x = {.l = l, .incident = incident};

	l->n = l->forged = 0;
	return desk_act_measures(desk, incident, false, on_row, &x);
}
