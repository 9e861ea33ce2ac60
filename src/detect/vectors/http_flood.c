/* SPDX-License-Identifier: ISC */
/*
 * HTTP flood: requests at a rate that no crowd of readers makes. A crowd is many clients with few
 * requests each; a flood is HTTP_PER_SOURCE or more requests a second from each sender on average.
 * Needs packets: flow records do not tell a request from a page.
 */
#include "detect/detector.h"

#define HTTP_PER_SOURCE 5.0

static uint64_t count(const struct flow *f, const struct flow_side *s)
{
	return s->app == APP_HTTP_REQUEST ? f->packets : 0;
}

static bool holds(const struct window *w, uint64_t packets)
{
	return w->hot->http && w->hot->sampling_max <= 1 &&
	       w->hot->http->best_per_source >= HTTP_PER_SOURCE;
}

const struct detector detector_http_flood = {
	.vector = VECTOR_HTTP_FLOOD,
	.families = FAMILY_TCP,
	.bytes = BYTES_TCP,
	.count = count,
	.holds = holds,
	.needs_every_packet = true,
};
