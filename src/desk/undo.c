/* SPDX-License-Identifier: ISC */
/*
 * Undoing: the moves of an act the other way round, as an act of its own. What the viewer sees must
 * stand where the act put it. What they do not see is put back where it still stands there and left
 * alone where not, so that the answer tells nothing of it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "desk/inside.h"

struct pick {
	const char *act; /* beginning of an id; NULL: the last */
	char id[DESK_ID_MAX];
	char word[16];
	unsigned hits;
	struct known {
		char id[DESK_ID_MAX], undoes[DESK_ID_MAX], act[16];
		bool undone;
	} * list;
	size_t n, room;
};

static int on_act(void *userdata, const struct desk_act *act)
{
	struct pick *p = userdata;

	if (strcmp(act->act, "erase") == 0)
		return 0;
	if (p->n == p->room) {
		size_t room = p->room ? p->room * 2 : 16;
		struct known *grown = realloc(p->list, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		p->list = grown;
		p->room = room;
	}
	p->list[p->n] = (struct known){.undone = false};
	memcpy(p->list[p->n].id, act->id, DESK_ID_MAX);
	memcpy(p->list[p->n].undoes, act->undoes, DESK_ID_MAX);
	memcpy(p->list[p->n++].act, act->act, 16);
	return 0;
}

/* From the newest: an undo that stands takes its act away; one that is undone itself does not. */
static void mark_undone(struct pick *p)
{
	for (size_t i = p->n; i-- > 0;)
		for (size_t j = 0; !p->list[i].undone && *p->list[i].undoes && j < i; j++)
			if (strcmp(p->list[j].id, p->list[i].undoes) == 0)
				p->list[j].undone = true;
}

static int choose(struct pick *p)
{
	mark_undone(p);
	for (size_t i = p->n; i-- > 0;) {
		bool named =
			p->act && *p->act && strncmp(p->list[i].id, p->act, strlen(p->act)) == 0;
		bool last = !p->act && !p->hits && !*p->list[i].undoes;

		if (p->list[i].undone || (!named && !last))
			continue;
		p->hits++;
		memcpy(p->id, p->list[i].id, DESK_ID_MAX);
		memcpy(p->word, p->list[i].act, sizeof(p->word));
	}
	return p->hits == 1 ? 0 : p->hits ? DESK_AMBIGUOUS : DESK_NO_ACT;
}

struct reversal {
	struct desk *d;
	const char *act;
	struct desk_change change;
	struct desk_move *moves;
	bool stuck;
	int error;
};

static const char *word(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s ? s : "";
}

struct where {
	struct desk *d;
	const char *id;
	char case_id[DESK_ID_MAX];
	bool seen;
};

static int on_where(void *userdata, const struct desk_row *row)
{
	struct where *w = userdata;

	if (strcmp(row->id, w->id) == 0) {
		snprintf(w->case_id, sizeof(w->case_id), "%s", row->case_id);
		w->seen = desk_row_seen(w->d, row);
	}
	return 0;
}

static void reverse_entry(struct reversal *rv, const json_t *e)
{
	struct where w = {.d = rv->d, .id = word(e, "id")};
	struct desk_move *m = &rv->moves[rv->change.n_moves];

	rv->error = rv->error ? rv->error : desk_db_find(rv->d->db, w.id, on_where, &w);
	if (rv->error)
		return;
	if (strcmp(w.case_id, word(e, "to")) != 0) {
		rv->stuck |= w.seen;
		return;
	}
	snprintf(m->id, sizeof(m->id), "%s", w.id);
	snprintf(m->from, sizeof(m->from), "%s", word(e, "to"));
	snprintf(m->to, sizeof(m->to), "%s", word(e, "from"));
	m->erase_by_us = TIME_NONE;
	rv->change.n_moves++;
}

static void reverse_state(struct reversal *rv, const json_t *e)
{
	struct desk_state_change *s = &rv->change.state[rv->change.n_states];

	/* A case once made stays as a name; without entries nobody sees it. */
	if (!*word(e, "from") || rv->change.n_states == ARRAY_LEN(rv->change.state))
		return;
	snprintf(s->case_id, sizeof(s->case_id), "%s", word(e, "case"));
	snprintf(s->from, sizeof(s->from), "%s", word(e, "to"));
	snprintf(s->to, sizeof(s->to), "%s", word(e, "from"));
	snprintf(s->merged_from, sizeof(s->merged_from), "%s", word(e, "merged_to"));
	snprintf(s->merged_to, sizeof(s->merged_to), "%s", word(e, "merged_from"));
	rv->change.n_states++;
}

static int on_line(void *userdata, const struct desk_audit_row *row)
{
	struct reversal *rv = userdata;
	json_t *body = NULL, *list, *e;
	size_t i;

	if (strcmp(row->id, rv->act) != 0)
		return 0;
	rv->error = desk_parse(row->body, &body);
	list = json_object_get(body, "entries");
	rv->moves = calloc(json_array_size(list) + 1, sizeof(*rv->moves));
	if (!rv->moves)
		rv->error = -ENOMEM;
	json_array_foreach(list, i, e) if (!rv->error) reverse_entry(rv, e);
	json_array_foreach(json_object_get(body, "cases"), i, e) reverse_state(rv, e);
	json_decref(body);
	return rv->error;
}

int desk_undo(struct desk *d, const struct desk_case *c, const char *act, char *done)
{
	struct pick p = {.act = act};
	struct reversal rv = {.d = d, .act = p.id};
	int r = desk_audit(d, c, on_act, &p);

	r = r ? r : choose(&p);
	free(p.list);
	if (r)
		return r;
	rv.change = (struct desk_change){
		.act = "undo", .actor = d->actor, .undoes = p.id, .at_us = d->now_us};
	r = desk_db_audit(d->db, on_line, &rv);
	if (r == 0 && rv.stuck)
		r = DESK_MOVED_SINCE;
	rv.change.moves = rv.moves;
	r = r ? r : desk_db_commit(d->db, &rv.change, NULL);
	if (r == DESK_CONFLICT)
		r = DESK_MOVED_SINCE;
	free(rv.moves);
	if (r == 0)
		memcpy(done, p.word, sizeof(p.word));
	return r;
}
