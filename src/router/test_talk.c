/* SPDX-License-Identifier: ISC */
/* Sockets by path and lines over them: pieces, ends, and what is too long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "router/talk.h"

static void pair(struct talk *a, struct talk *b)
{
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd), 0);
	talk_open(a, fd[0], fd[0]);
	talk_open(b, fd[1], fd[1]);
}

static void test_pieces(void **state)
{
	struct talk a, b;
	char *line;

	pair(&a, &b);
	assert_int_equal(write(a.out, "one\ntw", 6), 6);
	assert_int_equal(talk_read(&b), 0);
	assert_string_equal(talk_line(&b), "one");
	assert_null(talk_line(&b));
	assert_int_equal(write(a.out, "o\r\n\nrest", 8), 8);
	assert_int_equal(talk_read(&b), 0);
	assert_string_equal(talk_line(&b), "two");
	assert_string_equal(talk_line(&b), "");
	assert_null(talk_line(&b));
	assert_int_equal(talk_wait(&b, 50, &line), -ETIMEDOUT);
	talk_close(&a);
	assert_int_equal(talk_wait(&b, 50, &line), -EPIPE);
	assert_null(line);
	talk_close(&b);
	assert_false(talk_is_open(&b));
}

/* What came before the end is still read. */
static void test_end_behind_a_line(void **state)
{
	struct talk a, b;
	char *line;

	pair(&a, &b);
	assert_int_equal(talk_say(&a, "last words"), 0);
	talk_close(&a);
	assert_int_equal(talk_wait(&b, 1000, &line), 0);
	assert_string_equal(line, "last words");
	assert_int_equal(talk_wait(&b, 1000, &line), -EPIPE);
	talk_close(&b);
}

static void test_too_long(void **state)
{
	struct talk a, b;
	char block[4096];
	int r = 0;

	memset(block, 'x', sizeof(block));
	pair(&a, &b);
	for (int i = 0; i < 1000 && r == 0; i++) {
		if (write(a.out, block, sizeof(block)) < 0)
			assert_int_equal(errno, EAGAIN);
		r = talk_read(&b);
		assert_null(talk_line(&b));
	}
	assert_int_equal(r, -EMSGSIZE);
	assert_true(b.room <= TALK_LINE_MAX + (256u << 10));
	talk_close(&a);
	talk_close(&b);
}

/* A reader that sleeps: it waits in memory up to a bound, and comes whole and in order. */
static void test_slow_reader(void **state)
{
	struct talk a, b;
	char word[1024], *line;
	int said = 0, r = 0;

	pair(&a, &b);
	memset(word, 'w', sizeof(word));
	while (said < 100000) {
		snprintf(word, sizeof(word), "%d %0900d", said, 0);
		r = talk_say(&a, word);
		if (r)
			break;
		said++;
	}
	assert_int_equal(r, -ENOBUFS);
	assert_true(said > 1000 && talk_waits(&a));
	for (int i = 0; i < said; i++) {
		while (!(line = talk_line(&b))) {
			assert_true(talk_flush(&a) >= 0);
			assert_int_equal(talk_read(&b), 0);
		}
		assert_int_equal(atoi(line), i);
	}
	assert_false(talk_waits(&a));
	talk_close(&b);
	assert_int_equal(talk_say(&a, "nobody"), -EPIPE);
	assert_int_equal(talk_say(&a, "nobody"), -EPIPE);
	talk_close(&a);
}

static void test_paths(void **state)
{
	char dir[] = "/tmp/noroshi-talk-XXXXXX", path[512];
	struct stat st;
	int fd, other;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/%0120d", dir, 0);
	assert_int_equal(mkdir(path, 0700), 0);
	strcat(path, "/act.sock");
	assert_int_equal(talk_connect(path), -ENOENT);
	fd = talk_listen(path, 0660);
	assert_true(fd >= 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	other = talk_connect(path);
	assert_true(other >= 0);
	close(other);
	close(fd);
	assert_int_equal(talk_connect(path), -ECONNREFUSED); /* left by one that was killed */
	fd = talk_listen(path, 0660);
	assert_true(fd >= 0);
	assert_int_equal(talk_unlisten(fd, path), -1);
	assert_int_equal(stat(path, &st), -1);
	/* A file that lies there is somebody's. */
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	close(fd);
	assert_int_equal(talk_listen(path, 0660), -EADDRINUSE);
	assert_int_equal(stat(path, &st), 0);
	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
	rmdir(dir);
	assert_int_equal(talk_listen("/nonexistent/act.sock", 0660), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces),	 cmocka_unit_test(test_end_behind_a_line),
		cmocka_unit_test(test_too_long), cmocka_unit_test(test_slow_reader),
		cmocka_unit_test(test_paths),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
