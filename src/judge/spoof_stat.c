/* SPDX-License-Identifier: ISC */
/*
 * Likelihoods of counts. None of them is sharp: what holds in general varies from one network and
 * one attack to the next, so every share has a distribution of its own (beta-binomial).
 */
#include <math.h>

#include "judge/spoof_inside.h"

#define POOL_STEP     0.25  /* decades between the sizes that are tried */
#define POOL_STRANGER 0.005 /* senders of other traffic among those of an attack */
#define POOL_WEIGHT   200   /* of the share of senders that come again */
#define POOL_UNEVEN                                                                                \
	0.25 /* variance of the logarithm of the number of senders, for uneven rates               \
	      */
#define POOL_MOST    4294967296.0
#define EXCESS_TIMES (2 * 4.0 / 3)
#define EXCESS_LEAST 50
#define ROUND_MOST   1e11 /* with its digits still an exact number */

#define CLASS_WEIGHT 40 /* how sharp a class is */
#define RATIO_STEP   0.1
#define RATIO_SIZE   6

static double ln_beta(double a, double b)
{
	return lgamma(a) + lgamma(b) - lgamma(a + b);
}

double ll_binomial(double k, double n, double p, double weight)
{
	double a, b;

	p = p < 1e-6 ? 1e-6 : p > 1 - 1e-6 ? 1 - 1e-6 : p;
	a = p * weight;
	b = (1 - p) * weight;
	return ln_beta(k + a, n - k + b) - ln_beta(a, b);
}

double ll_mix(double a, double b, double share)
{
	double x = a + log(share), y = b + log(1 - share), most = x > y ? x : y;

	return most + log(exp(x - most) + exp(y - most));
}

/* Share of the senders that are seen more than once, where each sends Poisson(@rate) packets. */
static double again(double rate)
{
	return rate < 1e-6 ? rate / 2 : rate > 50 ? 1 : 1 - rate / expm1(rate);
}

/* A sample of the senders has the same packets for each as all of them have. */
static double ll_size(const struct spoof_figures *f, double size)
{
	double share = ldexp(1, -(int)f->scale_log2), n = f->n, packets = (double)f->packets;
	double rate = packets / (size * share), q, seen, off, variance;

	q = again(rate) * (1 - POOL_STRANGER) + POOL_STRANGER;
	seen = -size * share * expm1(-rate);
	seen = seen < 1 ? 1 : seen;
	variance = POOL_UNEVEN + 1 / (4 * n);
	off = log(n / seen);
	return ll_binomial(n - f->once, n, q, POOL_WEIGHT) - off * off / (2 * variance) -
	       log(variance) / 2;
}

double ll_pool(const struct spoof_figures *f, double from, double to)
{
	double most = -INFINITY, sum = 0, ll[64];
	unsigned n = 0;

	for (double at = from; at < to + POOL_STEP / 2 && n < 64; at += POOL_STEP) {
		ll[n] = ll_size(f, pow(10, at));
		most = ll[n] > most ? ll[n] : most;
		n++;
	}
	for (unsigned i = 0; i < n; i++)
		sum += exp(ll[i] - most);
	return most + log(sum / n);
}

double ll_pool_size(const struct spoof_figures *f)
{
	double share = ldexp(1, -(int)f->scale_log2), q, low = 1e-9, high = 100;

	if (!f->n)
		return 0;
	q = (double)(f->n - f->once) / f->n;
	if (q <= 0)
		return POOL_MOST;
	for (unsigned i = 0; i < 100; i++) {
		double mid = sqrt(low * high);

		if (again(mid) < q)
			low = mid;
		else
			high = mid;
	}
	/* Where nearly all come again, those that were seen are all. */
	high = q > 0.98 ? f->n / share : (double)f->packets / low / share;
	return high < POOL_MOST ? high : POOL_MOST;
}

double ll_ratio(double count, double mean, double from, double to)
{
	double most = -INFINITY, sum = 0, ll[64], k = RATIO_SIZE;
	unsigned n = 0;

	for (double at = from; at < to + RATIO_STEP / 2 && n < 64; at += RATIO_STEP) {
		double m = mean * pow(10, at);

		ll[n] = lgamma(count + k) - lgamma(k) - lgamma(count + 1) + k * log(k / (k + m)) +
			count * log(m / (k + m));
		most = ll[n] > most ? ll[n] : most;
		n++;
	}
	for (unsigned i = 0; i < n; i++)
		sum += exp(ll[i] - most);
	return most + log(sum / n);
}

void ll_classes(double k, double n, const double share[5], const double rows[5][WAYS],
		double ll[WAYS])
{
	double of[5], most = -INFINITY;

	for (unsigned i = 0; i < 5; i++) {
		of[i] = ll_binomial(k, n, share[i], CLASS_WEIGHT);
		most = of[i] > most ? of[i] : most;
	}
	for (unsigned w = 0; w < WAYS; w++) {
		double sum = 0;

		for (unsigned i = 0; i < 5; i++)
			sum += rows[i][w] * exp(of[i] - most);
		ll[w] = log(sum);
	}
}

double ll_excess(const struct spoof_figures *f)
{
	double least = f->thrice - 2 * sqrt(f->thrice + 1.0);
	double others =
		EXCESS_TIMES * ((double)f->twice + 1) * (f->twice + 1) / (fmax(least, 0) + 1);
	double excess = f->once - others;

	return excess > EXCESS_LEAST && excess > 5 * sqrt(f->once) ? excess : 0;
}

double spoof_round(double value, unsigned digits)
{
	double times = pow(10, digits);

	if (!isfinite(value))
		return 0;
	value = value > ROUND_MOST ? ROUND_MOST : value < -ROUND_MOST ? -ROUND_MOST : value;
	return round(value * times) / times;
}

void ll_table(double value, const double *edges, unsigned n_edges, const double rows[][WAYS],
	      double ll[WAYS])
{
	unsigned row = 0;

	while (row < n_edges && value >= edges[row])
		row++;
	for (unsigned w = 0; w < WAYS; w++)
		ll[w] = log(rows[row][w]);
}
