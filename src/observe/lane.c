/* SPDX-License-Identifier: ISC */
/*
 * Pace. Waking up costs more than many datagrams, and what runs after it finds its code and tables
 * pushed out of the caches. So whoever did not find more than it could take rests before it looks
 * again: at a million NetFlow v5 records a second over loopback noroshi then woke up 50 times a
 * second in place of 2,600 and took 0.46 us of CPU a record in place of 0.51 (five alternating
 * rounds). What arrives during a rest must fit the kernel's buffer, also when it is a sudden flood:
 * a rest is as long as BURST_BYTES_PER_US fill the buffer, 2 ms at the usual limit of 416 KiB. The
 * reader of a thread's ring looks each LANE_TURN_US while there is traffic; the first datagram
 * after a silence sets the clock.
 */
#include "observe/lane.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/hash.h"

#define NAP_US		   1000 /* while a ring is full */
#define REST_MAX_US	   10000
#define BURST_BYTES_PER_US 200 /* as the kernel counts them: two million records a second */
#define EVENTS		   16

bool lane_open(struct lane *l, struct lane_desk *desk)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = NULL};

	l->desk = desk;
	lane_forget(l);
	pthread_mutex_init(&l->lock, NULL);
	l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	l->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	l->batch = listen_batch_new();
	l->ring = desk->threaded ? ring_new() : NULL;
	return l->epoll_fd >= 0 && l->stop_fd >= 0 && l->batch && (l->ring || !desk->threaded) &&
	       epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, l->stop_fd, &ev) == 0;
}

void lane_close(struct lane *l)
{
	ring_free(l->ring);
	listen_batch_free(l->batch);
	pthread_mutex_destroy(&l->lock);
	close_fd(&l->epoll_fd);
	close_fd(&l->stop_fd);
}

struct lane_place *lane_find(struct lane *l, const struct listener *listener, unsigned socket)
{
	for (unsigned i = 0; i < ARRAY_LEN(l->places); i++)
		if (l->places[i].listener == listener &&
		    (!listener || l->places[i].socket == socket))
			return &l->places[i];
	return NULL;
}

/* As long as the smallest of its sockets' buffers holds a flood. */
static void set_rest(struct lane *l)
{
	unsigned rest_us = REST_MAX_US;

	for (unsigned i = 0; i < ARRAY_LEN(l->places); i++) {
		const struct lane_place *p = &l->places[i];
		unsigned us = p->listener
				      ? listener_buffer(p->listener, p->socket) / BURST_BYTES_PER_US
				      : REST_MAX_US;

		rest_us = us < rest_us ? us : rest_us;
	}
	l->rest_us = rest_us;
}

int lane_place(struct lane *l, struct listener *listener, unsigned socket)
{
	struct lane_place *p = lane_find(l, NULL, 0);
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = p};

	if (!p)
		return -ENOSPC;
	if (epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, listener_fd(listener, socket), &ev) < 0)
		return -errno;
	*p = (struct lane_place){.listener = listener, .socket = socket};
	set_rest(l);
	return 0;
}

void lane_remove(struct lane *l, const struct listener *listener, unsigned socket)
{
	struct lane_place *p = lane_find(l, listener, socket);

	if (!p)
		return;
	epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, listener_fd(listener, socket), NULL);
	p->listener = NULL;
	set_rest(l);
}

void lane_forget(struct lane *l)
{
	l->last_from = (struct ip){0};
	l->last_owner = LANE_NOBODY;
}

/* The account of a sender, or LANE_NOBODY when it is not allowed. */
static int owner_of(struct lane *l, const struct ip *from)
{
	const struct lane_desk *desk = l->desk;
	const uint16_t *owner;

	if (!desk->allowed)
		return (int)(hash_bytes(from, sizeof(*from), desk->seed) % RING_OWNERS);
	if (l->last_owner != LANE_NOBODY && ip_equal(&l->last_from, from))
		return l->last_owner;
	owner = map_get(desk->allowed, from);
	if (!owner)
		return LANE_NOBODY;
	l->last_from = *from;
	return l->last_owner = *owner % RING_OWNERS;
}

