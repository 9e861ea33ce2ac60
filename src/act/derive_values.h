/* SPDX-License-Identifier: ISC */
/*
 * What the files that make conditions share: the values of one field in what a draft hits, and how
 * conditions are put together.
 */
#pragma once

#include "act/derive_inside.h"

#define VALUE_LEAST  0.003 /* share of the draft's attack packets, for a value to be listed */
#define SINGLE_LEAST 0.01  /* the same, for a value to stand alone */
#define FLAG_BITS    0x3f  /* FIN to URG */
#define VALUES_MAX   WEIGH_MAX

/* The values of a field that a draft's packets have, in order of values. */
struct values {
	uint16_t attack[VALUES_MAX], good[VALUES_MAX];
	unsigned n_attack, n_good;
	double all_attack, all_good; /* weight of all packets, those without the field too */
	double soft;		     /* weight of those whose length is a mean */
};

/** values_collect() - into @v, with weights in the ground's histogram until values_forget(). */
void values_collect(const struct ground *g, enum rule_field field, struct values *v);
void values_forget(const struct ground *g, const struct values *v);

/** choice_begin(), choice_put(), choice_finish() - a new condition, its ranges, and that it is
 * done: empty ones are none, and of two that are alike one is enough. */
struct rule_condition *choice_begin(struct field_choices *out, enum rule_field field);
void choice_put(struct rule_condition *c, uint16_t from, uint16_t to);
void choice_finish(struct field_choices *out, const struct rule_condition *c);

/** choose_flags(), choose_lengths() - derive_shape.c. @v: room to work in. */
void choose_flags(const struct ground *g, struct values *v, struct field_choices *out);
void choose_lengths(const struct ground *g, struct values *v, struct field_choices *out);
