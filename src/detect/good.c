/* SPDX-License-Identifier: ISC */
/*
 * Each object has slots of a minute of the receive clock. A slot keeps the records of least rank
 * (bottom-k), where a rank is a hash of the record's number: every record of the minute has the
 * same chance, and neither threads nor batches change the choice. So each minute weighs alike in
 * the sample, however busy it was, and an attack that nobody has seen yet pushes out no more than
 * what its own minute holds.
 */
#include "detect/good.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hash.h"

#define SLOT_US	   (60 * US_PER_S)
#define SLOTS	   61 /* an hour of whole ones and the one that is being filled */
#define SLOT_ROOM  (EVIDENCE_MAX / SLOTS)
#define OPEN_MAX   256
#define SLOT_NEVER INT64_MIN
/* An attack's first packets may lie before what was read as its start. */
#define BEFORE_US US_PER_S

struct ranked {
	uint64_t rank;
	struct evidence_record e;
};

struct slot {
	int64_t number; /* of minutes since 1970 */
	struct ranked *kept;
	unsigned n, room;
	unsigned worst; /* index of the largest rank, once the slot is full */
};

struct good_object {
	char name[CONF_NAME_MAX];
	struct slot slot[SLOTS];
};

struct good {
	struct good_object **of; /* by index in the configuration; NULL without consent */
	size_t n_of, n_consenting;
	struct prefix open[OPEN_MAX];
	unsigned n_open, n_unlisted; /* attacks; while one is not listed nothing is sampled */
	struct evidence_record *out; /* EVIDENCE_MAX, what good_sample() lends */
};

static void empty_slot(struct slot *s)
{
	free(s->kept);
	*s = (struct slot){.number = SLOT_NEVER};
}

static struct good_object *object_free(struct good_object *o)
{
	for (unsigned i = 0; o && i < SLOTS; i++)
		free(o->slot[i].kept);
	free(o);
	return NULL;
}

static void free_objects(struct good_object **of, size_t n)
{
	for (size_t i = 0; of && i < n; i++)
		object_free(of[i]);
	free(of);
}

struct good *good_new(void)
{
	return calloc(1, sizeof(struct good));
}

struct good *good_free(struct good *g)
{
	if (!g)
		return NULL;
	free_objects(g->of, g->n_of);
	free(g->out);
	free(g);
	return NULL;
}

static struct good_object *object_new(const char *name)
{
	struct good_object *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	memcpy(o->name, name, strnlen(name, sizeof(o->name) - 1));
	for (unsigned i = 0; i < SLOTS; i++)
		o->slot[i].number = SLOT_NEVER;
	return o;
}

/* Objects known by name move over; for the others an empty one is made. */
static void take_known(struct good *g, struct good_object **of, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; of[i] && k < g->n_of; k++)
			if (g->of[k] && strcmp(g->of[k]->name, of[i]->name) == 0) {
				object_free(of[i]);
				of[i] = take_ptr(g->of[k]);
			}
}

/* An empty one for each object that consents, and room to lend a sample from. */
static int make_objects(struct good *g, struct good_object **of, const struct conf *conf, size_t *n)
{
	for (size_t i = 0; i < conf->n_objects; i++) {
		if (!conf->objects[i].sample_consent[0])
			continue;
		of[i] = object_new(conf->objects[i].name);
		if (!of[i])
			return -ENOMEM;
		++*n;
	}
	if (*n && !g->out)
		g->out = malloc(EVIDENCE_MAX * sizeof(*g->out));
	return *n && !g->out ? -ENOMEM : 0;
}

int good_reconf(struct good *g, const struct conf *conf)
{
	struct good_object **of = calloc(conf->n_objects + 1, sizeof(struct good_object *));
	size_t n = 0;

	if (!of || make_objects(g, of, conf, &n) < 0) {
		free_objects(of, conf->n_objects);
		return -ENOMEM;
	}
	take_known(g, of, conf->n_objects);
	free_objects(g->of, g->n_of);
	g->of = of;
	g->n_of = conf->n_objects;
	g->n_consenting = n;
	return 0;
}

bool good_wants(const struct good *g)
{
	return g->n_consenting > 0;
}

static bool under_attack(const struct good *g, const struct ip *dst)
{
	for (unsigned i = 0; i < g->n_open; i++)
		if (prefix_contains(&g->open[i], dst))
			return true;
	return g->n_unlisted > 0;
}

static void find_worst(struct slot *s)
{
	s->worst = 0;
	for (unsigned i = 1; i < s->n; i++)
		if (s->kept[i].rank > s->kept[s->worst].rank)
			s->worst = i;
}

