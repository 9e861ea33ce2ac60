/* SPDX-License-Identifier: ISC */
/*
 * Sums over windows of bins: from the running sums of a sheet where one is open, else by walking
 * the differences. Which exporter is believed, where several see the same traffic, is decided here.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "detect/meter.h"

static unsigned slot_of(int64_t bin)
{
	return (unsigned)((uint64_t)bin % RING_BINS);
}

/* Room for @n numbers, kept from one destination to the next. */
static bool make_room(uint64_t **p, size_t *room, size_t n)
{
	if (*room >= n)
		return true;
	free(*p);
	*p = malloc(n * sizeof(**p));
	*room = *p ? n : 0;
	return *p != NULL;
}

static void sum_rows(const struct meters *m, const struct view *v, int64_t from, uint64_t *sum)
{
	bool recent = from >= recent_first(m);
	int64_t b = recent ? recent_first(m) : ring_oldest(m);
	uint64_t run[METER_COUNT * 2];

	memcpy(run, v->row + (recent ? ROW_RECENT : ROW_BASE) * v->room, v->room * sizeof(*run));
	memset(sum, 0, v->room * sizeof(*sum));
	for (; b <= m->newest; b++) {
		const uint64_t *d = v->row + slot_of(b) * v->room;

		for (unsigned c = 0; c < v->room; c++)
			run[c] += d[c];
		if (b < from)
			continue;
		for (unsigned c = 0; c < v->room; c++)
			sum[v->room + c] = sum[c] + run[c];
		sum += v->room;
	}
}

void sheet_open(struct sheet *s, struct meters *m, int64_t from)
{
	int64_t oldest = ring_oldest(m);
	size_t rows;

	if (m->newest == INT64_MIN)
		return;
	s->from = from < oldest ? oldest : from > m->newest ? m->newest : from;
	rows = (size_t)(m->newest - s->from + 2);
	for (unsigned i = 0; i < m->n_views; i++) {
		const struct view *v = &m->view[i];

		if (!v->row)
			continue;
		if (!make_room(&s->sum[i], &s->room[i], rows * v->room))
			return;
		sum_rows(m, v, s->from, s->sum[i]);
	}
	m->sheet = s;
}

void sheet_close(struct meters *m)
{
	m->sheet = NULL;
}

void sheet_deinit(struct sheet *s)
{
	for (unsigned i = 0; i < VIEWS_MAX; i++)
		free(s->sum[i]);
	*s = (struct sheet){0};
}

/* Clip the window to what the ring holds; false when nothing is left. */
static bool clip(const struct meters *m, int64_t *end, unsigned *n)
{
	int64_t first = *end - *n + 1, oldest = ring_oldest(m);

	if (m->newest == INT64_MIN)
		return false;
	if (*end > m->newest)
		*end = m->newest;
	if (first < oldest)
		first = oldest;
	if (first > *end)
		return false;
	*n = (unsigned)(*end - first + 1);
	return true;
}

/* Units of a column in a clipped window. */
static uint64_t sum_ring(const struct meters *m, const struct view *v, unsigned meter, int64_t end,
			 unsigned n)
{
	unsigned column = v->column[meter] - 1u;
	int64_t first = end - n + 1, b;
	const uint64_t *sums;
	uint64_t sum = 0, run;
	bool recent = first >= recent_first(m);

	if (!v->column[meter])
		return 0;
	if (m->sheet && first >= m->sheet->from) {
		sums = m->sheet->sum[v - m->view] + column;
		return sums[(size_t)(end - m->sheet->from + 1) * v->room] -
		       sums[(size_t)(first - m->sheet->from) * v->room];
	}
	b = recent ? recent_first(m) : ring_oldest(m);
	run = v->row[(recent ? ROW_RECENT : ROW_BASE) * v->room + column];
	for (; b <= end; b++) {
		run += v->row[slot_of(b) * v->room + column];
		sum += b >= first ? run : 0;
	}
	return sum;
}

#define BYTES_USUAL 1000	      /* of a sampled packet, for how sure a sum of bytes is */
#define VOICE_MORE  1.125	      /* times as much as who counts so far, to count instead */
#define WIDE	    (10 * BINS_PER_S) /* which exporter to believe is settled over ten seconds */

struct seen {
	uint64_t sum, wide;
	uint32_t weight;
};

/* A sum @sigma standard deviations of its sampled count off. @unit: a packet's worth. */
static double off_by(uint64_t sum, double unit, uint32_t weight, double sigma)
{
	return weight <= 1 ? (double)sum : (double)sum + sigma * sqrt((double)sum * unit * weight);
}

static struct seen seen_by(const struct meters *m, unsigned i, const uint64_t each[VIEWS_MAX],
			   const uint64_t wide[VIEWS_MAX])
{
	struct seen s = {0};

	for (unsigned k = 0; k < m->n_views; k++) {
		const struct view *v = &m->view[k];

		if (v->entry || v->exporter != m->view[i].exporter)
			continue;
		s.sum += each[k];
		s.wide += wide[k];
		s.weight = v->weight > s.weight ? v->weight : s.weight;
	}
	return s;
}

/*
 * Of the exporters without known sides the one that surely saw most in ten seconds, unless another
 * surely saw more in the window itself (the traffic has moved). A coarse exporter's lucky second
 * must not beat a fine one's count; of the many windows of an attack one is off by four standard
 * deviations now and then, so five are asked for.
 */
