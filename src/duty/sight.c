/* SPDX-License-Identifier: ISC */
#include "duty/sight.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "duty/sight_inside.h"

#define DISK_LEAST (8 << 20) /* the journal of minutes, and what SQLite wants to go on at all */
#define DISK_GOOD  (2 * DISK_LEAST)

/* A fault in force. */
struct entry {
	struct fault f;
	int64_t bad_us; /* monotonic: it held last */
	bool bad;	/* it holds at this look */
};

struct sight {
	struct map *entries; /* key -> struct entry */
	struct map *windows; /* see sight_read.c */
	int64_t begun_us;    /* monotonic, of the first look; TIME_NONE none yet */
	int64_t status_us;   /* of the newest status, */
	int64_t seen_us;     /* and when that was seen first: both clocks may step but this one */
	int64_t old_us;	     /* how old it was then */
	int64_t age_us;
	bool watch_up;
	char started[TIME_TEXT_MAX]; /* which run of the watch the windows are of */
	uint64_t refused;
};

/* What follows from what. @same: of the same subject only. */
static const struct {
	enum fault_kind what, cause;
	bool same;
} explained[] = {
	{FAULT_STARVED, FAULT_WATCH_GONE, false},
	{FAULT_EXPORTER_SILENT, FAULT_WATCH_GONE, false},
	{FAULT_EXPORTER_SILENT, FAULT_STARVED, false},
	{FAULT_EXPORTER_LOSS, FAULT_STARVED, false},
	{FAULT_EXPORTER_LOSS, FAULT_KERNEL_DROPS, false},
	{FAULT_EXPORTER_LOSS, FAULT_QUEUE_LATE, false},
	{FAULT_EXPORTER_LOSS, FAULT_EXPORTER_SILENT, true},
	{FAULT_EXPORTER_CLOCK, FAULT_OWN_CLOCK, false},
	{FAULT_TEMPLATE_MISSING, FAULT_EXPORTER_SILENT, true},
	{FAULT_KERNEL_DROPS, FAULT_STARVED, false},
	{FAULT_QUEUE_LATE, FAULT_STARVED, false},
	{FAULT_QUEUE_LATE, FAULT_DISK_FULL, false},
	{FAULT_QUEUE_LATE, FAULT_STORE_FAILING, false},
	{FAULT_STORE_FAILING, FAULT_DISK_FULL, false},
};

struct sight *sight_new(void)
{
	struct sight *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->entries = map_new(FAULT_KEY_MAX, sizeof(struct entry), SIGHT_FAULTS_MAX);
	s->windows = map_new(FAULT_KEY_MAX, sizeof(struct window), WINDOW_MAX);
	s->begun_us = s->status_us = s->age_us = TIME_NONE;
	return s->entries && s->windows ? s : sight_free(s);
}

struct sight *sight_free(struct sight *s)
{
	if (!s)
		return NULL;
	map_free(s->entries);
	map_free(s->windows);
	free(s);
	return NULL;
}

void found_add(struct founds *all, enum fault_kind kind, const char *subject, double figure,
	       int64_t since_us)
{
	struct fault *f;

	if (all->n == all->room) {
		size_t room = all->room ? all->room * 2 : 16;

		f = realloc(all->list, room * sizeof(*f));
		if (!f) {
			all->failed = true;
			return;
		}
		all->list = f;
		all->room = room;
	}
	f = &all->list[all->n++];
	*f = (struct fault){.kind = kind, .figure = figure, .since_us = since_us};
	memcpy(f->subject, subject, strnlen(subject, sizeof(f->subject) - 1));
}

/* Keys are compared whole: every byte behind the text must be zero. */
static void key_of(const struct fault *f, char key[FAULT_KEY_MAX])
{
	memset(key, 0, FAULT_KEY_MAX);
	fault_key(f, key);
}

/* Return: NULL when there is no room (counted) or no memory. */
static struct entry *put(struct sight *s, const struct fault *f)
{
	char key[FAULT_KEY_MAX];
	struct entry *e;

	key_of(f, key);
	e = map_put(s->entries, key, NULL);
	s->refused += !e;
	return e;
}

int sight_resume(struct sight *s, const struct fault *f, int64_t mono_us)
{
	struct entry *e;

	if (f->kind == FAULT_CHANNEL)
		return 0; /* not ours to end */
	e = put(s, f);
	if (!e)
		return -ENOMEM;
	*e = (struct entry){.f = *f, .bad_us = mono_us};
	e->f.over = false;
	return 0;
}

