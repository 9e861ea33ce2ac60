/* SPDX-License-Identifier: ISC */
/*
 * Which outside links an attack came by, second by second, and when it moved: dominance, three
 * quarters of a second's packets, has passed from one link to another; the time of the move is the
 * first second since which the new one has had the most.
 */
#pragma once

#include <jansson.h>

#include "drill/world.h"

#define ROUTE_SECONDS_MAX 120
#define ROUTE_MOVES_MAX	  32

struct route {
	uint64_t packets[LINKS], bytes[LINKS];
	int64_t second; /* that is being counted; TIME_NONE none yet */
	int64_t first_s;
	uint32_t now[LINKS];
	uint32_t course[ROUTE_SECONDS_MAX][LINKS];
	int dominant, leader; /* links, -1 none */
	int64_t leads_since_s;
	struct {
		int64_t at_s;
		int from, to;
	} move[ROUTE_MOVES_MAX];
	unsigned n_moves;
};

void route_begin(struct route *r);
void route_count(struct route *r, unsigned link, uint64_t bytes, int64_t second);

/** route_json() - adds path, link_course and moves to the attack @o. Return: 0 or -ENOMEM. */
int route_json(const struct route *r, json_t *o);
