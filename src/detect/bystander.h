/* SPDX-License-Identifier: ISC */
/*
 * What protected objects get over each link, in steps of five seconds for the last ten minutes: so
 * that an attack can tell who else uses the links it takes, and what they lost against the minutes
 * before. Counted where a host's cell is counted, which knows its object already; each shard has
 * its own, sums over shards do not depend on their order. Flows are spread over their time.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"
#include "detect/finding_path.h"

#define BYSTANDER_STEP_MS 5000
#define BYSTANDER_STEP_US (BYSTANDER_STEP_MS * INT64_C(1000))
#define BYSTANDER_STEPS	  128

struct bystander_cell {
	uint16_t object, link; /* object: its number in the configuration */
	uint32_t weight;       /* largest factor by which packets of it were passed over */
	int64_t first, newest; /* steps since 1970 */
	int64_t attacked;      /* the last step in which the object was attacked; INT64_MIN never */
	uint64_t all, lasting; /* packets; those of flows longer than a step */
	uint64_t bytes[BYSTANDER_STEPS];
	uint32_t packets[BYSTANDER_STEPS]; /* [step % BYSTANDER_STEPS], corrected for sampling */
};

struct bystanders {
	struct bystander_cell **cell;
	struct bystander_cell *last; /* of the last record: mostly the next one's too */
	uint16_t *lookup;	     /* open addressing: slot in cell + 1 */
	unsigned n, room;
	uint64_t refused; /* records that found no room */
};

/* One record to a protected object. */
struct bystander_record {
	uint16_t object, link;
	uint32_t weight;
	uint64_t packets, bytes; /* corrected */
	int64_t first_ms, last_ms, recv_ms;
};

/** bystanders_init() - @room: cells at most. Nothing is allocated before the first record. */
void bystanders_init(struct bystanders *b, unsigned room);
void bystanders_deinit(struct bystanders *b);

/** bystanders_clear() - the objects' numbers mean others now, or a new epoch began. */
void bystanders_clear(struct bystanders *b);

/** bystanders_count() - Return: 0 or -ENOMEM. */
int bystanders_count(struct bystanders *b, const struct bystander_record *r);

/** bystanders_attacked() - @object is under attack in @step: its cells miss what the target gets.
 */
void bystanders_attacked(struct bystanders *b, uint16_t object, int64_t step);
uint64_t bystanders_memory(const struct bystanders *b);

/* What is asked about one attack. */
struct bystander_question {
	int64_t first_us, last_us;
	int target; /* the attacked object's number, -1 none */
	const struct conf *conf;
	unsigned n_links;
	struct {
		uint16_t link;
		int64_t known_until_us; /* its exporter has told of all before */
		int64_t longest_us;	/* flow that it holds back */
	} link[PATH_LINKS_MAX];
};

/**
 * bystanders_judge() - who lost on those links: an interval of the lost share for each, Student's t
 * of steps before and during, widened by the steps' correlation, at 99.9 % for all together
 * (Bonferroni). Told is only who lost for sure; the others are counted by the reason.
 * @all: of every shard, @n of them. Return: 0 or -ENOMEM.
 */
int bystanders_judge(const struct bystanders *const *all, unsigned n,
		     const struct bystander_question *q, struct finding_path *out);
