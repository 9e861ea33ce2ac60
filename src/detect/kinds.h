/* SPDX-License-Identifier: ISC */
/*
 * What detectors count of a record, remembered by its kind. Counting functions look at few things
 * (protocol, flags, one packet or several, some ports), so most records are like one seen before;
 * asking all fourteen for each of a million records a second took a twentieth of the whole path.
 */
#pragma once

#include "detect/detector.h"

#define KINDS	   256
#define KIND_PARTS 6
#define KIND_PORTS 15

enum kind_amount {
	AMOUNT_ALL,	/* all packets of the record */
	AMOUNT_BUT_ONE, /* all but one: the SYN of a connection */
	AMOUNT_ONE,	/* one packet as sampled */
	AMOUNT_UNIT,	/* one, whatever the sampling: a connection */
};

struct kind {
	uint32_t key; /* 0: nothing here */
	uint8_t n;
	struct {
		uint8_t meter, amount;
	} part[KIND_PARTS];
};

struct kinds {
	struct kind kind[KINDS];
	uint16_t dport[KIND_PORTS]; /* that detectors ask for */
	unsigned n_dports;
};

void kinds_init(struct kinds *k);

/**
 * record_classify() - fill what all destinations share of @r, unless it is filled. The answer is
 * the detectors' own, whether it was remembered or not (a test holds that).
 */
void record_classify(struct kinds *k, struct hot_record *r);
