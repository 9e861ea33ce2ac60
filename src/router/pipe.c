/* SPDX-License-Identifier: ISC */
/*
 * The relay's loop: its two streams to ExaBGP, the socket of the role, and the clock. What is made
 * of what they say stands in pipe_relay.c.
 */
#include "router/pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "router/pipe_relay.h"

#define CONNECT_US (200 * US_PER_MS) /* between tries to reach the role */
#define ANSWER_US  (30 * US_PER_S)   /* an ExaBGP that says nothing so long is begun anew with */

struct pipe {
	const char *socket;
	int64_t connect_us; /* monotonic; when to try again */
	struct relay relay;
};

static volatile sig_atomic_t stop;

static void on_signal(int signo)
{
	stop = 1;
}

/* Return: 0, -EPIPE when ExaBGP is gone, or another errno. */
static int listen_to_exabgp(struct relay *y)
{
	int r = talk_read(&y->exabgp);
	char *line;

	while ((line = talk_line(&y->exabgp)) != NULL) {
		int sent = relay_hear_exabgp(y, line);

		r = r ? r : sent;
	}
	return r;
}

/* ---- the role ---- */

static void role_gone(struct pipe *p)
{
	if (talk_is_open(&p->relay.role))
		log_info("role-away", "standing=%zu", p->relay.book.n);
	talk_close(&p->relay.role);
	p->connect_us = clock_mono_us() + CONNECT_US;
	relay_role_gone(&p->relay);
}

static void connect_role(struct pipe *p)
{
	int fd;

	if (talk_is_open(&p->relay.role) || clock_mono_us() < p->connect_us)
		return;
	p->connect_us = clock_mono_us() + CONNECT_US;
	fd = talk_connect(p->socket);
	if (fd >= 0)
		talk_open(&p->relay.role, fd, fd);
}

static int listen_to_role(struct pipe *p)
{
	int r = talk_read(&p->relay.role), answer = 0;
	char *line;

	while (answer != -ENOMEM && (line = talk_line(&p->relay.role)) != NULL)
		answer = relay_hear_role(&p->relay, line);
	if (r < 0 || (answer < 0 && answer != -ENOMEM))
		role_gone(p);
	return r == -ENOMEM || answer == -ENOMEM ? -ENOMEM : relay_next(&p->relay);
}

/* ---- the loop ---- */

static int patience_ms(const struct relay *y)
{
	int64_t us = relay_left_us(y, talk_is_open(&y->role) ? US_PER_S : CONNECT_US);

	return us ? (int)(us / US_PER_MS) + 1 : 0;
}

/* What can be read and written now. */
static int serve(struct pipe *p)
{
	struct relay *y = &p->relay;
	struct pollfd fds[] = {
		{.fd = y->exabgp.in, .events = POLLIN},
		{.fd = talk_waits(&y->exabgp) ? y->exabgp.out : -1, .events = POLLOUT},
		{.fd = talk_is_open(&y->role) ? y->role.in : -1,
		 .events = POLLIN | (talk_waits(&y->role) ? POLLOUT : 0)},
	};
	int r = 0;

	if (poll(fds, 3, patience_ms(y)) < 0 && errno != EINTR)
		return -errno;
	if (fds[1].revents)
		r = talk_flush(&y->exabgp);
	if (r >= 0 && fds[0].revents)
		r = listen_to_exabgp(y);
	if (r >= 0 && fds[2].revents & POLLOUT && talk_flush(&y->role) < 0)
		role_gone(p);
	if (r >= 0 && fds[2].revents & ~POLLOUT && talk_is_open(&y->role))
		r = listen_to_role(p);
	return r < 0 ? r : 0;
}

static int turn(struct pipe *p)
{
	struct relay *y = &p->relay;
	int r = serve(p);

	if (r)
		return r;
	/* Its answers have no names: with one missing nobody knows which is which. */
	if (y->asked && clock_mono_us() > y->asked_us + ANSWER_US) {
		log_error("exabgp-silent", "advice=\"ExaBGP starts another relay\"");
		return -ETIMEDOUT;
	}
	connect_role(p);
	r = relay_greet(y);
	if (r < 0 && r != -ENOMEM) {
		role_gone(p);
		r = 0;
	}
	return r < 0 ? r : relay_watchdog(y);
}

static void open_streams(struct relay *y)
{
	struct sigaction a = {.sa_handler = on_signal};

	sigaction(SIGTERM, &a, NULL);
	sigaction(SIGINT, &a, NULL);
	signal(SIGPIPE, SIG_IGN);
	fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
	fcntl(STDOUT_FILENO, F_SETFL, fcntl(STDOUT_FILENO, F_GETFL) | O_NONBLOCK);
	talk_open(&y->exabgp, STDIN_FILENO, STDOUT_FILENO);
	talk_open(&y->role, -1, -1);
}

int pipe_run(const char *socket)
{
	struct pipe p = {.socket = socket};
	int r;

	open_streams(&p.relay);
	r = relay_begin(&p.relay);
	while (r == 0 && !stop)
		r = turn(&p);
	relay_deinit(&p.relay);
	talk_close(&p.relay.role);
	free(p.relay.exabgp.buf);
	text_deinit(&p.relay.exabgp.say);
	return r == -EPIPE ? 0 : r;
}
