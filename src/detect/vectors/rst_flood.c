/* SPDX-License-Identifier: ISC */
/*
 * RST flood. A reset that answers the target's own TCP packets is no attack on it: the flooder who
 * is reset by his victim's closed port is not himself a victim.
 */
#include "detect/detector.h"

static uint64_t count(const struct flow *f, const struct flow_side *s)
{
	unsigned flags = f->tcp_flags & (TH_FIN | TH_SYN | TH_RST | TH_PSH);

	return flags == TH_RST && !(record_is_fragment(f, s) || record_is_malformed(f, s))
		       ? f->packets
		       : 0;
}

static bool holds(const struct window *w, uint64_t packets)
{
	return window_outlasts_answers(w, VECTOR_RST_FLOOD);
}

const struct detector detector_rst_flood = {
	.vector = VECTOR_RST_FLOOD,
	.families = FAMILY_TCP,
	.bytes = BYTES_TCP,
	.count = count,
	.answered_by = {METER_OUT_TCP},
	.answers = 2,
	.holds = holds,
};
