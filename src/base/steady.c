/* SPDX-License-Identifier: ISC */
#include "base/steady.h"

#include <pthread.h>
#include <stdatomic.h>

#define STEP_LEAST_US (100 * US_PER_MS)
#define TIGHT_US      US_PER_MS /* two clocks were read at one moment */
#define TRIES	      8
#define YOUNG_US      (10 * US_PER_S) /* a stamp of this age or less is taken as it stands */
#define SLACK_US      US_PER_S	      /* and one so far ahead, from behind the look */

/* Differences to the monotonic clock; written with the lock held. */
static struct {
	_Atomic bool begun;
	_Atomic int64_t anchor_us; /* receive clock less monotonic clock */
	_Atomic int64_t wall_us;   /* wall clock less monotonic clock, as last noticed */
	_Atomic int64_t before_us; /* the same before the last step */
	uint64_t steps, followed;
	int64_t step_us, step_mono_us;
} state;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

struct pair {
	int64_t real_us, mono_us;
	bool tight;
};

/* Somebody who is stopped between two readings would take his sleep for a step. */
static struct pair read_pair(void)
{
	struct pair p = {0};

	for (unsigned i = 0; i < TRIES && !p.tight; i++) {
		int64_t first_us = clock_mono_us();

		p.real_us = clock_real_us();
		p.mono_us = clock_mono_us();
		p.tight = p.mono_us - first_us <= TIGHT_US;
	}
	return p;
}

static int64_t magnitude(int64_t us)
{
	return us < 0 ? -us : us;
}

void steady_begin(void)
{
	struct pair p = read_pair();

	state.anchor_us = state.wall_us = state.before_us = p.real_us - p.mono_us;
	state.steps = state.followed = 0;
	state.step_us = 0;
	state.step_mono_us = TIME_NONE;
	state.begun = true;
}

/* Called again and again with the same difference it does nothing. */
static void note_step(int64_t wall_us, int64_t mono_us)
{
	int64_t step_us;

	pthread_mutex_lock(&lock);
	step_us = wall_us - state.wall_us;
	if (magnitude(step_us) > STEP_LEAST_US) {
		state.before_us = state.wall_us;
		state.wall_us = wall_us;
		if (magnitude(step_us) > STEADY_FOLLOW_US) {
			state.steps++;
			state.step_us = step_us;
			state.step_mono_us = mono_us;
		}
		if (magnitude(wall_us - state.anchor_us) <= STEADY_FOLLOW_US)
			state.anchor_us = wall_us;
	}
	pthread_mutex_unlock(&lock);
}

int64_t steady_us(void)
{
	return state.begun ? clock_mono_us() + state.anchor_us : clock_real_us();
}

void steady_look(struct steady_look *out)
{
	struct pair p;

	*out = (struct steady_look){.begun = state.begun};
	if (!out->begun) {
		out->real_us = out->now_us = clock_real_us();
		return;
	}
	p = read_pair();
	if (p.tight && magnitude(p.real_us - p.mono_us - state.wall_us) > STEP_LEAST_US)
		note_step(p.real_us - p.mono_us, p.mono_us);
	out->now_us = p.mono_us + state.anchor_us;
	out->ahead_us = state.wall_us - state.anchor_us;
	out->before_us = state.before_us - state.anchor_us;
	out->real_us = out->now_us + out->ahead_us;
}

int64_t steady_of(const struct steady_look *l, int64_t stamp_us)
{
	int64_t age_us = l->real_us - stamp_us, old_us;

	if (!l->begun)
		return stamp_us;
	if (age_us >= -SLACK_US && age_us <= YOUNG_US)
		return l->now_us - age_us;
	old_us = l->now_us + l->before_us - stamp_us;
	if (old_us >= -SLACK_US && (age_us < -SLACK_US || old_us < age_us))
		age_us = old_us;
	return age_us < -SLACK_US ? l->now_us : l->now_us - age_us;
}

int64_t steady_wall(int64_t us)
{
	return state.begun ? us + state.wall_us - state.anchor_us : us;
}

int64_t steady_follow(void)
{
	int64_t by_us;

	pthread_mutex_lock(&lock);
	by_us = state.wall_us - state.anchor_us;
	state.anchor_us = state.wall_us;
	state.followed += by_us != 0;
	pthread_mutex_unlock(&lock);
	return by_us;
}

void steady_stats(struct steady_stats *out)
{
	pthread_mutex_lock(&lock);
	*out = (struct steady_stats){.ahead_us = state.wall_us - state.anchor_us,
				     .steps = state.steps,
				     .step_us = state.step_us,
				     .step_mono_us = state.steps ? state.step_mono_us : TIME_NONE,
				     .followed = state.followed};
	pthread_mutex_unlock(&lock);
}
