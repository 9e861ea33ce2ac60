/* SPDX-License-Identifier: ISC */
#include "detect/busy.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "detect/rolls.h"

#define CALM_US (60 * US_PER_S) /* without standing out, before it may be forgotten */

unsigned level_len(const struct ip *ip, unsigned level)
{
	static const uint8_t v4[LEVELS] = {128, PREFIX_V4_BASE + 24, PREFIX_V4_BASE + 20};
	static const uint8_t v6[LEVELS] = {128, 64, 48};

	return ip_is_v4(ip) ? v4[level] : v6[level];
}

unsigned level_of(const struct prefix *key)
{
	unsigned level = 0;

	while (level + 1 < LEVELS && key->len != level_len(&key->addr, level))
		level++;
	return level;
}

static uint64_t key_hash(const struct ip *key, unsigned level)
{
	return hash_u128(key->u, HASH_K0 + level);
}

static uint64_t *bits_at(uint64_t bits[BUSY_BITS / 64], uint64_t hash, uint64_t *bit)
{
	*bit = UINT64_C(1) << (hash >> 58);
	return &bits[(hash >> 48) % (BUSY_BITS / 64)];
}

/* The /20 of an address. Return: it was not there. */
static bool note_filter(uint64_t bits[FILTER_WORDS], const struct ip *addr)
{
	uint8_t filter;
	bool fresh;

	shard_of(addr, &filter);
	fresh = !shard_has(bits, filter);
	bits[filter / 64] |= UINT64_C(1) << (filter % 64);
	return fresh;
}

struct usual *busy_find(const struct shard *s, const struct ip *key, unsigned level)
{
	uint64_t hash = key_hash(key, level), bit;
	unsigned i;

	/* Most are not: asked of a few bits before any list is looked through. */
	if (!(*bits_at((uint64_t *)s->bits[level], hash, &bit) & bit))
		return NULL;
	for (i = (unsigned)hash & (s->lookup_room - 1); s->lookup[i];
	     i = (i + 1) & (s->lookup_room - 1)) {
		struct usual *u = s->busy[s->lookup[i] - 1];

		if (ip_equal(&u->key.addr, key) && u->key.len == level_len(key, level))
			return u;
	}
	return NULL;
}

static void enter_lookup(struct shard *s, const struct usual *u)
{
	unsigned level = level_of(&u->key), i;
	uint64_t hash = key_hash(&u->key.addr, level), bit;

	*bits_at(s->bits[level], hash, &bit) |= bit;
	for (i = (unsigned)hash & (s->lookup_room - 1); s->lookup[i];)
		i = (i + 1) & (s->lookup_room - 1);
	s->lookup[i] = u->slot + 1;
	s->relist |= note_filter(s->filter, &u->key.addr);
}

static void rebuild_lookup(struct shard *s)
{
	if (s->lookup)
		memset(s->lookup, 0, s->lookup_room * sizeof(*s->lookup));
	memset(s->filter, 0, sizeof(s->filter));
	memset(s->bits, 0, sizeof(s->bits));
	for (unsigned i = 0; i < s->n_busy; i++)
		enter_lookup(s, s->busy[i]);
}

static int make_busy_room(struct shard *s)
{
	if (s->n_busy == s->room_busy) {
		unsigned room = s->room_busy ? s->room_busy * 2 : 16;
		struct usual **p = realloc(s->busy, room * sizeof(struct usual *));

		if (!p)
			return -ENOMEM;
		s->busy = p;
		s->room_busy = room;
	}
	if (s->n_busy * 2 >= s->lookup_room) {
		unsigned room = s->lookup_room ? s->lookup_room * 2 : 64;
		uint32_t *p = calloc(room, sizeof(*p));

		if (!p)
			return -ENOMEM;
		free(s->lookup);
		s->lookup = p;
		s->lookup_room = room;
		rebuild_lookup(s);
	}
	return 0;
}

struct usual *busy_make(struct shard *s, const struct shard_world *w, struct cell *c,
			unsigned level)
{
	struct prefix key = {.addr = c->key, .len = (uint8_t)level_len(&c->key, level)};
	struct usual *u;

	if (s->added_busy >= w->busy_room) {
		s->hot_refused++;
		return NULL;
	}
	s->error = make_busy_room(s);
	u = s->error < 0 ? NULL : usual_new(&key);
	if (!u) {
		s->error = -ENOMEM;
		return NULL;
	}
	u->slot = s->n_busy;
	u->object = level ? 0 : c->thresholds;
	s->busy[s->n_busy++] = u;
	s->added_busy++;
	enter_lookup(s, u);
	c->busy = u->slot + 1;
	cells_heat(&s->cells[level], c, UINT32_MAX);
	return u;
}

