/* SPDX-License-Identifier: ISC */
/*
 * A probe: a measure is lifted for a few seconds to see whether the attack goes on. Pure: may it
 * be done, does what would come fit, and after each full second whether it has to be put back.
 *
 * What would come must fit into the line's free half: what half of the line's capacity leaves over
 * its load. So even with the attack on it the line is at most half full.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "act/measure.h"
#include "base/text.h"

#define PROBE_S	      5	 /* it stands again after, whatever was seen */
#define PROBE_WEIGH_S 3	 /* full seconds that are weighed before */
#define PROBE_LEFT_S  60 /* one that ends sooner is not probed */

/* What a packet takes on the line beside its bytes, in bytes (IEEE 802.3): preamble, header, check
 * sequence and gap; where the header is counted already, the rest. */
#define PROBE_WIRE	   38
#define PROBE_WIRE_COUNTED 24

enum probe_answer {
	PROBE_GOOD,
	PROBE_NO_ORDER, /* no standing order lets it be probed */
	PROBE_LAPSED,	/* one did, but it holds no more */
	PROBE_FROZEN,
	PROBE_NOT_STANDING, /* its router does not have it, or has it unverified */
	PROBE_ENDS_SOON,
	PROBE_PROPOSED,	 /* it is proposed to lift it: there is nothing to find out */
	PROBE_TOO_SOON,	 /* since it began, or since the last one */
	PROBE_BUSY,	 /* another one is under way somewhere */
	PROBE_CANNOT,	 /* its router lifts nothing for a moment */
	PROBE_NO_INSIDE, /* nobody sees the line behind it second by second */
	PROBE_NO_CAPACITY,
	PROBE_NO_LOAD,	/* figures could not be read */
	PROBE_TOO_MUCH, /* what would come does not fit */
	PROBE_ANSWERS
};

/* What a probe rests on before anything is weighed. */
struct probe_world {
	bool order, lapsed, frozen, standing, busy, can, inside;
	int64_t left_us;  /* until the measure's end */
	int64_t stood_us; /* it has stood for */
	int64_t since_us; /* since the last probe; INT64_MAX: there was none */
	int64_t after_us; /* the least time that it stands before the first */
	int64_t every_us; /* and between two */
	bool proposed;
	double capacity_bps; /* of the line behind, 0 unknown */
};

/** probe_may() - may this measure be weighed for a probe? The first reason against it. */
enum probe_answer probe_may(const struct probe_world *w);

/* One full second, from the counters: on the wire. */
struct probe_second {
	double attack_bps, attack_pps; /* what the measure meets: drops, or lets pass */
	double line_bps;	       /* all that goes to the line */
};

struct probe {
	double capacity_bps;
	double calm_pps;	    /* at most so much is nothing */
	double load_bps, share_bps; /* the most of a weighed second */
	double most_bps, most_pps;  /* and of a second of the probe */
	unsigned weighed, seconds;  /* full ones */
};

/** probe_init() - @peak_pps: of the attack, as the measure met it; 0 unknown: only nothing is
 * nothing then. */
void probe_init(struct probe *p, double capacity_bps, double peak_pps);

/** probe_weigh() - a full second with the measure standing. True: these were enough. */
bool probe_weigh(struct probe *p, const struct probe_second *s);

/** probe_free_bps() - the line's free half, 0 where there is none. probe_fits() - is it enough? */
double probe_free_bps(const struct probe *p);
bool probe_fits(const struct probe *p);

/** probe_see() - a full second with the measure lifted. PROBE_NONE: it may go on; else it is to be
 * put back at once, and this is what came of it. */
enum probe_end probe_see(struct probe *p, const struct probe_second *s);

/** probe_say_begin(), probe_say_end() - for the log and for people. @why: of PROBE_STOPPED. */
void probe_say_begin(const struct probe *p, const char *order, bool ja, struct text *out);
void probe_say_end(const struct probe *p, enum probe_end end, const char *why, bool ja,
		   struct text *out);

/** probe_answer_words() - why it is not probed, in English or Japanese; "" for PROBE_GOOD. */
const char *probe_answer_words(enum probe_answer a, bool ja);
const char *probe_answer_name(enum probe_answer a); /* "no_order" */

/** probe_of_wire() - bits per second on the wire, of what was counted in @passed_us. @beside: bytes
 * of a packet that the counter does not have. */
double probe_of_wire(uint64_t bytes, uint64_t packets, unsigned beside, int64_t passed_us);
