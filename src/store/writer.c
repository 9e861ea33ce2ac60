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
#include "base/map.h"

#define SLOTS_MAX 65536
#define BYTES_MAX (UINT64_C(256) << 20) /* of states that wait */
#define BATCH_MAX 512			/* incidents in a transaction */
#define ROLLUPS_MAX 65536
#define STATUS_MAX (4u << 20)
#define RETRY_US US_PER_S
#define UPDATE_US US_PER_S /* least time between two writes of an incident */

struct slot {
	struct incident *waiting; /* owned, NULL when all is written */
	unsigned evidence_had;	  /* records already given on */
	int64_t written_us;	  /* monotonic */
	bool urgent;		  /* opened, closed: not held back */
	bool known;		  /* was given before */
};

struct rollup_key {
	int64_t minute_us;
	char exporter[EXPORTER_NAME_MAX];
};

/* What a transaction is made of, taken out of the queue. */
struct taken {
	struct store_batch batch;
	struct incident *incidents[BATCH_MAX];
	struct store_rollup *rollups;
	char *status;
	struct sampling_row *sampling;
	bool all; /* everything that waited was taken */
};

struct writer {
	const struct store_ops *ops;
	struct store_db *db;
	struct store_watcher watcher;
	char where[256];
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t work, done;
	struct map *slots;   /* id -> struct slot */
	struct map *rollups; /* rollup_key -> store_rollup */
	char *status;
	int64_t status_us;
	struct sampling_row *sampling;
	size_t n_sampling;
	bool sampling_given;
	struct erase_order erase;
	uint64_t waiting_bytes;
	uint64_t flush_asked, flush_done;
	int flush_result;
	bool stop, woken;
	int64_t retry_us; /* monotonic; not before, after a failure */
	struct store_stats stats;
	struct taken taken; /* the thread's own */
};

static void key_of(const char *id, char key[INCIDENT_ID_MAX])
{
	memset(key, 0, INCIDENT_ID_MAX);
	memcpy(key, id, strnlen(id, INCIDENT_ID_MAX - 1));
}

static uint64_t weight(const struct incident *inc)
{
	uint64_t n = sizeof(*inc) + inc->f.n_series * sizeof(*inc->series) +
		     inc->n_places * sizeof(*inc->places);

	return n + (inc->evidence ? inc->f.n_evidence * sizeof(*inc->evidence) : 0);
}

static void slot_set(struct writer *w, struct slot *s, struct incident *take)
{
	if (s->waiting)
		w->waiting_bytes -= weight(s->waiting);
	if (take)
		w->waiting_bytes += weight(take);
	s->waiting = take;
}

/* The newer state goes on disk; evidence that only the older one carries goes with it. */
static void inherit_evidence(struct incident *newer, struct incident *older)
{
	if (newer->evidence || !older->evidence || older->f.n_evidence != newer->f.n_evidence)
		return;
	newer->evidence = take_ptr(older->evidence);
	newer->f.evidence = newer->evidence;
	older->f.evidence = NULL;
}

static void slot_replace(struct writer *w, struct slot *s, struct incident *newer)
{
	struct incident *older = s->waiting;

	if (older) {
		slot_set(w, s, NULL);
		inherit_evidence(newer, older);
		incident_free(older);
		w->stats.coalesced++;
	}
	slot_set(w, s, newer);
}

static void wake(struct writer *w)
{
	w->woken = true;
	pthread_cond_signal(&w->work);
}

/* Called with the lock held. */
static int put_locked(struct writer *w, const struct incident *inc)
{
	char key[INCIDENT_ID_MAX];
	struct slot *s;
	struct incident *copy;

	key_of(inc->id, key);
	s = map_get(w->slots, key);
	if (w->waiting_bytes > BYTES_MAX && !(s && s->waiting)) {
		w->stats.queue_dropped++;
		return STORE_FULL;
	}
	if (!s)
		s = map_put(w->slots, key, NULL);
	if (!s) {
		w->stats.queue_dropped++;
		return STORE_FULL;
	}
	copy = incident_copy(inc, inc->evidence && inc->f.n_evidence > s->evidence_had);
	if (!copy)
		return -ENOMEM;
	if (copy->evidence)
		s->evidence_had = copy->f.n_evidence;
	s->urgent |= !s->known || inc->f.state == FINDING_CLOSED;
	s->known = true;
	slot_replace(w, s, copy);
	wake(w);
	return 0;
}

