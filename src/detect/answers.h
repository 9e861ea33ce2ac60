/* SPDX-License-Identifier: ISC */
/*
 * Did a sender use the target's answers? Who forges his address never sees them. The proof is the
 * target's own: to a SYN it sends SYN-ACK whoever asked, to an ACK with a wrong number RST, to one
 * out of its window a bare ACK; data or FIN it only sends in a connection whose number was
 * acknowledged (RFC 9293 sections 3.10.7.3 and 3.10.7.4, RFC 5961). So what the source itself sends
 * proves nothing here. Direct-mapped, so bounded; what is pushed out is forgotten, and whoever is
 * not in it is not shown real. Data class: header.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "observe/flow.h"

#define ANSWERS_ROOM	  4096
#define ANSWERS_WHOLE	  4096
#define ANSWERS_THIN_LOG2 4

enum answer {
	ANSWER_NOT,	    /* none of TCP, or one that says nothing */
	ANSWER_SYNACK,	    /* whoever asked */
	ANSWER_RESET,	    /* refused */
	ANSWER_ESTABLISHED, /* there is a connection with him */
	ANSWERS
};

struct answers {
	struct ip peer[ANSWERS_ROOM];		     /* zero: free */
	uint64_t records[ANSWERS], packets[ANSWERS]; /* by enum answer, as sampled */
};

/** answer_of() - what a record that the target sent says. */
static inline enum answer answer_of(const struct flow *f, const struct flow_side *s)
{
	unsigned flags = f->tcp_flags;

	if (f->proto != PROTO_TCP || !(flags & (TH_ACK | TH_RST)))
		return ANSWER_NOT;
	if (flags & TH_RST)
		return ANSWER_RESET;
	if ((flags & (TH_PSH | TH_FIN)) || (s->flags & FLOW_HAS_PAYLOAD))
		return ANSWER_ESTABLISHED;
	return flags & TH_SYN ? ANSWER_SYNACK : ANSWER_NOT;
}

/**
 * answers_count() - count what the target sent. Return: is it to be noted to whom? The first
 * ANSWERS_WHOLE are, then one in sixteen, by a hash of its number: whoever has a connection
 * gets many.
 */
static inline bool answers_count(struct answers *a, enum answer what, uint32_t packets)
{
	uint64_t number = a->records[what]++;

	a->packets[what] += packets;
	return number < ANSWERS_WHOLE ||
	       (number * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - ANSWERS_THIN_LOG2) == 0;
}

/** answers_put() - the target has a connection with @peer. @hash: source_hash() of it. */
static inline void answers_put(struct answers *a, const struct ip *peer, uint64_t hash)
{
	a->peer[hash % ANSWERS_ROOM] = *peer;
}

static inline bool answers_has(const struct answers *a, const struct ip *peer, uint64_t hash)
{
	return a && ip_equal(&a->peer[hash % ANSWERS_ROOM], peer) && !ip_is_zero(peer);
}
