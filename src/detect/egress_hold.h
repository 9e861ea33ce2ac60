/* SPDX-License-Identifier: ISC */
/*
 * Records that leave an exporter of which nobody knows yet whether it also tells of what enters:
 * if it does, they were told of already and count for nothing. Some tell of the egress first, so
 * such records wait: until a second has gone by, or until there are as many as can wait. Of an
 * exporter that told of no ingress by then they count, and all later ones at once.
 */
#pragma once

#include "detect/record_hold.h"

#define EGRESS_HOLD_US US_PER_S

struct egress_hold {
	struct record_hold wait; /* they go back to who had them wait */
	int64_t from_us;	 /* arrival of the first */
};

/** egress_hold_put() - @e waits; not all that can do so already. Return: 0 or -ENOMEM. */
int egress_hold_put(struct egress_hold *h, const struct evidence_record *e);

/** egress_hold_due() - have some waited long enough at @recv_us? */
static inline bool egress_hold_due(const struct egress_hold *h, int64_t recv_us)
{
	return h->wait.n && recv_us - h->from_us >= EGRESS_HOLD_US;
}

/** egress_hold_release() - give all back, as they came. Return: 0, or the sink's error. */
int egress_hold_release(struct egress_hold *h);
