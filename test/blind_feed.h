/* SPDX-License-Identifier: ISC */
/*
 * Attacks of an exact size into the real engine, many at a time: each on a target of its own, at a
 * rate of its own that is even, from a moment of its own. Routers of the drill (or plain sampled
 * packets) show them. Nothing here knows a detector's constants: what is asked for is a rate.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

#define FEED_TARGETS_MAX 100

enum feed_format { FEED_PACKETS, FEED_V5, FEED_V9, FEED_IPFIX, FEED_SFLOW, FEED_FORMATS };
enum feed_width { FEED_ONE_HOST, FEED_24, FEED_20, FEED_A_LINK };

struct feed {
	const char *attack; /* a vector's name, "any" or "any_bits" */
	enum feed_format format;
	enum feed_width width;
	uint32_t sampling;
	bool every_nth; /* instead of by chance */
	double seconds;
	uint64_t pps;	    /* the attack's */
	uint64_t usual_pps; /* of the same kind, answered by the target, from a minute before */
	uint32_t packet_bytes;
	uint64_t link_bps; /* capacity of each link, FEED_A_LINK */
	const char *yaml;  /* the configuration */
	uint64_t seed;
	unsigned targets;
};

/**
 * feed_run() - Return: how many of the attacks were found, or -1 with the reason in @why.
 */
int feed_run(const struct feed *f, struct text *why);

/**
 * feed_printed() - what noroshi prints as the smallest attack of that kind for such an exporter:
 * read from the JSON of its status. @confidence: that it is printed with.
 * Return: packets per second, or 0 where it prints none.
 */
uint64_t feed_printed(const struct feed *f, double *confidence, struct text *why);

/** feed_format_name() - "packets", "v5", ... */
const char *feed_format_name(enum feed_format f);
