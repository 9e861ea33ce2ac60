/* SPDX-License-Identifier: ISC */
/*
 * SYN flood: connection requests that nobody completes. Where all packets are seen, each completed
 * handshake explains its SYN. Where packets are sampled, a SYN's own ACK is not among the samples,
 * so the level explains: the host's usual SYNs, plus one for each two further packets that
 * established connections send above their usual level (an ordinary connection sends at least that
 * many).
 */
#include "detect/detector.h"

#define FURTHER 3 /* packets beside the handshake that an ordinary connection sends at least */

static uint64_t count(const struct flow *f, const struct flow_side *s)
{
	unsigned flags = f->tcp_flags & (TH_FIN | TH_SYN | TH_RST | TH_PSH | TH_ACK);

	if (record_is_fragment(f, s) || record_is_malformed(f, s))
		return 0;
	return flags == TH_SYN ? f->packets : record_holds_syn(f, s);
}

static uint64_t explained(const struct window *w, uint64_t packets)
{
	const struct hot *h = w->hot;
	uint64_t other;
	double base;

	if (h->sampling_max <= 1)
		return window_supported(w, VECTOR_SYN_FLOOD, METER_DONE, packets);
	/* Completed connections that send nothing further explain nothing: they are no crowd. */
	other = window_sum(w, METER_TCP);
	base = h->baseline[METER_TCP] - h->baseline[VECTOR_SYN_FLOOD];
	return window_answered(w, VECTOR_SYN_FLOOD, packets, other > packets ? other - packets : 0,
			       base > 0 ? base : 0, 1.0 / FURTHER);
}

const struct detector detector_syn_flood = {
	.vector = VECTOR_SYN_FLOOD,
	.families = FAMILY_TCP,
	.bytes = BYTES_SYN,
	.count = count,
	.explained = explained,
	.noise = 1,
};
