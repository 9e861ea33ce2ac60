// SPDX-License-Identifier: ISC
#include "place/route.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "place/part.h"

#define WITHDRAWN    UINT32_MAX
#define BALLOT_WORDS (1 + 2 * (BALLOT_ORIGINS + BALLOT_NEIGHBOURS))

struct route_entry {
	struct ip addr;
	uint8_t len;
	uint16_t peer;
	uint32_t path_id, seq, ballot;
};

int routes_init(struct routes *s)
{
	*s = (struct routes){.n = 0};
	return place_pool_init(&s->ballots, 0);
}

void routes_deinit(struct routes *s)
{
	free(s->e);
	place_pool_deinit(&s->ballots);
	*s = (struct routes){.n = 0};
}

static void vote(struct tally *t, unsigned *n, unsigned max, uint32_t asn, uint32_t votes)
{
	unsigned i = 0;

	while (i < *n && t[i].asn != asn)
		i++;
	if (i == max)
		return;
	if (i == *n)
		t[(*n)++] = (struct tally){.asn = asn};
	t[i].votes += votes;
}

void ballot_vote(struct ballot *b, uint32_t origin, uint32_t neighbour, uint32_t votes)
{
	if (origin)
		vote(b->origins, &b->n_origins, BALLOT_ORIGINS, origin, votes);
	if (neighbour)
		vote(b->neighbours, &b->n_neighbours, BALLOT_NEIGHBOURS, neighbour, votes);
}

/* Most votes first, then the lower number: the order of the file shall not matter. */
static int compare_tallies(const void *a, const void *b)
{
	const struct tally *x = a, *y = b;

	if (x->votes != y->votes)
		return x->votes > y->votes ? -1 : 1;
	return x->asn < y->asn ? -1 : x->asn > y->asn;
}

static void sort_ballot(struct ballot *b)
{
	qsort(b->origins, b->n_origins, sizeof(b->origins[0]), compare_tallies);
	qsort(b->neighbours, b->n_neighbours, sizeof(b->neighbours[0]), compare_tallies);
}

static int keep_ballot(struct routes *s, const struct ballot *given, uint32_t *id)
{
	struct ballot b = *given;
	uint32_t w[BALLOT_WORDS];
	size_t n = 0;

	sort_ballot(&b);
	w[n++] = b.n_origins | b.n_neighbours << 16;
	for (unsigned i = 0; i < b.n_origins; i++) {
		w[n++] = b.origins[i].asn;
		w[n++] = b.origins[i].votes;
	}
	for (unsigned i = 0; i < b.n_neighbours; i++) {
		w[n++] = b.neighbours[i].asn;
		w[n++] = b.neighbours[i].votes;
	}
	return place_pool_put(&s->ballots, w, n, id);
}

static void add_ballot(const struct routes *s, uint32_t id, struct ballot *to)
{
	size_t n;
	const uint32_t *w = place_pool_at(&s->ballots, id, &n);
	unsigned origins = w[0] & 0xffff, neighbours = w[0] >> 16;

	w++;
	for (unsigned i = 0; i < origins; i++, w += 2)
		ballot_vote(to, w[0], 0, w[1]);
	for (unsigned i = 0; i < neighbours; i++, w += 2)
		ballot_vote(to, 0, w[0], w[1]);
}

int routes_add(struct routes *s, const struct prefix *prefix, uint16_t peer, uint32_t path_id,
	       const struct ballot *b)
{
	struct route_entry *e;
	int r = 0;

	if (s->n >= ROUTES_MAX)
		return -EFBIG;
	if (s->n == s->room) {
		size_t room = s->room ? s->room + s->room / 2 : 64;

		e = realloc(s->e, room * sizeof(*e));
		if (!e)
			return -ENOMEM;
		s->e = e;
		s->room = room;
	}
	e = &s->e[s->n];
	memset(e, 0, sizeof(*e));
	e->addr = prefix->addr;
	e->len = prefix->len;
	e->peer = peer;
	e->path_id = path_id;
	e->seq = (uint32_t)s->n;
	e->ballot = WITHDRAWN;
	if (b)
		r = keep_ballot(s, b, &e->ballot);
	if (r == 0)
		s->n++;
	return r;
}

static int compare_routes(const void *a, const void *b)
{
	const struct route_entry *x = a, *y = b;
	int c = ip_compare(&x->addr, &y->addr);

	if (c)
		return c;
	if (x->len != y->len)
		return x->len - y->len;
	if (x->peer != y->peer)
		return x->peer - y->peer;
	if (x->path_id != y->path_id)
		return x->path_id < y->path_id ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static bool same_prefix(const struct route_entry *a, const struct route_entry *b)
{
	return a->len == b->len && ip_equal(&a->addr, &b->addr);
}

static bool same_speaker(const struct route_entry *a, const struct route_entry *b)
{
	return same_prefix(a, b) && a->peer == b->peer && a->path_id == b->path_id &&
	       a->peer != ROUTE_PEER_EACH;
}

/* The result of a ballot: [neighbours | origins << 16, neighbours..., origins...]. */
static int add_result(struct part *p, const struct prefix *prefix, struct ballot *b)
{
	struct image_rec rec = {.asn = 0};
	uint32_t w[1 + PLACE_NEIGHBOURS_MAX + PLACE_ORIGINS_MAX];
	unsigned n = 1, neighbours;
	int r;

	sort_ballot(b);
	neighbours =
		b->n_neighbours < PLACE_NEIGHBOURS_MAX ? b->n_neighbours : PLACE_NEIGHBOURS_MAX;
	w[0] = neighbours | b->n_origins << 16;
	for (unsigned i = 0; i < neighbours; i++)
		w[n++] = b->neighbours[i].asn;
	for (unsigned i = 0; i < b->n_origins; i++)
		w[n++] = b->origins[i].asn;
	rec.asn = b->n_origins ? b->origins[0].asn : 0;
	rec.n_origins = (uint8_t)b->n_origins;
	r = place_pool_put(&p->items, w, n, &rec.item);
	return r < 0 ? r : part_add(p, LAYER_ROUTE, prefix, &rec);
}

_Static_assert(BALLOT_ORIGINS <= PLACE_ORIGINS_MAX, "add_result() writes all of them");

/* All entries of one prefix, from @from on. */
static int count_prefix(const struct routes *s, size_t from, size_t to, struct part *p)
{
	struct prefix prefix = {.addr = s->e[from].addr, .len = s->e[from].len};
	struct ballot b = {.n_origins = 0};
	bool any = false;

	for (size_t i = from; i < to; i++) {
		const struct route_entry *e = &s->e[i];

		if (i + 1 < to && same_speaker(e, e + 1))
			continue; /* it said something else later */
		if (e->ballot == WITHDRAWN)
			continue;
		add_ballot(s, e->ballot, &b);
		any = true;
	}
	return any ? add_result(p, &prefix, &b) : 0;
}

int routes_finish(struct routes *s, struct part *p)
{
	int r = 0;

	if (s->n)
		qsort(s->e, s->n, sizeof(*s->e), compare_routes);
	for (size_t i = 0, j; r == 0 && i < s->n; i = j) {
		j = i + 1;
		while (j < s->n && same_prefix(&s->e[i], &s->e[j]))
			j++;
		r = count_prefix(s, i, j, p);
	}
	routes_deinit(s);
	return r < 0 ? r : routes_init(s);
}
