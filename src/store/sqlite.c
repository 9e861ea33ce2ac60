/* SPDX-License-Identifier: ISC */
/*
 * Opening and closing. The lock is a lock of the kernel on a file beside the database, so it ends
 * with its process however that ends. The journal stays on disk when the writer goes, so that a
 * reader without the right to write finds what it needs.
 */
#include "store/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#define BUSY_MS 5000

const char *watch_sample_name(enum sample which)
{
	static const char *const names[SAMPLE_COUNT] = {"attack", "good"};

	return names[which];
}

sqlite3_stmt *watch_prepare(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *st = NULL;

	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
		return NULL;
	return st;
}

int watch_version(sqlite3 *db)
{
	_cleanup_stmt_ sqlite3_stmt *st = watch_prepare(db, "PRAGMA user_version");

	if (!st || sqlite3_step(st) != SQLITE_ROW)
		return -(sqlite3_errcode(db) & 0xff);
	return sqlite3_column_int(st, 0);
}

int watch_migrate(sqlite3 *db, unsigned to)
{
	int version = watch_version(db);

	if (version < 0)
		return -version;
	for (unsigned v = (unsigned)version; v < to; v++) {
		char set[64];
		int r;

		snprintf(set, sizeof(set), "PRAGMA user_version = %u", v + 1);
		r = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
		r = r ? r : sqlite3_exec(db, watch_migrations[v], NULL, NULL, NULL);
		r = r ? r : sqlite3_exec(db, set, NULL, NULL, NULL);
		r = r ? r : sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
		if (r) {
			sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
			return r;
		}
	}
	return SQLITE_OK;
}

