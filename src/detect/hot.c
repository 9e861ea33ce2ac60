/* SPDX-License-Identifier: ISC */
/*
 * The life of a followed destination: made, learnt from, forgotten. Everything in it is lazy: a
 * ring, a map or a table is made when the first thing to put into it comes, so that most of them
 * stay small.
 */
#include "detect/hot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "detect/hot_inside.h"

#define FORGED_SOURCES	  1000 /* so many senders ... */
#define FORGED_EACH	  1.5  /* ... of hardly more than one packet each */
#define BASELINE_SECONDS  120
#define BASELINE_LAG_BINS 12

struct hot *hot_new(const struct prefix *key, enum level level, const struct thresholds *th,
		    uint32_t times)
{
	struct hot *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->key.addr =
		key->addr; /* by members: the padding stays zero, keys are compared as bytes */
	h->key.len = key->len;
	h->level = level;
	h->th = th;
	h->times = times;
	h->meters.newest = INT64_MIN;
	h->dirty_first = INT64_MAX;
	h->dirty_last = INT64_MIN;
	h->suspect_us = TIME_NONE;
	h->last_us = h->last_recv_us = h->first_recv_us = TIME_NONE;
	h->baseline_bin = INT64_MIN;
	for (unsigned i = 0; i < GROUP_COUNT; i++)
		h->sources[i] = SOURCES_NULL;
	for (unsigned i = 0; i < UNIT_COUNT; i++)
		h->units[i] = SOURCES_NULL;
	h->hosts = SOURCES_NULL;
	for (unsigned v = 0; v < VECTOR_COUNT; v++)
		h->start_us[v] = h->seen_us[v] = h->shown_us[v] = TIME_NONE;
	return h;
}

static void free_suspicion(struct hot *h)
{
	for (unsigned i = 0; i < GROUP_COUNT; i++)
		sources_deinit(&h->sources[i]);
	for (unsigned i = 0; i < UNIT_COUNT; i++)
		sources_deinit(&h->units[i]);
	sources_deinit(&h->hosts);
	free(h->evidence);
	h->evidence = NULL;
	h->n_evidence = 0;
}

struct hot *hot_free(struct hot *h)
{
	if (!h)
		return NULL;
	free_suspicion(h);
	meters_deinit(&h->meters);
	free(h->handshake);
	free(h->dports);
	free(h->http);
	free(h);
	return NULL;
}

void hot_reset_suspicion(struct hot *h, int64_t us)
{
	free_suspicion(h);
	free(h->dports);
	h->dports = NULL;
	h->tally = (struct tally){0};
	h->n_links = h->n_exporters = 0;
	h->sampling_min = h->sampling_max = 0;
	h->sampling_unknown = false;
	for (unsigned i = 0; i < PORT_SLOTS; i++) {
		h->port[i].packets = h->port[i].bytes = 0;
		memset(h->port[i].sources, 0, sizeof(h->port[i].sources));
	}
	h->suspect_us = us;
}

uint64_t hot_memory(const struct hot *h)
{
	uint64_t n = sizeof(*h) + h->meters.memory + h->hosts.memory;

	for (unsigned i = 0; i < GROUP_COUNT; i++)
		n += h->sources[i].memory;
	for (unsigned i = 0; i < UNIT_COUNT; i++)
		n += h->units[i].memory;
	n += h->handshake ? sizeof(*h->handshake) : 0;
	n += h->dports ? sizeof(*h->dports) : 0;
	n += h->http ? sizeof(*h->http) : 0;
	return n + (h->evidence ? EVIDENCE_MAX * sizeof(*h->evidence) : 0);
}

uint64_t hot_threshold(const struct hot *h, enum vector v, uint16_t port)
{
	uint64_t t = thresholds_pps(h->th, v, port);

	return t >= RATE_NEVER / h->times ? RATE_NEVER : t * h->times;
}

double hot_weight(const struct hot *h, int64_t end, unsigned n)
{
	double weight;

	if (h->sampling_max <= 1)
		return 1;
	weight = meters_weight(&h->meters, end, n);
	return weight >= 1 ? weight : h->sampling_max;
}

enum source_group hot_group(enum vector v)
{
	switch (v) {
	case VECTOR_SYN_FLOOD:
		return GROUP_SYN;
	case VECTOR_UDP_FLOOD:
	case VECTOR_AMPLIFICATION:
	case VECTOR_DNS_QUERY_FLOOD:
	case VECTOR_QUIC_FLOOD:
	case VECTOR_FRAGMENT_FLOOD:
		return GROUP_UDP;
	case VECTOR_ICMP_FLOOD:
	case VECTOR_PROTO_FLOOD:
		return GROUP_OTHER;
	default:
		return GROUP_TCP;
	}
}

void hot_learn(struct hot *h, int64_t bin)
{
	/*
	 * Sampled flows are told of out of order, a connection's FIN at once and its SYN after the
	 * inactive timeout. What is learnt of them before would be a level of its own.
	 */
	bool late = h->has_flows && h->sampling_max > 1;
	int64_t to = bin - (late ? FLOW_LAG_BINS : BASELINE_LAG_BINS);

	if (h->baseline_bin == INT64_MIN) {
		/* The first second is seen in part only. */
		h->baseline_bin = h->meters.newest + BINS_PER_S - h->meters.newest % BINS_PER_S;
		return;
	}
	if (to - h->baseline_bin > RING_BINS)
		h->baseline_bin = to - RING_BINS;
	for (; h->baseline_bin + BINS_PER_S <= to; h->baseline_bin += BINS_PER_S) {
		double a = h->baseline_s < BASELINE_SECONDS ? 1.0 / (h->baseline_s + 1)
							    : 1.0 / BASELINE_SECONDS;

		for (unsigned m = 0; m < METER_COUNT; m++) {
			double now = (double)meters_sum(
				&h->meters, m, h->baseline_bin + BINS_PER_S - 1, BINS_PER_S);

			h->baseline[m] += a * (now - h->baseline[m]);
		}
		h->baseline_s++;
	}
}

bool hot_forged_like(struct hot *h, enum source_group g, uint64_t packets)
{
	bool exact;

	if (h->sampling_max > 1)
		return false;
	if (h->forged_bin[g] != h->meters.newest) {
		uint64_t n = sources_count(&h->sources[g], &exact);

		h->forged_bin[g] = h->meters.newest;
		h->forged[g] = n >= FORGED_SOURCES && (double)packets < FORGED_EACH * (double)n;
	}
	return h->forged[g];
}
