/* SPDX-License-Identifier: ISC */
/*
 * Proves that a threshold is written into files of many shapes without touching anything else, that
 * what comes out is read with just that threshold changed, and that what cannot be changed safely
 * is refused with its line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "conf/conf.h"
#include "duty/tune_edit.h"

struct shape {
	const char *what, *before, *after; /* of shop's syn_flood, to 6200 */
	unsigned line;
};

static const struct shape shapes[] = {
	{"value with a comment in its column",
	 "protected:\n  - name: shop\n    prefixes: 192.0.2.0/24\n    thresholds:   # own\n"
	 "      syn_flood: 5000      # since June\n      udp_flood: 20k\n",
	 "protected:\n  - name: shop\n    prefixes: 192.0.2.0/24\n    thresholds:   # own\n"
	 "      syn_flood: 6200      # since June\n      udp_flood: 20k\n",
	 5},
	{"shorter value",
	 "protected:\n- name: shop\n  prefixes: 192.0.2.0/24\n  thresholds:\n    syn_flood: 5k # "
	 "a\n",
	 "protected:\n- name: shop\n  prefixes: 192.0.2.0/24\n  thresholds:\n    syn_flood: 6200 # "
	 "a\n",
	 5},
	{"longer value keeps the column",
	 "protected:\n- name: shop\n  prefixes: 192.0.2.0/24\n  thresholds:\n"
	 "    syn_flood: 12345678 # a\n",
	 "protected:\n- name: shop\n  prefixes: 192.0.2.0/24\n  thresholds:\n"
	 "    syn_flood: 6200     # a\n",
	 5},
	{"quoted value",
	 "protected:\n  - name: \"shop\"\n    prefixes: [192.0.2.0/24]\n    thresholds:\n"
	 "      syn_flood: '5 kpps'\n",
	 "protected:\n  - name: \"shop\"\n    prefixes: [192.0.2.0/24]\n    thresholds:\n"
	 "      syn_flood: 6200\n",
	 5},
	{"new key before the others",
	 "protected:\n  - name: shop\n    prefixes: 192.0.2.0/24\n    thresholds:\n"
	 "      # much DNS\n      udp_flood: 20k\n    line: 1G\n",
	 "protected:\n  - name: shop\n    prefixes: 192.0.2.0/24\n    thresholds:\n"
	 "      syn_flood: 6200\n      # much DNS\n      udp_flood: 20k\n    line: 1G\n",
	 5},
	{"no thresholds yet",
	 "protected:\n  - name: shop        # 店舗\n    prefixes:\n      - 192.0.2.0/24\n",
	 "protected:\n  - name: shop        # 店舗\n    thresholds:\n      syn_flood: 6200\n"
	 "    prefixes:\n      - 192.0.2.0/24\n",
	 4},
	{"name is not the first key",
	 "protected:\n  - prefixes: 192.0.2.0/24\n    name: shop\nlanguage: ja\n",
	 "protected:\n  - prefixes: 192.0.2.0/24\n    name: shop\n    thresholds:\n"
	 "      syn_flood: 6200\nlanguage: ja\n",
	 5},
	{"no newline at the end",
	 "protected:\n  - name: shop\n    prefixes: 192.0.2.0/24\n    thresholds:\n"
	 "      syn_flood: 5000",
	 "protected:\n  - name: shop\n    prefixes: 192.0.2.0/24\n    thresholds:\n"
	 "      syn_flood: 6200",
	 5},
	{"added behind a last line without newline",
	 "protected:\n  - prefixes: 192.0.2.0/24\n    name: shop",
	 "protected:\n  - prefixes: 192.0.2.0/24\n    name: shop\n    thresholds:\n"
	 "      syn_flood: 6200",
	 5},
	{"CRLF",
	 "protected:\r\n  - name: shop\r\n    prefixes: 192.0.2.0/24\r\n    thresholds:\r\n"
	 "      udp_flood: 20k\r\n",
	 "protected:\r\n  - name: shop\r\n    prefixes: 192.0.2.0/24\r\n    thresholds:\r\n"
	 "      syn_flood: 6200\r\n      udp_flood: 20k\r\n",
	 5},
	{"Japanese comments",
	 "# 保護対象の一覧\nprotected:\n  - name: shop # 本店\n    customer: 株式会社例\n"
	 "    prefixes: 192.0.2.0/24\n    thresholds: # しきい値\n"
	 "      syn_flood: 5000 # 6月から\n",
	 "# 保護対象の一覧\nprotected:\n  - name: shop # 本店\n    customer: 株式会社例\n"
	 "    prefixes: 192.0.2.0/24\n    thresholds: # しきい値\n"
	 "      syn_flood: 6200 # 6月から\n",
	 7},
	{"text before on the same level",
	 "protected:\n  - {name: other, prefixes: 198.51.100.0/24, thresholds: {syn_flood: 1}}\n"
	 "  - name: shop\n    prefixes: 192.0.2.0/24\n    thresholds: \n      syn_flood:   5000\n"
	 "  - name: last\n    prefixes: 203.0.113.0/24\n    thresholds:\n      syn_flood: 5000\n",
	 "protected:\n  - {name: other, prefixes: 198.51.100.0/24, thresholds: {syn_flood: 1}}\n"
	 "  - name: shop\n    prefixes: 192.0.2.0/24\n    thresholds: \n      syn_flood:   6200\n"
	 "  - name: last\n    prefixes: 203.0.113.0/24\n    thresholds:\n      syn_flood: 5000\n",
	 6},
	{"the general ones have the same key",
	 "thresholds:\n  syn_flood: 1000\nprotected:\n  - name: shop\n    prefixes: 192.0.2.0/24\n"
	 "    thresholds:\n      prefix:\n        times_24: 3\n      syn_flood: 5000\n",
	 "thresholds:\n  syn_flood: 1000\nprotected:\n  - name: shop\n    prefixes: 192.0.2.0/24\n"
	 "    thresholds:\n      prefix:\n        times_24: 3\n      syn_flood: 6200\n",
	 9},
	{"dash on a line of its own, and a document start",
	 "---\nprotected:\n  -\n    name: shop\n    prefixes: 192.0.2.0/24\n",
	 "---\nprotected:\n  -\n    name: shop\n    thresholds:\n      syn_flood: 6200\n"
	 "    prefixes: 192.0.2.0/24\n",
	 6},
	{"byte order mark",
	 "\xef\xbb\xbfprotected:\n  - name: shop\n    prefixes: 192.0.2.0/24\n    thresholds:\n"
	 "      syn_flood: 5000\n",
	 "\xef\xbb\xbfprotected:\n  - name: shop\n    prefixes: 192.0.2.0/24\n    thresholds:\n"
	 "      syn_flood: 6200\n",
	 5},
	{"a comment that looks like the end",
	 "protected:\n  - name: shop\n    prefixes: 192.0.2.0/24\n    thresholds:\n"
	 "# syn_flood: 1\n      syn_flood: 5000\n# end\n",
	 "protected:\n  - name: shop\n    prefixes: 192.0.2.0/24\n    thresholds:\n"
	 "# syn_flood: 1\n      syn_flood: 6200\n# end\n",
	 6},
};

