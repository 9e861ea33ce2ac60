/* SPDX-License-Identifier: ISC */
/*
 * The truth: every packet of an attack is counted here on its way out, one attack at a time.
 * Nothing is taken from what the scenario meant but names.
 */
#pragma once

#include <jansson.h>

#include "drill/packet.h"
#include "drill/plan.h"
#include "drill/world.h"

struct truth;

/** truth_new() - for the attacks of @plan, which is borrowed. NULL without memory. */
struct truth *truth_new(const struct plan *plan);
struct truth *truth_free(struct truth *t);

/** truth_count() - count @p, whose attack is not -1. Return: 0 or -ENOMEM. */
int truth_count(struct truth *t, const struct packet *p);

/** truth_attacks_json() - the list of attacks, in order of the plan. Owned; NULL without memory. */
json_t *truth_attacks_json(const struct truth *t, const struct world *w,
			   const struct drill_options *o);
