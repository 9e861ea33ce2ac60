/* SPDX-License-Identifier: ISC */
/*
 * The pieces of evidence, one row each. What a row says of each way is what we expect there, from
 * the sources named in doc/spoofing.md; none of it is fitted to a capture. A new piece is a
 * function and a row.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "judge/spoof_inside.h"

#define BOGON_SPACE   0.1333 /* of 2^32, without private space */
#define PRIVATE_SPACE 0.0047
#define HEAD_ALIKE    0.95
#define OFTEN	      1.5 /* packets of each that is seen */
#define NOT_FILLED    0.02
#define FILL_LEAST    1000 /* senders, from which subnets that they fill would be seen */
#define REGIONAL      0.15 /* botnets that gather more than those of the whole world */
#define MANY	      6
#define OWN_TTL	      0.1   /* tools that write a TTL which is no system's */
#define KEEPS_TTL     1.3   /* each sender's packets come by one way */
#define PUBLIC_16S    54000 /* /16s that a uniform generator hits, special ones left out */

static void all_ways(double ll[WAYS], double value)
{
	for (unsigned w = 0; w < WAYS; w++)
		ll[w] = value;
}

static double share(double part, double whole)
{
	return whole > 0 ? part / whole : 0;
}

/* Ordinary senders show some of it too: a hundredth more where the good sample does. */
static double ordinary(double usual, uint32_t k, uint32_t n)
{
	double seen = n >= 50 ? (double)k / n : 0;

	return seen > usual ? seen : usual;
}

static bool look_bogon(const struct spoof_view *v, double *figure, uint32_t *n, double ll[WAYS])
{
	const struct spoof_figures *f = v->f, *g = v->good;
	bool both = v->facts->private_counts;
	uint32_t k = f->bogon + (both ? f->private : 0);
	double all = BOGON_SPACE + (both ? PRIVATE_SPACE : 0);
	double usual = ordinary(0.002, g->bogon + (both ? g->private : 0), g->n);

	if (f->n < 20 && !k)
		return false;
	*n = f->n;
	*figure = share(k, f->n);
	all_ways(ll, ll_binomial(k, f->n, usual, 100));
	ll[WAY_RANDOM] =
		ll_mix(ll_binomial(k, f->n, all, 400), ll_binomial(k, f->n, 0.0005, 400), 0.5);
	ll[WAY_MIXED] =
		ll_mix(ll_binomial(k, f->n, all / 2, 8), ll_binomial(k, f->n, usual, 100), 0.5);
	ll[WAY_LOCAL] = ll_binomial(k, f->n, 0.02, 5);
	ll[WAY_CONSTANT] = ll_binomial(k, f->n, 0.1, 5);
	return true;
}

static void outside_table(double k, double n, double usual, double space, double ll[WAYS])
{
	all_ways(ll, ll_binomial(k, n, usual, 100));
	ll[WAY_RANDOM] =
		ll_mix(ll_binomial(k, n, 1 - space, 200), ll_binomial(k, n, usual, 200), 0.7);
	ll[WAY_MIXED] =
		ll_mix(ll_binomial(k, n, (1 - space) / 2, 8), ll_binomial(k, n, usual, 100), 0.6);
}

static bool look_unrouted(const struct spoof_view *v, double *figure, uint32_t *n, double ll[WAYS])
{
	const struct spoof_figures *f = v->f, *g = v->good;

	/* A table of less than that is no whole one. */
	if (f->placed < 20 || f->routed_space < 0.4 || f->routed_space > 0.99)
		return false;
	*n = f->placed;
	*figure = share(f->unrouted, f->placed);
	outside_table(f->unrouted, f->placed, ordinary(0.005, g->unrouted, g->placed),
		      f->routed_space, ll);
	return true;
}

static bool look_unallocated(const struct spoof_view *v, double *figure, uint32_t *n,
			     double ll[WAYS])
{
	const struct spoof_figures *f = v->f, *g = v->good;

	if (f->placed < 20 || f->allocated_space < 0.4 || f->allocated_space > 0.99)
		return false;
	*n = f->placed;
	*figure = share(f->unallocated, f->placed);
	outside_table(f->unallocated, f->placed, ordinary(0.005, g->unallocated, g->placed),
		      f->allocated_space, ll);
	return true;
}

/* How uneven the /8s are beyond chance: the squared coefficient of variation of their shares. */
static bool look_uniform(const struct spoof_view *v, double *figure, uint32_t *n, double ll[WAYS])
{
	static const double edges[] = {0.1, 0.3, 0.8};
	static const double rows[][WAYS] = {
		/* crowd shared random local constant replayed mixed */
		{0.12, 0.30, 0.85, 0.04, 0.30, 0.10, 0.25},
		{0.15, 0.20, 0.10, 0.06, 0.20, 0.15, 0.3},
		{0.30, 0.20, 0.03, 0.30, 0.20, 0.33, 0.28},
		{0.43, 0.30, 0.02, 0.60, 0.30, 0.42, 0.17},
	};
	double bins = 221;

	if (v->f->v4 < 400)
		return false;
	*n = v->f->v4;
	*figure = (v->f->chi8 - 1) / (v->f->v4 / bins);
	*figure = *figure < 0 ? 0 : *figure;
	ll_table(*figure, edges, ARRAY_LEN(edges), rows, ll);
	return true;
}

