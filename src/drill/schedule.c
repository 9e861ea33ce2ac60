/* SPDX-License-Identifier: ISC */
#include "drill/schedule.h"

#include <assert.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/clock.h"

#define CHUNK	1024u
#define NO_NODE UINT32_MAX

/* Heap entries carry their key, so that sifting touches no node. */
struct entry {
	int64_t at_ns;
	uint32_t order, node;
};

struct schedule {
	struct node **chunks;
	struct entry *heap;
	uint32_t *free_nodes;
	uint32_t n_heap, n_free, n_nodes, cap, next_order;
};

static struct node *node_at(const struct schedule *s, uint32_t i)
{
	return &s->chunks[i / CHUNK][i % CHUNK];
}

struct schedule *schedule_new(uint32_t cap)
{
	struct schedule *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->cap = (cap + CHUNK - 1) / CHUNK * CHUNK;
	s->chunks = calloc(s->cap / CHUNK, sizeof(*s->chunks));
	s->heap = malloc(s->cap * sizeof(*s->heap));
	s->free_nodes = malloc(s->cap * sizeof(*s->free_nodes));
	return s->chunks && s->heap && s->free_nodes ? s : schedule_free(s);
}

struct schedule *schedule_free(struct schedule *s)
{
	if (!s)
		return NULL;
	for (uint32_t i = 0; s->chunks && i < s->cap / CHUNK; i++)
		free(s->chunks[i]);
	free(s->chunks);
	free(s->heap);
	free(s->free_nodes);
	free(s);
	return NULL;
}

static uint32_t take_node(struct schedule *s)
{
	if (s->n_free)
		return s->free_nodes[--s->n_free];
	if (s->n_nodes == s->cap)
		return NO_NODE;
	if (s->n_nodes % CHUNK == 0) {
		s->chunks[s->n_nodes / CHUNK] = malloc(CHUNK * sizeof(struct node));
		if (!s->chunks[s->n_nodes / CHUNK])
			return NO_NODE;
	}
	return s->n_nodes++;
}

static bool before(const struct entry *a, const struct entry *b)
{
	return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : (int32_t)(a->order - b->order) < 0;
}

static void sift_up(struct schedule *s, uint32_t i, struct entry e)
{
	while (i > 0 && before(&e, &s->heap[(i - 1) / 4])) {
		s->heap[i] = s->heap[(i - 1) / 4];
		i = (i - 1) / 4;
	}
	s->heap[i] = e;
}

static void sift_down(struct schedule *s, struct entry e)
{
	uint32_t i = 0;

	for (;;) {
		uint32_t first = 4 * i + 1, best = first, last = first + 4;

		if (first >= s->n_heap)
			break;
		if (last > s->n_heap)
			last = s->n_heap;
		for (uint32_t c = first + 1; c < last; c++)
			if (before(&s->heap[c], &s->heap[best]))
				best = c;
		if (!before(&s->heap[best], &e))
			break;
		s->heap[i] = s->heap[best];
		i = best;
	}
	s->heap[i] = e;
}

struct node *schedule_add(struct schedule *s, int64_t at_ns,
			  int64_t (*fire)(struct drill *d, struct node *n, int *error))
{
	uint32_t i = take_node(s);
	struct node *n;

	if (i == NO_NODE)
		return NULL;
	n = node_at(s, i);
	*n = (struct node){.at_ns = at_ns, .fire = fire};
	sift_up(s, s->n_heap++, (struct entry){at_ns, s->next_order++, i});
	return n;
}

int64_t schedule_peek(const struct schedule *s)
{
	return s->n_heap ? s->heap[0].at_ns : TIME_NONE;
}

int schedule_step(struct schedule *s, struct drill *d)
{
	struct entry top = s->heap[0];
	struct node *n = node_at(s, top.node);
	int error = 0;
	int64_t next = n->fire(d, n, &error);

	assert(s->heap[0].node == top.node); /* nothing may be added to the past */
	if (next != TIME_NONE) {
		n->at_ns = next;
		sift_down(s, (struct entry){next, s->next_order++, top.node});
		return error;
	}
	s->free_nodes[s->n_free++] = top.node;
	s->n_heap--;
	if (s->n_heap)
		sift_down(s, s->heap[s->n_heap]);
	return error;
}
