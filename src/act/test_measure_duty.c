/* SPDX-License-Identifier: ISC */
/*
 * Proves what the duty is told of a measure in each stage of its life, and of each kind; that rows
 * of the store come in order, those against one incident alone where that is asked; and that a row
 * that is not ours, or cannot be read, is counted and left out.
 */
#include "act/test_measure_kit.h"

#include <sqlite3.h>

#include "act/measure_duty.h"
#include "base/json_whole.h"
#include "store/test_help.h"

static void test_stages(void **state)
{
	struct measure m;
	struct duty_measure d;

	kit_measure(&m);
	m.approve_by_us = NOW_US + MINUTES(15);
	measure_for_duty(&m, &d);
	assert_int_equal(d.standing, STANDING_WAITS);
	assert_int_equal(d.sign_by_us, NOW_US + MINUTES(15));
	assert_string_equal(d.point, "border-1");
	assert_true(d.begun_us == TIME_NONE && d.ended_us == TIME_NONE);
	assert_int_equal(kit_approve(&m, "Sato", HOW_PERSON, NOW_US), APPROVE_GOOD);
	measure_for_duty(&m, &d);
	assert_int_equal(d.standing, STANDING_BEGINS);
	assert_int_equal(d.sign_by_us, TIME_NONE);
	assert_true(measure_applied(&m, m.until_us, NOW_US + MINUTES(1)));
	measure_for_duty(&m, &d);
	assert_int_equal(d.standing, STANDING_IN_FORCE);
	assert_int_equal(d.begun_us, NOW_US + MINUTES(1));
	assert_int_equal(d.until_us, m.until_us);
	assert_false(d.measured);
	m.effect.at_us = NOW_US + MINUTES(2);
	m.effect.before_bps = 1e9;
	m.effect.after_bps = 0;
	assert_true(measure_verified(&m));
	assert_true(measure_propose_lift(&m, "quiet", "静か", NOW_US + MINUTES(2)));
	measure_for_duty(&m, &d);
	assert_int_equal(duty_measure_holds(&d), 1);
	assert_true(d.lift);
	assert_true(measure_withdraw(&m, "Lee", "it is over", NOW_US + MINUTES(3)));
	measure_for_duty(&m, &d);
	assert_int_equal(d.standing, STANDING_ENDS);
	assert_false(d.lift);
	assert_true(measure_gone(&m, NOW_US + MINUTES(4)));
	measure_for_duty(&m, &d);
	assert_int_equal(d.standing, STANDING_OVER);
	assert_string_equal(d.ended_by, "Lee");
	assert_int_equal(d.ended_us, NOW_US + MINUTES(3));
	assert_false(d.failed);
}

static void test_refused(void **state)
{
	struct measure m;
	struct duty_measure d;

	kit_measure(&m);
	assert_int_equal(kit_approve(&m, "Sato", HOW_PERSON, NOW_US), APPROVE_GOOD);
	assert_true(measure_failed(&m, "no session", NOW_US + MINUTES(1)));
	for (int turn = 0; turn < 2; turn++) {
		measure_for_duty(&m, &d);
		assert_true(d.failed);
		assert_int_equal(d.standing, STANDING_OVER); /* it never began */
		assert_int_equal(measure_gone(&m, NOW_US + MINUTES(2)), !turn);
	}
}

/* Begun by one person: the second has as long as the glass may be broken. */
static void test_glass(void **state)
{
	struct measure m;
	struct duty_measure d;

	kit_measure(&m);
	m.break_glass = true;
	m.approvals_wanted = 2;
	assert_int_equal(kit_approve(&m, "Sato", HOW_BREAK_GLASS, NOW_US), APPROVE_GOOD);
	assert_true(measure_applied(&m, m.until_us, NOW_US));
	measure_for_duty(&m, &d);
	assert_int_equal(d.standing, STANDING_IN_FORCE);
	assert_int_equal(d.sign_by_us, NOW_US + BREAK_GLASS_S * US_PER_S);
}

