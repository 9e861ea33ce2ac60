/* SPDX-License-Identifier: ISC */
/*
 * Families whose sources are forged. Those held out are for judging a verdict that was made with
 * the others: one forged third party, forging within the own network, replayed headers.
 */
#include "base/cleanup.h"
#include "drill/stage.h"

static void forged(struct plan *p, uint64_t seed, bool bare, enum forging forging,
		   const char *family)
{
	struct assault_row row;
	struct stage s;

	stage_begin(&s, p, seed, bare);
	stage_attack(&s, stage_kind(&s), family);
	row = stage_forger(&s, forging);
	plan_add_assault(p, &row);
}

static void build_any(struct plan *p, uint64_t seed, bool bare)
{
	forged(p, seed, bare, FORGE_ANY, "random over 32 bits");
}

static void build_public(struct plan *p, uint64_t seed, bool bare)
{
	forged(p, seed, bare, FORGE_PUBLIC, "random without bogons");
}

static void build_routed(struct plan *p, uint64_t seed, bool bare)
{
	forged(p, seed, bare, FORGE_ROUTED, "random over routed space");
}

/* Some forge, the others are real bots at the same target with the same kind of packets. */
static void build_partly(struct plan *p, uint64_t seed, bool bare)
{
	static const uint8_t forgings[] = {FORGE_ANY, FORGE_PUBLIC, FORGE_ROUTED};
	static const uint32_t crowds[] = {1000, 4000, 20000};
	struct assault_row forger, bots;
	struct stage s;
	uint32_t share;

	stage_begin(&s, p, seed, bare);
	stage_attack(&s, stage_kind(&s), "part forged, part real bots");
	share = rng_between(&s.rng, 25, 75);
	forger = stage_forger(&s, (enum forging)forgings[rng_below(&s.rng, ARRAY_LEN(forgings))]);
	bots = stage_row(&s, crowds[rng_below(&s.rng, ARRAY_LEN(crowds))], CROWD_BOTS);
	forger.pps = s.pps / 100 * share;
	bots.pps = s.pps - forger.pps;
	bots.port = forger.port;
	plan_add_assault(p, &forger);
	plan_add_assault(p, &bots);
}

static void build_subnet(struct plan *p, uint64_t seed, bool bare)
{
	struct assault_row row;
	struct stage s;

	stage_begin(&s, p, seed, bare);
	stage_attack(&s, stage_kind(&s), "forged within the sender's network");
	row = stage_forger(&s, FORGE_SUBNET);
	row.senders = rng_between(&s.rng, 20, 1500);
	row.crowd = CROWD_BOTS;
	row.subnet_len = rng_below(&s.rng, 2) ? 24 : 16;
	plan_add_assault(p, &row);
}

static void build_constant(struct plan *p, uint64_t seed, bool bare)
{
	struct assault_row row;
	struct stage s;

	stage_begin(&s, p, seed, bare);
	stage_attack(&s, stage_kind(&s), "constant forged third party");
	row = stage_forger(&s, FORGE_CONSTANT);
	row.senders = rng_between(&s.rng, 1, 40);
	row.addresses = rng_below(&s.rng, 3) ? 1 : rng_between(&s.rng, 2, 4);
	plan_add_assault(p, &row);
}

static void build_replay(struct plan *p, uint64_t seed, bool bare)
{
	struct assault_row row;
	struct stage s;

	stage_begin(&s, p, seed, bare);
	stage_attack(&s, stage_kind(&s), "replayed headers of real clients");
	row = stage_forger(&s, FORGE_REPLAY);
	row.addresses = rng_between(&s.rng, STAGE_CLIENTS / 4, STAGE_CLIENTS);
	row.salt = STAGE_VISITORS;
	plan_add_assault(p, &row);
}

/* A forger of any address, beside whom others attack in another way, with *@pps of theirs. */
static struct assault_row begin_beside(struct plan *p, struct stage *s, uint64_t seed, bool bare,
				       enum assault_kind forged, const char *what,
				       enum assault_kind other, uint32_t *pps)
{
	static const uint8_t forgings[] = {FORGE_ANY, FORGE_PUBLIC, FORGE_ROUTED};
	struct assault_row forger;

