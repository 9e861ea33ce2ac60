/* SPDX-License-Identifier: ISC */
#include "cli/tune_load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_US (3600 * US_PER_S)

/* ---- one object ---- */

struct loading {
	const struct said_desk *x;
	const struct conf_object *object;
	const struct tune_period *period;
	struct tune_minutes *to;
	bool by_prefix;
};

#define PREFIXES_MAX 64 /* of an object that are looked around */

static int put_row(void *userdata, const struct roll_row *row)
{
	struct loading *l = userdata;
	struct tune_minutes *m = l->to;

	if (row->track >= ROLL_TRACKS)
		return 0;
	tune_put_minutes(l->period, row, m->code[row->track]);
	if (row->floor > m->floor[row->track])
		m->floor[row->track] = row->floor;
	if (row->sampling > m->sampling)
		m->sampling = row->sampling;
	return 0;
}

static enum tune_kind kind_of(const struct said_desk *x, const struct incident *inc)
{
	switch (said_of(&x->said, x->conf, inc)) {
	case SAID_FALSE:
		return TUNE_FALSE;
	case SAID_TEST:
		return TUNE_TEST;
	case SAID_MAINTENANCE:
		return TUNE_MAINTENANCE;
	default:
		return inc->f.kind == FINDING_SCAN ? TUNE_SCAN : TUNE_REAL;
	}
}

/* One of the object, or of a prefix of several objects, of which none has it to itself. */
static bool is_of(const struct loading *l, const struct incident *inc)
{
	if (!l->by_prefix)
		return strcmp(inc->object, l->object->name) == 0;
	return !inc->object[0] && inc->f.level == LEVEL_PREFIX;
}

static bool is_there(const struct tune_minutes *m, const char *id)
{
	for (unsigned i = 0; i < m->n_incidents; i++)
		if (strcmp(m->incidents[i].id, id) == 0)
			return true;
	return false;
}

static int put_incident(void *userdata, const struct incident *inc)
{
	struct loading *l = userdata;
	struct tune_minutes *m = l->to;

	if (!is_of(l, inc) || (l->by_prefix && is_there(m, inc->id)))
		return 0;
	if (m->n_incidents == TUNE_INCIDENTS_MAX) {
		m->left_out++;
		return 0;
	}
	if (m->n_incidents == m->room) {
		unsigned room = m->room ? 2 * m->room : 64;
		struct tune_incident *p = realloc(m->incidents, room * sizeof(*p));

		if (!p)
			return -ENOMEM;
		m->incidents = p;
		m->room = room;
	}
	tune_incident_of(inc, &l->object->thresholds, &m->incidents[m->n_incidents]);
	m->incidents[m->n_incidents++].kind = kind_of(l->x, inc);
	return 0;
}

static int by_first(const void *a, const void *b)
{
	const struct tune_incident *x = a, *y = b;

	if (x->first_us != y->first_us)
		return x->first_us < y->first_us ? -1 : 1;
	return strcmp(x->id, y->id);
}

int tune_minutes(const struct said_desk *x, const struct conf_object *o,
		 const struct tune_period *p, struct tune_minutes *out)
{
	struct loading l = {.x = x, .object = o, .period = p, .to = out};
	struct store_filter f = STORE_FILTER_ALL;
	int r;

	*out = (struct tune_minutes){.sampling = 1};
	for (unsigned t = 0; t < ROLL_TRACKS; t++) {
		out->code[t] = calloc(p->n + 1, 1);
		if (!out->code[t])
			return -ENOMEM;
	}
	r = store_rolls(x->watch, o->name, p->from_us - HOUR_US, p->until_us, put_row, &l);
	if (r)
		return r;
	f.from_us = p->from_us;
	f.until_us = p->until_us;
	f.object = o->name;
	f.limit = TUNE_INCIDENTS_MAX + 1;
	r = store_list(x->watch, &f, put_incident, &l);
	f.object = NULL;
	l.by_prefix = true;
	for (size_t i = 0; r == 0 && i < o->n_prefixes && i < PREFIXES_MAX; i++) {
		f.target = &o->prefixes[i];
		r = store_list(x->watch, &f, put_incident, &l);
	}
	if (out->n_incidents)
		qsort(out->incidents, out->n_incidents, sizeof(*out->incidents), by_first);
	return r;
}

void tune_minutes_deinit(struct tune_minutes *m)
{
	for (unsigned t = 0; t < ROLL_TRACKS; t++)
		free(m->code[t]);
	free(m->incidents);
	*m = (struct tune_minutes){.sampling = 1};
}

struct tune_input tune_input_of(const struct conf_object *o, const struct tune_period *p,
				const struct tune_minutes *m, unsigned track)
{
	uint64_t threshold = roll_threshold(&o->thresholds, track);
	uint64_t floor = m->floor[track];

	/* Of a vector without any row nothing came up to the floor, which is one of today then. */
	if (!floor && threshold != RATE_NEVER)
		floor = roll_floor(&o->thresholds, track);
	return (struct tune_input){.object = o->name,
				   .track = track,
				   .threshold = threshold,
				   .course = {.from_us = p->from_us,
					      .n = p->n,
					      .code = m->code[track],
					      .seen = p->seen,
					      .floor = floor,
					      .sampling = m->sampling},
				   .incidents = m->incidents,
				   .n_incidents = m->n_incidents};
}
