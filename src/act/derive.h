/* SPDX-License-Identifier: ISC */
/*
 * Rules from evidence: the fewest conditions that cover the attack and spare the rest. Candidates
 * come from what nearly all attack records share (protocol, ports, flags, length, fragments, TTL
 * only as a hint, since no router filters by it alike); they are weighed against the frozen good
 * sample. Where no rule tells attack from clients, that is the answer, with its reason.
 */
#pragma once

#include <stdbool.h>

#include "act/collateral.h"
#include "act/rule.h"
#include "judge/incident.h"

#define DERIVED_RULES_MAX 8

struct derived {
	struct rule rule[DERIVED_RULES_MAX]; /* together; each for the incident's target, discard */
	unsigned n;
	double covers, covers_low, covers_high; /* share of the attack's packets */
	struct collateral collateral;
	bool separable; /* it covers the attack, and the good sample, which is large enough, is
			   spared */
	bool so_far;	/* it would, but the exporters have not told all of it yet */
	char why_en[512], why_ja[768];
	/*
	 * Where it is not separable: what to limit instead of to drop. Narrow rules that cover
	 * nearly all of the attack, whoever else is hit by them.
	 */
	struct rule limit[DERIVED_RULES_MAX];
	unsigned n_limit;
	double limit_covers;
	struct collateral limit_collateral;
};

/**
 * derive_rules() - @inc: with its evidence records. No source is ever named.
 * Return: 0, or -ENOMEM.
 */
int derive_rules(const struct incident *inc, const struct conf *conf, struct derived *out);
