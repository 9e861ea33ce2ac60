/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/clock.h"
#include "duty/blind.h"

#define WAYS_MAX	64 /* more different ways than any network has; the rest is not shown */
#define NAMES_SHOWN_MAX 16 /* exporters named for a way */
#define LINKS_SHOWN_MAX 64
#define SILENT_US	(60 * US_PER_S)

struct way {
	struct blind_view view;
	uint8_t formats;
	bool silent;
	unsigned n_exporters;
	json_t *row; /* borrowed from the list being built */
};

static json_t *rate_json(uint64_t rate)
{
	return rate == RATE_NEVER ? json_null() : json_integer((json_int_t)rate);
}

static uint64_t rate_of_json(const json_t *v)
{
	return json_is_integer(v) ? (uint64_t)json_integer_value(v) : RATE_NEVER;
}

json_t *thresholds_json(const struct thresholds *t)
{
	json_t *o = json_object(), *ports = json_array();
	char name[VECTOR_NAME_MAX];

	for (int v = 0; v < VECTOR_COUNT; v++)
		json_object_set_new(o, vector_name((enum vector)v, 0, name), rate_json(t->pps[v]));
	json_object_set_new(o, "any", rate_json(t->any_pps));
	json_object_set_new(o, "any_bits", rate_json(t->any_bps));
	for (unsigned i = 0; i < t->n_reflectors; i++)
		json_array_append_new(ports, json_pack("{s:i, s:o}", "port", t->reflector[i].port,
						       "pps", rate_json(t->reflector[i].pps)));
	json_object_set_new(o, "ports", ports);
	json_object_set_new(o, "times_24", json_integer(t->prefix24_times));
	json_object_set_new(o, "times_20", json_integer(t->prefix20_times));
	json_object_set_new(o, "network", rate_json(t->network_pps));
	json_object_set_new(o, "link_percent", json_integer(t->link_percent));
	return o;
}

static uint32_t u32_of_json(const json_t *o, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(o, key));

	return n < 0 ? 0 : n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

void thresholds_of_json(const json_t *json, struct thresholds *out)
{
	char name[VECTOR_NAME_MAX];
	const json_t *one;
	size_t i;

	memset(out, 0, sizeof(*out));
	for (int v = 0; v < VECTOR_COUNT; v++)
		out->pps[v] =
			rate_of_json(json_object_get(json, vector_name((enum vector)v, 0, name)));
	out->any_pps = rate_of_json(json_object_get(json, "any"));
	out->any_bps = rate_of_json(json_object_get(json, "any_bits"));
	json_array_foreach(json_object_get(json, "ports"), i, one)
	{
		if (i == ARRAY_LEN(out->reflector))
			break;
		out->reflector[i].port = (uint16_t)u32_of_json(one, "port");
		out->reflector[i].pps = rate_of_json(json_object_get(one, "pps"));
		out->n_reflectors = (unsigned)i + 1;
	}
	out->prefix24_times = u32_of_json(json, "times_24");
	out->prefix20_times = u32_of_json(json, "times_20");
	out->network_pps = rate_of_json(json_object_get(json, "network"));
	out->link_percent = u32_of_json(json, "link_percent");
}

void view_of_json(const json_t *way, struct blind_view *out)
{
	const json_t *sampling = json_object_get(way, "sampling");

	*out = (struct blind_view){
		.sampling = u32_of_json(sampling, "factor"),
		.sampling_known = json_is_true(json_object_get(sampling, "known")),
		.sampling_mixed = json_is_true(json_object_get(sampling, "mixed")),
		.flows = json_is_true(json_object_get(way, "flows")),
		.contents = json_is_true(json_object_get(way, "contents")),
		.delay_s = u32_of_json(way, "export_delay_s"),
		.delay_short_s = u32_of_json(way, "export_delay_short_s"),
	};
}

static json_t *formats_json(uint8_t formats, bool capture)
{
	static const struct {
		uint8_t bit;
		const char *name;
	} names[] = {{EXPORT_V5, "v5"},
		     {EXPORT_V9, "v9"},
		     {EXPORT_IPFIX, "ipfix"},
		     {EXPORT_SFLOW, "sflow"}};
	json_t *list = json_array();

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (formats & names[i].bit)
			json_array_append_new(list, json_string(names[i].name));
	if (capture)
		json_array_append_new(list, json_string("packets"));
	return list;
}

