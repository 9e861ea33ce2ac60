/* SPDX-License-Identifier: ISC */
#include "detect/attack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "detect/attack_path.h"
#include "detect/witness.h"

#define FLOOR_SHARE    50 /* background of a vector ends at 1/50 of its threshold */
#define FLOOR_MAX      50 /* but never above 50 packets/s */
#define FLOOR_BASE     2  /* and never below twice the usual level */
#define START_GAP_BINS 4  /* a start may hold a second of silence */
#define MEMBER_SHARE   10 /* parts from a tenth of the packets count as parts */

/* Tracks whose packets belong to the attack beside those that crossed. */
static bool is_capacity(enum vector v)
{
	return v == VECTOR_UDP_FLOOD || v == VECTOR_AMPLIFICATION || v == VECTOR_FRAGMENT_FLOOD ||
	       v == VECTOR_ICMP_FLOOD || v == VECTOR_PROTO_FLOOD;
}

static uint64_t tally_packets(const struct hot *h, unsigned track)
{
	return track < VECTOR_COUNT ? h->note[track].packets
				    : h->port[track - VECTOR_COUNT].packets;
}

static uint64_t tally_bytes(const struct hot *h, unsigned track)
{
	return track < VECTOR_COUNT ? h->note[track].bytes : h->port[track - VECTOR_COUNT].bytes;
}

static uint64_t floor_pps(const struct hot *h, unsigned track)
{
	uint64_t t = hot_threshold(h, track_vector(track), track_port(h, track)), floor, base;

	floor = t / FLOOR_SHARE > FLOOR_MAX * (uint64_t)h->times ? FLOOR_MAX * h->times
								 : t / FLOOR_SHARE;
	base = (uint64_t)(h->baseline[track] * FLOOR_BASE);
	floor = base > floor ? base : floor;
	return floor ? floor : 1;
}

/* Which tracks' packets make up the attack's totals: disjoint, so that sums count once. */
uint32_t attack_tracks(const struct attack *a)
{
	uint32_t mask = 0, udp = 1u << VECTOR_UDP_FLOOD | 1u << VECTOR_DNS_QUERY_FLOOD |
				 1u << VECTOR_QUIC_FLOOD;

	for (unsigned t = 0; t < TRACKS; t++)
		if (a->part[t].over)
			mask |= 1u << t;
	if (a->any_only && !mask)
		return 1u << VECTOR_SYN_FLOOD | 1u << VECTOR_SYNACK_REFLECTION |
		       1u << VECTOR_RST_FLOOD | 1u << VECTOR_ACK_FLOOD | 1u << VECTOR_UDP_FLOOD |
		       1u << VECTOR_ICMP_FLOOD | 1u << VECTOR_FRAGMENT_FLOOD |
		       1u << VECTOR_PROTO_FLOOD | 1u << VECTOR_MALFORMED;
	/* Connections and requests are made of SYN and ACK packets. */
	if (mask & (1u << VECTOR_CONN_FLOOD | 1u << VECTOR_HTTP_FLOOD))
		mask = (mask & ~(1u << VECTOR_CONN_FLOOD | 1u << VECTOR_HTTP_FLOOD)) |
		       1u << VECTOR_SYN_FLOOD | 1u << VECTOR_ACK_FLOOD;
	/* A capacity attack's fragments, errors and further ports are its own. */
	for (unsigned t = 0; t < TRACKS; t++) {
		uint64_t n = tally_packets(a->hot, t), all = a->hot->tally.all_packets;

		if (!(mask >> t & 1) && is_capacity(track_vector(t)) && t != VECTOR_UDP_FLOOD &&
		    t != VECTOR_AMPLIFICATION && is_capacity(track_vector(a->main)) &&
		    n * MEMBER_SHARE >= all)
			mask |= 1u << t;
	}
	if (mask & 1u << VECTOR_UDP_FLOOD)
		mask = (mask & ((1u << VECTOR_COUNT) - 1) & ~udp) | 1u << VECTOR_UDP_FLOOD;
	return mask;
}

static void sum_window(const struct attack *a, uint32_t mask, int64_t end, unsigned n,
		       uint64_t *packets, uint64_t *bytes)
{
	const struct meters *m = &a->hot->meters;
	bool group[BYTE_GROUPS] = {false};

	*packets = *bytes = 0;
	for (unsigned t = 0; t < TRACKS; t++) {
		if (!(mask >> t & 1))
			continue;
		*packets += meters_sum(m, t, end, n);
		group[detectors[track_vector(t)]->bytes] = true;
	}
	for (unsigned g = 0; g < BYTE_GROUPS; g++)
		if (group[g])
			*bytes += meters_sum_bytes(m, (enum byte_group)g, end, n);
}

