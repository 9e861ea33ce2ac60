/* SPDX-License-Identifier: ISC */
/*
 * Theory of operation. Callers leave the newest state of each incident in a slot and go on; the
 * writer's thread takes what is due, writes it in one synced transaction without holding the lock,
 * and puts back what failed unless something newer has come. So memory is bounded by the number of
 * incidents, not by the number of updates, and a disk that is full for an hour costs nothing but
 * the hour's intermediate states.
 */
#include "store/writer.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "store/queue.h"

#define STATUS_MAX (4u << 20)
#define RETRY_US   US_PER_S

struct writer {
	const struct store_ops *ops;
	struct store_db *db;
	struct store_watcher watcher;
	char where[256];
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t work, done;
	struct queue queue;
	uint64_t flush_asked, flush_done;
	int flush_result;
	bool stop, woken;
	int64_t retry_us; /* monotonic; not before, after a failure */
	int64_t since_us; /* monotonic; what was taken first and is not on disk, 0 nothing */
	struct store_stats stats;
	struct taken taken; /* the thread's own */
};

static void wake(struct writer *w)
{
	w->woken = true;
	pthread_cond_signal(&w->work);
}

int writer_put_incident(struct writer *w, const struct incident *inc)
{
	int r;

	pthread_mutex_lock(&w->lock);
	r = queue_put_incident(&w->queue, inc);
	/* An update that may wait must not cost the thread a look at every slot. */
	if (w->queue.urgent)
		wake(w);
	else
		pthread_cond_signal(&w->work);
	pthread_mutex_unlock(&w->lock);
	return r;
}

int writer_put_status(struct writer *w, const char *json, int64_t now_us)
{
	char *copy;

	if (strlen(json) > STATUS_MAX)
		return STORE_FULL;
	copy = strdup(json);
	if (!copy)
		return -ENOMEM;
	pthread_mutex_lock(&w->lock);
	queue_put_status(&w->queue, copy, now_us);
	wake(w);
	pthread_mutex_unlock(&w->lock);
	return 0;
}

int writer_put_heard(struct writer *w, const void *packed, size_t n, int64_t now_us)
{
	void *copy = malloc(n + 1);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, packed, n);
	pthread_mutex_lock(&w->lock);
	queue_put_heard(&w->queue, copy, n, now_us);
	wake(w);
	pthread_mutex_unlock(&w->lock);
	return 0;
}

int writer_put_sampling(struct writer *w, struct exporters *exporters)
{
	_cleanup_free_ struct sampling_row *rows = NULL;
	struct sampling_rate rate;
	size_t n = 0, room = 0;

	for (size_t at = 0; exporters_sampling_next(exporters, &at, &rate);) {
		struct exporter *e = exporters_get(exporters, rate.exporter);
		void *p;

		if (!e || ip_is_zero(&e->addr))
			continue;
		if (n == room) {
			room = room ? room * 2 : 64;
			p = realloc(rows, room * sizeof(*rows));
			if (!p)
				return -ENOMEM;
			rows = p;
		}
		rows[n++] = (struct sampling_row){e->addr, rate.domain, rate.sampler, rate.factor,
						  rate.learnt_us};
	}
	pthread_mutex_lock(&w->lock);
	queue_put_sampling(&w->queue, take_ptr(rows), n);
	wake(w);
	pthread_mutex_unlock(&w->lock);
	return 0;
}

int writer_put_rollup(struct writer *w, const struct store_rollup *row)
{
	int r;

	pthread_mutex_lock(&w->lock);
	r = queue_put_rollup(&w->queue, row);
	wake(w);
	pthread_mutex_unlock(&w->lock);
	return r;
}

int writer_put_roll(struct writer *w, const struct roll_row *row)
{
	int r;

	pthread_mutex_lock(&w->lock);
	r = queue_put_roll(&w->queue, row);
	wake(w);
	pthread_mutex_unlock(&w->lock);
	return r;
}

int writer_erase(struct writer *w, int64_t now_us, const struct conf_keep *keep)
{
	pthread_mutex_lock(&w->lock);
	w->queue.erase.wanted = true;
	w->queue.erase.now_us = now_us;
	w->queue.erase.with_keep = keep != NULL;
	if (keep)
		w->queue.erase.keep = *keep;
	wake(w);
	pthread_mutex_unlock(&w->lock);
	return 0;
}

int writer_flush(struct writer *w)
{
	uint64_t ticket;
	int r;

	pthread_mutex_lock(&w->lock);
	ticket = ++w->flush_asked;
	wake(w);
	while (w->flush_done < ticket)
		pthread_cond_wait(&w->done, &w->lock);
	r = w->flush_result;
	pthread_mutex_unlock(&w->lock);
	return r;
}

void writer_stats(struct writer *w, struct store_stats *out)
{
	pthread_mutex_lock(&w->lock);
	*out = w->stats;
	out->queued = queue_waiting(&w->queue);
	out->behind_us = w->since_us ? clock_mono_us() - w->since_us : 0;
	out->queue_dropped = w->queue.dropped;
	out->coalesced = w->queue.coalesced;
	out->written = w->queue.written;
	out->evidence_erased = w->queue.evidence_erased;
	out->incidents_erased = w->queue.incidents_erased;
	pthread_mutex_unlock(&w->lock);
}

