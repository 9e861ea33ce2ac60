/* SPDX-License-Identifier: ISC */
/*
 * UDP listeners for flow exports: one address, and one or more sockets that share it. One port may
 * carry all formats; what a datagram is, its bytes tell. The receive time is the kernel's, so that
 * a busy program does not age its records; what the kernel dropped before we came is counted.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "observe/export.h"

#define LISTEN_BATCH	    32
#define LISTEN_TURN_MAX	    (8 * LISTEN_BATCH)
#define LISTEN_DATAGRAM_MAX 65535
#define LISTEN_SOCKETS_MAX  4 /* per address */

struct listener;
struct listen_batch;

/* Of one socket. */
struct listen_stats {
	uint64_t datagrams, bytes; /* that the kernel delivered */
	uint64_t truncated;	   /* longer than any UDP datagram can be: cut by the kernel */
	uint64_t kernel_drops;	   /* the socket's buffer was full */
	uint64_t errors;	   /* reads that failed for want of the kernel's memory and kin */
	uint64_t turns_full;	   /* turns that ended with more waiting */
	uint32_t buffer_bytes;	   /* what the kernel granted */
};

/**
 * listener_open() - bind UDP sockets, ready to be watched for EPOLLIN.
 * @addr: an address of this host, or all zero (0.0.0.0, or :: for both families).
 * @port: 0 lets the kernel choose, see listener_port().
 * @sockets: how many share the address, 1 to LISTEN_SOCKETS_MAX; the kernel deals datagrams out to
 * them at random, so that one exporter alone uses all of them.
 * @beside: this process already listens on the port by another address that covers this one, or
 * the other way round. Without it -EADDRINUSE tells that somebody is there, even somebody who
 * would share: two programs would get half of the datagrams each and see half of an attack.
 * Return: 0 and an owned listener, or a negative errno.
 */
int listener_open(const struct ip *addr, uint16_t port, unsigned sockets, bool beside,
		  struct listener **out);
struct listener *listener_free(struct listener *l);
unsigned listener_sockets(const struct listener *l);
int listener_fd(const struct listener *l, unsigned socket);
uint16_t listener_port(const struct listener *l);

/** listen_batch_new() - room to receive into, for one thread. Owned; NULL without memory. */
struct listen_batch *listen_batch_new(void);
struct listen_batch *listen_batch_free(struct listen_batch *b);

/** Gets each datagram; bytes are borrowed for the call. Negative ends the dispatch. */
typedef int (*datagram_fn)(void *userdata, const struct datagram *d);

/**
 * listener_dispatch() - hand on what waits at one socket, at most LISTEN_TURN_MAX datagrams.
 * Return: how many, the callback's negative error, or a negative errno of the socket.
 */
int listener_dispatch(struct listener *l, unsigned socket, struct listen_batch *b, datagram_fn fn,
		      void *userdata);

/** listener_buffer() - bytes that the kernel holds for the socket, as it counts them. */
uint32_t listener_buffer(const struct listener *l, unsigned socket);

/** listener_half_full() - does the kernel hold more for the socket than half of its buffer? */
bool listener_half_full(const struct listener *l, unsigned socket);

/** listener_stats() - of one socket. Always by the same thread, which need not be the receiver. */
void listener_stats(struct listener *l, unsigned socket, struct listen_stats *out);
