/* SPDX-License-Identifier: ISC */
/*
 * The way of a message: due in desk.db, written into the spool, carried, and back into desk.db as
 * sent or as due again. Each step is on disk before the next, so that whoever starts after a kill
 * goes on where the files and rows say; doc/courier.md walks through every place where it may be
 * killed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "conf/conf.h"
#include "courier/memory.h"
#include "store/desk_duty.h"

#define OUTBOX_CARRIERS_MAX 8 /* at once, half of them for each channel */

struct outbox;

/* What the courier wants to know of it. */
struct outbox_sink {
	/** A message went out, or an attempt failed. @person, @channel: "" for notices. */
	void (*told)(void *userdata, const char *id, const char *person, const char *channel,
		     bool sent, unsigned attempts, const char *why);
	/** May a message that cannot be written down go out from memory at once? @alarm: its own.
	 */
	bool (*urgent)(void *userdata, const char *alarm);
	/** Is a message about @alarm to @person still wanted, which failed before? NULL: yes, else
	 * why not, in a few words. */
	const char *(*unneeded)(void *userdata, const char *alarm, const char *person);
	void *userdata;
};

struct outbox_counts {
	uint64_t sent, failed, repeated, given_up;
	bool stuck; /* the spool or the rows cannot be written now */
};

/** outbox_new() - @db, @memory: borrowed. @spool: its directory. Return: 0 or a negative errno. */
int outbox_new(struct desk_db *db, const char *spool, struct memory *memory,
	       const struct outbox_sink *sink, struct outbox **out);
struct outbox *outbox_free(struct outbox *o);

/** outbox_look() - take in what has ended, hand over what is due. @now_us: the wall clock. Return:
 * 0, or a negative errno that is fatal (-ENOMEM). */
int outbox_look(struct outbox *o, const struct conf_duty *conf, int64_t now_us);

/** outbox_reaped() - was @pid a carrier of ours? */
bool outbox_reaped(struct outbox *o, pid_t pid);

/** outbox_message() - a row as a carrier wants it. Owned; NULL without memory. */
json_t *outbox_message(const struct desk_out_row *row, unsigned attempt, bool repeat, bool drill,
		       const char *first);

void outbox_counts(const struct outbox *o, struct outbox_counts *out);
