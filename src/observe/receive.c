/* SPDX-License-Identifier: ISC */
/*
 * Order. The kernel stamps a datagram as it arrives; of the heads of the rings the oldest is taken
 * first. A ring's thread may be late, so with several of them nothing younger than HOLD_US is
 * taken: order holds as far as no thread is delayed longer than that between two looks at its
 * socket. Beyond it a datagram is handed on when it comes, and counted. One thread alone keeps the
 * order of its sockets and holds nothing back.
 *
 * Pace. Waking a thread costs more than a datagram. So a thread that found little sleeps NAP_US
 * before it looks again, and the caller looks at the rings each TURN_US while there is traffic; the
 * first datagram after a silence sets the clock. At 55,000 datagrams a second over loopback that
 * made receiving with one thread and a ring cost 1.7 to 1.9 us of CPU a datagram, against 3.0
 * to 3.3 without either (all threads, reading each byte once; three alternating rounds, two busy
 * cores). What arrives during a nap must fit the kernel's buffer: at the usual limit of 416 KiB,
 * about 150 datagrams of 1,400 bytes.
 */
#include "observe/receive.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/hash.h"
#include "observe/ring.h"

#define NAP_US	 1000
#define NAP_LESS 64 /* datagrams found in one look: fewer are little */
#define TURN_US	 4000
#define TURN_MAX 1024 /* datagrams: about 5 ms of decoding */
#define HOLD_US	 20000
#define EVENTS	 16
#define NOBODY	 -1

_Static_assert(RECEIVE_OWNER_MAX < RING_OWNERS, "every account has its part of a ring");

/* A socket in its lane. */
struct place {
	struct listener *listener; /* NULL: free */
	unsigned socket;
	struct lane *lane;
	_Atomic uint64_t unknown, ring_drops;
};

struct lane {
	struct receive *receive;
	int epoll_fd, stop_fd;
	bool running;
	_Atomic bool stop;
	pthread_t thread;
	struct ring *ring; /* NULL without a thread */
	struct listen_batch *batch;
	struct place places[RECEIVE_LISTENERS_MAX];
	struct place *now;   /* whose datagrams are being received */
	struct ip last_from; /* they come in runs */
	int last_owner;
	pthread_mutex_t lock;	/* of: */
	struct senders unknown; /* written by the lane, a few times a second read for the status */
};

struct receive {
	unsigned threads, n_lanes;
	int timer_fd;
	_Atomic bool asleep; /* the caller waits for a first datagram */
	_Atomic int broken;  /* negative errno of a thread's socket */
	struct map *allowed; /* NULL: everybody */
	uint64_t seed;
	uint64_t handed, out_of_order;
	int64_t newest_us; /* of those handed on */
	_Atomic uint64_t dropped[RING_OWNERS];
	struct lane lanes[RECEIVE_THREADS_MAX];
};

unsigned receive_threads(unsigned cores)
{
	unsigned half = cores / 2;

	return half < RECEIVE_THREADS_MAX ? half : RECEIVE_THREADS_MAX;
}

static bool lane_open(struct lane *l, struct receive *r)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = NULL};

	l->receive = r;
	l->last_owner = NOBODY;
	pthread_mutex_init(&l->lock, NULL);
	l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	l->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	l->batch = listen_batch_new();
	l->ring = r->threads ? ring_new() : NULL;
	return l->epoll_fd >= 0 && l->stop_fd >= 0 && l->batch && (l->ring || !r->threads) &&
	       epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, l->stop_fd, &ev) == 0;
}

static void lane_close(struct lane *l)
{
	ring_free(l->ring);
	listen_batch_free(l->batch);
	pthread_mutex_destroy(&l->lock);
	close_fd(&l->epoll_fd);
	close_fd(&l->stop_fd);
}

