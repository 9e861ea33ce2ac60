/* SPDX-License-Identifier: ISC */
/*
 * One row per figure. A new figure is one line here, one in doc/incident.md, and nothing else.
 */
#include "judge/json_fields.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_whole.h"

#define PARSE_TURNS 4

#define AT(member) offsetof(struct incident, member)
#define GROUP(name, key, rows)                                                                     \
	const struct field_group name = {(key), (rows), sizeof(rows) / sizeof((rows)[0])}

static const struct field times[] = {
	{"first", AT(f.first_us), FORM_TIME},
	{"last", AT(f.last_us), FORM_TIME},
	{"detected", AT(f.detected_us), FORM_TIME},
};
GROUP(group_times, NULL, times);

static const struct field delay[] = {
	{"exporter_s", AT(f.exporter_delay_us), FORM_SECONDS},
	{"noroshi_s", AT(f.noroshi_delay_us), FORM_SECONDS},
	{"flows_s", AT(f.flows_s), FORM_U32},
};
GROUP(group_delay, "delay", delay);

static const struct field peak[] = {
	{"bps", AT(f.peak_bps), FORM_U64},
	{"pps", AT(f.peak_pps), FORM_U64},
	{"syn_per_s", AT(f.peak_syn_per_s), FORM_U64},
	{"at", AT(f.peak_us), FORM_TIME},
};
GROUP(group_peak, "peak", peak);

static const struct field totals[] = {
	{"packets", AT(f.packets), FORM_U64},
	{"bytes", AT(f.bytes), FORM_U64},
	{"pulses", AT(f.pulses), FORM_U32},
};
GROUP(group_totals, NULL, totals);

static const struct field sampling[] = {
	{"factor", AT(f.sampling_max), FORM_U32},
	{"known", AT(f.sampling_known), FORM_BOOL},
	{"factor_min", AT(f.sampling_min), FORM_U32},
};
GROUP(group_sampling, "sampling", sampling);

static const struct field evidence[] = {
	{"records", AT(evidence[SAMPLE_ATTACK].n), FORM_U32},
	{"good_records", AT(evidence[SAMPLE_GOOD].n), FORM_U32},
	{"erase_by", AT(erase_by_us), FORM_TIME},
	{"erased", AT(erased_us), FORM_TIME},
};
GROUP(group_evidence, "evidence", evidence);

static const struct field blind[] = {
	{"pps", AT(f.blind_pps), FORM_U64},
	{"seconds", AT(f.blind_seconds), FORM_REAL},
	{"confidence", AT(f.blind_confidence), FORM_REAL},
	{"bps", AT(f.blind_bps), FORM_U64},
	{"at_least", AT(f.blind_at_least), FORM_BOOL},
};
GROUP(group_blind, "blind_spot", blind);

static const struct field measured[] = {
	{"records", AT(f.records), FORM_U64},
	{"handshakes_visible", AT(f.handshakes_visible), FORM_BOOL},
	{"handshakes_begun", AT(f.handshakes_begun), FORM_U64},
	{"handshakes_done", AT(f.handshakes_done), FORM_U64},
	{"answered_packets", AT(f.answered_packets), FORM_U64},
	{"dports_best_second", AT(f.dports_best_second), FORM_U64},
	{"top_source_share", AT(f.top_source_share), FORM_REAL},
	{"line_bps", AT(line_bps), FORM_U64},
	{"link_capacity_bps", AT(f.link_capacity_bps), FORM_U64},
	{"link_peak_bps", AT(f.link_peak_bps), FORM_U64},
	{"hosts_hit", AT(f.hosts_hit), FORM_U64},
};
GROUP(group_measured, "measured", measured);

static const struct field flags[] = {
	{"shown", AT(f.shown_us), FORM_TIME},	   {"updated", AT(f.updated_us), FORM_TIME},
	{"own_known", AT(f.own_known), FORM_BOOL}, {"known_test", AT(known_test), FORM_BOOL},
	{"drill", AT(drill), FORM_BOOL},	   {"series_cut", AT(series_cut), FORM_BOOL},
};
GROUP(group_flags, NULL, flags);

