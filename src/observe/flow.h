/* SPDX-License-Identifier: ISC */
/*
 * The record every sensor gives and every detector takes: one flow, or one packet as a flow of one.
 * The hot part is one cache line without pointers; what few detectors read stands in a side record
 * at the same index of the batch. Data class: header (no content ever enters a record).
 *
 * Times are milliseconds from the batch's epoch (a whole UTC second, so that clock seconds can be
 * told without a division by anything but 1000); the microseconds below them stand in the side
 * record. Packets and bytes are as the exporter counted them, never multiplied by the sampling
 * factor; a consumer multiplies by flow_weight().
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/ip.h"

struct flow {
	struct ip src, dst;
	uint64_t bytes;		    /* layer 3 bytes where known, as counted */
	uint32_t packets;	    /* as counted, saturating */
	uint32_t first_ms;	    /* first packet, from the batch's epoch */
	uint32_t last_ms;	    /* last packet, from the batch's epoch */
	uint16_t sport, dport;	    /* 0 for protocols without ports and for later fragments */
	uint16_t in_link, out_link; /* index in the link table; LINK_UNKNOWN */
	uint16_t exporter;	    /* index in the exporter table */
	uint8_t proto;		    /* IANA protocol number */
	uint8_t tcp_flags;	    /* OR of the flow's flags; CWR..FIN as on the wire */
};

_Static_assert(sizeof(struct flow) == 64, "the hot record is one cache line");

enum flow_flag {
	FLOW_SAMPLING_KNOWN = 1 << 0, /* the factor was told, be it by wire or by the operator */
	FLOW_IS_PACKET = 1 << 1,      /* one packet seen by us or as a sampled header */
	FLOW_FRAGMENT = 1 << 2,	      /* any fragment (MF set or offset > 0) */
	FLOW_LATER_FRAGMENT = 1 << 3, /* offset > 0: no ports */
	FLOW_HAS_TTL = 1 << 4,
	FLOW_HAS_IP_ID = 1 << 5,
	FLOW_HAS_WINDOW = 1 << 6,
	FLOW_MALFORMED = 1 << 7,    /* header that no honest stack sends; see packet.h */
	FLOW_DROPPED = 1 << 8,	    /* forwarding status says the router dropped it */
	FLOW_REVERSE = 1 << 9,	    /* the answering half of a biflow record */
	FLOW_EGRESS = 1 << 10,	    /* observed leaving the observation point */
	FLOW_NO_TIMES = 1 << 11,    /* the record told no times; first = last = export time */
	FLOW_HAS_PAYLOAD = 1 << 12, /* a packet that carries bytes above layer 4 */
};

/* What the first payload bytes of a packet look like; the bytes themselves are never kept. */
enum flow_app {
	APP_UNKNOWN,
	APP_HTTP_REQUEST,
	APP_HTTP_RESPONSE,
	APP_TLS_HELLO,
	APP_DNS_QUERY,
	APP_DNS_RESPONSE,
	APP_QUIC_INITIAL,
	APP_QUIC_OTHER,
	APP_COUNT
};

struct flow_side {
	struct ip next_hop; /* zero where unknown */
	uint32_t sampling;  /* factor, 1 = every packet; 1 too where unknown (see flag) */
	uint32_t domain;    /* observation domain, source id or sub-agent */
	uint32_t recv_ms;   /* receive clock (frame time in files), from the batch's epoch */
	uint32_t src_as, dst_as;
	uint16_t first_rem_us, last_rem_us, recv_rem_us; /* 0..999 below the milliseconds */
	uint16_t flags;					 /* enum flow_flag */
	uint16_t vlan;
	uint16_t tcp_window;
	uint16_t ip_id;
	uint16_t fragment; /* offset in 8-byte units */
	uint8_t ttl;	   /* least seen where a flow has two */
	uint8_t tos;
	uint8_t src_mask, dst_mask; /* as people write them: 24; 0 where unknown */
	uint8_t icmp_type, icmp_code;
	uint8_t app;	    /* enum flow_app */
	uint8_t forwarding; /* RFC 7270 forwardingStatus, 0 unknown */
	uint32_t sampler;   /* sampler or selector id, 0 where none */
};

_Static_assert(sizeof(struct flow_side) == 64, "the side record is one cache line too");

#define FLOW_BATCH_MAX	 1024
#define LINK_UNKNOWN	 0
#define EXPORTER_UNKNOWN 0
#define PROTO_ICMP	 1
#define PROTO_TCP	 6
#define PROTO_UDP	 17
#define PROTO_ICMP6	 58

enum tcp_flag { TH_FIN = 1, TH_SYN = 2, TH_RST = 4, TH_PSH = 8, TH_ACK = 16, TH_URG = 32 };

/* A batch is owned by the sensor and borrowed by the sink for the call; copy what must outlive it.
 */
struct flow_batch {
	int64_t epoch_us; /* a whole second */
	uint32_t n;
	struct flow flow[FLOW_BATCH_MAX] __attribute__((aligned(64)));
	struct flow_side side[FLOW_BATCH_MAX];
};

static inline int64_t flow_first_us(const struct flow_batch *b, uint32_t i)
{
	return b->epoch_us + b->flow[i].first_ms * US_PER_MS + b->side[i].first_rem_us;
}

static inline int64_t flow_last_us(const struct flow_batch *b, uint32_t i)
{
	return b->epoch_us + b->flow[i].last_ms * US_PER_MS + b->side[i].last_rem_us;
}

