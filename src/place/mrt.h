/* SPDX-License-Identifier: ISC */
/*
 * MRT dumps (RFC 6396, 8050): routing tables and BGP updates as events, one for each prefix and
 * path, or change of a session. What this reads of each record type stands in doc/place.md.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "observe/input.h"
#include "place/bgp.h"

#define MRT_RECORD_MAX	 (INPUT_PEEK_MAX - 16)
#define MRT_HEADER_BYTES 12

enum mrt_what { MRT_RIB, MRT_ANNOUNCE, MRT_WITHDRAW, MRT_STATE };

struct mrt_peer {
	bool v6;
	uint8_t addr[16];
	uint32_t as;
};

struct mrt_event {
	enum mrt_what what;
	const char *label; /* of bgpdump: "TABLE_DUMP2", "BGP4MP", ... */
	bool legacy;	   /* MRT type BGP (5) */
	uint32_t time_s, time_us;
	bool extended; /* the time has microseconds */
	struct mrt_peer peer;
	enum bgp_afi afi;
	enum bgp_safi safi;
	struct bgp_prefix prefix;
	bool add_path;
	uint64_t record;		    /* number of the record it stands in, from 1 */
	const struct bgp_attributes *attrs; /* NULL: MRT_WITHDRAW, MRT_STATE */
	const struct bgp_family *family;    /* of MP_REACH_NLRI, NULL: another */
	uint16_t old_state, new_state;
};

/* What of a file was not used. */
struct mrt_counts {
	uint64_t records, unknown_types, bad_messages, bad_prefixes;
};

struct mrt_sink {
	/** event() - borrowed for the call. Return: 0, or negative to stop with it. */
	int (*event)(void *userdata, const struct mrt_event *e);
	/** record() - one record is over; may be NULL. */
	int (*record)(void *userdata, uint32_t time_s);
	void *userdata;
};

/**
 * mrt_read() - all of @in. A record that is cut, or a table whose own structure does not hold, ends
 * it; a BGP message of a peer that does not hold is counted and left out.
 * @why: "OFFSET: sentence". Return: 0, 1 refused, or negative.
 */
int mrt_read(struct input *in, const struct mrt_sink *sink, struct mrt_counts *counts,
	     struct text *why);

/** mrt_is() - the first @n bytes look like MRT records in a row. */
bool mrt_is(const uint8_t *p, size_t n, bool whole);

/** mrt_line() - the event as a line of `bgpdump -m`. */
void mrt_line(const struct mrt_event *e, struct text *out);
