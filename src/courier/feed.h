/* SPDX-License-Identifier: ISC */
/*
 * What the duty is told: incidents that changed in watch.db, and what people said in desk.db. Each
 * look asks for ids and revisions only and fetches what has another revision than before.
 */
#pragma once

#include "duty/duty.h"
#include "store/desk_duty.h"
#include "store/store.h"

struct feed;

/** feed_new() - NULL without memory. */
struct feed *feed_new(void);
struct feed *feed_free(struct feed *f);

/** feed_known() - an incident that an alarm of the store is about: it is told as it stands, also
 * where it has closed meanwhile. Return: 0 or -ENOMEM. */
int feed_known(struct feed *f, const char *incident);

/** feed_desk() - marks and suppressions as they stand, and where the acts go on. @taken: number of
 * the last act that is in the alarms of the store. Return: 0 or an answer. */
int feed_desk(struct feed *f, struct desk_db *desk, struct duty *duty, uint64_t taken,
	      int64_t now_us);

/** feed_acts() - acts behind the last. *taken: the last one told. Return: 0 or an answer. */
int feed_acts(struct feed *f, struct desk_db *desk, struct duty *duty, int64_t now_us,
	      uint64_t *taken);

/** feed_incidents() - those that changed since the last look. Return: 0, a positive answer of the
 * store, or -ENOMEM. */
int feed_incidents(struct feed *f, struct store *watch, struct duty *duty, int64_t now_us);

/** feed_hear() - @fn is called with each incident that is new, and again when its vectors or state
 * changed or, while it goes on, every few minutes: not with each revision. */
typedef void (*feed_heard_fn)(void *userdata, const struct incident *inc);
void feed_hear(struct feed *f, feed_heard_fn fn, void *userdata);

/** feed_again() - the store is another one: everything in it is new. */
void feed_again(struct feed *f);
