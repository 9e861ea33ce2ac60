/* SPDX-License-Identifier: ISC */
#include "detect/shard.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "detect/busy.h"

#define REPLAY_US (2 * US_PER_S)

unsigned shard_of(const struct ip *ip, uint8_t *filter)
{
	struct ip key = ip_mask(ip, ip_is_v4(ip) ? PREFIX_V4_BASE + 20 : 44);
	uint64_t hash = hash_u128(key.u, HASH_K1);

	*filter = (uint8_t)hash;
	return (unsigned)(hash >> 58);
}

int shard_init(struct shard *s, unsigned index, size_t cells_bytes)
{
	int r = 0;

	s->index = index;
	s->step = 1;
	kinds_init(&s->kinds);
	for (unsigned l = 0; l < LEVELS && r == 0; l++)
		r = cells_init(&s->cells[l], l == 0 ? cells_bytes / 4 * 3 : cells_bytes / 8);
	return r;
}

void shard_deinit(struct shard *s)
{
	busy_deinit(s);
	for (unsigned l = 0; l < LEVELS; l++)
		cells_deinit(&s->cells[l]);
	free(s->word);
	sheet_deinit(&s->sheet);
}

/* Its amounts are left as they are: zeroing them for each record took a tenth of the whole path. */
static void prepare(const struct history_record *h, struct hot_record *r)
{
	r->f = &h->e.flow;
	r->s = &h->e.side;
	r->first_us = h->e.first_us;
	r->last_us = h->e.last_us;
	r->recv_us = h->e.recv_us;
	r->recv_second = time_floor_s(h->e.recv_us);
	r->weight = flow_weight(&h->e.side);
	r->counting = h->counting;
	r->entry = h->counting == COUNT_ENTRY;
	r->own_source = h->own_source;
	r->classified = r->reported = r->hashed = false;
	/* A clock ahead of ours must not push the rings into the future. */
	if (r->last_us > r->recv_us + 2 * US_PER_S)
		r->last_us = r->recv_us;
	if (r->first_us > r->last_us)
		r->first_us = r->last_us;
}

void hot_record_of(const struct shard_world *w, uint32_t i, struct hot_record *r)
{
	prepare(&w->history[(w->batch_from + i) % HISTORY_ROOM], r);
}

enum counting record_counting(const struct shard_world *w, const struct flow *f,
			      const struct flow_side *s, bool own_source)
{
	const struct link *l = exporters_get_link(w->exporters, f->in_link);

	if ((s->flags & FLOW_EGRESS) && f->exporter < w->n_watch &&
	    w->watch[f->exporter].saw_ingress)
		return COUNT_NOT; /* seen on its way in already */
	if (f->in_link == LINK_UNKNOWN || !l || l->side == SIDE_UNKNOWN)
		return COUNT_BY_MAX;
	/* Own traffic passes inside interfaces at every router on its way out. */
	if (own_source)
		return COUNT_BY_MAX;
	/* Foreign traffic further inside entered elsewhere. */
	return l->side == SIDE_OUTSIDE ? COUNT_ENTRY : COUNT_NOT;
}

/* The records before number @end that are looked back at. */
struct look_back {
	uint64_t at, end;
	int64_t now_us;
};

static struct look_back look_back(const struct shard_world *w, uint64_t end)
{
	struct look_back l = {.at = end > HISTORY_LOOK ? end - HISTORY_LOOK : 0,
			      .end = end,
			      .now_us = w->history[end % HISTORY_ROOM].e.recv_us};

	if (l.at < w->history_from)
		l.at = w->history_from;
	return l;
}

/* The next record to or from @key; NULL behind the last. */
static const struct history_record *look_next(struct look_back *l, const struct shard_world *w,
					      const struct prefix *key)
{
	while (l->at < l->end) {
		const struct history_record *old = &w->history[l->at++ % HISTORY_ROOM];

		if (old->counting != COUNT_NOT && old->e.recv_us <= l->now_us &&
		    l->now_us - old->e.recv_us <= REPLAY_US &&
		    (prefix_contains(key, &old->e.flow.dst) ||
		     prefix_contains(key, &old->e.flow.src)))
			return old;
	}
	return NULL;
}

