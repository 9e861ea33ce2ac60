/* SPDX-License-Identifier: ISC */
#include "base/json_whole.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/text.h"

/* Memory ran out since the last json_whole(): what is dumped next may lack something. */
static _Thread_local bool spoilt;

static void *watched_malloc(size_t n)
{
	void *p = malloc(n);

	if (!p) {
		spoilt = true;
		text_note_lost();
	}
	return p;
}

void json_watch_memory(void)
{
	json_set_alloc_funcs(watched_malloc, free);
}

static int add(const char *piece, size_t n, void *text)
{
	text_add_n(text, piece, n);
	return text_ok(text) ? 0 : -1;
}

char *json_whole(const json_t *o, size_t flags)
{
	struct text text = TEXT_NULL;
	bool whole =
		o && !spoilt && json_dump_callback(o, add, &text, flags) == 0 && text_ok(&text);
	char *exact = whole ? realloc(text.s, text.len + 1) : NULL;

	spoilt = false;
	if (!whole)
		text_deinit(&text);
	return exact ? exact : text.s;
}
