/* SPDX-License-Identifier: ISC */
/* What the files of measures share. Inside the room only. */
#pragma once

#include "act/measure.h"
#include "base/clock.h"

/** measure_has() - is there such a time? 0 and TIME_NONE both mean none. */
static inline bool measure_has(int64_t us)
{
	return us > 0;
}

/** measure_glass_is_open() - was it begun by one person, with no second one yet? */
bool measure_glass_is_open(const struct measure *m);

/** measure_approve_by_us() - when it lapses unless somebody approves or countersigns it. */
int64_t measure_approve_by_us(const struct measure *m);

/** measure_begun_us() - when it was applied, else approved, else planned; TIME_NONE: nobody
 * wrote it down. */
int64_t measure_begun_us(const struct measure *m);
