/* SPDX-License-Identifier: ISC */
/*
 * The role `noroshi courier`: reads watch.db and what people said, tells the duty, writes what the
 * duty gives into desk.db, and sees to it that pages go out. One for each store. The only role of
 * the three that runs programs and speaks to mail servers; it reads nothing that strangers wrote.
 */
#pragma once

#include <stdio.h>

#include "base/text.h"

struct courier_options {
	const char *conf_path;
	const char *db; /* NULL: as the configuration says */
	uint64_t for_s; /* 0: until it is told to stop */
	FILE *json;	/* each page as one line there; NULL none */
};

enum courier_answer {
	COURIER_GOOD,
	COURIER_CONF,  /* the configuration does not hold */
	COURIER_STORE, /* the store cannot be used, or another courier has it */
};

struct courier;

/** courier_open() - all of it. @o: borrowed. @why: why not, or warnings. Return: COURIER_GOOD with
 * an owned *@out, another answer, or a negative errno. */
int courier_open(const struct courier_options *o, struct courier **out, struct text *why);

/** courier_run() - until its time is over or a signal says so. Return: 0 or a negative errno. */
int courier_run(struct courier *c);
struct courier *courier_close(struct courier *c);

/** courier_spool() - where messages wait: @dir of the store, and what the configuration says. */
char *courier_spool(const char *dir, const char *said, char *buf, size_t room);

/** courier_lock() - @dir's lock. Return: a descriptor to be closed, -EWOULDBLOCK where a courier
 * runs, or another negative errno. */
int courier_lock(const char *dir);
