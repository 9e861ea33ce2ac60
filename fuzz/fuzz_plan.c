/* SPDX-License-Identifier: ISC */
/*
 * A plan of any bytes, as whoever may write to the store could leave it: refused, or it is written
 * as JSON that reads back as the same plan with the same hash, and its page is whole text.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "act/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static char *written(const struct plan *p)
{
	json_t *o = plan_json(p);
	char *text = o ? json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;

	json_decref(o);
	require(text != NULL);
	return text;
}

static int read_text(const char *text, size_t n, struct plan **out)
{
	json_t *o = json_loadb(text, n, 0, NULL);
	int r = o ? plan_from_json(o, out) : -1;

	json_decref(o);
	return r;
}

static void require_page(const struct plan *p)
{
	for (int ja = 0; ja < 2; ja++) {
		_cleanup_text_ struct text page = TEXT_NULL;

		plan_text(p, "Asia/Tokyo", ja, &page);
		require(text_is_utf8(text_str(&page), page.len));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	_cleanup_plan_ struct plan *a = NULL, *b = NULL;
	_cleanup_free_ char *one = NULL, *two = NULL;
	char x[PLAN_HASH_MAX], y[PLAN_HASH_MAX];

	if (read_text((const char *)data, n, &a))
		return 0;
	one = written(a);
	require(read_text(one, strlen(one), &b) == 0);
	two = written(b);
	require(strcmp(one, two) == 0);
	require(strcmp(plan_hash(a, x), plan_hash(b, y)) == 0);
	require_page(a);
	return 0;
}
