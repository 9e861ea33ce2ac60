/* SPDX-License-Identifier: ISC */
/*
 * Proves that what is remembered of a kind of records is what its detectors would say of each, and
 * that a sender who makes kinds up fills no memory and changes no answer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/hash.h"
#include "detect/kinds.h"

static const uint8_t protos[] = {PROTO_TCP, PROTO_UDP, PROTO_ICMP, PROTO_ICMP6, 47};
static const uint16_t ports[] = {0, 53, 80, 123, 443, 4500, 40000};
static const uint32_t packets[] = {0, 1, 2, 3, 7, 1000};
static const uint16_t side_flags[] = {0,
				      FLOW_IS_PACKET,
				      FLOW_FRAGMENT,
				      FLOW_FRAGMENT | FLOW_LATER_FRAGMENT,
				      FLOW_MALFORMED | FLOW_IS_PACKET,
				      FLOW_HAS_PAYLOAD | FLOW_IS_PACKET};

#define PICK(list, n) (list)[(n) % ARRAY_LEN(list)]

/* Any record at all, also such as no decoder makes. */
static void make(uint64_t number, struct flow *f, struct flow_side *s)
{
	uint64_t r = hash_u64(number, 7);

	*f = (struct flow){.src = ip_from_v4(1), .dst = ip_from_v4(2), .bytes = 100};
	*s = (struct flow_side){.sampling = r >> 60 ? 1 : 100};
	f->proto = PICK(protos, r & 15);
	f->sport = PICK(ports, r >> 4 & 15);
	f->dport = PICK(ports, r >> 8 & 15);
	f->packets = PICK(packets, r >> 12 & 15);
	f->tcp_flags = (uint8_t)(r >> 16);
	s->flags = PICK(side_flags, r >> 24 & 7);
	s->app = (uint8_t)((r >> 28) % APP_COUNT);
}

static struct hot_record classified(const struct kinds *k, const struct flow *f,
				    const struct flow_side *s, uint16_t kind)
{
	struct hot_record r = {.f = f,
			       .s = s,
			       .first_us = 5000000,
			       .last_us = 6000000,
			       .recv_us = 6000000,
			       .weight = flow_weight(s),
			       .packets = (uint64_t)f->packets * flow_weight(s),
			       .kind = kind};

	record_classify(k, &r);
	return r;
}

static void test_remembered_as_asked(void **state)
{
	struct kinds *k = malloc(sizeof(*k));
	unsigned known = 0;

	assert_non_null(k);
	kinds_init(k);
	for (uint64_t i = 0; i < 200000; i++) {
		struct flow_side s;
		struct flow f;
		struct hot_record asked, recalled;
		uint16_t kind;

		make(i, &f, &s);
		kinds_turn(k);
		kind = kinds_find(k, &f, &s);
		known += kind != KIND_ASK;
		asked = classified(k, &f, &s, KIND_ASK);
		recalled = classified(k, &f, &s, kind);
		assert_int_equal(recalled.n_amounts, asked.n_amounts);
		for (unsigned a = 0; a < asked.n_amounts; a++) {
			assert_int_equal(recalled.amount[a].meter, asked.amount[a].meter);
			assert_int_equal(recalled.amount[a].n, asked.amount[a].n);
		}
	}
	assert_true(known > 50000);
	free(k);
}

static void test_full_of_kinds(void **state)
{
	struct kinds *k = malloc(sizeof(*k));
	struct flow_side s;
	struct flow f;
	uint64_t i = 0;

	assert_non_null(k);
	kinds_init(k);
	for (; k->n < KINDS && i < 10000000; i++) {
		make(i, &f, &s);
		s.app = (uint8_t)(i % 16);
		kinds_find(k, &f, &s);
	}
	assert_int_equal(k->n, KINDS);
	/* Whoever comes too late is asked about, until all are forgotten. */
	for (i = 0; i < 256 * 16; i++) {
		f = (struct flow){.proto = PROTO_TCP, .packets = 5, .sport = 9, .dport = 9};
		f.tcp_flags = (uint8_t)i;
		s = (struct flow_side){.sampling = 1, .app = (uint8_t)(i >> 8)};
		if (kinds_find(k, &f, &s) == KIND_ASK)
			break;
	}
	assert_true(i < 256 * 16);
	kinds_turn(k);
	assert_int_not_equal(kinds_find(k, &f, &s), KIND_ASK);
	free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_remembered_as_asked),
		cmocka_unit_test(test_full_of_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
