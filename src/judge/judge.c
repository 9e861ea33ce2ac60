/* SPDX-License-Identifier: ISC */
/*
 * The life of incidents. The detector's handle names an attack within one run; the judge binds it
 * to an id made of content, and after a restart to the incident that the store still has open.
 * Updates go out at most once a second of the receive clock; the last state is never lost, as what
 * was held back is handed out by judge_clock() or judge_finish(). An attack of short bursts is held
 * as quiet when the detector has closed it (fold.h), and closed when no burst came for long enough.
 */
#include "judge/judge.h"

#include <errno.h>
#include <string.h>

#include "base/map.h"
#include "judge/fill.h"
#include "judge/fold.h"
#include "judge/whose.h"

#define IDS_MAX	      8192  /* names given lately, against a name given twice */
#define OPEN_DEFAULT  10000 /* where the configuration sets no bound */
#define CLOCK_BACK_US (2 * US_PER_S)
#define SILENT_US     (10 * US_PER_S) /* as the detectors have it */

/* An attack that the detector follows. */
struct watched {
	struct incident *inc;	 /* owned, as last told */
	struct incident *before; /* owned; the part of an earlier run, else NULL */
	uint32_t revision;
	int64_t out_us; /* receive clock when last handed out */
	bool pending, is_short;
};

/* One that was open when the last run ended. */
struct waiting {
	struct incident *inc; /* owned */
	int64_t heard_us; /* record time since when one of its exporters speaks; TIME_NONE none */
	bool is_short;	  /* held, or amid bursts: the next one may be far off */
};

struct judge {
	struct conf *conf;
	struct exporters *exporters;
	struct incident_sink sink;
	struct places *places;	 /* a reference, or NULL */
	struct proxies *proxies; /* a reference, or NULL */
	struct map *watched;	 /* handle -> struct watched */
	struct map *ids;	 /* id -> 1, names given */
	struct map *waiting;	 /* id -> struct waiting, stored and not seen again yet */
	struct folds *folds;	 /* short bursts that may come again */
	int64_t asked_us,
		asked_record_us; /* both clocks when the exporters of those were looked at */
	int64_t recv_us, record_us;
	int64_t start_recv_us, start_record_us; /* first clocks after the resume */
	bool drill, ending;
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
	j->asked_us = j->asked_record_us = TIME_NONE;
	j->watched = map_new(sizeof(uint64_t), sizeof(struct watched), 0);
	j->ids = map_new(INCIDENT_ID_MAX, sizeof(uint8_t), IDS_MAX);
	j->waiting = map_new(INCIDENT_ID_MAX, sizeof(struct waiting), 0);
	j->folds = folds_new();
	if (!j->watched || !j->ids || !j->waiting || !j->folds)
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
		incident_free(((struct waiting *)value)->inc);
	map_free(j->watched);
	map_free(j->ids);
	map_free(j->waiting);
	folds_free(j->folds);
	places_unref(j->places);
	proxies_unref(j->proxies);
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

	j->places = places_ref(places);
	places_unref(old);
}

void judge_set_proxies(struct judge *j, struct proxies *proxies)
{
	struct proxies *old = j->proxies;

	j->proxies = proxies_ref(proxies);
	proxies_unref(old);
}

void judge_set_drill(struct judge *j, bool drill)
{
	j->drill = drill;
}

void judge_stats(const struct judge *j, struct judge_stats *out)
{
	*out = j->stats;
	out->held = folds_count(j->folds);
	out->open = map_count(j->watched) + map_count(j->waiting) + out->held;
}

/* Those that wait after a restart, and those held, have bounds of their own: each may come back. */
static bool has_room_beside(const struct judge *j, uint64_t n)
{
	uint32_t most = j->conf->limits.incidents_open;

	return n < (most ? most : OPEN_DEFAULT);
}