int watch_answer(int code)
{
	static const struct {
		int code, answer;
	} known[] = {
		{SQLITE_OK, 0},
		{SQLITE_NOMEM, -ENOMEM},
		{SQLITE_FULL, -ENOSPC},
		{SQLITE_IOERR, -EIO},
		{SQLITE_PERM, -EACCES},
		{SQLITE_READONLY, -EROFS},
		{SQLITE_CANTOPEN, -EACCES},
		{SQLITE_BUSY, STORE_LOCKED},
		{SQLITE_LOCKED, STORE_LOCKED},
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (known[i].code == (code & 0xff))
			return known[i].answer;
	return STORE_BROKEN;
}

static int pragma_int(sqlite3 *db, const char *sql, int *out)
{
	_cleanup_stmt_ sqlite3_stmt *st = watch_prepare(db, sql);

	if (!st || sqlite3_step(st) != SQLITE_ROW)
		return sqlite3_errcode(db) ? sqlite3_errcode(db) : SQLITE_ERROR;
	*out = sqlite3_column_int(st, 0);
	return SQLITE_OK;
}

static int take_lock(struct store_db *db, const char *dir)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/watch.lock", dir);
	db->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (db->lock_fd < 0)
		return -errno;
	if (flock(db->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	return errno == EWOULDBLOCK ? STORE_LOCKED : -errno;
}

static const char *kind_word(enum store_kind kind)
{
	return kind == STORE_DRILL ? "drill" : "real";
}

/* What the store says it is. Return: 0, STORE_BROKEN, or an answer. */
static int read_kind(sqlite3 *sql, enum store_kind *kind)
{
	_cleanup_stmt_ sqlite3_stmt *st =
		watch_prepare(sql, "SELECT value FROM meta WHERE key = 'kind'");
	const char *word;
	int code = st ? sqlite3_step(st) : sqlite3_errcode(sql);

	if (code != SQLITE_ROW)
		return code == SQLITE_DONE ? STORE_BROKEN : watch_answer(code);
	word = (const char *)sqlite3_column_text(st, 0);
	if (word && strcmp(word, "real") == 0)
		*kind = STORE_REAL;
	else if (word && strcmp(word, "drill") == 0)
		*kind = STORE_DRILL;
	else
		return STORE_BROKEN;
	return 0;
}

/* Is it ours, and of a version we know? Return: 0 or an answer. */
static int check_store(sqlite3 *sql, bool writer)
{
	int id = 0, version = 0, code = pragma_int(sql, "PRAGMA application_id", &id);

	code = code ? code : pragma_int(sql, "PRAGMA user_version", &version);
	if (code)
		return watch_answer(code);
	if (id != WATCH_APPLICATION_ID)
		return STORE_BROKEN;
	if (version < 0 || (unsigned)version > watch_schema)
		return STORE_NEWER;
	if (!writer && (unsigned)version < watch_schema)
		return STORE_OLDER;
	return 0;
}

static int check_kind(sqlite3 *sql, enum store_kind *kind)
{
	enum store_kind found = STORE_ANY;
	int r = read_kind(sql, &found);

	if (r)
		return r;
	if (*kind != STORE_ANY && *kind != found)
		return STORE_OTHER_KIND;
	*kind = found;
	return 0;
}

static int be_born(sqlite3 *sql, enum store_kind kind)
{
	char born[256];
	int code;

	code = watch_migrate(sql, 1);
	if (code)
		return watch_answer(code);
	snprintf(born, sizeof(born),
		 "BEGIN IMMEDIATE; INSERT OR IGNORE INTO meta VALUES ('kind', '%s');"
		 "PRAGMA application_id = %d; COMMIT",
		 kind_word(kind), WATCH_APPLICATION_ID);
	return watch_answer(sqlite3_exec(sql, born, NULL, NULL, NULL));
}

static int set_up_writer(sqlite3 *sql)
{
	static const char setup[] = "PRAGMA journal_mode = WAL;"
				    "PRAGMA synchronous = FULL;"
				    "PRAGMA secure_delete = ON;"
				    "PRAGMA foreign_keys = ON;"
				    /* Rows are written and not read again here; 2 MB by itself. */
				    "PRAGMA cache_size = -256;"
				    "PRAGMA journal_size_limit = 16777216;";
	int on = 1;

	sqlite3_file_control(sql, "main", SQLITE_FCNTL_PERSIST_WAL, &on);
	return watch_answer(sqlite3_exec(sql, setup, NULL, NULL, NULL));
}

/* True for a file that was never finished being born: no id, no version, no kind. */
static bool is_unborn(sqlite3 *sql)
{
	int id = 1, version = 1;

	return pragma_int(sql, "PRAGMA application_id", &id) == SQLITE_OK && id == 0 &&
	       pragma_int(sql, "PRAGMA user_version", &version) == SQLITE_OK && version <= 1;
}

static bool has_other_tables(sqlite3 *sql)
{
	int n = 1;

	return pragma_int(sql,
			  "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND "
			  "name NOT IN ('meta', 'incidents', 'evidence')",
			  &n) != SQLITE_OK ||
	       n > 0;
}

static int open_writer(struct store_db *db, const char *dir, enum store_kind *kind)
{
	int r, code;

	if (mkdir(dir, 0750) && errno != EEXIST)
		return -errno;
	r = take_lock(db, dir);
	if (r)
		return r;
	code = sqlite3_open_v2(db->path, &db->writer,
			       SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
			       NULL);
	if (code)
		return watch_answer(code);
	sqlite3_extended_result_codes(db->writer, 1);
	sqlite3_busy_timeout(db->writer, BUSY_MS);
	if (is_unborn(db->writer) && !has_other_tables(db->writer)) {
		r = set_up_writer(db->writer);
		r = r ? r : be_born(db->writer, *kind);
	} else {
		r = check_store(db->writer, true);
		r = r ? r : set_up_writer(db->writer);
	}
	r = r ? r : check_kind(db->writer, kind);
	return r ? r : watch_answer(watch_migrate(db->writer, watch_schema));
}

static int open_reader(struct store_db *db, enum store_kind *kind)
{
	int code;

	if (access(db->path, F_OK))
		return errno == ENOENT || errno == ENOTDIR ? STORE_MISSING : -errno;
	code = sqlite3_open_v2(db->path, &db->reader, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX,
			       NULL);
	if (code)
		return watch_answer(code);
	sqlite3_busy_timeout(db->reader, BUSY_MS);
	code = check_store(db->reader, false);
	return code ? code : check_kind(db->reader, kind);
}

static void watch_close(struct store_db *db)
{
	if (!db)
		return;
	sqlite3_close(db->reader);
	sqlite3_close(db->writer);
	if (db->lock_fd >= 0)
		close(db->lock_fd);
	pthread_mutex_destroy(&db->read_lock);
	free(db);
}

/* Recursive: what is called for a row may ask the store again. */
static void init_read_lock(struct store_db *db)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&db->read_lock, &attr);
	pthread_mutexattr_destroy(&attr);
}

static int watch_open(const char *dir, enum store_kind *kind, enum store_mode mode,
		      struct store_db **out)
{
	struct store_db *db = calloc(1, sizeof(*db));
	int r = 0;

	if (!db)
		return -ENOMEM;
	db->lock_fd = -1;
	init_read_lock(db);
	if ((size_t)snprintf(db->path, sizeof(db->path), "%s/watch.db", dir) >= sizeof(db->path))
		r = -ENAMETOOLONG;
	if (!r && mode == STORE_WRITE)
		r = open_writer(db, dir, kind);
	if (!r)
		r = open_reader(db, kind);
	if (r)
		watch_close(db);
	else
		*out = db;
	return r;
}

static uint64_t file_bytes(const char *path, const char *tail)
{
	char name[600];
	struct stat st;

	snprintf(name, sizeof(name), "%s%s", path, tail);
	return stat(name, &st) ? 0 : (uint64_t)st.st_size;
}

static uint64_t watch_bytes(struct store_db *db)
{
	return file_bytes(db->path, "") + file_bytes(db->path, "-wal");
}

const struct store_ops store_sqlite = {
	.open = watch_open,
	.close = watch_close,
	.write = watch_write,
	.list = watch_list,
	.changes = watch_changes,
	.row_since = watch_row_since,
	.get = watch_get,
	.evidence = watch_evidence,
	.status = watch_status,
	.heard = watch_heard,
	.sampling = watch_sampling,
	.rolls = watch_rolls,
	.bytes = watch_bytes,
};
