/* SPDX-License-Identifier: ISC */
/*
 * Whose attack is it: the four patterns with the notices that make three of them, the kinds of
 * sources one by one and mixed, and what only looks like one of them. Links: 1 is a carrier abroad,
 * 2 a peer at home, 4 an exchange where both meet.
 */
#include "base/cleanup.h"
#include "drill/plan.h"
#include "drill/world.h"

#define ABROAD	     1
#define HOME	     2
#define EXCHANGE     4
#define HOST_ABROAD  "51.0.7.7"	  /* servers abroad */
#define HOST_AT_HOME "49.212.7.7" /* servers at home, of another provider */
#define FROM_MS	     4000

#define ATTACK(word, to, cls, way, vec, vport, thr)                                                \
	static const struct attack_row word[] = {{.target = (to),                                  \
						  .class = (cls),                                  \
						  .direction = (way),                              \
						  .vector = {{(vec), (vport), 0, (thr)}},          \
						  .n_vectors = 1}}
#define IN  DIRECTION_IN
#define OUT DIRECTION_OUT

ATTACK(conn_in, SITE(3), CLASS_SERVER, IN, VECTOR_CONN_FLOOD, 0, 2500);
ATTACK(syn_in, SITE(4), CLASS_SERVER, IN, VECTOR_SYN_FLOOD, 0, 2500);
ATTACK(udp_in, SITE(5), CLASS_CAPACITY, IN, VECTOR_UDP_FLOOD, 0, 10000);
ATTACK(ntp_in, SITE(6), CLASS_CAPACITY, IN, VECTOR_AMPLIFICATION, 123, 2500);
ATTACK(synack_in, SITE(7), CLASS_SERVER, IN, VECTOR_SYNACK_REFLECTION, 0, 2500);
ATTACK(syn_out, HOST_ABROAD, CLASS_SERVER, OUT, VECTOR_SYN_FLOOD, 0, 2500);
ATTACK(udp_out, HOST_ABROAD, CLASS_CAPACITY, OUT, VECTOR_UDP_FLOOD, 0, 10000);
ATTACK(syn_home, HOST_AT_HOME, CLASS_SERVER, OUT, VECTOR_SYN_FLOOD, 0, 2500);

static const struct attack_row dns_in[] = {
	{.target = SITE(2),
	 .class = CLASS_CAPACITY,
	 .direction = DIRECTION_IN,
	 .vector = {{VECTOR_AMPLIFICATION, 53, 0, 2500},
		    {VECTOR_FRAGMENT_FLOOD, 0, HIDDEN_IN_V5, 2500}},
	 .n_vectors = 2}};
static const struct attack_row forged_in[] = {{.target = SITE(8),
					       .class = CLASS_SERVER,
					       .direction = DIRECTION_IN,
					       .spoofed = true,
					       .vector = {{VECTOR_SYN_FLOOD, 0, 0, 2500}},
					       .n_vectors = 1}};
static const struct attack_row both_in[] = {
	{.target = SITE(9),
	 .class = CLASS_COMPOUND,
	 .direction = DIRECTION_IN,
	 .vector = {{VECTOR_SYN_FLOOD, 0, 0, 2500}, {VECTOR_AMPLIFICATION, 123, 0, 2500}},
	 .n_vectors = 2}};

#define CONNECTIONS(word, from, of, n, via)                                                        \
	static const struct load_row word[] = {{.attack = 1,                                       \
						.script = SCRIPT_CONNECT_ONLY,                     \
						.from_ms = FROM_MS,                                \
						.until_ms = FROM_MS + 9000,                        \
						.per_s = 4500,                                     \
						.clients = (n),                                    \
						.servers = SITE(3),                                \
						.links = (via),                                    \
						.where = (from),                                   \
						.truth = (of)}}

CONNECTIONS(bots_home, WHERE_HOMES_JP, TRUTH_BOTS, 800, HOME);
CONNECTIONS(proxies_home, WHERE_PROXIES_JP, TRUTH_PROXIES, PROXIES_EACH, HOME);
CONNECTIONS(proxies_abroad, WHERE_PROXIES_ABROAD, TRUTH_PROXIES, PROXIES_EACH, ABROAD);

#define FLOOD(how, rate, ms, n, from, of, via, ...)                                                \
	{                                                                                          \
		.kind = (how), .from_ms = FROM_MS, .until_ms = FROM_MS + (ms), .pps = (rate),      \
		.sources = (n), .links = (via), .where = (from), .truth = (of), __VA_ARGS__        \
	}

static const struct flood_row udp_home[] = {
	FLOOD(FLOOD_UDP, 20000, 7000, 300, WHERE_HOMES_JP, TRUTH_BOTS, HOME, .steady = true)};
static const struct flood_row cgn_home[] = {
	FLOOD(FLOOD_SYN, 5000, 10000, 400, WHERE_HOMES_JP, TRUTH_BOTS, HOME, .answers = 8),
	FLOOD(FLOOD_SYN, 3000, 10000, 200, WHERE_CGN_JP, TRUTH_BOTS, HOME, .answers = 8)};
