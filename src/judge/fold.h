/* SPDX-License-Identifier: ISC */
/*
 * Bursts of one attack. An incident whose bursts were short is not over when it falls quiet: it is
 * held for a while, and what comes again at the same target continues it. Inside the room only.
 */
#pragma once

#include "conf/conf.h"
#include "judge/incident.h"

#define FOLD_BURST_US (60 * US_PER_S) /* longest mean burst of an incident that is held */

/*
 * Longer than the hold, so that a burst is found whose records arrive late: the usual active
 * timeout of an exporter.
 */
#define FOLD_LATE_US (60 * US_PER_S)

struct folds;

struct folds *folds_new(void);
struct folds *folds_free(struct folds *f);
unsigned folds_count(const struct folds *f);

/**
 * fold_pause_us() - the longest pause that keeps two bursts one incident, from conf duty.fold; 0
 * when it is not longer than the quiet after which an attack is over anyway.
 */
int64_t fold_pause_us(const struct conf *conf);

/**
 * fold_is_short() - did its bursts take FOLD_BURST_US on average at most? The seconds of its
 * course that have at least a fiftieth of its peak are its activity.
 */
bool fold_is_short(const struct incident *inc);

/** fold_same_target() - kind, level and target are the same. */
bool fold_same_target(const struct incident *a, const struct incident *b);

/**
 * fold_continues() - does @inc, which begins by @until_us at the latest, continue @before: same
 * kind, level and target, and one of the vectors that name them in common?
 */
bool fold_continues(const struct incident *inc, const struct incident *before, int64_t until_us);

/**
 * folds_hold() - keep @inc_take, whose header records are left behind, for what begins by record
 * time @until_us.
 * Return: 0, or -ENOMEM; it is owned by @f in either case.
 */
int folds_hold(struct folds *f, struct incident *inc_take, int64_t until_us);

/** folds_take() - the latest that @inc continues, owned by the caller; NULL when none. */
struct incident *folds_take(struct folds *f, const struct incident *inc);

/**
 * folds_over() - the next whose time is over at @record_us, the one held the shortest first, ties
 * by name; owned by the caller. NULL when none is. INT64_MAX: every one.
 */
struct incident *folds_over(struct folds *f, int64_t record_us);

/** folds_at() - the @i-th in that order, borrowed; NULL behind the last. */
struct incident *folds_at(const struct folds *f, unsigned i);
