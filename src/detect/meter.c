/* SPDX-License-Identifier: ISC */
#include "detect/meter.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void meters_deinit(struct meters *m)
{
	for (unsigned i = 0; i < m->n_views; i++) {
		for (unsigned k = 0; k < METER_COUNT; k++)
			free(m->view[i].ring[k]);
		for (unsigned k = 0; k < BYTE_GROUPS; k++)
			free(m->view[i].bytes[k]);
	}
	*m = (struct meters){.newest = INT64_MIN};
}

static unsigned slot_of(int64_t bin)
{
	return (unsigned)((uint64_t)bin % RING_BINS);
}

static void clear_bin(struct meters *m, unsigned slot)
{
	for (unsigned i = 0; i < m->n_views; i++) {
		struct view *v = &m->view[i];

		for (unsigned k = 0; k < METER_COUNT; k++)
			if (v->ring[k])
				v->ring[k][slot] = 0;
		for (unsigned k = 0; k < BYTE_GROUPS; k++)
			if (v->bytes[k])
				v->bytes[k][slot] = 0;
	}
}

void meters_advance(struct meters *m, int64_t to)
{
	int64_t from;

	if (to <= m->newest)
		return;
	from = m->newest + 1;
	if (m->newest == INT64_MIN || to - m->newest >= RING_BINS)
		from = to - RING_BINS + 1;
	for (int64_t b = from; b <= to; b++)
		clear_bin(m, slot_of(b));
	m->newest = to;
}

struct view *meters_view(struct meters *m, uint16_t exporter, uint16_t link, bool entry)
{
	struct view *v;

	for (unsigned i = 0; i < m->n_views; i++) {
		v = &m->view[i];
		if (v->exporter == exporter && v->link == link && v->entry == entry)
			return v;
	}
	if (m->n_views == VIEWS_MAX) {
		/* More links than views: the exporter's own last view takes them, or nobody. */
		m->overflow++;
		for (unsigned i = VIEWS_MAX; i-- > 0;)
			if (m->view[i].exporter == exporter && m->view[i].entry == entry)
				return &m->view[i];
		return NULL;
	}
	v = &m->view[m->n_views++];
	*v = (struct view){.exporter = exporter, .link = link, .entry = entry};
	return v;
}

bool meters_span(const struct meters *m, int64_t first_us, int64_t last_us, struct span *out)
{
	int64_t first = bin_of(first_us), last = bin_of(last_us),
		oldest = m->newest - RING_BINS + 1;

	if (last < oldest || first > m->newest)
		return false;
	*out = (struct span){.first = first < oldest ? oldest : first,
			     .last = last > m->newest ? m->newest : last,
			     .total_us = (uint64_t)(last_us - first_us) + 1,
			     .first_us = (uint64_t)((first + 1) * BIN_US - first_us),
			     .begins = first >= oldest,
			     .ends = last <= m->newest};
	return true;
}

/* So that amount x time fits 64 bits: 10^13 bytes or 4 x 10^10 packets in one record. */
#define SPREAD_MAX (UINT64_MAX / (uint64_t)BIN_US)

/*
 * What falls into bin @b of @amount spread evenly over the flow's time. The flow's own last bin
 * takes what is left, so that nothing is lost to rounding. @given: the sum so far, 0 at first.
 */
static uint64_t share(const struct span *s, int64_t b, uint64_t amount, uint64_t *given)
{
	uint64_t n;

	if (s->first == s->last && s->begins && s->ends)
		return amount;
	if (b == s->last && s->ends && s->begins)
		return amount - *given;
	if (b == s->first && s->begins)
		n = amount * s->first_us / s->total_us;
	else
		n = amount * (uint64_t)BIN_US / s->total_us;
	if (n > amount - *given)
		n = amount - *given;
	*given += n;
	return n;
}

static void add32(uint32_t *to, uint64_t n)
{
	uint64_t sum = *to + n;

	*to = sum > UINT32_MAX ? UINT32_MAX : (uint32_t)sum;
}

