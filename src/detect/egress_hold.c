/* SPDX-License-Identifier: ISC */
#include "detect/egress_hold.h"

int egress_hold_put(struct egress_hold *h, const struct evidence_record *e)
{
	int r = record_hold_room(&h->wait);

	if (r < 0)
		return r;
	if (!h->wait.n)
		h->from_us = e->recv_us;
	record_hold_put(&h->wait, e);
	return 0;
}

int egress_hold_release(struct egress_hold *h)
{
	unsigned n = h->wait.n;
	int r = 0;

	if (!n)
		return 0;
	h->wait.n = 0;
	for (unsigned i = 0; i < n && r == 0; i++)
		r = record_hold_pass(&h->wait, &h->wait.held[i]);
	return r < 0 ? r : flow_writer_flush(&h->wait.out);
}
