/* SPDX-License-Identifier: ISC */
/*
 * Time is int64_t microseconds since 1970 UTC and its names end in _us. People see RFC 3339.
 */
#pragma once

#include <stdint.h>

#define US_PER_S      INT64_C(1000000)
#define US_PER_MS     INT64_C(1000)
#define TIME_TEXT_MAX 40 /* room for any RFC 3339 text written here */
#define TIME_NONE     INT64_MIN

/** clock_real_us() - the wall clock (may step). */
int64_t clock_real_us(void);

/** clock_mono_us() - the monotonic clock, for durations. */
int64_t clock_mono_us(void);

/** time_floor_s() - whole seconds, rounded towards the past also before 1970. */
static inline int64_t time_floor_s(int64_t us)
{
	int64_t s = us / US_PER_S;

	return us % US_PER_S < 0 ? s - 1 : s;
}

/** time_format_utc() - "2008-08-08T12:00:00.000000Z" into @buf (TIME_TEXT_MAX); returns @buf. */
char *time_format_utc(int64_t us, char *buf);

/** time_format_local() - "2008-08-08 21:00:00 JST" by TZ, for people; @buf of TIME_TEXT_MAX. */
char *time_format_local(int64_t us, char *buf);

/**
 * time_parse() - RFC 3339 with any fraction and zone (section 5.6).
 * Return: 0, or -EINVAL.
 */
int time_parse(const char *text, int64_t *us);
