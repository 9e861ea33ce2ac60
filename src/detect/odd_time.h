/* SPDX-License-Identifier: ISC */
/*
 * Records of a file whose time of arrival does not go with the clock that the records before set:
 * is it the clock that goes on elsewhere (a pause, another capture), or are these records' time
 * stamps wrong (another probe whose clock is off, a damaged frame)? Such records wait until those
 * that come next tell. A second of them with nothing of the old time between, or as many as fill a
 * batch, is the clock; fewer are odd: they are taken at the clock as it is, and counted. What is
 * decided depends on the records alone, not on how a sensor cut its batches.
 */
#pragma once

#include "detect/record_hold.h"
#include "observe/exporter.h"

#define ODD_FORWARD_US	(10 * US_PER_S)
#define ODD_BACKWARD_US (60 * US_PER_S)
#define ODD_ARRIVALS	8 /* datagrams or frames that make a clock, when they fill a second */

struct odd_times {
	struct exporters *exporters; /* borrowed: each is told of its odd records */
	struct record_hold wait;     /* what is decided goes on, in the order of input */
	unsigned arrivals;	     /* different times among the held ones */
	int64_t clock_us;  /* that the records before them set; TIME_NONE before the first */
	int64_t from_us;   /* arrival of the first held, */
	int64_t newest_us; /* the newest, */
	int64_t last_us;   /* and the last one */
	uint64_t records;  /* that were odd */
};

/** odd_init() - @decided takes what is sorted out; nothing is allocated yet. */
void odd_init(struct odd_times *o, struct exporters *exporters, const struct flow_sink *decided);

/** odd_is() - does @recv_us need to be sorted out where the clock is @clock_us? */
static inline bool odd_is(int64_t clock_us, int64_t recv_us)
{
	return clock_us != TIME_NONE &&
	       (recv_us - clock_us > ODD_FORWARD_US || clock_us - recv_us > ODD_BACKWARD_US);
}

/** odd_waits() - are records held, so that all that come next must be put too? */
static inline bool odd_waits(const struct odd_times *o)
{
	return o->wait.n > 0;
}

/**
 * odd_sort() - the records of @b from @from on come next; what is decided is handed on before this
 * returns. @clock_us: the clock before them, where none waits. Return: 0, or the sink's error.
 */
int odd_sort(struct odd_times *o, const struct flow_batch *b, uint32_t from, int64_t clock_us);

/** odd_end() - no more come. Few that are later than all others were are taken as they are. */
int odd_end(struct odd_times *o);
