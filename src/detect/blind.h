/* SPDX-License-Identifier: ISC */
/*
 * The blind spot: the smallest attack that would be seen, for each exporter and detector, so that
 * "no attack" says what it means. See doc/blind-spot.md. Nothing of it is on the path of records:
 * it is asked for when an incident is told and when people ask.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vector.h"
#include "conf/conf.h"
#include "observe/exporter.h"

#define BLIND_SURE 0.95 /* the confidence that is always told */

/* Behind the vectors: all packets together, all bits together. */
enum { BLIND_PACKETS = VECTOR_COUNT, BLIND_BITS, BLIND_DETECTORS };

enum blind_level { BLIND_HOST, BLIND_24, BLIND_20, BLIND_LINK, BLIND_NETWORK, BLIND_LEVELS };

/* Why there is no figure, or what a figure leaves out. */
enum blind_reason {
	BLIND_TOLD,	  /* none: there is a figure */
	BLIND_OFF,	  /* the threshold is "never", or the level is off */
	BLIND_SAMPLED,	  /* the detector needs every packet, and the exporter samples */
	BLIND_NO_CONTENT, /* it needs what packets hold, and flow records do not tell */
	BLIND_UNKNOWN,	  /* nobody told the sampling: the figure is the least that it can be */
	BLIND_MIXED,	  /* several factors: the figure is for the coarsest */
	BLIND_HIDDEN,	  /* what is usual explains it at any rate that was tried */
	BLIND_NO_MEMORY,
	BLIND_REASONS
};

/* How an exporter sees. */
struct blind_view {
	uint32_t sampling; /* the coarsest factor, 1: every packet */
	bool sampling_known, sampling_mixed;
	bool flows;			 /* records of whole flows, not of packets */
	bool contents;			 /* packets with more than their transport header */
	uint32_t records_per_s;		 /* of all exporters; 0 few */
	uint32_t delay_s, delay_short_s; /* how late a long flow and one of a packet are told */
};

/* What comes to a destination without any attack, and is taken for ordinary. Packets a second. */
struct blind_usual {
	bool known; /* there is a history */
	double pps, explained_pps;
	double answering_pps; /* what the target sends that explains packets, each so many: */
	double answers;
};

struct blind_question {
	unsigned detector; /* enum vector, BLIND_PACKETS or BLIND_BITS */
	uint16_t port;	   /* amplification: that of the reflector, 0 any */
	enum blind_level level;
	const struct thresholds *thresholds;
	uint64_t link_bps;     /* level link: its known capacity */
	uint32_t packet_bytes; /* bits: how large the attack's packets are, 0: BLIND_PACKET_BYTES */
	struct blind_view view;
	struct blind_usual usual;
	double seconds; /* that the attack lasts */
};

#define BLIND_PACKET_BYTES 1400 /* large ones need fewest samples for a bit, so they are worst */

struct blind_answer {
	enum blind_reason reason;
	bool seen;	    /* there is a figure */
	bool at_least;	    /* and it may be more */
	uint64_t threshold; /* of that level; packets or bits a second */
	uint64_t pps, bps;  /* bps only of BLIND_BITS and of links */
	double seconds, confidence;
};

struct blind;
struct usual;

/** blind_new() - remembers what was asked before. One thread at a time. NULL without memory. */
struct blind *blind_new(void);
struct blind *blind_free(struct blind *b);

/**
 * blind_ask() - the smallest attack of that kind that is found with BLIND_SURE. The first answer to
 * a question takes some milliseconds of trials, the next none.
 */
struct blind_answer blind_ask(struct blind *b, const struct blind_question *q);

/**
 * blind_usual_of() - what is usual at a destination of vector @v, whose threshold there is
 * @threshold; nothing where there is no history. It is rounded to one of @grains parts of
 * the threshold.
 */
struct blind_usual blind_usual_of(const struct usual *u, enum vector v, uint64_t threshold,
				  bool sampled, unsigned grains);

/** blind_view_of() - how an exporter sees, by what it has told so far. */
struct blind_view blind_view_of(const struct exporter *e);

/** blind_detector_name() - "syn_flood", "any", "any_bits". @buf: VECTOR_NAME_MAX bytes. */
const char *blind_detector_name(unsigned detector, uint16_t port, char *buf);

/** blind_level_name() - "host", "prefix24", ...; blind_reason_name() - a word for programs. */
const char *blind_level_name(enum blind_level l);
const char *blind_reason_name(enum blind_reason r);

/** blind_reason_text() - a half sentence for people. @ja: in Japanese. */
const char *blind_reason_text(enum blind_reason r, bool ja);
