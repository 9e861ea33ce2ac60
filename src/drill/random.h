/* SPDX-License-Identifier: ISC */
/*
 * Chance by seed: SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators",
 * OOPSLA 2014). Integers only, so that every machine draws the same.
 */
#pragma once

#include <stdint.h>

#include "base/hash.h"

struct rng {
	uint64_t s;
};

static inline uint64_t rng_next(struct rng *r)
{
	uint64_t z = (r->s += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

/** rng_below() - 0 .. n-1; n may be 0, which gives 0. */
static inline uint32_t rng_below(struct rng *r, uint32_t n)
{
	return (uint32_t)(((rng_next(r) >> 32) * n) >> 32);
}

/** rng_between() - lo .. hi, both included. */
static inline uint32_t rng_between(struct rng *r, uint32_t lo, uint32_t hi)
{
	return lo + rng_below(r, hi - lo + 1);
}

/** rng_derive() - an independent stream number @salt of the run's seed. */
static inline struct rng rng_derive(uint64_t seed, uint64_t salt)
{
	return (struct rng){hash_u64(salt, seed)};
}

/** rng_hash() - a fixed draw for a (salt, index) pair: the same bot has the same address all day.
 */
static inline uint64_t rng_hash(uint64_t salt, uint64_t index)
{
	struct rng r = {salt ^ (index * 0xd1342543de82ef95ull)};

	return rng_next(&r);
}
