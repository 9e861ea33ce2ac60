/* SPDX-License-Identifier: ISC */
/*
 * Connection flood: handshakes completed by real hosts, and then nothing: the server's table fills.
 * Counted where a handshake completes (hot.c); the connection's first data explains it, so a crowd
 * of clients who ask for something is none.
 */
#include "detect/detector.h"

static uint64_t explained(const struct window *w, uint64_t packets)
{
	return window_supported(w, VECTOR_CONN_FLOOD, METER_DATA, packets);
}

const struct detector detector_conn_flood = {
	.vector = VECTOR_CONN_FLOOD,
	.families = FAMILY_TCP,
	.bytes = BYTES_TCP,
	.answered_by = {METER_DATA},
	.answers = 1,
	.explained = explained,
};
