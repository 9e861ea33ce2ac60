/* SPDX-License-Identifier: ISC */
/*
 * The busy week through the whole house in one process: the drill's datagrams go through the
 * pipeline of the program, what is found and what cannot be seen any more to the one on duty, who
 * is told the time by the same simulated clock; pages go to people who answer as the truth says.
 * One JSON object on standard output: the truth, every page, what became of each incident and
 * alarm. week_drill.py holds them against each other.
 *
 * week_drill [OPTION VALUE]...
 *   seed N           1
 *   format WORD      v9 or ipfix; v9
 *   threads N        1
 *   records N        the week ends after so many; 0, it does not
 *
 * Exit status 0 when it ran, whoever was paged; 1 when it could not; 2 for wrong usage.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cli/pipeline.h"
#include "cli/verb.h"
#include "drill/drill.h"
#include "duty/duty.h"
#include "duty/sight.h"
#include "week_people.h"

#define SCENARIO "busy-week"
#define ACTIVE_S                                                                                   \
	10 /* timeouts of the exporters, as an operator who wants to know soon sets them           \
	    */
#define INACTIVE_S 5
#define STEP_US	   US_PER_S
#define LOOK_US	   (2 * US_PER_S) /* between two looks at our own sight */

struct week {
	struct drill *drill;
	struct conf *conf;
	struct pipeline pipeline;
	struct duty *duty;
	struct sight *sight;
	struct people people;
	json_t *truth; /* as it was meant; what was counted comes at the end */
	json_t *pages, *incidents, *alarms, *faults;
	int64_t clock_us, now_us, looked_us;
	uint64_t refused, seconds;
};

static json_t *time_text(int64_t us)
{
	char text[TIME_TEXT_MAX];

	return us == TIME_NONE ? json_null() : json_string(time_format_utc(us, text));
}

static double seconds(int64_t us)
{
	return (double)us / (double)US_PER_S;
}

/* ---- what noroshi says ---- */

/* [now, first, last, pulses, bps, state, gaps] of each state handed out. */
static int note_incident(struct week *w, const struct incident *inc)
{
	json_t *o = json_object_get(w->incidents, inc->id), *states;
	char target[INCIDENT_TARGET_MAX];

	if (!o) {
		o = json_pack("{s:s, s:s, s:[]}", "target", incident_target(inc, target), "object",
			      inc->object, "states");
		if (!o || json_object_set_new(w->incidents, inc->id, o))
			return -ENOMEM;
	}
	states = json_object_get(o, "states");
	return json_array_append_new(
		       states, json_pack("[f, f, f, I, I, s, i]", seconds(w->now_us),
					 seconds(inc->f.first_us), seconds(inc->f.last_us),
					 (json_int_t)inc->f.pulses, (json_int_t)inc->f.peak_bps,
					 finding_state_name(inc->f.state), (int)inc->n_gaps))
		       ? -ENOMEM
		       : 0;
}

static int on_incident(void *userdata, const struct incident *inc)
{
	struct week *w = userdata;
	int r = note_incident(w, inc);

	return r ? r : duty_incident(w->duty, inc, w->now_us);
}

static int on_fault(void *userdata, const struct fault *f)
{
	struct week *w = userdata;
	char key[FAULT_KEY_MAX];

	json_array_append_new(w->faults,
			      json_pack("{s:o, s:s, s:b, s:o, s:f}", "at", time_text(w->now_us),
					"fault", fault_key(f, key), "over", f->over, "since",
					time_text(f->since_us), "figure",
					f->figure == f->figure ? f->figure : -1.0));
	return duty_fault(w->duty, f, w->now_us);
}

/* ---- the part of a status that tells of the exporters ---- */

static json_t *exporter_status(const struct exporter *e, int64_t now_us)
{
	return json_pack("{s:s, s:b, s:b, s:f, s:I, s:I, s:{s:I, s:I}, s:{s:f, s:b, s:b}}", "name",
			 e->name, "configured", true, "spoke", e->last_recv_us != TIME_NONE,
			 "silent_s",
			 e->last_recv_us != TIME_NONE ? seconds(now_us - e->last_recv_us) : 0.0,
			 "datagrams", (json_int_t)e->datagrams, "records", (json_int_t)e->records,
			 "lost", "datagrams", (json_int_t)e->lost_datagrams, "records",
			 (json_int_t)e->lost_records, "clock", "offset_s",
			 seconds(e->clock_offset_us), "shifted", e->clock_shifted, "trusted", true);
}