static bool look_last_octet(const struct spoof_view *v, double *figure, uint32_t *n,
			    double ll[WAYS])
{
	const struct spoof_figures *f = v->f;

	if (f->v4 < 1000)
		return false;
	*n = f->v4;
	*figure = share(f->edge_octets, f->v4);
	all_ways(ll, ll_binomial(f->edge_octets, f->v4, 0.002, 300));
	ll[WAY_RANDOM] = ll_mix(ll_binomial(f->edge_octets, f->v4, 2.0 / 256, 800),
				ll_binomial(f->edge_octets, f->v4, 0.0005, 800), 0.6);
	ll[WAY_LOCAL] = ll[WAY_RANDOM];
	ll[WAY_MIXED] =
		ll_mix(ll_binomial(f->edge_octets, f->v4, 1.2 / 256, 300), ll[WAY_CROWD], 0.6);
	return true;
}

/*
 * How many of a /24's 254 addresses are seen where packets are drawn from it by a die, and so many
 * fall on each that is seen: m = r / (1 - e^-r). Of those that come but once nothing is told.
 */
static double filled(double each)
{
	double rate = each;

	if (each < OFTEN)
		return 0;
	for (unsigned i = 0; i < 40; i++)
		rate = each * -expm1(-rate);
	return -254 * expm1(-rate);
}

/*
 * Real hosts of one attack seldom share a /24; who forges within his own subnet fills it, as far as
 * his packets are seen: sampled, or in a /16, there may be any number. How many senders a sender
 * has in his /24, the sample's share allowed for.
 */
static bool look_near24(const struct spoof_view *v, double *figure, uint32_t *n, double ll[WAYS])
{
	static const double edges[] = {1.5, 4, 12, 60};
	static const double rows[][WAYS] = {
		/* crowd shared random local constant replayed mixed */
		{0.70, 0.35, 0.980, 0.20, 0.80, 0.62, 0.78},
		{0.20, 0.12, 0.010, 0.12, 0.12, 0.24, 0.16},
		{0.06, 0.18, 0.005, 0.16, 0.06, 0.10, 0.04},
		{0.03, 0.22, 0.003, 0.20, 0.015, 0.03, 0.015},
		{0.01, 0.13, 0.002, 0.32, 0.005, 0.01, 0.005},
	};

	if (v->f->n < 20 || v->facts->local)
		return false;
	*n = v->f->n;
	*figure = 1 + ldexp(2.0 * v->f->pairs24 / v->f->n, (int)v->f->scale_log2);
	/* Of a small sample of many none may be neighbours by chance. */
	if (v->f->pairs24 < 5 && v->f->scale_log2 > 5)
		return false;
	ll_table(*figure, edges, ARRAY_LEN(edges), rows, ll);
	/* Of addresses that each came often the others of their subnet would have come too. */
	if (*figure < filled(share((double)v->f->packets, *n)) / 5 &&
	    ll[WAY_LOCAL] > log(NOT_FILLED))
		ll[WAY_LOCAL] = log(NOT_FILLED);
	/* Of so few it would be seen by hardly any pair. */
	else if (*figure < edges[0] && ldexp(*n, (int)v->f->scale_log2) < FILL_LEAST)
		ll[WAY_LOCAL] = log(0.5);
	return true;
}

/*
 * Of the pairs in one /16 those in one /24: 1 of 256 where all of the /16 is filled, some more of
 * hosts, nearly all where each sender forges within his /24, or where a carrier shares addresses
 * out. However few packets are seen, this stays the same.
 */
static bool look_within16(const struct spoof_view *v, double *figure, uint32_t *n, double ll[WAYS])
{
	static const double shares[] = {0.004, 0.03, 0.12, 0.4, 0.8};
	static const double rows[][WAYS] = {
		/* crowd shared random local constant replayed mixed */
		{0.20, 0.10, 0.90, 0.38, 0.60, 0.22, 0.35},
		{0.62, 0.20, 0.06, 0.06, 0.20, 0.62, 0.50},
		{0.10, 0.10, 0.02, 0.06, 0.10, 0.10, 0.08},
		{0.05, 0.20, 0.01, 0.15, 0.05, 0.04, 0.05},
		{0.03, 0.40, 0.01, 0.35, 0.05, 0.02, 0.02},
	};

	if (v->f->pairs16 < 8 || v->f->v4 < v->f->n / 2 || v->facts->local)
		return false;
	*n = v->f->n;
	*figure = share(v->f->pairs24, v->f->pairs16);
	ll_classes(v->f->pairs24, v->f->pairs16, shares, rows, ll);
	return true;
}

