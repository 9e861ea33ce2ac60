/* SPDX-License-Identifier: ISC */
/*
 * The desk: cases. A case is what several people learnt of one thing: incidents that we saw
 * ourselves, notices that others gave, notes, and the event it belongs to. It may begin with any of
 * them. Nothing is deleted: an entry moves from case to case or is taken back, each step is one act
 * in the log, and each act can be undone.
 *
 * Everything here is asked by a viewer. An entry whose circle is not theirs does not exist for
 * them: not in lists, figures, times, proposals, the log, nor in the answer to an id. A case exists
 * for whoever can see one incident, notice or note in it.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"
#include "desk/calendar.h"
#include "judge/circle.h"
#include "judge/incident.h"
#include "judge/match.h"
#include "judge/notice.h"
#include "store/desk.h"
#include "store/store.h"

/* Positive answers beside those of the stores; desk_answer() has all sentences. */
enum desk_refusal {
	DESK_NO_CASE = 96, /* none that this viewer may see */
	DESK_NO_ENTRY,	   /* the case has no such entry */
	DESK_AMBIGUOUS,	   /* more than one begins so */
	DESK_ALREADY,	   /* it is in that case, or in that state, already */
	DESK_NOTHING_LEFT, /* a split would leave the case empty */
	DESK_NO_ACT,	   /* nothing to undo */
	DESK_MOVED_SINCE,  /* what it did has been changed since */
	DESK_NO_EVENT,
	DESK_ITSELF, /* a case cannot join itself */
	DESK_NO_INCIDENT,
	DESK_TOO_MANY,
};

/** desk_answer() - a plain sentence, "en" or "ja". */
const char *desk_answer(int answer, const char *language);

struct desk {
	struct desk_db *db;  /* owned by the caller */
	struct store *watch; /* incidents; NULL where there is no watch store yet */
	const struct conf *conf;
	const struct calendar *calendar; /* NULL none */
	struct viewer viewer;
	char actor[DESK_ACTOR_MAX];
	struct circle written; /* of what names no circle */
	int64_t now_us;
};

enum desk_kind { DESK_INCIDENT, DESK_NOTICE, DESK_NOTE, DESK_EVENT, DESK_KINDS };
const char *desk_kind_name(enum desk_kind k);

/* One visible entry. */
struct desk_item {
	char id[DESK_ID_MAX], home[DESK_ID_MAX];
	enum desk_kind kind;
	char ref[DESK_REF_MAX]; /* id of the incident or event */
	struct circle circle;
	char actor[DESK_ACTOR_MAX];
	int64_t at_us;	 /* written */
	int64_t when_us; /* its place in the order of time */
	int64_t erased_us;
	bool automatic; /* joined by the rule, not by a person */
	bool alone;	/* a notice that was to be joined with nothing by itself */
	bool has_fit;	/* .fit says why it was joined; its score is not kept */
	struct match fit;
	char *text;		   /* owned: a note, or (of before) why it was joined; NULL none */
	struct notice *notice;	   /* owned; NULL where erased */
	struct incident *incident; /* owned, without course and evidence; NULL: not in the store */
};

/* A case as its viewer sees it. */
struct desk_case {
	char id[DESK_ID_MAX];
	bool closed, drill;
	struct desk_item *items; /* owned, in order of when_us */
	unsigned n_items;
	int64_t opened_us, changed_us; /* of what is seen */
	int64_t from_us, until_us;     /* of the attack: by incidents, else by notices; TIME_NONE */
};

struct desk_case *desk_case_free(struct desk_case *c);
static inline void desk_case_freep(struct desk_case **c)
{
	*c = desk_case_free(*c);
}
#define _cleanup_desk_case_ _cleanup_(desk_case_freep)

/**
 * desk_case_get() - by its id or the beginning of one; the id of a case that joined another leads
 * there. Return: 0 with *@out owned, DESK_NO_CASE, DESK_AMBIGUOUS, or an answer of the store.
 */
int desk_case_get(struct desk *d, const char *id, struct desk_case **out);

/** Called with a case, which is the callee's to keep or free. Not 0 ends the walk. */
typedef int (*desk_case_take_fn)(void *userdata, struct desk_case *case_take);

/** desk_case_each() - all that the viewer can see, by id. */
int desk_case_each(struct desk *d, desk_case_take_fn fn, void *userdata);

/** desk_case_of_incident() - the first visible case that holds incident @id, into @case_id
 * (DESK_ID_MAX, "" none). Return: 0 or an answer. */
int desk_case_of_incident(struct desk *d, const char *id, char *case_id);

/* ---- acts; each is one line of the log ---- */

/* A new entry. */
struct desk_new {
	enum desk_kind kind;
	const char *ref;	     /* incident or event, else NULL */
	const struct notice *notice; /* its circle counts where it has one */
	const char *text;	     /* note */
	const struct match *fit;     /* of what the rule joins: why; NULL none */
	const struct circle *circle; /* NULL: desk.written; events and incidents: company */
	bool automatic, alone;
};

