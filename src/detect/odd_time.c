/* SPDX-License-Identifier: ISC */
#include "detect/odd_time.h"

#define NEAR_US (60 * US_PER_S) /* a record's own times this near to the clock are right */

void odd_init(struct odd_times *o, struct exporters *exporters, const struct flow_sink *decided)
{
	*o = (struct odd_times){.exporters = exporters, .clock_us = TIME_NONE};
	record_hold_init(&o->wait, decided);
}

static bool is_near(int64_t us, int64_t clock_us)
{
	return us - clock_us <= NEAR_US && clock_us - us <= NEAR_US;
}

/*
 * Taken as if it came at the clock. A flow's own times are the exporter's, and often right where
 * the frame's is wrong; a packet has none but the frame's.
 */
static int hand_on_odd(struct odd_times *o, struct evidence_record *e)
{
	struct exporter *x = exporters_get(o->exporters, e->flow.exporter);
	int64_t off_us = e->recv_us - o->clock_us;

	if ((e->side.flags & FLOW_IS_PACKET) || !is_near(e->last_us, o->clock_us)) {
		e->first_us -= off_us;
		e->last_us -= off_us;
	}
	e->recv_us = o->clock_us;
	x->odd_times++;
	o->records++;
	return record_hold_pass(&o->wait, e);
}

static int drop_run(struct odd_times *o)
{
	unsigned n = o->wait.n;
	int r = 0;

	o->wait.n = 0;
	for (unsigned i = 0; i < n && r == 0; i++)
		r = hand_on_odd(o, &o->wait.held[i]);
	return r;
}

static int believe_run(struct odd_times *o)
{
	unsigned n = o->wait.n;
	int r = 0;

	o->wait.n = 0;
	o->clock_us = o->newest_us;
	for (unsigned i = 0; i < n && r == 0; i++)
		r = record_hold_pass(&o->wait, &o->wait.held[i]);
	return r;
}

static void hold(struct odd_times *o, const struct evidence_record *e)
{
	if (!o->wait.n) {
		o->from_us = o->newest_us = e->recv_us;
		o->arrivals = 0;
	}
	o->arrivals += !o->wait.n || e->recv_us != o->last_us;
	o->last_us = e->recv_us;
	o->newest_us = e->recv_us > o->newest_us ? e->recv_us : o->newest_us;
	record_hold_put(&o->wait, e);
}

static bool is_clock(const struct odd_times *o)
{
	return record_hold_full(&o->wait) ||
	       (o->arrivals >= ODD_ARRIVALS && o->newest_us - o->from_us >= US_PER_S);
}

/* A clock goes on; so what is later than the held ones agrees with them, however much. */
static bool agrees(const struct odd_times *o, int64_t recv_us)
{
	return o->newest_us - recv_us <= ODD_BACKWARD_US;
}

static int put(struct odd_times *o, const struct evidence_record *e)
{
	bool odd = odd_is(o->clock_us, e->recv_us);
	int r = 0;

	if (o->wait.n && !odd)
		r = drop_run(o);
	else if (o->wait.n && !agrees(o, e->recv_us))
		/* A third time: many of the second were a capture of their own. */
		r = o->arrivals >= ODD_ARRIVALS ? believe_run(o) : drop_run(o);
	if (r < 0)
		return r;
	if (!odd_is(o->clock_us, e->recv_us)) {
		if (o->clock_us == TIME_NONE || e->recv_us > o->clock_us)
			o->clock_us = e->recv_us;
		return record_hold_pass(&o->wait, e);
	}
	hold(o, e);
	return is_clock(o) ? believe_run(o) : 0;
}

int odd_sort(struct odd_times *o, const struct flow_batch *b, uint32_t from, int64_t clock_us)
{
	int r = record_hold_room(&o->wait);

	if (!o->wait.n)
		o->clock_us = clock_us;
	for (uint32_t i = from; i < b->n && r == 0; i++) {
		struct evidence_record e = {.first_us = flow_first_us(b, i),
					    .last_us = flow_last_us(b, i),
					    .recv_us = flow_recv_us(b, i),
					    .flow = b->flow[i],
					    .side = b->side[i]};

		r = put(o, &e);
	}
	return r < 0 ? r : flow_writer_flush(&o->wait.out);
}

int odd_end(struct odd_times *o)
{
	int r;

	if (!o->wait.n)
		return 0;
	/* Nothing comes after them that they could harm. */
	r = o->from_us > o->clock_us || o->arrivals >= ODD_ARRIVALS ? believe_run(o) : drop_run(o);
	return r < 0 ? r : flow_writer_flush(&o->wait.out);
}
