/* SPDX-License-Identifier: ISC */
#include "router/world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "duty/said.h"
#include "duty/severity.h"

#define OFFSET_MAX_S 300.0 /* of an exporter's clock */
#define TURNS_MAX    3	   /* times that its sequence or its clock went back */
#define LOST_LEAST   100   /* fewer lost datagrams say nothing */

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

/* The one of ours differs from that of the first process where somebody made one for us. */
bool world_is_sandbox(void)
{
	char own[64], first[64];
	ssize_t n = readlink("/proc/self/ns/net", own, sizeof(own) - 1);
	ssize_t m = readlink("/proc/1/ns/net", first, sizeof(first) - 1);

	return n > 0 && m > 0 && (n != m || memcmp(own, first, (size_t)n) != 0);
}

/* ---- exporters ---- */

static double figure(const json_t *o, const char *a, const char *b)
{
	return json_number_value(json_object_get(json_object_get(o, a), b));
}

/* Somebody who forges exports from a listed address does not know its sequence numbers: they go
 * back and forth, and more seems lost than came. */
static bool is_broken(const json_t *e)
{
	double datagrams = json_number_value(json_object_get(e, "datagrams"));
	double lost = figure(e, "lost", "datagrams");
	double offset = figure(e, "clock", "offset_s");

	return json_number_value(json_object_get(e, "restarts")) >= TURNS_MAX ||
	       figure(e, "clock", "epochs") >= TURNS_MAX ||
	       (lost >= LOST_LEAST && lost > datagrams) || offset > OFFSET_MAX_S ||
	       offset < -OFFSET_MAX_S;
}

/* Packets that we saw ourselves need nobody to say the same. */
static bool is_capture(const json_t *e)
{
	return json_is_null(json_object_get(e, "address"));
}

static int load_exporters(struct world *x)
{
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
			.broken = !is_capture(e) && is_broken(e),
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
	x->w.now_us = now_us;
	x->w.severity = severity_of(inc, conf, now_us);
	x->w.sandbox = world_is_sandbox();
	x->w.drill = (watch && store_kind(watch) == STORE_DRILL) ||
		     (desk && desk_db_kind(desk) == STORE_DRILL) || (inc && inc->drill);
	r = load_status(x, watch);
	r = r ? r : load_exporters(x);
	r = r ? r : load_neighbors(x, conf);
	if (r == 0 && desk)
		r = desk_act_is_frozen(desk, &x->w.frozen);
	if (r == 0 && desk && inc)
		r = load_mark(x, desk, inc);
	return r;
}
