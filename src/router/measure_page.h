/* SPDX-License-Identifier: ISC */
/*
 * What a page about a measure says in PAGE_CHARS_MAX characters. What somebody who was just woken
 * needs comes first: which measure, what becomes of it and when, and the command. The effect and
 * the target follow as far as there is room, each whole or not at all.
 */
#pragma once

#include "act/measure.h"
#include "base/text.h"

/** measure_page_head() - what every page of the role begins with: whether it is a drill, and
 * @about. */
void measure_page_head(const char *about, bool drill, struct text *out);

/**
 * measure_page_words() - what follows measure_page_head() of the same measure.
 * @what: a part of a sentence in the language. @command: of `noroshi act COMMAND ID`; NULL none.
 * @zone: of the clock of whoever is paged.
 */
void measure_page_words(const struct measure *m, const char *what, const char *command,
			const char *zone, bool drill, bool ja, struct text *out);

/** measure_page_chars() - how many characters, and not bytes, @s has. */
size_t measure_page_chars(const char *s);
