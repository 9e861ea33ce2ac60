/* SPDX-License-Identifier: ISC */
/*
 * Measures as rows of the store and of `--json`. What is written is what is read; what does not
 * hold is refused as a whole, for half a measure is none: no end, no plan, an unknown stage.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "act/measure_inside.h"
#include "judge/json_fields.h"

struct text_row {
	const char *key;
	size_t offset, room;
	bool needed;
};

#define TEXT(k, f, must)                                                                           \
	{                                                                                          \
		k, offsetof(struct measure, f), sizeof(((struct measure *)NULL)->f), must          \
	}
#define FIELD(k, f, form)                                                                          \
	{                                                                                          \
		k, offsetof(struct measure, f), form                                               \
	}

/* clang-format off: a row stays a row. */
static const struct text_row texts[] = {
	TEXT("id", id, true),
	TEXT("plan", plan, true),
	TEXT("hash", hash, true),
	TEXT("incident", incident, true),
	TEXT("object", object, false),
	TEXT("basis", basis, false),
	TEXT("purpose", purpose, false),
	TEXT("necessity", necessity, false),
	TEXT("weaker", weaker, false),
	TEXT("consent", consent, false),
	TEXT("override", override, false),
	TEXT("standing", standing, false),
	TEXT("renewed_by", renewed_by, false),
	TEXT("renew_asked_by", renew_asked_by, false),
	TEXT("renew_necessity", renew_necessity, false),
	TEXT("place", place, false),
	TEXT("stuck", stuck, false),
	TEXT("ended_by", ended_by, false),
	TEXT("why", why, false),
};

static const struct field fields[] = {
	FIELD("planned", planned_us, FORM_TIME),
	FIELD("approve_by", approve_by_us, FORM_TIME),
	FIELD("applied", applied_us, FORM_TIME),
	FIELD("until", until_us, FORM_TIME),
	FIELD("asked_until", asked_until_us, FORM_TIME),
	FIELD("told_until", told_until_us, FORM_TIME),
	FIELD("renewed", renewed_us, FORM_TIME),
	FIELD("ended", ended_us, FORM_TIME),
	FIELD("gone", gone_us, FORM_TIME),
	FIELD("approvals_wanted", approvals_wanted, FORM_U32),
	FIELD("renewals", renewals, FORM_U32),
	FIELD("severity", severity, FORM_U32),
	FIELD("break_glass", break_glass, FORM_BOOL),
	FIELD("drill", drill, FORM_BOOL),
	FIELD("drill_routers", drill_routers, FORM_BOOL),
	FIELD("told_30", told_30, FORM_BOOL),
	FIELD("told_10", told_10, FORM_BOOL),
	FIELD("told_ended", told_ended, FORM_BOOL),
};
/* clang-format on */

static const struct field_group group = {NULL, fields, ARRAY_LEN(fields)};

static const struct {
	const char *name;
	uint32_t bit;
} data_names[] = {{"content", DATA_CONTENT},
		  {"header", DATA_HEADER},
		  {"volume", DATA_VOLUME},
		  {"list", DATA_LIST}};

_Static_assert(sizeof(unsigned) == sizeof(uint32_t), "counts are read as uint32_t");

static int text_in(const struct text_row *t, const json_t *from, struct measure *m)
{
	const json_t *v = json_object_get(from, t->key);

	if (t->needed && (!json_is_string(v) || !json_string_length(v)))
		return -EINVAL;
	/* A NUL inside would make it another text than was written. */
	if (json_is_string(v) && strlen(json_string_value(v)) != json_string_length(v))
		return -EINVAL;
	return json_get_text(from, t->key, (char *)m + t->offset, t->room);
}

static json_t *data_out(uint32_t data)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < ARRAY_LEN(data_names); i++)
		if ((data & data_names[i].bit) &&
		    json_array_append_new(list, json_string(data_names[i].name))) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static int data_in(const json_t *list, uint32_t *data)
{
	const json_t *v;
	size_t i;

	json_array_foreach(list, i, v)
	{
		const char *name = json_string_value(v);
		size_t k = 0;

		while (name && k < ARRAY_LEN(data_names) && strcmp(data_names[k].name, name) != 0)
			k++;
		if (!name || k == ARRAY_LEN(data_names))
			return -EINVAL;
		*data |= data_names[k].bit;
	}
	return 0;
}

