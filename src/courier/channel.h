/* SPDX-License-Identifier: ISC */
/* What came of handing one message to one channel. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define CHANNEL_WHY_MAX 640

struct channel_result {
	bool sent;
	bool unsure;		   /* not sent as far as is known, but it may have been seen */
	char why[CHANNEL_WHY_MAX]; /* one line of UTF-8 without control characters, "" sent */
};

/** channel_failed() - not sent; @fmt becomes `why`, cut and cleaned. */
void channel_failed(struct channel_result *out, bool unsure, const char *fmt, ...)
	__attribute__((__format__(__printf__, 3, 4)));

/** channel_clean() - in place: control characters become spaces, bytes that are no UTF-8 '?';
 * blanks at both ends go. */
void channel_clean(char *s);
