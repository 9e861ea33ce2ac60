/* SPDX-License-Identifier: ISC */
/*
 * The incident as JSON: the stable interface first, in the order people read it, then what rests
 * beside it. Keys keep the order in which they are set.
 */
#include <errno.h>
#include <string.h>

#include "base/hash.h"
#include "base/json_whole.h"
#include "judge/json_fields.h"
#include "judge/json_path.h"

#define DUMP_FLAGS (JSON_COMPACT | JSON_REAL_PRECISION(15))

static const char *const unit_keys[UNIT_COUNT] = {"address", "slash24", "slash8", "as", "link"};

static int put(json_t *to, const char *key, json_t *value_take)
{
	return json_object_set_new(to, key, value_take) ? -ENOMEM : 0;
}

static int add(json_t *to, json_t *value_take)
{
	return json_array_append_new(to, value_take) ? -ENOMEM : 0;
}

/* A made array or object set under @key; returned borrowed, NULL without memory. */
static json_t *put_made(json_t *to, const char *key, json_t *made)
{
	return json_object_set_new(to, key, made) ? NULL : made;
}

static json_t *add_made(json_t *to, json_t *made)
{
	return json_array_append_new(to, made) ? NULL : made;
}

static int put_group(json_t *to, const struct incident *inc, const struct field_group *g)
{
	json_t *in = g->key ? put_made(to, g->key, json_object()) : to;

	return in ? fields_out(in, inc, g) : -ENOMEM;
}

static json_t *name_or_null(const char *name)
{
	return name && *name ? json_text(name) : json_null();
}

static int put_head(json_t *o, const struct incident *inc)
{
	return put(o, "id", json_text(inc->id)) ||
	       put(o, "kind", json_text(finding_kind_name(inc->f.kind))) ||
	       put(o, "class", name_or_null(incident_class_name(inc->class))) ||
	       put(o, "level", json_text(level_name(inc->f.level))) ||
	       put(o, "direction", json_text(direction_name(inc->f.direction))) ||
	       put(o, "object", name_or_null(inc->object));
}

static int put_vectors(json_t *o, const struct incident *inc)
{
	json_t *list = put_made(o, "vectors", json_array());
	unsigned order[FINDING_VECTORS_MAX], n = incident_vectors(inc, order);
	char name[VECTOR_NAME_MAX];

	if (!list)
		return -ENOMEM;
	for (unsigned i = 0; i < n; i++) {
		const struct finding_vector *v = &inc->f.vectors[order[i]];

		if (add(list, json_text(vector_name(v->vector, v->port, name))))
			return -ENOMEM;
	}
	return 0;
}

static int put_targets(json_t *o, const struct incident *inc)
{
	json_t *list = put_made(o, "targets", json_array());
	char text[INCIDENT_TARGET_MAX];

	if (!list)
		return -ENOMEM;
	if (inc->f.level == LEVEL_HOST || inc->f.level == LEVEL_PREFIX)
		if (add(list, json_text(incident_target(inc, text))))
			return -ENOMEM;
	for (unsigned i = 0; i < inc->f.n_children; i++)
		if (add(list, json_text(ip_format(&inc->f.children[i], text))))
			return -ENOMEM;
	return 0;
}

static const char *real_name(const struct finding_sources *s, unsigned i)
{
	return spoof_real_name(s->top[i].established ? REAL_HANDSHAKE
			       : s->top[i].expected  ? REAL_INGRESS
						     : REAL_UNKNOWN);
}

static int put_top(json_t *sources, const struct finding_sources *s)
{
	json_t *list = put_made(sources, "top", json_array());
	char text[IP_TEXT_MAX];

	if (!list)
		return -ENOMEM;
	for (unsigned i = 0; i < s->n_top; i++) {
		json_t *o = add_made(list, json_object());

		if (!o || put(o, "address", json_text(ip_format(&s->top[i].addr, text))) ||
		    put(o, "packets", json_integer((json_int_t)s->top[i].packets)) ||
		    put(o, "syn_best_second", json_integer((json_int_t)s->top[i].syn_best)) ||
		    put(o, "real", name_or_null(real_name(s, i))))
			return -ENOMEM;
	}
	return 0;
}

