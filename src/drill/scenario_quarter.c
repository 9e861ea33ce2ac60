/* SPDX-License-Identifier: ISC */
/*
 * A day and a quarter of 2008. The quarter spreads 272 attacks over 92 days and twenty sites; its
 * bots keep their ports, so that a router makes a few hundred flows of an attack and the whole
 * quarter, unsampled or sampled, stays below 300,000 records. A thin trickle marks the hours
 * between.
 */
#include "base/cleanup.h"
#include "drill/plan.h"
#include "drill/random.h"
#include "drill/world.h"

#define DAY_S	  86400
#define DAYS	  92
#define ATTACKS	  272
#define SERVER	  209
#define CAPACITY  27
#define TARGETS	  20
#define HOUR_MS	  UINT64_C(3600000)
#define MARGIN_MS UINT64_C(20000) /* ordinary traffic before and after an attack */
#define THIN	  3		  /* percent of the ordinary background */

static const char *const sites[TARGETS] = {SITE(1),  SITE(2),  SITE(3),	 SITE(4),  SITE(5),
					   SITE(6),  SITE(7),  SITE(8),	 SITE(9),  SITE(10),
					   SITE(11), SITE(12), SITE(13), SITE(14), SITE(15),
					   SITE(16), SITE(17), SITE(18), SITE(19), SITE(20)};

/* What fills a line in this quarter; at the size and rate given it does so well above thresholds.
 */
static const struct {
	enum flood_kind kind;
	enum vector vector;
	uint16_t port, len;
	uint32_t threshold, pps_min, pps_max;
} fillers[] = {
	{FLOOD_NTP, VECTOR_AMPLIFICATION, 123, 468, 2500, 7000, 11000},
	{FLOOD_ICMP, VECTOR_ICMP_FLOOD, 0, 1400, 2500, 6500, 10000},
	{FLOOD_MEMCACHED, VECTOR_AMPLIFICATION, 11211, 1428, 2500, 6500, 10000},
	{FLOOD_UDP, VECTOR_UDP_FLOOD, 0, 1400, 10000, 24000, 30000},
};

static void add_trickle(struct plan *p, uint64_t seconds)
{
	plan_add_load(p, &(struct load_row){.script = SCRIPT_TRICKLE,
					    .until_ms = seconds * 1000,
					    .at_once = 1,
					    .clients = 1,
					    .servers = SITE(24),
					    .salt = 99});
}

static void add_syn(struct plan *p, struct rng *r, size_t attack, uint64_t from_ms,
		    uint64_t until_ms)
{
	static const uint32_t crowds[] = {5, 25, 120, 240, 400};

	plan_add_flood(p, &(struct flood_row){.attack = (int16_t)attack,
					      .kind = FLOOD_SYN,
					      .from_ms = from_ms,
					      .until_ms = until_ms,
					      .pps = rng_between(r, 6500, 9500),
					      .sources = crowds[rng_below(r, ARRAY_LEN(crowds))],
					      .links = LINK_ALL,
					      .steady = true});
}

static void add_filler(struct plan *p, struct rng *r, unsigned which, size_t attack, unsigned slot,
		       uint64_t from_ms, uint64_t until_ms)
{
	plan_add_flood(p, &(struct flood_row){.attack = (int16_t)attack,
					      .slot = (uint8_t)slot,
					      .kind = fillers[which].kind,
					      .from_ms = from_ms,
					      .until_ms = until_ms,
					      .len = fillers[which].len,
					      .pps = rng_between(r, fillers[which].pps_min,
								 fillers[which].pps_max),
					      .sources = rng_between(r, 90, 220),
					      .links = LINK_ALL,
					      .steady = true});
}

static void name_filler(struct attack_row *row, unsigned which, unsigned slot)
{
	row->vector[slot].vector = fillers[which].vector;
	row->vector[slot].port =
		fillers[which].vector == VECTOR_AMPLIFICATION ? fillers[which].port : 0;
	row->vector[slot].threshold = fillers[which].threshold;
}

static void add_one(struct plan *p, struct rng *r, enum attack_class class, uint64_t from_ms)
{
	uint64_t until_ms = from_ms + rng_between(r, 12000, 22000);
	struct attack_row row = {
		.target = sites[rng_below(r, TARGETS)], .class = class, .direction = DIRECTION_IN};
	unsigned which = rng_below(r, ARRAY_LEN(fillers)), filler_slot = class == CLASS_COMPOUND;
	size_t attack;

	if (class != CLASS_CAPACITY) {
		row.vector[0].vector = VECTOR_SYN_FLOOD;
		row.vector[0].threshold = 2500;
	}
	if (class != CLASS_SERVER)
		name_filler(&row, which, filler_slot);
	row.n_vectors = class == CLASS_COMPOUND ? 2 : 1;
	attack = plan_add_attack(p, &row);
	if (class != CLASS_CAPACITY)
		add_syn(p, r, attack, from_ms, until_ms);
	if (class != CLASS_SERVER)
		add_filler(p, r, which, attack, filler_slot, from_ms + (filler_slot ? 2000 : 0),
			   until_ms);
}