/* Of packets that were sampled nobody's number is more even than Poisson. */
static bool look_even(const struct spoof_view *v, double *figure, uint32_t *n, double ll[WAYS])
{
	static const double edges[] = {0.5, 0.8, 1.25, 3};
	static const double rows[][WAYS] = {
		/* crowd shared random local constant replayed mixed */
		{0.26, 0.18, 0.10, 0.05, 0.10, 0.15, 0.05},
		{0.12, 0.10, 0.15, 0.05, 0.10, 0.08, 0.05},
		{0.20, 0.20, 0.50, 0.70, 0.60, 0.55, 0.15},
		{0.20, 0.20, 0.15, 0.12, 0.10, 0.12, 0.25},
		{0.22, 0.32, 0.10, 0.08, 0.10, 0.10, 0.50},
	};
	static const double sampled[][WAYS] = {
		{0.02, 0.02, 0.02, 0.02, 0.02, 0.02, 0.02},
		{0.12, 0.10, 0.10, 0.10, 0.10, 0.10, 0.08},
		{0.42, 0.45, 0.60, 0.70, 0.70, 0.65, 0.20},
		{0.22, 0.21, 0.18, 0.11, 0.10, 0.13, 0.30},
		{0.22, 0.22, 0.10, 0.07, 0.08, 0.10, 0.40},
	};

	if (v->f->even_n < 50)
		return false;
	*n = v->f->even_n;
	*figure = v->f->uneven;
	ll_table(*figure, edges, ARRAY_LEN(edges), v->facts->sampled ? sampled : rows, ll);
	return true;
}

/*
 * Hosts gather where people live: pairs in one /16 against those of a uniform generator. What one
 * carrier shares out lies in few /24s, so all of it may be in one of the 54,000 /16s (10^4.7).
 */
static bool look_near16(const struct spoof_view *v, double *figure, uint32_t *n, double ll[WAYS])
{
	static const double range[WAYS][2] = {{0.9, 2.3}, {0, 4.7},   {-0.1, 0.4}, {1.2, 4.2},
					      {0, 4.7},	  {0.5, 2.3}, {0.2, 1.6}};
	double by_chance = (double)v->f->n * v->f->n / 2 / PUBLIC_16S;

	if (by_chance < 0.1 || v->facts->local || v->f->v4 < v->f->n / 2)
		return false;
	*n = v->f->n;
	*figure = v->f->pairs16 / by_chance;
	for (unsigned w = 0; w < WAYS; w++)
		ll[w] = ll_ratio(v->f->pairs16, by_chance, range[w][0], range[w][1]);
	/* Those of one region, or of one access network. */
	ll[WAY_CROWD] = ll_mix(ll_ratio(v->f->pairs16, by_chance, range[WAY_CROWD][1], 4.7),
			       ll[WAY_CROWD], REGIONAL);
	return true;
}

static bool look_birthday(const struct spoof_view *v, double *figure, uint32_t *n, double ll[WAYS])
{
	static const double range[WAYS][2] = {{1.5, 5.5}, {0, 2.75}, {6.25, 9.5}, {2.25, 8},
					      {0, 1.25},  {2.5, 6},  {3, 6.75}};

	if (v->f->packets < 20)
		return false;
	*n = v->f->n;
	*figure = ll_pool_size(v->f);
	for (unsigned w = 0; w < WAYS; w++)
		ll[w] = ll_pool(v->f, range[w][0], range[w][1]);
	return true;
}

static bool look_per_source(const struct spoof_view *v, double *figure, uint32_t *n,
			    double ll[WAYS])
{
	static const double edges[] = {1.05, 2, 10, 100};
	static const double rows[][WAYS] = {
		/* crowd shared random local constant replayed mixed */
		{0.04, 0.002, 0.85, 0.02, 0.0005, 0.05, 0.15},
		{0.10, 0.008, 0.12, 0.08, 0.0015, 0.15, 0.35},
		{0.30, 0.04, 0.02, 0.30, 0.008, 0.35, 0.35},
		{0.40, 0.25, 0.008, 0.40, 0.09, 0.33, 0.12},
		{0.16, 0.70, 0.002, 0.20, 0.90, 0.12, 0.03},
	};

	/* Of few packets each sender shows one, whoever sends. */
	if (v->f->n < 5 || ldexp((double)v->f->packets, (int)v->f->scale_log2) < 20000)
		return false;
	*n = v->f->n;
	*figure = share((double)v->f->packets, v->f->n);
	ll_table(*figure, edges, ARRAY_LEN(edges), rows, ll);
	return true;
}

