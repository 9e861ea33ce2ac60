/* SPDX-License-Identifier: ISC */
/*
 * One change, one transaction, one line of the log. What the change believes (where an entry is,
 * which state a case has) is part of each statement, so that of two who change the same thing at
 * once the second is told and nothing is half done.
 */
#include <errno.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "judge/json_fields.h"
#include "store/desk_inside.h"

#define ROLLBACK_TURNS 3 /* it may want memory itself */

int desk_run(struct desk_db *db, const char *sql)
{
	return desk_code(sqlite3_exec(db->sql, sql, NULL, NULL, NULL));
}

void desk_rollback(struct desk_db *db)
{
	for (unsigned i = 0; i < ROLLBACK_TURNS && !sqlite3_get_autocommit(db->sql); i++)
		sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
}

int desk_begin(struct desk_db *db, bool writes)
{
	desk_rollback(db);
	return desk_run(db, writes ? "BEGIN IMMEDIATE" : "BEGIN");
}

void desk_bind(sqlite3_stmt *st, int at, const char *s)
{
	sqlite3_bind_text(st, at, s, -1, SQLITE_STATIC);
}

static void bind_name(sqlite3_stmt *st, int at, const char *s)
{
	if (*s)
		desk_bind(st, at, s);
}

static void bind_time(sqlite3_stmt *st, int at, int64_t us)
{
	if (us != TIME_NONE)
		sqlite3_bind_int64(st, at, us);
}

int desk_step_one(struct desk_db *db, sqlite3_stmt *st)
{
	int code = st ? sqlite3_step(st) : sqlite3_errcode(db->sql);

	if (code == SQLITE_CONSTRAINT || (code & 0xff) == SQLITE_CONSTRAINT)
		return DESK_CONFLICT;
	if (code != SQLITE_DONE)
		return desk_code(code);
	return sqlite3_changes(db->sql) == 1 ? 0 : DESK_CONFLICT;
}

static int insert_entry(struct desk_db *db, const struct desk_change *c, const struct desk_move *m)
{
	_cleanup_desk_stmt_ sqlite3_stmt *st = desk_prepare(
		db, "INSERT INTO entries (id, case_id, home, kind, ref, circle, at_us, actor, body,"
		    " erase_by_us) VALUES (?1, ?2, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");

	if (!st)
		return desk_step_one(db, st);
	if (strlen(m->body) > DESK_BODY_MAX)
		return DESK_TOO_LARGE;
	desk_bind(st, 1, m->id);
	desk_bind(st, 2, m->to);
	desk_bind(st, 3, m->kind);
	desk_bind(st, 4, m->ref);
	desk_bind(st, 5, m->circle);
	sqlite3_bind_int64(st, 6, c->at_us);
	desk_bind(st, 7, c->actor);
	desk_bind(st, 8, m->body);
	bind_time(st, 9, m->erase_by_us);
	return desk_step_one(db, st);
}

static int move_entry(struct desk_db *db, const struct desk_move *m)
{
	_cleanup_desk_stmt_ sqlite3_stmt *st =
		desk_prepare(db, "UPDATE entries SET case_id = ?2 WHERE id = ?1 AND case_id IS ?3");

	if (st) {
		desk_bind(st, 1, m->id);
		bind_name(st, 2, m->to);
		bind_name(st, 3, m->from);
	}
	return desk_step_one(db, st);
}

static int set_state(struct desk_db *db, const struct desk_state_change *s)
{
	_cleanup_desk_stmt_ sqlite3_stmt *st = desk_prepare(
		db, *s->from ? "UPDATE cases SET state = ?2, merged_into = ?3 WHERE id = ?1 AND"
			       " state = ?4 AND merged_into IS ?5"
			     : "INSERT INTO cases (id, state, merged_into) VALUES (?1, ?2, ?3)");

	if (!st)
		return desk_step_one(db, st);
	desk_bind(st, 1, s->case_id);
	desk_bind(st, 2, s->to);
	bind_name(st, 3, s->merged_to);
	if (*s->from) {
		desk_bind(st, 4, s->from);
		bind_name(st, 5, s->merged_from);
	}
	return desk_step_one(db, st);
}

