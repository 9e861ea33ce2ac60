// SPDX-License-Identifier: ISC
/*
 * All images of a layer are walked together, from one begin of a range to the next; at each one of
 * them wins. Records are taken over with their sources, registries and items renumbered.
 */
#include "place/overlay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "place/pool.h"

struct under {
	const struct image *im;
	uint32_t *recs; /* its numbers in the whole */
	uint8_t registries[IMAGE_REGISTRIES_MAX];
	size_t at;    /* next range of the layer at work */
	uint32_t rec; /* in force, of the whole */
};

struct overlay {
	struct under *under;
	size_t n;
	struct place_source *sources;
	size_t n_sources;
	struct place_pool recs, items;
	char registries[IMAGE_REGISTRIES_MAX][PLACE_REGISTRY_MAX];
	size_t n_registries;
	struct image_ranges ranges[LAYER_COUNT][FAMILY_COUNT];
};

static void overlay_deinit(struct overlay *o)
{
	for (size_t i = 0; o->under && i < o->n; i++)
		free(o->under[i].recs);
	free(o->under);
	free(o->sources);
	place_pool_deinit(&o->recs);
	place_pool_deinit(&o->items);
	for (unsigned l = 0; l < LAYER_COUNT; l++)
		for (unsigned f = 0; f < FAMILY_COUNT; f++)
			free(o->ranges[l][f].r);
}

/* Numbers of an image in the whole. */

static int take_registries(struct overlay *o, struct under *u)
{
	for (size_t i = 0; i < u->im->n_registries; i++) {
		size_t j = 0;

		while (j < o->n_registries && strcmp(o->registries[j], u->im->registries[i]) != 0)
			j++;
		if (j == IMAGE_REGISTRIES_MAX)
			return -ENOSPC;
		if (j == o->n_registries)
			strcpy(o->registries[o->n_registries++], u->im->registries[i]);
		u->registries[i] = (uint8_t)j;
	}
	return 0;
}

static int take_rec(struct overlay *o, struct under *u, size_t i, size_t first_source)
{
	struct image_rec r = u->im->recs[i];
	size_t n;
	const uint32_t *words = image_item(u->im, r.item, &n);
	int bad = place_pool_put(&o->items, words, n, &r.item);

	if (bad < 0)
		return bad;
	r.source = (uint16_t)(r.source + first_source);
	r.registry = u->registries[r.registry];
	return place_pool_put(&o->recs, (const uint32_t *)&r, o->recs.fixed, &u->recs[i]);
}

static int take_image(struct overlay *o, struct under *u)
{
	size_t first = o->n_sources;
	int r = take_registries(o, u);

	if (r < 0)
		return r;
	u->recs = calloc(u->im->n_recs, sizeof(*u->recs));
	if (!u->recs)
		return -ENOMEM;
	memcpy(o->sources + first, u->im->sources, u->im->n_sources * sizeof(*o->sources));
	o->n_sources += u->im->n_sources;
	for (size_t i = 1; r == 0 && i < u->im->n_recs; i++)
		r = take_rec(o, u, i, first);
	return r;
}

static int overlay_init(struct overlay *o, const struct image *const *images, size_t n)
{
	size_t n_sources = 0;

	for (size_t i = 0; i < n; i++)
		n_sources += images[i]->n_sources;
	if (n_sources > IMAGE_SOURCES_MAX)
		return -ENOSPC;
	o->under = calloc(n + 1, sizeof(*o->under));
	o->sources = calloc(n_sources + 1, sizeof(*o->sources));
	o->n = n;
	o->n_registries = 1;
	if (!o->under || !o->sources ||
	    place_pool_init(&o->recs, sizeof(struct image_rec) / sizeof(uint32_t)) < 0 ||
	    place_pool_init(&o->items, 0) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		int r;

		o->under[i].im = images[i];
		r = take_image(o, &o->under[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The walk */

static size_t count_of(const struct image_layer *y, int family)
{
	return family == FAMILY_V4 ? y->n4 : y->n6;
}

static struct image_key start_of(const struct image_layer *y, int family, size_t i)
{
	return family == FAMILY_V4 ? (struct image_key){.lo = y->v4[i].start} : y->v6[i].start;
}

static uint32_t rec_of(const struct image_layer *y, int family, size_t i)
{
	return family == FAMILY_V4 ? y->v4[i].rec : y->v6[i].rec;
}

static bool next_start(const struct overlay *o, enum place_layer l, int family,
		       struct image_key *next)
{
	bool any = false;

	for (size_t i = 0; i < o->n; i++) {
		const struct under *u = &o->under[i];
		const struct image_layer *y = &u->im->layers[l];
		struct image_key k;

		if (u->at == count_of(y, family))
			continue;
		k = start_of(y, family, u->at);
		if (!any || image_key_compare(k, *next) < 0)
			*next = k;
		any = true;
	}
	return any;
}

static uint8_t len_of(const struct overlay *o, uint32_t rec)
{
	return ((const struct image_rec *)o->recs.w)[rec].len;
}

static uint32_t winner(const struct overlay *o, enum place_layer l)
{
	uint32_t best = 0;

	for (size_t i = 0; i < o->n; i++) {
		uint32_t rec = o->under[i].rec;

		if (rec && (!best || l != LAYER_ROUTE || len_of(o, rec) >= len_of(o, best)))
			best = rec;
	}
	return best;
}

static int lay_over(struct overlay *o, enum place_layer l, int family)
{
	struct image_key next = {0};
	int r = 0;

	for (size_t i = 0; i < o->n; i++)
		o->under[i].at = o->under[i].rec = 0;
	while (r == 0 && next_start(o, l, family, &next)) {
		for (size_t i = 0; i < o->n; i++) {
			struct under *u = &o->under[i];
			const struct image_layer *y = &u->im->layers[l];

			if (u->at == count_of(y, family) ||
			    image_key_compare(start_of(y, family, u->at), next) != 0)
				continue;
			u->rec = u->recs[rec_of(y, family, u->at)];
			u->at++;
		}
		r = image_ranges_add(&o->ranges[l][family], next, winner(o, l));
	}
	return r;
}

int overlay_images(const struct image *const *images, size_t n, void **bytes, size_t *size)
{
	_cleanup_(overlay_deinit) struct overlay o = {.n = 0};
	int r = overlay_init(&o, images, n);

	for (unsigned l = 0; l < LAYER_COUNT; l++)
		for (int f = 0; r == 0 && f < FAMILY_COUNT; f++)
			r = lay_over(&o, l, f);
	if (r == 0) {
		struct image_parts parts = {
			.sources = o.sources,
			.n_sources = o.n_sources,
			.registries = (const char(*)[PLACE_REGISTRY_MAX])o.registries,
			.n_registries = o.n_registries,
			.recs = (const struct image_rec *)o.recs.w,
			.n_recs = o.recs.n / o.recs.fixed,
			.items = o.items.w,
			.n_items = o.items.n,
			.ranges = (const struct image_ranges(*)[FAMILY_COUNT])o.ranges,
		};

		r = image_pack(&parts, bytes, size);
	}
	return r;
}
