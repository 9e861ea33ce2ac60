/* SPDX-License-Identifier: ISC */
/*
 * The world with places is uneven and stands still; each family's truth is what its packets were,
 * and before it comes enough ordinary traffic, both ways, to learn from.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/clock.h"
#include "base/map.h"
#include "drill/drill.h"
#include "drill/random.h"
#include "drill/standing.h"

#define SEED	    101
#define PACKETS_MAX 1500000

static uint64_t size_of(const struct standing_block *b)
{
	return UINT64_C(1) << (32 - b->len);
}

static void test_blocks(void **state)
{
	struct standing *s = standing_new(SEED), *other = standing_new(SEED + 1);
	uint64_t routed = 0, silent = 0, free_space = 0, end = 0, differ = 0;
	const struct standing_block *b, *o;
	size_t n = 0;

	for (; (b = standing_block_at(s, n)) != NULL; n++) {
		assert_true(b->first >= end);
		end = b->first + size_of(b);
		assert_false(standing_special(b->first));
		assert_false(standing_special((uint32_t)(end - 1)));
		assert_ptr_equal(standing_find(s, b->first), b);
		assert_ptr_equal(standing_find(s, (uint32_t)(end - 1)), b);
		o = standing_block_at(other, n);
		differ += !o || o->first != b->first || o->hops != b->hops;
		if (b->status != BLOCK_ALLOCATED)
			free_space += size_of(b);
		else if (b->routed)
			routed += size_of(b);
		else
			silent += size_of(b);
	}
	assert_in_range(n, 20000, 120000);
	assert_in_range(routed, 0x80000000u, 0xc0000000u);
	assert_in_range(silent, 0x08000000u, 0x60000000u);
	assert_in_range(free_space, 0x02000000u, 0x20000000u);
	assert_true(differ > n / 2);
	assert_null(standing_find(s, 0x0a000001)); /* 10.0.0.1 */
	assert_null(standing_find(s, 0xc6120a01)); /* own space */
	standing_free(s);
	standing_free(other);
}

static int by_count(const void *a, const void *b)
{
	return *(const int *)b - *(const int *)a;
}

/* Shares of 20,000 hosts: in the ten fullest /8s, and in the own country. */
static void crowd_shares(const struct standing *s, enum crowd_kind kind, double *top, double *home)
{
	int eighths[256] = {0}, sum = 0, own = 0;

	for (uint32_t i = 0; i < 20000; i++) {
		struct ip ip = standing_host(s, kind, 5, i), again = standing_host(s, kind, 5, i);
		struct standing_sight sight = standing_sight(s, &ip);
		const struct standing_block *b = standing_find(s, ip_v4(&ip));

		assert_true(ip_equal(&ip, &again));
		assert_true(b && b->routed);
		assert_true(sight.link == b->link || sight.link == b->other_link);
		assert_in_range(sight.hops, b->hops, b->hops + 1);
		assert_int_equal(sight.ttl + sight.hops, stack_ttl((enum stack)sight.stack));
		eighths[ip_v4(&ip) >> 24]++;
		own += strcmp(standing_country(s, &ip), STANDING_OWN_COUNTRY) == 0;
	}
	qsort(eighths, 256, sizeof(int), by_count);
	for (int i = 0; i < 10; i++)
		sum += eighths[i];
	*top = sum / 20000.0;
	*home = own / 20000.0;
	print_message("crowd %d: %.3f in ten /8s, %.3f at home\n", kind, *top, *home);
}

static void test_crowds(void **state)
{
	struct standing *s = standing_new(SEED);
	double top, home;

	crowd_shares(s, CROWD_CLIENTS, &top, &home);
	assert_true(top > 0.25 && home > 0.4 && home < 0.9);
	crowd_shares(s, CROWD_BOTS, &top, &home);
	assert_true(top > 0.15 && home < 0.25);
	crowd_shares(s, CROWD_HOSTERS, &top, &home);
	assert_true(top > 0.15);
	standing_free(s);
}

