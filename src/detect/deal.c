/* SPDX-License-Identifier: ISC */
#include "detect/deal.h"

#include <stdlib.h>
#include <string.h>

#include "base/pages.h"
#include "detect/egress_hold.h"
#include "detect/load.h"

/* What is asked of a link for each record; asked of the exporters once in a batch. */
struct seen_link {
	uint16_t link;
	uint8_t side;
	bool followed;
	uint64_t grain; /* load.h */
};

#define SEEN_LINKS 16 /* few links carry most records that come together */

/*
 * What records that come together share. A record's own times change nothing unless they lie
 * outside of what is known: these limits, in milliseconds of the batch, tell without making
 * microseconds of each.
 */
struct together {
	const struct flow_batch *batch;
	int64_t recv_us;
	int64_t second_us; /* the second of arrival, */
	uint32_t second;   /* and its number */
	uint16_t exporter;
	struct exporter_watch *watch; /* its own; NULL: none was met in this batch */
	int64_t first_ms;	      /* a flow that begins no earlier changes nothing, */
	int64_t last_ms;	      /* nor one that ends no later, */
	uint64_t lasted_ms;	      /* nor one that lasted no longer */
};

struct pick {
	uint16_t record;
	uint8_t times;
};

/* What each shard is to count next; the numbers stand together, for they are written most. */
struct lists {
	struct shard_list list[SHARDS];
	struct shard_ends ends[FLOW_BATCH_MAX];
	uint32_t from, to; /* records of the batch */
	/* Those that count where they arrive and where they come from, in the order of input. */
	struct pick in_pick[FLOW_BATCH_MAX + 1], out_pick[FLOW_BATCH_MAX + 1];
	unsigned n_in, n_out;
	struct shard_entry in[SHARDS][FLOW_BATCH_MAX], out[SHARDS][FLOW_BATCH_MAX + 1];
	uint16_t seen[SHARDS][FLOW_BATCH_MAX + 1];
};

struct dealer {
	struct exporters *exporters;
	struct exporter_watch *watch;
	struct history *history;
	const struct shard *shard;
	struct lists *lists;
	struct loads *loads;
	const struct egress_hold *hold;
	struct together now;
	struct seen_link seen[SEEN_LINKS];
	uint64_t attacked; /* bit per shard that holds an open attack */
	uint64_t records, packets, bytes, dropped;
	int64_t first_us, last_us;
};

_Static_assert(SHARDS == 64, "a bit for each");

struct dealer *deal_new(struct exporters *exporters, struct exporter_watch *watch,
			struct history *history, const struct shard *shard, struct loads *loads,
			const struct egress_hold *hold)
{
	struct dealer *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->exporters = exporters;
	d->watch = watch;
	d->history = history;
	d->shard = shard;
	d->loads = loads;
	d->hold = hold;
	d->first_us = d->last_us = TIME_NONE;
	d->lists = pages_map(sizeof(*d->lists));
	if (!d->lists)
		return deal_free(d);
	for (unsigned i = 0; i < SHARDS; i++)
		d->lists->list[i] = (struct shard_list){
			.in = d->lists->in[i], .out = d->lists->out[i], .seen = d->lists->seen[i]};
	deal_forget_clocks(d);
	return d;
}

struct dealer *deal_free(struct dealer *d)
{
	if (d)
		pages_unmap(d->lists, sizeof(*d->lists));
	free(d);
	return NULL;
}

void deal_forget_clocks(struct dealer *d)
{
	for (unsigned i = 0; i <= EXPORTER_MAX; i++)
		d->watch[i].watermark_us = d->watch[i].recv_us = TIME_NONE;
	d->now.watch = NULL;
}

/* What is known of the unknown link (0): nothing is counted of it. */
static void forget_links(struct dealer *d)
{
	memset(d->seen, 0, sizeof(d->seen));
	d->seen[0].grain = UINT64_MAX;
}

void deal_begin(struct dealer *d, const struct flow_batch *b, uint32_t from)
{
	d->now.batch = b;
	d->now.watch = NULL;
	d->lists->from = d->lists->to = from;
	forget_links(d);
}