/* ---- the thread ---- */

/* Say a change of state once. Called without the lock. */
static void tell(struct writer *w, bool failing, const char *sentence)
{
	if (failing)
		log_error("store-failing", "%s", sentence);
	else
		log_warn("store-works-again", "%s", sentence);
	if (w->watcher.trouble)
		w->watcher.trouble(w->watcher.userdata, failing, sentence);
}

/* One transaction. Called with the lock held, which is let go of while the disk works. */
static int write_once(struct writer *w, struct taken *t)
{
	_cleanup_text_ struct text why = TEXT_NULL, sentence = TEXT_NULL;
	int64_t now_us;
	bool changed;
	int r;

	if (!w->since_us)
		w->since_us = clock_mono_us();
	pthread_mutex_unlock(&w->lock);
	r = w->ops->write(w->db, &t->batch, &why);
	now_us = clock_mono_us();
	pthread_mutex_lock(&w->lock);
	changed = w->stats.failing != (r != 0);
	w->stats.failing = r != 0;
	w->stats.full = r != 0 && t->batch.full;
	if (r) {
		w->stats.failures++;
		w->retry_us = now_us + RETRY_US;
		queue_put_back(&w->queue, t);
		text_printf(&sentence,
			    "cannot write to %s: %s. What is new is kept in memory and tried "
			    "again every second.",
			    w->where, text_str(&why));
	} else {
		queue_written(&w->queue, t, now_us);
		w->retry_us = w->since_us = 0;
		text_printf(&sentence, "%s can be written again.", w->where);
	}
	text_cut(w->stats.sentence, sizeof(w->stats.sentence), r ? text_str(&sentence) : "");
	if (changed) {
		pthread_mutex_unlock(&w->lock);
		tell(w, r != 0, text_str(&sentence));
		pthread_mutex_lock(&w->lock);
	}
	return r;
}

/* Somebody wants something now. A disk that fails is asked again only when its time has come. */
static bool is_called(const struct writer *w)
{
	return w->stop || w->flush_asked != w->flush_done || (w->woken && !w->stats.failing);
}

static void wait_for_work(struct writer *w)
{
	int64_t wait_us = w->stats.failing ? RETRY_US : QUEUE_UPDATE_US / 5;
	struct timespec until;
	int r = 0;

	if (!queue_is_waiting(&w->queue)) {
		while (!is_called(w) && !queue_is_waiting(&w->queue))
			pthread_cond_wait(&w->work, &w->lock);
		return;
	}
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += wait_us / US_PER_S;
	until.tv_nsec += wait_us % US_PER_S * 1000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	while (!is_called(w) && r == 0)
		r = pthread_cond_timedwait(&w->work, &w->lock, &until);
}

/* Write what is due; with @all, everything. Return: 0 or what the last transaction gave. */
static int write_due(struct writer *w, struct taken *t, bool all)
{
	int r = 0;

	do {
		int64_t now_us = clock_mono_us();

		if (!queue_take(&w->queue, t, now_us, all))
			return 0;
		r = write_once(w, t);
	} while (!r && !t->all);
	return r;
}

static void *writer_run(void *userdata)
{
	struct writer *w = userdata;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		uint64_t ticket = w->flush_asked;
		bool flush = ticket != w->flush_done || w->stop, stop = w->stop;
		int r = 0;

		w->woken = false;
		if (flush || clock_mono_us() >= w->retry_us)
			r = write_due(w, &w->taken, flush);
		if (flush) {
			w->flush_done = ticket;
			w->flush_result = r;
			pthread_cond_broadcast(&w->done);
		}
		if (stop)
			break;
		wait_for_work(w);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* Waiting is timed on the monotonic clock, so that a step of the wall clock holds nothing up. */
static int init_locks(struct writer *w)
{
	pthread_condattr_t attr;
	int r;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	r = pthread_mutex_init(&w->lock, NULL);
	r |= pthread_cond_init(&w->work, &attr);
	r |= pthread_cond_init(&w->done, &attr);
	pthread_condattr_destroy(&attr);
	return r;
}

static struct writer *writer_destroy(struct writer *w)
{
	queue_deinit(&w->queue);
	free(w);
	return NULL;
}

struct writer *writer_new(const struct store_ops *ops, struct store_db *db, const char *where,
			  const struct store_watcher *watcher)
{
	struct writer *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->ops = ops;
	w->db = db;
	snprintf(w->where, sizeof(w->where), "%s", where);
	if (watcher)
		w->watcher = *watcher;
	if (queue_init(&w->queue) || init_locks(w) ||
	    pthread_create(&w->thread, NULL, writer_run, w))
		return writer_destroy(w);
	return w;
}

struct writer *writer_free(struct writer *w)
{
	if (!w)
		return NULL;
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	wake(w);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->work);
	pthread_cond_destroy(&w->done);
	return writer_destroy(w);
}
