/* SPDX-License-Identifier: ISC */
#include "duty/heightened_gather.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "duty/blind.h"
#include "duty/tune_period.h"

#define MINUTE_US     (60 * US_PER_S)
#define INCIDENTS_MAX 200000 /* looked at */
#define SEEN_MAX      20000
#define UNWATCHED_MAX 4096
#define WAYS_MAX      64

struct heightened_gathered {
	const struct heightened_known *k;
	int answer; /* of the store, 0 it could be read */
	struct incident **list;
	struct heightened_seen *seen;
	unsigned n, room_seen;
	json_t *ways_json;
	struct heightened_way ways[WAYS_MAX];
	struct text names[WAYS_MAX], lines[WAYS_MAX];
	struct heightened_blind *blind;
	unsigned room;
	struct heightened_report_input in;
};

struct heightened_gathered *heightened_gathered_free(struct heightened_gathered *g)
{
	if (!g)
		return NULL;
	for (unsigned i = 0; i < g->n; i++)
		incident_free(g->list[i]);
	free(g->list);
	free(g->seen);
	free(g->blind);
	json_decref(g->ways_json);
	for (unsigned i = 0; i < WAYS_MAX; i++) {
		text_deinit(&g->names[i]);
		text_deinit(&g->lines[i]);
	}
	free(g);
	return NULL;
}

int heightened_gathered_answer(const struct heightened_gathered *g)
{
	return g->answer;
}

/* ---- what was seen ---- */

static int on_incident(void *userdata, const struct incident *inc)
{
	struct heightened_gathered *g = userdata;
	struct incident *copy;

	if (!heightened_covers_incident(g->in.watch, g->k->conf, inc))
		return 0;
	if (g->n == SEEN_MAX) {
		g->in.more_seen++;
		return 0;
	}
	if (g->n == g->room_seen) {
		unsigned room = g->room_seen ? 2 * g->room_seen : 64;
		void *grown = realloc(g->list, room * sizeof(struct incident *));

		if (!grown)
			return -ENOMEM;
		g->list = grown;
		g->room_seen = room;
	}
	copy = incident_copy(inc, false);
	if (!copy)
		return -ENOMEM;
	g->list[g->n++] = copy;
	return 0;
}

static int gather_seen(struct heightened_gathered *g)
{
	struct store_filter f = STORE_FILTER_ALL;
	int r;

	f.from_us = g->in.time.from_us;
	f.until_us = g->in.time.until_us;
	f.limit = INCIDENTS_MAX;
	r = g->k->watch ? store_list(g->k->watch, &f, on_incident, g) : STORE_MISSING;
	if (r == -ENOMEM)
		return r;
	g->in.watch_known = r == 0;
	g->answer = g->k->watch ? r : 0;
	g->seen = calloc(g->n + 1, sizeof(*g->seen));
	if (!g->seen)
		return -ENOMEM;
	if (g->n)
		qsort(g->list, g->n, sizeof(g->list[0]), incident_by_first);
	for (unsigned i = 0; i < g->n; i++)
		g->seen[i] = (struct heightened_seen){
			g->list[i], g->k->severity(g->k->userdata, g->list[i]),
			g->k->is_false(g->k->userdata, g->list[i]->id)};
	g->in.seen = g->seen;
	g->in.n_seen = g->n;
	return 0;
}

/* ---- what would have been ---- */

/* As `status --blind` has them: one line for each way of exporting, under its exporters' names. */
static void gather_ways(struct heightened_gathered *g)
{
	_cleanup_text_ struct text text = TEXT_NULL;
	json_t *status;

	g->in.ways_us = TIME_NONE;
	if (!g->in.watch_known || store_get_status(g->k->watch, &text, &g->in.ways_us))
		return;
	status = json_loadb(text_str(&text), text.len, 0, NULL);
	blind_in_status(status, NULL, BLIND_BRIEF);
	g->ways_json = json_incref(json_object_get(status, "blind_spot"));
	json_decref(status);
}

static void say_way(struct heightened_gathered *g, const json_t *way, bool ja)
{
	unsigned n = g->in.n_ways++;
	const json_t *name;
	size_t k;

	text_clear(&g->names[n]);
	text_clear(&g->lines[n]);
	json_array_foreach(json_object_get(way, "exporters"), k, name)
		text_printf(&g->names[n], "%s%s", k ? ", " : "", json_string_value(name));
	g->ways[n].silent = json_is_true(json_object_get(way, "silent"));
	if (g->ways[n].silent) {
		text_add(&g->lines[n], ja ? "何も送ってこないため、何も見えない"
					  : "silent, so nothing at all would be seen there");
	} else {
		json_t *one = json_pack("[O]", way);

		blind_text(one, ja ? "ja" : "en", &g->lines[n]);
		json_decref(one);
	}
	while (g->lines[n].len && g->lines[n].s[g->lines[n].len - 1] == '\n')
		g->lines[n].s[--g->lines[n].len] = '\0';
	g->ways[n].exporters = text_str(&g->names[n]);
	g->ways[n].smallest = text_str(&g->lines[n]);
}

