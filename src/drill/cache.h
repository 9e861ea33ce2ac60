/* SPDX-License-Identifier: ISC */
/*
 * A router's flow cache. Entries end by inactivity, by age, by TCP FIN or RST, or because the cache
 * is full and the longest silent one has to go.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"

/* Compared as bytes; no padding. */
struct flow_key {
	struct ip src, dst;
	uint16_t sport, dport, in, out;
	uint8_t proto, tos, icmp_type, icmp_code;
	uint8_t fragment, pad[3]; /* 1: later fragments */
};

struct cached_flow {
	struct flow_key key;
	uint64_t packets, bytes;
	int64_t first_us, last_us;
	uint32_t next_in_bucket, older, newer, elder,
		younger; /* lists by last and by first packet */
	uint16_t fragment_offset;
	uint8_t flags, ttl;
};

struct cache;

/** cache_new() - room for @entries flows. NULL without memory. */
struct cache *cache_new(uint32_t entries);
struct cache *cache_free(struct cache *c);

/** cache_find() - the flow of @key, or NULL. */
struct cached_flow *cache_find(struct cache *c, const struct flow_key *key);

/** cache_add() - a new flow that begins at @now_us; the cache must not be full. */
struct cached_flow *cache_add(struct cache *c, const struct flow_key *key, int64_t now_us);

/** cache_touch() - @f had a packet at @now_us. */
void cache_touch(struct cache *c, struct cached_flow *f, int64_t now_us);
void cache_remove(struct cache *c, struct cached_flow *f);

/** cache_silent(), cache_oldest() - the flow without a packet the longest; that which began first.
 */
struct cached_flow *cache_silent(struct cache *c);
struct cached_flow *cache_oldest(struct cache *c);
bool cache_full(const struct cache *c);
uint32_t cache_count(const struct cache *c);
