/* SPDX-License-Identifier: ISC */
/*
 * What a followed destination remembers beside its rings: what runs in the present second of
 * arrival and how near that is to a threshold, and since something is near, the notes of each
 * vector that an attack will report.
 */
#include "detect/hot_inside.h"

static uint64_t per_second(uint64_t n, uint32_t seconds)
{
	return seconds == 1 ? n : n / seconds + (n % seconds != 0);
}

static void sum_vector(struct vector_note *n, const struct run *r, uint64_t packets)
{
	n->packets += packets;
	n->bytes += packets >= r->packets
			    ? r->bytes
			    : (uint64_t)((double)r->bytes * ((double)packets / (double)r->packets));
}

static void note_vector(struct hot *h, const struct run *r, unsigned v, uint64_t packets)
{
	struct vector_note *n = &h->note[v];

	n->arriving += packets;
	if (n->shown_us == TIME_NONE)
		n->shown_us = r->recv_first_us;
	/* A run begins after two seconds without the vector: its start is known to the microsecond.
	 */
	if (n->seen_us == TIME_NONE || r->first_us > n->seen_us + 2 * US_PER_S)
		n->start_us = r->first_us;
	else if (r->first_us < n->start_us)
		n->start_us = r->first_us;
	if (n->seen_us == TIME_NONE || r->last_us > n->seen_us)
		n->seen_us = r->last_us;
}

/* A connection that captured packets completed, in the second of @r. */
void hot_note_connection(struct hot *h, const struct hot_record *r)
{
	struct run one = {.packets = r->packets,
			  .bytes = r->bytes,
			  .seconds = 1,
			  .first_us = r->first_us,
			  .last_us = r->last_us,
			  .recv_first_us = r->recv_us};

	h->tally.done++;
	sum_vector(&h->note[VECTOR_CONN_FLOOD], &one, 1);
	note_vector(h, &one, VECTOR_CONN_FLOOD, 1);
}

/* What stands near: a quarter of a threshold beyond twice what is usual here. */
static uint64_t near_of(const struct hot *h, unsigned meter, uint64_t threshold)
{
	uint64_t usual = usual_has_history(h->usual) ? (uint64_t)(2 * h->baseline[meter]) : 0;

	return threshold == RATE_NEVER ? RATE_NEVER : threshold / NEAR_KEPT + usual;
}

/* A vector is quiet while fewer than 1/QUIET_SHARE of its threshold arrive in a quarter second. */
#define QUIET_SHARE 64

static void turn_slot(struct hot *h, int64_t slot)
{
	for (unsigned v = 0; v < VECTOR_COUNT; v++) {
		struct vector_note *n = &h->note[v];
		uint64_t t = hot_threshold(h, (enum vector)v, 0);

		if (slot > h->current_slot + 1 || t == RATE_NEVER || n->arriving * QUIET_SHARE < t)
			n->shown_us = TIME_NONE;
		n->arriving = 0;
	}
	h->current_slot = slot;
}

static double inverse(uint64_t threshold)
{
	return threshold == RATE_NEVER ? 0 : threshold ? 1.0 / (double)threshold : 1;
}

/* The least that UDP may count against: its own threshold or that of a reflector's port. */
static uint64_t least_port(const struct hot *h)
{
	uint64_t least = hot_threshold(h, VECTOR_AMPLIFICATION, 0);

	for (unsigned i = 0; i < h->th->n_reflectors; i++) {
		uint64_t t = hot_threshold(h, VECTOR_AMPLIFICATION, h->th->reflector[i].port);

		least = t < least ? t : least;
	}
	return least;
}

static void turn_second(struct hot *h, int64_t second)
{
	uint64_t port;

	for (unsigned v = 0; v < VECTOR_COUNT; v++) {
		uint64_t t = hot_threshold(h, (enum vector)v, 0);

		h->note[v].running = 0;
		h->note[v].near = near_of(h, v, t);
		h->inverse[v] = inverse(t);
	}
	/* UDP may be a reflector's port that nobody knows yet. */
	port = least_port(h);
	if (inverse(port) > h->inverse[VECTOR_UDP_FLOOD])
		h->inverse[VECTOR_UDP_FLOOD] = inverse(port);
	port = near_of(h, VECTOR_UDP_FLOOD, port);
	if (port < h->note[VECTOR_UDP_FLOOD].near)
		h->note[VECTOR_UDP_FLOOD].near = port;
	h->current_second = second;
	h->running_packets = h->running_bytes = 0;
	h->near_packets = near_of(
		h, METER_PACKETS,
		h->th->any_pps >= RATE_NEVER / h->times ? RATE_NEVER : h->th->any_pps * h->times);
	h->near_bytes = h->th->any_bps >= RATE_NEVER / h->times
				? RATE_NEVER
				: h->th->any_bps * h->times / 8 / NEAR_KEPT;
	h->inverse_packets = inverse(
		h->th->any_pps >= RATE_NEVER / h->times ? RATE_NEVER : h->th->any_pps * h->times);
	h->inverse_bytes =
		8 * inverse(h->th->any_bps >= RATE_NEVER / h->times ? RATE_NEVER
								    : h->th->any_bps * h->times);
}

