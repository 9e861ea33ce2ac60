/* SPDX-License-Identifier: ISC */
/* Attacks made of TCP, and the scan that is none. */
#include "base/cleanup.h"
#include "drill/plan.h"
#include "drill/world.h"

#define TCP_ATTACK(vec, thr, site, spoof)                                                          \
	{                                                                                          \
		.target = (site), .class = CLASS_SERVER, .direction = DIRECTION_IN,                \
		.spoofed = (spoof), .vector = {{(vec), 0, 0, (thr)}}, .n_vectors = 1               \
	}

static const struct attack_row syn_spoofed[] = {TCP_ATTACK(VECTOR_SYN_FLOOD, 2500, SITE(1), true)};
static const struct attack_row syn_real[] = {TCP_ATTACK(VECTOR_SYN_FLOOD, 2500, SITE(1), false)};
static const struct attack_row synack[] = {
	TCP_ATTACK(VECTOR_SYNACK_REFLECTION, 2500, SITE(3), false)};
static const struct attack_row rst[] = {TCP_ATTACK(VECTOR_RST_FLOOD, 2500, SITE(4), true)};
static const struct attack_row ack[] = {TCP_ATTACK(VECTOR_ACK_FLOOD, 20000, SITE(4), true)};
static const struct attack_row conn[] = {TCP_ATTACK(VECTOR_CONN_FLOOD, 2500, SITE(5), false)};
static const struct attack_row malformed[] = {TCP_ATTACK(VECTOR_MALFORMED, 2500, SITE(6), true)};

static const struct attack_row get[] = {{.target = SITE(5),
					 .class = CLASS_SERVER,
					 .direction = DIRECTION_IN,
					 .vector = {{VECTOR_HTTP_FLOOD, 0, HIDDEN_IN_FLOWS, 2500}},
					 .n_vectors = 1}};
static const struct attack_row scan[] = {{.target = SITE(7),
					  .class = CLASS_NONE,
					  .direction = DIRECTION_IN,
					  .scan = true,
					  .vector = {{VECTOR_SYN_FLOOD, 0, 0, 2500}},
					  .n_vectors = 1}};

static const struct flood_row syn_spoofed_floods[] = {{.kind = FLOOD_SYN,
						       .from_ms = 5000,
						       .until_ms = 25000,
						       .pps = 9000,
						       .links = LINK_ALL,
						       .answers = 8}};
static const struct flood_row syn_real_floods[] = {{.kind = FLOOD_SYN,
						    .from_ms = 5000,
						    .until_ms = 25000,
						    .pps = 9000,
						    .sources = 600,
						    .links = LINK_ALL,
						    .answers = 8}};
static const struct flood_row classes_small_floods[] = {{.kind = FLOOD_SYN,
							 .from_ms = 3000,
							 .until_ms = 8000,
							 .pps = 50000,
							 .sources = 1000,
							 .links = LINK_ALL}};
static const struct flood_row one_each_floods[] = {{.kind = FLOOD_SYN,
						    .from_ms = 3000,
						    .until_ms = 10000,
						    .pps = 37000,
						    .sources = 37000,
						    .links = LINK_ALL}};
static const struct flood_row mixed_floods[] = {{.kind = FLOOD_SYN,
						 .from_ms = 5000,
						 .until_ms = 20000,
						 .pps = 6000,
						 .sources = 200,
						 .links = LINK_ALL,
						 .salt = 71},
						{.kind = FLOOD_SYN,
						 .from_ms = 5000,
						 .until_ms = 20000,
						 .pps = 3000,
						 .sources = 10,
						 .links = LINK_ALL,
						 .salt = 72},
						{.kind = FLOOD_SYN,
						 .from_ms = 5000,
						 .until_ms = 20000,
						 .pps = 4500,
						 .sources = 3,
						 .links = LINK_ALL,
						 .salt = 73}};
static const struct flood_row synack_floods[] = {{.kind = FLOOD_SYNACK,
						  .from_ms = 5000,
						  .until_ms = 20000,
						  .pps = 8000,
						  .sources = 400,
						  .links = LINK_ALL,
						  .answers = 1}};
static const struct innocent_row synack_innocent[] = {
	{"answers", "the reflecting servers",
	 "RST of the flooded host to SYN-ACKs nobody asked for"}};
static const struct flood_row rst_floods[] = {
	{.kind = FLOOD_RST, .from_ms = 5000, .until_ms = 25000, .pps = 8000, .links = LINK_ALL}};
