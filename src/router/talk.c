/* SPDX-License-Identifier: ISC */
#include "router/talk.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/json_whole.h"

#define READ_PIECE (64u << 10)
#define QUEUE_MAX  32 /* connections that wait to be accepted */

/* ---- sockets by path ---- */

/* The directory of @path, opened, and an address that reaches the socket through it. */
static int address(const char *path, struct sockaddr_un *a, const char **name)
{
	const char *slash = strrchr(path, '/');
	char dir[4096] = ".";
	int d;

	if (slash) {
		size_t n = slash == path ? 1 : (size_t)(slash - path);

		if (n >= sizeof(dir))
			return -ENAMETOOLONG;
		memcpy(dir, path, n);
		dir[n] = '\0';
	}
	*name = slash ? slash + 1 : path;
	*a = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (!**name || strlen(*name) > 64)
		return -ENAMETOOLONG;
	d = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (d < 0)
		return -errno;
	snprintf(a->sun_path, sizeof(a->sun_path), "/proc/self/fd/%d/%s", d, *name);
	return d;
}

/* Never a file that is no socket. */
static void take_away(int dir, const char *name)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISSOCK(st.st_mode))
		unlinkat(dir, name, 0);
}

int talk_listen(const char *path, mode_t mode)
{
	struct sockaddr_un a;
	const char *name;
	_cleanup_close_ int dir = address(path, &a, &name);
	int fd, r = 0;
	mode_t before;

	if (dir < 0)
		return dir;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	take_away(dir, name);
	before = umask(0777 & ~mode);
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, QUEUE_MAX) < 0)
		r = -errno;
	umask(before);
	if (r)
		close(fd);
	return r ? r : fd;
}

int talk_unlisten(int fd, const char *path)
{
	struct sockaddr_un a;
	const char *name;
	_cleanup_close_ int dir = -1;

	if (fd < 0)
		return -1;
	dir = address(path, &a, &name);
	if (dir >= 0)
		take_away(dir, name);
	close(fd);
	return -1;
}

int talk_connect(const char *path)
{
	struct sockaddr_un a;
	const char *name;
	_cleanup_close_ int dir = address(path, &a, &name);
	int fd, r;

	if (dir < 0)
		return dir;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	r = -errno;
	close(fd);
	return r;
}

/* ---- lines ---- */

void talk_open(struct talk *t, int in, int out)
{
	*t = (struct talk){.in = in, .out = out};
}

void talk_close(struct talk *t)
{
	if (t->in >= 0)
		close(t->in);
	if (t->out >= 0 && t->out != t->in)
		close(t->out);
	free(t->buf);
	text_deinit(&t->say);
	*t = (struct talk){.in = -1, .out = -1};
}

static int make_room(struct talk *t)
{
	size_t left = t->n - t->at, room;
	char *grown;

	if (left > TALK_LINE_MAX)
		return -EMSGSIZE;
	if (t->at) {
		memmove(t->buf, t->buf + t->at, left);
		t->n = left;
		t->at = 0;
	}
	room = left + READ_PIECE + 1;
	if (room <= t->room)
		return 0;
	grown = realloc(t->buf, room);
	if (!grown)
		return -ENOMEM;
	t->buf = grown;
	t->room = room;
	return 0;
}

int talk_read(struct talk *t)
{
	int r = t->ended ? -EPIPE : make_room(t);
	ssize_t n;

	if (r)
		return r;
	n = read(t->in, t->buf + t->n, READ_PIECE);
	if (n > 0) {
		t->n += (size_t)n;
		return 0;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	t->ended = true;
	return n == 0 ? -EPIPE : -errno;
}

char *talk_line(struct talk *t)
{
	char *line = t->buf ? t->buf + t->at : NULL, *end;

	end = line ? memchr(line, '\n', t->n - t->at) : NULL;
	if (!end)
		return NULL;
	*end = '\0';
	if (end > line && end[-1] == '\r')
		end[-1] = '\0';
	t->at = (size_t)(end - t->buf) + 1;
	return line;
}

int talk_flush(struct talk *t)
{
	while (talk_waits(t)) {
		ssize_t n = write(t->out, t->say.s + t->said, t->say.len - t->said);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return 1;
		if (n < 0) {
			t->lost = true;
			return -errno;
		}
		t->said += (size_t)n;
	}
	text_clear(&t->say);
	t->said = 0;
	return 0;
}

/* What has been written makes room, so that a reader who never quite catches up costs no more. */
static void forget_said(struct talk *t)
{
	if (t->said < READ_PIECE || t->said < t->say.len / 2)
		return;
	memmove(t->say.s, t->say.s + t->said, t->say.len - t->said + 1);
	t->say.len -= t->said;
	t->said = 0;
}

int talk_say(struct talk *t, const char *line)
{
	int r;

	if (t->lost || t->out < 0)
		return -EPIPE;
	if (t->say.len - t->said + strlen(line) > TALK_OUT_MAX)
		return -ENOBUFS;
	forget_said(t);
	text_add(&t->say, line);
	text_add(&t->say, "\n");
	if (!text_ok(&t->say))
		return -ENOMEM;
	r = talk_flush(t);
	return r < 0 ? r : 0;
}

int talk_say_json(struct talk *t, json_t *o)
{
	_cleanup_free_ char *line = json_whole(o, JSON_COMPACT);

	json_decref(o);
	return line ? talk_say(t, line) : -ENOMEM;
}

int talk_wait(struct talk *t, int timeout_ms, char **line)
{
	int64_t until_us = clock_mono_us() + timeout_ms * US_PER_MS;

	for (;;) {
		struct pollfd p = {.fd = t->in, .events = POLLIN | (talk_waits(t) ? POLLOUT : 0)};
		int64_t left_us = until_us - clock_mono_us();
		int r;

		*line = talk_line(t);
		if (*line)
			return 0;
		if (left_us <= 0)
			return -ETIMEDOUT;
		poll(&p, 1, (int)(left_us / US_PER_MS) + 1);
		r = talk_flush(t);
		r = r < 0 ? r : talk_read(t);
		if (r && !(*line = talk_line(t)))
			return r;
		if (*line)
			return 0;
	}
}
