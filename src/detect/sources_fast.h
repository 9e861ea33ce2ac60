/* SPDX-License-Identifier: ISC */
/*
 * Beyond exact, in a few lines at the place of the call: nearly every sender of a forged flood
 * changes a register, two counters and nothing else. Calling the whole of sources_add() for each
 * took 4 % of what a forged packet costs.
 */
#pragma once

#include "detect/sources.h"

#define SKETCH_BITS 18
#define SKETCH_ROW  (1u << SKETCH_BITS)

static inline void hll_add(uint8_t *hll, uint64_t hash)
{
	uint64_t rest = hash << HLL_BITS | (UINT64_C(1) << (HLL_BITS - 1));
	uint8_t rank = (uint8_t)(__builtin_clzll(rest) + 1);
	uint8_t *reg = &hll[hash >> (64 - HLL_BITS)];

	if (rank > *reg)
		*reg = rank;
}

static inline unsigned present_bit(uint64_t hash)
{
	return (unsigned)(hash >> 20) & ((1u << PRESENT_BITS) - 1);
}

static inline bool is_present(const struct sources *s, uint64_t hash)
{
	return s->present[present_bit(hash) / 64] >> (present_bit(hash) % 64) & 1;
}

/*
 * Two rows apart: with both counters in one line, which is half of the memory to fetch, a sender in
 * a million shared both of them with a heavy one and was taken for heavy.
 */
static inline uint8_t *sketch_at(const struct sources *s, unsigned row, uint64_t hash)
{
	return &s->sketch[row * SKETCH_ROW + ((hash >> (row * 24)) & (SKETCH_ROW - 1))];
}

static inline uint32_t add_capped(uint8_t *c, uint32_t n)
{
	uint32_t sum = *c + n;

	*c = sum > UINT8_MAX ? UINT8_MAX : (uint8_t)sum;
	return sum;
}

/* What the sketch says of the key after adding; both rows must agree, so the smaller counts. */
static inline uint32_t sketch_add(struct sources *s, uint64_t hash, uint32_t n)
{
	uint32_t a, b;

	a = add_capped(sketch_at(s, 0, hash), n);
	b = add_capped(sketch_at(s, 1, hash), n);
	return a < b ? a : b;
}

/* Into the sketches of its second, and into the table where it is a heavy one. */
static inline void add_overflown(struct sources *s, const struct ip *key, uint64_t hash,
				 const struct sent *n)
{
	uint32_t seen;

	hll_add(s->hll, hash);
	seen = sketch_add(s, hash ^ n->salt, n->each);
	if ((seen >= PROMOTE_AT) | is_present(s, hash))
		sources_add_heavy(s, key, hash, seen, n);
}

/** sources_add_fast() - sources_add(). */
static inline int sources_add_fast(struct sources *s, const struct ip *key, uint64_t hash,
				   const struct sent *n)
{
	if (!s->hll || n->second != s->second_last || n->second != s->sketch_second ||
	    n->weight > s->weight_max)
		return sources_add(s, key, hash, n);
	s->packets += n->counted;
	add_overflown(s, key, hash, n);
	return 0;
}
