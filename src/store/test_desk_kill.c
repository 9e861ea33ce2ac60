/* SPDX-License-Identifier: ISC */
/*
 * Proves that SIGKILL at any moment loses no acknowledged change of a case: a child writes notes
 * and tells through a pipe what desk_db_commit() has answered with 0, is killed after a time drawn
 * by seed, and the database must hold every note it told, and its log must hold too. Also: the
 * first opening, which makes the key, is killed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <signal.h>
#include <sys/wait.h>

#include "store/desk.h"
#include "store/test_help.h"

#define ROUNDS 25

static uint64_t random_next(uint64_t *s)
{
	*s = *s * 6364136223846793005u + 1442695040888963407u;
	return *s >> 33;
}

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
		if (write(out, &number, sizeof(number)) != sizeof(number))
			_exit(3);
	}
}

static uint32_t run_child(const char *dir, uint32_t number, unsigned live_us)
{
	uint32_t acknowledged = 0, got;
	int fds[2], status;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		write_until_killed(dir, fds[1], number);
	}
	close(fds[1]);
	usleep(live_us);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status)); /* else it ended by itself, which is an error */
	while (read(fds[0], &got, sizeof(got)) == sizeof(got))
		acknowledged = got;
	close(fds[0]);
	return acknowledged;
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

static uint32_t look(const char *dir)
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
	uint32_t total = 0, told = 0;
	uint64_t seed = 20080807;
	char dir[256];

	help_dir(dir, sizeof(dir));
	for (int round = 0; round < ROUNDS; round++) {
		uint32_t got =
			run_child(dir, total + 1, 3000 + (unsigned)(random_next(&seed) % 60000));

		told = got > told ? got : told;
		total = look(dir);
		assert_true(total >= told);
	}
	print_message("%d kills, %u changes acknowledged, %u kept\n", ROUNDS, told, total);
	assert_true(told > 0);
	help_remove_dir(dir);
}

static void test_kill_at_birth(void **state)
{
	for (unsigned us = 0; us < 12000; us += 500) {
		char dir[256];
		uint32_t told;

		help_dir(dir, sizeof(dir));
		told = run_child(dir, 1, us);
		assert_true(look(dir) >= told);
		help_remove_dir(dir);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kill_at_birth),
		cmocka_unit_test(test_kill_loses_nothing_acknowledged),
	};

	return cmocka_run_group_tests_name("desk kill", tests, NULL, NULL);
}
