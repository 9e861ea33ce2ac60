/* SPDX-License-Identifier: ISC */
/*
 * What is counted about a destination that is followed closely: a ring of 250 ms bins of record
 * time, 128 s long, for each view; a view is one (exporter, ingress link). Views of one exporter
 * add up, exporters whose interfaces have no known side are de-duplicated by the maximum. A flow is
 * spread evenly over the bins from its first to its last packet.
 *
 * The ring holds differences between bins: a flow of any length changes four rows (adding it bin by
 * bin took 30 % of the whole path at 200,000 flow records a second). A row has a column for each
 * meter that was ever counted there, eight to a line, so one flow touches one line per row.
 * Counters are integers, packets in 1/256, and wrap as differences must; so sums commute and the
 * order of arrival within a tick cannot change a result.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "detect/finding.h"

#define BIN_US	    INT64_C(250000)
#define BINS_PER_S  4
#define RING_BINS   512 /* 128 s: twice an active timeout of 60 s and its delivery */
#define RECENT_BINS 144 /* newest bins that are summed without walking the others */
#define UNIT_SHIFT  8	/* a packet is 256 units */
#define PORT_SLOTS  8	/* reflector ports followed at a time */
#define VIEWS_MAX   8

/* The first VECTOR_COUNT meters are the detectors' own, indexed by vector. */
enum meter {
	METER_PORT = VECTOR_COUNT, /* PORT_SLOTS of them */
	METER_PACKETS = METER_PORT + PORT_SLOTS,
	METER_DATA,    /* TCP packets that carry data, as flows tell it: records with PSH */
	METER_SAMPLED, /* packets as sampled, only kept where a factor above 1 was seen */
	METER_OUT_TCP, /* sent by the target: TCP without RST */
	METER_OUT_SYN,
	METER_OUT_UDP,
	METER_OUT_OTHER,
	METER_BYTES, /* BYTE_GROUPS of them, see below */
	METER_COUNT = METER_BYTES + 4,
	/* Counted under a name already: */
	METER_DONE = VECTOR_CONN_FLOOD, /* handshakes completed */
	METER_TCP = VECTOR_ACK_FLOOD,	/* what completed connections send */
};

/* Bytes by family, for the peak bandwidth of just the attack's part. */
enum byte_group { BYTES_SYN, BYTES_TCP, BYTES_UDP, BYTES_OTHER, BYTE_GROUPS };

_Static_assert(METER_COUNT == METER_BYTES + BYTE_GROUPS, "a meter for each");

struct view {
	uint16_t exporter, link;
	bool entry;		     /* counted on entry from outside: adds up over exporters */
	uint32_t weight;	     /* largest sampling factor seen in it */
	uint8_t column[METER_COUNT]; /* 1 + its column in `row`; 0: never counted */
	uint8_t n_columns, room;
	uint64_t *row; /* RING_ROWS of @room differences, NULL before the first */
};

/* Behind the bins of a ring: what they begin with. */
#define ROW_BASE   RING_BINS	   /* the value before the oldest bin */
#define ROW_RECENT (RING_BINS + 1) /* the value before the first recent bin */
#define RING_ROWS  (RING_BINS + 2)

struct sheet;

struct meters {
	int64_t newest; /* absolute bin index of the newest bin; INT64_MIN before the first */
	struct view view[VIEWS_MAX];
	unsigned n_views;
	unsigned last_view;	   /* the view of the last record: mostly the next one's too */
	uint64_t overflow;	   /* records that found no view */
	uint64_t memory;	   /* bytes allocated */
	const struct sheet *sheet; /* running sums while they are looked at, else NULL */
};

/* A flow's time in bins. */
struct span {
	int64_t first, last;
	double first_share, whole_share; /* of the first bin, and of each bin between */
	bool begins, ends;		 /* first and last are the flow's own, not the ring's */
};

/* An amount of one meter, packets or bytes, to be spread over a span. */
struct amount {
	uint8_t meter;
	uint64_t n;
};

#define METERS_NULL ((struct meters){.newest = INT64_MIN})

static inline int64_t bin_of(int64_t us)
{
	int64_t b = us / BIN_US;

	return us % BIN_US < 0 ? b - 1 : b;
}

/** ring_oldest() - the oldest bin that the ring still holds; the one after the newest is there too.
 */
static inline int64_t ring_oldest(const struct meters *m)
{
	return m->newest - RING_BINS + 2;
}

/** recent_first() - from this bin on sums begin with ROW_RECENT. */
static inline int64_t recent_first(const struct meters *m)
{
	return m->newest - RECENT_BINS;
}

void meters_deinit(struct meters *m);

/**
 * meters_advance() - make room up to bin @to; bins that fall out of the ring are forgotten.
 */
void meters_advance(struct meters *m, int64_t to);

/** meters_view() - the view of (exporter, link), made where it is missing; NULL when all are used.
 */
struct view *meters_view(struct meters *m, uint16_t exporter, uint16_t link, bool entry);

/** span_of() - the bins of a flow. */
struct span span_of(int64_t first_us, int64_t last_us);

/** meters_clip() - cut @s to what the ring holds. Return: false when none of it is inside. */
bool meters_clip(const struct meters *m, const struct span *s, struct span *out);

/**
 * meters_add() - spread amounts (weighted) over a span that meters_clip() gave.
 * Return: 0 or -ENOMEM.
 */
int meters_add(struct meters *m, struct view *v, const struct span *s, const struct amount *list,
	       unsigned n);

/** meters_clear() - forget all that was counted of @meter. */
void meters_clear(struct meters *m, unsigned meter);

/*
 * Running sums of all meters of one destination, made once and then asked many times: a window is a
 * difference of two of them. One sheet serves all destinations of a thread, one after the other.
 */
struct sheet {
	int64_t from;		  /* first bin that it holds */
	uint64_t *sum[VIEWS_MAX]; /* a row for each bin, as in the ring */
	size_t room[VIEWS_MAX];	  /* numbers allocated */
};

/**
 * sheet_open() - lay the sums of @m from bin @from on into @s; until sheet_close() sums of @m are
 * read from it. Nothing may be added meanwhile. Without memory sums are walked instead.
 */
void sheet_open(struct sheet *s, struct meters *m, int64_t from);
void sheet_close(struct meters *m);
void sheet_deinit(struct sheet *s);

/** meters_sum() - packets of @meter in the @n bins that end with @end, views combined. */
uint64_t meters_sum(const struct meters *m, unsigned meter, int64_t end, unsigned n);
uint64_t meters_sum_bytes(const struct meters *m, enum byte_group g, int64_t end, unsigned n);

/** meters_sum_view() - the same for one view alone. */
uint64_t meters_sum_view(const struct meters *m, const struct view *v, unsigned meter, int64_t end,
			 unsigned n);
uint64_t meters_sum_view_bytes(const struct meters *m, const struct view *v, enum byte_group g,
			       int64_t end, unsigned n);

/**
 * meters_weight() - packets for each sampled one in the window, of the exporter that meters_sum()
 * took (or of the entry views); 0 where none were sampled.
 */
double meters_weight(const struct meters *m, int64_t end, unsigned n);

/**
 * meters_voice() - of the exporters without known sides the one that surely saw most in the last
 * ten seconds, as meters_sum() believes them: who sends is counted by it alone. @voice, which was
 * it so far, stays unless another surely saw an eighth more. Return: @voice where nobody told.
 */
uint16_t meters_voice(const struct meters *m, uint16_t voice);

/** meters_exporters() - how many exporters the non-entry views come from. */
unsigned meters_exporters(const struct meters *m);
