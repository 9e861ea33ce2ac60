/* SPDX-License-Identifier: ISC */
/* The courier's look at the watch, what it makes of it, and the sign of life behind it. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "courier/courier_inside.h"

#define FOLLOW_US  (900 * US_PER_S)
#define SETTLED_US (30 * US_PER_S)
#define FAULTS_MAX 4096 /* that a beat carries; the rest is counted by the alarms */

struct gathered {
	struct fault *list;
	size_t n;
};

static int tell(void *userdata, const struct fault *f)
{
	struct courier *c = userdata;

	return duty_fault(c->duty, f, steady_us());
}

int courier_faults_again(struct courier *c)
{
	return sight_each(c->sight, tell, c);
}

static int gather(void *userdata, const struct fault *f)
{
	struct gathered *g = userdata;

	if (g->n < FAULTS_MAX)
		g->list[g->n++] = *f;
	return 0;
}

static int count(void *userdata, const struct alarm *a)
{
	((uint64_t *)userdata)[a->state]++;
	return 0;
}

static int beat(struct courier *c, const struct look *look)
{
	struct gathered g = {.list = calloc(FAULTS_MAX, sizeof(*g.list))};
	struct beat b = {.now_us = look->look.now_us,
			 .drill = c->drill,
			 .watch_up = sight_watch_up(c->sight),
			 .age_us = sight_age_us(c->sight),
			 .status = look->status,
			 .faults = g.list};
	int r;

	if (!g.list)
		return -ENOMEM;
	sight_each(c->sight, gather, &g);
	trouble_each(c->trouble, gather, &g);
	duty_each(c->duty, count, b.alarms);
	b.n_faults = g.n;
	r = heartbeat_beat(c->heartbeat, &b);
	free(g.list);
	return r < 0 ? r : 0;
}

/*
 * A wall clock that was stepped is not believed by itself: by it alone every snooze would be over,
 * every silence too long, and another shift on call. It is followed when the watch, which has the
 * exporters to compare with, says that its own clock and the wall clock agree; where no watch runs,
 * when nobody has put it back in FOLLOW_US.
 */
static void follow_clock(struct courier *c, const json_t *status)
{
	const json_t *ahead = json_object_get(json_object_get(status, "clock"), "ahead_s");
	struct steady_stats clock;
	struct steady_look look;
	bool agreed;

	steady_look(&look);
	steady_stats(&clock);
	if (!clock.ahead_us)
		return;
	agreed = sight_watch_up(c->sight) && json_is_number(ahead)
			 ? fabs(json_number_value(ahead)) * US_PER_S < STEADY_FOLLOW_US
			 : clock_mono_us() - clock.step_mono_us >= FOLLOW_US;
	/* A watch's status may be older than the step. */
	if (agreed && clock_mono_us() - clock.step_mono_us >= SETTLED_US)
		log_warn("clock-followed", "ahead_s=%.1f", (double)steady_follow() / US_PER_S);
}

int courier_see(struct courier *c)
{
	struct look look;
	int r;

	if (clock_mono_us() < c->see_us)
		return 0;
	c->see_us = clock_mono_us() + SEE_US;
	r = look_take(c->watch, c->dir, c->conf->duty.sight.late_s, &look);
	r = r ? r : sight_status(c->sight, &look.look, &c->conf->duty.sight, tell, c);
	/* Whoever is paged later reads the figures of then. */
	r = r ? r : courier_faults_again(c);
	if (r == 0)
		follow_clock(c, look.status);
	if (r == 0 && c->heartbeat)
		r = beat(c, &look);
	look_deinit(&look);
	return r;
}

/* A heartbeat that cannot begin is said, and the courier goes on without. */
int courier_open_heartbeat(struct courier *c)
{
	const struct conf_heartbeat *h = &c->conf->duty.heartbeat;
	_cleanup_text_ struct text why = TEXT_NULL;
	int r;

	if (c->heartbeat && memcmp(h, &c->heartbeat_conf, sizeof(*h)) == 0)
		return 0;
	c->heartbeat = heartbeat_close(c->heartbeat);
	c->heartbeat_conf = *h;
	r = heartbeat_open(h, &c->heartbeat, &why);
	if (r == -ENOMEM)
		return r;
	if (r)
		log_error("no-heartbeat", "reason=\"%s\"", text_str(&why));
	return 0;
}
