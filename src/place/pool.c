// SPDX-License-Identifier: ISC
#include "place/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define POOL_WORDS_MAX (UINT64_C(1) << 31)
#define POOL_TEXT_MAX  255
#define SLOTS_LEAST    64
#define FIXED_SEED     7 /* never seen from outside, and the table is as good with any */

static int grow_words(struct place_pool *p, size_t more)
{
	size_t room = p->room ? p->room : 256;
	uint32_t *w;

	if (p->n + more > POOL_WORDS_MAX)
		return -EFBIG;
	while (room < p->n + more)
		room += room / 2;
	if (room == p->room)
		return 0;
	w = realloc(p->w, room * sizeof(*w));
	if (!w)
		return -ENOMEM;
	p->w = w;
	p->room = room;
	return 0;
}

static uint64_t hash_of(const uint32_t *words, size_t n)
{
	return hash_bytes(words, n * sizeof(*words), FIXED_SEED);
}

const uint32_t *place_pool_at(const struct place_pool *p, uint32_t id, size_t *n)
{
	if (p->fixed) {
		*n = p->fixed;
		return p->w + (size_t)id * p->fixed;
	}
	*n = p->w[id];
	return p->w + id + 1;
}

/* The slot of the piece, or the empty one where it belongs. */
static uint32_t *find_slot(const struct place_pool *p, const uint32_t *words, size_t n)
{
	size_t at = hash_of(words, n) & (p->n_slots - 1);

	for (;; at = (at + 1) & (p->n_slots - 1)) {
		uint32_t *slot = &p->slots[at];
		const uint32_t *there;
		size_t len;

		if (!*slot)
			return slot;
		there = place_pool_at(p, *slot - 1, &len);
		if (len == n && (n == 0 || memcmp(there, words, n * sizeof(*words)) == 0))
			return slot;
	}
}

static int grow_slots(struct place_pool *p)
{
	struct place_pool next = *p;

	next.n_slots = p->n_slots ? p->n_slots * 2 : SLOTS_LEAST;
	next.slots = calloc(next.n_slots, sizeof(*next.slots));
	if (!next.slots)
		return -ENOMEM;
	for (size_t i = 0; i < p->n_slots; i++) {
		size_t n;

		if (p->slots[i]) {
			const uint32_t *words = place_pool_at(p, p->slots[i] - 1, &n);

			*find_slot(&next, words, n) = p->slots[i];
		}
	}
	free(p->slots);
	p->slots = next.slots;
	p->n_slots = next.n_slots;
	return 0;
}

int place_pool_put(struct place_pool *p, const uint32_t *words, size_t n, uint32_t *id)
{
	uint32_t *slot;
	int r = 0;

	if ((p->used + 1) * 2 > p->n_slots)
		r = grow_slots(p);
	if (r < 0)
		return r;
	slot = find_slot(p, words, n);
	if (*slot) {
		*id = *slot - 1;
		return 0;
	}
	r = grow_words(p, n + 1);
	if (r < 0)
		return r;
	*id = (uint32_t)(p->fixed ? p->n / p->fixed : p->n);
	if (!p->fixed)
		p->w[p->n++] = (uint32_t)n;
	if (n)
		memcpy(p->w + p->n, words, n * sizeof(*words));
	p->n += n;
	*slot = *id + 1;
	p->used++;
	return 0;
}

int place_pool_text(struct place_pool *p, const char *text, uint32_t *id)
{
	uint32_t words[POOL_TEXT_MAX / 4 + 1] = {0};
	size_t len = strlen(text);

	if (len > POOL_TEXT_MAX) {
		len = POOL_TEXT_MAX;
		while (len && ((unsigned char)text[len] & 0xc0) == 0x80)
			len--; /* not in the middle of a character */
	}
	memcpy(words, text, len);
	return place_pool_put(p, words, len ? len / 4 + 1 : 0, id);
}

int place_pool_init(struct place_pool *p, unsigned fixed)
{
	static const uint32_t zeroes[16];
	uint32_t id;

	*p = (struct place_pool){.fixed = fixed};
	return place_pool_put(p, zeroes, fixed, &id);
}

void place_pool_deinit(struct place_pool *p)
{
	free(p->w);
	free(p->slots);
	*p = (struct place_pool){.fixed = p->fixed};
}