int writer_put_incident(struct writer *w, const struct incident *inc)
{
	int r;

	pthread_mutex_lock(&w->lock);
	r = put_locked(w, inc);
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
	free(w->status);
	w->status = copy;
	w->status_us = now_us;
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
	free(w->sampling);
	w->sampling = take_ptr(rows);
	w->n_sampling = n;
	w->sampling_given = true;
	wake(w);
	pthread_mutex_unlock(&w->lock);
	return 0;
}

int writer_put_rollup(struct writer *w, const struct store_rollup *row)
{
	struct rollup_key key;
	struct store_rollup *to;
	int r = 0;

	memset(&key, 0, sizeof(key));
	key.minute_us = row->minute_us;
	memcpy(key.exporter, row->exporter, strnlen(row->exporter, sizeof(key.exporter) - 1));
	pthread_mutex_lock(&w->lock);
	to = map_put(w->rollups, &key, NULL);
	if (to) {
		*to = *row;
		wake(w);
	} else {
		w->stats.queue_dropped++;
		r = STORE_FULL;
	}
	pthread_mutex_unlock(&w->lock);
	return r;
}

int writer_erase(struct writer *w, int64_t now_us, const struct conf_keep *keep)
{
	pthread_mutex_lock(&w->lock);
	w->erase.wanted = true;
	w->erase.now_us = now_us;
	w->erase.with_keep = keep != NULL;
	if (keep)
		w->erase.keep = *keep;
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
	void *value;

	pthread_mutex_lock(&w->lock);
	*out = w->stats;
	out->queued = 0;
	for (size_t at = 0; map_next(w->slots, &at, NULL, &value);)
		out->queued += ((struct slot *)value)->waiting != NULL;
	pthread_mutex_unlock(&w->lock);
}

/* ---- the thread ---- */

static bool slot_due(const struct slot *s, int64_t now_us, bool all)
{
	return s->waiting && (all || s->urgent || now_us - s->written_us >= UPDATE_US);
}

static void take_incidents(struct writer *w, struct taken *t, int64_t now_us, bool all)
{
	void *value;

	t->all = true;
	for (size_t at = 0; map_next(w->slots, &at, NULL, &value);) {
		struct slot *s = value;

		if (!slot_due(s, now_us, all))
			continue;
		if (t->batch.n_incidents == BATCH_MAX) {
			t->all = false;
			break;
		}
		t->incidents[t->batch.n_incidents++] = s->waiting;
		slot_set(w, s, NULL);
		s->urgent = false;
	}
}

static void take_rollups(struct writer *w, struct taken *t)
{
	size_t n = map_count(w->rollups);
	void *value;

	t->rollups = n ? malloc(n * sizeof(*t->rollups)) : NULL;
	if (!t->rollups)
		return; /* without memory they wait for the next turn */
	for (size_t at = 0; map_next(w->rollups, &at, NULL, &value);)
		t->rollups[t->batch.n_rollups++] = *(struct store_rollup *)value;
	map_clear(w->rollups);
}

/* Called with the lock held. Return: true when there is something to write. */
static bool take(struct writer *w, struct taken *t, int64_t now_us, bool all)
{
	memset(t, 0, sizeof(*t));
	take_incidents(w, t, now_us, all);
	take_rollups(w, t);
	t->status = take_ptr(w->status);
	t->batch.incidents = t->incidents;
	t->batch.rollups = t->rollups;
	t->batch.status = t->status;
	t->batch.status_us = w->status_us;
	if (w->sampling_given) {
		t->sampling = take_ptr(w->sampling);
		t->batch.sampling = t->sampling;
		t->batch.n_sampling = w->n_sampling;
		w->sampling_given = false;
	}
	t->batch.erase = w->erase;
	w->erase.wanted = false;
	return t->batch.n_incidents || t->batch.n_rollups || t->status || t->sampling ||
	       t->batch.erase.wanted;
}

static void after_write(struct writer *w, struct taken *t, int64_t now_us)
{
	for (size_t i = 0; i < t->batch.n_incidents; i++) {
		struct incident *inc = t->incidents[i];
		char key[INCIDENT_ID_MAX];
		struct slot *s;

		key_of(inc->id, key);
		s = map_get(w->slots, key);
		if (s) {
			s->written_us = now_us;
			if (inc->f.state == FINDING_CLOSED && !s->waiting)
				map_remove(w->slots, key);
		}
		incident_free(inc);
	}
	w->stats.written += t->batch.n_incidents;
	w->stats.evidence_erased += t->batch.erase.evidence_erased;
	w->stats.incidents_erased += t->batch.erase.incidents_erased;
	free(t->status);
	free(t->sampling);
	free(t->rollups);
}

