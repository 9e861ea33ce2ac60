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

const struct detector detector_fragment_flood = {
	.vector = VECTOR_FRAGMENT_FLOOD,
	.families = FAMILY_TCP | FAMILY_UDP | FAMILY_ICMP | FAMILY_OTHER,
	.bytes = BYTES_UDP,
	.count = count,
	.answered_by = {METER_OUT_UDP, METER_OUT_OTHER},
	.answers = 1,
};
