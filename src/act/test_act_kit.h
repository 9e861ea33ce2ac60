/* SPDX-License-Identifier: ISC */
/* Incidents with samples made by hand, for the tests of rules and of what they cost. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "act/derive.h"
#include "base/cleanup.h"

#define TARGET	0xc6120a01u /* 198.18.10.1 */
#define CLIENTS 0x0b000000u

struct kit {
	struct incident *inc;
	struct conf conf;
	uint64_t dice;
};

static inline uint32_t kit_below(struct kit *k, uint32_t n)
{
	k->dice ^= k->dice << 13;
	k->dice ^= k->dice >> 7;
	k->dice ^= k->dice << 17;
	return n ? (uint32_t)(k->dice >> 20) % n : 0;
}

static inline void kit_begin(struct kit *k)
{
	*k = (struct kit){.dice = 0x9e3779b97f4a7c15u};
	k->inc = incident_new();
	assert_non_null(k->inc);
	k->inc->f.level = LEVEL_HOST;
	k->inc->f.sampling_known = true;
	k->inc->f.target = (struct prefix){ip_from_v4(TARGET), 128};
	for (unsigned s = 0; s < SAMPLE_COUNT; s++) {
		k->inc->evidence[s].record = calloc(EVIDENCE_MAX, sizeof(struct evidence_record));
		assert_non_null(k->inc->evidence[s].record);
	}
}

static inline void kit_end(struct kit *k)
{
	incident_free(k->inc);
}

/* A packet as captures give it; @sport 0: one of a client's. */
static inline struct evidence_record kit_packet(struct kit *k, uint8_t proto, uint16_t sport,
						uint16_t dport, uint16_t octets, uint8_t flags)
{
	struct evidence_record e = {.first_us = 1, .last_us = 1, .recv_us = 1};

	e.flow.src = ip_from_v4(CLIENTS + kit_below(k, 1u << 20));
	e.flow.dst = ip_from_v4(TARGET);
	e.flow.proto = proto;
	e.flow.packets = 1;
	e.flow.bytes = octets;
	e.flow.sport = sport ? sport : (uint16_t)(32768 + kit_below(k, 28000));
	e.flow.dport = dport;
	e.flow.tcp_flags = flags;
	e.side.sampling = 1;
	e.side.flags = FLOW_IS_PACKET | FLOW_SAMPLING_KNOWN;
	return e;
}

static inline void kit_put(struct kit *k, enum sample s, struct evidence_record e)
{
	struct header_sample *to = &k->inc->evidence[s];

	if (to->n < EVIDENCE_MAX)
		to->record[to->n++] = e;
}

/* One packet of a client that visits a web server at @port. */
static inline struct evidence_record kit_visit(struct kit *k, uint16_t port)
{
	static const uint8_t options[] = {20, 20, 12, 24, 4};

	switch (kit_below(k, 10)) {
	case 0:
		return kit_packet(k, 6, 0, port, (uint16_t)(40 + options[kit_below(k, 5)]), TH_SYN);
	case 1:
		return kit_packet(k, 6, 0, port, 40, TH_FIN | TH_ACK);
	case 2:
		return kit_packet(k, 6, 0, port, 360, TH_PSH | TH_ACK);
	case 3:
		return kit_packet(k, 6, 0, port, 557, TH_PSH | TH_ACK);
	default:
		return kit_packet(k, 6, 0, port, 40, TH_ACK);
	}
}

static inline void kit_visits(struct kit *k, unsigned n)
{
	while (n--)
		kit_put(k, SAMPLE_GOOD, kit_visit(k, n % 2 ? 443 : 80));
}

/* What is hit, of @n that @make gives. */
static inline double kit_hit(struct kit *k, const struct derived *d, unsigned n,
			     struct evidence_record (*make)(struct kit *k))
{
	unsigned hit = 0;

	for (unsigned i = 0; i < n; i++) {
		struct evidence_record e = make(k);
		bool any = false;

		for (unsigned r = 0; r < d->n && !any; r++)
			any = rule_matches(&d->rule[r], &e);
		hit += any;
	}
	return (double)hit / n;
}
