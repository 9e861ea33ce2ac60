/* SPDX-License-Identifier: ISC */
#include "detect/evaluate.h"

#include <math.h>

#include "detect/stat.h"

#define LOOK_BACK_BINS 4  /* windows judged again once their support may have come */
#define DENSE_WINDOWS  24 /* above this many every second window is enough */

enum vector track_vector(unsigned track)
{
	return track < VECTOR_COUNT ? (enum vector)track : VECTOR_AMPLIFICATION;
}

uint16_t track_port(const struct hot *h, unsigned track)
{
	return track < VECTOR_COUNT ? 0 : h->port[track - VECTOR_COUNT].port;
}

/* A child's meter of the same meaning: a port stands in another slot there. */
static int child_meter(const struct hot *h, const struct hot *child, unsigned track)
{
	if (track < VECTOR_COUNT || track == METER_PACKETS)
		return (int)track;
	for (unsigned i = 0; i < PORT_SLOTS; i++)
		if (child->port[i].used &&
		    child->port[i].port == h->port[track - VECTOR_COUNT].port)
			return (int)(METER_PORT + i);
	return -1;
}

static uint64_t child_sum(const struct hot *child, unsigned meter, uint16_t link,
			  const struct window *w)
{
	const struct meters *m = child->by_link;
	uint64_t sum = 0;

	if (link == LINK_UNKNOWN)
		return meters_sum(&child->meters, meter, w->end, w->n);
	for (unsigned i = 0; m && i < m->n_views; i++)
		if (m->view[i].link == link)
			sum += meters_sum_view(m, &m->view[i], meter, w->end, w->n);
	return sum;
}

static uint64_t of_children(const struct hot *h, const struct reported *children, unsigned meter,
			    const struct window *w)
{
	uint64_t sum = 0;

	for (unsigned i = 0; children && i < children->n; i++) {
		int m = child_meter(h, children->child[i], meter);

		if (m >= 0)
			sum += child_sum(children->child[i], (unsigned)m, children->link, w);
	}
	return sum;
}

static uint64_t bytes_of_children(const struct reported *children, const struct window *w)
{
	uint64_t sum = 0;

	for (unsigned i = 0; children && i < children->n; i++) {
		const struct hot *c = children->child[i];
		const struct meters *m = children->link == LINK_UNKNOWN ? &c->meters : c->by_link;

		for (unsigned k = 0; m && k < m->n_views; k++) {
			if (children->link != LINK_UNKNOWN && m->view[k].link != children->link)
				continue;
			for (unsigned g = 0; g < BYTE_GROUPS; g++)
				sum += meters_sum_view_bytes(m, &m->view[k], (enum byte_group)g,
							     w->end, w->n);
		}
	}
	return sum;
}

static uint64_t less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

uint64_t track_excess(const struct window *w, unsigned track, const struct reported *children)
{
	const struct detector *d = detectors[track_vector(track)];
	uint64_t n = window_sum(w, track);

	if (!n)
		return 0;
	n = less(n, of_children(w->hot, children, track, w));
	if (n && track >= VECTOR_COUNT && !port_reflects(w->hot, track - VECTOR_COUNT))
		return 0;
	if (n && d->holds && !d->holds(w, n))
		return 0;
	return n ? less(n, window_explained(w, d, n)) : 0;
}

double child_share(const struct hot *h, const struct reported *others, const struct hot *child,
		   const struct crossing *c)
{
	unsigned meter = c->main == TRACKS ? METER_PACKETS : c->main;
	struct window w = {.hot = h, .end = c->last_end[c->main], .n = c->main_n};
	struct reported one = {.child = &child, .n = 1};
	uint64_t all = less(window_sum(&w, meter), of_children(h, others, meter, &w));

	return all ? (double)of_children(h, &one, meter, &w) / (double)all : 0;
}

/*
 * Does an excess of @n of @total packets show, with 99 % confidence, a rate of at least
 * @threshold_pps? What was explained away was itself sampled (and counted up to twice for one
 * sample): its noise adds.
 */
