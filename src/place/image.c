// SPDX-License-Identifier: ISC
/*
 * Head, sections, checks. The numbers are those of the machine that wrote them; another byte order
 * is refused.
 */
#include "place/image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/pages.h"

#define IMAGE_MAGIC   "NRSPLACE"
#define IMAGE_VERSION 1
#define IMAGE_ORDER   0x01020304u
#define IMAGE_ALIGN   64
#define IMAGE_SEED    0x6e6f726f736869ull

enum section_id {
	SECTION_SOURCES,
	SECTION_REGISTRIES,
	SECTION_RECS,
	SECTION_ITEMS,
	SECTION_LAYERS, /* two for each layer */
	SECTION_COUNT = SECTION_LAYERS + FAMILY_COUNT * LAYER_COUNT
};

struct section {
	uint64_t at, n;
};

struct head {
	char magic[8];
	uint32_t order, version;
	uint64_t size, checksum; /* checksum: of all behind it */
	struct section section[SECTION_COUNT];
};

_Static_assert(sizeof(struct image_rec) == 16, "written as it stands");
_Static_assert(sizeof(struct place_source) == 120, "written as it stands");

static size_t unit_of(unsigned id)
{
	static const size_t first[] = {sizeof(struct place_source), PLACE_REGISTRY_MAX,
				       sizeof(struct image_rec), sizeof(uint32_t)};
	static const size_t layer[] = {sizeof(struct image_range4), sizeof(struct image_range)};

	return id < SECTION_LAYERS ? first[id] : layer[(id - SECTION_LAYERS) % FAMILY_COUNT];
}