/* A place where all TTLs are alike (a proxy, a load balancer) shows nothing by them. */
static bool is_flat(const struct spoof_figures *good)
{
	return good->ttl_n >= 100 && good->ttl_bits < 2;
}

static bool look_ttl_spread(const struct spoof_view *v, double *figure, uint32_t *n,
			    double ll[WAYS])
{
	static const double edges[] = {0.5, 1.2, 2.2, 2.7, 3.2, 4, 5.5};
	static const double rows[][WAYS] = {
		/* crowd shared random local constant replayed mixed */
		{0.01, 0.05, 0.18, 0.27, 0.30, 0.20, 0.01},
		{0.01, 0.05, 0.12, 0.06, 0.10, 0.12, 0.02},
		{0.03, 0.10, 0.38, 0.09, 0.25, 0.36, 0.07},
		{0.06, 0.10, 0.08, 0.06, 0.10, 0.08, 0.12},
		{0.14, 0.15, 0.04, 0.11, 0.05, 0.05, 0.17},
		{0.35, 0.30, 0.07, 0.21, 0.08, 0.08, 0.33},
		{0.38, 0.23, 0.06, 0.18, 0.06, 0.05, 0.26},
		{0.02, 0.02, 0.07, 0.02, 0.06, 0.06, 0.02},
	};

	if (v->f->ttl_n < 30 || is_flat(v->good))
		return false;
	*n = v->f->ttl_n;
	*figure = v->f->ttl_bits;
	ll_table(*figure, edges, ARRAY_LEN(edges), rows, ll);
	return true;
}

static bool look_ttl_odd(const struct spoof_view *v, double *figure, uint32_t *n, double ll[WAYS])
{
	const struct spoof_figures *f = v->f;
	double made, usual;

	if (f->ttl_n < 30)
		return false;
	*n = f->ttl_n;
	*figure = share(f->ttl_odd, f->ttl_n);
	usual = ll_binomial(f->ttl_odd, f->ttl_n, ordinary(0.005, v->good->ttl_odd, v->good->ttl_n),
			    100);
	/* 110 of 256 values are so far below the usual first ones. */
	made = ll_mix(ll_binomial(f->ttl_odd, f->ttl_n, 0.43, 30), usual, 0.15);
	for (unsigned w = 0; w < WAYS; w++)
		ll[w] = w < WAY_FORGED ? usual : made;
	ll[WAY_MIXED] = ll_mix(made, usual, 0.5);
	return true;
}

/*
 * By how many ways one address comes: TTLs modulo 32, so that stacks which begin with 64 and 128
 * behind one address count as one way.
 */
static bool look_ttl_source(const struct spoof_view *v, double *figure, uint32_t *n,
			    double ll[WAYS])
{
	static const double edges[] = {1.3, 2.3, 4, 8};
	static const double rows[][WAYS] = {
		/* crowd shared random local constant replayed mixed */
		{0.900, 0.35, 0.50, 0.70, 0.40, 0.30, 0.85},
		{0.080, 0.33, 0.20, 0.15, 0.15, 0.12, 0.11},
		{0.010, 0.20, 0.10, 0.06, 0.12, 0.13, 0.02},
		{0.006, 0.09, 0.10, 0.05, 0.13, 0.15, 0.01},
		{0.004, 0.03, 0.10, 0.04, 0.20, 0.30, 0.01},
	};

	if (!v->f->ttl_again || v->f->packets < 20 || is_flat(v->good))
		return false;
	*n = v->f->ttl_again;
	*figure = share(v->f->ttl_paths, v->f->ttl_again);
	ll_table(*figure, edges, ARRAY_LEN(edges), rows, ll);
	return true;
}

/* The share of pairs that are alike if so much beyond chance is: of classes of excess. */
static void by_excess(double alike, double pairs, double chance, const double excess[5],
		      const double rows[5][WAYS], double ll[WAYS])
{
	double share[5];

	for (unsigned i = 0; i < 5; i++)
		share[i] = chance + excess[i] * (1 - chance);
	ll_classes(alike, pairs, share, rows, ll);
}

/*
 * Senders of one /16 lie behind the same hops more often than any two do. Who forges within his
 * subnet is the only origin there: neighbours are alike, unless he varies the TTL himself, and then
 * the packets of each address differ.
 */
