/* SPDX-License-Identifier: ISC */
/*
 * The program's own log: one event name and key=value pairs on stderr, for people and for journald.
 * Each call site is rate-limited; what it drops is counted and said with its next line. Values from
 * outside are quoted by the caller's format (%s of trusted text only); private values have no
 * printable type (DESIGN: privacy is a type).
 */
#pragma once

#include <stdint.h>

#include "base/cleanup.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

struct log_site {
	int64_t second;
	uint32_t in_second, dropped;
};

/** log_set_level() - show this level and above; default LOG_LEVEL_WARN. */
void log_set_level(enum log_level level);

void log_write(struct log_site *site, enum log_level level, const char *event, const char *fmt, ...)
	_public_printf_(4, 5);

#define LOG_SITE_PER_S 10 /* lines a call site may write in a second */

#define log_at(level, event, ...)                                                                  \
	do {                                                                                       \
		static struct log_site site_;                                                      \
		log_write(&site_, (level), (event), __VA_ARGS__);                                  \
	} while (0)
#define log_debug(event, ...) log_at(LOG_LEVEL_DEBUG, event, __VA_ARGS__)
#define log_info(event, ...)  log_at(LOG_LEVEL_INFO, event, __VA_ARGS__)
#define log_warn(event, ...)  log_at(LOG_LEVEL_WARN, event, __VA_ARGS__)
#define log_error(event, ...) log_at(LOG_LEVEL_ERROR, event, __VA_ARGS__)