static struct conf *load(const char *what, const char *yaml)
{
	_cleanup_text_ struct text errors = TEXT_NULL;
	struct conf *c = conf_load_text("f", yaml, strlen(yaml), &errors);

	if (!c)
		fail_msg("%s: %s\n%s", what, text_str(&errors), yaml);
	return c;
}

static void test_shapes(void **state)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		_cleanup_text_ struct text out = TEXT_NULL, a = TEXT_NULL, b = TEXT_NULL;
		const struct shape *s = &shapes[i];
		struct tune_place place;
		struct conf *before, *after;
		int r = tune_edit(s->before, strlen(s->before), "shop", "syn_flood", "6200", &out,
				  &place);

		if (r || strcmp(text_str(&out), s->after) != 0)
			fail_msg("%s: %d %s\n%s", s->what, r, place.why ? place.why : "",
				 text_str(&out));
		assert_int_equal(place.line, s->line);
		/* Read, it differs by that threshold alone. */
		before = load(s->what, s->before);
		after = load(s->what, text_str(&out));
		for (size_t k = 0; k < before->n_objects; k++)
			if (strcmp(before->objects[k].name, "shop") == 0)
				before->objects[k].thresholds.pps[VECTOR_SYN_FLOOD] = 6200;
		conf_print(before, &a);
		conf_print(after, &b);
		assert_string_equal(text_str(&a), text_str(&b));
		conf_unref(before);
		conf_unref(after);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *yaml, *why;
		int answer;
		unsigned line;
	} rows[] = {
		{"protected:\n  - {name: shop, prefixes: 192.0.2.0/24}\n", "flow", TUNE_EDIT_UNSAFE,
		 2},
		{"protected:\n  - name: shop\n    prefixes: 192.0.2.0/24\n"
		 "    thresholds: {udp_flood: 1}\n",
		 "flow", TUNE_EDIT_UNSAFE, 4},
		{"protected:\n  - name: shop\n    prefixes: 192.0.2.0/24\n"
		 "    thresholds: &t\n      udp_flood: 1\n",
		 "anchor", TUNE_EDIT_UNSAFE, 4},
		{"protected:\n  - name: a\n    prefixes: 192.0.3.0/24\n    thresholds: &t\n"
		 "      udp_flood: 1\n  - name: shop\n    prefixes: 192.0.2.0/24\n"
		 "    thresholds: *t\n",
		 "alias", TUNE_EDIT_UNSAFE, 8},
		{"protected:\n  - name: shop\n    prefixes: 192.0.2.0/24\n    thresholds:\n"
		 "      <<: *t\n      syn_flood: 1\n",
		 "merge", TUNE_EDIT_UNSAFE, 5},
		{"protected:\n  - name: shop\n    prefixes: 192.0.2.0/24\n    thresholds:\n"
		 "      syn_flood: &x 5000\n",
		 "anchor", TUNE_EDIT_UNSAFE, 5},
		{"protected:\n  - name: shop\n    prefixes: 192.0.2.0/24\n    thresholds:\n"
		 "      syn_flood: !!int 5000\n",
		 "tag", TUNE_EDIT_UNSAFE, 5},
		{"protected:\n  - name: shop\n    prefixes: 192.0.2.0/24\n    thresholds:\n"
		 "      syn_flood:\n        - 5000\n",
		 "value", TUNE_EDIT_UNSAFE, 5},
		{"protected:\n  - name: shop\n    prefixes: 192.0.2.0/24\n    thresholds:\n",
		 "value", TUNE_EDIT_UNSAFE, 4},
		{"{\"protected\": [{\"name\": \"shop\", \"prefixes\": \"192.0.2.0/24\"}]}\n",
		 "flow", TUNE_EDIT_UNSAFE, 1},
		{"protected:\n  - name: other\n    prefixes: 192.0.2.0/24\n", NULL,
		 TUNE_EDIT_NO_OBJECT, 0},
		{"services:\n  - name: shop\n", NULL, TUNE_EDIT_NO_OBJECT, 0},
		{"", NULL, TUNE_EDIT_NO_OBJECT, 0},
		{"protected: [\n", NULL, TUNE_EDIT_NO_YAML, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_text_ struct text out = TEXT_NULL;
		struct tune_place place;
		int r = tune_edit(rows[i].yaml, strlen(rows[i].yaml), "shop", "syn_flood", "6200",
				  &out, &place);

		if (r != rows[i].answer || place.line != rows[i].line ||
		    (rows[i].why ? !place.why || strcmp(place.why, rows[i].why) != 0 : !!place.why))
			fail_msg("row %zu: %d line %u %s\n%s", i, r, place.line,
				 place.why ? place.why : "-", rows[i].yaml);
		assert_int_equal(out.len, 0);
	}
}

/* Cut anywhere, it is edited or refused, and never read beyond its end. */
static void test_cut(void **state)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		for (size_t n = 0; n <= strlen(shapes[i].before); n++) {
			_cleanup_text_ struct text out = TEXT_NULL;
			_cleanup_free_ char *copy = malloc(n ? n : 1);
			struct tune_place place;
			int r;

			memcpy(copy, shapes[i].before, n);
			r = tune_edit(copy, n, "shop", "syn_flood", "6200", &out, &place);
			assert_in_range(r, 0, TUNE_EDIT_NO_YAML);
			if (r == 0)
				assert_true(out.len >= n - 10);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
