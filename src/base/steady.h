/* SPDX-License-Identifier: ISC */
/*
 * The receive clock of a live program: the wall clock of its beginning, carried on by the monotonic
 * clock. Both run at the same speed (NTP slews them alike), so they only part when somebody steps
 * the wall clock. A step of up to STEADY_FOLLOW_US is followed at once; a larger one is counted and
 * leaves this clock alone, until steady_follow() says that it harms nobody.
 *
 * A program that never called steady_begin() reads the wall clock here, unchanged.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

#define STEADY_FOLLOW_US (2 * US_PER_S)

/* A look at both clocks, for the stamps of many datagrams. */
struct steady_look {
	bool begun;
	int64_t real_us;   /* the wall clock now */
	int64_t now_us;	   /* the receive clock now */
	int64_t ahead_us;  /* wall less receive clock */
	int64_t before_us; /* the same before the last step */
};

struct steady_stats {
	int64_t ahead_us; /* wall less receive clock; 0: nobody stepped it, or it was followed */
	uint64_t steps;	  /* of more than STEADY_FOLLOW_US */
	int64_t step_us;  /* by how much the last one went forward */
	int64_t step_mono_us; /* when it was noticed, on the monotonic clock; TIME_NONE never */
	uint64_t followed;    /* steady_follow() moved the receive clock */
};

/** steady_begin() - from now on, for all threads. To be called before they start. */
void steady_begin(void);

/** steady_us() - the receive clock now. */
int64_t steady_us(void);

/** steady_look() - read both clocks, and notice a step. For any thread. */
void steady_look(struct steady_look *out);

/**
 * steady_of() - the receive clock's time for @stamp_us, which the kernel read off the wall clock
 * lately: before the last step or after it, whichever makes it a past moment not long ago.
 */
int64_t steady_of(const struct steady_look *l, int64_t stamp_us);

/** steady_wall() - what the wall clock, as it goes now, would have shown at @us. */
int64_t steady_wall(int64_t us);

/**
 * steady_follow() - let the receive clock show the wall clock's time. Whoever holds times of before
 * must be able to bear that. Return: by how much it went forward.
 */
int64_t steady_follow(void);

void steady_stats(struct steady_stats *out);
