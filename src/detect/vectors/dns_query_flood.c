/* SPDX-License-Identifier: ISC */
/*
 * DNS query flood on a name server. A server answers a flood too, so answers do not explain it; its
 * own usual level does, twice over. Before a history is known, an answered load is taken as usual.
 */
#include "detect/detector.h"

#define DNS_PORT 53

static uint64_t count(const struct flow *f, const struct flow_side *s)
{
	if (f->proto != PROTO_UDP || f->dport != DNS_PORT || s->app == APP_DNS_RESPONSE)
		return 0;
	return s->flags & (FLOW_LATER_FRAGMENT | FLOW_MALFORMED) ? 0 : f->packets;
}

static uint64_t explained(const struct window *w, uint64_t packets)
{
	double usual = w->hot->baseline[VECTOR_DNS_QUERY_FLOOD] * w->n / BINS_PER_S * 2;
	uint64_t out = window_sum(w, METER_OUT_UDP);

	if (!usual_has_history(w->hot->usual))
		return out < packets ? out : packets;
	return usual < (double)packets ? (uint64_t)usual : packets;
}

const struct detector detector_dns_query_flood = {
	.vector = VECTOR_DNS_QUERY_FLOOD,
	.families = FAMILY_UDP,
	.bytes = BYTES_UDP,
	.count = count,
	.dport = DNS_PORT,
	.answered_by = {METER_OUT_UDP},
	.answers = 1,
	.explained = explained,
};