/* A uniform draw over routed space stays in it and is not a crowd. */
static void test_routed_addresses(void **state)
{
	struct standing *s = standing_new(SEED);
	unsigned alive = 0;

	for (uint64_t i = 0; i < 20000; i++) {
		uint32_t addr = standing_routed_address(s, rng_hash(9, i));
		const struct standing_block *b = standing_find(s, addr);

		assert_true(b && b->routed);
		alive += standing_alive(s, addr);
	}
	assert_in_range(alive, 500, 9000);
	standing_free(s);
}

/* What the families' truth must say of their sources. */
static const struct {
	const char *name, *spoofing;
	uint64_t senders_min, senders_max;
	enum drill_group group;
} families[] = {
	{"spoof-any", "spoofed", 1, 4000, DRILL_FIT},
	{"spoof-public", "spoofed", 1, 4000, DRILL_FIT},
	{"spoof-routed", "spoofed", 1, 4000, DRILL_FIT},
	{"spoof-partly", "partly", 900, 25000, DRILL_FIT},
	{"spoof-subnet", "spoofed", 20, 1500, DRILL_HELD_OUT},
	{"spoof-constant", "spoofed", 1, 40, DRILL_HELD_OUT},
	{"spoof-replay", "spoofed", 1, 4000, DRILL_HELD_OUT},
	{"spoof-beside-amp", "partly", 150, 10000, DRILL_HELD_OUT},
	{"spoof-beside-bots", "partly", 450, 24000, DRILL_HELD_OUT},
	{"bots-1k", "not_spoofed", 950, 1000, DRILL_FIT},
	{"bots-10k", "not_spoofed", 9000, 10000, DRILL_FIT},
	{"bots-100k", "not_spoofed", 50000, 100000, DRILL_FIT},
	{"bots-connect", "not_spoofed", 950, 20000, DRILL_FIT},
	{"bots-cgn", "not_spoofed", 20, 400, DRILL_HELD_OUT},
	{"few-connect", "not_spoofed", 1, 5, DRILL_FIT},
	{"few-silent", "not_spoofed", 1, 5, DRILL_FIT},
	{"reflect-amp", "not_spoofed", 150, 6000, DRILL_FIT},
	{"reflect-synack", "not_spoofed", 250, 5000, DRILL_FIT},
	{"scan-answered", "not_spoofed", 1, 1, DRILL_FIT},
	{"scan-silent", "", 1, 1, DRILL_FIT},
};

static enum drill_group group_of(const char *wanted)
{
	const char *name, *help;
	uint32_t seconds;

	for (size_t i = 0; drill_scenario(i, &name, &help, &seconds); i++)
		if (strcmp(name, wanted) == 0)
			return drill_scenario_group(i);
	fail_msg("no scenario %s", wanted);
	return DRILL_ORDINARY;
}

static json_t *truth_of(struct drill *d)
{
	char *text = drill_truth_json(d);
	json_t *truth = json_loads(text, 0, NULL);

	assert_non_null(truth);
	free(text);
	return truth;
}

static void check_family(size_t i)
{
	struct drill_options o = {.no_background = true};
	struct drill_sink sink = {0};
	struct drill *d = drill_new(families[i].name, SEED, &o);
	const char *spoofing;
	json_t *truth, *a;
	uint64_t senders;
	double share;

	assert_non_null(d);
	assert_int_equal(drill_run(d, &sink), 0);
	assert_int_equal(drill_figures(d)->refused, 0);
	assert_true(drill_figures(d)->packets < PACKETS_MAX);
	truth = truth_of(d);
	a = json_array_get(json_object_get(truth, "attacks"), 0);
	spoofing = json_string_value(json_object_get(a, "spoofing"));
	senders = (uint64_t)json_integer_value(json_object_get(a, "senders"));
	share = json_number_value(json_object_get(a, "forged_share"));
	if (*families[i].spoofing && strcmp(spoofing, families[i].spoofing) != 0)
		fail_msg("%s: %s", families[i].name, spoofing);
	assert_true(strcmp(spoofing, "partly") == 0 ? share > 0.2 && share < 0.8
						    : share == 0 || share == 1);
	if (senders < families[i].senders_min || senders > families[i].senders_max)
		fail_msg("%s: %llu senders", families[i].name, (unsigned long long)senders);
	assert_int_equal(group_of(families[i].name), families[i].group);
	assert_string_equal(json_string_value(json_object_get(truth, "group")),
			    drill_group_name(families[i].group));
	json_decref(truth);
	drill_free(d);
}