static int put_units(json_t *sources, const struct finding_sources *s)
{
	json_t *by = put_made(sources, "by", json_object());

	if (!by)
		return -ENOMEM;
	for (unsigned u = UNIT_24; u < UNIT_COUNT; u++) {
		json_t *o = put_made(by, unit_keys[u], json_object());
		json_t *c;

		if (!o || put(o, "count", json_integer((json_int_t)s->units[u])))
			return -ENOMEM;
		c = put_made(o, "syn_classes", json_object());
		if (!c || fields_out(c, &s->syn[u], &group_classes))
			return -ENOMEM;
	}
	return 0;
}

static int put_sources(json_t *o, const struct incident *inc)
{
	const struct finding_sources *s = &inc->f.sources;
	json_t *to = put_made(o, "sources", json_object()), *c;

	if (!to || put(to, "count", json_integer((json_int_t)s->count)))
		return -ENOMEM;
	c = put_made(to, "syn_classes", json_object());
	if (!c || fields_out(c, &s->syn[UNIT_ADDRESS], &group_classes) || put_top(to, s))
		return -ENOMEM;
	if (put(to, "exact", json_boolean(s->count_exact)) ||
	    put(to, "at_least", json_boolean(s->count_at_least)))
		return -ENOMEM;
	return put_units(to, s);
}

static int put_exporters(json_t *o, const struct incident *inc)
{
	json_t *list = put_made(o, "exporters", json_array());

	if (!list)
		return -ENOMEM;
	for (unsigned i = 0; inc->exporters && i < inc->f.n_exporters; i++)
		if (add(list, json_text(inc->exporters[i])))
			return -ENOMEM;
	return 0;
}

static int put_witnesses(json_t *o, const char *key, const struct incident_witness *from,
			 unsigned n)
{
	json_t *list = put_made(o, key, json_array());

	if (!list)
		return -ENOMEM;
	for (unsigned i = 0; i < n; i++) {
		const struct incident_witness *w = &from[i];
		json_t *to = add_made(list, json_object());

		if (!to || put(to, "exporter", json_text(w->exporter)) ||
		    fields_out(to, w, &group_witness))
			return -ENOMEM;
	}
	return 0;
}

static int put_links(json_t *o, const struct incident *inc)
{
	json_t *list = put_made(o, "links", json_array());

	if (!list)
		return -ENOMEM;
	for (unsigned i = 0; i < inc->f.n_links; i++) {
		const struct incident_link *l = &inc->links[i];
		json_t *to = add_made(list, json_object());

		if (!to || put(to, "exporter", json_text(l->exporter)) ||
		    fields_out(to, l, &group_link) || put(to, "link", name_or_null(l->link)))
			return -ENOMEM;
	}
	return 0;
}

static json_int_t per_second(uint64_t sum, uint32_t step_s, unsigned times)
{
	uint128_t rate = ((uint128_t)sum * times + step_s / 2) / step_s;

	return rate > INT64_MAX ? INT64_MAX : (json_int_t)rate;
}

struct run {
	json_t *object, *bps, *pps, *syn;
	const struct series_point *last;
};

static int begin_run(struct run *run, json_t *list, const struct incident *inc,
		     const struct series_point *p)
{
	const struct incident_place *at = NULL;

	if (p->link && p->link <= inc->n_places)
		at = &inc->places[p->link - 1];
	run->object = add_made(list, json_object());
	if (!run->object || put(run->object, "exporter", name_or_null(at ? at->exporter : NULL)) ||
	    put(run->object, "input", at ? json_integer(at->input) : json_null()) ||
	    put(run->object, "start", json_time(p->start_us)) ||
	    put(run->object, "step_s", json_integer(p->step_s)))
		return -ENOMEM;
	run->bps = put_made(run->object, "bps", json_array());
	run->pps = put_made(run->object, "pps", json_array());
	run->syn = put_made(run->object, "syn_per_s", json_array());
	return run->bps && run->pps && run->syn ? 0 : -ENOMEM;
}

static bool same_run(const struct series_point *last, const struct series_point *p)
{
	return last && last->link == p->link && last->step_s == p->step_s &&
	       last->start_us + (int64_t)last->step_s * US_PER_S == p->start_us;
}

/* Unbroken runs of equal steps, one array per figure: a tenth of the bytes of one object a point.
 */
