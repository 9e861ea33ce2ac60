/* SPDX-License-Identifier: ISC */
/*
 * Can a filter tell an attack from what else its target receives? Counted packet by packet: how an
 * attack's packets look to a router, and how the others to the same target do. Ports that a sender
 * draws for itself count in two wide classes, since a filter on one of them holds only until the
 * next is drawn.
 */
#pragma once

#include <jansson.h>

#include "drill/packet.h"
#include "drill/plan.h"

struct blend;

/** blend_new() - for the attacks of @plan, which is borrowed. NULL without memory. */
struct blend *blend_new(const struct plan *plan);
struct blend *blend_free(struct blend *b);

/** blend_count() - any packet of the run, in order of time. Return: 0 or -ENOMEM. */
int blend_count(struct blend *b, const struct packet *p);

/**
 * blend_json() - adds `separable` (null where too few other packets came) and `separable_why` of
 * attack @i to @attack. Return: 0 or -ENOMEM.
 */
int blend_json(const struct blend *b, size_t i, json_t *attack);
