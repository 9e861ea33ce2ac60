/* SPDX-License-Identifier: ISC */
/*
 * The life of a measure, pure: from what is stored of it and the time follows what it is now, and
 * what has to be done. Nothing else is remembered, so a store full of measures is all that a
 * restart of anything needs.
 *
 *	planned -> approved -> applied -> verified -> expired | withdrawn -> gone
 *	planned -> lapsed;  approved | applied | verified -> lapsed -> gone (no countersign came)
 *	approved | applied | verified -> failed -> gone (the router said no)
 *
 * Whoever runs measures asks measure_next(), does it, and says so: measure_did() for what was
 * decided, measure_applied(), measure_failed() and measure_gone() for what a router answered. Then
 * the row is written. What was not written was not done, and is asked for again.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "act/law.h"
#include "act/plan.h"

/* The word of a test in the environment of the role; doc/testing.md. */
#define MEASURE_DRILL_ROUTERS "NOROSHI_DRILL_ROUTERS=yes"
#define MEASURE_ID_MAX	      16 /* "m" and 12 hexadecimal digits */
#define MEASURE_APPROVALS_MAX 4
#define MEASURE_NAME_MAX      64
#define MEASURE_LIFT_MAX      384
#define MEASURE_PLACE_MAX     96
#define BREAK_GLASS_S	      3600
#define MEASURE_APPROVE_S                                                                          \
	900 /* a plan that nobody approves lapses after, where nothing is said                     \
	     */

enum measure_stage {
	MEASURE_PLANNED,
	MEASURE_APPROVED,  /* to be applied */
	MEASURE_APPLIED,   /* the router acknowledged it */
	MEASURE_VERIFIED,  /* its effect, or its presence, was seen */
	MEASURE_EXPIRED,   /* its end was reached: to be taken away */
	MEASURE_WITHDRAWN, /* somebody ended it: to be taken away */
	MEASURE_GONE,	   /* and the router acknowledged that */
	MEASURE_LAPSED,	   /* nobody (or no second one) approved it in time */
	MEASURE_FAILED,	   /* the router refused it */
	MEASURE_STAGES
};

enum measure_how { HOW_PERSON, HOW_SIGNATURE, HOW_BREAK_GLASS, HOW_STANDING };

/* What a probe, which lifts a measure for a moment, came to (measure_probe.h). */
enum probe_end {
	PROBE_NONE,
	PROBE_NOTHING, /* nothing of the attack was seen */
	PROBE_SEEN,    /* it goes on */
	PROBE_ABORTED, /* more came than the line's free half has room for */
	PROBE_STOPPED, /* it was frozen, lost from sight, or ended for another reason */
	PROBE_ENDS
};

struct measure_approval {
	char person[MEASURE_NAME_MAX];
	enum measure_how how;
	char hash[PLAN_HASH_MAX]; /* of the plan that was approved */
	int64_t at_us;
};

struct measure {
	char id[MEASURE_ID_MAX], plan[PLAN_ID_MAX], hash[PLAN_HASH_MAX];
	char incident[INCIDENT_ID_MAX], object[MEASURE_NAME_MAX];
	struct plan_option option;
	char basis[LAW_ID_MAX];
	char purpose[LAW_WORDS_MAX], necessity[LAW_WORDS_MAX], weaker[LAW_WORDS_MAX];
	char consent[CONF_TEXT_MAX], override[CONF_TEXT_MAX]; /* "" none */
	char standing[MEASURE_NAME_MAX];		      /* standing order, "" a person */
	char place[MEASURE_PLACE_MAX]; /* the router that is told, not by its name; "" nobody wrote
					  it down: then the name counts */
	char stuck[16]; /* why no router is asked: "missing" or "moved"; "" none (measure_stuck_say)
			 */
	uint32_t data;	/* bits of enum law_data */
	enum measure_stage stage;
	int64_t planned_us, applied_us, until_us, ended_us, gone_us; /* TIME_NONE: not yet */
	unsigned severity; /* of its incident when it was planned, 1 to 4; 0 not known */
	unsigned approvals_wanted;
	struct measure_approval approval[MEASURE_APPROVALS_MAX];
	unsigned n_approvals;
	char ended_by[MEASURE_NAME_MAX], why[CONF_TEXT_MAX]; /* of the end, or of a failure */
	bool break_glass, drill;
	bool drill_routers; /* a drill, allowed to reach routers by the environment of the role */
	bool told_30, told_10; /* the pages before its end went out */
	bool told_ended;       /* and that it ended while the attack went on */
	/* Times of which 0 and TIME_NONE both mean none. */
	int64_t approve_by_us;	/* planned: it lapses then; broken glass: the countersign is due */
	int64_t asked_until_us; /* the end that comes into force with the countersign */
	int64_t told_until_us;	/* the end that the router was told; none: nobody keeps account */
	int64_t renewed_us;	/* last */
	unsigned renewals;
	char renewed_by[2 * MEASURE_NAME_MAX]; /* the person or persons of the last one */
	/* Who asked for the renewal that waits for another person, and why; its end is
	 * asked_until_us. "" none waits. */
	char renew_asked_by[MEASURE_NAME_MAX], renew_necessity[LAW_WORDS_MAX];
	struct measure_effect {
		int64_t at_us;		      /* none: it was not measured */
		double before_bps, after_bps; /* of the attack, before its point and after; < 0:
						 that side is not seen */
		int64_t dropped_packets, dropped_bytes; /* by its counter; < 0: it has none */
	} effect;
	struct measure_lift {
		int64_t proposed_us;	    /* since when lifting it is proposed; none */
		unsigned proposals, probes; /* so far */
		char en[MEASURE_LIFT_MAX], ja[MEASURE_LIFT_MAX]; /* why, in figures; "" none */
		int64_t pause_us;	  /* the attack's longest while it stood, 0 none */
		int64_t probed_us;	  /* the last probe began; none */
		int64_t probe_until_us;	  /* it is lifted until then to see; none */
		enum probe_end probe_end; /* what came of the last one */
	} lift;
};

