/* SPDX-License-Identifier: ISC */
#include "detect/shard.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define RATE_HALVING_S 60
#define REPLAY_US      (2 * US_PER_S)

static unsigned level_len(const struct ip *ip, unsigned level)
{
	static const uint8_t v4[LEVELS] = {128, PREFIX_V4_BASE + 24, PREFIX_V4_BASE + 20};
	static const uint8_t v6[LEVELS] = {128, 64, 48};

	return ip_is_v4(ip) ? v4[level] : v6[level];
}

unsigned shard_of(const struct ip *ip)
{
	struct ip key = ip_mask(ip, ip_is_v4(ip) ? PREFIX_V4_BASE + 20 : 44);

	return (unsigned)(hash_u128(key.u, HASH_K1) >> 58);
}

int shard_init(struct shard *s, unsigned index, size_t cells_bytes)
{
	int r = 0;

	s->index = index;
	for (unsigned l = 0; l < LEVELS && r == 0; l++)
		r = cells_init(&s->cells[l], l == 0 ? cells_bytes / 4 * 3 : cells_bytes / 8);
	return r;
}

void shard_deinit(struct shard *s)
{
	for (unsigned i = 0; i < s->n_hot; i++) {
		attack_free(s->hot[i]->attack);
		hot_free(s->hot[i]);
	}
	for (unsigned l = 0; l < LEVELS; l++)
		cells_deinit(&s->cells[l]);
	free(s->hot);
	free(s->lookup);
	free(s->word);
}

static uint64_t key_hash(const struct ip *addr, unsigned len)
{
	return hash_u64(hash_u128(addr->u, HASH_K0), len);
}

static struct hot *find_hot(const struct shard *s, const struct ip *addr, unsigned len)
{
	unsigned i;

	if (!s->lookup_room)
		return NULL;
	i = (unsigned)key_hash(addr, len) & (s->lookup_room - 1);
	for (; s->lookup[i]; i = (i + 1) & (s->lookup_room - 1)) {
		struct hot *h = s->hot[s->lookup[i] - 1];

		if (h->key.len == len && ip_equal(&h->key.addr, addr))
			return h;
	}
	return NULL;
}

static void enter_lookup(struct shard *s, const struct hot *h)
{
	unsigned i = (unsigned)key_hash(&h->key.addr, h->key.len) & (s->lookup_room - 1);

	while (s->lookup[i])
		i = (i + 1) & (s->lookup_room - 1);
	s->lookup[i] = h->slot + 1;
}

void shard_rebuild_lookup(struct shard *s)
{
	if (s->lookup)
		memset(s->lookup, 0, s->lookup_room * sizeof(*s->lookup));
	for (unsigned i = 0; i < s->n_hot; i++)
		enter_lookup(s, s->hot[i]);
}

static int make_hot_room(struct shard *s)
{
	if (s->n_hot == s->room_hot) {
		unsigned room = s->room_hot ? s->room_hot * 2 : 16;
		struct hot **p = realloc(s->hot, room * sizeof(struct hot *));

		if (!p)
			return -ENOMEM;
		s->hot = p;
		s->room_hot = room;
	}
	if (s->n_hot * 2 >= s->lookup_room) {
		unsigned room = s->lookup_room ? s->lookup_room * 2 : 64;
		uint32_t *p = calloc(room, sizeof(*p));

		if (!p)
			return -ENOMEM;
		free(s->lookup);
		s->lookup = p;
		s->lookup_room = room;
		shard_rebuild_lookup(s);
	}
	return 0;
}

/*
 * The first and last of k sampled packets lie inside the flow: of k even draws from a time T the
 * mean span is T (k - 1) / (k + 1). Without widening, sampled flows would pile up in the middle of
 * an attack (a peak 42 % too high was seen at 1:100).
 */
static void set_spread(struct hot_record *r)
{
	int64_t length = r->last_us - r->first_us, more;

	r->spread_first_us = r->first_us;
	r->spread_last_us = r->last_us;
	if (r->weight <= 1 || r->f->packets < 2 || length == 0)
		return;
	more = length / (int64_t)(r->f->packets - 1);
	r->spread_first_us -= more;
	r->spread_last_us += more;
	if (r->spread_last_us > r->recv_us && r->recv_us >= r->last_us)
		r->spread_last_us = r->recv_us;
}

