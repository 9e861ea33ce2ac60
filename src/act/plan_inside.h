/* SPDX-License-Identifier: ISC */
/* How a plan is made, step by step. Inside the room only. */
#pragma once

#include "act/derive.h"
#include "act/plan.h"
#include "act/render.h"
#include "duty/guard.h"

#define PLAN_LINKS_MAX 16
#define LINE_FULL      0.9  /* share of its capacity from which a line is taken as full */
#define NEARLY_ALL     0.9  /* share of the attack */
#define WORTH_SAYING   0.05 /* below, it does not matter */

/* What kind of plan it is; only the first two have filters. */
enum plan_case {
	CASE_INCOMING,
	CASE_OUTGOING, /* own customers attack somebody */
	CASE_SCAN,
	CASE_NO_DESTINATION, /* a link, or the whole network */
};

/* A link that the attack comes in over (or leaves by). */
struct plan_link {
	char name[CONF_NAME_MAX]; /* "router-1#7" where it has none */
	char peer[CONF_NAME_MAX]; /* "" unknown */
	enum scope_side side;	  /* whose traffic it hands over */
	double share;		  /* of the attack's bytes */
	double attack_bps;	  /* < 0 unknown */
	double load_bps;	  /* all of it; < 0 unknown */
	double capacity_bps;	  /* 0 unknown */
	bool full;
};

struct planning {
	const struct plan_input *in;
	const struct incident *inc;
	const struct conf *conf;
	struct plan *plan;
	struct derived *derived; /* rules from the evidence, none where there is none */
	enum plan_case about;
	const struct conf_object *object; /* NULL none */
	double attack_bps;		  /* peak; < 0 unknown */
	double line_bps;		  /* of the access line, 0 unknown */
	struct plan_link link[PLAN_LINKS_MAX];
	unsigned n_links;
	double foreign;	     /* share that comes in over foreign links; < 0 unknown */
	struct guard *guard; /* no address of anybody but the target gets into a sentence */
};

/* Which packets of the attack, and of clients, pass a point. */
struct plan_reach {
	const struct conf_neighbor *neighbor; /* NULL: whatever is configured by hand */
	bool foreign;			      /* only what comes from abroad */
	bool all;			      /* every packet to the target */
	uint32_t links;			      /* bits of planning.link */
	double share;			      /* of the attack; < 0 unknown */
};

/* ---- plan_point.c: lines, links, and what a point does to them ---- */

void plan_links(struct planning *g);
struct plan_reach plan_reach_of(const struct planning *g, enum plan_step step,
				const struct conf_neighbor *n);

/** plan_figures() - line, before, after, upstream and helps of @o, whose rules and covers are
 * there. */
void plan_figures(const struct planning *g, struct plan_option *o, const struct plan_reach *r);

/** plan_cost() - its collateral. */
void plan_cost(const struct planning *g, struct plan_option *o, const struct plan_reach *r);

/** plan_is_full() - a line of @capacity with @bps on it. Unknown is not full. */
bool plan_is_full(double bps, double capacity);

/** plan_link_is_full() - by all that is on it, as far as that is known. */
bool plan_link_is_full(const struct plan_link *l);

/** plan_limit() - rate that a limit at this point should have, 0 none can be told. */
double plan_limit(const struct planning *g, const struct conf_neighbor *n);

/* ---- plan_ladder.c, plan_ask.c: which options there are ---- */

/** plan_add() - an empty one; NULL where there is no room. */
struct plan_option *plan_add(struct planning *g, enum plan_step step, enum plan_kind kind,
			     const char *point);
void plan_ladder(struct planning *g);

/** plan_ask() - the requests of a step. */
void plan_ask(struct planning *g, enum plan_step step);

/** plan_need() - one more; @raw sentences are guarded. */
void plan_need(struct planning *g, struct plan_option *o, const char *whom, const struct text *en,
	       const struct text *ja);

/* ---- plan_law.c, plan_rank.c ---- */

void plan_permit(struct planning *g, struct plan_option *o);
void plan_rank(struct planning *g);

/** plan_burden() - what @o does to clients: 0 spares them ... 100 takes all from them. */
unsigned plan_burden(const struct plan_option *o);

/** plan_weaker() - why nothing weaker would do, for each option; the others are judged before. */
void plan_weaker(struct planning *g);

/** plan_consent() - what the owner agreed to for @o, NULL nothing. */
const struct conf_measure *plan_consent(const struct planning *g, const struct plan_option *o);

/** plan_all_agreed() - did everybody agree who has addresses in its target? */
bool plan_all_agreed(const struct planning *g, const struct plan_option *o);

/** plan_harms_others() - is it shown that others than the target suffer? plan_full_link() - one
 * that is, NULL none. */
bool plan_harms_others(const struct planning *g);
const struct plan_link *plan_full_link(const struct planning *g);

/* ---- plan_consent.c, plan_helps.c, plan_say.c, plan_words.c: sentences ---- */

/** plan_say_option() - helps, says and needs; plan_say_plan() - the attack, and why it is
 * separable. */
void plan_say_option(struct planning *g, struct plan_option *o, const struct plan_reach *r);
void plan_say_plan(struct planning *g);
void plan_say_helps(const struct planning *g, const struct plan_option *o,
		    const struct plan_reach *r, bool ja, struct text *out);
void plan_say_consent(struct planning *g, struct plan_option *o);

/** plan_keep() - @raw into @to, guarded and cut at a whole character. */
void plan_keep(struct planning *g, const struct text *raw, bool ja, char *to, size_t room);

/** plan_step_words(), plan_kind_words() - for people; plan_say_what() - "own border (border-1)".
 */
const char *plan_step_words(enum plan_step s, bool ja);
const char *plan_kind_words(enum plan_kind k, bool ja);
void plan_say_what(const struct plan_option *o, bool ja, struct text *out);

/** plan_render() - all rules of @o in the words of @kind, a line's end between them. Return: 0; 1
 * where it cannot say one of them, with the reason in @out instead, in the language asked for. */
int plan_render(const struct plan_option *o, enum render_kind kind, bool ja, struct text *out);

/** plan_is_limit() - does it only slow down what it matches? */
bool plan_is_limit(const struct plan_option *o);

/** plan_is_offline() - does it take the target away from those it reaches? */
static inline bool plan_is_offline(const struct plan_option *o)
{
	return o->kind == PLAN_RTBH || o->kind == PLAN_COMMUNITY;
}

/** plan_is_route() - is it for all that goes to its target, whatever the packets are? */
static inline bool plan_is_route(const struct plan_option *o)
{
	return plan_is_offline(o) || o->kind == PLAN_DIVERSION;
}

static inline const char *of_two(bool ja, const char *en, const char *japanese)
{
	return ja ? japanese : en;
}

/** plan_space() - what stands between two sentences. */
static inline void plan_space(struct text *out, bool ja)
{
	if (out->len && !ja)
		text_add(out, " ");
}

/** plan_is_host() - does it work at the attacked host, behind all lines? */
static inline bool plan_is_host(const struct planning *g, const struct plan_option *o)
{
	return o->step == STEP_HOST && g->about == CASE_INCOMING;
}
