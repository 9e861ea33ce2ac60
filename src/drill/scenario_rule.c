/* SPDX-License-Identifier: ISC */
/*
 * Attacks for those who make filters: what can be told from clients only by much, by little, for a
 * while, or not at all. They want ordinary traffic before and around them (lead_s, hold_s).
 */
#include "base/cleanup.h"
#include "drill/plan.h"
#include "drill/world.h"

#define UNSEEN (1 << DRILL_PACKETS | HIDDEN_IN_FLOWS | 1 << DRILL_SFLOW)

#define HIT(site, cls, forged, n, ...)                                                             \
	{                                                                                          \
		.target = (site), .class = (cls), .direction = DIRECTION_IN, .spoofed = (forged),  \
		.n_vectors = (n), .vector = {                                                      \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}

static const struct attack_row syn_copies[] = {
	HIT(SITE(5), CLASS_SERVER, true, 1, {VECTOR_SYN_FLOOD, 0, 0, 2500})};
static const struct flood_row syn_copies_floods[] = {{.kind = FLOOD_SYN_COPIES,
						      .from_ms = 5000,
						      .until_ms = 20000,
						      .pps = 8000,
						      .links = LINK_ALL,
						      .answers = 8}};

/* Whole sessions, as visitors have them; nothing in a header says what is asked. */
static const struct attack_row get_tls[] = {
	HIT(SITE(5), CLASS_SERVER, false, 1, {VECTOR_HTTP_FLOOD, 0, UNSEEN, 2500})};
static const struct load_row get_tls_loads[] = {{.attack = 1,
						 .script = SCRIPT_TLS,
						 .from_ms = 5000,
						 .until_ms = 15000,
						 .per_s = 500,
						 .clients = 2000,
						 .servers = SITE(5),
						 .links = LINK_ALL}};

/* The questions are those of clients but for a source port, and after a minute for another. */
static const struct attack_row ports_change[] = {
	HIT(SITE(21), CLASS_SERVER, true, 1, {VECTOR_DNS_QUERY_FLOOD, 0, 0, 10000})};
static const struct flood_row ports_change_floods[] = {{.kind = FLOOD_DNS_ONE_PORT,
							.from_ms = 5000,
							.until_ms = 11000,
							.pps = 20000,
							.links = LINK_ALL,
							.salt = 9444},
						       {.kind = FLOOD_DNS_ONE_PORT,
							.from_ms = 11000,
							.until_ms = 65000,
							.pps = 1000,
							.links = LINK_ALL,
							.salt = 9444},
						       {.kind = FLOOD_DNS_ONE_PORT,
							.from_ms = 65000,
							.until_ms = 80000,
							.pps = 1000,
							.links = LINK_ALL,
							.salt = 9777}};

/* Against a name server, which has clients in UDP: only what answers can be told. */
static const struct attack_row amp_many[] = {
	HIT(SITE(21), CLASS_CAPACITY, false, 4, {VECTOR_AMPLIFICATION, 53, 0, 2500},
	    {VECTOR_FRAGMENT_FLOOD, 0, HIDDEN_IN_V5, 2500}, {VECTOR_AMPLIFICATION, 1900, 0, 2500},
	    {VECTOR_AMPLIFICATION, 389, 0, 2500})};
static const struct flood_row amp_many_floods[] = {{.kind = FLOOD_DNS_ANSWERS,
						    .from_ms = 5000,
						    .until_ms = 13000,
						    .pps = 5200,
						    .sources = 350,
						    .links = LINK_ALL},
						   {.slot = 2,
						    .kind = FLOOD_REFLECTED,
						    .port = 1900,
						    .from_ms = 5000,
						    .until_ms = 13000,
						    .pps = 5200,
						    .sources = 300,
						    .links = LINK_ALL},
						   {.slot = 3,
						    .kind = FLOOD_REFLECTED,
						    .port = 389,
						    .from_ms = 7000,
						    .until_ms = 13000,
						    .pps = 5200,
						    .sources = 200,
						    .links = LINK_ALL}};

/* To the port of clients, and to one that nobody uses. */
static const struct attack_row flags[] = {
	HIT(SITE(6), CLASS_SERVER, true, 1, {VECTOR_MALFORMED, 0, 0, 2500}),
	HIT(SITE(7), CLASS_SERVER, true, 1, {VECTOR_MALFORMED, 0, 0, 2500})};
static const struct flood_row flags_floods[] = {{.attack = 0,
						 .kind = FLOOD_ANY_FLAGS,
						 .from_ms = 5000,
						 .until_ms = 15000,
						 .pps = 12000,
						 .links = LINK_ALL},
						{.attack = 1,
						 .kind = FLOOD_ANY_FLAGS,
						 .port = 8080,
						 .from_ms = 5000,
						 .until_ms = 15000,
						 .pps = 12000,
						 .links = LINK_ALL}};

static const struct attack_row carpet[] = {
	{.target = "198.18.64.0/24",
	 .class = CLASS_CAPACITY,
	 .level = LEVEL_PREFIX,
	 .direction = DIRECTION_IN,
	 .vector = {{VECTOR_AMPLIFICATION, 123, 0, 5000}, {VECTOR_UDP_FLOOD, 0, 0, 20000}},
	 .n_vectors = 2}};
static const struct flood_row carpet_floods[] = {{.kind = FLOOD_NTP,
						  .from_ms = 5000,
						  .until_ms = 10000,
						  .pps = 12000,
						  .sources = 300,
						  .links = LINK_ALL},
						 {.slot = 1,
						  .kind = FLOOD_UDP,
						  .from_ms = 5000,
						  .until_ms = 10000,
						  .pps = 41000,
						  .links = LINK_ALL}};

#define HOST_V6 "2001:db8:10::1"

static const struct attack_row v6[] = {HIT(HOST_V6, CLASS_CAPACITY, false, 2,
					   {VECTOR_AMPLIFICATION, 123, 0, 2500},
					   {VECTOR_ICMP_FLOOD, 0, 0, 2500})};
static const struct flood_row v6_floods[] = {{.kind = FLOOD_NTP,
					      .from_ms = 5000,
					      .until_ms = 20000,
					      .pps = 6000,
					      .sources = 200,
					      .links = LINK_ALL},
					     {.slot = 1,
					      .kind = FLOOD_ICMP,
					      .from_ms = 6000,
					      .until_ms = 20000,
					      .pps = 6000,
					      .sources = 200,
					      .links = LINK_ALL}};

const struct scenario scenarios_rule[] = {
	{.name = "rule-syn-copies",
	 .seconds = 25,
	 ROWS(attacks, syn_copies),
	 ROWS(floods, syn_copies_floods),
	 .help = "SYN flood whose headers are those of clients, port and length and all"},
	{.name = "rule-get-tls",
	 .seconds = 25,
	 ROWS(attacks, get_tls),
	 ROWS(loads, get_tls_loads),
	 .help = "GET flood over TLS: 500 whole sessions a second, as visitors have them"},
	{.name = "rule-ports-change",
	 .seconds = 85,
	 ROWS(attacks, ports_change),
	 ROWS(floods, ports_change_floods),
	 .help = "DNS questions as clients send them, from one source port; after 60 s from "
		 "another"},
	{.name = "rule-amp-many",
	 .seconds = 25,
	 ROWS(attacks, amp_many),
	 ROWS(floods, amp_many_floods),
	 .help = "DNS, SSDP and CLDAP amplification with fragments against a name server"},
	{.name = "rule-flags",
	 .seconds = 22,
	 ROWS(attacks, flags),
	 ROWS(floods, flags_floods),
	 .help = "TCP with flags drawn at random, to a port of clients and to another"},
	{.name = "rule-carpet",
	 .seconds = 22,
	 ROWS(attacks, carpet),
	 ROWS(floods, carpet_floods),
	 .help = "NTP amplification and UDP over a whole /24"},
	{.name = "rule-v6",
	 .seconds = 25,
	 ROWS(attacks, v6),
	 ROWS(floods, v6_floods),
	 .help = "NTP amplification and ICMP echo over IPv6"},
};
const size_t n_scenarios_rule = ARRAY_LEN(scenarios_rule);
