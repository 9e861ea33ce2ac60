/* SPDX-License-Identifier: ISC */
/*
 * Proves that a change is whole or not there, that of two who change the same thing one is told,
 * that the key is guarded, and that each kind of meddling with the database is found and named:
 * lines changed, cut out, cut off, put back, entries and cases changed behind the log's back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "store/desk.h"
#include "store/test_help.h"

#define NOW (T0 + 5 * US_PER_S)

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

static struct desk_db *open_desk(void)
{
	struct desk_db *db = NULL;

	assert_int_equal(desk_db_open(dir, "", STORE_REAL, STORE_WRITE, &db), 0);
	return db;
}

static int add_note(struct desk_db *db, const char *case_id, const char *text, bool new_case,
		    char *id)
{
	struct desk_move m = {.kind = "note",
			      .ref = "",
			      .circle = "team",
			      .body = text,
			      .erase_by_us = NOW + 100 * US_PER_S};
	struct desk_change c = {
		.act = "note", .actor = "alice", .at_us = NOW, .moves = &m, .n_moves = 1};

	snprintf(m.to, sizeof(m.to), "%s", case_id);
	desk_db_id('o', m.id);
	memcpy(id, m.id, DESK_ID_MAX);
	if (new_case) {
		snprintf(c.state[0].case_id, DESK_ID_MAX, "%s", case_id);
		strcpy(c.state[0].to, "open");
		c.n_states = 1;
	}
	return desk_db_commit(db, &c, NULL);
}

static int move_note(struct desk_db *db, const char *id, const char *from, const char *to)
{
	struct desk_move m = {.erase_by_us = TIME_NONE};
	struct desk_change c = {
		.act = "move", .actor = "alice", .at_us = NOW, .moves = &m, .n_moves = 1};

	snprintf(m.id, sizeof(m.id), "%s", id);
	snprintf(m.from, sizeof(m.from), "%s", from);
	snprintf(m.to, sizeof(m.to), "%s", to);
	return desk_db_commit(db, &c, NULL);
}

static int count_row(void *userdata, const struct desk_row *row)
{
	(*(unsigned *)userdata)++;
	return 0;
}

static void fill(char ids[3][DESK_ID_MAX])
{
	_cleanup_desk_db_ struct desk_db *db = open_desk();

	assert_int_equal(add_note(db, "c1", "{\"text\":\"one\"}", true, ids[0]), 0);
	assert_int_equal(add_note(db, "c1", "{\"text\":\"two\"}", false, ids[1]), 0);
	assert_int_equal(add_note(db, "c2", "{\"text\":\"three\"}", true, ids[2]), 0);
	assert_int_equal(move_note(db, ids[1], "c1", "c2"), 0);
}

static void meddle(const char *sql)
{
	char path[300];
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/desk.db", dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_true(sqlite3_changes(db) > 0);
	sqlite3_close(db);
}

static struct desk_verdict verdict(const char *head)
{
	struct desk_db *db = NULL;
	struct desk_verdict v;

	assert_int_equal(desk_db_open(dir, "", STORE_ANY, STORE_READ, &db), 0);
	assert_int_equal(desk_db_verify(db, head, &v), 0);
	desk_db_close(db);
	return v;
}

static void test_rows(void **state)
{
	char ids[3][DESK_ID_MAX];
	unsigned n = 0;

	fill(ids);
	struct desk_db *db = open_desk();
	assert_int_equal(desk_db_entries(db, "c2", count_row, &n), 0);
	assert_int_equal(n, 2);
	n = 0;
	assert_int_equal(desk_db_find(db, ids[0], count_row, &n), 0);
	assert_int_equal(n, 1);
	desk_db_close(db);
	struct desk_verdict v = verdict(NULL);
	assert_true(v.holds);
	assert_int_equal(v.lines, 4);
}

static void test_conflict_changes_nothing(void **state)
{
	char ids[3][DESK_ID_MAX], id[DESK_ID_MAX];

	fill(ids);
	struct desk_db *db = open_desk();
	assert_int_equal(move_note(db, ids[1], "c1", "c2"), DESK_CONFLICT); /* it is in c2 */
	assert_int_equal(move_note(db, "nobody", "c1", "c2"), DESK_CONFLICT);
	assert_int_equal(add_note(db, "c1", "{}", true, id), DESK_CONFLICT); /* c1 is there */
	desk_db_close(db);
	assert_int_equal(verdict(NULL).lines, 4);
	assert_true(verdict(NULL).holds);
}

