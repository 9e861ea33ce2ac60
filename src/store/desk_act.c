/* SPDX-License-Identifier: ISC */
/*
 * Writing plans, measures, refusals and freezes. Each is one synced transaction with its line of
 * the log; the line holds the row's MAC, and says what changed in words that can be read without
 * the row. What is there now is proven before it is changed: nothing is built on a forged row.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "judge/json_fields.h"
#include "store/desk_inside.h"

static int begin(struct desk_db *db, const char *body, size_t most)
{
	if (!db->has_key)
		return DESK_NO_KEY;
	return strlen(body) > most ? DESK_TOO_LARGE : desk_begin(db, true);
}

/* The line: @o under the word @list, with what every line has. Takes @o. */
static int log_row(struct desk_db *db, const struct desk_change *c, const char *list, json_t *o,
		   const char *words)
{
	char id[DESK_ID_MAX];
	json_t *line = o ? json_pack("{s[o]s[]s[]}", list, o, "entries", "cases") : NULL;
	_cleanup_free_ char *body = NULL;

	if (line && *words && json_object_set_new(line, "words", json_text(words))) {
		json_decref(line);
		line = NULL;
	}
	body = json_line(line);
	json_decref(line);
	return body ? desk_log_line(db, c, body, id) : -ENOMEM;
}

/* ---- plans ---- */

static int see_plan(void *ud, const struct desk_plan_row *row)
{
	const struct desk_plan_row *wanted = ud;

	return strcmp(row->hash, wanted->hash) || strcmp(row->incident, wanted->incident)
		       ? DESK_CONFLICT
		       : 1; /* it is there */
}

static int insert_plan(struct desk_db *db, const struct desk_plan_row *row, const char *mac)
{
	_cleanup_desk_stmt_ sqlite3_stmt *st =
		desk_prepare(db, "INSERT INTO plans (id, incident, hash, made_us, body, mac)"
				 " VALUES (?1, ?2, ?3, ?4, ?5, ?6)");

	if (st) {
		desk_bind(st, 1, row->id);
		desk_bind(st, 2, row->incident);
		desk_bind(st, 3, row->hash);
		sqlite3_bind_int64(st, 4, row->made_us);
		desk_bind(st, 5, row->body);
		desk_bind(st, 6, mac);
	}
	return desk_step_one(db, st);
}

/* What it says stays; that it was read now is what is new. */
static int renew_plan(struct desk_db *db, const struct desk_plan_row *row, const char *mac)
{
	_cleanup_desk_stmt_ sqlite3_stmt *st =
		desk_prepare(db, "UPDATE plans SET number = (SELECT max(number) + 1 FROM plans),"
				 " made_us = ?2, body = ?3, mac = ?4 WHERE id = ?1");

	if (st) {
		desk_bind(st, 1, row->id);
		sqlite3_bind_int64(st, 2, row->made_us);
		desk_bind(st, 3, row->body);
		desk_bind(st, 4, mac);
	}
	return desk_step_one(db, st);
}

/* Was it the last one of its incident that anybody read, and that just now? */
static int is_fresh(struct desk_db *db, const struct desk_plan_row *row, bool *fresh)
{
	_cleanup_desk_stmt_ sqlite3_stmt *st =
		desk_prepare(db, "SELECT id = ?1, made_us FROM plans WHERE incident = ?2"
				 " ORDER BY number DESC LIMIT 1");
	int code;

	if (!st)
		return desk_failed(db);
	desk_bind(st, 1, row->id);
	desk_bind(st, 2, row->incident);
	code = sqlite3_step(st);
	*fresh = code == SQLITE_ROW && sqlite3_column_int(st, 0) &&
		 sqlite3_column_int64(st, 1) <= row->made_us &&
		 sqlite3_column_int64(st, 1) > row->made_us - DESK_READ_US;
	return code == SQLITE_ROW || code == SQLITE_DONE ? 0 : desk_code(code);
}

