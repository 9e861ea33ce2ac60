/* SPDX-License-Identifier: ISC */
/*
 * Records into a shard. Every destination has a cell on each level; few of them are busy and are
 * learnt (usual.h), fewer stand out and are followed (hot.h). What is not followed is counted from
 * a record's brief alone, one line of memory.
 */
#include <errno.h>

#include "detect/busy.h"

#define AHEAD	  32 /* entries whose memory is fetched together */
#define HEAT_FROM 16 /* packets of a second that make a destination matter at all */

/* Where an entry is counted. Its record is only prepared when something followed wants it. */
struct place {
	uint64_t number;
	const struct brief *b;
	struct probe probe[LEVELS]; /* of the wider ones only while the host has no cell */
	struct cell *cell;	    /* of the host, as it was found ahead; NULL when it had none */
	bool made;		    /* r is prepared */
	bool reported;		    /* a narrower level has an open attack that holds it */
	struct hot_record r;
};

static struct hot_record *record_at(const struct shard_world *w, struct place *p)
{
	if (!p->made)
		history_prepare(w->history, p->number, &p->r);
	p->made = true;
	p->r.reported = p->reported;
	return &p->r;
}

/* Senders of a group that has come near a threshold: also those of just before. */
static int keep_senders(struct hot *h, const struct shard_world *w, uint64_t number)
{
	struct look_back l = look_back(w->history, &h->key, number);
	uint64_t old;
	int e = 0;

	for (l.end++; e == 0 && look_next(&l, w->history, &old);) {
		struct hot_record r;

		if (!prefix_contains(&h->key, &history_brief(w->history, old)->dst))
			continue;
		history_prepare(w->history, old, &r);
		e = hot_look_back(h, &r);
	}
	hot_keep(h);
	return e;
}

int shard_keep_senders(const struct shard_world *w, struct hot *h, unsigned groups)
{
	int e = hot_want(h, groups);

	if (e < 0 || !h->wanted || w->history->end <= w->history->from)
		return e;
	return keep_senders(h, w, w->history->end - 1);
}

static int put_in(struct hot *h, const struct shard_world *w, struct hot_record *r, uint64_t number)
{
	int e = hot_in(h, r);

	return e == 0 && h->wanted ? keep_senders(h, w, number) : e;
}

/* Count what came just before, since the bound that makes a destination followed is an eighth full.
 */
static int replay(struct hot *h, const struct shard_world *w, uint64_t number)
{
	struct look_back l = look_back(w->history, &h->key, number);
	uint64_t old;
	int e = 0;

	while (e == 0 && look_next(&l, w->history, &old)) {
		struct hot_record r;

		history_prepare(w->history, old, &r);
		e = prefix_contains(&h->key, &r.f->dst) ? put_in(h, w, &r, old) : hot_out(h, &r);
	}
	return e;
}

static uint32_t capped(uint32_t to, uint64_t n)
{
	uint64_t sum = to + n;

	return sum > UINT32_MAX || sum < n ? UINT32_MAX : (uint32_t)sum;
}

/*
 * What arrives in a second, flows with all their packets. A flow's packets are older than its
 * arrival, but flows of one event end together, so that within a factor of a few as much arrives in
 * a second as was sent in one; a destination is busy from an eighth of a threshold.
 */
static void count_cold(struct cells *t, struct cell *c, struct usual *u,
		       const uint64_t least[FILLS], const struct brief *b)
{
	uint32_t before = c->packets;

	if ((int32_t)(b->second - c->second) > 0) {
		uint64_t fill[FILLS] = {c->packets, c->special, c->bytes};

		if (u)
			usual_fill(u, fill, least);
		c->second = b->second;
		c->packets = c->special = 0;
		c->bytes = 0;
	}
	c->packets = capped(c->packets, b->packets);
	c->special = capped(c->special, b->special ? b->packets : 0);
	c->bytes += b->bytes;
	/* Heat goes by powers of two; a busy one is not given up, and it lies in another line. */
	if (!u && (c->packets ^ before) > before && c->packets >= HEAT_FROM)
		cells_heat(t, c, c->packets);
}

static bool is_busy(const struct cell *c, const uint64_t least[FILLS])
{
	return c->packets >= least[FILL_PACKETS] || c->special >= least[FILL_SPECIAL] ||
	       c->bytes >= least[FILL_BYTES];
}

/*
 * Does a busy destination stand out from what is usual there? A host also does at a whole
 * threshold, usual or not.
 */
