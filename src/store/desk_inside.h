/* SPDX-License-Identifier: ISC */
/* What the files of desk.db share. Inside the room only. */
#pragma once

#include <sqlite3.h>

#include "store/desk.h"

#define DESK_APPLICATION_ID 0x6e6f7264 /* "nord": a desk store of noroshi */
#define DESK_MAC_BYTES	    32
#define DESK_DIGEST_MAX	    65 /* hexadecimal, with its NUL */

struct desk_db {
	sqlite3 *sql;
	enum store_kind kind;
	bool has_key;
	uint8_t key[DESK_MAC_BYTES];
	char dir[512], key_path[600];
};

extern const char *const desk_migrations[];
extern const unsigned desk_schema;

static inline void desk_finalizep(sqlite3_stmt **st)
{
	sqlite3_finalize(*st);
}
#define _cleanup_desk_stmt_ _cleanup_(desk_finalizep)

/** desk_prepare() - a statement, NULL on failure. Owned. */
sqlite3_stmt *desk_prepare(struct desk_db *db, const char *sql);

/** desk_code() - an answer for SQLite's code. */
int desk_code(int code);

/** desk_key_load() - the key of an existing file. Return: 0, DESK_NO_KEY, DESK_BAD_KEY, -errno. */
int desk_key_load(struct desk_db *db);

/** desk_key_make() - a new key, synced, mode 0600; never over another. Return: 0 or as above. */
int desk_key_make(struct desk_db *db);

/** desk_mac_line() - the MAC of a line whose predecessor had @before (zero for the first). */
void desk_mac_line(const struct desk_db *db, const uint8_t *before,
		   const struct desk_audit_row *row, uint8_t *mac);

/** desk_mac_head() - the MAC that meta keeps over the number and MAC of the last line, as hex. */
void desk_mac_head(const struct desk_db *db, uint64_t lines, const uint8_t *mac, char *hex);

/** desk_digest() - of an entry's content, keyed: whoever sees it learns nothing. */
void desk_digest(const struct desk_db *db, const char *kind, const char *ref, const char *circle,
		 const char *actor, int64_t at_us, const char *body, char *hex);

/** desk_digest_act() - the same of a row of `acts`. */
void desk_digest_act(const struct desk_db *db, const char *act, const char *subject,
		     const char *actor, int64_t at_us, const char *body, char *hex);

/** desk_run() - SQL without rows. Return: 0 or an answer. */
int desk_run(struct desk_db *db, const char *sql);

/** desk_bind() - a text of which SQLite keeps a copy. */
void desk_bind(sqlite3_stmt *st, int at, const char *s);

/** desk_step_one() - a change by which exactly one row must have changed; @st NULL: it could not be
 * prepared. Return: 0, DESK_CONFLICT or another answer. */
int desk_step_one(struct desk_db *db, sqlite3_stmt *st);

/** desk_log_line() - inside a transaction: the line of act, actor and time of @c, and the head.
 * @id: DESK_ID_MAX, its name. Return: 0 or an answer. */
int desk_log_line(struct desk_db *db, const struct desk_change *c, const char *body, char *id);

/** desk_end() - commit where @r is 0, else roll back. Return: @r, or the commit's answer. */
int desk_end(struct desk_db *db, int r);
