// SPDX-License-Identifier: ISC
/*
 * Files of each format, good and broken; and the directory that keeps them.
 */
#include "place/test_place_kit.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "place/dir.h"
#include "place/mrt.h"

#define HEAD "2|apnic|20080808|4|19830101|20080807|+1000\n"

static void refused(const char *bytes, size_t n, const char *as, const char *reason)
{
	_cleanup_text_ struct text why = TEXT_NULL;

	assert_null(take(bytes, n, as, &why));
	if (!strstr(text_str(&why), reason))
		fail_msg("\"%s\" does not say \"%s\"", text_str(&why), reason);
	assert_non_null(strstr(text_str(&why), "memory:"));
}

static void test_delegated(void **state)
{
	static const char file[] = "# comment\n" HEAD "apnic|*|ipv4|*|2|summary\n"
				   "apnic|JP|ipv4|192.0.2.0|768|20020801|allocated|A1|e-stats\r\n"
				   "apnic||ipv4|198.51.100.7|3||available|\n"
				   "apnic|ZZ|ipv6|2001:db8::|32|20020801|reserved\n"
				   "apnic|JP|asn|64496|3|20020801|assigned|A1\n";
	_cleanup_places_ struct places *p = picture_of(file, sizeof(file) - 1, NULL);
	struct place w = look(p, "192.0.3.255");
	size_t n;

	assert_string_equal(w.country, "JP");
	assert_int_equal(w.status, PLACE_ALLOCATED);
	assert_prefix(&w, "192.0.2.0/23");
	w = look(p, "192.0.4.255");
	assert_prefix(&w, "192.0.4.0/24");
	assert_string_equal(look(p, "192.0.5.0").registry, "");
	assert_string_equal(look(p, "192.0.1.255").registry, "");
	assert_int_equal(look(p, "198.51.100.7").status, PLACE_AVAILABLE);
	assert_int_equal(look(p, "198.51.100.9").status, PLACE_AVAILABLE);
	assert_int_equal(look(p, "198.51.100.10").status, PLACE_STATUS_UNKNOWN);
	w = look(p, "2001:db8:ffff::1");
	assert_int_equal(w.status, PLACE_RESERVED);
	assert_string_equal(w.country, "");
	assert_true(place_as_block(p, 64498, &w));
	assert_string_equal(w.country, "JP");
	assert_false(place_as_block(p, 64499, &w));
	assert_int_equal(places_sources(p, &n)->dated_us, INT64_C(1218067200) * US_PER_S);
	assert_int_equal(places_sources(p, &n)->records, 4);
}

static void test_delegated_broken(void **state)
{
	static const struct {
		const char *line, *reason;
	} bad[] = {
		{"apnic|JP|ipv4|192.0.2.0|0|x|allocated", "no count of addresses"},
		{"apnic|JP|ipv4|255.255.255.0|257|x|allocated", "no count of addresses"},
		{"apnic|JP|ipv4|192.0.2|256|x|allocated", "no IPv4 address"},
		{"apnic|JP|ipv4|2001:db8::|32|x|allocated", "no IPv4 address"},
		{"apnic|JP|ipv6|2001:db8::1|32|x|allocated", "bits behind"},
		{"apnic|JP|ipv6|2001:db8::|129|x|allocated", "no prefix length"},
		{"apnic|JPN|ipv4|192.0.2.0|256|x|allocated", "no country"},
		{"apnic|JP|ipv4|192.0.2.0|256|x", "seven fields"},
		{"apnic|JP|asn|4294967295|2|x|allocated", "no count of AS"},
		{"apnic|JP|ipv5|192.0.2.0|256|x|allocated", "neither asn"},
		{"apnic|*|ipv4|*|100|summary", "the file is cut"},
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		_cleanup_text_ struct text t = TEXT_NULL;

		text_printf(&t, HEAD "apnic|JP|ipv4|192.0.2.0|256|x|allocated\n%s\n", bad[i].line);
		refused(text_str(&t), t.len, "delegated", bad[i].reason);
	}
	refused("", 0, NULL, "nothing in it");
	refused("hello\n", 6, NULL, "neither statistics");
	refused(HEAD, strlen(HEAD), NULL, "no records");
	refused("1|apnic|x|y\n", 12, "delegated", "version 2 is read");
	refused("2|apnic\0|x|y\n", 13, "delegated", "no text");
}

/* MRT, put together here: records of TABLE_DUMP_V2 and BGP4MP. */

struct bytes {
	uint8_t b[4096];
	size_t n;
};