static int make_room(struct slot *s)
{
	unsigned room = s->room ? s->room * 2 : 16;
	struct ranked *p;

	if (s->n < s->room)
		return 0;
	room = room > SLOT_ROOM ? SLOT_ROOM : room;
	p = realloc(s->kept, room * sizeof(*p));
	if (!p)
		return -ENOMEM;
	s->kept = p;
	s->room = room;
	return 0;
}

int good_count(struct good *g, const struct conf *conf, uint64_t number,
	       const struct evidence_record *e)
{
	const struct conf_object *to = conf_object(conf, &e->flow.dst);
	size_t object = to ? (size_t)(to - conf->objects) : SIZE_MAX;
	struct good_object *o = object < g->n_of ? g->of[object] : NULL;
	uint64_t rank = hash_u64(number, HASH_K2);
	unsigned at;
	struct slot *s;

	if (!o || e->recv_us < 0)
		return 0;
	s = &o->slot[e->recv_us / SLOT_US % SLOTS];
	if (s->number != e->recv_us / SLOT_US) {
		empty_slot(s);
		s->number = e->recv_us / SLOT_US;
	}
	if (s->n == SLOT_ROOM && rank >= s->kept[s->worst].rank)
		return 0;
	if (under_attack(g, &e->flow.dst))
		return 0;
	if (s->n < SLOT_ROOM && make_room(s) < 0)
		return -ENOMEM;
	at = s->n < SLOT_ROOM ? s->n++ : s->worst;
	s->kept[at] = (struct ranked){.rank = rank, .e = *e};
	if (s->n == SLOT_ROOM)
		find_worst(s);
	return 0;
}

/* Records to @target that ended at @from_us or later. */
static void take_out(struct slot *s, const struct prefix *target, int64_t from_us)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->n; i++) {
		const struct evidence_record *e = &s->kept[i].e;

		if (e->last_us < from_us || !prefix_contains(target, &e->flow.dst))
			s->kept[n++] = s->kept[i];
	}
	s->n = n;
}

void good_begin(struct good *g, const struct prefix *target, int64_t first_us)
{
	if (g->n_open < OPEN_MAX)
		g->open[g->n_open++] = *target;
	else
		g->n_unlisted++;
	for (size_t i = 0; i < g->n_of; i++)
		for (unsigned k = 0; g->of[i] && k < SLOTS; k++)
			take_out(&g->of[i]->slot[k], target, first_us - BEFORE_US);
}

void good_end(struct good *g, const struct prefix *target)
{
	for (unsigned i = 0; i < g->n_open; i++)
		if (prefix_equal(&g->open[i], target)) {
			g->open[i] = g->open[--g->n_open];
			return;
		}
	g->n_unlisted -= g->n_unlisted > 0;
}

static int by_reception(const void *a, const void *b)
{
	const struct evidence_record *x = a, *y = b;
	int c;

	if (x->recv_us != y->recv_us)
		return x->recv_us < y->recv_us ? -1 : 1;
	if (x->first_us != y->first_us)
		return x->first_us < y->first_us ? -1 : 1;
	c = memcmp(&x->flow, &y->flow, sizeof(x->flow));
	return c ? c : memcmp(&x->side, &y->side, sizeof(x->side));
}

struct header_sample good_sample(struct good *g, size_t object, int64_t clock_us)
{
	struct good_object *o = object < g->n_of ? g->of[object] : NULL;
	struct header_sample sample = {.record = g->out};

	for (unsigned k = 0; o && k < SLOTS; k++)
		for (unsigned i = 0; i < o->slot[k].n; i++) {
			const struct evidence_record *e = &o->slot[k].kept[i].e;

			if (e->recv_us <= clock_us && clock_us - e->recv_us <= GOOD_SPAN_US)
				sample.record[sample.n++] = *e;
		}
	if (sample.n)
		qsort(sample.record, sample.n, sizeof(*sample.record), by_reception);
	return sample;
}

void good_drop(struct good *g)
{
	for (size_t i = 0; i < g->n_of; i++)
		for (unsigned k = 0; g->of[i] && k < SLOTS; k++)
			empty_slot(&g->of[i]->slot[k]);
	g->n_open = g->n_unlisted = 0;
}

uint64_t good_memory(const struct good *g)
{
	uint64_t n = sizeof(*g) + g->n_of * sizeof(struct good_object *) +
		     (g->out ? EVIDENCE_MAX * sizeof(*g->out) : 0);

	for (size_t i = 0; i < g->n_of; i++)
		for (unsigned k = 0; g->of[i] && k < SLOTS; k++)
			n += g->of[i]->slot[k].room * sizeof(struct ranked);
	return n;
}
