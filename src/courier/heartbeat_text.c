/* SPDX-License-Identifier: ISC */
/* A beat in words for machines: JSON, and Prometheus's text format. */
#include <errno.h>
#include <math.h>

#include "base/clock.h"
#include "base/json_whole.h"
#include "courier/heartbeat.h"

#define BLIND_SEVERITY 2

bool beat_is_blind(const struct beat *b)
{
	for (size_t i = 0; i < b->n_faults; i++)
		if (fault_severity(b->faults[i].kind) <= BLIND_SEVERITY)
			return true;
	return false;
}

/* ---- JSON ---- */

static json_t *time_text(int64_t us)
{
	char text[TIME_TEXT_MAX];

	return json_string(time_format_utc(us, text));
}

static json_t *fault_json(const struct fault *f)
{
	_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;

	fault_say(f, false, &en);
	fault_say(f, true, &ja);
	return json_pack("{s:s, s:s, s:i, s:o, s:o, s:s, s:s}", "kind", fault_name(f->kind),
			 "subject", f->subject, "severity", (int)fault_severity(f->kind), "figure",
			 isfinite(f->figure) ? json_real(f->figure) : json_null(), "since",
			 time_text(f->since_us), "en", text_str(&en), "ja", text_str(&ja));
}

static double seconds(int64_t us)
{
	return (double)(us / US_PER_MS) / 1000.0;
}

static const json_t *open_incidents(const struct beat *b)
{
	return json_object_get(json_object_get(b->status, "incidents"), "open");
}

int beat_json(const struct beat *b, struct text *out)
{
	json_t *faults = json_array(), *alarms = json_object(), *o;
	const json_t *open = open_incidents(b);
	char *s;

	for (size_t i = 0; i < b->n_faults; i++)
		json_array_append_new(faults, fault_json(&b->faults[i]));
	for (int i = 0; i < ALARM_STATES; i++)
		json_object_set_new(alarms, alarm_state_name((enum alarm_state)i),
				    json_integer((json_int_t)b->alarms[i]));
	o = json_pack("{s:o, s:b, s:b, s:{s:b, s:o}, s:o, s:o, s:o}", "time", time_text(b->now_us),
		      "drill", b->drill, "blind", beat_is_blind(b), "watch", "up", b->watch_up,
		      "status_age_s",
		      b->age_us == TIME_NONE ? json_null() : json_real(seconds(b->age_us)),
		      "incidents_open",
		      json_is_integer(open) ? json_integer(json_integer_value(open)) : json_null(),
		      "alarms", alarms, "faults", faults);
	s = o ? json_whole(o, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) : NULL;
	json_decref(o);
	if (!s)
		return -ENOMEM;
	text_add(out, s);
	text_add(out, "\n");
	free(s);
	return text_ok(out) ? 0 : -ENOMEM;
}

/* ---- Prometheus ---- */

static void add_help(struct text *t, const char *name, const char *help)
{
	text_printf(t, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

static void add_gauge(struct text *t, const char *name, const char *help, double v)
{
	add_help(t, name, help);
	text_printf(t, "%s %.15g\n", name, v);
}

/* In a label's value backslash, quote and line feed are escaped. */
static void add_value(struct text *t, const char *s)
{
	for (; *s; s++) {
		if (*s == '\n')
			text_add(t, "\\n");
		else if (*s == '\\' || *s == '"')
			text_printf(t, "\\%c", *s);
		else
			text_add_n(t, s, 1);
	}
}

static void add_faults(const struct beat *b, struct text *t)
{
	add_help(t, "noroshi_faults", "Ways of being blind that are in force.");
	for (size_t i = 0; i < b->n_faults; i++) {
		text_printf(t, "noroshi_faults{kind=\"%s\",subject=\"",
			    fault_name(b->faults[i].kind));
		add_value(t, b->faults[i].subject);
		text_add(t, "\"} 1\n");
	}
}

static void add_exporters(const struct beat *b, struct text *t)
{
	const json_t *e;
	size_t i;

	add_help(t, "noroshi_exporter_last_seen_seconds",
		 "Seconds since the exporter told something.");
	json_array_foreach(json_object_get(b->status, "exporters"), i, e)
	{
		const char *name = json_string_value(json_object_get(e, "name"));
		const json_t *silent = json_object_get(e, "silent_s");

		if (!name || !json_is_number(silent))
			continue;
		text_add(t, "noroshi_exporter_last_seen_seconds{exporter=\"");
		add_value(t, name);
		text_printf(t, "\"} %.15g\n", json_number_value(silent));
	}
}

void beat_prometheus(const struct beat *b, struct text *t)
{
	const json_t *open = open_incidents(b);

	add_gauge(t, "noroshi_up", "The watch runs and its status is of now.", b->watch_up);
	add_gauge(t, "noroshi_heartbeat_timestamp_seconds",
		  "When the last pass of the courier went through.",
		  (double)b->now_us / (double)US_PER_S);
	add_gauge(t, "noroshi_drill", "The store is a drill's.", b->drill);
	add_gauge(t, "noroshi_blind", "A fault is in force by which something is not seen.",
		  beat_is_blind(b));
	if (b->age_us != TIME_NONE)
		add_gauge(t, "noroshi_watch_status_age_seconds",
			  "How old the newest status of the watch is.", seconds(b->age_us));
	if (json_is_integer(open))
		add_gauge(t, "noroshi_incidents_open", "Incidents that are not over.",
			  (double)json_integer_value(open));
	add_help(t, "noroshi_alarms", "Alarms by state.");
	for (int i = 0; i < ALARM_STATES; i++)
		text_printf(t, "noroshi_alarms{state=\"%s\"} %llu\n",
			    alarm_state_name((enum alarm_state)i),
			    (unsigned long long)b->alarms[i]);
	add_faults(b, t);
	add_exporters(b, t);
}
