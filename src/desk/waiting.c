/* SPDX-License-Identifier: ISC */
#include "desk/waiting.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "desk/inside.h"

#define CASES_MAX     (1u << 20)
#define INCIDENTS_MAX (1u << 20)

struct one {
	char entry[DESK_ID_MAX], case_id[DESK_ID_MAX];
	struct notice *notice;	   /* owned; NULL where it cannot be read */
	int64_t from_us, until_us; /* in which its attack may lie; TIME_NONE: no bound */
	bool alone, asks;
};

struct desk_waiting {
	struct map *incidents; /* id of each that is in a case: that case's, DESK_ID_MAX */
	struct one *list;      /* owned, by entry */
	unsigned n, at;	       /* where the next look begins */
};

struct desk_waiting *desk_waiting_free(struct desk_waiting *w)
{
	for (unsigned i = 0; w && i < w->n; i++)
		notice_free(w->list[i].notice);
	if (w) {
		map_free(w->incidents);
		free(w->list);
	}
	free(w);
	return NULL;
}

/* ---- loading ---- */

struct loading {
	struct desk *d;
	struct map *held; /* cases with an incident */
	struct desk_waiting *w, *before;
	unsigned all, skip;
};

static void key_of(const char *id, char *key, size_t room)
{
	memset(key, 0, room);
	memcpy(key, id, strnlen(id, room - 1));
}

static int on_incident_row(void *userdata, const struct desk_row *row)
{
	struct loading *l = userdata;
	char key[DESK_ID_MAX], incident[INCIDENT_ID_MAX], *held;
	bool first;

	if (strcmp(row->kind, desk_kind_name(DESK_INCIDENT)) != 0 || !*row->case_id ||
	    !desk_row_seen(l->d, row))
		return 0;
	key_of(row->case_id, key, sizeof(key));
	key_of(row->ref, incident, sizeof(incident));
	held = map_put(l->w->incidents, incident, &first);
	if (!held || !map_put(l->held, key, NULL))
		return -ENOMEM;
	if (first)
		memcpy(held, key, sizeof(key));
	return 0;
}

static bool waits(const struct loading *l, const struct desk_row *row)
{
	char key[DESK_ID_MAX];

	key_of(row->case_id, key, sizeof(key));
	return strcmp(row->kind, desk_kind_name(DESK_NOTICE)) == 0 && *row->case_id &&
	       row->erased_us == TIME_NONE && desk_row_seen(l->d, row) && !map_get(l->held, key);
}

static int on_count(void *userdata, const struct desk_row *row)
{
	struct loading *l = userdata;

	l->all += waits(l, row);
	return 0;
}

static int by_entry(const void *a, const void *b)
{
	return strcmp(((const struct one *)a)->entry, ((const struct one *)b)->entry);
}

static struct one *find(const struct desk_waiting *w, const char *entry)
{
	struct one key;

	if (!w || !w->n)
		return NULL;
	snprintf(key.entry, sizeof(key.entry), "%s", entry);
	return bsearch(&key, w->list, w->n, sizeof(key), by_entry);
}

static int read_one(struct loading *l, const struct desk_row *row, struct one *out)
{
	struct desk lean = *l->d;
	struct desk_item item;
	int r;

	lean.watch = NULL;
	r = desk_item_from_row(&lean, row, &item);
	if (r)
		return r;
	out->notice = take_ptr(item.notice);
	out->alone = item.alone;
	out->asks = out->notice && !out->alone;
	if (out->notice)
		desk_reach(out->notice, &out->from_us, &out->until_us);
	desk_item_deinit(&item);
	return 0;
}

static int on_notice_row(void *userdata, const struct desk_row *row)
{
	struct loading *l = userdata;
	struct one *to = &l->w->list[l->w->n], *known;
	int r = 0;

	if (!waits(l, row) || l->w->n == DESK_WAITING_MAX)
		return 0;
	if (l->skip) {
		l->skip--;
		return 0;
	}
	known = find(l->before, row->id);
	*to = known ? *known : (struct one){.asks = false};
	if (!known)
		r = read_one(l, row, to);
	snprintf(to->entry, sizeof(to->entry), "%s", row->id);
	snprintf(to->case_id, sizeof(to->case_id), "%s", row->case_id);
	if (r == 0)
		l->w->n++;
	return r;
}

