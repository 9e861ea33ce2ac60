/* SPDX-License-Identifier: ISC */
/*
 * Any bytes as a file to import: refused with a reason, or a source that packs, reads back, lays
 * over itself to the same and answers every look-up.
 */
#pragma once

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/pages.h"
#include "place/import.h"
#include "place/overlay.h"
#include "place/picture.h"
#include "place/place.h"

static inline void place_fuzz_look(const struct places *p)
{
	struct place w;

	for (uint64_t i = 0; i < 64; i++) {
		struct ip v6 = {.u = {hash_u64(i, 1), hash_u64(i, 2)}};
		struct ip v4 = ip_from_v4((uint32_t)hash_u64(i, 3));

		place_lookup(p, &v4, &w);
		assert(!w.has_prefix || prefix_contains(&w.prefix, &v4));
		place_lookup(p, &v6, &w);
		assert(!w.has_prefix || prefix_contains(&w.prefix, &v6));
		assert(strlen(place_as_name(p, (uint32_t)i)) < 4096);
		place_as_block(p, (uint32_t)i, &w);
	}
}

/* The picture of one source is that source. */
static inline void place_fuzz_picture(void *bytes, size_t size)
{
	_cleanup_text_ struct text why = TEXT_NULL;
	_cleanup_places_ struct places *p = places_new();
	const struct image *one[1];
	void *over;
	size_t n;

	assert(p && picture_take(&p->picture, bytes, size, &why) == 0);
	places_tell(p);
	place_fuzz_look(p);
	one[0] = &p->picture.im;
	assert(overlay_images(one, 1, &over, &n) == 0);
	for (unsigned l = 0; l < LAYER_COUNT; l++) {
		struct image im;

		assert(image_view(&im, over, n, &why) == 0);
		assert(im.layers[l].n4 == p->picture.im.layers[l].n4);
		assert(im.layers[l].n6 == p->picture.im.layers[l].n6);
	}
	pages_unmap(over, n);
}

static inline void place_fuzz(const char *as, const uint8_t *data, size_t n)
{
	_cleanup_text_ struct text why = TEXT_NULL, notes = TEXT_NULL;
	_cleanup_part_ struct part *part = NULL;
	struct place_import_options o = {.as = as, .dated_us = TIME_NONE};
	void *bytes;
	size_t size;
	int r = place_import_memory(data, n, &o, &part, &why, &notes);

	if (r) {
		assert(r > 0 && why.len > 0);
		return;
	}
	assert(part_pack(part, &bytes, &size) == 0);
	place_fuzz_picture(bytes, size);
}
