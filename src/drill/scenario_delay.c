/* SPDX-License-Identifier: ISC */
/* Rates at an exact multiple of the promised thresholds, to measure how late a detector is. */
#include "base/cleanup.h"
#include "drill/plan.h"
#include "drill/world.h"

#define AT(site, cls, vec, vport, hide, thr)                                                       \
	{                                                                                          \
		.target = (site), .class = (cls), .direction = DIRECTION_IN,                       \
		.vector = {{(vec), (vport), (hide), (thr)}}, .n_vectors = 1                        \
	}

static const struct attack_row each_vector[] = {
	AT(SITE(1), CLASS_SERVER, VECTOR_SYN_FLOOD, 0, 0, 2500),
	AT(SITE(2), CLASS_SERVER, VECTOR_SYNACK_REFLECTION, 0, 0, 2500),
	AT(SITE(3), CLASS_SERVER, VECTOR_RST_FLOOD, 0, 0, 2500),
	AT(SITE(4), CLASS_CAPACITY, VECTOR_FRAGMENT_FLOOD, 0, HIDDEN_IN_V5, 2500),
	AT(SITE(5), CLASS_CAPACITY, VECTOR_ICMP_FLOOD, 0, 0, 2500),
	AT(SITE(6), CLASS_CAPACITY, VECTOR_AMPLIFICATION, 123, 0, 2500),
	AT(SITE(7), CLASS_CAPACITY, VECTOR_PROTO_FLOOD, 0, 0, 2500),
	AT(SITE(8), CLASS_CAPACITY, VECTOR_UDP_FLOOD, 0, 0, 10000)};

#define RUN(nr, how, from, until, rate, n)                                                         \
	{                                                                                          \
		.attack = (nr), .kind = (how), .from_ms = (from), .until_ms = (until),             \
		.pps = (rate), .sources = (n), .links = LINK_ALL                                   \
	}

static const struct flood_row twice_floods[] = {
	RUN(0, FLOOD_SYN, 3000, 8000, 5000, 300),   RUN(1, FLOOD_SYNACK, 4130, 9130, 5000, 300),
	RUN(2, FLOOD_RST, 5260, 10260, 5000, 300),  RUN(3, FLOOD_FRAGMENTS, 6390, 11390, 5000, 300),
	RUN(4, FLOOD_ICMP, 7520, 12520, 5000, 300), RUN(5, FLOOD_NTP, 8650, 13650, 5000, 300),
	RUN(6, FLOOD_GRE, 9780, 14780, 5000, 300),  RUN(7, FLOOD_UDP, 10910, 14910, 20000, 300)};

static const struct flood_row quarter_over_floods[] = {
	RUN(0, FLOOD_SYN, 3000, 10000, 3125, 300),  RUN(1, FLOOD_SYNACK, 4130, 11130, 3125, 300),
	RUN(2, FLOOD_RST, 5260, 12260, 3125, 300),  RUN(3, FLOOD_FRAGMENTS, 6390, 13390, 3125, 300),
	RUN(4, FLOOD_ICMP, 7520, 14520, 3125, 300), RUN(5, FLOOD_NTP, 8650, 15650, 3125, 300),
	RUN(6, FLOOD_GRE, 9780, 16780, 3125, 300),  RUN(7, FLOOD_UDP, 10910, 17910, 12500, 300)};

const struct scenario scenarios_delay[] = {
	{.name = "twice-threshold",
	 .seconds = 20,
	 ROWS(attacks, each_vector),
	 ROWS(floods, twice_floods),
	 .help = "eight vectors at exactly twice their threshold, each on its own target"},
	{.name = "quarter-over",
	 .seconds = 23,
	 ROWS(attacks, each_vector),
	 ROWS(floods, quarter_over_floods),
	 .help = "eight vectors at exactly 1.25 times their threshold, each on its own target"},
};
const size_t n_scenarios_delay = ARRAY_LEN(scenarios_delay);
