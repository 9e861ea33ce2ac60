/* SPDX-License-Identifier: ISC */
/*
 * Flow export datagrams: NetFlow v5 and v9, IPFIX, sFlow v5, told apart by content. One `exports`
 * holds the templates, sequence numbers and sampling state of all exporters; live listeners,
 * captures of export traffic and raw files all hand their datagrams to it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "observe/exporter.h"
#include "observe/flow.h"

struct exports;
struct export_trace;

struct datagram {
	const uint8_t *data;
	size_t len;
	struct ip from;	 /* source address of the datagram: the exporter */
	uint16_t port;	 /* source port */
	int64_t recv_us; /* receive clock: real live, frame time in captures, export time in raw
			    files */
	bool cut;	 /* the capture did not keep all of it */
	bool stream;	 /* of a file of messages (RFC 5655), where templates may be withdrawn */
};

/**
 * exports_new() - decoders writing to @w, charging to @exporters (both borrowed, must outlive it).
 * @open: take any exporter (files, decode); false: only those already in the table, which is the
 * allow-list; datagrams of others are counted under exporter 0.
 */
struct exports *exports_new(struct exporters *exporters, struct flow_writer *w, bool open);
struct exports *exports_free(struct exports *x);

/** exports_set_trace() - also report every record, element by element (`noroshi decode`). NULL
 * ends. */
void exports_set_trace(struct exports *x, const struct export_trace *trace);

/**
 * exports_datagram() - decode one datagram; what cannot be used is counted with its exporter.
 * Return: 0 when all of it was used, 1 when some or all was refused, negative when the sink failed
 * or memory ran out.
 */
int exports_datagram(struct exports *x, const struct datagram *d);

/**
 * exports_refused() - why the last datagram was refused: a bit (1 << enum refusal) for each reason.
 * A packet within a record that nobody can read is counted with its exporter, but is no reason.
 */
uint32_t exports_refused(const struct exports *x);

/**
 * exports_probe() - does the datagram parse whole as one of the formats? Header, set and sample
 * lengths must add up exactly; templates are not needed.
 * Return: the enum export_format, or 0.
 */
int exports_probe(const uint8_t *data, size_t len);

/** exports_shift() - the receive clock went forward by @by_us at one blow (steady_follow()). */
void exports_shift(struct exports *x, int64_t by_us);

/** exports_tick() - live, once a second: ages templates and clocks by @now_us. */
void exports_tick(struct exports *x, int64_t now_us);
