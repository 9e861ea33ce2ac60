/* SPDX-License-Identifier: ISC */
/*
 * Reading plans, measures and freezes, and telling which of them are ours. A row is ours when its
 * MAC is right and the log's last word on it is that same MAC. The log is read in the snapshot of
 * the rows: the statement that reads the rows is already open.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "store/desk_inside.h"

#define SELECT_PLANS "SELECT id, incident, hash, made_us, body, mac FROM plans "
#define SELECT_MEASURES                                                                            \
	"SELECT id, plan, incident, neighbor, stage, until_us, changed_us, body, over, mac"        \
	" FROM measures "
#define PLAN_MAC    5
#define MEASURE_MAC 9

void desk_digest_plan(const struct desk_db *db, const struct desk_plan_row *row, char *hex)
{
	const char *text[] = {row->id, row->incident, row->hash, row->body};

	desk_digest_row(db, "noroshi desk plan 1", text, ARRAY_LEN(text), &row->made_us, 1, hex);
}

void desk_digest_measure(const struct desk_db *db, const struct desk_measure_row *row, char *hex)
{
	const char *text[] = {row->id,	     row->plan,	 row->incident,
			      row->neighbor, row->stage, row->body};
	int64_t number[] = {row->until_us, row->changed_us, row->over};

	desk_digest_row(db, "noroshi desk measure 1", text, ARRAY_LEN(text), number,
			ARRAY_LEN(number), hex);
}

void desk_digest_freeze(const struct desk_db *db, const char *kind,
			const struct desk_freeze_row *row, char *hex)
{
	const char *text[] = {kind, row->actor, row->why};
	int64_t number[] = {row->frozen, row->at_us};

	desk_digest_row(db, "noroshi desk freeze 1", text, ARRAY_LEN(text), number,
			ARRAY_LEN(number), hex);
}

bool desk_act_can_prove(struct desk_db *db)
{
	return db->has_key || desk_key_load(db) == 0;
}

static struct desk_plan_row plan_at(sqlite3_stmt *st)
{
	return (struct desk_plan_row){.id = desk_text_at(st, 0),
				      .incident = desk_text_at(st, 1),
				      .hash = desk_text_at(st, 2),
				      .made_us = sqlite3_column_int64(st, 3),
				      .body = desk_text_at(st, 4)};
}

static struct desk_measure_row measure_at(sqlite3_stmt *st)
{
	return (struct desk_measure_row){.id = desk_text_at(st, 0),
					 .plan = desk_text_at(st, 1),
					 .incident = desk_text_at(st, 2),
					 .neighbor = desk_text_at(st, 3),
					 .stage = desk_text_at(st, 4),
					 .until_us = sqlite3_column_int64(st, 5),
					 .changed_us = sqlite3_column_int64(st, 6),
					 .body = desk_text_at(st, 7),
					 .over = sqlite3_column_int(st, 8) != 0};
}

/* Is it ours? A row that was written since the log was read last is asked for once more. */
static int prove(struct desk_db *db, enum act_row kind, const char *id, const char *digest,
		 const char *mac, bool *forged)
{
	int r = 0;

	*forged = strcmp(digest, mac) != 0;
	if (*forged)
		return 0;
	if (!act_log_says(db->act_log, kind, id, digest, false))
		r = act_log_catch_up(db);
	*forged = !act_log_says(db->act_log, kind, id, digest, false);
	return r;
}

/* The log as it was when the first row of @st was read, then each row with what it is worth. */
static int weigh(struct desk_db *db, enum act_row kind, bool first, const char *id,
		 const char *digest, const char *mac, bool *forged)
{
	int r = first ? act_log_catch_up(db) : 0;

	return r ? r : prove(db, kind, id, digest, mac, forged);
}

static int walk_plans(struct desk_db *db, sqlite3_stmt *st, desk_plan_fn fn, void *ud)
{
	bool proves = desk_act_can_prove(db), forged = false, any = false;
	char digest[DESK_DIGEST_MAX];
	int code, r;

	for (bool first = true; (code = sqlite3_step(st)) == SQLITE_ROW; first = false) {
		struct desk_plan_row row = plan_at(st);
		const char *mac = desk_text_at(st, PLAN_MAC);

		r = desk_row_lost(db) ? -ENOMEM : 0;
		if (r == 0 && proves) {
			desk_digest_plan(db, &row, digest);
			r = weigh(db, ACT_PLAN, first, row.id, digest, mac, &forged);
		}
		any |= forged;
		if (r == 0 && !forged)
			r = fn(ud, &row);
		if (r)
			return r;
	}
	return code != SQLITE_DONE ? desk_code(code) : any ? DESK_FORGED : 0;
}