static int look(struct week *w)
{
	struct sight_look l = {.bell = BELL_UNTRIED,
			       .free_bytes = -1,
			       .status_us = w->now_us,
			       .now_us = w->now_us,
			       .mono_us = w->now_us};
	json_t *list = json_array(), *status = json_object();
	int r;

	if (w->looked_us != TIME_NONE && w->now_us - w->looked_us < LOOK_US) {
		json_decref(list);
		json_decref(status);
		return 0;
	}
	w->looked_us = w->now_us;
	for (unsigned i = 0; i < exporters_count(w->pipeline.exporters); i++) {
		const struct exporter *e = exporters_get(w->pipeline.exporters, (uint16_t)i);

		if (e->conf)
			json_array_append_new(list, exporter_status(e, w->now_us));
	}
	json_object_set_new(status, "exporters", list);
	l.status = status;
	r = sight_status(w->sight, &l, &w->conf->duty.sight, on_fault, w);
	json_decref(status);
	return r;
}

/* ---- what the one on duty does ---- */

static json_t *page_row(const struct page *p, const struct alarm *a)
{
	return json_pack("{s:o, s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:i, s:s}", "at",
			 time_text(p->at_us), "id", p->id, "alarm", p->alarm, "kind",
			 alarm_kind_name(a->kind), "ref", a->ref, "why", page_why_name(p->why),
			 "step", (int)p->step, "person", p->person, "channel",
			 page_channel_name(p->channel), "severity", (int)a->severity, "text",
			 p->text);
}

static int take_pages(struct week *w)
{
	struct duty_step step;

	duty_take(w->duty, &step);
	for (unsigned i = 0; i < step.n_alarms; i++)
		if (json_object_set_new(w->alarms, step.alarms[i]->id, alarm_json(step.alarms[i])))
			return -ENOMEM;
	for (unsigned i = 0; i < step.n_pages; i++) {
		const struct alarm *a = duty_alarm(w->duty, step.pages[i]->alarm);
		const json_t *inc;
		int r;

		if (!a)
			return -ENOENT;
		inc = json_object_get(w->incidents, a->ref);
		json_array_append_new(w->pages, page_row(step.pages[i], a));
		r = people_get(&w->people, step.pages[i], a,
			       json_string_value(json_object_get(inc, "target")));
		if (r)
			return r;
	}
	return 0;
}

/* One simulated second. */
static int second(struct week *w)
{
	int r = look(w);

	w->seconds++;
	if (r == 0)
		r = people_do(&w->people, w->duty, w->now_us);
	if (r == 0)
		r = duty_clock(w->duty, w->now_us);
	return r ? r : take_pages(w);
}

static int tick(struct week *w, int64_t until_us)
{
	int r = 0;

	if (w->clock_us == TIME_NONE)
		w->clock_us = until_us;
	while (r == 0 && w->clock_us <= until_us) {
		w->now_us = w->clock_us;
		r = pipeline_clock(&w->pipeline, w->now_us);
		if (r == 0)
			r = second(w);
		w->clock_us += STEP_US;
	}
	return r;
}

static int on_datagram(void *userdata, int64_t recv_us, const struct ip *exporter,
		       const uint8_t *bytes, size_t len)
{
	struct week *w = userdata;
	struct datagram d = {
		.data = bytes, .len = len, .from = *exporter, .port = 50000, .recv_us = recv_us};
	int r = tick(w, recv_us);

	if (r)
		return r;
	w->now_us = recv_us;
	r = exports_datagram(w->pipeline.exports, &d);
	w->refused += r > 0;
	return r < 0 ? r : 0;
}

/* ---- the run ---- */

static json_t *truth_of(struct drill *d)
{
	_cleanup_free_ char *text = drill_truth_json(d);

	return text ? json_loads(text, 0, NULL) : NULL;
}

