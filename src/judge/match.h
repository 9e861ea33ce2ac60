/* SPDX-License-Identifier: ISC */
/*
 * Which attack does a notice speak of? Four things are held against each other: the target, the
 * time, the vector and the link, each with the mistakes that people make (a typed address that is
 * off by one stroke, a rounded or a whole day's time, a wrong time zone, a wrong name of the
 * vector, a name instead of an address). Points of each are added; the reasons are told. A proposal
 * is only that. What is *certain* may be joined without asking: the very address, an overlapping
 * time, the same vector, and nothing else in reach that the notice might have meant.
 * Pure functions, integers only: the same input gives the same answer.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "judge/incident.h"
#include "judge/notice.h"

#define MATCH_TARGETS_MAX 64
#define MATCH_NAMES_MAX	  16
#define MATCH_PROPOSE	  250 /* points from which a candidate is proposed */
#define MATCH_LIKELY	  450
#define MATCH_VERY_LIKELY 650

/* How far around a notice's time candidates are looked for. */
#define MATCH_REACH_US (8 * 86400 * US_PER_S)

/* What a notice may belong to; all borrowed texts are the incident's or notice's own. */
struct match_candidate {
	const char *id;
	struct prefix target[MATCH_TARGETS_MAX];
	unsigned n_targets;
	const char *name[MATCH_NAMES_MAX]; /* protected object, or the names of a notice */
	unsigned n_names;
	int64_t first_us, last_us; /* last: of what is known; open ones have not ended */
	bool going_on;
	struct {
		enum vector vector;
		uint16_t port;
	} vector[FINDING_VECTORS_MAX];
	unsigned n_vectors;
	const char *link[FINDING_LINKS_MAX];
	unsigned n_links;
};

enum match_target {
	MATCH_TARGET_NOT_TOLD,
	MATCH_TARGET_SAME,   /* the very address or prefix */
	MATCH_TARGET_INSIDE, /* one lies in the other */
	MATCH_TARGET_NAME,   /* the protected object by its name */
	MATCH_TARGET_TYPED,  /* one stroke away */
	MATCH_TARGET_BESIDE, /* the same /24 (IPv6: /64) */
	MATCH_TARGET_OTHER,
};

enum match_time {
	MATCH_TIME_NOT_TOLD,
	MATCH_TIME_OVERLAPS,
	MATCH_TIME_SAME_DAY,  /* overlaps, but a day or so was told */
	MATCH_TIME_MINUTES,   /* at most 15 minutes beside */
	MATCH_TIME_HOUR,      /* at most an hour */
	MATCH_TIME_HOURS,     /* at most three */
	MATCH_TIME_HOME_ZONE, /* fits when our own zone was mistaken for UTC, or the reverse */
	MATCH_TIME_ZONE,      /* fits when another zone is taken to be wrong */
	MATCH_TIME_DAY,	      /* fits a day before or after */
	MATCH_TIME_BEFORE,    /* nothing told; within a day before it came */
	MATCH_TIME_WEEK,      /* the same, within a week */
	MATCH_TIME_LATER,     /* it began after the notice came, which announced none then */
	MATCH_TIME_OTHER,
};

enum match_vector {
	MATCH_VECTOR_NOT_TOLD,
	MATCH_VECTOR_SAME,
	MATCH_VECTOR_FAMILY,
	MATCH_VECTOR_OTHER
};
enum match_link { MATCH_LINK_NOT_TOLD, MATCH_LINK_SAME, MATCH_LINK_OTHER };

struct match {
	unsigned candidate; /* index */
	int score;
	enum match_target target;
	enum match_time time;
	int zone_minutes; /* the two zones: what must be added to the told time */
	enum match_vector vector;
	enum match_link link;
	bool certain;
};

/** match_of_incident() - @inc as a candidate; borrows its texts. */
void match_of_incident(const struct incident *inc, struct match_candidate *out);

/** match_of_notice() - a notice as a candidate for another notice; @id borrowed. */
void match_of_notice(const struct notice *n, const char *id, struct match_candidate *out);

/**
 * match_one() - hold @n against one candidate; .certain stays false.
 * @home_minutes: how far the operator's own zone is east of UTC, 0 where that is not known: the
 *	zone that is mistaken most often.
 */
struct match match_one(const struct notice *n, const struct match_candidate *c, int home_minutes);

/**
 * match_rank() - the candidates that are worth proposing, best first (equal ones by id), and which
 * is certain, if any.
 * @out: room for @max. Return: how many.
 */
unsigned match_rank(const struct notice *n, const struct match_candidate *c, unsigned n_candidates,
		    int home_minutes, struct match *out, unsigned max);

/** match_reason() - one sentence of why, "en" or "ja". */
void match_reason(const struct match *m, const char *language, struct text *out);

/** match_word() - "certain", "very likely", "likely", "possible". */
const char *match_word(const struct match *m, const char *language);

/* Stable words for JSON. */
const char *match_target_name(enum match_target t);
const char *match_time_name(enum match_time t);
const char *match_vector_name(enum match_vector v);
const char *match_link_name(enum match_link l);
