/* SPDX-License-Identifier: ISC */
/*
 * A week on call: who the people are, when they have duty, what happens, and what each thing should
 * have brought them. People, hours and the rules they agreed on are facts of the scenario; they
 * stand in the configuration that it writes, so that nothing here rests on a default of anybody.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "drill/plan.h"

#define WEEK_DAYS     7
#define WEEK_S	      (WEEK_DAYS * 86400)
#define WEEK_ACK_S    600 /* silence after which the next one is woken */
#define WEEK_BURST_S  10  /* a single burst below it wakes nobody */
#define WEEK_FOLD_S   900 /* bursts with such pauses are one attack */
#define WEEK_STORM    5	  /* more pages in WEEK_STORM_S are grouped */
#define WEEK_STORM_S  60
#define WEEK_SILENT_S 30 /* an exporter that told nothing for so long is silent */

#define WEEK_ANSWERS 4
#define WEEK_CALLED  6 /* those on call at a time, with whom they are followed by */

/* What somebody who is woken does. */
enum week_act { ACT_NONE, ACT_ACKNOWLEDGE, ACT_SNOOZE, ACT_SLEEP };

struct week_answer {
	enum week_act act;
	uint32_t after_s;  /* from the page to the answer */
	uint32_t snooze_s; /* ACT_SNOOZE: for so long */
};

enum week_kind { WEEK_INCIDENT, WEEK_FAULT, WEEK_NOTHING };

struct week_thing {
	enum week_kind kind;
	char what[96];
	int16_t attack;	     /* index in the plan, -1 none */
	const char *target;  /* address, "" none */
	const char *fault;   /* name of a way of being blind, NULL none */
	const char *subject; /* of the fault */
	const char *why_not; /* NULL: somebody is to be woken */
	uint64_t from_ms, until_ms;
	uint64_t due_ms;    /* not before this; 0: when its attack crosses its threshold */
	uint64_t latest_ms; /* not later than this */
	uint64_t worse_ms;  /* it gets worse for good, 0 never: told once more */
	bool grows;	    /* at due_ms, within flows that go on */
	bool storm;	    /* one of many at once */
	bool lost;	    /* out of sight for a while, and not over */
	struct week_answer answer[WEEK_ANSWERS]; /* of those woken, one after the other */
};

struct week {
	struct week_thing *things;
	size_t n_things, room;
	uint64_t work_from_ms, work_until_ms; /* announced work on WEEK_WORK_SITE */
};

#define WEEK_WORK_SITE 5

struct week *week_new(void);
struct week *week_free(struct week *w);

/** week_add() - append a copy. Return: false without memory. */
bool week_add(struct week *w, const struct week_thing *t);

/** week_called() - who is asked at @at_ms of the week, in order. Return: how many. */
unsigned week_called(uint64_t at_ms, const char *out[WEEK_CALLED]);

/** week_contract() - what is agreed for site @n: "critical", "standard" or "basic". */
const char *week_contract(unsigned site);

/** week_site_bursts() - does that site want to hear of single short bursts too? */
bool week_site_bursts(unsigned site);

/** week_yaml() - people, hours, rules and announced work as part of a configuration. */
void week_yaml(const struct week *w, int64_t base_us, struct text *out);

/** week_json() - adds `duty` to the truth @truth, whose `attacks` are there. Return: 0, -ENOMEM. */
int week_json(const struct week *w, int64_t base_us, json_t *truth);
