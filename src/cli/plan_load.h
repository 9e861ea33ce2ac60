/* SPDX-License-Identifier: ISC */
/*
 * What a plan is made from: the incident with its evidence, the configuration, the law of the
 * country, and what stands already. The desk's part may be missing; the incident may not.
 */
#pragma once

#include "act/plan.h"
#include "cli/setup.h"
#include "cli/verb.h"
#include "router/world.h"

struct plan_desk {
	struct conf *conf;
	char dir[CONF_TEXT_MAX];
	struct store *watch;
	struct desk_db
		*desk;	 /* NULL: nothing was decided yet, or it cannot be read, which was told */
	struct law *law; /* NULL: none could be read, which was told */
	struct incident *inc;
	struct world world;
	int64_t now_us;
};

void plan_desk_close(struct plan_desk *d);
#define _cleanup_plan_desk_ _cleanup_(plan_desk_close)

/** plan_desk_open() - configuration, stores and law. @db: "" or NULL: the configuration's. Return:
 * EXIT_GOOD, or another status after saying why. */
int plan_desk_open(struct cli *cli, const char *db, const struct conf_additions *conf,
		   struct plan_desk *d);

/** plan_desk_incident() - the incident whose id begins with @id, with its evidence where that is
 * kept, and the world around it. Return: as above. */
int plan_desk_incident(struct cli *cli, struct plan_desk *d, const char *id);

/** plan_desk_make() - the plan for it. Owned. Return: as above. */
int plan_desk_make(struct cli *cli, struct plan_desk *d, struct plan **out);

/** plan_desk_kept() - the newest plan in the desk whose id begins with @id. Owned. Return: as
 * above; one that is not what its hash says is refused. */
int plan_desk_kept(struct cli *cli, struct plan_desk *d, const char *id, struct plan **out);
