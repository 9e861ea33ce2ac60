/* SPDX-License-Identifier: ISC */
#include "detect/history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/pages.h"
#include "detect/hot_inside.h"

#define REPLAY_US (2 * US_PER_S)

struct kept {
	struct flow flow[HISTORY_ROOM] __attribute__((aligned(64)));
	struct flow_side side[HISTORY_ROOM];
	struct mark mark[HISTORY_ROOM];
	int64_t epoch_us[HISTORY_ROOM];
};

int history_init(struct history *h)
{
	kinds_init(&h->kinds);
	h->kept = pages_map(sizeof(*h->kept));
	if (!h->kept)
		return -ENOMEM;
	h->flow = h->kept->flow;
	h->side = h->kept->side;
	h->mark = h->kept->mark;
	h->epoch_us = h->kept->epoch_us;
	return 0;
}

void history_deinit(struct history *h)
{
	pages_unmap(h->kept, sizeof(*h->kept));
}

void history_begin(struct history *h, const struct flow_batch *b, uint32_t from)
{
	h->batch = b;
	h->batch_first = h->end;
	h->batch_from = h->end - from;
}

/*
 * Past the caches where that can be told: seldom is any of it read again, and the tables of
 * destinations need the room.
 */
static void copy_lines(void *to, const void *from, size_t n)
{
#ifdef __SSE2__
	const __m128i *in = from;
	__m128i *out = to;

	for (; n; n -= 64, in += 4, out += 4) {
		_mm_stream_si128(&out[0], _mm_load_si128(&in[0]));
		_mm_stream_si128(&out[1], _mm_load_si128(&in[1]));
		_mm_stream_si128(&out[2], _mm_load_si128(&in[2]));
		_mm_stream_si128(&out[3], _mm_load_si128(&in[3]));
	}
	_mm_sfence();
#else
	memcpy(to, from, n);
#endif
}

/* Records @from to @to of the batch, whose places in the ring do not wrap. */
static void keep_some(struct history *h, uint64_t from, uint64_t to)
{
	const struct flow_batch *b = h->batch;
	uint64_t at = from % HISTORY_ROOM, i = from - h->batch_from;

	copy_lines(&h->flow[at], &b->flow[i], (to - from) * sizeof(*h->flow));
	copy_lines(&h->side[at], &b->side[i], (to - from) * sizeof(*h->side));
	for (uint64_t k = at; k < at + (to - from); k++)
		h->epoch_us[k] = b->epoch_us;
}

void history_keep(struct history *h)
{
	uint64_t wraps = (h->batch_first / HISTORY_ROOM + 1) * HISTORY_ROOM;

	if (wraps < h->end) {
		keep_some(h, h->batch_first, wraps);
		keep_some(h, wraps, h->end);
	} else {
		keep_some(h, h->batch_first, h->end);
	}
	h->batch = NULL;
	h->batch_from = h->batch_first = h->end;
}

/* A record's own times: of the batch it is in, or of the one that it came in. */
struct times {
	int64_t first_us, last_us, recv_us;
};

static struct times times_of(const struct history *h, uint64_t number, const struct flow *f,
			     const struct flow_side *s)
{
	int64_t epoch_us =
		number >= h->batch_first ? h->batch->epoch_us : h->epoch_us[number % HISTORY_ROOM];

	return (struct times){.first_us = epoch_us + f->first_ms * US_PER_MS + s->first_rem_us,
			      .last_us = epoch_us + f->last_ms * US_PER_MS + s->last_rem_us,
			      .recv_us = epoch_us + s->recv_ms * US_PER_MS + s->recv_rem_us};
}

static const struct flow_side *side_of(const struct history *h, uint64_t number)
{
	return number >= h->batch_first ? &h->batch->side[number - h->batch_from]
					: &h->side[number % HISTORY_ROOM];
}

int64_t history_recv_us(const struct history *h, uint64_t number)
{
	return times_of(h, number, history_flow(h, number), side_of(h, number)).recv_us;
}

/* @index: its kind, or KIND_ASK. */
static void set_kind(struct mark *m, const struct kinds *k, uint16_t index, const struct flow *f,
		     const struct flow_side *s)
{
	const struct kind *kind = &k->kind[index];
	struct kind asked;

	if (index == KIND_ASK) {
		kind_look(&asked, f, s);
		kind = &asked;
	}
	m->kind = index;
	m->answers = kind->answers;
	m->special = kind->special;
	m->opens = kind->opens;
}

static void find_kind(struct history *h, const struct flow *f, const struct flow_side *s,
		      struct mark *m)
{
	set_kind(m, &h->kinds, kinds_find(&h->kinds, f, s), f, s);
}

void history_find_kind(struct history *h, uint64_t number)
{
	struct mark *m = &h->mark[number % HISTORY_ROOM];

	if (m->kind == KIND_LATER)
		find_kind(h, history_flow(h, number), side_of(h, number), m);
}

