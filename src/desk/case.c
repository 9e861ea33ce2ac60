/* SPDX-License-Identifier: ISC */
/*
 * A case as one viewer sees it: its visible entries in order of time, and what follows from them
 * alone. Nothing that depends on an unseen entry may reach the caller.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "desk/inside.h"

#define IDS_MAX	 100000
#define HOPS_MAX 16

static const struct {
	int answer;
	const char *en, *ja;
} sentences[] = {
	{DESK_NO_CASE, "there is no such case", "その案件はありません"},
	{DESK_NO_ENTRY, "the case has no such entry", "その案件にその項目はありません"},
	{DESK_AMBIGUOUS, "more than one begins so", "先頭が同じものが複数あります"},
	{DESK_ALREADY, "it is so already", "すでにその状態です"},
	{DESK_NOTHING_LEFT, "nothing would be left in the case", "案件に何も残らなくなります"},
	{DESK_NO_ACT, "there is nothing to undo", "取り消せる操作がありません"},
	{DESK_MOVED_SINCE, "what it did has been changed since; undo that first",
	 "その後に変更されています。先にそちらを取り消してください"},
	{DESK_NO_EVENT, "no calendar has such an event", "その行事はどの暦にもありません"},
	{DESK_ITSELF, "a case cannot join itself", "案件を自分自身に統合することはできません"},
	{DESK_NO_INCIDENT, "the store has no such incident", "その検知は記録庫にありません"},
	{DESK_TOO_MANY, "those are too many at once", "一度に扱うには多すぎます"},
};

const char *desk_answer(int answer, const char *language)
{
	for (size_t i = 0; i < ARRAY_LEN(sentences); i++)
		if (sentences[i].answer == answer)
			return strcmp(language, "ja") == 0 ? sentences[i].ja : sentences[i].en;
	return desk_db_answer(answer, language);
}

struct desk_case *desk_case_free(struct desk_case *c)
{
	for (unsigned i = 0; c && i < c->n_items; i++)
		desk_item_deinit(&c->items[i]);
	if (c)
		free(c->items);
	free(c);
	return NULL;
}

struct loading {
	struct desk *d;
	struct desk_case *c;
	unsigned room;
};

static int on_row(void *userdata, const struct desk_row *row)
{
	struct loading *l = userdata;
	struct desk_item *grown;
	int r;

	if (!desk_row_seen(l->d, row))
		return 0;
	if (l->c->n_items == l->room) {
		l->room = l->room ? l->room * 2 : 8;
		grown = realloc(l->c->items, l->room * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		l->c->items = grown;
	}
	r = desk_item_from_row(l->d, row, &l->c->items[l->c->n_items]);
	if (r == 0)
		l->c->n_items++;
	return r;
}

static int by_time(const void *a, const void *b)
{
	const struct desk_item *x = a, *y = b;

	if (x->when_us != y->when_us)
		return x->when_us < y->when_us ? -1 : 1;
	if (x->at_us != y->at_us)
		return x->at_us < y->at_us ? -1 : 1;
	return strcmp(x->id, y->id);
}

static void widen(struct desk_case *c, int64_t from_us, int64_t until_us)
{
	if (from_us != TIME_NONE && (c->from_us == TIME_NONE || from_us < c->from_us))
		c->from_us = from_us;
	if (until_us != TIME_NONE && (c->until_us == TIME_NONE || until_us > c->until_us))
		c->until_us = until_us;
}

static void span_of_notice(struct desk_case *c, const struct notice *n)
{
	int64_t from_us = n->from_us != TIME_NONE ? n->from_us : n->until_us;
	int64_t until_us = n->until_us != TIME_NONE ? n->until_us : n->from_us;

	if (from_us == TIME_NONE)
		from_us = until_us = n->received_us;
	widen(c, from_us, until_us);
}

/* When it was: what we saw, and only without that what we were told. */
static void find_span(struct desk_case *c)
{
	bool seen = false;

	c->from_us = c->until_us = TIME_NONE;
	for (unsigned i = 0; i < c->n_items; i++) {
		const struct incident *inc = c->items[i].incident;

		if (inc)
			widen(c, inc->f.first_us, inc->f.last_us);
		seen |= inc != NULL;
	}
	for (unsigned i = 0; !seen && i < c->n_items; i++)
		if (c->items[i].notice)
			span_of_notice(c, c->items[i].notice);
}

static bool sort_out(struct desk_case *c)
{
	bool exists = false;

	qsort(c->items, c->n_items, sizeof(c->items[0]), by_time);
	for (unsigned i = 0; i < c->n_items; i++) {
		const struct desk_item *e = &c->items[i];

		exists |= e->kind != DESK_EVENT;
		if (i == 0 || e->at_us < c->opened_us)
			c->opened_us = e->at_us;
		if (i == 0 || e->at_us > c->changed_us)
			c->changed_us = e->at_us;
	}
	find_span(c);
	return exists;
}

