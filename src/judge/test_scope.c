/* SPDX-License-Identifier: ISC */
/*
 * Proves the four patterns and what only looks like one, that no traffic names an actor, that
 * notices which contradict are not believed, and that something is always said of what is not
 * known.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>

#include "judge/incident.h"
#include "judge/scope.h"
#include "judge/test_findings.h"
#include "place/place.h"

#define OURS	 "192.0.2.1"
#define AT_HOME	 "60.0.0.1"
#define ABROAD	 "61.0.0.1"
#define NOWHERE	 "63.0.0.1"
#define DOMESTIC SCOPE_DOMESTIC
#define FOREIGN	 SCOPE_FOREIGN
#define UNKNOWN	 SCOPE_UNKNOWN

static struct conf *conf, *no_country;
static struct places *places;

static struct conf *load(const char *yaml)
{
	_cleanup_text_ struct text errors = TEXT_NULL;
	struct conf *c = conf_load_text("test", yaml, strlen(yaml), &errors);

	assert_string_equal(text_str(&errors), "");
	return c;
}

static int set_up(void **state)
{
	static const char *const blocks[][2] = {{"60.0.0.0/8", "JP"}, {"61.0.0.0/8", "US"}};
	_cleanup_place_builder_ struct place_builder *b = place_builder_new();

	conf = load("country: [JP]\nown: [192.0.2.0/24]\n");
	no_country = load("own: [192.0.2.0/24]\n");
	place_builder_source(b, "test", T0);
	for (size_t i = 0; i < ARRAY_LEN(blocks); i++) {
		struct prefix p;

		assert_int_equal(prefix_parse(blocks[i][0], false, &p), 0);
		place_builder_registry(b, &p, "test", blocks[i][1], PLACE_ALLOCATED);
	}
	return place_builder_done(b, &places);
}

static int tear_down(void **state)
{
	conf_unref(conf);
	conf_unref(no_country);
	places_unref(places);
	return 0;
}

struct row {
	const char *target;
	enum direction direction;
	double domestic, foreign;
	enum source_kind kind; /* of all of it */
	struct scope_notice notice[3];
	enum scope_side want_target, want_traffic, want_actor;
	unsigned pattern, possible;
};

static struct incident *incident(const struct row *r)
{
	struct incident *inc = incident_new();

	finding_make(&inc->f, 1, r->target, T0);
	inc->f.direction = r->direction;
	inc->kinds.n = 1;
	inc->kinds.part[0] = (struct source_part){.kind = r->kind, .share = 1};
	inc->kinds.domestic = r->domestic;
	inc->kinds.foreign = r->foreign;
	return inc;
}

static unsigned count(const struct scope_notice *n)
{
	unsigned i = 0;

	while (i < 3 && n[i].says[0])
		i++;
	return i;
}

static struct scope judge(const struct row *r)
{
	_cleanup_incident_ struct incident *inc = r->target ? incident(r) : NULL;
	struct scope_input in = {.inc = inc,
				 .conf = conf,
				 .places = places,
				 .notices = r->notice,
				 .n_notices = count(r->notice)};
	struct scope s;

	scope_judge(&in, &s);
	return s;
}

#define ACTOR(side)                                                                                \
	{                                                                                          \
		.says = "a partner", .actor = (side)                                               \
	}
#define FROM(where)                                                                                \
	{                                                                                          \
		.says = "the police", .actor_country = where                                       \
	}
#define NO_PARTY                                                                                   \
	{                                                                                          \
		.says = "the news", .no_domestic_party = true                                      \
	}
#define HOSTED                                                                                     \
	{                                                                                          \
		.says = "a customer", .hosted_abroad = true                                        \
	}
#define IN  DIRECTION_IN
#define OUT DIRECTION_OUT

