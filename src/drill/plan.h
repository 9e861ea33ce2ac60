/* SPDX-License-Identifier: ISC */
/*
 * What a scenario is: rows. Attacks say what the truth is called; floods and loads say what is
 * sent. Several rows may feed one attack (two vectors, three classes of sources, one link after
 * another). The thresholds in the rows are the drill's own facts, from what the product promises
 * its users; they serve to choose rates and to tell in the truth when a rate was first crossed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vector.h"
#include "drill/drill.h"
#include "drill/packet.h"
#include "drill/places.h"
#include "drill/script.h"
#include "drill/standing.h"

#define ATTACK_VECTORS	4
#define LINK_ALL	7 /* mask of all outside links */
#define SOURCES_SPOOFED 0 /* every packet another invented source */

enum attack_class { CLASS_SERVER, CLASS_CAPACITY, CLASS_COMPOUND, CLASS_NONE };

/* Formats from which a vector cannot be told, as bits of 1 << enum drill_format. */
#define HIDDEN_IN_FLOWS (1 << DRILL_V5 | 1 << DRILL_V9 | 1 << DRILL_IPFIX)
#define HIDDEN_IN_V5	(1 << DRILL_V5)

struct attack_row {
	const char *target; /* address or prefix */
	enum attack_class class;
	enum level level;
	enum direction direction;
	bool scan, spoofed;
	struct {
		enum vector vector;
		uint16_t port;	    /* amplification only */
		uint8_t hidden;	    /* formats that cannot show it */
		uint32_t threshold; /* packets a second from which it counts here */
	} vector[ATTACK_VECTORS];
	unsigned n_vectors;
	const char *
		family; /* of attacks whose sources are the matter; NULL: nothing is told of them */
	bool answered;	/* its source makes use of what the target answers */
};

/* What a flood's packets look like; rows of flood.c. */
enum flood_kind {
	FLOOD_SYN,
	FLOOD_SYNACK,
	FLOOD_RST,
	FLOOD_ACK,
	FLOOD_UDP,
	FLOOD_ICMP,
	FLOOD_FRAGMENTS,
	FLOOD_DNS_ANSWERS,
	FLOOD_NTP,
	FLOOD_MEMCACHED,
	FLOOD_REFLECTED,
	FLOOD_DNS_QUERIES,
	FLOOD_QUIC,
	FLOOD_GRE,
	FLOOD_MALFORMED,
	FLOOD_SCAN,
	FLOOD_SYN_COPIES, /* as clients send them, source ports too */
	FLOOD_DNS_ONE_PORT, /* questions from one source port, by the row's salt */
	FLOOD_ANY_FLAGS,
	FLOOD_KINDS
};

struct flood_row {
	int16_t attack; /* index in the scenario's attacks, from 0 */
	uint8_t slot;	/* index in that attack's vectors */
	enum flood_kind kind;
	uint64_t from_ms, until_ms;
	uint32_t pps, pps_to;	  /* pps_to: ramps linearly from pps to it; 0 constant */
	uint32_t on_ms, every_ms; /* bursts of on_ms, one every every_ms; 0 always on */
	uint32_t sources;	  /* fixed addresses taken in turn; SOURCES_SPOOFED */
	uint16_t len;		  /* layer 3 bytes; 0: the kind's own */
	uint16_t port;		  /* reflector or service port; 0: the kind's own */
	uint8_t links;		  /* mask of outside links; 0: the first */
	uint8_t answers;	  /* the target answers one packet in so many; 0 never */
	bool steady;   /* a source keeps its ports, so that a router makes one flow of it */
	uint32_t salt; /* which crowd of sources; 0: by row */
	uint8_t where; /* enum where: from which part of the map */
	uint8_t truth; /* enum truth_kind of its sources */
};

struct load_row {
	int16_t attack; /* index in the scenario's attacks, from 1; 0 for ordinary traffic */
	uint8_t slot;
	enum script_id script;
	uint64_t from_ms, until_ms;
	uint32_t per_s, per_ks; /* new sessions a second (and in 1000 s); 0: all at once */
	uint32_t at_once;	/* sessions begun at from_ms */
	uint32_t clients;	/* different client addresses */
	const char *servers;	/* address or prefix */
	uint32_t n_servers;	/* how many addresses of it */
	bool outbound;		/* clients inside, servers outside */
	bool v6;
	uint8_t links;
	uint8_t crowd; /* enum crowd_kind of those outside: places and links are the world's */
	uint32_t salt; /* which crowd of clients; 0: by row */
	uint8_t where; /* enum where: from which part of the map */
	uint8_t truth; /* enum truth_kind of its clients */
};