static const struct flood_row ack_floods[] = {
	{.kind = FLOOD_ACK, .from_ms = 3000, .until_ms = 8000, .pps = 50000, .links = LINK_ALL}};
static const struct flood_row malformed_floods[] = {{.kind = FLOOD_MALFORMED,
						     .from_ms = 5000,
						     .until_ms = 20000,
						     .pps = 8000,
						     .links = LINK_ALL}};
static const struct flood_row scan_floods[] = {{.kind = FLOOD_SCAN,
						.from_ms = 5000,
						.until_ms = 18000,
						.pps = 6000,
						.sources = 1,
						.answers = 1}};

static const struct load_row conn_loads[] = {{.attack = 1,
					      .script = SCRIPT_CONNECT_ONLY,
					      .from_ms = 4000,
					      .until_ms = 16000,
					      .per_s = 6500,
					      .clients = 3000,
					      .servers = SITE(5),
					      .links = LINK_ALL}};
static const struct load_row get_loads[] = {{.attack = 1,
					     .script = SCRIPT_GET_LOOP,
					     .from_ms = 4000,
					     .until_ms = 18000,
					     .at_once = 600,
					     .clients = 600,
					     .servers = SITE(5),
					     .links = LINK_ALL}};

const struct scenario scenarios_tcp[] = {
	{.name = "syn-spoofed",
	 .seconds = 30,
	 ROWS(attacks, syn_spoofed),
	 ROWS(floods, syn_spoofed_floods),
	 .help = "SYN flood, 9,000/s, every source invented"},
	{.name = "syn-real",
	 .seconds = 30,
	 ROWS(attacks, syn_real),
	 ROWS(floods, syn_real_floods),
	 .help = "SYN flood, 9,000/s from 600 bots under their own addresses"},
	{.name = "syn-classes-small",
	 .seconds = 10,
	 ROWS(attacks, syn_real),
	 ROWS(floods, classes_small_floods),
	 .help = "SYN flood of 1,000 sources with 50 SYN/s each: all in the class up to 100"},
	{.name = "syn-one-each",
	 .seconds = 12,
	 ROWS(attacks, syn_spoofed),
	 ROWS(floods, one_each_floods),
	 .help = "SYN flood of 37,000 sources with 1 SYN/s each"},
	{.name = "syn-mixed-classes",
	 .seconds = 25,
	 ROWS(attacks, syn_real),
	 ROWS(floods, mixed_floods),
	 .help = "SYN flood with sources in all three classes: 200 x 30, 10 x 300, 3 x 1,500 "
		 "SYN/s"},
	{.name = "synack-reflection",
	 .seconds = 25,
	 ROWS(attacks, synack),
	 ROWS(floods, synack_floods),
	 ROWS(innocents, synack_innocent),
	 .help = "SYN-ACK reflection, 8,000/s by 400 servers"},
	{.name = "rst-flood",
	 .seconds = 30,
	 ROWS(attacks, rst),
	 ROWS(floods, rst_floods),
	 .help = "RST flood, 8,000/s, spoofed"},
	{.name = "ack-flood",
	 .seconds = 10,
	 ROWS(attacks, ack),
	 ROWS(floods, ack_floods),
	 .help = "ACK flood, 50,000/s of connections that do not exist, spoofed"},
	{.name = "conn-flood",
	 .seconds = 18,
	 ROWS(attacks, conn),
	 ROWS(loads, conn_loads),
	 .help = "connection flood: 6,500 handshakes/s completed by 3,000 bots, then nothing"},
	{.name = "get-flood",
	 .seconds = 22,
	 ROWS(attacks, get),
	 ROWS(loads, get_loads),
	 .help = "HTTP GET flood: 600 bots, 12 requests/s each over open connections (packets, "
		 "sflow)"},
	{.name = "malformed",
	 .seconds = 25,
	 ROWS(attacks, malformed),
	 ROWS(floods, malformed_floods),
	 .help = "TCP packets with SYN and FIN, 8,000/s, spoofed"},
	{.name = "scan-port",
	 .seconds = 22,
	 ROWS(attacks, scan),
	 ROWS(floods, scan_floods),
	 .help = "one source asks 6,000 ports/s of one host: a scan, not an attack"},
};
const size_t n_scenarios_tcp = ARRAY_LEN(scenarios_tcp);
