/* SPDX-License-Identifier: ISC */
/*
 * The way an attack takes, as a finding tells it: what each link carried of it, how full the links
 * were altogether, and what other protected objects lost on them meanwhile. See doc/path.md.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"

#define PATH_LINKS_MAX	    16
#define PATH_BYSTANDERS_MAX 32

struct path_link {
	uint16_t link, exporter;
	bool entry;   /* it leads outside: counted there, whatever others saw */
	bool counted; /* counts at all: exporters that see the same packets count once */
	/* Corrected for sampling; of the time in which its exporter counted, and of all. */
	uint64_t packets, bytes, seen_packets, seen_bytes;
	uint64_t sampled; /* packets that `packets` were counted from */
	uint32_t weight;  /* largest sampling factor */
	/* The link's whole load, with the other interfaces of the same name. 0 and TIME_NONE: not
	 * known. */
	uint64_t load_bps;	/* in the attack's peak second */
	uint64_t load_most_bps; /* the most in any window of the attack */
	int64_t load_most_us;	/* where that began */
	uint32_t window_s;	/* of both: as short as sampling allows */
	uint64_t usual_bps;	/* before the attack */
	uint64_t capacity_bps;
	bool configured; /* the capacity is what the configuration says, else told by an exporter */
	int64_t near_first_us, near_last_us; /* load over the limit; TIME_NONE never */
};

/* Why nothing is said of an object that shares a link. */
enum path_untold {
	UNTOLD_NO_LOSS,	  /* it lost nothing that could be told from chance */
	UNTOLD_LITTLE,	  /* it has so little traffic that a loss of all would not show */
	UNTOLD_SAMPLED,	  /* that would show, were fewer packets passed over by sampling */
	UNTOLD_TIMEOUT,	  /* its flows are exported after a time longer than the attack */
	UNTOLD_NO_BEFORE, /* too little is known of the minutes before */
	UNTOLD_SHORT,	  /* the attack is (yet) too short, or its time not yet told of */
	UNTOLD_ATTACKED,  /* it was under attack itself */
	UNTOLD_REASONS
};

struct path_bystander {
	char object[CONF_NAME_MAX];
	uint16_t link;
	uint64_t usual_pps, usual_bps, during_pps, during_bps;
	double lost, lost_low, lost_high; /* share of the usual packets */
};

struct finding_path {
	struct path_link link[PATH_LINKS_MAX]; /* most packets first */
	unsigned n_links;
	uint64_t other_packets; /* of links that found no room */
	struct path_bystander bystander[PATH_BYSTANDERS_MAX];
	unsigned n_bystanders;
	uint32_t more_bystanders;	 /* significant, but no room */
	uint32_t untold[UNTOLD_REASONS]; /* objects */
	double confidence;		 /* of the loss, all objects together */
};
