/* SPDX-License-Identifier: ISC */
/*
 * Malformed packets: headers that no honest stack sends (the list stands in observe/packet.h).
 */
#include "detect/detector.h"

static uint64_t count(const struct flow *f, const struct flow_side *s)
{
	return record_is_malformed(f, s) ? f->packets : 0;
}

const struct detector detector_malformed = {
	.vector = VECTOR_MALFORMED,
	.families = FAMILY_TCP | FAMILY_UDP | FAMILY_ICMP | FAMILY_OTHER,
	.bytes = BYTES_OTHER,
	.count = count,
};
