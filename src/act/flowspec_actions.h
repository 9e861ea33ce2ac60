/* SPDX-License-Identifier: ISC */
/*
 * What becomes of the packets of a FlowSpec: traffic filtering actions, as extended communities
 * (RFC 8955 section 7, RFC 8956 section 6). Rates are bytes per second on the wire. Communities
 * that are no such action are kept as they are, so that none is lost between reading and writing.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "act/flowspec_reason.h"
#include "act/rule.h"
#include "base/ip.h"
#include "base/text.h"

#define FLOWSPEC_COMMUNITY	8  /* octets of an extended community (RFC 4360) */
#define FLOWSPEC_COMMUNITY_IPV6 20 /* of an IPv6 address specific one (RFC 5701) */
#define FLOWSPEC_ACTIONS_MAX	16

enum flowspec_action_kind {
	ACTION_OTHER,	      /* not of FlowSpec, or not known; only .raw means something */
	ACTION_RATE_BYTES,    /* 0x8006 traffic-rate-bytes; 0 discards */
	ACTION_RATE_PACKETS,  /* 0x800c traffic-rate-packets */
	ACTION_TRAFFIC,	      /* 0x8007 traffic-action: sample, terminal */
	ACTION_REDIRECT_AS2,  /* 0x8008 rt-redirect, AS of two octets */
	ACTION_REDIRECT_IPV4, /* 0x8108 rt-redirect, IPv4 address */
	ACTION_REDIRECT_AS4,  /* 0x8208 rt-redirect, AS of four octets */
	ACTION_REDIRECT_IPV6, /* 0x000d rt-redirect-ipv6 */
	ACTION_MARKING,	      /* 0x8009 traffic-marking */
	ACTION_NEXT_HOP, /* 0x0800 to the route's next hop, draft-simpson-idr-flowspec-redirect */
	ACTION_TO_IPV4,	 /* 0x010c to an address, draft-ietf-idr-flowspec-redirect-ip */
	ACTION_TO_IPV6,	 /* 0x000c the same, IPv6 */
	ACTION_KINDS
};

struct flowspec_action {
	enum flowspec_action_kind kind;
	uint8_t raw[FLOWSPEC_COMMUNITY_IPV6]; /* as it came; 8 octets, of the IPv6 ones 20 */
	uint8_t octets;
	float rate;	       /* bytes or packets per second, never negative */
	uint32_t as;	       /* of a rate: for information only */
	struct ip address;     /* of a redirect that has one */
	uint32_t number;       /* of a redirect's route target */
	uint8_t dscp;	       /* ACTION_MARKING */
	bool sample, terminal; /* ACTION_TRAFFIC; terminal: later rules apply too */
	bool copy;	       /* ACTION_NEXT_HOP, ACTION_TO_*: a copy, not the packet itself */
};

struct flowspec_actions {
	struct flowspec_action action[FLOWSPEC_ACTIONS_MAX];
	unsigned n;
};

/**
 * flowspec_actions_decode() - add the extended communities of @data: attribute 16 (@size
 * FLOWSPEC_COMMUNITY) or attribute 25 (FLOWSPEC_COMMUNITY_IPV6). A negative rate is read as 0
 * (RFC 8955 section 7.1).
 * Return: FLOWSPEC_GOOD; FLOWSPEC_BAD_COMMUNITIES for octets that are no whole community, or too
 * many; FLOWSPEC_BAD_RATE.
 */
enum flowspec_reason flowspec_actions_decode(const uint8_t *data, size_t n, size_t size,
					     struct flowspec_actions *out);

/** flowspec_action_encode() - into @out of FLOWSPEC_COMMUNITY_IPV6 octets. Return: 8 or 20 octets;
 * 0 where it cannot be said (a negative rate). */
size_t flowspec_action_encode(const struct flowspec_action *a, uint8_t *out);

/** flowspec_actions_text() - "discard", "rate-limit 125000 bytes/s redirect 64500:666", in order.
 */
void flowspec_actions_text(const struct flowspec_actions *a, struct text *out);

/** flowspec_actions_json() - an array, doc/flowspec.md; owned, NULL without memory. */
json_t *flowspec_actions_json(const struct flowspec_actions *a);

/** flowspec_actions_from_rule() - what the rule does. Return: false for a redirect that is no route
 * target, or a limit that is not above zero. */
bool flowspec_actions_from_rule(const struct rule *r, struct flowspec_actions *out);

/** flowspec_actions_to_rule() - Return: false where a rule cannot say it: nothing or several things
 * to do, packets per second, marking, a next hop. Communities of other kinds do not matter. */
bool flowspec_actions_to_rule(const struct flowspec_actions *a, struct rule *out);

const char *flowspec_action_name(enum flowspec_action_kind k); /* "traffic-rate-bytes" */
