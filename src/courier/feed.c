/* SPDX-License-Identifier: ISC */
#include "courier/feed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/map.h"
#include "duty/said.h"

#define BACK_US	   (86400 * US_PER_S) /* closed incidents of a day are told to who starts */
#define SHAPE_US   (300 * US_PER_S)
#define KNOWN_MAX  (1u << 20)
#define LISTED_MAX (1u << 20)

struct known {
	uint32_t revision;
	uint32_t look; /* the last one that listed it */
	uint64_t shape;
};

struct listed {
	char id[INCIDENT_ID_MAX];
	uint32_t revision;
	bool closed;
};

struct feed {
	struct map *known; /* incident id, those that were not closed */
	struct listed *list;
	size_t n, room;
	uint32_t look;
	int64_t row; /* the last one listed; -1: not yet begun */
	uint64_t taken;
	struct said said; /* marks and suppressions as they stand */
	feed_heard_fn heard;
	void *userdata;
};

struct feed *feed_new(void)
{
	struct feed *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->row = -1;
	f->known = map_new(INCIDENT_ID_MAX, sizeof(struct known), KNOWN_MAX);
	return f->known && said_init(&f->said) == 0 ? f : feed_free(f);
}

struct feed *feed_free(struct feed *f)
{
	if (!f)
		return NULL;
	map_free(f->known);
	free(f->list);
	said_deinit(&f->said);
	free(f);
	return NULL;
}

void feed_hear(struct feed *f, feed_heard_fn fn, void *userdata)
{
	f->heard = fn;
	f->userdata = userdata;
}

static void key_of(const char *id, char *key)
{
	memset(key, 0, INCIDENT_ID_MAX);
	memcpy(key, id, strnlen(id, INCIDENT_ID_MAX - 1));
}

int feed_known(struct feed *f, const char *incident)
{
	char key[INCIDENT_ID_MAX];

	key_of(incident, key);
	return map_put(f->known, key, NULL) ? 0 : -ENOMEM;
}

void feed_again(struct feed *f)
{
	const void *key;
	void *value;

	f->row = -1;
	for (size_t at = 0; map_next(f->known, &at, &key, &value);)
		((struct known *)value)->revision = 0;
}

/* ---- people ---- */

struct telling {
	struct feed *f;
	struct duty *duty;
	int64_t now_us;
	bool only_standing; /* marks and suppressions: what people did is in the alarms */
	bool suppressed;    /* the list is another one */
};

static int tell_mark(struct telling *t, const struct desk_act_row *row)
{
	const struct mark *m = said_mark(&t->f->said, row->subject);

	return m ? duty_mark(t->duty, row->subject, m->is_false, t->now_us) : 0;
}

static int tell_person(struct telling *t, const struct desk_act_row *row)
{
	json_t *o;
	const char *until;
	int64_t until_us;
	int r;

	if (strcmp(row->act, "acknowledge") == 0)
		return duty_acknowledge(t->duty, row->subject, row->actor, t->now_us);
	if (strcmp(row->act, "snooze") != 0)
		return 0;
	o = json_loads(row->body, 0, NULL);
	until = json_string_value(json_object_get(o, "until"));
	/* One without an end is none. */
	r = until && time_parse(until, &until_us) == 0
		    ? duty_snooze(t->duty, row->subject, row->actor, until_us, t->now_us)
		    : 0;
	json_decref(o);
	return r;
}

static int on_act(void *userdata, const struct desk_act_row *row)
{
	struct telling *t = userdata;
	int r;

	if (t->only_standing && row->number > t->f->taken)
		return 0; /* feed_acts() tells it in its turn */
	r = said_act(&t->f->said, row);
	if (r)
		return r;
	if (strcmp(row->act, "mark") == 0)
		r = tell_mark(t, row);
	else if (strcmp(row->act, "suppress") == 0 || strcmp(row->act, "lift") == 0)
		t->suppressed = true;
	else if (!t->only_standing)
		r = tell_person(t, row);
	if (r > 0)
		log_warn("act-without-alarm", "act=%.20s subject=%.40s", row->act, row->subject);
	if (!t->only_standing)
		t->f->taken = row->number;
	return r < 0 ? r : 0;
}

static int tell_suppressions(struct feed *f, const struct telling *t)
{
	return t->suppressed ? duty_suppressions(t->duty, f->said.list, f->said.n) : 0;
}