static bool look_ttl_origin(const struct spoof_view *v, double *figure, uint32_t *n,
			    double ll[WAYS])
{
	static const double excess[] = {0, 0.12, 0.35, 0.6, 0.95};
	static const double rows[][WAYS] = {
		/* crowd shared random local constant replayed mixed */
		{0.12, 0.20, 0.92, 0.15, 0.80, 0.90, 0.32},
		{0.15, 0.15, 0.05, 0.04, 0.05, 0.05, 0.22},
		{0.33, 0.25, 0.01, 0.08, 0.05, 0.02, 0.28},
		{0.28, 0.25, 0.01, 0.18, 0.05, 0.015, 0.16},
		{0.12, 0.15, 0.01, 0.55, 0.05, 0.015, 0.02},
	};
	const struct spoof_figures *f = v->f;
	double p = f->ttl_chance;

	if (f->ttl_pairs < 30 || p > 0.8 || is_flat(v->good))
		return false;
	*n = f->ttl_pairs;
	*figure = (share(f->ttl_alike, f->ttl_pairs) - p) / (1 - p);
	by_excess(f->ttl_alike, f->ttl_pairs, p, excess, rows, ll);
	if (*figure < excess[1] && f->ttl_again >= 20 && f->ttl_paths < KEEPS_TTL * f->ttl_again)
		ll[WAY_LOCAL] -= 2;
	return true;
}

/* The same of links: where packets enter is a matter of who sends them. */
static bool look_ingress_origin(const struct spoof_view *v, double *figure, uint32_t *n,
				double ll[WAYS])
{
	static const double excess[] = {0, 0.25, 0.5, 0.75, 0.95};
	static const double rows[][WAYS] = {
		/* crowd shared random local constant replayed mixed */
		{0.02, 0.05, 0.90, 0.04, 0.40, 0.85, 0.15},
		{0.04, 0.07, 0.06, 0.05, 0.10, 0.08, 0.20},
		{0.10, 0.13, 0.02, 0.11, 0.10, 0.03, 0.25},
		{0.28, 0.27, 0.01, 0.26, 0.10, 0.02, 0.28},
		{0.56, 0.48, 0.01, 0.54, 0.30, 0.02, 0.12},
	};
	const struct spoof_figures *f = v->f;
	double p = f->link_chance;

	if (f->link_pairs < 20 || p > 0.9)
		return false;
	*n = f->link_pairs;
	*figure = (share(f->link_alike, f->link_pairs) - p) / (1 - p);
	by_excess(f->link_alike, f->link_pairs, p, excess, rows, ll);
	return true;
}

/* An address that comes by several links is several senders', or that of a network with as many. */
static bool look_ingress_source(const struct spoof_view *v, double *figure, uint32_t *n,
				double ll[WAYS])
{
	static const double edges[] = {0.01, 0.1, 0.4};
	static const double rows[][WAYS] = {
		/* crowd shared random local constant replayed mixed */
		{0.80, 0.74, 0.60, 0.75, 0.30, 0.30, 0.70},
		{0.13, 0.12, 0.15, 0.14, 0.05, 0.10, 0.20},
		{0.05, 0.07, 0.15, 0.06, 0.10, 0.15, 0.07},
		{0.02, 0.07, 0.10, 0.05, 0.55, 0.45, 0.03},
	};
	const struct spoof_figures *f = v->f;

	/* All by one: it may be the only one. That few come by one says nothing. */
	if (!f->link_several && (f->link_again < MANY || f->link_chance > 0.98))
		return false;
	*n = f->link_again;
	*figure = share(f->link_several, f->link_again);
	if (*figure < ordinary(0, v->good->link_several, v->good->link_again) + edges[0])
		*figure = 0;
	ll_table(*figure, edges, ARRAY_LEN(edges), rows, ll);
	return true;
}

/* Real ones match, forged ones as often as chance has it. */
static void match(double k, double n, double real, double chance, double weight, double ll[WAYS])
{
	double is_real = ll_binomial(k, n, real, weight), by_chance;

	by_chance = ll_binomial(k, n, chance < real ? chance : real, weight);
	for (unsigned w = 0; w < WAYS; w++)
		ll[w] = w < WAY_FORGED || w == WAY_LOCAL ? is_real : by_chance;
	ll[WAY_MIXED] = ll_binomial(k, n, (real + (chance < real ? chance : real)) / 2, 4);
}

static bool look_ttl_heard(const struct spoof_view *v, double *figure, uint32_t *n, double ll[WAYS])
{
	if (v->f->heard_ttl_n < 5 || v->f->heard_ttl_chance > 0.7)
		return false;
	*n = v->f->heard_ttl_n;
	*figure = share(v->f->heard_ttl_match, v->f->heard_ttl_n);
	match(v->f->heard_ttl_match, v->f->heard_ttl_n, 0.85, v->f->heard_ttl_chance, 8, ll);
	/* Real ones too may begin with a TTL of their own choice. */
	for (unsigned w = 0; w < WAY_MIXED; w++)
		if (w < WAY_FORGED || w == WAY_LOCAL)
			ll[w] = ll_mix(ll[WAY_RANDOM], ll[w], OWN_TTL);
	return true;
}

static double head_share(const struct spoof_figures *f)
{
	uint32_t least = f->window_top < f->length_top ? f->window_top : f->length_top;

	return share(least, f->heads_n);
}

