/* SPDX-License-Identifier: ISC */
/*
 * ICMP flood. Unreachables and the like that answer what the target sent are no attack on it,
 * whatever protocol it sent.
 */
#include "detect/detector.h"

static uint64_t count(const struct flow *f, const struct flow_side *s)
{
	return s->flags & FLOW_LATER_FRAGMENT ? 0 : f->packets;
}

static uint64_t explained(const struct window *w, uint64_t packets)
{
	const double *base = w->hot->baseline;
	uint64_t out = window_sum(w, METER_OUT_TCP) + window_sum(w, METER_OUT_UDP) +
		       window_sum(w, METER_OUT_OTHER);

	return window_answered(w, VECTOR_ICMP_FLOOD, packets, out,
			       base[METER_OUT_TCP] + base[METER_OUT_UDP] + base[METER_OUT_OTHER],
			       1);
}

const struct detector detector_icmp_flood = {
	.vector = VECTOR_ICMP_FLOOD,
	.families = FAMILY_ICMP,
	.bytes = BYTES_OTHER,
	.count = count,
	.explained = explained,
};
