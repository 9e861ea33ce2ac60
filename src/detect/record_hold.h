/* SPDX-License-Identifier: ISC */
/*
 * Records that wait until those after them tell what they are worth, and the writer through which
 * they go on: as many as fill a batch. Most inputs need none of it, so the room is made with the
 * first of them.
 */
#pragma once

#include "detect/finding.h"
#include "observe/flow.h"

#define RECORD_HELD_MAX FLOW_BATCH_MAX

struct record_hold {
	struct evidence_record *held; /* RECORD_HELD_MAX, in the order of input; NULL before */
	unsigned n;
	struct flow_writer out; /* to whom they go on */
};

/** record_hold_init() - @on takes what goes on; nothing is allocated yet. */
void record_hold_init(struct record_hold *h, const struct flow_sink *on);
void record_hold_deinit(struct record_hold *h);

/** record_hold_room() - before the first put or pass. Return: 0 or -ENOMEM. */
int record_hold_room(struct record_hold *h);

/** record_hold_full() - no more can wait. */
static inline bool record_hold_full(const struct record_hold *h)
{
	return h->n == RECORD_HELD_MAX;
}

/** record_hold_put() - @e waits behind those that do; there is room, and it is not full. */
static inline void record_hold_put(struct record_hold *h, const struct evidence_record *e)
{
	h->held[h->n++] = *e;
}

/** record_hold_pass() - @e goes on at once. Return: 0, or the sink's error. */
int record_hold_pass(struct record_hold *h, const struct evidence_record *e);
uint64_t record_hold_memory(const struct record_hold *h);
