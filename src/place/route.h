/* SPDX-License-Identifier: ISC */
/*
 * Paths of a routing table or of updates, gathered until each prefix has one answer: its origin AS
 * is the one that most of the last known paths end in, its neighbours the ASes they begin with.
 * What the paths of a prefix say together is a ballot, and equal ballots are kept once.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "place/pool.h"

#define ROUTES_MAX	  (UINT64_C(1) << 25)
#define ROUTE_PEER_EACH	  UINT16_MAX /* paths of nobody in particular: each counts */
#define BALLOT_ORIGINS	  8
#define BALLOT_NEIGHBOURS 24

struct tally {
	uint32_t asn, votes;
};

struct ballot {
	struct tally origins[BALLOT_ORIGINS], neighbours[BALLOT_NEIGHBOURS];
	unsigned n_origins, n_neighbours;
};

struct route_entry;
struct part;

struct routes {
	struct route_entry *e;
	size_t n, room;
	struct place_pool ballots;
};

int routes_init(struct routes *s);
void routes_deinit(struct routes *s);

/**
 * ballot_vote() - one path. @origin: 0 not known; @neighbour: 0 own, or not known. Beyond what has
 * room the first ones seen are kept.
 */
void ballot_vote(struct ballot *b, uint32_t origin, uint32_t neighbour, uint32_t votes);

/**
 * routes_add() - what @peer says of @prefix from now on.
 * @b: NULL: the peer withdraws it (RFC 4271 section 4.3).
 * @path_id: RFC 7911, 0 none.
 * Return: 0, -ENOMEM or -EFBIG.
 */
int routes_add(struct routes *s, const struct prefix *prefix, uint16_t peer, uint32_t path_id,
	       const struct ballot *b);

/** routes_finish() - count, and add every prefix that somebody still has to @p. Empty after it. */
int routes_finish(struct routes *s, struct part *p);
