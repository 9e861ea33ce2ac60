/* SPDX-License-Identifier: ISC */
/*
 * Proves what a good configuration means: defaults, inheritance, look-ups, additions of the command
 * line, sharing and reload; that what is printed reads back as the same; and that the example file
 * and the manual say what the program does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <pthread.h>

#include "base/clock.h"
#include "conf/test_conf_kit.h"

static struct ip address(const char *text)
{
	struct ip ip;

	assert_int_equal(ip_parse(text, &ip), 0);
	return ip;
}

/* @path below the project's root, from NOROSHI_SOURCE. */
static char *source_path(const char *path, char *buf, size_t n)
{
	const char *root = getenv("NOROSHI_SOURCE");

	if (!root) {
		print_message("skipped: NOROSHI_SOURCE is not set (run through meson test)\n");
		skip();
	}
	snprintf(buf, n, "%s/%s", root, path);
	return buf;
}

static void test_defaults(void **state)
{
	static const uint64_t pps[VECTOR_COUNT] = {
		[VECTOR_SYN_FLOOD] = 2500,	  [VECTOR_SYNACK_REFLECTION] = 2500,
		[VECTOR_RST_FLOOD] = 2500,	  [VECTOR_ACK_FLOOD] = 20000,
		[VECTOR_CONN_FLOOD] = 2500,	  [VECTOR_UDP_FLOOD] = 10000,
		[VECTOR_ICMP_FLOOD] = 2500,	  [VECTOR_FRAGMENT_FLOOD] = 2500,
		[VECTOR_AMPLIFICATION] = 2500,	  [VECTOR_HTTP_FLOOD] = 2500,
		[VECTOR_PROTO_FLOOD] = 2500,	  [VECTOR_MALFORMED] = 2500,
		[VECTOR_DNS_QUERY_FLOOD] = 10000, [VECTOR_QUIC_FLOOD] = 10000,
	};
	_cleanup_conf_ struct conf *c = conf_default();

	assert_non_null(c);
	for (int v = 0; v < VECTOR_COUNT; v++) {
		assert_true(pps[v] != RATE_INHERIT);
		assert_int_equal(c->thresholds.pps[v], pps[v]);
	}
	assert_int_equal(c->thresholds.any_pps, 20000);
	assert_int_equal(c->thresholds.any_bps, 1000000000);
	assert_int_equal(c->thresholds.prefix24_times, 2);
	assert_int_equal(c->thresholds.prefix20_times, 4);
	assert_int_equal(c->thresholds.link_percent, 80);
	assert_int_equal(c->thresholds.network_pps, RATE_INHERIT);
	assert_int_equal(c->limits.memory_bytes, 200000000);
	assert_int_equal(c->limits.hot_keys, 4096);
	assert_int_equal(c->limits.incidents_open, 10000);
	assert_int_equal(c->limits.threads, 0);
	assert_int_equal(c->keep.evidence_s, 90 * 86400);
	assert_int_equal(c->keep.incident_s, 3650 * 86400);
	assert_int_equal(c->keep.rollup_s, 400 * 86400);
	assert_int_equal(c->n_listen + c->n_own + c->n_objects + c->n_countries, 0);
	assert_string_equal(c->language, "en");
	assert_null(c->path);
}

/* An empty file, and keys with nothing behind them, are the defaults. */
static void test_empty(void **state)
{
	static const char nothing[] = "own:\nprotected: ~\nthresholds:\nlanguage: null\n"
				      "keep:\n  evidence:\n";
	static const char *const yamls[] = {"",	   "\n",   "# nothing\n", "---\n",
					    "~\n", "{}\n", nothing};
	_cleanup_conf_ struct conf *d = conf_default();
	_cleanup_text_ struct text want = TEXT_NULL;

	conf_print(d, &want);
	for (size_t i = 0; i < ARRAY_LEN(yamls); i++) {
		_cleanup_conf_ struct conf *c = load(yamls[i]);
		_cleanup_text_ struct text have = TEXT_NULL;

		conf_print(c, &have);
		assert_string_equal(text_str(&have), text_str(&want));
	}
}

