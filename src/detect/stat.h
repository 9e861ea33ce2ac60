/* SPDX-License-Identifier: ISC */
/*
 * The statistics of sampled counts. A sampled count k is taken as Poisson; its bounds come from the
 * Wilson-Hilferty approximation of the chi-square quantile (Wilson & Hilferty 1931), which is
 * within 1 % from k = 4 on and errs to the safe side below.
 */
#pragma once

#define Z_99  2.3263479 /* one-sided 99 % */
#define Z_95  1.6448536 /* one-sided 95 % */
#define Z_975 1.9599640 /* two-sided 95 % */

/** poisson_lower() - the mean below which seeing @k or more has the probability that @z stands for.
 */
double poisson_lower(double k, double z);

/** poisson_upper() - the mean above which seeing @k or fewer has that probability. */
double poisson_upper(double k, double z);

/** normal_z() - one-sided z of the upper tail probability @tail (0 < tail < 0.5). */
double normal_z(double tail);

/**
 * share_chance() - how likely @k or more of @n are of a kind that has @share of all: never more
 * than that (Chernoff 1952, Hoeffding 1963 theorem 1); 1 where @k is no more than that share.
 */
double share_chance(double k, double n, double share);