/* Notices that both hold are the new list's where it is kept, else the old one's. */
static void let_go(struct desk_waiting *gone, const struct desk_waiting *kept)
{
	for (unsigned i = 0; gone && i < gone->n; i++) {
		const struct one *k = find(kept, gone->list[i].entry);

		if (k && k->notice == gone->list[i].notice)
			gone->list[i].notice = NULL;
	}
	desk_waiting_free(gone);
}

static int read_all(struct loading *l)
{
	int r;

	l->w->incidents = map_new(INCIDENT_ID_MAX, DESK_ID_MAX, INCIDENTS_MAX);
	r = l->w->incidents ? desk_db_entries(l->d->db, NULL, on_incident_row, l) : -ENOMEM;
	r = r ? r : desk_db_entries(l->d->db, NULL, on_count, l);
	l->skip = l->all > DESK_WAITING_MAX ? l->all - DESK_WAITING_MAX : 0;
	l->w->list = calloc((l->all < DESK_WAITING_MAX ? l->all : DESK_WAITING_MAX) + 1,
			    sizeof(*l->w->list));
	if (r == 0 && !l->w->list)
		r = -ENOMEM;
	return r ? r : desk_db_entries(l->d->db, NULL, on_notice_row, l);
}

int desk_waiting_load(struct desk *d, struct desk_waiting **w)
{
	struct loading l = {.d = d,
			    .held = map_new(DESK_ID_MAX, 1, CASES_MAX),
			    .w = calloc(1, sizeof(*l.w)),
			    .before = *w};
	int r = l.held && l.w ? read_all(&l) : -ENOMEM;

	map_free(l.held);
	if (l.w && l.w->n)
		qsort(l.w->list, l.w->n, sizeof(*l.w->list), by_entry);
	if (r) {
		let_go(l.w, l.before);
		return r;
	}
	let_go(l.before, l.w);
	*w = l.w;
	return 0;
}

/* ---- hearing ---- */

static bool in_reach(const struct one *x, const struct incident *inc)
{
	return (x->until_us == TIME_NONE || inc->f.first_us <= x->until_us) &&
	       (x->from_us == TIME_NONE || inc->f.last_us >= x->from_us);
}

void desk_waiting_hear(const struct desk *d, struct desk_waiting *w, const struct incident *inc)
{
	struct match_candidate c;

	if (inc->f.kind != FINDING_ATTACK)
		return;
	match_of_incident(inc, &c);
	for (unsigned i = 0; i < w->n; i++) {
		struct one *x = &w->list[i];

		if (!x->asks && !x->alone && x->notice && in_reach(x, inc))
			x->asks = match_one(x->notice, &c, desk_home_minutes(d)).score >=
				  MATCH_VERY_LIKELY;
	}
}

void desk_waiting_hear_all(struct desk_waiting *w)
{
	for (unsigned i = 0; i < w->n; i++)
		w->list[i].asks = w->list[i].notice && !w->list[i].alone;
}

static struct one *next_asking(const struct desk_waiting *w)
{
	for (unsigned i = 0; w && i < w->n; i++)
		if (w->list[(w->at + i) % w->n].asks)
			return &w->list[(w->at + i) % w->n];
	return NULL;
}

bool desk_waiting_asks(const struct desk_waiting *w)
{
	return next_asking(w) != NULL;
}

/* ---- joining ---- */

#define TAKEN_APART 1000 /* no answer of anybody */

static int on_act(void *userdata, const struct desk_act *act)
{
	return strcmp(act->act, "undo") == 0 || strcmp(act->act, "split") == 0 ? TAKEN_APART : 0;
}

static int join(struct desk *d, const struct one *x, const struct desk_ranked *best,
		struct desk_joined *did)
{
	struct desk_proposal p = {.kind = DESK_PROPOSE_INCIDENT, .match = best->match};
	int r = desk_case_of_incident(d, best->incident, p.other_case);