static bool reaches(const struct window *w, uint64_t n, uint64_t total, double noise,
		    uint64_t threshold_pps)
{
	double need = (double)threshold_pps * w->n / BINS_PER_S;
	double weight, excess, away;

	if ((double)n < need)
		return false;
	weight = hot_weight(w->hot, w->end, w->n);
	if (weight <= 1)
		return true;
	excess = (double)n / weight;
	away = total > n ? (double)(total - n) / weight : 0;
	if (away > 0)
		return excess - Z_99 * sqrt((double)total / weight +
					    (noise > 0 ? noise : 2) * away) >=
		       need / weight;
	return poisson_lower(excess, Z_99) >= need / weight;
}

static void note(struct crossing *c, unsigned track, int64_t end, double ratio, double *best,
		 unsigned n)
{
	bool fresh = track == TRACKS ? !c->any : !(c->over >> track & 1);

	if (fresh || end < c->first_end[track])
		c->first_end[track] = end;
	if (fresh || end > c->last_end[track])
		c->last_end[track] = end;
	if (track == TRACKS)
		c->any = true;
	else
		c->over |= 1u << track;
	if (ratio > *best) {
		*best = ratio;
		c->main = track;
		c->main_n = n;
	}
}

static void note_load(struct crossing *c, uint64_t all, uint64_t threshold, unsigned n)
{
	double load = (double)all * BINS_PER_S / ((double)threshold * n);

	c->load = load > c->load ? load : c->load;
}

/* A share of the threshold beyond twice what is usual: who sends it is worth knowing. */
static bool is_near(const struct window *w, unsigned meter, uint64_t all, uint64_t threshold)
{
	double usual = usual_has_history(w->hot->usual) ? 2 * w->hot->baseline[meter] : 0;

	return (double)all * BINS_PER_S >= ((double)threshold / NEAR_KEPT + usual) * w->n;
}

static unsigned groups_of(unsigned track)
{
	enum vector v = track_vector(track);

	return 1u << hot_group(v) | (v == VECTOR_CONN_FLOOD ? 1u << GROUP_SYN : 0);
}

static void look_at_tracks(const struct window *w, const struct reported *children, unsigned relax,
			   struct crossing *c, double *best)
{
	for (unsigned t = 0; t < TRACKS; t++) {
		uint64_t threshold, n, all;

		if (t == VECTOR_AMPLIFICATION ||
		    (t >= VECTOR_COUNT && !w->hot->port[t - VECTOR_COUNT].used))
			continue;
		threshold = hot_threshold(w->hot, track_vector(t), track_port(w->hot, t));
		if (threshold == RATE_NEVER)
			continue;
		threshold = threshold / relax ? threshold / relax : 1;
		/* The raw sum first: most tracks of most windows end here. */
		all = window_sum(w, t);
		note_load(c, all, threshold, w->n);
		if (is_near(w, t, all, threshold))
			c->near |= groups_of(t);
		if (all * BINS_PER_S < threshold * w->n)
			continue;
		n = track_excess(w, t, children);
		if (reaches(w, n, all, detectors[track_vector(t)]->noise, threshold))
			note(c, t, w->end, (double)n / ((double)threshold * w->n), best, w->n);
	}
}

/* The same for bits: as sure as the packets that carry them. */
static bool bits_reach(const struct window *w, uint64_t n, uint64_t all, uint64_t bits,
		       double threshold_bps)
{
	double need = threshold_bps * w->n / BINS_PER_S;
	double weight = hot_weight(w->hot, w->end, w->n), k = (double)n / weight;

	if ((double)bits < need || n == 0)
		return false;
	return weight <= 1 ||
	       (k - Z_99 * sqrt((double)all / weight + 1)) / k * (double)bits >= need;
}

/* All packets, or all bits, that neither children nor the target's own sending explain. */
static void look_at_any(const struct window *w, const struct reported *children, unsigned relax,
			struct crossing *c, double *best)
{
	const struct hot *h = w->hot;
	const double *base = h->baseline;
	uint64_t all = window_sum(w, METER_PACKETS), n, bits = 0, out;
	uint64_t pps = h->th->any_pps, bps = h->th->any_bps;
	double share;