static void put(struct bytes *to, uint64_t v, unsigned n)
{
	while (n--)
		to->b[to->n++] = (uint8_t)(v >> (8 * n));
}

static void put_all(struct bytes *to, const struct bytes *from)
{
	memcpy(to->b + to->n, from->b, from->n);
	to->n += from->n;
}

static void record(struct bytes *to, unsigned type, unsigned subtype, const struct bytes *body)
{
	put(to, 1220000000 + to->n, 4);
	put(to, type, 2);
	put(to, subtype, 2);
	put(to, body->n, 4);
	put_all(to, body);
}

/* ORIGIN and an AS_PATH of one sequence, and a set where @set is not 0. */
static struct bytes attributes(unsigned as_len, uint32_t first, uint32_t last, unsigned set)
{
	struct bytes a = {.n = 0};

	put(&a, 0x40010100, 4);
	put(&a, 0x4002, 2);
	put(&a, 2 + 2 * as_len + (set ? 2 + set * as_len : 0), 1);
	put(&a, 0x0202, 2);
	put(&a, first, as_len);
	put(&a, last, as_len);
	if (set)
		put(&a, 0x0100 + set, 2);
	for (unsigned i = 0; i < set; i++)
		put(&a, 100 + i, as_len);
	return a;
}

static void put_peers(struct bytes *to)
{
	struct bytes b = {.n = 0};

	put(&b, 0, 4);
	put(&b, 0, 2);
	put(&b, 3, 2);
	for (unsigned i = 0; i < 3; i++) {
		put(&b, 2, 1);
		put(&b, 0, 4);
		put(&b, 0xc0000201 + i, 4);
		put(&b, 64510 + i, 4);
	}
	record(to, 13, 1, &b);
}

static void put_rib(struct bytes *to, uint32_t net, unsigned len, const struct bytes *attrs,
		    unsigned n)
{
	struct bytes b = {.n = 0};

	put(&b, 0, 4);
	put(&b, len, 1);
	put(&b, net >> (32 - len), len / 8);
	put(&b, n, 2);
	for (unsigned i = 0; i < n; i++) {
		put(&b, i, 2);
		put(&b, 0, 4);
		put(&b, attrs[i].n, 2);
		put_all(&b, &attrs[i]);
	}
	record(to, 13, 2, &b);
}

static void test_rib(void **state)
{
	const struct bytes paths[] = {attributes(4, 64510, 64500, 0),
				      attributes(4, 64511, 4200000000, 0),
				      attributes(4, 64512, 4200000000, 0)};
	const struct bytes sets[] = {attributes(4, 64510, 64500, 3),
				     attributes(4, 64510, 64500, 1)};
	struct bytes file = {.n = 0};
	_cleanup_places_ struct places *p = NULL;
	struct place w;
	size_t n;

	put_peers(&file);
	put_rib(&file, 0x0a010000, 16, paths, 3);
	put_rib(&file, 0x0a020000, 16, sets, 1);
	put_rib(&file, 0x0a030000, 16, sets + 1, 1);
	p = picture_of(file.b, file.n, NULL);
	w = look(p, "10.1.2.3");
	assert_int_equal(w.asn, 4200000000);
	assert_int_equal(w.n_origins, 2);
	assert_int_equal(w.n_neighbours, 3);
	assert_prefix(&w, "10.1.0.0/16");
	assert_int_equal(look(p, "10.2.0.1").asn, 64500); /* who made the aggregate */
	assert_int_equal(look(p, "10.3.0.1").asn, 100);	  /* the only member */
	assert_in_range(places_sources(p, &n)->dated_us, INT64_C(1220000000) * US_PER_S,
			INT64_C(1220001000) * US_PER_S);
	for (size_t cut = 1; cut < file.n; cut++) {
		_cleanup_text_ struct text why = TEXT_NULL;
		struct part *part = take(file.b, cut, "mrt", &why);

		/* Only behind a whole record is what is there a file. */
		if (part)
			assert_string_equal(text_str(&why), "");
		part_free(part);
	}
	refused((char *)file.b, file.n - 1, NULL, "in the middle of a record");
}

