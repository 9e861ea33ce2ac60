/* SPDX-License-Identifier: ISC */
#include "duty/handover.h"

#include <inttypes.h>

#include "duty/handover_inside.h"
#include "duty/roster.h"

typedef void (*section)(handover in, struct sheet *s);

static const section sections[] = {
	handover_on_call,    handover_incidents,    handover_measures,	  handover_requests,
	handover_unanswered, handover_suppressions, handover_maintenance, handover_blind,
	handover_heightened, handover_changes,	    handover_held,
};

void handover_more(handover in, uint64_t all, uint64_t shown, struct sheet *s)
{
	_cleanup_text_ struct text t = TEXT_NULL;

	if (all <= shown)
		return;
	text_printf(&t, handover_pick(in, "%" PRIu64 " more.", "ほか %" PRIu64 " 件。"),
		    all - shown);
	sheet_item(s, 2, NULL, text_str(&t));
}

static void page(handover in, struct sheet *s)
{
	_cleanup_text_ struct text now = TEXT_NULL;

	words_day_time(in->zone, in->now_us, &now);
	sheet_title(s, handover_pick(in, "noroshi handover", "noroshi 当直引継書"), text_str(&now));
	if (in->drill)
		sheet_say(s, "DRILL: nothing on this page is real.",
			  "訓練: このページの内容は実際のものではない。");
	for (size_t i = 0; i < ARRAY_LEN(sections); i++)
		sections[i](in, s);
}

/* The lists become shorter until all is on one page. */
uint64_t handover_text(const struct handover_input *in, struct text *out)
{
	for (unsigned tight = 0;; tight++) {
		_cleanup_text_ struct text t = TEXT_NULL;
		struct sheet s = {.out = &t, .conf = in->conf, .ja = in->ja, .tight = tight};

		page(in, &s);
		if (s.lines > HANDOVER_LINES && tight < 3)
			continue;
		text_add(out, text_str(&t));
		return s.withheld;
	}
}

static json_t *name_or_null(const char *s)
{
	return s && s[0] ? json_string(s) : json_null();
}

static json_t *incidents_json(handover in)
{
	json_t *all = json_array();

	for (unsigned i = 0; all && i < in->n_incidents; i++) {
		const struct handover_incident *x = &in->incidents[i];
		struct guard guard = guard_about(GUARD_HOUSE, in->conf, x->incident);
		_cleanup_text_ struct text target = TEXT_NULL;
		char first[TIME_TEXT_MAX];
		json_t *o;

		if (!handover_open(x))
			continue;
		words_target(x->incident, in->conf, in->ja, &target);
		o = json_pack(
			"{s:s, s:o, s:s, s:o, s:s, s:s, s:o*}", "id", x->incident->id, "severity",
			x->severity ? json_integer((json_int_t)x->severity) : json_null(), "target",
			text_str(&target), "owner", name_or_null(x->alarm ? x->alarm->owner : NULL),
			"since", time_format_utc(x->incident->f.first_us, first), "state",
			finding_state_name(x->incident->f.state), "case",
			desk_belongs_json(&x->belongs));
		if (!o || guard_json(&guard, o, in->ja) < 0)
			text_note_lost();
		json_array_append_new(all, o);
	}
	return all;
}

static json_t *alarms_json(handover in)
{
	json_t *all = json_array();

	for (unsigned i = 0; all && i < in->n_alarms; i++) {
		const struct alarm *a = &in->alarms[i];

		if (a->state == ALARM_PAGED)
			json_array_append_new(all,
					      json_pack("{s:s, s:s, s:s, s:o}", "id", a->id, "kind",
							alarm_kind_name(a->kind), "ref", a->ref,
							"paged", name_or_null(a->paged)));
	}
	return all;
}

static json_t *suppressions_json(handover in)
{
	json_t *all = json_array();

	for (unsigned i = 0; all && i < in->n_suppressions; i++) {
		const struct suppression *x = &in->suppressions[i];
		char until[TIME_TEXT_MAX];

		json_array_append_new(
			all, json_pack("{s:s, s:s, s:o, s:s, s:s}", "id", x->id, "object",
				       x->object, "vector", name_or_null(x->vector), "until",
				       time_format_utc(x->until_us, until), "actor", x->actor));
	}
	return all;
}

