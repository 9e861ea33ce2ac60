/* SPDX-License-Identifier: ISC */
/* Who is on call at a moment, and who is asked when they keep silent. */
#pragma once

#include <stdint.h>

#include "conf/conf.h"

#define ROSTER_MAX 48 /* people in the order in which they are asked */

struct roster {
	const struct conf_person *person[ROSTER_MAX]; /* borrowed from the configuration */
	unsigned n;
	const struct conf_heightened *heightened; /* whose people these are, NULL the shifts' */
	int64_t until_us; /* when it may change; TIME_NONE never */
};

/**
 * roster_at() - the people of the shift that holds @now_us (first that does), behind them the
 * escalation, nobody twice. @heightened: the watch in force for what is asked about, or NULL.
 */
void roster_at(const struct conf *c, const struct conf_heightened *heightened, int64_t now_us,
	       struct roster *out);

/** roster_person() - by name, NULL where there is none. */
const struct conf_person *roster_person(const struct conf *c, const char *name);

/** roster_zone(), roster_language() - in which a person is written to. */
const char *roster_zone(const struct conf *c, const struct conf_person *p);
const char *roster_language(const struct conf *c, const struct conf_person *p);