static void test_families(void **state)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		check_family(i);
}

/* Frames of a run, as somebody outside of the drill would read them. */
struct reader {
	struct map *ttl_of; /* source -> TTL of what came from it before the attack */
	int64_t attack_us;
	uint32_t target;
	uint64_t before_in, before_out, known, other_ttl, answers, resets, to_darknet;
};

static uint32_t be32(const uint8_t *b)
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static int on_frame(void *userdata, int64_t time_us, const uint8_t *b, size_t len, size_t wirelen)
{
	struct reader *r = userdata;
	const uint8_t *ip = b + 14;
	uint32_t src = be32(ip + 12), dst = be32(ip + 16);
	bool out = (src & 0xffff0000u) == 0xc6120000u;
	uint8_t *ttl;

	if (b[12] != 0x08)
		return 0;
	if (time_us < r->attack_us) {
		r->before_out += out;
		r->before_in += !out;
		if (!out)
			*(uint8_t *)map_put(r->ttl_of, &src, NULL) = ip[8];
		return 0;
	}
	r->answers += src == r->target && ip[9] == 6 && ip[33] == 0x12;
	r->to_darknet += src == r->target && (dst & 0xfff00000u) == 0x2c000000u;
	if (dst != r->target || (ip[9] == 6 && ip[33] == 4)) {
		r->resets += dst == r->target;
		return 0;
	}
	ttl = map_get(r->ttl_of, &src);
	r->known += ttl != NULL;
	r->other_ttl += ttl && *ttl != ip[8];
	return 0;
}

static struct reader read_run(const char *name, uint64_t seed)
{
	struct reader r = {.ttl_of = map_new(4, 1, 1000000)};
	struct drill_sink sink = {.frame = on_frame, .userdata = &r};
	struct drill *d = drill_new(name, seed, NULL), *dry = drill_new(name, seed, NULL);
	struct drill_sink nothing = {0};
	struct ip target;
	json_t *truth, *a;

	assert_int_equal(drill_run(dry, &nothing), 0);
	truth = truth_of(dry);
	a = json_array_get(json_object_get(truth, "attacks"), 0);
	assert_int_equal(time_parse(json_string_value(json_object_get(a, "first")), &r.attack_us),
			 0);
	assert_int_equal(
		ip_parse(json_string_value(json_array_get(json_object_get(a, "targets"), 0)),
			 &target),
		0);
	r.target = ip_v4(&target);
	assert_int_equal(drill_run(d, &sink), 0);
	json_decref(truth);
	drill_free(dry);
	drill_free(d);
	map_free(r.ttl_of);
	return r;
}

/* Visitors' addresses, known before, now arrive with other TTLs; the learnt ones stay. */
static void test_replayed_headers(void **state)
{
	struct reader r = read_run("spoof-replay", SEED);

	assert_true(r.before_in > 40000 && r.before_out > 40000);
	assert_true(r.known > 20000);
	assert_true(r.other_ttl > r.known / 2);
}

/* Of a real crowd what was known keeps its TTL. */
static void test_ordinary_sources_keep_their_ttl(void **state)
{
	struct reader r = read_run("few-connect", SEED);

	assert_true(r.before_in > 40000 && r.answers > 10000);
	assert_int_equal(r.other_ttl, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_crowds),
		cmocka_unit_test(test_routed_addresses),
		cmocka_unit_test(test_families),
		cmocka_unit_test(test_replayed_headers),
		cmocka_unit_test(test_ordinary_sources_keep_their_ttl),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
