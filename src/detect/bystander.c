/* SPDX-License-Identifier: ISC */
#include "detect/bystander.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define AHEAD_MS 2000 /* a clock so far ahead of ours is not believed */

void bystanders_init(struct bystanders *b, unsigned room)
{
	*b = (struct bystanders){.room = room < UINT16_MAX ? room : UINT16_MAX};
}

void bystanders_clear(struct bystanders *b)
{
	for (unsigned i = 0; i < b->n; i++)
		free(b->cell[i]);
	free(b->cell);
	free(b->lookup);
	bystanders_init(b, b->room);
}

void bystanders_deinit(struct bystanders *b)
{
	bystanders_clear(b);
}

static unsigned slots_of(const struct bystanders *b)
{
	unsigned n = 4;

	while (n < b->room * 2)
		n *= 2;
	return n;
}

static int make_room(struct bystanders *b)
{
	if (b->cell)
		return 0;
	b->cell = calloc(b->room ? b->room : 1, sizeof(struct bystander_cell *));
	b->lookup = calloc(slots_of(b), sizeof(*b->lookup));
	if (b->cell && b->lookup)
		return 0;
	free(b->cell);
	free(b->lookup);
	b->cell = NULL;
	b->lookup = NULL;
	return -ENOMEM;
}

static bool is_cell(const struct bystander_cell *c, const struct bystander_record *r)
{
	return c->object == r->object && c->link == r->link;
}

/* Return: 0 and the cell, NULL where there is no room; or -ENOMEM. */
static int find_cell(struct bystanders *b, const struct bystander_record *r,
		     struct bystander_cell **out)
{
	uint64_t key = (uint64_t)r->object << 16 | r->link;
	unsigned mask = slots_of(b) - 1, at = (unsigned)hash_u64(key, 1) & mask;
	struct bystander_cell *c;

	*out = NULL;
	if (make_room(b) < 0)
		return -ENOMEM;
	for (; b->lookup[at]; at = (at + 1) & mask) {
		*out = b->cell[b->lookup[at] - 1];
		if (is_cell(*out, r))
			return 0;
	}
	*out = NULL;
	if (b->n == b->room)
		return 0;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->object = r->object;
	c->link = r->link;
	c->first = c->newest = c->attacked = INT64_MIN;
	b->cell[b->n++] = c;
	b->lookup[at] = (uint16_t)b->n;
	*out = c;
	return 0;
}

static void advance(struct bystander_cell *c, int64_t step)
{
	int64_t from = c->newest + 1;

	if (step <= c->newest)
		return;
	if (c->newest == INT64_MIN) {
		c->first = step;
		from = step;
	}
	if (step - from >= BYSTANDER_STEPS)
		from = step - BYSTANDER_STEPS + 1;
	for (; from <= step; from++) {
		c->packets[(uint64_t)from % BYSTANDER_STEPS] = 0;
		c->bytes[(uint64_t)from % BYSTANDER_STEPS] = 0;
	}
	c->newest = step;
}

static void put(struct bystander_cell *c, int64_t step, uint64_t packets, uint64_t bytes)
{
	uint64_t at = (uint64_t)step % BYSTANDER_STEPS, sum;

	if (step <= c->newest - BYSTANDER_STEPS || step > c->newest)
		return;
	sum = c->packets[at] + packets;
	c->packets[at] = sum > UINT32_MAX ? UINT32_MAX : (uint32_t)sum;
	c->bytes[at] += bytes;
}

/* By sums from the flow's beginning, so that rounding loses nothing. */
static void spread(struct bystander_cell *c, const struct bystander_record *r, int64_t first,
		   int64_t last)
{
	uint64_t total = (uint64_t)(r->last_ms - r->first_ms), packets = 0, bytes = 0;

	for (int64_t s = first; s <= last; s++) {
		uint64_t upto =
			s == last ? total : (uint64_t)((s + 1) * BYSTANDER_STEP_MS - r->first_ms);
		uint64_t p = (uint64_t)((uint128_t)r->packets * upto / total);
		uint64_t b = (uint64_t)((uint128_t)r->bytes * upto / total);

		put(c, s, p - packets, b - bytes);
		packets = p;
		bytes = b;
	}
}

static void count_in(struct bystander_cell *c, const struct bystander_record *from)
{
	struct bystander_record r = *from;
	int64_t first, last;

	if (r.last_ms > r.recv_ms + AHEAD_MS)
		r.last_ms = r.recv_ms;
	if (r.first_ms > r.last_ms)
		r.first_ms = r.last_ms;
	last = r.last_ms / BYSTANDER_STEP_MS;
	first = r.first_ms / BYSTANDER_STEP_MS;
	advance(c, last);
	if (last - first >= BYSTANDER_STEPS) {
		first = last - BYSTANDER_STEPS + 1;
		r.first_ms = first * BYSTANDER_STEP_MS;
	}
	c->all += r.packets;
	if (r.last_ms - r.first_ms > BYSTANDER_STEP_MS)
		c->lasting += r.packets;
	if (r.weight > c->weight)
		c->weight = r.weight;
	if (first == last)
		put(c, last, r.packets, r.bytes);
	else
		spread(c, &r, first, last);
}

int bystanders_count(struct bystanders *b, const struct bystander_record *r)
{
	struct bystander_cell *c = b->last;

	if (!c || !is_cell(c, r)) {
		if (find_cell(b, r, &c) < 0)
			return -ENOMEM;
		if (!c) {
			b->refused++;
			return 0;
		}
		b->last = c;
	}
	count_in(c, r);
	return 0;
}

void bystanders_attacked(struct bystanders *b, uint16_t object, int64_t step)
{
	for (unsigned i = 0; i < b->n; i++)
		if (b->cell[i]->object == object)
			b->cell[i]->attacked = step;
}

uint64_t bystanders_memory(const struct bystanders *b)
{
	return !b->cell ? 0
			: b->n * sizeof(struct bystander_cell) +
				  b->room * sizeof(struct bystander_cell *) +
				  slots_of(b) * sizeof(*b->lookup);
}
