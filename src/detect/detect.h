/* SPDX-License-Identifier: ISC */
/*
 * The detection engine: batches of records in, findings out. It knows 64 fixed logical shards by
 * destination, so the result is the same for any number of threads. See doc/detection.md.
 */
#pragma once

#include "conf/conf.h"
#include "detect/finding.h"
#include "detect/roll.h"
#include "observe/exporter.h"
#include "observe/flow.h"

struct detect;
struct blind_usual;

/**
 * detect_new() - an engine over @exporters (borrowed) with thresholds of @conf (a reference is
 * taken).
 * @threads: 1 runs all in the caller's thread.
 * Return: the engine, or NULL without memory.
 */
struct detect *detect_new(struct conf *conf, struct exporters *exporters, unsigned threads,
			  const struct finding_sink *sink);
struct detect *detect_free(struct detect *d);

/** detect_set_rolls() - where what ordinary days look like goes, every few minutes and at the end.
 */
void detect_set_rolls(struct detect *d, const struct roll_sink *sink);

/** detect_sink() - the sink that a sensor's writer feeds. */
struct flow_sink detect_sink(struct detect *d);

/** detect_reconf() - new thresholds and prefixes; counters and open attacks stay. */
int detect_reconf(struct detect *d, struct conf *conf);

/**
 * detect_set_live() - the records come as they arrive, and the receive clock never goes back and
 * never leaps: a hole in it is time in which we did not look, so nothing ends by it.
 */
void detect_set_live(struct detect *d);

/**
 * detect_epoch() - the receive clock is about to show another time, @recv_us (steady_follow()).
 * What is open would end, so nothing may be open.
 */
int detect_epoch(struct detect *d, int64_t recv_us);

/** detect_clock() - the receive clock as records have set it; TIME_NONE before the first. */
int64_t detect_clock(const struct detect *d);

/** detect_finish() - end of input: close what is open, as seen at the last record. */
int detect_finish(struct detect *d);

/** detect_pause() - hand out every open attack once more (before an orderly stop); nothing closes.
 */
int detect_pause(struct detect *d);

/**
 * finding_object() - the protected object that holds the target whole; for a prefix that none
 * holds, the one that all hosts hit belong to.
 * Return: borrowed from @conf, or NULL.
 */
const struct conf_object *finding_object(const struct finding *f, const struct conf *conf);

/**
 * detect_usual() - what is usual at host @addr, for the blind spot; nothing is where it is not
 * busy.
 * @sampled: as the exporters there see it. @out: VECTOR_COUNT of them.
 */
void detect_usual(const struct detect *d, const struct ip *addr, bool sampled,
		  struct blind_usual *out);

/* Figures for `noroshi status` and for the end of `noroshi read`. */
struct heard;

/** detect_heard() - whence prefixes are expected (heard.h); borrowed. */
struct heard *detect_heard(struct detect *d);

struct detect_stats {
	uint64_t records, packets, bytes; /* packets and bytes corrected for sampling */
	uint64_t hosts, prefixes;	  /* in the tables now */
	uint64_t hosts_evicted, hot_now, late_records, dedup_dropped;
	uint64_t hot_refused, hot_given_up; /* not followed, or no more, for want of room */
	uint64_t memory_bytes;
	uint64_t busy, busy_bytes; /* destinations whose usual is learnt; of malloc() for them */
	uint64_t epochs;	   /* backward or long forward jumps of record time */
	uint64_t
		odd_times; /* records that came at an odd time, taken at the clock's (odd_time.h) */
	int64_t first_us, last_us; /* record time seen; TIME_NONE none */
	uint64_t open;
	uint64_t rolls_left_out; /* protected objects of which no roll-ups are made */
	bool thinned;		 /* so many records come that small ones stand for others */
};
void detect_stats(const struct detect *d, struct detect_stats *out);

/*
 * The blind spot in closed form, of the best single window: quick, and within a quarter of what
 * blind.h finds by trials and people are told.
 */
struct blind_spot {
	double pps;
	double seconds, confidence;
};

/** vector_needs_every_packet() - true for vectors that no sampled data can show, at any rate. */
bool vector_needs_every_packet(enum vector v);

/**
 * blind_spot() - let k be the least sampled count whose lower 99 % bound reaches the threshold in a
 * window of 1, 10 or 60 s that fits into @seconds: the rate whose mean makes k or more come with
 * @confidence, of the best of them. @sampling 1 is unsampled: then it is the threshold.
 */
struct blind_spot blind_spot(uint64_t threshold_pps, uint32_t sampling, double seconds,
			     double confidence);
