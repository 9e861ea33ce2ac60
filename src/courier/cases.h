/* SPDX-License-Identifier: ISC */
/*
 * Attacks that begin after a notice came find their case: what the courier hears of is held against
 * the notices that wait, and what is certain is joined as the verbs of `case` do it, with a line of
 * the log. Pages come first: at most one notice is looked at in a look, and never for more than a
 * tenth of the time.
 */
#pragma once

#include "conf/conf.h"
#include "desk/calendar.h"
#include "judge/incident.h"
#include "store/desk.h"
#include "store/store.h"

struct cases;

/** cases_new() - NULL without memory. */
struct cases *cases_new(void);
struct cases *cases_free(struct cases *x);

/** cases_again() - desk.db may be another one: all of it is read anew. */
void cases_again(struct cases *x);

/** cases_hear() - an incident was heard of. */
void cases_hear(struct cases *x, const struct incident *inc);

/** cases_look() - read what changed at the desk, look at one notice. All borrowed for the call.
 * What cannot be read or written is logged once, and tried again. Return: 0 or -ENOMEM. */
int cases_look(struct cases *x, struct desk_db *db, struct store *watch, const struct conf *conf,
	       const struct calendar *calendar, int64_t now_us);