static bool look_headers(const struct spoof_view *v, double *figure, uint32_t *n, double ll[WAYS])
{
	static const double edges[] = {0.3, 0.7, HEAD_ALIKE};
	static const double rows[][WAYS] = {
		/* crowd shared random local constant replayed mixed */
		{0.20, 0.25, 0.12, 0.12, 0.10, 0.40, 0.25},
		{0.20, 0.25, 0.10, 0.10, 0.10, 0.15, 0.25},
		{0.20, 0.20, 0.10, 0.10, 0.10, 0.10, 0.25},
		{0.40, 0.30, 0.68, 0.68, 0.70, 0.35, 0.25},
	};

	if (v->f->heads_n < 30 || (v->good->heads_n >= 100 && head_share(v->good) >= HEAD_ALIKE))
		return false;
	*n = v->f->heads_n;
	*figure = head_share(v->f);
	ll_table(*figure, edges, ARRAY_LEN(edges), rows, ll);
	return true;
}

static bool look_ip_id(const struct spoof_view *v, double *figure, uint32_t *n, double ll[WAYS])
{
	static const double edges[] = {0.1, 0.5};
	static const double rows[][WAYS] = {
		/* crowd shared random local constant replayed mixed */
		{0.95, 0.95, 0.75, 0.75, 0.85, 0.80, 0.88},
		{0.03, 0.03, 0.07, 0.07, 0.05, 0.06, 0.09},
		{0.02, 0.02, 0.18, 0.18, 0.10, 0.14, 0.03},
	};

	if (v->f->ids_n < 200 || v->f->n < 2)
		return false;
	*n = v->f->ids_n;
	*figure = share(v->f->ids_next, v->f->ids_n);
	ll_table(*figure, edges, ARRAY_LEN(edges), rows, ll);
	return true;
}

static bool look_ingress_heard(const struct spoof_view *v, double *figure, uint32_t *n,
			       double ll[WAYS])
{
	if (v->f->heard_n < 5 || v->f->heard_chance > 0.8)
		return false;
	*n = v->f->heard_n;
	*figure = share(v->f->heard_match, v->f->heard_n);
	match(v->f->heard_match, v->f->heard_n, 0.95, v->f->heard_chance, 12, ll);
	return true;
}

static bool look_ingress_bgp(const struct spoof_view *v, double *figure, uint32_t *n,
			     double ll[WAYS])
{
	if (v->f->bgp_n < 10 || v->f->bgp_chance > 0.8)
		return false;
	*n = v->f->bgp_n;
	*figure = share(v->f->bgp_match, v->f->bgp_n);
	match(v->f->bgp_match, v->f->bgp_n, 0.75, v->f->bgp_chance, 5, ll);
	return true;
}

static bool is_of(const struct spoof_view *v, enum spoof_part p)
{
	return v->f == &v->facts->part[p];
}

/*
 * Handshakes that packets completed, as far as the target does not refuse them: their last ACK
 * could be forged without having seen the answer, but then the target refuses it.
 */
static double done_share(const struct spoof_view *v)
{
	const struct spoof_facts *a = v->facts;

	if (!is_of(v, PART_ALL) && !is_of(v, PART_SYN) && !is_of(v, PART_TCP))
		return 0;
	if (a->refusals > a->synacks / 5)
		return 0;
	return share((double)(a->done < a->begun ? a->done : a->begun), (double)a->begun);
}

static bool look_handshake(const struct spoof_view *v, double *figure, uint32_t *n, double ll[WAYS])
{
	static const double edges[] = {0.02, 0.2, 0.5};
	static const double rows[][WAYS] = {
		/* crowd shared random local constant replayed mixed */
		{0.80, 0.70, 0.93, 0.96, 0.97, 0.93, 0.88},
		{0.05, 0.06, 0.05, 0.03, 0.015, 0.05, 0.06},
		{0.03, 0.04, 0.015, 0.009, 0.01, 0.015, 0.05},
		{0.12, 0.20, 0.0002, 0.0002, 0.0005, 0.0005, 0.01},
	};
	const struct spoof_facts *a = v->facts;

	if (!a->both_ways || !(a->synacks + a->refusals + a->connected) || is_of(v, PART_UDP) ||
	    is_of(v, PART_OTHER))
		return false;
	/* Sampled, the answer to a packet that was seen is hardly ever seen. */
	if (a->sampled && !v->f->established)
		return false;
	*n = v->f->n;
	*figure = fmax(share((double)v->f->established_packets, (double)v->f->packets),
		       done_share(v));
	ll_table(*figure, edges, ARRAY_LEN(edges), rows, ll);
	return true;
}

