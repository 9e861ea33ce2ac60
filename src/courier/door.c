/* SPDX-License-Identifier: ISC */
/*
 * A socket's path has room for 107 bytes only, so the directory is opened and the socket reached
 * through its descriptor.
 */
#include "courier/door.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/cleanup.h"

#define RINGS_PER_TURN 64

struct door {
	int dir, fd;
};

static socklen_t address_in(int dir, struct sockaddr_un *a)
{
	*a = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(a->sun_path, sizeof(a->sun_path), "/proc/self/fd/%d/%s", dir, DOOR_NAME);
	return sizeof(*a);
}

int door_open(const char *dir, struct door **out)
{
	struct door *b = calloc(1, sizeof(*b));
	struct sockaddr_un a;
	mode_t before;
	socklen_t len;
	int r = 0;

	if (!b)
		return -ENOMEM;
	b->fd = -1;
	b->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (b->dir >= 0)
		b->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (b->dir < 0 || b->fd < 0) {
		r = -errno;
		door_close(b);
		return r;
	}
	len = address_in(b->dir, &a);
	unlinkat(b->dir, DOOR_NAME, 0);
	before = umask(0117);
	if (bind(b->fd, (struct sockaddr *)&a, len) < 0)
		r = -errno;
	umask(before);
	if (r)
		door_close(b);
	else
		*out = b;
	return r;
}

struct door *door_close(struct door *b)
{
	if (!b)
		return NULL;
	if (b->fd >= 0) {
		unlinkat(b->dir, DOOR_NAME, 0);
		close(b->fd);
	}
	if (b->dir >= 0)
		close(b->dir);
	free(b);
	return NULL;
}

int door_fd(const struct door *b)
{
	return b->fd;
}

void door_answer(struct door *b)
{
	char word[16];

	for (int i = 0; i < RINGS_PER_TURN && recv(b->fd, word, sizeof(word), 0) >= 0; i++)
		;
}

int door_ring(const char *dir)
{
	_cleanup_close_ int d = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd = -1;
	struct sockaddr_un to;
	socklen_t len;

	if (d < 0)
		return -errno;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	len = address_in(d, &to);
	if (sendto(fd, "look", 4, MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&to, len) < 0)
		return errno == EAGAIN ? 0
				       : -errno; /* a full socket is a bell that rings already */
	return 0;
}
