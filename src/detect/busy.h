/* SPDX-License-Identifier: ISC */
/*
 * The lists of a shard: destinations that are busy (usual.h), and the few of them that stand out
 * and are followed (hot.h). Inside the shard only.
 */
#pragma once

#include "detect/shard.h"

/** level_len() - prefix length of a level in the 128-bit space. */
unsigned level_len(const struct ip *ip, unsigned level);

/** level_key() - what an address is counted under on a level. */
static inline struct ip level_key(const struct ip *ip, unsigned level)
{
	/* Which bits of both halves, of v6 and of v4: looked up, for a branch is guessed wrong. */
	static const uint64_t mask[LEVELS][2][2] = {
		{{~UINT64_C(0), ~UINT64_C(0)}, {~UINT64_C(0), ~UINT64_C(0)}},
		{{~UINT64_C(0), 0}, {~UINT64_C(0), __builtin_bswap64(~UINT64_C(0) << 8)}},
		{{__builtin_bswap64(~UINT64_C(0) << 16), 0},
		 {~UINT64_C(0), __builtin_bswap64(~UINT64_C(0) << 12)}},
	};
	const uint64_t *m = mask[level][ip_is_v4(ip)];

	return (struct ip){.u = {ip->u[0] & m[0], ip->u[1] & m[1]}};
}

/** level_of() - the level that a key of the shard belongs to. */
unsigned level_of(const struct prefix *key);

/** busy_find() - what is usual at that destination of a level; NULL when it is not busy. */
struct usual *busy_find(const struct shard *s, const struct ip *key, unsigned level);

/**
 * busy_room() - while no history tells what is usual at @u: how many packets may come until what
 * its own answers (and completed connections) do not explain reaches @least; 0: it does.
 * @all, @bytes: what arrived there in this second.
 */
uint64_t busy_room(const struct usual *u, const uint64_t least[FILLS], uint64_t all,
		   uint64_t bytes);

/**
 * busy_make() - the destination of @c has become busy.
 * Return: NULL when the shard has no room for more (counted), or with s->error set.
 */
struct usual *busy_make(struct shard *s, const struct shard_world *w, struct cell *c,
			unsigned level);

/** busy_follow() - @u stands out: follow it. Return: as busy_make(). */
struct hot *busy_follow(struct shard *s, const struct shard_world *w, struct usual *u,
			const struct thresholds *th);

/** busy_unanswered() - of @n packets of a vector in this second those that its answers leave. */
uint64_t busy_unanswered(const struct usual *u, unsigned vector, uint64_t n);

/** busy_unanswered_any() - the same of all packets, in @second (usual_in()). */
uint64_t busy_unanswered_any(const struct usual *u, int64_t second, uint64_t n);

void busy_deinit(struct shard *s);
