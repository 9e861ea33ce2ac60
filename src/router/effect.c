/* SPDX-License-Identifier: ISC */
#include "router/effect.h"

#include <string.h>

#include "base/clock.h"

#define SILENT_S   30 /* an exporter that says nothing for longer sees nothing */
#define INACTIVE_S 15 /* how late a short flow is told where nobody says how late */

/* ---- who sees ---- */

static const struct conf_interface *interface_of(const struct conf *conf,
						 const struct incident_place *p)
{
	for (size_t i = 0; i < conf->n_interfaces; i++)
		if (conf->interfaces[i].ifindex == p->input &&
		    strcmp(conf->interfaces[i].exporter, p->exporter) == 0)
			return &conf->interfaces[i];
	return NULL;
}

static const json_t *exporter_of(const json_t *exporters, const char *name)
{
	const json_t *e;
	size_t i;

	json_array_foreach(exporters, i, e)
	{
		const char *other = json_string_value(json_object_get(e, "name"));

		if (other && strcmp(other, name) == 0)
			return e;
	}
	return NULL;
}

/* Seconds since it told something; < 0 not known, or it never did. */
static double silent_s(const json_t *exporters, const char *name)
{
	const json_t *e = exporter_of(exporters, name);
	const json_t *silent = json_object_get(e, "silent_s");

	return json_is_false(json_object_get(e, "spoke")) || !json_is_number(silent)
		       ? -1
		       : json_number_value(silent);
}

static bool hears_all(const json_t *exporters, const struct incident *inc)
{
	for (unsigned i = 0; i < inc->f.n_exporters; i++) {
		double s = silent_s(exporters, inc->exporters[i]);

		if (s < 0 || s >= SILENT_S)
			return false;
	}
	return inc->f.n_exporters > 0;
}

static bool tells_at_once(const json_t *exporter)
{
	const json_t *formats = json_object_get(exporter, "formats"), *f;
	size_t i;

	json_array_foreach(formats, i, f)
	{
		const char *name = json_string_value(f);

		if (!name || (strcmp(name, "sflow") != 0 && strcmp(name, "packets") != 0))
			return false;
	}
	return json_array_size(formats) > 0;
}

static uint32_t seconds_of(const json_t *timeouts, const char *key)
{
	json_int_t s = json_integer_value(json_object_get(timeouts, key));

	return s > 0 && s < UINT32_MAX ? (uint32_t)s : 0;
}

/* How late it tells of a flow. */
static uint32_t delay_s(const struct conf *conf, const json_t *exporters, const char *name)
{
	const json_t *e = exporter_of(exporters, name), *told = json_object_get(e, "timeouts");
	uint32_t s = 0, idle_s = seconds_of(told, "inactive_s");

	if (tells_at_once(e))
		return 0;
	for (size_t i = 0; i < conf->n_exporters; i++)
		if (strcmp(conf->exporters[i].name, name) == 0)
			s = conf->exporters[i].active_timeout_s;
	s = s ? s : seconds_of(told, "active_s");
	s = s ? s : seconds_of(told, "longest_flow_s");
	idle_s = idle_s ? idle_s : INACTIVE_S;
	return s > idle_s ? s : idle_s;
}

void effect_watch(const struct incident *inc, const struct conf *conf, const json_t *status,
		  int64_t at_us, int64_t now_us, struct effect_watch *out)
{
	const json_t *exporters = json_object_get(status, "exporters");
	uint32_t late_s = 0;

	for (unsigned i = 0; i < inc->n_places; i++) {
		uint32_t s = interface_of(conf, &inc->places[i])
				     ? delay_s(conf, exporters, inc->places[i].exporter)
				     : 0;

		late_s = s > late_s ? s : late_s;
	}
	out->exporters = hears_all(exporters, inc) ? exporters : NULL;
	out->at_us = at_us;
	out->until_us = now_us - ((int64_t)late_s + EFFECT_LATE_S) * US_PER_S;
	out->from_us = out->until_us - EFFECT_WINDOW_S * US_PER_S;
}

/* ---- what is seen ---- */

static bool is_before(const struct conf_neighbor *n, const struct conf_interface *i)
{
	return i->side == SIDE_OUTSIDE &&
	       (!n->n_links || conf_is_named(n->links, n->n_links, i->link));
}

struct side {
	bool shows; /* the attack, now or once */
	bool deaf;  /* one who showed it was not heard since */
	double bytes;
};

/* The part of a step that lies in the window. */
static double inside(const struct series_point *s, const struct effect_watch *w)
{
	int64_t begin_us = s->start_us > w->from_us ? s->start_us : w->from_us;
	int64_t end_us = s->start_us + (int64_t)s->step_s * US_PER_S;

	if (end_us > w->until_us)
		end_us = w->until_us;
	if (end_us <= begin_us || !s->step_s)
		return 0;
	return (double)s->bytes * (double)(end_us - begin_us) / ((double)s->step_s * US_PER_S);
}

/* Was it heard when the window was over, so that what it did not tell of was not there? */
static bool is_heard(const struct effect_watch *w, const char *exporter)
{
	double s = silent_s(w->exporters, exporter);

	return s >= 0 && s < 1e9 && w->at_us - (int64_t)(s * US_PER_S) >= w->until_us;
}

static double rate(const struct side *s)
{
	return s->shows && !s->deaf ? s->bytes * 8 / EFFECT_WINDOW_S : -1;
}

void effect_sides(const struct incident *inc, const struct conf *conf,
		  const struct conf_neighbor *n, const struct effect_watch *w, double *before_bps,
		  double *after_bps)
{
	struct side before = {.shows = false}, after = {.shows = false}, *last = NULL;
	uint16_t link = 0; /* points stand link by link */

	for (unsigned i = 0; w->exporters && i < inc->f.n_series; i++) {
		const struct series_point *s = &inc->series[i];
		const struct incident_place *p;
		const struct conf_interface *at;

		if (!s->link || s->link > inc->n_places)
			continue;
		if (s->link != link) {
			link = s->link;
			p = &inc->places[link - 1];
			at = interface_of(conf, p);
			last = !at			 ? NULL
			       : is_before(n, at)	 ? &before
			       : at->side == SIDE_INSIDE ? &after
							 : NULL;
			if (last) {
				last->shows = true;
				last->deaf |= !is_heard(w, p->exporter);
			}
		}
		if (last)
			last->bytes += inside(s, w);
	}
	*before_bps = rate(&before);
	*after_bps = rate(&after);
}

bool effect_is_due(int64_t since_us, int64_t row_us, int64_t now_us)
{
	int64_t stood_us = row_us - since_us, wait_us = stood_us;

	if (wait_us < EFFECT_LEAST_S * US_PER_S)
		wait_us = EFFECT_LEAST_S * US_PER_S;
	if (wait_us > EFFECT_MOST_S * US_PER_S)
		wait_us = EFFECT_MOST_S * US_PER_S;
	return now_us - row_us >= wait_us;
}
