/* SPDX-License-Identifier: ISC */
/*
 * From YAML text to struct conf, by the rows of the schema. The text is read as libyaml events, so
 * every value still knows its line and column when it is judged.
 */
#pragma once

#include <stddef.h>

#include "conf/conf.h"
#include "conf/mistake.h"
#include "conf/schema.h"

#define READ_BYTES_MAX (16u << 20) /* larger files are refused */
#define READ_DEPTH_MAX 64	   /* deeper nesting is refused */

/* Where a value stood that the cross checks ask about, and which item it is of the lists around. */
struct mark {
	enum conf_tag tag;
	unsigned lists; /* how many lists are around it */
	uint32_t at_item[2];
	struct place at;
};

struct marks {
	struct mark *list; /* owned, in the order of the file */
	size_t n, room;
};

void marks_deinit(struct marks *m);

/** marks_place() - where @tag stood, of a value in a list that of item @item; else the beginning.
 */
struct place marks_place(const struct marks *m, enum conf_tag tag, size_t item);

/**
 * read_yaml() - read @n bytes at @yaml into @c, which holds the defaults.
 * @mistakes, @marks: filled; after a mistake @c is only good for finding more of them.
 * @whole: false when the file broke off (not YAML) or a top-level key was not understood, so that
 *	a name which seems to be missing may only have been lost.
 * Return: 0 (also with mistakes), or -ENOMEM.
 */
int read_yaml(struct conf *c, const char *yaml, size_t n, struct mistakes *mistakes,
	      struct marks *marks, bool *whole);

/**
 * read_yaml_map() - the same for any file that the rows of @map describe (a notice, a calendar;
 * JSON is read too, being YAML), into the struct @base that holds the defaults of @map.
 */
int read_yaml_map(const struct conf_map *map, void *base, const char *yaml, size_t n,
		  struct mistakes *mistakes, struct marks *marks, bool *whole);
