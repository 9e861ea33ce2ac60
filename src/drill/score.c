/* SPDX-License-Identifier: ISC */
/*
 * Incidents against the truth. One attack takes one incident: of its kind and level, overlapping in
 * target and time; of several, the one that overlaps longest. What is left over is false, unless it
 * belongs to an attack that was left out of the count (not visible in the format, or too small).
 */
#include "drill/score.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"

#define SLACK_US (5 * US_PER_S) /* times of sampled flows are this blurred */

static void decref_json(json_t **o)
{
	json_decref(*o);
}

#define _cleanup_json_ _cleanup_(decref_json)

static const char *text_of(json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static int64_t time_of(json_t *o, const char *key)
{
	int64_t us;

	return time_parse(text_of(o, key), &us) == 0 ? us : TIME_NONE;
}

static void read_targets(struct score_case *c)
{
	json_t *target;
	size_t i;

	json_array_foreach(json_object_get(c->json, "targets"), i, target)
	{
		const char *s = json_string_value(target);

		if (s && c->n_targets < SCORE_TARGETS &&
		    prefix_parse(s, true, &c->target[c->n_targets]) == 0)
			c->n_targets++;
	}
}

static void read_case(struct score_case *c, json_t *o)
{
	*c = (struct score_case){.json = o, .match = NO_MATCH, .counted = true, .why = ""};
	c->id = text_of(o, "id");
	c->class = text_of(o, "class");
	c->level = text_of(o, "level");
	c->direction = text_of(o, "direction");
	c->scan = strcmp(text_of(o, "kind"), "scan") == 0;
	c->first_us = time_of(o, "first");
	c->last_us = time_of(o, "last");
	c->detected_us = time_of(o, "detected");
	c->crossed_us = time_of(o, "crossed");
	c->pps = json_number_value(json_object_get(json_object_get(o, "peak"), "pps"));
	read_targets(c);
}

/* The later of two lines with one id counts: later by revision, then by place. */
static int take_line(json_t *by_id, json_t *incident)
{
	const char *id = text_of(incident, "id");
	json_t *old = json_object_get(by_id, id);
	json_int_t was = json_integer_value(json_object_get(old, "revision"));

	if (old && json_integer_value(json_object_get(incident, "revision")) < was)
		return 0;
	return json_object_set(by_id, id, incident) ? -ENOMEM : 0;
}

static int read_lines(FILE *f, const char *path, json_t *by_id, struct text *why)
{
	_cleanup_free_ char *line = NULL;
	size_t room = 0, number = 0;
	ssize_t n;

	while ((n = getline(&line, &room, f)) > 0) {
		_cleanup_json_ json_t *o = NULL;
		json_error_t e;

		number++;
		if (strspn(line, " \t\r\n") == (size_t)n)
			continue;
		o = json_loadb(line, (size_t)n, 0, &e);
		if (!json_is_object(o)) {
			text_printf(why, "%s:%zu: %s", path, number, o ? "not an object" : e.text);
			return 2;
		}
		if (!*text_of(o, "id") || take_line(by_id, o)) {
			text_printf(why, "%s:%zu: an incident without id", path, number);
			return 2;
		}
	}
	if (!ferror(f))
		return 0;
	text_printf(why, "%s: cannot be read", path);
	return 2;
}

static int load_incidents(struct score *s, const char *path, struct text *why)
{
	_cleanup_fclose_ FILE *f = strcmp(path, "-") == 0 ? fdopen(dup(0), "r") : fopen(path, "r");
	json_t *o;
	const char *id;
	int r;

	if (!f) {
		text_printf(why, "%s: %s", path, strerror(errno));
		return 2;
	}
	s->incidents = json_object();
	r = read_lines(f, path, s->incidents, why);
	if (r)
		return r;
	s->incident = calloc(json_object_size(s->incidents) + 1, sizeof(*s->incident));
	if (!s->incident)
		return 2;
	json_object_foreach(s->incidents, id, o) read_case(&s->incident[s->n_incidents++], o);
	return 0;
}

static int load_truth(struct score *s, const char *path, struct text *why)
{
	json_error_t e;
	json_t *list, *o;
	size_t i;

	s->truth = json_load_file(path, 0, &e);
	list = json_object_get(s->truth, "attacks");
	if (!json_is_array(list)) {
		text_printf(why, "%s: %s", path, s->truth ? "no list of attacks" : e.text);
		return 2;
	}
	s->attack = calloc(json_array_size(list) + 1, sizeof(*s->attack));
	if (!s->attack)
		return 2;
	json_array_foreach(list, i, o) read_case(&s->attack[s->n_attacks++], o);
	s->format =
		s->options->only_visible ? s->options->only_visible : text_of(s->truth, "format");
	return 0;
}

json_t *score_vectors(const struct score *s, const struct score_case *a)
{
	json_t *by_format = json_object_get(json_object_get(a->json, "visible_vectors"), s->format);

	return by_format ? by_format : json_object_get(a->json, "vectors");
}

static void leave_out(struct score *s)
{
	for (size_t i = 0; i < s->n_attacks; i++) {
		struct score_case *a = &s->attack[i];
		json_t *visible = json_object_get(json_object_get(a->json, "visible"), s->format);

		if (s->options->only_visible && !json_is_true(visible))
			a->why = "not visible in this format";
		else if (a->pps < (double)s->options->above_pps)
			a->why = "below the rate asked for";
		a->counted = !*a->why;
	}
}

static bool targets_overlap(const struct score_case *a, const struct score_case *b)
{
	for (size_t i = 0; i < a->n_targets; i++)
		for (size_t j = 0; j < b->n_targets; j++)
			if (prefix_covers(&a->target[i], &b->target[j]) ||
			    prefix_covers(&b->target[j], &a->target[i]))
				return true;
	return false;
}

/* How long both were; negative when they do not belong together. */
static int64_t overlap(const struct score_case *attack, const struct score_case *incident)
{
	int64_t from, until;

	if (attack->scan != incident->scan || strcmp(attack->level, incident->level) != 0 ||
	    attack->first_us == TIME_NONE || incident->first_us == TIME_NONE)
		return -1;
	if (!targets_overlap(attack, incident))
		return -1;
	from = attack->first_us > incident->first_us ? attack->first_us : incident->first_us;
	until = attack->last_us < incident->last_us ? attack->last_us : incident->last_us;
	return until - from + SLACK_US;
}

static void match(struct score *s)
{
	for (size_t i = 0; i < s->n_attacks; i++) {
		int64_t best = -1;

		for (size_t j = 0; j < s->n_incidents; j++) {
			int64_t o = overlap(&s->attack[i], &s->incident[j]);

			if (s->incident[j].match != NO_MATCH || o <= best)
				continue;
			best = o;
			s->attack[i].match = j;
		}
		if (s->attack[i].match != NO_MATCH)
			s->incident[s->attack[i].match].match = i;
	}
}

/* Why an incident is false; a second one for an attack left out is excused with the first. */
static void judge_rest(struct score *s)
{
	for (size_t j = 0; j < s->n_incidents; j++) {
		struct score_case *c = &s->incident[j];

		if (c->match != NO_MATCH) {
			c->counted = s->attack[c->match].counted;
			continue;
		}
		c->why = "no attack of this kind and level there at that time";
		for (size_t i = 0; i < s->n_attacks; i++) {
			if (overlap(&s->attack[i], c) < 0)
				continue;
			c->why = "a second one for the same attack";
			c->counted = s->attack[i].counted;
		}
	}
}

static void score_deinit(struct score *s)
{
	json_decref(s->truth);
	json_decref(s->incidents);
	free(s->attack);
	free(s->incident);
}

int drill_score(const char *incidents_path, const char *truth_path,
		const struct drill_score_options *o, FILE *out, struct text *why)
{
	static const struct drill_score_options none;
	_cleanup_(score_deinit) struct score s = {.options = o ? o : &none};
	_cleanup_json_ json_t *report = NULL;
	int r = load_truth(&s, truth_path, why);

	if (r == 0)
		r = load_incidents(&s, incidents_path, why);
	if (r)
		return r;
	leave_out(&s);
	match(&s);
	judge_rest(&s);
	report = score_report(&s);
	if (!report) {
		text_printf(why, "%s", strerror(ENOMEM));
		return 2;
	}
	if (s.options->json) {
		json_dumpf(report, out, JSON_COMPACT | JSON_REAL_PRECISION(9));
		fputc('\n', out);
	} else {
		score_print(&s, report, out);
	}
	return 0;
}
