/* SPDX-License-Identifier: ISC */
/*
 * What of a host goes into the table of maxima. A busy one is noted as a second of its arrivals is
 * over, by the sums that are kept to learn what is usual; a followed one from its rings, in the
 * time of the records and as the detectors would judge it, once flows have told of that time.
 */
#include <math.h>

#include "detect/busy.h"
#include "detect/detector.h"
#include "detect/evaluate.h"
#include "detect/rolls.h"
#include "detect/stat.h"

#define SETTLED_BINS (64 * BINS_PER_S) /* an active timeout of 60 s, and its delivery */
#define BLOCK_BINS   (8 * BINS_PER_S)
#define LONG_BINS    (60 * BINS_PER_S)
#define BACK_BINS    (20 * BINS_PER_S) /* that detectors look back for what explains a window */

/* ---- busy ---- */

/* Of samples: what @n packets in @seconds show for sure. */
static double sure(double n, double seconds, double weight)
{
	return n > 0 ? poisson_lower(n / weight, Z_99) * weight / seconds : 0;
}

/* Of one second; where packets are sampled also of the last minutes, whose mean is @mean. */
static uint64_t sure_second(const struct usual *u, uint64_t n, double mean)
{
	double seconds = u->seconds < USUAL_SECONDS ? u->seconds : USUAL_SECONDS, most, lasting;

	if (u->weight <= 1)
		return n;
	most = sure((double)n, 1, u->weight);
	lasting = seconds > 0 ? sure(mean * seconds, seconds, u->weight) : 0;
	return (uint64_t)(lasting > most ? lasting : most);
}

/* What comes from which reflector's port is not kept here: all UDP may be. */
static unsigned meter_of(unsigned v)
{
	return v == VECTOR_AMPLIFICATION ? VECTOR_UDP_FLOOD : v;
}

/* Handshakes are not seen of samples; there connections make requests believable. */
static bool by_connections(const struct usual *u, unsigned v)
{
	return v == VECTOR_SYN_FLOOD && u->weight > 1;
}

static double mean_unanswered(const struct usual *u, unsigned v)
{
	const struct detector *d = detectors[v];
	double n = u->rate[meter_of(v)];

	if (by_connections(u, v))
		return n - syn_believable(n, u->rate[METER_TCP]);
	for (unsigned i = 0; d->answered_by[i]; i++)
		n -= d->answers * u->rate[d->answered_by[i]];
	return n;
}

static uint64_t unanswered(const struct usual *u, unsigned v, uint64_t n)
{
	double left;

	if (!by_connections(u, v))
		return busy_unanswered(u, v, n);
	left = (double)n - syn_believable((double)n, (double)usual_at(u, METER_TCP));
	return left > 0 ? (uint64_t)left : 0;
}

static uint64_t any_in(const struct usual *u, int64_t second)
{
	double sent = u->rate[METER_OUT_TCP] + u->rate[METER_OUT_UDP] + u->rate[METER_OUT_OTHER];
	uint64_t all = usual_in(u, second, METER_PACKETS);

	return sure_second(u, busy_unanswered_any(u, second, all),
			   u->rate[METER_PACKETS] - ANY_ANSWERS * sent);
}

static void note_usual(struct rolls *r, const struct usual *u)
{
	rolls_note_sampling(r, u->object, u->weight);
	rolls_note(r, u->object, ROLL_ANY, u->second, any_in(u, u->second));
	for (unsigned v = 0; v < VECTOR_COUNT; v++) {
		uint64_t n = usual_at(u, meter_of(v));

		if (n)
			rolls_note(r, u->object, v, u->second,
				   sure_second(u, unanswered(u, v, n), mean_unanswered(u, v)));
	}
}

void roll_bits(struct rolls *r, const struct usual *u, int64_t second, uint32_t packets,
	       uint64_t bytes)
{
	uint64_t any;

	/* What it sent may have begun another second there before. */
	if (!u->object || u->hot || !packets || u->second < second ||
	    u->second - second >= USUAL_LAG)
		return;
	any = any_in(u, second);
	any = any < packets ? any : packets;
	rolls_note(r, u->object, ROLL_ANY_BITS, second,
		   (uint64_t)(8 * (double)bytes * ((double)any / packets)));
}

void roll_usual(struct rolls *r, const struct usual *u)
{
	if (u->object && !u->hot && u->second != INT64_MIN)
		note_usual(r, u);
}

/* ---- followed ---- */

/* As hot_weight(), which forgets the factor when a suspicion is over; the rings do not. */
static double weight_of(const struct window *w)
{
	double weight;

	if (w->hot->rolled_weight <= 1)
		return 1;
	weight = meters_weight(&w->hot->meters, w->end, w->n);
	return weight >= 1 ? weight : w->hot->rolled_weight;
}

