/* SPDX-License-Identifier: ISC */
/*
 * What detectors count of a record, remembered by its kind. Counting functions look at few things
 * (protocol, flags, one packet or several, some ports), so most records are like one seen before;
 * asking all fourteen for each of a million records a second took a twentieth of the whole path.
 * Kinds are found where records are dealt out, and read by all shards.
 */
#pragma once

#include "detect/detector.h"

#define KINDS	   1024 /* seldom more than fifty */
#define KIND_PARTS 6
#define KIND_PORTS 16
#define KIND_ASK   0 /* like no other: its detectors are asked each time */

enum kind_amount {
	AMOUNT_ALL,	/* all packets of the record */
	AMOUNT_BUT_ONE, /* all but one: the SYN of a connection */
	AMOUNT_ONE,	/* one packet as sampled */
	AMOUNT_UNIT,	/* one, whatever the sampling: a connection */
	AMOUNTS
};

/* How much of a record counts for one of the vectors with low thresholds, at most. */
enum special { SPECIAL_NONE, SPECIAL_ONE, SPECIAL_ALL };

struct kind {
	uint32_t key;
	uint8_t special; /* enum special */
	bool opens;	 /* METER_OUT_SYN */
	uint8_t answers; /* the meter that it counts for its sender, 0 none */
	uint8_t n;
	struct {
		uint8_t meter, amount;
	} part[KIND_PARTS];
};

struct kinds {
	struct kind kind[KINDS]; /* [0] stays empty */
	uint16_t slot[2 * KINDS];
	unsigned n;
	uint16_t dport[KIND_PORTS] __attribute__((aligned(16))); /* detectors ask for; [0] none */
	unsigned n_dports;
};

void kinds_init(struct kinds *k);

/** kinds_turn() - forget all when it is full of what a sender made up; not while records are out.
 */
void kinds_turn(struct kinds *k);

/** kinds_find() - the kind of a record, found out if it is new. Return: its index, or KIND_ASK. */
uint16_t kinds_find(struct kinds *k, const struct flow *f, const struct flow_side *s);

/** kinds_peek() - the same, but a new kind stays unknown (KIND_ASK). */
uint16_t kinds_peek(const struct kinds *k, const struct flow *f, const struct flow_side *s);

/** kind_look() - fill all but the parts, for a record like no other. */
void kind_look(struct kind *kind, const struct flow *f, const struct flow_side *s);

/** kind_amounts() - the sizes of its parts, for a record of @packets in all (weighted). */
static inline void kind_amounts(uint64_t packets, uint64_t weight, uint64_t out[AMOUNTS])
{
	out[AMOUNT_ALL] = packets;
	out[AMOUNT_BUT_ONE] = packets - weight;
	out[AMOUNT_ONE] = weight;
	out[AMOUNT_UNIT] = 1;
}

/**
 * record_classify() - fill @r->amount and what else all destinations share. The answer is the
 * detectors' own, whether it was remembered or not (a test holds that).
 */
void record_classify(const struct kinds *k, struct hot_record *r);
