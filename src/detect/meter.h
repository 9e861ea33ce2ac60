/* SPDX-License-Identifier: ISC */
/*
 * What is counted about a destination that is followed closely: rings of 250 ms bins of record
 * time, 128 s long, one ring per meter and view. A view is one (exporter, ingress link); views of
 * one exporter add up, exporters whose interfaces have no known side are de-duplicated by the
 * maximum. A flow is spread evenly over the bins from its first to its last packet. Counters are
 * integers in 1/256 packet, so sums commute and the order of arrival within a tick cannot change a
 * result.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "detect/finding.h"

#define BIN_US	   INT64_C(250000)
#define BINS_PER_S 4
#define RING_BINS  512 /* 128 s: twice an active timeout of 60 s and its delivery */
#define UNIT_SHIFT 8   /* a packet is 256 units */
#define PORT_SLOTS 8   /* reflector ports followed at a time */
#define VIEWS_MAX  8

/* The first VECTOR_COUNT meters are the detectors' own, indexed by vector. */
enum meter {
	METER_PORT = VECTOR_COUNT, /* PORT_SLOTS of them */
	METER_PACKETS = METER_PORT + PORT_SLOTS,
	METER_SAMPLED, /* packets as sampled, only kept where a factor above 1 was seen */
	METER_DONE,    /* handshakes completed */
	METER_DATA,    /* TCP packets that carry data, as flows tell it: records with PSH */
	METER_TCP,     /* all TCP with ACK, no SYN or RST: what completed connections send */
	METER_OUT_TCP, /* sent by the target: TCP without RST */
	METER_OUT_SYN,
	METER_OUT_UDP,
	METER_OUT_OTHER,
	METER_COUNT
};

/* Bytes by family, for the peak bandwidth of just the attack's part. */
enum byte_group { BYTES_SYN, BYTES_TCP, BYTES_UDP, BYTES_OTHER, BYTE_GROUPS };

struct view {
	uint16_t exporter, link;
	bool entry;	 /* counted on entry from outside: adds up over exporters */
	uint32_t weight; /* largest sampling factor seen in it */
	uint32_t *ring[METER_COUNT];
	uint64_t *bytes[BYTE_GROUPS];
};

struct meters {
	int64_t newest; /* absolute bin index of the newest bin; INT64_MIN before the first */
	struct view view[VIEWS_MAX];
	unsigned n_views;
	uint64_t overflow; /* records that found no view */
	uint64_t memory;   /* bytes allocated */
};

struct span {
	int64_t first, last; /* absolute bins, both within the ring */
	uint64_t total_us;   /* length of the whole flow, also outside the ring; at least 1 */
	uint64_t first_us;   /* how much of it lies in the first bin */
	bool begins, ends;   /* first and last are the flow's own first and last bin */
};

static inline int64_t bin_of(int64_t us)
{
	int64_t b = us / BIN_US;

	return us % BIN_US < 0 ? b - 1 : b;
}

void meters_deinit(struct meters *m);

/**
 * meters_advance() - make room up to bin @to; bins that fall out of the ring are forgotten.
 */
void meters_advance(struct meters *m, int64_t to);

/** meters_view() - the view of (exporter, link), made where it is missing; NULL when all are used.
 */
struct view *meters_view(struct meters *m, uint16_t exporter, uint16_t link, bool entry);

/** meters_span() - clip a flow to the ring. Return: false when none of it is inside. */
bool meters_span(const struct meters *m, int64_t first_us, int64_t last_us, struct span *out);

/** meters_add() - spread @packets (weighted) over the span. Return: 0 or -ENOMEM. */
int meters_add(struct meters *m, struct view *v, unsigned meter, const struct span *s,
	       uint64_t packets);
int meters_add_bytes(struct meters *m, struct view *v, enum byte_group g, const struct span *s,
		     uint64_t bytes);

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

/** meters_exporters() - how many exporters the non-entry views come from. */
unsigned meters_exporters(const struct meters *m);