static int write_plan(struct desk_db *db, const struct desk_plan_row *row, const char *actor,
		      bool fresh)
{
	struct desk_change c = {.act = "plan", .actor = actor, .at_us = row->made_us};
	char mac[DESK_DIGEST_MAX];
	int r;

	desk_digest_plan(db, row, mac);
	r = fresh ? insert_plan(db, row, mac) : renew_plan(db, row, mac);
	return r ? r
		 : log_row(db, &c, "plans",
			   json_pack("{ssssssss}", "id", row->id, "incident", row->incident, "hash",
				     row->hash, "digest", mac),
			   "");
}

static int keep_plan(struct desk_db *db, const struct desk_plan_row *row, const char *actor,
		     bool read)
{
	bool fresh = !read;
	int r = begin(db, row->body, DESK_PLAN_MAX);

	if (r)
		return r;
	r = desk_act_plan_get(db, row->id, see_plan, (void *)row);
	if (r == 0) {
		r = write_plan(db, row, actor, true);
	} else if (r == 1) {
		r = read ? is_fresh(db, row, &fresh) : 0;
		r = r ? r : fresh ? 1 : write_plan(db, row, actor, false);
	}
	r = desk_end(db, r);
	return r == 1 ? 0 : r;
}

int desk_act_plan(struct desk_db *db, const struct desk_plan_row *row, const char *actor)
{
	return keep_plan(db, row, actor, false);
}

int desk_act_plan_read(struct desk_db *db, const struct desk_plan_row *row, const char *actor)
{
	return keep_plan(db, row, actor, true);
}

/* ---- measures ---- */

struct now {
	const char *stage;
	bool met;
};

static int see_now(void *ud, const struct desk_measure_row *row, bool forged)
{
	struct now *n = ud;

	n->met = true;
	return forged ? DESK_FORGED : strcmp(row->stage, n->stage) != 0 ? DESK_CONFLICT : 0;
}

/* The row as it stands must be ours, and of the stage that the caller believes. */
static int check_now(struct desk_db *db, const char *id, const char *stage)
{
	struct now n = {.stage = stage};
	int r = desk_act_measure_get(db, id, see_now, &n);

	return r || n.met ? r : DESK_CONFLICT;
}

static int put_measure(struct desk_db *db, const struct desk_measure_row *row, bool fresh,
		       const char *mac)
{
	_cleanup_desk_stmt_ sqlite3_stmt *st = desk_prepare(
		db, fresh ? "INSERT INTO measures (id, plan, incident, neighbor, stage, until_us,"
			    " changed_us, body, over, mac)"
			    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
			  : "UPDATE measures SET plan = ?2, incident = ?3, neighbor = ?4,"
			    " stage = ?5, until_us = ?6, changed_us = ?7, body = ?8, over = ?9,"
			    " mac = ?10 WHERE id = ?1");

	if (st) {
		desk_bind(st, 1, row->id);
		desk_bind(st, 2, row->plan);
		desk_bind(st, 3, row->incident);
		desk_bind(st, 4, row->neighbor);
		desk_bind(st, 5, row->stage);
		sqlite3_bind_int64(st, 6, row->until_us);
		sqlite3_bind_int64(st, 7, row->changed_us);
		desk_bind(st, 8, row->body);
		sqlite3_bind_int(st, 9, row->over);
		desk_bind(st, 10, mac);
	}
	return desk_step_one(db, st);
}

static json_t *measure_line(const struct desk_measure_row *row, const char *from, const char *mac)
{
	return json_pack("{sssssssssssssIss}", "id", row->id, "plan", row->plan, "incident",
			 row->incident, "neighbor", row->neighbor, "from", from ? from : "", "to",
			 row->stage, "until_us", (json_int_t)row->until_us, "digest", mac);
}

