/* SPDX-License-Identifier: ISC */
/*
 * The scope of an incident or a case: is its target, its traffic, its actor domestic or foreign,
 * seen from the operator's own country set, and what is not known of that. Whose traffic is seen is
 * not always who acts, so the actor is never inferred from traffic: only a notice can speak of it.
 * The four patterns are those of the domain (doc/scope.md):
 *   1  domestic target, traffic from domestic proxies or bots, the actor abroad or unknown;
 *   2  a domestic case that becomes international: foreign traffic, the actor domestic by a notice;
 *   3  no domestic party at all, yet bots in the own country take part: by a notice or news only;
 *   4  the target is domestic in meaning but hosted abroad: no own observation is possible.
 * A motive is never inferred; nothing here has a field for one.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct conf;
struct incident;
struct places;

#define SCOPE_SHARE	  0.8 /* of the packets, for one side */
#define SCOPE_SAYS_MAX	  96
#define SCOPE_TEXT_MAX	  640
#define SCOPE_TEXT_JA_MAX 960

enum scope_side { SCOPE_UNKNOWN, SCOPE_DOMESTIC, SCOPE_FOREIGN, SCOPE_SIDE_COUNT };

/*
 * What one notice (partner, customer, news, feed) states about scope; all zero states nothing. Kept
 * by whoever keeps notices. Only what the sender said stands here, never what we make of it.
 */
struct scope_notice {
	char says[SCOPE_SAYS_MAX]; /* who says it, as people are told: "news: ...", "AS64500" */
	enum scope_side actor;	   /* where the actor is, SCOPE_UNKNOWN: not said */
	char actor_country[3];	   /* ISO 3166-1 alpha-2 instead of a side, "" not said */
	bool no_domestic_party;	   /* says that no domestic party is concerned */
	bool hosted_abroad;	   /* says that the target is domestic in meaning, hosted abroad */
};

/* What a scope is judged from; all borrowed for the call. */
struct scope_input {
	const struct incident *inc;  /* its kinds judged; NULL: nothing was observed (pattern 4) */
	const struct conf *conf;     /* countries, own prefixes, countries of links; not NULL */
	const struct places *places; /* countries of addresses; NULL: none known */
	const struct scope_notice *notices;
	size_t n_notices;
};

/* Plain: no pointers, copied by assignment. */
struct scope {
	enum scope_side target, traffic, actor;
	unsigned pattern;	  /* 1..4; 0: none shown */
	unsigned possible;	  /* 1..3: not shown, but what is seen allows it; 0 none */
	bool hosted_abroad;	  /* the target, by a notice */
	bool by_link;		  /* traffic told from ingress links, not from source addresses */
	bool contradicted;	  /* notices contradict each other; that field is unknown then */
	double domestic, foreign; /* share of the traffic of each side, 0..1; the rest is unknown */
	char target_country[3];	  /* "" unknown */
	char reason[SCOPE_TEXT_MAX]; /* of the pattern, or why there is none, plain English */
	char reason_ja[SCOPE_TEXT_JA_MAX];
	char unknown[SCOPE_TEXT_MAX]; /* what is not known, never empty once judged */
	char unknown_ja[SCOPE_TEXT_JA_MAX];
};

/**
 * scope_judge() - target, traffic, actor, pattern, reason and what is not known.
 * Traffic: the side of at least SCOPE_SHARE of the packets, as the kinds of the incident were
 * judged: by the country of a source where its address is real or likely so, else by the country of
 * the ingress link (conf `interfaces`, `country`), else unknown. Never by a forged address. Without
 * a country set in the configuration every side is unknown. What a notice says counts when no other
 * notice and nothing observed contradicts it; then that field is unknown, and it is said.
 */
void scope_judge(const struct scope_input *in, struct scope *out);

/** scope_side_name() - "domestic", "foreign", "unknown"; scope_side_parse() returns 0 or -EINVAL.
 */
const char *scope_side_name(enum scope_side s);
int scope_side_parse(const char *name, enum scope_side *out);

/** scope_is_region() - is that code one of a region, or of no place at all, rather than a
 * country's? */
bool scope_is_region(const char *country);

/** scope_country() - the side of a country in @conf's set; unknown for "", a region, an empty set.
 */
enum scope_side scope_country(const struct conf *conf, const char *country);

/**
 * scope_to_json() - `{target, traffic, actor, pattern, unknown{en, ja}}` and further keys behind;
 * owned, NULL without memory. scope_from_json(): the reverse; missing keys leave "unknown".
 * Return: 0, or -EINVAL for a value of another type or out of range.
 */
json_t *scope_to_json(const struct scope *s);
int scope_from_json(const json_t *json, struct scope *out);

/** scope_said() - the scope for people, plain lines: English, or Japanese with @language "ja". */
void scope_said(const struct scope *s, const char *language, struct text *out);
