/* SPDX-License-Identifier: ISC */
/*
 * Which links carried what share of an attack: read from the rings of its destination by link, step
 * by step as its course is, so that only the attack's own vectors count and no step is lost
 * however long it lasts.
 */
#pragma once

#include "detect/attack.h"
#include "detect/load.h"

struct exporters;
struct shard;
struct shard_world;

/* Of a link so far. */
struct path_sum {
	uint16_t link, exporter;
	bool entry;
	uint32_t weight;
	uint64_t packets, bytes;	   /* while its exporter counted */
	uint64_t seen_packets, seen_bytes; /* in all */
	uint64_t all, sampled; /* packets of any vector, and how many were sampled for them */
};

struct attack_path {
	struct path_sum sum[PATH_LINKS_MAX];
	unsigned n, n_steps, bins;
	uint64_t other_packets;
	uint16_t believed;	  /* exporter that counts, where several see the same packets */
	struct finding_path told; /* as of the last attack_path_fill(); the loads only grow */
	int64_t judged_us;	  /* receive clock of the last look at bystanders; TIME_NONE */
};

/** attack_path_new() - for @a, empty. NULL without memory; freed with free(). */
struct attack_path *attack_path_new(void);

/** attack_path_settle() - add the @n bins from @from on, which are whole. @mask: attack_tracks().
 */
void attack_path_settle(struct attack *a, int64_t from, unsigned n, uint32_t mask);

/** attack_path_fill() - what is known of the way now; f->path points into @a. */
void attack_path_fill(struct attack *a, const struct loads *loads, const struct conf *conf,
		      struct finding *f);

/** path_load() - how full the link was, and is (attack_load.c). */
void path_load(struct path_link *l, const struct attack *a, const struct loads *loads,
	       const struct conf *conf);

/**
 * attack_path_bystanders() - look who lost on its links.
 * @target: number of the attacked object, -1 none. Return: 0 or -ENOMEM.
 */
int attack_path_bystanders(struct attack *a, struct shard *shards, const struct shard_world *w,
			   int target);
