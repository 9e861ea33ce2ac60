/* SPDX-License-Identifier: ISC */
/*
 * What people do with cases. Each of these is one change of the store, so it happens whole, stands
 * in the log as one line, and can be undone as one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "desk/inside.h"

static const struct circle company = {.kind = CIRCLE_COMPANY};

/* Letters by which one sees what an id names; an incident has "n", a case "c", an act "a". */
static const char letters[DESK_KINDS] = {
	[DESK_INCIDENT] = 'j', [DESK_NOTICE] = 'r', [DESK_NOTE] = 'o', [DESK_EVENT] = 'v'};

/* What a new entry needs until the change is through. */
struct made {
	struct desk_move *moves;
	char **bodies, (*circles)[CIRCLE_TEXT_MAX];
	unsigned n;
};

static void made_deinit(struct made *m)
{
	for (unsigned i = 0; m->bodies && i < m->n; i++)
		free(m->bodies[i]);
	free(m->bodies);
	free(m->circles);
	free(m->moves);
}

static const struct circle *circle_of(const struct desk *d, const struct desk_new *e)
{
	if (e->notice && e->notice->has_circle)
		return &e->notice->circle;
	if (e->circle)
		return e->circle;
	return e->kind == DESK_INCIDENT || e->kind == DESK_EVENT ? &company : &d->written;
}

static int make_one(struct desk *d, const struct desk_new *e, const char *case_id, struct made *m,
		    unsigned i)
{
	struct desk_move *to = &m->moves[i];
	bool told = e->kind == DESK_NOTICE || e->kind == DESK_NOTE;

	m->bodies[i] = desk_body(e, circle_of(d, e));
	if (!m->bodies[i])
		return -ENOMEM;
	desk_db_id(letters[e->kind], to->id);
	snprintf(to->to, sizeof(to->to), "%s", case_id);
	to->kind = desk_kind_name(e->kind);
	to->ref = e->ref ? e->ref : "";
	to->circle = circle_format(circle_of(d, e), m->circles[i]);
	to->body = m->bodies[i];
	to->erase_by_us = told ? d->now_us + (int64_t)d->conf->keep.notice_s * US_PER_S : TIME_NONE;
	return 0;
}

static int make_all(struct desk *d, const struct desk_new *entries, unsigned n, const char *case_id,
		    struct made *m)
{
	int r = 0;

	m->moves = calloc(n + 1, sizeof(*m->moves));
	m->bodies = calloc(n + 1, sizeof(*m->bodies));
	m->circles = calloc(n + 1, sizeof(*m->circles));
	m->n = n;
	if (!m->moves || !m->bodies || !m->circles)
		return -ENOMEM;
	for (unsigned i = 0; r == 0 && i < n; i++)
		r = make_one(d, &entries[i], case_id, m, i);
	return r;
}

static struct desk_change change_of(const struct desk *d, const char *act, struct desk_move *moves,
				    unsigned n)
{
	return (struct desk_change){
		.act = act, .actor = d->actor, .at_us = d->now_us, .moves = moves, .n_moves = n};
}

static void add_new_case(struct desk_change *c, const char *case_id)
{
	struct desk_state_change *s = &c->state[c->n_states++];

	snprintf(s->case_id, sizeof(s->case_id), "%s", case_id);
	strcpy(s->to, "open");
}

static int write_new(struct desk *d, const char *act, const struct desk_new *entries, unsigned n,
		     const char *case_id, bool new_case, char (*entry_ids)[DESK_ID_MAX])
{
	_cleanup_(made_deinit) struct made m = {0};
	struct desk_change c;
	int r = make_all(d, entries, n, case_id, &m);

	if (r)
		return r;
	c = change_of(d, act, m.moves, n);
	if (new_case)
		add_new_case(&c, case_id);
	r = desk_db_commit(d->db, &c, NULL);
	for (unsigned i = 0; r == 0 && entry_ids && i < n; i++)
		memcpy(entry_ids[i], m.moves[i].id, DESK_ID_MAX);
	return r;
}

