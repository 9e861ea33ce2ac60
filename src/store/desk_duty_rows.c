/* SPDX-License-Identifier: ISC */
/*
 * Alarms and the outbox. A step of the duty is one transaction, so that no alarm says "paged"
 * without its page being on its way. A message is added once for all time: its id is unique and
 * whoever makes it again adds nothing.
 */
#include <errno.h>
#include <string.h>

#include "store/desk_duty.h"
#include "store/desk_inside.h"

static const char *const out_names[OUT_STATES] = {
	[OUT_DUE] = "due", [OUT_HANDED] = "handed", [OUT_SENT] = "sent", [OUT_FAILED] = "failed"};

const char *desk_out_state_name(enum desk_out_state s)
{
	return s < OUT_STATES ? out_names[s] : "?";
}

static int put_alarms(struct desk_db *db, const struct desk_alarm_row *rows, unsigned n)
{
	_cleanup_desk_stmt_ sqlite3_stmt *st = desk_prepare(
		db, "INSERT INTO alarms (id, kind, ref, state, opened_us, changed_us, body)"
		    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO UPDATE SET"
		    " kind = ?2, ref = ?3, state = ?4, opened_us = ?5, changed_us = ?6, body = ?7");
	int r = st ? 0 : desk_failed(db);

	for (unsigned i = 0; r == 0 && i < n; i++) {
		const struct desk_alarm_row *a = &rows[i];

		if (strlen(a->body) > DESK_BODY_MAX)
			return DESK_TOO_LARGE;
		desk_bind(st, 1, a->id);
		desk_bind(st, 2, a->kind);
		desk_bind(st, 3, a->ref);
		desk_bind(st, 4, a->state);
		sqlite3_bind_int64(st, 5, a->opened_us);
		sqlite3_bind_int64(st, 6, a->changed_us);
		desk_bind(st, 7, a->body);
		r = desk_step_one(db, st);
		sqlite3_reset(st);
	}
	return r;
}

static int put_out(struct desk_db *db, const struct desk_out_row *rows, unsigned n)
{
	_cleanup_desk_stmt_ sqlite3_stmt *st = desk_prepare(
		db, "INSERT INTO outbox (id, kind, alarm, state, attempts, due_us, changed_us, why,"
		    " body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
		    " ON CONFLICT (id) DO NOTHING");
	int r = st ? 0 : desk_failed(db), code;

	for (unsigned i = 0; r == 0 && i < n; i++) {
		const struct desk_out_row *o = &rows[i];

		if (strlen(o->body) > DESK_BODY_MAX)
			return DESK_TOO_LARGE;
		desk_bind(st, 1, o->id);
		desk_bind(st, 2, o->kind);
		desk_bind(st, 3, o->alarm);
		desk_bind(st, 4, desk_out_state_name(o->state));
		sqlite3_bind_int64(st, 5, o->attempts);
		sqlite3_bind_int64(st, 6, o->due_us);
		sqlite3_bind_int64(st, 7, o->changed_us);
		desk_bind(st, 8, o->why ? o->why : "");
		desk_bind(st, 9, o->body);
		code = sqlite3_step(st);
		r = code == SQLITE_DONE ? 0 : desk_code(code);
		sqlite3_reset(st);
	}
	return r;
}

static int put_taken(struct desk_db *db, uint64_t taken)
{
	_cleanup_desk_stmt_ sqlite3_stmt *st =
		desk_prepare(db, "INSERT INTO meta VALUES ('acts_taken', ?1)"
				 " ON CONFLICT (key) DO UPDATE SET value = ?1");
	char number[24];

	snprintf(number, sizeof(number), "%llu", (unsigned long long)taken);
	if (st)
		desk_bind(st, 1, number);
	return desk_step_one(db, st);
}

int desk_duty_step(struct desk_db *db, const struct desk_alarm_row *alarms, unsigned n_alarms,
		   const struct desk_out_row *out, unsigned n_out, uint64_t taken)
{
	int r = desk_begin(db, true);

	if (r)
		return r;
	r = put_alarms(db, alarms, n_alarms);
	r = r ? r : put_out(db, out, n_out);
	if (r == 0 && taken)
		r = put_taken(db, taken);
	return desk_end(db, r);
}

int desk_duty_commit(struct desk_db *db, const struct desk_alarm_row *alarms, unsigned n_alarms,
		     const struct desk_out_row *out, unsigned n_out)
{
	return desk_duty_step(db, alarms, n_alarms, out, n_out, 0);
}

int desk_duty_taken(struct desk_db *db, uint64_t *taken)
{
	_cleanup_desk_stmt_ sqlite3_stmt *st =
		desk_prepare(db, "SELECT value FROM meta WHERE key = 'acts_taken'");
	int code = st ? sqlite3_step(st) : sqlite3_errcode(db->sql);

	*taken = 0;
	if (code == SQLITE_ROW)
		*taken = strtoull(desk_text_at(st, 0), NULL, 10);
	return code == SQLITE_ROW || code == SQLITE_DONE ? 0 : desk_code(code);
}

