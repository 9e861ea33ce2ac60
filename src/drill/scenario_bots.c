/* SPDX-License-Identifier: ISC */
/* Families whose sources are who they say: botnets, reflectors, single hosts, and scans. */
#include "base/cleanup.h"
#include "drill/stage.h"

static void botnet(struct plan *p, uint64_t seed, bool bare, uint32_t bots, const char *family)
{
	struct assault_row row;
	struct stage s;

	stage_begin(&s, p, seed, bare);
	stage_attack(&s, stage_kind(&s), family);
	row = stage_row(&s, bots, CROWD_BOTS);
	plan_add_assault(p, &row);
}

static void build_1k(struct plan *p, uint64_t seed, bool bare)
{
	botnet(p, seed, bare, 1000, "botnet of 1,000");
}

static void build_10k(struct plan *p, uint64_t seed, bool bare)
{
	botnet(p, seed, bare, 10000, "botnet of 10,000");
}

static void build_100k(struct plan *p, uint64_t seed, bool bare)
{
	botnet(p, seed, bare, 100000, "botnet of 100,000");
}

static void connections(struct plan *p, uint64_t seed, bool bare, uint32_t least, uint32_t most,
			const char *family)
{
	struct attack_row attack = {.class = CLASS_SERVER,
				    .direction = DIRECTION_IN,
				    .family = family,
				    .answered = true,
				    .vector = {{VECTOR_CONN_FLOOD, 0, 0, 2500}},
				    .n_vectors = 1};
	struct stage s;
	size_t nth;

	stage_begin(&s, p, seed, bare);
	attack.target = s.site;
	nth = plan_add_attack(p, &attack);
	plan_add_load(p, &(struct load_row){.attack = (int16_t)(nth + 1),
					    .script = most < 100 ? SCRIPT_CONNECT_RESET
								 : SCRIPT_CONNECT_ONLY,
					    .from_ms = s.from_ms,
					    .until_ms = s.until_ms,
					    .per_s = rng_between(&s.rng, 5200, 9000),
					    .clients = rng_between(&s.rng, least, most),
					    .servers = s.site,
					    .crowd = most < 100 ? CROWD_HOSTERS : CROWD_BOTS});
}

static void build_connect(struct plan *p, uint64_t seed, bool bare)
{
	connections(p, seed, bare, 1000, 20000, "botnet that completes handshakes");
}

static void build_few_connect(struct plan *p, uint64_t seed, bool bare)
{
	connections(p, seed, bare, 1, 5, "few hosts that complete handshakes");
}

static void build_few_silent(struct plan *p, uint64_t seed, bool bare)
{
	struct assault_row row;
	struct stage s;

	stage_begin(&s, p, seed, bare);
	stage_attack(&s, stage_kind(&s), "few hosts, no handshake");
	row = stage_row(&s, rng_between(&s.rng, 1, 5), CROWD_HOSTERS);
	plan_add_assault(p, &row);
}

static void build_cgn(struct plan *p, uint64_t seed, bool bare)
{
	struct assault_row row;
	struct stage s;

	stage_begin(&s, p, seed, bare);
	stage_attack(&s, stage_kind(&s), "bots behind carriers' NAT");
	row = stage_row(&s, rng_between(&s.rng, 1000, 20000), CROWD_BOTS);
	row.addresses = rng_between(&s.rng, 20, 400);
	plan_add_assault(p, &row);
}

static void build_amplified(struct plan *p, uint64_t seed, bool bare)
{
	static const struct {
		uint16_t port, len, more;
	} services[] = {{53, 800, 600}, {123, 468, 0}, {11211, 1428, 0}};
	struct assault_row row;
	struct stage s;
	uint32_t which;

	stage_begin(&s, p, seed, bare);
	which = rng_below(&s.rng, ARRAY_LEN(services));
	stage_attack(&s, ASSAULT_AMPLIFIED, "amplification");
	if (!p->failed)
		p->attacks[s.attack].vector[0].port = services[which].port;
	row = stage_row(&s, rng_between(&s.rng, 200, 6000), CROWD_SERVERS);
	row.tool = TOOL_SOCKET;
	row.port = services[which].port;
	row.len = services[which].len;
	row.len_more = services[which].more;
	plan_add_assault(p, &row);
}

