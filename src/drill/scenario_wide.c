/* SPDX-License-Identifier: ISC */
/* Attacks on whole prefixes, and the one that goes the other way. */
#include "base/cleanup.h"
#include "drill/plan.h"
#include "drill/world.h"

#define CARPET(prefix, thr)                                                                        \
	{                                                                                          \
		.target = (prefix), .class = CLASS_SERVER, .level = LEVEL_PREFIX,                  \
		.direction = DIRECTION_IN, .spoofed = true,                                        \
		.vector = {{VECTOR_SYN_FLOOD, 0, 0, (thr)}}, .n_vectors = 1                        \
	}

static const struct attack_row carpet_24[] = {CARPET("198.18.64.0/24", 5000)};
static const struct attack_row carpet_20[] = {CARPET("198.18.128.0/20", 10000)};
static const struct attack_row carpet_v6[] = {CARPET("2001:db8:64::/64", 5000)};

static const struct flood_row carpet_24_floods[] = {
	{.kind = FLOOD_SYN, .from_ms = 5000, .until_ms = 20000, .pps = 12000, .links = LINK_ALL}};
static const struct flood_row carpet_20_floods[] = {
	{.kind = FLOOD_SYN, .from_ms = 4000, .until_ms = 13000, .pps = 25000, .links = LINK_ALL}};

static const struct attack_row abroad[] = {{.target = "198.51.100.77",
					    .class = CLASS_SERVER,
					    .direction = DIRECTION_OUT,
					    .vector = {{VECTOR_SYN_FLOOD, 0, 0, 2500}},
					    .n_vectors = 1}};
static const struct flood_row abroad_floods[] = {{.kind = FLOOD_SYN,
						  .from_ms = 5000,
						  .until_ms = 25000,
						  .pps = 8000,
						  .sources = 250,
						  .answers = 10}};

const struct scenario scenarios_wide[] = {
	{.name = "carpet-24",
	 .seconds = 25,
	 ROWS(attacks, carpet_24),
	 ROWS(floods, carpet_24_floods),
	 .help = "SYN flood over a whole /24: 12,000/s in all, 47/s for each host"},
	{.name = "carpet-20",
	 .seconds = 17,
	 ROWS(attacks, carpet_20),
	 ROWS(floods, carpet_20_floods),
	 .help = "SYN flood over a whole /20: 25,000/s in all, 1,560/s for each /24"},
	{.name = "carpet-v6",
	 .seconds = 25,
	 ROWS(attacks, carpet_v6),
	 ROWS(floods, carpet_24_floods),
	 .help = "SYN flood over 1,000 hosts of an IPv6 /64: 12,000/s in all (not v5)"},
	{.name = "bots-abroad",
	 .seconds = 30,
	 ROWS(attacks, abroad),
	 ROWS(floods, abroad_floods),
	 .help = "250 own customers send a SYN flood to a foreign address"},
};
const size_t n_scenarios_wide = ARRAY_LEN(scenarios_wide);
