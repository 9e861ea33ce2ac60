/* SPDX-License-Identifier: ISC */
/*
 * What the watch knows of its own sight: is it in time, do its clocks agree, does anybody tell it
 * something. It stands in the status, and is answered at the door bell where the status cannot be
 * written. doc/sight.md has what is made of it.
 */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "observe/exporter.h"

struct text;
struct watch;

#define SIGHT_REQUEST "sight"
#define WORST_SLOTS   2 /* of ten seconds each */

/* The worst of the last ten seconds, at least. */
struct worst {
	int64_t value[WORST_SLOTS], slot;
};

struct watch_sense {
	struct worst tick_late_us, lag_us;
	int64_t tick_us;   /* monotonic, of the last tick; 0 none */
	double wait_share; /* of the last ten seconds or so, spent ready to run but not running */
	int64_t waited_us, asked_us; /* of the main thread, and when that was read */
};

/** watch_sense_tick() - at each tick of the loop, whatever time it is. */
void watch_sense_tick(struct watch *w);

/**
 * watch_follow_wall() - once a second: let the receive clock follow a wall clock that was stepped,
 * when nothing is open and the exporters do not contradict it. Return: 0 or a negative error.
 */
int watch_follow_wall(struct watch *w);

/** watch_sight_into() - put "clock" and "late" into the object @o. */
void watch_sight_into(const struct watch *w, json_t *o);

/** watch_sight_exporter() - what is told of the exporter @index, added to @o. */
void watch_sight_exporter(const struct watch *w, unsigned index, json_t *o);

/** watch_sight_reply() - all of it at the door bell, at most CONTROL_REPLY_MAX long; the exporters
 * in the worst state come first, and those that found no room are counted. */
int watch_sight_reply(struct watch *w, struct text *reply);
