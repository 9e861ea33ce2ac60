/* SPDX-License-Identifier: ISC */
/*
 * A small map of the world outside, for scenarios that ask whose an attack is: blocks of homes,
 * servers, open proxies and shared addresses, each in a country. No block is what a registry says
 * of it. Proxies are the same few hundred in all of a run, so that a list can name them; like any
 * list it is not complete.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/text.h"

#define PROXIES_EACH 250 /* proxies of a block that there are; one in ten is on no list */

enum where {
	WHERE_ANY, /* all over the world, as scenarios without a map have it */
	WHERE_HOMES_JP,
	WHERE_SERVERS_JP,
	WHERE_PROXIES_JP,
	WHERE_CGN_JP, /* homes of another provider behind shared addresses */
	WHERE_HOMES_ABROAD,
	WHERE_SERVERS_ABROAD,
	WHERE_PROXIES_ABROAD,
	WHERE_OWN,     /* own customers */
	WHERE_OWN_CGN, /* own customers behind shared addresses */
	WHERE_COUNT
};

/** where_pick() - the @i-th address of crowd @salt there (IPv4); proxies: of the run's. @seed. */
struct ip where_pick(enum where where, uint64_t salt, uint64_t seed, uint64_t i);

/** where_country() - the @i-th block of the map and its country; false behind the last. */
bool where_country(size_t i, const char **prefix, const char **country);

/** where_link_country() - whose traffic an outside link hands over; "" of many. */
const char *where_link_country(unsigned link);

/** where_shared_yaml() - the shared blocks as part of a configuration. */
void where_shared_yaml(struct text *out);

/** where_proxies() - the list of proxies of a run, dated by the day of @base_us. */
void where_proxies(uint64_t seed, int64_t base_us, struct text *out);
