/* SPDX-License-Identifier: ISC */
/*
 * A datagram being filled by a router, and what a format has to say: how it opens, takes a record
 * and is sealed. One format is one file; router.c holds the list.
 */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"
#include "drill/cache.h"
#include "drill/put.h"
#include "drill/router.h"

#define DATAGRAM_MAX 1432 /* fits any path of 1,500 bytes */

struct datagram_out {
	uint8_t b[DATAGRAM_MAX + 512];
	size_t len;    /* 0: none begun */
	size_t set_at; /* where the open set begins, 0 none */
	uint16_t set_id;
	uint32_t in_this; /* records in this one */
	uint32_t options_in_this, templates_in_this;
	uint32_t seq; /* as the format counts */
	uint64_t records;
	int64_t opened_us, templates_us;
	int64_t boot_us, offset_us; /* by the router's own clock; own minus true clock */
	uint32_t sampling, active_s, inactive_s;
	bool random, untold;
	unsigned index;
	struct ip agent;
	const struct format *format;
	struct router_output output;
};

struct format {
	size_t record_max;
	/** open() - header room and what must stand before records. */
	void (*open)(struct datagram_out *x, int64_t now_us);
	/** put() - one flow; its room is there. NULL for formats that keep no flows. */
	void (*put)(struct datagram_out *x, const struct cached_flow *f);
	/** seal() - fill in the header. */
	void (*seal)(struct datagram_out *x, int64_t now_us);
};

extern const struct format format_v5, format_v9, format_ipfix, format_sflow;

/** datagram_room() - make room for @n bytes, sending what is full. Return: 0 or a sink's error. */
int datagram_room(struct datagram_out *x, size_t n, int64_t now_us);

/** datagram_flow() - append a flow. Return: 0 or a sink's error. */
int datagram_flow(struct datagram_out *x, const struct cached_flow *f, int64_t now_us);

/** datagram_flush() - send what is there. Return: 0 or a sink's error. */
int datagram_flush(struct datagram_out *x, int64_t now_us);

/** own_us() - what the router's clock shows at true time @now_us. */
static inline int64_t own_us(const struct datagram_out *x, int64_t now_us)
{
	return now_us + x->offset_us;
}

static inline uint32_t uptime_ms(const struct datagram_out *x, int64_t now_us)
{
	return (uint32_t)((own_us(x, now_us) - x->boot_us) / 1000);
}

static inline uint8_t *datagram_end(struct datagram_out *x)
{
	return x->b + x->len;
}

/** sflow_sample(), sflow_counters() - samples of a packet and of an interface. */
struct sflow_counters {
	uint32_t ifindex;
	uint64_t speed_bps, in_bytes, out_bytes;
	uint32_t in_packets, out_packets;
	bool outside;
};

int sflow_sample(struct datagram_out *x, const struct packet *p, uint16_t in, uint16_t out,
		 uint32_t seq, uint32_t pool, int64_t now_us);
int sflow_counters(struct datagram_out *x, const struct sflow_counters *c, uint32_t seq,
		   int64_t now_us);
