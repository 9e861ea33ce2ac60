/* SPDX-License-Identifier: ISC */
/*
 * Every source of an attack with the SYN of its best clock second: exact, as long as memory holds.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"

struct crowd {
	struct source *slots;
	uint64_t n, room; /* room is a power of two, 0 at first */
};

struct syn_classes {
	uint64_t le_100, gt_100_lt_1000, ge_1000;
};

/** drill_crowd_count() - a packet of @src in clock second @second. Return: 0 or -ENOMEM. */
int drill_crowd_count(struct crowd *s, const struct ip *src, uint32_t second, bool syn);

/** drill_crowd_classes() - sources that sent a SYN, by their best second. */
struct syn_classes drill_crowd_classes(const struct crowd *s);
void drill_crowd_deinit(struct crowd *s);
