// SPDX-License-Identifier: ISC
/*
 * Each source becomes an image as soon as the next one begins; at the end all are laid over each
 * other. Pictures made in memory and pictures made of files differ in nothing.
 */
#include "place/builder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/pages.h"
#include "place/overlay.h"
#include "place/picture.h"

struct packed {
	void *bytes;
	size_t size;
	struct image im;
};

struct place_builder {
	struct part *part; /* at work */
	struct packed *done;
	size_t n_done;
};

struct place_builder *place_builder_new(void)
{
	return calloc(1, sizeof(struct place_builder));
}

static void drop_done(struct place_builder *b)
{
	for (size_t i = 0; i < b->n_done; i++)
		pages_unmap(b->done[i].bytes, b->done[i].size);
	free(b->done);
	b->done = NULL;
	b->n_done = 0;
}

struct place_builder *place_builder_free(struct place_builder *b)
{
	if (b) {
		part_free(b->part);
		drop_done(b);
	}
	free(b);
	return NULL;
}

int place_builder_image(struct place_builder *b, void *bytes, size_t size)
{
	_cleanup_text_ struct text why = TEXT_NULL;
	struct packed *grown = realloc(b->done, (b->n_done + 1) * sizeof(*grown));
	int r;

	if (!grown) {
		pages_unmap(bytes, size);
		return -ENOMEM;
	}
	b->done = grown;
	grown[b->n_done] = (struct packed){.bytes = bytes, .size = size};
	r = image_view(&grown[b->n_done].im, bytes, size, &why);
	if (r) {
		pages_unmap(bytes, size);
		return -EINVAL;
	}
	b->n_done++;
	return 0;
}

static int finish_part(struct place_builder *b)
{
	void *bytes;
	size_t size;
	int r;

	if (!b->part)
		return 0;
	r = part_pack(b->part, &bytes, &size);
	b->part = part_free(b->part);
	return r < 0 ? r : place_builder_image(b, bytes, size);
}

int place_builder_source(struct place_builder *b, const char *name, int64_t dated_us)
{
	int r = finish_part(b);

	if (r < 0)
		return r;
	b->part = part_new(name, "memory", dated_us);
	return b->part ? 0 : -ENOMEM;
}

struct part *place_builder_part(struct place_builder *b)
{
	if (!b->part)
		b->part = part_new("", "memory", TIME_NONE);
	return b->part;
}

/* Two capital letters, or unknown. */
static void set_country(struct image_rec *rec, const char *country)
{
	if (strspn(country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 2 && !country[2])
		memcpy(rec->country, country, 2);
}

int place_builder_registry(struct place_builder *b, const struct prefix *p, const char *registry,
			   const char *country, enum place_status status)
{
	struct part *part = place_builder_part(b);
	struct image_rec rec = {.status = (uint8_t)status};
	int r;

	if (!part)
		return -ENOMEM;
	set_country(&rec, country);
	r = part_registry(part, registry, &rec.registry);
	return r < 0 ? r : part_add(part, LAYER_REGISTRY, p, &rec);
}

int place_builder_route(struct place_builder *b, const struct prefix *p, uint32_t origin,
			uint32_t neighbour)
{
	struct part *part = place_builder_part(b);
	struct ballot ballot = {.n_origins = 0};

	ballot_vote(&ballot, origin, neighbour, 1);
	return part ? routes_add(&part->routes, p, ROUTE_PEER_EACH, 0, &ballot) : -ENOMEM;
}

int place_builder_own(struct place_builder *b, const struct prefix *p, const char *customer,
		      const char *country)
{
	struct part *part = place_builder_part(b);
	struct image_rec rec = {.asn = 0};
	int r;

	if (!part)
		return -ENOMEM;
	set_country(&rec, country);
	r = place_pool_text(&part->items, customer, &rec.item);
	return r < 0 ? r : part_add(part, LAYER_OWN, p, &rec);
}

int place_builder_bytes(struct place_builder *b, void **bytes, size_t *size)
{
	_cleanup_free_ const struct image **images = NULL;
	int r = finish_part(b);

	if (r < 0)
		return r;
	images = calloc(b->n_done + 1, sizeof(*images));
	if (!images)
		return -ENOMEM;
	for (size_t i = 0; i < b->n_done; i++)
		images[i] = &b->done[i].im;
	r = overlay_images(images, b->n_done, bytes, size);
	drop_done(b);
	return r;
}

int place_builder_done(struct place_builder *b, struct places **out)
{
	_cleanup_text_ struct text why = TEXT_NULL;
	_cleanup_places_ struct places *p = places_new();
	void *bytes;
	size_t size;
	int r;

	if (!p)
		return -ENOMEM;
	r = place_builder_bytes(b, &bytes, &size);
	if (r < 0)
		return r;
	r = picture_take(&p->picture, bytes, size, &why);
	if (r)
		return r < 0 ? r : -EINVAL;
	places_tell(p);
	*out = take_ptr(p);
	return 0;
}
