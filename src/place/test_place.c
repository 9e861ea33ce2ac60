// SPDX-License-Identifier: ISC
/*
 * Pictures in memory: what is said of an address when several say something, and that the tables
 * answer as a plain search would.
 */
#include "place/test_place_kit.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/pages.h"
#include "place/picture.h"
#include "place/special.h"

static struct place_builder *begin(const char *name)
{
	struct place_builder *b = place_builder_new();

	assert_non_null(b);
	assert_int_equal(place_builder_source(b, name, 1000000), 0);
	return b;
}

static void route(struct place_builder *b, const char *text, uint32_t origin, uint32_t neighbour)
{
	struct prefix p = pfx(text);

	assert_int_equal(place_builder_route(b, &p, origin, neighbour), 0);
}

static void block(struct place_builder *b, const char *text, const char *registry, const char *cc,
		  enum place_status status)
{
	struct prefix p = pfx(text);

	assert_int_equal(place_builder_registry(b, &p, registry, cc, status), 0);
}

static void test_nothing(void **state)
{
	struct place_builder *b = place_builder_new();
	_cleanup_places_ struct places *p = done(b);
	struct place w = look(p, "192.0.2.1");

	place_builder_free(b);
	assert_false(w.has_prefix);
	assert_int_equal(w.routed, PLACE_UNKNOWN);
	assert_int_equal(w.dated_us, TIME_NONE);
	assert_true(w.special);
	w = look(NULL, "8.8.8.8");
	assert_false(w.special || w.own || w.has_prefix);
	assert_string_equal(w.source, "");
	assert_string_equal(place_as_name(NULL, 1), "");
}

static void test_layers(void **state)
{
	struct place_builder *b = begin("rir");
	struct prefix own = pfx("203.0.112.0/24");
	_cleanup_places_ struct places *p = NULL;
	struct place w;

	block(b, "203.0.0.0/16", "apnic", "JP", PLACE_ALLOCATED);
	block(b, "2001:db8::/32", "ripencc", "", PLACE_RESERVED);
	assert_int_equal(place_builder_source(b, "rib", TIME_NONE), 0);
	route(b, "203.0.112.0/20", 64500, 64510);
	route(b, "203.0.112.0/20", 64500, 64511);
	route(b, "203.0.112.0/20", 64501, 0);
	assert_int_equal(place_builder_source(b, "us", TIME_NONE), 0);
	assert_int_equal(place_builder_own(b, &own, "Bank", ""), 0);
	p = done(b);
	place_builder_free(b);

	w = look(p, "203.0.1.1");
	assert_string_equal(w.country, "JP");
	assert_string_equal(w.registry, "apnic");
	assert_string_equal(w.source, "rir");
	assert_int_equal(w.dated_us, 1000000);
	assert_int_equal(w.routed, PLACE_NO);
	assert_prefix(&w, "203.0.0.0/16");

	w = look(p, "203.0.127.255");
	assert_string_equal(w.country, "JP");
	assert_string_equal(w.source, "rib");
	assert_int_equal(w.asn, 64500);
	assert_int_equal(w.n_origins, 2);
	assert_int_equal(w.n_neighbours, 2);
	assert_int_equal(w.neighbours[0], 64510);
	assert_int_equal(w.origins[1], 64501);
	assert_int_equal(w.routed, PLACE_YES);
	assert_prefix(&w, "203.0.112.0/20");
	assert_string_equal(w.said_country->name, "rir");

	w = look(p, "203.0.112.9");
	assert_true(w.own);
	assert_string_equal(w.customer, "Bank");
	assert_string_equal(w.source, "us");
	assert_int_equal(w.asn, 64500);
	assert_prefix(&w, "203.0.112.0/24");

	w = look(p, "2001:db8:1::1");
	assert_int_equal(w.status, PLACE_RESERVED);
	assert_string_equal(w.registry, "ripencc");
	assert_string_equal(w.country, "");
	assert_true(w.special);
}

