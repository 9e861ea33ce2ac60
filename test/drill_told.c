/* SPDX-License-Identifier: ISC */
/*
 * What a run is told as. An attack is above the blind spot when noroshi's own blind_spot(), for the
 * threshold in force and the sampling of the exporters that count, is no more than the attack's
 * peak rate within a second, or no more than its mean rate within windows not longer than it lasts.
 */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "detect/detect.h"
#include "drill_path.h"

#define CONFIDENCE 0.95

static void decref_json(json_t **o)
{
	json_decref(*o);
}
#define _cleanup_json_ _cleanup_(decref_json)

/* A text as a file that lives in memory only; drill_score() wants names. */
static int memory_file(const char *text, size_t n, char path[32])
{
	int fd = memfd_create("drill", MFD_CLOEXEC);

	if (fd < 0)
		return -1;
	while (n) {
		ssize_t done = write(fd, text, n);

		if (done <= 0) {
			close(fd);
			return -1;
		}
		text += done;
		n -= (size_t)done;
	}
	snprintf(path, 32, "/proc/self/fd/%d", fd);
	return fd;
}

static int dump_incidents(const struct path *p, struct text *out)
{
	for (size_t i = 0; i < p->results.n; i++) {
		_cleanup_free_ char *line = incident_dump(p->results.list[i]);

		if (!line)
			return -ENOMEM;
		text_add(out, line);
		text_add(out, "\n");
	}
	return text_ok(out) ? 0 : -ENOMEM;
}

static json_t *score(const struct path *p, const char *truth, struct text *why)
{
	struct drill_score_options o = {.only_visible = drill_format_name(p->options->drill.format),
					.json = true};
	_cleanup_close_ int truth_fd = -1, incidents_fd = -1;
	_cleanup_text_ struct text lines = TEXT_NULL;
	_cleanup_free_ char *told = NULL;
	char truth_path[32], incidents_path[32];
	size_t n = 0;
	FILE *out;
	int r;

	if (dump_incidents(p, &lines) < 0)
		return NULL;
	truth_fd = memory_file(truth, strlen(truth), truth_path);
	incidents_fd = memory_file(text_str(&lines), lines.len, incidents_path);
	out = truth_fd >= 0 && incidents_fd >= 0 ? open_memstream(&told, &n) : NULL;
	if (!out)
		return NULL;
	r = drill_score(incidents_path, truth_path, &o, out, why);
	fclose(out);
	return r ? NULL : json_loads(told, 0, NULL);
}

static double number(json_t *o, const char *key)
{
	return json_number_value(json_object_get(o, key));
}

static json_t *attack_of(json_t *truth, const char *id)
{
	json_t *a;
	size_t i;

	json_array_foreach(json_object_get(truth, "attacks"), i, a)
	{
		if (strcmp(json_string_value(json_object_get(a, "id")), id) == 0)
			return a;
	}
	return NULL;
}

static double seconds_of(json_t *attack)
{
	int64_t first, last;

	if (time_parse(json_string_value(json_object_get(attack, "first")), &first) < 0 ||
	    time_parse(json_string_value(json_object_get(attack, "last")), &last) < 0)
		return 0;
	return (double)(last - first) / US_PER_S;
}

/*
 * The sampling that counts. With sides, what enters is counted at the border router alone; without
 * them the finest exporter decides, unless each sees other links: then the coarsest does.
 */
static uint32_t sampling_of(const struct path *p, json_t *truth)
{
	const struct drill_options *o = &p->options->drill;
	json_t *e, *list = json_object_get(truth, "exporters");
	uint32_t least = UINT32_MAX, most = 1;
	size_t i;

	if (o->format == DRILL_PACKETS)
		return 1;
	json_array_foreach(list, i, e)
	{
		uint32_t n = (uint32_t)number(e, "sampling");

		least = n < least ? n : least;
		most = n > most ? n : most;
	}
	if (o->view == DRILL_SPLIT)
		return most;
	return p->options->world == WORLD_WHOLE
		       ? (uint32_t)number(json_array_get(list, 0), "sampling")
		       : least;
}

/* The rate from which part @v of @attack counts, by the configuration that ran. */
static uint64_t threshold_of(const struct path *p, json_t *attack, const char *name)
{
	struct prefix target;
	const struct thresholds *t;
	enum vector v;
	uint16_t port;
	uint64_t pps;

	if (vector_parse(name, &v, &port) < 0 ||
	    prefix_parse(json_string_value(json_array_get(json_object_get(attack, "targets"), 0)),
			 true, &target) < 0)
		return 0;
	t = conf_thresholds(p->conf, &target.addr);
	pps = thresholds_pps(t, v, port);
	if (strcmp(json_string_value(json_object_get(attack, "level")), "prefix") != 0)
		return pps;
	return pps * (target.len >= (ip_is_v4(&target.addr) ? 120 : 64) ? t->prefix24_times
									: t->prefix20_times);
}

static bool listed(json_t *list, json_t *word)
{
	json_t *v;
	size_t i;

	json_array_foreach(list, i, v) if (json_equal(v, word)) return true;
	return false;
}

struct visibility {
	unsigned parts, above; /* that the format can show; of them, above the blind spot */
	double blind_pps;      /* of the part that is easiest to see */
	double blind_in_1_s;   /* the same where no more than a second counts */
};

