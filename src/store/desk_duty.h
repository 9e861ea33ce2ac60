/* SPDX-License-Identifier: ISC */
/*
 * desk.db: alarms, the outbox of pages, marks, suppressions. Rows only; the bodies are JSON of the
 * room that writes them. What people do (acknowledge, snooze, mark, suppress, lift) adds a line to
 * the audit log in the same transaction; what the clock does (paging, escalating) does not.
 */
#pragma once

#include "store/desk.h"

struct desk_alarm_row {
	const char *id, *kind, *ref, *state;
	int64_t opened_us, changed_us;
	const char *body;
};

enum desk_out_state { OUT_DUE, OUT_HANDED, OUT_SENT, OUT_FAILED, OUT_STATES };

/** desk_out_state_name() - stable word, "due". */
const char *desk_out_state_name(enum desk_out_state s);

/* A message on its way: a page now, other kinds later. */
struct desk_out_row {
	const char *id, *kind, *alarm; /* kind: "page", "notice", "report" */
	enum desk_out_state state;
	unsigned attempts;
	int64_t due_us, changed_us;
	const char *why; /* of the last failure, "" none */
	const char *body;
};

typedef int (*desk_alarm_fn)(void *userdata, const struct desk_alarm_row *row);
typedef int (*desk_out_fn)(void *userdata, const struct desk_out_row *row);

/** desk_duty_commit() - a step of the duty as one synced transaction: alarms replaced by id, rows
 * of the outbox added where there is none of that id (it is not sent twice). Return: 0 or an
 * answer. */
int desk_duty_commit(struct desk_db *db, const struct desk_alarm_row *alarms, unsigned n_alarms,
		     const struct desk_out_row *out, unsigned n_out);

/** desk_duty_step() - the same, and @taken: the last act of people that is in it; 0 leaves the
 * number as it was. desk_duty_taken(): that number, 0 none. */
int desk_duty_step(struct desk_db *db, const struct desk_alarm_row *alarms, unsigned n_alarms,
		   const struct desk_out_row *out, unsigned n_out, uint64_t taken);
int desk_duty_taken(struct desk_db *db, uint64_t *taken);

/** desk_duty_alarms() - @open: those that have not ended, else all changed since @since_us. By
 * opened_us. */
int desk_duty_alarms(struct desk_db *db, bool open, int64_t since_us, desk_alarm_fn fn, void *ud);

/** desk_duty_outbox() - rows of the states in the bit mask @states, oldest first. */
int desk_duty_outbox(struct desk_db *db, unsigned states, desk_out_fn fn, void *ud);

/** desk_duty_out_of() - rows of one alarm, oldest first. */
int desk_duty_out_of(struct desk_db *db, const char *alarm, desk_out_fn fn, void *ud);

/** desk_duty_sending() - a row goes from one state to another, synced; each way to OUT_HANDED is
 * one attempt more. Return: 0, DESK_CONFLICT. */
int desk_duty_sending(struct desk_db *db, const char *id, enum desk_out_state from,
		      enum desk_out_state to, const char *why, int64_t now_us);

/* ---- acts of people: a row that the courier takes, and a line of the log ---- */

struct desk_act_row {
	uint64_t number; /* order of writing */
	const char *act; /* acknowledge, snooze, mark, suppress, lift, send */
	const char *subject; /* alarm, incident, suppression or notice */
	const char *actor;
	int64_t at_us;
	const char *body; /* JSON */
};

typedef int (*desk_act_row_fn)(void *userdata, const struct desk_act_row *row);

/** desk_duty_act() - write one, with its line of the log. @number: its number. */
int desk_duty_act(struct desk_db *db, const struct desk_act_row *row, uint64_t *number);

/** desk_duty_acts() - those behind number @after, in order; @act: one word, or NULL all. */
int desk_duty_acts(struct desk_db *db, const char *act, uint64_t after, desk_act_row_fn fn,
		   void *ud);
