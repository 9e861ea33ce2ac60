/* SPDX-License-Identifier: ISC */
#include "detect/stat.h"

#include <math.h>

#include "detect/detect.h"

static double cube(double v)
{
	return v < 0 ? 0 : v * v * v;
}

double poisson_lower(double k, double z)
{
	return k <= 0 ? 0 : k * cube(1 - 1 / (9 * k) - z / (3 * sqrt(k)));
}

double poisson_upper(double k, double z)
{
	double n = k + 1;

	return n * cube(1 - 1 / (9 * n) + z / (3 * sqrt(n)));
}

double share_chance(double k, double n, double share)
{
	double seen = n > 0 ? k / n : 0, far;

	if (seen <= share)
		return 1;
	far = seen * log(seen / share);
	if (seen < 1)
		far += (1 - seen) * log((1 - seen) / (1 - share));
	return exp(-n * far);
}

/* Abramowitz & Stegun 26.2.23, absolute error below 4.5e-4. */
double normal_z(double tail)
{
	double t = sqrt(-2 * log(tail));

	return t - (2.515517 + t * (0.802853 + t * 0.010328)) /
			   (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
}

/* The least sampled count whose lower 99 % bound, scaled up, reaches @need sampled packets. */
static double least_count(double need)
{
	double lo = need, hi = need + 10 + 6 * sqrt(need + 1);

	for (int i = 0; i < 60; i++) {
		double mid = (lo + hi) / 2;

		if (poisson_lower(mid, Z_99) >= need)
			hi = mid;
		else
			lo = mid;
	}
	return ceil(hi);
}

struct blind_spot blind_spot(uint64_t threshold_pps, uint32_t sampling, double seconds,
			     double confidence)
{
	static const double windows_s[] = {1, 10, 60};
	struct blind_spot spot = {
		.pps = (double)threshold_pps, .seconds = seconds, .confidence = confidence};
	double best = INFINITY;

	if (sampling <= 1)
		return spot;
	for (unsigned i = 0; i < 3 && windows_s[i] <= seconds; i++) {
		double k = least_count((double)threshold_pps * windows_s[i] / sampling);
		double mean = poisson_upper(k - 1, normal_z(1 - confidence));
		double pps = mean * sampling / windows_s[i];

		best = pps < best ? pps : best;
	}
	spot.pps = best;
	return spot;
}
