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

const struct detector detector_icmp_flood = {
	.vector = VECTOR_ICMP_FLOOD,
	.families = FAMILY_ICMP,
	.bytes = BYTES_OTHER,
	.count = count,
	.answered_by = {METER_OUT_TCP, METER_OUT_UDP, METER_OUT_OTHER},
	.answers = 1,
};
