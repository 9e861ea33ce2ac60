/* SPDX-License-Identifier: ISC */
/*
 * What was said of incidents: marks of people, suppressions, and what the configuration announced.
 * All of them are recorded and shown like any other; these only say, in one word, why nobody was to
 * be woken.
 */
#pragma once

#include "base/map.h"
#include "conf/conf.h"
#include "duty/duty.h"
#include "judge/incident.h"
#include "store/desk_duty.h"

#define SAID_MARKS_MAX	      65536
#define SAID_SUPPRESSIONS_MAX 4096
#define SUPPRESSION_MAX_S     (30 * 86400) /* none lasts longer */

struct mark {
	bool is_false; /* else somebody said that it is real */
	int64_t at_us;
	char actor[ALARM_NAME_MAX], reason[256];
};

struct said {
	struct map *marks;	  /* incident's id -> struct mark, the last one */
	struct suppression *list; /* in order of writing */
	unsigned n, room;
	uint64_t turned_away; /* marks beyond the cap, suppressions beyond theirs or without an end
			       */
};

enum said_word {
	SAID_NOTHING,
	SAID_FALSE,
	SAID_TRUE,
	SAID_TEST,
	SAID_MAINTENANCE,
	SAID_SUPPRESSED,
	SAID_WORDS
};

/** said_init() - Return: 0 or -ENOMEM; said_deinit() in both cases. */
int said_init(struct said *s);
void said_deinit(struct said *s);

/** said_act() - take an act of desk.db, in order: mark, suppress, lift; others are passed over.
 * A desk_act_row_fn. Return: 0 or -ENOMEM. */
int said_act(void *said, const struct desk_act_row *row);

/** said_mark() - the last mark of an incident, NULL none. */
const struct mark *said_mark(const struct said *s, const char *incident);

/** suppression_end_us() - when it ends or was lifted, whichever is first. */
int64_t suppression_end_us(const struct suppression *x);

/** suppression_is_of() - is it about the object of @inc (its target, where nothing protected is
 * hit) and about vector @v? NULL, no vector known: only one of all vectors is. Times are not looked
 * at. */
bool suppression_is_of(const struct suppression *x, const struct incident *inc,
		       const struct finding_vector *v);

/** suppression_covers() - is every vector of @inc its own, and did @inc go on while it was in
 * force? */
bool suppression_covers(const struct suppression *x, const struct incident *inc);

/** said_suppression() - one that covers @inc; where each vector is covered by another of them,
 * that of the last vector. NULL none. */
const struct suppression *said_suppression(const struct said *s, const struct incident *inc);

/** said_maintenance() - the announced work during which @inc ended its run so far; NULL none. */
const struct conf_maintenance *said_maintenance(const struct conf *c, const struct incident *inc);

/** said_of() - the word for @inc: a person's mark before what was announced. @c may be NULL. */
enum said_word said_of(const struct said *s, const struct conf *c, const struct incident *inc);

/** said_name() - stable word, "" for nothing; said_text() - in English or Japanese. */
const char *said_name(enum said_word w);
const char *said_text(enum said_word w, bool ja);

/** mark_body(), suppression_body() - the JSON of an act; owned, NULL without memory. */
char *mark_body(const struct mark *m);
char *suppression_body(const struct suppression *x);