static json_t *move_json(struct desk_db *db, const struct desk_change *c, const struct desk_move *m)
{
	char digest[DESK_DIGEST_MAX];
	json_t *o = json_pack("{ssssss}", "id", m->id, "from", m->from, "to", m->to);

	if (!o || !m->body)
		return o;
	desk_digest(db, m->kind, m->ref, m->circle, c->actor, c->at_us, m->body, digest);
	if (json_object_set_new(o, "kind", json_string(m->kind)) ||
	    json_object_set_new(o, "digest", json_string(digest))) {
		json_decref(o);
		return NULL;
	}
	return o;
}

static json_t *state_json(const struct desk_state_change *s)
{
	return json_pack("{ssssssssss}", "case", s->case_id, "from", s->from, "to", s->to,
			 "merged_from", s->merged_from, "merged_to", s->merged_to);
}

/* What the log keeps of a change. Owned by the caller; NULL without memory. */
static char *body_of(struct desk_db *db, const struct desk_change *c)
{
	json_t *o = json_object(), *moves = json_array(), *states = json_array();
	int bad = !o || !moves || !states;
	char *text = NULL;

	for (unsigned i = 0; !bad && i < c->n_moves; i++)
		bad = json_array_append_new(moves, move_json(db, c, &c->moves[i]));
	for (unsigned i = 0; !bad && i < c->n_states; i++)
		bad = json_array_append_new(states, state_json(&c->state[i]));
	bad = bad || json_object_set(o, "entries", moves) || json_object_set(o, "cases", states);
	if (!bad && c->undoes)
		bad = json_object_set_new(o, "undoes", json_string(c->undoes));
	if (!bad)
		text = json_line(o);
	json_decref(moves);
	json_decref(states);
	json_decref(o);
	return text;
}

/* The last line: its number and MAC; 0 and zeros where there is none. */
static int last_line(struct desk_db *db, uint64_t *seq, uint8_t *mac)
{
	_cleanup_desk_stmt_ sqlite3_stmt *st =
		desk_prepare(db, "SELECT seq, mac FROM audit ORDER BY seq DESC LIMIT 1");
	int code = st ? sqlite3_step(st) : sqlite3_errcode(db->sql);

	*seq = 0;
	memset(mac, 0, DESK_MAC_BYTES);
	if (code == SQLITE_DONE)
		return 0;
	if (code != SQLITE_ROW)
		return desk_code(code);
	if (sqlite3_column_bytes(st, 1) != DESK_MAC_BYTES)
		return STORE_BROKEN;
	*seq = (uint64_t)sqlite3_column_int64(st, 0);
	memcpy(mac, sqlite3_column_blob(st, 1), DESK_MAC_BYTES);
	return 0;
}

static int set_head(struct desk_db *db, uint64_t seq, const uint8_t *mac)
{
	_cleanup_desk_stmt_ sqlite3_stmt *st = desk_prepare(
		db,
		"INSERT INTO meta VALUES ('head', ?1) ON CONFLICT (key) DO UPDATE SET value = ?1");
	char hex[DESK_DIGEST_MAX];

	desk_mac_head(db, seq, mac, hex);
	if (st)
		desk_bind(st, 1, hex);
	return desk_step_one(db, st);
}