/** desk_open_case() - a new case of @n entries; its id into @case_id (DESK_ID_MAX). @entry_ids:
 * room for @n ids, or NULL. */
int desk_open_case(struct desk *d, const struct desk_new *entries, unsigned n, char *case_id,
		   char (*entry_ids)[DESK_ID_MAX]);

/** desk_add() - entries more for a case that the viewer sees. */
int desk_add(struct desk *d, const struct desk_case *c, const struct desk_new *entries, unsigned n,
	     char (*entry_ids)[DESK_ID_MAX]);

/**
 * desk_merge() - two cases become one, with all entries, those unseen too. The name of @into stays,
 * but where wider circles can see @from, its name does: else they would see their case go into one
 * that they never saw. @kept: the name that stays, DESK_ID_MAX, or NULL.
 */
int desk_merge(struct desk *d, const struct desk_case *into, const struct desk_case *from,
	       char *kept);

/** desk_split() - entries (ids, beginnings of ids, or incidents' ids) into a new case. */
int desk_split(struct desk *d, const struct desk_case *c, char *const *ids, unsigned n,
	       char *case_id);

/** desk_set_closed() - close or open again. Return: 0, DESK_ALREADY, or an answer. */
int desk_set_closed(struct desk *d, const struct desk_case *c, bool closed);

/**
 * desk_undo() - take back the act whose id begins with @act, or with NULL the last one that the
 * viewer sees and that is not undone yet. An undone undo is done again.
 * @done: the act's word ("join", ...), 16 bytes.
 */
int desk_undo(struct desk *d, const struct desk_case *c, const char *act, char *done);

/**
 * desk_take_notice() - a notice comes in: where exactly one incident is certainly meant, it joins
 * that incident's case (or opens one with it), else it opens a case of its own.
 * @joined: the incident it was joined with, INCIDENT_ID_MAX, "" none.
 */
int desk_take_notice(struct desk *d, const struct notice *n, bool alone, char *case_id,
		     char *joined);

/* ---- proposals ---- */

enum desk_proposal_kind {
	DESK_PROPOSE_INCIDENT, /* a notice, and an incident it may speak of */
	DESK_PROPOSE_MERGE,    /* two cases that may be one */
};

struct desk_proposal {
	enum desk_proposal_kind kind;
	char case_id[DESK_ID_MAX]; /* the case that may grow */
	char notice[DESK_ID_MAX];  /* the entry that is matched, "" none */
	char incident[INCIDENT_ID_MAX];
	char other_case[DESK_ID_MAX]; /* the case that holds the incident, or may join; "" none */
	struct match match;
	bool same_incident; /* merge: both hold it */
};

struct desk_proposals {
	struct desk_proposal *list; /* owned */
	unsigned n, room;
	bool cut; /* there were more than are looked at */
};
void desk_proposals_deinit(struct desk_proposals *p);

/** desk_propose() - what might belong together, among what the viewer sees. @only: a case, or NULL
 * all. Best first. */
int desk_propose(struct desk *d, const struct desk_case *only, struct desk_proposals *out);

/** desk_join_certain() - do what is certain. @n: how many joins. */
int desk_join_certain(struct desk *d, unsigned *n);

/* ---- showing ---- */

/** desk_case_json() - the whole case; @contacts reveals them to whom they are for. Owned, or NULL.
 */
json_t *desk_case_json(struct desk *d, const struct desk_case *c, bool contacts);

/** desk_case_print() - for people, "en" or "ja". */
void desk_case_print(struct desk *d, const struct desk_case *c, bool contacts, const char *language,
		     struct text *out);

/** desk_case_subject() - targets and vectors of a case in a few words, for a table. */
void desk_case_subject(const struct desk_case *c, struct text *out);

json_t *desk_proposal_json(const struct desk_proposal *p);
void desk_proposal_print(const struct desk_proposal *p, const char *language, struct text *out);

/* A line of the log as the viewer sees it: numbers and MACs are for VIEWER_ALL alone. */
struct desk_act {
	uint64_t seq; /* of the log for VIEWER_ALL, else counted among what is seen */
	char id[DESK_ID_MAX], actor[DESK_ACTOR_MAX], act[16], undoes[DESK_ID_MAX];
	int64_t at_us;
	json_t *entries, *cases; /* owned: what is seen of it */
	json_t *acts;		 /* owned: what was said to alarms, incidents and suppressions */
	const uint8_t *mac;	 /* NULL unless VIEWER_ALL; borrowed */
};

typedef int (*desk_act_fn)(void *userdata, const struct desk_act *act);

/** desk_audit() - the log, oldest first; @only: what touched this case, or NULL all. */
int desk_audit(struct desk *d, const struct desk_case *only, desk_act_fn fn, void *userdata);
