/* SPDX-License-Identifier: ISC */
/*
 * What a protected object receives when nothing is wrong: a sample of the header records of the
 * last hour, so that a filter can be tried on good traffic before it is used. Kept only for objects
 * whose configuration names the customer's consent (sample_consent), and in memory only: it reaches
 * the store when an attack on the object opens, as part of that incident. Data class: header.
 */
#pragma once

#include "conf/conf.h"
#include "detect/finding.h"

#define GOOD_SPAN_US (3600 * US_PER_S)

struct good;

/** good_new() - an empty sampler, owned; NULL without memory. */
struct good *good_new(void);
struct good *good_free(struct good *g);

/**
 * good_reconf() - sample the objects of @conf that consent; an object keeps its sample by its name,
 * and loses it at once where the consent is gone.
 * Return: 0 or -ENOMEM (then nothing has changed).
 */
int good_reconf(struct good *g, const struct conf *conf);

/**
 * good_count() - show it a record.
 * @conf: that of the last good_reconf(). @number: of the record in the run; which records are kept
 * follows from it alone. @e: copied.
 * Return: 0 or -ENOMEM.
 */
int good_count(struct good *g, const struct conf *conf, uint64_t number,
	       const struct evidence_record *e);

/** good_wants() - false where no object consents, so that nothing need be shown. */
bool good_wants(const struct good *g);

/**
 * good_begin() - an attack on @target has opened that began at @first_us: what came since is taken
 * out again, and nothing to @target is sampled until good_end().
 */
void good_begin(struct good *g, const struct prefix *target, int64_t first_us);
void good_end(struct good *g, const struct prefix *target);

/**
 * good_sample() - the sample of the object with that index in the configuration: records received
 * in the hour before @clock_us, in order of reception.
 * Return: borrowed until the next call; without records where there is no consent.
 */
struct header_sample good_sample(struct good *g, size_t object, int64_t clock_us);

/** good_drop() - forget all records (record time began anew). */
void good_drop(struct good *g);
uint64_t good_memory(const struct good *g);
