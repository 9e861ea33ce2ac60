/* SPDX-License-Identifier: ISC */
/*
 * A sheet: any file beside the configuration that rows of a schema describe, such as a calendar, a
 * law or a notice. It is read as a whole or not at all, and what is wrong with it is said in the
 * words and with the places of the configuration's own mistakes.
 */
#pragma once

#include <stddef.h>

#include "base/text.h"
#include "conf/mistake.h"
#include "conf/read.h"
#include "conf/schema.h"

struct sheet {
	const struct conf_map *map;
	size_t bytes_max; /* larger ones are refused; whole KiB */
	/* What no row can say: fills up @base and adds mistakes. Return: 0 or -ENOMEM. */
	int (*check)(void *base, const struct marks *marks, struct mistakes *mistakes,
		     void *userdata);
	/* Nothing is wrong: keeps what is wanted of @base. Return: 0 or a negative errno. */
	int (*take)(const void *base, void *userdata);
};

/**
 * sheet_read() - @yaml into @base, which is all zero and gets the defaults of its rows; checked
 * and, where it holds, taken. The lists in @base are freed in either case.
 * @name: stands for the file in @errors, `file:line:column: sentence`.
 * Return: 0, -EINVAL (a mistake; nothing was taken), or what the two functions gave.
 */
int sheet_read(const struct sheet *s, void *base, void *userdata, const char *name,
	       const char *yaml, size_t n, struct text *errors);

/** sheet_bytes() - all of the file @path, a piece more than @max at most, so that the reader can
 * tell. Return: 0, or a negative errno. */
int sheet_bytes(const char *path, size_t max, struct text *out);
