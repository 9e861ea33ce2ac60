/* SPDX-License-Identifier: ISC */
/* What the files of the desk share. Inside the room only. */
#pragma once

#include "desk/desk.h"

/** desk_put(), desk_push() - into an object or list; what is lost for want of memory is counted as
 * lost output (text_lost()). @value_take may be NULL, which counts as lost. */
static inline void desk_put(json_t *to, const char *key, json_t *value_take)
{
	if (json_object_set_new(to, key, value_take))
		text_note_lost();
}

static inline void desk_push(json_t *list, json_t *value_take)
{
	if (json_array_append_new(list, value_take))
		text_note_lost();
}

/** desk_parse() - JSON of a row. Return: 0 (with *@out NULL for what is none), or -ENOMEM. */
int desk_parse(const char *text, json_t **out);

/** desk_row_seen() - may the viewer see this row? */
bool desk_row_seen(const struct desk *d, const struct desk_row *row);

/** desk_item_from_row() - with its incident from the watch store. Return: 0 or an errno. */
int desk_item_from_row(struct desk *d, const struct desk_row *row, struct desk_item *out);
void desk_item_deinit(struct desk_item *i);

/** desk_case_load() - case @id by its whole id. Return: 0, DESK_NO_CASE, or an answer. */
int desk_case_load(struct desk *d, const struct desk_case_row *row, struct desk_case **out);

/** desk_fit_json() - what fitted, by its keys; owned, NULL without memory. desk_fit_read() - the
 * reverse. Return: false where it is none. */
json_t *desk_fit_json(const struct match *m);
bool desk_fit_read(const json_t *o, struct match *out);

/** desk_item_why() - why the rule joined it, "en" or "ja"; nothing where that is not known. */
void desk_item_why(const struct desk_item *e, const char *language, struct text *out);

/** desk_body() - the body of a new entry, whose notice takes @circle; owned, NULL without memory.
 */
char *desk_body(const struct desk_new *e, const struct circle *circle);

/** desk_incidents() - incidents alive in a span, oldest first; *@list owned, @n of them. */
int desk_incidents(struct desk *d, int64_t from_us, int64_t until_us, struct incident ***list,
		   unsigned *n);
void desk_incidents_free(struct incident **list, unsigned n);

/** desk_rank() - proposals for a notice among the incidents in reach. @found: the best ones with
 * the ids of their incidents, @max. Return: how many, or a negative error. */
struct desk_ranked {
	struct match match;
	char incident[INCIDENT_ID_MAX];
};
int desk_rank(struct desk *d, const struct notice *n, struct desk_ranked *found, unsigned max);

/** desk_reach() - the span in which a notice's attack may lie, with every mistake that is thought
 * of; TIME_NONE: no bound. desk_home_minutes(): of the zone that people here live in, see match.h.
 */
void desk_reach(const struct notice *n, int64_t *from_us, int64_t *until_us);
int desk_home_minutes(const struct desk *d);

/** desk_join_one() - do what a proposal of an incident says; @kept: the case it is in then,
 * DESK_ID_MAX, or NULL. */
int desk_join_one(struct desk *d, const struct desk_proposal *p, char *kept);

/** desk_scope_json(), desk_scope_print() - the scope judged with what the visible notices say. */
json_t *desk_scope_json(struct desk *d, const struct desk_case *c);
void desk_scope_print(struct desk *d, const struct desk_case *c, const char *language,
		      struct text *out);