/* Of registries the later source counts, of routes the longest prefix of all. */
static void test_later_source_counts(void **state)
{
	struct place_builder *b = begin("old");
	_cleanup_places_ struct places *p = NULL;
	struct place w;

	block(b, "10.1.0.0/16", "arin", "US", PLACE_ALLOCATED);
	route(b, "10.1.1.0/24", 1, 0);
	route(b, "10.1.0.0/16", 2, 0);
	assert_int_equal(place_builder_source(b, "new", TIME_NONE), 0);
	block(b, "10.0.0.0/8", "apnic", "JP", PLACE_ALLOCATED);
	route(b, "10.1.0.0/16", 3, 0);
	p = done(b);
	place_builder_free(b);

	w = look(p, "10.1.1.1");
	assert_string_equal(w.country, "JP");
	assert_int_equal(w.asn, 1);
	w = look(p, "10.1.2.1");
	assert_int_equal(w.asn, 3);
	assert_string_equal(w.source, "new");
	w = look(p, "10.2.2.1");
	assert_int_equal(w.routed, PLACE_NO);
}

static void test_default_route_is_no_route(void **state)
{
	struct place_builder *b = begin("rib");
	_cleanup_places_ struct places *p = NULL;
	struct place w;

	route(b, "0.0.0.0/0", 64500, 0);
	route(b, "::/0", 64501, 0);
	route(b, "10.0.0.0/8", 64502, 0);
	p = done(b);
	place_builder_free(b);
	w = look(p, "255.255.255.255");
	assert_int_equal(w.routed, PLACE_NO);
	assert_int_equal(w.asn, 64500);
	assert_prefix(&w, "0.0.0.0/0");
	w = look(p, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	assert_int_equal(w.asn, 64501);
	assert_int_equal(w.routed, PLACE_NO);
	w = look(p, "10.255.255.255");
	assert_int_equal(w.routed, PLACE_YES);
}

/* Edges of both address spaces, single addresses, and a prefix given twice. */
static void test_edges(void **state)
{
	struct place_builder *b = begin("rib");
	_cleanup_places_ struct places *p = NULL;

	route(b, "255.255.255.255/32", 1, 0);
	route(b, "0.0.0.0/32", 2, 0);
	route(b, "255.255.255.254/31", 3, 0);
	route(b, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 4, 0);
	route(b, "::/128", 5, 0);
	route(b, "8000::/1", 6, 0);
	block(b, "128.0.0.0/1", "arin", "US", PLACE_ALLOCATED);
	block(b, "128.0.0.0/1", "apnic", "JP", PLACE_AVAILABLE);
	p = done(b);
	place_builder_free(b);
	assert_int_equal(look(p, "255.255.255.255").asn, 1);
	assert_int_equal(look(p, "0.0.0.0").asn, 2);
	assert_int_equal(look(p, "0.0.0.1").asn, 0);
	assert_int_equal(look(p, "255.255.255.254").asn, 3);
	assert_int_equal(look(p, "255.255.255.253").asn, 0);
	assert_int_equal(look(p, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff").asn, 4);
	assert_int_equal(look(p, "::").asn, 5);
	assert_int_equal(look(p, "::1").asn, 0);
	assert_int_equal(look(p, "8000::").asn, 6);
	assert_string_equal(look(p, "128.0.0.0").registry, "apnic");
}

/* The tables against a walk over all prefixes. */

#define MODEL_PREFIXES 3000
#define MODEL_LOOKUPS  20000

static uint64_t dice(uint64_t i)
{
	return hash_u64(i, 42);
}

static struct prefix random_prefix(uint64_t i)
{
	/* Few distinct high bits, so that many are nested. */
	struct ip v4 = ip_from_v4((uint32_t)dice(i) & 0x0f0f1f3f);
	struct ip v6 = {.u = {dice(i) & 0x0303030303030303, dice(i + 1) & 0x1111111111111111}};

	return dice(i + 2) % 2 ? prefix_of(&v4, PREFIX_V4_BASE + dice(i + 3) % 33)
			       : prefix_of(&v6, dice(i + 3) % 129);
}

static bool same_family(const struct prefix *p, const struct ip *ip)
{
	return (ip_is_v4(&p->addr) && p->len >= PREFIX_V4_BASE) == ip_is_v4(ip);
}

static void test_model(void **state)
{
	_cleanup_free_ struct prefix *all = calloc(MODEL_PREFIXES, sizeof(*all));
	struct place_builder *b = begin("rir");
	_cleanup_places_ struct places *p = NULL;
	unsigned found = 0;

	assert_non_null(all);
	for (unsigned i = 0; i < MODEL_PREFIXES; i++) {
		char cc[3] = {(char)('A' + i % 26), (char)('A' + i / 26 % 26), 0};

		all[i] = random_prefix(i * 7);
		assert_int_equal(place_builder_registry(b, &all[i], "x", cc, PLACE_ALLOCATED), 0);
	}
	p = done(b);
	place_builder_free(b);
	for (unsigned i = 0; i < MODEL_LOOKUPS; i++) {
		struct ip ip = random_prefix(i * 5 + 3).addr;
		int best = -1;
		struct place w;

		if (i % 3 == 0)
			ip.b[15] ^= (uint8_t)i;
		for (int j = 0; j < MODEL_PREFIXES; j++)
			if (same_family(&all[j], &ip) && prefix_contains(&all[j], &ip) &&
			    (best < 0 || all[j].len >= all[best].len))
				best = j;
		place_lookup(p, &ip, &w);
		assert_int_equal(w.has_prefix, best >= 0);
		found += best >= 0;
		if (best < 0)
			continue;
		assert_true(prefix_equal(&w.prefix, &all[best]));
		assert_int_equal(w.country[0], 'A' + best % 26);
	}
	assert_in_range(found, MODEL_LOOKUPS / 10, MODEL_LOOKUPS);
}

static void test_special(void **state)
{
	static const char *const yes[] = {"0.1.2.3",
					  "10.0.0.1",
					  "100.64.0.0",
					  "100.127.255.255",
					  "127.0.0.1",
					  "169.254.1.1",
					  "172.31.0.1",
					  "192.0.0.8",
					  "192.0.2.1",
					  "192.168.0.1",
					  "198.19.255.255",
					  "224.0.0.1",
					  "240.0.0.1",
					  "255.255.255.255",
					  "::",
					  "::1",
					  "::1.2.3.4",
					  "100::1",
					  "2001:2::1",
					  "2001:db8::1",
					  "3fff::1",
					  "fd00::1",
					  "fe80::1",
					  "ff02::1",
					  "64:ff9b:1::1",
					  "5f00::1"};
	static const char *const no[] = {
		"1.1.1.1",	   "9.255.255.255",    "11.0.0.0",  "100.63.255.255", "100.128.0.0",
		"172.32.0.0",	   "192.0.0.9",	       "192.0.1.0", "198.17.255.255", "198.20.0.0",
		"223.255.255.255", "64:ff9b::1.2.3.4", "2001:1::1", "2001::1",	      "2001:20::1",
		"2001:200::1",	   "2002::1",	       "2400::1",   "3ffe::1",	      "fbff::1"};
	struct ip ip;

	for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
		assert_int_equal(ip_parse(yes[i], &ip), 0);
		if (!place_is_special(&ip))
			fail_msg("%s is special-purpose", yes[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(no); i++) {
		assert_int_equal(ip_parse(no[i], &ip), 0);
		if (place_is_special(&ip))
			fail_msg("%s is not special-purpose", no[i]);
	}
}

/* A stored picture of which any byte is wrong is refused, and one that is cut. */
static void test_broken_image(void **state)
{
	struct place_builder *b = begin("rib");
	_cleanup_free_ uint8_t *copy = NULL;
	void *bytes;
	size_t size;

	route(b, "10.0.0.0/8", 1, 2);
	route(b, "2001:db8::/32", 1, 2);
	assert_int_equal(place_builder_bytes(b, &bytes, &size), 0);
	place_builder_free(b);
	copy = aligned_alloc(64, size);
	assert_non_null(copy);
	for (size_t i = 0; i < size; i++) {
		_cleanup_text_ struct text why = TEXT_NULL;
		struct image im;

		memcpy(copy, bytes, size);
		copy[i] ^= 0x55;
		assert_int_equal(image_view(&im, copy, size, &why), 1);
		assert_true(why.len > 0);
		memcpy(copy, bytes, size);
		assert_int_equal(image_view(&im, copy, i, &why), 1);
	}
	pages_unmap(bytes, size);
}

static void test_references(void **state)
{
	struct place_builder *b = begin("rib");
	struct places *p, *q;

	route(b, "10.0.0.0/8", 1, 2);
	p = done(b);
	place_builder_free(b);
	q = places_ref(p);
	assert_ptr_equal(p, q);
	assert_null(places_unref(p));
	assert_int_equal(look(q, "10.1.1.1").asn, 1);
	assert_true(places_bytes(q) > 0);
	assert_null(places_unref(q));
	assert_null(places_unref(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_layers),
		cmocka_unit_test(test_later_source_counts),
		cmocka_unit_test(test_default_route_is_no_route),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_special),
		cmocka_unit_test(test_broken_image),
		cmocka_unit_test(test_references),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