void hot_turn_clock(struct hot *h, int64_t slot)
{
	int64_t second;

	if (slot == h->current_slot)
		return;
	turn_slot(h, slot);
	second = slot < 0 ? (slot - BINS_PER_S + 1) / BINS_PER_S : slot / BINS_PER_S;
	if (second != h->current_second)
		turn_second(h, second);
}

void hot_note_times(struct hot *h, const struct run *r)
{
	h->last_recv_us = r->recv_last_us;
	if (h->last_us == TIME_NONE || r->last_us > h->last_us)
		h->last_us = r->last_us;
}

void hot_note_sampling(struct hot *h, const struct run *r)
{
	uint32_t w = capped_u32(r->weight);

	if (!r->packet)
		h->has_flows = true;
	if (!r->known)
		h->sampling_unknown = true;
	if (!h->sampling_min || w < h->sampling_min)
		h->sampling_min = w;
	if (w > h->sampling_max)
		h->sampling_max = w;
}

/* Of several exporters that see the same, the sums are of the one that counts. */
void hot_note_tally(struct hot *h, const struct run *r)
{
	if (h->suspect_us == TIME_NONE)
		h->suspect_us = r->first_us;
	h->tally.records += r->records;
	for (unsigned i = 0; i < r->n_amounts; i++) {
		unsigned meter = r->amount[i].meter;

		if (meter < VECTOR_COUNT)
			note_vector(h, r, meter, r->amount[i].n);
		if (r->heard && meter < VECTOR_COUNT)
			sum_vector(&h->note[meter], r, r->amount[i].n);
		h->tally.done += r->heard && meter == VECTOR_CONN_FLOOD ? r->amount[i].n : 0;
	}
	if (!r->heard)
		return;
	h->tally.all_packets += r->packets;
	h->tally.own_source += r->own_source ? r->packets : 0;
	h->tally.syn += r->syn ? r->packets : 0;
}

/*
 * What arrives in this second, and how much fuller a window can be by it: none of a second holds
 * more of the run than it claims for a second.
 */
void hot_note_rates(struct hot *h, const struct run *r)
{
	double most = (double)r->packets * h->inverse_packets, n;

	h->running_packets += r->packets / r->seconds;
	h->running_bytes += r->bytes / r->seconds;
	n = (double)r->bytes * h->inverse_bytes;
	most = n > most ? n : most;
	for (unsigned i = 0; i < r->n_amounts; i++) {
		unsigned meter = r->amount[i].meter;

		if (meter >= VECTOR_COUNT)
			continue;
		h->note[meter].running += per_second(r->amount[i].n, r->seconds);
		n = (double)r->amount[i].n * h->inverse[meter];
		most = n > most ? n : most;
	}
	h->gained += most / r->seconds;
}

/* How much more may come until something of the run's kind is near. */
void hot_find_room(const struct hot *h, struct run *r)
{
	uint64_t room = h->near_packets - h->running_packets;

	r->kept = h->running_packets >= h->near_packets || h->running_bytes >= h->near_bytes;
	r->room_bytes = h->near_bytes - h->running_bytes;
	for (unsigned i = 0; i < r->n_amounts; i++) {
		const struct vector_note *n;

		if (r->amount[i].meter >= VECTOR_COUNT)
			continue;
		n = &h->note[r->amount[i].meter];
		r->kept |= n->running >= n->near;
		room = n->near - n->running < room ? n->near - n->running : room;
	}
	r->room_packets = room;
}

/* The clock of arrival runs through the looked back time once more: what was quiet then is. */
void hot_turn_back(struct hot *h, int64_t slot)
{
	if (!h->looking_back)
		h->current_slot = slot;
	else if (slot != h->current_slot)
		turn_slot(h, slot);
	h->looking_back = true;
}
