/* SPDX-License-Identifier: ISC */
/*
 * Thresholds that fit. Of one protected object and vector: what the present threshold would have
 * opened in the minutes that are kept (detect/roll.h), how ordinary minutes went, and a threshold
 * that no ordinary minute reached and that misses no real attack of the time, with the reason, or
 * why there is none. Pure; rounds to the safe side: ordinary minutes count with the largest rate of
 * their step, attacks with the smallest.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "conf/conf.h"
#include "detect/roll.h"
#include "judge/incident.h"

#define TUNE_MARGIN	    1.5	      /* times the largest ordinary rate */
#define TUNE_FAR	    3	      /* so many times that: a lower one is proposed */
#define TUNE_SEEN_LEAST	    (24 * 60) /* minutes seen; fewer say too little */
#define TUNE_ORDINARY_LEAST (12 * 60) /* of them outside of incidents */
#define TUNE_SHORT_US	    (10 * INT64_C(1000000))

/* What an incident turned out to be; the last ones of an enum weigh most where several meet. */
enum tune_kind {
	TUNE_NOTHING,
	TUNE_FALSE,
	TUNE_SCAN, /* somebody looking for open ports: neither ordinary nor to be caught */
	TUNE_MAINTENANCE,
	TUNE_TEST,
	TUNE_REAL,
	TUNE_KINDS
};

/* An incident of the object. */
struct tune_incident {
	char id[INCIDENT_ID_MAX];
	enum tune_kind kind;
	int64_t first_us, last_us;
	unsigned main; /* the track it rests on */
	uint64_t peak; /* of that track, per host; 0 unknown */
};

/* The minutes of one object and track from `from_us` on. */
struct tune_course {
	int64_t from_us; /* a whole minute */
	unsigned n;
	const uint8_t *code; /* steps of the scale, n of them */
	const uint8_t *seen; /* 1: seen whole, n of them */
	uint64_t floor;
	uint32_t sampling;
};

struct tune_input {
	const char *object;
	unsigned track;
	uint64_t threshold; /* in force; RATE_NEVER: switched off */
	struct tune_course course;
	const struct tune_incident *incidents; /* by first_us */
	unsigned n_incidents;
};

/* Runs of minutes at or over a threshold. */
struct tune_opens {
	unsigned n, of[TUNE_KINDS];	  /* openings, and what they were */
	unsigned brief;			  /* of incidents shorter than ten seconds */
	unsigned minutes, longest;	  /* over it in all; of the longest run */
	char first_real[INCIDENT_ID_MAX]; /* id, "" none */
	unsigned missed;		  /* real attacks that rest on this track and stay below */
	char first_missed[INCIDENT_ID_MAX];
};

enum tune_verdict {
	TUNE_OFF, /* the threshold is "never" */
	TUNE_TOO_LITTLE,
	TUNE_KEEP,     /* it fits */
	TUNE_QUIET,    /* it fits: nothing ordinary came near it */
	TUNE_RAISE,    /* ordinary minutes reach it */
	TUNE_LOWER,    /* it is far above what is ordinary, or misses real attacks */
	TUNE_CONFLICT, /* no threshold is above the one and below the other */
	TUNE_VERDICTS
};

struct tune_result {
	const struct tune_input *in; /* borrowed */
	enum tune_verdict verdict;
	unsigned seen, ordinary;     /* minutes */
	uint64_t median, p999, most; /* of ordinary minutes; 0: under tune_floor() */
	int64_t most_us;	     /* the minute of `most`; TIME_NONE: none reached the floor */
	uint64_t least_attack;	     /* that rests on this track; 0 none */
	char least_id[INCIDENT_ID_MAX]; /* which */
	struct tune_opens now, then;	/* at the present threshold, at the proposed one */
	uint64_t proposed;		/* 0 none */
	double blind;	      /* smallest rate that shows at the threshold that then counts */
	double blind_seconds; /* within which */
};

/** tune_judge() - @in must outlive @out. The same input gives the same answer. */
void tune_judge(const struct tune_input *in, struct tune_result *out);

/** tune_floor() - what a rate of 0 in @r is under: the floor of now, or what was told with a lower
 * one of before. */
uint64_t tune_floor(const struct tune_result *r);

/** tune_opens() - what @threshold would have opened. */
void tune_opens(const struct tune_input *in, uint64_t threshold, struct tune_opens *out);

/**
 * tune_incident_of() - what @inc is for its object: kind REAL or TEST, the track it rests on and
 * its peak there; marks and maintenance are the caller's.
 */
void tune_incident_of(const struct incident *inc, const struct thresholds *t,
		      struct tune_incident *out);

/** tune_rate_text() - a threshold as the configuration writes it: "2500", "12k", "800Mbps". */
void tune_rate_text(unsigned track, uint64_t rate, struct text *out);

const char *tune_verdict_name(enum tune_verdict v);
const char *tune_kind_name(enum tune_kind k);

/** tune_say() - the reason as a sentence or two, in English or Japanese, times in @zone. */
void tune_say(const struct tune_result *r, const char *zone, bool ja, struct text *out);

/** tune_json() - all of it, owned; NULL without memory. */
json_t *tune_json(const struct tune_result *r);