/* ---- how old the status is ---- */

/*
 * By the difference of two wall clocks only where nothing better is known: from its first sight on
 * the clock that nobody steps tells how long it has not been replaced.
 */
static int64_t age_of(struct sight *s, const struct sight_look *look)
{
	if (!look->status || look->status_us == TIME_NONE)
		return TIME_NONE;
	if (look->status_us != s->status_us) {
		bool first = s->status_us == TIME_NONE;

		s->status_us = look->status_us;
		s->seen_us = look->mono_us;
		s->old_us = first && look->now_us > look->status_us ? look->now_us - look->status_us
								    : 0;
	}
	return s->old_us + look->mono_us - s->seen_us;
}

/* Counters begin anew with each run of the watch. */
static void note_run(struct sight *s, const json_t *status)
{
	const char *started = json_string_value(json_object_get(status, "started"));

	started = started ? started : "";
	if (strncmp(s->started, started, sizeof(s->started) - 1) == 0)
		return;
	map_clear(s->windows);
	memset(s->started, 0, sizeof(s->started));
	memcpy(s->started, started, strnlen(started, sizeof(s->started) - 1));
}

/* No status of now: nobody is there, or he is and cannot. */
static void look_at_nobody(const struct sight *s, const struct sight_look *look,
			   const struct conf_sight *conf, const struct shown *shown,
			   struct founds *out)
{
	int64_t since_us = shown->age_us == TIME_NONE ? look->mono_us - s->begun_us : shown->age_us;

	if (since_us <= (int64_t)conf->late_s * US_PER_S)
		return;
	found_add(out, look->bell == BELL_LATE ? FAULT_STARVED : FAULT_WATCH_GONE, "",
		  (double)since_us / US_PER_S, look->now_us - since_us);
}

static void look_at_disk(const struct sight *s, const struct sight_look *look, struct founds *out)
{
	struct fault full = {.kind = FAULT_DISK_FULL};
	char key[FAULT_KEY_MAX];

	key_of(&full, key);
	/* Once full, a little more than enough is not yet room. */
	if (look->free_bytes >= 0 &&
	    look->free_bytes < (map_get(s->entries, key) ? DISK_GOOD : DISK_LEAST))
		found_add(out, FAULT_DISK_FULL, "", (double)look->free_bytes, look->now_us);
}

static int take_look(struct sight *s, const struct sight_look *look, const struct conf_sight *conf,
		     struct shown *shown, struct founds *out)
{
	int r = 0;

	if (s->begun_us == TIME_NONE)
		s->begun_us = look->mono_us;
	shown->age_us = s->age_us = age_of(s, look);
	shown->disk = look->free_bytes >= 0;
	look_at_disk(s, look, out);
	shown->watch =
		shown->age_us != TIME_NONE && shown->age_us <= (int64_t)conf->late_s * US_PER_S;
	s->watch_up = shown->watch;
	if (shown->watch) {
		note_run(s, look->status);
		shown->all_exporters =
			!json_integer_value(json_object_get(look->status, "exporters_left_out"));
		r = sight_read(s->windows, look, conf, out);
	} else {
		look_at_nobody(s, look, conf, shown, out);
	}
	return r < 0 || out->failed ? -ENOMEM : 0;
}

/* ---- what begins ---- */

/* Kinds that are found or in force, a bit for each. */
static unsigned kinds_of(const struct sight *s, const struct founds *all)
{
	unsigned kinds = 0;
	void *value;

	for (size_t i = 0; i < all->n; i++)
		kinds |= 1u << all->list[i].kind;
	for (size_t at = 0; map_next(s->entries, &at, NULL, &value);)
		kinds |= 1u << ((struct entry *)value)->f.kind;
	return kinds;
}

/* The same subject has this other fault. */
static bool has_too(const struct sight *s, const struct founds *all, const struct fault *f,
		    enum fault_kind kind)
{
	struct fault other = *f;
	char key[FAULT_KEY_MAX];

	other.kind = kind;
	key_of(&other, key);
	if (map_get(s->entries, key))
		return true;
	for (size_t i = 0; i < all->n; i++)
		if (all->list[i].kind == kind && strcmp(all->list[i].subject, f->subject) == 0)
			return true;
	return false;
}

