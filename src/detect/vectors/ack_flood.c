/* SPDX-License-Identifier: ISC */
/*
 * ACK flood: TCP packets of connections that the target does not keep up. What the target sends
 * over its own connections explains three times as many packets towards it (an upload draws one ACK
 * for two or more segments).
 */
#include "detect/detector.h"

static uint64_t count(const struct flow *f, const struct flow_side *s)
{
	if (!(f->tcp_flags & TH_ACK) || record_is_fragment(f, s) || record_is_malformed(f, s))
		return 0;
	if (record_holds_syn(f, s))
		return f->packets - 1;
	return f->tcp_flags & (TH_SYN | TH_RST) ? 0 : f->packets;
}

const struct detector detector_ack_flood = {
	.vector = VECTOR_ACK_FLOOD,
	.families = FAMILY_TCP,
	.bytes = BYTES_TCP,
	.count = count,
	.answered_by = {METER_OUT_TCP},
	.answers = 3,
};
