/* SPDX-License-Identifier: ISC */
/*
 * SYN-ACK reflection: answers to connection requests that the target never sent; somebody forged
 * its address towards many servers. A SYN-ACK is explained by a SYN of the target (two for each,
 * since servers repeat an unanswered SYN-ACK).
 */
#include "detect/detector.h"

static uint64_t count(const struct flow *f, const struct flow_side *s)
{
	unsigned flags = f->tcp_flags & (TH_FIN | TH_SYN | TH_RST | TH_PSH | TH_ACK);

	if (flags != (TH_SYN | TH_ACK) || (record_is_fragment(f, s) || record_is_malformed(f, s)))
		return 0;
	/* A record of several packets towards the lower port is a client's half of a connection. */
	if (!(s->flags & FLOW_IS_PACKET) && f->packets > 1 && f->dport <= f->sport)
		return 0;
	return f->packets;
}

static bool holds(const struct window *w, uint64_t packets)
{
	return window_outlasts_answers(w, VECTOR_SYNACK_REFLECTION);
}

const struct detector detector_synack_reflection = {
	.vector = VECTOR_SYNACK_REFLECTION,
	.families = FAMILY_TCP,
	.bytes = BYTES_TCP,
	.count = count,
	.answered_by = {METER_OUT_SYN},
	.answers = 2,
	.holds = holds,
};
