/* SPDX-License-Identifier: ISC */
/*
 * What counting a list of records will need is asked of memory before: all hosts of all shards,
 * then what those lead to, then their widest prefixes. A table of 40 MB answers after 100 ns, but
 * sixteen questions at a time; without this the waiting was a third of the whole path.
 */
#include "detect/busy.h"

/* A flood's records come one after the other: what one needs was fetched for the one before. */
static bool is_again(const struct shard_list *list, unsigned i)
{
	return i && list->in[i].hash == list->in[i - 1].hash;
}

void shard_fetch(const struct shard *s, struct shard_list *list)
{
	for (unsigned i = 0; i < list->n_in; i++)
		list->in[i].cell = is_again(list, i) ? list->in[i - 1].cell
						     : cells_guess(&s->cells[0], list->in[i].hash);
	list->moves = s->cells[0].moves;
}

/* Most likely a prefix has the cell that @narrower remembers. */
static const struct cell *noted(const struct shard *s, const struct cell *narrower, unsigned l)
{
	return narrower ? cells_noted(&s->cells[l], narrower) : NULL;
}

static uint64_t level_hash(const struct ip *dst, unsigned l)
{
	struct ip key = level_key(dst, l);

	return cells_hash(&key);
}

static void fetch_usual(const struct shard *s, const struct cell *c, uint32_t second)
{
	if (c && c->busy)
		usual_fetch(s->busy[c->busy - 1], second);
}

/* What is usual at the host, and its /24; where that is not known, what says where prefixes are. */
static void fetch_from_host(const struct shard *s, const struct shard_world *w,
			    const struct ip *dst, const struct shard_entry *e, uint32_t second)
{
	uint64_t number = w->history->batch_from + e->record;
	const struct cell *c = cells_at(&s->cells[0], e->cell, dst), *wider = noted(s, c, 1);

	fetch_usual(s, c, second);
	for (unsigned l = 1; l < LEVELS && thinning_counts(&w->thinning, number, e->times, l);
	     l++) {
		if (!wider)
			cells_near(&s->cells[l], level_hash(dst, l));
		else if (l == 1)
			__builtin_prefetch(wider, 1);
	}
}

/* What is usual at the /24, and the /20. */
static void fetch_from_prefix(const struct shard *s, const struct shard_world *w,
			      const struct ip *dst, const struct shard_entry *e, uint32_t second)
{
	uint64_t number = w->history->batch_from + e->record;
	const struct cell *c, *wider;

	if (!thinning_counts(&w->thinning, number, e->times, 1))
		return;
	c = noted(s, cells_at(&s->cells[0], e->cell, dst), 1);
	wider = noted(s, c, 2);
	fetch_usual(s, c, second);
	if (!c)
		cells_guess(&s->cells[1], level_hash(dst, 1));
	if (!thinning_counts(&w->thinning, number, e->times, 2))
		return;
	if (wider)
		__builtin_prefetch(wider, 1);
	else
		cells_guess(&s->cells[2], level_hash(dst, 2));
}

static inline void
each_once(const struct shard *s, const struct shard_world *w, const struct shard_list *list,
	  void (*fetch)(const struct shard *s, const struct shard_world *w, const struct ip *dst,
			const struct shard_entry *e, uint32_t second))
{
	const struct flow *flow = w->history->batch->flow;
	uint32_t second = (uint32_t)time_floor_s(w->clock_us);

	for (unsigned i = 0; i < list->n_in; i++)
		if (!is_again(list, i))
			fetch(s, w, &flow[list->in[i].record].dst, &list->in[i], second);
}

void shard_fetch_more(const struct shard *s, const struct shard_world *w,
		      const struct shard_list *list)
{
	each_once(s, w, list, fetch_from_host);
}

/* All /20s, too, are fetched before any is counted: those of few records would come too late. */
void shard_fetch_wide(const struct shard *s, const struct shard_world *w,
		      const struct shard_list *list)
{
	each_once(s, w, list, fetch_from_prefix);
}
