/* SPDX-License-Identifier: ISC */
/*
 * The relay, between an ExaBGP and a role that are this test: one command at a time, the book of
 * ends, and what it does while nobody is there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "router/pipe.h"
#include "router/pipe_book.h"
#include "router/talk.h"

#define WAIT_MS 5000

struct rig {
	char dir[64], path[96];
	int listen;
	pid_t pid;
	struct talk exabgp, role;
};

static void start(struct rig *g)
{
	int in[2], out[2];

	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	g->pid = fork();
	assert_true(g->pid >= 0);
	if (g->pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close_range(3, ~0u, 0);
		_exit(pipe_run(g->path) ? 1 : 0);
	}
	close(in[0]);
	close(out[1]);
	fcntl(in[1], F_SETFL, O_NONBLOCK);
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	talk_open(&g->exabgp, out[0], in[1]);
}

static int setup(void **state)
{
	struct rig *g = calloc(1, sizeof(*g));

	signal(SIGPIPE, SIG_IGN);
	strcpy(g->dir, "/tmp/noroshi-pipe-XXXXXX");
	assert_non_null(mkdtemp(g->dir));
	snprintf(g->path, sizeof(g->path), "%s/s", g->dir);
	g->listen = talk_listen(g->path, 0600);
	assert_true(g->listen >= 0);
	talk_open(&g->role, -1, -1);
	start(g);
	*state = g;
	return 0;
}

static int teardown(void **state)
{
	struct rig *g = *state;
	int status = -1;

	talk_close(&g->exabgp);
	assert_int_equal(waitpid(g->pid, &status, 0), g->pid);
	talk_close(&g->role);
	talk_unlisten(g->listen, g->path);
	rmdir(g->dir);
	free(g);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	return 0;
}

static void expect(struct talk *t, const char *want)
{
	char *line = NULL;
	int r = talk_wait(t, WAIT_MS, &line);

	if (r)
		fail_msg("\"%s\" did not come: %s", want, strerror(-r));
	assert_string_equal(line, want);
}

static void silence(struct talk *t, int ms)
{
	char *line = NULL;

	assert_int_equal(talk_wait(t, ms, &line), -ETIMEDOUT);
}

static void answer(struct rig *g, const char *want, const char *say)
{
	expect(&g->exabgp, want);
	assert_int_equal(talk_say(&g->exabgp, say), 0);
}

static void come(struct rig *g)
{
	struct pollfd p = {.fd = g->listen, .events = POLLIN};
	int fd;

	assert_int_equal(poll(&p, 1, WAIT_MS), 1);
	fd = accept4(g->listen, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	assert_true(fd >= 0);
	talk_open(&g->role, fd, fd);
}

static void begin(struct rig *g)
{
	expect(&g->exabgp, "show neighbor summary");
	talk_say(&g->exabgp,
		 "Peer            AS        up/down state       |     #sent     #recvd");
	talk_say(&g->exabgp, "10.99.2.2       64502   0:00:10 established           1          1");
	talk_say(&g->exabgp, "done");
	answer(g, "clear adj-rib out", "done");
	come(g);
	expect(&g->role, "{\"hello\":1}");
	expect(&g->role, "{\"neighbor\":\"10.99.2.2\",\"up\":true}");
}

static void ask(struct rig *g, int seq, const char *say, const char *undo, int64_t until_us)
{
	json_t *o = json_pack("{sisssIss}", "seq", seq, "measure", "m1", "until",
			      (json_int_t)until_us, "say", say);

	if (undo)
		json_object_set_new(o, "undo", json_string(undo));
	assert_int_equal(talk_say_json(&g->role, o), 0);
}

static int64_t later(int64_t ms)
{
	return clock_real_us() + ms * US_PER_MS;
}

/* The second is not told before the first is answered, and each answer finds its own. */
static void test_one_at_a_time(void **state)
{
	struct rig *g = *state;

	begin(g);
	expect(&g->role, "{\"ready\":true}");
	ask(g, 7, "announce a", "withdraw a", later(60000));
	ask(g, 8, "announce b", "withdraw b", later(60000));
	expect(&g->exabgp, "announce a");
	silence(&g->exabgp, 200);
	talk_say(&g->exabgp, "error");
	expect(&g->role, "{\"seq\":7,\"ok\":false}");
	answer(g, "announce b", "done");
	expect(&g->role, "{\"seq\":8,\"ok\":true}");
	/* A role that comes again is told what stands: only what was not refused. */
	talk_close(&g->role);
	come(g);
	expect(&g->role, "{\"hello\":1}");
	expect(&g->role, "{\"neighbor\":\"10.99.2.2\",\"up\":true}");
	{
		char *line = NULL;

		assert_int_equal(talk_wait(&g->role, WAIT_MS, &line), 0);
		assert_non_null(strstr(line, "\"has\":\"m1\",\"undo\":\"withdraw b\""));
	}
	expect(&g->role, "{\"ready\":true}");
}

