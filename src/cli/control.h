/* SPDX-License-Identifier: ISC */
/*
 * The watch's door bell: a Unix datagram socket in the store's directory. It takes the word
 * "reload" and answers how that went, "blind ADDRESS" (blind_target.h), and "sight"
 * (watch_sight.h). No data goes in by this way.
 */
#pragma once

#include "base/bell.h"
#include "base/text.h"

#define CONTROL_NAME	  "watch.sock"
#define CONTROL_REPLY_MAX BELL_REPLY_MAX

struct control;

/**
 * control_open() - put the socket into directory @dir; the caller holds the store's writer lock, so
 * a socket that lies there is a dead one. The owner and its group may ring.
 * Return: 0 and an owned control, or a negative errno.
 */
int control_open(const char *dir, struct control **out);

/** control_close() - take the socket away. Return: NULL. */
struct control *control_close(struct control *c);
int control_fd(const struct control *c);

/**
 * Answers one request into @reply. @owner: who asks is of our own user, or root, and may change
 * something. Return: enum exit_status, or a negative error that ends all.
 */
typedef int (*control_fn)(void *userdata, const char *request, bool owner, struct text *reply);

/** control_dispatch() - answer what waits, boundedly. Return: 0 or the handler's negative error. */
int control_dispatch(struct control *c, control_fn fn, void *userdata);

/** control_ask() - bell_ask() at the watch of @dir. @status: enum exit_status. */
int control_ask(const char *dir, const char *request, int timeout_ms, int *status,
		struct text *reply);
