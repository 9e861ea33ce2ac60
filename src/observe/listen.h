/* SPDX-License-Identifier: ISC */
/*
 * UDP listeners for flow exports. One port may carry all formats; what a datagram is, its bytes
 * tell. The receive time is the kernel's, so that a busy program does not age its records; what the
 * kernel dropped before we came is counted. Also here: the noisiest senders that are on no
 * allow-list.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "observe/export.h"

struct listener;

struct listen_stats {
	uint64_t datagrams, bytes;
	uint64_t truncated;    /* longer than any UDP datagram can be: cut by the kernel */
	uint64_t kernel_drops; /* the socket's buffer was full */
	uint64_t turns_full;   /* turns that ended with more waiting */
	uint32_t buffer_bytes; /* what the kernel granted */
};

/**
 * listener_open() - bind a UDP socket, ready to be watched for EPOLLIN.
 * @addr: an address of this host, or all zero (0.0.0.0, or :: for both families).
 * @port: 0 lets the kernel choose, see listener_port().
 * Return: 0 and an owned listener, or a negative errno.
 */
int listener_open(const struct ip *addr, uint16_t port, struct listener **out);
struct listener *listener_free(struct listener *l);
int listener_fd(const struct listener *l);
uint16_t listener_port(const struct listener *l);

/** Gets each datagram; bytes are borrowed for the call. Negative ends the dispatch. */
typedef int (*datagram_fn)(void *userdata, const struct datagram *d);

/**
 * listener_dispatch() - hand on what waits, at most LISTEN_TURN_MAX datagrams.
 * Return: 0, the callback's negative error, or a negative errno of the socket.
 */
int listener_dispatch(struct listener *l, datagram_fn fn, void *userdata);
void listener_stats(const struct listener *l, struct listen_stats *out);

#define LISTEN_BATCH	    32
#define LISTEN_TURN_MAX	    (8 * LISTEN_BATCH)
#define LISTEN_DATAGRAM_MAX 65535

/*
 * The noisiest senders of a stream, in fixed room (Metwally, Agrawal, El Abbadi: "Efficient
 * computation of frequent and top-k elements in data streams", 2005): a newcomer takes the place of
 * the quietest and inherits its count as its possible error.
 */
#define SENDERS_MAX 64

struct sender {
	struct ip addr;
	uint64_t datagrams; /* at most; datagrams - error at least */
	uint64_t error;
	uint64_t bytes; /* since it was listed */
	int64_t last_us;
};

struct senders {
	struct sender list[SENDERS_MAX];
	unsigned n;
	uint64_t datagrams, bytes; /* of all, also of those not listed */
};

/** senders_count() - count one datagram of @len bytes from @addr. */
void senders_count(struct senders *s, const struct ip *addr, uint64_t len, int64_t now_us);

/** senders_sort() - noisiest first, equal ones by address. */
void senders_sort(struct senders *s);