/* Senders of a group that has come near a threshold: also those of just before. */
static int keep_senders(struct hot *h, const struct shard_world *w, struct kinds *k,
			uint64_t number)
{
	struct look_back l = look_back(w, number);
	const struct history_record *old;
	int e = 0;

	for (l.end++; e == 0 && (old = look_next(&l, w, &h->key)) != NULL;) {
		struct hot_record r;

		if (!prefix_contains(&h->key, &old->e.flow.dst))
			continue;
		prepare(old, &r);
		record_classify(k, &r);
		e = hot_look_back(h, &r);
	}
	hot_keep(h);
	return e;
}

int shard_keep_senders(struct shard *s, const struct shard_world *w, struct hot *h, unsigned groups)
{
	int e = hot_want(h, groups);

	if (e < 0 || !h->wanted || w->history_end <= w->history_from)
		return e;
	return keep_senders(h, w, &s->kinds, w->history_end - 1);
}

static int put_in(struct hot *h, const struct shard_world *w, struct kinds *k, struct hot_record *r,
		  uint64_t number)
{
	int e;

	record_classify(k, r);
	e = hot_in(h, r);
	return e == 0 && h->wanted ? keep_senders(h, w, k, number) : e;
}

static int put_out(struct hot *h, struct kinds *k, struct hot_record *r)
{
	record_classify(k, r);
	return hot_out(h, r);
}

/* Count what came just before, since the bound that makes a destination followed is an eighth full.
 */
static int replay(struct hot *h, const struct shard_world *w, struct kinds *k, uint64_t number)
{
	struct look_back l = look_back(w, number);
	const struct history_record *old;
	int e = 0;

	while (e == 0 && (old = look_next(&l, w, &h->key)) != NULL) {
		struct hot_record r;

		prepare(old, &r);
		e = prefix_contains(&h->key, &old->e.flow.dst) ? put_in(h, w, k, &r, l.at - 1)
							       : put_out(h, k, &r);
	}
	return e;
}

static const struct thresholds *thresholds_of(const struct shard_world *w, unsigned index)
{
	return index && index <= w->conf->n_objects ? &w->conf->objects[index - 1].thresholds
						    : &w->conf->thresholds;
}

static bool is_special(const struct flow *f, const struct flow_side *side)
{
	if (f->proto != PROTO_TCP)
		return true;
	return (f->tcp_flags & (TH_SYN | TH_RST)) ||
	       (side->flags & (FLOW_FRAGMENT | FLOW_MALFORMED)) || side->app == APP_HTTP_REQUEST;
}

static void add_capped(uint32_t *to, uint64_t n)
{
	uint64_t sum = *to + n;

	*to = sum > UINT32_MAX ? UINT32_MAX : (uint32_t)sum;
}

static void fill_of(const struct cell *c, uint64_t fill[FILLS])
{
	fill[FILL_PACKETS] = c->packets;
	fill[FILL_SPECIAL] = c->special;
	fill[FILL_BYTES] = c->bytes;
}

/*
 * What arrives in a second, flows with all their packets. A flow's packets are older than its
 * arrival, but flows of one event end together, so that within a factor of a few as much arrives in
 * a second as was sent in one; a destination is busy from an eighth of a threshold.
 */
