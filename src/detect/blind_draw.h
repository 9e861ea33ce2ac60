/* SPDX-License-Identifier: ISC */
/*
 * How many packets of a quarter second a sampling router takes: binomial draws from given uniform
 * numbers, by inversion, so that the same number gives never fewer packets at a higher rate. Two
 * tables serve the whole quarter seconds of a steady rate, which hold n or n + 1 packets.
 */
#pragma once

#include <stdint.h>

#define DRAW_GUIDE 1024

struct draw_table {
	uint64_t n; /* packets that may be taken */
	uint64_t lo;
	unsigned len;
	double *cdf; /* owned; NULL: too wide for a table, the normal law serves */
	uint32_t guide[DRAW_GUIDE + 1]; /* where in cdf a share of one begins */
};

struct draw {
	double p; /* chance of each packet to be taken */
	struct draw_table table[2];
};

/**
 * draw_init() - for quarter seconds of @packets (rounded down, and one more), each taken with
 * chance
 * @p (0 < p <= 1). Return: 0 or -ENOMEM; draw_deinit() in both cases.
 */
int draw_init(struct draw *d, double packets, double p);
void draw_deinit(struct draw *d);

/** draw_normal() - the quantile @u of the standard normal law. */
double draw_normal(double u);

/** draw_take() - how many of @n packets are taken. @u: uniform in [0, 1). */
uint64_t draw_take(const struct draw *d, uint64_t n, double u);
