/* SPDX-License-Identifier: ISC */
#include "drill/stage.h"

#include "base/cleanup.h"
#include "drill/world.h"

#define TARGETS	     20
#define PACKETS_MAX  650000u /* of an attack */
#define AFTERWARDS_S 4

static const char *const sites[TARGETS] = {SITE(1),  SITE(2),  SITE(3),	 SITE(4),  SITE(5),
					   SITE(6),  SITE(7),  SITE(8),	 SITE(9),  SITE(10),
					   SITE(11), SITE(12), SITE(13), SITE(14), SITE(15),
					   SITE(16), SITE(17), SITE(18), SITE(19), SITE(20)};

/* Visitors of the sites, and what customers at home do; sessions begun in 1000 s. */
static const struct load_row ordinary[] = {
	{.script = SCRIPT_WEB,
	 .per_ks = 22000,
	 .clients = 9000,
	 .servers = "198.18.10.1",
	 .n_servers = 20,
	 .crowd = CROWD_CLIENTS},
	{.script = SCRIPT_TLS,
	 .per_ks = 35000,
	 .clients = 9000,
	 .servers = "198.18.10.1",
	 .n_servers = 20,
	 .crowd = CROWD_CLIENTS},
	{.script = SCRIPT_DNS,
	 .per_ks = 15000,
	 .clients = 900,
	 .servers = "198.18.10.21",
	 .n_servers = 2,
	 .crowd = CROWD_SERVERS},
	{.script = SCRIPT_MAIL,
	 .per_ks = 2500,
	 .clients = 900,
	 .servers = "198.18.10.23",
	 .crowd = CROWD_SERVERS},
	{.script = SCRIPT_TLS,
	 .per_ks = 800,
	 .clients = 500,
	 .servers = "2001:db8:10::1",
	 .v6 = true,
	 .links = LINK_ALL},
	{.script = SCRIPT_TLS,
	 .per_ks = 25000,
	 .clients = 2500,
	 .n_servers = 3000,
	 .outbound = true,
	 .crowd = CROWD_SERVERS},
	{.script = SCRIPT_QUIC_VISIT,
	 .per_ks = 6000,
	 .clients = 2500,
	 .n_servers = 400,
	 .outbound = true,
	 .crowd = CROWD_SERVERS},
	{.script = SCRIPT_DNS,
	 .per_ks = 25000,
	 .clients = 2500,
	 .n_servers = 60,
	 .outbound = true,
	 .crowd = CROWD_SERVERS},
	{.script = SCRIPT_NTP,
	 .per_ks = 1500,
	 .clients = 900,
	 .n_servers = 20,
	 .outbound = true,
	 .crowd = CROWD_SERVERS},
	{.script = SCRIPT_BITTORRENT,
	 .per_ks = 1200,
	 .clients = 60,
	 .n_servers = 5000,
	 .outbound = true,
	 .crowd = CROWD_BOTS},
	{.script = SCRIPT_DHT,
	 .per_ks = 6000,
	 .clients = 60,
	 .n_servers = 9000,
	 .outbound = true,
	 .crowd = CROWD_CLIENTS},
};

static void add_ordinary(struct stage *s)
{
	struct load_row visitors = {.script = SCRIPT_TLS,
				    .per_ks = rng_between(&s->rng, 8000, 20000),
				    .until_ms = STAGE_SECONDS * 1000,
				    .clients = STAGE_CLIENTS,
				    .servers = s->site,
				    .crowd = CROWD_CLIENTS,
				    .salt = STAGE_VISITORS};

	for (size_t i = 0; i < ARRAY_LEN(ordinary); i++) {
		struct load_row row = ordinary[i];

		row.until_ms = s->until_ms + AFTERWARDS_S * 1000;
		row.salt = 7000 + (uint32_t)i;
		plan_add_load(s->plan, &row);
	}
	visitors.until_ms = s->until_ms + AFTERWARDS_S * 1000;
	plan_add_load(s->plan, &visitors);
}

void stage_begin(struct stage *s, struct plan *plan, uint64_t seed, bool bare)
{
	*s = (struct stage){.plan = plan, .rng = rng_derive(seed, 0x57a6e)};
	s->site = sites[rng_below(&s->rng, TARGETS)];
	s->from_ms = rng_between(&s->rng, 64000, 80000);
	s->until_ms = s->from_ms + rng_between(&s->rng, 14000, 25000);
	if (!bare)
		add_ordinary(s);
}

/* The drill's own facts of what each kind is called and from which rate it counts. */
static const struct {
	enum vector vector;
	enum attack_class class;
	uint32_t threshold, pps_min, pps_max;
} kinds[ASSAULT_KINDS] = {
	[ASSAULT_SYN] = {VECTOR_SYN_FLOOD, CLASS_SERVER, 2500, 5200, 30000},
	[ASSAULT_ACK] = {VECTOR_ACK_FLOOD, CLASS_SERVER, 20000, 42000, 46000},
	[ASSAULT_UDP] = {VECTOR_UDP_FLOOD, CLASS_CAPACITY, 10000, 21000, 36000},
	[ASSAULT_SYNACK] = {VECTOR_SYNACK_REFLECTION, CLASS_SERVER, 2500, 5200, 24000},
	[ASSAULT_AMPLIFIED] = {VECTOR_AMPLIFICATION, CLASS_CAPACITY, 2500, 5200, 24000},
	[ASSAULT_SCAN] = {VECTOR_SYN_FLOOD, CLASS_NONE, 2500, 5200, 9000},
};

