/* SPDX-License-Identifier: ISC */
/*
 * The role `noroshi act`: the only one that speaks to routers. What shall stand is in desk.db; the
 * role sees to it that it does, and that it goes when its time is over. It takes requests of people
 * at a socket, reads watch.db to know what is attacked, and believes neither: each decision is
 * checked anew from the store and the configuration.
 */
#pragma once

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

#include "base/text.h"
#include "conf/conf.h"

struct act_options {
	const char *conf_path; /* NULL: the built-in configuration */
	const char *db;		/* NULL: as the configuration says */
	uint64_t for_s;		/* 0: until it is told to stop */
	const char *const *own; /* own prefixes beside the configuration's */
	unsigned n_own;
	FILE *json; /* each change of a measure as one line there; NULL none */
};

enum act_answer {
	ACT_GOOD,
	ACT_CONF,  /* the configuration does not hold */
	ACT_STORE, /* the store cannot be used, or another one has it */
};

struct act;

/** act_open() - all of it. @o: borrowed. @why: why not, or warnings. Return: ACT_GOOD with an owned
 * *@out, another answer, or a negative errno. */
int act_open(const struct act_options *o, struct act **out, struct text *why);

/** act_run() - until its time is over or a signal says so. Return: 0 or a negative errno. */
int act_run(struct act *a);
struct act *act_close(struct act *a);

#define ACT_PATH_MAX 512

/** act_socket() - where requests are taken; @dir: of the store. @buf: ACT_PATH_MAX. */
char *act_socket(const struct conf *conf, const char *dir, char *buf);

/** act_lock() - @dir's lock. Return: a descriptor to be closed, -EWOULDBLOCK where one runs, or
 * another negative errno. */
int act_lock(const char *dir);

/**
 * act_offline() - what a start would be answered where no role runs: refusals are written into the
 * log as the role does it, and what nothing refuses needs the role (exit 5).
 * @request: of "do":"start". @reply: owned. Return: ACT_GOOD, or as act_open().
 */
int act_offline(const struct act_options *o, const json_t *request, json_t **reply,
		struct text *why);
