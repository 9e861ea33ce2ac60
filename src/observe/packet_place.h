/* SPDX-License-Identifier: ISC */
/*
 * Many ordinary packets at once. A frame of Ethernet, IPv4 and TCP or UDP without options or tags
 * is, once it is known to be one, nothing but a permutation of its first 64 bytes (plain.h does the
 * same to export records). packet_record() stays the reference: a frame that is anything else ends
 * the run. Private to the room.
 */
#pragma once

#include "observe/flow.h"
#include "observe/frames.h"

/* What the records of one interface have alike; the rest is zero but for what the frames give. */
struct packet_base {
	struct flow flow;
	struct flow_side side;
	unsigned unwrap; /* tunnels that are followed: their datagrams are not ordinary */
};

/** packet_base() - the base of packets that @exporter sees on @link, every one of them. */
struct packet_base packet_base(uint16_t exporter, uint16_t link, unsigned unwrap);

/**
 * Make records, with their times, of the first of @n > 0 frames.
 * @base: of the interface of the first. @epoch_us: of the batch; @flow, @side: @n places.
 * Return: how many were made. The frame behind them asks for packet_record(), or it is of another
 * interface, or its time is out of the batch's range; nothing was written for it.
 */
typedef size_t (*packet_place_fn)(const struct packet_base *base, const struct frame *frames,
				  size_t n, int64_t epoch_us, struct flow *flow,
				  struct flow_side *side);

/** packet_place() - the way of this machine; NULL where it has none that is worth it. */
packet_place_fn packet_place(void);