static void test_means(void **state)
{
	static const struct {
		enum plan_kind kind;
		unsigned n;
		enum rule_action first, second;
		enum duty_means means;
	} rows[] = {
		{PLAN_RTBH, 0, RULE_DISCARD, RULE_DISCARD, MEANS_BLACKHOLE},
		{PLAN_COMMUNITY, 0, RULE_DISCARD, RULE_DISCARD, MEANS_COMMUNITY},
		{PLAN_DIVERSION, 1, RULE_REDIRECT, RULE_DISCARD, MEANS_DIVERSION},
		{PLAN_FLOWSPEC, 2, RULE_LIMIT, RULE_DISCARD, MEANS_FILTER},
		{PLAN_FLOWSPEC, 2, RULE_LIMIT, RULE_LIMIT, MEANS_LIMIT},
		{PLAN_FLOWSPEC, 1, RULE_REDIRECT, RULE_DISCARD, MEANS_DIVERSION},
		{PLAN_NFTABLES, 1, RULE_DISCARD, RULE_DISCARD, MEANS_FILTER},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct measure m;
		struct duty_measure d;

		kit_measure(&m);
		m.option.kind = rows[i].kind;
		m.option.n_rules = rows[i].n;
		m.option.rule[0].action = rows[i].first;
		m.option.rule[1].action = rows[i].second;
		measure_for_duty(&m, &d);
		assert_int_equal(d.means, rows[i].means);
	}
}

/* ---- rows ---- */

static char dir[256];

static int set_up(void **state)
{
	help_dir(dir, sizeof(dir));
	return 0;
}

static int tear_down(void **state)
{
	help_remove_dir(dir);
	return 0;
}

static void put(struct desk_db *db, const char *id, const char *incident, const char *body,
		int64_t changed_us)
{
	struct measure m;
	_cleanup_free_ char *text = NULL;
	struct desk_measure_row row = {.id = id,
				       .plan = "p1",
				       .incident = incident,
				       .neighbor = "border-1",
				       .stage = "applied",
				       .until_us = NOW_US,
				       .changed_us = changed_us};

	kit_measure(&m);
	snprintf(m.id, sizeof(m.id), "%s", id);
	snprintf(m.incident, sizeof(m.incident), "%s", incident);
	m.stage = MEASURE_APPLIED;
	text = measure_text(&m);
	assert_non_null(text);
	row.body = body ? body : text;
	assert_int_equal(desk_act_change(db, &row, NULL, "start", "alice", ""), 0);
}

static void test_rows(void **state)
{
	struct desk_db *db = NULL;
	_cleanup_duty_measures_ struct duty_measure_list l = {0};
	char path[300];
	sqlite3 *raw;

	assert_int_equal(desk_db_open(dir, "", STORE_REAL, STORE_WRITE, &db), 0);
	put(db, "m1", "n1", NULL, NOW_US);
	put(db, "m2", "n11", NULL, NOW_US);
	put(db, "m3", "n1", "{}", NOW_US);
	put(db, "m4", "n1", NULL, NOW_US);
	snprintf(path, sizeof(path), "%s/desk.db", dir);
	assert_int_equal(sqlite3_open(path, &raw), SQLITE_OK);
	assert_int_equal(sqlite3_exec(raw, "UPDATE measures SET until_us = 1 WHERE id = 'm4'", NULL,
				      NULL, NULL),
			 SQLITE_OK);
	sqlite3_close(raw);
	for (int turn = 0; turn < 2; turn++) { /* instead of what was there */
		assert_int_equal(duty_measure_list_read(&l, db, 0), 0);
		assert_int_equal(l.n, 2);
		assert_int_equal(l.forged, 2);
	}
	assert_string_equal(l.list[0].id, "m1");
	assert_string_equal(l.list[1].id, "m2");
	assert_int_equal(duty_measure_list_of(&l, db, "n1"), 0);
	assert_int_equal(l.n, 1); /* n11 only begins like it */
	assert_int_equal(l.forged, 2);
	desk_db_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stages),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_glass),
		cmocka_unit_test(test_means),
		cmocka_unit_test_setup_teardown(test_rows, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