static uint64_t believed(const struct meters *m, const uint64_t each[VIEWS_MAX],
			 const uint64_t wide[VIEWS_MAX], double unit)
{
	struct seen best = {0};
	double most = -1;

	for (unsigned i = 0; i < m->n_views; i++) {
		struct seen s = seen_by(m, i, each, wide);
		double sure = off_by(s.wide, unit, s.weight, -3);

		if (m->view[i].entry || (most >= 0 && sure <= most))
			continue;
		most = sure;
		best = s;
	}
	for (unsigned i = 0; i < m->n_views; i++) {
		struct seen s = seen_by(m, i, each, wide);

		if (!m->view[i].entry &&
		    off_by(s.sum, unit, s.weight, -5) > off_by(best.sum, unit, best.weight, 2))
			best = s;
	}
	return best.sum;
}

uint16_t meters_voice(const struct meters *m, uint16_t voice)
{
	uint64_t each[VIEWS_MAX] = {0};
	double most = 0, unit = 1 << UNIT_SHIFT;
	int64_t end = m->newest;
	unsigned n = WIDE;
	uint16_t best = voice;

	if (!clip(m, &end, &n))
		return voice;
	for (unsigned i = 0; i < m->n_views; i++)
		each[i] = sum_ring(m, &m->view[i], METER_PACKETS, end, n);
	for (unsigned i = 0; i < m->n_views; i++) {
		struct seen s = seen_by(m, i, each, each);
		double sure = off_by(s.sum, unit, s.weight, -3);

		if (m->view[i].entry)
			continue;
		sure = sure > 0 && m->view[i].exporter == voice ? sure * VOICE_MORE : sure;
		if (sure <= most)
			continue;
		most = sure;
		best = m->view[i].exporter;
	}
	return best;
}

/* Entry views add up, and so do the links of one exporter. */
static uint64_t combine(const struct meters *m, const uint64_t each[VIEWS_MAX],
			const uint64_t wide[VIEWS_MAX], double unit)
{
	uint64_t entry = 0, other = 0;

	for (unsigned i = 0; i < m->n_views; i++) {
		if (m->view[i].entry)
			entry += each[i];
		else
			other += each[i];
	}
	return entry + (wide ? believed(m, each, wide, unit) : other);
}

static uint64_t sum_views(const struct meters *m, unsigned meter, int64_t end, unsigned n,
			  double unit)
{
	uint64_t each[VIEWS_MAX], wide[VIEWS_MAX];
	bool several = meters_exporters(m) > 1;
	int64_t wide_end = end;
	unsigned wide_n = n > WIDE ? n : WIDE;

	if (!clip(m, &end, &n))
		return 0;
	for (unsigned i = 0; i < m->n_views; i++)
		each[i] = sum_ring(m, &m->view[i], meter, end, n);
	if (!several || !clip(m, &wide_end, &wide_n))
		return combine(m, each, NULL, unit);
	for (unsigned i = 0; i < m->n_views; i++)
		wide[i] = sum_ring(m, &m->view[i], meter, wide_end, wide_n);
	return combine(m, each, wide, unit);
}

static uint64_t packets_of(uint64_t units)
{
	return (units + (1 << UNIT_SHIFT) / 2) >> UNIT_SHIFT;
}

uint64_t meters_sum(const struct meters *m, unsigned meter, int64_t end, unsigned n)
{
	return packets_of(sum_views(m, meter, end, n, 1 << UNIT_SHIFT));
}

uint64_t meters_sum_bytes(const struct meters *m, enum byte_group g, int64_t end, unsigned n)
{
	return sum_views(m, METER_BYTES + g, end, n, BYTES_USUAL);
}

/* Sum over the views that belong with view @i: the same exporter, or all that count on entry. */
static uint64_t with_view(const struct meters *m, unsigned i, const uint64_t each[VIEWS_MAX])
{
	const struct view *v = &m->view[i];
	uint64_t sum = 0;

	for (unsigned k = 0; k < m->n_views; k++)
		if (m->view[k].entry == v->entry &&
		    (v->entry || m->view[k].exporter == v->exporter))
			sum += each[k];
	return sum;
}

double meters_weight(const struct meters *m, int64_t end, unsigned n)
{
	uint64_t packets[VIEWS_MAX], sampled[VIEWS_MAX], most = 0, of_most = 0;

	if (!clip(m, &end, &n))
		return 0;
	for (unsigned i = 0; i < m->n_views; i++) {
		packets[i] = sum_ring(m, &m->view[i], METER_PACKETS, end, n);
		sampled[i] = sum_ring(m, &m->view[i], METER_SAMPLED, end, n);
	}
	for (unsigned i = 0; i < m->n_views; i++) {
		uint64_t all = with_view(m, i, packets);

		if (all > most) {
			most = all;
			of_most = with_view(m, i, sampled);
		}
	}
	return of_most ? (double)most / (double)of_most : 0;
}

uint64_t meters_sum_view(const struct meters *m, const struct view *v, unsigned meter, int64_t end,
			 unsigned n)
{
	if (!clip(m, &end, &n))
		return 0;
	return packets_of(sum_ring(m, v, meter, end, n));
}

uint64_t meters_sum_view_bytes(const struct meters *m, const struct view *v, enum byte_group g,
			       int64_t end, unsigned n)
{
	if (!clip(m, &end, &n))
		return 0;
	return sum_ring(m, v, METER_BYTES + g, end, n);
}

unsigned meters_exporters(const struct meters *m)
{
	unsigned n = 0;

	for (unsigned i = 0; i < m->n_views; i++) {
		bool seen = m->view[i].entry;

		for (unsigned k = 0; k < i && !seen; k++)
			seen = !m->view[k].entry && m->view[k].exporter == m->view[i].exporter;
		n += !seen;
	}
	return n;
}
