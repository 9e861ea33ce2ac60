/* SPDX-License-Identifier: ISC */
/*
 * The bytes stand in one piece of memory, each datagram unbroken and on a cache line of its own;
 * what does not fit before its end begins anew at its start. A ring that has run empty begins there
 * too, so that light traffic stays within the same few cache lines.
 */
#include "observe/ring.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define LINE	 64
#define ROOM_MIN (RING_BYTES / RING_ENTRIES) /* so that small ones cannot use the entries up */

struct ring {
	/* The writer's. */
	uint64_t put, given_back; /* entries: written; known to be free again */
	uint32_t head;		  /* where the next bytes go */
	uint32_t used;		  /* bytes of all that are not given back */
	uint32_t held[RING_OWNERS];
	/* What each tells the other, on lines of their own. */
	_Alignas(LINE) _Atomic uint64_t published;
	_Alignas(LINE) _Atomic uint64_t released;
	/* The reader's. */
	_Alignas(LINE) uint64_t taken;
	uint64_t published_seen;
	struct ring_entry entries[RING_ENTRIES];
	_Alignas(LINE) uint8_t bytes[RING_BYTES + LINE];
};

struct ring *ring_new(void)
{
	struct ring *r = aligned_alloc(LINE, sizeof(*r));

	/* Entries and bytes are written before they are read; their pages come as they are used. */
	if (r)
		memset(r, 0, offsetof(struct ring, entries));
	return r;
}

struct ring *ring_free(struct ring *r)
{
	free(r);
	return NULL;
}

static uint32_t room_of(uint32_t len)
{
	return len < ROOM_MIN ? ROOM_MIN : (len + LINE - 1) / LINE * LINE;
}

static struct ring_entry *entry_at(struct ring *r, uint64_t number)
{
	return &r->entries[number % RING_ENTRIES];
}

static void take_back(struct ring *r)
{
	uint64_t released = atomic_load_explicit(&r->released, memory_order_acquire);

	for (; r->given_back < released; r->given_back++) {
		const struct ring_entry *e = entry_at(r, r->given_back);

		r->held[e->owner] -= room_of(e->len);
		r->used -= room_of(e->len);
	}
}

/* Where @room bytes go, RING_BYTES when nowhere. Head and oldest never meet while any is held. */
static uint32_t place(struct ring *r, uint32_t room)
{
	uint32_t oldest;

	if (r->put == r->given_back)
		return 0;
	oldest = entry_at(r, r->given_back)->at;
	if (r->head > oldest && RING_BYTES - r->head >= room)
		return r->head;
	if (r->head > oldest)
		return room < oldest ? 0 : RING_BYTES;
	return room < oldest - r->head ? r->head : RING_BYTES;
}

static bool find_room(struct ring *r, uint16_t owner, uint32_t room, uint32_t *at)
{
	uint64_t free_bytes = RING_BYTES - r->used;

	if (r->put - r->given_back == RING_ENTRIES ||
	    r->held[owner] + room > RING_SHARE * free_bytes)
		return false;
	*at = place(r, room);
	return *at < RING_BYTES;
}

bool ring_put(struct ring *r, const struct ring_entry *e, const uint8_t *data)
{
	uint32_t room = room_of(e->len), at;
	struct ring_entry *to;

	if (!find_room(r, e->owner, room, &at)) {
		take_back(r);
		if (!find_room(r, e->owner, room, &at))
			return false;
	}
	to = entry_at(r, r->put++);
	*to = *e;
	to->at = at;
	memcpy(r->bytes + at, data, e->len);
	r->head = at + room;
	r->used += room;
	r->held[e->owner] += room;
	return true;
}

bool ring_publish(struct ring *r)
{
	if (atomic_load_explicit(&r->published, memory_order_relaxed) == r->put)
		return false;
	/* In one order with the reader's word that it goes to sleep, see lane.c. */
	atomic_store(&r->published, r->put);
	take_back(r);
	return true;
}

const struct ring_entry *ring_peek(struct ring *r)
{
	if (r->taken == r->published_seen)
		r->published_seen = atomic_load(&r->published);
	return r->taken == r->published_seen ? NULL : entry_at(r, r->taken);
}

const uint8_t *ring_data(const struct ring *r, const struct ring_entry *e)
{
	return r->bytes + e->at;
}

void ring_next(struct ring *r)
{
	r->taken++;
}

void ring_release(struct ring *r)
{
	atomic_store_explicit(&r->released, r->taken, memory_order_release);
}

uint64_t ring_waiting(const struct ring *r)
{
	uint64_t released = atomic_load_explicit(&r->released, memory_order_acquire);

	return atomic_load_explicit(&r->published, memory_order_acquire) - released;
}
