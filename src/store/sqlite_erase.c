/* SPDX-License-Identifier: ISC */
/*
 * Erasing what may no longer be kept. The header records of an incident go at their date, and with
 * them the addresses of sources in its JSON; what stays is volume. Every act leaves a row in
 * `erasures`. Free pages are overwritten (secure_delete), and the journal is cut afterwards.
 */
#include <errno.h>
#include <string.h>

#include "store/sqlite.h"

static int finish(sqlite3_stmt *st)
{
	int code = sqlite3_step(st);

	sqlite3_reset(st);
	return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int prove(sqlite3 *db, const struct erase_order *o, const char *what, const char *data_class,
		 const char *incident, int64_t records, int64_t due_us)
{
	_cleanup_stmt_ sqlite3_stmt *st = watch_prepare(
		db, "INSERT INTO erasures (at_us, what, data_class, incident, records, due_us)"
		    " VALUES (?1, ?2, ?3, ?4, ?5, ?6)");

	if (!st)
		return sqlite3_errcode(db);
	sqlite3_bind_int64(st, 1, o->now_us);
	sqlite3_bind_text(st, 2, what, -1, SQLITE_STATIC);
	sqlite3_bind_text(st, 3, data_class, -1, SQLITE_STATIC);
	sqlite3_bind_text(st, 4, incident, -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 5, records);
	sqlite3_bind_int64(st, 6, due_us);
	return finish(st);
}

/* The row's JSON without what identifies a single communication; NULL where it cannot be read. */
static char *strip(const char *json, size_t n, int64_t now_us, unsigned *records)
{
	_cleanup_incident_ struct incident *inc = NULL;

	*records = 0;
	if (incident_load(json, n, &inc))
		return NULL;
	*records = inc->evidence[SAMPLE_ATTACK].n + inc->evidence[SAMPLE_GOOD].n;
	memset(inc->f.sources.top, 0, sizeof(inc->f.sources.top));
	inc->f.sources.n_top = 0;
	inc->evidence[SAMPLE_ATTACK].n = inc->evidence[SAMPLE_GOOD].n = 0;
	inc->erased_us = now_us;
	return incident_dump(inc);
}

/* What cannot be read cannot be stripped either: nothing of it stays. */
static int keep_rest(sqlite3 *db, const char *id, const char *rest, int64_t now_us)
{
	_cleanup_stmt_ sqlite3_stmt *st = watch_prepare(
		db, rest ? "UPDATE incidents SET json = ?2, erased_us = ?3, data_class = 'volume'"
			   " WHERE id = ?1"
			 : "DELETE FROM incidents WHERE id = ?1");

	if (!st)
		return sqlite3_errcode(db);
	sqlite3_bind_text(st, 1, id, -1, SQLITE_STATIC);
	if (rest) {
		sqlite3_bind_text(st, 2, rest, -1, SQLITE_STATIC);
		sqlite3_bind_int64(st, 3, now_us);
	}
	return finish(st);
}

static int erase_one(sqlite3 *db, struct erase_order *o, sqlite3_stmt *row)
{
	_cleanup_stmt_ sqlite3_stmt *drop =
		watch_prepare(db, "DELETE FROM evidence WHERE incident = ?1");
	const char *id = (const char *)sqlite3_column_text(row, 0);
	const char *json = (const char *)sqlite3_column_text(row, 1);
	_cleanup_free_ char *rest = NULL;
	unsigned records = 0;
	int code;

	if (!drop || !id || !json)
		return sqlite3_errcode(db) ? sqlite3_errcode(db) : SQLITE_CORRUPT;
	rest = strip(json, (size_t)sqlite3_column_bytes(row, 1), o->now_us, &records);
	sqlite3_bind_text(drop, 1, id, -1, SQLITE_STATIC);
	code = finish(drop);
	code = code ? code : keep_rest(db, id, rest, o->now_us);
	code = code ? code
		    : prove(db, o, "evidence", "header", id, records, sqlite3_column_int64(row, 2));
	o->evidence_erased += !code;
	return code;
}

static int erase_evidence(sqlite3 *db, struct erase_order *o)
{
	_cleanup_stmt_ sqlite3_stmt *st = watch_prepare(
		db,
		"SELECT id, json, erase_by_us FROM incidents"
		" WHERE erased_us IS NULL AND erase_by_us <= ?1 ORDER BY erase_by_us, id LIMIT 1");
	int code = st ? SQLITE_OK : sqlite3_errcode(db);

	/* One at a time, as the row just read is changed. */
	while (!code) {
		sqlite3_bind_int64(st, 1, o->now_us);
		code = sqlite3_step(st);
		if (code == SQLITE_DONE)
			return SQLITE_OK;
		if (code == SQLITE_ROW)
			code = erase_one(db, o, st);
		sqlite3_reset(st);
	}
	return code;
}

/* Rows of @table that ended before @due_us. */
static int erase_old(sqlite3 *db, struct erase_order *o, const char *sql, const char *what,
		     const char *data_class, int64_t due_us, uint64_t *erased)
{
	_cleanup_stmt_ sqlite3_stmt *st = watch_prepare(db, sql);
	int code;

	if (!st)
		return sqlite3_errcode(db);
	sqlite3_bind_int64(st, 1, due_us);
	code = finish(st);
	if (code || !sqlite3_changes(db))
		return code;
	*erased += (uint64_t)sqlite3_changes(db);
	return prove(db, o, what, data_class, NULL, sqlite3_changes(db), due_us);
}

static int64_t due(const struct erase_order *o, uint64_t keep_s)
{
	return o->now_us - (int64_t)keep_s * US_PER_S;
}

int watch_erase(sqlite3 *db, struct erase_order *o)
{
	uint64_t rollups = 0;
	int code = erase_evidence(db, o);

	code = code ? code
		    : erase_old(db, o, "DELETE FROM heard WHERE at_us < ?1", "heard", "header",
				due(o, STORE_HEARD_S), &rollups);
	if (code || !o->with_keep)
		return code;
	if (o->keep.incident_s)
		code = erase_old(
			db, o, "DELETE FROM incidents WHERE state = 'closed' AND last_us < ?1",
			"incidents", "header", due(o, o->keep.incident_s), &o->incidents_erased);
	if (!code && o->keep.rollup_s)
		code = erase_old(db, o, "DELETE FROM rollups WHERE minute_us < ?1", "rollups",
				 "volume", due(o, o->keep.rollup_s), &rollups);
	/* An hour goes with its first minute. */
	if (!code && o->keep.rollup_s)
		code = erase_old(db, o, "DELETE FROM rolls WHERE hour_us < ?1", "rolls", "volume",
				 due(o, o->keep.rollup_s), &rollups);
	return code;
}