/* 205,000 packets of 1,400 bytes a second are 2.3 Gbit/s. */
static void add_largest(struct plan *p, uint64_t from_ms)
{
	struct attack_row row = {.target = SITE(9),
				 .class = CLASS_CAPACITY,
				 .direction = DIRECTION_IN,
				 .vector = {{VECTOR_UDP_FLOOD, 0, 0, 10000}},
				 .n_vectors = 1};
	size_t attack = plan_add_attack(p, &row);

	plan_add_flood(p, &(struct flood_row){.attack = (int16_t)attack,
					      .kind = FLOOD_UDP,
					      .len = 1400,
					      .from_ms = from_ms,
					      .until_ms = from_ms + 12000,
					      .pps = 205000,
					      .sources = 700,
					      .links = LINK_ALL,
					      .steady = true});
}

static void shuffle(struct rng *r, uint8_t *v, unsigned n)
{
	for (unsigned i = n; i > 1; i--) {
		unsigned j = rng_below(r, i);
		uint8_t t = v[i - 1];

		v[i - 1] = v[j];
		v[j] = t;
	}
}

static void build_quarter(struct plan *p, uint64_t seed, bool bare)
{
	const uint64_t slot_ms = DAYS * 24 * HOUR_MS / ATTACKS;
	struct rng r = rng_derive(seed, 0x2008);
	uint8_t class[ATTACKS];
	bool largest_due = true;

	for (unsigned i = 0; i < ATTACKS; i++)
		class[i] = i < SERVER		   ? CLASS_SERVER
			   : i < SERVER + CAPACITY ? CLASS_CAPACITY
						   : CLASS_COMPOUND;
	shuffle(&r, class, ATTACKS);
	for (unsigned i = 0; i < ATTACKS; i++) {
		/* At least 30 minutes between two, so that none continues another. */
		uint64_t at_ms = i * slot_ms + rng_below(&r, (uint32_t)(slot_ms - HOUR_MS / 2));

		if (!bare)
			plan_add_background(p, at_ms > MARGIN_MS ? at_ms - MARGIN_MS : 0,
					    at_ms + 2 * MARGIN_MS, THIN);
		if (class[i] == CLASS_CAPACITY && largest_due && i > ATTACKS / 3) {
			add_largest(p, at_ms);
			largest_due = false;
		} else {
			add_one(p, &r, class[i], at_ms);
		}
	}
	add_trickle(p, DAYS * DAY_S);
}

static const struct attack_row day_attacks[] = {{.target = SITE(1),
						 .class = CLASS_SERVER,
						 .direction = DIRECTION_IN,
						 .spoofed = true,
						 .vector = {{VECTOR_SYN_FLOOD, 0, 0, 2500}},
						 .n_vectors = 1},
						{.target = SITE(6),
						 .class = CLASS_CAPACITY,
						 .direction = DIRECTION_IN,
						 .vector = {{VECTOR_AMPLIFICATION, 123, 0, 2500}},
						 .n_vectors = 1},
						{.target = SITE(11),
						 .class = CLASS_SERVER,
						 .direction = DIRECTION_IN,
						 .vector = {{VECTOR_SYN_FLOOD, 0, 0, 2500}},
						 .n_vectors = 1}};

/* 04:12:31, 11:45:07 and 20:03:55 UTC. */
static const struct flood_row day_floods[] = {{.attack = 0,
					       .kind = FLOOD_SYN,
					       .from_ms = 15151000,
					       .until_ms = 15162000,
					       .pps = 7000,
					       .links = LINK_ALL,
					       .answers = 10},
					      {.attack = 1,
					       .kind = FLOOD_NTP,
					       .from_ms = 42307000,
					       .until_ms = 42317000,
					       .pps = 7500,
					       .sources = 180,
					       .links = LINK_ALL},
					      {.attack = 2,
					       .kind = FLOOD_SYN,
					       .from_ms = 72235000,
					       .until_ms = 72245000,
					       .pps = 6500,
					       .sources = 250,
					       .links = LINK_ALL}};

static void build_day(struct plan *p, uint64_t seed, bool bare)
{
	for (size_t i = 0; i < ARRAY_LEN(day_floods) && !bare; i++)
		plan_add_background(p, day_floods[i].from_ms - MARGIN_MS,
				    day_floods[i].until_ms + MARGIN_MS, 30);
	add_trickle(p, DAY_S);
}

const struct scenario scenarios_quarter[] = {
	{.name = "2008q3-day",
	 .seconds = DAY_S,
	 .start = "2008-08-08T00:00:00Z",
	 .build = build_day,
	 ROWS(attacks, day_attacks),
	 ROWS(floods, day_floods),
	 .help = "a day with three attacks: two on servers, one on capacity (any format)"},
	{.name = "2008q3",
	 .seconds = DAYS * DAY_S,
	 .start = "2008-06-01T00:00:00Z",
	 .build = build_quarter,
	 .help = "92 days, 272 attacks: 209 server, 27 capacity, 36 compound (v9, ipfix, v5; any "
		 "sampling)"},
};
const size_t n_scenarios_quarter = ARRAY_LEN(scenarios_quarter);
