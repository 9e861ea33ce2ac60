// SPDX-License-Identifier: ISC
#include "place/part.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define WIDTH_V4 32
#define WIDTH_V6 128

struct part *part_new(const char *name, const char *kind, int64_t dated_us)
{
	struct part *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->source = (struct place_source){.dated_us = dated_us, .imported_us = TIME_NONE};
	strncpy(p->source.name, name, sizeof(p->source.name) - 1);
	strncpy(p->source.kind, kind, sizeof(p->source.kind) - 1);
	p->n_registries = 1;
	if (place_pool_init(&p->recs, sizeof(struct image_rec) / sizeof(uint32_t)) < 0 ||
	    place_pool_init(&p->items, 0) < 0 || routes_init(&p->routes) < 0)
		return part_free(p);
	return p;
}

static void drop_entries(struct part *p)
{
	for (unsigned l = 0; l < LAYER_COUNT; l++)
		for (unsigned f = 0; f < FAMILY_COUNT; f++) {
			free(p->entries[l][f].e);
			p->entries[l][f] = (struct part_entries){.n = 0};
		}
}

struct part *part_free(struct part *p)
{
	if (p) {
		drop_entries(p);
		place_pool_deinit(&p->recs);
		place_pool_deinit(&p->items);
		routes_deinit(&p->routes);
	}
	free(p);
	return NULL;
}

int part_registry(struct part *p, const char *name, uint8_t *number)
{
	size_t i = 0;

	while (i < p->n_registries && strncmp(p->registries[i], name, PLACE_REGISTRY_MAX - 1) != 0)
		i++;
	if (i == IMAGE_REGISTRIES_MAX)
		return -ENOSPC;
	if (i == p->n_registries) {
		strncpy(p->registries[i], name, PLACE_REGISTRY_MAX - 1);
		p->n_registries++;
	}
	*number = (uint8_t)i;
	return 0;
}

static bool in_order(const struct part_entry *a, const struct part_entry *b)
{
	int c = image_key_compare(a->key, b->key);

	return c < 0 || (c == 0 && a->len <= b->len);
}

