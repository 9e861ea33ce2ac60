/* SPDX-License-Identifier: ISC */
/* A measure by hand, for the tests of its life and of what people read. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "act/measure.h"
#include "base/clock.h"

/* 2026-11-26 03:12 JST. */
#define NOW_US	   (INT64_C(1795630320) * US_PER_S)
#define MINUTES(n) ((n)*INT64_C(60) * US_PER_S)
#define HASH_A	   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HASH_B	   "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static inline void kit_measure(struct measure *m)
{
	measure_clear(m);
	strcpy(m->id, "m0123456789ab");
	strcpy(m->plan, "paaaaaaaaaaaa");
	strcpy(m->hash, HASH_A);
	strcpy(m->incident, "n0123456789ab");
	strcpy(m->object, "shop");
	strcpy(m->basis, "emergency_evacuation");
	strcpy(m->purpose, "keep the other customers of the border line reachable");
	strcpy(m->necessity, "the line of 10 Gbit/s is full, 14 others lose traffic");
	strcpy(m->weaker, "no rule tells the attack from clients, limiting hits both alike");
	m->data = DATA_HEADER | DATA_VOLUME;
	m->stage = MEASURE_PLANNED;
	m->planned_us = NOW_US;
	m->until_us = NOW_US + MINUTES(120);
	m->approvals_wanted = 1;
	m->option.number = 3;
	m->option.step = STEP_BORDER;
	m->option.kind = PLAN_RTBH;
	strcpy(m->option.point, "border-1");
	if (prefix_parse("198.51.100.7/32", false, &m->option.target))
		abort();
	m->option.covers = m->option.covers_low = m->option.covers_high = -1;
	m->option.before_bps = m->option.after_bps = -1;
}

static inline struct measure_approval kit_approval(const char *person, enum measure_how how,
						   const char *hash, int64_t at_us)
{
	struct measure_approval a = {.how = how, .at_us = at_us};

	snprintf(a.person, sizeof(a.person), "%s", person);
	snprintf(a.hash, sizeof(a.hash), "%s", hash);
	return a;
}

static inline enum approve_answer kit_approve(struct measure *m, const char *person,
					      enum measure_how how, int64_t now_us)
{
	struct measure_approval a = kit_approval(person, how, HASH_A, now_us);

	return measure_approve(m, &a, now_us);
}