int lane_admit(struct lane *l, const struct datagram *d)
{
	int owner = owner_of(l, &d->from);

	if (owner != LANE_NOBODY)
		return owner;
	atomic_fetch_add_explicit(&l->now->unknown, 1, memory_order_relaxed);
	pthread_mutex_lock(&l->lock);
	senders_count(&l->unknown, &d->from, d->len, d->recv_us);
	pthread_mutex_unlock(&l->lock);
	return LANE_NOBODY;
}

void lane_set_clock(const struct lane_desk *desk, int64_t us)
{
	struct itimerspec in = {.it_value.tv_nsec = us * 1000};

	timerfd_settime(desk->timer_fd, 0, &in, NULL);
}

/*
 * The writer publishes, then asks whether the reader sleeps; the reader says that it sleeps, then
 * looks whether something is published. All four in one order (seq_cst), so that never both miss.
 */
static void publish(struct lane *l)
{
	if (ring_publish(l->ring) && atomic_load(&l->desk->asleep) &&
	    atomic_exchange(&l->desk->asleep, false))
		lane_set_clock(l->desk, LANE_TURN_US);
}

static void nap(unsigned us)
{
	struct timespec t = {.tv_nsec = us * 1000L};

	nanosleep(&t, NULL);
}

void lane_rest(const struct lane *l, int found)
{
	if (found < LISTEN_TURN_MAX)
		nap(l->rest_us);
}

/*
 * A full ring means that the decoder is behind. While the kernel has room the datagrams may wait
 * there; after that they are read on, so that the unknown among them do not push out the others.
 */
static bool may_wait(const struct lane *l)
{
	bool room = !atomic_load(&l->stop);

	for (unsigned i = 0; room && i < ARRAY_LEN(l->places); i++)
		if (l->places[i].listener)
			room = !listener_half_full(l->places[i].listener, l->places[i].socket);
	return room;
}

static int put_in_ring(void *userdata, const struct datagram *d)
{
	struct lane *l = userdata;
	struct ring_entry e = {
		.recv_us = d->recv_us, .from = d->from, .len = (uint32_t)d->len, .port = d->port};
	int owner = lane_admit(l, d);

	if (owner == LANE_NOBODY)
		return 0;
	e.owner = (uint16_t)owner;
	while (!ring_put(l->ring, &e, d->data)) {
		if (!may_wait(l)) {
			atomic_fetch_add_explicit(&l->now->ring_drops, 1, memory_order_relaxed);
			atomic_fetch_add_explicit(&l->desk->dropped[owner], 1,
						  memory_order_relaxed);
			return 0;
		}
		publish(l);
		nap(NAP_US);
	}
	return 0;
}

int lane_look(struct lane *l, int timeout_ms, datagram_fn fn, void *userdata)
{
	struct epoll_event ev[EVENTS];
	int n = epoll_wait(l->epoll_fd, ev, EVENTS, timeout_ms), found = 0;

	for (int i = 0; i < n; i++) {
		int got;

		l->now = ev[i].data.ptr;
		if (!l->now)
			continue; /* the order to stop */
		got = listener_dispatch(l->now->listener, l->now->socket, l->batch, fn, userdata);
		if (got < 0)
			return got;
		found += got;
	}
	return found;
}

static void *lane_main(void *userdata)
{
	struct lane *l = userdata;

	pthread_setname_np(pthread_self(), "receive");
	while (!atomic_load(&l->stop)) {
		int found = lane_look(l, -1, put_in_ring, l);

		publish(l);
		if (found < 0) {
			atomic_store(&l->desk->broken, found);
			lane_set_clock(l->desk, 1);
			break;
		}
		lane_rest(l, found);
	}
	return NULL;
}

int lane_start(struct lane *l)
{
	sigset_t all, before;
	uint64_t drained;
	int error;

	if (l->running)
		return 0;
	while (read(l->stop_fd, &drained, sizeof(drained)) > 0)
		;
	l->stop = false;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&l->thread, NULL, lane_main, l);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	l->running = error == 0;
	return -error;
}

void lane_tell_stop(struct lane *l)
{
	uint64_t one = 1;

	atomic_store(&l->stop, true);
	while (write(l->stop_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

void lane_join(struct lane *l)
{
	if (l->running)
		pthread_join(l->thread, NULL);
	l->running = false;
}
