/* SPDX-License-Identifier: ISC */
/*
 * One threshold of one protected object, changed in the text of a configuration: the one line, and
 * nothing else; comments, order, line ends stay. What cannot be changed safely so is refused, with
 * the line where somebody has to do it.
 */
#pragma once

#include <stddef.h>

#include "base/text.h"

enum tune_edit_answer {
	TUNE_EDIT_NO_OBJECT = 1, /* no object of that name stands in this text by itself */
	TUNE_EDIT_UNSAFE,	 /* it shares its text (anchor, alias), or stands in one line */
	TUNE_EDIT_NO_YAML,	 /* it cannot be read */
};

struct tune_place {
	unsigned line;	 /* from 1: the line that was changed or added, or has to be */
	const char *why; /* of a refusal: one word: anchor, alias, tag, flow, merge, value */
};

/**
 * tune_edit() - put "@key: @value" under the thresholds of @object.
 * @out: the whole new text, of any bytes. Return: 0, an answer, or -ENOMEM.
 */
int tune_edit(const char *yaml, size_t n, const char *object, const char *key, const char *value,
	      struct text *out, struct tune_place *place);