static struct hot_record prepare(const struct history_record *h)
{
	struct hot_record r = {.f = &h->e.flow,
			       .s = &h->e.side,
			       .first_us = h->e.first_us,
			       .last_us = h->e.last_us,
			       .recv_us = h->e.recv_us,
			       .weight = flow_weight(&h->e.side),
			       .counting = h->counting,
			       .entry = h->counting == COUNT_ENTRY,
			       .own_source = h->own_source};

	/* A clock ahead of ours must not push the rings into the future. */
	if (r.last_us > r.recv_us + 2 * US_PER_S)
		r.last_us = r.recv_us;
	if (r.first_us > r.last_us)
		r.first_us = r.last_us;
	set_spread(&r);
	return r;
}

struct hot_record hot_record_of(const struct shard_world *w, uint32_t i)
{
	return prepare(&w->history[(w->batch_from + i) % HISTORY_ROOM]);
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

/* Count what came just before, since the bound that makes a destination followed is an eighth full.
 */
static int replay(struct hot *h, const struct shard_world *w, uint32_t until)
{
	uint64_t end = w->batch_from + until;
	uint64_t n = end > HISTORY_LOOK ? end - HISTORY_LOOK : 0;
	int64_t now = w->history[end % HISTORY_ROOM].e.recv_us;

	for (n = n < w->history_from ? w->history_from : n; n < end; n++) {
		const struct history_record *old = &w->history[n % HISTORY_ROOM];
		bool in = prefix_contains(&h->key, &old->e.flow.dst);
		struct hot_record r;
		int e;

		if (old->counting == COUNT_NOT || old->e.recv_us > now ||
		    now - old->e.recv_us > REPLAY_US ||
		    (!in && !prefix_contains(&h->key, &old->e.flow.src)))
			continue;
		r = prepare(old);
		e = in ? hot_in(h, &r) : hot_out(h, &r);
		if (e < 0)
			return e;
	}
	return 0;
}

static const struct thresholds *thresholds_of(const struct shard_world *w, unsigned index)
{
	return index && index <= w->conf->n_objects ? &w->conf->objects[index - 1].thresholds
						    : &w->conf->thresholds;
}

static struct hot *follow(struct shard *s, const struct shard_world *w, struct cell *c,
			  unsigned level, uint32_t until)
{
	struct prefix key = {.addr = c->key, .len = (uint8_t)level_len(&c->key, level)};
	const struct thresholds *th = thresholds_of(w, c->thresholds);
	uint32_t times[LEVELS] = {1, th->prefix24_times, th->prefix20_times};
	struct hot *h;

	if (s->added >= w->hot_room) {
		s->hot_refused++;
		return NULL;
	}
	s->error = make_hot_room(s);
	if (s->error < 0)
		return NULL;
	h = hot_new(&key, level ? LEVEL_PREFIX : LEVEL_HOST, th, times[level] ? times[level] : 1);
	if (!h) {
		s->error = -ENOMEM;
		return NULL;
	}
	h->slot = s->n_hot;
	s->hot[s->n_hot++] = h;
	s->added++;
	enter_lookup(s, h);
	c->hot = h->slot + 1;
	cells_heat(&s->cells[level], c, UINT32_MAX);
	s->error = replay(h, w, until);
	return h;
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

static void decay_rates(struct cell *c, uint32_t second)
{
	uint32_t steps = (second - c->rate_second) / RATE_HALVING_S;

	if ((int32_t)(second - c->rate_second) < RATE_HALVING_S)
		return;
	steps = steps > 31 ? 31 : steps;
	c->rate_packets >>= steps;
	c->rate_special >>= steps;
	c->rate_bytes8 >>= steps;
	c->rate_second = second;
}

/* Cheap and never too low: whether the destination could be near a threshold. */
static void count_cold(struct cell *c, const struct hot_record *r)
{
	uint32_t second = (uint32_t)time_floor_s(r->last_us);
	uint64_t packets = (uint64_t)r->f->packets * r->weight, bytes = r->f->bytes * r->weight;
	uint64_t seconds = (uint64_t)(r->last_us - r->first_us) / US_PER_S;
	bool special = is_special(r->f, r->s);

	if (seconds == 0 && (int32_t)(second - c->second) > 0) {
		c->second = second;
		c->packets = c->special = 0;
		c->bytes = 0;
	}
	if (seconds == 0 && second == c->second) {
		add_capped(&c->packets, packets);
		add_capped(&c->special, special ? packets : 0);
		c->bytes += bytes;
		return;
	}
	/* Longer than a second, or late: what it claims per second may overlap with others' claims.
	 */
	decay_rates(c, second);
	seconds = seconds ? seconds : 1;
	add_capped(&c->rate_packets, packets / seconds + 1);
	add_capped(&c->rate_special, special ? packets / seconds + 1 : 0);
	add_capped(&c->rate_bytes8, bytes / seconds / 8);
}

static bool is_near(const struct cell *c, const struct follow_rate *f, uint64_t times)
{
	return (uint64_t)c->packets + c->rate_packets >= f->packets * times ||
	       (uint64_t)c->special + c->rate_special >= f->special * times ||
	       c->bytes + c->rate_bytes8 * 8ull >= f->bytes * times;
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

static void count_in(struct shard *s, const struct shard_world *w, uint32_t record)
{
	struct hot_record r = hot_record_of(w, record);

	for (unsigned l = 0; l < LEVELS && s->error == 0; l++) {
		unsigned len = level_len(&r.f->dst, l);
		struct ip key = l ? ip_mask(&r.f->dst, len) : r.f->dst;
		bool fresh;
		struct cell *c = cells_get(&s->cells[l], &key, &fresh);
		const struct thresholds *th;
		struct hot *h;

		if (fresh)
			c->thresholds = thresholds_index(w, &key, len);
		if (c->hot) {
			s->error = hot_in(s->hot[c->hot - 1], &r);
			continue;
		}
		count_cold(c, &r);
		cells_heat(&s->cells[l], c, c->packets);
		th = thresholds_of(w, c->thresholds);
		if (!is_near(c, &w->follow[c->thresholds],
			     l == 0   ? 1
			     : l == 1 ? th->prefix24_times
				      : th->prefix20_times))
			continue;
		h = follow(s, w, c, l, record);
		if (h && s->error == 0)
			s->error = hot_in(h, &r);
	}
}

static void count_out(struct shard *s, const struct shard_world *w, uint32_t record)
{
	struct hot_record r = hot_record_of(w, record);

	/* A packet to oneself (loopback, a forged land attack) is no answer. */
	if (ip_equal(&r.f->src, &r.f->dst))
		return;
	for (unsigned l = 0; l < LEVELS && s->n_hot && s->error == 0; l++) {
		unsigned len = level_len(&r.f->src, l);
		struct ip key = l ? ip_mask(&r.f->src, len) : r.f->src;
		struct hot *h = find_hot(s, &key, len);

		/* Traffic that stays inside the prefix is no answer of it. */
		if (h && !(l && prefix_contains(&h->key, &r.f->dst)))
			s->error = hot_out(h, &r);
	}
}

void shard_feed(struct shard *s, const struct shard_world *w)
{
	for (unsigned i = 0; i < s->n_entries && s->error == 0; i++) {
		if (s->entry[i].out)
			count_out(s, w, s->entry[i].record);
		else
			count_in(s, w, s->entry[i].record);
	}
	s->n_entries = 0;
}

static void forget_hot_of(struct cell *c, void *userdata)
{
	c->hot = 0;
}

void shard_drop_hot(struct shard *s)
{
	for (unsigned i = 0; i < s->n_hot; i++)
		hot_free(s->hot[i]);
	s->n_hot = 0;
	if (s->lookup)
		memset(s->lookup, 0, s->lookup_room * sizeof(*s->lookup));
	for (unsigned l = 0; l < LEVELS; l++)
		cells_each(&s->cells[l], forget_hot_of, NULL);
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
		unsigned l = h->level == LEVEL_HOST			? 0
			     : h->key.len == level_len(&h->key.addr, 1) ? 1
									: 2;

		h->th = thresholds_of(w, thresholds_index(w, &h->key.addr, h->key.len));
		h->times = l == 0 ? 1 : l == 1 ? h->th->prefix24_times : h->th->prefix20_times;
		h->times = h->times ? h->times : 1;
	}
}

uint64_t shard_memory(const struct shard *s)
{
	uint64_t n = sizeof(*s) + s->room_hot * sizeof(struct hot *) +
		     s->lookup_room * sizeof(*s->lookup);

	for (unsigned l = 0; l < LEVELS; l++)
		n += cells_memory(&s->cells[l]);
	for (unsigned i = 0; i < s->n_hot; i++)
		n += hot_memory(s->hot[i]);
	return n;
}
