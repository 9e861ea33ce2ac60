/* SPDX-License-Identifier: ISC */
#include "detect/sources.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "detect/sources_fast.h"
#include "detect/stat.h"

#define HLL_SIZE (1u << HLL_BITS)
#define ROOM_MAX (SOURCES_EXACT * 2)

uint64_t source_hash(const struct ip *key)
{
	return hash_u128(key->u, HASH_K1);
}

void sources_deinit(struct sources *s)
{
	free(s->table);
	free(s->hll);
	free(s->sketch);
	free(s->present);
	*s = SOURCES_NULL;
}

static struct source *find(const struct sources *s, const struct ip *key, uint64_t hash)
{
	uint32_t i = (uint32_t)hash & (s->room - 1);

	while (s->table[i].packets && !ip_equal(&s->table[i].key, key))
		i = (i + 1) & (s->room - 1);
	return &s->table[i];
}

static int grow(struct sources *s)
{
	uint32_t old_room = s->room;
	struct source *old = s->table;

	s->room = old_room ? old_room * 2 : 16;
	s->table = calloc(s->room, sizeof(*s->table));
	if (!s->table) {
		s->table = old;
		s->room = old_room;
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < old_room; i++)
		if (old[i].packets)
			*find(s, &old[i].key, source_hash(&old[i].key)) = old[i];
	free(old);
	s->memory += (s->room - old_room) * sizeof(*old);
	return 0;
}

/* Flajolet et al. 2007, figure 3, with the small-range correction. */
static double hll_count(const uint8_t *hll)
{
	double sum = 0, m = HLL_SIZE, e;
	unsigned zeros = 0;

	for (unsigned i = 0; i < HLL_SIZE; i++) {
		sum += ldexp(1, -hll[i]);
		zeros += hll[i] == 0;
	}
	e = 0.7213 / (1 + 1.079 / m) * m * m / sum;
	if (e <= 2.5 * m && zeros)
		e = m * log(m / zeros);
	return e;
}

static void set_present(struct sources *s, uint64_t hash)
{
	s->present[present_bit(hash) / 64] |= UINT64_C(1) << (present_bit(hash) % 64);
}

/* Out of exact room: remember all keys in the HLL, keep those with a heavy second. */
static int overflow(struct sources *s)
{
	struct source *old = s->table;

	s->hll = calloc(HLL_SIZE, 1);
	s->sketch = calloc(2, SKETCH_ROW);
	s->present = calloc(1, (1u << PRESENT_BITS) / 8);
	s->table = calloc(s->room, sizeof(*s->table));
	if (!s->hll || !s->sketch || !s->present || !s->table) {
		free(s->hll);
		free(s->sketch);
		free(s->present);
		free(s->table);
		s->hll = s->sketch = NULL;
		s->present = NULL;
		s->table = old;
		return -ENOMEM;
	}
	s->memory += HLL_SIZE + 2 * SKETCH_ROW + (1u << PRESENT_BITS) / 8;
	s->used = 0;
	for (uint32_t i = 0; i < s->room; i++) {
		uint64_t h = source_hash(&old[i].key);

		if (!old[i].packets)
			continue;
		hll_add(s->hll, h);
		if (old[i].best >= PROMOTE_AT) {
			*find(s, &old[i].key, h) = old[i];
			set_present(s, h);
			s->used++;
		}
	}
	free(old);
	return 0;
}

void sources_fetch(const struct sources *s, uint64_t hash)
{
	if (!s->hll)
		return;
	__builtin_prefetch(&s->hll[hash >> (64 - HLL_BITS)], 1);
	__builtin_prefetch(sketch_at(s, 0, hash), 1);
	__builtin_prefetch(sketch_at(s, 1, hash), 1);
}

/* @each: what is new of it in that second. */
static __attribute__((noinline)) void count_in(struct source *c, const struct sent *n,
					       uint32_t each)
{
	unsigned k = (unsigned)((uint64_t)n->second % SECONDS_KEPT);

	c->packets += n->packets ? n->packets : 1;
	if (c->second[k] != n->second) {
		if (c->second[k] > n->second && c->in_second[k]) {
			/* Later than the seconds kept: it stands alone. */
			if (each > c->best) {
				c->best = each;
				c->weight = n->weight;
			}
			return;
		}
		c->second[k] = n->second;
		c->in_second[k] = 0;
	}
	c->in_second[k] = c->in_second[k] > UINT32_MAX - each ? UINT32_MAX : c->in_second[k] + each;
	if (c->in_second[k] > c->best || n->weight > c->weight) {
		c->best = c->in_second[k] > c->best ? c->in_second[k] : c->best;
		c->weight = n->weight;
	}
}

/* A key that the sketch has shown to be heavy, or all keys while they are exact. */
static struct source *enter(struct sources *s, struct source *at, const struct ip *key,
			    uint64_t hash, uint32_t weight)
{
	*at = (struct source){.key = *key, .weight = weight};
	s->used++;
	if (s->present)
		set_present(s, hash);
	return at;
}

/*
 * Among few keys, or of one that is in the table. Apart from the rest: of a flood's senders hardly
 * one comes here, and what this needs would cost all of them.
 */
static __attribute__((noinline)) int add_exact(struct sources *s, const struct ip *key,
					       uint64_t hash, const struct sent *n)
{
	struct source *c;
	int r = s->used * 2 >= s->room && s->room < ROOM_MAX ? grow(s) : 0;

	if (r < 0)
		return r;
	c = find(s, key, hash);
	if (!c->packets && s->used < SOURCES_EXACT)
		enter(s, c, key, hash, n->weight);
	else if (!c->packets)
		return overflow(s);
	count_in(c, n, n->each);
	return 0;
}

