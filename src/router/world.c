/* SPDX-License-Identifier: ISC */
#include "router/world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "duty/said.h"
#include "duty/severity.h"

#define OFFSET_MAX_S 300.0 /* of an exporter's clock */
#define TURNS_MAX    3	   /* times that its sequence or its clock went back */
#define LOST_MOST    0.5   /* of a minute: more got lost than came */

void world_deinit(struct world *x)
{
	for (unsigned i = 0; x->neighbors && i < x->w.n_neighbors; i++)
		free(x->neighbors[i].standing);
	for (size_t i = 0; i < x->n_kept; i++)
		free(x->kept[i]);
	free(x->kept);
	free(x->exporters);
	free(x->neighbors);
	json_decref(x->status);
	*x = (struct world){.status = NULL};
}

/* Nothing around the process says it: routers of an ISP, too, are spoken to from network namespaces
 * and VRFs of their own. */
bool world_has_drill_routers(void)
{
	const char *said = getenv("NOROSHI_DRILL_ROUTERS");

	return said && strcmp(said, "yes") == 0;
}

/* ---- exporters ---- */

static double figure(const json_t *o, const char *a, const char *b)
{
	return json_number_value(json_object_get(json_object_get(o, a), b));
}

static int64_t number(const json_t *o, const char *key)
{
	return (int64_t)json_number_value(json_object_get(o, key));
}

/* Its domains are engines, cards or processes that each number for themselves, and all begin anew
 * when it does. */
static int64_t domains_of(const json_t *e)
{
	int64_t held = number(json_object_get(json_object_get(e, "tables"), "domains"), "held");

	return held > 1 ? held : 1;
}

/*
 * Somebody who forges exports from a listed address does not know its sequence numbers. His fit
 * nothing; or they go on from each other, and then the router's own do not; or more seems lost than
 * came. A single number is enough, since a single datagram can tell of any attack, and what honest
 * routers do (loss, overtaking, a restart, an outage) was not counted as one. Of the last minutes
 * only: over months three restarts are no wonder, and months of good datagrams hide no forgery.
 */
static bool is_broken(const json_t *e)
{
	const json_t *recent = json_object_get(e, "recent");
	double offset = figure(e, "clock", "offset_s");

	return number(recent, "doubted") > 0 ||
	       number(recent, "restarts") >= TURNS_MAX * domains_of(e) ||
	       number(recent, "epochs") >= TURNS_MAX ||
	       json_number_value(json_object_get(recent, "lost_most")) > LOST_MOST ||
	       offset > OFFSET_MAX_S || offset < -OFFSET_MAX_S;
}

/* Packets that we saw ourselves need nobody to say the same. */
static bool is_capture(const json_t *e)
{
	return json_is_null(json_object_get(e, "address"));
}

/* A status from before the incident opened cannot say whether those who told of it are sound. */
static bool is_older(const json_t *status, const struct incident *inc)
{
	const char *when =
		json_string_value(json_object_get(json_object_get(status, "clock"), "receive"));
	int64_t at_us;

	return inc && inc->f.detected_us != TIME_NONE && when && time_parse(when, &at_us) == 0 &&
	       at_us < inc->f.detected_us;
}

static int load_exporters(struct world *x, const struct incident *inc)
{
	bool older = is_older(x->status, inc);
	const json_t *list = json_object_get(x->status, "exporters"), *e;
	size_t i, n = json_array_size(list);

	x->exporters = calloc(n + 1, sizeof(*x->exporters));
	if (!x->exporters)
		return -ENOMEM;
	json_array_foreach(list, i, e)
	{
		const char *name = json_string_value(json_object_get(e, "name"));

		if (!name)
			continue;
		x->exporters[x->w.n_exporters++] = (struct guard_exporter){
			.name = name,
			.listed = is_capture(e) || json_is_true(json_object_get(e, "configured")),
			.broken = !is_capture(e) && (older || is_broken(e)),
			/* That a second sound one tells the same, the guard counts. */
			.corroborated = is_capture(e)};
	}
	x->w.exporters = x->exporters;
	return 0;
}

static int load_status(struct world *x, struct store *watch)
{
	_cleanup_text_ struct text json = TEXT_NULL;
	int64_t at_us;
	int r = watch ? store_get_status(watch, &json, &at_us) : STORE_NOT_FOUND;

	if (r == STORE_NOT_FOUND)
		return 0;
	if (r == 0)
		x->status = json_loads(text_str(&json), 0, NULL);
	return r;
}

/* ---- neighbours ---- */