static void build_synack(struct plan *p, uint64_t seed, bool bare)
{
	static const uint16_t ports[] = {80, 443, 22, 179, 8080};
	struct assault_row row;
	struct stage s;

	stage_begin(&s, p, seed, bare);
	stage_attack(&s, ASSAULT_SYNACK, "SYN-ACK reflection");
	row = stage_row(&s, rng_between(&s.rng, 300, 5000), CROWD_SERVERS);
	row.tool = TOOL_SOCKET;
	row.port = ports[rng_below(&s.rng, ARRAY_LEN(ports))];
	plan_add_assault(p, &row);
}

/* One sender tries all ports; what is silent may be forged or a sweep that listens elsewhere. */
static void scan(struct plan *p, uint64_t seed, bool bare, bool answered)
{
	struct assault_row row;
	struct stage s;

	stage_begin(&s, p, seed, bare);
	stage_attack(&s, ASSAULT_SCAN,
		     answered ? "scan that uses the answers" : "scan that uses no answer");
	if (!p->failed)
		p->attacks[s.attack].answered = answered;
	row = stage_row(&s, 1, CROWD_HOSTERS);
	row.tool = answered ? TOOL_SOCKET : rng_below(&s.rng, 2) ? TOOL_SWEEP : TOOL_PLAIN;
	row.rst_percent = 0;
	row.completes = answered;
	row.answers_pps = 20000;
	if (!answered && rng_below(&s.rng, 2)) {
		row.forging = FORGE_CONSTANT;
		row.addresses = 1;
	}
	plan_add_assault(p, &row);
}

static void build_scan_answered(struct plan *p, uint64_t seed, bool bare)
{
	scan(p, seed, bare, true);
}

static void build_scan_silent(struct plan *p, uint64_t seed, bool bare)
{
	scan(p, seed, bare, false);
}

const struct scenario scenarios_bots[] = {
	{.name = "bots-1k",
	 .seconds = STAGE_SECONDS,
	 .group = DRILL_FIT,
	 .build = build_1k,
	 .help = "1,000 real bots flood without completing handshakes"},
	{.name = "bots-10k",
	 .seconds = STAGE_SECONDS,
	 .group = DRILL_FIT,
	 .build = build_10k,
	 .help = "10,000 real bots flood without completing handshakes"},
	{.name = "bots-100k",
	 .seconds = STAGE_SECONDS,
	 .group = DRILL_FIT,
	 .build = build_100k,
	 .help = "100,000 real bots flood without completing handshakes"},
	{.name = "bots-connect",
	 .seconds = STAGE_SECONDS,
	 .group = DRILL_FIT,
	 .build = build_connect,
	 .help = "1,000 to 20,000 real bots complete handshakes and hang"},
	{.name = "bots-cgn",
	 .seconds = STAGE_SECONDS,
	 .group = DRILL_HELD_OUT,
	 .build = build_cgn,
	 .help = "up to 20,000 real bots behind a few hundred addresses"},
	{.name = "few-connect",
	 .seconds = STAGE_SECONDS,
	 .group = DRILL_FIT,
	 .build = build_few_connect,
	 .help = "one to five real hosts complete handshakes and hang"},
	{.name = "few-silent",
	 .seconds = STAGE_SECONDS,
	 .group = DRILL_FIT,
	 .build = build_few_silent,
	 .help = "one to five real hosts flood without a handshake"},
	{.name = "reflect-amp",
	 .seconds = STAGE_SECONDS,
	 .group = DRILL_FIT,
	 .build = build_amplified,
	 .help = "amplified answers of real DNS, NTP or memcached servers"},
	{.name = "reflect-synack",
	 .seconds = STAGE_SECONDS,
	 .group = DRILL_FIT,
	 .build = build_synack,
	 .help = "SYN-ACK of real servers that nobody asked"},
	{.name = "scan-answered",
	 .seconds = STAGE_SECONDS,
	 .group = DRILL_FIT,
	 .build = build_scan_answered,
	 .help = "a port scan that connects where a port is open"},
	{.name = "scan-silent",
	 .seconds = STAGE_SECONDS,
	 .group = DRILL_FIT,
	 .build = build_scan_silent,
	 .help = "a port scan that uses no answer; its source may be forged"},
};
const size_t n_scenarios_bots = ARRAY_LEN(scenarios_bots);
