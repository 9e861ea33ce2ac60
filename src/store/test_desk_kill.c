/* SPDX-License-Identifier: ISC */
/*
 * Proves that SIGKILL at any moment loses no acknowledged change of a case: a child writes notes
 * and tells through a pipe what desk_db_commit() has answered with 0, is killed after a time drawn
 * by seed, and the database must hold every note it told, and its log must hold too. Also: the
 * first opening, which makes the key, is killed.
 */
#include "store/kill_help.h"

#include "store/desk.h"

#define ROUNDS 25

static int put_note(struct desk_db *db, uint32_t number, bool new_case)
{
	char body[64];
	struct desk_move m = {.kind = "note",
			      .ref = "",
			      .circle = "team",
			      .body = body,
			      .erase_by_us = TIME_NONE,
			      .to = "c000000000001"};
	struct desk_change c = {
		.act = "note", .actor = "child", .at_us = T0 + number, .moves = &m, .n_moves = 1};

	snprintf(body, sizeof(body), "{\"number\":%u}", number);
	snprintf(m.id, sizeof(m.id), "o%u", number);
	if (new_case) {
		strcpy(c.state[0].case_id, "c000000000001");
		strcpy(c.state[0].to, "open");
		c.n_states = 1;
	}
	return desk_db_commit(db, &c, NULL);
}

static void write_until_killed(const char *dir, int out, uint32_t number)
{
	struct desk_db *db = NULL;

	if (desk_db_open(dir, "", STORE_REAL, STORE_WRITE, &db))
		_exit(1);
	for (;; number++) {
		if (put_note(db, number, number == 1))
			_exit(2);
		kill_tell(out, number);
	}
}

static int count(void *userdata, const struct desk_row *row)
{
	uint32_t *n = userdata;
	char body[64];

	(*n)++;
	snprintf(body, sizeof(body), "{\"number\":%u}", *n);
	assert_string_equal(row->body, body); /* all, in order, whole */
	return 0;
}

static uint32_t look(const char *dir, uint32_t told)
{
	struct desk_db *db = NULL;
	struct desk_verdict v;
	uint32_t n = 0;

	assert_int_equal(desk_db_open(dir, "", STORE_REAL, STORE_WRITE, &db), 0);
	assert_int_equal(desk_db_entries(db, NULL, count, &n), 0);
	assert_int_equal(desk_db_verify(db, NULL, &v), 0);
	assert_true(v.holds);
	assert_int_equal(v.lines, n);
	desk_db_close(db);
	return n;
}

static void test_kill_loses_nothing_acknowledged(void **state)
{
	kill_rounds(write_until_killed, look, ROUNDS, 20080807);
}

static void test_kill_at_birth(void **state)
{
	kill_births(write_until_killed, look);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kill_at_birth),
		cmocka_unit_test(test_kill_loses_nothing_acknowledged),
	};

	return cmocka_run_group_tests_name("desk kill", tests, NULL, NULL);
}
