/* SPDX-License-Identifier: ISC */
/*
 * What stands around an incident when somebody wants to act on it: how far its exporters are
 * believed, what is in force at each neighbour, what people said. Read from the store anew for each
 * decision.
 */
#pragma once

#include "act/guard.h"
#include "act/measure.h"
#include "store/desk_act.h"
#include "store/store.h"

#define WORLD_RECENT_US (60 * US_PER_S) /* changes within count for the rate of change */

struct world {
	struct guard_world w;
	struct guard_exporter *exporters; /* owned */
	struct guard_neighbor *neighbors; /* owned */
	json_t *status;			  /* owned; of the watch, NULL none: names point into it */
	struct measure **kept; /* owned, each too: options of neighbours point into them */
	size_t n_kept;
};

void world_deinit(struct world *x);
#define _cleanup_world_ _cleanup_(world_deinit)

/**
 * world_load() - @watch: may be NULL. @desk: NULL where nobody has decided anything yet. @inc: NULL
 * where it is not about one. Neighbours are those of @conf, with nothing in force.
 * Return: 0, an answer of the stores, or -ENOMEM; to be freed by world_deinit() in either case.
 */
int world_load(const struct conf *conf, struct store *watch, struct desk_db *desk,
	       const struct incident *inc, int64_t now_us, struct world *x);

/** world_count() - a measure counts at its neighbour; @m: borrowed until world_deinit(). Return: 0,
 * or -ENOMEM. */
int world_count(struct world *x, const struct measure *m, int64_t now_us);

/** world_count_rows() - all that stands in @desk. Rows that are forged count too: they may stand.
 */
int world_count_rows(struct world *x, struct desk_db *desk, int64_t now_us);

/** world_has_drill_routers() - does a test say, by NOROSHI_DRILL_ROUTERS=yes in the environment,
 * that all routers in reach are made for it? A drill may then reach them. */
bool world_has_drill_routers(void);
