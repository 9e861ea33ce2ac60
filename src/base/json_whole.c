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

static char *dump(const json_t *o, size_t flags)
{
	size_t n = o ? json_dumpb(o, NULL, 0, flags) : 0;
	char *text = n ? malloc(n + 1) : NULL;

	if (!text)
		return NULL;
	text[n] = '\0';
	if (json_dumpb(o, text, n, flags) == n)
		return text;
	free(text);
	return NULL;
}

char *json_whole(const json_t *o, size_t flags)
{
	char *text = spoilt ? NULL : dump(o, flags);

	spoilt = false;
	return text;
}
