/* SPDX-License-Identifier: ISC */
/*
 * What the files of the spoofing verdict share: the ways in which addresses can come about, and
 * what a test says of each of them. Inside the room only.
 */
#pragma once

#include "judge/incident.h"
#include "judge/spoof.h"

/* How the senders' addresses came about. The first two are real, the others forged. */
enum spoof_way {
	WAY_CROWD,    /* many hosts, each under its own address */
	WAY_SHARED,   /* few addresses with many packets: single hosts, CGN, proxies */
	WAY_RANDOM,   /* drawn anew over the whole address space */
	WAY_LOCAL,    /* drawn from the sender's own subnet */
	WAY_CONSTANT, /* one or few addresses of third parties */
	WAY_REPLAYED, /* drawn from a list of real addresses */
	WAY_MIXED,    /* a part forged at random, a part real */
	WAYS
};
#define WAY_FORGED WAY_RANDOM /* from here on to before WAY_MIXED */

/* Tests of one group look at the same thing, so that of a group the one that tells most counts. */
enum spoof_group {
	GROUP_SPACE,	 /* addresses that cannot be */
	GROUP_SPREAD,	 /* how they lie in the address space */
	GROUP_SUBNET,	 /* whether they fill subnets */
	GROUP_EDGE,	 /* whether they use addresses that hosts do not */
	GROUP_RATE,	 /* whether they come evenly */
	GROUP_POOL,	 /* how often they come again */
	GROUP_TTL,	 /* from how many places they come */
	GROUP_ORIGIN,	 /* whether the TTL goes with the address */
	GROUP_HEADER,	 /* how many programs make the packets */
	GROUP_INGRESS,	 /* whether they come over the right link */
	GROUP_LINKS,	 /* whether the link goes with the address */
	GROUP_HANDSHAKE, /* whether they use answers */
	GROUP_WITNESS,	 /* addresses whose owner we know */
	SPOOF_GROUPS
};

struct spoof_view {
	const struct spoof_facts *facts;
	const struct spoof_figures *f; /* of the part that is looked at */
	const struct spoof_figures *good;
};

struct spoof_test {
	const char *name;
	enum spoof_group group;
	double cap; /* the most that it may tell two ways apart, natural logarithm */
	/**
	 * look() - what it measures, on how many, and the log likelihood of that for each way (any
	 * common term may be left out). Return: false without the data that it needs.
	 */
	bool (*look)(const struct spoof_view *v, double *figure, uint32_t *n, double ll[WAYS]);
	const char *en, *ja; /* sentence with %s (the figure) and %u (n) */
	double times;	     /* the figure is shown times this, with */
	unsigned digits;     /* so many digits */
};

extern const struct spoof_test spoof_tests[];
extern const unsigned n_spoof_tests;

#define SPOOF_FIGURE_DIGITS 4
#define SPOOF_SHARE_DIGITS  3

#define PART_LEAST 0.1 /* share of the packets that makes a part */

/** spoof_in_groups() - was each group of the attack's packets measured by itself? */
static inline bool spoof_in_groups(const struct spoof_facts *a)
{
	for (unsigned p = PART_SYN; p < PART_COUNT; p++)
		if (a->part[p].n)
			return true;
	return false;
}

/* spoof_real.c */

struct heard_prefix;

/** spoof_show_real() - tell of each of the largest sources of @inc whether it is shown real. */
void spoof_show_real(struct incident *inc, const struct finding *f);

/** heard_over_link() - did connections of the prefix come over @link? */
bool heard_over_link(const struct heard_prefix *p, uint16_t link);

/** heard_ttl_fits() - is @ttl that of the prefix's connections, within two hops? */
bool heard_ttl_fits(const struct heard_prefix *p, uint8_t ttl);

/* spoof_stat.c */

/** ll_binomial() - log probability of @k of @n at @p, where p itself varies from case to case as a
 * beta distribution of that mean and @weight = a + b does. */
double ll_binomial(double k, double n, double p, double weight);

/** ll_mix() - log of the mean of two likelihoods, the first with @share. */
double ll_mix(double a, double b, double share);

/** ll_pool() - log likelihood of n senders, `once` of them with one packet, for a pool whose size
 * is anywhere between 10^@from and 10^@to. */
double ll_pool(const struct spoof_figures *f, double from, double to);

/** ll_pool_size() - of how many senders such a sample comes, by those that come again; at most
 * 2^32. */
double ll_pool_size(const struct spoof_figures *f);

/**
 * ll_excess() - senders seen once that do not belong to those seen again: of any gamma mixture of
 * Poisson senders at most 4/3 twice^2 / thrice are (negative binomial), and twice that is allowed
 * for worse ones, and two standard errors of those seen three times. 0 where it is none beyond five
 * standard errors.
 */
double ll_excess(const struct spoof_figures *f);

/**
 * ll_ratio() - log likelihood of a @count where @mean would be had by chance alone, and the ratio
 * of the two is anywhere between 10^@from and 10^@to (negative binomial, size RATIO_SIZE).
 */
double ll_ratio(double count, double mean, double from, double to);

/**
 * ll_classes() - log likelihood of @k of @n for each way, where the share is that of one of five
 * classes, each with its rows[class][way] probability; counts so small that they fit several
 * classes say so little.
 */
void ll_classes(double k, double n, const double share[5], const double rows[5][WAYS],
		double ll[WAYS]);

/** spoof_round() - to so many digits as the JSON shows, so that what was read is what was said. */
double spoof_round(double value, unsigned digits);

/** ll_table() - the row of the class of @value: @edges ascending, one fewer than rows. */
void ll_table(double value, const double *edges, unsigned n_edges, const double rows[][WAYS],
	      double ll[WAYS]);
