/* SPDX-License-Identifier: ISC */
/* Proves that addresses, prefixes, maps, times, texts and the cursor hold at their edges. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/cursor.h"
#include "base/hash.h"
#include "base/ip.h"
#include "base/json_whole.h"
#include "base/map.h"
#include "base/text.h"
#include "base/vector.h"

/* jansson's allocations until one fails; no limit at first. */
static unsigned long json_left = ULONG_MAX;

static void *json_malloc(size_t n)
{
	return json_left && json_left-- ? malloc(n) : NULL;
}

/* However early memory ends: all of the text, or none of it. */
static void test_json_whole(void **state)
{
	_cleanup_free_ char *whole = NULL;
	unsigned long refused = 0;
	json_t *o;

	json_set_alloc_funcs(json_malloc, free);
	o = json_object();
	for (int i = 0; i < 200; i++) {
		char key[48];

		snprintf(key, sizeof(key), "a-key-of-some-length-%d", i);
		assert_int_equal(json_object_set_new(o, key, json_pack("[i, s]", i, "text")), 0);
	}
	whole = json_whole(o, JSON_COMPACT | JSON_SORT_KEYS);
	assert_non_null(whole);
	assert_null(json_whole(NULL, 0));
	for (unsigned long n = 0; n < 2000; n++) {
		char *got;

		json_left = n;
		got = json_whole(o, JSON_COMPACT | JSON_SORT_KEYS);
		if (got)
			assert_string_equal(got, whole);
		refused += !got;
		free(got);
	}
	json_left = ULONG_MAX;
	assert_in_range(refused, 1, 1999);
	json_decref(o);
	json_set_alloc_funcs(malloc, free);
}

