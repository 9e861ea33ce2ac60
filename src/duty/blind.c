/* SPDX-License-Identifier: ISC */
#include "duty/blind.h"

#include <string.h>

static const double within_s[] = {1, 10, 60};

/* One way of exporting, while its figures are being made. */
struct making {
	const json_t *usual;
	struct thresholds thresholds;
	struct blind *blind;
	struct blind_question q;
	enum blind_extent extent;
	bool thinned;
};

#define THINNED_S                                                                                  \
	2 /* within less, the beginning of an attack may be lost while records are many            \
	   */

static struct blind_usual usual_of_json(const json_t *usual, const char *detector)
{
	const json_t *one = json_object_get(json_object_get(usual, "vectors"), detector);

	return (struct blind_usual){
		.known = json_is_true(json_object_get(usual, "known")),
		.pps = json_number_value(json_object_get(one, "pps")),
		.explained_pps = json_number_value(json_object_get(one, "explained_pps")),
		.answering_pps = json_number_value(json_object_get(one, "answering_pps")),
		.answers = json_number_value(json_object_get(one, "answers")),
	};
}

/* More than the link can carry: no such attack can be there, so within that time none is seen. */
static json_t *beyond_json(json_t *o)
{
	json_object_set_new(o, "pps", json_null());
	json_object_set_new(o, "bps", json_null());
	json_object_set_new(o, "why_never", json_string("beyond_capacity"));
	return o;
}

static json_t *answer_json(const struct making *m, const struct blind_answer *a)
{
	json_int_t seconds = (json_int_t)a->seconds;
	json_t *o = json_pack("{s:I, s:I, s:I, s:f}", "seconds", seconds, "seen_after_s",
			      seconds + m->q.view.delay_s, "pps", (json_int_t)a->pps, "confidence",
			      a->confidence);

	if (m->q.level == BLIND_LINK && a->bps > m->q.link_bps)
		return beyond_json(o);
	if (a->bps)
		json_object_set_new(o, "bps", json_integer((json_int_t)a->bps));
	if (a->at_least || (m->thinned && a->seconds < THINNED_S))
		json_object_set_new(o, "at_least", json_true());
	return o;
}

/*
 * What is seen within each time. Return: NULL where nothing ever is, with the reason.
 */
static json_t *within_json(struct making *m, uint64_t *threshold, enum blind_reason *why)
{
	json_t *within = json_array();

	for (size_t i = 0; i < ARRAY_LEN(within_s); i++) {
		struct blind_answer a;

		if (m->extent == BLIND_BRIEF && within_s[i] != 10)
			continue;
		m->q.seconds = within_s[i];
		a = blind_ask(m->blind, &m->q);
		*threshold = a.threshold;
		*why = a.reason;
		if (!a.seen) {
			json_decref(within);
			return NULL;
		}
		json_array_append_new(within, answer_json(m, &a));
	}
	return within;
}

/* Puts the row of a detector into @vectors, or its name and the reason into @never and @why. */
static void detector_json(struct making *m, json_t *vectors, json_t *never, json_t *reasons)
{
	char name[VECTOR_NAME_MAX];
	const char *word = blind_detector_name(m->q.detector, 0, name);
	uint64_t threshold = 0;
	enum blind_reason why;
	json_t *within, *row;

	m->q.usual = usual_of_json(m->usual, word);
	within = within_json(m, &threshold, &why);
	if (within) {
		row = json_pack("{s:s, s:I, s:o}", "vector", word,
				m->q.detector == BLIND_BITS ? "threshold_bps" : "threshold_pps",
				(json_int_t)threshold, "within", within);
		json_array_append_new(vectors, row);
	} else if (why != BLIND_OFF) {
		/* No rate is high enough: saying a figure would promise too much. */
		json_array_append_new(never, json_string(word));
		json_object_set_new(reasons, word, json_string(blind_reason_name(why)));
	}
}

static void level_json(struct making *m, enum blind_level level, json_t *into)
{
	json_t *vectors = json_array(), *never = json_array(), *reasons = json_object();

	m->q.level = level;
	for (unsigned d = 0; d < BLIND_DETECTORS; d++) {
		m->q.detector = d;
		detector_json(m, vectors, never, reasons);
	}
	json_object_set_new(into, "vectors", vectors);
	json_object_set_new(into, "never", never);
	json_object_set_new(into, "why_never", reasons);
}

