/* SPDX-License-Identifier: ISC */
/*
 * A look at the watch, for sight_status(): its last status out of the store; where that is old,
 * what it answers at its door bell, for the disk may be full that the status lies on; and how much
 * room that disk has.
 */
#pragma once

#include "duty/sight.h"
#include "store/store.h"

#define LOOK_BELL	 "watch.sock" /* cli/control.h */
#define LOOK_REQUEST	 "sight"
#define LOOK_PATIENCE_MS 1000

/* What was seen; look.status is owned by it. */
struct look {
	struct sight_look look;
	json_t *status;
};

/**
 * look_take() - @store: opened to read; NULL where it cannot be. @dir: where it lies.
 * @old_s: a status of more seconds is not relied on, and the door bell rung.
 * Return: 0, or -ENOMEM. To be freed by look_deinit() in either case.
 */
int look_take(struct store *store, const char *dir, uint64_t old_s, struct look *out);
void look_deinit(struct look *l);