	stage_begin(s, p, seed, bare);
	stage_attack(s, forged, what);
	forger = stage_forger(s, (enum forging)forgings[rng_below(&s->rng, ARRAY_LEN(forgings))]);
	*pps = stage_beside(s, other);
	return forger;
}

/* Some forge SYNs while reflectors answer under their own addresses. */
static void build_beside_amp(struct plan *p, uint64_t seed, bool bare)
{
	struct assault_row forger, servers;
	struct stage s;
	uint32_t pps;

	forger = begin_beside(p, &s, seed, bare, ASSAULT_SYN, "forged SYN beside amplification",
			      ASSAULT_AMPLIFIED, &pps);
	if (!p->failed)
		p->attacks[s.attack].vector[1].port = 123;
	servers = stage_row(&s, rng_between(&s.rng, 200, 6000), CROWD_SERVERS);
	servers.pps = pps;
	servers.slot = 1;
	servers.tool = TOOL_SOCKET;
	servers.port = 123;
	servers.len = 468;
	forger.until_ms = servers.until_ms;
	plan_add_assault(p, &forger);
	plan_add_assault(p, &servers);
}

/* Some forge UDP while bots send SYNs under their own addresses. */
static void build_beside_bots(struct plan *p, uint64_t seed, bool bare)
{
	struct assault_row forger, bots;
	struct stage s;
	uint32_t pps;

	forger = begin_beside(p, &s, seed, bare, ASSAULT_UDP, "forged UDP beside bots", ASSAULT_SYN,
			      &pps);
	bots = stage_row(&s, rng_between(&s.rng, 500, 20000), CROWD_BOTS);
	bots.pps = pps;
	bots.slot = 1;
	forger.until_ms = bots.until_ms;
	plan_add_assault(p, &forger);
	plan_add_assault(p, &bots);
}

const struct scenario scenarios_spoof[] = {
	{.name = "spoof-any",
	 .seconds = STAGE_SECONDS,
	 .group = DRILL_FIT,
	 .build = build_any,
	 .help = "sources forged anew for each packet, any 32 bits"},
	{.name = "spoof-public",
	 .seconds = STAGE_SECONDS,
	 .group = DRILL_FIT,
	 .build = build_public,
	 .help = "sources forged at random, special-purpose space left out"},
	{.name = "spoof-routed",
	 .seconds = STAGE_SECONDS,
	 .group = DRILL_FIT,
	 .build = build_routed,
	 .help = "sources forged at random in announced space only"},
	{.name = "spoof-partly",
	 .seconds = STAGE_SECONDS,
	 .group = DRILL_FIT,
	 .build = build_partly,
	 .help = "a quarter to three quarters forged, the rest from real bots"},
	{.name = "spoof-subnet",
	 .seconds = STAGE_SECONDS,
	 .group = DRILL_HELD_OUT,
	 .build = build_subnet,
	 .help = "each bot forges within its own /24 or /16"},
	{.name = "spoof-constant",
	 .seconds = STAGE_SECONDS,
	 .group = DRILL_HELD_OUT,
	 .build = build_constant,
	 .help = "one to four third parties' addresses in all packets"},
	{.name = "spoof-replay",
	 .seconds = STAGE_SECONDS,
	 .group = DRILL_HELD_OUT,
	 .build = build_replay,
	 .help = "headers of real visitors sent again from elsewhere"},
	{.name = "spoof-beside-amp",
	 .seconds = STAGE_SECONDS,
	 .group = DRILL_HELD_OUT,
	 .build = build_beside_amp,
	 .help = "forged SYN, and NTP amplification at the same target"},
	{.name = "spoof-beside-bots",
	 .seconds = STAGE_SECONDS,
	 .group = DRILL_HELD_OUT,
	 .build = build_beside_bots,
	 .help = "forged UDP, and real bots' SYN at the same target"},
};
const size_t n_scenarios_spoof = ARRAY_LEN(scenarios_spoof);