static json_t *way_json(const struct way *w, const struct exporter *e)
{
	const struct blind_view *v = &w->view;
	json_t *row =
		json_pack("{s:[], s:{s:I, s:b, s:b}, s:o, s:b, s:b}", "exporters", "sampling",
			  "factor", (json_int_t)v->sampling, "known", v->sampling_known, "mixed",
			  v->sampling_mixed, "formats", formats_json(e->formats, e->is_capture),
			  "flows", v->flows, "contents", v->contents);

	/* NetFlow v5 has no room for a longer address. */
	json_object_set_new(row, "ipv6", json_boolean(e->is_capture || e->formats != EXPORT_V5));
	json_object_set_new(row, "silent", json_boolean(w->silent));
	json_object_set_new(row, "export_delay_s", json_integer(v->delay_s));
	json_object_set_new(row, "export_delay_short_s", json_integer(v->delay_short_s));
	return row;
}

static bool same_view(const struct blind_view *a, const struct blind_view *b)
{
	return a->sampling == b->sampling && a->sampling_known == b->sampling_known &&
	       a->sampling_mixed == b->sampling_mixed && a->flows == b->flows &&
	       a->contents == b->contents && a->delay_s == b->delay_s &&
	       a->delay_short_s == b->delay_short_s;
}

/* Who has told nothing at all counts where somebody listens: then it is silent. */
static bool is_silent(const struct exporter *e, int64_t now_us)
{
	if (e->is_capture || now_us == TIME_NONE)
		return false;
	return !e->records || now_us - e->last_recv_us > SILENT_US;
}

static struct way *way_find(struct way *ways, unsigned *n, const struct exporter *e, int64_t now_us)
{
	struct way w = {
		.view = blind_view_of(e), .formats = e->formats, .silent = is_silent(e, now_us)};

	for (unsigned i = 0; i < *n; i++)
		if (same_view(&ways[i].view, &w.view) && ways[i].formats == w.formats &&
		    ways[i].silent == w.silent)
			return &ways[i];
	if (*n == WAYS_MAX)
		return NULL;
	ways[*n] = w;
	return &ways[(*n)++];
}

static json_t *ways_json(struct exporters *exporters, int64_t now_us)
{
	json_t *all = json_array();
	struct way ways[WAYS_MAX];
	unsigned n = 0;

	for (unsigned i = 1; all && i < exporters_count(exporters); i++) {
		const struct exporter *e = exporters_get(exporters, (uint16_t)i);
		bool counts = e->records || (e->conf && now_us != TIME_NONE);
		struct way *w = counts ? way_find(ways, &n, e, now_us) : NULL;

		if (!w)
			continue;
		if (w->n_exporters++ == 0) {
			w->row = way_json(w, e);
			json_array_append_new(all, w->row);
		}
		if (w->n_exporters <= NAMES_SHOWN_MAX)
			json_array_append_new(json_object_get(w->row, "exporters"),
					      json_string(e->name));
	}
	return all;
}

/* Links whose capacity is known: their load can be too high. */
static json_t *links_json(struct exporters *exporters)
{
	json_t *all = json_array();

	for (unsigned i = 1; i < exporters_link_count(exporters); i++) {
		const struct link *l = exporters_get_link(exporters, (uint16_t)i);
		const struct exporter *e;

		if (!l || l->idle || !l->speed_bps || json_array_size(all) == LINKS_SHOWN_MAX)
			continue;
		e = exporters_get(exporters, l->exporter);
		json_array_append_new(all, json_pack("{s:s, s:I, s:s, s:I}", "exporter", e->name,
						     "input", (json_int_t)l->ifindex, "link",
						     l->conf ? l->conf->link : "", "capacity_bps",
						     (json_int_t)l->speed_bps));
	}
	return all;
}

/* Mean over all that came. */
static double records_per_s(const struct detect_stats *s)
{
	return s->first_us != TIME_NONE && s->last_us > s->first_us
		       ? (double)s->records / ((double)(s->last_us - s->first_us) / US_PER_S)
		       : 0;
}

json_t *blind_inputs_json(const struct conf *conf, struct exporters *exporters,
			  const struct detect *detect, int64_t now_us)
{
	struct detect_stats stats = {.first_us = TIME_NONE};

	if (detect)
		detect_stats(detect, &stats);
	return json_pack("{s:b, s:I, s:o, s:o, s:o}", "thinned", stats.thinned, "records_per_s",
			 (json_int_t)records_per_s(&stats), "ways", ways_json(exporters, now_us),
			 "thresholds", thresholds_json(&conf->thresholds), "links",
			 links_json(exporters));
}
