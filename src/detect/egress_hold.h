/* SPDX-License-Identifier: ISC */
/*
 * Records that leave an exporter of which nobody knows yet whether it also tells of what enters:
 * if it does, they were told of already and count for nothing. Some tell of the egress first, so
 * such records wait: until a second has gone by, or until there are as many as fill a batch. Of
 * an exporter that told of no ingress by then they count, and all later ones at once.
 */
#pragma once

#include "detect/finding.h"
#include "observe/flow.h"

#define EGRESS_HOLD_US	US_PER_S
#define EGRESS_HELD_MAX FLOW_BATCH_MAX

struct egress_hold {
	struct evidence_record *held; /* EGRESS_HELD_MAX, made with the first; NULL before */
	unsigned n;
	int64_t from_us;	/* arrival of the first */
	struct flow_writer out; /* to whom they go back */
};

void egress_hold_init(struct egress_hold *h, const struct flow_sink *released);
void egress_hold_deinit(struct egress_hold *h);

/** egress_hold_full() - no more can wait. */
static inline bool egress_hold_full(const struct egress_hold *h)
{
	return h->n == EGRESS_HELD_MAX;
}

/** egress_hold_put() - @e waits. Return: 0 or -ENOMEM. */
int egress_hold_put(struct egress_hold *h, const struct evidence_record *e);

/** egress_hold_due() - have some waited long enough at @recv_us? */
static inline bool egress_hold_due(const struct egress_hold *h, int64_t recv_us)
{
	return h->n && recv_us - h->from_us >= EGRESS_HOLD_US;
}

/** egress_hold_release() - give all back, as they came. Return: 0, or the sink's error. */
int egress_hold_release(struct egress_hold *h);
uint64_t egress_hold_memory(const struct egress_hold *h);
