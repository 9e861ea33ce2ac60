/* SPDX-License-Identifier: ISC */
/*
 * Proves how each kind of program ends for the message it was given: good ones, ones that fail,
 * hang, die, print without end or nonsense, close their input early, leave children behind, or
 * cannot be run at all; and that it sees no environment, no file and no directory of ours.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "courier/channel_program.h"

static char dir[64], path[160], saw[96];

static int set_up(void **state)
{
	strcpy(dir, "/tmp/noroshi-program-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/hook", dir);
	snprintf(saw, sizeof(saw), "%s/saw", dir);
	return 0;
}

static int tear_down(void **state)
{
	unlink(path);
	unlink(saw);
	return rmdir(dir);
}

static void script(const char *body, mode_t mode)
{
	FILE *f = fopen(path, "w");

	fprintf(f, "#!/bin/sh\nS=%s\n%s\n", saw, body);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
}

static struct channel_result run(const char *input, size_t n, unsigned most_s)
{
	struct channel_result out;

	memset(&out, 0x55, sizeof(out));
	channel_program(path, "w1-1-1", input, n, most_s, &out);
	return out;
}

static const char *what_it_saw(void)
{
	static char buf[4096];
	FILE *f = fopen(saw, "r");
	size_t n = f ? fread(buf, 1, sizeof(buf) - 1, f) : 0;

	if (f)
		fclose(f);
	buf[n] = '\0';
	return buf;
}

static void test_good(void **state)
{
	struct channel_result r;

	script("cat >$S; echo fine; echo good >&2", 0700);
	r = run("{\"a\":1}", 7, 10);
	assert_true(r.sent);
	assert_false(r.unsure);
	assert_string_equal(r.why, "");
	assert_string_equal(what_it_saw(), "{\"a\":1}");
}

static void test_sees_nothing_of_ours(void **state)
{
	int fds[2];

	setenv("NOROSHI_SECRET", "x", 1);
	assert_int_equal(pipe(fds), 0);
	script("{ env | grep -v -e ^PWD= -e ^_= -e ^SHLVL= -e ^OLDPWD= | sort; ls /proc/self/fd | "
	       "tr '\\n' ' '; pwd; } >$S",
	       0700);
	assert_true(run("", 0, 10).sent);
	assert_string_equal(what_it_saw(),
			    "LANG=C.UTF-8\nNOROSHI_PAGE_ID=w1-1-1\n"
			    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
			    "0 1 2 3 /\n" /* 3: the directory */);
	close(fds[0]);
	close(fds[1]);
}

static void test_failures(void **state)
{
	static const struct {
		const char *body, *why;
		mode_t mode;
		bool unsure;
	} rows[] = {
		{"echo no; exit 3", "exit status 3: no", 0700, false},
		{"exit 1", "exit status 1", 0700, false},
		{"kill -9 $$", "ended by signal 9", 0700, true},
		{"echo oh; kill -SEGV $$", "ended by signal 11: oh", 0700, true},
		{"exit 0", "could not run: Permission denied", 0600, false},
		{"printf 'a\\001\\033[31mb\\n\\tc\\377\\303\\251'; exit 2",
		 "exit status 2: a  [31mb  c?\303\251", 0700, false},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct channel_result r;

		unlink(path);
		script(rows[i].body, rows[i].mode);
		r = run("{}", 2, 10);
		assert_false(r.sent);
		assert_string_equal(r.why, rows[i].why);
		assert_int_equal(r.unsure, rows[i].unsure);
	}
	unlink(path);
	assert_string_equal(run("", 0, 10).why, "could not run: No such file or directory");
	script("exit 0", 0700);
	snprintf(path, sizeof(path), "hook");
	assert_string_equal(run("", 0, 10).why, "hook: a program is named by its absolute path");
	snprintf(path, sizeof(path), "%s/hook", dir);
}

static void test_no_shell_reads_the_path(void **state)
{
	struct channel_result r;

	snprintf(path, sizeof(path), "/bin/true; touch %s", saw);
	r = run("", 0, 10);
	assert_string_equal(r.why, "could not run: No such file or directory");
	assert_int_equal(access(saw, F_OK), -1);
	snprintf(path, sizeof(path), "%s/hook", dir);
	script("exit 0", 0700);
}

static void test_hangs(void **state)
{
	int64_t began = clock_mono_us();
	struct channel_result r;

	script("trap '' TERM; echo wait; sleep 60", 0700);
	r = run("{}", 2, 1);
	assert_true(clock_mono_us() - began < 30 * US_PER_S);
	assert_false(r.sent);
	assert_true(r.unsure);
	assert_string_equal(r.why, "ended after 1 s without an answer: wait");
}

/* What it started and left behind holds its output: no reason to wait. */
static void test_leaves_a_child(void **state)
{
	int64_t began = clock_mono_us();

	script("sleep 20 & echo $! >$S; exit 0", 0700);
	assert_true(run("{}", 2, 15).sent);
	assert_true(clock_mono_us() - began < 12 * US_PER_S);
	kill(atoi(what_it_saw()), SIGKILL);
}

/* With its time over, what it started is ended with it. */
static void test_all_of_it_is_ended(void **state)
{
	pid_t pid;

	script("(trap '' TERM; sleep 60) & echo $! >$S; sleep 60", 0700);
	assert_true(run("{}", 2, 1).unsure);
	pid = atoi(what_it_saw());
	assert_true(pid > 1);
	for (int i = 0; i < 100 && kill(pid, 0) == 0; i++) {
		char stat[64], is = '?';
		FILE *f;

		snprintf(stat, sizeof(stat), "/proc/%d/stat", pid);
		f = fopen(stat, "r");
		if (f && fscanf(f, "%*d (%*[^)]) %c", &is) == 1 && is == 'Z') {
			fclose(f);
			return; /* dead; whose child it now is has not asked yet */
		}
		if (f)
			fclose(f);
		usleep(50000);
	}
	assert_int_equal(kill(pid, 0), -1);
}

static void test_large_input(void **state)
{
	size_t n = 1 << 20;
	_cleanup_free_ char *large = malloc(n);

	memset(large, 'x', n);
	script("wc -c | tr -d ' ' >$S", 0700);
	assert_true(run(large, n, 30).sent);
	assert_string_equal(what_it_saw(), "1048576\n");
	script("exec <&-; exit 0", 0700); /* closed before a pipe's worth was read */
	assert_true(run(large, n, 30).sent);
	script("head -c 10 >/dev/null; exit 0", 0700);
	assert_true(run(large, n, 30).sent);
	script("exec <&-; sleep 0.2; echo no; exit 4", 0700);
	assert_string_equal(run(large, n, 30).why, "exit status 4: no");
}

static void test_endless_output(void **state)
{
	struct channel_result r;

	script("yes loud | head -c 5000000; echo; echo last; exit 9", 0700);
	r = run("{}", 2, 30);
	assert_false(r.sent);
	assert_true(strlen(r.why) > 400 && strlen(r.why) < CHANNEL_WHY_MAX);
	assert_string_equal(r.why + strlen(r.why) - 10, "loud  last");
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_good),
		T(test_sees_nothing_of_ours),
		T(test_failures),
		T(test_no_shell_reads_the_path),
		T(test_hangs),
		T(test_leaves_a_child),
		T(test_all_of_it_is_ended),
		T(test_large_input),
		T(test_endless_output),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("courier program", tests, NULL, NULL);
}