static const struct field classes[] = {
	{"le_100", offsetof(struct source_classes, le_100), FORM_U64},
	{"gt_100_lt_1000", offsetof(struct source_classes, gt_100_lt_1000), FORM_U64},
	{"ge_1000", offsetof(struct source_classes, ge_1000), FORM_U64},
	{"unresolved", offsetof(struct source_classes, unresolved), FORM_U64},
};
GROUP(group_classes, NULL, classes);

static const struct field vector[] = {
	{"over", offsetof(struct finding_vector, over), FORM_BOOL},
	{"packets", offsetof(struct finding_vector, packets), FORM_U64},
	{"bytes", offsetof(struct finding_vector, bytes), FORM_U64},
	{"peak_pps", offsetof(struct finding_vector, peak_pps), FORM_U64},
	{"threshold_pps", offsetof(struct finding_vector, threshold_pps), FORM_U64},
	{"over_first", offsetof(struct finding_vector, over_first_us), FORM_TIME},
	{"over_last", offsetof(struct finding_vector, over_last_us), FORM_TIME},
};
GROUP(group_vector, NULL, vector);

static const struct field link_rows[] = {
	{"input", offsetof(struct incident_link, input), FORM_U32},
	{"share", offsetof(struct incident_link, share), FORM_REAL},
	{"packets", offsetof(struct incident_link, packets), FORM_U64},
	{"bytes", offsetof(struct incident_link, bytes), FORM_U64},
	{"capacity_bps", offsetof(struct incident_link, capacity_bps), FORM_U64},
};
GROUP(group_link, NULL, link_rows);

static const struct field witness_rows[] = {
	{"packets", offsetof(struct incident_witness, packets), FORM_U64},
	{"share", offsetof(struct incident_witness, share), FORM_REAL},
};
GROUP(group_witness, NULL, witness_rows);

json_t *json_text(const char *s)
{
	_cleanup_free_ char *plain = NULL;
	json_t *v = json_string(s);

	if (v)
		return v;
	if (text_is_utf8(s, strlen(s)))
		return NULL; /* without memory */
	plain = strdup(s);
	if (!plain)
		return NULL;
	for (char *p = plain; *p; p++)
		if (*p & 0x80)
			*p = '?';
	return json_string(plain);
}

/*
 * Where the library has no memory it may say "invalid", or lose a part of a long string and say
 * nothing at all (2.14: strbuffer_append_byte() in lex_save()). So a text is believed when it was
 * read the same twice in a row.
 */
int json_parse(const char *text, json_t **out)
{
	json_t *before = NULL;
	json_error_t error;
	void *room;

	*out = NULL;
	for (unsigned turn = 0; turn < PARSE_TURNS; turn++) {
		json_t *now = json_loads(text, 0, &error);

		if (turn && now && json_equal(now, before)) {
			json_decref(before);
			*out = now;
			return 0;
		}
		if (turn && !now && !before) {
			room = malloc(2 * strlen(text) + 4096);
			free(room);
			return room ? 0 : -ENOMEM;
		}
		json_decref(before);
		before = now;
	}
	json_decref(before);
	return -ENOMEM;
}

char *json_line(const json_t *o)
{
	return json_whole(o, JSON_COMPACT | JSON_SORT_KEYS);
}

json_t *json_time(int64_t us)
{
	char text[TIME_TEXT_MAX];

	if (us == TIME_NONE || time_format_utc(us, text)[0] == '-')
		return json_null();
	return json_string(text);
}

int json_get_time(const json_t *v, int64_t *us)
{
	if (!v || json_is_null(v)) {
		*us = TIME_NONE;
		return 0;
	}
	return json_is_string(v) ? time_parse(json_string_value(v), us) : -EINVAL;
}

static json_t *out_u64(const void *at)
{
	uint64_t v;

	memcpy(&v, at, sizeof(v));
	return json_integer(v > INT64_MAX ? INT64_MAX : (json_int_t)v);
}

static json_t *out_u32(const void *at)
{
	uint32_t v;

	memcpy(&v, at, sizeof(v));
	return json_integer(v);
}