int desk_duty_alarms(struct desk_db *db, bool open, int64_t since_us, desk_alarm_fn fn, void *ud)
{
	_cleanup_desk_stmt_ sqlite3_stmt *st = desk_prepare(
		db, open ? "SELECT id, kind, ref, state, opened_us, changed_us, body FROM alarms"
			   " WHERE state <> 'ended' ORDER BY opened_us, id"
			 : "SELECT id, kind, ref, state, opened_us, changed_us, body FROM alarms"
			   " WHERE changed_us >= ?1 ORDER BY opened_us, id");
	int code, r;

	if (!st)
		return desk_failed(db);
	if (!open)
		sqlite3_bind_int64(st, 1, since_us);
	while ((code = sqlite3_step(st)) == SQLITE_ROW) {
		struct desk_alarm_row row = {.id = desk_text_at(st, 0),
					     .kind = desk_text_at(st, 1),
					     .ref = desk_text_at(st, 2),
					     .state = desk_text_at(st, 3),
					     .opened_us = sqlite3_column_int64(st, 4),
					     .changed_us = sqlite3_column_int64(st, 5),
					     .body = desk_text_at(st, 6)};

		r = desk_row_lost(db) ? -ENOMEM : fn(ud, &row);
		if (r)
			return r;
	}
	return code == SQLITE_DONE ? 0 : desk_code(code);
}

static enum desk_out_state state_of(const char *name)
{
	unsigned s = 0;

	while (s < OUT_FAILED && strcmp(out_names[s], name) != 0)
		s++;
	return (enum desk_out_state)s;
}

static int walk_out(struct desk_db *db, sqlite3_stmt *st, desk_out_fn fn, void *ud)
{
	int code, r;

	while ((code = sqlite3_step(st)) == SQLITE_ROW) {
		struct desk_out_row row = {.id = desk_text_at(st, 0),
					   .kind = desk_text_at(st, 1),
					   .alarm = desk_text_at(st, 2),
					   .state = state_of(desk_text_at(st, 3)),
					   .attempts = (unsigned)sqlite3_column_int64(st, 4),
					   .due_us = sqlite3_column_int64(st, 5),
					   .changed_us = sqlite3_column_int64(st, 6),
					   .why = desk_text_at(st, 7),
					   .body = desk_text_at(st, 8)};

		r = desk_row_lost(db) ? -ENOMEM : fn(ud, &row);
		if (r)
			return r;
	}
	return code == SQLITE_DONE ? 0 : desk_code(code);
}

#define SELECT_OUT                                                                                 \
	"SELECT id, kind, alarm, state, attempts, due_us, changed_us, why, body FROM outbox "      \
	"WHERE "

int desk_duty_outbox(struct desk_db *db, unsigned states, desk_out_fn fn, void *ud)
{
	char sql[256] = SELECT_OUT "state IN (";
	_cleanup_desk_stmt_ sqlite3_stmt *st = NULL;

	/* Words in the statement, so that the index of what waits is used. */
	for (unsigned s = 0, n = 0; s < OUT_STATES; s++)
		if (states & 1u << s)
			snprintf(sql + strlen(sql), sizeof(sql) - strlen(sql), "%s'%s'",
				 n++ ? "," : "", out_names[s]);
	snprintf(sql + strlen(sql), sizeof(sql) - strlen(sql), ") ORDER BY number");
	st = desk_prepare(db, sql);
	return st ? walk_out(db, st, fn, ud) : desk_failed(db);
}

int desk_duty_out_of(struct desk_db *db, const char *alarm, desk_out_fn fn, void *ud)
{
	_cleanup_desk_stmt_ sqlite3_stmt *st =
		desk_prepare(db, SELECT_OUT "alarm = ?1 ORDER BY number");

	if (!st)
		return desk_failed(db);
	desk_bind(st, 1, alarm);
	return walk_out(db, st, fn, ud);
}

int desk_duty_sending(struct desk_db *db, const char *id, enum desk_out_state from,
		      enum desk_out_state to, const char *why, int64_t now_us)
{
	_cleanup_desk_stmt_ sqlite3_stmt *st =
		desk_prepare(db, "UPDATE outbox SET state = ?3, attempts = attempts + ?4, why = ?5,"
				 " changed_us = ?6 WHERE id = ?1 AND state = ?2");

	if (st) {
		desk_bind(st, 1, id);
		desk_bind(st, 2, desk_out_state_name(from));
		desk_bind(st, 3, desk_out_state_name(to));
		sqlite3_bind_int(st, 4, to == OUT_HANDED);
		desk_bind(st, 5, why ? why : "");
		sqlite3_bind_int64(st, 6, now_us);
	}
	return desk_step_one(db, st);
}
