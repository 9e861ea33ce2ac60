/* SPDX-License-Identifier: ISC */
/*
 * What the duty gave and desk.db does not have yet. A step is kept until it is committed, whole; so
 * a store that fails for an hour loses nothing of that hour while this process lives.
 */
#pragma once

#include <stdio.h>

#include "courier/memory.h"
#include "duty/duty.h"
#include "store/desk_duty.h"

struct ledger;

struct ledger *ledger_new(void);
struct ledger *ledger_free(struct ledger *l);

/** ledger_take() - all that the duty has to give. @json: print each page there, NULL not. Return: 0
 * or -ENOMEM. */
int ledger_take(struct ledger *l, struct duty *duty, int64_t now_us, FILE *json);

/** ledger_taken() - the last act of people that is in it. */
void ledger_taken(struct ledger *l, uint64_t number);

/** ledger_waits() - is there something to commit? */
bool ledger_waits(const struct ledger *l);

/**
 * ledger_commit() - all of it as one step. Pages that went out from memory meanwhile are written as
 * sent; while one is on its way it is not tried.
 * Return: 0, or an answer, with everything kept.
 */
int ledger_commit(struct ledger *l, struct desk_db *db, struct memory *memory);

/** ledger_offer() - what cannot be committed goes the way of memory. @urgent: is this alarm a fault
 * of the store? @mono_us: now. Return: 0 or -ENOMEM. */
int ledger_offer(struct ledger *l, struct memory *memory, bool drill,
		 bool (*urgent)(void *userdata, const char *alarm), void *userdata,
		 int64_t mono_us);

/** ledger_alarm_body() - an alarm as its row has it: alarm_json() with "reasons", severity_json()
 * of
 * @s (may be NULL). Owned; NULL without memory. */
char *ledger_alarm_body(const struct alarm *a, const struct severity *s);