static const char objects_yaml[] =
	"own: [198.51.100.0/24, {prefix: '2001:db8::/32', customer: Other}]\n"
	"thresholds: {syn_flood: 3000, dns_amplification: 7k, port4500_amplification: never}\n"
	"protected:\n"
	"  - name: wide\n"
	"    prefixes: 198.51.100.0/24\n"
	"    thresholds: {udp_flood: 1, ntp_amplification: 9, prefix: {times_24: 3}}\n"
	"  - name: narrow\n"
	"    prefixes: [198.51.100.8/29, '2001:db8::/48']\n"
	"    thresholds: {syn_flood: never, amplification: 5k, chargen_amplification: 6, any_bits: "
	"2M}\n"
	"  - name: plain\n"
	"    prefixes: [198.51.100.64/26]\n";

static void test_inheritance(void **state)
{
	_cleanup_conf_ struct conf *c = load(objects_yaml);
	const struct thresholds *wide = &c->objects[0].thresholds,
				*narrow = &c->objects[1].thresholds, *none = &c->thresholds;

	assert_int_equal(wide->pps[VECTOR_SYN_FLOOD], 3000);
	assert_int_equal(wide->pps[VECTOR_UDP_FLOOD], 1);
	assert_int_equal(wide->prefix24_times, 3);
	assert_int_equal(wide->prefix20_times, 4);
	assert_int_equal(wide->link_percent, 80);
	assert_true(narrow->pps[VECTOR_SYN_FLOOD] == RATE_NEVER);
	assert_int_equal(narrow->any_bps, 2000000);
	assert_int_equal(narrow->any_pps, 20000);
	/* Ports: the general ones, with the object's own beside them. */
	assert_int_equal(thresholds_pps(none, VECTOR_AMPLIFICATION, 53), 7000);
	assert_int_equal(thresholds_pps(none, VECTOR_AMPLIFICATION, 123), 2500);
	assert_true(thresholds_pps(none, VECTOR_AMPLIFICATION, 4500) == RATE_NEVER);
	assert_int_equal(thresholds_pps(wide, VECTOR_AMPLIFICATION, 53), 7000);
	assert_int_equal(thresholds_pps(wide, VECTOR_AMPLIFICATION, 123), 9);
	/* An object's own word on amplification is its word on every port but those it names. */
	assert_int_equal(thresholds_pps(narrow, VECTOR_AMPLIFICATION, 53), 5000);
	assert_int_equal(thresholds_pps(narrow, VECTOR_AMPLIFICATION, 4500), 5000);
	assert_int_equal(thresholds_pps(narrow, VECTOR_AMPLIFICATION, 19), 6);
	assert_int_equal(thresholds_pps(wide, VECTOR_SYN_FLOOD, 123), 3000);
	for (size_t i = 0; i < c->n_objects; i++)
		for (int v = 0; v < VECTOR_COUNT; v++)
			assert_true(c->objects[i].thresholds.pps[v] != RATE_INHERIT);
}

static void test_lookups(void **state)
{
	static const struct {
		const char *ip, *object;
		bool own;
	} rows[] = {
		{"198.51.100.1", "wide", true},	 {"198.51.100.9", "narrow", true},
		{"198.51.100.16", "wide", true}, {"198.51.100.70", "plain", true},
		{"2001:db8::1", "narrow", true}, {"2001:db8:1::1", NULL, true},
		{"198.51.101.1", NULL, false},	 {"2001:db9::1", NULL, false},
	};
	_cleanup_conf_ struct conf *c = load(objects_yaml), *d = conf_default();

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ip ip = address(rows[i].ip);
		const struct conf_object *o = conf_object(c, &ip);

		assert_int_equal(conf_is_own(c, &ip), rows[i].own);
		assert_false(conf_is_own(d, &ip));
		assert_null(conf_object(d, &ip));
		assert_ptr_equal(conf_thresholds(d, &ip), &d->thresholds);
		if (!rows[i].object) {
			assert_null(o);
			assert_ptr_equal(conf_thresholds(c, &ip), &c->thresholds);
			continue;
		}
		assert_non_null(o);
		assert_string_equal(o->name, rows[i].object);
		assert_ptr_equal(conf_thresholds(c, &ip), &o->thresholds);
	}
}

