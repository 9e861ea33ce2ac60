/* SPDX-License-Identifier: ISC */
/*
 * Did a sender use the target's answers? Who forges his address never sees them. The proof is the
 * target's own: to a SYN it sends SYN-ACK whoever asked, to an ACK with a wrong number RST, to one
 * out of its window a bare ACK; data or FIN it only sends in a connection whose number was
 * acknowledged (RFC 9293 sections 3.10.7.3 and 3.10.7.4, RFC 5961). So what the source itself sends
 * proves nothing here, and what is proven is the connection alone: other packets under the address
 * of somebody who has one may be forged. Direct-mapped, so bounded; what is pushed out is
 * forgotten, and whoever is not in it is not shown real. Data class: header.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "observe/flow.h"

#define ANSWERS_TALKS	  4096 /* connections that are kept in mind */
#define ANSWERS_OFFERS	  1024 /* connections whose SYN-ACK may yet be acknowledged */
#define ANSWERS_WHOLE	  1024
#define ANSWERS_THIN_LOG2 4

enum answer {
	ANSWER_NOT,	    /* none of TCP, or one that says nothing */
	ANSWER_SYNACK,	    /* whoever asked */
	ANSWER_RESET,	    /* refused */
	ANSWER_ESTABLISHED, /* there is a connection with him */
	ANSWERS
};

/*
 * Of captured packets also: a SYN-ACK that was acknowledged. That can be forged where the target
 * drops a wrong number in silence, so it speaks for an attack as a whole, never for a source.
 */
struct offer {
	uint32_t tuple; /* handshake_tuple() of the connection */
	enum { OFFER_NONE, OFFER_MADE, OFFER_TAKEN } state;
};

/* What came of a connection, by its addresses and ports. */
enum talk_state {
	TALK_TAKEN = 1 << 0,	 /* its SYN-ACK was acknowledged (struct offer) */
	TALK_CONNECTED = 1 << 1, /* the target sent data or FIN in it */
};

/*
 * A connection of a sender that is in a sample: its packets that were looked at wait here until the
 * target's answer shows what they were.
 */
struct talk {
	uint32_t key;	     /* handshake_key() of it */
	uint16_t packets[2]; /* SYNs, and others; the largest number stands for more */
	uint8_t state;	     /* enum talk_state */
};

struct answers {
	struct talk talk[ANSWERS_TALKS];
	struct offer offer[ANSWERS_OFFERS];
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

/** answers_talk() - the connection's place, in which whatever was there before is forgotten. */
static inline struct talk *answers_talk(struct answers *a, uint32_t key)
{
	struct talk *t = &a->talk[key % ANSWERS_TALKS];

	if (t->key != key)
		*t = (struct talk){.key = key};
	return t;
}

/** talk_add() - @packets more of it came. @syn: they are requests. */
static inline void talk_add(struct talk *t, bool syn, uint32_t packets)
{
	uint16_t *n = &t->packets[!syn];

	*n = packets > (uint32_t)(UINT16_MAX - *n) ? UINT16_MAX : (uint16_t)(*n + packets);
}

/** answers_offer() - the target sent a SYN-ACK of that connection. */
static inline void answers_offer(struct answers *a, uint32_t tuple)
{
	a->offer[tuple % ANSWERS_OFFERS] = (struct offer){tuple, OFFER_MADE};
}

/** answers_move() - the connection's offer goes from one state to another. Return: it did. */
static inline bool answers_move(struct answers *a, uint32_t tuple, int from, int to)
{
	struct offer *o = &a->offer[tuple % ANSWERS_OFFERS];

	if (o->tuple != tuple || (int)o->state != from)
		return false;
	o->state = to;
	return true;
}