int receive_new(unsigned threads, struct receive **out)
{
	struct receive *r = calloc(1, sizeof(*r));
	bool good = r != NULL;

	if (!r)
		return -ENOMEM;
	r->threads = threads < RECEIVE_THREADS_MAX ? threads : RECEIVE_THREADS_MAX;
	r->newest_us = TIME_NONE;
	r->asleep = true;
	r->seed = hash_seed();
	r->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	while (good && r->n_lanes < (r->threads ? r->threads : 1))
		good = lane_open(&r->lanes[r->n_lanes++], r);
	if (!good || r->timer_fd < 0) {
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
	close_fd(&r->timer_fd);
	map_free(r->allowed);
	free(r);
	return NULL;
}

int receive_fd(const struct receive *r)
{
	return r->threads ? r->timer_fd : r->lanes[0].epoll_fd;
}

static struct place *find_place(struct lane *l, const struct listener *listener, unsigned socket)
{
	for (unsigned i = 0; i < ARRAY_LEN(l->places); i++)
		if (l->places[i].listener == listener &&
		    (!listener || l->places[i].socket == socket))
			return &l->places[i];
	return NULL;
}

/* The sockets of a listener go to the lanes in turn. */
static struct lane *lane_of(struct receive *r, unsigned socket)
{
	return &r->lanes[socket % r->n_lanes];
}

static int place_socket(struct lane *lane, struct listener *l, unsigned socket)
{
	struct place *p = find_place(lane, NULL, 0);
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = p};

	if (!p)
		return -ENOSPC;
	if (epoll_ctl(lane->epoll_fd, EPOLL_CTL_ADD, listener_fd(l, socket), &ev) < 0)
		return -errno;
	*p = (struct place){.listener = l, .socket = socket, .lane = lane};
	return 0;
}

int receive_add(struct receive *r, struct listener *l)
{
	int error = 0;

	for (unsigned i = 0; error == 0 && i < listener_sockets(l); i++)
		error = place_socket(lane_of(r, i), l, i);
	if (error)
		receive_remove(r, l);
	return error;
}

void receive_remove(struct receive *r, const struct listener *l)
{
	for (unsigned i = 0; i < listener_sockets(l); i++) {
		struct lane *lane = lane_of(r, i);
		struct place *p = find_place(lane, l, i);

		if (!p)
			continue;
		epoll_ctl(lane->epoll_fd, EPOLL_CTL_DEL, listener_fd(l, i), NULL);
		p->listener = NULL;
	}
}

void receive_allow(struct receive *r, struct map *allowed)
{
	map_free(r->allowed);
	r->allowed = allowed;
	for (unsigned i = 0; i < r->n_lanes; i++) {
		r->lanes[i].last_from = (struct ip){0};
		r->lanes[i].last_owner = NOBODY;
	}
}

/* The account of a sender, or NOBODY when it is not allowed. */
static int owner_of(struct lane *l, const struct ip *from)
{
	const struct receive *r = l->receive;
	const uint16_t *owner;

	if (!r->allowed)
		return (int)(hash_bytes(from, sizeof(*from), r->seed) % RING_OWNERS);
	if (l->last_owner != NOBODY && ip_equal(&l->last_from, from))
		return l->last_owner;
	owner = map_get(r->allowed, from);
	if (!owner)
		return NOBODY;
	l->last_from = *from;
	return l->last_owner = *owner % RING_OWNERS;
}

static void count_unknown(struct lane *l, const struct datagram *d)
{
	atomic_fetch_add_explicit(&l->now->unknown, 1, memory_order_relaxed);
	pthread_mutex_lock(&l->lock);
	senders_count(&l->unknown, &d->from, d->len, d->recv_us);
	pthread_mutex_unlock(&l->lock);
}

static void set_clock(struct receive *r, int64_t us)
{
	struct itimerspec in = {.it_value.tv_nsec = us * 1000};

	timerfd_settime(r->timer_fd, 0, &in, NULL);
}

/*
 * The writer publishes, then asks whether the reader sleeps; the reader says that it sleeps, then
 * looks whether something is published. All four in one order (seq_cst), so that never both miss.
 */
static void publish(struct lane *l)
{
	if (ring_publish(l->ring) && atomic_load(&l->receive->asleep) &&
	    atomic_exchange(&l->receive->asleep, false))
		set_clock(l->receive, TURN_US);
}

