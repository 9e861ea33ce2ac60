/* SPDX-License-Identifier: ISC */
/*
 * Who may take how much of the memory limit: tables of all destinations, busy ones, followed ones.
 * Settled at ticks only, from what shards hold then, so that no order of threads can change it.
 */
#pragma once

#include "detect/shard.h"

/**
 * budget_begin() - @pool and the shards' tables, for a limit of @limit bytes. Return: 0 or -ENOMEM;
 * shards and pool are to be deinitialised in both cases.
 */
int budget_begin(struct shard *shard, struct cell_pool *pool, uint64_t limit);

/** budget_tick() - what shards may take until the next tick; the calmest of the followed give way.
 */
void budget_tick(struct shard *shard, struct shard_world *w);