static void test_ip_text(void **state)
{
	static const char *const good[] = {"192.0.2.1", "2001:db8::1", "::", "0.0.0.0"};
	static const char *const bad[] = {"",	      "1.2.3",	   "1.2.3.4.5",
					  "2001:::1", "256.1.1.1", "1.2.3.4 "};
	char buf[IP_TEXT_MAX];
	struct ip ip;

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_int_equal(ip_parse(good[i], &ip), 0);
		assert_string_equal(ip_format(&ip, buf), good[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_true(ip_parse(bad[i], &ip) < 0);
}

static void test_prefix(void **state)
{
	char buf[PREFIX_TEXT_MAX];
	struct prefix p, q;
	struct ip ip;

	assert_int_equal(prefix_parse("198.51.100.0/24", false, &p), 0);
	assert_int_equal(p.len, 120);
	assert_string_equal(prefix_format(&p, buf), "198.51.100.0/24");
	assert_true(prefix_parse("198.51.100.1/24", false, &q) < 0);
	assert_int_equal(prefix_parse("198.51.100.1/24", true, &q), 0);
	assert_true(prefix_equal(&p, &q));
	assert_true(prefix_parse("198.51.100.0/33", false, &q) < 0);
	assert_true(prefix_parse("198.51.100.0/", false, &q) < 0);
	assert_int_equal(ip_parse("198.51.100.255", &ip), 0);
	assert_true(prefix_contains(&p, &ip));
	assert_int_equal(ip_parse("198.51.101.0", &ip), 0);
	assert_false(prefix_contains(&p, &ip));
	assert_int_equal(prefix_parse("2001:db8::/32", false, &p), 0);
	assert_string_equal(prefix_format(&p, buf), "2001:db8::/32");
	assert_int_equal(prefix_parse("0.0.0.0/0", false, &p), 0);
	assert_true(prefix_contains(&p, &ip));
}

static void test_prefix_set(void **state)
{
	struct prefix_set *s = prefix_set_new();
	static const char *const text[] = {"10.0.0.0/8", "10.1.0.0/16", "2001:db8::/32"};
	struct prefix p;
	struct ip ip;
	uint32_t v;

	for (uint32_t i = 0; i < ARRAY_LEN(text); i++) {
		assert_int_equal(prefix_parse(text[i], false, &p), 0);
		assert_int_equal(prefix_set_add(s, &p, i), 0);
	}
	ip_parse("10.1.2.3", &ip);
	assert_true(prefix_set_find(s, &ip, &v));
	assert_int_equal(v, 1);
	ip_parse("10.2.2.3", &ip);
	assert_true(prefix_set_find(s, &ip, &v));
	assert_int_equal(v, 0);
	ip_parse("11.0.0.1", &ip);
	assert_false(prefix_set_find(s, &ip, &v));
	prefix_set_free(s);
}

/* Longest match over the whole table of blocks is what trying each prefix gives. */
static void test_prefix_set_blocks(void **state)
{
	static const unsigned lens[] = {0, 2, 8, 15, 16, 17, 24, 32};
	struct prefix all[40];

	for (unsigned round = 0; round < 50; round++) {
		struct prefix_set *s = prefix_set_new();
		uint32_t v = 0, want = 0;

		assert_non_null(s);
		for (unsigned i = 0; i < 40; i++) {
			uint64_t r = hash_u64(round * 40 + i, 3);
			struct ip ip = ip_from_v4((uint32_t)r & 0x0f03ffff);

			/* 0.0.0.0/0 only now and then, or nothing else would show. */
			all[i] = prefix_of(&ip, PREFIX_V4_BASE + lens[1 + (r >> 32) % 7]);
			if (i == 20 && round % 5 == 0)
				all[i] = prefix_of(&ip, PREFIX_V4_BASE);
			assert_int_equal(prefix_set_add(s, &all[i], i), 0);
		}
		if (round == 7) { /* ::/80 holds what stands for IPv4 */
			struct ip zero = {.u = {0, 0}};

			all[39] = prefix_of(&zero, 80);
			assert_int_equal(prefix_set_add(s, &all[39], 39), 0);
		}
		for (unsigned k = 0; k < 2000; k++) {
			struct ip ip = ip_from_v4((uint32_t)hash_u64(k, round) & 0x0f03ffff);
			int best = -1;

			for (unsigned i = 0; i < 40; i++)
				if (prefix_contains(&all[i], &ip) && all[i].len >= best) {
					best = all[i].len;
					want = i;
				}
			assert_int_equal(prefix_set_find(s, &ip, &v), best >= 0);
			assert_true(best < 0 || v == want);
		}
		prefix_set_free(s);
	}
}

/* Addresses that differ in one half only, and masked ones, must still spread. */
static void test_hash_spreads(void **state)
{
	static const uint64_t seeds[] = {0, HASH_K0, HASH_K1, HASH_K2, 12345};

	for (size_t i = 0; i < ARRAY_LEN(seeds); i++) {
		uint32_t low[256] = {0}, high[256] = {0}, most = 0;

		for (uint64_t k = 0; k < 65536; k++) {
			uint64_t net[2] = {__builtin_bswap64(0x20010db800000000ull + (k << 16)), 0};
			uint64_t host[2] = {0, __builtin_bswap64(0xffff0a000000ull + k)};

			low[hash_u128(net, seeds[i]) & 255]++;
			high[hash_u128(host, seeds[i]) >> 56]++;
		}
		for (unsigned b = 0; b < 256; b++) {
			most = low[b] > most ? low[b] : most;
			most = high[b] > most ? high[b] : most;
		}
		/* 256 each on average, 16 standard deviations allowed to none. */
		assert_true(most < 400);
	}
}

static void test_map(void **state)
{
	struct map *m = map_new(sizeof(uint32_t), sizeof(uint64_t), 1000);
	const void *key;
	void *value;
	size_t at = 0;
	uint32_t n = 0;

	for (uint32_t i = 0; i < 1000; i++)
		*(uint64_t *)map_put(m, &i, NULL) = i * 7;
	uint32_t over = 1000;
	assert_null(map_put(m, &over, NULL));
	for (uint32_t i = 0; i < 1000; i += 2)
		assert_true(map_remove(m, &i));
	assert_false(map_remove(m, &over));
	assert_int_equal(map_count(m), 500);
	while (map_next(m, &at, &key, &value)) {
		assert_int_equal(*(const uint32_t *)key, n * 2 + 1);
		assert_int_equal(*(uint64_t *)value, (n * 2 + 1) * 7);
		n++;
	}
	assert_int_equal(n, 500);
	for (uint32_t i = 0; i < 100000; i++) {
		uint32_t k = 5000 + i;

		assert_non_null(map_put(m, &k, NULL));
		assert_true(map_remove(m, &k));
	}
	map_free(m);
}

static void test_time(void **state)
{
	char buf[TIME_TEXT_MAX];
	int64_t us;

	assert_int_equal(time_parse("2008-08-08T12:00:00.25+09:00", &us), 0);
	assert_string_equal(time_format_utc(us, buf), "2008-08-08T03:00:00.250000Z");
	assert_string_equal(time_format_utc(-1, buf), "1969-12-31T23:59:59.999999Z");
	assert_int_equal(time_parse("0028-08-08T12:00:02Z", &us), 0);
	assert_string_equal(time_format_utc(us, buf), "0028-08-08T12:00:02.000000Z");
	assert_true(time_parse("2008-02-31T12:00:00Z", &us) < 0);
	assert_true(time_parse("2008-08-08T12:00:00", &us) < 0);
	assert_true(time_parse("2008-08-08T24:00:00Z", &us) < 0);
	assert_true(time_parse("2008-08-08T12:00:00.Z", &us) < 0);
}

static void test_cursor(void **state)
{
	static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7};
	struct cursor c = cursor_over(bytes, sizeof(bytes));
	struct cursor sub;

	assert_int_equal(cursor_be16(&c), 0x0102);
	sub = cursor_sub(&c, 2);
	assert_int_equal(cursor_u8(&sub), 3);
	assert_int_equal(cursor_be32(&sub), 0);
	assert_false(cursor_ok(&sub));
	assert_true(cursor_ok(&c));
	assert_int_equal(cursor_left(&c), 3);
	assert_int_equal(cursor_be32(&c), 0);
	assert_false(cursor_ok(&c));
	assert_int_equal(cursor_u8(&c), 0);
}

static void test_text(void **state)
{
	static const char *const words[] = {"prefixes", "protected", "exporters"};
	_cleanup_text_ struct text t = TEXT_NULL;
	char small[7];

	text_rate(&t, 2310000000.0, "bit/s");
	assert_string_equal(text_str(&t), "2.31 Gbit/s");
	text_clear(&t);
	text_rate(&t, 999, "pps");
	assert_string_equal(text_str(&t), "999 pps");
	text_clear(&t);
	text_rate(&t, 22322, "pps");
	assert_string_equal(text_str(&t), "22.3 kpps");
	assert_string_equal(text_nearest("prefixs", words, 3), "prefixes");
	assert_string_equal(text_nearest("exportres", words, 3), "exporters");
	assert_null(text_nearest("zzz", words, 3));
	assert_int_equal(text_width("狼煙 a"), 6);
	assert_string_equal(text_cut(small, sizeof(small), "狼煙"), "狼煙");
	assert_string_equal(text_cut(small, sizeof(small) - 1, "狼煙"), "狼");
	assert_string_equal(text_cut(small, 3, "狼煙"), "");
	assert_string_equal(text_cut(small, sizeof(small), "abcdefgh"), "abcdef");
	assert_true(text_is_utf8("狼煙", 6));
	assert_false(text_is_utf8("狼煙", 5));
	assert_false(text_is_utf8("\xc0\xaf", 2));     /* longer than it need be */
	assert_false(text_is_utf8("\xed\xa0\x80", 3)); /* half of a pair */
}

static void test_vector_names(void **state)
{
	char buf[VECTOR_NAME_MAX];
	enum vector v;
	uint16_t port;

	assert_string_equal(vector_name(VECTOR_AMPLIFICATION, 53, buf), "dns_amplification");
	assert_string_equal(vector_name(VECTOR_AMPLIFICATION, 4500, buf), "port4500_amplification");
	assert_int_equal(vector_parse("port4500_amplification", &v, &port), 0);
	assert_int_equal(port, 4500);
	assert_int_equal(vector_parse("ntp_amplification", &v, &port), 0);
	assert_int_equal(port, 123);
	assert_int_equal(vector_parse("syn_flood", &v, &port), 0);
	assert_int_equal(v, VECTOR_SYN_FLOOD);
	assert_true(vector_parse("nonsense_amplification", &v, &port) < 0);
	assert_true(vector_parse("_amplification", &v, &port) < 0);
	assert_true(vector_parse("port0_amplification", &v, &port) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json_whole),
		cmocka_unit_test(test_ip_text),
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_prefix_set),
		cmocka_unit_test(test_prefix_set_blocks),
		cmocka_unit_test(test_hash_spreads),
		cmocka_unit_test(test_map),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_cursor),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_vector_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
