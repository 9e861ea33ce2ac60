/* SPDX-License-Identifier: ISC */
/*
 * The role's end of the relay: a Unix stream socket to which `noroshi act pipe` connects. All
 * neighbours of one ExaBGP share it. What a relay says of itself when it comes is the truth about
 * what ExaBGP has; nothing is remembered across relays.
 */
#pragma once

#include "base/loop.h"
#include "base/text.h"
#include "router/router.h"

#define LINK_PATH_MAX 512

struct link;

/* Somebody who uses it: one neighbour. The user owns it and keeps it in place until link_leave().
 */
struct link_user {
	char address[IP_TEXT_MAX];
	bool is_up; /* the relay is there and told what it has, and the session stands */
	/** The relay came (what it has follows), or went. */
	void (*reset)(struct link_user *u);
	/** It stands in the relay's book. */
	void (*has)(struct link_user *u, const char *measure, const char *undo, int64_t until_us);
	/** All that stands has been told. */
	void (*ready)(struct link_user *u);
	/** is_up changed. */
	void (*state)(struct link_user *u);
	void (*answer)(struct link_user *u, uint64_t seq, bool ok);
	void (*ended)(struct link_user *u, const char *measure, const char *undo);
	struct link_user *next;
	bool session; /* as the relay said */
};

/** link_join() - @path's link, made where there is none yet. Return: 0 with *out to be left by
 * link_leave(), or a negative errno with its reason in @why. */
int link_join(struct loop *loop, const char *path, struct link_user *u, struct link **out,
	      struct text *why);
struct link *link_leave(struct link *l, struct link_user *u);

/** link_is_ready() - a relay is there and said what it has. */
bool link_is_ready(const struct link *l);

/**
 * link_say() - a command. @undo: what takes it back, NULL where it takes back itself.
 * Return: 0 with its number in *seq, to be answered; -ENOTCONN; or another errno.
 */
int link_say(struct link *l, const char *measure, const char *say, const char *undo,
	     int64_t until_us, uint64_t *seq);