static void put_update(struct bytes *to, unsigned peer, bool announce, const struct bytes *attrs)
{
	struct bytes b = {.n = 0};

	put(&b, 64510 + peer, 2);
	put(&b, 64499, 2);
	put(&b, 0x00000001, 4);
	put(&b, 0xc0000201 + peer, 4);
	put(&b, 0xc00002ff, 4);
	put(&b, UINT64_MAX, 8);
	put(&b, UINT64_MAX, 8);
	put(&b, 23 + 3 + (announce ? attrs->n : 0), 2);
	put(&b, 2, 1);
	put(&b, announce ? 0 : 3, 2);
	if (!announce)
		put(&b, 0x100a01, 3);
	put(&b, announce ? attrs->n : 0, 2);
	if (announce) {
		put_all(&b, attrs);
		put(&b, 0x100a01, 3);
	}
	record(to, 16, 1, &b);
}

/* The last word of each peer counts. */
static void test_updates(void **state)
{
	struct bytes one = attributes(2, 64510, 1, 0), two = attributes(2, 64511, 2, 0);
	struct bytes file = {.n = 0};
	_cleanup_places_ struct places *p = NULL, *q = NULL;
	struct place w;

	put_update(&file, 0, true, &one);
	put_update(&file, 1, true, &two);
	put_update(&file, 0, true, &two);
	p = picture_of(file.b, file.n, NULL);
	w = look(p, "10.1.0.1");
	assert_int_equal(w.asn, 2);
	assert_int_equal(w.n_origins, 1);
	put_update(&file, 0, false, NULL);
	put_update(&file, 1, true, &one);
	put_update(&file, 2, true, &one);
	put_update(&file, 1, false, NULL);
	put_update(&file, 2, false, NULL);
	q = picture_of(file.b, file.n, NULL);
	assert_false(look(q, "10.1.0.1").has_prefix);
}

/* RFC 6793 section 4.2.3, and a path of a kind that there is not. */
static void test_as4_path(void **state)
{
	struct bytes a = attributes(2, 64510, AS_TRANS, 0);
	struct bgp_attributes *attrs = malloc(sizeof(*attrs));
	_cleanup_text_ struct text t = TEXT_NULL;

	assert_non_null(attrs);
	put(&a, 0xc01106, 3);
	put(&a, 0x0201, 2);
	put(&a, 4200000000, 4);
	bgp_attributes_read(attrs, cursor_over(a.b, a.n), 2);
	bgp_path_text(attrs->best, &t);
	assert_string_equal(text_str(&t), "64510 4200000000");
	assert_int_equal(bgp_path_origin(attrs->best), 4200000000);
	assert_int_equal(bgp_path_neighbour(attrs->best), 64510);
	a.b[7] = 9;
	bgp_attributes_read(attrs, cursor_over(a.b, a.n), 2);
	assert_int_equal(bgp_path_origin(attrs->best), 0);
	free(attrs);
}

static void test_peeringdb(void **state)
{
	static const char file[] =
		"{\"net\":{\"data\":[{\"id\":1,\"asn\":64500,\"name\":\"Example\"},"
		"{\"id\":2,\"asn\":64501,\"name\":\"Gone\",\"status\":\"deleted\"}]},"
		"\"ix\":{\"data\":[{\"id\":7,\"name\":\"EX\",\"media\":\"Ethernet\"}]},"
		"\"netixlan\":{\"data\":[{\"id\":3,\"asn\":64500,\"ixlan_id\":7,"
		"\"ipaddr4\":\"192.0.2.1\",\"ipaddr6\":\"2001:db8::1\"},"
		"{\"id\":4,\"asn\":64502,\"ixlan_id\":7,\"ipaddr4\":\"nonsense\"}]}}";
	_cleanup_places_ struct places *p = picture_of(file, sizeof(file) - 1, NULL);
	struct place w = look(p, "192.0.2.1");

	assert_int_equal(w.asn, 64500);
	assert_string_equal(w.exchange, "EX");
	assert_prefix(&w, "192.0.2.1/32");
	assert_int_equal(look(p, "2001:db8::1").asn, 64500);
	assert_int_equal(look(p, "192.0.2.2").asn, 0);
	assert_string_equal(place_as_name(p, 64500), "Example");
	assert_string_equal(place_as_name(p, 64501), "");
	refused("{\"data\": [", 10, NULL, "line 1");
	refused("{\"data\": []}", 12, NULL, "neither a network");
}

/* The directory */

static void store(const char *dir, const char *name, const char *line)
{
	_cleanup_text_ struct text file = TEXT_NULL, why = TEXT_NULL, notes = TEXT_NULL;
	struct place_import_options o = {.name = name, .dated_us = TIME_NONE};
	_cleanup_part_ struct part *part = NULL;
	_cleanup_close_ int lock = -1;

	text_printf(&file, HEAD "%s\n", line);
	assert_int_equal(place_import_memory((const uint8_t *)text_str(&file), file.len, &o, &part,
					     &why, &notes),
			 0);
	assert_int_equal(place_dir_lock(dir, &lock, &why), 0);
	assert_int_equal(place_dir_put(dir, part, &why), 0);
	assert_int_equal(place_dir_make(dir, &why), 0);
}

