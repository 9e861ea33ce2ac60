/* SPDX-License-Identifier: ISC */
/*
 * Which SYNs were followed by the handshake's last ACK, from packets that are all seen (no
 * sampling). Three bitmaps of 4-tuple hashes, rotated every second of record time: asked (SYN
 * seen), done (ACK seen) and served (data sent); each connection counts once in each. A forged
 * flood fills only the first, a flood of idle connections the first two.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "observe/flow.h"

#define HANDSHAKE_BITS	18
#define HANDSHAKE_WORDS ((1u << HANDSHAKE_BITS) / 64)

struct handshake {
	int64_t generation, begun_us; /* the newest second, and where it begins */
	uint64_t asked[2][HANDSHAKE_WORDS];
	uint64_t done[2][HANDSHAKE_WORDS];
	uint64_t served[2][HANDSHAKE_WORDS];
};

/** handshake_tuple() - which connection @f is of; @src_hash: any good hash of its sender. */
uint32_t handshake_tuple(const struct flow *f, uint64_t src_hash);

/** handshake_key() - the same in 32 bits, where two must not be mixed up. */
uint32_t handshake_key(const struct flow *f, uint64_t src_hash);

/** handshake_fetch() - @tuple will be asked for soon: have its memory brought near. */
static inline void handshake_fetch(const struct handshake *h, uint32_t tuple)
{
	__builtin_prefetch(&h->asked[h->generation & 1][tuple / 64], 1);
}

/** handshake_syn() - note the SYN of @tuple at record time @us. */
void handshake_syn(struct handshake *h, uint32_t tuple, int64_t us);

/** handshake_ack() - true when @tuple is complete and its SYN was seen, the first time only. */
bool handshake_ack(struct handshake *h, uint32_t tuple, int64_t us);

/** handshake_data() - true when it is the first data of a connection whose handshake was seen. */
bool handshake_data(struct handshake *h, uint32_t tuple, int64_t us);