void deal_arrival(struct dealer *d, int64_t recv_us)
{
	struct together *t = &d->now;

	t->recv_us = recv_us;
	if (recv_us - t->second_us >= US_PER_S || recv_us < t->second_us) {
		int64_t second = time_floor_s(recv_us);

		t->second_us = second * US_PER_S;
		t->second = (uint32_t)second;
	}
	if (t->watch && recv_us > t->watch->recv_us)
		t->watch->recv_us = recv_us;
}

/* Whole milliseconds from the batch's epoch; -1 for all of before. */
static int64_t ms_of(const struct flow_batch *b, int64_t us)
{
	return us == TIME_NONE || us < b->epoch_us ? -1 : (us - b->epoch_us) / US_PER_MS;
}

static void find_limits(struct dealer *d, struct together *t)
{
	int64_t last_us = t->watch->watermark_us; /* TIME_NONE comes before all times */

	t->last_ms = ms_of(t->batch, d->last_us < last_us ? d->last_us : last_us) - 1;
	t->first_ms = d->first_us == TIME_NONE ? INT64_MAX : ms_of(t->batch, d->first_us) + 1;
	t->lasted_ms = (uint64_t)t->watch->longest_flow_s * 1000 + 998;
}

static void meet_exporter(struct dealer *d, uint16_t exporter)
{
	struct together *t = &d->now;
	struct exporter_watch *e = &d->watch[exporter <= EXPORTER_MAX ? exporter : 0];

	if (e->recv_us == TIME_NONE) {
		const struct exporter *x = exporters_get(d->exporters, exporter);

		e->capture = x && x->is_capture;
	}
	if (t->recv_us > e->recv_us)
		e->recv_us = t->recv_us;
	t->exporter = exporter;
	t->watch = e;
	find_limits(d, t);
}

/* Its last packet may be the newest yet: often so, for flows are told of as they end. */
static void note_last(struct dealer *d, const struct flow_batch *b, uint32_t i)
{
	struct together *t = &d->now;
	int64_t last_us = flow_last_us(b, i);

	d->last_us = last_us > d->last_us ? last_us : d->last_us;
	if (last_us > t->recv_us + 2 * US_PER_S)
		return;
	if (last_us > t->watch->watermark_us)
		t->watch->watermark_us = last_us;
	t->last_ms = (int64_t)b->flow[i].last_ms - 1;
}

static void note_first(struct dealer *d, const struct flow_batch *b, uint32_t i)
{
	struct exporter_watch *e = d->now.watch;
	int64_t first_us = flow_first_us(b, i), last_us = flow_last_us(b, i);

	if (d->first_us == TIME_NONE || first_us < d->first_us)
		d->first_us = first_us;
	if (last_us - first_us > e->longest_flow_s * US_PER_S + (US_PER_S - 1))
		e->longest_flow_s = (uint32_t)((last_us - first_us) / US_PER_S);
	find_limits(d, &d->now);
}

static __attribute__((noinline)) void ask_link(struct dealer *d, struct seen_link *m, uint16_t link)
{
	const struct link *l = exporters_get_link(d->exporters, link);

	*m = (struct seen_link){.link = link,
				.side = l ? l->side : SIDE_UNKNOWN,
				.followed = d->loads->of[link] && d->loads->of[link]->followed,
				.grain = loads_grain(d->loads, link)};
}

/* Emptied, each place knows the unknown link (0): no side, and no load that is counted. */
static inline const struct seen_link *see_link(struct dealer *d, uint16_t link)
{
	struct seen_link *m = &d->seen[link % SEEN_LINKS];

	if (__builtin_expect(m->link != link, 0))
		ask_link(d, m, link);
	return m;
}

/* A grain is full: its time is that of the record, none of it in the future. */
static __attribute__((noinline)) void spread_load(struct dealer *d, const struct flow_batch *b,
						  uint32_t i)
{
	int64_t first_us = flow_first_us(b, i), last_us = flow_last_us(b, i);

	if (last_us > d->now.recv_us + 2 * US_PER_S)
		last_us = d->now.recv_us;
	if (first_us > last_us)
		first_us = last_us;
	loads_spread(d->loads, b->flow[i].in_link, flow_weight(&b->side[i]), first_us, last_us);
}

