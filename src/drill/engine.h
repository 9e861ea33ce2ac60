/* SPDX-License-Identifier: ISC */
/* The run itself: what sources of packets and the routers share. */
#pragma once

#include "drill/blend.h"
#include "drill/congestion.h"
#include "drill/drill.h"
#include "drill/packet.h"
#include "drill/plan.h"
#include "drill/random.h"
#include "drill/router.h"
#include "drill/schedule.h"
#include "drill/truth.h"
#include "drill/world.h"

#define NS_PER_US INT64_C(1000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  INT64_C(1000000000)

struct flood;
struct assault;

struct drill {
	const struct scenario *scenario;
	struct drill_options options; /* every default filled in */
	uint64_t seed, given_seed;    /* mixed with the name; as asked for */
	int64_t base_ns;
	struct world world;
	struct plan plan;
	struct schedule *schedule;
	struct truth *truth;
	struct blend *blend;
	const struct packet *packet; /* that is being handed on; NULL between two */
	struct congestion congestion;
	struct rng losses; /* which datagrams of a failing exporter */
	struct router *router[DRILL_EXPORTERS_MAX];
	struct flood *floods;	   /* one per row, owned */
	struct standing *standing; /* NULL for the ordinary scenarios */
	struct assault *assaults;  /* one per row, owned */
	struct drill_sink sink;
	struct drill_figures figures;
	int64_t last_ns;
	bool ran, full; /* full: max_records reached */
	uint8_t *frame; /* FRAME_ROOM */
};

/**
 * drill_emit() - one packet passes the border at @at_ns: it is counted, framed and shown to the
 * routers. Fills the packet's time. Return: 0 or the sink's negative error.
 */
int drill_emit(struct drill *d, int64_t at_ns, struct packet *p);

/** pick_outside(), pick_inside() - the @i-th address of crowd @salt. */
struct ip pick_outside(uint64_t salt, uint64_t i, bool v6);
struct ip pick_inside(uint64_t salt, uint64_t i, bool v6);

/** pick_link() - an outside link of @mask for @host, always the same one. */
uint8_t pick_link(const struct ip *host, uint8_t mask);

/** pick_ttl() - the TTL that packets of @host arrive with, always the same one. */
uint8_t pick_ttl(const struct ip *host);

/** floods_new() - room for the states of @n flood rows. */
struct flood *floods_new(size_t n);
