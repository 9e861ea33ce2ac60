/* SPDX-License-Identifier: ISC */
/*
 * The small world every scenario plays in: own prefixes, protected sites with their access lines,
 * and up to three routers with their interfaces. Own v4 space is the benchmark range of RFC 2544,
 * so nothing here is a real network of anybody.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "drill/drill.h"
#include "drill/packet.h"

#define LINKS	       3  /* links to the outside */
#define SITES	       24 /* protected sites, all in one /24 */
#define INSIDE_IFINDEX 10 /* every router's way into the network */
#define SITE(n)	       "198.18.10." #n

struct world_link {
	const char *name, *peer;
	uint64_t capacity_bps;
};

struct world {
	unsigned exporters;
	enum drill_view view;
	struct ip exporter[DRILL_EXPORTERS_MAX];
	uint64_t capacity_bps[LINKS]; /* may differ from the ordinary by scenario */
	bool map;		      /* the scenario has a map: links have countries */
	const char *(*contract)(unsigned site); /* what is agreed for it; NULL: nothing is told */
};

void world_init(struct world *w, unsigned exporters, enum drill_view view);
const char *world_next_own(size_t *at);
bool world_is_own(const struct ip *ip);
const char *world_link_name(unsigned link);

/** world_link_as() - the AS number of the peer behind outside link @link. */
uint32_t world_link_as(unsigned link);

/** world_sees() - does exporter @e see traffic of outside link @link? */
bool world_sees(const struct world *w, unsigned e, unsigned link);

/** world_interfaces() - the interfaces a packet enters and leaves exporter @e by. */
void world_interfaces(const struct world *w, unsigned e, const struct packet *p, uint16_t *in,
		      uint16_t *out);

/** world_input() - the ifindex by which traffic of @link enters (@outbound: leaves for it) exporter
 * @e. */
uint16_t world_input(const struct world *w, unsigned e, unsigned link, bool outbound);

/** world_interface() - the @i-th interface of exporter @e; false behind the last. */
struct world_interface {
	uint16_t ifindex;
	const char *link, *peer; /* peer "" for those inside */
	bool outside;
	uint64_t capacity_bps;
};
bool world_interface(const struct world *w, unsigned e, unsigned i, struct world_interface *out);

/** world_json() - adds own, protected and exporters to @truth. Return: 0 or -ENOMEM. */
int world_json(const struct world *w, const struct drill_options *o, json_t *truth);

/** world_yaml() - the same as a configuration. @darknet: an own prefix without hosts, or NULL. */
void world_yaml(const struct world *w, const char *darknet, struct text *out);
