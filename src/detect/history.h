/* SPDX-License-Identifier: ISC */
/*
 * The last records, for a destination that begins to be followed: however the sensor cut its
 * batches, the same ones are looked back at, so live and from a file the same is found. Records of
 * the batch that is being counted are read where the sensor put them; each has a mark beside it,
 * what is found out about it once for all who count it.
 */
#pragma once

#include "detect/kinds.h"

#define HISTORY_ROOM 8192 /* a look back and a batch dealt ahead */
#define HISTORY_LOOK 4096

/*
 * How a record counts, so that each packet counts once: from COUNT_NOT on, not at all. COUNT_SEEN
 * is what has entered elsewhere, so that its exporter is a second one that saw it (witness.h);
 * COUNT_NOT is what its own exporter told of already.
 */
enum counting { COUNT_BY_MAX = 0, COUNT_ENTRY = 1, COUNT_NOT = 2, COUNT_SEEN = 3 };

/*
 * While records are many, one in @step of the small ones tells well enough where much goes, and
 * what is usual there: it counts for so many. Large ones all count, once (threshold sampling:
 * Duffield, Lund and Thorup 2005), so that what makes a destination busy is known to half of it or
 * better, and a threshold to a fifth. What is followed counts all records (shard.h, `followed`).
 */
struct thinning {
	unsigned step; /* a power of two; 1: all are counted */
	/*
	 * Where it is not 1: of prefixes one in so many is counted, because they have a multiple of
	 * a host's thresholds and are known as well by it. A multiple of the level before.
	 */
	unsigned level[LEVELS];
	uint64_t large[FILLS]; /* a record of so much is never passed over */
};

/**
 * thinning_counts() - does a record that stands for @times others count on a level? A large one, or
 * one that is not thinned (1), counts on all, one that was picked by its number on some.
 */
static inline bool thinning_counts(const struct thinning *t, uint64_t number, unsigned times,
				   unsigned level)
{
	return times == 1 || !(number & (t->level[level] - 1));
}

#define KIND_LATER UINT16_MAX /* passed over; found out when somebody asks */

struct mark {
	uint32_t second;  /* of arrival, UTC, low 32 bits */
	uint32_t weight;  /* the sampling factor, 1 for none */
	uint16_t kind;	  /* KIND_ASK: none */
	uint8_t counting; /* enum counting */
	uint8_t answers;  /* the meter that it counts for its sender, 0 none */
	uint8_t special;  /* enum special */
	bool late;	  /* a sampled flow record */
	bool opens;	  /* METER_OUT_SYN too */
	uint8_t times;	  /* history_put() */
};

_Static_assert(sizeof(struct mark) == 16, "four to a cache line");

struct history {
	struct kept *kept; /* owns the four */
	/* Kept of batches that are over; [number % HISTORY_ROOM]. */
	struct flow *flow;
	struct flow_side *side;
	int64_t *epoch_us;
	struct mark *mark;		/* of all, the present batch too */
	const struct flow_batch *batch; /* the present one, borrowed; else NULL */
	uint64_t batch_from;	 /* number that its record 0 would have; without one, `end` */
	uint64_t batch_first;	 /* from this number on records are in it */
	const struct conf *conf; /* whose sources are own; borrowed */
	const struct thinning *thinning; /* borrowed */
	struct kinds kinds;
	uint64_t from; /* number of the epoch's first record */
	uint64_t end;  /* number of the next record */
};

/** history_init() - Return: 0 or -ENOMEM. */
int history_init(struct history *h);
void history_deinit(struct history *h);

/** history_begin() - the records of @b from @from on come next; it is read until history_keep(). */
void history_begin(struct history *h, const struct flow_batch *b, uint32_t from);

/**
 * history_put() - the batch's next record, of which @f and @s are part; it arrived in @second. What
 * is asked of it by number is valid for HISTORY_ROOM more.
 * Return: how many records it stands for where records are thinned, itself among them; 0 where it
 * is passed over.
 */
unsigned history_put(struct history *h, const struct flow *f, const struct flow_side *s,
		     uint32_t second, enum counting counting);

/** history_find_kind() - record @number of the batch is going to be counted. */
void history_find_kind(struct history *h, uint64_t number);

/** history_keep() - the batch is over: keep what was put of it. */
void history_keep(struct history *h);

static inline const struct flow *history_flow(const struct history *h, uint64_t number)
{
	return number >= h->batch_first ? &h->batch->flow[number - h->batch_from]
					: &h->flow[number % HISTORY_ROOM];
}

/** history_look() - find out what a mark lacks that was passed over. */
void history_look(const struct history *h, uint64_t number, struct mark *m);

/** history_mark() - whole, whether it was passed over or not. */
static inline struct mark history_mark(const struct history *h, uint64_t number)
{
	struct mark m = h->mark[number % HISTORY_ROOM];

	if (m.kind == KIND_LATER)
		history_look(h, number, &m);
	return m;
}

/** mark_special() - what of @packets counts for a vector with a low threshold, at most. */
static inline uint64_t mark_special(const struct mark *m, uint64_t packets)
{
	/* Looked up, for a branch is guessed wrong. */
	const uint64_t special[] = {
		[SPECIAL_NONE] = 0, [SPECIAL_ONE] = m->weight, [SPECIAL_ALL] = packets};

	return special[m->special];
}

/** history_recv_us() - when a record arrived. */
int64_t history_recv_us(const struct history *h, uint64_t number);

/** history_prepare() - a record as followed destinations count it; @m is its mark. */
void history_prepare(const struct history *h, uint64_t number, const struct mark *m,
		     struct hot_record *r);

/** history_recall() - the same for one of which the mark is not at hand. */
static inline void history_recall(const struct history *h, uint64_t number, struct hot_record *r)
{
	struct mark m = history_mark(h, number);

	history_prepare(h, number, &m, r);
}

/** history_evidence() - a record with its own times, as the sensor told them. */
struct evidence_record history_evidence(const struct history *h, uint64_t number);

/* The records to or from @key in the two seconds before record @end, oldest first. */
struct look_back {
	const struct prefix *key;
	uint64_t at, end;
	int64_t now_us;	 /* arrival of @end */
	unsigned wanted; /* bit per enum counting: those that count, or those that were seen */
};

struct look_back look_back(const struct history *h, const struct prefix *key, uint64_t end);

/** look_next() - Return: false behind the last. */
bool look_next(struct look_back *l, const struct history *h, uint64_t *number);