static const struct flood_row ntp_home[] = {
	FLOOD(FLOOD_NTP, 7000, 9000, 200, WHERE_SERVERS_JP, TRUTH_REFLECTORS, HOME, .salt = 0)};
static const struct flood_row syn_abroad[] = {
	FLOOD(FLOOD_SYN, 8000, 10000, 600, WHERE_HOMES_ABROAD, TRUTH_BOTS, ABROAD, .answers = 8)};
static const struct flood_row dns_abroad[] = {FLOOD(FLOOD_DNS_ANSWERS, 5500, 8000, 350,
						    WHERE_SERVERS_ABROAD, TRUTH_REFLECTORS, ABROAD,
						    .salt = 0)};
static const struct flood_row synack_abroad[] = {FLOOD(FLOOD_SYNACK, 8000, 10000, 400,
						       WHERE_SERVERS_ABROAD, TRUTH_REFLECTORS,
						       ABROAD, .answers = 1)};
static const struct flood_row single_abroad[] = {
	FLOOD(FLOOD_UDP, 20000, 7000, 1, WHERE_SERVERS_ABROAD, TRUTH_SINGLE, ABROAD, .salt = 0)};
static const struct flood_row both_abroad[] = {
	FLOOD(FLOOD_SYN, 6000, 9000, 500, WHERE_HOMES_ABROAD, TRUTH_BOTS, ABROAD, .answers = 8),
	FLOOD(FLOOD_NTP, 6000, 9000, 200, WHERE_SERVERS_ABROAD, TRUTH_REFLECTORS, ABROAD,
	      .slot = 1)};
static const struct flood_row both_sides[] = {
	FLOOD(FLOOD_SYN, 4000, 10000, 300, WHERE_HOMES_JP, TRUTH_BOTS, HOME, .answers = 8),
	FLOOD(FLOOD_SYN, 4000, 10000, 300, WHERE_HOMES_ABROAD, TRUTH_BOTS, ABROAD, .answers = 8)};
static const struct flood_row forged_abroad[] = {FLOOD(
	FLOOD_SYN, 8000, 10000, SOURCES_SPOOFED, WHERE_ANY, TRUTH_FORGED, ABROAD, .answers = 8)};
static const struct flood_row forged_anywhere[] = {FLOOD(
	FLOOD_SYN, 8000, 10000, SOURCES_SPOOFED, WHERE_ANY, TRUTH_FORGED, EXCHANGE, .answers = 8)};
static const struct flood_row customers[] = {
	FLOOD(FLOOD_SYN, 8000, 10000, 250, WHERE_OWN, TRUTH_CUSTOMERS, ABROAD, .answers = 10)};
static const struct flood_row customers_home[] = {
	FLOOD(FLOOD_SYN, 8000, 10000, 250, WHERE_OWN, TRUTH_CUSTOMERS, HOME, .answers = 10)};
static const struct flood_row customers_cgn[] = {
	FLOOD(FLOOD_UDP, 12000, 7000, 150, WHERE_OWN, TRUTH_CUSTOMERS, ABROAD, .steady = true),
	FLOOD(FLOOD_UDP, 8000, 7000, 60, WHERE_OWN_CGN, TRUTH_CUSTOMERS, ABROAD, .steady = true)};

static const struct notice_row actor_abroad[] = {{.from = "partner",
						  .says = "partner: a team abroad",
						  .target = SITE(3),
						  .actor_country = "RO"}};
static const struct notice_row actor_at_home[] = {{.from = "customer",
						   .says = "customer: the attacked shop",
						   .target = SITE(4),
						   .actor = "domestic"}};
static const struct notice_row police[] = {{.from = "partner",
					    .says = "partner: the police",
					    .target = SITE(2),
					    .actor_country = "JP"}};
static const struct notice_row claimed_abroad[] = {{.from = "news",
						    .says = "news: a group abroad claims it",
						    .target = SITE(7),
						    .actor = "foreign"}};
static const struct notice_row no_party[] = {{.from = "news",
					      .says = "news: a quarrel of two foreign parties",
					      .target = HOST_ABROAD,
					      .no_domestic_party = true}};
static const struct notice_row no_party_elsewhere[] = {
	{.from = "news",
	 .says = "news: a quarrel of two foreign parties",
	 .target = "a ministry abroad",
	 .no_domestic_party = true}};
static const struct notice_row domestic_after_all[] = {{.from = "partner",
							.says = "partner: the victim's provider",
							.target = HOST_ABROAD,
							.actor = "domestic"}};
static const struct notice_row hosted[] = {{.from = "customer",
					    .says = "customer: users of a ticket shop",
					    .target = "a ticket shop at a hoster abroad",
					    .hosted_abroad = true}};

#define SEEN(t, r, a, p, may) .seen = {(t), (r), (a), (p), (may)}
#define TOLD(t, r, a, p, may) .told = {(t), (r), (a), (p), (may)}
#define H		      "domestic"
#define F		      "foreign"
#define U		      "unknown"
#define WHOSE(word, secs)     .name = (word), .seconds = (secs), .whose = true

