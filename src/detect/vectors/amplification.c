/* SPDX-License-Identifier: ISC */
/*
 * Amplification: answers from many servers' one UDP port to somebody who did not ask. Followed per
 * source port (hot.c); it takes at least fifty senders (port_reflects()), and what the target
 * itself sends by UDP explains twice as much (a resolver's questions draw answers).
 */
#include "detect/detector.h"

static uint64_t explained(const struct window *w, uint64_t packets)
{
	/* The port's own usual level is not kept; UDP as a whole stands for it. */
	return window_answered(w, VECTOR_UDP_FLOOD, packets, window_sum(w, METER_OUT_UDP),
			       w->hot->baseline[METER_OUT_UDP], 2);
}

const struct detector detector_amplification = {
	.vector = VECTOR_AMPLIFICATION,
	.families = FAMILY_UDP,
	.bytes = BYTES_UDP,
	.explained = explained,
};
