/* SPDX-License-Identifier: ISC */
/*
 * The SQLite backend: DIR/watch.db (WAL), one connection of the writer, one of the readers, and a
 * lock file that only one writer at a time can hold. Inside the room only.
 */
#pragma once

#include <pthread.h>
#include <sqlite3.h>

#include "store/ops.h"

#define WATCH_APPLICATION_ID 0x6e6f7277 /* "norw": a watch store of noroshi */

struct store_db {
	sqlite3 *writer; /* used by the writer's thread only; NULL for readers */
	sqlite3 *reader; /* under read_lock */
	pthread_mutex_t read_lock;
	int lock_fd;
	char path[512];
};

/* The numbered migrations of data/migrations/watch; [i] leads from version i to i + 1. */
extern const char *const watch_migrations[];
extern const unsigned watch_schema;

static inline void sqlite_finalizep(sqlite3_stmt **st)
{
	sqlite3_finalize(*st);
}
#define _cleanup_stmt_ _cleanup_(sqlite_finalizep)

/** watch_migrate() - bring @db from its version up to @to, one transaction each. Return: SQLite's.
 */
int watch_migrate(sqlite3 *db, unsigned to);

/** watch_version() - PRAGMA user_version, or a negative SQLite code. */
int watch_version(sqlite3 *db);

/** watch_answer() - what a result code of SQLite is to those who use a store. Return: 0, -errno, or
 * an answer. */
int watch_answer(int code);

/** watch_prepare() - a statement, NULL on failure. Owned. */
sqlite3_stmt *watch_prepare(sqlite3 *db, const char *sql);

/** watch_sample_name() - the word in evidence.sample. */
const char *watch_sample_name(enum sample which);

/** watch_write() - store_ops.write. */
int watch_write(struct store_db *db, struct store_batch *b, struct text *why);

/** watch_write_rolls() - the batch's roll-ups, inside the transaction. Return: SQLite's. */
int watch_write_rolls(sqlite3 *db, const struct store_batch *b);

/** watch_erase() - all that @order wants, inside the transaction of the caller. Return: SQLite's.
 */
int watch_erase(sqlite3 *db, struct erase_order *order);

/* store_ops of the same names. */
int watch_list(struct store_db *db, const struct store_filter *filter, bool oldest_first,
	       store_row_fn fn, void *userdata);
int watch_changes(struct store_db *db, int64_t after_row, store_change_fn fn, void *userdata);
int watch_row_since(struct store_db *db, int64_t since_us, int64_t *row);
int watch_get(struct store_db *db, const char *id, struct incident **out);
int watch_evidence(struct store_db *db, struct incident *inc);
int watch_status(struct store_db *db, struct text *json, int64_t *at_us);
int watch_heard(struct store_db *db, struct text *packed, int64_t *at_us);
int watch_rolls(struct store_db *db, const char *object, int64_t from_us, int64_t until_us,
		store_roll_fn fn, void *userdata);
int watch_sampling(struct store_db *db, struct exporters *exporters);
