/* SPDX-License-Identifier: ISC */
/*
 * UDP flood: UDP of no better name. What a reflector's port, DNS queries or QUIC explain as attacks
 * of their own is theirs; what the target answers (a fourth of it is enough: players, calls, QUIC
 * downloads) is ordinary.
 */
#include "detect/detector.h"
#include "detect/stat.h"

extern const struct detector detector_udp_flood;

static uint64_t count(const struct flow *f, const struct flow_side *s)
{
	if (s->flags & (FLOW_LATER_FRAGMENT | FLOW_MALFORMED))
		return 0;
	/* A first fragment of no known service is a fragment alone. */
	return record_is_fragment(f, s) && !reflector_name(f->sport) ? 0 : f->packets;
}

/*
 * Are @n packets from a reflector's port an attack of their own? Of samples a few must show half of
 * its threshold: else each sample of a flood from random ports would be taken for a reflector's.
 */
static bool is_named(const struct window *w, unsigned slot, uint64_t n)
{
	double weight = hot_weight(w->hot, w->end, w->n), half;

	if (weight <= 1)
		return true;
	half = (double)hot_threshold(w->hot, VECTOR_AMPLIFICATION, w->hot->port[slot].port) / 2;
	return poisson_lower((double)n / weight, Z_99) >= half * w->n / BINS_PER_S / weight;
}

/* Packets of vectors that are an attack in this very window. */
static uint64_t named(const struct window *w)
{
	static const enum vector others[] = {VECTOR_DNS_QUERY_FLOOD, VECTOR_QUIC_FLOOD};
	uint64_t sum = 0;

	for (unsigned i = 0; i < PORT_SLOTS; i++) {
		uint64_t n = port_reflects(w->hot, i) ? window_sum(w, METER_PORT + i) : 0;

		if (n && is_named(w, i, n))
			sum += n;
	}
	for (unsigned i = 0; i < 2; i++) {
		uint64_t n = window_sum(w, others[i]);

		if (n * BINS_PER_S >= hot_threshold(w->hot, others[i], 0) / 2 * w->n)
			sum += n;
	}
	return sum;
}

static uint64_t explained(const struct window *w, uint64_t packets)
{
	uint64_t all = named(w) + window_answered(w, &detector_udp_flood, packets);

	return all < packets ? all : packets;
}

const struct detector detector_udp_flood = {
	.vector = VECTOR_UDP_FLOOD,
	.families = FAMILY_UDP,
	.bytes = BYTES_UDP,
	.count = count,
	.answered_by = {METER_OUT_UDP},
	.answers = 4,
	.explained = explained,
};
