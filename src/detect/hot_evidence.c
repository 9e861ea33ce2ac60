/* SPDX-License-Identifier: ISC */
/*
 * The header records of an attack that are kept: of all that came those of least rank (bottom-k),
 * where a rank is a hash of the record's number among them. Every record of the attack so far has
 * the same chance, so a filter that is made of the sample is made of the attack, and not of its
 * first half second; and since a destination's records come in the same order whatever the number
 * of threads, the sample is the same too.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"
#include "detect/hot_inside.h"

/* The largest rank comes first; each is no smaller than the two below it. */
static void sift(struct evidence_rank *heap, unsigned at)
{
	struct evidence_rank down = heap[at];

	for (unsigned below = 2 * at + 1; below < EVIDENCE_MAX; below = 2 * at + 1) {
		if (below + 1 < EVIDENCE_MAX && heap[below + 1].rank > heap[below].rank)
			below++;
		if (heap[below].rank <= down.rank)
			break;
		heap[at] = heap[below];
		at = below;
	}
	heap[at] = down;
}

static uint64_t rank_of(uint64_t number)
{
	return hash_u64(number, HASH_K2);
}

/* Until it is full nothing has a rank: the n-th record is the n-th kept. */
static int rank_all(struct hot *h)
{
	h->ranks = malloc(EVIDENCE_MAX * sizeof(*h->ranks));
	if (!h->ranks)
		return -ENOMEM;
	for (uint32_t i = 0; i < EVIDENCE_MAX; i++)
		h->ranks[i] = (struct evidence_rank){rank_of(i), i};
	for (unsigned i = EVIDENCE_MAX / 2; i-- > 0;)
		sift(h->ranks, i);
	return 0;
}

static void put(struct evidence_record *to, const struct hot_record *r)
{
	*to = (struct evidence_record){.first_us = r->first_us,
				       .last_us = r->last_us,
				       .recv_us = r->recv_us,
				       .flow = *r->f,
				       .side = *r->s};
}

int hot_evidence(struct hot *h, const struct hot_record *r)
{
	uint64_t number = h->evidence_seen, rank;

	if (!h->evidence) {
		h->evidence = malloc(EVIDENCE_MAX * sizeof(*h->evidence));
		if (!h->evidence)
			return -ENOMEM;
	}
	if (number < EVIDENCE_MAX) {
		put(&h->evidence[h->n_evidence++], r);
		h->evidence_seen++;
		return 0;
	}
	if (!h->ranks && rank_all(h) < 0)
		return -ENOMEM;
	h->evidence_seen++;
	rank = rank_of(number);
	if (rank >= h->ranks[0].rank)
		return 0;
	put(&h->evidence[h->ranks[0].index], r);
	h->ranks[0].rank = rank;
	sift(h->ranks, 0);
	return 0;
}
