/* SPDX-License-Identifier: ISC */
/*
 * The life of incidents. The detector's handle names an attack within one run; the judge binds it
 * to an id made of content, and after a restart to the incident that the store still has open.
 * Updates go out at most once a second of the receive clock; the last state is never lost, as what
 * was held back is handed out by judge_clock() or judge_finish().
 */
#include "judge/judge.h"

#include <errno.h>
#include <string.h>

#include "base/map.h"
#include "judge/fill.h"

#define IDS_MAX	     8192  /* names given lately, against a name given twice */
#define OPEN_DEFAULT 10000 /* where the configuration sets no bound */

/* An attack that the detector follows. */
struct watched {
	struct incident *inc;	 /* owned, as last told */
	struct incident *before; /* owned; the part of an earlier run, else NULL */
	uint32_t revision;
	int64_t out_us; /* receive clock when last handed out */
	bool pending;
};

struct judge {
	struct conf *conf;
	struct exporters *exporters;
	struct places *places;
	struct incident_sink sink;
	struct map *watched; /* handle -> struct watched */
	struct map *ids;     /* id -> 1, names given */
	struct map *waiting; /* id -> struct incident *, stored and not seen again yet */
	int64_t recv_us, record_us;
	int64_t start_recv_us, start_record_us; /* first clocks after the resume */
	bool drill;
	struct judge_stats stats;
};

struct judge *judge_new(struct conf *conf, struct exporters *exporters,
			const struct incident_sink *sink)
{
	struct judge *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	j->conf = conf_ref(conf);
	j->exporters = exporters;
	j->sink = *sink;
	j->recv_us = j->record_us = j->start_recv_us = j->start_record_us = TIME_NONE;
	j->watched = map_new(sizeof(uint64_t), sizeof(struct watched), 0);
	j->ids = map_new(INCIDENT_ID_MAX, sizeof(uint8_t), IDS_MAX);
	j->waiting = map_new(INCIDENT_ID_MAX, sizeof(struct incident *), 0);
	if (!j->watched || !j->ids || !j->waiting)
		return judge_free(j);
	return j;
}

static void watched_deinit(struct watched *w)
{
	incident_free(w->inc);
	incident_free(w->before);
}

struct judge *judge_free(struct judge *j)
{
	void *value;

	if (!j)
		return NULL;
	for (size_t at = 0; j->watched && map_next(j->watched, &at, NULL, &value);)
		watched_deinit(value);
	for (size_t at = 0; j->waiting && map_next(j->waiting, &at, NULL, &value);)
		incident_free(*(struct incident **)value);
	map_free(j->watched);
	map_free(j->ids);
	map_free(j->waiting);
	places_unref(j->places);
	conf_unref(j->conf);
	free(j);
	return NULL;
}

void judge_reconf(struct judge *j, struct conf *conf)
{
	struct conf *old = j->conf;

	j->conf = conf_ref(conf);
	conf_unref(old);
}

void judge_set_places(struct judge *j, struct places *places)
{
	struct places *old = j->places;

	j->places = places ? places_ref(places) : NULL;
	places_unref(old);
}

void judge_set_drill(struct judge *j, bool drill)
{
	j->drill = drill;
}

void judge_stats(const struct judge *j, struct judge_stats *out)
{
	*out = j->stats;
	out->open = map_count(j->watched) + map_count(j->waiting);
}

/* Those that wait after a restart have a bound of their own, so that each may come back. */
static bool has_room(const struct judge *j, const struct map *m)
{
	uint32_t most = j->conf->limits.incidents_open;

	return map_count(m) < (most ? most : OPEN_DEFAULT);
}

/* ids are map keys: every byte behind the text must be zero. */
static void id_key(const char *id, char key[INCIDENT_ID_MAX])
{
	memset(key, 0, INCIDENT_ID_MAX);
	memcpy(key, id, strnlen(id, INCIDENT_ID_MAX - 1));
}

static void remember_id(struct judge *j, const char *id)
{
	char key[INCIDENT_ID_MAX];

	id_key(id, key);
	if (map_put(j->ids, key, NULL))
		return;
	map_clear(j->ids); /* full: what was given long ago may be forgotten */
	map_put(j->ids, key, NULL);
}

static void give_id(struct judge *j, struct incident *inc)
{
	char key[INCIDENT_ID_MAX];

	for (unsigned count = 0;; count++) {
		incident_id(inc, count, inc->id);
		id_key(inc->id, key);
		if (!map_get(j->ids, key) && !map_get(j->waiting, key))
			break;
		j->stats.id_clashes++;
	}
	remember_id(j, inc->id);
}

int judge_resume(struct judge *j, struct incident *stored_take)
{
	_cleanup_incident_ struct incident *inc = stored_take;
	struct incident **slot;
	char key[INCIDENT_ID_MAX];
	bool created;

	id_key(inc->id, key);
	slot = has_room(j, j->waiting) ? map_put(j->waiting, key, &created) : NULL;
	if (!slot)
		return -ENOSPC;
	if (!created)
		incident_free(*slot);
	*slot = take_ptr(inc);
	return 0;
}

static bool same_target(const struct incident *a, const struct incident *b)
{
	char x[INCIDENT_TARGET_MAX], y[INCIDENT_TARGET_MAX];

	return a->f.kind == b->f.kind && a->f.level == b->f.level &&
	       strcmp(incident_target(a, x), incident_target(b, y)) == 0;
}

/* Within 60 s of quiet after the last known moment, the time we were down not counted. */
static bool in_reach(const struct judge *j, const struct incident *stored, const struct finding *f)
{
	int64_t down_us = 0;

	if (stored->f.updated_us != TIME_NONE && j->start_recv_us > stored->f.updated_us)
		down_us = j->start_recv_us - stored->f.updated_us;
	return f->last_us >= stored->f.first_us &&
	       f->first_us - stored->f.last_us <= down_us + JUDGE_RESUME_US;
}

