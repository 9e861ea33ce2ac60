/* SPDX-License-Identifier: ISC */
#include "base/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"

enum source_kind { SOURCE_FD, SOURCE_TIMER, SOURCE_SIGNAL };

struct loop_source {
	struct loop_source *next;
	enum source_kind kind;
	int fd;
	bool gone; /* removed while events of this turn may still name it */
	void *userdata;
	union {
		loop_fd_fn on_fd;
		loop_timer_fn on_timer;
		loop_signal_fn on_signal;
	};
};

struct loop {
	int epoll_fd;
	bool stop;
	struct loop_source *sources;
};

#define EVENTS_PER_TURN 32

struct loop *loop_new(void)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	return l->epoll_fd >= 0 ? l : loop_free(l);
}

static void source_free(struct loop_source *s)
{
	if (s->kind != SOURCE_FD && s->fd >= 0)
		close(s->fd);
	free(s);
}

struct loop *loop_free(struct loop *l)
{
	if (!l)
		return NULL;
	while (l->sources) {
		struct loop_source *s = l->sources;

		l->sources = s->next;
		source_free(s);
	}
	if (l->epoll_fd >= 0)
		close(l->epoll_fd);
	free(l);
	return NULL;
}

/* Takes @s; frees it (and its own descriptor) on failure. */
static int attach(struct loop *l, struct loop_source *s, uint32_t events)
{
	struct epoll_event ev = {.events = events, .data.ptr = s};

	if (epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, s->fd, &ev) < 0) {
		int r = -errno;

		source_free(s);
		return r;
	}
	s->next = l->sources;
	l->sources = s;
	return 0;
}

static struct loop_source *source_new(enum source_kind kind, int fd, void *userdata)
{
	struct loop_source *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->kind = kind;
	s->fd = fd;
	s->userdata = userdata;
	return s;
}

int loop_add_fd(struct loop *l, int fd, uint32_t events, loop_fd_fn fn, void *userdata)
{
	struct loop_source *s = source_new(SOURCE_FD, fd, userdata);

	if (!s)
		return -ENOMEM;
	s->on_fd = fn;
	return attach(l, s, events);
}

void loop_remove_fd(struct loop *l, int fd)
{
	for (struct loop_source *s = l->sources; s; s = s->next) {
		if (s->kind != SOURCE_FD || s->fd != fd || s->gone)
			continue;
		epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
		s->gone = true;
	}
}

int loop_add_timer(struct loop *l, int64_t period_us, loop_timer_fn fn, void *userdata)
{
	struct timespec t = {period_us / US_PER_S, period_us % US_PER_S * 1000};
	struct itimerspec spec = {.it_interval = t, .it_value = t};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	struct loop_source *s;

	if (fd < 0)
		return -errno;
	s = source_new(SOURCE_TIMER, fd, userdata);
	if (!s) {
		close(fd);
		return -ENOMEM;
	}
	s->on_timer = fn;
	if (timerfd_settime(fd, 0, &spec, NULL) < 0) {
		int r = -errno;

		source_free(s);
		return r;
	}
	return attach(l, s, EPOLLIN);
}

int loop_add_signal(struct loop *l, int signo, loop_signal_fn fn, void *userdata)
{
	struct loop_source *s;
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, signo);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	s = source_new(SOURCE_SIGNAL, fd, userdata);
	if (!s) {
		close(fd);
		return -ENOMEM;
	}
	s->on_signal = fn;
	return attach(l, s, EPOLLIN);
}

static int deliver(struct loop_source *s, uint32_t events)
{
	struct signalfd_siginfo info;
	uint64_t ticks;

	if (s->gone)
		return 0;
	switch (s->kind) {
	case SOURCE_FD:
		return s->on_fd(s->userdata, s->fd, events);
	case SOURCE_TIMER:
		if (read(s->fd, &ticks, sizeof(ticks)) != sizeof(ticks))
			return 0;
		return s->on_timer(s->userdata, ticks);
	case SOURCE_SIGNAL:
		if (read(s->fd, &info, sizeof(info)) != sizeof(info))
			return 0;
		return s->on_signal(s->userdata, (int)info.ssi_signo);
	}
	return 0;
}

static void sweep_gone(struct loop *l)
{
	for (struct loop_source **at = &l->sources; *at;) {
		struct loop_source *s = *at;

		if (!s->gone) {
			at = &s->next;
			continue;
		}
		*at = s->next;
		source_free(s);
	}
}

int loop_run(struct loop *l)
{
	struct epoll_event ev[EVENTS_PER_TURN];

	l->stop = false;
	while (!l->stop) {
		int n = epoll_wait(l->epoll_fd, ev, EVENTS_PER_TURN, -1);

		if (n < 0 && errno != EINTR)
			return -errno;
		for (int i = 0; i < n; i++) {
			int r = deliver(ev[i].data.ptr, ev[i].events);

			if (r < 0)
				return r;
		}
		sweep_gone(l);
	}
	return 0;
}

void loop_stop(struct loop *l)
{
	l->stop = true;
}
