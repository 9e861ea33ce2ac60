/* SPDX-License-Identifier: ISC */
/*
 * An image: tables of disjoint ranges, each with the number of a record, in one piece of memory
 * that can be written to a file and looked into as it was read. A stored source is an image of one
 * source, the picture that look-ups use is an image of all of them laid over each other. Whatever
 * the bytes are, image_view() refuses them or every look-up into them is safe.
 *
 * There is one layer per kind of statement. IPv4 stands in it as sorted 32-bit begins, IPv6 as
 * sorted 128-bit begins; AS numbers are laid out like IPv4 addresses.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "place/place.h"

enum place_layer {
	LAYER_OWN,	   /* the operator's own prefixes; item: customer */
	LAYER_EXCHANGE,	   /* PeeringDB: addresses of members; asn, item: name of the exchange */
	LAYER_ROUTE,	   /* routing tables; asn, item: neighbours and origins */
	LAYER_GEO_AS,	   /* MaxMind formats: asn */
	LAYER_GEO_COUNTRY, /* MaxMind formats: country */
	LAYER_GEO_OTHER,   /* MaxMind formats: a record, but neither of these in it */
	LAYER_REGISTRY,	   /* registries: country, registry, status */
	LAYER_AS_BLOCK,	   /* the same of AS numbers */
	LAYER_AS_NAME,	   /* item: what an AS is called */
	LAYER_COUNT
};

#define FAMILY_V4	     0
#define FAMILY_V6	     1
#define FAMILY_COUNT	     2
#define IMAGE_REGISTRIES_MAX 250
#define IMAGE_SOURCES_MAX    1024
#define IMAGE_RANGES_MAX     (UINT64_C(1) << 28)

struct image_rec {
	uint32_t asn, item; /* item: where in the items, 0 none */
	char country[2];
	uint8_t len; /* of the prefix, in the 128-bit form */
	uint8_t status, registry, n_origins;
	uint16_t source;
};

struct image_key {
	uint64_t hi, lo; /* IPv4: lo */
};

/* A range begins here and ends where the next one begins; rec 0: nothing is known. */
struct image_range {
	struct image_key start;
	uint32_t rec, spare; /* spare: 0 */
};

/* The same of IPv4: begin and record side by side, as a look-up wants both at once. */
struct image_range4 {
	uint32_t start, rec;
};

struct image_ranges {
	struct image_range *r;
	size_t n, room;
};

struct image_layer {
	const struct image_range4 *v4;
	const struct image_range *v6;
	size_t n4, n6;
};

struct image {
	const uint8_t *bytes;
	size_t size;
	const struct place_source *sources;
	size_t n_sources;
	const char (*registries)[PLACE_REGISTRY_MAX];
	size_t n_registries;
	const struct image_rec *recs;
	size_t n_recs;
	const uint32_t *items;
	size_t n_items;
	struct image_layer layers[LAYER_COUNT];
};

/* What an image is made of; all borrowed. */
struct image_parts {
	const struct place_source *sources;
	size_t n_sources;
	const char (*registries)[PLACE_REGISTRY_MAX];
	size_t n_registries;
	const struct image_rec *recs;
	size_t n_recs;
	const uint32_t *items;
	size_t n_items;
	const struct image_ranges (*ranges)[FAMILY_COUNT]; /* LAYER_COUNT of them */
};

static inline int image_key_compare(struct image_key a, struct image_key b)
{
	if (a.hi != b.hi)
		return a.hi < b.hi ? -1 : 1;
	return a.lo < b.lo ? -1 : a.lo > b.lo;
}

/** image_key_of() - the key of an address, and its family. */
static inline struct image_key image_key_of(const struct ip *ip, int *family)
{
	if (ip_is_v4(ip)) {
		*family = FAMILY_V4;
		return (struct image_key){.lo = ip_v4(ip)};
	}
	*family = FAMILY_V6;
	return (struct image_key){.hi = __builtin_bswap64(ip->u[0]),
				  .lo = __builtin_bswap64(ip->u[1])};
}

/** image_ranges_add() - append; what has the same record as the last is part of it. Return: 0,
 * -ENOMEM or -EFBIG. */
int image_ranges_add(struct image_ranges *r, struct image_key start, uint32_t rec);

/**
 * image_pack() - lay it out. @bytes: @size of them, to be given back with pages_unmap().
 * Return: 0 or -ENOMEM.
 */
int image_pack(const struct image_parts *p, void **bytes, size_t *size);

/**
 * image_view() - check @size bytes, which must stay as long as @im is used.
 * Return: 0, or 1 with the reason in @why ("OFFSET: sentence").
 */
int image_view(struct image *im, const void *bytes, size_t size, struct text *why);

/** image_seal() - write the checksum of what now stands in @bytes (fuzzing, and image_pack()). */
void image_seal(void *bytes, size_t size);

/** image_item() - the words of item @id, none where there is no such item. */
const uint32_t *image_item(const struct image *im, uint32_t id, size_t *n);

/** image_text() - item @id as a text; "" where it is none. */
const char *image_text(const struct image *im, uint32_t id);
