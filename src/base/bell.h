/* SPDX-License-Identifier: ISC */
/*
 * Ringing at a role's door bell: a Unix datagram socket in a directory, that takes one request in a
 * datagram and answers in one: a status number, a newline, a text.
 */
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include "base/text.h"

#define BELL_REPLY_MAX 60000

/**
 * bell_address() - of the socket @name in the open directory @dir_fd: its path has room for 107
 * bytes only, so it is reached through the descriptor.
 */
socklen_t bell_address(int dir_fd, const char *name, struct sockaddr_un *a);

/**
 * bell_ask() - ring at the socket @name in @dir and wait at most @timeout_ms for the answer.
 * @status: the number that was answered.
 * Return: 0, -ECONNREFUSED or -ENOENT (nobody is at home), -ETIMEDOUT or -EAGAIN (somebody is, and
 * does not answer), or another errno.
 */
int bell_ask(const char *dir, const char *name, const char *request, int timeout_ms, int *status,
	     struct text *reply);
