/* SPDX-License-Identifier: ISC */
/*
 * Inside of render: a rule looked at once for all targets. Ranges are in order and apart, what a
 * packet must be as a fragment is one table of bits, and what can match no packet at all is refused
 * here.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "act/render.h"
#include "base/text.h"

#define RENDER_LINES_MAX 128 /* of one rule in an access list */

/* What part of a datagram a packet is. */
enum render_piece {
	PIECE_WHOLE = 1, /* no fragment */
	PIECE_FIRST = 2,
	PIECE_MIDDLE = 4,
	PIECE_LAST = 8,
	PIECES_AT_0 = PIECE_WHOLE | PIECE_FIRST, /* those with a transport header */
	PIECES_LATER = PIECE_MIDDLE | PIECE_LAST,
	PIECES_ALL = 15,
};

struct render_view {
	const struct rule *rule;
	bool v4;
	bool layer4; /* asks for something of the transport header: no later fragment has it */
	/* Numeric fields: in order, apart, within the field. Flags and fragments: as in the rule,
	 * without what cannot match. n 0: no condition. */
	struct rule_condition on[RULE_FIELDS];
	uint8_t pieces;	   /* enum render_piece: which it matches without the do-not-fragment bit */
	uint8_t pieces_df; /* and with it; the same for IPv6, which has none */
};

enum render_refusal render_view(const struct rule *r, struct render_view *out);

/** render_max() - the largest value of a numeric field. */
uint16_t render_max(enum rule_field f);

/** render_is_all() - no condition, or one that every value fulfils. */
bool render_is_all(const struct render_view *v, enum rule_field f);

/** render_values() - how many values a numeric condition has; render_value(): the @i-th of them. */
unsigned render_values(const struct rule_condition *c);
uint16_t render_value(const struct rule_condition *c, unsigned i);

/** render_or_say() - @why; where it is a refusal, the reason in English alone stands in @out. */
enum render_refusal render_or_say(enum render_kind k, enum render_refusal why, const struct rule *r,
				  struct text *out);

/** render_name_is_good() - letters, digits and "-", a letter first, at most 64. */
bool render_name_is_good(const char *name);

/* One function for each target; @name was looked at, @v is what render_view() gave. What stands in
 * @out behind a refusal is of no use. */
enum render_refusal render_ios_xe(const struct render_view *v, const char *name, struct text *out);
enum render_refusal render_ios_xr(const struct render_view *v, const char *name, struct text *out);
enum render_refusal render_eos(const struct render_view *v, const char *name, struct text *out);
enum render_refusal render_junos(const struct render_view *v, const char *name, struct text *out);

/* How the access lists of one family of routers speak; what none of them has is refused for all. */
struct acl_dialect {
	const char *open4, *open6; /* the line that opens a list; %s its name */
	const char *any4, *any6;   /* every protocol */
	const char *icmp6;
	bool numbered;	       /* lines begin with 10, 20, ... */
	bool wildcard;	       /* IPv4 networks as "198.51.100.0 0.0.0.255" */
	bool signed4, signed6; /* flags as "match-all +syn -ack"; else one word for a flag set */
	bool length4;	       /* of the IPv4 packet */
	bool fragments_first;  /* "fragments" stands before "dscp" */
};

/** render_acl() - the lines of a list. */
enum render_refusal render_acl(const struct acl_dialect *d, const struct render_view *v,
			       const char *name, struct text *out);