uint64_t attack_part(const struct attack *a, unsigned track, int64_t from, unsigned n)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < n; i += BINS_PER_S)
		sum += meters_sum(&a->hot->meters, track, from + i + BINS_PER_S - 1, BINS_PER_S);
	return sum;
}

/* The same second by second, since which exporter saw most may change. */
void attack_sum(const struct attack *a, uint32_t mask, int64_t from, unsigned n, uint64_t *packets,
		uint64_t *bytes)
{
	uint64_t p, b;

	*packets = *bytes = 0;
	for (unsigned i = 0; i < n; i += BINS_PER_S) {
		sum_window(a, mask, from + i + BINS_PER_S - 1, BINS_PER_S, &p, &b);
		*packets += p;
		*bytes += b;
	}
}

/* Walk back from the window that crossed while there is more than background of the vector. */
static int64_t find_first_bin(const struct hot *h, unsigned track, int64_t end, unsigned n)
{
	unsigned meter = track == TRACKS ? METER_PACKETS : track;
	int64_t bin = end - n + 1, oldest = h->meters.newest - RING_BINS + 1, first = end;
	uint64_t floor = track == TRACKS ? h->th->any_pps / FLOOR_SHARE : floor_pps(h, track);

	for (; bin <= end; bin++)
		if (meters_sum(&h->meters, meter, bin, 1)) {
			first = bin;
			break;
		}
	for (bin = first - 1; bin >= oldest && first - bin <= START_GAP_BINS; bin--)
		if (meters_sum(&h->meters, meter, bin, 1) * BINS_PER_S >= floor)
			first = bin;
	return first;
}

/* The microsecond, where the vector's present run begins inside the first bin. */
static int64_t refine_first(const struct hot *h, unsigned track, int64_t first_bin)
{
	int64_t from = first_bin * BIN_US, start;

	if (track == TRACKS)
		return h->suspect_us > from ? h->suspect_us : from;
	start = h->note[track < VECTOR_COUNT ? track : VECTOR_UDP_FLOOD].start_us;
	/* Sampled flows are spread beyond their own first packet: the packet is the better witness.
	 */
	if (h->sampling_max > 1 && start >= from)
		return start;
	return start >= from && start < from + BIN_US ? start : from;
}

static void mark_over(struct attack *a, const struct crossing *c)
{
	for (unsigned t = 0; t < TRACKS; t++) {
		struct part *p = &a->part[t];
		int64_t from, to;

		if (!(c->over >> t & 1))
			continue;
		from = (c->first_end[t] - BINS_PER_S + 1) * BIN_US;
		to = (c->last_end[t] + 1) * BIN_US;
		if (t >= VECTOR_COUNT)
			a->hot->port[t - VECTOR_COUNT].pinned = true;
		if (!p->over || from < p->over_first_us)
			p->over_first_us = from;
		if (!p->over || to > p->over_last_us)
			p->over_last_us = to;
		p->over = true;
	}
}

/* Only the sum crossed: the largest unexplained vector lends its name. */
static void name_any(struct attack *a, int64_t end)
{
	struct window w = {.hot = a->hot, .end = end, .n = BINS_PER_S, .last_look = true};
	uint64_t most = 0;

	for (unsigned t = 0; t < TRACKS; t++) {
		uint64_t n;

		if (t == VECTOR_CONN_FLOOD || t == VECTOR_AMPLIFICATION)
			continue;
		n = track_excess(&w, t, NULL);
		/* A port's packets are UDP too: the better name wins the tie. */
		if (n > most || (n && n == most && t >= VECTOR_COUNT)) {
			most = n;
			a->main = t;
		}
	}
}

/* What of the tallies is of before the attack. */
static void read_before(struct attack *a)
{
	const struct hot *h = a->hot;
	unsigned n = (unsigned)(h->meters.newest - a->first_bin + 1);
	uint64_t inside, bytes_inside;

	sum_window(a, attack_tracks(a), h->meters.newest, n, &inside, &bytes_inside);
	for (unsigned t = 0; t < TRACKS; t++) {
		if (attack_tracks(a) >> t & 1)
			a->bytes_before += (int64_t)tally_bytes(h, t);
		a->part[t].packets_before = (int64_t)tally_packets(h, t) -
					    (int64_t)meters_sum(&h->meters, t, h->meters.newest, n);
	}
	a->bytes_before -= (int64_t)bytes_inside;
}

