/* SPDX-License-Identifier: ISC */
/*
 * What is usual at a busy destination: packets per second of each meter, in and out, as a mean over
 * two minutes of healthy time, and how full its cell usually is. Far more destinations are busy
 * than stand out; they cost this and no more. Only one that stands out from what is usual here is
 * followed with rings (hot.h), and then begins with a history.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "detect/meter.h"

#define USUAL_METERS METER_BYTES /* packets only */
#define USUAL_ROW    32		 /* two lines; what is sent to it stands in the first */
#define STANDS_OUT   1.25	 /* times its usual fill, and a least amount, */
#define STANDS_FROM  2		 /* of which half is not busy any more */
#define USUAL_LATE_S 17 /* flow records: the usual inactive timeout of 15 s, and delivery */
#define USUAL_LAG    4	/* seconds that wait, so that an attack's first ones are not learnt */

#define LEVELS 3 /* of destinations: host, /24 (v6 /64), /20 (v6 /48) */

struct hot;

/* By the measures of a cell: all packets, those of vectors with low thresholds, bytes. */
enum fill { FILL_PACKETS, FILL_SPECIAL, FILL_BYTES, FILLS };

/* What most records need of it stands in its first line. */
struct usual {
	struct prefix key;
	uint32_t slot;	 /* index in the shard's list */
	uint16_t object; /* a host's protected object + 1, else 0 */
	struct hot *hot; /* followed now, else NULL */
	int64_t second;	 /* of arrival, being summed; INT64_MIN before the first */
	int64_t begun;	 /* the first second that is seen whole */
	uint64_t room;	 /* packets until it is asked again what explains them */
	uint64_t noise;	 /* packets that one record has stood for in it, at most; 0: none for others
			  */
	uint32_t weight; /* largest sampling factor of those that began a second */
	unsigned seconds;      /* healthy ones behind the rates */
	unsigned fill_seconds; /* behind the mean */
	bool late;	       /* that one is later by an inactive timeout */
	bool frozen;	       /* an attack is open: nothing is learnt */
	int64_t out_us; /* arrival of the last record that found it standing out, or TIME_NONE */
	double fill[FILLS];    /* mean per second */
	uint64_t limit[FILLS]; /* from which it stands out */
	uint32_t sum[USUAL_LAG][USUAL_ROW] __attribute__((aligned(64))); /* by second % USUAL_LAG */
	double rate[USUAL_METERS];
};

/** usual_column() - of a meter in the row of a second; a reflector's port has none. */
static inline unsigned usual_column(unsigned meter)
{
	return meter < VECTOR_COUNT ? meter : meter - PORT_SLOTS;
}

_Static_assert(USUAL_METERS - PORT_SLOTS <= USUAL_ROW, "all of a second");
_Static_assert(METER_DATA - PORT_SLOTS < USUAL_ROW / 2, "in the first line");

#define USUAL_SECONDS	120 /* of the mean */
#define HEALTHY_SECONDS 8   /* of history before it counts */

/** usual_has_history() - what is usual is known well enough to compare with. */
static inline bool usual_has_history(const struct usual *u)
{
	return u->seconds >= HEALTHY_SECONDS;
}

/** usual_is_new() - so little is known yet that to stand out means little. */
static inline bool usual_is_new(const struct usual *u)
{
	return u->fill_seconds < 64;
}

/** usual_in() - packets of a meter in a second that waits, one of the last USUAL_LAG. */
static inline uint64_t usual_in(const struct usual *u, int64_t second, unsigned meter)
{
	return u->sum[(uint64_t)second % USUAL_LAG][usual_column(meter)];
}

/** usual_at() - packets of a meter in the second of the last usual_turn(). */
static inline uint64_t usual_at(const struct usual *u, unsigned meter)
{
	return usual_in(u, u->second, meter);
}

/** usual_new() - nothing is known yet, so any traffic stands out. NULL without memory. */
struct usual *usual_new(const struct prefix *key);

/**
 * usual_late() - it has sampled flow records. Routers tell of a FIN at once and of a SYN after the
 * inactive timeout, so that the first seconds are known in part: they are not learnt.
 */
void usual_late(struct usual *u);

/** usual_turn() - let the clock of arrival reach @second: what has waited long enough is learnt. */
void usual_turn(struct usual *u, int64_t second);

/** usual_fetch() - have brought what counting in @second needs. */
static inline void usual_fetch(const struct usual *u, uint32_t second)
{
	const uint32_t *sum = u->sum[second % USUAL_LAG];

	__builtin_prefetch(u, 1);
	__builtin_prefetch(sum, 1);
}

/**
 * usual_add() - packets of a meter in the second of the last usual_turn().
 * @n: corrected for sampling, and for records that were passed over.
 */
static inline void usual_add(struct usual *u, unsigned meter, uint64_t n)
{
	uint32_t *sum = &u->sum[(uint64_t)u->second % USUAL_LAG][usual_column(meter)];
	uint64_t all = *sum + n;

	*sum = all > UINT32_MAX ? UINT32_MAX : (uint32_t)all;
}

/**
 * usual_fill() - a second of its cell is over, which held @fill.
 * @least: what is never standing out, of each.
 */
void usual_fill(struct usual *u, const uint64_t fill[FILLS], const uint64_t least[FILLS]);
