/* SPDX-License-Identifier: ISC */
/*
 * Proves that SIGKILL at any moment loses nothing acknowledged: a child writes and tells through a
 * pipe what store_flush() has passed, is killed after a time drawn by seed, and the store must open
 * and hold at least every state it told, whole. Also: a store being born is killed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <signal.h>
#include <sys/wait.h>

#include "store/test_help.h"

#define ROUNDS	  25
#define INCIDENTS 8

static uint64_t random_next(uint64_t *s)
{
	*s = *s * 6364136223846793005u + 1442695040888963407u;
	return *s >> 33;
}

static void write_until_killed(const char *dir, int out, uint32_t revision)
{
	struct store *s = NULL;

	if (store_open(dir, STORE_REAL, STORE_WRITE, NULL, &s))
		_exit(1);
	for (;; revision++) {
		for (unsigned i = 0; i < INCIDENTS; i++)
			if (help_put(s, i, revision, revision % 3 ? 0 : 200))
				_exit(2);
		if (store_flush(s))
			_exit(3);
		if (write(out, &revision, sizeof(revision)) != sizeof(revision))
			_exit(4);
	}
}

/*
 * A child that is killed @live_us after its start, or with @after_first after its first
 * acknowledgement. Return: the last revision that was acknowledged, 0 none.
 */
static uint32_t run_child(const char *dir, uint32_t revision, unsigned live_us, bool after_first)
{
	uint32_t acknowledged = 0, got;
	int fds[2], status;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		write_until_killed(dir, fds[1], revision);
	}
	close(fds[1]);
	if (after_first)
		assert_int_equal(read(fds[0], &acknowledged, sizeof(acknowledged)),
				 sizeof(acknowledged));
	usleep(live_us);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status)); /* else it ended by itself, which is an error */
	while (read(fds[0], &got, sizeof(got)) == sizeof(got))
		acknowledged = got;
	close(fds[0]);
	return acknowledged;
}

struct seen {
	uint32_t revision[INCIDENTS];
	unsigned n;
};

static int note(void *userdata, const struct incident *inc)
{
	struct seen *seen = userdata;

	assert_true(seen->n < INCIDENTS);
	assert_int_equal(inc->f.packets, 1000 * (uint64_t)inc->revision); /* whole, not half */
	seen->revision[seen->n++] = inc->revision;
	return 0;
}

static void test_kill_loses_nothing_acknowledged(void **state)
{
	uint32_t acknowledged = 0, total = 0;
	uint64_t seed = 20080808;
	char dir[256];

	help_dir(dir, sizeof(dir));
	for (int round = 0; round < ROUNDS; round++) {
		struct seen seen = {.n = 0};
		struct store *s = NULL;
		uint32_t got = run_child(dir, total + 1, (unsigned)(random_next(&seed) % 50000),
					 round % 2);

		acknowledged = got ? got : acknowledged;
		assert_int_equal(store_open(dir, STORE_REAL, STORE_WRITE, NULL, &s), 0);
		assert_int_equal(store_list(s, &STORE_FILTER_ALL, note, &seen), 0);
		if (acknowledged)
			assert_int_equal(seen.n, INCIDENTS);
		for (unsigned i = 0; i < seen.n; i++) {
			assert_true(seen.revision[i] >= acknowledged);
			total = seen.revision[i] > total ? seen.revision[i] : total;
		}
		store_close(s);
	}
	print_message("%d kills, %u revisions acknowledged\n", ROUNDS, acknowledged);
	assert_true(acknowledged >= ROUNDS / 2);
	help_remove_dir(dir);
}

static void test_kill_at_birth(void **state)
{
	for (unsigned us = 0; us < 12000; us += 500) {
		struct store *s = NULL;
		char dir[256];

		help_dir(dir, sizeof(dir));
		run_child(dir, 1, us, false);
		assert_int_equal(store_open(dir, STORE_REAL, STORE_WRITE, NULL, &s), 0);
		assert_int_equal(help_put(s, 1, 1, 0), 0);
		assert_int_equal(store_flush(s), 0);
		store_close(s);
		help_remove_dir(dir);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kill_at_birth),
		cmocka_unit_test(test_kill_loses_nothing_acknowledged),
	};

	return cmocka_run_group_tests_name("store kill", tests, NULL, NULL);
}
