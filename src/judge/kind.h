/* SPDX-License-Identifier: ISC */
/*
 * What kind of sources an attack comes from: bots, open proxies, reflectors of a named protocol,
 * own customers, one single host, or unknown. Judged from passive evidence (header records drawn
 * from the attack so far, the figures of the finding) and from imported lists alone; noroshi never
 * connects to a source. doc/kinds.md states the rules. An answer that is not shown is "unknown".
 *
 * All that is told is kept as figures, and the sentences are made of them, so an incident read back
 * years later says the same without its evidence.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

#define KINDS_MAX	  10
#define KIND_PROTOCOL_MAX 24

struct conf;
struct incident;
struct places;
struct proxies;

enum source_kind {
	KIND_UNKNOWN,
	KIND_BOTS,
	KIND_PROXIES,
	KIND_REFLECTORS,
	KIND_CUSTOMERS,
	KIND_SINGLE,
	KIND_COUNT
};

/* What the verdict on forged sources says, as far as there is one. */
enum kind_forged { FORGED_UNKNOWN, FORGED_NO, FORGED_PARTLY, FORGED_YES, FORGED_COUNT };

/* What a part's kind rests on. For an unknown part, why it is unknown. */
enum kind_basis {
	BASIS_VERDICT = 1 << 0,	    /* the verdict: sources are not forged */
	BASIS_HANDSHAKE = 1 << 1,   /* they completed handshakes, which needs the answers */
	BASIS_REPEATS = 1 << 2,	    /* the same addresses again and again, not a new one a packet */
	BASIS_COUNTRY = 1 << 3,	    /* nearly all in one country, which no random forging gives */
	BASIS_LIST = 1 << 4,	    /* on a list of open proxies */
	BASIS_ANSWERS = 1 << 5,	    /* a reflector's source port and the size of answers */
	BASIS_UNASKED = 1 << 6,	    /* answers that the target never asked for: SYN-ACK, ICMP */
	BASIS_OWN = 1 << 7,	    /* own prefixes, seen leaving */
	BASIS_ONE = 1 << 8,	    /* one address sends nearly all */
	BASIS_FORGED = 1 << 9,	    /* unknown: the verdict says forged */
	BASIS_UNSHOWN = 1 << 10,    /* unknown: nothing shows that the addresses are real */
	BASIS_FEW = 1 << 11,	    /* unknown: too few sources for a crowd of bots */
	BASIS_LISTED = 1 << 12,	    /* unknown: many of the others are listed proxies */
	BASIS_MANY_WAYS = 1 << 13,  /* unknown: one address, but by several links or distances */
	BASIS_NO_RECORDS = 1 << 14, /* unknown: no header record was kept */
	BASIS_OWN_OUTSIDE = 1 << 15, /* unknown: own addresses that do not come from inside */
	BASIS_BITS = 16
};

/* Groups of packets that the verdict may judge by themselves. */
enum kind_group { KIND_SYN, KIND_TCP, KIND_UDP, KIND_OTHER, KIND_GROUPS };

struct source_part {
	enum source_kind kind;
	char protocol[KIND_PROTOCOL_MAX]; /* reflectors: "dns", "tcp", "icmp", "port50123"; else ""
					   */
	uint16_t basis;			  /* enum kind_basis */
	bool count_at_least;		  /* more may exist: sampled, a part only, or shared */
	bool count_about;		  /* estimated: it may be a few more or fewer */
	bool shared;			  /* some stand for many parties (conf `shared`) */
	double share;			  /* of the attack's packets among the records, 0..1 */
	uint64_t count;			  /* distinct addresses */
	uint64_t mean_bytes;		  /* of their packets, layer 3 */
	int64_t listed_us; /* newest date of their listing, TIME_NONE undated, none */
};

#define SOURCE_PLACES_EACH  10
#define SOURCE_PLACES_MAX   (4 * SOURCE_PLACES_EACH)
#define SOURCE_PLACES_TABLE 64

/* Where sources are that are shown real: those of a country, or of an origin AS. */
struct source_place {
	char country[3]; /* of an AS that of most of them, "" unknown */
	uint32_t asn;	 /* 0: a row of a country */
	bool reflectors; /* of reflectors, who are real and no attackers; else of all others */
	bool at_least;	 /* there may be more sources than the records have */
	double share;	 /* of the attack's packets */
	uint64_t sources;
};

