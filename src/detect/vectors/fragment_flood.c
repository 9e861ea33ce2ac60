/* SPDX-License-Identifier: ISC */
/*
 * Fragment flood: fragments of any protocol, most often the tail of an amplification's large
 * answers. What the target sends by UDP or tunnels explains as many.
 */
#include "detect/detector.h"

static uint64_t count(const struct flow *f, const struct flow_side *s)
{
	if (!record_is_fragment(f, s))
		return 0;
	/* The first fragment of a reflector's answer tells its port: it counts there. */
	if (!(s->flags & FLOW_LATER_FRAGMENT) && f->proto == PROTO_UDP && reflector_name(f->sport))
		return 0;
	return f->packets;
}

static uint64_t explained(const struct window *w, uint64_t packets)
{
	const double *base = w->hot->baseline;

	return window_answered(w, VECTOR_FRAGMENT_FLOOD, packets,
			       window_sum(w, METER_OUT_UDP) + window_sum(w, METER_OUT_OTHER),
			       base[METER_OUT_UDP] + base[METER_OUT_OTHER], 1);
}

const struct detector detector_fragment_flood = {
	.vector = VECTOR_FRAGMENT_FLOOD,
	.families = FAMILY_TCP | FAMILY_UDP | FAMILY_ICMP | FAMILY_OTHER,
	.bytes = BYTES_UDP,
	.count = count,
	.explained = explained,
};
