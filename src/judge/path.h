/* SPDX-License-Identifier: ISC */
/*
 * The way of an attack as people are told it: links with their shares and how full they were, when
 * it moved from one link to another, who else lost, and which services would. Names instead of
 * numbers, so that it is readable years later. Data class: volume. See doc/path.md.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"
#include "detect/finding_path.h"

#define PATH_NAME_MAX	  64
#define PATH_MOVES_MAX	  32
#define PATH_SERVICES_MAX 64

struct incident;
struct finding;
struct exporters;
struct text;

/* A link by the names it has. */
struct path_at {
	char exporter[PATH_NAME_MAX];
	char link[PATH_NAME_MAX]; /* configured, else as the exporter calls it, "" none */
	uint32_t input;		  /* interface index, 0 unknown */
};

enum path_capacity { CAPACITY_UNKNOWN, CAPACITY_CONFIGURED, CAPACITY_EXPORTED };

struct path_row {
	struct path_at at;
	char peer[PATH_NAME_MAX];
	bool counted; /* false: another exporter that counts sees the same packets */
	double share, share_low, share_high; /* of packets */
	double byte_share, byte_low, byte_high;
	uint64_t packets, bytes; /* corrected for sampling */
	uint64_t sampled;	 /* what the share of packets was counted from */
	uint32_t factor;	 /* largest sampling factor */
	uint64_t capacity_bps;
	enum path_capacity capacity_from;
	uint64_t load_bps, load_most_bps, usual_bps; /* all traffic; 0 unknown */
	int64_t load_most_us;
	uint32_t window_s;
	int64_t near_first_us, near_last_us; /* TIME_NONE never */
};

struct path_move {
	int64_t at_us;
	uint32_t within_s; /* as exact as the course is */
	struct path_at from, to;
	double from_before, from_after, to_before, to_after; /* shares */
};

struct path_lost {
	char object[PATH_NAME_MAX];
	struct path_at at;
	uint64_t usual_pps, usual_bps, during_pps, during_bps;
	double lost, lost_low, lost_high;
};

enum path_risk { RISK_SHARES, RISK_NEAR, RISK_LOST };

struct path_service {
	char name[PATH_NAME_MAX], country[3], link[PATH_NAME_MAX];
	double share; /* of the attack on its link */
	enum path_risk risk;
};

struct incident_path {
	struct path_row row[PATH_LINKS_MAX]; /* most packets first */
	unsigned n_rows;
	double share_confidence, other_share;
	struct path_move move[PATH_MOVES_MAX]; /* in order of time */
	unsigned n_moves, moves_of; /* moves_of: so many points of the course were judged */
	bool moves_cut;		    /* there were more */
	struct path_lost lost[PATH_BYSTANDERS_MAX];
	unsigned n_lost;
	uint32_t more_lost, untold[UNTOLD_REASONS];
	double loss_confidence; /* 0: nobody was looked for */
	struct path_service service[PATH_SERVICES_MAX];
	unsigned n_services;
};

/** incident_path_fill() - from @f, after the rest of @inc was filled. Return: 0 or -ENOMEM. */
int incident_path_fill(struct incident *inc, const struct finding *f, struct exporters *exporters,
		       const struct conf *conf);

/** incident_path_continue() - add what @before had, after the courses were joined. Return: 0 or
 * -ENOMEM. */
int incident_path_continue(struct incident *now, const struct incident *before);

/** incident_path_share() - shares and their intervals, from the rows' packets and bytes. */
void incident_path_share(struct incident *inc);

/** incident_path_moves() - judge them from the course. Return: 0 or -ENOMEM. */
int incident_path_moves(struct incident *inc);

/** incident_path_services() - which of the configured services use the links. */
void incident_path_services(struct incident *inc, const struct conf *conf);

/** path_wilson() - the interval of a share @p that @n trials gave (Wilson 1927), for @z. */
void path_wilson(double p, double n, double z, double *low, double *high);

/* Words. */
const char *path_risk_name(enum path_risk r);
const char *path_capacity_name(enum path_capacity c); /* NULL for CAPACITY_UNKNOWN */
const char *path_untold_name(enum path_untold u);

/** path_untold_words() - why nothing is said of an object, as a sentence. */
const char *path_untold_words(enum path_untold u, bool ja);

/** path_say_at(), _move(), _lost(), _service() - one sentence each, in English or Japanese. */
void path_say_at(const struct path_at *at, struct text *out);
void path_say_move(const struct path_move *m, bool ja, struct text *out);
void path_say_lost(const struct path_lost *l, bool ja, struct text *out);
void path_say_service(const struct path_service *s, bool ja, struct text *out);

/** path_near() - did the row's load reach its limit? */
bool path_near(const struct path_row *r);

/** incident_path_print() - the part of incident_print() about links. @width: of labels. */
void incident_path_print(const struct incident *inc, bool ja, unsigned label_width,
			 struct text *out);
