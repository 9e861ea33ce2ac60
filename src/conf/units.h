/* SPDX-License-Identifier: ISC */
/*
 * The reverse of conf_parse_*(): numbers with units as the configuration writes them, always exact,
 * so that what is printed reads back as the same number.
 */
#pragma once

#include <stdint.h>

#include "base/text.h"

/** units_add_pps() - a plain number of packets per second, "2500". */
void units_add_pps(struct text *t, uint64_t pps);

/** units_add_bps() - "1500Mbps": the largest SI prefix that leaves a whole number. */
void units_add_bps(struct text *t, uint64_t bps);

/** units_add_duration() - "90s", "5m", "30d": the largest unit that leaves a whole number. */
void units_add_duration(struct text *t, uint64_t s);

/** units_add_bytes() - "200MB"; an SI prefix where it is exact, else "1GiB", else plain bytes. */
void units_add_bytes(struct text *t, uint64_t bytes);

/** units_parse_count() - digits only, no sign, no unit. Return: 0, or -EINVAL. */
int units_parse_count(const char *text, uint64_t *n);

/** units_parse_percent() - "80", "80%" or "80 %". Return: 0, or -EINVAL. */
int units_parse_percent(const char *text, uint64_t *percent);

/** units_parse_hour() - "HH:MM" from 00:00 to 24:00 in minutes. Return: 0, or -EINVAL. */
int units_parse_hour(const char *text, uint64_t *minutes);

/** units_add_hour() - the reverse. */
void units_add_hour(struct text *t, uint64_t minutes);
