/* SPDX-License-Identifier: ISC */
/*
 * Opening desk.db. The key is on disk before the first line that needs it; a database whose key is
 * gone is never given another one, for then nothing written before could be proven.
 */
#include "store/desk.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "store/desk_inside.h"

#define BUSY_MS	      10000
#define BIRTH_STEP_MS 5

static const struct {
	int answer;
	const char *en, *ja;
} sentences[] = {
	{DESK_NO_KEY, "the key of the audit log is missing", "監査記録の鍵がありません"},
	{DESK_BAD_KEY,
	 "the key of the audit log is no key, or others may read it (mode 0600 is wanted)",
	 "監査記録の鍵が壊れているか、他人が読める状態です (モード 0600 が必要)"},
	{DESK_CONFLICT, "somebody else changed it at the same time; look again",
	 "同時に変更されました。もう一度確認してください"},
	{DESK_TOO_LARGE, "that is too large", "大きすぎます"},
	{DESK_FORGED, "it was not written by noroshi's own roles: its MAC is not ours",
	 "noroshi 自身が書いたものではありません (MAC が一致しません)"},
};

const char *desk_db_answer(int answer, const char *language)
{
	for (size_t i = 0; i < ARRAY_LEN(sentences); i++)
		if (sentences[i].answer == answer)
			return strcmp(language, "ja") == 0 ? sentences[i].ja : sentences[i].en;
	return store_answer(answer, language);
}

sqlite3_stmt *desk_prepare(struct desk_db *db, const char *sql)
{
	sqlite3_stmt *st = NULL;

	return sqlite3_prepare_v2(db->sql, sql, -1, &st, NULL) == SQLITE_OK ? st : NULL;
}

int desk_code(int code)
{
	static const struct {
		int code, answer;
	} known[] = {
		{SQLITE_OK, 0},
		{SQLITE_NOMEM, -ENOMEM},
		{SQLITE_FULL, STORE_FAILING},
		{SQLITE_IOERR, STORE_FAILING},
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

static int run(struct desk_db *db, const char *sql)
{
	return sqlite3_exec(db->sql, sql, NULL, NULL, NULL);
}

static int number(struct desk_db *db, const char *sql, int *out)
{
	_cleanup_desk_stmt_ sqlite3_stmt *st = desk_prepare(db, sql);
	int code = st ? sqlite3_step(st) : sqlite3_errcode(db->sql);

	if (code != SQLITE_ROW)
		return code == SQLITE_DONE ? STORE_BROKEN : desk_code(code);
	*out = sqlite3_column_int(st, 0);
	return 0;
}

static int read_kind(struct desk_db *db)
{
	_cleanup_desk_stmt_ sqlite3_stmt *st =
		desk_prepare(db, "SELECT value FROM meta WHERE key = 'kind'");
	const char *word;
	int code = st ? sqlite3_step(st) : sqlite3_errcode(db->sql);

	if (code != SQLITE_ROW)
		return code == SQLITE_DONE ? STORE_BROKEN : desk_code(code);
	word = (const char *)sqlite3_column_text(st, 0);
	db->kind = word && strcmp(word, "drill") == 0 ? STORE_DRILL : STORE_REAL;
	return 0;
}

/* What the watch store beside it is; real where there is none. */
static int kind_beside(const char *dir, enum store_kind *kind)
{
	_cleanup_store_ struct store *watch = NULL;
	int r = store_open(dir, STORE_ANY, STORE_READ, NULL, &watch);

	if (r && r != STORE_MISSING)
		return r;
	*kind = r ? STORE_REAL : store_kind(watch);
	return 0;
}

/* All numbered steps that are missing, in one transaction: two first commands may race. */
static int migrate(struct desk_db *db, enum store_kind kind)
{
	char sql[256];
	int version = 0, r = number(db, "PRAGMA user_version", &version);

	/* One that is up to date is opened without writing, so also on a full disk. */
	if (r || (unsigned)version == desk_schema)
		return r;
	r = desk_code(run(db, "BEGIN IMMEDIATE"));
	if (r)
		return r;
	r = number(db, "PRAGMA user_version", &version);
	for (unsigned v = (unsigned)version; !r && v < desk_schema; v++)
		r = desk_code(run(db, desk_migrations[v]));
	snprintf(sql, sizeof(sql),
		 "INSERT OR IGNORE INTO meta VALUES ('kind', '%s');"
		 "PRAGMA user_version = %u; PRAGMA application_id = %d",
		 kind == STORE_DRILL ? "drill" : "real", desk_schema, DESK_APPLICATION_ID);
	r = r ? r : desk_code(run(db, sql));
	r = r ? r : desk_code(run(db, "COMMIT"));
	if (r)
		run(db, "ROLLBACK");
	return r;
}

/* Both of one moment: between two statements another command may give it birth. */
static int identity(struct desk_db *db, int *id, int *version)
{
	_cleanup_desk_stmt_ sqlite3_stmt *st =
		desk_prepare(db, "SELECT application_id, user_version"
				 " FROM pragma_application_id, pragma_user_version");
	int code = st ? sqlite3_step(st) : sqlite3_errcode(db->sql);

	if (code != SQLITE_ROW)
		return code == SQLITE_DONE ? STORE_BROKEN : desk_code(code);
	*id = sqlite3_column_int(st, 0);
	*version = sqlite3_column_int(st, 1);
	return 0;
}

static int check(struct desk_db *db, enum store_mode mode, bool *unborn)
{
	int id = 0, version = 0, r = identity(db, &id, &version);

	if (r)
		return r;
	*unborn = id == 0 && version == 0;
	if (*unborn)
		return mode == STORE_READ ? STORE_MISSING : 0;
	if (id != DESK_APPLICATION_ID)
		return STORE_BROKEN;
	if (version < 0 || (unsigned)version > desk_schema)
		return STORE_NEWER;
	return mode == STORE_READ && (unsigned)version < desk_schema ? STORE_OLDER : 0;
}

static int open_key(struct desk_db *db, bool unborn)
{
	int lines = 0, r = desk_key_load(db);

	if (r != DESK_NO_KEY)
		return r;
	if (!unborn)
		r = number(db, "SELECT count(*) FROM audit", &lines);
	if (r != 0 && r != DESK_NO_KEY)
		return r;
	return lines ? DESK_NO_KEY : desk_key_make(db);
}

/*
 * First commands of a store go one after the other: SQLite refuses at once when two make a file WAL
 * at the same moment, whatever its busy timeout. The lock is on the directory and goes with the
 * descriptor; who cannot have it in time goes on as if there were none.
 */
static int lock_birth(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (int waited = 0; fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) && waited < BUSY_MS;
	     waited += BIRTH_STEP_MS)
		usleep(BIRTH_STEP_MS * 1000);
	return fd;
}

static int open_writer(struct desk_db *db, enum store_kind kind)
{
	_cleanup_close_ int lock = -1;
	bool unborn = false;
	int on = 1, r;

	if (mkdir(db->dir, 0750) && errno != EEXIST)
		return -errno;
	lock = lock_birth(db->dir);
	r = kind == STORE_ANY ? kind_beside(db->dir, &kind) : 0;
	r = r ? r : check(db, STORE_WRITE, &unborn);
	if (r)
		return r;
	sqlite3_file_control(db->sql, "main", SQLITE_FCNTL_PERSIST_WAL, &on);
	r = desk_code(run(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
			      "PRAGMA secure_delete = ON; PRAGMA foreign_keys = ON;"));
	r = r ? r : open_key(db, unborn);
	return r ? r : migrate(db, kind);
}

/* What others told in confidence is for this user and group; the journals take its mode. */
static int make_file(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);

	return fd < 0 ? -errno : 0;
}