static void see_part(const struct path *p, json_t *attack, json_t *part, uint32_t sampling,
		     struct visibility *v)
{
	const char *name = json_string_value(json_object_get(part, "vector"));
	uint64_t threshold = threshold_of(p, attack, name);
	double lasts = seconds_of(attack), peak = number(part, "peak_pps");
	double mean = number(part, "packets") / (lasts > 1 ? lasts : 1);
	double in_one = blind_spot(threshold, sampling, 1, CONFIDENCE).pps;
	double in_all = blind_spot(threshold, sampling, lasts > 1 ? lasts : 1, CONFIDENCE).pps;

	enum vector vector;
	uint16_t port;

	/* What no sampled data can show is below any blind spot; noroshi says "never" of it. */
	if (sampling > 1 && name && vector_parse(name, &vector, &port) == 0 &&
	    vector_needs_every_packet(vector))
		return;
	v->parts++;
	v->above += peak >= in_one || mean >= in_all;
	if (v->blind_pps == 0 || in_all < v->blind_pps)
		v->blind_pps = in_all;
	if (v->blind_in_1_s == 0 || in_one < v->blind_in_1_s)
		v->blind_in_1_s = in_one;
}

static void see_attack(const struct path *p, json_t *attack, uint32_t sampling,
		       struct visibility *v)
{
	json_t *shown = json_object_get(json_object_get(attack, "visible_vectors"),
					drill_format_name(p->options->drill.format));
	json_t *part;
	size_t i;

	json_array_foreach(json_object_get(attack, "parts"), i, part)
	{
		if (listed(shown, json_object_get(part, "vector")))
			see_part(p, attack, part, sampling, v);
	}
}

static json_t *states_of(const struct path *p, const char *id)
{
	json_t *list = json_array();

	for (size_t i = 0; id && i < p->n_seen; i++) {
		if (strcmp(p->seen[i].id, id) != 0)
			continue;
		for (unsigned s = FINDING_OPEN; s <= FINDING_LOST_SIGHT; s++)
			if (p->seen[i].states >> s & 1)
				json_array_append_new(list, json_string(finding_state_name(
								    (enum finding_state)s)));
	}
	return list;
}

/* Every attack of the score gets what the score cannot know. */
static void tell_attacks(const struct path *p, json_t *truth, json_t *report)
{
	uint32_t sampling = sampling_of(p, truth);
	json_int_t due = 0, found = 0;
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(report, "per_attack"), i, row)
	{
		json_t *attack = attack_of(truth, json_string_value(json_object_get(row, "id")));
		struct visibility v = {0};
		bool counted = json_is_true(json_object_get(row, "counted")), above;

		see_attack(p, attack, sampling, &v);
		above = counted && v.above > 0;
		due += above;
		found += above && json_object_get(row, "incident");
		json_object_set_new(row, "above_blind_spot", json_boolean(above));
		json_object_set_new(row, "class_due", json_boolean(above && v.above == v.parts));
		json_object_set_new(row, "blind_pps", json_real(round(v.blind_pps)));
		json_object_set_new(row, "blind_pps_in_1_s", json_real(round(v.blind_in_1_s)));
		json_object_set_new(row, "lasts_s", json_real(seconds_of(attack)));
		json_object_set(row, "mean_pps", json_object_get(attack, "mean_pps"));
		json_object_set(row, "pulses", json_object_get(attack, "pulses"));
		json_object_set(row, "links", json_object_get(attack, "links"));
		json_object_set_new(
			row, "states",
			states_of(p, json_string_value(json_object_get(row, "incident"))));
	}
	json_object_set_new(report, "above_blind_spot", json_integer(due));
	json_object_set_new(report, "found_above_blind_spot", json_integer(found));
}

static void tell_run(const struct path *p, json_t *truth, json_t *report)
{
	const struct path_options *o = p->options;
	const struct drill_figures *f = drill_figures(p->drill);
	json_t *list = json_array();

	json_object_set_new(report, "sampling", json_integer(sampling_of(p, truth)));
	json_object_set(report, "exporters", json_object_get(truth, "exporters"));
	json_object_set(report, "cut", json_object_get(truth, "cut"));
	json_object_set_new(report, "world",
			    json_string(o->world == WORLD_WHOLE ? "whole" : "plain"));
	json_object_set_new(report, "packets", json_integer((json_int_t)f->packets));
	json_object_set_new(report, "records",
			    json_integer((json_int_t)(f->frames ? f->frames : f->records)));
	json_object_set_new(report, "drill_refused", json_integer((json_int_t)f->refused));
	json_object_set_new(report, "refused", json_integer((json_int_t)p->refused));
	for (size_t i = 0; o->incidents && i < p->results.n; i++)
		json_array_append_new(list, incident_to_json(p->results.list[i]));
	json_object_set_new(report, "incidents", o->incidents ? list : json_null());
	json_object_set(report, "truth", o->incidents ? truth : json_null());
	if (!o->incidents)
		json_decref(list);
}

json_t *told_json(struct path *p, struct text *why)
{
	_cleanup_free_ char *text = drill_truth_json(p->drill);
	_cleanup_json_ json_t *truth = text ? json_loads(text, 0, NULL) : NULL;
	_cleanup_json_ json_t *report = truth ? score(p, text, why) : NULL;

	if (!report) {
		if (!why->len)
			text_add(why, "no score: out of memory");
		return NULL;
	}
	tell_attacks(p, truth, report);
	tell_run(p, truth, report);
	return take_ptr(report);
}
