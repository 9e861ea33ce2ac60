/* SPDX-License-Identifier: ISC */
/* What is held against what: between the reading and matching (score.c) and the telling. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/ip.h"
#include "drill/drill.h"

#define SCORE_TARGETS 64
#define NO_MATCH      SIZE_MAX

struct score_case {
	json_t *json; /* borrowed from its document */
	const char *id, *class, *level, *direction;
	bool scan;
	struct prefix target[SCORE_TARGETS];
	size_t n_targets;
	int64_t first_us, last_us, detected_us, crossed_us; /* TIME_NONE where not told */
	double pps;
	size_t match; /* index on the other side, NO_MATCH */
	bool counted; /* truth: takes part; incident: false when it belongs to one that does not */
	const char *why; /* why not counted, or why false */
};

struct score {
	const struct drill_score_options *options;
	json_t *truth, *incidents; /* owned documents; incidents: object by id */
	struct score_case *attack, *incident;
	size_t n_attacks, n_incidents;
	const char *format; /* by which vectors are judged */
};

/** score_vectors() - the vectors of truth case @a that the format can show. Borrowed, may be NULL.
 */
json_t *score_vectors(const struct score *s, const struct score_case *a);

/** score_report() - every figure as one object. Owned; NULL without memory. */
json_t *score_report(const struct score *s);

/** score_print() - the report for people. */
void score_print(const struct score *s, json_t *report, FILE *out);