static const struct row rows[] = {
	/* Pattern 1, and what is not enough for it. */
	{OURS, IN, 0.9, 0, KIND_BOTS, {{""}}, DOMESTIC, DOMESTIC, UNKNOWN, 1, 0},
	{OURS, IN, 0.9, 0, KIND_PROXIES, {FROM("RU")}, DOMESTIC, DOMESTIC, FOREIGN, 1, 0},
	{AT_HOME, OUT, 1, 0, KIND_CUSTOMERS, {{""}}, DOMESTIC, DOMESTIC, UNKNOWN, 1, 0},
	{OURS, IN, 0.9, 0, KIND_REFLECTORS, {{""}}, DOMESTIC, DOMESTIC, UNKNOWN, 0, 1},
	{OURS, IN, 0.9, 0, KIND_BOTS, {FROM("JP")}, DOMESTIC, DOMESTIC, DOMESTIC, 0, 0},
	/* Pattern 2. */
	{OURS, IN, 0, 0.9, KIND_BOTS, {{""}}, DOMESTIC, FOREIGN, UNKNOWN, 0, 2},
	{OURS, IN, 0, 0.9, KIND_BOTS, {FROM("JP")}, DOMESTIC, FOREIGN, DOMESTIC, 2, 0},
	{OURS, IN, 0.1, 0.9, KIND_UNKNOWN, {ACTOR(DOMESTIC)}, DOMESTIC, FOREIGN, DOMESTIC, 2, 0},
	{OURS, IN, 0, 0.9, KIND_BOTS, {ACTOR(FOREIGN)}, DOMESTIC, FOREIGN, FOREIGN, 0, 0},
	/* Pattern 3: never by traffic alone. */
	{ABROAD, OUT, 1, 0, KIND_CUSTOMERS, {{""}}, FOREIGN, DOMESTIC, UNKNOWN, 0, 3},
	{ABROAD, OUT, 1, 0, KIND_CUSTOMERS, {NO_PARTY}, FOREIGN, DOMESTIC, FOREIGN, 3, 0},
	{NOWHERE, OUT, 1, 0, KIND_CUSTOMERS, {NO_PARTY}, UNKNOWN, DOMESTIC, FOREIGN, 3, 0},
	{ABROAD, OUT, 1, 0, KIND_CUSTOMERS, {ACTOR(DOMESTIC)}, FOREIGN, DOMESTIC, DOMESTIC, 0, 0},
	{ABROAD, OUT, 1, 0, KIND_CUSTOMERS, {ACTOR(FOREIGN)}, FOREIGN, DOMESTIC, FOREIGN, 0, 3},
	{NULL, IN, 0, 0, KIND_UNKNOWN, {NO_PARTY}, UNKNOWN, UNKNOWN, FOREIGN, 0, 3},
	/* Pattern 4: begins from a notice. */
	{NULL, IN, 0, 0, KIND_UNKNOWN, {HOSTED}, DOMESTIC, UNKNOWN, UNKNOWN, 4, 0},
	{NULL, IN, 0, 0, KIND_UNKNOWN, {HOSTED, ACTOR(FOREIGN)}, DOMESTIC, UNKNOWN, FOREIGN, 4, 0},
	{ABROAD, OUT, 1, 0, KIND_CUSTOMERS, {HOSTED}, DOMESTIC, DOMESTIC, UNKNOWN, 4, 0},
	/* Nothing known, or two sides at once. */
	{NULL, IN, 0, 0, KIND_UNKNOWN, {{""}}, UNKNOWN, UNKNOWN, UNKNOWN, 0, 0},
	{OURS, IN, 0.5, 0.5, KIND_BOTS, {{""}}, DOMESTIC, UNKNOWN, UNKNOWN, 0, 0},
	{OURS, IN, 0, 0, KIND_UNKNOWN, {{""}}, DOMESTIC, UNKNOWN, UNKNOWN, 0, 0},
	{ABROAD, DIRECTION_THROUGH, 0, 1, KIND_BOTS, {{""}}, FOREIGN, FOREIGN, UNKNOWN, 0, 0},
	/* Notices that contradict each other, or the eyes. */
	{OURS,
	 IN,
	 0,
	 0.9,
	 KIND_BOTS,
	 {ACTOR(FOREIGN), FROM("JP")},
	 DOMESTIC,
	 FOREIGN,
	 UNKNOWN,
	 0,
	 2},
	{ABROAD,
	 OUT,
	 1,
	 0,
	 KIND_CUSTOMERS,
	 {NO_PARTY, FROM("JP")},
	 FOREIGN,
	 DOMESTIC,
	 DOMESTIC,
	 0,
	 0},
	{OURS, IN, 0, 0.9, KIND_BOTS, {NO_PARTY}, DOMESTIC, FOREIGN, UNKNOWN, 0, 2},
	{OURS, IN, 0, 0.9, KIND_BOTS, {HOSTED}, DOMESTIC, FOREIGN, UNKNOWN, 0, 2},
};

static void test_sides_and_patterns(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *r = &rows[i];
		struct scope s = judge(r);

		if (s.target != r->want_target || s.traffic != r->want_traffic ||
		    s.actor != r->want_actor || s.pattern != r->pattern ||
		    s.possible != r->possible)
			fail_msg("row %zu: target %s, traffic %s, actor %s, pattern %u, possible "
				 "%u: "
				 "%s",
				 i, scope_side_name(s.target), scope_side_name(s.traffic),
				 scope_side_name(s.actor), s.pattern, s.possible, s.reason);
	}
}

