/* SPDX-License-Identifier: ISC */
/*
 * Records into a shard. Every destination has a cell on each level; few of them are busy and are
 * learnt (usual.h), fewer stand out and are followed (hot.h).
 */
#include <errno.h>

#include "detect/busy.h"
#include "detect/rolls.h"
#include "detect/witness.h"

#define AHEAD	  32 /* entries whose memory is fetched together */
#define HEAT_FROM 16 /* packets of a second that make a destination matter at all */

/* Where an entry is counted. Its record is only prepared when something followed wants it. */
struct place {
	uint64_t number;
	const struct flow *f;
	struct mark m;
	/* Corrected for sampling, and for the records it stands for. */
	uint64_t packets, special, bytes;
	uint64_t hash;	   /* cells_hash() of the destination */
	struct cell *cell; /* of the host, as it was found ahead; NULL when it had none */
	struct hot_record *r;
	uint32_t times;	 /* so many records it stands for, itself among them */
	uint16_t record; /* of the batch */
	uint16_t moves;	 /* of all cells, until it was found */
	bool made;	 /* r is prepared */
	bool weighed;	 /* packets, special and bytes are known */
	bool reported;	 /* a narrower level has an open attack that holds it */
};

#define WEIGHT_MAX (UINT64_C(1) << 56) /* of one record: eight of them still fit */

static uint64_t capped_weight(uint64_t n, uint64_t weight)
{
	uint64_t all = weight == 1 ? n : weighted(n, weight);

	return all < WEIGHT_MAX ? all : WEIGHT_MAX;
}

static void begin_place(struct place *p, const struct history *h, const struct shard_entry *e)
{
	p->times = e->times;
	p->record = e->record;
	p->number = h->batch_from + e->record;
	p->f = &h->batch->flow[e->record];
	p->m = history_mark(h, p->number);
	p->made = p->reported = p->weighed = false;
}

/* Not for those of a reported host: nobody asks for the amounts of most of them. */
static void weigh(struct place *p)
{
	if (p->weighed)
		return;
	p->packets = capped_weight(p->f->packets, p->m.weight);
	p->special = mark_special(&p->m, p->packets) * p->times;
	p->packets *= p->times;
	p->bytes = capped_weight(p->f->bytes, p->m.weight) * p->times;
	p->weighed = true;
}

static struct hot_record *record_at(const struct shard_world *w, struct place *p)
{
	if (!p->made)
		history_prepare(w->history, p->number, &p->m, p->r);
	p->made = true;
	p->r->reported = p->reported;
	return p->r;
}

/* Senders of a group that has come near a threshold: also those of just before. */
static int keep_senders(struct hot *h, const struct shard_world *w, uint64_t number)
{
	struct look_back l = look_back(w->history, &h->key, number);
	uint64_t old;
	int e = 0;

	for (l.end++; e == 0 && look_next(&l, w->history, &old);) {
		struct hot_record r;

		if (!prefix_contains(&h->key, &history_flow(w->history, old)->dst))
			continue;
		history_recall(w->history, old, &r);
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

		history_recall(w->history, old, &r);
		e = prefix_contains(&h->key, &r.f->dst) ? put_in(h, w, &r, old) : hot_out(h, &r);
	}
	return e;
}

/* @n fits 60 bits. */
static uint32_t capped(uint32_t to, uint64_t n)
{
	uint64_t sum = to + n;

	return sum > UINT32_MAX ? UINT32_MAX : (uint32_t)sum;
}

static void turn_second(struct cell *c, struct usual *u, const uint64_t least[FILLS],
			uint32_t second)
{
	uint64_t fill[FILLS] = {c->packets, c->special, c->bytes};

	if (u)
		usual_fill(u, fill, least);
	c->second = second;
	c->packets = c->special = 0;
	c->bytes = 0;
}

/* Of a host that is not busy no more is known than all of it, and that is less than the floor. */
static inline void note_cell(struct rolls *r, const struct cell *c, const struct usual *u)
{
	if (!u)
		rolls_note_cold(r, c->thresholds, c->second, c->packets, c->bytes);
	else
		roll_bits(r, u, c->second, c->packets, c->bytes);
}

/*
 * What arrives in a second, flows with all their packets. A flow's packets are older than its
 * arrival, but flows of one event end together, so that within a factor of a few as much arrives in
 * a second as was sent in one; a destination is busy from an eighth of a threshold.
 */