/* Names in it pass the guard with those of the whole page. */
static json_t *measures_json(handover in)
{
	json_t *all = in->measures ? json_array() : json_null();

	for (unsigned i = 0; json_is_array(all) && i < in->measures->n; i++)
		if (in->measures->list[i].standing != STANDING_OVER)
			json_array_append_new(
				all, duty_measure_json(&in->measures->list[i], in->now_us));
	return all;
}

static json_t *held_json(handover in)
{
	json_t *o = json_object();

	for (unsigned m = MUTE_NOT + 1; o && m < MUTE_KINDS; m++)
		if (in->held[m])
			json_object_set_new(o, alarm_mute_name((enum alarm_mute)m),
					    json_integer((json_int_t)in->held[m]));
	return o;
}

/* Those who are asked now, in that order. */
static json_t *on_call_json(handover in)
{
	json_t *all = in->conf_known ? json_array() : json_null();
	struct roster now;

	roster_at(in->conf, NULL, in->now_us, &now);
	for (unsigned i = 0; json_is_array(all) && i < now.n; i++)
		json_array_append_new(all, json_string(now.person[i]->name));
	return all;
}

static json_t *changes_json(handover in)
{
	static const char *const names[HANDOVER_ACTS] = {
		[ACT_WORSE] = "worse",
		[ACT_MARKED] = "marked_false",
		[ACT_UNMARKED] = "mark_lifted",
		[ACT_SUPPRESSED] = "suppressed",
		[ACT_LIFTED] = "suppression_lifted",
		[ACT_BEGUN] = "measure_begun",
		[ACT_ENDED] = "measure_ended",
		[ACT_FAILED] = "measure_failed",
		[ACT_BLIND] = "blind",
	};
	json_t *all = json_array();
	char at[TIME_TEXT_MAX];

	for (unsigned i = 0; all && i < in->n_changes; i++) {
		const struct handover_change *c = &in->changes[i];

		if (c->at_us >= in->since_us)
			json_array_append_new(
				all, json_pack("{s:s, s:s, s:s, s:o, s:o}", "act", names[c->act],
					       "at", time_format_utc(c->at_us, at), "subject",
					       c->subject, "object", name_or_null(c->what), "by",
					       name_or_null(c->who)));
	}
	return all;
}

json_t *handover_json(const struct handover_input *in)
{
	struct guard guard = guard_about(GUARD_HOUSE, in->conf, NULL);
	_cleanup_text_ struct text text = TEXT_NULL;
	uint64_t withheld = handover_text(in, &text);
	char at[TIME_TEXT_MAX], since[TIME_TEXT_MAX];
	json_t *o = json_pack("{s:s, s:s, s:s, s:b, s:b, s:b, s:b, s:b, s:o, s:o, s:o, s:o}", "at",
			      time_format_utc(in->now_us, at), "since",
			      time_format_utc(in->since_us, since), "language",
			      in->ja ? "ja" : "en", "drill", in->drill, "incidents_known",
			      in->watch_known, "desk_known", in->desk_known, "frozen",
			      in->freeze.frozen, "frozen_automatic", in->freeze_automatic.frozen,
			      "measures", measures_json(in), "unanswered", alarms_json(in),
			      "suppressions", suppressions_json(in), "held", held_json(in));

	if (o) {
		json_object_set_new(o, "conf_known", json_boolean(in->conf_known));
		json_object_set_new(o, "courier_gone", json_boolean(in->courier_gone));
		json_object_set_new(o, "on_call", on_call_json(in));
		json_object_set_new(o, "changes", changes_json(in));
	}
	if (!o || guard_json(&guard, o, in->ja) < 0) {
		json_decref(o);
		return NULL;
	}
	json_object_set_new(o, "incidents", incidents_json(in));
	json_object_set_new(o, "more_incidents", json_integer((json_int_t)in->more_incidents));
	json_object_set_new(o, "withheld", json_integer((json_int_t)withheld));
	json_object_set_new(o, "text", json_string(text_str(&text)));
	return o;
}
