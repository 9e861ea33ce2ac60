/* SPDX-License-Identifier: ISC */
/*
 * Entries stand in one array in order of insertion; an open-addressed index of 32-bit positions
 * points into it. A removed entry leaves a hole that the next growth squeezes out.
 */
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define SLOT_EMPTY UINT32_MAX
#define SLOT_GONE  (UINT32_MAX - 1)

struct map {
	size_t key_size, value_size, entry_size, limit;
	uint8_t *entries; /* per entry: 8 bytes "in use", key padded to 8, value */
	size_t used, live, room;
	uint32_t *slots;
	size_t n_slots, filled; /* filled counts SLOT_GONE too */
	uint64_t seed;
};

static size_t round8(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

struct map *map_new(size_t key_size, size_t value_size, size_t limit)
{
	struct map *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->key_size = key_size;
	m->value_size = value_size;
	m->entry_size = 8 + round8(key_size) + round8(value_size);
	m->limit = limit ? limit : UINT32_MAX - 2;
	m->seed = hash_seed();
	return m;
}

struct map *map_free(struct map *m)
{
	if (!m)
		return NULL;
	free(m->entries);
	free(m->slots);
	free(m);
	return NULL;
}

static uint8_t *entry_at(const struct map *m, size_t i)
{
	return m->entries + i * m->entry_size;
}

static uint8_t *entry_key(uint8_t *e)
{
	return e + 8;
}

static void *entry_value(const struct map *m, uint8_t *e)
{
	return e + 8 + round8(m->key_size);
}

static size_t find_slot(const struct map *m, const void *key, bool *found)
{
	size_t mask = m->n_slots - 1, free_slot = SIZE_MAX;
	size_t i = hash_bytes(key, m->key_size, m->seed) & mask;

	*found = false;
	for (;; i = (i + 1) & mask) {
		uint32_t s = m->slots[i];

		if (s == SLOT_EMPTY)
			return free_slot != SIZE_MAX ? free_slot : i;
		if (s == SLOT_GONE) {
			if (free_slot == SIZE_MAX)
				free_slot = i;
			continue;
		}
		if (memcmp(entry_key(entry_at(m, s)), key, m->key_size) == 0) {
			*found = true;
			return i;
		}
	}
}

static void squeeze(struct map *m)
{
	size_t to = 0;

	for (size_t i = 0; i < m->used; i++) {
		uint8_t *e = entry_at(m, i);

		if (!*e)
			continue;
		if (to != i)
			memcpy(entry_at(m, to), e, m->entry_size);
		to++;
	}
	m->used = to;
}

/* Squeeze, then build an index with room for twice the live entries. */
static bool rebuild(struct map *m, size_t n_slots)
{
	uint32_t *slots = malloc(n_slots * sizeof(*slots));
	bool found;

	if (!slots)
		return false;
	memset(slots, 0xff, n_slots * sizeof(*slots));
	free(m->slots);
	m->slots = slots;
	m->n_slots = n_slots;
	squeeze(m);
	for (size_t i = 0; i < m->used; i++)
		m->slots[find_slot(m, entry_key(entry_at(m, i)), &found)] = (uint32_t)i;
	m->filled = m->used;
	return true;
}

static bool make_room(struct map *m)
{
	if (!m->n_slots || (m->filled + 1) * 4 > m->n_slots * 3) {
		size_t want = 16;

		while (want < (m->live + 1) * 2)
			want *= 2;
		if (!rebuild(m, want))
			return false;
	}
	/* Put and remove in turn must not grow: squeeze the holes out where they are many. */
	if (m->used == m->room && m->live < m->used - m->used / 4 && !rebuild(m, m->n_slots))
		return false;
	if (m->used == m->room) {
		size_t room = m->room ? m->room + m->room / 2 : 8;
		uint8_t *p = realloc(m->entries, room * m->entry_size);

		if (!p)
			return false;
		m->entries = p;
		m->room = room;
	}
	return true;
}

void *map_get(const struct map *m, const void *key)
{
	bool found;
	size_t i;

	if (!m->live)
		return NULL;
	i = find_slot(m, key, &found);
	return found ? entry_value(m, entry_at(m, m->slots[i])) : NULL;
}

void *map_put(struct map *m, const void *key, bool *created)
{
	void *old = map_get(m, key);
	uint8_t *e;
	bool found;
	size_t i;

	if (created)
		*created = !old;
	if (old)
		return old;
	if (m->live >= m->limit || !make_room(m))
		return NULL;
	i = find_slot(m, key, &found);
	if (m->slots[i] == SLOT_EMPTY)
		m->filled++;
	e = entry_at(m, m->used);
	memset(e, 0, m->entry_size);
	*e = 1;
	memcpy(entry_key(e), key, m->key_size);
	m->slots[i] = (uint32_t)m->used++;
	m->live++;
	return entry_value(m, e);
}

bool map_remove(struct map *m, const void *key)
{
	bool found;
	size_t i;

	if (!m->live)
		return false;
	i = find_slot(m, key, &found);
	if (!found)
		return false;
	*entry_at(m, m->slots[i]) = 0;
	m->slots[i] = SLOT_GONE;
	m->live--;
	return true;
}

void map_clear(struct map *m)
{
	if (m->slots)
		memset(m->slots, 0xff, m->n_slots * sizeof(*m->slots));
	m->used = m->live = m->filled = 0;
}

size_t map_count(const struct map *m)
{
	return m->live;
}

bool map_next(const struct map *m, size_t *at, const void **key, void **value)
{
	for (; *at < m->used; (*at)++) {
		uint8_t *e = entry_at(m, *at);

		if (!*e)
			continue;
		if (key)
			*key = entry_key(e);
		if (value)
			*value = entry_value(m, e);
		(*at)++;
		return true;
	}
	return false;
}
