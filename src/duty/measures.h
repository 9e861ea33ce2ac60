/* SPDX-License-Identifier: ISC */
/*
 * Measures as the duty knows them: what stands against an attack, until when, and whether it holds.
 * The act room, which comes later, takes them and says what became of them (act/measure_duty.h);
 * here they only decide how bad an incident is, and what is said of it.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "conf/conf.h"
#include "duty/severity.h"
#include "judge/incident.h"

#define DUTY_MEASURE_ID_MAX 16
#define DUTY_WHO_MAX	    64
#define DUTY_HOLDS_TO	    0.1 /* of the attack left behind the point: the measure holds it */
#define DUTY_FAILS_FROM	    0.5 /* so much left: it does not */

/* What becomes of the traffic. */
enum duty_means {
	MEANS_BLACKHOLE, /* all that is for the target is dropped */
	MEANS_COMMUNITY, /* the same, by the transit */
	MEANS_FILTER,
	MEANS_LIMIT,
	MEANS_DIVERSION,
	DUTY_MEANS
};

enum duty_standing {
	STANDING_WAITS,	 /* for an approval, until sign_by_us */
	STANDING_BEGINS, /* approved; the router has not said yes yet */
	STANDING_IN_FORCE,
	STANDING_ENDS, /* the router has not said yet that it is gone */
	STANDING_OVER,
	DUTY_STANDINGS
};

/* Times that are not known, or never came, are TIME_NONE. */
struct duty_measure {
	char id[DUTY_MEASURE_ID_MAX], incident[INCIDENT_ID_MAX];
	char object[DUTY_WHO_MAX];   /* "" none */
	char point[CONF_NAME_MAX];   /* neighbour or box, "" unknown */
	char ended_by[DUTY_WHO_MAX]; /* "" the program: its end was reached, or it failed */
	enum duty_means means;
	enum duty_standing standing;
	int64_t begun_us; /* the router said yes */
	int64_t until_us; /* its end at the latest */
	int64_t ended_us;
	int64_t sign_by_us; /* an approval or a second one is due; none */
	bool failed;	    /* the router refused or lost it: whoever is on call was paged */
	bool lift;	    /* lifting it is proposed */
	bool measured;	    /* its effect was looked at */
	double before_bps, after_bps; /* of the attack, on both sides of its point; < 0 not seen */
};

/* All measures that are known; borrowed. */
struct duty_measures {
	const struct duty_measure *list; /* oldest first */
	unsigned n;
};

/** duty_measure_holds() - 1: both sides are measured, and at most DUTY_HOLDS_TO of the attack is
 * left behind the point; -1: at least DUTY_FAILS_FROM is; 0: neither, or it is not measurable. */
int duty_measure_holds(const struct duty_measure *m);

/** duty_measure_stands() - does it act upon traffic, as far as is known? */
bool duty_measure_stands(const struct duty_measure *m);

/**
 * duty_measure_of() - of those against @incident the one that is to be spoken of: in force (of
 * several the one with the last end) before beginning, waiting, ending and over; of those over the
 * last one. NULL: none. @standing: how many are in force or ending; may be NULL.
 */
const struct duty_measure *duty_measure_of(const struct duty_measures *all, const char *incident,
					   unsigned *standing);

/** duty_measure_state() - whether what is to be spoken of holds the attack, as the severity of
 * @incident has it. *told: it failed, and whoever is on call was paged because of that. */
enum measure_state duty_measure_state(const struct duty_measures *all, const char *incident,
				      bool *told);

/** duty_measure_means() - "blackhole", "filter", in English or Japanese. */
const char *duty_measure_means(enum duty_means m, bool ja);

/** duty_measure_say() - one line for lists: what, where, until when, does it hold; without its
 * incident. */
void duty_measure_say(const struct duty_measure *m, const char *zone, int64_t now_us, bool ja,
		      struct text *out);

/** duty_measure_json() - {id, incident, object, point, means, standing, begun, until, minutes_left,
 * sign_by, failed, lift_proposed, holds}; owned, NULL without memory. */
json_t *duty_measure_json(const struct duty_measure *m, int64_t now_us);
