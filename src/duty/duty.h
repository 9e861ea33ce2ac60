/* SPDX-License-Identifier: ISC */
/*
 * The one on duty: is told of incidents, faults, people's acts and the time, and says which alarms
 * changed and which pages are due. It keeps no files and reads no clock; whoever runs it (the
 * courier live, the busy-week drill with a simulated clock) commits what one step gave as a whole,
 * and after a restart tells it the alarms of the store. Told the same again it gives the same page
 * with the same id, so nothing is lost or repeated by a step that was not committed.
 */
#pragma once

#include "conf/conf.h"
#include "desk/calendar.h"
#include "duty/alarm.h"
#include "duty/measures.h"
#include "duty/roster.h"
#include "judge/incident.h"

struct duty;

/* What a step gave; owned by the duty, valid until the next call. */
struct duty_step {
	const struct alarm *const *alarms; /* changed, whole */
	unsigned n_alarms;
	const struct page *const *pages; /* to go out */
	unsigned n_pages;
};

/* A suppression in force or to come. */
struct suppression {
	char id[16], object[ALARM_NAME_MAX];
	char vector[64]; /* vector's name, "" all */
	int64_t from_us, until_us;
	char reason[256], actor[ALARM_NAME_MAX];
	int64_t lifted_us; /* TIME_NONE: stands */
};

struct duty *duty_new(struct conf *conf, const struct calendar *calendar);
struct duty *duty_free(struct duty *d);
void duty_reconf(struct duty *d, struct conf *conf, const struct calendar *calendar);

/** duty_drill() - are all alarms of a drill store? (An incident of a drill says so itself.) */
void duty_drill(struct duty *d, bool drill);

/**
 * duty_resume() - an alarm that the store has, before the first step: all that have not ended, and
 * those that ended within a day, since what comes back continues them (and the ids of its pages).
 * Incidents, faults, suppressions and marks are then told as they stand, those of open alarms also
 * where they are over meanwhile. @s: duty_severity() of it, or NULL. What has no room, or refers to
 * nothing, is counted as turned away. Return: 0 or -ENOMEM.
 */
int duty_resume(struct duty *d, const struct alarm *a, const struct severity *s);

/** duty_suppressions() - replaces what is known of them. Return: 0 or -ENOMEM. */
int duty_suppressions(struct duty *d, const struct suppression *list, unsigned n);

/** duty_measures() - replaces what is known of them; who is worse or better off because of that is
 * judged anew. Return: 0 or -ENOMEM. */
int duty_measures(struct duty *d, const struct duty_measures *all);

/** duty_incident() - the newest state of an incident. Return: 0 or -ENOMEM. */
int duty_incident(struct duty *d, const struct incident *inc, int64_t now_us);

/** duty_fault() - a fault began or is over. Return: 0 or -ENOMEM. */
int duty_fault(struct duty *d, const struct fault *f, int64_t now_us);

/** duty_mark() - an incident was marked false (or not false any more). */
int duty_mark(struct duty *d, const char *incident, bool is_false, int64_t now_us);

/* Acts of people; @id: of an alarm or an incident. Return: 0, DUTY_NO_ALARM, DUTY_ENDED, -ENOMEM.
 */
enum duty_answer { DUTY_NO_ALARM = 1, DUTY_ENDED };
int duty_acknowledge(struct duty *d, const char *id, const char *person, int64_t now_us);
int duty_snooze(struct duty *d, const char *id, const char *person, int64_t until_us,
		int64_t now_us);

/** duty_unreached() - no channel reached whoever was paged with step @step of @alarm: the next one
 * is asked now, unless all have been. Return: 0 or -ENOMEM. */
int duty_unreached(struct duty *d, const char *alarm, unsigned step, int64_t now_us);

/** duty_clock() - time goes on: holds end, silence escalates, storms are told. */
int duty_clock(struct duty *d, int64_t now_us);

/** duty_next_us() - when duty_clock() has something to do next (also in the past, after a change
 * that needs a look at the clock); TIME_NONE nothing waits. */
int64_t duty_next_us(const struct duty *d);

/** duty_take() - what changed since the last duty_take(). */
void duty_take(struct duty *d, struct duty_step *out);

/** duty_alarm() - by id of the alarm or the incident, NULL none. duty_severity() - an incident's as
 * it was judged last, to be stored with the alarm; NULL for other kinds. duty_turned_away() - how
 * often something found no room. duty_each() - all, in order of opening. */
const struct alarm *duty_alarm(const struct duty *d, const char *id);
const struct severity *duty_severity(const struct duty *d, const char *id);
uint64_t duty_turned_away(const struct duty *d);
int duty_each(const struct duty *d, int (*fn)(void *userdata, const struct alarm *a),
	      void *userdata);
