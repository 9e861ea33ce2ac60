/* SPDX-License-Identifier: ISC */
/*
 * Datagrams on their way from the thread that receives them to the one that decodes them, in fixed
 * room and in order. One thread writes, one reads, and neither waits for the other: each says in a
 * counter of its own how far it is, once for many datagrams. The room is shared by all senders, but
 * nobody may hold more of it than RING_SHARE times what is still free (Choudhury and Hahne,
 * "Dynamic queue length thresholds for shared-memory packet switches", 1998): one alone can use
 * four fifths of it, and whatever one floods, the others find room.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"

#define RING_BYTES   (16u << 20)
#define RING_ENTRIES 16384
#define RING_OWNERS  8192 /* accounts; senders that share one share its part */
#define RING_SHARE   4

struct ring;

struct ring_entry {
	int64_t recv_us;
	struct ip from;
	uint32_t len;
	uint32_t at; /* where the bytes stand; the ring's */
	uint16_t port;
	uint16_t owner; /* whose part it is charged to, below RING_OWNERS */
};

/** ring_new() - an empty ring of about RING_BYTES, touched as it fills. NULL without memory. */
struct ring *ring_new(void);
struct ring *ring_free(struct ring *r);

/**
 * ring_put() - the writer adds a datagram of e->len bytes, at most 65,535; both are copied.
 * Return: false when there is no room, or none for this owner.
 */
bool ring_put(struct ring *r, const struct ring_entry *e, const uint8_t *data);

/** ring_publish() - the writer lets the reader see all that it has put. False: nothing new. */
bool ring_publish(struct ring *r);

/** ring_peek() - the reader's next one, or NULL. Stays until ring_release(). */
const struct ring_entry *ring_peek(struct ring *r);
const uint8_t *ring_data(const struct ring *r, const struct ring_entry *e);

/** ring_next() - the reader is done with what ring_peek() gave. */
void ring_next(struct ring *r);

/** ring_release() - the reader gives the room of all it is done with back to the writer. */
void ring_release(struct ring *r);

/** ring_waiting() - how many are published and not released; any thread may ask. */
uint64_t ring_waiting(const struct ring *r);
