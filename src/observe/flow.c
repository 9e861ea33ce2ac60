/* SPDX-License-Identifier: ISC */
/*
 * Batches of records. The epoch of a batch lies half the 32-bit millisecond range before its first
 * receive time, so records of up to 24 days before and after it fit.
 */
#include "observe/flow.h"

#include <errno.h>
#include <stdlib.h>

#define RANGE_US FLOW_RANGE_US
#define HALF_US	 (RANGE_US / 2)

int flow_writer_init(struct flow_writer *w, const struct flow_sink *sink)
{
	*w = (struct flow_writer){.sink = *sink};
	w->batch = aligned_alloc(64, sizeof(*w->batch));
	if (!w->batch)
		return -ENOMEM;
	w->batch->n = 0;
	w->batch->epoch_us = 0;
	return 0;
}

void flow_writer_deinit(struct flow_writer *w)
{
	free(w->batch);
	w->batch = NULL;
}

static int hand_on(struct flow_writer *w)
{
	int r = 0;

	if (w->batch->n) {
		w->records += w->batch->n;
		r = w->sink.batch(w->sink.userdata, w->batch);
		w->batch->n = 0;
	}
	return r < 0 ? r : 0;
}

static bool in_range(const struct flow_batch *b, int64_t us)
{
	return us >= b->epoch_us && us - b->epoch_us < RANGE_US;
}

static int64_t clamp_near(int64_t us, int64_t recv_us)
{
	return us < recv_us - HALF_US + US_PER_S || us > recv_us + HALF_US - US_PER_S ? recv_us
										      : us;
}

static uint32_t split(const struct flow_batch *b, int64_t us, uint16_t *rem)
{
	int64_t from = us - b->epoch_us;

	*rem = (uint16_t)(from % US_PER_MS);
	return (uint32_t)(from / US_PER_MS);
}

/* A receive clock near the ends of int64 must not overflow the range arithmetic. */
static int64_t sane(int64_t recv_us)
{
	return recv_us < -(INT64_C(1) << 60) || recv_us > INT64_C(1) << 60 ? 0 : recv_us;
}

static int64_t epoch_for(int64_t recv_us)
{
	return time_floor_s(recv_us - HALF_US) * US_PER_S;
}

/* Make the batch one that has room and can hold @recv_us. */
static int turn(struct flow_writer *w, int64_t recv_us)
{
	struct flow_batch *b = w->batch;
	int r;

	if (b->n == FLOW_BATCH_MAX || (b->n && !in_range(b, recv_us))) {
		r = hand_on(w);
		if (r < 0)
			return r;
	}
	if (!b->n)
		b->epoch_us = epoch_for(recv_us);
	return 0;
}

int flow_writer_turn(struct flow_writer *w, int64_t recv_us, struct flow_place *place)
{
	struct flow_batch *b = w->batch;
	int r;

	recv_us = sane(recv_us);
	r = turn(w, recv_us);
	if (r < 0)
		return r;
	*place = (struct flow_place){&b->flow[b->n], &b->side[b->n],
				     (uint64_t)(recv_us - b->epoch_us)};
	return 0;
}

int flow_writer_room(struct flow_writer *w, int64_t recv_us, struct flow_room *room)
{
	struct flow_batch *b = w->batch;
	int r;

	recv_us = sane(recv_us);
	r = turn(w, recv_us);
	if (r < 0)
		return r;
	room->flow = &b->flow[b->n];
	room->side = &b->side[b->n];
	room->n = FLOW_BATCH_MAX - b->n;
	room->recv_ms = split(b, recv_us, &room->recv_rem_us);
	room->epoch_us = b->epoch_us;
	room->least_us = recv_us - HALF_US + US_PER_S;
	room->most_us = recv_us + HALF_US - US_PER_S;
	if (room->least_us < b->epoch_us)
		room->least_us = b->epoch_us;
	if (room->most_us > b->epoch_us + RANGE_US - 1)
		room->most_us = b->epoch_us + RANGE_US - 1;
	return 0;
}

int flow_writer_put(struct flow_writer *w, const struct flow *f, const struct flow_side *s,
		    int64_t first_us, int64_t last_us, int64_t recv_us)
{
	struct flow_batch *b = w->batch;
	struct flow *to;
	struct flow_side *side;
	int r;

	recv_us = sane(recv_us);
	first_us = clamp_near(first_us, recv_us);
	last_us = clamp_near(last_us, recv_us);
	if (last_us < first_us)
		last_us = first_us;
	if (b->n == FLOW_BATCH_MAX ||
	    (b->n && !(in_range(b, first_us) && in_range(b, last_us) && in_range(b, recv_us)))) {
		r = hand_on(w);
		if (r < 0)
			return r;
	}
	if (!b->n)
		b->epoch_us = epoch_for(recv_us);
	to = &b->flow[b->n];
	side = &b->side[b->n];
	*to = *f;
	*side = *s;
	to->first_ms = split(b, first_us, &side->first_rem_us);
	to->last_ms = split(b, last_us, &side->last_rem_us);
	side->recv_ms = split(b, recv_us, &side->recv_rem_us);
	b->n++;
	return 0;
}

int flow_writer_flush(struct flow_writer *w)
{
	return hand_on(w);
}