#define SURE 4 /* standard errors */

/*
 * What of @n in this second so many packets sent, each of which answers @answers, do not explain;
 * nothing is known of other seconds. Where records were passed over, what their choice may have
 * made of it is taken off: the variance of such a sum is at most @noise times the sum (Duffield,
 * Lund and Thorup 2005, section 4).
 */
static uint64_t unanswered(uint64_t n, double answers, double sent, uint64_t noise)
{
	double all = answers * sent, left = (double)n - all;

	if (noise)
		left -= SURE * sqrt((double)noise * ((double)n + answers * all));
	return left <= 0 ? 0 : left >= 0x1p63 ? INT64_MAX : (uint64_t)left;
}

static double sent_for(const struct usual *u, const struct detector *d)
{
	double sent = 0;

	for (unsigned i = 0; d->answered_by[i]; i++)
		sent += (double)usual_at(u, d->answered_by[i]);
	return sent;
}

uint64_t busy_unanswered(const struct usual *u, unsigned vector, uint64_t n)
{
	return unanswered(n, detectors[vector]->answers, sent_for(u, detectors[vector]), u->noise);
}

uint64_t busy_unanswered_any(const struct usual *u, int64_t second, uint64_t n)
{
	double sent = (double)usual_in(u, second, METER_OUT_TCP) +
		      (double)usual_in(u, second, METER_OUT_UDP) +
		      (double)usual_in(u, second, METER_OUT_OTHER);

	return unanswered(n, ANY_ANSWERS, sent, u->noise);
}

#define ROOM_LEAST 4 /* a share of what makes followed: it is not asked for each record */

static void less_room(uint64_t *room, uint64_t excess, uint64_t need)
{
	uint64_t left = excess >= need ? 0 : need - excess;

	if (left && left < need / ROOM_LEAST)
		left = need / ROOM_LEAST;
	*room = left < *room ? left : *room;
}

uint64_t busy_room(const struct usual *u, const uint64_t least[FILLS], uint64_t all, uint64_t bytes)
{
	uint64_t room = UINT64_MAX, any, size = all && bytes / all ? bytes / all : 1;

	for (unsigned v = 0; v < VECTOR_COUNT; v++) {
		enum fill fill = v == VECTOR_ACK_FLOOD ? FILL_PACKETS : FILL_SPECIAL;
		uint64_t n = usual_at(u, v == VECTOR_AMPLIFICATION ? VECTOR_UDP_FLOOD : v);

		less_room(&room, busy_unanswered(u, v, n), least[fill]);
	}
	any = busy_unanswered_any(u, u->second, all);
	less_room(&room, any, least[FILL_PACKETS]);
	less_room(&room, any, least[FILL_BYTES] / size);
	return room;
}

static void renote_followed(struct shard *s)
{
	memset(s->followed, 0, sizeof(s->followed));
	for (unsigned i = 0; i < s->n_hot; i++)
		note_filter(s->followed, &s->hot[i]->key.addr);
}

void shard_note_attack(struct shard *s, const struct hot *h)
{
	note_filter(s->attacked, &h->key.addr);
}

void shard_note_attacks(struct shard *s)
{
	memset(s->attacked, 0, sizeof(s->attacked));
	for (unsigned i = 0; i < s->n_hot; i++)
		if (s->hot[i]->attack)
			shard_note_attack(s, s->hot[i]);
}

static int make_hot_room(struct shard *s)
{
	unsigned room = s->room_hot ? s->room_hot * 2 : 16;
	struct hot **p;

	if (s->n_hot < s->room_hot)
		return 0;
	p = realloc(s->hot, room * sizeof(struct hot *));
	if (!p)
		return -ENOMEM;
	s->hot = p;
	s->room_hot = room;
	return 0;
}

struct hot *busy_follow(struct shard *s, const struct shard_world *w, struct usual *u,
			const struct thresholds *th)
{
	unsigned level = level_of(&u->key);
	struct hot *h;

	if (s->added >= w->hot_room) {
		s->hot_refused++;
		return NULL;
	}
	s->error = make_hot_room(s);
	if (s->error < 0)
		return NULL;
	h = hot_new(u, level ? LEVEL_PREFIX : LEVEL_HOST, th, level_times(th, level));
	if (!h) {
		s->error = -ENOMEM;
		return NULL;
	}
	h->lean = w->tight;
	h->rolled = INT64_MIN;
	h->slot = s->n_hot;
	s->hot[s->n_hot++] = h;
	s->added++;
	u->hot = h;
	s->relist |= note_filter(s->followed, &h->key.addr);
	return h;
}