static bool stands_out(const struct cell *c, const struct usual *u, const uint64_t least[FILLS],
		       unsigned near)
{
	if (c->packets >= u->limit[FILL_PACKETS] || c->special >= u->limit[FILL_SPECIAL] ||
	    c->bytes >= u->limit[FILL_BYTES])
		return true;
	return near &&
	       (c->packets >= least[FILL_PACKETS] * near ||
		c->special >= least[FILL_SPECIAL] * near || c->bytes >= least[FILL_BYTES] * near);
}

/*
 * While records are many one in eight tells well enough: of a prefix, which has many, and of means
 * of minutes. What a new host was sent and sent itself is taken whole.
 */
static unsigned step_of(const struct shard *s, const struct usual *u, unsigned level)
{
	return level || usual_has_history(u) ? s->step : 1;
}

static void learn_in(struct usual *u, const struct shard_world *w, struct place *p, unsigned step)
{
	const struct brief *b = p->b;
	const struct kind *kind = &w->history->kinds.kind[b->kind];
	uint64_t amounts[AMOUNTS];

	usual_turn(u, b->second);
	if (b->late)
		usual_late(u);
	usual_add(u, METER_PACKETS, b->packets * step);
	if (b->kind == KIND_ASK) {
		const struct hot_record *r = record_at(w, p);

		for (unsigned i = 1; i < r->n_amounts; i++)
			usual_add(u, r->amount[i].meter, r->amount[i].n * step);
		return;
	}
	kind_amounts(b->packets, b->weight, amounts);
	for (unsigned i = 0; i < kind->n; i++)
		usual_add(u, kind->part[i].meter, amounts[kind->part[i].amount] * step);
}

static void learn_out(struct usual *u, const struct brief *b, unsigned step)
{
	if (!b->answers)
		return;
	usual_turn(u, b->second);
	usual_add(u, b->answers, b->packets * step);
	if (b->opens)
		usual_add(u, METER_OUT_SYN, b->packets * step);
}

/*
 * Is it to be followed, for this record? What stands out from the usual is. Where nothing is usual
 * yet all would, so there the answers must be lacking too: most traffic of a network that is new to
 * us goes to prefixes whose own sending explains it (following them took 60 % of the whole path).
 */
static bool is_new_and_answered(struct usual *u, const uint64_t least[FILLS], const struct cell *c,
				uint64_t packets)
{
	if (usual_has_history(u))
		return false;
	if (u->room > packets) {
		u->room -= packets;
		return true;
	}
	u->room = busy_room(u, least, c->packets, c->bytes);
	if (u->room)
		return true;
	if (u->hot) /* it stands out, and need not be asked again at once */
		u->room = least[FILL_SPECIAL];
	return false;
}

static void count_busy(struct shard *s, const struct shard_world *w, struct place *p, unsigned l,
		       struct cell *c, struct usual *u, const uint64_t least[FILLS])
{
	unsigned step = step_of(s, u, l);

	if (!p->reported && p->number % step == 0)
		learn_in(u, w, p, step);
	if (!p->reported && stands_out(c, u, least, l ? 0 : w->near) &&
	    !is_new_and_answered(u, least, c, p->b->packets)) {
		u->out_us = history_record(w->history, p->number)->recv_us;
		if (!u->hot && busy_follow(s, w, u, shard_thresholds(w, c->thresholds)))
			s->error = replay(u->hot, w, p->number);
	}
	if (!u->hot || s->error < 0)
		return;
	s->error = put_in(u->hot, w, record_at(w, p), p->number);
	p->reported |= u->hot->attack != NULL;
}

static void count_at(struct shard *s, const struct shard_world *w, struct place *p, unsigned l,
		     struct cell *c)
{
	struct usual *u = c->busy ? s->busy[c->busy - 1] : NULL;
	const uint64_t *least = w->follow[c->thresholds].least[l];

	count_cold(&s->cells[l], c, u, least, p->b);
	if (!u && is_busy(c, least))
		u = busy_make(s, w, c, l);
	if (u)
		count_busy(s, w, p, l, c, u, least);
}

static struct cell *cell_of(struct shard *s, const struct shard_world *w, unsigned l,
			    const struct probe *p)
{
	bool fresh;
	struct cell *c = cells_take(&s->cells[l], p, &fresh);

	if (fresh)
		c->thresholds = shard_thresholds_index(w, &p->key, level_len(&p->key, l));
	return c;
}

