/* SPDX-License-Identifier: ISC */
/*
 * A plan: what can be done about an incident, at which point, what it would cost those who have
 * done nothing, whether it may be done, and what has to be asked of others. Pure: made from an
 * incident, the configuration, the law of the country and what already stands; the same input gives
 * the same plan, and the plan's text is what the dry run shows and what the audit keeps. Options
 * stand in the order of the ladder (DOMAIN.md section 1: nearest to the target first), "do nothing"
 * first of all.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "act/collateral.h"
#include "act/guard.h"
#include "act/law.h"
#include "act/rule.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "conf/conf.h"
#include "judge/incident.h"

#define PLAN_ID_MAX	 24 /* "p" and 12 hexadecimal digits of the plan's hash */
#define PLAN_HASH_MAX	 65 /* SHA-256-sized hash in hexadecimal (BLAKE2b-256), with its NUL */
#define PLAN_OPTIONS_MAX 24
#define PLAN_RULES_MAX	 8
#define PLAN_NEEDS_MAX	 6

/* The point at which an option works, from the target outwards. */
enum plan_step {
	STEP_NOTHING,
	STEP_HOST,	     /* the attacked host itself, or a Linux box before it */
	STEP_CUSTOMER_EDGE,  /* the access router */
	STEP_BORDER,	     /* all own border routers */
	STEP_FOREIGN_BORDER, /* only those towards abroad: domestic users keep access */
	STEP_PEERING,	     /* the link or links that carry it */
	STEP_TRANSIT,	     /* the transit's communities */
	STEP_SCRUBBER,
	STEP_UPSTREAM, /* somebody else's network: to be asked */
	STEP_COUNT
};

enum plan_kind {
	PLAN_NONE,
	PLAN_RTBH,
	PLAN_FLOWSPEC,
	PLAN_NFTABLES,
	PLAN_ACL,
	PLAN_COMMUNITY,
	PLAN_DIVERSION,
	PLAN_ASK,
	PLAN_KINDS
};

enum plan_helps { HELPS_NO, HELPS_PARTLY, HELPS_YES, HELPS_UNKNOWN };

/* Something without which the option cannot begin: whom to ask, or what to have. */
struct plan_need {
	char whom[CONF_NAME_MAX]; /* that has to be asked, "" nobody */
	char en[384], ja[576];
};

struct plan_option {
	unsigned number; /* from 1, as --option takes it */
	unsigned rank;	 /* from 1, the one to think of first */
	enum plan_step step;
	enum plan_kind kind;
	char point[CONF_NAME_MAX]; /* neighbour or box it is applied on, "" none of ours */
	struct prefix target;	   /* what it is for: route or destination */
	struct rule rule[PLAN_RULES_MAX];
	unsigned n_rules;
	char community[64]; /* RTBH and communities: "65535:666" */
	enum plan_helps helps;
	char line[CONF_NAME_MAX + 32]; /* the line behind the point, "" none is known */
	double before_bps, after_bps;  /* of the attack on that line; < 0 unknown */
	double capacity_bps;	       /* of that line; 0 unknown */
	char upstream[CONF_NAME_MAX];  /* the fullest line before the point, "" none is known */
	double upstream_bps; /* all that is on it, which the point leaves as it is; < 0 unknown */
	double upstream_capacity_bps; /* 0 unknown */
	double reach;		      /* share of the attack that passes the point; < 0 unknown */
	double covers, covers_low, covers_high; /* share of attack packets; < 0 unknown */
	struct collateral collateral;
	char helps_en[512], helps_ja[768]; /* the same with its figures, as a sentence */
	char says_en[768], says_ja[1152];  /* what must be said with it (offline for all, ...) */
	/* Why nothing weaker would do, as the others compare: to begin the measure's text with. */
	char weaker_en[LAW_WORDS_MAX], weaker_ja[LAW_WORDS_MAX];
	/* Number of one that takes less, is allowed and helps as much or more, 0 none: then that
	 * comparison is no reason, and whoever starts it has to give his own. */
	unsigned milder;
	char basis[LAW_BASES_MAX][LAW_ID_MAX]; /* that could carry it */
	unsigned n_basis;
	bool allowed; /* no guard refuses it, and some basis carries it */
	struct guard_verdict guard;
	char why_not_en[1024], why_not_ja[1536]; /* "" where it is allowed */
	struct plan_need need[PLAN_NEEDS_MAX];
	unsigned n_needs;
};

