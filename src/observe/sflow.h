/* SPDX-License-Identifier: ISC */
/*
 * sFlow v5 between its files: samples (sflow.c), the records in them (sflow_record.c) and their
 * names for the trace (sflow_trace.c). Private to the room. Source: sFlow Version 5, sflow.org
 * (2004), and "sFlow Discarded Packet Notification Structures" (2020).
 */
#pragma once

#include "observe/export_state.h"
#include "observe/packet.h"

enum sflow_sample {
	SFLOW_FLOW = 1,
	SFLOW_COUNTERS = 2,
	SFLOW_FLOW_EXPANDED = 3,
	SFLOW_COUNTERS_EXPANDED = 4,
	SFLOW_DISCARD = 5,
};

/* What the records of a flow sample say together. The record is made in its place in the batch. */
struct sflow_packet {
	struct flow_place to;
	bool known;	  /* some record told the packet's addresses */
	bool from_header; /* its own header did, which is better than the agent's reading of it */
	bool routed;	  /* some record told of routing, which a later header must leave */
	uint32_t vlan;
	uint32_t frame_len; /* on the wire, 0 unknown */
};

/** sflow_flow_record() - take in one flow record. Return: false when it is shorter than it says. */
bool sflow_flow_record(struct export_pass *p, uint32_t format, struct cursor c,
		       struct sflow_packet *to);

/** sflow_counter_record() - the same for counters: interface speeds are kept. */
bool sflow_counter_record(struct export_pass *p, uint32_t format, struct cursor c);

/** sflow_trace_sample() - tell the trace the head of a sample; @c: at its first word. */
void sflow_trace_sample(const struct export_pass *p, uint32_t format, struct cursor c);

/** sflow_trace_record() - tell the trace one record of a sample. */
void sflow_trace_record(const struct export_pass *p, bool counters, uint32_t format,
			struct cursor c);
