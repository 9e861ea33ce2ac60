/* SPDX-License-Identifier: ISC */
/*
 * Amplification: answers from many servers' one UDP port to somebody who did not ask. Followed per
 * source port (hot.c); it takes at least fifty senders (port_reflects()), and what the target
 * itself sends by UDP explains twice as much (a resolver's questions draw answers).
 */
#include "detect/detector.h"

const struct detector detector_amplification = {
	.vector = VECTOR_AMPLIFICATION,
	.families = FAMILY_UDP,
	.bytes = BYTES_UDP,
	.answered_by = {METER_OUT_UDP},
	.answers = 2,
};
