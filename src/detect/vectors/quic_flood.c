/* SPDX-License-Identifier: ISC */
/*
 * QUIC flood: UDP towards port 443. A server's answers explain four times as many packets.
 */
#include "detect/detector.h"

#define QUIC_PORT 443

static uint64_t count(const struct flow *f, const struct flow_side *s)
{
	if (f->proto != PROTO_UDP || f->dport != QUIC_PORT)
		return 0;
	return s->flags & (FLOW_LATER_FRAGMENT | FLOW_MALFORMED) ? 0 : f->packets;
}

const struct detector detector_quic_flood = {
	.vector = VECTOR_QUIC_FLOOD,
	.families = FAMILY_UDP,
	.bytes = BYTES_UDP,
	.count = count,
	.dport = QUIC_PORT,
	.answered_by = {METER_OUT_UDP},
	.answers = 4,
};
