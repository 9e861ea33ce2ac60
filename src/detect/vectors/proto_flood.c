/* SPDX-License-Identifier: ISC */
/*
 * Flood of other protocols (GRE, ESP, ...). A tunnel's end sends about what it receives; a fourth
 * of it is enough to explain it.
 */
#include "detect/detector.h"

static uint64_t count(const struct flow *f, const struct flow_side *s)
{
	return s->flags & FLOW_LATER_FRAGMENT ? 0 : f->packets;
}

const struct detector detector_proto_flood = {
	.vector = VECTOR_PROTO_FLOOD,
	.families = FAMILY_OTHER,
	.bytes = BYTES_OTHER,
	.count = count,
	.answered_by = {METER_OUT_OTHER},
	.answers = 4,
};
