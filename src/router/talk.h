/* SPDX-License-Identifier: ISC */
/*
 * Unix stream sockets by path, and lines over any stream that does not block. One line is one JSON
 * object; both sides are bounded, and a line that is too long ends the talk.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/text.h"

#define TALK_LINE_MAX (256u << 10)
#define TALK_OUT_MAX  (16u << 20) /* of what the other side has not read yet */

/**
 * talk_listen() - @path in a directory that is there; a socket that lies there is taken away. Its
 * path may be longer than the 107 bytes of a socket's name. @mode: of the socket.
 * Return: a descriptor that does not block, or a negative errno.
 */
int talk_listen(const char *path, mode_t mode);

/** talk_unlisten() - close @fd (-1: none) and take the socket away. Return: -1. */
int talk_unlisten(int fd, const char *path);

/** talk_connect() - Return: a descriptor, which does not block, or -ENOENT or -ECONNREFUSED (nobody
 * is at home) or another errno. */
int talk_connect(const char *path);

struct talk {
	int in, out; /* the same for a socket; -1 closed */
	char *buf;
	size_t n, room, at; /* bytes that were read; where the next line begins */
	struct text say;    /* what waits to be written, from `said` on */
	size_t said;
	bool ended, lost; /* no more comes in; nothing can be written */
};

/** talk_open() - over descriptors that do not block. talk_close() closes both. */
void talk_open(struct talk *t, int in, int out);
void talk_close(struct talk *t);
static inline bool talk_is_open(const struct talk *t)
{
	return t->in >= 0;
}

/** talk_read() - take in what is there, a bounded piece of it. Return: 0, -EPIPE at the end,
 * -EMSGSIZE for a line too long, -ENOMEM, or another errno. */
int talk_read(struct talk *t);

/** talk_line() - the next whole line, ended by NUL, without its end; NULL none. Borrowed until the
 * next talk_read(). */
char *talk_line(struct talk *t);

/** talk_say() - a line, without its end. talk_say_json(): takes @o; NULL is out of memory. Both
 * write what can be written now. Return: 0, or a negative errno (-EPIPE: nobody reads; -ENOBUFS).
 */
int talk_say(struct talk *t, const char *line);
int talk_say_json(struct talk *t, json_t *o);

/** talk_flush() - write on. Return: 0 all of it, 1 some waits, or a negative errno. */
int talk_flush(struct talk *t);

static inline bool talk_waits(const struct talk *t)
{
	return t->said < t->say.len;
}

/** talk_wait() - until a line has come or @timeout_ms is over, for whoever does nothing else.
 * Return: 0 with *@line borrowed, -ETIMEDOUT, or an errno as talk_read(). */
int talk_wait(struct talk *t, int timeout_ms, char **line);
