/* SPDX-License-Identifier: ISC */
/*
 * What people said. A row for the courier, and in the same transaction a line of the log that holds
 * the row by its keyed digest: so a row that is changed, taken away or slipped in later is found.
 */
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "judge/json_fields.h"
#include "store/desk_duty.h"
#include "store/desk_inside.h"

static int insert_act(struct desk_db *db, const struct desk_act_row *row, uint64_t *number)
{
	_cleanup_desk_stmt_ sqlite3_stmt *st =
		desk_prepare(db, "INSERT INTO acts (act, subject, actor, at_us, body)"
				 " VALUES (?1, ?2, ?3, ?4, ?5)");
	int r;

	if (st) {
		desk_bind(st, 1, row->act);
		desk_bind(st, 2, row->subject);
		desk_bind(st, 3, row->actor);
		sqlite3_bind_int64(st, 4, row->at_us);
		desk_bind(st, 5, row->body);
	}
	r = desk_step_one(db, st);
	if (r == 0)
		*number = (uint64_t)sqlite3_last_insert_rowid(db->sql);
	return r;
}

static int log_act(struct desk_db *db, const struct desk_act_row *row, uint64_t number)
{
	struct desk_change c = {.act = row->act, .actor = row->actor, .at_us = row->at_us};
	char digest[DESK_DIGEST_MAX], id[DESK_ID_MAX];
	_cleanup_free_ char *body = NULL;
	json_t *o;

	desk_digest_act(db, row->act, row->subject, row->actor, row->at_us, row->body, digest);
	o = json_pack("{s[{sIssss}]s[]s[]}", "acts", "number", (json_int_t)number, "subject",
		      row->subject, "digest", digest, "entries", "cases");
	body = json_line(o);
	json_decref(o);
	return body ? desk_log_line(db, &c, body, id) : -ENOMEM;
}

int desk_duty_act(struct desk_db *db, const struct desk_act_row *row, uint64_t *number)
{
	uint64_t n = 0;
	int r;

	if (!db->has_key)
		return DESK_NO_KEY;
	if (strlen(row->body) > DESK_BODY_MAX)
		return DESK_TOO_LARGE;
	r = desk_begin(db, true);
	if (r)
		return r;
	r = insert_act(db, row, &n);
	r = r ? r : log_act(db, row, n);
	r = desk_end(db, r);
	if (r == 0 && number)
		*number = n;
	return r;
}

int desk_duty_acts(struct desk_db *db, const char *act, uint64_t after, desk_act_row_fn fn,
		   void *ud)
{
	_cleanup_desk_stmt_ sqlite3_stmt *st = desk_prepare(
		db, "SELECT number, act, subject, actor, at_us, body FROM acts WHERE number > ?1"
		    " AND (?2 IS NULL OR act = ?2) ORDER BY number");
	int code, r;

	if (!st)
		return desk_failed(db);
	sqlite3_bind_int64(st, 1, (int64_t)after);
	if (act)
		desk_bind(st, 2, act);
	while ((code = sqlite3_step(st)) == SQLITE_ROW) {
		struct desk_act_row row = {.number = (uint64_t)sqlite3_column_int64(st, 0),
					   .act = desk_text_at(st, 1),
					   .subject = desk_text_at(st, 2),
					   .actor = desk_text_at(st, 3),
					   .at_us = sqlite3_column_int64(st, 4),
					   .body = desk_text_at(st, 5)};

		r = desk_row_lost(db) ? -ENOMEM : fn(ud, &row);
		if (r)
			return r;
	}
	return code == SQLITE_DONE ? 0 : desk_code(code);
}
