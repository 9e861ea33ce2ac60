/* SPDX-License-Identifier: ISC */
/*
 * Seeded hashing by 64x64 multiply-folds. Results shown to people never depend on the seed; it only
 * keeps a sender from choosing keys that collide.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HASH_K0 0xa0761d6478bd642full
#define HASH_K1 0xe7037ed1a0b428dbull
#define HASH_K2 0x8ebc6af09c88c6e3ull

/* -Wpedantic knows no 128-bit integers; gcc and clang both have them. */
__extension__ typedef unsigned __int128 uint128_t;

static inline uint64_t hash_fold(uint64_t a, uint64_t b)
{
	uint128_t m = (uint128_t)a * b;

	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

/** hash_u64() - @seed: any but HASH_K1, which would make every hash alike. */
static inline uint64_t hash_u64(uint64_t v, uint64_t seed)
{
	return hash_fold(hash_fold(v ^ HASH_K0, seed ^ HASH_K1), HASH_K2);
}

/** hash_u128() - each half is multiplied by a constant, so that no half can blot the other out. */
static inline uint64_t hash_u128(const uint64_t v[2], uint64_t seed)
{
	uint64_t h = hash_fold(v[0] ^ seed ^ HASH_K0, HASH_K1) ^ hash_fold(v[1] ^ HASH_K2, HASH_K0);

	return hash_fold(h ^ seed, HASH_K2);
}

/** hash_bytes() - any length, eight bytes at a time; for tables off the hot path. */
static inline uint64_t hash_bytes(const void *p, size_t n, uint64_t seed)
{
	const uint8_t *s = p;
	uint64_t h = seed ^ hash_fold(n ^ HASH_K0, HASH_K1), v;

	for (; n >= 8; s += 8, n -= 8) {
		memcpy(&v, s, 8);
		h = hash_fold(h ^ v, HASH_K2);
	}
	v = 0;
	memcpy(&v, s, n);
	return hash_fold(h ^ v, HASH_K0);
}

/** hash_name() - FNV-1a, 64 bits (Fowler, Noll, Vo): for names that outlive the program. */
static inline uint64_t hash_name(const char *s)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * UINT64_C(0x100000001b3);
	return h;
}

/** hash_name48() - the same, its upper 16 bits folded into its lower 48. */
static inline uint64_t hash_name48(const char *s)
{
	uint64_t h = hash_name(s);

	return (h >> 48) ^ (h & UINT64_C(0xffffffffffff));
}

/** hash_seed() - a seed of this process from the kernel; a fixed one where NOROSHI_SEED is set. */
uint64_t hash_seed(void);
