/* SPDX-License-Identifier: ISC */
/*
 * The words that brief, handover, notice and report share: names of attacks as people say them,
 * figures that are never empty, times with their zone. Every one of them appends to @out; those
 * that return bool append nothing where there is nothing to say. doc/words.md has the rules.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "conf/conf.h"
#include "desk/calendar.h"
#include "judge/incident.h"

/** words_time_known() - is there such a time? 0 and TIME_NONE both mean none. */
static inline bool words_time_known(int64_t us)
{
	return us > 0;
}

/* One of two languages, by name: "ja", else English. */
bool words_ja(const char *language);

/** words_vectors() - those that name the attack, joined, at most @most; what is more is counted. */
bool words_vectors(const struct incident *inc, unsigned most, bool ja, struct text *out);

/** words_plain() - what it is, for somebody who does not run a network. */
bool words_plain(const struct incident *inc, bool ja, struct text *out);

/** words_join() - ", ", " and " or "、" as it must stand before item @i of @n. */
const char *words_join(unsigned i, unsigned n, bool ja);

/** words_list() - the names joined, at most @most of @n; "and 5 more" behind them, those without a
 * name among these. False: none has a name, and nothing is said. */
bool words_list(const char *const *names, unsigned n, unsigned most, bool ja, struct text *out);

/** words_share() - "92 %", "under 1 %", "1.4 times": @share of 1, above 0. */
void words_share(double share, bool ja, struct text *out);

/** words_rate() - "2.31 Gbit/s"; false for 0. words_figures() - peak in bits and packets with "at
 * least" where the sampling is unknown, false where neither is known. */
bool words_rate(uint64_t value, const char *unit, struct text *out);
bool words_figures(const struct incident *inc, bool ja, struct text *out);

/** words_space() - what stands between a name and Japanese behind it: a space where it ends in a
 * Latin letter. */
const char *words_space(const char *name);

/** words_count() - "31,000" with about three digits, as it is said aloud. */
void words_count(uint64_t n, struct text *out);

/** words_duration() - "41 min", "2 h 5 min", "8 s"; under a second "under 1 s". */
void words_duration(int64_t us, bool ja, struct text *out);

/** words_time() - "02:31 JST", with the date where it is not @now_us's day in @zone. */
void words_time(const char *zone, int64_t us, int64_t now_us, struct text *out);

/** words_span() - "from 02:31 JST to 02:58 JST (27 min)"; under a minute "at 02:31 JST for 20 s".
 */
void words_span(const char *zone, int64_t from_us, int64_t until_us, int64_t now_us, bool ja,
		struct text *out);

/** words_day_time() - the same with the date always. */
void words_day_time(const char *zone, int64_t us, struct text *out);

/** words_target() - object, else target in words; never an address of anybody but the target.
 * words_object() - with customer and address: "shop (Example Trading, 198.51.100.7)". */
void words_target(const struct incident *inc, const struct conf *conf, bool ja, struct text *out);
void words_object(const struct incident *inc, const struct conf *conf, bool ja, struct text *out);

/** words_line() - the peak's share of the object's access line, 0 unknown. */
double words_line(const struct incident *inc);

/** words_is_own_out() - do own hosts send it to others? */
bool words_is_own_out(const struct incident *inc);

/** words_conf_object() - the protected object of an incident, or NULL. */
const struct conf_object *words_conf_object(const struct incident *inc, const struct conf *conf);

#define WORDS_OBJECTS_MAX 64

/** words_objects_hit() - protected objects that hold the hosts hit, its own first, nobody twice.
 * @names: borrowed from the configuration. Return: how many. */
unsigned words_objects_hit(const struct incident *inc, const struct conf *conf,
			   const char *names[WORDS_OBJECTS_MAX]);

/** words_words() - how many words stand between spaces. */
unsigned words_words(const char *s);
