/* SPDX-License-Identifier: ISC */
#include "detect/usual.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FILL_SECONDS 64 /* of the cell's mean */
#define SURE	     3	/* standard errors: seldom wrong, and half of a threshold still shows */
#define IDLE_LEARNT  (4 * USUAL_SECONDS) /* of a longer silence, no more is learnt than that */

struct usual *usual_new(const struct prefix *key)
{
	struct usual *u = aligned_alloc(64, sizeof(*u));

	if (!u)
		return NULL;
	memset(u, 0, sizeof(*u));
	u->key.addr = key->addr; /* by members: the padding stays zero */
	u->key.len = key->len;
	u->second = INT64_MIN;
	u->out_us = TIME_NONE;
	return u;
}

/* A second that has waited: into the mean, unless an attack was open. */
static void learn(struct usual *u, int64_t second)
{
	uint32_t *sum = u->sum[(uint64_t)second % USUAL_LAG];
	double share = 1.0 / (u->seconds < USUAL_SECONDS ? u->seconds + 1 : USUAL_SECONDS);

	if (!u->frozen && second >= u->begun) {
		for (unsigned m = 0; m < USUAL_METERS; m++)
			if (m < METER_PORT || m >= METER_PACKETS)
				u->rate[m] += share * ((double)sum[usual_column(m)] - u->rate[m]);
		u->seconds++;
	}
	memset(sum, 0, sizeof(u->sum[0]));
}

void usual_late(struct usual *u)
{
	if (!u->late && u->second != INT64_MIN)
		u->begun += USUAL_LATE_S;
	u->late |= u->second != INT64_MIN;
}

void usual_turn(struct usual *u, int64_t second)
{
	if (second <= u->second)
		return;
	if (u->second == INT64_MIN) {
		u->second = second;
		u->begun = second + 1;
		return;
	}
	if (second - u->second > IDLE_LEARNT)
		u->second = second - IDLE_LEARNT;
	for (; u->second < second; u->second++)
		learn(u, u->second + 1 - USUAL_LAG);
	u->noise = 0;
}

/* As much again may come by the choice of records: see unanswered() in busy.c for the rule. */
static double chance(const struct usual *u, unsigned k)
{
	double variance = (double)u->noise * u->fill[k];

	if (k == FILL_BYTES && u->fill[FILL_PACKETS] > 0)
		variance *= u->fill[k] / u->fill[FILL_PACKETS];
	return SURE * sqrt(variance);
}

void usual_fill(struct usual *u, const uint64_t fill[FILLS], const uint64_t least[FILLS])
{
	double share = 1.0 / (u->fill_seconds < FILL_SECONDS ? u->fill_seconds + 1 : FILL_SECONDS);

	u->fill_seconds++;
	for (unsigned k = 0; k < FILLS; k++) {
		double limit;

		if (!u->frozen)
			u->fill[k] += share * ((double)fill[k] - u->fill[k]);
		limit = STANDS_OUT * u->fill[k];
		if (u->noise)
			limit = fmax(limit, u->fill[k] + chance(u, k));
		u->limit[k] = (uint64_t)limit + least[k];
	}
}
