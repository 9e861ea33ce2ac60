/* SPDX-License-Identifier: ISC */
/* What a program is given with a page. Its keys are a stable interface: doc/duty.md. */
#include <math.h>
#include <string.h>

#include "base/zone.h"
#include "duty/words.h"
#include "judge/json_fields.h"

#define PAGE_DATA_VERSION 1

/* Sets @value, which it takes; false without memory. */
static bool set(json_t *o, const char *key, json_t *value)
{
	return json_object_set_new(o, key, value) == 0;
}

static json_t *text_or_null(const char *s)
{
	return s && *s ? json_text(s) : json_null();
}

static json_t *rate(uint64_t v)
{
	return v ? json_integer(v > INT64_MAX ? INT64_MAX : (json_int_t)v) : json_null();
}

static json_t *vectors_json(const struct incident *inc)
{
	unsigned which[FINDING_VECTORS_MAX], n = incident_vectors(inc, which);
	json_t *list = json_array();

	for (unsigned i = 0; list && i < n; i++) {
		const struct finding_vector *v = &inc->f.vectors[which[i]];
		char name[VECTOR_NAME_MAX];

		if (json_array_append_new(list,
					  json_string(vector_name(v->vector, v->port, name)))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *figures_json(const struct incident *inc)
{
	const struct finding *f = &inc->f;
	double line = inc->line_bps ? (double)f->peak_bps / (double)inc->line_bps : 0;
	int64_t took_us = f->last_us - f->first_us;
	json_t *o = json_object();

	if (o && set(o, "at_least", json_boolean(!f->sampling_known)) &&
	    set(o, "peak_bps", rate(f->peak_bps)) && set(o, "peak_pps", rate(f->peak_pps)) &&
	    set(o, "packets", rate(f->packets)) && set(o, "bytes", rate(f->bytes)) &&
	    set(o, "line_share", line > 0 ? json_real(round(line * 1e4) / 1e4) : json_null()) &&
	    set(o, "hosts_hit", rate(f->hosts_hit)) && set(o, "pulses", rate(f->pulses)) &&
	    set(o, "seconds", json_integer(took_us > 0 ? took_us / US_PER_S : 0)))
		return o;
	json_decref(o);
	return NULL;
}

static bool set_incident(json_t *o, const struct incident *inc)
{
	char target[INCIDENT_TARGET_MAX], link[SEVERITY_LINK_MAX];

	return set(o, "target", json_text(incident_target(inc, target))) &&
	       set(o, "class", text_or_null(incident_class_name(inc->class))) &&
	       set(o, "direction",
		   inc->f.own_known ? json_string(direction_name(inc->f.direction))
				    : json_null()) &&
	       set(o, "state", json_string(finding_state_name(inc->f.state))) &&
	       set(o, "link", text_or_null(severity_link(inc, link))) &&
	       set(o, "vectors", vectors_json(inc)) && set(o, "figures", figures_json(inc)) &&
	       set(o, "last", json_time(inc->f.last_us));
}

static bool set_fault(json_t *o, const struct fault *f)
{
	_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;

	fault_say(f, false, &en);
	fault_say(f, true, &ja);
	return set(o, "fault",
		   json_pack("{s:s, s:o, s:o, s:o, s:o}", "kind", fault_name(f->kind), "subject",
			     text_or_null(f->subject), "figure",
			     isfinite(f->figure) ? json_real(f->figure) : json_null(), "en",
			     json_text(text_str(&en)), "ja", json_text(text_str(&ja))));
}

static bool set_storm(json_t *o, const struct page_storm *s, unsigned members)
{
	return set(o, "storm",
		   json_pack("{s:i, s:i, s:i, s:i, s:i, s:o}", "grouped", (int)members, "incidents",
			     (int)s->incidents, "faults", (int)s->faults, "objects",
			     (int)s->objects, "links", (int)s->links, "link",
			     text_or_null(s->link)));
}

static json_t *severity_of(const struct page_about *about)
{
	struct severity level = {.level = about->alarm->severity};

	return severity_json(about->severity && about->severity->n_reasons ? about->severity
									   : &level);
}

static bool set_alarm(json_t *o, const struct page_about *about, const struct page *p,
		      const char *zone)
{
	const struct alarm *a = about->alarm;
	char since[TIME_TEXT_MAX] = "", command[64];

	if (a->opened_us != TIME_NONE)
		zone_format(zone, a->opened_us, true, since);
	snprintf(command, sizeof(command), "noroshi brief %.40s",
		 a->kind == ALARM_INCIDENT ? a->ref : a->id);
	return set(o, "kind", json_string(alarm_kind_name(a->kind))) &&
	       set(o, "incident", a->kind == ALARM_INCIDENT ? json_text(a->ref) : json_null()) &&
	       set(o, "severity", severity_of(about)) &&
	       set(o, "object", text_or_null(a->object)) &&
	       set(o, "owner", text_or_null(a->owner)) &&
	       set(o, "since", json_time(a->opened_us)) &&
	       set(o, "since_local", text_or_null(since)) &&
	       set(o, "command", json_text(command)) && set(o, "text", json_text(p->text));
}

static bool set_page(json_t *o, const struct page *p, bool drill)
{
	return set(o, "version", json_integer(PAGE_DATA_VERSION)) &&
	       set(o, "id", json_text(p->id)) && set(o, "alarm", json_text(p->alarm)) &&
	       set(o, "why", json_string(page_why_name(p->why))) &&
	       set(o, "step", json_integer(p->step)) && set(o, "at", json_time(p->at_us)) &&
	       set(o, "drill", json_boolean(drill)) && set(o, "person", json_text(p->person)) &&
	       set(o, "phone", text_or_null(p->phone)) &&
	       set(o, "language", json_text(p->language)) &&
	       set(o, "channel", json_string(page_channel_name(p->channel)));
}

json_t *page_data(const struct page_about *about, const struct page *p, const char *zone)
{
	json_t *o = json_object();

	if (o && set_page(o, p, about->drill) && set_alarm(o, about, p, zone) &&
	    (!about->incident || set_incident(o, about->incident)) &&
	    (!about->fault || set_fault(o, about->fault)) &&
	    (!about->storm || set_storm(o, about->storm, about->alarm->members)))
		return o;
	json_decref(o);
	return NULL;
}

json_t *page_data_plain(const struct page *p, const char *kind, const char *ref, bool drill)
{
	json_t *o = json_object();

	if (o && set_page(o, p, drill) && set(o, "kind", json_string(kind)) &&
	    set(o, "ref", text_or_null(ref)) && set(o, "incident", json_null()) &&
	    set(o, "severity", json_null()) && set(o, "object", json_null()) &&
	    set(o, "owner", json_null()) && set(o, "since", json_null()) &&
	    set(o, "since_local", json_null()) && set(o, "command", json_null()) &&
	    set(o, "text", json_text(p->text)))
		return o;
	json_decref(o);
	return NULL;
}