struct assault_row; /* assault.h */
struct week;	    /* week.h */

/* An ordinary thing that must not be reported. */
struct innocent_row {
	const char *what, *target, *why;
};

/* What somebody says of a scenario's attack: the words of a notice, as an operator reads them. */
struct notice_row {
	const char *from;	   /* "news", "partner", "customer" */
	const char *says;	   /* who says it, in one line */
	const char *target;	   /* address or name */
	const char *actor;	   /* "domestic", "foreign", NULL: not said */
	const char *actor_country; /* NULL: not said */
	bool no_domestic_party, hosted_abroad;
};

/* Whose an attack is; words as in an incident. pattern and possible: 0 none. */
struct scope_truth {
	const char *target, *traffic, *actor;
	uint8_t pattern, possible;
};

/* An exporter whose datagrams are lost. */
struct mute_row {
	uint64_t from_ms, until_ms;
	uint8_t exporter, link;
	uint8_t percent;       /* so many of them, by chance; 0: all */
	uint64_t capacity_bps; /* of the full link */
};

/* Of what enters by a link and is no attack, so much is lost. */
struct congestion_row {
	uint64_t from_ms, until_ms;
	uint8_t link, percent;
};

struct plan {
	struct attack_row *attacks;
	struct flood_row *floods;
	struct load_row *loads;
	struct assault_row *assaults;
	size_t n_attacks, n_floods, n_loads, n_assaults;
	const struct innocent_row *innocents;
	size_t n_innocents;
	struct mute_row mute;
	struct mute_row *mutes; /* more of them */
	size_t n_mutes;
	struct congestion_row congestion;
	struct week *week; /* owned; NULL: nobody is on call */
	bool failed;	   /* memory ran out; told once at the end */
};

struct scenario {
	const char *name, *help;
	uint32_t seconds;
	const char *start;	/* RFC 3339; NULL the ordinary one */
	bool quiet;		/* no ordinary background */
	enum drill_group group; /* not ordinary: plays in the standing world */
	unsigned exporters;	/* as many as it wants, 0: one */
	bool split;		/* each with its own links (DRILL_SPLIT) */
	const struct attack_row *attacks;
	size_t n_attacks;
	const struct flood_row *floods;
	size_t n_floods;
	const struct load_row *loads;
	size_t n_loads;
	const struct innocent_row *innocents;
	size_t n_innocents;
	struct mute_row mute;
	/* Scenarios with a map: what is true by what can be seen, and with the notices too. */
	bool whose;
	struct scope_truth seen, told;
	const struct notice_row *notices;
	size_t n_notices;
	struct congestion_row congestion;
	/** Rows that are made instead of written; may be NULL. */
	void (*build)(struct plan *p, uint64_t seed, bool bare);
};

#define ROWS(field, array) .field = (array), .n_##field = ARRAY_LEN(array)

/* One list per family; scenario.c joins them. */
extern const struct scenario scenarios_ordinary[], scenarios_tcp[], scenarios_udp[],
	scenarios_shape[], scenarios_path[], scenarios_wide[], scenarios_delay[],
	scenarios_quarter[], scenarios_whose[], scenarios_spoof[], scenarios_bots[],
	scenarios_week[], scenarios_rule[];
extern const size_t n_scenarios_ordinary, n_scenarios_tcp, n_scenarios_udp, n_scenarios_shape,
	n_scenarios_path, n_scenarios_wide, n_scenarios_delay, n_scenarios_quarter,
	n_scenarios_whose, n_scenarios_spoof, n_scenarios_bots, n_scenarios_week,
	n_scenarios_rule;

/** scenario_at(), scenario_find() - NULL where there is none. */
const struct scenario *scenario_at(size_t i);
const struct scenario *scenario_find(const char *name);

/** plan_rows() - all rows of @s, with the background unless @bare. Return: 0 or -ENOMEM. */
int plan_rows(struct plan *p, const struct scenario *s, uint64_t seed, bool bare);
void plan_deinit(struct plan *p);

/** plan_add_attack(), _flood(), _load() - append a copy of @row. Return: the attack's index. */
size_t plan_add_attack(struct plan *p, const struct attack_row *row);
void plan_add_flood(struct plan *p, const struct flood_row *row);
void plan_add_load(struct plan *p, const struct load_row *row);
void plan_add_assault(struct plan *p, const struct assault_row *row);
void plan_add_mute(struct plan *p, const struct mute_row *row);

/** plan_add_background() - ordinary mixed traffic; rates are @percent of the usual. */
void plan_add_background(struct plan *p, uint64_t from_ms, uint64_t until_ms, uint32_t percent);
