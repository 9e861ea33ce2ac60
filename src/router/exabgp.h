/* SPDX-License-Identifier: ISC */
/* What ExaBGP is told for a measure, and the socket over which. */
#pragma once

#include "act/measure.h"
#include "base/text.h"
#include "conf/conf.h"

#define EXABGP_PATH_MAX 512

struct exabgp_line {
	char *say, *undo; /* owned */
};

/**
 * exabgp_lines() - the announcements of @m at @n and what takes each back, for ExaBGP's API 4.2.
 * @out: room for PLAN_RULES_MAX, to be freed by exabgp_lines_free().
 * Return: how many, -EINVAL with its reason in @why where it cannot be said, or -ENOMEM.
 */
int exabgp_lines(const struct conf_neighbor *n, const struct measure *m, struct exabgp_line *out,
		 struct text *why);
void exabgp_lines_free(struct exabgp_line *lines, unsigned n);

/** exabgp_path() - of the relay's socket. @buf: EXABGP_PATH_MAX. Return: @buf. */
char *exabgp_path(const struct conf *conf, char *buf);

/**
 * exabgp_conf() - a configuration of ExaBGP 4.2 for our neighbours.
 * @program: what runs the relay, by its absolute path.
 * Return: 0, or -EINVAL with what is missing, one line each, in @why.
 */
int exabgp_conf(const struct conf *conf, const char *program, struct text *out, struct text *why);