static bool is_explained(const struct sight *s, const struct founds *all, unsigned kinds,
			 const struct fault *f)
{
	for (size_t i = 0; i < ARRAY_LEN(explained); i++)
		if (explained[i].what == f->kind && kinds >> explained[i].cause & 1 &&
		    (!explained[i].same || has_too(s, all, f, explained[i].cause)))
			return true;
	return false;
}

static int begin(struct sight *s, const struct fault *f, int64_t mono_us, sight_fn fn,
		 void *userdata)
{
	struct entry *e = put(s, f);

	if (!e)
		return 0; /* counted */
	*e = (struct entry){.f = *f, .bad = true, .bad_us = mono_us};
	return fn(userdata, &e->f);
}

static int begin_all(struct sight *s, const struct founds *all, int64_t mono_us, sight_fn fn,
		     void *userdata)
{
	unsigned kinds = kinds_of(s, all);
	char key[FAULT_KEY_MAX];
	int r = 0;

	for (size_t i = 0; i < all->n && r == 0; i++) {
		const struct fault *f = &all->list[i];
		struct entry *e;

		key_of(f, key);
		e = map_get(s->entries, key);
		if (e) {
			e->bad = true;
			e->bad_us = mono_us;
			e->f.figure = f->figure;
		} else if (!is_explained(s, all, kinds, f)) {
			r = begin(s, f, mono_us, fn, userdata);
		}
	}
	return r;
}

/* ---- what is over ---- */

static bool is_of_exporter(enum fault_kind k)
{
	return k == FAULT_EXPORTER_SILENT || k == FAULT_EXPORTER_LOSS ||
	       k == FAULT_TEMPLATE_MISSING || k == FAULT_EXPORTER_CLOCK;
}

static bool is_listed(const json_t *status, const char *name)
{
	const json_t *e;
	size_t i;

	json_array_foreach(json_object_get(status, "exporters"), i, e)
	{
		const char *s = json_string_value(json_object_get(e, "name"));

		if (s && strncmp(s, name, FAULT_SUBJECT_MAX - 1) == 0)
			return true;
	}
	return false;
}

/* Did this look show that it is good? What it could not show stays as it was. */
static bool is_good(const struct entry *e, const struct shown *shown, const struct sight_look *look)
{
	if (e->bad)
		return false;
	if (e->f.kind == FAULT_DISK_FULL)
		return shown->disk || shown->watch;
	if (!shown->watch)
		return false;
	return !is_of_exporter(e->f.kind) || shown->all_exporters ||
	       is_listed(look->status, e->f.subject);
}

static int end_all(struct sight *s, const struct shown *shown, const struct sight_look *look,
		   sight_fn fn, void *userdata)
{
	const void *key;
	void *value;
	int r = 0;

	for (size_t at = 0; r == 0 && map_next(s->entries, &at, &key, &value);) {
		struct entry *e = value;
		struct fault over;
		char gone[FAULT_KEY_MAX];

		if (!is_good(e, shown, look)) {
			e->bad_us = look->mono_us;
			e->bad = false;
			continue;
		}
		if (look->mono_us - e->bad_us < SIGHT_CALM_US)
			continue;
		over = e->f;
		over.over = true;
		memcpy(gone, key, sizeof(gone));
		map_remove(s->entries, gone);
		r = fn(userdata, &over);
	}
	return r;
}

int sight_status(struct sight *s, const struct sight_look *look, const struct conf_sight *conf,
		 sight_fn fn, void *userdata)
{
	struct shown shown = {0};
	struct founds all = {0};
	int r = take_look(s, look, conf, &shown, &all);

	if (r == 0)
		r = begin_all(s, &all, look->mono_us, fn, userdata);
	if (r == 0)
		r = end_all(s, &shown, look, fn, userdata);
	free(all.list);
	return r;
}

int sight_each(const struct sight *s, sight_fn fn, void *userdata)
{
	void *value;
	int r = 0;

	for (size_t at = 0; r == 0 && map_next(s->entries, &at, NULL, &value);)
		r = fn(userdata, &((struct entry *)value)->f);
	return r;
}

int64_t sight_age_us(const struct sight *s)
{
	return s->age_us;
}

bool sight_watch_up(const struct sight *s)
{
	return s->watch_up;
}

uint64_t sight_refused(const struct sight *s)
{
	return s->refused;
}