int desk_act_change(struct desk_db *db, const struct desk_measure_row *given, const char *from,
		    const char *act, const char *actor, const char *words)
{
	struct desk_change c = {.act = act, .actor = actor, .at_us = given->changed_us};
	struct desk_measure_row row = *given;
	char mac[DESK_DIGEST_MAX];
	int r = strlen(words) > DESK_BODY_MAX ? DESK_TOO_LARGE : begin(db, row.body, DESK_BODY_MAX);

	if (r)
		return r;
	row.over |= strcmp(row.stage, "gone") == 0;
	if (from)
		r = check_now(db, row.id, from);
	desk_digest_measure(db, &row, mac);
	r = r ? r : put_measure(db, &row, !from, mac);
	r = r ? r : log_row(db, &c, "measures", measure_line(&row, from, mac), words);
	return desk_end(db, r);
}

/* ---- refusals ---- */

/* What was asked for, as JSON; null for what cannot be kept. Return: 0 or -ENOMEM. */
static int asked_json(const char *body, json_t **out)
{
	int r;

	*out = NULL;
	r = body && strlen(body) <= DESK_BODY_MAX ? json_parse(body, out) : 0;
	if (r == 0 && !*out)
		*out = json_null();
	return r;
}

int desk_act_refusal(struct desk_db *db, const char *subject, const char *actor, const char *why,
		     const char *body, int64_t at_us)
{
	struct desk_change c = {.act = "refuse", .actor = actor, .at_us = at_us};
	json_t *asked, *o;
	int r = strlen(subject) > DESK_BODY_MAX ? DESK_TOO_LARGE : begin(db, why, DESK_BODY_MAX);

	if (r)
		return r;
	r = asked_json(body, &asked);
	if (r == 0) {
		o = json_pack("{sososo}", "subject", json_text(subject), "why", json_text(why),
			      "asked", asked);
		r = log_row(db, &c, "refusals", o, "");
	}
	return desk_end(db, r);
}

/* ---- freeze ---- */

static int put_freeze(struct desk_db *db, const char *kind, const struct desk_freeze_row *row,
		      const char *mac)
{
	_cleanup_desk_stmt_ sqlite3_stmt *st =
		desk_prepare(db, "INSERT INTO freezes (kind, frozen, actor, why, at_us, mac)"
				 " VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (kind) DO UPDATE SET"
				 " frozen = ?2, actor = ?3, why = ?4, at_us = ?5, mac = ?6");

	if (st) {
		desk_bind(st, 1, kind);
		sqlite3_bind_int(st, 2, row->frozen);
		desk_bind(st, 3, row->actor);
		desk_bind(st, 4, row->why);
		sqlite3_bind_int64(st, 5, row->at_us);
		desk_bind(st, 6, mac);
	}
	return desk_step_one(db, st);
}

int desk_act_freeze_of(struct desk_db *db, enum desk_freeze kind, bool frozen, const char *actor,
		       const char *why, int64_t at_us)
{
	struct desk_change c = {
		.act = frozen ? "freeze" : "unfreeze", .actor = actor, .at_us = at_us};
	struct desk_freeze_row row = {.frozen = frozen, .at_us = at_us};
	const char *name = desk_freeze_name(kind);
	char mac[DESK_DIGEST_MAX];
	int r;

	if ((size_t)snprintf(row.actor, sizeof(row.actor), "%s", actor) >= sizeof(row.actor) ||
	    (size_t)snprintf(row.why, sizeof(row.why), "%s", why) >= sizeof(row.why))
		return DESK_TOO_LARGE;
	r = begin(db, "", 0);
	if (r)
		return r;
	desk_digest_freeze(db, name, &row, mac);
	r = put_freeze(db, name, &row, mac);
	r = r ? r
	      : log_row(db, &c, "freezes",
			json_pack("{sssbss}", "id", name, "frozen", frozen, "digest", mac), why);
	return desk_end(db, r);
}

int desk_act_freeze(struct desk_db *db, bool frozen, const char *actor, const char *why,
		    int64_t at_us)
{
	return desk_act_freeze_of(db, FREEZE_ALL, frozen, actor, why, at_us);
}
