/* SPDX-License-Identifier: ISC */
/*
 * Proves that no address gets past the guard but the target's: every way of writing one that is
 * known here is tried, with and without words around it; and that what is no address stays.
 */
#include "duty/test_brief_kit.h"

#include "duty/guard.h"
#include "duty/words.h"

static const struct {
	const char *text, *clean; /* NULL: stays as it is */
} rows[] = {
	{"", NULL},
	{"nothing here", NULL},
	{"from 203.0.113.5 to us", "from (address withheld) to us"},
	{"203.0.113.5", "(address withheld)"},
	{"203.0.113.5.", "(address withheld)."},
	{"203.0.113.5:80", "(address withheld):80"},
	{"203.0.113.0/24", "(address withheld)"},
	{"203.0.113.0/99", "(address withheld)/99"},
	{"203.000.113.005", "(address withheld)"},
	{"x203.0.113.5y", "x(address withheld)y"},
	{"1203.0.113.5", "1(address withheld)"},
	{"203.0.113.5.6.7", "(address withheld).6.7"},
	{"203[.]0[.]113[.]5", "(address withheld)"},
	{"203(.)0.113.5", "(address withheld)"},
	{"２０３．０．１１３．５", "(address withheld)"},
	{"203。0。113。5", "(address withheld)"},
	{"203.0\xe2\x80\x8b.113.5", "(address withheld)"},
	{"203.\xc2\xad"
	 "0.113.5 !",
	 "(address withheld) !"},
	{"203.\xe2\x80\xae"
	 "0.113.5",
	 "(address withheld)"},
	{"203.0.\x1b"
	 "113.5\x7f",
	 "(address withheld)"},
	{"203.0.113\xff.5", "(address withheld)"},
	{"host-203-0-113-5.example.net", "host-(address withheld).example.net"},
	{"203-0-113-5.example.net", "(address withheld).example.net"},
	{"ip_203_0_113_5", "ip_(address withheld)"},
	{"5.113.0.203.in-addr.arpa", "(address withheld).in-addr.arpa"},
	{"2001:db8::1", "(address withheld)"},
	{"[2001:db8::1]:443", "[(address withheld)]:443"},
	{"2001:db8::1: it", "(address withheld): it"},
	{"2001:DB8:0:0:0:0:0:1", "(address withheld)"},
	{"2001:db8::/32", "(address withheld)"},
	{"fe80::1%eth0", "(address withheld)%eth0"},
	{"::ffff:203.0.113.5", "(address withheld)"},
	{"ref2001:db8::1", "ref(address withheld)"},
	{"::", "(address withheld)"},
	{"two: 203.0.113.5, 203.0.113.6", "two: (address withheld), (address withheld)"},
	{"攻撃元は203.0.113.5です", "攻撃元は(address withheld)です"},
	/* The target, and ours. */
	{"198.51.100.7", NULL},
	{"198.51.100.7/32", NULL},
	{"198.51.100.8", "(address withheld)"},
	{"198.51.100.0/24", "(address withheld)"},
	{"exporter 192.0.2.1", NULL},
	/* No addresses. */
	{"2026-11-26 03:12:45.123 JST", NULL},
	{"2026-11-26T03:12:45Z", NULL},
	{"9.40 Gbit/s, 840 kpps, 97.5 %", NULL},
	{"+81-3-5550-0199", NULL},
	{"06-12-34-56-78", NULL},
	{"1.2.3", NULL},
	{"300.1.2.3", "3(address withheld)"},
	{"noroshi 0.1.0", NULL},
	{"n0123456789ab", NULL},
	{"a: b: c", NULL},
	{"key:value:more", NULL},
};

static void test_rows(void **state)
{
	struct conf *conf = kit_conf();
	_cleanup_incident_ struct incident *inc = kit_syn_flood();

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct guard g = guard_about(GUARD_HOUSE, conf, inc);
		_cleanup_text_ struct text out = TEXT_NULL;
		const char *expected = rows[i].clean ? rows[i].clean : rows[i].text;
		unsigned n = guard_text(&g, rows[i].text, false, &out);

		if (strcmp(text_str(&out), expected) != 0)
			fail_msg("\"%s\" became \"%s\", not \"%s\"", rows[i].text, text_str(&out),
				 expected);
		assert_int_equal(n > 0, rows[i].clean != NULL);
		assert_int_equal(g.withheld, n);
	}
	conf_unref(conf);
}

static bool stays(enum guard_reader reader, const struct conf *conf, const struct incident *inc,
		  const char *text)
{
	struct guard g = guard_about(reader, conf, inc);
	_cleanup_text_ struct text out = TEXT_NULL;

	return guard_text(&g, text, true, &out) == 0 && strcmp(text_str(&out), text) == 0;
}

/* What is not seen does not stay, and the rest does. */
static void test_unseen(void **state)
{
	struct guard g = guard_about(GUARD_HOUSE, NULL, NULL);
	_cleanup_text_ struct text out = TEXT_NULL;

	assert_int_equal(guard_text(&g,
				    "a\x1b[31m b\n\xe2\x80\xae"
				    "c\xff 東\n\n",
				    false, &out),
			 0);
	assert_string_equal(text_str(&out), "a[31m b\nc 東\n\n");
}

