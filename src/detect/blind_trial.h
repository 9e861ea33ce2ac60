/* SPDX-License-Identifier: ISC */
/*
 * How likely is an attack of a given size found? The engine's own rules, brought down to counts of
 * sampled packets in quarter seconds, are tried a few thousand times with fixed random numbers:
 * windows overlap, so that one attack gets many looks, and no closed form holds for that (Glaz,
 * Naus and Wallenstein, Scan Statistics, 2001, chapter 1). doc/blind-spot.md has the model and what
 * was measured of it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* What must be known of a detector, a destination and an exporter. Rates are packets a second. */
struct blind_case {
	double threshold;
	double seconds;	   /* that the attack lasts, 1 to BLIND_SECONDS_MAX */
	double confidence; /* wanted, 0.5 to 0.999 */
	double usual;	   /* what comes of the detector's kind without an attack */
	double explained;  /* what of all that comes is taken for ordinary, */
	double answering;  /* beside what the target sends beyond its usual, which is this, */
	double answers;	   /* and each packet of which explains so many */
	double noise;	   /* variance for each packet explained (detector.h) */
	double least;	   /* packets in a second of arrival that make a destination busy, 0: all */
	double near;	   /* and those that always make it stand out, 0: none do */
	uint32_t sampling; /* one packet in so many */
	uint32_t replay; /* quarter seconds before it is followed that are counted again, up to 8 */
	uint32_t history_s; /* after so many seconds there is a history */
	uint32_t learnt_s;  /* the attack counts as ordinary after so many seconds, 0 never */
	uint32_t support;   /* samples of the last ten seconds that it takes in any case */
	bool bits;	    /* the bound of a sum of bits */
	bool known;	    /* much is known of the destination: it is not given up soon */
	bool link;	    /* a link: counted from half of its limit on, and never given up */
};

#define BLIND_SECONDS_MAX 120

/**
 * blind_chance() - the chance that an attack of @pps is found. Return: 0 to 1, or negative without
 * memory.
 */
double blind_chance(const struct blind_case *c, double pps);

/**
 * blind_size() - the least rate that is found with c->confidence.
 * @confidence: with which it is: more than asked for where nothing is left to chance.
 * Return: packets per second, or negative without memory.
 */
double blind_size(const struct blind_case *c, double *confidence);
