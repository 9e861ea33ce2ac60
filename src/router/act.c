/* SPDX-License-Identifier: ISC */
/*
 * One loop: requests at the door, acknowledgements of routers, changes of watch.db, and a clock
 * that looks ten times a second whether a measure has to be looked at. What a handler does is
 * bounded; everything that counts is on disk before it is done.
 */
#include "router/act.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/log.h"
#include "router/act_inside.h"

#define HURRY_NS 5000000L
#define HURRIES	 20

static int look(struct act *a)
{
	int64_t mono_us = clock_mono_us();
	int r;

	if (!a->watch_changed && mono_us < a->look_us)
		return 0;
	a->watch_changed = false;
	a->look_us = mono_us + ACT_LOOK_US;
	act_open_watch(a);
	r = act_look(a);
	a->wake_us = 0;
	return r;
}

static int turn(struct act *a)
{
	int r = look(a);

	if (r == 0 && clock_real_us() >= a->wake_us)
		r = act_sync(a);
	return r ? r : a->fatal;
}

static int on_tick(void *userdata, uint64_t ticks)
{
	struct act *a = userdata;

	if (a->until_us && clock_mono_us() >= a->until_us) {
		loop_stop(a->loop);
		return 0;
	}
	act_door_tick(a);
	act_hooks_tick(a);
	act_forged_tick(a);
	act_head_tick(a);
	act_metrics_tick(a);
	act_effect_tick(a);
	act_probe_tick(a);
	return turn(a);
}

/* The news of a write comes before what was written can be read: it is looked for a few times. */
static int on_hurry(void *userdata, int fd, uint32_t events)
{
	struct act *a = userdata;
	const struct itimerspec off = {.it_value = {0, 0}};
	uint64_t ticks;

	if (read(fd, &ticks, sizeof(ticks)) != sizeof(ticks))
		return 0;
	if (a->hurries)
		a->hurries--;
	if (!a->hurries)
		timerfd_settime(fd, 0, &off, NULL);
	a->watch_changed = true;
	return turn(a);
}

static void hurry(struct act *a)
{
	const struct timespec each = {0, HURRY_NS};
	const struct itimerspec on = {.it_interval = each, .it_value = each};

	if (!a->hurries)
		timerfd_settime(a->hurry, 0, &on, NULL);
	a->hurries = HURRIES;
}

/* The watch wrote: an incident may have opened. Only names count, so a lost event costs a second.
 */
static int on_notify(void *userdata, int fd, uint32_t events)
{
	struct act *a = userdata;
	_Alignas(struct inotify_event) char buf[8192];
	ssize_t n = read(fd, buf, sizeof(buf));

	for (ssize_t at = 0; at + (ssize_t)sizeof(struct inotify_event) <= n;) {
		const struct inotify_event *e = (const void *)(buf + at);

		if (e->len && strncmp(e->name, "watch.db", 8) == 0)
			hurry(a);
		at += (ssize_t)sizeof(*e) + e->len;
	}
	return 0;
}

static int reload(struct act *a)
{
	_cleanup_text_ struct text why = TEXT_NULL;
	int r;

	text_clear(&a->not_reloaded);
	text_clear(&a->not_reloaded_ja);
	r = act_conf(a, &why);
	if (r < 0)
		return r;
	if (r != ACT_GOOD) {
		text_add_n(&a->not_reloaded, text_str(&why), strcspn(text_str(&why), "\n"));
		log_error("reload-refused", "advice=\"nothing has changed\" first=\"%.*s\"",
			  (int)strcspn(text_str(&why), "\n"), text_str(&why));
		return 0;
	}
	log_info("reloaded", "file=\"%s\"", a->o->conf_path);
	act_probe_stop(a, "the configuration was read anew", "設定が読み直された");
	a->wake_us = 0;
	r = act_open_routers(a);
	return r ? r : act_sync(a);
}

static int on_signal(void *userdata, int signo)
{
	struct act *a = userdata;

	switch (signo) {
	case SIGCHLD:
		act_hooks_reap(a);
		return 0;
	case SIGHUP:
		return reload(a);
	default:
		loop_stop(a->loop);
		return 0;
	}
}

