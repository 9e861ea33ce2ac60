/* SPDX-License-Identifier: ISC */
/*
 * SYN flood: connection requests that nobody completes. Where all packets are seen, each completed
 * handshake explains its SYN. Where packets are sampled, a SYN's own ACK is not among the samples,
 * so the level explains: the host's usual SYNs, plus one for each FURTHER packets that
 * connections send beside the handshake's ACK above their usual level (a request, an ACK, a FIN).
 * Of so few packets chance makes a crowd look like a flood; then it is taken for a crowd.
 */
#include "detect/detector.h"
#include "detect/stat.h"

#define FURTHER	    3 /* packets beside the handshake that an ordinary connection sends at least */
#define BEFORE_BINS (10 * BINS_PER_S)
#define AFTER_BINS  (3 * BINS_PER_S)
#define CHANCE	    1e-4 /* it is asked at each look */

static uint64_t count(const struct flow *f, const struct flow_side *s)
{
	unsigned flags = f->tcp_flags & (TH_FIN | TH_SYN | TH_RST | TH_PSH | TH_ACK);

	if (record_is_fragment(f, s) || record_is_malformed(f, s))
		return 0;
	return flags == TH_SYN ? f->packets : record_holds_syn(f, s);
}

double syn_believable(double syn, double tcp)
{
	return tcp > syn ? (tcp - syn) / FURTHER : 0;
}

/*
 * Where the window's requests are looked for support: one second holds too few samples to say. A
 * host with a history is compared with its usual level just here, any other with its last seconds
 * too. Later packets of the same connections count as far as they have come: they are not waited
 * for, since a short flood has nothing behind it.
 */
static struct window support_of(const struct window *w, bool history)
{
	int64_t later = w->hot->meters.newest - w->end;
	unsigned before = !history && w->n < BEFORE_BINS ? BEFORE_BINS - w->n : 0;

	later = later < AFTER_BINS ? later : AFTER_BINS;
	return (struct window){
		.hot = w->hot, .end = w->end + later, .n = before + w->n + (unsigned)later};
}

/* As many requests as these among @all packets of clients are seen of ordinary ones by chance. */
static bool by_chance(const struct window *w, double syn, double all)
{
	double weight = hot_weight(w->hot, w->end, w->n);

	return share_chance(syn / weight, all / weight, 1.0 / (2 + FURTHER)) > CHANCE;
}

/* Known long enough, and not a level of requests that nothing explains. */
static bool has_history(const struct hot *h)
{
	return usual_has_history(h->usual) &&
	       h->baseline[VECTOR_SYN_FLOOD] <=
		       syn_believable(h->baseline[VECTOR_SYN_FLOOD], h->baseline[METER_TCP]);
}

/* The usual requests, and of the others the share that the connections' packets make believable. */
static uint64_t explained_sampled(const struct window *w, uint64_t packets)
{
	bool history = has_history(w->hot);
	struct window support = support_of(w, history);
	double usual_syn = history ? w->hot->baseline[VECTOR_SYN_FLOOD] : 0;
	double usual_tcp = history ? w->hot->baseline[METER_TCP] : 0;
	double seconds = (double)support.n / BINS_PER_S, usual, answers;
	double syn = (double)window_sum(&support, VECTOR_SYN_FLOOD) - usual_syn * seconds;
	double tcp = (double)window_sum(&support, METER_TCP) - usual_tcp * seconds;

	tcp = tcp > 0 ? tcp : 0;
	if (syn <= 0 || by_chance(w, syn, syn + tcp))
		return packets;
	usual = usual_syn * w->n / BINS_PER_S;
	answers = usual + ((double)packets - usual) / syn * syn_believable(syn, tcp);
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
	.answered_by = {METER_DONE},
	.answers = 1,
	.explained = explained,
	.noise = 1,
};