/* Print, read, print: the same bytes. */
static void expect_round_trip(const struct conf *c)
{
	_cleanup_text_ struct text first = TEXT_NULL, second = TEXT_NULL, json = TEXT_NULL,
				   again = TEXT_NULL;

	conf_print(c, &first);
	conf_print_json(c, &json);
	assert_true(text_ok(&first) && text_ok(&json));
	_cleanup_conf_ struct conf *back = load(text_str(&first));
	conf_print(back, &second);
	conf_print_json(back, &again);
	assert_string_equal(text_str(&second), text_str(&first));
	assert_string_equal(text_str(&again), text_str(&json));
}

static void test_round_trip(void **state)
{
	/* Texts that YAML would take for something else must come back as they were. */
	static const char odd[] =
		"own: [{prefix: 0.0.0.0/0, customer: '# \"a\\b\": {c}'}, {prefix: '::/0', "
		"customer: "
		"null x}, {prefix: 10.0.0.0/8, customer: 'no'}, {prefix: 11.0.0.0/8, customer: "
		"' \xe7\x8b\xbc\xe7\x85\x99 '}]\n"
		"country: [no, jp]\n"
		"protected: [{name: '~', prefixes: 10.0.0.0/8, line: 1234567bps, known_tests: "
		"[{from: "
		"1970-01-01T00:00:00Z, until: 9999-12-31T23:59:59.999999Z, note: '- x'}]}]\n"
		"exporters: [{name: 'null', address: '::ffff:192.0.2.1', active_timeout: 61s}]\n"
		"listen: ['[::]:1', '*:2', '0.0.0.0:3', '[2001:db8::1]:4']\n"
		"thresholds: {any: never, link_percent: never, network: 5, prefix: {times_20: "
		"never}}\n";
	_cleanup_conf_ struct conf *a = load(odd), *b = load(objects_yaml), *c = conf_default();

	assert_string_equal(a->countries[0], "NO");
	assert_string_equal(a->own[3].customer, " \xe7\x8b\xbc\xe7\x85\x99 ");
	assert_int_equal(a->objects[0].tests[0].from_us, 0);
	assert_true(a->thresholds.link_percent == UINT32_MAX);
	expect_round_trip(a);
	expect_round_trip(b);
	expect_round_trip(c);
}

static void test_example(void **state)
{
	_cleanup_text_ struct text errors = TEXT_NULL;
	char path[4096];
	_cleanup_conf_ struct conf *c =
		conf_load(source_path("data/noroshi.example.yaml", path, sizeof(path)), &errors);
	_cleanup_conf_ struct conf *d = conf_default();

	if (!c || errors.len)
		fail_msg("%s", text_str(&errors));
	assert_string_equal(c->path, path);
	assert_true(c->n_countries && c->n_own && c->n_objects && c->n_exporters &&
		    c->n_interfaces && c->n_links && c->n_services && c->n_darknets &&
		    c->n_shared && c->n_never_touch && c->n_listen && c->n_captures &&
		    c->duty.n_people && c->duty.n_shifts && c->n_maintenance && c->n_heightened &&
		    c->act.n_neighbors && c->act.n_approvers && c->act.n_never);
	/* It says that its thresholds, limits and times are the shipped ones. */
	assert_memory_equal(&c->thresholds, &d->thresholds, sizeof(c->thresholds));
	assert_memory_equal(&c->limits, &d->limits, sizeof(c->limits));
	assert_memory_equal(&c->keep, &d->keep, sizeof(c->keep));
	assert_memory_equal(&c->duty.sight, &d->duty.sight, sizeof(c->duty.sight));
	assert_int_equal(c->objects[0].contacts[0].language[0], 'j');
	assert_int_equal(c->objects[0].measures[1].max_s, 86400);
	assert_int_equal(c->exporters[1].sampling, 1000);
	assert_false(c->exporters[1].clock_trusted);
	assert_int_equal(c->interfaces[2].capacity_bps, 100000000000);
	assert_int_equal(c->interfaces[2].side, SIDE_OUTSIDE);
	assert_int_equal(c->shared[1].kind, SHARED_RESOLVER);
	assert_int_equal(c->listen[1].port, 6343);
	expect_round_trip(c);
}