int feed_desk(struct feed *f, struct desk_db *desk, struct duty *duty, uint64_t taken,
	      int64_t now_us)
{
	static const char *const standing[] = {"mark", "suppress", "lift"};
	struct telling t = {.f = f, .duty = duty, .now_us = now_us, .only_standing = true};
	int r = 0;

	f->taken = taken;
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(standing); i++)
		r = desk_duty_acts(desk, standing[i], 0, on_act, &t);
	return r ? r : tell_suppressions(f, &t);
}

int feed_acts(struct feed *f, struct desk_db *desk, struct duty *duty, int64_t now_us,
	      uint64_t *taken)
{
	struct telling t = {.f = f, .duty = duty, .now_us = now_us};
	int r = desk_duty_acts(desk, NULL, f->taken, on_act, &t);

	r = r ? r : tell_suppressions(f, &t);
	*taken = f->taken;
	return r;
}

/* ---- incidents ---- */

static int on_change(void *userdata, const struct store_change *c)
{
	struct feed *f = userdata;

	if (f->n == f->room) {
		size_t room = f->room ? f->room * 2 : 64;
		void *grown = room > LISTED_MAX ? NULL : realloc(f->list, room * sizeof(*f->list));

		if (!grown)
			return -ENOMEM;
		f->list = grown;
		f->room = room;
	}
	key_of(c->id, f->list[f->n].id);
	f->list[f->n].revision = c->revision;
	f->list[f->n++].closed = c->state == FINDING_CLOSED;
	if (c->row > f->row)
		f->row = c->row;
	return 0;
}

/* What a case may hang on; of an attack that only goes on it changes every few minutes. */
static uint64_t shape_of(const struct incident *inc)
{
	unsigned which[FINDING_VECTORS_MAX], n = incident_vectors(inc, which);
	uint64_t shape = (uint64_t)(inc->f.last_us / SHAPE_US) * 8 + (uint64_t)inc->f.state + 1;

	for (unsigned i = 0; i < n; i++)
		shape = shape * 1000003 + (uint64_t)inc->f.vectors[which[i]].vector;
	return shape;
}

static void hear(struct feed *f, struct known *k, const struct incident *inc)
{
	uint64_t shape = shape_of(inc);

	if (!f->heard || (k && k->shape == shape))
		return;
	if (k)
		k->shape = shape;
	f->heard(f->userdata, inc);
}

static int tell(struct feed *f, struct known *k, struct store *watch, struct duty *duty,
		const char *id, int64_t now_us)
{
	_cleanup_incident_ struct incident *inc = NULL;
	int r = store_get(watch, id, &inc);

	if (r == STORE_NOT_FOUND) /* it was too old to be kept */
		return 0;
	if (r == STORE_BROKEN) {
		log_error("incident-unread", "incident=%.20s", id);
		return 0;
	}
	if (r)
		return r;
	hear(f, k, inc);
	return duty_incident(duty, inc, now_us);
}

static int tell_listed(struct feed *f, struct store *watch, struct duty *duty, int64_t now_us)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct listed *l = &f->list[i];
		struct known *k =
			l->closed ? map_get(f->known, l->id) : map_put(f->known, l->id, NULL);
		int r = 0;

		if (!l->closed && !k)
			log_error("incidents-turned-away", "incident=%s", l->id);
		if (k)
			k->look = f->look;
		if (!k || k->revision != l->revision)
			r = tell(f, k, watch, duty, l->id, now_us);
		if (r)
			return r;
		if (k)
			k->revision = l->revision;
		if (k && l->closed)
			map_remove(f->known, l->id);
	}
	return 0;
}

/* One that was open and is not listed any more has closed. */
static bool next_closed(struct feed *f, char *id)
{
	const void *key;
	void *value;

	for (size_t at = 0; map_next(f->known, &at, &key, &value);) {
		if (((struct known *)value)->look == f->look)
			continue;
		memcpy(id, key, INCIDENT_ID_MAX);
		return true;
	}
	return false;
}

int feed_incidents(struct feed *f, struct store *watch, struct duty *duty, int64_t now_us)
{
	char id[INCIDENT_ID_MAX];
	int r = f->row < 0 ? store_row_since(watch, now_us - BACK_US, &f->row) : 0;

	f->n = 0;
	f->look++;
	r = r ? r : store_changes(watch, f->row, on_change, f);
	r = r ? r : tell_listed(f, watch, duty, now_us);
	while (r == 0 && next_closed(f, id)) {
		r = tell(f, NULL, watch, duty, id, now_us);
		if (r == 0)
			map_remove(f->known, id);
	}
	return r;
}
