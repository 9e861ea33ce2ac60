/* SPDX-License-Identifier: ISC */
/*
 * The table of all destinations of one level and shard: 64-byte cells with inline keys in 32-way
 * sets (cell_pool.h). A set's one meta line holds 32 tags and 32 heats, so one more line is fetched
 * at most, and a full set evicts its coldest member without touching another (measured on a
 * prototype: 24 to 57 ns from ten thousand to ten million hosts, where linear probing cost up to
 * ten times that when full). A cell holds what arrived in this second; the first record of a later
 * one begins anew.
 *
 * The table grows by extendible hashing (Fagin, Nievergelt, Pippenger and Strong 1979): a directory
 * of the hash's upper bits leads to the sets, and a full set is cut in two. So nobody is given up
 * while there is room, and nothing stands still while a whole table is moved.
 */
#pragma once

#include "detect/cell_pool.h"

#define CELL_DEPTH_FIRST 2
#define CELL_NONE	 UINT32_MAX
#define CELL_SETS_FIRST	 (1u << CELL_DEPTH_FIRST) /* that a table begins with */

struct cells {
	struct cell *cell; /* the pool's */
	struct cell_meta *meta;
	struct cell_pool *pool; /* borrowed */
	uint32_t *directory;	/* by the upper `depth` bits of the hash: a set */
	uint8_t *depth_of;	/* the same: how many bits its set shares */
	unsigned depth;
	size_t sets, sets_max, used;
	uint64_t evicted;
	bool wants;	/* to be larger than it may */
	uint16_t moves; /* how often cells changed their places, from 1 on */
};

/**
 * cells_init() - @max_bytes: what the table may grow to. Return: 0 or -ENOMEM; cells_deinit() in
 * both cases.
 */
int cells_init(struct cells *t, struct cell_pool *pool, size_t max_bytes);

/** cells_deinit() - the pool keeps the table's sets. */
void cells_deinit(struct cells *t);

/** cells_allow() - what the table may grow to from now on; it never shrinks. */
void cells_allow(struct cells *t, size_t max_bytes);

/**
 * cells_get() - the cell of @key, made (zero, *@fresh true) where it is missing; a full set gives
 * up its coldest member. Never fails: without memory to grow it evicts.
 */
struct cell *cells_get(struct cells *t, const struct ip *key, bool *fresh);

/*
 * The same in steps for many keys at once, so that memory is fetched while others are looked up:
 * cells_near() for all, cells_guess() for all, cells_at(), cells_peek() or cells_take() one after
 * the other. The hash is that of cells_hash() everywhere.
 */

/** cells_hash() - of a key. Its seed is fixed: who is evicted may not differ between runs. */
uint64_t cells_hash(const struct ip *key);

/** cells_near() - have the line brought that says where in its set a key is. */
void cells_near(const struct cells *t, uint64_t hash);

/**
 * cells_guess() - have the cell brought that the key most likely has. Return: where it lies, until
 * cells move (`moves`), or CELL_NONE.
 */
uint32_t cells_guess(const struct cells *t, uint64_t hash);
struct cell *cells_take(struct cells *t, const struct ip *key, uint64_t hash, bool *fresh);

/** cells_at() - the cell of @guess if it is that of @key, or NULL. */
static inline struct cell *cells_at(const struct cells *t, uint32_t guess, const struct ip *key)
{
	return guess != CELL_NONE && ip_equal(&t->cell[guess].key, key) ? &t->cell[guess] : NULL;
}

/** cells_peek() - the cell of @key or NULL; cells_find() - the same, without its hash. */
struct cell *cells_peek(const struct cells *t, const struct ip *key, uint64_t hash);
struct cell *cells_find(const struct cells *t, const struct ip *key);

/** cells_note() - let @c remember its @wider cell, of table @t. */
static inline void cells_note(const struct cells *t, struct cell *c, const struct cell *wider)
{
	c->wider = (uint32_t)(wider - t->cell);
	c->wider_since = t->moves;
}

/**
 * cells_noted() - the cell that @c remembers, or NULL; somebody else's by now where the key is not
 * the one that was looked for.
 */
static inline struct cell *cells_noted(const struct cells *t, const struct cell *c)
{
	return c->wider_since == t->moves ? &t->cell[c->wider] : NULL;
}

/** cells_heat() - note how much the cell matters; a busy one (255) is never evicted. */
void cells_heat(struct cells *t, const struct cell *c, uint32_t packets);

/** cells_each() - call @fn for every cell in use. */
void cells_each(struct cells *t, void (*fn)(struct cell *c, void *userdata), void *userdata);

/** cells_memory(), cells_directory() - bytes of the sets, which cells_allow() bounds; of the rest.
 */
size_t cells_memory(const struct cells *t);
size_t cells_directory(const struct cells *t);