	for (unsigned g = 0; g < BYTE_GROUPS; g++)
		bits += 8 * meters_sum_bytes(&h->meters, (enum byte_group)g, w->end, w->n);
	if (pps != RATE_NEVER) {
		note_load(c, all, pps * h->times / relax, w->n);
		if (is_near(w, METER_PACKETS, all, pps * h->times))
			c->near |= (1u << GROUP_COUNT) - 1;
	}
	if (bps != RATE_NEVER) {
		note_load(c, bits, bps * h->times / relax, w->n);
		if ((double)bits * BINS_PER_S * NEAR_KEPT >= (double)bps * h->times * w->n)
			c->near |= (1u << GROUP_COUNT) - 1;
	}
	bool pps_over = pps != RATE_NEVER && all * BINS_PER_S * relax >= pps * h->times * w->n;
	bool bps_over = bps != RATE_NEVER &&
			(double)bits * BINS_PER_S * relax >= (double)bps * h->times * w->n;
	if (!all || (!pps_over && !bps_over))
		return;
	out = window_sum(w, METER_OUT_TCP) + window_sum(w, METER_OUT_UDP) +
	      window_sum(w, METER_OUT_OTHER);
	n = less(all, of_children(h, children, METER_PACKETS, w));
	n = less(n, answered(w, METER_PACKETS, n, out,
			     base[METER_OUT_TCP] + base[METER_OUT_UDP] + base[METER_OUT_OTHER],
			     ANY_ANSWERS));
	share = (double)n / (double)all;
	if (pps_over && reaches(w, n, all, 4, pps * h->times / relax))
		note(c, TRACKS, w->end, (double)n * relax / ((double)pps * h->times * w->n), best,
		     w->n);
	bits = (uint64_t)((double)less(bits, 8 * bytes_of_children(children, w)) * fmin(1, share));
	if (bps_over && bits_reach(w, n, all, bits, (double)bps * h->times / relax))
		note(c, TRACKS, w->end, 0.5, best, w->n);
}

#define SUPPORT_BINS (20 * BINS_PER_S) /* that detectors look back for what explains a window */

int64_t evaluate_from(const struct hot *h)
{
	int64_t window = h->sampling_max > 1 ? 60 * BINS_PER_S : BINS_PER_S;

	if (h->dirty_first > h->dirty_last)
		return h->meters.newest;
	return h->dirty_first - LOOK_BACK_BINS - window - SUPPORT_BINS;
}

bool evaluate(const struct hot *h, const struct reported *children, unsigned relax, bool last_look,
	      struct crossing *out)
{
	static const unsigned lengths[] = {BINS_PER_S, 10 * BINS_PER_S, 60 * BINS_PER_S};
	unsigned n_lengths = h->sampling_max > 1 ? 3 : 1;
	int64_t lo = h->dirty_first - LOOK_BACK_BINS, hi = h->dirty_last + BINS_PER_S - 1;
	double best = -1;
	int64_t step;

	*out = (struct crossing){.main = TRACKS};
	if (h->dirty_first > h->dirty_last)
		return false;
	hi = hi > h->meters.newest ? h->meters.newest : hi;
	if (lo < h->meters.newest - RING_BINS + BINS_PER_S)
		lo = h->meters.newest - RING_BINS + BINS_PER_S;
	step = hi - lo > DENSE_WINDOWS ? 2 : 1;
	for (unsigned i = 0; i < n_lengths; i++) {
		/* Longer windows overlap enough at one look each second. */
		int64_t each = i ? BINS_PER_S : step;

		for (int64_t end = hi; end >= lo; end -= each) {
			struct window w = {
				.hot = h, .end = end, .n = lengths[i], .last_look = last_look};

			look_at_tracks(&w, children, relax, out, &best);
			look_at_any(&w, children, relax, out, &best);
		}
	}
	return out->over || out->any;
}
