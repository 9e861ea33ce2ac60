/* SPDX-License-Identifier: ISC */
/*
 * Local time in a named zone (IANA time zone database, through the C library's TZ). The library
 * knows one zone at a time, so this is for single-threaded roles and tests; each call puts the
 * program's own zone back. Only zone_known() and zone_nearest() may be called by any thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/clock.h"

#define ZONE_NAME_MAX 64 /* longer names are in no database */

/**
 * zone_known() - is @name ("Asia/Tokyo") in the database? "" is the program's own zone. Zones that
 * count leap seconds ("right/...") are not known here.
 */
bool zone_known(const char *name);

/** zone_nearest() - the zone of the database that @name is most like, into @buf (ZONE_NAME_MAX);
 * NULL where none is near. */
const char *zone_nearest(const char *name, char *buf);

/**
 * zone_local() - broken-down time of @us in @zone; gmtoff and the zone's short name with it, that
 * name valid until the next call. A zone that is not known is UTC.
 */
void zone_local(const char *zone, int64_t us, struct tm *out);

/**
 * zone_time() - the moment of a local date and time, normalised as mktime(3) does: the 32nd is in
 * the next month. A time that the clock skips is moved on by as much as it skips. One that it shows
 * twice is the first, or that of tm_isdst where this is not negative.
 */
int64_t zone_time(const char *zone, const struct tm *local);

/** zone_next_hour() - "07:30": the next time behind @now_us that the zone's clock shows it. Return:
 * false for a text that is no such time. */
bool zone_next_hour(const char *zone, const char *text, int64_t now_us, int64_t *out);

/** zone_format() - "03:12 JST" (@date false) or "2026-11-26 03:12 JST"; @buf of TIME_TEXT_MAX. */
char *zone_format(const char *zone, int64_t us, bool date, char *buf);