/* ---- when we were blind ---- */

static void add_blind(struct heightened_gathered *g, const char *ref, int64_t from_us,
		      int64_t until_us)
{
	if (g->in.n_blind < g->room)
		g->blind[g->in.n_blind++] = (struct heightened_blind){ref, from_us, until_us};
}

static void gather_blind(struct heightened_gathered *g)
{
	const struct alarm *a;

	for (unsigned i = 0; (a = g->k->alarm(g->k->userdata, i)) != NULL; i++) {
		int64_t until_us = a->state == ALARM_ENDED ? a->ended_us : TIME_NONE;

		if (a->kind == ALARM_FAULT && a->opened_us < g->in.time.until_us &&
		    (until_us == TIME_NONE || until_us > g->in.time.from_us))
			add_blind(g, a->ref, a->opened_us, until_us);
	}
}

static unsigned count_alarms(const struct heightened_known *k)
{
	unsigned n = 0;

	while (k->alarm(k->userdata, n))
		n++;
	return n;
}

static void add_unwatched(struct heightened_gathered *g, const struct tune_period *p)
{
	unsigned seen = 0;

	for (unsigned m = 0; m < p->n; m++) {
		int64_t at_us = p->from_us + m * MINUTE_US;
		struct heightened_blind *last = g->in.n_blind ? &g->blind[g->in.n_blind - 1] : NULL;

		seen += p->seen[m];
		if (p->seen[m])
			continue;
		if (last && !last->ref[0] && last->until_us == at_us)
			last->until_us += MINUTE_US;
		else
			add_blind(g, "", at_us, at_us + MINUTE_US);
	}
	g->in.unwatched = p->n && !seen;
}

/* Minutes that nobody saw whole, one span after the other; those of now are not written yet. */
static int gather_unwatched(struct heightened_gathered *g)
{
	int64_t until_us = g->in.time.until_us, now_us = g->k->now_us - HEIGHTENED_SETTLED_US;
	struct tune_period p = {.n = 0};
	bool any = false;
	int r;

	if (!g->in.watch_known)
		return 0;
	r = tune_seen(g->k->watch, g->in.time.from_us, until_us < now_us ? until_us : now_us, &p,
		      &any);
	/* What is erased by now tells nothing. */
	g->in.minutes_known =
		r == 0 && any &&
		p.from_us >= g->k->now_us - (int64_t)g->k->conf->keep.rollup_s * US_PER_S;
	if (g->in.minutes_known)
		add_unwatched(g, &p);
	tune_period_deinit(&p);
	return r == -ENOMEM ? r : 0;
}

static int gather(struct heightened_gathered *g)
{
	int r = gather_seen(g);

	g->room = count_alarms(g->k) + UNWATCHED_MAX;
	g->blind = calloc(g->room, sizeof(*g->blind));
	if (!g->blind)
		r = -ENOMEM;
	if (r)
		return r;
	gather_ways(g);
	gather_blind(g);
	r = gather_unwatched(g);
	g->in.ways = g->ways;
	g->in.blind = g->blind;
	g->in.desk_known = g->k->desk_known;
	g->in.zone = g->k->conf->duty.zone;
	g->in.now_us = g->k->now_us;
	return r;
}

int heightened_gather(const struct heightened_known *k, const struct conf_heightened *watch,
		      const struct heightened_time *t, struct heightened_gathered **out)
{
	_cleanup_heightened_gathered_ struct heightened_gathered *g = calloc(1, sizeof(*g));
	int r;

	if (!g)
		return -ENOMEM;
	g->k = k;
	g->in.conf = k->conf;
	g->in.watch = watch;
	g->in.time = *t;
	r = gather(g);
	if (r == 0)
		*out = take_ptr(g);
	return r;
}

const struct heightened_report_input *heightened_gathered_in(struct heightened_gathered *g, bool ja)
{
	json_t *way;
	size_t i;

	g->in.ja = ja;
	g->in.n_ways = 0;
	json_array_foreach(g->ways_json, i, way)
	{
		if (g->in.n_ways < WAYS_MAX)
			say_way(g, way, ja);
	}
	return &g->in;
}