static bool look_reset(const struct spoof_view *v, double *figure, uint32_t *n, double ll[WAYS])
{
	static const double edges[] = {0.01, 0.3, 0.8};
	static const double rows[][WAYS] = {
		/* crowd shared random local constant replayed mixed */
		{0.50, 0.50, 0.45, 0.45, 0.45, 0.40, 0.4},
		{0.20, 0.20, 0.45, 0.30, 0.15, 0.40, 0.4},
		{0.15, 0.15, 0.08, 0.15, 0.20, 0.15, 0.15},
		{0.15, 0.15, 0.02, 0.10, 0.20, 0.05, 0.05},
	};

	if (v->f->answered < 50 || v->facts->sampled)
		return false;
	*n = v->f->answered;
	*figure = share(v->f->resets, v->f->answered);
	ll_table(*figure, edges, ARRAY_LEN(edges), rows, ll);
	return true;
}

/* Nobody lives there: one is forged, and in so few addresses none is by chance. */
static bool look_backscatter(const struct spoof_view *v, double *figure, uint32_t *n,
			     double ll[WAYS])
{
	static const double seen[WAYS] = {-8, -8, 0, -5, -2, -3, -0.3};

	/* Answers to a darknet are not those to senders that came again, nor, of several groups,
	 * to those that are hardly answered. */
	*figure = v->f->darknet;
	if (!is_of(v, PART_OFTEN) && !is_of(v, PART_UDP) && !is_of(v, PART_OTHER))
		*figure += (double)v->facts->to_darknet;
	if (*figure < 2)
		return false;
	*n = v->f->n;
	memcpy(ll, seen, sizeof(seen));
	return true;
}

static bool look_own_source(const struct spoof_view *v, double *figure, uint32_t *n,
			    double ll[WAYS])
{
	static const double seen[WAYS] = {-6, -6, 0, -3, 0, -2, -0.3};

	if (v->f->own < 2 || v->facts->local)
		return false;
	*n = v->f->n;
	*figure = share(v->f->own, v->f->n);
	memcpy(ll, seen, sizeof(seen));
	return true;
}

