/* SPDX-License-Identifier: ISC */
/*
 * The relay's book of ends: what ExaBGP was told, how it is taken back, and when it has to be. It
 * is the watchdog's only memory, and lives as long as the relay does.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "act/measure.h"

#define BOOK_MAX 16384

struct book_entry {
	char measure[MEASURE_ID_MAX];
	uint64_t hash;	  /* of undo */
	char *undo;	  /* owned: the command that takes it back */
	int64_t until_us; /* wall clock */
	int64_t due_us;	  /* when the watchdog tries; its end, later after a failure */
	bool asked;	  /* it is being taken back */
};

struct book {
	struct book_entry *list; /* owned */
	size_t n, room;
};

void book_deinit(struct book *b);

/** book_measure_is_good() - is it written as an id is: small letters and digits, no longer than
 * one? What stands in a book may be logged and told on. */
bool book_measure_is_good(const char *measure);

/** book_put() - write down, or change the end and the measure of what is there.
 * Return: 0, -ENOSPC, or -ENOMEM. */
int book_put(struct book *b, const char *measure, const char *undo, int64_t until_us);

/** book_take() - forget. */
void book_take(struct book *b, const char *undo);

/** book_find() - NULL where it is not there. */
struct book_entry *book_find(struct book *b, const char *undo);

/** book_due() - the first entry whose end lies @grace_us or more behind @now_us and that is not
 * being taken back; NULL none. */
struct book_entry *book_due(struct book *b, int64_t now_us, int64_t grace_us);

/** book_next_us() - when the next one is due; INT64_MAX none. */
int64_t book_next_us(const struct book *b);
