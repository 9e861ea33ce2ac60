/* SPDX-License-Identifier: ISC */
/*
 * How bad is it, from 1 (worst) to 4, and why. Each rule is a row that looks at one thing and says
 * the level it speaks for; the worst word counts, then the contract moves it by one step at most.
 * Size alone never makes a 1. doc/duty.md has the table.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "conf/conf.h"
#include "judge/incident.h"

#define SEVERITY_REASONS_MAX 12

enum severity_rule {
	RULE_PROTECTED,	 /* what is attacked; figure: enum severity_target */
	RULE_LINE,	 /* share of the object's access line */
	RULE_LINK,	 /* a shared link is near its capacity, or the attack a large part of it */
	RULE_BYSTANDERS, /* others lose traffic, or a service that people rely on does */
	RULE_SPREAD,	 /* many hosts or objects at once */
	RULE_OVER,	 /* times over the object's own threshold */
	RULE_SERVER,	 /* connections begin and are not completed any more */
	RULE_DURATION,
	RULE_OUTGOING,	 /* own hosts attack others */
	RULE_LOST_SIGHT, /* we do not see it any more */
	RULE_MEASURE,	 /* a measure holds it, or failed to */
	RULE_CONTRACT,
	SEVERITY_RULES
};

/* What RULE_PROTECTED saw, as its figure. */
enum severity_target { TARGET_UNPROTECTED, TARGET_PROTECTED, TARGET_SHARED, TARGET_SCAN };

/* Of what stands against it, where its effect is measured (duty_measure_holds()). */
enum measure_state { MEASURE_NONE, MEASURE_WORKS, MEASURE_FAILS };

struct severity_reason {
	enum severity_rule rule;
	unsigned level; /* that it speaks for; RULE_CONTRACT and RULE_MEASURE: that came out */
	double figure;	/* share 0..1, times, seconds or a count, as the rule has it */
	char name[64];	/* of the link, service, object or contract it is about, "" none */
	bool at_least;	/* the figure: the sampling is not known */
};

struct severity {
	unsigned level;					     /* 1 to 4 */
	struct severity_reason reason[SEVERITY_REASONS_MAX]; /* the deciding one first */
	unsigned n_reasons;
};

struct severity_input {
	const struct incident *incident;
	const struct conf *conf;
	enum measure_state measure;
	unsigned objects_now; /* objects under attack over the main link, this one included */
	int64_t now_us;
};

/**
 * severity_link() - the main link of an incident: what most of it comes over, by its name, else as
 * "EXPORTER#INPUT"; "" unknown. @buf: SEVERITY_LINK_MAX bytes.
 */
#define SEVERITY_LINK_MAX 96
char *severity_link(const struct incident *inc, char *buf);

/** severity_judge() - pure: the same input gives the same answer. */
void severity_judge(const struct severity_input *in, struct severity *out);

const char *severity_rule_name(enum severity_rule r);

int severity_rule_parse(const char *name, enum severity_rule *out);

/** severity_say() - a reason as a sentence, in English or Japanese. Names neither address nor
 * source. */
void severity_say(const struct severity_reason *r, bool ja, struct text *out);

/** severity_json(), owned, NULL without memory; severity_from_json(): 0 or -EINVAL. */
json_t *severity_json(const struct severity *s);
int severity_from_json(const json_t *from, struct severity *out);