int desk_log_line(struct desk_db *db, const struct desk_change *c, const char *body, char *id)
{
	_cleanup_desk_stmt_ sqlite3_stmt *st =
		desk_prepare(db, "INSERT INTO audit (seq, id, at_us, actor, act, body, mac)"
				 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
	struct desk_audit_row row = {.id = desk_db_id('a', id),
				     .at_us = c->at_us,
				     .actor = c->actor,
				     .act = c->act,
				     .body = body};
	uint8_t before[DESK_MAC_BYTES], mac[DESK_MAC_BYTES];
	int r = st ? last_line(db, &row.seq, before) : desk_step_one(db, st);

	if (r)
		return r;
	row.seq++;
	desk_mac_line(db, before, &row, mac);
	sqlite3_bind_int64(st, 1, (int64_t)row.seq);
	desk_bind(st, 2, id);
	sqlite3_bind_int64(st, 3, c->at_us);
	desk_bind(st, 4, c->actor);
	desk_bind(st, 5, c->act);
	desk_bind(st, 6, body);
	sqlite3_bind_blob(st, 7, mac, sizeof(mac), SQLITE_STATIC);
	r = desk_step_one(db, st);
	return r ? r : set_head(db, row.seq, mac);
}

int desk_end(struct desk_db *db, int r)
{
	r = r ? r : desk_run(db, "COMMIT");
	if (r)
		desk_rollback(db);
	return r;
}

int desk_db_commit(struct desk_db *db, const struct desk_change *c, char *act_id)
{
	_cleanup_free_ char *body = NULL;
	char id[DESK_ID_MAX];
	int r;

	if (!db->has_key)
		return DESK_NO_KEY;
	if (c->n_moves > DESK_MOVES_MAX)
		return DESK_TOO_LARGE;
	body = body_of(db, c);
	if (!body)
		return -ENOMEM;
	r = desk_begin(db, true);
	if (r)
		return r;
	for (unsigned i = 0; !r && i < c->n_states; i++)
		r = set_state(db, &c->state[i]);
	for (unsigned i = 0; !r && i < c->n_moves; i++)
		r = c->moves[i].body ? insert_entry(db, c, &c->moves[i])
				     : move_entry(db, &c->moves[i]);
	r = r ? r : desk_log_line(db, c, body, id);
	r = desk_end(db, r);
	if (r == 0 && act_id)
		memcpy(act_id, id, sizeof(id));
	return r;
}

/* What is due, as moves that stay where they are but have a new digest. */
static int list_due(struct desk_db *db, int64_t now_us, json_t *entries)
{
	_cleanup_desk_stmt_ sqlite3_stmt *st = desk_prepare(
		db, "SELECT id, ifnull(case_id, ''), kind, ref, circle, actor, at_us FROM entries"
		    " WHERE erase_by_us <= ?1 AND erased_us IS NULL ORDER BY number LIMIT 1000");
	int code = st ? SQLITE_ROW : sqlite3_errcode(db->sql);

	if (!st)
		return desk_code(code);
	sqlite3_bind_int64(st, 1, now_us);
	while ((code = sqlite3_step(st)) == SQLITE_ROW) {
		const char *text[6];
		char digest[DESK_DIGEST_MAX];

		for (int i = 0; i < 6; i++)
			text[i] = (const char *)sqlite3_column_text(st, i);
		desk_digest(db, text[2], text[3], text[4], text[5], sqlite3_column_int64(st, 6),
			    "{}", digest);
		if (json_array_append_new(entries, json_pack("{ssssssssss}", "id", text[0], "from",
							     text[1], "to", text[1], "kind",
							     text[2], "digest", digest)))
			return -ENOMEM;
	}
	return code == SQLITE_DONE ? 0 : desk_code(code);
}

static int erase_one(struct desk_db *db, const char *id, int64_t now_us)
{
	_cleanup_desk_stmt_ sqlite3_stmt *st =
		desk_prepare(db, "UPDATE entries SET body = '{}', erased_us = ?2 WHERE id = ?1");

	if (st) {
		desk_bind(st, 1, id);
		sqlite3_bind_int64(st, 2, now_us);
	}
	return desk_step_one(db, st);
}

static int erase_listed(struct desk_db *db, int64_t now_us, json_t *entries)
{
	struct desk_change c = {.act = "erase", .actor = "noroshi", .at_us = now_us};
	json_t *o = json_pack("{sOs[]}", "entries", entries, "cases");
	_cleanup_free_ char *body = json_line(o);
	char id[DESK_ID_MAX];
	size_t i;
	json_t *e;
	int r = body ? 0 : -ENOMEM;

	json_decref(o);
	json_array_foreach(entries, i, e) r =
		r ? r : erase_one(db, json_string_value(json_object_get(e, "id")), now_us);
	return r ? r : desk_log_line(db, &c, body, id);
}

int desk_db_erase_due(struct desk_db *db, int64_t now_us, unsigned *n)
{
	json_t *entries = json_array();
	int r = !entries ? -ENOMEM : !db->has_key ? DESK_NO_KEY : desk_begin(db, true);

	*n = 0;
	if (r) {
		json_decref(entries);
		return r;
	}
	r = list_due(db, now_us, entries);
	if (!r && json_array_size(entries))
		r = erase_listed(db, now_us, entries);
	r = desk_end(db, r);
	if (r == 0)
		*n = (unsigned)json_array_size(entries);
	json_decref(entries);
	if (r == 0 && *n) /* so that no old page keeps what was erased */
		sqlite3_exec(db->sql, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
	return r;
}
