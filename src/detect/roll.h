/* SPDX-License-Identifier: ISC */
/*
 * What ordinary days look like, for who sets thresholds: of each protected object the largest
 * one-second rate of any single host in it, by vector and minute, as the detectors compare it with
 * a threshold (what answers explain is taken off, and of sampled packets the lower 99 % bound
 * counts). A minute is one byte on a scale of eight steps an octave. Data class: volume only.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/vector.h"
#include "conf/conf.h"

/* What a threshold is set for: a vector, or all packets, or all bits together. */
enum roll_track { ROLL_ANY = VECTOR_COUNT, ROLL_ANY_BITS, ROLL_SEEN, ROLL_TRACKS = ROLL_SEEN };

#define ROLL_MINUTES 60 /* of a row, one hour of UTC */

/** roll_track_name() - as the configuration calls it: "syn_flood", "any", "any_bits"; "seen". */
const char *roll_track_name(unsigned track);

/** roll_track_parse() - the reverse. Return: 0 or -EINVAL. */
int roll_track_parse(const char *name, unsigned *track);

/** roll_threshold() - the threshold of a track, pps or bps; RATE_NEVER where it is switched off. */
uint64_t roll_threshold(const struct thresholds *t, unsigned track);

/** roll_floor() - below it the rates of hosts are not told apart while @t count: an eighth of the
 * least threshold that is counted alike. */
uint64_t roll_floor(const struct thresholds *t, unsigned track);

/**
 * roll_code() - the step of the scale that holds @rate; 0 for no rate at all. Of the same numbers
 * the largest has the largest step, so that maxima may be taken of steps.
 */
uint8_t roll_code(unsigned track, uint64_t rate);

/** roll_most(), roll_least() - the largest and the smallest rate of a step: 9.1 % apart. */
uint64_t roll_most(unsigned track, uint8_t code);
uint64_t roll_least(unsigned track, uint8_t code);

/*
 * One hour of one object and track. Of track ROLL_SEEN (object "") a minute is 1 where all was
 * seen, 0 where the program was down or an exporter was silent: then nothing is known of it. Of the
 * others 0 is less than `floor`, where the minute was seen.
 */
struct roll_row {
	int64_t hour_us;
	char object[CONF_NAME_MAX];
	unsigned track;
	uint64_t floor;	   /* below it the rates of hosts are not told apart */
	uint32_t sampling; /* largest factor seen; 1 every packet */
	uint8_t minute[ROLL_MINUTES];
};

/** Where rows go; several of the same hour, object and track belong together (roll_merge()).
 * Return: 0, or a negative error that stops detection. */
struct roll_sink {
	int (*row)(void *userdata, const struct roll_row *row);
	void *userdata;
};

/** roll_merge() - into @to what @from knows of the same hour, object and track. */
void roll_merge(struct roll_row *to, const struct roll_row *from);
