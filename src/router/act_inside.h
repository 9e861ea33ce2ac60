/* SPDX-License-Identifier: ISC */
/* The role from inside. Inside the room only. */
#pragma once

#include <jansson.h>
#include <sys/types.h>

#include "act/law.h"
#include "act/measure.h"
#include "act/measure_lift.h"
#include "act/measure_probe.h"
#include "act/plan.h"
#include "base/clock.h"
#include "base/loop.h"
#include "base/map.h"
#include "router/act.h"
#include "router/check.h"
#include "router/router.h"
#include "router/talk.h"
#include "router/world.h"
#include "store/desk_act.h"
#include "store/store.h"

#define ACT_TICK_US	 (100 * US_PER_MS)
#define ACT_LOOK_US	 US_PER_S	/* at least so often it looks at the watch */
#define ACT_AGAIN_US	 US_PER_S	/* after a router did not answer, or said no to an end */
#define ACT_ANSWER_US	 (5 * US_PER_S) /* whoever starts waits so long for the router */
#define ACT_KEEP_US	 (2 * WORLD_RECENT_US) /* a measure that is over is remembered so long */
#define ACT_MEASURES_MAX 8192
#define ACT_LOG_WHY_MAX	 160
#define ACT_SPENT_KEY	 96
#define ACT_TOLD_KEY	 96
#define ACT_FORGED_KEY	 24
#define ACT_FORGED_MAX	 64 /* told one by one; whoever writes rows could write any number */
#define ACT_CLIENTS_MAX	 32
#define ACT_CLIENT_US	 (5 * US_PER_S) /* for a request to come */

/* A measure, and what is known of it beside the store. */
struct act_measure {
	struct measure m;
	bool in_router; /* it acknowledged it, and has not been lost since */
	bool busy;	/* a command is under way; busy_us, monotonic: it is waited for so long */
	int64_t busy_us;
	int64_t telling_us; /* the end that the router is being told */
	int64_t has_us;	    /* monotonic; since when the router has it */
	int64_t again_us;   /* monotonic; not before, 0 at once */
	uint64_t client;    /* who waits for the router's answer, 0 nobody */
	int64_t client_us;  /* monotonic; how long */
	int64_t effect_us;  /* monotonic; of the next look at its effect */
	int64_t row_us;	    /* when its row was last written, 0 not in this life of the role */
	int64_t over_us;    /* monotonic; since when nothing is left to do, 0 not yet */
	int64_t away_us;    /* monotonic; since when no neighbour leads to what is to go, 0 none */
	int told_stuck;	    /* people were told so: 1 while it is in force, 2 since it ended */
	bool refused;	    /* its router said no, and was not asked otherwise since */
	struct lift lift;   /* what was seen of it, to tell when it could be lifted */
	struct lift_view lift_view;
	int64_t pause_us;	     /* of the attack, as the incident and the store have it */
	enum probe_answer unweighed; /* why it was not probed when it could have been */
	int64_t weigh_us;	     /* monotonic; not before */
};

/* The one probe that may be under way. */
struct act_probe {
	enum {
		PROBE_IDLE,
		PROBE_WEIGHS, /* the measure stands */
		PROBE_ASKED,  /* the router is asked to lift it */
		PROBE_LIFTED,
		PROBE_BACK, /* the router is told again that it shall stand */
	} phase;
	char measure[MEASURE_ID_MAX];
	struct probe p;
	struct router_gauge last; /* of the second before */
	int64_t since_us;	  /* monotonic; in this phase */
	int64_t look_us;	  /* monotonic; of the next look at measures, or at its end */
	enum probe_end end;
	const char *why_en, *why_ja; /* of PROBE_STOPPED */
};

struct act_router {
	struct router *r;
	struct act *act;
	bool told; /* since it is up, everything was told */
};

struct act_client {
	struct talk talk;
	uint64_t id;
	uid_t uid;
	int64_t ends_us; /* monotonic */
	bool waits;	 /* for a router */
	struct act *act;
};

/* An incident that is open, as the last look saw it. */
struct act_incident {
	uint32_t revision, judged; /* the last one that standing orders were held against */
	uint64_t unmeant;	   /* by orders of this loading of the configuration */
	uint64_t seen;		   /* number of the look */
	int64_t judged_us;	   /* monotonic */
};