/** measure_clear() - a measure of nothing: every byte 0, every time TIME_NONE, effect unknown. */
void measure_clear(struct measure *m);

/** measure_weight() - what it counts for at its neighbour. */
struct weight measure_weight(const struct measure *m);

/** measure_id() - "m" and 12 random hexadecimal digits; @buf: MEASURE_ID_MAX. */
char *measure_id(char *buf);

enum measure_do {
	DO_NOTHING,
	DO_APPLY,     /* announce it (again) */
	DO_TAKE_AWAY, /* withdraw it (again) */
	DO_LAPSE,     /* the countersign or the approval did not come */
	DO_TELL_30,
	DO_TELL_10,
	DO_TELL_ENDED, /* its end was reached while the attack goes on */
};

/**
 * measure_next() - what is to be done with @m at @now_us, and when to look again (*wake_us,
 * INT64_MAX never). @in_router: the router is known to have it. @attack_goes_on: of its incident.
 * DO_TAKE_AWAY of one that is in force: its end was reached. One that lapsed or failed is taken
 * away too where a router may have been told of it.
 */
enum measure_do measure_next(const struct measure *m, int64_t now_us, bool in_router,
			     bool attack_goes_on, int64_t *wake_us);

/** measure_did() - note what was decided at @now_us, before it is written and done: a lapse, an end
 * that was reached, a page that goes out. Return: did it change @m (so that it must be written)? */
bool measure_did(struct measure *m, enum measure_do what, int64_t now_us);

/** measure_is_wanted() - should the network have it at @now_us? The desired state. */
bool measure_is_wanted(const struct measure *m, int64_t now_us);

/** measure_is_approved() - do its approvals, of this very plan, suffice? They are counted anew. */
bool measure_is_approved(const struct measure *m);

/** measure_is_countersigned() - has one that broke the glass its second person? */
bool measure_is_countersigned(const struct measure *m);

/** measure_is_over() - is nothing left to be done with it? */
bool measure_is_over(const struct measure *m);

/** measure_is_in_force() - approved, applied or verified: a router has it or should. */
bool measure_is_in_force(const struct measure *m);

enum approve_answer {
	APPROVE_GOOD,
	APPROVE_MORE,
	APPROVE_SAME_PERSON,
	APPROVE_CHANGED,
	APPROVE_LATE,
	APPROVE_NOBODY
};

/**
 * measure_approve() - @a by a person that the configuration knows. APPROVE_GOOD: now approved (or,
 * where the glass was broken, countersigned); APPROVE_MORE: another one is wanted. With @m's
 * break_glass the first one puts it in force, for BREAK_GLASS_S at most; the second puts the end
 * that was asked for in force.
 */
enum approve_answer measure_approve(struct measure *m, const struct measure_approval *a,
				    int64_t now_us);

/** measure_change_plan() - another plan for one that is not approved yet; what was approved is
 * void. False: it is too late for that. */
bool measure_change_plan(struct measure *m, const char *plan, const char *hash,
			 const struct plan_option *option);

/* ---- what happened to it; false: it was not where that can happen, and nothing changed ---- */

/** measure_applied() - the router has it, with the end @told_until_us. */
bool measure_applied(struct measure *m, int64_t told_until_us, int64_t now_us);
bool measure_verified(struct measure *m);
bool measure_failed(struct measure *m, const char *why, int64_t now_us);
bool measure_withdraw(struct measure *m, const char *by, const char *why, int64_t now_us);
bool measure_gone(struct measure *m, int64_t now_us);

