/* SPDX-License-Identifier: ISC */
#include "detect/cells.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/hash.h"

#define WAYS	    CELL_WAYS
#define HEAT_PINNED 255
#define DEPTH_MAX   28
#define SPARSE	    16 /* entries of the directory for each set, at most */

int cells_init(struct cells *t, struct cell_pool *pool, size_t max_bytes)
{
	size_t n = CELL_SETS_FIRST;

	*t = (struct cells){.cell = pool->cell,
			    .meta = pool->meta,
			    .pool = pool,
			    .depth = CELL_DEPTH_FIRST,
			    .moves = 1};
	t->directory = malloc(n * sizeof(*t->directory));
	t->depth_of = malloc(n);
	if (!t->directory || !t->depth_of)
		return -ENOMEM;
	for (; t->sets < n; t->sets++) {
		if (!cell_pool_take(pool, &t->directory[t->sets]))
			return -ENOMEM;
		t->depth_of[t->sets] = CELL_DEPTH_FIRST;
	}
	cells_allow(t, max_bytes);
	return 0;
}

void cells_deinit(struct cells *t)
{
	free(t->directory);
	free(t->depth_of);
	*t = (struct cells){0};
}

void cells_allow(struct cells *t, size_t max_bytes)
{
	t->sets_max = max_bytes / CELL_SET_BYTES > t->sets ? max_bytes / CELL_SET_BYTES : t->sets;
	t->wants = false;
}

uint64_t cells_hash(const struct ip *key)
{
	return hash_u128(key->u, HASH_K2);
}

static size_t place_of(const struct cells *t, uint64_t hash)
{
	return hash >> (64 - t->depth);
}

static size_t set_of(const struct cells *t, uint64_t hash)
{
	return t->directory[place_of(t, hash)];
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

uint32_t cells_guess(const struct cells *t, uint64_t hash)
{
	size_t set = set_of(t, hash);
	uint32_t ways = ways_of(&t->meta[set], tag_of(hash));
	uint32_t at = (uint32_t)set * WAYS + (uint32_t)__builtin_ctz(ways | 1u << 31);

	if (!ways)
		return CELL_NONE;
	__builtin_prefetch(&t->cell[at], 1);
	return at;
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

static bool double_directory(struct cells *t)
{
	size_t n = (size_t)1 << t->depth;
	uint32_t *directory = malloc(2 * n * sizeof(*directory));
	uint8_t *depth_of = malloc(2 * n);

	if (!directory || !depth_of) {
		free(directory);
		free(depth_of);
		return false;
	}
	for (size_t i = 0; i < 2 * n; i++) {
		directory[i] = t->directory[i / 2];
		depth_of[i] = t->depth_of[i / 2];
	}
	free(t->directory);
	free(t->depth_of);
	t->directory = directory;
	t->depth_of = depth_of;
	t->depth++;
	return true;
}

/* Those whose next bit is set go from set @from to the empty set @to. */
static void move_half(struct cells *t, size_t from, size_t to, uint64_t bit)
{
	struct cell_meta *m = &t->meta[from];
	unsigned n = 0;

	for (unsigned w = 0; w < WAYS; w++) {
		const struct cell *c = &t->cell[from * WAYS + w];

		if (!m->tag[w] || !(cells_hash(&c->key) & bit))
			continue;
		t->cell[to * WAYS + n] = *c;
		t->meta[to].tag[n] = m->tag[w];
		t->meta[to].heat[n++] = m->heat[w];
		m->tag[w] = m->heat[w] = 0;
	}
	t->moves = t->moves == UINT16_MAX ? 1 : t->moves + 1;
}

/*
 * May the set of @hash be cut in two? Not for somebody who chooses addresses that fall into one:
 * the directory would grow and not the table.
 */
static bool may_split(struct cells *t, uint64_t hash)
{
	if (t->sets >= t->sets_max) {
		t->wants = true;
		return false;
	}
	if (t->depth_of[place_of(t, hash)] < t->depth)
		return true;
	return t->depth < DEPTH_MAX && ((size_t)2 << t->depth) <= t->sets * SPARSE;
}

static bool split(struct cells *t, uint64_t hash)
{
	size_t at = place_of(t, hash), n, first;
	unsigned depth = t->depth_of[at];
	uint32_t from, to;

	if (!may_split(t, hash) || (depth == t->depth && !double_directory(t)) ||
	    !cell_pool_take(t->pool, &to))
		return false;
	at = place_of(t, hash);
	from = t->directory[at];
	n = (size_t)1 << (t->depth -
			  depth); /* entries that lead to it; the upper half to the new */
	first = at & ~(n - 1);
	for (size_t i = first; i < first + n; i++) {
		t->depth_of[i] = (uint8_t)(depth + 1);
		t->directory[i] = i < first + n / 2 ? from : to;
	}
	t->sets++;
	move_half(t, from, to, UINT64_C(1) << (63 - depth));
	return true;
}

struct cell *cells_take(struct cells *t, const struct ip *key, uint64_t hash, bool *fresh)
{
	struct cell *c = cells_peek(t, key, hash);
	size_t set;
	unsigned w;

	*fresh = !c;
	if (c)
		return c;
	while (!ways_of(&t->meta[set_of(t, hash)], 0) && split(t, hash))
		;
	set = set_of(t, hash);
	w = make_way(t, set);
	t->meta[set].tag[w] = tag_of(hash);
	t->meta[set].heat[w] = 0;
	c = &t->cell[set * WAYS + w];
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
	/* The first of the entries that lead to a set stands for it. */
	for (size_t i = 0; i < (size_t)1 << t->depth; i += (size_t)1 << (t->depth - t->depth_of[i]))
		for (unsigned w = 0; w < WAYS; w++)
			if (t->meta[t->directory[i]].tag[w])
				fn(&t->cell[t->directory[i] * (size_t)WAYS + w], userdata);
}

size_t cells_memory(const struct cells *t)
{
	return t->sets * CELL_SET_BYTES;
}

size_t cells_directory(const struct cells *t)
{
	return ((size_t)1 << t->depth) * (sizeof(*t->directory) + sizeof(*t->depth_of));
}
