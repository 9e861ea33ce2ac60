/* SPDX-License-Identifier: ISC */
#include "detect/meter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 8

static unsigned slot_of(int64_t bin)
{
	return (unsigned)((uint64_t)bin % RING_BINS);
}

void meters_deinit(struct meters *m)
{
	for (unsigned i = 0; i < m->n_views; i++)
		free(m->view[i].row);
	*m = METERS_NULL;
}

static void add_row(struct view *v, unsigned to, unsigned from)
{
	uint64_t *a = v->row + to * v->room;
	const uint64_t *b = v->row + from * v->room;

	for (unsigned i = 0; i < v->room; i++)
		a[i] += b[i];
}

/* The oldest bin's row becomes that of the bin after the newest. */
static void turn_row(struct view *v, int64_t oldest, int64_t recent)
{
	if (!v->row)
		return;
	add_row(v, ROW_BASE, slot_of(oldest));
	memset(v->row + slot_of(oldest) * v->room, 0, v->room * sizeof(*v->row));
	add_row(v, ROW_RECENT, slot_of(recent));
}

static void clear_view(struct view *v)
{
	if (v->row)
		memset(v->row, 0, RING_ROWS * v->room * sizeof(*v->row));
}

void meters_advance(struct meters *m, int64_t to)
{
	if (to <= m->newest)
		return;
	/* Behind the newest bin all flows have ended, so nothing is carried over a long gap. */
	if (m->newest == INT64_MIN || to - m->newest >= RING_BINS) {
		for (unsigned i = 0; i < m->n_views; i++)
			clear_view(&m->view[i]);
		m->newest = to;
		return;
	}
	for (; m->newest < to; m->newest++)
		for (unsigned i = 0; i < m->n_views; i++)
			turn_row(&m->view[i], ring_oldest(m), recent_first(m));
}

static bool is_view(const struct view *v, uint16_t exporter, uint16_t link, bool entry)
{
	return v->exporter == exporter && v->link == link && v->entry == entry;
}

struct view *meters_view(struct meters *m, uint16_t exporter, uint16_t link, bool entry)
{
	struct view *v = &m->view[m->last_view];

	if (m->last_view < m->n_views && is_view(v, exporter, link, entry))
		return v;
	for (unsigned i = 0; i < m->n_views; i++)
		if (is_view(&m->view[i], exporter, link, entry)) {
			m->last_view = i;
			return &m->view[i];
		}
	if (m->n_views == VIEWS_MAX) {
		/* More links than views: the exporter's own last view takes them, or nobody. */
		m->overflow++;
		for (unsigned i = VIEWS_MAX; i-- > 0;)
			if (m->view[i].exporter == exporter && m->view[i].entry == entry)
				return &m->view[i];
		return NULL;
	}
	m->last_view = m->n_views;
	v = &m->view[m->n_views++];
	*v = (struct view){.exporter = exporter, .link = link, .entry = entry};
	return v;
}

struct span span_of(int64_t first_us, int64_t last_us)
{
	int64_t first = bin_of(first_us), last = first_us == last_us ? first : bin_of(last_us);
	uint64_t total_us = (uint64_t)(last_us - first_us) + 1;
	struct span s = {.first = first, .last = last, .begins = true, .ends = true};

	s.first_share = s.whole_share = 1;
	if (first == last)
		return s;
	s.first_share = (double)((first + 1) * BIN_US - first_us) / (double)total_us;
	s.whole_share = (double)BIN_US / (double)total_us;
	return s;
}

bool meters_clip(const struct meters *m, const struct span *s, struct span *out)
{
	int64_t oldest = ring_oldest(m);

	*out = *s;
	if (s->last < oldest || s->first > m->newest)
		return false;
	if (s->first < oldest) {
		out->first = oldest;
		out->begins = false;
	}
	if (s->last > m->newest) {
		out->last = m->newest;
		out->ends = false;
	}
	return true;
}

/* Whole units. What a double lacks of a whole one is no unit less: a thousand bins would feel it.
 */
static uint64_t share(uint64_t amount, double of)
{
	return (uint64_t)((double)amount * of + 1e-6);
}

