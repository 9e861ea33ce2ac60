/* SPDX-License-Identifier: ISC */
/*
 * The standing world: who lives where in the public IPv4 space, and by which of the drill's three
 * outside links and over how many hops their packets come. Some tens of thousands of prefixes with
 * origin AS, registry and country, of very uneven density, with holes that nobody was given or
 * nobody announces. It is made of a seed and then stands: clients, bots and reflectors of one run
 * are people of the same world, so that what was learnt of a network before an attack holds in it.
 * Nothing in it is real: countries and ASes are drawn.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"

#define STANDING_OWN_COUNTRY "JP"
#define STANDING_DARKNET     "44.0.0.0/12" /* own, announced, no host in it */
#define STANDING_NEIGHBOURS  3		   /* as many as the drill has outside links */

/* Crowds differ in where they live; 0 in a row means the drill's older, place-less crowds. */
enum crowd_kind {
	CROWD_PLACELESS,
	CROWD_CLIENTS, /* visitors and homes: three in four from the own country */
	CROWD_BOTS,    /* badly kept machines at homes all over the world */
	CROWD_SERVERS, /* machines that answer anybody: sites, open resolvers */
	CROWD_HOSTERS, /* rented machines whose networks let any source address out */
	CROWD_KINDS
};

/* TCP/IP stacks by what they put into headers. */
enum stack {
	STACK_NONE, /* as the drill always had it: MSS alone, window 64240 */
	STACK_LINUX,
	STACK_WINDOWS,
	STACK_APPLE,
	STACK_EMBEDDED,
	STACK_OLD, /* initial TTL 255 */
	STACK_COUNT
};

enum block_status { BLOCK_ALLOCATED, BLOCK_AVAILABLE, BLOCK_RESERVED };

struct standing_block {
	uint32_t first; /* first address, host order */
	uint8_t len;	/* as people write it */
	uint8_t status; /* enum block_status */
	bool routed;
	uint8_t registry, country; /* numbers of names */
	uint8_t link, other_link;  /* by which its packets come; some hosts by the other */
	uint8_t told_links;	   /* mask: neighbours that announce it to us */
	uint8_t hops;		   /* routers between it and our border */
	uint8_t density;	   /* of 16 /24s so many have hosts */
	bool hosting;
	uint32_t asn;
};

/* What our border sees of a host. */
struct standing_sight {
	uint8_t link, ttl; /* arriving TTL */
	uint8_t hops;
	uint8_t stack; /* enum stack */
};

struct standing;

/** standing_new() - the world of @seed. Owned; NULL without memory. */
struct standing *standing_new(uint64_t seed);
struct standing *standing_free(struct standing *s);

/** standing_host() - the @i-th host of crowd @salt of that kind; always the same one. */
struct ip standing_host(const struct standing *s, enum crowd_kind kind, uint64_t salt, uint64_t i);

/** standing_sight() - link, TTL and stack of @ip; of what is not routed the first link's. */
struct standing_sight standing_sight(const struct standing *s, const struct ip *ip);

/** standing_alive() - is there a host with that address? */
bool standing_alive(const struct standing *s, uint32_t addr);

/** standing_country() - of @ip, "" where nobody was given it. The own country is JP. */
const char *standing_country(const struct standing *s, const struct ip *ip);

/** standing_find() - the block that holds @addr, or NULL (special-purpose and own space). */
const struct standing_block *standing_find(const struct standing *s, uint32_t addr);

/** standing_special() - special-purpose (RFC 6890), multicast or class E space. */
bool standing_special(uint32_t addr);

/** standing_routed_address() - @chance uniform over all routed addresses. */
uint32_t standing_routed_address(const struct standing *s, uint64_t chance);

/** standing_block_at() - the @i-th block in order of addresses, NULL behind the last. */
const struct standing_block *standing_block_at(const struct standing *s, size_t i);
const char *standing_registry_name(uint8_t registry);
const char *standing_country_name(uint8_t country);

/** stack_ttl(), stack_window(), stack_options() - initial TTL; window and bytes of TCP options of a
 * SYN. */
uint8_t stack_ttl(enum stack stack);
uint16_t stack_window(enum stack stack);
uint8_t stack_options(enum stack stack);
