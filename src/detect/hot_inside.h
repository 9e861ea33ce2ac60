/* SPDX-License-Identifier: ISC */
/*
 * What the files of a followed destination share and nobody else needs: hot.c (life and memory),
 * hot_count.c (one record in) and hot_track.c (ports, sources, links).
 */
#pragma once

#include "detect/attack.h"

#define NEAR 8 /* a share of the threshold from which handshakes are kept */

static inline bool is_syn(const struct flow *f)
{
	return f->proto == PROTO_TCP && (f->tcp_flags & (TH_SYN | TH_ACK | TH_RST)) == TH_SYN;
}

static inline enum source_group source_group_of(const struct flow *f)
{
	if (f->proto == PROTO_TCP)
		return is_syn(f) ? GROUP_SYN : GROUP_TCP;
	return f->proto == PROTO_UDP ? GROUP_UDP : GROUP_OTHER;
}

static inline bool is_near(const struct hot *h, enum vector v)
{
	uint64_t t = hot_threshold(h, v, 0);

	return t != RATE_NEVER && h->note[v].running >= t / NEAR;
}

static inline uint32_t capped_u32(uint64_t v)
{
	return v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
}

/**
 * hot_hears() - is what @exporter tells counted in sums that several may tell of? All that counts
 * on entry is; else one exporter's, the first until a look knows better.
 */
static inline bool hot_hears(struct hot *h, uint16_t exporter, bool entry)
{
	if (entry)
		return true;
	if (!h->voice)
		h->voice = exporter;
	return h->voice == exporter;
}

/** hot_split() - count by link from now on. Return: 0 or -ENOMEM. */
int hot_split(struct hot *h);

/** hot_track.c: who sends, from which reflector ports, to which ports, over which links. */
int track_port_of(struct hot *h, const struct hot_record *r);

/** track_port_meter() - the meter of the followed port that @r comes from, or -1. */
int track_port_meter(struct hot *h, const struct hot_record *r);
int track_dport(struct hot *h, const struct hot_record *r);
int track_http(struct hot *h, const struct hot_record *r);
int track_sources(struct hot *h, struct hot_record *r, unsigned groups, bool heard);

/**
 * track_answer() - a record that the destination sent: did whom it went to use its answers?
 * Return: 0 or -ENOMEM.
 */
int track_answer(struct hot *h, const struct hot_record *r);

/** track_taken() - a captured packet that acknowledges what the destination answered. */
void track_taken(struct hot *h, const struct hot_record *r);

/** hot_units.c: requests by wider units of their senders; units_settle() before they are read. */
int track_units(struct hot *h, const struct hot_record *r, const struct sent *n);
int units_settle(struct hot *h);
uint64_t units_memory(const struct hot *h);

static inline struct ip wide_key(const struct ip *src)
{
	return ip_mask(src, ip_is_v4(src) ? PREFIX_V4_BASE + 24 : 64);
}

void track_link(struct hot *h, const struct run *r);

/** hot_evidence() - hot_evidence.c: one more record to draw from. Return: 0 or -ENOMEM. */
int hot_evidence(struct hot *h, const struct hot_record *r);

/* hot_note.c */

/** hot_turn_clock() - let the clock of arrival reach a bin: what ran in older ones is over. */
void hot_turn_clock(struct hot *h, int64_t slot);

/** hot_turn_back() - the same through time that is looked back at: what was quiet then is. */
void hot_turn_back(struct hot *h, int64_t slot);

/** hot_find_room() - how much more of the run's kind may come until something of it is near. */
void hot_find_room(const struct hot *h, struct run *r);

/** Into the notes: times, sampling and rates of every run; what is reported while near. */
void hot_note_times(struct hot *h, const struct run *r);
void hot_note_sampling(struct hot *h, const struct run *r);
void hot_note_rates(struct hot *h, const struct run *r);
void hot_note_tally(struct hot *h, const struct run *r);

/** hot_note_connection() - one that captured packets completed. */
void hot_note_connection(struct hot *h, const struct hot_record *r);
