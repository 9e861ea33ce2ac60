/* SPDX-License-Identifier: ISC */
#include "detect/handshake.h"

#include <string.h>

#include "base/hash.h"

#define GENERATION_US US_PER_S

static uint32_t tuple_bit(const struct flow *f)
{
	uint64_t h = hash_u128(f->src.u, HASH_K0) ^ hash_u128(f->dst.u, HASH_K2);

	return (uint32_t)hash_u64(h, (uint64_t)f->sport << 16 | f->dport) &
	       ((1u << HANDSHAKE_BITS) - 1);
}

static void clear(struct handshake *h, unsigned which)
{
	memset(h->asked[which], 0, sizeof(h->asked[which]));
	memset(h->done[which], 0, sizeof(h->done[which]));
	memset(h->served[which], 0, sizeof(h->served[which]));
}

static unsigned turn(struct handshake *h, int64_t us)
{
	int64_t now = us / GENERATION_US;

	if (now > h->generation) {
		unsigned fresh = (unsigned)now & 1;

		clear(h, fresh);
		if (now > h->generation + 1)
			clear(h, !fresh);
		h->generation = now;
	}
	return (unsigned)h->generation & 1;
}

static bool has(uint64_t map[2][HANDSHAKE_WORDS], uint32_t bit)
{
	return ((map[0][bit / 64] | map[1][bit / 64]) >> (bit % 64)) & 1;
}

void handshake_syn(struct handshake *h, const struct flow *f, int64_t us)
{
	uint32_t bit = tuple_bit(f);

	h->asked[turn(h, us)][bit / 64] |= UINT64_C(1) << (bit % 64);
}

bool handshake_ack(struct handshake *h, const struct flow *f, int64_t us)
{
	uint32_t bit = tuple_bit(f);
	unsigned now = turn(h, us);

	if (!has(h->asked, bit) || has(h->done, bit))
		return false;
	h->done[now][bit / 64] |= UINT64_C(1) << (bit % 64);
	return true;
}

bool handshake_data(struct handshake *h, const struct flow *f, int64_t us)
{
	uint32_t bit = tuple_bit(f);
	unsigned now = turn(h, us);

	if (!has(h->done, bit) || has(h->served, bit))
		return false;
	h->served[now][bit / 64] |= UINT64_C(1) << (bit % 64);
	return true;
}