static int walk_measures(struct desk_db *db, sqlite3_stmt *st, desk_measure_fn fn, void *ud)
{
	bool proves = desk_act_can_prove(db), forged = false;
	char digest[DESK_DIGEST_MAX];
	int code, r;

	for (bool first = true; (code = sqlite3_step(st)) == SQLITE_ROW; first = false) {
		struct desk_measure_row row = measure_at(st);
		const char *mac = desk_text_at(st, MEASURE_MAC);

		r = desk_row_lost(db) ? -ENOMEM : 0;
		if (r == 0 && proves) {
			desk_digest_measure(db, &row, digest);
			r = weigh(db, ACT_MEASURE, first, row.id, digest, mac, &forged);
		}
		r = r ? r : fn(ud, &row, forged);
		if (r)
			return r;
	}
	return code == SQLITE_DONE ? 0 : desk_code(code);
}

/* A statement of which the first value is @id, and the second its length. */
static sqlite3_stmt *select_id(struct desk_db *db, const char *sql, const char *id)
{
	sqlite3_stmt *st = desk_prepare(db, sql);

	if (!st)
		return NULL;
	desk_bind(st, 1, id);
	if (sqlite3_bind_parameter_count(st) > 1)
		sqlite3_bind_int(st, 2, (int)strnlen(id, DESK_REF_MAX));
	return st;
}

int desk_act_plans(struct desk_db *db, const char *id, desk_plan_fn fn, void *ud)
{
	_cleanup_desk_stmt_ sqlite3_stmt *st =
		select_id(db,
			  SELECT_PLANS "WHERE substr(id, 1, ?2) = ?1 OR"
				       " substr(incident, 1, ?2) = ?1 ORDER BY number DESC",
			  id);

	return st ? walk_plans(db, st, fn, ud) : desk_failed(db);
}

int desk_act_plan_get(struct desk_db *db, const char *id, desk_plan_fn fn, void *ud)
{
	_cleanup_desk_stmt_ sqlite3_stmt *st = select_id(db, SELECT_PLANS "WHERE id = ?1", id);

	return st ? walk_plans(db, st, fn, ud) : desk_failed(db);
}

int desk_act_measures(struct desk_db *db, const char *id, bool standing, desk_measure_fn fn,
		      void *ud)
{
	_cleanup_desk_stmt_ sqlite3_stmt *st =
		select_id(db,
			  standing ? SELECT_MEASURES
				  "WHERE over = 0 AND (substr(id, 1, ?2) = ?1 OR"
				  " substr(plan, 1, ?2) = ?1 OR substr(incident, 1, ?2) = ?1)"
				  " ORDER BY number"
				   : SELECT_MEASURES
				  "WHERE substr(id, 1, ?2) = ?1 OR substr(plan, 1, ?2) = ?1 OR"
				  " substr(incident, 1, ?2) = ?1 ORDER BY number",
			  id);

	return st ? walk_measures(db, st, fn, ud) : desk_failed(db);
}

int desk_act_measures_since(struct desk_db *db, int64_t since_us, desk_measure_fn fn, void *ud)
{
	_cleanup_desk_stmt_ sqlite3_stmt *st = desk_prepare(
		db, SELECT_MEASURES "WHERE over = 0 OR changed_us >= ?1 ORDER BY number");

	if (!st)
		return desk_failed(db);
	sqlite3_bind_int64(st, 1, since_us);
	return walk_measures(db, st, fn, ud);
}

int desk_act_measure_get(struct desk_db *db, const char *id, desk_measure_fn fn, void *ud)
{
	_cleanup_desk_stmt_ sqlite3_stmt *st = select_id(db, SELECT_MEASURES "WHERE id = ?1", id);

	return st ? walk_measures(db, st, fn, ud) : desk_failed(db);
}

/* The row of a freeze and its MAC. Return: 0 with *@there, or an answer. */
static int freeze_at(struct desk_db *db, sqlite3_stmt *st, struct desk_freeze_row *out, char *mac,
		     bool *there)
{
	int code = sqlite3_step(st);

	*there = code == SQLITE_ROW;
	if (!*there)
		return code == SQLITE_DONE ? 0 : desk_code(code);
	out->frozen = sqlite3_column_int64(st, 0) != 0;
	snprintf(out->actor, sizeof(out->actor), "%s", desk_text_at(st, 1));
	snprintf(out->why, sizeof(out->why), "%s", desk_text_at(st, 2));
	out->at_us = sqlite3_column_int64(st, 3);
	snprintf(mac, DESK_DIGEST_MAX, "%s", desk_text_at(st, 4));
	return desk_row_lost(db) ? -ENOMEM : 0;
}

static sqlite3_stmt *select_freeze(struct desk_db *db, const char *kind)
{
	sqlite3_stmt *st = desk_prepare(
		db, "SELECT frozen, actor, why, at_us, mac FROM freezes WHERE kind = ?1");

	if (st)
		desk_bind(st, 1, kind);
	return st;
}

