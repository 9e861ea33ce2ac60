/* SPDX-License-Identifier: ISC */
/* How long to wait before a message that failed is tried again. */
#pragma once

#include <stdint.h>

#include "base/clock.h"

#define PAUSE_FIRST_US (10 * US_PER_S)
#define PAUSE_MOST_US  (600 * US_PER_S)

/** pause_us() - behind so many attempts: 10 s, twice as long each time, 10 minutes at most. */
static inline int64_t pause_us(unsigned attempts)
{
	int64_t us = PAUSE_FIRST_US;

	for (unsigned i = 1; i < attempts && us < PAUSE_MOST_US; i++)
		us *= 2;
	return us < PAUSE_MOST_US ? us : PAUSE_MOST_US;
}
