/* SPDX-License-Identifier: ISC */
/*
 * Who else saw an attack. Where sides of interfaces are configured packets count once, as they
 * enter, and what a router further inside tells of the same packets is dropped (deal.c). But that
 * it was told by two bears the attack out: flow export is not authenticated, and one exporter's
 * word alone moves no measure. So while an attack is open, and only then, what is dropped on its
 * way to the target is counted apart: by exporter, in the meters that the attack's own packets
 * count in.
 *
 * A witness is an exporter of which it is sure (three standard deviations of its own sampling)
 * that it told of a quarter of what counted in the same seconds, and of twice what is usual there
 * beside: a router behind the border sees the clients too, and an attack that is made up would else
 * be borne out by them.
 *
 * Of the exporters whose packets count, too, it is told how much of it each tells, by the same
 * measure: one that told of a single packet to the target bears nothing out.
 */
#pragma once

#include "detect/attack.h"
#include "detect/shard.h"

struct witness_sum {
	uint64_t packets; /* of the attack's vectors, in the seconds that are settled */
	bool sure;	  /* it was a witness; then its figures as it was for the last time */
	uint64_t sure_packets;
	double sure_share;
};

struct witnesses {
	struct meters meters;		   /* a view for each exporter */
	struct witness_sum sum[VIEWS_MAX]; /* of each view */
};

struct witnesses *witnesses_free(struct witnesses *w);
uint64_t witnesses_memory(const struct witnesses *w); /* NULL: 0 */

/**
 * witness_feed() - count the records of the list @next that come before record @until.
 * Return: the first that is left. Errors go to s->error.
 */
const uint16_t *witness_feed(struct shard *s, const struct shard_world *w, const uint16_t *next,
			     unsigned until);

/** witness_look_back() - @a has opened: what was told of it before. Return: 0 or -ENOMEM. */
int witness_look_back(struct attack *a, const struct shard_world *w);

/**
 * witness_settle() - the @n bins from @from on are whole, and stand in a->series_packets.
 * @mask: attack_tracks(). @packets: what counted in these bins.
 */
void witness_settle(struct attack *a, int64_t from, unsigned n, uint32_t mask, uint64_t packets);

/** witness_fill() - f->seen_by and f->told_by; after f->exporters and f->dedup. */
void witness_fill(const struct attack *a, struct finding *f);
