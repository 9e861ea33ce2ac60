/* SPDX-License-Identifier: ISC */
/*
 * A full link: of what enters by it and is no attack, a part is lost before the border sees it.
 * And what is true of links altogether: how much entered, and what each site got, lost.
 */
#pragma once

#include <jansson.h>

#include "drill/packet.h"
#include "drill/plan.h"
#include "drill/random.h"
#include "drill/world.h"

struct site_traffic {
	uint64_t before, sent, lost; /* packets: before the congestion, in it, lost of those */
};

struct link_traffic {
	int64_t second, peak_s;
	uint64_t bytes, peak_bytes;
	struct site_traffic site[SITES + 1];
};

struct congestion {
	const struct congestion_row *row;
	int64_t base_us;
	struct rng rng;
	struct link_traffic link[LINKS];
};

/** congestion_begin() - @row is borrowed. */
void congestion_begin(struct congestion *c, const struct congestion_row *row, uint64_t seed,
		      int64_t base_us);

/** congestion_takes() - count @p. Return: true when it is lost. */
bool congestion_takes(struct congestion *c, const struct packet *p);

/** congestion_json() - adds link_peaks and bystanders to @truth. Return: 0 or -ENOMEM. */
int congestion_json(const struct congestion *c, json_t *truth);
