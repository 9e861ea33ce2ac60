/* SPDX-License-Identifier: ISC */
/* A calendar of any bytes: refused with a reason and nothing added, or its events can be walked. */
#include <stdlib.h>

#include "base/clock.h"
#include "desk/calendar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	_cleanup_text_ struct text errors = TEXT_NULL;
	_cleanup_calendar_ struct calendar *c = calendar_new();
	const int64_t at_us = INT64_C(1217548800) * US_PER_S;
	struct event day;
	size_t at = 0, found = 0;

	if (!c)
		return 0;
	if (calendar_read(c, "input", (const char *)data, n, &errors)) {
		if (!errors.len || c->n)
			abort();
		return 0;
	}
	while (calendar_next(c, at_us, at_us + 86400 * US_PER_S, &at, &day))
		found++;
	if (found > c->n)
		abort();
	return 0;
}
