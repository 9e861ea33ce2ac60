/* SPDX-License-Identifier: ISC */
/*
 * Proves that no input and no lack of memory does harm: 10,000 seeded mutations of the example are
 * each accepted (and then print and read back) or refused with a place, and every single allocation
 * of a load may fail without a leak or a crash. Those inside libyaml and jansson are their own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/test_refuse.h"
#include "conf/conf.h"

#define MUTATIONS 10000
#define SEED	  20080708u

static int read_example(void **state)
{
	const char *root = getenv("NOROSHI_SOURCE");
	static struct text example;
	char path[4096], buf[4096];
	size_t n;

	if (!root)
		return 0;
	snprintf(path, sizeof(path), "%s/data/noroshi.example.yaml", root);
	_cleanup_fclose_ FILE *f = fopen(path, "r");
	while (f && (n = fread(buf, 1, sizeof(buf), f)) > 0)
		text_add_n(&example, buf, n);
	*state = &example;
	return example.len > 1000 ? 0 : -1;
}

static int drop_example(void **state)
{
	if (*state)
		text_deinit(*state);
	return 0;
}

static const struct text *example_of(void **state)
{
	if (!*state) {
		print_message("skipped: NOROSHI_SOURCE is not set (run through meson test)\n");
		skip();
	}
	return *state;
}

static uint64_t draw(uint64_t *seed, uint64_t below)
{
	*seed = hash_u64(*seed, SEED);
	return *seed % below;
}

/* Change, cut, repeat, move or spoil a piece; lines as often as bytes. */
static void mutate(struct text *t, uint64_t *seed)
{
	static const char *const pieces[] = {
		"\t",	"  ",		":", "- ", "[", "]", "{",     "}",    "&a ", "*a", "!!x ",
		"\xff", "\"",		"'", "\n", "#", "0", "never", "\r\n", "|\n", "? ", "---\n",
		"~",	"\xef\xbb\xbf", "%"};
	size_t at = draw(seed, t->len + 1), n = draw(seed, 40);
	const char *piece = pieces[draw(seed, ARRAY_LEN(pieces))];
	_cleanup_text_ struct text out = TEXT_NULL;

	if (draw(seed, 2)) /* whole lines */
		while (at > 0 && t->s[at - 1] != '\n')
			at--;
	if (n > t->len - at)
		n = t->len - at;
	text_add_n(&out, t->s, at);
	switch (draw(seed, 5)) {
	case 0: /* cut */
		text_add_n(&out, t->s + at + n, t->len - at - n);
		break;
	case 1: /* repeat */
		text_add_n(&out, t->s + at, n);
		text_add_n(&out, t->s + at, t->len - at);
		break;
	case 2: /* insert */
		text_add(&out, piece);
		text_add_n(&out, t->s + at, t->len - at);
		break;
	case 3: /* replace */
		text_add(&out, piece);
		text_add_n(&out, t->s + at + n, t->len - at - n);
		break;
	default: /* spoil a byte, end here sometimes */
		text_add_n(&out, &(char){(char)draw(seed, 256)}, 1);
		if (at + 1 < t->len && draw(seed, 8))
			text_add_n(&out, t->s + at + 1, t->len - at - 1);
	}
	text_clear(t);
	text_add_n(t, text_str(&out), out.len);
}

/* "f:LINE:COLUMN: " at the start of each line, but for the one that says there is more. */
static void expect_places(const struct text *yaml, const char *errors)
{
	for (const char *line = errors; *line; line = strchr(line, '\n') + 1) {
		unsigned l, c;
		int n = 0;

		if (strncmp(line, "f: 50 mistakes", 14) == 0)
			continue;
		if (sscanf(line, "f:%u:%u: %n", &l, &c, &n) != 2 || n == 0 || !l || !c)
			fail_msg("no place in \"%s\" for:\n%s", line, text_str(yaml));
	}
}

static void expect_reads_back(struct conf *c)
{
	_cleanup_text_ struct text first = TEXT_NULL, second = TEXT_NULL, errors = TEXT_NULL;
	struct conf *back;

	conf_print(c, &first);
	back = conf_load_text("f", text_str(&first), first.len, &errors);
	if (!back)
		fail_msg("%s\nof:\n%s", text_str(&errors), text_str(&first));
	conf_print(back, &second);
	assert_string_equal(text_str(&second), text_str(&first));
	conf_unref(back);
}

static void test_mutations(void **state)
{
	const struct text *example = example_of(state);
	unsigned accepted = 0, refused = 0;

	for (unsigned i = 0; i < MUTATIONS; i++) {
		_cleanup_text_ struct text yaml = TEXT_NULL, errors = TEXT_NULL;
		uint64_t seed = hash_u64(i, SEED);
		struct conf *c;

		text_add_n(&yaml, example->s, example->len);
		for (uint64_t n = 1 + draw(&seed, 3); n; n--)
			mutate(&yaml, &seed);
		c = conf_load_text("f", text_str(&yaml), yaml.len, &errors);
		expect_places(&yaml, text_str(&errors));
		if (c)
			expect_reads_back(c);
		else if (errors.len == 0)
			fail_msg("refused without a word:\n%s", text_str(&yaml));
		accepted += c != NULL;
		refused += c == NULL;
		conf_unref(c);
	}
	print_message("%u accepted, %u refused\n", accepted, refused);
	assert_true(accepted > MUTATIONS / 20 && refused > MUTATIONS / 20);
}

/* Fail the n-th allocation, for every n, until a load needs fewer than n. */
static void expect_survives(const char *yaml, size_t n, bool holds)
{
	for (long at = 0;; at++) {
		_cleanup_text_ struct text errors = TEXT_NULL;
		struct conf *c;
		bool failed;

		allocations = 0;
		fail_at = at;
		counting = true;
		c = conf_load_text("f", yaml, n, &errors);
		counting = false;
		failed = allocations > at;
		conf_unref(c);
		if (!failed) {
			assert_int_equal(c != NULL, holds);
			assert_true(at > 20);
			return;
		}
		/* What failed may only have been a word in a sentence; never half a configuration.
		 */
		if (c && !holds)
			fail_msg("allocation %ld: accepted", at);
	}
}

static void test_no_memory(void **state)
{
	static const char bad[] = "own: [1.2.3.4, 1.2.3.4, x]\nprotected: [{name: a, prefixes: "
				  "10.0.0.0/8}]\ninterfaces: [{exporter: b, ifindex: 1, link: y}]\n"
				  "thresholds: {sny_flood: 1}\nqqq: 1\n";
	const struct text *example = example_of(state);

	expect_survives(example->s, example->len, true);
	expect_survives(bad, sizeof(bad) - 1, false);
}

static void test_no_memory_default(void **state)
{
	for (fail_at = 0;; fail_at++) {
		struct conf *c;

		allocations = 0;
		counting = true;
		c = conf_default();
		counting = false;
		conf_unref(c);
		if (allocations <= fail_at) {
			assert_non_null(c);
			break;
		}
		assert_null(c);
	}
	assert_true(fail_at > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mutations),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_no_memory_default),
	};

	return cmocka_run_group_tests(tests, read_example, drop_example);
}