static int append(struct part_entries *s, const struct part_entry *e)
{
	if (s->n >= PART_ENTRIES_MAX)
		return -EFBIG;
	if (s->n == s->room) {
		size_t room = s->room ? s->room + s->room / 2 : 64;
		struct part_entry *grown = realloc(s->e, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		s->e = grown;
		s->room = room;
	}
	if (s->n && !in_order(&s->e[s->n - 1], e))
		s->unsorted = true;
	s->e[s->n++] = *e;
	return 0;
}

static int put_rec(struct part *p, const struct image_rec *rec, uint8_t len, uint32_t *id)
{
	struct image_rec r = *rec;

	r.len = len;
	return place_pool_put(&p->recs, (const uint32_t *)&r, p->recs.fixed, id);
}

int part_add(struct part *p, enum place_layer layer, const struct prefix *prefix,
	     const struct image_rec *rec)
{
	struct part_entry e = {.rec = 0};
	struct ip addr = ip_mask(&prefix->addr, prefix->len);
	int family, r = put_rec(p, rec, prefix->len, &e.rec);

	if (r < 0)
		return r;
	e.key = image_key_of(&addr, &family);
	/* ::ffff:0:0/90 is no IPv4 prefix, though its address looks like one. */
	if (family == FAMILY_V4 && prefix->len < PREFIX_V4_BASE) {
		family = FAMILY_V6;
		e.key = (struct image_key){.lo = __builtin_bswap64(addr.u[1])};
	}
	e.len = family == FAMILY_V4 ? prefix->len - PREFIX_V4_BASE : prefix->len;
	return append(&p->entries[layer][family], &e);
}

int part_add_range(struct part *p, enum place_layer layer, uint32_t first, uint64_t count,
		   const struct image_rec *rec)
{
	uint64_t at = first, end = at + count;
	int r = 0;

	if (end > UINT64_C(1) << WIDTH_V4)
		end = UINT64_C(1) << WIDTH_V4;
	while (r == 0 && at < end) {
		unsigned bits = at ? (unsigned)__builtin_ctzll(at) : WIDTH_V4;
		struct part_entry e = {.key.lo = at};

		while (bits > WIDTH_V4 || at + (UINT64_C(1) << bits) > end)
			bits--;
		e.len = (uint8_t)(WIDTH_V4 - bits);
		r = put_rec(p, rec, (uint8_t)(PREFIX_V4_BASE + e.len), &e.rec);
		if (r == 0)
			r = append(&p->entries[layer][FAMILY_V4], &e);
		at += UINT64_C(1) << bits;
	}
	return r;
}

/* Laying flat */

static int compare_entries(const void *a, const void *b)
{
	const struct part_entry *x = a, *y = b;
	int c = image_key_compare(x->key, y->key);

	return c ? c : x->len - y->len;
}

/* Merge sort: equal prefixes stay in the order in which they came, as qsort() does not promise. */
static int sort_entries(struct part_entries *s)
{
	_cleanup_free_ struct part_entry *other = NULL;
	struct part_entry *from = s->e, *to;

	if (!s->unsorted)
		return 0;
	other = malloc(s->n * sizeof(*other));
	if (!other)
		return -ENOMEM;
	to = other;
	for (size_t width = 1; width < s->n; width *= 2) {
		struct part_entry *swap = from;

		for (size_t lo = 0; lo < s->n; lo += 2 * width) {
			size_t mid = lo + width < s->n ? lo + width : s->n, i = lo, j = mid;
			size_t hi = mid + width < s->n ? mid + width : s->n;

			for (size_t k = lo; k < hi; k++)
				to[k] = j == hi || (i < mid &&
						    compare_entries(&from[i], &from[j]) <= 0)
						? from[i++]
						: from[j++];
		}
		from = to;
		to = swap;
	}
	if (from != s->e)
		memcpy(s->e, from, s->n * sizeof(*s->e));
	s->unsorted = false;
	return 0;
}

struct open_prefix {
	uint128_t end; /* last address */
	uint32_t rec;
	uint8_t len;
};

struct flat {
	struct image_ranges *out;
	struct open_prefix open[WIDTH_V6 + 2]; /* nested in each other; the first is everything */
	unsigned depth;
	unsigned width;
};

static uint128_t wide(struct image_key k)
{
	return (uint128_t)k.hi << 64 | k.lo;
}

static uint128_t last_of(const struct flat *f, const struct part_entry *e)
{
	unsigned bits = f->width - e->len;
	uint128_t size_less_1 = bits >= 128 ? ~(uint128_t)0 : ((uint128_t)1 << bits) - 1;

	return wide(e->key) | size_less_1;
}

static int emit(struct flat *f, uint128_t start, uint32_t rec)
{
	struct image_key k = {.hi = (uint64_t)(start >> 64), .lo = (uint64_t)start};

	return image_ranges_add(f->out, k, rec);
}

/* Close what ends before @next; behind each the one around it goes on. */
static int close_before(struct flat *f, uint128_t next, bool all)
{
	while (f->depth > 1 && (all || f->open[f->depth - 1].end < next)) {
		uint128_t end = f->open[--f->depth].end;
		int r;

		if (end == f->open[0].end)
			continue; /* nothing comes behind the last address */
		r = emit(f, end + 1, f->open[f->depth - 1].rec);
		if (r < 0)
			return r;
	}
	return 0;
}

static int lay_flat(struct part_entries *s, int family, struct image_ranges *out)
{
	struct flat f = {
		.out = out, .depth = 1, .width = family == FAMILY_V4 ? WIDTH_V4 : WIDTH_V6};
	int r = sort_entries(s);

	if (r < 0 || s->n == 0)
		return r;
	f.open[0].end = f.width == WIDTH_V6 ? ~(uint128_t)0 : ((uint128_t)1 << WIDTH_V4) - 1;
	r = emit(&f, 0, 0);
	for (size_t i = 0; r == 0 && i < s->n; i++) {
		const struct part_entry *e = &s->e[i];

		/* The same prefix again: only the last one counts. */
		if (i + 1 < s->n && compare_entries(e, e + 1) == 0)
			continue;
		r = close_before(&f, wide(e->key), false);
		f.open[f.depth++] =
			(struct open_prefix){.end = last_of(&f, e), .rec = e->rec, .len = e->len};
		if (r == 0)
			r = emit(&f, wide(e->key), e->rec);
	}
	return r < 0 ? r : close_before(&f, 0, true);
}

static void drop_ranges(struct image_ranges (*ranges)[FAMILY_COUNT])
{
	for (unsigned l = 0; l < LAYER_COUNT; l++)
		for (unsigned f = 0; f < FAMILY_COUNT; f++)
			free(ranges[l][f].r);
}

int part_pack(struct part *p, void **bytes, size_t *size)
{
	struct image_ranges ranges[LAYER_COUNT][FAMILY_COUNT] = {0};
	int r = routes_finish(&p->routes, p);

	p->source.ranges = 0;
	for (unsigned l = 0; r == 0 && l < LAYER_COUNT; l++)
		for (int f = 0; r == 0 && f < FAMILY_COUNT; f++) {
			r = lay_flat(&p->entries[l][f], f, &ranges[l][f]);
			p->source.ranges += ranges[l][f].n;
		}
	drop_entries(p);
	if (r == 0) {
		struct image_parts parts = {
			.sources = &p->source,
			.n_sources = 1,
			.registries = (const char(*)[PLACE_REGISTRY_MAX])p->registries,
			.n_registries = p->n_registries,
			.recs = (const struct image_rec *)p->recs.w,
			.n_recs = p->recs.n / p->recs.fixed,
			.items = p->items.w,
			.n_items = p->items.n,
			.ranges = (const struct image_ranges(*)[FAMILY_COUNT])ranges,
		};

		r = image_pack(&parts, bytes, size);
	}
	drop_ranges(ranges);
	return r;
}
