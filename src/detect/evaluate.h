/* SPDX-License-Identifier: ISC */
/*
 * Is a threshold crossed? Sliding windows of one second over the bins that changed; where packets
 * are sampled also of 10 s and 60 s, and the lower 99 % bound of the count must reach the
 * threshold.
 */
#pragma once

#include "detect/detector.h"

/* Hosts and prefixes below a prefix or on a link that are reported on their own. */
struct reported {
	const struct hot *const *child;
	unsigned n;
	uint16_t link; /* only their traffic over this link; LINK_UNKNOWN: all of it */
};

struct crossing {
	uint32_t over; /* bit per track that crossed its own threshold */
	bool any;      /* all packets or bits together crossed */
	int64_t first_end[TRACKS + 1], last_end[TRACKS + 1]; /* bins; [TRACKS] is any */
	unsigned main;	 /* track with the largest excess over its threshold; TRACKS for any */
	unsigned main_n; /* bins of the window that crossed first */
	unsigned near;	 /* groups of senders: bit for each whose vectors come near a threshold */
	double load;	 /* fullest window, as a share of its threshold, explained or not */
};

/**
 * evaluate_from() - the first bin that evaluate() may ask for; the newest one when nothing changed
 * since the last look.
 */
int64_t evaluate_from(const struct hot *h);

/**
 * evaluate() - look at the windows that end in the bins changed since the last look.
 * @relax: divide thresholds by it (an open attack goes on at half).
 * Return: true when anything crossed.
 */
bool evaluate(const struct hot *h, const struct reported *children, unsigned relax, bool last_look,
	      struct crossing *out);

/**
 * child_share() - what part of the packets that made the crossing @c at @h, and that the @others
 * do not explain, went to @child inside it (0 to 1, more where rings differ).
 */
double child_share(const struct hot *h, const struct reported *others, const struct hot *child,
		   const struct crossing *c);

/** track_vector(), track_port() - what a track stands for. */
enum vector track_vector(unsigned track);
uint16_t track_port(const struct hot *h, unsigned track);

/** track_excess() - unexplained packets of a track in the window, children taken off. */
uint64_t track_excess(const struct window *w, unsigned track, const struct reported *children);
