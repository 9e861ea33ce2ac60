/* SPDX-License-Identifier: ISC */
/*
 * SYN flood: connection requests that nobody completes. Where all packets are seen, each completed
 * handshake explains its SYN. Where packets are sampled, a SYN's own ACK is not among the samples,
 * so the level explains: the host's usual SYNs, plus one for each FURTHER packets that
 * connections send beside the handshake's ACK above their usual level (a request, an ACK, a FIN).
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

/* Of @syn connection requests, those that @tcp packets of connections make believable. */
static double believable(double syn, double tcp)
{
	return tcp > syn ? (tcp - syn) / FURTHER : 0;
}

/*
 * With a history: the usual level, and what the connections' packets grew. Without one the share of
 * requests that the last ten seconds make believable; one second holds too few samples to say.
 */
static uint64_t explained_sampled(const struct window *w, uint64_t packets)
{
	const struct hot *h = w->hot;
	struct window wide = {.hot = h, .end = w->end, .n = 10 * BINS_PER_S};
	double seconds = (double)w->n / BINS_PER_S, answers, syn, usual;
	double base_syn = h->baseline[VECTOR_SYN_FLOOD] * seconds;

	usual = believable(base_syn, h->baseline[METER_TCP] * seconds);
	if (h->usual->seconds >= HEALTHY_SECONDS && base_syn <= usual) {
		answers = believable((double)packets, (double)window_sum(w, METER_TCP)) - usual;
		answers = base_syn + (answers > 0 ? answers : 0);
	} else {
		wide.n = wide.n > w->n ? wide.n : w->n;
		syn = (double)window_sum(&wide, VECTOR_SYN_FLOOD);
		answers = syn > 0 ? (double)packets / syn *
					    believable(syn, (double)window_sum(&wide, METER_TCP))
				  : 0;
	}
	return answers < (double)packets ? (uint64_t)answers : packets;
}

static uint64_t explained(const struct window *w, uint64_t packets)
{
	return w->hot->sampling_max <= 1
		       ? window_supported(w, VECTOR_SYN_FLOOD, METER_DONE, packets)
		       : explained_sampled(w, packets);
}

const struct detector detector_syn_flood = {
	.vector = VECTOR_SYN_FLOOD,
	.families = FAMILY_TCP,
	.bytes = BYTES_SYN,
	.count = count,
	.explained = explained,
	.noise = 1,
};
