/* SPDX-License-Identifier: ISC */
/*
 * The incidents of a reading, kept until all input is through: they are printed in the order of
 * their first packet, and a later state of the same incident replaces the earlier one.
 */
#pragma once

#include <stdbool.h>

#include "base/map.h"
#include "cli/verb.h"
#include "judge/incident.h"

#define RESULTS_MAX 200000 /* of one reading; more are counted (and are in the store) */

struct results {
	struct map *by_id; /* id to index in list */
	struct incident **list;
	size_t n, room;
	uint64_t refused; /* beyond RESULTS_MAX */
	bool with_series; /* keep the course of each, for JSON */
};

/** results_take() - keep a copy of @inc (without evidence). Return: 0 or -ENOMEM. */
int results_take(struct results *r, const struct incident *inc);

/** results_sort() - by first packet, then id. */
void results_sort(struct results *r);
void results_deinit(struct results *r);
