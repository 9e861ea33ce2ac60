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

	while (source_packets(&s->table[i]) && !ip_equal(&s->table[i].key, key))
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
		if (source_packets(&old[i]))
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

		if (!source_packets(&old[i]))
			continue;
		hll_add(s->hll, h);
		if (old[i].best >= PROMOTE_AT * (double)old[i].best_weight) {
			*find(s, &old[i].key, h) = old[i];
			set_present(s, h);
			s->used++;
		}
	}
	free(old);
	return 0;
}

void sources_fetch(const struct sources *s, uint64_t hash, uint64_t salt)
{
	if (!s->hll)
		return;
	__builtin_prefetch(&s->hll[hash >> (64 - HLL_BITS)], 1);
	__builtin_prefetch(sketch_at(s, 0, hash ^ salt), 1);
	__builtin_prefetch(sketch_at(s, 1, hash ^ salt), 1);
}

/* @n packets that stand for @w each, to what a second holds. */
static void add_up(uint32_t *sum, float *weight, uint32_t n, uint32_t w)
{
	uint64_t more = (uint64_t)n * w, all = *sum + more;

	if (*sum && *weight != (float)w)
		*weight = (float)(((double)*weight * *sum + (double)w * (double)more) /
				  ((double)*sum + (double)more));
	else
		*weight = (float)w;
	*sum = (all | more) >> 32 ? UINT32_MAX : (uint32_t)all;
}

static void note_best(struct source *c, uint32_t sum, float weight)
{
	if (sum <= c->best)
		return;
	c->best = sum;
	c->best_weight = weight;
}

/*
 * Is a key counted by who tells of it here? Who counts takes it over from one that does not, and
 * begins anew with it; from one that did, when it has changed: then the second alone begins anew.
 */
static __attribute__((noinline)) bool take_over(struct source *c, const struct sent *n)
{
	uint16_t was = (uint16_t)(c->tally >> SOURCE_WHO);
	uint64_t packets = source_packets(c);

	if (!n->who)
		return true;
	/* The same one; that it counted once is remembered. */
	if (was >> 1 == n->who >> 1 || !was) {
		c->tally |= (uint64_t)n->who << SOURCE_WHO;
		return true;
	}
	if (!(n->who & 1))
		return false;
	memset(c->in_second, 0, sizeof(c->in_second));
	if (!(was & 1)) {
		packets = 0;
		c->best = 0;
	}
	c->tally = (uint64_t)n->who << SOURCE_WHO | packets;
	return true;
}

/* The first of a second, of a factor or of an exporter, and what is later than the seconds kept. */
static __attribute__((noinline)) void count_else(struct source *c, const struct sent *n,
						 uint32_t each)
{
	unsigned k = (unsigned)((uint64_t)n->second % SECONDS_KEPT);
	uint64_t packets, room;

	if (!take_over(c, n))
		return;
	packets = n->packets ? n->packets : 1;
	room = SOURCE_PACKETS_MAX - source_packets(c);
	c->tally += packets < room ? packets : room;
	if (c->second[k] != (uint32_t)n->second) {
		if ((int32_t)(c->second[k] - (uint32_t)n->second) > 0 && c->in_second[k]) {
			uint32_t alone = 0;
			float weight;

			add_up(&alone, &weight, each, n->weight);
			note_best(c, alone, weight);
			return;
		}
		c->second[k] = (uint32_t)n->second;
		c->in_second[k] = 0;
	}
	add_up(&c->in_second[k], &c->weight[k], each, n->weight);
	note_best(c, c->in_second[k], c->weight[k]);
}

/*
 * @each: what is new of it in that second. Nearly always that second has begun, of the same kind:
 * then what is not tested is 0 in all of these.
 */
static inline void count_in(struct source *c, const struct sent *n, uint32_t each)
{
	unsigned k = (unsigned)((uint64_t)n->second % SECONDS_KEPT);
	uint64_t sum = c->in_second[k] + (uint64_t)each * n->weight;
	uint64_t tally = c->tally + n->packets;

	if ((c->second[k] ^ (uint32_t)n->second) | (tally >> SOURCE_WHO ^ n->who) | sum >> 32 |
	    (c->weight[k] != (float)n->weight)) {
		count_else(c, n, each);
		return;
	}
	c->tally = tally;
	c->in_second[k] = (uint32_t)sum;
	if (sum > c->best) {
		c->best = (uint32_t)sum;
		c->best_weight = c->weight[k];
	}
}

/* A key that the sketch has shown to be heavy, or all keys while they are exact. */
static struct source *enter(struct sources *s, struct source *at, const struct ip *key,
			    uint64_t hash)
{
	*at = (struct source){.key = *key};
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
	if (!source_packets(c) && s->used < SOURCES_EXACT)
		enter(s, c, key, hash);
	else if (!source_packets(c))
		return overflow(s);
	count_in(c, n, n->each);
	return 0;
}

void sources_add_heavy(struct sources *s, const struct ip *key, uint64_t hash, uint32_t seen,
		       const struct sent *n)
{
	struct source *c = find(s, key, hash);
	uint32_t each = n->each;

	if (!source_packets(c)) {
		if (seen < PROMOTE_AT)
			return;
		if (s->used >= SOURCES_EXACT) {
			s->refused++;
			return;
		}
		/* What the sketch saw of it this second comes along. */
		each = seen > each ? seen : each;
		enter(s, c, key, hash);
	}
	count_in(c, n, each);
}

int sources_add(struct sources *s, const struct ip *key, uint64_t hash, const struct sent *n)
{
	s->packets += n->counted;
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
		if (source_packets(&s->table[k]))
			hll_add(hll, source_hash(&s->table[k].key));
}

/* Exact: count the keys of each tracker that no tracker before it has. */
static uint64_t count_exact(const struct sources *const *s, unsigned n)
{
	uint64_t count = 0;

	for (unsigned i = 0; i < n; i++)
		for (uint32_t k = 0; k < s[i]->room; k++) {
			const struct source *c = &s[i]->table[k];
			bool again = !source_packets(c);

			for (unsigned j = 0; j < i && !again; j++)
				again = s[j]->room &&
					find(s[j], &c->key, source_hash(&c->key))->tally != 0;
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
	return s->best;
}

/* Class of a key: 0 up to 100, 1 between, 2 from 1000, 3 undecidable. */
static unsigned class_of(const struct source *c, double z)
{
	double lo = c->best, hi = lo, w = c->best_weight;

	if (w > 1) {
		lo = poisson_lower(c->best / w, z) * w;
		hi = poisson_upper(c->best / w, z) * w;
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
		if (source_packets(&s->table[i]) && s->table[i].best)
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
	if (source_packets(a) != source_packets(b))
		return source_packets(a) > source_packets(b);
	return ip_compare(&a->key, &b->key) < 0;
}

unsigned sources_top(const struct sources *s, const struct source **out, unsigned n)
{
	unsigned used = 0;

	for (uint32_t i = 0; i < s->room; i++) {
		const struct source *c = &s->table[i];
		unsigned at = used;

		if (!source_packets(c) || (used == n && !heavier(c, out[n - 1])))
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
