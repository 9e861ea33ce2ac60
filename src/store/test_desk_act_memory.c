/* SPDX-License-Identifier: ISC */
/*
 * Proves that no lack of memory halves a change of plans, measures and freezes, or tells a row of
 * ours as forged or a forged one as ours: for each of them every allocation fails in turn, those of
 * the rooms (the linker sends them through here), of jansson and of SQLite. What was not answered
 * with 0 has changed nothing, and the same connection does it when there is memory again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <jansson.h>
#include <sqlite3.h>

#include "base/test_refuse.h"
#include "store/desk_act.h"
#include "store/test_help.h"

#define MOST 4000 /* allocations of one step */

static char dir[256];

static void *for_json(size_t n)
{
	return is_refused() ? NULL : __real_malloc(n);
}

static sqlite3_mem_methods plain;

static void *for_sqlite(int n)
{
	return is_refused() ? NULL : plain.xMalloc(n);
}

static void *more_for_sqlite(void *p, int n)
{
	return is_refused() ? NULL : plain.xRealloc(p, n);
}

static int set_up(void **state)
{
	sqlite3_mem_methods hooked;

	assert_int_equal(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &plain), SQLITE_OK);
	hooked = plain;
	hooked.xMalloc = for_sqlite;
	hooked.xRealloc = more_for_sqlite;
	assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &hooked), SQLITE_OK);
	/* So that each allocation is asked for here. */
	assert_int_equal(sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0), SQLITE_OK);
	json_set_alloc_funcs(for_json, free);
	help_dir(dir, sizeof(dir));
	return 0;
}

static int tear_down(void **state)
{
	help_remove_dir(dir);
	return 0;
}

/* ---- the steps ---- */

static int put(struct desk_db *db, const char *from, const char *to)
{
	struct desk_measure_row row = {.id = "m1",
				       .plan = "p1",
				       .incident = "n1",
				       .neighbor = "border-1",
				       .stage = to,
				       .until_us = T0 + US_PER_S,
				       .changed_us = T0,
				       .body = "{\"a\":1}"};

	return desk_act_change(db, &row, from, "change", "alice", "words");
}

static int do_plan(struct desk_db *db)
{
	struct desk_plan_row row = {
		.id = "p1", .incident = "n1", .hash = "h1", .made_us = T0, .body = "{}"};

	return desk_act_plan(db, &row, "alice");
}

static int do_plan_again(struct desk_db *db)
{
	struct desk_plan_row row = {.id = "p1",
				    .incident = "n1",
				    .hash = "h1",
				    .made_us = T0 + 2 * DESK_READ_US,
				    .body = "{}"};

	return desk_act_plan_read(db, &row, "alice");
}

static int do_start(struct desk_db *db)
{
	return put(db, NULL, "planned");
}

static int do_approve(struct desk_db *db)
{
	return put(db, "planned", "approved");
}

static int do_refuse(struct desk_db *db)
{
	return desk_act_refusal(db, "m1", "bob", "no_end", "{\"b\":[1,2]}", T0);
}

static int do_freeze(struct desk_db *db)
{
	return desk_act_freeze(db, true, "carol", "calm down", T0);
}

static int see_measure(void *ud, const struct desk_measure_row *row, bool forged)
{
	unsigned *n = ud;

	++*n;
	assert_int_equal(forged, strcmp(row->id, "m1") != 0);
	return 0;
}

static int see_plan(void *ud, const struct desk_plan_row *row)
{
	++*(unsigned *)ud;
	return 0;
}

static int do_read(struct desk_db *db)
{
	unsigned n = 0;
	int r = desk_act_measures(db, "", false, see_measure, &n);

	if (r == 0)
		assert_int_equal(n, 2);
	return r;
}

static int do_read_plans(struct desk_db *db)
{
	unsigned n = 0;
	int r = desk_act_plans(db, "", see_plan, &n);

	if (r == 0)
		assert_int_equal(n, 1);
	return r;
}

static int do_ask_freeze(struct desk_db *db)
{
	bool frozen = false;
	int r = desk_act_is_frozen(db, &frozen);

	if (r == 0)
		assert_true(frozen);
	return r;
}

static int do_verify(struct desk_db *db)
{
	struct desk_verdict v;
	int r = desk_db_verify(db, NULL, &v);

	if (r == 0)
		assert_string_equal(v.what, "measure"); /* the forged one */
	return r;
}

/* ---- */

static int count_line(void *ud, const struct desk_audit_row *row)
{
	++*(unsigned *)ud;
	return 0;
}

static unsigned lines(struct desk_db *db)
{
	unsigned n = 0;

	assert_int_equal(desk_db_audit(db, count_line, &n), 0);
	return n;
}

/* Each allocation of @step fails in turn. @writes: it is a line of the log when it succeeds. */
static void exhaust(int (*step)(struct desk_db *), bool writes)
{
	unsigned before, failed = 0;
	struct desk_db *db = NULL;
	int r = -1;

	assert_int_equal(desk_db_open(dir, "", STORE_REAL, STORE_WRITE, &db), 0);
	before = lines(db);
	for (fail_at = 0; r != 0 && fail_at < MOST; fail_at++) {
		if (!writes || fail_at % 8 == 0) { /* nothing is known of the log yet */
			desk_db_close(db);
			db = NULL;
			assert_int_equal(desk_db_open(dir, "", STORE_REAL, STORE_WRITE, &db), 0);
		}
		allocations = 0;
		counting = true;
		r = step(db);
		counting = false;
		if (r == 0 && allocations > fail_at) { /* it did without */
			if (writes)
				break;
			r = -1;
			continue;
		}
		if (r == 0)
			break;
		if (r != -ENOMEM)
			fail_msg("allocation %ld: %d", fail_at, r);
		failed++;
		assert_int_equal(lines(db), before);
	}
	assert_int_equal(r, 0);
	assert_true(failed > 3);
	assert_int_equal(lines(db), before + writes);
	desk_db_close(db);
}

static void forge(void)
{
	char path[300];
	sqlite3 *sql;

	snprintf(path, sizeof(path), "%s/desk.db", dir);
	assert_int_equal(sqlite3_open(path, &sql), SQLITE_OK);
	assert_int_equal(sqlite3_exec(sql,
				      "INSERT INTO measures SELECT 9, 'm2', plan, incident,"
				      " neighbor, stage, over, until_us, changed_us, body, mac,"
				      " data_class FROM measures",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	sqlite3_close(sql);
}

static void test_every_allocation(void **state)
{
	exhaust(do_plan, true);
	exhaust(do_plan_again, true);
	exhaust(do_start, true);
	exhaust(do_approve, true);
	exhaust(do_refuse, true);
	exhaust(do_freeze, true);
	forge();
	exhaust(do_read, false);
	exhaust(do_read_plans, false);
	exhaust(do_ask_freeze, false);
	exhaust(do_verify, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_every_allocation, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("desk act memory", tests, NULL, NULL);
}
