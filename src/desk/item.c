/* SPDX-License-Identifier: ISC */
/*
 * An entry's body is JSON: {"text"} of a note, {"fit"} of what the rule joined (of before: a
 * sentence in {"text"}), {"notice"} as the reader of notices takes it, {"automatic"}, {"alone"}.
 * What cannot be read any more shows as empty, never as
 * an error of the whole case.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_whole.h"
#include "desk/inside.h"
#include "judge/json_fields.h"

static const char *const kinds[DESK_KINDS] = {"incident", "notice", "note", "event"};
static const struct viewer everybody_knows = {.rank = VIEWER_ALL};

const char *desk_kind_name(enum desk_kind k)
{
	return kinds[k];
}

bool desk_row_seen(const struct desk *d, const struct desk_row *row)
{
	struct circle c;

	return circle_parse(row->circle, &c, NULL) == 0 && circle_seen(&c, &d->viewer);
}

/* The database keeps all of it; it is revealed when it is read for somebody. */
static json_t *whole_notice(const struct notice *n, const struct circle *circle)
{
	_cleanup_free_ struct notice *with = malloc(sizeof(*with));

	if (!with)
		return NULL;
	*with = *n; /* its contact stays the original's */
	with->has_circle = true;
	with->circle = *circle;
	return notice_to_json(with, &everybody_knows);
}

char *desk_body(const struct desk_new *e, const struct circle *circle)
{
	json_t *o = json_object();
	bool bad = !o;
	char *text = NULL;

	if (!bad && e->notice)
		bad = json_object_set_new(o, "notice", whole_notice(e->notice, circle));
	if (!bad && e->text)
		bad = json_object_set_new(o, "text", json_string(e->text));
	if (!bad && e->fit)
		bad = json_object_set_new(o, "fit", desk_fit_json(e->fit));
	if (!bad && e->automatic)
		bad = json_object_set_new(o, "automatic", json_true());
	if (!bad && e->alone)
		bad = json_object_set_new(o, "alone", json_true());
	if (!bad)
		text = json_line(o);
	json_decref(o);
	return text;
}

static int read_notice(const json_t *body, struct desk_item *out)
{
	json_t *o = json_object_get(body, "notice");
	_cleanup_free_ char *text = o ? json_whole(o, JSON_COMPACT) : NULL;
	_cleanup_text_ struct text errors = TEXT_NULL;
	int r = text ? notice_read(out->id, text, strlen(text), &out->notice, &errors) : 0;

	return r == -ENOMEM || (o && !text) ? -ENOMEM : 0;
}

int desk_parse(const char *text, json_t **out)
{
	return json_parse(text, out);
}

static int read_body(const char *text, struct desk_item *out)
{
	json_t *body = NULL;
	int r = desk_parse(text, &body);
	const char *s = json_string_value(json_object_get(body, "text"));

	if (s) {
		out->text = strdup(s);
		r = out->text ? 0 : -ENOMEM;
	}
	out->automatic = json_is_true(json_object_get(body, "automatic"));
	out->alone = json_is_true(json_object_get(body, "alone"));
	out->has_fit = desk_fit_read(json_object_get(body, "fit"), &out->fit);
	if (!r && out->kind == DESK_NOTICE)
		r = read_notice(body, out);
	json_decref(body);
	return r;
}

static int64_t when_of(const struct desk_item *i)
{
	if (i->incident)
		return i->incident->f.first_us;
	if (i->notice && i->notice->received_us != TIME_NONE)
		return i->notice->received_us;
	return i->at_us;
}

/* The course is not needed and may be large. */
static void drop_series(struct incident *inc)
{
	free(inc->series);
	inc->series = NULL;
	inc->f.series = NULL;
	inc->f.n_series = 0;
}

static void find_incident(struct desk *d, struct desk_item *out)
{
	if (out->kind != DESK_INCIDENT || !d->watch)
		return;
	if (store_get(d->watch, out->ref, &out->incident) == 0 &&
	    strcmp(out->incident->id, out->ref) != 0)
		out->incident = incident_free(out->incident);
	if (out->incident)
		drop_series(out->incident);
}

int desk_item_from_row(struct desk *d, const struct desk_row *row, struct desk_item *out)
{
	int r;

	*out = (struct desk_item){
		.kind = DESK_NOTE, .at_us = row->at_us, .erased_us = row->erased_us};
	snprintf(out->id, sizeof(out->id), "%s", row->id);
	snprintf(out->home, sizeof(out->home), "%s", row->home);
	snprintf(out->ref, sizeof(out->ref), "%s", row->ref);
	snprintf(out->actor, sizeof(out->actor), "%s", row->actor);
	circle_parse(row->circle, &out->circle, NULL);
	for (int k = 0; k < DESK_KINDS; k++)
		if (strcmp(row->kind, kinds[k]) == 0)
			out->kind = (enum desk_kind)k;
	r = read_body(row->body, out);
	if (r == 0)
		find_incident(d, out);
	else
		desk_item_deinit(out);
	out->when_us = when_of(out);
	return r;
}

void desk_item_deinit(struct desk_item *i)
{
	free(i->text);
	notice_free(i->notice);
	incident_free(i->incident);
	i->text = NULL;
	i->notice = NULL;
	i->incident = NULL;
}
