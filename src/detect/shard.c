/* SPDX-License-Identifier: ISC */
#include "detect/shard.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "detect/busy.h"

unsigned shard_of(const struct ip *ip, uint8_t *filter)
{
	/* The first 20 bits of v4, 44 of v6. */
	static const uint64_t mask[2][2] = {
		{__builtin_bswap64(~UINT64_C(0) << 20), 0},
		{~UINT64_C(0), __builtin_bswap64(~UINT64_C(0) << 12)},
	};
	const uint64_t *m = mask[ip_is_v4(ip)];
	/* One multiplication: bits are masked out on either side that the constants have set. */
	uint64_t hash = hash_fold((ip->u[0] & m[0]) ^ HASH_K0, (ip->u[1] & m[1]) ^ HASH_K1);

	*filter = (uint8_t)hash;
	/*
	 * Bits of the middle: of one product the upper ones go in steps with the address, so that
	 * the 244 /20s of a million hosts in a row lay in 41 of 64 shards, twelve of them in one.
	 */
	return (unsigned)(hash >> 36) % SHARDS;
}

void follow_rate_read(struct follow_rate *f, const struct thresholds *t)
{
	uint64_t least = RATE_NEVER, special, packets, bytes;

	for (int v = 0; v < VECTOR_COUNT; v++)
		if (v != VECTOR_ACK_FLOOD && t->pps[v] < least)
			least = t->pps[v];
	for (unsigned i = 0; i < t->n_reflectors; i++)
		if (t->reflector[i].pps < least)
			least = t->reflector[i].pps;
	special = least == RATE_NEVER ? RATE_NEVER / 1024 : least / FOLLOW_NEAR + 1;
	least = t->any_pps < t->pps[VECTOR_ACK_FLOOD] ? t->any_pps : t->pps[VECTOR_ACK_FLOOD];
	packets = least == RATE_NEVER ? RATE_NEVER / 1024 : least / FOLLOW_NEAR + 1;
	bytes = t->any_bps == RATE_NEVER ? RATE_NEVER / 1024 : t->any_bps / 8 / FOLLOW_NEAR + 1;
	for (unsigned l = 0; l < LEVELS; l++) {
		f->least[l][FILL_PACKETS] = packets * level_times(t, l);
		f->least[l][FILL_SPECIAL] = special * level_times(t, l);
		f->least[l][FILL_BYTES] = bytes * level_times(t, l);
	}
}

int shard_init(struct shard *s, unsigned index, struct cell_pool *pool, size_t host_bytes,
	       size_t prefix_bytes)
{
	int r = 0;

	s->index = index;
	for (unsigned l = 0; l < LEVELS && r == 0; l++)
		r = cells_init(&s->cells[l], pool, l == 0 ? host_bytes : prefix_bytes);
	return r;
}

void shard_deinit(struct shard *s)
{
	busy_deinit(s);
	for (unsigned l = 0; l < LEVELS; l++)
		cells_deinit(&s->cells[l]);
	free(s->word);
	bystanders_deinit(&s->bystanders);
	sheet_deinit(&s->sheet);
}

const struct thresholds *shard_thresholds(const struct shard_world *w, unsigned index)
{
	return index && index <= w->conf->n_objects ? &w->conf->objects[index - 1].thresholds
						    : &w->conf->thresholds;
}

uint16_t shard_thresholds_index(const struct shard_world *w, const struct ip *addr, unsigned len)
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

struct reconf {
	const struct shard_world *w;
	unsigned level;
};

static void reconf_cell(struct cell *c, void *userdata)
{
	struct reconf *r = userdata;

	c->thresholds = shard_thresholds_index(r->w, &c->key, level_len(&c->key, r->level));
}

void shard_reconf(struct shard *s, const struct shard_world *w)
{
	for (unsigned l = 0; l < LEVELS; l++) {
		struct reconf r = {.w = w, .level = l};

		cells_each(&s->cells[l], reconf_cell, &r);
	}
	bystanders_clear(&s->bystanders);
	for (unsigned i = 0; i < s->n_busy; i++) {
		struct usual *u = s->busy[i];

		u->object =
			level_of(&u->key) ? 0 : shard_thresholds_index(w, &u->key.addr, u->key.len);
	}
	for (unsigned i = 0; i < s->n_hot; i++) {
		struct hot *h = s->hot[i];
		unsigned l = level_of(&h->key);

		h->th = shard_thresholds(w, shard_thresholds_index(w, &h->key.addr, h->key.len));
		h->times = level_times(h->th, l);
		h->load = 1; /* of other thresholds */
		h->current_second = INT64_MIN / 2;
	}
}

uint64_t shard_followed_memory(const struct shard *s)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < s->n_hot; i++)
		n += hot_memory(s->hot[i]);
	return n;
}

uint64_t shard_busy_memory(const struct shard *s)
{
	return s->room_busy * sizeof(struct usual *) + s->n_busy * sizeof(struct usual) +
	       s->lookup_room * sizeof(*s->lookup);
}

uint64_t shard_memory(const struct shard *s)
{
	uint64_t n = sizeof(*s) + s->room_hot * sizeof(struct hot *) + shard_busy_memory(s);

	for (unsigned l = 0; l < LEVELS; l++)
		n += cells_memory(&s->cells[l]) + cells_directory(&s->cells[l]);
	return n + shard_followed_memory(s) + bystanders_memory(&s->bystanders);
}
