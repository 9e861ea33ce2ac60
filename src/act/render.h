/* SPDX-License-Identifier: ISC */
/*
 * A rule in the words of those who are to carry it out. Each must mean the same packets as
 * rule_matches(); what a target cannot say is refused, never left out.
 */
#pragma once

#include <stdbool.h>

#include "act/rule.h"
#include "base/text.h"
#include "conf/conf_act.h"

enum render_kind {
	RENDER_EXABGP, /* "announce flow route { match {...} then {...} }", API of ExaBGP 4.2 */
	RENDER_NFT,    /* a rule of nftables, for a chain at prerouting */
	RENDER_IOS_XE,
	RENDER_IOS_XR,
	RENDER_JUNOS,
	RENDER_ARISTA,
	RENDER_KINDS
};

/* Why a target cannot say a rule. */
enum render_refusal {
	REFUSED_NOT = 0,
	REFUSED_RULE, /* rule_check() has the reason */
	REFUSED_NAME,
	REFUSED_MASK,
	REFUSED_FLAGS,
	REFUSED_PORTS,
	REFUSED_ICMP,
	REFUSED_TCP,
	REFUSED_DESTINATION,
	REFUSED_FAMILIES,
	REFUSED_FIELD,
	REFUSED_NOTHING,
	REFUSED_LIST_ECN,
	REFUSED_LIST_TCP,
	REFUSED_LIST_DF,
	REFUSED_LIST_FRAGMENTS,
	REFUSED_LIST_RATE,
	REFUSED_LIST_REDIRECT,
	REFUSED_LIST_LENGTH4,
	REFUSED_LIST_LENGTH6,
	REFUSED_LIST_PORTS,
	REFUSED_LIST_ICMP,
	REFUSED_LIST_PROTOCOL,
	REFUSED_LIST_LINES,
	REFUSED_EXABGP_RATE,
	REFUSED_TARGET,
	REFUSED_ACTION,
	REFUSED_DF6,
	REFUSED_JUNOS_REDIRECT,
	REFUSED_JUNOS_RATE,
	REFUSED_JUNOS_ECN,
	REFUSED_JUNOS_FRAGMENTS,
	REFUSED_NFT_REDIRECT,
	REFUSED_NFT_RATE,
	REFUSED_NFT_LIMITS,
	RENDER_REFUSALS
};

/** render_name() - "exabgp", "nft", "ios-xe", "ios-xr", "junos", "eos". */
const char *render_name(enum render_kind k);

/**
 * render_rule() - @name: of the list or filter, letters, digits and "-", a letter first, at
 * most 64. An access list drops what the rule matches and lets everything else pass. Return:
 * REFUSED_NOT; or why this target cannot say it, with the reason in English in @out instead;
 * -ENOMEM never (text keeps its own account).
 */
enum render_refusal render_rule(enum render_kind k, const struct rule *r, const char *name,
				struct text *out);

/**
 * render_exabgp() - a command of ExaBGP's API in one line without its end: "announce flow route {
 * match {...} then {...} }", or the same with withdraw. Return: as render_rule().
 */
enum render_refusal render_exabgp(const struct rule *r, bool withdraw, struct text *out);

/**
 * render_nft() - one or more rules of nftables that together are @r, each a line. @destination:
 * what the destination is compared with, "192.0.2.1" or "@set"; NULL: the rule's own. @counter:
 * name of a counter object, NULL: one of its own. @comment: letters, digits, " " and "-"; NULL
 * none. For an inet chain at prerouting before fragments are put together (priority below -400).
 * Return: as render_rule().
 */
enum render_refusal render_nft(const struct rule *r, const char *destination, const char *counter,
			       const char *comment, struct text *out);

/** render_say() - why @k cannot say @r, as the functions above answered, in a few words of one
 * language; in Japanese in the plain form, as in a plan. */
void render_say(enum render_kind k, enum render_refusal why, const struct rule *r, bool ja,
		struct text *out);

/** render_nft_count() - the same, but what matches is only counted and goes on. What a limit would
 * let pass is counted too. */
enum render_refusal render_nft_count(const struct rule *r, const char *destination,
				     const char *counter, const char *comment, struct text *out);

/** render_rtbh() - announce (or withdraw) a blackhole route in ExaBGP's words, one line without its
 * end: RFC 7999. @next_hop: "self" or an address. @community: one or more with spaces between them;
 * NO_EXPORT (RFC 1997) is added where it is not among them, so that the route does not leak. */
void render_rtbh(const struct prefix *target, const char *next_hop, const char *community,
		 bool withdraw, struct text *out);

/** render_next_hop() - of a route of IPv4 (or IPv6) that @n is told: an address, or "self" where
 * the session is of that family, or no address of one is configured. @buf: IP_TEXT_MAX. Return:
 * false where there is none. */
bool render_next_hop(const struct conf_neighbor *n, bool v4, char *buf);
