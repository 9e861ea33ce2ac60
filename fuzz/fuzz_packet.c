/* SPDX-License-Identifier: ISC */
/*
 * Any bytes as a frame: two bytes choose the link type, two how much longer the wire had it. What
 * is said about the packet must lie within the bytes that were given.
 */
#include <stdlib.h>

#include "base/cursor.h"
#include "observe/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct packet *p, const struct cursor *c)
{
	const uint8_t *end = c->p + cursor_left(c);

	if (p->flow.packets != 1 || !(p->side.flags & FLOW_IS_PACKET))
		abort();
	if (p->payload && (p->payload < c->p || p->payload + p->payload_len > end))
		abort();
	if (p->l4 && (p->l4 < c->p || p->l4 + p->l4_len > end))
		abort();
	if (p->noted > REFUSAL_COUNT || p->side.app >= APP_COUNT)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cursor_over(data, size);
	uint16_t linktype = cursor_be16(&c), more = cursor_be16(&c);
	struct packet p;
	int r;

	if (!cursor_ok(&c))
		return 0;
	for (int inner = 0; inner < 2; inner++) {
		r = packet_decode_inner(&p, inner ? UNWRAP_ALL : 0, linktype, c.p, cursor_left(&c),
					cursor_left(&c) + more);
		if (r < 0 || r > REFUSAL_COUNT)
			abort();
		if (r == 0)
			check(&p, &c);
	}
	if (packet_decode_ip(&p, c.p, cursor_left(&c), cursor_left(&c)) == 0)
		check(&p, &c);
	return 0;
}
