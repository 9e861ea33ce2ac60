/* SPDX-License-Identifier: ISC */
/*
 * Proves that every kind of mistake is named with its exact line and column, that one mistake does
 * not hide another, and that a file with a mistake gives no configuration at all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "conf/mistake.h"
#include "conf/read.h"
#include "conf/test_conf_kit.h"

#define TOP_KEYS                                                                                   \
	"country, own, protected, exporters, interfaces, links, services, darknets, shared, "      \
	"proxy_lists, never_touch, listen, capture, unwrap, thresholds, limits, keep, desk, "      \
	"duty, "                                                                                   \
	"maintenance, heightened, act, store, place, language"

static const struct row rows[] = {
	/* Keys */
	{"tresholds:\n  syn_flood: 1\n",
	 "f:1:1: unknown key \"tresholds\" in the configuration; did you mean \"thresholds\"?\n"},
	{"zzz: 1\n", "f:1:1: unknown key \"zzz\" in the configuration; it may have " TOP_KEYS "\n"},
	{"syn_flood: 1\n", "f:1:1: unknown key \"syn_flood\" in the configuration; it belongs in "
			   "\"thresholds\"\n"},
	{"keep:\n  never_touch: 1\n", "f:2:3: unknown key \"never_touch\" in keep; it belongs in "
				      "the first column\n"},
	{"thresholds:\n  sny_flood: 5\n  ntpp_amplification: 5\n",
	 "f:2:3: unknown key \"sny_flood\" in thresholds; did you mean \"syn_flood\"?\n"
	 "f:3:3: unknown key \"ntpp_amplification\" in thresholds; did you mean "
	 "\"ntp_amplification\"?\n"},
	{"language: en\nlanguage: ja\n",
	 "f:2:1: the key \"language\" stands here twice; first in line 1\n"},
	{"thresholds:\n  ntp_amplification: 5\n  port123_amplification: 5\n",
	 "f:3:3: the key \"port123_amplification\" stands here twice\n"},
	{"exporters:\n  - name: a\n", "f:2:5: an exporter needs the key \"address\"\n"},
	{"? [a]\n: b\n? {c: d}\n: e\n",
	 "f:1:3: a key must be a single word\nf:3:3: a key must be a single word\n"},
	/* Kinds of nodes */
	{"- a\n", "f:1:1: the file must hold keys (key: value)\n"},
	{"a\n", "f:1:1: the file must hold keys (key: value)\n"},
	{"own:\n  a: b\n", "f:2:3: own must be a list (items that begin with \"- \")\n"},
	{"keep: 5\nthresholds: [1]\n", "f:1:7: keep must be a group of keys (key: value)\n"
				       "f:2:13: thresholds must be a group of keys (key: value)\n"},
	{"language: [en]\n", "f:1:11: language must be a single value\n"},
	{"exporters: [a]\n", "f:1:13: this item must be an exporter\n"},
	{"own:\n  - [10.0.0.0/8]\n", "f:2:5: this item must be an own prefix\n"},
	{"darknets:\n  - {a: b}\n", "f:2:5: this item must be a single value\n"},
	{"own:\n  - 10.0.0.0/8\n  -\n", "f:3:4: an item of \"own\" is empty\n"},
	{"protected:\n  - name: x\n    prefixes: []\n",
	 "f:3:15: prefixes: at least one item is needed\n"},
	/* Values */
	{"own: 192.0.2.1/24\n",
	 "f:1:6: own: \"192.0.2.1/24\" has bits set behind its length; the prefix is "
	 "192.0.2.0/24\n"},
	{"own: [300.0.0.0/8]\n",
	 "f:1:7: own: \"300.0.0.0/8\" is not a prefix such as 192.0.2.0/24 or 2001:db8::/32\n"},
	{"thresholds: {udp_flood: 25oo, any: 0, any_bits: 1GB, link_percent: 101}\n",
	 "f:1:25: udp_flood: \"25oo\" is not a packet rate such as 2500 or 2.5kpps, or never\n"
	 "f:1:36: any: must be at least 1; \"never\" switches it off\n"
	 "f:1:49: any_bits: \"1GB\" is not a bit rate such as 1.5Gbps or 100 Mbit/s, or never\n"
	 "f:1:68: link_percent: must be at most 100%; \"never\" switches it off\n"},
	{"thresholds:\n  dns_amplification: x\n",
	 "f:2:22: dns_amplification: \"x\" is not a packet rate such as 2500 or 2.5kpps, or "
	 "never\n"},
	{"limits: {memory: 1MB, hot_keys: 3.5, threads: never}\n",
	 "f:1:18: memory: must be at least 16MB\n"
	 "f:1:33: hot_keys: \"3.5\" is not a whole number\n"
	 "f:1:47: threads: \"never\" is not a whole number\n"},
	{"keep:\n  evidence: soon\n  rollup: 200y\n",
	 "f:2:13: evidence: \"soon\" is not a duration such as 10s, 5m, 2h or 30d\n"
	 "f:3:11: rollup: must be at most 36500d\n"},
	{"shared:\n  - {prefix: 10.0.0.0/8, kind: cng}\n",
	 "f:2:32: kind: \"cng\" is not one of cgn, map_e, cdn, resolver, other; did you mean "
	 "\"cgn\"?\n"},
	{"language: english\n", "f:1:11: language: \"english\" is not one of en, ja\n"},
	{"country: [JP, XX, j]\n",
	 "f:1:15: country: \"XX\" is not an ISO 3166 alpha-2 code such as JP\n"
	 "f:1:19: country: \"j\" is not an ISO 3166 alpha-2 code such as JP\n"},
	{"exporters:\n  - {name: \" a\", address: localhost}\n",
	 "f:2:12: name: \" a\" is not a name: one line, no space at its ends\n"
	 "f:2:27: address: \"localhost\" is not an IPv4 or IPv6 address\n"},
	{"store: {directory: \"a\\nb\"}\n",
	 "f:1:20: directory: must be one line without control characters\n"},
	{"protected: [{name: 0123456789012345678901234567890123456789012345678901234567890123, "
	 "prefixes: 10.0.0.0/8}]\nown: 10.0.0.0/8\n",
	 "f:1:20: name: is longer than 63 bytes\n"},
	{"own: 10.0.0.0/8\nprotected:\n  - name: x\n    prefixes: 10.0.0.0/8\n    contacts:\n"
	 "      - {name: y, mail: nobody}\n    known_tests:\n      - {from: today, until: "
	 "2026-02-30T00:00:00Z}\n",
	 "f:6:25: mail: \"nobody\" is not a mail address such as noc@example.net\n"
	 "f:8:16: from: \"today\" is not a time such as 2026-08-08T09:00:00+09:00\n"
	 "f:8:30: until: \"2026-02-30T00:00:00Z\" is not a time such as "
	 "2026-08-08T09:00:00+09:00\n"},
	{"exporters: {}\nlisten: [70000]\n",
	 "f:1:12: exporters must be a list (items that begin with \"- \")\n"
	 "f:2:10: listen: \"70000\" is not a port or an address and port such as 2055, "
	 "192.0.2.1:2055 or \"[2001:db8::1]:2055\"\n"},
	/* YAML that is not used, and what is not YAML */
	{"language: &a en\nstore: *a\n",
	 "f:1:11: \"a\": anchors and aliases are not used here; write the value out\n"
	 "f:2:8: \"a\": anchors and aliases are not used here; write the value out\n"},
	{"limits: &l {threads: x}\n",
	 "f:1:9: \"l\": anchors and aliases are not used here; write the value out\n"
	 "f:1:22: threads: \"x\" is not a whole number\n"},
	{"<<: *b\n", "f:1:1: merge keys are not used here; write the keys out\n"},
	{"language: !!str en\n",
	 "f:1:11: the tag \"tag:yaml.org,2002:str\": tags are not used here\n"},
	{"language: en\n---\nlanguage: ja\n", "f:2:1: a second document begins; one file is one\n"},
	{"language: \"e\\0n\"\n", "f:1:11: the text holds a NUL character\n"},
	{"own:\n\t- 10.0.0.0/8\n", "f:2:1: a tab stands in the indent; YAML takes only spaces\n"},
	{"a: b: c\n", "f:1:1: unknown key \"a\" in the configuration; it may have " TOP_KEYS "\n"
		      "f:1:5: not valid YAML: mapping values are not allowed in this context\n"},
	{"own: [10.0.0.0/8\n", "f:2:1: not valid YAML: did not find expected ',' or ']' (while "
			       "parsing a flow sequence that begins in line 1)\n"},
	{"# \xe7\x8b\xbc\nown: [\xff]\n",
	 "f:2:7: not readable as UTF-8 text: invalid leading UTF-8 octet\n"},
	{"\xef\xbb\xbfown: [\x01]\n",
	 "f:1:7: not readable as UTF-8 text: control characters are not allowed\n"},
	{"\xff\xfel\0", "f:1:1: the file is UTF-16; save it as UTF-8\n"},
	/* Byte order mark, CR LF: columns as in any other file */
	{"\xef\xbb\xbflanguage: fr\r\nstore:\r\n  dir: y\r\n",
	 "f:1:11: language: \"fr\" is not one of en, ja\n"
	 "f:3:3: unknown key \"dir\" in store; it may have directory\n"},
	{"# \xe7\x8b\xbc\nstore: {\"\xe7\x8b\xbc\": 1, x: 2}\n", /* columns count characters */
	 "f:2:9: unknown key \"\xe7\x8b\xbc\" in store; it may have directory\n"
	 "f:2:17: unknown key \"x\" in store; it may have directory\n"},
	/* Cross checks */
	{"interfaces:\n  - {exporter: bordr, ifindex: 1, link: x}\nexporters:\n"
	 "  - {name: border, address: 192.0.2.1}\n",
	 "f:2:16: no exporter is named \"bordr\"; did you mean \"border\"?\n"},
	{"links: [{name: a}, {name: a}]\n",
	 "f:1:27: the link name \"a\" is given twice; first in line 1\n"},
	{"links: [{name: transit}]\nservices: [{name: a, link: trnsit}]\n",
	 "f:2:28: no link is named \"trnsit\"; did you mean \"transit\"?\n"},
	{"interfaces:\n  - {exporter: a, ifindex: 1, link: x}\n",
	 "f:2:16: no exporter is named \"a\"\n"},
	{"exportesr: []\ninterfaces:\n  - {exporter: a, ifindex: 1, link: x}\n",
	 "f:1:1: unknown key \"exportesr\" in the configuration; did you mean \"exporters\"?\n"},
	{"exporters:\n  - name: a\n    address: 192.0.2.1\n  - name: a\n    address: 192.0.2.1\n",
	 "f:4:11: the exporter name \"a\" is given twice; first in line 2\n"
	 "f:5:14: the exporter address 192.0.2.1 is given twice; first in line 3\n"},
	{"exporters: [{name: a, address: 192.0.2.1}]\ninterfaces:\n"
	 "  - {exporter: a, ifindex: 1, link: x, capacity: 0}\n"
	 "  - {exporter: a, ifindex: 1, link: y}\n",
	 "f:3:50: capacity: must be at least 1bps\n"
	 "f:4:28: ifindex 1 of exporter \"a\" is given twice; first in line 3\n"},
	{"own: [10.0.0.0/8, 10.0.0.0/8]\n",
	 "f:1:19: the own prefix 10.0.0.0/8 is given twice; first in line 1\n"},
	{"own: 10.0.0.0/8\nprotected:\n  - name: a\n    prefixes: [10.0.0.0/24, 10.0.0.0/24]\n"
	 "  - name: b\n    prefixes: [10.0.0.0/24, 10.0.0.0/25]\n  - name: a\n"
	 "    prefixes: 10.0.1.0/24\n",
	 "f:4:29: the protected prefix 10.0.0.0/24 is given twice; first in line 4\n"
	 "f:6:16: the protected prefix 10.0.0.0/24 belongs to two objects, \"a\" (line 4) and "
	 "\"b\"\n"
	 "f:7:11: the object name \"a\" is given twice; first in line 3\n"},
	{"darknets:\n  - 10.1.0.0/16\n  - 12.0.0.0/8\nown: 10.0.0.0/8\n",
	 "f:3:5: the darknet 12.0.0.0/8 is not inside \"own\"\n"},
	{"exporters: [{name: a, address: 192.0.2.1}]\nlisten: [2055, \"[::]:2055\"]\n"
	 "capture: [e0, e0]\n",
	 "f:2:16: this listen address with port 2055 is given twice; first in line 2\n"
	 "f:3:15: the capture interface \"e0\" is given twice; first in line 3\n"},
	{"own: 10.0.0.0/8\nprotected:\n  - name: a\n    prefixes: 10.0.0.0/24\n    known_tests:\n"
	 "      - {until: 2026-01-01T00:00:00Z, from: 2026-01-01T09:00:00+09:00}\n",
	 "f:6:17: \"until\" is not after \"from\"\n"},
	/* Warnings */
	{"own: 10.0.0.0/8\nprotected: [{name: a, prefixes: [10.0.0.0/24, 11.0.0.0/24]}]\n",
	 "f:2:47: warning: 11.0.0.0/24 of object \"a\" is not inside \"own\"\n", true},
	{"own: 10.0.0.0/8\nnever_touch: 10.0.0.0/16\ndarknets: 10.0.0.0/20\nprotected:\n"
	 "  - name: a\n    prefixes: 10.0.0.0/24\n    measures: [{kind: x, consent: y, max: 1h}]\n",
	 "f:6:15: warning: 10.0.0.0/24 of object \"a\" lies in a darknet\n"
	 "f:6:15: warning: 10.0.0.0/24 of object \"a\" lies in \"never_touch\": its measures "
	 "cannot "
	 "be taken\n",
	 true},
	{"listen: 2055\n",
	 "f:1:9: warning: no exporter is given: every datagram that comes here is refused\n", true},
	{"thresholds: {prefix: {times_24: 9, times_20: 5}}\n",
	 "f:1:33: warning: times_20 (5) is below times_24 (9)\n", true},
};