int image_ranges_add(struct image_ranges *r, struct image_key start, uint32_t rec)
{
	if (r->n && image_key_compare(r->r[r->n - 1].start, start) == 0) {
		r->n--; /* nothing was between the two */
	}
	if (r->n && r->r[r->n - 1].rec == rec)
		return 0;
	if (r->n >= IMAGE_RANGES_MAX)
		return -EFBIG;
	if (r->n == r->room) {
		size_t room = r->room ? r->room + r->room / 2 : 64;
		struct image_range *grown = realloc(r->r, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		r->r = grown;
		r->room = room;
	}
	r->r[r->n++] = (struct image_range){.start = start, .rec = rec};
	return 0;
}

/* Packing */

static uint64_t whole(uint64_t n)
{
	return (n + IMAGE_ALIGN - 1) / IMAGE_ALIGN * IMAGE_ALIGN;
}

static void plan(const struct image_parts *p, struct head *h)
{
	uint64_t at = whole(sizeof(*h));

	memcpy(h->magic, IMAGE_MAGIC, sizeof(h->magic));
	h->order = IMAGE_ORDER;
	h->version = IMAGE_VERSION;
	h->section[SECTION_SOURCES].n = p->n_sources;
	h->section[SECTION_REGISTRIES].n = p->n_registries;
	h->section[SECTION_RECS].n = p->n_recs;
	h->section[SECTION_ITEMS].n = p->n_items;
	for (unsigned l = 0; l < LAYER_COUNT; l++) {
		struct section *s = &h->section[SECTION_LAYERS + FAMILY_COUNT * l];

		s[FAMILY_V4].n = p->ranges[l][FAMILY_V4].n;
		s[FAMILY_V6].n = p->ranges[l][FAMILY_V6].n;
	}
	for (unsigned i = 0; i < SECTION_COUNT; i++) {
		h->section[i].at = at;
		at += whole(h->section[i].n * unit_of(i));
	}
	h->size = at;
}

static void put(uint8_t *to, const struct head *h, unsigned id, const void *from)
{
	if (h->section[id].n)
		memcpy(to + h->section[id].at, from, h->section[id].n * unit_of(id));
}

static void put_layer(uint8_t *to, const struct section *s, const struct image_ranges *ranges)
{
	struct image_range4 *v4 = (struct image_range4 *)(to + s[FAMILY_V4].at);

	for (size_t i = 0; i < ranges[FAMILY_V4].n; i++)
		v4[i] = (struct image_range4){(uint32_t)ranges[FAMILY_V4].r[i].start.lo,
					      ranges[FAMILY_V4].r[i].rec};
	if (ranges[FAMILY_V6].n)
		memcpy(to + s[FAMILY_V6].at, ranges[FAMILY_V6].r,
		       ranges[FAMILY_V6].n * sizeof(struct image_range));
}

static uint64_t checksum(const uint8_t *bytes, size_t size)
{
	size_t from = offsetof(struct head, section);

	return hash_bytes(bytes + from, size - from, IMAGE_SEED);
}

void image_seal(void *bytes, size_t size)
{
	struct head *h = bytes;

	if (size < sizeof(*h))
		return;
	h->size = size;
	h->checksum = checksum(bytes, size);
}

int image_pack(const struct image_parts *p, void **bytes, size_t *size)
{
	struct head h = {.size = 0};
	uint8_t *to;

	plan(p, &h);
	to = pages_map(h.size);
	if (!to)
		return -ENOMEM;
	memcpy(to, &h, sizeof(h));
	put(to, &h, SECTION_SOURCES, p->sources);
	put(to, &h, SECTION_REGISTRIES, p->registries);
	put(to, &h, SECTION_RECS, p->recs);
	put(to, &h, SECTION_ITEMS, p->items);
	for (unsigned l = 0; l < LAYER_COUNT; l++)
		put_layer(to, &h.section[SECTION_LAYERS + FAMILY_COUNT * l], p->ranges[l]);
	image_seal(to, h.size);
	*bytes = to;
	*size = h.size;
	return 0;
}

/* Checking */

static int refuse(struct text *why, uint64_t at, const char *sentence)
{
	text_printf(why, "%llu: %s", (unsigned long long)at, sentence);
	return 1;
}

static int check_head(const struct head *h, size_t size, struct text *why)
{
	if (size < sizeof(*h) || memcmp(h->magic, IMAGE_MAGIC, sizeof(h->magic)) != 0)
		return refuse(why, 0, "not a file of places");
	if (h->order != IMAGE_ORDER || h->version != IMAGE_VERSION)
		return refuse(why, 8, "written by another kind of machine or program");
	if (h->size != size)
		return refuse(why, offsetof(struct head, size), "the file is cut, or longer");
	for (unsigned i = 0; i < SECTION_COUNT; i++) {
		const struct section *s = &h->section[i];
		uint64_t at = offsetof(struct head, section) + i * sizeof(*s);

		if (s->at % IMAGE_ALIGN || s->at < sizeof(*h) || s->at > size ||
		    s->n > (size - s->at) / unit_of(i))
			return refuse(why, at, "a section lies outside the file");
	}
	return 0;
}

static const void *section(const struct image *im, unsigned id, size_t *n)
{
	const struct head *h = (const struct head *)im->bytes;

	*n = h->section[id].n;
	return im->bytes + h->section[id].at;
}

static void find_sections(struct image *im)
{
	im->sources = section(im, SECTION_SOURCES, &im->n_sources);
	im->registries = (const char(*)[PLACE_REGISTRY_MAX])section(im, SECTION_REGISTRIES,
								    &im->n_registries);
	im->recs = section(im, SECTION_RECS, &im->n_recs);
	im->items = section(im, SECTION_ITEMS, &im->n_items);
	for (unsigned l = 0; l < LAYER_COUNT; l++) {
		struct image_layer *y = &im->layers[l];
		unsigned id = SECTION_LAYERS + FAMILY_COUNT * l;

		y->v4 = section(im, id + FAMILY_V4, &y->n4);
		y->v6 = section(im, id + FAMILY_V6, &y->n6);
	}
}

static bool is_text(const char *s, size_t room)
{
	return memchr(s, '\0', room) != NULL;
}

static int check_names(const struct image *im, struct text *why)
{
	uint64_t at = (uint64_t)((const uint8_t *)im->sources - im->bytes);

	if (im->n_sources > IMAGE_SOURCES_MAX || im->n_registries > IMAGE_REGISTRIES_MAX)
		return refuse(why, at, "too many sources or registries");
	for (size_t i = 0; i < im->n_sources; i++) {
		if (!is_text(im->sources[i].name, PLACE_SOURCE_MAX) ||
		    !is_text(im->sources[i].kind, sizeof(im->sources[i].kind)))
			return refuse(why, at + i * sizeof(struct place_source),
				      "a name without an end");
	}
	for (size_t i = 0; i < im->n_registries; i++) {
		if (!is_text(im->registries[i], PLACE_REGISTRY_MAX))
			return refuse(why, at, "a registry without an end");
	}
	return 0;
}

static bool country_fits(const char *c)
{
	return (c[0] == 0 && c[1] == 0) ||
	       (c[0] >= 'A' && c[0] <= 'Z' && c[1] >= 'A' && c[1] <= 'Z');
}

static int check_recs(const struct image *im, struct text *why)
{
	uint64_t at = (uint64_t)((const uint8_t *)im->recs - im->bytes);

	if (im->n_recs == 0)
		return refuse(why, at, "no records");
	for (size_t i = 0; i < im->n_recs; i++) {
		const struct image_rec *r = &im->recs[i];

		if (r->len > 128 || r->status > PLACE_RESERVED || !country_fits(r->country) ||
		    (i && (r->source >= im->n_sources || r->registry >= im->n_registries)))
			return refuse(why, at + i * sizeof(*r), "a record that cannot be");
	}
	return 0;
}

static bool v4_fits(const struct image_layer *y, size_t n_recs)
{
	bool good = y->n4 == 0 || y->v4[0].start == 0;

	for (size_t i = 0; i < y->n4; i++)
		good &= y->v4[i].rec < n_recs && (i == 0 || y->v4[i - 1].start < y->v4[i].start);
	return good;
}

static bool v6_fits(const struct image_layer *y, size_t n_recs)
{
	static const struct image_key zero;
	bool good = y->n6 == 0 || image_key_compare(y->v6[0].start, zero) == 0;

	for (size_t i = 0; i < y->n6; i++)
		good &= y->v6[i].rec < n_recs &&
			(i == 0 || image_key_compare(y->v6[i - 1].start, y->v6[i].start) < 0);
	return good;
}

static int check_layers(const struct image *im, const struct head *h, struct text *why)
{
	for (unsigned l = 0; l < LAYER_COUNT; l++) {
		const struct section *s = &h->section[SECTION_LAYERS + FAMILY_COUNT * l];
		const struct image_layer *y = &im->layers[l];

		if (y->n4 > IMAGE_RANGES_MAX || y->n6 > IMAGE_RANGES_MAX)
			return refuse(why, s->at, "too many ranges");
		if (!v4_fits(y, im->n_recs) || !v6_fits(y, im->n_recs))
			return refuse(why, s->at, "ranges out of order, or of records not there");
	}
	return 0;
}

int image_view(struct image *im, const void *bytes, size_t size, struct text *why)
{
	const struct head *h = bytes;
	int r = check_head(h, size, why);

	if (r)
		return r;
	if (h->checksum != checksum(bytes, size))
		return refuse(why, offsetof(struct head, checksum), "the checksum does not hold");
	*im = (struct image){.bytes = bytes, .size = size};
	find_sections(im);
	r = check_names(im, why);
	if (r == 0)
		r = check_recs(im, why);
	return r ? r : check_layers(im, h, why);
}

const uint32_t *image_item(const struct image *im, uint32_t id, size_t *n)
{
	if (id >= im->n_items || im->items[id] > im->n_items - id - 1) {
		*n = 0;
		return NULL;
	}
	*n = im->items[id];
	return im->items + id + 1;
}

const char *image_text(const struct image *im, uint32_t id)
{
	size_t n;
	const uint32_t *w = image_item(im, id, &n);

	return n && is_text((const char *)w, n * sizeof(*w)) ? (const char *)w : "";
}
