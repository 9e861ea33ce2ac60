// SPDX-License-Identifier: ISC
/*
 * From the records that the layers have for an address to one answer. Which of several sources says
 * the AS, and which the country, is their rank's to decide; among equals the order of the tables
 * below.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "place/picture.h"
#include "place/place.h"
#include "place/special.h"

struct found {
	const struct image_rec *rec[LAYER_COUNT];
	const struct picture *in[LAYER_COUNT];
};

static const struct place_source *source_of(const struct found *f, enum place_layer l)
{
	return &f->in[l]->im.sources[f->rec[l]->source];
}

static bool knows_asn(const struct image_rec *r)
{
	return r->asn != 0;
}

static bool knows_country(const struct image_rec *r)
{
	return r->country[0] != 0;
}

/* The layer of highest rank whose record knows it; LAYER_COUNT none. */
static enum place_layer best_of(const struct found *f, const enum place_layer *layers, size_t n,
				bool (*knows)(const struct image_rec *r))
{
	enum place_layer best = LAYER_COUNT;

	for (size_t i = 0; i < n; i++) {
		enum place_layer l = layers[i];

		if (f->rec[l] && knows(f->rec[l]) &&
		    (best == LAYER_COUNT || source_of(f, l)->rank > source_of(f, best)->rank))
			best = l;
	}
	return best;
}

static enum place_layer best_asn(const struct found *f)
{
	static const enum place_layer layers[] = {LAYER_EXCHANGE, LAYER_ROUTE, LAYER_GEO_AS};

	return best_of(f, layers, ARRAY_LEN(layers), knows_asn);
}

static enum place_layer best_country(const struct found *f)
{
	static const enum place_layer layers[] = {LAYER_OWN, LAYER_GEO_COUNTRY, LAYER_REGISTRY};

	return best_of(f, layers, ARRAY_LEN(layers), knows_country);
}

static void tell_route(const struct found *f, struct place *out)
{
	const struct image_rec *r = f->rec[LAYER_ROUTE];
	size_t n;
	const uint32_t *w = image_item(&f->in[LAYER_ROUTE]->im, r->item, &n);
	unsigned neighbours = n ? w[0] & 0xffff : 0, origins = n ? w[0] >> 16 : 0;

	if (neighbours > PLACE_NEIGHBOURS_MAX || origins > PLACE_ORIGINS_MAX ||
	    n < 1 + neighbours + origins)
		return;
	memcpy(out->neighbours, w + 1, neighbours * sizeof(*w));
	memcpy(out->origins, w + 1 + neighbours, origins * sizeof(*w));
	out->n_neighbours = (uint8_t)neighbours;
	out->n_origins_named = (uint8_t)origins;
	out->n_origins = r->n_origins;
}

static void tell_registry(const struct found *f, struct place *out)
{
	const struct image_rec *r = f->rec[LAYER_REGISTRY];

	memcpy(out->registry, f->in[LAYER_REGISTRY]->im.registries[r->registry],
	       sizeof(out->registry));
	out->status = (enum place_status)r->status;
	out->said_registry = source_of(f, LAYER_REGISTRY);
}

/* The source that is named, and its prefix: of the own world, the AS, the country, or anything. */
static void tell_source(const struct found *f, enum place_layer asn, enum place_layer country,
			const struct ip *ip, struct place *out)
{
	const enum place_layer order[] = {LAYER_OWN,	  asn, LAYER_ROUTE, country, LAYER_REGISTRY,
					  LAYER_GEO_OTHER};

	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		enum place_layer l = order[i];

		if (l == LAYER_COUNT || !f->rec[l])
			continue;
		out->prefix = prefix_of(ip, f->rec[l]->len);
		out->has_prefix = true;
		memcpy(out->source, source_of(f, l)->name, sizeof(out->source));
		out->dated_us = source_of(f, l)->dated_us;
		return;
	}
}

#define GEO_LAYERS (1u << LAYER_GEO_AS | 1u << LAYER_GEO_COUNTRY | 1u << LAYER_GEO_OTHER)

static void find_in(const struct places *p, unsigned layers, int family, struct image_key key,
		    struct found *f)
{
	for (layers &= p->layers[family]; layers; layers &= layers - 1) {
		unsigned l = (unsigned)__builtin_ctz(layers);

		f->in[l] = &p->picture;
		if (!f->rec[l])
			f->rec[l] = picture_find(&p->picture, l, family, key);
	}
}

/* MaxMind-format databases keep IPv4 under ::/96, and answer for ::192.0.2.1 too. */
static void find_compatible(const struct places *p, struct image_key key, struct found *f)
{
	struct found v4 = {.rec = {NULL}};

	find_in(p, GEO_LAYERS, FAMILY_V4, key, &v4);
	for (unsigned l = 0; l < LAYER_COUNT; l++) {
		if (f->rec[l] || !v4.rec[l] || source_of(&v4, l)->only_v4)
			continue;
		f->rec[l] = v4.rec[l];
		f->in[l] = v4.in[l];
	}
}