static int load_neighbors(struct world *x, const struct conf *conf)
{
	x->neighbors = calloc(conf->act.n_neighbors + 1, sizeof(*x->neighbors));
	if (!x->neighbors)
		return -ENOMEM;
	for (size_t i = 0; i < conf->act.n_neighbors; i++)
		x->neighbors[i].name = conf->act.neighbors[i].name;
	x->w.neighbors = x->neighbors;
	x->w.n_neighbors = (unsigned)conf->act.n_neighbors;
	return 0;
}

/* A list of @n pointers with room for one more: it doubles where @n is a power of two. NULL: no
 * memory, and the list as it was. */
static void *room_for(void *list, size_t n)
{
	return n & (n - 1) ? list : reallocarray(list, n ? 2 * n : 1, sizeof(void *));
}

static int stand(struct guard_neighbor *n, const struct measure *m)
{
	const struct plan_option **list = room_for(n->standing, n->n_standing);
	struct weight w = measure_weight(m);

	if (!list)
		return -ENOMEM;
	n->standing = list;
	n->standing[n->n_standing++] = &m->option;
	n->rules += m->option.n_rules ? m->option.n_rules : 1;
	if (!*n->lightest || weight_compare(&w, &n->least) < 0) {
		snprintf(n->lightest, sizeof(n->lightest), "%s", m->id);
		n->least = w;
	}
	return 0;
}

int world_count(struct world *x, const struct measure *m, int64_t now_us)
{
	int r = 0;
	const int64_t times[] = {m->planned_us, m->ended_us};
	bool stands = m->stage != MEASURE_GONE && m->stage != MEASURE_LAPSED &&
		      m->stage != MEASURE_FAILED && m->stage != MEASURE_PLANNED;

	for (unsigned i = 0; i < x->w.n_neighbors; i++) {
		struct guard_neighbor *n = &x->neighbors[i];

		if (strcmp(n->name, m->option.point) != 0)
			continue;
		if (stands)
			r = stand(n, m);
		for (unsigned t = 0; t < 2; t++)
			n->changes += times[t] != TIME_NONE && times[t] > now_us - WORLD_RECENT_US;
	}
	return r;
}

struct counting {
	struct world *x;
	int64_t now_us;
};

static int on_row(void *userdata, const struct desk_measure_row *row, bool forged)
{
	struct counting *c = userdata;
	struct measure **list;
	_cleanup_free_ struct measure *m = calloc(1, sizeof(*m));
	int r = !m ? -ENOMEM : forged ? -EINVAL : measure_from_text(row->body, m);

	if (r)
		return r == -ENOMEM ? r : 0;
	list = room_for(c->x->kept, c->x->n_kept);
	if (!list)
		return -ENOMEM;
	c->x->kept = list;
	c->x->kept[c->x->n_kept++] = take_ptr(m);
	return world_count(c->x, c->x->kept[c->x->n_kept - 1], c->now_us);
}

int world_count_rows(struct world *x, struct desk_db *desk, int64_t now_us)
{
	struct counting c = {.x = x, .now_us = now_us};

	return desk ? desk_act_measures(desk, "", true, on_row, &c) : 0;
}

/* ---- what was said ---- */

static int load_mark(struct world *x, struct desk_db *desk, const struct incident *inc)
{
	const struct mark *m;
	struct said said;
	int r = said_init(&said);

	r = r ? r : desk_duty_acts(desk, "mark", 0, said_act, &said);
	m = r ? NULL : said_mark(&said, inc->id);
	x->w.marked_false = m && m->is_false;
	said_deinit(&said);
	return r;
}

static unsigned severity_of(const struct incident *inc, const struct conf *conf, int64_t now_us)
{
	struct severity_input in = {.incident = inc, .conf = conf, .now_us = now_us};
	struct severity s = {.level = 0};

	if (inc)
		severity_judge(&in, &s);
	return s.level;
}

int world_load(const struct conf *conf, struct store *watch, struct desk_db *desk,
	       const struct incident *inc, int64_t now_us, struct world *x)
{
	int r;

	*x = (struct world){.status = NULL};
	x->w.drill_routers = world_has_drill_routers();
	x->w.now_us = now_us;
	x->w.severity = severity_of(inc, conf, now_us);
	x->w.drill = (watch && store_kind(watch) == STORE_DRILL) ||
		     (desk && desk_db_kind(desk) == STORE_DRILL) || (inc && inc->drill);
	r = load_status(x, watch);
	r = r ? r : load_exporters(x, inc);
	r = r ? r : load_neighbors(x, conf);
	if (r == 0 && desk)
		r = desk_act_is_frozen(desk, &x->w.frozen);
	if (r == 0 && desk && inc)
		r = load_mark(x, desk, inc);
	return r;
}
