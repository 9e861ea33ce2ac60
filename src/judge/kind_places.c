/* SPDX-License-Identifier: ISC */
/*
 * In which countries and origin ASes the sources are, of those alone that are shown real: the place
 * of a forged address says nothing of who sent it.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "judge/kind_sample.h"
#include "judge/scope.h"
#include "place/place.h"

#define TABLES_MAX 16 /* tables that are told apart when the one is looked for that says most */

enum place_by { BY_COUNTRY, BY_ASN, BYS };

/* No padding: it is compared as bytes. */
struct group_key {
	uint32_t place; /* two letters, or an AS number */
	uint16_t by, reflectors;
};

struct group {
	uint64_t packets, sources;
	struct {
		char country[3];
		uint64_t packets;
	} most; /* of an AS the country of most of its packets, by a majority vote */
};

/* Packets by the table that placed them. */
struct told_by {
	const struct place_source *table[TABLES_MAX];
	uint64_t packets[TABLES_MAX];
	unsigned n;
};

struct tally {
	struct map *groups; /* struct group_key -> struct group */
	struct told_by tables[BYS];
	uint64_t real, without[BYS];
};

static void vote(struct group *g, const struct sample_source *s)
{
	if (strcmp(g->most.country, s->country) == 0) {
		g->most.packets += s->packets;
	} else if (g->most.packets >= s->packets) {
		g->most.packets -= s->packets;
	} else {
		g->most.packets = s->packets - g->most.packets;
		memcpy(g->most.country, s->country, sizeof(g->most.country));
	}
}

static void note_table(struct told_by *t, const struct place_source *table, uint64_t packets)
{
	unsigned i = 0;

	while (i < t->n && t->table[i] != table)
		i++;
	if (i == TABLES_MAX || !table)
		return;
	if (i == t->n)
		t->table[t->n++] = table;
	t->packets[i] += packets;
}

static int add_to(struct tally *t, const struct sample_source *s, enum place_by by, uint32_t place,
		  const struct place_source *table)
{
	struct group_key key = {place, (uint16_t)by, s->kind == KIND_REFLECTORS};
	struct group *g;

	if (!place) {
		t->without[by] += s->packets;
		return 0;
	}
	g = map_put(t->groups, &key, NULL);
	if (!g)
		return -ENOMEM;
	g->packets += s->packets;
	g->sources++;
	vote(g, s);
	note_table(&t->tables[by], table, s->packets);
	return 0;
}

static int add_source(struct tally *t, const struct sample_source *s)
{
	bool known = s->country[0] && !scope_is_region(s->country);
	uint32_t country =
		known ? (uint32_t)(uint8_t)s->country[0] << 8 | (uint8_t)s->country[1] : 0;
	int r;

	/* Beside a forged flood a few with connections are visitors. */
	if (s->kind == KIND_UNKNOWN && !(s->basis & BASIS_VERDICT))
		return 0;
	if (!kind_is_shown(s->basis) || kind_is_doubtful(s->basis))
		return 0;
	t->real += s->packets;
	r = add_to(t, s, BY_COUNTRY, country, s->said_country);
	return r ? r : add_to(t, s, BY_ASN, s->asn, s->said_asn);
}

/* A row of its list, where it is one of the largest. Equal ones in order of their place. */
static void put_row(struct source_place *list, unsigned *n, const struct source_place *row)
{
	unsigned at = *n;

	while (at > 0 &&
	       (list[at - 1].share < row->share ||
		(list[at - 1].share <= row->share &&
		 (list[at - 1].asn > row->asn || strcmp(list[at - 1].country, row->country) > 0))))
		at--;
	if (at == SOURCE_PLACES_EACH)
		return;
	*n += *n < SOURCE_PLACES_EACH;
	for (unsigned i = *n - 1; i > at; i--)
		list[i] = list[i - 1];
	list[at] = *row;
}

static void put_list(const struct tally *t, const struct source_sample *all, enum place_by by,
		     bool reflectors, struct source_places *out)
{
	const void *k;
	unsigned n = 0;
	void *v;

	for (size_t at = 0; map_next(t->groups, &at, &k, &v);) {
		const struct group_key *key = k;
		const struct group *g = v;
		struct source_place row = {.reflectors = reflectors,
					   .at_least = !all->whole,
					   .share = (double)g->packets / (double)all->packets,
					   .sources = g->sources};

		if (key->by != by || (key->reflectors != 0) != reflectors)
			continue;
		row.asn = by == BY_ASN ? key->place : 0;
		memcpy(row.country, g->most.country, sizeof(row.country));
		put_row(out->row + out->n, &n, &row);
	}
	out->n += n;
}

static void name_table(const struct told_by *t, struct source_place_table *out)
{
	unsigned most = 0;

	*out = (struct source_place_table){.dated_us = TIME_NONE};
	if (!t->n)
		return;
	for (unsigned i = 1; i < t->n; i++)
		most = t->packets[i] > t->packets[most] ? i : most;
	snprintf(out->name, sizeof(out->name), "%s", t->table[most]->name);
	out->dated_us = t->table[most]->dated_us;
}

int kinds_places(const struct source_sample *all, struct source_kinds *out)
{
	struct source_places *p = &out->places;
	struct tally t = {.groups = map_new(sizeof(struct group_key), sizeof(struct group), 0)};
	double packets = (double)all->packets;
	struct sample_source *s;
	int r = t.groups ? 0 : -ENOMEM;

	for (size_t at = 0; r == 0 && (s = sample_next(all, &at));)
		r = add_source(&t, s);
	for (unsigned i = 0; r == 0 && i < 2 * BYS; i++)
		put_list(&t, all, (enum place_by)(i / 2), i % 2, p);
	if (r == 0) {
		p->real = (double)t.real / packets;
		p->no_country = (double)t.without[BY_COUNTRY] / packets;
		p->no_asn = (double)t.without[BY_ASN] / packets;
		name_table(&t.tables[BY_COUNTRY], &p->countries);
		name_table(&t.tables[BY_ASN], &p->origins);
	}
	map_free(t.groups);
	return r;
}