/* ---- opening ---- */

static int open_loop(struct act *a)
{
	static const int signals[] = {SIGCHLD, SIGHUP, SIGTERM, SIGINT};
	int r = 0;

	a->loop = loop_new();
	if (!a->loop)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(signals); i++)
		r = loop_add_signal(a->loop, signals[i], on_signal, a);
	return r ? r : loop_add_timer(a->loop, ACT_TICK_US, on_tick, a);
}

/* Without it an incident is seen up to a second later. */
static int open_notify(struct act *a)
{
	int r;

	a->hurry = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	a->notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (a->hurry < 0 || a->notify < 0 ||
	    inotify_add_watch(a->notify, a->dir, IN_MODIFY | IN_CREATE | IN_MOVED_TO) < 0) {
		log_warn("no-notify", "dir=\"%s\" reason=\"%s\"", a->dir, strerror(errno));
		return 0;
	}
	r = loop_add_fd(a->loop, a->hurry, EPOLLIN, on_hurry, a);
	return r ? r : loop_add_fd(a->loop, a->notify, EPOLLIN, on_notify, a);
}

static int open_dir(struct act *a, struct text *why)
{
	const char *dir = a->conf->db;

	if ((size_t)snprintf(a->dir, sizeof(a->dir), "%s", dir) >= sizeof(a->dir) || !*a->dir) {
		text_add(why, "which store? say --db DIR, or a configuration that names one\n");
		return ACT_STORE;
	}
	a->lock = act_lock(a->dir);
	if (a->lock >= 0)
		return 0;
	if (a->lock == -EWOULDBLOCK)
		text_printf(why, "%s: another act runs on this store\n", a->dir);
	else
		text_printf(why, "%s: %s\n", a->dir, strerror(-a->lock));
	return ACT_STORE;
}

static int open_all(struct act *a, struct text *why)
{
	int r = act_conf(a, why);

	r = r ? r : open_dir(a, why);
	if (r)
		return r;
	r = act_new_tables(a);
	r = r ? r : act_open_desk(a, why);
	r = r ? r : open_loop(a);
	r = r ? r : open_notify(a);
	r = r ? r : act_open_routers(a);
	if (r == 0 && act_open_door(a)) {
		text_printf(why, "%s: the socket cannot be opened\n", a->socket);
		return ACT_STORE;
	}
	return r;
}

struct act *act_close(struct act *a)
{
	if (!a)
		return NULL;
	/* What stands is left as it is: the relay and the kernel know its end. */
	act_close_door(a);
	act_close_routers(a);
	act_hooks_free(a->hooks);
	for (size_t i = 0; i < a->n; i++)
		free(a->list[i]);
	free(a->list);
	map_free(a->incidents);
	map_free(a->told_refusals);
	map_free(a->forged);
	map_free(a->spent);
	json_decref(a->offline_reply);
	desk_db_close(a->desk);
	store_close(a->watch);
	loop_free(a->loop);
	if (a->notify >= 0)
		close(a->notify);
	if (a->hurry >= 0)
		close(a->hurry);
	law_free(a->law);
	text_deinit(&a->law_why);
	text_deinit(&a->not_reloaded);
	text_deinit(&a->not_reloaded_ja);
	if (a->conf)
		conf_unref(a->conf);
	if (a->lock >= 0)
		close(a->lock);
	free(a);
	return NULL;
}

int act_open(const struct act_options *o, struct act **out, struct text *why)
{
	struct act *a = calloc(1, sizeof(*a));
	int r;

	if (!a)
		return -ENOMEM;
	a->o = o;
	a->lock = a->notify = a->hurry = a->door = -1;
	r = open_all(a, why);
	if (r)
		act_close(a);
	else
		*out = a;
	return r;
}

int act_run(struct act *a)
{
	int r;

	if (a->o->for_s)
		a->until_us = clock_mono_us() + (int64_t)a->o->for_s * US_PER_S;
	a->watch_changed = true;
	r = turn(a);
	return r ? r : loop_run(a->loop);
}
