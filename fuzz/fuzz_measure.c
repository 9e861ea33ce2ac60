/* SPDX-License-Identifier: ISC */
/*
 * A measure of any bytes: it is refused, or what is read is written as JSON that reads back as the
 * same measure, can be printed, and asks for something sensible at any time.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "act/measure.h"
#include "base/clock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static char *written(const struct measure *m)
{
	json_t *o = measure_json(m);
	char *text = o ? json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS) : NULL;

	json_decref(o);
	require(text != NULL);
	return text;
}

static void live(struct measure *m)
{
	int64_t now_us = m->planned_us == TIME_NONE ? 0 : m->planned_us, wake_us;

	for (unsigned i = 0; i < 40; i++) {
		enum measure_do what = measure_next(m, now_us, i % 2, i % 3 == 0, &wake_us);

		require(wake_us > now_us);
		require(what != DO_APPLY || measure_is_wanted(m, now_us));
		require(now_us < m->until_us || !measure_is_wanted(m, now_us));
		if (!measure_did(m, what, now_us) && what == DO_APPLY)
			measure_applied(m, m->until_us, now_us);
		else if (what == DO_TAKE_AWAY)
			measure_gone(m, now_us);
		if (wake_us == INT64_MAX)
			break;
		now_us = wake_us;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	_cleanup_free_ struct measure *a = calloc(1, sizeof(*a)), *b = calloc(1, sizeof(*b));
	_cleanup_free_ char *one = NULL, *two = NULL;
	_cleanup_text_ struct text out = TEXT_NULL;
	json_t *o = json_loadb((const char *)data, n, JSON_ALLOW_NUL, NULL);
	int r;

	require(a && b);
	r = measure_from_json(o, a);
	json_decref(o);
	if (r)
		return 0;
	one = written(a);
	o = json_loads(one, 0, NULL);
	require(measure_from_json(o, b) == 0);
	json_decref(o);
	two = written(b);
	require(strcmp(one, two) == 0);
	measure_print(a, NULL, NULL, 0, "Asia/Tokyo", n % 2, &out);
	measure_short(a, "", n % 2, &out);
	live(a);
	return 0;
}
