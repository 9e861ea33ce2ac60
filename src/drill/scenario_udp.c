/* SPDX-License-Identifier: ISC */
/* Attacks made of anything but TCP. */
#include "base/cleanup.h"
#include "drill/plan.h"
#include "drill/world.h"

#define ONE(vec, vport, hide, thr, cls, site, spoof)                                               \
	{                                                                                          \
		.target = (site), .class = (cls), .direction = DIRECTION_IN, .spoofed = (spoof),   \
		.vector = {{(vec), (vport), (hide), (thr)}}, .n_vectors = 1                        \
	}
#define FULL(vec, vport, hide, thr, site, spoof)                                                   \
	ONE(vec, vport, hide, thr, CLASS_CAPACITY, site, spoof)

static const struct attack_row udp[] = {FULL(VECTOR_UDP_FLOOD, 0, 0, 10000, SITE(1), true)};
static const struct attack_row ntp[] = {FULL(VECTOR_AMPLIFICATION, 123, 0, 2500, SITE(2), false)};
static const struct attack_row memcached[] = {
	FULL(VECTOR_AMPLIFICATION, 11211, 0, 2500, SITE(3), false)};
static const struct attack_row unknown_port[] = {
	FULL(VECTOR_AMPLIFICATION, 50123, 0, 2500, SITE(4), false)};
static const struct attack_row icmp[] = {FULL(VECTOR_ICMP_FLOOD, 0, 0, 2500, SITE(5), false)};
static const struct attack_row fragments[] = {
	FULL(VECTOR_FRAGMENT_FLOOD, 0, HIDDEN_IN_V5, 2500, SITE(6), false)};
static const struct attack_row gre[] = {FULL(VECTOR_PROTO_FLOOD, 0, 0, 2500, SITE(7), false)};
static const struct attack_row dns_query[] = {
	ONE(VECTOR_DNS_QUERY_FLOOD, 0, 0, 10000, CLASS_SERVER, SITE(21), true)};
static const struct attack_row quic[] = {
	ONE(VECTOR_QUIC_FLOOD, 0, 0, 10000, CLASS_SERVER, SITE(8), true)};
static const struct attack_row dns[] = {{.target = SITE(2),
					 .class = CLASS_CAPACITY,
					 .direction = DIRECTION_IN,
					 .vector = {{VECTOR_AMPLIFICATION, 53, 0, 2500},
						    {VECTOR_FRAGMENT_FLOOD, 0, HIDDEN_IN_V5, 2500}},
					 .n_vectors = 2}};

#define FLOOD(name, how, from, until, rate, ...)                                                   \
	static const struct flood_row name##_floods[] = {{.kind = (how),                           \
							  .from_ms = (from),                       \
							  .until_ms = (until),                     \
							  .pps = (rate),                           \
							  .links = LINK_ALL,                       \
							  __VA_ARGS__}}

FLOOD(udp, FLOOD_UDP, 3000, 12000, 25000, .sources = SOURCES_SPOOFED);
FLOOD(dns, FLOOD_DNS_ANSWERS, 4000, 16000, 6000, .sources = 350);
FLOOD(ntp, FLOOD_NTP, 5000, 25000, 8000, .sources = 200);
FLOOD(memcached, FLOOD_MEMCACHED, 5000, 25000, 8000, .sources = 120);
FLOOD(unknown_port, FLOOD_REFLECTED, 5000, 25000, 8000, .sources = 250);
FLOOD(icmp, FLOOD_ICMP, 5000, 20000, 8000, .sources = 300, .answers = 2);
FLOOD(fragments, FLOOD_FRAGMENTS, 5000, 25000, 8000, .sources = 300);
FLOOD(dns_query, FLOOD_DNS_QUERIES, 3000, 11000, 25000, .sources = SOURCES_SPOOFED, .answers = 5);
FLOOD(quic, FLOOD_QUIC, 3000, 12000, 25000, .sources = SOURCES_SPOOFED);
FLOOD(gre, FLOOD_GRE, 5000, 25000, 8000, .sources = 300);

#define SCENARIO(word, list, secs, what)                                                           \
	{                                                                                          \
		.name = (word), .seconds = (secs), ROWS(attacks, list),                            \
		ROWS(floods, list##_floods), .help = (what)                                        \
	}

const struct scenario scenarios_udp[] = {
	SCENARIO("udp-flood", udp, 16,
		 "UDP flood, 25,000/s of 600 to 1,400 bytes, random ports, spoofed"),
	SCENARIO("amp-dns", dns, 20,
		 "DNS amplification with fragments: 6,000 large answers/s of 350 resolvers"),
	SCENARIO("amp-ntp", ntp, 30, "NTP amplification: 8,000 monlist answers/s of 200 servers"),
	SCENARIO("amp-memcached", memcached, 30, "memcached amplification: 8,000/s of 120 servers"),
	SCENARIO("amp-unknown-port", unknown_port, 30,
		 "amplification by a service nobody has named: port 50123, 250 sources"),
	SCENARIO("icmp-flood", icmp, 25, "ICMP echo flood, 8,000/s of 1,028 bytes, 300 bots"),
	SCENARIO("fragments", fragments, 30,
		 "UDP fragments without a first one, 8,000/s, 300 bots"),
	SCENARIO("dns-query-flood", dns_query, 15,
		 "25,000 DNS questions/s to a name server, spoofed"),
	SCENARIO("quic-flood", quic, 16, "25,000 QUIC Initial packets/s, spoofed"),
	SCENARIO("proto-flood", gre, 30, "GRE flood, 8,000/s of 1,300 bytes, 300 bots"),
};
const size_t n_scenarios_udp = ARRAY_LEN(scenarios_udp);
