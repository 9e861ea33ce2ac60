/* SPDX-License-Identifier: ISC */
/*
 * Proves the hand-over: of many who would begin one attempt one does, also while files are renamed
 * under them; who died in between is seen as that and nothing else is; nothing begins whose end
 * cannot be written; and what is nobody's is swept, and only that.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "courier/spool.h"
#include "store/test_help.h"

static char dir[256], sub[300];
static struct spool *s;

static int set_up(void **state)
{
	help_dir(dir, sizeof(dir));
	snprintf(sub, sizeof(sub), "%s/spool", dir);
	s = NULL;
	return spool_open(sub, &s);
}

static int tear_down(void **state)
{
	s = spool_close(s);
	help_remove_dir(dir);
	return 0;
}

static void put(const char *id, unsigned attempt)
{
	json_t *m = json_pack("{ssss}", "id", id, "body", "x");

	assert_int_equal(spool_put(s, id, attempt, m), 0);
	json_decref(m);
}

static unsigned files(void)
{
	char command[400];
	unsigned n = 0;
	FILE *f;

	snprintf(command, sizeof(command), "ls -A %s | wc -l", sub);
	f = popen(command, "r");
	assert_int_equal(fscanf(f, "%u", &n), 1);
	pclose(f);
	return n;
}

static void test_the_whole_way(void **state)
{
	struct channel_result in = {.why = "no\twords \"x\"", .unsure = true}, out;
	struct spool_claim *c = NULL;
	json_t *m = NULL;
	struct stat st;
	char path[400];

	assert_int_equal(spool_look(s, "w1-1-1", 1), SPOOL_GONE);
	put("w1-1-1", 1);
	snprintf(path, sizeof(path), "%s/w1-1-1.1.page", sub);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(spool_look(s, "w1-1-1", 1), SPOOL_WAITING);
	assert_int_equal(spool_look(s, "w1-1-1", 2), SPOOL_GONE);
	assert_int_equal(spool_begin(s, "w1-1-1", 1, &c, &m), 0);
	assert_string_equal(json_string_value(json_object_get(m, "id")), "w1-1-1");
	json_decref(m);
	assert_int_equal(spool_look(s, "w1-1-1", 1), SPOOL_RUNNING);
	assert_int_equal(spool_end(s, c, &in), 0);
	assert_int_equal(spool_look(s, "w1-1-1", 1), SPOOL_FINISHED);
	assert_int_equal(spool_result(s, "w1-1-1", 1, &out), 0);
	assert_false(out.sent);
	assert_true(out.unsure);
	assert_string_equal(out.why, in.why);
	assert_int_equal(files(), 2);
	spool_remove(s, "w1-1-1", 1);
	assert_int_equal(files(), 0);
}

static void test_only_one_begins(void **state)
{
	struct spool_claim *c = NULL, *other = NULL;
	json_t *m = NULL;

	put("a", 1);
	assert_int_equal(spool_begin(s, "a", 1, &c, &m), 0);
	json_decref(m);
	assert_int_equal(spool_begin(s, "a", 1, &other, &m), -EALREADY);
	assert_int_equal(spool_end(s, c, &(struct channel_result){.sent = true}), 0);
	assert_int_equal(spool_begin(s, "a", 1, &other, &m), -EALREADY);
	spool_remove(s, "a", 1);
	assert_int_equal(spool_begin(s, "a", 1, &other, &m), -EALREADY); /* and not ever after */
	assert_int_equal(files(), 0);
}

/* Eight processes at one attempt, which is cleared away as soon as it has ended. */
static void test_race(void **state)
{
	for (unsigned round = 0; round < 40; round++) {
		unsigned begun = 0;
		pid_t pid[8];

		put("r", round);
		for (unsigned i = 0; i < 8; i++) {
			pid[i] = fork();
			if (pid[i] == 0) {
				struct spool_claim *c = NULL;
				json_t *m = NULL;
				int r;

				usleep(i * 50);
				r = spool_begin(s, "r", round, &c, &m);
				if (r)
					_exit(r == -EALREADY ? 0 : 2);
				spool_end(s, c, &(struct channel_result){.sent = true});
				spool_remove(s, "r", round);
				_exit(1);
			}
		}
		for (unsigned i = 0; i < 8; i++) {
			int status;

			assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
			assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
			begun += WEXITSTATUS(status) == 1;
		}
		assert_int_equal(begun, 1);
	}
}