int desk_open_case(struct desk *d, const struct desk_new *entries, unsigned n, char *case_id,
		   char (*entry_ids)[DESK_ID_MAX])
{
	desk_db_id('c', case_id);
	return write_new(d, "open", entries, n, case_id, true, entry_ids);
}

int desk_add(struct desk *d, const struct desk_case *c, const struct desk_new *entries, unsigned n,
	     char (*entry_ids)[DESK_ID_MAX])
{
	for (unsigned i = 0; i < n; i++)
		for (unsigned j = 0; entries[i].ref && j < c->n_items; j++)
			if (c->items[j].kind == entries[i].kind &&
			    strcmp(c->items[j].ref, entries[i].ref) == 0)
				return DESK_ALREADY;
	return write_new(d, n && entries[0].kind == DESK_NOTE ? "note" : "join", entries, n, c->id,
			 false, entry_ids);
}

/* Rows that move, seen or not; .held are the incidents and events of where they go. */
struct moving {
	struct desk_move *moves;
	unsigned n, room;
	const char *to;
	json_t *held; /* {ref: circle} */
	bool stays;   /* one at least goes along */
};

static int on_held(void *userdata, const struct desk_row *row)
{
	struct moving *m = userdata;

	if (!*row->ref)
		return 0;
	return json_object_set_new(m->held, row->ref, json_string(row->circle)) ? -ENOMEM : 0;
}

/* Is it there already, for all who can see this one? Then it is taken back instead of moved. */
static bool is_held(const struct moving *m, const struct desk_row *row)
{
	const char *circle =
		*row->ref ? json_string_value(json_object_get(m->held, row->ref)) : NULL;

	return circle && (strcmp(circle, row->circle) == 0 || strcmp(circle, "company") == 0);
}

static int on_moving(void *userdata, const struct desk_row *row)
{
	struct moving *m = userdata;
	struct desk_move *move;

	if (m->n == m->room) {
		unsigned room = m->room ? m->room * 2 : 8;

		if (m->n >= DESK_MOVES_MAX)
			return DESK_TOO_MANY;
		move = realloc(m->moves, room * sizeof(*move));
		if (!move)
			return -ENOMEM;
		m->moves = move;
		m->room = room;
	}
	move = &m->moves[m->n++];
	*move = (struct desk_move){.erase_by_us = TIME_NONE};
	snprintf(move->id, sizeof(move->id), "%s", row->id);
	snprintf(move->from, sizeof(move->from), "%s", row->case_id);
	if (!is_held(m, row)) {
		snprintf(move->to, sizeof(move->to), "%s", m->to);
		m->stays = true;
	}
	return 0;
}

/* The old name must lead somewhere: where nothing would go along, the last does. */
static void keep_one(struct moving *m)
{
	if (m->n && !m->stays)
		snprintf(m->moves[m->n - 1].to, DESK_ID_MAX, "%s", m->to);
}

/* The least rank that sees something of a case; persons alone count beyond the team. */
static int on_width(void *userdata, const struct desk_row *row)
{
	static const int narrow[CIRCLE_COUNT] = {
		[CIRCLE_COMPANY] = 0, [CIRCLE_DESK] = 1, [CIRCLE_TEAM] = 2, [CIRCLE_PERSONS] = 3};
	int *width = userdata;
	struct circle c;

	if (strcmp(row->kind, "event") != 0 && circle_parse(row->circle, &c, NULL) == 0 &&
	    narrow[c.kind] < *width)
		*width = narrow[c.kind];
	return 0;
}

static int who_keeps(struct desk *d, const struct desk_case **into, const struct desk_case **from)
{
	int a = CIRCLE_COUNT, b = CIRCLE_COUNT;
	int r = desk_db_entries(d->db, (*into)->id, on_width, &a);

	r = r ? r : desk_db_entries(d->db, (*from)->id, on_width, &b);
	if (r == 0 && b < a) {
		const struct desk_case *t = *into;

		*into = *from;
		*from = t;
	}
	return r;
}

static int commit_merge(struct desk *d, const struct desk_case *into, const struct desk_case *from,
			struct moving *m)
{
	struct desk_change c = change_of(d, "merge", m->moves, m->n);
	struct desk_state_change *s = &c.state[c.n_states++];

