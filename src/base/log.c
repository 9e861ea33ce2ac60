/* SPDX-License-Identifier: ISC */
#include "base/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>

#include "base/clock.h"

static enum log_level shown = LOG_LEVEL_WARN;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void log_set_level(enum log_level level)
{
	shown = level;
}

/* True when the site may write now; counts what it may not. */
static int admit(struct log_site *site, uint32_t *dropped)
{
	int64_t now = clock_mono_us() / US_PER_S;

	if (site->second != now) {
		site->second = now;
		site->in_second = 0;
	}
	if (site->in_second >= LOG_SITE_PER_S) {
		site->dropped++;
		return 0;
	}
	site->in_second++;
	*dropped = site->dropped;
	site->dropped = 0;
	return 1;
}

void log_write(struct log_site *site, enum log_level level, const char *event, const char *fmt, ...)
{
	static const char *const names[] = {"debug", "info", "warn", "error"};
	int keep_errno = errno;
	uint32_t dropped = 0;
	va_list ap;

	if (level < shown)
		return;
	pthread_mutex_lock(&lock);
	if (admit(site, &dropped)) {
		fprintf(stderr, "noroshi: %s %s ", names[level], event);
		va_start(ap, fmt);
		vfprintf(stderr, fmt, ap);
		va_end(ap);
		if (dropped)
			fprintf(stderr, " dropped=%u", dropped);
		fputc('\n', stderr);
	}
	pthread_mutex_unlock(&lock);
	errno = keep_errno;
}
