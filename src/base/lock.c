/* SPDX-License-Identifier: ISC */
#include "base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_ROOM    320
#define LOCK_TRIES   10
#define LOCK_WAIT_US 30000

int lock_role(const char *dir, const char *name)
{
	char path[PATH_ROOM];
	int fd, r;

	if (mkdir(dir, 0750) && errno != EEXIST)
		return -errno;
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return -errno;
	for (int i = 0; (r = flock(fd, LOCK_EX | LOCK_NB) ? -errno : 0) && i < LOCK_TRIES; i++)
		usleep(LOCK_WAIT_US);
	if (r == 0)
		return fd;
	close(fd);
	return r;
}