/** effect_is_measurable() - is the attack behind its point known, and before it, or what of it was
 * dropped there? The one rule: nothing else is ever told as an effect. */
bool effect_is_measurable(const struct measure_effect *e);

/* ---- lifting it ---- */

/** measure_propose_lift() - a person is to be asked to lift it, because of @en, @ja. False: it is
 * not in force, or that is proposed already. */
bool measure_propose_lift(struct measure *m, const char *en, const char *ja, int64_t now_us);

/** measure_void_lift() - the attack is back after @pause_us: nothing is proposed any more. The
 * longest pause is kept. False: nothing was proposed, and no pause was longer. */
bool measure_void_lift(struct measure *m, int64_t pause_us);

/** measure_begin_probe() - it is lifted for a moment, until @until_us. False: not now. */
bool measure_begin_probe(struct measure *m, int64_t until_us, int64_t now_us);

/** measure_end_probe() - it stands again. False: it was not lifted. */
bool measure_end_probe(struct measure *m, enum probe_end end);

enum renew_answer {
	RENEW_GOOD,
	RENEW_NOT_STANDING, /* it is not in force */
	RENEW_NOT_SIGNED,   /* the countersign is still due */
	RENEW_NO_NECESSITY,
	RENEW_SAME_NECESSITY, /* the line that stands there already */
	RENEW_PAST,	      /* no end, or one that is over */
	RENEW_LONG,	      /* longer in all than @longest_s */
	RENEW_ANSWERS
};

/** measure_renew() - a new end for one in force, with a new line of why it is still necessary.
 * @longest_s: of its basis, all renewals counted; 0: no limit. Whoever calls it says in renewed_by
 * who approved that. */
enum renew_answer measure_renew(struct measure *m, const char *necessity, int64_t until_us,
				uint64_t longest_s, int64_t now_us);

/** measure_ask_renewal() - the same, but it waits for another person than @who; the end that stands
 * stays in force. What waited before is void. */
enum renew_answer measure_ask_renewal(struct measure *m, const char *who, const char *necessity,
				      int64_t until_us, uint64_t longest_s, int64_t now_us);
bool measure_renewal_waits(const struct measure *m);

/** measure_approve_renewal() - by that other person: the end that was asked for is in force.
 * APPROVE_LATE: none waits, or it cannot be any more; @why (may be NULL) is why then. */
enum approve_answer measure_approve_renewal(struct measure *m, const char *person,
					    uint64_t longest_s, int64_t now_us,
					    enum renew_answer *why);

json_t *measure_json(const struct measure *m); /* stable; owned, NULL without memory */
int measure_from_json(const json_t *from, struct measure *out); /* 0 or -EINVAL */

/** measure_effect_json() - its key `effect` alone, null where there is none; owned, NULL without
 * memory. measure_effect_from_json(): 0 or -EINVAL; of null @out stays as it is. */
json_t *measure_effect_json(const struct measure_effect *e);
int measure_effect_from_json(const json_t *from, struct measure_effect *out);

/** measure_text() - the JSON as the body of a row; owned, NULL without memory.
 * measure_from_text(): 0, -EINVAL or -ENOMEM; for want of memory it never reads another one. */
char *measure_text(const struct measure *m);
int measure_from_text(const char *body, struct measure *out);

const char *measure_stage_name(enum measure_stage s);
const char *measure_how_name(enum measure_how h);
const char *approve_answer_name(enum approve_answer a); /* stable word, "same_person" */
const char *renew_answer_name(enum renew_answer a);
const char *probe_end_name(enum probe_end e); /* "seen"; "none" */

/* ---- for people ---- */

/** measure_what() - what it does: "blackhole (RTBH) for 192.0.2.7/32 at border-1". */
void measure_what(const struct measure *m, bool ja, struct text *out);

/** measure_short() - one line for a list: id, stage, what, where, until when, by whom. */
void measure_short(const struct measure *m, const char *zone, bool ja, struct text *out);

/** measure_stuck_say() - that no router can be asked for it any more, and why; nothing where one
 * can. A part of a sentence. */
void measure_stuck_say(const struct measure *m, bool ja, struct text *out);

/* A line of the audit log about a measure; texts borrowed. */
struct measure_line {
	uint64_t seq;
	int64_t at_us;
	const char *actor, *act, *from, *to, *words; /* "" none */
};

/** measure_line_print() - one such line as the printout has it; @subject: what it is about, "" what
 * was named before. */
void measure_line_print(const struct measure_line *line, const char *subject, const char *zone,
			bool ja, struct text *out);

/** measure_print() - the printout for the regulator: all that is known of it, and @n lines of the
 * log. @basis: NULL where the law has none of that name any more. */
void measure_print(const struct measure *m, const struct law_basis *basis,
		   const struct measure_line *line, unsigned n, const char *zone, bool ja,
		   struct text *out);
