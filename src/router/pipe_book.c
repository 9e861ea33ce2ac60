/* SPDX-License-Identifier: ISC */
#include "router/pipe_book.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

void book_deinit(struct book *b)
{
	for (size_t i = 0; i < b->n; i++)
		free(b->list[i].undo);
	free(b->list);
	*b = (struct book){.n = 0};
}

bool book_measure_is_good(const char *measure)
{
	size_t n = strspn(measure, "abcdefghijklmnopqrstuvwxyz0123456789");

	return n > 0 && n < MEASURE_ID_MAX && measure[n] == '\0';
}

struct book_entry *book_find(struct book *b, const char *undo)
{
	uint64_t hash = hash_bytes(undo, strlen(undo), 0);

	for (size_t i = 0; i < b->n; i++)
		if (b->list[i].hash == hash && strcmp(b->list[i].undo, undo) == 0)
			return &b->list[i];
	return NULL;
}

static int grow(struct book *b)
{
	size_t room = b->room ? b->room * 2 : 64;
	struct book_entry *grown;

	if (b->n == BOOK_MAX)
		return -ENOSPC;
	if (b->n < b->room)
		return 0;
	grown = realloc(b->list, room * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	b->list = grown;
	b->room = room;
	return 0;
}

int book_put(struct book *b, const char *measure, const char *undo, int64_t until_us)
{
	struct book_entry *e = book_find(b, undo);
	int r = e ? 0 : grow(b);
	char *copy;

	if (r)
		return r;
	if (!e) {
		copy = strdup(undo);
		if (!copy)
			return -ENOMEM;
		e = &b->list[b->n++];
		*e = (struct book_entry){.undo = copy, .hash = hash_bytes(undo, strlen(undo), 0)};
	}
	snprintf(e->measure, sizeof(e->measure), "%s", measure);
	e->until_us = e->due_us = until_us;
	e->asked = false;
	return 0;
}

void book_take(struct book *b, const char *undo)
{
	struct book_entry *e = book_find(b, undo);

	if (!e)
		return;
	free(e->undo);
	*e = b->list[--b->n];
}

struct book_entry *book_due(struct book *b, int64_t now_us, int64_t grace_us)
{
	for (size_t i = 0; i < b->n; i++) {
		struct book_entry *e = &b->list[i];

		if (!e->asked && e->due_us <= now_us - grace_us)
			return e;
	}
	return NULL;
}

int64_t book_next_us(const struct book *b)
{
	int64_t next_us = INT64_MAX;

	for (size_t i = 0; i < b->n; i++)
		if (!b->list[i].asked && b->list[i].due_us < next_us)
			next_us = b->list[i].due_us;
	return next_us;
}
