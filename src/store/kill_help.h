/* SPDX-License-Identifier: ISC */
/*
 * The loop of the tests that kill: a child writes and tells through a pipe the number of what was
 * acknowledged, is killed at a moment drawn by seed, and what was told must be there.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <signal.h>
#include <sys/wait.h>

#include "store/test_help.h"

/* Writes from @number on and tells each with kill_tell(); never returns. */
typedef void (*kill_write_fn)(const char *dir, int out, uint32_t number);

/* What is there: the last number, 0 none. @told: what was acknowledged at least. */
typedef uint32_t (*kill_look_fn)(const char *dir, uint32_t told);

static inline uint64_t kill_random(uint64_t *s)
{
	*s = *s * 6364136223846793005u + 1442695040888963407u;
	return *s >> 33;
}

static inline void kill_tell(int out, uint32_t number)
{
	if (write(out, &number, sizeof(number)) != sizeof(number))
		_exit(9);
}

/*
 * A child that is killed @live_us after its start, or with @after_first after its first
 * acknowledgement. Return: the last number that was acknowledged, 0 none.
 */
static inline uint32_t kill_child(kill_write_fn writes, const char *dir, uint32_t number,
				  unsigned live_us, bool after_first)
{
	uint32_t acknowledged = 0, got;
	int fds[2], status;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		writes(dir, fds[1], number);
		_exit(8);
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

/* Every other child is killed soon after its first word, so that slow machines say something too.
 * Return: the last number that was acknowledged. */
static inline uint32_t kill_rounds(kill_write_fn writes, kill_look_fn look, unsigned rounds,
				   uint64_t seed)
{
	uint32_t total = 0, told = 0;
	char dir[256];

	help_dir(dir, sizeof(dir));
	for (unsigned round = 0; round < rounds; round++) {
		uint32_t got = kill_child(writes, dir, total + 1,
					  (unsigned)(kill_random(&seed) % 60000), round % 2);

		told = got > told ? got : told;
		total = look(dir, told);
		assert_true(total >= told);
	}
	print_message("%u kills, %u acknowledged, %u kept\n", rounds, told, total);
	assert_true(told >= rounds / 2);
	help_remove_dir(dir);
	return told;
}

/* Stores that are killed while they are being made. */
static inline void kill_births(kill_write_fn writes, kill_look_fn look)
{
	for (unsigned us = 0; us < 12000; us += 500) {
		char dir[256];
		uint32_t told;

		help_dir(dir, sizeof(dir));
		told = kill_child(writes, dir, 1, us, false);
		assert_true(look(dir, told) >= told);
		help_remove_dir(dir);
	}
}
