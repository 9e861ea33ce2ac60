/* SPDX-License-Identifier: ISC */
#include "detect/cells.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/hash.h"

#define WAYS	    32
#define HEAT_PINNED 255
#define SETS_FIRST  4
#define SETS_SMALL  64 /* 2,048 cells of a shard and level */

struct cell_meta {
	uint8_t tag[WAYS]; /* 0 empty */
	uint8_t heat[WAYS];
};

_Static_assert(sizeof(struct cell_meta) == 64, "one cache line");

#define SET_BYTES (WAYS * sizeof(struct cell) + sizeof(struct cell_meta))

static int allocate(size_t sets, struct cell **cell, struct cell_meta **meta)
{
	*cell = aligned_alloc(64, sets * WAYS * sizeof(**cell));
	*meta = aligned_alloc(64, sets * sizeof(**meta));
	if (!*cell || !*meta) {
		free(*cell);
		free(*meta);
		return -ENOMEM;
	}
	memset(*meta, 0, sets * sizeof(**meta));
	return 0;
}

int cells_init(struct cells *t, size_t max_bytes)
{
	*t = (struct cells){.sets = SETS_FIRST, .moves = 1};
	t->sets_max = max_bytes / SET_BYTES > SETS_FIRST ? max_bytes / SET_BYTES : SETS_FIRST;
	return allocate(t->sets, &t->cell, &t->meta);
}

void cells_deinit(struct cells *t)
{
	free(t->cell);
	free(t->meta);
	*t = (struct cells){0};
}

void cells_allow(struct cells *t, size_t max_bytes)
{
	t->sets_max = max_bytes / SET_BYTES > t->sets ? max_bytes / SET_BYTES : t->sets;
	t->wants = false;
}

uint64_t cells_hash(const struct ip *key)
{
	return hash_u128(key->u, HASH_K2);
}

static size_t set_of(const struct cells *t, uint64_t hash)
{
	return (size_t)(((uint128_t)hash * t->sets) >> 64);
}

static uint8_t tag_of(uint64_t hash)
{
	uint8_t tag = (uint8_t)hash;

	return tag ? tag : 1;
}

/* Bit per way whose tag it is. */
static uint32_t ways_of(const struct cell_meta *m, uint8_t tag)
{
	uint32_t ways = 0;

#ifdef __SSE2__
	/* 32 comparisons in two: a loop over bytes took 13 % of the whole path. */
	__m128i t = _mm_set1_epi8((char)tag);
	const __m128i *tags = (const __m128i *)(const void *)m->tag;

	ways = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_load_si128(tags), t));
	ways |= (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_load_si128(tags + 1), t)) << 16;
#else
	for (unsigned w = 0; w < WAYS; w++)
		ways |= (uint32_t)(m->tag[w] == tag) << w;
#endif
	return ways;
}

struct cell *cells_peek(const struct cells *t, const struct ip *key, uint64_t hash)
{
	size_t set = set_of(t, hash);
	uint32_t ways = ways_of(&t->meta[set], tag_of(hash));

	for (; ways; ways &= ways - 1) {
		struct cell *c = &t->cell[set * WAYS + (unsigned)__builtin_ctz(ways)];

		if (ip_equal(&c->key, key))
			return c;
	}
	return NULL;
}

struct cell *cells_find(const struct cells *t, const struct ip *key)
{
	return cells_peek(t, key, cells_hash(key));
}

void cells_near(const struct cells *t, uint64_t hash)
{
	__builtin_prefetch(&t->meta[set_of(t, hash)]);
}

struct cell *cells_fetch(const struct cells *t, uint64_t hash)
{
	size_t set = set_of(t, hash);
	uint32_t ways = ways_of(&t->meta[set], tag_of(hash));
	struct cell *c = &t->cell[set * WAYS + (unsigned)__builtin_ctz(ways | 1u << 31)];

	if (!ways)
		return NULL;
	__builtin_prefetch(c, 1);
	return c;
}

/* The coldest way; of those that are alike the first from @turn on. */
static unsigned coldest_of(const struct cell_meta *m, unsigned turn)
{
	uint8_t least = UINT8_MAX;
	uint32_t ways = 0, later;

#ifdef __SSE2__
	/* A loop over bytes took 1.3 % of the whole path under a million destinations. */
	const __m128i *heats = (const __m128i *)(const void *)m->heat;
	__m128i a = _mm_load_si128(heats), b = _mm_load_si128(heats + 1), x = _mm_min_epu8(a, b);

	x = _mm_min_epu8(x, _mm_srli_si128(x, 8));
	x = _mm_min_epu8(x, _mm_srli_si128(x, 4));
	x = _mm_min_epu8(x, _mm_srli_si128(x, 2));
	x = _mm_min_epu8(x, _mm_srli_si128(x, 1));
	least = (uint8_t)_mm_cvtsi128_si32(x);
	x = _mm_set1_epi8((char)least);
	ways = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(a, x)) |
	       (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(b, x)) << 16;
