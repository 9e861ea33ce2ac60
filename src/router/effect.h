/* SPDX-License-Identifier: ISC */
/*
 * Does a measure work? Told from both sides of its point: what of the attack arrives before it, and
 * what is left behind it. A side that nobody sees is unknown, and then the effect is not
 * measurable, however good it may be. Pure.
 */
#pragma once

#include <stdbool.h>

#include "act/measure.h"
#include "conf/conf.h"
#include "judge/incident.h"

#define EFFECT_WINDOW_S 30

/**
 * effect_sides() - of @inc in the last EFFECT_WINDOW_S before @now_us.
 * @n: the measure's point; its links (all outside ones where it names none) are before it,
 * interfaces on the inside behind it.
 * @before_bps, @after_bps: < 0 where that side is not seen.
 */
void effect_sides(const struct incident *inc, const struct conf *conf,
		  const struct conf_neighbor *n, int64_t now_us, double *before_bps,
		  double *after_bps);

/** effect_is_measurable() - both sides, or one side and what was dropped in between. */
bool effect_is_measurable(const struct measure_effect *e);
