/* SPDX-License-Identifier: ISC */
/*
 * The part of the configuration that says where something can be done, who may decide it, and what
 * was agreed beforehand: points of operation, approvers, standing orders, limits, hooks.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "conf/conf_duty.h"

#define CONF_COMMUNITY_MAX 64

enum conf_router { ROUTER_NULL, ROUTER_DRY_RUN, ROUTER_EXABGP, ROUTER_NFTABLES };

/* The point of the ladder that a neighbour stands for; the order of enum plan_step. */
enum conf_point { POINT_HOST, POINT_CUSTOMER_EDGE, POINT_BORDER, POINT_FOREIGN_BORDER,
		  POINT_PEERING, POINT_TRANSIT, POINT_SCRUBBER };

enum conf_takes { TAKES_RTBH = 1, TAKES_FLOWSPEC = 2, TAKES_NFTABLES = 4, TAKES_COMMUNITY = 8,
		  TAKES_DIVERSION = 16 }; /* bits, from the words of `takes` */

/* Where noroshi can do something: a BGP neighbour of ExaBGP, or a Linux box. */
struct conf_neighbor {
	conf_name name;
	uint32_t kind;	/* enum conf_router */
	uint32_t point; /* enum conf_point */
	uint32_t *take_words;
	size_t n_take_words;
	uint32_t takes; /* enum conf_takes, of take_words */
	struct ip address, local_address; /* of the session; zero: none said */
	uint32_t local_as, peer_as;
	char router_id[16];
	struct ip next_hop, next_hop6; /* zero: "self", as eBGP wants it */
	conf_name *links;	       /* that come in behind this point; empty: all */
	size_t n_links;
	char community[CONF_COMMUNITY_MAX]; /* of its blackhole; "" is 65535:666 (RFC 7999) */
	char redirect[CONF_COMMUNITY_MAX];  /* route target of a scrubber, "ASN:NUMBER" */
	uint32_t max_rules;		    /* the budget, 0: 10 */
	uint32_t max_changes;		    /* per minute, 0: 60 */
	char table[CONF_DUTY_NAME_MAX];	    /* nftables: table name, "" noroshi */
	uint64_t capacity_bps;		    /* of the line behind it, 0 unknown */
	char inside[CONF_DUTY_NAME_MAX];    /* nftables: our interface to that line, "" */
};

/* Who may approve. Known by the user of the machine, by a key, or both. */
struct conf_approver {
	conf_name name;
	char user[CONF_DUTY_NAME_MAX]; /* login name on this machine, "" none */
	char key[CONF_DUTY_TEXT_MAX];  /* file of an Ed25519 public key, base64, "" none */
};

/* The only way to an automatic start. */
struct conf_standing {
	conf_name name, object;
	char kind[CONF_DUTY_NAME_MAX]; /* of plan_kind_name() */
	char basis[CONF_DUTY_NAME_MAX];
	char purpose[CONF_DUTY_TEXT_MAX], necessity[CONF_DUTY_TEXT_MAX], weaker[CONF_DUTY_TEXT_MAX];
	uint64_t longest_s;
	uint32_t per_day;
	conf_name *approvers; /* who approved the order */
	size_t n_approvers;
	int64_t review_us; /* it lapses then */
	bool probe_lift;   /* its measures may be lifted for a moment to see */
	uint64_t probe_every_s; /* of one measure not more often than this */
};

struct conf_hook {
	char event[CONF_DUTY_NAME_MAX]; /* planned, approved, applied, ..., "" all */
	char program[CONF_DUTY_TEXT_MAX];
	bool fastnetmon; /* with the arguments of FastNetMon's notify script */
};

/* Never-touch prefixes by what they are; beside the plain list. */
struct conf_never {
	/* loopback, exchange, resolver, ntp, voice, emergency, bank, management, other */
	char kind[CONF_DUTY_NAME_MAX];
	struct prefix *prefixes;
	size_t n_prefixes;
};

struct conf_act {
	char legal[CONF_DUTY_TEXT_MAX]; /* directory of CC.yaml, "" the installed one */
	char country[3];		/* "" the first of `countries` */
	struct {
		char by[CONF_DUTY_NAME_MAX], note[CONF_DUTY_TEXT_MAX];
		int64_t dated_us; /* TIME_NONE: no override */
	} override; /* an unreviewed law file is used all the same; printed on every measure */
	struct conf_neighbor *neighbors;
	size_t n_neighbors;
	struct conf_approver *approvers;
	size_t n_approvers;
	conf_name *two_persons; /* kinds of measures that two must approve */
	size_t n_two_persons;
	conf_name *break_glass; /* kinds that one may start for BREAK_GLASS_S */
	size_t n_break_glass;
	struct conf_standing *standing;
	size_t n_standing;
	struct conf_never *never;
	size_t n_never;
	struct conf_hook *hooks;
	size_t n_hooks;
	uint32_t shortest4, shortest6; /* prefix lengths; 0: 24 and 48 */
	uint64_t approve_s;	       /* a plan that nobody approved lapses after; 0: 900 */
	uint64_t lift_after_s;	       /* quiet that long, lifting is proposed; 0: 600 */
	char socket[CONF_DUTY_TEXT_MAX];   /* of approvals; "": act.sock in the store */
	char exabgp[CONF_DUTY_TEXT_MAX];   /* of `noroshi act pipe`; "": exabgp.sock there */
	char head_file[CONF_DUTY_TEXT_MAX];    /* the audit's head is appended to it hourly */
	bool head_syslog;
	char head_mail[CONF_DUTY_TEXT_MAX];
	char prometheus[CONF_DUTY_TEXT_MAX]; /* text file for a node exporter */
};

struct conf;

/** conf_act_neighbor(), conf_act_approver(), conf_act_standing() - by name; NULL where none is. */
const struct conf_neighbor *conf_act_neighbor(const struct conf *c, const char *name);
const struct conf_approver *conf_act_approver(const struct conf *c, const char *name);
const struct conf_standing *conf_act_standing(const struct conf *c, const char *name);

/** conf_act_user() - the approver who is the user @user of this machine; NULL where nobody is. */
const struct conf_approver *conf_act_user(const struct conf *c, const char *user);

/** conf_act_two() - must two persons approve a measure of @kind ("rtbh")? */
bool conf_act_two(const struct conf *c, const char *kind);

/** conf_act_glass() - may one person start a measure of @kind for a while? */
bool conf_act_glass(const struct conf *c, const char *kind);

/**
 * conf_act_lapsed() - why a standing order does not hold at @now_us: a few words in English, _ja()
 * in Japanese, or NULL where it holds. One that nobody approved, one that too few approved for its
 * kind, and one whose day of review has come start nothing.
 */
const char *conf_act_lapsed(const struct conf *c, const struct conf_standing *s, int64_t now_us);
const char *conf_act_lapsed_ja(const struct conf *c, const struct conf_standing *s, int64_t now_us);

/** conf_act_country() - whose law counts: "JP"; "ZZ" where the file says nothing. */
const char *conf_act_country(const struct conf *c);

/** conf_act_override() - does somebody answer for acting on a law that is not reviewed? */
bool conf_act_override(const struct conf *c);
