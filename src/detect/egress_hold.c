/* SPDX-License-Identifier: ISC */
#include "detect/egress_hold.h"

#include <errno.h>
#include <stdlib.h>

void egress_hold_init(struct egress_hold *h, const struct flow_sink *released)
{
	*h = (struct egress_hold){.out = {.sink = *released}};
}

void egress_hold_deinit(struct egress_hold *h)
{
	flow_writer_deinit(&h->out);
	free(h->held);
	h->held = NULL;
}

/* Most exporters tell of ingress alone. */
static int make_room(struct egress_hold *h)
{
	struct flow_sink sink = h->out.sink;

	if (!h->out.batch && flow_writer_init(&h->out, &sink) < 0)
		return -ENOMEM;
	if (!h->held)
		h->held = calloc(EGRESS_HELD_MAX, sizeof(*h->held));
	return h->held ? 0 : -ENOMEM;
}

int egress_hold_put(struct egress_hold *h, const struct evidence_record *e)
{
	int r = make_room(h);

	if (r < 0)
		return r;
	if (!h->n)
		h->from_us = e->recv_us;
	h->held[h->n++] = *e;
	return 0;
}

int egress_hold_release(struct egress_hold *h)
{
	unsigned n = h->n;
	int r = 0;

	if (!n)
		return 0;
	h->n = 0;
	for (unsigned i = 0; i < n && r == 0; i++) {
		const struct evidence_record *e = &h->held[i];

		r = flow_writer_put(&h->out, &e->flow, &e->side, e->first_us, e->last_us,
				    e->recv_us);
	}
	return r < 0 ? r : flow_writer_flush(&h->out);
}

uint64_t egress_hold_memory(const struct egress_hold *h)
{
	return (h->held ? EGRESS_HELD_MAX * sizeof(*h->held) : 0) +
	       (h->out.batch ? sizeof(*h->out.batch) : 0);
}
