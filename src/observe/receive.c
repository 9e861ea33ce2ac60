/* SPDX-License-Identifier: ISC */
/*
 * The reader's side of the lanes (lane.c has theirs).
 *
 * Order. The kernel stamps a datagram as it arrives; of the heads of the rings the oldest is taken
 * first. A ring's thread may be late, so with several of them nothing younger than HOLD_US is
 * taken: order holds as far as no thread is delayed longer than that between two looks at its
 * socket. Beyond it a datagram is handed on when it comes, and counted. One thread alone keeps the
 * order of its sockets and holds nothing back.
 */
#include "observe/receive.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/steady.h"
#include "observe/lane.h"

#define TURN_MAX 1024 /* datagrams: about 5 ms of decoding */
#define HOLD_US	 40000

struct receive {
	unsigned threads, n_lanes;
	uint64_t handed, out_of_order;
	int64_t newest_us; /* of those handed on */
	int64_t lag_us;	   /* worst since somebody asked */
	struct lane_desk desk;
	struct lane lanes[RECEIVE_THREADS_MAX];
};

unsigned receive_threads(unsigned cores)
{
	unsigned half = cores / 2;

	return half < RECEIVE_THREADS_MAX ? half : RECEIVE_THREADS_MAX;
}

int receive_new(unsigned threads, struct receive **out)
{
	struct receive *r = calloc(1, sizeof(*r));
	bool good = r != NULL;

	if (!r)
		return -ENOMEM;
	r->threads = threads < RECEIVE_THREADS_MAX ? threads : RECEIVE_THREADS_MAX;
	r->newest_us = TIME_NONE;
	r->desk.threaded = r->threads > 0;
	r->desk.asleep = true;
	r->desk.seed = hash_seed();
	r->desk.timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	while (good && r->n_lanes < (r->threads ? r->threads : 1))
		good = lane_open(&r->lanes[r->n_lanes++], &r->desk);
	if (!good || r->desk.timer_fd < 0) {
		receive_free(r);
		return -ENOMEM;
	}
	*out = r;
	return 0;
}

struct receive *receive_free(struct receive *r)
{
	if (!r)
		return NULL;
	receive_hold(r);
	for (unsigned i = 0; i < r->n_lanes; i++)
		lane_close(&r->lanes[i]);
	close_fd(&r->desk.timer_fd);
	map_free(r->desk.allowed);
	free(r);
	return NULL;
}

int receive_fd(const struct receive *r)
{
	return r->threads ? r->desk.timer_fd : r->lanes[0].epoll_fd;
}

/* The sockets of a listener go to the lanes in turn. */
static struct lane *lane_of(struct receive *r, unsigned socket)
{
	return &r->lanes[socket % r->n_lanes];
}

int receive_add(struct receive *r, struct listener *l)
{
	int error = 0;

	for (unsigned i = 0; error == 0 && i < listener_sockets(l); i++)
		error = lane_place(lane_of(r, i), l, i);
	if (error)
		receive_remove(r, l);
	return error;
}

void receive_remove(struct receive *r, const struct listener *l)
{
	for (unsigned i = 0; i < listener_sockets(l); i++)
		lane_remove(lane_of(r, i), l, i);
}

void receive_allow(struct receive *r, struct map *allowed)
{
	map_free(r->desk.allowed);
	r->desk.allowed = allowed;
	for (unsigned i = 0; i < r->n_lanes; i++)
		lane_forget(&r->lanes[i]);
}

int receive_go(struct receive *r)
{
	int error = 0;

	for (unsigned i = 0; error == 0 && i < r->threads; i++)
		error = lane_start(&r->lanes[i]);
	return error;
}

/* receive_new() comes here too, before all lanes are open. */
void receive_hold(struct receive *r)
{
	unsigned n = r->threads < r->n_lanes ? r->threads : r->n_lanes;

	for (unsigned i = 0; i < n; i++)
		lane_tell_stop(&r->lanes[i]);
	for (unsigned i = 0; i < n; i++)
		lane_join(&r->lanes[i]);
}

static struct lane *oldest(struct receive *r, const struct ring_entry **out)
{
	struct lane *found = NULL;

	for (unsigned i = 0; i < r->n_lanes; i++) {
		const struct ring_entry *e = ring_peek(r->lanes[i].ring);

		if (!e || (found && e->recv_us >= (*out)->recv_us))
			continue;
		found = &r->lanes[i];
		*out = e;
	}
	return found;
}

/* What seems to come from the future came before the clock was set back, and waits for nothing. */
static bool must_wait(const struct receive *r, const struct ring_entry *e, int64_t now_us)
{
	return r->n_lanes > 1 && e->recv_us > now_us - HOLD_US && e->recv_us <= now_us;
}

/* The first of those that are handed on together has waited longest. */
static void note_lag(struct receive *r, int64_t recv_us, int64_t now_us)
{
	if (now_us - recv_us > r->lag_us)
		r->lag_us = now_us - recv_us;
}