static void count_cold(struct cell *c, struct usual *u, const uint64_t least[FILLS],
		       const struct hot_record *r)
{
	uint32_t second = (uint32_t)r->recv_second;
	uint64_t packets = (uint64_t)r->f->packets * r->weight;
	uint64_t fill[FILLS];

	if ((int32_t)(second - c->second) > 0) {
		if (u) {
			fill_of(c, fill);
			usual_fill(u, fill, least);
		}
		c->second = second;
		c->packets = c->special = 0;
		c->bytes = 0;
	}
	add_capped(&c->packets, packets);
	add_capped(&c->special, is_special(r->f, r->s) ? packets : 0);
	c->bytes += r->f->bytes * r->weight;
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

/* Which thresholds count: a protected object's where it holds the whole destination. */
static uint16_t thresholds_index(const struct shard_world *w, const struct ip *addr, unsigned len)
{
	uint32_t i;

	if (!w->conf->n_objects || !w->conf->object_set ||
	    !prefix_set_find(w->conf->object_set, addr, &i))
		return 0;
	for (size_t k = 0; k < w->conf->objects[i].n_prefixes; k++) {
		const struct prefix *p = &w->conf->objects[i].prefixes[k];

		if (p->len <= len && prefix_contains(p, addr))
			return (uint16_t)(i + 1);
	}
	return 0;
}

/* Where a record is counted: its cell on each level. */
struct places {
	struct probe probe[LEVELS];
	struct hot_record r;
};

/* Means of minutes: while records are many, one in eight tells them well enough. */
static bool is_taken(const struct shard *s, uint64_t number)
{
	return s->step == 1 || number % s->step == 0;
}

static void learn_in(struct shard *s, struct usual *u, struct hot_record *r, unsigned step)
{
	record_classify(&s->kinds, r);
	usual_turn(u, r->recv_second);
	if (r->weight > 1 && !(r->s->flags & FLOW_IS_PACKET))
		usual_late(u);
	for (unsigned i = 0; i < r->n_amounts; i++)
		usual_add(u, r->amount[i].meter, r->amount[i].n * step);
}

static void learn_out(struct shard *s, struct usual *u, struct hot_record *r, unsigned step)
{
	unsigned meter;

	record_classify(&s->kinds, r);
	if (!record_answers(r, &meter))
		return;
	usual_turn(u, r->recv_second);
	usual_add(u, meter, r->packets * step);
	if (meter == METER_OUT_TCP && (r->f->tcp_flags & (TH_SYN | TH_ACK | TH_RST)) == TH_SYN)
		usual_add(u, METER_OUT_SYN, r->packets * step);
}

/*
 * Is it to be followed, for this record? What stands out from the usual is. Where nothing is usual
 * yet all would, so there the answers must be lacking too: a third of the traffic of a network that
 * was just begun to be looked at goes to prefixes whose own sending explains it.
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

static void count_at(struct shard *s, const struct shard_world *w, uint64_t number, unsigned l,
		     struct cell *c, struct hot_record *r)
{
	struct usual *u = c->busy ? s->busy[c->busy - 1] : NULL;
	const struct thresholds *th = thresholds_of(w, c->thresholds);
	const uint64_t *least = w->follow[c->thresholds].least[l];

	count_cold(c, u, least, r);
	cells_heat(&s->cells[l], c, c->packets);
	if (!u && is_busy(c, least))
		u = busy_make(s, w, c, l);
	if (!u)
		return;
	if (!r->reported && (!usual_has_history(u) || is_taken(s, number)))
		learn_in(s, u, r, usual_has_history(u) ? s->step : 1);
	if (!r->reported && stands_out(c, u, least, l ? 0 : w->near) &&
	    !is_new_and_answered(u, least, c, r->packets))
		u->out_us = r->recv_us;
	if (!u->hot && u->out_us == r->recv_us && busy_follow(s, w, u, th))
		s->error = replay(u->hot, w, &s->kinds, number);
	if (!u->hot || s->error < 0)
		return;
	s->error = put_in(u->hot, w, &s->kinds, r, number);
	r->reported |= u->hot->attack != NULL;
}

static void count_in(struct shard *s, const struct shard_world *w, uint32_t record,
		     struct places *at)
{
	for (unsigned l = 0; l < LEVELS && s->error == 0; l++) {
		bool fresh;
		struct cell *c = cells_take(&s->cells[l], &at->probe[l], &fresh);

		if (fresh)
			c->thresholds =
				thresholds_index(w, &at->probe[l].key, level_len(&at->r.f->dst, l));
		count_at(s, w, w->batch_from + record, l, c, &at->r);
	}
}

static void count_out(struct shard *s, const struct shard_world *w, uint32_t record)
{
	struct hot_record r;

	hot_record_of(w, record, &r);
	/* A packet to oneself (loopback, a forged land attack) is no answer. */
	if (ip_equal(&r.f->src, &r.f->dst))
		return;
	for (unsigned l = 0; l < LEVELS && s->error == 0; l++) {
		unsigned len = level_len(&r.f->src, l);
		struct ip key = l ? ip_mask(&r.f->src, len) : r.f->src;
		struct usual *u = busy_find(s, &key, len);

		/* Traffic that stays inside the prefix is no answer of it. */
		if (!u || (l && prefix_contains(&u->key, &r.f->dst)))
			continue;
		if (!usual_has_history(u))
			learn_out(s, u, &r, 1);
		else if (is_taken(s, w->batch_from + record))
			learn_out(s, u, &r, s->step);
		if (u->hot)
			s->error = put_out(u->hot, &s->kinds, &r);
	}
}

