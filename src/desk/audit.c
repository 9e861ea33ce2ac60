/* SPDX-License-Identifier: ISC */
/*
 * The log as its viewer sees it. A line names entries; those that the viewer may not see are left
 * out of it, and a line of which nothing is left does not exist. A change of a case's state is seen
 * by whoever can see an entry that was in that case. Numbers would tell how many lines are hidden,
 * so what is seen is counted anew.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "desk/inside.h"

#define ENTRIES_MAX (1u << 24)

struct log_walk {
	struct desk *d;
	struct map *seen;  /* entry id: visible */
	struct map *cases; /* case id: had a visible incident, notice or note */
	const char *only;  /* case id; NULL all */
	desk_act_fn fn;
	void *userdata;
	uint64_t shown;
};

static void key_of(const char *id, char *key)
{
	memset(key, 0, DESK_ID_MAX);
	memcpy(key, id, strnlen(id, DESK_ID_MAX - 1));
}

static const char *word(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s ? s : "";
}

static int on_entry(void *userdata, const struct desk_row *row)
{
	struct log_walk *w = userdata;
	char key[DESK_ID_MAX];

	if (!desk_row_seen(w->d, row))
		return 0;
	key_of(row->id, key);
	return map_put(w->seen, key, NULL) ? 0 : -ENOMEM;
}

static bool is_seen(const struct map *m, const char *id)
{
	char key[DESK_ID_MAX];

	key_of(id, key);
	return map_get(m, key) != NULL;
}

/* The cases that ever held something visible, by the log itself. */
static int on_line_cases(void *userdata, const struct desk_audit_row *row)
{
	struct log_walk *w = userdata;
	json_t *body = NULL, *e;
	size_t i;
	int r = desk_parse(row->body, &body);

	json_array_foreach(json_object_get(body, "entries"), i, e)
	{
		char key[DESK_ID_MAX];

		if (!is_seen(w->seen, word(e, "id")) || strcmp(word(e, "kind"), "event") == 0)
			continue;
		key_of(word(e, "to"), key);
		if (*key && !map_put(w->cases, key, NULL))
			r = -ENOMEM;
	}
	json_decref(body);
	return r;
}

static bool touches(const struct log_walk *w, const json_t *e, const char *a, const char *b)
{
	return !w->only || strcmp(word(e, a), w->only) == 0 || strcmp(word(e, b), w->only) == 0;
}

/* What is seen of the entries and states of a line. Return: 0, or -ENOMEM. */
static int filter(struct log_walk *w, const json_t *body, struct desk_act *act)
{
	json_t *e;
	size_t i;
	bool about = false, bad = false;

	act->entries = json_array();
	act->cases = json_array();
	json_array_foreach(json_object_get(body, "entries"), i, e)
	{
		if (!is_seen(w->seen, word(e, "id")))
			continue;
		about |= touches(w, e, "from", "to");
		/* The digest is keyed, but it is no use to people. */
		bad |= json_array_append_new(act->entries,
					     json_pack("{ssssss}", "id", word(e, "id"), "from",
						       word(e, "from"), "to", word(e, "to")));
	}
	json_array_foreach(json_object_get(body, "cases"), i, e)
	{
		bool opened = !*word(e, "from");

		if (!is_seen(w->cases, word(e, "case")) ||
		    (opened && !json_array_size(act->entries)))
			continue;
		about |= touches(w, e, "case", "merged_to");
		bad |= json_array_append_new(act->cases,
					     json_pack("{ssssssss}", "case", word(e, "case"),
						       "from", word(e, "from"), "to", word(e, "to"),
						       "merged_into", word(e, "merged_to")));
	}
	if (w->only && !about) {
		json_array_clear(act->entries);
		json_array_clear(act->cases);
	}
	return bad || !act->entries || !act->cases ? -ENOMEM : 0;
}

/* What people said to alarms and incidents is of no case and hides nothing: the line has ids only.
 */
static json_t *acts_of(const struct log_walk *w, const json_t *body)
{
	json_t *list = json_array(), *e;
	size_t i;
	bool bad = !list;

	if (!w->only)
		json_array_foreach(json_object_get(body, "acts"), i, e) bad |=
			json_array_append_new(
				list, json_pack("{sIss}", "number",
						json_integer_value(json_object_get(e, "number")),
						"subject", word(e, "subject")));
	if (!bad)
		return list;
	json_decref(list);
	return NULL;
}

static int on_line(void *userdata, const struct desk_audit_row *row)
{
	struct log_walk *w = userdata;
	bool all = w->d->viewer.rank == VIEWER_ALL;
	json_t *body = NULL;
	struct desk_act act = {.at_us = row->at_us, .mac = all ? row->mac : NULL};
	int r = desk_parse(row->body, &body);

	snprintf(act.id, sizeof(act.id), "%s", row->id);
	snprintf(act.actor, sizeof(act.actor), "%s", row->actor);
	snprintf(act.act, sizeof(act.act), "%s", row->act);
	snprintf(act.undoes, sizeof(act.undoes), "%s", word(body, "undoes"));
	r = r ? r : filter(w, body, &act);
	if (r == 0 && !(act.acts = acts_of(w, body)))
		r = -ENOMEM;
	if (r == 0 && (json_array_size(act.entries) || json_array_size(act.cases) ||
		       json_array_size(act.acts))) {
		w->shown++;
		act.seq = all ? row->seq : w->shown;
		r = w->fn(w->userdata, &act);
	}
	json_decref(act.entries);
	json_decref(act.cases);
	json_decref(act.acts);
	json_decref(body);
	return r;
}

int desk_audit(struct desk *d, const struct desk_case *only, desk_act_fn fn, void *userdata)
{
	struct log_walk w = {.d = d,
			     .seen = map_new(DESK_ID_MAX, 1, ENTRIES_MAX),
			     .cases = map_new(DESK_ID_MAX, 1, ENTRIES_MAX),
			     .only = only ? only->id : NULL,
			     .fn = fn,
			     .userdata = userdata};
	int r = w.seen && w.cases ? desk_db_entries(d->db, NULL, on_entry, &w) : -ENOMEM;

	r = r ? r : desk_db_audit(d->db, on_line_cases, &w);
	r = r ? r : desk_db_audit(d->db, on_line, &w);
	map_free(w.seen);
	map_free(w.cases);
	return r;
}