void shard_unfollow(struct shard *s, struct hot *h)
{
	struct hot *last;

	roll_hot(s->rolls, s, h, true);
	last = s->hot[--s->n_hot];

	s->hot[h->slot] = last;
	last->slot = h->slot;
	h->usual->hot = NULL;
	renote_followed(s);
	hot_free(h);
}

void shard_pass(struct shard *s, struct hot *h)
{
	for (unsigned l = 1; l < LEVELS; l++) {
		struct ip key = level_key(&h->key.addr, l);
		const struct usual *u = busy_find(s, &key, l);

		for (unsigned i = 0; u && u->hot && i < h->n_passed && s->error == 0; i++)
			s->error = hot_pass(u->hot, &h->passed[i]);
	}
	h->n_passed = 0;
}

static struct hot *calmest_of(const struct shard *s)
{
	struct hot *calmest = NULL;

	for (unsigned i = 0; i < s->n_hot; i++) {
		struct hot *h = s->hot[i];

		if (!h->attack &&
		    (!calmest || h->load + h->gained < calmest->load + calmest->gained))
			calmest = h;
	}
	return calmest;
}

void shard_give_up(struct shard *s, uint64_t bytes)
{
	struct hot *h;

	for (uint64_t freed = 0; freed < bytes && (h = calmest_of(s)) != NULL;) {
		freed += hot_memory(h);
		shard_unfollow(s, h);
		s->hot_given_up++;
	}
}

static void set_cell(struct shard *s, const struct usual *u, uint32_t busy)
{
	struct cells *t = &s->cells[level_of(&u->key)];
	struct cell *c = cells_find(t, &u->key.addr);

	if (!c)
		return;
	c->busy = busy;
	cells_heat(t, c, busy ? UINT32_MAX : c->packets);
}

/* Far below what makes busy, for a while. */
static bool is_calm(const struct usual *u, const struct shard_world *w, const struct cell *c)
{
	uint32_t second = (uint32_t)time_floor_s(w->clock_us);
	const uint64_t *least;

	if (u->hot || (u->out_us != TIME_NONE && w->clock_us - u->out_us < CALM_US))
		return false;
	/* Nothing at all, or half of what it takes. */
	if (!c || (int32_t)(second - c->second) > CALM_US / US_PER_S)
		return true;
	least = w->follow[c->thresholds].least[level_of(&u->key)];
	for (unsigned k = 0; k < FILLS; k++)
		if (u->fill[k] * STANDS_FROM >= (double)least[k])
			return false;
	return u->fill_seconds > 0;
}

void shard_settle_busy(struct shard *s, const struct shard_world *w)
{
	bool any = false;

	for (unsigned i = s->n_busy; i-- > 0;) {
		struct usual *u = s->busy[i], *last;

		/* Each one every 8 s. */
		if (((w->now_bin + u->slot) & 31) ||
		    !is_calm(u, w, cells_find(&s->cells[level_of(&u->key)], &u->key.addr)))
			continue;
		roll_usual(s->rolls, u);
		set_cell(s, u, 0);
		last = s->busy[--s->n_busy];
		s->busy[i] = last;
		last->slot = i;
		if (last != u)
			set_cell(s, last, i + 1);
		free(u);
		any = true;
	}
	if (any)
		rebuild_lookup(s);
}

static void forget_busy_of(struct cell *c, void *userdata)
{
	c->busy = 0;
}

void shard_drop_hot(struct shard *s)
{
	for (unsigned i = 0; i < s->n_hot; i++)
		hot_free(s->hot[i]);
	for (unsigned i = 0; i < s->n_busy; i++)
		free(s->busy[i]);
	s->n_hot = s->n_busy = 0;
	rebuild_lookup(s);
	renote_followed(s);
	shard_note_attacks(s);
	for (unsigned l = 0; l < LEVELS; l++)
		cells_each(&s->cells[l], forget_busy_of, NULL);
}

static void forget_second(struct cell *c, void *userdata)
{
	c->second = 0;
}

void shard_forget_seconds(struct shard *s)
{
	for (unsigned l = 0; l < LEVELS; l++)
		cells_each(&s->cells[l], forget_second, NULL);
}

void busy_deinit(struct shard *s)
{
	for (unsigned i = 0; i < s->n_hot; i++) {
		attack_free(s->hot[i]->attack);
		hot_free(s->hot[i]);
	}
	for (unsigned i = 0; i < s->n_busy; i++)
		free(s->busy[i]);
	free(s->hot);
	free(s->busy);
	free(s->lookup);
}
