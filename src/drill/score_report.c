/* SPDX-License-Identifier: ISC */
/* The figures of a score, and how people read them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "drill/score.h"

/* A list of figures of which median and p95 (nearest rank) are told. */
struct figures {
	double *v;
	size_t n;
};

struct sums {
	size_t counted, matched, missed, false_ones, classed, class_right, vectors_right,
		vectors_any;
	size_t pulses_right, direction_right;
	struct figures detect, crossed, noroshi, start, end, peak_pps, peak_bps;
};

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void add(struct figures *f, double v)
{
	f->v[f->n++] = v;
}

static json_t *rank(const struct figures *f, double share)
{
	size_t i = (size_t)ceil(share * (double)f->n);

	return f->n ? json_real(f->v[i ? i - 1 : 0]) : json_null();
}

static json_t *figures_json(struct figures *f)
{
	qsort(f->v, f->n, sizeof(*f->v), compare);
	return json_pack("{sososo}", "median", rank(f, 0.5), "p95", rank(f, 0.95), "max",
			 rank(f, 1.0));
}

static json_t *share_json(size_t part, size_t whole)
{
	return json_real(whole ? (double)part / (double)whole : 1.0);
}

static double number(json_t *o, const char *a, const char *b)
{
	json_t *v = json_object_get(o, a);

	return json_number_value(b ? json_object_get(v, b) : v);
}

static bool has(json_t *list, const char *word)
{
	json_t *v;
	size_t i;

	json_array_foreach(list, i, v) if (strcmp(json_string_value(v) ? json_string_value(v) : "",
						  word) == 0) return true;
	return false;
}

/* How many of @a are in @b. */
static size_t common(json_t *a, json_t *b)
{
	size_t i, n = 0;
	json_t *v;

	json_array_foreach(a, i, v) n += json_is_string(v) && has(b, json_string_value(v));
	return n;
}

static double seconds(int64_t us)
{
	return (double)us / 1e6;
}

static double relative(double seen, double real)
{
	return real > 0 ? (seen - real) / real : 0;
}

static json_t *real_or_null(bool known, double v)
{
	return known ? json_real(v) : json_null();
}

/* Figures of one matched pair into the sums, and the same into @row. */
static void judge_pair(const struct score *s, const struct score_case *a,
		       const struct score_case *c, struct sums *sums, json_t *row)
{
	json_t *want = score_vectors(s, a), *got = json_object_get(c->json, "vectors");
	size_t both = common(want, got);
	bool exact = both == json_array_size(want) && both == json_array_size(got);
	bool class_right = a->scan || strcmp(a->class, c->class) == 0;
	bool pulses_right = number(a->json, "pulses", NULL) == number(c->json, "pulses", NULL);
	json_t *delay = json_object_get(json_object_get(c->json, "delay"), "noroshi_s");
	double pps = relative(c->pps, a->pps);
	double bps = relative(number(c->json, "peak", "bps"), number(a->json, "peak", "bps"));

	sums->classed += !a->scan;
	sums->class_right += !a->scan && class_right;
	sums->vectors_right += exact;
	sums->vectors_any += both > 0;
	sums->pulses_right += pulses_right;
	sums->direction_right += strcmp(a->direction, c->direction) == 0;
	if (c->detected_us != TIME_NONE) {
		add(&sums->detect, seconds(c->detected_us - a->first_us));
		if (a->crossed_us != TIME_NONE)
			add(&sums->crossed, seconds(c->detected_us - a->crossed_us));
	}
	if (json_is_number(delay))
		add(&sums->noroshi, json_number_value(delay));
	add(&sums->start, fabs(seconds(c->first_us - a->first_us)));
	add(&sums->end, fabs(seconds(c->last_us - a->last_us)));
	add(&sums->peak_pps, fabs(pps));
	add(&sums->peak_bps, fabs(bps));
	json_object_update_new(
		row, json_pack("{sssbsbsbsOsososfsfsfsf}", "incident", c->id, "class_right",
			       class_right, "vectors_right", exact, "pulses_right", pulses_right,
			       "vectors_seen", got ? got : json_null(), "detect_s",
			       real_or_null(c->detected_us != TIME_NONE,
					    seconds(c->detected_us - a->first_us)),
			       "noroshi_s",
			       real_or_null(json_is_number(delay), json_number_value(delay)),
			       "start_error_s", seconds(c->first_us - a->first_us), "end_error_s",
			       seconds(c->last_us - a->last_us), "peak_pps_error", pps,
			       "peak_bps_error", bps));
	json_object_set_new(row, "class_seen", json_string(c->class));
	json_object_set(
		row, "sources_seen",
		json_object_get(c->json, "sources")
			? json_object_get(json_object_get(c->json, "sources"), "syn_classes")
			: json_null());
	json_object_set(row, "blind_spot",
			json_object_get(c->json, "blind_spot")
				? json_object_get(c->json, "blind_spot")
				: json_null());
}