struct act_auto {
	char order[CONF_DUTY_NAME_MAX];
	int64_t at_us;
};
#define ACT_AUTOS_MAX 1024

struct act_hooks;

struct act {
	const struct act_options *o;
	struct conf *conf;
	struct law *law; /* NULL: none could be read */
	struct text law_why;
	char dir[CONF_TEXT_MAX];
	int lock;
	struct loop *loop;
	int64_t until_us; /* monotonic; 0 no end */
	bool drill, stopping;

	struct store *watch; /* NULL: there is none to read */
	ino_t watch_file;
	int notify; /* of the store's directory, -1 none */
	int hurry;  /* timerfd that looks a few times behind its news, -1 none */
	unsigned hurries;
	bool watch_changed;
	int64_t look_us;       /* monotonic; of the next look at the watch */
	struct map *incidents; /* id -> struct act_incident */
	uint64_t looks, loads; /* of the watch; of the configuration */
	struct desk_db *desk;

	struct act_measure **list; /* owned, each too */
	size_t n, room;
	int64_t wake_us;	    /* wall clock; when a measure has to be looked at */
	struct act_router *routers; /* by neighbour of the configuration */
	size_t n_routers;
	struct act_ghost *ghosts; /* owned; neighbours that were (act_home.c) */
	size_t n_ghosts;
	struct text not_reloaded, not_reloaded_ja; /* why the last reload was refused, "" it was not
						    */

	char socket[ACT_PATH_MAX];
	int door;
	struct act_client clients[ACT_CLIENTS_MAX];
	uint64_t client_id;

	struct act_auto autos[ACT_AUTOS_MAX]; /* automatic starts of the last day */
	unsigned n_autos;
	struct map *spent;	   /* "BASIS TARGET" -> microseconds, of measures that are gone */
	struct map *told_refusals; /* "INCIDENT ORDER WORD": said already */
	struct map *forged;	   /* id -> bool: it is in the log */
	int64_t forged_us;	   /* monotonic; of the next look for such rows */

	struct act_hooks *hooks;
	int64_t head_us, metrics_us; /* monotonic; of the next */
	uint64_t refusals, automatic, hook_failures;
	struct act_probe probe;
	uint64_t proposals, probes[PROBE_ENDS]; /* of lifting; ended probes, by what came of them */
	bool offline;	       /* no role: only to see whether something would be refused */
	json_t *offline_reply; /* owned */
	int fatal;	       /* of a callback that could not pass it up */
};

/* ---- act_open.c ---- */

/** act_conf() - load configuration and law. Return: enum act_answer, or a negative errno. */
int act_conf(struct act *a, struct text *why);
void act_open_watch(struct act *a);
int act_new_tables(struct act *a);

/** act_open_desk() - and all measures in it. Return: 0, ACT_STORE, or -ENOMEM. */
int act_open_desk(struct act *a, struct text *why);

/** act_open_routers() - each neighbour's. One that cannot be opened is said and left out. */
int act_open_routers(struct act *a);
void act_close_routers(struct act *a);
struct act_router *act_router_of(struct act *a, const char *neighbor);

/* ---- act_home.c ---- */

/** act_home() - the router that was told @m, by its place; NULL where none can be asked. */
struct act_router *act_home(struct act *a, const struct measure *m);

/** act_home_neighbor() - that router's configuration, borrowed; NULL where there is none now. */
const struct conf_neighbor *act_home_neighbor(struct act *a, const struct measure *m);

/** act_note_place() - where one that comes into force will be told, before it is written. */
void act_note_place(const struct act *a, struct measure *m);

/** act_stuck() - does no neighbour of the configuration lead to it? Then it is marked and people
 * are told: at once where it should stand, and where it is to go (@away) once nobody there takes it
 * away. */
bool act_stuck(struct act *a, struct act_measure *am, bool away);

/** act_is_past_told() - is the end past that its router was told, and keeps by itself? */
bool act_is_past_told(const struct measure *m);

/** act_keeps() - would @conf, in the place of ours, still lead to all that is not gone? @why: a
 * line for each neighbour where it would not. */