/* The table that placed most of them. */
struct source_place_table {
	char name[SOURCE_PLACES_TABLE]; /* "" none */
	int64_t dated_us;		/* TIME_NONE unknown */
};

struct source_places {
	/* Countries, then ASes; of others, then of reflectors; each most packets first. */
	struct source_place row[SOURCE_PLACES_MAX];
	unsigned n;
	double real; /* share of the packets whose sources are shown real; of those no place is
			known: */
	double no_country, no_asn; /* shares of all packets too */
	struct source_place_table countries, origins;
};

/* Plain: no pointers, copied by assignment. All zero: not judged. */
struct source_kinds {
	struct source_part part[KINDS_MAX]; /* most share first; shares sum to 1 */
	unsigned n;
	unsigned records;	 /* header records that this rests on */
	enum kind_forged forged; /* the verdict it was judged with */
	uint32_t shared_kinds;	 /* bits of 1 << enum conf_shared_kind among the sources */
	bool never_touch;	 /* sources that no measure may name are among them */
	/* Whose the traffic is, as scope asks: share of packets of each side, the rest unknown. */
	double domestic, foreign;
	double by_link; /* share of it that was told by the ingress link's country */
	bool unsure;	/* rests on addresses that are likely real, not shown to be */
	struct source_places places;
	double regional; /* share of it all from sources of which only a region is known (EU, AP) */
};

struct kinds_input {
	const struct incident *inc; /* with evidence and finding; not NULL */
	const struct conf *conf;
	const struct places *places;   /* may be NULL */
	const struct proxies *proxies; /* may be NULL */
	enum kind_forged forged;
	bool reflected; /* it says so of reflectors alone, so it shows nobody else real */
	enum kind_forged forged_in[KIND_GROUPS]; /* of an attack's group of packets by itself */
};

/**
 * kinds_judge() - kinds, sides and what forbids a filter on sources.
 * Return: 0; -ENODATA when the incident has no header records here (@out then says "unknown"); or
 * -ENOMEM.
 */
int kinds_judge(const struct kinds_input *in, struct source_kinds *out);

/** kinds_filter_forbidden() - may no filter name these sources, because many stand behind one? */
bool kinds_filter_forbidden(const struct source_kinds *k);

/** kinds_share() - share of the packets that come from sources of @kind. */
double kinds_share(const struct source_kinds *k, enum source_kind kind);

/** source_kind_name() - "bots", "open_proxies", "reflectors", "own_customers", "single_host",
 * "unknown".
 */
const char *source_kind_name(enum source_kind kind);
int source_kind_parse(const char *name, enum source_kind *out); /* 0 or -EINVAL */

/** source_kind_word() - the same for people. */
const char *source_kind_word(enum source_kind kind, bool ja);

/** source_kind_reason() - the measured reason of a part as one sentence. */
void source_kind_reason(const struct source_kinds *k, const struct source_part *p, bool ja,
			struct text *out);

/** kinds_filter_reason() - why a source filter is forbidden, or why nothing allows one. */
void kinds_filter_reason(const struct source_kinds *k, bool ja, struct text *out);

/**
 * kinds_to_json() - adds `source_kinds[]`, `source_filter{}` and `source_sides{}` to @o.
 * Return: 0 or -ENOMEM. kinds_from_json(): the reverse; 0, or -EINVAL for what cannot be.
 */
int kinds_to_json(json_t *o, const struct source_kinds *k);
int kinds_from_json(const json_t *o, struct source_kinds *out);

/**
 * source_places_to_json() - adds `source_places[]` and `source_places_from{}` to @o. Return: 0 or
 * -ENOMEM. source_places_from_json(): the reverse; 0, or -EINVAL.
 */
int source_places_to_json(json_t *o, const struct source_places *p);
int source_places_from_json(const json_t *o, struct source_places *out);

/** source_places_said() - the same for people, plain lines; nothing where nobody is placed. */
void source_places_said(const struct source_places *p, const char *language, struct text *out);

/** kinds_said() - the kinds for people, plain lines: English, or Japanese with @language "ja". */
void kinds_said(const struct source_kinds *k, const char *language, struct text *out);
