/* SPDX-License-Identifier: ISC */
/*
 * Links: the interfaces of exporters, by an index that records carry. An index stays with its
 * exporter, and what it says stays until it is used anew: detectors and incidents hold it for as
 * long as their windows and their lives are.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "observe/exporter_table.h"
#include "observe/flow.h"

static const struct conf_interface *interface_of(const struct conf *conf, const struct exporter *e,
						 uint32_t ifindex)
{
	for (size_t i = 0; conf && i < conf->n_interfaces; i++)
		if (conf->interfaces[i].ifindex == ifindex &&
		    strcmp(conf->interfaces[i].exporter, e->name) == 0)
			return &conf->interfaces[i];
	return NULL;
}

bool links_open(struct exporters *t)
{
	t->by_link = map_new(sizeof(struct link_key), sizeof(uint16_t), LINKS_MAX);
	t->links[0] = calloc(LINK_BLOCK, sizeof(*t->links[0]));
	t->n_links = 1;
	return t->by_link && t->links[0];
}

void links_close(struct exporters *t)
{
	map_free(t->by_link);
	for (size_t i = 0; i < LINK_BLOCKS; i++)
		free(t->links[i]);
}

static struct link *link_at(const struct exporters *t, unsigned i)
{
	return &t->links[i / LINK_BLOCK][i % LINK_BLOCK];
}

static void apply_conf(struct exporters *t, struct link *l)
{
	const struct conf_interface *c = interface_of(t->conf, t->items[l->exporter], l->ifindex);

	/* A speed learnt from counters stays when the configuration names none. */
	if (c && c->capacity_bps)
		l->speed_bps = c->capacity_bps;
	l->conf = c;
	l->side = (uint8_t)(c ? c->side : SIDE_UNKNOWN);
}

/* A capture asks once and keeps its link. */
static bool may_go(const struct exporters *t, const struct link *l)
{
	const struct exporter *e = t->items[l->exporter];

	return !l->idle && !l->conf && !e->is_capture && e->turn - l->turn >= EXPORTER_QUIET;
}

static void lay_idle(struct exporters *t, uint16_t index)
{
	struct link *l = link_at(t, index);
	struct link_key key = {l->exporter, l->ifindex};
	struct link_share *s = &t->share[l->exporter];
	struct exporter_part *part = &t->items[l->exporter]->tables[TABLE_LINKS];

	map_remove(t->by_link, &key);
	l->idle = true;
	l->next_idle = 0;
	if (s->idle_last)
		link_at(t, s->idle_last)->next_idle = index;
	else
		s->idle_first = index;
	s->idle_last = index;
	part->held--;
	part->evicted++;
}

static void sweep(struct exporters *t, uint16_t exporter)
{
	if (!exporter_may_sweep(t->items[exporter], TABLE_LINKS))
		return;
	for (unsigned i = 1; i < t->n_links; i++)
		if (link_at(t, i)->exporter == exporter && may_go(t, link_at(t, i)))
			lay_idle(t, (uint16_t)i);
}

/*
 * How many indexes an exporter may own. The second half of all is for equal parts, so that who
 * comes last finds his, whatever the others have taken of the first.
 */
static unsigned most_of(const struct exporters *t)
{
	unsigned all = LINKS_MAX - LINKS_KEPT, part = all / 2 / (t->n > 1 ? t->n - 1 : 1);

	if (t->n_links < all / 2)
		return LINKS_PER_EXPORTER;
	if (t->n_links >= all)
		return 0;
	return part < LINKS_PER_EXPORTER ? part : LINKS_PER_EXPORTER;
}

static uint16_t idle_index(struct exporters *t, struct link_share *s)
{
	uint16_t index = s->idle_first;

	if (!index)
		return LINK_UNKNOWN;
	s->idle_first = link_at(t, index)->next_idle;
	if (!s->idle_first)
		s->idle_last = 0;
	return index;
}