struct attack *attack_open(struct hot *h, const struct crossing *c, uint64_t handle,
			   uint32_t wait_s, int64_t clock_us)
{
	struct attack *a = calloc(1, sizeof(*a));
	int64_t end = c->first_end[c->main];
	unsigned track = c->main;

	if (!a)
		return NULL;
	a->path = attack_path_new();
	if (!a->path) {
		free(a);
		return NULL;
	}
	a->handle = handle;
	a->hot = h;
	a->state = FINDING_OPEN;
	a->main = c->main;
	a->any_only = !c->over;
	a->wait_s = wait_s;
	mark_over(a, c);
	if (c->main == TRACKS) {
		a->main = VECTOR_ACK_FLOOD;
		name_any(a, end);
		a->part[a->main].over = true;
		a->part[a->main].over_first_us = (end - BINS_PER_S + 1) * BIN_US;
		a->part[a->main].over_last_us = (end + 1) * BIN_US;
		track = a->main;
	}
	a->first_bin = find_first_bin(h, track, end, c->main_n ? c->main_n : BINS_PER_S);
	a->first_us = refine_first(h, track, a->first_bin);
	a->last_us = a->first_us;
	a->over_us = (end + 1) * BIN_US;
	a->active_bin = end;
	a->pulse_bin = a->series_bin = a->first_bin;
	a->detected_us = h->last_recv_us < clock_us ? h->last_recv_us : clock_us;
	a->shown_us = h->note[track < VECTOR_COUNT ? track : VECTOR_UDP_FLOOD].shown_us;
	if (a->shown_us == TIME_NONE || a->shown_us > a->detected_us)
		a->shown_us = a->detected_us;
	read_before(a);
	a->mark_us = a->blind_until_us = TIME_NONE;
	a->changed = true;
	h->attack = a;
	return a;
}

struct attack *attack_free(struct attack *a)
{
	if (!a)
		return NULL;
	for (unsigned i = 0; i < PORT_SLOTS; i++)
		a->hot->port[i].pinned = false;
	a->hot->attack = NULL;
	free(a->series);
	free(a->path);
	witnesses_free(a->witnesses);
	free(a);
	return NULL;
}

static uint64_t less(uint64_t n, int64_t before)
{
	int64_t rest = (int64_t)n - before;

	return rest > 0 ? (uint64_t)rest : 0;
}

/* Where exporters see the same packets: what the course holds and the rings behind it. */
static uint64_t packets_once(const struct attack *a, unsigned t)
{
	int64_t bin = a->series_bin, oldest = a->hot->meters.newest - RING_BINS + 1;

	bin = bin < oldest ? oldest : bin;
	if (bin > a->active_bin)
		return a->part[t].settled;
	return a->part[t].settled + attack_part(a, t, bin, (unsigned)(a->active_bin - bin + 1));
}

static uint64_t bytes_once(const struct attack *a, uint32_t mask)
{
	uint64_t bytes = a->series_bytes, p, b;
	int64_t bin = a->series_bin, oldest = a->hot->meters.newest - RING_BINS + 1;

	for (bin = bin < oldest ? oldest : bin; bin <= a->active_bin; bin += BINS_PER_S) {
		sum_window(a, mask, bin + BINS_PER_S - 1, BINS_PER_S, &p, &b);
		bytes += b;
	}
	return bytes;
}

/* The total is the sum of its parts, each read from the same figures. */
static void read_totals(struct attack *a)
{
	bool once = meters_exporters(&a->hot->meters) > 1;
	uint64_t packets = 0, bytes = 0;
	uint32_t mask = attack_tracks(a);

	for (unsigned t = 0; t < TRACKS; t++) {
		uint64_t all = tally_packets(a->hot, t), n;

		if (!all && !(mask >> t & 1))
			continue;
		n = once ? packets_once(a, t) : less(all, a->part[t].packets_before);
		a->part[t].packets = n > a->part[t].packets ? n : a->part[t].packets;
		if (!(mask >> t & 1))
			continue;
		packets += a->part[t].packets;
		bytes += tally_bytes(a->hot, t);
	}
	bytes = once ? bytes_once(a, mask) : less(bytes, a->bytes_before);
	a->packets = packets > a->packets ? packets : a->packets;
	a->bytes = bytes > a->bytes ? bytes : a->bytes;
}

static void read_end(struct attack *a)
{
	int64_t seen = TIME_NONE, end = (a->active_bin + 1) * BIN_US - 1;

	for (unsigned t = 0; t < TRACKS; t++) {
		int64_t us = a->hot->note[t < VECTOR_COUNT ? t : VECTOR_UDP_FLOOD].seen_us;

		if (a->part[t].over && us != TIME_NONE && (seen == TIME_NONE || us > seen))
			seen = us;
	}
	if (seen == TIME_NONE || seen > end)
		seen = end;
	if (seen > a->last_us)
		a->last_us = seen;
}

