/* SPDX-License-Identifier: ISC */
/*
 * Export decoders under the fuzzer. The input is datagrams one behind the other, each with its
 * length before it in two bytes, so that templates, options and data can follow each other.
 *
 * Each goes two ways. On one the trace is on, which reads each byte that it is shown and keeps the
 * decoders on the way over slots; on the other it is off, so plain records are moved in their place
 * (plain.h). Both must give the same records, byte by byte, and the same account.
 */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/hash.h"
#include "observe/export.h"
#include "observe/export_trace.h"

/* One of the two ways. */
struct export_way {
	struct exporters *exporters;
	struct exports *exports;
	struct flow_writer *writer;
	uint64_t digest; /* of all records so far, in order */
	uint64_t records_before;
};

struct export_fuzz {
	struct export_way traced, plain;
	uint64_t values, flows;
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
	require(fl->in_link < exporters_link_count(f->traced.exporters));
	require(fl->out_link < exporters_link_count(f->traced.exporters));
	f->flows++;
}

static inline void on_end(void *userdata)
{
	struct export_fuzz *f = userdata;

	require(--f->open == 0);
}

static inline int on_batch(void *userdata, const struct flow_batch *b)
{
	struct export_way *w = userdata;

	for (uint32_t i = 0; i < b->n; i++) {
		require(b->flow[i].first_ms <= b->flow[i].last_ms);
		w->digest = hash_bytes(&b->flow[i], sizeof(b->flow[i]), w->digest);
		w->digest = hash_bytes(&b->side[i], sizeof(b->side[i]), w->digest);
	}
	return 0;
}

/* Two ways, one result: the records handed on, and what the exporter is charged with. */
static inline void require_same(struct export_fuzz *f, const struct ip *from)
{
	struct export_way *a = &f->traced, *b = &f->plain;
	const struct exporter *ea =
		exporters_get(a->exporters, exporters_find(a->exporters, from, false));
	const struct exporter *eb =
		exporters_get(b->exporters, exporters_find(b->exporters, from, false));

	require(flow_writer_flush(a->writer) == 0);
	require(flow_writer_flush(b->writer) == 0);
	require(a->writer->records - a->records_before == f->flows);
	require(b->writer->records - b->records_before == f->flows);
	require(a->digest == b->digest);
	require(ea->records == eb->records && ea->packets_seen == eb->packets_seen);
	require(ea->lost_records == eb->lost_records && ea->restarts == eb->restarts);
	require(ea->lost_datagrams == eb->lost_datagrams);
	require(ea->sampling_min == eb->sampling_min && ea->sampling_max == eb->sampling_max);
	require(ea->sampling_known == eb->sampling_known);
	require(ea->longest_flow_s == eb->longest_flow_s);
	require(memcmp(&ea->refused, &eb->refused, sizeof(ea->refused)) == 0);
}

static inline void export_fuzz_datagrams(struct export_fuzz *f, struct cursor c, uint32_t version,
					 unsigned version_len)
{
	int64_t recv_us = INT64_C(1500000000) * US_PER_S;

	while (cursor_left(&c) > 2) {
		size_t n = cursor_be16(&c);
		struct datagram d = {.stream = true, /* the way with more in it */
				     .from = ip_from_v4(0xc0000201),
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
		r = exports_datagram(f->traced.exports, &d);
		require(r == 0 || r == 1);
		require(f->open == 0);
		require(exports_datagram(f->plain.exports, &d) == r);
		require_same(f, &d.from);
		exports_tick(f->traced.exports, recv_us);
		exports_tick(f->plain.exports, recv_us);
		free(copy);
	}
}

/* @writer: its batches are large, so one serves all runs. */
static inline void export_way_open(struct export_way *w, struct flow_writer *writer)
{
	if (!writer->batch)
		require(flow_writer_init(writer, &(struct flow_sink){.batch = on_batch}) == 0);
	writer->sink.userdata = w;
	w->writer = writer;
	w->records_before = writer->records;
	w->exporters = exporters_new(NULL);
	require(w->exporters != NULL);
	w->exports = exports_new(w->exporters, writer, true);
	require(w->exports != NULL);
}

static inline void export_way_close(struct export_way *w)
{
	exports_free(w->exports);
	exporters_free(w->exporters);
}

/** @version_len: 0 leaves the formats to the input; else each datagram is of that one. */
static inline int export_fuzz(const uint8_t *data, size_t size, uint32_t version,
			      unsigned version_len)
{
	static struct flow_writer writers[2];
	struct export_fuzz f = {0};
	const struct export_trace trace = {on_datagram, on_begin, on_value, on_flow, on_end, &f};

	export_way_open(&f.traced, &writers[0]);
	export_way_open(&f.plain, &writers[1]);
	exports_set_trace(f.traced.exports, &trace);
	export_fuzz_datagrams(&f, cursor_over(data, size), version, version_len);
	export_way_close(&f.traced);
	export_way_close(&f.plain);
	return 0;
}