bool act_keeps(struct act *a, const struct conf *conf, struct text *why, struct text *ja);

/** act_open_ghosts() - the places of measures to which no neighbour leads. Return: 0 or -ENOMEM. */
int act_open_ghosts(struct act *a);
void act_close_ghosts(struct act *a);

/* ---- act_desk.c ---- */

/** act_load() - all measures that are not over, and how many were started automatically of late. */
int act_load(struct act *a);
struct act_measure *act_find(struct act *a, const char *id);

/** act_log_why() - which line of the audit log does not hold, into @buf (ACT_LOG_WHY_MAX); NULL: it
 * holds. Rows that are not ours are another matter: they are never acted on. */
const char *act_log_why(struct act *a, char *buf);

/** act_add() - a copy of @m joins; NULL without room. */
struct act_measure *act_add(struct act *a, const struct measure *m);

/** act_write() - the measure as it is now into the store, with its line of the log, and the hooks
 * are told. @from: the stage the row has; NULL it is new. Return: 0, or an answer; then the row is
 * as before. */
int act_write(struct act *a, struct act_measure *am, const char *from, const char *act_word,
	      const char *actor, const char *words);

/** act_write_plan() - @read: somebody reads it now. Return: 0 or an answer. */
int act_write_plan(struct act *a, const struct plan *p, const char *actor, bool read);

/** act_write_refusal() - into the log. It is written even where the store refuses other things;
 * when it cannot be, that is in the program's log. */
void act_write_refusal(struct act *a, const char *subject, const char *actor,
		       const struct refusal_text *t, const json_t *request);

/** act_spend() - one that is gone counts. act_spent_s() - how long measures on @basis for @target
 * have stood. */
void act_spend(struct act *a, const struct measure *m);
uint64_t act_spent_s(const struct act *a, const char *basis, const struct prefix *target,
		     int64_t now_us);

/* ---- act_forged.c ---- */

/** act_forged_tick() - once a minute: rows of measures that are not ours are in the log once, for
 * good, and people are paged. */
void act_forged_tick(struct act *a);

/** act_is_forged() - does the store have such a row whose id begins with @id? It is told then. */
bool act_is_forged(struct act *a, const char *id);

/* ---- act_sync.c ---- */

/** act_sync() - what has to be done now, for each measure. Return: 0 or a negative errno. */
int act_sync(struct act *a);
void act_told(void *userdata, struct router *r, enum router_event event, const char *measure,
	      const char *why);

/** act_end() - a person ends it. Return: 0 or an answer. */
int act_end(struct act *a, struct act_measure *am, const char *actor, const char *why);

/* ---- act_effect.c ---- */

void act_effect_tick(struct act *a);

/** act_effect_dropped() - what a counter says now becomes part of the effect. */
void act_effect_dropped(struct measure_effect *e, uint64_t packets, uint64_t bytes);

/** act_effect_last() - the row is about to be written for @word: where that ends it, its counter is
 * read once more, while the router still has it. Both sides are of the last ten seconds. */
void act_effect_last(struct act *a, struct act_measure *am, const char *word);

/* ---- act_lift.c ---- */

/** act_lift_look() - one more look at a measure that stands: is lifting it to be proposed? @inc:
 * its incident, NULL unread; then @watch is nothing. @counted: its counter could be read just now.
 */
struct effect_watch;
void act_lift_look(struct act *a, struct act_measure *am, const struct incident *inc,
		   const struct effect_watch *watch, bool counted);

/** act_attack_goes_on() - does the attack that @am is against go on? Its incident is open, or
 * another one of its target, or it was seen at the last look: a measure that works is what closes
 * an incident. */
bool act_attack_goes_on(struct act *a, const struct act_measure *am);

/** act_lift_propose() - in words; once, until the attack is back. */
void act_lift_propose(struct act *a, struct act_measure *am, const char *en, const char *ja);

/** act_lift_status() - how it stands with each measure in force whose id, plan or incident begins
 * with @id, at most LIFT_ROWS_MAX. Owned; NULL without memory. */
json_t *act_lift_status(struct act *a, const char *id);
#define LIFT_ROWS_MAX 256

/* ---- act_probe.c ---- */

void act_probe_tick(struct act *a);

