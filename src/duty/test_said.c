/* SPDX-License-Identifier: ISC */
/* Proves what is said of an incident: the last mark, what covers it and what does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "duty/said.h"

#define T0 (INT64_C(1764028800) * US_PER_S)
#define H  (3600 * US_PER_S)

static void act(struct said *s, const char *what, const char *subject, int64_t at_us,
		const char *body)
{
	struct desk_act_row row = {
		.act = what, .subject = subject, .actor = "sato", .at_us = at_us, .body = body};

	assert_int_equal(said_act(s, &row), 0);
}

static void suppress(struct said *s, const char *id, const char *object, const char *vector,
		     int64_t from_us, int64_t until_us)
{
	struct suppression x = {.from_us = from_us, .until_us = until_us};
	_cleanup_free_ char *body = NULL;

	strcpy(x.object, object);
	strcpy(x.vector, vector);
	strcpy(x.reason, "shop day");
	body = suppression_body(&x);
	act(s, "suppress", id, from_us, body);
}

static struct incident *incident(enum vector v, int64_t first_us, int64_t last_us)
{
	struct incident *inc = incident_new();

	strcpy(inc->id, "n123456789abc");
	strcpy(inc->object, "shop");
	inc->f.n_vectors = 1;
	inc->f.vectors[0] = (struct finding_vector){.vector = v, .over = true, .packets = 1000};
	inc->f.first_us = first_us;
	inc->f.last_us = last_us;
	return inc;
}

static void test_marks(void **state)
{
	_cleanup_incident_ struct incident *inc = incident(VECTOR_SYN_FLOOD, T0, T0 + H);
	struct mark m = {.is_false = true, .reason = "load \"test\""};
	_cleanup_free_ char *body = mark_body(&m);
	struct said s;

	assert_int_equal(said_init(&s), 0);
	assert_int_equal(said_of(&s, NULL, inc), SAID_NOTHING);
	inc->known_test = true;
	assert_int_equal(said_of(&s, NULL, inc), SAID_TEST);
	act(&s, "mark", inc->id, T0, body);
	assert_int_equal(said_of(&s, NULL, inc), SAID_FALSE);
	assert_string_equal(said_mark(&s, inc->id)->reason, "load \"test\"");
	assert_string_equal(said_mark(&s, inc->id)->actor, "sato");
	act(&s, "mark", inc->id, T0 + 1, "{\"false\":false,\"reason\":\"it was none\"}");
	assert_int_equal(said_of(&s, NULL, inc), SAID_TRUE);
	assert_null(said_mark(&s, "n000000000000"));
	act(&s, "acknowledge", inc->id, T0, "{}");
	act(&s, "mark", inc->id, T0, "no json"); /* says nothing, so it is not false */
	assert_int_equal(said_of(&s, NULL, inc), SAID_TRUE);
	said_deinit(&s);
}

static void test_suppressions(void **state)
{
	_cleanup_incident_ struct incident *inc = incident(VECTOR_SYN_FLOOD, T0 + H, T0 + 2 * H);
	struct said s;

	assert_int_equal(said_init(&s), 0);
	suppress(&s, "s1", "other", "", T0, T0 + 9 * H);
	suppress(&s, "s2", "shop", "udp_flood", T0, T0 + 9 * H);
	suppress(&s, "s3", "shop", "", T0 + 3 * H, T0 + 9 * H); /* begins later */
	suppress(&s, "s4", "shop", "", T0, T0 + H);		/* has ended */
	act(&s, "suppress", "s5", T0, "{\"object\":\"shop\"}"); /* has no end */
	assert_int_equal(s.n, 4);
	assert_int_equal(s.turned_away, 1);
	assert_null(said_suppression(&s, inc));
	suppress(&s, "s6", "shop", "syn_flood", T0, T0 + 9 * H);
	assert_string_equal(said_suppression(&s, inc)->id, "s6");
	assert_int_equal(said_of(&s, NULL, inc), SAID_SUPPRESSED);
	/* A second vector that it does not name. */
	inc->f.n_vectors = 2;
	inc->f.vectors[1] =
		(struct finding_vector){.vector = VECTOR_ICMP_FLOOD, .over = true, .packets = 900};
	assert_null(said_suppression(&s, inc));
	/* Its own suppression, as the one on duty has it. */
	suppress(&s, "s7", "shop", "icmp_flood", T0, T0 + 9 * H);
	assert_string_equal(said_suppression(&s, inc)->id, "s7");
	assert_false(suppression_covers(&s.list[5], inc));
	act(&s, "lift", "s7", T0, "{}");
	inc->f.n_vectors = 1;
	act(&s, "lift", "s6", T0 + H / 2, "{}");
	assert_null(said_suppression(&s, inc));
	assert_int_equal(suppression_end_us(&s.list[4]), T0 + H / 2);
	inc->object[0] = '\0';
	assert_null(said_suppression(&s, inc));
	said_deinit(&s);
}

/* Years of suppressions: what has ended gives way, what is in force does not. */
static void test_many_suppressions(void **state)
{
	char id[16];
	struct said s;

	assert_int_equal(said_init(&s), 0);
	for (unsigned i = 0; i < SAID_SUPPRESSIONS_MAX; i++) {
		snprintf(id, sizeof(id), "s%u", i);
		suppress(&s, id, "shop", "", T0, i == 7 ? T0 + H : T0 + 9 * H);
	}
	suppress(&s, "late", "shop", "", T0 + 2 * H, T0 + 3 * H);
	assert_int_equal(s.n, SAID_SUPPRESSIONS_MAX);
	assert_int_equal(s.turned_away, 0);
	assert_string_equal(s.list[s.n - 1].id, "late");
	assert_string_equal(s.list[7].id, "s8");
	suppress(&s, "more", "shop", "", T0 + 2 * H, T0 + 3 * H);
	assert_int_equal(s.turned_away, 1);
	assert_int_equal(s.n, SAID_SUPPRESSIONS_MAX);
	said_deinit(&s);
}

static void test_maintenance(void **state)
{
	static const char yaml[] =
		"protected:\n  - name: shop\n    prefixes: 192.0.2.0/24\n"
		"maintenance:\n"
		"  - note: new switch\n    objects: shop\n"
		"    from: 2025-11-25T00:00:00Z\n    until: 2025-11-25T02:00:00Z\n";
	_cleanup_incident_ struct incident *inc = incident(VECTOR_SYN_FLOOD, T0, T0 + H);
	_cleanup_text_ struct text errors = TEXT_NULL;
	struct conf *c = conf_load_text("f", yaml, sizeof(yaml) - 1, &errors);
	struct said s;

	if (!c)
		fail_msg("%s", text_str(&errors));
	assert_int_equal(said_init(&s), 0);
	assert_int_equal(said_of(&s, c, inc), SAID_MAINTENANCE);
	assert_int_equal(said_of(&s, NULL, inc), SAID_NOTHING);
	inc->f.last_us = T0 + 2 * H;
	assert_int_equal(said_of(&s, c, inc), SAID_NOTHING);
	inc->f.last_us = T0 + H;
	strcpy(inc->object, "other");
	assert_int_equal(said_of(&s, c, inc), SAID_NOTHING);
	conf_unref(c);
	said_deinit(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_suppressions),
		cmocka_unit_test(test_many_suppressions),
		cmocka_unit_test(test_maintenance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
