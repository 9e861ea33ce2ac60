/* SPDX-License-Identifier: ISC */
/*
 * What the log says of plans, measures and freezes: of each row the digest that was written last.
 * A row is only worth something while the log says the same of it. So a row that was put back to an
 * earlier state, with the MAC that was right then, is found without counting the whole chain again:
 * what a process has read of the log once it keeps, and reads only the lines that came since.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "judge/json_fields.h"
#include "store/desk_inside.h"

#define ROWS_MAX (1u << 24)
#define KEY_MAX	 32

struct act_log {
	struct map *words; /* key_of() to struct word */
	uint64_t seq;	   /* last line that was played */
};

struct word {
	char digest[DESK_DIGEST_MAX];
	bool met;
};

static const char *const names[ACT_ROWS] = {"plan", "measure", "freeze"};
static const char *const lists[ACT_ROWS] = {"plans", "measures", "freezes"};

const char *act_row_name(enum act_row kind)
{
	return names[kind];
}

const char *desk_freeze_name(enum desk_freeze kind)
{
	return kind == FREEZE_AUTOMATIC ? "automatic" : "all";
}

struct act_log *act_log_new(void)
{
	struct act_log *l = calloc(1, sizeof(*l));

	if (l)
		l->words = map_new(KEY_MAX, sizeof(struct word), ROWS_MAX);
	return l && l->words ? l : act_log_free(l);
}

struct act_log *act_log_free(struct act_log *l)
{
	if (!l)
		return NULL;
	map_free(l->words);
	free(l);
	return NULL;
}

static void key_of(enum act_row kind, const char *id, char *key)
{
	size_t n = strlen(id);

	memset(key, 0, KEY_MAX);
	key[0] = names[kind][0];
	memcpy(key + 1, id, n < KEY_MAX - 2 ? n : KEY_MAX - 2);
}

static const struct word *find(const struct act_log *l, enum act_row kind, const char *id)
{
	char key[KEY_MAX];

	key_of(kind, id, key);
	return map_get(l->words, key);
}

static int play_one(struct act_log *l, enum act_row kind, const json_t *o)
{
	const char *id = json_string_value(json_object_get(o, "id"));
	const char *digest = json_string_value(json_object_get(o, "digest"));
	char key[KEY_MAX];
	struct word *w;

	key_of(kind, id ? id : "", key);
	w = map_put(l->words, key, NULL);
	if (!w)
		return -ENOMEM;
	snprintf(w->digest, sizeof(w->digest), "%s", digest ? digest : "");
	return 0;
}

int act_log_play(struct act_log *l, const json_t *body)
{
	int r = 0;

	for (unsigned kind = 0; kind < ACT_ROWS; kind++) {
		size_t i;
		json_t *o;

		json_array_foreach(json_object_get(body, lists[kind]), i, o) r =
			r ? r : play_one(l, (enum act_row)kind, o);
	}
	return r;
}

/* Most lines are of cases and alarms; those need not be parsed. */
static bool may_concern(const char *body)
{
	return strstr(body, "\"measures\":") || strstr(body, "\"plans\":") ||
	       strstr(body, "\"freezes\":");
}

static int play_text(struct act_log *l, const char *body)
{
	json_t *o = NULL;
	int r = may_concern(body) ? json_parse(body, &o) : 0;

	if (r || !o)
		return r;
	r = act_log_play(l, o);
	json_decref(o);
	return r;
}

int act_log_catch_up(struct desk_db *db)
{
	_cleanup_desk_stmt_ sqlite3_stmt *st =
		desk_prepare(db, "SELECT seq, body FROM audit WHERE seq > ?1 ORDER BY seq");
	int code, r;

	if (!st)
		return desk_failed(db);
	if (!db->act_log)
		db->act_log = act_log_new();
	if (!db->act_log)
		return -ENOMEM;
	sqlite3_bind_int64(st, 1, (int64_t)db->act_log->seq);
	while ((code = sqlite3_step(st)) == SQLITE_ROW) {
		const char *body = desk_text_at(st, 1);

		r = desk_row_lost(db) ? -ENOMEM : play_text(db->act_log, body);
		if (r)
			return r;
		db->act_log->seq = (uint64_t)sqlite3_column_int64(st, 0);
	}
	return code == SQLITE_DONE ? 0 : desk_code(code);
}

bool act_log_says(const struct act_log *l, enum act_row kind, const char *id, const char *digest,
		  bool met)
{
	struct word *w = (struct word *)find(l, kind, id);

	if (w && met)
		w->met = true;
	return w && strcmp(w->digest, digest) == 0;
}

bool act_log_knows(const struct act_log *l, enum act_row kind, const char *id)
{
	return find(l, kind, id) != NULL;
}

const char *act_log_missing(const struct act_log *l, const char **id)
{
	const void *key;
	void *value;

	for (size_t at = 0; map_next(l->words, &at, &key, &value);) {
		const char *k = key;

		if (((struct word *)value)->met)
			continue;
		*id = k + 1;
		for (unsigned kind = 0; kind < ACT_ROWS; kind++)
			if (names[kind][0] == *k)
				return names[kind];
	}
	return NULL;
}