static json_t *out_bool(const void *at)
{
	return json_boolean(*(const bool *)at);
}

static json_t *out_time(const void *at)
{
	int64_t v;

	memcpy(&v, at, sizeof(v));
	return json_time(v);
}

static json_t *out_seconds(const void *at)
{
	int64_t v;

	memcpy(&v, at, sizeof(v));
	return json_real((double)v / (double)US_PER_S);
}

static json_t *out_real(const void *at)
{
	double v;

	memcpy(&v, at, sizeof(v));
	return json_real(isfinite(v) ? round(v * 1e4) / 1e4 : 0);
}

static int in_u64(const json_t *v, void *at)
{
	uint64_t n;

	if (!json_is_integer(v) || json_integer_value(v) < 0)
		return -EINVAL;
	n = (uint64_t)json_integer_value(v);
	memcpy(at, &n, sizeof(n));
	return 0;
}

static int in_u32(const json_t *v, void *at)
{
	uint32_t n;

	if (!json_is_integer(v) || json_integer_value(v) < 0 || json_integer_value(v) > UINT32_MAX)
		return -EINVAL;
	n = (uint32_t)json_integer_value(v);
	memcpy(at, &n, sizeof(n));
	return 0;
}

static int in_bool(const json_t *v, void *at)
{
	if (!json_is_boolean(v))
		return -EINVAL;
	*(bool *)at = json_is_true(v);
	return 0;
}

static int in_time(const json_t *v, void *at)
{
	int64_t us;
	int r = json_get_time(v, &us);

	if (!r)
		memcpy(at, &us, sizeof(us));
	return r;
}

static int in_seconds(const json_t *v, void *at)
{
	double s = json_number_value(v);
	int64_t us;

	if (!json_is_number(v) || !(fabs(s) < 1e12))
		return -EINVAL;
	us = llround(s * (double)US_PER_S);
	memcpy(at, &us, sizeof(us));
	return 0;
}

static int in_real(const json_t *v, void *at)
{
	double d = json_number_value(v);

	if (!json_is_number(v) || !(fabs(d) < 1e15))
		return -EINVAL;
	memcpy(at, &d, sizeof(d));
	return 0;
}

static const struct {
	json_t *(*out)(const void *at);
	int (*in)(const json_t *v, void *at);
} forms[] = {
	[FORM_U64] = {out_u64, in_u64},
	[FORM_U32] = {out_u32, in_u32},
	[FORM_BOOL] = {out_bool, in_bool},
	[FORM_TIME] = {out_time, in_time},
	[FORM_SECONDS] = {out_seconds, in_seconds},
	[FORM_REAL] = {out_real, in_real},
};

int fields_out(json_t *to, const void *base, const struct field_group *g)
{
	for (size_t i = 0; i < g->n; i++) {
		const struct field *f = &g->fields[i];

		if (json_object_set_new(to, f->key,
					forms[f->form].out((const char *)base + f->offset)))
			return -ENOMEM;
	}
	return 0;
}

int fields_in(const json_t *from, void *base, const struct field_group *g)
{
	for (size_t i = 0; i < g->n; i++) {
		const struct field *f = &g->fields[i];
		const json_t *v = json_object_get(from, f->key);
		int r;

		if (!v || (json_is_null(v) && f->form != FORM_TIME))
			continue;
		r = forms[f->form].in(v, (char *)base + f->offset);
		if (r)
			return r;
	}
	return 0;
}

int json_get_text(const json_t *from, const char *key, char *to, size_t room)
{
	const json_t *v = json_object_get(from, key);

	if (!v || json_is_null(v))
		return 0;
	if (!json_is_string(v) || json_string_length(v) >= room)
		return -EINVAL;
	memcpy(to, json_string_value(v), json_string_length(v) + 1);
	return 0;
}

int json_get_share(const json_t *from, const char *key, double *out)
{
	const json_t *v = json_object_get(from, key);

	if (!v)
		return 0;
	if (!json_is_number(v) || !(json_number_value(v) >= 0) || !(json_number_value(v) <= 1))
		return -EINVAL;
	*out = json_number_value(v);
	return 0;
}
