/* SPDX-License-Identifier: ISC */
/*
 * FlowSpec: the NLRI of RFC 8955 (IPv4) and RFC 8956 (IPv6), read from hostile bytes, checked,
 * brought into one form, and written. Three forms of the same rule are told apart:
 *
 * - as it came: what flowspec_decode() takes;
 * - clean: what has to be ignored on reception (reserved bits, padding, the first AND) is zero; the
 *   operators and the lengths of their values stay as sent. flowspec_encode() of what was decoded;
 * - canonical: the same packets by the fewest pairs in order, flowspec_canonical().
 *
 * Nothing here owns memory but JSON; a struct flowspec is 16 KiB, so think before copying one.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "act/flowspec_actions.h"
#include "act/flowspec_reason.h"
#include "act/rule.h"
#include "base/ip.h"
#include "base/text.h"

#define FLOWSPEC_VALUE_MAX 4095			    /* octets, RFC 8955 section 4.1 */
#define FLOWSPEC_NLRI_MAX  (FLOWSPEC_VALUE_MAX + 2) /* with its length */
#define FLOWSPEC_PAIRS_MAX 2047 /* no value holds more: a type, then two octets a pair */
#define FLOWSPEC_TYPES	   14

/* The component types, by their numbers on the wire (IANA, Flow Spec Component Types). */
enum flowspec_type {
	FLOWSPEC_DESTINATION = 1,
	FLOWSPEC_SOURCE = 2,
	FLOWSPEC_PROTOCOL = 3, /* IPv6: upper-layer protocol */
	FLOWSPEC_PORT = 4,     /* either of the two */
	FLOWSPEC_DESTINATION_PORT = 5,
	FLOWSPEC_SOURCE_PORT = 6,
	FLOWSPEC_ICMP_TYPE = 7,
	FLOWSPEC_ICMP_CODE = 8,
	FLOWSPEC_TCP_FLAGS = 9, /* a bitmask */
	FLOWSPEC_LENGTH = 10,
	FLOWSPEC_DSCP = 11,
	FLOWSPEC_FRAGMENT = 12, /* a bitmask, bits of enum rule_fragment */
	FLOWSPEC_LABEL = 13,	/* IPv6 only */
};

/* How a pair compares, as on the wire (RFC 8955 sections 4.2.1.1 and 4.2.1.2). */
enum flowspec_how {
	FLOWSPEC_EQ = 1, /* numbers; none of the three is never, all of them always */
	FLOWSPEC_GT = 2,
	FLOWSPEC_LT = 4,
	FLOWSPEC_MATCH = 1, /* bitmasks: all of the bits; without it any of them */
	FLOWSPEC_NOT = 2,
};

struct flowspec_pair {
	bool and;	/* with the one before; AND binds closer than OR */
	uint8_t how;	/* bits of enum flowspec_how */
	uint8_t octets; /* that the value takes: 1, 2 or 4 */
	uint32_t value;
};

struct flowspec_prefix {
	struct ip addr;	     /* IPv4: v4-mapped. Bits outside of offset..len are zero. */
	uint8_t len, offset; /* bits of the family's own address; IPv4: offset 0 */
};

struct flowspec_list {
	uint16_t first, n; /* in pair[] */
};

struct flowspec {
	uint8_t family; /* 4 or 6 */
	bool vpn;	/* SAFI 134: with a route distinguisher */
	uint64_t rd;
	uint16_t has; /* 1 << enum flowspec_type */
	struct flowspec_prefix destination, source;
	struct flowspec_list list[FLOWSPEC_TYPES]; /* by type; of prefixes empty */
	uint16_t n_pairs;
	struct flowspec_pair pair[FLOWSPEC_PAIRS_MAX];
};

struct flowspec_verdict {
	enum flowspec_reason refused;	    /* FLOWSPEC_GOOD: it is not */
	uint32_t ignored;		    /* 1 << enum flowspec_reason */
	enum flowspec_reason first;	    /* of those ignored, the first on the wire */
	uint16_t at, first_at;		    /* octet of the refusal and of the first, from 0 */
	uint8_t component, first_component; /* type in which, 0 none */
};

/** flowspec_type_name() - "destination-port"; NULL where the type is not known. */
const char *flowspec_type_name(unsigned type);

/** flowspec_is_bitmask() - TCP flags and fragment; the other lists are numbers. */
bool flowspec_is_bitmask(unsigned type);

/** flowspec_type_max() - the greatest value of the field in a packet; 0 for prefixes. */
uint32_t flowspec_type_max(unsigned type, unsigned family);

/**
 * flowspec_frame() - the length that an NLRI begins with, of one octet or of two (RFC 8955 section
 * 4.1). @data: @n octets. Return: octets that the length takes, and the value's in *@value; 0 where
 * they are not all there.
 */
