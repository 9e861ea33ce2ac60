/* SPDX-License-Identifier: ISC */
/*
 * Roll-ups on disk. A row is merged with the one that lies there: a restart in the middle of an
 * hour, or a file that is read after another, adds what it knows.
 */
#include <errno.h>
#include <string.h>

#include "store/sqlite.h"

static int step(sqlite3_stmt *st)
{
	int code = sqlite3_step(st);

	sqlite3_reset(st);
	return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* What a row says from column @at on: floor, sampling, minutes. False where it is none of ours. */
static bool read_figures(sqlite3_stmt *st, int at, struct roll_row *out)
{
	const void *minutes = sqlite3_column_blob(st, at + 2);

	if (sqlite3_column_bytes(st, at + 2) != ROLL_MINUTES || !minutes)
		return false;
	out->floor = (uint64_t)sqlite3_column_int64(st, at);
	out->sampling = (uint32_t)sqlite3_column_int64(st, at + 1);
	memcpy(out->minute, minutes, ROLL_MINUTES);
	return true;
}

static int merge_old(sqlite3_stmt *old, struct roll_row *row)
{
	struct roll_row before = {.floor = 0};
	int code;

	sqlite3_bind_text(old, 1, row->object, -1, SQLITE_STATIC);
	sqlite3_bind_text(old, 2, roll_track_name(row->track), -1, SQLITE_STATIC);
	sqlite3_bind_int64(old, 3, row->hour_us);
	code = sqlite3_step(old);
	if (code == SQLITE_ROW && read_figures(old, 0, &before))
		roll_merge(row, &before);
	sqlite3_reset(old);
	return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

static int64_t capped(uint64_t n)
{
	return n < INT64_MAX ? (int64_t)n : INT64_MAX;
}

static int write_one(sqlite3_stmt *old, sqlite3_stmt *st, const struct roll_row *from)
{
	struct roll_row row = *from;
	int code = merge_old(old, &row);

	if (code)
		return code;
	sqlite3_bind_text(st, 1, row.object, -1, SQLITE_STATIC);
	sqlite3_bind_text(st, 2, roll_track_name(row.track), -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 3, row.hour_us);
	sqlite3_bind_int64(st, 4, capped(row.floor));
	sqlite3_bind_int64(st, 5, row.sampling);
	sqlite3_bind_blob(st, 6, row.minute, ROLL_MINUTES, SQLITE_STATIC);
	return step(st);
}

int watch_write_rolls(sqlite3 *db, const struct store_batch *b)
{
	_cleanup_stmt_ sqlite3_stmt *old = NULL, *st = NULL;
	int code = SQLITE_OK;

	if (!b->n_rolls)
		return SQLITE_OK;
	old = watch_prepare(db, "SELECT floor, sampling, minutes FROM rolls"
				" WHERE object = ?1 AND vector = ?2 AND hour_us = ?3");
	st = watch_prepare(db, "INSERT OR REPLACE INTO rolls (object, vector, hour_us, floor,"
			       " sampling, minutes) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
	if (!old || !st)
		return sqlite3_errcode(db);
	for (size_t i = 0; !code && i < b->n_rolls; i++)
		code = write_one(old, st, &b->rolls[i]);
	return code;
}

/* Rows of a vector that is not known here are passed over. */
static int walk(sqlite3_stmt *st, store_roll_fn fn, void *userdata)
{
	int code;

	while ((code = sqlite3_step(st)) == SQLITE_ROW) {
		const char *object = (const char *)sqlite3_column_text(st, 0);
		const char *vector = (const char *)sqlite3_column_text(st, 1);
		struct roll_row row = {.hour_us = sqlite3_column_int64(st, 2)};
		int r;

		if (!object || !vector)
			return -ENOMEM;
		if (roll_track_parse(vector, &row.track) || !read_figures(st, 3, &row))
			continue;
		snprintf(row.object, sizeof(row.object), "%s", object);
		r = fn(userdata, &row);
		if (r)
			return r;
	}
	return code == SQLITE_DONE ? 0 : STORE_BROKEN;
}

int watch_rolls(struct store_db *db, const char *object, int64_t from_us, int64_t until_us,
		store_roll_fn fn, void *userdata)
{
	_cleanup_stmt_ sqlite3_stmt *st = NULL;
	int r = STORE_BROKEN;

	pthread_mutex_lock(&db->read_lock);
	st = watch_prepare(db->reader,
			   "SELECT object, vector, hour_us, floor, sampling, minutes FROM rolls"
			   " WHERE (?1 IS NULL OR object = ?1) AND hour_us >= ?2 AND hour_us < ?3"
			   " ORDER BY object, vector, hour_us");
	if (st) {
		if (object)
			sqlite3_bind_text(st, 1, object, -1, SQLITE_STATIC);
		sqlite3_bind_int64(st, 2, from_us);
		sqlite3_bind_int64(st, 3, until_us);
		r = walk(st, fn, userdata);
		sqlite3_reset(st);
	}
	pthread_mutex_unlock(&db->read_lock);
	return r;
}
