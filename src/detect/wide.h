/* SPDX-License-Identifier: ISC */
/*
 * The wide levels: links with a known capacity, and the network as a whole. Of every link the load
 * is known (load.h); one that comes near its capacity is followed like a host, and reported when
 * what its reported hosts and prefixes do not explain is over the limit.
 */
#pragma once

#include "detect/load.h"
#include "detect/shard.h"

struct wide;

/** wide_new() - @loads is borrowed. NULL without memory. */
struct wide *wide_new(struct loads *loads);
struct wide *wide_free(struct wide *w);

/** wide_count() - record @i of the world's batch. Return: 0 or -ENOMEM. */
int wide_count(struct wide *w, const struct shard_world *world, uint64_t number, uint16_t in_link);

/** wide_tick() - after the shards' tick. Return: 0 or a negative error. */
int wide_tick(struct wide *w, struct shard *shards, const struct shard_world *world,
	      bool last_look);
unsigned wide_words(const struct wide *w);
struct attack *wide_word(struct wide *w, unsigned i);
void wide_told(struct wide *w);
void wide_drop(struct wide *w);
void wide_reconf(struct wide *w, const struct shard_world *world);

/** wide_fill() - what a link's finding tells beside the rest. */
void wide_fill(struct wide *w, struct attack *a, struct exporters *ex, struct finding *f);
