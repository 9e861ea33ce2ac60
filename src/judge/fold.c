/* SPDX-License-Identifier: ISC */
/*
 * Those held stand in an array by the end of their time, so that the first is the first that is
 * over and nothing that is told depends on where a table happened to put them.
 */
#include "judge/fold.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ACTIVE_SHARE 50 /* a step with less than 1/50 of the peak is a pause */

struct held {
	struct incident *inc; /* owned */
	int64_t until_us;
};

struct folds {
	struct held *held; /* by until_us, then id */
	unsigned n, room;
};

struct folds *folds_new(void)
{
	return calloc(1, sizeof(struct folds));
}

struct folds *folds_free(struct folds *f)
{
	if (!f)
		return NULL;
	for (unsigned i = 0; i < f->n; i++)
		incident_free(f->held[i].inc);
	free(f->held);
	free(f);
	return NULL;
}

unsigned folds_count(const struct folds *f)
{
	return f->n;
}

int64_t fold_pause_us(const struct conf *conf)
{
	int64_t pause_us = (int64_t)conf->duty.fold_s * US_PER_S;

	return pause_us > FOLD_BURST_US ? pause_us : 0;
}

/* Steps of the whole in which the attack was more than a trace of its peak. */
static int64_t active_us(const struct incident *inc)
{
	int64_t whole_us = inc->f.last_us - inc->f.first_us, active = 0;
	bool any = false;

	for (unsigned i = 0; inc->series && i < inc->f.n_series; i++) {
		const struct series_point *p = &inc->series[i];

		if (p->link)
			continue;
		any = true;
		if (p->step_s && p->packets / p->step_s >= inc->f.peak_pps / ACTIVE_SHARE)
			active += p->step_s * US_PER_S;
	}
	return any && active < whole_us ? active : whole_us;
}

bool fold_is_short(const struct incident *inc)
{
	int64_t pulses = inc->f.pulses ? inc->f.pulses : 1;

	return active_us(inc) <= pulses * FOLD_BURST_US;
}

bool fold_same_target(const struct incident *a, const struct incident *b)
{
	char x[INCIDENT_TARGET_MAX], y[INCIDENT_TARGET_MAX];

	if (a->f.kind != b->f.kind || a->f.level != b->f.level)
		return false;
	if (a->f.level == LEVEL_HOST || a->f.level == LEVEL_PREFIX)
		return prefix_equal(&a->f.target, &b->f.target);
	return strcmp(incident_target(a, x), incident_target(b, y)) == 0;
}

static bool share_vector(const struct incident *a, const struct incident *b)
{
	unsigned x[FINDING_VECTORS_MAX], y[FINDING_VECTORS_MAX];
	unsigned n = incident_vectors(a, x), m = incident_vectors(b, y);

	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; k < m; k++)
			if (a->f.vectors[x[i]].vector == b->f.vectors[y[k]].vector &&
			    a->f.vectors[x[i]].port == b->f.vectors[y[k]].port)
				return true;
	return n == 0 && m == 0;
}

bool fold_continues(const struct incident *inc, const struct incident *before, int64_t until_us)
{
	return inc->f.last_us >= before->f.first_us && inc->f.first_us <= until_us &&
	       fold_same_target(inc, before) && share_vector(inc, before);
}

/* What is on disk already need not stay in memory; its number does. */
static void drop_records(struct incident *inc)
{
	for (unsigned k = 0; k < SAMPLE_COUNT; k++) {
		free(inc->evidence[k].record);
		inc->evidence[k].record = NULL;
	}
}

static bool is_before(const struct held *a, const struct held *b)
{
	return a->until_us != b->until_us ? a->until_us < b->until_us
					  : strcmp(a->inc->id, b->inc->id) < 0;
}

int folds_hold(struct folds *f, struct incident *inc_take, int64_t until_us)
{
	struct held h = {.inc = inc_take, .until_us = until_us};
	unsigned at;

	if (f->n == f->room) {
		unsigned room = f->room ? f->room * 2 : 16;
		struct held *held = realloc(f->held, room * sizeof(*held));

		if (!held) {
			incident_free(inc_take);
			return -ENOMEM;
		}
		f->held = held;
		f->room = room;
	}
	drop_records(h.inc);
	for (at = f->n; at > 0 && is_before(&h, &f->held[at - 1]); at--)
		f->held[at] = f->held[at - 1];
	f->held[at] = h;
	f->n++;
	return 0;
}

static struct incident *take_at(struct folds *f, unsigned at)
{
	struct incident *inc = f->held[at].inc;

	f->n--;
	memmove(&f->held[at], &f->held[at + 1], (f->n - at) * sizeof(*f->held));
	return inc;
}

struct incident *folds_take(struct folds *f, const struct incident *inc)
{
	for (unsigned i = f->n; i-- > 0;)
		if (fold_continues(inc, f->held[i].inc, f->held[i].until_us))
			return take_at(f, i);
	return NULL;
}

struct incident *folds_over(struct folds *f, int64_t record_us)
{
	if (!f->n || record_us == TIME_NONE)
		return NULL;
	if (record_us != INT64_MAX && record_us - f->held[0].until_us <= FOLD_LATE_US)
		return NULL;
	return take_at(f, 0);
}

struct incident *folds_at(const struct folds *f, unsigned i)
{
	return i < f->n ? f->held[i].inc : NULL;
}
