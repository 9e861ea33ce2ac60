/* SPDX-License-Identifier: ISC */
/* A case, a proposal: as JSON, keys in fixed order. doc/case.md describes each. */
#include <string.h>

#include "desk/inside.h"

#define HEX_MAX 65

static json_t *time_or_null(int64_t us)
{
	char text[TIME_TEXT_MAX];

	return us == TIME_NONE ? json_null() : json_string(time_format_utc(us, text));
}

static json_t *vectors_of(const struct incident *inc)
{
	unsigned which[FINDING_VECTORS_MAX], n = incident_vectors(inc, which);
	json_t *list = json_array();

	for (unsigned i = 0; list && i < n; i++) {
		const struct finding_vector *v = &inc->f.vectors[which[i]];
		char name[VECTOR_NAME_MAX];

		desk_push(list, json_string(vector_name(v->vector, v->port, name)));
	}
	return list;
}

static json_t *links_of(const struct incident *inc)
{
	json_t *list = json_array();

	for (unsigned i = 0; list && i < inc->f.n_links; i++)
		desk_push(list, json_pack("{sssisssf}", "exporter", inc->links[i].exporter, "input",
					  (int)inc->links[i].input, "link", inc->links[i].link,
					  "share", inc->links[i].share));
	return list;
}

static json_t *incident_json(const struct desk_item *e)
{
	const struct incident *inc = e->incident;
	char target[INCIDENT_TARGET_MAX];
	const char *class;

	if (!inc)
		return json_pack("{sssb}", "id", e->ref, "in_store", 0);
	class = incident_class_name(inc->class);
	return json_pack("{sssbsssosssssosososIsIso}", "id", e->ref, "in_store", 1, "state",
			 finding_state_name(inc->f.state), "class",
			 class ? json_string(class) : json_null(), "target",
			 incident_target(inc, target), "object", inc->object, "vectors",
			 vectors_of(inc), "first", time_or_null(inc->f.first_us), "last",
			 time_or_null(inc->f.last_us), "peak_pps", (json_int_t)inc->f.peak_pps,
			 "peak_bps", (json_int_t)inc->f.peak_bps, "links", links_of(inc));
}

static json_t *event_json(const struct event *e, bool tied)
{
	return json_pack("{sssssss{ssss}sososssb}", "id", e->id, "country", e->country, "kind",
			 event_kind_name(e->kind), "name", "en", e->name_en, "ja", e->name_ja,
			 "from", time_or_null(e->from_us), "until", time_or_null(e->until_us),
			 "source", e->source, "tied", tied);
}

static void add_why(const struct desk_item *e, json_t *o)
{
	_cleanup_text_ struct text why = TEXT_NULL;

	desk_item_why(e, "en", &why);
	if (why.len)
		desk_put(o, "why", json_string(text_str(&why)));
	if (e->has_fit)
		desk_put(o, "fit", desk_fit_json(&e->fit));
}

static json_t *item_json(struct desk *d, const struct desk_item *e, bool contacts)
{
	static const struct viewer nobody = {.rank = VIEWER_COMPANY};
	char circle[CIRCLE_TEXT_MAX];
	json_t *o = json_pack("{ssssssssso}", "entry", e->id, "kind", desk_kind_name(e->kind),
			      "circle", circle_format(&e->circle, circle), "by", e->actor, "at",
			      time_or_null(e->at_us));

	if (!o)
		return NULL;
	desk_put(o, "when", time_or_null(e->when_us));
	if (e->erased_us != TIME_NONE)
		desk_put(o, "erased", time_or_null(e->erased_us));
	if (e->automatic)
		desk_put(o, "automatic", json_true());
	if (e->kind == DESK_NOTE && e->text)
		desk_put(o, "text", json_string(e->text));
	else
		add_why(e, o);
	if (e->kind == DESK_INCIDENT)
		desk_put(o, "incident", incident_json(e));
	if (e->kind == DESK_EVENT)
		desk_put(o, "event", json_string(e->ref));
	if (e->notice)
		desk_put(o, "notice", notice_to_json(e->notice, contacts ? &d->viewer : &nobody));
	return o;
}

static bool is_tied(const struct desk_case *c, const char *event)
{
	for (unsigned i = 0; i < c->n_items; i++)
		if (c->items[i].kind == DESK_EVENT && strcmp(c->items[i].ref, event) == 0)
			return true;
	return false;
}

/* A case without a time of its own is of when it was opened. */
static void nearest(const struct desk_case *c, const struct event *e, struct event *day)
{
	bool told = c->from_us != TIME_NONE && c->until_us != TIME_NONE;

	calendar_nearest(e, told ? c->from_us : c->opened_us, told ? c->until_us : c->opened_us,
			 day);
}

