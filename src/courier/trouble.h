/* SPDX-License-Identifier: ISC */
/*
 * Faults that only the courier can see: desk.db or the spool cannot be written, and pages that do
 * not go out to somebody by some channel.
 */
#pragma once

#include "duty/duty.h"

#define TROUBLE_FAILURES 2 /* in a row, to one person by one channel */

struct trouble;

struct trouble *trouble_new(void);
struct trouble *trouble_free(struct trouble *t);

/** trouble_resume() - a fault that the store has as in force. Return: is it one of ours? */
bool trouble_resume(struct trouble *t, const struct fault *f);

/** trouble_store() - could it be written just now? @dir: of the store, whose disk is asked for its
 * room when not. Return: 0 or -ENOMEM. */
int trouble_store(struct trouble *t, struct duty *duty, bool good, const char *dir, int64_t now_us);

/** trouble_channel() - a page to @person by @channel went out, or did not. Return: as above. */
int trouble_channel(struct trouble *t, struct duty *duty, const char *person, const char *channel,
		    bool sent, int64_t now_us);

/** trouble_each() - those in force. Return: 0 or what @fn gave. */
int trouble_each(const struct trouble *t, int (*fn)(void *userdata, const struct fault *f),
		 void *userdata);

/** trouble_again() - tell a duty that is new what is in force. */
int trouble_again(struct trouble *t, struct duty *duty, int64_t now_us);

/** trouble_of_store() - is this the ref of an alarm about a store that cannot be written? */
bool trouble_of_store(const char *ref);
