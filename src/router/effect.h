/* SPDX-License-Identifier: ISC */
/*
 * Does a measure work? Told from both sides of its point: what of the attack arrives before it, and
 * what is left behind it. A side that nobody sees is unknown, and then the effect is not
 * measurable, however good it may be. Nothing of the attack from an exporter that goes on speaking
 * is nothing; from one that is not heard it is unknown. Pure.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "act/measure.h"
#include "conf/conf.h"
#include "judge/incident.h"

#define EFFECT_WINDOW_S 30
#define EFFECT_LATE_S	10 /* until what was exported is in the store, its last step whole */
#define EFFECT_LEAST_S	300
#define EFFECT_MOST_S	3600

/* What is looked at, and who sees it. */
struct effect_watch {
	const json_t *exporters; /* of the watch's status, borrowed; NULL: none runs, or it does
				    not hear all who saw the attack */
	int64_t at_us;		 /* of that status */
	int64_t from_us, until_us;
};

/**
 * effect_watch() - the last EFFECT_WINDOW_S of which all flows of those who showed @inc have come:
 * an exporter tells of a flow that goes on only after its active timeout (as configured, as it
 * says, or the longest flow that it told of; none in sFlow).
 * @status: of the watch, of this moment, written @at_us; NULL: none runs.
 */
void effect_watch(const struct incident *inc, const struct conf *conf, const json_t *status,
		  int64_t at_us, int64_t now_us, struct effect_watch *out);

/**
 * effect_sides() - of @inc in the time of @w.
 * @n: the measure's point; its links (all outside ones where it names none) are before it,
 * interfaces on the inside behind it.
 * @before_bps, @after_bps: < 0 where that side is not seen: it never showed the attack, or an
 * exporter that did was not heard since the time ended.
 */
void effect_sides(const struct incident *inc, const struct conf *conf,
		  const struct conf_neighbor *n, const struct effect_watch *w, double *before_bps,
		  double *after_bps);

/**
 * effect_is_due() - is the effect of a measure that has stood since @since_us to be written down,
 * when nothing else was since @row_us? After EFFECT_LEAST_S, then when it has stood twice as long,
 * and at least each EFFECT_MOST_S.
 */
bool effect_is_due(int64_t since_us, int64_t row_us, int64_t now_us);