void sources_add_heavy(struct sources *s, const struct ip *key, uint64_t hash, uint32_t seen,
		       const struct sent *n)
{
	struct source *c = find(s, key, hash);
	uint32_t each = n->each;

	if (!c->packets) {
		if (seen < PROMOTE_AT)
			return;
		if (s->used >= SOURCES_EXACT) {
			s->refused++;
			return;
		}
		/* What the sketch saw of it this second comes along. */
		each = seen > each ? seen : each;
		enter(s, c, key, hash, n->weight);
	}
	count_in(c, n, each);
}

int sources_add(struct sources *s, const struct ip *key, uint64_t hash, const struct sent *n)
{
	s->packets += n->packets;
	s->weight_max = n->weight > s->weight_max ? n->weight : s->weight_max;
	s->second_first = n->second < s->second_first ? n->second : s->second_first;
	s->second_last = n->second > s->second_last ? n->second : s->second_last;
	if (!s->hll) {
		int r = add_exact(s, key, hash, n);

		if (r < 0 || !s->hll)
			return r;
	}
	if (n->second > s->sketch_second) {
		memset(s->sketch, 0, 2 * SKETCH_ROW);
		s->sketch_second = n->second;
	}
	add_overflown(s, key, hash, n);
	return 0;
}

uint64_t sources_count(const struct sources *s, bool *exact)
{
	return sources_union(&s, 1, exact);
}

static void merge_into(uint8_t *hll, const struct sources *s)
{
	if (s->hll)
		for (unsigned k = 0; k < HLL_SIZE; k++)
			hll[k] = s->hll[k] > hll[k] ? s->hll[k] : hll[k];
	for (uint32_t k = 0; k < s->room; k++)
		if (s->table[k].packets)
			hll_add(hll, source_hash(&s->table[k].key));
}

/* Exact: count the keys of each tracker that no tracker before it has. */
static uint64_t count_exact(const struct sources *const *s, unsigned n)
{
	uint64_t count = 0;

	for (unsigned i = 0; i < n; i++)
		for (uint32_t k = 0; k < s[i]->room; k++) {
			const struct source *c = &s[i]->table[k];
			bool again = !c->packets;

			for (unsigned j = 0; j < i && !again; j++)
				again = s[j]->room &&
					find(s[j], &c->key, source_hash(&c->key))->packets != 0;
			count += !again;
		}
	return count;
}

uint64_t sources_union(const struct sources *const *s, unsigned n, bool *exact)
{
	uint8_t *hll;
	double count;

	*exact = true;
	for (unsigned i = 0; i < n; i++)
		if (s[i]->hll)
			*exact = false;
	if (*exact)
		return count_exact(s, n);
	if (n == 1)
		return (uint64_t)(hll_count(s[0]->hll) + 0.5);
	hll = calloc(HLL_SIZE, 1);
	if (!hll) /* the largest of them is a lower bound */
		return sources_union(s, 1, exact);
	for (unsigned i = 0; i < n; i++)
		merge_into(hll, s[i]);
	count = hll_count(hll);
	free(hll);
	return (uint64_t)(count + 0.5);
}

uint64_t source_best(const struct source *s)
{
	return (uint64_t)s->best * s->weight;
}

/* Class of a key: 0 up to 100, 1 between, 2 from 1000, 3 undecidable. */
static unsigned class_of(const struct source *c, double z)
{
	double lo = (double)c->best, hi = lo;

	if (c->weight > 1) {
		lo = poisson_lower(c->best, z) * c->weight;
		hi = poisson_upper(c->best, z) * c->weight;
	}
	if (hi <= 100)
		return 0;
	if (lo >= 1000)
		return 2;
	return lo > 100 && hi < 1000 ? 1 : 3;
}

struct source_classes sources_classes(const struct sources *s)
{
	struct source_classes out = {0};
	uint64_t n[4] = {0}, rest, count;
	double trials, z = Z_975;
	bool exact;

	count = sources_count(s, &exact);
	trials = (double)(count ? count : 1) *
		 (s->second_last >= s->second_first ? (double)(s->second_last - s->second_first + 1)
						    : 1);
	if (s->weight_max > 1)
		z = normal_z(0.025 / trials);
	for (uint32_t i = 0; i < s->room; i++)
		if (s->table[i].packets && s->table[i].best)
			n[class_of(&s->table[i], z)]++;
	out.le_100 = n[0];
	out.gt_100_lt_1000 = n[1];
	out.ge_1000 = n[2];
	out.unresolved = n[3];
	if (s->hll) {
		/* Never promoted: below PROMOTE_AT sampled packets in any second. */
		rest = count > s->used ? count - s->used : 0;
		if (s->weight_max > 1)
			out.unresolved += rest;
		else
			out.le_100 += rest;
	}
	return out;
}

static bool heavier(const struct source *a, const struct source *b)
{
	if (a->packets != b->packets)
		return a->packets > b->packets;
	return ip_compare(&a->key, &b->key) < 0;
}

unsigned sources_top(const struct sources *s, const struct source **out, unsigned n)
{
	unsigned used = 0;

	for (uint32_t i = 0; i < s->room; i++) {
		const struct source *c = &s->table[i];
		unsigned at = used;

		if (!c->packets || (used == n && !heavier(c, out[n - 1])))
			continue;
		if (used < n)
			used++;
		else
			at = n - 1;
		for (; at > 0 && heavier(c, out[at - 1]); at--)
			out[at] = out[at - 1];
		out[at] = c;
	}
	return used;
}