/* Those the case falls into, and those it was tied to that lie elsewhere in time. */
static json_t *events_json(struct desk *d, const struct desk_case *c)
{
	json_t *list = json_array();
	const struct event *e;
	struct event day;

	for (size_t at = 0;
	     list && c->from_us != TIME_NONE &&
	     (e = calendar_next(d->calendar, c->from_us, c->until_us, &at, &day)) != NULL;) {
		json_t *o = event_json(e, is_tied(c, e->id));

		desk_put(o, "falls_in", json_true());
		desk_push(list, o);
	}
	for (unsigned i = 0; list && i < c->n_items; i++) {
		json_t *o;
		size_t k;
		bool there = false;

		if (c->items[i].kind != DESK_EVENT)
			continue;
		json_array_foreach(list, k, o) there |=
			strcmp(json_string_value(json_object_get(o, "id")), c->items[i].ref) == 0;
		e = calendar_find(d->calendar, c->items[i].ref);
		if (there)
			continue;
		if (e)
			nearest(c, e, &day);
		o = e ? event_json(&day, true)
		      : json_pack("{sssb}", "id", c->items[i].ref, "tied", 1);
		desk_put(o, "falls_in", json_false());
		desk_push(list, o);
	}
	return list;
}

/* Only what a notice says: nobody else may fill it. */
static json_t *motive_json(const struct desk_case *c)
{
	json_t *list = json_array();

	for (unsigned i = 0; list && i < c->n_items; i++) {
		const struct notice *n = c->items[i].notice;

		if (n && *n->motive)
			desk_push(list, json_pack("{ssssss}", "text", n->motive, "entry",
						  c->items[i].id, "says", n->from));
	}
	return list;
}

static void add_once(json_t *list, const char *s)
{
	json_t *e;
	size_t i;

	json_array_foreach(list, i, e) if (strcmp(json_string_value(e), s) == 0) return;
	desk_push(list, json_string(s));
}

static json_t *targets_json(const struct desk_case *c)
{
	json_t *list = json_array();
	char target[INCIDENT_TARGET_MAX];

	for (unsigned i = 0; list && i < c->n_items; i++) {
		const struct desk_item *e = &c->items[i];

		if (e->incident)
			add_once(list, incident_target(e->incident, target));
		for (size_t j = 0; e->notice && j < e->notice->n_targets; j++)
			add_once(list, e->notice->target[j].told);
	}
	return list;
}

json_t *desk_case_json(struct desk *d, const struct desk_case *c, bool contacts)
{
	json_t *items = json_array(), *o;

	for (unsigned i = 0; items && i < c->n_items; i++)
		desk_push(items, item_json(d, &c->items[i], contacts));
	o = json_pack("{sssssbs{ssss}sososososo}", "id", c->id, "state",
		      c->closed ? "closed" : "open", "drill", c->drill, "seen_by", "circle",
		      viewer_rank_name(d->viewer.rank), "person", d->viewer.person, "opened",
		      time_or_null(c->opened_us), "changed", time_or_null(c->changed_us), "from",
		      time_or_null(c->from_us), "until", time_or_null(c->until_us), "targets",
		      targets_json(c));
	if (!o) {
		json_decref(items);
		return NULL;
	}
	desk_put(o, "entries", items);
	desk_put(o, "events", events_json(d, c));
	desk_put(o, "motive", motive_json(c));
	desk_put(o, "scope", desk_scope_json(d, c));
	return o;
}

void desk_case_subject(const struct desk_case *c, struct text *out)
{
	json_t *list = targets_json(c), *e;
	size_t i;

	json_array_foreach(list, i, e)
	{
		if (i == 3) {
			text_printf(out, " +%zu", json_array_size(list) - 3);
			break;
		}
		text_printf(out, "%s%s", i ? ", " : "", json_string_value(e));
	}
	json_decref(list);
}

static json_t *text_or_null(const char *s)
{
	return *s ? json_string(s) : json_null();
}

json_t *desk_proposal_json(const struct desk_proposal *p)
{
	_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;
	const struct match *m = &p->match;
	json_t *o = json_pack("{sssssososo}", "propose",
			      p->kind == DESK_PROPOSE_MERGE ? "merge" : "incident", "case",
			      p->case_id, "notice", text_or_null(p->notice), "incident",
			      text_or_null(p->incident), "other_case", text_or_null(p->other_case));

	if (!o || p->same_incident) {
		if (o)
			desk_put(o, "reason",
				 json_pack("{ssss}", "en", "both hold the same incident", "ja",
					   "同じ検知が両方にある"));
		return o;
	}
	match_reason(m, "en", &en);
	match_reason(m, "ja", &ja);
	desk_put(o, "score", json_integer(m->score));
	desk_put(o, "certain", json_boolean(m->certain));
	desk_put(o, "fit", desk_fit_json(m));
	desk_put(o, "reason", json_pack("{ssss}", "en", text_str(&en), "ja", text_str(&ja)));
	return o;
}
