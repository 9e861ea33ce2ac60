/* SPDX-License-Identifier: ISC */
/*
 * Which measure counts for more where a neighbour takes no more rules: that against the worse
 * incident, then the one that takes more of an attack away, then the newer one. It is told, never
 * acted on: what stands is withdrawn by a person.
 */
#pragma once

#include <stdint.h>

struct plan_option;

struct weight {
	unsigned severity; /* of its incident when it began, 1 worst to 4; 0 not known, least */
	double bps;	   /* of the attack, that it takes away; < 0 not known, least */
	int64_t since_us;  /* it was planned */
};

/** weight_of() - of an option against an incident of @severity. */
struct weight weight_of(const struct plan_option *o, unsigned severity, int64_t since_us);

/** weight_compare() - < 0 where @a weighs less than @b. A whole order. */
int weight_compare(const struct weight *a, const struct weight *b);