static int put_series(json_t *o, const struct incident *inc)
{
	json_t *list = put_made(o, "series", json_array());
	struct run run = {0};

	if (!list)
		return -ENOMEM;
	for (unsigned i = 0; inc->series && i < inc->f.n_series; i++) {
		const struct series_point *p = &inc->series[i];

		if (!p->step_s)
			continue;
		if (!same_run(run.last, p) && begin_run(&run, list, inc, p))
			return -ENOMEM;
		if (add(run.bps, json_integer(per_second(p->bytes, p->step_s, 8))) ||
		    add(run.pps, json_integer(per_second(p->packets, p->step_s, 1))) ||
		    add(run.syn, json_integer(per_second(p->syn, p->step_s, 1))))
			return -ENOMEM;
		run.last = p;
	}
	return 0;
}

static int put_reason(json_t *o, const struct incident *inc)
{
	json_t *to = put_made(o, "class_reason", json_object());

	if (!to || put(to, "en", json_text(inc->class_reason)) ||
	    put(to, "ja", json_text(inc->class_reason_ja)))
		return -ENOMEM;
	return 0;
}

static int put_vector_detail(json_t *o, const struct incident *inc)
{
	json_t *list = put_made(o, "vector_detail", json_array());
	char name[VECTOR_NAME_MAX];

	if (!list)
		return -ENOMEM;
	for (unsigned i = 0; i < inc->f.n_vectors; i++) {
		const struct finding_vector *v = &inc->f.vectors[i];
		json_t *to = add_made(list, json_object());

		if (!to || put(to, "vector", json_text(vector_name(v->vector, v->port, name))) ||
		    fields_out(to, v, &group_vector))
			return -ENOMEM;
	}
	return 0;
}

static int put_gaps(json_t *o, const struct incident *inc)
{
	json_t *list = put_made(o, "gaps", json_array());

	if (!list)
		return -ENOMEM;
	for (unsigned i = 0; i < inc->n_gaps; i++) {
		json_t *to = add_made(list, json_object());

		if (!to || put(to, "from", json_time(inc->gaps[i].from_us)) ||
		    put(to, "until", json_time(inc->gaps[i].until_us)))
			return -ENOMEM;
	}
	return 0;
}

static int put_target_link(json_t *o, const struct incident *inc)
{
	json_t *to;

	if (inc->f.level != LEVEL_LINK)
		return put(o, "target_link", json_null());
	to = put_made(o, "target_link", json_object());
	if (!to || put(to, "exporter", json_text(inc->target_link.exporter)))
		return -ENOMEM;
	return put(to, "input", json_integer(inc->target_link.input));
}

static int put_evidence(json_t *o, const struct incident *inc)
{
	return put_group(o, inc, &group_evidence) ||
	       put(json_object_get(o, "evidence"), "consent",
		   inc->sample_consent[0] ? json_text(inc->sample_consent) : json_null());
}

static int put_interface(json_t *o, const struct incident *inc)
{
	return put_head(o, inc) || put_vectors(o, inc) || put_targets(o, inc) ||
	       put_group(o, inc, &group_times) || put_group(o, inc, &group_delay) ||
	       put(o, "state", json_text(finding_state_name(inc->f.state))) ||
	       put_group(o, inc, &group_peak) || put_group(o, inc, &group_totals) ||
	       put_sources(o, inc) || put_group(o, inc, &group_sampling) || put_exporters(o, inc) ||
	       put_links(o, inc) || put(o, "dedup", json_text(dedup_name(inc->f.dedup))) ||
	       put_evidence(o, inc) || put_series(o, inc) || put_group(o, inc, &group_blind) ||
	       put(o, "revision", json_integer(inc->revision));
}

static int put_additions(json_t *o, const struct incident *inc)
{
	return put_reason(o, inc) || put_vector_detail(o, inc) || put_target_link(o, inc) ||
	       put_gaps(o, inc) || put_group(o, inc, &group_measured) ||
	       put_group(o, inc, &group_flags) || kinds_to_json(o, &inc->kinds) ||
	       put(o, "scope", scope_to_json(&inc->scope)) || json_path_out(o, inc) ||
	       spoof_to_json(o, inc) ||
	       put_witnesses(o, "seen_by", inc->seen_by, inc->f.n_seen_by) ||
	       put_witnesses(o, "told_by", inc->told_by, inc->f.n_told_by);
}

json_t *incident_to_json(const struct incident *inc)
{
	json_t *o = json_object();

	if (o && (put_interface(o, inc) || put_additions(o, inc))) {
		json_decref(o);
		return NULL;
	}
	return o;
}

char *incident_dump(const struct incident *inc)
{
	json_t *o = incident_to_json(inc);
	char *text = json_whole(o, DUMP_FLAGS);

	if (!text)
		text_note_lost();
	json_decref(o);
	return text;
}
