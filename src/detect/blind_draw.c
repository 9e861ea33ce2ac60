/* SPDX-License-Identifier: ISC */
#include "detect/blind_draw.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH	   9	 /* standard deviations that a table reaches to either side */
#define WIDEST	   65536 /* numbers in a table at most */
#define STEPS_MEAN 64	 /* up to such a mean a draw without a table is walked */

static double log_choose(double n, double k)
{
	int sign;

	return lgamma_r(n + 1, &sign) - lgamma_r(k + 1, &sign) - lgamma_r(n - k + 1, &sign);
}

static void fill_guide(struct draw_table *t)
{
	unsigned at = 0;

	for (unsigned i = 0; i <= DRAW_GUIDE; i++) {
		while (at + 1 < t->len && t->cdf[at] < (double)i / DRAW_GUIDE)
			at++;
		t->guide[i] = at;
	}
}

static int table_init(struct draw_table *t, uint64_t packets, double p)
{
	double n = (double)packets, mean = n * p, reach = WIDTH * (sqrt(mean * (1 - p)) + 1);
	double lo = floor(mean - reach), hi = ceil(mean + reach), mass, sum = 0;

	lo = lo < 0 ? 0 : lo;
	hi = hi > n ? n : hi;
	*t = (struct draw_table){.n = packets, .lo = (uint64_t)lo};
	if (p >= 1 || hi - lo >= WIDEST)
		return 0;
	t->len = (unsigned)(hi - lo) + 1;
	t->cdf = malloc(t->len * sizeof(*t->cdf));
	if (!t->cdf)
		return -ENOMEM;
	mass = exp(log_choose(n, lo) + lo * log(p) + (n - lo) * log1p(-p));
	for (unsigned i = 0; i < t->len; i++) {
		double k = lo + i;

		sum += mass;
		t->cdf[i] = sum;
		mass *= (n - k) / (k + 1) * p / (1 - p);
	}
	for (unsigned i = 0; i < t->len; i++)
		t->cdf[i] /= sum;
	fill_guide(t);
	return 0;
}

int draw_init(struct draw *d, double packets, double p)
{
	int r;

	memset(d, 0, sizeof(*d));
	d->p = p;
	r = table_init(&d->table[0], (uint64_t)packets, p);
	return r < 0 ? r : table_init(&d->table[1], (uint64_t)packets + 1, p);
}

void draw_deinit(struct draw *d)
{
	free(d->table[0].cdf);
	free(d->table[1].cdf);
	memset(d, 0, sizeof(*d));
}

/* Acklam's rational approximation of the normal quantile, relative error below 1.15e-9. */
double draw_normal(double u)
{
	static const double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,
				   -2.759285104469687e+02, 1.383577518672690e+02,
				   -3.066479806614716e+01, 2.506628277459239e+00};
	static const double b[] = {-5.447609879822406e+01, 1.615858368580409e+02,
				   -1.556989798598866e+02, 6.680131188771972e+01,
				   -1.328068155288572e+01};
	static const double c[] = {-7.784894002430293e-03, -3.223964580411365e-01,
				   -2.400758277161838e+00, -2.549732539343734e+00,
				   4.374664141464968e+00,  2.938163982698783e+00};
	static const double d[] = {7.784695709041462e-03, 3.224671290700398e-01,
				   2.445134137142996e+00, 3.754408661907416e+00};
	double tail = u < 0.5 ? u : 1 - u, q, r;

	if (tail >= 0.02425) {
		q = u - 0.5;
		r = q * q;
		return (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q /
		       (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1);
	}
	q = sqrt(-2 * log(tail > 1e-300 ? tail : 1e-300));
	r = (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]) /
	    ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1);
	return u < 0.5 ? r : -r;
}

static uint64_t take_normal(uint64_t n, double p, double u)
{
	double mean = (double)n * p;
	double k = floor(mean + sqrt(mean * (1 - p)) * draw_normal(u) + 0.5);

	return k <= 0 ? 0 : k >= (double)n ? n : (uint64_t)k;
}

/* The distribution walked from its beginning: for the cut quarter seconds, and few packets. */
static uint64_t take_walking(uint64_t n, double p, double u)
{
	double mass = exp((double)n * log1p(-p)), sum = mass;
	uint64_t k = 0;

	while (sum < u && k < n) {
		mass *= (double)(n - k) / (double)(k + 1) * p / (1 - p);
		sum += mass;
		k++;
	}
	return k;
}

uint64_t draw_take(const struct draw *d, uint64_t n, double u)
{
	if (n == 0 || d->p >= 1)
		return n;
	for (unsigned i = 0; i < 2; i++) {
		const struct draw_table *t = &d->table[i];
		unsigned at;

		if (t->n != n || !t->cdf)
			continue;
		at = t->guide[(unsigned)(u * DRAW_GUIDE)];
		while (at + 1 < t->len && t->cdf[at] < u)
			at++;
		return t->lo + at;
	}
	return (double)n * d->p < STEPS_MEAN ? take_walking(n, d->p, u) : take_normal(n, d->p, u);
}
