/* SPDX-License-Identifier: ISC */
/*
 * An attack from its opening to its end, hanging on a followed destination: its parts (vectors and
 * reflector ports), start and end read from the rings, pulses, peaks, totals and course.
 */
#pragma once

#include "detect/evaluate.h"

struct attack_path;
struct blind;
struct exporters;
struct witnesses;

#define QUIET_US       (60 * US_PER_S) /* quiet record time after which an attack is over */
#define SERIES_DENSE_S 60	       /* seconds told one by one, then in steps */
#define SERIES_STEP_S  10
#define SERIES_MAX     4096

struct part {
	bool over;
	int64_t over_first_us, over_last_us;
	uint64_t peak_pps;
	uint64_t packets; /* of the attack's time; those of attack_tracks() add up to its total */
	/* Of the tally, what is none of the attack; below 0 for what of it was missed. */
	int64_t packets_before;
	uint64_t settled; /* packets in the course so far */
};

struct attack {
	uint64_t handle;
	struct hot *hot;
	enum finding_state state;
	struct part part[TRACKS];
	unsigned main; /* track that opened it */
	bool any_only; /* only the sum of everything crossed */
	int64_t first_us, last_us, detected_us, shown_us;
	int64_t over_us;    /* record time of the last window over half the threshold */
	int64_t active_bin; /* last bin with more than background of it */
	int64_t first_bin;
	int64_t bytes_before; /* as packets_before of its parts */
	uint64_t packets, bytes;
	uint64_t peak_pps, peak_bps, peak_syn;
	int64_t peak_us;
	uint32_t pulses;
	bool in_pulse;
	int64_t pulse_bin;		       /* windows up to here are judged for pulses */
	int64_t series_bin;		       /* bins before are in the series */
	uint64_t series_packets, series_bytes; /* in the series so far */
	struct series_point *series;
	unsigned n_series, room_series;
	struct attack_path *path;    /* owned; which links carried what of it */
	struct witnesses *witnesses; /* owned; who else told of it; NULL nobody */
	uint64_t told_of[VIEWS_MAX]; /* of series_packets, by view of the hot one's meters */
	double usual;		     /* of series_packets, twice what is usual there in so long */
	uint32_t wait_s;	     /* record time that an exporter may hold a flow back */
	int64_t mark_us;	/* how far its exporters were at the last look; TIME_NONE none */
	int64_t blind_us;	/* since over_us, time in which it could not be seen, */
	int64_t blind_until_us; /* up to here */
	int64_t emitted_us;	/* receive clock of the last finding */
	bool changed;
	bool told; /* at least once */
};

/** attack_open() - Return: NULL without memory. @clock_us: receive clock. */
struct attack *attack_open(struct hot *h, const struct crossing *c, uint64_t handle,
			   uint32_t wait_s, int64_t clock_us);
struct attack *attack_free(struct attack *a);

/** attack_update() - after a look at half the thresholds (@c) and at the whole ones (@full). */
void attack_update(struct attack *a, const struct crossing *c, const struct crossing *full);

/** attack_settle() - judge pulses and course of all bins up to @bin. */
int attack_settle(struct attack *a, int64_t bin);

/**
 * hot_advance() - let the rings of @h reach @bin; what they forget goes into the course first.
 * Return: 0 or -ENOMEM.
 */
int hot_advance(struct hot *h, int64_t bin);

/** attack_fill() - the picture of the attack. @f points into @a and its hot. */
int attack_fill(struct attack *a, const struct exporters *ex, bool own_known, bool target_own,
		int64_t clock_us, struct finding *f);

/**
 * attack_blind() - the smallest attack of its main vector that would have been seen there, and how
 * late its exporters tell of flows that go on; after all else of @f is filled.
 */
void attack_blind(struct blind *b, const struct attack *a, const struct conf *conf,
		  struct exporters *ex, struct finding *f);

/** attack_tracks() - bit per track whose packets make up its totals: disjoint, so none counts
 * twice. */
uint32_t attack_tracks(const struct attack *a);

/** attack_part() - packets of one track in @n bins from @from on, added second by second. */
uint64_t attack_part(const struct attack *a, unsigned track, int64_t from, unsigned n);

/** attack_sum() - their packets and bytes in @n bins from @from on, added second by second. */
void attack_sum(const struct attack *a, uint32_t mask, int64_t from, unsigned n, uint64_t *packets,
		uint64_t *bytes);