struct plan {
	char id[PLAN_ID_MAX], hash[PLAN_HASH_MAX];
	char incident[INCIDENT_ID_MAX];
	uint32_t revision; /* of the incident it was made from */
	int64_t made_us;   /* not part of the hash */
	int64_t since_us;  /* first packet of the attack; TIME_NONE unknown */
	bool drill;
	char target[INCIDENT_TARGET_MAX + CONF_NAME_MAX +
		    4];				   /* what is attacked, with its object */
	char attack_en[512], attack_ja[768];	   /* what is known of it, one sentence */
	bool separable;				   /* some rule tells attack from clients */
	char separable_en[512], separable_ja[768]; /* why, or why not */
	struct plan_option option[PLAN_OPTIONS_MAX];
	unsigned n_options;
	unsigned recommended; /* number of the option to think of first; 0: none is better */
	char recommend_en[768], recommend_ja[1152];
};

/* What stands besides the incident; all borrowed. */
struct plan_input {
	const struct incident *incident; /* with its evidence records, where they are kept */
	const struct conf *conf;
	const struct law *law;		 /* NULL: none could be read; then nothing is allowed */
	const struct guard_world *world; /* what is in force, who shares what */
	int64_t now_us;
};

/** plan_make() - Return: 0 with an owned *out, or -ENOMEM. */
int plan_make(const struct plan_input *in, struct plan **out);
struct plan *plan_free(struct plan *p);

static inline void plan_freep(struct plan **p)
{
	*p = plan_free(*p);
}
#define _cleanup_plan_ _cleanup_(plan_freep)

/**
 * plan_hash() - BLAKE2b-256 (RFC 7693) over the canonical JSON: plan_json() without `plan`, `hash`
 * and `made`, keys sorted, compact, UTF-8, reals of nine digits. @buf: PLAN_HASH_MAX, "" without
 * memory. plan_id() - "p" and its first 12 digits.
 */
char *plan_hash(const struct plan *p, char *buf);
char *plan_id(const char *hash, char *buf);

/** plan_holds() - is the hash in @p that of what is in it? Somebody may have written it anew. */
bool plan_holds(const struct plan *p);

/** plan_option_find() - by its number; NULL: there is none. */
const struct plan_option *plan_option_find(const struct plan *p, unsigned number);

/** plan_agreed() - what the owner of @object agreed to beforehand, with a reference, that covers
 * @o; NULL nothing does. Who agreed to a limit has not agreed to dropping, nor has anybody for more
 * than the object's own prefixes (owners_alone()). */
const struct conf_measure *plan_agreed(const struct conf *conf, const struct conf_object *object,
				       const struct plan_option *o);

/** plan_json() - the stable interface (doc/act.md); owned, NULL without memory. */
json_t *plan_json(const struct plan *p);
int plan_from_json(const json_t *from, struct plan **out);

/** plan_option_json() - one option, as in the plan; owned, NULL without memory. The reverse: 0 or
 * -EINVAL. */
json_t *plan_option_json(const struct plan_option *o);
int plan_option_from_json(const json_t *from, struct plan_option *out);

/** plan_text() - the page for people, English or Japanese; also the line of the audit. */
void plan_text(const struct plan *p, const char *zone, bool ja, struct text *out);

const char *plan_step_name(enum plan_step s); /* "own_border" */
const char *plan_kind_name(enum plan_kind k); /* "flowspec" */
const char *plan_helps_name(enum plan_helps h);
int plan_step_parse(const char *name, enum plan_step *out);
int plan_kind_parse(const char *name, enum plan_kind *out);
