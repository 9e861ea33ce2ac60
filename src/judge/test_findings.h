/* SPDX-License-Identifier: ISC */
/*
 * Findings made by hand for the tests of judge and store.
 */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "detect/finding.h"

#define T0 (INT64_C(1218196800) * US_PER_S) /* 2008-08-08T12:00:00Z */

static inline void finding_make(struct finding *f, uint64_t handle, const char *target,
				int64_t first_us)
{
	memset(f, 0, sizeof(*f));
	f->handle = handle;
	f->kind = FINDING_ATTACK;
	f->state = FINDING_OPEN;
	if (prefix_parse(target, false, &f->target))
		abort();
	f->level = f->target.len == 128 ? LEVEL_HOST : LEVEL_PREFIX;
	f->direction = DIRECTION_IN;
	f->own_known = true;
	f->first_us = first_us;
	f->last_us = first_us + US_PER_S;
	f->detected_us = first_us + 1250000;
	f->shown_us = first_us + 250000;
	f->exporter_delay_us = 250000;
	f->noroshi_delay_us = US_PER_S;
	f->updated_us = first_us + 1250000;
	f->packets = 10000;
	f->bytes = 460000;
	f->records = 10000;
	f->peak_bps = 3680000;
	f->peak_pps = 10000;
	f->peak_us = first_us;
	f->pulses = 1;
	f->sampling_min = f->sampling_max = 1;
	f->sampling_known = true;
	f->blind_pps = 2500;
	f->blind_seconds = 10;
	f->blind_confidence = 0.95;
}

static inline struct finding_vector *finding_vector(struct finding *f, enum vector v, uint16_t port,
						    bool over, uint64_t packets,
						    uint64_t mean_bytes)
{
	struct finding_vector *to = &f->vectors[f->n_vectors++];

	*to = (struct finding_vector){
		.vector = v,
		.port = port,
		.over = over,
		.packets = packets,
		.bytes = packets * mean_bytes,
		.peak_pps = packets / 2,
		.threshold_pps = 2500,
		.over_first_us = over ? f->first_us : TIME_NONE,
		.over_last_us = over ? f->last_us : TIME_NONE,
	};
	return to;
}