/* What enters by the link, whatever else becomes of the record. */
static inline void count_load(struct dealer *d, const struct flow_batch *b, uint32_t i,
			      uint64_t bytes, uint64_t grain)
{
	uint64_t *due = &d->loads->due[b->flow[i].in_link];

	*due += bytes;
	if (__builtin_expect(*due >= grain, 0))
		spread_load(d, b, i);
}

/* How a record counts: by the sides of its links and by what its exporter reports else. */
static enum counting counting_of(const struct dealer *d, const struct flow *f,
				 const struct flow_side *s, uint8_t side)
{
	if ((s->flags & FLOW_EGRESS) && f->exporter <= EXPORTER_MAX && d->now.watch->saw_ingress)
		return COUNT_NOT; /* seen on its way in already */
	if (side == SIDE_UNKNOWN)
		return COUNT_BY_MAX;
	/* Own traffic passes inside interfaces at every router on its way out. */
	if (conf_is_own(d->history->conf, &f->src))
		return COUNT_BY_MAX;
	/* Foreign traffic further inside entered elsewhere. */
	return side == SIDE_OUTSIDE ? COUNT_ENTRY : COUNT_SEEN;
}

/*
 * Who counts it? Own answers leave through any interface; the sender's hears of them. Written
 * without a branch, for whether a record counts is anybody's guess: a wrong one costs as much as
 * this function.
 */
static void pick_record(struct dealer *d, uint32_t i, struct shard_ends e, uint8_t times)
{
	const struct shard *from = &d->shard[e.out];
	uint8_t in = shard_times(&d->shard[e.in], e.in_filter, times);
	uint8_t out = shard_times(from, e.out_filter, times);
	struct lists *l = d->lists;

	l->in_pick[l->n_in] = (struct pick){(uint16_t)i, in};
	l->n_in += in != 0;
	l->out_pick[l->n_out] = (struct pick){(uint16_t)i, out};
	l->n_out += (out != 0) & shard_has(from->filter, e.out_filter);
}

/* What was picked goes to the shards. */
static void list_records(struct dealer *d)
{
	struct lists *l = d->lists;
	const struct flow *flow = d->now.batch->flow;

	for (unsigned k = 0; k < l->n_in; k++) {
		struct pick p = l->in_pick[k];
		struct shard_list *to = &l->list[l->ends[p.record].in];
		uint64_t hash = cells_hash(&flow[p.record].dst);

		cells_near(&d->shard[l->ends[p.record].in].cells[0], hash);
		history_find_kind(d->history, d->history->batch_from + p.record);
		to->in[to->n_in++] = (struct shard_entry){hash, p.record, p.times};
	}
	for (unsigned k = 0; k < l->n_out; k++) {
		struct pick p = l->out_pick[k];
		struct shard_list *to = &l->list[l->ends[p.record].out];

		history_find_kind(d->history, d->history->batch_from + p.record);
		to->out[to->n_out++] = (struct shard_entry){0, p.record, p.times};
	}
	l->n_in = l->n_out = 0;
	for (unsigned i = 0; i < SHARDS; i++)
		l->list[i].out[l->list[i].n_out].record = SHARD_LIST_END;
}

/*
 * It counts elsewhere, but what it goes to may be attacked. Not inlined: where nothing is, none
 * comes here.
 */
static __attribute__((noinline)) void list_seen(struct dealer *d, uint32_t i, struct shard_ends e)
{
	struct shard_list *to = &d->lists->list[e.in];

	if (!shard_has(d->shard[e.in].attacked, e.in_filter))
		return;
	history_find_kind(d->history, d->history->batch_from + i);
	to->seen[to->n_seen++] = (uint16_t)i;
	to->seen[to->n_seen] = SHARD_LIST_END;
}