static void test_golden(void **state)
{
	expect_rows(rows, ARRAY_LEN(rows));
}

static void expect_text(const struct text *yaml, const char *expected)
{
	_cleanup_text_ struct text errors = TEXT_NULL;

	assert_null(conf_load_text("f", text_str(yaml), yaml->len, &errors));
	assert_string_equal(text_str(&errors), expected);
}

static void test_depth(void **state)
{
	_cleanup_text_ struct text yaml = TEXT_NULL;

	text_add(&yaml, "own: ");
	for (unsigned i = 0; i < READ_DEPTH_MAX; i++)
		text_add(&yaml, "[");
	/* The file's own keys are one level; the first list an item of "own". */
	expect_text(&yaml, "f:1:7: this item must be an own prefix\n"
			   "f:1:69: nested more than 64 deep\n");
}

static void test_many_mistakes(void **state)
{
	_cleanup_text_ struct text yaml = TEXT_NULL, expected = TEXT_NULL;

	text_add(&yaml, "darknets:\n");
	for (unsigned i = 0; i < 3 * MISTAKES_MAX; i++)
		text_add(&yaml, " - x\n");
	for (unsigned i = 0; i < MISTAKES_MAX; i++)
		text_printf(&expected,
			    "f:%u:4: darknets: \"x\" is not a prefix such as 192.0.2.0/24 or "
			    "2001:db8::/32\n",
			    i + 2);
	text_add(&expected, "f: 50 mistakes; there may be more behind them\n");
	expect_text(&yaml, text_str(&expected));
}

