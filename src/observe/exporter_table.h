/* SPDX-License-Identifier: ISC */
/*
 * The tables of exporters, of their links and of what they told of sampling; and the rules by which
 * a sender who makes up numbers can neither make them grow nor keep others out:
 *
 * - Each exporter has its own part. Half of all links are for equal parts, so that however many
 * lie, one more has room; and some are kept for configured interfaces.
 * - The last quarter of a part is for what was asked for before, of late: numbers that are made up
 *   are not asked for twice, those of an honest exporter are.
 * - What was not used in EXPORTER_QUIET turns gives way when its part is full. A turn is a minute
 * in which the exporter told something: of one that is silent nothing grows old.
 *
 * Private to the room.
 */
#pragma once

#include "base/hash.h"
#include "base/map.h"
#include "observe/exporter.h"

#define EXPORTER_QUIET 30 /* turns */
#define SAMPLING_QUIET 120

#define LINK_BLOCK  256 /* links allocated together */
#define LINK_BLOCKS ((LINKS_MAX + 1) / LINK_BLOCK)
#define DOOR_SLOTS  4096
#define DOOR_SEED   UINT64_C(0x6e6f726f736869) /* fixed: who comes in is shown */

/* What was asked for of late; a newcomer takes the place of whoever stands at his hash. */
struct door {
	uint64_t seen[DOOR_SLOTS];
};

/** door_knock() - was @key asked for before? Now it was. */
static inline bool door_knock(struct door *d, const void *key, size_t n)
{
	uint64_t hash = hash_bytes(key, n, DOOR_SEED) | 1,
		 *slot = &d->seen[hash >> 32 & (DOOR_SLOTS - 1)];
	bool was = *slot == hash;

	*slot = hash;
	return was;
}

/** door_may_pass() - a newcomer to a part of @most places, of which @held are taken. */
static inline bool door_may_pass(struct door *d, const void *key, size_t n, size_t held,
				 size_t most)
{
	return held * 4 < most * 3 || door_knock(d, key, n);
}

/** exporter_may_sweep() - look for what is quiet, at most once in a turn. */
static inline bool exporter_may_sweep(struct exporter *e, enum exporter_table table)
{
	bool may = e->tables[table].swept != e->turn;

	e->tables[table].swept = e->turn;
	return may;
}

struct link_key {
	uint32_t exporter, ifindex;
};

struct sampling_key {
	uint32_t exporter, domain, sampler;
};

struct sampling_value {
	uint32_t factor; /* 0: forgotten, or (any-domain table) told differently by two domains */
	uint32_t domain; /* who told it */
	uint32_t turn;	 /* of the exporter, when it was told */
	int64_t learnt_us;
};

/* The indexes of one exporter; once its own, an index stays its own. */
struct link_share {
	uint16_t owned;
	uint16_t idle_first,
		idle_last; /* those that may be used anew, longest idle first; 0 none */
};

struct exporters {
	const struct conf *conf;
	unsigned unwrap; /* of conf, as bits */
	struct exporter *items[EXPORTER_MAX + 1];
	unsigned n;
	struct map *by_addr; /* struct ip -> uint16_t */
	struct ip last_addr; /* found last: datagrams of one exporter come in runs */
	uint16_t last_index;
	struct map *by_link;		 /* struct link_key -> uint16_t */
	struct link *links[LINK_BLOCKS]; /* [0][0] is LINK_UNKNOWN; in blocks, so pointers stay */
	unsigned n_links;
	struct link_share share[EXPORTER_MAX + 1];
	struct door door;
	struct map *sampling;	  /* sampling_key -> sampling_value */
	struct map *sampling_any; /* the same with domain 0 for "any domain" */
};

/** links_open() - Return: false without memory. */
bool links_open(struct exporters *t);
void links_close(struct exporters *t);

/** links_configure() - make links of all configured interfaces, and tell all what is configured. */
void links_configure(struct exporters *t);

/** sampling_changed() - answers about sampling that were kept are no longer good. */
void sampling_changed(struct exporter *e);