/* Wider rows, each with what the narrower one had in its first columns. */
static int widen(struct meters *m, struct view *v)
{
	unsigned room = v->room ? v->room * 2 : ROOM_FIRST;
	size_t bytes = RING_ROWS * room * sizeof(*v->row);
	uint64_t *p = aligned_alloc(64, bytes);

	if (!p)
		return -ENOMEM;
	memset(p, 0, bytes);
	for (unsigned r = 0; v->row && r < RING_ROWS; r++)
		memcpy(p + r * room, v->row + r * v->room, v->room * sizeof(*p));
	m->memory += RING_ROWS * (room - v->room) * sizeof(*p);
	free(v->row);
	v->row = p;
	v->room = (uint8_t)room;
	return 0;
}

static int make_column(struct meters *m, struct view *v, unsigned meter)
{
	if (v->column[meter])
		return 0;
	if (v->n_columns == v->room && widen(m, v) < 0)
		return -ENOMEM;
	v->column[meter] = ++v->n_columns;
	return 0;
}

#define MOST (UINT64_C(1) << 48) /* of one record, so that no column can wrap */

static uint64_t units_of(const struct amount *a)
{
	if (a->meter >= METER_BYTES)
		return a->n < MOST ? a->n : MOST;
	return a->n < MOST >> UNIT_SHIFT ? a->n << UNIT_SHIFT : MOST;
}

#define CHANGES_MAX 4

/* The rows that a span changes: found once, and hit in one line each by all meters. */
struct changes {
	uint64_t *row[CHANGES_MAX];
	bool old[CHANGES_MAX]; /* counts in ROW_RECENT too */
	bool any_old;
	unsigned n;
};

static void put_row(struct changes *c, const struct meters *m, const struct view *v, int64_t bin)
{
	c->row[c->n] = v->row + slot_of(bin) * v->room;
	c->old[c->n] = bin < recent_first(m);
	c->any_old |= c->old[c->n++];
}

static void find_rows(struct changes *c, const struct meters *m, const struct view *v,
		      const struct span *s)
{
	c->n = 0;
	c->any_old = false;
	put_row(c, m, v, s->first);
	if (s->last > s->first + 1)
		put_row(c, m, v, s->first + 1);
	if (s->last > s->first)
		put_row(c, m, v, s->last);
	put_row(c, m, v, s->last + 1);
}

/* What each of those rows changes by, for one amount; decreases wrap. */
static void spread(const struct span *s, uint64_t amount, uint64_t delta[CHANGES_MAX])
{
	uint64_t whole, first, last;

	if (s->first == s->last) {
		delta[0] = s->begins && s->ends
				   ? amount
				   : share(amount, s->begins ? s->first_share : s->whole_share);
		delta[1] = -delta[0];
		return;
	}
	whole = share(amount, s->whole_share);
	first = s->begins ? share(amount, s->first_share) : whole;
	/* The flow's own last bin takes what is left, so that nothing is lost to rounding. */
	last = s->begins && s->ends ? amount - first - (uint64_t)(s->last - s->first - 1) * whole
				    : whole;
	delta[0] = first;
	if (s->last == s->first + 1) {
		delta[1] = last - first;
		delta[2] = -last;
	} else {
		delta[1] = whole - first;
		delta[2] = last - whole;
		delta[3] = -last;
	}
}

static void add_old(const struct view *v, const struct changes *c, unsigned column,
		    const uint64_t delta[CHANGES_MAX])
{
	for (unsigned i = 0; i < c->n; i++)
		if (c->old[i])
			v->row[ROW_RECENT * v->room + column] += delta[i];
}

int meters_add(struct meters *m, struct view *v, const struct span *s, const struct amount *list,
	       unsigned n)
{
	uint64_t delta[CHANGES_MAX], amount = 0;
	struct changes c;

	for (unsigned i = 0; i < n; i++)
		if (make_column(m, v, list[i].meter) < 0)
			return -ENOMEM;
	find_rows(&c, m, v, s);
	for (unsigned i = 0; i < n; i++) {
		uint64_t units = units_of(&list[i]);
		unsigned column = v->column[list[i].meter] - 1u;

		/* Mostly all meters of a record count the same packets. */
		if (i == 0 || units != amount)
			spread(s, units, delta);
		amount = units;
		for (unsigned k = 0; k < c.n; k++)
			c.row[k][column] += delta[k];
		if (c.any_old)
			add_old(v, &c, column, delta);
	}
	return 0;
}

void meters_clear(struct meters *m, unsigned meter)
{
	for (unsigned i = 0; i < m->n_views; i++) {
		struct view *v = &m->view[i];

		for (unsigned r = 0; v->column[meter] && r < RING_ROWS; r++)
			v->row[r * v->room + v->column[meter] - 1] = 0;
	}
}
