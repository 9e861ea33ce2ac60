/* SPDX-License-Identifier: ISC */
/*
 * Who sends to one victim: how many distinct keys (addresses, /24s, ...), and for each the best
 * clock second. Exact up to SOURCES_EXACT keys. Beyond, distinct keys are estimated by HyperLogLog
 * (2^15 registers, 0.6 % standard error; Flajolet et al. 2007), and a count-min sketch of the
 * current second promotes every key that reaches PROMOTE_AT in it into the exact table, so that the
 * heavy classes stay right under millions of forged sources. Hashes here are fixed, not seeded:
 * figures shown to people must be the same on every run.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "detect/finding.h"

#define SOURCES_EXACT 4096
#define PROMOTE_AT    64
#define HLL_BITS      15
#define PRESENT_BITS  15
#define SECONDS_KEPT  4 /* late records of the last seconds still meet their counter */

struct source {
	struct ip key;
	uint64_t packets; /* corrected for sampling */
	int64_t second[SECONDS_KEPT];
	uint32_t in_second[SECONDS_KEPT]; /* as sampled */
	uint32_t best;			  /* as sampled, of the best second so far */
	uint32_t weight;		  /* sampling factor of that second */
};

struct sources {
	struct source *table; /* open addressing, packets == 0 is empty */
	uint32_t room, used;
	uint8_t *hll;	 /* NULL while exact */
	uint8_t *sketch; /* 2 rows; NULL while exact */
	/*
	 * Bit per hash of the keys in the table once it overflowed: of millions of forged senders
	 * hardly one is in it, and 4 kB of bits stay near where the table does not.
	 */
	uint64_t *present;
	int64_t sketch_second;
	uint32_t weight_max; /* largest sampling factor met */
	int64_t second_first, second_last;
	uint64_t packets; /* of all, corrected for sampling */
	uint64_t refused; /* heavy keys that found the table full */
	uint64_t memory;
};

#define SOURCES_NULL ((struct sources){.second_first = INT64_MAX, .second_last = INT64_MIN})

void sources_deinit(struct sources *s);

/** source_hash() - of a key, for sources_add() and sources_fetch(). */
uint64_t source_hash(const struct ip *key);

/** sources_fetch() - a key with that hash will be added soon: have its memory brought near. */
void sources_fetch(const struct sources *s, uint64_t hash);

/* What is counted of one record in a second, for somebody. */
struct sent {
	int64_t second;	 /* UTC */
	uint32_t each;	 /* packets in it, as sampled */
	uint32_t weight; /* the sampling factor */
	uint64_t
		packets; /* all of the record's, corrected: a long flow has more than in a second */
};

/**
 * sources_add() - @n was sent by @key. @hash: source_hash(@key). Return: 0, or -ENOMEM.
 * sources_add_heavy() - the rest of it for a key that is in the table, or of which the sketch has
 * @seen so many in the second.
 */
int sources_add(struct sources *s, const struct ip *key, uint64_t hash, const struct sent *n);
void sources_add_heavy(struct sources *s, const struct ip *key, uint64_t hash, uint32_t seen,
		       const struct sent *n);

/** sources_count() - distinct keys; *@exact says whether it is a count or an estimate. */
uint64_t sources_count(const struct sources *s, bool *exact);

/** sources_union() - distinct keys of @n trackers together. */
uint64_t sources_union(const struct sources *const *s, unsigned n, bool *exact);

/**
 * sources_classes() - keys by the packets of their best clock second. A sampled key gets a class
 * only where the 95 % interval of its count, corrected for having picked the best of all keys and
 * seconds (Bonferroni), lies inside that class.
 */
struct source_classes sources_classes(const struct sources *s);

/** sources_top() - the @n heaviest keys in @out, most packets first; returns how many. */
unsigned sources_top(const struct sources *s, const struct source **out, unsigned n);

/** source_best() - packets of the best clock second, corrected for sampling. */
uint64_t source_best(const struct source *s);