	snprintf(s->case_id, sizeof(s->case_id), "%s", from->id);
	strcpy(s->from, from->closed ? "closed" : "open");
	strcpy(s->to, s->from);
	snprintf(s->merged_to, sizeof(s->merged_to), "%s", into->id);
	return desk_db_commit(d->db, &c, NULL);
}

int desk_merge(struct desk *d, const struct desk_case *into, const struct desk_case *from,
	       char *kept)
{
	struct moving m = {.held = json_object()};
	int r = m.held ? 0 : -ENOMEM;

	if (strcmp(into->id, from->id) == 0)
		r = DESK_ITSELF;
	r = r ? r : who_keeps(d, &into, &from);
	m.to = into->id;
	r = r ? r : desk_db_entries(d->db, into->id, on_held, &m);
	r = r ? r : desk_db_entries(d->db, from->id, on_moving, &m);
	if (r == 0) {
		keep_one(&m);
		r = commit_merge(d, into, from, &m);
	}
	if (r == 0 && kept)
		memcpy(kept, into->id, DESK_ID_MAX);
	free(m.moves);
	json_decref(m.held);
	return r;
}

/* The one visible entry that @id means: an entry's id, its beginning, or an incident's. */
static int find_item(const struct desk_case *c, const char *id, unsigned *found)
{
	unsigned hits = 0;

	for (unsigned i = 0; *id && i < c->n_items; i++) {
		if (strcmp(c->items[i].id, id) != 0 && strcmp(c->items[i].ref, id) != 0 &&
		    strncmp(c->items[i].id, id, strlen(id)) != 0)
			continue;
		*found = i;
		hits++;
	}
	return hits == 1 ? 0 : hits ? DESK_AMBIGUOUS : DESK_NO_ENTRY;
}

static bool leaves_something(const struct desk_case *c, const struct desk_move *moves, unsigned n)
{
	for (unsigned i = 0; i < c->n_items; i++) {
		bool goes = c->items[i].kind == DESK_EVENT;

		for (unsigned j = 0; !goes && j < n; j++)
			goes = strcmp(c->items[i].id, moves[j].id) == 0;
		if (!goes)
			return true;
	}
	return false;
}

int desk_split(struct desk *d, const struct desk_case *c, char *const *ids, unsigned n,
	       char *case_id)
{
	_cleanup_free_ struct desk_move *moves = calloc(n + 1, sizeof(*moves));
	struct desk_change change;
	int r = moves ? 0 : -ENOMEM;

	desk_db_id('c', case_id);
	for (unsigned i = 0; r == 0 && i < n; i++) {
		unsigned at = 0;

		r = find_item(c, ids[i], &at);
		moves[i].erase_by_us = TIME_NONE;
		if (r)
			break;
		memcpy(moves[i].id, c->items[at].id, DESK_ID_MAX);
		memcpy(moves[i].from, c->id, DESK_ID_MAX);
		memcpy(moves[i].to, case_id, DESK_ID_MAX);
		for (unsigned j = 0; j < i; j++)
			if (strcmp(moves[j].id, moves[i].id) == 0)
				r = DESK_ALREADY;
	}
	if (r == 0 && !leaves_something(c, moves, n))
		r = DESK_NOTHING_LEFT;
	if (r)
		return r;
	change = change_of(d, "split", moves, n);
	add_new_case(&change, case_id);
	return desk_db_commit(d->db, &change, NULL);
}

int desk_set_closed(struct desk *d, const struct desk_case *c, bool closed)
{
	struct desk_change change = change_of(d, closed ? "close" : "reopen", NULL, 0);
	struct desk_state_change *s = &change.state[change.n_states++];

	if (c->closed == closed)
		return DESK_ALREADY;
	snprintf(s->case_id, sizeof(s->case_id), "%s", c->id);
	strcpy(s->from, c->closed ? "closed" : "open");
	strcpy(s->to, closed ? "closed" : "open");
	return desk_db_commit(d->db, &change, NULL);
}