/* Whom it is for, and what it is about, decide. */
static void test_readers(void **state)
{
	struct conf *conf = kit_conf();
	_cleanup_incident_ struct incident *inc = kit_syn_flood(), *carpet = kit_carpet();

	assert_true(stays(GUARD_HOUSE, conf, inc, "192.0.2.1"));
	assert_false(stays(GUARD_CUSTOMER, conf, inc, "192.0.2.1"));
	assert_false(stays(GUARD_HOUSE, NULL, inc, "192.0.2.1"));
	assert_true(stays(GUARD_CUSTOMER, conf, inc, "198.51.100.7"));
	assert_false(stays(GUARD_HOUSE, conf, NULL, "198.51.100.7"));
	assert_true(stays(GUARD_HOUSE, conf, carpet, "198.18.16.0/20"));
	assert_false(stays(GUARD_HOUSE, conf, carpet, "198.18.16.9")); /* a host in it */
	assert_false(stays(GUARD_HOUSE, conf, carpet, "198.18.16.0"));
	carpet->f.level = LEVEL_NETWORK;
	assert_false(stays(GUARD_HOUSE, conf, carpet, "198.18.16.0/20"));
	conf_unref(conf);
}

static void test_json(void **state)
{
	struct guard g = guard_about(GUARD_HOUSE, NULL, NULL);
	json_t *o = json_pack("{s:s, s:[s, i, {s:s}, n], s:{s:{s:s}}}", "a", "at 203.0.113.5", "b",
			      "2001:db8::1", 7, "c", "fine", "d", "e", "f", "203.0.113.6");
	char *text;

	assert_int_equal(guard_json(&g, o, true), 0);
	text = json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(text,
			    "{\"a\":\"at （アドレス非表示）\",\"b\":[\"（アドレス非表示）\",7,"
			    "{\"c\":\"fine\"},null],\"d\":{\"e\":{\"f\":\"（アドレス非表示）\"}}}");
	assert_int_equal(g.withheld, 3);
	free(text);
	json_decref(o);
}

static void test_deep_json(void **state)
{
	struct guard g = guard_about(GUARD_HOUSE, NULL, NULL);
	json_t *o = json_string("203.0.113.5");

	for (unsigned i = 0; i < 40; i++) {
		json_t *outer = json_array();

		json_array_append_new(outer, o);
		o = outer;
	}
	assert_int_equal(guard_json(&g, o, false), -EINVAL);
	json_decref(o);
}

static void test_page(void **state)
{
	_cleanup_incident_ struct incident *inc = kit_syn_flood();
	struct page p = {.language = "en"};

	snprintf(p.text, sizeof(p.text), "SEV1 203.0.113.99: SYN flood. noroshi brief n1");
	p.json = json_pack("{s:s, s:{s:s, s:s}}", "text", p.text, "data", "object", "203.0.113.99",
			   "target", "198.51.100.7");
	assert_int_equal(guard_page(&p, NULL, inc), 0);
	assert_string_equal(p.text, "SEV1 (address withheld): SYN flood. noroshi brief n1");
	assert_string_equal(json_string_value(json_object_get(p.json, "text")), p.text);
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(p.json, "data"), "object")),
		"(address withheld)");
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(p.json, "data"), "target")),
		"198.51.100.7");
	json_decref(p.json);
	/* Full to the last character: it becomes no longer. */
	p.json = NULL;
	memset(p.text, 'x', PAGE_CHARS_MAX);
	memcpy(p.text + 20, " 203.0.113.9 ", 13);
	p.text[PAGE_CHARS_MAX] = '\0';
	assert_int_equal(guard_page(&p, NULL, inc), 0);
	assert_int_equal(page_characters(p.text), PAGE_CHARS_MAX - 10);
	assert_non_null(strstr(p.text, "x … x"));
}

/* Any bytes: nothing is lost but addresses, and it ends. */
static void test_noise(void **state)
{
	uint64_t x = 88172645463325252u;
	static const char letters[] = "0123456789abcdef:./[]()-_ \xe3\x80\x82";

	for (unsigned round = 0; round < 3000; round++) {
		struct guard g = guard_about(GUARD_HOUSE, NULL, NULL);
		_cleanup_text_ struct text out = TEXT_NULL, again = TEXT_NULL;
		char s[64];
		size_t n;

		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		n = x % sizeof(s);
		for (size_t i = 0; i < n; i++) {
			x ^= x << 13, x ^= x >> 7, x ^= x << 17;
			s[i] = letters[x % (sizeof(letters) - 1)];
		}
		s[n] = '\0';
		guard_text(&g, s, false, &out);
		assert_int_equal(guard_text(&g, text_str(&out), false, &again), 0);
		assert_string_equal(text_str(&out), text_str(&again));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),	  cmocka_unit_test(test_unseen),
		cmocka_unit_test(test_readers),	  cmocka_unit_test(test_json),
		cmocka_unit_test(test_deep_json), cmocka_unit_test(test_noise),
		cmocka_unit_test(test_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
