/* SPDX-License-Identifier: ISC */
/*
 * The handover: one printed page for whoever takes over. Every kind of thing has its place, and
 * where there is nothing of a kind, or it could not be read, the page says so: a missing line never
 * stands for "none". What does not fit is counted.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "conf/conf.h"
#include "desk/calendar.h"
#include "desk/waiting.h"
#include "duty/alarm.h"
#include "duty/duty.h"
#include "duty/fault.h"
#include "duty/measures.h"
#include "judge/incident.h"

#define HANDOVER_AHEAD_US (12 * 3600 * US_PER_S) /* of maintenance */

struct handover_incident {
	const struct incident *incident;
	const struct alarm *alarm; /* NULL none */
	unsigned severity;	   /* 0 not judged */
	bool is_false;
	struct desk_belongs belongs; /* .case_id "": no case is known */
};

/* What people did, or what a page said. */
enum handover_act {
	ACT_WORSE,
	ACT_MARKED,
	ACT_UNMARKED,
	ACT_SUPPRESSED,
	ACT_LIFTED,
	ACT_BEGUN, /* a measure */
	ACT_ENDED,
	ACT_FAILED,
	ACT_BLIND, /* we were, and are not any more */
	HANDOVER_ACTS
};

struct handover_change {
	enum handover_act act;
	int64_t at_us;
	const char *subject; /* incident, alarm or suppression: an id */
	const char *what;    /* object, or "" */
	const char *who;     /* "" the program */
};

/* That nothing new may be done: by everybody, or only by standing orders. */
struct handover_freeze {
	bool frozen;
	const char *who, *why; /* "" not said */
	int64_t at_us;
};

/* All borrowed. Lists hold nothing outside of what they are named after. */
struct handover_input {
	const struct conf *conf;
	const struct calendar *calendar; /* NULL none */
	const char *zone;
	bool ja;
	bool drill;
	int64_t now_us, since_us;

	bool watch_known;			   /* watch.db could be read */
	const struct handover_incident *incidents; /* open now, or alive since since_us */
	unsigned n_incidents;
	uint64_t more_incidents; /* that found no room */

	bool conf_known;   /* a configuration was named; else people and work are not known */
	bool courier_gone; /* people are to be paged, and no courier runs */

	bool desk_known;	    /* desk.db could be read */
	const struct alarm *alarms; /* not ended, of every kind */
	unsigned n_alarms;
	const struct suppression *suppressions; /* in force at now_us */
	unsigned n_suppressions;
	const struct handover_change *changes; /* since since_us, oldest first */
	unsigned n_changes;
	uint64_t held[MUTE_KINDS]; /* alarms held back since since_us, by why */

	const struct duty_measures *measures; /* that stand or wait; NULL: not known */
	unsigned forged;		      /* rows of measures that are not ours */
	struct handover_freeze freeze, freeze_automatic;

	bool status_known;	    /* there is a status of the watch of now */
	const struct fault *faults; /* that it shows, beside those of the alarms */
	unsigned n_faults;
};

#define HANDOVER_LINES 66 /* of a page; lists are cut for it, and the rest is counted */

/** handover_text() - the page. Return: addresses that the guard replaced. */
uint64_t handover_text(const struct handover_input *in, struct text *out);

/** handover_json() - the same as data, with the page as `text`. Owned; NULL without memory. */
json_t *handover_json(const struct handover_input *in);
