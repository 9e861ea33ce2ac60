/* SPDX-License-Identifier: ISC */
/*
 * A lane of receive.c: a thread that empties its sockets into its ring, or without threads just the
 * sockets, which the caller empties. Private to the room.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "observe/receive.h"
#include "observe/ring.h"

#define LANE_TURN_US 10000 /* how long a reader that was asleep lets datagrams gather */
#define LANE_NOBODY  -1	   /* no account: the sender is not allowed */

_Static_assert(RECEIVE_OWNER_MAX < RING_OWNERS, "every account has its part of a ring");

/* What all lanes share with each other and with their reader. */
struct lane_desk {
	bool threaded;
	int timer_fd;
	_Atomic bool asleep; /* the reader waits for a first datagram */
	_Atomic int broken;  /* negative errno of a thread's socket */
	struct map *allowed; /* NULL: everybody; changed only while the threads are held */
	uint64_t seed;
	_Atomic uint64_t dropped[RING_OWNERS];
};

/* A socket in its lane. */
struct lane_place {
	struct listener *listener; /* NULL: free */
	unsigned socket;
	_Atomic uint64_t unknown, ring_drops;
};

struct lane {
	struct lane_desk *desk;
	int epoll_fd, stop_fd;
	bool running;
	_Atomic bool stop;
	pthread_t thread;
	struct ring *ring; /* NULL without a thread */
	struct listen_batch *batch;
	struct lane_place places[RECEIVE_LISTENERS_MAX];
	unsigned rest_us;
	struct lane_place *now; /* whose datagrams are being received */
	struct ip last_from;	/* they come in runs */
	int last_owner;
	pthread_mutex_t lock;	/* of: */
	struct senders unknown; /* written by the lane, a few times a second read for the status */
};

/** lane_open() - @desk is borrowed. Return: false without memory or descriptors; close it then too.
 */
bool lane_open(struct lane *l, struct lane_desk *desk);
void lane_close(struct lane *l);

/** lane_place() - empty this socket too (borrowed). Return: 0, -ENOSPC or a negative errno. */
int lane_place(struct lane *l, struct listener *listener, unsigned socket);
void lane_remove(struct lane *l, const struct listener *listener, unsigned socket);

/** lane_find() - the place of a socket, NULL when it has none. */
struct lane_place *lane_find(struct lane *l, const struct listener *listener, unsigned socket);

/** lane_forget() - who was allowed may not be so any longer. */
void lane_forget(struct lane *l);

/** lane_start() - its thread. Return: 0 (also when it runs), or a negative errno. */
int lane_start(struct lane *l);

/** lane_tell_stop() - ask the thread to stop; lane_join() waits until it has. */
void lane_tell_stop(struct lane *l);
void lane_join(struct lane *l);

/**
 * lane_look() - hand what its sockets hold to @fn.
 * Return: how many datagrams were found, or a negative errno of a socket or of @fn.
 */
int lane_look(struct lane *l, int timeout_ms, datagram_fn fn, void *userdata);

/** lane_rest() - let more come together, unless a look @found all that it could take. */
void lane_rest(const struct lane *l, int found);

/** lane_admit() - the account of a datagram's sender; LANE_NOBODY, and counted, if unknown. */
int lane_admit(struct lane *l, const struct datagram *d);

/** lane_set_clock() - the reader shall look at the rings in @us. */
void lane_set_clock(const struct lane_desk *desk, int64_t us);