/** act_probe_may() - the first reason against probing it now. */
enum probe_answer act_probe_may(struct act *a, const struct act_measure *am);

/** act_probe_holds() - is it lifted now, or asked to be? */
bool act_probe_holds(const struct act *a, const struct act_measure *am);

/** act_probe_stop() - what is probed is to be put back, by the next act_sync(), because of @en, @ja
 * (both kept). */
void act_probe_stop(struct act *a, const char *en, const char *ja);

/* What the router says: it is lifted; it is not, as it would not; it stands (again); it was lost.
 */
void act_probe_lifted(struct act *a, struct act_measure *am);
void act_probe_refused(struct act *a, struct act_measure *am, const char *why);
void act_probe_stands(struct act *a, struct act_measure *am);
void act_probe_lost(struct act *a, const char *neighbor);

/* ---- act_door.c ---- */

int act_open_door(struct act *a);
void act_close_door(struct act *a);
void act_door_tick(struct act *a);

/** act_reply() - to a client that may be gone; takes @o. */
void act_reply(struct act *a, uint64_t client, json_t *o);

/** act_reply_for() - whoever waits for this measure hears how it went; nobody may. */
void act_reply_for(struct act *a, struct act_measure *am, int exit, const char *en, const char *ja);

/* ---- act_requests.c, act_changes.c ---- */

/** act_request() - one request. Return: 0, or a negative errno that ends the role. */
int act_request(struct act *a, struct act_client *c, const json_t *request);

/* Who asks, and what came of it. */
struct act_asking {
	struct act *a;
	struct act_client *c;
	const json_t *request;
	const struct conf_approver *person; /* NULL: nobody that the configuration knows */
	enum measure_how how;
	char user[64];		      /* of the process */
	char actor[MEASURE_NAME_MAX]; /* for the log: the person, else the user */
	char consent[CONF_TEXT_MAX];  /* that a start rests on without a word of theirs */
	struct refusal_text t;
	int64_t now_us;
};

/** act_answer() - the reply, and the line of the log of a refusal. @subject: measure or incident.
 */
int act_answer(struct act_asking *x, int answer, const char *subject, json_t *more);

/** act_need_person() - by the peer, or by a signature over @hash and @option. Return: CHECK_GOOD,
 * or CHECK_LAW with x->t. */
int act_need_person(struct act_asking *x, const char *hash, unsigned option);

/** act_takes_offline() - a blackhole, of ours or of the transit. */
bool act_takes_offline(const struct plan_option *o);

/** act_facts() - what @m is, into a reply: `kind`, `target`, `point`, `until`, `offline`, and
 * `what` in both languages with what must be said of it. */
void act_facts(const struct act *a, const struct measure *m, json_t *reply);

/** act_find_measure() - by its id or the beginning of one. Return: CHECK_GOOD, or another with
 * x->t.
 */
int act_find_measure(struct act_asking *x, const char *id, struct act_measure **out);

/** act_need_peer() - a person by the peer, for what no signature is over. act_need_thawed() -
 * nothing is frozen. Return: as act_need_person(). */
int act_need_peer(struct act_asking *x);
int act_need_thawed(struct act_asking *x);

/** act_store_failed() - the answer where @r is one of the store. Return: as a request. */
int act_store_failed(struct act_asking *x, int r, const char *subject);

/** act_approve_refused() - @answer in words. Return: CHECK_LAW. */
int act_approve_refused(struct act_asking *x, enum approve_answer answer);

/** act_approve_renewal() - the renewal that waits, by the second person. Return: as a request. */
int act_approve_renewal(struct act_asking *x, struct act_measure *am);

int act_do_plan(struct act_asking *x);
int act_do_approve(struct act_asking *x);
int act_do_withdraw(struct act_asking *x);
int act_do_renew(struct act_asking *x);
int act_do_freeze(struct act_asking *x);
int act_do_status(struct act_asking *x);

/* ---- act_plan.c ---- */

/* What is needed to decide about an incident. */
struct act_case {
	struct incident *incident; /* owned */
	struct plan *plan;	   /* owned; made just now */
	struct world world;
	bool is_world;
};

