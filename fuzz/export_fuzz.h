/* SPDX-License-Identifier: ISC */
/*
 * Export decoders under the fuzzer. The input is datagrams one behind the other, each with its
 * length before it in two bytes, so that templates, options and data can follow each other. The
 * trace is on and reads each byte that it is shown.
 */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "observe/export.h"
#include "observe/export_trace.h"

struct export_fuzz {
	struct exporters *exporters;
	struct exports *exports;
	struct flow_writer *writer;
	uint64_t values, flows, records_before;
	volatile uint8_t touched;
	int open; /* records begun and not ended */
};

static inline void require(bool holds)
{
	if (!holds)
		abort();
}

static inline void on_datagram(void *userdata, const struct datagram *d,
			       const struct export_header *h)
{
	require(h->format == EXPORT_V5 || h->format == EXPORT_V9 || h->format == EXPORT_IPFIX ||
		h->format == EXPORT_SFLOW);
}

static inline void on_begin(void *userdata, const struct export_record_head *r)
{
	struct export_fuzz *f = userdata;

	require(f->open++ == 0);
}

static inline void on_value(void *userdata, const struct export_value *v)
{
	struct export_fuzz *f = userdata;

	require(f->open == 1 && v->type < ELEMENT_TYPE_COUNT);
	for (size_t i = 0; i < v->len; i++)
		f->touched ^= v->data[i];
	f->values++;
}

static inline void on_flow(void *userdata, const struct flow *fl, const struct flow_side *s,
			   int64_t first_us, int64_t last_us)
{
	struct export_fuzz *f = userdata;

	require(f->open == 1 && s->sampling >= 1);
	require(fl->in_link < exporters_link_count(f->exporters));
	require(fl->out_link < exporters_link_count(f->exporters));
	f->flows++;
}

static inline void on_end(void *userdata)
{
	struct export_fuzz *f = userdata;

	require(--f->open == 0);
}

static inline int on_batch(void *userdata, const struct flow_batch *b)
{
	struct export_fuzz *f = userdata;

	for (uint32_t i = 0; i < b->n; i++)
		require(b->flow[i].first_ms <= b->flow[i].last_ms);
	require(f->writer->records - f->records_before <= f->flows);
	return 0;
}

static inline void export_fuzz_datagrams(struct export_fuzz *f, struct cursor c, uint32_t version,
					 unsigned version_len)
{
	int64_t recv_us = INT64_C(1500000000) * US_PER_S;

	while (cursor_left(&c) > 2) {
		size_t n = cursor_be16(&c);
		struct datagram d = {.from = ip_from_v4(0xc0000201),
				     .recv_us = recv_us += US_PER_S};
		uint8_t *copy;
		int r;

		n = n < cursor_left(&c) ? n : cursor_left(&c);
		copy = malloc(n ? n : 1);
		require(copy != NULL);
		memcpy(copy, cursor_take(&c, n), n);
		for (unsigned i = 0; i < version_len && i < n; i++)
			copy[i] = (uint8_t)(version >> 8 * (version_len - 1 - i));
		d.data = copy;
		d.len = n;
		exports_probe(copy, n);
		r = exports_datagram(f->exports, &d);
		require(r == 0 || r == 1);
		require(f->open == 0);
		exports_tick(f->exports, recv_us);
		free(copy);
	}
}

/** @version_len: 0 leaves the formats to the input; else each datagram is of that one. */
static inline int export_fuzz(const uint8_t *data, size_t size, uint32_t version,
			      unsigned version_len)
{
	static struct flow_writer writer; /* its batches are large: one for all runs */
	struct export_fuzz f = {.writer = &writer};
	const struct export_trace trace = {on_datagram, on_begin, on_value, on_flow, on_end, &f};

	if (!writer.batch)
		require(flow_writer_init(&writer, &(struct flow_sink){.batch = on_batch}) == 0);
	writer.sink.userdata = &f;
	f.records_before = writer.records;
	f.exporters = exporters_new(NULL);
	require(f.exporters != NULL);
	f.exports = exports_new(f.exporters, &writer, true);
	require(f.exports != NULL);
	exports_set_trace(f.exports, &trace);
	export_fuzz_datagrams(&f, cursor_over(data, size), version, version_len);
	require(flow_writer_flush(&writer) == 0);
	require(writer.records - f.records_before == f.flows);
	exports_free(f.exports);
	exporters_free(f.exporters);
	return 0;
}
