/* SPDX-License-Identifier: ISC */
/*
 * Proves that SIGKILL at any moment loses no change of a measure that was acknowledged and halves
 * none: a child brings measures from planned to approved and applied, with a plan and a refusal for
 * each, and tells what was answered with 0; after each kill every row has its line and every line
 * its row, and all that was told is there.
 */
#include "store/kill_help.h"

#include "store/desk_act.h"

#define ROUNDS	25
#define CHANGES 3

static int put_measure(struct desk_db *db, uint32_t number)
{
	static const char *const stage[CHANGES] = {"planned", "approved", "applied"};
	char plan[16], id[16], hash[16];
	struct desk_plan_row p = {
		.id = plan, .incident = "n1", .hash = hash, .made_us = T0, .body = "{}"};
	struct desk_measure_row m = {.id = id,
				     .plan = plan,
				     .incident = "n1",
				     .neighbor = "border-1",
				     .until_us = T0 + US_PER_S,
				     .changed_us = T0,
				     .body = "{}"};
	int r;

	snprintf(plan, sizeof(plan), "p%u", number);
	snprintf(hash, sizeof(hash), "hash%u", number);
	snprintf(id, sizeof(id), "m%u", number);
	r = desk_act_plan(db, &p, "child");
	for (unsigned i = 0; r == 0 && i < CHANGES; i++) {
		m.stage = stage[i];
		r = desk_act_change(db, &m, i ? stage[i - 1] : NULL, "change", "child", "words");
	}
	return r ? r : desk_act_refusal(db, id, "child", "frozen", NULL, T0);
}

static void write_until_killed(const char *dir, int out, uint32_t number)
{
	_cleanup_desk_db_ struct desk_db *db = NULL;

	if (desk_db_open(dir, "", STORE_REAL, STORE_WRITE, &db))
		_exit(1);
	for (;; number++) {
		if (put_measure(db, number))
			_exit(2);
		kill_tell(out, number);
	}
}

struct seen {
	uint32_t plans, measures, whole, lines;
};

static int see_plan(void *ud, const struct desk_plan_row *row)
{
	((struct seen *)ud)->plans++;
	return 0;
}

static int see_measure(void *ud, const struct desk_measure_row *row, bool forged)
{
	struct seen *s = ud;
	char id[16];

	assert_false(forged);
	snprintf(id, sizeof(id), "m%u", ++s->measures);
	if (strcmp(row->id, id) == 0 && strcmp(row->stage, "applied") == 0)
		s->whole = s->measures;
	return 0;
}

static int see_line(void *ud, const struct desk_audit_row *row)
{
	((struct seen *)ud)->lines++;
	return 0;
}

/*
 * A child that was killed within a measure leaves it half way, which is a state like any other; it
 * is brought to its end here, so that the next child begins with a new one.
 */
static void finish_last(struct desk_db *db, const struct seen *s)
{
	char id[16];
	uint32_t number = s->plans > s->whole ? s->whole + 1 : 0;
	struct desk_measure_row m = {.id = id,
				     .plan = "",
				     .incident = "n1",
				     .neighbor = "border-1",
				     .stage = "applied",
				     .until_us = T0,
				     .changed_us = T0,
				     .body = "{}"};
	int r;

	if (!number)
		return;
	snprintf(id, sizeof(id), "m%u", number);
	r = desk_act_change(db, &m, "planned", "finish", "parent", "");
	r = r == DESK_CONFLICT ? desk_act_change(db, &m, "approved", "finish", "parent", "") : r;
	r = r == DESK_CONFLICT ? desk_act_change(db, &m, NULL, "finish", "parent", "") : r;
	assert_int_equal(r, 0);
}

static uint32_t look(const char *dir, uint32_t told)
{
	_cleanup_desk_db_ struct desk_db *db = NULL;
	struct desk_verdict v;
	struct seen s = {0};

	assert_int_equal(desk_db_open(dir, "", STORE_REAL, STORE_WRITE, &db), 0);
	assert_int_equal(desk_act_plans(db, "", see_plan, &s), 0);
	assert_int_equal(desk_act_measures(db, "", false, see_measure, &s), 0);
	assert_int_equal(desk_db_audit(db, see_line, &s), 0);
	assert_int_equal(desk_db_verify(db, NULL, &v), 0);
	assert_true(v.holds);
	assert_int_equal(v.lines, s.lines);
	assert_true(s.whole >= told);
	assert_true(s.measures <= s.plans && s.plans <= s.measures + 1);
	assert_true(s.plans <= s.whole + 1);
	finish_last(db, &s);
	return s.plans;
}

static void test_kill_loses_and_halves_nothing(void **state)
{
	kill_rounds(write_until_killed, look, ROUNDS, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kill_loses_and_halves_nothing),
	};

	return cmocka_run_group_tests_name("desk act kill", tests, NULL, NULL);
}
