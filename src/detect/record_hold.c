/* SPDX-License-Identifier: ISC */
#include "detect/record_hold.h"

#include <errno.h>
#include <stdlib.h>

void record_hold_init(struct record_hold *h, const struct flow_sink *on)
{
	*h = (struct record_hold){.out = {.sink = *on}};
}

void record_hold_deinit(struct record_hold *h)
{
	flow_writer_deinit(&h->out);
	free(h->held);
	h->held = NULL;
}

int record_hold_room(struct record_hold *h)
{
	struct flow_sink sink = h->out.sink;

	if (!h->out.batch && flow_writer_init(&h->out, &sink) < 0)
		return -ENOMEM;
	if (!h->held)
		h->held = calloc(RECORD_HELD_MAX, sizeof(*h->held));
	return h->held ? 0 : -ENOMEM;
}

int record_hold_pass(struct record_hold *h, const struct evidence_record *e)
{
	return flow_writer_put(&h->out, &e->flow, &e->side, e->first_us, e->last_us, e->recv_us);
}

uint64_t record_hold_memory(const struct record_hold *h)
{
	return (h->held ? RECORD_HELD_MAX * sizeof(*h->held) : 0) +
	       (h->out.batch ? sizeof(*h->out.batch) : 0);
}