#define AHEAD 16 /* entries whose memory is fetched together */

/* The host's followed destination, where it has one already. */
static const struct hot *hot_at(const struct shard *s, const struct places *at)
{
	const struct cell *c = cells_peek(&s->cells[0], &at->probe[0]);

	return c && c->busy ? s->busy[c->busy - 1]->hot : NULL;
}

static void find_places(const struct shard *s, const struct shard_world *w,
			const struct shard_entry *e, unsigned n, struct places *at)
{
	for (unsigned i = 0; i < n; i++) {
		const struct ip *dst;

		if (e[i].out)
			continue;
		hot_record_of(w, e[i].record, &at[i].r);
		dst = &at[i].r.f->dst;
		for (unsigned l = 0; l < LEVELS; l++) {
			struct ip key = l ? ip_mask(dst, level_len(dst, l)) : *dst;

			at[i].probe[l] = probe_begin(&s->cells[l], &key);
		}
	}
	for (unsigned i = 0; i < n; i++)
		for (unsigned l = 0; l < LEVELS && !e[i].out; l++)
			probe_fetch(&s->cells[l], &at[i].probe[l]);
	for (unsigned i = 0; i < n; i++) {
		const struct hot *h = e[i].out ? NULL : hot_at(s, &at[i]);

		if (h)
			hot_fetch(h, &at[i].r);
	}
}

void shard_feed(struct shard *s, const struct shard_world *w)
{
	struct places at[AHEAD];

	for (unsigned i = 0; i < s->n_entries && s->error == 0; i += AHEAD) {
		const struct shard_entry *e = &s->entry[i];
		unsigned n = s->n_entries - i < AHEAD ? s->n_entries - i : AHEAD;

		find_places(s, w, e, n, at);
		for (unsigned k = 0; k < n && s->error == 0; k++) {
			if (!e[k].out)
				count_in(s, w, e[k].record, &at[k]);
			else if (s->filter[e[k].filter / 64] >> (e[k].filter % 64) & 1)
				count_out(s, w, e[k].record);
		}
	}
	s->records += s->n_entries;
	s->n_entries = 0;
}

struct reconf {
	const struct shard_world *w;
	unsigned level;
};

static void reconf_cell(struct cell *c, void *userdata)
{
	struct reconf *r = userdata;

	c->thresholds = thresholds_index(r->w, &c->key, level_len(&c->key, r->level));
}

void shard_reconf(struct shard *s, const struct shard_world *w)
{
	for (unsigned l = 0; l < LEVELS; l++) {
		struct reconf r = {.w = w, .level = l};

		cells_each(&s->cells[l], reconf_cell, &r);
	}
	for (unsigned i = 0; i < s->n_hot; i++) {
		struct hot *h = s->hot[i];
		unsigned l = level_of(&h->key);

		h->th = thresholds_of(w, thresholds_index(w, &h->key.addr, h->key.len));
		h->times = l == 0 ? 1 : l == 1 ? h->th->prefix24_times : h->th->prefix20_times;
		h->times = h->times ? h->times : 1;
		h->load = 1; /* of other thresholds */
		h->current_second = INT64_MIN / 2;
	}
}

uint64_t shard_memory(const struct shard *s)
{
	uint64_t n = sizeof(*s) + s->room_hot * sizeof(struct hot *) +
		     s->room_busy * sizeof(struct usual *) + s->n_busy * sizeof(struct usual) +
		     s->lookup_room * sizeof(*s->lookup);

	for (unsigned l = 0; l < LEVELS; l++)
		n += cells_memory(&s->cells[l]);
	for (unsigned i = 0; i < s->n_hot; i++)
		n += hot_memory(s->hot[i]);
	return n;
}
