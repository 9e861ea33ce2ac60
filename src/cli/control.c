/* SPDX-License-Identifier: ISC */
/*
 * A socket's path has room for 107 bytes only, so the directory is opened and the socket reached
 * through its descriptor. The one who rings binds to a name the kernel chooses (unix(7), autobind),
 * so that the answer finds the way back without a second file.
 */
#include "cli/control.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define REQUESTS_PER_TURN 8
#define REQUEST_MAX	  64

struct control {
	int dir_fd, fd;
};

static socklen_t address_in(int dir_fd, struct sockaddr_un *a)
{
	*a = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(a->sun_path, sizeof(a->sun_path), "/proc/self/fd/%d/%s", dir_fd, CONTROL_NAME);
	return sizeof(*a);
}

static void drop(struct control **c)
{
	control_close(*c);
}

int control_open(const char *dir, struct control **out)
{
	_cleanup_(drop) struct control *c = calloc(1, sizeof(*c));
	struct sockaddr_un a;
	mode_t before;
	socklen_t len;
	int r;

	if (!c)
		return -ENOMEM;
	c->fd = -1;
	c->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (c->dir_fd < 0)
		return -errno;
	c->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0)
		return -errno;
	len = address_in(c->dir_fd, &a);
	unlinkat(c->dir_fd, CONTROL_NAME, 0);
	before = umask(0177);
	r = bind(c->fd, (struct sockaddr *)&a, len) < 0 ? -errno : 0;
	umask(before);
	if (r == 0)
		*out = take_ptr(c);
	return r;
}

struct control *control_close(struct control *c)
{
	if (!c)
		return NULL;
	if (c->fd >= 0) {
		unlinkat(c->dir_fd, CONTROL_NAME, 0);
		close(c->fd);
	}
	if (c->dir_fd >= 0)
		close(c->dir_fd);
	free(c);
	return NULL;
}

int control_fd(const struct control *c)
{
	return c->fd;
}

/* Who does not wait for the answer, or has no room for it, goes without. */
static void answer(int fd, const struct sockaddr_un *to, socklen_t len, int status,
		   const struct text *reply)
{
	_cleanup_text_ struct text t = TEXT_NULL;

	text_printf(&t, "%d\n", status);
	text_add_n(&t, text_str(reply),
		   reply->len < CONTROL_REPLY_MAX ? reply->len : CONTROL_REPLY_MAX);
	if (text_ok(&t) && len > sizeof(sa_family_t))
		(void)sendto(fd, t.s, t.len, MSG_DONTWAIT | MSG_NOSIGNAL,
			     (const struct sockaddr *)to, len);
}

int control_dispatch(struct control *c, control_fn fn, void *userdata)
{
	for (int i = 0; i < REQUESTS_PER_TURN; i++) {
		_cleanup_text_ struct text reply = TEXT_NULL;
		char request[REQUEST_MAX + 1];
		struct sockaddr_un from;
		socklen_t len = sizeof(from);
		ssize_t n =
			recvfrom(c->fd, request, REQUEST_MAX, 0, (struct sockaddr *)&from, &len);
		int r;

		if (n < 0)
			return 0;
		request[n] = '\0';
		r = fn(userdata, request, &reply);
		if (r < 0)
			return r;
		answer(c->fd, &from, len, r, &reply);
	}
	return 0;
}

static int wait_answer(int fd, int timeout_ms, int *status, struct text *reply)
{
	_cleanup_free_ char *buf = malloc(CONTROL_REPLY_MAX + 17);
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char *behind;
	ssize_t n;

	if (!buf)
		return -ENOMEM;
	n = poll(&p, 1, timeout_ms);
	if (n <= 0)
		return n == 0 ? -ETIMEDOUT : -errno;
	n = recv(fd, buf, CONTROL_REPLY_MAX + 16, 0);
	if (n < 0)
		return -errno;
	buf[n] = '\0';
	*status = (int)strtol(buf, &behind, 10);
	text_add(reply, *behind == '\n' ? behind + 1 : behind);
	return 0;
}

int control_ask(const char *dir, const char *request, int timeout_ms, int *status,
		struct text *reply)
{
	_cleanup_close_ int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd = -1;
	struct sockaddr_un me = {.sun_family = AF_UNIX}, to;
	socklen_t len;

	if (dir_fd < 0)
		return -errno;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&me, sizeof(sa_family_t)) < 0)
		return -errno;
	len = address_in(dir_fd, &to);
	if (sendto(fd, request, strlen(request), MSG_NOSIGNAL, (struct sockaddr *)&to, len) < 0)
		return -errno;
	return wait_answer(fd, timeout_ms, status, reply);
}
