/* SPDX-License-Identifier: ISC */
/*
 * What `read` says at its end, beside the incidents: how much was read, what was refused and why,
 * who told it with which sampling, and what could not have been seen.
 */
#pragma once

#include "cli/pipeline.h"
#include "cli/verb.h"
#include "observe/reader.h"

/* Totals over all inputs of a reading. */
struct summary {
	uint64_t inputs, inputs_unread;
	uint64_t frames, bytes;
	struct refusals refused, noted;
	uint64_t jumps_forward, jumps_back;
	uint64_t dropped;	       /* before they reached a capture, as it says itself */
	uint64_t probed, exports_seen; /* reader_info */
	size_t incidents;
};

/** summary_add() - count one input. */
void summary_add(struct summary *s, const struct reader_info *info, bool read);

/** summary_print() - on cli->err. */
void summary_print(const struct cli *cli, const struct summary *s, const struct pipeline *p);
