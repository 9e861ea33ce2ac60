/* SPDX-License-Identifier: ISC */
/*
 * desk.db: cases, their entries, and the log of every change. The rows only; what they mean, and
 * who may see them, is the desk room's. Short-lived writers (one command each) take turns; each
 * change is one synced transaction that also writes its line of the log, with a MAC over the line
 * and the MAC before it, by a key that lies outside of the database (mode 0600). What
 * desk_db_commit() has answered with 0 survives SIGKILL.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/text.h"
#include "store/store.h"

#define DESK_ID_MAX    16 /* "c" and 12 hexadecimal digits */
#define DESK_ACTOR_MAX 64
#define DESK_REF_MAX   96
#define DESK_HEAD_MAX  96 /* "LINES:MAC" */

/* Positive answers beside those of store.h. desk_db_answer() has the sentences. */
enum desk_answer {
	DESK_NO_KEY = 64, /* the log has lines, its key is not there */
	DESK_BAD_KEY,	  /* the key file is no key, or others can read it */
	DESK_CONFLICT,	  /* the rows are not as the change says: somebody was faster */
	DESK_TOO_LARGE,	  /* an entry beyond DESK_BODY_MAX */
	DESK_FORGED,	  /* a plan or measure whose MAC is not ours */
};

#define DESK_BODY_MAX (64u << 10)

struct desk_db;

/** desk_db_answer() - a plain sentence for any answer or negative errno, "en" or "ja". */
const char *desk_db_answer(int answer, const char *language);

/**
 * desk_db_open() - open, or for STORE_WRITE make, DIR/desk.db and its key.
 * @key_path: "" is DIR/desk.key. Readers need no key but for desk_db_verify().
 * @kind: what it is to be at birth; STORE_ANY at birth is what DIR/watch.db is, else real.
 * Return: 0 with *@out owned, a positive answer, or a negative errno.
 */
int desk_db_open(const char *dir, const char *key_path, enum store_kind kind, enum store_mode mode,
		 struct desk_db **out);
struct desk_db *desk_db_close(struct desk_db *db);

static inline void desk_db_closep(struct desk_db **db)
{
	*db = desk_db_close(*db);
}
#define _cleanup_desk_db_ _cleanup_(desk_db_closep)

enum store_kind desk_db_kind(const struct desk_db *db);

/** desk_db_id() - a new name: @letter and 12 random hexadecimal digits. @buf: DESK_ID_MAX. Random,
 * since a name made of content would tell whoever guesses the content. */
char *desk_db_id(char letter, char *buf);

/* ---- rows, borrowed for the call ---- */

struct desk_row {
	const char *id, *case_id; /* case_id: "" taken back */
	const char *home;	  /* the case it was written into */
	const char *kind, *ref, *circle, *actor, *body;
	int64_t at_us, erase_by_us, erased_us; /* TIME_NONE: never */
};

struct desk_case_row {
	const char *id, *state, *merged_into; /* merged_into: "" none */
};

struct desk_audit_row {
	uint64_t seq;
	const char *id, *actor, *act, *body;
	int64_t at_us;
	const uint8_t *mac; /* 32 bytes */
};

typedef int (*desk_row_fn)(void *userdata, const struct desk_row *row);
typedef int (*desk_case_fn)(void *userdata, const struct desk_case_row *row);
typedef int (*desk_audit_fn)(void *userdata, const struct desk_audit_row *row);

/** desk_db_entries() - of @case_id (NULL: all), in order of writing. Not 0 of @fn is passed up. */
int desk_db_entries(struct desk_db *db, const char *case_id, desk_row_fn fn, void *userdata);

/** desk_db_find() - entries whose id begins with @id, or whose ref is @id. */
int desk_db_find(struct desk_db *db, const char *id, desk_row_fn fn, void *userdata);

/** desk_db_cases() - whose id begins with @id ("" all), by id. */
int desk_db_cases(struct desk_db *db, const char *id, desk_case_fn fn, void *userdata);

/** desk_db_audit() - the log, oldest first. */
int desk_db_audit(struct desk_db *db, desk_audit_fn fn, void *userdata);

/** desk_db_case_acts() - *@changed: has the log lines about cases behind *@seq, which becomes the
 * number of its last line? By the index of the log, so it may be asked each second. */
int desk_db_case_acts(struct desk_db *db, uint64_t *seq, bool *changed);

/* ---- changes ---- */

#define DESK_MOVES_MAX 4096 /* entries of one change */

/* An entry that is written (.body set), or one that moves to another case. */
struct desk_move {
	char id[DESK_ID_MAX];
	char from[DESK_ID_MAX]; /* "" none: new, or taken back before */
	char to[DESK_ID_MAX];	/* "" none: taken back */
	/* Only for new ones; borrowed. */
	const char *kind, *ref, *circle, *body;
	int64_t erase_by_us; /* TIME_NONE: kept */
};

struct desk_state_change {
	char case_id[DESK_ID_MAX];
	char from[8], to[8]; /* "open", "closed"; from "" is a new case */
	char merged_from[DESK_ID_MAX], merged_to[DESK_ID_MAX]; /* of merged_into */
};

struct desk_change {
	const char *act, *actor; /* one word; who */
	const char *undoes;	 /* id of an act, NULL none */
	int64_t at_us;
	struct desk_move *moves; /* owned by the caller */
	unsigned n_moves;
	struct desk_state_change state[3];
	unsigned n_states;
};

/**
 * desk_db_commit() - all of @change and its line of the log, or nothing.
 * @act_id: DESK_ID_MAX, the name of the act. May be NULL.
 * Return: 0, DESK_CONFLICT, STORE_LOCKED, STORE_FAILING, or another answer.
 */
int desk_db_commit(struct desk_db *db, const struct desk_change *change, char *act_id);

/**
 * desk_db_erase_due() - empty the bodies whose time has come at @now_us, with a line of the log.
 * @n: how many. Return: 0 or an answer.
 */
int desk_db_erase_due(struct desk_db *db, int64_t now_us, unsigned *n);

/* ---- proof ---- */

struct desk_verdict {
	uint64_t lines;
	bool holds;
	uint64_t broken; /* first line that is not as it was written; 0: none, or lines are missing
			    at the end */
	char broken_id[DESK_ID_MAX];
	char entry[DESK_ID_MAX];  /* first entry, case, act ("act 7"), plan, measure or freeze that
				     is not as the log says, "" none */
	const char *what;	  /* one word: line, end, head, entry, case, act, plan, measure,
				     freeze; NULL it holds */
	char head[DESK_HEAD_MAX]; /* "LINES:MAC" of the last line, to be kept elsewhere */
};

/**
 * desk_db_verify() - recount every MAC, then hold entries, cases, acts, plans, measures and freezes
 * against what the log says.
 * @head: a head that was noted before, "LINES:MAC", or NULL: is that line still the same?
 * Return: 0 with the verdict, or an answer (DESK_NO_KEY, -EINVAL for a head that is none).
 */
int desk_db_verify(struct desk_db *db, const char *head, struct desk_verdict *out);

/**
 * desk_db_chain_holds() - only the lines, without what they say of rows; and answered from memory
 * where the last count is not older than a minute and nobody but @db has written since. For whoever
 * asks before each act and proves rows one by one. Lines and head are those of the last count.
 */
int desk_db_chain_holds(struct desk_db *db, struct desk_verdict *out);
