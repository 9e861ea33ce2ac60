/* SPDX-License-Identifier: ISC */
/*
 * A simulated router: samples packets, keeps a flow cache (or sends samples at once, sFlow) and
 * exports datagrams. It works in ticks of 100 ms: expiry and the sending of part-filled datagrams
 * happen on them, so what reaches the collector is in order of time.
 */
#pragma once

#include <stdint.h>

#include "drill/drill.h"
#include "drill/packet.h"
#include "drill/world.h"

struct router;

#define ROUTER_TICK_US INT64_C(100000)

/* Where datagrams go; time is the export time by the true clock. */
struct router_output {
	int (*send)(void *userdata, unsigned exporter, int64_t time_us, const uint8_t *bytes,
		    size_t len);
	void *userdata;
};

/** router_new() - exporter @index of @world (borrowed) with @options (borrowed). NULL without
 * memory. */
struct router *router_new(const struct world *world, const struct drill_options *options,
			  unsigned index, uint64_t seed, int64_t base_us,
			  const struct router_output *output);
struct router *router_free(struct router *r);

/** router_packet() - a packet passes. Return: 0 or the output's negative error. */
int router_packet(struct router *r, const struct packet *p);

/** router_tick() - a tick is due at @now_us. Return: 0 or the output's negative error. */
int router_tick(struct router *r, int64_t now_us);

/** router_busy() - does it hold anything that a later tick would send? */
bool router_busy(const struct router *r);

/** router_records() - flow records or samples sent; *@refused flows pushed out of a full cache. */
uint64_t router_records(const struct router *r, uint64_t *refused, uint64_t *unexported);
