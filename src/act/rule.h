/* SPDX-License-Identifier: ISC */
/*
 * A rule of a filter as a plan thinks of it: which packets, and what becomes of them. It always has
 * a destination. All of its conditions must hold; a condition holds where any of its ranges does.
 * What routers want to read (FlowSpec, nftables, access lists) is made of it elsewhere, and each of
 * these must mean the same packets.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/text.h"
#include "detect/finding.h"

#define RULE_CONDITIONS_MAX 8
#define RULE_RANGES_MAX	    16
#define RULE_TARGET_MAX	    64

enum rule_field {
	RULE_PROTOCOL,
	RULE_SOURCE_PORT,
	RULE_DESTINATION_PORT,
	RULE_ICMP_TYPE,
	RULE_ICMP_CODE,
	RULE_TCP_FLAGS, /* (flags & to) == from */
	RULE_LENGTH,	/* of the IP packet, octets */
	RULE_DSCP,
	RULE_FRAGMENT, /* (what it is & to) == from, bits of enum rule_fragment */
	RULE_FIELDS
};

/* RFC 8955 section 4.2.2.12. */
enum rule_fragment {
	FRAGMENT_DONT = 1,  /* the do-not-fragment bit is set */
	FRAGMENT_IS = 2,    /* a fragment that is not the first */
	FRAGMENT_FIRST = 4, /* the first of several */
	FRAGMENT_LAST = 8,
};

struct rule_range {
	uint16_t from, to; /* inclusive; for flags and fragments as enum rule_field says */
};

struct rule_condition {
	enum rule_field field; /* each at most once in a rule */
	unsigned n;
	struct rule_range range[RULE_RANGES_MAX];
};

enum rule_action { RULE_DISCARD, RULE_LIMIT, RULE_REDIRECT };

struct rule {
	struct prefix destination;
	struct prefix source; /* len 0: any. Only what is shown to be real may stand here. */
	bool has_source;
	struct rule_condition condition[RULE_CONDITIONS_MAX]; /* in order of enum rule_field */
	unsigned n_conditions;
	enum rule_action action;
	double limit_bps;		/* RULE_LIMIT: bits per second */
	char redirect[RULE_TARGET_MAX]; /* RULE_REDIRECT: route target "ASN:NUMBER" */
};

/**
 * rule_add() - a condition's range, in the order of fields.
 * Return: false where there is no room, or the range is empty.
 */
bool rule_add(struct rule *r, enum rule_field field, uint16_t from, uint16_t to);

/** rule_matches() - would @r apply to the packets of this header record? A record of several
 * packets is taken by its mean length and by its flags together. */
bool rule_matches(const struct rule *r, const struct evidence_record *e);

/**
 * rule_may_match() - the same of a packet of which no more is known of its length than that it has
 * from @shortest to @longest octets: could it be hit?
 */
bool rule_may_match(const struct rule *r, const struct evidence_record *e, uint16_t shortest,
		    uint16_t longest);

/** rule_check() - is it a rule that may be written at all (a destination, known fields, ports only
 * with a protocol that has them, ...)? Return: NULL, or what is wrong in a few English words;
 * rule_check_ja(): the same in Japanese. */
const char *rule_check(const struct rule *r);
const char *rule_check_ja(const struct rule *r);

/** rule_text() - one line for people: "destination 192.0.2.1/32 protocol =17 source-port =53 then
 * discard"; the same words as RFC 8955 has. */
void rule_text(const struct rule *r, struct text *out);

/** rule_json(), owned, NULL without memory; rule_from_json(): 0 or -EINVAL. */
json_t *rule_json(const struct rule *r);
int rule_from_json(const json_t *from, struct rule *out);

/* A redirect's route target; of an AS number above 65535 or an address, number is up to 65535. */
struct rule_target {
	bool has_address;
	struct ip address; /* IPv4 */
	uint32_t as, number;
};

/** rule_target_parse() - "64500:666", "4200000000:666" or "192.0.2.1:666"; false: none of these. */
bool rule_target_parse(const char *s, struct rule_target *out);

/** rule_field_name() - as in RFC 8955 and in JSON: "destination-port"; rule_action_name():
 * "discard", "rate-limit", "redirect". */
const char *rule_field_name(enum rule_field field);
const char *rule_action_name(enum rule_action action);

/** rule_range_text() - one range: "=53", ">=1024&<=65535", "=syn&!=ack". */
void rule_range_text(enum rule_field field, const struct rule_range *r, struct text *out);

/** rule_equal() - the same packets and the same action. */
bool rule_equal(const struct rule *a, const struct rule *b);

/** rule_covers() - does @a do to each packet of @b what @b does? Of limits only the same one. */
bool rule_covers(const struct rule *a, const struct rule *b);

/**
 * rules_merge() - of rules that stand together: without those that another covers, and two that
 * differ only in neighbouring destinations as one for the prefix around both, where @may allows
 * that prefix. Limits are left alone, as each has its own rate. @may: NULL none is allowed. Return:
 * how many are left, at the beginning.
 */
unsigned rules_merge(struct rule *rule, unsigned n,
		     bool (*may)(const struct prefix *around, const void *userdata),
		     const void *userdata);

/** rule_limit_round() - bits per second in steps of 2.5 to 5 %, down: two digits, below 2.0 the
 * second by halves (1.05, 1.1 ... 1.95, 2.0, 2.1 ... 9.9). Two neighbours are near each other. */
double rule_limit_round(double bps);

/** rule_near() - as rule_equal(), but of two limits within 5 % of each other: the plan's follows
 * the attack while somebody reads it. */
bool rule_near(const struct rule *a, const struct rule *b);