/* The stored incident that @inc continues, taken out of those that wait; NULL when none. */
static struct incident *take_waiting(struct judge *j, const struct incident *inc)
{
	struct incident *best = NULL;
	char key[INCIDENT_ID_MAX];
	void *value;

	for (size_t at = 0; map_next(j->waiting, &at, NULL, &value);) {
		struct incident *stored = *(struct incident **)value;

		if (same_target(stored, inc) && in_reach(j, stored, &inc->f) &&
		    (!best || stored->f.last_us > best->f.last_us))
			best = stored;
	}
	if (!best)
		return NULL;
	id_key(best->id, key);
	map_remove(j->waiting, key);
	return best;
}

static void name_watched(struct judge *j, struct watched *w)
{
	w->before = take_waiting(j, w->inc);
	if (!w->before) {
		give_id(j, w->inc);
		j->stats.opened++;
		return;
	}
	incident_add_gap(w->before, w->before->f.updated_us, j->start_recv_us);
	w->revision = w->before->revision;
	remember_id(j, w->before->id);
	j->stats.resumed++;
}

static int update_watched(struct judge *j, struct watched *w, const struct finding *f)
{
	int r = incident_fill(w->inc, f, j->exporters, j->conf);
	bool news;

	if (r)
		return r;
	w->inc->drill = j->drill;
	news = spoof_measure(w->inc, f, j->places, j->conf, j->exporters);
	if (!w->inc->id[0] && !w->before)
		name_watched(j, w);
	if (w->before)
		r = incident_continue(w->inc, w->before);
	if (r)
		return r;
	incident_judge_class(w->inc);
	if (news || !w->revision || f->state == FINDING_CLOSED)
		spoof_judge(w->inc, 0);
	w->pending = true;
	return 0;
}

static int hand_out(struct judge *j, struct watched *w)
{
	w->pending = false;
	w->out_us = j->recv_us;
	w->inc->revision = ++w->revision;
	j->stats.updates++;
	return j->sink.incident(j->sink.userdata, w->inc);
}

/* A receive clock that went back must not hold an update until it has caught up. */
static bool is_due(const struct judge *j, const struct watched *w)
{
	return w->out_us == TIME_NONE || j->recv_us < w->out_us ||
	       j->recv_us - w->out_us >= JUDGE_UPDATE_US;
}

static void note_clock(struct judge *j, int64_t recv_us, int64_t record_us)
{
	if (recv_us != TIME_NONE)
		j->recv_us = recv_us;
	if (record_us != TIME_NONE)
		j->record_us = record_us;
	if (j->start_recv_us == TIME_NONE)
		j->start_recv_us = recv_us;
	if (j->start_record_us == TIME_NONE)
		j->start_record_us = record_us;
}

static struct watched *watched_of(struct judge *j, const struct finding *f, bool *created)
{
	struct watched *w = map_get(j->watched, &f->handle);

	*created = false;
	if (w)
		return w;
	if (!has_room(j, j->watched)) {
		j->stats.refused++;
		return NULL;
	}
	w = map_put(j->watched, &f->handle, created);
	if (!w)
		return NULL;
	w->inc = incident_new();
	if (w->inc)
		return w;
	map_remove(j->watched, &f->handle);
	return NULL;
}

static int judge_take(void *userdata, const struct finding *f)
{
	struct judge *j = userdata;
	struct watched *w;
	bool created, closed = f->state == FINDING_CLOSED;
	uint64_t handle = f->handle;
	int r;

	note_clock(j, f->updated_us, TIME_NONE);
	w = watched_of(j, f, &created);
	if (!w)
		return 0;
	r = update_watched(j, w, f);
	if (!r && (created || closed || is_due(j, w)))
		r = hand_out(j, w);
	if (closed) {
		j->stats.closed++;
		watched_deinit(w);
		map_remove(j->watched, &handle);
	}
	return r;
}

struct finding_sink judge_sink(struct judge *j)
{
	return (struct finding_sink){.finding = judge_take, .userdata = j};
}

/* What was open when we stopped and did not come back within 60 s has ended, we know not when. */
static int close_waiting(struct judge *j)
{
	void *value;
	int r = 0;

	if (!map_count(j->waiting) || j->start_record_us == TIME_NONE ||
	    j->record_us - j->start_record_us <= JUDGE_RESUME_US)
		return 0;
	for (size_t at = 0; map_next(j->waiting, &at, NULL, &value);) {
		struct incident *inc = *(struct incident **)value;

		incident_add_gap(inc, inc->f.updated_us, j->start_recv_us);
		inc->f.state = FINDING_CLOSED;
		inc->f.updated_us = j->recv_us;
		inc->revision++;
		j->stats.closed++;
		j->stats.updates++;
		if (!r)
			r = j->sink.incident(j->sink.userdata, inc);
		incident_free(inc);
	}
	map_clear(j->waiting);
	return r;
}

int judge_clock(struct judge *j, int64_t recv_us, int64_t record_us)
{
	void *value;
	int r;

	note_clock(j, recv_us, record_us);
	r = close_waiting(j);
	for (size_t at = 0; !r && map_next(j->watched, &at, NULL, &value);) {
		struct watched *w = value;

		if (w->pending && is_due(j, w))
			r = hand_out(j, w);
	}
	return r;
}

int judge_finish(struct judge *j)
{
	void *value;
	int r = 0;

	for (size_t at = 0; !r && map_next(j->watched, &at, NULL, &value);) {
		struct watched *w = value;

		if (w->pending)
			r = hand_out(j, w);
	}
	return r;
}
