/* SPDX-License-Identifier: ISC */
/*
 * The one who rings binds to a name the kernel chooses (unix(7), autobind), so that the answer
 * finds the way back without a second file.
 */
#include "base/bell.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

socklen_t bell_address(int dir_fd, const char *name, struct sockaddr_un *a)
{
	*a = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(a->sun_path, sizeof(a->sun_path), "/proc/self/fd/%d/%s", dir_fd, name);
	return sizeof(*a);
}

static int wait_answer(int fd, int timeout_ms, int *status, struct text *reply)
{
	_cleanup_free_ char *buf = malloc(BELL_REPLY_MAX + 17);
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char *behind;
	ssize_t n;

	if (!buf)
		return -ENOMEM;
	n = poll(&p, 1, timeout_ms);
	if (n <= 0)
		return n == 0 ? -ETIMEDOUT : -errno;
	n = recv(fd, buf, BELL_REPLY_MAX + 16, 0);
	if (n < 0)
		return -errno;
	buf[n] = '\0';
	*status = (int)strtol(buf, &behind, 10);
	text_add(reply, *behind == '\n' ? behind + 1 : behind);
	return 0;
}

int bell_ask(const char *dir, const char *name, const char *request, int timeout_ms, int *status,
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
	len = bell_address(dir_fd, name, &to);
	/* A full queue in front of the door is an answer too: nobody opens. */
	if (sendto(fd, request, strlen(request), MSG_NOSIGNAL | MSG_DONTWAIT,
		   (struct sockaddr *)&to, len) < 0)
		return -errno;
	return wait_answer(fd, timeout_ms, status, reply);
}
