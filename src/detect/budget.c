/* SPDX-License-Identifier: ISC */
#include "detect/budget.h"

#define BUSY_TIMES 8   /* so many times more are busy than can be followed */
#define BUSY_PART  8   /* they may take that part of the memory */
#define ROOM_SHARE 0.1 /* of what the followed hold, to be free after they gave way */
#define HOT_SHARE  16  /* a shard may take this part of the free room in a tick */

/* What tables may take of the limit: hosts together, and a shard's of each prefix level. */
#define HOST_CELLS(limit)   ((limit) / 32 * 15)
#define BYSTANDERS(limit)   ((unsigned)((limit) / 16 / SHARDS / sizeof(struct bystander_cell)))
#define PREFIX_CELLS(limit) ((limit) / 16 / SHARDS)

/* What all tables may grow to, and those that each begins with. */
static size_t pool_sets(uint64_t limit)
{
	uint64_t most = HOST_CELLS(limit) + PREFIX_CELLS(limit) * (LEVELS - 1) * SHARDS;

	return most / CELL_SET_BYTES + (size_t)CELL_SETS_FIRST * LEVELS * SHARDS;
}

int budget_begin(struct shard *shard, struct cell_pool *pool, uint64_t limit)
{
	int r = cell_pool_init(pool, pool_sets(limit));

	for (unsigned i = 0; i < SHARDS; i++)
		bystanders_init(&shard[i].bystanders, BYSTANDERS(limit));
	for (unsigned i = 0; i < SHARDS && r == 0; i++)
		r = shard_init(&shard[i], i, pool, HOST_CELLS(limit) / SHARDS, PREFIX_CELLS(limit));
	return r;
}

static void grant_room(struct shard *shard, struct shard_world *w)
{
	unsigned used = 0, free_room, most;

	for (unsigned i = 0; i < SHARDS; i++)
		used += shard[i].n_hot;
	free_room = used < w->conf->limits.hot_keys ? w->conf->limits.hot_keys - used : 0;
	w->hot_room = free_room / HOT_SHARE + (free_room ? 1 : 0);
	used = 0;
	for (unsigned i = 0; i < SHARDS; i++)
		used += shard[i].n_busy;
	most = w->conf->limits.hot_keys * BUSY_TIMES;
	if (most > w->conf->limits.memory_bytes / BUSY_PART / sizeof(struct usual))
		most = (unsigned)(w->conf->limits.memory_bytes / BUSY_PART / sizeof(struct usual));
	free_room = used < most ? most - used : 0;
	w->busy_room = free_room / HOT_SHARE + (free_room ? 1 : 0);
}

/*
 * The tables of all hosts share what they may take: addresses lie close together, so that one shard
 * has several times as many as another. Half of what is free goes to all alike, half to those that
 * wanted more; given at ticks, so that no order of threads can change it.
 */
static void share_cells(struct shard *shard, const struct shard_world *w)
{
	uint64_t used = 0, room = HOST_CELLS(w->conf->limits.memory_bytes), wanting = 0, each;

	for (unsigned i = 0; i < SHARDS; i++) {
		used += cells_memory(&shard[i].cells[0]);
		wanting += shard[i].cells[0].wants;
	}
	each = used < room ? (room - used) / 2 : 0;
	for (unsigned i = 0; i < SHARDS; i++) {
		struct cells *t = &shard[i].cells[0];
		uint64_t more = t->wants ? each / wanting : 0;

		cells_allow(t, cells_memory(t) + each / SHARDS + more);
	}
}

static uint64_t cells_used(const struct shard *shard)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < SHARDS; i++) {
		n += bystanders_memory(&shard[i].bystanders);
		for (unsigned l = 0; l < LEVELS; l++)
			n += cells_memory(&shard[i].cells[l]);
	}
	return n;
}

/* Followed destinations have half of the limit, or what the tables of all leave of it. */
static void keep_budget(struct shard *shard, struct shard_world *w)
{
	uint64_t limit = w->conf->limits.memory_bytes, tables = cells_used(shard);
	uint64_t room = tables > limit / 2 ? limit - tables : limit / 2, used = 0, left = 0;

	for (unsigned i = 0; i < SHARDS; i++)
		used += shard_followed_memory(&shard[i]);
	w->tight = used > room;
	if (!w->tight)
		return;
	for (unsigned i = 0; i < SHARDS; i++) {
		double own = (double)shard_followed_memory(&shard[i]);

		/* Each gives up its part, and so much more that the next tick finds room. */
		shard_give_up(&shard[i], (uint64_t)(own * ((double)(used - room) / (double)used +
							   ROOM_SHARE)));
		left += shard_followed_memory(&shard[i]);
	}
	w->tight = left > room;
}

void budget_tick(struct shard *shard, struct shard_world *w)
{
	share_cells(shard, w);
	keep_budget(shard, w);
	grant_room(shard, w);
}