int desk_case_load(struct desk *d, const struct desk_case_row *row, struct desk_case **out)
{
	_cleanup_desk_case_ struct desk_case *c = calloc(1, sizeof(*c));
	struct loading l = {.d = d, .c = c};
	int r;

	if (!c)
		return -ENOMEM;
	snprintf(c->id, sizeof(c->id), "%s", row->id);
	c->closed = strcmp(row->state, "closed") == 0;
	c->drill = desk_db_kind(d->db) == STORE_DRILL;
	r = desk_db_entries(d->db, c->id, on_row, &l);
	if (r)
		return r;
	if (!c->n_items || !sort_out(c))
		return DESK_NO_CASE;
	*out = take_ptr(c);
	return 0;
}

/* Rows of cases, copied: a case is loaded by statements of its own. */
struct case_rows {
	struct {
		char id[DESK_ID_MAX], state[8], merged[DESK_ID_MAX];
	} * list;
	size_t n, room;
};

static int keep_row(void *userdata, const struct desk_case_row *row)
{
	struct case_rows *rows = userdata;

	if (rows->n == rows->room) {
		size_t room = rows->room ? rows->room * 2 : 16;
		void *grown = rows->n < IDS_MAX ? realloc(rows->list, room * sizeof(rows->list[0]))
						: NULL;

		if (!grown)
			return rows->n < IDS_MAX ? -ENOMEM : DESK_TOO_MANY;
		rows->list = grown;
		rows->room = room;
	}
	snprintf(rows->list[rows->n].id, DESK_ID_MAX, "%s", row->id);
	snprintf(rows->list[rows->n].state, 8, "%s", row->state);
	snprintf(rows->list[rows->n].merged, DESK_ID_MAX, "%s", row->merged_into);
	rows->n++;
	return 0;
}

static void rows_deinit(struct case_rows *rows)
{
	free(rows->list);
}

static int load_row(struct desk *d, const struct case_rows *rows, size_t i, struct desk_case **out)
{
	return desk_case_load(d,
			      &(struct desk_case_row){rows->list[i].id, rows->list[i].state,
						      rows->list[i].merged},
			      out);
}

static bool holds_from(const struct desk_case *c, const char *home)
{
	for (unsigned i = 0; i < c->n_items; i++)
		if (strcmp(c->items[i].home, home) == 0)
			return true;
	return false;
}

/* Where a case that joined another is now, for whoever could see it before. */
static int follow(struct desk *d, const char *old, const char *into, struct desk_case **out)
{
	char next[DESK_ID_MAX];

	snprintf(next, sizeof(next), "%s", into);
	for (int hop = 0; *next && hop < HOPS_MAX; hop++) {
		_cleanup_(rows_deinit) struct case_rows rows = {0};
		_cleanup_desk_case_ struct desk_case *c = NULL;
		int r = desk_db_cases(d->db, next, keep_row, &rows);

		if (r || rows.n != 1)
			return r ? r : DESK_NO_CASE;
		r = load_row(d, &rows, 0, &c);
		if (r == 0 && holds_from(c, old)) {
			*out = take_ptr(c);
			return 0;
		}
		if (r && r != DESK_NO_CASE)
			return r;
		snprintf(next, sizeof(next), "%s", rows.list[0].merged);
	}
	return DESK_NO_CASE;
}

int desk_case_get(struct desk *d, const char *id, struct desk_case **out)
{
	_cleanup_(rows_deinit) struct case_rows rows = {0};
	_cleanup_desk_case_ struct desk_case *found = NULL;
	int r = *id ? desk_db_cases(d->db, id, keep_row, &rows) : DESK_NO_CASE;
	bool twice = false;

	for (size_t i = 0; r == 0 && i < rows.n; i++) {
		_cleanup_desk_case_ struct desk_case *c = NULL;

		r = load_row(d, &rows, i, &c);
		if (r == DESK_NO_CASE)
			r = follow(d, rows.list[i].id, rows.list[i].merged, &c);
		if (r == DESK_NO_CASE) {
			r = 0;
			continue;
		}
		if (r)
			break;
		if (found && strcmp(found->id, c->id) != 0)
			twice = true;
		desk_case_free(found);
		found = take_ptr(c);
	}
	if (r)
		return r;
	if (!found)
		return DESK_NO_CASE;
	if (twice)
		return DESK_AMBIGUOUS;
	*out = take_ptr(found);
	return 0;
}

int desk_case_each(struct desk *d, desk_case_take_fn fn, void *userdata)
{
	_cleanup_(rows_deinit) struct case_rows rows = {0};
	int r = desk_db_cases(d->db, "", keep_row, &rows);

	for (size_t i = 0; r == 0 && i < rows.n; i++) {
		struct desk_case *c = NULL;

		r = load_row(d, &rows, i, &c);
		if (r == DESK_NO_CASE)
			r = 0;
		else if (r == 0)
			r = fn(userdata, c);
	}
	return r;
}

struct looking {
	struct desk *d;
	const char *incident;
	char *case_id;
};

static int on_ref(void *userdata, const struct desk_row *row)
{
	struct looking *l = userdata;

	if (!*l->case_id && strcmp(row->kind, "incident") == 0 && *row->case_id &&
	    strcmp(row->ref, l->incident) == 0 && desk_row_seen(l->d, row))
		snprintf(l->case_id, DESK_ID_MAX, "%s", row->case_id);
	return 0;
}

int desk_case_of_incident(struct desk *d, const char *id, char *case_id)
{
	struct looking l = {d, id, case_id};

	*case_id = '\0';
	return desk_db_find(d->db, id, on_ref, &l);
}
