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
#include "detect/witness.h"

#define FORGED_SOURCES 1000 /* so many senders ... */
#define FORGED_EACH    1.5  /* ... of hardly more than one packet each */

struct hot *hot_new(struct usual *u, enum level level, const struct thresholds *th, uint32_t times)
{
	struct hot *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->key = u->key;
	h->usual = u;
	h->baseline = u->rate;
	h->level = level;
	h->th = th;
	h->times = times;
	h->meters = METERS_NULL;
	h->current_second = h->current_slot = INT64_MIN / 2;
	h->load = 1;
	h->dirty_first = INT64_MAX;
	h->dirty_last = INT64_MIN;
	h->suspect_us = TIME_NONE;
	h->last_us = h->last_recv_us = TIME_NONE;
	for (unsigned i = 0; i < GROUP_COUNT; i++)
		h->sources[i] = SOURCES_NULL;
	for (unsigned i = 0; i < UNIT_COUNT; i++)
		h->units[i] = SOURCES_NULL;
	h->hosts = SOURCES_NULL;
	for (unsigned v = 0; v < VECTOR_COUNT; v++)
		h->note[v].start_us = h->note[v].seen_us = h->note[v].shown_us = TIME_NONE;
	return h;
}

int hot_split(struct hot *h)
{
	h->by_link = malloc(sizeof(*h->by_link));
	if (!h->by_link)
		return -ENOMEM;
	*h->by_link = METERS_NULL;
	meters_advance(h->by_link, h->meters.newest);
	return 0;
}

static void free_suspicion(struct hot *h)
{
	if (h->by_link)
		meters_deinit(h->by_link);
	free(h->by_link);
	h->by_link = NULL;

	for (unsigned i = 0; i < GROUP_COUNT; i++)
		sources_deinit(&h->sources[i]);
	for (unsigned i = 0; i < UNIT_COUNT; i++)
		sources_deinit(&h->units[i]);
	free(h->wait);
	h->wait = NULL;
	for (unsigned i = 0; i < GROUP_COUNT; i++)
		h->facts[i] = facts_free(h->facts[i]);
	free(h->answers);
	h->answers = NULL;
	h->to_darknet = 0;
	sources_deinit(&h->hosts);
	free(h->evidence);
	free(h->ranks);
	h->evidence = NULL;
	h->ranks = NULL;
	h->n_evidence = 0;
	h->evidence_seen = 0;
	h->tracked = 0;
	h->noted = false;
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

void hot_reset_suspicion(struct hot *h)
{
	free_suspicion(h);
	free(h->dports);
	h->dports = NULL;
	h->tally = (struct tally){0};
	for (unsigned v = 0; v < VECTOR_COUNT; v++)
		h->note[v].packets = h->note[v].bytes = 0;
	h->n_links = h->n_exporters = 0;
	h->sampling_min = h->sampling_max = 0;
	h->sampling_unknown = false;
	for (unsigned i = 0; i < PORT_SLOTS; i++) {
		h->port[i].packets = h->port[i].bytes = 0;
		memset(h->port[i].sources, 0, sizeof(h->port[i].sources));
	}
	h->suspect_us = TIME_NONE;
}

uint64_t hot_memory(const struct hot *h)
{
	uint64_t n = sizeof(*h) + h->meters.memory + h->hosts.memory;

	n += h->by_link ? sizeof(*h->by_link) + h->by_link->memory : 0;

	for (unsigned i = 0; i < GROUP_COUNT; i++)
		n += h->sources[i].memory;
	for (unsigned i = 0; i < UNIT_COUNT; i++)
		n += h->units[i].memory;
	for (unsigned i = 0; i < GROUP_COUNT; i++)
		n += facts_memory(h->facts[i]);
	n += h->attack ? witnesses_memory(h->attack->witnesses) : 0;
	n += h->answers ? sizeof(*h->answers) : 0;
	n += units_memory(h);
	n += h->handshake ? sizeof(*h->handshake) : 0;
	n += h->dports ? sizeof(*h->dports) : 0;
	n += h->http ? sizeof(*h->http) : 0;
	n += h->ranks ? EVIDENCE_MAX * sizeof(*h->ranks) : 0;
	/* Pages behind the last header were never touched. */
	return n + h->n_evidence * sizeof(*h->evidence);
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

bool hot_forged_like(struct hot *h, enum source_group g)
{
	bool exact;

	if (h->sampling_max > 1)
		return false;
	if (h->forged_bin[g] != h->meters.newest) {
		uint64_t n = sources_count(&h->sources[g], &exact);

		h->forged_bin[g] = h->meters.newest;
		h->forged[g] = n >= FORGED_SOURCES &&
			       (double)h->sources[g].packets < FORGED_EACH * (double)n;
	}
	return h->forged[g];
}