static void test_two_writers(void **state)
{
	char ids[3][DESK_ID_MAX], id[DESK_ID_MAX];

	fill(ids);
	struct desk_db *a = open_desk(), *b = open_desk();
	for (int i = 0; i < 20; i++)
		assert_int_equal(add_note(i % 2 ? a : b, "c1", "{}", false, id), 0);
	desk_db_close(a);
	desk_db_close(b);
	assert_true(verdict(NULL).holds);
	assert_int_equal(verdict(NULL).lines, 24);
}

static void test_meddling_is_found(void **state)
{
	static const struct {
		const char *sql, *what;
		uint64_t line;
	} rows[] = {
		{"UPDATE audit SET actor = 'mallory' WHERE seq = 2", "line", 2},
		{"UPDATE audit SET at_us = at_us + 1 WHERE seq = 3", "line", 3},
		{"UPDATE audit SET mac = zeroblob(32) WHERE seq = 1", "line", 1},
		{"UPDATE audit SET mac = x'00' WHERE seq = 4", "line", 4},
		{"DELETE FROM audit WHERE seq = 2", "line", 2},
		{"DELETE FROM audit WHERE seq = 4", "end", 0},
		{"DELETE FROM audit", "end", 0},
		{"UPDATE meta SET value = '00' WHERE key = 'head'", "end", 0},
		{"UPDATE entries SET body = '{\"text\":\"other\"}' WHERE number = 2", "entry", 0},
		{"UPDATE entries SET circle = 'company' WHERE number = 1", "entry", 0},
		{"UPDATE entries SET case_id = 'c1' WHERE number = 2", "entry", 0},
		{"DELETE FROM entries WHERE number = 3", "entry", 0},
		{"UPDATE cases SET state = 'closed' WHERE id = 'c2'", "case", 0},
		{"INSERT INTO cases VALUES ('c3', 'open', NULL)", "case", 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char ids[3][DESK_ID_MAX];
		struct desk_verdict v;

		fill(ids);
		assert_true(verdict(NULL).holds);
		meddle(rows[i].sql);
		v = verdict(NULL);
		assert_false(v.holds);
		assert_string_equal(v.what, rows[i].what);
		assert_int_equal(v.broken, rows[i].line);
		tear_down(NULL);
		set_up(NULL);
	}
}

/* A database put back to an earlier day holds in itself; a head noted elsewhere tells. */
static void test_head_noted_elsewhere(void **state)
{
	char ids[3][DESK_ID_MAX], head[DESK_HEAD_MAX], later[DESK_HEAD_MAX], id[DESK_ID_MAX];

	fill(ids);
	strcpy(head, verdict(NULL).head);
	struct desk_db *db = open_desk();
	assert_int_equal(add_note(db, "c1", "{}", false, id), 0);
	desk_db_close(db);
	assert_true(verdict(head).holds);
	strcpy(later, verdict(NULL).head);
	tear_down(NULL);
	set_up(NULL);
	fill(ids); /* the same acts in another store: other MACs */
	assert_true(verdict(NULL).holds);
	assert_false(verdict(head).holds);
	assert_string_equal(verdict(later).what, "head");
	db = open_desk();
	struct desk_verdict v;
	assert_int_equal(desk_db_verify(db, "nonsense", &v), -EINVAL);
	desk_db_close(db);
}

static void test_key_is_guarded(void **state)
{
	char ids[3][DESK_ID_MAX], path[300], away[320];
	struct desk_db *db = NULL;
	struct stat st;

	fill(ids);
	snprintf(path, sizeof(path), "%s/desk.key", dir);
	snprintf(away, sizeof(away), "%s.away", path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(st.st_size, 32);
	snprintf(away, sizeof(away), "%s/desk.db", dir);
	assert_int_equal(stat(away, &st), 0);
	assert_int_equal(st.st_mode & 0027, 0); /* nothing for others, no writing for the group */
	snprintf(away, sizeof(away), "%s.away", path);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(desk_db_open(dir, "", STORE_ANY, STORE_WRITE, &db), DESK_BAD_KEY);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(rename(path, away), 0);
	assert_int_equal(desk_db_open(dir, "", STORE_ANY, STORE_WRITE, &db), DESK_NO_KEY);
	assert_int_equal(desk_db_open(dir, "", STORE_ANY, STORE_READ, &db),
			 0); /* reading goes on */
	struct desk_verdict v;
	assert_int_equal(desk_db_verify(db, NULL, &v), DESK_NO_KEY);
	db = desk_db_close(db);
	assert_int_equal(desk_db_open(dir, away, STORE_ANY, STORE_WRITE, &db), 0);
	desk_db_close(db);
}

static void test_another_key_does_not_hold(void **state)
{
	char ids[3][DESK_ID_MAX], path[300];

	fill(ids);
	snprintf(path, sizeof(path), "%s/desk.key", dir);
	FILE *f = fopen(path, "r+");
	fputc('x', f);
	fputc('y', f);
	fclose(f);
	assert_false(verdict(NULL).holds);
	assert_int_equal(verdict(NULL).broken, 1);
}

static int note_body(void *userdata, const struct desk_row *row)
{
	if (row->erased_us != TIME_NONE) {
		assert_string_equal(row->body, "{}");
		(*(unsigned *)userdata)++;
	}
	return 0;
}

static void test_erasing(void **state)
{
	char ids[3][DESK_ID_MAX];
	unsigned n = 0, erased = 0;

	fill(ids);
	struct desk_db *db = open_desk();
	assert_int_equal(desk_db_erase_due(db, NOW, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(desk_db_erase_due(db, NOW + 200 * US_PER_S, &n), 0);
	assert_int_equal(n, 3);
	assert_int_equal(desk_db_erase_due(db, NOW + 200 * US_PER_S, &n), 0);
	assert_int_equal(n, 0); /* once */
	assert_int_equal(desk_db_entries(db, NULL, note_body, &erased), 0);
	assert_int_equal(erased, 3);
	desk_db_close(db);
	assert_true(verdict(NULL).holds);
	assert_int_equal(verdict(NULL).lines, 5);
}

static void test_refused(void **state)
{
	struct desk_db *db = NULL;
	char *large = malloc(DESK_BODY_MAX + 2), id[DESK_ID_MAX];

	assert_int_equal(desk_db_open(dir, "", STORE_ANY, STORE_READ, &db), STORE_MISSING);
	db = open_desk();
	memset(large, 'x', DESK_BODY_MAX + 1);
	large[DESK_BODY_MAX + 1] = '\0';
	assert_int_equal(add_note(db, "c1", large, true, id), DESK_TOO_LARGE);
	free(large);
	desk_db_close(db);
	assert_int_equal(verdict(NULL).lines, 0);
	db = NULL;
	assert_int_equal(desk_db_open(dir, "", STORE_DRILL, STORE_WRITE, &db), STORE_OTHER_KIND);
	meddle("PRAGMA application_id = 7; UPDATE meta SET value = value");
	assert_int_equal(desk_db_open(dir, "", STORE_ANY, STORE_WRITE, &db), STORE_BROKEN);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_rows),
		T(test_conflict_changes_nothing),
		T(test_two_writers),
		T(test_meddling_is_found),
		T(test_head_noted_elsewhere),
		T(test_key_is_guarded),
		T(test_another_key_does_not_hold),
		T(test_erasing),
		T(test_refused),
	};

	return cmocka_run_group_tests_name("desk.db", tests, NULL, NULL);
}
