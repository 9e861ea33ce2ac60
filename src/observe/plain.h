/* SPDX-License-Identifier: ISC */
/*
 * Plain templates. Most records that exporters send are a fixed row of addresses, counters, ports
 * and times. Such a template is nothing but a permutation: byte 17 of the record is the third byte
 * of flow.bytes, and so on. It is compiled once into that permutation, from the record's bytes to
 * an image of struct flow, struct flow_side and a few numbers that still need a thought; many bytes
 * then move at once, without a branch per field. export_plain.c thinks the thoughts.
 *
 * The way over slots (template_load(), record_flow()) stays the reference: what a template has
 * beyond the plain keeps it there as a whole, and a single record of a plain template takes it when
 * a value of it asks for more than moving. Private to the room.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "observe/flow.h"
#include "observe/template.h"

#define PLAIN_RECORD_MIN 16  /* so that a 16-byte window fits into the record */
#define PLAIN_RECORD_MAX 128 /* two 64-byte registers */
#define PLAIN_CHUNK	 32  /* records placed together */

/* Numbers that do not go into the record as they are. */
struct plain_raw {
	uint64_t start, end; /* times, as the elements have them */
	uint64_t packets;    /* still to be saturated */
	uint64_t sampler;    /* samplerId or selectorId */
	uint64_t system_init_ms;
	uint32_t in_if, out_if; /* ifIndex */
	uint32_t sampling;	/* samplingInterval in the record itself */
	uint16_t icmp;		/* type and code */
	uint8_t direction;
	uint8_t fragment_flags;
	uint64_t unused;
};

struct plain_image {
	struct flow flow;
	struct flow_side side;
	struct plain_raw raw;
};

_Static_assert(sizeof(struct plain_raw) == 64, "a register, and a cache line");

#define PLAIN_IMAGE   sizeof(struct plain_image)
#define PLAIN_LANE    16
#define PLAIN_LANES   (PLAIN_IMAGE / PLAIN_LANE)
#define PLAIN_MOVES   32
#define PLAIN_NOTHING 0xff /* in index: this byte of the image comes from nowhere */

/* One element: @len bytes of the record to @to in the image; numbers are turned round. */
struct plain_move {
	uint8_t to, from, len;
	bool number;
};

/* 16 bytes of the record, of which some go into one lane of the image; 0x80 is none. */
struct plain_window {
	uint8_t mask[PLAIN_LANE];
	uint8_t at; /* in the record; the window ends within it */
};

/* Fields for which a template has several elements: the next one counts where the first is 0. */
enum plain_spare {
	SPARE_BYTES = 1 << 0,
	SPARE_PACKETS = 1 << 1,
	SPARE_SPORT = 1 << 2,
	SPARE_DPORT = 1 << 3,
	SPARE_TTL = 1 << 4,
	SPARE_VLAN = 1 << 5,
	SPARE_HOP = 1 << 6,
	SPARE_SAMPLER = 1 << 7,
};

struct plain {
	struct plain_image base;    /* what all its records have alike; the rest is zero */
	uint8_t index[PLAIN_IMAGE]; /* where each byte of the image stands in the record */
	uint64_t moved[3];	    /* the same as one bit per byte: not PLAIN_NOTHING */
	struct plain_move moves[PLAIN_MOVES];
	uint8_t n_moves, n_windows;
	uint8_t windows_of[PLAIN_LANES]; /* in each lane */
	uint8_t record_len;
	uint8_t start_slot;	      /* enum slot of the beginning: which kind of time it is */
	uint8_t spare;		      /* enum plain_spare */
	bool v6;		      /* the addresses are IPv6's */
	bool header;		      /* it tells what set_header() looks at */
	bool icmp_elsewhere;	      /* its ICMP records say type and code in several elements */
	size_t bytes;		      /* of this object */
	struct plain_window *windows; /* lane by lane; behind this, in the same block */
};

/** plain_new() - compile @t. Return: NULL when it is not plain (or without memory: same thing). */
struct plain *plain_new(const struct template *t);

/** plain_new_moves() - a program of one's own moves over records of @record_len bytes, v4. */
struct plain *plain_new_moves(const struct plain_move *moves, size_t n, uint8_t record_len);

/**
 * Move @n records that stand one behind the other at @records (all of @n * record_len bytes are
 * there) into @flow, @side and @raw, over what @base holds.
 */
typedef void (*plain_place_fn)(const struct plain *p, const struct plain_image *base,
			       const uint8_t *records, uint32_t n, struct flow *flow,
			       struct flow_side *side, struct plain_raw *raw);

enum plain_way { PLAIN_PORTABLE, PLAIN_SSSE3, PLAIN_AVX512, PLAIN_WAYS };

/** plain_place() - one of the ways to do so, or NULL where this machine has it not. */
plain_place_fn plain_place(enum plain_way way);

/** plain_place_best() - the fastest way of this machine. */
plain_place_fn plain_place_best(void);
