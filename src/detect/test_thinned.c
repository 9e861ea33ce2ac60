/* SPDX-License-Identifier: ISC */
/*
 * Proves what passing over most small records may not change: with 450,000 records a second an
 * attack of a quarter over its threshold is found as fast and as large as it is, to a host and to a
 * prefix, ordinary traffic that comes in bursts of sampling noise is nothing, and all is the same
 * for any number of threads.
 */
#include <stdlib.h>

#include "detect/busy.h"
#include "detect/test_detect_kit.h"

#define HOSTS	   4000
#define SERVERS	   30
#define SECONDS	   5
#define ATTACK_PPS 3125 /* a quarter over the threshold of 2,500 */
#define HOST(i)	   (0x0a000000u + (uint32_t)(i)*16u)
#define SERVER(i)  (0xac100000u + (uint32_t)(i)*5000u)
#define CLIENT(i)  (0x50000000u + (uint32_t)((i)*2654435761u >> 8))
#define CARPET	   0xc6336400u /* 198.51.100.0/24 */

static struct flow udp(uint32_t src, uint32_t dst, uint16_t sport, uint16_t dport)
{
	return (struct flow){.src = ip_from_v4(src),
			     .dst = ip_from_v4(dst),
			     .bytes = 200,
			     .packets = 1,
			     .sport = sport,
			     .dport = dport,
			     .proto = PROTO_UDP};
}

/* A millisecond of 340 packets to many hosts, and of 110 between servers and clients. */
static void background(struct bench *b, unsigned ms)
{
	int64_t us = T0 + ms * US_PER_MS;

	for (unsigned i = 0; i < 340; i++) {
		unsigned n = ms * 340 + i;

		put(b, tcp(CLIENT(n), HOST(hash_u64(n, 1) % HOSTS), 443, 2000, TH_ACK), 1, true, us,
		    us, us);
	}
	for (unsigned i = 0; i < 55; i++) {
		uint32_t server = SERVER(hash_u64(ms * 55 + i, 2) % SERVERS);
		uint32_t client = CLIENT(hash_u64(ms * 55 + i, 3) % 100000);

		put(b, udp(client, server, 5000, 5060), 1, true, us, us, us);
		put(b, udp(server, client, 5060, 5000), 1, true, us, us, us);
	}
}

static void start(struct bench *b, unsigned threads)
{
	bench_start(b, threads, true);
	b->n = 0;
}

static void run(struct bench *b, unsigned threads, uint32_t target, unsigned pps, unsigned spread)
{
	unsigned sent = 0;

	start(b, threads);
	for (unsigned ms = 0; ms < SECONDS * 1000; ms++) {
		int64_t us = T0 + ms * US_PER_MS;

		background(b, ms);
		for (; ms >= 1500 && sent < (uint64_t)pps * (ms - 1500) / 1000; sent++)
			put(b, tcp(FORGED(sent), target + sent % spread, 2000, 80, TH_SYN), 1, true,
			    us, us, us);
	}
	bench_end(b);
}

static void test_nothing_but_noise(void **state)
{
	struct detect_stats stats;
	struct bench b;

	run(&b, 1, 0, 0, 1);
	detect_stats(b.detect, &stats);
	assert_int_equal(b.n, 0);
	assert_int_equal(stats.records, SECONDS * 450000);
	/* Thinned, or this proves nothing: 97,000 were sent to. */
	assert_true(stats.hosts < 60000);
	bench_free(&b);
}

static void expect_found(const struct finding *f, unsigned pps)
{
	assert_true(llabs(f->first_us - (T0 + 1500 * US_PER_MS)) < 500 * US_PER_MS);
	assert_true(f->detected_us - (T0 + 1500 * US_PER_MS) < 1500 * US_PER_MS);
	assert_true(f->peak_pps > pps * 98 / 100 && f->peak_pps < pps * 102 / 100);
	assert_int_equal(f->vectors[0].vector, VECTOR_SYN_FLOOD);
}

static void test_small_attack(void **state)
{
	struct finding one;
	struct bench b;

	run(&b, 1, VICTIM, ATTACK_PPS, 1);
	assert_int_equal(b.n, 1);
	assert_int_equal(ip_v4(&b.last[0].target.addr), VICTIM);
	expect_found(&b.last[0], ATTACK_PPS);
	one = b.last[0];
	bench_free(&b);
	run(&b, 4, VICTIM, ATTACK_PPS, 1);
	assert_int_equal(b.n, 1);
	assert_int_equal(b.last[0].packets, one.packets);
	assert_int_equal(b.last[0].first_us, one.first_us);
	assert_int_equal(b.last[0].detected_us, one.detected_us);
	bench_free(&b);
}

/* No host of the prefix comes near a threshold alone. */
static void test_carpet(void **state)
{
	struct conf *conf = conf_default();
	unsigned pps =
		conf->thresholds.pps[VECTOR_SYN_FLOOD] * conf->thresholds.prefix24_times * 5 / 4;
	struct bench b;

	conf_unref(conf);
	run(&b, 1, CARPET, pps, 256);
	assert_int_equal(b.n, 1);
	assert_int_equal(b.last[0].level, LEVEL_PREFIX);
	assert_int_equal(ip_v4(&b.last[0].target.addr), CARPET);
	expect_found(&b.last[0], pps);
	bench_free(&b);
}

/* One record may claim any number of bytes; a mean size of none divided by zero once. */
static void test_room_of_giants(void **state)
{
	struct prefix key = {.addr = ip_from_v4(VICTIM), .len = 128};
	struct usual *u = usual_new(&key);
	uint64_t least[FILLS] = {1000, 100, 100000};

	assert_non_null(u);
	usual_turn(u, 1000);
	assert_true(busy_room(u, least, 1, UINT64_MAX) <= 1);
	assert_true(busy_room(u, least, UINT64_MAX, 1) == 0);
	/* A hundred and one unanswered are too many, unless chance may have made them. */
	usual_add(u, VECTOR_SYN_FLOOD, 101);
	assert_int_equal(busy_room(u, least, 101, 101), 0);
	u->noise = 8;
	assert_int_not_equal(busy_room(u, least, 101, 101), 0);
	free(u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_but_noise),
		cmocka_unit_test(test_small_attack),
		cmocka_unit_test(test_carpet),
		cmocka_unit_test(test_room_of_giants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
