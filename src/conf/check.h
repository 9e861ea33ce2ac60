/* SPDX-License-Identifier: ISC */
/* Whether the parts of a configuration fit each other. */
#pragma once

#include "conf/read.h"

/**
 * check_conf() - what no single value shows: names that nobody has, things given twice, prefixes
 * outside of others.
 * @marks: places of the values, from read_yaml().
 * @whole: false where a missing name may only have been lost; names are then not missed.
 * Return: 0 (also with mistakes), or -ENOMEM.
 */
int check_conf(const struct conf *c, const struct marks *marks, bool whole,
	       struct mistakes *mistakes);
