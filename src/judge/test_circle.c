/* SPDX-License-Identifier: ISC */
/* Proves who sees what: every circle against every viewer, names as they are written, and that a
 * private text comes out only for its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "judge/circle.h"
#include "judge/private_text.h"

static struct circle circle_of(const char *text)
{
	struct circle c;

	assert_int_equal(circle_parse(text, &c, NULL), 0);
	return c;
}

static void test_words_and_names(void **state)
{
	static const char *const good[][2] = {
		{"team", "team"},
		{"desk", "desk"},
		{"company", "company"},
		{"persons:alice", "persons:alice"},
		{"persons: alice , bob smith", "persons:alice,bob smith"},
		{"persons:田中", "persons:田中"},
	};
	static const char *const bad[] = {"",	      "all",	      "Team",	     "persons",
					  "persons:", "persons:a,,b", "persons:a, ", "persons: ",
					  "teams",    "persons:a\nb"};
	char buf[CIRCLE_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct circle c = circle_of(good[i][0]);

		assert_string_equal(circle_format(&c, buf), good[i][1]);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		_cleanup_text_ struct text why = TEXT_NULL;
		struct circle c;

		assert_int_equal(circle_parse(bad[i], &c, &why), -EINVAL);
		assert_true(why.len > 0);
	}
}

static void test_names_are_bounded(void **state)
{
	char text[1024] = "persons:";
	struct circle c;

	while (strlen(text) < 400)
		strcat(text, "somebody,");
	assert_int_equal(circle_parse(text, &c, NULL), -EINVAL);
	memset(text + 8, 'x', 100);
	text[108] = '\0';
	assert_int_equal(circle_parse(text, &c, NULL), -EINVAL);
}

static void test_who_sees_what(void **state)
{
	static const struct {
		const char *circle;
		bool company, desk, team, all, alice, alice_of_team;
	} rows[] = {
		{"company", true, true, true, true, true, true},
		{"desk", false, true, true, true, false, true},
		{"team", false, false, true, true, false, true},
		{"persons:alice", false, false, false, true, true, true},
		{"persons:bob,alice", false, false, false, true, true, true},
		{"persons:bob", false, false, false, true, false, false},
		{"persons:alice2,alic", false, false, false, true, false, false},
	};
	const struct viewer alice = {VIEWER_COMPANY, "alice"}, both = {VIEWER_TEAM, "alice"};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct circle c = circle_of(rows[i].circle);
		const bool want[VIEWER_COUNT] = {rows[i].company, rows[i].desk, rows[i].team,
						 rows[i].all};

		for (int r = 0; r < VIEWER_COUNT; r++)
			assert_int_equal(circle_seen(&c, &(struct viewer){(enum viewer_rank)r, ""}),
					 want[r]);
		assert_int_equal(circle_seen(&c, &alice), rows[i].alice);
		assert_int_equal(circle_seen(&c, &both), rows[i].alice_of_team);
	}
}

static void test_private_text(void **state)
{
	const struct viewer company = {VIEWER_COMPANY, ""}, desk = {VIEWER_DESK, ""},
			    team = {VIEWER_TEAM, ""}, alice = {VIEWER_COMPANY, "alice"};
	struct circle c = circle_of("company");
	struct private_text *p = private_text_new("secret", &c);

	assert_null(private_text_reveal(p, &company)); /* never wider than the desk */
	assert_string_equal(private_text_reveal(p, &desk), "secret");
	p = private_text_free(p);
	c = circle_of("team");
	p = private_text_new("secret", &c);
	assert_null(private_text_reveal(p, &desk));
	assert_string_equal(private_text_reveal(p, &team), "secret");
	p = private_text_free(p);
	c = circle_of("persons:alice");
	p = private_text_new("secret", &c);
	assert_null(private_text_reveal(p, &team));
	assert_string_equal(private_text_reveal(p, &alice), "secret");
	p = private_text_free(p);
	assert_null(p);
	assert_null(private_text_reveal(NULL, &team));
}

static void test_ranks(void **state)
{
	enum viewer_rank r;

	for (int i = 0; i < VIEWER_COUNT; i++) {
		assert_int_equal(viewer_rank_parse(viewer_rank_name((enum viewer_rank)i), &r), 0);
		assert_int_equal(r, i);
	}
	assert_int_equal(viewer_rank_parse("persons", &r), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_and_names), cmocka_unit_test(test_names_are_bounded),
		cmocka_unit_test(test_who_sees_what),	cmocka_unit_test(test_private_text),
		cmocka_unit_test(test_ranks),
	};

	return cmocka_run_group_tests_name("circles", tests, NULL, NULL);
}
