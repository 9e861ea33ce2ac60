/* SPDX-License-Identifier: ISC */
/*
 * JSON of a store's row back into an incident. A row may have been written by another version or be
 * damaged: every value is checked for type and range, every list for its bound.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "judge/fill.h"
#include "judge/json_fields.h"
#include "judge/json_path.h"

#define STEP_MAX 86400

static const char *const unit_keys[UNIT_COUNT] = {"address", "slash24", "slash8", "as", "link"};

static const char *word(const json_t *from, const char *key)
{
	const char *s = json_string_value(json_object_get(from, key));

	return s ? s : "";
}

static int name_index(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return (int)i;
	return -EINVAL;
}

static int get_words(const json_t *o, struct incident *inc)
{
	const char *levels[LEVEL_COUNT], *directions[DIRECTION_COUNT];
	const char *dedups[] = {dedup_name(DEDUP_NONE), dedup_name(DEDUP_ENTRY),
				dedup_name(DEDUP_MAX)};
	int level, direction, dedup;

	for (unsigned i = 0; i < LEVEL_COUNT; i++)
		levels[i] = level_name((enum level)i);
	for (unsigned i = 0; i < DIRECTION_COUNT; i++)
		directions[i] = direction_name((enum direction)i);
	level = name_index(levels, LEVEL_COUNT, word(o, "level"));
	direction = name_index(directions, DIRECTION_COUNT, word(o, "direction"));
	dedup = name_index(dedups, ARRAY_LEN(dedups), word(o, "dedup"));
	if (level < 0 || direction < 0 || dedup < 0 ||
	    finding_kind_parse(word(o, "kind"), &inc->f.kind) ||
	    finding_state_parse(word(o, "state"), &inc->f.state))
		return -EINVAL;
	if (*word(o, "class") && incident_class_parse(word(o, "class"), &inc->class))
		return -EINVAL;
	inc->f.level = (enum level)level;
	inc->f.direction = (enum direction)direction;
	inc->f.dedup = (enum dedup_rule)dedup;
	return 0;
}

static int get_targets(const json_t *o, struct incident *inc)
{
	const json_t *list = json_object_get(o, "targets");
	bool own = inc->f.level == LEVEL_HOST || inc->f.level == LEVEL_PREFIX;
	size_t n = json_array_size(list), i = 0;

	if (own) {
		const char *s = json_string_value(json_array_get(list, i++));

		if (!s || prefix_parse(s, false, &inc->f.target))
			return -EINVAL;
	}
	for (; i < n && inc->f.n_children < FINDING_CHILDREN_MAX; i++) {
		const char *s = json_string_value(json_array_get(list, i));

		if (!s || ip_parse(s, &inc->f.children[inc->f.n_children]))
			return -EINVAL;
		inc->f.n_children++;
	}
	return 0;
}

static int get_group(const json_t *o, struct incident *inc, const struct field_group *g)
{
	const json_t *from = g->key ? json_object_get(o, g->key) : o;

	if (!from || json_is_null(from))
		return 0;
	return json_is_object(from) ? fields_in(from, inc, g) : -EINVAL;
}

static int get_u64(const json_t *from, const char *key, uint64_t *to)
{
	const json_t *v = json_object_get(from, key);

	if (!v)
		return 0;
	if (!json_is_integer(v) || json_integer_value(v) < 0)
		return -EINVAL;
	*to = (uint64_t)json_integer_value(v);
	return 0;
}

static int get_top(const json_t *from, struct finding_sources *s)
{
	const json_t *list = json_object_get(from, "top");

	for (size_t i = 0; i < json_array_size(list) && s->n_top < FINDING_TOP_MAX; i++) {
		const json_t *o = json_array_get(list, i);

		if (ip_parse(word(o, "address"), &s->top[s->n_top].addr) ||
		    get_u64(o, "packets", &s->top[s->n_top].packets) ||
		    get_u64(o, "syn_best_second", &s->top[s->n_top].syn_best))
			return -EINVAL;
		s->top[s->n_top].established =
			strcmp(word(o, "real"), spoof_real_name(REAL_HANDSHAKE)) == 0;
		s->top[s->n_top].expected =
			strcmp(word(o, "real"), spoof_real_name(REAL_INGRESS)) == 0;
		s->n_top++;
	}
	return 0;
}

static int get_sources(const json_t *o, struct incident *inc)
{
	const json_t *from = json_object_get(o, "sources"), *by = json_object_get(from, "by");
	struct finding_sources *s = &inc->f.sources;

	if (!from)
		return 0;
	if (get_u64(from, "count", &s->count) ||
	    fields_in(json_object_get(from, "syn_classes"), &s->syn[UNIT_ADDRESS],
		      &group_classes) ||
	    get_top(from, s))
		return -EINVAL;
	s->units[UNIT_ADDRESS] = s->count;
	s->count_exact = json_is_true(json_object_get(from, "exact"));
	s->count_at_least = json_is_true(json_object_get(from, "at_least"));
	for (unsigned u = UNIT_24; u < UNIT_COUNT; u++) {
		const json_t *unit = json_object_get(by, unit_keys[u]);

		if (get_u64(unit, "count", &s->units[u]) ||
		    fields_in(json_object_get(unit, "syn_classes"), &s->syn[u], &group_classes))
			return -EINVAL;
	}
	return 0;
}

static int get_exporters(const json_t *o, struct incident *inc)
{
	const json_t *list = json_object_get(o, "exporters");

	inc->exporters = calloc(FINDING_EXPORTERS_MAX, sizeof(*inc->exporters));
	if (!inc->exporters)
		return -ENOMEM;
	for (size_t i = 0; i < json_array_size(list) && i < FINDING_EXPORTERS_MAX; i++) {
		const char *s = json_string_value(json_array_get(list, i));

		if (!s)
			return -EINVAL;
		inc->exporters[i] = strdup(s);
		if (!inc->exporters[i])
			return -ENOMEM;
		inc->f.n_exporters++;
	}
	return 0;
}

static int get_witnesses(const json_t *list, struct incident_witness *to, unsigned *n)
{
	for (size_t i = 0; i < json_array_size(list) && i < FINDING_WITNESSES_MAX; i++) {
		const json_t *from = json_array_get(list, i);
		struct incident_witness *w = &to[i];

		if (!json_is_string(json_object_get(from, "exporter")) ||
		    json_get_text(from, "exporter", w->exporter, sizeof(w->exporter)) ||
		    fields_in(from, w, &group_witness) || w->share < 0)
			return -EINVAL;
		(*n)++;
	}
	return 0;
}

static int get_told(const json_t *o, struct incident *inc)
{
	int r = get_witnesses(json_object_get(o, "seen_by"), inc->seen_by, &inc->f.n_seen_by);

	return r ? r
		 : get_witnesses(json_object_get(o, "told_by"), inc->told_by, &inc->f.n_told_by);
}

static int get_links(const json_t *o, struct incident *inc)
{
	const json_t *list = json_object_get(o, "links");

	for (size_t i = 0; i < json_array_size(list) && i < FINDING_LINKS_MAX; i++) {
		const json_t *from = json_array_get(list, i);
		struct incident_link *l = &inc->links[i];

		if (json_get_text(from, "exporter", l->exporter, sizeof(l->exporter)) ||
		    json_get_text(from, "link", l->link, sizeof(l->link)) ||
		    fields_in(from, l, &group_link))
			return -EINVAL;
		inc->f.n_links++;
	}
	return 0;
}

static uint64_t times_step(const json_t *list, size_t i, uint32_t step_s, unsigned divide)
{
	json_int_t rate = json_integer_value(json_array_get(list, i));
	uint128_t sum = ((uint128_t)(uint64_t)(rate < 0 ? 0 : rate) * step_s + divide / 2) / divide;

	return sum > INT64_MAX / 16 ? INT64_MAX / 16 : (uint64_t)sum;
}

static int get_place(const json_t *run, struct incident *inc, uint16_t *link)
{
	struct incident_place p = {0};
	const json_t *input = json_object_get(run, "input");

	*link = 0;
	if (!input || json_is_null(input))
		return 0;
	if (!json_is_integer(input) || json_integer_value(input) < 0 ||
	    json_integer_value(input) > UINT32_MAX ||
	    json_get_text(run, "exporter", p.exporter, sizeof(p.exporter)))
		return -EINVAL;
	*link = incident_place(inc, p.exporter, (uint32_t)json_integer_value(input));
	return 0;
}

static int get_run(const json_t *run, struct incident *inc)
{
	const json_t *bps = json_object_get(run, "bps"), *pps = json_object_get(run, "pps");
	const json_t *syn = json_object_get(run, "syn_per_s");
	json_int_t step = json_integer_value(json_object_get(run, "step_s"));
	int64_t start;
	uint16_t link;

	if (step < 1 || step > STEP_MAX || json_get_time(json_object_get(run, "start"), &start) ||
	    start == TIME_NONE || get_place(run, inc, &link))
		return -EINVAL;
	for (size_t i = 0; i < json_array_size(pps) && inc->f.n_series < INCIDENT_SERIES_MAX; i++) {
		inc->series[inc->f.n_series++] = (struct series_point){
			.start_us = start + (int64_t)i * step * US_PER_S,
			.step_s = (uint32_t)step,
			.link = link,
			.bytes = times_step(bps, i, (uint32_t)step, 8),
			.packets = times_step(pps, i, (uint32_t)step, 1),
			.syn = times_step(syn, i, (uint32_t)step, 1),
		};
	}
	return 0;
}

static int get_series(const json_t *o, struct incident *inc)
{
	const json_t *list = json_object_get(o, "series");
	size_t points = 0;

	for (size_t i = 0; i < json_array_size(list); i++)
		points += json_array_size(json_object_get(json_array_get(list, i), "pps"));
	if (!points)
		return 0;
	points = points < INCIDENT_SERIES_MAX ? points : INCIDENT_SERIES_MAX;
	inc->series = calloc(points, sizeof(*inc->series));
	if (!inc->series)
		return -ENOMEM;
	for (size_t i = 0; i < json_array_size(list); i++)
		if (get_run(json_array_get(list, i), inc))
			return -EINVAL;
	inc->f.series = inc->series;
	incident_sort_series(inc);
	return 0;
}

static int get_vectors(const json_t *o, struct incident *inc)
{
	const json_t *list = json_object_get(o, "vector_detail");

	for (size_t i = 0; i < json_array_size(list) && i < FINDING_VECTORS_MAX; i++) {
		const json_t *from = json_array_get(list, i);
		struct finding_vector *v = &inc->f.vectors[i];

		if (vector_parse(word(from, "vector"), &v->vector, &v->port) ||
		    fields_in(from, v, &group_vector))
			return -EINVAL;
		inc->f.n_vectors++;
	}
	return 0;
}

static int get_gaps(const json_t *o, struct incident *inc)
{
	const json_t *list = json_object_get(o, "gaps");

	for (size_t i = 0; i < json_array_size(list) && i < INCIDENT_GAPS_MAX; i++) {
		const json_t *from = json_array_get(list, i);
		struct incident_gap *g = &inc->gaps[i];

		if (json_get_time(json_object_get(from, "from"), &g->from_us) ||
		    json_get_time(json_object_get(from, "until"), &g->until_us))
			return -EINVAL;
		inc->n_gaps++;
	}
	return 0;
}

static int get_rest(const json_t *o, struct incident *inc)
{
	static const struct field_group *const groups[] = {
		&group_times,	 &group_delay, &group_peak,  &group_totals,   &group_sampling,
		&group_evidence, &group_blind, &group_flags, &group_measured,
	};
	const json_t *reason = json_object_get(o, "class_reason");
	const json_t *link = json_object_get(o, "target_link");
	uint64_t revision = 0, input = 0;

	for (size_t i = 0; i < ARRAY_LEN(groups); i++)
		if (get_group(o, inc, groups[i]))
			return -EINVAL;
	if (json_get_text(json_object_get(o, "evidence"), "consent", inc->sample_consent,
			  sizeof(inc->sample_consent)) ||
	    get_u64(o, "revision", &revision) || revision > UINT32_MAX ||
	    json_get_text(reason, "en", inc->class_reason, sizeof(inc->class_reason)) ||
	    json_get_text(reason, "ja", inc->class_reason_ja, sizeof(inc->class_reason_ja)) ||
	    json_get_text(link, "exporter", inc->target_link.exporter,
			  sizeof(inc->target_link.exporter)) ||
	    get_u64(link, "input", &input) || input > UINT32_MAX ||
	    kinds_from_json(o, &inc->kinds) ||
	    scope_from_json(json_object_get(o, "scope"), &inc->scope))
		return -EINVAL;
	inc->revision = (uint32_t)revision;
	inc->target_link.input = (uint32_t)input;
	return spoof_from_json(o, inc);
}

int incident_from_json(const json_t *json, struct incident **out)
{
	static int (*const steps[])(const json_t *o, struct incident *inc) = {
		get_words,   get_targets, get_sources, get_exporters, get_told,	    get_links,
		get_vectors, get_gaps,	  get_series,  get_rest,      json_path_in,
	};
	_cleanup_incident_ struct incident *inc = incident_new();

	if (!inc)
		return -ENOMEM;
	if (!json_is_object(json) || json_get_text(json, "id", inc->id, sizeof(inc->id)) ||
	    !inc->id[0] || json_get_text(json, "object", inc->object, sizeof(inc->object)))
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		int r = steps[i](json, inc);

		if (r)
			return r;
	}
	if (inc->f.first_us == TIME_NONE || inc->f.last_us == TIME_NONE)
		return -EINVAL;
	*out = take_ptr(inc);
	return 0;
}

int incident_load(const char *text, size_t n, struct incident **out)
{
	json_t *json = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
	int r = json ? incident_from_json(json, out) : -EINVAL;

	json_decref(json);
	return r;
}
