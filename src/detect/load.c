/* SPDX-License-Identifier: ISC */
#include "detect/load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define GRAINS		1024 /* of a full second */
#define GRAINS_LITTLE	256  /* of any second */
#define GRAIN_LEAST	1500
#define GRAIN_UNKNOWN	65536 /* of a link of which nothing is known yet */
#define CONFIGURED_PART 2     /* the last half of all is for configured interfaces */

int loads_init(struct loads *l, struct exporters *exporters)
{
	*l = (struct loads){.exporters = exporters};
	l->due = calloc(LINKS_MAX + 1, sizeof(*l->due));
	l->of = calloc(LINKS_MAX + 1, sizeof(struct link_load *));
	/* Whole, so that no link's first grain needs memory; a page is taken when it is first used.
	 */
	l->all = calloc(LOADS_MAX, sizeof(*l->all));
	return l->due && l->of && l->all ? 0 : -ENOMEM;
}

void loads_deinit(struct loads *l)
{
	free(l->all);
	free(l->of);
	free(l->due);
}

static void set_look_at(const struct loads *l, struct link_load *load)
{
	uint64_t capacity_bps = exporters_get_link(l->exporters, load->link)->speed_bps;

	load->look_at =
		capacity_bps && l->look_percent ? capacity_bps / 800 * l->look_percent : UINT64_MAX;
}

/*
 * A part of what the link can carry, less where it carries little, so that a second never consists
 * of a few grains only. Changed here alone, at ticks, so that nothing depends on how the sensor cut
 * its batches.
 */
static void set_grain(const struct loads *l, struct link_load *load)
{
	uint64_t most = exporters_get_link(l->exporters, load->link)->speed_bps / 8 / GRAINS;
	uint64_t did = load->newest_s == INT64_MIN ? 0 : load_bytes(load, load->newest_s - 1, 1);

	load->grain = did ? did / (most ? GRAINS_LITTLE : GRAINS) : GRAIN_UNKNOWN;
	if (most && most < load->grain)
		load->grain = most;
	if (load->grain < GRAIN_LEAST)
		load->grain = GRAIN_LEAST;
}

void loads_refresh(struct loads *l)
{
	for (unsigned i = 0; i < l->n; i++) {
		set_look_at(l, &l->all[i]);
		set_grain(l, &l->all[i]);
	}
}

uint64_t loads_grain(const struct loads *l, uint16_t link)
{
	if (link == LINK_UNKNOWN)
		return UINT64_MAX;
	return l->of[link] ? l->of[link]->grain : GRAIN_UNKNOWN;
}

void loads_reconf(struct loads *l, uint32_t percent)
{
	l->look_percent = percent;
	loads_refresh(l);
}

static void begin(struct link_load *load, const struct link *link, uint16_t index)
{
	*load = (struct link_load){.link = index,
				   .exporter = link->exporter,
				   .ifindex = link->ifindex,
				   .newest_s = INT64_MIN,
				   .begun_s = INT64_MIN};
}

/* Its own, or that of another interface which had the index before: then it begins anew. */
static struct link_load *take(struct loads *l, uint16_t index)
{
	const struct link *link = exporters_get_link(l->exporters, index);
	struct link_load *load = l->of[index];

	if (load && load->ifindex == link->ifindex && load->exporter == link->exporter)
		return load;
	if (!load) {
		unsigned room = link->conf ? LOADS_MAX : LOADS_MAX / CONFIGURED_PART;

		if (l->n >= room)
			return NULL;
		l->of[index] = load = &l->all[l->n++];
	}
	begin(load, link, index);
	set_look_at(l, load);
	load->grain = GRAIN_UNKNOWN;
	return load;
}

static void advance(struct link_load *load, int64_t second)
{
	int64_t from = load->newest_s + 1;

	if (second <= load->newest_s)
		return;
	if (load->newest_s == INT64_MIN) {
		load->begun_s = second;
		from = second - LOAD_RING_S + 1;
	} else if (second - from >= LOAD_RING_S)
		from = second - LOAD_RING_S + 1;
	for (int64_t s = from; s <= second; s++)
		load->bytes[(uint64_t)s % LOAD_RING_S] = 0;
	load->newest_s = second;
}

static void put(struct link_load *load, int64_t second, uint64_t bytes)
{
	uint64_t *at = &load->bytes[(uint64_t)second % LOAD_RING_S];

	if (second <= load->newest_s - LOAD_RING_S)
		return;
	*at += bytes;
	load->near |= *at >= load->look_at;
}

static uint64_t share_of(uint64_t bytes, double share)
{
	return (uint64_t)((double)bytes * share);
}

void loads_spread(struct loads *l, uint16_t link, uint32_t weight, int64_t first_us,
		  int64_t last_us)
{
	uint64_t bytes = l->due[link], done, each;
	int64_t first_s = time_floor_s(first_us), last_s = time_floor_s(last_us);
	struct link_load *load = take(l, link);
	double total_us;

	l->due[link] = 0;
	if (!load) {
		l->refused++;
		return;
	}
	if (weight > load->weight)
		load->weight = weight;
	advance(load, last_s);
	if (load->begun_s > first_s)
		load->begun_s = first_s;
	if (first_s == last_s) {
		put(load, last_s, bytes);
		return;
	}
	if (last_s - first_s >= LOAD_RING_S) {
		first_s = last_s - LOAD_RING_S + 1;
		first_us = first_s * US_PER_S;
	}
	/* Whole seconds alike; the last takes what is left, so that rounding loses nothing. */
	total_us = (double)(last_us - first_us);
	done = share_of(bytes, (double)((first_s + 1) * US_PER_S - first_us) / total_us);
	each = share_of(bytes, (double)US_PER_S / total_us);
	put(load, first_s, done);
	for (int64_t s = first_s + 1; s < last_s; s++, done += each)
		put(load, s, each);
	put(load, last_s, bytes > done ? bytes - done : 0);
}

const struct link_load *loads_get(const struct loads *l, uint16_t index)
{
	const struct link_load *load = l->of[index];
	const struct link *link = load ? exporters_get_link(l->exporters, index) : NULL;

	return load && load->newest_s != INT64_MIN && load->ifindex == link->ifindex &&
			       load->exporter == link->exporter
		       ? load
		       : NULL;
}

uint64_t load_bytes(const struct link_load *l, int64_t second, unsigned n)
{
	uint64_t sum = 0;

	for (int64_t s = second - n + 1; s <= second; s++)
		if (s <= l->newest_s && s > l->newest_s - LOAD_RING_S)
			sum += l->bytes[(uint64_t)s % LOAD_RING_S];
	return sum;
}

void loads_drop(struct loads *l)
{
	for (unsigned i = 0; i < l->n; i++)
		l->all[i].newest_s = l->all[i].begun_s = INT64_MIN;
	for (unsigned i = 0; i < l->n; i++)
		l->all[i].near = false;
}

uint64_t loads_memory(const struct loads *l)
{
	return l->n * sizeof(struct link_load) +
	       (LINKS_MAX + 1) * (sizeof(*l->due) + sizeof(struct link_load *));
}