/* On its way out of an exporter that has told of nothing on its way in, yet. */
static bool is_early(const struct dealer *d, const struct flow_side *s)
{
	const struct exporter_watch *w = d->now.watch;

	return (s->flags & FLOW_EGRESS) && !w->saw_ingress && !w->egress_alone &&
	       !record_hold_full(&d->hold->wait);
}

/* It has its number, for each record of a batch has; nothing else is known of it now. */
static enum dealt put_off(struct dealer *d, uint32_t i)
{
	const struct flow_batch *b = d->now.batch;

	history_put(d->history, &b->flow[i], &b->side[i], d->now.second, COUNT_NOT);
	d->lists->to = i + 1;
	d->lists->ends[i] = (struct shard_ends){.in = SHARD_NONE, .out = SHARD_NONE};
	return DEALT_HOLD;
}

enum dealt deal_record(struct dealer *d, uint32_t i)
{
	const struct flow_batch *b = d->now.batch;
	const struct flow *f = &b->flow[i];
	const struct flow_side *s = &b->side[i];
	const struct seen_link *link = see_link(d, f->in_link);
	struct shard_ends e;
	enum counting counting;
	uint32_t weight = flow_weight(s);
	uint64_t bytes = weighted(f->bytes, weight);
	uint8_t times;

	if (!d->now.watch || d->now.exporter != f->exporter)
		meet_exporter(d, f->exporter);
	if (__builtin_expect(is_early(d, s), 0))
		return put_off(d, i);
	if (f->last_ms > d->now.last_ms)
		note_last(d, b, i);
	if ((f->first_ms < d->now.first_ms) | (f->last_ms - f->first_ms > d->now.lasted_ms))
		note_first(d, b, i);
	d->now.watch->saw_ingress |= !(s->flags & FLOW_EGRESS);
	counting = counting_of(d, f, s, link->side);
	e.in = (uint8_t)shard_of(&f->dst, &e.in_filter);
	e.out = (uint8_t)shard_of(&f->src, &e.out_filter);
	times = (uint8_t)history_put(d->history, f, s, d->now.second, counting);
	d->records++;
	d->packets += weighted(f->packets, weight);
	d->bytes += bytes;
	/* Told of on its way out, it was told of on its way in: by another link. */
	if (!(s->flags & FLOW_EGRESS) || !d->now.watch->saw_ingress)
		count_load(d, b, i, bytes, link->grain);
	d->lists->to = i + 1;
	d->lists->ends[i] = e;
	if (counting >= COUNT_NOT) {
		d->lists->ends[i].in = d->lists->ends[i].out = SHARD_NONE;
		d->dropped++;
		if (counting == COUNT_SEEN && (d->attacked >> e.in & 1))
			list_seen(d, i, e);
		return DEALT_NOT;
	}
	pick_record(d, i, e, times);
	return link->followed ? DEALT_BY_LINK : DEALT;
}

void deal_note_attacks(struct dealer *d, bool any)
{
	d->attacked = 0;
	for (unsigned i = 0; any && i < SHARDS; i++)
		for (unsigned k = 0; k < FILTER_WORDS; k++)
			d->attacked |= (uint64_t)(d->shard[i].attacked[k] != 0) << i;
}

struct shard_slice deal_slice(struct dealer *d)
{
	list_records(d);
	return (struct shard_slice){d->lists->ends, d->lists->from, d->lists->to};
}

struct shard_list *deal_list(struct dealer *d, unsigned index)
{
	return &d->lists->list[index];
}

void deal_clear(struct dealer *d)
{
	for (unsigned i = 0; i < SHARDS; i++)
		d->lists->list[i].n_in = d->lists->list[i].n_out = d->lists->list[i].n_seen = 0;
	d->lists->from = d->lists->to;
	forget_links(d); /* what is followed may have changed */
}

void deal_stats(const struct dealer *d, struct detect_stats *out)
{
	out->records = d->records;
	out->packets = d->packets;
	out->bytes = d->bytes;
	out->dedup_dropped = d->dropped;
	out->first_us = d->first_us;
	out->last_us = d->last_us;
}
