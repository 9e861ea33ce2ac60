/* SPDX-License-Identifier: ISC */
/*
 * Notices that wait for their incident: those of cases that have none, among what a viewer sees.
 * Loaded once, they are held against each incident that is heard of, so that an attack that begins
 * behind the notice finds its case. Bounded: the last ones written, and one is looked at at a time.
 */
#pragma once

#include "desk/desk.h"

#define DESK_WAITING_MAX 2000

struct desk_waiting;

/**
 * desk_waiting_load() - read them into *@w, again where it was read before: a notice that was known
 * is not parsed twice. Those that are new ask to be looked at. Return: 0, or an answer with *@w as
 * it was (NULL at first).
 */
int desk_waiting_load(struct desk *d, struct desk_waiting **w);
struct desk_waiting *desk_waiting_free(struct desk_waiting *w);
static inline void desk_waiting_freep(struct desk_waiting **w)
{
	*w = desk_waiting_free(*w);
}
#define _cleanup_desk_waiting_ _cleanup_(desk_waiting_freep)

/** desk_waiting_hear() - an incident was heard of: notices that very likely mean it ask.
 * desk_waiting_hear_all(): of more than can be told one by one. */
void desk_waiting_hear(const struct desk *d, struct desk_waiting *w, const struct incident *inc);
void desk_waiting_hear_all(struct desk_waiting *w);

/** desk_waiting_asks() - does one ask to be looked at? */
bool desk_waiting_asks(const struct desk_waiting *w);

/* What a look did. */
struct desk_joined {
	char case_id[DESK_ID_MAX]; /* "" nothing was joined */
	char incident[INCIDENT_ID_MAX];
};

/**
 * desk_waiting_look() - the next one that asks: where it is certain which incident it means, that
 * is joined as `case propose --join` does it. Not so where the notice was to stay alone, and in no
 * case of which people have undone something or split something off: what they took apart stays
 * apart. Return: 0 or an answer.
 */
int desk_waiting_look(struct desk *d, struct desk_waiting *w, struct desk_joined *did);

/* Where an incident belongs, as the viewer sees it. */
struct desk_belongs {
	char case_id[DESK_ID_MAX]; /* "" nothing is known */
	char incident[INCIDENT_ID_MAX];
	bool proposed; /* it is not in that case; .match says how likely it belongs there */
	struct match match;
};

/** desk_belongs() - the case that holds @inc, else the best proposal, as @w was read. */
void desk_belongs(const struct desk *d, const struct desk_waiting *w, const struct incident *inc,
		  struct desk_belongs *out);

/** desk_belongs_say() - as a clause: "part of case c1", "very likely part of case c1", and with
 * @advice " (noroshi case join c1 n1)" behind it; nothing where nothing is known. "en" or "ja". */
void desk_belongs_say(const struct desk_belongs *b, bool advice, const char *language,
		      struct text *out);

/** desk_belongs_json() - {case, proposed} and, of a proposal, {score, fit}. NULL: nothing is known,
 * or no memory. */
json_t *desk_belongs_json(const struct desk_belongs *b);