static bool has_room(const struct judge *j, const struct map *m)
{
	return has_room_beside(j, map_count(m));
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

static bool may_be_held(const struct incident *stored)
{
	return (stored->f.state == FINDING_QUIET || stored->f.pulses > 1) && fold_is_short(stored);
}

int judge_resume(struct judge *j, struct incident *stored_take)
{
	_cleanup_incident_ struct incident *inc = stored_take;
	struct waiting *slot;
	char key[INCIDENT_ID_MAX];
	bool created, is_short = may_be_held(inc);

	id_key(inc->id, key);
	slot = has_room(j, j->waiting) ? map_put(j->waiting, key, &created) : NULL;
	if (!slot)
		return -ENOSPC;
	if (!created)
		incident_free(slot->inc);
	*slot = (struct waiting){.inc = take_ptr(inc), .heard_us = TIME_NONE, .is_short = is_short};
	return 0;
}

/*
 * Within 60 s of quiet after the last known moment, the time we were down not counted; nor the time
 * in which none of its exporters spoke.
 */
static bool in_reach(const struct judge *j, const struct waiting *w, const struct finding *f)
{
	const struct finding *stored = &w->inc->f;
	int64_t down_us = 0;

	/* The clock was set back while we were down: what is there at the start goes on. */
	if (stored->updated_us != TIME_NONE &&
	    j->start_recv_us < stored->updated_us - CLOCK_BACK_US)
		return f->first_us - j->start_recv_us <= JUDGE_RESUME_US;
	if (f->last_us < stored->first_us)
		return false;
	if (stored->state == FINDING_LOST_SIGHT &&
	    (w->heard_us == TIME_NONE || f->first_us - w->heard_us <= JUDGE_RESUME_US))
		return true;
	if (stored->updated_us != TIME_NONE && j->start_recv_us > stored->updated_us)
		down_us = j->start_recv_us - stored->updated_us;
	return f->first_us - stored->last_us <= down_us + JUDGE_RESUME_US;
}

static bool comes_back(const struct judge *j, const struct waiting *w, const struct incident *inc)
{
	if (fold_same_target(w->inc, inc) && in_reach(j, w, &inc->f))
		return true;
	return w->is_short &&
	       fold_continues(inc, w->inc, w->inc->f.last_us + fold_pause_us(j->conf));
}

/* The stored incident that @inc continues, taken out of those that wait; NULL when none. */
static struct incident *take_waiting(struct judge *j, const struct incident *inc)
{
	struct incident *best = NULL;
	char key[INCIDENT_ID_MAX];
	void *value;

	for (size_t at = 0; map_next(j->waiting, &at, NULL, &value);) {
		const struct waiting *w = value;
		struct incident *stored = w->inc;

		if (comes_back(j, w, inc) && (!best || stored->f.last_us > best->f.last_us))
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
	if (w->before) {
		incident_add_gap(w->before, w->before->f.updated_us, j->start_recv_us);
		j->stats.resumed++;
	} else {
		w->before = folds_take(j->folds, w->inc);
		j->stats.folded += w->before != NULL;
	}
	if (!w->before) {
		give_id(j, w->inc);
		j->stats.opened++;
		return;
	}
	w->revision = w->before->revision;
	remember_id(j, w->before->id);
}

static int update_watched(struct judge *j, struct watched *w, const struct finding *f)
{
	int r = incident_fill(w->inc, f, j->exporters, j->conf);
	int news;

	if (r)
		return r;
	w->is_short = fold_is_short(w->inc); /* this part of it, as the detector has it now */
	w->inc->drill = j->drill;
	news = spoof_measure(w->inc, f, j->places, j->conf, j->exporters);
	if (news < 0)
		return news;
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
	int r = incident_judge_whose(w->inc, j->conf, j->places, j->proxies);

	if (r)
		return r;
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

/* 0, 1 where there is no room, or -ENOMEM. */
static int find_watched(struct judge *j, const struct finding *f, struct watched **found,
			bool *created)
{
	struct watched *w = *found = map_get(j->watched, &f->handle);

	*created = false;
	if (w)
		return 0;
	if (!has_room(j, j->watched)) {
		j->stats.refused++;
		return 1;
	}
	w = *found = map_put(j->watched, &f->handle, created);
	if (!w)
		return -ENOMEM;
	w->inc = incident_new();
	if (w->inc)
		return 0;
	map_remove(j->watched, &f->handle);
	return -ENOMEM;
}

static int close_incident(struct judge *j, struct incident *inc)
{
	inc->f.state = FINDING_CLOSED;
	inc->f.updated_us = j->recv_us;
	inc->revision++;
	j->stats.closed++;
	j->stats.updates++;
	return j->sink.incident(j->sink.userdata, inc);
}

/* Until when is @inc, a short one that has fallen quiet, to be held? TIME_NONE: not at all. */
static int64_t held_until(struct judge *j, const struct incident *inc)
{
	int64_t pause_us = fold_pause_us(j->conf);

	if (j->ending || !pause_us || j->record_us == TIME_NONE ||
	    j->record_us - inc->f.last_us > pause_us)
		return TIME_NONE;
	if (has_room_beside(j, folds_count(j->folds)))
		return inc->f.last_us + pause_us;
	j->stats.fold_refused++;
	return TIME_NONE;
}

/* Told with all its header records once more, which then are on disk and needed no longer. */
static int hold(struct judge *j, struct incident *inc_take, int64_t until_us)
{
	_cleanup_incident_ struct incident *inc = inc_take;
	int r;

	inc->f.state = FINDING_QUIET;
	inc->revision++;
	j->stats.updates++;
	r = j->sink.incident(j->sink.userdata, inc);
	return r ? r : folds_hold(j->folds, take_ptr(inc), until_us);
}

/* The detector has closed it. */
static int end_watched(struct judge *j, struct watched *w)
{
	int64_t until_us = w->is_short ? held_until(j, w->inc) : TIME_NONE;
	int r;

	if (until_us == TIME_NONE) {
		j->stats.closed++;
		return hand_out(j, w);
	}
	/* As it is judged at its end, all that is known of this burst being there. */
	r = incident_judge_whose(w->inc, j->conf, j->places, j->proxies);
	if (r)
		return r;
	w->inc->revision = w->revision;
	return hold(j, take_ptr(w->inc), until_us);
}

static int judge_take(void *userdata, const struct finding *f)
{
	struct judge *j = userdata;
	struct watched *w;
	bool created, closed = f->state == FINDING_CLOSED;
	uint64_t handle = f->handle;
	int r;

	note_clock(j, f->updated_us, TIME_NONE);
	r = find_watched(j, f, &w, &created);
	if (r)
		return r < 0 ? r : 0;
	r = update_watched(j, w, f);
	if (!r && closed)
		r = end_watched(j, w);
	else if (!r && (created || is_due(j, w)))
		r = hand_out(j, w);
	if (closed) {
		watched_deinit(w);
		map_remove(j->watched, &handle);
	}
	return r;
}

struct finding_sink judge_sink(struct judge *j)
{
	return (struct finding_sink){.finding = judge_take, .userdata = j};
}

enum hearing { HEARD_NOT = 1, HEARD };

/* Each exporter by name: does it speak? Owned; NULL without memory. */
static struct map *who_speaks(const struct judge *j)
{
	struct map *m = map_new(EXPORTER_NAME_MAX, sizeof(uint8_t), 0);

	for (unsigned i = 1; m && i < exporters_count(j->exporters); i++) {
		const struct exporter *e = exporters_get(j->exporters, (uint16_t)i);
		char key[EXPORTER_NAME_MAX] = {0};
		uint8_t *hearing;

		memcpy(key, e->name, strnlen(e->name, sizeof(key) - 1));
		hearing = map_put(m, key, NULL);
		if (!hearing)
			return map_free(m);
		if (*hearing != HEARD)
			*hearing =
				e->is_capture || e->last_recv_us != TIME_NONE ? HEARD : HEARD_NOT;
	}
	return m;
}

/* Who is not known any more will never speak, so he is not waited for. */
static bool is_waited_for(const struct incident *inc, const struct map *speaks)
{
	bool silent = false;

	for (unsigned i = 0; inc->exporters && i < inc->f.n_exporters; i++) {
		char key[EXPORTER_NAME_MAX] = {0};
		const uint8_t *hearing;

		memcpy(key, inc->exporters[i], strnlen(inc->exporters[i], sizeof(key) - 1));
		hearing = map_get(speaks, key);
		if (hearing && *hearing == HEARD)
			return false;
		silent |= hearing != NULL;
	}
	return silent;
}

static bool within_second(int64_t before_us, int64_t now_us)
{
	return before_us == now_us ||
	       (before_us != TIME_NONE && now_us >= before_us && now_us - before_us < US_PER_S);
}

/* What is told of it is still that of the last run, but for this. */
static int lose_sight(struct judge *j, struct incident *inc)
{
	if (inc->f.state == FINDING_LOST_SIGHT || j->recv_us - j->start_recv_us <= SILENT_US)
		return 0;
	inc->f.state = FINDING_LOST_SIGHT;
	inc->revision++;
	j->stats.updates++;
	return j->sink.incident(j->sink.userdata, inc);
}

/* Once in a second of either clock. Return: 0, -ENOMEM, or the sink's error. */
static int hear_waiting(struct judge *j)
{
	struct map *speaks;
	void *value;
	int r = 0;

	if (within_second(j->asked_us, j->recv_us) &&
	    within_second(j->asked_record_us, j->record_us))
		return 0;
	j->asked_us = j->recv_us;
	j->asked_record_us = j->record_us;
	speaks = who_speaks(j);
	if (!speaks)
		return -ENOMEM;
	for (size_t at = 0; r == 0 && map_next(j->waiting, &at, NULL, &value);) {
		struct waiting *w = value;

		if (w->heard_us != TIME_NONE)
			continue;
		if (is_waited_for(w->inc, speaks))
			r = lose_sight(j, w->inc);
		else if (j->start_record_us != TIME_NONE)
			w->heard_us = j->record_us;
	}
	map_free(speaks);
	return r;
}

/* It did not come back. */
static int give_up(struct judge *j, struct waiting *w)
{
	int64_t until_us = w->is_short ? held_until(j, w->inc) : TIME_NONE;

	incident_add_gap(w->inc, w->inc->f.updated_us, j->start_recv_us);
	return until_us == TIME_NONE ? close_incident(j, w->inc)
				     : hold(j, take_ptr(w->inc), until_us);
}

/*
 * What was open when we stopped and did not come back within 60 s of one of its exporters speaking
 * has ended, we know not when; of short bursts the next may be due later. While all of them are
 * silent nobody knows.
 */
static int close_waiting(struct judge *j)
{
	const void *key;
	void *value;
	int r;

	if (!map_count(j->waiting))
		return 0;
	r = hear_waiting(j);
	for (size_t at = 0; r == 0 && map_next(j->waiting, &at, &key, &value);) {
		struct waiting w = *(struct waiting *)value;
		char id[INCIDENT_ID_MAX];

		if (w.heard_us == TIME_NONE || j->record_us - w.heard_us <= JUDGE_RESUME_US)
			continue;
		r = give_up(j, &w);
		memcpy(id, key, sizeof(id));
		map_remove(j->waiting, id);
		incident_free(w.inc);
	}
	return r;
}

/* Is every exporter that showed it silent now? Packets that we take ourselves never are. */
static bool is_blind(const struct judge *j, const struct incident *inc)
{
	bool silent = false;

	for (unsigned i = 0; inc->exporters && i < inc->f.n_exporters; i++)
		for (unsigned k = 1; k < exporters_count(j->exporters); k++) {
			const struct exporter *e = exporters_get(j->exporters, (uint16_t)k);

			if (strcmp(e->name, inc->exporters[i]) != 0)
				continue;
			if (e->is_capture || (e->last_recv_us != TIME_NONE &&
					      j->recv_us - e->last_recv_us <= SILENT_US))
				return false;
			silent = true;
		}
	return silent;
}

/* Its time is over, and nobody can know: held on for as long again. */
static int hold_blind(struct judge *j, struct incident *inc_take)
{
	int64_t pause_us = fold_pause_us(j->conf);
	_cleanup_incident_ struct incident *inc = inc_take;
	int r = 0;

	if (inc->f.state != FINDING_LOST_SIGHT) {
		inc->f.state = FINDING_LOST_SIGHT;
		inc->revision++;
		j->stats.updates++;
		r = j->sink.incident(j->sink.userdata, inc);
	}
	return r ? r
		 : folds_hold(j->folds, take_ptr(inc),
			      j->record_us + (pause_us ? pause_us : JUDGE_RESUME_US));
}

/* Held ones whose time is over at record time @record_us. */
static int close_folds(struct judge *j, int64_t record_us)
{
	for (;;) {
		_cleanup_incident_ struct incident *inc = folds_over(j->folds, record_us);
		int r;

		if (!inc)
			return 0;
		r = !j->ending && is_blind(j, inc) ? hold_blind(j, take_ptr(inc))
						   : close_incident(j, inc);
		if (r)
			return r;
	}
}

int judge_clock(struct judge *j, int64_t recv_us, int64_t record_us)
{
	void *value;
	int r;

	note_clock(j, recv_us, record_us);
	r = close_waiting(j);
	if (!r)
		r = close_folds(j, j->record_us);
	for (size_t at = 0; !r && map_next(j->watched, &at, NULL, &value);) {
		struct watched *w = value;

		if (w->pending && is_due(j, w))
			r = hand_out(j, w);
	}
	return r;
}

void judge_end(struct judge *j)
{
	j->ending = true;
}

/* So that after the next start the time without watch is told as it was. */
static int hand_out_held(struct judge *j)
{
	struct incident *inc;
	int r = 0;

	for (unsigned i = 0; !r && (inc = folds_at(j->folds, i)) != NULL; i++) {
		inc->f.updated_us = j->recv_us;
		inc->revision++;
		j->stats.updates++;
		r = j->sink.incident(j->sink.userdata, inc);
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
	if (r)
		return r;
	return j->ending ? close_folds(j, INT64_MAX) : hand_out_held(j);
}
