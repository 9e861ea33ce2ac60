/* SPDX-License-Identifier: ISC */
/*
 * The event loop of the live roles: epoll over file descriptors, timers by timerfd, signals by
 * signalfd. A handler does bounded work and returns; level-triggered, so what it leaves comes
 * again.
 */
#pragma once

#include <stdint.h>

struct loop;
struct loop_source;

/** Handlers return 0, or a negative error that ends loop_run(). @events: EPOLLIN and kin. */
typedef int (*loop_fd_fn)(void *userdata, int fd, uint32_t events);
typedef int (*loop_timer_fn)(void *userdata, uint64_t ticks);
typedef int (*loop_signal_fn)(void *userdata, int signo);

struct loop *loop_new(void);
struct loop *loop_free(struct loop *l);

/** loop_add_fd() - watch @fd, which stays the caller's. Return: 0 or negative errno. */
int loop_add_fd(struct loop *l, int fd, uint32_t events, loop_fd_fn fn, void *userdata);

/** loop_remove_fd() - stop watching; no error when it was not watched. */
void loop_remove_fd(struct loop *l, int fd);

/** loop_add_timer() - call @fn each @period_us on the monotonic clock. */
int loop_add_timer(struct loop *l, int64_t period_us, loop_timer_fn fn, void *userdata);

/** loop_add_signal() - block @signo for the process and deliver it through the loop. */
int loop_add_signal(struct loop *l, int signo, loop_signal_fn fn, void *userdata);

/** loop_run() - until loop_stop() or a handler's error. Return: 0 or that error. */
int loop_run(struct loop *l);
void loop_stop(struct loop *l);
