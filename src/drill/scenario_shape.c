/* SPDX-License-Identifier: ISC */
/* Attacks that are special by their course in time, their number or their way in. */
#include "base/cleanup.h"
#include "drill/plan.h"
#include "drill/world.h"

#define SYN_AT(site)                                                                               \
	{                                                                                          \
		.target = (site), .class = CLASS_SERVER, .direction = DIRECTION_IN,                \
		.spoofed = true, .vector = {{VECTOR_SYN_FLOOD, 0, 0, 2500}}, .n_vectors = 1        \
	}
#define SERVER_AT(site, vec)                                                                       \
	{                                                                                          \
		.target = (site), .class = CLASS_SERVER, .direction = DIRECTION_IN,                \
		.spoofed = true, .vector = {{(vec), 0, 0, 2500}}, .n_vectors = 1                   \
	}
#define CAPACITY_AT(site, vec, vport, hide, thr)                                                   \
	{                                                                                          \
		.target = (site), .class = CLASS_CAPACITY, .direction = DIRECTION_IN,              \
		.vector = {{(vec), (vport), (hide), (thr)}}, .n_vectors = 1                        \
	}

static const struct attack_row one_syn[] = {SYN_AT(SITE(1))};

static const struct attack_row compound[] = {
	{.target = SITE(1),
	 .class = CLASS_COMPOUND,
	 .direction = DIRECTION_IN,
	 .spoofed = true,
	 .vector = {{VECTOR_SYN_FLOOD, 0, 0, 2500}, {VECTOR_UDP_FLOOD, 0, 0, 10000}},
	 .n_vectors = 2}};
static const struct flood_row compound_floods[] = {
	{.kind = FLOOD_SYN, .from_ms = 4000, .until_ms = 14000, .pps = 7000, .links = LINK_ALL},
	{.kind = FLOOD_UDP,
	 .slot = 1,
	 .from_ms = 7000,
	 .until_ms = 14000,
	 .pps = 22000,
	 .links = LINK_ALL}};

static const struct attack_row bursts[] = {SYN_AT(SITE(1)),
					   CAPACITY_AT(SITE(2), VECTOR_AMPLIFICATION, 123, 0, 2500),
					   CAPACITY_AT(SITE(3), VECTOR_UDP_FLOOD, 0, 0, 10000)};
static const struct flood_row burst_floods[] = {
	{.kind = FLOOD_SYN, .from_ms = 6000, .until_ms = 8000, .pps = 5000, .links = LINK_ALL},
	{.attack = 1,
	 .kind = FLOOD_NTP,
	 .from_ms = 12300,
	 .until_ms = 14300,
	 .pps = 5000,
	 .sources = 150,
	 .links = LINK_ALL},
	{.attack = 2,
	 .kind = FLOOD_UDP,
	 .from_ms = 18700,
	 .until_ms = 20700,
	 .pps = 20000,
	 .links = LINK_ALL}};

static const struct flood_row pulse_floods[] = {{.kind = FLOOD_SYN,
						 .from_ms = 5000,
						 .until_ms = 68000,
						 .pps = 6000,
						 .on_ms = 2000,
						 .every_ms = 15000,
						 .links = LINK_ALL}};
static const struct flood_row slow_ramp_floods[] = {{.kind = FLOOD_SYN,
						     .from_ms = 5000,
						     .until_ms = 61000,
						     .pps = 10,
						     .pps_to = 7500,
						     .links = LINK_ALL}};
static const struct flood_row ramp_floods[] = {
	{.kind = FLOOD_SYN,
	 .from_ms = 5000,
	 .until_ms = 20000,
	 .pps = 500,
	 .pps_to = 10000,
	 .links = LINK_ALL},
	{.kind = FLOOD_SYN, .from_ms = 20000, .until_ms = 28000, .pps = 10000, .links = LINK_ALL}};

static const struct attack_row several[] = {
	SYN_AT(SITE(1)),
	CAPACITY_AT(SITE(2), VECTOR_AMPLIFICATION, 123, 0, 2500),
	CAPACITY_AT(SITE(3), VECTOR_ICMP_FLOOD, 0, 0, 2500),
	SERVER_AT(SITE(4), VECTOR_RST_FLOOD),
	CAPACITY_AT(SITE(5), VECTOR_AMPLIFICATION, 11211, 0, 2500),
	CAPACITY_AT(SITE(6), VECTOR_PROTO_FLOOD, 0, 0, 2500)};
