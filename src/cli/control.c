/* SPDX-License-Identifier: ISC */
#include "cli/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/bell.h"

#define REQUESTS_PER_TURN 8
#define REQUEST_MAX	  64

struct control {
	int dir_fd, fd;
};

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
	int on = 1, r;

	if (!c)
		return -ENOMEM;
	c->fd = -1;
	c->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (c->dir_fd < 0)
		return -errno;
	c->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0)
		return -errno;
	if (setsockopt(c->fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0)
		return -errno;
	len = bell_address(c->dir_fd, CONTROL_NAME, &a);
	unlinkat(c->dir_fd, CONTROL_NAME, 0);
	before = umask(0117);
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

/* The kernel says who rings; where it does not, it is nobody whom we know. */
static bool is_owner(struct msghdr *m)
{
	struct ucred who = {.uid = (uid_t)-1};

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS &&
		    c->cmsg_len >= CMSG_LEN(sizeof(who)))
			memcpy(&who, CMSG_DATA(c), sizeof(who));
	return who.uid == geteuid() || who.uid == 0;
}

/* Return: 1, 0 when nothing waits, or the handler's negative error. */
static int answer_one(struct control *c, control_fn fn, void *userdata)
{
	_cleanup_text_ struct text reply = TEXT_NULL;
	_Alignas(struct cmsghdr) char credentials[CMSG_SPACE(sizeof(struct ucred))];
	char request[REQUEST_MAX + 1];
	struct iovec iov = {request, REQUEST_MAX};
	struct sockaddr_un from;
	struct msghdr m = {.msg_name = &from,
			   .msg_namelen = sizeof(from),
			   .msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = credentials,
			   .msg_controllen = sizeof(credentials)};
	ssize_t n = recvmsg(c->fd, &m, MSG_CMSG_CLOEXEC);
	int r;

	if (n < 0)
		return 0;
	request[n] = '\0';
	r = fn(userdata, request, is_owner(&m), &reply);
	if (r < 0)
		return r;
	answer(c->fd, &from, m.msg_namelen, r, &reply);
	return 1;
}

int control_dispatch(struct control *c, control_fn fn, void *userdata)
{
	int r = 1;

	for (int i = 0; i < REQUESTS_PER_TURN && r > 0; i++)
		r = answer_one(c, fn, userdata);
	return r < 0 ? r : 0;
}

int control_ask(const char *dir, const char *request, int timeout_ms, int *status,
		struct text *reply)
{
	return bell_ask(dir, CONTROL_NAME, request, timeout_ms, status, reply);
}
