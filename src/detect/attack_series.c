/* SPDX-License-Identifier: ISC */
/* The course of an attack, second by second and pulse by pulse, as far as it is settled. */
#include <errno.h>
#include <stdlib.h>

#include "detect/attack_path.h"
#include "detect/witness.h"

#define BLIND_S 400 /* the most quiet is 60 s, and 300 s that an exporter may hold a flow back */

static int add_point(struct attack *a, int64_t start_bin, uint32_t step_s, uint16_t link,
		     uint64_t packets, uint64_t bytes, uint64_t syn)
{
	struct series_point *p;

	if (a->n_series == SERIES_MAX)
		return 0;
	if (a->n_series == a->room_series) {
		unsigned room = a->room_series ? a->room_series * 2 : 64;

		p = realloc(a->series, room * sizeof(*p));
		if (!p)
			return -ENOMEM;
		a->series = p;
		a->room_series = room;
	}
	a->series[a->n_series++] = (struct series_point){.start_us = start_bin * BIN_US,
							 .step_s = step_s,
							 .link = link,
							 .packets = packets,
							 .bytes = bytes,
							 .syn = syn};
	return 0;
}

static int add_link_points(struct attack *a, int64_t from, unsigned n, uint32_t step_s,
			   uint32_t mask)
{
	const struct meters *m = a->hot->by_link;
	int r = 0;

	for (unsigned i = 0; m && i < m->n_views && r == 0; i++) {
		const struct view *v = &m->view[i];
		uint64_t packets = 0, bytes = 0;
		bool group[BYTE_GROUPS] = {false};

		if (v->link == LINK_UNKNOWN)
			continue;
		for (unsigned t = 0; t < TRACKS; t++)
			if (mask >> t & 1) {
				packets += meters_sum_view(m, v, t, from + n - 1, n);
				group[detectors[track_vector(t)]->bytes] = true;
			}
		for (unsigned g = 0; g < BYTE_GROUPS; g++)
			if (group[g])
				bytes += meters_sum_view_bytes(m, v, (enum byte_group)g,
							       from + n - 1, n);
		if (packets)
			r = add_point(a, from, step_s, v->link, packets, bytes,
				      meters_sum_view(m, v, VECTOR_SYN_FLOOD, from + n - 1, n));
	}
	return r;
}

/* A silence longer than any quiet ends in what nobody saw: no step of the course holds it. */
static void skip_blind(struct attack *a, unsigned step)
{
	int64_t blind = a->hot->meters.newest - RING_BINS - a->series_bin;

	if (a->blind_until_us != TIME_NONE && blind > BLIND_S * BINS_PER_S)
		a->series_bin += blind / step * step;
}

/* The course, one step of it when it is whole: a second at first, ten seconds after a minute. */
static int settle_series(struct attack *a, int64_t bin)
{
	int64_t begin = a->first_bin - (a->first_bin % BINS_PER_S + BINS_PER_S) % BINS_PER_S;

	if (a->n_series == 0 && a->series_bin == a->first_bin)
		a->series_bin = begin;
	else
		skip_blind(a, SERIES_STEP_S * BINS_PER_S);
	for (;;) {
		bool dense = a->series_bin - begin < SERIES_DENSE_S * BINS_PER_S;
		uint32_t step_s = dense ? 1 : SERIES_STEP_S;
		unsigned n = step_s * BINS_PER_S;
		uint64_t packets, bytes;
		uint32_t mask = attack_tracks(a);
		int64_t end = a->series_bin + n - 1;
		int r;

		if (end > bin || a->series_bin > a->active_bin)
			return 0;
		attack_sum(a, mask, a->series_bin, n, &packets, &bytes);
		for (unsigned t = 0; t < TRACKS; t++)
			a->part[t].settled += attack_part(a, t, a->series_bin, n);
		a->series_packets += packets;
		a->series_bytes += bytes;
		r = add_point(a, a->series_bin, step_s, LINK_UNKNOWN, packets, bytes,
			      meters_sum(&a->hot->meters, VECTOR_SYN_FLOOD, end, n));
		if (r == 0)
			r = add_link_points(a, a->series_bin, n, step_s, mask);
		if (r < 0)
			return r;
		attack_path_settle(a, a->series_bin, n, mask);
		witness_settle(a, a->series_bin, n, mask, packets);
		a->series_bin += n;
	}
}

static void settle_pulses(struct attack *a, int64_t bin)
{
	const struct hot *h = a->hot;
	uint64_t threshold = hot_threshold(h, track_vector(a->main), track_port(h, a->main));

	if (threshold == RATE_NEVER || a->any_only)
		threshold = h->th->any_pps * h->times;
	if (a->pulse_bin < h->meters.newest - RING_BINS + BINS_PER_S)
		a->pulse_bin = h->meters.newest - RING_BINS + BINS_PER_S;
	for (; a->pulse_bin <= bin; a->pulse_bin++) {
		uint64_t n = meters_sum(&h->meters, a->any_only ? METER_PACKETS : a->main,
					a->pulse_bin, BINS_PER_S);

		if (!a->in_pulse && n >= threshold) {
			a->in_pulse = true;
			a->pulses++;
		} else if (a->in_pulse && n < threshold / 2) {
			a->in_pulse = false;
		}
	}
}

int attack_settle(struct attack *a, int64_t bin)
{
	settle_pulses(a, bin);
	return settle_series(a, bin);
}