static int hand_over(struct receive *r, struct lane *l, const struct ring_entry *e, datagram_fn fn,
		     void *userdata)
{
	struct datagram d = {.data = ring_data(l->ring, e),
			     .len = e->len,
			     .from = e->from,
			     .port = e->port,
			     .recv_us = e->recv_us};

	r->handed++;
	r->out_of_order += e->recv_us < r->newest_us;
	if (e->recv_us > r->newest_us)
		r->newest_us = e->recv_us;
	ring_next(l->ring);
	return fn(userdata, &d);
}

/* Return: how many were handed on, or the callback's negative error. */
static int take(struct receive *r, unsigned most, bool all, datagram_fn fn, void *userdata)
{
	int64_t now_us = steady_us();
	const struct ring_entry *e;
	unsigned n = 0;
	int error = 0;

	while (error == 0 && n < most) {
		struct lane *l = oldest(r, &e);

		if (!l || (!all && must_wait(r, e, now_us)))
			break;
		if (n == 0)
			note_lag(r, e->recv_us, now_us);
		error = hand_over(r, l, e, fn, userdata);
		n++;
	}
	for (unsigned i = 0; i < r->n_lanes; i++)
		ring_release(r->lanes[i].ring);
	return error < 0 ? error : (int)n;
}

static bool anything(struct receive *r)
{
	for (unsigned i = 0; i < r->n_lanes; i++)
		if (ring_peek(r->lanes[i].ring))
			return true;
	return false;
}

static void sleep_or_go_on(struct receive *r, int taken)
{
	if (taken == TURN_MAX) {
		lane_set_clock(&r->desk, 1); /* let ticks and signals have their turn */
	} else if (taken || anything(r)) {
		lane_set_clock(&r->desk, LANE_TURN_US);
	} else {
		atomic_store(&r->desk.asleep, true);
		if (anything(r) && atomic_exchange(&r->desk.asleep, false))
			lane_set_clock(&r->desk, LANE_TURN_US);
	}
}

struct direct {
	struct receive *r;
	datagram_fn fn;
	void *userdata;
	bool noted; /* of this turn */
};

static int hand_on_directly(void *userdata, const struct datagram *d)
{
	struct direct *to = userdata;

	if (lane_admit(&to->r->lanes[0], d) == LANE_NOBODY)
		return 0;
	if (!to->noted)
		note_lag(to->r, d->recv_us, steady_us());
	to->noted = true;
	to->r->handed++;
	return to->fn(to->userdata, d);
}

int receive_dispatch(struct receive *r, datagram_fn fn, void *userdata)
{
	struct direct direct = {.r = r, .fn = fn, .userdata = userdata};
	uint64_t expirations;
	int n;

	if (!r->threads) {
		n = lane_look(&r->lanes[0], 0, hand_on_directly, &direct);
		if (n > 0)
			lane_rest(&r->lanes[0], n);
		return n < 0 ? n : 0;
	}
	if (read(r->desk.timer_fd, &expirations, sizeof(expirations)) < 0)
		return 0;
	n = take(r, TURN_MAX, false, fn, userdata);
	if (n < 0)
		return n;
	sleep_or_go_on(r, n);
	return atomic_load(&r->desk.broken);
}

int receive_rest(struct receive *r, datagram_fn fn, void *userdata)
{
	int n = r->threads ? take(r, UINT32_MAX, true, fn, userdata) : 0;

	return n < 0 ? n : 0;
}

int64_t receive_lag(struct receive *r)
{
	const struct ring_entry *e;
	int64_t lag_us;

	if (r->threads && oldest(r, &e))
		note_lag(r, e->recv_us, steady_us());
	lag_us = r->lag_us;
	r->lag_us = 0;
	return lag_us;
}

void receive_stats(const struct receive *r, struct receive_stats *out)
{
	*out = (struct receive_stats){
		.threads = r->threads, .handed = r->handed, .out_of_order = r->out_of_order};
	for (unsigned i = 0; r->threads && i < r->n_lanes; i++)
		out->waiting += ring_waiting(r->lanes[i].ring);
}

void receive_socket(struct receive *r, struct listener *l, unsigned socket,
		    struct receive_socket_stats *out)
{
	const struct lane_place *p = lane_find(lane_of(r, socket), l, socket);

	*out = (struct receive_socket_stats){0};
	listener_stats(l, socket, &out->kernel);
	if (p) {
		out->unknown = p->unknown;
		out->ring_drops = p->ring_drops;
	}
}

uint64_t receive_dropped(const struct receive *r, uint16_t owner)
{
	return r->desk.dropped[owner % RING_OWNERS];
}

void receive_unknown(struct receive *r, struct senders *out)
{
	*out = (struct senders){0};
	for (unsigned i = 0; i < r->n_lanes; i++) {
		pthread_mutex_lock(&r->lanes[i].lock);
		senders_merge(out, &r->lanes[i].unknown);
		pthread_mutex_unlock(&r->lanes[i].lock);
	}
}
