/* SPDX-License-Identifier: ISC */
/*
 * Where an address belongs: country, registry, origin AS and prefix, from files that an ISP really
 * has (registry statistics, routing tables, MaxMind-format databases, PeeringDB) and from the
 * operator's own configuration. A `struct places` is one immutable picture of all of them; a newer
 * one replaces it whole, and readers hold a reference. Data class: list without communication.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/ip.h"

struct conf;

#define PLACE_NEIGHBOURS_MAX 8
#define PLACE_ORIGINS_MAX    8
#define PLACE_SOURCE_MAX     64
#define PLACE_REGISTRY_MAX   16

/* A file that was imported, or the configuration. Of two that say the same kind of thing about an
 * address the one of higher rank counts, of equal ones the later dated. */
struct place_source {
	char name[PLACE_SOURCE_MAX];
	char kind[16];	      /* "delegated", "mrt", "mmdb", "peeringdb", "own" */
	int64_t dated_us;     /* what its data say their time is, TIME_NONE unknown */
	int64_t imported_us;  /* TIME_NONE: not from a file */
	uint64_t records;     /* of the file */
	uint64_t ranges;      /* that are kept of them */
	uint32_t rank;
	uint32_t only_v4; /* 1: a database of IPv4 alone, to which ::192.0.2.1 is no address */
};

/* What a registry says of a block (RIR statistics exchange format, field "status"). */
enum place_status {
	PLACE_STATUS_UNKNOWN, /* no registry file covers it */
	PLACE_ALLOCATED,      /* allocated or assigned */
	PLACE_AVAILABLE,      /* the registry's, given to nobody */
	PLACE_RESERVED,
};

/* Three answers, as "we have no table" is not "no". */
enum place_answer { PLACE_UNKNOWN, PLACE_NO, PLACE_YES };

/* All that is known of one address. Empty texts, zero and UNKNOWN are "not known". */
struct place {
	char country[3];	  /* ISO 3166-1 alpha-2, "" unknown */
	char registry[16];	  /* "apnic", "arin", ... or "iana" */
	enum place_status status; /* the registry's word */
	enum place_answer routed; /* a prefix of a routing table covers it */
	bool special;		  /* special-purpose (RFC 6890): no source on the Internet */
	bool own;		  /* inside the configured own prefixes */
	uint32_t asn;		  /* origin AS, 0 unknown; of several the one most peers saw */
	uint8_t n_origins;	  /* distinct origin ASes of that prefix (MOAS) */
	struct prefix prefix;	  /* longest prefix of the source that gave the answer */
	bool has_prefix;
	uint32_t neighbours[PLACE_NEIGHBOURS_MAX]; /* first ASes of the paths to it */
	uint8_t n_neighbours;
	char source[PLACE_SOURCE_MAX]; /* the source that gave asn and prefix, else country */
	int64_t dated_us;	       /* of that source, TIME_NONE unknown */

	/* Further words; the texts belong to the picture and live as long as it. */
	uint32_t origins[PLACE_ORIGINS_MAX]; /* the ASes of n_origins, most seen first */
	uint8_t n_origins_named;
	const char *customer; /* of an own prefix, "" the operator or none */
	const char *exchange; /* the address is a member's at this exchange, "" none */
	const struct place_source *said_asn, *said_country, *said_registry; /* NULL nobody */
};

struct places;

/**
 * place_lookup() - everything known of @ip. At least a million look-ups a second on one core; no
 * allocation, any number of threads at once.
 * @p: may be NULL: only `special` is then known.
 */
void place_lookup(const struct places *p, const struct ip *ip, struct place *out);

/** place_as_name() - what @asn is called by the files that name it; "" unknown. Lives as long as
 * @p. */
const char *place_as_name(const struct places *p, uint32_t asn);

/**
 * place_as_block() - what the registries say of AS number @asn: country, registry, status and the
 * source. Return: false when no file covers it; @out is then empty.
 */
bool place_as_block(const struct places *p, uint32_t asn, struct place *out);

/** places_sources() - @n of them, lowest rank first; live as long as @p. */
const struct place_source *places_sources(const struct places *p, size_t *n);

/** places_bytes() - memory it takes. */
size_t places_bytes(const struct places *p);

/** places_ref(), places_unref() - share and give back, from any thread; unref returns NULL. */
struct places *places_ref(struct places *p);
struct places *places_unref(struct places *p);

static inline void places_unrefp(struct places **p)
{
	*p = places_unref(*p);
}
#define _cleanup_places_ _cleanup_(places_unrefp)

/*
 * Building one in memory: what importers and tests use alike. Adding returns 0 or -ENOMEM.
 */
struct place_builder;

struct place_builder *place_builder_new(void);
struct place_builder *place_builder_free(struct place_builder *b);

static inline void place_builder_freep(struct place_builder **b)
{
	*b = place_builder_free(*b);
}
#define _cleanup_place_builder_ _cleanup_(place_builder_freep)

/** place_builder_source() - what follows comes from this source. Later sources of a kind rank
 * higher. @name: copied. */
int place_builder_source(struct place_builder *b, const char *name, int64_t dated_us);

/** place_builder_registry() - a block of a registry's statistics. @country: "" unknown. */
int place_builder_registry(struct place_builder *b, const struct prefix *p, const char *registry,
			   const char *country, enum place_status status);

/** place_builder_route() - a prefix of a routing table. @neighbour: first AS of its path, 0 own. */
int place_builder_route(struct place_builder *b, const struct prefix *p, uint32_t origin,
			uint32_t neighbour);

/** place_builder_own() - an own prefix. @customer: "" the operator itself; @country: "" unknown. */
int place_builder_own(struct place_builder *b, const struct prefix *p, const char *customer,
		      const char *country);

/**
 * place_builder_done() - the picture, owned; the builder is empty after it.
 * Return: 0, or -ENOMEM.
 */
int place_builder_done(struct place_builder *b, struct places **out);