static json_t *approvals_out(const struct measure *m)
{
	json_t *list = json_array();

	for (unsigned i = 0; list && i < m->n_approvals && i < MEASURE_APPROVALS_MAX; i++) {
		const struct measure_approval *a = &m->approval[i];

		if (json_array_append_new(list,
					  json_pack("{sossssso}", "person", json_text(a->person),
						    "how", measure_how_name(a->how), "hash",
						    a->hash, "at", json_time(a->at_us)))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static int approval_in(const json_t *v, struct measure_approval *a)
{
	const char *how = json_string_value(json_object_get(v, "how"));
	unsigned h = HOW_PERSON;

	while (how && h <= HOW_STANDING && strcmp(measure_how_name((enum measure_how)h), how) != 0)
		h++;
	if (!how || h > HOW_STANDING)
		return -EINVAL;
	a->how = (enum measure_how)h;
	if (json_get_text(v, "person", a->person, sizeof(a->person)) ||
	    json_get_text(v, "hash", a->hash, sizeof(a->hash)) || !*a->person)
		return -EINVAL;
	return json_get_time(json_object_get(v, "at"), &a->at_us);
}

static int approvals_in(const json_t *list, struct measure *m)
{
	const json_t *v;
	size_t i;

	if (json_array_size(list) > MEASURE_APPROVALS_MAX)
		return -EINVAL;
	json_array_foreach(list, i, v)
	{
		if (approval_in(v, &m->approval[i]))
			return -EINVAL;
		m->n_approvals++;
	}
	return 0;
}

/* A figure that is not known is null, never 0. */
static json_t *known(double v)
{
	return v < 0 || !isfinite(v) ? json_null() : json_real(v);
}

static json_t *count(int64_t v)
{
	return v < 0 ? json_null() : json_integer(v);
}

json_t *measure_effect_json(const struct measure_effect *e)
{
	if (!measure_has(e->at_us))
		return json_null();
	return json_pack("{sososososo}", "at", json_time(e->at_us), "before_bps",
			 known(e->before_bps), "after_bps", known(e->after_bps), "dropped_packets",
			 count(e->dropped_packets), "dropped_bytes", count(e->dropped_bytes));
}

static int figure_in(const json_t *from, const char *key, double *out)
{
	const json_t *v = json_object_get(from, key);

	*out = -1;
	if (!v || json_is_null(v))
		return 0;
	if (!json_is_number(v) || !(json_number_value(v) >= 0) || !(json_number_value(v) < 1e18))
		return -EINVAL;
	*out = json_number_value(v);
	return 0;
}

static int count_in(const json_t *from, const char *key, int64_t *out)
{
	const json_t *v = json_object_get(from, key);

	*out = -1;
	if (!v || json_is_null(v))
		return 0;
	if (!json_is_integer(v) || json_integer_value(v) < 0)
		return -EINVAL;
	*out = json_integer_value(v);
	return 0;
}

int measure_effect_from_json(const json_t *v, struct measure_effect *e)
{
	if (!v || json_is_null(v))
		return 0;
	if (json_get_time(json_object_get(v, "at"), &e->at_us) ||
	    figure_in(v, "before_bps", &e->before_bps) ||
	    figure_in(v, "after_bps", &e->after_bps) ||
	    count_in(v, "dropped_packets", &e->dropped_packets) ||
	    count_in(v, "dropped_bytes", &e->dropped_bytes))
		return -EINVAL;
	return 0;
}

/* ---- lifting ---- */

#define LIFT_FIELD(k, f, form)                                                                     \
	{                                                                                          \
		k, offsetof(struct measure_lift, f), form                                          \
	}

/* clang-format off: a row stays a row. */
static const struct field lift_fields[] = {
	LIFT_FIELD("proposed", proposed_us, FORM_TIME),
	LIFT_FIELD("proposals", proposals, FORM_U32),
	LIFT_FIELD("pause_s", pause_us, FORM_SECONDS),
	LIFT_FIELD("probes", probes, FORM_U32),
	LIFT_FIELD("probed", probed_us, FORM_TIME),
	LIFT_FIELD("probe_until", probe_until_us, FORM_TIME),
};
/* clang-format on */

static const struct field_group lift_group = {NULL, lift_fields, ARRAY_LEN(lift_fields)};

static json_t *lift_out(const struct measure_lift *l)
{
	json_t *o;

	if (!l->proposals && !l->probes && !l->pause_us)
		return json_null();
	o = json_pack("{sososs}", "en", json_text(l->en), "ja", json_text(l->ja), "probe_end",
		      probe_end_name(l->probe_end));
	if (!o || fields_out(o, l, &lift_group) == 0)
		return o;
	json_decref(o);
	return NULL;
}

static int probe_end_in(const json_t *v, enum probe_end *out)
{
	const char *name = json_string_value(v);

	for (unsigned e = 0; name && e < PROBE_ENDS; e++)
		if (strcmp(probe_end_name((enum probe_end)e), name) == 0) {
			*out = (enum probe_end)e;
			return 0;
		}
	return -EINVAL;
}

/* A row of before there was such a thing has none. */
static int lift_in(const json_t *v, struct measure_lift *l)
{
	if (!v || json_is_null(v))
		return 0;
	if (!json_is_object(v) || json_get_text(v, "en", l->en, sizeof(l->en)) ||
	    json_get_text(v, "ja", l->ja, sizeof(l->ja)) || fields_in(v, l, &lift_group) ||
	    l->pause_us < 0)
		return -EINVAL;
	return probe_end_in(json_object_get(v, "probe_end"), &l->probe_end);
}

static int put(json_t *o, const char *key, json_t *value_take)
{
	return json_object_set_new(o, key, value_take) ? -ENOMEM : 0;
}

json_t *measure_json(const struct measure *m)
{
	json_t *o = json_object();
	int r = o ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(texts); i++)
		r = put(o, texts[i].key, json_text((const char *)m + texts[i].offset));
	r = r ? r : fields_out(o, m, &group);
	if (!m->severity)
		r = r ? r : put(o, "severity", json_null());
	r = r ? r : put(o, "stage", json_string(measure_stage_name(m->stage)));
	r = r ? r : put(o, "data", data_out(m->data));
	r = r ? r : put(o, "approvals", approvals_out(m));
	r = r ? r : put(o, "effect", measure_effect_json(&m->effect));
	r = r ? r : put(o, "lift", lift_out(&m->lift));
	r = r ? r : put(o, "option", plan_option_json(&m->option));
	if (r == 0)
		return o;
	json_decref(o);
	return NULL;
}

static int stage_in(const json_t *v, enum measure_stage *out)
{
	const char *name = json_string_value(v);

	for (unsigned s = 0; name && s < MEASURE_STAGES; s++)
		if (strcmp(measure_stage_name((enum measure_stage)s), name) == 0) {
			*out = (enum measure_stage)s;
			return 0;
		}
	return -EINVAL;
}

int measure_from_json(const json_t *from, struct measure *out)
{
	int r = json_is_object(from) ? 0 : -EINVAL;

	measure_clear(out);
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(texts); i++)
		r = text_in(&texts[i], from, out);
	r = r ? r : fields_in(from, out, &group);
	r = r ? r : stage_in(json_object_get(from, "stage"), &out->stage);
	r = r ? r : data_in(json_object_get(from, "data"), &out->data);
	r = r ? r : approvals_in(json_object_get(from, "approvals"), out);
	r = r ? r : measure_effect_from_json(json_object_get(from, "effect"), &out->effect);
	r = r ? r : lift_in(json_object_get(from, "lift"), &out->lift);
	r = r ? r : plan_option_from_json(json_object_get(from, "option"), &out->option);
	/* One without an end does not exist. */
	return r || !measure_has(out->until_us) ? -EINVAL : 0;
}

char *measure_text(const struct measure *m)
{
	json_t *o = measure_json(m);
	char *text = json_line(o);

	json_decref(o);
	return text;
}

int measure_from_text(const char *body, struct measure *out)
{
	json_t *o;
	int r = json_parse(body, &o);

	r = r ? r : measure_from_json(o, out);
	json_decref(o);
	return r;
}