static inline int64_t flow_recv_us(const struct flow_batch *b, uint32_t i)
{
	return b->epoch_us + b->side[i].recv_ms * US_PER_MS + b->side[i].recv_rem_us;
}

static inline uint32_t flow_weight(const struct flow_side *s)
{
	return s->sampling ? s->sampling : 1;
}

/*
 * Where a sensor's batches go. @clock tells the receive clock when nothing came (live), so that
 * seconds close and silence is seen.
 */
struct flow_sink {
	/** Return: 0, or a negative error that stops the sensor. */
	int (*batch)(void *userdata, const struct flow_batch *b);
	int (*clock)(void *userdata, int64_t recv_us); /* may be NULL */
	void *userdata;
};

/*
 * The writer's side: sensors put records one at a time with absolute times; the batch opens a new
 * epoch by itself when a record is out of its range (49 days) and hands itself on when full.
 */
struct flow_writer {
	struct flow_sink sink;
	struct flow_batch *batch; /* owned */
	uint64_t records;	  /* handed on so far */
};

/** flow_writer_init() - Return: 0 or -ENOMEM. */
int flow_writer_init(struct flow_writer *w, const struct flow_sink *sink);
void flow_writer_deinit(struct flow_writer *w);

/**
 * flow_writer_put() - append a record. The *_ms and *_rem_us fields of @f and @s are filled here
 * from the absolute times; times of a record further than 49 days from its receive time are clamped
 * to it. Return: 0, or the sink's negative error.
 */
int flow_writer_put(struct flow_writer *w, const struct flow *f, const struct flow_side *s,
		    int64_t first_us, int64_t last_us, int64_t recv_us);

/*
 * Room for records that are made in their place, without a copy: all that records received together
 * share. Valid until the next call for the writer but flow_writer_commit().
 */
struct flow_room {
	struct flow *flow;	/* the next free places, */
	struct flow_side *side; /* their side records, */
	uint32_t n;		/* and how many there are; at least one */
	uint32_t recv_ms;	/* what side.recv_ms and recv_rem_us are to be */
	uint16_t recv_rem_us;
	int64_t epoch_us;	   /* of the batch */
	int64_t least_us, most_us; /* times between these, ends included, need no clamping */
};

/**
 * flow_writer_room() - places for records received at @recv_us. A batch that is full, or of an
 * epoch that cannot hold @recv_us, is handed on before. Return: 0, or the sink's negative error.
 */
int flow_writer_room(struct flow_writer *w, int64_t recv_us, struct flow_room *room);

/**
 * flow_room_times() - set a record's own times as flow_writer_put() would.
 * Return: false when they are out of the room's range: then flow_writer_put() must have the record.
 */
static inline bool flow_room_times(const struct flow_room *room, struct flow *f,
				   struct flow_side *s, int64_t first_us, int64_t last_us)
{
	uint64_t first, last, first_ms, last_ms;

	if (first_us < room->least_us || first_us > room->most_us || last_us < room->least_us ||
	    last_us > room->most_us)
		return false;
	if (last_us < first_us)
		last_us = first_us;
	first = (uint64_t)(first_us - room->epoch_us);
	last = (uint64_t)(last_us - room->epoch_us);
	first_ms = first / US_PER_MS;
	last_ms = last / US_PER_MS;
	f->first_ms = (uint32_t)first_ms;
	f->last_ms = (uint32_t)last_ms;
	s->first_rem_us = (uint16_t)(first - first_ms * US_PER_MS);
	s->last_rem_us = (uint16_t)(last - last_ms * US_PER_MS);
	return true;
}

/** flow_writer_commit() - the first @n places of the last room are whole records now. */
static inline void flow_writer_commit(struct flow_writer *w, uint32_t n)
{
	w->batch->n += n;
}

/* The place of one record whose only time is when it was received. */
struct flow_place {
	struct flow *flow;
	struct flow_side *side;
	uint64_t since_us; /* receive time from the batch's epoch */
};

/** flow_writer_turn() - the uncommon half of flow_writer_next(): hand on, or begin an epoch. */
int flow_writer_turn(struct flow_writer *w, int64_t recv_us, struct flow_place *place);

#define FLOW_RANGE_US (INT64_C(0xffffffff) * US_PER_MS) /* what an epoch can hold */

/**
 * flow_writer_next() - the place for a record received at @recv_us; nothing is taken yet.
 * Return: 0, or the sink's negative error.
 */
static inline int flow_writer_next(struct flow_writer *w, int64_t recv_us, struct flow_place *place)
{
	struct flow_batch *b = w->batch;
	uint64_t since_us = (uint64_t)recv_us - (uint64_t)b->epoch_us;

	if (!b->n || b->n == FLOW_BATCH_MAX || since_us >= FLOW_RANGE_US)
		return flow_writer_turn(w, recv_us, place);
	*place = (struct flow_place){&b->flow[b->n], &b->side[b->n], since_us};
	return 0;
}

/** flow_writer_take() - @place holds a record now: set its times, and it is in the batch. */
static inline void flow_writer_take(struct flow_writer *w, const struct flow_place *place)
{
	uint64_t ms = place->since_us / US_PER_MS;
	uint16_t rem_us = (uint16_t)(place->since_us - ms * US_PER_MS);
	struct flow_side *s = place->side;

	place->flow->first_ms = place->flow->last_ms = s->recv_ms = (uint32_t)ms;
	s->first_rem_us = s->last_rem_us = s->recv_rem_us = rem_us;
	w->batch->n++;
}

/** flow_writer_flush() - hand on what is in the batch, then tell the clock. */
int flow_writer_flush(struct flow_writer *w);