/* Prefixes, and the network where it has a threshold. */
static json_t *levels_json(struct making *m)
{
	static const enum blind_level levels[] = {BLIND_24, BLIND_20, BLIND_NETWORK};
	json_t *all = json_array();

	for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
		json_t *one = json_pack("{s:s}", "level", blind_level_name(levels[i]));

		level_json(m, levels[i], one);
		if (json_array_size(json_object_get(one, "vectors")))
			json_array_append_new(all, one);
		else
			json_decref(one);
	}
	return all;
}

static bool names(const json_t *list, const json_t *name)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one) if (json_equal((json_t *)one, (json_t *)name)) return true;
	return false;
}

/* The load that a link must have; an attack is what comes beside its ordinary load. */
static json_t *links_json(struct making *m, const json_t *inputs, const json_t *exporters)
{
	json_t *all = json_array();
	const json_t *link;
	size_t i;

	m->q.level = BLIND_LINK;
	m->q.detector = BLIND_BITS;
	m->q.usual = (struct blind_usual){0};
	json_array_foreach(json_object_get(inputs, "links"), i, link)
	{
		uint64_t threshold = 0;
		enum blind_reason why;
		json_t *within, *row;

		if (!names(exporters, json_object_get(link, "exporter")))
			continue;
		m->q.link_bps = (uint64_t)json_integer_value(json_object_get(link, "capacity_bps"));
		within = within_json(m, &threshold, &why);
		if (!within)
			continue;
		row = json_copy((json_t *)link);
		json_object_set_new(row, "threshold_bps", json_integer((json_int_t)threshold));
		json_object_set_new(row, "within", within);
		json_array_append_new(all, row);
	}
	return all;
}

static json_t *way_figures(struct making *m, const json_t *inputs, const json_t *way)
{
	json_t *row = json_deep_copy(way);

	view_of_json(way, &m->q.view);
	m->q.view.records_per_s =
		(uint32_t)json_integer_value(json_object_get(inputs, "records_per_s"));
	json_object_set_new(row, "confidence", json_real(BLIND_SURE));
	json_object_set_new(row, "thinned", json_boolean(m->thinned));
	if (json_is_true(json_object_get(way, "silent"))) {
		json_object_set_new(row, "vectors", json_array());
		json_object_set_new(row, "never", json_array());
		return row;
	}
	level_json(m, BLIND_HOST, row);
	if (m->extent != BLIND_ALL)
		return row;
	json_object_set_new(row, "levels", levels_json(m));
	json_object_set_new(row, "links", links_json(m, inputs, json_object_get(way, "exporters")));
	return row;
}

json_t *blind_figures_json(const json_t *inputs, const json_t *usual, enum blind_extent extent)
{
	struct making m = {.usual = usual,
			   .extent = extent,
			   .thinned = json_is_true(json_object_get(inputs, "thinned")),
			   .blind = blind_new()};
	json_t *all = m.blind ? json_array() : NULL;
	const json_t *way;
	size_t i;

	thresholds_of_json(json_object_get(inputs, "thresholds"), &m.thresholds);
	m.q.thresholds = &m.thresholds;
	if (all)
		json_array_foreach(json_object_get(inputs, "ways"), i, way)
			json_array_append_new(all, way_figures(&m, inputs, way));
	blind_free(m.blind);
	return all;
}

void blind_in_status(json_t *status, const json_t *usual, enum blind_extent extent)
{
	const json_t *inputs = json_object_get(status, "blind_inputs");

	if (!inputs)
		return;
	json_object_set_new(status, "blind_spot", blind_figures_json(inputs, usual, extent));
	json_object_del(status, "blind_inputs");
}

json_t *blind_json(const struct conf *conf, struct exporters *exporters, enum blind_extent extent)
{
	json_t *inputs = blind_inputs_json(conf, exporters, NULL, TIME_NONE), *all;

	all = blind_figures_json(inputs, NULL, extent);
	json_decref(inputs);
	return all;
}