/* A narrower cell remembers where its prefix's was: no hash, no set, one line of memory. */
static struct cell *wider_cell(struct shard *s, const struct shard_world *w, unsigned l,
			       const struct ip *dst, struct cell *narrower)
{
	struct ip key = level_key(dst, l);
	struct cell *c = cells_noted(&s->cells[l], narrower);
	struct probe p;

	if (c && ip_equal(&c->key, &key))
		return c;
	p = probe_begin(&s->cells[l], &key);
	c = cell_of(s, w, l, &p);
	cells_note(&s->cells[l], narrower, c);
	return c;
}

static void count_in(struct shard *s, const struct shard_world *w, struct place *p)
{
	struct cell *c = p->cell;

	/* Since it was found ahead another may have taken its place. */
	if (!c || !cells_holds(&s->cells[0], c, &p->probe[0].key))
		c = cell_of(s, w, 0, &p->probe[0]);
	for (unsigned l = 0; s->error == 0;) {
		count_at(s, w, p, l, c);
		if (++l == LEVELS)
			return;
		c = wider_cell(s, w, l, &p->b->dst, c);
	}
}

static void count_out(struct shard *s, const struct shard_world *w, struct place *p)
{
	/* A packet to oneself (loopback, a forged land attack) is no answer. */
	if (ip_equal(&p->b->src, &p->b->dst))
		return;
	for (unsigned l = 0; l < LEVELS && s->error == 0; l++) {
		struct ip key = level_key(&p->b->src, l);
		struct usual *u = busy_find(s, &key, l);
		unsigned step;

		/* Traffic that stays inside the prefix is no answer of it. */
		if (!u || (l && prefix_contains(&u->key, &p->b->dst)))
			continue;
		step = step_of(s, u, l);
		if (p->number % step == 0)
			learn_out(u, p->b, step);
		if (u->hot)
			s->error = hot_out(u->hot, record_at(w, p));
	}
}

static bool may_be_busy(const struct shard *s, const struct shard_entry *e)
{
	return s->filter[e->filter / 64] >> (e->filter % 64) & 1;
}

/* The cells of a host's prefixes, on their way while the host's neighbours are looked up. */
static void fetch_wider(const struct shard *s, struct place *p, unsigned l)
{
	const struct cell *c = p->cell;
	struct ip key;

	for (unsigned k = 1; c && k < l; k++)
		c = cells_noted(&s->cells[k], c);
	c = c ? cells_noted(&s->cells[l], c) : NULL;
	if (c) {
		__builtin_prefetch(c, 1);
		return;
	}
	key = level_key(&p->b->dst, l);
	p->probe[l] = probe_begin(&s->cells[l], &key);
}

static void find_places(struct shard *s, const struct shard_world *w, const struct shard_entry *e,
			unsigned n, struct place *at)
{
	for (unsigned i = 0; i < n; i++) {
		at[i].number = w->batch_from + e[i].record;
		at[i].b = history_brief(w->history, at[i].number);
		at[i].made = at[i].reported = false;
		if (!e[i].out)
			at[i].probe[0] = probe_begin(&s->cells[0], &at[i].b->dst);
	}
	for (unsigned i = 0; i < n; i++)
		if (!e[i].out)
			probe_fetch(&s->cells[0], &at[i].probe[0]);
	for (unsigned i = 0; i < n; i++) {
		struct cell *c = e[i].out ? NULL : cells_peek(&s->cells[0], &at[i].probe[0]);

		at[i].cell = c;
		if (!e[i].out)
			fetch_wider(s, &at[i], 1);
		if (c && c->busy && s->busy[c->busy - 1]->hot)
			hot_fetch(s->busy[c->busy - 1]->hot, record_at(w, &at[i]));
	}
	for (unsigned i = 0; i < n; i++)
		if (!e[i].out)
			fetch_wider(s, &at[i], 2);
}

void shard_feed(struct shard *s, const struct shard_world *w, const struct shard_entry *entry,
		unsigned n)
{
	struct place at[AHEAD];

	for (unsigned i = 0; i < n && s->error == 0; i += AHEAD) {
		const struct shard_entry *e = &entry[i];
		unsigned some = n - i < AHEAD ? n - i : AHEAD;

		find_places(s, w, e, some, at);
		for (unsigned k = 0; k < some && s->error == 0; k++) {
			if (!e[k].out)
				count_in(s, w, &at[k]);
			else if (may_be_busy(s, &e[k]))
				count_out(s, w, &at[k]);
		}
	}
	s->records += n;
}