/* The rate that @n of @all packets in the window show for sure. */
static uint64_t sure_rate(const struct window *w, uint64_t n, uint64_t all, double noise)
{
	double weight = n ? weight_of(w) : 1, k = (double)n / weight, away;

	if (weight > 1) {
		away = all > n ? (double)(all - n) / weight : 0;
		k = away > 0
			    ? k - Z_99 * sqrt((double)all / weight + (noise > 0 ? noise : 2) * away)
			    : poisson_lower(k, Z_99);
	}
	return k <= 0 ? 0 : (uint64_t)(k * weight * BINS_PER_S / w->n);
}

static uint64_t track_of_window(const struct window *w, unsigned track)
{
	const struct detector *d = detectors[track_vector(track)];
	uint64_t all = window_sum(w, track), explained;

	if (!all || (track >= VECTOR_COUNT && !port_reflects(w->hot, track - VECTOR_COUNT)))
		return 0;
	explained = window_explained(w, d, all);
	return explained >= all ? 0 : sure_rate(w, all - explained, all, d->noise);
}

static void note_any(struct rolls *r, const struct window *w, int64_t second)
{
	const double *base = w->hot->baseline;
	uint16_t object = w->hot->usual->object;
	uint64_t all = window_sum(w, METER_PACKETS), bits = 0, out, n;

	out = window_sum(w, METER_OUT_TCP) + window_sum(w, METER_OUT_UDP) +
	      window_sum(w, METER_OUT_OTHER);
	for (unsigned g = 0; g < BYTE_GROUPS; g++)
		bits += 8 * meters_sum_bytes(&w->hot->meters, (enum byte_group)g, w->end, w->n);
	n = answered(w, METER_PACKETS, all, out,
		     base[METER_OUT_TCP] + base[METER_OUT_UDP] + base[METER_OUT_OTHER],
		     ANY_ANSWERS);
	n = sure_rate(w, all > n ? all - n : 0, all, 4);
	rolls_note(r, object, ROLL_ANY, second, n);
	if (all)
		rolls_note(r, object, ROLL_ANY_BITS, second,
			   (uint64_t)((double)bits / (double)all * (double)n));
}

static void note_window(struct rolls *r, const struct window *w)
{
	const struct hot *h = w->hot;
	int64_t second = time_floor_s((w->end - BINS_PER_S + 1) * BIN_US);

	if (!window_sum(w, METER_PACKETS))
		return;
	for (unsigned t = 0; t < TRACKS; t++)
		if (t != VECTOR_AMPLIFICATION &&
		    (t < VECTOR_COUNT || h->port[t - VECTOR_COUNT].used))
			rolls_note(r, h->usual->object, track_vector(t), second,
				   track_of_window(w, t));
	note_any(r, w, second);
}

/* Windows as evaluate() has them, those of a second at every half of one. */
static void note_bins(struct rolls *r, const struct hot *h, int64_t from, int64_t to, bool all)
{
	static const unsigned lengths[] = {BINS_PER_S, 10 * BINS_PER_S, LONG_BINS};
	unsigned n_lengths = h->rolled_weight > 1 ? 3 : 1;

	for (unsigned i = 0; i < n_lengths; i++)
		for (int64_t end = from + BINS_PER_S - 1; end <= to; end += i ? BINS_PER_S : 2) {
			struct window w = {.hot = h, .end = end, .n = lengths[i], .last_look = all};

			if (end - w.n + 1 < ring_oldest(&h->meters))
				w.n = (unsigned)(end - ring_oldest(&h->meters) + 1);
			note_window(r, &w);
		}
}

void roll_hot(struct rolls *r, struct shard *s, struct hot *h, bool all)
{
	int64_t from = h->rolled, to = h->meters.newest - (all ? 0 : SETTLED_BINS);

	if (!h->usual->object || h->meters.newest == INT64_MIN)
		return;
	if (h->sampling_max > h->rolled_weight)
		h->rolled_weight = h->sampling_max;
	if (from < ring_oldest(&h->meters))
		from = ring_oldest(&h->meters);
	if (to - from < (all ? BINS_PER_S : BLOCK_BINS))
		return;
	rolls_note_sampling(r, h->usual->object, h->rolled_weight);
	sheet_open(&s->sheet, &h->meters, from - LONG_BINS - BACK_BINS);
	note_bins(r, h, from, to, all);
	sheet_close(&h->meters);
	/* The next block's first window begins in this one. */
	h->rolled = to - BINS_PER_S + 2;
}

void roll_shard(struct rolls *r, struct shard *s)
{
	for (unsigned i = 0; i < s->n_hot; i++)
		if (hot_flush(s->hot[i]) == 0)
			roll_hot(r, s, s->hot[i], true);
	for (unsigned i = 0; i < s->n_busy; i++)
		roll_usual(r, s->busy[i]);
}