	memcpy(p.case_id, x->case_id, DESK_ID_MAX);
	memcpy(p.notice, x->entry, DESK_ID_MAX);
	memcpy(p.incident, best->incident, sizeof(p.incident));
	r = r ? r : desk_join_one(d, &p, did->case_id);
	if (r == 0)
		memcpy(did->incident, best->incident, sizeof(did->incident));
	/* Somebody was faster; what is left to do shows at the next reading. */
	if (r == DESK_ALREADY || r == DESK_ITSELF || r == DESK_NO_CASE || r == DESK_CONFLICT)
		r = 0;
	return r;
}

static bool has_incident(const struct desk_case *c)
{
	for (unsigned i = 0; i < c->n_items; i++)
		if (c->items[i].kind == DESK_INCIDENT)
			return true;
	return false;
}

static int look_at(struct desk *d, const struct one *x, struct desk_joined *did)
{
	_cleanup_desk_case_ struct desk_case *c = NULL;
	struct desk_ranked best;
	int r = desk_rank(d, x->notice, &best, 1);

	if (r <= 0 || !best.match.certain)
		return r < 0 ? r : 0;
	r = desk_case_get(d, x->case_id, &c);
	if (r || has_incident(c))
		return r == DESK_NO_CASE ? 0 : r;
	r = desk_audit(d, c, on_act, NULL);
	if (r)
		return r == TAKEN_APART ? 0 : r;
	return join(d, x, &best, did);
}

int desk_waiting_look(struct desk *d, struct desk_waiting *w, struct desk_joined *did)
{
	struct one *x = next_asking(w);
	int r;

	*did = (struct desk_joined){.case_id = ""};
	if (!x)
		return 0;
	w->at = (unsigned)(x - w->list) + 1;
	r = look_at(d, x, did);
	x->asks = r != 0; /* what could not be looked at asks again, behind the others */
	return r;
}

/* ---- showing ---- */

void desk_belongs(const struct desk *d, const struct desk_waiting *w, const struct incident *inc,
		  struct desk_belongs *out)
{
	char key[INCIDENT_ID_MAX];
	struct match_candidate c;
	const char *held;

	*out = (struct desk_belongs){.proposed = false};
	snprintf(out->incident, sizeof(out->incident), "%s", inc->id);
	key_of(inc->id, key, sizeof(key));
	held = map_get(w->incidents, key);
	if (held)
		memcpy(out->case_id, held, DESK_ID_MAX);
	if (held || inc->f.kind != FINDING_ATTACK)
		return;
	match_of_incident(inc, &c);
	for (unsigned i = 0; i < w->n; i++) {
		const struct one *x = &w->list[i];
		struct match m;

		if (!x->notice || !in_reach(x, inc))
			continue;
		m = match_one(x->notice, &c, desk_home_minutes(d));
		if (m.score < MATCH_PROPOSE || (out->proposed && m.score <= out->match.score))
			continue;
		out->proposed = true;
		out->match = m;
		memcpy(out->case_id, x->case_id, DESK_ID_MAX);
	}
}

void desk_belongs_say(const struct desk_belongs *b, bool advice, const char *language,
		      struct text *out)
{
	static const struct {
		int from;
		const char *en, *ja;
	} words[] = {
		{MATCH_VERY_LIKELY, "very likely", "の可能性がかなり高い"},
		{MATCH_LIKELY, "likely", "の可能性が高い"},
		{INT32_MIN, "possibly", "の可能性がある"},
	};
	bool ja = strcmp(language, "ja") == 0;
	unsigned i = 0;

	if (!*b->case_id)
		return;
	if (!b->proposed) {
		text_printf(out, ja ? "案件 %s の一部" : "part of case %s", b->case_id);
		return;
	}
	while (b->match.score < words[i].from)
		i++;
	if (ja)
		text_printf(out, "案件 %s の一部%s", b->case_id, words[i].ja);
	else
		text_printf(out, "%s part of case %s", words[i].en, b->case_id);
	if (advice)
		text_printf(out, ja ? "（noroshi case join %s %s）" : " (noroshi case join %s %s)",
			    b->case_id, b->incident);
}

json_t *desk_belongs_json(const struct desk_belongs *b)
{
	json_t *o = *b->case_id ? json_pack("{sssb}", "case", b->case_id, "proposed", b->proposed)
				: NULL;

	if (o && b->proposed) {
		desk_put(o, "score", json_integer(b->match.score));
		desk_put(o, "fit", desk_fit_json(&b->match));
	}
	return o;
}
