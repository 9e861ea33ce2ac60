/* SPDX-License-Identifier: ISC */
/* What follows from a configuration's values once all are read. */
#pragma once

#include "conf/conf.h"

/**
 * finish_conf() - merge the objects' thresholds with the general ones, fill the prefix sets,
 * the days of shifts and what neighbours take.
 * Runs once on a fresh configuration.
 * Return: 0, or -ENOMEM.
 */
int finish_conf(struct conf *c);
