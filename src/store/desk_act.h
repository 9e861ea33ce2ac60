/* SPDX-License-Identifier: ISC */
/*
 * desk.db: plans and measures. Rows only; what they mean is the act room's. Every change of a plan
 * or a measure, every refusal and every approval is one synced transaction with its line of the
 * audit log. A measure's row carries a MAC by the key that `watch` cannot read: a row without a
 * right one is answered with DESK_FORGED and never acted on. The log has the last word: an older
 * row that was put back has a right MAC, and is forged all the same.
 */
#pragma once

#include "store/desk.h"

#define DESK_PLAN_MAX (512u << 10) /* of a plan's body; a measure's is DESK_BODY_MAX */

struct desk_plan_row {
	const char *id, *incident, *hash;
	int64_t made_us;
	const char *body; /* JSON */
};

struct desk_measure_row {
	const char *id, *plan, *incident, *neighbor, *stage;
	int64_t until_us, changed_us;
	const char *body; /* JSON */
	bool over;	  /* nothing is left to be done; a stage of "gone" says so by itself */
};

typedef int (*desk_plan_fn)(void *userdata, const struct desk_plan_row *row);
typedef int (*desk_measure_fn)(void *userdata, const struct desk_measure_row *row, bool forged);

/** desk_act_plan() - keep a plan with its line of the log. One of the same hash is the same plan:
 * then nothing is written. Return: 0, DESK_CONFLICT (that id is another plan's), DESK_FORGED,
 * DESK_TOO_LARGE, or another answer. */
int desk_act_plan(struct desk_db *db, const struct desk_plan_row *row, const char *actor);

/** desk_act_plan_read() - the same for one that somebody reads now: it is the newest of its
 * incident from then on, with a line of the log; whoever reads that one again within DESK_READ_US
 * writes nothing. */
int desk_act_plan_read(struct desk_db *db, const struct desk_plan_row *row, const char *actor);
#define DESK_READ_US (60 * US_PER_S)

/**
 * desk_act_change() - write a measure with its line of the log: @act is one word ("start",
 * "approve", "applied", "withdraw", "expire", "gone", "renew", ...). @from: the stage that the row
 * must have now, NULL for a new one. @words: what was said with it, "" nothing. Return: 0,
 * DESK_CONFLICT, DESK_FORGED, DESK_TOO_LARGE, or another answer.
 */
int desk_act_change(struct desk_db *db, const struct desk_measure_row *row, const char *from,
		    const char *act, const char *actor, const char *words);

/** desk_act_refusal() - only a line of the log: who was refused what, and why. @body: JSON of what
 * was asked for, NULL none; one that is no JSON or too large is left out, the line is written. */
int desk_act_refusal(struct desk_db *db, const char *subject, const char *actor, const char *why,
		     const char *body, int64_t at_us);

/**
 * desk_act_plans() - whose id or incident begins with @id, newest first. A forged one is not told;
 * then the answer at the end is DESK_FORGED.
 * desk_act_measures() - those whose id, plan or incident begins with @id ("" all), oldest first;
 * @standing: only those of which something is left to be done.
 * desk_act_measures_since() - those of which something is left to be done, and all that changed
 * since @since_us; oldest first.
 * A reader that has no key (desk_act_can_prove()) is told all of them as they stand.
 */
int desk_act_plans(struct desk_db *db, const char *id, desk_plan_fn fn, void *ud);
int desk_act_measures(struct desk_db *db, const char *id, bool standing, desk_measure_fn fn,
		      void *ud);
int desk_act_measures_since(struct desk_db *db, int64_t since_us, desk_measure_fn fn, void *ud);

/** desk_act_plan_get(), desk_act_measure_get() - the same of the one whose whole id is @id. */
int desk_act_plan_get(struct desk_db *db, const char *id, desk_plan_fn fn, void *ud);
int desk_act_measure_get(struct desk_db *db, const char *id, desk_measure_fn fn, void *ud);

/** desk_act_can_prove() - is the key there, so that "not forged" means something? */
bool desk_act_can_prove(struct desk_db *db);

/* ---- freeze ---- */

enum desk_freeze { FREEZE_ALL, FREEZE_AUTOMATIC, FREEZES }; /* automatic: standing orders only */

struct desk_freeze_row {
	bool frozen;
	char actor[DESK_ACTOR_MAX], why[256];
	int64_t at_us; /* TIME_NONE: never frozen nor lifted */
};

/** desk_act_freeze() - nothing new, nothing removed but expiries, until it is lifted.
 * desk_act_freeze_of(): the same of one kind. */
int desk_act_freeze(struct desk_db *db, bool frozen, const char *actor, const char *why,
		    int64_t at_us);
int desk_act_freeze_of(struct desk_db *db, enum desk_freeze kind, bool frozen, const char *actor,
		       const char *why, int64_t at_us);

/** desk_act_is_frozen() - what was said last; a row that is not as the log says is frozen.
 * desk_act_frozen_by(): of one kind, with who and why. */
int desk_act_is_frozen(struct desk_db *db, bool *frozen);
int desk_act_frozen_by(struct desk_db *db, enum desk_freeze kind, struct desk_freeze_row *out);
