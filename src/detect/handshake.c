/* SPDX-License-Identifier: ISC */
#include "detect/handshake.h"

#include <string.h>

#include "base/hash.h"

#define GENERATION_US US_PER_S

uint32_t handshake_key(const struct flow *f, uint64_t src_hash)
{
	uint64_t ports = (uint64_t)f->sport << 16 | f->dport;

	/* An odd factor: a sender's connections to one address never meet in the low bits. */
	return (uint32_t)hash_fold(src_hash ^ ports, (f->dst.u[0] ^ f->dst.u[1] ^ HASH_K2) | 1);
}

uint32_t handshake_tuple(const struct flow *f, uint64_t src_hash)
{
	return handshake_key(f, src_hash) & ((1u << HANDSHAKE_BITS) - 1);
}

static void clear(struct handshake *h, unsigned which)
{
	memset(h->asked[which], 0, sizeof(h->asked[which]));
	memset(h->done[which], 0, sizeof(h->done[which]));
	memset(h->served[which], 0, sizeof(h->served[which]));
}

static unsigned turn(struct handshake *h, int64_t us)
{
	int64_t now;

	/* Nearly always: the second of the one before. */
	if (us - h->begun_us >= 0 && us - h->begun_us < GENERATION_US)
		return (unsigned)h->generation & 1;
	now = us / GENERATION_US;
	if (now > h->generation) {
		unsigned fresh = (unsigned)now & 1;

		clear(h, fresh);
		if (now > h->generation + 1)
			clear(h, !fresh);
		h->generation = now;
		h->begun_us = now * GENERATION_US;
	}
	return (unsigned)h->generation & 1;
}

static bool has(uint64_t map[2][HANDSHAKE_WORDS], uint32_t bit)
{
	return ((map[0][bit / 64] | map[1][bit / 64]) >> (bit % 64)) & 1;
}

void handshake_syn(struct handshake *h, uint32_t bit, int64_t us)
{
	h->asked[turn(h, us)][bit / 64] |= UINT64_C(1) << (bit % 64);
}

bool handshake_ack(struct handshake *h, uint32_t bit, int64_t us)
{
	unsigned now = turn(h, us);

	if (!has(h->asked, bit) || has(h->done, bit))
		return false;
	h->done[now][bit / 64] |= UINT64_C(1) << (bit % 64);
	return true;
}

bool handshake_data(struct handshake *h, uint32_t bit, int64_t us)
{
	unsigned now = turn(h, us);

	if (!has(h->done, bit) || has(h->served, bit))
		return false;
	h->served[now][bit / 64] |= UINT64_C(1) << (bit % 64);
	return true;
}