static int open_file(struct desk_db *db, enum store_mode mode)
{
	char path[600];
	int flags = mode == STORE_WRITE ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
					: SQLITE_OPEN_READONLY;
	int r;

	snprintf(path, sizeof(path), "%s/desk.db", db->dir);
	if (mode == STORE_READ && access(path, F_OK))
		return errno == ENOENT || errno == ENOTDIR ? STORE_MISSING : -errno;
	if (mode == STORE_WRITE && mkdir(db->dir, 0750) && errno != EEXIST)
		return -errno;
	r = mode == STORE_WRITE ? make_file(path) : 0;
	if (r)
		return r;
	r = desk_code(sqlite3_open_v2(path, &db->sql, flags | SQLITE_OPEN_NOMUTEX, NULL));
	if (!r)
		sqlite3_busy_timeout(db->sql, BUSY_MS);
	return r;
}

int desk_db_open(const char *dir, const char *key_path, enum store_kind kind, enum store_mode mode,
		 struct desk_db **out)
{
	_cleanup_desk_db_ struct desk_db *db = calloc(1, sizeof(*db));
	bool unborn;
	int r;

	if (!db)
		return -ENOMEM;
	if (sodium_init() < 0)
		return -EIO;
	if ((size_t)snprintf(db->dir, sizeof(db->dir), "%s", dir) >= sizeof(db->dir) ||
	    (size_t)snprintf(db->key_path, sizeof(db->key_path), *key_path ? "%s" : "%s/desk.key",
			     *key_path ? key_path : dir) >= sizeof(db->key_path))
		return -ENAMETOOLONG;
	r = open_file(db, mode);
	if (!r)
		r = mode == STORE_WRITE ? open_writer(db, kind) : check(db, mode, &unborn);
	r = r ? r : read_kind(db);
	if (!r && kind != STORE_ANY && kind != db->kind)
		r = STORE_OTHER_KIND;
	if (r == 0)
		*out = take_ptr(db);
	return r;
}

struct desk_db *desk_db_close(struct desk_db *db)
{
	if (!db)
		return NULL;
	sqlite3_close(db->sql);
	act_log_free(db->act_log);
	explicit_bzero(db->key, sizeof(db->key));
	free(db);
	return NULL;
}

enum store_kind desk_db_kind(const struct desk_db *db)
{
	return db->kind;
}
