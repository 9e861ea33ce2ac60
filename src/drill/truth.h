/* SPDX-License-Identifier: ISC */
/*
 * The truth: every packet of an attack is counted here on its way out, one attack at a time.
 * Nothing is taken from what the scenario meant but names.
 */
#pragma once

#include <jansson.h>

#include "drill/blend.h"
#include "drill/crowd.h"
#include "drill/packet.h"
#include "drill/plan.h"
#include "drill/world.h"

struct truth;

/** truth_new() - for the attacks of @plan, which is borrowed. NULL without memory. */
struct truth *truth_new(const struct plan *plan);
struct truth *truth_free(struct truth *t);

/** truth_count() - count @p, whose attack is not -1. Return: 0 or -ENOMEM. */
int truth_count(struct truth *t, const struct packet *p);

/*
 * What kinds of hosts an attack's packets came from. Counted where the scenario says kinds.
 */
#define TRUTH_WHOSE_MAX 8

struct truth_kinds {
	struct {
		uint8_t kind;  /* enum truth_kind */
		bool tcp;      /* reflectors: SYN-ACK */
		uint16_t port; /* reflectors: where they answer from */
		uint64_t packets;
		struct crowd sources;
	} row[TRUTH_WHOSE_MAX];
	unsigned n;
};

/** truth_kinds_count() - count @p, whose kind is told. Return: 0, or -ENOMEM. */
int truth_kinds_count(struct truth_kinds *k, const struct packet *p);
void truth_kinds_deinit(struct truth_kinds *k);

/** truth_kinds_json() - `[{kind, protocol, share, count}]`, owned; NULL without memory. */
json_t *truth_kinds_json(const struct truth_kinds *k);

/** truth_whose_json() - adds `scope`, `scope_told` and `notices` of @s. Return: 0 or -ENOMEM. */
int truth_whose_json(const struct scenario *s, json_t *truth);

/** truth_attacks_json() - the list of attacks, in order of the plan. Owned; NULL without memory. */
json_t *truth_attacks_json(const struct truth *t, const struct blend *b, const struct world *w,
			   const struct drill_options *o);