int meters_add(struct meters *m, struct view *v, unsigned meter, const struct span *s,
	       uint64_t packets)
{
	uint32_t *ring = v->ring[meter];
	uint64_t units, each, given = 0;

	if (!ring) {
		ring = calloc(RING_BINS, sizeof(*ring));
		if (!ring)
			return -ENOMEM;
		v->ring[meter] = ring;
		m->memory += RING_BINS * sizeof(*ring);
	}
	units = packets > SPREAD_MAX >> UNIT_SHIFT ? SPREAD_MAX : packets << UNIT_SHIFT;
	for (int64_t b = s->first; b <= s->last; b++) {
		each = share(s, b, units, &given);
		add32(&ring[slot_of(b)], each);
	}
	return 0;
}

int meters_add_bytes(struct meters *m, struct view *v, enum byte_group g, const struct span *s,
		     uint64_t bytes)
{
	uint64_t *ring = v->bytes[g];
	uint64_t given = 0;

	if (!ring) {
		ring = calloc(RING_BINS, sizeof(*ring));
		if (!ring)
			return -ENOMEM;
		v->bytes[g] = ring;
		m->memory += RING_BINS * sizeof(*ring);
	}
	bytes = bytes > SPREAD_MAX ? SPREAD_MAX : bytes;
	for (int64_t b = s->first; b <= s->last; b++)
		ring[slot_of(b)] += share(s, b, bytes, &given);
	return 0;
}

/* Clip the window to what the ring holds; false when nothing is left. */
static bool clip(const struct meters *m, int64_t *end, unsigned *n)
{
	int64_t first = *end - *n + 1, oldest = m->newest - RING_BINS + 1;

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

static uint64_t sum32(const uint32_t *ring, int64_t end, unsigned n)
{
	uint64_t sum = 0;

	for (int64_t b = end - n + 1; ring && b <= end; b++)
		sum += ring[slot_of(b)];
	return sum;
}

static uint64_t sum64(const uint64_t *ring, int64_t end, unsigned n)
{
	uint64_t sum = 0;

	for (int64_t b = end - n + 1; ring && b <= end; b++)
		sum += ring[slot_of(b)];
	return sum;
}

#define BYTES_USUAL 1000	      /* of a sampled packet, for how sure a sum of bytes is */
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

static uint64_t sum_ring(const struct view *v, unsigned meter, bool bytes, int64_t end, unsigned n)
{
	return bytes ? sum64(v->bytes[meter], end, n) : sum32(v->ring[meter], end, n);
}

static uint64_t sum_views(const struct meters *m, unsigned meter, bool bytes, int64_t end,
			  unsigned n, double unit)
{
	uint64_t each[VIEWS_MAX], wide[VIEWS_MAX];
	bool several = meters_exporters(m) > 1;
	int64_t wide_end = end;
	unsigned wide_n = n > WIDE ? n : WIDE;

	if (!clip(m, &end, &n))
		return 0;
	for (unsigned i = 0; i < m->n_views; i++)
		each[i] = sum_ring(&m->view[i], meter, bytes, end, n);
	if (!several || !clip(m, &wide_end, &wide_n))
		return combine(m, each, NULL, unit);
	for (unsigned i = 0; i < m->n_views; i++)
		wide[i] = sum_ring(&m->view[i], meter, bytes, wide_end, wide_n);
	return combine(m, each, wide, unit);
}

uint64_t meters_sum(const struct meters *m, unsigned meter, int64_t end, unsigned n)
{
	uint64_t units = sum_views(m, meter, false, end, n, 1 << UNIT_SHIFT);

	return (units + (1 << UNIT_SHIFT) / 2) >> UNIT_SHIFT;
}

uint64_t meters_sum_bytes(const struct meters *m, enum byte_group g, int64_t end, unsigned n)
{
	return sum_views(m, g, true, end, n, BYTES_USUAL);
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
		packets[i] = sum32(m->view[i].ring[METER_PACKETS], end, n);
		sampled[i] = sum32(m->view[i].ring[METER_SAMPLED], end, n);
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
	return (sum32(v->ring[meter], end, n) + (1 << UNIT_SHIFT) / 2) >> UNIT_SHIFT;
}

uint64_t meters_sum_view_bytes(const struct meters *m, const struct view *v, enum byte_group g,
			       int64_t end, unsigned n)
{
	if (!clip(m, &end, &n))
		return 0;
	return sum64(v->bytes[g], end, n);
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