static int open_week(struct week *w, uint64_t seed, const struct drill_options *o, unsigned threads)
{
	struct pipeline_options p = {.threads = threads,
				     .kind = STORE_DRILL,
				     .live = true, /* a clock that ticks, as a watch has it */
				     .incident = {.incident = on_incident, .userdata = w}};
	_cleanup_text_ struct text why = TEXT_NULL;
	_cleanup_free_ char *yaml = NULL;

	w->clock_us = w->looked_us = TIME_NONE;
	w->drill = drill_new(SCENARIO, seed, o);
	yaml = w->drill ? drill_conf_yaml(w->drill) : NULL;
	w->conf = yaml ? conf_load_text("drill", yaml, strlen(yaml), &why) : NULL;
	if (!w->conf) {
		fprintf(stderr, "week_drill: %s\n", text_str(&why));
		return 1;
	}
	p.conf = w->conf;
	if (pipeline_open(&w->pipeline, &p, "en", &why) != EXIT_GOOD) {
		fprintf(stderr, "week_drill: %s\n", text_str(&why));
		return 1;
	}
	w->duty = duty_new(w->conf, NULL);
	w->sight = sight_new();
	w->truth = truth_of(w->drill);
	w->pages = json_array();
	w->faults = json_array();
	w->incidents = json_object();
	w->alarms = json_object();
	return !w->duty || !w->sight || !w->truth || !w->alarms ||
	       people_open(&w->people,
			   json_object_get(json_object_get(w->truth, "duty"), "things"));
}

static void close_week(struct week *w)
{
	people_close(&w->people);
	sight_free(w->sight);
	duty_free(w->duty);
	pipeline_close(&w->pipeline);
	if (w->conf)
		conf_unref(w->conf);
	drill_free(w->drill);
	json_decref(w->truth);
	json_decref(w->pages);
	json_decref(w->faults);
	json_decref(w->incidents);
	json_decref(w->alarms);
}

static void tell(struct week *w, uint64_t seed, const char *format)
{
	const struct drill_figures *f = drill_figures(w->drill);
	struct judge_stats s;
	json_t *o;

	judge_stats(w->pipeline.judge, &s);
	o = json_pack("{s:I, s:s, s:o, s:O, s:O, s:O, s:O, s:O, s:I, s:I, s:I, s:I, s:I}", "seed",
		      (json_int_t)seed, "format", format, "truth", truth_of(w->drill), "pages",
		      w->pages, "incidents", w->incidents, "alarms", w->alarms, "faults", w->faults,
		      "acts", w->people.done, "packets", (json_int_t)f->packets, "records",
		      (json_int_t)f->records, "refused", (json_int_t)w->refused, "seconds",
		      (json_int_t)w->seconds, "folded", (json_int_t)s.folded);
	json_dumpf(o, stdout, JSON_COMPACT | JSON_REAL_PRECISION(17));
	putchar('\n');
	json_decref(o);
}

static int run(uint64_t seed, enum drill_format format, unsigned threads, uint64_t records)
{
	struct drill_options o = {.format = format,
				  .active_s = ACTIVE_S,
				  .inactive_s = INACTIVE_S,
				  .max_records = records};
	static struct week w; /* too large for a stack */
	struct drill_sink sink = {.datagram = on_datagram, .userdata = &w};
	int r = open_week(&w, seed, &o, threads);

	if (r == 0) {
		r = drill_run(w.drill, &sink);
		if (r)
			fprintf(stderr, "week_drill: %s\n", strerror(-r));
		else
			tell(&w, seed, drill_format_name(format));
	}
	close_week(&w);
	return r ? 1 : 0;
}

int main(int argc, char **argv)
{
	enum drill_format format = DRILL_V9;
	uint64_t seed = 1, records = 0;
	unsigned threads = 1;
	bool good = argc % 2 == 1;

	for (int i = 1; good && i < argc; i += 2) {
		if (strcmp(argv[i], "seed") == 0)
			seed = strtoull(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "threads") == 0)
			threads = (unsigned)strtoul(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "records") == 0)
			records = strtoull(argv[i + 1], NULL, 10);
		else
			good = strcmp(argv[i], "format") == 0 &&
			       drill_format_parse(argv[i + 1], &format) == 0 &&
			       (format == DRILL_V9 || format == DRILL_IPFIX);
	}
	if (!good) {
		fputs("usage: week_drill [seed N] [format v9|ipfix] [threads N] [records N]\n",
		      stderr);
		return 2;
	}
	return run(seed, format, threads, records);
}
