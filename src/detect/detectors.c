/* SPDX-License-Identifier: ISC */
/*
 * The list of detectors, and what they share: sums over a window, and the two ways in which traffic
 * is explained as ordinary: it answers what the target sent, or what must follow it did follow.
 */
#include "detect/detector.h"

#include "detect/detect.h"

#define D(name) extern const struct detector detector_##name;
#define DETECTORS(X)                                                                               \
	X(syn_flood)                                                                               \
	X(synack_reflection)                                                                       \
	X(rst_flood)                                                                               \
	X(ack_flood)                                                                               \
	X(conn_flood)                                                                              \
	X(udp_flood)                                                                               \
	X(icmp_flood)                                                                              \
	X(fragment_flood)                                                                          \
	X(amplification) X(http_flood) X(proto_flood) X(malformed) X(dns_query_flood) X(quic_flood)
DETECTORS(D)
#undef D

/* In the order of VECTOR_LIST: a meter of the first kind is a vector's index. */
const struct detector *const detectors[VECTOR_COUNT] = {
#define D(name) &detector_##name,
	DETECTORS(D)
#undef D
};

#define SUPPORT_WAIT_BINS 2 /* half a second: a round trip and the next packet */
#define SUPPORT_LOOK_BINS 8
#define SINGLE_SHARE	  0.9
#define SUPPORT_USUAL	  10 /* support is usual from a tenth on */

bool vector_needs_every_packet(enum vector v)
{
	return detectors[v]->needs_every_packet;
}

uint64_t window_sum(const struct window *w, unsigned meter)
{
	return meters_sum(&w->hot->meters, meter, w->end, w->n);
}

uint64_t answered(const struct window *w, unsigned in_meter, uint64_t packets, uint64_t out,
		  double usual_out, double each)
{
	double seconds = (double)w->n / BINS_PER_S;
	double base_in = w->hot->baseline[in_meter] * seconds;
	double grown, answers = (double)out * each;

	usual_out *= seconds * each;
	if (usual_has_history(w->hot->usual) && base_in <= usual_out) {
		grown = answers - usual_out;
		if (in_meter < VECTOR_COUNT && hot_group((enum vector)in_meter) == GROUP_UDP &&
		    hot_forged_like((struct hot *)w->hot, GROUP_UDP))
			grown = 0; /* a server that answers forged questions is flooded still */
		answers = base_in + (grown > 0 ? grown : 0);
	}
	return answers >= (double)packets ? packets : (uint64_t)answers;
}

uint64_t window_answered(const struct window *w, const struct detector *d, uint64_t packets)
{
	/* A reflector port's own usual level is not kept; UDP as a whole stands for it. */
	unsigned in = d->vector == VECTOR_AMPLIFICATION ? VECTOR_UDP_FLOOD : d->vector;
	uint64_t out = 0;
	double usual = 0;

	for (unsigned i = 0; d->answered_by[i]; i++) {
		out += window_sum(w, d->answered_by[i]);
		usual += w->hot->baseline[d->answered_by[i]];
	}
	return answered(w, in, packets, out, usual, d->answers);
}

uint64_t window_explained(const struct window *w, const struct detector *d, uint64_t packets)
{
	if (d->explained)
		return d->explained(w, packets);
	return d->answers > 0 ? window_answered(w, d, packets) : 0;
}

uint64_t window_supported(const struct window *w, unsigned meter, unsigned support_meter,
			  uint64_t packets)
{
	const struct meters *m = &w->hot->meters;
	uint64_t wanted = meters_sum(m, meter, m->newest, SUPPORT_LOOK_BINS);
	uint64_t came = meters_sum(m, support_meter, m->newest, SUPPORT_LOOK_BINS);
	uint64_t support;

	if (!w->last_look && w->end + SUPPORT_WAIT_BINS > m->newest &&
	    came * SUPPORT_USUAL >= wanted && came > 0)
		return packets;
	/* Support comes a little later: the window for it reaches half a second further. */
	support =
		meters_sum(m, support_meter, w->end + SUPPORT_WAIT_BINS, w->n + SUPPORT_WAIT_BINS);
	return support < packets ? support : packets;
}

bool window_outlasts_answers(const struct window *w, unsigned meter)
{
	const struct hot *h = w->hot;
	const struct source *top[1];
	uint64_t then, out, all = 0;

	if (!h->has_flows || !sources_top(&h->sources[GROUP_TCP], top, 1))
		return true;
	all = h->sources[GROUP_TCP].packets;
	if ((double)source_packets(top[0]) < SINGLE_SHARE * (double)all)
		return true;
	then = meters_sum(&h->meters, meter, w->end - FLOW_LAG_BINS, w->n);
	out = meters_sum(&h->meters, METER_OUT_TCP, w->end - FLOW_LAG_BINS, w->n);
	return then > out &&
	       (then - out) * BINS_PER_S >= hot_threshold(h, (enum vector)meter, 0) * w->n;
}
