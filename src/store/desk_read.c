/* SPDX-License-Identifier: ISC */
/* Reading rows. Each call is one statement, so one snapshot. */
#include <errno.h>
#include <string.h>

#include "store/desk_inside.h"

#define SELECT_ENTRIES                                                                             \
	"SELECT id, ifnull(case_id, ''), home, kind, ref, circle, actor, body, at_us, "            \
	"erase_by_us,"                                                                             \
	" erased_us FROM entries "

static int64_t time_at(sqlite3_stmt *st, int i)
{
	return sqlite3_column_type(st, i) == SQLITE_NULL ? TIME_NONE : sqlite3_column_int64(st, i);
}

static int walk_entries(struct desk_db *db, sqlite3_stmt *st, desk_row_fn fn, void *userdata)
{
	int code, r;

	while ((code = sqlite3_step(st)) == SQLITE_ROW) {
		struct desk_row row = {.id = desk_text_at(st, 0),
				       .case_id = desk_text_at(st, 1),
				       .home = desk_text_at(st, 2),
				       .kind = desk_text_at(st, 3),
				       .ref = desk_text_at(st, 4),
				       .circle = desk_text_at(st, 5),
				       .actor = desk_text_at(st, 6),
				       .body = desk_text_at(st, 7),
				       .at_us = sqlite3_column_int64(st, 8),
				       .erase_by_us = time_at(st, 9),
				       .erased_us = time_at(st, 10)};

		r = desk_row_lost(db) ? -ENOMEM : fn(userdata, &row);
		if (r)
			return r;
	}
	return code == SQLITE_DONE ? 0 : desk_code(code);
}

int desk_db_entries(struct desk_db *db, const char *case_id, desk_row_fn fn, void *userdata)
{
	_cleanup_desk_stmt_ sqlite3_stmt *st =
		desk_prepare(db, case_id ? SELECT_ENTRIES "WHERE case_id = ?1 ORDER BY number"
					 : SELECT_ENTRIES "ORDER BY number");

	if (!st)
		return desk_failed(db);
	if (case_id)
		sqlite3_bind_text(st, 1, case_id, -1, SQLITE_STATIC);
	return walk_entries(db, st, fn, userdata);
}

int desk_db_find(struct desk_db *db, const char *id, desk_row_fn fn, void *userdata)
{
	_cleanup_desk_stmt_ sqlite3_stmt *st = desk_prepare(
		db, SELECT_ENTRIES "WHERE substr(id, 1, ?2) = ?1 OR ref = ?1 ORDER BY number");

	if (!st)
		return desk_failed(db);
	sqlite3_bind_text(st, 1, id, -1, SQLITE_STATIC);
	sqlite3_bind_int(st, 2, (int)strlen(id));
	return walk_entries(db, st, fn, userdata);
}

int desk_db_cases(struct desk_db *db, const char *id, desk_case_fn fn, void *userdata)
{
	_cleanup_desk_stmt_ sqlite3_stmt *st =
		desk_prepare(db, "SELECT id, state, ifnull(merged_into, '') FROM cases"
				 " WHERE substr(id, 1, ?2) = ?1 ORDER BY id");
	int code, r;

	if (!st)
		return desk_failed(db);
	sqlite3_bind_text(st, 1, id, -1, SQLITE_STATIC);
	sqlite3_bind_int(st, 2, (int)strnlen(id, DESK_ID_MAX));
	while ((code = sqlite3_step(st)) == SQLITE_ROW) {
		struct desk_case_row row = {desk_text_at(st, 0), desk_text_at(st, 1),
					    desk_text_at(st, 2)};

		r = desk_row_lost(db) ? -ENOMEM : fn(userdata, &row);
		if (r)
			return r;
	}
	return code == SQLITE_DONE ? 0 : desk_code(code);
}

int desk_db_audit(struct desk_db *db, desk_audit_fn fn, void *userdata)
{
	_cleanup_desk_stmt_ sqlite3_stmt *st = desk_prepare(
		db, "SELECT seq, id, at_us, actor, act, body, mac FROM audit ORDER BY seq");
	static const uint8_t none[DESK_MAC_BYTES];
	int code, r;

	if (!st)
		return desk_failed(db);
	while ((code = sqlite3_step(st)) == SQLITE_ROW) {
		bool whole = sqlite3_column_bytes(st, 6) == DESK_MAC_BYTES;
		struct desk_audit_row row = {.seq = (uint64_t)sqlite3_column_int64(st, 0),
					     .id = desk_text_at(st, 1),
					     .at_us = sqlite3_column_int64(st, 2),
					     .actor = desk_text_at(st, 3),
					     .act = desk_text_at(st, 4),
					     .body = desk_text_at(st, 5),
					     .mac = whole ? sqlite3_column_blob(st, 6) : none};

		r = desk_row_lost(db) ? -ENOMEM : fn(userdata, &row);
		if (r)
			return r;
	}
	return code == SQLITE_DONE ? 0 : desk_code(code);
}

int desk_db_case_acts(struct desk_db *db, uint64_t *seq, bool *changed)
{
	_cleanup_desk_stmt_ sqlite3_stmt *st = desk_prepare(
		db,
		"SELECT max(seq), total(act IN ('open', 'join', 'note', 'merge', 'split', 'close',"
		" 'reopen', 'undo', 'erase')) FROM audit WHERE seq > ?1");
	int code;

	*changed = false;
	if (!st)
		return desk_failed(db);
	sqlite3_bind_int64(st, 1, (sqlite3_int64)*seq);
	code = sqlite3_step(st);
	if (code != SQLITE_ROW)
		return desk_code(code);
	if (sqlite3_column_type(st, 0) == SQLITE_NULL)
		return 0;
	*seq = (uint64_t)sqlite3_column_int64(st, 0);
	*changed = sqlite3_column_double(st, 1) > 0;
	return 0;
}
