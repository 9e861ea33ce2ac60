/* SPDX-License-Identifier: ISC */
#include "router/effect.h"

#include <string.h>

#include "base/clock.h"

static const struct conf_interface *interface_of(const struct conf *conf,
						 const struct incident_place *p)
{
	for (size_t i = 0; i < conf->n_interfaces; i++)
		if (conf->interfaces[i].ifindex == p->input &&
		    strcmp(conf->interfaces[i].exporter, p->exporter) == 0)
			return &conf->interfaces[i];
	return NULL;
}

static bool is_before(const struct conf_neighbor *n, const struct conf_interface *i)
{
	return i->side == SIDE_OUTSIDE &&
	       (!n->n_links || conf_is_named(n->links, n->n_links, i->link));
}

struct side {
	bool seen;
	double bytes;
};

/* The part of a step that lies in the window. */
static double inside(const struct series_point *s, int64_t from_us, int64_t until_us)
{
	int64_t begin_us = s->start_us > from_us ? s->start_us : from_us;
	int64_t end_us = s->start_us + (int64_t)s->step_s * US_PER_S;

	if (end_us > until_us)
		end_us = until_us;
	if (end_us <= begin_us || !s->step_s)
		return 0;
	return (double)s->bytes * (double)(end_us - begin_us) / ((double)s->step_s * US_PER_S);
}

static double rate(const struct side *s)
{
	return s->seen ? s->bytes * 8 / EFFECT_WINDOW_S : -1;
}

void effect_sides(const struct incident *inc, const struct conf *conf,
		  const struct conf_neighbor *n, int64_t now_us, double *before_bps,
		  double *after_bps)
{
	struct side before = {.seen = false}, after = {.seen = false};

	for (unsigned i = 0; i < inc->f.n_series; i++) {
		const struct series_point *s = &inc->series[i];
		const struct conf_interface *at;
		struct side *side;

		if (!s->link || s->link > inc->n_places)
			continue;
		at = interface_of(conf, &inc->places[s->link - 1]);
		side = !at			 ? NULL
		       : is_before(n, at)	 ? &before
		       : at->side == SIDE_INSIDE ? &after
						 : NULL;
		if (!side)
			continue;
		side->seen = true;
		side->bytes += inside(s, now_us - EFFECT_WINDOW_S * US_PER_S, now_us);
	}
	*before_bps = rate(&before);
	*after_bps = rate(&after);
}

bool effect_is_measurable(const struct measure_effect *e)
{
	return (e->before_bps >= 0 && e->after_bps >= 0) ||
	       (e->dropped_bytes >= 0 && (e->before_bps >= 0 || e->after_bps >= 0));
}
