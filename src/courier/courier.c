/* SPDX-License-Identifier: ISC */
/*
 * One loop, one look each second and at once when somebody rings: what changed is told to the duty,
 * what the duty gives is committed, what is due is handed over. Each part may fail without the
 * others: a watch that cannot be read is a fault to be paged, a desk that cannot be written is
 * another, and both are paged from memory if need be.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "courier/courier_inside.h"

#define LOOK_US	    US_PER_S
#define MEASURES_US (86400 * US_PER_S)

/* ---- one look ---- */

static int tell_incidents(struct courier *c, int64_t now_us)
{
	int r = c->watch ? feed_incidents(c->feed, c->watch, c->duty, now_us) : 0;

	if (c->watch && r >= 0)
		courier_note_watch(c, r);
	return r < 0 ? r : 0;
}

static int tell_acts(struct courier *c, int64_t now_us)
{
	uint64_t taken = 0;
	int r;

	if (!c->desk)
		return 0;
	r = feed_acts(c->feed, c->desk, c->duty, now_us, &taken);
	if (taken > c->taken) {
		ledger_taken(c->ledger, taken);
		c->taken = taken;
	}
	if (r > 0)
		log_error("acts-unread", "dir=\"%s\" reason=\"%s\"", c->dir,
			  desk_db_answer(r, "en"));
	return r < 0 ? r : 0;
}

/* What stands against an attack, and what ended within a day. */
static int tell_measures(struct courier *c, int64_t now_us)
{
	struct duty_measures all;
	int r;

	if (!c->desk)
		return 0;
	r = duty_measure_list_read(&c->measures, c->desk, now_us - MEASURES_US);
	if (r < 0)
		return r;
	if (r > 0) {
		log_error("measures-unread", "dir=\"%s\" reason=\"%s\"", c->dir,
			  desk_db_answer(r, "en"));
		return 0;
	}
	if (c->measures.forged != c->forged)
		log_error("measures-forged", "dir=\"%s\" rows=%u", c->dir, c->measures.forged);
	c->forged = c->measures.forged;
	all = duty_measure_list_all(&c->measures);
	return duty_measures(c->duty, &all);
}

static bool urgent(void *userdata, const char *alarm)
{
	const struct courier *c = userdata;
	const struct alarm *a = duty_alarm(c->duty, alarm);

	return a && a->kind == ALARM_FAULT && trouble_of_store(a->ref);
}

/* Return: could it be written? Or a negative errno. */
static int commit(struct courier *c)
{
	int r;

	if (!ledger_waits(c->ledger))
		return c->desk != NULL;
	r = c->desk ? ledger_commit(c->ledger, c->desk, c->memory) : STORE_FAILING;
	if (r == 0 || r == -ENOMEM)
		return r ? r : 1;
	if (!c->failing)
		log_error("desk-unwritten", "dir=\"%s\" reason=\"%s\"", c->dir,
			  desk_db_answer(r, "en"));
	r = ledger_offer(c->ledger, c->memory, c->drill, urgent, c, clock_mono_us());
	return r < 0 ? r : 0;
}

/* What the duty gives is committed; that this fails is itself something to tell the duty. */
static int take_and_commit(struct courier *c, int64_t now_us)
{
	int r = 0, good = 1;

	for (int turn = 0; r == 0 && turn < 2; turn++) {
		r = ledger_take(c->ledger, c->duty, now_us, c->o->json);
		good = r ? r : commit(c);
		r = good < 0 ? good : 0;
		if (r == 0)
			r = trouble_store(c->trouble, c->duty, good && !c->failing, c->dir, now_us);
		if (good)
			break;
	}
	return r;
}

int courier_hand_over(struct courier *c)
{
	struct outbox_counts counts = {.stuck = !c->desk};
	int r = c->outbox ? outbox_look(c->outbox, &c->conf->duty, steady_us()) : 0;

	memory_go(c->memory, &c->conf->duty, clock_mono_us());
	if (c->outbox)
		outbox_counts(c->outbox, &counts);
	c->failing = counts.stuck;
	return r ? r : c->fatal;
}

static int open_again(struct courier *c, int64_t now_us)
{
	int r;

	if (c->desk || clock_mono_us() < c->desk_again_us)
		return 0;
	r = courier_open_desk(c, now_us);
	if (r > 0 && r != COURIER_LATER)
		log_error("desk-unopened", "dir=\"%s\" reason=\"%s\"", c->dir,
			  desk_db_answer(r, "en"));
	if (r)
		c->desk_again_us = clock_mono_us() + OPEN_AGAIN_US;
	return r == -ENOMEM ? r : 0;
}

/* Of heightened watches that are over; they go out at the next look. */
static int tell_reports(struct courier *c, int64_t now_us)
{
	return reports_look(c->reports, &(struct reports_sources){.conf = c->conf,
								  .calendar = c->calendar,
								  .desk = c->desk,
								  .watch = c->watch,
								  .drill = c->drill,
								  .now_us = now_us});
}

int courier_look(struct courier *c)
{
	int64_t now_us = steady_us();
	int r = open_again(c, now_us);

	courier_open_watch(c);
	r = r ? r : courier_see(c);
	r = r ? r : tell_acts(c, now_us);
	r = r ? r : tell_measures(c, now_us);
	r = r ? r : tell_incidents(c, now_us);
	r = r ? r : duty_clock(c->duty, now_us);
	r = r ? r : take_and_commit(c, now_us);
	r = r ? r : courier_hand_over(c);
	r = r ? r : tell_reports(c, now_us);
	return r ? r : cases_look(c->cases, c->desk, c->watch, c->conf, c->calendar, now_us);
}

