/* SPDX-License-Identifier: ISC */
/* The nodes of a YAML file, held against the schema one event at a time. */
#pragma once

#include <yaml.h>

#include "conf/read.h"

#define FRAMES_MAX 12 /* the schema is four deep, twice that with its lists */

struct frame {
	const struct conf_map *map;  /* of a map frame, else NULL */
	const struct conf_key *list; /* of a list frame, else NULL */
	void *base;		     /* the struct that the map's rows, or the list row, speak of */
	const struct conf_key *key;  /* map: whose value comes next; NULL: a key comes next */
	void *key_base;		     /* the struct that .key speaks of */
	bool ignore;		     /* map: the next value belongs to a key that was refused */
	uint32_t seen[MAP_KEYS_MAX]; /* map: line of each key, 0 not yet */
	size_t room;		     /* list */
	struct place at;
};

struct nodes {
	struct conf_key root; /* TYPE_MAP: what the file is held against */
	struct mistakes *mistakes;
	struct marks *marks;
	struct frame frames[FRAMES_MAX];
	unsigned n_frames, depth, skip; /* skip: nodes open inside what is skipped */
	char word[VECTOR_NAME_MAX];	/* the last key that was understood */
	bool lost;   /* a top-level key was not understood, or the file broke off */
	bool done;   /* nothing more is to be read */
	bool second; /* a document has begun */
	int error;   /* -ENOMEM */
};

static inline struct place place_of(yaml_mark_t m)
{
	return (struct place){(uint32_t)m.line + 1, (uint32_t)m.column + 1};
}

/** nodes_event() - take the next event of the file into the struct @base of .root's rows; .done and
 * .error say whether to go on.
 */
void nodes_event(struct nodes *r, void *base, const yaml_event_t *e);
