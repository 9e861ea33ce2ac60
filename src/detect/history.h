/* SPDX-License-Identifier: ISC */
/*
 * The last records, for a destination that begins to be followed: however the sensor cut its
 * batches, the same ones are looked back at, so live and from a file the same is found. Beside each
 * record stands its brief: the one line that the table of all destinations needs of it.
 */
#pragma once

#include "detect/kinds.h"

#define HISTORY_ROOM 8192 /* a look back and a batch dealt ahead */
#define HISTORY_LOOK 4096

/* How a record counts, so that each packet counts once. */
enum counting { COUNT_BY_MAX = 0, COUNT_ENTRY = 1, COUNT_NOT = 2 };

struct brief {
	struct ip dst, src;
	uint64_t packets, bytes; /* corrected for sampling */
	uint32_t second;	 /* of arrival, UTC, low 32 bits */
	uint32_t weight;	 /* the sampling factor, 1 for none */
	uint16_t kind;		 /* KIND_ASK: none */
	uint8_t counting;	 /* enum counting */
	bool special;		 /* of a vector with a low threshold */
	bool own_source;
	bool late;	 /* a sampled flow record */
	uint8_t answers; /* the meter that it counts for its sender, 0 none */
	bool opens;	 /* METER_OUT_SYN too */
};

_Static_assert(sizeof(struct brief) == 64, "one cache line");

struct history {
	struct evidence_record *record; /* [number % HISTORY_ROOM] */
	struct brief *brief;		/* the same */
	struct kinds kinds;
	uint64_t from; /* number of the epoch's first record */
	uint64_t end;  /* number of the next record */
};

/** history_init() - Return: 0 or -ENOMEM. */
int history_init(struct history *h);
void history_deinit(struct history *h);

/** history_put() - record @i of a batch, its counting still to be set. Valid for HISTORY_ROOM more.
 */
uint64_t history_put(struct history *h, const struct flow_batch *b, uint32_t i, bool own_source);

static inline struct evidence_record *history_record(const struct history *h, uint64_t number)
{
	return &h->record[number % HISTORY_ROOM];
}

static inline struct brief *history_brief(const struct history *h, uint64_t number)
{
	return &h->brief[number % HISTORY_ROOM];
}

/** history_prepare() - a record as followed destinations count it. */
void history_prepare(const struct history *h, uint64_t number, struct hot_record *r);

/* The records to or from @key in the two seconds before record @end, oldest first. */
struct look_back {
	const struct prefix *key;
	uint64_t at, end;
	int64_t now_us; /* arrival of @end */
};

struct look_back look_back(const struct history *h, const struct prefix *key, uint64_t end);

/** look_next() - Return: false behind the last. */
bool look_next(struct look_back *l, const struct history *h, uint64_t *number);
