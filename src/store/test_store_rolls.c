/* SPDX-License-Identifier: ISC */
/*
 * Proves that roll-ups are merged, whoever comes first, read back in order, and erased in time with
 * a proof of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "store/test_help.h"

#define HOUR (3600 * US_PER_S)

static char dir[256];

static struct store *open_as(enum store_mode mode)
{
	struct store *s = NULL;

	assert_int_equal(
		store_open(dir, mode == STORE_WRITE ? STORE_REAL : STORE_ANY, mode, NULL, &s), 0);
	return s;
}

static void put(struct store *s, const char *object, unsigned track, int64_t hour_us,
		unsigned minute, uint8_t code)
{
	struct roll_row row = {.hour_us = hour_us, .track = track, .floor = 313, .sampling = 1};

	snprintf(row.object, sizeof(row.object), "%s", object);
	row.minute[minute] = code;
	assert_int_equal(store_put_roll(s, &row), 0);
}

struct found {
	struct roll_row row[16];
	unsigned n;
};

static int on_row(void *userdata, const struct roll_row *row)
{
	struct found *f = userdata;

	assert_true(f->n < 16);
	f->row[f->n++] = *row;
	return 0;
}

static void test_merge(void **state)
{
	struct store *s = open_as(STORE_WRITE);
	struct found f = {.n = 0};

	put(s, "shop", VECTOR_SYN_FLOOD, 5 * HOUR, 3, 40);
	put(s, "shop", VECTOR_SYN_FLOOD, 5 * HOUR, 4, 50);
	put(s, "shop", VECTOR_SYN_FLOOD, 5 * HOUR, 3, 20);
	assert_int_equal(store_flush(s), 0);
	store_close(s);
	s = open_as(STORE_WRITE); /* a restart in the middle of the hour */
	put(s, "shop", VECTOR_SYN_FLOOD, 5 * HOUR, 9, 60);
	put(s, "shop", VECTOR_SYN_FLOOD, 6 * HOUR, 0, 10);
	put(s, "shop", ROLL_ANY, 6 * HOUR, 0, 11);
	put(s, "", ROLL_SEEN, 5 * HOUR, 0, 1);
	assert_int_equal(store_flush(s), 0);
	assert_int_equal(store_rolls(s, "shop", 0, 100 * HOUR, on_row, &f), 0);
	assert_int_equal(f.n, 3);
	assert_int_equal(f.row[0].track, ROLL_ANY);
	assert_int_equal(f.row[1].hour_us, 5 * HOUR);
	assert_int_equal(f.row[1].minute[3], 40);
	assert_int_equal(f.row[1].minute[4], 50);
	assert_int_equal(f.row[1].minute[9], 60);
	assert_int_equal(f.row[1].floor, 313);
	f.n = 0;
	assert_int_equal(store_rolls(s, NULL, 5 * HOUR, 6 * HOUR, on_row, &f), 0);
	assert_int_equal(f.n, 2);
	assert_string_equal(f.row[0].object, "");
	assert_int_equal(f.row[0].track, ROLL_SEEN);
	store_close(s);
}

static void test_erased(void **state)
{
	struct conf_keep keep = {.evidence_s = 1, .incident_s = 1, .rollup_s = 3600};
	struct store *s = open_as(STORE_WRITE);
	struct found f = {.n = 0};
	sqlite3_stmt *st;
	char path[300];
	sqlite3 *db;

	for (unsigned i = 0; i < 5; i++)
		put(s, "shop", ROLL_ANY, i * HOUR, 0, 9);
	assert_int_equal(store_flush(s), 0);
	assert_int_equal(store_erase_due(s, 4 * HOUR, &keep), 0);
	assert_int_equal(store_flush(s), 0);
	assert_int_equal(store_rolls(s, NULL, 0, 100 * HOUR, on_row, &f), 0);
	assert_int_equal(f.n, 2); /* hours 3 and 4 */
	store_close(s);
	snprintf(path, sizeof(path), "%s/watch.db", dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db,
					    "SELECT records, data_class FROM erasures"
					    " WHERE what = 'rolls'",
					    -1, &st, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(st, 0), 3);
	assert_string_equal((const char *)sqlite3_column_text(st, 1), "volume");
	sqlite3_finalize(st);
	sqlite3_close(db);
}

static int make_dir(void **state)
{
	help_dir(dir, sizeof(dir));
	return 0;
}

static int drop_dir(void **state)
{
	help_remove_dir(dir);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_merge, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(test_erased, make_dir, drop_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