static void find_all(const struct places *p, const struct ip *ip, struct found *f)
{
	int family;
	struct image_key key = image_key_of(ip, &family);

	find_in(p, ~0u, family, key, f);
	if (family == FAMILY_V6 && key.hi == 0 && key.lo >> 32 == 0)
		find_compatible(p, key, f);
	if (p->own.bytes) {
		f->in[LAYER_OWN] = &p->own;
		f->rec[LAYER_OWN] = picture_find(&p->own, LAYER_OWN, family, key);
	}
}

static void tell_all(const struct places *p, const struct ip *ip, const struct found *f,
		     struct place *out)
{
	enum place_layer asn = best_asn(f), country = best_country(f);
	const struct image_rec *route = f->rec[LAYER_ROUTE];

	out->routed = !p->routes ? PLACE_UNKNOWN : PLACE_NO;
	if (route)
		tell_route(f, out);
	/* A default route says nothing of the address. */
	if (route && route->len != (ip_is_v4(ip) ? PREFIX_V4_BASE : 0))
		out->routed = PLACE_YES;
	if (f->rec[LAYER_REGISTRY])
		tell_registry(f, out);
	if (asn != LAYER_COUNT) {
		out->asn = f->rec[asn]->asn;
		out->said_asn = source_of(f, asn);
	}
	if (country != LAYER_COUNT) {
		memcpy(out->country, f->rec[country]->country, 2);
		out->said_country = source_of(f, country);
	}
	if (f->rec[LAYER_EXCHANGE])
		out->exchange = image_text(&p->picture.im, f->rec[LAYER_EXCHANGE]->item);
	if (f->rec[LAYER_OWN]) {
		out->own = true;
		out->customer = image_text(&f->in[LAYER_OWN]->im, f->rec[LAYER_OWN]->item);
	}
	tell_source(f, asn, country, ip, out);
}

void place_lookup(const struct places *p, const struct ip *ip, struct place *out)
{
	struct found f = {.rec = {NULL}};

	memset(out, 0, sizeof(*out));
	out->dated_us = TIME_NONE;
	out->customer = out->exchange = "";
	out->special = place_is_special(ip);
	if (!p)
		return;
	find_all(p, ip, &f);
	tell_all(p, ip, &f, out);
}

static const char *name_in(const struct picture *p, uint32_t asn)
{
	const struct image_rec *r = picture_find_asn(p, LAYER_AS_NAME, asn);

	return r ? image_text(&p->im, r->item) : "";
}

const char *place_as_name(const struct places *p, uint32_t asn)
{
	const char *own = p ? name_in(&p->own, asn) : "";

	return *own || !p ? own : name_in(&p->picture, asn);
}

bool place_as_block(const struct places *p, uint32_t asn, struct place *out)
{
	const struct image_rec *r = p ? picture_find_asn(&p->picture, LAYER_AS_BLOCK, asn) : NULL;
	const struct image *im = p ? &p->picture.im : NULL;

	memset(out, 0, sizeof(*out));
	out->dated_us = TIME_NONE;
	out->customer = out->exchange = "";
	if (!r)
		return false;
	out->asn = asn;
	memcpy(out->country, r->country, 2);
	memcpy(out->registry, im->registries[r->registry], sizeof(out->registry));
	out->status = (enum place_status)r->status;
	memcpy(out->source, im->sources[r->source].name, sizeof(out->source));
	out->dated_us = im->sources[r->source].dated_us;
	out->said_country = out->said_registry = &im->sources[r->source];
	return true;
}

const struct place_source *places_sources(const struct places *p, size_t *n)
{
	*n = p ? p->picture.im.n_sources : 0;
	return p ? p->picture.im.sources : NULL;
}

size_t places_bytes(const struct places *p)
{
	size_t n = sizeof(*p);

	for (unsigned l = 0; l < LAYER_COUNT; l++) {
		const struct picture_layer *y = &p->picture.layers[l];

		n += y->first4 ? ((1u << FIRST_BITS) + 1) * sizeof(*y->first4) : 0;
		n += y->n_top6 * sizeof(*y->top6);
	}
	return n + p->picture.size + p->own.size;
}

struct places *places_new(void)
{
	struct places *p = calloc(1, sizeof(*p));

	if (p)
		p->refs = 1;
	return p;
}

void places_tell(struct places *p)
{
	const struct image_layer *y = p->picture.im.layers;

	p->routes = y[LAYER_ROUTE].n4 || y[LAYER_ROUTE].n6;
	for (unsigned l = 0; l < LAYER_AS_BLOCK; l++) {
		p->layers[FAMILY_V4] |= (unsigned)(y[l].n4 > 0) << l;
		p->layers[FAMILY_V6] |= (unsigned)(y[l].n6 > 0) << l;
	}
}

struct places *places_ref(struct places *p)
{
	if (p)
		__atomic_add_fetch(&p->refs, 1, __ATOMIC_RELAXED);
	return p;
}

struct places *places_unref(struct places *p)
{
	if (p && __atomic_sub_fetch(&p->refs, 1, __ATOMIC_ACQ_REL) == 0) {
		picture_deinit(&p->picture);
		picture_deinit(&p->own);
		free(p);
	}
	return NULL;
}