static void test_neighbors(void **state)
{
	struct rig *g = *state;

	begin(g);
	expect(&g->role, "{\"ready\":true}");
	talk_say(&g->exabgp,
		 "{\"type\":\"state\",\"neighbor\":{\"address\":{\"local\":\"10.99.2.1\","
		 "\"peer\":\"10.99.2.2\"},\"state\":\"down\"}}");
	expect(&g->role, "{\"neighbor\":\"10.99.2.2\",\"up\":false}");
	talk_say(&g->exabgp, "no line of anybody");
	talk_say(&g->exabgp, "{\"type\":\"state\"");
	talk_say(&g->exabgp,
		 "{\"type\":\"state\",\"neighbor\":{\"address\":{\"peer\":\"10.99.2.2\"},"
		 "\"state\":\"up\"}}");
	expect(&g->role, "{\"neighbor\":\"10.99.2.2\",\"up\":true}");
}

/* The role is killed, and the measure ends all the same, at its end and not before. */
static void test_watchdog(void **state)
{
	struct rig *g = *state;
	int64_t until_us;

	begin(g);
	expect(&g->role, "{\"ready\":true}");
	until_us = later(700);
	ask(g, 1, "announce a", "withdraw a", until_us);
	answer(g, "announce a", "done");
	expect(&g->role, "{\"seq\":1,\"ok\":true}");
	g->listen = talk_unlisten(g->listen, g->path);
	talk_close(&g->role);
	silence(&g->exabgp, 400);
	answer(g, "withdraw a", "error");
	assert_true(clock_real_us() >= until_us);
	assert_true(clock_real_us() < until_us + 450 * US_PER_MS);
	/* What ExaBGP would not do is asked again. */
	answer(g, "withdraw a", "done");
	silence(&g->exabgp, 1200);
	g->listen = talk_listen(g->path, 0600);
	assert_true(g->listen >= 0);
	come(g);
	expect(&g->role, "{\"hello\":1}");
	expect(&g->role, "{\"neighbor\":\"10.99.2.2\",\"up\":true}");
	expect(&g->role, "{\"ready\":true}");
}

/* A role that is there and does nothing is given half a second. */
static void test_watchdog_beside_a_role(void **state)
{
	struct rig *g = *state;
	int64_t until_us = later(300);

	begin(g);
	expect(&g->role, "{\"ready\":true}");
	ask(g, 1, "announce a", "withdraw a", until_us);
	answer(g, "announce a", "done");
	expect(&g->role, "{\"seq\":1,\"ok\":true}");
	answer(g, "withdraw a", "done");
	assert_true(clock_real_us() >= until_us + 500 * US_PER_MS);
	expect(&g->role, "{\"ended\":\"m1\",\"undo\":\"withdraw a\"}");
}

