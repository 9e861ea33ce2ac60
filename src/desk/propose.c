/* SPDX-License-Identifier: ISC */
/*
 * What might belong together. A notice in a case without incidents is held against the incidents in
 * reach of its time; two cases that hold the same incident, or notices that speak of the same
 * thing, may be one. Only what the viewer sees takes part, so a proposal never comes from a hidden
 * notice.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "desk/inside.h"

#define CASES_MAX     20000
#define PAIRS_MAX     2000 /* notices that are held against each other */
#define PER_NOTICE    3
#define INCIDENTS_MAX 20000
#define DAY_US	      (86400 * US_PER_S)

void desk_proposals_deinit(struct desk_proposals *p)
{
	free(p->list);
	*p = (struct desk_proposals){0};
}

struct gathering {
	struct incident **list;
	unsigned n, room;
};

static int on_incident(void *userdata, const struct incident *inc)
{
	struct gathering *g = userdata;
	struct incident *copy;

	if (g->n == g->room) {
		unsigned room = g->room ? g->room * 2 : 32;
		void *grown = realloc(g->list, room * sizeof(*g->list));

		if (!grown)
			return -ENOMEM;
		g->list = grown;
		g->room = room;
	}
	copy = incident_copy(inc, false);
	if (!copy)
		return -ENOMEM;
	free(copy->series);
	copy->series = NULL;
	copy->f.series = NULL;
	copy->f.n_series = 0;
	g->list[g->n++] = copy;
	return 0;
}

void desk_incidents_free(struct incident **list, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		incident_free(list[i]);
	free(list);
}

int desk_incidents(struct desk *d, int64_t from_us, int64_t until_us, struct incident ***list,
		   unsigned *n)
{
	struct gathering g = {0};
	struct store_filter f = STORE_FILTER_ALL;
	int r = 0;

	f.from_us = from_us;
	f.until_us = until_us;
	f.limit = INCIDENTS_MAX;
	f.kinds = 1u << FINDING_ATTACK;
	if (d->watch)
		r = store_list(d->watch, &f, on_incident, &g);
	if (r) {
		desk_incidents_free(g.list, g.n);
		return r;
	}
	*list = g.list;
	*n = g.n;
	return 0;
}

/* The span in which a notice's attack may lie, with every mistake that is thought of. */
void desk_reach(const struct notice *n, int64_t *from_us, int64_t *until_us)
{
	int64_t from = n->from_us != TIME_NONE ? n->from_us : n->until_us;
	int64_t until = n->until_us != TIME_NONE ? n->until_us : n->from_us;

	if (from == TIME_NONE) {
		until = n->received_us;
		from = until == TIME_NONE ? TIME_NONE : until - MATCH_REACH_US;
	} else {
		from -= 2 * DAY_US;
		until += 2 * DAY_US;
	}
	*from_us = from;
	*until_us = until;
}

/* The zone that people here live in is that of the program's own clock (TZ). */
int desk_home_minutes(const struct desk *d)
{
	time_t now = (time_t)time_floor_s(d->now_us);
	struct tm tm;

	return localtime_r(&now, &tm) ? (int)(tm.tm_gmtoff / 60) : 0;
}

static int rank_among(const struct desk *d, const struct notice *n, struct incident *const *list,
		      unsigned n_list, struct desk_ranked *found, unsigned max)
{
	_cleanup_free_ struct match_candidate *c = calloc(n_list + 1, sizeof(*c));
	struct match m[16];
	unsigned count;

	if (!c)
		return -ENOMEM;
	for (unsigned i = 0; i < n_list; i++)
		match_of_incident(list[i], &c[i]);
	count = match_rank(n, c, n_list, desk_home_minutes(d), m,
			   max < ARRAY_LEN(m) ? max : ARRAY_LEN(m));
	for (unsigned i = 0; i < count; i++) {
		found[i].match = m[i];
		snprintf(found[i].incident, sizeof(found[i].incident), "%s", c[m[i].candidate].id);
	}
	return (int)count;
}

int desk_rank(struct desk *d, const struct notice *n, struct desk_ranked *found, unsigned max)
{
	struct incident **list = NULL;
	int64_t from_us, until_us;
	unsigned count = 0;
	int r;

	desk_reach(n, &from_us, &until_us);
	r = desk_incidents(d, from_us, until_us, &list, &count);
	if (r == 0)
		r = rank_among(d, n, list, count, found, max);
	else if (r > 0)
		r = -EIO;
	desk_incidents_free(list, count);
	return r;
}

