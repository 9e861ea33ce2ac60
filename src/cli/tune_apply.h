/* SPDX-License-Identifier: ISC */
/*
 * Thresholds into the configuration file: all of them or none of the file. What comes out is read
 * before it replaces the file, and must be the old configuration with these thresholds and nothing
 * else; the file as it was stays as FILE~.
 */
#pragma once

#include "cli/verb.h"
#include "conf/conf.h"

struct tune_apply;

/** tune_apply_begin() - read @path. Return: EXIT_GOOD with *@out owned, or another after saying
 * why. */
int tune_apply_begin(struct cli *cli, const char *path, struct tune_apply **out);
struct tune_apply *tune_apply_free(struct tune_apply *a);

static inline void tune_apply_freep(struct tune_apply **a)
{
	*a = tune_apply_free(*a);
}
#define _cleanup_tune_apply_ _cleanup_(tune_apply_freep)

/**
 * tune_apply_put() - @rate as threshold @track of @object, in memory so far.
 * @line: of the file, where it stands or has to be put by hand.
 * Return: EXIT_GOOD, EXIT_REFUSED after saying which line has to be changed by hand, or
 * EXIT_BROKEN.
 */
int tune_apply_put(struct cli *cli, struct tune_apply *a, const char *object, unsigned track,
		   uint64_t rate, unsigned *line);

/** tune_apply_write() - check and replace the file. Return: EXIT_GOOD, EXIT_CONF, EXIT_BROKEN. */
int tune_apply_write(struct cli *cli, struct tune_apply *a);