bool courier_reap(struct courier *c)
{
	bool results = false;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (memory_reaped(c->memory, pid, status, clock_mono_us()))
			continue;
		/* One that could not begin left nothing: it has its turn at the next look, or one
		 * that fails at once would be tried without end. */
		if (c->outbox && outbox_reaped(c->outbox, pid))
			results |= WIFEXITED(status) && WEXITSTATUS(status) == 0;
	}
	return results;
}

/* ---- the role ---- */

static int on_tick(void *userdata, uint64_t ticks)
{
	struct courier *c = userdata;

	if (c->until_us && clock_mono_us() >= c->until_us) {
		loop_stop(c->loop);
		return 0;
	}
	return courier_look(c);
}

static int on_door(void *userdata, int fd, uint32_t events)
{
	struct courier *c = userdata;

	door_answer(c->door);
	return courier_look(c);
}

static void reload(struct courier *c)
{
	_cleanup_text_ struct text why = TEXT_NULL;

	if (courier_conf(c, &why) == COURIER_GOOD && courier_open_heartbeat(c) == 0)
		log_info("reloaded", "file=\"%s\"", c->o->conf_path);
	else
		log_error("reload-refused", "advice=\"nothing has changed\" first=\"%.*s\"",
			  (int)strcspn(text_str(&why), "\n"), text_str(&why));
}

static int on_signal(void *userdata, int signo)
{
	struct courier *c = userdata;

	switch (signo) {
	case SIGCHLD:
		return courier_reap(c) ? courier_hand_over(c) : 0;
	case SIGHUP:
		reload(c);
		return 0;
	default:
		loop_stop(c->loop);
		return 0;
	}
}

static int open_loop(struct courier *c)
{
	static const int signals[] = {SIGCHLD, SIGHUP, SIGTERM, SIGINT};
	int r = 0;

	c->loop = loop_new();
	if (!c->loop)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(signals); i++)
		r = loop_add_signal(c->loop, signals[i], on_signal, c);
	return r ? r : loop_add_timer(c->loop, LOOK_US, on_tick, c);
}

/* Without it a command is seen a second later. */
static int open_door(struct courier *c)
{
	int r = door_open(c->dir, &c->door);

	if (r == 0)
		r = loop_add_fd(c->loop, door_fd(c->door), EPOLLIN, on_door, c);
	if (r < 0 && r != -ENOMEM)
		log_warn("no-door", "dir=\"%s\" reason=\"%s\"", c->dir, strerror(-r));
	return r == -ENOMEM ? r : 0;
}

static int open_lock(struct courier *c, struct text *why)
{
	c->lock = courier_lock(c->dir);
	if (c->lock >= 0)
		return 0;
	if (c->lock == -EWOULDBLOCK)
		text_printf(why, "%s: another courier runs on this store\n", c->dir);
	else
		text_printf(why, "%s: %s\n", c->dir, strerror(-c->lock));
	return COURIER_STORE;
}

static int open_dir(struct courier *c, struct text *why)
{
	const char *dir = c->o->db ? c->o->db : c->conf->db;

	if ((size_t)snprintf(c->dir, sizeof(c->dir), "%s", dir) >= sizeof(c->dir) || !*c->dir) {
		text_add(why, "which store? say --db DIR, or a configuration that names one\n");
		return COURIER_STORE;
	}
	return open_lock(c, why);
}

static int open_desk(struct courier *c, struct text *why)
{
	int r;

	courier_open_watch(c);
	r = courier_open_desk(c, steady_us());
	if (r == 0 || r == COURIER_LATER)
		return 0;
	if (r == -EPERM)
		text_printf(why, "%s: others may write to the spool (mode 0700 is wanted)\n",
			    c->dir);
	else
		text_printf(why, "%s: %s\n", c->dir, desk_db_answer(r, "en"));
	return r == -ENOMEM ? r : COURIER_STORE;
}

static int open_all(struct courier *c, struct text *why)
{
	int r = courier_conf(c, why);

	steady_begin();
	r = r ? r : open_dir(c, why);
	if (r)
		return r;
	c->memory = memory_new();
	c->trouble = trouble_new();
	c->sight = sight_new();
	c->cases = cases_new();
	c->reports = reports_new();
	if (!c->memory || !c->trouble || !c->sight || !c->cases || !c->reports)
		return -ENOMEM;
	r = open_desk(c, why);
	r = r ? r : open_loop(c);
	r = r ? r : open_door(c);
	return r ? r : courier_open_heartbeat(c);
}

struct courier *courier_close(struct courier *c)
{
	if (!c)
		return NULL;
	/* What the last look gave is on disk; carriers end by themselves, and the next courier
	 * takes in what they leave. */
	door_close(c->door);
	heartbeat_close(c->heartbeat);
	outbox_free(c->outbox);
	ledger_free(c->ledger);
	feed_free(c->feed);
	duty_measure_list_deinit(&c->measures);
	duty_free(c->duty);
	memory_free(c->memory);
	trouble_free(c->trouble);
	sight_free(c->sight);
	cases_free(c->cases);
	reports_free(c->reports);
	desk_db_close(c->desk);
	store_close(c->watch);
	loop_free(c->loop);
	calendar_free(c->calendar);
	if (c->conf)
		conf_unref(c->conf);
	if (c->lock >= 0)
		close(c->lock);
	free(c);
	return NULL;
}

int courier_open(const struct courier_options *o, struct courier **out, struct text *why)
{
	struct courier *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	c->o = o;
	c->lock = -1;
	r = open_all(c, why);
	if (r)
		courier_close(c);
	else
		*out = c;
	return r;
}

int courier_run(struct courier *c)
{
	int r;

	if (c->o->for_s)
		c->until_us = clock_mono_us() + (int64_t)c->o->for_s * US_PER_S;
	r = courier_look(c);
	return r ? r : loop_run(c->loop);
}