static int push(struct desk_proposals *p, const struct desk_proposal *one)
{
	if (p->n == p->room) {
		unsigned room = p->room ? p->room * 2 : 16;
		struct desk_proposal *grown = realloc(p->list, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		p->list = grown;
		p->room = room;
	}
	p->list[p->n++] = *one;
	return 0;
}

struct cases {
	struct desk_case **list;
	unsigned n, room;
	bool cut;
};

static int keep_case(void *userdata, struct desk_case *case_take)
{
	struct cases *c = userdata;

	if (c->n == c->room && c->n < CASES_MAX) {
		unsigned room = c->room ? c->room * 2 : 16;
		void *grown = realloc(c->list, room * sizeof(*c->list));

		if (!grown) {
			desk_case_free(case_take);
			return -ENOMEM;
		}
		c->list = grown;
		c->room = room;
	}
	if (c->n == CASES_MAX) {
		c->cut = true;
		desk_case_free(case_take);
		return 0;
	}
	c->list[c->n++] = case_take;
	return 0;
}

static void cases_deinit(struct cases *c)
{
	for (unsigned i = 0; i < c->n; i++)
		desk_case_free(c->list[i]);
	free(c->list);
}

static bool has_kind(const struct desk_case *c, enum desk_kind k)
{
	for (unsigned i = 0; i < c->n_items; i++)
		if (c->items[i].kind == k)
			return true;
	return false;
}

static const struct desk_case *holder_of(const struct cases *all, const char *incident)
{
	for (unsigned i = 0; i < all->n; i++)
		for (unsigned j = 0; j < all->list[i]->n_items; j++)
			if (all->list[i]->items[j].kind == DESK_INCIDENT &&
			    strcmp(all->list[i]->items[j].ref, incident) == 0)
				return all->list[i];
	return NULL;
}

static int propose_incidents(struct desk *d, const struct cases *all, const struct desk_case *c,
			     const struct desk_item *e, struct desk_proposals *out)
{
	struct desk_ranked found[PER_NOTICE];
	int n = desk_rank(d, e->notice, found, PER_NOTICE), r = 0;

	for (int i = 0; r == 0 && i < n; i++) {
		const struct desk_case *holder = holder_of(all, found[i].incident);
		struct desk_proposal p = {.kind = DESK_PROPOSE_INCIDENT, .match = found[i].match};

		memcpy(p.case_id, c->id, DESK_ID_MAX);
		memcpy(p.notice, e->id, DESK_ID_MAX);
		memcpy(p.incident, found[i].incident, sizeof(p.incident));
		if (holder && holder != c)
			memcpy(p.other_case, holder->id, DESK_ID_MAX);
		r = push(out, &p);
	}
	return n < 0 ? n : r;
}

static bool wanted(const struct desk_case *only, const struct desk_case *a,
		   const struct desk_case *b)
{
	return !only || strcmp(only->id, a->id) == 0 || (b && strcmp(only->id, b->id) == 0);
}

/* Two cases that hold the same incident. */
static int propose_shared(const struct cases *all, const struct desk_case *only,
			  struct desk_proposals *out)
{
	int r = 0;

	for (unsigned i = 0; i < all->n; i++) {
		const struct desk_case *c = all->list[i];

		for (unsigned j = 0; r == 0 && j < c->n_items; j++) {
			const struct desk_case *first;
			struct desk_proposal p = {.kind = DESK_PROPOSE_MERGE,
						  .same_incident = true,
						  .match = {.score = 1000}};

			if (c->items[j].kind != DESK_INCIDENT)
				continue;
			first = holder_of(all, c->items[j].ref);
			if (first == c || !wanted(only, c, first))
				continue;
			memcpy(p.case_id, first->id, DESK_ID_MAX);
			memcpy(p.other_case, c->id, DESK_ID_MAX);
			snprintf(p.incident, sizeof(p.incident), "%.*s", INCIDENT_ID_MAX - 1,
				 c->items[j].ref);
			r = push(out, &p);
		}
	}
	return r;
}

static int propose_pair(struct desk *d, const struct desk_case *a, const struct desk_item *e,
			const struct desk_case *b, struct desk_proposals *out)
{
	struct desk_proposal p = {.kind = DESK_PROPOSE_MERGE};

	for (unsigned j = 0; j < b->n_items; j++) {
		struct match_candidate c;
		struct match m;

		if (!b->items[j].notice)
			continue;
		match_of_notice(b->items[j].notice, b->items[j].id, &c);
		m = match_one(e->notice, &c, desk_home_minutes(d));
		if (m.score >= MATCH_LIKELY && m.score > p.match.score)
			p.match = m;
	}
	if (!p.match.score)
		return 0;
	memcpy(p.case_id, b->id, DESK_ID_MAX);
	memcpy(p.other_case, a->id, DESK_ID_MAX);
	memcpy(p.notice, e->id, DESK_ID_MAX);
	return push(out, &p);
}

/* Notices of two cases, neither of which has an incident yet, that speak of one thing. */
static int propose_notices(struct desk *d, const struct cases *all, const struct desk_case *only,
			   struct desk_proposals *out)
{
	unsigned looked = 0;
	int r = 0;

	for (unsigned i = 0; i < all->n; i++) {
		const struct desk_case *a = all->list[i];

		for (unsigned k = 0; k < i && !has_kind(a, DESK_INCIDENT); k++) {
			const struct desk_case *b = all->list[k];

			if (has_kind(b, DESK_INCIDENT) || !wanted(only, a, b) ||
			    a->from_us == TIME_NONE || b->from_us == TIME_NONE ||
			    a->from_us > b->until_us + 2 * DAY_US ||
			    b->from_us > a->until_us + 2 * DAY_US)
				continue;
			if (looked++ == PAIRS_MAX) {
				out->cut = true;
				return r;
			}
			for (unsigned j = 0; r == 0 && j < a->n_items; j++)
				if (a->items[j].notice)
					r = propose_pair(d, a, &a->items[j], b, out);
		}
	}
	return r;
}

static int best_first(const void *a, const void *b)
{
	const struct desk_proposal *x = a, *y = b;
	int r;

	if (x->match.score != y->match.score)
		return x->match.score > y->match.score ? -1 : 1;
	r = strcmp(x->case_id, y->case_id);
	r = r ? r : strcmp(x->notice, y->notice);
	r = r ? r : strcmp(x->incident, y->incident);
	return r ? r : strcmp(x->other_case, y->other_case);
}

int desk_propose(struct desk *d, const struct desk_case *only, struct desk_proposals *out)
{
	_cleanup_(cases_deinit) struct cases all = {0};
	struct desk lean = *d;
	int r;

	/* Of the incidents of other cases only the names are needed. */
	lean.watch = NULL;
	r = desk_case_each(&lean, keep_case, &all);

	for (unsigned i = 0; r == 0 && i < all.n; i++) {
		const struct desk_case *c = all.list[i];

		if (!wanted(only, c, NULL) || has_kind(c, DESK_INCIDENT))
			continue;
		for (unsigned j = 0; r == 0 && j < c->n_items; j++)
			if (c->items[j].notice)
				r = propose_incidents(d, &all, c, &c->items[j], out);
	}
	r = r ? r : propose_shared(&all, only, out);
	r = r ? r : propose_notices(d, &all, only, out);
	out->cut |= all.cut;
	if (r == 0 && out->n)
		qsort(out->list, out->n, sizeof(out->list[0]), best_first);
	return r;
}

static int join_incident(struct desk *d, const struct desk_case *c, const char *incident,
			 const struct circle *circle, const struct match *m)
{
	struct desk_new e = {.kind = DESK_INCIDENT,
			     .ref = incident,
			     .circle = circle,
			     .automatic = true,
			     .fit = m};

	return desk_add(d, c, &e, 1, NULL);
}

static const struct circle *circle_of_notice(const struct desk_case *c, const char *id)
{
	for (unsigned i = 0; i < c->n_items; i++)
		if (strcmp(c->items[i].id, id) == 0)
			return &c->items[i].circle;
	return NULL;
}

int desk_join_one(struct desk *d, const struct desk_proposal *p, char *kept)
{
	_cleanup_desk_case_ struct desk_case *c = NULL, *other = NULL;
	int r = desk_case_get(d, p->case_id, &c);

	if (r)
		return r;
	/* What joins because of a notice is known by that notice: it has its circle. */
	if (kept)
		memcpy(kept, p->case_id, DESK_ID_MAX);
	if (!*p->other_case)
		return join_incident(d, c, p->incident, circle_of_notice(c, p->notice), &p->match);
	r = desk_case_get(d, p->other_case, &other);
	return r ? r : desk_merge(d, other, c, kept);
}

int desk_join_certain(struct desk *d, unsigned *n)
{
	struct desk_proposals p = {0};
	int r = desk_propose(d, NULL, &p);

	*n = 0;
	for (unsigned i = 0; r == 0 && i < p.n; i++) {
		if (p.list[i].kind != DESK_PROPOSE_INCIDENT || !p.list[i].match.certain)
			continue;
		r = desk_join_one(d, &p.list[i], NULL);
		if (r == 0)
			(*n)++;
		/* An earlier one of this very walk may have done it. */
		if (r == DESK_ALREADY || r == DESK_ITSELF || r == DESK_NO_CASE)
			r = 0;
	}
	desk_proposals_deinit(&p);
	return r;
}

static int open_with(struct desk *d, const struct notice *n, const struct desk_ranked *best,
		     char *case_id)
{
	struct desk_new e[2] = {{.kind = DESK_NOTICE, .notice = n},
				{.kind = DESK_INCIDENT,
				 .ref = best->incident,
				 .automatic = true,
				 .fit = &best->match,
				 .circle = n->has_circle ? &n->circle : &d->written}};

	return desk_open_case(d, e, 2, case_id, NULL);
}

int desk_take_notice(struct desk *d, const struct notice *n, bool alone, char *case_id,
		     char *joined)
{
	struct desk_new e = {.kind = DESK_NOTICE, .notice = n, .alone = alone};
	_cleanup_desk_case_ struct desk_case *c = NULL;
	struct desk_ranked best[2];
	int found = alone ? 0 : desk_rank(d, n, best, 2), r;

	*joined = '\0';
	if (found < 0)
		return found;
	if (!found || !best[0].match.certain)
		return desk_open_case(d, &e, 1, case_id, NULL);
	memcpy(joined, best[0].incident, INCIDENT_ID_MAX);
	r = desk_case_of_incident(d, joined, case_id);
	if (r)
		return r;
	if (!*case_id)
		return open_with(d, n, &best[0], case_id);
	r = desk_case_get(d, case_id, &c);
	e.automatic = true;
	e.fit = &best[0].match;
	return r ? r : desk_add(d, c, &e, 1, NULL);
}
