/* SPDX-License-Identifier: ISC */
/*
 * What look-ups run on: an image with the indexes that a machine's caches want. Inside the room.
 */
#pragma once

#include "place/image.h"

#define FIRST_BITS 16 /* IPv4: an index by the upper half of the address */
#define TOP_EVERY  16 /* IPv6: every so many ranges one key in an array of its own */

struct picture_layer {
	uint32_t *first4; /* 2^16 + 1: the range that holds the first address of each /16 */
	struct image_key *top6;
	size_t n_top6;
};

/* One image, owned. */
struct picture {
	void *bytes;
	size_t size;
	struct image im;
	struct picture_layer layers[LAYER_COUNT];
};

struct places {
	struct picture picture;	       /* everything that was imported */
	struct picture own;	       /* of the configuration; may be empty */
	unsigned layers[FAMILY_COUNT]; /* of the picture, that have anything: bits */
	bool routes;
	unsigned refs;
};

/**
 * picture_take() - check @bytes and index them. They are owned from now on, also when refused.
 * Return: 0; 1 with the reason in @why; -ENOMEM.
 */
int picture_take(struct picture *p, void *bytes, size_t size, struct text *why);
void picture_deinit(struct picture *p);

/** picture_find() - the record of the layer for an address of image_key_of(), NULL none. */
const struct image_rec *picture_find(const struct picture *p, enum place_layer l, int family,
				     struct image_key key);

/** picture_find_asn() - the same in LAYER_AS_BLOCK and LAYER_AS_NAME. */
const struct image_rec *picture_find_asn(const struct picture *p, enum place_layer l, uint32_t asn);

/** places_new() - empty places with one reference. NULL without memory. */
struct places *places_new(void);

/** places_tell() - what there are in the picture; once, when it is complete. */
void places_tell(struct places *p);