/* With several exporters a second may also shrink: a finer one's late count takes over. */
static void forget_peaks(struct attack *a)
{
	if (a->peak_us / BIN_US <= a->hot->meters.newest - RING_BINS)
		return;
	a->peak_pps = a->peak_bps = a->peak_syn = 0;
	for (unsigned t = 0; t < TRACKS; t++)
		a->part[t].peak_pps = 0;
}

/* Peaks by UTC clock second over the bins that changed; from one exporter a second only grows. */
static void read_peaks(struct attack *a, int64_t from, int64_t to)
{
	const struct meters *m = &a->hot->meters;
	uint32_t mask = attack_tracks(a);

	if (meters_exporters(m) > 1) {
		forget_peaks(a);
		from = m->newest - RING_BINS + BINS_PER_S;
		to = m->newest;
	}
	if (from < a->first_bin)
		from = a->first_bin;
	from -= (from % BINS_PER_S + BINS_PER_S) % BINS_PER_S;
	for (int64_t b = from; b <= to; b += BINS_PER_S) {
		uint64_t packets, bytes, syn;

		sum_window(a, mask, b + BINS_PER_S - 1, BINS_PER_S, &packets, &bytes);
		syn = meters_sum(m, VECTOR_SYN_FLOOD, b + BINS_PER_S - 1, BINS_PER_S);
		if (packets > a->peak_pps) {
			a->peak_pps = packets;
			a->peak_us = b * BIN_US;
		}
		a->peak_bps = bytes * 8 > a->peak_bps ? bytes * 8 : a->peak_bps;
		a->peak_syn = syn > a->peak_syn ? syn : a->peak_syn;
		for (unsigned t = 0; t < TRACKS; t++) {
			uint64_t n = meters_sum(m, t, b + BINS_PER_S - 1, BINS_PER_S);

			a->part[t].peak_pps = n > a->part[t].peak_pps ? n : a->part[t].peak_pps;
		}
	}
}

/* The newest bin whose second still holds more than background of the attack. */
static void read_activity(struct attack *a)
{
	const struct hot *h = a->hot;
	int64_t from = h->dirty_first > a->active_bin ? h->dirty_first : a->active_bin;

	for (int64_t b = h->dirty_last; b >= from; b--) {
		for (unsigned t = 0; t < TRACKS; t++) {
			if (!a->part[t].over || !meters_sum(&h->meters, t, b, 1))
				continue;
			if (meters_sum(&h->meters, t, b, BINS_PER_S) < floor_pps(h, t))
				continue;
			a->active_bin = b;
			return;
		}
	}
}

void attack_update(struct attack *a, const struct crossing *c, const struct crossing *full)
{
	struct hot *h = a->hot;
	bool renewed = false;

	mark_over(a, full);
	for (unsigned t = 0; t <= TRACKS; t++) {
		int64_t end;

		if (t < TRACKS ? !(c->over >> t & 1) : !c->any)
			continue;
		end = (c->last_end[t] + 1) * BIN_US;
		if (end > a->over_us) {
			a->over_us = end;
			renewed = true;
		}
	}
	read_activity(a);
	/* Records of after the end change nothing; late ones of before it do. */
	if (h->dirty_first <= a->active_bin || renewed || a->packets == 0) {
		read_totals(a);
		read_end(a);
		read_peaks(a, h->dirty_first, h->dirty_last);
		a->changed = true;
	}
	/* Late records can show an earlier start. */
	if (h->dirty_first < a->first_bin && a->part[a->main].over) {
		int64_t first = find_first_bin(h, a->main, a->first_bin, 1);

		if (first < a->first_bin && a->series_bin == a->first_bin && a->n_series == 0) {
			a->first_bin = a->series_bin = a->pulse_bin = first;
			a->first_us = refine_first(h, a->main, first);
			read_peaks(a, first, h->dirty_last);
		}
	}
}

int hot_advance(struct hot *h, int64_t bin)
{
	int64_t lost = bin - RING_BINS, step = SERIES_STEP_S * BINS_PER_S;
	int r = 0;

	if (h->attack && h->meters.newest != INT64_MIN && lost >= h->attack->series_bin)
		r = attack_settle(h->attack,
				  (lost < h->meters.newest ? lost : h->meters.newest) + step);
	meters_advance(&h->meters, bin);
	if (h->by_link)
		meters_advance(h->by_link, bin);
	if (h->attack && h->attack->witnesses)
		meters_advance(&h->attack->witnesses->meters, bin);
	return r;
}