static void test_many_warnings(void **state)
{
	_cleanup_text_ struct text yaml = TEXT_NULL, errors = TEXT_NULL;
	struct conf *c;

	text_add(&yaml, "protected:\n - name: a\n   prefixes:\n");
	for (unsigned i = 0; i < MISTAKES_MAX + 7; i++)
		text_printf(&yaml, "   - 10.0.0.%u\n", i);
	c = conf_load_text("f", text_str(&yaml), yaml.len, &errors);
	assert_non_null(c);
	assert_non_null(strstr(text_str(&errors), "f:4:6: warning: 10.0.0.0 of object"));
	assert_non_null(strstr(text_str(&errors), "\nf: warning: 7 more warnings are not shown\n"));
	conf_unref(c);
}

static void test_bounds(void **state)
{
	_cleanup_text_ struct text yaml = TEXT_NULL, list = TEXT_NULL;

	for (unsigned i = 0; i < READ_BYTES_MAX / 64 + 1; i++)
		text_add(&yaml,
			 "# 3456789 123456789 123456789 123456789 123456789 123456789 123\n");
	expect_text(&yaml, "f:1:1: the file is larger than 16 MiB\n");
	text_add(&list, "country:\n");
	for (unsigned i = 0; i < 17; i++)
		text_add(&list, " - JP\n");
	expect_text(&list, "f:18:4: more than 16 items in \"country\"\n");
	text_clear(&list);
	text_add(&list, "thresholds:\n");
	for (unsigned i = 0; i < 17; i++)
		text_printf(&list, "  port%u_amplification: 5\n", 40000 + i);
	expect_text(&list, "f:18:3: unknown key \"port40016_amplification\" in thresholds; no more "
			   "than 16 ports may have their own threshold\n");
}

static void test_no_file(void **state)
{
	_cleanup_text_ struct text errors = TEXT_NULL;

	assert_null(conf_load("/nonexistent/noroshi.yaml", &errors));
	assert_string_equal(text_str(&errors),
			    "/nonexistent/noroshi.yaml: not read: No such file or directory\n");
	text_clear(&errors);
	assert_null(conf_load("/", &errors));
	assert_string_equal(text_str(&errors), "/: not read: Is a directory\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),	      cmocka_unit_test(test_depth),
		cmocka_unit_test(test_many_mistakes), cmocka_unit_test(test_many_warnings),
		cmocka_unit_test(test_bounds),	      cmocka_unit_test(test_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