static struct places *open_dir(const char *dir)
{
	_cleanup_text_ struct text why = TEXT_NULL;
	struct places *p = NULL;

	assert_int_equal(place_dir_open(dir, NULL, &p, &why), 0);
	return p;
}

static void test_dir(void **state)
{
	char dir[] = "/tmp/noroshi-place-XXXXXX";
	_cleanup_text_ struct text place = TEXT_NULL, file = TEXT_NULL, why = TEXT_NULL;
	_cleanup_places_ struct places *p = NULL, *q = NULL, *r = NULL;
	struct places *none = NULL;
	size_t n;
	int fd;

	assert_non_null(mkdtemp(dir));
	text_printf(&place, "%s/a/place", dir);
	p = open_dir(text_str(&place)); /* not there yet */
	assert_int_equal(places_sources(p, &n) == NULL || n == 0, 1);
	store(text_str(&place), "one", "apnic|JP|ipv4|192.0.2.0|256|x|allocated");
	store(text_str(&place), "two", "apnic|KR|ipv4|198.51.100.0|256|x|allocated");
	q = open_dir(text_str(&place));
	places_sources(q, &n);
	assert_int_equal(n, 2);
	assert_string_equal(look(q, "192.0.2.1").source, "one");
	store(text_str(&place), "one", "apnic|CN|ipv4|192.0.2.0|256|x|allocated");
	assert_string_equal(look(q, "192.0.2.1").country, "JP"); /* a reader keeps what it has */
	assert_int_equal(place_dir_remove(text_str(&place), "two", &why), 0);
	assert_int_equal(place_dir_remove(text_str(&place), "two", &why), 2);
	assert_int_equal(place_dir_remove(text_str(&place), "../one", &why), 2);
	assert_int_equal(place_dir_make(text_str(&place), &why), 0);
	r = open_dir(text_str(&place));
	assert_string_equal(look(r, "192.0.2.1").country, "CN");
	assert_string_equal(look(r, "198.51.100.1").country, "");
	text_printf(&file, "%s/picture", text_str(&place));
	fd = open(text_str(&file), O_WRONLY);
	assert_int_equal(pwrite(fd, "x", 1, lseek(fd, 0, SEEK_END) - 1), 1);
	close(fd);
	assert_int_equal(place_dir_open(text_str(&place), NULL, &none, &why), 1);
	assert_non_null(strstr(text_str(&why), "checksum"));
	text_clear(&file);
	text_printf(&file, "rm -r %s", dir);
	assert_int_equal(system(text_str(&file)), 0);
}

static void test_own(void **state)
{
	static const char yaml[] = "country: JP\nown:\n- 192.0.2.0/24\n"
				   "- {prefix: 192.0.2.128/25, customer: Bank}\n"
				   "exporters: [{name: r, address: 192.0.2.1}]\n"
				   "interfaces:\n"
				   "- {exporter: r, ifindex: 1, link: l, peer: AS64500 Peer One}\n"
				   "- {exporter: r, ifindex: 2, link: m, peer: Somebody}\n";
	_cleanup_text_ struct text errors = TEXT_NULL;
	struct conf *c = conf_load_text("test", yaml, sizeof(yaml) - 1, &errors);
	_cleanup_places_ struct places *p = NULL;
	struct place w;

	assert_non_null(c);
	assert_int_equal(place_dir_open(NULL, c, &p, &errors), 0);
	conf_unref(c);
	w = look(p, "192.0.2.1");
	assert_true(w.own && w.special);
	assert_string_equal(w.country, "JP");
	assert_string_equal(w.source, "configuration");
	assert_string_equal(w.customer, "");
	assert_string_equal(look(p, "192.0.2.200").customer, "Bank");
	assert_false(look(p, "192.0.3.1").own);
	assert_string_equal(place_as_name(p, 64500), "Peer One");
	assert_string_equal(place_as_name(p, 64501), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_delegated), cmocka_unit_test(test_delegated_broken),
		cmocka_unit_test(test_rib),	  cmocka_unit_test(test_updates),
		cmocka_unit_test(test_as4_path),  cmocka_unit_test(test_peeringdb),
		cmocka_unit_test(test_dir),	  cmocka_unit_test(test_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
