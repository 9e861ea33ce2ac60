/* SPDX-License-Identifier: ISC */
/*
 * A notice of any bytes: it is refused with a reason, or what is read is written as JSON that reads
 * back as the same notice, and may be held against anything.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "judge/match.h"
#include "judge/notice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static char *written(const struct notice *n)
{
	static const struct viewer all = {.rank = VIEWER_ALL};
	json_t *o = notice_to_json(n, &all);
	char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;

	json_decref(o);
	require(text != NULL);
	return text;
}

static void hold_against(const struct notice *n)
{
	_cleanup_text_ struct text why = TEXT_NULL;
	struct match_candidate c;
	struct match m[2];
	unsigned found;

	match_of_notice(n, "itself", &c);
	found = match_rank(n, &c, 1, 540, m, 2);
	for (unsigned i = 0; i < found; i++)
		match_reason(&m[i], i % 2 ? "ja" : "en", &why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	_cleanup_text_ struct text errors = TEXT_NULL;
	_cleanup_notice_ struct notice *a = NULL, *b = NULL;
	_cleanup_free_ char *one = NULL, *two = NULL;

	if (notice_read("input", (const char *)data, n, &a, &errors)) {
		require(errors.len > 0);
		return 0;
	}
	one = written(a);
	require(notice_read("written", one, strlen(one), &b, &errors) == 0);
	two = written(b);
	require(strcmp(one, two) == 0);
	hold_against(a);
	return 0;
}
