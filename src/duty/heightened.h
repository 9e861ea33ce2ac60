/* SPDX-License-Identifier: ISC */
/*
 * Heightened watches: when each is in force (an event of a calendar with the time before it, or
 * days of its own), what it covers, and what is said when it is over. "Nothing was seen" is never
 * said without what could not have been seen.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"
#include "desk/calendar.h"
#include "judge/incident.h"

struct heightened_time {
	int64_t from_us, until_us;  /* in force in [from, until) */
	int64_t begins_us;	    /* of the event itself, behind the time ahead */
	char event[EVENT_NAME_MAX]; /* its name in English, "" none */
	char event_ja[EVENT_NAME_MAX];
};

/**
 * heightened_time() - the time of @h that holds @at_us, else the next one, else the last one.
 * Return: false where its event is in no calendar.
 */
bool heightened_time(const struct conf_heightened *h, const struct calendar *c, int64_t at_us,
		     struct heightened_time *out);

/** heightened_last() - the time that holds @at_us, else the last before it; false: none yet. */
bool heightened_last(const struct conf_heightened *h, const struct calendar *c, int64_t at_us,
		     struct heightened_time *out);

static inline bool heightened_holds(const struct heightened_time *t, int64_t at_us)
{
	return at_us >= t->from_us && at_us < t->until_us;
}

/** heightened_covers() - is protected object @object looked at by @h: named, or holding an address
 * of a named service, or anything protected where nothing is named? "" is never. */
bool heightened_covers(const struct conf_heightened *h, const struct conf *conf,
		       const char *object);

/** heightened_covers_incident() - the same for an attack: its object, objects of the hosts hit, and
 * services that use its links. */
bool heightened_covers_incident(const struct conf_heightened *h, const struct conf *conf,
				const struct incident *inc);

/** heightened_at() - the watch in force at @now_us that covers @object; of several the one that
 * pages most, then the first. NULL: none. Borrowed from @conf. heightened_for(): by incident. */
const struct conf_heightened *heightened_at(const struct conf *conf, const struct calendar *c,
					    const char *object, int64_t now_us);
const struct conf_heightened *heightened_for(const struct conf *conf, const struct calendar *c,
					     const struct incident *inc, int64_t now_us);

/** heightened_find() - by name, NULL none. */
const struct conf_heightened *heightened_find(const struct conf *conf, const char *name);

/* ---- the report ---- */

struct heightened_seen {
	const struct incident *incident;
	unsigned severity; /* 0 not judged */
	bool is_false;	   /* marked as no attack: counted, not listed */
};

/* Exporters that see alike, and the smallest attack that they would have shown, as a sentence. */
struct heightened_way {
	const char *exporters, *smallest;
	bool silent; /* they tell nothing, so nothing would be seen there */
};

/* A time of a fault; until_us TIME_NONE: it goes on. */
struct heightened_blind {
	const char *ref; /* fault_ref(); "" nothing was watched */
	int64_t from_us, until_us;
};

/* All borrowed. What could not be read says so by its flag. */
struct heightened_report_input {
	const struct conf *conf;
	const struct conf_heightened *watch;
	struct heightened_time time;
	bool watch_known; /* watch.db could be read */
	const struct heightened_seen *seen;
	unsigned n_seen;
	uint64_t more_seen; /* that found no room */
	const struct heightened_way *ways;
	unsigned n_ways;
	int64_t ways_us; /* of the status they are from; TIME_NONE unknown */
	bool desk_known;
	bool minutes_known; /* is it kept which minutes were seen? */
	bool unwatched;	    /* none of the time so far was */
	const struct heightened_blind *blind;
	unsigned n_blind;
	const char *zone;
	bool ja;
	int64_t now_us;
};

/** heightened_report() - a page of 72 columns. Return: addresses that the guard replaced. */
uint64_t heightened_report(const struct heightened_report_input *in, struct text *out);

/** heightened_report_json() - the same as figures, with the page as `text`. Owned; NULL without
 * memory. */
json_t *heightened_report_json(const struct heightened_report_input *in);
