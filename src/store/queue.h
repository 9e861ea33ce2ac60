/* SPDX-License-Identifier: ISC */
/*
 * What waits to be written, bounded by the number of incidents and not by the number of updates.
 * Inside the room only; the writer's lock is held around every call.
 */
#pragma once

#include "base/map.h"
#include "store/ops.h"

#define QUEUE_BATCH_MAX 512	 /* incidents in a transaction */
#define QUEUE_UPDATE_US US_PER_S /* least time between two writes of an incident */

struct queue {
	struct map *slots;   /* id -> newest state */
	struct map *rollups; /* minute and exporter -> store_rollup */
	struct map *rolls;   /* hour, object and vector -> roll_row */
	char *status;
	int64_t status_us;
	void *heard;
	size_t n_heard;
	int64_t heard_us;
	struct sampling_row *sampling;
	size_t n_sampling;
	bool sampling_given;
	struct erase_order erase;
	uint64_t waiting_bytes; /* of incidents; 0: none waits */
	bool urgent;		/* one of them is not to be held back */
	uint64_t dropped, coalesced, written, evidence_erased, incidents_erased; /* counts */
};

/* What a transaction is made of, taken out of the queue. */
struct taken {
	struct store_batch batch;
	struct incident *incidents[QUEUE_BATCH_MAX];
	struct store_rollup *rollups;
	struct roll_row *rolls;
	char *status;
	void *heard;
	struct sampling_row *sampling;
	bool all; /* everything that was due was taken */
};

/** queue_init() - Return: 0 or -ENOMEM; queue_deinit() is right after either. */
int queue_init(struct queue *q);
void queue_deinit(struct queue *q);

/** queue_put_incident(), queue_put_rollup() - copy in. Return: 0, STORE_FULL (counted) or -ENOMEM.
 */
int queue_put_incident(struct queue *q, const struct incident *inc);
int queue_put_rollup(struct queue *q, const struct store_rollup *row);

/* queue_roll.c: the same for roll-ups, which are merged. */
int queue_init_rolls(struct queue *q);
int queue_put_roll(struct queue *q, const struct roll_row *row);
void queue_take_rolls(struct queue *q, struct taken *t);
void queue_put_back_rolls(struct queue *q, const struct taken *t);

/** queue_put_status(), queue_put_heard(), queue_put_sampling() - the newest replaces what waits. */
void queue_put_status(struct queue *q, char *json_take, int64_t now_us);
void queue_put_heard(struct queue *q, void *packed_take, size_t n, int64_t now_us);
void queue_put_sampling(struct queue *q, struct sampling_row *rows_take, size_t n);

/**
 * queue_take() - move out what is due at @now_us (monotonic), or @all that waits.
 * Return: true when there is something to write; then queue_written() or queue_put_back() follows.
 */
bool queue_take(struct queue *q, struct taken *t, int64_t now_us, bool all);
void queue_written(struct queue *q, struct taken *t, int64_t now_us);
void queue_put_back(struct queue *q, struct taken *t);

/** queue_is_waiting() - anything at all; queue_waiting() - how many incidents. */
bool queue_is_waiting(struct queue *q);
uint64_t queue_waiting(const struct queue *q);