int desk_act_frozen_by(struct desk_db *db, enum desk_freeze kind, struct desk_freeze_row *out)
{
	const char *name = desk_freeze_name(kind);
	_cleanup_desk_stmt_ sqlite3_stmt *st = select_freeze(db, name);
	char mac[DESK_DIGEST_MAX], digest[DESK_DIGEST_MAX];
	bool there, forged = false;
	int r;

	*out = (struct desk_freeze_row){.at_us = TIME_NONE};
	r = st ? freeze_at(db, st, out, mac, &there) : desk_failed(db);
	if (r || !desk_act_can_prove(db))
		return r;
	r = act_log_catch_up(db);
	if (r == 0 && there) {
		desk_digest_freeze(db, name, out, digest);
		r = prove(db, ACT_FREEZE, name, digest, mac, &forged);
	} else if (r == 0) {
		forged = act_log_knows(db->act_log, ACT_FREEZE, name);
	}
	out->frozen |= forged;
	return r;
}

int desk_act_is_frozen(struct desk_db *db, bool *frozen)
{
	struct desk_freeze_row row;
	int r = desk_act_frozen_by(db, FREEZE_ALL, &row);

	*frozen = row.frozen;
	return r;
}

/* ---- all rows against a log that was played from its first line ---- */

struct hold {
	struct desk_db *db;
	struct act_log *l;
	const char **what;
	char *id;
};

static void note(struct hold *h, const char *what, const char *id)
{
	if (*h->what)
		return;
	*h->what = what;
	snprintf(h->id, DESK_ID_MAX, "%s", id);
}

/* @mac: of the row's column; it is not acted on with another. */
static void hold_one(struct hold *h, enum act_row kind, const char *id, const char *digest,
		     const char *mac)
{
	if (!act_log_says(h->l, kind, id, digest, true) || strcmp(digest, mac) != 0)
		note(h, act_row_name(kind), id);
}

static int hold_plans(struct hold *h)
{
	_cleanup_desk_stmt_ sqlite3_stmt *st = desk_prepare(h->db, SELECT_PLANS "ORDER BY number");
	char digest[DESK_DIGEST_MAX];
	int code;

	if (!st)
		return desk_failed(h->db);
	while ((code = sqlite3_step(st)) == SQLITE_ROW) {
		struct desk_plan_row row = plan_at(st);
		const char *mac = desk_text_at(st, PLAN_MAC);

		if (desk_row_lost(h->db))
			return -ENOMEM;
		desk_digest_plan(h->db, &row, digest);
		hold_one(h, ACT_PLAN, row.id, digest, mac);
	}
	return code == SQLITE_DONE ? 0 : desk_code(code);
}

static int hold_measures(struct hold *h)
{
	_cleanup_desk_stmt_ sqlite3_stmt *st =
		desk_prepare(h->db, SELECT_MEASURES "ORDER BY number");
	char digest[DESK_DIGEST_MAX];
	int code;

	if (!st)
		return desk_failed(h->db);
	while ((code = sqlite3_step(st)) == SQLITE_ROW) {
		struct desk_measure_row row = measure_at(st);
		const char *mac = desk_text_at(st, MEASURE_MAC);

		if (desk_row_lost(h->db))
			return -ENOMEM;
		desk_digest_measure(h->db, &row, digest);
		hold_one(h, ACT_MEASURE, row.id, digest, mac);
	}
	return code == SQLITE_DONE ? 0 : desk_code(code);
}

static int hold_freezes(struct hold *h)
{
	for (unsigned kind = 0; kind < FREEZES; kind++) {
		const char *name = desk_freeze_name((enum desk_freeze)kind);
		_cleanup_desk_stmt_ sqlite3_stmt *st = select_freeze(h->db, name);
		char mac[DESK_DIGEST_MAX], digest[DESK_DIGEST_MAX];
		struct desk_freeze_row row;
		bool there = false;
		int r = st ? freeze_at(h->db, st, &row, mac, &there) : desk_failed(h->db);

		if (r)
			return r;
		if (!there)
			continue;
		desk_digest_freeze(h->db, name, &row, digest);
		hold_one(h, ACT_FREEZE, name, digest, mac);
	}
	return 0;
}

int desk_act_hold(struct desk_db *db, struct act_log *l, const char **what, char *id)
{
	struct hold h = {db, l, what, id};
	const char *missing, *missing_id;
	int r;

	*what = NULL;
	*id = '\0';
	r = hold_plans(&h);
	r = r ? r : hold_measures(&h);
	r = r ? r : hold_freezes(&h);
	missing = r ? NULL : act_log_missing(l, &missing_id);
	if (missing)
		note(&h, missing, missing_id);
	return r;
}