size_t flowspec_frame(const uint8_t *data, size_t n, size_t *value);

/**
 * flowspec_path() - the path identifier that stands before each NLRI, length included, where both
 * sides of a session have agreed on ADD-PATH (RFC 7911 section 3). Return: octets that it takes; 0
 * where they are not all there, and *@path is 0.
 */
size_t flowspec_path(const uint8_t *data, size_t n, uint32_t *path);

/**
 * flowspec_decode() - the components of an NLRI, without its length (with the route distinguisher
 * first where @vpn). Never reads beyond @n; whatever it leaves in @out may be looked at.
 * Return: true, with what was ignored in @v, or false with the refusal.
 */
bool flowspec_decode(const uint8_t *data, size_t n, unsigned family, bool vpn, struct flowspec *out,
		     struct flowspec_verdict *v);

/**
 * flowspec_next() - the first of the NLRIs in @data, each with its length; positions in @v count
 * from its first octet. *@taken: its octets, all that is left where its length cannot be read or
 * says more than there is. Return: as flowspec_decode().
 */
bool flowspec_next(const uint8_t *data, size_t n, unsigned family, bool vpn, struct flowspec *out,
		   struct flowspec_verdict *v, size_t *taken);

/** flowspec_check() - may @f be written? Return: FLOWSPEC_GOOD, or the first thing wrong. */
enum flowspec_reason flowspec_check(const struct flowspec *f);

/**
 * flowspec_encode() - the NLRI with its length, into @out of @room octets (FLOWSPEC_NLRI_MAX is
 * always enough); *@len is what it takes, *@head (may be NULL) how many of them are the length.
 * Return: FLOWSPEC_GOOD, or what flowspec_check() says, or FLOWSPEC_TOO_LONG.
 */
enum flowspec_reason flowspec_encode(const struct flowspec *f, uint8_t *out, size_t room,
				     size_t *len, size_t *head);

/**
 * flowspec_canonical() - rewrite @f so that it matches the same packets, said simply: numbers as
 * merged ranges in order (or with the holes in them, where that is shorter), bitmasks with what is
 * alike merged and in order and what has to be clear bit by bit, each value as short as its
 * component allows (flow labels: four octets, RFC 8956 section 3.7). A list that no value can meet
 * becomes one that is false. What does not hold flowspec_check(), or would no longer fit into an
 * NLRI, is left as it is.
 */
void flowspec_canonical(struct flowspec *f);

/** flowspec_holds() - does @value meet @type's list? RFC 8955 sections 4.2.1.1 and 4.2.1.2. */
bool flowspec_holds(const struct flowspec *f, unsigned type, uint32_t value);

/** flowspec_equal() - the same components, pairs and lengths of values. */
bool flowspec_equal(const struct flowspec *a, const struct flowspec *b);

/** flowspec_ranges() - the values that meet @type's list, as ranges in order, merged, within what
 * the field can be; numbers only. Return: how many there are; more than @room are not stored. */
struct flowspec_range {
	uint32_t from, to;
};
unsigned flowspec_ranges(const struct flowspec *f, unsigned type, struct flowspec_range *out,
			 unsigned room);

/** flowspec_put() - add a pair to the list of @type, which has to be the greatest type so far.
 * The value takes as few octets as the component allows. False: no room, or out of order. */
bool flowspec_put(struct flowspec *f, unsigned type, bool and, unsigned how, uint32_t value);

/** flowspec_text() - for people: "destination 192.0.2.0/24 protocol =6 port [ >=137&<=139 =8080 ]";
 * operators and their order as on the wire. */
void flowspec_text(const struct flowspec *f, struct text *out);

/** flowspec_list_text() - the list of one component alone. */
void flowspec_list_text(const struct flowspec *f, unsigned type, struct text *out);

/** flowspec_json() - {family, rd, components: [...]}, doc/flowspec.md; owned, NULL without memory.
 */
json_t *flowspec_json(const struct flowspec *f);

/**
 * flowspec_from_rule() - the packets of a rule, in canonical form.
 * Return: FLOWSPEC_GOOD, FLOWSPEC_NO_RULE where rule_check() refuses it, or FLOWSPEC_TOO_LONG.
 */
enum flowspec_reason flowspec_from_rule(const struct rule *r, struct flowspec *out);

/**
 * flowspec_to_rule() - as a rule that discards. What a rule cannot say is refused: no destination,
 * a port of either side, a flow label, an offset, a route distinguisher, too many ranges.
 * Return: FLOWSPEC_GOOD or FLOWSPEC_NO_RULE.
 */
enum flowspec_reason flowspec_to_rule(const struct flowspec *f, struct rule *out);