static void test_json(void **state)
{
	_cleanup_conf_ struct conf *c = load(objects_yaml);
	_cleanup_text_ struct text json = TEXT_NULL;
	json_t *root, *o, *t;

	conf_print_json(c, &json);
	root = json_loads(text_str(&json), JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(root);
	o = json_array_get(json_object_get(root, "protected"), 1);
	t = json_object_get(o, "thresholds");
	assert_string_equal(json_string_value(json_object_get(o, "name")), "narrow");
	assert_true(json_is_null(json_object_get(t, "syn_flood")));
	assert_true(json_is_null(json_object_get(o, "line")));
	assert_int_equal(json_integer_value(json_object_get(t, "any_bits")), 2000000);
	assert_int_equal(json_integer_value(json_object_get(t, "chargen_amplification")), 6);
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(root, "keep"), "evidence")),
		7776000);
	json_decref(root);
}

static void override(struct conf *c, const char *text)
{
	_cleanup_text_ struct text errors = TEXT_NULL;

	if (conf_override_threshold(c, text, &errors))
		fail_msg("%s: %s", text, text_str(&errors));
}

static void test_override(void **state)
{
	_cleanup_conf_ struct conf *c = load(objects_yaml);
	const struct thresholds *all[] = {&c->thresholds, &c->objects[0].thresholds,
					  &c->objects[1].thresholds};

	override(c, "syn_flood=500");
	override(c, "any=1.5Gbps");
	override(c, "any=7k");
	override(c, "ssdp_amplification=1kpps");
	override(c, "dns_amplification=never");
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		assert_int_equal(all[i]->pps[VECTOR_SYN_FLOOD], 500);
		assert_int_equal(all[i]->any_bps, 1500000000);
		assert_int_equal(all[i]->any_pps, 7000);
		assert_int_equal(thresholds_pps(all[i], VECTOR_AMPLIFICATION, 1900), 1000);
		assert_true(thresholds_pps(all[i], VECTOR_AMPLIFICATION, 53) == RATE_NEVER);
	}
	assert_int_equal(all[1]->pps[VECTOR_UDP_FLOOD], 1);
	override(c, "amplification=10");
	override(c, "any_bits=5M");
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		assert_int_equal(thresholds_pps(all[i], VECTOR_AMPLIFICATION, 53), 10);
		assert_int_equal(thresholds_pps(all[i], VECTOR_AMPLIFICATION, 19), 10);
		assert_int_equal(all[i]->any_bps, 5000000);
	}
	override(c, "all=5");
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		for (int v = 0; v < VECTOR_COUNT; v++)
			assert_int_equal(all[i]->pps[v], 5);
		assert_int_equal(all[i]->any_pps, 5);
		assert_int_equal(all[i]->any_bps, 5000000);
	}
	expect_round_trip(c);
}

static void test_override_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{"sny_flood=5", "\"sny_flood\" is not a vector; did you mean \"syn_flood\"?\n"},
		{"dsn_amplification=5",
		 "\"dsn_amplification\" is not a vector; did you mean \"dns_amplification\"?\n"},
		{"x=5", "\"x\" is not a vector\n"},
		{"syn_flood", "\"syn_flood\" is not VECTOR=RATE\n"},
		{"syn_flood=", "\"syn_flood=\" is not VECTOR=RATE\n"},
		{"=5", "\"=5\" is not VECTOR=RATE\n"},
		{"syn_flood=0", "syn_flood: must be at least 1; \"never\" switches it off\n"},
		{"syn_flood=1Gbps",
		 "syn_flood: \"1Gbps\" is not a packet rate such as 2500 or 2.5kpps, or never\n"},
		{"any_bits=1pps",
		 "any_bits: \"1pps\" is not a bit rate such as 1.5Gbps or 100 Mbit/s, or never\n"},
	};
	_cleanup_conf_ struct conf *c = load(objects_yaml);
	_cleanup_text_ struct text before = TEXT_NULL, after = TEXT_NULL;

	conf_print(c, &before);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		_cleanup_text_ struct text errors = TEXT_NULL;

		assert_true(conf_override_threshold(c, rows[i].text, &errors) < 0);
		assert_string_equal(text_str(&errors), rows[i].why);
	}
	conf_print(c, &after);
	assert_string_equal(text_str(&after), text_str(&before));
}

