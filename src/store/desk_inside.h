/* SPDX-License-Identifier: ISC */
/* What the files of desk.db share. Inside the room only. */
#pragma once

#include <jansson.h>
#include <sqlite3.h>

#include "store/desk.h"
#include "store/desk_act.h"

#define DESK_APPLICATION_ID 0x6e6f7264 /* "nord": a desk store of noroshi */
#define DESK_MAC_BYTES	    32
#define DESK_DIGEST_MAX	    65 /* hexadecimal, with its NUL */

struct desk_db {
	sqlite3 *sql;
	enum store_kind kind;
	bool has_key;
	uint8_t key[DESK_MAC_BYTES];
	struct act_log *act_log;     /* owned; NULL until plans or measures are read */
	struct desk_verdict verdict; /* of the last desk_db_chain_holds() */
	int64_t verdict_us;	     /* monotonic; 0 none yet */
	int64_t verdict_version;     /* PRAGMA data_version of then */
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

/** desk_text_at() - a column, "" for NULL. */
static inline const char *desk_text_at(sqlite3_stmt *st, int i)
{
	const char *s = (const char *)sqlite3_column_text(st, i);

	return s ? s : "";
}

/** desk_code() - an answer for SQLite's code. */
int desk_code(int code);

/** desk_failed() - an answer for a statement that could not be prepared. */
static inline int desk_failed(struct desk_db *db)
{
	int r = desk_code(sqlite3_errcode(db->sql));

	return r ? r : STORE_BROKEN;
}

/** desk_row_lost() - was one of the columns just read "" for want of memory? Ask before the next
 * step: what is missing would be taken for a row that was changed. */
static inline bool desk_row_lost(struct desk_db *db)
{
	return sqlite3_errcode(db->sql) == SQLITE_NOMEM;
}

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

/** desk_digest_row() - the same of any row: @name of its form, then its texts, then its numbers. */
void desk_digest_row(const struct desk_db *db, const char *name, const char *const *text,
		     unsigned n_texts, const int64_t *number, unsigned n_numbers, char *hex);

/** desk_run() - SQL without rows. Return: 0 or an answer. */
int desk_run(struct desk_db *db, const char *sql);

/** desk_begin() - a transaction; one that could not be rolled back for want of memory ends first.
 * Return: 0 or an answer. */
int desk_begin(struct desk_db *db, bool writes);
void desk_rollback(struct desk_db *db);

/** desk_bind() - a text that stays until @st is stepped or finalized. No copy: for want of memory
 * that would be a NULL, which a statement takes for another value. */
void desk_bind(sqlite3_stmt *st, int at, const char *s);

/** desk_step_one() - a change by which exactly one row must have changed; @st NULL: it could not be
 * prepared. Return: 0, DESK_CONFLICT or another answer. */
int desk_step_one(struct desk_db *db, sqlite3_stmt *st);

/** desk_log_line() - inside a transaction: the line of act, actor and time of @c, and the head.
 * @id: DESK_ID_MAX, its name. Return: 0 or an answer. */
int desk_log_line(struct desk_db *db, const struct desk_change *c, const char *body, char *id);

/** desk_end() - commit where @r is 0, else roll back. Return: @r, or the commit's answer. */
int desk_end(struct desk_db *db, int r);

/* ---- plans, measures and freezes as the log says them ---- */

enum act_row { ACT_PLAN, ACT_MEASURE, ACT_FREEZE, ACT_ROWS };

/** desk_digest_plan(), _measure(), _freeze() - the MAC of a row; @hex: DESK_DIGEST_MAX. */
void desk_digest_plan(const struct desk_db *db, const struct desk_plan_row *row, char *hex);
void desk_digest_measure(const struct desk_db *db, const struct desk_measure_row *row, char *hex);
void desk_digest_freeze(const struct desk_db *db, const char *kind,
			const struct desk_freeze_row *row, char *hex);

/* The digest that the log said last of each row. */
struct act_log;

struct act_log *act_log_new(void); /* NULL without memory */
struct act_log *act_log_free(struct act_log *l);

/** act_log_play() - a line's body. Return: 0 or -ENOMEM. */
int act_log_play(struct act_log *l, const json_t *body);

/** act_log_catch_up() - play the lines that db->act_log has not heard of, in the snapshot of the
 * statement that is being read. Return: 0 or an answer. */
int act_log_catch_up(struct desk_db *db);

/** act_log_says() - is @digest the last word on that row? @met: note that the row was seen. */
bool act_log_says(const struct act_log *l, enum act_row kind, const char *id, const char *digest,
		  bool met);

/** act_log_knows() - does the log know such a row at all? */
bool act_log_knows(const struct act_log *l, enum act_row kind, const char *id);

/** act_log_missing() - the first row that was not met: its kind's word, else NULL. @id: set. */
const char *act_log_missing(const struct act_log *l, const char **id);

/** desk_act_hold() - all rows against @l. @what: the kind's word of the first that is not as the
 * log says, NULL none; @id: DESK_ID_MAX, its name. Return: 0 or an answer. */
int desk_act_hold(struct desk_db *db, struct act_log *l, const char **what, char *id);

/** act_row_name() - "plan", "measure", "freeze". desk_freeze_name() - "all", "automatic". */
const char *act_row_name(enum act_row kind);
const char *desk_freeze_name(enum desk_freeze kind);
