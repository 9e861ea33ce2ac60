/* SPDX-License-Identifier: ISC */
/*
 * What a record is to the engine, found out once, in input order: how it counts, which clocks it
 * moves, which shards are to count it. Most of that is the same for records that come together, in
 * one datagram over one link, so it is asked again only when it changes.
 */
#pragma once

#include "detect/detect.h"
#include "detect/shard.h"

struct dealer;
struct egress_hold;
struct loads;

/**
 * deal_new() - all borrowed; @watch has EXPORTER_MAX + 1 places, @hold is where records go that are
 * not dealt yet. NULL without memory.
 */
struct dealer *deal_new(struct exporters *exporters, struct exporter_watch *watch,
			struct history *history, const struct shard *shard, struct loads *loads,
			const struct egress_hold *hold);
struct dealer *deal_free(struct dealer *d);

/** deal_begin() - the records of @b from @from on come next (history_begin() was told). */
void deal_begin(struct dealer *d, const struct flow_batch *b, uint32_t from);

/** deal_arrival() - the records that come next arrived at @recv_us. */
void deal_arrival(struct dealer *d, int64_t recv_us);

/* What is left to do with a record. */
enum dealt {
	DEALT_NOT,    /* counted elsewhere already */
	DEALT_HOLD,   /* it is to wait, and come once more (egress_hold.h) */
	DEALT,	      /* its shards know */
	DEALT_BY_LINK /* and its link is followed as a whole */
};

/** deal_record() - record @i of the batch: mark it, count it in the statistics, list it. */
enum dealt deal_record(struct dealer *d, uint32_t i);

/**
 * deal_slice() - list all records that came since deal_clear(); tells which they are.
 * deal_list() - what of them shard @index is to count. Both are valid until deal_clear().
 */
struct shard_slice deal_slice(struct dealer *d);
struct shard_list *deal_list(struct dealer *d, unsigned index);
void deal_clear(struct dealer *d);

/** deal_note_attacks() - which shards hold an open attack, where there is any; after each tick. */
void deal_note_attacks(struct dealer *d, bool any);

/** deal_forget_clocks() - a new epoch: no exporter has been heard. */
void deal_forget_clocks(struct dealer *d);

/** deal_stats() - the first figures of @out: records, packets, bytes, times, de-duplicated. */
void deal_stats(const struct dealer *d, struct detect_stats *out);