#else
	for (unsigned w = 0; w < WAYS; w++)
		least = m->heat[w] < least ? m->heat[w] : least;
	for (unsigned w = 0; w < WAYS; w++)
		ways |= (uint32_t)(m->heat[w] == least) << w;
#endif
	later = ways >> turn << turn;
	return (unsigned)__builtin_ctz(later ? later : ways);
}

/* The way to put a new key into: an empty one, else the coldest that is not pinned. */
static unsigned make_way(struct cells *t, size_t set)
{
	struct cell_meta *m = &t->meta[set];
	uint32_t empty = ways_of(m, 0);
	unsigned coldest;

	if (empty) {
		t->used++;
		return (unsigned)__builtin_ctz(empty);
	}
	coldest = coldest_of(m, t->evicted % WAYS); /* those that are alike each in its turn */
	/* Every eighth eviction all cool a little, so that yesterday's heavy hosts can go too. */
	if (++t->evicted % 8 == 0)
		for (unsigned w = 0; w < WAYS; w++)
			if (m->heat[w] && m->heat[w] != HEAT_PINNED)
				m->heat[w]--;
	return coldest;
}

static struct cell *insert(struct cells *t, uint64_t hash, uint8_t heat)
{
	size_t set = set_of(t, hash);
	unsigned w = make_way(t, set);

	t->meta[set].tag[w] = tag_of(hash);
	t->meta[set].heat[w] = heat;
	return &t->cell[set * WAYS + w];
}

/*
 * Growth by a quarter: doubling would break the bound of bytes per host right after it. A small
 * table doubles: a fresh start spent a tenth of its time on moving few cells often. By less than a
 * thirty-second all cells are not moved.
 */
static bool grow(struct cells *t)
{
	size_t sets = t->sets < SETS_SMALL ? t->sets * 2 : t->sets + t->sets / 4 + 1;
	size_t old_sets = t->sets;
	struct cell *old = t->cell, *cell;
	struct cell_meta *old_meta = t->meta, *meta;

	if (sets > t->sets_max) {
		sets = t->sets_max;
		t->wants = true;
	}
	if (sets <= t->sets + t->sets / 32 || allocate(sets, &cell, &meta) < 0)
		return false;
	t->cell = cell;
	t->meta = meta;
	t->sets = sets;
	t->used = 0;
	t->moves = t->moves == UINT16_MAX ? 1 : t->moves + 1;
	for (size_t i = 0; i < old_sets * WAYS; i++) {
		uint8_t heat = old_meta[i / WAYS].heat[i % WAYS];

		if (old_meta[i / WAYS].tag[i % WAYS])
			*insert(t, cells_hash(&old[i].key), heat) = old[i];
	}
	free(old);
	free(old_meta);
	return true;
}

#define SETS_FEW 32

/*
 * At 0.7 full, 0.6 % of new keys would find their set full. In a small table chance fills one much
 * earlier, and bytes are few: there nobody is given up while it may still grow. Less than half full
 * a set is only filled by somebody who chooses addresses for it: that is no reason to grow.
 */
static bool wants_growth(const struct cells *t, size_t set)
{
	size_t room = t->sets * WAYS;

	return t->used * 10 >= room * 7 ||
	       (t->sets < SETS_FEW && t->used * 2 >= room && !ways_of(&t->meta[set], 0));
}

struct cell *cells_take(struct cells *t, const struct ip *key, uint64_t hash, bool *fresh)
{
	struct cell *c = cells_peek(t, key, hash);

	*fresh = !c;
	if (c)
		return c;
	while (wants_growth(t, set_of(t, hash)) && grow(t))
		;
	c = insert(t, hash, 0);
	*c = (struct cell){.key = *key};
	return c;
}

struct cell *cells_get(struct cells *t, const struct ip *key, bool *fresh)
{
	return cells_take(t, key, cells_hash(key), fresh);
}

void cells_heat(struct cells *t, const struct cell *c, uint32_t packets)
{
	size_t i = (size_t)(c - t->cell);
	uint8_t *heat = &t->meta[i / WAYS].heat[i % WAYS];
	uint8_t now = packets ? (uint8_t)(4 * (32 - __builtin_clz(packets))) : 0;

	if (c->busy)
		*heat = HEAT_PINNED;
	else if (*heat == HEAT_PINNED || now > *heat)
		*heat = now;
}

void cells_each(struct cells *t, void (*fn)(struct cell *c, void *userdata), void *userdata)
{
	for (size_t i = 0; i < t->sets * WAYS; i++)
		if (t->meta[i / WAYS].tag[i % WAYS])
			fn(&t->cell[i], userdata);
}

size_t cells_memory(const struct cells *t)
{
	return t->sets * SET_BYTES;
}
