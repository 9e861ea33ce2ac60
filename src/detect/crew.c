/* SPDX-License-Identifier: ISC */
#include "detect/crew.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "detect/shard.h"

#define THREADS_MAX 16

struct worker {
	struct crew *crew;
	pthread_t thread;
	unsigned index;
};

struct crew {
	void (*part)(void *userdata, unsigned index, int work);
	void *userdata;
	unsigned threads;
	int work, last;
	bool stop;
	pthread_mutex_t gate; /* held until it is known how many there are */
	struct worker worker[THREADS_MAX];
	pthread_barrier_t start, done;
};

static void work_on(struct crew *c, unsigned first)
{
	for (int work = c->work; work <= c->last; work++)
		for (unsigned i = first; i < SHARDS; i += c->threads)
			c->part(c->userdata, i, work);
}

static void *worker_main(void *arg)
{
	struct worker *w = arg;
	struct crew *c = w->crew;

	pthread_mutex_lock(&c->gate);
	pthread_mutex_unlock(&c->gate);
	while (c->threads > 1) {
		pthread_barrier_wait(&c->start);
		if (c->stop)
			break;
		work_on(c, w->index);
		pthread_barrier_wait(&c->done);
	}
	return NULL;
}

static bool make_barriers(struct crew *c, unsigned n)
{
	if (pthread_barrier_init(&c->start, NULL, n))
		return false;
	if (pthread_barrier_init(&c->done, NULL, n) == 0)
		return true;
	pthread_barrier_destroy(&c->start);
	return false;
}

struct crew *crew_new(unsigned threads, void (*part)(void *userdata, unsigned index, int work),
		      void *userdata)
{
	unsigned wanted = threads > THREADS_MAX ? THREADS_MAX : threads, started = 1;
	struct crew *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	*c = (struct crew){.part = part, .userdata = userdata, .threads = 1};
	pthread_mutex_init(&c->gate, NULL);
	pthread_mutex_lock(&c->gate);
	while (started < wanted) {
		c->worker[started] = (struct worker){.crew = c, .index = started};
		if (pthread_create(&c->worker[started].thread, NULL, worker_main,
				   &c->worker[started]))
			break;
		started++;
	}
	if (started > 1 && make_barriers(c, started))
		c->threads = started;
	pthread_mutex_unlock(&c->gate);
	/* Without barriers they leave at once, and the caller does all of it. */
	for (unsigned i = 1; c->threads == 1 && i < started; i++)
		pthread_join(c->worker[i].thread, NULL);
	return c;
}

struct crew *crew_free(struct crew *c)
{
	if (!c)
		return NULL;
	if (c->threads > 1) {
		c->stop = true;
		pthread_barrier_wait(&c->start);
		for (unsigned i = 1; i < c->threads; i++)
			pthread_join(c->worker[i].thread, NULL);
		pthread_barrier_destroy(&c->start);
		pthread_barrier_destroy(&c->done);
	}
	pthread_mutex_destroy(&c->gate);
	free(c);
	return NULL;
}

void crew_run(struct crew *c, int work, int last)
{
	c->work = work;
	c->last = last;
	if (c->threads > 1)
		pthread_barrier_wait(&c->start);
	work_on(c, 0);
	if (c->threads > 1)
		pthread_barrier_wait(&c->done);
}
