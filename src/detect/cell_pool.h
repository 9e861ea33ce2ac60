/* SPDX-License-Identifier: ISC */
/*
 * Where the cells of all shards lie: sets of 32 in one mapping, given out one at a time and never
 * moved. One mapping, because a table of 40 MB that is looked up at random costs more in page
 * tables than in memory: with huge pages a record took 9 % less of the whole path.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"

#define CELL_WAYS 32

struct cell {
	struct ip key;
	uint64_t bytes;	      /* of this second, corrected for sampling */
	uint32_t second;      /* of arrival, UTC, low 32 bits */
	uint32_t packets;     /* of this second */
	uint32_t special;     /* packets of this second of the vectors with low thresholds */
	uint32_t busy;	      /* slot of what is usual there + 1; 0 none: it is not busy */
	uint16_t thresholds;  /* 0 the defaults, else protected object + 1 */
	uint16_t wider_since; /* when that was: the other table's `moves` */
	uint32_t wider;	      /* where its prefix's cell was found last, in the next table */
	uint8_t spare[16];
};

_Static_assert(sizeof(struct cell) == 64, "one cache line");

/* Of one set: one line says in which cell a key can be. */
struct cell_meta {
	uint8_t tag[CELL_WAYS]; /* 0 empty */
	uint8_t heat[CELL_WAYS];
};

_Static_assert(sizeof(struct cell_meta) == 64, "one cache line");

#define CELL_SET_BYTES (CELL_WAYS * sizeof(struct cell) + sizeof(struct cell_meta))

struct cell_pool {
	struct cell *cell;
	struct cell_meta *meta;
	size_t sets; /* that there are at most */
	atomic_size_t given;
};

/**
 * cell_pool_init() - room for @sets sets; memory is taken as they are used. Return: 0 or -ENOMEM.
 */
int cell_pool_init(struct cell_pool *p, size_t sets);
void cell_pool_deinit(struct cell_pool *p);

/** cell_pool_take() - an empty set; any thread may call. Return: false when all are given. */
bool cell_pool_take(struct cell_pool *p, uint32_t *set);
