/* SPDX-License-Identifier: ISC */
/*
 * For tests that hold the short ways against the long ones: two decoders fed with the same, and
 * packets decoded both ways. What comes out must be the same, byte by byte.
 */
#pragma once

#include "observe/test_export_kit.h"

#include "observe/export_state.h"
#include "observe/packet.h"
#include "observe/packet_place.h"

static uint64_t state_of_random = 1;

/* splitmix64: the same numbers on every run. */
static inline uint64_t random64(void)
{
	uint64_t z = state_of_random += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static inline unsigned below(unsigned n)
{
	return (unsigned)(random64() % n);
}

static inline bool one_in(unsigned n)
{
	return below(n) == 0;
}

/* Two decoders of the same datagrams: `slow` never takes the short way. */
struct pair {
	struct kit *fast, *slow;
};

static uint64_t placed; /* records that went the short way */
static plain_place_fn place_under_test;

static inline void place_counted(const struct plain *p, const struct plain_image *base,
				 const uint8_t *records, uint32_t n, struct flow *flow,
				 struct flow_side *side, struct plain_raw *raw)
{
	placed += n;
	place_under_test(p, base, records, n, flow, side, raw);
}

static inline struct pair pair_new(enum plain_way way)
{
	struct pair p = {.fast = kit_new(), .slow = kit_new()};

	place_under_test = plain_place(way);
	p.fast->exports->place = place_counted;
	p.slow->exports->place = NULL;
	return p;
}

/* Run @test with each way that this machine has. */
static inline void each_way(void (*test)(enum plain_way way))
{
	for (int way = 0; way < PLAIN_WAYS; way++)
		if (plain_place((enum plain_way)way))
			test((enum plain_way)way);
}

static inline void pair_free(struct pair *p)
{
	kit_free(p->fast);
	kit_free(p->slow);
}

static inline void same_account(const struct exporter *a, const struct exporter *b)
{
	assert_int_equal(a->records, b->records);
	assert_int_equal(a->packets_seen, b->packets_seen);
	assert_int_equal(a->sampling_min, b->sampling_min);
	assert_int_equal(a->sampling_max, b->sampling_max);
	assert_int_equal(a->sampling_known, b->sampling_known);
	assert_int_equal(a->longest_flow_s, b->longest_flow_s);
	assert_int_equal(a->lost_records, b->lost_records);
	assert_memory_equal(&a->refused, &b->refused, sizeof(a->refused));
}

static inline void same_flows(struct pair *p)
{
	assert_int_equal(p->fast->n, p->slow->n);
	for (unsigned i = 0; i < p->fast->n; i++) {
		assert_memory_equal(&p->fast->flow[i], &p->slow->flow[i], sizeof(struct flow));
		assert_memory_equal(&p->fast->side[i], &p->slow->side[i], sizeof(struct flow_side));
		assert_int_equal(p->fast->first_us[i], p->slow->first_us[i]);
	}
	p->fast->n = p->slow->n = 0;
}

/* The slow one also asks the tables anew with each datagram. */
static inline void forget_memos(struct exports *x)
{
	for (size_t i = 0; i < ARRAY_LEN(x->sources); i++) {
		struct export_source *s = x->sources[i];
		size_t at = 0;
		void *value;

		if (!s)
			continue;
		memset(&s->links, 0, sizeof(s->links));
		s->last = NULL;
		while (map_next(s->domains, &at, NULL, &value)) {
			struct domain *d = *(struct domain **)value;

			memset(&d->sampling, 0, sizeof(d->sampling));
			memset(d->recent, 0, sizeof(d->recent));
			memset(d->templates.recent, 0, sizeof(d->templates.recent));
		}
	}
}

static inline void send_both(struct pair *p, const uint8_t *data, size_t n)
{
	int a, b;

	forget_memos(p->slow->exports);
	a = kit_send_n(p->fast, data, n);
	b = kit_send_n(p->slow, data, n);
	assert_int_equal(a, b);
	same_flows(p);
	same_account(kit_exporter(p->fast), kit_exporter(p->slow));
}

static uint64_t packets_plain, packets_all, packets_placed;

/* packet_place() knows of less than packet_plain(): what it takes is @f and @s, but for the base.
 */
static inline void compare_placed(unsigned unwrap, uint32_t linktype, const uint8_t *data, size_t n,
				  size_t wire, const struct flow *f, const struct flow_side *s)
{
	const struct frame frame = {.data = data,
				    .caplen = n,
				    .wirelen = wire,
				    .time_us = 1234567,
				    .linktype = linktype,
				    .interface = 3};
	const struct packet_base base = packet_base(7, 9, unwrap);
	struct flow flow = *f, made;
	struct flow_side side = *s, made_side;
	packet_place_fn place = packet_place();

	if (!place || !place(&base, &frame, 1, 234567, &made, &made_side))
		return;
	packets_placed++;
	flow.exporter = 7;
	flow.in_link = 9;
	flow.first_ms = flow.last_ms = side.recv_ms = 1000;
	side.flags |= FLOW_SAMPLING_KNOWN;
	assert_memory_equal(&made, &flow, sizeof(flow));
	assert_memory_equal(&made_side, &side, sizeof(side));
}

static inline void compare_packet_as(unsigned unwrap, uint32_t linktype, const uint8_t *data,
				     size_t n, size_t wire)
{
	struct packet p;
	struct flow f;
	struct flow_side s;
	int r;

	packets_all++;
	memset(&f, 0, sizeof(f));
	memset(&s, 0, sizeof(s));
	if (!packet_plain(&f, &s, unwrap, linktype, data, n, wire)) {
		uint64_t before = packets_placed;

		compare_placed(unwrap, linktype, data, n, wire, &f, &s);
		assert_int_equal(packets_placed, before);
		return;
	}
	compare_placed(unwrap, linktype, data, n, wire, &f, &s);
	packets_plain++;
	r = packet_decode_inner(&p, unwrap, linktype, data, n, wire);
	assert_int_equal(r, 0);
	assert_int_equal(p.noted, 0);
	assert_memory_equal(&f, &p.flow, sizeof(f));
	assert_memory_equal(&s, &p.side, sizeof(s));
}

/* With all tunnels followed and with none. */
static inline void compare_packet(uint32_t linktype, const uint8_t *data, size_t n, size_t wire)
{
	compare_packet_as(0, linktype, data, n, wire);
	compare_packet_as(UNWRAP_ALL, linktype, data, n, wire);
}
