/* SPDX-License-Identifier: ISC */
#include "drill/datagram.h"

int datagram_flush(struct datagram_out *x, int64_t now_us)
{
	int r;

	if (x->len == 0)
		return 0;
	x->format->seal(x, now_us);
	r = x->output.send(x->output.userdata, x->index, now_us, x->b, x->len);
	x->len = x->set_at = 0;
	x->set_id = 0;
	x->in_this = x->options_in_this = x->templates_in_this = 0;
	return r;
}

int datagram_room(struct datagram_out *x, size_t n, int64_t now_us)
{
	if (x->len && x->len + n > DATAGRAM_MAX) {
		int r = datagram_flush(x, now_us);

		if (r)
			return r;
	}
	if (x->len == 0) {
		x->opened_us = now_us;
		x->format->open(x, now_us);
	}
	return 0;
}

int datagram_flow(struct datagram_out *x, const struct cached_flow *f, int64_t now_us)
{
	int r = datagram_room(x, x->format->record_max, now_us);

	if (r)
		return r;
	x->format->put(x, f);
	x->in_this++;
	x->records++;
	return 0;
}
