/* SPDX-License-Identifier: ISC */
#include "cli/blind.h"

#include <math.h>
#include <string.h>

#include "detect/detect.h"

#define WAYS_MAX	64 /* more different ways than any network has; the rest is not shown */
#define NAMES_SHOWN_MAX 16 /* exporters named for a way */

static const double within_s[] = {1, 10, 60};

struct way {
	uint32_t sampling, delay_s;
	bool known;
	unsigned n_exporters;
	json_t *names; /* borrowed from the row being built */
};

static uint32_t delay_of(const struct exporter *e)
{
	if (e->is_capture || e->formats == EXPORT_SFLOW)
		return 0;
	return e->active_timeout_s ? e->active_timeout_s : e->longest_flow_s;
}

/* Smallest rate in whole packets per second, or null where the vector is never an attack here. */
static json_t *vector_json(const struct conf *conf, enum vector v, const struct way *w)
{
	char name[VECTOR_NAME_MAX];
	uint64_t threshold = thresholds_pps(&conf->thresholds, v, 0);
	json_t *row, *within;

	if (threshold == RATE_NEVER || threshold == RATE_INHERIT)
		return NULL;
	row = json_pack("{s:s, s:I}", "vector", vector_name(v, 0, name), "threshold_pps",
			(json_int_t)threshold);
	within = json_array();
	for (size_t i = 0; i < ARRAY_LEN(within_s); i++) {
		struct blind_spot b =
			blind_spot(threshold, w->sampling, within_s[i], BLIND_CONFIDENCE);

		json_array_append_new(within, json_pack("{s:I, s:I, s:I}", "seconds",
							(json_int_t)within_s[i], "seen_after_s",
							(json_int_t)within_s[i] + w->delay_s, "pps",
							(json_int_t)ceil(b.pps)));
	}
	json_object_set_new(row, "within", within);
	return row;
}

static json_t *way_json(const struct conf *conf, struct way *w)
{
	json_t *row = json_object(), *vectors = json_array(), *never = json_array(), *one;

	w->names = json_array();
	json_object_set_new(row, "exporters", w->names);
	json_object_set_new(
		row, "sampling",
		json_pack("{s:I, s:b}", "factor", (json_int_t)w->sampling, "known", w->known));
	json_object_set_new(row, "export_delay_s", json_integer(w->delay_s));
	json_object_set_new(row, "confidence", json_real(BLIND_CONFIDENCE));
	for (int v = 0; v < VECTOR_COUNT; v++) {
		one = vector_json(conf, (enum vector)v, w);
		if (one && w->sampling > 1 && vector_needs_every_packet((enum vector)v)) {
			/* No rate is high enough: saying a figure would promise too much. */
			json_array_append(never, json_object_get(one, "vector"));
			json_decref(one);
		} else if (one) {
			json_array_append_new(vectors, one);
		}
	}
	json_object_set_new(row, "vectors", vectors);
	json_object_set_new(row, "never", never);
	return row;
}

static struct way *way_find(struct way *ways, unsigned *n, const struct exporter *e)
{
	uint32_t sampling = e->sampling_max ? e->sampling_max : 1, delay_s = delay_of(e);
	bool known = e->is_capture || e->sampling_known;

	for (unsigned i = 0; i < *n; i++) {
		if (ways[i].sampling == sampling && ways[i].delay_s == delay_s &&
		    ways[i].known == known)
			return &ways[i];
	}
	if (*n == WAYS_MAX)
		return NULL;
	ways[*n] = (struct way){.sampling = sampling, .delay_s = delay_s, .known = known};
	return &ways[(*n)++];
}

json_t *blind_json(const struct conf *conf, struct exporters *exporters)
{
	struct way ways[WAYS_MAX];
	unsigned n = 0;
	json_t *all = json_array();

	for (unsigned i = 1; all && i < exporters_count(exporters); i++) {
		const struct exporter *e = exporters_get(exporters, (uint16_t)i);
		struct way *w = e->records ? way_find(ways, &n, e) : NULL;

		if (!w)
			continue;
		if (w->n_exporters++ == 0)
			json_array_append_new(all, way_json(conf, w));
		if (w->n_exporters <= NAMES_SHOWN_MAX)
			json_array_append_new(w->names, json_string(e->name));
	}
	return all;
}

static json_int_t pps_within(const json_t *vector, json_int_t seconds)
{
	size_t i;
	const json_t *one;

	json_array_foreach(json_object_get(vector, "within"), i, one)
	{
		if (json_integer_value(json_object_get(one, "seconds")) == seconds)
			return json_integer_value(json_object_get(one, "pps"));
	}
	return 0;
}

/* Vectors with the same smallest rate stand together, the most sensitive first. */
static void add_rates(const json_t *vectors, struct text *out)
{
	json_int_t shown = 0;

	for (;;) {
		json_int_t least = 0;
		const json_t *v;
		size_t i;
		bool first = true;

		json_array_foreach(vectors, i, v)
		{
			json_int_t pps = pps_within(v, 10);

			if (pps > shown && (!least || pps < least))
				least = pps;
		}
		if (!least)
			return;
		text_add(out, shown ? "; " : "");
		text_rate(out, (double)least, "pps");
		json_array_foreach(vectors, i, v)
		{
			if (pps_within(v, 10) != least)
				continue;
			text_printf(out, "%s%s", first ? " " : ", ",
				    json_string_value(json_object_get(v, "vector")));
			first = false;
		}
		shown = least;
	}
}

static void add_never(const json_t *never, bool ja, struct text *out)
{
	const json_t *name;
	size_t i;

	json_array_foreach(never, i, name) text_printf(out, "%s%s",
						       i    ? ", "
						       : ja ? "; 標本では見えない: "
							    : "; never seen in samples: ",
						       json_string_value(name));
}

void blind_text(const json_t *blind, const char *language, struct text *out)
{
	bool ja = strcmp(language, "ja") == 0;
	const json_t *way;
	size_t i;

	json_array_foreach(blind, i, way)
	{
		const json_t *sampling = json_object_get(way, "sampling");
		json_int_t factor = json_integer_value(json_object_get(sampling, "factor"));
		json_int_t delay = json_integer_value(json_object_get(way, "export_delay_s"));

		if (!json_is_true(json_object_get(sampling, "known")))
			text_add(out, ja ? "サンプリング不明 (1:1 と見なす)"
					 : "sampling unknown (taken as 1:1)");
		else
			text_printf(out, ja ? "サンプリング 1:%lld" : "sampling 1:%lld",
				    (long long)factor);
		if (delay)
			text_printf(out,
				    ja ? "、エクスポートは最大 %lld 秒遅れ"
				       : ", exported up to %lld s late",
				    (long long)delay);
		text_add(out, ja ? "、10 秒以内に 95 % で見える最小の攻撃: "
				 : "; smallest attack seen within 10 s at 95 %: ");
		add_rates(json_object_get(way, "vectors"), out);
		add_never(json_object_get(way, "never"), ja, out);
		text_add(out, "\n");
	}
}