static uint16_t new_index(struct exporters *t, struct link_share *s)
{
	struct link **block = &t->links[t->n_links / LINK_BLOCK];

	if (t->n_links > LINKS_MAX)
		return LINK_UNKNOWN;
	if (!*block)
		*block = calloc(LINK_BLOCK, sizeof(**block));
	if (!*block) {
		text_note_lost(); /* the interface will be missing from what is said */
		return LINK_UNKNOWN;
	}
	s->owned++;
	return (uint16_t)t->n_links++;
}

/* @configured: has room where others have none. */
static uint16_t find_index(struct exporters *t, uint16_t exporter, bool configured)
{
	struct link_share *s = &t->share[exporter];

	if (!s->idle_first && s->owned >= most_of(t))
		sweep(t, exporter);
	if (s->idle_first)
		return idle_index(t, s);
	return configured || s->owned < most_of(t) ? new_index(t, s) : LINK_UNKNOWN;
}

static uint16_t add(struct exporters *t, const struct link_key *key, bool configured)
{
	struct exporter *e = t->items[key->exporter];
	uint16_t *slot = map_put(t->by_link, key, NULL), index;

	if (!slot) {
		text_note_lost();
		return LINK_UNKNOWN;
	}
	index = find_index(t, (uint16_t)key->exporter, configured);
	if (index == LINK_UNKNOWN) {
		map_remove(t->by_link, key);
		return LINK_UNKNOWN;
	}
	*(uint16_t *)map_get(t->by_link, key) = index;
	*link_at(t, index) = (struct link){
		.exporter = (uint16_t)key->exporter, .ifindex = key->ifindex, .turn = e->turn};
	e->tables[TABLE_LINKS].held++;
	apply_conf(t, link_at(t, index));
	return index;
}

uint16_t exporters_link(struct exporters *t, uint16_t exporter, uint32_t ifindex)
{
	struct link_key key = {exporter, ifindex};
	struct exporter_part *part;
	const uint16_t *found;
	uint16_t index = LINK_UNKNOWN;

	if (!ifindex || exporter >= t->n)
		return LINK_UNKNOWN;
	found = map_get(t->by_link, &key);
	if (found) {
		link_at(t, *found)->turn = t->items[exporter]->turn;
		return *found;
	}
	part = &t->items[exporter]->tables[TABLE_LINKS];
	if (door_may_pass(&t->door, &key, sizeof(key), part->held, most_of(t)))
		index = add(t, &key, false);
	part->refused += index == LINK_UNKNOWN;
	return index;
}

struct link *exporters_get_link(struct exporters *t, uint16_t link)
{
	return link_at(t, link < t->n_links ? link : 0);
}

bool exporters_name_link(struct exporters *t, uint16_t exporter, uint32_t ifindex,
			 const uint8_t *name, size_t n)
{
	struct link *l;
	uint16_t index;
	size_t len = 0;

	while (len < n && name[len])
		len++;
	while (len && name[len - 1] == ' ')
		len--;
	index = len ? exporters_link(t, exporter, ifindex) : LINK_UNKNOWN;
	if (index == LINK_UNKNOWN)
		return false;
	l = link_at(t, index);
	len = len < LINK_NAME_MAX - 1 ? len : LINK_NAME_MAX - 1;
	for (size_t i = 0; i < len; i++)
		l->name[i] = (char)(name[i] >= 0x20 && name[i] < 0x7f ? name[i] : '?');
	l->name[len] = '\0';
	return true;
}

unsigned exporters_link_count(const struct exporters *t)
{
	return t->n_links;
}

void links_configure(struct exporters *t)
{
	for (unsigned i = 1; i < t->n_links; i++)
		apply_conf(t, link_at(t, i));
	for (size_t i = 0; t->conf && i < t->conf->n_interfaces; i++)
		for (unsigned k = 1; k < t->n; k++) {
			const struct conf_interface *c = &t->conf->interfaces[i];
			struct link_key key = {k, c->ifindex};

			if (c->ifindex && strcmp(c->exporter, t->items[k]->name) == 0 &&
			    !map_get(t->by_link, &key))
				add(t, &key, true);
		}
}
