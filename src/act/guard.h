/* SPDX-License-Identifier: ISC */
/*
 * Guard rails: what no measure may do, whatever the plan says and whoever approves it. Each rule is
 * a row that looks at one option and refuses it with a reason; nothing here can be switched off by
 * a command, only by the configuration. Refusals are answers, and all of them are given.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "act/weight.h"
#include "base/ip.h"
#include "base/text.h"
#include "conf/conf.h"
#include "judge/incident.h"

#define GUARD_REFUSALS_MAX 24
#define GUARD_WHAT_MAX	   96
#define GUARD_ID_MAX	   16 /* of a measure */
#define GUARD_V4_SHORTEST                                                                          \
	24 /* shorter ones are refused, unless the configuration says otherwise                    \
	    */
#define GUARD_V6_SHORTEST 48

enum guard_rule {
	GUARD_FOREIGN,	    /* the destination is neither own nor a customer's */
	GUARD_DEFAULT,	    /* a default route, or half of one */
	GUARD_SHORT,	    /* the prefix is shorter than allowed */
	GUARD_NEVER,	    /* it touches what is never to be touched */
	GUARD_SHARED,	    /* a source filter over addresses that many share */
	GUARD_SOURCE,	    /* a source that is not shown to be real */
	GUARD_ONE_EXPORTER, /* all rests on one exporter that nobody corroborates */
	GUARD_SAMPLING,	    /* the sampling is not known */
	GUARD_BROKEN,	    /* the exporter's sequence or clock is broken: it may be forged */
	GUARD_BUDGET,	    /* the neighbour takes no more rules */
	GUARD_RATE,	    /* too many changes in the last minutes */
	GUARD_FROZEN,	    /* act freeze */
	GUARD_DRILL,	    /* a drill store towards a router that is not on loopback */
	GUARD_NO_DESTINATION,
	GUARD_ENDED,	 /* the incident is over */
	GUARD_FALSE,	 /* somebody marked it as no attack */
	GUARD_UNLISTED,	 /* an exporter that is on no allow-list says it: it may be forged */
	GUARD_POINT,	 /* the neighbour is not configured, or does not take this kind */
	GUARD_BEYOND,	 /* a rule reaches beyond what the option is for */
	GUARD_UNSAYABLE, /* its router has no words for it */
	GUARD_OTHERS,	 /* a route takes others along who did not agree */
	GUARD_RULES
};

struct guard_verdict {
	enum guard_rule rule[GUARD_REFUSALS_MAX];
	unsigned n;
	char what[GUARD_REFUSALS_MAX][GUARD_WHAT_MAX]; /* the prefix, neighbour or exporter it is
							  about, "" none; never a source */
};

/* How an exporter is believed: corroboration and health, as the status of the watch has it. */
struct plan_option;

struct guard_exporter {
	const char *name;
	bool listed; /* on the allow-list */
	bool broken; /* its sequence or its clock does not fit */
	/* Something besides the exporters of the incident says the same, such as counters. Two of
	 * those, listed and sound, bear each other out without it. */
	bool corroborated;
};

/* What stands now; all borrowed. */
struct guard_world {
	bool drill, frozen, marked_false;
	bool drill_routers; /* a test says that its routers are made for it */
	const struct guard_exporter *exporters;
	unsigned n_exporters;
	struct guard_neighbor {
		const char *name;
		unsigned rules;	  /* in force there */
		unsigned changes; /* within the last minute */
		/* What stands there, and which of it weighs least; "" nothing. */
		const struct plan_option **standing;
		unsigned n_standing;
		char lightest[GUARD_ID_MAX];
		struct weight least;
	} * neighbors;
	unsigned n_neighbors;
	unsigned severity; /* of the incident, 1 to 4; 0 not known */
	int64_t now_us;
};

/**
 * guard_check() - all that refuses @o, the most important first. Pure. "Do nothing" is never
 * refused; a request to others only for what would name a wrong source, or an attack that is none;
 * a text of an access list, which nobody here sends, not for the state of a router.
 */
void guard_check(const struct plan_option *o, const struct incident *inc, const struct conf *conf,
		 const struct guard_world *w, struct guard_verdict *out);

const char *guard_rule_name(enum guard_rule r);		      /* stable word, "never_touch" */
int guard_rule_parse(const char *name, enum guard_rule *out); /* 0, or -EINVAL */

/** guard_say() - refusal @i as a sentence that names what it is about, and how to get out of it. */
void guard_say(const struct guard_verdict *v, unsigned i, bool ja, struct text *out);

/** guard_verdict_json() - [{rule, what, en, ja}], owned, NULL without memory; _from_json(): 0, or
 * -EINVAL. */
json_t *guard_verdict_json(const struct guard_verdict *v);
int guard_verdict_from_json(const json_t *from, struct guard_verdict *out);
