/* SPDX-License-Identifier: ISC */
/*
 * Why FlowSpec bytes are refused, or what of them has to be ignored: one list of stable words.
 */
#pragma once

#include <stdbool.h>

/* Why an NLRI is refused, or what had to be ignored in it. */
enum flowspec_reason {
	FLOWSPEC_GOOD,
	/* refused */
	FLOWSPEC_NOT_HEX,
	FLOWSPEC_EMPTY, /* no component: it would match everything */
	FLOWSPEC_NOT_COMPLETE,
	FLOWSPEC_TOO_LONG,
	FLOWSPEC_UNKNOWN_COMPONENT,
	FLOWSPEC_BAD_TYPE_ORDER, /* or the same type twice */
	FLOWSPEC_EXCEED_MAX_PREFIX_LENGTH,
	FLOWSPEC_EXCEED_MAX_PREFIX_OFFSET,
	FLOWSPEC_EXCEED_MAX_VALUE_LENGTH,
	FLOWSPEC_BAD_RATE, /* a traffic rate that is no number */
	FLOWSPEC_BAD_COMMUNITIES,
	/* ignored on reception, never sent: RFC 8955 section 4.2 and RFC 8956 section 3 */
	FLOWSPEC_LONG_LENGTH, /* two octets of length where one does */
	FLOWSPEC_NONZERO_PADDING,
	FLOWSPEC_FIRST_AND_BIT_SET,
	FLOWSPEC_ZERO_BIT_SET, /* a reserved bit of an operator */
	FLOWSPEC_INVALID_TCP_FLAGS,
	FLOWSPEC_INVALID_DSCP,
	FLOWSPEC_INVALID_FRAGMENT,
	FLOWSPEC_WHOLE_PREFIX, /* an IPv6 pattern with the bits before its offset too */
	/* not said: by conversions */
	FLOWSPEC_NO_RULE, /* it has no meaning as a struct rule, or the rule is none */
	FLOWSPEC_REASONS
};

/** flowspec_reason_name() - the stable word: "bad_type_order". */
const char *flowspec_reason_name(enum flowspec_reason r);

/** flowspec_reason_say() - the same as a clause, English or Japanese. */
const char *flowspec_reason_say(enum flowspec_reason r, bool ja);

/** flowspec_reason_refuses() - false: it is only ignored. */
bool flowspec_reason_refuses(enum flowspec_reason r);