const struct scenario scenarios_whose[] = {
	{WHOSE("whose-bots", 16), ROWS(attacks, conn_in), ROWS(loads, bots_home),
	 ROWS(notices, actor_abroad), SEEN(H, H, U, 1, 0), TOLD(H, H, F, 1, 0),
	 .help = "pattern 1: 800 domestic bots hold connections; a partner says the actor is "
		 "abroad"},
	{WHOSE("whose-proxies", 16), ROWS(attacks, conn_in), ROWS(loads, proxies_home),
	 SEEN(H, H, U, 1, 0), .help = "pattern 1: connections through 250 domestic open proxies"},
	{WHOSE("whose-udp", 14), ROWS(attacks, udp_in), ROWS(floods, udp_home), SEEN(H, H, U, 1, 0),
	 .help = "pattern 1: UDP flood by 300 domestic bots"},
	{WHOSE("whose-cgn", 17), ROWS(attacks, syn_in), ROWS(floods, cgn_home), SEEN(H, H, U, 1, 0),
	 .help = "pattern 1: SYN flood by domestic bots, a third of them behind shared addresses"},
	{WHOSE("whose-ntp", 16), ROWS(attacks, ntp_in), ROWS(floods, ntp_home), SEEN(H, H, U, 0, 1),
	 .help = "NTP amplification by 200 domestic servers"},
	{WHOSE("whose-abroad", 17), ROWS(attacks, syn_in), ROWS(floods, syn_abroad),
	 ROWS(notices, actor_at_home), SEEN(H, F, U, 0, 2), TOLD(H, F, H, 2, 0),
	 .help = "pattern 2: SYN flood by 600 bots abroad; the customer knows a domestic actor"},
	{WHOSE("whose-dns-abroad", 15), ROWS(attacks, dns_in), ROWS(floods, dns_abroad),
	 ROWS(notices, police), SEEN(H, F, U, 0, 2), TOLD(H, F, H, 2, 0),
	 .help = "pattern 2: DNS amplification abroad; the police name a domestic actor"},
	{WHOSE("whose-synack-abroad", 17), ROWS(attacks, synack_in), ROWS(floods, synack_abroad),
	 ROWS(notices, claimed_abroad), SEEN(H, F, U, 0, 2), TOLD(H, F, F, 0, 0),
	 .help = "no pattern: SYN-ACK reflection abroad, claimed by a group abroad"},
	{WHOSE("whose-proxies-abroad", 16), ROWS(attacks, conn_in), ROWS(loads, proxies_abroad),
	 SEEN(H, F, U, 0, 2), .help = "connections through 250 open proxies abroad"},
	{WHOSE("whose-single", 14), ROWS(attacks, udp_in), ROWS(floods, single_abroad),
	 SEEN(H, F, U, 0, 2), .help = "UDP flood by one host abroad"},
	{WHOSE("whose-two-kinds", 16), ROWS(attacks, both_in), ROWS(floods, both_abroad),
	 SEEN(H, F, U, 0, 2),
	 .help = "SYN flood by bots and NTP amplification at once, both abroad"},
	{WHOSE("whose-both-sides", 17), ROWS(attacks, syn_in), ROWS(floods, both_sides),
	 SEEN(H, U, U, 0, 0), .help = "SYN flood by bots at home and abroad, half and half"},
	{WHOSE("whose-forged-abroad", 17), ROWS(attacks, forged_in), ROWS(floods, forged_abroad),
	 SEEN(H, F, U, 0, 2), .help = "forged SYN flood that comes in by the carrier abroad"},
	{WHOSE("whose-forged", 17), ROWS(attacks, forged_in), ROWS(floods, forged_anywhere),
	 SEEN(H, U, U, 0, 0), .help = "forged SYN flood that comes in by the exchange"},
	{WHOSE("whose-customers", 17), ROWS(attacks, syn_out), ROWS(floods, customers),
	 ROWS(notices, no_party), SEEN(F, H, U, 0, 3), TOLD(F, H, F, 3, 0),
	 .help = "pattern 3: 250 own customers flood a foreign host; news of a foreign quarrel"},
	{WHOSE("whose-customers-cgn", 14), ROWS(attacks, udp_out), ROWS(floods, customers_cgn),
	 ROWS(notices, domestic_after_all), SEEN(F, H, U, 0, 3), TOLD(F, H, H, 0, 0),
	 .help = "no pattern: own customers, some behind shared addresses; the actor is domestic"},
	{WHOSE("whose-customers-home", 17), ROWS(attacks, syn_home), ROWS(floods, customers_home),
	 SEEN(H, H, U, 1, 0),
	 .help = "pattern 1: 250 own customers flood another domestic provider"},
	{WHOSE("whose-hosted", 25), ROWS(notices, hosted), TOLD(H, U, U, 4, 0),
	 .help = "pattern 4: a domestic shop hosted abroad is attacked; nothing of it passes here"},
	{WHOSE("whose-elsewhere", 25), ROWS(notices, no_party_elsewhere), TOLD(U, U, F, 0, 3),
	 .help = "pattern 3 possible: news of a foreign quarrel, nothing of it is seen here"},
};
const size_t n_scenarios_whose = ARRAY_LEN(scenarios_whose);