static void test_the_unknown_is_always_said(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct scope s = judge(&rows[i]);
		_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;

		assert_true(strlen(s.unknown) > 20 && strlen(s.unknown_ja) > 20);
		assert_true(strlen(s.reason) > 20 && strlen(s.reason_ja) > 20);
		assert_true(text_is_utf8(s.unknown_ja, strlen(s.unknown_ja)));
		assert_null(strstr(s.unknown, "%s"));
		assert_null(strstr(s.reason_ja, "%s"));
		scope_said(&s, "en", &en);
		scope_said(&s, "ja", &ja);
		assert_non_null(strstr(text_str(&en), "Not known: "));
		assert_non_null(strstr(text_str(&ja), "不明な点: "));
	}
}

static void test_what_is_said_of_each_pattern(void **state)
{
	static const struct {
		size_t row;
		const char *reason, *unknown;
	} want[] = {
		{0, "Pattern 1", "Who acts"},
		{6, "(the police)", "rests on a notice alone"},
		{9, "only a notice or the news could say", "beyond our customers' part"},
		{10, "(the news)", "rests on a notice alone"},
		{15, "hosted abroad (a customer)", "Own observation is impossible"},
		{17, "Pattern 4", "Only what passes our network"},
		{19, "No pattern", "both sides"},
		{22, "Pattern 2 is possible", "contradict each other"},
	};

	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		struct scope s = judge(&rows[want[i].row]);

		if (!strstr(s.reason, want[i].reason) && !s.contradicted)
			fail_msg("row %zu: %s", want[i].row, s.reason);
		if (!strstr(s.unknown, want[i].unknown))
			fail_msg("row %zu: %s", want[i].row, s.unknown);
	}
}

static void test_without_a_country_nothing_is_known(void **state)
{
	struct row r = rows[0];
	_cleanup_incident_ struct incident *inc = incident(&r);
	struct scope_input in = {.inc = inc, .conf = no_country, .places = places};
	struct scope s;

	scope_judge(&in, &s);
	assert_int_equal(s.target, UNKNOWN);
	assert_int_equal(s.traffic, UNKNOWN);
	assert_int_equal(s.pattern, 0);
	assert_non_null(strstr(s.reason, "no country of the operator"));
	in.conf = conf;
	in.places = NULL; /* own is own without any table */
	scope_judge(&in, &s);
	assert_int_equal(s.target, DOMESTIC);
}

/* A registry's region may hold us as well as others. */
static void test_a_region_is_no_country(void **state)
{
	static const char *const regions[] = {"EU", "AP", "A1", "A2", "O1", "XX", "ZZ", ""};
	struct row r = rows[0];
	_cleanup_incident_ struct incident *inc = incident(&r);
	struct scope_input in = {.inc = inc, .conf = conf, .places = places};
	struct scope s;

	for (size_t i = 0; i < ARRAY_LEN(regions); i++)
		assert_int_equal(scope_country(conf, regions[i]), UNKNOWN);
	assert_int_equal(scope_country(conf, "JP"), DOMESTIC);
	assert_int_equal(scope_country(conf, "FR"), FOREIGN);
	inc->kinds.domestic = 0;
	inc->kinds.foreign = 0.4;
	inc->kinds.regional = 0.6;
	scope_judge(&in, &s);
	assert_int_equal(s.traffic, UNKNOWN);
	assert_non_null(strstr(s.unknown, "EU and AP are no countries"));
	assert_non_null(strstr(s.unknown_ja, "地域コード"));
}

static void test_a_notice_is_no_format(void **state)
{
	struct row r = rows[6];
	struct scope s;

	snprintf(r.notice[0].says, sizeof(r.notice[0].says), "%%s%%n %%d");
	s = judge(&r);
	assert_non_null(strstr(s.reason, "(%s%n %d)"));
}

static void test_json(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct scope s = judge(&rows[i]), back;
		json_t *o = scope_to_json(&s), *again;

		assert_non_null(o);
		assert_int_equal(scope_from_json(o, &back), 0);
		again = scope_to_json(&back);
		assert_true(json_equal(o, again));
		json_decref(again);
		json_object_set_new(o, "pattern", json_integer(5));
		assert_int_equal(scope_from_json(o, &back), -EINVAL);
		json_object_set_new(o, "pattern", json_null());
		json_object_set_new(o, "traffic", json_string("near"));
		assert_int_equal(scope_from_json(o, &back), -EINVAL);
		json_decref(o);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sides_and_patterns),
		cmocka_unit_test(test_the_unknown_is_always_said),
		cmocka_unit_test(test_what_is_said_of_each_pattern),
		cmocka_unit_test(test_without_a_country_nothing_is_known),
		cmocka_unit_test(test_a_region_is_no_country),
		cmocka_unit_test(test_a_notice_is_no_format),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