const struct spoof_test spoof_tests[] = {
	{"bogon", GROUP_SPACE, 8, look_bogon,
	 "%s %% of %u source addresses can belong to nobody (a uniform generator: 13.8 %%)",
	 "送信元アドレスの %s %% (%u 件中) は誰にも属し得ない (一様乱数なら 13.8 %%)", 100, 1},
	{"unallocated", GROUP_SPACE, 6, look_unallocated,
	 "%s %% of %u source addresses are allocated to nobody",
	 "送信元アドレスの %s %% (%u 件中) は未割り振り", 100, 1},
	{"unrouted", GROUP_SPACE, 6, look_unrouted, "%s %% of %u source addresses have no route",
	 "送信元アドレスの %s %% (%u 件中) には経路がない", 100, 1},
	{"uniform", GROUP_SPREAD, 3, look_uniform,
	 "the /8s of the sources are uneven by %s (0: as by a die; hosts: from 0.5; %u sources)",
	 "送信元の /8 分布の偏りは %s (0 なら一様、実在ホストなら 0.5 以上; %u 件)", 1, 2},
	{"last_octet", GROUP_EDGE, 1.5, look_last_octet,
	 "%s %% of %u sources end in .0 or .255 (a uniform generator: 0.8 %%)",
	 "送信元の %s %% (%u 件中) の末尾が .0 か .255 (一様乱数なら 0.8 %%)", 100, 2},
	{"near24", GROUP_SUBNET, 4, look_near24,
	 "a source shares its /24 with others, %s in all (%u sources; a filled subnet: up to 254)",
	 "1 つの /24 あたり送信元 %s 件 (%u 件中; 埋め尽くされた /24 なら最大 254)", 1, 1},
	{"within16", GROUP_SUBNET, 4, look_within16,
	 "of the pairs of sources in one /16, %s %% are in one /24 (a filled /16: 0.4 %%; hosts: a "
	 "few; filled /24s: nearly all; %u sources)",
	 "同じ /16 にある送信元の組のうち同じ /24 は %s %% (埋め尽くされた /16 なら 0.4 "
	 "%%、実在ホストなら数 "
	 "%%、埋め尽くされた /24 ならほぼ全て; %u 件)",
	 100, 1},
	{"even", GROUP_RATE, 2, look_even,
	 "neighbouring sources send unevenly by %s (1: as drawn by a die; %u pairs)",
	 "隣接する送信元のパケット数の偏りは %s (1 なら無作為抽出と同じ; %u 組)", 1, 2},
	{"near16", GROUP_SPREAD, 5, look_near16,
	 "pairs of sources in one /16 are %s times what a uniform generator gives (%u sources)",
	 "同じ /16 にある送信元の組は一様乱数の場合の %s 倍 (%u 件)", 1, 1},
	{"birthday", GROUP_POOL, 10, look_birthday,
	 "as often as they come again, they are drawn from about %s addresses (%u sources)",
	 "再出現の頻度から、送信元の母集団は約 %s アドレスと推定 (%u 件)", 1, 0},
	{"per_source", GROUP_POOL, 3, look_per_source, "%s packets from each of %u sources",
	 "送信元あたり %s パケット (%u 件)", 1, 1},
	{"ttl_spread", GROUP_TTL, 3.5, look_ttl_spread,
	 "the TTLs hold %s bits (few true senders: up to 2; a crowd: 3 to 5; %u sources)",
	 "TTL の情報量は %s ビット (真の送信元が少数なら 2 以下、多数なら 3〜5; %u 件)", 1, 2},
	{"ttl_odd", GROUP_TTL, 2.5, look_ttl_odd,
	 "%s %% of %u TTLs are such as no host's would be after its path",
	 "TTL の %s %% (%u 件中) は実在ホストではあり得ない値", 100, 1},
	{"ttl_source", GROUP_ORIGIN, 4, look_ttl_source,
	 "each of %u sources that came again did so by %s ways, as the TTL tells",
	 "再出現した送信元 %u 件の TTL から見た経路数は平均 %s", 1, 1},
	{"ttl_origin", GROUP_ORIGIN, 5, look_ttl_origin,
	 "of what neighbouring sources could have in common beyond chance, their TTL has %s %% "
	 "(%u pairs)",
	 "隣接する送信元の TTL 一致は、偶然を超える余地の %s %% (%u 組)", 100, 0},
	{"ttl_heard", GROUP_ORIGIN, 5, look_ttl_heard,
	 "%s %% of %u sources have the TTL that connections of their prefix had",
	 "送信元の %s %% (%u 件中) の TTL が、同じプレフィックスの接続の TTL と一致", 100, 0},
	{"headers", GROUP_HEADER, 1.2, look_headers,
	 "%s %% of %u sources send the same window and length",
	 "送信元の %s %% (%u 件中) がウィンドウ・長さともに同一", 100, 0},
	{"ip_id", GROUP_HEADER, 4, look_ip_id,
	 "%s %% of %u packets go on with the IP-ID of another source's",
	 "パケットの %s %% (%u 件中) で IP-ID が別の送信元の続き番号", 100, 0},
	{"ingress_heard", GROUP_INGRESS, 7, look_ingress_heard,
	 "%s %% of %u sources came over the link of their prefix's connections of the last day",
	 "送信元の %s %% (%u 件中) が、過去 1 日の接続で見られたリンクから流入", 100, 0},
	{"ingress_bgp", GROUP_INGRESS, 3, look_ingress_bgp,
	 "%s %% of %u sources came over a link by which BGP reaches them",
	 "送信元の %s %% (%u 件中) が、BGP 経路のあるリンクから流入", 100, 0},
	{"ingress_origin", GROUP_LINKS, 4, look_ingress_origin,
	 "of what neighbouring sources could have in common beyond chance, their link has %s %% "
	 "(%u pairs)",
	 "隣接する送信元の流入リンク一致は、偶然を超える余地の %s %% (%u 組)", 100, 0},
	{"ingress_source", GROUP_LINKS, 3, look_ingress_source,
	 "%s %% of %u sources that came again did so by several links",
	 "再出現した送信元の %s %% (%u 件中) が複数のリンクから流入", 100, 1},
	{"handshake", GROUP_HANDSHAKE, 9, look_handshake,
	 "%s %% of the packets are of completed connections (%u sources)",
	 "完了した接続に属するパケットが %s %% (送信元 %u 件)", 100, 1},
	{"reset", GROUP_HANDSHAKE, 1, look_reset, "%s %% of %u answered sources refused the answer",
	 "応答を受けた送信元の %s %% (%u 件中) が応答を拒否 (RST)", 100, 1},
	{"backscatter", GROUP_WITNESS, 8, look_backscatter,
	 "%s packets or sources touch a darknet, where nobody is (%u sources)",
	 "誰もいないダークネットに関わるパケット・送信元が %s 件 (送信元 %u 件)", 1, 0},
	{"own_source", GROUP_WITNESS, 8, look_own_source,
	 "%s %% of %u sources bear addresses of our own network and come from outside",
	 "送信元の %s %% (%u 件中) が自網のアドレスを名乗り外部から流入", 100, 1},
};
const unsigned n_spoof_tests = ARRAY_LEN(spoof_tests);

_Static_assert(ARRAY_LEN(spoof_tests) <= SPOOF_TESTS_MAX, "room in an incident");

unsigned spoof_test_count(void)
{
	return n_spoof_tests;
}

const char *spoof_test_name(unsigned test)
{
	return test < n_spoof_tests ? spoof_tests[test].name : "";
}

int spoof_test_find(const char *name)
{
	for (unsigned i = 0; i < n_spoof_tests; i++)
		if (strcmp(spoof_tests[i].name, name) == 0)
			return (int)i;
	return -EINVAL;
}
