/* SPDX-License-Identifier: ISC */
#include "base/hash.h"

#include <stdlib.h>
#include <sys/random.h>

uint64_t hash_seed(void)
{
	const char *fixed = getenv("NOROSHI_SEED");
	uint64_t seed = HASH_K2;

	if (fixed)
		return strtoull(fixed, NULL, 0);
	/* A short read only weakens the seed; the constant stays as the rest. */
	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) < 0)
		seed = HASH_K2;
	return seed;
}