static json_t *attack_row(const struct score *s, const struct score_case *a, struct sums *sums)
{
	bool matched = a->match != NO_MATCH;
	json_t *row = json_pack("{sssssssOsOsfsb}", "id", a->id, "kind",
				a->scan ? "scan" : "attack", "level", a->level, "targets",
				json_object_get(a->json, "targets"), "vectors", score_vectors(s, a),
				"peak_pps", a->pps, "counted", a->counted);

	if (!row)
		return NULL;
	json_object_set(row, "class", json_object_get(a->json, "class"));
	json_object_set(row, "sources",
			json_object_get(json_object_get(a->json, "sources"), "syn_classes"));
	json_object_set_new(row, "outcome",
			    json_string(!a->counted ? a->why
					: matched   ? "found"
						    : "missed"));
	sums->counted += a->counted;
	if (!a->counted)
		return row;
	sums->matched += matched;
	sums->missed += !matched;
	if (matched)
		judge_pair(s, a, &s->incident[a->match], sums, row);
	return row;
}

static json_t *attack_rows(const struct score *s, struct sums *sums)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < s->n_attacks; i++)
		json_array_append_new(list, attack_row(s, &s->attack[i], sums));
	return list;
}

static json_t *false_rows(const struct score *s, struct sums *sums)
{
	static const char *const keys[] = {"id",      "kind",  "class", "level", "targets",
					   "vectors", "first", "last",	"peak"};
	json_t *list = json_array();

	for (size_t j = 0; list && j < s->n_incidents; j++) {
		const struct score_case *c = &s->incident[j];
		json_t *row;

		if (c->match != NO_MATCH || !c->counted)
			continue;
		sums->false_ones++;
		row = json_object();
		for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
			if (json_object_get(c->json, keys[k]))
				json_object_set(row, keys[k], json_object_get(c->json, keys[k]));
		json_object_set_new(row, "why", json_string(c->why));
		json_array_append_new(list, row);
	}
	return list;
}

static void add_shares(json_t *o, const struct sums *n)
{
	json_object_set_new(o, "attacks", json_integer((json_int_t)n->counted));
	json_object_set_new(o, "matched", json_integer((json_int_t)n->matched));
	json_object_set_new(o, "missed", json_integer((json_int_t)n->missed));
	json_object_set_new(o, "false", json_integer((json_int_t)n->false_ones));
	json_object_set_new(o, "recall", share_json(n->matched, n->counted));
	json_object_set_new(o, "precision", share_json(n->matched, n->matched + n->false_ones));
	json_object_set_new(o, "class_accuracy", share_json(n->class_right, n->classed));
	json_object_set_new(o, "vector_accuracy", share_json(n->vectors_right, n->matched));
	json_object_set_new(o, "vector_any_accuracy", share_json(n->vectors_any, n->matched));
	json_object_set_new(o, "pulse_accuracy", share_json(n->pulses_right, n->matched));
	json_object_set_new(o, "direction_accuracy", share_json(n->direction_right, n->matched));
}