static void nap(void)
{
	struct timespec t = {.tv_nsec = NAP_US * 1000};

	nanosleep(&t, NULL);
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
	int owner = owner_of(l, &d->from);

	if (owner == NOBODY) {
		count_unknown(l, d);
		return 0;
	}
	e.owner = (uint16_t)owner;
	while (!ring_put(l->ring, &e, d->data)) {
		if (!may_wait(l)) {
			atomic_fetch_add_explicit(&l->now->ring_drops, 1, memory_order_relaxed);
			atomic_fetch_add_explicit(&l->receive->dropped[owner], 1,
						  memory_order_relaxed);
			return 0;
		}
		publish(l);
		nap();
	}
	return 0;
}

/* Return: how many datagrams were found, or a negative errno of a socket. */
static int look(struct lane *l, int timeout_ms, datagram_fn fn, void *userdata)
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
		int found = look(l, -1, put_in_ring, l);

		publish(l);
		if (found < 0) {
			atomic_store(&l->receive->broken, found);
			set_clock(l->receive, 1);
			break;
		}
		if (found < NAP_LESS)
			nap();
	}
	return NULL;
}

static int lane_start(struct lane *l)
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

int receive_go(struct receive *r)
{
	int error = 0;

	for (unsigned i = 0; error == 0 && i < r->threads; i++)
		error = lane_start(&r->lanes[i]);
	return error;
}

void receive_hold(struct receive *r)
{
	uint64_t one = 1;

	for (unsigned i = 0; i < r->threads; i++) {
		atomic_store(&r->lanes[i].stop, true);
		while (write(r->lanes[i].stop_fd, &one, sizeof(one)) < 0 && errno == EINTR)
			;
	}
	for (unsigned i = 0; i < r->threads; i++) {
		if (r->lanes[i].running)
			pthread_join(r->lanes[i].thread, NULL);
		r->lanes[i].running = false;
	}
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
	int64_t now_us = clock_real_us();
	const struct ring_entry *e;
	unsigned n = 0;
	int error = 0;

	while (error == 0 && n < most) {
		struct lane *l = oldest(r, &e);

		if (!l || (!all && must_wait(r, e, now_us)))
			break;
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
		set_clock(r, 1); /* let ticks and signals have their turn */
	} else if (taken || anything(r)) {
		set_clock(r, TURN_US);
	} else {
		atomic_store(&r->asleep, true);
		if (anything(r) && atomic_exchange(&r->asleep, false))
			set_clock(r, TURN_US);
	}
}

struct direct {
	struct receive *r;
	datagram_fn fn;
	void *userdata;
};

static int hand_on_directly(void *userdata, const struct datagram *d)
{
	const struct direct *to = userdata;
	struct lane *l = &to->r->lanes[0];

	if (owner_of(l, &d->from) == NOBODY) {
		count_unknown(l, d);
		return 0;
	}
	to->r->handed++;
	return to->fn(to->userdata, d);
}

int receive_dispatch(struct receive *r, datagram_fn fn, void *userdata)
{
	struct direct direct = {r, fn, userdata};
	uint64_t expirations;
	int n;

	if (!r->threads) {
		n = look(&r->lanes[0], 0, hand_on_directly, &direct);
		return n < 0 ? n : 0;
	}
	if (read(r->timer_fd, &expirations, sizeof(expirations)) < 0)
		return 0;
	n = take(r, TURN_MAX, false, fn, userdata);
	if (n < 0)
		return n;
	sleep_or_go_on(r, n);
	return atomic_load(&r->broken);
}

int receive_rest(struct receive *r, datagram_fn fn, void *userdata)
{
	int n = r->threads ? take(r, UINT32_MAX, true, fn, userdata) : 0;

	return n < 0 ? n : 0;
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
	const struct place *p = find_place(lane_of(r, socket), l, socket);

	*out = (struct receive_socket_stats){0};
	listener_stats(l, socket, &out->kernel);
	if (p) {
		out->unknown = p->unknown;
		out->ring_drops = p->ring_drops;
	}
}

uint64_t receive_dropped(const struct receive *r, uint16_t owner)
{
	return r->dropped[owner % RING_OWNERS];
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