static void test_override_own(void **state)
{
	_cleanup_conf_ struct conf *c = load(objects_yaml);
	_cleanup_text_ struct text errors = TEXT_NULL;
	struct ip ip = address("192.0.2.9");

	assert_false(conf_is_own(c, &ip));
	assert_int_equal(conf_override_own(c, "192.0.2.0/24", &errors), 0);
	assert_int_equal(conf_override_own(c, "198.51.100.0/24", &errors), 0); /* known */
	assert_true(conf_is_own(c, &ip));
	assert_int_equal(c->n_own, 3);
	assert_true(conf_override_own(c, "192.0.2.9/24", &errors) < 0);
	assert_string_equal(text_str(&errors), "\"192.0.2.9/24\" has bits set behind its length; "
					       "the prefix is 192.0.2.0/24\n");
	expect_round_trip(c);
}

/* A reload that fails leaves the old configuration in use; one that holds replaces it whole. */
static void test_reload(void **state)
{
	_cleanup_text_ struct text errors = TEXT_NULL;
	struct conf *live = load(objects_yaml), *reader = conf_ref(live), *next;
	struct ip ip = address("198.51.100.9");

	next = conf_load_text("f", "own: [1]\n", 9, &errors);
	assert_null(next);
	assert_true(errors.len > 0);
	assert_string_equal(conf_object(live, &ip)->name, "narrow");
	next = load("thresholds: {syn_flood: 1}\n");
	live = conf_unref(live);
	assert_null(live);
	live = next;
	assert_null(conf_object(live, &ip));
	assert_string_equal(conf_object(reader, &ip)->name, "narrow"); /* still held */
	assert_null(conf_unref(reader));
	assert_null(conf_unref(live));
	assert_null(conf_ref(NULL));
	assert_null(conf_unref(NULL));
}

static void *share(void *arg)
{
	struct conf *c = arg;
	struct ip ip = address("198.51.100.9");

	for (unsigned i = 0; i < 20000; i++) {
		conf_ref(c);
		if (!conf_object(c, &ip))
			return NULL;
		conf_unref(c);
	}
	return conf_unref(c);
}

static void test_threads(void **state)
{
	struct conf *c = load(objects_yaml);
	pthread_t threads[4];

	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, share, conf_ref(c)), 0);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(c->refs, 1);
	conf_unref(c);
}

static char *read_text(const char *path)
{
	_cleanup_fclose_ FILE *f = fopen(path, "r");
	char *s = calloc(1, 200000);

	assert_non_null(s);
	if (!f || fread(s, 1, 199999, f) == 0)
		fail_msg("%s cannot be read", path);
	return s;
}

/* Each key has its own line in the manual: .It Ic key followed by its type; defaults are stated. */
static void test_manual(void **state)
{
	_cleanup_text_ struct text keys = TEXT_NULL;
	char path[4096], line[256], *rest, *row;
	_cleanup_free_ char *manual =
		read_text(source_path("man/noroshi.conf.5", path, sizeof(path)));
	unsigned n = 0;

	conf_print_keys(&keys);
	assert_true(text_ok(&keys));
	for (row = strtok_r(keys.s, "\n", &rest); row; row = strtok_r(NULL, "\n", &rest), n++) {
		char *type = strchr(row, '\t'), *dflt = strchr(type + 1, '\t');
		char *help = strchr(dflt + 1, '\t'), *name;

		*type = *dflt = *help = '\0';
		if (strstr(row, "protected[].thresholds."))
			continue; /* described once, under thresholds */
		name = strrchr(row, '.') ? strrchr(row, '.') + 1 : row;
		name[strcspn(name, "[")] = '\0';
		snprintf(line, sizeof(line), "\n.It Ic %s Pq %s", name, type + 1);
		if (dflt[1])
			snprintf(line, sizeof(line), "\n.It Ic %s Pq %s , default %s", name,
				 type + 1, dflt + 1);
		if (!strstr(manual, line))
			fail_msg("the manual has no line \"%s\"", line + 1);
	}
	assert_true(n > 150);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_inheritance),
		cmocka_unit_test(test_lookups),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_override),
		cmocka_unit_test(test_override_refused),
		cmocka_unit_test(test_override_own),
		cmocka_unit_test(test_reload),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_manual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