static void add_figures(json_t *o, struct sums *n)
{
	struct {
		const char *name;
		struct figures *f;
	} rows[] = {{"detect_s", &n->detect},	     {"after_crossing_s", &n->crossed},
		    {"noroshi_s", &n->noroshi},	     {"start_error_s", &n->start},
		    {"end_error_s", &n->end},	     {"peak_pps_error", &n->peak_pps},
		    {"peak_bps_error", &n->peak_bps}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		json_object_set_new(o, rows[i].name, figures_json(rows[i].f));
}

#define N_FIGURES 7

json_t *score_report(const struct score *s)
{
	struct sums n = {0};
	struct figures *all[N_FIGURES] = {&n.detect, &n.crossed,  &n.noroshi, &n.start,
					  &n.end,    &n.peak_pps, &n.peak_bps};
	double *room = calloc((s->n_attacks + 1) * N_FIGURES, sizeof(*room));
	json_t *o = json_object(), *attacks, *false_ones;

	if (!room || !o) {
		free(room);
		json_decref(o);
		return NULL;
	}
	for (size_t i = 0; i < N_FIGURES; i++)
		all[i]->v = room + i * (s->n_attacks + 1);
	attacks = attack_rows(s, &n);
	false_ones = false_rows(s, &n);
	json_object_set(o, "scenario", json_object_get(s->truth, "scenario"));
	json_object_set(o, "seed", json_object_get(s->truth, "seed"));
	json_object_set_new(o, "format", json_string(s->format));
	add_shares(o, &n);
	add_figures(o, &n);
	json_object_set_new(o, "per_attack", attacks);
	json_object_set_new(o, "false_positives", false_ones);
	free(room);
	return o;
}

static void print_list(json_t *list, FILE *out)
{
	json_t *v;
	size_t i;

	json_array_foreach(list, i, v) fprintf(out, "%s%s", i ? "+" : "",
					       json_string_value(v) ? json_string_value(v) : "?");
}

static void print_figures(json_t *report, FILE *out)
{
	static const char *const names[] = {"detect_s",	     "after_crossing_s", "noroshi_s",
					    "start_error_s", "end_error_s",	 "peak_pps_error",
					    "peak_bps_error"};

	fprintf(out, "\n%-18s %10s %10s %10s\n", "", "median", "p95", "max");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		json_t *f = json_object_get(report, names[i]);

		if (json_is_null(json_object_get(f, "max")))
			continue;
		fprintf(out, "%-18s %10.3f %10.3f %10.3f\n", names[i], number(f, "median", NULL),
			number(f, "p95", NULL), number(f, "max", NULL));
	}
}

static void print_attack(json_t *row, FILE *out)
{
	const char *class = json_string_value(json_object_get(row, "class"));

	fprintf(out, "%-6s %-9s %-18s %9.0f  %-8s ", json_string_value(json_object_get(row, "id")),
		class ? class : "scan",
		json_string_value(json_array_get(json_object_get(row, "targets"), 0)),
		number(row, "peak_pps", NULL), json_string_value(json_object_get(row, "outcome")));
	print_list(json_object_get(row, "vectors"), out);
	if (json_object_get(row, "incident")) {
		fprintf(out, "  seen as %s ",
			json_string_value(json_object_get(row, "class_seen")));
		print_list(json_object_get(row, "vectors_seen"), out);
		fprintf(out, ", detected after %.3f s, peak %+.1f %%",
			number(row, "detect_s", NULL), 100 * number(row, "peak_pps_error", NULL));
	}
	fputc('\n', out);
}

void score_print(const struct score *s, json_t *report, FILE *out)
{
	json_t *row;
	size_t i;

	fprintf(out, "scenario %s, format %s\n",
		json_string_value(json_object_get(report, "scenario"))
			? json_string_value(json_object_get(report, "scenario"))
			: "?",
		s->format);
	fprintf(out, "attacks %.0f, found %.0f, missed %.0f, false %.0f\n",
		number(report, "attacks", NULL), number(report, "matched", NULL),
		number(report, "missed", NULL), number(report, "false", NULL));
	fprintf(out, "recall %.3f, precision %.3f, class %.3f, vectors %.3f\n",
		number(report, "recall", NULL), number(report, "precision", NULL),
		number(report, "class_accuracy", NULL), number(report, "vector_accuracy", NULL));
	print_figures(report, out);
	fprintf(out, "\n%-6s %-9s %-18s %9s  %-8s %s\n", "attack", "class", "target", "peak pps",
		"outcome", "vectors");
	json_array_foreach(json_object_get(report, "per_attack"), i, row) print_attack(row, out);
	json_array_foreach(json_object_get(report, "false_positives"), i, row)
	{
		fprintf(out, "false: %s %s ", json_string_value(json_object_get(row, "id")),
			json_string_value(json_array_get(json_object_get(row, "targets"), 0))
				? json_string_value(
					  json_array_get(json_object_get(row, "targets"), 0))
				: "-");
		print_list(json_object_get(row, "vectors"), out);
		fprintf(out, " (%s)\n", json_string_value(json_object_get(row, "why")));
	}
}
