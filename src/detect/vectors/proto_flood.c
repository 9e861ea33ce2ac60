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

static uint64_t explained(const struct window *w, uint64_t packets)
{
	return window_answered(w, VECTOR_PROTO_FLOOD, packets, window_sum(w, METER_OUT_OTHER),
			       w->hot->baseline[METER_OUT_OTHER], 4);
}

const struct detector detector_proto_flood = {
	.vector = VECTOR_PROTO_FLOOD,
	.families = FAMILY_OTHER,
	.bytes = BYTES_OTHER,
	.count = count,
	.explained = explained,
};