static void count_cold(struct cells *t, struct cell *c, const struct place *p)
{
	uint32_t before = c->packets;
	uint64_t bytes = c->bytes + p->bytes;

	/* All without a branch: a wrong guess costs as much as twenty sums. */
	c->packets = capped(c->packets, p->packets);
	c->special = capped(c->special, p->special);
	c->bytes = bytes < c->bytes ? UINT64_MAX : bytes;
	/* Heat goes by powers of two; a busy one is not given up, and it lies in another line. */
	if (!c->busy & ((c->packets ^ before) > before) & (c->packets >= HEAT_FROM))
		cells_heat(t, c, c->packets);
}

static bool is_busy(const struct cell *c, const uint64_t least[FILLS])
{
	return (c->packets >= least[FILL_PACKETS]) | (c->special >= least[FILL_SPECIAL]) |
	       (c->bytes >= least[FILL_BYTES]);
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

static void learn_noise(struct usual *u, const struct place *p)
{
	if (p->times > 1 && p->packets > u->noise)
		u->noise = p->packets;
}

/* A second of arrival is over there: what it held is noted, before it is learnt. */
static __attribute__((noinline)) void turn_usual(struct usual *u, const struct shard_world *w,
						 const struct place *p)
{
	roll_usual(w->rolls, u);
	u->weight = p->m.weight > u->weight ? p->m.weight : u->weight;
	usual_turn(u, p->m.second);
}

static void learn_in(struct usual *u, const struct shard_world *w, struct place *p)
{
	const struct kind *kind = &w->history->kinds.kind[p->m.kind];
	uint64_t amounts[AMOUNTS];

	if (p->m.second > u->second)
		turn_usual(u, w, p);
	learn_noise(u, p);
	if (p->m.late)
		usual_late(u);
	usual_add(u, METER_PACKETS, p->packets);
	if (p->m.kind == KIND_ASK) {
		const struct hot_record *r = record_at(w, p);

		for (unsigned i = 1; i < r->n_amounts; i++)
			usual_add(u, r->amount[i].meter, r->amount[i].n * p->times);
		return;
	}
	kind_amounts(p->packets / p->times, p->m.weight, amounts);
	for (unsigned i = 0; i < kind->n; i++)
		usual_add(u, kind->part[i].meter, amounts[kind->part[i].amount] * p->times);
}

static void learn_out(struct usual *u, const struct shard_world *w, struct place *p)
{
	if (!p->m.answers)
		return;
	weigh(p);
	if (p->m.second > u->second)
		turn_usual(u, w, p);
	learn_noise(u, p);
	usual_add(u, p->m.answers, p->packets);
	if (p->m.opens)
		usual_add(u, METER_OUT_SYN, p->packets);
}

/*
 * Is it to be followed, for this record? What stands out from the usual is. Where nothing is usual
 * yet all would, so there the answers must be lacking too: most traffic of a network that is new to
 * us goes to prefixes whose own sending explains it (following them took 60 % of the whole path).
 */
static bool is_new_and_answered(const uint64_t least[FILLS], struct usual *u, const struct cell *c,
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

/*
 * Before a prefix begins to be followed: the open runs of its reported hosts go to the prefixes
 * that are followed already, and the new one finds their records when it looks back.
 */
static void pass_open(struct shard *s, const struct prefix *key)
{
	for (unsigned i = 0; i < s->n_hot && s->error == 0; i++) {
		struct hot *h = s->hot[i];

		if (h->level != LEVEL_HOST || !h->attack || !prefix_contains(key, &h->key.addr))
			continue;
		s->error = hot_flush(h);
		shard_pass(s, h);
	}
}

static void follow(struct shard *s, const struct shard_world *w, struct usual *u,
		   const struct thresholds *th, uint64_t number)
{
	if (level_of(&u->key) && s->added < w->hot_room)
		pass_open(s, &u->key);
	if (s->error == 0 && busy_follow(s, w, u, th))
		s->error = replay(u->hot, w, number);
}

static void count_hot(struct shard *s, const struct shard_world *w, struct place *p, struct hot *h)
{
	s->error = put_in(h, w, record_at(w, p), p->number);
	if (h->n_passed)
		shard_pass(s, h);
	p->reported |= h->attack != NULL;
}

static void count_busy(struct shard *s, const struct shard_world *w, struct place *p, unsigned l,
		       struct cell *c, struct usual *u)
{
	const uint64_t *least = w->follow[c->thresholds].least[l];

	if (!p->reported)
		learn_in(u, w, p);
	if (!p->reported && stands_out(c, u, least, l ? 0 : w->near) &&
	    !is_new_and_answered(least, u, c, p->packets)) {
		u->out_us = history_recv_us(w->history, p->number);
		if (!u->hot)
			follow(s, w, u, shard_thresholds(w, c->thresholds), p->number);
	}
	if (u->hot && s->error == 0)
		count_hot(s, w, p, u->hot);
}

/* What a protected object gets by which link. */
static __attribute__((noinline)) void count_object(struct shard *s, const struct shard_world *w,
						   const struct place *p, uint16_t object)
{
	const struct flow_batch *b = w->history->batch;
	const struct flow *f = p->f;
	int64_t epoch_ms = b->epoch_us / US_PER_MS;
	const struct bystander_record r = {.object = object,
					   .link = f->in_link,
					   .weight = p->m.weight * p->times,
					   .packets = p->packets,
					   .bytes = p->bytes,
					   .first_ms = epoch_ms + f->first_ms,
					   .last_ms = epoch_ms + f->last_ms,
					   .recv_ms = epoch_ms + b->side[p->record].recv_ms};

	if (f->in_link != LINK_UNKNOWN && bystanders_count(&s->bystanders, &r) < 0)
		s->error = -ENOMEM;
}

static void count_at(struct shard *s, const struct shard_world *w, struct place *p, unsigned l,
		     struct cell *c)
{
	struct usual *u = c->busy ? s->busy[c->busy - 1] : NULL;
	const uint64_t *least = w->follow[c->thresholds].least[l];

	/* A reported host: nothing is learnt and nothing is left to decide. */
	if (!l && u && u->hot && u->hot->attack) {
		u->out_us = record_at(w, p)->recv_us;
		count_hot(s, w, p, u->hot);
		return;
	}
	weigh(p);
	if (!l && c->thresholds)
		count_object(s, w, p, (uint16_t)(c->thresholds - 1));
	if ((int32_t)(p->m.second - c->second) > 0) {
		if (!l && c->thresholds)
			note_cell(w->rolls, c, u);
		turn_second(c, u, least, p->m.second);
	}
	count_cold(&s->cells[l], c, p);
	if (!u && is_busy(c, least))
		u = busy_make(s, w, c, l);
	if (u)
		count_busy(s, w, p, l, c, u);
}

static struct cell *cell_of(struct shard *s, const struct shard_world *w, unsigned l,
			    const struct ip *key, uint64_t hash)
{
	bool fresh;
	struct cell *c = cells_take(&s->cells[l], key, hash, &fresh);

	if (fresh)
		c->thresholds = shard_thresholds_index(w, key, level_len(key, l));
	return c;
}

/* A narrower cell remembers where its prefix's was: no hash, no set, one line of memory. */
static struct cell *wider_cell(struct shard *s, const struct shard_world *w, unsigned l,
			       const struct ip *dst, struct cell *narrower)
{
	struct ip key = level_key(dst, l);
	struct cell *c = cells_noted(&s->cells[l], narrower);

	if (c && ip_equal(&c->key, &key))
		return c;
	c = cell_of(s, w, l, &key, cells_hash(&key));
	cells_note(&s->cells[l], narrower, c);
	return c;
}

/* On a wider level it stands for more. */
static void stand_for(struct place *p, unsigned times)
{
	unsigned more = times / p->times;

	weigh(p);
	p->packets *= more;
	p->special *= more;
	p->bytes *= more;
	p->times = times;
}

static void count_in(struct shard *s, const struct shard_world *w, struct place *p)
{
	const struct thinning *t = &w->thinning;
	struct cell *c = p->cell;

	/* Since it was found ahead another may have taken its place, or all may have moved. */
	if (!c || p->moves != s->cells[0].moves || !ip_equal(&c->key, &p->f->dst))
		c = cell_of(s, w, 0, &p->f->dst, p->hash);
	for (unsigned l = 0; s->error == 0;) {
		count_at(s, w, p, l, c);
		/* Its prefixes hear of a reported host's by the run. */
		if (++l == LEVELS || (p->reported && l == 1 && p->f->proto != PROTO_UDP))
			return;
		if (!thinning_counts(t, p->number, p->times, l))
			return;
		if (p->times > 1)
			stand_for(p, t->level[l]);
		c = wider_cell(s, w, l, &p->f->dst, c);
	}
}

static void count_out(struct shard *s, const struct shard_world *w, struct place *p)
{
	/* A packet to oneself (loopback, a forged land attack) is no answer. */
	if (ip_equal(&p->f->src, &p->f->dst))
		return;
	for (unsigned l = 0; l < LEVELS && s->error == 0; l++) {
		struct ip key = level_key(&p->f->src, l);
		struct usual *u = busy_find(s, &key, l);

		/* Traffic that stays inside the prefix is no answer of it. */
		if (!u || (l && prefix_contains(&u->key, &p->f->dst)))
			continue;
		learn_out(u, w, p);
		if (!u->hot)
			continue;
		s->error = hot_out(u->hot, record_at(w, p));
		if (w->conf->n_darknets && prefix_set_find(w->conf->darknet_set, &p->f->dst, NULL))
			u->hot->to_darknet += p->f->packets;
	}
}

/* Where it was seen as it was fetched; the whole search once more was 3 % of the path. */
static struct cell *cell_seen(const struct shard *s, const struct shard_list *list,
			      const struct shard_entry *e, const struct ip *dst)
{
	struct cell *c = NULL;

	if (list->moves == s->cells[0].moves)
		c = cells_at(&s->cells[0], e->cell, dst);
	return c ? c : cells_peek(&s->cells[0], dst, e->hash);
}

/* The @n records of the list from @first on. */
static void find_places(struct shard *s, const struct shard_world *w, const struct shard_list *list,
			unsigned first, unsigned n, struct place *at, struct hot_record *record)
{
	const struct shard_entry *from = &list->in[first];

	for (unsigned i = 0; i < n; i++) {
		struct place *p = &at[i];

		begin_place(p, w->history, &from[i]);
		p->hash = from[i].hash;
		p->r = &record[i];
		p->moves = s->cells[0].moves;
		if (i && p->hash == at[i - 1].hash && ip_equal(&p->f->dst, &at[i - 1].f->dst))
			p->cell = at[i - 1].cell;
		else
			p->cell = cell_seen(s, list, &from[i], &p->f->dst);
		if (p->cell && p->cell->busy && s->busy[p->cell->busy - 1]->hot)
			hot_fetch(s->busy[p->cell->busy - 1]->hot, record_at(w, p));
	}
}

/* What the shard's destinations sent before record @until. Return: the first that is left. */
static const struct shard_entry *count_sent(struct shard *s, const struct shard_world *w,
					    const struct shard_entry *next, unsigned until)
{
	for (; next->record < until; next++) {
		struct hot_record r;
		struct place p;

		p.r = &r;
		begin_place(&p, w->history, next);
		if (s->error == 0)
			count_out(s, w, &p);
	}
	return next;
}

/* More counts since record @after made something busy or followed: the rest of the list anew. */
static void make_list(const struct shard *s, const struct shard_world *w, struct shard_list *l,
		      uint32_t after)
{
	const struct history *h = w->history;

	l->n_in = l->n_out = 0;
	l->moves = 0;
	for (uint32_t i = after; i < w->slice.to; i++) {
		const struct shard_ends *e = &w->slice.ends[i];
		struct shard_entry entry = {.record = (uint16_t)i};
		uint8_t times;

		if (e->in != s->index && e->out != s->index)
			continue;
		times = h->mark[(h->batch_from + i) % HISTORY_ROOM].times;
		entry.times = shard_times(s, e->in_filter, times);
		if (e->in == s->index && i > after && entry.times) {
			entry.hash = cells_hash(&h->batch->flow[i].dst);
			l->in[l->n_in++] = entry;
		}
		entry.times = shard_times(s, e->out_filter, times);
		if (e->out == s->index && entry.times && shard_has(s->filter, e->out_filter))
			l->out[l->n_out++] = entry;
	}
	l->out[l->n_out].record = SHARD_LIST_END;
}

static const uint16_t *seen_of(const struct shard_list *list)
{
	static const uint16_t none = SHARD_LIST_END;

	return list->n_seen ? list->seen : &none;
}

static uint16_t sooner(const struct shard_entry *out, const uint16_t *seen)
{
	return out->record < *seen ? out->record : *seen;
}

void shard_feed(struct shard *s, const struct shard_world *w, struct shard_list *list)
{
	const struct shard_entry *out = list->out;
	const uint16_t *seen = seen_of(list);
	struct hot_record record[AHEAD];
	struct place at[AHEAD];

	s->relist = false;
	for (unsigned from = 0, next; from < list->n_in && s->error == 0; from = next) {
		unsigned n = list->n_in - from < AHEAD ? list->n_in - from : AHEAD;
		uint16_t due = sooner(out, seen);

		find_places(s, w, list, from, n, at, record);
		next = from + n;
		for (unsigned k = 0; k < n && s->error == 0; k++) {
			if (due < at[k].record) {
				out = count_sent(s, w, out, at[k].record);
				seen = witness_feed(s, w, seen, at[k].record);
				due = sooner(out, seen);
			}
			count_in(s, w, &at[k]);
			if (!s->relist)
				continue;
			s->relist = false;
			make_list(s, w, list, at[k].record);
			out = list->out;
			next = 0;
			break;
		}
	}
	count_sent(s, w, out, SHARD_LIST_END);
	if (list->n_seen)
		witness_feed(s, w, seen, SHARD_LIST_END);
}