static void test_died_in_between(void **state)
{
	int fds[2], status;
	pid_t pid;
	char c;

	put("d", 3);
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		struct spool_claim *claim = NULL;
		json_t *m = NULL;

		if (spool_begin(s, "d", 3, &claim, &m) || write(fds[1], "x", 1) != 1)
			_exit(1);
		pause();
	}
	assert_int_equal(read(fds[0], &c, 1), 1);
	assert_int_equal(spool_look(s, "d", 3), SPOOL_RUNNING);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	close(fds[0]);
	close(fds[1]);
	assert_int_equal(spool_look(s, "d", 3), SPOOL_BROKEN);
	assert_false(spool_is_unsure(s, "d"));
	assert_int_equal(spool_set_unsure(s, "d"), 0);
	assert_true(spool_is_unsure(s, "d"));
	spool_forget(s, "d");
	assert_false(spool_is_unsure(s, "d"));
}

static bool keep(void *userdata, const char *id, unsigned attempt)
{
	return strcmp(id, "keep") == 0 && (attempt == 2 || attempt == 0);
}

static void touch(const char *name, int age_s)
{
	struct timespec t[2] = {{.tv_sec = time(NULL) - age_s}, {.tv_sec = time(NULL) - age_s}};
	char path[400];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", sub, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fclose(f);
	assert_int_equal(utimensat(AT_FDCWD, path, t, 0), 0);
}

static void test_sweep(void **state)
{
	put("keep", 1);
	put("keep", 2);
	put("gone", 2);
	touch("keep.0.unsure", 0);
	touch("gone.0.unsure", 0);
	touch("gone.1.claim", 0);
	touch("gone.1.result", 0);
	touch("somebody's notes.txt", 1000000);
	touch("a.b.page", 0);
	touch(".x.1.123", 10);
	touch(".y.1.123", 1000000);
	touch(".z.1.page.123", 0);
	touch(".z.0.unsure.123", 0);
	assert_int_equal(spool_sweep(s, keep, NULL), 0);
	assert_int_equal(spool_look(s, "keep", 2), SPOOL_WAITING);
	assert_int_equal(spool_look(s, "keep", 1), SPOOL_GONE);
	assert_true(spool_is_unsure(s, "keep"));
	assert_false(spool_is_unsure(s, "gone"));
	assert_int_equal(files(), 5); /* two kept, the notes, a.b.page, the young piece */
}

static void test_refused(void **state)
{
	struct spool *other = NULL;

	assert_true(spool_id_ok("w0123456789ab-1-12"));
	assert_false(spool_id_ok(""));
	assert_false(spool_id_ok("../x"));
	assert_false(spool_id_ok("a.1"));
	assert_false(spool_id_ok("a b"));
	assert_false(
		spool_id_ok("0123456789012345678901234567890123456789012345678901234567890123"));
	assert_int_equal(chmod(sub, 0777), 0);
	assert_int_equal(spool_open(sub, &other), -EPERM);
	assert_int_equal(spool_open("/proc/nowhere/spool", &other), -ENOENT);
}

static void test_result_of_nonsense(void **state)
{
	struct channel_result out;

	touch("n.1.result", 0);
	assert_int_equal(spool_look(s, "n", 1), SPOOL_FINISHED);
	assert_int_equal(spool_result(s, "n", 1, &out), -EINVAL);
	assert_int_equal(spool_result(s, "m", 1, &out), -ENOENT);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_the_whole_way),	    T(test_only_one_begins), T(test_race),
		T(test_died_in_between),    T(test_sweep),	     T(test_refused),
		T(test_result_of_nonsense),
	};

	return cmocka_run_group_tests_name("courier spool", tests, NULL, NULL);
}
