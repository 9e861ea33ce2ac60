/* SPDX-License-Identifier: ISC */
/*
 * A growing text. A failed growth is sticky: append, append, append, then test once with text_ok().
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

struct text {
	char *s; /* always NUL-terminated once something was appended */
	size_t len, room;
	bool failed;
};

#define TEXT_NULL ((struct text){0})

void text_deinit(struct text *t);
void text_clear(struct text *t);
void text_add(struct text *t, const char *s);
void text_add_n(struct text *t, const char *s, size_t n);
void text_printf(struct text *t, const char *fmt, ...) _public_printf_(2, 3);
void text_vprintf(struct text *t, const char *fmt, va_list ap);

/** text_str() - the text, "" when empty. Borrowed until the next append. */
static inline const char *text_str(const struct text *t)
{
	return t->s ? t->s : "";
}

static inline bool text_ok(const struct text *t)
{
	return !t->failed;
}

#define _cleanup_text_ _cleanup_(text_deinit)

/**
 * text_lost() - how many texts of this process lost a part for want of memory; text_note_lost()
 * adds one for a maker of output that is no struct text. A program that printed less than it should
 * must not end as if all were well: the command line looks here before it says 0.
 */
uint64_t text_lost(void);
void text_note_lost(void);

/** text_rate() - "2.31 Gbit/s" or "22.3 kpps" style: 3 digits, SI prefix, then @unit. */
void text_rate(struct text *t, double value, const char *unit);

/** text_nearest() - the entry of @words nearest to @word (Damerau-Levenshtein), or NULL when far.
 */
const char *text_nearest(const char *word, const char *const *words, size_t n);

/** text_is_utf8() - are these @n bytes whole characters (RFC 3629 section 4)? */
bool text_is_utf8(const char *s, size_t n);

/** text_cut() - @s into @buf of @room bytes, cut before a character that does not fit whole.
 * Return:
 * @buf. */
char *text_cut(char *buf, size_t room, const char *s);

/** text_width() - columns that a UTF-8 text takes on a terminal (East Asian wide counts 2). */
size_t text_width(const char *utf8);