static void put_back_incident(struct writer *w, struct incident *inc)
{
	char key[INCIDENT_ID_MAX];
	struct slot *s;

	key_of(inc->id, key);
	s = map_get(w->slots, key);
	if (s && !s->waiting) {
		slot_set(w, s, inc);
		return;
	}
	if (s) {
		struct incident *newer = s->waiting;

		slot_set(w, s, NULL);
		inherit_evidence(newer, inc);
		slot_set(w, s, newer);
	}
	incident_free(inc);
}

static void put_back(struct writer *w, struct taken *t)
{
	for (size_t i = 0; i < t->batch.n_incidents; i++)
		put_back_incident(w, t->incidents[i]);
	for (size_t i = 0; i < t->batch.n_rollups; i++) {
		struct rollup_key key;
		struct store_rollup *to;
		bool created;

		memset(&key, 0, sizeof(key));
		key.minute_us = t->rollups[i].minute_us;
		memcpy(key.exporter, t->rollups[i].exporter,
		       strnlen(t->rollups[i].exporter, sizeof(key.exporter) - 1));
		to = map_put(w->rollups, &key, &created);
		if (to && created)
			*to = t->rollups[i];
		w->stats.queue_dropped += !to;
	}
	if (!w->status)
		w->status = take_ptr(t->status);
	if (!w->sampling_given && t->sampling) {
		w->sampling = take_ptr(t->sampling);
		w->sampling_given = true;
	}
	if (!w->erase.wanted)
		w->erase = t->batch.erase;
	free(t->status);
	free(t->sampling);
	free(t->rollups);
}

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

static void keep_sentence(struct writer *w, const char *sentence)
{
	size_t n = strnlen(sentence, sizeof(w->stats.sentence) - 1);

	memcpy(w->stats.sentence, sentence, n);
	w->stats.sentence[n] = '\0';
}

/* One transaction. Called with the lock held, which is let go of while the disk works. */
static int write_once(struct writer *w, struct taken *t)
{
	_cleanup_text_ struct text why = TEXT_NULL, sentence = TEXT_NULL;
	int64_t now_us;
	bool changed;
	int r;

	pthread_mutex_unlock(&w->lock);
	r = w->ops->write(w->db, &t->batch, &why);
	now_us = clock_mono_us();
	pthread_mutex_lock(&w->lock);
	changed = w->stats.failing != (r != 0);
	w->stats.failing = r != 0;
	if (r) {
		w->stats.failures++;
		w->retry_us = now_us + RETRY_US;
		put_back(w, t);
		text_printf(&sentence, "cannot write to %s: %s. What is new is kept in memory and tried "
				       "again every second; watching goes on.",
			    w->where, text_str(&why));
	} else {
		after_write(w, t, now_us);
		w->retry_us = 0;
		text_printf(&sentence, "%s can be written again.", w->where);
	}
	keep_sentence(w, r ? text_str(&sentence) : "");
	if (changed) {
		pthread_mutex_unlock(&w->lock);
		tell(w, r != 0, text_str(&sentence));
		pthread_mutex_lock(&w->lock);
	}
	return r;
}

static bool anything_waits(struct writer *w)
{
	void *value;

	if (w->status || w->sampling_given || w->erase.wanted || map_count(w->rollups))
		return true;
	for (size_t at = 0; map_next(w->slots, &at, NULL, &value);)
		if (((struct slot *)value)->waiting)
			return true;
	return false;
}

static void wait_for_work(struct writer *w)
{
	struct timespec until;
	int64_t wait_us = w->stats.failing ? RETRY_US : UPDATE_US / 5;

	if (w->woken && !w->stats.failing)
		return;
	if (!anything_waits(w)) {
		while (!w->woken)
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
	pthread_cond_timedwait(&w->work, &w->lock, &until);
}

/* Write what is due; with @all, everything. Return: 0 or what the last transaction gave. */
static int write_due(struct writer *w, struct taken *t, bool all)
{
	int r = 0;

	do {
		int64_t now_us = clock_mono_us();

		if (!take(w, t, now_us, all))
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
		if (w->flush_asked == w->flush_done && !w->stop)
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
	void *value;

	for (size_t at = 0; w->slots && map_next(w->slots, &at, NULL, &value);)
		incident_free(((struct slot *)value)->waiting);
	map_free(w->slots);
	map_free(w->rollups);
	free(w->status);
	free(w->sampling);
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
	w->slots = map_new(INCIDENT_ID_MAX, sizeof(struct slot), SLOTS_MAX);
	w->rollups = map_new(sizeof(struct rollup_key), sizeof(struct store_rollup), ROLLUPS_MAX);
	if (!w->slots || !w->rollups || init_locks(w) ||
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