static const struct flood_row several_floods[] = {{.attack = 0,
						   .kind = FLOOD_SYN,
						   .from_ms = 4000,
						   .until_ms = 11000,
						   .pps = 6000,
						   .links = LINK_ALL},
						  {.attack = 1,
						   .kind = FLOOD_NTP,
						   .from_ms = 4500,
						   .until_ms = 11500,
						   .pps = 6000,
						   .sources = 200,
						   .links = LINK_ALL},
						  {.attack = 2,
						   .kind = FLOOD_ICMP,
						   .from_ms = 5000,
						   .until_ms = 12000,
						   .pps = 6000,
						   .sources = 200,
						   .links = LINK_ALL},
						  {.attack = 3,
						   .kind = FLOOD_RST,
						   .from_ms = 5200,
						   .until_ms = 12200,
						   .pps = 6000,
						   .links = LINK_ALL},
						  {.attack = 4,
						   .kind = FLOOD_MEMCACHED,
						   .from_ms = 5400,
						   .until_ms = 12400,
						   .pps = 6000,
						   .sources = 90,
						   .links = LINK_ALL},
						  {.attack = 5,
						   .kind = FLOOD_GRE,
						   .from_ms = 6000,
						   .until_ms = 13000,
						   .pps = 6000,
						   .sources = 150,
						   .links = LINK_ALL}};

static const struct attack_row one_syn_real[] = {{.target = SITE(1),
						  .class = CLASS_SERVER,
						  .direction = DIRECTION_IN,
						  .vector = {{VECTOR_SYN_FLOOD, 0, 0, 2500}},
						  .n_vectors = 1}};
static const struct flood_row link_move_floods[] = {{.kind = FLOOD_SYN,
						     .from_ms = 5000,
						     .until_ms = 15000,
						     .pps = 8000,
						     .sources = 500,
						     .links = 1,
						     .salt = 81},
						    {.kind = FLOOD_SYN,
						     .from_ms = 15000,
						     .until_ms = 25000,
						     .pps = 8000,
						     .sources = 500,
						     .links = 2,
						     .salt = 81}};

/* 8,000 x 1,428 bytes are 91 Mbit/s: more than nine tenths of the link. */
static const struct attack_row link_full[] = {
	CAPACITY_AT(SITE(3), VECTOR_AMPLIFICATION, 11211, 0, 2500)};
static const struct flood_row link_full_floods[] = {{.kind = FLOOD_MEMCACHED,
						     .from_ms = 5000,
						     .until_ms = 33000,
						     .pps = 8000,
						     .sources = 120,
						     .links = 1}};

const struct scenario scenarios_shape[] = {
	{.name = "compound",
	 .seconds = 18,
	 ROWS(attacks, compound),
	 ROWS(floods, compound_floods),
	 .help = "SYN flood and UDP flood against one target, each over its own threshold"},
	{.name = "burst-2s",
	 .seconds = 25,
	 ROWS(attacks, bursts),
	 ROWS(floods, burst_floods),
	 .help = "three bursts of 2 s at twice the threshold, on three targets"},
	{.name = "pulses",
	 .seconds = 75,
	 ROWS(attacks, one_syn),
	 ROWS(floods, pulse_floods),
	 .help = "bursts of 2 s every 15 s on one target: one attack with five pulses"},
	{.name = "slow-ramp",
	 .seconds = 66,
	 ROWS(attacks, one_syn),
	 ROWS(floods, slow_ramp_floods),
	 .help = "SYN flood that grows to 7,500/s over a minute"},
	{.name = "ramp",
	 .seconds = 33,
	 ROWS(attacks, one_syn),
	 ROWS(floods, ramp_floods),
	 .help = "SYN flood that grows to 10,000/s over 15 s and stays there"},
	{.name = "several-at-once",
	 .seconds = 18,
	 ROWS(attacks, several),
	 ROWS(floods, several_floods),
	 .help = "six attacks of different kinds on six targets at the same time"},
	{.name = "link-move",
	 .seconds = 30,
	 ROWS(attacks, one_syn_real),
	 ROWS(floods, link_move_floods),
	 .help = "a SYN flood whose bots come by one link, then by another (try 2 exporters, "
		 "split)"},
	{.name = "link-full",
	 .seconds = 45,
	 ROWS(attacks, link_full),
	 ROWS(floods, link_full_floods),
	 .mute = {.from_ms = 25000, .until_ms = 45000, .capacity_bps = 100000000},
	 .help = "amplification fills a link of 100 Mbit/s, and its router's exports are lost"},
};
const size_t n_scenarios_shape = ARRAY_LEN(scenarios_shape);