void history_look(const struct history *h, uint64_t number, struct mark *m)
{
	const struct flow *f = history_flow(h, number);
	const struct flow_side *s = side_of(h, number);

	set_kind(m, &h->kinds, kinds_peek(&h->kinds, f, s), f, s);
}

/* Of a record that may be large its kind tells. Return: it is. */
static bool is_large(struct history *h, const struct flow *f, const struct flow_side *s,
		     struct mark *m)
{
	const uint64_t *large = h->thinning->large;
	uint64_t packets = weighted(f->packets, m->weight);

	if (packets >= large[FILL_PACKETS] || weighted(f->bytes, m->weight) >= large[FILL_BYTES])
		return true;
	if (packets < large[FILL_SPECIAL])
		return false;
	if (m->kind == KIND_LATER)
		find_kind(h, f, s, m);
	return mark_special(m, packets) >= large[FILL_SPECIAL];
}

unsigned history_put(struct history *h, const struct flow *f, const struct flow_side *s,
		     uint32_t second, enum counting counting)
{
	uint64_t number = h->end++;
	uint32_t weight = flow_weight(s);
	struct mark m = {.second = second,
			 .weight = weight,
			 .kind = KIND_LATER,
			 .counting = (uint8_t)counting,
			 .late = weight > 1 && !(s->flags & FLOW_IS_PACKET)};
	unsigned step = h->thinning->step;

	m.times = (uint8_t)(number & (step - 1) ? 0 : step);
	if (step > 1 && is_large(h, f, s, &m))
		m.times = 1;
	h->mark[number % HISTORY_ROOM] = m;
	return m.times;
}

/* In one number what all records of a run must share; 0 for one that is like no other. */
static uint64_t likeness(const struct hot_record *r)
{
	uint64_t known = r->s->flags & FLOW_SAMPLING_KNOWN;

	if (r->kind == KIND_ASK || r->seconds > 1)
		return 0;
	return (uint64_t)r->kind << 48 | (uint64_t)r->f->in_link << 32 |
	       (uint64_t)r->f->exporter << 16 | known << 2 | (uint64_t)r->entry << 1 |
	       r->own_source;
}

/* Its amounts are left as they are: zeroing them for each record took a tenth of the whole path. */
void history_prepare(const struct history *h, uint64_t number, const struct mark *m,
		     struct hot_record *r)
{
	struct times t;

	r->f = history_flow(h, number);
	r->s = side_of(h, number);
	t = times_of(h, number, r->f, r->s);
	r->first_us = t.first_us;
	r->last_us = t.last_us;
	r->recv_us = t.recv_us;
	r->packets = weighted(r->f->packets, m->weight);
	r->bytes = weighted(r->f->bytes, m->weight);
	r->weight = m->weight;
	r->kind = m->kind;
	r->answers = m->answers;
	r->opens = m->opens;
	r->entry = m->counting == COUNT_ENTRY;
	r->own_source = conf_is_own(h->conf, &r->f->src);
	r->reported = r->hashed = false;
	/* A clock ahead of ours must not push the rings into the future. */
	if (r->last_us > r->recv_us + 2 * US_PER_S)
		r->last_us = r->recv_us;
	if (r->first_us > r->last_us)
		r->first_us = r->last_us;
	record_classify(&h->kinds, r);
	r->like = likeness(r);
}

struct evidence_record history_evidence(const struct history *h, uint64_t number)
{
	struct evidence_record e = {.flow = *history_flow(h, number), .side = *side_of(h, number)};
	struct times t = times_of(h, number, &e.flow, &e.side);

	e.first_us = t.first_us;
	e.last_us = t.last_us;
	e.recv_us = t.recv_us;
	return e;
}

struct look_back look_back(const struct history *h, const struct prefix *key, uint64_t end)
{
	struct look_back l = {.key = key,
			      .at = end > HISTORY_LOOK ? end - HISTORY_LOOK : 0,
			      .end = end,
			      .wanted = 1u << COUNT_BY_MAX | 1u << COUNT_ENTRY,
			      .now_us = history_recv_us(h, end)};

	if (l.at < h->from)
		l.at = h->from;
	return l;
}

bool look_next(struct look_back *l, const struct history *h, uint64_t *number)
{
	while (l->at < l->end) {
		const struct flow *f = history_flow(h, l->at);
		int64_t recv_us;

		*number = l->at++;
		if (!(l->wanted >> h->mark[*number % HISTORY_ROOM].counting & 1) ||
		    (!prefix_contains(l->key, &f->dst) && !prefix_contains(l->key, &f->src)))
			continue;
		recv_us = history_recv_us(h, *number);
		if (recv_us <= l->now_us && l->now_us - recv_us <= REPLAY_US)
			return true;
	}
	return false;
}
