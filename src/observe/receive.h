/* SPDX-License-Identifier: ISC */
/*
 * Receiving: the listeners of a program, and the lanes that empty them. A lane is a thread with one
 * socket of each listener and a ring; the caller's thread takes the datagrams out of the rings, in
 * the order of their arrival. With no threads there is one lane, which the caller empties himself.
 *
 * Senders that are not allowed are told apart at once, before they can take anybody's room; they
 * are counted and never handed on. Every datagram that the kernel delivered is found again:
 * datagrams = handed + unknown + ring_drops + waiting, see receive_socket() and receive_stats().
 */
#pragma once

#include "base/map.h"
#include "observe/listen.h"
#include "observe/senders.h"

#define RECEIVE_THREADS_MAX   LISTEN_SOCKETS_MAX
#define RECEIVE_LISTENERS_MAX 64
#define RECEIVE_OWNER_MAX     8191

struct receive;

struct receive_socket_stats {
	struct listen_stats kernel; /* as the kernel delivered */
	uint64_t unknown;	    /* of senders that are not allowed */
	uint64_t ring_drops;	    /* found no room on the way to the decoder */
};

struct receive_stats {
	unsigned threads;
	uint64_t handed;       /* to the caller */
	uint64_t waiting;      /* in the rings now */
	uint64_t out_of_order; /* handed on after one that arrived later */
};

/** receive_threads() - how many suit @cores: none for one, else half of them, at most four. */
unsigned receive_threads(unsigned cores);

/** receive_new() - without listeners. Return: 0 and owned, or a negative errno. */
int receive_new(unsigned threads, struct receive **out);

/** receive_free() - stops the threads; the listeners stay their owner's. */
struct receive *receive_free(struct receive *r);

/** receive_fd() - readable when receive_dispatch() has something to do. */
int receive_fd(const struct receive *r);

/**
 * receive_hold() - stop the threads; what arrives meanwhile waits in the kernel. What follows up to
 * receive_go() may be done only then.
 */
void receive_hold(struct receive *r);

/** receive_add() - empty this listener too (borrowed). Return: 0, -ENOSPC or a negative errno. */
int receive_add(struct receive *r, struct listener *l);
void receive_remove(struct receive *r, const struct listener *l);

/**
 * receive_allow() - whose datagrams are handed on. @allowed: struct ip to uint16_t, the account (up
 * to RECEIVE_OWNER_MAX) that a sender's share of the rings is charged to; it becomes the callee's.
 * NULL allows everybody, as at the beginning; accounts then go by a hash of the address.
 */
void receive_allow(struct receive *r, struct map *allowed);

/** receive_go() - start the threads. Return: 0 (also when they run), or a negative errno. */
int receive_go(struct receive *r);

/**
 * receive_dispatch() - hand on what has arrived, a bounded part of it.
 * Return: 0, or a negative error: the callback's, or a socket's.
 */
int receive_dispatch(struct receive *r, datagram_fn fn, void *userdata);

/** receive_rest() - after receive_hold(), hand on all that the rings still hold. */
int receive_rest(struct receive *r, datagram_fn fn, void *userdata);

void receive_stats(const struct receive *r, struct receive_stats *out);

/** receive_socket() - figures of one socket of @l, which was added. */
void receive_socket(struct receive *r, struct listener *l, unsigned socket,
		    struct receive_socket_stats *out);

/** receive_dropped() - datagrams of an account that found no room in the rings. */
uint64_t receive_dropped(const struct receive *r, uint16_t owner);

/**
 * receive_lag() - by how much the oldest datagram was behind when it was handed on, in the worst
 * case since the last call, or is now in a ring, in microseconds.
 */
int64_t receive_lag(struct receive *r);

/** receive_unknown() - who was not allowed, of all sockets that ever were. */
void receive_unknown(struct receive *r, struct senders *out);
