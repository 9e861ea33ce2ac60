/* SPDX-License-Identifier: ISC */
#include "drill/cache.h"

#include <stdlib.h>

#include "base/hash.h"

#define NONE UINT32_MAX

_Static_assert(sizeof(struct flow_key) == 48, "the key has no padding to compare");

/*
 * Two doubly linked lists run through the entries: by last packet (older/newer), whose head is the
 * next to end by inactivity, and by first packet (elder/younger), whose head is the next by age.
 */
struct cache {
	struct cached_flow *flows;
	uint32_t *buckets;
	uint32_t n, cap, used, free_head, mask;
	uint32_t silent, loudest, eldest, youngest;
};

struct cache *cache_new(uint32_t entries)
{
	struct cache *c = calloc(1, sizeof(*c));
	uint32_t buckets = 1;

	if (!c)
		return NULL;
	while (buckets < entries)
		buckets *= 2;
	*c = (struct cache){.cap = entries,
			    .mask = buckets - 1,
			    .free_head = NONE,
			    .silent = NONE,
			    .loudest = NONE,
			    .eldest = NONE,
			    .youngest = NONE};
	c->flows = malloc(entries * sizeof(*c->flows));
	c->buckets = malloc(buckets * sizeof(*c->buckets));
	if (!c->flows || !c->buckets)
		return cache_free(c);
	memset(c->buckets, 0xff, buckets * sizeof(*c->buckets));
	return c;
}

struct cache *cache_free(struct cache *c)
{
	if (!c)
		return NULL;
	free(c->flows);
	free(c->buckets);
	free(c);
	return NULL;
}

static uint32_t *bucket_of(struct cache *c, const struct flow_key *key)
{
	uint64_t v[6];

	memcpy(v, key, sizeof(v));
	return &c->buckets[(hash_u128(v, 31) ^ hash_u128(v + 2, 32) ^ hash_u128(v + 4, 33)) &
			   c->mask];
}

static uint32_t index_of(const struct cache *c, const struct cached_flow *f)
{
	return (uint32_t)(f - c->flows);
}

struct cached_flow *cache_find(struct cache *c, const struct flow_key *key)
{
	for (uint32_t i = *bucket_of(c, key); i != NONE; i = c->flows[i].next_in_bucket)
		if (memcmp(&c->flows[i].key, key, sizeof(*key)) == 0)
			return &c->flows[i];
	return NULL;
}

static void append_silent(struct cache *c, uint32_t i)
{
	c->flows[i].older = c->loudest;
	c->flows[i].newer = NONE;
	if (c->loudest != NONE)
		c->flows[c->loudest].newer = i;
	else
		c->silent = i;
	c->loudest = i;
}

static void unlink_silent(struct cache *c, uint32_t i)
{
	uint32_t older = c->flows[i].older, newer = c->flows[i].newer;

	if (older != NONE)
		c->flows[older].newer = newer;
	else
		c->silent = newer;
	if (newer != NONE)
		c->flows[newer].older = older;
	else
		c->loudest = older;
}

static void append_age(struct cache *c, uint32_t i)
{
	c->flows[i].elder = c->youngest;
	c->flows[i].younger = NONE;
	if (c->youngest != NONE)
		c->flows[c->youngest].younger = i;
	else
		c->eldest = i;
	c->youngest = i;
}

static void unlink_age(struct cache *c, uint32_t i)
{
	uint32_t elder = c->flows[i].elder, younger = c->flows[i].younger;

	if (elder != NONE)
		c->flows[elder].younger = younger;
	else
		c->eldest = younger;
	if (younger != NONE)
		c->flows[younger].elder = elder;
	else
		c->youngest = elder;
}

struct cached_flow *cache_add(struct cache *c, const struct flow_key *key, int64_t now_us)
{
	uint32_t i = c->free_head, *bucket = bucket_of(c, key);
	struct cached_flow *f;

	if (i != NONE)
		c->free_head = c->flows[i].next_in_bucket;
	else
		i = c->used++;
	f = &c->flows[i];
	*f = (struct cached_flow){
		.key = *key, .first_us = now_us, .last_us = now_us, .next_in_bucket = *bucket};
	*bucket = i;
	append_silent(c, i);
	append_age(c, i);
	c->n++;
	return f;
}

void cache_touch(struct cache *c, struct cached_flow *f, int64_t now_us)
{
	uint32_t i = index_of(c, f);

	f->last_us = now_us;
	if (i == c->loudest)
		return;
	unlink_silent(c, i);
	append_silent(c, i);
}

void cache_remove(struct cache *c, struct cached_flow *f)
{
	uint32_t i = index_of(c, f), *at = bucket_of(c, &f->key);

	while (*at != i)
		at = &c->flows[*at].next_in_bucket;
	*at = f->next_in_bucket;
	unlink_silent(c, i);
	unlink_age(c, i);
	f->next_in_bucket = c->free_head;
	c->free_head = i;
	c->n--;
}

struct cached_flow *cache_silent(struct cache *c)
{
	return c->silent == NONE ? NULL : &c->flows[c->silent];
}

struct cached_flow *cache_oldest(struct cache *c)
{
	return c->eldest == NONE ? NULL : &c->flows[c->eldest];
}

bool cache_full(const struct cache *c)
{
	return c->n == c->cap;
}

uint32_t cache_count(const struct cache *c)
{
	return c->n;
}