/* A plan in the store: what it says must still be what would be planned now. */
struct kept_plan {
	char incident[INCIDENT_ID_MAX], hash[PLAN_HASH_MAX];
	struct plan_option option; /* of @number */
	int64_t made_us;	   /* or read again */
	unsigned number, hits;
	bool has_option, holds;
};

/** act_find_plan() - by its id. Return: CHECK_GOOD, or another with x->t. */
int act_find_plan(struct act_asking *x, const char *id, struct kept_plan *k);

/** act_as_read() - is option @o still what was read last of the incident whose plan is @now, where
 * somebody read one? Return: CHECK_GOOD, or CHECK_LAW with x->t, or -ENOMEM. */
int act_as_read(struct act_asking *x, const struct plan *now, const struct plan_option *o);

/** act_load_case() - act_case_load() as an answer. */
int act_load_case(struct act_asking *x, const char *id, struct act_case *c);

/* ---- act_start.c ---- */

/** act_case_load() - Return: 0, STORE_NOT_FOUND, STORE_AMBIGUOUS, another answer, or -ENOMEM; to be
 * freed by act_case_deinit() in either case. */
int act_case_load(struct act *a, const char *incident, struct act_case *c);
void act_case_deinit(struct act_case *c);
#define _cleanup_act_case_ _cleanup_(act_case_deinit)

int act_do_start(struct act_asking *x);

/** act_begin() - plan and measure into the store, as planned. Return: 0 with *@out, or an answer.
 */
int act_begin(struct act *a, const struct act_case *c, const struct plan_option *o,
	      const struct law_words *w, const char *standing, bool break_glass, const char *actor,
	      struct act_measure **out);

/** act_is_started() - does a measure that does the same stand for this incident? @planned: one that
 * waits for its approval counts too. @plan: one that ever began of this plan counts, "" none does:
 * what a signature approved must not begin again by itself. */
bool act_is_started(const struct act *a, const char *plan, const struct plan_option *o,
		    const char *incident, bool planned);

/** act_recheck() - may this measure, as it is stored, still begin? Return: enum check_answer. */
int act_recheck(struct act *a, const struct measure *m, const char *approver,
		struct refusal_text *t);

/** act_approve() - measure_approve() and its row. @answer: enum approve_answer. Return: 0 or an
 * answer of the store. */
int act_approve(struct act *a, struct act_measure *am, const char *person, enum measure_how how,
		const char *hash, enum approve_answer *answer);

/* ---- act_standing.c ---- */

/** act_look() - which incidents are open, and what standing orders say to them. */
int act_look(struct act *a);
/** act_incident_pps() - packets per second of its peak, 0 unknown. */
double act_incident_pps(const struct act *a, const char *incident);
void act_count_auto(struct act *a, const struct measure *m);
/** act_order_actor() - who acts by an order, as the log has it: "standing:NAME". @buf:
 * MEASURE_NAME_MAX. */
void act_order_actor(const struct conf_standing *s, char *buf);

/* ---- act_head.c, act_page.c, act_hooks.c, act_metrics.c ---- */

void act_head_tick(struct act *a);

/** act_page() - people on call are told in one sentence; @id makes the page the same one when it is
 * told again. */
void act_page(struct act *a, const char *about, const char *id, const char *en, const char *ja);
/** act_page_measure() - the same about a measure, with its effect, and with the command that
 * somebody may want to type then, by @id. */
void act_page_measure(struct act *a, const struct measure *m, const char *id, const char *en,
		      const char *ja);

/** act_page_lift() - that it could be lifted, and by which command; or (not @over) that the attack
 * is back. */
void act_page_lift(struct act *a, const struct measure *m, bool over);

/** act_mail() - the head of the log, as a mail by the courier. */
void act_mail(struct act *a, const char *to, const char *head);

struct act_hooks *act_hooks_new(void);
struct act_hooks *act_hooks_free(struct act_hooks *h);

/** act_hook() - an event of a measure: each program is told in order. */
void act_hook(struct act *a, const struct measure *m, const char *event);

/** act_hook_said() - an event that is about no measure: refused, frozen, thawed. */
void act_hook_said(struct act *a, const char *event, const char *subject, const char *word,
		   const char *why);
void act_hooks_tick(struct act *a);
void act_hooks_reap(struct act *a);

void act_metrics_tick(struct act *a);
