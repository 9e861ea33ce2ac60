/* SPDX-License-Identifier: ISC */
/*
 * One source while it is read: prefixes with what is said of them, as they come. When it is whole
 * they are sorted, laid flat (of nested prefixes the longest counts) and packed as an image.
 * Nothing is allocated per prefix.
 */
#pragma once

#include "place/image.h"
#include "place/pool.h"
#include "place/route.h"

#define PART_ENTRIES_MAX (UINT64_C(1) << 25)

struct part_entry {
	struct image_key key;
	uint32_t rec;
	uint8_t len; /* of the family's own form */
};

struct part_entries {
	struct part_entry *e;
	size_t n, room;
	bool unsorted;
};

struct part {
	struct place_source source;
	struct place_pool recs, items;
	char registries[IMAGE_REGISTRIES_MAX][PLACE_REGISTRY_MAX]; /* the first is "" */
	size_t n_registries;
	struct part_entries entries[LAYER_COUNT][FAMILY_COUNT];
	struct routes routes;
};

/** part_new() - an empty source. Return: NULL without memory. */
struct part *part_new(const char *name, const char *kind, int64_t dated_us);
struct part *part_free(struct part *p);

static inline void part_freep(struct part **p)
{
	*p = part_free(*p);
}
#define _cleanup_part_ _cleanup_(part_freep)

/** part_registry() - the number of a registry's name. Return: 0, or -ENOSPC where there are too
 * many. */
int part_registry(struct part *p, const char *name, uint8_t *number);

/**
 * part_add() - @rec is said of @prefix; its length is filled in here. Of the same prefix the last
 * word counts. Return: 0, -ENOMEM or -EFBIG.
 */
int part_add(struct part *p, enum place_layer layer, const struct prefix *prefix,
	     const struct image_rec *rec);

/**
 * part_add_range() - the same of all addresses from @first on, @count of them, in as few prefixes
 * as they make; in LAYER_AS_BLOCK and LAYER_AS_NAME AS numbers. What runs over the end is left out.
 */
int part_add_range(struct part *p, enum place_layer layer, uint32_t first, uint64_t count,
		   const struct image_rec *rec);

/**
 * part_pack() - the whole source as an image; the part is empty after it.
 * @bytes: @size of them, to be given back with pages_unmap().
 * Return: 0, -ENOMEM or -EFBIG.
 */
int part_pack(struct part *p, void **bytes, size_t *size);
