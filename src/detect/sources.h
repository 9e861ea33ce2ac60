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

#include "base/hash.h"
#include "base/ip.h"
#include "detect/finding.h"

#define SOURCES_EXACT 4096
#define PROMOTE_AT    64
#define HLL_BITS      15
#define PRESENT_BITS  15
#define SECONDS_KEPT  4 /* late records of the last seconds still meet their counter */

/*
 * Counts of different sampling factors never meet as counts: a second holds the corrected sum of
 * its packets, and the factor by which one sampled packet of that sum weighs, sum(n w^2) / sum(n w)
 * of its n packets by factor w. With one factor that is the factor itself; else a count of sum /
 * weight has the variance that the mixture has.
 */
struct source {
	struct ip key;
	uint64_t
		tally; /* packets, corrected for sampling; from SOURCE_WHO on struct sent's `who` */
	uint32_t second[SECONDS_KEPT]; /* low 32 bits */
	uint32_t in_second[SECONDS_KEPT];
	float weight[SECONDS_KEPT];
	uint32_t best; /* of the best second so far, */
	float best_weight;
};

_Static_assert(sizeof(struct source) == 80, "thousands of them for an attacked destination");

#define SOURCE_WHO	   48
#define SOURCE_PACKETS_MAX ((UINT64_C(1) << SOURCE_WHO) - 1)

/** source_packets() - all of a key's; 0: no key is here. */
static inline uint64_t source_packets(const struct source *s)
{
	return s->tally & SOURCE_PACKETS_MAX;
}

struct sources {
	struct source *table; /* open addressing, no packets: empty */
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
	uint64_t packets; /* of all that count, corrected for sampling */
	uint64_t refused; /* heavy keys that found the table full */
	uint64_t memory;
};

#define SOURCES_NULL ((struct sources){.second_first = INT64_MAX, .second_last = INT64_MIN})

void sources_deinit(struct sources *s);

/** source_hash() - of a key, for sources_add() and sources_fetch(). */
uint64_t source_hash(const struct ip *key);

/** sources_fetch() - a key with that hash will be sent soon: have its memory brought near. */
void sources_fetch(const struct sources *s, uint64_t hash, uint64_t salt);

/*
 * What is counted of one record in a second, for somebody. Exporters that see the same packets say
 * who they are: a key is counted by one of them, the one that counts (meters_voice()) once it tells
 * of the key, till then the first that did.
 */
struct sent {
	int64_t second;	 /* UTC */
	uint32_t each;	 /* packets in it, as sampled */
	uint32_t weight; /* the sampling factor */
	uint64_t
		packets; /* all of the record's, corrected: a long flow has more than in a second */
	uint64_t
		counted; /* of them for the sum over all keys: none where another exporter counts */
	uint64_t salt;	 /* sent_salt() */
	uint16_t who;	 /* sent_who() */
};

/**
 * sent_who() - of an @exporter that may show what others show too; @heard: it is the one that
 * counts. 0 is whatever adds up with all else.
 */
static inline uint16_t sent_who(uint16_t exporter, bool heard)
{
	return exporter ? (uint16_t)(exporter << 1 | heard) : 0;
}

/** sent_unheard() - another exporter counts. */
static inline bool sent_unheard(const struct sent *n)
{
	return n->who && !(n->who & 1);
}

/** sent_salt() - sets apart, in a sketch, counts that must not be added up. */
static inline uint64_t sent_salt(uint64_t weight, uint16_t exporter)
{
	uint64_t v = ((weight > 1 ? weight : 0) << 16 | exporter) * HASH_K1;

	return v ^ v >> 32;
}

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
