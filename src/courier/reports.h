/* SPDX-License-Identifier: ISC */
/*
 * The report of a heightened watch, handed out when it is over and its minutes are settled: to the
 * program that the configuration names for what is not a page, else by mail to the watch's people
 * or to whoever is on call first, each in their language. Once: its rows in the outbox have an id
 * made of the watch's name and end, so whoever starts after a kill finds them there.
 */
#pragma once

#include "conf/conf.h"
#include "desk/calendar.h"
#include "store/desk.h"
#include "store/store.h"

#define REPORTS_LATE_US (2 * 86400 * US_PER_S) /* what ended longer ago is not told unasked */

struct reports;

/** reports_new() - NULL without memory. */
struct reports *reports_new(void);
struct reports *reports_free(struct reports *x);

struct reports_sources {
	const struct conf *conf;
	const struct calendar *calendar;
	struct desk_db *desk; /* NULL: later */
	struct store *watch;  /* NULL: it cannot be read, and the report says so */
	bool drill;	      /* nothing is handed out */
	int64_t now_us;
};

/** reports_look() - now and then; what is over goes into the outbox. What cannot be written is
 * logged and tried again. Return: 0 or -ENOMEM. */
int reports_look(struct reports *x, const struct reports_sources *from);

/** reports_id() - of the watch @name that ended at @until_us. @buf: 16 bytes. Return: @buf. */
char *reports_id(const char *name, int64_t until_us, char *buf);
