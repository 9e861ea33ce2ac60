/* SPDX-License-Identifier: ISC */
/* The role's parts: how each is opened. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/lock.h"
#include "base/log.h"
#include "router/act_inside.h"

int act_lock(const char *dir)
{
	return lock_role(dir, "act.lock");
}

char *act_socket(const struct conf *conf, const char *dir, char *buf)
{
	if (*conf->act.socket)
		snprintf(buf, ACT_PATH_MAX, "%s", conf->act.socket);
	else
		snprintf(buf, ACT_PATH_MAX, "%s/act.sock", dir);
	return buf;
}

/* ---- configuration and law ---- */

static int override_conf(const struct act *a, struct conf *conf, struct text *why)
{
	for (unsigned i = 0; i < a->o->n_own; i++)
		if (conf_override_own(conf, a->o->own[i], why) < 0)
			return ACT_CONF;
	/* Sockets lie beside the store that is used. */
	if (a->o->db)
		snprintf(conf->db, sizeof(conf->db), "%s", a->o->db);
	return ACT_GOOD;
}

/* Without a law plans are made and nothing starts: that is no reason not to take away what ends. */
static int load_law(struct act *a, const struct conf *conf)
{
	struct law *law = NULL;
	int r;

	text_clear(&a->law_why);
	r = law_load(conf->act.legal, conf_act_country(conf), &law, &a->law_why);
	if (r == -ENOMEM)
		return r;
	if (r)
		log_error("no-law", "country=%s reason=\"%.*s\"", conf_act_country(conf),
			  (int)strcspn(text_str(&a->law_why), "\n"), text_str(&a->law_why));
	law_free(a->law);
	a->law = r ? NULL : law;
	return 0;
}

int act_conf(struct act *a, struct text *why)
{
	struct conf *conf = a->o->conf_path ? conf_load(a->o->conf_path, why) : conf_default();
	int r = conf ? override_conf(a, conf, why) : a->o->conf_path ? ACT_CONF : -ENOMEM;

	if (r == 0 && !act_keeps(a, conf, why, &a->not_reloaded_ja))
		r = ACT_CONF;
	r = r ? r : load_law(a, conf);
	if (r) {
		if (conf)
			conf_unref(conf);
		return r;
	}
	/* Routers point into the old one. */
	act_close_routers(a);
	if (a->conf)
		conf_unref(a->conf);
	a->conf = conf;
	a->loads++;
	return ACT_GOOD;
}

/* ---- watch.db ---- */

void act_open_watch(struct act *a)
{
	char path[CONF_TEXT_MAX + 16];
	struct stat st;
	int r;

	snprintf(path, sizeof(path), "%s/watch.db", a->dir);
	if (stat(path, &st))
		st.st_ino = 0;
	if (a->watch && st.st_ino == a->watch_file)
		return;
	a->watch = store_close(a->watch);
	a->watch_file = st.st_ino;
	if (!st.st_ino)
		return;
	r = store_open(a->dir, STORE_ANY, STORE_READ, NULL, &a->watch);
	if (r == 0 && store_kind(a->watch) != desk_db_kind(a->desk)) {
		a->watch = store_close(a->watch);
		r = STORE_OTHER_KIND;
	}
	if (r) {
		log_error("watch-unread", "dir=\"%s\" reason=\"%s\"", a->dir,
			  store_answer(r, "en"));
		a->watch = NULL;
		a->watch_file = 0;
	}
}

/* ---- desk.db, and what is remembered ---- */

int act_new_tables(struct act *a)
{
	a->incidents = map_new(INCIDENT_ID_MAX, sizeof(struct act_incident), 65536);
	a->told_refusals = map_new(ACT_TOLD_KEY, sizeof(int64_t), 4096);
	a->forged = map_new(ACT_FORGED_KEY, sizeof(bool), ACT_FORGED_MAX);
	a->spent = map_new(ACT_SPENT_KEY, sizeof(int64_t), 65536);
	a->hooks = act_hooks_new();
	return a->incidents && a->told_refusals && a->forged && a->spent && a->hooks ? 0 : -ENOMEM;
}

int act_open_desk(struct act *a, struct text *why)
{
	int r = desk_db_open(a->dir, a->conf->desk.key, STORE_ANY, STORE_WRITE, &a->desk);

	if (r == 0) {
		a->drill = desk_db_kind(a->desk) == STORE_DRILL;
		if (a->drill && world_has_drill_routers())
			log_warn("drill-routers",
				 "by=" MEASURE_DRILL_ROUTERS
				 " advice=\"only tests say that: this drill reaches routers\"");
		act_open_watch(a);
		r = act_load(a);
	}
	if (r == 0)
		return 0;
	text_printf(why, "%s: %s\n", a->dir, desk_db_answer(r, "en"));
	return r == -ENOMEM ? r : ACT_STORE;
}

/* ---- routers ---- */

struct act_router *act_router_of(struct act *a, const char *neighbor)
{
	for (size_t i = 0; i < a->n_routers; i++)
		if (a->routers[i].r && strcmp(a->routers[i].r->neighbor->name, neighbor) == 0)
			return &a->routers[i];
	return NULL;
}

int act_open_routers(struct act *a)
{
	size_t n = a->conf->act.n_neighbors;

	a->routers = calloc(n + 1, sizeof(*a->routers));
	if (!a->routers)
		return -ENOMEM;
	a->n_routers = n;
	for (size_t i = 0; i < n; i++) {
		const struct conf_neighbor *c = &a->conf->act.neighbors[i];
		const struct router_ops *ops = router_ops_of((enum conf_router)c->kind);
		_cleanup_text_ struct text why = TEXT_NULL;
		struct act_router *ar = &a->routers[i];
		int r;

		ar->act = a;
		r = ops->open(a->conf, c, a->loop, act_told, ar, &ar->r, &why);
		if (r == -ENOMEM)
			return r;
		if (r) {
			ar->r = NULL;
			log_error("no-router", "neighbor=\"%s\" reason=\"%.*s\"", c->name,
				  (int)strcspn(text_str(&why), "\n"), text_str(&why));
		}
	}
	return act_open_ghosts(a);
}

void act_close_routers(struct act *a)
{
	for (size_t i = 0; i < a->n_routers; i++)
		if (a->routers[i].r)
			a->routers[i].r->ops->close(a->routers[i].r);
	free(a->routers);
	a->routers = NULL;
	a->n_routers = 0;
	act_close_ghosts(a);
	/* What they had is to be told again. */
	for (size_t i = 0; i < a->n; i++)
		a->list[i]->in_router = a->list[i]->busy = false;
}