void stage_attack(struct stage *s, enum assault_kind kind, const char *family)
{
	struct attack_row row = {.target = s->site,
				 .class = kinds[kind].class,
				 .direction = DIRECTION_IN,
				 .scan = kind == ASSAULT_SCAN,
				 .family = family,
				 .vector = {{kinds[kind].vector, 0, 0, kinds[kind].threshold}},
				 .n_vectors = 1};
	uint64_t most_ms;

	s->kind = kind;
	s->pps = rng_between(&s->rng, kinds[kind].pps_min, kinds[kind].pps_max);
	most_ms = UINT64_C(1000) * PACKETS_MAX / s->pps;
	if (s->until_ms - s->from_ms > most_ms)
		s->until_ms = s->from_ms + most_ms;
	s->attack = (int16_t)plan_add_attack(s->plan, &row);
}

static uint32_t within(uint32_t n, uint32_t least, uint32_t most)
{
	return n < least ? least : n > most ? most : n;
}

uint32_t stage_beside(struct stage *s, enum assault_kind kind)
{
	uint32_t least = kinds[kind].pps_min, most = kinds[kind].pps_max;
	uint32_t pps = rng_between(&s->rng, within(s->pps / 5 * 2, least, most),
				   within(s->pps / 2 * 5, least, most));
	uint64_t most_ms = UINT64_C(1000) * PACKETS_MAX / (s->pps + pps);
	struct attack_row *row;

	s->kind = kind;
	if (s->until_ms - s->from_ms > most_ms)
		s->until_ms = s->from_ms + most_ms;
	if (s->plan->failed)
		return pps;
	row = &s->plan->attacks[s->attack];
	row->vector[1].vector = kinds[kind].vector;
	row->vector[1].threshold = kinds[kind].threshold;
	row->n_vectors = 2;
	row->class = CLASS_COMPOUND;
	return pps;
}

enum assault_kind stage_kind(struct stage *s)
{
	uint32_t dice = rng_below(&s->rng, 100);

	return dice < 62 ? ASSAULT_SYN : dice < 85 ? ASSAULT_UDP : ASSAULT_ACK;
}

struct assault_row stage_row(struct stage *s, uint32_t senders, enum crowd_kind crowd)
{
	static const uint8_t tools[] = {TOOL_BOT,    TOOL_BOT,	  TOOL_BOT,  TOOL_SOCKET,
					TOOL_SOCKET, TOOL_KERNEL, TOOL_PLAIN};
	static const uint16_t ports[] = {80, 443, 443, 22, 8080, 25565};
	static const uint16_t udp_ports[] = {0, 0, 80, 8080, 27015}; /* 0: any */
	struct assault_row row = {.attack = s->attack,
				  .kind = (uint8_t)s->kind,
				  .crowd = (uint8_t)crowd,
				  .from_ms = s->from_ms,
				  .until_ms = s->until_ms,
				  .pps = s->pps,
				  .senders = senders};

	row.tool = tools[rng_below(&s->rng, ARRAY_LEN(tools))];
	row.port = ports[rng_below(&s->rng, ARRAY_LEN(ports))];
	row.skewed = rng_below(&s->rng, 2);
	row.rst_percent = (uint8_t)rng_between(&s->rng, 5, 95);
	row.answers_pps = rng_below(&s->rng, 3) ? rng_between(&s->rng, 150, 900)
						: rng_between(&s->rng, 1500, 6000);
	if (s->kind == ASSAULT_UDP) {
		row.port = udp_ports[rng_below(&s->rng, ARRAY_LEN(udp_ports))];
		row.len = (uint16_t)rng_between(&s->rng, 60, 1300);
		row.len_more = rng_below(&s->rng, 2) ? 200 : 0;
	}
	return row;
}

struct assault_row stage_forger(struct stage *s, enum forging forging)
{
	static const uint8_t tools[] = {TOOL_PLAIN,  TOOL_BOT,	  TOOL_OLD,
					TOOL_RANDOM, TOOL_KERNEL, TOOL_SWEEP};
	uint32_t dice = rng_below(&s->rng, 100), senders;
	struct assault_row row;

	senders = dice < 45   ? rng_between(&s->rng, 1, 8)
		  : dice < 80 ? rng_between(&s->rng, 20, 300)
			      : rng_between(&s->rng, 1000, 4000);
	row = stage_row(s, senders, dice < 80 ? CROWD_HOSTERS : CROWD_BOTS);
	row.forging = (uint8_t)forging;
	row.tool = tools[rng_below(&s->rng, ARRAY_LEN(tools))];
	/* One source port in UDP would be a reflector's. */
	if (s->kind == ASSAULT_UDP && row.tool == TOOL_SWEEP)
		row.tool = TOOL_OLD;
	return row;
}
