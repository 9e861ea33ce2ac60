/* SPDX-License-Identifier: ISC */
/*
 * What a measure would cost those who have done nothing: the share of the frozen good sample (the
 * object's own traffic of the hour before) that its rules would have hit, and who is named by it.
 * Under COLLATERAL_LEAST records nothing is known, and unknown is never 0 %.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "act/rule.h"
#include "conf/conf.h"
#include "judge/incident.h"

#define COLLATERAL_LEAST     300
#define COLLATERAL_NAMES_MAX 16

struct collateral {
	bool known;
	double share, low, high; /* of the sample's packets; Wilson's 95 % interval */
	unsigned n;		 /* records of the sample */
	/*
	 * The same of the packets that open connections: who loses these loses all that would have
	 * come behind. A sample holds few, so each packet to a service stands for the one that
	 * opened its connection. opens_n: records that show or imply one; 0: nothing is known of
	 * them.
	 */
	double opens_share, opens_low, opens_high;
	unsigned opens_n;
	char services[COLLATERAL_NAMES_MAX][CONF_NAME_MAX]; /* people rely on, and it hits */
	unsigned n_services;
	char customers[COLLATERAL_NAMES_MAX][CONF_NAME_MAX]; /* with addresses in the destination */
	unsigned n_customers;
};

/**
 * collateral_of() - of rules that stand together (one hit is a hit). No rule: everything to
 * @destination is lost (blackhole).
 */
void collateral_of(const struct rule *rule, unsigned n, const struct prefix *destination,
		   const struct incident *inc, const struct conf *conf, struct collateral *out);

/** share_interval() - Wilson, 95 %: E. B. Wilson, JASA 22 (1927), 209. @n > 0. */
void share_interval(double share, double n, double *low, double *high);

/**
 * collateral_json() - `share`, `low`, `high` (null where unknown), `n`, `services`, `customers` and
 * `opens`. Owned; NULL without memory. The reverse: 0 or -EINVAL.
 */
json_t *collateral_json(const struct collateral *c);
int collateral_from_json(const json_t *from, struct collateral *out);
