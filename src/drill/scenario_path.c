/* SPDX-License-Identifier: ISC */
/* Attacks that are special by the links they take, and what these do to others. */
#include "base/cleanup.h"
#include "drill/plan.h"
#include "drill/world.h"

#define FIRST_LINK  1
#define SECOND_LINK 2
#define THIRD_LINK  4

static const struct attack_row syn_real[] = {{.target = SITE(1),
					      .class = CLASS_SERVER,
					      .direction = DIRECTION_IN,
					      .vector = {{VECTOR_SYN_FLOOD, 0, 0, 2500}},
					      .n_vectors = 1}};

#define BY_LINK(from, until, mask)                                                                 \
	{                                                                                          \
		.kind = FLOOD_SYN, .from_ms = (from), .until_ms = (until), .pps = 8000,            \
		.sources = 500, .links = (mask), .salt = 82                                        \
	}

static const struct flood_row return_floods[] = {
	BY_LINK(5000, 12000, FIRST_LINK), BY_LINK(12000, 19000, SECOND_LINK),
	BY_LINK(19000, 26000, THIRD_LINK), BY_LINK(26000, 33000, FIRST_LINK)};

/* Half way at 23 s both links carry the same. */
static const struct flood_row drift_floods[] = {{.kind = FLOOD_SYN,
						 .from_ms = 5000,
						 .until_ms = 13000,
						 .pps = 6000,
						 .sources = 400,
						 .links = FIRST_LINK,
						 .salt = 83},
						{.kind = FLOOD_SYN,
						 .from_ms = 13000,
						 .until_ms = 33000,
						 .pps = 6000,
						 .pps_to = 1,
						 .sources = 400,
						 .links = FIRST_LINK,
						 .salt = 83},
						{.kind = FLOOD_SYN,
						 .from_ms = 13000,
						 .until_ms = 33000,
						 .pps = 1,
						 .pps_to = 6000,
						 .sources = 400,
						 .links = SECOND_LINK,
						 .salt = 83},
						{.kind = FLOOD_SYN,
						 .from_ms = 33000,
						 .until_ms = 41000,
						 .pps = 6000,
						 .sources = 400,
						 .links = SECOND_LINK,
						 .salt = 83}};

static const struct flood_row pulse_floods[] = {{.kind = FLOOD_SYN,
						 .from_ms = 5000,
						 .until_ms = 23500,
						 .pps = 6000,
						 .on_ms = 2000,
						 .every_ms = 8000,
						 .sources = 500,
						 .links = FIRST_LINK,
						 .salt = 84},
						{.kind = FLOOD_SYN,
						 .from_ms = 29000,
						 .until_ms = 39500,
						 .pps = 6000,
						 .on_ms = 2000,
						 .every_ms = 8000,
						 .sources = 500,
						 .links = SECOND_LINK,
						 .salt = 84}};

/* Three shares that differ. */
static const struct flood_row uneven_floods[] = {{.kind = FLOOD_UDP,
						  .from_ms = 5000,
						  .until_ms = 15000,
						  .pps = 12600,
						  .sources = 300,
						  .links = FIRST_LINK,
						  .salt = 85},
						 {.kind = FLOOD_UDP,
						  .from_ms = 5000,
						  .until_ms = 15000,
						  .pps = 6300,
						  .sources = 300,
						  .links = SECOND_LINK,
						  .salt = 85},
						 {.kind = FLOOD_UDP,
						  .from_ms = 5000,
						  .until_ms = 15000,
						  .pps = 2100,
						  .sources = 300,
						  .links = THIRD_LINK,
						  .salt = 85}};
static const struct attack_row uneven[] = {{.target = SITE(2),
					    .class = CLASS_CAPACITY,
					    .direction = DIRECTION_IN,
					    .vector = {{VECTOR_UDP_FLOOD, 0, 0, 10000}},
					    .n_vectors = 1}};

/* 5,000 x 1,428 bytes are 57 Mbit/s of a link of 60. */
static const struct attack_row crowded[] = {{.target = SITE(3),
					     .class = CLASS_CAPACITY,
					     .direction = DIRECTION_IN,
					     .vector = {{VECTOR_AMPLIFICATION, 11211, 0, 2500}},
					     .n_vectors = 1}};
static const struct flood_row crowded_floods[] = {{.kind = FLOOD_MEMCACHED,
						   .from_ms = 130000,
						   .until_ms = 160000,
						   .pps = 5000,
						   .sources = 120,
						   .links = FIRST_LINK}};
#define VISITORS(site, a_second, mask)                                                             \
	{                                                                                          \
		.script = SCRIPT_SHORT_VISIT, .until_ms = 240000, .per_ks = (a_second)*1000,       \
		.clients = 400, .servers = (site), .links = (mask)                                 \
	}
static const struct load_row crowded_loads[] = {VISITORS(SITE(5), 8, FIRST_LINK),
						VISITORS(SITE(6), 8, FIRST_LINK),
						VISITORS(SITE(7), 12, FIRST_LINK),
						VISITORS(SITE(8), 8, SECOND_LINK),
						VISITORS(SITE(9), 10, THIRD_LINK),
						{.script = SCRIPT_SHORT_VISIT,
						 .until_ms = 240000,
						 .per_ks = 40,
						 .clients = 20,
						 .servers = SITE(10),
						 .links = FIRST_LINK}};

const struct scenario scenarios_path[] = {
	{.name = "link-return",
	 .seconds = 38,
	 ROWS(attacks, syn_real),
	 ROWS(floods, return_floods),
	 .help = "a SYN flood that moves over three links and back to the first"},
	{.name = "link-drift",
	 .seconds = 46,
	 ROWS(attacks, syn_real),
	 ROWS(floods, drift_floods),
	 .help = "a SYN flood that moves from one link to another little by little"},
	{.name = "link-pulses",
	 .seconds = 45,
	 ROWS(attacks, syn_real),
	 ROWS(floods, pulse_floods),
	 .help = "bursts of 2 s every 8 s: three by one link, then two by another"},
	{.name = "link-uneven",
	 .seconds = 20,
	 ROWS(attacks, uneven),
	 ROWS(floods, uneven_floods),
	 .help = "a UDP flood by three links: 60, 30 and 10 percent"},
	{.name = "link-crowded",
	 .seconds = 240,
	 .quiet = true,
	 ROWS(attacks, crowded),
	 ROWS(floods, crowded_floods),
	 ROWS(loads, crowded_loads),
	 .mute = {.capacity_bps = 60000000},
	 .congestion = {.from_ms = 130000, .until_ms = 160000, .percent = 60},
	 .help = "amplification fills a link of 60 Mbit/s, and others on it lose three fifths"},
};
const size_t n_scenarios_path = ARRAY_LEN(scenarios_path);
