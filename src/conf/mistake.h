/* SPDX-License-Identifier: ISC */
/*
 * What is wrong with a configuration file: sentences with their place, collected while reading and
 * shown in the order of the file. Text taken from the file is always quoted and made printable.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

#define MISTAKES_MAX 50 /* of each kind; reading stops when so many errors were found */

struct place {
	uint32_t line, column; /* both from 1; columns count characters; line 0: no place */
};

struct mistake {
	struct place at;
	bool warning;
	struct text sentence;
};

struct mistakes {
	struct mistake list[2 * MISTAKES_MAX];
	unsigned n, n_errors, n_warnings, n_more; /* n_more were not kept */
};

/** mistakes_deinit() - frees the sentences. */
void mistakes_deinit(struct mistakes *m);

/** mistake_add() - an error at @at: the file will be refused. */
void mistake_add(struct mistakes *m, struct place at, const char *fmt, ...) _public_printf_(3, 4);

/** mistake_warn() - something to look at that does not refuse the file. */
void mistake_warn(struct mistakes *m, struct place at, const char *fmt, ...) _public_printf_(3, 4);

/** mistakes_full() - true when reading on would only add errors that are not kept. */
bool mistakes_full(const struct mistakes *m);

/** mistakes_print() - one line per mistake, `file:line:column: sentence`, in the file's order. */
void mistakes_print(const struct mistakes *m, const char *file, struct text *out);

#define QUOTE_MAX 200 /* room for any text written by quote() */

/**
 * quote() - "@s" in quotation marks for a sentence: cut after 48 bytes, bytes that do not belong on
 * a terminal as \xNN. @buf holds QUOTE_MAX; returns @buf.
 */
char *quote(const char *s, char *buf);

/**
 * unprintable_at() - bytes of the character at @s when it must not reach a terminal or a one-line
 * value (C0 and C1 controls, line separators, marks of direction, byte order mark); else 0.
 */
size_t unprintable_at(const char *s);
