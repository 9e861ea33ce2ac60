// SPDX-License-Identifier: ISC
#include "place/picture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/pages.h"

static int index4(const struct image_layer *y, struct picture_layer *p)
{
	size_t at = 0;

	if (y->n4 == 0)
		return 0;
	p->first4 = calloc((1u << FIRST_BITS) + 1, sizeof(*p->first4));
	if (!p->first4)
		return -ENOMEM;
	for (uint32_t i = 0; i < 1u << FIRST_BITS; i++) {
		while (at + 1 < y->n4 && y->v4[at + 1].start <= i << (32 - FIRST_BITS))
			at++;
		p->first4[i] = (uint32_t)at;
	}
	p->first4[1u << FIRST_BITS] = (uint32_t)(y->n4 - 1);
	return 0;
}

static int index6(const struct image_layer *y, struct picture_layer *p)
{
	if (y->n6 == 0)
		return 0;
	p->n_top6 = (y->n6 + TOP_EVERY - 1) / TOP_EVERY;
	p->top6 = malloc(p->n_top6 * sizeof(*p->top6));
	if (!p->top6)
		return -ENOMEM;
	for (size_t i = 0; i < p->n_top6; i++)
		p->top6[i] = y->v6[i * TOP_EVERY].start;
	return 0;
}

int picture_take(struct picture *p, void *bytes, size_t size, struct text *why)
{
	int r;

	*p = (struct picture){.bytes = bytes, .size = size};
	r = image_view(&p->im, bytes, size, why);
	for (unsigned l = 0; r == 0 && l < LAYER_COUNT; l++) {
		r = index4(&p->im.layers[l], &p->layers[l]);
		if (r == 0)
			r = index6(&p->im.layers[l], &p->layers[l]);
	}
	if (r)
		picture_deinit(p);
	return r;
}

void picture_deinit(struct picture *p)
{
	for (unsigned l = 0; l < LAYER_COUNT; l++) {
		free(p->layers[l].first4);
		free(p->layers[l].top6);
	}
	pages_unmap(p->bytes, p->size);
	*p = (struct picture){.bytes = NULL};
}

/* The last of v[lo..hi] that is not above @a; v[lo] is not. Halving without a branch to miss. */
static uint32_t last4(const struct image_range4 *v, uint32_t lo, uint32_t hi, uint32_t a)
{
	uint32_t n = hi - lo + 1;

	while (n > 1) {
		uint32_t half = n / 2;

		lo = v[lo + half].start <= a ? lo + half : lo;
		n -= half;
	}
	return lo;
}

static bool not_above(const struct image_key *k, struct image_key a)
{
	return k->hi < a.hi || (k->hi == a.hi && k->lo <= a.lo);
}

static size_t last_top6(const struct picture_layer *p, struct image_key a)
{
	size_t lo = 0, n = p->n_top6;

	while (n > 1) {
		size_t half = n / 2;

		lo = not_above(&p->top6[lo + half], a) ? lo + half : lo;
		n -= half;
	}
	return lo;
}

static size_t last6(const struct image_range *v, size_t lo, size_t n, struct image_key a)
{
	while (n > 1) {
		size_t half = n / 2;

		lo = not_above(&v[lo + half].start, a) ? lo + half : lo;
		n -= half;
	}
	return lo;
}

static uint32_t find4(const struct image_layer *y, const struct picture_layer *p, uint32_t a)
{
	uint32_t i = a >> (32 - FIRST_BITS);

	if (!p->first4)
		return 0;
	return y->v4[last4(y->v4, p->first4[i], p->first4[i + 1], a)].rec;
}

static uint32_t find6(const struct image_layer *y, const struct picture_layer *p,
		      struct image_key a)
{
	size_t from, n;

	if (!p->top6)
		return 0;
	from = last_top6(p, a) * TOP_EVERY;
	n = y->n6 - from < TOP_EVERY ? y->n6 - from : TOP_EVERY;
	return y->v6[last6(y->v6, from, n, a)].rec;
}

const struct image_rec *picture_find(const struct picture *p, enum place_layer l, int family,
				     struct image_key key)
{
	uint32_t rec = family == FAMILY_V4
			       ? find4(&p->im.layers[l], &p->layers[l], (uint32_t)key.lo)
			       : find6(&p->im.layers[l], &p->layers[l], key);

	return rec ? &p->im.recs[rec] : NULL;
}

const struct image_rec *picture_find_asn(const struct picture *p, enum place_layer l, uint32_t asn)
{
	uint32_t rec = find4(&p->im.layers[l], &p->layers[l], asn);

	return rec ? &p->im.recs[rec] : NULL;
}