/* Nothing is announced whose end is not known, and nothing that is more than one line. */
static void test_hostile_role(void **state)
{
	struct rig *g = *state;

	begin(g);
	expect(&g->role, "{\"ready\":true}");
	ask(g, 1, "announce a", "withdraw a", 0);
	expect(&g->role, "{\"seq\":1,\"ok\":false}");
	ask(g, 2, "announce a\nannounce b", "withdraw a", later(60000));
	expect(&g->role, "{\"seq\":2,\"ok\":false}");
	talk_say(&g->role, "[1, 2");
	expect(&g->role, "{\"seq\":0,\"ok\":false}");
	/* No id: it could not be told on, or it would end a line of the log. */
	talk_say(&g->role, "{\"seq\":3,\"measure\":\"m\\n1\",\"say\":\"withdraw a\"}");
	expect(&g->role, "{\"seq\":3,\"ok\":false}");
	talk_say(&g->role, "{\"seq\":4,\"measure\":\"m0123456789abcdef\",\"say\":\"withdraw a\"}");
	expect(&g->role, "{\"seq\":4,\"ok\":false}");
	silence(&g->exabgp, 200);
}

/* What the role had asked and ExaBGP was not told yet goes with it. What ExaBGP was told is
 * answered, and not to the role that came since: its first question would seem to be meant. */
static void test_role_goes_while_asking(void **state)
{
	struct rig *g = *state;

	begin(g);
	expect(&g->role, "{\"ready\":true}");
	ask(g, 1, "announce a", "withdraw a", later(60000));
	ask(g, 2, "announce b", "withdraw b", later(60000));
	expect(&g->exabgp, "announce a");
	talk_close(&g->role);
	come(g);
	silence(&g->exabgp, 300);
	expect(&g->role, "{\"hello\":1}");
	expect(&g->role, "{\"neighbor\":\"10.99.2.2\",\"up\":true}");
	{
		char *line = NULL;

		assert_int_equal(talk_wait(&g->role, WAIT_MS, &line), 0);
		assert_non_null(strstr(line, "\"has\":\"m1\",\"undo\":\"withdraw a\""));
	}
	expect(&g->role, "{\"ready\":true}");
	ask(g, 1, "announce c", "withdraw c", later(60000));
	talk_say(&g->exabgp, "done");
	expect(&g->exabgp, "announce c");
	silence(&g->role, 300);
	talk_say(&g->exabgp, "error");
	expect(&g->role, "{\"seq\":1,\"ok\":false}");
}

static void test_book(void **state)
{
	struct book b = {.n = 0};
	char undo[32];

	for (int i = 0; i < 1000; i++) {
		snprintf(undo, sizeof(undo), "withdraw %d", i);
		assert_int_equal(book_put(&b, "m1", undo, 1000 + i), 0);
	}
	assert_int_equal(book_next_us(&b), 1000);
	assert_int_equal(book_put(&b, "m2", "withdraw 0", 5000), 0);
	assert_int_equal(b.n, 1000);
	assert_int_equal(book_next_us(&b), 1001);
	assert_null(book_due(&b, 1000, 0));
	assert_string_equal(book_due(&b, 1001, 0)->undo, "withdraw 1");
	assert_null(book_due(&b, 1100, 100));
	book_take(&b, "withdraw 1");
	book_take(&b, "withdraw 1");
	assert_int_equal(b.n, 999);
	assert_null(book_find(&b, "withdraw 1"));
	assert_string_equal(book_find(&b, "withdraw 0")->measure, "m2");
	book_deinit(&b);
	assert_int_equal(book_next_us(&b), INT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_one_at_a_time, setup, teardown),
		cmocka_unit_test_setup_teardown(test_neighbors, setup, teardown),
		cmocka_unit_test_setup_teardown(test_watchdog, setup, teardown),
		cmocka_unit_test_setup_teardown(test_watchdog_beside_a_role, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hostile_role, setup, teardown),
		cmocka_unit_test_setup_teardown(test_role_goes_while_asking, setup, teardown),
		cmocka_unit_test(test_book),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
